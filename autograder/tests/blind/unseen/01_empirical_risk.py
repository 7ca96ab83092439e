# %% right empirical_risk: the shortest one, guard first
import torch


def empirical_risk(predict, loss, x, y):
    if len(x) == 0:
        raise ValueError("no examples")
    return loss(predict(x), y).mean()


# %% right empirical_risk: adds up the losses in a Python loop, predicting once for the whole batch
import torch


def empirical_risk(predict, loss, x, y):
    n = x.shape[0]
    if n < 1:
        raise ValueError("the mean of no examples does not exist")
    prediction = predict(x)
    losses = loss(prediction, y)
    total = losses[0]
    for i in range(1, n):
        total = total + losses[i]
    return total / n


# %% right empirical_risk: the formula literally, one over n times the sum
import torch


def empirical_risk(predict, loss, x, y):
    n = len(y)
    if n == 0:
        raise ValueError(f"need at least one example, got {n}")
    return 1 / n * torch.sum(loss(predict(x), y))


# %% right empirical_risk: expectation under the empirical distribution, as a dot product with weights 1/n
import torch


def empirical_risk(predict, loss, x, y):
    if x.size(0) == 0:
        raise ValueError("empty batch")
    losses = loss(predict(x), y)
    weights = torch.full_like(losses, 1 / len(losses))
    return weights @ losses


# %% right empirical_risk: with helper functions and the guard in one of them
import torch


def number_of_examples(x):
    n = x.shape[0]
    if n == 0:
        raise ValueError("empirical risk of an empty batch")
    return n


def losses_of(predict, loss, x, y):
    y_hat = predict(x)
    return loss(y_hat, y)


def empirical_risk(predict, loss, x, y):
    n = number_of_examples(x)
    return losses_of(predict, loss, x, y).sum(dim=0) / n


# %% wrong empirical_risk: hands target and prediction to the loss in the wrong order
import torch


def empirical_risk(predict, loss, x, y):
    if len(x) == 0:
        raise ValueError("empty")
    return loss(y, predict(x)).mean()


# %% wrong empirical_risk: returns the sum of the losses where the mean is asked
import torch


def empirical_risk(predict, loss, x, y):
    if len(x) == 0:
        raise ValueError("empty")
    risk = 0
    for value in loss(predict(x), y):
        risk = risk + value
    return risk


# %% wrong empirical_risk: returns a Python float instead of a tensor without axes
import torch


def empirical_risk(predict, loss, x, y):
    if len(x) == 0:
        raise ValueError("empty")
    losses = loss(predict(x), y)
    return sum(losses.tolist()) / len(losses)


# %% wrong empirical_risk: never calls predict and compares x itself with y
import torch


def empirical_risk(predict, loss, x, y):
    if len(x) == 0:
        raise ValueError("empty")
    n = len(x)
    return loss(x, y).sum() / n


# %% wrong empirical_risk: ignores the given loss and always takes the squared error
import torch


def empirical_risk(predict, loss, x, y):
    if x.shape[0] == 0:
        raise ValueError("There are no examples.")
    y_pred = predict(x)
    return ((y_pred - y) ** 2).mean()


# %% wrong empirical_risk: divides the sum by n - 1 where n is asked
import torch


def empirical_risk(predict, loss, x, y):
    n = len(x)
    if n == 0:
        raise ValueError("empty batch")
    return loss(predict(x), y).sum() / (n - 1)


# %% wrong empirical_risk: returns the n losses without taking their mean
import torch


def empirical_risk(predict, loss, x, y):
    if len(x) == 0:
        raise ValueError("empty batch")
    prediction = predict(x)
    return loss(prediction, y)


# %% wrong empirical_risk: takes the square root of the mean loss
import torch


def empirical_risk(predict, loss, x, y):
    if len(x) == 0:
        raise ValueError("empty batch")
    return torch.sqrt(torch.mean(loss(predict(x), y)))


# %% wrong empirical_risk: the loop starts at 1, so the loss of the first example is left out of the sum
import torch


def empirical_risk(predict, loss, x, y):
    n = len(x)
    if n == 0:
        raise ValueError("empty batch")
    losses = loss(predict(x), y)
    total = torch.zeros((), dtype=losses.dtype)
    for i in range(1, n):
        total += losses[i]
    return total / n


# %% wrong empirical_risk: keeps an axis, so that a tensor of shape (1,) comes back
import torch


def empirical_risk(predict, loss, x, y):
    if len(x) == 0:
        raise ValueError("empty batch")
    return loss(predict(x), y).mean(dim=0, keepdim=True)


# %% corner empirical_risk: an empty batch is refused by an assert, which raises AssertionError and not ValueError
import torch


def empirical_risk(predict, loss, x, y):
    assert len(x) > 0, "empty batch"
    return loss(predict(x), y).mean()


# %% right zero_one_loss: as in the hint, argmax and the first of equal scores wins
import torch


def zero_one_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    if labels.ndim == 2:
        labels = labels.to(scores.dtype).argmax(dim=1)
    return (scores.argmax(dim=1) != labels).to(scores.dtype).mean()


# %% right zero_one_loss: counts the errors row by row in Python loops, the first of equal scores wins
import torch


def zero_one_loss(scores, labels):
    n, k = scores.shape
    if n == 0:
        raise ValueError("n is 0")
    errors = 0
    for i in range(n):
        winner = 0
        for j in range(1, k):
            if scores[i, j] > scores[i, winner]:
                winner = j
        if labels.ndim == 1:
            right = int(labels[i]) == winner
        else:
            right = bool(labels[i, winner] == 1)
        if not right:
            errors += 1
    return torch.tensor(errors / n, dtype=scores.dtype)


# %% right zero_one_loss: counts every tie of the highest score as an error
import torch


def zero_one_loss(scores, labels):
    if scores.shape[0] == 0:
        raise ValueError("no rows")
    classes = labels.long() if labels.ndim == 1 else labels.long().argmax(dim=1)
    highest = scores.max(dim=1, keepdim=True).values
    is_highest = scores == highest
    right = is_highest[torch.arange(len(scores)), classes] & (is_highest.sum(dim=1) == 1)
    return 1 - right.to(scores.dtype).mean()


# %% right zero_one_loss: the last of equal highest scores wins
import torch


def zero_one_loss(scores, labels):
    n, k = scores.shape
    if n == 0:
        raise ValueError("zero rows")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    predicted = k - 1 - scores.flip(1).argmax(dim=1)
    wrong = torch.zeros(n, dtype=scores.dtype)
    wrong[predicted != labels] = 1
    return wrong.mean()


# %% right zero_one_loss: shares a tie equally among the classes with the highest score
import torch


def zero_one_loss(scores, labels):
    n, k = scores.shape
    if n == 0:
        raise ValueError("empty batch")
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels.long(), k)
    one_hot = labels.to(scores.dtype)
    winners = (scores == scores.amax(dim=1, keepdim=True)).to(scores.dtype)
    votes = winners / winners.sum(dim=1, keepdim=True)
    return (1 - (votes * one_hot).sum(dim=1)).mean()


# %% right zero_one_loss: computed in numpy and turned into a tensor of the scores' type
import numpy as np
import torch


def zero_one_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("cannot average over nothing")
    s = scores.detach().numpy()
    y = labels.long().numpy()
    if y.ndim == 2:
        y = np.argmax(y, axis=1)
    return torch.tensor(float(np.mean(np.argmax(s, axis=1) != y)), dtype=scores.dtype)


# %% wrong zero_one_loss: returns the accuracy, the share of right answers
import torch


def zero_one_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    if labels.ndim == 2:
        labels = labels.long().argmax(dim=1)
    return (scores.argmax(dim=1) == labels).to(scores.dtype).mean()


# %% wrong zero_one_loss: returns the number of errors and not their share
import torch


def zero_one_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    if labels.ndim == 2:
        labels = labels.long().argmax(dim=1)
    mistakes = scores.argmax(dim=1) != labels
    return mistakes.to(scores.dtype).sum()


# %% wrong zero_one_loss: argmax without a dimension, the place in the flattened scores is compared with the labels
import torch


def zero_one_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    if labels.ndim == 2:
        labels = labels.long().argmax(dim=1)
    predicted = scores.argmax()
    return (predicted != labels).to(scores.dtype).mean()


# %% wrong zero_one_loss: always returns float32, also where the scores are float64
import torch


def zero_one_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    if labels.ndim == 2:
        labels = labels.long().argmax(dim=1)
    predicted = torch.argmax(scores, dim=1)
    return (predicted != labels).float().mean()


# %% wrong zero_one_loss: returns a Python float instead of a tensor
import torch


def zero_one_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    if labels.ndim == 2:
        labels = labels.long().argmax(dim=1)
    count = 0
    for row, label in zip(scores, labels):
        if row.argmax() != label:
            count += 1
    return count / len(scores)


# %% wrong zero_one_loss: takes class numbers as counted from 1 where they are counted from 0
import torch


def zero_one_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    if labels.ndim == 2:
        labels = labels.long().argmax(dim=1)
    else:
        labels = labels - 1
    return (scores.argmax(dim=1) != labels).to(scores.dtype).mean()


# %% wrong zero_one_loss: compares one-hot rows entry by entry and averages over all n k entries, not over the rows
import torch
import torch.nn.functional as F


def zero_one_loss(scores, labels):
    n, k = scores.shape
    if n == 0:
        raise ValueError("empty batch")
    if labels.ndim == 1:
        labels = F.one_hot(labels.long(), k)
    predicted = F.one_hot(scores.argmax(dim=1), k)
    return (predicted != labels.long()).to(scores.dtype).mean()


# %% wrong zero_one_loss: looks at the first two scores only, so it is right for two classes only
import torch


def zero_one_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    if labels.ndim == 2:
        labels = labels.long().argmax(dim=1)
    predicted = (scores[:, 1] > scores[:, 0]).long()
    return (predicted != labels).to(scores.dtype).mean()


# %% wrong zero_one_loss: for one-hot rows takes the maximum itself (always 1) where its column is needed
import torch


def zero_one_loss(scores, labels):
    if scores.shape[0] == 0:
        raise ValueError("empty batch")
    if labels.ndim == 2:
        labels = labels.long().max(dim=1)[0]
    _, predicted = scores.max(dim=1)
    return torch.mean((predicted != labels).to(scores.dtype))


# %% wrong zero_one_loss: counts a row as right only if the label's softmax probability is above one half
import torch


def zero_one_loss(scores, labels):
    n = len(scores)
    if n == 0:
        raise ValueError("empty batch")
    if labels.ndim == 2:
        labels = labels.long().argmax(dim=1)
    p = torch.softmax(scores, dim=1)[torch.arange(n), labels.long()]
    loss = torch.where(p > 0.5, 0.0, 1.0).to(scores.dtype)
    return loss.mean()


# %% corner zero_one_loss: a label that shares the highest score with others is always counted as right
import torch


def zero_one_loss(scores, labels):
    n = len(scores)
    if n == 0:
        raise ValueError("empty batch")
    if labels.ndim == 2:
        labels = labels.long().argmax(dim=1)
    score_of_label = scores[torch.arange(n), labels.long()]
    return (score_of_label < scores.amax(dim=1)).to(scores.dtype).mean()


# %% right logistic_loss: logaddexp of 0 and minus the margin
import torch


def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    margins = (2 * labels.to(scores.dtype) - 1) * scores
    return torch.logaddexp(torch.zeros_like(margins), -margins).mean()


# %% right logistic_loss: torch.where for the margins, and minus logsigmoid
import torch
import torch.nn.functional as F


def logistic_loss(scores, labels):
    if scores.numel() == 0:
        raise ValueError("The mean of no examples does not exist.")
    margins = torch.where(labels == 1, scores, -scores)
    return -F.logsigmoid(margins).mean()


# %% right logistic_loss: shifted by hand, max(0, -m) plus log1p of exp(-|m|)
import torch


def logistic_loss(scores, labels):
    n = scores.shape[0]
    if n == 0:
        raise ValueError("no scores")
    sign = labels.to(scores.dtype) * 2 - 1
    m = sign * scores
    losses = (-m).clamp(min=0) + torch.log1p(torch.exp(-m.abs()))
    return losses.sum() / n


# %% right logistic_loss: a Python loop with math and two cases of the margin's sign
import math

import torch


def one_loss(m):
    if m >= 0:
        return math.log1p(math.exp(-m))
    return -m + math.log1p(math.exp(m))


def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    total = 0.0
    for s, y in zip(scores.tolist(), labels.tolist()):
        total += one_loss(s if y == 1 else -s)
    return torch.tensor(total / len(scores), dtype=scores.dtype)


# %% right logistic_loss: masks for the two labels, each with its own logaddexp
import torch


def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    zero = torch.zeros((), dtype=scores.dtype)
    positive = labels > 0.5
    of_ones = torch.logaddexp(zero, -scores[positive])
    of_zeros = torch.logaddexp(zero, scores[~positive])
    return torch.cat([of_ones, of_zeros]).mean()


# %% right logistic_loss: numpy's logaddexp in double precision, then a tensor of the scores' type
import numpy as np
import torch


def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    s = scores.detach().numpy().astype(np.float64)
    y = labels.numpy().astype(np.float64)
    m = (2 * y - 1) * s
    return torch.tensor(np.logaddexp(0.0, -m).mean(), dtype=scores.dtype)


# %% wrong logistic_loss: margins are label times score with labels 0 and 1, so every example of class 0 costs log 2
import torch


def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    margins = labels.to(scores.dtype) * scores
    return torch.logaddexp(torch.zeros_like(margins), -margins).mean()


# %% wrong logistic_loss: log1p of exp(-m) without a shift is inf for a very negative margin
import torch


def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    y = 2 * labels.to(scores.dtype) - 1
    return torch.log1p(torch.exp(-y * scores)).mean()


# %% wrong logistic_loss: clamps margins to -30 … 30, so no loss is above 30 and none below exp(-30)
import torch


def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    margins = (2 * labels.to(scores.dtype) - 1) * scores
    margins = margins.clamp(-30, 30)
    return torch.log1p(torch.exp(-margins)).mean()


# %% wrong logistic_loss: sum of the losses where the mean is asked
import torch


def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    margins = torch.where(labels == 1, scores, -scores)
    return torch.logaddexp(torch.zeros_like(margins), -margins).sum()


# %% wrong logistic_loss: sign of the exponent reversed, log(1 + exp(m)), so right answers cost and wrong ones do not
import torch


def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    margins = (2 * labels.to(scores.dtype) - 1) * scores
    zeros = torch.zeros_like(margins)
    return torch.logaddexp(zeros, margins).mean()


# %% wrong logistic_loss: logarithm of base 2 where natural units are asked
import math

import torch


def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    margins = (2 * labels.to(scores.dtype) - 1) * scores
    nats = torch.logaddexp(torch.zeros_like(margins), -margins)
    return (nats / math.log(2)).mean()


# %% wrong logistic_loss: log of (1 + something tiny) after the shift, a loss below rounding error of 1 is lost
import torch


def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    m = (2 * labels.to(scores.dtype) - 1) * scores
    top = torch.maximum(torch.zeros_like(m), -m)
    return (top + torch.log(torch.exp(-top) + torch.exp(-m - top))).mean()


# %% wrong logistic_loss: labels become -1/2 and 1/2 instead of -1 and 1, so the margins are halved
import torch


def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    margins = (labels.to(scores.dtype) - 0.5) * scores
    return torch.logaddexp(torch.zeros_like(margins), -margins).mean()


# %% wrong logistic_loss: goes through the sigmoid and adds 1e-12 inside the log, so the loss cannot exceed 27.6
import torch


def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    y = labels.to(scores.dtype)
    p = torch.sigmoid(scores)
    eps = 1e-12
    return -(y * torch.log(p + eps) + (1 - y) * torch.log(1 - p + eps)).mean()


# %% wrong logistic_loss: turns the caller's label tensor from 0 and 1 into -1 and 1 in place
import torch


def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    labels[labels == 0] = -1
    margins = labels.to(scores.dtype) * scores
    return torch.logaddexp(torch.zeros_like(margins), -margins).mean()


# %% corner logistic_loss: float64 labels with float32 scores give a float64 result, not the type of scores
import torch


def logistic_loss(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    zero = torch.zeros_like(scores)
    losses = labels * torch.logaddexp(zero, -scores) + (1 - labels) * torch.logaddexp(zero, scores)
    return losses.mean()


# %% right negative_log_likelihood: torch's cross_entropy with both forms of labels prepared for it
import torch


def negative_log_likelihood(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    labels = labels.long() if labels.ndim == 1 else labels.to(scores.dtype)
    return torch.nn.functional.cross_entropy(scores, labels)


# %% right negative_log_likelihood: logsumexp minus the label's score, as in the hint
import torch


def negative_log_likelihood(scores, labels):
    n = len(scores)
    if n == 0:
        raise ValueError("empty batch")
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    return (torch.logsumexp(scores, dim=1) - scores[torch.arange(n), labels.long()]).mean()


# %% right negative_log_likelihood: shifts every row by its highest score by hand
import torch


def negative_log_likelihood(scores, labels):
    n, k = scores.shape
    if n == 0:
        raise ValueError("n must not be 0")
    if labels.ndim == 1:
        one_hot = torch.zeros_like(scores)
        one_hot[torch.arange(n), labels.long()] = 1
    else:
        one_hot = labels.to(scores.dtype)
    shifted = scores - scores.max(dim=1, keepdim=True).values
    log_sum = shifted.exp().sum(dim=1).log()
    return (log_sum - (shifted * one_hot).sum(dim=1)).mean()


# %% right negative_log_likelihood: cross-entropy with one-hot rows by einsum on log_softmax
import torch
import torch.nn.functional as F


def as_one_hot(labels, k, dtype):
    if labels.ndim == 2:
        return labels.to(dtype)
    return F.one_hot(labels.long(), k).to(dtype)


def negative_log_likelihood(scores, labels):
    n, k = scores.shape
    if n == 0:
        raise ValueError("empty batch")
    q = as_one_hot(labels, k, scores.dtype)
    return -torch.einsum("nk,nk->", q, F.log_softmax(scores, dim=1)) / n


# %% right negative_log_likelihood: plain Python loop over the rows with math.log and math.exp
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


# %% right negative_log_likelihood: gathers the log-probabilities of the labels, classes by nonzero
import torch


def negative_log_likelihood(scores, labels):
    if scores.shape[0] == 0:
        raise ValueError("empty batch")
    if labels.ndim == 2:
        labels = labels.nonzero()[:, 1]
    log_p = scores.log_softmax(1)
    return -log_p.gather(1, labels.long()[:, None]).squeeze(1).mean()


# %% wrong negative_log_likelihood: softmax first and log afterwards, inf where a probability underflows
import torch


def negative_log_likelihood(scores, labels):
    n = len(scores)
    if n == 0:
        raise ValueError("empty batch")
    if labels.ndim == 2:
        labels = labels.long().argmax(dim=1)
    p = torch.softmax(scores, dim=1)
    return -torch.log(p[torch.arange(n), labels.long()]).mean()


# %% wrong negative_log_likelihood: adds 1e-12 to the probabilities, so no loss is above 27.6
import torch


def negative_log_likelihood(scores, labels):
    n, k = scores.shape
    if n == 0:
        raise ValueError("empty batch")
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels.long(), k)
    p = scores.softmax(dim=1)
    return -(labels.to(scores.dtype) * (p + 1e-12).log()).sum(dim=1).mean()


# %% wrong negative_log_likelihood: softmax over the examples (dim 0) and not over the classes
import torch


def negative_log_likelihood(scores, labels):
    n = len(scores)
    if n == 0:
        raise ValueError("empty batch")
    if labels.ndim == 2:
        labels = labels.long().argmax(dim=1)
    log_p = torch.log_softmax(scores, dim=0)
    return -log_p[torch.arange(n), labels.long()].mean()


# %% wrong negative_log_likelihood: sum over the examples where the mean is asked
import torch


def negative_log_likelihood(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    if labels.ndim == 2:
        labels = labels.long().argmax(dim=1)
    return torch.nn.functional.cross_entropy(scores, labels.long(), reduction="sum")


# %% wrong negative_log_likelihood: minus sign forgotten, returns the mean log-likelihood
import torch


def negative_log_likelihood(scores, labels):
    n = scores.shape[0]
    if n == 0:
        raise ValueError("empty batch")
    if labels.ndim == 2:
        labels = labels.long().argmax(dim=1)
    picked = scores[torch.arange(n), labels.long()]
    return (picked - scores.logsumexp(dim=1)).mean()


# %% wrong negative_log_likelihood: averages over all n k entries, so the result is too small by a factor of k
import torch
import torch.nn.functional as F


def negative_log_likelihood(scores, labels):
    n, k = scores.shape
    if n == 0:
        raise ValueError("empty batch")
    q = F.one_hot(labels.long(), k) if labels.ndim == 1 else labels
    q = q.to(scores.dtype)
    return -(q * F.log_softmax(scores, dim=1)).mean()


# %% wrong negative_log_likelihood: hands softmax probabilities to cross_entropy, so softmax is applied twice
import torch
import torch.nn.functional as F


def negative_log_likelihood(scores, labels):
    if len(scores) == 0:
        raise ValueError("empty batch")
    if labels.ndim == 2:
        labels = labels.long().argmax(dim=1)
    probabilities = F.softmax(scores, dim=1)
    return F.cross_entropy(probabilities, labels.long())


# %% wrong negative_log_likelihood: subtracts the row's highest score in the sum and never adds it back
import torch


def negative_log_likelihood(scores, labels):
    n = len(scores)
    if n == 0:
        raise ValueError("empty batch")
    if labels.ndim == 2:
        labels = labels.long().argmax(dim=1)
    highest = scores.amax(dim=1, keepdim=True)
    log_sum = torch.log(torch.exp(scores - highest).sum(dim=1))
    return (log_sum - scores[torch.arange(n), labels.long()]).mean()


# %% wrong negative_log_likelihood: one-hot rows are not turned into classes, their zeros and ones serve as columns
import torch


def negative_log_likelihood(scores, labels):
    n = len(scores)
    if n == 0:
        raise ValueError("empty batch")
    columns = labels.long().reshape(n, -1)
    log_p = torch.log_softmax(scores, dim=1)
    return -log_p.gather(1, columns).mean()


# %% wrong negative_log_likelihood: binary cross-entropy over the classes, also adds -log(1 - p) for the wrong classes
import torch
import torch.nn.functional as F


def negative_log_likelihood(scores, labels):
    n, k = scores.shape
    if n == 0:
        raise ValueError("empty batch")
    q = F.one_hot(labels.long(), k).to(scores.dtype) if labels.ndim == 1 else labels.to(scores.dtype)
    log_p = F.log_softmax(scores, dim=1)
    log_not_p = torch.log1p(-log_p.exp().clamp(max=1 - 1e-7))
    return -(q * log_p + (1 - q) * log_not_p).sum(dim=1).mean()


# %% corner negative_log_likelihood: an empty batch is not refused, the result is nan
import torch


def negative_log_likelihood(scores, labels):
    if labels.ndim == 2:
        labels = labels.to(scores.dtype)
    else:
        labels = torch.nn.functional.one_hot(labels.long(), scores.shape[1]).to(scores.dtype)
    return -(labels * scores.log_softmax(dim=1)).sum(dim=1).mean()


# %% right nll_gradient: softmax minus one-hot rows, divided by n
import torch


def nll_gradient(scores, labels):
    n, k = scores.shape
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels.long(), k)
    return (torch.softmax(scores, dim=1) - labels.to(scores.dtype)) / n


# %% right nll_gradient: autograd on a detached copy of the scores
import torch


def nll_gradient(scores, labels):
    s = scores.detach().clone().requires_grad_(True)
    target = labels.to(scores.dtype) if labels.ndim == 2 else labels.long()
    with torch.enable_grad():
        loss = torch.nn.functional.cross_entropy(s, target)
    return torch.autograd.grad(loss, s)[0]


# %% right nll_gradient: takes 1 off at the label's place of the fresh softmax, in place
import torch


def nll_gradient(scores, labels):
    n = len(scores)
    if labels.ndim == 2:
        labels = labels.int().argmax(dim=1)
    gradient = scores.softmax(dim=1)
    gradient[torch.arange(n), labels.long()] -= 1.0
    gradient /= n
    return gradient


# %% right nll_gradient: two Python loops, each row shifted by its highest score
import math

import torch


def nll_gradient(scores, labels):
    n, k = scores.shape
    result = torch.zeros_like(scores)
    for i in range(n):
        row = scores[i].tolist()
        top = max(row)
        exps = [math.exp(s - top) for s in row]
        total = sum(exps)
        for j in range(k):
            if labels.ndim == 1:
                q = 1.0 if int(labels[i]) == j else 0.0
            else:
                q = float(labels[i, j])
            result[i, j] = (exps[j] / total - q) / n
    return result


# %% right nll_gradient: probabilities as exp of score minus logsumexp, one-hot rows from the identity matrix
import torch


def one_hot_rows(labels, k):
    if labels.ndim == 2:
        return labels
    return torch.eye(k)[labels.long()]


def nll_gradient(scores, labels):
    p = torch.exp(scores - torch.logsumexp(scores, dim=1, keepdim=True))
    q = one_hot_rows(labels, scores.shape[1]).to(scores)
    return p / len(scores) - q / len(scores)


# %% right nll_gradient: comparison with arange for the one-hot rows and torch.where for p - 1 against p
import torch


def nll_gradient(scores, labels):
    n, k = scores.shape
    if labels.ndim == 1:
        at_label = labels.unsqueeze(1) == torch.arange(k)
    else:
        at_label = labels.bool()
    weights = torch.exp(scores - scores.amax(dim=1, keepdim=True))
    p = weights / weights.sum(dim=1, keepdim=True)
    return torch.where(at_label, p - 1, p).div(n)


# %% wrong nll_gradient: the factor 1/n of the mean is missing
import torch


def nll_gradient(scores, labels):
    n, k = scores.shape
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels.long(), k)
    return torch.softmax(scores, dim=1) - labels.to(scores.dtype)


# %% wrong nll_gradient: sign reversed, one-hot rows minus probabilities
import torch


def nll_gradient(scores, labels):
    n, k = scores.shape
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels.long(), k)
    p = torch.softmax(scores, dim=1)
    return (labels.to(scores.dtype) - p) / n


# %% wrong nll_gradient: divides by the number of entries n k where n is asked
import torch


def nll_gradient(scores, labels):
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels.long(), scores.shape[1])
    difference = torch.softmax(scores, dim=1) - labels.to(scores.dtype)
    return difference / scores.numel()


# %% wrong nll_gradient: softmax over the examples (dim 0) and not over the classes
import torch


def nll_gradient(scores, labels):
    n, k = scores.shape
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels.long(), k)
    p = torch.softmax(scores, 0)
    return (p - labels.to(scores.dtype)) / n


# %% wrong nll_gradient: softmax by hand without taking out the maximum, nan for large scores
import torch


def nll_gradient(scores, labels):
    n, k = scores.shape
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels.long(), k)
    e = torch.exp(scores)
    p = e / e.sum(dim=1, keepdim=True)
    return (p - labels.to(scores.dtype)) / n


# %% wrong nll_gradient: fills only the label's entry p - 1 of each row and leaves 0 for the other classes
import torch


def nll_gradient(scores, labels):
    n = scores.shape[0]
    if labels.ndim == 2:
        labels = labels.long().argmax(dim=1)
    p = torch.softmax(scores, dim=1)
    gradient = torch.zeros_like(scores)
    for i in range(n):
        y = int(labels[i])
        gradient[i, y] = (p[i, y] - 1) / n
    return gradient


# %% wrong nll_gradient: a sigmoid of each score where the softmax of the row is asked
import torch


def nll_gradient(scores, labels):
    n, k = scores.shape
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels.long(), k)
    return (torch.sigmoid(scores) - labels.to(scores.dtype)) / n


# %% wrong nll_gradient: class numbers: subtracts the number itself from the whole row instead of its one-hot row
import torch


def nll_gradient(scores, labels):
    n = len(scores)
    p = torch.softmax(scores, dim=1)
    if labels.ndim == 1:
        labels = labels.unsqueeze(1)
    return (p - labels.to(scores.dtype)) / n


# %% wrong nll_gradient: averages over the rows, so one row of shape (k,) comes back instead of (n, k)
import torch


def nll_gradient(scores, labels):
    n, k = scores.shape
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels.long(), k)
    p = torch.softmax(scores, dim=1)
    return (p - labels.to(scores.dtype)).mean(dim=0)


# %% wrong nll_gradient: takes the maximum out of the caller's scores in place
import torch


def nll_gradient(scores, labels):
    n, k = scores.shape
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels.long(), k)
    scores -= scores.max(dim=1, keepdim=True).values
    p = torch.exp(scores)
    p = p / p.sum(dim=1, keepdim=True)
    return (p - labels.to(scores.dtype)) / n


# %% corner nll_gradient: one_hot without k, fails for class numbers where the last class does not occur in the batch
import torch


def nll_gradient(scores, labels):
    if labels.ndim == 1:
        labels = torch.nn.functional.one_hot(labels.long())
    return (scores.softmax(dim=1) - labels.to(scores.dtype)) / len(scores)


# %% right early_stop: a loop with the best loss, its step and a counter
import torch


def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best, best_step, waited = val_losses[0].item(), 0, 0
    for step in range(1, len(val_losses)):
        loss = val_losses[step].item()
        if loss < best - min_delta:
            best, best_step, waited = loss, step, 0
        else:
            waited += 1
            if waited >= patience:
                return best_step, step
    return best_step, len(val_losses) - 1


# %% right early_stop: no counter, the steps since the best are a difference
import torch


def early_stop(val_losses, *, patience, min_delta=0.0):
    losses = val_losses.tolist()
    if not losses:
        raise ValueError("without losses there is nothing to stop")
    best_step = 0
    for step, loss in enumerate(losses):
        if loss < losses[best_step] - min_delta:
            best_step = step
        if step - best_step == patience:
            break
    return best_step, step


# %% right early_stop: starts from infinity, so that the first step is an improvement like any other
import math

import torch


def early_stop(val_losses, *, patience, min_delta=0.0):
    T = val_losses.shape[0]
    if T == 0:
        raise ValueError("T is 0")
    best_loss = math.inf
    best_step = 0
    bad_steps = 0
    stop_step = T - 1
    for t in range(T):
        current = float(val_losses[t])
        improved = current < best_loss - min_delta
        if improved:
            best_loss = current
            best_step = t
            bad_steps = 0
        else:
            bad_steps = bad_steps + 1
        if bad_steps == patience:
            stop_step = t
            break
    return best_step, stop_step


# %% right early_stop: jumps from improvement to improvement by searching the next `patience` losses
import torch


def early_stop(val_losses, *, patience, min_delta=0.0):
    total = len(val_losses)
    if total == 0:
        raise ValueError("no validation losses")
    best = 0
    while True:
        window = val_losses[best + 1 : best + 1 + patience]
        better = (window < val_losses[best] - min_delta).nonzero()
        if len(better) == 0:
            return best, min(best + patience, total - 1)
        best = best + 1 + int(better[0, 0])


# %% right early_stop: numpy array, rearranged condition best - loss > min_delta, for … else
import numpy as np
import torch


def early_stop(val_losses, *, patience, min_delta=0.0):
    losses = np.asarray(val_losses.detach(), dtype=np.float64)
    if losses.size == 0:
        raise ValueError("no losses")
    best_step, since = 0, 0
    for step in range(1, losses.size):
        if losses[best_step] - losses[step] > min_delta:
            best_step, since = step, 0
            continue
        since += 1
        if since == patience:
            break
    else:
        step = losses.size - 1
    return int(best_step), int(step)


# %% wrong early_stop: compares each loss with the one before it and not with the best so far
import torch


def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    losses = val_losses.tolist()
    best_step, waited = 0, 0
    for step in range(1, len(losses)):
        if losses[step] < losses[step - 1] - min_delta:
            best_step, waited = step, 0
        else:
            waited += 1
        if waited >= patience:
            return best_step, step
    return best_step, len(losses) - 1


# %% wrong early_stop: the counter is not reset by an improvement, so the bad steps need not be in a row
import torch


def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best = val_losses[0].item()
    best_step = 0
    counter = 0
    for step, loss in enumerate(val_losses.tolist()):
        if step == 0:
            continue
        if loss < best - min_delta:
            best = loss
            best_step = step
        else:
            counter += 1
        if counter >= patience:
            return best_step, step
    return best_step, len(val_losses) - 1


# %% wrong early_stop: stops only when more than `patience` steps have brought no improvement, one step too late
import torch


def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best, best_step, waited = val_losses[0].item(), 0, 0
    for step in range(1, len(val_losses)):
        loss = val_losses[step].item()
        if loss < best - min_delta:
            best, best_step, waited = loss, step, 0
        else:
            waited += 1
            if waited > patience:
                return best_step, step
    return best_step, len(val_losses) - 1


# %% wrong early_stop: keeps the lowest loss of the whole record, also one that comes after the run has stopped
import torch


def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best, waited = val_losses[0].item(), 0
    stop_step = len(val_losses) - 1
    for step in range(1, len(val_losses)):
        if val_losses[step].item() < best - min_delta:
            best, waited = val_losses[step].item(), 0
        else:
            waited += 1
        if waited == patience:
            stop_step = step
            break
    return int(val_losses.argmin()), stop_step


# %% wrong early_stop: returns (stop_step, best_step), the two in the wrong order
import torch


def early_stop(val_losses, *, patience, min_delta=0.0):
    losses = val_losses.tolist()
    if len(losses) == 0:
        raise ValueError("no losses")
    best_step = 0
    stop_step = 0
    for stop_step in range(len(losses)):
        if losses[stop_step] < losses[best_step] - min_delta:
            best_step = stop_step
        if stop_step - best_step >= patience:
            break
    return stop_step, best_step


# %% wrong early_stop: dips smaller than min_delta move the best loss as well, so a slow drift never adds up
import torch


def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best_loss = float(val_losses[0])
    best_step = 0
    wait = 0
    for t in range(1, len(val_losses)):
        loss = float(val_losses[t])
        if loss < best_loss - min_delta:
            best_step = t
            wait = 0
        else:
            wait += 1
        best_loss = min(best_loss, loss)
        if wait >= patience:
            return best_step, t
    return best_step, len(val_losses) - 1


# %% wrong early_stop: min_delta is never used, any fall below the best counts
import torch


def early_stop(val_losses, *, patience, min_delta=0.0):
    if val_losses.numel() == 0:
        raise ValueError("no losses")
    best, best_step, waited = val_losses[0], 0, 0
    for step in range(1, len(val_losses)):
        if val_losses[step] < best:
            best, best_step, waited = val_losses[step], step, 0
        else:
            waited += 1
        if waited == patience:
            return best_step, step
    return best_step, len(val_losses) - 1


# %% wrong early_stop: adds min_delta to the best loss instead of subtracting it, so small rises count as improvement
import torch


def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best_step = 0
    best = val_losses[0].item()
    for step in range(1, len(val_losses)):
        loss = val_losses[step].item()
        if loss < best + min_delta:
            best = loss
            best_step = step
        elif step - best_step >= patience:
            return best_step, step
    return best_step, len(val_losses) - 1


# %% wrong early_stop: returns only inside the loop, so None comes back where patience never runs out
import torch


def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best = float("inf")
    best_step = 0
    count = 0
    for step, loss in enumerate(val_losses.tolist()):
        if loss < best - min_delta:
            best = loss
            best_step = step
            count = 0
        else:
            count += 1
            if count >= patience:
                return best_step, step


# %% wrong early_stop: returns the best loss in place of its step
import torch


def early_stop(val_losses, *, patience, min_delta=0.0):
    if len(val_losses) == 0:
        raise ValueError("no losses")
    best, since = val_losses[0].item(), 0
    step = 0
    for step in range(1, len(val_losses)):
        loss = val_losses[step].item()
        if loss < best - min_delta:
            best, since = loss, 0
        else:
            since += 1
        if since >= patience:
            break
    return best, step


# %% corner early_stop: a loss equal to best - min_delta (a plateau, say) counts as an improvement
import torch


def early_stop(val_losses, *, patience, min_delta=0.0):
    losses = val_losses.tolist()
    if len(losses) == 0:
        raise ValueError("no losses")
    best, best_step, waited = losses[0], 0, 0
    for step in range(1, len(losses)):
        if losses[step] <= best - min_delta:
            best, best_step, waited = losses[step], step, 0
        else:
            waited += 1
        if waited >= patience:
            return best_step, step
    return best_step, len(losses) - 1
