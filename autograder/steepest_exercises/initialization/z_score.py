"""`z_score`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.initialization import reference, tables


def _z_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, x: Tensor, eps: float, slack: float = 1.0) -> Case:
        return Case(name, {"args": [x], "kwargs": {"eps": eps}, "outputs": ["the scaled table"]}, slack=slack)

    return [
        case("three columns", tables.table(rng, 6, 3), 1e-8),
        case("a large ε", tables.table(rng, 5, 2), 0.5),
        case("constant columns", tables.with_constants(rng), 1e-3),
        case("a small spread on a large mean", 1000 + 0.01 * tables.table(rng, 9, 3), 1e-3, slack=1000),
        case("a non-contiguous table", tables.table(rng, 4, 7).T, 0.1),
        case("float32", tables.table(rng, 30, 4, dtype=torch.float32), 1e-6, slack=4),
    ]


def _by_moments(x: Tensor, *, eps: float) -> Tensor:
    centered = x - x.sum(dim=0) / len(x)
    return centered / ((centered**2).mean(dim=0).sqrt() + eps)


def _by_correction(x: Tensor, *, eps: float) -> Tensor:
    n = x.shape[0]
    biased: Tensor = x.std(0, keepdim=True) * ((n - 1) / n) ** 0.5
    return (x - x.mean(0, keepdim=True)) / (biased + eps)


def _column_loop(x: Tensor, *, eps: float) -> Tensor:
    columns = [(column - column.mean()) / (column.std(correction=0) + eps) for column in x.T]
    return torch.stack(columns, dim=1)


def _inside(x: Tensor, *, eps: float) -> Tensor:
    return (x - x.mean(dim=0)) / (x.var(dim=0, correction=0) + eps).sqrt()


def _by_numpy(x: Tensor, *, eps: float) -> Tensor:
    table = x.cpu().numpy()
    return torch.from_numpy((table - table.mean(axis=0)) / (table.std(axis=0) + eps)).to(x)


def _z(
    *,
    centre: Callable[[Tensor], Tensor] = lambda x: x.mean(0),
    spread: Callable[[Tensor, float], Tensor] = lambda d, eps: d + eps,
    deviation: Callable[[Tensor], Tensor] = lambda x: x.std(0, correction=0),
) -> Callable[..., Tensor]:
    """The z-score with one thing changed: what is subtracted, the deviation, or where ε stands."""
    return lambda x, *, eps: (x - centre(x)) / spread(deviation(x), eps)


def _both_deviations(**changed: Any) -> list[Callable[..., Tensor]]:
    """The same with the biased deviation and with torch's default."""
    return [_z(**changed), _z(**changed, deviation=lambda x: x.std(0))]


def _own_number(own: float) -> Callable[[Tensor, float], Tensor]:
    return lambda deviation, eps: deviation + own


def _mean_only(x: Tensor, **_: Any) -> Tensor:
    return x - x.mean(dim=0)


Z_SCORE = Exercise(
    id="z_score",
    reference=reference.z_score,
    cases=_z_cases,
    points=1,
    accepted=[
        Accepted("by_moments", _by_moments),
        Accepted("corrected_deviation", _by_correction),
        Accepted("column_by_column", _column_loop),
        Accepted("numpy_in_the_middle", _by_numpy),
    ],
    mistakes=[
        Mistake(
            "unbiased_deviation",
            _z(deviation=lambda x: x.std(0)),
            "The deviation is the one over n − 1, which is torch.std's default. Here that of these very rows is"
            " wanted, over n: correction=0.",
            credit=0.75,
        ),
        Mistake(
            "eps_inside_the_root",
            _inside,
            "ε is added to the variance, under the root, as batch normalization does it. Here it is added to the"
            " deviation: σ + ε.",
            credit=0.75,
            forms=[lambda x, *, eps: (x - x.mean(0)) / (x.var(0) + eps).sqrt()],
        ),
        Mistake(
            "eps_squared_inside_the_root",
            lambda x, *, eps: (x - x.mean(0)) / (x.var(0, correction=0) + eps**2).sqrt(),
            "√(σ² + ε²) is not σ + ε. Take the root of the variance first, then add ε.",
            credit=0.75,
        ),
        Mistake(
            "eps_missing",
            _z(spread=lambda d, eps: d),
            "The result does not depend on ε: a tiny constant in its place looks much the same. ε is added to the"
            " deviation, so that a constant column is not 0/0.",
            credit=0.5,
            forms=[_z(spread=lambda d, eps: d, deviation=lambda x: x.std(0))],
        ),
        Mistake(
            "eps_not_added",
            _z(spread=lambda d, eps: d.clamp(min=eps)),
            "eps is not added in every column. It looks like this if eps is used as a smallest value only, or"
            " where σ is 0 or small, or if a number of your own stands in its place. Asked for is σ + eps"
            " everywhere.",
            credit=0.5,
            forms=[
                *(_z(spread=_own_number(own)) for own in (1e-12, 1e-10, 1e-8, 1e-7, 1e-6, 1e-5)),
                _z(spread=lambda d, eps: torch.where(d == 0, eps, d)),
                _z(spread=lambda d, eps: torch.where(d < eps, 1, d)),
                _z(spread=lambda d, eps: torch.where(d < eps, d + eps, d)),
                _z(spread=lambda d, eps: d.clamp(min=eps), deviation=lambda x: x.std(0)),
                _z(spread=lambda d, eps: torch.where(d == 0, eps, d), deviation=lambda x: x.std(0)),
            ],
        ),
        Mistake(
            "eps_subtracted",
            _z(spread=lambda d, eps: d - eps),
            "ε is subtracted from the deviation. It is added, so that the sum cannot be 0.",
            credit=0.5,
        ),
        Mistake(
            "variance_for_deviation",
            _z(spread=lambda d, eps: d**2 + eps),
            "The deviation enters squared, as a variance: below the line its root belongs, or the result changes"
            " with the unit of x.",
            credit=0.25,
            forms=[
                _z(spread=lambda d, eps: d**2 + eps, deviation=lambda x: x.std(0)),
                _z(spread=lambda d, eps: d**2),
                _z(spread=lambda d, eps: (d + eps) ** 2),
            ],
        ),
        Mistake(
            "root_taken_twice",
            _z(spread=lambda d, eps: d.sqrt() + eps),
            "The root of the standard deviation stands below the line: σ is the root of the variance already.",
            credit=0.25,
            forms=[
                _z(spread=lambda d, eps: (d + eps).sqrt()),
                _z(spread=lambda d, eps: d.sqrt() + eps, deviation=lambda x: x.std(0)),
            ],
        ),
        Mistake(
            "not_centred",
            lambda x, *, eps: x / (x.std(0, correction=0) + eps),
            "The columns are not centred on 0. Subtract the mean of each column above the line.",
            credit=0.25,
            forms=[lambda x, *, eps: x / (x.std(0) + eps)],
        ),
        Mistake(
            "not_scaled",
            _mean_only,
            "The columns are centred but keep their spread: divide by the deviation of each.",
            credit=0.25,
        ),
        Mistake(
            "multiplied_for_divided",
            lambda x, *, eps: (x - x.mean(0)) * (x.std(0, correction=0) + eps),
            "The centred columns are multiplied by the deviation. Divide, so that each has deviation 1.",
            credit=0.25,
            forms=[lambda x, *, eps: (x - x.mean(0)) * (x.std(0) + eps)],
        ),
        Mistake(
            "brackets_missing",
            lambda x, *, eps: x - x.mean(0) / (x.std(0, correction=0) + eps),
            "Only the mean is divided by the deviation. / binds more tightly than −: the whole of x − μ has to be"
            " divided.",
            credit=0.5,
            forms=[lambda x, *, eps: x - x.mean(0) / (x.std(0) + eps)],
        ),
        Mistake(
            "sign_reversed",
            lambda x, *, eps: -reference.z_score(x, eps=eps),
            "The sign is wrong in every entry: what lies above the mean should come out positive, as in x − μ.",
            credit=0.5,
            forms=[lambda x, *, eps: (x.mean(0) - x) / (x.std(0) + eps)],
        ),
        Mistake(
            "sum_for_mean",
            _z(deviation=lambda x: (x - x.mean(0)).square().sum(0).sqrt()),
            "A sum over the rows stands where a mean belongs. μ is the mean of the rows and σ² that of the"
            " squares: divide both by n, σ² before the root.",
            credit=0.5,
            forms=[_z(centre=lambda x: x.sum(0))],
        ),
        Mistake(
            "divided_by_n_after_the_root",
            _z(deviation=lambda x: (x - x.mean(0)).square().sum(0).sqrt() / len(x)),
            "The deviation comes out √n times too small, as when a sum of squares is divided by n after the root."
            " σ² is their mean: divide first.",
            credit=0.5,
        ),
        Mistake(
            "squares_not_centred",
            _z(deviation=lambda x: x.square().mean(0).sqrt()),
            "The deviation is that of x around 0. σ² is the mean of (x − μ)²: subtract the mean before you square.",
            credit=0.25,
        ),
        Mistake(
            "median_for_mean",
            _z(centre=lambda x: x.median(0).values),
            "The median is subtracted. The z-score has mean 0: subtract the mean.",
            credit=0.25,
            forms=[lambda x, *, eps: (x - x.quantile(0.5, dim=0)) / (x.std(0, correction=0) + eps)],
        ),
        Mistake(
            "minimum_for_mean",
            _z(centre=lambda x: x.amin(0)),
            "The minimum is subtracted, as in min–max scaling. The z-score has mean 0: subtract the mean.",
            credit=0.25,
            forms=[_z(centre=lambda x: x.amin(0), deviation=lambda x: x.std(0))],
        ),
        Mistake(
            "range_for_deviation",
            _z(deviation=lambda x: x.amax(0) - x.amin(0)),
            "The range stands below the line, as in min–max scaling. Divide by the standard deviation.",
            credit=0.25,
        ),
        Mistake(
            "one_deviation_for_the_table",
            _z(deviation=lambda x: x.std(correction=0)),
            "One deviation of the whole table is used. Each column has its own: dim=0.",
            credit=0.25,
            forms=[_z(deviation=lambda x: x.std())],
        ),
        Mistake(
            "one_mean_for_the_table",
            _z(centre=lambda x: x.mean()),
            "One mean of the whole table is subtracted. Each column has its own: dim=0.",
            credit=0.25,
            forms=[_z(centre=lambda x: x.mean(), deviation=lambda x: x.std(0))],
        ),
        Mistake(
            "over_all_entries",
            _z(centre=lambda x: x.mean(), deviation=lambda x: x.std(correction=0)),
            "All entries are thrown together. Mean and deviation belong to a column: dim=0.",
            forms=[_z(centre=lambda x: x.mean(), deviation=lambda x: x.std())],
        ),
        Mistake(
            "along_rows",
            lambda x, *, eps: reference.z_score(x.T, eps=eps).T,
            "Rows are examples. Mean and deviation are those of a column: dim=0.",
            forms=[lambda x, *, eps: ((x.T - x.T.mean(0)) / (x.T.std(0) + eps)).T],
        ),
        Mistake(
            "eps_outside_the_quotient",
            lambda x, *, eps: (x - x.mean(0)) / x.std(0, correction=0) + eps,
            "ε is added to the quotient and shifts every value. It belongs below the line: σ + ε.",
            credit=0.25,
            forms=[lambda x, *, eps: (x - x.mean(0)) / x.std(0) + eps],
        ),
        Mistake(
            "absolute_deviation",
            _z(deviation=lambda x: (x - x.mean(0)).abs().mean(0)),
            "σ is the root of the mean square, not the mean of absolute values.",
            credit=0.25,
        ),
        Mistake(
            "returns_more_than_the_table",
            lambda x, *, eps: (reference.z_score(x, eps=eps), x.mean(0), x.std(0, correction=0)),
            "The scaled table comes together with other things. Return the table alone.",
            credit=0.5,
            forms=[
                lambda x, *, eps: (reference.z_score(x, eps=eps), x.mean(0), x.std(0)),
                lambda x, *, eps: (reference.z_score(x, eps=eps), x.mean(0), x.std(0, correction=0) + eps),
            ],
        ),
    ],
)
