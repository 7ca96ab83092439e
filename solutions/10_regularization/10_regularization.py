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
# # 10 · Regularization
#
# "My network gets every training example right. Why is it wrong on all others?" Because the examples left it free to
# be. A model with as many parameters as examples, or more, can fit their noise as well as what they have in common, and
# pays for it between them. **Regularization** is everything that takes some of that freedom away: a penalty, a wall, an
# early stop, noise, more examples. This lesson shows that several of these are nearly the same thing.
#
# **After this lesson you can**
#
# 1. explain why a fit of the noise goes wild in directions that the examples hardly fix, and count how many parameters
#    a penalty leaves;
# 2. predict what an $L^2$ penalty does to each eigenvector and an $L^1$ penalty to each coordinate;
# 3. write a proximal step, and weight decay that is decoupled from the gradient;
# 4. translate between a penalty, a constraint and an early stop, and say where the translation is not exact;
# 5. use noise and augmentation, and say when they harm.
#
# Ten exercises of about 80 minutes together, 20 minutes for the reflection, and as much again to read and to try out.
# You need eigenvectors and curvatures from lesson 3, Adam from lesson 6 and the early stop of lesson 1.
#
# **For all exercises**: no function changes its arguments, and each call depends on its arguments alone. Tensors hold
# floating point numbers, and what you return has their type, but for plain numbers where the exercise says so. A
# Hessian is a symmetric matrix whose eigenvalues are not negative; a strength $\alpha$ of 0 means no penalty, and comes
# only with a Hessian that can be inverted.

# %% nbgrader={"locked": true, "grade_id": "setup"}
import matplotlib.pyplot as plt
import torch
from steepest import check, data
from steepest.demos.regularization import augment_demo, ellipse_demo, wall_or_spring_demo
from steepest.nets import init_nets, net_errors, train_nets
from steepest.plots import line_style, plot_curves

torch.set_num_threads(1)  # with tensors this small, threads cost more than they gain

# %% [markdown]
# ## 1 · Twelve points, fifteen coefficients
#
# How many examples would be enough to say what a function does everywhere? Take inputs of 100 bits. There are $2^{100}
# \approx 10^{30}$ of them. A training set of $10^{15}$ examples, far more than anybody has, leaves all but one in
# $10^{15}$ open. What a network says about the rest follows from something else than data.
#
# A small case can be drawn: twelve noisy points of $\sin 3x$, and polynomials of degree 14, which have fifteen
# coefficients. Twelve equations do not determine fifteen unknowns. So there are infinitely many polynomials through all
# points, and three directions in which the coefficients can be moved without any change at the points. (The
# polynomials are sums of Legendre's, which are spread evenly over $[-1, 1]$; that keeps the numbers well behaved.)
#
# Of all these polynomials the first one below has the smallest coefficients. Is that enough to make it a good one?

# %% nbgrader={"locked": true, "grade_id": "polynomials"}
DEGREE = 14


def legendre(x):
    """The first fifteen Legendre polynomials at each place: a row of features for every x."""
    columns = [torch.ones_like(x), x]
    for n in range(1, DEGREE):
        columns.append(((2 * n + 1) * x * columns[-1] - n * columns[-2]) / (n + 1))
    return torch.stack(columns, dim=-1)


def draw_points(seed, count=12):
    """Places, and noisy values of sin 3x there."""
    generator = torch.Generator().manual_seed(seed)
    x = 2 * torch.rand(count, generator=generator, dtype=torch.float64) - 1
    return x, torch.sin(3 * x) + 0.2 * torch.randn(count, generator=generator, dtype=torch.float64)


grid = torch.linspace(-1, 1, 401, dtype=torch.float64)
features, truth = legendre(grid), torch.sin(3 * grid)


def rms(values):
    return float(values.square().mean().sqrt())


# %% tags=["demo"]
x, y = draw_points(seed=4)
shortest = torch.linalg.pinv(legendre(x)) @ y
free = torch.linalg.svd(legendre(x)).Vh[12:]  # directions that the points do not see
fig, ax = plt.subplots(figsize=(7.5, 3.6), layout="constrained")
ax.plot(grid, truth, color="0.6", linewidth=3, label="sin 3x")
for number, move in enumerate((0.0, 3.0, -4.0)):
    coefficients = shortest + move * free[number]
    style = line_style(number) | {"marker": "", "linewidth": 1.2}
    ax.plot(grid, features @ coefficients, label=f"polynomial {number + 1}", **style)
    print(f"polynomial {number + 1}: rms error at the points {rms(legendre(x) @ coefficients - y):.0e}, "
          f"on all of [-1, 1] {rms(features @ coefficients - truth):.2f}, "
          f"length of the coefficients {coefficients.norm():.1f}")
pure = torch.linalg.pinv(legendre(x)) @ torch.sin(3 * x)
print(f"polynomial 1 if the points had no noise:        on all of [-1, 1] {rms(features @ pure - truth):.2f}, "
      f"length of the coefficients {pure.norm():.1f}")
print("singular values of the twelve equations: "
      + ", ".join(f"{value:.2g}" for value in torch.linalg.svdvals(legendre(x))))
ax.plot(x, y, "o", color="black", markersize=7, label="the twelve points")
ax.set(xlabel="x", ylabel="y", ylim=(-2.5, 2.5))
ax.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.5, 1.22), frameon=False)
plt.show()

# %% [markdown]
# All three fit the twelve points to rounding, and none of them is $\sin 3x$. More training cannot help, since the
# training error is 0 already. To take the smallest coefficients among all that fit is not enough either: polynomial 1
# does, and is as wild as the others. The three free directions move the curve far less than it is off.
#
# The row without noise shows what is wrong. There the same rule comes within 0.1 of the wave. It is the **noise**
# that makes the curve wild, because some directions of the coefficients are seen by the points, but hardly: the last
# singular value is a hundredth of the first. To move the curve by a little *at the points*, the coefficients must go
# far in such a direction, as far as the noise divided by that small number. A fit that insists on the last bit of the
# noise pays for it between the points.
#
# So one must also *stop fitting exactly*, and give up first what the points hardly fix. The oldest way is to weigh
# small coefficients against a good fit (Tikhonov 1963; Hoerl and Kennard 1970).

# %% [markdown]
# ## 2 · $L^2$: a spring to the origin
#
# Add to the loss $J$ a **penalty** that grows with the size of the parameters $\theta$, of strength $\alpha \ge 0$:
#
# $$ J_\alpha(\theta) = J(\theta) + \tfrac12\alpha\,\|\theta\|^2, \qquad \|\theta\|^2 = \sum_i \theta_i^2 . $$
#
# Its gradient is $\alpha\theta$: a spring that pulls every parameter towards 0, the harder the farther it is out. A
# descent step of rate $\eta$ with the gradient $g$ of $J$ becomes
#
# $$ \theta \leftarrow \theta - \eta\,(g + \alpha\theta) = (1-\eta\alpha)\,\theta - \eta g , $$
#
# so that without data the weights shrink by the same share at each step: **weight decay** (Krogh and Hertz 1992). (The
# lecture notes also write the penalty as $\lambda\|\theta\|^2$ and as $\sum_k\sum_l W_{kl}^2$, without the ½. Then
# $\alpha = 2\lambda$.)
#
# Where is the new minimum? Near its own minimum $\theta^*$ the loss is a bowl, $J \approx \tfrac12(\theta -
# \theta^*)^\top H (\theta - \theta^*)$ with the Hessian $H$. The two pulls cancel where
#
# $$ H(\theta - \theta^*) + \alpha\theta = 0, \qquad\text{hence}\qquad \theta = (H + \alpha I)^{-1} H\,\theta^* . $$
#
# **By hand.** Let $H$ have the curvatures 9 and 1 along the axes, and $\theta^* = (1, 1)$, $\alpha = 1$. Each
# coordinate stands alone: $9(\theta_1 - 1) + \theta_1 = 0$ gives $\theta_1 = 0.9$, and $(\theta_2 - 1) + \theta_2 = 0$
# gives $\theta_2 = 0.5$. The steep direction loses a tenth, the flat one half. In general, **along an eigenvector with
# curvature $\lambda$ the share $\lambda/(\lambda + \alpha)$ is left**: what the data care about stays, what they do not
# care about goes.

# %% [markdown]
# ### Exercise 1 · `l2_optimum`
#
# **Goal** · the minimum of a bowl with an $L^2$ penalty. **Difficulty** ●● · **about 8 minutes**
#
# $H$ need not be diagonal. It may have a flat direction, with the eigenvalue 0, when $\alpha > 0$.

# %% nbgrader={"solution": true, "grade_id": "answer_l2_optimum"}
def l2_optimum(hessian, theta_star, *, alpha):
    """Where ½(θ − θ*)ᵀH(θ − θ*) + ½α‖θ‖² is smallest.

    hessian : tensor of shape (n, n), symmetric
    theta_star : tensor of shape (n,), the minimum without the penalty
    alpha : number ≥ 0, the strength of the penalty
    returns a tensor of shape (n,)
    """
    ### BEGIN SOLUTION
    identity = torch.eye(len(hessian), dtype=hessian.dtype, device=hessian.device)
    return torch.linalg.solve(hessian + alpha * identity, hessian @ theta_star)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "l2_optimum"}
check(l2_optimum)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(l2_optimum)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Which system of linear equations is it, with $\theta$ as the unknown? Write the matrix on its left and the vector
# on its right.</p>
# </details>
# <details><summary>The idea</summary>
# <p>$(H + \alpha I)\,\theta = H\theta^*$. Or turn into the eigenvectors of $H$, multiply each component by
# $\lambda/(\lambda+\alpha)$, and turn back.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p><code>torch.eye(n, dtype=hessian.dtype, device=hessian.device)</code> is the identity of the right type, and
# <code>torch.linalg.solve(A, b)</code> solves $A\theta = b$.</p>
# </details>

# %% [markdown]
# ### The cure of the twelve points
#
# For least squares the bowl is exact. With features $P$ and $J = \frac{1}{2n}\|P\theta - y\|^2$ the Hessian is $H =
# P^\top P/n$. So your function fits the polynomial for any $\alpha$. **Before you run the cell**: the error on the
# twelve points grows with $\alpha$, as it must. How does the error on the whole of $[-1, 1]$ go?

# %% tags=["demo"]
STRENGTHS = (0.0, 1e-3, 1e-2, 1e-1, 1.0)


def fit(x, y, alpha):
    """The coefficients that your function finds. Without a penalty: the shortest that fit."""
    design = legendre(x)
    best = torch.linalg.pinv(design) @ y
    return best if alpha == 0 else l2_optimum(design.T @ design / len(x), best, alpha=alpha)


print("rms distance from sin 3x on [-1, 1], five draws of twelve points       at the points")
for alpha in STRENGTHS:
    draws = [draw_points(seed) for seed in range(5)]
    fits = [fit(*points, alpha) for points in draws]
    off = [rms(features @ theta - truth) for theta in fits]
    left = [rms(legendre(x) @ theta - y) for theta, (x, y) in zip(fits, draws, strict=True)]
    print(f"α = {alpha:<6g}" + "".join(f"{value:11.2f}" for value in off) + f"     {min(left):.2f} … {max(left):.2f}")

fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained")
x, y = draw_points(seed=4)
left.plot(grid, truth, color="0.6", linewidth=3, label="sin 3x")
for number, alpha in enumerate((0.0, 1e-2, 1.0)):
    style = line_style(number) | {"marker": "", "linewidth": 1.4}
    left.plot(grid, features @ fit(x, y, alpha), label=f"α = {alpha:g}", **style)
left.plot(x, y, "o", color="black", markersize=6)
left.set(xlabel="x", ylabel="y", ylim=(-2.2, 2.2), title="draw 5")
left.legend(ncols=2, fontsize=8, loc="upper left")
strengths = torch.logspace(-5, 1, 37, dtype=torch.float64).tolist()
for seed in range(5):
    x, y = draw_points(seed)
    style = line_style(seed) | {"markevery": 6}
    right.plot(strengths, [rms(features @ fit(x, y, alpha) - truth) for alpha in strengths], label=f"draw {seed + 1}",
               **style)
right.set(xscale="log", yscale="log", xlabel="strength α", ylabel="rms distance from sin 3x", ylim=(0.1, 10),
          title="all five draws")
right.legend(fontsize=8)
plt.show()

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>A valley, in all five draws. Without a penalty the curve runs wild between the points: the distance is 2 in the
# luckiest draw and thousands in the unluckiest. At $\alpha = 0.01$ it is between 0.14 and 0.24, about the size of the
# noise. At $\alpha = 1$ the curve is nearly flat and misses the wave: 0.55 to 0.60. Too little and too much are both
# wrong, and which $\alpha$ is right is told by points that were not fitted, never by those that were.</p>
# </details>

# %% [markdown]
# ## 3 · How many parameters are left?
#
# With $\alpha = 0.01$ the polynomial still has fifteen coefficients, but it behaves like one with fewer. The shares say
# how many: a direction that keeps all of itself counts as one parameter, one that keeps nothing as none. So the
# **effective number of parameters** is
#
# $$ \gamma(\alpha) = \sum_i \frac{\lambda_i}{\lambda_i + \alpha} $$
#
# over the eigenvalues of $H$ (MacKay 1992). It is also the trace of $H(H + \alpha I)^{-1}$, which statisticians call
# the degrees of freedom.
#
# **By hand.** Curvatures 9, 1 and 0.01 with $\alpha = 1$: $0.9 + 0.5 + 0.0099 = 1.41$. Three parameters that act like
# one and a half.

# %% [markdown]
# ### Exercise 2 · `effective_parameters`
#
# **Goal** · the sum of the shares. **Difficulty** ●● · **about 6 minutes**
#
# Return one number: a plain one, or a tensor with a single entry.

# %% nbgrader={"solution": true, "grade_id": "answer_effective_parameters"}
def effective_parameters(hessian, *, alpha):
    """How many parameters an L2 penalty leaves.

    hessian : tensor of shape (n, n), symmetric
    alpha : number ≥ 0, the strength of the penalty
    returns a tensor without axes, or a number: the sum of λ/(λ + α) over the eigenvalues
    """
    ### BEGIN SOLUTION
    curvatures = torch.linalg.eigvalsh(hessian)
    return (curvatures / (curvatures + alpha)).sum()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "effective_parameters"}
check(effective_parameters)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(effective_parameters)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>The shares need the eigenvalues, or else a matrix whose eigenvalues they are. What is the sum of the eigenvalues of
# a matrix called?</p>
# </details>
# <details><summary>The idea</summary>
# <p>Either the eigenvalues of $H$, a division, and a sum, or the trace of $H(H+\alpha I)^{-1}$.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p><code>torch.linalg.eigvalsh(hessian)</code> gives the eigenvalues of a symmetric matrix.</p>
# </details>

# %% tags=["demo"]
print("effective parameters of the polynomial, five draws")
for alpha in (1e-8, *STRENGTHS[1:]):
    hessians = [legendre(x).T @ legendre(x) / len(x) for x, _ in map(draw_points, range(5))]
    counts = [float(effective_parameters(hessian, alpha=alpha)) for hessian in hessians]
    print(f"α = {alpha:<6g}" + "".join(f"{count:7.1f}" for count in counts))
cubic = torch.linalg.lstsq(features[:, :4], truth[:, None]).solution[:, 0]
print(f"the best polynomial with four coefficients: {rms(features[:, :4] @ cubic - truth):.3f} from sin 3x")

# %% [markdown]
# Twelve points can fix no more than twelve parameters, and for $\alpha \to 0$ all twelve are in use. At $\alpha =
# 0.01$, near the bottom of the valley, about seven or eight are. The wave itself needs fewer: a polynomial of degree
# 3, with four coefficients, comes within 0.055 of $\sin 3x$, and the noise makes up the rest.

# %% [markdown]
# ## 4 · $L^1$: a pull that does not weaken
#
# Take the sizes instead of the squares (Tibshirani 1996):
#
# $$ J_\alpha(\theta) = J(\theta) + \alpha\,\|\theta\|_1, \qquad \|\theta\|_1 = \sum_i |\theta_i| . $$
#
# Now the pull is $\alpha$ in size wherever the parameter is, also right beside 0. That makes all the difference. For
# one parameter with curvature $h$,
#
# $$ \tfrac12 h(\theta - \theta^*)^2 + \alpha|\theta| , $$
#
# suppose $\theta^* > 0$. For $\theta > 0$ the slope is $h(\theta - \theta^*) + \alpha$, which is 0 at $\theta^* -
# \alpha/h$. If that is positive, it is the minimum. If it is not, the slope is positive all the way down to 0, and
# negative on the other side of it: the minimum lies **exactly at 0**. With the other sign it is the same in a mirror.
#
# **By hand.** $h = 2$ and $\alpha = 1$ move by $0.5$. From $\theta^* = 1.5$ to $1$, from $-0.8$ to $-0.3$, and from
# $0.3$ to $0$.
#
# The function that does this has a name, the **soft threshold** (Donoho 1995), and a formula:
#
# $$ S_t(x) = \operatorname{sign}(x)\,\max(|x| - t,\; 0) . $$

# %% [markdown]
# ### Exercise 3 · `soft_threshold`
#
# **Goal** · move every entry towards 0 by $t$, and stop there. **Difficulty** ● · **about 5 minutes**
#
# `x` is a tensor of any shape. `threshold` is a number, or a tensor without axes, or a tensor of the shape of `x` with
# a threshold for each entry; it is not negative, and may be infinite.

# %% nbgrader={"solution": true, "grade_id": "answer_soft_threshold"}
def soft_threshold(x, threshold):
    """Each entry moved towards 0 by its threshold, but not beyond 0.

    x : tensor of any shape
    threshold : number ≥ 0, or tensor of the same shape or without axes
    returns a tensor of the shape of x
    """
    ### BEGIN SOLUTION
    return torch.sign(x) * torch.clamp(x.abs() - threshold, min=0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "soft_threshold"}
check(soft_threshold)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(soft_threshold)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>What happens to the size of an entry, and what to its sign?</p>
# </details>
# <details><summary>The idea</summary>
# <p>The size shrinks by $t$, and a negative size becomes 0. The sign stays.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p><code>torch.sign</code>, <code>.abs()</code> and <code>.clamp(min=0)</code> work entry by entry.</p>
# </details>

# %% [markdown]
# ### Exercise 4 · `l1_optimum`
#
# **Goal** · the minimum of a bowl with an $L^1$ penalty. **Difficulty** ● · **about 4 minutes**
#
# Only where $H$ is **diagonal** do the coordinates stand alone, so here its diagonal is given as a tensor of
# curvatures, of any shape. Your `soft_threshold` may help. A curvature may be 0 where $\alpha > 0$: then nothing holds
# that coordinate, and it goes to 0.

# %% nbgrader={"solution": true, "grade_id": "answer_l1_optimum"}
def l1_optimum(curvature, theta_star, *, alpha):
    """Where Σ ½hᵢ(θᵢ − θᵢ*)² + α|θᵢ| is smallest.

    curvature : tensor of any shape, the hᵢ ≥ 0
    theta_star : tensor of the same shape, the minimum without the penalty
    alpha : number ≥ 0, the strength of the penalty
    returns a tensor of the same shape
    """
    ### BEGIN SOLUTION
    return soft_threshold(theta_star, alpha / curvature)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "l1_optimum"}
check(l1_optimum)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(l1_optimum)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>How far did the minimum move in the example by hand, in terms of $\alpha$ and $h$?</p>
# </details>
# <details><summary>The idea</summary>
# <p>A soft threshold of $\theta^*$, with another threshold for each coordinate: $\alpha/h_i$.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>One call. <code>alpha / curvature</code> is a tensor of thresholds, infinite where the curvature is 0.</p>
# </details>

# %% [markdown]
# One coordinate with curvature 1, under both penalties:

# %% tags=["demo"]
optima = torch.linspace(-2, 2, 81, dtype=torch.float64)
ones = torch.ones_like(optima)
fig, ax = plt.subplots(figsize=(5.2, 3.8), layout="constrained")
ax.plot(optima, optima, color="0.6", linewidth=0.8, label="no penalty")
ax.plot(optima, l2_optimum(torch.eye(81, dtype=torch.float64), optima, alpha=0.7), label="$L^2$, α = 0.7",
        **line_style(1) | {"markevery": 10})
ax.plot(optima, l1_optimum(ones, optima, alpha=0.7), label="$L^1$, α = 0.7", **line_style(0) | {"markevery": 10})
ax.set(xlabel="optimum without a penalty, θ*", ylabel="optimum with it")
ax.legend()
plt.show()

# %% [markdown]
# $L^2$ turns the line, $L^1$ breaks it. Large weights suffer more from $L^2$, small ones from $L^1$, and only $L^1$
# gives exact zeros: it *selects*.
#
# ### The corner
#
# In two dimensions this has a picture. The points of equal penalty are circles for $L^2$ and squares standing on a
# corner for $L^1$, and the optimum is where a level line of the bowl first touches one of them. A circle is touched
# anywhere. A square is often touched at a corner, and at a corner one coordinate is 0.
#
# In the demo the bowl can be turned. Then there is no formula for $L^1$ any more, but your `l1_optimum` still does the
# work: at each step the bowl is replaced by a round one with the same slope, whose optimum your function knows.
# **Before you drag anything**: which of the two curves will ever touch an axis? And does turning the bowl help or
# hinder it?
#
# **Goal:** with the bowl turned by 20° or more, an $L^1$ optimum with one coordinate exactly 0 and the other above 0.5
# in size.

# %% tags=["demo"]
ellipse_demo(l2_optimum, l1_optimum)

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>The curve of $L^2$ is smooth and reaches an axis at most in passing. That of $L^1$ is made of straight pieces: it
# runs into an axis and goes on along it to 0. Where the bowl lies straight, coordinate $i$ dies at $\alpha =
# h_i|\theta_i^*|$, as the threshold $\alpha/h_i$ says: as you found it the flat one dies first, and between the two
# strengths lies a range with one exact zero. Turning moves the place where the curve meets the axis: some positions
# make both coordinates die together, others leave a long way along the axis.</p>
# </details>

# %% [markdown]
# ## 5 · Both at once, step by step
#
# ### The slope that never arrives
#
# For a real loss there is no formula, and steps must do. The slope of $\alpha|\theta|$ is $\alpha\operatorname{sign}
# (\theta)$, so why not subtract it with the gradient? Here is one parameter with curvature 1 whose optimum under the
# penalty is exactly 0, after 1000 steps by the slope, and by a step that ends with your soft threshold:

# %% tags=["demo"]
by_slope = by_threshold = torch.tensor([1.0], dtype=torch.float64)
seen = {"by the slope": [], "by the threshold": []}
for _ in range(1000):
    by_slope = by_slope - 0.1 * ((by_slope - 0.3) + 0.5 * torch.sign(by_slope))
    by_threshold = soft_threshold(by_threshold - 0.1 * (by_threshold - 0.3), 0.1 * 0.5)
    seen["by the slope"].append(float(by_slope))
    seen["by the threshold"].append(float(by_threshold))
for name, values in seen.items():
    print(f"{name:17}: steps 997 to 1000 at " + ", ".join(f"{value:9.6f}" for value in values[-4:])
          + f"; exactly 0 in {sum(value == 0 for value in values)} of 1000 steps")

# %% [markdown]
# The slope jumps over 0 and back for ever, because it does not know that it should stop there. The threshold knows.
#
# ### The proximal step
#
# Take a plain gradient step on the loss, to $z = \theta - \eta g$. Then go to the point $u$ that is a compromise
# between staying at $z$ and paying less penalty $R$:
#
# $$ \theta \leftarrow \arg\min_u \; \tfrac{1}{2\eta}\|u - z\|^2 + R(u) . $$
#
# This is the **proximal step** (Beck and Teboulle 2009; Parikh and Boyd 2014). The **elastic net** (Zou and Hastie
# 2005) has both penalties, $R(u) = l_1\|u\|_1 + \tfrac12 l_2\|u\|^2$. Coordinate by coordinate: for $u > 0$ the slope
# $(u - z)/\eta + l_1 + l_2 u$ is 0 at $u = (z - \eta l_1)/(1 + \eta l_2)$. So
#
# $$ \theta \leftarrow \frac{S_{\eta l_1}(\theta - \eta g)}{1 + \eta l_2} . $$
#
# **By hand.** $z = 1$, $\eta = 0.5$, $l_1 = 0.4$, $l_2 = 1$: the threshold is $0.2$, then $0.8/1.5 = 0.533$. And $z =
# -0.15$ goes to 0. The threshold is $\eta l_1$ and not $l_1$: a short step pulls a little.

# %% [markdown]
# ### Exercise 5 · `elastic_net_step`
#
# **Goal** · one proximal step. **Difficulty** ●● · **about 10 minutes**
#
# `l1` and `l2` are the strengths of $l_1\|\theta\|_1 + \tfrac12 l_2\|\theta\|^2$; each may be 0. You may also put the
# smooth penalty into the gradient, and threshold what comes of it; that is accepted and named. So is a penalty
# $l_2\|\theta\|^2$ without the ½, as the lecture notes have it.

# %% nbgrader={"solution": true, "grade_id": "answer_elastic_net_step"}
def elastic_net_step(theta, grad, *, lr, l1, l2):
    """One proximal step for a loss with an elastic net.

    theta, grad : tensors of one shape, the point and the gradient of the loss there, without penalties
    lr : learning rate
    l1, l2 : numbers ≥ 0, strengths of l1·Σ|θ| + ½·l2·Σθ²
    returns the new point
    """
    ### BEGIN SOLUTION
    return soft_threshold(theta - lr * grad, lr * l1) / (1 + lr * l2)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "elastic_net_step"}
check(elastic_net_step)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(elastic_net_step)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>In which order come the gradient, the threshold and the division? Try $z = 1$ from the example by hand.</p>
# </details>
# <details><summary>The idea</summary>
# <p>Gradient step first, as if there were no penalty. Then the soft threshold with $\eta l_1$, then divide by
# $1 + \eta l_2$.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>One expression with your <code>soft_threshold</code>.</p>
# </details>

# %% [markdown]
# ### Thirty columns of noise
#
# The progress of 442 diabetes patients, from ten measurements. Thirty columns of pure noise are put beside them. Half
# of the patients are for training, half for the test, five times over. Strengths were set once by hand and not tuned on
# these halves. **Before you run the cell**: how many noise columns does each penalty set exactly to 0? And how many of
# the ten real ones?

# %% tags=["demo"]
patients = data.diabetes(dtype=torch.float64)
halves = []
for seed in range(5):
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(len(patients.x), 30, generator=generator, dtype=torch.float64)
    columns = torch.cat([patients.x, noise], dim=1)
    order = torch.randperm(len(columns), generator=generator)
    halves.append([(columns[rows], patients.y[rows]) for rows in (order[:221], order[221:])])
train_x, train_y = (torch.stack([half[0][part] for half in halves]) for part in (0, 1))
test_x, test_y = (torch.stack([half[1][part] for half in halves]) for part in (0, 1))
lr = float(1 / torch.linalg.eigvalsh(train_x.mT @ train_x / 221).max())


def linear_gradient(theta):
    """Gradient of half the mean square on the training half of each of the five splits."""
    residual = (train_x @ theta[:, :, None])[:, :, 0] - train_y
    return (train_x.mT @ residual[:, :, None])[:, :, 0] / 221


def by_proximal_steps(l1, l2):
    theta = torch.zeros(5, 40, dtype=torch.float64)
    for _ in range(2000):
        theta = elastic_net_step(theta, linear_gradient(theta), lr=lr, l1=l1, l2=l2)
    return theta


def by_slope_of_l1(l1):
    theta = torch.zeros(5, 40, dtype=torch.float64)
    for _ in range(2000):
        theta = theta - lr * (linear_gradient(theta) + l1 * torch.sign(theta))
    return theta


models = {
    "no penalty": by_proximal_steps(0.0, 0.0),
    "L2, 0.1": by_proximal_steps(0.0, 0.1),
    "L1, 0.08": by_proximal_steps(0.08, 0.0),
    "elastic net, 0.06 and 0.05": by_proximal_steps(0.06, 0.05),
    "L1 by its slope, 0.08": by_slope_of_l1(0.08),
}


def test_squares(theta):
    return ((test_x @ theta[:, :, None])[:, :, 0] - test_y).square().mean(dim=1)


base = test_squares(models["no penalty"])
print("                             exactly 0:  noise columns   real ones   mean square on the test half   better in")
for name, theta in models.items():
    zero = theta == 0
    noisy, real = zero[:, 10:].sum(dim=1), zero[:, :10].sum(dim=1)
    loss = test_squares(theta)
    better = "–" if name == "no penalty" else f"{int((loss < base).sum())} of 5"
    print(f"{name:28} {noisy.min():14d} to {noisy.max():2d} of 30   {real.min()} to {real.max()} of 10"
          f"    {loss.mean():10.3f}  ({loss.min():.3f} … {loss.max():.3f}) {better:>14}")

fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
for number, name in enumerate(("no penalty", "L1, 0.08")):
    style = line_style(number) | {"linestyle": "", "markersize": 5}
    ax.plot(range(1, 41), models[name][0], label=name, **style)
ax.axvline(10.5, color="0.6", linewidth=0.8)
ax.axhline(0, color="0.6", linewidth=0.8)
ax.set(xlabel="column: 1 to 10 are real, 11 to 40 are noise", ylabel="weight, first split")
ax.legend()
plt.show()

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>$L^1$ sets nearly all of the noise to exactly 0, and some real columns too: several of the ten measurements say the
# same. $L^2$ sets none to 0. The slope of $L^1$ comes to almost the same weights and the same test error, and yet to no
# exact zero: whoever wants to drop columns needs the proximal step. On the test halves all penalties help here, and the
# differences between them are smaller than those between the splits.</p>
# </details>
#
# (Zou and Hastie multiply the result by $1 + l_2$ afterwards, to undo a part of the shrinking, and call the plain one
# naive. The plain one is what libraries compute.)

# %% [markdown]
# ## 6 · A wall instead of a spring
#
# One can also forbid: minimize $J(\theta)$ **subject to** $\|\theta\| \le r$. A spring pulls always and a little, a
# wall not at all until it is touched. They look different. Yet suppose the wall is touched at the optimum. There the
# downhill direction $-H(\theta - \theta^*)$ points straight out through the wall, or else one could slide along it and
# get lower. Straight out is the direction of $\theta$ itself:
#
# $$ -H(\theta - \theta^*) = \alpha\,\theta \quad\text{for some } \alpha \ge 0, \qquad \|\theta\| = r . $$
#
# That is the equation of the spring. **Every wall that is touched is a spring of some strength**, which depends on the
# loss. If $\theta^*$ lies within the wall, the wall does nothing, and the strength is 0. (The lecture notes promise
# some $\lambda^* > 0$. That needs a wall that is touched, and a convex loss for the way back; and since their penalty
# has no ½, $\alpha = 2\lambda^*$.)
#
# **By hand.** With $H = 2I$ and $\theta^* = (3, 4)$, of length 5, the optimum is $\theta = \frac{2}{2+\alpha}\theta^*$.
# It has length 2 where $\frac{2}{2+\alpha} = \frac25$, so $\alpha = 3$. When the curvatures differ there is no such
# formula. But $\|\theta\|$ falls when $\alpha$ grows, so the root can be hemmed in.

# %% [markdown]
# ### Exercise 6 · `matching_alpha`
#
# **Goal** · the strength of the spring that does what a wall does. **Difficulty** ●●●● · **about 15 minutes**
#
# Return the $\alpha \ge 0$ at which the $L^2$ optimum has the length `radius`, a positive number, and 0 where
# $\theta^*$ is not longer than that. The answer is one number, plain or a tensor with a single entry. All eigenvalues
# of $H$ are positive here. How you find the root is up to you; four digits are enough. A very tight wall needs a very
# large $\alpha$. Your `l2_optimum` may help.

# %% nbgrader={"solution": true, "grade_id": "answer_matching_alpha"}
def matching_alpha(hessian, theta_star, *, radius):
    """The α for which the L2 optimum has a given length.

    hessian : tensor of shape (n, n), symmetric, with positive eigenvalues
    theta_star : tensor of shape (n,), the minimum without penalty or wall
    radius : number > 0, how far from 0 the wall stands
    returns a number ≥ 0; it is 0 where θ* lies within the wall
    """
    ### BEGIN SOLUTION
    def too_long(alpha):
        return bool(l2_optimum(hessian, theta_star, alpha=alpha).norm() > radius)

    if not too_long(0.0):
        return 0.0
    low, high = 0.0, 1.0
    while too_long(high):
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        if too_long(middle):
            low = middle
        else:
            high = middle
    return (low + high) / 2
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "matching_alpha"}
check(matching_alpha)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(matching_alpha)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>If the optimum for some $\alpha$ is still too long, is the $\alpha$ that you look for larger or smaller?</p>
# </details>
# <details><summary>The idea</summary>
# <p>Treat the case in which the wall is not touched first. Else the root lies between an $\alpha$ at which the optimum
# is too long and one at which it is short enough. How do you find such a pair? And what does a third value between the
# two tell you?</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>Two loops: <code>while</code> the upper bound is too small, double it; then <code>for _ in range(60)</code> with
# the middle of the interval, which takes the place of one of its ends.</p>
# </details>

# %% tags=["demo"]
valley = torch.tensor([[2.0, 0.9], [0.9, 0.8]], dtype=torch.float64)
bottom = torch.tensor([1.6, 1.2], dtype=torch.float64)
print(f"curvatures {', '.join(f'{value:.2f}' for value in torch.linalg.eigvalsh(valley))}; "
      f"θ* has the length {bottom.norm():.2f}")
for radius in (2.5, 1.9, 1.5, 1.0, 0.1, 0.01):
    alpha = matching_alpha(valley, bottom, radius=radius)
    point = l2_optimum(valley, bottom, alpha=alpha)
    print(f"wall at {radius:<5g} α = {alpha:8.3f}   at ({point[0]:.3f}, {point[1]:.3f}), length {point.norm():.3f}")

# %% [markdown]
# The same strength means another wall for another loss, and during training the loss changes. So the two are not quite
# interchangeable in practice: a wall that is never touched does no harm at all, and a spring always does a little.

# %% [markdown]
# ## 7 · Stop early
#
# In lesson 1 training was stopped when the error on a validation set had not improved for a while. That looks like
# impatience. Why does it regularize?
#
# Begin at 0 and go down the bowl, $\theta \leftarrow \theta - \eta H(\theta - \theta^*)$. The distance to $\theta^*$ is
# multiplied by $I - \eta H$ at each step. So after $n$ steps
#
# $$ \theta_n = \bigl(I - (I - \eta H)^n\bigr)\,\theta^* . $$
#
# Along an eigenvector the share $1 - (1 - \eta\lambda)^n$ of $\theta^*$ has been reached. Steep directions are there
# soon, flat ones have hardly begun. Now compare with the share of $L^2$, for small $\lambda$:
#
# $$ 1 - (1-\eta\lambda)^n \approx n\eta\lambda, \qquad \frac{\lambda}{\lambda+\alpha} \approx \frac{\lambda}{\alpha} .
# $$
#
# They agree if $\alpha = 1/(n\eta)$: **to stop after $n$ steps is much like a penalty of $1/(n\eta)$** (Bishop 1995b;
# in this form Goodfellow et al. 2016, section 7.8). For large $\lambda$ both are near 1, if $n$ is not too small and
# the rate is stable, $\eta\lambda < 2$. In between they differ, so this is a statement about the order of magnitude.
# Ali et al. (2019) make it precise.
#
# **By hand.** $\lambda = 1$, $\eta = 0.1$, $n = 10$: the descent has come as far as $1 - 0.9^{10} = 0.65$, and the
# penalty $\alpha = 1$ keeps $0.5$.

# %% [markdown]
# ### Exercise 7 · `early_stopped`
#
# **Goal** · where $n$ steps of descent from 0 lead. **Difficulty** ●● · **about 6 minutes**
#
# A loop and a closed form are equally good. `n_steps` may be 0.

# %% nbgrader={"solution": true, "grade_id": "answer_early_stopped"}
def early_stopped(hessian, theta_star, *, lr, n_steps):
    """Where descent on ½(θ − θ*)ᵀH(θ − θ*) is after some steps from 0.

    hessian : tensor of shape (n, n), symmetric
    theta_star : tensor of shape (n,), the minimum
    lr : learning rate
    n_steps : whole number ≥ 0
    returns a tensor of shape (n,)
    """
    ### BEGIN SOLUTION
    theta = torch.zeros_like(theta_star)
    for _ in range(n_steps):
        theta = theta - lr * hessian @ (theta - theta_star)
    return theta
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "early_stopped"}
check(early_stopped)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(early_stopped)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>What is the gradient of the bowl at a point, and where does the descent begin?</p>
# </details>
# <details><summary>The idea</summary>
# <p>The gradient is $H(\theta - \theta^*)$. From zeros, take the step $n$ times.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p><code>torch.zeros_like</code>, and a loop over <code>range(n_steps)</code> with one line. Or
# <code>torch.linalg.matrix_power</code>.</p>
# </details>

# %% [markdown]
# The twelve points once more: descent on the polynomial's loss with $\eta = 0.5$, stopped after $n$ steps, beside the
# penalty $\alpha = 1/(n\eta)$. The last columns look for the $\alpha$ that comes nearest.

# %% tags=["demo"]
RATE = 0.5
candidates = torch.logspace(-4, 2, 121, dtype=torch.float64).tolist()
print("          rms distance from sin 3x, mean and range          apart, in % of the length         nearest penalty")
print("   n      stopped               penalty                with α = 1/(nη)   with the best α          α · nη")
counts, shares = (3, 10, 30, 100, 300, 1000), []
for n_steps in counts:
    rows = []
    for x, y in map(draw_points, range(5)):
        design = legendre(x)
        hessian, best = design.T @ design / len(x), torch.linalg.pinv(design) @ y
        stopped = early_stopped(hessian, best, lr=RATE, n_steps=n_steps)
        penalized = l2_optimum(hessian, best, alpha=1 / (n_steps * RATE))
        apart = [float((l2_optimum(hessian, best, alpha=alpha) - stopped).norm()) for alpha in candidates]
        nearest = min(range(len(candidates)), key=apart.__getitem__)
        errors = [rms(features @ theta - truth) for theta in (stopped, penalized)]
        away = 100 * float((penalized - stopped).norm() / stopped.norm())
        rows.append([*errors, away, 100 * apart[nearest] / float(stopped.norm()), candidates[nearest] * n_steps * RATE])
    columns = list(zip(*rows, strict=True))
    spans = [f"{sum(column) / 5:.3f} ({min(column):.2f} … {max(column):.2f})" for column in columns[:2]]
    spans += [f"{min(column):3.0f} … {max(column):2.0f}" for column in columns[2:4]]
    print(f"{n_steps:5d}   {spans[0]}   {spans[1]} {spans[2]:>18} {spans[3]:>17}"
          f"          {min(columns[4]):.2f} … {max(columns[4]):.2f}")

curvatures = torch.logspace(-3, 0.3, 60, dtype=torch.float64)
fig, ax = plt.subplots(figsize=(6.8, 3.6), layout="constrained")
for number, n_steps in enumerate((10, 100)):
    stopped = early_stopped(torch.diag(curvatures), torch.ones_like(curvatures), lr=RATE, n_steps=n_steps)
    kept = l2_optimum(torch.diag(curvatures), torch.ones_like(curvatures), alpha=1 / (n_steps * RATE))
    ax.plot(curvatures, stopped, label=f"stopped after {n_steps} steps", **line_style(number) | {"markevery": 8})
    ax.plot(curvatures, kept, label=f"penalty α = {1 / (n_steps * RATE):g}",
            **line_style(number) | {"markevery": 8, "fillstyle": "none", "linewidth": 0.8})
ax.set(xscale="log", xlabel="curvature λ", ylabel="share of θ* that is reached or kept")
ax.legend(fontsize=8)
plt.show()

# %% [markdown]
# Both go through a valley of the same depth. On the mean of the five draws the early stop is best at $n = 30$, and
# the penalty in the row $n = 100$, which is $\alpha = 1/(100 \cdot 0.5) = 0.02$. With $\alpha = 1/(n\eta)$ the two
# points are some 5 to 25 % of their length apart, and the $\alpha$ that comes nearest is between about 0.3 and 1
# times that. The right order of magnitude, and no more. But early stopping needs one run to see all strengths, and a
# penalty one run for each. That is its charm. Its price is that it depends on the start, the rate, and the method of
# descent.
#
# ### Demo: three ways to one point
#
# A bowl in two dimensions. *Your* `matching_alpha` and `l2_optimum` put a point where a wall of radius $r$ stops it,
# *your* `l2_optimum` another where a spring of strength $\alpha$ holds it, and *your* `early_stopped` a third where $n$
# steps have led. The picture shows the wall as a circle and two curves: one through the points of all $\alpha$, the
# other through those of all $n$. **Before you drag them together**: which two of the three points always lie on one
# curve, and what sets the third apart?
#
# **Goal:** all three within 5 % of the length of $\theta^*$ from each other, with the wall between 30 % and 80 % of it.

# %% tags=["demo"]
wall_or_spring_demo(l2_optimum, matching_alpha, early_stopped)

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>Wall and spring move on the same curve: for each radius there is an $\alpha$ at which they coincide exactly, the
# one that your <code>matching_alpha</code> names. The descent takes a way of its own, which bends more sharply, since
# it does the steep direction first and the flat one afterwards. It comes near the others, and seldom onto them.</p>
# </details>

# %% [markdown]
# ## 8 · Decay is not $L^2$ under Adam
#
# For plain descent, penalty and decay are one: $\theta - \eta(g + \alpha\theta) = (1-\eta\alpha)\theta - \eta g$. For
# years libraries built decay as "add $\alpha\theta$ to the gradient" for *every* method. Then somebody looked
# (Loshchilov and Hutter 2019). Adam, from lesson 6, divides the averaged gradient $\hat s$ by the root of the averaged
# squares $\hat r$. If $\alpha\theta$ is part of the gradient, it is averaged and divided too:
#
# $$ \theta \leftarrow \theta - \eta\,\frac{\text{average of } (g + \alpha\theta)}{\sqrt{\text{average of } (g +
# \alpha\theta)^2} + \varepsilon} . $$
#
# Suppose the gradients of a weight have the size $s$ and change their sign again and again, so that their average is
# near 0. What is left of the step is about $\eta\,\alpha\theta/\sqrt{s^2 + \alpha^2\theta^2}$. As long as
# $\alpha|\theta|$ is larger than $s$ that is nearly $\eta$: the weight moves to 0 at full speed. Afterwards, and from
# the start where $s$ is large, each step takes the share $\eta\alpha/s$ of the weight, another one for each weight.
# Large gradients hardly let it decay. That is not what anybody asked for.
#
# **AdamW** leaves the gradient alone and takes the decay, of strength $\lambda$, beside it. (In the paper $\lambda$ is
# this strength. It has nothing to do with the eigenvalues $\lambda$ of sections 2 to 7, nor with the lecture notes'
# strength of a penalty.)
#
# $$ s \leftarrow \rho_1 s + (1-\rho_1)\,g, \qquad r \leftarrow \rho_2 r + (1-\rho_2)\,g^2, \qquad
#    \hat s = \frac{s}{1-\rho_1^{t}}, \quad \hat r = \frac{r}{1-\rho_2^{t}}, $$
#
# $$ \theta \leftarrow \theta - \eta\Bigl(\frac{\hat s}{\sqrt{\hat r} + \varepsilon} + \lambda\,\theta\Bigr) . $$
#
# So every weight loses the same share $\eta\lambda$ at each step, whatever its gradients are.

# %% [markdown]
# ### Exercise 8 · `adamw_step`
#
# **Goal** · one step of Adam with decoupled decay. **Difficulty** ●●● · **about 12 minutes**
#
# As in lesson 6, the state is a dictionary: `s` and `r` are the uncorrected averages and `t` is the number of steps
# *already* taken, so that the first call sees 0 and corrects by $1 - \rho^1$. Return the new point and a new state with
# the new averages and `t + 1`. `decay` is the $\lambda$ of the formula, and the point that decays is the old one.
#
# The paper multiplies the decay by a schedule of its own and not by the rate. So a decay that is not multiplied by `lr`
# is accepted and named, as is the decay of the point after Adam's step; and, as in lesson 6, an ε within the root, or
# at the root of the uncorrected average.

# %% nbgrader={"solution": true, "grade_id": "answer_adamw_step"}
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    """One step of Adam with decoupled weight decay.

    theta, grad : tensors of one shape, the point and the gradient of the loss there
    state : {"s": average of gradients, "r": average of squares, "t": steps already taken}
    lr : learning rate
    rho1, rho2 : shares of the past that the averages keep
    eps : added to the root
    decay : strength of the decay
    returns the new point and the new state
    """
    ### BEGIN SOLUTION
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (s / (1 - rho1**t)) / (torch.sqrt(r / (1 - rho2**t)) + eps)
    return theta - lr * (direction + decay * theta), {"s": s, "r": r, "t": t}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "adamw_step"}
check(adamw_step)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(adamw_step)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Which of the lines of your Adam changes, and which stay exactly as they are?</p>
# </details>
# <details><summary>The idea</summary>
# <p>Averages, corrections and quotient as in Adam, from the gradient alone. Only the last line has a second term, $\eta
# \lambda\theta$, which is not divided by anything.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>First <code>t = state["t"] + 1</code>, then the two averages, the quotient, and one line with <code>direction +
# decay * theta</code>.</p>
# </details>

# %% [markdown]
# ### Four weights without a purpose
#
# The purest test: weights whose gradients say nothing at all. The gradient of each alternates between $-s$ and $+s$, so
# that on average there is no slope, and the decay alone decides. The four weights differ in the size $s$ of their
# gradients. All start at 1 and take 1000 steps with $\eta = 0.01$ and a decay of 0.1. Steps that shrink by
# $1 - \eta\lambda$ leave $(1 - 0.001)^{1000} = 0.368$.
#
# **Before you run the cell**: which of the four does Adam with an $L^2$ penalty shrink most, and which AdamW?

# %% tags=["demo"]
sizes = torch.tensor([0.01, 0.1, 1.0, 10.0], dtype=torch.float64)
hyper = {"lr": 0.01, "rho1": 0.9, "rho2": 0.999, "eps": 1e-8}
left_over = {}
for name in ("Adam with L2", "AdamW"):
    theta = torch.ones(4, dtype=torch.float64)
    state = {"s": torch.zeros_like(theta), "r": torch.zeros_like(theta), "t": 0}
    path = [theta]
    for step in range(1000):
        grad = -sizes if step % 2 == 0 else sizes
        if name == "AdamW":
            theta, state = adamw_step(theta, grad, state, **hyper, decay=0.1)
        else:
            theta, state = adamw_step(theta, grad + 0.1 * theta, state, **hyper, decay=0.0)
        path.append(theta)
    left_over[name] = torch.stack(path)

print("size of the gradients  " + "".join(f"{size:9g}" for size in sizes))
for name, path in left_over.items():
    print(f"{name:22} " + "".join(f"{abs(float(value)):9.3f}" for value in path[-1]))
print(f"shrunk by the factor 1 − ηλ 1000 times: {(1 - 0.01 * 0.1) ** 1000:.3f}")

fig, axes = plt.subplots(1, 2, figsize=(9.5, 3.4), layout="constrained", sharey=True)
for ax, (name, path) in zip(axes, left_over.items(), strict=True):
    curves = {f"gradients of size {size:g}": path[:, place] for place, size in enumerate(sizes)}
    plot_curves(curves, ax=ax, xlabel="step", ylabel="weight" if ax is axes[0] else "")
    ax.set_title(name, fontsize=10)
axes[0].get_legend().remove()
axes[1].legend(loc="lower left")
plt.show()

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>With the penalty in the gradient, the two weights with small gradients are at 0, the third keeps 0.372, and the one
# with large gradients 0.921: the decay depends on what has nothing to do with it. AdamW leaves 0.374 of each. (That is
# 0.006 more than the pure shrinking: Adam's first step has its full length before the alternation settles.)</p>
# </details>
#
# Real gradients are no such toy, and how much AdamW gains depends on the task. But the decay means the same for every
# weight, and that is why it has become the usual choice. Two habits go with it: biases, and the scales and shifts of
# batch normalization, are usually left without decay, since they are few and do not make a function wild; and a new
# rate asks for a new look at the decay, because in this form the product $\eta\lambda$ is what counts.

# %% [markdown]
# ## 9 · Noise
#
# Add noise to the inputs, anew at each step, so that no example looks the same twice. In a linear model one can work
# out what this does. Let $\xi$ be noise of mean 0 and variance 1, independent in each entry, and $\sigma$ its size.
# Then
#
# $$ (x + \sigma\xi)^\top\theta - y = (x^\top\theta - y) + \sigma\,\xi^\top\theta . $$
#
# Square it and take the mean over all noise. The mixed term has mean 0, since $\xi$ has. What is left is the square
# without noise, and the mean of $(\sigma\,\xi^\top\theta)^2$, a variance.
#
# **By hand.** With one input, $\theta = 3$ and $\sigma = 0.1$, each row's loss grows by $0.01 \cdot 9 = 0.09$ on
# average. With two, $\theta = (3, 4)$, it grows by $0.25$.

# %% [markdown]
# ### Exercise 9 · `noisy_loss`
#
# **Goal** · the mean square error under noise on the inputs, exactly. **Difficulty** ●● · **about 6 minutes**
#
# Return the mean over the rows of $\mathbb{E}\bigl[\bigl((x + \sigma\xi)^\top\theta - y\bigr)^2\bigr]$, as a plain
# number or a tensor with a single entry. Not by drawing: the mean is known.

# %% nbgrader={"solution": true, "grade_id": "answer_noisy_loss"}
def noisy_loss(theta, x, y, *, sigma):
    """The mean square error of a linear model, averaged over noise on its inputs.

    theta : tensor of shape (d,)
    x : tensor of shape (n, d), one example a row
    y : tensor of shape (n,)
    sigma : number ≥ 0, standard deviation of the noise in each entry of x
    returns a tensor without axes, or a number
    """
    ### BEGIN SOLUTION
    return ((x @ theta - y) ** 2).mean() + sigma**2 * (theta**2).sum()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "noisy_loss"}
check(noisy_loss)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(noisy_loss)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>The mean of a square is the square of the mean plus the variance. What is the variance of
# $\sigma\xi^\top\theta$?</p>
# </details>
# <details><summary>The idea</summary>
# <p>$\sigma^2\|\theta\|^2$ for each row, whatever $x$ and $y$ are. So the mean over the rows grows by just that.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>The mean square error without noise, and one more term in which $\theta$ is squared entry by entry and added
# up.</p>
# </details>

# %% [markdown]
# Beside 2000 draws of the noise, for the diabetes patients and their least squares weights. And the weights that are
# best under noise, beside your `l2_optimum`: with half the mean square as the loss, $\sigma^2\|\theta\|^2/2$ is a
# penalty of strength $\alpha = \sigma^2$.

# %% tags=["demo"]
dice = torch.Generator().manual_seed(0)
weights = torch.linalg.lstsq(patients.x, patients.y[:, None]).solution[:, 0]
hessian = patients.x.T @ patients.x / len(patients.x)
print("noise σ   2000 draws of it   noisy_loss      length of the best weights: under drawn noise, l2_optimum")
for sigma in (0.0, 0.2, 0.5, 1.0):
    losses, grams = [], torch.zeros_like(hessian)
    for _ in range(2000):
        moved = patients.x + sigma * torch.randn(patients.x.shape, generator=dice, dtype=torch.float64)
        losses.append(float((moved @ weights - patients.y).square().mean()))
        grams += moved.T @ moved / len(moved) / 2000
    drawn_best = torch.linalg.solve(grams, patients.x.T @ patients.y / len(patients.x))
    penalized = l2_optimum(hessian, weights, alpha=sigma**2)
    exact = float(noisy_loss(weights, patients.x, patients.y, sigma=sigma))
    print(f"{sigma:7}   {sum(losses) / 2000:16.4f}   {exact:10.4f}"
          f" {float(drawn_best.norm()):38.4f} {float(penalized.norm()):18.4f}")

# %% [markdown]
# For a line, noise on the inputs **is** an $L^2$ penalty. For a network it is not quite: Bishop (1995a) shows that
# small noise acts like a penalty on how fast the output changes with the input. It has the same spirit, but is no
# bargain to rely on. Nets with 64 hidden units on the digits, whose pixels lie between 0 and 1, five splits and
# starts. (`train_nets` takes a function that may change what enters each layer; it is called `drop` after its use in
# lesson 11.) **Before you run the cell**: a little noise, and as much as the pixels themselves. What does each do to
# the test error?

# %% tags=["demo"]
digits = data.digits()


def cut(count):
    """Five splits with so many training examples: inputs and classes, for training and for the test."""
    cuts = [data.split(digits, test=1 - count / len(digits.x), seed=seed) for seed in range(5)]
    return [torch.stack([one[which][part] for one in cuts]) for which in (0, 1) for part in (0, 1)]


def with_noise(sigma):
    """What adds noise to the inputs of the first layer and leaves the other layers alone."""
    own = torch.Generator().manual_seed(0)
    return lambda h, layer: h if layer else h + sigma * torch.randn(h.shape, generator=own)


start = init_nets([64, 64, 10], count=5, seed=1)
small_x, small_y, other_x, other_y = cut(100)
print("test error in % with 100 training examples")
errors = {}
for sigma in (0.0, 0.2, 1.0):
    nets = train_nets(start, small_x, small_y, steps=600, batch_size=32, lr=0.05, drop=with_noise(sigma))
    errors[sigma] = wrong = net_errors(nets, other_x, other_y)
    change = wrong - errors[0.0]
    print(f"noise {sigma:3}" + "".join(f"{value:7.1f}" for value in wrong) + f"    mean {wrong.mean():4.1f}"
          f"    change {change.mean():+5.1f} ({change.min():+.1f} … {change.max():+.1f})".replace("-", "−"))

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>A little noise gains in each of the five, but not much: about a point of twelve. Noise as large as the pixels does
# harm: the digits drown in it, and the error rises by half or more in most of the nets. As with every strength in this
# lesson there is a valley, and only data that were not fitted show where it is.</p>
# </details>
#
# In lesson 11 the noise moves from the inputs to the units inside, and gets a factor instead of a sum.

# %% [markdown]
# ## 10 · Augmentation
#
# The best regularizer is more data, and some of it can be made. A digit that is moved by a pixel is still the same
# digit. Whoever trains on moved digits tells the network something true about the world: the answer does not depend on
# the place. This is an **invariance**, and no penalty on weights could say it so well. For images it has long been the
# rule (Simard et al. 2003).
#
# It has to be true. A 6 that is turned upside down is a 9, and a b in the mirror is a d. An augmentation that changes
# the answer teaches a mistake. With small images even a shift is a little untrue: what leaves the frame is lost.

# %% [markdown]
# ### Exercise 10 · `shift_images`
#
# **Goal** · move each image by its own whole numbers of pixels. **Difficulty** ●● · **about 8 minutes**
#
# A shift is a pair (down, right) of whole numbers; negative ones mean up and left. The images keep their size: what
# leaves is lost, and **zeros** move in. Nothing is left of an image that is shifted to the edge or beyond. The shifts
# are a tensor of integers.

# %% nbgrader={"solution": true, "grade_id": "answer_shift_images"}
def shift_images(images, shifts):
    """Each image moved by whole pixels.

    images : tensor of shape (n, height, width)
    shifts : tensor of integers of shape (n, 2): how far down and how far right each image moves
    returns a tensor of the shape of images; zeros where nothing has moved to
    """
    ### BEGIN SOLUTION
    _, height, width = images.shape
    shifted = torch.zeros_like(images)
    for number, (down, right) in enumerate(shifts.tolist()):
        if abs(down) < height and abs(right) < width:
            shifted[number] = torch.nn.functional.pad(images[number], (right, -right, down, -down))
    return shifted
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "shift_images"}
check(shift_images)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(shift_images)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>If an image moves two rows down, from which row of the old image does row 5 of the new one come, and row 0?</p>
# </details>
# <details><summary>The idea</summary>
# <p>Make a tensor of zeros, and copy a rectangle of each image to where it belongs. Or pad an image with zeros on all
# sides and cut out a window. (<code>torch.roll</code> brings back on one side what leaves on the other.)</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>A loop over <code>enumerate(shifts.tolist())</code>. <code>torch.nn.functional.pad(image, (left, right, top,
# bottom))</code> adds zeros, and cuts off where one is negative; or copy slices, in which <code>max(down, 0)</code>
# and <code>min(down, 0)</code> serve both directions. Mind the shifts that leave nothing.</p>
# </details>

# %% [markdown]
# The first digit, moved by at most a pixel in each direction. The digits of this set fill all eight rows, so that a
# shift up or down cuts off a line of ink: what is left of a 0 that moves down begins to look like an n.

# %% tags=["demo"]
nine = torch.cartesian_prod(torch.arange(-1, 2), torch.arange(-1, 2))  # all shifts by at most a pixel
fig, axes = plt.subplots(1, 9, figsize=(9.5, 1.6), layout="constrained")
fig.suptitle("moved by (down, right)", fontsize=9)
for ax, picture, move in zip(axes, shift_images(digits.x[:1].view(1, 8, 8).expand(9, 8, 8), nine), nine, strict=True):
    ax.imshow(picture, cmap="Greys", vmin=0, vmax=1)
    ax.set(xticks=[], yticks=[])
    ax.set_title(", ".join(f"{by:+d}".replace("-", "−") if by else "0" for by in move.tolist()), fontsize=9)
plt.show()

# %% [markdown]
# ### Predict, then look
#
# Nets with 64 hidden units, 300 training digits, 400 steps. One kind is trained on the digits as they are. The other
# gets at each step digits moved by $-1$, 0 or 1 pixels down and right, each of the nine shifts equally often. There are
# two test sets: the test digits as they are, **centred** like all the digits of this set; and the same digits each
# **shifted** at random by at most a pixel. An image has 8 × 8 pixels.
#
# **Before you run the cells**, write down what you expect:
#
# 1. How does the net that was trained on centred digits do on the shifted ones: hardly worse, or much worse? Why?
# 2. How does training on shifted digits change the error on the *shifted* test set, and how that on the *centred* one?
#    Give a direction for each, and a reason. And what will four times as many steps change?
# 3. Name an augmentation of digits that would do harm on any test set, and say why: one that is not named above.
#
# And two questions that look back:
#
# 4. Polynomial 1 of section 1 has the smallest coefficients of all that fit the twelve points. Why is it wild all the
#    same, and what does a penalty do about it?
# 5. Why is $\alpha = 1/(n\eta)$ only right in its order of magnitude? And what happens to the share $1 -
#    (1-\eta\lambda)^n$ along an eigenvector with $\eta\lambda > 1$, which no penalty does?

# %% [markdown] nbgrader={"grade": true, "solution": true, "grade_id": "reflection_regularization", "points": 5}
# ### BEGIN SOLUTION
# **1.** Much worse: it errs on more than half of them. A dense net has a weight for each pixel and no idea that
# neighbouring pixels have to do with each other. A pixel of eight is a large move, and the net has never seen one.
#
# **2.** On the shifted set the error falls greatly, to about a third: that is what the net was taught. On the centred
# set it *rises* within 400 steps. The same net, with the same number of steps, has to learn nine places for each digit,
# of which the centred test asks for one. More steps take most of this price away: the net has room for all nine places,
# it only needs time to learn them.
#
# **3.** A shift by several pixels, which pushes the digit out of the frame; a quarter turn; noise in which nobody could
# read the digit; covering half of it, since the lower half of a 9 is that of a 1 or a 7. The class no longer fits the
# picture, or nothing is left of it. (Mirrored digits are near what the text names: half a point.)
#
# **4.** In some directions the points hardly fix the coefficients: the singular values are small. To meet the noise
# exactly, the coefficients go as far there as the noise divided by such a value, and between the points the curve goes
# with them. It is the shortest that fits *exactly*, and exactness is the mistake. The penalty keeps the share
# $\lambda/(\lambda+\alpha)$, nearly nothing in these directions and nearly all in those that the points fix.
#
# **5.** $n\eta\lambda$ and $\lambda/\alpha$ are the shares for small $\lambda$ alone. Elsewhere $1-(1-\eta\lambda)^n$
# and $\lambda/(\lambda+\alpha)$ are different functions: the stop comes near 1 sooner and has a sharper edge between
# what is reached and what is not. With $1 < \eta\lambda < 2$ the descent overshoots in each step, and the share
# swings around 1: above it after an odd number of steps. A penalty only ever shrinks. Beyond 2 the descent diverges.
#
# *Rubric.* A point for each. Full marks for a wrong expectation with a sound reason; none for a number without one.
# ### END SOLUTION

# %% tags=["demo"]
train_digits, train_classes, centred, classes = cut(300)


def moved(rows, shifts):
    """Rows of 64 pixels, of shape (5, n, 64), moved as images."""
    return shift_images(rows.reshape(-1, 8, 8), shifts).view(rows.shape)


coins = torch.Generator().manual_seed(0)
shifted = moved(centred, torch.randint(-1, 2, (centred.shape[0] * centred.shape[1], 2), generator=coins))
copies = [moved(train_digits, move.expand(5 * 300, 2)) for move in nine]
sets = {
    "as they are": (train_digits, train_classes),
    "shifted": (torch.cat(copies, dim=1), train_classes.repeat(1, 9)),
    "half of them shifted": (torch.cat([*copies, *[train_digits] * 9], dim=1), train_classes.repeat(1, 18)),
}
print("test error in %, five nets                           centred                 shifted by at most a pixel")
for steps in (400, 1600):
    for name, (rows, labels) in sets.items():
        nets = train_nets(start, rows, labels, steps=steps, batch_size=32, lr=0.05)
        wrong = [net_errors(nets, which, classes) for which in (centred, shifted)]
        spans = [f"{float(value.mean()):5.1f}  ({float(value.min()):4.1f} … {float(value.max()):4.1f})"
                 for value in wrong]
        print(f"{steps:4} steps on digits {name:22} {spans[0]:>25} {spans[1]:>30}")

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>Without augmentation a shift by a pixel is a catastrophe, however long one trains: more than 60 % errors. With it
# there are 18 to 22 % after 400 steps, and the centred set pays: the error there becomes 1.5 to 2.2 times as large. To
# shift only half of the digits is a compromise that costs the centred set nothing on average and brings three quarters
# of the gain.</p>
# <p>The price is mostly one of time. After 1600 steps nearly all of it is gone. The nets that saw shifted digits alone
# then err on 9 % of the shifted ones and 7.3 % of the centred ones; the plain nets, for which more steps change hardly
# anything, err on 6.4 % of these. With half of the digits shifted the nets are even better on <em>both</em> sets, on
# average: true examples, also invented ones, are more data. So ask two things before you augment. Is the invariance
# true? And are there steps enough to learn it?</p>
# </details>
#
# ### Demo: two test sets, one net
#
# *Your* `shift_images` makes the training digits, and three small nets learn from them as you play. You choose how far
# digits are moved, which share of them, and how much noise is laid over them.
#
# **Goal:** after 400 steps, below 25 % errors on the shifted test set and below 8 % on the centred one.

# %% tags=["demo"]
augment_demo(shift_images)

# %% [markdown]
# ## Summary
#
# - Where examples fix a direction hardly or not at all, an exact fit of their noise goes wild. Regularization gives up
#   such directions; how much is right is told by data that were not fitted.
# - $L^2$ keeps the share $\lambda/(\lambda+\alpha)$ along each eigenvector; the shares add up to the effective number
#   of parameters.
# - $L^1$ moves by a constant and stops at 0: exact zeros, by a threshold and not by a slope. The proximal step is
#   gradient, threshold, division.
# - A wall that is touched is a spring of some strength; one that is not does nothing. Stopping after $n$ steps is
#   roughly a penalty of $1/(n\eta)$.
# - Under Adam an $L^2$ penalty is not decay. AdamW takes the decay beside the step.
# - Noise on the inputs of a line is $L^2$; too much of it does harm. Augmentation teaches an invariance: it must be
#   true, and it takes steps to learn.
#
# **Next**: lesson 11 switches units off at random, and finds this lesson's penalty in it.
#
# ## Sources
#
# - A. N. Tikhonov (1963). Solution of incorrectly formulated problems and the regularization method. *Soviet
#   Mathematics Doklady* 4.
# - A. E. Hoerl, R. W. Kennard (1970). Ridge regression: biased estimation for nonorthogonal problems. *Technometrics*
#   12(1).
# - A. Krogh, J. A. Hertz (1992). A simple weight decay can improve generalization. *NIPS 4*.
# - D. J. C. MacKay (1992). Bayesian interpolation. *Neural Computation* 4(3).
# - D. L. Donoho (1995). De-noising by soft-thresholding. *IEEE Transactions on Information Theory* 41(3).
# - C. M. Bishop (1995a). Training with noise is equivalent to Tikhonov regularization. *Neural Computation* 7(1).
# - C. M. Bishop (1995b). Regularization and complexity control in feed-forward networks. *ICANN*.
# - R. Tibshirani (1996). Regression shrinkage and selection via the lasso. *JRSS B* 58(1).
# - P. Y. Simard, D. Steinkraus, J. C. Platt (2003). Best practices for convolutional neural networks applied to visual
#   document analysis. *ICDAR*.
# - H. Zou, T. Hastie (2005). Regularization and variable selection via the elastic net. *JRSS B* 67(2).
# - A. Beck, M. Teboulle (2009). A fast iterative shrinkage-thresholding algorithm for linear inverse problems. *SIAM
#   Journal on Imaging Sciences* 2(1).
# - N. Parikh, S. Boyd (2014). Proximal algorithms. *Foundations and Trends in Optimization* 1(3).
# - I. Goodfellow, Y. Bengio, A. Courville (2016). *Deep learning*, chapter 7. MIT Press.
# - A. Ali, J. Z. Kolter, R. J. Tibshirani (2019). A continuous-time view of early stopping for least squares
#   regression. *AISTATS*.
# - I. Loshchilov, F. Hutter (2019). Decoupled weight decay regularization. *ICLR*.
