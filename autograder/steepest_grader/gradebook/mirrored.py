"""What was graded from elsewhere, laid where nbgrader's formgrader counts submissions.

Without it formgrader lists the marks, but says of the assignment that nothing was handed in. Copies bear a mark, so
that nothing is touched that somebody else has put there.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from steepest_grader.course.places import Course, nbgrader_names
from steepest_grader.files import replace_file
from steepest_grader.gradebook.late import TIMESTAMP
from steepest_grader.gradebook.receipts import TIME

__all__ = ["date", "is_elsewhere", "mirror"]

LOG = logging.getLogger(__name__)
MARK = "copied-by-steepest.txt"


def is_elsewhere(course: Course, folder: Path) -> bool:
    """Whether formgrader does not see a folder of submissions, and the course has a place of its own for copies."""
    own = course.folder("submitted")
    return folder.resolve() != own.resolve() and own.is_relative_to(course.course_dir)


def mirror(course: Course, lesson: str, student: str, data: bytes, beside: Mapping[str, bytes]) -> None:
    """Lay a copy of one submission, or bring the one that is there up to date; what is of somebody else stays.

    No mark depends on it, so that a failure is only told.

    Parameters
    ----------
    course : Course
    lesson : str
    student : str
    data : bytes
        The notebook.
    beside : mapping of str to bytes
        What else was used, by path.
    """
    place, notebook = _place(course, lesson, student)
    if os.path.lexists(place) and not (place / MARK).is_file():
        return
    with _told(student):
        for path, content in {MARK: b"", **beside, f"{notebook}.ipynb": data}.items():
            replace_file(place / path, content)


def date(course: Course, lesson: str, student: str, came: datetime | None) -> None:
    """Give a copy the time at which the work came, as the gradebook has it, since formgrader compares the two."""
    place, _ = _place(course, lesson, student)
    if not (place / MARK).is_file():
        return
    with _told(student):
        if came is None:
            (place / TIMESTAMP).unlink(missing_ok=True)
        else:
            replace_file(place / TIMESTAMP, came.strftime(TIME).encode())


def _place(course: Course, lesson: str, student: str) -> tuple[Path, str]:
    assignment, notebook = nbgrader_names(lesson)
    return course.folder("submitted") / student / assignment, notebook


@contextmanager
def _told(student: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        LOG.warning("formgrader does not count the submission of %a: %s", student, error)
