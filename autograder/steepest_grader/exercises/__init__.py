"""The exercises, one module a lesson. A module that defines `LESSON` and `EXERCISES` is found by itself."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from steepest_grader.model import Exercise

__all__ = ["by_id", "exercise", "lessons"]


@cache
def lessons() -> dict[str, tuple[Exercise, ...]]:
    """All exercises by lesson, in the order of the course."""
    found: dict[str, tuple[Exercise, ...]] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        if hasattr(module, "LESSON"):
            found[module.LESSON] = tuple(module.EXERCISES)
    return dict(sorted(found.items()))


def by_id() -> dict[str, Exercise]:
    """All exercises of all lessons, by id."""
    return {item.id: item for group in lessons().values() for item in group}


def exercise(exercise_id: str) -> Exercise:
    """The exercise of this id.

    Raises
    ------
    KeyError
        If there is none.
    """
    return by_id()[exercise_id]
