"""The one writer of nbgrader's gradebook and of the folder `autograded/` beside it.

A submission counts as graded once its sidecar `steepest.json` stands beside its notebook. The sidecar is
taken away before the marks change and put back last: a run that is killed leaves nothing half graded.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import nbformat
from alembic.script import ScriptDirectory
from nbformat.notebooknode import NotebookNode
from nbgrader.api import (
    Assignment,
    Base,
    BaseCell,
    Grade,
    Gradebook,
    InvalidEntry,
    MissingEntry,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from nbgrader.dbutil import ALEMBIC_DIR
from nbgrader.preprocessors import SaveCells
from nbgrader.utils import compute_checksum
from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from steepest_grader._files import replace_file
from steepest_grader.autograded import (
    SIDECAR,
    SUBMISSION_KEYS,
    GradebookError,
    stored_submissions,
    submission_folder,
)
from steepest_grader.model import GradedSubmission, Outcome
from steepest_grader.release import MASTER, released_notebook
from steepest_grader.source import Course

__all__ = ["GradebookError", "GradebookWriter", "awaiting_marks", "database_url", "gradebook_url", "translated_errors"]

COURSE_ID = "steepest"
NO_RESPONSE = "No response."  # nbgrader's words, which formgrader's users know
SQLITE_SECONDS = 5.0
UNGRADED = frozenset({Outcome.MISSING, Outcome.UNREADABLE})

# What a database says, and what to do about it.
REMEDIES = {
    "locked": "another program is writing to it. Close formgrader or the other run, and run this again.",
    "readonly": "it cannot be written to. Give yourself the right to write to the file and to its folder.",
    "unable to open": "it cannot be opened. Check that the folder exists and may be written to.",
    "not a database": "the file is something else. Name another file with --gradebook.",
    "no such column": "its tables are of another nbgrader. Back it up and run `nbgrader db upgrade`.",
    "no such table": "its tables are of another nbgrader. Back it up and run `nbgrader db upgrade`.",
    "disk": "the disk is full or fails. Make room and run this again.",
}


def gradebook_url(course: Course) -> str:
    """The gradebook of a course where none is named."""
    return f"sqlite:///{course.course_dir / 'gradebook.db'}"


def database_url(course: Course, url: str | None) -> str:
    """The database that is meant, with a bound on how long SQLite waits for another program.

    Raises
    ------
    GradebookError
        If the text names no database.
    """
    try:
        parsed = make_url(url or gradebook_url(course))
    except ArgumentError as error:
        raise GradebookError(f"{url!r} names no database. Write it as sqlite:////folder/gradebook.db") from error
    if parsed.get_backend_name() == "sqlite" and "timeout" not in parsed.query:
        parsed = parsed.update_query_dict({"timeout": str(SQLITE_SECONDS)})
    return parsed.render_as_string(hide_password=False)


@contextmanager
def translated_errors(url: str, course: Course) -> Iterator[None]:
    """Turn what databases and disks raise into `GradebookError`, here and nowhere else."""
    try:
        yield
    except (SQLAlchemyError, InvalidEntry, ImportError) as error:
        name = make_url(url).difference_update_query(["timeout"]).render_as_string(hide_password=True)
        raise GradebookError(f"The gradebook {name} cannot be used: {_remedy(error)}") from error
    except OSError as error:
        raise GradebookError(f"{course.course_dir} cannot be written: {error}.") from error


class GradebookWriter:
    """Writes graded submissions; a context manager.

    Parameters
    ----------
    url : str or None
        The database, as SQLAlchemy names it; None for the course's own.
    course : Course
        Whose folder `autograded/` is written.

    Raises
    ------
    GradebookError
        On entry, if the database cannot be reached or written to.
    """

    def __init__(self, url: str | None, course: Course) -> None:
        self._course = course
        self._url = database_url(course, url)
        self._gradebook: Any = None

    def __enter__(self) -> Self:
        self._course.course_dir.mkdir(parents=True, exist_ok=True)
        with self._translated():
            _open(self._url)
            self._gradebook = Gradebook(self._url, COURSE_ID)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._gradebook is not None:
            self._gradebook.close()
            self._gradebook = None

    def prepare(self, lesson: str, source: NotebookNode) -> None:
        """Enter a lesson, or bring it up to date; marks that are there stay.

        Parameters
        ----------
        lesson : str
        source : NotebookNode
            What `source_notebook` gives.

        Raises
        ------
        GradebookError
            If graded cells came or went while submissions are in the gradebook.
        """
        master = released_notebook(source, pipeline=MASTER)
        names = {"notebook": lesson, "assignment": lesson, "db_url": self._url}
        with self._translated():
            self._gradebook.update_or_create_assignment(lesson)
            try:
                SaveCells().preprocess(copy.deepcopy(master), {"nbgrader": names})
            except RuntimeError as error:
                raise GradebookError(
                    f"{lesson}: cells of nbgrader were added, removed or renamed since its first submission "
                    "was graded. Take the change back, or grade into a new gradebook with --gradebook."
                ) from error
            finally:
                self._gradebook.db.expire_all()

    def graded(self, lesson: str) -> dict[str, tuple[str, dict[str, Any]]]:
        """What is graded already: both sidecar and gradebook have it, with the same marks.

        Returns
        -------
        dict
            Student to digest and submission, the latter as `GradedSubmission.as_json` gives it.
        """
        with self._translated():
            marks = self._marks(lesson)
        found = {}
        for student, stored in stored_submissions(self._course, lesson).items():
            mine = marks.get(student)
            if mine is not None and all(mine.get(item["id"]) == item["score"] for item in stored["exercises"]):
                found[student] = (stored["digest"], {key: stored[key] for key in SUBMISSION_KEYS})
        return found

    def record(self, submission: GradedSubmission) -> None:
        """Write one submission: marks, comments, notebook, and last the sidecar.

        A submission that the grader could not grade leaves everything as it was.

        Raises
        ------
        GradebookError
            If the student's id cannot be used, the lesson is not prepared, or the database fails.
        """
        folder = submission_folder(self._course, submission.student, submission.lesson)
        outcomes = {submission.outcome, *(verdict.outcome for verdict in submission.verdicts)}
        if Outcome.GRADER_ERROR in outcomes:
            return
        notebook = folder / f"{submission.lesson}.ipynb"
        sidecar = folder / SIDECAR
        with self._translated():
            sidecar.unlink(missing_ok=True)
            self._write_marks(submission)
            if submission.notebook:
                replace_file(notebook, submission.notebook.encode())
            else:
                notebook.unlink(missing_ok=True)
            content = {**submission.as_json(), "digest": submission.digest, "message": submission.message}
            replace_file(sidecar, json.dumps(content, indent=1).encode())

    def _marks(self, lesson: str) -> dict[str, dict[str, float | None]]:
        """Automatic marks in the gradebook, by student and cell."""
        marks: dict[str, dict[str, float | None]] = {}
        for student, name, automatic, _ in _grades(self._gradebook, lesson):
            marks.setdefault(student, {})[name] = automatic
        return marks

    def _write_marks(self, submission: GradedSubmission) -> None:
        """Marks and comments of one submission, in one transaction."""
        gradebook, lesson, student = self._gradebook, submission.lesson, submission.student
        try:
            master = gradebook.find_notebook(lesson, lesson)
            untouched = _untouched(submission, master)
            plan = _plan(submission, master, untouched)
            gradebook.update_or_create_student(student)
            with gradebook.db.no_autoflush:  # nbgrader queries while it builds a submission
                gradebook.update_or_create_submission(lesson, student)
            entry = gradebook.find_submission_notebook(lesson, lesson, student)
        except MissingEntry as error:
            raise GradebookError(f"{lesson} is not in the gradebook. Prepare it first.") from error
        for grade in entry.grades:
            grade.auto_score = plan.get(grade.name)
            # as nbgrader does: a mark given by hand stays, and is to be looked at again
            by_hand = grade.manual_score is not None and submission.outcome not in UNGRADED
            grade.needs_manual_grade = by_hand or grade.auto_score is None
        for comment in entry.comments:
            reason = submission.message if submission.outcome in UNGRADED else None
            comment.auto_comment = NO_RESPONSE if comment.name in untouched else reason
        gradebook.db.commit()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        with translated_errors(self._url, self._course):
            try:
                yield
            except (SQLAlchemyError, InvalidEntry):
                if self._gradebook is not None:
                    self._gradebook.db.rollback()
                raise


def awaiting_marks(course: Course, url: str | None, lesson: str) -> dict[str, set[str]]:
    """For each student in the gradebook, the answers to a lesson that a person has yet to mark.

    Raises
    ------
    GradebookError
        If the database cannot be used.
    """
    address = database_url(course, url)
    with translated_errors(address, course):
        _open(address)
        with Gradebook(address, COURSE_ID) as gradebook:
            grades = _grades(gradebook, lesson)
    found: dict[str, set[str]] = {}
    for student, name, *scores in grades:
        found.setdefault(student, set()).update([name] if scores == [None, None] else [])
    return found


def _grades(gradebook: Any, lesson: str) -> list[tuple[str, str, float | None, float | None]]:
    """Student, cell, automatic and manual mark of everything handed in for a lesson."""
    session = gradebook.db
    rows = (
        session.query(Student.id, BaseCell.name, Grade.auto_score, Grade.manual_score)
        .select_from(SubmittedAssignment)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .join(Student, Student.id == SubmittedAssignment.student_id)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .join(BaseCell, BaseCell.id == Grade.cell_id)
        .filter(Assignment.name == lesson)
    )
    found = [tuple(row) for row in rows]
    session.rollback()
    return found


def _plan(submission: GradedSubmission, master: Any, untouched: set[str]) -> dict[str, float | None]:
    """The automatic mark of every graded cell; None where a person has to look."""
    answers = {cell.name for cell in master.solution_cells}
    scores = {verdict.exercise: verdict.score for verdict in submission.verdicts}
    plan: dict[str, float | None] = {}
    for cell in (*master.grade_cells, *master.task_cells):
        if submission.outcome in UNGRADED or cell.name in untouched:
            plan[cell.name] = 0.0
        elif isinstance(cell, TaskCell) or cell.name in answers:
            plan[cell.name] = None
        else:
            plan[cell.name] = _score(submission, cell, scores)
    return plan


def _score(submission: GradedSubmission, cell: Any, scores: Mapping[str, float | None]) -> float:
    score = scores.get(cell.name)
    if score is None or not 0 <= score <= cell.max_score:
        raise GradebookError(
            f"{submission.lesson}, {submission.student}: the mark of {cell.name} must be between 0 and "
            f"{cell.max_score:g}. Got {score!r}. Build the course again if its points have changed."
        )
    return score


def _untouched(submission: GradedSubmission, master: Any) -> set[str]:
    """Answer cells that still hold what was handed out."""
    if not submission.notebook:
        return set()
    released = {cell.name: cell.checksum for cell in master.source_cells}
    cells = [cell for cell in nbformat.reads(submission.notebook, as_version=4).cells if "nbgrader" in cell.metadata]
    return {
        cell.metadata.nbgrader.grade_id
        for cell in cells
        if cell.metadata.nbgrader.solution and released.get(cell.metadata.nbgrader.grade_id) == compute_checksum(cell)
    }


def _open(url: str) -> None:
    """Make sure that there are tables and that they can be written to.

    nbgrader would start the program `alembic` to learn the version of new tables, which is not found where
    the environment is not activated, and it leaves connections open where it fails.
    """
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.execute(text("BEGIN IMMEDIATE"))
            if not inspect(connection).get_table_names():
                Base.metadata.create_all(connection)
                connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
                version = ScriptDirectory(ALEMBIC_DIR).get_current_head()
                connection.execute(text("INSERT INTO alembic_version VALUES (:version)"), {"version": version})
            connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
    finally:
        engine.dispose()


def _remedy(error: Exception) -> str:
    said = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    for sign, remedy in REMEDIES.items():
        if sign in said:
            return remedy
    return f"{said.splitlines()[0] if said else type(error).__name__}. Check its address and that it is running."
