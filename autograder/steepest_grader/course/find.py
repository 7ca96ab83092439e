"""The course that a folder belongs to."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from steepest_grader.course.places import CONFIG, SECRET_BYTES, Course
from steepest_grader.course.text_course import TextCourse, read_settings
from steepest_grader.errors import CourseError

__all__ = ["find_any_course", "find_course", "planned_points", "secret_of"]


def find_course(start: Path) -> TextCourse:
    """The nearest course upwards whose sources are text: with `solutions/`, and `autograder/` or settings of its own.

    Raises
    ------
    CourseError
        If there is none.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / "solutions").is_dir() and ((folder / "autograder").is_dir() or read_settings(folder) is not None):
            return TextCourse(folder)
    raise CourseError(
        f"{start} is not within a course: no folder above it holds solutions/ beside autograder/ "
        "or [tool.steepest-grader] in its pyproject.toml. Change to a checkout of the course and try again."
    )


def find_any_course(start: Path) -> Course:
    """The course that a folder belongs to, or else the nearest one of plain nbgrader.

    Raises
    ------
    CourseError
        If there is none.
    """
    try:
        return find_course(start)
    except CourseError as error:
        for folder in (start.resolve(), *start.resolve().parents):
            if (folder / CONFIG).is_file() or next((folder / "source").glob("*/*.ipynb"), None) is not None:
                from steepest_grader.course.nbgrader_course import NbgraderCourse  # imports nbgrader

                return NbgraderCourse(folder)
        raise CourseError(
            f"{error} Nor does a folder above it hold {CONFIG} or source/<assignment>/, as nbgrader has them."
        ) from None


@cache
def secret_of(start: Path) -> bytes:
    """What hidden cases follow from where a folder is all that is known; this process's own without a course there."""
    try:
        return find_any_course(start).secret()[0]
    except CourseError:
        return os.urandom(SECRET_BYTES)


@cache
def planned_points(start: Path, exercise: str) -> float | None:
    """What the plan of the course that a folder belongs to says an exercise is worth; None where it says nothing."""
    try:
        lessons = find_any_course(start).plan.lessons.values()
    except CourseError:
        return None
    return next((each.exercises[exercise].points for each in lessons if exercise in each.exercises), None)
