"""A lesson as grading needs it: one value, made once a run."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from steepest_grader.course.downloads import downloads
from steepest_grader.course.handout import MASTER, released_notebook
from steepest_grader.course.judged import is_judged
from steepest_grader.course.places import Course
from steepest_grader.errors import CourseError
from steepest_grader.exercise import catalogue
from steepest_grader.exercise.hidden import Hidden
from steepest_grader.exercise.model import Exercise, GradedSubmission, Outcome, Verdict
from steepest_grader.installed import code_digest
from steepest_grader.notebook.cells import by_grade_id, is_test, own_seconds

__all__ = ["Lesson", "load", "work_digest"]

NONE: Mapping[str, bytes] = {}


@dataclass(frozen=True)
class Lesson:
    """All that is known of a lesson, read once by `load`.

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
    own : collection of str or None
        Which of these files are the lesson's; None where all are. The others were handed in beside a notebook.
    cell_seconds : float or None
        For how long a cell may run; None for the grader's own bound.
    data_names : sequence of str or None
        Names that stand for data, where a person is to be told of data that is brought along: in a contest.
    hidden : Hidden
        Which cases are hidden. Who gives marks sets it to the course's own.
    source : NotebookNode
        With solutions and hidden tests. Empty where the lesson has travelled to another machine.
    master : NotebookNode
        What nbgrader restores locked cells from: no solution, but the hidden tests. Empty as `source` is.
    """

    id: str
    released: NotebookNode
    exercises: Mapping[str, Exercise]
    tests: Mapping[str, str]
    version: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    cell_seconds: float | None = None
    data_names: Sequence[str] | None = None
    hidden: Hidden = field(default_factory=Hidden)
    source: NotebookNode = field(default_factory=new_notebook, repr=False)
    master: NotebookNode = field(default_factory=new_notebook, repr=False)
    own: Collection[str] | None = None

    @property
    def beside(self) -> dict[str, bytes]:
        """What was handed in beside a notebook, by path."""
        return {} if self.own is None else {path: data for path, data in self.files.items() if path not in self.own}

    def __reduce__(self) -> tuple[Any, ...]:
        """To another machine an exercise goes by its id, since it is code that the other side has."""
        ids = {grade_id: (item.id, item.points) for grade_id, item in self.exercises.items()}
        parts = {"tests": dict(self.tests), "files": dict(self.files), "cell_seconds": self.cell_seconds}
        plain = {name: getattr(self, name) for name in ("id", "released", "version", "data_names", "hidden", "own")}
        return _unpickled, (ids, plain | parts)

    def digest(self, data: bytes | None, reason: str = "", beside: Mapping[str, bytes] = NONE) -> str:
        """Identifies bytes graded by this version of the lesson, with what lay beside, or the reason for none."""
        work = work_digest(data, reason, beside)
        return hashlib.sha256(f"{self.version}{self.hidden.mark}{work}".encode()).hexdigest()

    def ungraded(self, student: str, outcome: Outcome, message: str, data: bytes | None = None) -> GradedSubmission:
        """A submission of which nothing could be run: every automatic mark is zero, for a reason that is said."""
        verdicts = [Verdict(item.id, item.points, outcome, message=message) for item in self.exercises.values()]
        verdicts += [Verdict(name, self.points(name), outcome, message=message) for name in self.tests]
        return GradedSubmission(student, self.id, outcome, verdicts, message, digest=self.digest(data, message))

    def points(self, grade_id: str) -> float:
        """Points of a test cell."""
        return float(by_grade_id(self.released)[grade_id].metadata.nbgrader.points)


def work_digest(data: bytes | None, reason: str = "", beside: Mapping[str, bytes] = NONE) -> str:
    """Identifies what was handed in, whatever grades it: bytes with what lay beside, or the reason for none."""
    content = b"data" + data if data is not None else b"none" + reason.encode("utf-8", "replace")
    whole = hashlib.sha256(content)
    for path, other in sorted(beside.items()):
        whole.update(hashlib.sha256(path.encode()).digest() + hashlib.sha256(other).digest())
    return whole.hexdigest()


def load(course: Course, lesson: str) -> Lesson:
    """Read a lesson from its source.

    Raises
    ------
    CourseError
        If there is no such lesson, or its source breaks a rule.
    """
    source = course.source(lesson)
    judged: dict[str, Exercise] = {}
    tests: dict[str, str] = {}
    for name, cell in by_grade_id(source).items():
        if (exercise_id := is_judged(cell)) is not None:
            judged[name] = _worth(course.exercise(exercise_id), cell.metadata.nbgrader["points"])
        elif is_test(cell):
            tests[name] = cell.source
    released = released_notebook(source, config=course.config)
    master = released_notebook(source, pipeline=MASTER, config=course.config)
    given = course.files(lesson) | downloads(course)
    seconds = notebook_seconds(source, course.cell_seconds)
    version = hashlib.sha256(code_digest())
    for part in (nbformat.writes(source), nbformat.writes(released), repr(sorted(given.items())), repr(seconds)):
        version.update(part.encode())
    contest = course.contest(lesson)
    return Lesson(
        lesson,
        released,
        judged,
        tests,
        version.hexdigest(),
        given,
        seconds,
        data_names=contest.brought if contest is not None else None,
        source=source,
        master=master,
        own=frozenset(given),
    )


def notebook_seconds(source: NotebookNode, otherwise: float | None) -> float | None:
    """For how long a cell of a notebook may run: as its `execution` metadata says, in Jupyter Book's words.

    Raises
    ------
    CourseError
        If that, or what a cell says of itself, is no number of seconds.
    """
    try:
        for cell in source.cells:
            own_seconds(cell)
        found = source.metadata.get("execution", {}).get("timeout")
        if found is None:
            return otherwise
        if not 0 < float(found) < math.inf:
            raise ValueError(f"a timeout of {found!r}")
    except (AttributeError, TypeError, ValueError) as error:
        raise CourseError(f"A limit of time in the notebook cannot be used: {error}.") from error
    return float(found)


def _worth(exercise: Exercise, points: float) -> Exercise:
    """The exercise with the points that its cell says, which a plan may have changed."""
    return exercise if points == exercise.points else replace(exercise, points=points)


def _unpickled(ids: dict[str, tuple[str, float]], parts: dict[str, Any]) -> Lesson:
    exercises = {grade_id: _worth(catalogue.exercise(name), points) for grade_id, (name, points) in ids.items()}
    return Lesson(exercises=exercises, **parts)
