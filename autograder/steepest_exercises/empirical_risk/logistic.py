"""Exercise `logistic_loss` of `01_empirical_risk`: a planted bug to repair."""

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
from steepest_exercises.empirical_risk.labels import plain
from steepest_exercises.inputs import normal

OUTPUT = "the logistic loss"


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def scores(n: int, scale: float = 2.0) -> Tensor:
        return scale * normal(rng, n)

    def labels(n: int) -> Tensor:
        """Both classes, neither of them as often as the other."""
        return torch.from_numpy(rng.permutation(np.arange(n) % 3 == 0).astype(np.int64))

    signs = torch.tensor([1.0, -1.0, 1.0, -1.0, -1.0], dtype=torch.float64)
    mixed = torch.tensor([1, 0, 0, 1, 0])
    empty = torch.zeros(0, dtype=torch.float64), torch.zeros(0, dtype=torch.int64)
    return [
        plain(OUTPUT, "seven scores", scores(7), labels(7)),
        plain(OUTPUT, "label 1 only", scores(4), torch.ones(4, dtype=torch.int64)),
        plain(OUTPUT, "label 0 only", scores(5), torch.zeros(5, dtype=torch.int64)),
        plain(OUTPUT, "scores of ±10 000, some of them wrong", 1e4 * signs + scores(5), mixed),
        plain(OUTPUT, "scores of ±100", 100 * signs + scores(5), 1 - mixed),
        plain(OUTPUT, "scores of ±30, all wrong", 30 * signs + scores(5), (signs < 0).long()),
        plain(OUTPUT, "all right and sure: a tiny loss", 40 * signs + scores(5, 0.5), (signs > 0).long(), 0.25),
        plain(OUTPUT, "scores of zero", torch.zeros(3, dtype=torch.float64), torch.tensor([1, 0, 0])),
        plain(OUTPUT, "a single example", scores(1) - 1, torch.ones(1, dtype=torch.int64)),
        plain(OUTPUT, "float32", scores(8).float(), labels(8)),
        plain(OUTPUT, "float32, scores of ±200, all wrong", (200 * signs + scores(5)).float(), (signs < 0).long()),
        plain(OUTPUT, "labels that are floats", scores(6), labels(6).double(), 0.1),
        plain(OUTPUT, "float32, labels in float64", scores(6).float(), labels(6).double(), 0.1),
        plain(OUTPUT, "an empty batch", *empty, corner=0.1),
    ]


def _margins(scores: Tensor, labels: Tensor) -> Tensor:
    return (2 * labels.to(scores.dtype) - 1) * scores


def _losses(margins: Tensor) -> Tensor:
    return torch.nn.functional.softplus(-margins)


def _refusing(formula: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """A loss from `formula(scores, labels)` that refuses an empty batch."""

    def logistic_loss(scores: Tensor, labels: Tensor) -> Tensor:
        if len(scores) == 0:
            raise ValueError("the batch is empty")
        return formula(scores, labels)

    return logistic_loss


def _of(formula: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """A loss from `formula(margins)`."""
    return _refusing(lambda scores, labels: formula(_margins(scores, labels)))


def _two_classes(scores: Tensor, labels: Tensor) -> Tensor:
    zero = torch.zeros_like(scores)
    first = torch.where(labels > 0, scores, zero)
    other = torch.where(labels > 0, zero, scores)
    return torch.nn.functional.softplus(other - first).mean()


def _by_cases(scores: Tensor, labels: Tensor) -> Tensor:
    losses = []
    for margin in _margins(scores, labels):
        tail = torch.log1p(torch.exp(-margin.abs()))
        losses.append(tail if margin > 0 else tail - margin)
    return torch.stack(losses).mean()


def _both_terms(scores: Tensor, labels: Tensor) -> Tensor:
    y = labels.to(scores.dtype)
    return -(y * functional.logsigmoid(scores) + (1 - y) * functional.logsigmoid(-scores)).mean()


def _straight_far_out(margins: Tensor) -> Tensor:
    """The loss −m itself where its rest is below all digits."""
    return torch.where(margins < -30, -margins, margins.clamp(min=-30).neg().exp().log1p())


def _log_of_the_sum(margins: Tensor) -> Tensor:
    """Shifted so that nothing overflows, but with the plain logarithm."""
    shift = margins.neg().clamp(min=0)
    return ((-shift).exp() + (-margins - shift).exp()).log() + shift


def _entropy(scores: Tensor, labels: Tensor, log: Callable[[Tensor], Tensor]) -> Tensor:
    """The cross-entropy of sigmoid and label, with some logarithm."""
    y, p = labels.to(scores.dtype), scores.sigmoid()
    return -(y * log(p) + (1 - y) * log(1 - p)).mean()


def _clamped(low: float, high: float = math.inf) -> Callable[[Tensor, Tensor], Tensor]:
    return _of(lambda m: functional.softplus(-m.clamp(low, high), threshold=1e6).mean())


def _plain_of_clamped(low: float, high: float) -> Callable[[Tensor, Tensor], Tensor]:
    return _of(lambda m: torch.log1p(torch.exp(-m.clamp(low, high))).mean())


def _offset(small: float) -> Callable[[Tensor, Tensor], Tensor]:
    return _refusing(lambda scores, labels: _entropy(scores, labels, lambda p: (p + small).log()))


def _floored(small: float) -> Callable[[Tensor, Tensor], Tensor]:
    return _refusing(lambda scores, labels: _entropy(scores, labels, lambda p: p.clamp(min=small).log()))


def _within(small: float) -> Callable[[Tensor, Tensor], Tensor]:
    return _refusing(lambda scores, labels: _entropy(scores, labels, lambda p: p.clamp(small, 1 - small).log()))


def _of_the_wrong(margins: Tensor) -> Tensor:
    wrong = margins < 0
    return _losses(margins)[wrong].mean() if wrong.any() else torch.zeros_like(margins).sum()


def _parts_apart(scores: Tensor, labels: Tensor) -> Tensor:
    losses, ones = _losses(_margins(scores, labels)), labels > 0
    return losses[ones].mean() + losses[~ones].mean()


def _parts_that_are_there(scores: Tensor, labels: Tensor) -> Tensor:
    losses, ones = _losses(_margins(scores, labels)), labels > 0
    parts = [losses[part].mean() for part in (ones, ~ones) if part.any()]
    return torch.stack(parts).sum()


def _ones_as_margins(scores: Tensor, labels: Tensor) -> Tensor:
    return _losses(labels.to(scores.dtype) * scores)


LOGISTIC_LOSS = Exercise(
    id="logistic_loss",
    reference=reference.logistic_loss,
    cases=_cases,
    points=1,
    accepted=[
        Accepted("softplus", _of(lambda m: functional.softplus(-m).mean())),
        Accepted("softplus_of_a_higher_threshold", _of(lambda m: functional.softplus(-m, threshold=50).mean())),
        Accepted("log_sigmoid", _of(lambda m: -functional.logsigmoid(m).mean())),
        Accepted("logaddexp", _of(lambda m: torch.logaddexp(torch.zeros_like(m), -m).mean())),
        Accepted("maximum_and_log1p", _of(lambda m: (m.neg().clamp(min=0) + m.abs().neg().exp().log1p()).mean())),
        Accepted(
            "torchs_formula_in_that_order",
            _refusing(lambda s, labels: (s.clamp(min=0) - s * labels.to(s.dtype) + s.abs().neg().exp().log1p()).mean()),
        ),
        Accepted("straight_far_out", _of(lambda m: _straight_far_out(m).mean())),
        Accepted("both_terms_of_the_cross_entropy", _refusing(_both_terms)),
        Accepted("difference_of_two_scores", _refusing(_two_classes)),
        Accepted("by_cases", _refusing(_by_cases)),
    ],
    mistakes=[
        Mistake(
            "labels_used_as_signs",
            _refusing(lambda s, labels: _ones_as_margins(s, labels).mean()),
            "The overflow is mended. But label 0 still makes every margin 0: look at what an example of class 0 costs, "
            "whatever its score.",
            credit=0.5,
            forms=[
                _refusing(lambda s, labels: _log_of_the_sum(labels.to(s.dtype) * s).mean()),
                lambda s, labels: _ones_as_margins(s, labels).mean(),
            ],
        ),
        Mistake(
            "exponential_overflows",
            _of(lambda m: torch.log1p(torch.exp(-m)).mean()),
            "The margins are right now. For a margin of −1000 the exponential is still inf, though the loss is just "
            "1000: which part of it is large, and can be taken out of the logarithm?",
            credit=0.5,
            forms=[lambda s, labels: torch.log1p(torch.exp(-_margins(s, labels))).mean()],
        ),
        Mistake(
            "exponential_overflows_and_tiny_losses_are_lost",
            _of(lambda m: torch.log(1 + torch.exp(-m)).mean()),
            "The margins are right now. The logarithm still fails at both ends: for a very negative margin exp "
            "overflows (and a sigmoid is rounded to 0), and where the margin is 40, 1 + exp(−40) is rounded to 1.",
            credit=0.5,
            forms=[
                lambda s, labels: torch.log(1 + torch.exp(-_margins(s, labels))).mean(),
                _of(lambda m: -m.sigmoid().log().mean()),
                _refusing(lambda s, labels: _entropy(s, labels, torch.log)),
            ],
        ),
        Mistake(
            "nothing_repaired",
            _refusing(lambda s, labels: torch.log(1 + torch.exp(-labels * s)).mean()),
            "This computes what the broken function did. Try it on one example of class 0, and on a score of −1000.",
            forms=[
                lambda s, labels: torch.log(1 + torch.exp(-labels * s)).mean(),
                _refusing(lambda s, labels: torch.log1p(torch.exp(-labels * s)).mean()),
            ],
        ),
        Mistake(
            "sigmoid_before_the_cross_entropy_of_torch",
            _refusing(lambda s, labels: functional.binary_cross_entropy(s.sigmoid(), labels.to(s.dtype))),
            "No example costs more than 100 here, as with torch's `binary_cross_entropy`, which cuts the logarithm of "
            "a probability off at −100. Compute the loss from the score, not from the sigmoid.",
            credit=0.5,
        ),
        Mistake(
            "tiny_losses_lost",
            _of(lambda m: _log_of_the_sum(m).mean()),
            "Nothing overflows now. But the logarithm of a sum such as 1 + exp(−40) is exactly 0, and a large score "
            "that is added and taken away again has the same effect. `log1p` keeps what a small x adds to log(1 + x).",
            credit=0.75,
            forms=[
                _of(lambda m: torch.logsumexp(torch.stack([torch.zeros_like(m), -m]), dim=0).mean()),
                _refusing(lambda s, labels: functional.binary_cross_entropy_with_logits(s, labels.to(s.dtype))),
                _refusing(lambda s, labels: (functional.softplus(s) - labels.to(s.dtype) * s).mean()),
                _of(lambda m: (m.neg().clamp(min=0) + (1 + m.abs().neg().exp()).log()).mean()),
                _of(lambda m: (functional.softplus(m) - m).mean()),
            ],
        ),
        Mistake(
            "margin_clamped",
            _clamped(-30),
            "Nothing overflows, but the loss of the worst examples is capped, as by a clamped margin. It has to grow "
            "on: a margin of −1000 costs 1000.",
            credit=0.5,
            forms=[
                _clamped(-30, 30),
                _clamped(-20, 20),
                _clamped(-50, 50),
                _clamped(-100, 100),
                _clamped(-500, 500),
                _clamped(-20),
                _clamped(-50),
                _clamped(-100),
                _clamped(-500),
                _clamped(-700),
                _plain_of_clamped(-88, 88),
                _plain_of_clamped(-80, 80),
                _of(lambda m: torch.log(1 + torch.exp(-m.clamp(-50, 50))).mean()),
                _of(lambda m: torch.log1p(torch.exp(-m).clamp(max=1e10)).mean()),
            ],
        ),
        Mistake(
            "probability_clamped",
            _of(lambda m: -m.sigmoid().clamp(min=1e-12).log().mean()),
            "The loss of the worst examples is capped, as by a floor under the probability or a small number added to "
            "it. Compute the logarithm from the margin, not from the probability.",
            credit=0.5,
            forms=[
                _offset(1e-12),
                _offset(1e-15),
                _offset(1e-10),
                _offset(1e-9),
                _offset(1e-8),
                _offset(1e-7),
                _offset(1e-6),
                _offset(1e-5),
                _floored(1e-12),
                _floored(1e-8),
                _within(1e-12),
                _within(1e-7),
                _within(1e-15),
                _of(lambda m: -(m.sigmoid() + 1e-12).log().mean()),
                _of(lambda m: -(m.sigmoid() + 1e-8).log().mean()),
            ],
        ),
        Mistake(
            "maximum_taken_out_but_not_of_the_exponent",
            _of(lambda m: (m.neg().clamp(min=0) + m.neg().exp().log1p()).mean()),
            "max(0, −m) stands before the logarithm, but the exponent is still −m, so that it counts twice and "
            "overflows. With the maximum taken out, the exponent is −|m|.",
            credit=0.5,
            forms=[_of(lambda m: (m.neg().clamp(min=0) + (1 + m.neg().exp()).log()).mean())],
        ),
        Mistake(
            "maximum_not_added_back",
            _of(lambda m: m.abs().neg().exp().log1p().mean()),
            "With exp(−|m|) nothing overflows, but then wrong answers cost as little as right ones. What is taken out "
            "of the logarithm, max(0, −m), has to be added again.",
            credit=0.5,
            forms=[_of(lambda m: (1 + m.abs().neg().exp()).log().mean())],
        ),
        Mistake(
            "margin_sign_turned",
            _of(lambda m: _losses(-m).mean()),
            "Right answers cost much here and wrong ones little: the loss must fall as the margin grows.",
            forms=[
                _of(lambda m: m.exp().log1p().mean()),
                _of(lambda m: (1 + m.exp()).log().mean()),
                _of(lambda m: _log_of_the_sum(-m).mean()),
            ],
        ),
        Mistake(
            "side_of_the_score_lost",
            _refusing(lambda s, labels: _losses(_margins(s.abs(), labels)).mean()),
            "The side on which the score lies has no part in it, as with an absolute value. The margin is the score "
            "itself, times the label's sign.",
        ),
        Mistake(
            "labels_not_used",
            _refusing(lambda s, labels: _losses(s).mean()),
            "The result does not depend on the labels: every example is taken for one of the same class. The margin of "
            "label 1 is the score, that of label 0 minus the score.",
            credit=0.25,
            forms=[_refusing(lambda s, labels: _losses(-s).mean())],
        ),
        Mistake(
            "signs_of_one_half",
            _of(lambda m: _losses(m / 2).mean()),
            "Each margin is half as large as it should be, as with signs of ±½. Twice the label minus 1 gives ±1.",
            credit=0.5,
            forms=[_of(lambda m: _log_of_the_sum(m / 2).mean()), _of(lambda m: torch.log1p(torch.exp(-m / 2)).mean())],
        ),
        Mistake(
            "zero_taken_for_half",
            _refusing(lambda s, labels: _losses((labels.to(s.dtype) - (1 - labels.to(s.dtype)) / 2) * s).mean()),
            "The two labels have signs of different size here. They are +1 and −1.",
            credit=0.25,
        ),
        Mistake(
            "sum_instead_of_mean",
            _of(lambda m: _losses(m).sum()),
            "The risk is a mean over the examples; the broken function had that right.",
            credit=0.5,
            forms=[_of(lambda m: _log_of_the_sum(m).sum())],
        ),
        Mistake(
            "not_averaged",
            _of(_losses),
            "This is one loss for each example. The loss of the batch is their mean.",
            credit=0.25,
            forms=[_of(_log_of_the_sum)],
        ),
        Mistake(
            "loss_of_the_mean_margin",
            _of(lambda m: _losses(m.mean())),
            "The margins are averaged before the loss sees them, so that a right answer makes up for a wrong one. Take "
            "the loss of each example first, then the mean.",
        ),
        Mistake(
            "sign_forgotten",
            _of(lambda m: -_losses(m).mean()),
            "This is the log-likelihood, at most 0, to be made large. A loss is to be made small: turn the sign.",
            credit=0.5,
        ),
        Mistake(
            "log_to_base_two",
            _of(lambda m: _losses(m).mean() / math.log(2)),
            "This is the loss in bits, which lies above the 0-1 loss. The natural logarithm is asked for.",
            credit=0.5,
            forms=[
                _of(lambda m: torch.log2(1 + torch.exp(-m)).mean()),
                _of(lambda m: _log_of_the_sum(m).mean() / math.log(2)),
            ],
        ),
        Mistake(
            "hinge_instead",
            _of(lambda m: (1 - m).clamp(min=0).mean()),
            "This is a hinge, another surrogate: it is exactly 0 where the margin is large enough. The logistic loss "
            "never is.",
            forms=[_of(lambda m: m.neg().clamp(min=0).mean())],
        ),
        Mistake(
            "exponential_instead",
            _of(lambda m: m.neg().exp().mean()),
            "This is the exponential loss, another surrogate. The logistic one takes a logarithm: log(1 + exp(−m)).",
        ),
        Mistake(
            "squared_instead",
            _of(lambda m: (1 - m).square().mean()),
            "This is the squared loss, another surrogate, which also punishes margins above 1. Asked for is "
            "log(1 + exp(−m)).",
        ),
        Mistake(
            "zero_labels_left_out",
            _refusing(lambda s, labels: (_losses(s) * labels.to(s.dtype)).mean()),
            "Examples of one class cost nothing here. The margin of label 0 is minus the score, that of label 1 the "
            "score, and both count.",
            credit=0.25,
            forms=[
                _refusing(lambda s, labels: _losses(s[labels > 0]).mean()),
                _refusing(lambda s, labels: (_losses(-s) * (1 - labels.to(s.dtype))).mean()),
            ],
        ),
        Mistake(
            "only_the_errors",
            _of(_of_the_wrong),
            "Only wrong answers have a part in the result. A right one costs something as well, the less the surer it "
            "is, and counts in the mean.",
            credit=0.25,
            forms=[_of(lambda m: _losses(m)[m < 0].mean()), _of(lambda m: (_losses(m) * (m < 0)).mean())],
        ),
        Mistake(
            "classes_averaged_apart",
            _refusing(_parts_apart),
            "The mean of each class is taken by itself. The risk is one mean over all examples: add up the losses of "
            "both classes and divide by n.",
            credit=0.5,
            forms=[_refusing(_parts_that_are_there), _refusing(lambda s, labels: _parts_apart(s, labels) / 2)],
        ),
        Mistake(
            "probability_without_log",
            _of(lambda m: torch.sigmoid(-m).mean()),
            "This is the mean probability of the wrong class, or of the right one. The logarithm is missing, by which "
            "a sure and wrong answer costs much.",
            forms=[_of(lambda m: torch.sigmoid(m).mean())],
        ),
        Mistake(
            "empty_batch_let_pass",
            lambda s, labels: _losses(_margins(s, labels)).mean(),
            "An empty batch is let pass, but there is no mean over no examples. Refuse it with a ValueError, as every "
            "loss of this lesson does.",
            credit=0.9,
            forms=[lambda s, labels: _losses(_margins(s, labels)).sum() / max(len(s), 1)],
        ),
    ],
    equivalent={
        reasons.LENGTH: ["if len(scores) <= 0:"],
        reasons.ROWS: ["if len(labels) == 0:"],
        reasons.SAME_DEVICE: ["margins = (2 * labels.to(scores) - 1) * scores"],
        reasons.ANY_ORDER: ["return torch.logaddexp(-margins, torch.zeros_like(margins)).mean()"],
    },
)
