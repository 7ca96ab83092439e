"""What the exercises `ewa` and `ewa_corrected` of `05_momentum` share: cases, and averages written as a loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Case
from torch import Tensor

from steepest_exercises.inputs import normal

Average = Callable[..., Tensor]


def cases(rng: np.random.Generator) -> Sequence[Case]:
    """Series of numbers, of vectors and of matrices, with short and long memories."""

    def case(name: str, values: Tensor, beta: float, corner: float = 0.0) -> Case:
        inputs = {"args": [values], "kwargs": {"beta": beta}, "outputs": ["the series of averages"]}
        return Case(name, inputs, corner=corner)

    return [
        case("a short series", 1 + normal(rng, 7), 0.9),
        case("a long memory", 1 + normal(rng, 12), 0.98),
        case("a short memory", 1 + normal(rng, 9), 0.3),
        case("float32", (1 + normal(rng, 10)).float(), 0.9),
        case("a non-contiguous series of vectors", (1 + normal(rng, 3, 8)).T, 0.8),
        case("a series of matrices", 1 + normal(rng, 5, 2, 3), 0.6),
        case("as many entries as values", 1 + normal(rng, 4, 4), 0.5),
        case("one value", 1 + normal(rng, 1), 0.7, 0.1),
        case("no memory at all, beta = 0", 1 + normal(rng, 4), 0.0, 0.1),
    ]


def plain(v: Tensor, beta: float, t: int) -> Tensor:
    """The average as it is."""
    return v


def corrected(v: Tensor, beta: float, t: int) -> Tensor:
    """The average, with weights that sum to 1."""
    return v / (1 - beta**t)


def mix(v: Tensor, x: Tensor, beta: float) -> Tensor:
    """The recursion of the lesson."""
    return beta * v + (1 - beta) * x


def mixed_the_other_way(v: Tensor, x: Tensor, beta: float) -> Tensor:
    """The recursion with both shares exchanged."""
    return (1 - beta) * v + beta * x


def series(
    update: Callable[[Tensor, Tensor, float], Tensor],
    emit: Callable[[Tensor, float, int], Tensor] = plain,
    start: float = 0.0,
) -> Average:
    """Averages by a loop: v ← update(v, x, beta) from `start`; row t, counted from 1, is emit(v, beta, t)."""

    def average(values: Tensor, *, beta: float) -> Tensor:
        v, rows = torch.full_like(values[0], start), []
        for t, x in enumerate(values, start=1):
            v = update(v, x, beta)
            rows.append(emit(v, beta, t))
        return torch.stack(rows)

    return average


def along_the_last_axis(average: Average) -> Average:
    """The same with time running along the last axis."""
    return lambda values, *, beta: average(values.movedim(-1, 0), beta=beta).movedim(0, -1)


def backwards(average: Average) -> Average:
    """The same from the last value to the first."""
    return lambda values, *, beta: average(values.flip(0), beta=beta).flip(0)


def last_row(average: Average) -> Average:
    """The last average alone."""
    return lambda values, *, beta: average(values, beta=beta)[-1]


def one_step_late(average: Average) -> Average:
    """Each average before its own value was added."""
    return lambda values, *, beta: torch.cat([torch.zeros_like(values[:1]), average(values, beta=beta)[:-1]])


def initial_zero_kept(average: Average) -> Average:
    """One row more, the zero of the start."""
    return lambda values, *, beta: torch.cat([torch.zeros_like(values[:1]), average(values, beta=beta)])


def entries_together(average: Average) -> Average:
    """The average of the mean of each value's entries, for all entries alike."""

    def averaged(values: Tensor, *, beta: float) -> Tensor:
        means = values.reshape(len(values), -1).mean(dim=1)
        return average(means, beta=beta).reshape(-1, *[1] * (values.ndim - 1)).expand_as(values).clone()

    return averaged


def means_alone(average: Average) -> Average:
    """The average of the mean of each value's entries, one number a row."""
    return lambda values, *, beta: average(values.reshape(len(values), -1).mean(dim=1), beta=beta)


def of_single_numbers(average: Average, number: Callable[[Tensor], float] = float) -> Average:
    """An average for which each value has to be one number."""
    return lambda values, *, beta: average(
        torch.tensor([number(value) for value in values], dtype=values.dtype), beta=beta
    )


def written_into_numbers(average: Average) -> Average:
    """An average whose rows are written into a tensor with one axis."""

    def averaged(values: Tensor, *, beta: float) -> Tensor:
        out = torch.zeros(len(values), dtype=values.dtype)
        for t, row in enumerate(average(values, beta=beta)):
            out[t] = row
        return out

    return averaged


def from_first_value(emit: Callable[[Tensor, float, int], Tensor] = plain) -> Average:
    """Averages whose first is the first value itself."""

    def average(values: Tensor, *, beta: float) -> Tensor:
        v = values[0]
        rows = [emit(v, beta, 1)]
        for t, x in enumerate(values[1:], start=2):
            v = mix(v, x, beta)
            rows.append(emit(v, beta, t))
        return torch.stack(rows)

    return average


def two_raw_values(values: Tensor, *, beta: float) -> Tensor:
    """Each value mixed with the one before it."""
    before = torch.cat([torch.zeros_like(values[:1]), values[:-1]])
    return beta * before + (1 - beta) * values


def plain_moving_average(values: Tensor, *, beta: float) -> Tensor:
    """The mean of the last 1/(1 − beta) values."""
    window = round(1 / (1 - beta))
    return torch.stack([values[max(0, t - window) : t].mean(dim=0) for t in range(1, len(values) + 1)])


def mean_of_all_so_far(values: Tensor, *, beta: float) -> Tensor:
    """The mean of all values up to each."""
    counts = torch.arange(1, len(values) + 1, dtype=values.dtype, device=values.device)
    return values.cumsum(dim=0) / counts.reshape(-1, *[1] * (values.ndim - 1))


def every_row_is_the_last(values: Tensor, *, beta: float) -> Tensor:
    """One tensor, changed in place and stored at each step."""
    v, rows = torch.zeros_like(values[0]), []
    for x in values:
        v *= beta
        v += (1 - beta) * x
        rows.append(v)
    return torch.stack(rows)
