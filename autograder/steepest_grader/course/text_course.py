"""A course like this one: sources as text in `solutions/`, exercises and student package beside them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from steepest_grader.course.places import Course
from steepest_grader.errors import CourseError

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from steepest_grader.exercise.contest import Contest
    from steepest_grader.exercise.model import Exercise

__all__ = ["TextCourse", "read_settings"]

TABLE = "steepest-grader"
DEFAULT = "steepest"
NAMES = {  # what each key may say
    "course-id": re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*"),
    "student-package": re.compile(r"[A-Za-z_]\w*"),
    "exercises": re.compile(r"[A-Za-z]\w*_\w+"),  # students' cells are searched for it, so it is no plain word
}


@dataclass(frozen=True)
class TextCourse(Course):
    """A course with `solutions/`, `lessons/`, `utils/` and `build/`.

    In its `pyproject.toml`, `[tool.steepest-grader]` may say `course-id`, `student-package` (the package in `utils/`),
    both "steepest" by default, and `exercises`, the package of exercises; all that are installed by default.
    """

    @property
    def solutions(self) -> Path:
        """The sources of all lessons."""
        return self.root / "solutions"

    @property
    def lessons_dir(self) -> Path:
        """The students' notebooks."""
        return self.root / "lessons"

    @property
    def build_dir(self) -> Path:
        """Whatever is made and not kept under version control."""
        return self.root / "build"

    @property
    def course_dir(self) -> Path:
        """nbgrader's course directory."""
        return self.build_dir / "course"

    @property
    def student_package(self) -> Path:
        """The package that students get, with the stored outcomes in it."""
        return self.root / "utils" / self.settings.get("student-package", DEFAULT)

    @property
    def outcomes_dir(self) -> Path:
        """The stored outcomes in the student package."""
        return self.student_package / "outcomes"

    @property
    def course_id(self) -> str:
        """What the gradebook calls the course, and the folder in the students' archive."""
        return self.settings.get("course-id", DEFAULT)

    def lessons(self) -> list[str]:
        """Names of all folders of `solutions/`."""
        if not self.solutions.is_dir():
            raise CourseError(f"There is no folder solutions/ in {self.root}. Run this from within the course.")
        return sorted(
            entry.name for entry in self.solutions.iterdir() if entry.is_dir() and not entry.name.startswith((".", "_"))
        )

    def named(self, names: Sequence[str]) -> list[str]:
        """The lessons that are meant, each by its own name."""
        known = self.lessons()
        for name in names:
            if name not in known:
                raise CourseError(
                    f"There is no lesson {name!r} in solutions/. The lessons are: {', '.join(known) or 'none'}."
                )
        return list(names)

    def source(self, lesson: str) -> NotebookNode:
        """The notebook that ``solutions/<lesson>/<lesson>.py`` stands for, with what the plan says of its exercises."""
        from steepest_grader.course.arranged import arranged
        from steepest_grader.course.plan_file import check_exercises

        notebook = self.written(lesson)
        check_exercises(self.root, self.plan, lesson, notebook)
        return arranged(self.plan, lesson, notebook)

    def written(self, lesson: str) -> NotebookNode:
        """The notebook whatever the plan says.

        Raises
        ------
        CourseError
            As for `source`.
        """
        from steepest_grader.course.source import completed  # imports jupytext, see `Course.exercise`

        self.named([lesson])
        path = self.solutions / lesson / f"{lesson}.py"
        if not path.is_file():
            raise CourseError(
                f"solutions/{lesson}/ holds no {lesson}.py: write the lesson there, or remove the folder."
            )
        return completed(self, lesson, path)

    def exercises(self, lesson: str) -> Sequence[Exercise]:
        """Those of the package of exercises for the lesson of this name."""
        from steepest_grader.exercise import catalogue

        return catalogue.lessons(*self.private_packages).get(lesson, ())

    def contest(self, lesson: str) -> Contest | None:
        """That of the package of exercises for the lesson of this name."""
        from steepest_grader.exercise import catalogue

        return catalogue.contest(lesson, *self.private_packages)

    def exercise(self, exercise_id: str) -> Exercise:
        """The exercise of this id in the package of exercises."""
        from steepest_grader.exercise import catalogue

        return catalogue.by_id(*self.private_packages)[exercise_id]

    @property
    def private_packages(self) -> Sequence[str]:
        """The package of exercises that `pyproject.toml` names, if it does."""
        return [self.settings["exercises"]] if "exercises" in self.settings else []

    @cached_property
    def settings(self) -> dict[str, str]:
        """What the course's `pyproject.toml` says of it."""
        return read_settings(self.root) or {}


def read_settings(folder: Path) -> dict[str, str] | None:
    """What `[tool.steepest-grader]` in a folder's `pyproject.toml` says; None where there is no such table.

    Raises
    ------
    CourseError
        If the file is not TOML, or the table says something else than it may.
    """
    path = folder / "pyproject.toml"
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CourseError(f"{path} cannot be read: {error}.") from error
    table = found.get("tool", {}).get(TABLE)
    if table is None:
        return None
    for key, value in table.items() if isinstance(table, dict) else [(TABLE, table)]:
        if key not in NAMES or not isinstance(value, str) or not NAMES[key].fullmatch(value):
            raise CourseError(
                f"{path}: [tool.{TABLE}] says {key} = {value!r}; it may give a name for each of "
                f"{', '.join(NAMES)}; that of a package is an identifier, and that of exercises has an underscore."
            )
    return dict(table)
