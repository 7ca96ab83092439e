"""Exercises `batch_norm_eval` and `fold_batch_norm` of `12_batch_norm`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor
from torch.nn.functional import batch_norm

from steepest_exercises.batch_norm import reference
from steepest_exercises.batch_norm.train import EXCHANGED
from steepest_exercises.inputs import normal, uniform

Eval = Callable[..., Tensor]
Fold = Callable[..., tuple[Tensor, Tensor]]


def _parameters(rng: np.random.Generator, features: int) -> list[Tensor]:
    """A mean, a variance, γ of both signs and β, none of them near 0 or 1."""
    signs = torch.tensor([-1.0 if place % 2 else 1.0 for place in range(features)], dtype=torch.float64)
    return [
        uniform(rng, 0.5, 2.0, features),
        uniform(rng, 1.5, 4.0, features),
        signs * uniform(rng, 1.2, 2.5, features),
        uniform(rng, 0.3, 1.5, features),
    ]


def _eval_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str, rows: int, features: int, eps: float, *, shift: float = 0.0, dtype: torch.dtype = torch.float64
    ) -> Case:
        mean, variance, gamma, beta = _parameters(rng, features)
        x = mean + shift + variance.sqrt() * normal(rng, rows, features)
        args = [value.to(dtype) for value in (x, mean, variance, gamma, beta)]
        return Case(name, {"args": args, "kwargs": {"eps": eps}, "outputs": ["out"]})

    constant = case("a feature that was constant in training", 6, 3, 1e-2)
    constant.inputs["args"][2][1] = 0.0
    return [
        case("a small batch", 8, 3, 1e-5),
        case("one example", 1, 4, 1e-3),
        case("a large ε", 6, 3, 0.5),
        case("data that moved", 7, 3, 1e-3, shift=5.0),
        case("float32", 9, 3, 1e-5, dtype=torch.float32),
        case("as many rows as features", 4, 4, 1e-2),
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


BATCH_NORM_EVAL = Exercise(
    id="batch_norm_eval",
    reference=reference.batch_norm_eval,
    cases=_eval_cases,
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
        ),
        Mistake(
            "mean_not_subtracted",
            _eval(lambda x, mean: torch.zeros_like(mean)),
            "The mean is not subtracted.",
            0.25,
        ),
        Mistake(
            "eps_missing",
            _eval(root=lambda v, eps: torch.sqrt(v)),
            "ε is not used. Evaluation must be the same function as training, and a feature that never varied has "
            "variance 0.",
            0.5,
        ),
        Mistake(
            "eps_outside_the_root",
            _eval(root=lambda v, eps: torch.sqrt(v) + eps),
            "ε is added to the deviation. As in training it is added to the variance, under the root.",
            0.5,
        ),
        Mistake(
            "divides_by_the_variance",
            _eval(root=lambda v, eps: v + eps),
            "The root is missing: `variance` is a variance, and x is divided by a deviation.",
            0.25,
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
            "gamma_and_beta_exchanged",
            _eval(out=lambda u, gamma, beta: beta * u + gamma),
            EXCHANGED,
            0.5,
        ),
        Mistake(
            "corrected_again",
            _eval(variance=lambda x, variance: variance * (len(x) / max(len(x) - 1, 1))),
            "The variance is multiplied by B/(B - 1) with the B of this batch. The given variance is the population's "
            "already; it must not depend on how many examples are evaluated together.",
            0.5,
        ),
    ],
)


# --- fold_batch_norm ---------------------------------------------------------


def _fold_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, outs: int, ins: int, eps: float, dtype: torch.dtype = torch.float64) -> Case:
        weight = normal(rng, outs, ins)
        args = [value.to(dtype) for value in (weight, uniform(rng, 0.4, 1.5, outs), *_parameters(rng, outs))]
        return Case(name, {"args": args, "kwargs": {"eps": eps}, "outputs": ["weight", "bias"]})

    constant = case("a unit that was constant in training", 3, 2, 1e-2)
    constant.inputs["args"][3][1] = 0.0
    return [
        case("a square layer", 3, 3, 1e-5),
        case("a large ε", 4, 4, 0.5),
        case("more inputs than units", 2, 5, 1e-3),
        case("more units than inputs", 5, 2, 1e-3),
        case("float32", 4, 4, 1e-5, torch.float32),
        constant,
    ]


def _fold(
    factor: Callable[[Tensor, Tensor, float], Tensor] = lambda gamma, v, eps: gamma / torch.sqrt(v + eps),
    weight: Callable[[Tensor, Tensor], Tensor] = lambda s, w: s[:, None] * w,
    bias: Callable[..., Tensor] = lambda s, b, mean, beta: s * (b - mean) + beta,
) -> Fold:
    """A folded layer from its parts: s = factor(γ, σ², eps), weight(s, W) and bias(s, b, μ, β)."""
    new_weight, new_bias = weight, bias

    def fold_batch_norm(
        weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor, *, eps: float
    ) -> tuple[Tensor, Tensor]:
        s = factor(gamma, variance, eps)
        return new_weight(s, weight), new_bias(s, bias, mean, beta)

    return fold_batch_norm


def _by_a_diagonal_matrix(
    weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor, *, eps: float
) -> tuple[Tensor, Tensor]:
    scale = torch.diag(gamma * (variance + eps).pow(-0.5))
    return scale @ weight, scale @ bias + (beta - scale @ mean)


def _by_probing(
    weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor, *, eps: float
) -> tuple[Tensor, Tensor]:
    """Outputs of the two layers for the zero vector and for each unit vector."""
    inputs = torch.cat([torch.zeros_like(weight[:1]), torch.eye(weight.shape[1]).to(weight)])
    out = reference.batch_norm_eval(inputs @ weight.T + bias, mean, variance, gamma, beta, eps=eps)
    return (out[1:] - out[0]).T, out[0]


FOLD_BATCH_NORM = Exercise(
    id="fold_batch_norm",
    reference=reference.fold_batch_norm,
    cases=_fold_cases,
    points=2,
    accepted=[
        Accepted("one_factor_a_row", _fold()),
        Accepted("scaled_transpose", _fold(weight=lambda s, w: (w.T * s).T)),
        Accepted("by_a_diagonal_matrix", _by_a_diagonal_matrix),
        Accepted("by_probing", _by_probing),
    ],
    mistakes=[
        Mistake(
            "inputs_scaled",
            _fold(weight=lambda s, w: w * s[0] if len(s) != w.shape[1] else w * s),
            "The factors are applied along the inputs. Rows of the weight are units, and each unit has its own factor: "
            "give s a second axis before multiplying.",
            0.5,
        ),
        Mistake(
            "bias_unchanged",
            _fold(bias=lambda s, b, mean, beta: b.clone()),
            "The bias is left as it was: mean and β have to go somewhere too.",
            0.25,
        ),
        Mistake(
            "bias_not_scaled",
            _fold(bias=lambda s, b, mean, beta: b - s * mean + beta),
            "The old bias is not multiplied by the factor, but the normalization scales the whole of Wx + b.",
            0.5,
        ),
        Mistake(
            "mean_not_scaled",
            _fold(bias=lambda s, b, mean, beta: s * b - mean + beta),
            "The mean is subtracted after the scaling. It is subtracted from Wx + b before, so it is scaled too.",
            0.5,
        ),
        Mistake(
            "mean_forgotten",
            _fold(bias=lambda s, b, mean, beta: s * b + beta),
            "The mean has been lost on the way: it is subtracted from Wx + b.",
            0.5,
        ),
        Mistake(
            "mean_added",
            _fold(bias=lambda s, b, mean, beta: s * (b + mean) + beta),
            "The mean is added where it must be subtracted.",
            0.5,
        ),
        Mistake(
            "beta_forgotten",
            _fold(bias=lambda s, b, mean, beta: s * (b - mean)),
            "The shift β is missing in the bias.",
            0.5,
        ),
        Mistake(
            "beta_scaled",
            _fold(bias=lambda s, b, mean, beta: s * (b - mean + beta)),
            "β is scaled too. It is added last, after the factor.",
            0.5,
        ),
        Mistake(
            "old_bias_dropped",
            _fold(bias=lambda s, b, mean, beta: beta - s * mean),
            "The layer's old bias is gone. A network with batch norm often has none, but this layer has one.",
            0.5,
        ),
        Mistake(
            "weight_unchanged",
            _fold(weight=lambda s, w: w.clone()),
            "The weight is left as it was, but the normalization scales Wx as well.",
            0.25,
        ),
        Mistake(
            "gamma_ignored",
            _fold(lambda gamma, v, eps: 1 / torch.sqrt(v + eps)),
            "The learned scale γ is missing in the factor.",
            0.5,
        ),
        Mistake(
            "eps_missing",
            _fold(lambda gamma, v, eps: gamma / torch.sqrt(v)),
            "ε is missing under the root: the folded layer must compute what the two layers computed.",
            0.5,
        ),
        Mistake(
            "eps_outside_the_root",
            _fold(lambda gamma, v, eps: gamma / (torch.sqrt(v) + eps)),
            "ε is added to the deviation; it belongs to the variance, under the root.",
            0.5,
        ),
        Mistake(
            "divides_by_the_variance",
            _fold(lambda gamma, v, eps: gamma / (v + eps)),
            "The root is missing: the factor is γ over a deviation.",
            0.25,
        ),
    ],
)
