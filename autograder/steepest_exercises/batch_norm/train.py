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


def batches(rng: np.random.Generator) -> list[tuple[str, list[Tensor], float]]:
    """Names, arguments (x, γ, β) and ε of the situations in which a forward pass is tried."""

    def batch(rows: int, columns: int, *, mean: float = 0.5, spread: float = 2.0) -> list[Tensor]:
        gamma, beta = 1 + rng.uniform(0.2, 1.5, columns), rng.uniform(0.3, 1.5, columns)
        signs = np.where(np.arange(columns) % 2, -1.0, 1.0)
        return [mean + spread * normal(rng, rows, columns), torch.from_numpy(gamma * signs), torch.from_numpy(beta)]

    constant = batch(6, 3)
    constant[0][:, 1] = 2.0
    wide = batch(4, 7)
    wide[0] = normal(rng, 7, 4).T  # rows are not contiguous
    return [
        ("a small batch", batch(8, 3), 1e-5),
        ("a large ε", batch(6, 4, spread=0.5), 0.3),
        ("as many features as rows", batch(5, 5), 1e-3),
        ("float32", [value.float() for value in batch(10, 3)], 1e-5),
        ("a batch that is not contiguous", wide, 1e-4),
        ("one constant feature", constant, 1e-2),
        ("a large mean and a small variance", batch(9, 3, mean=2e4, spread=0.02), 1e-5),
        ("a batch of two", batch(2, 3), 1e-3),
        ("a batch of one", batch(1, 4), 1e-2),
    ]


EXCHANGED = "γ is the scale and β the shift; here it is the other way round."
SLACK = {"a large mean and a small variance": 100.0}


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    return [
        Case(name, {"args": args, "kwargs": {"eps": eps}}, "forward", SLACK.get(name, 1.0))
        for name, args, eps in batches(rng)
    ]


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


def _mean_of_squares(x: Tensor) -> Tensor:
    return (x**2).mean(dim=0) - x.mean(dim=0) ** 2


def _unbiased(x: Tensor) -> Tensor:
    return ((x - x.mean(dim=0)) ** 2).sum(dim=0) / (len(x) - 1)


BATCH_NORM_TRAIN = Exercise(
    id="batch_norm_train",
    reference=reference.batch_norm_train,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("biased_variance", _forward()),
        Accepted("line_by_line", _line_by_line),
        Accepted("one_scale_one_shift", _one_scale_one_shift),
        Accepted("layer_norm_of_the_transpose", _layer_norm_of_the_transpose, library=True),
        Accepted("one_feature_at_a_time", _one_feature_at_a_time),
    ],
    mistakes=[
        Mistake(
            "unbiased_variance",
            _forward(variance=_unbiased),
            "The batch variance is divided by B - 1. In training the batch is all there is, and its variance divides "
            "by B; torch's `var` divides by B - 1 unless `correction=0` is given.",
            0.5,
        ),
        Mistake(
            "eps_missing",
            _forward(root=lambda v, eps: torch.sqrt(v)),
            "ε is not used: a feature that is constant in the batch has variance 0, and the result is `nan`.",
            0.5,
        ),
        Mistake(
            "eps_outside_the_root",
            _forward(root=lambda v, eps: torch.sqrt(v) + eps),
            "ε is added to the deviation. In batch normalization it is added to the variance, under the root.",
            0.5,
        ),
        Mistake(
            "divides_by_the_variance",
            _forward(root=lambda v, eps: v + eps),
            "The root is missing: deviations from the mean have the unit of x, the variance has its square.",
            0.25,
        ),
        Mistake(
            "gamma_ignored",
            _forward(out=lambda u, gamma, beta: u + beta),
            "The learned scale γ does not enter: without it every unit has deviation 1 whatever the next layer needs.",
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
            "This stops at u, with mean 0 and deviation 1. The learned scale γ and shift β come after it.",
            0.25,
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
            "statistics_over_features",
            _forward(lambda x: x.mean(dim=1, keepdim=True), lambda x: x.var(dim=1, correction=0, keepdim=True)),
            "Mean and variance are taken over the features of each example: that is layer normalization. Batch "
            "normalization takes them over the batch, the first axis, for each feature alone.",
        ),
        Mistake(
            "statistics_over_everything",
            _forward(torch.mean, lambda x: x.var(correction=0)),
            "One mean and one variance serve all features. Each unit is normalized by its own: reduce over the "
            "first axis only.",
        ),
        Mistake(
            "mean_not_subtracted",
            _forward(mean=lambda x: torch.zeros_like(x[0])),
            "The mean is not subtracted, so the batch is scaled but stays where it was.",
            0.25,
        ),
        Mistake(
            "mean_square_for_variance",
            _forward(variance=lambda x: (x**2).mean(dim=0)),
            "This is the mean of the squares. The variance is the mean square of what is left after the mean has "
            "been subtracted.",
            0.25,
        ),
        Mistake(
            "difference_of_squares",
            _forward(variance=_mean_of_squares),
            "Right on paper, and it loses its digits where the mean is large: the difference of two nearly equal "
            "numbers is mostly rounding, and can even be negative. Subtract the mean before squaring.",
            0.5,
        ),
    ],
    equivalent={
        "The cache is the solution's own affair, and its backward pass only multiplies these two.": [
            "return (gamma * u + beta, (u, gamma, inverse))"
        ],
    },
)
