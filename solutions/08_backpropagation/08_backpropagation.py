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
# # 8 · Backpropagation
#
# A network has a million weights. How does its loss react to each of them? You could move one weight a little, run the
# network again and look at what has changed. A million weights would take a million runs, for a single step of descent.
# Backpropagation needs about as long as three. How can that be?
#
# **After this lesson you can**
#
# 1. add up the effects along all paths of a graph without walking them one by one;
# 2. say when to multiply Jacobians from the input's side, and when from the output's;
# 3. write the backward pass of a dense network, and check it by differences;
# 4. tell sixteen activation functions by their slopes;
# 5. pair an output unit with its loss, and predict how a gradient shrinks or grows through thirty layers.
#
# Ten exercises, about 130 minutes, and as much to read and to try out. You need gradients (lesson 0), the softmax and
# its loss (lesson 1) and matrix products. Lessons 9 and 12 build on this one.
#
# **For all exercises**: no function changes its arguments, and each call depends on its arguments alone. Tensors hold
# floating point numbers, labels whole ones, and what you return has the type of the floating ones. Write the
# derivatives yourself: that is what this lesson is for. In exercises 1, 4, 5, 7, 8 and 9 an answer that leaves the work
# to `torch.autograd` is accepted as well, and is pointed out to whoever marks.

# %% nbgrader={"locked": true, "grade_id": "setup"}
import math
from itertools import pairwise

import matplotlib.pyplot as plt
import torch
from steepest import check, data
from steepest.activations import activation
from steepest.callables import tanh_energy
from steepest.demos.backpropagation import gradient_check_demo, graph_demo, slope_demo
from steepest.dense import fit, make_nets
from steepest.figures import show
from steepest.plots import line_style, plot_band, plot_curves

torch.set_num_threads(1)  # with tensors this small, threads cost more than they gain

# %% [markdown]
# ## 1 · A graph of small functions
#
# Every loss is built from small functions whose derivatives are in a table. Take
#
# $$y_3 = y_1 e^{y_2}, \qquad y_4 = y_2 e^{y_1}, \qquad y = y_3\, y_4 .$$
#
# Draw a node for every quantity, and an arrow from each to those that are computed from it. On every arrow stands a
# **slope**: how fast the node at its end changes with the one at its start, *while its other inputs stand still*. At
# $y_1 = 1$, $y_2 = 2$ there are six of them, for instance
# $\partial y_3/\partial y_1 = e^{y_2} = 7.39$.

# %% nbgrader={"locked": true, "grade_id": "example"}
def example_graph(y1, y2):
    """The graph above as a list of edges (start, end, slope); the nodes y₁, y₂, y₃, y₄, y have the numbers 0 to 4."""
    y3, y4 = y1 * math.exp(y2), y2 * math.exp(y1)
    return [
        (0, 2, math.exp(y2)), (1, 2, y3), (0, 3, y4), (1, 3, math.exp(y1)),
        (2, 4, y4), (3, 4, y3),
    ]


edges = example_graph(1.0, 2.0)

# %% tags=["demo"]
NAMES, PLACES = ["y₁", "y₂", "y₃", "y₄", "y"], [(0, 1), (0, 0), (1, 1), (1, 0), (2, 0.5)]
fig, ax = plt.subplots(figsize=(7, 2.9), layout="constrained")
for begin, to, slope in edges:
    (x0, y0), (x1, y1) = PLACES[begin], PLACES[to]
    ax.annotate("", (x1, y1), (x0, y0), arrowprops={"arrowstyle": "->", "shrinkA": 17, "shrinkB": 17, "color": "0.35"})
    share = 0.27 if y0 != y1 and to != 4 else 0.5
    ax.text(x0 + share * (x1 - x0), y0 + share * (y1 - y0), f"{slope:.2f}", ha="center", va="center", fontsize=10,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5})
for name, (x, y) in zip(NAMES, PLACES, strict=True):
    ax.plot(x, y, "o", markersize=30, markerfacecolor="white", markeredgecolor="black")
    ax.text(x, y, name, ha="center", va="center", fontsize=12)
ax.set(xlim=(-0.25, 2.25), ylim=(-0.35, 1.35))
ax.set_axis_off()
show(
    fig,
    "A graph of five nodes. Arrows lead from y1 and from y2 to both y3 and y4, and from these to y. The slopes on"
    " them are 7.39, 7.39, 5.44 and 2.72 in the first half, and 5.44 and 7.39 in the second.",
)

# %% [markdown]
# ### By hand
#
# Move $y_1$ by a tiny $\varepsilon$. Then $y_3$ moves by $7.39\,\varepsilon$, and through it $y$ by
# $5.44 \cdot 7.39\,\varepsilon = 40.17\,\varepsilon$. But $y_4$ moves as well, by $5.44\,\varepsilon$, and through it
# $y$ by another $7.39 \cdot 5.44\,\varepsilon = 40.17\,\varepsilon$. Both happen at once, so
#
# $$\frac{\partial y}{\partial y_1} = 5.44 \cdot 7.39 + 7.39 \cdot 5.44 = 80.34 .$$
#
# **Along a path slopes multiply; different paths add.** That is the chain rule for any graph: the derivative of the
# last node is the sum, over all paths that lead to it, of the product of the slopes on each.

# %% [markdown]
# ## 2 · Too many paths
#
# In our example two paths lead from $y_1$ to $y$. A network of $m$ layers with $N$ units each has $N^m$ paths from one
# input to one output: with 100 units and five layers, ten billion. Nobody walks them.
#
# There is a shorter way. Call $\bar y_i = \partial y/\partial y_i$ the **gradient** of node $i$. Whatever comes out
# of a node passes through one of its edges, so
#
# $$\bar y_i = \sum_{\text{edges } i \to j} \frac{\partial y_j}{\partial y_i}\; \bar y_j,
# \qquad \bar y_{\text{last}} = 1 .$$
#
# Who knows the gradients of all nodes behind an edge needs no path any more. Begin at the last node and go backwards:
# each edge is used **once**. That is the whole idea of *reverse accumulation*, which Linnainmaa published in 1970 to
# follow rounding errors, and which Rumelhart, Hinton and Williams made known in 1986 under the name backpropagation.

# %% [markdown]
# ### Exercise 1 · `graph_gradient`
#
# **Goal** · the derivative of the last node with respect to each node. **Difficulty** ●●● · **about 15 minutes**
#
# `edges` holds tuples `(start, end, slope)` **in any order**, two plain ints and a plain float, with `start < end` and
# at most one edge for a pair of nodes. Nodes have the numbers $0$ to $n - 1$; the last one is $n - 1$, and its entry
# is 1. A node that does not reach the last one has the gradient 0, and $n$ may be 1; then there is no edge. Return
# $n$ floats in a list; a tensor of them is accepted too.
#
# One of the checks is a ladder of sixty rungs with $2.5 \cdot 10^{12}$ paths. If a check does not come back within a
# second, your function walks paths: interrupt it with the button ■.

# %% nbgrader={"solution": true, "grade_id": "answer_graph_gradient"}
def graph_gradient(edges, n):
    """Derivatives of the last node with respect to every node of a graph.

    edges : list of (start, end, slope), start < end, in any order
    n : number of nodes; they are called 0 … n − 1
    returns a list of n floats
    """
    ### BEGIN SOLUTION
    leaving = [[] for _ in range(n)]
    for start, end, slope in edges:
        leaving[start].append((end, slope))
    gradient = [0.0] * n
    gradient[n - 1] = 1.0
    for node in range(n - 2, -1, -1):
        gradient[node] = sum(slope * gradient[end] for end, slope in leaving[node])
    return gradient
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "graph_gradient"}
check(graph_gradient)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(graph_gradient)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Of which node do you know the gradient at once? And when is a node's gradient complete, so that others may use
# it?</p>
# </details>
# <details><summary>The idea</summary>
# <p>Edges lead from smaller numbers to larger ones. So go through the nodes from the last to the first: when a node's
# turn comes, everything that it leads to is finished.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>A list of zeros with a 1 at its end; a loop over the nodes, backwards; in it a loop over the edges that end there,
# which add to the gradient of their start: <code>gradient[start] += …</code>. Mind the plus.</p>
# </details>

# %% [markdown]
# The example once more, now by your function. And with all slopes 1 every path weighs 1, so that the gradient *counts*
# the paths: here for ladders, in which each node leads to the next and to the one after it.

# %% tags=["demo"]
print("gradients of y₁, y₂, y₃, y₄, y:", [round(float(value), 2) for value in graph_gradient(edges, 5)])
print(f"by calculus: ∂y/∂y₁ = 4e³ = {4 * math.exp(3):.2f}, ∂y/∂y₂ = 3e³ = {3 * math.exp(3):.2f}")
print("\nrungs   edges   paths")
for rungs in (5, 10, 20, 40, 60):
    ladder = [(i, i + stride, 1.0) for i in range(rungs + 1) for stride in (1, 2) if i + stride <= rungs]
    print(f"{rungs:5d}  {len(ladder):6d}   {float(graph_gradient(ladder, rungs + 1)[0]):.3g}")

# %% [markdown]
# 119 edges stand for 2.5 million million paths.
#
# ### Paths can cancel
#
# The graph again, at any place $(y_1, y_2)$: drag the ring on the map, or move the sliders. *Step* is the sweep of
# your `graph_gradient`, from $y$ back to the inputs, an edge at a time; press an edge to cut it, and once more to
# mend it. **Before you move anything**, say what must hold for two paths so that the derivative along $y_1$ is zero,
# although neither of them is.
#
# **Goal:** find such a place. Both paths from $y_1$ to $y$ shall count for at least 1, in size, and cancel.

# %% tags=["demo"]
graph_demo(graph_gradient)

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>The two paths count for $y_2 e^{y_1 + y_2}$ and $y_1 y_2 e^{y_1 + y_2}$. They cancel where $y_1 = -1$: a small step
# along $y_1$ then makes $y_4$ larger and $y_3$, which is negative, smaller in size, in just such measure that their
# product stays. With $y_1 = -1$ and $y_2 \ge 1$ both are at least 1. Whoever sets <code>=</code> in the place of
# <code>+=</code> sees one path alone, and nothing cancels. That slip stood in the first lines of many a hand-written
# autograd.</p>
# </details>

# %% [markdown]
# ## 3 · Forward or reverse?
#
# A network is a chain: layer after layer, with the Jacobians $J_1, \dots, J_L$. The chain rule multiplies them,
#
# $$J = J_L\, J_{L-1} \cdots J_2\, J_1, \qquad J_\ell \text{ of shape } (n_\ell \times n_{\ell-1}) .$$
#
# The product does not depend on where you begin. The **cost** does. An $(a \times b)$ matrix times a $(b \times c)$
# matrix takes $a\,b\,c$ multiplications.
#
# - *Forward mode* begins at the input, from the right: $J_2 J_1$ first, then $J_3 (J_2 J_1)$, … Each intermediate
#   product keeps the $n_0$ columns of the inputs.
# - *Reverse mode* begins at the output, from the left: $J_L J_{L-1}$ first, then $(J_L J_{L-1}) J_{L-2}$, … Each keeps
#   the $n_L$ rows of the outputs.
#
# **By hand**, for the sizes $3 \to 2 \to 4 \to 1$: forward $4\cdot2\cdot3 + 1\cdot4\cdot3 = 36$ multiplications,
# reverse $1\cdot4\cdot2 + 1\cdot2\cdot3 = 14$.

# %% [markdown]
# ### Exercise 2 · `chain_costs`
#
# **Goal** · the multiplications that either direction takes. **Difficulty** ●● · **about 8 minutes**
#
# `sizes` holds $n_0, n_1, \dots, n_L$. Return two whole numbers, forward first. A single layer needs no product: both
# are 0. (Who begins each direction with an identity matrix counts one product more on each side. That is accepted.)

# %% nbgrader={"solution": true, "grade_id": "answer_chain_costs"}
def chain_costs(sizes):
    """Multiplications for the product of a chain's Jacobians, begun at either end.

    sizes : list of int, n_0 … n_L, from the input to the output
    returns (forward, reverse)
    """
    ### BEGIN SOLUTION
    layers = [below * above for below, above in pairwise(sizes)]
    return sizes[0] * sum(layers[1:]), sizes[-1] * sum(layers[:-1])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "chain_costs"}
check(chain_costs)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(chain_costs)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Write the shapes of the matrices beside each other. Which size is in every product of the forward direction?</p>
# </details>
# <details><summary>The idea</summary>
# <p>Forward, the intermediate product has $n_0$ columns throughout, and meets the layers $2, \dots, L$: each costs
# $n_\ell\, n_{\ell-1}\, n_0$. Reverse is the mirror image, with $n_L$ and the layers $1, \dots, L-1$.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>A list of $n_\ell\, n_{\ell-1}$, one entry a layer; its sum without the first, and its sum without the last.
# <code>pairwise(sizes)</code> gives neighbours.</p>
# </details>

# %% tags=["demo"]
print("sizes                          forward      reverse")
for sizes in ([3, 2, 4, 1], [1000, 100, 100, 100, 1], [1, 100, 100, 100, 1000], [100, 100, 100, 100]):
    forward, reverse = chain_costs(sizes)
    print(f"{' → '.join(map(str, sizes)):28s}{int(forward):10,d}  {int(reverse):11,d}")

# %% [markdown]
# A loss is *one* number that depends on very many, so reverse mode wins, in the second line by a factor of
# 168. Where few numbers go in and many come out, it is the other way round. (The best order of all
# may begin in the middle; to find it for any graph is a hard problem, NP-complete; Naumann 2008.)
#
# In practice nobody builds the Jacobians. Forward mode sends one *direction* $v$ up beside the values, $J v$: each
# line of the program gets a second one, which says how fast its value changes. That is one column of $J$ for each
# pass. Reverse mode sends one *gradient* $u$ back, $J^\top u$: one row. Here both find the gradient of the same
# function of 200 numbers, $\tfrac12\|\tanh(M x)\|^2$.

# %% tags=["demo"]
matrix = torch.randn(50, 200, generator=torch.Generator().manual_seed(3), dtype=torch.float64) / 10
point = torch.randn(200, generator=torch.Generator().manual_seed(4), dtype=torch.float64)


def energy_along(x, v):
    z, z_moves = matrix @ x, matrix @ v
    h, h_moves = torch.tanh(z), (1 - torch.tanh(z) ** 2) * z_moves
    return h.square().sum() / 2, (h * h_moves).sum()


columns = torch.stack([energy_along(point, direction)[1] for direction in torch.eye(200, dtype=torch.float64)])
leaf = point.clone().requires_grad_()
(gradient,) = torch.autograd.grad(tanh_energy(matrix)(leaf), leaf)
print(f"forward mode: {len(columns)} passes, reverse mode: 1 pass")
print(f"largest difference between the two gradients: {(columns - gradient).abs().max():.0e}")

# %% [markdown]
# One pass of reverse mode costs a small multiple of the evaluation itself, whatever the number of inputs: two to
# three times as a rule, and less than six times always, if one counts operations (Griewank and Walther 2008; Baydin
# et al. 2018). It has its price in **memory**: slopes are needed in reverse, so what they are computed from must be
# kept until then.

# %% [markdown]
# ## 4 · Trust, but take differences
#
# A wrong gradient seldom crashes. It trains, only worse. So every gradient that is written by hand is compared with one
# that is too simple to be wrong: nudge, run, and look.
#
# To one side, $\frac{f(x + \varepsilon) - f(x)}{\varepsilon} = f'(x) + \tfrac12 f''(x)\,\varepsilon + \dots$ has an
# error in proportion to $\varepsilon$. To **both sides** the even terms cancel,
#
# $$\frac{f(x + \varepsilon) - f(x - \varepsilon)}{2\varepsilon} = f'(x) + \tfrac16 f'''(x)\,\varepsilon^2 + \dots$$
#
# **By hand**: $f(x) = x^3$ at $x = 1$ with $\varepsilon = 0.1$. To one side $(1.331 - 1)/0.1 = 3.31$; to both
# $(1.331 - 0.729)/0.2 = 3.01$. The slope is 3.

# %% [markdown]
# ### Exercise 3 · `numerical_gradient`
#
# **Goal** · central differences, one entry at a time. **Difficulty** ●● · **about 10 minutes**
#
# `f` maps a tensor of the shape of `x` to a tensor without axes; `x` has any shape, or no axes. Move a single entry by
# `eps` to *each side*, the others staying where they are, and return a tensor of the shape and type of `x`, without
# axes where `x` has none. Use values of `f` alone: here `autograd` is no answer. A check that leans on what it checks
# checks nothing.

# %% nbgrader={"solution": true, "grade_id": "answer_numerical_gradient"}
def numerical_gradient(f, x, *, eps):
    """Gradient of f at x by central differences.

    f : maps a tensor like x to a tensor without axes
    x : tensor of any shape
    eps : step to each side
    returns a tensor of the shape and type of x
    """
    ### BEGIN SOLUTION
    gradient = torch.zeros_like(x)
    for place in range(x.numel()):
        nudge = torch.zeros_like(x)
        nudge.view(-1)[place] = eps
        gradient.view(-1)[place] = (f(x + nudge) - f(x - nudge)) / (2 * eps)
    return gradient
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "numerical_gradient"}
check(numerical_gradient)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(numerical_gradient)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>How far apart are the two points at which you evaluate? And how do you move one entry of a tensor whose shape you
# do not know?</p>
# </details>
# <details><summary>The idea</summary>
# <p>Make a tensor of zeros like $x$ with $\varepsilon$ in one place, and evaluate at $x$ plus and $x$ minus this
# nudge. Divide by $2\varepsilon$. Do so for every place.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>A loop over <code>range(x.numel())</code>; <code>nudge.view(-1)[place] = eps</code> sets an entry of a tensor as
# if it were one long row. Collect the slopes in a tensor like $x$ in the same way.</p>
# </details>

# %% [markdown]
# ### Which ε?
#
# A smaller $\varepsilon$ makes the formula better and the subtraction worse: two numbers that are nearly equal lose
# their leading digits, so that rounding, of size $u\,|f|$, is divided by $\varepsilon$. Altogether the error is about
#
# $$\tfrac16 |f'''|\,\varepsilon^2 + \frac{u\,|f|}{\varepsilon}, \qquad\text{smallest near}\qquad
# \varepsilon \approx \sqrt[3]{3u\,|f|/|f'''|}, $$
#
# where $u$ is about $10^{-16}$ in float64 and $6 \cdot 10^{-8}$ in float32. If $f$ and $f'''$ are near 1, that is
# $7 \cdot 10^{-6}$ and $6 \cdot 10^{-3}$. **Before you run the cell**, say what happens in float32 with
# $\varepsilon = 10^{-6}$, a step that looks wonderfully small.

# %% tags=["demo"]
matrix = 0.3 * torch.randn(30, 20, generator=torch.Generator().manual_seed(8), dtype=torch.float64)
point = torch.randn(20, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
values = torch.tanh(matrix @ point)
exact = matrix.T @ (values * (1 - values**2))
steps = [10.0**-power for power in range(1, 13)]


def to_one_side(f, x, *, eps):
    return torch.stack([(f(x + eps * unit) - f(x)) / eps for unit in torch.eye(len(x), dtype=x.dtype)])


errors = {}
for label, method, dtype in (
    ("both sides, float64", numerical_gradient, torch.float64),
    ("both sides, float32", numerical_gradient, torch.float32),
    ("one side, float64", to_one_side, torch.float64),
):
    f, x = tanh_energy(matrix.to(dtype)), point.to(dtype)
    errors[label] = [float((method(f, x, eps=eps).double() - exact).norm() / exact.norm()) for eps in steps]
fig, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
plot_curves(errors, ax=ax, x=steps, xlabel="ε", ylabel="relative error of the gradient", log_x=True, log_y=True)
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
show(
    fig,
    "Relative error of a numerical gradient over the step, on logarithmic axes. Each curve falls to a minimum and"
    " rises again: both sides in float64 lowest near 1e-5, both sides in float32 near 1e-2, one side in float64 "
    "near 1e-7.",
)
for label, found in errors.items():
    best = min(range(len(steps)), key=found.__getitem__)
    print(f"{label}: best ε {steps[best]:.0e} with an error of {found[best]:.0e}, at ε = 1e-06 {found[5]:.0e}")

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>In float64 the best step is $10^{-5}$, with an error near $10^{-10}$. In float32 it is $10^{-2}$, with an error
# a little under $10^{-4}$; at $10^{-6}$ more rounding than slope is left, and the gradient is wrong by half or more.
# To one side nothing better than about $10^{-8}$ can be had, at $10^{-7}$. So check in float64, with
# $\varepsilon = 10^{-5}$ and to both sides, and ask for a relative error below $10^{-6}$.</p>
# </details>

# %% [markdown]
# ## 5 · One dense layer
#
# A layer takes $n$ rows $x$, (n, in), and computes with weights $W$, (out, in), and biases $b$, (out,)
#
# $$z = x\,W^\top + b .$$
#
# From above comes $G = \partial L/\partial z$, of the shape of $z$. **Shapes decide the rest**: a gradient has the
# shape of what it belongs to, and there is only one way to multiply to it.
#
# | gradient | shape | formula | why |
# |---|---|---|---|
# | of $x$ | (n, in) | $G\,W$ | input $j$ collects from all units that it feeds |
# | of $W$ | (out, in) | $G^\top x$ | weight $W_{ij}$ serves every row: add $G_{ri}\,x_{rj}$ over the rows $r$ |
# | of $b$ | (out,) | sum of $G$ over the rows | so does the bias, with 1 in the place of $x$ |
#
# **By hand**, one row and one unit: $x = (2, -1)$, $W = (3, 5)$, $b = 0$, so $z = 1$. With $G = 4$ the gradient of
# $x$ is $4 \cdot (3, 5) = (12, 20)$, that of $W$ is $4 \cdot (2, -1) = (8, -4)$, and that of $b$ is 4.

# %% [markdown]
# ### Exercise 4 · `dense_backward`
#
# **Goal** · all three gradients of a dense layer. **Difficulty** ●● · **about 8 minutes**
#
# Rows are **added**, not averaged: a mean over the batch, if there is one, is part of the loss and so is in `grad_out`
# already.

# %% nbgrader={"solution": true, "grade_id": "answer_dense_backward"}
def dense_backward(grad_out, x, weight):
    """Gradients of a dense layer z = x Wᵀ + b.

    grad_out : tensor (n, out), the gradient with respect to z
    x : tensor (n, in), what went into the layer
    weight : tensor (out, in)
    returns grad_x (n, in), grad_weight (out, in), grad_bias (out,)
    """
    ### BEGIN SOLUTION
    return grad_out @ weight, grad_out.T @ x, grad_out.sum(dim=0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "dense_backward"}
check(dense_backward)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(dense_backward)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Write down the shapes of <code>grad_out</code>, <code>x</code> and <code>weight</code>. Which two of them, in which
# order and turned which way, give (n, in)?</p>
# </details>
# <details><summary>The idea</summary>
# <p>The weights took the inputs up to the units, and take the gradient from the units back down to the inputs. Each
# weight was used by every row, so its gradient is a sum over rows; a matrix product does that by itself.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>Two matrix products, one of them with a <code>.T</code> on its first factor, and one <code>.sum(dim=0)</code>.</p>
# </details>

# %% [markdown]
# Your second function checks your first: the loss is $\tfrac12\|\tanh z\|^2$, so that $G = \tanh z\,(1 - \tanh^2 z)$.

# %% tags=["demo"]
random = torch.Generator().manual_seed(5)
x, weight, bias = (torch.randn(*shape, generator=random, dtype=torch.float64) for shape in ((6, 4), (3, 4), (3,)))


def loss_of(x, weight, bias):
    return torch.tanh(x @ weight.T + bias).square().sum() / 2


out = torch.tanh(x @ weight.T + bias)
by_you = dense_backward(out * (1 - out**2), x, weight)
by_differences = (
    numerical_gradient(lambda t: loss_of(t, weight, bias), x, eps=1e-5),
    numerical_gradient(lambda t: loss_of(x, t, bias), weight, eps=1e-5),
    numerical_gradient(lambda t: loss_of(x, weight, t), bias, eps=1e-5),
)
for name, yours, numerical in zip(("x", "weight", "bias"), by_you, by_differences, strict=True):
    error = (yours - numerical).norm() / (yours.norm() + numerical.norm())
    print(f"gradient of {name:6s} {tuple(yours.shape)!s:7s} relative error {error:.0e}")

# %% [markdown]
# ## 6 · Activations, old and new
#
# Without activations a stack of layers is one linear map. With almost any other function between them, one wide
# hidden layer can come close to every continuous function on a bounded region (Cybenko 1989 showed it for sigmoids).
# So all of the following *can* do it. What sets them apart for training is their **slope**, for a gradient is
# multiplied by it in every layer.
#
# | name | function | slope | made known by |
# |---|---|---|---|
# | identity | $x$ | 1 | |
# | step | 1 where $x > 0$, else 0 | 0 | McCulloch and Pitts 1943 |
# | sigmoid | $\sigma(x) = 1/(1 + e^{-x})$ | $\sigma(1 - \sigma)$ | |
# | tanh | $(e^x - e^{-x})/(e^x + e^{-x})$ | $1 - \tanh^2 x$ | |
# | Soboleva's tanh | $(e^{ax} - e^{-bx})/(e^{cx} + e^{-dx})$ | quotient rule | Soboleva and Beskorovainyi 2008 |
# | ReLU | $\max(0, x)$ | 1 above 0, 0 below | Nair and Hinton 2010 |
# | leaky ReLU | $x$ above 0, $0.01\,x$ below | 1 and 0.01 | Maas et al. 2013 |
# | PReLU | $x$ above 0, $a x$ below, $a$ learned | 1 and $a$ | He et al. 2015 |
# | ELU | $x$ above 0, $e^x - 1$ below | 1 and $e^x$ | Clevert et al. 2016 |
# | SELU | $\lambda x$, or $\lambda\alpha(e^x - 1)$ below 0 | $\lambda$, $\lambda\alpha e^x$ | Klambauer et al. 2017 |
# | GELU | $x\,\Phi(x)$ | $\Phi(x) + x\,\phi(x)$ | Hendrycks and Gimpel 2016 |
# | SiLU, swish | $x\,\sigma(x)$ | $\sigma + x\,\sigma(1 - \sigma)$ | the same, Ramachandran et al. 2017 |
# | softplus | $\log(1 + e^x)$ | $\sigma(x)$ | Dugas et al. 2001 |
# | Gaussian | $e^{-x^2}$ | $-2x\,e^{-x^2}$ | |
# | softmax | $e^{x_i}/\sum_j e^{x_j}$, of a row | section 7 | Bridle 1990 |
# | maxout | the largest of several linear pieces | that of the piece | Goodfellow et al. 2013 |
#
# $\Phi$ is the normal distribution function, $\Phi(x) = \tfrac12(1 + \operatorname{erf}(x/\sqrt2))$, and
# $\phi(x) = e^{-x^2/2}/\sqrt{2\pi}$ its density. SELU's constants are $\lambda = 1.0507009873554805$ and
# $\alpha = 1.6732632423543772$: with weights of variance $1/n$ they draw the outputs of a deep network towards
# mean 0 and variance 1. A step has no slope to follow, so it cannot be trained by descent. ELU stays above $-1$ and
# softplus above 0, but both come as close as you like. Soboleva's function stays between $-1$ and 1 if
# $a \le c$ and $b \le d$.
#
# **By hand**, the sigmoid at $x = 0$: $\sigma = \tfrac12$, slope $\tfrac12 \cdot \tfrac12 = \tfrac14$, and it is
# nowhere steeper. At $x = 5$: $\sigma = 0.9933$, slope $0.9933 \cdot 0.0067 = 0.0066$.

# %% [markdown]
# ### Exercise 5 · `activation_slope`
#
# **Goal** · the slope of ten activations. **Difficulty** ●●● · **about 20 minutes**
#
# `name` is one of `"sigmoid"`, `"tanh"`, `"ReLU"`, `"leaky ReLU"` (0.01 below 0), `"ELU"` ($\alpha = 1$), `"SELU"`,
# `"GELU"`, `"SiLU"`, `"softplus"` and `"Gaussian"` ($e^{-x^2}$). Give a tensor of the shape and type of `x`. At kinks
# nothing is asked. For $|x|$ up to $10\,000$ the slopes must be **finite**, also in float32, where $e^x$ is `inf` from
# 89 on; and $0 \cdot \infty$ is `nan`.
#
# Three other conventions are accepted as well, each or together: GELU by its approximation $\tfrac12 x\,\bigl(1 +
# \tanh(\sqrt{2/\pi}\,(x + 0.044715\,x^3))\bigr)$, SELU's constants rounded to 1.0507 and 1.67326, and the Gaussian
# $e^{-x^2/2}$. The activations themselves are in `steepest.activations`: `activation("GELU")(x)`.

# %% nbgrader={"solution": true, "grade_id": "answer_activation_slope"}
def activation_slope(name, x):
    """Derivative of an activation function.

    name : "sigmoid", "tanh", "ReLU", "leaky ReLU", "ELU", "SELU", "GELU", "SiLU", "softplus" or "Gaussian"
    x : tensor of any shape
    returns a tensor of the same shape and type
    """
    ### BEGIN SOLUTION
    s, e = torch.sigmoid(x), torch.exp(x)
    if name == "sigmoid":
        return s * (1 - s)
    if name == "tanh":
        return 1 - torch.tanh(x) ** 2
    if name == "ReLU":
        return (x > 0).to(x)
    if name == "leaky ReLU":
        return torch.where(x > 0, 1.0, 0.01).to(x)
    if name == "ELU":
        return torch.where(x > 0, 1.0, e)  # chosen, not multiplied: e may be inf above 0
    if name == "SELU":
        return 1.0507009873554805 * torch.where(x > 0, 1.0, 1.6732632423543772 * e)
    if name == "GELU":
        density = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        return (1 + torch.erf(x / math.sqrt(2))) / 2 + x * density
    if name == "SiLU":
        return s + x * s * (1 - s)
    if name == "softplus":
        return s
    return -2 * x * torch.exp(-(x**2))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "activation_slope"}
check(activation_slope)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(activation_slope)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Which of the ten slopes can be written by the function's own value? Which of the functions are products, so that
# their slopes have two terms?</p>
# </details>
# <details><summary>The idea</summary>
# <p>The table above has all ten. Where a function has two branches, compute both and <em>choose</em> one, entry by
# entry. To multiply each by 0 or 1 and add them is not the same: where the exponential is infinite, 0 times it is not
# 0.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>An <code>if</code> for each name. <code>torch.sigmoid</code>, <code>torch.tanh</code> and <code>torch.erf</code>
# never overflow; <code>torch.where(x &gt; 0, …, …)</code> chooses entry by entry; <code>.to(x)</code> gives numbers the
# type of <code>x</code>.</p>
# </details>

# %% [markdown]
# Here are all sixteen, with their slopes: your own where the exercise asked for them. The softmax is shown for the
# first of two scores, the other being 0, and maxout with three pieces.

# %% tags=["demo"]
def soboleva(x, a=0.9, b=0.7, c=1.0, d=1.0):
    return (torch.exp(a * x) - torch.exp(-b * x)) / (torch.exp(c * x) + torch.exp(-d * x))


def three_pieces(x):
    return torch.stack([-0.8 * x - 1.4, 0.3 * x, x - 0.8]).amax(dim=0)


OTHERS = {
    "identity": lambda x: x,
    "step": lambda x: (x > 0).to(x) + 0 * x,
    "Soboleva tanh": soboleva,
    "PReLU, a = 0.25": lambda x: torch.where(x > 0, x, 0.25 * x),
    "softmax of (x, 0)": lambda x: torch.softmax(torch.stack([x, torch.zeros_like(x)]), dim=0)[0],
    "maxout": three_pieces,
}
STEEPEST = ("sigmoid", "tanh", "GELU", "SiLU", "Gaussian")  # places where a slope is largest that are worth a look
ORDER = ["identity", "step", "sigmoid", "tanh", "Soboleva tanh", "ReLU", "leaky ReLU", "PReLU, a = 0.25", "ELU", "SELU",
         "GELU", "SiLU", "softplus", "Gaussian", "softmax of (x, 0)", "maxout"]


def value_and_slope(name, x):
    if name not in OTHERS:
        return activation(name)(x), activation_slope(name, x)
    leaf = x.clone().requires_grad_()
    value = OTHERS[name](leaf)
    return value.detach(), torch.autograd.grad(value.sum(), leaf)[0]


across = torch.linspace(-3.505, 3.5, 702, dtype=torch.float64)
fig, axes = plt.subplots(4, 4, figsize=(10, 8), sharex=True, sharey=True, layout="constrained")
for ax, name in zip(axes.flat, ORDER, strict=True):
    value, slope = value_and_slope(name, across)
    jump = slope.diff().abs() > 0.1  # a kink is drawn as a gap and not as a wall
    ax.axhline(0, color="0.8", linewidth=0.7)
    ax.plot(across, value, **line_style(0) | {"marker": ""}, label="function")
    ax.plot(across[1:], torch.where(jump, torch.nan, slope[1:]), **line_style(1) | {"marker": ""}, label="slope")
    ax.set_title(name, fontsize=10)
axes[0, 0].set(ylim=(-1.9, 2.4), xlim=(-3.5, 3.5))
for ax in axes[-1]:
    ax.set_xlabel("x")
fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False)
show(
    fig,
    "Sixteen small panels, each an activation function as a solid line and its slope as a dashed line, from -3.5 "
    "to 3.5. The slopes of sigmoid, tanh and Gaussian fall to 0 on both sides, those of the ReLU family are near "
    "1 on the right, and that of the step is 0 throughout.",
)

print("slope                   at −3      at 0⁺      at 3   largest")
places = torch.tensor([-3.0, 1e-9, 3.0], dtype=torch.float64)
for name in ORDER:
    slopes, (_, slope) = value_and_slope(name, places)[1].tolist(), value_and_slope(name, across)
    told = "".join(f"{number:10.4f}" for number in slopes)
    where = f"  near x = {across[slope.argmax()]:.2f}" if name in STEEPEST else ""
    print(f"{name:18s}{told}{slope.max():10.4f}{where}")

# %% [markdown]
# Look at the right end of each panel. Sigmoid and tanh **saturate**: far from 0 on either side their slope is nearly
# 0, and with it the gradient. The ReLU and its younger relatives keep a slope near 1 for positive sums. GELU and SiLU
# are steeper than 1 in places, at most 1.13 and 1.10. SELU jumps at 0, from $\lambda\alpha = 1.76$ to
# $\lambda = 1.05$.
#
# ### Maxout
#
# A maxout unit learns its activation: it computes several linear pieces and passes on the largest. With the pieces
# $0$ and $x$ it is a ReLU, and with more it can imitate any convex function. The price is weights: $k$ pieces take $k$
# times as many.

# %% [markdown]
# ### Exercise 6 · `maxout`
#
# **Goal** · a layer of maxout units. **Difficulty** ●● · **about 8 minutes**
#
# `weight` is (pieces, out, in) and `bias` (pieces, out): every unit has so many pieces, each with weights and a bias of
# its own. For each example and each unit give the largest of its pieces, (n, out).

# %% nbgrader={"solution": true, "grade_id": "answer_maxout"}
def maxout(x, weight, bias):
    """A layer of maxout units.

    x : tensor (n, in)
    weight : tensor (pieces, out, in)
    bias : tensor (pieces, out)
    returns a tensor (n, out)
    """
    ### BEGIN SOLUTION
    pieces = [x @ w.T + b for w, b in zip(weight, bias, strict=True)]
    return torch.stack(pieces).amax(dim=0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "maxout"}
check(maxout)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(maxout)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Each piece is an ordinary dense layer. Over which axis do you compare the outputs of these layers?</p>
# </details>
# <details><summary>The idea</summary>
# <p>Compute the dense layer of every piece, put the results on top of each other, and take the maximum along the
# axis on which they lie.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>A list of <code>x @ w.T + b</code>, <code>torch.stack</code>, and <code>amax</code> over one axis: <code>max</code>
# with an axis would give the places too.</p>
# </details>

# %% tags=["demo"]
line = torch.linspace(-2, 2, 5, dtype=torch.float64)[:, None]
as_relu = maxout(line, torch.tensor([[[0.0]], [[1.0]]]).double(), torch.zeros(2, 1).double())
as_size = maxout(line, torch.tensor([[[-1.0]], [[1.0]]]).double(), torch.zeros(2, 1).double())
print("x:                  ", line[:, 0].tolist())
print("pieces 0 and x:     ", as_relu[:, 0].tolist())
print("pieces −x and x:    ", as_size[:, 0].tolist())

# %% [markdown]
# ## 7 · The end of the net
#
# ### A softmax has a Jacobian
#
# All other activations work entry by entry, and their Jacobians are diagonal. In a softmax
# $p = \operatorname{softmax}(s)$ each probability depends on all scores:
#
# $$\frac{\partial p_i}{\partial s_i} = p_i\,(1 - p_i), \quad
# \frac{\partial p_i}{\partial s_j} = -p_i\,p_j \ (j \ne i),
# \qquad\text{so}\qquad J = \operatorname{diag}(p) - p\,p^\top .$$
#
# With a gradient $g$ at the probabilities, $J^\top g = p \odot \bigl(g - \sum_i g_i p_i\bigr)$: subtract from $g$ its
# mean, weighted by $p$, and multiply by $p$. No matrix is needed.
#
# **By hand**: $p = (0.5, 0.3, 0.2)$, $g = (1, 0, 0)$. The mean is 0.5, and the result $(0.5 \cdot 0.5,\; 0.3 \cdot
# (-0.5),\; 0.2 \cdot (-0.5)) = (0.25, -0.15, -0.10)$. It sums to 0: to move all scores alike changes nothing.

# %% [markdown]
# ### Exercise 7 · `softmax_backward`
#
# **Goal** · a gradient sent back through a softmax. **Difficulty** ●●● · **about 10 minutes**
#
# Every row is a softmax of its own. You are given the **probabilities**, not the scores.

# %% nbgrader={"solution": true, "grade_id": "answer_softmax_backward"}
def softmax_backward(probabilities, grad_out):
    """Gradient with respect to the scores of a softmax, row by row.

    probabilities : tensor (n, k), the softmax of the scores
    grad_out : tensor (n, k), the gradient with respect to the probabilities
    returns a tensor (n, k)
    """
    ### BEGIN SOLUTION
    mean = (probabilities * grad_out).sum(dim=1, keepdim=True)
    return probabilities * (grad_out - mean)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "softmax_backward"}
check(softmax_backward)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(softmax_backward)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>How many numbers does $\sum_i g_i p_i$ give for a table of $n$ rows, and which axis disappears?</p>
# </details>
# <details><summary>The idea</summary>
# <p>Multiply both tables entry by entry and add along each row. That number is subtracted from all entries of the
# row.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p><code>.sum(dim=1, keepdim=True)</code> keeps a column, (n, 1), which broadcasts over the row.</p>
# </details>

# %% [markdown]
# ### Three pairs, one formula
#
# Output unit and loss are chosen together, so that the slope of the one cancels in the gradient of the other:
#
# | task | output unit | loss of a row | its gradient at the scores |
# |---|---|---|---|
# | regression | identity | $\tfrac12 \sum_j (s_j - y_j)^2$ | $s - y$ |
# | two classes | sigmoid, $p = \sigma(s)$ | $-y \log p - (1 - y)\log(1 - p)$ | $p - y$ |
# | $k$ classes | softmax, $p = \operatorname{softmax}(s)$ | $-\log p_{\text{right}}$ | $p - y$, with $y$ one-hot |
#
# In all three, **prediction minus target**. With the mean over $n$ rows, divide by $n$. Here is the second line step
# by step: $\frac{\partial L}{\partial p} = \frac{p - y}{p(1 - p)}$, times the sigmoid's slope $p(1 - p)$, is $p - y$.
# (The ½ is there for the rule to hold in the first line. Lessons 0 to 2 had no ½, and a 2 in the gradient.)

# %% [markdown]
# ### Exercise 8 · `output_delta`
#
# **Goal** · the gradient of the mean loss at the scores, for three tasks. **Difficulty** ●● · **about 12 minutes**
#
# - `task="regression"`: scores and targets (n, k); the loss of a row is ½ times the *sum* of squares over its columns.
# - `task="binary"`: scores (n,), targets 0 or 1 of shape (n,), as floats or as whole numbers.
# - `task="classes"`: scores (n, k), targets (n,) with the numbers of the classes, int64.
#
# It must hold for scores of $\pm 10\,000$. In the regression a loss without the ½ is accepted, with twice the gradient.

# %% nbgrader={"solution": true, "grade_id": "answer_output_delta"}
def output_delta(scores, targets, *, task):
    """Gradient of the mean loss with respect to the scores.

    scores : tensor (n, k), for "binary" (n,)
    targets : as the scores; for "classes" int64 of shape (n,)
    task : "regression", "binary" or "classes"
    returns a tensor of the shape and type of the scores
    """
    ### BEGIN SOLUTION
    if task == "regression":
        delta = scores - targets
    elif task == "binary":
        delta = torch.sigmoid(scores) - targets
    else:
        delta = torch.softmax(scores, dim=1)
        delta[torch.arange(len(scores)), targets] -= 1
    return delta / len(scores)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "output_delta"}
check(output_delta)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(output_delta)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>What is the prediction in each of the three tasks? And what is the target of a row whose class has the number
# 2?</p>
# </details>
# <details><summary>The idea</summary>
# <p>Prediction minus target in all three, divided by the number of rows. For classes the target is 1 at the right class
# and 0 elsewhere, so it is enough to subtract 1 in one place of each row.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>Three branches with <code>torch.sigmoid</code> and <code>torch.softmax(…, dim=1)</code>;
# <code>delta[torch.arange(n), targets] -= 1</code> touches one entry of each row of a tensor that you have just
# made.</p>
# </details>

# %% [markdown]
# ### The wrong pair
#
# A sigmoid with the squared error keeps its slope. **Before you run the cell**: the score is $-8$ and the target 1,
# as wrong as can be. Which of the two losses says so loudly?

# %% tags=["demo"]
print("score   prediction   cross-entropy   squared error, with ½   without ½")
for score in (-8.0, -4.0, 0.0, 4.0):
    s, one = torch.tensor([score], dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    paired = output_delta(s, one, task="binary")
    wrong = (torch.sigmoid(s) - one) * activation_slope("sigmoid", s)
    told = (f"{score:5.0f}", f"{float(torch.sigmoid(s)):11.5f}", f"{float(paired):14.4f}", f"{float(wrong):22.5f}")
    print("  ".join(told), f"{2 * float(wrong):11.5f}")

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>The cross-entropy's slope is −0.9997, full strength. That of the squared error is −0.00034 (−0.00067 without the
# ½): the unit is saturated on the wrong side, and hardly learns from its worst mistakes.</p>
# </details>

# %% [markdown]
# ## 8 · All of it
#
# Now put it together: a net with tanh hidden layers, whose last layer gives scores. With $a^{(0)} = x$,
#
# $$z^{(\ell)} = a^{(\ell-1)} W^{(\ell)\top} + b^{(\ell)}, \qquad a^{(\ell)} = \tanh z^{(\ell)} \ \text{ for } \ell < L,
# \qquad s = z^{(L)} .$$
#
# Backwards, with the gradient at the sums, $\delta_z^{(\ell)} = \partial L/\partial z^{(\ell)}$:
#
# 1. $\delta_z^{(L)}$ is your `output_delta`;
# 2. a layer's $\delta_z$ and what came into it, $a^{(\ell-1)}$, give the gradients of its weights and biases, and
#    $\partial L/\partial a^{(\ell-1)}$: your `dense_backward`;
# 3. times the slope, $1 - (a^{(\ell-1)})^2$, that is $\delta_z^{(\ell-1)}$, and the next layer's turn has come.
#
# **By hand**, one unit in one layer below one score: $x = 1$, $W^{(1)} = 0.5$, $W^{(2)} = 2$, no biases. Up:
# $a = \tanh 0.5 = 0.462$, $s = 0.924$. Suppose $\delta_z^{(2)} = 0.3$. Then the gradient of $W^{(2)}$ is
# $0.3 \cdot 0.462 = 0.139$, that of $a$ is $0.3 \cdot 2 = 0.6$, $\delta_z^{(1)} = 0.6 \cdot (1 - 0.462^2) = 0.472$, and
# the gradient of $W^{(1)}$ is $0.472 \cdot 1$.

# %% [markdown]
# ### Exercise 9 · `mlp_backprop`
#
# **Goal** · the mean cross-entropy of a net, and all its gradients. **Difficulty** ●●●● · **about 25 minutes**
#
# One to four layers; the last has no activation. The lists of gradients are in the order of the layers. The loss is a
# tensor without axes; a plain number is accepted.

# %% nbgrader={"solution": true, "grade_id": "answer_mlp_backprop"}
def mlp_backprop(x, labels, weights, biases):
    """Mean cross-entropy of a net with tanh hidden layers, and its gradients.

    x : tensor (n, in)
    labels : int64 tensor (n,), the numbers of the right classes
    weights, biases : lists of tensors (out, in) and (out,), one a layer, from the first to the last
    returns loss, grad_weights, grad_biases; the lists are in the order of the layers
    """
    ### BEGIN SOLUTION
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    rows = torch.arange(len(x))
    loss = -torch.log_softmax(scores, dim=1)[rows, labels].mean()

    delta = output_delta(scores, labels, task="classes")
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_below, grad_weight, grad_bias = dense_backward(delta, outputs[layer], weights[layer])
        grad_weights.append(grad_weight)
        grad_biases.append(grad_bias)
        delta = grad_below * (1 - outputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "mlp_backprop"}
check(mlp_backprop)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(mlp_backprop)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>What of the forward pass must you keep for the way back? Which weights does the gradient go down through, and where
# does a slope come in?</p>
# </details>
# <details><summary>The idea</summary>
# <p>Keep what goes into each layer. Begin with <code>output_delta</code>, and go from the last layer to the first with
# <code>dense_backward</code>; between two layers multiply by $1 - a^2$. The last layer has no activation, so nothing
# is multiplied there.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>A list <code>outputs = [x]</code> that grows by one for each hidden layer. A loop
# <code>for layer in reversed(range(len(weights)))</code> which appends to two lists; turn these round at the end.
# <code>torch.log_softmax(scores, dim=1)</code> gives the logarithms for the loss.</p>
# </details>

# %% [markdown]
# Does it agree with `autograd`, and with differences? And then let it learn: plain descent on the digits, 64-32-32-10,
# minibatches of 64.

# %% tags=["demo"]
digits = data.digits(dtype=torch.float64)
training, held_out = data.split(digits, test=0.25)
random = torch.Generator().manual_seed(2)
sizes = [64, 32, 32, 10]
weights = [torch.randn(out, into, generator=random, dtype=torch.float64) / into**0.5 for into, out in pairwise(sizes)]
biases = [torch.zeros(out, dtype=torch.float64) for out in sizes[1:]]
x, labels = training.x[:20], training.y[:20]
loss, grad_weights, grad_biases = mlp_backprop(x, labels, weights, biases)

leaves = [part.clone().requires_grad_() for part in (*weights, *biases)]
h = x
for weight, bias in zip(leaves[:2], leaves[3:5], strict=True):
    h = torch.tanh(torch.nn.functional.linear(h, weight, bias))
scores = torch.nn.functional.linear(h, leaves[2], leaves[5])
by_autograd = torch.autograd.grad(torch.nn.functional.cross_entropy(scores, labels), leaves)
pairs = zip((*grad_weights, *grad_biases), by_autograd, strict=True)
apart = max(float((mine - its).abs().max()) for mine, its in pairs)
print(f"largest difference from autograd: {apart:.0e}")
for layer in (1, 3):
    def loss_at(b, layer=layer):
        return mlp_backprop(x, labels, weights, [*biases[: layer - 1], b, *biases[layer:]])[0]

    numerical = numerical_gradient(loss_at, biases[layer - 1], eps=1e-5)
    error = (numerical - grad_biases[layer - 1]).norm() / (numerical.norm() + grad_biases[layer - 1].norm())
    print(f"relative error against differences, biases of layer {layer}: {error:.0e}")

losses = []
for _ in range(400):
    rows = torch.randint(len(training.x), (64,), generator=random)
    loss, grad_weights, grad_biases = mlp_backprop(training.x[rows], training.y[rows], weights, biases)
    weights = [weight - 0.3 * grad for weight, grad in zip(weights, grad_weights, strict=True)]
    biases = [bias - 0.3 * grad for bias, grad in zip(biases, grad_biases, strict=True)]
    losses.append(float(loss))
h = held_out.x
for layer in range(len(weights) - 1):
    h = torch.tanh(h @ weights[layer].T + biases[layer])
right = ((h @ weights[-1].T + biases[-1]).argmax(dim=1) == held_out.y).double().mean()
fig, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
ax.plot(losses, color=line_style(0)["color"], linewidth=1)
ax.set(xlabel="step", ylabel="loss of the minibatch", yscale="log", yticks=[0.1, 0.3, 1, 3],
       yticklabels=["0.1", "0.3", "1", "3"])
show(fig, "The loss of the minibatch over 400 steps on a logarithmic axis: it falls by a factor of twenty, with noise.")
print(f"after 400 steps: {right:.0%} of {len(held_out.x)} unseen digits are right")

# %% [markdown]
# ### Find the bug
#
# In this demo your `numerical_gradient` checks your `mlp_backprop`, on a small net with three layers. The bars are
# the relative errors of the six gradients; press one, and the panel beside it shows the entries of both against each
# other. Then choose one of the planted bugs, which are put into what your function returns, and say what it is. The
# error over $\varepsilon$ tells you when the check itself is at fault.
#
# **Goal:** name all five bugs. One of them hides from a careless choice of $\varepsilon$ and float type.

# %% tags=["demo"]
gradient_check_demo(numerical_gradient, mlp_backprop)

# %% [markdown]
# ## 9 · Deep
#
# ### A product of Jacobians
#
# For what follows it is handier to look at the gradient at the *outputs* of a layer,
# $\delta^{(\ell)} = \partial L/\partial a^{(\ell)}$. (Many books, and section 8, take it at the sums,
# $\delta_z^{(\ell)} = g' \odot \delta^{(\ell)}$. Mind which is meant.) With $p^{(\ell)}$ for the sums that enter the
# activation $g$ of layer $\ell$, it goes down by
#
# $$\delta^{(\ell-1)} = W^{(\ell)\top}\bigl(g'(p^{(\ell)}) \odot \delta^{(\ell)}\bigr) .$$
#
# First the slopes, then the weights, in every layer anew: a product of $L$ Jacobians. A product of thirty numbers
# that are a little smaller than 1 is tiny; of thirty that are a little larger, huge. Hochreiter (1991) and Bengio,
# Simard and Frasconi (1994) saw here why deep and recurrent nets were so hard to train.
#
# **By hand**: a sigmoid's slope is at most ¼. If the weights neither stretch nor shrink, 30 layers leave at most
# $4^{-30} \approx 10^{-18}$.

# %% [markdown]
# ### Exercise 10 · `delta_norms`
#
# **Goal** · the length of the gradient after every layer. **Difficulty** ●●● · **about 12 minutes**
#
# `delta` is $\delta^{(L)}$, one vector. `weights[i]` and `slopes[i]` belong to the same layer, `weights[0]` to the
# first. Entry $\ell$ of the result is $\|\delta^{(\ell)}\|$: entry 0 is at the input, and the last entry is
# $\|\delta^{(L)}\|$ itself. The norms are numbers of the type of `delta`; torch's default type is accepted.

# %% nbgrader={"solution": true, "grade_id": "answer_delta_norms"}
def delta_norms(delta, weights, slopes):
    """Norms of the gradient at the outputs of every layer, from the input's to the top's.

    delta : tensor (out,), the gradient at the outputs of the last layer
    weights : list of L tensors (out, in)
    slopes : list of L tensors (out,), the slopes of each layer's activation
    returns a tensor with L + 1 entries; the last one is the norm of delta
    """
    ### BEGIN SOLUTION
    norms = [torch.linalg.vector_norm(delta)]
    for weight, slope in zip(reversed(weights), reversed(slopes), strict=True):
        delta = weight.T @ (slope * delta)
        norms.append(torch.linalg.vector_norm(delta))
    return torch.stack(norms[::-1])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "delta_norms"}
check(delta_norms)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(delta_norms)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>At which end does the gradient come in, and which layer does it meet first? How many norms are there for one
# layer?</p>
# </details>
# <details><summary>The idea</summary>
# <p>Go from the last layer to the first: multiply by the layer's slopes, entry by entry, then by the transpose of its
# weights, and measure. The first norm that you find belongs at the end of the result.</p>
# </details>
# <details><summary>The shape of the code</summary>
# <p>A list that begins with the norm of <code>delta</code>; a loop over
# <code>zip(reversed(weights), reversed(slopes))</code>; then <code>torch.stack</code> of the list turned round.</p>
# </details>

# %% [markdown]
# ### Thirty layers
#
# Layers of 64 units, random inputs, random weights: with variance $1/n$ (LeCun) and with $2/n$ (He), which lesson 9
# will derive. **Before you run the cell**, put these in order, by how much of a gradient arrives at the input:
# sigmoid, tanh, ReLU, GELU, SELU.

# %% tags=["demo"]
WIDTH, DEPTH, GAINS = 64, 30, {"LeCun, variance 1/n": 1.0, "He, variance 2/n": 2.0}
KINDS = ["sigmoid", "tanh", "ReLU", "leaky ReLU", "ELU", "SELU", "GELU", "SiLU", "softplus", "Gaussian"]


def deep_net(kind, gain, seed):
    """Weights and slopes of a random net, and a random gradient at its top."""
    generator = torch.Generator().manual_seed(seed)
    a, top = (torch.randn(WIDTH, generator=generator, dtype=torch.float64) for _ in range(2))
    weights, slopes = [], []
    for _ in range(DEPTH):
        weight = (gain / WIDTH) ** 0.5 * torch.randn(WIDTH, WIDTH, generator=generator, dtype=torch.float64)
        weights.append(weight)
        slopes.append(activation_slope(kind, weight @ a))
        a = activation(kind)(weight @ a)
    return top, weights, slopes


def in_theory(kind, gain):
    """What is left in a very wide net: the variance of the sums, layer by layer, and the mean square of the slopes."""
    normal = torch.linspace(-8, 8, 4001, dtype=torch.float64)
    density = torch.exp(-(normal**2) / 2)
    density = density / density.sum()
    variance, left = gain, 1.0
    for _ in range(DEPTH):
        sums = variance**0.5 * normal
        left *= (gain * (density * activation_slope(kind, sums) ** 2).sum()) ** 0.5
        variance = gain * (density * activation(kind)(sums) ** 2).sum()
    return float(left)


ratios = {
    (kind, start): torch.stack([
        norms / norms[-1] for norms in (delta_norms(*deep_net(kind, gain, seed)) for seed in range(5))
    ])
    for kind in KINDS for start, gain in GAINS.items()
}
fig, axes = plt.subplots(1, 2, figsize=(10, 3.8), sharey=True, layout="constrained")
for ax, start in zip(axes, GAINS, strict=True):
    for number, kind in enumerate(("sigmoid", "tanh", "ReLU", "GELU", "SELU")):
        plot_band(ratios[kind, start], ax=ax, x=range(DEPTH + 1), label=kind, xlabel="layer", ylabel="", number=number,
                  quantiles=(0, 1))
    ax.set(title=start, yscale="log", ylim=(1e-20, 1e4), xticks=[0, 10, 20, 30])
    ax.get_legend().remove()
axes[0].set_ylabel("length of the gradient, 1 at the top")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=5, frameon=False)
show(
    fig,
    "Length of the gradient by layer on a logarithmic axis, two panels. Left, with LeCun's weights, from the top "
    "at layer 30 to the input: sigmoid falls to 1e-19, GELU to 1e-9, ReLU to 1e-5, tanh stays near a tenth, SELU near "
    "1. Right, with He's: ReLU stays near 1, sigmoid still falls to 1e-15.",
)

print("gradient at the input, 1 at the top: five nets (lowest to highest), and a very wide net in theory")
print(f"{'':12s}" + "".join(f"{start:>34s}" for start in GAINS))
for kind in KINDS:
    told = ""
    for start, gain in GAINS.items():
        arrived = ratios[kind, start][:, 0]
        told += f"   {arrived.min():8.0e} to {arrived.max():7.0e}  ({in_theory(kind, gain):7.0e})"
    print(f"{kind:12s}{told}")

# %% [markdown]
# <details><summary>What is to be seen</summary>
# <p>With LeCun's weights the sigmoid leaves $10^{-19}$, GELU $10^{-9}$, ReLU $10^{-5}$, tanh about a tenth, and SELU,
# which was made for these weights, all of it and a little more. With He's, ReLU and leaky ReLU are level. Near 0 GELU
# and SiLU have a slope of ½ only, so they lose more than a ReLU does; nets with them are normalized or have
# shortcuts. The sigmoid is lost either way: twice the variance still leaves only $10^{-15}$.</p>
# </details>
#
# The numbers in brackets come from a short calculation that holds for very wide layers, in which the sums are
# normally distributed (Schoenholz et al. 2017): each layer multiplies the mean square of the gradient by
# $n\sigma_w^2\,\mathbb{E}[g'(p)^2]$. Narrow nets scatter around it, by some tenfold in thirty layers.
#
# ### What can be said for sure
#
# A matrix stretches a vector by no more than its largest singular value. If $s$ is the largest slope of a layer, then
#
# $$\|\delta^{(0)}\| \;\le\; \prod_{\ell} s_\ell\, \sigma_{\max}(W^{(\ell)})\; \|\delta^{(L)}\| ,$$
#
# and if no layer has more outputs than inputs, it shrinks by no more than the product of the smallest slopes and
# singular values. If all factors $s\,\sigma_{\max}$ are below 1 the gradient must **vanish**, exponentially in the
# depth where they stay away from 1; if all smallest factors are above 1 it must **explode**. Both bounds are true. Are
# they near?

# %% tags=["demo"]
print("the upper bound is too large by a factor of")
for kind, start in (("sigmoid", "LeCun, variance 1/n"), ("tanh", "LeCun, variance 1/n"), ("ReLU", "He, variance 2/n")):
    top, weights, slopes = deep_net(kind, GAINS[start], seed=0)
    bound = math.prod(float(s.max() * torch.linalg.matrix_norm(w, ord=2)) for w, s in zip(weights, slopes, strict=True))
    print(f"  {kind:8s} {start:20s} {bound / float(ratios[kind, start][0, 0]):.0e}")

wide = torch.randn(6, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
lost = torch.linalg.svd(wide)[0][:, -1]
print(f"a layer with 3 inputs and 6 outputs: smallest singular value {torch.linalg.svdvals(wide)[-1]:.2f},")
print(f"but a gradient of length {lost.norm():.0f} is sent to one of length {(wide.T @ lost).norm():.1f}")

# %% [markdown]
# They are true and far away: by a billion times or more, since no gradient points into the worst direction of thirty
# matrices in a row. For what is *typical*, look at mean squares; lesson 9 does, and comes back to the bounds. And a
# layer that gets wider towards the output has directions that it sends to 0, whatever its singular values.

# %% [markdown]
# ### Predict, then look
#
# The demo below builds nets of 64 units a layer from *your* `activation_slope`, and follows a gradient down by *your*
# `delta_norms`. The *gain* multiplies weights of variance $1/n$, so that LeCun's are gain 1 and He's are gain 1.41.
# On the left is the slope of the activation with the sums of all layers below it, on the right the length of the
# gradient. **Before you move anything**, write down:
#
# 1. Which gain keeps the gradient through 40 layers of ReLU, and how exact must it be: what do 10 % more or less do?
# 2. tanh is 1 steep at 0 and less elsewhere. Is its best gain below 1, 1, or above 1? What does a gain of 3 do?
# 3. The sigmoid's slope is at most ¼. Is there a gain that keeps its gradient? What state would the units be in?
#
# Then run the demo and add what you saw. A wrong prediction with a good explanation afterwards gets full marks.

# %% [markdown] nbgrader={"grade": true, "solution": true, "grade_id": "reflection_backpropagation", "points": 3}
# ### BEGIN SOLUTION
# **1.** √2 = 1.41: a ReLU lets half of the entries through, so that the mean square halves in each layer, and the
# weights must double it. The gain enters once a layer: 10 % more multiplies the gradient by 1.1^40 = 45, and 10 %
# less by 0.9^40 = 0.015. The slopes of a ReLU do not change with the gain, so nothing makes up for it.
#
# **2.** Above 1, here between 1.1 and 1.5, since the slope is below 1 wherever the sums are not 0. With a gain of 3 the
# sums are large and most units saturated, but the few steep ones are multiplied by large weights: the gradient explodes
# all the same, by a factor near 10^5.
#
# **3.** Yes, one between 10 and 14, where the weights make up for the slopes in the mean square. The sums are then so
# large that most units are stuck near 0 or 1. The gradient's length is kept, but it comes through few units, and the
# net behaves almost like one of steps. A length that is kept is necessary, and not enough.
#
# *Rubric.* A point for each. 1: √2 with the half that a ReLU lets through, and that the gain enters once a layer (half
# for one of the two). 2: above 1, with the reason that the slope is below 1, and what a large gain does. 3: there is
# one, and it keeps the length alone: the units are saturated (half without that).
# ### END SOLUTION

# %% [markdown]
# **Goal:** through 40 layers, keep the gradient between ½ and 2 times its length at the top: with ReLU, then with tanh,
# then with the sigmoid.

# %% tags=["demo"]
slope_demo(activation_slope, delta_norms)

# %% [markdown]
# ### Dead units
#
# A ReLU whose sum is negative for *every* example has slope 0 for every example. No gradient reaches its weights, so
# it stays as it is: **dead**. One step that is too long can do it. Nets 64-64-64-10 on the digits, 200 steps of plain
# descent with minibatches of 32, five starts each. A unit is counted if its sums are negative on the whole training
# set.

# %% tags=["demo"]
digits = data.digits()
training, held_out = data.split(digits, test=0.25)
print("              rate   dead units                   right on unseen digits")
for kind in ("ReLU", "leaky ReLU"):
    for lr in (0.1, 0.5, 1.0, 2.0):
        nets, _ = fit(make_nets([64, 64, 64, 10], seeds=range(5)), training, lr=lr, n_steps=200, batch_size=32,
                      activation=activation(kind))
        silent, h, unseen = [], training.x.expand(5, -1, -1), held_out.x.expand(5, -1, -1)
        for layer, (weight, bias) in enumerate(zip(nets.weights, nets.biases, strict=True)):
            sums, unseen = torch.baddbmm(bias, h, weight.mT), torch.baddbmm(bias, unseen, weight.mT)
            if layer < 2:
                silent.append((sums <= 0).all(dim=1))
                h, unseen = activation(kind)(sums), activation(kind)(unseen)
        shares = torch.cat(silent, dim=1).double().mean(dim=1).sort().values
        right = (unseen.argmax(dim=2) == held_out.y).double().mean(dim=1).sort().values
        told = "  ".join(f"{share:4.0%}" for share in shares.tolist())
        print(f"{kind:12s}  {lr:4.1f}   {told}   " + "  ".join(f"{share:4.0%}" for share in right.tolist()))

# %% [markdown]
# Up to a rate of ½ a few units in a hundred are silent, and nothing is lost. At 1 about half of them or more are, and
# the net hardly learns; at 2 it is at chance. The leaky ReLU keeps a slope of 0.01 below zero, so that a silent unit
# still gets a hundredth of its gradient and may come back. At these rates that saves nothing: it is a remedy for
# single units that were hit by bad luck, not for a rate that is too large.

# %% [markdown]
# ## Summary
#
# - Along a path slopes multiply, different paths add. Backwards, each edge is used once.
# - From the output's side a gradient costs about as much as a few evaluations, whatever the number of weights. It
#   costs memory.
# - Check every gradient by central differences, in float64 with $\varepsilon = 10^{-5}$.
# - Of a dense layer: $G W$, $G^\top x$, and the sum of $G$ over the rows. A gradient has the shape of what it belongs
#   to.
# - With the loss that fits the output unit, $\delta$ is prediction minus target.
# - Through $L$ layers slopes and weights multiply. What is left depends on the activation *and* on the scale of the
#   weights, to which lesson 9 turns; batch normalization (lesson 12) holds it while the net learns, with a backward
#   pass of its own.
#
# **Next**: slopes are given, weights are chosen. Lesson 9 chooses them so that signals and gradients come through.
#
# ## Sources
#
# - S. Linnainmaa, *The representation of the cumulative rounding error of an algorithm as a Taylor expansion of the
#   local rounding errors*, master's thesis (in Finnish), University of Helsinki 1970.
# - P. J. Werbos, *Applications of advances in nonlinear sensitivity analysis*, 10th IFIP Conference 1981, Springer
#   1982.
# - D. E. Rumelhart, G. E. Hinton, R. J. Williams, *Learning representations by back-propagating errors*, Nature 323,
#   1986.
# - A. Griewank, A. Walther, *Evaluating derivatives: principles and techniques of algorithmic differentiation*, 2nd
#   edition, SIAM 2008.
# - U. Naumann, *Optimal Jacobian accumulation is NP-complete*, Mathematical Programming 112, 2008.
# - A. G. Baydin, B. A. Pearlmutter, A. A. Radul, J. M. Siskind, *Automatic differentiation in machine learning: a
#   survey*, Journal of Machine Learning Research 18, 2018.
# - C. C. Margossian, *A review of automatic differentiation and its efficient implementation*, WIREs Data Mining and
#   Knowledge Discovery 9(4), 2019.
# - S. Hochreiter, *Untersuchungen zu dynamischen neuronalen Netzen*, diploma thesis, TU München 1991.
# - Y. Bengio, P. Simard, P. Frasconi, *Learning long-term dependencies with gradient descent is difficult*, IEEE
#   Transactions on Neural Networks 5(2), 1994.
# - X. Glorot, Y. Bengio, *Understanding the difficulty of training deep feedforward neural networks*, AISTATS 2010.
# - S. S. Schoenholz, J. Gilmer, S. Ganguli, J. Sohl-Dickstein, *Deep information propagation*, ICLR 2017.
# - G. Cybenko, *Approximation by superpositions of a sigmoidal function*, Mathematics of Control, Signals, and
#   Systems 2, 1989.
# - Activations: W. S. McCulloch, W. Pitts, Bulletin of Mathematical Biophysics 5, 1943 · J. S. Bridle, in
#   Neurocomputing, Springer 1990 · C. Dugas et al., NIPS 13, 2001 · E. V. Soboleva, V. V. Beskorovainyi 2008 · V. Nair,
#   G. E. Hinton, ICML 2010 · A. L. Maas, A. Y. Hannun, A. Y. Ng, ICML 2013 · I. J. Goodfellow et al., *Maxout
#   networks*, ICML 2013 · K. He et al., ICCV 2015 · D.-A. Clevert, T. Unterthiner, S. Hochreiter, ICLR 2016 · D.
#   Hendrycks, K. Gimpel, arXiv:1606.08415, 2016 · G. Klambauer, T. Unterthiner, A. Mayr, S. Hochreiter,
#   *Self-normalizing neural networks*, NIPS 2017 · P. Ramachandran, B. Zoph, Q. V. Le, *Searching for activation
#   functions*, arXiv:1710.05941, 2017.
