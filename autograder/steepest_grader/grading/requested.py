"""A student asks for another look at an exercise: the work, what is expected, and what is found, then and now."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steepest_grader.course.lesson import Lesson
from steepest_grader.course.places import Course
from steepest_grader.errors import RequestError
from steepest_grader.exercise.model import Verdict
from steepest_grader.gradebook.autograded import Autograded
from steepest_grader.gradebook.class_marks import class_marks
from steepest_grader.gradebook.requests import Request, read_request
from steepest_grader.grading.changes import named
from steepest_grader.grading.regrade import lesson_of_the_course, opened_secret, regrade_lesson
from steepest_grader.sandbox.base import Sandbox

__all__ = ["Case", "checked", "look"]


@dataclass(frozen=True)
class Case:
    """What a person has to see to decide.

    Attributes
    ----------
    request : Request
    handed_in : str
        The code that was handed in for the exercise.
    expected : str
        The reference, or the test of plain nbgrader.
    then, now : Verdict
        As it is recorded, and by the exercise as it is now.
    by_hand : float or None
        A person's mark, which counts.
    """

    request: Request
    handed_in: str
    expected: str
    then: Verdict
    now: Verdict
    by_hand: float | None = None

    @property
    def same(self) -> bool:
        """Whether the same is found."""
        then, now = ((item.score, item.points, named(item)) for item in (self.then, self.now))
        return then == now

    def as_json(self) -> dict[str, Any]:
        """The shape that `regrade --request --json` promises."""
        asked = self.request
        names = {"student": asked.student, "lesson": asked.lesson, "exercise": asked.exercise}
        code = {"handed_in": self.handed_in, "expected": self.expected}
        return names | code | {"then": _told(self.then), "now": _told(self.now), "by_hand": self.by_hand}


def checked(course: Course, line: str) -> Request:
    """What a line asks for, where it is of this course and about the work that is graded.

    Raises
    ------
    RequestError
        If it is forged, outdated, or about what is no longer there.
    GradebookError
        If the secret of the course is lost.
    """
    asked = read_request(opened_secret(course), line)
    if asked.lesson not in course.lessons():
        raise RequestError(f"The line is about {asked.lesson}, which is no lesson of the course any more.")
    graded = Autograded(course, asked.lesson).stored().get(asked.student)
    if graded is None:
        raise RequestError(f"The line is about work of {asked.student} in {asked.lesson}, of which nothing is graded.")
    if not asked.is_about(graded.work):
        raise RequestError(
            f"The line is outdated: since it was written, other work of {asked.student} in {asked.lesson} was graded. "
            "Ask for the line on the page as it is now."
        )
    return asked


def look(course: Course, asked: Request, folder: Path, *, sandbox: Sandbox, url: str | None = None) -> Case:
    """Grade the work once more by the exercises as they are now, and put both sides together; no mark is written.

    Parameters
    ----------
    course : Course
    asked : Request
        As `checked` gives it.
    folder : Path
        Holds what was handed in.
    sandbox : Sandbox
        Where student code runs.
    url : str, optional
        The gradebook; the course's own by default.

    Raises
    ------
    RequestError
        If the work is not in the folder, or is another by now.
    GradebookError
        If the gradebook cannot be read, or the grader itself fails.
    """
    lesson = lesson_of_the_course(course, asked.lesson)
    kept = Autograded(course, asked.lesson)
    then = _of(kept.stored()[asked.student].verdicts, asked.exercise)
    if then is None or asked.exercise not in {*lesson.exercises, *lesson.tests}:
        raise RequestError(f"The line is about {asked.exercise}, for which {asked.lesson} gives no mark any more.")
    found = regrade_lesson(course, asked.lesson, folder, sandbox=sandbox, url=url, students={asked.student})
    if found.again:
        raise RequestError(
            f"The line is outdated: {asked.student} has handed in {asked.lesson} anew. Grade that first."
        )
    if found.absent:
        raise RequestError(f"What was graded of {asked.student} is not in {folder}. Name its folder with --submitted.")
    if found.failed:
        raise RequestError(f"It cannot be graded now: {found.failed[asked.student]}")
    rows = {row.exercise: row for item in found.changes for row in item.exercises}
    row = rows.get(asked.exercise)
    now = then if row is None or row.after is None else row.after
    mark = class_marks(course, url, [asked.lesson])[1][asked.lesson].marks[asked.student].get(asked.exercise)
    answer = _answer(kept.notebook(asked.student), lesson, asked.exercise)
    return Case(asked, answer, _expected(lesson, asked.exercise), then, now, mark.by_hand if mark else None)


def _of(verdicts: Any, exercise: str) -> Verdict | None:
    return next((verdict for verdict in verdicts if verdict.exercise == exercise), None)


def _answer(notebook: Path, lesson: Lesson, exercise: str) -> str:
    """The student's code since the graded cell before, of the notebook as graded."""
    try:
        cells = json.loads(notebook.read_bytes())["cells"]
    except (OSError, ValueError, KeyError):
        return ""
    given = {cell.source for cell in lesson.released.cells}
    found: list[str] = []
    for cell in cells:
        header, text = cell["metadata"].get("nbgrader", {}), "".join(cell["source"])
        if header.get("grade") and not header.get("solution"):
            if header.get("grade_id") == exercise:
                break
            found = []
        elif cell["cell_type"] == "code" and (header.get("solution") or text not in given):
            found.append(text)
    return "\n\n".join(found)


def _expected(lesson: Lesson, exercise: str) -> str:
    if exercise in lesson.tests:
        return lesson.tests[exercise]
    try:
        return inspect.getsource(lesson.exercises[exercise].reference)
    except (OSError, TypeError):
        return ""


def _told(verdict: Verdict) -> Mapping[str, Any]:
    return {key: value for key, value in verdict.as_stored().items() if key not in ("id", "credit")}
