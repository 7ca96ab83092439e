"""What students handed in, found in a folder."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Container, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from steepest_grader.course.places import nbgrader_names
from steepest_grader.errors import CourseError
from steepest_grader.exercise.model import Outcome
from steepest_grader.notebook.restore import MAX_BYTES

# a symbolic link, a socket, no right to read, a file for a folder: whoever hands in can make them
THEIRS = frozenset(
    {errno.ELOOP, errno.ENXIO, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG}
)


@dataclass(frozen=True)
class Submission:
    """What was found for one student: the notebook's bytes, or why there are none.

    Attributes
    ----------
    data : bytes or None
        The file's content.
    outcome, message
        `MISSING`, `UNREADABLE` or `GRADER_ERROR` and the reason, where there is no content.
    """

    student: str
    data: bytes | None
    outcome: Outcome = Outcome.MISSING
    message: str = ""


def collect(folder: Path, lesson: str, *, students: Container[str] | None = None) -> Iterator[Submission]:
    """Find submissions at ``<folder>/<student>/<assignment>/<notebook>.ipynb``, in order of names.

    A student's folder without one for the assignment is passed over: nothing was handed in.

    Parameters
    ----------
    folder : Path
        The folder of all students' folders.
    lesson : str
        Which lesson.
    students : container of str, optional
        Only these students.
    """
    assignment, notebook = nbgrader_names(lesson)
    try:
        paths = sorted(entry for entry in folder.iterdir() if students is None or entry.name in students)
    except OSError as error:
        raise CourseError(f"{folder} cannot be read: {error.strerror}.") from error
    for path in paths:
        try:
            if path.is_symlink() or path.name.startswith("."):
                continue
            handed_in = stat.S_ISDIR((path / assignment).stat().st_mode)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            yield Submission(path.name, None, _whose(error), f"The folder cannot be read: {error.strerror}.")
            continue
        if handed_in:
            yield _read(path.name, path / assignment, f"{notebook}.ipynb")


def _read(student: str, folder: Path, name: str) -> Submission:
    if folder.is_symlink():
        return Submission(student, None, Outcome.UNREADABLE, "The folder is a symbolic link, which is not followed.")
    try:
        descriptor = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        others = sorted(path.name for path in islice(folder.glob("*.ipynb"), 3))
        found = f" Found instead: {', '.join(others)}." if others else ""
        return Submission(student, None, Outcome.MISSING, f"There is no file {name}.{found}")
    except OSError as error:
        reason = f"The file {name} cannot be opened: {error.strerror}."
        return Submission(student, None, _whose(error), reason)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return Submission(student, None, Outcome.UNREADABLE, f"{name} is not a regular file.")
    try:
        with os.fdopen(descriptor, "rb") as file:
            return Submission(student, file.read(MAX_BYTES + 1))
    except OSError as error:
        reason = f"The file {name} cannot be read: {error.strerror}."
        return Submission(student, None, _whose(error), reason)


def _whose(error: OSError) -> Outcome:
    """Whose fault it is that something cannot be read: the submission's, or our disk's."""
    return Outcome.UNREADABLE if error.errno in THEIRS else Outcome.GRADER_ERROR
