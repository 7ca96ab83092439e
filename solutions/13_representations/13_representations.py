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
# # 13 · Representations
#
# A network's last layer is linear. All that the layers before it do is to bring the data into a form in which a linear
# layer is enough. That form is a **representation**. This lesson makes representations in two ways: with a handful of
# bumps that you can place by hand, and with networks that are asked for nothing but a copy of their input, and have to
# find out by themselves what is worth keeping.
#
# **After this lesson you can**
#
# 1. build a network of radial basis functions, in two steps and in three;
# 2. read off a table what universal approximation promises, and what it costs;
# 3. say what the code of an autoencoder is, and when its plane is that of the principal components;
# 4. write the losses of sparse, denoising and variational autoencoders, with the right factors;
# 5. judge a representation by what it is good for.
#
# Ten exercises, about 90 minutes, and as much to read and to try out. You need k-means from lesson 2, gradients through
# a network from lesson 8, and the ridge of lesson 10.
#
# **For all exercises**: no function changes its arguments, and each call depends on its arguments alone. Rows are
# examples. Tensors hold floating point numbers, and what you return has their type; where one number is asked for, a
# tensor without axes is best, because the figures train networks with your losses and need their gradients.

# %% nbgrader={"locked": true, "grade_id": "setup"}
import matplotlib.pyplot as plt
import torch
from steepest import check, data
from steepest.coders import coder_digits, make_coders, stored_coders, sums_over_rows, train_coders
from steepest.demos.representations import code_demo, rbf_demo, vae_demo
from steepest.figures import show
from steepest.plots import line_style

torch.set_num_threads(1)  # with tensors this small, threads cost more than they gain

# %% [markdown]
# ## 1 · Bumps
#
# XOR, once more: $(0,0)$ and $(1,1)$ belong to class 0, $(0,1)$ and $(1,0)$ to class 1. No line parts them. In lesson 9
# a hidden layer learned to. Here is another hidden layer, which needs no learning at all. Each unit has a **centre**
# $\mu$ and a **width** $\sigma$, and answers with a bump:
#
# $$ \varphi(x) = \exp\Bigl(-\frac{\|x - \mu\|^2}{2\sigma^2}\Bigr) . $$
#
# It is 1 at the centre and falls off on all sides alike, hence the name **radial basis function**, RBF (Broomhead and
# Lowe 1988). At a distance of $\sigma$ it is $e^{-1/2} = 0.61$, at $2\sigma$ it is $0.14$, at $3\sigma$ $0.01$. So a
# bump says how near $x$ is, and "near" is what $\sigma$ says.
#
# **By hand.** Put two bumps on $(0,0)$ and $(1,1)$, with $\sigma = 1/\sqrt2$, so that $2\sigma^2 = 1$. The point
# $(0,0)$ is at distance 0 from the first centre and $\sqrt2$ from the second. Its features are $e^0 = 1$ and $e^{-2} =
# 0.14$. The points $(0,1)$ and $(1,0)$ are both at distance 1 from both centres: $e^{-1} = 0.37$ twice. They fall on
# one another. What was not linear in $x$ is linear in the features: one line parts $(1, 0.14)$ and $(0.14, 1)$ from
# $(0.37, 0.37)$.
#
# A constant feature 1 stands in front, so that the linear layer has an intercept. So the features of all rows are a
# table, usually called $\Phi$:
#
# $$ \Phi_{i\cdot} = \bigl(1,\ \varphi_1(x_i),\ \dots,\ \varphi_k(x_i)\bigr) . $$

# %% [markdown]
# ### Exercise 1 · `rbf_features`
#
# **Goal** · ones, and a column for each bump. **Difficulty** ●● · **about 8 minutes**
#
# Each centre has a width of its own, which is positive.

# %% nbgrader={"solution": true, "grade_id": "answer_rbf_features"}
def rbf_features(x, centers, widths):
    """The features of every row: 1, and how near it is to each centre.

    x : tensor of shape (n, d), one example a row
    centers : tensor of shape (k, d), one centre a row
    widths : tensor of shape (k,), the σ of each bump
    returns a tensor of shape (n, k + 1), ones in its first column
    """
    ### BEGIN SOLUTION
    squares = ((x[:, None, :] - centers[None, :, :]) ** 2).sum(dim=2)
    bumps = torch.exp(-squares / (2 * widths**2))
    return torch.cat([torch.ones_like(x[:, :1]), bumps], dim=1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rbf_features"}
check(rbf_features)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(rbf_features)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>What shape has the table of all differences between a row and a centre, and over which of its axes is a distance a
# sum?</p>
# </details>
# <details><summary>The idea</summary>
# <p>A table of squared distances, rows × centres. Divide each column by its $2\sigma^2$, take the exponential of the
# negative, and put a column of ones in front.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p><code>x[:, None, :] - centers[None, :, :]</code> has shape (n, k, d). A tensor of shape (k,) divides a table (n, k)
# column by column. <code>torch.cat([ones, bumps], dim=1)</code> joins columns.</p>
# </details>

# %% tags=["demo"]
corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
xor = torch.tensor([0.0, 1.0, 1.0, 0.0], dtype=torch.float64)
seen = rbf_features(corners, corners[[0, 3]], torch.full((2,), 0.5**0.5, dtype=torch.float64))
weights = torch.linalg.lstsq(seen, xor[:, None]).solution[:, 0]
print("weights", ", ".join(f"{value:.2f}" for value in weights), "give", [round(float(v), 6) for v in seen @ weights])
fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
for ax, table, names in ((left, corners, ("$x_1$", "$x_2$")), (right, seen[:, 1:], ("bump 1", "bump 2"))):
    for label in (0, 1):
        style = line_style(label) | {"linestyle": "", "markersize": 11}
        ax.plot(*table[xor == label].T, label=f"class {label}", **style)
    ax.set(xlabel=names[0], ylabel=names[1], xlim=(-0.15, 1.15), ylim=(-0.15, 1.15), aspect="equal")
edge = torch.tensor([-0.15, 1.15])
right.plot(edge, (0.5 - weights[0] - weights[1] * edge) / weights[2], color="0.5", label="output ½")
right.legend(loc="upper right", fontsize=8)
show(fig, "Left: the four corners of a square; classes 0 and 1 lie on opposite diagonals. Right: the same by two "
     "bumps. Both points of class 1 have come to lie on one place near (0.37, 0.37), and a straight line parts it from "
     "class 0.")

# %% [markdown]
# ## 2 · Where to put them
#
# With a centre on each example one could stop here, but a bump for every example is a memory and no model. A few
# centres should stand where the data are. That is the task of **k-means** (lesson 2), which ends in whatever minimum is
# near its start. So everything hangs on the start. Random rows are a poor one: two of them often lie in one cluster,
# while another cluster has none.
#
# **k-means++** (Arthur and Vassilvitskii 2007) draws the rows one after the other:
#
# 1. the first is any row, each equally likely;
# 2. for each row take the squared distance to the *nearest* centre chosen so far, and draw the next centre with
#    probability proportional to that; and so on until there are $k$.
#
# Far rows are likely and near rows are not, and a row that is a centre already has probability 0. It is a draw and not
# a choice of the farthest, because the farthest row is often an outlier.
#
# **By hand.** Three rows on a line, 0, 1 and 3. If the first centre is 0, the squared distances are 0, 1 and 9. So the
# next is 3 with probability 0.9 and 1 with 0.1. If the first is 3, they are 9, 4 and 0, and the next is 0 with
# probability $9/13 = 0.69$.

# %% [markdown]
# ### Exercise 2 · `kmeans_plus_plus`
#
# **Goal** · draw $k$ rows as k-means++ does. **Difficulty** ●●● · **about 12 minutes**
#
# Return the rows in the order in which they were drawn. Draw from `generator` alone (a generator of numpy that is
# seeded by a draw from it will do); how you draw is free, as long as the probabilities are right. `x` has at least $k$
# different rows. For many rows `torch.cdist` takes a short cut that leaves a small distance between a row and itself:
# here that row's odds are to be 0. The greedy form, which draws several rows each time and keeps the one that helps
# most (scikit-learn does it), is accepted and named.

# %% nbgrader={"solution": true, "grade_id": "answer_kmeans_plus_plus"}
def kmeans_plus_plus(x, k, generator):
    """Rows of x to start k-means from.

    x : tensor of shape (n, d), one example a row
    k : how many rows to draw, at least 1
    generator : torch.Generator that all draws come from
    returns a tensor of shape (k, d), rows of x in the order in which they were drawn
    """
    ### BEGIN SOLUTION
    chosen = [int(torch.randint(len(x), (1,), generator=generator, device=generator.device))]
    nearest = ((x - x[chosen[0]]) ** 2).sum(dim=1)
    for _ in range(k - 1):
        chosen.append(int(torch.multinomial(nearest, 1, generator=generator)))
        nearest = torch.minimum(nearest, ((x - x[chosen[-1]]) ** 2).sum(dim=1))
    return x[chosen]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "kmeans_plus_plus"}
check(kmeans_plus_plus)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(kmeans_plus_plus)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>When a new centre has been drawn, for which rows does the distance to the nearest centre change?</p>
# </details>
# <details><summary>The idea</summary>
# <p>Keep one number a row, its squared distance to the nearest centre so far. Draw a row with these as odds, then take
# for every row the smaller of the old number and the squared distance to the new centre.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p><code>torch.randint(n, (1,), generator=generator)</code> draws the first. <code>torch.multinomial(odds, 1,
# generator=generator)</code> draws the number of a row, with odds that need not add up to 1.
# <code>torch.minimum</code> works row by row.</p>
# </details>

# %% [markdown]
# XOR needs its two bumps on the *same* class, on a diagonal of the square. **Before you run the cell**: in which share
# of its draws does k-means++ put two centres onto a diagonal? And two rows that are drawn with equal chances, without
# repetition?
#
# Then a harder start: 1200 points in twelve clusters. k-means is run from 100 starts of each kind, and counted is how
# often it ends with a centre in every cluster.

# %% tags=["demo"]
def lloyd(x, centers, rounds=15):
    """k-means with all points at once: every centre moves to the mean of the rows that are nearest to it."""
    for _ in range(rounds):
        label = torch.cdist(x, centers).argmin(dim=1)
        count = torch.bincount(label, minlength=len(centers))[:, None]
        total = torch.zeros_like(centers).index_add(0, label, x)
        centers = torch.where(count > 0, total / count.clamp(min=1), centers)
    return centers


dice = torch.Generator().manual_seed(0)


def any_rows(x, k, generator):
    """k different rows, all alike."""
    return x[torch.randperm(len(x), generator=generator)[:k]]


points = data.blobs(1200, k=12, side=30.0, spread=0.5, seed=4, dtype=torch.float64).x
print("                two centres of XOR on a diagonal     all twelve clusters found     mean squared distance")
for name, start in (("rows at random", any_rows), ("k-means++", kmeans_plus_plus)):
    pairs = [start(corners, 2, dice) for _ in range(1000)]
    diagonal = sum(float((first - second).abs().sum()) == 2 for first, second in pairs)
    costs = []
    for _ in range(100):
        centers = lloyd(points, start(points, 12, dice))
        costs.append(float(torch.cdist(points, centers).amin(dim=1).square().mean()))
    good = sum(cost < 1.1 * 2 * 0.5**2 for cost in costs)  # what the clusters themselves have, and a tenth
    print(f"{name:15} {diagonal:15} of 1000 draws {good:17} of 100 starts {sum(costs) / 100:21.2f}")

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>From a corner, two others are at squared distance 1 and the opposite one at 2: so k-means++ takes that with
# probability $2/4$, and rows drawn with equal chances with $1/3$. On the twelve clusters a random start almost never
# finds them all, and k-means++ does so in a quarter to a third of the starts (in two thirds, if it is the greedy kind).
# Even where it misses one, it is not far off: the mean squared distance is 0.7, where the clusters themselves have 0.5
# and random starts end at 3.6. So run it a few times, and keep the best.</p>
# </details>

# %% [markdown]
# ### And how wide
#
# The rows nearest to a centre are its cluster. If they are scattered like a round normal distribution around it, then
# the width of greatest likelihood is
#
# $$ \sigma_j^2 = \frac{1}{d}\ \text{mean of } \|x - \mu_j\|^2 \text{ over the rows nearest to } \mu_j , $$
#
# the variance of *one* coordinate. (The lecture notes say only that the variances come from vector quantization; this
# is the reading that fits the formula of the bump.) A cluster with a single row on its centre would get the width 0,
# and a centre without rows none at all. So no width is smaller than a `floor`.
#
# **By hand.** The centre 2 on a line, with the rows 1, 2 and 3: squares 1, 0 and 1, so $\sigma = \sqrt{2/3} = 0.82$.

# %% [markdown]
# ### Exercise 3 · `cluster_widths`
#
# **Goal** · a width for each centre, from its own rows. **Difficulty** ●● · **about 8 minutes**
#
# The centres are what they are, and need not be the means of their rows. No row is equally near to two of them. No
# width may be smaller than `floor`, and a centre that no row is nearest to gets `floor`. The spread in all coordinates
# together, without the division by $d$, is accepted and named.

# %% nbgrader={"solution": true, "grade_id": "answer_cluster_widths"}
def cluster_widths(x, centers, *, floor):
    """How far the rows of each centre are scattered around it.

    x : tensor of shape (n, d), one example a row
    centers : tensor of shape (k, d)
    floor : number > 0, the smallest width
    returns a tensor of shape (k,), the root of the mean square of one coordinate
    """
    ### BEGIN SOLUTION
    apart = ((x[:, None, :] - centers[None, :, :]) ** 2).sum(dim=2)
    owner = apart.argmin(dim=1)
    widths = torch.full_like(centers[:, 0], floor)
    for j in range(len(centers)):
        mine = apart[owner == j, j]
        if len(mine) > 0:
            widths[j] = torch.sqrt(mine.mean() / x.shape[1])
    return widths.clamp(min=floor)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "cluster_widths"}
check(cluster_widths)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(cluster_widths)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Which rows belong to a centre, and what is averaged over them?</p>
# </details>
# <details><summary>The idea</summary>
# <p>From the table of squared distances take the nearest centre of each row. For each centre average its column over
# its own rows, divide by the number of coordinates, take the root, and then compare with the floor.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p><code>owner = table.argmin(dim=1)</code>, and in a loop over the centres <code>table[owner == j, j]</code> are the
# squares of its rows. The mean of no rows is nan: ask for their number first.</p>
# </details>

# %% [markdown]
# ## 3 · Two steps
#
# With centres and widths fixed, the network is linear in what is left: the output is $\Phi w$. So there is nothing to
# train, only a system of equations to solve. Bumps overlap, and neighbouring columns of $\Phi$ may be nearly alike;
# then tiny changes of the data move the weights far. The **ridge** of lesson 10 keeps them small:
#
# $$ \min_w \|\Phi w - y\|^2 + \text{ridge}\,\|w\|^2
#    \qquad\Longrightarrow\qquad w = (\Phi^\top\Phi + \text{ridge}\cdot I)^{-1}\,\Phi^\top y . $$
#
# The squares are added here, and not averaged. Where there are several outputs, $y$ is a table and so is $w$: a column
# for each.
#
# **By hand.** One feature that is 1 in two rows, with targets 1 and 3: $w = 4/2 = 2$ without a ridge, the mean. With a
# ridge of 2 it is $4/(2+2) = 1$.

# %% [markdown]
# ### Exercise 4 · `fit_readout`
#
# **Goal** · the weights of the linear layer. **Difficulty** ● · **about 5 minutes**
#
# The ridge holds the intercept back too, as the formula says. To leave the intercept free is accepted and named. With a
# ridge of 0 the features have independent columns.

# %% nbgrader={"solution": true, "grade_id": "answer_fit_readout"}
def fit_readout(features, targets, *, ridge):
    """The weights that fit the targets best, by least squares with a ridge.

    features : tensor of shape (n, k), as rbf_features gives it: its first column is ones
    targets : tensor of shape (n,) or (n, c)
    ridge : number ≥ 0
    returns a tensor of shape (k,) or (k, c)
    """
    ### BEGIN SOLUTION
    identity = torch.eye(features.shape[1], dtype=features.dtype, device=features.device)
    return torch.linalg.solve(features.T @ features + ridge * identity, features.T @ targets)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "fit_readout"}
check(fit_readout)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(fit_readout)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Which system of equations is it, with $w$ as the unknown? You have solved one like it in lesson 10.</p>
# </details>
# <details><summary>The idea</summary>
# <p>The matrix $\Phi^\top\Phi + \text{ridge}\cdot I$ on the left, $\Phi^\top y$ on the right.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p><code>torch.linalg.solve(A, b)</code> takes a vector or a table as <code>b</code>.
# <code>features.shape[1]</code> is the size of the identity.</p>
# </details>

# %% [markdown]
# A curve with a slow wave and a steep step, $\sin 2x + \tfrac12\tanh 8x$; 150 noisy examples; eight bumps placed by
# k-means. Five draws. **Before you run the cell**: are the clusters' own widths right for the fit, too narrow, or too
# wide? Think of two neighbouring clusters, and of a place halfway between their centres.

# %% nbgrader={"locked": true, "grade_id": "curve"}
def curve(x):
    return torch.sin(2 * x) + 0.5 * torch.tanh(8 * x)


def draw_curve(seed):
    """150 places in [−3, 3] and noisy values of the curve there, and the generator that they came from."""
    generator = torch.Generator().manual_seed(seed)
    x = 6 * torch.rand(150, 1, generator=generator, dtype=torch.float64) - 3
    return x, curve(x[:, 0]) + 0.1 * torch.randn(150, generator=generator, dtype=torch.float64), generator


grid = torch.linspace(-3, 3, 601, dtype=torch.float64)[:, None]


def rms(values):
    return float(values.square().mean().sqrt())


def show_fits(pairs, examples, alt):
    """Draw fits side by side: each a title, what was fitted on the grid, and the features there."""
    fig, axes = plt.subplots(1, len(pairs), figsize=(9.5, 3.4), layout="constrained", sharey=True)
    for ax, (title, fitted, table) in zip(axes, pairs, strict=True):
        ax.plot(examples[0][:, 0], examples[1], ".", color="0.7", label="examples")
        ax.plot(grid, curve(grid[:, 0]), color="0.5", linewidth=3, label="curve")
        ax.plot(grid, fitted, **line_style(0) | {"marker": ""}, label="fit")
        ax.plot(grid, table[:, 1:] - 2.6, color="0.3", linewidth=0.8)
        ax.set(xlabel="x", title=title)
    axes[0].set_ylabel("y, and the bumps below")
    axes[-1].legend(fontsize=8)
    show(fig, alt)


# %% tags=["demo"]
FACTORS = (1, 2, 4)
placed = []
print("rms distance from the curve, widths:" + "".join(f"{factor:>8} σ" for factor in FACTORS))
for seed in range(5):
    x, y, generator = draw_curve(seed)
    centers = lloyd(x, kmeans_plus_plus(x, 8, generator))
    widths = cluster_widths(x, centers, floor=0.05)
    fits = {}
    for factor in FACTORS:
        readout = fit_readout(rbf_features(x, centers, factor * widths), y, ridge=1e-6)
        fits[factor] = rbf_features(grid, centers, factor * widths) @ readout
    placed.append((x, y, centers, widths, fits))
    print(f"draw {seed + 1}                              "
          + "".join(f"{rms(fits[factor] - curve(grid[:, 0])):10.3f}" for factor in FACTORS))

x, y, centers, widths, fits = placed[0]
pairs = [(f"widths {factor} σ", fits[factor], rbf_features(grid, centers, factor * widths)) for factor in (1, 2)]
show_fits(pairs, (x, y), "Left: with the clusters' own widths the bumps hardly overlap, and the fit swings between "
          "their centres. Right: with doubled widths they overlap and the fit follows the curve.")

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>Too narrow. Halfway between two centres both bumps are nearly 0, and the fit falls back towards the intercept: the
# rms distance is 0.37 to 0.49. Doubled widths bring it to 0.12 to 0.20, in all five draws, and fourfold ones a little
# further. The width that describes a cluster is not the one that fits a curve. (Very wide bumps are all alike, and the
# weights become huge. Then the ridge is what keeps them in bounds.)</p>
# </details>

# %% [markdown]
# ### Demo: six bumps
#
# *Your* `rbf_features` and `fit_readout` fit a curve with bumps that you place. Drag the centres along the axis and
# choose a width. **Before you start**: where are bumps worth more, where the curve is steep or where it turns?
#
# **Goal:** an rms distance below 0.1 with six bumps.

# %% tags=["demo"]
rbf_demo(rbf_features, fit_readout)

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>Where it turns. A bump has a top: six of them, one at each top or dip of the curve, with a width of about 0.3, come
# below 0.1. On the slopes they stay far above it, for there two bumps have to work against each other at every
# turn.</p>
# </details>

# %% [markdown]
# ## 4 · Three steps
#
# Clusters know nothing of $y$. Where the curve is flat they waste bumps, and where it is steep they have too few. In a
# **third step** (Schwenker, Kestler and Palm 2001) everything moves: centres, widths and weights go down the gradient
# of the loss
#
# $$ L = \frac1n\sum_i e_i^2, \qquad e = \Phi w - y . $$
#
# This is a network with one hidden layer, and its gradients are those of lesson 8. The chain from a centre to the loss
# has three links. The loss feels the error, $\partial L/\partial e_i = 2e_i/n$. The error feels each bump through its
# weight, $\partial e_i/\partial\varphi_{ij} = w_j$; the weight of the intercept stands first, so bump $j$ has entry $j
# + 1$ of the tensor. And the bump feels its centre and its width through the exponent $u = -\|x-\mu\|^2/2\sigma^2$,
# where $\partial\varphi/\partial u = \varphi$. What is left is to differentiate $u$ by $\mu$ and by $\sigma$, and to
# add over the rows.
#
# **By hand.** One row, $x = 1$ with target 1; one bump, $\mu = 0$, $\sigma = 1$, and the weights 0 and 2. Then $\varphi
# = e^{-1/2} = 0.607$ and $e = 2\cdot0.607 - 1 = 0.213$. Moving $\mu$ to the right by a little makes the distance
# smaller: $\partial u/\partial\mu = 1$. So $\partial L/\partial\mu = 2\cdot0.213\cdot2\cdot0.607\cdot1 = 0.517$.

# %% [markdown]
# ### Exercise 5 · `rbf_gradients`
#
# **Goal** · the gradient of the loss by all that can move. **Difficulty** ●●●● · **about 20 minutes**
#
# The gradients are those of the *mean* of the squares, without a ½, and by $\sigma$ itself. Your `rbf_features` may
# help. However you get the numbers is fine, `torch.autograd` too; but deriving them once is the exercise. (Differences
# of the loss have to go to both sides: eight digits are looked at.)

# %% nbgrader={"solution": true, "grade_id": "answer_rbf_gradients"}
def rbf_gradients(x, targets, centers, widths, weights):
    """Gradients of the mean of (Φw − y)².

    x : tensor of shape (n, d)
    targets : tensor of shape (n,), the y
    centers : tensor of shape (k, d)
    widths : tensor of shape (k,)
    weights : tensor of shape (k + 1,), that of the intercept first
    returns a tuple (grad_centers, grad_widths, grad_weights) of these shapes
    """
    ### BEGIN SOLUTION
    features = rbf_features(x, centers, widths)
    slope = 2 * (features @ weights - targets) / len(x)
    push = slope[:, None] * weights[1:] * features[:, 1:]
    apart = x[:, None, :] - centers[None, :, :]
    grad_centers = (push[:, :, None] * apart).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (push * (apart**2).sum(dim=2)).sum(dim=0) / widths**3
    return grad_centers, grad_widths, features.T @ slope
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rbf_gradients"}
check(rbf_gradients)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(rbf_gradients)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Write down $\partial u/\partial\mu$ and $\partial u/\partial\sigma$ for $u = -\|x-\mu\|^2/2\sigma^2$. Which powers
# of $\sigma$ come out, and where do the minus signs go?</p>
# </details>
# <details><summary>The idea</summary>
# <p>$\partial u/\partial\mu = (x-\mu)/\sigma^2$ and $\partial u/\partial\sigma = \|x-\mu\|^2/\sigma^3$. Make a table
# (n, k) of $\frac2n e_i\,w_j\,\varphi_{ij}$ first: both gradients are sums over the rows of that table times these
# derivatives. The weights need $\frac2n\Phi^\top e$ only.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p><code>table[:, :, None] * (x[:, None, :] - centers[None, :, :])</code> has shape (n, k, d); its sum over the rows
# has the shape of the centres. <code>widths[:, None]</code> divides a table (k, d) row by row.</p>
# </details>

# %% [markdown]
# The five fits go on from where the second step left them: 500 steps of Adam with the rate 0.01, by your gradients.

# %% tags=["demo"]
moved = []
print("rms distance from the curve       two steps, widths 2 σ       after the third step")
for seed, (x, y, centers, widths, fits) in enumerate(placed):
    readout = fit_readout(rbf_features(x, centers, 2 * widths), y, ridge=1e-6)
    parts = [part.clone() for part in (centers, 2 * widths, readout)]
    optimizer = torch.optim.Adam(parts, lr=0.01)
    for _ in range(500):
        for part, gradient in zip(parts, rbf_gradients(x, y, *parts), strict=True):
            part.grad = gradient
        optimizer.step()
    moved.append(rbf_features(grid, *parts[:2]) @ parts[2])
    before, after = (rms(fit - curve(grid[:, 0])) for fit in (fits[2], moved[-1]))
    print(f"draw {seed + 1} {before:40.3f} {after:27.3f}")
    if seed == 1:
        pairs = [("two steps", fits[2], rbf_features(grid, centers, 2 * widths)),
                 ("three steps", moved[-1], rbf_features(grid, *parts[:2]))]
show_fits(pairs, placed[1][:2], "Left: after two steps the fit misses the top and the left end of the curve. Right: "
          "after the third step it follows the curve everywhere; a narrow bump stands beside the steep place near 0.")

# %% [markdown]
# In all five draws the distance falls again, to between 0.04 and 0.09, below the noise of the examples, which is
# 0.1. In the picture a bump has become narrow and has moved to the steep place. The price: what was a system of
# equations is now a descent, with a rate, a start and local minima. The start that the first two steps give is a good
# one, and that is what they are for.

# %% [markdown]
# ## 5 · Universal, and what it costs
#
# How much can be fitted with enough bumps? Everything that is reasonable. Park and Sandberg (1991) show: take a kernel
# $K$ that is bounded, integrable and continuous almost everywhere, with $\int K \ne 0$. Then the sums
#
# $$ \sum_{j=1}^k w_j\,K\Bigl(\frac{x - \mu_j}{\sigma}\Bigr) , $$
#
# with one width for all, come as near as you like to any function in $L^p(\mathbb R^d)$, $1 \le p < \infty$: for every
# such function and every $\varepsilon$ there are $k$, $w$, $\mu$ and $\sigma$. (The lecture notes' sum lacks the
# weights $w_j$, and calls the kernel by two letters.) It is called **universal approximation**, and networks of
# sigmoids have it too.
#
# The theorem does not say how large $k$ is, nor how to find the centres. Look at both. First a function with jumps,
# fitted at even places, with as many bumps as you like; then the digits.

# %% tags=["demo"]
places = torch.linspace(-3, 3, 3001, dtype=torch.float64)[:, None]
jumps = torch.sign(torch.sin(3 * places[:, 0]))
counts, errors = (4, 8, 16, 32, 64, 128), []
for count in counts:
    even = torch.linspace(-3, 3, count, dtype=torch.float64)[:, None]
    table = rbf_features(places, even, torch.full((count,), 6 / (count - 1), dtype=torch.float64))
    errors.append(rms(table @ fit_readout(table, jumps, ridge=1e-6) - jumps))
print("square wave, bumps: " + "".join(f"{count:8}" for count in counts))
print("rms error:          " + "".join(f"{error:8.2f}" for error in errors))

train, test = coder_digits()
pair = torch.ones_like(train.x[:2]) * torch.tensor([[1.0], [-1.0]])
one_coordinate = cluster_widths(pair, 0 * pair[:1], floor=0.05)  # 1, or 8 where all coordinates are added up
classes = torch.nn.functional.one_hot(train.y, 10).to(train.x.dtype)
print(f"\ndigits: {len(train.x)} for training, {len(test.x)} for the test, error in % with three starts")
for count in (10, 50, 150, 400):
    wrong = []
    for seed in range(3):
        centers = lloyd(train.x, kmeans_plus_plus(train.x, count, torch.Generator().manual_seed(seed)), rounds=10)
        widths = 8 / one_coordinate * cluster_widths(train.x, centers, floor=0.05)
        readout = fit_readout(rbf_features(train.x, centers, widths), classes, ridge=1e-3)
        guess = (rbf_features(test.x, centers, widths) @ readout).argmax(dim=1)
        wrong.append(100 * float((guess != test.y).float().mean()))
    print(f"{count:4} bumps:" + "".join(f"{value:7.1f}" for value in wrong))

# %% [markdown]
# The error of the square wave falls slowly, since a smooth bump cannot jump: what is left sits beside the jumps, in a
# share of the places that shrinks like $1/k$, so that four times as many bumps about halve it. (Eight and sixteen are
# alike, because it matters how the places fall between the jumps.) The theorem is kept: 128 bumps still leave 0.13. In
# 64 dimensions even places are out of the question: two of them a coordinate would make $2^{64}$. It is only because
# digits fill a small part of that space that 150 bumps, put where the data are, err on less than 2 % of the test
# digits. (The widths there are $\sqrt d\,\sigma = 8\sigma$: in 64 dimensions a row is not $\sigma$ but about
# $\sqrt{64}\,\sigma$ away from its centre.)
#
# So why deep networks? A bump says where a row *is*, and learns nothing for rows elsewhere. A unit of a deep network
# says what a row *has*, and shares that among all rows that have it.

# %% [markdown]
# ## 6 · A copy through a bottleneck
#
# Where do features come from if nobody gives labels? Ask the network for a copy of its input, and make the copy hard.
# An **autoencoder** consists of an **encoder** $f$ that maps a row $x$ to a **code** $h = f(x)$, and a **decoder** $g$
# that makes a row of it again. It is trained on
#
# $$ L = \frac1n\sum_i \|g(f(x_i)) - x_i\|^2 . $$
#
# If the code has fewer entries than the row, the copy has to go through a bottleneck (the autoencoder is
# **undercomplete**), and the code can hold only what matters most for the copy.
#
# What does a *linear* autoencoder find? The best $k$-dimensional plane through the data, which is that of the first $k$
# **principal components** (Bourlard and Kamp 1988; Baldi and Hornik 1989): the plane, not the axes within it. Baldi and
# Hornik also show that the loss has no other minima, only saddles. Digits of 8 × 8 pixels, codes of three numbers, five
# starts:

# %% tags=["demo"]
middle = train.x.mean(dim=0)
axes_of_pca = torch.linalg.svd(train.x - middle, full_matrices=False).Vh


def copy_error(coders, x, generator=None):
    """Squared distance between row and copy, for each coder its mean over the rows."""
    return (coders.decode(coders.encode(x)) - x).square().sum(dim=2).mean(dim=1)


def total_error(coders, x, generator):
    return copy_error(coders, x).sum()


def pca_copy(x, k):
    return (x - middle) @ axes_of_pca[:k].T @ axes_of_pca[:k] + middle


linear = train_coders(make_coders([64, 3], seeds=range(5)), train.x - middle, total_error, n_steps=800, batch_size=256,
                      lr=0.01)
spread = (train.x - middle).square().sum(dim=1).mean()
strengths = torch.linalg.svdvals(train.x - middle).square() / len(train.x)
print("variance along the first four components: " + ", ".join(f"{value:.2f}" for value in strengths[:4].tolist())
      + f" of {float(spread):.2f} in all")
print(f"error on the training digits: three principal components "
      f"{float((pca_copy(train.x, 3) - train.x).square().sum(dim=1).mean()):.3f}, linear autoencoders "
      + ", ".join(f"{value:.3f}" for value in copy_error(linear, train.x - middle).tolist()))
for number, weight in enumerate(linear.decoder.weights[0]):
    cosines = torch.linalg.svdvals(axes_of_pca[:3] @ torch.linalg.qr(weight).Q).clamp(max=1)
    angles = torch.rad2deg(torch.acos(cosines))
    print(f"autoencoder {number + 1}: angles between its plane and that of the components "
          + ", ".join(f"{angle:.0f}°" for angle in angles.tolist()))

# %% [markdown]
# The errors agree to the second digit, and so do the planes, to a degree or two: but for one direction of one
# autoencoder, which is still on its way. Its plane has the third direction turned by 13° towards the fourth component,
# and that costs only $(0.57 - 0.39)\sin^2 13° = 0.009$, all that its error is above the others'. Where two components
# are nearly equally strong, the loss is nearly flat between them, and the way takes many steps.
#
# With a hidden layer of tanh on each side the "plane" may bend. Now codes of **two** numbers, which can be drawn, by
# networks 64-64-2-64-64. To judge the codes there is more than the error of the copy: a representation is good if other
# tasks become easy. So the digits that were held out are also classified by the majority of their five nearest
# neighbours *among the codes*. No label was used in training.

# %% tags=["demo"]
def neighbour_errors(codes, labels, others, truth):
    """Percentage of rows whose five nearest codes have another majority."""
    nearest = torch.cdist(others, codes).topk(5, largest=False).indices
    return 100 * float((labels[nearest].mode(dim=1).values != truth).float().mean())


bent = train_coders(make_coders([64, 64, 2], seeds=range(5)), train.x, total_error, n_steps=3000)
flat_codes, flat_test = ((part.x - middle) @ axes_of_pca[:2].T for part in (train, test))
bent_codes, bent_test = bent.encode(train.x), bent.encode(test.x)
print("test digits                     error of the copy      5-nearest-neighbour error in %")
print(f"two principal components {float((pca_copy(test.x, 2) - test.x).square().sum(dim=1).mean()):18.2f}"
      f" {neighbour_errors(flat_codes, train.y, flat_test, test.y):24.1f}")
for number, error in enumerate(copy_error(bent, test.x).tolist()):
    share = neighbour_errors(bent_codes[number], train.y, bent_test[number], test.y)
    print(f"autoencoder {number + 1} {error:30.2f} {share:24.1f}")

eight = train_coders(make_coders([64, 64, 8], seeds=range(2)), train.x, total_error, n_steps=2000)
eight_codes = [(eight.encode(train.x)[number], eight.encode(test.x)[number]) for number in range(2)]
eight_axes = [(part.x - middle) @ axes_of_pca[:8].T for part in (train, test)]
copies = [float((pca_copy(test.x, 8) - test.x).square().sum(dim=1).mean()), *copy_error(eight, test.x).tolist()]
shares = [neighbour_errors(codes, train.y, others, test.y) for codes, others in (eight_axes, *eight_codes)]
print("eight numbers: components, and two autoencoders: copies "
      + ", ".join(f"{value:.2f}" for value in copies) + "; neighbours " + ", ".join(f"{v:.1f}" for v in shares))
print(f"all 64 pixels: neighbours {neighbour_errors(train.x, train.y, test.x, test.y):.1f}")

fig, panels = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
for ax, codes, name in zip(panels, (flat_codes, bent_codes[0]), ("two principal components", "autoencoder 1"),
                           strict=True):
    for digit in range(10):
        own = codes[train.y == digit][:60]
        ax.plot(*own.T, linestyle="", marker=f"${digit}$", markersize=5, color=plt.get_cmap("tab10")(digit))
    ax.set(xlabel="first number of the code", ylabel="second number", title=name)
show(fig, "Two maps of the digits, each digit drawn as its numeral. By principal components most classes lie over one "
     "another; by the autoencoder they are drawn apart into regions, some of them long and thin.")

# %% [markdown]
# With as many numbers, the bent autoencoders copy better in all five starts, 2.5 to 2.6 against 3.35, and the
# neighbours of their codes know the class more often too. But look at the spread: from 23 to 32 % errors, by the start
# alone, while the errors of the copy hardly differ. **The loss did not ask for classes, and does not care where they
# lie.** With eight numbers instead of two the autoencoders still copy better, 1.2 against 1.5, and yet their neighbours
# err more often, in 3.4 and 5.2 % against 2.8. And the 64 pixels themselves, without any code, are better than all of
# them. A better copy is not always a better code.

# %% [markdown]
# ## 7 · Constraints instead of a bottleneck
#
# The code may also be *longer* than useful, if something else keeps the network from merely passing the input through.
# One such constraint is **sparsity**: of many units only a few may be active for a row. Take a layer of sigmoids, and
# let $\hat\rho_j$ be the mean activity of unit $j$ over the rows. It should be a small number $\rho$, such as 0.05. The
# two are compared as the probabilities of two coins, by the **Kullback–Leibler divergence**
#
# $$ \mathrm{KL}(\rho\,\|\,\hat\rho) = \rho\,\log\frac{\rho}{\hat\rho}
#    + (1-\rho)\,\log\frac{1-\rho}{1-\hat\rho} , $$
#
# which is 0 where $\hat\rho = \rho$ and positive elsewhere. Its sum over the units is added to the loss (Ng 2011). It
# is the *mean* over the rows that is compared: a unit may be fully active for its few rows. (Another way is an $L^1$
# penalty on the codes, as in Goodfellow et al. 2016. And a **contractive** autoencoder punishes the derivative of the
# code by the input; Rifai et al. 2011.)
#
# **By hand.** $\rho = 0.05$ and $\hat\rho = 0.5$: $0.05\log 0.1 + 0.95\log 1.9 = -0.115 + 0.610 = 0.495$.

# %% [markdown]
# ### Exercise 6 · `sparsity_penalty`
#
# **Goal** · the divergence of all units together. **Difficulty** ●● · **about 6 minutes**
#
# All codes and `rho` lie strictly between 0 and 1. Return one number; a plain one is accepted too, but cannot be
# trained with.

# %% nbgrader={"solution": true, "grade_id": "answer_sparsity_penalty"}
def sparsity_penalty(codes, *, rho):
    """How far the units' mean activities are from the wanted one.

    codes : tensor of shape (n, k), activities between 0 and 1, one row an example
    rho : number between 0 and 1, the wanted mean activity
    returns a tensor without axes: the sum over the units of KL(ρ‖mean activity)
    """
    ### BEGIN SOLUTION
    activity = codes.mean(dim=0)
    active = rho * torch.log(rho / activity)
    quiet = (1 - rho) * torch.log((1 - rho) / (1 - activity))
    return (active + quiet).sum()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sparsity_penalty"}
check(sparsity_penalty)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(sparsity_penalty)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Which axis is averaged away first, that of the rows or that of the units? And what is then added?</p>
# </details>
# <details><summary>The idea</summary>
# <p>The mean over the rows gives one number a unit. Put each into the formula, and add over the units.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p><code>codes.mean(dim=0)</code>, two terms with <code>torch.log</code>, and <code>.sum()</code>.</p>
# </details>

# %% [markdown]
# 100 sigmoid units for 64 pixels, no bottleneck at all, trained without the penalty and with 0.3 of it. **Before you
# run the cell**: will the copy become better or worse?

# %% tags=["demo"]
def sparse_loss(strength):
    def loss(coders, x, generator):
        codes = torch.sigmoid(coders.encode(x))
        apart = (coders.decode(codes) - x).square().sum(dim=2).mean(dim=1).sum()
        penalties = [sparsity_penalty(rows.clamp(1e-6, 1 - 1e-6), rho=0.05) for rows in codes] if strength else [0.0]
        return apart + strength * sum(penalties)

    return loss


print("strength     error of the copy, test      mean activity      activities above one half")
sparse = {}
for strength in (0.0, 0.3):
    wide = make_coders([64, 100], seeds=range(3))
    coders = train_coders(wide, train.x, sparse_loss(strength), n_steps=1000, lr=0.005)
    activity = torch.sigmoid(coders.encode(test.x))
    error = (coders.decode(activity) - test.x).square().sum(dim=2).mean(dim=1)
    sparse[strength] = coders
    print(f"{strength:8} {', '.join(f'{value:.2f}' for value in error.tolist()):>28}"
          f" {float(activity.mean()):18.2f} {100 * float((activity > 0.5).float().mean()):22.1f} %")
    low, high = (float(torch.quantile(activity[0].flatten(), share)) for share in (0.5, 0.95))
    print(f"         of the first: half of the activities are below {low:.2f}, 95 % below {high:.2f}")

fig, panels = plt.subplots(2, 10, figsize=(9, 2.1), layout="constrained")
for row, strength in zip(panels, (0.0, 0.3), strict=True):
    strokes = sparse[strength].decoder.weights[0][0].T
    strongest = torch.sigmoid(sparse[strength].encode(test.x))[0].var(dim=0).argsort(descending=True)[:10]
    for ax, stroke in zip(row, strokes[strongest], strict=True):
        ax.imshow(stroke.reshape(8, 8), cmap="Greys", vmin=-1, vmax=1)
        ax.set(xticks=[], yticks=[])
    row[0].set_ylabel(f"strength {strength:g}", fontsize=8)
show(fig, "What ten of the hundred units add to a picture. Without the penalty these are noisy patterns all over the "
     "picture; with it each is a stroke or a part of a digit.")

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>Worse, of course: something was added that has nothing to do with the copy. Its error rises from below 0.2 to
# around 1. In exchange a unit's mean activity falls from 0.50 to 0.07, and of 200 activities hardly one is above one
# half, where it was every second one. The units draw something else now: the pictures in the lower row are parts of
# digits, those above are noise.</p>
# <p>But look at the last lines. The penalty asks for a small <em>mean</em>, in the hope that a few units are fully
# active. Here it is met in another way: nearly all activities are small, and the decoder makes up for it with larger
# weights. A loss gets what it asks for, and no more.</p>
# </details>

# %% [markdown]
# ## 8 · Repair
#
# Another way to make the copy hard: hand the network a *damaged* row, and ask for the whole one. A **denoising**
# autoencoder (Vincent et al. 2008) is trained on
#
# $$ L = \frac1n\sum_i \|g(f(x_i + \xi_i)) - x_i\|^2 , $$
#
# with noise $\xi$ drawn anew at each step. It cannot pass its input through: it has to know what digits look like, in
# order to tell what is noise.

# %% [markdown]
# ### Exercise 7 · `denoising_loss`
#
# **Goal** · compare what is made of a noisy row with the clean one. **Difficulty** ● · **about 4 minutes**
#
# `reconstruct` takes a table of rows and returns one of the same shape. Return one number; a plain one is accepted too,
# but cannot be trained with.

# %% nbgrader={"solution": true, "grade_id": "answer_denoising_loss"}
def denoising_loss(reconstruct, x, noise):
    """Mean over the rows of the squared distance between a clean row and what is made of it with noise.

    reconstruct : function from a tensor of shape (n, d) to one of the same shape
    x, noise : tensors of shape (n, d)
    returns a tensor without axes
    """
    ### BEGIN SOLUTION
    repaired = reconstruct(x + noise)
    return ((repaired - x) ** 2).sum(dim=1).mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "denoising_loss"}
check(denoising_loss)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(denoising_loss)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>What does the network see, and what is its answer compared with?</p>
# </details>
# <details><summary>The idea</summary>
# <p>It sees the noisy row and is compared with the clean one. A row's loss is a sum over its columns, and rows are
# averaged.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>Call <code>reconstruct</code> once; <code>.sum(dim=1)</code> adds within a row, <code>.mean()</code> averages.</p>
# </details>

# %% tags=["demo"]
def repaired_by(one):
    return lambda rows: one.decode(one.encode(rows))[0]


def repair_loss(size):
    def loss(coders, x, generator):
        noise = size * torch.randn(x.shape, generator=generator)
        return sum(denoising_loss(repaired_by(coders.pick(number)), x, noise) for number in range(3))

    return loss


damage = 0.3 * torch.randn(test.x.shape, generator=torch.Generator().manual_seed(0))
print(f"the noise itself: {float(damage.square().sum(dim=1).mean()):.1f}")
repaired = {}
for name, size in (("plain", 0.0), ("denoising", 0.3)):
    coders = train_coders(make_coders([64, 64], seeds=range(3)), train.x, repair_loss(size), n_steps=1000)
    repaired[name] = coders.decode(coders.encode(test.x + damage))
    print(f"{name:10} autoencoder on noisy test digits: "
          + ", ".join(f"{value:.2f}" for value in (repaired[name] - test.x).square().sum(dim=2).mean(dim=1).tolist()))

fig, panels = plt.subplots(4, 10, figsize=(9, 4), layout="constrained")
rows = {"clean": test.x, "noisy": test.x + damage, "plain": repaired["plain"][0],
        "denoising": repaired["denoising"][0]}
for row, (name, pictures) in zip(panels, rows.items(), strict=True):
    for ax, picture in zip(row, pictures, strict=False):
        ax.imshow(picture.reshape(8, 8), cmap="Greys", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
    row[0].set_ylabel(name, fontsize=9)
show(fig, "Ten digits, clean, with noise, and as two autoencoders give them back. The plain one keeps much of the "
     "noise, the denoising one gives clean strokes.")

# %% [markdown]
# The noise has a squared length of 5.8. The plain autoencoder, with as many numbers in its code as there are pixels,
# has learned to let everything pass, noise too: 4.9 to 5.0 is left. The denoising one leaves 1.5, in all three starts.
# It has learned what digits look like, and that is a representation.

# %% [markdown]
# ## 9 · Layer on layer
#
# Before good initialization (lesson 9), deep networks were trained by **stacking** (Hinton and Salakhutdinov 2006,
# with layers of another kind; Bengio et al. 2007): train an autoencoder with one hidden layer on the rows, take its
# codes as the rows for the next one, and so on. In the end the encoders are put one behind the other, and all layers
# are trained together for a while. Each layer has a short way to its loss, so that no gradient can vanish.

# %% [markdown]
# ### Exercise 8 · `pretrain_stack`
#
# **Goal** · train layer by layer, each on the codes of the one below. **Difficulty** ●● · **about 6 minutes**
#
# `train_layer(inputs, size)` trains an autoencoder with `size` hidden units on the rows `inputs` and returns its
# encoder, a function. Call it once for each layer, the layer next to the rows first. There is at least one.

# %% nbgrader={"solution": true, "grade_id": "answer_pretrain_stack"}
def pretrain_stack(x, sizes, train_layer):
    """Codes of every layer of a stack that is trained from below.

    x : tensor of shape (n, d)
    sizes : list of whole numbers, the number of units of each layer
    train_layer : function (inputs, size) -> encoder; encoder(inputs) has shape (n, size)
    returns a list of tensors, one a layer: (n, sizes[0]), (n, sizes[1]), …
    """
    ### BEGIN SOLUTION
    codes = []
    inputs = x
    for size in sizes:
        encode = train_layer(inputs, size)
        inputs = encode(inputs)
        codes.append(inputs)
    return codes
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "pretrain_stack"}
check(pretrain_stack)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(pretrain_stack)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>What does the second layer see?</p>
# </details>
# <details><summary>The idea</summary>
# <p>A loop over the sizes, with a variable for what the next layer sees. It begins as $x$ and becomes the codes of each
# layer in turn.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>Two calls in the loop: <code>train_layer(inputs, size)</code> returns a function, and that function gives the
# codes.</p>
# </details>

# %% [markdown]
# A stack 64-32-16-8 of sigmoid units. Either 500 steps for each of the three layers and 500 for all of them together,
# or 2000 steps for all together from the beginning. **Before you run the cell**: which copies better?

# %% tags=["demo"]
def sigmoid_error(coders, x):
    codes = torch.sigmoid(coders.encode(x, activation=torch.sigmoid))
    return (coders.decode(codes, activation=torch.sigmoid) - x).square().sum(dim=2).mean(dim=1)


def sigmoid_loss(coders, x, generator):
    return sigmoid_error(coders, x).sum()


def code_loss(coders, x, generator):
    """The same for rows that are codes themselves: their copy goes through a sigmoid too."""
    copy = torch.sigmoid(coders.decode(torch.sigmoid(coders.encode(x))))
    return (copy - x).square().sum(dim=2).mean(dim=1).sum()


def stacked(seed):
    """A deep autoencoder whose layers were trained one after the other, by your function."""
    layers = []

    def train_layer(inputs, size):
        one = make_coders([inputs.shape[1], size], seeds=[seed + 10 * len(layers)])
        loss = code_loss if layers else sigmoid_loss
        layers.append(train_coders(one, inputs, loss, n_steps=500, lr=0.01))
        return lambda rows, one=layers[-1]: torch.sigmoid(one.encode(rows))[0]

    pretrain_stack(train.x, [32, 16, 8], train_layer)
    whole = make_coders([64, 32, 16, 8], seeds=[seed])
    for depth, layer in enumerate(layers):
        for net, part, place in ((whole.encoder, layer.encoder, depth), (whole.decoder, layer.decoder, 2 - depth)):
            net.weights[place].copy_(part.weights[0])
            net.biases[place].copy_(part.biases[0])
    return whole


results = {"layer by layer": [], "together from the start": []}
for seed in range(3):
    greedy = train_coders(stacked(seed), train.x, sigmoid_loss, n_steps=500, lr=0.01)
    whole = train_coders(make_coders([64, 32, 16, 8], seeds=[seed]), train.x, sigmoid_loss, n_steps=2000, lr=0.01)
    for name, coders in zip(results, (greedy, whole), strict=True):
        results[name].append(float(sigmoid_error(coders, test.x)))
for name, errors in results.items():
    print(f"{name:24} error on the test digits " + ", ".join(f"{error:.2f}" for error in errors))
print(f"eight principal components {float((pca_copy(test.x, 8) - test.x).square().sum(dim=1).mean()):24.2f}")

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>Layer by layer, in each of the three starts, and by little: 1.72 to 1.86 against 1.76 to 1.93, with the same number
# of steps. (And eight principal components have 1.53! Sigmoids squeeze what passes through them; networks of tanh, as
# in section 6, do better than the components.) Today stacking has little use, because good initialization,
# normalization and ReLU have taken the gradient's troubles away. The idea of learning from rows without labels first
# has come back in other forms.</p>
# </details>

# %% [markdown]
# ## 10 · A distribution instead of a point
#
# Look at the map of section 6 again, and put your finger between two regions. What does the decoder make of that place?
# Nobody asked it for anything there: it may be a digit or a smear. And where should one put the finger to *draw* a new
# digit? The codes lie where they happen to lie.
#
# A **variational autoencoder** (Kingma and Welling 2014) mends both. For each row the encoder gives not a point but a
# distribution: a mean $\mu$ and a log-variance $\log\sigma^2$ for each entry of the code. The code is *drawn* from it,
# and decoded. So the decoder has to make sense of all the points near $\mu$. And a second term in the loss pulls the
# distribution of every row towards one and the same, the **prior** $N(0, 1)$, so that one knows where codes lie. (The
# lecture notes ask what a variational autoencoder learns. It is this: a mean and a log-variance *for each row*, not of
# the data as a whole.)
#
# ### Drawing, with a gradient
#
# How can one differentiate through a draw? Draw the noise $\xi$ from $N(0,1)$ elsewhere, and let
#
# $$ z = \mu + \sigma\,\xi, \qquad \sigma = e^{\frac12\log\sigma^2} . $$
#
# Now $z$ is a plain function of $\mu$ and $\log\sigma^2$, and the noise is an input like any other. This is the
# **reparametrization** trick. (The encoder gives a logarithm because it may be any number, while a variance may not be
# negative.)
#
# **By hand.** $\mu = 1$, $\log\sigma^2 = -1.386$ and $\xi = 2$: the variance is $0.25$, $\sigma = 0.5$ and $z = 2$.

# %% [markdown]
# ### Exercise 9 · `reparametrize`
#
# **Goal** · a code from mean, log-variance and noise. **Difficulty** ● · **about 3 minutes**
#
# A code without gradients is accepted too, but nothing can be trained with it.

# %% nbgrader={"solution": true, "grade_id": "answer_reparametrize"}
def reparametrize(mean, log_variance, noise):
    """Codes with these means and log-variances, from noise of variance 1.

    mean, log_variance, noise : tensors of one shape
    returns a tensor of that shape
    """
    ### BEGIN SOLUTION
    return mean + torch.exp(0.5 * log_variance) * noise
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "reparametrize"}
check(reparametrize)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(reparametrize)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>What is the standard deviation, if the logarithm of the variance is known?</p>
# </details>
# <details><summary>The idea</summary>
# <p>The root of an exponential is the exponential of half the exponent.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>One line with <code>torch.exp</code>.</p>
# </details>

# %% [markdown]
# ### Demo: from a 4 to a 9
#
# The map of an autoencoder that was trained ahead (a plain one, as in section 6). Drag the ring over it, and see what
# the decoder makes of its place, and of fifteen codes that *your* `reparametrize` draws around it. **Before you
# start**: what do you expect between two regions?
#
# **Goal:** stand where all draws are a 4, and walk to where it turns into a 9, with no other digit on the way.

# %% tags=["demo"]
code_demo(reparametrize)

# %% [markdown]
# ### The loss
#
# What is the loss of a distribution? One wants the data to be likely under the model. That probability cannot be
# computed, but a bound can, and its negative is the loss (the derivation is in the paper). For a row it has two parts:
#
# $$ \underbrace{-\log p(x \mid z)}_{\text{how badly } z \text{ explains } x} \;+\;
#    \underbrace{\mathrm{KL}\bigl(N(\mu,\sigma^2)\,\|\,N(0,1)\bigr)}_{\text{how far its code is from the prior}} . $$
#
# *The first part.* The decoder gives a **score** $s$ for each pixel, and $p = 1/(1+e^{-s})$ is the probability that the
# pixel is 1, which is ink. So it is a sum of cross-entropies, one a pixel:
#
# $$ -\sum_{\text{pixels}} \bigl[x \log p + (1 - x)\log(1-p)\bigr] . $$
#
# (For black and white pixels this is a proper likelihood. Grey ones are used the same way, as is the custom; then it is
# not quite a likelihood, and never 0.) At a score of 1000, $1 - p$ is 0 to the last digit and its logarithm is
# infinite, so the formula must not be typed as it stands. Write it with the score itself: $\log(1-p) =
# -\log(1+e^s)$, the negative **softplus**, and $\log p = s - \log(1+e^s)$.
#
# *The second part* has a closed form for normal distributions, a sum over the entries of the code:
#
# $$ \tfrac12 \sum \bigl(\sigma^2 + \mu^2 - 1 - \log\sigma^2\bigr) . $$
#
# Both are **sums** within a row, and then rows are averaged. Whoever averages over pixels, or over the entries of the
# code, has changed the weight between the two parts without noticing. It is the commonest mistake with this loss.
#
# **By hand.** A score of 0 costs $\log 2 = 0.693$, whatever the pixel. A code entry with $\mu = 1$, $\sigma = 1$ costs
# $\tfrac12(1 + 1 - 1 - 0) = 0.5$; one with $\mu = 0$ and $\log\sigma^2 = -2$ costs $\tfrac12(0.135 + 0 - 1 + 2) =
# 0.568$; and $\mu = 0$, $\sigma = 1$ costs nothing.

# %% [markdown]
# ### Exercise 10 · `vae_loss`
#
# **Goal** · both parts, with the right weight. **Difficulty** ●●● · **about 12 minutes**
#
# The result must be finite and right for scores of ±1000. Functions of `torch` may be used. The sum over the rows
# instead of their mean is accepted and named (PyTorch's own example has it). Return one number; a plain one is accepted
# too, but cannot be trained with.

# %% nbgrader={"solution": true, "grade_id": "answer_vae_loss"}
def vae_loss(x, scores, mean, log_variance):
    """Loss of a variational autoencoder: the mean over the rows of cross-entropy and divergence.

    x : tensor of shape (n, d), pixels between 0 and 1
    scores : tensor of shape (n, d), what the decoder gives; a sigmoid makes probabilities of them
    mean, log_variance : tensors of shape (n, k), what the encoder gives
    returns a tensor without axes
    """
    ### BEGIN SOLUTION
    pixels = torch.nn.functional.softplus(scores) - x * scores
    entries = torch.exp(log_variance) + mean**2 - 1 - log_variance
    return (pixels.sum(dim=1) + 0.5 * entries.sum(dim=1)).mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "vae_loss"}
check(vae_loss)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(vae_loss)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Put $\log p = s - \log(1+e^s)$ and $\log(1-p) = -\log(1+e^s)$ into the cross-entropy. What is left?</p>
# </details>
# <details><summary>The idea</summary>
# <p>$\log(1 + e^s) - xs$ for each pixel. Add over the pixels, add the divergence over the entries of the code, and
# average over the rows at the very end.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p><code>torch.nn.functional.softplus</code> is $\log(1+e^s)$ and does not overflow.
# <code>binary_cross_entropy_with_logits</code> with <code>reduction="none"</code> is the same cross-entropy. Sums over
# <code>dim=1</code>, then <code>.mean()</code>.</p>
# </details>

# %% [markdown]
# A variational autoencoder 64-64-2-64-64, trained by your two functions, and pictures decoded from even places of the
# plane between $-2$ and $2$, where nearly all of the prior lies.

# %% tags=["demo"]
def variational_loss(coders, x, generator):
    mean, log_variance = coders.encode(x)[0].chunk(2, dim=1)
    code = reparametrize(mean, log_variance, torch.randn(mean.shape, generator=generator))
    return vae_loss(x, coders.decode(code)[0], mean, log_variance)


vae = train_coders(make_coders([64, 64, 2], seeds=[0], per_code=2), train.x, variational_loss, n_steps=2500)
mean, log_variance = vae.encode(test.x)[0].chunk(2, dim=1)
print(f"test digits: the means of the codes have the deviations {mean[:, 0].std():.2f} and {mean[:, 1].std():.2f}, "
      f"σ is {float((log_variance / 2).exp().mean()):.2f} on average")


def nearest_digit(pictures):
    """Mean distance of pictures to the nearest training digit."""
    return float(torch.cdist(pictures, train.x).amin(dim=1).mean())


drawn = torch.randn(500, 2, generator=torch.Generator().manual_seed(1))
own = bent_codes[0].mean(dim=0) + bent_codes[0].std(dim=0) * drawn
pictures = {
    "digits that were held out": test.x,
    "variational, codes drawn from N(0, 1)": vae.decode(drawn)[0].sigmoid(),
    "autoencoder 1 of section 6, codes drawn from N(0, 1)": bent.decode(drawn)[0],
    "the same, drawn with the mean and spread of its codes": bent.decode(own)[0],
}
print("mean distance to the nearest training digit:")
for name, drawing in pictures.items():
    print(f"  {name:55} {nearest_digit(drawing):.2f}")

ticks = torch.linspace(-2, 2, 13)
plane = torch.cartesian_prod(ticks.flip(0), ticks).flip(1)
framed = torch.nn.functional.pad(vae.decode(plane)[0].sigmoid().reshape(13, 13, 8, 8), (1, 1, 1, 1))
sheet = framed.transpose(1, 2).reshape(130, 130)
fig, ax = plt.subplots(figsize=(5.4, 5.4), layout="constrained")
ax.imshow(sheet, cmap="Greys", vmin=0, vmax=1, extent=(-2.17, 2.17, -2.17, 2.17))
ax.set(xlabel="first number of the code", ylabel="second number")
show(fig, "A sheet of 13 by 13 pictures, decoded from even places of the plane of codes. Every place shows a digit or "
     "something between two, and one turns into the next from place to place.")

# %% [markdown]
# The means of the codes have deviations near 1, so the prior is where the codes are. Codes drawn from it give pictures
# that are nearly as close to a training digit (1.16) as real digits are that were held out (1.06). An autoencoder
# without a prior gives something else with such codes (2.0). But be fair: draw its codes with *their own* mean and
# spread, and it is at 1.2. **The gain is a prior that one knows, and a plane without holes; not a sharper digit.**

# %% [markdown]
# ### Predict, then look
#
# The divergence may be multiplied by a weight $\beta$ in training ($\beta$-VAE, Higgins et al. 2017). With $\beta = 1$
# the loss is the bound. **Before you run the cell below**, write down what you expect:
#
# 1. $\beta = 0$: what becomes of $\sigma$, and of the divergence? Which kind of autoencoder is it then?
# 2. $\beta = 10$: what becomes of $\mu$ and $\sigma$, and what does the decoder draw?
# 3. For which use would you take which $\beta$, and how would you find out whether a code is any good?

# %% [markdown] nbgrader={"grade": true, "solution": true, "grade_id": "reflection_representations", "points": 3}
# ### BEGIN SOLUTION
# **1.** Noise only harms the copy, so σ goes towards 0, and nothing pays for it. The divergence becomes large, since
# −log σ² grows and the means spread as they like. It is a plain autoencoder again: good copies, and a plane in which
# one does not know where codes lie.
#
# **2.** The divergence costs more than any copy can gain. Every row gets μ = 0 and σ = 1, the divergence is 0, and the
# code says nothing about the row: the posterior has collapsed. The decoder ignores it and draws one and the same
# picture, the mean of all digits.
#
# **3.** A small β for copies or for features, if nothing is drawn from the prior. β = 1 for drawing, and where the
# bound itself is compared between models. Whether a code is good is told by what it is for: the error of a simple
# classifier on the codes, the error of the copy, or how drawn pictures look beside real ones, each on rows that were
# held out.
#
# *Rubric.* A point for each. 1: σ → 0 with the reason that only the copy counts (half for "a plain autoencoder" without
# σ). 2: collapse to μ = 0, σ = 1 with its reason (half for "the copies get worse"). 3: one use with a fitting β *and* a
# measure on held-out rows. *Example of a full answer to 2:* "KL = 0 for all rows, since each nat of it costs ten and
# saves less in the copy; so the decoder sees pure noise and gives the average digit." *Example of half:* "With a large
# weight the pictures get blurred."
# ### END SOLUTION

# %% tags=["demo"]
stored = stored_coders()
rows = len(test.x) if sums_over_rows(vae_loss) else 1  # a sum is divided by their number
print("   β     reconstruction   divergence   loss at weight 1   mean σ   deviation of μ   5-NN error of μ in %")
encoded, labels = stored.variational.encode(train.x), train.y
for number, weight in enumerate(stored.kl_weights):
    mean, log_variance = stored.variational.encode(test.x)[number].chunk(2, dim=1)
    noise = torch.randn(mean.shape, generator=torch.Generator().manual_seed(0))
    one = stored.variational.pick(number)
    scores = one.decode(reparametrize(mean, log_variance, noise))[0]
    still = torch.zeros_like(mean)  # μ = 0 and σ = 1 cost no divergence
    whole, copy = (float(vae_loss(test.x, scores, *code)) / rows for code in ((mean, log_variance), (still, still)))
    share = neighbour_errors(encoded[number, :, :2], labels, mean, test.y)
    print(f"{weight:5g} {copy:15.2f} {whole - copy:14.2f} {whole:16.2f} {float((log_variance / 2).exp().mean()):13.3f}"
          f" {float(mean.std()):12.2f} {share:18.1f}")

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>At 0, σ is 0.003 and the divergence 68: a plain autoencoder whose codes are spread as far as 6. At 10, μ = 0, σ = 1
# and the divergence is 0.00. The code says next to nothing: 80 % errors, where guessing has 90, since μ still moves a
# little, and neighbours do not mind how small a distance is. At 3 it has all but collapsed, and errs in 41 %.
# Weights from 0 to 1 make codes that serve the neighbours equally well, so the numbers in the last column do not
# choose among them. The loss at weight 1 does, since it asks for both at once: 24.4 at 1, and more on both sides. That
# is fair for drawing, and for comparing bounds. For copies take the least reconstruction, which a weight near 0 has;
# for a task with few labels, the weight whose codes do best at that task on rows that were held out.</p>
# </details>
#
# ### Demo: the weight of the divergence
#
# The same nets. A slider chooses the weight that a net was *trained* with; *your* `vae_loss` scores all of them as they
# are, at weight 1. **Before you move it**: at which end are the pictures of the plane sharper, and at which does the
# plane hold more of them?
#
# **Goal:** find the net with the lowest loss at weight 1 on digits that none of them has seen.

# %% tags=["demo"]
vae_demo(vae_loss)

# %% [markdown]
# ## Summary
#
# - A bump says how near a row is to a centre. k-means++ finds centres, the cluster its width (doubled for a fit), and
#   the rest is linear: two steps. In a third, everything moves along the gradient.
# - With enough bumps everything can be fitted. "Enough" may be very many, and grows with the number of dimensions.
# - An autoencoder copies through a bottleneck. A linear one finds the plane of the principal components; a bent one
#   does better with as few numbers.
# - The copy can be made hard in other ways: few active units, damaged rows, or codes that are drawn.
# - A variational autoencoder gives a mean and a log-variance for each row. Its loss is a sum over pixels and a sum over
#   the code, averaged over rows.
# - A representation is judged by what it is for.
#
# ## Sources
#
# - D. S. Broomhead, D. Lowe (1988). Multivariable functional interpolation and adaptive networks. *Complex Systems* 2.
# - H. Bourlard, Y. Kamp (1988). Auto-association by multilayer perceptrons and singular value decomposition.
#   *Biological Cybernetics* 59.
# - P. Baldi, K. Hornik (1989). Neural networks and principal component analysis. *Neural Networks* 2(1).
# - J. Moody, C. J. Darken (1989). Fast learning in networks of locally-tuned processing units. *Neural Computation*
#   1(2).
# - J. Park, I. W. Sandberg (1991). Universal approximation using radial-basis-function networks. *Neural Computation*
#   3(2).
# - F. Schwenker, H. A. Kestler, G. Palm (2001). Three learning phases for radial-basis-function networks. *Neural
#   Networks* 14.
# - G. E. Hinton, R. R. Salakhutdinov (2006). Reducing the dimensionality of data with neural networks. *Science* 313.
# - D. Arthur, S. Vassilvitskii (2007). k-means++: the advantages of careful seeding. *SODA*.
# - Y. Bengio, P. Lamblin, D. Popovici, H. Larochelle (2007). Greedy layer-wise training of deep networks. *NIPS 19*.
# - P. Vincent, H. Larochelle, Y. Bengio, P.-A. Manzagol (2008). Extracting and composing robust features with denoising
#   autoencoders. *ICML*.
# - A. Ng (2011). Sparse autoencoder. *CS294A lecture notes*.
# - S. Rifai, P. Vincent, X. Muller, X. Glorot, Y. Bengio (2011). Contractive auto-encoders. *ICML*.
# - D. P. Kingma, M. Welling (2014). Auto-encoding variational Bayes. *ICLR*.
# - I. Goodfellow, Y. Bengio, A. Courville (2016). *Deep learning*, chapter 14. MIT Press.
# - I. Higgins et al. (2017). β-VAE: learning basic visual concepts with a constrained variational framework. *ICLR*.
