# %% right empirical_risk: the shortest one, guard and mean
def empirical_risk(predict, loss, x, y):
    if len(x) == 0:
        raise ValueError("no examples")
    return loss(predict(x), y).mean()


# %% right empirical_risk: sum divided by n, intermediate names, guard in an else branch
import torch


def empirical_risk(predict, loss, x, y):
    n = x.shape[0]
    if n > 0:
        predictions = predict(x)
        losses = loss(predictions, y)
        return torch.sum(losses) / n
    else:
        raise ValueError("empty batch: the mean of no losses does not exist")


# %% right empirical_risk: predicts once, then adds up the losses in a loop
import torch



def empirical_risk(predict, loss, x, y):
    n = len(x)
    if n == 0:
        raise ValueError("x is empty")
    losses = loss(predict(x), y)
    total = torch.zeros((), dtype=losses.dtype)
    for i in range(n):
        total = total + losses[i]
    return total / n


# %% right empirical_risk: expectation under the empirical distribution, weights 1/n and a dot product
import torch



def empirical_risk(predict, loss, x, y):
    """Mean loss of a predictor over a batch."""
    n = len(y)
    if not n:
        raise ValueError("The batch must hold at least one example.")
    losses = loss(predict(x), y)
    weights = torch.full_like(losses, 1 / n)
    return weights @ losses


# %% right empirical_risk: running mean that is updated loss by loss
def _check_not_empty(batch):
    if len(batch) < 1:
        raise ValueError(f"expected at least 1 row, got {len(batch)}")


def empirical_risk(predict, loss, x, y):
    _check_not_empty(x)
    losses = loss(predict(x), y)
    mean = losses[0]
    for count, value in enumerate(losses[1:], start=2):
        mean = mean + (value - mean) / count
    return mean


# %% right empirical_risk: Python lists inside, a tensor of the losses' type at the end
import torch



def empirical_risk(predict, loss, x, y):
    if len(x) == 0:
        raise ValueError("n is 0")
    losses = loss(predict(x), y)
    values = losses.tolist()
    return torch.tensor(sum(values) / len(values), dtype=losses.dtype)


# %% wrong empirical_risk: returns the sum of the losses where the mean is asked
def empirical_risk(predict, loss, x, y):
    if len(x) == 0:
        raise ValueError("no examples")
    return loss(predict(x), y).sum()


# %% wrong empirical_risk: hands the target first and the prediction second to the loss
def empirical_risk(predict, loss, x, y):
    if len(x) == 0:
        raise ValueError("no examples")
    prediction = predict(x)
    return loss(y, prediction).mean()


# %% wrong empirical_risk: never calls predict and hands the raw x to the loss
def empirical_risk(predict, loss, x, y):
    if x.shape[0] == 0:
        raise ValueError("empty batch")
    return loss(x, y).mean()


# %% wrong empirical_risk: returns the n single losses and takes no mean
def empirical_risk(predict, loss, x, y):
    if len(x) == 0:
        raise ValueError("empty batch")
    predictions = predict(x)
    risk = loss(predictions, y)
    return risk


# %% wrong empirical_risk: returns a Python float where a tensor without axes is asked
def empirical_risk(predict, loss, x, y):
    if len(x) == 0:
        raise ValueError("empty batch")
    return loss(predict(x), y).mean().item()


# %% wrong empirical_risk: divides the sum by n - 1 where n is asked
def empirical_risk(predict, loss, x, y):
    n = len(x)
    if n == 0:
        raise ValueError("empty batch")
    losses = loss(predict(x), y)
    return losses.sum() / (n - 1)


# %% wrong empirical_risk: ignores the loss argument and always uses the squared error
def empirical_risk(predict, loss, x, y):
    n = len(x)
    if n == 0:
        raise ValueError("empty batch")
    return ((predict(x) - y) ** 2).sum() / n


# %% wrong empirical_risk: gives predict single rows without the batch axis where it takes the whole batch
import torch



def empirical_risk(predict, loss, x, y):
    if len(x) == 0:
        raise ValueError("empty batch")
    losses = []
    for row, target in zip(x, y):
        losses.append(loss(predict(row), target))
    return torch.stack(losses).mean()


# %% wrong empirical_risk: takes the loss of the mean prediction against the mean target, not the mean of the losses
def empirical_risk(predict, loss, x, y):
    if len(x) == 0:
        raise ValueError("empty batch")
    prediction = predict(x).mean()
    target = y.mean()
    return loss(prediction, target)


# %% wrong empirical_risk: takes the square root of the mean loss (a root mean squared error)
import torch



def empirical_risk(predict, loss, x, y):
    if len(x) == 0:
        raise ValueError("empty batch")
    return torch.sqrt(loss(predict(x), y).mean())


# %% wrong empirical_risk: divides by the number of entries of x, x.numel(), instead of the number of rows
def empirical_risk(predict, loss, x, y):
    n = x.numel()
    if n == 0:
        raise ValueError("empty batch")
    return loss(predict(x), y).sum() / n


# %% wrong empirical_risk: prints the mean and returns nothing
def empirical_risk(predict, loss, x, y):
    if len(x) == 0:
        raise ValueError("empty batch")
    risk = loss(predict(x), y).mean()
    print(risk)


# %% wrong empirical_risk: the guard is reversed, so that every batch with examples is refused
def empirical_risk(predict, loss, x, y):
    if len(x):
        raise ValueError("empty batch")
    return loss(predict(x), y).mean()


# %% wrong empirical_risk: the loop over the losses starts at 1 and leaves out the first example
def empirical_risk(predict, loss, x, y):
    n = len(x)
    if n == 0:
        raise ValueError("empty batch")
    losses = loss(predict(x), y)
    total = 0 * losses[0]
    for i in range(1, n):
        total += losses[i]
    return total / n


# %% wrong empirical_risk: converts the losses to float32 before the mean, so that float64 losses lose digits and type
def empirical_risk(predict, loss, x, y):
    if len(x) == 0:
        raise ValueError("empty batch")
    losses = loss(predict(x), y).float()
    return losses.mean()


# %% corner empirical_risk: no guard, an empty batch gives nan instead of a ValueError
def empirical_risk(predict, loss, x, y):
    return loss(predict(x), y).mean()


# %% corner empirical_risk: returns 0 for an empty batch instead of raising a ValueError
import torch



def empirical_risk(predict, loss, x, y):
    if len(x) == 0:
        return torch.tensor(0.0)
    return loss(predict(x), y).mean()


# %% right zero_one_loss: the shortest one, argmax as in the hint, the first of equal scores wins
def zero_one_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    return (scores.argmax(dim=1) != labels).to(scores.dtype).mean()


# %% right zero_one_loss: loops over rows and columns, counts by hand
import torch



def zero_one_loss(scores, labels):
    n, k = scores.shape
    if n == 0:
        raise ValueError("zero_one_loss of an empty batch")
    wrong = 0
    for i in range(n):
        best = 0
        for j in range(1, k):
            if scores[i, j] > scores[i, best]:
                best = j
        if labels.ndim == 1:
            right = best == int(labels[i])
        else:
            right = bool(labels[i, best] == 1)
        if not right:
            wrong += 1
    return torch.tensor(wrong / n, dtype=scores.dtype)


# %% right zero_one_loss: accepted convention, every tie at the top counts as an error
import torch



def zero_one_loss(scores, labels):
    n, k = scores.shape
    if n == 0:
        raise ValueError("empty")
    if labels.ndim == 1:
        is_label = torch.nn.functional.one_hot(labels.long(), k).bool()
    else:
        is_label = labels.bool()
    own = scores[is_label]
    others_not_below = (scores >= own[:, None]) & ~is_label
    return others_not_below.any(dim=1).to(scores.dtype).mean()


# %% right zero_one_loss: accepted convention, the last of equal highest scores wins
def zero_one_loss(scores, labels):
    if scores.shape[0] == 0:
        raise ValueError("need at least one row")
    k = scores.shape[1]
    if labels.ndim > 1:
        labels = labels.nonzero()[:, 1]
    predicted = k - 1 - scores.flip(1).argmax(dim=1)
    return predicted.ne(labels).to(scores.dtype).mean()


# %% right zero_one_loss: accepted convention, equal highest scores share the tie
import torch



def zero_one_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    winners = (scores == scores.max(dim=1, keepdim=True).values).to(scores.dtype)
    chances = winners / winners.sum(dim=1, keepdim=True)
    if labels.ndim == 1:
        right = chances[torch.arange(len(scores)), labels]
    else:
        right = (chances * labels.to(scores.dtype)).sum(dim=1)
    return (1 - right).mean()


# %% right zero_one_loss: numpy inside, a tensor of the scores' type at the end
import torch

import numpy as np


def zero_one_loss(scores, labels):
    s = scores.detach().numpy()
    t = labels.numpy()
    if s.shape[0] == 0:
        raise ValueError("n is 0")
    if t.ndim == 2:
        t = np.argmax(t, axis=1)
    error = np.mean(np.argmax(s, axis=1) != t)
    return torch.tensor(float(error), dtype=scores.dtype)


# %% right zero_one_loss: one minus the accuracy, prediction and label both as one-hot rows
import torch

from torch.nn.functional import one_hot


def zero_one_loss(scores, labels):
    n, k = scores.shape
    if n == 0:
        raise ValueError("no rows")
    targets = labels if labels.ndim == 2 else one_hot(labels.to(torch.int64), k)
    predicted = one_hot(scores.max(dim=1).indices, k)
    hits = torch.einsum("nk,nk->n", predicted.to(scores.dtype), targets.to(scores.dtype))
    return 1 - hits.mean()


# %% right zero_one_loss: a helper for the labels, count divided by n in the scores' type
import torch



def _class_numbers(labels):
    if labels.ndim == 1:
        return labels
    return torch.tensor([row.index(max(row)) for row in labels.tolist()])


def zero_one_loss(scores, labels):
    n = scores.size(0)
    if n == 0:
        raise ValueError("empty batch")
    wrong = torch.count_nonzero(torch.argmax(scores, dim=1) - _class_numbers(labels))
    return wrong.to(scores.dtype) / n


# %% wrong zero_one_loss: returns the accuracy, the share of right answers
def zero_one_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    return (scores.argmax(dim=1) == labels).to(scores.dtype).mean()


# %% wrong zero_one_loss: returns the number of errors where their share is asked
def zero_one_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    return (scores.argmax(dim=1) != labels).to(scores.dtype).sum()


# %% wrong zero_one_loss: takes the mean in float32 and converts afterwards, so that float64 scores get rounded shares
def zero_one_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    errors = (scores.argmax(dim=1) != labels).float()
    return errors.mean().to(scores.dtype)


# %% wrong zero_one_loss: always returns float64 and not the type of the scores
def zero_one_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    return (scores.argmax(dim=1) != labels).double().mean()


# %% wrong zero_one_loss: takes the argmax of the scores down the examples (dim 0) instead of along the classes
import torch



def zero_one_loss(scores, labels):
    n, k = scores.shape
    if n == 0:
        raise ValueError("no examples")
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels.long(), k)
    best = scores.argmax(dim=0)
    predicted = torch.zeros(n, k, dtype=scores.dtype)
    predicted[best, torch.arange(k)] = 1
    right = (predicted * labels.to(scores.dtype)).sum(dim=1)
    return (1 - right).mean()


# %% wrong zero_one_loss: handles class numbers only; one-hot rows are compared with the predicted classes as they are
def zero_one_loss(scores, labels):
    if scores.shape[0] == 0:
        raise ValueError("no examples")
    predictions = scores.argmax(dim=1)
    return (predictions != labels).to(scores.dtype).mean()


# %% wrong zero_one_loss: handles one-hot rows only; class numbers of shape (n,) fail in argmax(dim=1)
def zero_one_loss(scores, labels):
    if scores.shape[0] == 0:
        raise ValueError("no examples")
    predicted = scores.argmax(dim=1)
    true = labels.int().argmax(dim=1)
    return (predicted != true).to(scores.dtype).mean()


# %% wrong zero_one_loss: takes one-hot rows for such only if they are floats; rows of whole numbers are forgotten
def zero_one_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    if labels.is_floating_point():
        labels = labels.argmax(dim=1)
    return (scores.argmax(dim=1) != labels).to(scores.dtype).mean()


# %% wrong zero_one_loss: lets the lowest score win (argmin)
def zero_one_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    return (scores.argmin(dim=1) != labels).to(scores.dtype).mean()


# %% wrong zero_one_loss: compares the sign of every score with the one-hot entry and averages over all n·k entries
import torch



def zero_one_loss(scores, labels):
    n, k = scores.shape
    if n == 0:
        raise ValueError("no examples")
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels.long(), k)
    predicted = scores > 0
    return (predicted != labels.bool()).to(scores.dtype).mean()


# %% wrong zero_one_loss: looks at the first two columns only, right for two classes and no more
def zero_one_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    predicted = (scores[:, 1] > scores[:, 0]).to(labels.dtype)
    return (predicted != labels).to(scores.dtype).mean()


# %% wrong zero_one_loss: counts the predicted classes from 1 while the class numbers are counted from 0
import torch



def zero_one_loss(scores, labels):
    n = len(scores)
    if n == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    predicted = torch.argmax(scores, dim=1) + 1
    return (predicted != labels).sum().to(scores.dtype) / n


# %% wrong zero_one_loss: returns the n single losses and takes no mean
def zero_one_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    return (scores.argmax(dim=1) != labels).to(scores.dtype)


# %% wrong zero_one_loss: counts a row as right only where the label's softmax probability exceeds 0.5
import torch



def zero_one_loss(scores, labels):
    n, k = scores.shape
    if n == 0:
        raise ValueError("no examples")
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels.long(), k)
    p = torch.softmax(scores, dim=1)
    right = (p > 0.5) & labels.bool()
    return 1 - right.any(dim=1).to(scores.dtype).mean()


# %% wrong zero_one_loss: divides the count with //, so that every share below 1 becomes 0
import torch



def zero_one_loss(scores, labels):
    n = len(scores)
    if n == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    wrong = 0
    for row, label in zip(scores, labels):
        if row.argmax() != label:
            wrong += 1
    return torch.tensor(wrong // n, dtype=scores.dtype)


# %% wrong zero_one_loss: returns a Python float where a tensor is asked
def zero_one_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    wrong = sum(int(row.argmax()) != int(label) for row, label in zip(scores, labels))
    return wrong / len(scores)


# %% corner zero_one_loss: counts a tie at the top with the label among the equals as right
import torch



def zero_one_loss(scores, labels):
    n = len(scores)
    if n == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    own = scores[torch.arange(n), labels]
    return (own < scores.amax(dim=1)).to(scores.dtype).mean()


# %% corner zero_one_loss: no guard, an empty batch gives nan instead of a ValueError
def zero_one_loss(scores, labels):
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    return (scores.argmax(dim=1) != labels).to(scores.dtype).mean()


# %% right logistic_loss: logsigmoid of the margins
import torch



def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    margins = (2 * labels.to(scores.dtype) - 1) * scores
    return -torch.nn.functional.logsigmoid(margins).mean()


# %% right logistic_loss: logaddexp of 0 and −m, as in the hint
import torch



def logistic_loss(scores, labels):
    if scores.numel() == 0:
        raise ValueError("empty batch")
    signs = torch.where(labels == 1, 1, -1).to(scores.dtype)
    margins = signs * scores
    return torch.logaddexp(torch.zeros_like(margins), -margins).mean()


# %% right logistic_loss: max(0, −m) + log1p(exp(−|m|))
import torch



def logistic_loss(scores, labels):
    n = scores.shape[0]
    if n == 0:
        raise ValueError("The mean of no examples does not exist.")
    m = torch.where(labels > 0.5, scores, -scores)
    losses = (-m).clamp(min=0) + torch.log1p(torch.exp(-m.abs()))
    return losses.sum() / n


# %% right logistic_loss: a Python loop with math.log1p and two cases
import torch

import math


def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("n is 0")
    losses = []
    for s, label in zip(scores.tolist(), labels.tolist()):
        m = s if label == 1 else -s
        if m >= 0:
            losses.append(math.log1p(math.exp(-m)))
        else:
            losses.append(-m + math.log1p(math.exp(m)))
    return torch.tensor(math.fsum(losses) / len(losses), dtype=scores.dtype)


# %% right logistic_loss: softplus with its threshold raised so that float64 is right too
import torch



def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    y = labels.to(scores.dtype)
    minus_m = (1 - 2 * y) * scores
    return torch.nn.functional.softplus(minus_m, threshold=50).mean()


# %% right logistic_loss: a mask for each class, groups added up apart
import torch



def logistic_loss(scores, labels):
    def softplus(z):
        return torch.logaddexp(z, torch.zeros_like(z))

    n = len(scores)
    if n == 0:
        raise ValueError("no examples")
    ones = labels == 1
    total = softplus(-scores[ones]).sum() + softplus(scores[~ones]).sum()
    return total / n


# %% right logistic_loss: cross-entropy form y·log(1+e^(−s)) + (1−y)·log(1+e^s)
import torch.nn.functional as F


def logistic_loss(scores, labels):
    if scores.shape[0] == 0:
        raise ValueError("empty")
    y = labels.to(scores.dtype)
    losses = -(y * F.logsigmoid(scores) + (1 - y) * F.logsigmoid(-scores))
    return losses.mean()


# %% right logistic_loss: numpy's logaddexp, signs written into a copy
import numpy as np
import torch



def logistic_loss(scores, labels):
    s = scores.detach().numpy()
    if s.size == 0:
        raise ValueError("no scores")
    sign = labels.numpy().astype(s.dtype)
    sign[sign == 0] = -1
    return torch.tensor(np.logaddexp(0, -sign * s).mean(), dtype=scores.dtype)


# %% right logistic_loss: two branches on masks, written into a new tensor in place
import torch



def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty")
    m = scores.clone()
    m[labels == 0] *= -1
    out = torch.empty_like(m)
    pos = m > 0
    out[pos] = torch.log1p(torch.exp(-m[pos]))
    out[~pos] = torch.log1p(torch.exp(m[~pos])) - m[~pos]
    return torch.mean(out)


# %% wrong logistic_loss: keeps the margin labels · scores, so that label 0 always costs log 2
import torch



def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    margins = labels.to(scores.dtype) * scores
    return torch.logaddexp(torch.zeros_like(margins), -margins).mean()


# %% wrong logistic_loss: mends the sign of label 0 only, log(1 + exp(−m)) still overflows and loses tiny losses
import torch



def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    margins = (2 * labels.to(scores.dtype) - 1) * scores
    return torch.log(1 + torch.exp(-margins)).mean()


# %% wrong logistic_loss: log1p(exp(−m)) without a shift, still inf for a score that is very sure and wrong
import torch



def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    margins = torch.where(labels == 1, scores, -scores)
    return torch.log1p(torch.exp(-margins)).mean()


# %% wrong logistic_loss: logsumexp of the stacked 0 and −m, which gives 0 where the loss is tiny
import torch



def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    margins = (2 * labels.to(scores.dtype) - 1) * scores
    pair = torch.stack([torch.zeros_like(margins), -margins])
    return torch.logsumexp(pair, dim=0).mean()


# %% wrong logistic_loss: divides by log 2 (base 2) where natural units are asked
import math
import torch




def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    margins = (2 * labels.to(scores.dtype) - 1) * scores
    return torch.logaddexp(torch.zeros_like(margins), -margins).mean() / math.log(2)


# %% wrong logistic_loss: sign of the margin reversed, log(1 + exp(+m))
import torch



def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    margins = (2 * labels.to(scores.dtype) - 1) * scores
    return torch.logaddexp(torch.zeros_like(margins), margins).mean()


# %% wrong logistic_loss: clamps the margins to ±30, so that the loss is constant beyond
import torch



def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    margins = (2 * labels.to(scores.dtype) - 1) * scores
    margins = margins.clamp(-30, 30)
    return torch.log1p(torch.exp(-margins)).mean()


# %% wrong logistic_loss: returns the sum over the batch instead of the mean
import torch



def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    margins = (2 * labels.to(scores.dtype) - 1) * scores
    return -torch.nn.functional.logsigmoid(margins).sum()


# %% wrong logistic_loss: adds 1e-12 to the sigmoid's output inside the logarithms, constant for sure errors
import torch



def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    y = labels.to(scores.dtype)
    p = torch.sigmoid(scores)
    eps = 1e-12
    return -(y * torch.log(p + eps) + (1 - y) * torch.log(1 - p + eps)).mean()


# %% wrong logistic_loss: binary_cross_entropy_with_logits, which gives 0 for a tiny loss of a label 0
import torch.nn.functional as F



def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    return F.binary_cross_entropy_with_logits(scores, labels.to(scores.dtype))


# %% wrong logistic_loss: computes the hinge loss max(0, 1 − m), the neighbouring surrogate
def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    margins = (2 * labels.to(scores.dtype) - 1) * scores
    return (1 - margins).clamp(min=0).mean()


# %% wrong logistic_loss: maps the labels to ±1/2 instead of ±1, so that every margin is halved
import torch



def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    signs = labels.to(scores.dtype) - 0.5
    return -torch.nn.functional.logsigmoid(signs * scores).mean()


# %% wrong logistic_loss: writes −1 for 0 into the caller's own labels
import torch



def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    labels[labels == 0] = -1
    margins = labels.to(scores.dtype) * scores
    return torch.logaddexp(torch.zeros_like(margins), -margins).mean()


# %% wrong logistic_loss: adds max(0, −m) but leaves the absolute value out of the exponent, exp(−m) for exp(−|m|)
import torch



def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    m = torch.where(labels == 1, scores, -scores)
    return ((-m).clamp(min=0) + torch.log1p(torch.exp(-m))).mean()


# %% wrong logistic_loss: computes in float32 whatever the type of the scores, and returns float32
import torch



def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    margins = (2 * labels.float() - 1) * scores.float()
    return -torch.nn.functional.logsigmoid(margins).mean()


# %% wrong logistic_loss: averages over the misclassified examples only (m < 0), and returns 0 where there are none
import torch



def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    margins = torch.where(labels == 1, scores, -scores)
    losses = torch.logaddexp(torch.zeros_like(margins), -margins)
    wrong = margins < 0
    if not wrong.any():
        return torch.zeros((), dtype=scores.dtype)
    return losses[wrong].mean()


# %% right logistic_loss: softplus with its default threshold 20, off by up to 1e-10 of the loss
import torch.nn.functional as F



def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    margins = (2 * labels.to(scores.dtype) - 1) * scores
    return F.softplus(-margins).mean()


# %% corner logistic_loss: no guard, an empty batch gives nan instead of a ValueError
import torch



def logistic_loss(scores, labels):
    margins = (2 * labels.to(scores.dtype) - 1) * scores
    return torch.logaddexp(torch.zeros_like(margins), -margins).mean()


# %% right negative_log_likelihood: logsumexp minus the label's score, as in the hint
import torch



def negative_log_likelihood(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    own = scores[torch.arange(len(scores)), labels]
    return (torch.logsumexp(scores, dim=1) - own).mean()


# %% right negative_log_likelihood: the library's cross_entropy with labels as class numbers
import torch.nn.functional as F



def negative_log_likelihood(scores, labels):
    if scores.shape[0] == 0:
        raise ValueError("cross-entropy of nothing")
    if labels.ndim == 2:
        labels = labels.to(scores.dtype).argmax(dim=1)
    return F.cross_entropy(scores, labels.long())


# %% right negative_log_likelihood: log_softmax times one-hot rows, summed and divided by n
import torch



def negative_log_likelihood(scores, labels):
    n, k = scores.shape
    if n == 0:
        raise ValueError("n must be at least 1")
    if labels.ndim == 1:
        q = torch.nn.functional.one_hot(labels.long(), k)
    else:
        q = labels
    q = q.to(scores.dtype)
    return -(q * scores.log_softmax(dim=1)).sum() / n


# %% right negative_log_likelihood: the notebook's shift by the highest score written out
import torch



def negative_log_likelihood(scores, labels):
    n = len(scores)
    if n == 0:
        raise ValueError("no rows")
    s_max = scores.max(dim=1).values
    log_sum = s_max + torch.log(torch.exp(scores - s_max[:, None]).sum(dim=1))
    if labels.ndim == 1:
        s_label = scores.gather(1, labels.long()[:, None])[:, 0]
    else:
        s_label = scores[labels.bool()]
    return (log_sum - s_label).sum() / n


# %% right negative_log_likelihood: a loop over the rows with plain Python floats
import math
import torch




def negative_log_likelihood(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    total = 0.0
    for row, label in zip(scores.tolist(), labels.tolist()):
        y = label.index(1) if isinstance(label, list) else int(label)
        top = max(row)
        total += top - row[y] + math.log(sum(math.exp(s - top) for s in row))
    return torch.tensor(total / len(scores), dtype=scores.dtype)


# %% right negative_log_likelihood: numpy inside, a tensor of the scores' type at the end
import numpy as np
import torch



def negative_log_likelihood(scores, labels):
    s = scores.detach().numpy()
    t = labels.numpy()
    if s.shape[0] == 0:
        raise ValueError("n is 0")
    if t.ndim == 2:
        t = t.argmax(axis=1)
    s = s - s.max(axis=1, keepdims=True)
    log_p = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    return torch.tensor(-log_p[np.arange(len(t)), t].mean(), dtype=scores.dtype)


# %% right negative_log_likelihood: rearranged, logsumexp of all scores relative to the label's
import torch



def negative_log_likelihood(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty")
    if labels.ndim == 1:
        own = torch.stack([row[int(y)] for row, y in zip(scores, labels)])
    else:
        own = torch.einsum("nk,nk->n", scores, labels.to(scores.dtype))
    return torch.logsumexp(scores - own.unsqueeze(1), dim=1).mean()


# %% right negative_log_likelihood: log_prob of a categorical distribution
import torch



def negative_log_likelihood(scores, labels):
    if scores.size(0) == 0:
        raise ValueError("empty batch")
    if labels.ndim == 2:
        labels = labels.nonzero()[:, 1]
    model = torch.distributions.Categorical(logits=scores)
    return -model.log_prob(labels).mean()


# %% wrong negative_log_likelihood: softmax first and logarithm afterwards, inf for labels far below the winner
import torch



def negative_log_likelihood(scores, labels):
    n = len(scores)
    if n == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    p = torch.softmax(scores, dim=1)
    return -torch.log(p[torch.arange(n), labels]).mean()


# %% wrong negative_log_likelihood: adds 1e-12 to the softmax before the logarithm, constant loss beyond a gap of 28
import torch



def negative_log_likelihood(scores, labels):
    n, k = scores.shape
    if n == 0:
        raise ValueError("no examples")
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels.long(), k)
    log_p = torch.log(torch.softmax(scores, dim=1) + 1e-12)
    return -(labels.to(scores.dtype) * log_p).sum(dim=1).mean()


# %% wrong negative_log_likelihood: log of the sum of exponentials without a shift, overflows for large scores
import torch



def negative_log_likelihood(scores, labels):
    n = len(scores)
    if n == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    own = scores[torch.arange(n), labels]
    return (scores.exp().sum(dim=1).log() - own).mean()


# %% wrong negative_log_likelihood: minus sign forgotten, returns the mean log-likelihood
import torch



def negative_log_likelihood(scores, labels):
    n = len(scores)
    if n == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    log_p = torch.log_softmax(scores, dim=1)
    return log_p[torch.arange(n), labels].mean()


# %% wrong negative_log_likelihood: sums over the examples instead of averaging
import torch.nn.functional as F



def negative_log_likelihood(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    return F.cross_entropy(scores, labels, reduction="sum")


# %% wrong negative_log_likelihood: takes the mean over all n·k entries of one-hot times log p, too small by k
import torch



def negative_log_likelihood(scores, labels):
    n, k = scores.shape
    if n == 0:
        raise ValueError("no examples")
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels.long(), k)
    log_p = torch.log_softmax(scores, dim=1)
    return -(labels.to(scores.dtype) * log_p).mean()


# %% wrong negative_log_likelihood: normalizes over the examples (dim 0) instead of the classes
import torch



def negative_log_likelihood(scores, labels):
    n = len(scores)
    if n == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    log_p = torch.log_softmax(scores, dim=0)
    return -log_p[torch.arange(n), labels].mean()


# %% wrong negative_log_likelihood: shifts by the highest score of the whole batch, inf for rows far below it
import torch



def negative_log_likelihood(scores, labels):
    n = len(scores)
    if n == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    shifted = scores - scores.max()
    own = shifted[torch.arange(n), labels]
    return (torch.log(torch.exp(shifted).sum(dim=1)) - own).mean()


# %% wrong negative_log_likelihood: shifts the exponents by the row's maximum and forgets to add it back
import torch



def negative_log_likelihood(scores, labels):
    n = len(scores)
    if n == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    s_max = scores.max(dim=1, keepdim=True).values
    log_sum = (scores - s_max).exp().sum(dim=1).log()
    own = scores[torch.arange(n), labels]
    return (log_sum - own).mean()


# %% wrong negative_log_likelihood: logarithm to base 2 (bits) where natural logarithms are asked
import math
import torch




def negative_log_likelihood(scores, labels):
    n = len(scores)
    if n == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    nats = torch.logsumexp(scores, dim=1) - scores[torch.arange(n), labels]
    return (nats / math.log(2)).mean()


# %% wrong negative_log_likelihood: gives softmax probabilities to cross_entropy, which takes softmax again
import torch.nn.functional as F
import torch



def negative_log_likelihood(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    probabilities = torch.softmax(scores, dim=1)
    return F.cross_entropy(probabilities, labels)


# %% wrong negative_log_likelihood: gives raw scores to nll_loss, which expects log-probabilities
import torch.nn.functional as F



def negative_log_likelihood(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    return F.nll_loss(scores, labels)


# %% wrong negative_log_likelihood: indexes with [:, labels], so that every row is charged for all labels
import torch



def negative_log_likelihood(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    log_p = torch.log_softmax(scores, dim=1)
    return -log_p[:, labels].mean()


# %% wrong negative_log_likelihood: multiplies the probabilities before the logarithm, underflows for many rows
import torch



def negative_log_likelihood(scores, labels):
    n = len(scores)
    if n == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    p = torch.softmax(scores, dim=1)
    likelihood = torch.ones((), dtype=scores.dtype)
    for i in range(n):
        likelihood = likelihood * p[i, labels[i]]
    return -torch.log(likelihood) / n


# %% wrong negative_log_likelihood: uses the predicted class's probability and ignores the labels
import torch



def negative_log_likelihood(scores, labels):
    if len(scores) == 0:
        raise ValueError("no examples")
    best = scores.max(dim=1).values
    return (torch.logsumexp(scores, dim=1) - best).mean()


# %% wrong negative_log_likelihood: adds the binary terms (1 − q)·log(1 − p) of the other classes
import torch



def negative_log_likelihood(scores, labels):
    n, k = scores.shape
    if n == 0:
        raise ValueError("no examples")
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels.long(), k)
    q = labels.to(scores.dtype)
    log_p = torch.log_softmax(scores, dim=1)
    other = torch.log((1 - log_p.exp()).clamp(min=1e-12))
    return -(q * log_p + (1 - q) * other).sum(dim=1).mean()


# %% wrong negative_log_likelihood: handles class numbers only, one-hot rows fail as indices
import torch



def negative_log_likelihood(scores, labels):
    n = len(scores)
    if n == 0:
        raise ValueError("no examples")
    own = scores[torch.arange(n), labels.long()]
    return (scores.logsumexp(dim=1) - own).mean()


# %% wrong negative_log_likelihood: subtracts each row's maximum from the caller's own scores in place
import torch



def negative_log_likelihood(scores, labels):
    n = len(scores)
    if n == 0:
        raise ValueError("no examples")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    scores -= scores.max(dim=1, keepdim=True).values
    log_sum = torch.log(torch.exp(scores).sum(dim=1))
    return (log_sum - scores[torch.arange(n), labels]).mean()


# %% corner negative_log_likelihood: the result takes the type of float64 one-hot rows and not that of float32 scores
import torch



def negative_log_likelihood(scores, labels):
    n, k = scores.shape
    if n == 0:
        raise ValueError("no examples")
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels.long(), k)
    return -(labels * torch.log_softmax(scores, dim=1)).sum(dim=1).mean()


# %% corner negative_log_likelihood: no guard, an empty batch gives nan instead of a ValueError
import torch



def negative_log_likelihood(scores, labels):
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    log_p = torch.log_softmax(scores, dim=1)
    return -log_p[torch.arange(len(scores)), labels].mean()


# %% right nll_gradient: (p − q)/n with softmax and one_hot, as in the hint
import torch



def nll_gradient(scores, labels):
    n, k = scores.shape
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels, k)
    return (torch.softmax(scores, dim=1) - labels.to(scores.dtype)) / n


# %% right nll_gradient: subtracts 1 at the labels in place on the fresh softmax
import torch



def nll_gradient(scores, labels):
    n = len(scores)
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    grad = scores.softmax(dim=1)
    grad[torch.arange(n), labels] -= 1
    grad /= n
    return grad


# %% right nll_gradient: autograd of the library's cross_entropy on a detached copy
import torch



def nll_gradient(scores, labels):
    if labels.ndim == 2:
        labels = labels.to(scores.dtype).argmax(dim=1)
    with torch.enable_grad():
        s = scores.detach().clone().requires_grad_(True)
        loss = torch.nn.functional.cross_entropy(s, labels.long())
        (grad,) = torch.autograd.grad(loss, s)
    return grad


# %% right nll_gradient: loops over rows and classes with the maximum taken out by hand
import torch



def nll_gradient(scores, labels):
    n, k = scores.shape
    result = torch.zeros_like(scores)
    for i in range(n):
        row = scores[i]
        e = torch.exp(row - row.max())
        p = e / e.sum()
        for j in range(k):
            if labels.ndim == 1:
                q = 1.0 if int(labels[i]) == j else 0.0
            else:
                q = float(labels[i, j])
            result[i, j] = (p[j] - q) / n
    return result


# %% right nll_gradient: numpy inside, a tensor of the scores' type at the end
import numpy as np
import torch



def nll_gradient(scores, labels):
    s = scores.detach().numpy()
    t = labels.numpy()
    n, k = s.shape
    q = np.eye(k, dtype=s.dtype)[t] if t.ndim == 1 else t.astype(s.dtype)
    e = np.exp(s - s.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return torch.from_numpy((p - q) / n).to(scores.dtype)


# %% right nll_gradient: rearranged, p_j = 1 / Σ_c exp(s_c − s_j), and a comparison instead of one_hot
import torch



def nll_gradient(scores, labels):
    n, k = scores.shape
    differences = scores[:, None, :] - scores[:, :, None]
    p = 1 / differences.exp().sum(dim=2)
    if labels.ndim == 2:
        is_label = labels.bool()
    else:
        is_label = labels[:, None] == torch.arange(k)
    return torch.where(is_label, p - 1, p) / n


# %% right nll_gradient: torch.func.grad of a loss written in a helper
import torch



def _nll(scores, q):
    return (torch.logsumexp(scores, dim=1) - (q * scores).sum(dim=1)).mean()


def nll_gradient(scores, labels):
    if labels.ndim == 1:
        q = torch.zeros_like(scores)
        q[torch.arange(len(labels)), labels] = 1
    else:
        q = labels.to(scores.dtype)
    return torch.func.grad(_nll)(scores.detach(), q)


# %% right nll_gradient: exp of log_softmax, scatter_add of −1/n
import torch



def nll_gradient(scores, labels):
    n = scores.size(0)
    if labels.dim() == 2:
        labels = labels.nonzero()[:, 1]
    grad = scores.log_softmax(dim=-1).exp() / n
    minus = torch.full((n, 1), -1 / n, dtype=scores.dtype)
    return grad.scatter_add(1, labels.view(-1, 1).long(), minus)


# %% wrong nll_gradient: forgets the factor 1/n of the mean
import torch



def nll_gradient(scores, labels):
    n, k = scores.shape
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels, k)
    return torch.softmax(scores, dim=1) - labels.to(scores.dtype)


# %% wrong nll_gradient: sign reversed, (q − p)/n
import torch



def nll_gradient(scores, labels):
    n, k = scores.shape
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels, k)
    return (labels.to(scores.dtype) - torch.softmax(scores, dim=1)) / n


# %% wrong nll_gradient: divides by n·k, the number of entries, where n is asked
import torch



def nll_gradient(scores, labels):
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels, scores.shape[1])
    return (torch.softmax(scores, dim=1) - labels.to(scores.dtype)) / scores.numel()


# %% wrong nll_gradient: divides by the number of classes k instead of the number of rows n
import torch



def nll_gradient(scores, labels):
    n, k = scores.shape
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels, k)
    return (torch.softmax(scores, dim=1) - labels.to(scores.dtype)) / k


# %% wrong nll_gradient: softmax down the examples (dim 0) instead of along the classes
import torch



def nll_gradient(scores, labels):
    n = len(scores)
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    grad = torch.softmax(scores, dim=0)
    grad[torch.arange(n), labels] -= 1
    return grad / n


# %% wrong nll_gradient: leaves out the one-hot rows, returns p/n and never looks at the labels
import torch



def nll_gradient(scores, labels):
    p = torch.softmax(scores, dim=1)
    return p / len(scores)


# %% wrong nll_gradient: one_hot without the number of classes, fails where the highest class is missing in the batch
import torch



def nll_gradient(scores, labels):
    n = scores.shape[0]
    q = labels
    if labels.ndim == 1:
        q = torch.nn.functional.one_hot(labels)
    return (torch.softmax(scores, dim=1) - q.to(scores.dtype)) / n


# %% wrong nll_gradient: subtracts 1 in the columns of all labels for every row, grad[:, labels]
import torch



def nll_gradient(scores, labels):
    n = len(scores)
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    grad = torch.softmax(scores, dim=1)
    grad[:, labels] -= 1
    return grad / n


# %% wrong nll_gradient: the derivative by the probabilities, −q/p, instead of by the scores
import torch



def nll_gradient(scores, labels):
    n, k = scores.shape
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels, k)
    p = torch.softmax(scores, dim=1)
    return -labels.to(scores.dtype) / p / n


# %% wrong nll_gradient: multiplies (p − q) by p·(1 − p), as for a squared error behind a sigmoid
import torch



def nll_gradient(scores, labels):
    n, k = scores.shape
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels, k)
    p = torch.softmax(scores, dim=1)
    delta = (p - labels.to(scores.dtype)) * p * (1 - p)
    return delta / n


# %% wrong nll_gradient: handles class numbers only, one-hot rows fail in one_hot or as an index
import torch



def nll_gradient(scores, labels):
    n, k = scores.shape
    q = torch.nn.functional.one_hot(labels.long(), k).to(scores.dtype)
    return (scores.softmax(dim=1) - q) / n


# %% wrong nll_gradient: 1 − p instead of p − 1 at the label's place
import torch



def nll_gradient(scores, labels):
    n = len(scores)
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    grad = torch.softmax(scores, dim=1)
    for i in range(n):
        grad[i, labels[i]] = 1 - grad[i, labels[i]]
    return grad / n


# %% wrong nll_gradient: uses the one-hot row of the predicted class instead of the probabilities (perceptron rule)
from torch.nn.functional import one_hot


def nll_gradient(scores, labels):
    n, k = scores.shape
    q = one_hot(labels, k) if labels.ndim == 1 else labels
    guess = one_hot(scores.argmax(dim=1), k)
    return (guess.to(scores.dtype) - q.to(scores.dtype)) / n


# %% wrong nll_gradient: averages the rows away and returns shape (k,)
import torch



def nll_gradient(scores, labels):
    n, k = scores.shape
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels, k)
    return (torch.softmax(scores, dim=1) - labels.to(scores.dtype)).mean(dim=0)


# %% wrong nll_gradient: backward on the caller's own tensor without zeroing, a second call adds to the gradient
import torch



def nll_gradient(scores, labels):
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    scores.requires_grad_(True)
    loss = torch.nn.functional.cross_entropy(scores, labels)
    loss.backward()
    return scores.grad


# %% wrong nll_gradient: computes and returns float32, so that float64 scores lose digits and type
import torch



def nll_gradient(scores, labels):
    n, k = scores.shape
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels, k)
    p = torch.softmax(scores.float(), dim=1)
    return (p - labels.float()) / n


# %% wrong nll_gradient: writes the softmax minus the one-hot row into the caller's own scores
import torch



def nll_gradient(scores, labels):
    n, k = scores.shape
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels, k)
    scores[:] = torch.softmax(scores, dim=1)
    scores -= labels.to(scores.dtype)
    return scores / n


# %% wrong nll_gradient: exponentiates the scores without a shift, nan where scores are large
import torch



def nll_gradient(scores, labels):
    n, k = scores.shape
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels, k)
    e = torch.exp(scores)
    p = e / e.sum(dim=1, keepdim=True)
    return (p - labels.to(scores.dtype)) / n


# %% corner nll_gradient: subtracts the one-hot rows without conversion, fails for rows of truth values
import torch



def nll_gradient(scores, labels):
    n, k = scores.shape
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels, k)
    return ((torch.softmax(scores, dim=1) - labels) / n).to(scores.dtype)


# %% right early_stop: the rule as it is told, best loss, its step and a counter
def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best, best_step, waited = float(val_losses[0]), 0, 0
    for step in range(1, len(val_losses)):
        loss = float(val_losses[step])
        if loss < best - min_delta:
            best, best_step, waited = loss, step, 0
        else:
            waited += 1
            if waited == patience:
                return best_step, step
    return best_step, len(val_losses) - 1


# %% right early_stop: no counter, the distance to the best step is compared with patience
import math



def early_stop(val_losses, *, patience, min_delta=0.0):
    losses = val_losses.tolist()
    if not losses:
        raise ValueError("early_stop needs at least one loss")
    best_loss, best_step = math.inf, 0
    for t, loss in enumerate(losses):
        if loss < best_loss - min_delta:
            best_loss, best_step = loss, t
        if t - best_step >= patience:
            break
    return best_step, t


# %% right early_stop: a while loop on tensor entries, rearranged to best − loss > min_delta
def early_stop(val_losses, *, patience, min_delta=0.0):
    T = val_losses.shape[0]
    if T == 0:
        raise ValueError("T is 0")
    best_step = 0
    t = 0
    while t < T - 1 and t - best_step < patience:
        t += 1
        if val_losses[best_step] - val_losses[t] > min_delta:
            best_step = t
    return best_step, t


# %% right early_stop: jumps from improvement to improvement with a vectorised look at the next patience steps
def early_stop(val_losses, *, patience, min_delta=0.0):
    last = len(val_losses) - 1
    if last < 0:
        raise ValueError("empty")
    best = 0
    while True:
        window = val_losses[best + 1 : best + 1 + patience]
        hits = (window < val_losses[best] - min_delta).nonzero()
        if len(hits) == 0:
            return best, min(best + patience, last)
        best = best + 1 + int(hits[0, 0])


# %% right early_stop: first the list of all improvements, then the first gap that is too long
import numpy as np



def early_stop(val_losses, *, patience, min_delta=0.0):
    losses = np.asarray(val_losses.detach(), dtype=np.float64)
    if losses.size == 0:
        raise ValueError("no validation losses")
    improvements = [0]
    for t in range(1, losses.size):
        if losses[t] < losses[improvements[-1]] - min_delta:
            improvements.append(t)
    ends = improvements[1:] + [losses.size - 1]
    for start, end in zip(improvements, ends):
        if end - start > patience:
            return start, start + patience
    gap = losses.size - 1 - improvements[-1]
    return int(improvements[-1]), int(improvements[-1] + min(patience, gap))


# %% right early_stop: a small class keeps the state, for/else for patience that never runs out
class _Stopper:
    def __init__(self, patience, min_delta):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.best_step, self.bad = None, None, 0

    def update(self, step, loss):
        if self.best is None or loss < self.best - self.min_delta:
            self.best, self.best_step, self.bad = loss, step, 0
        else:
            self.bad += 1
        return self.bad >= self.patience


def early_stop(val_losses, *, patience, min_delta=0.0):
    if val_losses.numel() == 0:
        raise ValueError("need at least one loss")
    stopper = _Stopper(patience, min_delta)
    for step, loss in enumerate(val_losses):
        if stopper.update(step, loss.item()):
            stop_step = step
            break
    else:
        stop_step = len(val_losses) - 1
    return stopper.best_step, stop_step


# %% wrong early_stop: ignores min_delta, every fall counts as an improvement
def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best, best_step, waited = float("inf"), 0, 0
    for step, loss in enumerate(val_losses.tolist()):
        if loss < best:
            best, best_step, waited = loss, step, 0
        else:
            waited += 1
            if waited >= patience:
                return best_step, step
    return best_step, len(val_losses) - 1


# %% wrong early_stop: stops one step late, when more than patience steps have brought no improvement
def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best, best_step, waited = float("inf"), 0, 0
    for step, loss in enumerate(val_losses.tolist()):
        if loss < best - min_delta:
            best, best_step, waited = loss, step, 0
        else:
            waited += 1
            if waited > patience:
                return best_step, step
    return best_step, len(val_losses) - 1


# %% wrong early_stop: never resets the counter, so that steps without improvement need not be in a row
def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best, best_step, counter = float(val_losses[0]), 0, 0
    for step in range(1, len(val_losses)):
        loss = float(val_losses[step])
        if loss < best - min_delta:
            best = loss
            best_step = step
        else:
            counter += 1
        if counter >= patience:
            return best_step, step
    return best_step, len(val_losses) - 1


# %% wrong early_stop: smaller dips move the best loss too, so that a slow drift never adds up to an improvement
def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best, best_step, waited = float("inf"), 0, 0
    for step, loss in enumerate(val_losses.tolist()):
        if loss < best - min_delta:
            best_step, waited = step, 0
        else:
            waited += 1
        best = min(best, loss)
        if waited >= patience:
            return best_step, step
    return best_step, len(val_losses) - 1


# %% wrong early_stop: smaller dips than min_delta move the best step (not the best loss), the lowest loss is kept
def early_stop(val_losses, *, patience, min_delta=0.0):
    losses = val_losses.tolist()
    if len(losses) == 0:
        raise ValueError("no losses")
    best, waited, stop = losses[0], 0, len(losses) - 1
    for step in range(1, len(losses)):
        if losses[step] < best - min_delta:
            best, waited = losses[step], 0
        else:
            waited += 1
        if waited >= patience:
            stop = step
            break
    seen = losses[: stop + 1]
    return seen.index(min(seen)), stop


# %% wrong early_stop: counts a loss equal to the threshold as an improvement (<= for <)
def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best, best_step, waited = float(val_losses[0]), 0, 0
    for step in range(1, len(val_losses)):
        loss = float(val_losses[step])
        if loss <= best - min_delta:
            best, best_step, waited = loss, step, 0
        else:
            waited += 1
            if waited == patience:
                return best_step, step
    return best_step, len(val_losses) - 1


# %% wrong early_stop: takes the lowest loss of the whole record as the best step, also one after the stop
def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best_step = int(val_losses.argmin())
    best, waited = float("inf"), 0
    for step, loss in enumerate(val_losses.tolist()):
        if loss < best - min_delta:
            best, waited = loss, 0
        else:
            waited += 1
            if waited >= patience:
                return best_step, step
    return best_step, len(val_losses) - 1


# %% wrong early_stop: returns (stop_step, best_step), the two in the wrong order
def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best, best_step = float(val_losses[0]), 0
    stop_step = len(val_losses) - 1
    for step, loss in enumerate(val_losses.tolist()):
        if loss < best - min_delta:
            best, best_step = loss, step
        elif step - best_step >= patience:
            stop_step = step
            break
    return stop_step, best_step


# %% wrong early_stop: counts the steps from 1
def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best, best_step, waited = float("inf"), 1, 0
    for step, loss in enumerate(val_losses.tolist(), start=1):
        if loss < best - min_delta:
            best, best_step, waited = loss, step, 0
        else:
            waited += 1
            if waited >= patience:
                return best_step, step
    return best_step, len(val_losses)


# %% wrong early_stop: returns T instead of T − 1 as the stop where patience never runs out
def early_stop(val_losses, *, patience, min_delta=0.0):
    T = len(val_losses)
    if T == 0:
        raise ValueError("no losses")
    best, best_step, waited = float("inf"), 0, 0
    for step in range(T):
        loss = float(val_losses[step])
        if loss < best - min_delta:
            best, best_step, waited = loss, step, 0
        else:
            waited += 1
            if waited >= patience:
                return best_step, step
    return best_step, T


# %% wrong early_stop: returns the best loss where the best step is asked
def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best, waited = float(val_losses[0]), 0
    for step in range(1, len(val_losses)):
        loss = float(val_losses[step])
        if loss < best - min_delta:
            best, waited = loss, 0
        else:
            waited += 1
            if waited >= patience:
                return best, step
    return best, len(val_losses) - 1


# %% wrong early_stop: adds min_delta to the best loss instead of subtracting it
def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best, best_step, waited = float(val_losses[0]), 0, 0
    for step in range(1, len(val_losses)):
        loss = float(val_losses[step])
        if loss < best + min_delta:
            best, best_step, waited = loss, step, 0
        else:
            waited += 1
            if waited >= patience:
                return best_step, step
    return best_step, len(val_losses) - 1


# %% wrong early_stop: compares each loss with the one before it instead of with the best so far
def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best_step, waited = 0, 0
    for t in range(1, len(val_losses)):
        if val_losses[t] < val_losses[t - 1] - min_delta:
            best_step, waited = t, 0
        else:
            waited += 1
        if waited >= patience:
            return best_step, t
    return best_step, len(val_losses) - 1


# %% wrong early_stop: counts only losses above the best, a tie or a fall smaller than min_delta does not count
def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best, best_step, waited = float(val_losses[0]), 0, 0
    for step in range(1, len(val_losses)):
        loss = float(val_losses[step])
        if loss < best - min_delta:
            best, best_step, waited = loss, step, 0
        elif loss > best:
            waited += 1
            if waited >= patience:
                return best_step, step
    return best_step, len(val_losses) - 1


# %% wrong early_stop: takes min_delta as a share of the best loss, best·(1 − min_delta), instead of a difference
def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best, best_step, waited = float(val_losses[0]), 0, 0
    for step, loss in enumerate(val_losses.tolist()[1:], start=1):
        if loss < best * (1 - min_delta):
            best, best_step, waited = loss, step, 0
        else:
            waited += 1
            if waited >= patience:
                return best_step, step
    return best_step, len(val_losses) - 1


# %% wrong early_stop: ignores the patience that is passed and always waits 5 steps
def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    patience = 5
    best, best_step, waited = float("inf"), 0, 0
    for step, loss in enumerate(val_losses.tolist()):
        if loss < best - min_delta:
            best, best_step, waited = loss, step, 0
        else:
            waited += 1
            if waited >= patience:
                return best_step, step
    return best_step, len(val_losses) - 1


# %% wrong early_stop: returns None for the stop where patience never runs out
def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best, best_step, waited, stop_step = float("inf"), 0, 0, None
    for step, loss in enumerate(val_losses.tolist()):
        if loss < best - min_delta:
            best, best_step, waited = loss, step, 0
        else:
            waited += 1
        if waited >= patience:
            stop_step = step
            break
    return best_step, stop_step


# %% wrong early_stop: takes the absolute change, so that a rise by more than min_delta counts as an improvement
def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best, best_step, waited = float(val_losses[0]), 0, 0
    for step in range(1, len(val_losses)):
        loss = float(val_losses[step])
        if abs(best - loss) > min_delta:
            best, best_step, waited = loss, step, 0
        else:
            waited += 1
            if waited >= patience:
                return best_step, step
    return best_step, len(val_losses) - 1


# %% wrong early_stop: returns stop − patience as the best step, also where patience never runs out
def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best, waited = float("inf"), 0
    for step, loss in enumerate(val_losses.tolist()):
        if loss < best - min_delta:
            best, waited = loss, 0
        else:
            waited += 1
        if waited >= patience:
            break
    return max(step - patience, 0), step


# %% wrong early_stop: improves the best loss but forgets to store its step, best_step stays 0
def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best = float(val_losses[0])
    best_step = 0
    waited = 0
    for step in range(1, len(val_losses)):
        if float(val_losses[step]) < best - min_delta:
            best = float(val_losses[step])
            waited = 0
        else:
            waited += 1
            if waited >= patience:
                return best_step, step
    return best_step, len(val_losses) - 1


# %% corner early_stop: an empty record gives an IndexError instead of a ValueError
def early_stop(val_losses, *, patience, min_delta=0.0):
    best, best_step, waited = float(val_losses[0]), 0, 0
    for step in range(1, len(val_losses)):
        loss = float(val_losses[step])
        if loss < best - min_delta:
            best, best_step, waited = loss, step, 0
        else:
            waited += 1
            if waited >= patience:
                return best_step, step
    return best_step, len(val_losses) - 1


# %% corner early_stop: fails with an unbound name for a record of one loss, where the loop does not run
def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best, best_step = float(val_losses[0]), 0
    for step in range(1, len(val_losses)):
        loss = float(val_losses[step])
        if loss < best - min_delta:
            best, best_step = loss, step
        elif step - best_step >= patience:
            break
    return best_step, step
