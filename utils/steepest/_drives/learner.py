"""Drives for the three functions of an entrant: how well it learns, how it starts, and what it answers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from steepest._checks.calls import Function
from steepest._checks.compare import type_name
from steepest._checks.generators import GENERATOR
from steepest._drives.entrant import ALONE, PAIRED, PARTS, Entrant, alike, classes
from steepest.learning import CLASSES, Task, accuracy, handed_out, task

EARLY, SHORT = 10, 60  # minibatches after which starts are compared, and nets
ASKED = 400  # rows that are asked about at once
JUDGED = 5  # seeds of the judge
SURE, LEAST = 2.0, 1.0  # errors and points by which a mean has to stand above a step to be called safe
GUESSING = 0.125  # share of right answers that nobody has who knows nothing: a tenth, and six deviations

SEVERAL = "“more than one class is predicted”"
HEARS = "“other minibatches give another net”"
REPEATS = "“the same seeds give the same net”"
SCORE = "the mean accuracy on new rows"
SAFE = "“luck would not move it below the step”"
SAME_START = "“the same seed gives the same start”"
OTHER_START = "“another seed gives another start”"
SEPARATE = "“two trainings at once are like one after the other”"
SHAPE = "the shape of the answers"
INTEGERS = "“the answers are of type int64”"
RANGE = "“every answer is a class from 0 to 9”"
AGAIN = "“a second call gives the same answers”"
BY_ITSELF = "“a row by itself is answered as among others”"
SHAPE_OF_ONE = "the shape of the answer to a row by itself"
UNTOUCHED = "“training goes on as if nothing had been asked”"
LEARNED = "“the answers are better than guessing”"


def level(share: float, levels: Sequence[float]) -> str:
    """Between which of the levels, in per cent and ascending, a share lies, in words."""
    percent = round(100 * share, 9)  # 100 · 0.29 is less than 29
    if percent < levels[0]:
        return f"below {levels[0]:g} %"
    if percent >= levels[-1]:
        return f"{levels[-1]:g} % or more"
    above = next(place for place, bound in enumerate(levels) if percent < bound)
    return f"{levels[above - 1]:g} to {levels[above]:g} %"


def margin(percents: Sequence[float]) -> float:
    """How many points luck may move a mean of as many seeds, as against that of the judge's, by their own spread."""
    if len(percents) < 2:
        return LEAST
    error = float(np.std(percents, ddof=1)) * math.sqrt(1 / len(percents) + 1 / JUDGED)
    return max(LEAST, SURE * error)


def learner(
    function: Function, *, seeds: Sequence[int], levels: Sequence[float], calls: Sequence[str] = PARTS
) -> dict[str, Any]:
    """Train a net for each seed, and see how well it does on rows that it has not met, all together.

    Parameters
    ----------
    seeds : sequence of int
        Of the tasks.
    levels : sequence of float
        Of the mean accuracy in per cent, see `level`.
    calls : sequence of str
        Names of the three functions.
    """
    entrant, given = Entrant(function, calls), task(seeds[0])
    rows = given.test.x

    def short(other: Task) -> Tensor:
        """Answers after few minibatches, the first of which is always the same."""
        batches = [*handed_out(given, n_steps=1), *handed_out(other, n_steps=SHORT)][:SHORT]
        return entrant.answers(entrant.net(batches, seeds[0]), rows)

    first, again, other = short(given), short(given), short(given._replace(seed=given.seed + 1))
    shares, several = [], False
    for seed in seeds:
        here = task(seed)
        answers = entrant.answers(entrant.net(handed_out(here), seed), here.test.x)
        shares.append(accuracy(answers, here.test.y))
        several = several or _several(answers)
    function.effects.discard(GENERATOR)  # what is drawn there and plays a role shows in the second net
    mean, luck = sum(shares) / len(shares), margin([100 * share for share in shares])
    return {
        SEVERAL: several,
        HEARS: not _several(first) or not torch.equal(first, other),
        REPEATS: torch.equal(first, again),
        SCORE: level(mean, levels),
        SAFE: level(mean - luck / 100, levels) == level(mean, levels),
    }


def learner_start(function: Function, *, seed: int, calls: Sequence[str] = PARTS) -> dict[str, Any]:
    """Compare starts by what is predicted after a few minibatches, in which everything else is the same.

    Parameters
    ----------
    seed : int
        Of the task, and of the first start.
    calls : sequence of str
        Names of the three functions.
    """
    entrant, given = Entrant(function, calls), task(seed)
    batches = list(handed_out(given, n_steps=EARLY))

    def begun(start: int) -> Any:
        return entrant.started(entrant.generator(start))

    def after(state: Any) -> Tensor:
        return entrant.answers(entrant.trained(state, batches, entrant.generator(seed)), given.test.x)

    first, again, other = after(begun(seed)), after(begun(seed)), after(begun(seed + 1))
    repeats, state = torch.equal(first, again), begun(seed)
    begun(seed + 1)
    separate = not repeats or torch.equal(first, after(state))
    function.effects.discard(GENERATOR)  # as a layer does whose weights are drawn anew: what plays a role shows
    return {
        SAME_START: repeats,
        SEVERAL: _several(first) or _several(other),
        OTHER_START: not torch.equal(first, other) or not _several(first),
        SEPARATE: separate,
    }


def learner_answers(function: Function, *, seed: int, calls: Sequence[str] = PARTS) -> dict[str, Any]:
    """Ask a net about rows, all at once, in pairs and one by one, and go on training it.

    Parameters
    ----------
    seed : int
        Of the task and of the student's generator.
    calls : sequence of str
        Names of the three functions.
    """
    entrant, given = Entrant(function, calls), task(seed)
    state = entrant.net(handed_out(given), seed)
    x, labels = given.test.x, given.test.y
    found = entrant.says(state, x[:ASKED])
    shape = _shape(found)
    seen = {SHAPE: shape, INTEGERS: isinstance(found, torch.Tensor) and found.dtype == torch.int64}
    if shape != [ASKED]:
        return seen
    answers = classes(found, ASKED)
    settled = torch.equal(answers, entrant.answers(state, x[:ASKED]))
    return seen | {
        RANGE: bool(((answers >= 0) & (answers < CLASSES)).all()),
        AGAIN: settled,
        BY_ITSELF: _by_itself(entrant, state, x, answers),
        UNTOUCHED: not settled or _untouched(entrant, given, seed),
        LEARNED: accuracy(entrant.answers(state, x), labels) > GUESSING,
    }


def learner_alone(function: Function, *, seed: int, calls: Sequence[str] = PARTS) -> dict[str, Any]:
    """Ask a net about a single row.

    Parameters
    ----------
    seed : int
        Of the task and of the student's generator.
    calls : sequence of str
        Names of the three functions.
    """
    entrant, given = Entrant(function, calls), task(seed)
    found = entrant.says(entrant.net(handed_out(given, n_steps=EARLY), seed), given.test.x[:1])
    return {SHAPE_OF_ONE: _shape(found)}


def _shape(found: Any) -> Any:
    return list(found.shape) if isinstance(found, torch.Tensor | np.ndarray) else type_name(found)


def _by_itself(entrant: Entrant, state: Any, x: Tensor, among: Tensor) -> bool:
    """Whether rows in pairs, and those by themselves where that is not refused, are answered as among others."""
    alone = entrant.alone(state, x[:ALONE])
    return alike(entrant.in_pairs(state, x[:PAIRED]), among) and (alone is None or alike(alone, among))


def _untouched(entrant: Entrant, given: Task, seed: int) -> bool:
    """Whether a net that is asked in between goes on as one that is not, as far as trainings can be repeated."""
    batches = list(handed_out(given, n_steps=SHORT))
    half = SHORT // 2

    def end(*, asked: bool) -> Tensor:
        generator = entrant.generator(seed)
        state = entrant.trained(entrant.started(generator), batches[:half], generator)
        if asked:
            entrant.says(state, given.test.x[:ASKED])
        state = entrant.trained(state, batches[half:], generator, first=half)
        return entrant.answers(state, given.test.x)

    first = end(asked=False)
    return torch.equal(first, end(asked=True)) or not torch.equal(first, end(asked=False))


def _several(answers: Tensor) -> bool:
    return bool((answers != answers[0]).any())


DRIVES = {
    "learner": learner,
    "learner_start": learner_start,
    "learner_answers": learner_answers,
    "learner_alone": learner_alone,
}
