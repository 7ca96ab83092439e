"""Submissions that were graded to be looked at first: kept until somebody takes them over. No mark is in them yet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from steepest_grader.course.places import Course
from steepest_grader.exercise.model import GradedSubmission
from steepest_grader.files import replace_file

__all__ = ["Previewed"]


class Previewed:
    """What is kept of a lesson.

    Parameters
    ----------
    course : Course
        Whose lesson.
    lesson : str
        The lesson's name.
    """

    def __init__(self, course: Course, lesson: str) -> None:
        self._lesson = lesson
        self._folder = course.course_dir / ".regraded" / lesson.replace("/", ".")

    def has(self, student: str, digest: str) -> bool:
        """Whether `get` gives something."""
        return self.get(student, digest) is not None

    def get(self, student: str, digest: str) -> GradedSubmission | None:
        """A graded submission with its notebook; None where it is not kept, or not as it was written.

        Parameters
        ----------
        student : str
        digest : str
            As `GradedSubmission.digest`: of the submission, and of all that grades it.
        """
        try:
            row = json.loads(self._path(student, digest).read_bytes())
            found = replace(GradedSubmission.from_json(row), notebook=str(row["notebook"]))
        except (OSError, ValueError, KeyError, RecursionError):
            return None
        return found if (found.student, found.lesson, found.digest) == (student, self._lesson, digest) else None

    def keep(self, graded: GradedSubmission) -> None:
        """Keep one for `get`."""
        row = graded.as_stored() | {"notebook": graded.notebook}
        replace_file(self._path(graded.student, graded.digest), json.dumps(row).encode())

    def keep_only(self, wanted: Collection[tuple[str, str]] = ()) -> None:
        """Remove all but those of the given students and digests."""
        names = {self._path(*item).name for item in wanted}
        for path in self._folder.glob("*") if self._folder.is_dir() else ():
            if path.name not in names:
                path.unlink(missing_ok=True)

    def _path(self, student: str, digest: str) -> Path:
        """No part of a name that somebody has handed in is a part of it."""
        name = hashlib.sha256(f"{student}\0{digest}".encode("utf-8", "surrogateescape")).hexdigest()
        return self._folder / f"{name}.json"
