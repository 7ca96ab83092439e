"""Exercise `ewa_corrected` of `05_momentum`."""

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
    corrected,
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
)


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
    return series(mix)(values, beta=beta) / (1 - beta**t).reshape(-1, *[1] * (values.ndim - 1))


def _correction_fed_back(values: Tensor, *, beta: float) -> Tensor:
    v, rows = torch.zeros_like(values[0]), []
    for t, x in enumerate(values, start=1):
        v = mix(v, x, beta) / (1 - beta**t)
        rows.append(v)
    return torch.stack(rows)


def _one_correction_for_all(values: Tensor, *, beta: float) -> Tensor:
    averages: Tensor = reference.ewa(values, beta=beta) / (1 - beta ** len(values))
    return averages


def _correction_in_reverse(values: Tensor, *, beta: float) -> Tensor:
    averages, length = reference.ewa(values, beta=beta), len(values)
    return torch.stack([row / (1 - beta ** (length - t)) for t, row in enumerate(averages)])


def _along_the_last_axis(values: Tensor, *, beta: float) -> Tensor:
    t = torch.arange(1, len(values) + 1, dtype=values.dtype)
    return reference.ewa(values, beta=beta) / (1 - beta**t)


CORRECTION_LIES_WRONG = (
    "The correction does not fit a series of vectors or matrices, as where it is laid along the last axis. Row t is "
    "divided by its own number: divide inside the loop, or reshape the corrections to (-1, 1, …)."
)


EWA_CORRECTED = Exercise(
    id="ewa_corrected",
    reference=reference.ewa_corrected,
    cases=cases,
    points=2,
    accepted=[
        Accepted("running_average_divided", series(mix, corrected)),
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
            "only_the_first_corrected",
            series(mix, lambda v, beta, t: v / (1 - beta) if t == 1 else v),
            "Only the first row is corrected. The second still lacks the weight beta**2, the third beta**3: divide "
            "every row by its own 1 - beta**t.",
            0.25,
        ),
        Mistake(
            "t_starts_at_zero",
            series(mix, lambda v, beta, t: v / (1 - beta ** (t - 1))),
            "t is one behind: the second average is divided by 1 - beta, and for the first 1 - beta**0 would be 0. t "
            "counts the values already averaged: it is 1 for the first.",
            0.5,
            forms=[
                series(mix, lambda v, beta, t: v / (1 - beta ** (t - 1)) if t > 1 else v),
                series(mix, lambda v, beta, t: v / (1 - beta ** (t - 1) + 1e-8)),
            ],
        ),
        Mistake(
            "t_one_ahead",
            series(mix, lambda v, beta, t: v / (1 - beta ** (t + 1))),
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
            series(mix, lambda v, beta, t: v / (1 - beta)),
            "1 - beta is the correction of the first step only. After t values the weights sum to 1 - beta**t.",
            0.25,
        ),
        Mistake(
            "beta_times_t",
            series(mix, lambda v, beta, t: v / (1 - beta * t)),
            "beta is multiplied by t where it should be raised to the power t: `beta**t`.",
            0.25,
        ),
        Mistake(
            "one_minus_beta_to_the_t",
            series(mix, lambda v, beta, t: v / (1 - beta) ** t),
            "The power belongs to beta alone: 1 - beta**t, not (1 - beta)**t.",
            0.25,
        ),
        Mistake(
            "correction_with_the_other_share",
            series(mix, lambda v, beta, t: v / (1 - (1 - beta) ** t)),
            "1 - beta stands where beta belongs: the zero at the start still has the weight beta**t, so divide by "
            "1 - beta**t.",
            0.25,
        ),
        Mistake(
            "divides_by_one_plus",
            series(mix, lambda v, beta, t: v / (1 + beta**t)),
            "Dividing by 1 + beta**t makes the average smaller still. The weights sum to 1 - beta**t, which is under "
            "1: dividing by that lifts them to 1.",
            0.25,
        ),
        Mistake(
            "divides_by_beta_to_the_t",
            series(mix, lambda v, beta, t: v / beta**t),
            "beta**t is the weight that the zero at the start still has. What is there instead is 1 - "
            "beta**t; divide by that.",
            0.25,
        ),
        Mistake(
            "multiplies_by_the_correction",
            series(mix, lambda v, beta, t: v * (1 - beta**t)),
            "The average is too small, and multiplying by 1 - beta**t makes it smaller still. Divide.",
            0.25,
        ),
        Mistake(
            "correction_of_the_other_sign",
            series(mix, lambda v, beta, t: v / (beta**t - 1)),
            "The divisor is beta**t - 1, which is negative. The weights sum to 1 - beta**t.",
            0.5,
        ),
        Mistake(
            "root_of_the_correction",
            series(mix, lambda v, beta, t: v / (1 - beta**t) ** 0.5),
            "A square root is taken of the correction. The weights themselves sum to 1 - beta**t; divide by that.",
            0.25,
        ),
        Mistake(
            "divided_by_the_count",
            series(mix, lambda v, beta, t: v / t),
            "The average is divided by the number of values. Its weights sum to 1 - beta**t and not to t.",
        ),
        Mistake(
            "missing_weight_subtracted",
            series(mix, lambda v, beta, t: v - beta**t),
            "A weight, beta**t or 1 - beta**t, is added to the average or subtracted from it. The weights of the "
            "values sum to 1 - beta**t, so divide by that.",
            forms=[series(mix, lambda v, beta, t: v + beta**t), series(mix, lambda v, beta, t: v - (1 - beta**t))],
        ),
        Mistake(
            "one_correction_for_all",
            _one_correction_for_all,
            "Every row is divided by the last row's correction. t differs from row to row: 1 for the first,"
            " 2 for the second.",
            0.25,
        ),
        Mistake(
            "correction_in_reverse",
            _correction_in_reverse,
            "The corrections run the wrong way: the first row gets the last one's. The first row is divided by "
            "1 - beta, the last by 1 - beta**T.",
            0.25,
        ),
        Mistake(
            "starts_from_first_value",
            from_first_value(),
            "The average starts from the first value instead of being corrected, which gives that value too much "
            "weight. Start from zero and divide by 1 - beta**t.",
        ),
        Mistake(
            "corrects_a_start_from_first_value",
            from_first_value(corrected),
            "The average starts from the first value and is corrected as if it had started from zero, so its weights "
            "sum to more than 1. Start from zero.",
            0.25,
        ),
        Mistake(
            "beta_and_one_minus_beta_exchanged",
            series(mixed_the_other_way, corrected),
            "beta is the share of the past that is kept; the new value enters with 1 - beta.",
            0.25,
            forms=[series(mixed_the_other_way, lambda v, beta, t: v / (1 - (1 - beta) ** t))],
        ),
        Mistake(
            "sum_instead_of_average",
            series(lambda v, x, beta: beta * v + x, corrected),
            "The new value enters with full weight: weigh it with 1 - beta before you correct.",
            0.25,
        ),
        Mistake(
            "weighed_twice",
            series(mix, lambda v, beta, t: v * (1 - beta) / (1 - beta**t)),
            "The result is 1 - beta times what is asked, as if that factor were applied twice. The powers of beta "
            "alone sum to (1 - beta**t)/(1 - beta); with the factor in the average they sum to 1 - beta**t.",
            0.25,
        ),
        Mistake(
            "past_forgotten",
            series(lambda v, x, beta: (1 - beta) * x, corrected),
            "Only the current value is left in the average. Add beta times the average of the step before.",
        ),
        Mistake(
            "past_never_fades",
            series(lambda v, x, beta: v + (1 - beta) * x, corrected),
            "The old average keeps its full weight. Multiply it by beta before the new value is added.",
        ),
        Mistake(
            "averages_two_raw_values",
            lambda values, *, beta: torch.stack(
                [row / (1 - beta**t) for t, row in enumerate(two_raw_values(values, beta=beta), start=1)]
            ),
            "The previous value of the series is mixed in where the previous average belongs. Use the last result, "
            "not the last input.",
        ),
        Mistake(
            "mean_of_all_so_far",
            mean_of_all_so_far,
            "This is the plain mean of all values so far, in which none is forgotten. Here the weights fade as powers "
            "of beta, and only their sum is brought to 1.",
        ),
        Mistake(
            "plain_moving_average",
            plain_moving_average,
            "This is the mean of the last 1/(1 - beta) values. Here the weights fade as powers of beta, and only their "
            "sum is brought to 1.",
        ),
        Mistake(
            "last_average_only",
            last_row(reference.ewa_corrected),
            "Only the last average is returned. Keep the corrected average after every value.",
            0.5,
        ),
        Mistake(
            "one_step_late",
            one_step_late(reference.ewa_corrected),
            "Each row is the average before its own value was added. Update first, then correct and store.",
            0.5,
            forms=[
                lambda values, *, beta: torch.stack(
                    [
                        row / (1 - beta**t)
                        for t, row in enumerate(one_step_late(reference.ewa)(values, beta=beta), start=1)
                    ]
                )
            ],
        ),
        Mistake(
            "initial_zero_kept",
            initial_zero_kept(reference.ewa_corrected),
            "The starting zero is part of the result, which is one row too long. Store only what follows a value.",
            0.5,
        ),
        Mistake(
            "every_row_is_the_last",
            every_row_is_the_last,
            "All rows are alike: each is the last average, without correction. That happens where one tensor is "
            "changed in place and stored at every step. Write v = beta * v + (1 - beta) * x, and store v / (1 - "
            "beta**t), which is a new one.",
            0.25,
        ),
        Mistake(
            "runs_backwards",
            backwards(reference.ewa_corrected),
            "Time runs backwards: each row averages the values that are still to come. Begin with values[0].",
            0.25,
        ),
        Mistake(
            "entries_averaged_together",
            entries_together(reference.ewa_corrected),
            "The entries of a vector are averaged with each other. Each entry is a series of its own: mix whole rows.",
            0.25,
            forms=[means_alone(reference.ewa_corrected)],
        ),
        Mistake(
            "along_last_axis",
            along_the_last_axis(reference.ewa_corrected),
            "Time runs along the first axis, and here the average runs along the last.",
            0.5,
        ),
        Mistake("correction_along_the_last_axis", _along_the_last_axis, CORRECTION_LIES_WRONG, 0.5),
        Mistake(
            "single_numbers_only",
            of_single_numbers(reference.ewa_corrected),
            "It works for a series of numbers alone. Each values[t] may be a vector or a matrix: start from "
            "torch.zeros_like(values[0]), collect tensors, and join them with torch.stack.",
            0.5,
            forms=[of_single_numbers(reference.ewa_corrected, torch.Tensor.item)],
        ),
    ],
    equivalent={
        reasons.ONLY_THE_SHAPE: ["average = torch.zeros_like(values[-1])"],
    },
)
