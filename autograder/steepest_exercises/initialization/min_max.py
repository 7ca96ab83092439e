"""`min_max`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.initialization import reference, tables


def _min_max_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, x: Tensor, corner: float = 0.0) -> Case:
        return Case(name, {"args": [x], "kwargs": {}, "outputs": ["the scaled table"]}, corner=corner)

    narrow = tables.table(rng, 6, 3)
    narrow[:, 2] = 1e-6 * narrow[:, 2]
    return [
        case("three columns", tables.table(rng, 7, 3)),
        case("two constant columns", tables.with_constants(rng), corner=0.25),
        case("a column with a range of a millionth", narrow, corner=0.2),
        case("only one row", tables.table(rng, 1, 4), corner=0.1),
        case("a non-contiguous table", tables.table(rng, 4, 9).T),
        case("float32", tables.table(rng, 20, 2, dtype=torch.float32)),
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


def _fill(divisor: Tensor) -> Tensor:
    return torch.where(divisor == 0, 1, divisor)


def _global_min_max(x: Tensor) -> Tensor:
    return _guarded(x - x.min(), x.max() - x.min())


def _ends(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    low, high = x.amin(0), x.amax(0)
    return low, high, high - low


def _for_zero(x: Tensor, fill: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Sound but in constant columns, where `fill` says what stands there."""
    return torch.where(_ends(x)[2] > 0, reference.min_max(x), fill(x, torch.zeros_like(x)))


def _left_out(x: Tensor) -> Tensor:
    return reference.min_max(x)[:, _ends(x)[2] > 0]


def _added(constant: float) -> Callable[[Tensor], Tensor]:
    return lambda x: (x - _ends(x)[0]) / (_ends(x)[2] + constant)


def _floor(least: float) -> Callable[[Tensor], Tensor]:
    return lambda x: (x - _ends(x)[0]) / _ends(x)[2].clamp(min=least)


def _ones_below(least: float) -> Callable[[Tensor], Tensor]:
    return lambda x: (x - _ends(x)[0]) / torch.where(_ends(x)[2] < least, 1, _ends(x)[2])


def _over(x: Tensor, divisor: Tensor) -> Tensor:
    """What is left of the minimum, over another divisor."""
    return _guarded(x - x.amin(0), divisor)


MIN_MAX = Exercise(
    id="min_max",
    reference=reference.min_max,
    cases=_min_max_cases,
    points=1,
    accepted=[
        Accepted("nan_to_zero", _nan_to_zero),
        Accepted("zero_range_filled", _filled_span),
        Accepted("column_by_column", tables.columns(_one_column)),
        Accepted("range_with_a_floor", _tiny_floor),
        Accepted("as_the_hint_has_it", lambda x: (x - x.min(dim=0).values) / _fill(_ends(x)[2])),
    ],
    mistakes=[
        Mistake(
            "constant_column_is_nan",
            lambda x: (x - _ends(x)[0]) / _ends(x)[2],
            "A constant column has range 0, and 0/0 is NaN, which spreads to all that is computed from it. Give 0"
            " there.",
            credit=0.75,
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
            forms=[lambda x: (x - x.amin(1, keepdim=True)) / (x.amax(1, keepdim=True) - x.amin(1, keepdim=True))],
        ),
        Mistake(
            "minimum_not_subtracted",
            lambda x: _guarded(x, x.amax(0) - x.amin(0)) * (x.amax(0) > x.amin(0)),
            "The columns do not start at 0, though those that vary have range 1: the minimum has to be taken away"
            " before the division.",
            credit=0.25,
            forms=[lambda x: x / _ends(x)[2], lambda x: x / _fill(_ends(x)[2])],
        ),
        Mistake(
            "divided_by_the_maximum",
            lambda x: _guarded(x - x.amin(0), x.amax(0)),
            "After the minimum is subtracted the largest value is max − min: divide by that.",
            credit=0.25,
            forms=[lambda x: _over(x, x.abs().amax(0)), lambda x: (x - _ends(x)[0]) / _ends(x)[1]],
        ),
        Mistake(
            "centred_on_the_mean",
            lambda x: _guarded(x - x.mean(0), x.amax(0) - x.amin(0)) * (x.amax(0) > x.amin(0)),
            "The mean is subtracted, so the result lies around 0. Min–max puts the smallest value on 0.",
            credit=0.25,
            forms=[lambda x: (x - x.mean(0)) / _ends(x)[2], lambda x: (x - x.mean(0)) / _fill(_ends(x)[2])],
        ),
        Mistake(
            "from_minus_one_to_one",
            lambda x: 2 * reference.min_max(x) - (x.amax(0) > x.amin(0)).to(x),
            "This maps to [−1, 1], which is useful too, but here [0, 1] is asked for.",
            credit=0.5,
            forms=[lambda x: 2 * (x - _ends(x)[0]) / _fill(_ends(x)[2]) - 1, lambda x: 2 * _added(0)(x) - 1],
        ),
        Mistake(
            "constant_added_to_the_range",
            _added(1e-8),
            "A narrow column does not quite reach 1, as when a constant is added to the range. Only a range of"
            " exactly 0 needs a treatment of its own.",
            credit=0.8,
            forms=[_added(constant) for constant in (1e-12, 1e-10, 1e-9, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3)],
        ),
        Mistake(
            "narrow_columns_cut_short",
            _floor(1.0),
            "A column of small range does not reach 1, as when it is taken for constant, or its range replaced by"
            " a larger number. Only a range of exactly 0 needs a treatment of its own.",
            credit=0.8,
            forms=[
                *(_floor(least) for least in (1e-5, 1e-4, 1e-3, 1e-2)),
                *(_ones_below(least) for least in (1e-5, 1e-4, 1e-3, 1e-2)),
                lambda x: torch.where(_ends(x)[2] > 1e-5, reference.min_max(x), 0),
            ],
        ),
        Mistake(
            "constant_column_kept",
            lambda x: torch.where(x.amax(0) > x.amin(0), reference.min_max(x), x),
            "A constant column is handed through. It carries no information: it becomes 0.",
            credit=0.75,
        ),
        Mistake(
            "constant_column_is_one_half",
            lambda x: _for_zero(x, lambda x, zeros: zeros + 0.5),
            "A constant column gets another number than 0. It carries no information: it becomes 0.",
            credit=0.75,
            forms=[lambda x: _for_zero(x, lambda x, zeros: zeros + 1)],
        ),
        Mistake(
            "constant_column_left_out",
            _left_out,
            "A constant column is left out, so the table has fewer columns. It stays, and becomes 0.",
            credit=0.75,
        ),
        Mistake(
            "brackets_missing",
            lambda x: x - torch.nan_to_num(_ends(x)[0] / _ends(x)[2], nan=0.0, posinf=0.0, neginf=0.0),
            "Only the minimum is divided by the range. / binds more tightly than −: the whole of x − min has to be"
            " divided.",
            credit=0.5,
            forms=[lambda x: x - _ends(x)[0] / _ends(x)[2], lambda x: x - _ends(x)[0] / _fill(_ends(x)[2])],
        ),
        Mistake(
            "brackets_missing_below",
            lambda x: (x - _ends(x)[0]) / _ends(x)[1] - _ends(x)[0],
            "The minimum is subtracted from a quotient. / binds more tightly than −: the whole of max − min"
            " belongs below the line.",
            credit=0.5,
        ),
        Mistake(
            "upside_down",
            lambda x: _over(-x, _ends(x)[2]),
            "The order is reversed: the larger a value, the smaller its result. The smallest should become 0 and"
            " the largest 1, as in (x − min)/(max − min).",
            credit=0.25,
            forms=[lambda x: -reference.min_max(x), lambda x: (_ends(x)[1] - x) / _ends(x)[2]],
        ),
        Mistake(
            "maximum_subtracted",
            lambda x: _guarded(x - _ends(x)[1], _ends(x)[2]),
            "The columns end at 0 and begin at −1, where 0 to 1 is asked for: what is subtracted above the line"
            " should be the minimum.",
            credit=0.25,
            forms=[lambda x: (x - _ends(x)[1]) / _ends(x)[2]],
        ),
        Mistake(
            "divided_by_the_deviation",
            lambda x: _over(x, x.std(0, correction=0)),
            "The standard deviation stands below the line, as in the z-score. Min–max divides by max − min.",
            credit=0.25,
            forms=[lambda x: (x - _ends(x)[0]) / x.std(0), lambda x: (x - _ends(x)[0]) / _fill(x.std(0))],
        ),
        Mistake(
            "divided_by_the_maximum_alone",
            lambda x: _guarded(x, _ends(x)[1]),
            "x is divided by its largest value, or largest absolute value, and the minimum is nowhere: subtract it"
            " above the line and below.",
            forms=[lambda x: _guarded(x, x.abs().amax(0))],
        ),
        Mistake(
            "z_score_instead",
            lambda x: _guarded(x - x.mean(0), x.std(0, correction=0)),
            "This is the z-score: mean and deviation. Min–max takes the smallest value of a column to 0 and the largest"
            " to 1.",
            forms=[lambda x: (x - x.mean(0)) / x.std(0), lambda x: (x - x.mean(0)) / x.std(0, correction=0)],
        ),
        Mistake(
            "clipped",
            lambda x: x.clamp(0, 1),
            "The values are cut off at 0 and 1. Shift and stretch each column, so that all of it lies in between.",
        ),
        Mistake(
            "minimum_of_the_table",
            lambda x: _guarded(x - x.min(), _ends(x)[2]),
            "The range is that of each column, but the minimum that of the whole table. Each column has its own:"
            " dim=0.",
            credit=0.25,
            forms=[lambda x: (x - x.min()) / _ends(x)[2], lambda x: (x - x.min()) / _fill(_ends(x)[2])],
        ),
        Mistake(
            "range_of_the_table",
            lambda x: _over(x, x.max() - x.min()),
            "The minimum is that of each column, but the range that of the whole table: reduce dim=0 in both.",
            credit=0.25,
        ),
        Mistake(
            "returns_more_than_the_table",
            lambda x: (reference.min_max(x), _ends(x)[0], _ends(x)[1]),
            "The scaled table comes together with other things. Return the table alone.",
            credit=0.5,
            forms=[lambda x: (reference.min_max(x), _ends(x)[0], _ends(x)[2])],
        ),
    ],
    equivalent={
        "The largest entry is never below the smallest.": ["return (x - low) / torch.where(span <= 0, 1, span)"],
        "What is divided there is 0.": ["return (x - low) / torch.where(span == 0, 2, span)"],
    },
)
