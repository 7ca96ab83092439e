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
# # 1 · Empirical risk
#
# Training minimizes a number. It is not the number that we care about. This lesson asks what the two have to do
# with each other: which quantity is descended, why that one, when its descent stops helping, and when to halt it.
#
# **After this lesson you can**
#
# 1. say how learning differs from pure optimization, and tell the performance $P$ from the objective $J$;
# 2. estimate a risk from examples, and say when the estimate can be trusted;
# 3. explain why a performance measure cannot be descended, and what a surrogate must have that it lacks;
# 4. compute the negative log-likelihood and its gradient for any scores, and show that it is a cross-entropy;
# 5. recognize a model that memorizes, and halt its training by validation loss.
#
# Six exercises, about 60 minutes, and as much to read and to try out. You need tensors and gradient descent from
# lesson 0.

# %% nbgrader={"locked": true, "grade_id": "setup"}
import math

import matplotlib.pyplot as plt
import torch
from steepest import check, data
from steepest.demos.empirical_risk import capacity_demo, surrogate_demo
from steepest.plots import plot_band, plot_curves

torch.set_num_threads(1)  # with tensors this small, threads cost more than they gain

# %% [markdown]
# ## 1 · Learning is not pure optimization
#
# ### What we want, and what we have
#
# A network is to recognize cats. What counts is how it does on pictures that it will be shown *later*: that is the
# **performance** $P$, say the share of errors on them. Two things stand between us and $P$.
#
# - The later pictures are not there yet. We only have a training set.
# - Even on a training set, a share of errors cannot be descended. Section 3 shows why.
#
# So we minimize something else, an **objective** $J(\theta)$ made of a loss and of the training set, and hope that $P$
# improves along the way. In pure optimization reaching the minimum of $J$ is the goal. In learning it is a means,
# and it may be wise never to get there.
#
# ### Risk and empirical risk
#
# Let examples $(x, y)$ be drawn from a distribution $p_\text{data}$, let $f(x;\theta)$ be the prediction and $L$ the
# loss of one example. The **risk** is the loss that is expected on a new example:
#
# $$J^*(\theta) = \mathbb{E}_{(x,y)\sim p_\text{data}}\, L\bigl(f(x;\theta),\, y\bigr).$$
#
# If $p_\text{data}$ were known, minimizing this would be an optimization problem like any other. It is not known.
# What we have is $n$ draws, and the **empirical distribution** $\hat p_\text{data}$, which puts the weight $1/n$ on
# each. Its expectation is the **empirical risk**:
#
# $$J(\theta) = \mathbb{E}_{(x,y)\sim\hat p_\text{data}}\, L\bigl(f(x;\theta),\, y\bigr)
#   = \frac1n \sum_{i=1}^n L\bigl(f(x_i;\theta),\, y_i\bigr).$$
#
# The hat is the whole difference. To choose the $\theta$ with the least $J$ is **empirical risk minimization**
# (Vapnik 1992).

# %% [markdown]
# ### Exercise 1 · `empirical_risk`
#
# **Goal** · the empirical risk of any predictor under any loss. **Difficulty** ● · **about 5 minutes**
#
# Call `predict` once, with the whole batch `x`; `loss(prediction, target)` then gives one value for each example. (To
# hand over the rows one by one, as batches `x[i:i + 1]`, is accepted too.) A loss may be 0, or negative where it
# counts a gain, and such examples belong to the mean as well.
#
# Two things hold in the whole lesson. The mean of no examples does not exist: every loss refuses an empty batch with a
# `ValueError`. And a function leaves the tensors that it is given as they are: it neither changes their entries nor
# sets their `requires_grad`, but makes new ones.

# %% nbgrader={"solution": true, "grade_id": "answer_empirical_risk"}
def empirical_risk(predict, loss, x, y):
    """Mean loss of a predictor over a batch.

    predict : maps a batch of n rows to n predictions
    loss : maps (predictions, targets) to a tensor of n losses
    x, y : rows and targets, n of each
    returns a tensor without axes; raises ValueError where n is 0
    """
    ### BEGIN SOLUTION
    if len(x) == 0:
        raise ValueError("the empirical risk of an empty batch does not exist")
    return loss(predict(x), y).mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "empirical_risk"}
check(empirical_risk)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(empirical_risk)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Predict once, for the whole batch, and hand prediction and target to the loss in this order. The guard comes
# first: <code>if len(x) == 0: raise ValueError("…")</code>.</p>
# </details>

# %% [markdown]
# ### A world whose risk is known
#
# To compare $J$ with $J^*$ we need a $p_\text{data}$ that we can see. Take $x$ uniform on $(-1, 1)$ and
# $y = \sin \pi x$ plus normal noise of deviation $\sigma = 0.3$, and the squared error. Then the risk of any predictor
# $f$ is its mean squared distance from the sine plus $\sigma^2 = 0.09$, which nothing can get below.

# %% nbgrader={"locked": true, "grade_id": "sine_world"}
NOISE = 0.3
grid = torch.linspace(-1, 1, 1001, dtype=torch.float64)


def draw_world(n, generator, repeats=1):
    """`repeats` training sets of n points each: x and y of shape (repeats, n)."""
    x = 2 * torch.rand(repeats, n, generator=generator, dtype=torch.float64) - 1
    y = torch.sin(math.pi * x) + NOISE * torch.randn(repeats, n, generator=generator, dtype=torch.float64)
    return x, y


def features(x, degree):
    """Legendre polynomials of degree 0 … degree at x, along a new last axis."""
    columns = [torch.ones_like(x), x]
    for k in range(1, degree):
        columns.append(((2 * k + 1) * x * columns[k] - k * columns[k - 1]) / (k + 1))
    return torch.stack(columns[: degree + 1], dim=-1)


def fit(x, y, degree):
    """The polynomial of this degree with the least empirical risk, for each training set."""
    return torch.linalg.lstsq(features(x, degree), y[..., None]).solution[..., 0]


def true_risk(theta):
    """Risk of polynomials with these coefficients, by summing over a fine grid."""
    values = features(grid, theta.shape[-1] - 1) @ theta.mT
    return (values - torch.sin(math.pi * grid)[:, None]).square().mean(dim=0) + NOISE**2


def squared_error(prediction, target):
    return (prediction - target).square()


# %% [markdown]
# ### An honest estimate, and one that is not
#
# Fix a polynomial *before* the data are drawn. Then $J$ is a mean of independent draws whose expectation is $J^*$: it
# has no bias, and strays by the order of $1/\sqrt n$. Fit the polynomial *to* the data, and that is lost.
# Among all $\theta$ we took the one that the noise of these very examples favours. Of 2000 training sets each, with
# a polynomial of degree 5:

# %% tags=["demo"]
random = torch.Generator().manual_seed(1)
fixed = fit(*draw_world(100_000, random), 5)
print(f"a fixed polynomial: risk {true_risk(fixed)[0]:.4f}")
print("    n   its empirical risk   | fitted to the n points: empirical risk   risk   gap   2pσ²/n")
sizes, seen, unseen = [15, 25, 50, 100, 200, 400], [], []
for n in sizes:
    xs, ys = draw_world(n, random, repeats=2000)
    honest = (features(xs, 5) @ fixed[0] - ys).square().mean(dim=1)
    fitted = fit(xs, ys, 5)
    optimistic = (torch.einsum("rnk,rk->rn", features(xs, 5), fitted) - ys).square().mean(dim=1).mean()
    risk = true_risk(fitted).median()
    seen.append(optimistic)
    unseen.append(risk)
    print(f"{n:5d}   {honest.mean():.4f} ± {honest.std():.4f}      | {optimistic:20.4f} {risk:18.4f}"
          f" {risk - optimistic:7.4f} {12 * NOISE**2 / n:7.4f}")

# %% tags=["demo"]
fig, ax = plt.subplots(figsize=(6.5, 3.6), layout="constrained")
plot_curves({"risk (median)": unseen, "empirical risk (mean)": seen}, ax=ax, x=sizes,
            xlabel="training examples n", ylabel="squared error of the fitted polynomial", log_x=True)
ax.axhline(NOISE**2, color="0.5", linewidth=1)
ax.annotate("noise σ²", (15, NOISE**2), (0, 4), textcoords="offset points", color="0.3")
ax.set_xticks(sizes, [str(n) for n in sizes])
ax.minorticks_off()
plt.show()

# %% [markdown]
# The fixed polynomial's estimate centres on its risk at every $n$. The fitted one's lies too low, by about
# $2p\sigma^2/n$ for $p$ parameters: $p\sigma^2/n$ that the fit has taken out of the training noise, and as much again
# that following this noise costs on new examples. (These are the exact expectations where the new targets are drawn
# at the same $x$; with few points and new $x$ the gap is wider still.) It closes with data and opens with parameters.
#
# This is why a test set must not be used for any choice. Whoever picks the best of many models by a test set makes it
# a training set.

# %% [markdown]
# ## 2 · Why it invites memorizing
#
# ### Capacity
#
# Nothing in $J$ speaks of the points between the examples. A rich model can therefore drive $J$ to zero by storing the
# examples, and $J$ will not object. How rich a family of models is, is called its **capacity**; for polynomials it
# is the degree. Fifteen points, and degrees up to 14, where a polynomial passes through all of them:

# %% tags=["demo"]
random = torch.Generator().manual_seed(4)
xs, ys = draw_world(15, random, repeats=300)
degrees = list(range(15))
fits = [fit(xs, ys, degree) for degree in degrees]


def polynomial(theta):
    return lambda x: features(x, len(theta) - 1) @ theta


train_risks = torch.stack([
    torch.stack([empirical_risk(polynomial(theta[row]), squared_error, xs[row], ys[row]) for theta in fits])
    for row in range(len(xs))
])
risks = torch.stack([true_risk(theta) for theta in fits], dim=1)

fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.9), layout="constrained")
left.plot(grid, torch.sin(math.pi * grid), color="0.7", linewidth=4, label="sin πx")
plot_curves({f"degree {d}": features(grid, d) @ fits[d][0] for d in (1, 4, 9)}, ax=left, x=grid,
            xlabel="x", ylabel="y")
left.plot(xs[0], ys[0], "o", color="black", label="training set")
left.set_ylim(-2.2, 3.4)
left.legend(ncols=2, fontsize=8, loc="upper left")
plot_band(risks, ax=right, x=degrees, label="risk", xlabel="degree", ylabel="squared error")
plot_band(train_risks.clamp(min=1e-6), ax=right, x=degrees, label="empirical risk", xlabel="degree",
          ylabel="squared error", number=1)
right.axhline(NOISE**2, color="0.5", linewidth=1, label="noise σ²")
right.set(yscale="log", ylim=(1e-4, 1e6))
right.legend(loc="upper left")
plt.show()
print("degree           ", *[f"{d:7d}" for d in (1, 3, 4, 5, 8, 11, 14)])
for name, table in (("empirical risk", train_risks), ("risk", risks)):
    print(f"median {name:14s}", *[f"{table[:, d].median():7.2g}" for d in (1, 3, 4, 5, 8, 11, 14)])

# %% [markdown]
# Lines are medians over 300 training sets, bands hold 80 % of them. The empirical risk only falls. The risk falls
# while the model is too stiff to follow the sine (**underfitting**), and rises when what it follows is the noise
# (**overfitting**). From the second curve alone nobody could tell where to stop.
#
# Below the noise floor $\sigma^2$ there is nothing to learn about new examples: whatever $J$ loses there was
# memorized.
#
# ### There is never enough data to leave nothing open
#
# Take 100 binary inputs. They have $2^{100} \approx 10^{30}$ settings, and a function is free on each. A training set
# of $10^{15}$ examples fixes one setting in $10^{15}$. The rest is filled in by the model: by its form, its
# start, the method that trains it and the moment at which it is halted. To **generalize** is to fill in well.
#
# ### The perfect minimizer
#
# A table that stores the training set and answers with the label of the nearest stored row minimizes $J$ exactly,
# whatever the labels. Handwritten digits, 300 of them stored, once with their own labels and once with labels
# drawn at random:

# %% nbgrader={"locked": true, "grade_id": "digit_sets"}
train, test = data.split(data.digits(), test=0.5, seed=0)
x_train, y_train = train.x[:300], train.y[:300]


def with_random_labels(labels, share, seed=1):
    """A copy in which this share of the labels, drawn at random, is replaced by random classes."""
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(labels), generator=generator)[: round(share * len(labels))]
    changed = labels.clone()
    changed[chosen] = torch.randint(10, (len(chosen),), generator=generator)
    return changed


# %% tags=["demo"]
def wrong_class(predicted, label):
    return (predicted != label).double()


for name, stored in (("own labels", y_train), ("random labels", with_random_labels(y_train, 1.0))):
    def look_up(x, stored=stored):
        return stored[torch.cdist(x, x_train).argmin(dim=1)]

    on_train = empirical_risk(look_up, wrong_class, x_train, stored)
    on_test = empirical_risk(look_up, wrong_class, test.x, test.y)
    print(f"{name:13s}  errors on the training set {on_train:5.1%}, on {len(test.x)} new digits {on_test:5.1%}")

# %% [markdown]
# $J = 0$ both times. One table is a fair reader of digits, the other guesses. So $J = 0$ neither shows that something
# was learned nor that nothing was. Memorizing is no crime; what is memorized must also hold elsewhere.

# %% [markdown]
# ## 3 · The loss that cannot be descended
#
# A classifier gives each class a **score**, and the highest score wins. Its performance is most often the share of
# errors, the mean of the **0-1 loss**: 1 for a wrong answer, 0 for a right one. (One of our sources has it the other
# way round. That is the accuracy, and no loss.)
#
# Labels come in two forms: **class numbers**, a tensor of shape $(n,)$, or **one-hot rows** of shape $(n, k)$, all
# zeros but for a 1 at the class. Take both in this exercise and in exercises 4 and 5. Class numbers are `int64`, as
# torch makes them. One-hot rows may be of any type, since they come from many places: whole numbers from `one_hot`,
# floats from a file, truth values from a comparison such as `labels[:, None] == torch.arange(k)`.

# %% [markdown]
# ### Exercise 2 · `zero_one_loss`
#
# **Goal** · the share of rows whose highest score is not the label's. **Difficulty** ● · **about 8 minutes**
#
# Return a tensor of the scores' type. Among equal highest scores one class has to win: here the first, as in
# `torch.argmax`. (To count every tie as an error, to let the last class win or to share the tie is accepted too.) Only
# to call every one of them right will not do: a model that gives all classes the same score would then never err.

# %% nbgrader={"solution": true, "grade_id": "answer_zero_one_loss"}
def zero_one_loss(scores, labels):
    """Share of wrong answers.

    scores : tensor of shape (n, k), one row an example, one column a class
    labels : class numbers of shape (n,), counted from 0, or one-hot rows of shape (n, k) and of any type
    returns a tensor without axes, of the type of scores; raises ValueError where n is 0
    """
    ### BEGIN SOLUTION
    if len(scores) == 0:
        raise ValueError("the 0-1 loss of an empty batch does not exist")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    return (scores.argmax(dim=1) != labels).to(scores.dtype).mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "zero_one_loss"}
check(zero_one_loss)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(zero_one_loss)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p><code>labels.ndim</code> is 1 for class numbers and 2 for one-hot rows; <code>labels.int().argmax(dim=1)</code>
# turns the second into the first (torch has no <code>argmax</code> for truth values, hence the <code>int</code>). A
# comparison gives truth values, which have no mean: <code>.to(scores.dtype)</code> first.</p>
# </details>

# %% [markdown]
# ### A staircase
#
# A linear classifier of digits, scores $xW^\top$. We leave some fixed $W_0$ in a random direction $D$ and watch both
# the 0-1 loss and, ahead of section 5, a smooth loss of the same scores.

# %% tags=["demo"]
random = torch.Generator().manual_seed(3)
w_zero = 0.3 * torch.randn(10, 64, generator=random, dtype=torch.float64)
direction = torch.randn(10, 64, generator=random, dtype=torch.float64)
x_double = x_train.double()


def along(t):
    return x_double @ (w_zero + t * direction).T


def smooth(scores, labels):
    return torch.nn.functional.cross_entropy(scores, labels)


fig, axes = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
for ax, reach in zip(axes, (0.5, 0.004), strict=True):
    places = torch.linspace(-reach, reach, 1201, dtype=torch.float64)
    heights = torch.stack([zero_one_loss(along(t), y_train) for t in places])
    (steps,) = ax.plot(places, heights, color="black", linewidth=1)
    other = ax.twinx()
    (curve,) = other.plot(places, [smooth(along(t), y_train) for t in places], "--", color="#d95f02")
    ax.set(xlabel="distance t along D", ylabel="0-1 loss")
    other.set_ylabel("smooth loss (nats)")
fig.legend([steps, curve], ["0-1 loss (left axes)", "smooth loss (right axes)"], loc="outside upper center", ncols=2)
axes[0].set_title("from afar")
axes[1].set_title("125 times closer")
plt.show()

nudge, moved = 1e-7, {"0-1 loss": 0, "smooth loss": 0}
for entry in range(w_zero.numel()):
    nudged = w_zero.flatten().index_add(0, torch.tensor([entry]), torch.tensor([nudge], dtype=torch.float64))
    scores = x_double @ nudged.reshape(10, 64).T
    moved["0-1 loss"] += bool(zero_one_loss(scores, y_train) != zero_one_loss(along(0), y_train))
    moved["smooth loss"] += bool(smooth(scores, y_train) != smooth(along(0), y_train))
for name, count in moved.items():
    print(f"{name:11s} moves for {count:3d} of {w_zero.numel()} weights when the weight is nudged by {nudge}")

# %% [markdown]
# From afar the 0-1 loss seems to have a slope. Closer up it is flat, with jumps. It takes only the values
# $0, 1/n, \dots, 1$, and changes only where two scores of some example are equal. So its gradient is **zero almost
# everywhere**, and does not exist elsewhere. A descent on it stands still from the first step, wherever it starts; it
# is not slow, it has no direction. Nor do the two losses have their lowest points in one place: a stand-in is not the
# thing itself. (Pixels that are 0 in all 300 digits explain the weights that move nothing at
# all.)
#
# Accuracy, precision and recall are counts as well, and share this fate. Nor is it a matter of gradients alone: to
# find the linear classifier with the fewest errors is NP-hard as soon as no classifier is perfect, and hard even to
# approximate (Feldman et al. 2012).

# %% [markdown]
# ## 4 · Surrogates
#
# ### Losses over the margin
#
# Two classes and one score $s$: class 1 where it is positive. Write the label as a sign, $\tilde y = \pm1$. The
# **margin** $m = \tilde y s$ is positive where the answer is right, and the larger the surer it is. The 0-1 loss only
# asks for its sign. A **surrogate** is a function of the margin that can be descended, and lies above it:
#
# | surrogate | of the margin | met in |
# |---|---|---|
# | logistic | $\log_2(1 + e^{-m})$ | logistic regression, networks |
# | hinge | $\max(0, 1-m)$ | support vector machines |
# | exponential | $e^{-m}$ | boosting |
# | squared | $(1-m)^2$ | least squares on the labels $\pm1$ |

# %% tags=["demo"]
margin = torch.linspace(-2.5, 2.5, 501, dtype=torch.float64)
surrogates = {
    "logistic, base 2": torch.log2(1 + torch.exp(-margin)),
    "hinge": (1 - margin).clamp(min=0),
    "exponential": torch.exp(-margin),
    "squared": (1 - margin).square(),
}
fig, ax = plt.subplots(figsize=(7, 3.8), layout="constrained")
ax.plot(margin, (margin <= 0).double(), color="black", linewidth=3, label="0-1 loss")
plot_curves(surrogates, ax=ax, x=margin, xlabel="margin m", ylabel="loss of one example")
ax.set_ylim(-0.1, 5)
plt.show()

# %% [markdown]
# Each surrogate bounds the 0-1 loss from above, so a small surrogate risk forces a small share of errors. Each has a
# slope where the answer is wrong, which is what was missing. And each is convex with a negative slope at $m = 0$: for
# such a loss a $\theta$ that reaches the least surrogate risk of *all* functions also makes the fewest errors
# (Bartlett, Jordan and McAuliffe 2006). With a limited family of functions that promise is gone.
#
# They differ in what they do at the ends. The exponential is ruled by its worst example, the squared loss punishes
# answers for being too right, the hinge is content from $m = 1$ on, and the logistic loss never is.
#
# In natural units, $\log(1 + e^{-m})$, the logistic loss is 0.69 at $m = 0$ and is no bound; the factor $1/\log 2$
# changes no minimum. From here on we use nats.

# %% [markdown]
# ### Exercise 3 · `logistic_loss`, a repair
#
# **Goal** · mend a function that is wrong. **Difficulty** ●● · **about 10 minutes**
#
# Somebody wrote the mean logistic loss of a batch, and it passed the two tests they thought of. Training with it says
# that everything is fine until, all at once, the loss is `inf`.

# %% nbgrader={"locked": true, "grade_id": "broken_logistic_loss"}
def broken_logistic_loss(scores, labels):
    """Mean of log(1 + exp(−m)) over the margins m; labels are 0 or 1."""
    margins = labels * scores
    return torch.log(1 + torch.exp(-margins)).mean()


print("sure and right:    ", broken_logistic_loss(torch.tensor([3.0, 4.0]), torch.tensor([1, 1])))
print("sure and wrong:    ", broken_logistic_loss(torch.tensor([-3.0, -4.0]), torch.tensor([1, 1])))
print("very sure and wrong:", broken_logistic_loss(torch.tensor([-1000.0]), torch.tensor([1])))

# %% [markdown]
# Find out what is wrong before you write: try single examples whose loss you can tell without computing, and the
# label that nobody tried. Then write the function anew. It must be right for all scores from $-10^4$ to $10^4$, to
# eight digits in float64 and to four in float32. And to as many where every answer is sure and right: for a margin of
# 40 the loss is $4.2\cdot10^{-18}$ and not 0. (torch's `softplus` is accepted as it is: from 20 on it leaves out what
# lies beyond the tenth digit.)

# %% nbgrader={"solution": true, "grade_id": "answer_logistic_loss"}
def logistic_loss(scores, labels):
    """Mean of log(1 + exp(−m)) over the margins m.

    scores : tensor of shape (n,), positive for class 1
    labels : tensor of shape (n,), 0 or 1, whole numbers (int64) or floats
    returns a tensor without axes, of the type of scores; raises ValueError where n is 0
    """
    ### BEGIN SOLUTION
    if len(scores) == 0:
        raise ValueError("the logistic loss of an empty batch does not exist")
    margins = (2 * labels.to(scores.dtype) - 1) * scores
    return torch.logaddexp(torch.zeros_like(margins), -margins).mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "logistic_loss"}
check(logistic_loss)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(logistic_loss)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>There are two bugs and a weakness. What margin does label 0 lead to? What is $e^{1000}$? What is $1 + 10^{-18}$ in
# floating point? For the last two: $\log(1 + e^{-m}) = \log(e^0 + e^{-m})$, and <code>torch.logaddexp</code> is made
# for two such terms. Whatever you take, try it with a score of 50 and label 1, and of −50 and label 0:
# <code>torch.logsumexp</code> gives 0 for both, and torch's binary cross-entropy for one of them.</p>
# </details>

# %% [markdown]
# ## 5 · Likelihood and cross-entropy
#
# ### From scores to probabilities
#
# For $k$ classes the **softmax** turns the scores of a row into probabilities, and the **likelihood** of the training
# set is the probability that the model gives to all its labels together:
#
# $$p_j = \frac{e^{s_j}}{\sum_c e^{s_c}}, \qquad \prod_{i=1}^n p(y_i \mid x_i).$$
#
# A product of hundreds of numbers below 1 underflows, so take its logarithm; divide by $n$ to have a mean; turn the
# sign to have something to minimize. What is left is the **negative log-likelihood**, an empirical risk with the loss
# $-\log p(y \mid x)$:
#
# $$J = -\frac1n \sum_{i=1}^n \log p(y_i \mid x_i)
#   = \frac1n \sum_{i=1}^n \Bigl( \log \sum_c e^{s_{ic}} - s_{i y_i} \Bigr).$$
#
# (A likelihood lies between 0 and 1. Its logarithm lies between $-\infty$ and 0; one of our sources mixes the two up.)
# With two classes and $s = s_1 - s_0$ this is the logistic loss: $-\log p(y) = \log(1 + e^{-m})$.
#
# ### Two names for one thing
#
# The **cross-entropy** between a distribution $q$ and a model $p$ is $H(q, p) = -\sum_j q_j \log p_j$. What has it to
# do with the likelihood?
#
# - *One example.* Let $q$ be its one-hot row. All terms vanish but one: $H(q, p) = -\log p_y$.
# - *All examples.* Count equal observations instead of listing them. Of 10 tosses of a coin 7 are heads, and the model
#   says heads with probability $p$:
#
# $$-\tfrac1{10}\log\bigl(p^7 (1-p)^3\bigr) = -0.7 \log p - 0.3 \log(1-p) = H(\hat p_\text{data}, p).$$
#
# The mean negative log-likelihood *is* the cross-entropy between the empirical distribution and the model. Two words,
# because statistics and information theory met it on their own ways. It splits into $H(\hat p) + \mathrm{KL}(\hat p
# \| p)$: an entropy that no model can change, and a divergence that is 0 only where the model equals the data.

# %% tags=["demo"]
tosses = torch.tensor([1, 1, 0, 1, 1, 1, 0, 1, 0, 1], dtype=torch.float64)
chance = torch.linspace(0.02, 0.98, 481, dtype=torch.float64)
likelihood = torch.stack([torch.where(tosses == 1, p, 1 - p).prod() for p in chance])
share = tosses.mean()
entropy = -share * share.log() - (1 - share) * (1 - share).log()
cross_entropy = -share * chance.log() - (1 - share) * (1 - chance).log()
difference = (-likelihood.log() / len(tosses) - cross_entropy).abs().max()
print(f"largest difference of the two over {len(chance)} values of p: {difference:.1e}")
print(f"least at p = {chance[cross_entropy.argmin()]:.2f}: {cross_entropy.min():.4f}", end=", ")
print(f"entropy of the data {entropy:.4f}")

fig, ax = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
ax.plot(chance[::24], (-likelihood.log() / len(tosses))[::24], "o", color="black", fillstyle="none",
        label="−log likelihood / n, toss by toss")
ax.plot(chance, cross_entropy, color="#d95f02", label="cross-entropy with (0.7, 0.3)")
ax.axhline(entropy, color="0.5", linewidth=1, linestyle=":", label="entropy of the data")
ax.set(xlabel="p, the model's probability of heads", ylabel="nats a toss", ylim=(0, 3))
ax.legend()
plt.show()

# %% [markdown]
# ### Where the textbook formula fails
#
# Softmax first, logarithm afterwards: in single precision $e^{-104}$ is rounded to 0, and $e^{89}$ to infinity. The
# loss of a label whose score lies a gap below the winner's should be just that gap.

# %% tags=["demo"]
print("gap     log of softmax   log of (softmax + 1e-12)   sum of exponentials   log_softmax")
for gap in (10.0, 50.0, 90.0, 110.0, 10_000.0):
    row = torch.tensor([gap, 0.0])
    values = (-row.softmax(0).log()[1], -(row.softmax(0) + 1e-12).log()[1], row.exp().sum().log() - row[1],
              -row.log_softmax(0)[1])
    print(f"{gap:7.0f} {values[0]:14.3f} {values[1]:20.3f} {values[2]:22.3f} {values[3]:18.3f}")

# %% [markdown]
# The small number in the second column hides the failure and does not mend it: beyond a gap of 28 the loss is
# constant, and the worst examples lose their gradient. The cure is on paper. With $s_{\max}$ the highest score of the
# row,
#
# $$\log\sum_c e^{s_c} = s_{\max} + \log\sum_c e^{s_c - s_{\max}} .$$
#
# No exponent is positive now, and one of them is 0, so that the sum lies between 1 and $k$.

# %% [markdown]
# ### Exercise 4 · `negative_log_likelihood`
#
# **Goal** · the mean negative log-likelihood, for any scores. **Difficulty** ●● · **about 12 minutes**
#
# Natural logarithms. Scores may reach $\pm 10^4$, and one row may lie near $10^4$ while the next lies near $-10^4$.
# (A loss that is tiny beside its scores may come out as 0 here. The formula above gives it so, and is accepted.)

# %% nbgrader={"solution": true, "grade_id": "answer_negative_log_likelihood"}
def negative_log_likelihood(scores, labels):
    """Mean of −log softmax(scores) at the labels.

    scores : tensor of shape (n, k)
    labels : class numbers of shape (n,), or one-hot rows of shape (n, k) and of any type
    returns a tensor without axes, of the type of scores; raises ValueError where n is 0
    """
    ### BEGIN SOLUTION
    if len(scores) == 0:
        raise ValueError("the likelihood of an empty batch has no mean")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    log_p = scores - torch.logsumexp(scores, dim=1, keepdim=True)
    return -log_p[torch.arange(len(labels), device=labels.device), labels].mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "negative_log_likelihood"}
check(negative_log_likelihood)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(negative_log_likelihood)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p><code>torch.logsumexp(scores, dim=1)</code> shifts by the maximum for you. The score of each row's label is
# <code>scores[torch.arange(len(scores)), labels]</code> once the labels are class numbers.</p>
# </details>

# %% tags=["demo"]
some_scores = along(0)[:40]
one_hot = torch.nn.functional.one_hot(y_train[:40], 10).double()
probabilities = some_scores.softmax(dim=1)
ways = {
    "your function, class numbers": negative_log_likelihood(some_scores, y_train[:40]),
    "your function, one-hot rows": negative_log_likelihood(some_scores, one_hot),
    "−log of the product / n": -(probabilities * one_hot).sum(dim=1).prod().log() / 40,
    "mean of H(one-hot row, p)": -(one_hot * probabilities.log()).sum(dim=1).mean(),
    "torch's cross_entropy": torch.nn.functional.cross_entropy(some_scores, y_train[:40]),
}
for name, value in ways.items():
    print(f"{name:30s} {value:.12f}")

# %% [markdown]
# ### Its gradient
#
# Differentiate one row's loss $\log\sum_c e^{s_c} - s_y$ by the score $s_j$. The first term gives
# $e^{s_j}/\sum_c e^{s_c} = p_j$, the second gives 1 where $j = y$:
#
# $$\frac{\partial L}{\partial s_j} = p_j - q_j, \qquad q \text{ the one-hot row}.$$
#
# What the model says minus what is true. It is bounded, it vanishes only where the model is sure and right, and it is
# largest where it is sure and wrong. The loss of the batch is a mean, so row $i$ of its gradient carries $1/n$.

# %% [markdown]
# ### Exercise 5 · `nll_gradient`
#
# **Goal** · the gradient of `negative_log_likelihood` by the scores. **Difficulty** ●● · **about 8 minutes**
#
# Scores may reach $\pm 10^4$ again. The formula or autograd, both are accepted; but let autograd work on a copy of the
# scores, so that no gradient is left on the tensor that belongs to the caller.

# %% nbgrader={"solution": true, "grade_id": "answer_nll_gradient"}
def nll_gradient(scores, labels):
    """Gradient of the mean negative log-likelihood by the scores.

    scores : tensor of shape (n, k), n ≥ 1
    labels : class numbers of shape (n,), or one-hot rows of shape (n, k) and of any type
    returns a tensor of the shape and type of scores
    """
    ### BEGIN SOLUTION
    n, k = scores.shape
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels, k)
    return (torch.softmax(scores, dim=1) - labels.to(scores.dtype)) / n
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "nll_gradient"}
check(nll_gradient)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(nll_gradient)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Here one-hot rows are the handy form: <code>torch.nn.functional.one_hot(labels, k)</code> makes them of class
# numbers of <code>k</code> classes, and <code>.to(scores.dtype)</code> gives rows of any type that of the scores.
# <code>torch.softmax</code> takes out the maximum by itself. Each row of the result sums to 0.</p>
# </details>

# %% [markdown]
# ### P and J can disagree
#
# A surrogate is a stand-in. Two models of 100 examples: A is right on all of them, by a hair; B is sure and right on
# 95, and errs on 5.

# %% tags=["demo"]
truth = torch.zeros(100, dtype=torch.int64)
model_a = torch.tensor([[0.04, 0.0]], dtype=torch.float64).repeat(100, 1)
model_b = torch.tensor([[4.0, 0.0]] * 95 + [[0.0, 1.5]] * 5, dtype=torch.float64)
for name, scores in (("A", model_a), ("B", model_b)):
    surrogate, performance = negative_log_likelihood(scores, truth), zero_one_loss(scores, truth)
    print(f"model {name}: J = {surrogate:.3f}, P = {performance:.0%} errors")

# %% [markdown]
# $J$ prefers B by far, $P$ prefers A. Minimizing $J$ does not minimize $P$; it is what can be done. And $J$ has a
# point: a hair is soon blown away, and B's margins leave room for what the 100 examples did not show.

# %% [markdown]
# ### Demo: where each loss is lowest
#
# One feature $x$, two classes, and a score $s = w\,(x - b)$: class 1 begins at the border $b$, and $w$ says how sure
# the model is. Below the examples stand the losses of *all* borders, on the right each example's loss over its margin.
# The black lines come from *your* `zero_one_loss`, the green ones from *your* `logistic_loss` or
# `negative_log_likelihood`, and the dashed slope from *your* `nll_gradient`. (For the other surrogates `torch`
# differentiates the formulas of section 4.)
#
# One example of class 0 has strayed to $x = 3.2$. It and the border can be dragged by their rings. **Before you drag
# either**, say which surrogate the stray example draws the farthest to the right. And which one is drawn there by the
# four examples of class 1 beyond it, though no border in the middle gets them wrong?
#
# **Goal:** with the stray example at 3.2, find a surrogate whose lowest point makes as few errors as any border can.

# %% tags=["demo"]
surrogate_demo(zero_one_loss, logistic_loss, negative_log_likelihood, nll_gradient)

# %% [markdown]
# The stray example rules the exponential: at $w = 2$ its lowest point lies at $b = 1.2$ and makes 7 errors. The squared
# loss punishes the four for being too right, and makes 5 errors with the stray example. Without it the exponential is
# as good as any, while the squared loss still makes 3 errors where 2 would do. Hinge and logistic loss are straight far
# out, so that the pull of a single example has a limit, and they are misled least. But the logistic loss too makes one
# error too many at $w = 1$, and none too many at $w = 2$. A surrogate does not count errors, and where its lowest point
# lies depends on the scale of the scores as well.

# %% [markdown]
# ## 6 · After the last training error
#
# ### The surrogate goes on
#
# When every training example is right, the 0-1 loss has nothing left to ask for. The surrogate has: its gradient
# $p - q$ is not zero at any finite score, and every margin can still grow. Two long, thin clouds of points, 20 000 of
# them for a test and 40 for training; the descent uses your `nll_gradient`.

# %% tags=["demo"]
def clouds(n, generator):
    """Two classes, centred at (±0.6, 0), with deviations 0.22 across and 3 along."""
    labels = torch.randint(2, (n,), generator=generator)
    shape = torch.tensor([0.22, 3.0], dtype=torch.float64)
    points = shape * torch.randn(n, 2, generator=generator, dtype=torch.float64)
    points[:, 0] += 0.6 * (2 * labels - 1)
    return points, labels


def descend(points, labels, fresh, *, n_steps=2000, lr=0.1):
    """Descent on the likelihood of a linear classifier: its weights, and a log of every step."""
    weights, log = torch.zeros(2, 3, dtype=torch.float64), []
    rows, fresh_rows = data.with_ones(points), data.with_ones(fresh[0])
    for step in range(n_steps + 1):
        scores = rows @ weights.T
        if step % 20 == 0 or step < 60:
            log.append((step, negative_log_likelihood(scores, labels), zero_one_loss(scores, labels),
                        zero_one_loss(fresh_rows @ weights.T, fresh[1]), weights))
        weights = weights - lr * nll_gradient(scores, labels).T @ rows
    return log


random = torch.Generator().manual_seed(0)
points, labels = clouds(40, random)
log = descend(points, labels, clouds(20_000, random))
first = next(number for number, entry in enumerate(log) if entry[2] == 0)

# %% tags=["demo"]
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
for label, marker, color in ((0, "o", "#08306b"), (1, "s", "#d95f02")):
    left.plot(*points[labels == label].T, marker, color=color, markersize=4, label=f"class {label}")
height = torch.tensor([-8.0, 8.0], dtype=torch.float64)
for number, dash in ((first, "--"), (-1, "-")):
    bias, across, up = log[number][4][1] - log[number][4][0]
    left.plot(-(bias + up * height) / across, height, dash, color="black", label=f"border at step {log[number][0]}")
left.set(xlim=(-1.6, 1.6), ylim=(-8, 12), xlabel="$x_1$", ylabel="$x_2$")
left.legend(fontsize=8, loc="upper center", ncols=2)
columns = {
    "J, training": [entry[1] for entry in log],
    "0-1 loss, training": [entry[2] for entry in log],
    "0-1 loss, new points": [entry[3] for entry in log],
}
plot_curves(columns, ax=right, x=[entry[0] + 1 for entry in log], xlabel="step + 1", ylabel="loss", log_x=True)
right.set_yscale("symlog", linthresh=1e-3)
right.set_yticks([0, 1e-3, 1e-2, 1e-1, 1], ["0", "0.001", "0.01", "0.1", "1"])
right.axvline(log[first][0] + 1, color="0.6", linewidth=1)
right.set_ylim(-3e-4, 1.2)
right.legend(loc="upper right", fontsize=8)
plt.show()
for number in (first, -1):
    step, objective, _, errors, _ = log[number]
    print(f"step {step:4d}: J {objective:.4f}, training errors 0, new points {errors:.2%} wrong")
ends = []
for seed in range(1, 9):
    random = torch.Generator().manual_seed(seed)
    other = descend(*clouds(40, random), clouds(5_000, random), n_steps=1000)
    separated = next((entry for entry in other if entry[2] == 0), None)
    if separated is not None:
        ends.append((separated[3], other[-1][3]))
ends = torch.tensor(ends)
print(f"{len(ends)} other training sets, new points wrong at the first step without training errors "
      f"{ends[:, 0].mean():.2%}, after 1000 steps {ends[:, 1].mean():.2%}")

# %% [markdown]
# The border that first separates the training set does so by luck: it passes close by some points, and new points
# fall on its wrong side. The surrogate keeps turning it until it stands clear of both clouds. On separable data
# descent on the logistic loss never arrives, since $J$ has no minimum at finite weights; their direction tends to
# that of the widest margin, as slowly as $1/\log t$ (Soudry et al. 2018). Descent on the 0-1 loss, were it possible,
# would have stopped at the dashed line.
#
# So the surrogate can do *more* than the performance measure asks. It does not always: the next section has digits on
# which the same long descent wins nothing, and others on which it does harm.

# %% [markdown]
# ## 7 · Noise, and the network that learns it
#
# ### Predict, then look
#
# A network with 64 inputs, 256 hidden units and 10 scores has $64\cdot256 + 256 + 256\cdot10 + 10 = 19\,210$
# parameters. It is trained on the 300 digits three times, by the same method and from the same start: with the right
# labels, with half of the labels replaced by random ones, and with all of them random. **Before you run the demo**,
# write down:
#
# 1. With which labels does the training error reach 0? How many more steps do random labels take than right ones:
#    none, a few times as many, a thousand times as many?
# 2. With half of the labels random, how does the error on new digits (with right labels) develop during training?
# 3. What does the training error at the end say about the error on new digits?
#
# Then run it and add what you saw. A wrong prediction with a good explanation afterwards gets full marks.

# %% [markdown] nbgrader={"grade": true, "solution": true, "grade_id": "reflection_empirical_risk", "points": 3}
# ### BEGIN SOLUTION
# **1.** With all of them, and random labels take only about twice as many steps. The network has some 60 parameters
# for each example, and nothing in J tells a right label from a random one. Where labels contradict what similar
# pictures say, the network must bend more, which takes a little longer.
#
# **2.** First it falls, to about 15 %: what many examples share is the largest part of the gradient, so the digits
# are learned before the noise. Then it rises again, to about 45 %, while single wrong labels are memorized and spoil
# their neighbourhoods. The training error falls all the time.
#
# **3.** Nothing. It is 0 in all three runs, and the error on new digits is about 6 %, 45 % and 90 %. A training error
# of 0 only says that the capacity was large enough.
#
# *Rubric.* A point for each. 1: with all of them, since the capacity is enough for any labels (half without a reason).
# 2: it falls and rises again, with a reason for both (half for one of them). 3: nothing, because the training error is
# 0 whatever the labels are.
# ### END SOLUTION

# %% nbgrader={"locked": true, "grade_id": "trainer"}
def new_network(seed=0):
    """64 inputs, 256 hidden units, 10 scores; the same start for the same seed."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return torch.nn.Sequential(torch.nn.Linear(64, 256), torch.nn.ReLU(), torch.nn.Linear(256, 10))


# %% tags=["demo"]
def errors_along_training(labels, *, n_steps=300, every=3):
    """Steps, training errors and errors on new digits of a full-batch run with Adam (lesson 6)."""
    network = new_network()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.003)
    log = []
    for step in range(n_steps + 1):
        scores = network(x_train)
        if step % every == 0:
            with torch.no_grad():
                log.append((step, zero_one_loss(scores, labels), zero_one_loss(network(test.x), test.y)))
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(scores, labels).backward()
        optimizer.step()
    return torch.tensor(log).T


shares = {"right labels": 0.0, "half random": 0.5, "all random": 1.0}
runs = {name: errors_along_training(with_random_labels(y_train, share)) for name, share in shares.items()}
fig, axes = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained", sharey=True)
for ax, row, title in zip(axes, (1, 2), ("training set, its own labels", "new digits, right labels"), strict=True):
    plot_curves({name: run[row] for name, run in runs.items()}, ax=ax, x=runs["all random"][0],
                xlabel="step", ylabel="share of errors" if row == 1 else "")
    ax.set_title(title)
axes[1].get_legend().remove()
plt.show()
for name, (steps, on_train, on_new) in runs.items():
    zero = steps[(on_train == 0).nonzero()[0, 0]] if (on_train == 0).any() else math.nan
    print(f"{name:12s}  first step without training errors {zero:4.0f}; new digits: lowest {on_new.min():.1%} "
          f"at step {steps[on_new.argmin()]:.0f}, at the end {on_new[-1]:.1%}")

# %% [markdown]
# Zhang et al. (2017) did the same with large networks and a million pictures. The lesson stands: a network that reads
# digits well is able to learn noise by heart, so its capacity cannot be the reason why it generalizes. (A random
# label is right by chance one time in ten.)
#
# With the right labels, 200 more steps after the last training error change little on new digits. With noise, the best
# moment comes early and goes by.

# %% [markdown]
# ## 8 · Early stopping
#
# ### The rule
#
# Hold some examples back, the **validation set**, and watch the loss on them while training. Keep a copy of the
# weights at every **improvement**: when the loss falls below the best so far by more than `min_delta`,
#
# $$\ell_t < \ell_\text{best} - \texttt{min\_delta}.$$
#
# Stop when `patience` steps *in a row* have brought no improvement, and take the copy. A validation loss goes up
# and down from step to step, and patience bridges the ups. The best loss $\ell_\text{best}$ is that of the last
# improvement; smaller dips do not move it, so that a slow drift adds up and counts in the end.

# %% [markdown]
# ### Exercise 6 · `early_stop`
#
# **Goal** · replay the rule on recorded losses. **Difficulty** ●● · **about 15 minutes**
#
# Steps are counted from 0, and the first one is the first best. Where patience never runs out, the run stops at its
# last step. Without losses, raise a `ValueError`. (You need not fear rounding: the tests use multiples of ¼, which
# floating point holds exactly, so that equal is equal in float32 and in float64.)

# %% nbgrader={"solution": true, "grade_id": "answer_early_stop"}
def early_stop(val_losses, *, patience, min_delta=0.0):
    """Which step early stopping keeps, and at which one it stops.

    val_losses : tensor of shape (T,), the validation loss after each step
    patience : so many steps in a row without improvement end the run, at least 1
    min_delta : a loss must fall by more than this below the best to count
    returns (best_step, stop_step), two ints; raises ValueError where T is 0
    """
    ### BEGIN SOLUTION
    if len(val_losses) == 0:
        raise ValueError("there is no best step without a loss")
    best, best_step, waited = math.inf, 0, 0
    for step, loss in enumerate(val_losses.tolist()):
        if loss < best - min_delta:
            best, best_step, waited = loss, step, 0
        else:
            waited += 1
            if waited == patience:
                return best_step, step
    return best_step, len(val_losses) - 1
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "early_stop"}
check(early_stop)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(early_stop)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint</summary>
# <p>Keep three things: the best loss, its step, and how many steps have gone by since. Play by hand: the losses
# 3, 2, 2.5, 2.5 with patience 2 give <code>(1, 3)</code>, and with patience 3 as well. With patience 1 they give
# <code>(1, 2)</code>.</p>
# </details>

# %% [markdown]
# ### What it halts
#
# The world now has noise: a fifth of *all* labels is replaced at random, in training, validation and test set alike,
# since all come from one $p_\text{data}$. Nobody can then do better than 18 % errors. The network trains on
# minibatches of 20 (lesson 2), for 60 passes; the losses are recorded after each pass.

# %% tags=["demo"]
digits = data.digits()
noisy = with_random_labels(digits.y, 0.2, seed=8)
random = torch.Generator().manual_seed(7)
order = torch.randperm(len(noisy), generator=random)
parts = {"training": order[:300], "validation": order[300:600], "test": order[600:]}
network, history = new_network(), {name: [] for name in (*parts, "slope")}
optimizer = torch.optim.Adam(network.parameters(), lr=0.002)
for _ in range(61):
    for name, rows in parts.items():
        with torch.no_grad():
            scores = network(digits.x[rows])
        history[name].append((negative_log_likelihood(scores, noisy[rows]), zero_one_loss(scores, noisy[rows])))
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(network(digits.x[parts["training"]]), noisy[parts["training"]]).backward()
    history["slope"].append(math.sqrt(sum(float(weight.grad.square().sum()) for weight in network.parameters())))
    for rows in parts["training"][torch.randperm(300, generator=random)].split(20):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(digits.x[rows]), noisy[rows]).backward()
        optimizer.step()
history = {name: torch.tensor(values) for name, values in history.items()}

# %% tags=["demo"]
fig, axes = plt.subplots(1, 2, figsize=(10, 3.7), layout="constrained")
best, stop = early_stop(history["validation"][:, 0], patience=6)
for ax, column, label in zip(axes, (0, 1), ("negative log-likelihood (nats)", "0-1 loss"), strict=True):
    plot_curves({name: history[name][:, column] for name in ("training", "validation")}, ax=ax,
                xlabel="passes through the training set", ylabel=label)
    ax.axvline(best, color="black", linestyle="-", linewidth=1, label="best, patience 6")
    ax.axvline(stop, color="black", linestyle=":", linewidth=1.5, label="stop")
    ax.set_ylim(0, 2.7 if column == 0 else 0.6)
axes[0].legend(loc="upper right", fontsize=8)
axes[1].legend(loc="upper right", fontsize=8)
plt.show()
print("patience   best   stop   validation J   test J   test errors   training J   its gradient's norm")
for patience in (1, 3, 6, 20, 100):
    best, stop = early_stop(history["validation"][:, 0], patience=patience)
    print(f"{patience:8d} {best:6d} {stop:6d} {history['validation'][best, 0]:12.3f} {history['test'][best, 0]:10.3f} "
          f"{history['test'][best, 1]:11.1%} {history['training'][best, 0]:11.3f} {history['slope'][best]:14.2f}")
print(f"no stopping{60:11d} {history['validation'][60, 0]:12.3f} {history['test'][60, 0]:10.3f} "
      f"{history['test'][60, 1]:11.1%} {history['training'][60, 0]:11.3f} {history['slope'][60]:14.2f}")

# %% [markdown]
# Look at the last two columns. At the step that is kept the optimizer was not done: it would bring $J$ down to a
# third or less, and the gradient is nowhere near zero (with minibatches it is not at the end either). Early stopping
# halts a descent **that is going well**. A pure optimizer stops because the gradient has vanished; a learner stops
# because what the gradient still asks for is noise. It is a regularizer without a term in $J$: it limits how far the
# weights travel from their start.
#
# Four things to know before you use it.
#
# - **Patience.** Too little stops at the first bump; too much costs passes, but no quality, since the copy is kept.
# - **What to watch.** The lecture notes watch the 0-1 loss, which brings the true measure back into training. On 300
#   examples it moves in steps of 1/300 and ties often; the likelihood is smoother, and its turn is easier to see: it
#   climbs by half while the errors creep up. The network gets *surer* of its errors faster than it makes more of them.
# - **The price.** The validation examples do not train. And the best validation loss is a minimum over many steps, so
#   it is optimistic, as in section 1: quote the loss on a third set.
# - **min_delta** spares passes that win next to nothing. Set too high, it stops a slow and steady descent.

# %% [markdown]
# ### Demo: capacity, noise and the moment to halt
#
# Back to the sine of section 1, where the risk is known. A polynomial is trained on 20 points by small batches (with
# momentum, lesson 5), and 20 more points validate. *Your* `early_stop` picks the pass that is kept, *your*
# `empirical_risk` measures. On the right stands every degree, fitted until nothing is left to gain. Drag the rings on
# the picture to change the noise, the pass that is shown and the degree. **Before you move anything**, write down:
#
# 1. Patience 1 halts at the first bump. How much patience does it take to get past it, and what is won by that?
# 2. Does early stopping help more at degree 3 or at degree 14?
# 3. Without noise, which side of the right panel changes, and does early stopping still help?
#
# **Goal:** at degree 14 and $\sigma = 0.3$, keep a polynomial with a risk of at most 0.12.

# %% tags=["demo"]
capacity_demo(empirical_risk, early_stop)

# %% [markdown]
# With a patience of 8 the bump is passed, and the polynomial of degree 14 that is kept has a risk of 0.117. Its own
# minimizer has 215; that of degree 5, the best on the dashed line, has 0.114. Fewer passes and fewer parameters lead
# almost equally far. Where the degree is right, there is little to spoil: early stopping wins a little at degree 3, and
# at degree 5 it loses a little, since it halts on the bump. Without noise high degrees are no danger. The dashed line
# falls out of the panel, and whoever halts early only loses.

# %% [markdown]
# ## Summary
#
# - We want a low risk under some performance measure $P$; we minimize the empirical risk $J$ of a surrogate. Two
#   replacements, one for the distribution and one for the loss.
# - $J$ is an honest estimate for a $\theta$ chosen before the data were seen. For the minimizer it is too low, by
#   about $2p\sigma^2/n$ in the linear case.
# - With enough capacity $J = 0$ can be had for any labels. It says nothing about new examples.
# - The 0-1 loss is flat almost everywhere and has no direction to descend. A surrogate has a slope, bounds it from
#   above, and goes on asking for wider margins when no training error is left.
# - Mean negative log-likelihood and cross-entropy are one thing. Compute them from scores, never through a
#   probability. The gradient is $(p - q)/n$.
# - Early stopping halts a descent that still goes well on $J$, because the validation loss no longer does.
#
# **Next**: $J$ is a mean over examples, and so is its gradient. Lesson 2 estimates it from a few.
#
# ## Sources
#
# - V. Vapnik, *Principles of risk minimization for learning theory*, NIPS 4, 1992.
# - L. Prechelt, *Early stopping — but when?*, in *Neural Networks: Tricks of the Trade*, Springer, 1998.
# - P. L. Bartlett, M. I. Jordan, J. D. McAuliffe, *Convexity, classification, and risk bounds*, Journal of the
#   American Statistical Association 101, 2006.
# - V. Feldman, V. Guruswami, P. Raghavendra, Y. Wu, *Agnostic learning of monomials by halfspaces is hard*, SIAM
#   Journal on Computing 41, 2012.
# - I. Goodfellow, Y. Bengio, A. Courville, *Deep Learning*, sections 5.5, 7.8 and 8.1, MIT Press, 2016.
# - C. Zhang, S. Bengio, M. Hardt, B. Recht, O. Vinyals, *Understanding deep learning requires rethinking
#   generalization*, ICLR 2017.
# - D. Soudry, E. Hoffer, M. S. Nacson, S. Gunasekar, N. Srebro, *The implicit bias of gradient descent on separable
#   data*, Journal of Machine Learning Research 19, 2018.
