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
# # 12 · Batch normalization
#
# A layer learns from what the layer before it sends. That changes from minibatch to minibatch, and with every step of
# training. Batch normalization puts each unit's values into a standard place before they go on. The forward pass is
# four lines. The backward pass is where most people wave their hands; here nothing is waved through.
#
# **After this lesson you can**
#
# 1. normalize a minibatch, and say what ε, γ and β are for;
# 2. derive the backward pass line by line, write it, and prove it against numbers and against `torch.autograd`;
# 3. keep the statistics that evaluation needs, in the way of the original paper and in the way of the libraries;
# 4. fold a trained normalization into the layer in front of it;
# 5. say at which rates it helps, when it fails, and what is and is not known about why it works.
#
# Six exercises, about 75 minutes, and as much to read and to try out. You need backpropagation (lesson 8) and
# initialization (lesson 9).

# %% nbgrader={"locked": true, "grade_id": "setup"}
import math
import time

import matplotlib.pyplot as plt
import torch
from steepest import check, data
from steepest.demos.batch_norm import rates_demo, shift_demo
from steepest.dense import accuracy, fit, make_nets, scores, with_backward
from steepest.plots import line_style, plot_curves

torch.set_num_threads(1)  # with tensors this small, threads cost more than they gain

# %% [markdown]
# ## 1 · Minibatches do not lie in one place
#
# Training assumes that all minibatches look alike. They do not: each is a small sample, and what arrives at a hidden
# layer also moves because the layers before it are being trained. Below, two minibatches as two units of one layer
# see them: the weighted sums $z$ of 60 examples each. The second batch lies elsewhere and is stretched. (They are
# drawn from two normal distributions; the drift is made larger than usual, so that it can be seen.)

# %% nbgrader={"locked": true, "grade_id": "drifting"}
draw = torch.Generator().manual_seed(12)
noise = torch.randn(2, 60, 2, generator=draw, dtype=torch.float64)
first_batch = noise[0] * torch.tensor([1.0, 0.6]) + torch.tensor([-2.0, 1.0])
second_batch = noise[1] * torch.tensor([0.5, 1.5]) + torch.tensor([3.0, 4.0])


def show_batches(pairs, titles, *, reach):
    """Draw pairs of batches side by side."""
    _, axes = plt.subplots(1, len(pairs), figsize=(3.6 * len(pairs), 3.6), layout="constrained", squeeze=False)
    for ax, pair, title in zip(axes[0], pairs, titles, strict=True):
        for number, batch in enumerate(pair):
            style = line_style(number)
            label = "first batch" if number == 0 else "second batch"
            ax.scatter(batch[:, 0], batch[:, 1], s=14, color=style["color"], marker=style["marker"], alpha=0.6,
                       label=label)
        ax.axhline(0, color="0.8", linewidth=0.8, zorder=0)
        ax.axvline(0, color="0.8", linewidth=0.8, zorder=0)
        ax.set(xlim=(-reach, reach), ylim=(-reach, reach), xlabel="unit 1", ylabel="unit 2", title=title)
        ax.set_aspect("equal")
    axes[0][0].legend(loc="lower right", fontsize=8)
    plt.show()


# %% tags=["demo"]
show_batches([(first_batch, second_batch)], ["weighted sums z"], reach=8)

# %% [markdown]
# What the next layer learns on the first batch does not fit the second: this is called a **covariate shift**. The
# remedy of Ioffe and Szegedy (2015) has two parts. *Standardize*: move every batch to mean 0 and standard deviation 1.
# *Then move all of them together* to a place that the network chooses for itself. Both happen for each unit alone,
# behind the weighted sum and in front of the activation.

# %% [markdown]
# ## 2 · Forward
#
# ### Four lines
#
# For one unit and a minibatch of $B$ examples with values $x_1, \dots, x_B$:
#
# $$\mu = \frac1B\sum_i x_i, \qquad \sigma^2 = \frac1B\sum_i (x_i-\mu)^2, \qquad
#   u_i = \frac{x_i-\mu}{\sqrt{\sigma^2+\varepsilon}}, \qquad y_i = \gamma u_i + \beta .$$
#
# - The variance is the **biased** one, divided by $B$. In training the batch is all there is, and its mean square about
#   its own mean is to become 1.
# - $\varepsilon$ is small (often $10^{-5}$) and stands **inside** the root. It matters when a unit does not vary in a
#   batch: then $\sigma^2 = 0$, and without it $u = 0/0$.
# - $\gamma$ and $\beta$ are learned, one of each for a unit. Without them a sigmoid would only ever be used where it is
#   nearly straight. They can undo everything: $\gamma = \sqrt{\sigma^2+\varepsilon}$, $\beta = \mu$ gives $y = x$.
# - A bias in front of the normalization is useless, since the mean takes it away again. $\beta$ is the bias.

# %% [markdown]
# ### Exercise 1 · `batch_norm_train`
#
# **Goal** · the forward pass in training, and a cache for the backward pass. **Difficulty** ●● · **about 10 minutes**
#
# `x` has one example a row and one unit a column; `gamma` and `beta` have the floating type of `x`. Return the output
# and a cache, `(out, cache)`. What the cache holds is your own affair, be it a tuple, a dict or a function: only your
# own `batch_norm_backward` will see it, in exercise 2. Come back here if that needs something else.
#
# Two situations are easily forgotten. A unit may not vary in the batch, and one example may come alone: in both
# $\sigma^2 = 0$, and $y = \beta$.
#
# In section 3 `torch.autograd` goes back through this function, to prove your backward pass. It can do so if you
# compute with torch's own operations, without `.item()`, `.detach()` or numpy on the way. No mark depends on that.

# %% nbgrader={"solution": true, "grade_id": "answer_batch_norm_train"}
def batch_norm_train(x, gamma, beta, *, eps):
    """Normalize a minibatch by its own statistics, then scale and shift.

    x : tensor of shape (B, features)
    gamma, beta : tensors of shape (features,) and of the type of x, scale and shift
    eps : number that is added to the variance
    returns the output, of the shape and type of x, and a cache for the backward pass
    """
    ### BEGIN SOLUTION
    centred = x - x.mean(dim=0)
    inverse = 1 / torch.sqrt((centred**2).mean(dim=0) + eps)
    u = centred * inverse
    return gamma * u + beta, (u, inverse, gamma)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "batch_norm_train"}
check(batch_norm_train)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(batch_norm_train)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Statistics run over the examples: <code>dim=0</code>. For the variance, subtract the mean from <code>x</code> first
# and square what is left. (The mean of $x^2$ less $\mu^2$ is the same on paper, but where the mean is large it is the
# difference of two nearly equal numbers, and its digits are lost.) <code>x.var(dim=0)</code> divides by $B-1$ unless it
# is given <code>correction=0</code>.</p>
# </details>

# %% [markdown]
# ### Before and after
#
# The two batches again, each normalized on its own: first with $\gamma = 1$, $\beta = 0$, then moved together to a
# place chosen by $\gamma$ and $\beta$.

# %% tags=["demo"]
one, zero = torch.ones(2, dtype=torch.float64), torch.zeros(2, dtype=torch.float64)
gamma, beta = torch.tensor([2.0, 0.7], dtype=torch.float64), torch.tensor([2.0, -3.0], dtype=torch.float64)
batches = (first_batch, second_batch)
standard = [batch_norm_train(batch, one, zero, eps=1e-5)[0] for batch in batches]
moved = [batch_norm_train(batch, gamma, beta, eps=1e-5)[0] for batch in batches]
show_batches([batches, standard, moved], ["z", "u: standardized", "y = γu + β"], reach=8)

# %% [markdown]
# After the first step nothing tells the two batches apart in mean and spread. What they *mean* is lost with it: if the
# second batch lay elsewhere for a reason, the network no longer sees it. Section 4 comes back to that.

# %% [markdown]
# ### Batches of two, and of one
#
# With two examples the mean lies half way, so $u = \pm\frac{d}{\sqrt{d^2+\varepsilon}}$ with
# $d = \frac12|x_1 - x_2|$: nearly $\pm 1$ whatever the distance. All that gets through is which of the two is larger.
# With one example nothing gets through. `torch.nn.BatchNorm1d` refuses it in training.

# %% tags=["demo"]
print("   x₁      x₂         u₁       u₂")
for left, right in ((0.0, 0.1), (0.0, 1.0), (0.0, 100.0)):
    pair = torch.tensor([[left], [right]], dtype=torch.float64)
    u = batch_norm_train(pair, one[:1], zero[:1], eps=1e-5)[0][:, 0]
    print(f"{left:5.1f}  {right:6.1f}   {u[0]:8.4f} {u[1]:8.4f}")
alone = batch_norm_train(torch.tensor([[5.0, -3.0]], dtype=torch.float64), gamma, beta, eps=1e-5)[0]
print(f"one example (5, −3): out = {alone[0].tolist()} = β")

# %% [markdown]
# ## 3 · Backward
#
# ### Why it is not one example at a time
#
# Until now the gradient of a minibatch was a sum of gradients of single examples. Here that ends: each $x_i$ moves
# $\mu$ and $\sigma^2$, and through them **every** output of the batch. So three paths lead from the loss $L$ back to
# $x_i$: through $u_i$ itself, through $\sigma^2$, and through $\mu$.
#
# Write $g_i = \partial L/\partial y_i$ for what arrives from above and $s = \sqrt{\sigma^2+\varepsilon}$.
#
# **Scale and shift.** $y_i = \gamma u_i + \beta$, and $\gamma$, $\beta$ serve all examples:
#
# $$\frac{\partial L}{\partial\gamma} = \sum_i g_i u_i, \qquad \frac{\partial L}{\partial\beta} = \sum_i g_i, \qquad
#   h_i := \frac{\partial L}{\partial u_i} = \gamma\, g_i .$$
#
# **Variance.** $u_i = (x_i-\mu)(\sigma^2+\varepsilon)^{-1/2}$, for all $i$:
#
# $$\frac{\partial L}{\partial\sigma^2} = \sum_i h_i\,(x_i-\mu)\cdot\Bigl(-\tfrac12\Bigr)(\sigma^2+\varepsilon)^{-3/2}
#   = -\frac{1}{2s^2}\sum_i h_i u_i .$$
#
# **Mean.** It stands in each $u_i$ and in the variance:
#
# $$\frac{\partial L}{\partial\mu} = -\frac1s\sum_i h_i
#   + \frac{\partial L}{\partial\sigma^2}\cdot\frac{-2}{B}\sum_i(x_i-\mu) = -\frac1s\sum_i h_i .$$
#
# The second term is zero, because deviations from the mean sum to zero. Many programs compute it all the same.
#
# **The three paths together.**
#
# $$\frac{\partial L}{\partial x_i} = \frac{h_i}{s}
#   + \frac{\partial L}{\partial\sigma^2}\cdot\frac{2(x_i-\mu)}{B} + \frac{\partial L}{\partial\mu}\cdot\frac1B .$$

# %% [markdown]
# ### The compact form
#
# Put the first two results into the third and use $x_i-\mu = s\,u_i$:
#
# $$\boxed{\;\frac{\partial L}{\partial x_i}
#   = \frac{1}{s}\Bigl(h_i - \frac1B\sum_j h_j - u_i\,\frac1B\sum_j h_j u_j\Bigr)
#   = \frac{\gamma}{s}\Bigl(g_i - \frac1B\frac{\partial L}{\partial\beta}
#     - \frac{u_i}{B}\frac{\partial L}{\partial\gamma}\Bigr)\;}$$
#
# It can be read. The gradient arrives, and two parts are taken out of it: its mean, and its component along $u$. The
# first would move the whole column, the second would stretch it, and the normalization undoes both. So two checks need
# no reference: $\sum_i \partial L/\partial x_i = 0$, and $\sum_i u_i\,\partial L/\partial x_i = 0$ up to terms in
# $\varepsilon$.

# %% [markdown]
# ### Exercise 2 · `batch_norm_backward`
#
# **Goal** · the gradients at `x`, `gamma` and `beta`. **Difficulty** ●●●● · **about 25 minutes**
#
# The check runs **your** `batch_norm_train`, hands its cache to this function, and looks at the three gradients. The
# forward pass must be right first; the check says so where it is not.
#
# Every way to the right numbers is accepted: the three paths line by line, with or without the term that is zero,
# either of the two boxed forms, or `torch.autograd.grad` through a forward pass that is done again.
#
# The cache serves more than one backward pass, and other batches may go forward in between. So take all you need from
# the `cache` that is given, not from a variable outside, and leave `cache` and `grad_out` as they are. For one example
# alone `grad_x` is zero, up to rounding.

# %% nbgrader={"solution": true, "grade_id": "answer_batch_norm_backward"}
def batch_norm_backward(grad_out, cache):
    """Backward pass of batch normalization in training.

    grad_out : tensor of shape (B, features), gradient of the loss at the output
    cache : what batch_norm_train returned beside the output
    returns grad_x of shape (B, features), grad_gamma and grad_beta of shape (features,)
    """
    ### BEGIN SOLUTION
    u, inverse, gamma = cache
    grad_gamma = (grad_out * u).sum(dim=0)
    grad_beta = grad_out.sum(dim=0)
    size = len(u)
    grad_x = gamma * inverse * (grad_out - grad_beta / size - u * grad_gamma / size)
    return grad_x, grad_gamma, grad_beta
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "batch_norm_backward"}
check(batch_norm_backward)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(batch_norm_backward)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>The compact form needs three things from the forward pass: $u$, $1/s$ and $\gamma$. Compute the gradients of
# $\gamma$ and $\beta$ first, they stand in the last bracket. If the formulas look right and the check disagrees, see
# whether <code>batch_norm_train</code> changes what it cached by an operation in place.</p>
# </details>

# %% [markdown]
# ### Proof by numbers
#
# Two judges that share nothing with your derivation. **Central differences**, as lesson 8 takes them: nudge one entry
# of $x$ up and down by $10^{-6}$, run your forward pass, and divide the change of the loss by $2\cdot10^{-6}$.
# **`torch.autograd`** goes back through the operations of your forward pass.

# %% tags=["demo"]
draw = torch.Generator().manual_seed(3)
x = 2 + 3 * torch.randn(6, 4, generator=draw, dtype=torch.float64)
gamma, beta, weights = (torch.randn(*shape, generator=draw, dtype=torch.float64) for shape in ((4,), (4,), (6, 4)))


def loss_of(x, gamma, beta):
    """A loss whose gradient at the output is `weights`."""
    return (weights * batch_norm_train(x, gamma, beta, eps=1e-3)[0]).sum()


def central_differences(f, x, step=1e-6):
    """Slope of f along each entry of x, from two values of f."""
    slopes = torch.empty_like(x)
    for entry in range(x.numel()):
        moved = torch.zeros_like(x)
        moved.view(-1)[entry] = step
        slopes.view(-1)[entry] = (f(x + moved) - f(x - moved)) / (2 * step)
    return slopes


mine = batch_norm_backward(weights, batch_norm_train(x, gamma, beta, eps=1e-3)[1])
numbers = (
    central_differences(lambda v: loss_of(v, gamma, beta), x),
    central_differences(lambda v: loss_of(x, v, beta), gamma),
    central_differences(lambda v: loss_of(x, gamma, v), beta),
)
leaves = [value.clone().requires_grad_() for value in (x, gamma, beta)]
automatic = torch.autograd.grad(loss_of(*leaves), leaves)
print("largest difference from   central differences   torch.autograd")
for name, a, b, c in zip(("grad_x", "grad_gamma", "grad_beta"), mine, numbers, automatic, strict=True):
    print(f"{name:>22}   {(a - b).abs().max():19.1e}   {(a - c).abs().max():14.1e}")
u = batch_norm_train(x, torch.ones_like(gamma), torch.zeros_like(beta), eps=1e-3)[0]
print(f"sum of grad_x over the batch: at most {mine[0].sum(dim=0).abs().max():.1e}")
print(f"component of grad_x along u:  at most {(mine[0] * u).sum(dim=0).abs().max():.1e} (of the order of ε)")

# %% [markdown]
# ### Staged or compact
#
# The staged form follows the derivation line by line, as textbooks print it. The compact form is the same function
# with fewer passes over the data. The clock says what that is worth; the median of 200 runs, for 256 examples and 512
# units.

# %% tags=["demo"]
def staged_backward(grad_out, cache):
    """The derivation line by line, with the term that is zero."""
    centred, variance, gamma = cache
    size = len(centred)
    u = centred * variance**-0.5
    grad_u = grad_out * gamma
    grad_variance = (grad_u * centred * (-0.5) * variance**-1.5).sum(dim=0)
    grad_mean = (-grad_u * variance**-0.5).sum(dim=0) + grad_variance * (-2 * centred).sum(dim=0) / size
    grad_x = grad_u * variance**-0.5 + grad_variance * 2 * centred / size + grad_mean / size
    return grad_x, (grad_out * u).sum(dim=0), grad_out.sum(dim=0)


def milliseconds(function, *args, runs=200):
    """Median wall time of a call."""
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        function(*args)
        times.append(time.perf_counter() - begun)
    return 1000 * sorted(times)[runs // 2]


wide = torch.randn(256, 512, generator=draw)
scale, shift, above = torch.rand(512, generator=draw) + 0.5, torch.zeros(512), torch.randn(256, 512, generator=draw)
centred = wide - wide.mean(dim=0)
staged_cache = centred, (centred**2).mean(dim=0) + 1e-5, scale
compact_cache = batch_norm_train(wide, scale, shift, eps=1e-5)[1]
apart = (staged_backward(above, staged_cache)[0] - batch_norm_backward(above, compact_cache)[0]).abs().max()
leaves = [value.clone().requires_grad_() for value in (wide, scale, shift)]
out = batch_norm_train(*leaves, eps=1e-5)[0]
print(f"staged        {milliseconds(staged_backward, above, staged_cache):6.2f} ms")
print(f"yours         {milliseconds(batch_norm_backward, above, compact_cache):6.2f} ms")
print(f"autograd      {milliseconds(lambda: torch.autograd.grad(out, leaves, above, retain_graph=True)):6.2f} ms")
print(f"largest difference of staged and yours: {apart:.1e} in float32")

# %% [markdown]
# ## 4 · Evaluation
#
# ### What a single example needs
#
# In use there may be one example, or others beside it that have nothing to do with it. Its output must depend on it
# alone, so $\mu$ and $\sigma^2$ must be fixed numbers: those of the whole population of training examples. Ioffe and
# Szegedy estimate them, **with the trained network**, from the statistics $\mu_k$, $\sigma_k^2$ of $K$ minibatches:
#
# $$\mu_{\rm pop} = \frac1K\sum_k\mu_k, \qquad \sigma^2_{\rm pop} = \frac{B}{B-1}\,\frac1K\sum_k\sigma_k^2 .$$
#
# Why $B/(B-1)$? The batch mean is drawn to its own batch. Of the population's $\sigma^2$ a share $\sigma^2/B$ goes
# into the scatter of $\mu_k$, and only the rest is seen as deviation from $\mu_k$:
#
# $$\mathbb E[\sigma_k^2] = \sigma^2 - \frac{\sigma^2}{B} = \frac{B-1}{B}\,\sigma^2 .$$
#
# So two variances appear in one method: *biased* to normalize a batch, *unbiased* for the population.

# %% [markdown]
# ### Exercise 3 · `population_statistics`
#
# **Goal** · the population's mean and variance from those of minibatches. **Difficulty** ● · **about 6 minutes**
#
# Row $k$ of `batch_means` and `batch_variances` belongs to minibatch $k$; the variances are biased. There may be one
# minibatch only, $K = 1$, and one unit only; the results have one entry for each unit all the same. Return the mean
# first. A batch of one *example* has no variance, and the function refuses it: those lines are given, so keep them.

# %% nbgrader={"solution": true, "grade_id": "answer_population_statistics"}
def population_statistics(batch_means, batch_variances, batch_size):
    """Mean and variance of the population, estimated from minibatches.

    batch_means, batch_variances : tensors of shape (batches, features), the variances divided by B
    batch_size : int, the number B of examples in each batch
    returns (mean, variance), tensors of shape (features,)
    """
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    ### BEGIN SOLUTION
    variance = batch_variances.mean(dim=0) * batch_size / (batch_size - 1)
    return batch_means.mean(dim=0), variance
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "population_statistics"}
check(population_statistics)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(population_statistics)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Average over the batches, which is the first axis. The correction belongs to the variance alone, and its $B$ counts
# the examples in a batch, not the batches.</p>
# </details>

# %% [markdown]
# Measured: 20 000 minibatches of each size from a normal distribution with variance 4.

# %% tags=["demo"]
draw = torch.Generator().manual_seed(4)
print("  B   mean batch variance   predicted (B−1)/B · 4   yours")
for size in (2, 3, 4, 8, 32):
    samples = 1 + 2 * torch.randn(20_000, size, 1, generator=draw, dtype=torch.float64)
    means, variances = samples.mean(dim=1), samples.var(dim=1, correction=0)
    corrected = population_statistics(means, variances, size)[1]
    print(f"{size:3d}   {variances.mean():19.3f}   {4 * (size - 1) / size:21.3f}   {corrected.item():5.3f}")

# %% [markdown]
# ### Running averages
#
# A second pass over the data is a nuisance. Libraries keep an exponentially weighted average while they train (lesson
# 5), of the mean and of the *unbiased* batch variance, which has been multiplied by $B/(B-1)$ before it comes here:
#
# $$\text{running} \leftarrow m\cdot\text{running} + (1-m)\cdot\text{batch}, \qquad m \text{ near } 1 .$$
#
# **Two conventions.** Here, as in Keras, the momentum $m$ weighs the *past*. In `torch` it weighs the *batch*: our
# 0.9 is `torch.nn.BatchNorm1d(momentum=0.1)`. A value carried from one to the other without a thought gives a memory of
# one batch.

# %% [markdown]
# ### Exercise 4 · `update_running`
#
# **Goal** · the running value after one more batch. **Difficulty** ● · **about 3 minutes**
#
# `running` and `batch` are two means or two variances, ready to use: nothing is corrected here, and how many examples
# the batch had cannot be seen. They may have any shape, also that of a single number without axes. The momentum may be
# 0, where only the new batch counts, and 1, where nothing is learned. Return a new tensor.

# %% nbgrader={"solution": true, "grade_id": "answer_update_running"}
def update_running(running, batch, *, momentum):
    """Let a running statistic forget a little and learn a little.

    running, batch : tensors of one shape and type, the value so far and that of the new batch
    momentum : share of the past that is kept, between 0 and 1, both included
    returns the new running value
    """
    ### BEGIN SOLUTION
    return momentum * running + (1 - momentum) * batch
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "update_running"}
check(update_running)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(update_running)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>The two weights sum to 1. Return a new tensor: <code>running *= …</code> would change the caller's.</p>
# </details>

# %% [markdown]
# Against `torch`, which starts its running mean at 0 and its running variance at 1:

# %% tags=["demo"]
draw = torch.Generator().manual_seed(5)
theirs = torch.nn.BatchNorm1d(3, momentum=0.1, dtype=torch.float64)
running_mean, running_variance = torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)
for _ in range(50):
    batch = 4 + 2 * torch.randn(8, 3, generator=draw, dtype=torch.float64)
    theirs(batch)
    running_mean = update_running(running_mean, batch.mean(dim=0), momentum=0.9)
    running_variance = update_running(running_variance, batch.var(dim=0, correction=1), momentum=0.9)
print(f"largest difference of the means:     {(theirs.running_mean - running_mean).abs().max():.1e}")
print(f"largest difference of the variances: {(theirs.running_var - running_variance).abs().max():.1e}")

# %% [markdown]
# ### Exercise 5 · `batch_norm_eval`
#
# **Goal** · the forward pass at evaluation, with given statistics. **Difficulty** ● · **about 5 minutes**
#
# `variance` is the population's, ready to use. It is 0 for a unit that never varied in training; then $\varepsilon$
# alone stands under the root. Return the output alone: no backward pass follows, so there is no cache.

# %% nbgrader={"solution": true, "grade_id": "answer_batch_norm_eval"}
def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    """Normalize by given statistics, then scale and shift.

    x : tensor of shape (n, features), any n ≥ 1
    mean, variance, gamma, beta : tensors of shape (features,) and of the type of x
    eps : number that is added to the variance
    returns a tensor of the shape and type of x
    """
    ### BEGIN SOLUTION
    return gamma * (x - mean) / torch.sqrt(variance + eps) + beta
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "batch_norm_eval"}
check(batch_norm_eval)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(batch_norm_eval)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Nothing may be computed over the rows of <code>x</code>: the output for one row must not change when others are
# put beside it.</p>
# </details>

# %% [markdown]
# ### Demo: one example in two batches
#
# The drifting batches again, through *your* `batch_norm_train` and *your* `batch_norm_eval`, which is given what *your*
# `population_statistics` makes of 100 batches before the drift. The star is one and the same example, once in a batch
# before the drift and once in a batch after it. **Before you move anything**, say in which mode its output depends on
# its companions, in which mode the drift is still seen behind the normalization, and what becomes of the star in
# batches of two. Play the batches one after another to see how far companions alone move it. The star can be pulled,
# and so can the rings: where the batches come from and where they drift to.
#
# **Goal:** take the drift out, and find the smallest batch with which outputs in training and in evaluation differ by
# less than 0.2 (root mean square over 100 batches).

# %% tags=["demo"]
shift_demo(batch_norm_train, population_statistics, batch_norm_eval)

# %% [markdown]
# Without a drift the two modes still differ, because a batch's own mean and variance are estimates: by about
# $\sqrt{1.5/B}$ for a normal distribution, one part for the mean and half a part for the deviation.

# %% [markdown]
# ### A network that uses all of it
#
# 1797 handwritten digits, a quarter of them for testing; 64 inputs, four hidden layers of 32 units with ReLU, ten
# classes, plain SGD. The cell joins **your** forward and backward pass into a layer; `scores` calls it for the hidden
# layer of each number. Five nets with different starts are trained side by side.

# %% nbgrader={"locked": true, "grade_id": "network"}
EPS, BATCH, SIZES, SEEDS = 1e-5, 64, (64, 32, 32, 32, 32, 10), 5
train_set, test_set = data.split(data.digits(), test=0.25, seed=0)
layer = with_backward(batch_norm_train, batch_norm_backward)


def normalize(number, z, gamma, beta):
    """Batch normalization in training, whatever the number of the layer."""
    return layer(z, gamma, beta, eps=EPS)


def watching(seen):
    """A normalization that also writes down the batch statistics of each layer."""

    def normalize_and_watch(number, z, gamma, beta):
        seen.setdefault(number, []).append((z.detach().mean(dim=0), z.detach().var(dim=0, correction=0)))
        return normalize(number, z, gamma, beta)

    return normalize_and_watch


def population(nets, x, batch_size=BATCH, **settings):
    """Population statistics of each layer of trained nets, from one pass over x in minibatches."""
    seen = {}
    for rows in x[: len(x) // batch_size * batch_size].split(batch_size):
        scores(nets, rows, watching(seen), **settings)
    columns = [tuple(map(torch.stack, zip(*each, strict=True))) for each in seen.values()]
    return [population_statistics(means, variances, batch_size) for means, variances in columns]


def evaluating(statistics):
    """A normalization for evaluation, with the given statistics of each layer."""

    def normalize_by_given(number, z, gamma, beta):
        return batch_norm_eval(z, *statistics[number], gamma, beta, eps=EPS)

    return normalize_by_given


# %% [markdown]
# How good are the estimates? For the first hidden layer the truth is known: the mean and variance of its weighted sums
# over the whole training set. The table gives the error of the mean in units of the deviation, and the relative error
# of the variance, as root mean squares over all units; running values start at 0 and 1, as in `torch`.

# %% tags=["demo"]
seen = {}
start_nets = make_nets(SIZES, seeds=range(SEEDS))
normal_nets, _ = fit(start_nets, train_set, watching(seen), lr=0.3, n_steps=300, batch_size=BATCH)
plain_nets, _ = fit(start_nets, train_set, lr=0.1, n_steps=300, batch_size=BATCH)
statistics = population(normal_nets, train_set.x)
sums = (train_set.x @ normal_nets.weights[0].mT).transpose(0, 1).reshape(len(train_set.x), -1)
true_mean, true_variance = sums.mean(dim=0), sums.var(dim=0, correction=0)
estimates = {"population statistics": statistics[0]}
for momentum in (0.0, 0.9, 0.99, 0.999):
    mean, variance = torch.zeros_like(true_mean), torch.ones_like(true_mean)
    for batch_mean, batch_variance in seen[0]:
        mean = update_running(mean, batch_mean, momentum=momentum)
        variance = update_running(variance, batch_variance * BATCH / (BATCH - 1), momentum=momentum)
    estimates[f"running, momentum {momentum}"] = mean, variance
print("                          error of the mean   of the variance")
for name, (mean, variance) in estimates.items():
    apart = ((mean - true_mean) / true_variance.sqrt()).square().mean().sqrt()
    print(f"{name:24}  {apart:17.3f}   {(variance / true_variance - 1).square().mean().sqrt():15.3f}")

# %% [markdown]
# No memory (0.0) leaves the noise of one batch. A memory much longer than the training still holds the start and
# weights that are long gone. In between, running averages come close to the second pass, and cost nothing.

# %% [markdown]
# ### Predict, then look
#
# The trained nets get the test digits in three states: as they are; **faded**, $0.5\,x + 0.3$, as if photographed
# through haze; and faded with the batches **sorted by class**, each holding one digit only. There are three nets to
# choose from: (a) normalized by the population statistics of training, (b) normalized by the statistics of the
# test batch itself, (c) plain, without normalization. **Before you run the next cell**, write down:
#
# 1. Which of (a), (b), (c) does best on the faded digits, and why?
# 2. What happens to (a) and (b) when the faded batches hold one class only?
# 3. Which of the three can classify a single image?
#
# Then run it and add what you saw. A wrong prediction with a good explanation afterwards gets full marks.

# %% [markdown] nbgrader={"grade": true, "solution": true, "grade_id": "reflection_batch_norm", "points": 3}
# ### BEGIN SOLUTION
# **1.** (b) does best: 0.96, as on the untouched digits, against 0.75 for (c) and 0.58 for (a). Fading multiplies each
# pixel and adds a number, so each weighted sum of the first layer is scaled and moved, and the batch's own mean and
# deviation take out just that. (a) subtracts the mean of digits that were not faded: all units of the first layer are
# off, in a direction that training has never seen. Batch norm with fixed statistics is *more* sensitive than no batch
# norm here.
#
# **2.** (a) does not change: the output for an image does not depend on its neighbours. (b) falls to chance, 0.12. What
# the images of a batch have in common is removed as the batch mean, and in a batch of zeros this is the zero itself.
#
# **3.** (a) and (c). A batch of one has variance 0 and gives β in every unit of (b), whatever the image.
#
# *Rubric.* A point for each. 1: the ranking, and that the batch's own statistics take the fading out (half without the
# reason). 2: (a) stays and (b) falls to chance, with a reason for one of them. 3: (a) and (c), because a batch of one
# has no spread (half without the reason).
# ### END SOLUTION

# %% tags=["demo"]
by_class = test_set.y.argsort()
states = {
    "as they are": (test_set.x, torch.arange(len(test_set.x))),
    "faded": (0.5 * test_set.x + 0.3, torch.arange(len(test_set.x))),
    "faded, one class a batch": (0.5 * test_set.x + 0.3, by_class),
}
print("mean accuracy of five nets        (a) population   (b) own batch   (c) plain")
for name, (x, order) in states.items():
    groups = order.split(45) if order is not by_class else [by_class[test_set.y[by_class] == c] for c in range(10)]
    rights = torch.zeros(3, dtype=torch.float64)
    for index in groups:
        y = test_set.y[index]
        answers = (
            scores(normal_nets, x[index], evaluating(statistics)),
            scores(normal_nets, x[index], normalize),
            scores(plain_nets, x[index]),
        )
        rights += len(index) / len(x) * torch.stack([accuracy(answer, y).mean() for answer in answers])
    print(f"{name:30}    {rights[0]:14.3f}   {rights[1]:13.3f}   {rights[2]:9.3f}")

# %% [markdown]
# ## 5 · Folding
#
# At evaluation the normalization is a fixed linear map, and so is the layer in front of it. Two linear maps in a row
# are one. With $s_k = \gamma_k/\sqrt{\sigma_k^2+\varepsilon}$ for unit $k$,
#
# $$\gamma_k\,\frac{w_k^\top x + b_k - \mu_k}{\sqrt{\sigma_k^2+\varepsilon}} + \beta_k
#   = (s_k w_k)^\top x + \bigl(s_k(b_k-\mu_k) + \beta_k\bigr) .$$
#
# After training the normalization is free of cost, if it stands *directly behind* a linear layer.

# %% [markdown]
# ### Exercise 6 · `fold_batch_norm`
#
# **Goal** · the weight and bias of the one layer that does what the two did. **Difficulty** ●● · **about 8 minutes**
#
# As in `torch`, a weight has one row for each unit, and the layer computes `x @ weight.T + bias`. A unit whose variance
# is 0 is folded like any other: its factor is $\gamma_k/\sqrt\varepsilon$.

# %% nbgrader={"solution": true, "grade_id": "answer_fold_batch_norm"}
def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    """Put a batch normalization at evaluation into the linear layer in front of it.

    weight : tensor of shape (units, inputs)
    bias, mean, variance, gamma, beta : tensors of shape (units,)
    eps : number that is added to the variance
    returns the new weight and the new bias, of the same shapes
    """
    ### BEGIN SOLUTION
    factor = gamma / torch.sqrt(variance + eps)
    return factor[:, None] * weight, factor * (bias - mean) + beta
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "fold_batch_norm"}
check(fold_batch_norm)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(fold_batch_norm)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>One factor for each row of the weight: <code>factor[:, None] * weight</code> multiplies rows. The old bias and the
# mean are both inside the fraction, β is not.</p>
# </details>

# %% [markdown]
# The first of the trained nets, with all four normalizations folded away, beside the same net with them:

# %% tags=["demo"]
hidden = test_set.x
for number, width in enumerate(SIZES[1:-1]):
    part = slice(0, width)  # columns of the first net
    mean, variance = (value[part] for value in statistics[number])
    weight, bias = fold_batch_norm(normal_nets.weights[number][0], torch.zeros(width), mean, variance,
                                   normal_nets.gammas[number][part], normal_nets.betas[number][part], eps=EPS)
    hidden = torch.relu(hidden @ weight.T + bias)
folded = hidden @ normal_nets.weights[-1][0].T + normal_nets.biases[-1][0]
unfolded = scores(normal_nets, test_set.x, evaluating(statistics))[0]
print(f"largest score {unfolded.abs().max():.1f}, largest difference {(folded - unfolded).abs().max():.1e} in float32")
print(f"test accuracy {(folded.argmax(dim=1) == test_set.y).double().mean():.3f} folded, "
      f"{(unfolded.argmax(dim=1) == test_set.y).double().mean():.3f} unfolded")

# %% [markdown]
# ## 6 · What it buys
#
# ### Larger rates
#
# The lecture notes say that the benefit comes with larger rates. So: the same nets, plain and normalized, at eight
# rates from 0.03 to 100, five starts each, 250 steps of 64 digits. A net counts as *trained* when its mean loss over
# the last 25 steps is below 1; chance is $\ln 10 = 2.30$. Note your guess: how many times larger a rate does the
# normalized net bear?
#
# ### Demo: at which rate?
#
# First by hand, with fewer starts and steps: *your* `batch_norm_train` and `batch_norm_backward` train the normalized
# nets. The rings move the step and the rate too. **Before you press play**, say for the rate that you have chosen how
# both curves will go on.
#
# **Goal:** with all 140 steps played, find the largest rate at which each kind of net still ends below 1, and the next
# one, at which it does not.

# %% tags=["demo"]
rates_demo(batch_norm_train, batch_norm_backward)

# %% [markdown]
# Now all of it, each net a dot:

# %% tags=["demo"]
rates = torch.tensor([0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0])


def final_losses(normalization, rates, *, seeds=SEEDS, gain=2.0, **settings):
    """Mean loss over the last 25 of 250 steps, of shape (rates, seeds); infinite where it is no number."""
    nets = make_nets(SIZES, seeds=[*range(seeds)] * len(rates), gain=gain)
    _, losses = fit(nets, train_set, normalization, lr=rates.repeat_interleave(seeds), n_steps=250, batch_size=BATCH,
                    **settings)
    return losses[-25:].mean(dim=0).view(len(rates), seeds).nan_to_num(math.inf, math.inf)


def plot_losses(results, *, ax, title):
    """A dot for each net and a line through the medians; what is above 10, or no number, lies at the top."""
    for number, (name, (rates, losses)) in enumerate(results.items()):
        style, shown = line_style(number), losses.clamp(max=12)
        ax.plot(rates, shown.median(dim=1).values, label=name, **style)
        ax.plot(rates[:, None].expand_as(shown) * 1.06 ** (number - 0.5), shown, style["marker"], color=style["color"],
                markersize=4, alpha=0.5)
    ax.axhline(math.log(10), color="0.5", linewidth=0.8)
    ax.text(rates[0], 1.1 * math.log(10), "chance", fontsize=8, color="0.4")
    ax.set(xscale="log", yscale="log", ylim=(0.015, 14), xlabel="learning rate", title=title,
           ylabel="training loss, last 25 steps")
    ax.legend(loc="lower right", fontsize=8)


with_relu = {"plain": (rates, final_losses(None, rates)), "batch norm": (rates, final_losses(normalize, rates))}
few = rates[1:7]
sigmoid = {"seeds": 3, "gain": 1.0, "activation": torch.sigmoid}
with_sigmoid = {
    "plain": (few, final_losses(None, few, **sigmoid)),
    "batch norm": (few, final_losses(normalize, few, **sigmoid)),
}
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained")
plot_losses(with_relu, ax=left, title="four hidden layers, ReLU")
plot_losses(with_sigmoid, ax=right, title="four hidden layers, sigmoid")
plt.show()
print("ReLU   rate    trained of 5: plain, batch norm     median loss: plain, batch norm")
for number, rate in enumerate(rates.tolist()):
    plain, normal = (losses[number] for _, losses in with_relu.values())
    print(f"    {rate:7.2f}   {int((plain < 1).sum()):19d} {int((normal < 1).sum()):11d}"
          f"   {plain.median():24.3f} {normal.median():11.3f}")

# %% [markdown]
# (Dots on the upper edge: 12 or more, or no number at all.)
#
# **Result.** With ReLU the plain nets train up to a rate of 0.3, and none at 1, where they stick at chance; from 3 on
# most of them end in `nan`. The normalized nets train up to 3: ten times further. At 0.3 and 1 they reach losses that
# the plain ones reach at no rate; at 0.03 the two are alike, so a small rate gains little from batch norm. With four
# layers of sigmoids the plain nets learn nothing in 250 steps at any of these rates, because their gradient vanishes
# (lesson 8), while the normalized ones train from 0.1 to 10. At 10 the normalized ReLU nets fail as well: their last
# layer is not normalized.
#
# The lecture notes give no numbers, only the rule that rates must be raised to get the benefit.

# %% [markdown]
# ### In front of or behind the activation
#
# Ioffe and Szegedy normalize the weighted sums, in front of the activation: a sum of many terms is nearer to a normal
# distribution than what ReLU leaves of it. Others have put it behind. There, the next layer receives mean $\beta$ and
# deviation $|\gamma|$ exactly; but it cannot be folded into the layer in front of it, since the activation lies
# between (into the *next* one it can).

# %% tags=["demo"]
several = rates[1:6]
behind = final_losses(normalize, several, behind=True)
print("  rate    median loss: in front   behind")
for number, rate in enumerate(several.tolist()):
    print(f"{rate:6.2f}   {with_relu['batch norm'][1][number + 1].median():21.3f}   {behind[number].median():6.3f}")

# %% [markdown]
# Here the place makes little difference, and where the rate is large the original one has the edge. No general rule is
# known; most published networks normalize in front. Nor must every layer be normalized: some layers, or some units of a
# layer, will do. To get the most out of it Ioffe and Szegedy also let the rate decay faster, shuffled more thoroughly,
# and took dropout and weight decay back: the noise of the batch statistics regularizes a little by itself, as noise on
# the inputs does in lesson 10.

# %% [markdown]
# ### Small batches
#
# With few examples the statistics are noise, and evaluation, with other statistics, is another function than the one
# trained. Below, 300 steps with each batch size at a rate of 0.1; the population statistics are taken from batches of
# 64 in every case.

# %% tags=["demo"]
print("  B   test accuracy: plain   batch norm")
for size in (2, 8, 32):
    plain, _ = fit(start_nets, train_set, lr=0.1, n_steps=300, batch_size=size)
    normal, _ = fit(start_nets, train_set, normalize, lr=0.1, n_steps=300, batch_size=size)
    fixed = evaluating(population(normal, train_set.x))
    print(f"{size:3d}   {accuracy(scores(plain, test_set.x), test_set.y).mean():20.3f}"
          f"   {accuracy(scores(normal, test_set.x, fixed), test_set.y).mean():10.3f}")

# %% [markdown]
# With eight examples or more the normalized nets win, with two they are far behind. The boxed formula says why: for
# $B = 2$ and $u = \pm 1$, mean and component along $u$ are *all* there is of a gradient, so next to nothing of it gets
# back through the layer. Where batches must be small, layer or group normalization, which average over units of one
# example, take the place of batch norm (Ba, Kiros and Hinton 2016; Wu and He 2018).

# %% [markdown]
# ## 7 · Why it works: what is known, and what is not
#
# The story of section 1 is that of the original paper: it works because it reduces **internal covariate shift**, the
# movement of a layer's inputs during training. The story is disputed. Santurkar, Tsipras, Ilyas and Mądry (2018)
# added noise *behind* the normalization, with a mean and a scale drawn anew at each step, so that the inputs of the
# next layer move more than in a plain network. It trained about as well as with batch norm alone. The same can be
# tried here:

# %% tags=["demo"]
jitter = torch.Generator().manual_seed(6)


def normalize_then_shift(number, z, gamma, beta):
    """Batch norm, and behind it another shift and another scale for every unit at every step."""
    out = normalize(number, z, gamma, beta)
    moved, stretched = torch.randn(2, out.shape[1], generator=jitter)
    return out * (0.25 * stretched).exp() + 0.25 * moved


ways = {"plain": None, "batch norm": normalize, "batch norm, then shifted": normalize_then_shift}
twice = make_nets(SIZES, seeds=[*range(SEEDS)] * 2)
curves = {0.3: {}, 1.0: {}}
for name, normalization in ways.items():
    _, losses = fit(twice, train_set, normalization, lr=torch.tensor([*curves]).repeat_interleave(SEEDS), n_steps=250,
                    batch_size=BATCH)
    for group, each in zip(curves.values(), losses.split(SEEDS, dim=1), strict=True):
        group[name] = each.median(dim=1).values.unfold(0, 10, 10).mean(dim=1)
fig, axes = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained", sharey=True)
for ax, (rate, group) in zip(axes, curves.items(), strict=True):
    plot_curves(group, ax=ax, x=range(10, 251, 10), xlabel="step", ylabel="training loss, median of 5", log_y=True)
    ax.set_title(f"rate {rate}")
axes[0].get_legend().remove()
axes[1].legend(loc="center right", fontsize=8)
plt.show()

# %% [markdown]
# Each unit's mean jumps by a quarter of its deviation at every step, twice as far as the sampling of 64 examples moves
# it ($1/\sqrt{64}$). The jumps leave a floor under the loss. Yet these nets train faster than the plain ones at 0.3,
# and at a rate of 1, where no plain net trains, they do. So it cannot be a steady distribution alone that brings the
# gain.
#
# What is known instead:
#
# - **The loss becomes smoother.** Santurkar et al. prove bounds by which the loss and its gradient change less along
#   the gradient's direction when a layer is normalized, so that a long step can be trusted further.
# - **Activations cannot run away.** In a plain deep net a step that is too long makes activations large, these make
#   gradients large, and it diverges. Bjorck, Gomes, Selman and Weinberger (2018) find that what batch norm allows,
#   large rates, explains most of its gain: at a small rate the two nets of the figure above are much alike.
# - **The scale of a weight no longer matters.** $\mathrm{BN}(aWx) = \mathrm{BN}(Wx)$ for $a > 0$, up to $\varepsilon$,
#   and the gradient at $aW$ is $1/a$ times that at $W$ (Ioffe and Szegedy 2015, section 3.3). The gradient is
#   orthogonal to $W$, so each step makes $W$ longer and the next one relatively shorter: a rate that is too large tunes
#   itself down (van Laarhoven 2017; Arora, Li and Lyu 2019).
#
# None of these is the whole story, and no theory says yet when batch norm must help.
#
# The last point can be seen in a table. In each row the same weights are multiplied by another $a$: the loss stays what
# it is, the gradient at $aW$ is shorter by the factor $a$, and its component along $W$ is zero up to rounding.

# %% tags=["demo"]
draw = torch.Generator().manual_seed(7)
weight, rows = torch.randn(32, 64, generator=draw, dtype=torch.float64), train_set.x[:BATCH].double()
gamma, beta = torch.ones(32, dtype=torch.float64), torch.zeros(32, dtype=torch.float64)
above = torch.randn(BATCH, 32, generator=draw, dtype=torch.float64)
print("   a    loss     length of the gradient   its component along W")
for a in (0.1, 1.0, 10.0, 100.0):
    out, cache = batch_norm_train(rows @ (a * weight).T, gamma, beta, eps=1e-9)
    gradient = batch_norm_backward(above, cache)[0].T @ rows
    along = (gradient * weight).sum() / weight.norm()
    print(f"{a:6.1f}  {(above * out).sum():7.3f}   {gradient.norm():20.4f}   {along:21.1e}")

# %% [markdown]
# ## 8 · Playground
#
# All that the lessons so far have brought, in one small net on points in a plane: steppers, rates, batches, initial
# weights, L1 and L2, dropout, batch norm. Normalization is done by four of **your** functions, those that the cell
# below hands over. The rest is done by torch, unless you hand in your own by name, as in
# `playground_demo(adam_step=adam_step)`.
#
# Each unit shows what it makes of the plane, and each line is a weight: point at one for its value. Pull the probe over
# the plane and read its activations beneath the units; press a unit to see it large or, once you have chosen so, to
# switch it off; pull the middles of the blobs, the mark on the loss back through the training, and the rate.
#
# Play, pause, or put the keyboard on the step and take single ones. What you set while it trains (rate, batch size,
# dropout, L1, L2, units, middles) holds from that step on; going back forgets it, so for another rate from the start
# set the step to 0. What makes another net or another problem starts anew and catches up by the same rates, so two
# nets can be compared at one step. Losses are measured at evaluation and without penalties.
#
# Three questions to try; guess before you play. Questions 1 and 2 are about nets with 16 units in each layer.
#
# 1. Spirals, gradient descent, 200 steps from the beginning: at which rates does the net get 95 % right, without batch
#    norm and with it? What does 3 do?
# 2. Moons with noise 0.2, batches of 4, rate 0.3. Play to step 400, divide the rate by ten while it plays, and watch
#    both losses. What had kept them up?
# 3. Moons with noise 0.3, Adam at 0.01, four layers of 32, 600 steps: where is the test loss lowest? What keeps it
#    there: L1 at 0.001, L2 at 0.003, dropout that keeps 0.7, or one layer of 4?

# %% tags=["demo"]
from steepest.demos.playground import playground_demo

playground_demo(
    batch_norm_train=batch_norm_train,
    batch_norm_backward=batch_norm_backward,
    batch_norm_eval=batch_norm_eval,
    update_running=update_running,
)

# %% [markdown]
# <details><summary>What came out here</summary>
# <p>1. After 200 steps, with seeds 0 to 2: without batch norm only a rate of 0.3 comes near, with 93 to 97 %. With it
# the rates 0.1, 0.3 and 1 do, with 92 to 100 %. At 3 the plain net is at chance, the normalized one at 73 to 87 %.<br>
# 2. The training loss falls from 0.20 to 0.15 and the test loss from 0.30 to 0.27 within a few dozen steps. It was not
# the place that kept them up but the noise of small batches, which the rate multiplies.<br>
# 3. Without a remedy the test loss is lowest, 0.37, after 20 to 55 steps, and above 1 in the end, while the training
# loss goes on falling. In the end dropout has 0.7, L1 0.46 to 0.48, L2 0.39 to 0.40 and the small net as much. To stop
# in time would have been better than any of them.</p>
# </details>

# %% [markdown]
# ## Summary
#
# - In training each unit is normalized by the mean and the *biased* variance of its minibatch, with ε under the root;
#   then it is scaled by γ and shifted by β, which are learned.
# - The batch is one function of all its examples. Backward, the gradient loses its mean and its component along $u$ and
#   is multiplied by $\gamma/\sqrt{\sigma^2+\varepsilon}$.
# - At evaluation the statistics are fixed: population statistics with $B/(B-1)$, or running averages. Momentum weighs
#   the past here and the batch in `torch`.
# - A normalization behind a linear layer folds into it.
# - It bears rates many times larger. It fails with tiny batches, and when the data at evaluation lie elsewhere.
# - Why it works is not settled; the reduction of covariate shift is not a sufficient reason.
#
# **Next**: lesson 13 looks at what the hidden layers hold.
#
# ## Sources
#
# - S. Ioffe, C. Szegedy, *Batch normalization: accelerating deep network training by reducing internal covariate
#   shift*, ICML 2015.
# - S. Santurkar, D. Tsipras, A. Ilyas, A. Mądry, *How does batch normalization help optimization?*, NeurIPS 2018.
# - J. Bjorck, C. Gomes, B. Selman, K. Q. Weinberger, *Understanding batch normalization*, NeurIPS 2018.
# - T. van Laarhoven, *L2 regularization versus batch and weight normalization*, arXiv 2017.
# - S. Arora, Z. Li, K. Lyu, *Theoretical analysis of auto rate-tuning by batch normalization*, ICLR 2019.
# - J. L. Ba, J. R. Kiros, G. E. Hinton, *Layer normalization*, arXiv 2016.
# - Y. Wu, K. He, *Group normalization*, ECCV 2018.
# - E. Alpaydin, C. Kaynak, *Cascading classifiers*, Kybernetika 34(4), 1998 (the digits).
