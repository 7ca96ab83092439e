"""Where the parts of a course lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from traitlets.config import Config

from steepest_grader.errors import CourseError

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["Course", "find_course", "nbgrader_names"]


@dataclass(frozen=True)
class Course:
    """Where the parts of a course lie.

    Parameters
    ----------
    root : Path
        The folder that holds `solutions/`, `utils/` and `autograder/`.
    """

    root: Path

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
    def outcomes_dir(self) -> Path:
        """The stored outcomes in the student package."""
        return self.root / "utils" / "steepest" / "outcomes"

    @property
    def config(self) -> Config:
        """Settings of nbgrader's that change what is handed out."""
        return Config()

    @property
    def course_id(self) -> str:
        """What the gradebook calls the course."""
        return "steepest"

    def lessons(self) -> list[str]:
        """Names of all lessons in the order of the course."""
        if not self.solutions.is_dir():
            raise CourseError(f"There is no folder solutions/ in {self.root}. Run this from within the course.")
        return sorted(
            entry.name for entry in self.solutions.iterdir() if entry.is_dir() and not entry.name.startswith((".", "_"))
        )

    def named(self, names: Sequence[str]) -> list[str]:
        """The lessons that are meant.

        Raises
        ------
        CourseError
            If there is none of a name.
        """
        known = self.lessons()
        for name in names:
            if name not in known:
                raise CourseError(
                    f"There is no lesson {name!r} in solutions/. The lessons are: {', '.join(known) or 'none'}."
                )
        return list(names)

    def source(self, lesson: str) -> NotebookNode:
        """A lesson's source notebook, see `source_notebook`."""
        from steepest_grader.course.source import completed  # who only asks where things lie need not wait for jupytext

        return completed(self, lesson)

    def files(self, lesson: str) -> dict[str, bytes]:
        """Files that a lesson's cells find in their folder, by path."""
        return {}


def nbgrader_names(lesson: str) -> tuple[str, str]:
    """nbgrader's names of a lesson's assignment and notebook; only ``assignment/notebook`` sets them apart."""
    assignment, _, notebook = lesson.partition("/")
    return assignment, notebook or assignment


def find_course(start: Path) -> Course:
    """The course that a folder belongs to: the nearest one upwards with `solutions/` and `autograder/`.

    Raises
    ------
    CourseError
        If there is none.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / "solutions").is_dir() and (folder / "autograder").is_dir():
            return Course(folder)
    raise CourseError(
        f"{start} is not within a course: no folder above it holds solutions/ and autograder/. "
        "Change to a checkout of the course and try again."
    )
