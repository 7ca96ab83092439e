"""Names for what is new: what they may be, and whether they are taken."""

from __future__ import annotations

import keyword
import re
from importlib.util import find_spec
from pathlib import Path

from steepest_grader.course.text_course import TextCourse
from steepest_grader.errors import CourseError

__all__ = ["course_name", "exercise_name", "folder_of", "lesson_name"]

LONGEST = 40  # of a course or a lesson: paths and archives hold it several times
LESSON = re.compile(r"(?:\d+_)?([A-Za-z]\w*)", re.ASCII)


def course_name(name: str, start: Path) -> str:
    """The name of a new course, which its student package bears too.

    Raises
    ------
    CourseError
        If it cannot be a package's, or is taken.
    """
    if not _is_identifier(name) or len(name) > LONGEST:
        raise CourseError(
            f"A course's name must be an identifier of at most {LONGEST} letters, digits and _, such as statistics_1, "
            f"because its package bears it. Got {name!r}."
        )
    for package in (name, f"{name}_exercises"):
        if find_spec(package) is not None:
            raise CourseError(f"The name {name!r} is taken: a package {package!r} is installed. Choose another name.")
    if (start / name).exists():
        raise CourseError(f"The name {name!r} is taken: {start / name} is there. Choose another name.")
    return name


def lesson_name(name: str, course: TextCourse) -> str:
    """The name of a new lesson.

    Raises
    ------
    CourseError
        If it cannot be a lesson's, or is taken in this course or by another one that is installed.
    """
    if not LESSON.fullmatch(name) or not _is_identifier(folder_of(name)) or len(name) > LONGEST:
        raise CourseError(
            f"A lesson's name must be a number, _ and an identifier, such as 01_averages, of at most {LONGEST} "
            f"characters. Got {name!r}."
        )
    from steepest_grader.exercise import catalogue  # waits for torch

    if (course.solutions / name).exists() or name in catalogue.lessons():
        raise CourseError(f"The name {name!r} is taken by another lesson. Choose another name.")
    return name


def exercise_name(name: str, course: TextCourse) -> str:
    """The id of a new exercise, which is the name of the function that students write.

    Raises
    ------
    CourseError
        If it cannot be a function's, or is taken in this course or by another one that is installed.
    """
    from steepest_grader.exercise import catalogue  # waits for torch
    from steepest_grader.exercise.rules import MAX_ID

    if not _is_identifier(name) or len(name) > MAX_ID:
        raise CourseError(
            "An exercise's name is that of the function that students write, of at most "
            f"{MAX_ID} letters, digits and _, such as trimmed_mean. Got {name!r}."
        )
    sources = (path.read_text(encoding="utf-8") for path in course.solutions.glob("*/*.py"))
    if name in catalogue.by_id() or any(f'"grade_id": "{name}"' in text for text in sources):
        raise CourseError(f"The name {name!r} is taken by another exercise. Choose another name.")
    return name


def folder_of(lesson: str) -> str:
    """What the folder of a lesson's exercises is called: its name without the number."""
    found = LESSON.fullmatch(lesson)
    return found[1] if found else lesson


def _is_identifier(name: str) -> bool:
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("_")
