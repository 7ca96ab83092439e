"""Exercise `batch_norm_eval` of `12_batch_norm`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor
from torch.nn.functional import batch_norm

from steepest_exercises.batch_norm import reference
from steepest_exercises.batch_norm.passes import unbiased
from steepest_exercises.batch_norm.train import EXCHANGED
from steepest_exercises.inputs import normal, uniform

Eval = Callable[..., Tensor]


def parameters(rng: np.random.Generator, features: int) -> list[Tensor]:
    """A mean, a variance, γ of both signs and β, none of them near 0 or 1."""
    signs = torch.tensor([-1.0 if place % 2 else 1.0 for place in range(features)], dtype=torch.float64)
    return [
        uniform(rng, 0.5, 2.0, features),
        uniform(rng, 1.5, 4.0, features),
        signs * uniform(rng, 1.2, 2.5, features),
        uniform(rng, 0.3, 1.5, features),
    ]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str,
        rows: int,
        features: int,
        eps: float,
        *,
        shift: float = 0.0,
        dtype: torch.dtype = torch.float64,
        corner: float = 0.0,
    ) -> Case:
        mean, variance, gamma, beta = parameters(rng, features)
        x = mean + shift + variance.sqrt() * normal(rng, rows, features)
        args = [value.to(dtype) for value in (x, mean, variance, gamma, beta)]
        return Case(name, {"args": args, "kwargs": {"eps": eps}, "outputs": ["out"]}, corner=corner)

    constant = case("a feature that was constant in training", 6, 3, 1e-2, corner=0.15)
    constant.inputs["args"][2][1] = 0.0
    return [
        case("a small batch", 8, 3, 1e-5),
        case("a large ε", 6, 3, 0.5),
        case("data that moved", 7, 3, 1e-3, shift=5.0),
        case("float32", 9, 3, 1e-5, dtype=torch.float32),
        case("as many rows as features", 4, 4, 1e-2),
        case("one example", 1, 4, 1e-3, corner=0.25),
        case("a single feature", 5, 1, 1e-2, corner=0.1),
        constant,
    ]


def _eval(
    mean: Callable[[Tensor, Tensor], Tensor] = lambda x, mean: mean,
    variance: Callable[[Tensor, Tensor], Tensor] = lambda x, variance: variance,
    root: Callable[[Tensor, float], Tensor] = lambda v, eps: torch.sqrt(v + eps),
    out: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda u, gamma, beta: gamma * u + beta,
) -> Eval:
    """Evaluation from its parts: u = (x − mean(x, μ))/root(variance(x, σ²), eps) and out(u, γ, β)."""
    given_mean, given_variance = mean, variance

    def batch_norm_eval(
        x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor, *, eps: float
    ) -> Tensor:
        return out((x - given_mean(x, mean)) / root(given_variance(x, variance), eps), gamma, beta)

    return batch_norm_eval


def _scale_and_shift(x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Tensor:
    scale = gamma / torch.sqrt(variance + eps)
    return scale * x + (beta - scale * mean)


def _in_torch(x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Tensor:
    return batch_norm(x, mean, variance, gamma, beta, training=False, eps=eps)


def _one_example_at_a_time(
    x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor, *, eps: float
) -> Tensor:
    return torch.stack([(row - mean) * (variance + eps) ** -0.5 * gamma + beta for row in x])


def _whole(out: Callable[..., Tensor]) -> Eval:
    """Evaluation in one expression: out(x, μ, s, γ, β) with s = √(σ² + ε)."""

    def batch_norm_eval(
        x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor, *, eps: float
    ) -> Tensor:
        return out(x, mean, torch.sqrt(variance + eps), gamma, beta)

    return batch_norm_eval


def _mixed(kept: float, *, mean: bool = True, variance: bool = True, correction: int = 0) -> Eval:
    """A share of the given statistics and the rest from the batch, as a running average is moved on."""

    def of_mean(x: Tensor, given: Tensor) -> Tensor:
        return kept * given + (1 - kept) * x.mean(dim=0) if mean else given

    def of_variance(x: Tensor, given: Tensor) -> Tensor:
        own = x.var(dim=0, correction=min(len(x) - 1, correction))
        return kept * given + (1 - kept) * own if variance else given

    return _eval(of_mean, of_variance)


def _with_a_cache(x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Any:
    s = torch.sqrt(variance + eps)
    u = (x - mean) / s
    return gamma * u + beta, (u, s, gamma)


def _with_another_cache(x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Any:
    s = 1 / torch.sqrt(variance + eps)
    u = (x - mean) * s
    return gamma * u + beta, (u, s, gamma)


def _with_a_cache_of_four(x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Any:
    u = (x - mean) / torch.sqrt(variance + eps)
    return gamma * u + beta, (u, variance, gamma, eps)


def _with_no_cache(x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Any:
    return gamma * (x - mean) / torch.sqrt(variance + eps) + beta, None


def _with_u(x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Any:
    u = (x - mean) / torch.sqrt(variance + eps)
    return gamma * u + beta, u


BATCH_NORM_EVAL = Exercise(
    id="batch_norm_eval",
    reference=reference.batch_norm_eval,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("as_in_training", _eval()),
        Accepted("scale_and_shift", _scale_and_shift),
        Accepted("one_example_at_a_time", _one_example_at_a_time),
        Accepted("in_torch", _in_torch, library=True),
    ],
    mistakes=[
        Mistake(
            "batch_statistics",
            _eval(lambda x, mean: x.mean(dim=0), lambda x, variance: x.var(dim=0, correction=0)),
            "The batch is normalized by its own statistics, as in training. At evaluation an example's output must "
            "not depend on what else is in the batch: use the given ones.",
            forms=[
                _eval(lambda x, mean: x.mean(dim=0), lambda x, variance: x.var(dim=0, correction=min(len(x) - 1, 1))),
                _eval(lambda x, mean: x.mean(dim=0), lambda x, variance: unbiased(x)),
                _eval(lambda x, mean: x.mean(dim=1, keepdim=True), lambda x, variance: x.var(1, False, keepdim=True)),
            ],
        ),
        Mistake(
            "batch_mean",
            _eval(lambda x, mean: x.mean(dim=0)),
            "The variance is the given one, but the mean is the batch's. Neither may depend on the batch.",
            0.25,
        ),
        Mistake(
            "batch_variance",
            _eval(variance=lambda x, variance: x.var(dim=0, correction=0)),
            "The mean is the given one, but the variance is the batch's. Neither may depend on the batch.",
            0.25,
            forms=[
                _eval(variance=lambda x, variance: x.var(dim=0, correction=min(len(x) - 1, 1))),
                _eval(variance=lambda x, variance: ((x - x.mean(dim=0)) ** 2).sum(dim=0) / len(x)),
                _eval(variance=lambda x, variance: unbiased(x)),
            ],
        ),
        Mistake(
            "statistics_mixed",
            _mixed(0.5),
            "The given statistics are mixed with the batch's own, or moved on by them. At evaluation they stay as they "
            "are given, whatever the batch.",
            0.25,
            forms=[
                _mixed(0.9),
                _mixed(0.9, correction=1),
                _mixed(0.99),
                _mixed(0.1),
                _mixed(0.5, variance=False),
                _mixed(0.9, variance=False),
                _mixed(0.5, correction=1),
            ],
        ),
        Mistake(
            "mean_not_subtracted",
            _eval(lambda x, mean: torch.zeros_like(mean)),
            "The mean is not subtracted.",
            0.25,
        ),
        Mistake(
            "mean_added",
            _eval(lambda x, mean: -mean),
            "The mean is added where it must be subtracted: written as one shift, it is β − scale·mean.",
            0.5,
        ),
        Mistake(
            "mean_not_scaled",
            _whole(lambda x, mean, s, gamma, beta: gamma / s * x + (beta - mean)),
            "The mean is subtracted after the scaling. It is subtracted from x before: written as one shift, it is "
            "β − scale·mean.",
            0.5,
            forms=[
                _whole(lambda x, mean, s, gamma, beta: gamma * (x / s - mean) + beta),
                _whole(lambda x, mean, s, gamma, beta: gamma / s * x + (beta - mean / s)),
                _whole(lambda x, mean, s, gamma, beta: gamma / s * x + (beta - gamma * mean)),
            ],
        ),
        Mistake(
            "only_the_mean_is_divided",
            _whole(lambda x, mean, s, gamma, beta: gamma * (x - mean / s) + beta),
            "Only the mean is divided by the root, and x is not, as in x - mean / s without brackets: (x - mean) / s "
            "divides both.",
            0.5,
            forms=[_whole(lambda x, mean, s, gamma, beta: gamma * x - mean / s + beta)],
        ),
        Mistake(
            "deviation_forgotten",
            _eval(root=lambda v, eps: torch.ones_like(v)),
            "Only the mean is subtracted. Divide by √(variance + ε) as well.",
            0.25,
        ),
        Mistake(
            "multiplies_by_the_deviation",
            _eval(root=lambda v, eps: 1 / torch.sqrt(v + eps)),
            "x − mean is multiplied by the standard deviation where it must be divided by it.",
            0.25,
        ),
        Mistake(
            "eps_missing",
            _eval(root=lambda v, eps: torch.sqrt(v)),
            "The result does not depend on ε (a tiny constant in its place looks the same). Evaluation must be the "
            "same function as training, and a feature that never varied has variance 0.",
            0.5,
        ),
        Mistake(
            "eps_outside_the_root",
            _eval(root=lambda v, eps: torch.sqrt(v) + eps),
            "ε, or its root, is added to the standard deviation. As in training ε is added to the variance, under the "
            "root.",
            0.5,
            forms=[_eval(root=lambda v, eps: torch.sqrt(v) + eps**0.5)],
        ),
        Mistake(
            "eps_squared",
            _eval(root=lambda v, eps: torch.sqrt(v + eps**2)),
            "ε is squared under the root. It is added to the variance as it is.",
            0.5,
        ),
        Mistake(
            "eps_fixed",
            _eval(root=lambda v, eps: torch.sqrt(v + 1e-5)),
            "A number of your own (or torch's 1e-5) stands where `eps` belongs: hand the argument on, whose value "
            "differs from call to call.",
            0.5,
            forms=[
                _eval(root=lambda v, eps: torch.sqrt(v + 1e-8)),
                _eval(root=lambda v, eps: torch.sqrt(v + 1e-3)),
                _eval(root=lambda v, eps: torch.sqrt(v + 1e-6)),
            ],
        ),
        Mistake(
            "divides_by_the_variance",
            _eval(root=lambda v, eps: v + eps),
            "The root is missing: `variance` is a variance, and x is divided by a standard deviation.",
            0.25,
            forms=[_eval(root=lambda v, eps: v)],
        ),
        Mistake(
            "variance_taken_for_a_deviation",
            _eval(root=lambda v, eps: torch.sqrt(v**2 + eps)),
            "`variance` is squared before ε is added, as if it were a standard deviation. It is a variance already.",
            0.5,
        ),
        Mistake(
            "gamma_ignored",
            _eval(out=lambda u, gamma, beta: u + beta),
            "The learned scale γ does not enter: it belongs to the network in evaluation as in training.",
            0.5,
        ),
        Mistake(
            "beta_ignored",
            _eval(out=lambda u, gamma, beta: gamma * u),
            "The learned shift β does not enter: it belongs to the network in evaluation as in training.",
            0.5,
        ),
        Mistake(
            "scale_and_shift_ignored",
            _eval(out=lambda u, gamma, beta: u),
            "This stops at u. The learned scale γ and shift β come after it, in evaluation as in training.",
            0.25,
        ),
        Mistake(
            "not_normalized",
            _whole(lambda x, mean, s, gamma, beta: gamma * x + beta),
            "x itself is scaled and shifted; mean and variance do not enter. First subtract the one and divide by the "
            "root of the other.",
        ),
        Mistake(
            "gamma_and_beta_exchanged",
            _eval(out=lambda u, gamma, beta: beta * u + gamma),
            EXCHANGED,
            0.5,
        ),
        Mistake(
            "shift_before_scale",
            _eval(out=lambda u, gamma, beta: gamma * (u + beta)),
            "β is multiplied by γ as well. Scale first, then shift.",
            0.5,
        ),
        Mistake(
            "beta_subtracted",
            _eval(out=lambda u, gamma, beta: gamma * u - beta),
            "β is subtracted. It is added, last.",
            0.5,
        ),
        Mistake(
            "divides_by_gamma",
            _eval(out=lambda u, gamma, beta: u / gamma + beta),
            "u is divided by γ. It is multiplied by it.",
            0.5,
        ),
        Mistake(
            "corrected_again",
            _eval(variance=lambda x, variance: variance * (len(x) / max(len(x) - 1, 1))),
            "The variance is scaled by B/(B - 1), or by its inverse, with the B of this batch. The given variance is "
            "the population's already; it must not depend on how many examples are evaluated together.",
            0.5,
            forms=[_eval(variance=lambda x, variance: variance * (len(x) - 1) / len(x) if len(x) > 1 else variance)],
        ),
        Mistake(
            "returns_more_than_the_output",
            _with_a_cache,
            "More than the output is returned, as in training. There is no backward pass at evaluation: return the "
            "output alone.",
            0.5,
            forms=[_with_another_cache, _with_a_cache_of_four, _with_no_cache, _with_u],
        ),
    ],
)
