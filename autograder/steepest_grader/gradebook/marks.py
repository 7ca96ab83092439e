"""Marks in nbgrader's tables: read and written in a few statements, whatever the size of the class.

nbgrader's own functions take many statements for each mark. A test holds that the rows are those that they write.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    GradeCell,
    Notebook,
    SourceCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
    new_uuid,
)
from sqlalchemy import Connection, Insert, Update, bindparam, func, insert, select, update

from steepest_grader.course.places import nbgrader_names
from steepest_grader.errors import GradebookError, Reasons, SubmissionError
from steepest_grader.exercise.model import GradedSubmission, Outcome

__all__ = ["Mark", "Person", "check_number", "read_marks", "read_people", "read_points", "read_results", "write_marks"]

SOLUTION, TASK = "SolutionCell", "TaskCell"  # values of `base_cell.type`
LARGEST = 1e9  # nothing is worth so many points
NO_RESPONSE = "No response."  # nbgrader's words, which formgrader's users know
UNGRADED = frozenset({Outcome.MISSING, Outcome.UNREADABLE})

ASSIGNMENT, NOTEBOOK, CELL, GRADE_CELL, TASK_CELL, SOURCE, STUDENT, HANDED_IN, ENTRY, GRADE, COMMENT = (
    model.__table__
    for model in (
        Assignment, Notebook, BaseCell, GradeCell, TaskCell, SourceCell,
        Student, SubmittedAssignment, SubmittedNotebook, Grade, Comment,
    )
)  # fmt: skip
CELLS = (
    select(ASSIGNMENT.c.id, NOTEBOOK.c.id, CELL.c.id, CELL.c.name, CELL.c.type)
    .add_columns(func.coalesce(GRADE_CELL.c.max_score, TASK_CELL.c.max_score), SOURCE.c.source)
    .select_from(ASSIGNMENT)
    .join(NOTEBOOK, NOTEBOOK.c.assignment_id == ASSIGNMENT.c.id)
    .outerjoin(CELL, CELL.c.notebook_id == NOTEBOOK.c.id)
    .outerjoin(GRADE_CELL, GRADE_CELL.c.id == CELL.c.id)
    .outerjoin(TASK_CELL, TASK_CELL.c.id == CELL.c.id)
    .outerjoin(SOURCE, (SOURCE.c.notebook_id == NOTEBOOK.c.id) & (SOURCE.c.name == CELL.c.name))
    .where(ASSIGNMENT.c.name == bindparam("assignment"), NOTEBOOK.c.name == bindparam("notebook"))
)
ENTRIES = (
    select(HANDED_IN.c.id, ENTRY.c.id)
    .select_from(STUDENT)
    .outerjoin(
        HANDED_IN,
        (HANDED_IN.c.student_id == STUDENT.c.id) & (HANDED_IN.c.assignment_id == bindparam("assignment")),
    )
    .outerjoin(ENTRY, (ENTRY.c.assignment_id == HANDED_IN.c.id) & (ENTRY.c.notebook_id == bindparam("notebook")))
    .where(STUDENT.c.id == bindparam("student"))
)
GRADES = (
    select(HANDED_IN.c.student_id, CELL.c.name, GRADE.c.auto_score, GRADE.c.manual_score)
    .select_from(HANDED_IN)
    .join(ASSIGNMENT, ASSIGNMENT.c.id == HANDED_IN.c.assignment_id)
    .join(ENTRY, ENTRY.c.assignment_id == HANDED_IN.c.id)
    .join(GRADE, GRADE.c.notebook_id == ENTRY.c.id)
    .join(NOTEBOOK, NOTEBOOK.c.id == ENTRY.c.notebook_id)
    .join(CELL, CELL.c.id == GRADE.c.cell_id)
    .where(ASSIGNMENT.c.name == bindparam("assignment"), NOTEBOOK.c.name == bindparam("notebook"))
)
RESULTS = GRADES.add_columns(GRADE.c.extra_credit, GRADE.c.needs_manual_grade, ENTRY.c.late_submission_penalty)
PEOPLE = select(STUDENT.c.id, STUDENT.c.first_name, STUDENT.c.last_name, STUDENT.c.email, STUDENT.c.lms_user_id)

# by cell as well, because nbgrader's indexes on these tables begin with it
KNOWN_GRADES = select(GRADE.c.cell_id, GRADE.c.auto_score, GRADE.c.manual_score, GRADE.c.needs_manual_grade).where(
    GRADE.c.cell_id.in_(bindparam("cells", expanding=True)), GRADE.c.notebook_id == bindparam("entry")
)
KNOWN_COMMENTS = select(COMMENT.c.cell_id).where(
    COMMENT.c.cell_id.in_(bindparam("cells", expanding=True)), COMMENT.c.notebook_id == bindparam("entry")
)
NEW_GRADE, NEW_COMMENT = insert(GRADE), insert(COMMENT)
CHANGED_GRADE, CHANGED_COMMENT = (
    update(table).where(table.c.notebook_id == bindparam("entry"), table.c.cell_id == bindparam("cell"))
    for table in (GRADE, COMMENT)
)


@dataclass(frozen=True)
class Person:
    """Who a student is, as far as the gradebook says; what it does not say is empty."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""


@dataclass(frozen=True)
class Mark:
    """What the gradebook says of one graded cell of one student.

    Attributes
    ----------
    automatic, by_hand : float or None
        The mark of either kind; the one given by hand is what counts where there are both.
    extra : float
        Extra credit.
    penalty : float
        What being late costs the whole notebook.
    look_again : bool
        Whether formgrader asks a person to look, also where there is a mark.
    """

    automatic: float | None = None
    by_hand: float | None = None
    extra: float = 0.0
    penalty: float = 0.0
    look_again: bool = False

    @property
    def score(self) -> float | None:
        """What counts, as nbgrader has it; None until the cell is marked."""
        score = self.automatic if self.by_hand is None else self.by_hand
        return None if score is None else score + self.extra


@dataclass(frozen=True)
class _Cell:
    """A row of `base_cell`; a cell that is both answered and graded has two."""

    id: str
    name: str
    kind: str
    max_score: float
    source: str


@dataclass(frozen=True)
class _Lesson:
    assignment: str
    notebook: str
    cells: Sequence[_Cell]


def read_marks(connection: Connection, lesson: str) -> Iterable[Sequence[Any]]:
    """Student, cell, automatic and manual mark of everything handed in for a lesson."""
    return connection.execute(GRADES, _names(lesson))


def read_results(connection: Connection, lesson: str) -> tuple[dict[str, dict[str, Mark]], Reasons]:
    """Marks of everything handed in for a lesson, by student and cell; and of whom a mark is no number.

    SQLite keeps whatever is written into a column, PostgreSQL a NaN, and other programs write to a gradebook too.
    """
    found: dict[str, dict[str, Mark]] = {}
    wrong = Reasons()
    for student, cell, automatic, by_hand, extra, again, penalty in connection.execute(RESULTS, _names(lesson)):
        given = {"mark": automatic, "mark given by hand": by_hand, "extra credit": extra, "late penalty": penalty}
        for what, value in given.items():
            with wrong.apart(student, "Reading the marks"):
                check_number(value, f"{lesson}, {student}: the {what} of {cell}")
        mark = Mark(automatic, by_hand, extra or 0.0, penalty or 0.0, bool(again))
        found.setdefault(student, {})[cell] = mark
    return {student: marks for student, marks in found.items() if student not in wrong}, wrong


def read_points(connection: Connection, lesson: str) -> dict[str, float]:
    """What each graded cell of a lesson is worth; empty where the gradebook does not know the lesson.

    Raises
    ------
    GradebookError
        If that is no number.
    """
    rows = connection.execute(CELLS, _names(lesson)).all()
    cells = [_Cell(*row[2:]) for row in rows if row[2] is not None]
    points = {cell.name: cell.max_score for cell in cells if cell.kind != SOLUTION}
    for name, value in points.items():
        if not _is_number(value) or value < 0:
            raise GradebookError(f"{lesson}: the gradebook has {value!a} for the points of {name}. Correct it there.")
    return points


def check_number(value: object, what: str) -> None:
    """Refuse what the gradebook has in the place of a number.

    Raises
    ------
    SubmissionError
        If it is neither a number nor nothing.
    """
    if value is not None and not _is_number(value):
        raise SubmissionError(f"{what} is {str(value)[:50]!a} in the gradebook, which is no number. Correct it there.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) <= LARGEST  # nor is NaN


def read_people(connection: Connection) -> dict[str, Person]:
    """Every student of the gradebook, by id."""
    return {row[0]: Person(*(str(value or "") for value in row)) for row in connection.execute(PEOPLE)}


def write_marks(connection: Connection, submission: GradedSubmission, *, settled: bool = False) -> None:
    """Enter marks and comments of one submission; what a person has entered stays.

    Parameters
    ----------
    connection : Connection
    submission : GradedSubmission
    settled : bool
        Whether a person has seen this work, and need not look at it again where the automatic mark is as it was.

    Raises
    ------
    GradebookError
        If the lesson is not in the gradebook.
    SubmissionError
        If a mark is not in its range.
    """
    lesson = _lesson(connection, submission.lesson)
    untouched = _untouched(submission, lesson.cells)
    plan = _plan(submission, lesson.cells, untouched)
    entry = _entry(connection, lesson, submission.student)
    ungraded = submission.outcome in UNGRADED
    reason = _storable(submission.message) if ungraded else None
    known = {"entry": entry, "cells": [cell.id for cell in lesson.cells]}
    before = {row.cell_id: row for row in connection.execute(KNOWN_GRADES, known)}
    commented = set(connection.scalars(KNOWN_COMMENTS, known))
    grades, comments = {}, {}
    for cell in lesson.cells:
        if cell.kind != SOLUTION:
            # as nbgrader does: a mark given by hand stays, and is to be looked at again
            row, score = before.get(cell.id), plan[cell.name]
            marked = row is not None and row.manual_score is not None and not ungraded
            again = marked or score is None
            if settled and marked and row is not None and row.auto_score == score:
                again = bool(row.needs_manual_grade)
            grades[cell.id] = {"auto_score": score, "needs_manual_grade": again}
        if cell.kind in (SOLUTION, TASK):
            comments[cell.id] = {"auto_comment": NO_RESPONSE if cell.name in untouched else reason}
    _put(connection, entry, grades, set(before), NEW_GRADE, CHANGED_GRADE)
    _put(connection, entry, comments, commented, NEW_COMMENT, CHANGED_COMMENT)


def _names(lesson: str) -> dict[str, str]:
    return dict(zip(("assignment", "notebook"), nbgrader_names(lesson), strict=True))


def _lesson(connection: Connection, name: str) -> _Lesson:
    rows = connection.execute(CELLS, _names(name)).all()
    if not rows:
        raise GradebookError(f"{name} is not in the gradebook. Prepare it first.")
    return _Lesson(rows[0][0], rows[0][1], [_Cell(*row[2:]) for row in rows if row[2] is not None])


def _entry(connection: Connection, lesson: _Lesson, student: str) -> str:
    """The id of a student's notebook, which is entered if it is not there."""
    names = {"assignment": lesson.assignment, "notebook": lesson.notebook, "student": student}
    found = connection.execute(ENTRIES, names).one_or_none()
    if found is None:
        connection.execute(insert(STUDENT), {"id": student})
    handed_in, entry = found or (None, None)
    if handed_in is None:
        handed_in = new_uuid()
        row = {"id": handed_in, "assignment_id": lesson.assignment, "student_id": student}
        connection.execute(insert(HANDED_IN), row)
    if entry is None:
        entry = new_uuid()
        row = {"id": entry, "assignment_id": handed_in, "notebook_id": lesson.notebook}
        connection.execute(insert(ENTRY), row)
    return str(entry)


def _put(
    connection: Connection,
    entry: str,
    rows: Mapping[str, Mapping[str, Any]],
    known: Set[str],
    new: Insert,
    changed: Update,
) -> None:
    """Enter one row for each cell, or change the row that is there."""
    if added := [{"notebook_id": entry, "cell_id": cell, **row} for cell, row in rows.items() if cell not in known]:
        connection.execute(new, added)
    if kept := [{"entry": entry, "cell": cell, **row} for cell, row in rows.items() if cell in known]:
        connection.execute(changed, kept)


def _plan(submission: GradedSubmission, cells: Sequence[_Cell], untouched: set[str]) -> dict[str, float | None]:
    """The automatic mark of every graded cell; None where a person has to look."""
    answers = {cell.name for cell in cells if cell.kind == SOLUTION}
    scores = {verdict.exercise: verdict.score for verdict in submission.verdicts}
    plan: dict[str, float | None] = {}
    for cell in (cell for cell in cells if cell.kind != SOLUTION):
        if submission.outcome in UNGRADED or cell.name in untouched:
            plan[cell.name] = 0.0
        elif cell.kind == TASK or cell.name in answers:
            plan[cell.name] = None
        else:
            plan[cell.name] = _score(submission, cell, scores)
    return plan


def _score(submission: GradedSubmission, cell: _Cell, scores: Mapping[str, float | None]) -> float:
    score = scores.get(cell.name)
    if score is None or not 0 <= score <= cell.max_score:
        raise SubmissionError(
            f"{submission.lesson}, {submission.student}: the mark of {cell.name} must be between 0 and "
            f"{cell.max_score:g}. Got {score!r}. Build the course again if its points have changed."
        )
    return score


def _untouched(submission: GradedSubmission, cells: Sequence[_Cell]) -> set[str]:
    """Answer cells that still hold what was handed out."""
    if not submission.notebook:
        return set()
    released = {cell.name: cell.source for cell in cells if cell.kind == SOLUTION}
    found = set()
    for cell in json.loads(submission.notebook)["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in released and "".join(cell["source"]) == released[name]:
            found.add(name)
    return found


def _storable(text: str) -> str:
    """Text as every database can hold it."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
