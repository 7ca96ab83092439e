"""`min_max` and `z_score`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.initialization import reference


def _table(rng: np.random.Generator, n: int, d: int, *, dtype: torch.dtype = torch.float64) -> Tensor:
    """Columns with a mean and a spread of their own."""
    spread, mean = rng.uniform(0.5, 4, d), rng.uniform(1, 9, d) * rng.choice([-1, 1], d)
    return torch.from_numpy(mean + spread * rng.standard_normal((n, d))).to(dtype)


def _with_constants(rng: np.random.Generator) -> Tensor:
    """Whole constants and eight rows: their mean is exact, so no rounding is blown up."""
    table = _table(rng, 8, 4)
    table[:, 1], table[:, 3] = float(rng.integers(2, 9)), 0.0
    return table


def _columns(scale: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    """Apply to each column alone."""
    return lambda x, **kwargs: torch.stack([scale(column) for column in x.unbind(1)], dim=1)


# --- min_max ----------------------------------------------------------------------------------------------


def _min_max_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, x: Tensor) -> Case:
        return Case(name, {"args": [x], "kwargs": {}, "outputs": ["the scaled table"]})

    narrow = _table(rng, 6, 3)
    narrow[:, 2] = 1e-6 * narrow[:, 2]
    return [
        case("three columns", _table(rng, 7, 3)),
        case("two constant columns", _with_constants(rng)),
        case("a column with a range of a millionth", narrow),
        case("only one row", _table(rng, 1, 4)),
        case("a non-contiguous table", _table(rng, 4, 9).T),
        case("float32", _table(rng, 20, 2, dtype=torch.float32)),
    ]


def _nan_to_zero(x: Tensor) -> Tensor:
    low, high = x.min(dim=0).values, x.max(dim=0).values
    return torch.nan_to_num((x - low) / (high - low), nan=0.0)


def _filled_span(x: Tensor) -> Tensor:
    low = x.amin(dim=0)
    span = x.amax(dim=0) - low
    return (x - low) / span.masked_fill(span == 0, 1)


def _one_column(column: Tensor) -> Tensor:
    low, high = float(column.min()), float(column.max())
    return (column - low) / (high - low) if high > low else torch.zeros_like(column)


def _tiny_floor(x: Tensor) -> Tensor:
    low = x.amin(0, keepdim=True)
    return (x - low) / (x.amax(0, keepdim=True) - low).clamp(min=torch.finfo(x.dtype).tiny)


def _guarded(table: Tensor, divisor: Tensor) -> Tensor:
    return torch.where(divisor != 0, table / torch.where(divisor != 0, divisor, 1), 0)


def _global_min_max(x: Tensor) -> Tensor:
    return _guarded(x - x.min(), x.max() - x.min())


MIN_MAX = Exercise(
    id="min_max",
    reference=reference.min_max,
    cases=_min_max_cases,
    points=1,
    accepted=[
        Accepted("nan_to_zero", _nan_to_zero),
        Accepted("zero_range_filled", _filled_span),
        Accepted("column_by_column", _columns(_one_column)),
        Accepted("range_with_a_floor", _tiny_floor),
    ],
    mistakes=[
        Mistake(
            "constant_column_is_nan",
            lambda x: (x - x.amin(0)) / (x.amax(0) - x.amin(0)),
            "A constant column has range 0, and 0/0 is NaN. One such column would spoil the whole network: give 0.",
            credit=0.5,
        ),
        Mistake(
            "one_range_for_the_table",
            _global_min_max,
            "All columns share one minimum and one maximum. Each feature has its own unit: reduce dim=0.",
            credit=0.25,
        ),
        Mistake(
            "along_rows",
            lambda x: reference.min_max(x.T).T,
            "Rows are examples. The minimum and maximum are those of a column: reduce dim=0.",
        ),
        Mistake(
            "minimum_not_subtracted",
            lambda x: _guarded(x, x.amax(0) - x.amin(0)) * (x.amax(0) > x.amin(0)),
            "The columns have range 1, but do not start at 0: subtract the minimum above the line too.",
            credit=0.25,
        ),
        Mistake(
            "divided_by_the_maximum",
            lambda x: _guarded(x - x.amin(0), x.amax(0)),
            "After the minimum is subtracted the largest value is max − min: divide by that.",
            credit=0.25,
        ),
        Mistake(
            "centred_on_the_mean",
            lambda x: _guarded(x - x.mean(0), x.amax(0) - x.amin(0)) * (x.amax(0) > x.amin(0)),
            "The mean is subtracted, so the result lies around 0. Min–max puts the smallest value on 0.",
            credit=0.25,
        ),
        Mistake(
            "from_minus_one_to_one",
            lambda x: 2 * reference.min_max(x) - (x.amax(0) > x.amin(0)).to(x),
            "This maps to [−1, 1], which is useful too, but here [0, 1] is asked for.",
            credit=0.5,
        ),
        Mistake(
            "constant_added_to_the_range",
            lambda x: (x - x.amin(0)) / (x.amax(0) - x.amin(0) + 1e-8),
            "A constant added to the range keeps a narrow column from reaching 1. Treat a range of 0 apart.",
            credit=0.5,
        ),
        Mistake(
            "constant_column_kept",
            lambda x: torch.where(x.amax(0) > x.amin(0), reference.min_max(x), x),
            "A constant column is handed through. It carries no information: it becomes 0.",
            credit=0.5,
        ),
    ],
    equivalent={
        "The largest entry is never below the smallest.": ["return (x - low) / torch.where(span <= 0, 1, span)"],
        "What is divided there is 0.": ["return (x - low) / torch.where(span == 0, 2, span)"],
    },
)

# --- z_score ----------------------------------------------------------------------------------------------


def _z_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, x: Tensor, eps: float, slack: float = 1.0) -> Case:
        return Case(name, {"args": [x], "kwargs": {"eps": eps}, "outputs": ["the scaled table"]}, slack=slack)

    return [
        case("three columns", _table(rng, 6, 3), 1e-8),
        case("a large ε", _table(rng, 5, 2), 0.5),
        case("constant columns", _with_constants(rng), 1e-3),
        case("a small spread on a large mean", 1000 + 0.01 * _table(rng, 9, 3), 1e-3, slack=10),
        case("a non-contiguous table", _table(rng, 4, 7).T, 0.1),
        case("float32", _table(rng, 30, 4, dtype=torch.float32), 1e-6, slack=4),
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
        Accepted("eps_inside_the_root", _inside, "ε is added to the variance, √(σ² + ε), as batch norm does it."),
    ],
    mistakes=[
        Mistake(
            "unbiased_deviation",
            lambda x, *, eps: (x - x.mean(0)) / (x.std(0) + eps),
            "torch.std divides by n − 1 unless told otherwise. Here the deviation of these very rows is wanted: "
            "correction=0.",
            credit=0.75,
        ),
        Mistake(
            "eps_missing",
            lambda x, *, eps: (x - x.mean(0)) / x.std(0, correction=0),
            "Without ε a constant column is 0/0. Add it to the deviation.",
            credit=0.5,
        ),
        Mistake(
            "variance_for_deviation",
            lambda x, *, eps: (x - x.mean(0)) / (x.var(0, correction=0) + eps),
            "The variance stands below the line: take its root, or the result changes with the unit of x.",
            credit=0.25,
        ),
        Mistake(
            "not_centred",
            lambda x, *, eps: x / (x.std(0, correction=0) + eps),
            "The columns keep their means. Subtract the mean of each column above the line.",
            credit=0.25,
        ),
        Mistake(
            "not_scaled",
            _mean_only,
            "The columns are centred but keep their spread: divide by the deviation of each.",
            credit=0.25,
        ),
        Mistake(
            "one_deviation_for_the_table",
            lambda x, *, eps: (x - x.mean(0)) / (x.std(correction=0) + eps),
            "One deviation of the whole table is used. Each column has its own: dim=0.",
            credit=0.25,
        ),
        Mistake(
            "over_all_entries",
            lambda x, *, eps: (x - x.mean()) / (x.std(correction=0) + eps),
            "All entries are thrown together. Mean and deviation belong to a column: dim=0.",
        ),
        Mistake(
            "along_rows",
            lambda x, *, eps: reference.z_score(x.T, eps=eps).T,
            "Rows are examples. Mean and deviation are those of a column: dim=0.",
        ),
        Mistake(
            "eps_outside_the_quotient",
            lambda x, *, eps: (x - x.mean(0)) / x.std(0, correction=0) + eps,
            "ε is added to the quotient and shifts every value. Put brackets around σ + ε.",
            credit=0.25,
        ),
        Mistake(
            "absolute_deviation",
            lambda x, *, eps: (x - x.mean(0)) / ((x - x.mean(0)).abs().mean(0) + eps),
            "σ is the root of the mean square, not the mean of absolute values.",
            credit=0.25,
        ),
    ],
)
