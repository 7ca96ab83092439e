"""Exercise `negative_log_likelihood` of `01_empirical_risk`."""

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
from steepest_exercises.empirical_risk.labels import hot, numbers, own
from steepest_exercises.empirical_risk.scores import table

Formula = Callable[[Tensor, Tensor], Tensor]
OUTPUT = "the negative log-likelihood"


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    empty = torch.zeros(0, 3, dtype=torch.float64), torch.zeros(0, dtype=torch.int64)
    refused = Case("an empty batch", {"args": [*empty], "kwargs": {}, "outputs": [OUTPUT]}, corner=0.1)
    return [*table(rng, OUTPUT), refused]


def _as_they_come(formula: Formula) -> Formula:
    """A loss from `formula(scores, labels)` that refuses an empty batch and leaves the labels as they are."""

    def negative_log_likelihood(scores: Tensor, labels: Tensor) -> Tensor:
        if len(scores) == 0:
            raise ValueError("the batch is empty")
        return formula(scores, labels)

    return negative_log_likelihood


def _nll(formula: Formula) -> Formula:
    """A loss from `formula(scores, class numbers)` that refuses an empty batch."""
    return _as_they_come(lambda scores, labels: formula(scores, numbers(labels)))


def _by_differences(scores: Tensor, y: Tensor) -> Tensor:
    return torch.logsumexp(scores - own(scores, y)[:, None], dim=1).mean()


def _accumulated(scores: Tensor, y: Tensor) -> Tensor:
    """logaddexp, one class after another."""
    total = scores[:, 0]
    for column in scores.unbind(1)[1:]:
        total = torch.logaddexp(total, column)
    return (total - own(scores, y)).mean()


def _as_printed(scores: Tensor, y: Tensor) -> Tensor:
    highest = scores.amax(dim=1)
    log_sum = highest + (scores - highest[:, None]).exp().sum(dim=1).log()
    return (log_sum - own(scores, y)).mean()


def _plus(small: float) -> Formula:
    return _nll(lambda s, y: -(own(s.softmax(dim=1), y) + small).log().mean())


def _at_least(small: float) -> Formula:
    return _nll(lambda s, y: -own(s.softmax(dim=1), y).clamp(min=small).log().mean())


def _shifted_by(shift: Callable[[Tensor], Tensor]) -> Formula:
    """Log of the sum with this taken out of every exponent, and added back."""
    return _nll(lambda s, y: ((s - shift(s)).exp().sum(dim=1).log() - own(s - shift(s), y)).mean())


def _share_shifted_by(shift: Callable[[Tensor], Tensor]) -> Formula:
    """Logarithm of a softmax from which this is taken out."""
    return _nll(lambda s, y: -own((s - shift(s)).exp() / (s - shift(s)).exp().sum(dim=1, keepdim=True), y).log().mean())


def _others_too(floor: float) -> Formula:
    """With the terms (1 − q) log(1 − p) of the other classes."""

    def formula(scores: Tensor, y: Tensor) -> Tensor:
        q, log_p = hot(scores, y), scores.log_softmax(dim=1)
        other = (1 - log_p.exp()).clamp(min=floor).log()
        return -(q * log_p + (1 - q) * other).sum(dim=1).mean()

    return _nll(formula)


def _picked(scores: Tensor, labels: Tensor) -> Tensor:
    """The entries at class numbers, which one-hot rows are not."""
    return scores[torch.arange(len(scores), device=labels.device), labels.long()]


def _rows_only(scores: Tensor, labels: Tensor) -> Tensor:
    return -(labels.to(scores.dtype) * scores.log_softmax(dim=1)).sum(dim=1).mean()


def _argmax_of_any(scores: Tensor, labels: Tensor) -> Tensor:
    return functional.cross_entropy(scores, labels.argmax(dim=1) if labels.ndim == 2 else labels)


def _in_single(scores: Tensor, y: Tensor) -> Tensor:
    return functional.cross_entropy(scores.float(), y)


def _classes_by_the_labels(scores: Tensor, labels: Tensor) -> Tensor:
    q = functional.one_hot(labels) if labels.ndim == 1 else labels
    return -(q.to(scores.dtype) * scores.log_softmax(dim=1)).sum(dim=1).mean()


NEGATIVE_LOG_LIKELIHOOD = Exercise(
    id="negative_log_likelihood",
    reference=reference.negative_log_likelihood,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("log_softmax", _nll(lambda s, y: -own(s.log_softmax(dim=1), y).mean())),
        Accepted("logsumexp", _nll(lambda s, y: (s.logsumexp(dim=1) - own(s, y)).mean())),
        Accepted("formula_as_printed", _nll(_as_printed)),
        Accepted("cross_entropy_of_one_hot_rows", _nll(lambda s, y: -(hot(s, y) * s.log_softmax(1)).sum(1).mean())),
        Accepted("cross_entropy_of_torch", _nll(functional.cross_entropy)),
        Accepted("by_differences", _nll(_by_differences)),
        Accepted("accumulated", _nll(_accumulated)),
    ],
    mistakes=[
        Mistake(
            "product_of_the_probabilities",
            _nll(lambda s, y: -own(s.softmax(dim=1), y).prod().log() / len(y)),
            "The product of many probabilities is rounded to 0 before its logarithm is taken. Take the logarithm of "
            "each one first, and add.",
            credit=0.5,
            forms=[_nll(lambda s, y: -own(s.log_softmax(dim=1), y).exp().prod().log() / len(y))],
        ),
        Mistake(
            "log_of_a_softmax_that_underflows",
            _nll(lambda s, y: -own(s.softmax(dim=1), y).log().mean()),
            "Right for moderate scores. Far below the highest score a probability is rounded to 0 and its logarithm "
            "is −inf: simplify log(softmax) on paper before you compute.",
            credit=0.5,
            forms=[_nll(lambda s, y: -(hot(s, y) * s.softmax(dim=1).log()).sum(dim=1).mean())],
        ),
        Mistake(
            "probability_clamped",
            _plus(1e-12),
            "The loss of the worst examples is capped, as by a small number added to the probability or a floor under "
            "it. Compute the logarithm from the scores, not from the probability.",
            credit=0.5,
            forms=[
                _plus(1e-15),
                _plus(1e-10),
                _plus(1e-9),
                _plus(1e-8),
                _plus(1e-7),
                _plus(1e-6),
                _plus(1e-5),
                _at_least(1e-15),
                _at_least(1e-12),
                _at_least(1e-10),
                _at_least(1e-8),
                _at_least(1e-7),
            ],
        ),
        Mistake(
            "exponential_overflows",
            _nll(lambda s, y: (s.exp().sum(dim=1).log() - own(s, y)).mean()),
            "Right for moderate scores, but exp of a large score is inf, and of a very negative one 0. The loss does "
            "not change when all scores of a row are shifted: shift them first.",
            credit=0.5,
            forms=[
                _nll(lambda s, y: -(own(s.exp(), y) / s.exp().sum(dim=1)).log().mean()),
                _nll(lambda s, y: (s.exp().sum(dim=1).log() - own(s.exp(), y).log()).mean()),
            ],
        ),
        Mistake(
            "shift_is_not_the_rows_maximum",
            _shifted_by(lambda s: s.max()),
            "Right for moderate scores. Rows may lie 20 000 apart: after a shift by anything but its own highest "
            "score, all exponentials of a row can be 0, or one of them inf. Take `scores.amax(dim=1, keepdim=True)`.",
            credit=0.5,
            forms=[
                _share_shifted_by(lambda s: s.max()),
                _shifted_by(lambda s: s.amax(dim=0)),
                _share_shifted_by(lambda s: s.amax(dim=0)),
                _shifted_by(lambda s: s.mean(dim=1, keepdim=True)),
                _share_shifted_by(lambda s: s.mean(dim=1, keepdim=True)),
                _shifted_by(lambda s: s.mean()),
                _shifted_by(lambda s: s.amin(dim=1, keepdim=True)),
                _share_shifted_by(lambda s: s.amin(dim=1, keepdim=True)),
            ],
        ),
        Mistake(
            "maximum_not_added_back",
            _nll(lambda s, y: ((s - s.amax(dim=1, keepdim=True)).exp().sum(dim=1).log() - own(s, y)).mean()),
            "The maximum is taken out of the exponents and not added back, while the label's score keeps it. Add it "
            "again, or shift the label's score as well.",
            credit=0.5,
            forms=[_nll(lambda s, y: ((s - s.max()).exp().sum(dim=1).log() - own(s, y)).mean())],
        ),
        Mistake(
            "maximum_added_twice",
            _nll(lambda s, y: (s.amax(dim=1) + s.logsumexp(dim=1) - own(s, y)).mean()),
            "The highest score of the row stands in the result once too often. What is taken out of the exponents is "
            "added back once; `logsumexp` does so by itself.",
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
            _nll(lambda s, y: -own(s, y).mean()),
            "This is minus the label's score alone, as `nll_loss` gives it when it is fed scores. What is missing is "
            "the log of the sum over all classes.",
        ),
        Mistake(
            "label_forgotten",
            _nll(lambda s, y: s.logsumexp(dim=1).mean()),
            "This is the log of the sum alone. The score of each row's label is to be subtracted from it.",
        ),
        Mistake(
            "maximum_for_the_log_sum",
            _nll(lambda s, y: (s.amax(dim=1) - own(s, y)).mean()),
            "The highest score stands for the whole sum. That is close for scores far apart and wrong for the rest: "
            "log Σ exp(s − max) must be added back.",
            credit=0.25,
        ),
        Mistake(
            "most_probable_class_for_the_label",
            _nll(lambda s, y: -s.log_softmax(dim=1).amax(dim=1).mean()),
            "This is the loss of the class that the model prefers, whatever the label. Asked for is the probability of "
            "the label.",
        ),
        Mistake(
            "every_class_charged",
            _nll(lambda s, y: -s.log_softmax(dim=1).sum(dim=1).mean()),
            "All classes of a row are charged, whatever its label. Only the logarithm at the label counts.",
            forms=[_nll(lambda s, y: -s.log_softmax(dim=1).mean())],
        ),
        Mistake(
            "every_label_for_every_row",
            _nll(lambda s, y: -s.log_softmax(dim=1)[:, y].mean()),
            "The labels of all rows have a say in every row, as when `[:, labels]` picks their columns. Each row has "
            "one label: index with the row numbers as well, `[torch.arange(n), labels]`.",
            credit=0.25,
            forms=[
                _nll(lambda s, y: -s.log_softmax(dim=1)[:, y].sum(dim=1).mean()),
                _nll(lambda s, y: (s.logsumexp(dim=1) - s[:, y].mean(dim=1)).mean()),
                _nll(lambda s, y: -s.log_softmax(dim=1)[:, y].sum() / len(y)),
            ],
        ),
        Mistake(
            "sign_forgotten",
            _nll(lambda s, y: own(s.log_softmax(dim=1), y).mean()),
            "This is the log-likelihood, at most 0, to be made large. A loss is to be made small: turn the sign.",
            credit=0.5,
        ),
        Mistake(
            "sum_instead_of_mean",
            _nll(lambda s, y: -own(s.log_softmax(dim=1), y).sum()),
            "The likelihood of a batch is a product, so its logarithm is a sum; but the risk is a mean over examples.",
            credit=0.5,
        ),
        Mistake(
            "not_averaged",
            _nll(lambda s, y: -own(s.log_softmax(dim=1), y)),
            "This is one loss for each row. The loss of the batch is their mean.",
            credit=0.25,
        ),
        Mistake(
            "averaged_over_all_entries",
            _nll(lambda s, y: -(hot(s, y) * s.log_softmax(dim=1)).mean()),
            "The sum is divided by n·k, the number of all entries. Sum over the classes, then average over the rows.",
            credit=0.5,
        ),
        Mistake(
            "divided_by_the_classes",
            _nll(lambda s, y: -own(s.log_softmax(dim=1), y).sum() / s.shape[1]),
            "The sum is divided by the number of classes. The mean runs over the rows: divide by `len(scores)`.",
            credit=0.5,
        ),
        Mistake(
            "averaged_twice",
            _nll(lambda s, y: -own(s.log_softmax(dim=1), y).mean() / len(y)),
            "The sum is divided by the number of rows twice. A mean has done so already.",
            credit=0.5,
        ),
        Mistake(
            "softmax_over_the_rows",
            _nll(lambda s, y: -own(s.log_softmax(dim=0), y).mean()),
            "The softmax runs down the columns, so examples compete with each other. It is the classes of one row "
            "that compete.",
            forms=[
                _nll(lambda s, y: -own(s.softmax(dim=0), y).log().mean()),
                _nll(lambda s, y: (s.logsumexp(dim=0)[y] - own(s, y)).mean()),
            ],
        ),
        Mistake(
            "softmax_over_the_whole_table",
            _nll(lambda s, y: (s.flatten().logsumexp(0) - own(s, y)).mean()),
            "The exponentials of all rows are added up together. Each row has a softmax of its own: sum over `dim=1`.",
        ),
        Mistake(
            "log_of_the_mean",
            _nll(lambda s, y: math.log(len(s)) - own(s.log_softmax(dim=1), y).logsumexp(dim=0)),
            "The logarithm is taken of the mean probability. It belongs inside: one logarithm for each example, then "
            "the mean.",
            credit=0.25,
            forms=[_nll(lambda s, y: -own(s.softmax(dim=1), y).mean().log())],
        ),
        Mistake(
            "probability_without_log",
            _nll(lambda s, y: 1 - own(s.softmax(dim=1), y).mean()),
            "The probability of the label is averaged without its logarithm, so the loss is flat where the model is "
            "sure and wrong.",
            forms=[
                _nll(lambda s, y: -own(s.softmax(dim=1), y).mean()),
                _nll(lambda s, y: own(s.softmax(dim=1), y).mean()),
            ],
        ),
        Mistake(
            "binary_terms_of_the_others",
            _others_too(1e-12),
            "The other classes are charged with log(1 − p) as well, as if each class were a question of its own. The "
            "softmax makes them share one: only −log p of the label counts.",
            credit=0.25,
            forms=[_others_too(0.0), _others_too(1e-8), _others_too(1e-15)],
        ),
        Mistake(
            "one_sigmoid_a_class",
            _nll(lambda s, y: -functional.logsigmoid(own(s, y)).mean()),
            "A sigmoid of a score does not see the other classes. They share one softmax.",
            forms=[
                _nll(lambda s, y: functional.binary_cross_entropy_with_logits(s, hot(s, y))),
                _nll(lambda s, y: functional.binary_cross_entropy_with_logits(s, hot(s, y), reduction="sum") / len(y)),
            ],
        ),
        Mistake(
            "squared_error_instead",
            _nll(lambda s, y: (s.softmax(dim=1) - hot(s, y)).square().sum(dim=1).mean()),
            "This is the squared distance between probabilities and one-hot row. Asked for is −log p of the label.",
            forms=[_nll(lambda s, y: (s.softmax(dim=1) - hot(s, y)).square().mean())],
        ),
        Mistake(
            "entropy_of_the_model",
            _nll(lambda s, y: -(s.softmax(dim=1) * s.log_softmax(dim=1)).sum(dim=1).mean()),
            "This weighs log p by p itself, the model's own entropy, in which no label occurs. In the cross-entropy "
            "the weights are the one-hot row.",
        ),
        Mistake(
            "log_to_base_two",
            _nll(lambda s, y: -own(s.log_softmax(dim=1), y).mean() / math.log(2)),
            "These are bits. The natural logarithm is asked for.",
            credit=0.5,
            forms=[_nll(lambda s, y: -own(s.softmax(dim=1), y).log2().mean())],
        ),
        Mistake(
            "log_to_base_ten",
            _nll(lambda s, y: -own(s.log_softmax(dim=1), y).mean() / math.log(10)),
            "This is the logarithm to base 10. The natural logarithm is asked for.",
            credit=0.5,
            forms=[_nll(lambda s, y: -own(s.softmax(dim=1), y).log10().mean())],
        ),
        Mistake(
            "computed_in_float32",
            _nll(_in_single),
            "The result is only as exact as float32, which keeps seven digits: of a score near 10 000 it loses what "
            "lies behind the third decimal. Compute in the type of the scores.",
            credit=0.5,
        ),
        Mistake(
            "classes_counted_by_the_labels",
            _as_they_come(_classes_by_the_labels),
            "The number of classes is taken from the highest label of the batch, which need not be the last class. It "
            "is `scores.shape[1]`.",
            credit=0.5,
        ),
        Mistake(
            "class_numbers_not_read",
            _as_they_come(_rows_only),
            "Only one-hot rows are read. Labels may be class numbers of shape (n,) as well: look at `labels.ndim`.",
            credit=0.25,
            forms=[_as_they_come(lambda s, labels: functional.cross_entropy(s, labels.argmax(dim=1)))],
        ),
        Mistake(
            "one_hot_rows_not_read_nor_the_empty_batch_refused",
            lambda scores, labels: -_picked(scores.log_softmax(dim=1), labels).mean(),
            "Two special cases are forgotten: labels may be one-hot rows of shape (n, k), to be turned into class "
            "numbers, and an empty batch is to be refused with a ValueError.",
            credit=0.75,
            forms=[functional.cross_entropy],
        ),
        Mistake(
            "one_hot_rows_not_read",
            _as_they_come(lambda s, labels: -_picked(s.log_softmax(dim=1), labels).mean()),
            "Labels may be one-hot rows of shape (n, k) too. Turn them into class numbers before you use them as an "
            "index, or multiply by them and sum.",
            credit=0.75,
            forms=[_as_they_come(lambda s, labels: -own(s.log_softmax(dim=1), labels).mean())],
        ),
        Mistake(
            "one_hot_rows_left_to_torch",
            _as_they_come(functional.cross_entropy),
            "One-hot rows are read only where they have the scores' own type, as torch's `cross_entropy` takes them. "
            "They may be of any type: turn them into class numbers first.",
            credit=0.75,
        ),
        Mistake(
            "rows_of_truth_values_not_read",
            _as_they_come(_argmax_of_any),
            "One-hot rows of truth values are not read, but one-hot rows may be of any type. torch has no `argmax` for "
            "truth values; `labels.int().argmax(dim=1)` works for all.",
            credit=0.9,
        ),
        Mistake(
            "empty_batch_let_pass",
            lambda scores, labels: -own(scores.log_softmax(dim=1), numbers(labels)).mean(),
            "An empty batch is let pass, but there is no mean over no examples. Refuse it with a ValueError.",
            credit=0.9,
            forms=[lambda scores, labels: -own(scores.log_softmax(1), numbers(labels)).sum() / max(len(scores), 1)],
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
