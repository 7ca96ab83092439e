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
# # 9 · Initialization
#
# Every descent begins somewhere. On a convex bowl the start costs a few steps. In a deep network it decides whether
# there is a gradient to follow at all. This lesson prepares both ends of the first step: the data that come in, and
# the weights that meet them.
#
# **After this lesson you can**
#
# 1. bring features to one scale, decorrelate them, and say what each does to the condition number;
# 2. explain why neurons must start out different;
# 3. count the fans of dense and convolutional layers, and write LeCun's, Glorot's and He's initializations;
# 4. predict how the spread of signals and gradients changes through 20 layers, for a scheme and an activation;
# 5. bound a gradient by singular values, and read vanishing gradients off a network layer by layer.
#
# Eleven exercises, about 80 minutes, and as much to read and to try out. You need condition numbers (lesson 3) and
# the chain rule through layers (lesson 8, which followed single gradients down; here you choose their weights).

# %% nbgrader={"locked": true, "grade_id": "setup"}
import math
from itertools import pairwise

import matplotlib.pyplot as plt
import torch
from steepest import check, data
from steepest.activations import activation
from steepest.demos.initialization import signal_demo, xor_demo
from steepest.depth import gradient_spread, train_classifier, wilson_interval, xor_runs
from steepest.plots import plot_band, plot_curves

torch.set_num_threads(1)  # with tensors this small, threads cost more than they gain

# %% [markdown]
# ## 1 · The data come first
#
# ### A line in awkward units
#
# Thirty points near $y = 3x + 2$, with $x$ between 0 and 10. The loss is the mean squared error of
# $\theta_0 + \theta_1 x$. Its Hessian is
#
# $$H = \frac{2}{n} X^\top X = 2 \begin{pmatrix} 1 & \bar x \\ \bar x & \overline{x^2} \end{pmatrix},$$
#
# where $X$ has a column of ones and a column of $x$. It depends on the inputs alone, and so does its condition
# number. Nobody can choose the targets, but everybody can choose the units.

# %% nbgrader={"locked": true, "grade_id": "line"}
random = torch.Generator().manual_seed(9)
x_line = 10 * torch.rand(30, 1, generator=random, dtype=torch.float64)
y_line = 3 * x_line[:, 0] + 2 + 0.2 * torch.rand(30, generator=random, dtype=torch.float64) - 0.1


def hessian(x):
    rows = data.with_ones(x)
    return 2 * rows.T @ rows / len(rows)


print(f"condition number with x as it is: {torch.linalg.cond(hessian(x_line)):.0f}")

# %% [markdown]
# ### Min–max scaling
#
# The simplest remedy moves each column to $[0, 1]$:
#
# $$x' = \frac{x - \min x}{\max x - \min x} .$$
#
# One outlier sets the scale of its whole column, and the mean does not become zero.

# %% [markdown]
# ### Exercise 1 · `min_max`
#
# **Goal** · every column from 0 to 1. **Difficulty** ● · **about 5 minutes**
#
# Rows are examples, columns features. A constant column carries no information and has no range to divide by: it
# becomes 0. Every other column reaches from 0 to 1, however narrow it is: divide by the range itself, without a small
# number added to it.
#
# In this exercise and in all that follow, leave what you are given as it is: `x - low` makes a new tensor, `x -= low`
# changes the caller's.

# %% nbgrader={"solution": true, "grade_id": "answer_min_max"}
def min_max(x):
    """Scale every column to [0, 1].

    x : tensor of shape (n, d)
    returns a tensor of the same shape and type; a constant column becomes 0
    """
    ### BEGIN SOLUTION
    low, high = x.min(dim=0).values, x.max(dim=0).values
    span = high - low
    return (x - low) / torch.where(span == 0, 1, span)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "min_max"}
check(min_max)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(min_max)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p><code>x.min(dim=0).values</code> has one entry a column. In a constant column the numerator is already 0, so it
# is enough to divide by something else than 0 there: <code>torch.where</code>.</p>
# </details>

# %% [markdown]
# ### The z-score
#
# Subtract the mean and divide by the standard deviation of each column:
#
# $$x' = \frac{x - \mu}{\sigma + \varepsilon}, \qquad \sigma^2 = \frac1n \sum_i (x_i - \mu)^2 .$$
#
# The deviation is the biased one: that of these very rows, not an estimate for others. A small $\varepsilon$ keeps
# constant columns finite. The result has mean 0 and deviation 1, and otherwise the shape it had before: scaling
# makes nothing normally distributed.

# %% [markdown]
# ### Exercise 2 · `z_score`
#
# **Goal** · every column with mean 0 and deviation 1. **Difficulty** ● · **about 5 minutes**
#
# Add `eps` to the deviation $\sigma$, not to the variance under the root.

# %% nbgrader={"solution": true, "grade_id": "answer_z_score"}
def z_score(x, *, eps):
    """Subtract the mean of every column and divide by its deviation.

    x : tensor of shape (n, d)
    eps : small positive number, added to the deviation
    returns a tensor of the same shape and type
    """
    ### BEGIN SOLUTION
    return (x - x.mean(dim=0)) / (x.std(dim=0, correction=0) + eps)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "z_score"}
check(z_score)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(z_score)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p><code>torch.std</code> divides by $n - 1$ unless you set <code>correction=0</code>.</p>
# </details>

# %% [markdown]
# Subtracting the mean empties the places off the diagonal. With $\bar x = 0$ and $\overline{x^2} = 1$ the Hessian is
# $2I$, and descent with $\eta = \tfrac12$ needs one step. Here are the three versions, each with its own best rate
# $2/(\lambda_{\min} + \lambda_{\max})$.

# %% tags=["demo"]
versions = {"as it is": x_line, "min–max": min_max(x_line), "z-score": z_score(x_line, eps=1e-12)}
losses = {}
for label, x in versions.items():
    rows, values = data.with_ones(x), torch.linalg.eigvalsh(hessian(x))
    theta, lr, history = torch.zeros(2, dtype=torch.float64), 2 / (values[0] + values[-1]), []
    best = torch.linalg.lstsq(rows, y_line[:, None]).solution[:, 0]
    for _ in range(61):
        history.append(float((theta - best) @ hessian(x) @ (theta - best) / 2))
        theta = theta - lr * 2 * rows.T @ (rows @ theta - y_line) / len(rows)
    losses[f"{label}: κ = {values[-1] / values[0]:.3g}"] = [max(value, 1e-12) for value in history]
fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
plot_curves(losses, ax=ax, xlabel="step", ylabel="loss above the minimum", log_y=True)
plt.show()

# %% [markdown]
# The means $\mu$ and deviations $\sigma$ belong to the model. They are measured on the training set and then applied,
# unchanged, to the test set.
#
# ### Correlated features
#
# The z-score looks at one column at a time. Two columns that tell nearly the same story leave a narrow valley behind:
# with correlation $\rho$ the eigenvalues of their covariance are $1 + \rho$ and $1 - \rho$. **Whitening** makes the
# covariance the identity. With the covariance $C = \frac1n X_c^\top X_c = U \Lambda U^\top$ of the centred data,
#
# $$X' = X_c\, U (\Lambda + \varepsilon I)^{-1/2}\, U^\top .$$
#
# $U$ turns to the principal axes, the middle scales each to deviation 1, and $U^\top$ turns back. Without turning
# back the covariance is the identity as well (PCA whitening). Turning back makes the matrix symmetric and keeps the new
# columns as near to the old ones as can be: ZCA, for *zero-phase component analysis* (Bell and Sejnowski 1997). As in
# the paper on batch normalization, $\varepsilon$ stands inside the root.

# %% [markdown]
# ### Exercise 3 · `zca`
#
# **Goal** · centred columns with the identity as covariance. **Difficulty** ●●● · **about 12 minutes**
#
# The covariance divides by $n$; $n - 1$ is accepted too. Add `eps` to the eigenvalues and take the root of the sum. It
# is positive, so that features which repeat each other do no harm.

# %% nbgrader={"solution": true, "grade_id": "answer_zca"}
def zca(x, *, eps):
    """Whiten the columns and turn back to the axes they came from.

    x : tensor of shape (n, d)
    eps : small positive number, added to the eigenvalues of the covariance, under the root
    returns a tensor of the same shape and type
    """
    ### BEGIN SOLUTION
    centered = x - x.mean(dim=0)
    covariance = centered.T @ centered / len(x)
    values, vectors = torch.linalg.eigh(covariance)
    return centered @ vectors @ torch.diag((values + eps) ** -0.5) @ vectors.T
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "zca"}
check(zca)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(zca)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p><code>torch.linalg.eigh</code> gives the eigenvalues and, as columns, the eigenvectors of a symmetric matrix.
# Build the $d \times d$ matrix first and multiply the <em>centred</em> rows by it from the right.</p>
# </details>

# %% [markdown]
# A second column joins our line: the same quantity, measured with another device in another unit.

# %% tags=["demo"]
noise = torch.randn(30, 1, generator=random, dtype=torch.float64)
x_pair = torch.cat([x_line, 1.8 * x_line + 32 + 1.2 * noise], dim=1)
pairs = {
    "as it is": x_pair,
    "min–max": min_max(x_pair),
    "z-score": z_score(x_pair, eps=1e-12),
    "ZCA": zca(x_pair, eps=1e-12),
}
fig, axes = plt.subplots(1, 4, figsize=(10, 2.9), layout="constrained")
for ax, (label, x) in zip(axes, pairs.items(), strict=True):
    ax.scatter(x[:, 0], x[:, 1], s=14, color="#08306b")
    ax.set_title(f"{label}: κ = {torch.linalg.cond(hessian(x)):.3g}", fontsize=10)
    ax.set(xlabel="first feature", ylabel="second feature")
    ax.set_box_aspect(1)
for ax in axes[2:]:
    ax.set(xlim=(-3, 3), ylim=(-3, 3))
plt.show()

# %% [markdown]
# Of a single feature ZCA and the z-score make the same. Of two correlated ones only ZCA makes a round bowl. It pays
# for that with a $d \times d$ eigenproblem, and it blows up directions that hold nothing but noise. Hence the
# $\varepsilon$.

# %% [markdown]
# ## 2 · Neurons that never part
#
# All weights equal seems to be a fair start. Take two hidden units with the same incoming and the same outgoing
# weights. They see the same inputs and give the same output $h$, so the same error comes back to them, so they get
# the same gradient:
#
# $$\frac{\partial L}{\partial w_1} = \delta\, v_1\, \varphi'(w_1^\top x)\, x, \qquad
#   \frac{\partial L}{\partial w_2} = \delta\, v_2\, \varphi'(w_2^\top x)\, x .$$
#
# After the step they are equal again. The argument holds for every method that treats all weights alike, with any
# rate, and for ever. Below, a network with 2 inputs, 4 hidden units and 1 output learns exclusive or.

# %%
def alike(shape, generator):
    return torch.full(shape, 0.5, device=generator.device)


def scattered(shape, generator):
    return torch.randn(shape, generator=generator, device=generator.device)

# %% tags=["demo"]
fig, axes = plt.subplots(1, 3, figsize=(10, 3.1), layout="constrained")
starts = {"all weights 0.5": alike, "random": scattered}
runs = {label: xor_runs(draw, n_runs=1, seed=0, n_epochs=600) for label, draw in starts.items()}
for ax, (label, result) in zip(axes, runs.items(), strict=False):
    curves = {f"unit {unit + 1}": result.hidden[:, 0, unit, 0] for unit in range(4)}
    plot_curves(curves, ax=ax, xlabel="epoch", ylabel="weight of the first input")
    ax.set_title(label, fontsize=10)
axes[1].get_legend().remove()
histories = {label: result.losses[:, 0] for label, result in runs.items()}
plot_curves(histories, ax=axes[2], xlabel="epoch", ylabel="loss")
plt.show()
spread = runs["all weights 0.5"].hidden.std(dim=2, correction=0).max()
print(f"largest difference between units that start alike: {spread:.1e}")

# %% [markdown]
# Four units do the work of one, and one unit cuts the plane only once. The best that it can do is to separate one of
# the examples and to answer $\tfrac23$ for the other three, with a loss of 0.477. Two different cuts would solve the
# problem. Randomness is not there to find a good place. It is there to break the symmetry. The biases may all start
# at zero, since random weights have parted the units already.
#
# What is left to choose is **how far** to scatter.

# %% [markdown]
# ## 3 · The scale of one sum
#
# ### Fan in and fan out
#
# A unit computes $z = \sum_{j=1}^{m} w_j x_j$. Let the weights be independent of each other and of the inputs, with
# mean 0 and variance $\sigma_w^2$. Variances of uncorrelated terms add:
#
# $$\operatorname{Var} z = m\, \sigma_w^2\, \mathbb{E}\,[x_j^2] .$$
#
# So what matters is $m$, the number of inputs of a unit: its **fan in**. On the way back each input collects the
# gradients of all units that it feeds, and their number is the **fan out**. Weights are stored as (out, in). In a
# convolution, (out, in, \*kernel), a unit sees every place of the kernel in every in-channel, and an input is seen
# from as many places of every out-channel: both fans contain the size of the kernel, its *receptive field*.

# %% [markdown]
# ### Exercise 4 · `fans`
#
# **Goal** · fan in and fan out of a layer, from the shape of its weights. **Difficulty** ● · **about 5 minutes**
#
# The shape has two axes for a dense layer, and one, two or three more for a convolution. Both fans are whole numbers:
# ints, or numpy's ints, in a tuple or a list, are accepted; floats and tensors are not.

# %% nbgrader={"solution": true, "grade_id": "answer_fans"}
def fans(shape):
    """Fan in and fan out of weights of this shape.

    shape : tuple of int, (out, in) or (out, in, *kernel)
    returns (fan_in, fan_out), two ints
    """
    ### BEGIN SOLUTION
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "fans"}
check(fans)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(fans)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p><code>math.prod</code> of an empty tuple is 1, which is just right for a dense layer.</p>
# </details>

# %% [markdown]
# ### LeCun's rule
#
# Standardized inputs have $\mathbb{E}[x_j^2] = 1$. For $z$ to have variance 1 as well, choose (LeCun, Bottou, Orr and
# Müller 1998)
#
# $$w \sim \mathcal{N}\Bigl(0, \frac{1}{\text{fan}_\text{in}}\Bigr), \qquad b = 0 .$$
#
# The second number is the *variance*, here and in the rest of this lesson. The lecture notes write
# $\mathcal N(0, 1/\sqrt{\text{fan}_\text{in}})$ with the deviation in its place; both mean the same weights.
#
# With variance 1 a sigmoid-shaped unit works where it is neither saturated nor quite linear. The same authors propose
# $1.7159 \tanh(\tfrac23 z)$, whose constants are chosen so that $\pm1$ go to $\pm1$: what comes in with deviation 1
# then leaves with a deviation near 1.

# %% [markdown]
# ### Exercise 5 · `lecun_normal`
#
# **Goal** · the weights of a layer, drawn by LeCun's rule. **Difficulty** ●● · **about 8 minutes**
#
# Draw from the `generator` that is handed in and from no other, on its device, in torch's default type. Your function
# will be judged by what its draws have in common, such as their deviation and their distribution, and not by single
# numbers. All of this holds for the other four initializers of this lesson too.
#
# Wherever a normal law is asked for, one that is cut off at two deviations is accepted as well if it is widened again,
# so that the variance is right: Keras draws that way.

# %% nbgrader={"solution": true, "grade_id": "answer_lecun_normal"}
def lecun_normal(shape, generator):
    """Normal weights of variance 1/fan_in.

    shape : tuple of int, (out, in) or (out, in, *kernel)
    generator : torch.Generator to draw from
    returns a tensor of this shape, on the generator's device, in torch's default type
    """
    ### BEGIN SOLUTION
    fan_in, _ = fans(shape)
    return torch.randn(shape, generator=generator, device=generator.device) / math.sqrt(fan_in)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lecun_normal"}
check(lecun_normal)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(lecun_normal)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p><code>torch.randn(shape, generator=..., device=...)</code> has deviation 1. Multiplying by a number multiplies the
# deviation by it, and the variance by its square.</p>
# </details>

# %% [markdown]
# ### Predict, then look
#
# The network of section 2 (2 inputs, 4 sigmoid units, 1 sigmoid output, biases 0) learns exclusive or: binary
# cross-entropy, full batch, $\eta = 0.1$, $\beta = 0.99$, 1000 epochs. A training **fails** if one of the four
# examples is still classified wrongly at the end. Twenty trainings start from $U(-10, 10)$, twenty from your
# `lecun_normal`. **Before you run the demo**, write down:
#
# 1. How many of the 20 fail for each start, and what goes wrong in those that fail?
# 2. Suppose none of the 20 fails. What does that tell you about the probability of a failure?
# 3. The inputs are 0 and 1. What would change if they were coded as $-1$ and $1$?
#
# Then run the demo and add what you saw. A wrong prediction with a good explanation afterwards gets full marks.

# %% [markdown] nbgrader={"grade": true, "solution": true, "grade_id": "reflection_initialization", "points": 3}
# ### BEGIN SOLUTION
# **1.** About half of the wide starts fail (here 11 of 20), and hardly any of LeCun's. Weights near 10 saturate
# the sigmoids: a unit is 0 or 1 for every input, its slope is near 0, and no gradient tells it to move. If the
# saturated units do not happen to separate the examples, the output layer alone cannot, and the run ends with one or
# two examples wrong.
#
# **2.** Not that it is 0. With a failure probability p, none of 20 fails with probability (1 − p)^20, which is still
# 5 % at p = 14 %. The 95 % Wilson interval for 0 of 20 reaches from 0 to 16 %. In a thousand runs about 2 % of LeCun's
# starts do fail.
#
# **3.** With inputs of 0 and 1 a unit whose bias is 0 has its edge through the corner (0, 0), and for one example in
# four no weight of the first layer gets any gradient at all. Centred inputs put the edges through the middle of the
# data, where they separate something from the start. Failures of the wide start drop to a few per cent.
#
# *Rubric.* A point for each. 1: many of the wide starts fail, because saturated units get no gradient (half without the
# reason). 2: no failure in 20 runs leaves room for a probability of several per cent (half without a number). 3: fewer
# failures, with the reason that centred inputs put the edges through the data.
# ### END SOLUTION

# %% [markdown]
# Here are the twenty networks of a start, side by side. A cell shows what one of them answers to every pair of inputs,
# dark for class 1 and light for class 0. The demo opens at epoch 100 of the wide start. Play it to the end and see who
# is still rescued, then choose *your* `lecun_normal` and play that. *Times* multiplies all weights, and another *set*
# is another twenty runs of the same start. Press a cell to see that run on its own, with the lines along
# which its hidden units give ½. Drag the ring there to any input to read its answer, and the ring below along the
# epochs.
#
# **Goal:** find a start from which all twenty solve exclusive or within 100 epochs. Neither of the two does as it
# stands. Your third prediction will help.

# %% tags=["demo"]
def wide(shape, generator):
    return 20 * torch.rand(shape, generator=generator, device=generator.device) - 10


xor_demo({"U(−10, 10)": wide, "LeCun": lecun_normal})

# %% tags=["demo"]
def report(label, draw, n_runs, *, seed, **settings):
    failed = int((~xor_runs(draw, n_runs=n_runs, seed=seed, **settings).solved).sum())
    low, high = wilson_interval(failed, n_runs)
    print(f"{label:44s} {failed:4d} of {n_runs:3d}   {low:5.1%} to {high:5.1%}")


print("start                                          failures     95 % interval (Wilson)")
report("U(−10, 10)", wide, 20, seed=1)
report("LeCun", lecun_normal, 20, seed=1)
for label, failed in (("lecture notes, U(−10, 10)", 6), ("lecture notes, N(0, 1/√fan_in)", 0)):
    low, high = wilson_interval(failed, 20)
    print(f"{label:44s} {failed:4d} of {20:3d}   {low:5.1%} to {high:5.1%}")
report("U(−10, 10), more runs", wide, 300, seed=3)
report("LeCun, more runs", lecun_normal, 300, seed=4)
report("U(−10, 10), inputs −1 and 1", wide, 300, seed=5, centered=True)
report("LeCun, inputs −1 and 1", lecun_normal, 300, seed=6, centered=True)

# %% [markdown]
# Twenty runs cannot tell 2 % from 0, nor 30 % from 50 %: look at the intervals. The notes do not say in how many steps
# an epoch is taken, nor how a failure was counted. What does not depend on that is the order of the two starts, and it
# is the same everywhere. The last two lines are section 1 again: centring the inputs alone saves most of the runs.

# %% [markdown]
# ## 4 · The scale through many layers
#
# ### Forward
#
# A deep network repeats $h \leftarrow \varphi(W h)$. If every layer multiplies the spread of its signal by 0.9, twenty
# layers multiply it by 0.12; by 1.1, by 6.7. So we measure.

# %% [markdown]
# ### Exercise 6 · `activation_spread`
#
# **Goal** · the standard deviation of what leaves each layer. **Difficulty** ●● · **about 7 minutes**
#
# One number a layer: the deviation of all its entries, over all examples and units, after the activation. There are
# no biases, and there is at least one layer. The biased and the unbiased deviation are both accepted, and so are both
# the type of `x` and torch's default type for the numbers that you return.

# %% nbgrader={"solution": true, "grade_id": "answer_activation_spread"}
def activation_spread(x, weights, activation):
    """Deviation of the activations of every layer.

    x : tensor of shape (n, d), one example a row
    weights : list of tensors (out, in), one a layer
    activation : function, applied after every layer
    returns a tensor with one entry a layer, in the type of x or in torch's default type
    """
    ### BEGIN SOLUTION
    spreads = []
    for weight in weights:
        x = activation(x @ weight.T)
        spreads.append(x.std())
    return torch.stack(spreads)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "activation_spread"}
check(activation_spread)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(activation_spread)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Examples are rows and weights are (out, in), so a layer computes <code>x @ weight.T</code>. Collect what
# <code>std()</code> gives in a list; <code>torch.stack</code> makes one tensor of it and keeps the type.</p>
# </details>

# %% [markdown]
# ### Backward, and Glorot's compromise
#
# The gradient goes the other way, $\delta \leftarrow W^\top(\varphi'(z) \odot \delta)$. Each entry is a sum over
# fan-out terms. In the linear regime, $\varphi' \approx 1$, both directions keep their variance if
#
# $$\text{fan}_\text{in}\, \sigma_w^2 = 1 \qquad\text{and}\qquad \text{fan}_\text{out}\, \sigma_w^2 = 1 .$$
#
# Unless the layer is square, both cannot hold. Glorot and Bengio (2010) take the mean of the fans:
#
# $$\sigma_w^2 = \frac{2}{\text{fan}_\text{in} + \text{fan}_\text{out}} .$$
#
# A uniform law on $[-a, a]$ has variance $a^2/3$. To get $\sigma_w^2$ the bound must be
#
# $$a = \sqrt3\, \sigma_w = \sqrt{\frac{6}{\text{fan}_\text{in} + \text{fan}_\text{out}}} .$$

# %% [markdown]
# ### Exercise 7 · `glorot_uniform`
#
# **Goal** · uniform weights with Glorot's variance. **Difficulty** ●● · **about 7 minutes**
#
# As in exercise 5, draw from `generator`, on its device, in torch's default type.

# %% nbgrader={"solution": true, "grade_id": "answer_glorot_uniform"}
def glorot_uniform(shape, generator):
    """Uniform weights of variance 2/(fan_in + fan_out).

    shape : tuple of int, (out, in) or (out, in, *kernel)
    generator : torch.Generator to draw from
    returns a tensor of this shape, on the generator's device, in torch's default type
    """
    ### BEGIN SOLUTION
    limit = math.sqrt(6 / sum(fans(shape)))
    return limit * (2 * torch.rand(shape, generator=generator, device=generator.device) - 1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "glorot_uniform"}
check(glorot_uniform)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(glorot_uniform)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p><code>torch.rand</code> draws from $[0, 1)$. What do you have to do to get to $[-1, 1)$, and from there to
# $[-a, a)$?</p>
# </details>

# %% [markdown]
# ### Exercise 8 · `glorot_normal`
#
# **Goal** · the same variance, from a normal law. **Difficulty** ● · **about 3 minutes**
#
# As in exercise 5, draw from `generator`, on its device, in torch's default type.

# %% nbgrader={"solution": true, "grade_id": "answer_glorot_normal"}
def glorot_normal(shape, generator):
    """Normal weights of variance 2/(fan_in + fan_out).

    shape : tuple of int, (out, in) or (out, in, *kernel)
    generator : torch.Generator to draw from
    returns a tensor of this shape, on the generator's device, in torch's default type
    """
    ### BEGIN SOLUTION
    deviation = math.sqrt(2 / sum(fans(shape)))
    return deviation * torch.randn(shape, generator=generator, device=generator.device)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "glorot_normal"}
check(glorot_normal)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(glorot_normal)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>There is no 3 here: the deviation is a factor of the draws itself.</p>
# </details>

# %% [markdown]
# ### He's factor of two
#
# A ReLU is not linear around 0. It drops the negative half of a symmetric $z$, and with it half of the mean square:
#
# $$\mathbb{E}\,[h^2] = \tfrac12 \operatorname{Var} z, \qquad\text{so}\qquad
#   \operatorname{Var} z^{(\ell+1)} = \tfrac12\, \text{fan}_\text{in}\, \sigma_w^2 \operatorname{Var} z^{(\ell)} .$$
#
# With LeCun's or Glorot's variance the signal loses a factor $\sqrt2$ a layer, a thousandfold in twenty. He, Zhang,
# Ren and Sun (2015) put it back:
#
# $$\sigma_w^2 = \frac{2}{\text{fan}_\text{in}}, \qquad a = \sqrt{\frac{6}{\text{fan}_\text{in}}} .$$
#
# The way back drops half of its terms as well, and asks for $2/\text{fan}_\text{out}$. The authors found that either
# one is enough: what one of them does to the other direction is a fixed factor for the whole network and does not grow
# with the depth. We teach $\text{fan}_\text{in}$, and $\text{fan}_\text{out}$ is accepted.

# %% [markdown]
# ### Exercise 9 · `he_normal`
#
# **Goal** · normal weights with He's variance. **Difficulty** ● · **about 4 minutes**
#
# With $\text{fan}_\text{in}$ as taught; a variance of $2/\text{fan}_\text{out}$ is accepted. As in exercise 5, draw
# from `generator`, on its device, in torch's default type.

# %% nbgrader={"solution": true, "grade_id": "answer_he_normal"}
def he_normal(shape, generator):
    """Normal weights of variance 2/fan_in, or 2/fan_out.

    shape : tuple of int, (out, in) or (out, in, *kernel)
    generator : torch.Generator to draw from
    returns a tensor of this shape, on the generator's device, in torch's default type
    """
    ### BEGIN SOLUTION
    fan_in, _ = fans(shape)
    return math.sqrt(2 / fan_in) * torch.randn(shape, generator=generator, device=generator.device)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "he_normal"}
check(he_normal)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(he_normal)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Half of the signal is lost, so the variance is twice LeCun's. By how much does the deviation grow?</p>
# </details>

# %% [markdown]
# ### Exercise 10 · `he_uniform`
#
# **Goal** · uniform weights with He's variance. **Difficulty** ● · **about 4 minutes**
#
# With $\text{fan}_\text{in}$ as taught; a variance of $2/\text{fan}_\text{out}$ is accepted. As in exercise 5, draw
# from `generator`, on its device, in torch's default type.

# %% nbgrader={"solution": true, "grade_id": "answer_he_uniform"}
def he_uniform(shape, generator):
    """Uniform weights of variance 2/fan_in, or 2/fan_out.

    shape : tuple of int, (out, in) or (out, in, *kernel)
    generator : torch.Generator to draw from
    returns a tensor of this shape, on the generator's device, in torch's default type
    """
    ### BEGIN SOLUTION
    fan_in, _ = fans(shape)
    limit = math.sqrt(6 / fan_in)
    return limit * (2 * torch.rand(shape, generator=generator, device=generator.device) - 1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "he_uniform"}
check(he_uniform)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(he_uniform)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>A uniform law on $[-a, a]$ has variance $a^2/3$. Set that equal to $2/\text{fan}_\text{in}$.</p>
# </details>

# %% [markdown]
# `torch.nn.Linear` starts with $U(\pm 1/\sqrt{\text{fan}_\text{in}})$, a variance of only
# $1/(3\,\text{fan}_\text{in})$: the rule that Glorot and Bengio argued against. In a deep network without
# normalization, set the weights yourself.

# %% [markdown]
# ### Twenty layers
#
# Widths fall from 400 to 100. Above: the deviation of the signal after each layer,
# by your `activation_spread`. Below: a gradient of deviation 1 is sent in at the top and comes down; read these curves
# from right to left.

# %% tags=["demo"]
widths = [round(400 * 0.25 ** (layer / 20)) for layer in range(21)]
inputs = torch.randn(200, widths[0], generator=torch.Generator().manual_seed(1))
schemes = {
    "N(0, 0.01²)": lambda shape, generator: 0.01 * scattered(shape, generator),
    "N(0, 1)": scattered,
    "LeCun": lecun_normal,
    "Glorot": glorot_normal,
    "He": he_normal,
}


def draw_network(draw, widths, seed):
    generator = torch.Generator().manual_seed(seed)
    return [draw((out, into), generator) for into, out in pairwise(widths)]


kinds = ("tanh", "scaled tanh", "sigmoid", "ReLU")
fig, axes = plt.subplots(2, 4, figsize=(11, 5.6), sharex=True, sharey="row", layout="constrained")
for column, kind in enumerate(kinds):
    forward, backward = {}, {}
    for label, draw in schemes.items():
        weights = draw_network(draw, widths, seed=2)
        forward[label] = activation_spread(inputs, weights, activation(kind)).clamp(min=1e-9)
        backward[label] = gradient_spread(inputs, weights, activation(kind)).clamp(min=1e-9)
    plot_curves(forward, ax=axes[0, column], x=range(1, 21), xlabel="", ylabel="", log_y=True)
    plot_curves(backward, ax=axes[1, column], x=range(21), xlabel="layer", ylabel="", log_y=True)
    axes[0, column].set_title(kind, fontsize=11)
for ax in axes.flat:
    ax.get_legend().remove()
axes[0, 0].set(ylabel="deviation of the signal", ylim=(3e-10, 1e5))
axes[1, 0].set(ylabel="deviation of the gradient", ylim=(3e-10, 1e9))
axes[0, 0].set_xticks([0, 5, 10, 15, 20])
fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=5)
plt.show()

# %% [markdown]
# Values under $10^{-9}$ are drawn at $10^{-9}$.
#
# - **N(0, 0.01²)** starves the network in both directions.
# - **N(0, 1)** is ten to twenty times too wide. A ReLU is flooded. The others are saturated, so that their signal looks
#   healthy while the gradient explodes for both tanh. For the sigmoid two faults nearly cancel, large weights and
#   slopes near 0: the gradient survives, with units that are stuck at 0 or 1.
# - **ReLU**: only He's curve is flat. Backward it loses a factor of 2, since it looks at fan in alone.
# - **tanh**: LeCun and Glorot decay slowly, because tanh is flatter than its tangent at 0. The scaled tanh is made for
#   this and loses less.
# - **sigmoid**: its slope is at most ¼, and weights of LeCun's scale do nothing against it. Twenty layers leave less
#   than $10^{-12}$ of the gradient.
#
# LeCun and Glorot lie nearly on each other, since neighbouring layers differ in width by only 7 %.

# %% tags=["demo"]
print("deviation of the gradient at the input, 1 at the top")
print("               " + "".join(f"{label:>14s}" for label in schemes))
for kind in (*kinds, "leaky ReLU"):
    spreads = [gradient_spread(inputs, draw_network(draw, widths, 2), activation(kind))[0] for draw in schemes.values()]
    print(f"{kind:15s}" + "".join(f"{float(spread):14.1e}" for spread in spreads))

# %% [markdown]
# ### Layer by layer
#
# Deviations hide what the numbers look like. The demo shows them: upright at every layer a histogram of its outputs,
# and one of the gradient that a random gradient at the top has become there. The weights are drawn by *your* functions,
# and *times* multiplies them: drag the ring on the right up or down, and to the side for the number of layers. All
# layers are equally wide here, so that LeCun's variance and Glorot's are the same.
#
# It opens on ReLUs with Glorot's weights. **Before you move anything**, say by which number the weights must be
# multiplied so that signal and gradient come through, and which scheme has this number in it. Then turn to tanh: must
# its weights be larger than Glorot's too, and what happens if they are as large as N(0, 1)?
#
# **Goal:** keep every deviation inside the band, from ⅓ to 3, through 20 layers of ReLU, and then of tanh. What lies
# beyond the axes is drawn at their edge.

# %% tags=["demo"]
signal_demo(
    activation_spread,
    {
        "Glorot": glorot_normal,
        "Glorot, uniform": glorot_uniform,
        "LeCun": lecun_normal,
        "He": he_normal,
        "He, uniform": he_uniform,
        "N(0, 1)": scattered,
    },
)

# %% [markdown]
# With tanh a factor of about 1.25 is enough to hold what LeCun's weights slowly lose. With N(0, 1) a sigmoid keeps all
# its deviations in the band as well. Its histogram tells why this is no good start: most units are stuck at 0 or 1.
# Narrow layers stray from what the formulas promise, since variances are averages over many weights.

# %% [markdown]
# ## 5 · Bounds by singular values
#
# Averages say what is typical. What can happen at most? One layer sends the gradient through its Jacobian,
# $\delta^{(\ell-1)} = J_\ell^\top \delta^{(\ell)}$. If all its units have the slope $s_\ell$, that is $s_\ell
# W_\ell^\top$. A matrix stretches a vector by no more than its largest singular value, and, if it has no more rows than
# columns, $W^\top$ shrinks it to no less than its smallest. So
#
# $$\prod_{\ell} s_\ell\, \sigma_{\min}(W_\ell) \;\le\; \frac{\|\delta^{(0)}\|}{\|\delta^{(L)}\|} \;\le\;
#   \prod_{\ell} s_\ell\, \sigma_{\max}(W_\ell) .$$
#
# Lesson 8 found the upper one true and far away. With the extremes of the whole network in the place of each layer's
# own, these are the powers $\sigma_{\min}^{L}$ and $\sigma_{\max}^{L}$: if $\sigma_{\max} < 1$ the gradient must
# vanish, and if $\sigma_{\min} > 1$ it must explode. (A layer with more outputs than inputs can send a gradient to
# zero, whatever its singular values. The lower bound needs layers that do not get wider.)

# %% [markdown]
# ### Exercise 11 · `gradient_bounds`
#
# **Goal** · both products, from the weights and one slope a layer. **Difficulty** ●● · **about 8 minutes**
#
# Multiply each layer's own extremes, not powers of those of the whole network. There is at least one layer, and no
# layer has more outputs than inputs. Return both products as tensors in the type of the weights: in double precision
# they keep their digits over many powers of ten.

# %% nbgrader={"solution": true, "grade_id": "answer_gradient_bounds"}
def gradient_bounds(weights, slopes):
    """Bounds on the factor by which a gradient's norm changes from the top to the input.

    weights : list of tensors (out, in), one a layer; no layer has more outputs than inputs
    slopes : list of positive numbers, the slope of each layer's activation
    returns (lower, upper), two tensors without axes, in the type of the weights
    """
    ### BEGIN SOLUTION
    lower = upper = torch.ones_like(weights[0][0, 0])
    for weight, slope in zip(weights, slopes, strict=True):
        sizes = torch.linalg.svdvals(weight)
        lower = lower * slope * sizes.min()
        upper = upper * slope * sizes.max()
    return lower, upper
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "gradient_bounds"}
check(gradient_bounds)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(gradient_bounds)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p><code>torch.linalg.svdvals</code> lists the singular values of a matrix, the largest first. Begin with 1 and
# multiply layer by layer: a number times a tensor has the type of the tensor.</p>
# </details>

# %% tags=["demo"]
def orthogonal(shape, generator):
    return torch.linalg.qr(scattered(shape, generator))[0]


depths = list(range(1, 21))
fig, axes = plt.subplots(1, 2, figsize=(9.5, 3.6), sharey=True, layout="constrained")
for ax, (label, draw) in zip(axes, {"LeCun": lecun_normal, "orthogonal": orthogonal}.items(), strict=True):
    weights = [weight.double() for weight in draw_network(draw, [64] * 21, seed=3)]
    bounds = [gradient_bounds(weights[:depth], [1.0] * depth) for depth in depths]
    gradient = torch.randn(500, 64, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    seen = []
    for depth in depths:
        back = gradient
        for weight in reversed(weights[:depth]):
            back = back @ weight
        seen.append(back.norm(dim=1) / gradient.norm(dim=1))
    curves = {"upper bound": [high for _, high in bounds], "lower bound": [low for low, _ in bounds]}
    plot_curves(curves, ax=ax, x=depths, xlabel="layers", ylabel="", log_y=True, first_style=1)
    plot_band(torch.stack(seen).T, ax=ax, x=depths, label="500 gradients, median", xlabel="layers", ylabel="",
              quantiles=(0.0, 1.0))
    ax.set_title(f"{label}, 64 units a layer, slope 1", fontsize=10)
    ax.set_xticks([1, 5, 10, 15, 20])
axes[0].set_ylabel("norm at the bottom / at the top")
plt.show()

# %% [markdown]
# A square Gaussian matrix with variance $1/n$ has singular values from nearly 0 to 2, so after 20 layers the bounds lie
# dozens of powers of ten apart, while typical gradients stay near 1. All singular values of an orthogonal matrix are 1:
# the bounds meet, and no gradient can be lost in a linear network. That is why orthogonal starts are used where depth
# is extreme (Saxe, McClelland and Ganguli 2014).

# %% [markdown]
# ## 6 · A digit classifier, layer by layer
#
# Six layers, 64-50-50-50-50-50-10, on the 1797 digits that scikit-learn ships, with inputs standardized by your
# `z_score`. For each activation the start that suits it: Glorot for the sigmoid, He for the ReLUs. Twenty starts each;
# the line is the median over them, the band the whole range.

# %% tags=["demo"]
digits = data.digits()
x_digits = z_score(digits.x, eps=1e-6)
sizes = [64, 50, 50, 50, 50, 50, 10]
suited = {"sigmoid": glorot_uniform, "ReLU": he_normal, "leaky ReLU": he_normal}
fig, axes = plt.subplots(1, 2, figsize=(10, 3.7), layout="constrained")
print("mean absolute gradient   " + "".join(f"  layer {layer}" for layer in range(1, 7)) + "   first / last")
for number, (kind, draw) in enumerate(suited.items()):
    found = torch.stack([
        train_classifier(draw_network(draw, sizes, seed), x_digits, digits.y, activation(kind)).gradients[0]
        for seed in range(20)
    ])
    plot_band(found, ax=axes[0], x=range(1, 7), label=kind, xlabel="layer", ylabel="mean absolute gradient",
              number=number, quantiles=(0.0, 1.0))
    middle = found.median(dim=0).values
    print(f"{kind:25s}" + "".join(f"{value:9.1e}" for value in middle.tolist()) + f"{middle[0] / middle[-1]:14.1e}")
axes[0].set_yscale("log")
curves, accuracies = {}, {}
for kind, draw in suited.items():
    training = train_classifier(draw_network(draw, sizes, 0), x_digits, digits.y, activation(kind), n_steps=120)
    curves[kind], accuracies[kind] = training.losses, training.accuracy
plot_curves(curves, ax=axes[1], xlabel="step", ylabel="training loss", log_y=True)
plt.show()
print("accuracy on the training set after 120 steps:", {kind: f"{value:.0%}" for kind, value in accuracies.items()})

# %% [markdown]
# With the sigmoid each layer further down gets a gradient about four times smaller: the bound of ¼ on its slope, at
# work. The first layer gets a thousandth of what the last one gets, so little more is learned than the
# frequency of the classes. ReLU and leaky ReLU pass the gradient on almost unchanged. Their curves can hardly
# be told apart: at the start the small slope of the leaky ReLU matters little, and its use is for units that would
# otherwise stay silent.
#
# The plots of the lecture notes show the same: the sigmoid vanishes, ReLU and leaky ReLU do not.

# %% [markdown]
# ## Summary
#
# - Scale the inputs: min–max sets the range, the z-score mean and deviation, ZCA removes correlation too. The condition
#   number falls with each.
# - Equal units stay equal. Random weights break the symmetry; their variance decides what happens next.
# - LeCun $\frac{1}{\text{fan}_\text{in}}$, Glorot $\frac{2}{\text{fan}_\text{in} + \text{fan}_\text{out}}$, He
#   $\frac{2}{\text{fan}_\text{in}}$ for ReLUs. A uniform law has the bound $\sqrt3\,\sigma$.
# - Through $L$ layers factors multiply, and the extremes are bounded by products of singular values.
# - A good start keeps gradients alive at step 0. Batch normalization (lesson 12) keeps them alive later.
#
# **Next**: a network that trains well is still free between its examples. Lesson 10 takes some of that freedom away.
#
# ## Sources
#
# - Y. LeCun, L. Bottou, G. B. Orr, K.-R. Müller, *Efficient BackProp*, in Neural Networks: Tricks of the Trade,
#   Springer 1998.
# - X. Glorot, Y. Bengio, *Understanding the difficulty of training deep feedforward neural networks*, AISTATS 2010.
# - K. He, X. Zhang, S. Ren, J. Sun, *Delving deep into rectifiers: surpassing human-level performance on ImageNet
#   classification*, ICCV 2015.
# - A. M. Saxe, J. L. McClelland, S. Ganguli, *Exact solutions to the nonlinear dynamics of learning in deep linear
#   neural networks*, ICLR 2014.
# - A. J. Bell, T. J. Sejnowski, *The "independent components" of natural scenes are edge filters*, Vision Research
#   37(23), 1997.
# - E. B. Wilson, *Probable inference, the law of succession, and statistical inference*, Journal of the American
#   Statistical Association 22, 1927.
# - E. Alpaydin, C. Kaynak, *Cascading classifiers*, Kybernetika 34(4), 1998 (the digits).
