# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 4 · Learning rates
#
# "Which learning rate should I take?" Every student asks this first, and the honest answer has two parts. One number
# that is good enough can be found in a minute of short runs. But with noisy gradients no single number is right for the
# whole training: what is fast at the beginning never comes to rest at the end. This lesson finds the first number, and
# then lets it change.
#
# **After this lesson you can**
#
# 1. find a first rate from short runs, and read a range test;
# 2. predict the error at which a constant rate stops, and what decay or averaging makes of it;
# 3. say which schedules satisfy the conditions of Robbins and Monro, and what goes wrong where one of them fails;
# 4. write the usual schedules, and say what each of them starts and ends with;
# 5. read a rate of convergence off a log–log plot.
#
# Ten exercises, about 75 minutes, and as much to read and to try out. You need the noise of minibatches from lesson 2
# and the limits of stability from lesson 3.
#
# **For all exercises**: a **schedule** is a function of the number of steps that have been *taken*, counted from 0.
# `step` and other counts are plain whole numbers, rates are plain numbers, and a schedule returns a plain number (a
# tensor without axes will do too). No function changes its arguments, and each call depends on its arguments alone: a
# schedule that is asked for step 500 has not been asked for the steps before.

# %% nbgrader={"locked": true, "grade_id": "setup"}
import math

import matplotlib.pyplot as plt
import torch
from steepest import check, data
from steepest.demos.learning_rates import floor_demo, range_test_demo, schedule_demo
from steepest.dense import accuracy, make_nets, scores, train
from steepest.plots import plot_band, plot_curves
from steepest.trajectory import run

torch.set_num_threads(1)  # with tensors this small, threads cost more than they gain

# %% [markdown]
# ## 1 · One number decides
#
# ### Eight rates, a hundred steps
#
# Handwritten digits and a small net with two hidden layers of 32 units, trained by minibatches of 32 with momentum
# 0.9 (a memory of past gradients, which lesson 5 explains; here it is only part of the machine). Each run takes 100
# steps from the same weights with the same minibatches. Only the **learning rate** $\eta$, the length of a step per
# unit of gradient, is different.

# %% nbgrader={"locked": true, "grade_id": "digits"}
SIZES, BATCH, BETA = (64, 32, 32, 10), 32, 0.9
train_set, test_set = data.split(data.digits(), test=0.25, seed=2)


def losses_at(rates, *, seed, n_steps=100):
    """Losses of the minibatches, a column for each rate; all nets start alike."""
    nets = make_nets(SIZES, seeds=[seed] * len(rates))
    return train(nets, data.shuffled(train_set, BATCH, seed=seed), [torch.tensor(rates)] * n_steps, beta=BETA)[1]


RATES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0]

# %% tags=["demo"]
smoothed = losses_at(RATES, seed=0).unfold(0, 10, 5).mean(dim=2)  # single minibatches are noisy: means of ten steps
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained")
shown = {f"η = {rate}": smoothed[:, place] for place, rate in enumerate(RATES) if rate in (0.001, 0.01, 0.1, 1.0)}
plot_curves(shown, ax=left, x=range(5, 100, 5), xlabel="step", ylabel="loss, mean of ten minibatches")
plot_curves({"last ten steps": smoothed[-1]}, ax=right, x=RATES, xlabel="rate η", ylabel="loss", log_x=True)
left.set_ylim(0, 3.9)
left.legend(loc="upper right", ncols=2)
right.axhline(math.log(10), color="0.5", linewidth=0.8)
right.text(0.001, math.log(10) + 0.03, "chance: ln 10", color="0.35", fontsize=9)
right.legend(loc="lower left")
plt.show()
for rate, loss in zip(RATES, smoothed[-1].tolist(), strict=True):
    print(f"η = {rate:<6} mean loss of the last ten steps {loss:5.2f}")

# %% [markdown]
# On the left four of the runs, on the right where all eight end. The small rates are on their way, and slow. Then there
# is a narrow place where things go well. Three times that rate the net still learns but jumps about, and ten times it
# is no better than guessing. The good rates lie right below the hopeless ones. Bengio (2012) made a rule of it: the
# best rate is usually *close to the largest that does not diverge*. In lesson 3 this was a theorem about parabolas.
#
# There is also Karpathy's famous rule, "3e-4 is the best learning rate for Adam, hands down". It was a joke, as he
# added in the next message. A number that is best for one net is ten times too small for another.
#
# ### Try some, keep the best
#
# So the oldest method is still the one to begin with: **try several rates, a factor of about three apart, for a hundred
# steps each, and go on with the one that ends lowest.** Two things have to be watched. A run that diverges ends in
# `inf` or `nan`, and `nan` is treacherous: every comparison with it is false, and `argmin` takes it for the smallest
# number of all. And what counts is where a run *ends*: a large rate may dip low on the way and be thrown out again.

# %% [markdown]
# ### Exercise 1 · `choose_rate`
#
# **Goal** · the rate whose short run ends lowest. **Difficulty** ●● · **about 8 minutes**
#
# `short_run(lr)` trains with a rate and gives the losses of all steps, a tensor of shape (T,) with $T \ge 10$. The
# rates come in any order. Return one of them, as it was given. Where a run ends is its last loss; the mean of its last
# tenth is steadier, and is accepted as well. A run whose last loss is `inf` or `nan` does not count; at least one run
# ends in a number. What happens on the way does not matter, not even an `inf` from which a run comes back.
#
# Run each rate once. Training costs time, and a second run draws other minibatches and ends elsewhere.

# %% nbgrader={"solution": true, "grade_id": "answer_choose_rate"}
def choose_rate(short_run, rates):
    """The learning rate whose short run ends with the lowest loss.

    short_run : maps a rate to the losses of its steps, a tensor of shape (T,)
    rates : list of numbers
    returns one of the rates
    """
    ### BEGIN SOLUTION
    best_rate, best_loss = None, math.inf
    for lr in rates:
        loss = float(short_run(lr)[-1])
        if math.isfinite(loss) and loss < best_loss:
            best_rate, best_loss = lr, loss
    return best_rate
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "choose_rate"}
check(choose_rate)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(choose_rate)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>What do you have to remember while you go through the rates, and with what does a comparison begin that the first
# sound run must win?</p>
# </details>
# <details><summary>The idea</summary>
# <p>Keep the best rate and the best loss so far. Begin with an infinite loss. A run replaces them if its last loss is
# finite and lower.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>A loop <code>for lr in rates:</code> with one call of <code>short_run</code> in it; <code>losses[-1]</code> is the
# last loss, and <code>math.isfinite</code> tells a number from inf and nan. After the loop, return the rate.</p>
# </details>

# %% [markdown]
# Which rate does your function choose for five different nets? By the last minibatch alone, and by the mean of the last
# ten:

# %% tags=["demo"]
print("net   last minibatch   mean of the last ten")
for seed in range(5):
    table = losses_at(RATES, seed=seed)

    def last_minibatch(lr, table=table):
        return table[:, RATES.index(lr)]

    def mean_of_ten(lr, table=table):
        return table[-10:, RATES.index(lr)].mean().reshape(1)

    print(f"{seed:3d}   {choose_rate(last_minibatch, RATES):14}   {choose_rate(mean_of_ten, RATES):20}")

# %% [markdown]
# Always 0.03 or 0.1, next to each other on the grid: the method finds the order of magnitude, and which of two
# neighbours wins is the luck of the last minibatches. More precision would be wasted, since the best rate changes
# during training anyway.

# %% [markdown]
# ## 2 · The range test: all rates in one run
#
# Smith (2017) makes one run of the eight. In a **range test** the rate grows within a single run, a little
# at every step, and the loss is watched. Smith let it grow in a straight line; today it usually grows by the same
# *factor* at every step, so that each power of ten gets as many steps:
#
# $$\eta_k = \eta_{\min}\left(\frac{\eta_{\max}}{\eta_{\min}}\right)^{k/(N-1)}, \qquad k = 0, \dots, N-1 .$$
#
# Here it goes from 0.001 to 10 in 200 steps. **Before you look**: at which rate will the loss fall fastest, and where
# will it turn? You know the eight runs.

# %% tags=["demo"]
N_TEST = 200
growing = [0.001 * 10_000 ** (k / (N_TEST - 1)) for k in range(N_TEST)]
_, tested = train(make_nets(SIZES, seeds=range(5)), data.shuffled(train_set, BATCH, seed=0), growing, beta=BETA)
mean_loss = tested.mean(dim=1).unfold(0, 9, 1).mean(dim=1)  # of five nets and nine steps
at = torch.tensor(growing[4:-4])
fall = (mean_loss[10:] - mean_loss[:-10]) / (at[10:] / at[:-10]).log10()
lowest = int(mean_loss.argmin())
steepest = 5 + int(fall[: lowest - 5].argmin())
beyond = lowest + int((mean_loss[lowest:] > mean_loss[0]).nonzero()[0])

fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
plot_curves({"range test, mean of five nets": mean_loss}, ax=ax, x=at, xlabel="rate η", ylabel="loss", log_x=True)
for place, mark, label in ((steepest, "v", "steepest fall"), (lowest, "*", "lowest"), (beyond, "X", "above the start")):
    ax.plot(at[place], mean_loss[place], mark, color="black", markersize=11, label=label)
ax.set(ylim=(0, 4))
ax.legend(loc="upper left")
plt.show()
print(f"steepest fall at η = {at[steepest]:.2f}, lowest at {at[lowest]:.2f}, above the start from {at[beyond]:.2f}")

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>The loss falls fastest while the rate goes through a few hundredths, is lowest a little above 0.1, and is back
# where it began at about half. The lowest point is <em>not</em> the best rate: the loss there is what all the smaller
# rates before have achieved, and the turn shows late, because it takes a few steps to run away. Take the rate of the
# steepest fall, or a third of the one where it turns. Both point to the 0.03 to 0.1 of the eight runs, for the price of
# two.</p>
# </details>

# %% [markdown]
# ## 3 · Why a constant rate never arrives
#
# ### A bowl and a noise
#
# Near a minimum every loss is a parabola, $f(x) = \tfrac12\lambda x^2$ with curvature $\lambda$, in each direction. A
# minibatch gives its gradient with an error: $\lambda x + \sigma\xi$, where $\xi$ has mean 0 and variance 1 and is
# drawn anew at each step. **This error does not vanish at the minimum.** There the gradients of single examples
# cancel, but each of them is still far from zero: a line that fits a crowd of points best is still wrong for every
# single one.
#
# So a step is
#
# $$x \leftarrow x - \eta(\lambda x + \sigma\xi) = (1-\eta\lambda)\,x - \eta\sigma\xi ,$$
#
# and two forces meet: the bowl pulls in, the noise kicks out. Let $m$ be the mean of $x^2$. The two parts are
# independent, so their squares add up:
#
# $$m \leftarrow (1-\eta\lambda)^2\, m + \eta^2\sigma^2 .$$
#
# **By hand.** Take $\lambda = \sigma = 1$ and $\eta = 0.5$. Then $m \leftarrow \tfrac14 m + \tfrac14$. From $m = 9$ it
# goes to 2.5, to 0.875, to 0.469, to 0.367, and comes to rest where $m = \tfrac14 m + \tfrac14$, which is $m =
# \tfrac13$. With $\eta = 0.1$ it is $m = 0.81m + 0.01$, hence $m = 0.0526$. Five times less rate, about six times less
# error, but also many more steps to get there.

# %% nbgrader={"locked": true, "grade_id": "bowl"}
def descend(theta, grad, state, *, lr):
    """One step of plain gradient descent, in the form that `run` takes."""
    return theta - lr * grad, state


def noisy(seed, *, batch=1):
    """The gradient x of the bowl ½x², with the noise of a minibatch: its standard deviation is 1/√batch."""
    generator = torch.Generator().manual_seed(seed)

    def gradient(x):
        return x + torch.randn(x.shape, generator=generator, dtype=x.dtype) / math.sqrt(batch)

    return gradient


GROUPS, RUNS = 5, 100
away = torch.full((GROUPS, RUNS), 3.0, dtype=torch.float64)  # five times a hundred runs, all from x = 3


# %% tags=["demo"]
path = run(descend, noisy(1), away, state={}, n_steps=400, lr=0.5)
slow = run(descend, noisy(1), away, state={}, n_steps=400, lr=0.05)
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.4), layout="constrained")
for ax, some, lr in ((left, path, 0.5), (right, slow, 0.05)):
    ax.plot(some[:201, 0, :6], color="0.7", linewidth=0.6)
    plot_band(some[:201, 0].T, ax=ax, x=range(201), label="median of 100 runs; band: 8 in 10", xlabel="step",
              ylabel="x", number=0)
    ax.set(title=f"η = {lr}", ylim=(-2.2, 3.2))
plt.show()

# %% [markdown]
# Both hold still on average and never in fact. The large rate is there at once and stays in a wide cloud, the small one
# takes fifty steps for a narrow one.

# %% [markdown]
# ### Exercise 2 · `noise_floor`
#
# **Goal** · the mean square of $x$ at which a constant rate comes to rest. **Difficulty** ●●● · **about 10 minutes**
#
# Solve $m = (1-\eta\lambda)^2 m + \eta^2\sigma^2$ for $m$, for each curvature. `curvature` is a tensor of any shape, or
# without axes; `sigma` is a tensor of the same shape and type, or one plain number for all. Give a tensor of the shape
# and type of `curvature`.
#
# Not everywhere does it come to rest. Where $\eta\lambda \ge 2$ the steps overshoot more and more, and where $\lambda
# \le 0$ nothing pulls back: there the mean square is `inf`.

# %% nbgrader={"solution": true, "grade_id": "answer_noise_floor"}
def noise_floor(curvature, sigma, *, lr):
    """Mean square of x after many steps x ← x − lr (λx + σξ), ξ of variance 1.

    curvature : tensor of any shape, λ
    sigma : tensor of the same shape and type, or a plain number; standard deviation of the gradient's noise
    lr : number, the constant rate
    returns a tensor of the shape and type of curvature; inf where there is no rest
    """
    ### BEGIN SOLUTION
    product = lr * curvature
    floor = lr * sigma**2 / (curvature * (2 - product))
    stable = (product > 0) & (product < 2)
    return torch.where(stable, floor, math.inf)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "noise_floor"}
check(noise_floor)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(noise_floor)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Bring both terms with $m$ to one side. Which factor can be taken out of $1 - (1-\eta\lambda)^2$?</p>
# </details>
# <details><summary>The idea</summary>
# <p>$1-(1-\eta\lambda)^2 = \eta\lambda\,(2-\eta\lambda)$, and one $\eta$ cancels. Try the result with $\lambda = \sigma
# = 1$ and $\eta = 0.5$: it must give a third.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>The formula for all entries at once, then <code>torch.where(condition, floor, math.inf)</code>. Two conditions on
# tensors are joined by <code>&amp;</code>, each in its own brackets.</p>
# </details>

# %% [markdown]
# ### Predicted and measured
#
# For small rates the formula becomes $m \approx \eta\sigma^2/2\lambda$: **half the rate, half the error.** The table
# measures the five groups of 100 runs, over the last 1000 of 3000 steps.

# %% tags=["demo"]
one = torch.tensor(1.0, dtype=torch.float64)
print("  η      predicted   measured in five groups of runs     η/2")
for lr in (0.02, 0.1, 0.5, 1.0, 1.5):
    rest = run(descend, noisy(2), away, state={}, n_steps=3000, lr=lr)[-1000:].square().mean(dim=(0, 2))
    print(f"{lr:5}   {noise_floor(one, 1.0, lr=lr):8.4f}    {rest.min():7.4f} … {rest.max():7.4f} {lr / 2:20.3f}")

# %% [markdown]
# The formula holds for large rates too, where $\eta/2$ is far too low. At $\eta = 1$ each step forgets the point
# altogether, $x \leftarrow -\xi$, and what is left is the noise of a single minibatch.
#
# A constant rate is a decision between speed and precision. A schedule is a way not to decide.

# %% [markdown]
# ## 4 · Two conditions
#
# ### How fast may a rate fall?
#
# Let the rate be $\eta_k$ at step $k = 1, 2, \dots$ Two things can go wrong.
#
# - **It falls too fast.** Where gradients are bounded, the path goes no farther than a multiple of the sum of its
#   rates. If $\sum_k\eta_k$ is finite, and the start is too far away, it stops on the way, however long you wait.
# - **It falls too slowly.** Each step adds a noise of variance $\eta_k^2\sigma^2$. If $\sum_k \eta_k^2$ is infinite,
#   the noise need not die out; with a constant rate it does not.
#
# Robbins and Monro (1951) asked for both,
#
# $$\sum_{k=1}^\infty \eta_k = \infty \quad\text{(it reaches everywhere)}, \qquad \sum_{k=1}^\infty \eta_k^2 < \infty
# \quad\text{(it settles)},$$
#
# and proved that under these conditions, for a gradient of bounded noise that points the right way on both sides of the
# minimum, the path converges to it. Both are about the infinite run. A sum whose terms go to zero can still be
# infinite: $1 + \tfrac12 + \tfrac13 + \dots$ grows beyond every bound, as slowly as a logarithm, while $1 + \tfrac14 +
# \tfrac19 + \dots = \pi^2/6$. The border runs between them: $\sum_k k^{-s}$ is infinite for $s \le 1$ and finite for
# $s > 1$.

# %% [markdown]
# ### Exercise 3 · `robbins_monro`
#
# **Goal** · which of the two conditions $\eta_k = k^{-p}$ satisfies. **Difficulty** ● · **about 4 minutes**
#
# `power` is a number $p \ge 0$; 0 is a constant rate. Return two truth values: whether it reaches everywhere, and
# whether it settles.

# %% nbgrader={"solution": true, "grade_id": "answer_robbins_monro"}
def robbins_monro(power):
    """The two conditions of Robbins and Monro for the rates k^(-power), k = 1, 2, …

    power : number ≥ 0
    returns (reaches, settles): is the sum of the rates infinite, is the sum of their squares finite?
    """
    ### BEGIN SOLUTION
    return power <= 1, 2 * power > 1
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "robbins_monro"}
check(robbins_monro)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(robbins_monro)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>What is the square of $k^{-p}$, as a power of $k$?</p>
# </details>
# <details><summary>The idea</summary>
# <p>The border is at the exponent 1, which belongs to the infinite sums. For the squares the exponent is $2p$.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>No sum has to be computed, and no finite number of terms could tell. Two comparisons, separated by a comma.</p>
# </details>

# %% [markdown]
# ### Six rates on the noisy bowl
#
# Now look at five such rates on the bowl with $\lambda = \sigma = 1$ from $x = 3$, and at $\tfrac12 k^{-2}$ from
# farther away. **Before you run the cell**: which of them arrives first, which never? On log–log axes a mean square
# that falls like $k^{-q}$ is a straight line of slope $-q$, the **order** of convergence.

# %% tags=["demo"]
def slope(mean_square):
    """Slope of a series on log–log axes, from step 100 to its end."""
    steps = torch.logspace(2, math.log10(len(mean_square) - 1), 40).round().long().unique()
    x, y = steps.double().log(), mean_square[steps].log()
    return float(((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum())


kinds = {
    "constant ½": (lambda k: 0.5, 0.0),
    "1/√k": (lambda k: (k + 1) ** -0.5, 0.5),
    "k^(−¾)": (lambda k: (k + 1) ** -0.75, 0.75),
    "1/k": (lambda k: 1 / (k + 1), 1.0),
    "0.3/k": (lambda k: 0.3 / (k + 1), 1.0),
    "½/k²": (lambda k: 0.5 / (k + 1) ** 2, 2.0),
}
squares = {}
print("rate         reaches  settles    slope in five groups    mean square after 3000 steps")
for name, (schedule, power) in kinds.items():
    groups = run(descend, noisy(3), away, state={}, n_steps=3000, lr=schedule).square().mean(dim=2)
    squares[name] = groups.mean(dim=1)
    slopes = [slope(group) for group in groups.T]
    reaches, settles = ("yes" if answer else "no" for answer in robbins_monro(power))
    print(f"{name:12} {reaches:8} {settles:8} {min(slopes):8.2f} … {max(slopes):5.2f} {squares[name][-1]:24.5f}")

fig, ax = plt.subplots(figsize=(7.5, 4), layout="constrained")
steps = torch.logspace(0, math.log10(3000), 120).round().long().unique()
plot_curves({name: values[steps] for name, values in squares.items()}, ax=ax, x=steps, xlabel="step k",
            ylabel="mean square of x", log_x=True, log_y=True)
ax.legend(loc="lower left", ncols=2)
plt.show()
start = torch.full((GROUPS * RUNS,), 10.0, dtype=torch.float64)
for name in ("½/k²", "½/k"):
    schedule = (lambda k: 0.5 / (k + 1) ** 2) if name == "½/k²" else (lambda k: 0.5 / (k + 1))
    end = run(descend, noisy(4), start, state={}, n_steps=3000, lr=schedule)[-1]
    print(f"from x = 10 with {name:5}: root mean square after 3000 steps {end.square().mean().sqrt():.2f}")

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>The constant rate stays at its floor of a third, order 0. The rates $k^{-p}$ with $p$ below 1 follow a floor that
# sinks, $\eta_k/2$, so that the order is $p$: one half, three quarters. Then $1/k$, with order 1, the best of all. It
# is no accident that 3000 steps leave about $1/3000$: with this rate $x$ is the mean of the noises so far, and from
# $k$ noisy gradients nothing better can be known than their mean.</p>
# <p>$\tfrac12k^{-2}$ settles all right, but in
# the wrong place: from $x = 10$ it is stuck at 3.6, because without noise $\prod_k(1-\tfrac12k^{-2}) = 0.36$ of the
# way would be left for ever. And $0.3/k$ satisfies both conditions and is slow all the same: its order is 0.6.
# <strong>The constant matters too.</strong> With $\eta_k = c/k$ the start is forgotten like $k^{-2c\lambda}$, so that
# order 1 needs $c > 1/2\lambda$, and the curvature is what one does not know.</p>
# </details>
#
# **Read it off.** A curve of order $q$ falls by a factor of $10^q$ from step 100 to step 1000. By how much do the
# curves of $1/\sqrt k$ and of $1/k$ fall between the two, on the figure? Which orders are that?
#
# <details><summary>Compare</summary>
# <p>That of $1/\sqrt k$ falls by a little more than 3, and 3.2 would be $10^{1/2}$: order one half. That of $1/k$ falls
# by about 10: order 1. The fourth column of the table has the same, from a straight line through all the points from
# step 100 on.</p>
# </details>
#
# Does $1/k$ therefore fall as fast as the conditions allow? Among powers of $k$, yes. In general no: the sum of
# $1/(k\ln k)$ is still infinite, and that of its squares finite.

# %% [markdown]
# ## 5 · The catalogue
#
# In practice a training has a last step, and its schedule is chosen from a short list. Three of them depend on the
# number of the step alone.
#
# ### A straight line
#
# From $\eta_0$ in equal steps to a last rate $\eta_\tau$ at step $\tau$, and constant from then on (Goodfellow et al.
# 2016, eq. 8.14):
#
# $$\eta_k = (1-\alpha)\,\eta_0 + \alpha\,\eta_\tau, \qquad \alpha = k/\tau \text{ until step } \tau .$$
#
# They advise a $\tau$ of a few hundred epochs and an $\eta_\tau$ of about 1 % of $\eta_0$. **By hand**: from 0.1 to
# 0.02 with $\tau = 4$ the rates are 0.1, 0.08, 0.06, 0.04, 0.02, 0.02, …

# %% [markdown]
# ### Exercise 4 · `linear_decay`
#
# **Goal** · a straight line from `lr` to `lr_end`, and constant from step `tau` on. **Difficulty** ● · **about 4
# minutes**
#
# At step 0 the rate is `lr`, at step `tau` it is `lr_end` for the first time. `lr_end` is at most `lr`, and may be 0.

# %% nbgrader={"solution": true, "grade_id": "answer_linear_decay"}
def linear_decay(step, *, lr, lr_end, tau):
    """Linear decay from lr to lr_end.

    step : int, number of steps taken
    lr, lr_end : first and last rate
    tau : int, the step from which on the rate is lr_end
    returns the rate of the next step
    """
    ### BEGIN SOLUTION
    share = min(step / tau, 1)
    return (1 - share) * lr + share * lr_end
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "linear_decay"}
check(linear_decay)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(linear_decay)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>What is $\alpha$ at step 0, at step $\tau$, and long after it?</p>
# </details>
# <details><summary>The idea</summary>
# <p>$\alpha$ is the share of the way that is done. It must not grow beyond 1.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>One line for the share, with <code>min</code>, and one for the formula. Divide by <code>/</code>; the operator
# <code>//</code> rounds down.</p>
# </details>

# %% [markdown]
# ### Powers
#
# One formula holds the rates of the last section and their relatives:
#
# $$\eta_k = \frac{\eta_0}{(1+dk)^p} .$$
#
# $p = 1$ is **hyperbolic** decay, $p = 2$ quadratic, $p = \tfrac12$ falls like $1/\sqrt k$, and the **decay rate** $d$
# says how fast the steps count. **By hand**: $\eta_0 = 0.2$ and $d = p = 1$ give 0.2, 0.1, 0.067, 0.05, 0.04.

# %% [markdown]
# ### Exercise 5 · `power_decay`
#
# **Goal** · the formula above. **Difficulty** ● · **about 3 minutes**
#
# `rate` is $d \ge 0$ and `power` is $p \ge 0$; both are 1 where they are left out.

# %% nbgrader={"solution": true, "grade_id": "answer_power_decay"}
def power_decay(step, *, lr, rate=1.0, power=1.0):
    """Decay like a power of the number of steps.

    step : int, number of steps taken
    lr : the first rate
    rate, power : d and p of lr / (1 + d k)^p
    returns the rate of the next step
    """
    ### BEGIN SOLUTION
    return lr / (1 + rate * step) ** power
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "power_decay"}
check(power_decay)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(power_decay)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>What does the power apply to: to the steps, or to the whole denominator?</p>
# </details>
# <details><summary>The idea</summary>
# <p>Every step divides the <em>first</em> rate. The function does not know what it returned before.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>One expression. <code>**</code> binds more tightly than <code>/</code>, and <code>*</code> more tightly than
# <code>+</code>; what is raised to a power as a whole needs brackets.</p>
# </details>

# %% tags=["demo"]
rates = [power_decay(epoch, lr=0.2) for epoch in range(1, 5)]
print("α₀ = 0.2, decay rate 1, epochs 1 to 4:", ", ".join(f"{rate:.3f}" for rate in rates))
print("the lectures' table:                    0.1, 0.067, 0.05, 0.04")

# %% [markdown]
# ### Steps
#
# Constant for a while, then times a factor, then constant again: $\eta_k = \eta_0 f^{\lfloor k/T\rfloor}$, where
# $\lfloor\cdot\rfloor$ rounds down. It is easy to follow on a plot of the loss, which falls a little at every drop.
# **By hand**: with $\eta_0 = 0.8$, $f = \tfrac12$ and $T = 3$ the rates are 0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2. A drop
# at every step, $T = 1$, is **exponential** decay.

# %% [markdown]
# ### Exercise 6 · `step_decay`
#
# **Goal** · a rate that is multiplied by `factor` once in `every` steps. **Difficulty** ● · **about 3 minutes**
#
# The first drop is at step `every`.

# %% nbgrader={"solution": true, "grade_id": "answer_step_decay"}
def step_decay(step, *, lr, factor, every):
    """Step decay: lr times factor for each `every` steps that are done.

    step : int, number of steps taken
    lr : the first rate
    factor : what a drop leaves of the rate, between 0 and 1
    every : int ≥ 1, steps from one drop to the next
    returns the rate of the next step
    """
    ### BEGIN SOLUTION
    return lr * factor ** (step // every)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "step_decay"}
check(step_decay)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(step_decay)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>How many drops have there been after 0, 1, 2, 3 and 7 steps, if every third step brings one?</p>
# </details>
# <details><summary>The idea</summary>
# <p>The number of drops is a quotient, rounded down. Each drop multiplies once more.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>One expression with <code>//</code> in an exponent.</p>
# </details>

# %% tags=["demo"]
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.4), layout="constrained")
catalogue = {
    "linear, τ = 60": lambda k: linear_decay(k, lr=0.1, lr_end=0.001, tau=60),
    "hyperbolic, d = 0.1": lambda k: power_decay(k, lr=0.1, rate=0.1),
    "1/√k, d = 0.1": lambda k: power_decay(k, lr=0.1, rate=0.1, power=0.5),
    "steps, ½ in 20": lambda k: step_decay(k, lr=0.1, factor=0.5, every=20),
    "exponential": lambda k: step_decay(k, lr=0.1, factor=0.95, every=1),
}
for ax in (left, right):
    plot_curves({name: [rule(k) for k in range(101)] for name, rule in catalogue.items()}, ax=ax, xlabel="step",
                ylabel="rate η", log_y=ax is right)
right.get_legend().remove()
plt.show()

# %% [markdown]
# The same five rates twice. On the linear axis they look alike; the logarithmic one tells them apart: a straight line
# there is an exponential.
#
# <details><summary>For readers of the lecture notes</summary>
# <p>One set of notes calls $\eta_0/(k+1)$ <em>linear</em> decay. Here, as in most books, linear is the straight line
# and $1/k$ is hyperbolic. It also lists $1/k^2$ as a schedule and the conditions of Robbins and Monro as its
# justification; $1/k^2$ violates the first of them. Another set counts epochs in its table from 1, so that the first
# rate there is 0.1 and not 0.2; and its $k/\sqrt{\text{epoch}}\cdot\alpha_0$ is <code>power_decay</code> with power ½
# and <code>lr</code> $= k\alpha_0$, one epoch shifted. A third prints the formula of the straight line without saying
# that $\alpha = k/\tau$.</p>
# </details>

# %% [markdown]
# ## 6 · Listen to the loss
#
# When should the rate drop? A schedule has to know it before the training begins. The alternative is to watch the
# validation loss and to **cut the rate when it no longer falls**: by ten or by two, whatever you have the patience for.
#
# You have written this rule before, as early stopping in lesson 1: a loss is an improvement if it lies below the best
# so far by more than `min_delta`, and `patience` losses in a row without one are a plateau. What is new is that
# training goes on. The rate is multiplied by `factor`, the count starts again from 0, and the best loss stays what
# it was.
#
# **By hand**, with patience 2 and factor ½ from a rate of 0.8:
#
# | loss | 5 | 4 | 4.5 | 4.2 | 4.1 | 3 | 3.5 | 3.2 | 3.1 | 3.1 |
# |---|---|---|---|---|---|---|---|---|---|---|
# | failures in a row | 0 | 0 | 1 | 2 → cut | 1 | 0 | 1 | 2 → cut | 1 | 2 → cut |
# | rate | 0.8 | 0.8 | 0.8 | 0.4 | 0.4 | 0.4 | 0.4 | 0.2 | 0.2 | 0.1 |

# %% [markdown]
# ### Exercise 7 · `plateau_decay`
#
# **Goal** · the rate in force after each of a series of validation losses. **Difficulty** ●●● · **about 12 minutes**
#
# Entry $t$ of the result is the rate once loss $t$ has been seen, cut included. The first loss is a finite number, and
# always an improvement. A later loss that is `nan` or `inf` is none. Give a tensor of the shape and type of
# `val_losses`; `min_delta` is 0 where it is left out.
#
# torch's `ReduceLROnPlateau` means by `patience` the number of failures that are let *pass*, and cuts at the next one.
# That count is accepted as well, when it is used throughout.

# %% nbgrader={"solution": true, "grade_id": "answer_plateau_decay"}
def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    """The rate after each validation loss, cut at every plateau.

    val_losses : tensor of shape (T,), T ≥ 1
    lr : the first rate
    factor : what a cut leaves of the rate, between 0 and 1
    patience : int ≥ 1, losses in a row without an improvement that make a plateau
    min_delta : by how much more than nothing a loss must fall below the best
    returns a tensor of shape (T,): the rate in force once each loss has been seen
    """
    ### BEGIN SOLUTION
    best, failures = math.inf, 0
    rates = []
    for loss in val_losses.tolist():
        if loss < best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures == patience:
            lr, failures = lr * factor, 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype, device=val_losses.device)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "plateau_decay"}
check(plateau_decay)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(plateau_decay)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Which three things must be remembered from one loss to the next, and which of them does a cut change?</p>
# </details>
# <details><summary>The idea</summary>
# <p>Remember the best loss, the number of failures in a row, and the rate. An improvement changes the first two, a
# failure the second, a cut the second and the third.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>A loop over <code>val_losses.tolist()</code>: first improvement or failure, then perhaps the cut, and last
# <code>rates.append(lr)</code>. Begin with a best loss of <code>math.inf</code>. Make the tensor at the end, with the
# <code>dtype</code> of the losses.</p>
# </details>

# %% tags=["demo"]
bumpy = torch.tensor([5, 4, 4.5, 4.2, 4.1, 3, 3.5, 3.2, 3.1, 3.1], dtype=torch.float64)
print("the table by hand:", plateau_decay(bumpy, lr=0.8, factor=0.5, patience=2).tolist())

generator = torch.Generator().manual_seed(6)
x, seen_losses, rates = torch.full((64,), 3.0, dtype=torch.float64), [], [0.5]
for _ in range(60):  # an epoch of ten steps, then one validation loss
    for _ in range(10):
        x = x - rates[-1] * (x + torch.randn(64, generator=generator, dtype=x.dtype))
    seen_losses.append(x.square().mean() / 2)
    rates.append(float(plateau_decay(torch.stack(seen_losses), lr=0.5, factor=0.5, patience=4)[-1]))

fig, ax = plt.subplots(figsize=(7.5, 3.4), layout="constrained")
plot_curves({"validation loss": seen_losses, "rate": rates[1:]}, ax=ax, x=range(1, 61), xlabel="epoch of ten steps",
            ylabel="loss, rate", log_y=True)
floors = [float(noise_floor(one, 1.0, lr=rate)) / 2 for rate in rates[:-1]]
ax.plot(range(1, 61), floors, color="0.4", linewidth=1, label="floor of this rate")
ax.legend()
plt.show()
print(f"loss {seen_losses[9]:.4f} after 10 epochs, {seen_losses[-1]:.4f} after 60, rate {rates[-1]:.4f}, "
      f"{len(set(rates)) - 1} cuts")

# %% [markdown]
# The noisy bowl, with the mean loss of 64 points as validation loss. Each plateau is the noise floor of its rate, and
# each cut lowers it: the rule finds by itself what section 3 computed. Its weakness is to be seen at the end. There the
# rate is so small that the loss needs more than four epochs to come down, and what looks like a plateau is a slow fall.
# Each cut that comes too early makes it slower still. A larger patience helps, or a rate that is not cut below some
# last value.

# %% [markdown]
# ## 7 · Average instead
#
# A falling rate has two tasks: to come near, and to calm the noise. The second can be done otherwise. Keep the rate
# constant and large, and take the **mean of the points** on the path:
#
# $$\bar\theta_{n+1} = \frac{n\,\bar\theta_n + \theta}{n+1} .$$
#
# The point goes on trembling; the mean of many tremblings does not. This is *Polyak–Ruppert averaging* (Ruppert 1988;
# Polyak and Juditsky 1992). On a quadratic a constant rate is enough. On other functions the rate has to fall too, but
# more slowly than $1/k$ and without a constant that must be matched to the curvature, and the mean is then as exact
# as the best schedule. **By hand**: the mean of two points is 5, and the third is 2. Then $(2\cdot5 + 2)/3 = 4$.

# %% [markdown]
# ### Exercise 8 · `average_step`
#
# **Goal** · the mean of one more point, without keeping the others. **Difficulty** ● · **about 4 minutes**
#
# `average` is the mean of `count` points, `theta` the next one, of the same shape. Give the mean of all `count` + 1.
# With a `count` of 0 there is no average yet: whatever `average` holds then, be it `nan`, must not matter. Any way to
# write the formula is accepted.

# %% nbgrader={"solution": true, "grade_id": "answer_average_step"}
def average_step(average, theta, *, count):
    """The mean of count + 1 points, from the mean of count points and one more.

    average : tensor, the mean so far; not used where count is 0
    theta : tensor of the same shape, the new point
    count : int ≥ 0, number of points in the mean so far
    returns the new mean
    """
    ### BEGIN SOLUTION
    if count == 0:
        return theta.clone()
    return average + (theta - average) / (count + 1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "average_step"}
check(average_step)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(average_step)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>If you know a mean and how many numbers it is of, what was their sum?</p>
# </details>
# <details><summary>The idea</summary>
# <p>Multiply back to the sum, add the point, and divide by the new number. Or move the mean towards the point by the
# share $1/(n+1)$. And 0 times nan is nan.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>One <code>if</code> for the first point, and one expression for the others.</p>
# </details>

# %% tags=["demo"]
path = run(descend, noisy(5), away, state={}, n_steps=3000, lr=0.5)
average, averages = torch.full_like(away, math.nan), []
for count, point in enumerate(path):
    average = average_step(average, point, count=count)
    averages.append(average)
averaged = torch.stack(averages).square().mean(dim=2)
hyperbolic = run(descend, noisy(5), away, state={}, n_steps=3000, lr=lambda k: power_decay(k, lr=1.0)).square()
slopes = [slope(group) for group in averaged.T]
last = averaged[-1].tolist()
print(f"mean of the path at η = ½: slope {min(slopes):.2f} … {max(slopes):.2f} in five groups of runs")
print(f"mean square after 3000 steps: {min(last):.5f} … {max(last):.5f}, all runs {averaged[-1].mean():.5f}")
print(f"with η = 1/k                  {hyperbolic.mean(dim=2)[-1].min():.5f} … {hyperbolic.mean(dim=2)[-1].max():.5f}, "
      f"all runs {hyperbolic[-1].mean():.5f}")

fig, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
compared = {"η = ½, the point": path.square().mean(dim=(1, 2)), "η = ½, the mean of the path": averaged.mean(dim=1),
            "η = 1/k, the point": hyperbolic.mean(dim=(1, 2))}
plot_curves({name: values[steps] for name, values in compared.items()}, ax=ax, x=steps, xlabel="step k",
            ylabel="mean square of x", log_x=True, log_y=True)
plt.show()

# %% [markdown]
# The mean begins late, since it carries the way from $x = 3$ along, and then falls like $1/k$, to the same value as the
# best schedule. It needs no constant that fits the curvature: any stable $\eta$ does. In practice one begins to average
# only when the path has arrived.
#
# ### Demo: how large a rate can be had?
#
# A cloud of runs on a round bowl, your `noise_floor` as the line that it should come to, and your `average_step` when
# the box is ticked. **Before you tick it**, say what becomes of the cloud at $\eta = 1.5$.
#
# **Goal:** at $\lambda = 1$, after 400 steps, a mean square below 0.01 with a rate of at least 1.

# %% tags=["demo"]
floor_demo(noise_floor, average_step)

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>Without the mean only rates below 0.02 keep the cloud under 0.01, as your formula says. With it every rate from 0.1
# to almost 2 does: the noise of the mean is $\sigma^2/(\lambda^2n)$, in which the rate does not appear. Much smaller
# rates fail again, because the mean remembers their long way.</p>
# </details>

# %% [markdown]
# ## 8 · Up before down
#
# Two schedules of the last ten years do something that the old ones do not: they let the rate *grow*.
#
# ### One cycle
#
# Smith and Topin (2018) begin small, climb to a rate that is as large as the range test allows, and come down to almost
# nothing. The slow beginning is there so that the net leaves the rough ground around its start before the large steps
# come. The long way down is a decay as before: the last rate is far below the first. Half a cosine for each leg is
# torch's form. With $\alpha$ from 0 to 1 along a leg from $a$ to $b$,
#
# $$\eta = b + (a-b)\,\tfrac12\,(1+\cos\pi\alpha),$$
#
# level at both ends. **By hand**: a leg from 0.1 to 0.9 in four steps is 0.1, 0.217, 0.5, 0.783, 0.9.

# %% [markdown]
# ### Exercise 9 · `one_cycle`
#
# **Goal** · up to `lr_max` at step `peak`, down to `lr_end` at the last step. **Difficulty** ●●● · **about 10 minutes**
#
# The steps are numbered $0, \dots, N-1$ with $N$ = `n_steps`. The rate is `lr_start` at step 0, `lr_max` at step `peak`
# and `lr_end` at step $N-1$; between them lies half a cosine each. The peak is neither the first nor the last step.
#
# Smith and Topin's own legs are straight. Straight legs are accepted as well, if both are.

# %% nbgrader={"solution": true, "grade_id": "answer_one_cycle"}
def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    """One cycle of the learning rate: up to a peak, and down.

    step : int, number of steps taken, 0 ≤ step ≤ n_steps − 1
    lr_start, lr_max, lr_end : rates at step 0, at the peak, and at step n_steps − 1
    peak : int, 0 < peak < n_steps − 1
    n_steps : int
    returns the rate of the next step
    """
    ### BEGIN SOLUTION
    if step <= peak:
        start, end, share = lr_start, lr_max, step / peak
    else:
        start, end, share = lr_max, lr_end, (step - peak) / (n_steps - 1 - peak)
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "one_cycle"}
check(one_cycle)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(one_cycle)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>For each leg: where does it start, where does it end, and how many steps does it take?</p>
# </details>
# <details><summary>The idea</summary>
# <p>Find out on which leg the step lies, then three numbers for it: its first rate, its last one, and the share of the
# leg that is done. One formula serves both legs.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>An <code>if</code> that sets <code>start, end, share</code> in either branch, and one line with
# <code>math.cos(math.pi * share)</code> behind it. The second leg has <code>n_steps - 1 - peak</code> steps.</p>
# </details>

# %% [markdown]
# ### Warm restarts
#
# Loshchilov and Hutter (2017) come down along half a cosine and then *jump* back to the first rate, to look around once
# more, and again. Each cycle is longer than the one before by a factor. Their hope was to leave a valley that turned
# out poor; at the end of each cycle there is a net that can be used. With $t$ steps into a cycle of length $T$,
#
# $$\eta = \eta_{\text{end}} + \tfrac12(\eta_0-\eta_{\text{end}})\left(1+\cos\frac{\pi t}{T}\right), \qquad t = 0,
# \dots, T-1 .$$
#
# **By hand**: from 1 to 0 with a period of 4 the rates are 1, 0.854, 0.5, 0.146, then 1 again. The last rate
# itself is never reached: the next step, $t = T$, belongs to the new cycle.

# %% [markdown]
# ### Exercise 10 · `cosine_restarts`
#
# **Goal** · the rate at any step of such a run. **Difficulty** ●●● · **about 10 minutes**
#
# The cycles have `period`, `growth` · `period`, `growth`² · `period`, … steps. `period` is at least 2, and `growth` is
# a whole number, 1 where it is left out.
#
# With $T-1$ in the denominator each cycle reaches `lr_end` at its last step. That is accepted as well.

# %% nbgrader={"solution": true, "grade_id": "answer_cosine_restarts"}
def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    """Cosine decay with warm restarts.

    step : int, number of steps taken
    lr, lr_end : the rate that each cycle begins with, and the one that it falls towards
    period : int ≥ 2, steps of the first cycle
    growth : int ≥ 1, by which factor each cycle is longer than the one before
    returns the rate of the next step
    """
    ### BEGIN SOLUTION
    while step >= period:
        step = step - period
        period = period * growth
    return lr_end + (lr - lr_end) * (1 + math.cos(math.pi * step / period)) / 2
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "cosine_restarts"}
check(cosine_restarts)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(cosine_restarts)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>In which cycle does step 25 lie, if the first one has 10 steps and each is twice as long as the last? And where in
# it?</p>
# </details>
# <details><summary>The idea</summary>
# <p>Take the cycles that are over off the step, one by one, and let the length of the cycle grow with each. What is
# left is $t$, and the length is $T$.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>A <code>while</code> loop with two lines, then the formula. <code>step</code> and <code>period</code> are numbers,
# so that you may give them new values.</p>
# </details>

# %% [markdown]
# ### Beginnings and ends
#
# You have written five schedules that need no losses. **Write down** for each of them the rate at step 0, the rate that
# it ends with or falls towards, and whether it ever gets there.
#
# <details><summary>Compare</summary>
#
# | schedule | begins with | falls towards | gets there |
# |---|---|---|---|
# | `linear_decay` | `lr` | `lr_end` | at step `tau`, and stays |
# | `power_decay` | `lr` | 0 | never |
# | `step_decay` | `lr` | 0 | never |
# | `one_cycle` | `lr_start`, and climbs to `lr_max` at `peak` | `lr_end` | at the last step |
# | `cosine_restarts` | `lr`, anew at every restart | `lr_end` | never: the next step belongs to a new cycle |
#
# </details>
#
# ### On digits
#
# Does it pay? The net of section 1 again, 300 steps, ten nets for each schedule and each of three rates. **Before you
# run the cell**, write down an order for $\eta = 0.1$: constant, linear to 0, one cycle, restarts.

# %% tags=["demo"]
N_STEPS, NETS = 300, 10


def schedules(lr):
    """Four ways to use a rate, by name."""
    return {
        "constant": lambda k: lr,
        "linear": lambda k: linear_decay(k, lr=lr, lr_end=0.0, tau=N_STEPS),
        "one cycle": lambda k: one_cycle(k, lr_start=lr / 10, lr_max=lr, lr_end=lr / 1000, peak=90, n_steps=N_STEPS),
        "restarts": lambda k: cosine_restarts(k, lr=lr, lr_end=0.0, period=43, growth=2),
    }


fig, ax = plt.subplots(figsize=(7.5, 2.8), layout="constrained")
plot_curves({name: [float(rule(k)) for k in range(N_STEPS)] for name, rule in schedules(0.1).items()}, ax=ax,
            xlabel="step", ylabel="rate η")
ax.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
plt.show()

THREE = (0.05, 0.1, 0.2)
rules = [rule for lr in THREE for rule in schedules(lr).values()]
table = torch.tensor([[float(rule(k)) for rule in rules] for k in range(N_STEPS)]).repeat_interleave(NETS, dim=1)
nets = make_nets(SIZES, seeds=list(range(NETS)) * len(rules))
trained, _ = train(nets, data.shuffled(train_set, BATCH, seed=7), table, beta=BETA)
errors = 100 * (1 - accuracy(scores(trained, test_set.x), test_set.y)).view(len(THREE), 4, NETS)
print("test error in %, mean of ten nets ± standard deviation")
print("            " + "".join(f"η = {lr:<14}" for lr in THREE))
for place, name in enumerate(schedules(0.1)):
    cells = [f"{errors[row, place].mean():5.1f} ± {errors[row, place].std():4.1f}" for row in range(len(THREE))]
    print(f"{name:10}" + "".join(f"{cell:>14}    " for cell in cells))
better = (errors[:, 1:] < errors[:, :1]).double().mean(dim=2)  # by rate and schedule
print("share of the nets in which a decay beats the constant rate: "
      + ", ".join(f"{share:.0%} at {lr}" for share, lr in zip(better.mean(dim=1).tolist(), THREE, strict=True)))

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>On average every schedule that ends low beats the constant rate, at every rate, and the last line says in how many
# of the nets. Which of the three it is matters less, and not always in the same direction: the differences are about as
# large as the standard deviation. At 0.2 the constant rate is lost and a decay saves it: <strong>a rate that is too
# large at the end need not be too large at the beginning.</strong></p>
# <p>One cycle was presented as <em>super-convergence</em>: rates ten times larger than otherwise, and training in a
# tenth of the steps. On a net this small, without batch norm, that does not show: its largest useful rate is no larger
# than the others'. What remains is what all of them share, a small last rate.</p>
# </details>
#
# ### Demo: from the range test to the cycle
#
# The curve is a range test, the dots are short runs. Drag the two ends of the range: *your* `choose_rate` picks among
# the short runs between them, and a net is trained with *your* `one_cycle` up to that rate, and with that rate held
# constant. **Before you drag**, say what happens if the range ends far too low, and if it begins far too high.
#
# **Goal:** a test error below 3.5 % with one cycle.

# %% tags=["demo"]
range_test_demo(choose_rate, one_cycle)

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>Where the range ends too low, your function takes its upper end, and the error falls with every dot that you add.
# Where it begins beyond 0.3 no run in it learns, and the best of them is a guess. Where it holds both sides, the rate
# that wins the short race is about 0.05, with an error just under 4 %. One cycle can use more, since its large rate
# does not last: raise the lower end to 0.07 or more, up to 0.15, and the error is about 3 %. Held constant the same
# rates give twice that.</p>
# </details>
#
# ### Demo: all schedules on the noisy bowl
#
# Pick one of *your* schedules and move its constants; the rate is on the left, the mean square of $x$ on the right,
# computed exactly by $m \leftarrow (1-\eta_k)^2m + \eta_k^2$; in grey the other four with the same constants. **Before
# you begin**: only one of the five can reach the goal. Which, and with which constants?
#
# **Goal:** a mean square below $4\cdot10^{-4}$ after 3000 steps.

# %% tags=["demo"]
schedule_demo(linear_decay, power_decay, step_decay, one_cycle, cosine_restarts, robbins_monro)

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>Only a power reaches it, with $p = 1$ and a product $\eta_0 / d$ (the first rate times the slider for $1/d$) near
# 1: that is $1/k$, the mean of all noises. A straight line comes close, with a first rate near 0.01 and $\tau$ near
# 1000, constants that are right for just these 3000 steps and this curvature. Cycles and restarts spend their steps on
# large rates. On this bowl there is nothing to be found by looking around; that is what they are for.</p>
# </details>

# %% [markdown]
# ## 9 · How fast is fast?
#
# ### Words for convergence
#
# | error after $k$ steps | name | who |
# |---|---|---|
# | times $R < 1$ at each step | *linear*: $O(\log 1/\varepsilon)$ steps for an error $\varepsilon$ | all data, a bowl |
# | $O(1/k)$ | sublinear | SGD with $\eta_k \propto 1/k$, with enough curvature and a large enough constant |
# | $O(1/\sqrt k)$ | sublinear | SGD on convex functions in general |
#
# So with all the data the error falls exponentially, and with one example at a time like $1/k$. SGD is preferred all
# the same, since its steps cost a tiny share. **What about minibatches of $b$?** Their noise has a variance $b$ times
# smaller, and on our bowl with $\eta_k = 1/k$ the mean square after $k$ steps is $1/(bk)$.

# %% tags=["demo"]
many = torch.full((2000,), 3.0, dtype=torch.float64)
by_step, by_example = {}, {}
print("  b    after 500 steps    after 4096 examples    (mean squares · 10³)")
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained", sharey=True)
for number, b in enumerate((1, 4, 16, 64)):
    n_steps = max(500, 4096 // b)
    values = run(descend, noisy(8 + number, batch=b), many, state={}, n_steps=n_steps,
                 lr=lambda k: power_decay(k, lr=1.0)).square().mean(dim=1)
    print(f"{b:3d} {1e3 * values[500]:16.3f} {1e3 * values[4096 // b]:19.3f}")
    for ax, end, unit, label in ((left, 500, 1, "step"), (right, 4096 // b, b, "examples")):
        k = torch.logspace(0, math.log10(end), 60).round().long().unique()
        plot_curves({f"b = {b}": values[k]}, ax=ax, x=unit * k, xlabel=label, ylabel="mean square of x", log_x=True,
                    log_y=True, first_style=number)
plt.show()

# %% [markdown]
# Counted in steps, a batch of 64 is 64 times as exact. Counted in examples all four are level, and the small batch is
# on its way while the large one waits for its first step. In general, for convex smooth losses, the error after $k$
# steps is $O\bigl(1/\sqrt{bk} + 1/k\bigr)$ (Dekel et al. 2012). With $n = bk$ examples the first term is $1/\sqrt n$
# for every $b$: **at equal work the noise costs the same**, and what a large batch loses is only the second term, the
# small number of steps. Until $b$ is about $\sqrt n$ that is nothing, and the steps can be computed side by side.
#
# <details><summary>For readers of the lecture notes</summary>
# <p>One set of notes says that minibatches bring a "degradation of $\sqrt b$ in terms of computations". At equal
# numbers of examples the noise terms are equal, as the right panel shows; this is what we measured on a quadratic.</p>
# </details>

# %% [markdown]
# ### Does the order matter?
#
# A pass through the data in a fixed order is cheaper than shuffling. Here are thirty points and the line through them,
# fitted by SGD with one point at a time and a constant rate of 0.05, 100 epochs. The points are *sorted* by their
# residuals: first those far below the best line, at last those far above it. **Predict, then look**, in the cell below
# the next one.

# %% nbgrader={"locked": true, "grade_id": "sorted_points"}
generator = torch.Generator().manual_seed(9)
places = torch.randn(30, generator=generator, dtype=torch.float64)
rows = torch.stack([torch.ones_like(places), places], dim=1)
targets = 2 + 3 * places + torch.randn(30, generator=generator, dtype=torch.float64)
best_line = torch.linalg.lstsq(rows, targets[:, None]).solution[:, 0]
sorted_rows = (targets - rows @ best_line).argsort()
rows, targets = rows[sorted_rows], targets[sorted_rows]


def ends_of_sgd(how, *, lr, epochs=100, repeats=200):
    """Where `repeats` runs stand after each of the last ten epochs, as the distance from the best line."""
    generator = torch.Generator().manual_seed(10)
    theta, ends = torch.zeros(repeats, 2, dtype=torch.float64), []
    for epoch in range(epochs):
        if how == "sorted":
            order_ = torch.arange(30).expand(repeats, 30)
        elif how == "shuffled":
            order_ = torch.rand(repeats, 30, generator=generator).argsort(dim=1)
        else:
            order_ = torch.randint(30, (repeats, 30), generator=generator)
        for step, pick in enumerate(order_.T):
            residual = (rows[pick] * theta).sum(dim=1) - targets[pick]
            theta = theta - lr(30 * epoch + step) * residual[:, None] * rows[pick]
        ends.append(theta - best_line)
    return torch.stack(ends[-10:])


# %% [markdown]
# Write down before you run the cell behind this one:
#
# 1. With $\eta = 0.05$ throughout, how do the three orders rank by their distance from the best line at the end of an
#    epoch: sorted, shuffled anew for each epoch, drawn with replacement? Is the distance of the sorted order a tremble
#    around the right line, or a steady error?
# 2. Now the rate falls, $\eta_k = 0.05/(1 + 0.01k)$. What becomes of each?
# 3. Would a constant rate that is ten times smaller have done as well as the falling one?
#
# Then run it and add what you saw, and why. A wrong prediction with a good explanation afterwards gets full marks.

# %% [markdown] nbgrader={"grade": true, "solution": true, "grade_id": "reflection_learning_rates", "points": 3}
# ### BEGIN SOLUTION
# **1.** Sorted is worst (0.39), then drawn with replacement (0.22), then shuffled (0.11). The sorted order's distance
# is a steady error: its mean is as large as its root mean square. Every epoch ends with the points above the line, so
# the line is always caught on its way up. The other two tremble around the right line. Shuffling beats independent
# draws because an epoch uses every point once: what one step overstates, another of the same epoch takes back.
#
# **2.** All come closer, and the ranking changes: sorted 0.013, shuffled 0.001, drawn with replacement 0.041, now the
# worst. The rate has become about thirty times smaller. A steady error is in proportion to the rate and has shrunk by
# that factor; the noise of independent draws is in proportion to its root.
#
# **3.** No. It brings sorted to 0.040 and drawn with replacement to 0.067, ten and about $\sqrt{10}$ times less, as the
# two laws say, but there it stays however long it runs: a constant rate has a floor.
#
# *Rubric.* One point each for a ranking with a reason, for steady error or noise as a function of the rate, and for the
# floor of a constant rate.
# ### END SOLUTION

# %% tags=["demo"]
falls = {
    "constant 0.05": lambda k: 0.05,
    "falling": lambda k: power_decay(k, lr=0.05, rate=0.01),
    "constant 0.005": lambda k: 0.005,
}
print("distance from the best line at the end of an epoch: root mean square (of it steady: length of the mean)")
print("                  sorted             shuffled           with replacement")
for name, rule in falls.items():
    cells = []
    for how in ("sorted", "shuffled", "replacement"):
        ends = ends_of_sgd(how, lr=rule)
        rms = ends.square().sum(dim=2).mean().sqrt()
        steady = ends.mean(dim=(0, 1)).norm()
        cells.append(f"{rms:6.3f} ({steady:5.3f})")
    print(f"{name:16}" + "".join(f"{cell:>18} " for cell in cells))

# %% [markdown]
# ## Summary
#
# - A first rate: short runs at rates a factor of three apart, or one range test. The good ones lie right below those
#   that diverge.
# - A constant rate comes to rest at a mean square of $\eta\sigma^2/(\lambda(2-\eta\lambda))$, in proportion to $\eta$
#   for small rates, and never at the minimum.
# - $\sum\eta_k = \infty$ reaches everywhere, $\sum\eta_k^2 < \infty$ lets the noise die. $1/k$ does both, and no
#   order is better, if its constant is above $1/2\lambda$.
# - Linear, power, step: known before training. Plateau: the loss decides. One cycle and restarts: up as well as down.
#   Which of them matters less than that the last rates are small.
# - On a quadratic, the mean of a path at a constant rate is as exact as the best schedule.
# - All data: linear convergence. Minibatches of $b$: $1/\sqrt{bk} + 1/k$. Shuffle.
#
# **Next**: lesson 5 keeps the rate and gives descent a memory, which adds to the trembling as well as to the speed.
# Your schedules can come along: `steepest.trajectory.run` takes one in the place of any rate, and
# `steepest.race.scheduled` lets one into the race of lesson 6.
#
# ## Sources
#
# - H. Robbins, S. Monro, *A stochastic approximation method*, Annals of Mathematical Statistics 22(3), 1951.
# - D. Ruppert, *Efficient estimations from a slowly convergent Robbins–Monro process*, Cornell University, technical
#   report 781, 1988.
# - B. T. Polyak, A. B. Juditsky, *Acceleration of stochastic approximation by averaging*, SIAM Journal on Control and
#   Optimization 30(4), 1992.
# - Y. Bengio, *Practical recommendations for gradient-based training of deep architectures*, in Neural Networks: Tricks
#   of the Trade, 2012.
# - O. Dekel, R. Gilad-Bachrach, O. Shamir, L. Xiao, *Optimal distributed online prediction using mini-batches*, JMLR
#   13, 2012.
# - I. Goodfellow, Y. Bengio, A. Courville, *Deep Learning*, MIT Press, 2016, section 8.3.
# - L. N. Smith, *Cyclical learning rates for training neural networks*, WACV 2017 (the range test).
# - I. Loshchilov, F. Hutter, *SGDR: stochastic gradient descent with warm restarts*, ICLR 2017.
# - L. N. Smith, N. Topin, *Super-convergence: very fast training of neural networks using large learning rates*,
#   arXiv:1708.07120, 2018.
# - L. Bottou, F. E. Curtis, J. Nocedal, *Optimization methods for large-scale machine learning*, SIAM Review 60(2),
#   2018.
# - K. Mishchenko, A. Khaled, P. Richtárik, *Random reshuffling: simple analysis with vast improvements*, NeurIPS 2020.
