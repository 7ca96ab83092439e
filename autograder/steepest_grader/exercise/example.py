"""What a student is shown of a wrong answer: a public case, with what was expected and what came. Bears no mark."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from steepest._checks.agreement import agreed_with, deviation
from steepest._checks.calls import Function, NoAnswer
from steepest._checks.cases import Case, Result, play
from steepest._checks.compare import show, show_apart
from steepest._checks.played import inputs_of
from steepest._checks.wire import printable

from steepest_grader.exercise.judge import PUBLIC_SEED, sound_candidates
from steepest_grader.exercise.model import Example, Exercise

__all__ = ["example"]

LONGEST = 2_000
LOG = logging.getLogger(__name__)


def example(exercise: Exercise, function: Function, *, device: str = "cpu") -> Example | None:
    """The first public case that a function answers as no sound implementation does.

    Parameters
    ----------
    exercise : Exercise
    function : Function
        The student's function, wherever it lives.
    device : {"cpu", "cuda"}
        Where the reference computes.

    Returns
    -------
    Example or None
        None where every public case is answered soundly, where only a side effect is wrong, where what came cannot be
        shown, or where something is measured.
    """
    if exercise.ladder:  # it says itself how far it reaches, and to measure once more takes seconds
        return None
    try:
        return _found(exercise, function, device)
    except NoAnswer:
        raise
    except Exception:
        LOG.info("no example could be made", exc_info=True)
        return None


def _found(exercise: Exercise, function: Function, device: str) -> Example | None:
    cases, sound = sound_candidates(exercise, (PUBLIC_SEED,), device)
    for place, case in enumerate(cases):
        results = play(function, [case])
        here = [candidate.only(place) for candidate in sound]
        if not agreed_with([case], here, results):
            return _written(exercise, case, here[0].results[0], results[0])
    return None


def _written(exercise: Exercise, case: Case, want: Result, got: Result) -> Example | None:
    found = deviation(case, want, got)
    if found is None or want.effects != got.effects:
        return None
    name = found.observation or next(iter({**want.observations, **got.observations}), "")
    if name in want.observations and name in got.observations:
        expected, received = show_apart(want.observations[name], got.observations[name])
    else:
        expected = want.error or show(want.observations[name])
        received = found.said if got.error else show(got.observations[name]) if name in got.observations else "nothing"
    return Example(
        case.name,
        {key: show(value)[:LONGEST] for key, value in _inputs(exercise, case).items()},
        "" if want.error else name,
        expected[:LONGEST],
        printable(received[:LONGEST]),
    )


def _inputs(exercise: Exercise, case: Case) -> Mapping[str, Any]:
    """What a drive was given; of a stepper all steps."""
    return case.inputs if case.drive == "stepper" else inputs_of(case, exercise.parameters)
