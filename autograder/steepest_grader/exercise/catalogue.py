"""The exercises and contests of all installed courses.

In a package that an entry point `steepest_grader.exercises` names, every folder with a module `lesson` that defines
`LESSON` and `EXERCISES` is a lesson, and nothing has to be registered. With `CONTEST` it has a leaderboard too.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from steepest_grader.errors import CourseError
from steepest_grader.exercise import rules
from steepest_grader.exercise.contest import Contest
from steepest_grader.exercise.model import Exercise
from steepest_grader.installed import exercise_packages

__all__ = ["by_id", "contest", "exercise", "lessons"]


@cache
def lessons(*names: str) -> dict[str, tuple[Exercise, ...]]:
    """All exercises by lesson, in the order of the course.

    Parameters
    ----------
    *names : str
        The packages to look in; all that are installed by default.

    Raises
    ------
    CourseError
        If a package is not installed, if a lesson cannot be imported or an exercise breaks a rule, or if two lessons
        bear one name, or two exercises one id.
    """
    found: dict[str, tuple[Exercise, ...]] = {}
    origin: dict[str, str] = {}
    for module in (module for package in names or exercise_packages() for module in _modules(package)):
        lesson, items = _defined(module)
        for name in (lesson, *(item.id for item in items)):
            if name in origin:
                raise CourseError(f"{module} and {origin[name]} both define {name!r}: rename one of them.")
            origin[name] = module
        found[lesson] = items
    return dict(sorted(found.items()))


def by_id(*names: str) -> dict[str, Exercise]:
    """All exercises of all lessons, by id; `names` as for `lessons`."""
    return {item.id: item for group in lessons(*names).values() for item in group}


@cache
def contest(lesson: str, *names: str) -> Contest | None:
    """What the leaderboard of a lesson is about; None where it has none. `names` as for `lessons`.

    Raises
    ------
    CourseError
        If it is about functions that are no exercises of the lesson.
    """
    if lesson not in lessons(*names):
        return None
    modules = (module for package in names or exercise_packages() for module in _modules(package))
    module = next(module for module in modules if _defined(module)[0] == lesson)
    found = getattr(importlib.import_module(module), "CONTEST", None)
    known = {item.id for item in lessons(*names)[lesson]}
    if found is not None and not (isinstance(found, Contest) and found.functions and known.issuperset(found.functions)):
        raise CourseError(f"CONTEST of {module} must be a Contest(...) about exercises of the lesson. Got {found!r}.")
    return found


def exercise(exercise_id: str) -> Exercise:
    """The exercise of this id.

    Raises
    ------
    KeyError
        If there is none.
    """
    return by_id()[exercise_id]


def _defined(module: str) -> tuple[str, tuple[Exercise, ...]]:
    """The lesson's name and exercises."""
    try:
        found = importlib.import_module(module)
        lesson, items = found.LESSON, tuple(found.EXERCISES)
    except Exception as error:  # an author's module can raise anything
        raise CourseError(f"The lesson {module} cannot be read: {rules.raised(error)}. Correct it.") from error
    for item in items:
        if not isinstance(item, Exercise):
            raise CourseError(f"EXERCISES of {module} must hold Exercise(...) only. Got {item!r}.")
        rules.check(item)
    return lesson, items


def _modules(package: str) -> Sequence[str]:
    spec = find_spec(package)
    if spec is None:
        raise CourseError(f"The package of exercises {package!r} is not installed.")
    places = [Path(place) for place in spec.submodule_search_locations or ()]
    return [f"{package}.{path.parent.name}.lesson" for place in places for path in sorted(place.glob("*/lesson.py"))]
