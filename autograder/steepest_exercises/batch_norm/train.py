"""Exercise `batch_norm_train` of `12_batch_norm`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor
from torch.nn.functional import layer_norm

from steepest_exercises.batch_norm import reference
from steepest_exercises.inputs import normal

Forward = Callable[..., tuple[Tensor, Any]]


def batches(rng: np.random.Generator) -> list[tuple[str, dict[str, Any]]]:
    """Names and arguments of the situations in which a forward pass is tried."""

    def batch(
        rows: int, columns: int, eps: float, *, mean: float = 0.5, spread: float = 2.0, single: bool = False
    ) -> dict[str, Any]:
        gamma, beta = 1 + rng.uniform(0.2, 1.5, columns), rng.uniform(0.3, 1.5, columns)
        signs = np.where(np.arange(columns) % 2, -1.0, 1.0)
        x = mean + spread * normal(rng, rows, columns)
        tensors = {"x": x, "gamma": torch.from_numpy(gamma * signs), "beta": torch.from_numpy(beta)}
        dtype = torch.float32 if single else torch.float64
        return {**{name: value.to(dtype) for name, value in tensors.items()}, "eps": eps}

    constant = batch(6, 3, 1e-2)
    constant["x"][:, 1] = 2.0
    wide = batch(4, 7, 1e-4)
    wide["x"] = normal(rng, 7, 4).T  # rows are not contiguous
    return [
        ("a small batch", batch(8, 3, 1e-5)),
        ("a large ε", batch(6, 4, 0.3, spread=0.5)),
        ("as many features as rows", batch(5, 5, 1e-3)),
        ("float32", batch(10, 3, 1e-5, single=True)),
        ("a batch that is not contiguous", wide),
        ("a batch of two", batch(2, 3, 0.1)),
        ("one constant feature", constant),
        ("a large mean in float32", batch(9, 3, 1e-3, mean=3e3, spread=1.0, single=True)),
        ("a single feature", batch(7, 1, 1e-2)),
        ("a batch of one", batch(1, 4, 1e-2)),
    ]


SLACK = {"a large mean in float32": 500.0}
CORNERS = {
    "one constant feature": 0.15,
    "a large mean in float32": 0.25,
    "a single feature": 0.1,
    "a batch of one": 0.15,
}
EXCHANGED = "γ is the scale and β the shift; here it is the other way round."


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    cases = []
    for name, args in batches(rng):
        inputs = {"args": [args[key] for key in ("x", "gamma", "beta")], "kwargs": {"eps": args["eps"]}}
        cases.append(Case(name, inputs, "normalize", SLACK.get(name, 1.0), corner=CORNERS.get(name, 0.0)))
    return cases


def _forward(
    mean: Callable[[Tensor], Tensor] = lambda x: x.mean(dim=0),
    variance: Callable[[Tensor], Tensor] = lambda x: x.var(dim=0, correction=0),
    root: Callable[[Tensor, float], Tensor] = lambda v, eps: torch.sqrt(v + eps),
    out: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda u, gamma, beta: gamma * u + beta,
) -> Forward:
    """A forward pass from its parts: u = (x − mean(x))/root(variance(x), eps) and out(u, γ, β)."""

    def batch_norm_train(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> tuple[Tensor, Any]:
        scale = 1 / root(variance(x), eps)
        u = (x - mean(x)) * scale
        return out(u, gamma, beta), (u, scale, gamma)

    return batch_norm_train


def _whole(out: Callable[..., Tensor]) -> Forward:
    """A forward pass in one expression: out(x, μ, s, γ, β) with s = √(σ² + ε)."""

    def batch_norm_train(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> tuple[Tensor, Any]:
        mean, root = x.mean(dim=0), torch.sqrt(x.var(dim=0, correction=0) + eps)
        return out(x, mean, root, gamma, beta), (x, mean, root, gamma)

    return batch_norm_train


# --- other sound ways ----------------------------------------------------------


def _as_printed(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> tuple[Tensor, Any]:
    mu = 1 / len(x) * x.sum(dim=0)
    sigma2 = 1 / len(x) * ((x - mu) ** 2).sum(dim=0)
    u = (x - mu) / torch.sqrt(sigma2 + eps)
    return gamma * u + beta, [x, mu, sigma2]


def _line_by_line(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> tuple[Tensor, Any]:
    size = x.shape[0]
    mean = x.sum(dim=0) / size
    centred = x - mean
    variance = (centred * centred).sum(dim=0) / size
    root = (variance + eps) ** 0.5
    u = centred / root
    return u * gamma + beta, {"u": u, "root": root, "gamma": gamma}


def _one_scale_one_shift(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> tuple[Tensor, Any]:
    mean = x.mean(dim=0, keepdim=True)
    scale = gamma / (x.sub(mean).square().mean(dim=0) + eps).sqrt()
    return scale * x + (beta - scale * mean), (x, gamma, eps)


def _layer_norm_of_the_transpose(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> tuple[Tensor, Any]:
    return layer_norm(x.T, (len(x),), eps=eps).T * gamma + beta, (x, gamma, eps)


def _one_feature_at_a_time(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> tuple[Tensor, Any]:
    columns = []
    for column, g, b in zip(x.T, gamma, beta, strict=True):
        centred = column - column.mean()
        columns.append(g * centred / torch.sqrt(centred.dot(centred) / len(column) + eps) + b)
    return torch.stack(columns, dim=1), None


def _in_a_list(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Any:
    out, kept = reference.batch_norm_train(x, gamma, beta, eps=eps)
    return [out, lambda: kept]


# --- other variances -----------------------------------------------------------


def _unbiased(x: Tensor) -> Tensor:
    return ((x - x.mean(dim=0)) ** 2).sum(dim=0) / (len(x) - 1)


def _without_the_last(x: Tensor) -> Tensor:
    return x[:-1].sum(dim=0) / len(x)


def _without_the_first(x: Tensor) -> Tensor:
    return x[1:].sum(dim=0) / len(x)


def _about(mean: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    return lambda x: ((x - mean(x)) ** 2).mean(dim=0)


def _squares_without_the_last(x: Tensor) -> Tensor:
    return ((x - x.mean(dim=0)) ** 2)[:-1].sum(dim=0) / len(x)


def _mean_deviation(x: Tensor) -> Tensor:
    return (x - x.mean(dim=0)).abs().mean(dim=0)


def _range(x: Tensor) -> Tensor:
    return x.amax(dim=0) - x.amin(dim=0)


BATCH_NORM_TRAIN = Exercise(
    id="batch_norm_train",
    reference=reference.batch_norm_train,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("biased_variance", _forward()),
        Accepted("as_printed", _as_printed),
        Accepted("line_by_line", _line_by_line),
        Accepted("one_scale_one_shift", _one_scale_one_shift),
        Accepted("layer_norm_of_the_transpose", _layer_norm_of_the_transpose, library=True),
        Accepted("one_feature_at_a_time", _one_feature_at_a_time),
        Accepted("in_a_list", _in_a_list),
    ],
    mistakes=[
        Mistake(
            "unbiased_variance",
            _forward(variance=_unbiased),
            "The batch variance is divided by B - 1. In training the batch is all there is, and its variance divides "
            "by B; torch's `var` and `std` divide by B - 1 unless `correction=0` is given.",
            0.5,
            forms=[_forward(variance=lambda x: ((x - x.mean(dim=0)) ** 2).sum(dim=0) / max(len(x) - 1, 1))],
        ),
        Mistake(
            "unbiased_deviation_without_eps",
            _forward(variance=_unbiased, root=lambda v, eps: torch.sqrt(v)),
            "Two things about the denominator: the variance divides by B - 1, as in torch's `std`, where B is meant, "
            "and it does not depend on ε (a tiny constant in its place looks the same).",
            0.25,
        ),
        Mistake(
            "unbiased_deviation_plus_eps",
            _forward(variance=_unbiased, root=lambda v, eps: torch.sqrt(v) + eps),
            "Two things about the denominator: the variance divides by B - 1, as in torch's `std`, where B is meant, "
            "and ε is added to the standard deviation where it belongs to the variance, under the root.",
            0.25,
        ),
        Mistake(
            "eps_missing",
            _forward(root=lambda v, eps: torch.sqrt(v)),
            "The result does not depend on ε (a tiny constant in its place looks the same). ε is added to the "
            "variance, under the root: a feature that is constant in the batch has variance 0.",
            0.5,
        ),
        Mistake(
            "eps_outside_the_root",
            _forward(root=lambda v, eps: torch.sqrt(v) + eps),
            "ε, or its root, is added to the standard deviation. In batch normalization ε is added to the variance, "
            "under the root.",
            0.5,
            forms=[_forward(root=lambda v, eps: torch.sqrt(v) + eps**0.5)],
        ),
        Mistake(
            "eps_squared",
            _forward(root=lambda v, eps: torch.sqrt(v + eps**2)),
            "ε is squared under the root. It is added to the variance as it is.",
            0.5,
        ),
        Mistake(
            "eps_fixed",
            _forward(root=lambda v, eps: torch.sqrt(v + 1e-5)),
            "A number of your own stands where `eps` belongs: use the argument, whose value differs from call to call.",
            0.5,
            forms=[
                _forward(root=lambda v, eps: torch.sqrt(v + 1e-8)),
                _forward(root=lambda v, eps: torch.sqrt(v + 1e-3)),
                _forward(root=lambda v, eps: torch.sqrt(v + 1e-6)),
                _forward(root=lambda v, eps: torch.sqrt(v + 1e-10)),
            ],
        ),
        Mistake(
            "divides_by_the_variance",
            _forward(root=lambda v, eps: v + eps),
            "The root is missing: x − μ has the unit of x, the variance has its square.",
            0.25,
            forms=[
                _forward(root=lambda v, eps: v),
                _forward(variance=_unbiased, root=lambda v, eps: v + eps),
            ],
        ),
        Mistake(
            "multiplies_by_the_deviation",
            _forward(root=lambda v, eps: 1 / torch.sqrt(v + eps)),
            "x − μ is multiplied by the standard deviation where it must be divided by it: only so does the spread "
            "become 1.",
            0.25,
        ),
        Mistake(
            "deviation_forgotten",
            _forward(root=lambda v, eps: torch.ones_like(v)),
            "Only the mean is subtracted. Divide by √(σ² + ε) as well, so that every unit has standard deviation 1.",
            0.25,
        ),
        Mistake(
            "only_the_mean_is_divided",
            _whole(lambda x, mean, root, gamma, beta: gamma * (x - mean / root) + beta),
            "Only μ is divided by s, and x is not, as in x - μ / s without brackets: (x - μ) / s divides both.",
            0.5,
            forms=[_whole(lambda x, mean, root, gamma, beta: gamma * x - mean / root + beta)],
        ),
        Mistake(
            "variance_not_divided_by_b",
            _forward(variance=lambda x: ((x - x.mean(dim=0)) ** 2).sum(dim=0)),
            "The squares are summed and not divided by B: the variance is their mean.",
            0.5,
            forms=[
                _forward(variance=lambda x: ((x - x.mean(dim=0)) ** 2).sum(dim=0), root=lambda v, eps: v.sqrt() + eps),
                _forward(variance=lambda x: ((x - x.mean(dim=0)) ** 2).sum(dim=0), root=lambda v, eps: v.sqrt()),
            ],
        ),
        Mistake(
            "divided_by_b_after_the_root",
            _forward(
                variance=lambda x: ((x - x.mean(dim=0)) ** 2).sum(dim=0) / len(x) ** 2,
            ),
            "The squares are divided by B twice, or the root of their sum is divided by B: divide the sum once, before "
            "the root is taken.",
            0.5,
        ),
        Mistake(
            "mean_absolute_deviation",
            _forward(variance=_mean_deviation, root=lambda v, eps: v + eps),
            "The spread is measured by the mean of |x − μ|. Batch normalization takes the root of the mean square.",
            0.25,
            forms=[
                _forward(variance=lambda x: _mean_deviation(x) ** 2),
                _forward(variance=_mean_deviation),
                _forward(variance=_mean_deviation, root=lambda v, eps: v),
            ],
        ),
        Mistake(
            "squares_forgotten",
            _forward(variance=lambda x: (x - x.mean(dim=0)).mean(dim=0) * 0),
            "The variance has no part in the result, as if it were 0; deviations that are averaged without being "
            "squared always have mean 0. Square each before you average.",
            0.25,
        ),
        Mistake(
            "range_for_deviation",
            _forward(variance=_range, root=lambda v, eps: v + eps),
            "Each unit is divided by its range, max − min. Batch normalization divides by the standard deviation.",
            0.25,
            forms=[
                _forward(mean=lambda x: x.amin(dim=0), variance=_range, root=lambda v, eps: v + eps),
                _forward(mean=lambda x: x.amin(dim=0), variance=_range, root=lambda v, eps: v),
            ],
        ),
        Mistake(
            "one_example_left_out",
            _forward(_without_the_last, _about(_without_the_last)),
            "The mean leaves one example of the batch out: count how often a loop runs, or where a slice begins and "
            "ends.",
            0.5,
            forms=[
                _forward(_without_the_first, _about(_without_the_first)),
                _forward(_without_the_last, lambda x: x.var(dim=0, correction=0)),
                _forward(lambda x: x[:-1].mean(dim=0), _about(lambda x: x[:-1].mean(dim=0))),
                _forward(lambda x: x[1:].mean(dim=0), _about(lambda x: x[1:].mean(dim=0))),
                _forward(_without_the_last, lambda x: (x - _without_the_last(x))[:-1].square().sum(dim=0) / len(x)),
            ],
        ),
        Mistake(
            "one_square_left_out",
            _forward(variance=_squares_without_the_last),
            "The variance leaves one example of the batch out: count how often a loop runs, or where a slice begins "
            "and ends.",
            0.5,
            forms=[_forward(variance=lambda x: ((x - x.mean(dim=0)) ** 2)[1:].sum(dim=0) / len(x))],
        ),
        Mistake(
            "gamma_ignored",
            _forward(out=lambda u, gamma, beta: u + beta),
            "The learned scale γ does not enter: without it every unit has standard deviation 1 whatever the next "
            "layer needs.",
            0.5,
        ),
        Mistake(
            "beta_ignored",
            _forward(out=lambda u, gamma, beta: gamma * u),
            "The learned shift β does not enter: every unit keeps mean 0.",
            0.5,
        ),
        Mistake(
            "scale_and_shift_ignored",
            _forward(out=lambda u, gamma, beta: u),
            "This stops at u, with mean 0 and standard deviation 1. The learned scale γ and shift β come after it.",
            0.25,
        ),
        Mistake(
            "not_normalized",
            lambda x, gamma, beta, *, eps: (gamma * x + beta, x),
            "x itself is scaled and shifted. γ and β are applied to u: first subtract μ and divide by √(σ² + ε).",
        ),
        Mistake(
            "gamma_and_beta_exchanged",
            _forward(out=lambda u, gamma, beta: beta * u + gamma),
            EXCHANGED,
            0.5,
        ),
        Mistake(
            "shift_before_scale",
            _forward(out=lambda u, gamma, beta: gamma * (u + beta)),
            "β is multiplied by γ as well. Scale first, then shift: the batch mean of the output must be β.",
            0.5,
        ),
        Mistake(
            "beta_subtracted",
            _forward(out=lambda u, gamma, beta: gamma * u - beta),
            "β is subtracted. It is added: the batch mean of the output must be β.",
            0.5,
        ),
        Mistake(
            "divides_by_gamma",
            _forward(out=lambda u, gamma, beta: u / gamma + beta),
            "u is divided by γ. It is multiplied by it: γ is the standard deviation that the output is to have.",
            0.5,
            forms=[_forward(out=lambda u, gamma, beta: (u - beta) / gamma)],
        ),
        Mistake(
            "statistics_over_features",
            _forward(lambda x: x.mean(dim=1, keepdim=True), lambda x: x.var(dim=1, correction=0, keepdim=True)),
            "Mean and variance are taken over the features of each example: that is layer normalization. Batch "
            "normalization takes them over the batch, the first axis, for each feature alone.",
            forms=[
                _forward(lambda x: x.mean(dim=1, keepdim=True), lambda x: _unbiased(x.T)[:, None]),
                _forward(lambda x: x.mean(dim=1), lambda x: x.var(dim=1, correction=0)),
            ],
        ),
        Mistake(
            "axes_mixed",
            _forward(mean=lambda x: x.mean(dim=1, keepdim=True)),
            "Mean and variance are taken along different axes. Both run over the batch, the first axis, so both have "
            "one entry a feature.",
            forms=[
                _forward(variance=lambda x: x.var(dim=1, correction=0, keepdim=True)),
                _forward(
                    lambda x: x.mean(dim=1, keepdim=True), lambda x: _about(lambda x: x.mean(dim=1, keepdim=True))(x)
                ),
            ],
        ),
        Mistake(
            "statistics_over_everything",
            _forward(torch.mean, lambda x: x.var(correction=0)),
            "One mean and one variance serve all features. Each unit is normalized by its own: reduce over the "
            "first axis only.",
            forms=[_forward(torch.mean, lambda x: x.var())],
        ),
        Mistake(
            "one_number_for_all_features",
            _forward(variance=lambda x: x.var(dim=0, correction=0).mean()),
            "The mean and the variance do not both have an entry for each feature: one of them is a single number for "
            "all. Reduce over the first axis only, `dim=0`.",
            0.25,
            forms=[
                _forward(variance=lambda x: x.var(correction=0)),
                _forward(mean=torch.mean),
                _forward(torch.mean, lambda x: ((x - x.mean()) ** 2).mean(dim=0)),
            ],
        ),
        Mistake(
            "mean_not_subtracted",
            _forward(mean=lambda x: torch.zeros_like(x[0])),
            "The mean is not subtracted: the batch is scaled, and not centred at 0 first.",
            0.25,
            forms=[_forward(lambda x: torch.zeros_like(x[0]), lambda x: (x**2).mean(dim=0))],
        ),
        Mistake(
            "mean_added",
            _forward(mean=lambda x: -x.mean(dim=0)),
            "The mean is added where it must be subtracted.",
            0.5,
        ),
        Mistake(
            "mean_square_for_variance",
            _forward(variance=lambda x: (x**2).mean(dim=0)),
            "This is the mean of the squares. The variance is the mean square of what is left after the mean has "
            "been subtracted.",
            0.25,
        ),
        Mistake(
            "digits_lost_at_a_large_mean",
            _forward(variance=lambda x: (x**2).mean(dim=0) - x.mean(dim=0) ** 2),
            "Right while the mean is small. Where it is large against the spread, digits are lost: mean(x²) − "
            "mean(x)², for one, is right on paper, but there it is the difference of two nearly equal numbers, mostly "
            "rounding. Subtract the mean first, then square.",
            0.75,
            forms=[_forward(variance=lambda x: ((x**2).mean(dim=0) - x.mean(dim=0) ** 2).clamp(min=0))],
        ),
    ],
    equivalent={
        "The cache is the solution's own affair, and its backward pass only multiplies these two.": [
            "return (gamma * u + beta, (u, gamma, inverse))"
        ],
    },
)
