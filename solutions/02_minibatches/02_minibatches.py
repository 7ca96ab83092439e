# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Minibatches
#
# Training never waits for the exact gradient. It estimates it from a handful of examples, moves, and
# estimates again. This lesson asks how good such an estimate is, what it costs, and what its noise does.
#
# After it you can
#
# - say why the gradient over a training set is an expectation, and how far an estimate from $m$ examples strays;
# - cut a data set into minibatches without losing, repeating or ordering examples;
# - write stochastic gradient descent from its parts, and say what each loop is for;
# - choose a batch size by what it costs and what it buys, and recognize the noise it leaves at the minimum;
# - read k-means as stochastic descent.
#
# Run the cells in order. Every exercise ends in a `check` that compares your function with known answers and
# with known mistakes; it never needs more than the cell above it.

# %% nbgrader={"locked": true, "grade_id": "setup"}
import math
import time

import matplotlib.pyplot as plt
import torch
from steepest import check, data
from steepest.callables import least_squares_gradient
from steepest.demos.minibatches import minibatch_demo, path_demo
from steepest.models import linear_regression, softmax_regression
from steepest.plots import plot_band, plot_cloud, plot_clusters, plot_curves

torch.set_num_threads(1)  # with tensors this small, threads cost more than they gain

# %% [markdown]
# ## 1. The gradient is an expectation
#
# The loss that we minimize is a mean over $n$ examples, $J(\theta) = \frac1n \sum_i L_i(\theta)$, and
# differentiation goes through the sum:
#
# $$ g(\theta) \;=\; \nabla J(\theta) \;=\; \frac1n \sum_{i=1}^n \nabla L_i(\theta)
#    \;=\; \mathbb{E}_i\,[\,\nabla L_i(\theta)\,], $$
#
# the expectation over an example $i$ drawn at random. An expectation can be *estimated*: draw a few examples
# and take the mean of their gradients. The estimate has no bias. This one property, a loss that is a mean, is
# what makes training on millions of examples possible. (With log-likelihoods the same holds, with a minus sign:
# $J = -\mathbb{E}\log p$.)
#
# Below, 442 patients: how far a diabetes has progressed after a year, against the body mass index, fitted by a
# line with intercept $\theta_0$ and slope $\theta_1$. Each dot is the gradient that one patient asks for.

# %% tags=["demo"]
patients = data.diabetes(dtype=torch.float64)
x_bmi = data.with_ones(patients.x[:, [2]])
y_bmi = patients.y
theta_far = torch.tensor([1.5, -1.5], dtype=torch.float64)
single_gradients = linear_regression(2).gradients(theta_far, x_bmi, y_bmi)

fig, ax = plt.subplots(figsize=(5.2, 4.2))
plot_cloud(single_gradients, ax=ax, center=single_gradients.mean(dim=0), label="single patients",
           xlabel=r"$\partial L_i / \partial \theta_0$", ylabel=r"$\partial L_i / \partial \theta_1$")
plt.show()

# %% [markdown]
# Hardly a dot lies on the star, and some point the opposite way. Their mean is exact all the same.

# %% [markdown]
# ## 2. How far an estimate strays
#
# Draw $m$ examples independently and average. Variances of independent terms add, and a factor $1/m$ in front
# of the sum becomes $1/m^2$ in the variance:
#
# $$ \operatorname{Var}\Big[\frac1m \sum_{j=1}^m x^{(j)}\Big] = \frac{1}{m^2}\, m\,\sigma^2 = \frac{\sigma^2}{m},
#    \qquad \mathrm{SE} = \frac{\sigma}{\sqrt m}. $$
#
# $\sigma$ is the standard deviation of one example. It is not known, so it is estimated from the same samples,
# with $m - 1$ in the denominator because the mean was estimated too:
# $\hat\sigma^2 = \frac{1}{m-1}\sum_j (x^{(j)} - \bar x)^2$.

# %% [markdown]
# ### Exercise 1: the standard error
#
# **Goal:** estimate how far the mean of some samples strays, for each coordinate. **Difficulty:** ●.
# **Time:** 5 minutes.
#
# `samples` has one sample a row; the other axes are coordinates. Return a tensor of the shape of one sample.

# %% nbgrader={"solution": true, "grade_id": "answer_standard_error"}
def standard_error(samples):
    """Estimate the standard error of the mean along the first axis.

    samples: tensor of shape (m, ...), m ≥ 2. Returns a tensor of shape (...), of the samples' type.
    """
    ### BEGIN SOLUTION
    m = len(samples)
    sigma = samples.std(dim=0, correction=1)
    return sigma / m**0.5
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "standard_error"}
check(standard_error)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(standard_error)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# `samples.std(dim=0)` divides by $m-1$ unless told otherwise. What is $m$: the number of rows, or of numbers?
#
# </details>

# %% [markdown]
# ### Exercise 2: how many samples
#
# **Goal:** turn the formula round. **Difficulty:** ●. **Time:** 5 minutes.
#
# Return the smallest whole number $m \ge 1$ with $\sigma/\sqrt m \le$ `target`. One that meets the target exactly is
# good enough. Return it as an `int`, `9` and not `9.0` or `tensor(9)`: a number of samples is there to be counted.

# %% nbgrader={"solution": true, "grade_id": "answer_samples_for_error"}
def samples_for_error(sigma, target):
    """The smallest number of samples whose mean has a standard error of at most `target`.

    sigma, target: positive numbers. Returns an int.
    """
    ### BEGIN SOLUTION
    return max(1, math.ceil(sigma**2 / target**2))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "samples_for_error"}
check(samples_for_error)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(samples_for_error)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# Solve $\sigma/\sqrt m = \text{target}$ for $m$. Then ask which of the two whole numbers beside it still
# meets the target.
#
# </details>

# %% [markdown]
# ### Less than linear returns
#
# Going from 100 to 10 000 examples costs a hundred times the work and buys ten times the precision.

# %% tags=["demo"]
print(f"{'target':>8} {'samples':>8}")
for target in (1.0, 0.5, 0.1, 0.01):
    print(f"{target:8} {samples_for_error(1.0, target):8}")

# %% [markdown]
# ### Measured: a slope of −½
#
# The same on a real gradient: softmax regression on 1797 handwritten digits, 650 parameters. For every $m$ we
# draw 200 minibatches and measure the root mean square distance of their gradients from the full one. On
# log–log axes $\sigma/\sqrt m$ is a straight line of slope −½.
#
# The second curve draws *without* replacement, as we shall do. Then the draws are not independent: what has
# been seen cannot come again. The standard error shrinks by the finite-population correction,
#
# $$ \mathrm{SE} = \frac{\sigma}{\sqrt m} \sqrt{\frac{n-m}{n-1}}, $$
#
# which is close to 1 for small $m$ and 0 for $m = n$. (Here $\sigma$ divides by $n$, since the training set is
# now the whole population; for $n = 1797$ that changes nothing that could be seen.)

# %% tags=["demo"]
digits = data.digits()
classifier = softmax_regression(64, 10)
theta_zero = torch.zeros(classifier.size)
all_gradients = classifier.gradients(theta_zero, digits.x, digits.y)
n_digits = len(digits.x)
sigma_digits = float(standard_error(all_gradients).norm()) * n_digits**0.5


def measured_error(m, *, replace, draws=200, seed=0):
    """Root mean square distance of minibatch gradients from the full gradient."""
    generator = torch.Generator().manual_seed(seed)
    weights = torch.ones(draws, n_digits)
    index = torch.multinomial(weights, m, replacement=replace, generator=generator)
    share = torch.zeros(draws, n_digits).scatter_add_(1, index, torch.full((draws, m), 1 / m))
    distance = share @ all_gradients - all_gradients.mean(dim=0)
    return float(distance.square().sum(dim=1).mean().sqrt())


sizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1536]
with_replacement = [measured_error(m, replace=True) for m in sizes]
without = [measured_error(m, replace=False) for m in sizes]
log_m, log_error = torch.tensor(sizes).log(), torch.tensor(with_replacement).log()
slope = float(torch.cov(torch.stack([log_m, log_error]))[0, 1] / log_m.var())
print(f"slope measured: {slope:.3f}   slope of σ/√m: -0.500")

# %% tags=["demo"]
fig, ax = plt.subplots(figsize=(6.2, 4))
fine = torch.logspace(0, math.log10(n_digits - 1), 100)
root = sigma_digits / fine.sqrt()
plot_curves({"with replacement": with_replacement, "without replacement": without}, ax=ax, x=sizes,
            xlabel="batch size m", ylabel="RMS distance from the full gradient", log_x=True, log_y=True)
ax.plot(fine, root, color="0.4", linewidth=1, label=r"$\sigma/\sqrt{m}$")
ax.plot(fine, root * ((n_digits - fine) / (n_digits - 1)).sqrt(), "k:", linewidth=1, label="with correction")
ax.legend()
plt.show()

# %% [markdown]
# | | lectures | here |
# |---|---|---|
# | error of the minibatch gradient, log–log slope | $\sigma/\sqrt m$: −0.5 | printed above |
#
# The *variance* falls as $1/b$ with a batch of $b$; that is the same statement.

# %% [markdown]
# ## 3. Batch, stochastic, minibatch
#
# | name | examples in a step | also called |
# |---|---|---|
# | batch | all $n$ | deterministic |
# | stochastic | 1 | online |
# | minibatch | some, often 8 to 1024 | stochastic too |
#
# The words are unlucky: a *batch* method uses everything, but *batch size* means the size of a minibatch. An
# **epoch** is one pass through the data: $\lceil n/m\rceil$ steps with minibatches of $m$.
#
# Within an epoch the taught way is: shuffle, cut, and use every example exactly once. Some texts shuffle only
# once, before training; we draw a new order for every epoch, which costs next to nothing and never repeats an
# unlucky order.

# %% [markdown]
# ### Exercise 3: one epoch of minibatches
#
# **Goal:** cut the numbers $0 \dots n-1$ into batches at random, without replacement. **Difficulty:** ●●.
# **Time:** 10 minutes.
#
# Return a list of index tensors (or a tuple, as `torch.split` gives it, or `yield` them). Any type of whole numbers
# that can index a tensor will do. Each batch holds `size` indices; the last keeps what is left over, be it a single
# one, and none is empty. Where `size` is larger than `n`, one batch holds everything. All randomness comes from
# `generator`, so the same seed gives the same epoch, and a second call
# with the same generator gives another. How you draw is up to you: only properties that every fair shuffle has
# are checked.

# %% nbgrader={"solution": true, "grade_id": "answer_minibatches"}
def minibatches(n, size, generator):
    """One epoch: index tensors of `size` examples each, the short last batch kept.

    n, size: positive ints. generator: a torch.Generator; draw on its device.
    """
    ### BEGIN SOLUTION
    order = torch.randperm(n, generator=generator, device=generator.device)
    return [order[start : start + size] for start in range(0, n, size)]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "minibatches"}
check(minibatches)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(minibatches)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# `torch.randperm(n, generator=generator, device=generator.device)` is a shuffled epoch. A slice that runs
# past the end of a tensor is cut off there, which is just what the last batch needs.
#
# </details>

# %% [markdown]
# ### Exercise 4: the gradient of a minibatch
#
# **Goal:** estimate the gradient from the rows that an index names. **Difficulty:** ●. **Time:** 3 minutes.
#
# `grad_fn(theta, x_rows, y_rows)` gives the *mean* gradient over the rows that it is handed. A mean, not a
# sum: then the learning rate does not have to follow the batch size. (One of our sources prints the sum, with a
# plus sign; with its sign turned and its rate divided by $b$ it is the same step.) A row that the index names twice
# counts twice, and an index of one row is a batch too.

# %% nbgrader={"solution": true, "grade_id": "answer_minibatch_gradient"}
def minibatch_gradient(grad_fn, theta, x, y, index):
    """The mean gradient over the examples in `index`.

    grad_fn: maps (theta, rows of x, rows of y) to a mean gradient. index: int64 tensor of row numbers.
    """
    ### BEGIN SOLUTION
    return grad_fn(theta, x[index], y[index])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "minibatch_gradient"}
check(minibatch_gradient)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(minibatch_gradient)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# A tensor can be indexed by a tensor of row numbers. Rows of `x` and of `y` must stay together.
#
# </details>

# %% [markdown]
# ### Predict, then look
#
# Before you run the demo below, answer in the next cell. The 442 patients again, $\theta$ at the start, where
# the full gradient has length 5.1 and a single patient's gradient strays by 7.2 (root mean square).
#
# 1. How far do batches of 16 stray? Of 64? At which batch size is the error a tenth of the gradient's length?
# 2. Near the minimum, will the *error* of a batch of 64 be smaller, larger or about the same? And the error
#    *as a share* of the full gradient?
# 3. What follows for the last part of a training run?

# %% [markdown] nbgrader={"grade": true, "solution": true, "grade_id": "reflection_minibatches", "points": 3}
# ### BEGIN SOLUTION
# 1. $7.2/\sqrt{16} = 1.8$ and $7.2/\sqrt{64} = 0.9$ (0.83 with the correction for drawing without
#    replacement). A tenth of 5.1 takes $(7.2/0.51)^2 \approx 200$ independent draws; without replacement
#    about 136 of the 442 patients are enough.
# 2. The error shrinks only as far as single gradients shrink: patients differ from the line wherever the line
#    is, so it does not go to zero. The full gradient does. As a share of it the error grows without bound, and
#    no batch short of all patients reaches the goal.
# 3. Early on small batches are enough, since the direction is clear and steps are cheap. Near the minimum noise
#    dominates: the rate must shrink, or the batch grow, or the iterates be averaged, or else $\theta$ keeps
#    wandering around the minimum.
#
# *Rubric.* A point for each. 1: 1.8 and 0.9, and about 200 draws or 136 without replacement (half for one of the two).
# 2: the noise does not vanish at the minimum, the full gradient does (half for "the error becomes larger"). 3: small
# batches early, and one remedy for the noise near the minimum.
# ### END SOLUTION

# %% [markdown]
# ### Demo: the cloud of estimates
#
# **Goal:** find the smallest batch whose estimates stray by at most 10 % of the full gradient's length, as predicted:
# what is measured changes with every draw. Try it at the start, halfway and near the minimum: drag $\theta$ there by
# its ring, or press one of the three squares. The batch size can be dragged too, along the panel on the right, and
# *play* draws other batches of the same size. The dots come from *your* `minibatches` and `minibatch_gradient` (what
# lies beyond the panel stands at its edge), the dashed ring from *your* `standard_error`.

# %% tags=["demo"]
minibatch_demo(minibatches, minibatch_gradient, standard_error)

# %% [markdown]
# ## 4. Stochastic gradient descent
#
# Put the parts together (Robbins & Monro 1951, for root finding; Bottou 1998, for learning):
#
# $$ \theta \leftarrow \theta - \eta\, \hat g, \qquad
#    \hat g = \frac{1}{|B|}\sum_{i\in B} \nabla L_i(\theta), $$
#
# for every minibatch $B$ of an epoch, epoch after epoch. $\theta$ is initialized *once*, before both loops; one
# of our sources prints it inside.

# %% [markdown]
# ### Exercise 5: SGD
#
# **Goal:** descend by minibatches. **Difficulty:** ●●. **Time:** 10 minutes.
#
# Use your `minibatches` and `minibatch_gradient`, or write what they do into the loops. Draw a new order for every
# epoch from the one generator, take a step after every minibatch, and return the last $\theta$; for no epochs that is
# `theta0`. Leave the arguments as they are.

# %% nbgrader={"solution": true, "grade_id": "answer_sgd"}
def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    """Stochastic gradient descent with a constant rate; returns the last θ.

    grad_fn: as in `minibatch_gradient`. x, y: one example a row. epochs: 0 or more. generator: draws the order of
    every epoch.
    """
    ### BEGIN SOLUTION
    theta = theta0
    for _ in range(epochs):
        for index in minibatches(len(x), batch_size, generator):
            theta = theta - lr * minibatch_gradient(grad_fn, theta, x, y, index)
    return theta
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sgd"}
check(sgd)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(sgd)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# Two loops: `for _ in range(epochs)` outside, `for index in minibatches(...)` inside. The step stands in the
# inner one. Write `theta = theta - …`, not `theta -= …`, which would change the caller's tensor.
#
# </details>

# %% [markdown]
# ### Demo: three paths
#
# *Your* `sgd` walks down the loss of the patients three times: with all 442 in a step, with $m$, and with one. (The
# body mass index is not centred here, which makes the valley narrow.) **Before you run it**, say which of the three
# comes closest after 60 steps; and which after 884 examples, two looks at each patient, when you compare
# *by example seen*. The start of all three can be dragged.
#
# **Goal:** compare by example seen, and find a rate and a batch size with which the minibatch path ends within 0.03 of
# the least loss, from the first start.

# %% tags=["demo"]
path_demo(sgd)

# %% [markdown]
# By step the full batch is the straightest. By example it has taken two steps when the others have arrived. A single
# example a step is quick at first and then wanders, the more the larger the rate; the best batch lies between, and it
# moves with the rate.

# %% [markdown]
# ### Measured: the line of the lectures
#
# $y = 3x + 2 + U(-0.1, 0.1)$, 30 points, $\theta_0 = (10, 5)$, $\alpha = 0.005$, 1000 iterations; minibatches of
# 3, so 100 epochs of 10 steps. The source does not say how $x$ was drawn; here it is standard normal. Its result
# is one draw of the noise: ours are 12 draws, and theirs should lie within their spread.

# %% tags=["demo"]
ends = []
for seed in range(12):
    x_line, y_line = data.line(30, noise=0.1, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    start = torch.tensor([10.0, 5.0])
    ends.append(sgd(least_squares_gradient(), start, x_line, y_line,
                    lr=0.005, batch_size=3, epochs=100, generator=generator))
ends = torch.stack(ends)
print(f"{'':12} intercept  slope")
print("lectures       1.9882   2.9975")
print(f"here, mean     {ends[:, 0].mean():.4f}   {ends[:, 1].mean():.4f}")
print(f"here, spread   {ends[:, 0].std():.4f}   {ends[:, 1].std():.4f}")

# %% [markdown]
# A uniform error on $(-0.1, 0.1)$ has deviation $0.2/\sqrt{12} = 0.058$, so the intercept of a fit to 30 points
# strays by $0.058/\sqrt{30} \approx 0.011$: the standard error again, now of the data instead of the batch.

# %% [markdown]
# ## 5. The order of presentation
#
# Why shuffle? Data often come sorted: by class, by hour, as frames of a film. Then neighbours agree with each
# other and not with the rest, and a pass in order drags $\theta$ along with them. The next pass does exactly the
# same: the descent *cycles*.
#
# The smallest example: estimate the mean of 100 numbers by descent on $\frac12(\theta - x_i)^2$, whose gradient
# is $\theta - x_i$, one number at a time.

# %% tags=["demo"]
numbers = torch.linspace(-1, 1, 100)


def passes(draw, *, epochs=4, lr=0.05):
    """θ after every step when `draw()` gives the order of an epoch."""
    theta, path = torch.tensor(0.0), []
    for _ in range(epochs):
        for index in draw():
            theta = theta - lr * (theta - numbers[index].mean())
            path.append(float(theta))
    return path


shuffle = torch.Generator().manual_seed(0)
orders = {
    "sorted, every epoch alike": passes(lambda: torch.arange(100).split(1)),
    "shuffled every epoch": passes(lambda: minibatches(100, 1, shuffle)),
}

fig, ax = plt.subplots(figsize=(7, 3.2))
plot_curves(orders, ax=ax, xlabel="step (100 to an epoch)", ylabel=r"$\theta$")
ax.axhline(0, color="0.5", linewidth=0.8)
ax.set_ylim(-0.6, 1.0)
ax.legend(loc="upper center", ncols=2)
plt.show()
for name, path in orders.items():
    distance = torch.tensor(path[-100:]).square().mean().sqrt()
    print(f"{name:28} distance from the mean, RMS over the last epoch: {distance:.3f}")

# %% [markdown]
# ### Redundancy
#
# Repeat a training set ten times over. The full gradient is the same and costs ten times as much. SGD does not
# mind: it takes ten times the steps in an epoch, each as good as before. Real data are not copies, but much in
# them is nearly so; this is why a small batch says so much.

# %% tags=["demo"]
x_line, y_line = data.line(50, seed=1)
best = torch.linalg.lstsq(x_line, y_line[:, None]).solution[:, 0]
print(f"{'':16}{'rows':>6}  distance to the minimum after one epoch")
for name, size in (("full batch", None), ("batches of 5", 5)):
    for copies in (1, 10):
        x_many, y_many = x_line.repeat(copies, 1), y_line.repeat(copies)
        end = sgd(least_squares_gradient(), torch.zeros(2), x_many, y_many, lr=0.05,
                  batch_size=size or len(x_many), epochs=1, generator=torch.Generator().manual_seed(0))
        print(f"{name:16}{len(x_many):6}  {float((end - best).norm()):.4f}")

# %% [markdown]
# ## 6. What a step costs
#
# A step with twice the examples needs twice the arithmetic. It does not take twice the time: below some size
# the hardware waits for the next instruction, not for the arithmetic, and examples are free. That size is the
# smallest batch worth using. It is larger the more parallel the hardware.

# %% tags=["demo"]
def milliseconds(m, theta, x, y, *, repeats=15):
    """Median time of one gradient from m examples."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        classifier.gradient(theta, x[:m], y[:m])
        if x.is_cuda:
            torch.cuda.synchronize()
        times.append(1e3 * (time.perf_counter() - begin))
    return sorted(times)[repeats // 2]


step_sizes = [1, 4, 16, 64, 256, 1024, 4096, 16384]
step_times = {}
for device in ["cpu", "cuda"][: 1 + torch.cuda.is_available()]:
    x_big, y_big = digits.x.repeat(10, 1).to(device), digits.y.repeat(10).to(device)
    theta_device = torch.zeros(classifier.size, device=device)
    classifier.gradient(theta_device, x_big, y_big)
    step_times[device] = [milliseconds(m, theta_device, x_big, y_big) for m in step_sizes]

fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained")
plot_curves(step_times, ax=left, x=step_sizes, xlabel="batch size m", ylabel="time for one gradient (ms)",
            log_x=True, log_y=True)
rates = {name: [m / t for m, t in zip(step_sizes, times, strict=True)] for name, times in step_times.items()}
plot_curves(rates, ax=right, x=step_sizes, xlabel="batch size m", ylabel="examples per ms", log_x=True, log_y=True)
plt.show()
cpu = step_times["cpu"]
print(f"a batch of 64 takes {cpu[3] / cpu[0]:.1f} times as long as a single example, "
      f"one of {step_sizes[-1]} takes {cpu[-1] / cpu[0]:.0f} times as long")

# %% [markdown]
# ### The race, three ways
#
# So which batch size is best? It depends on what you count. Softmax regression on the digits, the same rate for
# all: loss against *steps*, against *examples seen* and against *time*.
#
# Theory says the same. For convex losses SGD is within $O(1/\sqrt k)$ after $k$ steps, and batches of $b$ within
# $O(1/\sqrt{bk} + 1/k)$ (Dekel et al. 2012). That is $\sqrt b$ better for a step that costs $b$ times as much:
# counted in examples it is a loss, and only hardware that does $b$ examples at the price of one turns it into a
# gain.

# %% tags=["demo"]
train, _ = data.split(digits, seed=0)


def race(batch_size, *, epochs, lr=0.3):
    """Steps, examples seen, seconds and training loss along a run."""
    generator = torch.Generator().manual_seed(0)
    theta, steps, spent, log = torch.zeros(classifier.size), 0, 0.0, []
    every = math.ceil(epochs * len(train.x) / batch_size / 30)
    for _ in range(epochs):
        for index in minibatches(len(train.x), batch_size, generator):
            begin = time.perf_counter()
            theta = theta - lr * minibatch_gradient(classifier.gradient, theta, train.x, train.y, index)
            spent += time.perf_counter() - begin
            steps += 1
            if steps % every == 0:
                loss = float(classifier.loss(theta, train.x, train.y))
                log.append((steps, steps * batch_size / len(train.x), spent, loss))
    return torch.tensor(log).T


race(256, epochs=1)  # the first steps of a process are slow
runs = {"m = 4": race(4, epochs=2), "m = 32": race(32, epochs=8), "m = 256": race(256, epochs=30),
        "m = 1438, all": race(1438, epochs=100)}

fig, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained", sharey=True)
for ax, row, label in zip(axes, range(3), ("steps", "epochs (examples seen / n)", "time (s)"), strict=True):
    for number, (name, log) in enumerate(runs.items()):
        plot_curves({name: log[3]}, ax=ax, x=log[row], xlabel=label, ylabel="training loss (nats)",
                    log_x=True, log_y=True, first_style=number)
for ax in axes[:2]:
    ax.get_legend().remove()
for ax in axes[1:]:
    ax.set_ylabel("")
plt.show()

# %% [markdown]
# Counted in steps, the curves all but coincide from 32 examples on: at this rate a better direction buys nothing,
# and even four examples only add noise. Counted in examples, small batches win by far. By the clock (on a quiet
# machine) batches whose steps cost the same stand close together, and the full batch comes last. (A larger batch
# would stand a larger rate, which narrows the gap.)
#
# Nor need the loss be minimized to the last digit: it is itself an estimate from a sample. When time is short
# rather than data, a method that is sloppy on each example and sees more of them learns better (Bottou & Bousquet
# 2008). Sizes of a few dozen to a few hundred are usual, powers of two by habit; 100 is a common start. Methods that
# use curvature need far more, since a Hessian estimated from few examples is mostly noise.

# %% [markdown]
# ## 7. The noise that stays
#
# At the minimum the mean of the gradients is zero; the single gradients are not. With a constant rate SGD never
# comes to rest. On a quadratic with Hessian $H$, for a small rate and independent draws, the covariance $S$ of
# $\theta$ settles where the pull towards the minimum takes away what the noise adds:
# $HS + SH = \eta\, C/m$, with $C$ the covariance of a single gradient. Half of the trace, and half again for the
# factor in $\frac12\operatorname{tr}(HS)$, gives the excess loss
#
# $$ \mathbb{E}\,J(\theta) - J(\theta^*) \approx \frac{\eta\,\sigma^2}{4m}, \qquad \sigma^2 = \operatorname{tr} C, $$
#
# whatever the curvature. Measured on the patients, with independent draws and with your shuffled epochs:

# %% tags=["demo"]
loss_bmi = linear_regression(2).loss
theta_best = torch.linalg.lstsq(x_bmi, y_bmi[:, None]).solution[:, 0]
floor = float(loss_bmi(theta_best, x_bmi, y_bmi))
gradients_best = linear_regression(2).gradients(theta_best, x_bmi, y_bmi)
sigma_best = float(standard_error(gradients_best).norm()) * len(x_bmi) ** 0.5


def excess(batches, lr=0.05):
    """Mean excess loss along a path that starts at the minimum, its first quarter left out."""
    theta, path = theta_best, []
    for index in batches:
        theta = theta - lr * minibatch_gradient(least_squares_gradient(), theta, x_bmi, y_bmi, index)
        path.append(theta)
    settled = torch.stack(path[len(path) // 4 :])
    return float((x_bmi @ settled.T - y_bmi[:, None]).square().mean()) - floor


noise_sizes, n_patients = [1, 2, 4, 8, 16], len(x_bmi)
dice = torch.Generator().manual_seed(1)
stays = {
    "independent draws": [excess(torch.randint(n_patients, (2652, m), generator=dice)) for m in noise_sizes],
    "shuffled epochs": [
        excess([index for _ in range(6 * m) for index in minibatches(n_patients, m, dice)]) for m in noise_sizes
    ],
}
fig, ax = plt.subplots(figsize=(5.6, 3.6))
plot_curves(stays, ax=ax, x=noise_sizes, xlabel="batch size m", ylabel="excess loss at the minimum",
            log_x=True, log_y=True)
ax.plot(noise_sizes, [0.05 * sigma_best**2 / (4 * m) for m in noise_sizes], color="0.4", linewidth=1,
        label=r"$\eta\sigma^2/4m$")
ax.legend()
plt.show()
for name, values in stays.items():
    print(f"{name:18}", " ".join(f"{value:.5f}" for value in values))
print(f"{'predicted':18}", " ".join(f"{0.05 * sigma_best**2 / (4 * m):.5f}" for m in noise_sizes))

# %% [markdown]
# Halve the rate or double the batch: the noise falls alike. Shuffled epochs leave less of it than independent
# draws, and the less the fewer steps an epoch has: what one batch overstates, the rest of the epoch takes back.
# Still the rate must shrink if SGD is to arrive, which is the subject of `04_learning_rates`.
#
# Noise is no pure loss. It can leave a sharp or poor minimum, and it keeps the model from fitting the training set
# to the last digit, which acts as a mild regularizer: with batches of one the test error is often best, at the
# price of a small rate and many steps (Wilson & Martinez 2003).

# %% [markdown]
# ## 8. k-means by stochastic descent
#
# k-means looks for centres $c_1 \dots c_K$ that minimize the mean squared distance of the points to their
# nearest centre. For the winning centre $c$ of a point $x$ the gradient of $\frac12\|x - c\|^2$ is $c - x$, so a
# stochastic step moves the winner towards the point:
#
# $$ c \leftarrow c + \eta\,(x - c). $$
#
# With which rate? If the centre has now won $n_c$ points and $\eta = 1/n_c$, it is the mean of what it has won
# (MacQueen 1967): $c_n = c_{n-1} + (x_n - c_{n-1})/n$. Each centre has its own clock.

# %% [markdown]
# ### Exercise 6: online k-means
#
# **Goal:** move centres towards the points they win. **Difficulty:** ●●●. **Time:** 15 minutes.
#
# For every point: find the nearest centre, raise its count, move it by $(x - c)/\text{count}$. A centre with
# count 0 jumps to its first point. You may assign the points one after another, as MacQueen did, or all of them
# first and move the centres afterwards, as Sculley (2010) did for minibatches: both are accepted. A centre that wins
# no point stays where it is. Return centres and counts as a pair of new tensors, and leave the three that you are given
# as they are. Divide $x - c$ by the count: `1 / counts[k]`, of whole numbers, is a `float32`, and loses digits of a
# `float64`.

# %% nbgrader={"solution": true, "grade_id": "answer_kmeans_step"}
def kmeans_step(centers, points, counts):
    """Online k-means over some points; returns the new (centers, counts).

    centers: (K, d). points: (m, d). counts: (K,), whole numbers: points that each centre has won before.
    """
    ### BEGIN SOLUTION
    centers, counts = centers.clone(), counts.clone()
    for x in points:
        winner = ((centers - x) ** 2).sum(dim=1).argmin()
        counts[winner] += 1
        centers[winner] = centers[winner] + (x - centers[winner]) / counts[winner]
    return centers, counts
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "kmeans_step"}
check(kmeans_step)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(kmeans_step)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
#
# Copy both tensors first (`clone`). The count is raised *before* it divides: the first point must give a rate
# of 1. `((centers - x) ** 2).sum(dim=1)` holds the squared distances of one point to all centres.
#
# </details>

# %% [markdown]
# ### Measured: batch, minibatch, SGD
#
# Six clusters, 1000 points. All runs start from the same centres, so that what varies between them is the noise of
# the method alone; line and band are the median and the range of six runs. The stochastic methods see the data
# once, batch k-means 15 times. All but the last use *one* clock, $\eta_j = 1/j$ at step $j$, as the lectures
# prescribe.

# %% tags=["demo"]
K = 6
clusters = data.blobs(1000, k=K, seed=0)
first_centers = clusters.x[torch.randperm(1000, generator=torch.Generator().manual_seed(2))[:K]]


def distortion(centers):
    """Mean squared distance to the nearest centre."""
    return float(torch.cdist(clusters.x, centers).square().min(dim=1).values.mean())


def towards_means(centers, points, rate):
    """Move every centre that wins points towards their mean: gradient descent with one rate for all."""
    winners = torch.cdist(points, centers).argmin(dim=1)
    hits = torch.nn.functional.one_hot(winners, K).to(points)
    won = hits.sum(dim=0)[:, None]
    means = hits.T @ points / won.clamp(min=1)
    return torch.where(won > 0, centers + rate * (means - centers), centers)


def kmeans_run(method, seed):
    """Points processed and distortion along one run, and the last centres."""
    generator = torch.Generator().manual_seed(seed)
    n, centers = len(clusters.x), first_centers
    size = {"batch": n, "minibatch of 50, rate 1/j": 50}.get(method, 1)
    counts, seen, log = torch.zeros(K, dtype=torch.int64), 0, []
    plan = [torch.arange(n)] * 15 if method == "batch" else minibatches(n, size, generator)
    for j, index in enumerate(plan, start=1):
        if method == "SGD, own clock (your function)":
            centers, counts = kmeans_step(centers, clusters.x[index], counts)
        else:
            centers = towards_means(centers, clusters.x[index], 1.0 if method == "batch" else 1 / j)
        seen += len(index)
        if size > 1 or j % 50 == 0:
            log.append((seen, distortion(centers)))
    return log, centers


methods = ("batch", "minibatch of 50, rate 1/j", "SGD, rate 1/j", "SGD, own clock (your function)")
kmeans_runs = {method: [kmeans_run(method, seed) for seed in range(6)] for method in methods}

# %% tags=["demo"]
fig, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4), layout="constrained")
ends = {}
for number, (method, runs) in enumerate(kmeans_runs.items()):
    logs = torch.tensor([log for log, _ in runs])
    plot_band(logs[:, :, 1], ax=left, x=logs[0, :, 0], label=method, number=number, quantiles=(0, 1),
              xlabel="points processed", ylabel="mean squared distance to the nearest centre")
    ends[method] = logs[:, -1, 1]
left.set(xscale="log", yscale="log")
left.legend(fontsize=8)
plot_clusters(clusters.x, kmeans_runs["SGD, rate 1/j"][0][1], ax=right, label="SGD, rate 1/j", number=2)
plot_clusters(clusters.x, kmeans_runs["batch"][0][1], ax=right, label="batch", number=0)
plt.show()
print(f"{'distortion at the end':32} mean   deviation between runs")
for method, values in ends.items():
    print(f"{method:32} {values.mean():.3f}  {values.std():.3f}")

# %% [markdown]
# | | lectures | here |
# |---|---|---|
# | SGD | slower, with a large variation between runs | rate 1/j: about twice the distortion of minibatches |
# | minibatch | comparable to batch, much sooner | within 4 % of batch after one pass |
#
# Between runs, SGD with one clock varies about twenty times as much as minibatches. Other data and other starts
# move all curves, seldom their order.
#
# Why is SGD with one clock so slow? A centre that wins every sixth point gets a sixth of the steps, but the rate
# shrinks as if it had had them all. With its own clock, in your function, it needs no minibatch to be fast. A
# rate has to fit the curvature in each direction: `06_adaptive_methods` makes a principle of this.

# %% [markdown]
# ## Summary
#
# - The gradient is an expectation; a minibatch estimates it without bias, with standard error $\sigma/\sqrt m$.
#   Without replacement the factor $\sqrt{(n-m)/(n-1)}$ comes in.
# - Returns are less than linear: 100 times the work for 10 times the precision.
# - Shuffle, cut, keep the short batch, and draw a new order every epoch.
# - Small batches make more of each example, large ones of each step; the clock decides, and below some size
#   examples are free.
# - At the minimum the noise stays, in proportion to $\eta/m$. Shrink the rate, or grow the batch.
#
# ## Sources
#
# - H. Robbins, S. Monro (1951). A stochastic approximation method. *Annals of Mathematical Statistics* 22.
# - J. MacQueen (1967). Some methods for classification and analysis of multivariate observations. *Fifth Berkeley
#   Symposium*.
# - L. Bottou (1998). Online learning and stochastic approximations. In *On-line Learning in Neural Networks*.
# - D. R. Wilson, T. R. Martinez (2003). The general inefficiency of batch training for gradient descent learning.
#   *Neural Networks* 16.
# - L. Bottou, O. Bousquet (2008). The tradeoffs of large scale learning. *NIPS 20*.
# - D. Sculley (2010). Web-scale k-means clustering. *WWW*.
# - O. Dekel, R. Gilad-Bachrach, O. Shamir, L. Xiao (2012). Optimal distributed online prediction using
#   mini-batches. *JMLR* 13.
# - I. Goodfellow, Y. Bengio, A. Courville (2016). *Deep Learning*, chapter 8. MIT Press.
