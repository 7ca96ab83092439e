"""Exercises `ewa` and `ewa_corrected` of `05_momentum`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.inputs import normal
from steepest_exercises.momentum import reference

Average = Callable[..., Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, values: Tensor, beta: float) -> Case:
        return Case(name, {"args": [values], "kwargs": {"beta": beta}, "outputs": ["the series of averages"]})

    return [
        case("a short series", 1 + normal(rng, 7), 0.9),
        case("a long memory", 1 + normal(rng, 12), 0.98),
        case("a short memory", 1 + normal(rng, 9), 0.3),
        case("float32", (1 + normal(rng, 10)).float(), 0.9),
        case("a non-contiguous series of vectors", (1 + normal(rng, 3, 8)).T, 0.8),
        case("a series of matrices", 1 + normal(rng, 5, 2, 3), 0.6),
        case("one value", 1 + normal(rng, 1), 0.7),
    ]


def _series(
    update: Callable[[Tensor, Tensor, float], Tensor],
    emit: Callable[[Tensor, float, int], Tensor] = lambda v, beta, t: v,
) -> Average:
    """Averages by a loop: v ← update(v, x, beta) from zero; row t, counted from 1, is emit(v, beta, t)."""

    def average(values: Tensor, *, beta: float) -> Tensor:
        v, rows = torch.zeros_like(values[0]), []
        for t, x in enumerate(values, start=1):
            v = update(v, x, beta)
            rows.append(emit(v, beta, t))
        return torch.stack(rows)

    return average


def _mix(v: Tensor, x: Tensor, beta: float) -> Tensor:
    return beta * v + (1 - beta) * x


def _mixed_the_other_way(v: Tensor, x: Tensor, beta: float) -> Tensor:
    return (1 - beta) * v + beta * x


def _corrected(v: Tensor, beta: float, t: int) -> Tensor:
    return v / (1 - beta**t)


def _along_the_last_axis(average: Average) -> Average:
    return lambda values, *, beta: average(values.movedim(-1, 0), beta=beta).movedim(0, -1)


def _last_row(average: Average) -> Average:
    return lambda values, *, beta: average(values, beta=beta)[-1]


def _from_first_value(
    emit: Callable[[Tensor, float, int], Tensor] = lambda v, beta, t: v,
) -> Average:
    def average(values: Tensor, *, beta: float) -> Tensor:
        v = values[0]
        rows = [emit(v, beta, 1)]
        for t, x in enumerate(values[1:], start=2):
            v = _mix(v, x, beta)
            rows.append(emit(v, beta, t))
        return torch.stack(rows)

    return average


# --- ewa ---------------------------------------------------------------------


def _windows(values: Tensor, *, beta: float) -> Tensor:
    """Each row a weighted sum over all values up to it."""
    rows = []
    for t in range(1, len(values) + 1):
        powers = torch.tensor([beta**lag for lag in reversed(range(t))], dtype=torch.float64)
        weights = (1 - beta) * powers.to(values)
        rows.append((weights.reshape(-1, *[1] * (values.ndim - 1)) * values[:t]).sum(dim=0))
    return torch.stack(rows)


def _written_into_place(values: Tensor, *, beta: float) -> Tensor:
    out = (1 - beta) * values
    for t in range(1, len(out)):
        out[t] += beta * out[t - 1]
    return out


def _one_step_late(values: Tensor, *, beta: float) -> Tensor:
    averages = reference.ewa(values, beta=beta)
    return torch.cat([torch.zeros_like(values[:1]), averages[:-1]])


def _initial_zero_kept(values: Tensor, *, beta: float) -> Tensor:
    return torch.cat([torch.zeros_like(values[:1]), reference.ewa(values, beta=beta)])


def _every_row_is_the_last(values: Tensor, *, beta: float) -> Tensor:
    v, rows = torch.zeros_like(values[0]), []
    for x in values:
        v *= beta
        v += (1 - beta) * x
        rows.append(v)
    return torch.stack(rows)


def _two_raw_values(values: Tensor, *, beta: float) -> Tensor:
    before = torch.cat([torch.zeros_like(values[:1]), values[:-1]])
    return beta * before + (1 - beta) * values


def _oldest_weighs_most(values: Tensor, *, beta: float) -> Tensor:
    powers = torch.tensor([beta**t for t in range(len(values))], dtype=torch.float64).to(values)
    return ((1 - beta) * powers.reshape(-1, *[1] * (values.ndim - 1)) * values).cumsum(dim=0)


def _plain_moving_average(values: Tensor, *, beta: float) -> Tensor:
    window = round(1 / (1 - beta))
    return torch.stack([values[max(0, t - window) : t].mean(dim=0) for t in range(1, len(values) + 1)])


EWA = Exercise(
    id="ewa",
    reference=reference.ewa,
    cases=_cases,
    points=1,
    accepted=[
        Accepted("running_average", _series(_mix)),
        Accepted("correction_of_the_old_average", _series(lambda v, x, beta: v + (1 - beta) * (x - v))),
        Accepted("linear_interpolation", _series(lambda v, x, beta: torch.lerp(x, v, beta))),
        Accepted("sum_over_the_past", _windows),
        Accepted("written_into_place", _written_into_place),
    ],
    mistakes=[
        Mistake(
            "beta_and_one_minus_beta_exchanged",
            _series(_mixed_the_other_way),
            "beta is the share of the past that is kept; the new value enters with 1 - beta. A beta near 1 "
            "must give a smooth curve.",
            0.5,
        ),
        Mistake(
            "sum_instead_of_average",
            _series(lambda v, x, beta: beta * v + x),
            "The new value enters with full weight, so the result grows to about 1/(1 - beta) times the "
            "values. Weigh it with 1 - beta: then all weights together stay at or under 1.",
            0.25,
        ),
        Mistake(
            "past_never_fades",
            _series(lambda v, x, beta: v + (1 - beta) * x),
            "The old average keeps its full weight, so it only ever grows. Multiply it by beta before adding.",
        ),
        Mistake(
            "past_forgotten",
            _series(lambda v, x, beta: (1 - beta) * x),
            "Each result is the current value alone, made smaller. Add beta times the average of the step before.",
        ),
        Mistake(
            "averages_two_raw_values",
            _two_raw_values,
            "The previous value of the series is mixed in where the previous average belongs. Use the last "
            "result, not the last input: that is how the whole past stays in it.",
        ),
        Mistake(
            "starts_from_first_value",
            _from_first_value(),
            "The average starts from the first value; here it starts from zero, so that the first result is"
            " (1 - beta) times the first value. The bias this causes is what the next exercise repairs.",
            0.5,
        ),
        Mistake(
            "bias_corrected",
            reference.ewa_corrected,
            "This is already corrected for its start from zero. The plain average is asked for: no division.",
            0.5,
        ),
        Mistake(
            "last_average_only",
            _last_row(reference.ewa),
            "Only the last average is returned. Keep the average after every value: as many rows as there are values.",
            0.5,
        ),
        Mistake(
            "one_step_late",
            _one_step_late,
            "Each row is the average before its own value was added. Update first, then store.",
            0.5,
        ),
        Mistake(
            "initial_zero_kept",
            _initial_zero_kept,
            "The starting zero is part of the result, which is one row too long. Store only the averages "
            "that follow a value.",
            0.5,
        ),
        Mistake(
            "every_row_is_the_last",
            _every_row_is_the_last,
            "All rows are one and the same tensor, changed in place: `v *= beta` and `v +=` change what was"
            " stored before. Write v = beta * v + (1 - beta) * x, which makes a new one.",
            0.5,
        ),
        Mistake(
            "oldest_weighs_most",
            _oldest_weighs_most,
            "The powers of beta run the wrong way: the oldest value has the largest weight. A value that "
            "lies k steps back has the weight (1 - beta) * beta**k.",
            0.25,
        ),
        Mistake(
            "plain_moving_average",
            _plain_moving_average,
            "This is the mean of the last 1/(1 - beta) values. That number only says how far the memory "
            "reaches; the weights themselves fade as powers of beta.",
        ),
        Mistake(
            "along_last_axis",
            _along_the_last_axis(reference.ewa),
            "Time runs along the first axis, and here the average runs along the last. For a series of "
            "vectors, `for x in values` gives one vector after another.",
            0.5,
        ),
    ],
    equivalent={
        reasons.ONLY_THE_SHAPE: ["average = torch.zeros_like(values[-1])"],
    },
)


# --- ewa_corrected -----------------------------------------------------------


def _counted_weights(values: Tensor, *, beta: float) -> Tensor:
    total, weight, rows = torch.zeros_like(values[0]), 0.0, []
    for x in values:
        total, weight = beta * total + x, beta * weight + 1
        rows.append(total / weight)
    return torch.stack(rows)


def _shrinking_rate(values: Tensor, *, beta: float) -> Tensor:
    mean, rows = torch.zeros_like(values[0]), []
    for t, x in enumerate(values, start=1):
        mean = mean + (1 - beta) / (1 - beta**t) * (x - mean)
        rows.append(mean)
    return torch.stack(rows)


def _all_at_once(values: Tensor, *, beta: float) -> Tensor:
    t = torch.arange(1, len(values) + 1, dtype=values.dtype, device=values.device)
    return _series(_mix)(values, beta=beta) / (1 - beta**t).reshape(-1, *[1] * (values.ndim - 1))


def _correction_fed_back(values: Tensor, *, beta: float) -> Tensor:
    v, rows = torch.zeros_like(values[0]), []
    for t, x in enumerate(values, start=1):
        v = _mix(v, x, beta) / (1 - beta**t)
        rows.append(v)
    return torch.stack(rows)


def _one_correction_for_all(values: Tensor, *, beta: float) -> Tensor:
    averages: Tensor = reference.ewa(values, beta=beta) / (1 - beta ** len(values))
    return averages


EWA_CORRECTED = Exercise(
    id="ewa_corrected",
    reference=reference.ewa_corrected,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("running_average_divided", _series(_mix, _corrected)),
        Accepted("divided_all_at_once", _all_at_once),
        Accepted("weights_counted_along", _counted_weights),
        Accepted("shrinking_rate", _shrinking_rate),
    ],
    mistakes=[
        Mistake(
            "not_corrected",
            reference.ewa,
            "These are the plain averages, still pulled towards the zero they start from. Divide the one "
            "after t values by 1 - beta**t.",
        ),
        Mistake(
            "t_starts_at_zero",
            _series(_mix, lambda v, beta, t: v / (1 - beta ** (t - 1))),
            "1 - beta**0 is 0, so the first result is infinite. t counts the values already averaged: it is"
            " 1 for the first; enumerate(values, start=1) counts so.",
            0.5,
        ),
        Mistake(
            "t_one_ahead",
            _series(_mix, lambda v, beta, t: v / (1 - beta ** (t + 1))),
            "The first result should be the first value itself, and it is too small: t is one ahead. After "
            "the first value t is 1.",
            0.5,
        ),
        Mistake(
            "correction_fed_back",
            _correction_fed_back,
            "The corrected average goes back into the running one and is corrected again at every step. "
            "Keep v uncorrected and divide only what you store.",
            0.25,
        ),
        Mistake(
            "power_of_t_forgotten",
            _series(_mix, lambda v, beta, t: v / (1 - beta)),
            "1 - beta is the correction of the first step only. After t values the weights sum to 1 - beta**t.",
            0.25,
        ),
        Mistake(
            "beta_times_t",
            _series(_mix, lambda v, beta, t: v / (1 - beta * t)),
            "beta is multiplied by t where it should be raised to the power t: `beta**t`.",
            0.25,
        ),
        Mistake(
            "one_minus_beta_to_the_t",
            _series(_mix, lambda v, beta, t: v / (1 - beta) ** t),
            "The power belongs to beta alone: 1 - beta**t, not (1 - beta)**t.",
            0.25,
        ),
        Mistake(
            "divides_by_beta_to_the_t",
            _series(_mix, lambda v, beta, t: v / beta**t),
            "beta**t is the weight that the zero at the start still has. What is there instead is 1 - "
            "beta**t; divide by that.",
            0.25,
        ),
        Mistake(
            "multiplies_by_the_correction",
            _series(_mix, lambda v, beta, t: v * (1 - beta**t)),
            "The average is too small, and multiplying by 1 - beta**t makes it smaller still. Divide.",
            0.25,
        ),
        Mistake(
            "one_correction_for_all",
            _one_correction_for_all,
            "Every row is divided by the last row's correction. t differs from row to row: 1 for the first,"
            " 2 for the second.",
            0.25,
        ),
        Mistake(
            "starts_from_first_value",
            _from_first_value(),
            "The average starts from the first value instead of being corrected. That gives the first value"
            " far too much weight for a long time; start from zero and divide by 1 - beta**t.",
        ),
        Mistake(
            "corrects_a_start_from_first_value",
            _from_first_value(_corrected),
            "The average starts from the first value and is corrected as if it had started from zero, so it"
            " is too large. Start from zero.",
            0.25,
        ),
        Mistake(
            "beta_and_one_minus_beta_exchanged",
            _series(_mixed_the_other_way, _corrected),
            "beta is the share of the past that is kept; the new value enters with 1 - beta.",
            0.25,
        ),
        Mistake(
            "sum_instead_of_average",
            _series(lambda v, x, beta: beta * v + x, _corrected),
            "The new value enters with full weight: weigh it with 1 - beta before you correct.",
            0.25,
        ),
        Mistake(
            "last_average_only",
            _last_row(reference.ewa_corrected),
            "Only the last average is returned. Keep the corrected average after every value.",
            0.5,
        ),
        Mistake(
            "along_last_axis",
            _along_the_last_axis(reference.ewa_corrected),
            "Time runs along the first axis, and here the average runs along the last.",
            0.5,
        ),
    ],
    equivalent={
        reasons.ONLY_THE_SHAPE: ["average = torch.zeros_like(values[-1])"],
    },
)
