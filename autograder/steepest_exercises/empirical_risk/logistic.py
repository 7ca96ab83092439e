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
from steepest_exercises.inputs import normal


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, scores: Tensor, labels: Tensor) -> Case:
        return Case(name, {"args": [scores, labels], "kwargs": {}, "outputs": ["the logistic loss"]})

    def scores(n: int, scale: float = 2.0) -> Tensor:
        return scale * normal(rng, n)

    def labels(n: int) -> Tensor:
        """Both classes, neither of them as often as the other."""
        return torch.from_numpy(rng.permutation(np.arange(n) % 3 == 0).astype(np.int64))

    signs = torch.tensor([1.0, -1.0, 1.0, -1.0, -1.0], dtype=torch.float64)
    mixed = torch.tensor([1, 0, 0, 1, 0])
    return [
        case("seven scores", scores(7), labels(7)),
        case("label 1 only", scores(4), torch.ones(4, dtype=torch.int64)),
        case("label 0 only", scores(5), torch.zeros(5, dtype=torch.int64)),
        case("scores of ±10 000, some of them wrong", 1e4 * signs + scores(5), mixed),
        case("scores of ±100", 100 * signs + scores(5), 1 - mixed),
        case("all right and sure: a tiny loss", 40 * signs + scores(5, 0.5), (signs > 0).long()),
        case("scores of zero", torch.zeros(3, dtype=torch.float64), torch.tensor([1, 0, 0])),
        case("labels that are floats", scores(6), labels(6).double()),
        case("a single example", scores(1) - 1, torch.ones(1, dtype=torch.int64)),
        case("float32", scores(8).float(), labels(8)),
        case("float32, labels in float64", scores(6).float(), labels(6).double()),
        case("float32, scores of ±200, all wrong", (200 * signs + scores(5)).float(), (signs < 0).long()),
    ]


def _margins(scores: Tensor, labels: Tensor) -> Tensor:
    return (2 * labels.to(scores.dtype) - 1) * scores


def _losses(margins: Tensor) -> Tensor:
    return torch.nn.functional.softplus(-margins)


def _of(formula: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """A loss from `formula(margins)`."""

    def logistic_loss(scores: Tensor, labels: Tensor) -> Tensor:
        return formula(_margins(scores, labels))

    return logistic_loss


def _two_classes(scores: Tensor, labels: Tensor) -> Tensor:
    zero = torch.zeros_like(scores)
    own = torch.where(labels > 0, scores, zero)
    other = torch.where(labels > 0, zero, scores)
    return torch.nn.functional.softplus(other - own).mean()


def _by_cases(scores: Tensor, labels: Tensor) -> Tensor:
    losses = []
    for margin in _margins(scores, labels):
        tail = torch.log1p(torch.exp(-margin.abs()))
        losses.append(tail if margin > 0 else tail - margin)
    return torch.stack(losses).mean()


def _log_of_the_sum(margins: Tensor) -> Tensor:
    """Shifted so that nothing overflows, but with the plain logarithm."""
    shift = margins.neg().clamp(min=0)
    return ((-shift).exp() + (-margins - shift).exp()).log() + shift


LOGISTIC_LOSS = Exercise(
    id="logistic_loss",
    reference=reference.logistic_loss,
    cases=_cases,
    points=1,
    accepted=[
        Accepted("softplus", _of(lambda m: functional.softplus(-m).mean())),
        Accepted("log_sigmoid", _of(lambda m: -functional.logsigmoid(m).mean())),
        Accepted("logaddexp", _of(lambda m: torch.logaddexp(torch.zeros_like(m), -m).mean())),
        Accepted(
            "binary_cross_entropy_of_torch",
            lambda scores, labels: functional.binary_cross_entropy_with_logits(scores, labels.to(scores.dtype)),
            "torch's function adds the score back for label 0, so a loss below rounding becomes exactly 0 there; "
            "`softplus` of the negative margin keeps it.",
        ),
        Accepted("difference_of_two_scores", _two_classes),
        Accepted("by_cases", _by_cases),
    ],
    mistakes=[
        Mistake(
            "labels_used_as_signs",
            lambda scores, labels: _losses(labels.to(scores.dtype) * scores).mean(),
            "The overflow is mended. But label 0 still makes every margin 0: look at what an example of class 0 costs, "
            "whatever its score.",
            credit=0.5,
        ),
        Mistake(
            "exponential_overflows",
            _of(lambda m: torch.log1p(torch.exp(-m)).mean()),
            "The margins are right now. For a margin of −1000 the exponential is still inf, though the loss is just "
            "1000: which part of it is large, and can be taken out of the logarithm?",
            credit=0.5,
        ),
        Mistake(
            "exponential_overflows_and_tiny_losses_are_lost",
            _of(lambda m: torch.log(1 + torch.exp(-m)).mean()),
            "The margins are right now. The logarithm still fails at both ends: exp overflows for a very negative "
            "margin, and 1 + exp(−40) is rounded to 1.",
            credit=0.5,
        ),
        Mistake(
            "nothing_repaired",
            lambda scores, labels: torch.log(1 + torch.exp(-labels * scores)).mean(),
            "This computes what the broken function did. Try it on one example of class 0, and on a score of −1000.",
        ),
        Mistake(
            "tiny_losses_lost",
            _of(lambda m: _log_of_the_sum(m).mean()),
            "Nothing overflows now. But 1 + exp(−40) is rounded to 1, so a sure and right example costs exactly 0 and "
            "has no gradient: there is a function for log(1 + x) with a small x.",
            credit=0.75,
        ),
        Mistake(
            "margin_clamped",
            _of(lambda m: torch.log1p(torch.exp(-m.clamp(min=-30))).mean()),
            "A clamped margin does not overflow, but the loss stays at the clamp's value and has no slope there: the "
            "worst examples no longer teach anything.",
            credit=0.5,
        ),
        Mistake(
            "probability_clamped",
            _of(lambda m: -m.sigmoid().clamp(min=1e-12).log().mean()),
            "A floor under the probability caps the loss near 28, where it has no slope. Compute the logarithm from "
            "the margin, not from the probability.",
            credit=0.5,
        ),
        Mistake(
            "margin_sign_turned",
            _of(lambda m: _losses(-m).mean()),
            "Right answers cost much here and wrong ones little: the loss must fall as the margin grows.",
        ),
        Mistake(
            "side_of_the_score_lost",
            lambda scores, labels: _losses(_margins(scores.abs(), labels)).mean(),
            "The absolute value loses the side on which the score lies. The margin is the score itself, times the "
            "label's sign.",
        ),
        Mistake(
            "sum_instead_of_mean",
            _of(lambda m: _losses(m).sum()),
            "The risk is a mean over the examples; the broken function had that right.",
            credit=0.5,
        ),
        Mistake(
            "log_to_base_two",
            _of(lambda m: _losses(m).mean() / math.log(2)),
            "This is the loss in bits, which lies above the 0-1 loss. The natural logarithm is asked for.",
            credit=0.5,
        ),
        Mistake(
            "hinge_instead",
            _of(lambda m: (1 - m).clamp(min=0).mean()),
            "This is the hinge, another surrogate: it is 0 from a margin of 1 on. The logistic loss never is.",
        ),
        Mistake(
            "zero_labels_left_out",
            lambda scores, labels: (_losses(scores) * labels.to(scores.dtype)).mean(),
            "Examples of class 0 cost nothing here, so a model that always says 1 would be perfect. Their margin is "
            "minus the score.",
            credit=0.25,
        ),
        Mistake(
            "probability_without_log",
            _of(lambda m: torch.sigmoid(-m).mean()),
            "This is the probability of the wrong class. It flattens out where the model is sure and wrong; the "
            "logarithm is missing.",
        ),
    ],
    equivalent={
        reasons.SAME_DEVICE: ["margins = (2 * labels.to(scores) - 1) * scores"],
        reasons.ANY_ORDER: ["return torch.logaddexp(-margins, torch.zeros_like(margins)).mean()"],
    },
)
