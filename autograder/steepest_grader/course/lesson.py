"""A lesson as grading needs it: one value, made once a run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import nbformat
from nbformat import NotebookNode

from steepest_grader.course.places import Course
from steepest_grader.course.release import code_digest, released_notebook
from steepest_grader.course.source import is_judged, source_notebook
from steepest_grader.exercise import catalogue
from steepest_grader.exercise.model import Exercise, GradedSubmission, Outcome, Verdict


@dataclass(frozen=True)
class Lesson:
    """What grading needs to know of a lesson.

    Attributes
    ----------
    id : str
        The lesson's name.
    released : NotebookNode
        As students got it.
    exercises : mapping of str to Exercise
        Judged test cells, by grade id.
    tests : mapping of str to str
        Full sources of the test cells that run in the kernel, as nbgrader runs them.
    version : str
        Changes whenever a mark could.
    files : mapping of str to bytes
        What its cells find in their folder, by path.
    """

    id: str
    released: NotebookNode
    exercises: Mapping[str, Exercise]
    tests: Mapping[str, str]
    version: str
    files: Mapping[str, bytes] = field(default_factory=dict)

    def __reduce__(self) -> tuple[Any, ...]:
        """To another machine an exercise goes by its id, since it is code that the other side has."""
        ids = {grade_id: item.id for grade_id, item in self.exercises.items()}
        parts = {"tests": dict(self.tests), "version": self.version, "files": dict(self.files)}
        return _unpickled, (ids, {"id": self.id, "released": self.released, **parts})

    def digest(self, data: bytes | None, reason: str = "") -> str:
        """Identifies bytes graded by this version of the lesson, or the reason why there are none."""
        content = b"data" + data if data is not None else b"none" + reason.encode("utf-8", "replace")
        return hashlib.sha256(self.version.encode() + content).hexdigest()

    def ungraded(self, student: str, outcome: Outcome, message: str, data: bytes | None = None) -> GradedSubmission:
        """A submission of which nothing could be run: every automatic mark is zero, for a reason that is said."""
        verdicts = [Verdict(item.id, item.points, outcome, message=message) for item in self.exercises.values()]
        verdicts += [Verdict(name, self.points(name), outcome, message=message) for name in self.tests]
        return GradedSubmission(student, self.id, outcome, verdicts, message, digest=self.digest(data, message))

    def points(self, grade_id: str) -> float:
        """Points of a test cell."""
        cells = (cell for cell in self.released.cells if "nbgrader" in cell.metadata)
        return next(
            float(cell.metadata.nbgrader.points) for cell in cells if cell.metadata.nbgrader.grade_id == grade_id
        )


def load(course: Course, lesson: str) -> Lesson:
    """Read a lesson from its source.

    Raises
    ------
    CourseError
        If there is no such lesson, or its source breaks a rule.
    """
    source = source_notebook(course, lesson)
    judged: dict[str, Exercise] = {}
    tests: dict[str, str] = {}
    for cell in source.cells:
        header = cell.metadata.get("nbgrader", {})
        if (name := is_judged(cell)) is not None:
            judged[header.grade_id] = catalogue.exercise(name)
        elif header.get("grade") and not header.get("solution"):
            tests[header.grade_id] = cell.source
    released = released_notebook(source, config=course.config)
    files = course.files(lesson)
    version = hashlib.sha256(code_digest())
    for part in (nbformat.writes(source), nbformat.writes(released), repr(sorted(files.items()))):
        version.update(part.encode())
    return Lesson(lesson, released, judged, tests, version.hexdigest(), files)


def _unpickled(ids: dict[str, str], parts: dict[str, Any]) -> Lesson:
    return Lesson(exercises={grade_id: catalogue.exercise(name) for grade_id, name in ids.items()}, **parts)
