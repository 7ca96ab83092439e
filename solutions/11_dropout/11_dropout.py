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
# # 11 · Dropout
#
# A large network can memorize a small training set. Averaging many different networks helps, but many networks cost
# many trainings. Dropout gets something like that average out of one training: at every step, for every example, it
# switches units off at random.
#
# **After this lesson you can**
#
# 1. draw a dropout mask that is independent for every unit and every example;
# 2. say why and where a factor `keep` enters at test time, and fold it into the weights;
# 3. write the inverted form, which every library uses, with its backward pass;
# 4. say in which sense the scaled network is an average of thinned ones, and where that stops being true;
# 5. judge from measurements when dropout helps and when it harms;
# 6. write DropConnect and zoneout, and read shakeout and whiteout.
#
# Eight exercises, about 60 minutes, and as much to read and to try out. You need the chain rule of lesson 8 and
# the $L^2$ penalty and the noisy inputs of lesson 10.
#
# **For all exercises**: no function changes its arguments. Each returns one tensor, in the type of the values that it
# works on. A mask that you are given has the shape and the type of what it is laid on, and holds zeros and ones only.
# Stay in torch, since the demos of sections 6 and 8 send gradients through your functions: numpy, and `.detach()`,
# would cut them off.

# %% nbgrader={"locked": true, "grade_id": "setup"}
import itertools

import matplotlib.pyplot as plt
import torch
from steepest import check, data
from steepest.demos.dropout import dropout_demo
from steepest.nets import init_nets, net_errors, net_scores, train_nets
from steepest.plots import plot_curves

torch.set_num_threads(1)  # with tensors this small, threads cost more than they gain

# %% [markdown]
# ## 1 · Units that may be missing
#
# Let a layer put out $x$. In training each of its entries is multiplied by an entry of a **mask** $m$,
#
# $$ \tilde x = m \circ x, \qquad m_i = \begin{cases} 1 & \text{with probability } \texttt{keep},\\
#    0 & \text{otherwise,}\end{cases} $$
#
# all $m_i$ independent (Hinton et al. 2012; Srivastava et al. 2014). Three things are easily got wrong:
#
# - `keep` is the probability to *keep* a unit. The lecture notes call it $\alpha$; `torch.nn.Dropout(p)` means the
#   opposite, $p = 1 - \texttt{keep}$.
# - Each *example* meets its own mask. For a batch of shape (examples, units) the mask has that same shape.
# - Each *step* draws anew. A mask that stays is just a smaller network.
#
# Inputs can be dropped too, with a `keep` nearer to 1: common values are 0.5 for hidden units, 0.8 or 0.9 for inputs.

# %% [markdown]
# ### Exercise 1 · `dropout_mask`
#
# **Goal** · draw a mask of zeros and ones of a given shape. **Difficulty** ●● · **about 6 minutes**
#
# Return floating point numbers, of whichever floating type, which can be multiplied, averaged and subtracted from 1.
# All randomness comes from `generator`, so that a seed can be repeated, and each call goes on from where the last one
# left it. (Another library's generator is fine if you seed it, at each call, with a number drawn from `generator`.) How
# you draw is up to you: only properties that every sound draw has are checked.

# %% nbgrader={"solution": true, "grade_id": "answer_dropout_mask"}
def dropout_mask(shape, *, keep, generator):
    """Draw a mask with independent entries: 1 with probability keep, else 0.

    shape : tuple of ints, of any length
    keep : probability of a 1, 0 < keep ≤ 1
    generator : a torch.Generator; draw on its device
    returns a float tensor of this shape
    """
    ### BEGIN SOLUTION
    u = torch.rand(shape, generator=generator, device=generator.device)
    return (u < keep).float()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "dropout_mask"}
check(dropout_mask)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(dropout_mask)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>A uniform number on [0, 1) lies below <code>keep</code> with probability <code>keep</code>.
# <code>torch.rand(shape, generator=generator, device=generator.device)</code> holds one for each entry; a comparison
# gives truth values, <code>.float()</code> makes numbers of them.</p>
# </details>

# %% [markdown]
# ### Exercise 2 · `dropout_train`
#
# **Goal** · the output of a layer in training, in the classic form. **Difficulty** ● · **about 2 minutes**
#
# A dropped unit is silent: it puts out 0. Nothing else changes. The shape stays.

# %% nbgrader={"solution": true, "grade_id": "answer_dropout_train"}
def dropout_train(x, mask):
    """The output of a layer in training, in the classic form.

    x : tensor, the layer's output, one example a row
    mask : tensor of the same shape, 1 where a unit is kept and 0 where it is dropped
    """
    ### BEGIN SOLUTION
    return x * mask
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "dropout_train"}
check(dropout_train)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(dropout_train)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>One operator does it. The mask holds numbers, so no condition is needed.</p>
# </details>

# %% [markdown]
# What a network sees: one digit under five masks of `keep` = 0.8, and the mask of a hidden layer for a batch of 20
# examples. Every row is another thinned network.

# %% tags=["demo"]
digits = data.digits()
dice = torch.Generator().manual_seed(0)
copies = digits.x[:1].expand(5, 64)
seen = dropout_train(copies, dropout_mask((5, 64), keep=0.8, generator=dice))

fig = plt.figure(figsize=(10, 3.4), layout="constrained")
left, right = fig.subfigures(1, 2, width_ratios=(3, 2))
for number, ax in enumerate(left.subplots(2, 3).flat):
    picture = digits.x[0] if number == 0 else seen[number - 1]
    ax.imshow(picture.reshape(8, 8), cmap="Greys", vmin=0, vmax=1)
    ax.set_title("whole" if number == 0 else f"mask {number}", fontsize=10)
    ax.set(xticks=[], yticks=[])
ax = right.subplots()
ax.imshow(dropout_mask((20, 32), keep=0.5, generator=dice), cmap="Greys", vmin=0, vmax=1.4, aspect="auto")
ax.set(xlabel="hidden unit", ylabel="example", title="dark: kept (keep = 0.5)", xticks=range(0, 32, 8),
       yticks=range(0, 20, 5))
plt.show()

# %% [markdown]
# ## 2 · What to do at test time
#
# An answer should not depend on dice, so at test time all units speak. But then the next layer hears more than it was
# trained with. With weights $w$ and $m$ independent of $x$,
#
# $$ \mathbb{E}\Big[\sum_i w_i\, m_i\, x_i\Big] = \sum_i w_i\, \mathbb{E}[m_i]\, x_i
#    = \texttt{keep} \sum_i w_i x_i . $$
#
# So the layer puts out its **expected output**, $\texttt{keep}\cdot x$. Without this factor every sum would be
# $1/\texttt{keep}$ times as large as in training: twice as large at `keep` = 0.5, in every layer anew.

# %% [markdown]
# ### Exercise 3 · `dropout_test`
#
# **Goal** · the output of a layer at test time, in the classic form. **Difficulty** ● · **about 2 minutes**

# %% nbgrader={"solution": true, "grade_id": "answer_dropout_test"}
def dropout_test(x, *, keep):
    """The expected output of a layer over all masks.

    x : tensor, the layer's output when nothing is dropped
    keep : probability with which a unit was kept in training
    """
    ### BEGIN SOLUTION
    return keep * x
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "dropout_test"}
check(dropout_test)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(dropout_test)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Each entry is <code>x</code> with probability <code>keep</code> and 0 otherwise. What is its mean?</p>
# </details>

# %% [markdown]
# ### Into the weights
#
# The factor can be paid once instead of at every evaluation. A layer that reads from a dropped one computes
#
# $$ W (\texttt{keep}\cdot x) + b = (\texttt{keep}\cdot W)\, x + b, \qquad
#    W_{\text{test}} = \texttt{keep}\cdot W_{\text{trained}} . $$
#
# Two details. The weights to scale are those that lead *out of* a dropped layer, with that layer's `keep`: if inputs
# are kept with 0.9 and hidden units with 0.5, the first matrix is scaled by 0.9 and the next by 0.5. And the bias is
# not scaled, because it is never dropped.

# %% [markdown]
# ### Exercise 4 · `fold_keep`
#
# **Goal** · the weights of the test network. **Difficulty** ● · **about 2 minutes**

# %% nbgrader={"solution": true, "grade_id": "answer_fold_keep"}
def fold_keep(weight, *, keep):
    """Weights with which the next layer can read undropped outputs.

    weight : tensor of shape (out, in), trained behind a dropped layer
    keep : probability with which the units of that layer were kept
    returns a tensor of the same shape
    """
    ### BEGIN SOLUTION
    return keep * weight
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "fold_keep"}
check(fold_keep)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(fold_keep)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Not a draw: one fixed matrix of the same shape. It must give on all units what the trained one gives on average.
# </p>
# </details>

# %% [markdown]
# A linear layer of 4 units behind 64 inputs, its mean over 20 000 masks beside both forms. The last column is what
# happens when nothing is scaled.

# %% tags=["demo"]
wide = torch.randn(4, 64, generator=dice, dtype=torch.float64)
offset = torch.randn(4, generator=dice, dtype=torch.float64)
example = digits.x[:1].double()
many_masks = dropout_mask((20_000, 64), keep=0.5, generator=dice).double()
drawn = dropout_train(example.expand(20_000, 64), many_masks) @ wide.T + offset
columns = {
    "mean of draws": drawn.mean(dim=0),
    "dropout_test": (dropout_test(example, keep=0.5) @ wide.T + offset)[0],
    "fold_keep": (example @ fold_keep(wide, keep=0.5).T + offset)[0],
    "not scaled": (example @ wide.T + offset)[0],
}
print("unit  " + "".join(f"{name:>15}" for name in columns))
for unit in range(4):
    print(f"{unit:4}  " + "".join(f"{float(values[unit]):15.3f}" for values in columns.values()))
print(f"\nstandard error of the first column: {float(drawn.std(dim=0).max()) / 20_000**0.5:.3f}")

# %% [markdown]
# ## 3 · Inverted dropout
#
# The scale can be moved. Divide by `keep` in *training*,
#
# $$ \tilde x = \frac{m \circ x}{\texttt{keep}}, \qquad
#    \mathbb{E}[\tilde x] = \frac{\texttt{keep}\cdot x}{\texttt{keep}} = x, $$
#
# and evaluation has nothing left to do. The two forms describe the same family of networks: an inverted network with
# weights $W$ is a classic one with weights $W/\texttt{keep}$. (Under gradient descent they take different paths,
# since the scale changes the size of the gradients: a learning rate found for one form is not right for the other.)
#
# Every library uses the inverted form, for good reasons:
#
# - the network that is shipped is a plain network, with no factor to forget and nothing to fold;
# - `keep` may differ by layer and change during training, and evaluation need not know;
# - a network trained without dropout can get it later, and the other way round.

# %% [markdown]
# ### Exercise 5 · `inverted_dropout`
#
# **Goal** · one function for training and evaluation. **Difficulty** ●● · **about 8 minutes**
#
# Draw a mask of the shape of `x` where `training` is true, and return the output alone, in the type of `x`. Your
# `dropout_mask` may be used. Leave `x` as it is; in evaluation you may return `x` itself or a copy, and it does not
# matter whether a mask is drawn there that nobody uses. Whether you divide the product or the mask by `keep` is up to
# you.

# %% nbgrader={"solution": true, "grade_id": "answer_inverted_dropout"}
def inverted_dropout(x, *, keep, training, generator):
    """Dropout that scales in training and does nothing in evaluation.

    x : tensor of any shape, one example a row
    keep : probability that an entry is kept, 0 < keep ≤ 1
    training : True in training, False in evaluation
    generator : a torch.Generator for the mask
    """
    ### BEGIN SOLUTION
    if not training:
        return x
    mask = dropout_mask(x.shape, keep=keep, generator=generator).to(x.dtype)
    return x * mask / keep
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "inverted_dropout"}
check(inverted_dropout)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(inverted_dropout)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Ask about <code>training</code> first. In training the kept entries become larger than they were: by which factor,
# so that the mean stays? A mask in float32 turns a product with float64 into nothing worse than float64, but check
# the type all the same.</p>
# </details>

# %% [markdown]
# Beside torch, where the argument is the probability to *drop*:

# %% tags=["demo"]
ones = torch.ones(200, 500)
theirs = torch.nn.Dropout(p=0.2)
torch.manual_seed(0)
print(f"{'':34} values         share of zeros   mean")
for name, out in {
    "inverted_dropout(keep=0.8)": inverted_dropout(ones, keep=0.8, training=True, generator=dice),
    "torch.nn.Dropout(p=0.2)": theirs.train()(ones),
    "torch.nn.Dropout(p=0.8), by mistake": torch.nn.Dropout(p=0.8)(ones),
    "inverted_dropout, evaluation": inverted_dropout(ones, keep=0.8, training=False, generator=dice),
    "torch.nn.Dropout, .eval()": theirs.eval()(ones),
}.items():
    values = " and ".join(f"{value:.2f}" for value in out.unique().tolist())
    print(f"{name:35} {values:14} {float((out == 0).double().mean()):12.3f} {float(out.mean()):9.3f}")

# %% [markdown]
# The third row shows why the mix-up is hard to notice: the mean is right all the same. Only the noise is larger, and
# training slower.

# %% [markdown]
# ## 4 · Backward through the mask
#
# For $y = m \circ x/\texttt{keep}$ the derivative of $y_i$ by $x_i$ is $m_i/\texttt{keep}$, and all others are 0: a
# slope for each entry, as the activations of lesson 8 have it. By the chain rule
#
# $$ \frac{\partial L}{\partial x} = \frac{m}{\texttt{keep}} \circ \frac{\partial L}{\partial y} . $$
#
# The backward pass multiplies by what the forward pass multiplied by. A dropped unit gets no gradient, so the weights
# into it and out of it stay as they are for this example. The mask must be the *same* one: it has to be stored.

# %% [markdown]
# ### Exercise 6 · `dropout_backward`
#
# **Goal** · the gradient of the inverted form with respect to its input. **Difficulty** ●● · **about 5 minutes**
#
# Return the gradient alone, one tensor of the shape and type of `grad_out`, which the mask has too.

# %% nbgrader={"solution": true, "grade_id": "answer_dropout_backward"}
def dropout_backward(grad_out, mask, *, keep):
    """Gradient of the loss with respect to x, where y = mask * x / keep.

    grad_out : tensor, the gradient of the loss with respect to y
    mask : tensor of the same shape, the zeros and ones of the forward pass
    keep : probability with which an entry was kept
    """
    ### BEGIN SOLUTION
    return grad_out * mask / keep
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "dropout_backward"}
check(dropout_backward)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(dropout_backward)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Take one entry: its output is <code>x * m / keep</code>, a number times <code>x</code>. What is the derivative,
# and what does it become when <code>m</code> is 0?</p>
# </details>

# %% [markdown]
# Checked against `torch.autograd`, and against central differences
# $\frac{1}{2h}\big(L(x+h) - L(x-h)\big)$ of $L = \frac12\|y\|^2$, first with the stored mask and then with a mask that
# is drawn again for each of the two sides:

# %% tags=["demo"]
x = torch.randn(6, 10, generator=dice, dtype=torch.float64)
stored = dropout_mask((6, 10), keep=0.5, generator=dice).double()
leaf = x.clone().requires_grad_()
y = leaf * stored / 0.5
(0.5 * y.square().sum()).backward()
ours = dropout_backward(y.detach(), stored, keep=0.5)
print(f"largest difference from autograd:            {float((ours - leaf.grad).abs().max()):.1e}")


def one_loss(entry, shift, mask):
    moved = x.clone()
    moved[0, entry] += shift
    return float(0.5 * (moved * mask / 0.5).square().sum())


for name, redraw in (("stored mask", False), ("mask drawn again", True)):
    worst = 0.0
    for entry in range(10):
        masks = [dropout_mask((6, 10), keep=0.5, generator=dice).double() if redraw else stored for _ in range(2)]
        slope = (one_loss(entry, 1e-5, masks[0]) - one_loss(entry, -1e-5, masks[1])) / 2e-5
        worst = max(worst, abs(slope - float(ours[0, entry])))
    print(f"central differences, {name + ',':17} off by {worst:9.1e}")

# %% [markdown]
# A loss that is drawn anew at each call has no derivative to be found by differences. Fix the mask, or the seed, before
# you check a gradient.

# %% [markdown]
# ## 5 · What dropout does to a linear model
#
# In lesson 10 noise was *added* to the inputs, which cost $\sigma^2\|w\|^2$. A mask multiplies them, so the cost will
# depend on their size. Drop the *inputs* of least squares, in the inverted form. Prediction $i$ becomes
# $\frac{1}{\texttt{keep}}\sum_j m_{ij} x_{ij} w_j$. Its mean is the old one, and its variance adds up from independent
# terms, each with $\operatorname{Var}[m_{ij}/\texttt{keep}] = (1-\texttt{keep})/\texttt{keep}$. The mean of a square is
# the square of the mean plus the variance:
#
# $$ \mathbb{E}\,\Big\|\,y - \tfrac{1}{\texttt{keep}}(M\circ X)\,w\,\Big\|^2 = \|y - Xw\|^2
#    + \frac{1-\texttt{keep}}{\texttt{keep}} \sum_j w_j^2 \sum_i x_{ij}^2 . $$
#
# On average this is an $L^2$ penalty in which every weight pays in proportion to the size of its feature (Srivastava
# et al. 2014, section 9.1; Wager, Wang and Liang 2013 for classifiers). Measured on 442 patients, with the
# least squares weights and 400 masks for each `keep`:

# %% tags=["demo"]
patients = data.diabetes(dtype=torch.float64)
w_best = torch.linalg.lstsq(patients.x, patients.y[:, None]).solution[:, 0]
residual = (patients.y - patients.x @ w_best).square().mean()
energy = (w_best.square() * patients.x.square().mean(dim=0)).sum()
keeps = [0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]
measured = []
for keep in keeps:
    stacked = patients.x.expand(400, -1, -1)
    noisy = inverted_dropout(stacked, keep=keep, training=True, generator=dice) @ w_best
    measured.append((noisy - patients.y).square().mean())
fine = torch.linspace(0.28, 1, 100, dtype=torch.float64)
fig, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
ax.plot(fine, residual + (1 - fine) / fine * energy, color="0.4", label="squared error + penalty")
ax.plot(keeps, measured, "ks", fillstyle="none", label="measured with your function")
ax.axhline(float(residual), color="0.6", linestyle=":", label="squared error alone")
ax.set(xlabel="keep", ylabel="mean squared error per patient")
ax.legend()
plt.show()

# %% [markdown]
# ## 6 · Does it help?
#
# The lecture notes show the figure of Srivastava et al. (2014): on MNIST, networks of 2 to 4 hidden layers with 1024 to
# 2048 units each, and *every* one of them has a lower test error with dropout. In their table the standard network
# errs on 1.60 %, dropout with 3 layers of 1024 ReLU units on 1.25 %, and on 1.06 % with bounded norms of the weights.
#
# Here is the same question on 8 × 8 digits, with 300 training examples, so that there is something to overfit. Two
# hidden layers of equal width; `keep` is 0.9 for inputs and 0.5 for hidden units; 500 steps with momentum in both
# cases. Eight networks of each kind train side by side, each with its own split, start and masks. Your
# `inverted_dropout` does the dropping.

# %% tags=["demo"]
COUNT, TRAIN = 8, 300
cuts = [data.split(digits, test=1 - TRAIN / len(digits.x), seed=seed) for seed in range(COUNT)]
x_train, y_train = (torch.stack([cut[0][part] for cut in cuts]) for part in (0, 1))
x_test, y_test = (torch.stack([cut[1][part] for cut in cuts]) for part in (0, 1))


def drop_in_training(h, layer):
    return inverted_dropout(h, keep=0.9 if layer == 0 else 0.5, training=True, generator=dice)


widths = [32, 64, 128, 256]
trained = {}
for width in widths:
    start = init_nets([64, width, width, 10], count=COUNT, seed=1)
    for name, drop in (("without", None), ("with", drop_in_training)):
        trained[name, width] = train_nets(start, x_train, y_train, steps=500, batch_size=32, lr=0.05, drop=drop)

# %% tags=["demo"]
errors = {key: net_errors(nets, x_test, y_test) for key, nets in trained.items()}
left_over = {key: net_errors(nets, x_train, y_train).mean() for key, nets in trained.items()}
print("         test error in %, mean ± standard error of 8     error on the training set")
print(" width     without          with       with − without       without      with")
for width in widths:
    plain, thinned = errors["without", width], errors["with", width]
    cells = [f"{float(v.mean()):6.2f} ± {float(v.std()) / COUNT**0.5:.2f}" for v in (plain, thinned, thinned - plain)]
    print(f"{width:6}  {cells[0]} {cells[1]:>15} {cells[2]:>17}", end="")
    print(f"{float(left_over['without', width]):14.2f} {float(left_over['with', width]):9.2f}")

fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
for name, style in (("without", "o-"), ("with", "s--")):
    rows = torch.stack([errors[name, width] for width in widths])
    left.errorbar(widths, rows.mean(dim=1), yerr=rows.std(dim=1) / COUNT**0.5, fmt=style, capsize=4,
                  color="#08306b" if name == "without" else "#d95f02", label=f"{name} dropout")
left.set(xlabel="hidden units in each layer", ylabel="test error in %", xscale="log", yscale="log")
gain = torch.stack([errors["with", width] - errors["without", width] for width in widths])
right.errorbar(widths, gain.mean(dim=1), yerr=gain.std(dim=1) / COUNT**0.5, fmt="kD-", capsize=4)
right.axhline(0, color="0.6", linewidth=0.8)
right.set(xlabel="hidden units in each layer", ylabel="with − without, percentage points", xscale="log",
          yscale="symlog")
for ax in (left, right):
    ax.set_xticks(widths, labels=[str(width) for width in widths])
    ax.minorticks_off()
left.set_yticks([5, 6, 8, 10, 15, 20], labels=["5", "6", "8", "10", "15", "20"])
right.set_yticks([-1, 0, 1, 10], labels=["−1", "0", "1", "10"])
left.legend()
plt.show()

# %% [markdown]
# | | lectures (Srivastava et al. 2014, MNIST) | here (8 × 8 digits, 300 examples) |
# |---|---|---|
# | narrow networks | not shown | 32 units: dropout does harm; 64 units: no clear difference |
# | wide networks | 1024 to 2048 units: every one lower | 128 units: lower by 2 standard errors; 256: clearly |
#
# So the published shape appears where the published networks are, and *not* at every width. The last two columns say
# why. Without dropout every network fits its training set to the last example: it has units to spare, and the test
# error is overfitting. With half of 32 units missing the network cannot fit even the training set in these 500 steps:
# dropout has made an overfitting problem into an underfitting one. A rule of thumb of the paper follows from this:
# where $n$ units would do without dropout, take at least $n/\texttt{keep}$. Compare 128 with dropout and 64 without.
# The paper also recommends larger rates and more momentum with dropout, which we left alone for the comparison.
#
# Even with eight seeds the error bars are some tenths of a point, and two points where training is hard. A difference
# of a few tenths between two single runs would mean nothing.

# %% [markdown]
# ## 7 · The ensemble that is never built
#
# $n$ units that can be dropped make $2^n$ thinned networks, which share their weights. Each training step trains a few
# of them. Averaging their answers, weighted by how probable their masks are, would be *bagging* on a grand scale. The
# scaled network is said to be that average, for the price of one evaluation. When is this so?
#
# - **Linear layers**: exactly, by the computation of section 2.
# - **One hidden layer, then softmax**: the *scores* are linear in the mask, so the mean score is the scaled network's
#   score. Softmax of a mean score is the normalized **geometric** mean of the probabilities,
#   $\bar p_k \propto \prod_m p_k(m)^{P(m)}$. So the scaled network is exactly the geometric mean of all thinned
#   networks (Hinton et al. 2012; Baldi and Sadowski 2013). The arithmetic mean of the probabilities is something else.
# - **More hidden layers**: a ReLU of a mean is not the mean of ReLUs, and nothing is exact any more.

# %% [markdown]
# ### Predict, then look
#
# Below are small networks of which *all* thinned versions can be computed: 10 hidden units in one layer, and 6 and 4
# in two, so 1024 masks each; `keep` is 0.8. **Before you run the cells**, write down what you expect:
#
# 1. In which of the two networks is the mean of all *scores* equal to the score of the scaled network?
# 2. The mean of all *probabilities*: is it more or less sure of its answer than the scaled network? Why?
# 3. In the wide network of section 6 you average the probabilities of $k$ randomly thinned networks. How does the test
#    error go with $k = 1, 3, 10, 20, 40$, and does it end above, below or at the error of the scaled network?

# %% [markdown] nbgrader={"grade": true, "solution": true, "grade_id": "reflection_dropout", "points": 3}
# ### BEGIN SOLUTION
# **1.** Only with one hidden layer: there the scores are linear in the mask. With two hidden layers the first mask goes
# through a ReLU, and through a product with the second mask.
#
# **2.** Less sure. Thinned networks disagree, and an average of probabilities that disagree is flatter than the
# probabilities of an average score. A geometric mean lets one network that says "almost impossible" pull an answer
# down; an arithmetic mean does not.
#
# **3.** A single thinned network is clearly worse than the scaled one. The error falls quickly with the first few
# networks and then hardly at all. It ends close to the scaled network's error, not exactly at it, because it tends to
# another limit, the arithmetic mean of a nonlinear network; which of the two is lower is a matter of a tenth of a
# point. One evaluation buys about what some tens of thinned ones would.
#
# *Rubric.* A point for each. 1: one hidden layer alone, because the scores are linear in the mask there. 2: less sure,
# with a reason. 3: one thinned network is worse than the scaled one, and the error of the mean falls quickly and then
# levels off near it (half for one of the two).
# ### END SOLUTION

# %% tags=["demo"]
KEEP = 0.8


def drop_hidden(h, layer):
    return h if layer == 0 else inverted_dropout(h, keep=KEEP, training=True, generator=dice)


def thinned_scores(net, x, masks):
    def thin(h, layer):
        return dropout_train(h, masks[layer - 1].expand_as(h)) / KEEP if layer else h

    return net_scores(net, x, drop=thin)[0]


all_masks = torch.tensor(list(itertools.product([0.0, 1.0], repeat=10)))
probability = (KEEP**all_masks * (1 - KEEP) ** (1 - all_masks)).prod(dim=1)[:, None, None]
rows = x_test[0][:100]
print("                        largest distance from the scaled network      mean of the largest probability")
print("hidden layers   scores   geometric mean   arithmetic mean       scaled     arithmetic mean")
for hidden in ([10], [6, 4]):
    net = train_nets(init_nets([64, *hidden, 10], count=1, seed=3), x_train[:1], y_train[:1], steps=1000,
                     batch_size=40, lr=0.05, drop=drop_hidden)
    scores = torch.stack([thinned_scores(net, rows, mask.split(hidden)) for mask in all_masks])
    scaled = net_scores(net, rows)[0]
    geometric = (probability * scores.log_softmax(dim=2)).sum(dim=0).softmax(dim=1)
    arithmetic = (probability * scores.softmax(dim=2)).sum(dim=0)
    sure = scaled.softmax(dim=1)
    off = [(probability * scores).sum(dim=0) - scaled, geometric - sure, arithmetic - sure]
    shown = "  ".join(f"{float(value.abs().max()):12.1e}" for value in off)
    tops = [float(value.max(dim=1).values.mean()) for value in (sure, arithmetic)]
    print(f"{' + '.join(map(str, hidden)):12} {shown} {tops[0]:17.2f} {tops[1]:15.2f}")

# %% [markdown]
# With one hidden layer scores and geometric mean agree to rounding. With two they do not, but the geometric mean stays
# closer than the arithmetic one, which is another network in both cases, and a more cautious one.
#
# ### Demo: one mask after another
#
# Two small nets, one of them with one hidden layer and one with two. *Your* `dropout_mask` says which units are
# crossed out, *your* `dropout_train` silences them, and each mask adds its output to the distribution. *Your*
# `dropout_test` scales the net that the dashed line stands for. Press a hidden unit to drop it, or to keep it.
# **Before you press play**, say for each net whether the mean over masks will settle on that line, and at which `keep`
# the outputs scatter most. A *new draw* tells accident from rule.
#
# **Goal:** a net whose mean lies more than 5 standard errors away from the scaled network. Can the other net do it too?

# %% tags=["demo"]
dropout_demo(dropout_mask, dropout_train, dropout_test)

# %% [markdown]
# Now the wide networks of section 6. Averages of 1 to 40 randomly thinned networks, beside the scaled one:

# %% tags=["demo"]
wide_nets, totals, curve = trained["with", 128], 0.0, []
with torch.no_grad():
    for _ in range(40):
        totals = totals + net_scores(wide_nets, x_test, drop=drop_in_training).softmax(dim=2)
        curve.append(100 * (totals.argmax(dim=2) != y_test).double().mean(dim=1))
curve = torch.stack(curve)
fig, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
plot_curves({"mean of k thinned networks": curve.mean(dim=1)}, ax=ax, x=range(1, 41),
            xlabel="number of thinned networks, k", ylabel="test error in %", log_x=True)
ax.axhline(float(errors["with", 128].mean()), color="0.3", linestyle="--", label="scaled network")
ax.legend()
plt.show()
for number in (1, 3, 10, 20, 40):
    apart = curve[number - 1] - errors["with", 128]
    print(f"k = {number:3}: {float(curve[number - 1].mean()):5.2f} %   "
          f"above the scaled network by {float(apart.mean()):5.2f} ± {float(apart.std()) / COUNT**0.5:.2f}")

# %% [markdown]
# Srivastava et al. (2014, section 7.5) measured the same on MNIST: the average comes up to the scaled network at about
# $k = 50$ and then stays within its error bars. Scaling is an approximation, and a good bargain.

# %% [markdown]
# ## 8 · Relatives
#
# ### DropConnect
#
# Drop single *connections* instead of units (Wan et al. 2013). The mask $M$ has the shape of the weights, and the bias
# is left alone:
#
# $$ y = (M \circ W)\, x + b . $$
#
# Dropout of the inputs is the special case in which all entries of a column of $M$ are equal; dropout of the units,
# that in which all entries of a row are. The paper draws a mask for each example. That takes a matrix an example, so
# here one mask serves the batch.

# %% [markdown]
# ### Exercise 7 · `dropconnect`
#
# **Goal** · a dense layer with dropped connections. **Difficulty** ●● · **about 6 minutes**
#
# Weights are (out, in), as in torch; rows of `x` are examples. Nothing is scaled here. The output has two axes also
# where there is one example, or one unit, only.

# %% nbgrader={"solution": true, "grade_id": "answer_dropconnect"}
def dropconnect(x, weight, bias, mask):
    """A dense layer in which single connections are dropped.

    x : tensor of shape (batch, in)
    weight, mask : tensors of shape (out, in); the mask is 1 where a connection is kept
    bias : tensor of shape (out,)
    returns a tensor of shape (batch, out)
    """
    ### BEGIN SOLUTION
    return x @ (mask * weight).T + bias
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "dropconnect"}
check(dropconnect)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(dropconnect)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Mask the weights first; what is left is an ordinary dense layer. Check the shapes of the product on paper.</p>
# </details>

# %% [markdown]
# At test time Wan et al. do not only scale. A sum of many independent terms is close to normal, with
#
# $$ \mathbb{E}[y] = \texttt{keep}\, W x + b, \qquad
#    \operatorname{Var}[y] = \texttt{keep}\,(1-\texttt{keep})\,(W\circ W)(x \circ x), $$
#
# so they draw $y$ from that normal distribution, put it through the activation, and average. Below, your layer with one
# unit under 4000 masks. Where scaling alone would put out a ReLU of the mean, the mean of the ReLUs is larger:

# %% tags=["demo"]
one_weight = 0.5 * torch.randn(1, 64, generator=dice, dtype=torch.float64)
no_bias = torch.zeros(1, dtype=torch.float64)
sums = torch.stack([
    dropconnect(example, one_weight, no_bias, dropout_mask((1, 64), keep=0.5, generator=dice).double())[0, 0]
    for _ in range(4000)
])
middle = float(0.5 * (example @ one_weight.T))
deviation = float((0.25 * (example.square() @ one_weight.square().T)).sqrt())
at = torch.linspace(middle - 4 * deviation, middle + 4 * deviation, 200)
bell = torch.distributions.Normal(middle, deviation).log_prob(at).exp()
fig, ax = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
ax.hist(sums.numpy(), bins=50, density=True, color="0.75", label="4000 masks")
ax.plot(at, bell, "k-", label="normal distribution")
ax.set(xlabel="sum before the activation, y", ylabel="density")
ax.legend()
plt.show()
print(f"mean: predicted {middle:.3f}, measured {float(sums.mean()):.3f}", end="     ")
print(f"deviation: predicted {deviation:.3f}, measured {float(sums.std()):.3f}")
print(f"ReLU of the mean: {max(middle, 0):.3f}     mean of the ReLUs: {float(sums.relu().mean()):.3f}")

# %% [markdown]
# ### Zoneout
#
# In a recurrent network dropout cuts the memory: a state that is set to 0 at each step with some probability is soon
# gone. **Zoneout** (Krueger et al. 2017) lets randomly chosen units keep their *old* state instead,
#
# $$ h_t = m_t \circ h_{t-1} + (1 - m_t) \circ \tilde h_t , $$
#
# where $\tilde h_t$ is what the network would have moved to. Note that here $m = 1$ means "stays as it was". (In
# evaluation $m_t$ is replaced by its mean, a number between 0 and 1. The exercise is about training.)

# %% [markdown]
# ### Exercise 8 · `zoneout`
#
# **Goal** · the next state, in training. **Difficulty** ● · **about 4 minutes**
#
# The mask holds zeros and ones only, so you may multiply by it or choose with `torch.where`.

# %% nbgrader={"solution": true, "grade_id": "answer_zoneout"}
def zoneout(h_old, h_new, mask):
    """The next state of a recurrent layer, some units of which stay as they are.

    h_old, h_new : tensors of one shape: the state, and what it would move to
    mask : tensor of the same shape, 1 where the old state is kept and 0 where the new one is taken
    """
    ### BEGIN SOLUTION
    return mask * h_old + (1 - mask) * h_new
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "zoneout"}
check(zoneout)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(zoneout)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Each entry is one of two values, and the mask says which. <code>1 - mask</code> is the mask of the others.</p>
# </details>

# %% [markdown]
# A unit that stays hands its gradient on undiminished. Below, $\tilde h_t = \tanh(U h_{t-1})$ with an orthogonal matrix
# times 0.7, so that the gradient through the plain network shrinks by at least that factor a step. Classic dropout of
# the state takes a further share at each step. (The inverted form makes up for it on average, but with noise: what one
# unit held is lost all the same.) Mean norm over 100 runs:

# %% tags=["demo"]
units, length = 32, 30
turn = 0.7 * torch.linalg.qr(torch.randn(units, units, generator=dice)).Q


def gradient_by_age(advance):
    """Mean norm of ∂(sum of the last state)/∂h, for h 0 … `length` steps back."""
    states = [torch.randn(100, units, generator=dice).requires_grad_()]
    for _ in range(length):
        states.append(advance(states[-1], torch.tanh(states[-1] @ turn.T)))
    gradients = torch.autograd.grad(states[-1].sum(), states)
    return torch.stack([gradient.norm(dim=1).mean() for gradient in reversed(gradients)]) / units**0.5


def drop_state(old, new):
    return dropout_train(new, dropout_mask(new.shape, keep=0.7, generator=dice))


def zone_state(old, new):
    return zoneout(old, new, dropout_mask(new.shape, keep=0.3, generator=dice))


memories = {
    "plain": gradient_by_age(lambda old, new: new),
    "classic dropout of the state, keep = 0.7": gradient_by_age(drop_state),
    "zoneout of a share 0.3": gradient_by_age(zone_state),
}
fig, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
plot_curves(memories, ax=ax, xlabel="steps back in time", ylabel="gradient norm, 1 at the last step", log_y=True)
plt.show()

# %% [markdown]
# ### To read: shakeout and whiteout
#
# **Shakeout** (Kang, Li and Tao 2016) does not set a weight to 0 but throws it to the other side of 0, and makes up for
# it elsewhere. With probability $\tau$ to throw, a constant $c \ge 0$ and $s = \operatorname{sign}(w)$,
#
# $$ \tilde w = \begin{cases} -c\,s & \text{with probability } \tau,\\[2pt]
#    \dfrac{w + c\,\tau\, s}{1-\tau} & \text{otherwise,} \end{cases} \qquad \mathbb{E}[\tilde w] = w . $$
#
# $c = 0$ is inverted dropout with $\texttt{keep} = 1-\tau$. With $a = 1/(1-\tau)$ the second line reads
# $|\tilde w| = a|w| + (a-1)c$; the lecture notes print $(1-a)\,c$ and leave the sign $s$ out, and with that the mean
# would not be $w$. Like dropout, it throws all weights that leave one unit together.
#
# **Whiteout** (Li and Liu 2016) adds normal noise to the signal on each connection, the more the smaller the weight:
#
# $$ \tilde x_{i} = x_i + e_i, \qquad e_i \sim \mathcal N\big(0,\; \sigma^2 |w|^{-\gamma} + \lambda\big),
#    \qquad 0 < \gamma < 2 . $$
#
# Section 5 tells how to read both: in a linear model noise costs its variance. For one weight, with a signal of size 1,
#
# | | variance added | reads as |
# |---|---|---|
# | dropout | $\frac{\tau}{1-\tau}\, w^2$ | $L^2$ |
# | shakeout | $\frac{\tau}{1-\tau}\,(|w| + c)^2$, and 0 at $w = 0$ | $L^2$, $L^1$, and a fee for not being 0 |
# | whiteout | $\sigma^2 |w|^{2-\gamma} + \lambda w^2$ | elastic net at $\gamma = 1$ |
#
# Shakeout, and whiteout with $\gamma \ge 1$, still push at the smallest weight, and so push it all the way to 0, as
# $L^1$ does in lesson 10.

# %% tags=["demo"]
tau, c = 0.3, 0.4
weights = torch.arange(-150, 151, dtype=torch.float64) / 100
thrown = torch.rand(100_000, 1, generator=dice, dtype=torch.float64) < tau
some = weights[::25]
shaken = torch.where(thrown, -c * some.sign(), (some + c * tau * some.sign()) / (1 - tau))
print(f"shakeout, 100 000 draws: mean off by at most {float((shaken.mean(dim=0) - some).abs().max()):.3f}")
penalty = {
    "dropout": tau / (1 - tau) * weights.square(),
    "shakeout, c = 0.4": torch.where(weights == 0, 0.0, tau / (1 - tau) * (weights.abs() + c) ** 2),
    "whiteout, γ = 1": 0.4 * weights.abs() + 0.2 * weights.square(),
}
fig, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
plot_curves(penalty, ax=ax, x=weights, xlabel="weight w", ylabel="variance added")
ax.plot(some, shaken.var(dim=0), "kx", label="shakeout, measured")
ax.legend()
plt.show()

# %% [markdown]
# ## Summary
#
# - A mask holds independent zeros and ones, one for each unit, example and step. `keep` is the probability of a 1;
#   torch's `p` is that of a 0.
# - Classic form: silent units in training, factor `keep` at test time, on the outputs or in the weights that read them.
#   Inverted form: divide by `keep` in training, do nothing afterwards. Never both, never neither.
# - Backward multiplies by the same mask and the same scale.
# - In a linear model dropout is an $L^2$ penalty, weighted by the size of the features.
# - The scaled network is the geometric mean of all thinned ones where one hidden layer feeds a softmax, and an
#   approximation elsewhere.
# - It trades overfitting for noise: wide networks on few data gain, narrow ones lose. Measure, with error bars.
#
# ## Sources
#
# - G. E. Hinton, N. Srivastava, A. Krizhevsky, I. Sutskever, R. R. Salakhutdinov (2012). Improving neural networks by
#   preventing co-adaptation of feature detectors. arXiv:1207.0580.
# - L. Wan, M. Zeiler, S. Zhang, Y. LeCun, R. Fergus (2013). Regularization of neural networks using DropConnect.
#   *ICML*.
# - P. Baldi, P. Sadowski (2013). Understanding dropout. *NIPS 26*.
# - S. Wager, S. Wang, P. Liang (2013). Dropout training as adaptive regularization. *NIPS 26*.
# - N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov (2014). Dropout: a simple way to prevent
#   neural networks from overfitting. *JMLR* 15.
# - G. Kang, J. Li, D. Tao (2016). Shakeout: a new regularized deep neural network training scheme. *AAAI*.
# - Y. Li, F. Liu (2016). Whiteout: Gaussian adaptive noise regularization in deep neural networks. arXiv:1612.01490.
# - D. Krueger et al. (2017). Zoneout: regularizing RNNs by randomly preserving hidden activations. *ICLR*.
