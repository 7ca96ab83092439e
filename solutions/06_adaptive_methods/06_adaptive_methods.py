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
# # 6 · Adaptive methods
#
# One learning rate for a million weights is a compromise. Some weights see large gradients at every step, some see a
# small one now and then. The methods of this lesson give each weight a rate of its own and learn it on the way, from
# nothing but the gradients that come by.
#
# **After this lesson you can**
#
# 1. say when a rate for each weight helps, and when it cannot;
# 2. write the methods that listen to signs, delta-bar-delta, Rprop and Quickprop, and say why they need full batches;
# 3. write AdaGrad, RMSProp, AdaDelta, Adam, AdaMax and Nadam, and name what each adds to the one before;
# 4. derive AdaGrad's denominator in two ways, from curvature and from noise, and say where each argument leaks;
# 5. run a fair race: every method at its own best rate.
#
# Ten exercises, about 90 minutes, and as much to read and to try out. You need minibatches from lesson 2, the
# condition number from lesson 3, and averages, bias correction and momentum from lesson 5.

# %% nbgrader={"locked": true, "grade_id": "setup"}
import math

import matplotlib.pyplot as plt
import torch
from steepest import check
from steepest.demos.adaptive_methods import correction_demo, effective_rate_demo, race_demo
from steepest.landscapes import beale, long_valley, quadratic, saddle
from steepest.plots import plot_band, plot_cloud, plot_contours, plot_curves, plot_path
from steepest.race import RATES, Entrant, document_track, landscape_track, race, torch_sgd
from steepest.trajectory import init_state, run
from steepest.words import bag_of_words, document_gradient, document_loss

torch.set_num_threads(1)  # with tensors this small, threads cost more than they gain

# %% [markdown]
# ## 1 · Weights are not alike
#
# Here are 1000 documents as **bags of words**: column $k$ counts how often word $k$ occurs. They are made from a
# seed, and words come as they do in any language: the $k$-th most frequent word has a share near $1/k$ (Zipf's law).
# Each document belongs to one of two classes, and rare words tell more about it than frequent ones do.
#
# A logistic regression has one weight for each word. How large is its gradient, and how often is it not zero?

# %% nbgrader={"locked": true, "grade_id": "documents"}
documents = bag_of_words(1000, n_words=300, length=20, signal=2.0, seed=3)

# %% tags=["demo"]
order = torch.randperm(1000, generator=torch.Generator().manual_seed(0)).reshape(50, 20)
origin = torch.zeros(300, dtype=torch.float64)
by_batch = torch.stack([document_gradient(origin, documents.x[rows], documents.y[rows]) for rows in order])
rank = range(1, 301)
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
left.loglog(rank, by_batch.square().mean(dim=0).sqrt(), ".", color="#08306b")
left.set(xlabel="rank of the word", ylabel="root mean square of its gradient")
right.semilogx(rank, (by_batch != 0).double().mean(dim=0), ".", color="#08306b")
right.set(xlabel="rank of the word", ylabel="share of minibatches of 20\nin which it is not 0", ylim=(0, 1.05))
plt.show()

# %% [markdown]
# The first weight is pushed in nearly every minibatch, the last in about one of six, and thirty times more gently.
# A rate that is safe for the first is far too small for the last. In a deep network it is the layers that differ:
# gradients shrink or grow from layer to layer (lessons 8, 9). First remedies gave one rate to each *layer*; one for
# each *weight* goes further and costs no more than another vector of the size of $\theta$.
#
# All steppers of this lesson have one form,
#
# `step(theta, grad, state, *, …) -> (theta, state)`.
#
# `state` is a dict of tensors of the shape of `theta`, zero at the start unless said otherwise. Nothing that comes
# in is changed in place, and that holds for the dict `state` as well: make a new one. What you return may hold a
# tensor that came in, such as `grad` itself, and it may hold more entries than the lesson names, which then come
# back to
# you in the next step. `init_state("adam", theta)` makes a first state, `run` takes many steps. Two methods keep
# a rate of each weight in their state; `rate=` sets the first.

# %% [markdown]
# ## 2 · Methods that listen to signs
#
# ### Delta-bar-delta
#
# If a partial derivative keeps its sign, the weight could have gone further. If the sign changes, it has jumped over
# a minimum. Jacobs (1988) compares the derivative $g_t$ with an average $\bar g_{t-1}$ of those *before*:
#
# $$\eta_t = \begin{cases} \eta_{t-1} + \kappa & \text{where } \bar g_{t-1}\, g_t > 0 \\
# (1-\varphi)\,\eta_{t-1} & \text{where } \bar g_{t-1}\, g_t < 0 \\ \eta_{t-1} & \text{else,} \end{cases}
# \qquad \theta \leftarrow \theta - \eta_t\, g_t, \qquad \bar g_t = (1-\beta)\, g_t + \beta\, \bar g_{t-1}.$$
#
# All of it holds for each weight by itself. Growth is by addition, so that no rate runs away; shrinking is by a
# factor, so that it is quick and the rate stays positive.

# %% [markdown]
# ### Exercise 1 · `delta_bar_delta_step`
#
# **Goal** · one step of Jacobs's method; the new rate moves $\theta$. **Difficulty** ●● · **about 12 minutes**

# %% nbgrader={"solution": true, "grade_id": "answer_delta_bar_delta_step"}
def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    """One step of delta-bar-delta.

    theta, grad : tensors of one shape, the point and the gradient there
    state : {"rate": each weight's rate, "bar": average of past gradients}
    kappa, phi, beta : growth, share of a rate that is lost, share of the average that is kept
    returns the new point and the new state
    """
    ### BEGIN SOLUTION
    agreement = state["bar"] * grad
    rate = torch.where(agreement > 0, state["rate"] + kappa, state["rate"])
    rate = torch.where(agreement < 0, state["rate"] * (1 - phi), rate)
    bar = (1 - beta) * grad + beta * state["bar"]
    return theta - rate * grad, {"rate": rate, "bar": bar}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "delta_bar_delta_step"}
check(delta_bar_delta_step)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(delta_bar_delta_step)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p><code>torch.where(condition, a, b)</code> chooses entry by entry. Three cases need two of them. Which average
# stands in the condition, the old one or the new one?</p>
# </details>

# %% [markdown]
# ### What a rate for each weight can do, and what not
#
# A bowl with $\kappa = 100$, once along the axes and once turned by 45°. Plain descent cannot tell them apart. A
# method with a rate for each weight can.

# %% tags=["demo"]
start = torch.tensor([-1.5, 1.0], dtype=torch.float64)
distances = {}
for label, angle in (("along the axes", 0.0), ("turned by 45°", math.pi / 4)):
    bowl = quadratic(100, angle=angle)
    first = torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]],
                         dtype=torch.float64) @ start
    path = run(delta_bar_delta_step, bowl.gradient, first, state=init_state("delta_bar_delta", first, rate=0.5),
               n_steps=150, kappa=0.1, phi=0.3, beta=0.7)
    distances[f"delta-bar-delta, {label}"] = bowl.distance(path)
plain = (1 - 1.9 * torch.tensor([0.01, 1.0], dtype=torch.float64)).pow(torch.arange(151).unsqueeze(1)) * start
distances["plain descent, η = 1.9, either"] = plain.norm(dim=1)
fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
plot_curves(distances, ax=ax, xlabel="step", ylabel="distance to the minimum", log_y=True)
plt.show()

# %% [markdown]
# Along the axes each rate finds its own curvature. In the turned bowl both weights see the steep wall in every
# gradient, and no choice of two rates makes the bowl round. **A rate for each weight rescales the axes and cannot
# turn them.** Everything in this lesson shares that limit; lesson 7 lifts it, at a price.
#
# ### Rprop: only the sign
#
# Riedmiller and Braun (1993) drop the gradient's size altogether. Each weight has a step length $\Delta$ of its own:
#
# $$\Delta \leftarrow \begin{cases} \min(\eta^+ \Delta,\ \Delta_{\max}) & \text{where } g_{\text{old}}\, g > 0 \\
# \max(\eta^- \Delta,\ \Delta_{\min}) & \text{where } g_{\text{old}}\, g < 0 \end{cases}
# \qquad \theta \leftarrow \theta - \operatorname{sign}(g)\,\Delta ,$$
#
# with $\eta^+ = 1.2$ and $\eta^- = 0.5$. What happens after a change of sign differs from author to author:
#
# | form | after a change of sign | what is stored there |
# |---|---|---|
# | taught here, `torch.optim.Rprop` (iRprop⁻ of Igel and Hüsken 2003) | shrink, do not move | 0 |
# | Riedmiller and Braun 1993 | shrink, take the last move back | 0 |
# | the lecture notes' loop | take it back, shrink, go forward again in the old direction | 0, $g$ or $g_{\text{old}}$ |
# | Rprop⁻ of Igel and Hüsken 2003 | shrink, move in the new direction at once | $g$, or 0 |
#
# The check accepts all four, and where the last column leaves a choice, each choice. A move is taken back in full: it
# was as long as the step *before* it shrank. Why store 0? So that the product of the next step is 0: neither growth
# nor a second shrinking, until the shorter step has been tried.

# %% [markdown]
# ### Exercise 2 · `rprop_step`
#
# **Goal** · one step of Rprop. **Difficulty** ●●● · **about 15 minutes**
#
# Keep $\Delta$ between `step_min` and `step_max`. Where the product is 0, as in the first step, the step keeps its
# length
# and the weight moves by it; a gradient of 0 moves nothing. Every step length that comes in already lies between the
# bounds, so it is all the same whether you bound all of them or only those that you have just changed.

# %% nbgrader={"solution": true, "grade_id": "answer_rprop_step"}
def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    """One step of Rprop.

    theta, grad : tensors of one shape
    state : {"step": each weight's step length, "grad": the last gradient, or 0 where its sign had changed}
    up, down : factors of growth and shrinking
    step_min, step_max : bounds of the step length
    returns the new point and the new state
    """
    ### BEGIN SOLUTION
    product = state["grad"] * grad
    factor = torch.ones_like(grad)
    factor[product > 0] = up
    factor[product < 0] = down
    step = (state["step"] * factor).clamp(step_min, step_max)
    kept = torch.where(product < 0, torch.zeros_like(grad), grad)
    return theta - kept.sign() * step, {"step": step, "grad": kept}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rprop_step"}
check(rprop_step)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(rprop_step)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Make a tensor of factors that starts as <code>torch.ones_like(grad)</code>. Set the gradient to 0 where the sign
# changed <em>before</em> you move: <code>sign(0)</code> is 0, so one formula serves all weights.</p>
# </details>

# %% [markdown]
# ### Predict, then look
#
# One weight has its minimum where it stands: the mean gradient is 0. Its minibatches come in a ratio of nine to one:
# nine give a gradient of $+0.1$, one gives $-0.9$ (an example of Hinton's). **Before you run the demo**, write down
#
# 1. what plain descent does to this weight over many minibatches;
# 2. what Rprop does, and in which direction, if any;
# 3. what would happen to both if each step used the whole data set.
#
# Then run it and add what you saw. A wrong prediction with a good explanation afterwards gets full marks.

# %% [markdown] nbgrader={"grade": true, "solution": true, "grade_id": "reflection_adaptive_methods", "points": 3}
# ### BEGIN SOLUTION
# **1.** It trembles around its place: nine steps of −0.1η are undone by one of +0.9η. The size of the gradient keeps
# the books.
#
# **2.** It runs away downwards, to the side of the many small gradients. Rprop counts votes and forgets how strong
# they are: nine votes against one. In a row of equal signs the step even grows. The rare vote halves it and, in the
# form taught here, takes back nothing of the way.
#
# **3.** The whole data set gives a gradient of 0. Neither moves. The sign of a mean is sound; the mean of signs is
# not the sign of the mean. That is why sign methods belong to full batches.
#
# *Rubric.* A point for each. 1: it stays, because small and large gradients cancel. 2: it runs away to the side of the
# many small ones, because the signs alone count (half without the reason). 3: neither moves, and what that says of
# signs and batches.
# ### END SOLUTION

# %% tags=["demo"]
random = torch.Generator().manual_seed(1)
rare = torch.rand(30, 10, generator=random).argmax(dim=1, keepdim=True) == torch.arange(10)  # one in every ten
votes = torch.where(rare, -0.9, 0.1).double().flatten()
rest = torch.zeros(1, dtype=torch.float64)
theta, state, seen = rest, init_state("rprop", rest, rate=0.01), [rest]
for vote in votes:
    theta, state = rprop_step(theta, vote.reshape(1), state, step_max=0.02)
    seen.append(theta)
curves = {
    "plain descent, η = 0.1": torch.cat([rest, -0.1 * votes.cumsum(0)]),
    "Rprop, at most 0.02 a step": torch.cat(seen),
}
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.4), layout="constrained")
plot_curves(curves, ax=left, xlabel="minibatch", ylabel="θ (minimum at 0)")
losses = {}
shuffles = torch.Generator().manual_seed(2)
for size in (1000, 100, 20):
    def part(theta, size=size):
        rows = torch.randperm(1000, generator=shuffles)[:size]
        return document_gradient(theta, documents.x[rows], documents.y[rows])

    path = run(rprop_step, part, origin, state=init_state("rprop", origin, rate=0.01), n_steps=40)
    losses["all 1000 rows" if size == 1000 else f"{size} rows a step"] = document_loss(path, documents.x, documents.y)
plot_curves(losses, ax=right, xlabel="step of Rprop", ylabel="loss over all rows", log_y=True)
plt.show()

# %% [markdown]
# Right: logistic regression on the documents. On all rows Rprop needs no rate worth tuning and is quick; on
# minibatches the same method stalls. Delta-bar-delta suffers as well: a sign that changes by chance looks like a
# minimum passed.
#
# ### Quickprop: the sign of the curvature too
#
# Fahlman (1988) takes each weight's loss for a parabola. Two gradients and the change $\Delta = \theta -
# \theta_{\text{old}}$ between them give its curvature, $(g - g_{\text{old}})/\Delta$, and Newton's step jumps to
# its minimum:
#
# $$\Delta_{\text{new}} = -\frac{g}{(g - g_{\text{old}})/\Delta} = -\frac{g\,\Delta}{g - g_{\text{old}}},
# \qquad |\Delta_{\text{new}}| \le \mu\,|\Delta| .$$
#
# The limit $\mu$, called `growth`, is 1.75 by default: where the two gradients are nearly the same the parabola is
# flat and its minimum nowhere. A weight at rest, $\Delta = 0$, starts with $-\eta g$. Each weight is asked by itself:
# some may be at rest while others move. (The notes write the update
# with $w \leftarrow w - \Delta w$ and no minus sign; that agrees with the formula here only if their $\Delta w$ is
# the change of $w$ in the fraction and its negative on the left.)

# %% [markdown]
# ### Exercise 3 · `quickprop_step`
#
# **Goal** · one step of Quickprop. **Difficulty** ●●● · **about 12 minutes**
#
# Two cases need a rule of their own.
#
# - **The parabola is flat**, $g = g_{\text{old}}$. A weight at rest starts with $-\eta g$ there as anywhere: if its
#   gradient is always 0 it stays where it is, and `nan` would be wrong. For a weight in motion nothing is judged;
#   keep it finite if you can.
# - **The parabola leads uphill**, that is, $\Delta_{\text{new}}$ has the sign of $g$. The formula above goes there all
#   the same. Fahlman's own rule, to repeat the last change $\mu$ times as long there, is accepted too, also as he
#   wrote it:
#   he compares $g$ with $\frac{\mu}{1+\mu}\,g_{\text{old}}$, and adds $-\eta g$ where the slope has kept its sign.

# %% nbgrader={"solution": true, "grade_id": "answer_quickprop_step"}
def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    """One step of Quickprop.

    theta, grad : tensors of one shape
    state : {"delta": the last change of theta, "grad": the last gradient}
    lr : rate of the first change of a weight that is at rest
    growth : a change is at most so many times as long as the last one
    returns the new point and the new state
    """
    ### BEGIN SOLUTION
    last, difference = state["delta"], grad - state["grad"]
    parabola = -grad * last / torch.where(difference == 0, torch.ones_like(grad), difference)
    limit = growth * last.abs()
    change = torch.where(last == 0, -lr * grad, torch.clamp(parabola, -limit, limit))
    return theta + change, {"delta": change, "grad": grad.clone()}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "quickprop_step"}
check(quickprop_step)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(quickprop_step)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p><code>torch.clamp</code> takes tensors as bounds: minus and plus <code>growth * last.abs()</code>.</p>
# </details>

# %% [markdown]
# On a bowl along the axes the parabola is exact. As soon as the limit lets it, the method lands on the minimum, in
# all directions at once and whatever the condition number:

# %% tags=["demo"]
bowl = quadratic(100)
path = run(quickprop_step, bowl.gradient, start, state=init_state("quickprop", start), n_steps=14, lr=0.3)
print("step   distance along the gentle axis   along the steep axis")
for step in (0, 1, 2, 3, 6, 9, 12, 14):
    print(f"{step:4d}   {path[step, 0].abs():28.2e}   {path[step, 1].abs():20.2e}")

# %% [markdown]
# The price: where the loss is bent the other way, $(g - g_{\text{old}})/\Delta < 0$, the parabola's extremum is a
# *maximum* and the plain formula walks to it. The race at the end has a saddle for that.

# %% [markdown]
# ## 3 · AdaGrad
#
# AdaGrad (Duchi, Hazan and Singer 2011) works with minibatches because it listens to sizes and not to signs. Each
# weight adds up the squares of its gradients and divides by the root of the sum:
#
# $$r \leftarrow r + g \odot g, \qquad \theta \leftarrow \theta - \frac{\eta}{\sqrt r + \varepsilon} \odot g .$$
#
# A weight that has seen large gradients gets small steps. A weight that sees one gradient in a hundred steps has a
# large rate ready for it. And every rate falls like $1/\sqrt t$ by itself, as convex problems with noise want it.
#
# **Where does $\varepsilon$ stand?** Outside the root here and in `torch.optim.Adagrad`. Inside, $\sqrt{r +
# \varepsilon}$, is common too (two of the five lecture notes) and is accepted; an $\varepsilon$ of $10^{-8}$ inside
# is then like $10^{-4}$ outside.

# %% [markdown]
# ### Exercise 4 · `adagrad_step`
#
# **Goal** · one step of AdaGrad. **Difficulty** ● · **about 6 minutes**

# %% nbgrader={"solution": true, "grade_id": "answer_adagrad_step"}
def adagrad_step(theta, grad, state, *, lr, eps):
    """One step of AdaGrad.

    theta, grad : tensors of one shape
    state : {"sum_squares": each weight's sum of squared gradients}
    lr, eps : learning rate, and a small number against division by 0
    returns the new point and the new state
    """
    ### BEGIN SOLUTION
    total = state["sum_squares"] + grad**2
    return theta - lr * grad / (torch.sqrt(total) + eps), {"sum_squares": total}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "adagrad_step"}
check(adagrad_step)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(adagrad_step)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Add first, then divide by the root of the <em>new</em> sum. The first step then has the length <code>lr</code> in
# every weight, whatever its gradient.</p>
# </details>

# %% [markdown]
# ### The effective rate of a weight
#
# What multiplies the gradient, $\eta / (\sqrt{r} + \varepsilon)$, is the weight's **effective rate**. Here it is
# for four words, over 200 minibatches of 20 documents.

# %% tags=["demo"]
random = torch.Generator().manual_seed(4)
batches = torch.randint(1000, (200, 20), generator=random)
WORDS = {"word 1": 0, "word 10": 9, "word 100": 99, "word 300": 299}


def effective_rates(step, method, denominator, **hyper):
    """Follow a method over the minibatches and note lr / denominator(state) of four words at each step."""
    theta, state, rates = origin, init_state(method, origin), []
    for rows in batches:
        theta, state = step(theta, document_gradient(theta, documents.x[rows], documents.y[rows]), state, **hyper)
        rates.append(hyper["lr"] / (denominator(state) + hyper["eps"]))
    table = torch.stack(rates)
    return {label: table[:, column] for label, column in WORDS.items()}


fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
curves = effective_rates(adagrad_step, "adagrad", lambda state: state["sum_squares"].sqrt(), lr=0.3, eps=1e-3)
plot_curves(curves, ax=ax, x=range(1, 201), xlabel="minibatch", ylabel="effective rate", log_y=True)
plt.show()

# %% [markdown]
# Word 1 and word 300 end a factor of about fifty apart, and nobody had to say so. Until its word first occurs a
# weight's rate is $\eta/\varepsilon$, here 300; it is never used, since the gradient is 0.

# %% [markdown]
# ## 4 · Why AdaGrad works
#
# There are two explanations. The first makes AdaGrad almost a second-order method, and leaves a square root over. The
# second explains the root.
#
# ### First explanation: curvature
#
# Gradient descent comes from the first-order expansion $E(\theta + d) \approx E + \nabla E^\top d$. The second order,
#
# $$E(\theta + d) \approx E + \nabla E^\top d + \tfrac12\, d^\top H d ,$$
#
# is smallest at Newton's step, $d = -H^{-1}\nabla E$. With $10^6$ weights $H$ has $10^{12}$ entries. It can be
# neither stored nor inverted, so it is **approximated**, three times.
#
# **1. Gauss–Newton.** Let the loss be a negative log-likelihood, $E = -\mathbb E \log p_\theta$. For any density that
# integrates to 1, $\int p_\theta\,dx = 1$, two derivatives give
#
# $$\mathbb E_{p_\theta}\!\left[-\nabla^2 \log p_\theta\right] = \mathbb E_{p_\theta}\!\left[\nabla \log p_\theta\,
# \nabla \log p_\theta^\top\right] = F,$$
#
# the Fisher information. So the expected Hessian is an expected outer product of *first* derivatives. Estimate it
# from the data at hand, with $g_x$ the gradient of example $x$:
#
# $$H \approx \frac1n \sum_x g_x g_x^\top .$$
#
# The notes call this the Gauss–Newton matrix; it is also called the empirical Fisher matrix. Note the small print:
# the identity wants $x$ drawn from the *model*; the sum runs over the *data*. They agree where the model fits.
#
# **2. Jacobi.** Keep the diagonal alone. It is stored and inverted in $O(d)$:
#
# $$H \approx \operatorname{diag}\Bigl(\frac1n \sum_x g_x \odot g_x\Bigr).$$
#
# **3. One example, or one batch, at a time.** Replace $\nabla E$ by $g_t$, average over the steps so far instead of
# over the data, and let the rate fall as $\eta/t$:
#
# $$\theta \leftarrow \theta - \frac{\eta}{t}\,\frac{g_t}{\frac1t \sum_{\tau \le t} g_\tau \odot g_\tau}
#  = \theta - \eta\, \frac{g_t}{\sum_{\tau \le t} g_\tau \odot g_\tau}.$$
#
# Compare this with AdaGrad: it is AdaGrad **without the root**.

# %% [markdown]
# ### Exercise 5 · `diagonal_gauss_newton`
#
# **Goal** · the diagonal of $\frac1n\sum_x g_x g_x^\top$. **Difficulty** ● · **about 4 minutes**
#
# Row $x$ of `per_example_grads` is $g_x$; weights may themselves have several axes, and have at least one. There is no
# need to build the matrix: with a million weights it would not fit into memory. (Built for a few weights and read off,
# its diagonal is right, and accepted.)

# %% nbgrader={"solution": true, "grade_id": "answer_diagonal_gauss_newton"}
def diagonal_gauss_newton(per_example_grads):
    """Diagonal of the mean outer product of the examples' gradients.

    per_example_grads : tensor of shape (n, ...), one example a row
    returns a tensor of shape (...)
    """
    ### BEGIN SOLUTION
    return (per_example_grads**2).mean(dim=0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "diagonal_gauss_newton"}
check(diagonal_gauss_newton)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(diagonal_gauss_newton)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Entry $(k, k)$ of $g g^\top$ is $g_k^2$.</p>
# </details>

# %% [markdown]
# How good is it? For the logistic regression the true diagonal is known: $\frac1n\sum_x p(1-p)\,x_k^2$, with $p$
# the predicted probability. Each dot is a word, at three places: the start $\theta = 0$, after some training, and a
# random point far from any fit.

# %% tags=["demo"]
def slope(theta):
    return document_gradient(theta, documents.x, documents.y)


trained = run(rprop_step, slope, origin, state=init_state("rprop", origin, rate=0.01), n_steps=12)[-1]
far = 1.5 * torch.randn(300, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
fig, axes = plt.subplots(1, 3, figsize=(9.5, 3.3), sharex=True, sharey=True, layout="constrained")
for ax, (label, theta) in zip(axes, {"at the start": origin, "trained": trained, "far away": far}.items(), strict=True):
    p = (documents.x @ theta).sigmoid()
    hessian = ((p * (1 - p)).unsqueeze(1) * documents.x**2).mean(dim=0)
    ours = diagonal_gauss_newton((p - documents.y).unsqueeze(1) * documents.x)
    ax.loglog(hessian, ours, ".", color="#08306b")
    ax.plot([1e-4, 20], [1e-4, 20], "k--", linewidth=1)
    ax.set(title=f"{label}: median ratio {(ours / hessian).median():.2f}", xlabel="diagonal of the Hessian")
axes[0].set_ylabel("diagonal of Gauss–Newton")
plt.show()

# %% [markdown]
# At the start the two are the same number: $p = \frac12$, and $(p-y)^2 = p(1-p) = \frac14$ for both classes.
# Trained, ours is a quarter too small: the model fits these examples better than it should. Far away, where it is
# surely wrong about many of them, squares of gradients are large and the curvature is tiny. There the approximation
# is seven times too large, which makes steps too short. What survives everywhere is the *order* of the weights,
# over three powers of ten.

# %% [markdown]
# ### Is the root needed?
#
# Four things to weigh.
#
# - **Near a minimum without noise** $g \to 0$, and so does its mean square. On a parabola $g = \lambda x$, and $g /
#   g^2 = 1/(\lambda x)$: the step *grows* as the minimum comes near. The matrix means curvature only where
#   gradients of examples do not vanish together, that is, where noise rules. $g/\sqrt{g^2}$ at least stays bounded.
# - **Scale of the loss.** Multiply $E$ by 100. Newton's step does not change. $g/\sum g^2$ is 100 times *shorter*,
#   $g/\sqrt{\sum g^2}$ does not change. The identity of Fisher holds for a log-likelihood and not for a multiple of
#   it.
# - **Decay.** $1/\sum g^2$ falls like $1/t$, which suits strongly convex losses and stops too early on others.
#   $1/\sqrt{\sum g^2}$ falls like $1/\sqrt t$, which convex losses in general need; the regret bound of Duchi et
#   al. rests on it.
# - **Caution.** Both divide by something that is itself an estimate. The root halves its error on a logarithmic
#   scale.
#
# Against the root stands that the preconditioner is only the square root of the curvature: a condition number of
# $\kappa$ becomes $\sqrt\kappa$, and not 1. Hu, Lin and Tang (2019) drop it, with a factor $\sqrt t$ in the rate;
# Balles and Hennig (2018) read the quotient with the root as the gradient's sign, damped by its relative variance.
# The measurement below gives $r^0$, $r^{1/2}$ and $r^1$ the same grid of rates, on the documents.

# %% tags=["demo"]
def with_power(power):
    """AdaGrad with r to any power; the sums are those of your function."""

    def step(theta, grad, state, *, lr, eps):
        _, state = adagrad_step(theta, grad, state, lr=lr, eps=eps)
        return theta - lr * grad / (state["sum_squares"] ** power + eps), state

    return step


track = document_track(documents.x, documents.y, n_runs=5, batch_size=20, n_steps=120, goal=0.5)
powers = {"r⁰: plain descent": 0.0, "r^½: AdaGrad": 0.5, "r¹: no root": 1.0}
laps = race([Entrant(name, with_power(p), "adagrad", {"eps": 1e-3}) for name, p in powers.items()], track)
fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
for number, (name, lap) in enumerate(laps.items()):
    plot_band(lap.losses, ax=ax, x=range(0, 121, 10), label=f"{name}, η = {lap.rate:g}", number=number,
              xlabel="minibatch", ylabel="loss over all rows")
plt.show()

# %% [markdown]
# What counts is to divide at all; the root comes second, and helps. (Lines are medians of 5 runs, bands reach from
# the 10 % to the 90 % quantile.)

# %% [markdown]
# ### Second explanation: spherical noise
#
# Estimates of the gradient scatter, and they scatter more along some axes than along others. Suppose, as the notes
# do, that noise is **multiplicative**: weight by weight
#
# $$g_i = (1 + \xi_i)\,\nabla_i E, \qquad \mathbb E\,\xi_i = 0, \quad \operatorname{Var} \xi_i = \sigma^2 .$$
#
# Then $\mathbb E\,g = \nabla E$, and $\operatorname{Var} g_i = \sigma^2\,\Sigma_{ii}^2$ where $\Sigma$ is diagonal
# with $\Sigma_{ii} = |\nabla_i E|$. How often is an estimate off by more than $\epsilon$? **Chebyshev's
# inequality** bounds it:
#
# $$P\bigl(|g_i - \nabla_i E| \ge \epsilon\bigr) \;\le\; \frac{\sigma^2\,\Sigma_{ii}^2}{\epsilon^2} .$$
#
# One $\epsilon$, but another bound for each weight: the steep ones are the least sure, and one rate for all must be
# small enough for them. So **rescale** the gradient such that its noise is the same in all directions, spherical:
#
# $$\tilde g = \Sigma^{-1} g, \qquad \mathbb E\,\tilde g = \Sigma^{-1}\nabla E, \qquad
# \operatorname{Cov} \tilde g = \Sigma^{-1}\,\sigma^2\Sigma^2\,\Sigma^{-1} = \sigma^2 I, \qquad
# P\bigl(|\tilde g_i - \mathbb E\,\tilde g_i| \ge \epsilon\bigr) \le \frac{\sigma^2}{\epsilon^2} .$$
#
# The variance is $\sigma^2\Sigma^2$; what makes it spherical is the inverse of $\Sigma$, a *standard deviation*.
# **Here is the root.**
#
# It is still a direction of descent. With $d = -\eta\,\tilde g$,
#
# $$\mathbb E\,[\Delta E] \approx \nabla E^\top \mathbb E\,d = -\eta\,\nabla E^\top \Sigma^{-1} \nabla E
#  = -\eta \sum_i \frac{(\nabla_i E)^2}{|\nabla_i E|} = -\eta\,\|\nabla E\|_1 < 0 .$$
#
# And $\Sigma$ can be estimated: $\mathbb E\,g_i^2 = (1 + \sigma^2)\,(\nabla_i E)^2$, so the root of the mean square
# is $\Sigma_{ii}$ up to a constant, which the rate absorbs. The mean over the steps so far gives AdaGrad's
# denominator.
#
# *What the notes print and what holds.* They use one $\xi$ for all weights; the covariance $\sigma^2 \nabla
# E\,\nabla E^\top$ then has rank 1, no inverse, and $\sigma^2 I$ cannot come out; after scaling with the diagonal
# only the diagonal of the covariance is constant. Independent $\xi_i$ mend it. Their last line ends in
# $-\eta\sigma^2\|\nabla E\|$; the factor $\sigma^2$ does not belong there, and the norm is the 1-norm.

# %% tags=["demo"]
random = torch.Generator().manual_seed(6)
exact = torch.tensor([2.0, 0.5], dtype=torch.float64)
samples = exact * (1 + 0.5 * torch.randn(4000, 2, generator=random, dtype=torch.float64))
spread = samples.square().mean(dim=0).sqrt()
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
plot_cloud(samples[:400], ax=left, center=exact, label="estimates", reach=3.2)
plot_cloud((samples / spread)[:400], ax=right, center=exact / spread, label="estimates", reach=3.2, number=1,
           xlabel="$\\tilde g_1$", ylabel="$\\tilde g_2$")
left.set_title("as they come")
right.set_title("divided by their root mean squares")
plt.show()
print("                     P(off by 1 or more)       Chebyshev's bound")
for name, cloud, centre in (("as they come", samples, exact), ("rescaled", samples / spread, exact / spread)):
    off = ((cloud - centre).abs() >= 1).double().mean(dim=0)
    bound = cloud.var(dim=0).clamp(max=1)
    print(f"{name:16s}     {off[0]:8.4f}  {off[1]:8.4f}       {bound[0]:8.3f}  {bound[1]:8.3f}")

# %% [markdown]
# Chebyshev knows only the variance, so its bound is loose; what matters is that after rescaling it is the same for
# both weights.
#
# Both explanations agree on *what* to divide by, the mean square of the gradient, and differ in the power. Neither
# says what to do when the loss is not convex and old squares mislead. That is where the next method starts.

# %% [markdown]
# ## 5 · Forgetting: RMSProp and AdaDelta
#
# ### RMSProp
#
# AdaGrad never forgets. If the way to the minimum leads over steep walls first, their squares brake every step after
# them. RMSProp (Tieleman and Hinton 2012) replaces the sum by the weighted average of lesson 5:
#
# $$r \leftarrow \rho\, r + (1-\rho)\, g \odot g, \qquad
# \theta \leftarrow \theta - \frac{\eta}{\sqrt r + \varepsilon}\odot g ,$$
#
# with $\rho = 0.9$ or more. One thing is lost: rates no longer fall by themselves. Near a minimum the steps keep a
# length of about $\eta$, so $\eta$ needs a schedule (lesson 4). As with AdaGrad, $\varepsilon$ inside the root,
# $\sqrt{r + \varepsilon}$, is accepted.
#
# The **centred** form (Graves 2013; `centered=True` in torch) divides by the standard deviation $\sqrt{r - m^2}$, $m
# \leftarrow \rho m + (1-\rho) g$ being the average of $g$; it is accepted, with $m$ under the key `"mean"`.
# `init_state` gives no such key: where it is missing, begin with zeros, `state.get("mean", torch.zeros_like(theta))`.

# %% [markdown]
# ### Exercise 6 · `rmsprop_step`
#
# **Goal** · one step of RMSProp. **Difficulty** ● · **about 5 minutes**

# %% nbgrader={"solution": true, "grade_id": "answer_rmsprop_step"}
def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    """One step of RMSProp.

    theta, grad : tensors of one shape
    state : {"mean_square": each weight's average of squared gradients}
    lr, rho, eps : learning rate, share of the average that is kept, small number outside the root
    returns the new point and the new state
    """
    ### BEGIN SOLUTION
    mean = rho * state["mean_square"] + (1 - rho) * grad**2
    return theta - lr * grad / (torch.sqrt(mean) + eps), {"mean_square": mean}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rmsprop_step"}
check(rmsprop_step)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(rmsprop_step)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Two lines of <code>adagrad_step</code> stay, one changes. Average the squares; do not square the average.</p>
# </details>

# %% [markdown]
# One weight meets gradients of size 10 for 50 steps, and of size 1 from then on:

# %% tags=["demo"]
gradients = torch.where(torch.arange(300) < 50, 10.0, 1.0).double()
one = torch.zeros(1, dtype=torch.float64)
curves = {}
for label, step, method, hyper in (
    ("AdaGrad", adagrad_step, "adagrad", {}),
    ("RMSProp, ρ = 0.9", rmsprop_step, "rmsprop", {"rho": 0.9}),
    ("RMSProp, ρ = 0.99", rmsprop_step, "rmsprop", {"rho": 0.99}),
):
    theta, state, lengths = one, init_state(method, one), []
    for gradient in gradients:
        new, state = step(theta, gradient.reshape(1), state, lr=1.0, eps=1e-8, **hyper)
        lengths.append((new - theta).abs())
        theta = new
    curves[label] = torch.cat(lengths)
fig, ax = plt.subplots(figsize=(7, 3.3), layout="constrained")
plot_curves(curves, ax=ax, x=range(1, 301), xlabel="step", ylabel="length of the step, for η = 1", log_y=True)
plt.show()

# %% [markdown]
# RMSProp recovers within a few times $1/(1-\rho)$ steps; AdaGrad never does. Look at the left end as
# well: the first steps of RMSProp are longer than $\eta$, by up to $1/\sqrt{1-\rho}$. The average starts from 0.
# Remember this for section 6.
#
# ### AdaDelta
#
# Zeiler (2012) starts from units. A gradient has the unit of $E$ over that of $\theta$; a change of $\theta$ must
# have the unit of $\theta$. $g/\sqrt{\overline{g^2}}$ has none. Newton's step has the right one, so let a second
# average, of the squares of past *changes*, supply it:
#
# $$r \leftarrow \rho r + (1-\rho)\, g^2, \qquad
# \Delta = -\frac{\sqrt{d + \varepsilon}}{\sqrt{r + \varepsilon}}\; g, \qquad
# d \leftarrow \rho d + (1-\rho)\,\Delta^2, \qquad \theta \leftarrow \theta + \eta\,\Delta .$$
#
# $d$ in the fraction is the *old* average, since the new change is not known yet. $\varepsilon$ stands inside both
# roots, as in the paper, and here only there: with $d = 0$ at the start it is what gets the method moving at all, by
# about $\sqrt\varepsilon$; outside, the first step would have the length $\varepsilon$. Zeiler needs no rate,
# $\eta = 1$; torch and this lesson scale the move by $\eta$ and collect $\Delta$ without it.

# %% [markdown]
# ### Exercise 7 · `adadelta_step`
#
# **Goal** · one step of AdaDelta. **Difficulty** ●● · **about 8 minutes**

# %% nbgrader={"solution": true, "grade_id": "answer_adadelta_step"}
def adadelta_step(theta, grad, state, *, lr, rho, eps):
    """One step of AdaDelta.

    theta, grad : tensors of one shape
    state : {"mean_square": average of squared gradients, "mean_delta": average of squared changes}
    lr, rho, eps : factor of the move, share of the averages that is kept, small number inside both roots
    returns the new point and the new state
    """
    ### BEGIN SOLUTION
    mean_square = rho * state["mean_square"] + (1 - rho) * grad**2
    delta = -torch.sqrt(state["mean_delta"] + eps) / torch.sqrt(mean_square + eps) * grad
    mean_delta = rho * state["mean_delta"] + (1 - rho) * delta**2
    return theta + lr * delta, {"mean_square": mean_square, "mean_delta": mean_delta}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "adadelta_step"}
check(adadelta_step)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(adadelta_step)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Four lines, in the order of the four formulas. The rate appears in the last one only.</p>
# </details>

# %% [markdown]
# ## 6 · Adam and its kin
#
# ### Adam
#
# RMSProp averages the squares. Adam (Kingma and Ba 2015) averages the gradients too, which is momentum in its
# averaged form, and corrects both averages for their start from zero:
#
# $$s \leftarrow \rho_1 s + (1-\rho_1)\, g, \qquad r \leftarrow \rho_2 r + (1-\rho_2)\, g \odot g, \qquad
# \hat s = \frac{s}{1-\rho_1^k}, \quad \hat r = \frac{r}{1-\rho_2^k}, \qquad
# \theta \leftarrow \theta - \eta\,\frac{\hat s}{\sqrt{\hat r} + \varepsilon} ,$$
#
# where $k = 1, 2, \dots$ is the number of this step. `state["t"]` holds the number of steps *already taken*, a Python
# int and no tensor, so the first call sees 0, and $k$ is `t` plus 1. Usual values are $\rho_1 = 0.9$,
# $\rho_2 = 0.999$, $\varepsilon = 10^{-8}$.
#
# The paper also gives a quicker order, with both corrections drawn into the rate and $\hat\varepsilon$ added to the
# uncorrected root. Keras has that; torch has the form above. Both are accepted, and so is $\varepsilon$ in the
# root. (Some of the notes drop a hat or a factor $\rho$ on the way. The formulas here are those of the paper's
# algorithm 1.)

# %% [markdown]
# ### Exercise 8 · `adam_step`
#
# **Goal** · one step of Adam. **Difficulty** ●●● · **about 12 minutes**

# %% nbgrader={"solution": true, "grade_id": "answer_adam_step"}
def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    """One step of Adam.

    theta, grad : tensors of one shape
    state : {"s": average of gradients, "r": average of their squares, "t": steps already taken, an int}
    lr, rho1, rho2, eps : learning rate, shares of the averages that are kept, small number outside the root
    returns the new point and the new state
    """
    ### BEGIN SOLUTION
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    s_hat = s / (1 - rho1**k)
    r_hat = r / (1 - rho2**k)
    return theta - lr * s_hat / (torch.sqrt(r_hat) + eps), {"s": s, "r": r, "t": k}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "adam_step"}
check(adam_step)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(adam_step)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>The state keeps the <em>uncorrected</em> averages. Test by hand: the first step is
# $-\eta\, g / (|g| + \varepsilon)$, whatever $\rho_1$ and $\rho_2$ are.</p>
# </details>

# %% [markdown]
# ### What the correction does in the first steps
#
# A state with a very large `"t"` switches the correction off, since $1 - \rho^k$ is then 1. Below: the length of
# each step in units of $\eta$, for a steady gradient, and the path of both down a bowl with $\kappa = 10$.

# %% tags=["demo"]
steady = torch.ones(1, dtype=torch.float64)
bowl, corner = quadratic(10), torch.tensor([-1.5, 1.0], dtype=torch.float64)
usual = {"rho1": 0.9, "rho2": 0.999, "eps": 1e-8}
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.8), layout="constrained")
plot_contours(bowl, ax=right)
lengths = {}
for number, (label, t) in enumerate((("corrected", 0), ("not corrected", 10**6))):
    path = run(adam_step, lambda theta: steady, one, state={**init_state("adam", one), "t": t}, n_steps=1000,
               lr=1.0, **usual)
    lengths[label] = path.diff(dim=0).abs()[:, 0]
    path = run(adam_step, bowl.gradient, corner, state={**init_state("adam", corner), "t": t}, n_steps=60,
               lr=0.1, **usual)
    plot_path(path, ax=right, label=label, number=number)
plot_curves(lengths, ax=left, x=range(1, 1001), xlabel="step", ylabel="length of the step / η", log_x=True)
left.set_ylim(0, 8)
plt.show()
print(f"not corrected: first step {lengths['not corrected'][0]:.2f} η, longest {lengths['not corrected'].max():.2f} η "
      f"at step {int(lengths['not corrected'].argmax()) + 1}, step 1000 {lengths['not corrected'][-1]:.2f} η")

# %% [markdown]
# Without the correction $s$ starts 10 times too small and $\sqrt r$ about 32 times: the first step is
# $0.1/\sqrt{0.001} \approx 3.2$ times $\eta$, and as $s$ warms up sooner than $r$ it gets worse before it gets
# better. With it the first step is $\eta$, and no step is much longer while gradients are steady. That is why
# Adam's rate reads as a *distance*: about how far a weight moves in a step.

# %% [markdown]
# ### Demo: which correction, and where does ε stand?
#
# Weights with steady gradients of all sizes, moved by *your* `adam_step`. To leave out a correction the demo tells it
# that a million steps were taken, and to move $\varepsilon$ it sets it to 0 and changes $r$ beforehand; dotted is your
# function without such tricks. **Before you touch a switch**, say which half of the correction matters more in the
# first step, and which way a step goes wrong if only $s$ is corrected. Then move $\varepsilon = 10^{-3}$ inside the
# root. Which weights stop moving? The rings and the triangle of $\varepsilon$ can be pulled; the one on the left
# chooses the step that is seen on the right.
#
# **Goal:** take no step longer than $\eta$; and put $\varepsilon$ inside the root, so large that a weight of slope
# $10^{-3}$ (within a factor of 2) takes half a step.

# %% tags=["demo"]
correction_demo(adam_step)

# %% [markdown]
# ### AdaMax: the largest instead of the mean square
#
# $\sqrt{\overline{g^2}}$ is a norm of past gradients with exponent 2. The limit of exponent $p \to \infty$ is a
# maximum that fades (Kingma and Ba 2015, algorithm 2):
#
# $$u \leftarrow \max(\rho_2\, u,\ |g|), \qquad
# \theta \leftarrow \theta - \frac{\eta}{1-\rho_1^k}\,\frac{s}{u + \varepsilon} .$$
#
# A maximum is no average, so $u$ needs no correction; $s$ and $k$ are Adam's. The paper has no $\varepsilon$; a weight
# whose gradients were all 0 then becomes `nan`, so the lesson adds one, below the fraction only: it does not enter the
# stored $u$. torch writes $\max(\rho_2 u, |g| + \varepsilon)$ and divides by that, which is accepted; $\varepsilon$
# then stays in $u$.

# %% [markdown]
# ### Exercise 9 · `adamax_step`
#
# **Goal** · one step of AdaMax. **Difficulty** ●● · **about 6 minutes**

# %% nbgrader={"solution": true, "grade_id": "answer_adamax_step"}
def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    """One step of AdaMax.

    theta, grad : tensors of one shape
    state : {"s": average of gradients, "u": fading maximum of their sizes, "t": steps already taken, an int}
    lr, rho1, rho2, eps : learning rate, share of the average that is kept, factor by which the maximum fades, and a
        small number that is added to it
    returns the new point and the new state
    """
    ### BEGIN SOLUTION
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.maximum(rho2 * state["u"], grad.abs())
    return theta - lr / (1 - rho1**k) * s / (u + eps), {"s": s, "u": u, "t": k}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "adamax_step"}
check(adamax_step)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(adamax_step)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p><code>torch.maximum</code> compares two tensors entry by entry; <code>torch.max</code> of one tensor is its largest
# entry, which would give all weights one rate.</p>
# </details>

# %% [markdown]
# ### Nadam: Adam that looks ahead
#
# Adam's $\hat s$ is momentum, and momentum has Nesterov's form. Dozat (2016) carries it over without a second
# gradient: what the *next* step would make of $s$ without a new gradient, $\rho_1 s$, is taken now, and the new
# gradient is added:
#
# $$\theta \leftarrow \theta - \frac{\eta}{\sqrt{\hat r} + \varepsilon}
# \left(\frac{\rho_1\, s}{1-\rho_1^{k+1}} + \frac{(1-\rho_1)\, g}{1-\rho_1^k}\right).$$
#
# $s$ and $\hat r$ are Adam's. The look-ahead belongs to step $k+1$, hence its power. `torch.optim.NAdam` lets
# $\rho_1$ rise along a schedule, $\mu_k = \rho_1(1 - \frac12\, 0.96^{k/250})$, and puts products of these in the
# place of the powers:
# $\mu_{k+1}\,s / (1 - \mu_1\cdots\mu_{k+1}) + (1-\mu_k)\,g / (1 - \mu_1\cdots\mu_k)$, with $s$ as before. Many
# summaries correct both terms with $1-\rho_1^k$. Both are accepted, and so is $\varepsilon$ in the root. (The product
# can be made anew from `t` in every step, or kept in the state under a name of its own, such as `"mu_product"`,
# which is missing in the first step and then 1.)

# %% [markdown]
# ### Exercise 10 · `nadam_step`
#
# **Goal** · one step of Nadam with constant $\rho_1$. **Difficulty** ●●● · **about 10 minutes**

# %% nbgrader={"solution": true, "grade_id": "answer_nadam_step"}
def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    """One step of Nadam.

    theta, grad : tensors of one shape
    state : {"s": average of gradients, "r": average of their squares, "t": steps already taken, an int}
    lr, rho1, rho2, eps : as in adam_step
    returns the new point and the new state
    """
    ### BEGIN SOLUTION
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    ahead = rho1 * s / (1 - rho1 ** (k + 1)) + (1 - rho1) * grad / (1 - rho1**k)
    return theta - lr * ahead / (torch.sqrt(r / (1 - rho2**k)) + eps), {"s": s, "r": r, "t": k}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "nadam_step"}
check(nadam_step)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(nadam_step)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Start from your <code>adam_step</code>. Only the numerator changes, and it uses the <em>new</em> $s$.</p>
# </details>

# %% [markdown]
# ### Three memories of the same gradients
#
# Effective rates on the documents again, each method with a rate that suits it.

# %% tags=["demo"]
fig, axes = plt.subplots(1, 3, figsize=(10, 3.4), sharey=True, layout="constrained")
memories = {
    "AdaGrad": (adagrad_step, "adagrad", lambda state: state["sum_squares"].sqrt(), {"lr": 0.3}),
    "RMSProp, ρ = 0.9": (rmsprop_step, "rmsprop", lambda state: state["mean_square"].sqrt(), {"lr": 0.03, "rho": 0.9}),
    "Adam": (adam_step, "adam", lambda state: (state["r"] / (1 - 0.999 ** state["t"])).sqrt(),
             {"lr": 0.03, "rho1": 0.9, "rho2": 0.999}),
}
for ax, (name, (step, method, denominator, hyper)) in zip(axes, memories.items(), strict=True):
    curves = effective_rates(step, method, denominator, eps=1e-3, **hyper)
    plot_curves(curves, ax=ax, x=range(1, 201), xlabel="minibatch", ylabel="effective rate", log_y=True)
    ax.set_title(name)
    if ax is not axes[0]:
        ax.set_ylabel("")
        ax.get_legend().remove()
plt.show()

# %% [markdown]
# AdaGrad's rates only fall. RMSProp with a short memory forgets a rare word between two of its occurrences: the
# rate climbs until the word comes back and is then cut down at once. Adam's $\rho_2 = 0.999$ remembers a thousand
# steps, and its correction keeps the first of them honest. For sparse gradients a long memory matters.

# %% [markdown]
# ### Demo: the rates of all 300 weights
#
# The same documents in smaller batches. Left the rates of four words, right those of all words at one minibatch, all
# read off what *your* functions keep in their states; the dashes at the bottom are the minibatches in which your word
# occurs, at first word 300: pull its mark on the right to another one. **Before you press play**, say what its rate
# does between two dashes, and what a longer memory changes. Which method's rates do not order the words at all, and why
# not?
#
# **Goal:** with minibatches of 5 and a method that forgets, keep the rate of word 300 within a factor of 2 over the
# last 100 minibatches, and end with a loss under 0.55. There is more than one way.

# %% tags=["demo"]
effective_rate_demo(delta_bar_delta_step, adagrad_step, rmsprop_step, adadelta_step, adam_step, adamax_step)

# %% [markdown]
# ## 7 · The race
#
# ### Rules
#
# Animations that show one method winning mostly show one *rate* winning. Here every method tries the same nine
# rates, and its best counts: the one with the lowest mean of $\log_{10}$ loss, over the whole race and over 20
# starts (for the documents, 5 series of minibatches). For delta-bar-delta and Rprop the rate is the first rate. All
# other constants are the usual ones. Methods whose function you have not written are left out.
#
# - **Beale's function**: a flat, bent plain between steep walls; starts on its near side.
# - **The long valley** (Rosenbrock's): easy to reach, bent, and slow to follow.
# - **The saddle**: starts within 0.001 of the ridge, where the downhill direction has almost no gradient.
# - **The documents**: 300 sparse weights, minibatches of 20. The only noisy track.
#
# ### One race, step by step
#
# First a single run of each method, by *your* functions, on the first three tracks. (What you have not written yet,
# `torch.optim` runs if it has it; the lines above the picture say so.) The lanes show the loss; who crosses the line
# and stays there has arrived. Below the standing one step of one weight is spelled out: the lesson's formula with the
# numbers that your function got, and last in a line what it returned. If the two disagree, yours is another form.
#
# **Before you press play**, pick a winner on Beale's function, and say which methods will overshoot. Then the
# **goal**: give all the same rate. On one landscape, from one start, find a rate with which Adam beats gradient
# descent, that is, arrives in fewer steps, and another with which gradient descent beats Adam. Which of the two would
# you have put on a slide?

# %% tags=["demo"]
race_demo(delta_bar_delta_step, rprop_step, quickprop_step, adagrad_step, rmsprop_step, adadelta_step, adam_step,
          adamax_step, nadam_step)

# %% [markdown]
# ### Everyone at their best
#
# Now all runs, each method at its own best rate. **Before you run it**, pick a winner for each track.

# %% tags=["demo"]
entrants = [
    torch_sgd("gradient descent"),
    torch_sgd("momentum 0.9", momentum=0.9),
    Entrant("delta-bar-delta", delta_bar_delta_step, "delta_bar_delta", {"kappa": 0.001, "phi": 0.3, "beta": 0.7}),
    Entrant("Rprop", rprop_step, "rprop"),
    Entrant("Quickprop", quickprop_step, "quickprop"),
    Entrant("AdaGrad", adagrad_step, "adagrad", {"eps": 1e-8}),
    Entrant("RMSProp", rmsprop_step, "rmsprop", {"rho": 0.9, "eps": 1e-8}),
    Entrant("AdaDelta", adadelta_step, "adadelta", {"rho": 0.9, "eps": 1e-6}),
    Entrant("Adam", adam_step, "adam", usual),
    Entrant("AdaMax", adamax_step, "adamax", usual),
    Entrant("Nadam", nadam_step, "nadam", usual),
]
lengths = {"beale": 160, "long valley": 200, "saddle": 80}
tracks = [landscape_track(name, n_steps=n_steps, seed=1) for name, n_steps in lengths.items()]
tracks.append(document_track(documents.x, documents.y, n_runs=5, batch_size=20, n_steps=120, goal=0.5))
results = {track.name: race(entrants, track) for track in tracks}

print(f"{'':17s}" + "".join(f"{track.name:>17s}" for track in tracks))
print(f"{'loss to reach':17s}" + "".join(f"{track.goal:>17g}" for track in tracks))
for entrant in entrants:
    cells = []
    for track in tracks:
        lap = results[track.name].get(entrant.name)
        if lap is None:
            cells.append("-")
            continue
        steps = int(lap.needed.median())
        shown = str(steps) if steps <= track.n_steps else f"> {track.n_steps}"
        cells.append(f"{shown} (η {lap.rate:g})")
    print(f"{entrant.name:17s}" + "".join(f"{cell:>17s}" for cell in cells))

# %% [markdown]
# Median number of steps until the loss stays under the goal, and in brackets the rate that was best. (A schedule of
# lesson 4 can enter as well: put `scheduled(adam_step, lambda k: ...)` of `steepest.race` in the place of a stepper,
# where the lambda gives the share of the rate after k steps.) The same runs as curves, for six of the methods: median
# and the middle half of the runs.

# %% tags=["demo"]
shown = ("gradient descent", "momentum 0.9", "Rprop", "AdaGrad", "RMSProp", "Adam")
fig, axes = plt.subplots(2, 2, figsize=(10, 7.2), layout="constrained")
for ax, track in zip(axes.flat, tracks, strict=True):
    points = range(0, track.n_steps + 1, track.every)
    for number, name in enumerate(shown):
        if name in results[track.name]:
            losses = results[track.name][name].losses.clamp(max=1e6)
            plot_band(losses, ax=ax, x=points, label=name, number=number, xlabel="step",
                      ylabel="loss above the minimum", quantiles=(0.25, 0.75))
    ax.axhline(track.goal, color="0.3", linewidth=0.8)
    ax.set(yscale="log", title=track.name, ylim=(1e-9, 50))
    ax.get_legend().remove()
axes[0, 1].set(ylim=(1e-3, 50))
axes[1, 1].set(yscale="linear", ylabel="loss over all rows", ylim=(0.4, 0.9))
handles, labels = axes[0, 0].get_legend_handles_labels()
fig.legend(handles, labels, loc="outside lower center", ncols=6)
plt.show()

# %% tags=["demo"]
fig, axes = plt.subplots(1, 3, figsize=(11, 4.2), layout="constrained")
for ax, landscape, track in zip(axes, (beale(), long_valley(), saddle()), tracks, strict=False):
    plot_contours(landscape, ax=ax, resolution=101)
    for number, entrant in enumerate(item for item in entrants if item.name in shown):
        lap = results[track.name].get(entrant.name)
        if lap is None:
            continue
        state = init_state(entrant.method, track.starts[0], rate=lap.rate)
        rate = {} if {"rate", "step"} & set(state) else {"lr": lap.rate}
        path = run(entrant.step, landscape.gradient, track.starts[0], state=state, n_steps=track.n_steps,
                   **entrant.hyper, **rate)
        plot_path(path, ax=ax, label=entrant.name, number=number)
    ax.get_legend().remove()
axes[0].set(xlim=(0, 4), ylim=(-1.5, 2))
handles, labels = axes[0].get_legend_handles_labels()
fig.legend(handles, labels, loc="outside lower center", ncols=7)
plt.show()

# %% [markdown]
# ### How much does the rate matter?

# %% tags=["demo"]
fig, axes = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained")
for ax, track in zip(axes, (tracks[0], tracks[3]), strict=True):
    scores = {name: results[track.name][name].scores for name in shown if name in results[track.name]}
    plot_curves(scores, ax=ax, x=RATES, log_x=True, xlabel="learning rate", ylabel="mean of log₁₀ loss")
    ax.set_title(track.name)
    ax.get_legend().remove()
handles, labels = axes[0].get_legend_handles_labels()
fig.legend(handles, labels, loc="outside lower center", ncols=6)
plt.show()

# %% [markdown]
# ### What the race shows
#
# The notes show animations of Beale's function and of a long valley, in which momentum and adaptive methods leave
# plain descent behind. With every rate tuned, that is partly so:
#
# - **Beale** · Rprop is first with 44 steps, then Nadam, Adam and AdaMax with 85 to 94; plain descent needs more
#   than the race has. AdaGrad's rates have fallen too far by then, and RMSProp hovers at a height that its constant
#   rate sets.
# - **The long valley** · Three methods get there, and all three have momentum: Nadam, momentum itself and Adam. The
#   valley is bent and lies across the axes, so a rate for each weight has little to offer.
# - **The saddle** · RMSProp, AdaGrad, Nadam, Rprop and delta-bar-delta need 5 to 13 steps: they move along a tiny
#   gradient almost as along a large one. (RMSProp's 5 are half luck: a quarter of its runs keep jumping.) Plain
#   descent at its best rate needs 32, and is *ahead* of momentum and Adam, whose speed carries them around the
#   minimum. Quickprop goes to the saddle point: its parabolas see an extremum and not which kind.
# - **The documents** · AdaGrad is first with 60 steps, the other adaptive methods need 70 to 110. Plain descent,
#   momentum and the methods of section 2 do not arrive at all. This is AdaGrad's home ground: sparse, convex,
#   noisy.
#
# No method wins everywhere, and the order depends on the goal, the length of the race and the grid. The last figure
# says what tuning is worth: a wrong power of ten in the rate often costs more than the wrong method. Two readings
# are safe. With sparse or badly scaled weights and noise, divide by the root of the mean square. And where the loss
# is bent across the axes, momentum does what no rate for each weight can.
#
# ## Summary
#
# - A rate for each weight rescales the axes. It undoes bad scaling along them, and nothing else.
# - Delta-bar-delta and Rprop listen to signs, Quickprop to differences of gradients. Noise fools all three: they
#   are for full batches.
# - AdaGrad divides by the root of the sum of squares. Without the root it is a Newton method with a diagonal
#   Gauss–Newton matrix; with it, it makes the noise spherical.
# - RMSProp forgets, AdaDelta adds units, Adam adds momentum and corrects both averages, AdaMax takes a maximum, Nadam
#   looks ahead.
# - Compare methods at their own best rates, over several starts, and say on which problem.
#
# **Next**: rates for the axes cannot turn them. Lesson 7 uses the whole curvature.
#
# ## Sources
#
# - R. A. Jacobs, *Increased rates of convergence through learning rate adaptation*, Neural Networks 1(4), 1988.
# - S. E. Fahlman, *An empirical study of learning speed in back-propagation networks*, CMU-CS-88-162, 1988.
# - M. Riedmiller, H. Braun, *A direct adaptive method for faster backpropagation learning: the RPROP algorithm*, IEEE
#   International Conference on Neural Networks, 1993.
# - C. Igel, M. Hüsken, *Empirical evaluation of the improved Rprop learning algorithms*, Neurocomputing 50, 2003.
# - J. Duchi, E. Hazan, Y. Singer, *Adaptive subgradient methods for online learning and stochastic optimization*,
#   JMLR 12, 2011.
# - T. Tieleman, G. Hinton, *Lecture 6.5: rmsprop*, Coursera: Neural Networks for Machine Learning, 2012.
# - M. D. Zeiler, *ADADELTA: an adaptive learning rate method*, arXiv:1212.5701, 2012.
# - A. Graves, *Generating sequences with recurrent neural networks*, arXiv:1308.0850, 2013.
# - D. P. Kingma, J. Ba, *Adam: a method for stochastic optimization*, ICLR 2015.
# - T. Dozat, *Incorporating Nesterov momentum into Adam*, ICLR workshop, 2016.
# - L. Balles, P. Hennig, *Dissecting Adam: the sign, magnitude and variance of stochastic gradients*, ICML 2018.
# - Y. Hu, L. Lin, S. Tang, *Second-order information in first-order optimization methods*, arXiv preprint, 2019.
