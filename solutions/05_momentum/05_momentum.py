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
# # 5 · Momentum
#
# Plain gradient descent forgets everything at every step. In a narrow valley that is costly: it bounces from wall
# to wall and creeps along the floor, although each gradient tells it the same two things again. This lesson lets
# the method remember.
#
# **After this lesson you can**
#
# 1. smooth a noisy series with an exponentially weighted average, and repair its start;
# 2. write Polyak's momentum in any of its three common forms, and turn the rate of one into that of another;
# 3. write Nesterov's method, and say what the look-ahead changes;
# 4. predict from a curvature, a rate and a $\beta$ how fast the error shrinks, and choose the best constants;
# 5. name the cases in which momentum does not help.
#
# Seven exercises, about 70 minutes, and as much to read and to try out. You need gradients, the condition
# number and the quadratic bowl of lesson 3, and the noise floor of a constant rate from lesson 4.
#
# **For all exercises**: no function changes its arguments, and each call depends on its arguments alone; nothing is
# kept in a global variable. Tensors hold floating point numbers, and what you return has their type and stays a
# torch tensor.

# %% nbgrader={"locked": true, "grade_id": "setup"}
import math

import matplotlib.pyplot as plt
import torch
from steepest import check
from steepest.demos.momentum import average_demo, convergence_map_demo, momentum_demo
from steepest.landscapes import quadratic
from steepest.plots import plot_contours, plot_curves, plot_map, plot_path
from steepest.trajectory import init_state, run, steps_to_reach

# %% [markdown]
# ## 1 · A memory that fades
#
# ### A noisy series
#
# A year of daily temperatures, made up for this lesson: a slow wave, which we want, and the day's weather, which we
# do not.

# %% nbgrader={"locked": true, "grade_id": "temperatures"}
days = torch.arange(365, dtype=torch.float64)
weather = torch.randn(365, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
temperatures = 15 - 8 * torch.cos(2 * math.pi * (days - 15) / 365) + 3.5 * weather

# %% tags=["demo"]
fig, ax = plt.subplots(figsize=(8, 3), layout="constrained")
ax.plot(days + 1, temperatures, ".", color="0.4", label="one day")
ax.set(xlabel="day of the year", ylabel="temperature in °C")
ax.legend()
plt.show()

# %% [markdown]
# ### The exponentially weighted average
#
# Keep one number $v$, and at each day $t$ let it forget a little and learn a little:
#
# $$v_0 = 0, \qquad v_t = \beta\, v_{t-1} + (1-\beta)\, x_t .$$
#
# Put the formula into itself and the weights appear. A value that lies $k$ days back counts with
# $(1-\beta)\beta^k$:
#
# $$v_t = (1-\beta)\,\bigl(x_t + \beta x_{t-1} + \beta^2 x_{t-2} + \dots + \beta^{t-1} x_1\bigr).$$
#
# So $\beta$ says how much of the past is kept. Nothing but $v$ has to be stored, however long the past is.

# %% [markdown]
# ### Exercise 1 · `ewa`
#
# **Goal** · the average after every value of a series, along its first axis, starting from zero.
# **Difficulty** ● · **about 5 minutes**
#
# Each `values[t]` may itself be a vector or a matrix. Give a tensor of the shape and type of `values`. There is at
# least one value, and $\beta$ may be 0, which means no memory: the average is then the value itself.

# %% nbgrader={"solution": true, "grade_id": "answer_ewa"}
def ewa(values, *, beta):
    """Exponentially weighted averages of a series.

    values : tensor of shape (T, ...), one value a row
    beta : share of the past that is kept, 0 ≤ beta < 1
    returns a tensor of the same shape: row t is the average after value t, from a start at zero
    """
    ### BEGIN SOLUTION
    average = torch.zeros_like(values[0])
    averages = []
    for value in values:
        average = beta * average + (1 - beta) * value
        averages.append(average)
    return torch.stack(averages)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "ewa"}
check(ewa)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(ewa)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p><code>torch.zeros_like(values[0])</code> is a zero of the right shape and type. Loop over <code>values</code>,
# collect the averages in a list, and join them with <code>torch.stack</code>.</p>
# </details>

# %% [markdown]
# ### How long is the memory?
#
# The usual answer is $1/(1-\beta)$ days: 10 for $\beta = 0.9$, 50 for $\beta = 0.98$. That is the mean age of what
# is averaged, counting today as 1. Your function can show it: its answer to a single 1 followed by zeros *is* the
# list of weights.

# %% tags=["demo"]
pulse = torch.zeros(2000, dtype=torch.float64)
pulse[0] = 1
age = torch.arange(1, 2001, dtype=torch.float64)
print("  β     mean age   weight of the last 1/(1−β) days   noise falls as in a mean of")
for beta in (0.5, 0.9, 0.98):
    weights = ewa(pulse, beta=beta)
    memory = round(1 / (1 - beta))
    share, count = weights[:memory].sum(), 1 / weights.square().sum()
    print(f"{beta:5.2f}  {(age * weights).sum():6.1f} days  {share:18.0%}  {count:28.0f} days")

# %% [markdown]
# The last column is worth a look. Averaging $n$ days divides the noise's variance by $n$; this average divides it by
# $(1+\beta)/(1-\beta) = 2/(1-\beta) - 1$. The days beyond $1/(1-\beta)$ still hold a third of the weight.

# %% tags=["demo"]
fig, ax = plt.subplots(figsize=(8, 3.4), layout="constrained")
ax.plot(days + 1, temperatures, ".", color="0.75", label="one day")
curves = {f"β = {beta}: ≈ {round(1 / (1 - beta))} days": ewa(temperatures, beta=beta) for beta in (0.9, 0.98)}
plot_curves(curves, ax=ax, x=days + 1, xlabel="day of the year", ylabel="temperature in °C")
ax.legend(loc="lower center")
plt.show()

# %% [markdown]
# Two prices are paid for smoothness. The curve **lags**: with $\beta = 0.98$ summer comes weeks late. And it
# **starts wrong**: in the first weeks it climbs up from zero.

# %% [markdown]
# ### The bias of the start
#
# With $\beta = 0.98$ the second average is $v_2 = 0.0196\,x_1 + 0.02\,x_2$. Its weights sum to $0.0396$ instead of 1;
# the rest, $\beta^2 = 0.9604$, still lies on the zero of the start. In general
#
# $$(1-\beta)\sum_{k=0}^{t-1}\beta^k = 1-\beta^t ,$$
#
# so dividing by $1-\beta^t$ makes the weights sum to 1 (Kingma and Ba 2015, section 3). The **corrected** average is
#
# $$\hat v_t = \frac{v_t}{1-\beta^t}, \qquad t = 1, 2, \dots$$
#
# The recursion itself goes on with the uncorrected $v_t$.

# %% [markdown]
# ### Exercise 2 · `ewa_corrected`
#
# **Goal** · the corrected average after every value. **Difficulty** ●● · **about 8 minutes**

# %% nbgrader={"solution": true, "grade_id": "answer_ewa_corrected"}
def ewa_corrected(values, *, beta):
    """Exponentially weighted averages, corrected for their start from zero.

    values : tensor of shape (T, ...), one value a row
    beta : share of the past that is kept, 0 ≤ beta < 1
    returns a tensor of the same shape: row t is the corrected average after value t
    """
    ### BEGIN SOLUTION
    average = torch.zeros_like(values[0])
    averages = []
    for t, value in enumerate(values, start=1):
        average = beta * average + (1 - beta) * value
        averages.append(average / (1 - beta**t))
    return torch.stack(averages)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "ewa_corrected"}
check(ewa_corrected)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(ewa_corrected)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>The first result must be the first value itself. <code>enumerate(values, start=1)</code> counts $t$ as the
# formula does.</p>
# </details>

# %% tags=["demo"]
weights = ewa(torch.eye(2, dtype=torch.float64), beta=0.98)[1]
print(f"β = 0.98, t = 2: weights {weights[0]:.4f} and {weights[1]:.4f}, sum {weights.sum():.4f}")
print(f"days 1 and 2: {temperatures[0]:.2f} °C and {temperatures[1]:.2f} °C")
print(f"average after day 2: {ewa(temperatures, beta=0.98)[1]:.2f} °C", end=", ")
print(f"corrected {ewa_corrected(temperatures, beta=0.98)[1]:.2f} °C")

fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
ax.plot(days[:120] + 1, temperatures[:120], ".", color="0.75", label="one day")
curves = {
    "β = 0.98": ewa(temperatures, beta=0.98)[:120],
    "β = 0.98, corrected": ewa_corrected(temperatures, beta=0.98)[:120],
}
plot_curves(curves, ax=ax, x=days[:120] + 1, xlabel="day of the year", ylabel="temperature in °C")
plt.show()

# %% [markdown]
# ### How much memory, then?
#
# Little memory leaves the noise, much memory lags. In the demo below *your* two functions average the year, and each
# average is scored by its distance from the slow wave, which only we know, since the year is made up. **Before you
# move anything**, say which $\beta$ comes closest, and for which $\beta$ the correction still matters after the
# first month. Then find an average within 1.1 °C. The ring on the right moves $\beta$ too; pull the one on the left to
# make a day hotter, or another day, and see how long the average remembers it.

# %% tags=["demo"]
average_demo(ewa, ewa_corrected)

# %% [markdown]
# The best memory is a compromise, here of about a week, and it is a matter of the series: more noise asks for more
# memory, a faster wave for less. Without the correction no $\beta$ reaches the goal, since the first weeks cost too
# much.

# %% [markdown]
# ## 2 · Polyak's momentum
#
# ### Why gradients want a memory
#
# In a narrow valley the gradient has two parts. Across the valley it is large and changes its sign at every step.
# Along the valley it is small and always the same. An average over the last gradients cancels the first part and
# keeps the second: it points where we want to go.
#
# Polyak (1964) lets the point roll like a ball with friction. It has a **velocity** $v$, which keeps the share
# $\beta$ of itself and is pushed by the gradient $g$:
#
# $$v \leftarrow \beta v - \eta g, \qquad \theta \leftarrow \theta + v .$$
#
# $\beta = 0$ is plain gradient descent. Common values are 0.5, 0.9 and 0.99.

# %% [markdown]
# ### Three forms of one method
#
# | form | velocity | step | where you meet it |
# |---|---|---|---|
# | taught here | $v \leftarrow \beta v - \eta g$ | $\theta \leftarrow \theta + v$ | Polyak 1964, Sutskever 2013 |
# | torch's | $b \leftarrow \beta b + g$ | $\theta \leftarrow \theta - \eta b$ | `torch.optim.SGD` |
# | averaged | $m \leftarrow \beta m + (1-\beta) g$ | $\theta \leftarrow \theta - \eta m$ | the first half of Adam |
#
# While $\eta$ is constant, $v = -\eta b$: the first two take the same path. When $\eta$ changes, the first keeps past
# steps as long as they were, and torch's rescales them. The average is $m = (1-\beta)\, b$, so the averaged form with
# rate $\eta$ walks like the others with rate $(1-\beta)\,\eta$. A rate found for one form is wrong for another
# by a factor of 10 at $\beta = 0.9$.
#
# The averaged form has a variant that keeps the rate inside, as the form taught here does: $v \leftarrow \beta v -
# (1-\beta)\,\eta g$ and $\theta \leftarrow \theta + v$. For constant $\eta$ it takes the averaged form's path.
#
# The checks accept each of these forms, also with the sign of $v$ turned round, when it is used throughout, and tell
# you its name. In torch's form, for example, the other sign is $b \leftarrow \beta b - g$ and $\theta \leftarrow
# \theta + \eta b$. What is stored under `"velocity"` is the $v$, $b$ or $m$ of the form that you have chosen.

# %% [markdown]
# ### Exercise 3 · `momentum_step`
#
# **Goal** · one step of momentum, as a pure function. **Difficulty** ●● · **about 10 minutes**
#
# The function changes none of its arguments. It returns the new point and a new state, which is a new dictionary. Plain
# operators do for everything: one of the demos below moves many points at once and hands over `lr` and `beta` as
# tensors that broadcast against `theta`.

# %% nbgrader={"solution": true, "grade_id": "answer_momentum_step"}
def momentum_step(theta, grad, state, *, lr, beta):
    """One step of gradient descent with momentum.

    theta : tensor, the point
    grad : tensor of the same shape, the gradient at theta
    state : {"velocity": tensor of the same shape}
    lr, beta : learning rate, and share of the velocity that is kept
    returns the new point and the new state, {"velocity": ...}
    """
    ### BEGIN SOLUTION
    velocity = beta * state["velocity"] - lr * grad
    return theta + velocity, {"velocity": velocity}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "momentum_step"}
check(momentum_step)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(momentum_step)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Two lines do it. First the new velocity, then the point moves by the <em>new</em> velocity (times
# $-\eta$ in the forms that keep the rate outside). Write <code>a - b</code>, not <code>a -= b</code>: the second form
# would change the caller's tensor.</p>
# </details>

# %% [markdown]
# ### Seen in a valley
#
# The bowl $\tfrac12(\theta_1^2/\kappa + \theta_2^2)$ with condition number $\kappa = 30$. Its largest curvature is
# 1, so plain descent is stable for every rate below 2. Both runs use your function.

# %% tags=["demo"]
valley = quadratic(30)
start = torch.tensor([-1.8, 1.2], dtype=torch.float64)
rest = init_state("momentum", start)
paths = {
    f"β = {beta}": run(momentum_step, valley.gradient, start, state=rest, n_steps=60, lr=1.8, beta=beta)
    for beta in (0.0, 0.6)
}
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.8), layout="constrained")
plot_contours(valley, ax=left)
for number, (label, path) in enumerate(paths.items()):
    plot_path(path, ax=left, label=label, number=number)
distances = {label: valley.distance(path) for label, path in paths.items()}
plot_curves(distances, ax=right, xlabel="step", ylabel="distance to the minimum", log_y=True)
plt.show()

# %% [markdown]
# Does it agree with `torch.optim.SGD`? With a constant rate the paths should be the same up to rounding.

# %% tags=["demo"]
point = start.clone().requires_grad_()
optimizer = torch.optim.SGD([point], lr=1.8, momentum=0.6)
for _ in range(60):
    optimizer.zero_grad()
    valley(point).backward()
    optimizer.step()
print(f"largest difference after 60 steps: {(point.detach() - paths['β = 0.6'][-1]).abs().max():.1e}")

# %% [markdown]
# ### Terminal speed
#
# On a long even slope the gradient $g$ stays the same, and the ball gets faster until friction takes away as much as
# the slope adds. From rest,
#
# $$v_t = -\eta g\,(1 + \beta + \dots + \beta^{t-1}) = -\eta g\,\frac{1-\beta^t}{1-\beta} .$$
#
# $\beta = 0.9$ makes a steady slope ten times faster in the end. The averaged form never gets faster than
# $\eta\|g\|$: that is the same factor $1-\beta$ as before.

# %% [markdown]
# ### Exercise 4 · `terminal_speed`
#
# **Goal** · the norm of the velocity to which a constant gradient leads, in the form taught here.
# **Difficulty** ● · **about 4 minutes**
#
# The gradient may have any shape, or no axes at all; all its entries belong to one step. Return a tensor without axes.
# It stays a tensor: neither a plain number nor a tensor of shape (1,) will do.

# %% nbgrader={"solution": true, "grade_id": "answer_terminal_speed"}
def terminal_speed(grad, *, lr, beta):
    """Norm of the velocity that a constant gradient tends to.

    grad : tensor of any shape, the constant gradient
    lr, beta : learning rate, and share of the velocity that is kept
    returns a tensor without axes, of the type of grad
    """
    ### BEGIN SOLUTION
    return lr * torch.linalg.vector_norm(grad) / (1 - beta)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "terminal_speed"}
check(terminal_speed)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(terminal_speed)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Let $t$ grow without end in the formula above. <code>torch.linalg.vector_norm</code> takes the norm over all
# entries.</p>
# </details>

# %% tags=["demo"]
slope = torch.tensor([3.0, 4.0], dtype=torch.float64)
origin = torch.zeros_like(slope)
fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
speeds = {}
for beta in (0.5, 0.9, 0.98):
    path = run(momentum_step, lambda theta: slope, origin,
               state=init_state("momentum", origin), n_steps=120, lr=0.01, beta=beta)
    speeds[f"β = {beta}"] = path.diff(dim=0).norm(dim=1)
    ax.axhline(terminal_speed(slope, lr=0.01, beta=beta), color="0.6", linewidth=0.8)
plot_curves(speeds, ax=ax, x=range(1, 121), xlabel="step", ylabel="length of the step", log_y=True)
plt.show()

# %% [markdown]
# The grey lines are your terminal speeds for $\|g\| = 5$ and $\eta = 0.01$. It takes a few times $1/(1-\beta)$
# steps to get there.

# %% [markdown]
# ### Predict, then look
#
# The demo below rolls your function down the bowl with $\kappa = 30$, at first with $\eta = 1.8$ and $\beta = 0$,
# where it needs 84 steps to come within 0.01 of the minimum. **Before you move a slider**, write down what you
# expect:
#
# 1. How does the number of steps change as $\beta$ grows from 0 through 0.6 to 0.9 and 0.95?
# 2. At $\beta = 0.6$ you tick *averaged form* and leave the rate alone. What happens to the path, and why?
#
# Then run the demo and add what you saw. A wrong prediction with a good explanation afterwards gets full marks.

# %% [markdown] nbgrader={"grade": true, "solution": true, "grade_id": "reflection_momentum", "points": 3}
# ### BEGIN SOLUTION
# **1.** Fewer steps at first, then more: 84 at β = 0, 21 at β = 0.6, 104 at β = 0.9, 205 at β = 0.95. A little
# memory cancels the zigzag across the valley and adds speed along it. Too much memory carries the ball past the
# minimum again and again: the error then shrinks only as fast as friction brakes the ball, by about √β a step.
#
# **2.** The path becomes almost that of plain descent with a shorter step: 77 steps. The averaged form with rate η
# walks like the taught form with rate (1 − β)η = 0.72. The zigzag is gone because the step across the valley is
# short, and along the valley the terminal speed is again what plain descent with η = 1.8 has. To get the old path
# back the rate must be 1/(1 − β) = 2.5 times as large: 4.5.
#
# *Rubric.* 1 point: fewer steps at first and more later, with the numbers of the run. 1 point: why on both sides, the
# zigzag that is cancelled and the ball that is carried past the minimum. 1 point: the averaged form is a shorter step,
# and the rate that makes up for it.
# ### END SOLUTION

# %% tags=["demo"]
demo = momentum_demo(momentum_step)
demo

# %% [markdown]
# **A goal.** With both sliders free, $\kappa = 30$ and the taught form, arrive in 20 steps or fewer. Note your
# $\eta$ and $\beta$: section 4 says what theory would have chosen.

# %% [markdown]
# ## 3 · Nesterov's look-ahead
#
# Momentum takes the gradient where the ball is, although the velocity is about to carry it to $\theta + \beta v$
# anyway. Nesterov's method takes the gradient there:
#
# $$v \leftarrow \beta v - \eta \nabla f(\theta + \beta v), \qquad \theta \leftarrow \theta + v .$$
#
# When the ball is about to climb the far wall, the gradient at the look-ahead point already pushes back, one step
# before plain momentum would notice. It costs one gradient a step, as before.
#
# Nesterov (1983) proved that with a suitable $\beta_t$ the error on a smooth convex function falls like $1/t^2$,
# against $1/t$ for gradient descent: an order that no method which sees only gradients can beat on all such functions.
# The form above, with a constant $\beta$, is that of Sutskever et al. (2013).
#
# `torch.optim.SGD(nesterov=True)` and Keras store the look-ahead point instead of $\theta$, which saves them from
# evaluating at two places; the same path is then seen one look ahead. With $g = \nabla f(\theta)$ at the stored point,
#
# | | velocity | step |
# |---|---|---|
# | Keras | $v \leftarrow \beta v - \eta g$ | $\theta \leftarrow \theta + \beta v - \eta g$ |
# | torch | $b \leftarrow \beta b + g$ | $\theta \leftarrow \theta - \eta\,(g + \beta b)$ |
#
# both with the *new* $v$ or $b$ in the step. Their velocities differ, as in section 2: Keras keeps the rate inside and
# torch outside.

# %% [markdown]
# ### Exercise 5 · `nesterov_step`
#
# **Goal** · one step of Nesterov's method. **Difficulty** ●●● · **about 12 minutes**
#
# Instead of a gradient you get the function `grad_fn`; call it where the gradient is needed. One call a step is all it
# takes, but calls are not counted.
#
# The checks accept the form printed first, Keras's and torch's. They also accept each form of section 2 here, with
# either sign of $v$, looking ahead or storing the look-ahead point. Then look ahead by what the old velocity is about
# to add to $\theta$: with $b$ outside the rate that is $-\eta\beta b$.

# %% nbgrader={"solution": true, "grade_id": "answer_nesterov_step"}
def nesterov_step(theta, grad_fn, state, *, lr, beta):
    """One step of gradient descent with Nesterov's momentum.

    theta : tensor, the point
    grad_fn : maps a point to the gradient there
    state : {"velocity": tensor of the shape of theta}
    lr, beta : learning rate, and share of the velocity that is kept
    returns the new point and the new state, {"velocity": ...}
    """
    ### BEGIN SOLUTION
    kept = beta * state["velocity"]
    velocity = kept - lr * grad_fn(theta + kept)
    return theta + velocity, {"velocity": velocity}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "nesterov_step"}
check(nesterov_step)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(nesterov_step)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>In the form taught here $\beta v$ with the <em>old</em> $v$ appears twice: in the look-ahead point and in the new
# velocity. The point itself moves from <code>theta</code>, not from the look-ahead point.</p>
# </details>

# %% [markdown]
# The same bowl with a rate of 1 and $\beta = 0.9$, too much memory for momentum: the look-ahead damps the swing
# across the valley.

# %% tags=["demo"]
paths = {
    "momentum": run(momentum_step, valley.gradient, start, state=rest, n_steps=80, lr=1.0, beta=0.9),
    "Nesterov": run(nesterov_step, valley.gradient, start, state=rest, n_steps=80, lr=1.0, beta=0.9),
}
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.8), layout="constrained")
plot_contours(valley, ax=left)
for number, (label, path) in enumerate(paths.items()):
    plot_path(path, ax=left, label=label, number=number)
distances = {label: valley.distance(path) for label, path in paths.items()}
plot_curves(distances, ax=right, xlabel="step", ylabel="distance to the minimum", log_y=True)
plt.show()

# %% [markdown]
# ### Fitting a line, beside the lecture notes
#
# The notes behind this course fit $y = 3x + 2 + U(-0.1, 0.1)$ with $N = 30$ points, from $\theta_0 = (10, 5)$, with
# $\eta = 0.005$ and 1000 iterations, and print where each method ends. They give neither the range of $x$ nor the
# size of the batch. We take $x$ from $U(-2, 2)$ and repeat the whole experiment 200 times with new data, once with
# all 30 rows a step and once with a single random row.

# %% tags=["demo"]
REPEATS, ROWS = 200, 30
random = torch.Generator().manual_seed(11)
x = 4 * torch.rand(REPEATS, ROWS, generator=random, dtype=torch.float64) - 2
y = 3 * x + 2 + 0.2 * torch.rand(REPEATS, ROWS, generator=random, dtype=torch.float64) - 0.1
rows = torch.stack([torch.ones_like(x), x], dim=-1)
hessian = 2 * rows.mT @ rows / ROWS
target = 2 * (rows.mT @ y.unsqueeze(-1)).squeeze(-1) / ROWS


def all_rows(theta):
    return (hessian @ theta.unsqueeze(-1)).squeeze(-1) - target


def one_row(theta):
    pick = torch.arange(REPEATS), torch.randint(ROWS, (REPEATS,), generator=random)
    residual = (rows[pick] * theta).sum(dim=-1) - y[pick]
    return 2 * residual.unsqueeze(-1) * rows[pick]


line_start = torch.tensor([10.0, 5.0], dtype=torch.float64).expand(REPEATS, 2)
printed = {
    ("SGD", momentum_step, 0.0): (1.9882, 2.9975),
    ("momentum", momentum_step, 0.6): (1.9837, 2.9933),
    ("Nesterov", nesterov_step, 0.8): (1.9738, 2.9914),
}
print("method           rows   here: mean ± deviation of 200 runs     in the notes")
for (name, step, beta), notes in printed.items():
    for how, gradient in (("all", all_rows), ("one", one_row)):
        ends = run(step, gradient, line_start, state=init_state("momentum", line_start),
                   n_steps=1000, lr=0.005, beta=beta)[-1]
        mean, spread = ends.mean(dim=0).tolist(), ends.std(dim=0).tolist()
        here = f"({mean[0]:.4f} ± {spread[0]:.4f}, {mean[1]:.4f} ± {spread[1]:.4f})"
        print(f"{name:9s} β={beta}  {how}    {here}   {notes}")

# %% [markdown]
# All six rows agree with $(2, 3)$. The notes' figures lie within 2.3 deviations of ours with all rows, within 1.8 with
# one. What differs is chance, not the method:
#
# - with all rows every method ends at the least-squares line of its 30 points, which itself varies by about 0.01 from
#   one draw to the next. On the same points momentum and Nesterov would print the same four digits; the notes'
#   differ, so they used new points, or noisy gradients, or both;
# - with one row a step the end keeps trembling, and the more the larger $\eta/(1-\beta)$ is: compare the deviations;
# - the range matters. With $x$ from $U(0, 1)$ plain descent would be near $(2.5, 2.1)$ after 1000 steps, far from
#   what the notes print, so their $x$ must have spread wider.

# %% [markdown]
# ## 4 · Why it works: two roots for each curvature
#
# ### One direction at a time
#
# On a quadratic the directions of the eigenvectors do not mix. In a direction of curvature $\lambda$ the distance
# $x$ to the minimum follows, with $v_k = x_k - x_{k-1}$,
#
# $$x_{k+1} = (1 + \beta - \eta\lambda)\, x_k - \beta\, x_{k-1},
# \qquad
# \begin{pmatrix} x_{k+1} \\ x_k \end{pmatrix} =
# \begin{pmatrix} 1+\beta-\eta\lambda & -\beta \\ 1 & 0 \end{pmatrix}
# \begin{pmatrix} x_k \\ x_{k-1} \end{pmatrix}.$$
#
# In the long run the error shrinks at each step by the **spectral radius** of this matrix: the size $|z|$ of the
# larger root of
#
# $$z^2 - (1+\beta-\eta\lambda)\, z + \beta = 0 .$$
#
# The product of the roots is $\beta$, so there are two regimes. Of a **complex pair** both have the size $\sqrt\beta$,
# *whatever the curvature*: the error swings. Of two **real roots** the larger has a size of at least $\sqrt\beta$, and
# it is the one that is left after many steps.

# %% [markdown]
# ### Exercise 6 · `convergence_rate`
#
# **Goal** · the spectral radius for each curvature. **Difficulty** ●●●● · **about 20 minutes**
#
# `lam` is a tensor of any shape, or without axes; give one rate for each entry, in its type. Curvatures may be
# negative, where the error grows and the rate is above 1, and $\beta$ may be 0. (Where the two roots are equal,
# rounding costs half of the digits, whichever formula you use. The checks stay away from that edge.)

# %% nbgrader={"solution": true, "grade_id": "answer_convergence_rate"}
def convergence_rate(lam, *, lr, beta):
    """Factor by which momentum shrinks the error at each step, in the long run.

    lam : tensor of any shape, curvatures
    lr, beta : learning rate, and share of the velocity that is kept
    returns a tensor of the same shape and type: the spectral radius for each curvature
    """
    ### BEGIN SOLUTION
    b = 1 + beta - lr * lam
    root = torch.sqrt((b**2 - 4 * beta).to(torch.complex128))
    sizes = torch.stack([(b + root).abs(), (b - root).abs()]) / 2
    return sizes.amax(dim=0).to(lam.dtype)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "convergence_rate"}
check(convergence_rate)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(convergence_rate)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>The roots are $\tfrac12\bigl(b \pm \sqrt{b^2 - 4\beta}\bigr)$ with $b = 1+\beta-\eta\lambda$. The square root of
# a negative number is <code>nan</code> unless the tensor is complex: <code>.to(torch.complex128)</code> before
# the root, <code>.abs()</code> after it. Or treat the two regimes apart with <code>torch.where</code>.</p>
# </details>

# %% [markdown]
# ### The map of rates
#
# Your function over all products $\eta\lambda$ and all $\beta$. Between the dashed lines,
# $(1-\sqrt\beta)^2 < \eta\lambda < (1+\sqrt\beta)^2$, the roots are complex and the level lines run flat. Right of
# the dotted line, $\eta\lambda > 2(1+\beta)$, momentum diverges. Without it the limit is 2: a larger $\beta$ also
# *allows* larger steps.

# %% tags=["demo"]
products = torch.linspace(0.005, 4.2, 420, dtype=torch.float64)
betas = torch.linspace(0, 0.995, 200, dtype=torch.float64)
rates = torch.stack([convergence_rate(products, lr=1.0, beta=beta) for beta in betas.tolist()])
fig, ax = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
plot_map(rates, ax=ax, across=products, up=betas, levels=[0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0, 1.5],
         xlabel="rate × curvature, ηλ", ylabel="β", label="factor by which the error shrinks in a step")
ax.plot((1 - betas.sqrt()) ** 2, betas, "k--", label="double root: edge of the complex regime")
ax.plot((1 + betas.sqrt()) ** 2, betas, "k--")
ax.plot(2 * (1 + betas), betas, "k:", linewidth=2, label="limit of stability")
ax.set(xlim=(0, 4.2), ylim=(0, 0.995))
ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False)
plt.show()

# %% [markdown]
# ### The map of a bowl
#
# A bowl has two curvatures or more, and one rate and one $\beta$ must serve them all. **Before you run the demo**, say
# where on the map of a bowl with $\kappa = 30$ the error shrinks fastest: far from the limit of stability or next to
# it, at a small $\beta$ or a large one? And which way will that place move as $\kappa$ grows? Then put the cross there.
#
# The map is painted by *your* `momentum_step`. One call moves all $128 \times 128$ points of the map at once: `theta`
# has a row for each of them, and so have `lr` and `beta`.

# %% tags=["demo"]
convergence_map_demo(momentum_step)

# %% [markdown]
# The best place lies in a corner, right beside the edge over which everything runs away: a little more rate and all is
# lost. With $\kappa$ it moves up, to more memory, and along the edge to larger rates.

# %% [markdown]
# ### The best constants
#
# A bowl has curvatures from $\mu$ to $L$, and the slowest direction decides. Inside the complex regime all directions
# share the rate $\sqrt\beta$. So make $\beta$ as small as possible while both ends stay inside. That puts each end
# on an edge:
#
# $$\eta\mu = (1-\sqrt\beta)^2, \qquad \eta L = (1+\sqrt\beta)^2 .$$
#
# Two equations, two unknowns. Polyak (1964) solved them.

# %% [markdown]
# ### Exercise 7 · `polyak_constants`
#
# **Goal** · the rate and the $\beta$ that solve both equations. **Difficulty** ●● · **about 8 minutes**
#
# The arguments are plain numbers, $0 < \mu < L$. Return `lr` first, then `beta`, as a pair of numbers.

# %% nbgrader={"solution": true, "grade_id": "answer_polyak_constants"}
def polyak_constants(lam_min, lam_max):
    """The constants with which momentum is fastest on a quadratic.

    lam_min, lam_max : smallest and largest curvature, 0 < lam_min < lam_max
    returns (lr, beta)
    """
    ### BEGIN SOLUTION
    low, high = math.sqrt(lam_min), math.sqrt(lam_max)
    lr = 4 / (low + high) ** 2
    beta = ((high - low) / (high + low)) ** 2
    return lr, beta
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "polyak_constants"}
check(polyak_constants)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(polyak_constants)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Take the square root of both equations. Add them, and $\beta$ is gone; divide one by the other, and $\eta$ is
# gone.</p>
# </details>

# %% [markdown]
# ### Predicted and measured
#
# For $\kappa = 30$: the rate of every curvature, for plain descent with its best $\eta = 2/(\mu + L)$ and for
# momentum with Polyak's constants. Lines are your `convergence_rate`; markers are measured on runs of your
# `momentum_step`, over steps 20 to 80.

# %% tags=["demo"]
condition = 30
lam = torch.logspace(-math.log10(condition), 0, 25, dtype=torch.float64)
finely = torch.logspace(-math.log10(condition), 0, 400, dtype=torch.float64)
settings = {"best descent": (2 / (1 / condition + 1), 0.0), "Polyak": polyak_constants(1 / condition, 1.0)}
fig, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
for (name, (lr, beta)), dash, marker in zip(settings.items(), ("-", "--"), "ox", strict=True):
    one = torch.ones_like(lam)
    path = run(momentum_step, lambda theta: lam * theta, one, state=init_state("momentum", one),
               n_steps=80, lr=lr, beta=beta)
    size = torch.hypot(path[1:], path[:-1])  # two positions: an oscillating error is never 0 at both
    measured = (size[79] / size[19]) ** (1 / 60)
    ax.plot(finely, convergence_rate(finely, lr=lr, beta=beta), dash, color="0.3", label=f"{name}, predicted")
    ax.plot(lam, measured, marker, color="0.1", fillstyle="none", label=f"{name}, measured")
ax.set(xscale="log", ylim=(0, 1.02), xlabel="curvature λ", ylabel="factor per step")
ax.legend()
plt.show()
lr, beta = settings["Polyak"]
print(f"κ = 30: η = {lr:.2f}, β = {beta:.2f}; rate {math.sqrt(beta):.3f}, plain descent {29 / 31:.3f}")

# %% [markdown]
# Plain descent is fast in the middle and slow at both ends. Polyak's constants give every curvature the same rate.
# (At the two ends the root is double and the error is like $k\,\rho^k$, so the measured factor lies a little higher.)
#
# Did you reach the goal of the demo with other constants? These minimize the rate after *many* steps and for the
# *worst* direction; for one start and a loose goal something else may be quicker.

# %% [markdown]
# ### The square root of the condition number
#
# The best factor of plain descent is $\frac{\kappa-1}{\kappa+1} \approx 1 - \frac{2}{\kappa}$. With Polyak's
# constants $\sqrt\beta = \frac{\sqrt\kappa-1}{\sqrt\kappa+1} \approx 1 - \frac{2}{\sqrt\kappa}$. To shrink the
# error by a given factor momentum therefore needs about $\sqrt\kappa$ times fewer steps. Here is the count, for an
# error a million times smaller in a bowl of 20 dimensions; Nesterov's method has $\eta = 1/L$ and $\beta =
# \frac{\sqrt\kappa-1}{\sqrt\kappa+1}$.

# %% tags=["demo"]
conditions = [10, 30, 100, 300, 1000]
counts = {"best descent": [], "momentum, Polyak's constants": [], "Nesterov": []}
print("    κ   descent  momentum  Nesterov   gain of momentum   gain / √κ")
for condition in conditions:
    root = math.sqrt(condition)
    lam = torch.logspace(-math.log10(condition), 0, 20, dtype=torch.float64)
    corner = torch.ones_like(lam)
    runs = [
        (momentum_step, (2 / (1 / condition + 1), 0.0), 8 * condition),
        (momentum_step, polyak_constants(1 / condition, 1.0), round(20 * root)),
        (nesterov_step, (1.0, (root - 1) / (root + 1)), round(20 * root)),
    ]
    needed = []
    for step, (lr, beta), n_steps in runs:
        path = run(step, lambda theta, lam=lam: lam * theta, corner, state=init_state("momentum", corner),
                   n_steps=n_steps, lr=lr, beta=beta)
        needed.append(steps_to_reach(path.norm(dim=1) / corner.norm(), 1e-6))
    for series, count in zip(counts.values(), needed, strict=True):
        series.append(count)
    gain = needed[0] / needed[1]
    print(f"{condition:5d}  {needed[0]:8d}  {needed[1]:8d}  {needed[2]:8d}  {gain:15.1f}  {gain / root:12.2f}")

fig, ax = plt.subplots(figsize=(6.5, 3.8), layout="constrained")
plot_curves(counts, ax=ax, x=conditions, xlabel="condition number κ", ylabel="steps for an error 10⁻⁶ times as large",
            log_x=True, log_y=True)
plt.show()

# %% [markdown]
# The slopes on the log–log axes are 1 and ½. The gain is of the order of $\sqrt\kappa$ and stays under it, between
# 0.8 and 0.7 times that here: the rates alone would give $\sqrt\kappa$, and the double root's factor $k$ takes a
# share back. The lecture notes print $\sqrt{\kappa/2} = 0.71\sqrt\kappa$; Sutskever et al. (2013) say
# $\sqrt\kappa$. Both describe this table.

# %% [markdown]
# ## 5 · When momentum does not help
#
# ### Little to gain, or too much memory
#
# A round bowl ($\kappa = 1$) is solved by one plain step of $\eta = 1/\lambda$; any momentum only overshoots. And
# since the larger root is never smaller than $\sqrt\beta$, no rate $\eta$ makes $\beta = 0.99$ shrink an error by more
# than 0.5 % a step. It takes a condition number near $(2/0.005)^2 = 160\,000$ to need so much memory.
#
# ### Noisy gradients
#
# Near the minimum of a noisy loss the gradient is mostly noise, which momentum adds up as well: in the long run a
# rate of $\eta$ with momentum trembles like a rate of $\eta/(1-\beta)$ without it. Below, noise of standard
# deviation 1 is added to each gradient in a bowl with $\kappa = 10$; each line is the mean of 300 runs.

# %% tags=["demo"]
random = torch.Generator().manual_seed(3)
bowl = quadratic(10)
many = torch.full((300, 2), 5.0, dtype=torch.float64)


def noisy_gradient(theta):
    return bowl.gradient(theta) + torch.randn(theta.shape, generator=random, dtype=theta.dtype)


losses = {}
for lr, beta in ((0.05, 0.0), (0.05, 0.9), (0.5, 0.0)):
    path = run(momentum_step, noisy_gradient, many, state=init_state("momentum", many),
               n_steps=600, lr=lr, beta=beta)
    losses[f"η = {lr}, β = {beta}"] = bowl(path).mean(dim=1)
fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
plot_curves(losses, ax=ax, xlabel="step", ylabel="mean loss above the minimum", log_y=True)
plt.show()
for label, loss in losses.items():
    print(f"{label}: mean loss over the last 200 steps {loss[-200:].mean():.3f}")

# %% [markdown]
# Momentum falls faster than plain descent with the same $\eta$ and ends on a higher floor; plain descent with ten
# times the rate does much the same. Where noise rules, a gain in steps is a gain in $\eta$, and only a falling rate
# or an average of the path (both lesson 4) lowers the floor. The proofs of a faster rate, Nesterov's too, are for exact
# gradients.
#
# ### Not a quadratic
#
# Polyak's constants are tuned for a quadratic. On a convex function whose curvature *jumps*, momentum can run in a
# circle for ever (Lessard, Recht and Packard 2016). This one has curvature 25 outside and 1 between $x = 1$ and $x
# = 2$, so $\kappa = 25$:

# %% tags=["demo"]
def bent_gradient(x):
    return torch.where(x < 1, 25 * x, torch.where(x < 2, x + 24, 25 * x - 24))


x0 = torch.tensor([3.3], dtype=torch.float64)
lr, beta = polyak_constants(1.0, 25.0)
from_rest = init_state("momentum", x0)
seen = {
    "Polyak's constants": run(momentum_step, bent_gradient, x0, state=from_rest, n_steps=30, lr=lr, beta=beta),
    "Nesterov, η = 1/L": run(nesterov_step, bent_gradient, x0, state=from_rest, n_steps=30, lr=1 / 25, beta=2 / 3),
    "best descent": run(momentum_step, bent_gradient, x0, state=from_rest, n_steps=30, lr=2 / 26, beta=0.0),
}
fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
plot_curves({name: path[:, 0] for name, path in seen.items()}, ax=ax, xlabel="step", ylabel="x (minimum at 0)")
ax.set_ylim(-3.6, 5)
ax.legend(loc="upper right", ncols=3)
plt.show()

# %% [markdown]
# ## Summary
#
# - $v \leftarrow \beta v + (1-\beta)x$ remembers about $1/(1-\beta)$ values; started from zero it is corrected by
#   $1-\beta^t$.
# - Momentum, $v \leftarrow \beta v - \eta g$, cancels what alternates and adds up what stays: up to $1/(1-\beta)$
#   times the plain step. The averaged form hides this factor in the rate.
# - Nesterov takes the gradient at $\theta + \beta v$ and brakes one step earlier.
# - Each curvature has two roots. In the complex regime the rate is $\sqrt\beta$; the best constants put both ends
#   of the spectrum on its edge and replace $\kappa$ by $\sqrt\kappa$.
# - It does not help where the bowl is round, where noise rules, or where constants are tuned for another function.
#
# **Next**: momentum still has one rate for all weights. Lesson 6 gives each its own.
#
# ## Sources
#
# - B. T. Polyak, *Some methods of speeding up the convergence of iteration methods*, USSR Computational Mathematics
#   and Mathematical Physics 4(5), 1964.
# - Y. Nesterov, *A method of solving a convex programming problem with convergence rate O(1/k²)*, Soviet Mathematics
#   Doklady 27(2), 1983.
# - I. Sutskever, J. Martens, G. Dahl, G. Hinton, *On the importance of initialization and momentum in deep learning*,
#   ICML 2013.
# - D. P. Kingma, J. Ba, *Adam: a method for stochastic optimization*, ICLR 2015 (bias correction: section 3).
# - L. Lessard, B. Recht, A. Packard, *Analysis and design of optimization algorithms via integral quadratic
#   constraints*, SIAM Journal on Optimization 26(1), 2016.
# - G. Goh, *Why momentum really works*, Distill, 2017.
