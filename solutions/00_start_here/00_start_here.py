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
from steepest.callables import least_squares_gradient
from steepest.demos.start_here import line_demo
from steepest.landscapes import Landscape
from steepest.plots import line_style, plot_contours, plot_curves, plot_path

torch.set_num_threads(1)  # with tensors this small, threads cost more than they gain

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
# | locked cells | run | the exercises need them; what you change is undone |
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

    theta : tensor of any shape, also one without axes: the point
    grad : tensor of the same shape, the gradient at theta
    lr : learning rate, a positive number
    returns the new point, a new tensor of the same shape and type
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
# Four more answers under the same name. The idea is right in each of them.

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
# A function that makes all its tensors from its arguments needs no change for other types and devices. Yours:

# %% tags=["demo"]
for place in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
    for dtype in (torch.float64, torch.float32, torch.bfloat16):
        point = torch.tensor([10.0, 5.0], dtype=dtype, device=place)
        moved = gd_step(point, point / 3, lr=0.1)
        print(f"{moved.device!s:7} {moved.dtype!s:15} {moved.tolist()}")

# %% [markdown]
# ## 4 · Why functions are pure
#
# A function is **pure** if its result depends on its arguments alone and it changes nothing outside. All exercises
# of this course ask for pure functions. Why that matters shows best where one is not.
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
# **Goal** · find what is wrong with `broken_path`, and write it so that it is right. **Difficulty** ●● ·
# **about 8 minutes**
#
# Say in a word or two, before you touch it, why all rows are alike *and* why the second run differs from the first.
# One line causes both. Then copy the body into the answer cell, run `check` on it unrepaired, and repair it.

# %% nbgrader={"solution": true, "grade_id": "answer_descent_path"}
def descent_path(grad_fn, theta0, *, lr, n_steps):
    """Every point that gradient descent visits.

    grad_fn : maps a point to the gradient there
    theta0 : tensor of shape (d,), the start
    lr, n_steps : learning rate, and number of steps, 0 or more
    returns a tensor of shape (n_steps + 1, d): the start, then the point after each step; one row for no steps
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
# ### What happened
#
# An assignment gives a tensor a name; it does not copy it. `a - b` makes a new tensor. `a -= b` writes into the old
# one, and whoever holds that tensor under another name sees it change:

# %% tags=["demo"]
point = torch.tensor([10.0, 5.0])
kept = point  # another name, not another tensor
point -= 1
print("kept:", kept.tolist(), " changed through its other name")
point = point - 1
print("kept:", kept.tolist(), " left alone: `point` now names a new tensor")

# %% [markdown]
# Pure functions can be tried one by one, run in any order, and compared from the same start. `torch`'s own optimizers
# do write in place, to save memory. That is sound where one piece of code alone holds the weights.

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
# Every step uses all points, and both parameters move at once. Return the point that the last step reaches, and
# nothing else; where there are no steps, that is `theta0` itself or a copy of it. You may call your `gd_step`.
#
# How you come by the gradient is up to you. The two formulas as they stand, `torch`'s automatic differentiation, and
# its layers and optimizers are all accepted. Whichever you take, keep the type: `torch.tensor([a, b])` of two Python
# numbers is a `float32`, and digits of a `float64` are lost on the way. `torch.stack` keeps them.

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
        theta = theta - lr * grad
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
# **2.** The factor of the steepest direction, which is almost that of the intercept, is 1 − 1.02 · 2.00 = −1.04. Every
# jump is 4 % longer than the last, and the loss grows without end, although the slope settles: its factor is −0.74.
# The border is where the larger factor is −1, at η = 2/λ = 1.00 for the largest curvature.
#
# **3.** At η = 0.3. A step is lost in rounding when it is shorter than half the gap between neighbouring numbers,
# 1.2 · 10⁻⁷ between 2 and 4. The step is ηλ times the distance, so each parameter halts at a distance of about
# 1.2 · 10⁻⁷/(ηλ): some 10⁻⁵ at η = 0.005 and some 2 · 10⁻⁷ at η = 0.3. A small rate is not the more exact one here.
#
# *Rubric.* A point for each. 1: for both rates, what the two factors do to the path (half without the factors). 2: the
# factor of the steepest direction is below −1, while the slope settles (half for "the steps are too long"). 3: the
# larger rate, with the reason that a short step is lost in rounding.
# ### END SOLUTION

# %% [markdown]
# ### Three rates
#
# `descent_path`, the function that you have mended, runs over the gradient of the loss, which `torch` computes.

# %% tags=["demo"]
ones_and_x = torch.stack([torch.ones_like(x), x], dim=1)
best = torch.linalg.lstsq(ones_and_x, y).solution
curvatures = torch.linalg.eigvalsh(2 * ones_and_x.T @ ones_and_x / len(x))
bowl = Landscape("mean squared error", line_loss, (tuple(best.tolist()),), ((-9.0, 13.0), (-5.0, 11.0)))
paths = {lr: descent_path(bowl.gradient, theta_start, lr=lr, n_steps=40) for lr in (0.05, 0.9, 1.02)}
fig, axes = plt.subplots(2, 2, figsize=(9.5, 7), layout="constrained")
for number, (ax, (lr, path)) in enumerate(zip(axes.flat, paths.items(), strict=False)):
    shown = path if lr < 0.5 else path[:9]
    plot_contours(bowl, ax=ax, levels=14)
    plot_path(shown, ax=ax, number=number)
    ax.set(xlabel=r"intercept $\theta_0$", ylabel=r"slope $\theta_1$", aspect="equal", xticks=range(-8, 13, 4))
    ax.set_title(f"η = {lr}, the first {len(shown) - 1} steps")
losses = {f"η = {lr}": line_loss(path) - line_loss(best) for lr, path in paths.items()}
plot_curves(losses, ax=axes[1, 1], xlabel="step", ylabel="loss above the minimum", log_y=True)
plt.show()
print("curvatures:", [round(value, 3) for value in curvatures.tolist()], f" border: {2 / curvatures[-1]:.3f}")

# %% [markdown]
# Too large a rate shows itself by a loss that swings or grows; one that is much too small, by a loss that hardly
# moves. In between, a larger rate saves steps. With a single curvature, $\eta = 1/\lambda$ arrives in one step, and
# from $2/\lambda$ on nothing converges (LeCun et al. 1998). Lesson 3 says what happens when there are several
# curvatures and they are *not* alike.

# %% [markdown]
# ### Demo: the rate in your hand
#
# *Your* `fit_line` moves the line; *your* `gd_step` moves the point that stands for it in the plane. Play the steps at
# $\eta = 0.9$ and see how a jump over the minimum looks on the left. **Before you move the rate**, work out which one
# arrives soonest. In the two directions of curvature 1.70 and 2.00 each step multiplies the distance by
# $1 - 1.70\,\eta$ and by $1 - 2.00\,\eta$, and the farther of the two is the one to wait for.
#
# **Goal:** come within 0.01 of the best line in 3 steps.

# %% tags=["demo"]
line_demo(gd_step, fit_line, x, y)

# %% [markdown]
# Neither direction has to wait for the other where $1 - 1.70\,\eta = -(1 - 2.00\,\eta)$: at $\eta = 2/(1.70 + 2.00) =
# 0.54$, and both factors are then 0.08. The black line hardly swings there. Towards $\eta = 1.00$ the swings last ever
# longer, and beyond it they grow.

# %% [markdown]
# ### `float32` against `float64`
#
# The same descent in both types. Only the type of its arguments differs; the distance to the best line is worked out
# in `float64`.

# %% tags=["demo"]
def gradient_in(dtype):
    gradient, rows, values = least_squares_gradient(), ones_and_x.to(dtype), y.to(dtype)
    return lambda theta: gradient(theta, rows, values)


steps = torch.logspace(0, 3.477, 90).long().unique()  # 1 to 2999, evenly spaced on a logarithmic axis
distances = {}
for dtype in (torch.float64, torch.float32):
    for lr in (0.005, 0.3):
        path = descent_path(gradient_in(dtype), theta_start.to(dtype), lr=lr, n_steps=3000)
        distances[f"{str(dtype).removeprefix('torch.')}, η = {lr}"] = (path.double() - best).norm(dim=1)
fig, ax = plt.subplots(figsize=(7.5, 3.8), layout="constrained")
curves = {label: distance[steps].clamp(min=1e-16) for label, distance in distances.items()}
plot_curves(curves, ax=ax, x=steps, xlabel="step", ylabel="distance to the best line", log_x=True, log_y=True)
plt.show()
for label, distance in distances.items():
    print(f"{label:20s} after 3000 steps at a distance of {distance[-1]:.1e}")

# %% [markdown]
# In `float32` a step that is shorter than the gap between two neighbouring numbers is rounded away. The step is
# $\eta$ times the gradient, so the small rate halts first, farther from the minimum. For a line that makes no
# difference in practice: the noise in the points shifts the best line by 0.01, and rounding by a few hundred times
# less.
#
# ## 7 · Beside the lecture notes
#
# The notes behind this course fit the same line: $N = 30$, $\theta_0 = (10, 5)$, $\eta = 0.005$, 1000 iterations. They
# print where plain descent ends, and where two methods end that lesson 5 teaches: **momentum** with $\beta = 0.6$
# and **Nesterov's** method with $\beta = 0.8$. Here `torch.optim.SGD` plays those two. (It shows Nesterov's point one
# look-ahead further on. That makes no difference where the velocity ends near zero, and is part of the noise where it
# does not.)
#
# The notes give neither the range of $x$ nor the number of points in a step, and call plain descent *SGD*. So each
# method runs twice: with all 30 points a step, and with one random point a step. All this is done on our thirty
# points, and on 150 new draws of thirty points from each of eight ranges of $x$.

# %% tags=["demo"]
METHODS = {"SGD": (0.0, False), "momentum, β = 0.6": (0.6, False), "Nesterov, β = 0.8": (0.8, True)}
NOTES = torch.tensor([[1.9882, 2.9975], [1.9837, 2.9933], [1.9738, 2.9914]], dtype=torch.float64)
RANGES = [(-2, 2), (-1, 1), (-3, 3), (-5, 5), (-10, 10), (0, 1), (0, 5), (0, 10)]
DRAWS = 150

random = torch.Generator().manual_seed(11)
sets_x, sets_y = [x[None]], [y[None]]  # the first set is ours
for low, high in RANGES:
    sets_x.append(low + (high - low) * torch.rand(DRAWS, 30, generator=random, dtype=torch.float64))
    noise = 0.2 * torch.rand(DRAWS, 30, generator=random, dtype=torch.float64) - 0.1
    sets_y.append(3 * sets_x[-1] + 2 + noise)
all_x, all_y = torch.cat(sets_x), torch.cat(sets_y)


def end_points(beta, nesterov, *, single):
    """Where 1000 steps lead on every set of points, with all its points a step or a `single` random one."""
    theta = torch.nn.Parameter(theta_start.repeat(len(all_y), 1))
    optimizer = torch.optim.SGD([theta], lr=0.005, momentum=beta, nesterov=nesterov)
    x_now, y_now = all_x, all_y
    for _ in range(1000):
        if single:
            pick = torch.randint(30, (len(all_y), 1), generator=random)
            x_now, y_now = all_x.gather(1, pick), all_y.gather(1, pick)
        optimizer.zero_grad()
        (theta[:, :1] + theta[:, 1:] * x_now - y_now).square().mean(dim=1).sum().backward()
        optimizer.step()
    return theta.detach()


ends = {
    how: torch.stack([end_points(*method, single=how == "one") for method in METHODS.values()])
    for how in ("all", "one")
}
ours = {how: points[:, 0] for how, points in ends.items()}
drawn = {
    how: dict(zip(RANGES, points[:, 1:].split(DRAWS, dim=1), strict=True)) for how, points in ends.items()
}

# %% [markdown]
# ### The three rows
#
# With $x$ from $U(-2, 2)$: the result on our thirty points, the mean and the standard deviation over the draws, and
# what the notes print.

# %% tags=["demo"]
print("points                    on our            over 150 draws:                       in the")
print("a step  method            thirty            mean ± deviation                      notes")
for how in ("all", "one"):
    for number, name in enumerate(METHODS):
        many = drawn[how][-2, 2][number]
        (a, b), (sa, sb) = many.mean(dim=0).tolist(), many.std(dim=0).tolist()
        here, notes = ours[how][number], NOTES[number]
        print(f"{how:6s}  {name:17s} ({here[0]:.4f}, {here[1]:.4f})  "
              f"({a:.4f} ± {sa:.4f}, {b:.4f} ± {sb:.4f})  ({notes[0]:.4f}, {notes[1]:.4f})")
own = fit_line(x, y, theta_start, lr=0.005, n_steps=1000)
print(f"\nyour fit_line on our thirty: ({own[0]:.4f}, {own[1]:.4f})   best line: ({best[0]:.4f}, {best[1]:.4f})")

# %% tags=["demo"]
fig, axes = plt.subplots(1, 3, figsize=(10, 3.9), layout="constrained", sharex=True, sharey=True)
for number, (ax, name) in enumerate(zip(axes, METHODS, strict=True)):
    for how, style in (("one", line_style(2)), ("all", line_style(0))):
        many = drawn[how][-2, 2][number]
        ax.plot(many[:, 0], many[:, 1], style["marker"], color=style["color"], fillstyle="none", markersize=3.5,
                alpha=0.6, label=f"{how} point{'s' * (how == 'all')} a step")
    ax.plot(2, 3, "+", color="black", markersize=14, markeredgewidth=2, label="the true line")
    ax.plot(*NOTES[number], "*", color="#d95f02", markeredgecolor="black", markersize=15, label="the notes")
    ax.set(title=name, xlabel=r"intercept $\theta_0$")
axes[0].set_ylabel(r"slope $\theta_1$")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
plt.show()

# %% [markdown]
# Our figures and the notes' agree with $(2, 3)$ and differ from each other in the second digit after the point. They
# must: other points have another best line, which strays from $(2, 3)$ by about 0.01 from draw to draw.
#
# But the notes' three rows also differ among themselves, and that is a clue. **With all points a step**, momentum and
# Nesterov end at the same best line, to four digits. The notes' ends lie 0.0099 apart in the intercept. So
# either the gradients were noisy, or each method got points of its own.
#
# ### Which range of $x$?
#
# Two numbers for each range: how many standard deviations the notes' six figures lie from our means (root mean square;
# about 1 if the setting is right), and how far momentum and Nesterov end from each other in the intercept on the
# *same* points.

# %% tags=["demo"]
print("               all points a step       one point a step")
print("range of x     deviations   apart      deviations   apart")
for limits in sorted(RANGES, key=lambda limits: (limits[0] == 0, limits[1])):
    row = f"U{limits}".ljust(14)
    for how in ("all", "one"):
        many = drawn[how][limits]
        away = ((NOTES - many.mean(dim=1)) / many.std(dim=1)).square().mean().sqrt()
        apart = (many[1] - many[2])[:, 0].square().mean().sqrt()
        row += f"{away:11.2f} {apart:7.4f}    "
    print(row)
print("the notes".ljust(14) + f"{'':11s} {NOTES[1, 0] - NOTES[2, 0]:7.4f}    " * 2)

# %% [markdown]
# What this tells, and what it does not:
#
# - $U(0, 1)$ is out, and the other ranges that begin at zero are unlikely. There intercept and slope can make up for
#   each other, one curvature is small, and after 1000 steps plain descent is still far away; the notes' is not.
# - A ½ before the loss is unlikely too: it halves the rate, and the intercept, 8 away at the start, would still be
#   some $8 \cdot 0.995^{1000} = 0.05$ away.
# - **One random point a step, on a range that is symmetric about zero**, reproduces the notes best, in both numbers. It
#   is also what the name SGD says. Which range it was cannot be told: all from $\pm1$ to $\pm10$ do equally well.
# - With all points a step and new points for each method, ranges from $\pm1$ to $\pm3$ are possible too. The same
#   points and all of them a step are not.
#
# So we reproduce the result, within what chance allows, and not its digits: for those one would need the notes'
# thirty points.

# %% [markdown]
# ## 8 · Where you stand
#
# `check` remembers what it said, in the file `progress.json` beside the notebook. It survives a restart of the kernel
# and travels with the folder. `progress()` shows all lessons at once, from any of their notebooks.

# %% tags=["demo"]
from steepest import progress

progress()

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
