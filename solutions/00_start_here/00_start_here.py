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
# # 0 · Start here
#
# Training a network means walking downhill on a loss. This lesson takes the first steps, on the smallest problem
# that has everything in it: a line through thirty points. On the way it shows how these notebooks work, and what a
# wrong answer tells you.
#
# **After this lesson you can**
#
# 1. work with the notebooks of this course: run, check, read a hint, hand in;
# 2. say what the shape, the type, the device and the seed of a tensor decide;
# 3. say why the functions here are pure, and find the bug that is born when one is not;
# 4. write gradient descent and fit a line with it;
# 5. read a path in the plane of the parameters, and recognize a rate that is too large;
# 6. predict how far rounding lets you come.
#
# Three exercises, about 30 minutes, and as much to read and to try out. You need Python and the derivative of a
# square; no network yet.

# %% nbgrader={"locked": true, "grade_id": "setup"}
import matplotlib.pyplot as plt
import torch
from steepest import check
from steepest.landscapes import Landscape
from steepest.plots import plot_contours, plot_curves, plot_path

# %% [markdown]
# ## 1 · How these notebooks work
#
# Run a cell with Shift+Enter, from top to bottom. A cell sees everything that was run before it, in the order in
# which you ran it, also what you have deleted since. When something is odd, choose *Restart kernel and run all
# cells*. Do so before you hand in.
#
# | cell | what you do | what it is worth |
# |---|---|---|
# | text and demos | read, run, change and run again | nothing depends on them |
# | locked cells | run | what the exercises need; your changes are undone |
# | **answer cells** | replace `raise NotImplementedError` by your code | |
# | **test cells**, `check(...)` | run, read, repair, run again | the points of an exercise |
# | **reflections** | write a few sentences | read and marked by a person |
#
# `check` tries your function on a handful of public cases and says what is wrong first. You may run it as often as
# you like. The grade comes from other cases of the same kinds, so a function that does what the text asks passes both.
#
# Do not remove test cells, and keep each function's name: it is how the exercise finds it.

# %% [markdown]
# ## 2 · Tensors
#
# A tensor is a table of numbers with any number of axes. Four things decide how it behaves.

# %% tags=["demo"]
table = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
print("shape ", tuple(table.shape), " how many numbers along each axis")
print("dtype ", table.dtype, " what kind of numbers, and how many bits each")
print("device", table.device, " whose memory holds it, and who computes")
print("value ", table.tolist())

# %% [markdown]
# ### Shape
#
# Arithmetic works entry by entry. Where two shapes differ, axes of length 1 are stretched to fit, beginning from the
# last axis; this is **broadcasting**. It saves loops. It also turns a forgotten axis into a wrong answer instead of
# an error: below, three predictions minus three targets give *nine* numbers.

# %% tags=["demo"]
targets = torch.tensor([1.0, 2.0, 3.0])
predictions = torch.tensor([[1.0], [2.0], [3.0]])  # one column, not one axis
print("difference of shapes (3, 1) and (3,):")
print(predictions - targets)
print("its mean square:", (predictions - targets).square().mean().item(), " although every prediction is right")

# %% [markdown]
# When a number surprises you, print the shapes first.
#
# ### Type
#
# A `float32` keeps 24 binary digits, about 7 decimal ones; a `float64` keeps 53, about 16. Networks are trained in
# `float32` or less, because it is smaller and faster. What is finer than the last digit is lost:

# %% tags=["demo"]
for dtype in (torch.float64, torch.float32, torch.bfloat16):
    one, tiny = torch.tensor(1.0, dtype=dtype), torch.tensor(1e-8, dtype=dtype)
    lost = bool(one + tiny == one)
    print(f"{dtype!s:15}  next number after 1: 1 + {torch.finfo(dtype).eps:.1e}   1 + 1e-8 == 1: {lost}")

# %% [markdown]
# ### Device
#
# A tensor lives in the memory of one device, `"cpu"` or a graphics processor, `"cuda"`, and two tensors can only meet
# on the same one. Code that takes type and device from its arguments runs anywhere: `torch.zeros_like(x)` rather
# than `torch.zeros(3)`. The checks call your functions with both floating types and expect the type that they gave.

# %% tags=["demo"]
device = "cuda" if torch.cuda.is_available() else "cpu"
x_there = torch.ones(3, dtype=torch.float32, device=device)
print(torch.zeros_like(x_there) + 2 * x_there)
print("this notebook computes on", x_there.device)

# %% [markdown]
# ### Seed
#
# Random numbers come from a **generator**. Its seed decides all the numbers that it will ever give. Draw from a
# generator of your own, and an experiment can be repeated to the last digit. Draw from the global one, and
# every other line of code that draws changes what you get.

# %% tags=["demo"]
first, again, other = (torch.Generator().manual_seed(seed) for seed in (7, 7, 8))
print("seed 7:      ", torch.rand(3, generator=first).tolist())
print("seed 7 again:", torch.rand(3, generator=again).tolist())
print("going on:    ", torch.rand(3, generator=again).tolist())
print("seed 8:      ", torch.rand(3, generator=other).tolist())

# %% [markdown]
# Where an exercise needs random numbers, its function is handed a `generator`.
#
# ## 3 · One step downhill
#
# A loss $J(\theta)$ says how bad the parameters $\theta$ are. Its **gradient** $g = \nabla J(\theta)$ holds one
# derivative for each parameter. For a short step $s$,
#
# $$J(\theta + s) \approx J(\theta) + g^\top s .$$
#
# Among all steps of one length the right side is smallest where $s$ points opposite to $g$: that is *steepest*
# descent (Cauchy 1847). The **learning rate** $\eta$, `lr` in the code, says how far to go:
#
# $$\theta \leftarrow \theta - \eta\, g .$$
#
# The step has the length $\eta\|g\|$: long where the slope is steep, short where it is gentle, and zero at a minimum.

# %% [markdown]
# ### Exercise 1 · `gd_step`
#
# **Goal** · one step of gradient descent. **Difficulty** ● · **about 4 minutes**
#
# First make a mistake **on purpose**: return `theta + lr * grad`, run the answer cell, then the test cell, and read
# what `check` says. It shows
#
# - *the first thing that is wrong*: what your function gave, what was expected, and in which case;
# - where it knows one, *the mistake that your answers look like*, and where to look.
#
# Then mend it.

# %% nbgrader={"solution": true, "grade_id": "answer_gd_step"}
def gd_step(theta, grad, *, lr):
    """One step of gradient descent.

    theta : tensor of any shape, the point
    grad : tensor of the same shape, the gradient at theta
    lr : learning rate, a positive number
    returns the new point, a tensor of the same shape and type
    """
    ### BEGIN SOLUTION
    return theta - lr * grad
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "gd_step"}
check(gd_step)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(gd_step)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Every exercise has a hint like this one, folded away. Here: tensors are added and multiplied entry by entry, so
# the formula above can be written as it stands. No loop is needed.</p>
# </details>

# %% [markdown]
# The star in the signature means that `lr` is passed by name, `gd_step(theta, grad, lr=0.1)`. That is so for all
# hyperparameters of this course, and no one has to remember which of several numbers comes first.
#
# ### What else `check` can say
#
# Four more answers under the same name. Not one of them is called wrong for the numbers that it gives.

# %% tags=["demo"]
def other_answers():
    def gd_step(theta, grad, *, lr):
        theta -= lr * grad
        return theta

    yield "changes its argument", gd_step

    def gd_step(theta, grad, *, lr):
        return (theta - lr * grad).float()

    yield "answers in another type", gd_step

    def gd_step(theta, grad, *, lr):
        theta - lr * grad

    yield "forgets the return", gd_step

    def gd_step(theta, grad, *, lr):
        return theta - lr @ grad

    yield "raises an error", gd_step


for what, answer in other_answers():
    print(f"— one that {what}:")
    check(answer)

# %% [markdown]
# Some mistakes earn part of the points: a step that is right but overwrites the caller's tensor gets half. An answer
# that follows another *sound* convention gets all, and is told the name of what it does.
#
# ## 4 · Why functions are pure
#
# A function is **pure** if its result depends on its arguments alone and it changes nothing outside. `theta - step`
# makes a new tensor. `theta -= step` writes into the old one, and everybody who holds that tensor sees it change:

# %% tags=["demo"]
old = torch.tensor([10.0, 5.0])
kept = old  # another name, not another tensor
old -= 1
print("kept:", kept.tolist(), " changed through its other name")
old = old - 1
print("kept:", kept.tolist(), " left alone: `old` now names a new tensor")

# %% [markdown]
# Pure functions can be tried one by one, run in any order, and compared from the same start. `torch`'s own optimizers
# do write in place, to save memory, and that is sound where only one piece of code holds the weights.
#
# ### A bug to find
#
# `broken_path` should return every point that a descent visits, one row each, the start first. It is called on the
# bowl $J(\theta) = \tfrac12\|\theta\|^2$, whose gradient is $\theta$ itself. With $\eta = 0.5$ each step must halve the
# point.

# %% nbgrader={"locked": true, "grade_id": "broken_path"}
def broken_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0
    path = [theta]
    for _ in range(n_steps):
        theta -= lr * grad_fn(theta)
        path.append(theta)
    return torch.stack(path)


# %% tags=["demo"]
bowl_start = torch.tensor([8.0, 4.0])
for attempt in ("first run", "second run"):
    print(attempt, broken_path(lambda theta: theta, bowl_start, lr=0.5, n_steps=3).tolist())
print("start     ", bowl_start.tolist())

# %% [markdown]
# ### Exercise 2 · `descent_path`
#
# **Goal** · find what is wrong with `broken_path`, and write it so that it is right. **Difficulty** ●● · **about 8
# minutes**
#
# Say in a word or two, before you touch it, why all rows are alike *and* why the second run differs from the first.
# One line causes both. Then copy the body into the answer cell and repair it. (Unrepaired, it is worth a `check`
# too.)

# %% nbgrader={"solution": true, "grade_id": "answer_descent_path"}
def descent_path(grad_fn, theta0, *, lr, n_steps):
    """Every point that gradient descent visits.

    grad_fn : maps a point to the gradient there
    theta0 : tensor of shape (d,), the start
    lr, n_steps : learning rate, and number of steps, 0 or more
    returns a tensor of shape (n_steps + 1, d): the start, then the point after each step
    """
    ### BEGIN SOLUTION
    theta = theta0
    path = [theta]
    for _ in range(n_steps):
        theta = theta - lr * grad_fn(theta)
        path.append(theta)
    return torch.stack(path)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "descent_path"}
check(descent_path)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(descent_path)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>How many tensors are there, and how many names for them? Print <code>[id(point) for point in path]</code> before
# the last line: equal numbers are one and the same tensor. Your own <code>gd_step</code> would not have caused
# this.</p>
# </details>

# %% [markdown]
# ## 5 · A line through thirty points
#
# Thirty points scatter about a known line, $y = 3x + 2 + u$ with $u$ uniform between $-0.1$ and $0.1$. The $x$ are
# uniform between $-2$ and $2$.

# %% nbgrader={"locked": true, "grade_id": "points"}
generator = torch.Generator().manual_seed(0)
x = 4 * torch.rand(30, generator=generator, dtype=torch.float64) - 2
y = 3 * x + 2 + 0.2 * torch.rand(30, generator=generator, dtype=torch.float64) - 0.1
theta_start = torch.tensor([10.0, 5.0], dtype=torch.float64)

# %% [markdown]
# The model is $\theta_0 + \theta_1 x$: an **intercept** and a **slope**. With the residuals $r_i = \theta_0 +
# \theta_1 x_i - y_i$ the loss is the mean of their squares,
#
# $$J(\theta) = \frac1n \sum_{i=1}^n r_i^2 .$$
#
# The chain rule gives its two derivatives. A residual grows by 1 with $\theta_0$ and by $x_i$ with $\theta_1$, and
# the square brings down a 2:
#
# $$\frac{\partial J}{\partial\theta_0} = \frac2n \sum_i r_i , \qquad
# \frac{\partial J}{\partial\theta_1} = \frac2n \sum_i r_i\, x_i .$$
#
# Some texts put a ½ before the loss to be rid of the 2. The minimum is the same, but every rate then means half as
# much. Here there is no ½.

# %% [markdown]
# ### Exercise 3 · `fit_line`
#
# **Goal** · fit a line by gradient descent. **Difficulty** ●● · **about 12 minutes**
#
# Every step uses all points, and both parameters move at once. Return the point that the last step reaches.

# %% nbgrader={"solution": true, "grade_id": "answer_fit_line"}
def fit_line(x, y, theta0, *, lr, n_steps):
    """Descend the mean squared error of the line θ₀ + θ₁x.

    x, y : tensors of shape (n,), the points
    theta0 : tensor of shape (2,), where to start: intercept, then slope
    lr, n_steps : learning rate, and number of steps, 0 or more
    returns a tensor of shape (2,): the parameters after the last step
    """
    ### BEGIN SOLUTION
    theta = theta0
    for _ in range(n_steps):
        residual = theta[0] + theta[1] * x - y
        grad = 2 * torch.stack([residual.mean(), (residual * x).mean()])
        theta = gd_step(theta, grad, lr=lr)
    return theta
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "fit_line"}
check(fit_line)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(fit_line)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Inside the loop: the residuals of all points in one line, then the two derivatives with <code>.mean()</code>, then
# <code>torch.stack</code> to make one tensor of them, then your <code>gd_step</code>. Before the loop, only
# <code>theta = theta0</code>.</p>
# </details>

# %% [markdown]
# Your function at work, from the intercept 10 and the slope 5:

# %% tags=["demo"]
def line_loss(theta):
    """Mean squared error of each point of the plane: shape (..., 2) to (...)."""
    residuals = theta[..., :1] + theta[..., 1:] * x - y
    return residuals.square().mean(dim=-1)


counts = [0, 20, 60, 150, 1000]
fits = {count: fit_line(x, y, theta_start, lr=0.005, n_steps=count) for count in counts}
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.plot(x, y, "o", color="0.2", markersize=4, label="the thirty points")
ends = torch.tensor([-2.1, 2.1], dtype=torch.float64)
lines = {f"after {count} steps": theta[0] + theta[1] * ends for count, theta in fits.items()}
plot_curves(lines, ax=ax, x=ends, xlabel="x", ylabel="y")
ax.legend(loc="upper left")
plt.show()
for count, theta in fits.items():
    print(f"{count:5d} steps: θ = ({theta[0]:.4f}, {theta[1]:.4f}), loss {line_loss(theta):.6f}")

# %% [markdown]
# The loss does not end at zero. A third of $0.1^2$, about 0.0033, is the variance of $u$: no line can know the noise.
# Nor does $\theta$ end at exactly $(2, 3)$: the thirty points have a best line of their own.
#
# ## 6 · The path in the plane of the parameters
#
# ### Predict, then look
#
# The loss of a line is a bowl over the plane of $\theta_0$ and $\theta_1$. For our points its curvatures are 1.70 and
# 2.00, almost the same in every direction. In a direction of curvature $\lambda$ one step multiplies the distance to
# the minimum by $1 - \eta\lambda$. The start $(10, 5)$ lies about 8 away from the minimum. **Before you run the
# next two demos**, write down what you expect:
#
# 1. How do the paths for $\eta = 0.05$ and for $\eta = 0.9$ look over the level lines of the loss?
# 2. What happens at $\eta = 1.02$, and which rate is the border?
# 3. Now the whole run is made in `float32`. It comes to a halt at some distance from the minimum. At which rate does
#    it come closer, at $\eta = 0.005$ or at $\eta = 0.3$, and why?
#
# Then run the demos and add what you saw. A wrong prediction with a good explanation afterwards gets full marks.

# %% [markdown] nbgrader={"grade": true, "solution": true, "grade_id": "reflection_start_here", "points": 3}
# ### BEGIN SOLUTION
# **1.** With η = 0.05 the factors are 1 − 0.05 · 2.00 = 0.90 and 1 − 0.05 · 1.70 = 0.915: positive and almost
# alike, so the path is almost a straight line to the minimum, with ever shorter steps. With η = 0.9 they are −0.80
# and −0.53: each step jumps over the minimum to the other side, and the jumps shrink. The slope settles sooner than
# the intercept.
#
# **2.** The factor of the steepest direction is 1 − 1.02 · 2.00 = −1.04. Every jump is 4 % longer than the last: the
# loss falls at first, while the slope settles, then grows without end. The border is where the factor is −1, at
# η = 2/λ = 1.00 for the largest curvature.
#
# **3.** At η = 0.3. A step is lost in rounding when it is shorter than half the gap between neighbouring numbers,
# about 10⁻⁷ at θ ≈ 2 or 3. The step is ηλ times the distance, so descent halts at a distance of about
# 10⁻⁷/(ηλ): near 2 · 10⁻⁵ at η = 0.005 and 2.5 · 10⁻⁷ at η = 0.3. A small rate is not the more exact one here.
# ### END SOLUTION

# %% [markdown]
# ### Three rates
#
# `descent_path`, the function that you have mended, runs over the gradient of the loss, which `torch` computes.

# %% tags=["demo"]
ones_and_x = torch.stack([torch.ones_like(x), x], dim=1)
best = torch.linalg.lstsq(ones_and_x, y).solution
curvatures = torch.linalg.eigvalsh(2 * ones_and_x.T @ ones_and_x / len(x))
bowl = Landscape("mean squared error of a line", line_loss, (tuple(best.tolist()),), ((-6.0, 11.0), (0.0, 6.5)))
paths = {
    f"η = {lr}": descent_path(bowl.gradient, theta_start, lr=lr, n_steps=40) for lr in (0.05, 0.9, 1.02)
}
fig, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4), layout="constrained", width_ratios=(1.3, 1))
plot_contours(bowl, ax=left)
for number, (label, path) in enumerate(paths.items()):
    plot_path(path, ax=left, label=label, number=number)
left.set(xlabel=r"intercept $\theta_0$", ylabel=r"slope $\theta_1$")
left.legend(loc="lower right", ncols=2)
losses = {label: line_loss(path) - line_loss(best) for label, path in paths.items()}
plot_curves(losses, ax=right, xlabel="step", ylabel="loss above the minimum", log_y=True)
plt.show()
print("curvatures:", [round(value, 3) for value in curvatures.tolist()], f" border: {2 / curvatures[-1]:.3f}")

# %% [markdown]
# Too large a rate shows itself by a loss that swings or grows; one that is much too small, by a loss that hardly
# moves. In between, a larger rate saves steps: LeCun et al. (1998) look for the best one between $1/\lambda$ and
# $2/\lambda$. Lesson 3 says what happens when curvatures are *not* alike.

# %% [markdown]
# ### `float32` against `float64`
#
# The same descent in both types. Only the type of its arguments differs; the distance to the best line is worked out
# in `float64`.

# %% tags=["demo"]
def line_gradient_in(dtype):
    rows, values = ones_and_x.to(dtype), y.to(dtype)
    return lambda theta: 2 * rows.T @ (rows @ theta - values) / len(values)


distances = {}
for dtype in (torch.float64, torch.float32):
    for lr in (0.005, 0.3):
        path = descent_path(line_gradient_in(dtype), theta_start.to(dtype), lr=lr, n_steps=3000)
        distances[f"{str(dtype).removeprefix('torch.')}, η = {lr}"] = (path.double() - best).norm(dim=1)
fig, ax = plt.subplots(figsize=(7.5, 3.8), layout="constrained")
plot_curves(distances, ax=ax, xlabel="step", ylabel="distance to the best line", log_y=True)
ax.set_xscale("symlog", linthresh=10)
ax.set_xlim(0, 3000)
plt.show()
for label, distance in distances.items():
    print(f"{label:20s} ends at a distance of {distance[-1]:.1e}")

# %% [markdown]
# In `float32` a step that is shorter than the gap between two neighbouring numbers is rounded away. The step is
# $\eta$ times the gradient, so the small rate halts first, farther from the minimum. For a line that makes no
# difference in practice: the noise in the points shifts the best line by 0.01, and rounding by a thousand times less.
#
# ## 7 · Beside the lecture notes
#
# The notes behind this course fit the same line: $N = 30$, $\theta_0 = (10, 5)$, $\eta = 0.005$, 1000 iterations. They
# print where plain descent ends, and where two methods end that lesson 5 teaches: **momentum** with $\beta = 0.6$
# and **Nesterov's** method with $\beta = 0.8$. Here `torch.optim.SGD` plays those two. (It shows Nesterov's point one
# look-ahead further on, which makes no difference once the velocity is nearly zero.)
#
# The notes give neither the range of $x$ nor the number of points in a step, and call plain descent *SGD*. So each
# method runs twice: with all 30 points a step, and with one random point a step. Beside the result on our thirty
# points stand the mean and the standard deviation over 300 draws of thirty points.

# %% tags=["demo"]
METHODS = {"SGD": (0.0, False), "momentum, β = 0.6": (0.6, False), "Nesterov, β = 0.8": (0.8, True)}
NOTES = torch.tensor([[1.9882, 2.9975], [1.9837, 2.9933], [1.9738, 2.9914]], dtype=torch.float64)


def draw(low, high, repeats, random):
    """`repeats` sets of thirty points: rows (1, x) of shape (repeats, 30, 2), and y of shape (repeats, 30)."""
    x = low + (high - low) * torch.rand(repeats, 30, generator=random, dtype=torch.float64)
    noise = 0.2 * torch.rand(repeats, 30, generator=random, dtype=torch.float64) - 0.1
    return torch.stack([torch.ones_like(x), x], dim=-1), 3 * x + 2 + noise


def end_points(rows, y, beta, nesterov, random, *, single):
    """Where 1000 steps lead on every set of points, with all points a step or with a `single` random one."""
    sets = torch.arange(len(y))
    theta = torch.nn.Parameter(theta_start.expand(len(y), 2).clone())
    optimizer = torch.optim.SGD([theta], lr=0.005, momentum=beta, nesterov=nesterov)
    hessian, pull = 2 * rows.mT @ rows / 30, 2 * (rows.mT @ y[..., None])[..., 0] / 30
    for _ in range(1000):
        at = theta.detach()
        if single:
            pick = sets, torch.randint(30, (len(y),), generator=random)
            theta.grad = 2 * ((rows[pick] * at).sum(dim=-1) - y[pick])[:, None] * rows[pick]
        else:
            theta.grad = (hessian @ at[..., None])[..., 0] - pull
        optimizer.step()
    return theta.detach()


def experiment(low, high, *, single, repeats=300, ours=None):
    """Ends of the three methods on the same sets of points, of shape (3, repeats, 2)."""
    random = torch.Generator().manual_seed(11)
    rows, targets = draw(low, high, repeats, random) if ours is None else ours
    return torch.stack([end_points(rows, targets, *method, random, single=single) for method in METHODS.values()])


our_points = ones_and_x[None], y[None]
print("method             points   on our thirty points   mean ± deviation over 300 draws          in the notes")
for single in (False, True):
    ours = experiment(-2, 2, single=single, ours=our_points)[:, 0]
    many = experiment(-2, 2, single=single)
    for name, end, ends, notes in zip(METHODS, ours, many, NOTES, strict=True):
        (a, b), (sa, sb) = ends.mean(dim=0).tolist(), ends.std(dim=0).tolist()
        print(f"{name:17s}  {'one' if single else 'all'}      ({end[0]:.4f}, {end[1]:.4f})       "
              f"({a:.4f} ± {sa:.4f}, {b:.4f} ± {sb:.4f})     ({notes[0]:.4f}, {notes[1]:.4f})")
own = fit_line(x, y, theta_start, lr=0.005, n_steps=1000)
print(f"\nyour fit_line, all points: ({own[0]:.4f}, {own[1]:.4f})   best line: ({best[0]:.4f}, {best[1]:.4f})")

# %% [markdown]
# Ours differ from the notes in the second digit after the point, and they must: other points have another best line,
# which strays from $(2, 3)$ by about 0.01 from draw to draw. But the notes' three rows also differ from *each other*,
# and that is a clue. **With all points a step**, momentum and Nesterov end at the same best line, to four digits. The
# notes' ends lie 0.0099 apart in the intercept. So either each method got new points, or the gradients were noisy.
#
# ### Which range of $x$?
#
# Here are several ranges, three methods on the same points, and two numbers for each: how many standard deviations
# the notes' six figures lie from our mean (root mean square; about 1 if the setting is right), and how far
# momentum and Nesterov end from each other in the intercept.

# %% tags=["demo"]
print("                    all points a step           one point a step")
print("range of x        deviations   apart          deviations   apart")
for low, high in ((0, 1), (-1, 1), (-2, 2), (-3, 3), (-5, 5), (-10, 10), (0, 5), (0, 10)):
    cells = []
    for single in (False, True):
        ends = experiment(low, high, single=single)
        away = ((NOTES - ends.mean(dim=1)) / ends.std(dim=1)).square().mean().sqrt()
        apart = (ends[1] - ends[2])[:, 0].square().mean().sqrt()
        cells.append(f"{away:9.2f} {apart:11.4f}")
    print(f"U({low}, {high})".ljust(16), "      ".join(cells))
print("the notes".ljust(16), "      ".join([f"{'':9s} {NOTES[1, 0] - NOTES[2, 0]:11.4f}"] * 2))

# %% [markdown]
# ## Summary
#
# - A notebook is run from top to bottom; `check` names what is wrong first, and the mistake that it looks like.
# - A tensor has a shape, a type and a device, and random numbers have a seed. Take the first three from the arguments
#   and the numbers from a generator that is handed to you.
# - Pure functions make new tensors. `-=` changes one that others may hold.
# - $\theta \leftarrow \theta - \eta g$. In a direction of curvature $\lambda$ the distance to the minimum is
#   multiplied by $1-\eta\lambda$ at each step; beyond $\eta = 2/\lambda$ it grows.
# - In `float32` descent halts where a step is shorter than the gap between numbers: sooner with a small rate.
#
# **Next**: why the loss that we descend is not the one that we care about. Lesson 1.
#
# ## Sources
#
# - A. Cauchy, *Méthode générale pour la résolution des systèmes d'équations simultanées*, Comptes rendus de
#   l'Académie des sciences 25, 1847.
# - Y. LeCun, L. Bottou, G. B. Orr, K.-R. Müller, *Efficient BackProp*, in Neural Networks: Tricks of the Trade,
#   Springer, 1998.
# - D. Goldberg, *What every computer scientist should know about floating-point arithmetic*, ACM Computing Surveys
#   23(1), 1991.
# - A. Paszke et al., *PyTorch: an imperative style, high-performance deep learning library*, NeurIPS 2019.
