"""Exercise `early_stop` of `01_empirical_risk`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake

from steepest_exercises import reasons
from steepest_exercises.empirical_risk import reference
from steepest_exercises.empirical_risk.watching import (
    any_dip_resets,
    any_fall_resets,
    argmin_and_patience,
    beats_the_step_before,
    best_creeps,
    changed,
    for_nothing,
    from_a_mark,
    from_infinity,
    goes_on,
    never_stops,
    recursive,
    refusing,
    rises_in_a_row,
    smallest_seen,
    two_passes,
    unless_it_ends,
    waits,
    watch,
)

OUTPUTS = ["best_step", "stop_step"]


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
        length = int(rng.integers(2, 7)) if falls else 0
        fall = shape[0] + np.arange(length, 0, -1) * (0.75 + rng.integers(1, 5) / 4) if length else np.zeros(0)
        losses = torch.from_numpy(np.concatenate([fall, np.array(shape)])).to(dtype)
        inputs = {"args": [losses], "kwargs": {"patience": patience, **options}}
        return Case(name, {**inputs, "outputs": OUTPUTS}, corner=corner)

    valley = (4, 3, 3.25, 3.5, 2.75, 2.5, 3, 3.25, 3.5, 3.75, 4, 4.25, 1, 0.5)
    bumpy = (6, 6.25, 5.5, 5.75, 5, 5.25, 4.5, 4.75, 4, 4.5, 5, 5.5, 6)
    drift = (3, 2.75, 2.5, 2.25, 2, 1.75, 1.5, 1.25, 1, 1.25, 1.5, 1.75, 2)
    turns = (4, 3, 3.25, 2.75, 3.25, 2.75, 3.75, 3.5, 2.75, 3.75, 3.75, 4, 4, 1)
    noisy = 2 + np.abs(np.arange(-12, 20)) / 4 + rng.integers(0, 2, 32) / 2
    rise = np.cumsum(rng.integers(1, 4, 6)) / 4
    return [
        case("a valley with a bump in it", *valley, patience=3),
        case("many short bumps", *bumpy, patience=3),
        case("patience 1", *valley, patience=1),
        case("still improving at the end", 3, 2.5, 2.25, 1.75, patience=2),
        case("the end comes before patience runs out", 3, 2, 2.5, 2.75, patience=4),
        case("patience runs out at the very end", 3, 2, 2.5, 2.25, patience=2),
        case("a plateau of equal losses", 3, 2, 2, 2, 2, 2, 1.5, patience=3),
        case("a drop of exactly min_delta", 3, 2.5, 2.25, 2.5, 2, 1.5, 1.75, 2, 2.25, patience=3, min_delta=0.5),
        case("a slow drift, min_delta", *drift, patience=3, min_delta=0.5),
        case("a small dip that does not count", 4, 3, 2.75, 3.25, 3.5, 1, patience=3, min_delta=0.5),
        case("dips that do not count between rises", *turns, patience=4, min_delta=0.5),
        case("the first loss is the best", 1.0, *(1 + rise), patience=4, falls=False),
        case("falls after a rise that stay above the best", 4, 1, 6, 5, 4, 3, 2, 1.5, 0.5, patience=3),
        case("losses below zero", 2, 0.5, -1, -0.5, -2, -1.5, -1.75, -3, -2.5, patience=2),
        case("losses below zero, min_delta", 1, 0.5, -1, -1.25, -2, -2.25, -2.25, -3, -3.25, patience=3, min_delta=0.5),
        case("float32, noisy", *noisy, patience=4, dtype=torch.float32),
        case("it blows up", 3, 2, 5, 40, float("inf"), float("inf"), patience=4, corner=0.1),
        case("a single step", 2.0 + float(rng.integers(4)), patience=2, falls=False, corner=0.1),
        Case("no losses", {"args": [torch.zeros(0)], "kwargs": {"patience": 2}, "outputs": OUTPUTS}, corner=0.1),
    ]


EARLY_STOP = Exercise(
    id="early_stop",
    reference=reference.early_stop,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("counter", refusing(watch())),
        Accepted("counter_from_infinity", refusing(from_a_mark(float("inf")))),
        Accepted("from_infinity", refusing(from_infinity)),
        Accepted("two_passes", refusing(two_passes)),
        Accepted("recursive", refusing(recursive)),
    ],
    mistakes=[
        Mistake(
            "one_step_too_patient",
            refusing(watch(extra=1)),
            "It waits one step more than `patience`. Count by hand with patience 1: the first step that brings no "
            "improvement must stop.",
            credit=0.5,
        ),
        Mistake(
            "one_step_too_early",
            refusing(watch(extra=-1)),
            "It stops one step before patience has run out. `patience` steps in a row must have failed.",
            credit=0.5,
            forms=[refusing(watch(begins=1))],
        ),
        Mistake(
            "equal_counts_as_better",
            refusing(watch(lambda loss, best, delta: loss <= best - delta)),
            "A loss that only equals the mark, the best loss minus min_delta, counts as an improvement here. It has to "
            "get below: a tie is none, nor a drop of exactly min_delta.",
            credit=0.5,
        ),
        Mistake(
            "min_delta_sign",
            refusing(watch(lambda loss, best, delta: loss < best + delta)),
            "Here min_delta makes it easier to count as better: even a rise below it does. An improvement must get "
            "under the best loss by more than min_delta.",
            credit=0.5,
        ),
        Mistake(
            "min_delta_ignored",
            refusing(watch(lambda loss, best, delta: loss < best)),
            "The result does not depend on `min_delta`: every drop counts here, however small. An improvement must get "
            "under the best loss by more than min_delta.",
            credit=0.5,
        ),
        Mistake(
            "min_delta_as_a_share",
            refusing(watch(lambda loss, best, delta: loss < best * (1 - delta))),
            "`min_delta` is taken as a share of the best loss. It is a difference: the loss must fall by more than it.",
            credit=0.5,
            forms=[refusing(watch(lambda loss, best, delta: best - loss > delta * abs(best)))],
        ),
        Mistake(
            "any_change_counts_as_better",
            refusing(watch(lambda loss, best, delta: abs(best - loss) > delta)),
            "The absolute change is compared, so that a rise counts as an improvement as well. Only a fall does.",
            credit=0.25,
            forms=[refusing(beats_the_step_before(lambda loss, before, delta: abs(loss - before) > delta))],
        ),
        Mistake(
            "rise_counts_as_better",
            refusing(watch(lambda loss, best, delta: loss > best + delta)),
            "It keeps the highest value. That is the rule for an accuracy; a loss is better the lower it is.",
        ),
        Mistake(
            "waiting_never_reset",
            refusing(watch(resets=False)),
            "Steps without improvement are added up over the whole run. They must come in a row: an improvement sets "
            "the count back to zero.",
            credit=0.5,
        ),
        Mistake(
            "small_dips_renew_patience",
            refusing(any_dip_resets),
            "A dip that is too small to count sets the waiting back as well. Only an improvement by more than "
            "`min_delta` does.",
            credit=0.5,
            forms=[refusing(any_fall_resets)],
        ),
        Mistake(
            "only_rises_are_waited_for",
            refusing(waits(lambda loss, best, delta: loss > best)),
            "Some steps without an improvement are not counted. Every one counts: a rise, a tie, and a fall of no more "
            "than `min_delta`.",
            credit=0.5,
            forms=[
                refusing(waits(lambda loss, best, delta: loss >= best)),
                refusing(waits(lambda loss, best, delta: loss > best + delta)),
                refusing(waits(lambda loss, best, delta: loss >= best + delta)),
            ],
        ),
        Mistake(
            "best_follows_every_dip",
            refusing(best_creeps),
            "The mark to beat moves down with every dip, even one too small to count, so a slow drift never adds up "
            "to an improvement. Move it only at an improvement.",
            credit=0.5,
        ),
        Mistake(
            "smallest_seen",
            refusing(smallest_seen),
            "The best step is the last improvement, when the weights were stored. A later dip of no more than "
            "min_delta is none, even if its loss is the lowest.",
            credit=0.5,
        ),
        Mistake(
            "compares_with_the_step_before",
            refusing(rises_in_a_row),
            "Each loss is compared with the one before it. A loss that falls a little after a rise may still lie above "
            "the best one: compare with the best so far.",
            credit=0.25,
            forms=[
                refusing(beats_the_step_before()),
                refusing(beats_the_step_before(lambda loss, before, delta: loss < before)),
                refusing(beats_the_step_before(lambda loss, before, delta: loss <= before - delta)),
            ],
        ),
        Mistake(
            "looks_into_the_future",
            refusing(changed(lambda losses, patience, best, stop: (losses.index(min(losses)), stop))),
            "The best step is taken from the whole series. What comes after the stop is never computed.",
            credit=0.5,
            forms=[
                refusing(argmin_and_patience),
                refusing(lambda losses, patience, delta: (losses.index(min(losses)), len(losses) - 1)),
            ],
        ),
        Mistake(
            "best_starts_too_low",
            refusing(from_a_mark(0.0)),
            "The best loss begins with a number that the first loss need not beat, so that step 0 is no improvement. "
            "Begin with the first loss, or with infinity.",
            credit=0.25,
            forms=[refusing(from_a_mark(1.0))],
        ),
        Mistake(
            "stop_step_for_the_best",
            refusing(changed(lambda losses, patience, best, stop: (stop, stop))),
            "Both steps are the one where it stopped. The weights to keep are those of the last improvement.",
            credit=0.5,
        ),
        Mistake(
            "best_step_not_stored",
            refusing(changed(lambda losses, patience, best, stop: (0, stop))),
            "The stop is right, but the best step is always 0. It has to move on with the best loss at each "
            "improvement.",
            credit=0.25,
        ),
        Mistake(
            "best_step_counted_back_from_the_stop",
            refusing(changed(lambda losses, patience, best, stop: (max(stop - patience, 0), stop))),
            "The best step is taken to lie `patience` steps before the stop. Where the run ends first it does not: "
            "store the step at each improvement.",
            credit=0.5,
            forms=[refusing(changed(lambda losses, patience, best, stop: (stop - patience, stop)))],
        ),
        Mistake(
            "order_swapped",
            refusing(changed(lambda losses, patience, best, stop: (stop, best))),
            "Both steps are right, in the wrong order: best_step comes first.",
            credit=0.5,
        ),
        Mistake(
            "counted_from_one",
            refusing(changed(lambda losses, patience, best, stop: (best + 1, stop + 1))),
            "Steps are counted from 0, so that `val_losses[best_step]` is the best loss.",
            credit=0.5,
        ),
        Mistake(
            "one_past_the_stop",
            refusing(changed(lambda losses, patience, best, stop: (best, stop + 1))),
            "The stop is one too high: it is the step at which patience runs out, and not the first that is left out.",
            credit=0.5,
        ),
        Mistake(
            "number_of_steps_waited",
            refusing(changed(lambda losses, patience, best, stop: (best, stop - best))),
            "The second number is how long it waited. Asked for is the step at which it stopped, counted from 0.",
            credit=0.5,
        ),
        Mistake(
            "one_past_the_end",
            refusing(unless_it_ends(lambda losses, best, stop: (best, len(losses)))),
            "Where patience never runs out, the stop is the last step that exists: one less than the length.",
            credit=0.5,
        ),
        Mistake(
            "no_stop_at_the_end",
            refusing(unless_it_ends(lambda losses, best, stop: (best, None))),
            "Right where patience runs out; where it never does, the stop is missing or wrong. The run then stops at "
            "its last step, one less than the length.",
            credit=0.5,
            forms=[
                refusing(unless_it_ends(lambda losses, best, stop: None)),
                refusing(unless_it_ends(lambda losses, best, stop: (best, -1))),
                refusing(unless_it_ends(lambda losses, best, stop: (best, 0))),
                refusing(unless_it_ends(lambda losses, best, stop: (best, best))),
                refusing(unless_it_ends(lambda losses, best, stop: best)),
            ],
        ),
        Mistake(
            "stops_after_the_end",
            refusing(changed(lambda losses, patience, best, stop: (best, best + patience))),
            "best_step + patience can lie behind the last step. A run that ends first stops at its end.",
            credit=0.5,
        ),
        Mistake(
            "goes_on_after_the_stop",
            refusing(goes_on),
            "Losses after the stop still move the best step or the stop. What comes after it is never computed: leave "
            "the loop there, with `break` or `return`.",
            credit=0.5,
        ),
        Mistake(
            "patience_counted_from_the_start",
            refusing(
                lambda losses, patience, delta: (
                    losses.index(min(losses[: patience + 1])),
                    min(patience, len(losses) - 1),
                )
            ),
            "It stops after `patience` steps, whatever the losses. Patience is counted from the last improvement.",
        ),
        Mistake(
            "loss_for_the_step",
            refusing(changed(lambda losses, patience, best, stop: (losses[best], stop))),
            "One of the two numbers is a loss itself. Asked for are the numbers of the steps.",
            credit=0.5,
            forms=[
                refusing(changed(lambda losses, patience, best, stop: (best, losses[best]))),
                refusing(changed(lambda losses, patience, best, stop: (best, losses[stop]))),
            ],
        ),
        Mistake(
            "losses_for_both_steps",
            refusing(changed(lambda losses, patience, best, stop: (losses[best], losses[stop]))),
            "These are the two losses. Asked for are the numbers of their steps.",
        ),
        Mistake(
            "never_stops",
            refusing(never_stops),
            "It runs to the end whatever the patience. Where does the loop stop?",
            credit=0.25,
        ),
        Mistake(
            "no_losses_let_pass",
            for_nothing((0, 0)),
            "A series without losses is let pass, but it has no best step. Raise a ValueError.",
            credit=0.9,
            forms=[for_nothing((0, -1)), for_nothing((-1, -1))],
        ),
    ],
    equivalent={
        reasons.LENGTH: ["if len(val_losses) <= 0:"],
        "The first loss is below infinity, so step 0 sets all three.": [
            "best, best_step, waited = (math.inf, 1, 0)",
            "best, best_step, waited = (math.inf, -1, 0)",
            "best, best_step, waited = (math.inf, 0, 1)",
            "best, best_step, waited = (math.inf, 0, -1)",
        ],
        "The same comparisons, of losses that stay tensors; rounding aside.": [
            "for step, loss in enumerate(val_losses):"
        ],
        "The count grows by 1 and begins below the patience, so it meets it before it exceeds it.": [
            "if waited >= patience:"
        ],
    },
)
