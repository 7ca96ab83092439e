"""Exercise `plateau_decay` of `04_learning_rates`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake

from steepest_exercises.learning_rates import reference
from steepest_exercises.learning_rates.watching import (
    against_a_window,
    against_the_loss_before,
    any_dip_resets,
    best_creeps,
    by_the_clock,
    every_failure,
    exponents,
    first_fails,
    from_any_rise,
    from_the_best_step,
    late,
    only_the_first_run,
    series,
    skipping_nan,
    tolerant,
    watch,
)

HUGE = 2.0**100  # above every number that one would begin a search with; products with it are exact


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str,
        *shape: float,
        patience: int,
        falls: bool = True,
        dtype: torch.dtype = torch.float64,
        corner: float = 0.0,
        **options: float,
    ) -> Case:
        """A shape, most often after a fall of random length; multiples of 1/4, so that ties are exact."""
        length = int(rng.integers(1, 5)) if falls else 0
        fall = shape[0] + np.arange(length, 0, -1) * (0.75 + rng.integers(1, 5) / 4)
        losses = torch.from_numpy(np.concatenate([fall, np.array(shape)])).to(dtype)
        constants = {"lr": float(rng.uniform(0.2, 0.9)), "factor": float(rng.uniform(0.1, 0.6)), "patience": patience}
        inputs = {"args": [losses], "kwargs": {**constants, **options}, "outputs": ["the rates"]}
        return Case(name, inputs, corner=corner)

    valley = (4, 3, 3.25, 3.5, 2.75, 2.5, 3, 3.25, 3.5, 3.75, 4, 4.25, 1, 1.5, 2, 1.25)
    bumpy = (6, 6.25, 5.5, 5.75, 5, 5.25, 4.5, 4.75, 4, 4.5, 5, 5.5, 6, 3, 3.5, 4, 3.25)
    stairs = (4, 4.25, 4.5, 4.75, 3, 3.25, 3.5, 3.75, 2, 2.25, 2.5, 2.75, 1, 1.25)
    drift = (3, 2.75, 2.5, 2.25, 2, 1.75, 1.5, 1.25, 1, 1.25, 1.5, 1.75, 2)
    ties = (5, 4.5, 4, 4.5, 4, 3.5, 3, 3.5, 3, 2.75, 2.25, 2.25, 1.75, 1.75)
    turns = (4, 3, 3.25, 2.75, 3.25, 2.75, 3.75, 3.5, 2.75, 3.75, 3.75, 4, 4, 1, 1.25)
    above = (4, 1, 6, 5.5, 5, 4.5, 4, 3.5, 3, 2.5, 2, 1.5, 0.5, 1)
    noisy = 2 + np.abs(np.arange(-12, 20)) / 4 + rng.integers(0, 2, 32) / 2
    rise = np.cumsum(rng.integers(1, 4, 12)) / 4
    return [
        case("a valley with a bump in it", *valley, patience=3),
        case("many short bumps", *bumpy, patience=3),
        case("plateau after plateau", *stairs, patience=3),
        case("patience 1", *valley, patience=1),
        case("patience 2", *bumpy, patience=2),
        case("a plateau of equal losses", 3, 2, 2, 2, 2, 2, 2, 2, 1.5, 1.5, 1.5, patience=3),
        case("the loss falls all the time", 5, 4.5, 4, 3.25, 3, 2.75, 2, 1.5, patience=2),
        case("drops of exactly min_delta, patience 1", *ties, patience=1, min_delta=0.5),
        case("drops of exactly min_delta", *ties, patience=2, min_delta=0.5),
        case("a slow drift, min_delta", *drift, patience=3, min_delta=0.5),
        case("dips that do not count between rises", *turns, patience=3, min_delta=0.5),
        case("falls after a rise that stay above the best", *above, patience=3),
        case("the loss only rises", 1.0, *(1 + rise), patience=4, falls=False),
        case("losses below zero", 2, 0.5, -1, -0.5, -2, -1.5, -1.75, -3, -2.5, -2.25, -2, patience=2),
        case("below zero, min_delta", 1, -1, -1.25, -2, -2.25, -2.25, -3, -3.25, -3, -3, patience=2, min_delta=0.5),
        case("float32, noisy", *noisy, patience=4, dtype=torch.float32),
        case("it blows up", 3, 2, 5, 40, math.inf, math.inf, math.nan, math.nan, patience=3, corner=0.1),
        case("huge losses", *(HUGE * loss for loss in bumpy), patience=2, falls=False, corner=0.1),
        case("a single loss", 2.0 + float(rng.integers(4)), patience=2, falls=False, corner=0.1),
    ]


PLATEAU_DECAY = Exercise(
    id="plateau_decay",
    reference=reference.plateau_decay,
    cases=_cases,
    points=3,
    seconds=30,
    accepted=[
        Accepted("counter", series(watch())),
        Accepted("steps_since_the_best", series(from_the_best_step)),
        Accepted("exponent_counts_the_cuts", series(exponents)),
        Accepted(
            "count_of_torch",
            series(watch(extra=1)),
            "it waits for one loss more than `patience`, as torch's ReduceLROnPlateau does, whose patience is the "
            "number of failures that are let pass; the lesson cuts at failure number `patience`.",
        ),
    ],
    mistakes=[
        Mistake(
            "count_not_reset_after_a_cut",
            series(watch(after_a_cut=None)),
            "After a cut the count goes on, so that every further failure cuts again. The lower rate needs its time: "
            "begin to count anew.",
            credit=0.5,
            forms=[series(watch(after_a_cut=None, extra=1))],
        ),
        Mistake(
            "count_off_by_one_after_a_cut",
            series(watch(after_a_cut=1)),
            "After a cut the count begins at 1 or at -1, so that the next cut comes a loss too early or too late. It "
            "begins at 0.",
            credit=0.5,
            forms=[series(watch(after_a_cut=-1))],
        ),
        Mistake(
            "two_counts_mixed",
            series(watch(extra=1, after_a_cut=1)),
            "The first cut comes by torch's count, and those after it by the lesson's. Either is accepted when it is "
            "used throughout: after a cut the count begins where it began.",
            credit=0.5,
        ),
        Mistake(
            "waiting_never_reset",
            series(watch(resets=False)),
            "Failures are added up although improvements lie between them. They must come in a row: an improvement "
            "sets the count back to 0.",
            credit=0.5,
        ),
        Mistake(
            "first_loss_is_a_failure",
            series(first_fails),
            "The first loss is compared with itself and counts as a failure, so that the first cut comes too early. "
            "Begin with a best loss of infinity.",
            credit=0.5,
        ),
        Mistake(
            "nan_counts_as_better",
            series(watch(lambda loss, best, delta: not loss >= best - delta)),
            "A loss of nan counts as an improvement: every comparison with it is false. Ask whether the loss lies "
            "below the mark, and not whether it does not lie above.",
            credit=0.9,
        ),
        Mistake(
            "nan_is_passed_over",
            series(skipping_nan),
            "A loss that is nan or infinite counts neither as an improvement nor as a failure. It is a failure like "
            "any other: whatever is no improvement is one.",
            credit=0.9,
        ),
        Mistake(
            "entries_of_another_number",
            lambda val_losses, **options: reference.plateau_decay(val_losses, **options)[1:],
            "There is one rate too few or too many. Each loss gives one, the first loss too: the rate once it has been "
            "seen.",
            credit=0.5,
            forms=[
                lambda val_losses, **options: reference.plateau_decay(val_losses, **options)[:-1],
                lambda val_losses, **options: torch.cat(
                    [val_losses.new_tensor([options["lr"]]), reference.plateau_decay(val_losses, **options)]
                ),
            ],
        ),
        Mistake(
            "last_rate_alone",
            lambda val_losses, **options: reference.plateau_decay(val_losses, **options)[-1],
            "Only the last rate is returned. Each loss gives one: collect them all, the first one too.",
            credit=0.5,
            forms=[lambda val_losses, **options: reference.plateau_decay(val_losses, **options)[-1:]],
        ),
        Mistake(
            "one_too_early",
            series(watch(extra=-1)),
            "It cuts one loss too early. `patience` losses in a row must have failed.",
            credit=0.5,
            forms=[series(watch(begins=1))],
        ),
        Mistake(
            "two_too_late",
            series(watch(extra=2)),
            "It waits for two losses more than `patience`. Count by hand with patience 1: the first failure cuts.",
            credit=0.5,
        ),
        Mistake(
            "compares_with_the_loss_before",
            series(against_the_loss_before()),
            "Each loss is compared with the one before it. After a rise a loss may fall and still lie above the best: "
            "compare with the best so far.",
            credit=0.25,
            forms=[series(against_the_loss_before(lambda loss, before, delta: loss <= before - delta))],
        ),
        Mistake(
            "compares_over_a_window",
            series(against_a_window()),
            "Each loss is compared with that of `patience` steps ago. Compare it with the best loss so far, and count "
            "failures in a row.",
            credit=0.25,
            forms=[series(against_a_window(every_step=True))],
        ),
        Mistake(
            "a_rise_alone_is_a_failure",
            series(from_any_rise),
            "Only a loss that is higher than the one before it counts as a failure. Every loss that does not beat the "
            "best one does.",
            credit=0.25,
        ),
        Mistake(
            "best_forgotten_at_a_cut",
            series(watch(best_after_a_cut=lambda best, loss: math.inf)),
            "A cut forgets the best loss, so that whatever comes next counts as an improvement. The best stays.",
            credit=0.5,
            forms=[series(watch(best_after_a_cut=lambda best, loss: loss))],
        ),
        Mistake(
            "equal_counts_as_better",
            series(watch(lambda loss, best, delta: loss <= best - delta)),
            "A loss that only equals the mark, best - min_delta, counts as an improvement here. It has to get below: a "
            "tie is none, nor a drop of exactly min_delta.",
            credit=0.5,
        ),
        Mistake(
            "min_delta_sign",
            series(watch(lambda loss, best, delta: loss < best + delta)),
            "Here min_delta makes it easier to count as better: even a small rise does. An improvement must get under "
            "the best loss by more than min_delta.",
            credit=0.5,
            forms=[
                series(watch(lambda loss, best, delta: loss <= best + delta)),
                series(watch(lambda loss, best, delta: loss < best + delta, extra=1)),
                series(tolerant),
            ],
        ),
        Mistake(
            "min_delta_ignored",
            series(watch(lambda loss, best, delta: loss < best)),
            "The result does not depend on `min_delta`: every drop counts, however small.",
            credit=0.5,
        ),
        Mistake(
            "min_delta_as_a_share",
            series(watch(lambda loss, best, delta: loss < best * (1 - delta))),
            "`min_delta` is taken as a share of the best loss, as torch does unless told otherwise. It is a difference "
            "here.",
            credit=0.5,
            forms=[series(watch(lambda loss, best, delta: loss < best - delta * abs(best)))],
        ),
        Mistake(
            "any_change_counts_as_better",
            series(watch(lambda loss, best, delta: abs(best - loss) > delta)),
            "The absolute change is compared, so that a rise counts as an improvement as well. Only a fall does.",
            credit=0.25,
        ),
        Mistake(
            "highest_is_best",
            series(watch(lambda loss, best, delta: best == math.inf or loss > best + delta)),
            "It keeps the highest value, as for an accuracy. A loss is better the lower it is.",
        ),
        Mistake(
            "best_follows_every_dip",
            series(best_creeps),
            "The mark to beat moves with every dip, also one too small to count, so that a slow drift never adds up to "
            "an improvement. Move it at an improvement alone.",
            credit=0.5,
        ),
        Mistake(
            "small_dips_renew_patience",
            series(any_dip_resets),
            "A dip that is too small to count sets the count back as well. Only an improvement by more than min_delta "
            "does.",
            credit=0.5,
        ),
        Mistake(
            "best_starts_too_low",
            series(watch(lambda loss, best, delta: loss < min(best, 0.0) - delta)),
            "The best loss begins with a number that is too low to be beaten. Begin with infinity, or with the first "
            "loss.",
            forms=[series(watch(lambda loss, best, delta: loss < min(best, 1.0) - delta))],
        ),
        Mistake(
            "best_starts_with_a_number",
            series(watch(lambda loss, best, delta: loss < min(best, 1e9) - delta)),
            "The best loss begins with a number, and losses above it never count as improvements. Losses may have any "
            "size: begin with infinity, or with the first loss.",
            credit=0.9,
            forms=[series(watch(lambda loss, best, delta: loss < min(best, 1e4) - delta, extra=1))],
        ),
        Mistake(
            "cuts_once",
            series(watch(cuts=1)),
            "The rate is cut once and never again. Each cut multiplies the rate that is in force, not the first one.",
            credit=0.5,
            forms=[series(watch(cut=lambda lr, factor, first: first * factor))],
        ),
        Mistake(
            "one_cut_a_plateau",
            series(only_the_first_run),
            "On a long plateau it cuts once and waits for an improvement. After a cut the count starts again, and "
            "after `patience` more failures it cuts again.",
            credit=0.5,
        ),
        Mistake(
            "one_step_late",
            series(late(watch())),
            "Entry t is the rate before loss t was seen. Cut first, then store the rate.",
            credit=0.5,
            forms=[series(late(watch(extra=1)))],
        ),
        Mistake(
            "no_patience",
            series(every_failure),
            "The result does not depend on `patience`: every loss without an improvement cuts.",
            credit=0.25,
        ),
        Mistake(
            "by_the_clock",
            series(by_the_clock),
            "It cuts after every `patience` losses, whatever they are. As long as the loss falls the rate stays.",
        ),
        Mistake(
            "share_taken_away",
            series(watch(cut=lambda lr, factor, first: lr * (1 - factor))),
            "`factor` is taken for the share that a cut takes away. It is what is left: multiply by it.",
            credit=0.5,
        ),
        Mistake(
            "divides_by_the_factor",
            series(watch(cut=lambda lr, factor, first: lr / factor)),
            "The rate grows at a plateau: a factor below 1 is divided by. Multiply by it.",
            credit=0.5,
        ),
        Mistake(
            "subtracts",
            series(watch(cut=lambda lr, factor, first: lr - factor)),
            "A cut takes `factor` off. It multiplies the rate by it.",
            credit=0.25,
            forms=[series(watch(cut=lambda lr, factor, first: max(lr - factor, 0.0)))],
        ),
        Mistake(
            "stops_at_the_first_cut",
            series(watch(cut=lambda lr, factor, first: 0.0)),
            "At the plateau the rate becomes 0: that is early stopping. Here training goes on, with a lower rate.",
            credit=0.25,
        ),
    ],
    equivalent={
        "The first loss is below infinity, so it sets both.": [
            "best, failures = (math.inf, 1)",
            "best, failures = (math.inf, -1)",
        ],
        "The same comparisons, of losses that stay tensors; rounding aside.": ["for loss in val_losses:"],
        "The count of torch, which is accepted.": ["if failures > patience:"],
        "The count grows by 1 and begins below the patience, so it meets it before it exceeds it.": [
            "if failures >= patience:"
        ],
        "Differs on a GPU only.": ["return torch.tensor(rates, dtype=val_losses.dtype)"],
    },
)
