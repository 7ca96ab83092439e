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
# # 3 · Loss landscapes
#
# Gradient descent sees one thing, the slope under its feet. Whether that is enough depends on the shape of the
# ground: valleys, saddles, plains and cliffs each make it fail in their own way. This lesson gives each of them a
# number that can be measured, and shows which of them matter when networks are trained.
#
# **After this lesson you can**
#
# 1. say from a curvature and a rate whether descent creeps, arrives, swings or diverges;
# 2. read the condition number, the best rate and the largest stable rate off a Hessian;
# 3. watch curvature during training without ever building the Hessian;
# 4. tell minima, maxima and saddles apart, and explain why large networks have so many saddles;
# 5. explain why the minima of a network come in crowds, and why most of them do no harm;
# 6. clip gradients by value and by norm, and say what each does to a step.
#
# Eleven exercises, about 90 minutes, and as much to read and to try out. You need gradients and expectations from
# lessons 0 to 2, and what an eigenvalue of a symmetric matrix is.
#
# One rule holds for all of them: a function leaves what it is given as it was. The caller's tensors keep their values,
# and a tensor that did not ask for gradients still does not afterwards.

# %% nbgrader={"locked": true, "grade_id": "setup"}
import math
import time

import matplotlib.pyplot as plt
import torch
from steepest import check, data
from steepest.demos.loss_landscapes import (
    bowl_demo, cliff_demo, gabor_demo, landscape_demo, monitor_demo, regime_demo, saddle_demo,
)
from steepest.landscapes import quadratic, saddle
from steepest.models import softmax_regression
from steepest.plots import plot_contours, plot_curves, plot_map, plot_path
from steepest.terrain import critical_points, random_waves
from steepest.trajectory import run, steps_to_reach

torch.set_num_threads(1)  # with tensors this small, threads cost more than they gain


def descend(theta, grad, state, *, lr):
    """One step of plain gradient descent, in the form that `run` takes."""
    return theta - lr * grad, state


def gradient_of(f):
    """The function that maps a point to the gradient of f there."""
    def gradient(theta):
        at = theta.detach().clone().requires_grad_()
        return torch.autograd.grad(f(at), at)[0]

    return gradient

# %% [markdown]
# ## 1 · Bowls
#
# ### One direction
#
# Near a minimum every smooth loss looks like a parabola, so we begin there: $f(x) = \tfrac12\lambda x^2$, with slope
# $\lambda x$ and **curvature** $\lambda$. A step of descent with rate $\eta$ gives
#
# $$x \;\leftarrow\; x - \eta\lambda x = (1-\eta\lambda)\,x .$$
#
# One number decides everything, the factor $1-\eta\lambda$ by which each step multiplies the error. Its sign says on
# which side of the minimum the step lands, its size whether it lands nearer.

# %% tags=["demo"]
line = torch.linspace(-3.2, 3.2, 200)
start = torch.tensor([2.0])
fig, axes = plt.subplots(1, 4, figsize=(11, 2.9), sharey=True, layout="constrained")
for ax, product in zip(axes, (0.3, 1.0, 1.7, 2.2), strict=True):
    path = run(descend, lambda x: x, start, state={}, n_steps=6, lr=product)[:, 0]
    ax.plot(line, line**2 / 2, color="0.7")
    ax.plot(path, path**2 / 2, "o--", color="#08306b", markersize=5, linewidth=1)
    ax.set(title=f"ηλ = {product}", xlabel="x", xlim=(-3.4, 3.4), ylim=(-0.2, 5))
axes[0].set_ylabel("loss")
plt.show()

# %% [markdown]
# ### Exercise 1 · `step_regime`
#
# **Goal** · name the regime of a step. **Difficulty** ● · **about 6 minutes**
#
# `"monotone"`: the error shrinks and keeps its sign. `"one_step"`: it is gone after one step, up to rounding.
# `"oscillating"`: it shrinks and changes its sign. `"diverging"`: it grows. The curvature may be negative: then the
# point $x = 0$ is the top of a hill, and the error is the distance from it. It is never 0, and $\eta\lambda$ is never
# exactly 2, where the error would stay as large as it is.
#
# "Up to rounding" wants a tolerance, and any between $10^{-12}$ and $10^{-3}$ is accepted. A rate that is 5 % off is
# not rounding: the error is still there after the step.

# %% nbgrader={"solution": true, "grade_id": "answer_step_regime"}
def step_regime(curvature, lr):
    """What descent with a fixed rate does on ½ λ x².

    curvature : number, λ, not 0; negative on a hill
    lr : number, the rate η > 0
    returns "monotone", "one_step", "oscillating" or "diverging"
    """
    ### BEGIN SOLUTION
    factor = 1 - lr * curvature
    if math.isclose(lr * curvature, 1):
        return "one_step"
    if abs(factor) > 1:
        return "diverging"
    return "monotone" if factor > 0 else "oscillating"
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "step_regime"}
check(step_regime)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(step_regime)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Compute the factor first. Which sizes and signs of it belong to which word? Two floating-point numbers that
# should be the same often are not: <code>math.isclose</code>.</p>
# </details>

# %% [markdown]
# ### Demo: four words for a step
#
# The ball on the left takes steps of descent; on the right *your* `step_regime` says what kind they are, and each word
# is put on the line where it was said. Pull the start of the ball, the end of its first step (that is the rate) and the
# parabola itself, or use the sliders. **Before you run it**, say where on the axis of $\eta\lambda$ each of the four
# words will lie, and what becomes of them on a hill. Press play to roll.
#
# **Goal:** hear all four words.

# %% tags=["demo"]
regime_demo(descend, step_regime)

# %% [markdown]
# ### Many directions
#
# A quadratic of several parameters is $f(\theta) = \tfrac12\theta^\top A\,\theta$, and its second derivatives form the
# **Hessian** $H$. Along an eigenvector of $H$ with eigenvalue $\lambda$ the loss is the parabola from above, and
# descent never mixes these directions. So the eigenvalues are the curvatures, and each direction has its own regime.
#
# Eigenvalues have this meaning for *symmetric* matrices. A Hessian is always symmetric, but the matrix $A$ that a
# quadratic is written with need not be.

# %% [markdown]
# ### Exercise 2 · `curvatures`, a bug to mend
#
# **Goal** · find what is wrong and write a function that is right. **Difficulty** ●● · **about 8 minutes**
#
# The function below should give the curvatures of $\tfrac12\theta^\top A\,\theta$ for *any* square $A$, from the
# smallest to the largest.

# %% nbgrader={"locked": true, "grade_id": "curvatures_with_a_bug"}
def curvatures_with_a_bug(matrix):
    """Curvatures of the quadratic ½ θᵀAθ, in ascending order."""
    return torch.linalg.eigvalsh(matrix)


slanted = torch.tensor([[2.0, 6.0], [0.0, 2.0]])
across = torch.tensor([1.0, -1.0])
print("curvatures, so it says:", curvatures_with_a_bug(slanted).tolist())
print("but the loss at (1, −1) is", (across @ slanted @ across / 2).item())

# %% [markdown]
# With two positive curvatures the loss could never be negative. What does `eigvalsh` do with a matrix like this one?

# %% nbgrader={"solution": true, "grade_id": "answer_curvatures"}
def curvatures(matrix):
    """Curvatures of the quadratic ½ θᵀAθ.

    matrix : tensor of shape (n, n), A, symmetric or not
    returns a tensor of shape (n,), of the type of matrix: the eigenvalues of the Hessian, in ascending order
    """
    ### BEGIN SOLUTION
    return torch.linalg.eigvalsh((matrix + matrix.T) / 2)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "curvatures"}
check(curvatures)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(curvatures)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>$\theta^\top A\,\theta$ is a number, so it equals its own transpose $\theta^\top A^\top\theta$. Differentiate
# $\tfrac12\theta^\top A\,\theta$ twice, or ask which symmetric matrix gives the same numbers.</p>
# </details>

# %% [markdown]
# ### The condition number
#
# One rate must serve all directions. How badly that fits is told by the ratio of the extreme curvatures, the
# **condition number**
#
# $$\kappa = \frac{\max_i |\lambda_i|}{\min_i |\lambda_i|} .$$
#
# $\kappa = 1$ is a round bowl. A large $\kappa$ is a long narrow valley: steep across, nearly flat along. If some
# direction is entirely flat, $\kappa$ is infinite. (On a computer rounding may turn an eigenvalue of 0 into $10^{-17}$,
# and $\kappa$ is then very large instead. Where *every* direction is flat, it has no meaning.)
#
# Lecture notes sometimes take the ratio the other way round and call a *small* number bad; the meaning is the same.

# %% [markdown]
# ### Exercise 3 · `condition_number`
#
# **Goal** · $\kappa$ of a symmetric Hessian of any signs. **Difficulty** ● · **about 5 minutes**
#
# Some eigenvalue may be exactly 0, but not all of them.

# %% nbgrader={"solution": true, "grade_id": "answer_condition_number"}
def condition_number(hessian):
    """Largest over smallest size of the eigenvalues.

    hessian : symmetric tensor of shape (n, n)
    returns a tensor without axes, of the type of hessian; inf where an eigenvalue is 0
    """
    ### BEGIN SOLUTION
    sizes = torch.linalg.eigvalsh(hessian).abs()
    return sizes.max() / sizes.min()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "condition_number"}
check(condition_number)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(condition_number)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p><code>torch.linalg.eigvalsh</code>, then sizes, then the extremes, in this order. Division by zero gives
# <code>inf</code> in torch by itself.</p>
# </details>

# %% [markdown]
# ### Two rates to know
#
# **The limit.** Descent on a bowl is stable when $|1-\eta\lambda| < 1$ in *every* direction that curves. The steepest
# direction is the strictest, so the limit is set by $\lambda_{\max}$ alone. In a flat direction, $\lambda = 0$, the
# factor is 1 at every rate: nothing moves there, no rate helps and none does harm.
#
# **The best rate.** The error after many steps is that of the slowest direction, the one with the largest
# $|1-\eta\lambda|$. As a function of $\lambda$ this is a V, so it is largest at one of the two ends, $\lambda_{\min}$
# or $\lambda_{\max}$. A longer step helps the first and hurts the second; the best rate balances them:
#
# $$1-\eta\lambda_{\min} = -(1-\eta\lambda_{\max})
# \quad\Longrightarrow\quad
# \text{factor } \frac{\kappa-1}{\kappa+1}.$$

# %% [markdown]
# ### Exercise 4 · `stable_lr_limit`
#
# **Goal** · the rate at which descent on a bowl stops converging. **Difficulty** ● · **about 4 minutes**
#
# Here and in the next exercise no eigenvalue is negative; some may be 0, but not all. A flat direction sets no limit:
# what counts is whether the other directions converge.

# %% nbgrader={"solution": true, "grade_id": "answer_stable_lr_limit"}
def stable_lr_limit(hessian):
    """The rate below which descent on a quadratic converges in every direction that curves.

    hessian : symmetric tensor of shape (n, n), no eigenvalue negative
    returns a tensor without axes, of the type of hessian
    """
    ### BEGIN SOLUTION
    return 2 / torch.linalg.eigvalsh(hessian).max()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "stable_lr_limit"}
check(stable_lr_limit)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(stable_lr_limit)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Solve $1-\eta\lambda = -1$ for $\eta$. For which $\lambda$ is the answer smallest?</p>
# </details>

# %% [markdown]
# ### Exercise 5 · `optimal_lr`
#
# **Goal** · the rate that balances both ends of the spectrum. **Difficulty** ● · **about 5 minutes**
#
# If a direction is flat, $\lambda_{\min} = 0$ goes into the formula as it stands. The rate is then the limit itself,
# $2/\lambda_{\max}$: a direction that no rate can shrink leaves nothing to balance.

# %% nbgrader={"solution": true, "grade_id": "answer_optimal_lr"}
def optimal_lr(hessian):
    """The fixed rate that makes |1 − ηλ| the same at both ends of the spectrum.

    hessian : symmetric tensor of shape (n, n), no eigenvalue negative
    returns a tensor without axes, of the type of hessian
    """
    ### BEGIN SOLUTION
    values = torch.linalg.eigvalsh(hessian)
    return 2 / (values[0] + values[-1])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "optimal_lr"}
check(optimal_lr)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(optimal_lr)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Solve the equation above for $\eta$. <code>eigvalsh</code> sorts in ascending order: the ends are at
# <code>[0]</code> and <code>[-1]</code>, however many there are.</p>
# </details>

# %% [markdown]
# ### One step against zigzag
#
# The lecture notes show it for $\kappa = 1$ and $\kappa = 10$: one step against a zigzag. Here are both, each with its
# own best rate, as your functions give it.

# %% tags=["demo"]
corner = torch.tensor([-1.8, 1.2], dtype=torch.float64)
print("    κ   best rate   limit   factor a step   steps to a millionth of the distance")
paths = {}
for condition in (1, 10, 100):
    bowl = quadratic(condition)
    hessian = bowl.hessian(corner)
    lr, kappa = optimal_lr(hessian).item(), condition_number(hessian).item()
    path = run(descend, bowl.gradient, corner, state={}, n_steps=8 * condition, lr=lr)
    paths[condition] = path
    steps = steps_to_reach(bowl.distance(path) / bowl.distance(corner), 1e-6)
    print(f"{kappa:5.0f}  {lr:10.3f}  {stable_lr_limit(hessian):6.2f}  {(kappa - 1) / (kappa + 1):14.3f}  {steps:8d}")

fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.8), layout="constrained")
for ax, condition in ((left, 1), (right, 10)):
    plot_contours(quadratic(condition), ax=ax)
    plot_path(paths[condition], ax=ax, label=f"η = {2 / (1 + 1 / condition):.2f}")
    ax.set_title(f"κ = {condition}")
plt.show()

# %% [markdown]
# A round bowl takes one step whatever its size. From there the number of steps grows in proportion to $\kappa$, by
# about 7 for each unit: $\ln\frac{\kappa-1}{\kappa+1} \approx -\frac2\kappa$, and $\ln 10^6 / 2 \approx 7$. The rates
# stand only 10 % apart from the limit at $\kappa = 10$, and 1 % at $\kappa = 100$: what is best is nearly unstable.
# Lesson 5 replaces $\kappa$ by $\sqrt\kappa$, lessons 6 and 7 change the bowl itself.

# %% [markdown]
# ### Demo: a bowl that turns
#
# The bowl below can be stretched and turned by the end of its flat axis, or by sliders; the start and the end of the
# first step can be pulled too. On the right the error is taken apart along the two eigenvectors. **Before you move
# anything**, write down what turning the bowl changes: the entries of the Hessian, $\kappa$, the best rate, the factor
# of each direction, the path? Then turn it, and tick the box to see what *your* functions say of the same Hessian. At
# 146° the start lies almost on the flat eigenvector, at 56° on the steep one: what becomes of the zigzag?
#
# **Goal:** at $\kappa = 10$ or more, let both errors shrink by the same factor.

# %% tags=["demo"]
bowl_demo(descend, condition_number, stable_lr_limit, optimal_lr)

# %% [markdown]
# ## 2 · Watching curvature while a network trains
#
# ### Two terms
#
# Is curvature what makes *my* training slow or unstable? The Taylor expansion around the current point tells. With
# gradient $g$ and rate $\varepsilon$ the step is $-\varepsilon g$, and
#
# $$f(\theta - \varepsilon g) \;\approx\; f(\theta) \;-\; \underbrace{\varepsilon\, g^\top g}_{\text{linear}}
# \;+\; \underbrace{\tfrac12 \varepsilon^2\, g^\top H g}_{\text{quadratic}} .$$
#
# The linear term is what the slope promises. The quadratic term is what curvature takes back. When it exceeds the
# linear term, the step makes the loss *worse*, although it goes downhill (Goodfellow, Bengio and Courville 2016).

# %% [markdown]
# ### Exercise 6 · `taylor_terms`
#
# **Goal** · both terms. **Difficulty** ●● · **about 6 minutes**
#
# Return them as they stand above the braces, without the signs in front.

# %% nbgrader={"solution": true, "grade_id": "answer_taylor_terms"}
def taylor_terms(grad, hessian, lr):
    """What the slope promises and what curvature takes back.

    grad : tensor of shape (n,), the gradient
    hessian : symmetric tensor of shape (n, n)
    lr : number, the rate ε
    returns (linear, quadratic), two tensors without axes
    """
    ### BEGIN SOLUTION
    linear = lr * (grad @ grad)
    quadratic = 0.5 * lr**2 * (grad @ hessian @ grad)
    return linear, quadratic
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "taylor_terms"}
check(taylor_terms)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(taylor_terms)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p><code>a @ b</code> of two vectors is a number, of a matrix and a vector a vector. <code>a * b</code> is neither.
# </p>
# </details>

# %% [markdown]
# ### Demo: any landscape under watch
#
# Choose a landscape and a rate, and pull the start to where you want it; *your* `taylor_terms` watches every step. The
# diamond on the linear term of the first step is the rate, too. **Before you press play**, say for the start below
# whether the next step will lower the loss, and what the two curves will show when the rate is too large: first on the
# bowl, where the expansion is exact, then in the long valley, where it is not. A cross marks a step after which the
# loss was higher.
#
# **Goal:** in the long valley, from a start with $\theta_1 < 0$, have a loss of at most 0.25 after 60 steps. Let the
# curves tell you how far the rate can go.

# %% tags=["demo"]
landscape_demo(descend, taylor_terms)

# %% [markdown]
# ### The Hessian is too large, its products are not
#
# A network with 100 000 parameters has a Hessian of $10^{10}$ entries. But $g^\top H g$ needs only the *vector* $Hg$,
# and that is a derivative of something we have. For a fixed $v$,
#
# $$H v = \nabla_\theta \bigl( \nabla f(\theta)^\top v \bigr),$$
#
# the gradient of a single number, the slope along $v$ (Pearlmutter 1994). It costs about as much as two gradients and
# no memory beyond theirs, whatever the number of parameters.

# %% [markdown]
# ### Exercise 7 · `hvp`
#
# **Goal** · the Hessian-vector product, without the Hessian. **Difficulty** ●●● · **about 12 minutes**
#
# `f` maps a tensor of the shape of `x` to a number; it can be differentiated twice, and it is not linear. `x` and `v`
# may have any shape, not only that of a vector. Leave `x` as it comes: a `requires_grad` that you need is set on a copy
# of it. Whether the product that you return is detached from the graph or not makes no difference.

# %% nbgrader={"solution": true, "grade_id": "answer_hvp"}
def hvp(f, x, v):
    """The product Hv of the Hessian of f at x with a vector.

    f : function that maps a tensor of the shape of x to a scalar tensor
    x : tensor, the point
    v : tensor of the same shape, the direction
    returns a tensor of the same shape
    """
    ### BEGIN SOLUTION
    at = x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(f(at), at, create_graph=True)
    (product,) = torch.autograd.grad((gradient * v).sum(), at)
    return product
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "hvp"}
check(hvp)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(hvp)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p><code>torch.autograd.grad(..., create_graph=True)</code> gives a gradient that can be differentiated again. Make
# one number of it and <code>v</code> before you do. A function that builds the whole Hessian and multiplies gets full
# marks too, but see below what it costs.</p>
# </details>

# %% tags=["demo"]
def bumpy(theta):
    return torch.cos(theta).sum() + theta.square().sum().square() / len(theta)


print("parameters   product alone   by way of the whole Hessian")
for size in (100, 400, 1600):
    point, direction = torch.linspace(-1, 1, size), torch.ones(size)
    begun = time.perf_counter()
    product = hvp(bumpy, point, direction)
    between = time.perf_counter()
    whole = torch.autograd.functional.hessian(bumpy, point) @ direction
    ended = time.perf_counter()
    assert torch.allclose(product, whole, atol=1e-3)
    print(f"{size:10d}  {1000 * (between - begun):10.1f} ms  {1000 * (ended - between):15.1f} ms")

# %% [markdown]
# ### A real training run
#
# A network with 20 hidden units and 1510 parameters learns 500 handwritten digits, by descent on all of them at once.
# Its parameters are one flat vector $\theta$.

# %% nbgrader={"locked": true, "grade_id": "network"}
DIGITS = data.digits()
PIXELS, LABELS = DIGITS.x[:500], DIGITS.y[:500]
HIDDEN = 20


def unpack(theta):
    """Weights and biases of both layers."""
    parts = theta.split([64 * HIDDEN, HIDDEN, 10 * HIDDEN, 10])
    return parts[0].reshape(HIDDEN, 64), parts[1], parts[2].reshape(10, HIDDEN), parts[3]


def pack(*layers):
    """The flat vector again."""
    return torch.cat([layer.reshape(-1) for layer in layers])


def scores(theta, activation):
    """One row for each digit, one column for each class."""
    w1, b1, w2, b2 = unpack(theta)
    return activation(PIXELS @ w1.T + b1) @ w2.T + b2


def tanh_loss(theta):
    return torch.nn.functional.cross_entropy(scores(theta, torch.tanh), LABELS)


def relu_loss(theta):
    return torch.nn.functional.cross_entropy(scores(theta, torch.relu), LABELS)


def first_weights(seed):
    """Random weights, scaled by the number of inputs; biases zero."""
    random = torch.Generator().manual_seed(seed)
    w1, w2 = torch.randn(HIDDEN, 64, generator=random) / 8, torch.randn(10, HIDDEN, generator=random) / HIDDEN**0.5
    return pack(w1, torch.zeros(HIDDEN), w2, torch.zeros(10))


# %% tags=["demo"]
def monitored(f, theta, lr, n_steps):
    """Loss and both Taylor terms before every step."""
    gradient, rows = gradient_of(f), []
    for _ in range(n_steps):
        g = gradient(theta)
        rows.append([f(theta).item(), lr * (g @ g).item(), 0.5 * lr**2 * (g @ hvp(f, theta, g)).item()])
        theta = theta - lr * g
    return torch.tensor(rows)


fig, axes = plt.subplots(2, 2, figsize=(10, 5.6), sharex=True, layout="constrained")
for column, lr in zip(axes.T, (0.5, 2.0), strict=True):
    seen = monitored(tanh_loss, first_weights(0), lr, 100)
    loss, linear, quadratic_term = seen.T
    plot_curves({"loss": loss}, ax=column[0], xlabel="", ylabel="loss")
    plot_curves({"linear, εgᵀg": linear, "quadratic, ½ε²gᵀHg": quadratic_term.where(quadratic_term > 0, torch.nan)},
                ax=column[1], xlabel="step", ylabel="size of the term", log_y=True, first_style=1)
    column[0].set_title(f"ε = {lr}")
    worse = loss[1:] > loss[:-1]
    foretold = quadratic_term[:-1] > linear[:-1]
    print(f"ε = {lr}: loss rose in {int(worse.sum())} of 99 steps, quadratic term the larger in "
          f"{int(foretold.sum())}, both in {int((worse & foretold).sum())}; end {loss[-1]:.3f}")
    for ax in column:
        ax.fill_between(range(99), 0, 1, where=worse, transform=ax.get_xaxis_transform(), color="0.85", step="post")
plt.show()

# %% [markdown]
# Grey bands mark the steps after which the loss was higher. On the left curvature takes back a quarter of the first
# step and a percent or two of the later ones; descent is calm, and the rate could be larger. On the right the two
# curves lie close together for 25 steps. Whenever the loss climbed, the quadratic term had been the larger; some of its
# warnings came to nothing, since the expansion stops after two terms.
#
# Mind what is plotted: the gradient itself need not be small for training to be slow. A term $g^\top H g$ that grows
# while $g^\top g$ does not is the sign of ill-conditioning: the rate has to be cut because of one steep direction, and
# all the flat ones wait.

# %% [markdown]
# ### Demo: the largest calm rate
#
# The same network, with *your* `hvp` at the monitor. Pull the ring along the steps, and the diamond on the first linear
# term for another rate. **Before you do**, say where between 0.5 and 2.0 the loss will begin to rise now and then, and
# which of the 40 steps are the delicate ones: the first, the middle, the last? Black triangles mark steps whose
# quadratic term was the larger, crosses the rises.
#
# **Goal:** a loss of at most 0.2 after 40 steps, without a single rise.

# %% tags=["demo"]
monitor_demo(descend, hvp, tanh_loss, first_weights(0))

# %% [markdown]
# ## 3 · Convex or not
#
# A function is **convex** if each chord lies on or above its graph,
#
# $$f\bigl((1-t)\,a + t\,b\bigr) \le (1-t) f(a) + t f(b), \qquad 0 \le t \le 1 .$$
#
# For smooth functions that is: no eigenvalue of the Hessian is negative, *anywhere*. Then every minimum is a global
# one and there are no saddles. The chord gives a test that needs no derivatives: draw pairs of points, and count chords
# whose midpoint lies below the graph. One is enough to prove a loss not convex; none proves nothing.

# %% tags=["demo"]
random = torch.Generator().manual_seed(2)
linear_model = softmax_regression(64, 10)
candidates = {
    "quadratic, κ = 10": (quadratic(10), 2, 1.0),
    "softmax regression": (lambda theta: linear_model.loss(theta, PIXELS, LABELS), linear_model.size, 1.0),
    "network, tanh": (tanh_loss, 1510, 1.0),
    "random waves": (random_waves(3), 3, 2.0),
}
for name, (f, size, spread) in candidates.items():
    pairs = spread * torch.randn(200, 2, size, generator=random)
    below = sum(bool(f(a) + f(b) < 2 * f((a + b) / 2) - 1e-4) for a, b in pairs)
    print(f"{name:20s} {below:4d} of 200 chords below the graph")

# %% [markdown]
# ## 4 · Local minima
#
# ### A model with two parameters
#
# The landscape of a network cannot be drawn, so Prince (2023) looks at a model with two parameters that fails in the
# same ways, the **Gabor model**: a wave in an envelope that moves along with it,
#
# $$f(x;\phi) = \sin(u)\,\exp\!\Bigl(-\frac{u^2}{32}\Bigr), \qquad u = \phi_0 + 0.06\,\phi_1 x,
# \qquad L(\phi) = \sum_i \bigl(f(x_i;\phi) - y_i\bigr)^2 .$$
#
# The constant is 32, as in Prince's book. Lecture notes that borrow the model print 8, which makes the packet half as
# wide. The loss is a sum, not a mean.

# %% nbgrader={"locked": true, "grade_id": "gabor_points"}
X_GABOR = torch.tensor([
    -13.98, -6.40, 8.19, -9.75, 7.66, 3.25, -9.04, -2.00, -2.85, 8.36, -9.41, 2.83, -1.59, -4.74,
    14.10, -12.39, -11.55, 1.00, 13.47, -11.18, 4.78, 1.39, -13.52, -7.05, -1.76, -12.46, -2.02, 2.09,
], dtype=torch.float64)
Y_GABOR = torch.tensor([
    0.05, -0.18, -0.07, 0.04, 0.15, -0.10, -0.07, -0.97, -0.11, 0.14, 0.01, 0.23, -0.93, 0.45,
    0.10, 0.11, 0.04, 0.82, 0.01, 0.04, -0.40, 0.85, 0.00, -0.14, -0.94, 0.09, -0.78, 0.80,
], dtype=torch.float64)

# %% [markdown]
# The 28 points are made up: the model with $\phi = (0, 16.6)$, and noise of deviation 0.1.
#
# ### Exercise 8 · `gabor_loss`
#
# **Goal** · the loss of the Gabor model. **Difficulty** ● · **about 6 minutes**
#
# Descent will differentiate your loss by $\phi$. So compute in torch all the way from `phi` to what you return: a new
# tensor that is made from numbers has forgotten where they come from.

# %% nbgrader={"solution": true, "grade_id": "answer_gabor_loss"}
def gabor_loss(phi, x, y):
    """Sum of squared errors of the Gabor model.

    phi : tensor of shape (2,), offset and frequency
    x, y : tensors of shape (n,), the points
    returns a tensor without axes, which can be differentiated by phi
    """
    ### BEGIN SOLUTION
    u = phi[0] + 0.06 * phi[1] * x
    prediction = torch.sin(u) * torch.exp(-(u**2) / 32)
    return ((prediction - y) ** 2).sum()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "gabor_loss"}
check(gabor_loss)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(gabor_loss)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Compute $u$ once and use it twice. <code>-u**2</code> is $-(u^2)$ in Python, as in mathematics.</p>
# </details>

# %% [markdown]
# ### Which valley you start in
#
# Descent with $\eta = 0.05$ from six starts, on the surface of your loss.

# %% tags=["demo"]
def gabor_surface(phi):
    return gabor_loss(phi, X_GABOR, Y_GABOR)


offsets = torch.linspace(-10, 10, 51, dtype=torch.float64)
frequencies = torch.linspace(2.5, 22.5, 51, dtype=torch.float64)
heights = torch.stack([
    torch.stack([gabor_surface(torch.stack([offset, frequency])) for offset in offsets]) for frequency in frequencies
])
starts = torch.tensor([[-1, 9], [3.5, 21], [8, 20], [6.8, 8.8], [-4, 20], [-7, 15]], dtype=torch.float64)
gabor_gradients = gradient_of(lambda phis: sum(gabor_surface(phi) for phi in phis))  # of all starts at once
fits = run(descend, gabor_gradients, starts, state={}, n_steps=500, lr=0.05).unbind(dim=1)
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained", width_ratios=[1.15, 1])
plot_map(heights, ax=left, across=offsets, up=frequencies, levels=[0.5, 2, 4, 6, 8, 12, 16, 20],
         xlabel="offset φ₀", ylabel="frequency φ₁", label="loss")
across = torch.linspace(-15, 15, 400, dtype=torch.float64)
right.plot(X_GABOR, Y_GABOR, "o", color="0.6", label="points")
for number, (one, path) in enumerate(zip(starts.tolist(), fits, strict=True)):
    plot_path(path, ax=left, number=number)
    end, (offset, frequency) = gabor_surface(path[-1]).item(), path[-1].tolist()
    print(f"from ({one[0]:4.1f}, {one[1]:4.1f}) to ({offset:5.2f}, {frequency:5.2f}): loss {end:.3f}")
    if number in (0, 2, 3):
        u = offset + 0.06 * frequency * across
        curve = {f"from ({one[0]:g}, {one[1]:g}): loss {end:.3f}": torch.sin(u) * torch.exp(-(u**2) / 32)}
        plot_curves(curve, ax=right, x=across, xlabel="x", ylabel="y", first_style=number)
right.set_ylim(-1.1, 1.9)
right.legend(loc="upper right", fontsize=8)
plt.show()

# %% [markdown]
# Only the starts in the right valley reach the loss 0.145 of the best fit. The others end in minima of 3.3 to 7.9,
# where the gradient is 0 and the fit is plainly bad: wave and data are out of step by a whole period, and every small
# change makes it worse. With two parameters local minima *are* a problem.

# %% [markdown]
# ### Demo: from valley to fit
#
# Descent on *your* `gabor_loss`, and beside it the fit at the step that is shown. (The curve is read off your loss too:
# its slope by $y$ is minus twice the error.) Pull the start over the map: each one that you try leaves a mark. **Before
# you play**, look at wave and points and say what a small change of $\phi_0$ would do to the loss; then draw in your
# mind the border of the starts that lead to the best fit.
#
# **Goal:** reach a loss of at most 0.2 from an offset of 3 or more.

# %% tags=["demo"]
gabor_demo(descend, gabor_loss, X_GABOR, Y_GABOR)

# %% [markdown]
# ### With many parameters they come in crowds
#
# Now the network, with ReLU in the place of tanh, from five random starts.

# %% tags=["demo"]
def trained(f, theta, *, lr=0.5, n_steps=200):
    return run(descend, gradient_of(f), theta, state={}, n_steps=n_steps, lr=lr)[-1]


ends = torch.stack([trained(relu_loss, first_weights(seed)) for seed in range(5)])
print("final losses:", ", ".join(f"{relu_loss(end):.3f}" for end in ends))
print("length of θ: ", ", ".join(f"{end.norm():.1f}" for end in ends))
print("distances from the first end:", ", ".join(f"{(end - ends[0]).norm():.1f}" for end in ends[1:]))

# %% [markdown]
# Five ends, as far from each other as random directions are, and about the same loss. Two reasons are known. In large
# networks most minima that are found lie nearly as low as the best (Choromanska et al. 2015), which no theorem
# promises and small models break, as the Gabor model has. And many of these minima are *one* minimum in disguise.
#
# **Weight-space symmetry.** Exchange two hidden units, with all weights that lead in and out: the function is the
# same, the point $\theta$ is another. A layer of $n$ units has $n!$ such orders, $m$ layers $(n!)^m$. For our 20 units
# that is $20! \approx 2.4\cdot 10^{18}$ minima with exactly the same loss.

# %% tags=["demo"]
order = torch.randperm(HIDDEN, generator=torch.Generator().manual_seed(4))
w1, b1, w2, b2 = unpack(ends[0])
permuted = pack(w1[order], b1[order], w2[:, order], b2)
print(f"loss {relu_loss(ends[0]):.6f}, permuted {relu_loss(permuted):.6f}")
print(f"θ is {ends[0].norm():.1f} long, the permuted point lies {(permuted - ends[0]).norm():.1f} away")

shares = torch.linspace(-0.2, 1.2, 71)
between = {
    "to the permuted copy": [relu_loss(torch.lerp(ends[0], permuted, share)).item() for share in shares],
    "to another training run": [relu_loss(torch.lerp(ends[0], ends[1], share)).item() for share in shares],
}
fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
plot_curves(between, ax=ax, x=shares, xlabel="share of the way (0: the trained network)", ylabel="loss")
plt.show()

# %% [markdown]
# Two separate valleys with a ridge between them, for a network and its own copy. So a ridge between two trainings does
# not show that they found different solutions.
#
# **Scaling.** A ReLU lets positive factors pass, $\max(0, az) = a\max(0, z)$. So the weights into a unit can be
# multiplied by $a$ and those out of it divided by $a$. This is not a set of separate minima but a curve of equal loss:
# the Hessian is singular everywhere. On the curve the loss stays the same, but not the *curvature*. Below, all hidden
# units are scaled by $a$, and the largest eigenvalue is found with your `hvp`: multiply a vector by $H$ again and
# again, and the steepest direction takes over (power iteration).

# %% tags=["demo"]
def largest_curvature(f, theta, n_steps=40):
    v = torch.randn(len(theta), generator=torch.Generator().manual_seed(0))
    for _ in range(n_steps):
        v = v / v.norm()
        v = hvp(f, theta, v)
    return v.norm().item()


print("    a    loss      largest curvature   stable rate")
for a in (0.25, 0.5, 1.0, 2.0, 4.0):
    scaled = pack(a * w1, a * b1, w2 / a, b2)
    steepest = largest_curvature(relu_loss, scaled)
    print(f"{a:5}   {relu_loss(scaled):.6f}  {steepest:12.2f}  {2 / steepest:17.3f}")

# %% [markdown]
# The same function, and stable rates that differ by a factor of nearly ten. How sharp a minimum is does not belong to
# the function that was learned, but to the way it is written down (Dinh et al. 2017).

# %% [markdown]
# ## 5 · Saddle points
#
# ### Signs of the curvatures
#
# Where the gradient is 0 the signs of the eigenvalues tell what the point is. All positive: a minimum, every direction
# leads up. All negative: a maximum. Both signs: a **saddle**, which rises one way and falls another. If some
# eigenvalue is 0 and the others have one sign, the second derivatives cannot tell: $x^2+y^4$ and $x^2-y^4$ have the
# same Hessian at the origin. We call such a point **degenerate**. With both signs present a flat direction changes
# nothing, and the point is a saddle; to call every singular Hessian degenerate is common too, and accepted. Keep to one
# of the two throughout.

# %% [markdown]
# ### Exercise 9 · `classify_critical_point`
#
# **Goal** · name a critical point from its Hessian. **Difficulty** ●● · **about 8 minutes**
#
# An eigenvalue $\lambda$ counts as zero if $|\lambda| \le$ `tol`. Where all of them are zero, the point is degenerate.

# %% nbgrader={"solution": true, "grade_id": "answer_classify_critical_point"}
def classify_critical_point(hessian, tol=1e-8):
    """What kind of critical point has this Hessian.

    hessian : symmetric tensor of shape (n, n)
    tol : number, the size up to which an eigenvalue counts as zero
    returns "minimum", "maximum", "saddle" or "degenerate"
    """
    ### BEGIN SOLUTION
    values = torch.linalg.eigvalsh(hessian)
    if (values > tol).any() and (values < -tol).any():
        return "saddle"
    if (values > tol).all():
        return "minimum"
    if (values < -tol).all():
        return "maximum"
    return "degenerate"
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "classify_critical_point"}
check(classify_critical_point)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(classify_critical_point)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Ask for a saddle first: is any eigenvalue above <code>tol</code>, and any below <code>-tol</code>? The rule with
# the determinant that is taught for two variables does not carry over to three.</p>
# </details>

# %% [markdown]
# ### Predict, then look
#
# Take a random function of $n$ parameters and look at one of its critical points. Suppose that its $n$ curvatures were
# independent, each positive or negative like a tossed coin. **Before you run the next two cells**, write down:
#
# 1. What share of the critical points would be minima, for $n = 2$, 5 and 10? What is the ratio of saddles to minima?
# 2. Some critical points lie low, others high. At which of them do you expect more positive curvatures?
# 3. A random symmetric matrix has eigenvalues that are not independent. Do you expect more or fewer matrices with
#    only positive ones than the coins give?
#
# Then run the cells and add what you saw. A wrong prediction with a good explanation afterwards gets full marks.

# %% [markdown] nbgrader={"grade": true, "solution": true, "grade_id": "reflection_saddles", "points": 3}
# ### BEGIN SOLUTION
# **1.** All n coins must show the same side: the share is 2⁻ⁿ, that is 1/4, 1/32, 1/1024. Maxima are as frequent, and
# the rest are saddles, so the ratio of saddles to minima is 2ⁿ − 2: 2, 30, 1022. It grows exponentially.
#
# **2.** At the low ones. A point that lies low has little room below it, so most directions lead up; high points have
# the opposite. The table shows it: the mean height rises with the number of falling directions.
#
# **3.** Fewer, in fact far fewer: 0.15 for n = 2 and 0.025 for n = 3, against 0.25 and 0.125. Eigenvalues of a random
# symmetric matrix repel each other, so they spread to both sides of zero, and it is hard to have all on one side.
#
# *Rubric.* A point for each. 1: 2⁻ⁿ and the ratio of saddles to minima (half for one of the two). 2: at the low ones,
# from a reason or from the table. 3: fewer, with what was measured or the reason that eigenvalues repel each other
# (half for a bare "fewer").
# ### END SOLUTION

# %% tags=["demo"]
random = torch.Generator().manual_seed(8)
sizes = list(range(1, 7))
shares = {"coins, 2⁻ⁿ": [0.5**n for n in sizes], "random symmetric matrices": [], "random functions": []}
for n in sizes:
    square = torch.randn(50_000, n, n, generator=random, dtype=torch.float64)
    smallest = torch.linalg.eigvalsh((square + square.mT) / 2)[:, 0]
    shares["random symmetric matrices"].append((smallest > 0).double().mean().item() or math.nan)

print("random functions: critical points by number of falling directions, and their mean height")
for n, side in zip(range(1, 6), (300.0, 40.0, 12.0, 8.0, 6.0), strict=True):
    f = random_waves(n, seed=n)
    begin = side * torch.rand(1400, n, generator=random, dtype=torch.float64)
    points, hessians = critical_points(f, begin, n_steps=20)
    kinds = [classify_critical_point(hessian) for hessian in hessians]
    shares["random functions"].append(kinds.count("minimum") / len(kinds))
    falling = (torch.linalg.eigvalsh(hessians) < 0).sum(dim=1)
    heights = f(points)
    row = "   ".join(f"{int((falling == k).sum()):4d} at {heights[falling == k].mean():5.2f}" for k in range(n + 1))
    ratio = kinds.count("saddle") / kinds.count("minimum")
    print(f"n = {n}: {row}   saddles to minima {ratio:.1f}")
shares["random functions"].append(math.nan)

fig, ax = plt.subplots(figsize=(6.5, 3.8), layout="constrained")
plot_curves(shares, ax=ax, x=sizes, xlabel="number of parameters n", ylabel="share of minima", log_y=True)
plt.show()

# %% [markdown]
# The random functions are sums of 60 waves, and their critical points are found by Newton's method from many starts,
# not counted one by one. Theory knows a quarter of minima in two dimensions and 0.123 in three (Bardeen et al. 1986),
# so the search is fair enough. The ratio of saddles to minima grows by a factor of about 3 a dimension on
# average: that is the exponential growth of which the lecture notes speak without a figure. For random matrices the
# share even falls like $3^{-n^2/4}$ (Dean and Majumdar 2006). The Hessians of a function are milder, because a low
# point lifts all its curvatures at once (Bray and Dean 2007, Dauphin et al. 2014).
#
# So the critical points that descent comes near in a large network are saddles, except at the very bottom.

# %% [markdown]
# ### Does descent get stuck there?
#
# Only from a direction of exactly zero width. A distance $\delta$ along the falling direction grows by the factor
# $1 + \eta|\lambda|$ a step. To start ten times nearer costs a fixed number of steps more, not ten times as many.

# %% tags=["demo"]
pass_between = saddle()
fig, (left, right) = plt.subplots(1, 2, figsize=(9.8, 3.8), layout="constrained")
plot_contours(pass_between, ax=left)
slopes = {}
for number, exponent in enumerate((2, 4, 8)):
    begin = torch.tensor([1.6, 10.0**-exponent], dtype=torch.float64)
    path = run(descend, pass_between.gradient, begin, state={}, n_steps=150, lr=0.2)
    plot_path(path, ax=left, label=f"δ = 1e-{exponent}", number=number)
    slopes[f"δ = 1e-{exponent}"] = pass_between.gradient(path).norm(dim=1)
left.legend(loc="lower right")
plot_curves(slopes, ax=right, xlabel="step", ylabel="norm of the gradient", log_y=True)
plt.show()

# %% [markdown]
# All three end in a minimum. The gradient falls as at a minimum, stays small, and *rises again*: a small gradient is no
# proof of arrival. Minibatch noise helps to leave. Newton's method is another matter: it solves for zero gradient and
# is drawn to the saddle (lesson 7).

# %% [markdown]
# ### Demo: noise at the saddle
#
# **Before you touch anything**, say how many steps more a start a hundred times nearer to the ridge will cost, and
# what happens to a start *exactly* on it. Then add noise to the gradient, as minibatches would: how much does it take
# to leave soon, and what does more of it do once the runs have arrived? *Your* `classify_critical_point` names the
# points.
#
# **Goal:** exactly on the ridge, bring all 16 noisy runs to within 0.1 of a minimum.

# %% tags=["demo"]
saddle_demo(descend, classify_critical_point)

# %% [markdown]
# ## 6 · Plateaus
#
# Where a unit is saturated, loss and slope are flat in all directions. A single sigmoid $\sigma(\theta)$ should become
# 1; the start lies further and further on the wrong side. With the squared error the slope there shrinks like
# $e^{\theta}$, and the number of steps grows like $e^{-\theta}$.

# %% tags=["demo"]
def squared_error(theta):
    return (1 - torch.sigmoid(theta)).square().sum() / 2


def log_loss(theta):
    return torch.nn.functional.softplus(-theta).sum()


print("start   steps until σ > 0.9:   squared error   cross-entropy")
begins = torch.tensor([-2.0, -4.0, -6.0, -7.0])
needed = []
for f in (squared_error, log_loss):
    short_of_one = 1 - torch.sigmoid(run(descend, gradient_of(f), begins, state={}, n_steps=1500, lr=1.0))
    needed.append([steps_to_reach(column, 0.1) for column in short_of_one.T])
for begin, slow, fast in zip(begins.tolist(), *needed, strict=True):
    print(f"{begin:5.0f}  {slow:36d}  {fast:14d}")

# %% [markdown]
# The logarithm of the cross-entropy undoes the exponential of the sigmoid, so its slope stays near 1 however wrong the
# unit is. That is one reason to train classifiers on it. Other remedies change the start (lesson 9), the activation
# (lesson 8) or the rate of each weight (lesson 6); clipping does nothing, since it only ever shortens a step.

# %% [markdown]
# ## 7 · Cliffs
#
# ### Where the gradient explodes
#
# The opposite of a plateau: a chain of many equal steps multiplies the same slope again and again. Pascanu, Mikolov
# and Bengio (2013) draw it for one recurrent unit, $x_{t+1} = w\,\sigma(x_t) + b$, which should end with
# $\sigma(x_{50}) = 0.7$. Along a line through the $(w, b)$ plane the end tips over from one fixed point to another,
# and the loss has a wall.

# %% nbgrader={"locked": true, "grade_id": "recurrent_unit"}
def recurrent_loss(theta):
    """Squared error of a recurrent unit after 50 steps; theta is (w, b), or a batch of such pairs."""
    w, b = theta.unbind(dim=-1)
    x = torch.full_like(w, 0.5)
    for _ in range(50):
        x = w * torch.sigmoid(x) + b
    return (torch.sigmoid(x) - 0.7).square()


# %% [markdown]
# What does a cliff do to descent? The gradient at its edge says nothing about how far the wall reaches: it is a slope
# at a point, and the step is proportional to it. The remedy is old and simple: put a limit on the gradient.
#
# **By value**: each entry is brought into $[-c, c]$. Lecture notes sometimes print only the upper half of this, *if
# $g > c$ then $g = c$*; a gradient of $-1000$ must be stopped as well.

# %% [markdown]
# ### Exercise 10 · `clip_by_value`
#
# **Goal** · limit every entry of a gradient. **Difficulty** ● · **about 4 minutes**

# %% nbgrader={"solution": true, "grade_id": "answer_clip_by_value"}
def clip_by_value(grad, limit):
    """Bring every entry of a gradient to the nearest number in [-limit, limit].

    grad : tensor of any shape
    limit : positive number
    returns a tensor of the same shape and type
    """
    ### BEGIN SOLUTION
    return grad.clamp(-limit, limit)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "clip_by_value"}
check(clip_by_value)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(clip_by_value)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>There is a method of tensors that does just this, and a second with a <code>_</code> at its end that changes the
# caller's tensor. Take the first.</p>
# </details>

# %% [markdown]
# **By norm**: if the gradient is longer than $c$, it is shortened to the length $c$ and keeps its direction,
#
# $$g \leftarrow g \cdot \min\Bigl(1, \frac{c}{\|g\|}\Bigr).$$
#
# The gradient of a network comes as a list, one tensor for each layer. It is *one* vector all the same, and the norm
# is that of all entries together. `torch.nn.utils.clip_grad_norm_` does this, with $10^{-6}$ added to the norm and in
# place.

# %% [markdown]
# ### Exercise 11 · `clip_by_norm`
#
# **Goal** · limit the norm of a gradient that comes in pieces. **Difficulty** ●● · **about 8 minutes**
#
# A gradient whose norm is at or under the limit stays as it is, also one of zeros. The list holds at least one tensor.
# Tensors that stay as they are may be handed back themselves: no copies are needed. To add $10^{-6}$ to the norm before
# you divide, as torch does, or a smaller number, is accepted, also at the limit itself.

# %% nbgrader={"solution": true, "grade_id": "answer_clip_by_norm"}
def clip_by_norm(grads, max_norm):
    """Shorten a gradient to a largest norm.

    grads : list of tensors of any shapes, together one gradient
    max_norm : positive number
    returns a list of tensors of the same shapes
    """
    ### BEGIN SOLUTION
    norm = torch.cat([grad.reshape(-1) for grad in grads]).norm()
    if norm <= max_norm:
        return list(grads)
    return [grad * (max_norm / norm) for grad in grads]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "clip_by_norm"}
check(clip_by_norm)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(clip_by_norm)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>First one number, the norm over all tensors; then one factor; then a new list. Squares of norms add.</p>
# </details>

# %% [markdown]
# ### What clipping does to the cliff
#
# The recurrent unit from $(w, b) = (5, -4)$ with $\eta = 0.5$, plain and with a norm of at most 1, and a value of at
# most 1.

# %% tags=["demo"]
plain_gradient = gradient_of(lambda theta: recurrent_loss(theta).sum())


settings = {
    "plain": plain_gradient,
    "norm at most 1": lambda theta: clip_by_norm([plain_gradient(theta)], 1.0)[0],
    "value at most 1": lambda theta: clip_by_value(plain_gradient(theta), 1.0),
}
foot = torch.tensor([5.0, -4.0], dtype=torch.float64)
weights = torch.linspace(3.6, 6.2, 201, dtype=torch.float64)
biases = torch.linspace(-4.2, -1.2, 201, dtype=torch.float64)
surface = recurrent_loss(torch.stack(torch.meshgrid(weights, biases, indexing="xy"), dim=-1))
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained", width_ratios=[1.2, 1])
plot_map(surface, ax=left, across=weights, up=biases, levels=[0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.45],
         xlabel="weight w", ylabel="bias b", label="loss")
norms = {}
for number, (name, gradient) in enumerate(settings.items()):
    path = run(descend, gradient, foot, state={}, n_steps=150, lr=0.5)
    plot_path(path, ax=left, label=name, number=number)
    norms[name] = plain_gradient(path).norm(dim=1)
    print(f"{name:16s} largest gradient {norms[name].max():6.1f}, end ({path[-1, 0]:6.2f}, {path[-1, 1]:6.2f}), "
          f"loss {recurrent_loss(path[-1]):.4f}")
left.set(xlim=(3.6, 6.2), ylim=(-4.2, -1.2))
seen = {name: norm.where(norm > 0, torch.nan) for name, norm in norms.items()}  # a logarithm of 0 cannot be drawn
plot_curves(seen, ax=right, xlabel="step", ylabel="norm of the gradient", log_y=True)
plt.show()

# %% [markdown]
# All three creep along the plateau and meet the wall at the same place. The plain step is thrown far out of the
# picture, onto a plain where the sigmoid is saturated and the gradient is zero: 66 steps of work are lost, and it never
# comes back. The clipped ones are set down beside the wall and go on. Clipping does not flatten the cliff; it keeps a
# single gradient, which is right only at a point, from deciding where training goes.

# %% [markdown]
# ### Demo: how much to clip
#
# Three runs from one start near the wall: plain, and clipped by *your* two functions to the same limit $c$. Pull the
# diamond at the height of $\eta c$ for another limit, and the start to anywhere else. **Before you lower the limit**,
# say what a run does whose limit is too large, and one whose limit is far too small; and which of the two ways turns
# the step at a limit of 0.1. Watch the length of the steps.
#
# **Goal:** from the first start, have both clipped runs at a loss of at most 0.01 after 40 steps.

# %% tags=["demo"]
cliff_demo(descend, clip_by_value, clip_by_norm, recurrent_loss)

# %% [markdown]
# **By value or by norm?** By norm keeps the direction. By value turns it towards a diagonal, the more the larger one
# entry is, and so does clipping each tensor by itself.

# %% tags=["demo"]
loud, quiet = torch.tensor([30.0, -2.0]), torch.tensor([0.4, 0.3])
whole = torch.cat([loud, quiet])
clipped = {
    "one norm for all": torch.cat(clip_by_norm([loud, quiet], 1.0)),
    "each tensor by itself": torch.cat([clip_by_norm([part], 1.0)[0] for part in (loud, quiet)]),
    "by value": clip_by_value(whole, 1.0),
}
for name, step in clipped.items():
    angle = torch.rad2deg(torch.acos((whole @ step / whole.norm() / step.norm()).clamp(max=1)))
    print(f"{name:22s} {[round(entry, 2) for entry in step.tolist()]}   turned by {angle:.0f}°")

# %% [markdown]
# ## Summary
#
# - A step multiplies the error by $1-\eta\lambda$ in each direction. It converges below $2/\lambda_{\max}$, and the
#   best fixed rate $2/(\lambda_{\min}+\lambda_{\max})$ needs a number of steps in proportion to
#   $\kappa = \max|\lambda|/\min|\lambda|$.
# - $\varepsilon g^\top g$ is what a step promises, $\tfrac12\varepsilon^2 g^\top H g$ what curvature takes back. Both
#   can be watched: $Hv$ is the gradient of $g^\top v$.
# - Minima of networks come in crowds: $n!$ orders of the units of each layer, and curves of equal loss for ReLU.
#   Most that are found lie about equally low; in small models they need not.
# - The ratio of saddles to minima grows exponentially with the dimension, and low critical points tend to be minima.
#   Descent leaves saddles, slowly.
# - Plateaus starve descent, cliffs throw it out. Clipping by norm shortens a step and keeps its direction.
#
# **Next**: lesson 4 finds a first rate and lets it change over time; lesson 5 gives descent a memory, which turns
# $\kappa$ into $\sqrt\kappa$.
#
# ## Sources
#
# - I. Goodfellow, Y. Bengio, A. Courville, *Deep Learning*, MIT Press, 2016, section 8.2.
# - S. J. D. Prince, *Understanding Deep Learning*, MIT Press, 2023, chapter 6 (Gabor model).
# - B. A. Pearlmutter, *Fast exact multiplication by the Hessian*, Neural Computation 6(1), 1994.
# - R. Pascanu, T. Mikolov, Y. Bengio, *On the difficulty of training recurrent neural networks*, ICML 2013.
# - Y. Dauphin et al., *Identifying and attacking the saddle point problem in high-dimensional non-convex
#   optimization*, NeurIPS 2014.
# - A. Choromanska et al., *The loss surfaces of multilayer networks*, AISTATS 2015.
# - L. Dinh, R. Pascanu, S. Bengio, Y. Bengio, *Sharp minima can generalize for deep nets*, ICML 2017.
# - J. M. Bardeen, J. R. Bond, N. Kaiser, A. S. Szalay, *The statistics of peaks of Gaussian random fields*,
#   Astrophysical Journal 304, 1986.
# - D. S. Dean, S. N. Majumdar, *Large deviations of extreme eigenvalues of random matrices*, Physical Review Letters
#   97, 2006.
# - A. J. Bray, D. S. Dean, *Statistics of critical points of Gaussian fields on large-dimensional spaces*, Physical
#   Review Letters 98, 2007.
