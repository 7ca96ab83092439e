"""Exercise `ewa` of `05_momentum`."""

from __future__ import annotations

import torch
from steepest_grader.exercise.model import Accepted, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.momentum import reference
from steepest_exercises.momentum.averages import (
    along_the_last_axis,
    backwards,
    cases,
    entries_together,
    every_row_is_the_last,
    from_first_value,
    initial_zero_kept,
    last_row,
    mean_of_all_so_far,
    means_alone,
    mix,
    mixed_the_other_way,
    of_single_numbers,
    one_step_late,
    plain_moving_average,
    series,
    two_raw_values,
    written_into_numbers,
)


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


def _oldest_weighs_most(values: Tensor, *, beta: float) -> Tensor:
    powers = torch.tensor([beta**t for t in range(len(values))], dtype=torch.float64).to(values)
    return ((1 - beta) * powers.reshape(-1, *[1] * (values.ndim - 1)) * values).cumsum(dim=0)


def _first_row_raw(values: Tensor, *, beta: float) -> Tensor:
    return torch.cat([values[:1], reference.ewa(values, beta=beta)[1:]])


def _twice(values: Tensor, *, beta: float) -> Tensor:
    return reference.ewa(reference.ewa(values, beta=beta), beta=beta)


def _memory_of_growing_power(values: Tensor, *, beta: float) -> Tensor:
    v, rows = torch.zeros_like(values[0]), []
    for t, x in enumerate(values, start=1):
        v = beta**t * v + (1 - beta**t) * x
        rows.append(v)
    return torch.stack(rows)


EWA = Exercise(
    id="ewa",
    reference=reference.ewa,
    cases=cases,
    points=1,
    accepted=[
        Accepted("running_average", series(mix)),
        Accepted("correction_of_the_old_average", series(lambda v, x, beta: v + (1 - beta) * (x - v))),
        Accepted("linear_interpolation", series(lambda v, x, beta: torch.lerp(x, v, beta))),
        Accepted("sum_over_the_past", _windows),
        Accepted("written_into_place", _written_into_place),
    ],
    mistakes=[
        Mistake(
            "beta_and_one_minus_beta_exchanged",
            series(mixed_the_other_way),
            "beta is the share of the past that is kept; the new value enters with 1 - beta. A beta near 1 "
            "must give a smooth curve.",
            0.5,
        ),
        Mistake(
            "sum_instead_of_average",
            series(lambda v, x, beta: beta * v + x),
            "The new value enters with full weight, so the weights of a long series sum to about 1/(1 - beta). Weigh "
            "it with 1 - beta: then all weights together stay at or under 1.",
            0.25,
        ),
        Mistake(
            "past_never_fades",
            series(lambda v, x, beta: v + (1 - beta) * x),
            "The old average keeps its full weight, so no value is ever forgotten. Multiply it by beta before adding.",
        ),
        Mistake(
            "past_forgotten",
            series(lambda v, x, beta: (1 - beta) * x),
            "Each result is the current value alone, made smaller. Add beta times the average of the step before.",
        ),
        Mistake(
            "averages_two_raw_values",
            two_raw_values,
            "The previous value of the series is mixed in where the previous average belongs. Use the last "
            "result, not the last input: that is how the whole past stays in it.",
            forms=[lambda values, *, beta: torch.cat([values[:1], two_raw_values(values, beta=beta)[1:]])],
        ),
        Mistake(
            "starts_from_first_value",
            from_first_value(),
            "The average starts from the first value; here it starts from zero, so that the first result is"
            " (1 - beta) times the first value. The bias this causes is what the next exercise repairs.",
            0.5,
        ),
        Mistake(
            "first_row_is_the_raw_value",
            _first_row_raw,
            "Only the first row is wrong: it is the first value itself. From a start at zero it is (1 - beta) times "
            "that value, as the formula says for t = 1.",
            0.5,
        ),
        Mistake(
            "starts_from_one",
            series(mix, start=1.0),
            "The average starts from 1. It starts from zero: torch.zeros_like(values[0]).",
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
            last_row(reference.ewa),
            "Only the last average is returned. Keep the average after every value: as many rows as there are values.",
            0.5,
        ),
        Mistake(
            "one_step_late",
            one_step_late(reference.ewa),
            "Each row is the average before its own value was added. Update first, then store.",
            0.5,
        ),
        Mistake(
            "initial_zero_kept",
            initial_zero_kept(reference.ewa),
            "The starting zero is part of the result, which is one row too long. Store only the averages "
            "that follow a value.",
            0.5,
        ),
        Mistake(
            "every_row_is_the_last",
            every_row_is_the_last,
            "All rows are alike: each is the last average. That happens where one tensor is changed in place, as by "
            "`v *= beta`, and stored at every step. v = beta * v + (1 - beta) * x makes a new one.",
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
            "beta_scales_the_new_value_too",
            series(lambda v, x, beta: beta * (v + (1 - beta) * x)),
            "Every weight has one power of beta too many: the new value is multiplied by beta as well. Today's value "
            "lies 0 days back, and beta**0 is 1.",
            0.5,
        ),
        Mistake(
            "new_value_subtracted",
            series(lambda v, x, beta: beta * v - (1 - beta) * x),
            "The new value is subtracted. An average is a sum with weights: add (1 - beta) times the value.",
            0.25,
        ),
        Mistake(
            "change_of_the_values",
            lambda values, *, beta: reference.ewa(
                torch.diff(values, dim=0, prepend=torch.zeros_like(values[:1])), beta=beta
            ),
            "The differences between neighbouring values are averaged. The values themselves belong in the formula.",
        ),
        Mistake(
            "power_of_beta_in_the_recursion",
            _memory_of_growing_power,
            "beta is raised to the power t inside the recursion. The powers come by themselves, because beta times the "
            "old average is taken again at every step: multiply by beta alone.",
            0.25,
        ),
        Mistake(
            "plain_moving_average",
            plain_moving_average,
            "This is the mean of the last 1/(1 - beta) values. That number only says how far the memory "
            "reaches; the weights themselves fade as powers of beta.",
        ),
        Mistake(
            "mean_of_all_so_far",
            mean_of_all_so_far,
            "This is the plain mean of all values so far, in which none is forgotten. Here the weights fade: a value "
            "that lies k steps back counts with (1 - beta) * beta**k.",
        ),
        Mistake(
            "divided_by_the_count",
            series(mix, lambda v, beta, t: v / t),
            "The average is divided by the number of values as well. The weights (1 - beta) * beta**k make it an "
            "average already.",
            0.25,
        ),
        Mistake(
            "averaged_twice",
            _twice,
            "The averages are averaged once more. One pass over the values is asked for.",
            0.25,
        ),
        Mistake(
            "runs_backwards",
            backwards(reference.ewa),
            "Time runs backwards: each row averages the values that are still to come. Begin with values[0].",
            0.25,
        ),
        Mistake(
            "entries_averaged_together",
            entries_together(reference.ewa),
            "The entries of a vector are averaged with each other. Each entry is a series of its own: mix whole rows, "
            "and take no mean.",
            0.25,
            forms=[means_alone(reference.ewa)],
        ),
        Mistake(
            "along_last_axis",
            along_the_last_axis(reference.ewa),
            "Time runs along the first axis, and here the average runs along the last. For a series of "
            "vectors, `for x in values` gives one vector after another.",
            0.5,
        ),
        Mistake(
            "single_numbers_only",
            of_single_numbers(reference.ewa),
            "It works for a series of numbers alone. Each values[t] may be a vector or a matrix: start from "
            "torch.zeros_like(values[0]), collect tensors, and join them with torch.stack.",
            0.5,
            forms=[of_single_numbers(reference.ewa, torch.Tensor.item), written_into_numbers(reference.ewa)],
        ),
    ],
    equivalent={
        reasons.ONLY_THE_SHAPE: ["average = torch.zeros_like(values[-1])"],
    },
)
