"""Exercises `negative_log_likelihood` and `nll_gradient` of `01_empirical_risk`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor
from torch.nn import functional

from steepest_exercises import reasons
from steepest_exercises.empirical_risk import reference
from steepest_exercises.inputs import normal


def _scores(rng: np.random.Generator, n: int, k: int, scale: float = 2.0) -> Tensor:
    return scale * normal(rng, n, k)


def _labels(rng: np.random.Generator, n: int, k: int) -> Tensor:
    """At least two classes appear where there are two rows and two classes."""
    return torch.from_numpy((rng.permutation(n) + rng.integers(k)) % k)


def _table(rng: np.random.Generator, output: str) -> list[Case]:
    def case(name: str, scores: Tensor, labels: Tensor) -> Case:
        return Case(name, {"args": [scores, labels], "kwargs": {}, "outputs": [output]})

    def extreme(*signs: tuple[int, ...]) -> Tensor:
        return 1e4 * torch.tensor(signs, dtype=torch.float64) + _scores(rng, len(signs), len(signs[0]))

    wrong = extreme((1, -1, -1), (-1, -1, 1), (1, 1, -1))
    return [
        case("five rows, three classes", _scores(rng, 5, 3), _labels(rng, 5, 3)),
        case("one-hot labels", _scores(rng, 4, 3), functional.one_hot(_labels(rng, 4, 3), 3)),
        case("one-hot labels that are floats", _scores(rng, 6, 4), functional.one_hot(_labels(rng, 6, 4), 4).double()),
        case("two classes, one row", _scores(rng, 1, 2), _labels(rng, 1, 2)),
        case("scores of ±10 000, all wrong", wrong, torch.tensor([1, 0, 2])),
        case("scores of ±10 000, all right", wrong, torch.tensor([0, 2, 1])),
        case("all scores near −10 000", extreme((-1, -1, -1), (-1, -1, -1)), torch.tensor([0, 2])),
        case("equal scores", torch.full((3, 4), float(rng.normal()), dtype=torch.float64), torch.tensor([0, 3, 1])),
        case("a single class", _scores(rng, 3, 1), torch.zeros(3, dtype=torch.int64)),
        case("all labels the same", _scores(rng, 4, 3), torch.full((4,), 1)),
        case("float32, non-contiguous", _scores(rng, 3, 7).float().T, _labels(rng, 7, 3)),
        case(
            "float32, one-hot labels in float64",
            _scores(rng, 5, 3).float(),
            functional.one_hot(_labels(rng, 5, 3), 3).double(),
        ),
    ]


def _numbers(labels: Tensor) -> Tensor:
    return labels.argmax(dim=1) if labels.ndim == 2 else labels


def _hot(scores: Tensor, y: Tensor) -> Tensor:
    return functional.one_hot(y, scores.shape[1]).to(scores.dtype)


def _own(table: Tensor, y: Tensor) -> Tensor:
    """The entry of each row that belongs to its label."""
    return table.gather(1, y[:, None])[:, 0]


# --- negative_log_likelihood -------------------------------------------------


def _nll_cases(rng: np.random.Generator) -> Sequence[Case]:
    empty = [torch.zeros(0, 3, dtype=torch.float64), torch.zeros(0, dtype=torch.int64)]
    outputs = ["the negative log-likelihood"]
    refused = Case("an empty batch", {"args": empty, "kwargs": {}, "outputs": outputs})
    return [*_table(rng, outputs[0]), refused]


def _nll(formula: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """A loss from `formula(scores, class numbers)` that refuses an empty batch."""

    def negative_log_likelihood(scores: Tensor, labels: Tensor) -> Tensor:
        if len(scores) == 0:
            raise ValueError("the batch is empty")
        return formula(scores, _numbers(labels))

    return negative_log_likelihood


def _by_differences(scores: Tensor, y: Tensor) -> Tensor:
    return torch.logsumexp(scores - _own(scores, y)[:, None], dim=1).mean()


def _accumulated(scores: Tensor, y: Tensor) -> Tensor:
    """logaddexp, one class after another."""
    total = scores[:, 0]
    for column in scores.unbind(1)[1:]:
        total = torch.logaddexp(total, column)
    return (total - _own(scores, y)).mean()


def _class_numbers_only(scores: Tensor, labels: Tensor) -> Tensor:
    if len(scores) == 0:
        raise ValueError("the batch is empty")
    return -scores.log_softmax(dim=1)[torch.arange(len(scores)), labels].mean()


NEGATIVE_LOG_LIKELIHOOD = Exercise(
    id="negative_log_likelihood",
    reference=reference.negative_log_likelihood,
    cases=_nll_cases,
    points=2,
    accepted=[
        Accepted("log_softmax", _nll(lambda s, y: -_own(s.log_softmax(dim=1), y).mean())),
        Accepted("logsumexp", _nll(lambda s, y: (s.logsumexp(dim=1) - _own(s, y)).mean())),
        Accepted("cross_entropy_of_one_hot_rows", _nll(lambda s, y: -(_hot(s, y) * s.log_softmax(1)).sum(1).mean())),
        Accepted("cross_entropy_of_torch", _nll(functional.cross_entropy)),
        Accepted("by_differences", _nll(_by_differences)),
        Accepted("accumulated", _nll(_accumulated)),
    ],
    mistakes=[
        Mistake(
            "log_of_a_softmax_that_underflows",
            _nll(lambda s, y: -_own(s.softmax(dim=1), y).log().mean()),
            "Right for moderate scores. Far below the highest score a probability is rounded to 0 and its logarithm "
            "is −inf: simplify log(softmax) on paper before you compute.",
            credit=0.5,
        ),
        Mistake(
            "probability_clamped",
            _nll(lambda s, y: -(_own(s.softmax(dim=1), y) + 1e-12).log().mean()),
            "A small number added to the probability hides the underflow and caps the loss near 28, where it has no "
            "slope. Compute the logarithm from the scores, not from the probability.",
            credit=0.5,
        ),
        Mistake(
            "exponential_overflows",
            _nll(lambda s, y: (s.exp().sum(dim=1).log() - _own(s, y)).mean()),
            "The formula is right, but exp of a large score is inf, and of a very negative one 0. The loss does not "
            "change when all scores of a row are shifted: shift them first.",
            credit=0.5,
        ),
        Mistake(
            "softmax_before_cross_entropy",
            _nll(lambda s, y: functional.cross_entropy(s.softmax(dim=1), y)),
            "The softmax is taken twice. `cross_entropy` and `log_softmax` want scores, not probabilities.",
            credit=0.25,
        ),
        Mistake(
            "not_normalized",
            _nll(lambda s, y: -_own(s, y).mean()),
            "This is the label's score alone, as `nll_loss` gives it when it is fed scores. What is missing is the "
            "log of the sum over all classes.",
        ),
        Mistake(
            "maximum_for_the_log_sum",
            _nll(lambda s, y: (s.amax(dim=1) - _own(s, y)).mean()),
            "The highest score stands for the whole sum. That is close for scores far apart and wrong for the rest: "
            "log Σ exp(s − max) must be added back.",
            credit=0.25,
        ),
        Mistake(
            "sign_forgotten",
            _nll(lambda s, y: _own(s.log_softmax(dim=1), y).mean()),
            "This is the log-likelihood, at most 0, to be made large. A loss is to be made small: turn the sign.",
            credit=0.5,
        ),
        Mistake(
            "sum_instead_of_mean",
            _nll(lambda s, y: -_own(s.log_softmax(dim=1), y).sum()),
            "The likelihood of a batch is a product, so its logarithm is a sum; but the risk is a mean over examples.",
            credit=0.5,
        ),
        Mistake(
            "not_averaged",
            _nll(lambda s, y: -_own(s.log_softmax(dim=1), y)),
            "This is one loss for each row. The loss of the batch is their mean.",
            credit=0.25,
        ),
        Mistake(
            "averaged_over_all_entries",
            _nll(lambda s, y: -(_hot(s, y) * s.log_softmax(dim=1)).mean()),
            "The mean runs over n·k entries, most of them zero. Sum over the classes, then average over the rows.",
            credit=0.5,
        ),
        Mistake(
            "softmax_over_the_rows",
            _nll(lambda s, y: -_own(s.log_softmax(dim=0), y).mean()),
            "The softmax runs down the columns, so examples compete with each other. It is the classes of one row "
            "that compete.",
        ),
        Mistake(
            "log_of_the_mean",
            _nll(lambda s, y: -(s.log_softmax(dim=1).gather(1, y[:, None])[:, 0].logsumexp(dim=0) - math.log(len(s)))),
            "The logarithm is taken of the mean probability. It belongs inside: one logarithm for each example, then "
            "the mean.",
            credit=0.25,
        ),
        Mistake(
            "probability_without_log",
            _nll(lambda s, y: 1 - _own(s.softmax(dim=1), y).mean()),
            "This is one minus the probability of the label: bounded by 1, and flat where the model is sure and "
            "wrong. The logarithm is missing.",
        ),
        Mistake(
            "one_sigmoid_a_class",
            _nll(lambda s, y: -functional.logsigmoid(_own(s, y)).mean()),
            "A sigmoid of the label's own score does not see the other classes. They share one softmax.",
        ),
        Mistake(
            "log_to_base_two",
            _nll(lambda s, y: -_own(s.log_softmax(dim=1), y).mean() / math.log(2)),
            "These are bits. The natural logarithm is asked for.",
            credit=0.5,
        ),
        Mistake(
            "one_hot_rows_not_read",
            _class_numbers_only,
            "Labels may be one-hot rows of shape (n, k) too. Turn them into class numbers before you use them as an "
            "index, or multiply by them and sum.",
            credit=0.5,
        ),
        Mistake(
            "empty_batch_let_pass",
            lambda scores, labels: -_own(scores.log_softmax(dim=1), _numbers(labels)).mean(),
            "The mean over no rows is nan. Refuse an empty batch with a ValueError.",
            credit=0.5,
        ),
    ],
    equivalent={
        reasons.LENGTH: ["if len(scores) <= 0:"],
        reasons.ROWS: [
            "if len(labels) == 0:",
            "return -log_p[torch.arange(len(scores), device=labels.device), labels].mean()",
        ],
        reasons.SAME_DEVICE: ["return -log_p[torch.arange(len(labels), device=scores.device), labels].mean()"],
        reasons.ONE_OR_TWO_AXES: ["if labels.ndim >= 2:"],
        "Also on a GPU torch takes row numbers from the CPU.": [
            "return -log_p[torch.arange(len(labels)), labels].mean()"
        ],
    },
)


# --- nll_gradient ------------------------------------------------------------


def _gradient_cases(rng: np.random.Generator) -> Sequence[Case]:
    return _table(rng, "the gradient")


def _gradient(formula: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """A gradient from `formula(scores, class numbers)`."""

    def nll_gradient(scores: Tensor, labels: Tensor) -> Tensor:
        return formula(scores, _numbers(labels))

    return nll_gradient


def _subtract_at_the_label(scores: Tensor, y: Tensor) -> Tensor:
    gradient = scores.softmax(dim=1)
    gradient[torch.arange(len(y), device=y.device), y] -= 1
    return gradient / len(y)


def _autograd(scores: Tensor, y: Tensor) -> Tensor:
    leaf = scores.detach().clone().requires_grad_()
    with torch.enable_grad():
        functional.cross_entropy(leaf, y).backward()  # type: ignore[no-untyped-call]
    assert leaf.grad is not None
    return leaf.grad


def _row_by_row(scores: Tensor, y: Tensor) -> Tensor:
    k = scores.shape[1]
    rows = [
        row.softmax(0) - torch.eye(k, dtype=row.dtype, device=row.device)[c] for row, c in zip(scores, y, strict=True)
    ]
    return torch.stack(rows) / len(rows)


def _through_the_softmax_again(scores: Tensor, y: Tensor) -> Tensor:
    """As if ∂L/∂p were p − q."""
    p = scores.softmax(dim=1)
    error = p - _hot(scores, y)
    return p * (error - (p * error).sum(dim=1, keepdim=True)) / len(y)


def _numbers_only_gradient(scores: Tensor, labels: Tensor) -> Tensor:
    gradient = scores.softmax(dim=1)
    rows = torch.arange(len(scores), device=scores.device)
    return gradient.index_put((rows, labels), gradient[rows, labels] - 1) / len(scores)


def _exponentials(scores: Tensor) -> Tensor:
    weights = scores.exp()
    return weights / weights.sum(dim=1, keepdim=True)


NLL_GRADIENT = Exercise(
    id="nll_gradient",
    reference=reference.nll_gradient,
    cases=_gradient_cases,
    points=2,
    accepted=[
        Accepted("softmax_minus_one_hot", _gradient(lambda s, y: (s.softmax(dim=1) - _hot(s, y)) / len(s))),
        Accepted("subtract_at_the_label", _gradient(_subtract_at_the_label)),
        Accepted("autograd", _gradient(_autograd)),
        Accepted("row_by_row", _gradient(_row_by_row)),
    ],
    mistakes=[
        Mistake(
            "sum_instead_of_mean",
            _gradient(lambda s, y: s.softmax(dim=1) - _hot(s, y)),
            "This is the gradient of the sum. The loss is a mean over n rows, so each row's share carries 1/n.",
            credit=0.5,
        ),
        Mistake(
            "sign_turned",
            _gradient(lambda s, y: (_hot(s, y) - s.softmax(dim=1)) / len(s)),
            "This points downhill, the way a step should go. The gradient points uphill: raising the label's score "
            "lowers the loss, so that entry is negative.",
            credit=0.5,
        ),
        Mistake(
            "label_forgotten",
            _gradient(lambda s, y: s.softmax(dim=1) / len(s)),
            "Only the log of the sum is differentiated. The loss also holds −s of the label.",
            credit=0.25,
        ),
        Mistake(
            "softmax_forgotten",
            _gradient(lambda s, y: -_hot(s, y) / len(s)),
            "Only the label's own score is differentiated. The log of the sum depends on every score of the row.",
            credit=0.25,
        ),
        Mistake(
            "only_the_labels_entry",
            _gradient(lambda s, y: (s.softmax(dim=1) - 1) * _hot(s, y) / len(s)),
            "The other classes get no gradient here. Their scores raise the sum, so theirs is their probability.",
            credit=0.25,
        ),
        Mistake(
            "divided_by_the_classes",
            _gradient(lambda s, y: (s.softmax(dim=1) - _hot(s, y)) / s.shape[1]),
            "The mean runs over the rows, so divide by their number, not by that of the classes.",
            credit=0.5,
        ),
        Mistake(
            "divided_by_all_entries",
            _gradient(lambda s, y: (s.softmax(dim=1) - _hot(s, y)) / s.numel()),
            "The loss averages over n rows and not over n·k entries: divide by the number of rows.",
            credit=0.5,
        ),
        Mistake(
            "through_the_softmax_again",
            _gradient(_through_the_softmax_again),
            "p − q is already the derivative by the scores. Here the softmax's own derivative is multiplied in once "
            "more, which is the gradient of a squared error.",
            credit=0.25,
        ),
        Mistake(
            "by_the_probabilities",
            _gradient(lambda s, y: -_hot(s, y) / s.softmax(dim=1) / len(s)),
            "This is the derivative by the probabilities, −q/p. The scores come one step earlier: the chain rule is "
            "missing.",
            credit=0.25,
        ),
        Mistake(
            "one_sigmoid_a_class",
            _gradient(lambda s, y: (s.sigmoid() - _hot(s, y)) / len(s)),
            "A sigmoid takes each class by itself. The probabilities of a row must sum to 1: softmax.",
        ),
        Mistake(
            "softmax_over_the_rows",
            _gradient(lambda s, y: (s.softmax(dim=0) - _hot(s, y)) / len(s)),
            "The softmax runs down the columns. The classes of one row compete: each row of the gradient sums to 0.",
        ),
        Mistake(
            "scores_for_probabilities",
            _gradient(lambda s, y: (s - _hot(s, y)) / len(s)),
            "The scores stand where the probabilities belong: take the softmax of each row first.",
        ),
        Mistake(
            "averaged_over_the_rows",
            _gradient(lambda s, y: (s.softmax(dim=1) - _hot(s, y)).mean(dim=0)),
            "The rows are added up. Each score has its own derivative, so the gradient has the shape of the scores.",
            credit=0.25,
        ),
        Mistake(
            "exponential_overflows",
            _gradient(lambda s, y: (_exponentials(s) - _hot(s, y)) / len(s)),
            "exp of a large score is inf, and inf/inf is nan. Take the highest score out of each row before `exp`, or "
            "use a softmax that does.",
            credit=0.5,
        ),
        Mistake(
            "one_hot_rows_not_read",
            _numbers_only_gradient,
            "Labels may be one-hot rows of shape (n, k) too. They can be subtracted as they are, once they have the "
            "scores' type.",
            credit=0.5,
        ),
    ],
    equivalent={
        reasons.ONE_OR_TWO_AXES: ["if labels.ndim <= 1:"],
        reasons.SAME_DEVICE: ["return (torch.softmax(scores, dim=1) - labels.to(scores)) / n"],
    },
)
