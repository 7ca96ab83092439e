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
# # 7 · Second-order methods
#
# Descent needs hundreds of steps for the bottom of a bowl, although the bowl is a parabola in every direction, and
# the lowest point of a parabola can be computed. **Why do we not jump there?**
#
# This lesson jumps. Then it looks at what goes wrong: the jump also goes to saddles and hilltops, it trusts a
# parabola where there is none, and for a network with a hundred thousand weights it needs a matrix of ten thousand
# million numbers. Each of these has a remedy, and each remedy is a method that is in use today.
#
# **After this lesson you can**
#
# 1. take a Newton step, and say why saddle points and maxima attract it;
# 2. mend it with damping, with the sizes of the curvatures, and with a line search;
# 3. tell apart the Hessian, the Gauss–Newton matrix, the Fisher matrix and the empirical Fisher matrix;
# 4. write BFGS and L-BFGS, and state the curvature condition;
# 5. solve with Hessian-vector products alone, and say what every method costs.
#
# Nine exercises, about 85 minutes without the written questions, and as much to read and to try out. You need the
# Hessian and Hessian-vector products (lesson 3), momentum (lesson 5), and the reason why AdaGrad works (lesson 6).
#
# **For all exercises**: parameters form one vector, a tensor of shape $(n,)$. No function changes its arguments, and
# what you return has their floating type.

# %% nbgrader={"locked": true, "grade_id": "setup"}
import math
import time

import matplotlib.pyplot as plt
import torch
from steepest import check, data
from steepest.demos.second_order import cg_demo, newton_demo, secant_demo
from steepest.figures import show
from steepest.landscapes import derivatives, long_valley, quadratic, saddle
from steepest.models import softmax_regression
from steepest.plots import plot_contours, plot_curves, plot_path
from steepest.terrain import random_waves
from steepest.trajectory import run, steps_to_reach

torch.set_num_threads(1)  # with tensors this small, threads cost more than they gain


def descend(theta, grad, state, *, lr):
    """One step of plain gradient descent, in the form that `run` takes."""
    return theta - lr * grad, state


def bowl_of(curvatures, seed):
    """A symmetric matrix with these eigenvalues, along random directions."""
    random = torch.Generator().manual_seed(seed)
    axes = torch.linalg.qr(torch.randn(len(curvatures), len(curvatures), generator=random, dtype=torch.float64))[0]
    return axes @ torch.diag(curvatures) @ axes.T

# %% [markdown]
# ## 1 · The bottom of the parabola
#
# ### One parameter
#
# Take $f(x) = 2x^2 - 12x + 25$ and stand at $x = 5$. The slope there is $f'(5) = 4\cdot 5 - 12 = 8$, and the
# curvature is $f'' = 4$ everywhere. The slope falls by 4 for each unit that we walk to the left, so it is 0 after
# $8/4 = 2$ units: the bottom lies at $x = 3$. Slope divided by curvature is the way to the bottom,
#
# $$x \;\leftarrow\; x - \frac{f'(x)}{f''(x)} .$$
#
# No rate had to be chosen. A gradient step with rate $\eta$ does the same exactly when $\eta = 1/f''$.
#
# ### Many parameters
#
# Now the slope is the gradient $g$ and the curvature the Hessian $H$. Near $\theta$ the loss is close to its model of
# second order in the step $p$,
#
# $$m(p) = f(\theta) + g^\top p + \tfrac12\, p^\top H p .$$
#
# Its gradient $g + Hp$ is 0 at $p = -H^{-1}g$. That is **Newton's step**.
#
# **By hand.** $f(\theta) = \theta_1^2 + 10\,\theta_2^2$ at $\theta = (3, 1)$: the gradient is $(6, 20)$ and the
# Hessian $\mathrm{diag}(2, 20)$. Dividing along each axis gives $(6/2,\, 20/20) = (3, 1)$, and $\theta - (3, 1) =
# (0, 0)$. The negative gradient points steeply down the walls of the valley; $H^{-1}$ turns it to the bottom. On
# *any* bowl, however narrow, one step arrives.
#
# Two knobs will be needed later: a rate $\eta$ that shortens the step, and a **damping** $\mu \ge 0$ that adds
# $\mu$ to every curvature,
#
# $$\theta \;\leftarrow\; \theta - \eta\,(H + \mu I)^{-1} g .$$

# %% [markdown]
# ### Exercise 1 · `newton_step`
#
# **Goal** · one Newton step, with a rate and damping. **Difficulty** ● · **about 5 minutes**
#
# The Hessian is symmetric. It may have negative eigenvalues: take it as it is. $H + \mu I$ can always be inverted
# in the checks.

# %% nbgrader={"solution": true, "grade_id": "answer_newton_step"}
def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    """One step of Newton's method.

    theta : tensor of shape (n,), the point
    grad : tensor of shape (n,), the gradient there
    hessian : symmetric tensor of shape (n, n), the second derivatives there
    lr, damping : rate η of the step, and what is added to every curvature, μ ≥ 0
    returns the new point, of shape (n,)
    """
    ### BEGIN SOLUTION
    bracket = hessian + damping * torch.eye(len(theta), dtype=theta.dtype, device=theta.device)
    return theta - lr * torch.linalg.solve(bracket, grad)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "newton_step"}
check(newton_step)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(newton_step)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1: a question</summary>
# <p>Which equation does the step $p$ solve, and what does torch offer for linear equations?</p>
# </details>
# <details><summary>Hint 2: the idea</summary>
# <p>$(H + \mu I)\,p = g$ is a system of linear equations: <code>torch.linalg.solve(A, b)</code> gives $A^{-1}b$
# without building the inverse. $\mu I$ is <code>damping</code> times the identity matrix.</p>
# </details>
# <details><summary>Hint 3: the shape of the code</summary>
# <p><code>bracket = hessian + damping * torch.eye(...)</code>, of the type of <code>theta</code>; then
# <code>return theta - lr * torch.linalg.solve(bracket, ...)</code>.</p>
# </details>

# %% [markdown]
# The bowl with $\kappa = 30$, turned by 40°: descent with its best rate, and one step of yours.

# %% tags=["demo"]
valley = quadratic(30, angle=math.radians(40))
start = torch.tensor([-1.6, -1.0], dtype=torch.float64)
best = 2 / (1 / 30 + 1)
path = run(descend, valley.gradient, start, state={}, n_steps=400, lr=best)
jump = newton_step(start, valley.gradient(start), valley.hessian(start))
fig, ax = plt.subplots(figsize=(5.6, 4.4), layout="constrained")
plot_contours(valley, ax=ax)
plot_path(path[:60], ax=ax, label="descent", number=0)
plot_path(torch.stack([start, jump]), ax=ax, label="Newton", number=1)
show(fig, "Level lines of a narrow bowl. Descent zigzags into it in many short steps; Newton's one step leads from the "
          "start straight to the minimum.")
steps = steps_to_reach(valley.distance(path), 1e-4)
print(f"steps to a distance of 1e-4 or less: descent {steps}, Newton 1 (distance {valley.distance(jump):.0e})")

# %% [markdown]
# ## 2 · It looks for zeros of the gradient, not for low ground
#
# ### By hand, at a saddle
#
# Newton's step makes the gradient of the model zero. That is so at a minimum. It is also so at a maximum and at a
# saddle point. Take the saddle of lesson 3, $f(x, y) = \tfrac12x^2 - \tfrac12y^2 + \tfrac14y^4$, which has minima
# at $(0, \pm1)$ and a saddle point at the origin. The two directions do not mix. Along $x$ one step arrives at 0.
# Along $y$ the slope is $-y + y^3$ and the curvature $-1 + 3y^2$, so
#
# $$y \;\leftarrow\; y - \frac{-y + y^3}{-1 + 3y^2} = \frac{2y^3}{3y^2 - 1} .$$
#
# From $y = 0.3$ this gives $2\cdot 0.027/(0.27 - 1) = -0.074$, then $0.0008$, and then we are at the saddle point, to
# eight digits. The curvature along $y$ is negative there, and dividing by it *turns the step round*: descent would
# walk away from the ridge, Newton climbs onto it.

# %% [markdown]
# ### Predict, then look
#
# Of all starts with $-1.75 \le y \le 1.75$, some lead Newton to the saddle and some to a minimum. **Before you run
# the cell below the answer**, write down:
#
# 1. From which $|y|$ do the steps $2y^3/(3y^2-1)$ shrink towards 0? Which share of the starts is that?
# 2. Random functions of $d$ parameters have saddle points and few minima when $d$ is large (lesson 3). Where will
#    Newton's method arrive from random starts, for $d = 2$, 5 and 10?
#
# Then run it and add what you saw. A wrong prediction with a good explanation afterwards gets full marks.

# %% [markdown] nbgrader={"grade": true, "solution": true, "grade_id": "reflection_saddle", "points": 3}
# ### BEGIN SOLUTION
# **1.** The steps shrink while 2y²/|3y² − 1| < 1. For 3y² < 1 that is 5y² < 1, so |y| < 1/√5 = 0.447. That is a share
# of 0.447/1.75 = 26 % of the starts. From further out |y| grows until 3y² > 1, and from there the next y has |y| ≥ 1:
# it comes down to a minimum. Measured: 14 to 21 of 60 starts, that is 23 to 35 %; the rest is chance.
#
# **2.** Newton's method has no preference for low ground: it is drawn to any critical point nearby. In many
# dimensions nearly all critical points are saddles, because a minimum needs all d curvatures to be positive at
# once. So nearly all arrivals are saddles for d = 5, and all of them for d = 10, where about half of the curvatures
# are negative.
#
# *Rubric.* 1 point: the condition |y| < 1/√5, or a clear argument that a whole interval around 0 is drawn to the
# saddle. 1 point: more saddles as d grows, with the reason that all curvatures must be positive at a minimum. 1
# point: what was seen is compared with what was predicted, and a difference is explained.
# ### END SOLUTION

# %% nbgrader={"locked": true, "grade_id": "walkers"}
def walk(step, f, points, *, n_steps, longest=math.inf, settled=1e-7):
    """Take steps from every point, none of them longer than `longest`; returns the last points and their gradients.

    step : maps a point, its gradient and its Hessian to the next point
    """
    points = points.clone()
    for _ in range(n_steps):
        slopes, hessians = derivatives(f, points)
        moving = (slopes.norm(dim=1) > settled).nonzero()[:, 0]
        if not len(moving):
            break
        for i in moving.tolist():
            move = step(points[i], slopes[i], hessians[i]) - points[i]
            points[i] += move * (longest / move.norm()).clamp(max=1)
    return points, derivatives(f, points)[0]


def uniform_starts(domain, n, seed):
    """Points drawn uniformly from a box."""
    low, high = torch.tensor(domain, dtype=torch.float64).T
    return low + (high - low) * torch.rand(n, len(domain), generator=torch.Generator().manual_seed(seed),
                                           dtype=torch.float64)

# %% tags=["demo"]
ridge = saddle()
to_the_saddle = []
for seed in range(5):
    ends, _ = walk(newton_step, ridge, uniform_starts(ridge.domain, 60, seed), n_steps=60)
    to_the_saddle.append(int((ends.norm(dim=1) < 1e-3).sum()))
print("starts that Newton leads to the saddle point, of 60:", *to_the_saddle)
print(f"the interval |y| < 1/√5 alone: {1 / math.sqrt(5) / 1.75:.0%}, about {60 / math.sqrt(5) / 1.75:.0f} of 60")


def arrivals(step, dimension, seed):
    """How many of 40 starts arrive at a critical point of a random function, and the falling directions there."""
    waves = random_waves(dimension, seed=seed)
    points = uniform_starts([(-3, 3)] * dimension, 40, seed)
    ends, slopes = walk(step, waves, points, n_steps=80, longest=0.5)
    arrived = ends[slopes.norm(dim=1) < 1e-6]
    return (torch.linalg.eigvalsh(derivatives(waves, arrived)[1]) < 0).sum(dim=1)


print("\nrandom functions: arrivals of Newton's method, and which of them are saddles or maxima")
for dimension in (2, 5, 10):
    falling = [arrivals(newton_step, dimension, seed) for seed in range(3)]
    shares = "  ".join(f"{(each > 0).double().mean():4.0%} of {len(each)}" for each in falling)
    print(f"d = {dimension:2d}:  {shares}   falling directions in the mean {torch.cat(falling).double().mean():.1f}")

# %% [markdown]
# <details><summary>What came out here</summary>
# <p>1. In five draws 14 to 21 of 60 starts end at the saddle point; by the interval 15 are to be expected, and
# chance adds or takes away a few.<br>
# 2. Of the arrivals 76 to 84 % are saddles or maxima for $d = 2$, 96 to 100 % for $d = 5$ and all of them for $d =
# 10$, where about half of the curvatures are negative.</p>
# </details>
#
# The map of it. Every start of the saddle's landscape is coloured by where Newton's method takes it.

# %% tags=["demo"]
fine = torch.linspace(-1.75, 1.75, 141, dtype=torch.float64)
column = torch.stack([torch.ones_like(fine), fine], dim=1)  # along x one step arrives, so x does not matter
ends, _ = walk(newton_step, ridge, column, n_steps=60)
where = (ends[:, 1].abs() > 0.5).double() * ends[:, 1].sign()  # 1 and −1 are the minima, 0 is the saddle
fig, ax = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
plot_contours(ridge, ax=ax)
shades, marks = {-1.0: "0.9", 0.0: "0.55", 1.0: "0.75"}, {-1.0: "lower minimum", 0.0: "saddle", 1.0: "upper minimum"}
for y, end in zip(fine.tolist(), where.tolist(), strict=True):
    ax.axhspan(y - 0.0125, y + 0.0125, color=shades[end], linewidth=0, zorder=0)
for end, name in marks.items():
    ax.fill_between([], [], color=shades[end], label=f"Newton ends at the {name}")
ax.plot(0, 0, "X", color="black", markersize=10, label="saddle point")
ax.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
ax.set_title("")
show(fig, "Horizontal bands over the level lines of the saddle. A broad dark band around the ridge leads to the saddle "
          "point. Beside it, on each side, a narrow strip leads to the minimum on the other side; all that lies "
          "further out leads to the nearer minimum.")

# %% [markdown]
# Two remarks. Gradient descent is often said to get *stuck* at saddle points. With a small rate it does not: from
# almost every start it leaves them (Lee et al. 2016), but it may take long, because near the saddle the gradient is
# small. Newton's method is the one that is *attracted* (Dauphin et al. 2014). And Newton's method is the right tool
# where critical points of all kinds are wanted: `steepest.terrain.critical_points`, which counted the saddles in
# lesson 3, is your exercise 1.

# %% [markdown]
# ## 3 · Turn the negative curvatures round
#
# Where a curvature is negative, the *size* of Newton's step is right: the flatter, the longer. Only its sign is
# wrong. So keep the sizes. Write $H = V\Lambda V^\top$ with the eigenvalues on the diagonal of $\Lambda$ and the
# eigenvectors as the columns of $V$, and let
#
# $$|H| = V\,|\Lambda|\,V^\top, \qquad \theta \;\leftarrow\; \theta - \eta\,(|H| + \mu I)^{-1} g .$$
#
# This is the **saddle-free Newton step** (Dauphin et al. 2014). Read it from right to left: $V^\top g$ is the
# gradient along each eigenvector, each part is divided by $|\lambda_i| + \mu$, and $V$ turns the result back. In a
# bowl it is Newton's step.
#
# **By hand.** At $(0, 0.3)$ on the saddle, the gradient is $(0, -0.273)$ and the curvatures are $1$ and $-0.73$.
# Newton moves $y$ by $-(-0.273)/(-0.73) = -0.37$, over the ridge. With $|{-0.73}|$ it moves by $+0.37$: away from
# the ridge, and downhill.
#
# Mind what $|H|$ is not. It is not the matrix of the $|H_{ij}|$, whose eigenvectors are others. And it is not $H$
# with its negative eigenvalues set to 0: along those directions nothing would be left to divide by.

# %% [markdown]
# ### Exercise 2 · `saddle_free_step`
#
# **Goal** · one step that no saddle attracts. **Difficulty** ●●● · **about 12 minutes**
#
# `damping` is added to the sizes. A floor instead, $\max(|\lambda_i|, \mu)$, is another step and does not count as this
# one.

# %% nbgrader={"solution": true, "grade_id": "answer_saddle_free_step"}
def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    """One step of Newton's method with the sizes of the curvatures.

    theta : tensor of shape (n,), the point
    grad : tensor of shape (n,), the gradient there
    hessian : symmetric tensor of shape (n, n), the second derivatives there
    lr, damping : rate η of the step, and what is added to the size of every curvature, μ ≥ 0
    returns the new point, of shape (n,)
    """
    ### BEGIN SOLUTION
    curvatures, axes = torch.linalg.eigh(hessian)
    along = axes.T @ grad
    return theta - lr * axes @ (along / (curvatures.abs() + damping))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "saddle_free_step"}
check(saddle_free_step)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(saddle_free_step)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1: a question</summary>
# <p>In which coordinates is dividing by a matrix the same as dividing by numbers, one after the other?</p>
# </details>
# <details><summary>Hint 2: the idea</summary>
# <p><code>torch.linalg.eigh(hessian)</code> gives the eigenvalues and, as columns, the eigenvectors. Turn the
# gradient to them, divide, turn back.</p>
# </details>
# <details><summary>Hint 3: the shape of the code</summary>
# <p><code>curvatures, axes = torch.linalg.eigh(hessian)</code>; <code>along = axes.T @ grad</code>; divide
# <code>along</code>; the step is <code>axes @ ...</code>.</p>
# </details>

# %% [markdown]
# The same starts as above, with your two functions, and descent with rate 0.2 beside them. No step may be longer than
# ½ here, so that nobody jumps far out. That makes it worse for Newton: whoever would have jumped *over* the band of the
# saddle now lands within it.

# %% tags=["demo"]
print("starts that end at the saddle point, of 60")
for name, step in (("Newton", newton_step), ("saddle-free", saddle_free_step),
                   ("descent", lambda theta, grad, hessian: theta - 0.2 * grad)):
    counts = []
    for seed in range(5):
        ends, _ = walk(step, ridge, uniform_starts(ridge.domain, 60, seed), n_steps=60, longest=0.5, settled=1e-4)
        counts.append(int((ends.norm(dim=1) < 1e-2).sum()))
    print(f"{name:12s}", *counts)

print("\nrandom functions, saddle-free: arrivals of 40, and how many of them are no minima")
for dimension in (2, 5, 10):
    falling = [arrivals(saddle_free_step, dimension, seed) for seed in range(3)]
    shares = ", ".join(f"{len(each)} and {int((each > 0).sum())}" for each in falling)
    print(f"d = {dimension:2d}:  {shares}")

# %% [markdown]
# ### Demo: two steps from one start
#
# The picture shows a landscape and, in shades, where *your* `newton_step` takes every start. Drag the start. **Before
# you do**, say: is there a start near the saddle point from which Newton's method still reaches a minimum?
#
# If not, what would have to be changed?
#
# **Goal:** a start within 0.3 of a saddle point from which both methods reach a minimum.

# %% tags=["demo"]
newton_demo(newton_step, saddle_free_step)

# %% [markdown]
# <details><summary>What came out here</summary>
# <p>Without damping there is none: within $1/\sqrt5 = 0.447$ of the ridge every start ends at the saddle point.
# With damping the step along $y$ is divided by $-1 + 3y^2 + \mu$. From $\mu = 1$ on that is positive near the
# ridge, and Newton's step leads downhill like everybody's. Already from $\mu = \tfrac12$ on the start escapes, by
# jumping over the ridge further and further. The price is paid at the minimum, where the same $\mu$ makes the last
# steps short.</p>
# </details>

# %% [markdown]
# ## 4 · Do not trust it far away
#
# ### By hand: a bowl that is too much for Newton
#
# $f(x) = \sqrt{1 + x^2}$ looks like a parabola near 0 and like $|x|$ far away. It is convex, and its only critical
# point is its minimum. With $f' = x/\sqrt{1+x^2}$ and $f'' = (1+x^2)^{-3/2}$ Newton's step is
#
# $$x \;\leftarrow\; x - x\,(1 + x^2) = -x^3 .$$
#
# From 0.9 it goes to $-0.729$, $0.387$, $-0.058$ and is there. From 1.1 it goes to $-1.331$, $2.358$, $-13.1$ and
# runs away. Far out the curvature is nearly 0, so the parabola's bottom lies far beyond the minimum. The
# *direction* is right; the model is just not true that far.
#
# ### Two remedies
#
# **Damping** (Levenberg 1944) adds $\mu$ to every curvature, so no step is longer than $\|g\|/\mu$ in a bowl. For
# large $\mu$ it is a short gradient step, for $\mu = 0$ it is Newton's. It needs a number, and a good one changes
# on the way.
#
# **A line search** keeps the direction $d$ and looks for a size $\alpha$ of the step. It tries a first size and
# shrinks it until the loss has fallen *enough*. What is enough? The slope along $d$ is $g^\top d$, a negative
# number, so it promises a fall of $\alpha\,|g^\top d|$. Armijo (1966) asks for a share $c_1$ of that:
#
# $$f(\theta + \alpha d) \;\le\; f(\theta) + c_1\,\alpha\, g^\top d .$$
#
# He took $c_1 = \tfrac12$ and halved the step; $10^{-4}$ is common today. For small $\alpha$ the loss falls by
# nearly all of what the slope promises, so shrinking always ends. Mere descent, $c_1 = 0$, would not do: steps
# could fall less and less and never arrive.

# %% [markdown]
# ### Exercise 3 · `backtrack`
#
# **Goal** · the first of the sizes $a,\; a\,s,\; a\,s^2,\dots$ with enough descent, for `first` $= a$ and `shrink`
# $= s$. **Difficulty** ●● · **about 8 minutes**
#
# `f` maps a point to its loss, a tensor without axes. It is finite at `theta`; elsewhere it may be $+\infty$, or nan
# as the logarithm of a negative number is: that is no descent. It is never $-\infty$. `direction` always leads
# downhill. Do not stop before a size is good enough, and do not ask for more than the inequality. Return a number.
# In the checks `f` gives 2000 values and no more, so that a search which never ends is ended.

# %% nbgrader={"solution": true, "grade_id": "answer_backtrack"}
def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    """Size of a step with enough descent, by backtracking.

    f : maps a point of shape (n,) to its loss
    theta, grad : tensors of shape (n,), the point and the gradient there
    direction : tensor of shape (n,), d, with gᵀd < 0
    first, shrink : the size that is tried first, and the factor by which it shrinks, 0 < shrink < 1
    c1 : share of the promised descent that is asked for, 0 < c1 < 1
    returns a number, the size α
    """
    ### BEGIN SOLUTION
    loss, slope = f(theta), grad @ direction
    alpha = first
    while not f(theta + alpha * direction) <= loss + c1 * alpha * slope:  # a comparison with nan is False
        alpha *= shrink
    return alpha
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "backtrack"}
check(backtrack)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(backtrack)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1: a question</summary>
# <p>When does the loop end? And what do <code>nan &lt;= 1</code> and <code>nan &gt; 1</code> give?</p>
# </details>
# <details><summary>Hint 2: the idea</summary>
# <p>Begin with <code>first</code> and shrink <em>while it is not good enough</em>. Both comparisons with nan are
# False, so ask whether the step is good, and turn the answer round.</p>
# </details>
# <details><summary>Hint 3: the shape of the code</summary>
# <p><code>while not f(...) &lt;= ...: alpha *= shrink</code>. The slope <code>grad @ direction</code> does not
# change, so work it out once, before the loop.</p>
# </details>

# %% tags=["demo"]
def dish(x):
    return (1 + x.square()).sqrt().sum()


print("Newton's method on √(1 + x²) from 1.1")
for name, searched, damping in (("plain", False, 0.0), ("damped by 1", False, 1.0), ("with backtrack", True, 0.0)):
    x, visited = torch.tensor([1.1], dtype=torch.float64), []
    for _ in range(5):
        slope, curvature = x / (1 + x**2).sqrt(), ((1 + x**2) ** -1.5).reshape(1, 1)
        move = newton_step(x, slope, curvature, damping=damping) - x
        x = x + (backtrack(dish, x, slope, move) if searched else 1) * move
        visited.append(x.item())
    print(f"{name:15s}", "  ".join(f"{value:10.3g}" for value in visited))

# %% [markdown]
# ## 5 · Curvature from first derivatives
#
# Second derivatives are work, and may be negative. Where the loss is a sum of squares, neither has to be.
#
# ### Least squares
#
# Let $r(\theta)$ be the vector of $m$ **residuals**, prediction minus target, and $f = \tfrac12\|r\|^2$. With the
# **Jacobian** $J$, whose row $i$ is the gradient of $r_i$,
#
# $$\nabla f = J^\top r, \qquad \nabla^2 f = J^\top J + \sum_i r_i\,\nabla^2 r_i .$$
#
# Where the fit is good the residuals are small, and so is the sum. Leave it out, and what remains needs first
# derivatives alone and has no negative eigenvalue: the **Gauss–Newton matrix** $J^\top J$. The step, with
# Levenberg's damping, is
#
# $$\theta \;\leftarrow\; \theta - (J^\top J + \mu I)^{-1} J^\top r .$$
#
# **By hand.** One parameter, two residuals: $r = (\theta - 1,\; \theta^2 - 2)$ at $\theta = 2$ is $r = (1, 2)$,
# with $J = (1, 4)^\top$. So $J^\top r = 9$ and $J^\top J = 17$, and the step leads to $2 - 9/17 = 1.47$. The second
# derivative would be $17 + 2\cdot 2 = 21$: the residual 2, times its own curvature 2, has been left out.
#
# Another view: replace the residuals by their tangents $r + Jp$ and solve the *linear* least-squares problem for $p$.
#
# (The loss here is the *sum* of squares, with a ½. For a mean over $m$ residuals the same $\mu$ would mean $m$
# times as much damping.)

# %% [markdown]
# ### Exercise 4 · `gauss_newton_step`
#
# **Goal** · one damped Gauss–Newton step. **Difficulty** ●● · **about 6 minutes**
#
# There are at least as many residuals as parameters, and the columns of $J$ are independent. Marquardt (1963)
# scaled the damping with the parameters, $\mu\,\mathrm{diag}(J^\top J)$; the checks accept that too, and tell you
# its name.

# %% nbgrader={"solution": true, "grade_id": "answer_gauss_newton_step"}
def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    """One step of the Gauss–Newton method on ½‖r‖².

    theta : tensor of shape (n,), the point
    residuals : tensor of shape (m,), prediction minus target
    jacobian : tensor of shape (m, n), row i is the gradient of residual i
    damping : what is added to every eigenvalue of JᵀJ, μ ≥ 0
    returns the new point, of shape (n,)
    """
    ### BEGIN SOLUTION
    identity = torch.eye(len(theta), dtype=theta.dtype, device=theta.device)
    return theta - torch.linalg.solve(jacobian.T @ jacobian + damping * identity, jacobian.T @ residuals)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "gauss_newton_step"}
check(gauss_newton_step)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(gauss_newton_step)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1: a question</summary>
# <p>Which of $J^\top J$ and $JJ^\top$ has one row for each parameter?</p>
# </details>
# <details><summary>Hint 2: the idea</summary>
# <p>It is Newton's step with $J^\top r$ for the gradient and $J^\top J$ for the Hessian.</p>
# </details>
# <details><summary>Hint 3: the shape of the code</summary>
# <p><code>newton_step(theta, ..., ..., damping=damping)</code>, or the two lines of exercise 1 once more.</p>
# </details>

# %% [markdown]
# ### A curve to fit
#
# Twenty-five points on $2.5\,e^{-1.3x}$, with noise. Both methods start at $a = 1$, $b = 0$ in $a\,e^{-bx}$;
# descent has the best of ten rates.

# %% tags=["demo"]
random = torch.Generator().manual_seed(2)
x = torch.linspace(0, 3, 25, dtype=torch.float64)
y = 2.5 * torch.exp(-1.3 * x) + 0.05 * torch.randn(25, generator=random, dtype=torch.float64)


def residuals_and_jacobian(theta):
    a, b = theta
    curve = torch.exp(-b * x)
    return a * curve - y, torch.stack([curve, -a * x * curve], dim=1)


def slope_of_the_fit(theta):
    residuals, jacobian = residuals_and_jacobian(theta)
    return jacobian.T @ residuals


first_guess = torch.tensor([1.0, 0.0], dtype=torch.float64)
quick = [first_guess]
for _ in range(12):
    quick.append(gauss_newton_step(quick[-1], *residuals_and_jacobian(quick[-1])))
quick = torch.stack(quick)
slow = {lr: run(descend, slope_of_the_fit, first_guess, state={}, n_steps=1500, lr=lr)
        for lr in torch.logspace(-3, -0.5, 10).tolist()}
needed = {lr: steps_to_reach((path - quick[-1]).norm(dim=1), 1e-6) or 1501 for lr, path in slow.items()}
best = min(needed, key=needed.get)
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.5), layout="constrained")
left.plot(x, y, ".", color="0.4", label="data")
for number, k in enumerate((0, 1, 2, 6)):
    left.plot(x, quick[k, 0] * torch.exp(-quick[k, 1] * x), **{**{"linewidth": 1.5}, "color": "0.1",
              "linestyle": ("-", "--", "-.", ":")[number]}, label=f"after {k} steps")
left.set(xlabel="x", ylabel="y", ylim=(-0.3, 3))
left.legend()
ways = {
    "Gauss–Newton": (quick - quick[-1]).norm(dim=1)[:7],
    f"descent, η = {best:.2f}": (slow[best] - quick[-1]).norm(dim=1)[:110],
}
for number, (name, distances) in enumerate(ways.items()):
    plot_curves({name: distances.clamp(min=1e-11)}, ax=right, x=range(1, len(distances) + 1), first_style=number,
                xlabel="step + 1", ylabel="distance to the best fit", log_x=True, log_y=True)
right.legend(loc="lower left", fontsize=8)
show(fig, "Left: data that fall like an exponential curve, and fits after 0, 1, 2 and 6 Gauss–Newton steps; the last "
          "lies on the data. Right: the distance to the best fit falls within six Gauss–Newton steps and takes descent "
          "about seventy.")
print(f"best fit: {quick[-1, 0]:.3f} exp(−{quick[-1, 1]:.3f} x)")
print(f"steps to a distance of 1e-6: Gauss–Newton {steps_to_reach((quick - quick[-1]).norm(dim=1), 1e-6)}, "
      f"descent {needed[best]}")

# %% [markdown]
# ## 6 · Fisher: the curvature that a model expects
#
# ### From probabilities
#
# A classifier gives probabilities $p_\theta(c \mid x)$, and its loss is $-\log p_\theta(\text{label} \mid x)$. Call
# $g_c = \nabla_\theta \log p_\theta(c \mid x)$ the gradient for class $c$. Now let the *model* draw the label. Then
# two things hold for every $x$:
#
# $$\mathbb E\,[g_c] = \sum_c p_c\, g_c = 0, \qquad
# F = \mathbb E\,[g_c\, g_c^\top] = -\,\mathbb E\,[\nabla^2 \log p_c] .$$
#
# The first holds because the probabilities always sum to 1: $\sum_c p_c\,\nabla \log p_c = \sum_c \nabla p_c = 0$.
# Differentiate $\sum_c p_c\, g_c = 0$ once more: $\sum_c \nabla p_c\, g_c^\top + p_c \nabla^2\log p_c = 0$, and
# with $\nabla p_c = p_c\, g_c$ the second follows. Mind the minus sign. $F$ is the **Fisher matrix**: outer
# products of *first* derivatives, and at the same time the curvature of the loss that the model expects to see. It
# has no negative eigenvalue. Over a set of examples it is the mean,
#
# $$F = \frac1n \sum_{i=1}^n \sum_c p_{ic}\; g_{ic}\, g_{ic}^\top .$$
#
# **By hand.** One weight $\theta$, one example $x = 1$, the probability of class 1 is $p = \sigma(\theta)$. Then
# $g_1 = 1-p$ and $g_0 = -p$, so $F = p(1-p)^2 + (1-p)p^2 = p(1-p)$. The second derivative of the loss is $p(1-p)$
# as well, whatever the label.
#
# A step along $F^{-1}g$ is the **natural gradient** (Amari 1998): it does not depend on how the model's parameters
# are written down, only on what the model says (for short steps).
#
# ### Whose labels?
#
# Put the *data's* labels in the place of the model's, and $\frac1n\sum_i g_{i y_i} g_{i y_i}^\top$ is called the
# **empirical Fisher matrix**. It is convenient: those gradients are there anyway. But it is in general neither the
# Fisher matrix nor the Gauss–Newton matrix (Martens 2020; Kunstner, Balles and Hennig 2019). Least squares
# show it best: where the fit is perfect all residuals are 0, so all gradients are, and that matrix with them, while
# $J^\top J$ is what it was.

# %% [markdown]
# ### Exercise 5 · `fisher_matrix`
#
# **Goal** · the Fisher matrix of a classifier. **Difficulty** ●●● · **about 10 minutes**
#
# Row $i$ of `probabilities` holds $p_{ic}$ and sums to 1; none of them is 0, where the logarithm would have no
# gradient. `score_gradients[i, c]` is $g_{ic}$, a vector of $d$ numbers.

# %% nbgrader={"solution": true, "grade_id": "answer_fisher_matrix"}
def fisher_matrix(probabilities, score_gradients):
    """The Fisher matrix, from the model's probabilities and the gradients of their logarithms.

    probabilities : tensor of shape (n, k), of each class for each example
    score_gradients : tensor of shape (n, k, d), the gradient of log p of each class for each example
    returns a tensor of shape (d, d)
    """
    ### BEGIN SOLUTION
    outer = score_gradients.unsqueeze(-1) * score_gradients.unsqueeze(-2)
    return (probabilities[..., None, None] * outer).sum(dim=1).mean(dim=0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "fisher_matrix"}
check(fisher_matrix)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(fisher_matrix)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1: a question</summary>
# <p>Over which two of the three axes does the sum run, and which axis appears twice in the result?</p>
# </details>
# <details><summary>Hint 2: the idea</summary>
# <p>For one example and one class the summand is <code>p * torch.outer(g, g)</code>. Two loops do it. Or name the
# axes and let <code>torch.einsum</code> sum.</p>
# </details>
# <details><summary>Hint 3: the shape of the code</summary>
# <p><code>torch.einsum("nc,nci,ncj->ij", ...) / len(probabilities)</code>: letters that are missing on the right
# are summed over.</p>
# </details>

# %% [markdown]
# ### Three matrices side by side
#
# Softmax regression on the wines, with 42 parameters. We train it with Newton steps, damped by 0.01, and compare both
# Fisher matrices with the Hessian $H$ at five points on the way.

# %% tags=["demo"]
wines = data.wine(dtype=torch.float64)
model = softmax_regression(13, 3)


def class_gradients(theta):
    """Probabilities (n, 3), and gradients of the log-probability of every class for every wine (n, 3, 42)."""
    table = theta.reshape(3, 14)
    rows = torch.cat([wines.x, torch.ones_like(wines.x[:, :1])], dim=1)
    p = torch.softmax(rows @ table.T, dim=1)
    scores = torch.eye(3, dtype=torch.float64) - p[:, None, :]  # derivative of log p_c by each class's score
    return p, (scores[:, :, :, None] * rows[:, None, None, :]).flatten(2)


def loss_of(theta):
    return model.loss(theta, wines.x, wines.y)


def empirical_fisher(theta):
    own = class_gradients(theta)[1][torch.arange(len(wines.y)), wines.y]
    return own.T @ own / len(own)


random = torch.Generator().manual_seed(0)
theta = 0.3 * torch.randn(42, generator=random, dtype=torch.float64)
print("step   loss     ‖F − H‖/‖H‖   ‖empirical F − H‖/‖H‖   smallest eigenvalue of H")
for step in range(5):
    hessian = torch.autograd.functional.hessian(loss_of, theta)
    fisher, empirical = fisher_matrix(*class_gradients(theta)), empirical_fisher(theta)
    apart, other = ((matrix - hessian).norm() / hessian.norm() for matrix in (fisher, empirical))
    lowest = torch.linalg.eigvalsh(hessian)[0]
    print(f"{step:4d}   {loss_of(theta):.4f}   {apart:11.0e}   {other:21.2f}   {lowest:20.0e}")
    theta = newton_step(theta, model.gradient(theta, wines.x, wines.y), hessian, damping=0.01)

# %% [markdown]
# **Which is which?** Before you read on, say for the Hessian of the loss, the Gauss–Newton matrix, the Fisher matrix
# and the empirical Fisher matrix: which of them may have negative eigenvalues, which need the labels of the data, and
# which vanishes with the residuals of a perfect least-squares fit?
#
# <details><summary>Compare</summary>
# <p>Negative eigenvalues: the Hessian alone; the others are sums of outer products with weights that are not negative.
# Labels: the Hessian and the empirical Fisher matrix; the Fisher matrix takes those of the model, and $J^\top J$ none.
# With the residuals: the empirical Fisher matrix alone, while $J^\top J$ is then the Hessian itself.</p>
# </details>
#
# $F = H$, to the last digit. That is special: in softmax regression the scores are linear in $\theta$, and then the
# second derivative of the loss does not depend on the label, so its expectation is itself. For a network the scores
# bend too, and $F$ leaves out that part, as Gauss–Newton does. (For a softmax output with cross-entropy $F$ is
# exactly the generalized Gauss–Newton matrix; Martens 2020.)
#
# The empirical matrix is off by nearly as much as the Hessian is large. Does that spoil the training? **Predict**:
# ten steps with each of the two matrices, damped by 0.01 and with your `backtrack`. Which goes lower?

# %% tags=["demo"]
def train(matrix_of, start):
    theta = start
    for _ in range(10):
        grad = model.gradient(theta, wines.x, wines.y)
        move = newton_step(theta, grad, matrix_of(theta), damping=0.01) - theta
        theta = theta + backtrack(loss_of, theta, grad, move) * move
    return loss_of(theta).item()


print("seed   Fisher   empirical   descent, η = 1")
for seed in range(5):
    start = 0.3 * torch.randn(42, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    plain = run(descend, lambda theta: model.gradient(theta, wines.x, wines.y), start, state={}, n_steps=10, lr=1.0)[-1]
    print(f"{seed:4d}   {train(lambda theta: fisher_matrix(*class_gradients(theta)), start):.4f}   "
          f"{train(empirical_fisher, start):9.4f}   {loss_of(plain).item():14.4f}")

# %% [markdown]
# <details><summary>What came out here</summary>
# <p>Neither. The loss ends at 0.0057 to 0.0063 with the Fisher matrix, at 0.0042 to 0.0066 with the empirical one,
# and at 0.08 to 0.10 with descent.</p>
# </details>
#
# So this data set does not decide the quarrel, and one should not claim that it does. What is certain is what the
# matrices *are*. Lesson 6 told AdaGrad's story in these words: it keeps the diagonal of a sum of $g g^\top$ with
# the data's labels. With one example a step that is the diagonal of the *empirical* Fisher matrix, up to a factor,
# and AdaGrad takes its root.

# %% [markdown]
# ## 7 · Learn the inverse
#
# ### What a step teaches
#
# In one dimension two gradients tell the curvature: $f'' \approx (f'_{\text{new}} -
# f'_{\text{old}})/(x_{\text{new}} - x_{\text{old}})$. In many dimensions call the last step $s$ and the change of
# the gradient $y$,
#
# $$s = \theta_{\text{new}} - \theta_{\text{old}}, \qquad y = g_{\text{new}} - g_{\text{old}} .$$
#
# On a quadratic $y = Hs$ exactly. So every step shows what $H$ does in one direction. Keep a matrix $B$ that stands
# for $H^{-1}$ and ask that it agree with what was just seen, the **secant equation**
#
# $$B\,y = s .$$
#
# **By hand.** Start with $B = I$ and see $s = (1, 0)$, $y = (4, 0)$: the curvature along the first axis is 4. The
# new $B$ must map $(4, 0)$ to $(1, 0)$, and nothing was said of the second axis. $\mathrm{diag}(\tfrac14, 1)$ does
# that.
#
# ### BFGS
#
# Many matrices satisfy $By = s$. Broyden, Fletcher, Goldfarb and Shanno (all 1970) came by different ways to the
# one that changes the old $B$ least, in a suitable norm. With $\rho = 1/(y^\top s)$,
#
# $$B \;\leftarrow\; (I - \rho\, s y^\top)\, B\, (I - \rho\, y s^\top) + \rho\, s s^\top .$$
#
# The two factors make $B$ forget what it said of $y$; the last term is what it learns. Check it: $(I - \rho\,y
# s^\top)\,y = y - \rho\,(s^\top y)\,y = 0$, so the first part gives 0, and $\rho\, s\,(s^\top y) = s$.
#
# ### The curvature condition
#
# $y^\top s$ is the curvature along the step, times $\|s\|^2$. It has to be positive: from $By = s$ follows $y^\top
# B y = y^\top s$, and for a positive definite $B$ the left side is positive. Where the loss curves downwards along
# the step, $y^\top s \le 0$, and no such $B$ exists. Then we **leave $B$ as it is**. (Textbooks choose the step by
# a line search of Wolfe's kind, which guarantees $y^\top s > 0$, or blend $y$ with $B^{-1}s$, which is Powell's
# damping. Nocedal and Wright 2006, chapters 6 and 18.)

# %% [markdown]
# ### Exercise 6 · `bfgs_update`
#
# **Goal** · the new matrix after one pair. **Difficulty** ●●● · **about 10 minutes**
#
# `inverse` is $B$, symmetric and positive definite. Where $y^\top s \le 0$, exactly 0 included, return it unchanged.

# %% nbgrader={"solution": true, "grade_id": "answer_bfgs_update"}
def bfgs_update(inverse, s, y):
    """What BFGS learns of the inverse Hessian from one step.

    inverse : symmetric tensor of shape (n, n), B
    s, y : tensors of shape (n,), the step and the change of the gradient
    returns the new B, of shape (n, n)
    """
    ### BEGIN SOLUTION
    curvature = y @ s
    if curvature <= 0:
        return inverse
    identity = torch.eye(len(s), dtype=s.dtype, device=s.device)
    left = identity - torch.outer(s, y) / curvature
    return left @ inverse @ left.T + torch.outer(s, s) / curvature
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bfgs_update"}
check(bfgs_update)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(bfgs_update)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1: a question</summary>
# <p>Which of $s^\top y$ and $s\,y^\top$ is a number, and which is a matrix? How are the two factors related?</p>
# </details>
# <details><summary>Hint 2: the idea</summary>
# <p>For vectors <code>s @ y</code> is the number and <code>torch.outer(s, y)</code> the matrix. The right factor is
# the left one's transpose. Look at $y^\top s$ before you divide by it.</p>
# </details>
# <details><summary>Hint 3: the shape of the code</summary>
# <p><code>if y @ s &lt;= 0: return inverse</code>; <code>left = torch.eye(...) - torch.outer(s, y) / ...</code>; then
# <code>left @ inverse @ left.T + ...</code>.</p>
# </details>

# %% [markdown]
# ### Demo: watch it learn
#
# A bowl, and two ellipses: where $x^\top H x$ is constant, and where $x^\top B^{-1} x$ is, for the $B$ that *your*
# `bfgs_update` makes of the steps that you pick. At first $B = I$, a circle. **Before you begin**, say how many steps
# it takes until the ellipses agree, and whether any two steps will do.
#
# **Goal:** $B = H^{-1}$ after two updates.

# %% tags=["demo"]
secant_demo(bfgs_update)

# %% [markdown]
# <details><summary>What came out here</summary>
# <p>Any two steps do not. The second update keeps all that the first has taught only where $s_2^\top H s_1 = 0$, that
# is $s_2^\top y_1 = 0$: where the two steps are <em>conjugate</em>. (Where one update has left little to learn, other
# steps come close too.) With an exact line search BFGS takes conjugate steps by itself.</p>
# </details>

# %% [markdown]
# ### $n$ steps, if the arithmetic is exact
#
# On a quadratic with an exact line search BFGS arrives after $n$ steps, and then $B = H^{-1}$. Here are ten
# parameters with $\kappa = 100$.

# %% tags=["demo"]
def spread_curvatures(n, condition):
    return torch.logspace(-math.log10(condition), 0, n, dtype=torch.float64)


def bfgs_on_a_bowl(hessian, b, n_steps):
    """BFGS with exact line search on ½xᵀHx − bᵀx from 0: distances to the solution, and errors of B, by step."""
    x, inverse = torch.zeros_like(b), torch.eye(len(b), dtype=b.dtype)
    solution, wanted = torch.linalg.solve(hessian, b), torch.linalg.inv(hessian)
    distances, errors = [], []
    for _ in range(n_steps + 1):
        distances.append((x - solution).norm() / solution.norm())
        errors.append((inverse - wanted).norm() / wanted.norm())
        grad = hessian @ x - b
        d = -(inverse @ grad)
        s = -(grad @ d) / (d @ hessian @ d) * d
        x = x + s
        if grad.norm() > 1e-13:
            inverse = bfgs_update(inverse, s, hessian @ s)
    return torch.stack(distances), torch.stack(errors)


fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.4), layout="constrained")
curves = {}
for n, condition in ((10, 100), (30, 1000), (50, 10_000)):
    hessian = bowl_of(spread_curvatures(n, condition), 0)
    b = torch.randn(n, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    curves[f"n = {n}, κ = {condition}"] = bfgs_on_a_bowl(hessian, b, n + 20)
for ax, part, label in ((left, 0, "distance, relative"), (right, 1, "error of B, relative")):
    shown = {name: pair[part] for name, pair in curves.items()}
    plot_curves(shown, ax=ax, xlabel="step", ylabel=label, log_y=True)
handles, labels = left.get_legend_handles_labels()
fig.legend(handles, labels, loc="outside upper center", ncols=3)
left.get_legend().remove()
right.get_legend().remove()
show(fig, "Left: the distance to the solution by step, for three bowls. With n = 10 it drops to rounding at step 10, "
          "with n = 30 a few steps after 30 and with n = 50 nearly ten steps after 50. Right: the error of B stays "
          "near 1 until just before and then drops likewise.")
for seed in range(5):
    hessian = bowl_of(spread_curvatures(10, 100), seed)
    b = torch.randn(10, generator=torch.Generator().manual_seed(100 + seed), dtype=torch.float64)
    distances, errors = bfgs_on_a_bowl(hessian, b, 12)
    print(f"seed {seed}, n = 10, κ = 100: within 1e-6 after {steps_to_reach(distances, 1e-6)} steps, "
          f"then B is H⁻¹ up to {errors[10]:.0e}")

# %% [markdown]
# **"$n$ steps" is a theorem about exact arithmetic.** With $\kappa = 100$ it comes true. With $\kappa = 1000$
# rounding costs a few steps more, with $\kappa = 10^4$ and 50 parameters nearly ten.

# %% [markdown]
# ## 8 · Forget the matrix: L-BFGS
#
# $B$ has $n^2$ entries. But $B$ is nothing else than the start $B_0$ and the pairs that were seen since. So keep
# the last $m$ pairs, which are $2mn$ numbers, and multiply $Bg$ out of them each time (Nocedal 1980; Liu and
# Nocedal 1989). Look at what one update does to a vector $g$:
#
# $$B\,g = (I - \rho s y^\top)\; B_{\text{old}}\; \underbrace{(g - \alpha\, y)}_{q} + \alpha\, s,
# \qquad \alpha = \rho\, s^\top g .$$
#
# So: take $\alpha y$ away, let the *older* pairs work on the rest, and repair on the way back, $r - \rho\,(y^\top
# r)\,s + \alpha s = r + (\alpha - \beta)\,s$ with $\beta = \rho\, y^\top r$. Written out for all pairs these are
# the **two loops**:
#
# 1. $q \leftarrow g$. For the pairs from the newest to the oldest: $\alpha_i = s_i^\top q / y_i^\top s_i$, $\;q
#    \leftarrow q - \alpha_i y_i$.
# 2. $r \leftarrow B_0\, q$, with $B_0 = \gamma I$ and $\gamma = s^\top y / y^\top y$ of the **newest** pair.
# 3. For the pairs from the oldest to the newest: $\beta = y_i^\top r / y_i^\top s_i$,
#    $r \leftarrow r + (\alpha_i - \beta)\, s_i$.
#
# The direction is $-r$.
#
# **By hand.** One pair, $s = (1, 0)$, $y = (4, 0)$, and $g = (4, 1)$. $\alpha = 4/4 = 1$, so $q = (4, 1) - (4, 0) =
# (0, 1)$. $\gamma = 4/16 = \tfrac14$, so $r = (0, \tfrac14)$. $\beta = 0$, so $r = (1, \tfrac14)$. Along the step
# the curvature 4 is used exactly; elsewhere the same 4 is the best guess there is.

# %% [markdown]
# ### Exercise 7 · `lbfgs_direction`
#
# **Goal** · the direction $-Bg$ from a list of pairs. **Difficulty** ●●●● · **about 15 minutes**
#
# The lists hold the oldest pair first, and all $y_i^\top s_i$ are positive. They may be empty: then the direction
# is $-g$. $B_0 = I$ instead of $\gamma I$ is accepted and named. A function that builds the matrix $B$ from the
# same start is right as well; it just needs the $n^2$ numbers that we wanted to save.

# %% nbgrader={"solution": true, "grade_id": "answer_lbfgs_direction"}
def lbfgs_direction(grad, s_list, y_list):
    """The direction −Bg of L-BFGS.

    grad : tensor of shape (n,)
    s_list, y_list : lists of tensors of shape (n,), steps and changes of the gradient, the oldest first
    returns a tensor of shape (n,)
    """
    ### BEGIN SOLUTION
    q, alphas = grad, []
    for s, y in zip(reversed(s_list), reversed(y_list), strict=True):
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    if s_list:
        q = q * (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1])
    for s, y, alpha in zip(s_list, y_list, reversed(alphas), strict=True):
        beta = (y @ q) / (y @ s)
        q = q + (alpha - beta) * s
    return -q
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lbfgs_direction"}
check(lbfgs_direction)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(lbfgs_direction)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1: a question</summary>
# <p>In which order does each loop go through the pairs, and which numbers of the first loop does the second need?</p>
# </details>
# <details><summary>Hint 2: the idea</summary>
# <p>Keep each $\alpha_i$ in a list. The first loop fills it from the newest pair on, so the second reads it from
# its end. <code>reversed(...)</code> turns a list round.</p>
# </details>
# <details><summary>Hint 3: the shape of the code</summary>
# <p>Three parts: a loop over <code>zip(reversed(s_list), reversed(y_list))</code> that appends to
# <code>alphas</code>; one line with $\gamma$, if there is a pair; a loop over <code>zip(s_list, y_list,
# reversed(alphas))</code>.</p>
# </details>

# %% [markdown]
# ### The length of the first step
#
# Before there is a pair nothing is known of any scale, and $-g$ may be far too long. `torch.optim.LBFGS` shortens
# its first step to $\min(1, 1/\|g\|_1)$. Does that matter? **Predict**, then look: the long valley from $(-1.2,
# 1)$, where $\|g\|_1 = 304$, with and without.

# %% nbgrader={"locked": true, "grade_id": "minimizer"}
def minimize(choose, f, theta, *, most, tolerance=1e-8, first=lambda grad, k: 1.0, seen=lambda s, y: None,
             path=None):
    """Follow directions with your `backtrack` until the loss is at most `tolerance`.

    choose : maps a point and its gradient to a direction
    first : maps a gradient and the number of the step to the first size to try
    seen : is told of every pair s, y
    path : list that gets every point on the way
    returns the number of steps, or None
    """
    path = [] if path is None else path
    path.append(theta)
    grad = f.gradient(theta)
    for k in range(most):
        if f(theta) <= tolerance:
            return k
        d = choose(theta, grad)
        s = backtrack(f, theta, grad, d, first=first(grad, k)) * d
        theta, old = theta + s, grad
        path.append(theta)
        grad = f.gradient(theta)
        seen(s, grad - old)
    return None

# %% tags=["demo"]
rosenbrock = long_valley()
classic = torch.tensor([-1.2, 1.0], dtype=torch.float64)


def lbfgs_run(start, *, shortened, memory=10, most=1000):
    """Steps that L-BFGS takes down the valley, and how many of its pairs were refused."""
    pairs, refused = [], []

    def seen(s, y):
        if y @ s > 0:
            pairs.append((s, y))
            del pairs[:-memory]
        else:
            refused.append((s, y))

    steps = minimize(
        lambda theta, grad: lbfgs_direction(grad, [s for s, _ in pairs], [y for _, y in pairs]),
        rosenbrock, start, most=most, seen=seen,
        first=lambda grad, k: min(1.0, 1 / grad.abs().sum().item()) if shortened and k == 0 else 1.0,
    )
    return steps, len(refused)


for shortened in (True, False):
    steps, refused = lbfgs_run(classic, shortened=shortened)
    taken = f"{steps} steps" if steps is not None else "not there after 1000 steps"
    print(f"first step {'shortened' if shortened else 'of length ‖g‖  '}: {taken}, {refused} pairs refused")

# %% [markdown]
# <details><summary>What came out here</summary>
# <p>Shortened, 36 steps and no pair refused. Not shortened, 670 steps, and 639 pairs refused. The first step is cut
# back to a thousandth of $-g$ and ends on the steep wall of the valley, and so do the next two: what is learnt
# there is a large curvature, hence a small $\gamma$. From then on the loss curves slightly <em>downwards</em> along
# each little step, $y^\top s < 0$, the pair is refused, and $\gamma$ stays that of the wall. What is left is
# descent with a tiny rate, for 639 steps. No error is raised; it is just slow. So count the pairs that are
# refused.</p>
# </details>

# %% [markdown]
# ## 9 · Never form it: conjugate gradients
#
# ### Only products
#
# A Newton step solves $Hp = -g$. Lesson 3 multiplied $H$ with a vector at the price of about two gradients, without
# ever building it (Pearlmutter 1994). Can one *solve* with products alone?
#
# The best step along the gradient, again and again, is steepest descent: it zigzags, because each step spoils what
# the last one has reached. **Conjugate** directions do not: $p_i^\top H p_j = 0$ means that a step along $p_j$
# leaves the slope along $p_i$ at zero. So after one step along each of $n$ conjugate directions all slopes are 0
# and we are at the bottom. Hestenes and Stiefel (1952) found that such directions can be had from the last one
# alone. To solve $Hx = b$ start with $x = 0$, $r = b$, $p = b$, and repeat
#
# $$\alpha = \frac{r^\top r}{p^\top H p}, \quad x \leftarrow x + \alpha p, \quad r_{\text{new}} = r - \alpha H p, \quad
# \beta = \frac{r_{\text{new}}^\top r_{\text{new}}}{r^\top r}, \quad p \leftarrow r_{\text{new}} + \beta p .$$
#
# $r = b - Hx$ is the **residual** all the way, the negative gradient of $\tfrac12x^\top Hx - b^\top x$.
#
# **By hand.** $H = \mathrm{diag}(1, 3)$, $b = (3, 3)$. The first product is $Hp = (3, 9)$, so $\alpha = 18/36 =
# \tfrac12$, $x = (1.5, 1.5)$, $r = (1.5, -1.5)$. Then $\beta = 4.5/18 = \tfrac14$ and $p = (2.25, -0.75)$. The
# second product is $(2.25, -2.25)$, $\alpha = 4.5/6.75 = \tfrac23$, and $x = (3, 1)$: solved, after two products.

# %% [markdown]
# ### Exercise 8 · `cg_solve`
#
# **Goal** · $x$ after `n_steps` steps of conjugate gradients from 0. **Difficulty** ●●● · **about 12 minutes**
#
# `hvp` maps a vector $v$ to $Hv$, for a symmetric positive definite $H$. A product is dear: call it exactly once in
# each step, and not at all before the first. Some of the checks hand out no more than that, so that a single product
# more, for the residual at $x = 0$ or behind the last step, fails in them. Stop where the residual is exactly 0, for
# then $\alpha$ would be 0/0. `n_steps` may be 0.

# %% nbgrader={"solution": true, "grade_id": "answer_cg_solve"}
def cg_solve(hvp, b, *, n_steps):
    """Solve Hx = b by conjugate gradients.

    hvp : maps a vector v of shape (n,) to Hv
    b : tensor of shape (n,)
    n_steps : number of steps, each with one product
    returns x, of shape (n,)
    """
    ### BEGIN SOLUTION
    x, r = torch.zeros_like(b), b
    p, size = r, r @ r
    for _ in range(n_steps):
        if size == 0:
            break
        product = hvp(p)
        alpha = size / (p @ product)
        x = x + alpha * p
        r = r - alpha * product
        old, size = size, r @ r
        p = r + size / old * p
    return x
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "cg_solve"}
check(cg_solve)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(cg_solve)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1: a question</summary>
# <p>$Hp$ appears twice in the formulas. How often do you have to compute it? And what is the residual at $x = 0$?</p>
# </details>
# <details><summary>Hint 2: the idea</summary>
# <p>Compute the product once and keep it. Keep $r^\top r$ of the last step too: it is needed for $\beta$ after $r$
# has changed.</p>
# </details>
# <details><summary>Hint 3: the shape of the code</summary>
# <p>Before the loop <code>x</code>, <code>r</code>, <code>p</code> and <code>size = r @ r</code>. Inside it: leave
# if <code>size == 0</code>; the product; <code>alpha</code>; <code>x</code> and <code>r</code>; the new size;
# <code>p</code>.</p>
# </details>

# %% [markdown]
# ### Demo: eigenvalues on a line
#
# A bowl in 50 dimensions whose eigenvalues you drag. Beside them stands what *your* `cg_solve` leaves of the error
# after each product. **Before you drag**, say what decides how many products are needed: the condition number, or
# something else?
#
# **Goal:** solve it in 4 products.

# %% tags=["demo"]
cg_demo(cg_solve)

# %% [markdown]
# <details><summary>What came out here</summary>
# <p>The number of <em>different</em> eigenvalues decides. After $k$ steps CG has found the best polynomial of
# degree $k$ in $H$, and one with a zero at each of $k$ eigenvalues leaves no error. So four places at which all
# handles lie are enough, however far apart they are. Clusters that are narrow, but not points, come close.</p>
# </details>

# %% [markdown]
# ### How far that goes
#
# Steps to a relative error of $10^{-6}$, for five random bowls each. Descent has its best rate, momentum Polyak's
# constants (lesson 5).

# %% tags=["demo"]
def cg_steps(hessian, b, most):
    """Number of steps after which CG is within 1e-6 of the solution, or None."""
    solution = torch.linalg.solve(hessian, b)
    for k in range(1, most + 1):
        if (cg_solve(lambda v: hessian @ v, b, n_steps=k) - solution).norm() <= 1e-6 * solution.norm():
            return k
    return None


def descent_steps(curvatures):
    """Steps of descent with its best rate, by the factors of section 1 of lesson 3."""
    factors = 1 - 2 / (curvatures.max() + curvatures.min()) * curvatures
    powers = factors.abs() ** torch.arange(round(8 * (curvatures.max() / curvatures.min()).item()))[:, None]
    return steps_to_reach(powers.norm(dim=1) / powers[0].norm(), 1e-6)


def momentum_steps(curvatures):
    """Steps of momentum with Polyak's constants (lesson 5)."""
    low, high = curvatures.min().sqrt(), curvatures.max().sqrt()
    lr, beta = 4 / (low + high) ** 2, ((high - low) / (high + low)) ** 2
    x, v = torch.ones_like(curvatures), torch.zeros_like(curvatures)
    distances = [x.norm()]
    for _ in range(round(20 * (high / low).item())):
        v = beta * v - lr * curvatures * x
        x = x + v
        distances.append(x.norm())
    return steps_to_reach(torch.stack(distances) / distances[0], 1e-6)


table = {
    "n = 10, κ = 100": spread_curvatures(10, 100),
    "n = 30, κ = 1000": spread_curvatures(30, 1000),
    "n = 50, κ = 10 000": spread_curvatures(50, 10_000),
    "n = 50, three different": torch.tensor([0.01, 0.3, 1.0], dtype=torch.float64).repeat(17)[:50].sort().values,
}
print("bowl                        CG                        BFGS                      descent  momentum")
for name, curvatures in table.items():
    n = len(curvatures)
    found = {"CG": [], "BFGS": []}
    for seed in range(5):
        hessian = bowl_of(curvatures, seed)
        b = torch.randn(n, generator=torch.Generator().manual_seed(100 + seed), dtype=torch.float64)
        found["CG"].append(cg_steps(hessian, b, n + 20))
        found["BFGS"].append(steps_to_reach(bfgs_on_a_bowl(hessian, b, n + 20)[0], 1e-6))
    cells = "  ".join(f"{' '.join('–' if k is None else str(k) for k in found[method]):24s}" for method in found)
    print(f"{name:26s}  {cells}  {descent_steps(curvatures):7d}  {momentum_steps(curvatures):8d}")
print("– means: not within n + 20 steps")

# %% [markdown]
# For $\kappa = 100$ it is $n$ steps, for both. With three different eigenvalues it is three. With a large condition
# number rounding destroys the conjugacy of far-away directions: CG needs half as many steps again with $\kappa =
# 1000$, and for $\kappa = 10^4$ has not arrived after 70. BFGS keeps a matrix and suffers less. Both are still far
# ahead of momentum, whose rate belongs to $\kappa$ alone, and they need no constants.
#
# ### A Newton step without a Hessian
#
# Damped Newton steps on the wines again, with products by automatic differentiation, and no more than $k$ of them
# (**Newton-CG**, or *Hessian-free* optimization: Martens 2010).

# %% tags=["demo"]
def hvp_at(theta, damping):
    """Products with H + μI at a point, by differentiating the slope along v (lesson 3)."""
    at = theta.clone().requires_grad_()
    (slope,) = torch.autograd.grad(loss_of(at), at, create_graph=True)
    return lambda v: torch.autograd.grad(slope @ v, at, retain_graph=True)[0] + damping * v


theta = torch.zeros(42, dtype=torch.float64)
grad = model.gradient(theta, wines.x, wines.y)
whole = newton_step(theta, grad, torch.autograd.functional.hessian(loss_of, theta), damping=0.01)
print("products   distance to the damped Newton step   loss after it")
for k in (1, 2, 5, 10, 20, 42):
    near = theta - cg_solve(hvp_at(theta, 0.01), grad, n_steps=k)
    print(f"{k:8d}   {(near - whole).norm() / whole.norm():34.1e}   {loss_of(near):13.4f}")
print(f"exact step: loss {loss_of(whole):.4f}, from {loss_of(theta):.4f}")

# %% [markdown]
# A dozen products do for nearly all of the step, with 42 parameters as with millions: what counts is how the
# eigenvalues lie, not how many there are.

# %% [markdown]
# ### Losses that are no quadratics
#
# Where the loss is not quadratic, the same idea gives a direction for a line search: the negative gradient, and
# $\beta$ times the last direction,
#
# $$d = -g + \max(0, \beta)\, d_{\text{old}}, \qquad
# \beta = \frac{g^\top(g - g_{\text{old}})}{g_{\text{old}}^\top g_{\text{old}}} .$$
#
# This is the formula of Polak and Ribière (1969); Fletcher and Reeves (1964) have $g^\top g$ above, as in
# `cg_solve`. On a quadratic with exact steps they agree, because gradients of two successive steps are then
# orthogonal. Compare with momentum: it is the same sum, with a $\beta$ that is worked out anew at each step. Where
# $\beta$ would be negative it is set to 0, and the method begins anew along $-g$.

# %% [markdown]
# ### Exercise 9 · `cg_direction`
#
# **Goal** · the next direction. **Difficulty** ●● · **about 5 minutes**
#
# The checks also accept, and name, the $\beta$ of Fletcher and Reeves, of Hestenes and Stiefel, and of Dai and
# Yuan, each with the 0. The old gradient is not 0, and the old direction leads downhill.

# %% nbgrader={"solution": true, "grade_id": "answer_cg_direction"}
def cg_direction(grad, old_grad, old_direction):
    """The next direction of nonlinear conjugate gradients.

    grad, old_grad : tensors of shape (n,), the gradient here and at the last point
    old_direction : tensor of shape (n,), the last direction
    returns a tensor of shape (n,)
    """
    ### BEGIN SOLUTION
    beta = grad @ (grad - old_grad) / (old_grad @ old_grad)
    return -grad + beta.clamp(min=0) * old_direction
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "cg_direction"}
check(cg_direction)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(cg_direction)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1: a question</summary>
# <p>Is $\beta$ one number, or one for each parameter?</p>
# </details>
# <details><summary>Hint 2: the idea</summary>
# <p>Inner products: <code>a @ b</code>. What must not become negative is $\beta$, not the direction.</p>
# </details>
# <details><summary>Hint 3: the shape of the code</summary>
# <p><code>beta = grad @ (...) / (...)</code>, then <code>-grad + beta.clamp(min=0) * old_direction</code>.</p>
# </details>

# %% [markdown]
# ## 10 · The bill
#
# ### In steps
#
# The long valley to a loss of $10^{-8}$, from five starts, every method with *your* `backtrack`. Newton's direction
# is that of `saddle_free_step`, since the valley curves downwards in places.

# %% tags=["demo"]
def conjugate(start, most=1000):
    kept = {}

    def choose(theta, grad):
        d = cg_direction(grad, kept["grad"], kept["d"]) if kept else -grad
        kept["grad"], kept["d"] = grad, d if grad @ d < 0 else -grad
        return kept["d"]

    return minimize(choose, rosenbrock, start, most=most)


def quasi_newton(start, most=500):
    kept = {"inverse": torch.eye(2, dtype=torch.float64)}

    def seen(s, y):
        kept["inverse"] = bfgs_update(kept["inverse"], s, y)

    return minimize(lambda theta, grad: -(kept["inverse"] @ grad), rosenbrock, start, most=most, seen=seen,
                    first=lambda grad, k: min(1.0, 1 / grad.abs().sum().item()) if k == 0 else 1.0)


def newton_direction(theta, grad):
    return saddle_free_step(theta, grad, rosenbrock.hessian(theta)) - theta


starts = [(-1.2, 1.0), (1.5, -0.5), (-1.5, 2.5), (0.0, 2.0), (1.8, 0.5)]
methods = {
    "descent": lambda start: minimize(lambda theta, grad: -grad, rosenbrock, start, most=1000),
    "conjugate gradients": conjugate,
    "BFGS": quasi_newton,
    "L-BFGS": lambda start: lbfgs_run(start, shortened=True)[0],
    "Newton, saddle-free": lambda start: minimize(newton_direction, rosenbrock, start, most=500),
}
print("steps from                " + "  ".join(f"{start!s:>12s}" for start in starts))
for name, method in methods.items():
    counts = [method(torch.tensor(start, dtype=torch.float64)) for start in starts]
    print(f"{name:24s}  " + "  ".join(f"{'> 1000' if count is None else count!s:>12s}" for count in counts))

fig, ax = plt.subplots(figsize=(6.6, 4.2), layout="constrained")
plot_contours(rosenbrock, ax=ax)
for number, (name, choose) in enumerate({"descent, 200 steps": lambda theta, grad: -grad,
                                         "Newton, saddle-free": newton_direction}.items()):
    way = []
    minimize(choose, rosenbrock, classic, most=200, path=way)
    plot_path(torch.stack(way), ax=ax, label=name, number=number)
show(fig, "Level lines of a bent valley. Descent creeps near its start, is thrown across to the other arm of the "
          "valley by one long step, and creeps there. Newton's method follows the bend to the minimum in twenty steps.")

# %% [markdown]
# Descent creeps; the one long step across the valley was luck, a first trial of $-g$ that happened to land low
# enough on the other side. Newton's method follows the floor of the valley. The order of the others is typical,
# their exact numbers are not: another start, and BFGS needs 13 steps or 77.
#
# ### In numbers stored and work done
#
# What each method keeps beside $\theta$ and $g$, and what it does in a step beside computing gradients, for $n$
# weights, a memory of $m = 10$ pairs, and $k = 10$ products.

# %% tags=["demo"]
n, m, k = 100_000, 10, 10
bill = [
    ("descent", "0", 0, "n", n),
    ("momentum", "n", n, "n", n),
    ("Adam", "2n", 2 * n, "n", n),
    ("conjugate gradients", "2n", 2 * n, "n", n),
    ("L-BFGS", "2mn", 2 * m * n, "4mn", 4 * m * n),
    ("Newton-CG", "4n", 4 * n, "2k gradients", None),
    ("BFGS", "n²", n**2, "n²", n**2),
    ("Gauss–Newton, Newton", "n²", n**2, "n³/3", n**3 / 3),
]
print(f"n = {n}            numbers stored          bytes (float32)    operations in a step")
for name, formula, stored, work_formula, work in bill:
    size = f"{4 * stored / 2**30:.3g} GiB" if stored >= 2**28 else f"{4 * stored / 2**20:.3g} MiB"
    done = work_formula if work is None else f"{work_formula} = {work:.0e}"
    print(f"{name:22s}  {formula:>4s} = {stored:12.0e}  {size:>18s}    {done}")

sizes, seconds = [100, 200, 400, 800, 1600], []
for size in sizes:
    matrix = torch.eye(size) + torch.ones(size, size) / size
    right = torch.ones(size)
    begun = time.perf_counter()
    torch.linalg.solve(matrix, right)
    seconds.append(time.perf_counter() - begun)
print("\nmilliseconds to solve with n = " + ", ".join(map(str, sizes)) + ": "
      + ", ".join(f"{1000 * second:.1f}" for second in seconds))

# %% [markdown]
# A hundred thousand weights are a small network, and its Hessian has $10^{10}$ entries: 37 GiB. Only the rows with
# $n$ or $mn$ are left for large networks.
#
# ### Why deep networks still use Adam
#
# - **Noise.** All of this lesson used exact gradients. $y$ is a *difference* of two of them, so in minibatches it
#   is mostly noise, unless both are taken on the same rows; and a noisy curvature that is inverted is worse than
#   none. Second-order methods want batches of thousands of rows where descent is happy with a hundred.
# - **Saddles.** Newton's method proper is drawn to them, and networks have many.
# - **The price of a step.** Ten products cost as much as twenty gradients. Twenty steps of Adam are hard to beat.
#
# What is used are matrices between the diagonal and the whole: blocks for each layer that factor (K-FAC, Martens
# and Grosse 2015; Shampoo, Gupta, Koren and Singer 2018). And wherever a loss is smooth, small and exact, as in
# most of statistics, L-BFGS and Gauss–Newton are the methods to begin with.

# %% [markdown]
# ### Which would you take?
#
# 1. A logistic regression with 200 features and 10 000 rows.
# 2. Fitting the 6 parameters of a physical model to 500 measurements.
# 3. A network with 20 million weights, trained in minibatches of 128.
#
# **Write down** for each which method of this course you would begin with, and why the two obvious alternatives
# would be worse: what would they cost, in numbers stored or in work, or what would go wrong?

# %% [markdown] nbgrader={"grade": true, "solution": true, "grade_id": "reflection_cost", "points": 3}
# ### BEGIN SOLUTION
# **1.** Newton's method (here F = H, so it is the natural gradient too) or L-BFGS. H has 201² = 40 000 entries,
# which is nothing, and is positive semidefinite, so no saddle can attract; a little damping and a line search make
# it safe. About ten steps. Descent would need hundreds and a rate; Adam as well, and its noise is not needed with
# 10 000 rows.
#
# **2.** Gauss–Newton with Levenberg's damping: squares of residuals, six parameters, first derivatives alone. The
# Hessian would need second derivatives and may be indefinite far from the fit; BFGS has to learn what JᵀJ knows at
# once.
#
# **3.** Adam, or momentum. The matrices of Newton and BFGS would have 4·10¹⁴ entries. L-BFGS fits into memory (400
# million numbers for m = 10), but differences of gradients of two minibatches of 128 are mostly noise.
#
# *Rubric.* One point for each of the three: half for a method that fits, half for a reason that names a cost or a
# failure of another one. Other choices with sound reasons are right as well.
# ### END SOLUTION

# %% [markdown]
# ## Summary
#
# - Newton's step $-H^{-1}g$ jumps to the critical point of the model of second order. It does not ask which kind
#   that is: saddle points attract it. The sizes $|\lambda|$ of the curvatures mend that.
# - Far from the model's truth damp the step, or search along it for a fall of at least $c_1\alpha\,g^\top d$.
# - $J^\top J$ and $F$ are curvatures made of first derivatives. $F$ takes the model's labels; with the data's
#   labels it is the empirical Fisher, which is another matrix.
# - BFGS learns $H^{-1}$ from pairs with $y^\top s > 0$. L-BFGS keeps $m$ pairs instead, CG one direction. "$n$
#   steps" holds for exact arithmetic; clustered eigenvalues need fewer, large condition numbers more.
# - $n^2$ numbers are too many for networks; $n$ and $mn$ are not.
#
# **Next**: lesson 8 makes the gradients of a whole network, by which all of this goes; lesson 9 chooses the start.
#
# ## Sources
#
# - J. Nocedal, S. J. Wright, *Numerical optimization*, 2nd edition, Springer 2006 (chapters 3, 5 to 7, 10).
# - Y. Dauphin, R. Pascanu, C. Gulcehre, K. Cho, S. Ganguli, Y. Bengio, *Identifying and attacking the saddle point
#   problem in high-dimensional non-convex optimization*, NIPS 2014.
# - J. D. Lee, M. Simchowitz, M. I. Jordan, B. Recht, *Gradient descent only converges to minimizers*, COLT 2016.
# - K. Levenberg, *A method for the solution of certain non-linear problems in least squares*, Quarterly of Applied
#   Mathematics 2(2), 1944. D. W. Marquardt, *An algorithm for least-squares estimation of nonlinear parameters*,
#   SIAM Journal 11(2), 1963.
# - L. Armijo, *Minimization of functions having Lipschitz continuous first partial derivatives*, Pacific Journal of
#   Mathematics 16(1), 1966.
# - S. Amari, *Natural gradient works efficiently in learning*, Neural Computation 10(2), 1998.
# - J. Martens, *New insights and perspectives on the natural gradient method*, JMLR 21, 2020.
# - F. Kunstner, L. Balles, P. Hennig, *Limitations of the empirical Fisher approximation for natural gradient
#   descent*, NeurIPS 2019.
# - J. Nocedal, *Updating quasi-Newton matrices with limited storage*, Mathematics of Computation 35, 1980. D. C. Liu,
#   J. Nocedal, *On the limited memory BFGS method for large scale optimization*, Mathematical Programming 45, 1989.
# - C. G. Broyden, *The convergence of a class of double-rank minimization algorithms*, Journal of the Institute of
#   Mathematics and its Applications 6, 1970; and in the same year R. Fletcher, D. Goldfarb and D. F. Shanno.
# - M. R. Hestenes, E. Stiefel, *Methods of conjugate gradients for solving linear systems*, Journal of Research of
#   the National Bureau of Standards 49(6), 1952.
# - R. Fletcher, C. M. Reeves, *Function minimization by conjugate gradients*, Computer Journal 7(2), 1964. E. Polak,
#   G. Ribière, *Note sur la convergence de méthodes de directions conjuguées*, 1969.
# - B. A. Pearlmutter, *Fast exact multiplication by the Hessian*, Neural Computation 6(1), 1994. J. Martens, *Deep
#   learning via Hessian-free optimization*, ICML 2010.
# - J. Martens, R. Grosse, *Optimizing neural networks with Kronecker-factored approximate curvature*, ICML 2015. V.
#   Gupta, T. Koren, Y. Singer, *Shampoo: preconditioned stochastic tensor optimization*, ICML 2018.
