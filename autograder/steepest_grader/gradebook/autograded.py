"""The folder `autograded/`: a notebook and a sidecar for each graded submission. Knows no nbgrader."""

from __future__ import annotations

import glob
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from steepest_grader.course.places import Course, nbgrader_names
from steepest_grader.errors import SubmissionError
from steepest_grader.exercise.model import GradedSubmission
from steepest_grader.files import replace_file

__all__ = ["MAX_STUDENT", "Autograded", "problem_of"]

SIDECAR = "steepest.json"
MAX_STUDENT = 128  # what nbgrader's schema holds


@dataclass(frozen=True)
class Autograded:
    """What is kept of a lesson's graded submissions.

    Parameters
    ----------
    course : Course
        Whose lesson.
    lesson : str
        The lesson's name.
    """

    course: Course
    lesson: str

    def folder(self, student: str) -> Path:
        """Where a graded submission is kept.

        Raises
        ------
        SubmissionError
            If the student's id cannot be the name of a folder.
        """
        problem = problem_of(student)
        if problem:
            shown = student[:MAX_STUDENT]
            raise SubmissionError(f"{shown!a} cannot be a student's id: {problem}. Rename the folder.")
        return self.course.folder("autograded") / student / self._assignment

    def notebook(self, student: str) -> Path:
        """The notebook as graded."""
        return self.folder(student) / f"{self._notebook}.ipynb"

    def sidecar(self, student: str) -> Path:
        """What is known of the submission beside the notebook."""
        return self.folder(student) / self._sidecar

    def stored(self) -> dict[str, GradedSubmission]:
        """What the sidecars say, by student; one that cannot be read counts as absent."""
        found = {}
        for path in sorted(
            self.course.folder("autograded").glob(f"*/{glob.escape(self._assignment)}/{glob.escape(self._sidecar)}")
        ):
            student = path.parent.parent.name
            if (submission := self._read(path, student)) is not None:
                found[student] = submission
        return found

    def work(self, student: str) -> str:
        """What identifies the work of a student that is graded; "" where that is not known."""
        submission = self._read(self.sidecar(student), student)
        return "" if submission is None else submission.work

    def _read(self, path: Path, student: str) -> GradedSubmission | None:
        try:
            found = GradedSubmission.from_json(json.loads(path.read_bytes()))
        except (OSError, ValueError, RecursionError):
            return None
        # it may have been handed in
        return found if (found.student, found.lesson) == (student, self.lesson) else None

    def ungraded(self) -> dict[str, str]:
        """Students whose submission the grader itself failed at when it last tried, each with the reason."""
        try:
            found = json.loads(self._failures.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return {str(student): str(reason) for student, reason in found.items()} if isinstance(found, dict) else {}

    def note_ungraded(self, reasons: Mapping[str, str]) -> None:
        """Keep the list that `ungraded` gives; there is no file where nothing is amiss."""
        if reasons:
            replace_file(self._failures, json.dumps(dict(sorted(reasons.items()))).encode())
        else:
            self._failures.unlink(missing_ok=True)

    @property
    def _assignment(self) -> str:
        return nbgrader_names(self.lesson)[0]

    @property
    def _notebook(self) -> str:
        return nbgrader_names(self.lesson)[1]

    @property
    def _sidecar(self) -> str:
        return SIDECAR if self._notebook == self._assignment else f"{self._notebook}.{SIDECAR}"

    @property
    def _failures(self) -> Path:
        return self.course.course_dir / f".{self.lesson.replace('/', '.')}.ungraded.json"


def problem_of(student: str) -> str | None:
    """Why a text cannot be a student's id, which names a folder; None where it can."""
    if not student or student in {".", ".."}:
        return "it is empty or names another folder"
    if "/" in student or "\\" in student:
        return "it holds a path separator"
    if not student.isprintable():
        return "it holds a control character"
    if len(student) > MAX_STUDENT:
        return f"it has {len(student)} characters, more than the {MAX_STUDENT} that a gradebook holds"
    return None
