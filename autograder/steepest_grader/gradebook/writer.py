"""The one writer of nbgrader's gradebook and of the folder `autograded/` beside it.

A submission counts as graded once its sidecar `steepest.json` stands beside its notebook. The sidecar is
taken away before the marks change and put back last: a run that is killed leaves nothing half graded.
"""

from __future__ import annotations

import copy
import errno
import json
import logging
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from nbgrader.api import Gradebook
from nbgrader.preprocessors import SaveCells
from sqlalchemy.exc import DataError, IntegrityError

from steepest_grader.course.lesson import Lesson
from steepest_grader.course.places import Course, nbgrader_names
from steepest_grader.errors import GradebookError, SubmissionError
from steepest_grader.exercise.model import GradedSubmission
from steepest_grader.files import can_be_written, replace_file
from steepest_grader.gradebook.autograded import Autograded
from steepest_grader.gradebook.database import remedy
from steepest_grader.gradebook.late import HandedIn, assign_penalties, enter_times, read_times
from steepest_grader.gradebook.marks import read_marks, write_marks
from steepest_grader.gradebook.opened import database_url, opened, translated_errors

__all__ = ["GradebookWriter"]

SHARED = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO})  # what a disk says to everybody
logging.getLogger("tornado.application").addHandler(logging.NullHandler())  # nbgrader's; errors are told by us


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
        self._database: Any = None

    def __enter__(self) -> Self:
        with self._translated():
            self._course.course_dir.mkdir(parents=True, exist_ok=True)
            self._database = opened(self._url)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def prepare(self, lesson: Lesson) -> None:
        """Enter a lesson, or bring it up to date; marks that are there stay.

        Parameters
        ----------
        lesson : Lesson

        Raises
        ------
        GradebookError
            If graded cells came or went while submissions are in the gradebook.
        """
        assignment, notebook = nbgrader_names(lesson.id)
        names = {"notebook": notebook, "assignment": assignment, "db_url": self._url}
        with self._translated():
            with Gradebook(self._url, self._course.course_id) as gradebook:
                gradebook.update_or_create_assignment(assignment)
            try:
                SaveCells().preprocess(copy.deepcopy(lesson.master), {"nbgrader": names})
            except RuntimeError as error:
                raise GradebookError(
                    f"{lesson.id}: cells of nbgrader were added, removed or renamed since its first submission "
                    "was graded. Take the change back, or grade into a new gradebook with --gradebook."
                ) from error

    def graded(self, lesson: str) -> dict[str, GradedSubmission]:
        """What is graded already: both sidecar and gradebook have it, with the same marks.

        Returns
        -------
        dict
            By student, without notebooks.
        """
        marks: dict[str, dict[str, float | None]] = {}
        with self._translated(), self._database.transaction() as connection:
            for student, name, automatic, _ in read_marks(connection, lesson):
                marks.setdefault(student, {})[name] = automatic
        return {
            student: stored
            for student, stored in Autograded(self._course, lesson).stored().items()
            if student in marks and all(marks[student].get(item.exercise) == item.score for item in stored.verdicts)
        }

    def record(self, submission: GradedSubmission, *, settled: bool = False) -> None:
        """Write one submission: marks, comments, notebook, and last the sidecar.

        A submission that the grader could not grade leaves everything as it was.

        Parameters
        ----------
        submission : GradedSubmission
        settled : bool
            Whether what a person has marked need not be looked at again where both the work and the automatic mark
            are as they were.

        Raises
        ------
        GradebookError
            If the lesson is not prepared, or the database fails.
        SubmissionError
            If this submission cannot be written, and others can.
        """
        kept = Autograded(self._course, submission.lesson)
        notebook, sidecar = kept.notebook(submission.student), kept.sidecar(submission.student)
        if submission.failed_by_grader:
            return
        settled = settled and submission.work != "" and kept.work(submission.student) == submission.work
        data, known = submission.notebook.encode(), json.dumps(submission.as_stored()).encode()
        with self._translated(), self._of_one(submission):
            notebook.parent.mkdir(parents=True, exist_ok=True)  # where that fails, the marks stay as they were
            try:
                self._write_marks(submission, sidecar, settled)
            except IntegrityError:  # another program has entered the same student at the same time
                self._write_marks(submission, sidecar, settled)
            if data:
                replace_file(notebook, data)
            else:
                notebook.unlink(missing_ok=True)
            replace_file(sidecar, known)

    def assign_penalties(
        self, lesson: str, times: Mapping[str, datetime | None], step: Any, new: Container[str] = ()
    ) -> tuple[list[str], str]:
        """Enter when submissions came, and let nbgrader say what being late costs.

        Parameters
        ----------
        lesson : str
        times : mapping of str to datetime or None
            For each student concerned, in UTC; None where nothing new is known.
        step : AssignLatePenalties
            As `late.penalties` gives it.
        new : container of str
            Students whose work is other than before.

        Returns
        -------
        undated : list of str
            Students for whom there is a due date, and no time to compare with it.
        trouble : str
            What is to be mended where the instructor's plugin fails; "" where it does not.

        Raises
        ------
        GradebookError
            If the database fails.
        """
        with self._translated():
            with self._database.transaction() as connection:
                late, undated = enter_times(connection, lesson, times, new)
            trouble = assign_penalties(step, self._url, lesson, late)
        return undated, trouble

    def times(self, lesson: str) -> dict[str, HandedIn]:
        """When everything handed in for a lesson came, by student."""
        with self._translated(), self._database.transaction() as connection:
            return read_times(connection, lesson)

    def _write_marks(self, submission: GradedSubmission, sidecar: Path, settled: bool) -> None:
        """Marks and comments of one submission, in one transaction that leaves no old sidecar beside new marks."""
        with self._database.transaction() as connection:
            write_marks(connection, submission, settled=settled)
            sidecar.unlink(missing_ok=True)

    @contextmanager
    def _of_one(self, submission: GradedSubmission) -> Iterator[None]:
        """Tell what fails for one submission from what fails for everybody, such as a full disk."""
        try:
            yield
        except DataError as error:
            said = remedy(error)
            raise SubmissionError(
                f"{submission.lesson}, {submission.student}: the gradebook refuses it: {said}"
            ) from error
        except OSError as error:
            folder = self._course.folder("autograded")
            if error.errno in SHARED or not can_be_written(folder if folder.is_dir() else folder.parent):
                raise
            raise SubmissionError(
                f"What is graded cannot be written: {error}. Mend that and run this again."
            ) from error

    @contextmanager
    def _translated(self) -> Iterator[None]:
        with translated_errors(self._url, self._course):
            yield
