"""Exercise `nll_gradient` of `01_empirical_risk`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor
from torch.nn import functional

from steepest_exercises import reasons
from steepest_exercises.empirical_risk import reference
from steepest_exercises.empirical_risk.labels import hot, numbers, own
from steepest_exercises.empirical_risk.scores import labels, scores, table

Formula = Callable[[Tensor, Tensor], Tensor]
OUTPUT = "the gradient"


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    twice = {"output": OUTPUT, "scores": scores(rng, 6, 3), "labels": labels(rng, 6, 3)}
    return [*table(rng, OUTPUT), Case("called again with the same tensors", twice, "again")]


def _gradient(formula: Formula) -> Formula:
    """A gradient from `formula(scores, class numbers)`."""
    return lambda scores, labels: formula(scores, numbers(labels))


def _subtract_at_the_label(scores: Tensor, y: Tensor) -> Tensor:
    gradient = scores.softmax(dim=1)
    gradient[torch.arange(len(y), device=y.device), y] -= 1
    return gradient / len(y)


def _of_a_loss(loss: Formula) -> Formula:
    """The derivative of `loss(scores, class numbers)`, by autograd on a copy."""

    def gradient(scores: Tensor, y: Tensor) -> Tensor:
        leaf = scores.detach().clone().requires_grad_()
        with torch.enable_grad():
            return torch.autograd.grad(loss(leaf, y), leaf)[0]

    return _gradient(gradient)


def _row_by_row(scores: Tensor, y: Tensor) -> Tensor:
    k = scores.shape[1]
    rows = [
        row.softmax(0) - torch.eye(k, dtype=row.dtype, device=row.device)[c] for row, c in zip(scores, y, strict=True)
    ]
    return torch.stack(rows) / len(rows)


def _by_differences(scores: Tensor, y: Tensor) -> Tensor:
    return (1 / (scores[:, None, :] - scores[:, :, None]).exp().sum(dim=2) - hot(scores, y)) / len(y)


def _through_the_softmax_again(scores: Tensor, y: Tensor) -> Tensor:
    """As if ∂L/∂p were p − q."""
    p = scores.softmax(dim=1)
    error = p - hot(scores, y)
    return p * (error - (p * error).sum(dim=1, keepdim=True)) / len(y)


def _share(scores: Tensor, shift: Tensor | float = 0.0) -> Tensor:
    weights = (scores - shift).exp()
    return weights / weights.sum(dim=1, keepdim=True)


def _shifted_by(shift: Callable[[Tensor], Tensor]) -> Formula:
    """With this taken out of every exponent."""
    return _gradient(lambda s, y: (_share(s, shift(s)) - hot(s, y)) / len(s))


def _logs(small: float) -> Formula:
    """Autograd through the logarithm of a softmax and a small number."""
    return _of_a_loss(lambda s, y: -(own(s.softmax(dim=1), y) + small).log().mean())


def _at_least(small: float) -> Formula:
    return _of_a_loss(lambda s, y: -own(s.softmax(dim=1), y).clamp(min=small).log().mean())


def _columns_of_all(scores: Tensor, y: Tensor) -> Tensor:
    gradient = scores.softmax(dim=1)
    gradient[:, y] -= 1
    return gradient / len(y)


def _turned_at_the_label(scores: Tensor, y: Tensor) -> Tensor:
    p, q = scores.softmax(dim=1), hot(scores, y)
    return torch.where(q > 0, 1 - p, p) / len(y)


def _on_the_callers_tensor(scores: Tensor, y: Tensor) -> Tensor:
    scores.requires_grad_()
    with torch.enable_grad():
        functional.cross_entropy(scores, y).backward()  # type: ignore[no-untyped-call]
    assert scores.grad is not None
    return scores.grad


def _in_single(scores: Tensor, y: Tensor) -> Tensor:
    return (scores.float().softmax(dim=1) - hot(scores.float(), y)) / len(y)


def _classes_by_the_labels(scores: Tensor, labels: Tensor) -> Tensor:
    q = functional.one_hot(labels) if labels.ndim == 1 else labels
    return (scores.softmax(dim=1) - q.to(scores.dtype)) / len(scores)


def _numbers_only(scores: Tensor, labels: Tensor) -> Tensor:
    gradient = scores.softmax(dim=1)
    rows = torch.arange(len(scores), device=scores.device)
    return gradient.index_put((rows, labels), gradient[rows, labels] - 1) / len(scores)


def _subtracted_as_they_come(scores: Tensor, labels: Tensor) -> Tensor:
    q = functional.one_hot(labels, scores.shape[1]) if labels.ndim == 1 else labels
    return ((scores.softmax(dim=1) - q) / len(scores)).to(scores.dtype)


NLL_GRADIENT = Exercise(
    id="nll_gradient",
    reference=reference.nll_gradient,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("softmax_minus_one_hot", _gradient(lambda s, y: (s.softmax(dim=1) - hot(s, y)) / len(s))),
        Accepted("subtract_at_the_label", _gradient(_subtract_at_the_label)),
        Accepted("autograd", _of_a_loss(functional.cross_entropy), library=True),
        Accepted(
            "autograd_of_the_printed_loss",
            _of_a_loss(lambda s, y: (s.logsumexp(dim=1) - own(s, y)).mean()),
            library=True,
        ),
        Accepted("row_by_row", _gradient(_row_by_row)),
        Accepted("by_differences", _gradient(_by_differences)),
    ],
    mistakes=[
        Mistake(
            "sum_instead_of_mean",
            _gradient(lambda s, y: s.softmax(dim=1) - hot(s, y)),
            "This is the gradient of the sum. The loss is a mean over n rows, so each row's share carries 1/n.",
            credit=0.5,
        ),
        Mistake(
            "sign_turned",
            _gradient(lambda s, y: (hot(s, y) - s.softmax(dim=1)) / len(s)),
            "This points downhill, the way a step should go. The gradient points uphill: raising the label's score "
            "lowers the loss, so that entry is negative.",
            credit=0.5,
        ),
        Mistake(
            "sign_turned_and_sum_instead_of_mean",
            _gradient(lambda s, y: hot(s, y) - s.softmax(dim=1)),
            "Two things: the gradient is p − q and not q − p, and since the loss is a mean, each row carries 1/n.",
            credit=0.25,
        ),
        Mistake(
            "added_instead_of_subtracted",
            _gradient(lambda s, y: (s.softmax(dim=1) + hot(s, y)) / len(s)),
            "The one-hot row is added. The loss holds minus the label's score, so it is subtracted: p − q.",
            credit=0.25,
        ),
        Mistake(
            "turned_at_the_label",
            _gradient(_turned_at_the_label),
            "At the label stands 1 − p, and p − 1 belongs there: a higher score of the label lowers the loss, so its "
            "derivative is negative, and each row sums to 0.",
            credit=0.5,
        ),
        Mistake(
            "label_forgotten",
            _gradient(lambda s, y: s.softmax(dim=1) / len(s)),
            "This is the derivative of the log of the sum, and the labels have no part in it. The loss also holds −s "
            "of the label.",
            credit=0.25,
            forms=[_gradient(lambda s, y: s.softmax(dim=1))],
        ),
        Mistake(
            "softmax_forgotten",
            _gradient(lambda s, y: -hot(s, y) / len(s)),
            "This is the derivative of minus the label's own score alone. The log of the sum depends on every score of "
            "the row.",
            credit=0.25,
        ),
        Mistake(
            "only_the_labels_entry",
            _gradient(lambda s, y: (s.softmax(dim=1) - 1) * hot(s, y) / len(s)),
            "The other classes get no gradient here. Their scores raise the sum, so each of their entries is its "
            "probability, over n.",
            credit=0.25,
        ),
        Mistake(
            "one_subtracted_everywhere",
            _gradient(lambda s, y: (s.softmax(dim=1) - 1) / len(s)),
            "1 is subtracted from every entry. The one-hot row is 1 at the label alone.",
            credit=0.25,
        ),
        Mistake(
            "every_label_in_every_row",
            _gradient(_columns_of_all),
            "The labels of all rows have a say in every row, as when `[:, labels]` picks their columns. Each row has "
            "one label: index with the row numbers as well, `[torch.arange(n), labels]`.",
            credit=0.25,
            forms=[_gradient(lambda s, y: (s.softmax(dim=1) - hot(s, y).sum(dim=0)) / len(s))],
        ),
        Mistake(
            "class_number_subtracted",
            _gradient(lambda s, y: (s.softmax(dim=1) - y[:, None].to(s.dtype)) / len(s)),
            "The class number itself is subtracted, as if class 2 were twice class 1. What is subtracted is its "
            "one-hot row.",
        ),
        Mistake(
            "divided_by_the_classes",
            _gradient(lambda s, y: (s.softmax(dim=1) - hot(s, y)) / s.shape[1]),
            "The mean runs over the rows, so divide by their number, not by that of the classes.",
            credit=0.5,
        ),
        Mistake(
            "divided_by_all_entries",
            _gradient(lambda s, y: (s.softmax(dim=1) - hot(s, y)) / s.numel()),
            "The loss averages over n rows and not over n·k entries: divide by the number of rows.",
            credit=0.5,
        ),
        Mistake(
            "divided_twice",
            _gradient(lambda s, y: (s.softmax(dim=1) - hot(s, y)) / len(s) ** 2),
            "The number of rows is divided out twice, and once is enough. If you differentiate the mean loss, its 1/n "
            "is already there.",
            credit=0.5,
        ),
        Mistake(
            "only_one_part_divided",
            _gradient(lambda s, y: s.softmax(dim=1) - hot(s, y) / len(s)),
            "Only one of the two terms is divided by n. Mind the brackets: (p − q)/n.",
            credit=0.5,
            forms=[_gradient(lambda s, y: s.softmax(dim=1) / len(s) - hot(s, y))],
        ),
        Mistake(
            "through_the_softmax_again",
            _gradient(_through_the_softmax_again),
            "This is the gradient of a squared error between probabilities and one-hot rows, up to a factor. With the "
            "log-likelihood the softmax's own derivative cancels: what remains is (p − q)/n.",
            credit=0.25,
            forms=[_gradient(lambda s, y: 2 * _through_the_softmax_again(s, y))],
        ),
        Mistake(
            "slope_of_a_sigmoid_multiplied",
            _gradient(lambda s, y: (s.softmax(1) - hot(s, y)) * s.softmax(1) * (1 - s.softmax(1)) / len(s)),
            "A factor p(1 − p), the slope of a sigmoid, is in it, as behind a squared error. With the likelihood it "
            "cancels: p − q, over n, is the whole derivative.",
            credit=0.25,
            forms=[_gradient(lambda s, y: (s.softmax(1) - hot(s, y)) * s.sigmoid() * (1 - s.sigmoid()) / len(s))],
        ),
        Mistake(
            "winner_for_the_probabilities",
            _gradient(lambda s, y: (hot(s, s.argmax(dim=1)) - hot(s, y)) / len(s)),
            "The winning class stands where the probabilities belong, as in the perceptron's rule: then a right answer "
            "has no gradient, however unsure it is. Take the softmax.",
            credit=0.25,
        ),
        Mistake(
            "logarithms_for_the_probabilities",
            _gradient(lambda s, y: (s.log_softmax(dim=1) - hot(s, y)) / len(s)),
            "The logarithms of the probabilities stand where they themselves belong: p in p − q is the softmax, "
            "without a logarithm.",
            credit=0.25,
        ),
        Mistake(
            "by_the_probabilities",
            _gradient(lambda s, y: -hot(s, y) / s.softmax(dim=1) / len(s)),
            "This is the derivative by the probabilities, −q/p. The scores come one step earlier: the chain rule is "
            "missing.",
            credit=0.25,
            forms=[_gradient(lambda s, y: -hot(s, y) / (s.softmax(dim=1) + 1e-12) / len(s))],
        ),
        Mistake(
            "loss_for_the_gradient",
            _gradient(lambda s, y: -hot(s, y) * s.log_softmax(dim=1) / len(s)),
            "These are logarithms of the probabilities, the terms that the loss is made of, and not its derivative.",
            forms=[_gradient(lambda s, y: -s.log_softmax(dim=1) / len(s))],
        ),
        Mistake(
            "one_sigmoid_a_class",
            _gradient(lambda s, y: (s.sigmoid() - hot(s, y)) / len(s)),
            "A sigmoid takes each class by itself. The probabilities of a row must sum to 1: softmax.",
        ),
        Mistake(
            "softmax_over_the_rows",
            _gradient(lambda s, y: (s.softmax(dim=0) - hot(s, y)) / len(s)),
            "The softmax runs down the columns. The classes of one row compete: each row of the gradient sums to 0.",
        ),
        Mistake(
            "softmax_over_the_whole_table",
            _gradient(lambda s, y: (s.flatten().softmax(dim=0).view(s.shape) - hot(s, y)) / len(s)),
            "The exponentials of all rows are added up together. Each row has a softmax of its own, over `dim=1`.",
        ),
        Mistake(
            "scores_for_probabilities",
            _gradient(lambda s, y: (s - hot(s, y)) / len(s)),
            "The scores stand where the probabilities belong: take the softmax of each row first.",
        ),
        Mistake(
            "exponentials_not_normalized",
            _gradient(lambda s, y: ((s - s.amax(dim=1, keepdim=True)).exp() - hot(s, y)) / len(s)),
            "The exponentials are not divided by their sum. The probabilities of a row sum to 1.",
            credit=0.25,
            forms=[_gradient(lambda s, y: (s.exp() - hot(s, y)) / len(s))],
        ),
        Mistake(
            "averaged_over_the_rows",
            _gradient(lambda s, y: (s.softmax(dim=1) - hot(s, y)).mean(dim=0)),
            "The rows are added up or averaged. Each score has its own derivative, so the gradient has the shape of "
            "the scores.",
            credit=0.25,
            forms=[_gradient(lambda s, y: (s.softmax(dim=1) - hot(s, y)).sum(dim=0))],
        ),
        Mistake(
            "exponential_overflows",
            _gradient(lambda s, y: (_share(s) - hot(s, y)) / len(s)),
            "Right for moderate scores. Far from 0 exp gives inf or 0, and the shares of a row become nan. Take the "
            "highest score out of each row before `exp`, or use a softmax that does.",
            credit=0.5,
        ),
        Mistake(
            "shift_is_not_the_rows_maximum",
            _shifted_by(lambda s: s.max()),
            "Right for moderate scores. Rows may lie 20 000 apart: after a shift by anything but its own highest "
            "score, all exponentials of a row can be 0, or one of them inf. Take `scores.amax(dim=1, keepdim=True)`.",
            credit=0.5,
            forms=[
                _shifted_by(lambda s: s.amax(dim=0)),
                _shifted_by(lambda s: s.mean(dim=1, keepdim=True)),
                _shifted_by(lambda s: s.mean()),
                _shifted_by(lambda s: s.amin(dim=1, keepdim=True)),
            ],
        ),
        Mistake(
            "small_number_in_the_softmax",
            _gradient(lambda s, y: (s.exp() / (s.exp().sum(dim=1, keepdim=True) + 1e-8) - hot(s, y)) / len(s)),
            "Right for moderate scores. Where exp gives inf or 0, a small number in the denominator does not help. "
            "Take the highest score out of each row before `exp`.",
            credit=0.5,
            forms=[
                _gradient(lambda s, y: (s.exp() / (s.exp().sum(dim=1, keepdim=True) + 1e-12) - hot(s, y)) / len(s)),
                _gradient(lambda s, y: (s.exp() / (s.exp().sum(dim=1, keepdim=True) + 1e-10) - hot(s, y)) / len(s)),
            ],
        ),
        Mistake(
            "gradient_of_a_clamped_logarithm",
            _logs(1e-12),
            "Where the label's probability is rounded to 0, the worst examples get no gradient, or nan, as when "
            "autograd runs through the logarithm of a probability. Differentiate a loss that is made from the scores.",
            credit=0.5,
            forms=[
                _logs(0.0),
                _logs(1e-15),
                _logs(1e-10),
                _logs(1e-9),
                _logs(1e-8),
                _logs(1e-7),
                _at_least(1e-12),
                _at_least(1e-8),
            ],
        ),
        Mistake(
            "gradient_left_on_the_callers_tensor",
            _gradient(_on_the_callers_tensor),
            "The tensor that was handed in is changed: `requires_grad` or `.grad` stays on it, so that a later call "
            "may add to an earlier one. Work on `scores.detach().clone()`, or use the formula.",
            credit=0.5,
        ),
        Mistake(
            "computed_in_float32",
            _gradient(_in_single),
            "The result is only as exact as float32, which keeps seven digits: of a score near 10 000 it loses what "
            "lies behind the third decimal. Compute in the type of the scores.",
            credit=0.5,
        ),
        Mistake(
            "classes_counted_by_the_labels",
            _classes_by_the_labels,
            "The number of classes is taken from the highest label of the batch, which need not be the last class. It "
            "is `scores.shape[1]`.",
            credit=0.5,
        ),
        Mistake(
            "class_numbers_not_read",
            lambda scores, labels: (scores.softmax(dim=1) - labels.to(scores.dtype)) / len(scores),
            "Only one-hot rows are read. Labels may be class numbers of shape (n,) as well: turn them into one-hot "
            "rows first.",
            credit=0.25,
        ),
        Mistake(
            "one_hot_rows_not_read",
            _numbers_only,
            "Labels may be one-hot rows of shape (n, k) too. They can be subtracted as they are, once they have the "
            "scores' type.",
            credit=0.75,
            forms=[lambda s, labels: (s.softmax(dim=1) - hot(s, labels.long())) / len(s)],
        ),
        Mistake(
            "rows_of_truth_values_not_read",
            _subtracted_as_they_come,
            "One-hot rows of truth values are not read, but one-hot rows may be of any type. `labels.to(scores.dtype)` "
            "makes numbers of them that torch can subtract.",
            credit=0.9,
        ),
    ],
    equivalent={
        reasons.ONE_OR_TWO_AXES: ["if labels.ndim <= 1:"],
        reasons.SAME_DEVICE: ["return (torch.softmax(scores, dim=1) - labels.to(scores)) / n"],
    },
)
