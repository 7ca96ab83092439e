"""Exercise `fold_batch_norm` of `12_batch_norm`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.batch_norm import reference
from steepest_exercises.batch_norm.eval import parameters
from steepest_exercises.batch_norm.train import EXCHANGED
from steepest_exercises.inputs import normal, uniform

Fold = Callable[..., tuple[Tensor, Tensor]]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str, outs: int, ins: int, eps: float, dtype: torch.dtype = torch.float64, corner: float = 0.0
    ) -> Case:
        weight = normal(rng, outs, ins)
        args = [value.to(dtype) for value in (weight, uniform(rng, 0.4, 1.5, outs), *parameters(rng, outs))]
        return Case(name, {"args": args, "kwargs": {"eps": eps}, "outputs": ["weight", "bias"]}, corner=corner)

    constant = case("a unit that was constant in training", 3, 2, 1e-2, corner=0.15)
    constant.inputs["args"][3][1] = 0.0
    return [
        case("a square layer", 3, 3, 1e-5),
        case("a large ε", 4, 4, 0.5),
        case("more inputs than units", 2, 5, 1e-3),
        case("more units than inputs", 5, 2, 1e-3),
        case("float32", 4, 4, 1e-5, torch.float32),
        case("a single unit", 1, 3, 1e-2, corner=0.1),
        case("a single input", 3, 1, 1e-2, corner=0.1),
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


def _parts(
    of_weight: Callable[[Tensor, Tensor, float], Tensor], of_bias: Callable[[Tensor, Tensor, float], Tensor]
) -> Fold:
    """A folded layer with one factor for the weight and another for the bias."""

    def fold_batch_norm(
        weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor, *, eps: float
    ) -> tuple[Tensor, Tensor]:
        factor = of_weight(gamma, variance, eps)
        return factor[:, None] * weight, of_bias(gamma, variance, eps) * (bias - mean) + beta

    return fold_batch_norm


def _of_all(both: Callable[..., tuple[Tensor, Tensor]]) -> Fold:
    """A folded layer from all that is given, ε last."""

    def fold_batch_norm(
        weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor, *, eps: float
    ) -> tuple[Tensor, Tensor]:
        return both(weight, bias, mean, variance, gamma, beta, eps)

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
    cases=_cases,
    points=2,
    accepted=[
        Accepted("one_factor_a_row", _fold()),
        Accepted("scaled_transpose", _fold(weight=lambda s, w: (w.T * s).T)),
        Accepted("by_a_diagonal_matrix", _by_a_diagonal_matrix),
        Accepted("by_probing", _by_probing),
        Accepted("in_a_list", lambda *args, eps: list(reference.fold_batch_norm(*args, eps=eps))),
    ],
    mistakes=[
        Mistake(
            "inputs_scaled",
            _fold(weight=lambda s, w: w * s[0] if len(s) != w.shape[1] else w * s),
            "The factors are applied along the inputs. Rows of the weight are units, and each unit has its own factor: "
            "give s a second axis before multiplying.",
            0.5,
            forms=[_fold(weight=lambda s, w: s * w)],
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
            "nothing_scaled_in_the_bias",
            _fold(bias=lambda s, b, mean, beta: b - mean + beta),
            "The bias is not multiplied by the factor at all: the normalization scales the whole of Wx + b − μ.",
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
            "beta_subtracted",
            _fold(bias=lambda s, b, mean, beta: s * (b - mean) - beta),
            "β is subtracted. It is added, last, after the factor.",
            0.5,
        ),
        Mistake(
            "beta_is_the_bias",
            _fold(bias=lambda s, b, mean, beta: beta.clone()),
            "The new bias is β alone. What the old bias and the mean gave has to go somewhere too: s(b − μ) + β.",
            0.25,
        ),
        Mistake(
            "difference_reversed",
            _fold(bias=lambda s, b, mean, beta: s * (mean - b) + beta),
            "The old bias is subtracted from the mean. It is the other way round: Wx + b − μ.",
            0.5,
        ),
        Mistake(
            "bias_divided_by_the_factor",
            _fold(bias=lambda s, b, mean, beta: (b - mean) / s + beta),
            "The bias is divided by the factor that the weight is multiplied by. The normalization scales the whole of "
            "Wx + b − μ, so both are multiplied.",
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
            "mean_subtracted_from_the_weight",
            _of_all(
                lambda w, b, mean, v, gamma, beta, eps: (
                    (gamma / torch.sqrt(v + eps))[:, None] * (w - mean[:, None]),
                    gamma / torch.sqrt(v + eps) * (b - mean) + beta,
                )
            ),
            "The mean is subtracted from the weight. It is a mean of Wx + b, whatever x: it goes into the bias alone.",
            0.5,
            forms=[
                _of_all(
                    lambda w, b, mean, v, gamma, beta, eps: (
                        (gamma / torch.sqrt(v + eps))[:, None] * (w - mean[:, None]),
                        gamma / torch.sqrt(v + eps) * b + beta,
                    )
                ),
            ],
        ),
        Mistake(
            "beta_added_to_the_weight",
            _of_all(
                lambda w, b, mean, v, gamma, beta, eps: (
                    (gamma / torch.sqrt(v + eps))[:, None] * w + beta[:, None],
                    gamma / torch.sqrt(v + eps) * (b - mean) + beta,
                )
            ),
            "β is added to the weight as well. It is a shift of the output, whatever x: it goes into the bias alone.",
            0.5,
        ),
        Mistake(
            "weight_divided_by_the_factor",
            _fold(weight=lambda s, w: w / s[:, None]),
            "The weight is divided by the factor. Multiply each row by γ/√(σ² + ε).",
            0.5,
        ),
        Mistake(
            "one_factor_for_all_units",
            _fold(lambda gamma, v, eps: (gamma / torch.sqrt(v + eps)).mean().expand_as(gamma)),
            "All units share one factor. Each unit has its own γ and variance, and so its own factor.",
            0.25,
            forms=[_fold(weight=lambda s, w: w * s.mean()), _fold(weight=lambda s, w: w * s[0])],
        ),
        Mistake(
            "gamma_in_one_part_only",
            _parts(lambda gamma, v, eps: gamma / torch.sqrt(v + eps), lambda gamma, v, eps: 1 / torch.sqrt(v + eps)),
            "γ is in the factor of one part, and missing in the other's. Weight and bias are multiplied by one and the "
            "same factor, γ/√(σ² + ε).",
            0.5,
            forms=[
                _parts(
                    lambda gamma, v, eps: 1 / torch.sqrt(v + eps), lambda gamma, v, eps: gamma / torch.sqrt(v + eps)
                ),
            ],
        ),
        Mistake(
            "eps_in_one_part_only",
            _parts(lambda gamma, v, eps: gamma / torch.sqrt(v + eps), lambda gamma, v, eps: gamma / torch.sqrt(v)),
            "ε is in the factor of one part, and missing in the other's. Weight and bias are multiplied by one and the "
            "same factor, γ/√(σ² + ε).",
            0.5,
            forms=[
                _parts(lambda gamma, v, eps: gamma / torch.sqrt(v), lambda gamma, v, eps: gamma / torch.sqrt(v + eps)),
            ],
        ),
        Mistake(
            "root_in_one_part_only",
            _parts(lambda gamma, v, eps: gamma / torch.sqrt(v + eps), lambda gamma, v, eps: gamma / (v + eps)),
            "The root is missing in the factor of one part. Weight and bias are multiplied by one and the same factor, "
            "γ/√(σ² + ε).",
            0.5,
            forms=[
                _parts(lambda gamma, v, eps: gamma / (v + eps), lambda gamma, v, eps: gamma / torch.sqrt(v + eps)),
            ],
        ),
        Mistake(
            "deviation_forgotten",
            _fold(lambda gamma, v, eps: gamma.clone()),
            "The factor is γ alone. The normalization divides as well: γ/√(σ² + ε).",
            0.25,
        ),
        Mistake(
            "multiplies_by_the_deviation",
            _fold(lambda gamma, v, eps: gamma * torch.sqrt(v + eps)),
            "γ is multiplied by the root where it must be divided by it.",
            0.5,
        ),
        Mistake(
            "factor_upside_down",
            _fold(lambda gamma, v, eps: torch.sqrt(v + eps) / gamma),
            "The factor is upside down: it is γ over the root.",
            0.5,
        ),
        Mistake(
            "gamma_and_beta_exchanged",
            lambda weight, bias, mean, variance, gamma, beta, *, eps: reference.fold_batch_norm(
                weight, bias, mean, variance, beta, gamma, eps=eps
            ),
            EXCHANGED,
            0.5,
        ),
        Mistake(
            "variance_taken_for_a_deviation",
            _fold(lambda gamma, v, eps: gamma / torch.sqrt(v**2 + eps)),
            "`variance` is squared before ε is added, as if it were a standard deviation. It is a variance already.",
            0.5,
        ),
        Mistake(
            "eps_fixed",
            _fold(lambda gamma, v, eps: gamma / torch.sqrt(v + 1e-5)),
            "A number of your own stands where `eps` belongs: use the argument, whose value differs from call to call.",
            0.5,
            forms=[
                _fold(lambda gamma, v, eps: gamma / torch.sqrt(v + 1e-8)),
                _fold(lambda gamma, v, eps: gamma / torch.sqrt(v + 1e-3)),
            ],
        ),
        Mistake(
            "eps_squared",
            _fold(lambda gamma, v, eps: gamma / torch.sqrt(v + eps**2)),
            "ε is squared under the root. It is added to the variance as it is.",
            0.5,
        ),
        Mistake(
            "weight_transposed",
            _fold(weight=lambda s, w: (s[:, None] * w).T),
            "The new weight has its inputs as rows. As in torch, a row belongs to a unit: return it in the shape of "
            "`weight`.",
            0.5,
            forms=[_fold(weight=lambda s, w: (s[:, None] * w).T.contiguous())],
        ),
        Mistake(
            "bias_first",
            lambda weight, bias, mean, variance, gamma, beta, *, eps: reference.fold_batch_norm(
                weight, bias, mean, variance, gamma, beta, eps=eps
            )[::-1],
            "The two results are right, in the wrong order: return the weight first, then the bias.",
            0.5,
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
            "The result does not depend on ε (a tiny constant in its place looks the same). The folded layer must "
            "compute what the two layers computed, with ε under the root.",
            0.5,
        ),
        Mistake(
            "eps_outside_the_root",
            _fold(lambda gamma, v, eps: gamma / (torch.sqrt(v) + eps)),
            "ε is added to the standard deviation; it belongs to the variance, under the root.",
            0.5,
        ),
        Mistake(
            "divides_by_the_variance",
            _fold(lambda gamma, v, eps: gamma / (v + eps)),
            "The root is missing: the factor is γ over a standard deviation.",
            0.25,
            forms=[_fold(lambda gamma, v, eps: gamma / v)],
        ),
    ],
)
