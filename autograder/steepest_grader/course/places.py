"""What every course can be asked; `text_course` and `nbgrader_course` hold the two kinds there are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from traitlets.config import Config

from steepest_grader.errors import CourseError
from steepest_grader.files import kept_secret

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from steepest_grader.course.plan import Plan
    from steepest_grader.exercise.contest import Contest
    from steepest_grader.exercise.model import Exercise

__all__ = ["CONFIG", "SECRET", "Course", "nbgrader_names"]

CONFIG = "nbgrader_config.py"  # nbgrader's settings of a course

SECRET, SECRET_BYTES = "hidden_cases.key", 32


@dataclass(frozen=True)
class Course(ABC):
    """Where the parts of a course lie, and what stands in its lessons.

    Parameters
    ----------
    root : Path
        The course's folder.
    """

    root: Path

    @property
    @abstractmethod
    def course_dir(self) -> Path:
        """nbgrader's course directory."""

    @property
    @abstractmethod
    def course_id(self) -> str:
        """What the gradebook calls the course."""

    def folder(self, step: str) -> Path:
        """nbgrader's folder of a step: "source", "release", "submitted", "autograded" or "feedback"."""
        return self.course_dir / step

    @property
    def gradebook(self) -> str:
        """The address of its database, where none is named."""
        return f"sqlite:///{self.course_dir / 'gradebook.db'}"

    def secret(self) -> tuple[bytes, bool]:
        """What the hidden cases follow from, and whether it had to be made; it lies beside the gradebook.

        Raises
        ------
        CourseError
            If it cannot be read, or is something else.
        """
        path = self.course_dir / SECRET
        try:
            found, new = kept_secret(path, SECRET_BYTES)
        except OSError as error:
            raise CourseError(
                f"{path}, which the hidden cases follow from, cannot be used: {error.strerror}. Whoever grades must be "
                "able to read it and to write beside it."
            ) from error
        if len(found) != SECRET_BYTES:
            raise CourseError(
                f"{path} is damaged: it should hold {SECRET_BYTES} bytes. Put it back from a copy, or remove it: then "
                "everything is graded again with new hidden cases."
            )
        return found, new

    @property
    def cell_seconds(self) -> float | None:
        """For how long a cell may run where neither it nor its notebook says so; None for the grader's own bound."""
        return None

    @property
    def private_packages(self) -> Sequence[str]:
        """Packages of exercises that its settings name, whether or not they name themselves."""
        return ()

    @property
    def config(self) -> Config:
        """Settings of nbgrader's that change what is handed out."""
        return Config()

    @cached_property
    def plan(self) -> Plan:
        """What `course.toml` says of the term; the course as it stands where there is none.

        Raises
        ------
        PlanError
            With every mistake of the file.
        """
        from steepest_grader.course.plan_file import read_plan  # imports pydantic and babel

        return read_plan(self.root, self.lessons())

    @abstractmethod
    def lessons(self) -> list[str]:
        """Names of all lessons in the order of the course."""

    @abstractmethod
    def named(self, names: Sequence[str]) -> list[str]:
        """The lessons that are meant.

        Raises
        ------
        CourseError
            If there is none of a name.
        """

    @abstractmethod
    def source(self, lesson: str) -> NotebookNode:
        """A lesson's source notebook, complete: nbgrader's metadata, points, ids, kernel, solutions and hidden tests.

        The same source gives the same notebook.

        Raises
        ------
        CourseError
            If there is no such lesson, or its cells break a rule of the course.
        """

    def files(self, lesson: str) -> dict[str, bytes]:
        """Files that a lesson's cells find in their folder, by path."""
        return {}

    def exercises(self, lesson: str) -> Sequence[Exercise]:
        """Exercises that a lesson must ask for, in their order."""
        return ()

    def contest(self, lesson: str) -> Contest | None:
        """What a lesson's leaderboard is about, where it has one."""
        return None

    def exercise(self, exercise_id: str) -> Exercise:
        """The exercise that a test cell asks for by its id.

        Raises
        ------
        KeyError
            If there is none.
        """
        from steepest_grader.exercise import catalogue  # who only asks where things lie need not wait for torch

        return catalogue.exercise(exercise_id)


def nbgrader_names(lesson: str) -> tuple[str, str]:
    """nbgrader's names of a lesson's assignment and notebook; only ``assignment/notebook`` sets them apart."""
    assignment, _, notebook = lesson.partition("/")
    return assignment, notebook or assignment
