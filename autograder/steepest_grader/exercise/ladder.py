"""A ladder of credit: what is known of a measurement without a function that gives it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from steepest._checks.cases import Candidate

from steepest_grader.exercise import catalogue
from steepest_grader.exercise.model import Exercise

__all__ = ["is_measured", "rungs", "written"]


def rungs(exercise: Exercise, reference: Candidate) -> list[Candidate]:
    """Each step of the ladder as if a function had been played that stands there."""
    return [
        Candidate(
            "accepted" if step.credit == 1 else "mistake",
            step.name,
            step.text,
            step.credit,
            [replace(seen, observations={**seen.observations, **step.seen}) for seen in reference.results],
            measured=True,
        )
        for step in exercise.ladder
    ]


def is_measured(exercise: Exercise) -> bool:
    """Whether it has a ladder, or is judged together with what has one: then many solutions are as good as another."""
    known = catalogue.by_id()
    together = (known[name].ladder for name in exercise.companions if name in known)
    return bool(exercise.ladder) or any(map(bool, together))


def written(exercise: Exercise, candidates: Sequence[Candidate]) -> tuple[list[Candidate], list[Candidate]]:
    """Candidates in two parts: what is sound or on a ladder, and the forms of mistakes, as in `Exercise.wrong`."""
    place = len(candidates) - len(exercise.wrong)
    return list(candidates[:place]), list(candidates[place:])
