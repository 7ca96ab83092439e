"""What students handed in, found in a folder."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import stat
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from steepest_grader.course.lesson import Lesson, work_digest
from steepest_grader.course.places import nbgrader_names
from steepest_grader.errors import CourseError, told
from steepest_grader.exercise.model import Outcome
from steepest_grader.files import OddFileError, inner_folder, outer_folder, read_regular
from steepest_grader.gradebook.beside import Allowed
from steepest_grader.notebook.restore import MAX_BYTES
from steepest_grader.notebook.slim import MAX_FILE, SlimError, slim

# a symbolic link, a socket, no right to read, a file for a folder: whoever hands in can make them
THEIRS = frozenset(
    {errno.ELOOP, errno.ENXIO, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG}
)
NOTHING = Allowed()
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Submission:
    """What was found for one student: the notebook's bytes, or why there are none.

    Attributes
    ----------
    data : bytes or None
        The file's content.
    outcome, message
        `MISSING`, `UNREADABLE` or `GRADER_ERROR` and the reason, where there is no content.
    beside : mapping of str to bytes
        What else was handed in and may be used, by path.
    unused : sequence of str
        Reasons why other things are not.
    large : str
        Stands for the whole file where that was too large to be read with its outputs.
    seconds : float
        Of CPU time that it took to leave them out.
    """

    student: str
    data: bytes | None
    outcome: Outcome = Outcome.MISSING
    message: str = ""
    beside: Mapping[str, bytes] = field(default_factory=dict)
    unused: Sequence[str] = ()
    large: str = ""
    seconds: float = 0.0

    def digest(self, lesson: Lesson) -> str:
        """Identifies what was found, graded by a lesson, see `Lesson.digest`."""
        return lesson.digest(self._content, self.message, self.beside)

    def work(self) -> str:
        """Identifies what was found, whatever grades it."""
        return work_digest(self._content, self.message, self.beside)

    @property
    def _content(self) -> bytes | None:
        return self.large.encode() if self.large else self.data

    def as_plain(self) -> dict[str, Any]:
        """What there is of data, by attribute, in types that every Python knows."""
        names = ("student", "data", "large", "seconds")
        plain = {name: getattr(self, name) for name in names}
        return plain | {"beside": dict(self.beside), "unused": list(self.unused)}


def collect(
    folder: Path,
    lesson: str,
    *,
    students: Container[str] | None = None,
    allowed: Allowed = NOTHING,
    slimmed: bool = True,
) -> Iterator[Submission]:
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
    allowed : Allowed
        What may lie beside the notebook.
    slimmed : bool
        Whether the outputs of a large notebook are left out, which takes seconds. Else it comes without its data.
    """
    assignment, notebook = nbgrader_names(lesson)
    names = [name for name in _students(folder) if students is None or name in students]
    with outer_folder(folder) as root:
        for student in names:
            found = _handed_in(student, root, assignment, f"{notebook}.ipynb", allowed, slimmed)
            if found is not None:
                yield found


def handed_in(folder: Path, lessons: Sequence[str], *, student: str | None = None) -> list[str]:
    """Those lessons for which something lies in a student's folder, in their order.

    Parameters
    ----------
    folder : Path
        The folder of all students' folders.
    lessons : sequence of str
        Which are asked about.
    student : str, optional
        Only this student's folder; all by default.
    """
    own = [name for name in _students(folder) if student in (None, name)]
    return [
        lesson for lesson in lessons if any(os.path.lexists(folder / name / nbgrader_names(lesson)[0]) for name in own)
    ]


def _students(folder: Path) -> list[str]:
    """Names of students' folders, in their order."""
    try:
        return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise CourseError(f"{folder} cannot be read: {error.strerror}.") from error


def _handed_in(
    student: str, root: int, assignment: str, name: str, allowed: Allowed, slimmed: bool
) -> Submission | None:
    """What lies in a student's folder; None where that is none, or holds none for the assignment.

    Each folder is opened once, and what lies in it is reached from there: between a look at a name and its use a
    student may have put something else in its place.
    """
    with ExitStack() as stack:
        try:
            own = stack.enter_context(inner_folder(student, root))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            return _closed(student, error)
        try:
            folder = stack.enter_context(inner_folder(assignment, own))
        except FileNotFoundError:
            return None
        except NotADirectoryError:
            if not stat.S_ISLNK(_mode(assignment, own)):
                return None
            reason = "The folder is a symbolic link, which is not followed."
            return Submission(student, None, Outcome.UNREADABLE, reason)
        except OSError as error:
            return _closed(student, error)
        return _read(student, folder, name, allowed, slimmed)


def _read(student: str, folder: int, name: str, allowed: Allowed, slimmed: bool) -> Submission:
    try:
        data = read_regular(name, folder, most=MAX_FILE)
        beside, unused = allowed.found(folder)
        found = Submission(student, data, beside=beside, unused=unused)
        return found if len(data) <= MAX_BYTES else _slim(found, data, slimmed)
    except OddFileError as error:
        return Submission(student, None, Outcome.UNREADABLE, f"{error}.")
    except FileNotFoundError:
        others = ", ".join(_notebooks(folder))
        instead = f" Found instead: {others}." if others else ""
        return Submission(student, None, Outcome.MISSING, f"There is no file {name}.{instead}")
    except OSError as error:
        return Submission(student, None, _whose(error), f"The file {name} cannot be read: {error.strerror}.")


def _slim(found: Submission, data: bytes, slimmed: bool) -> Submission:
    """The same without outputs, or why it cannot be had."""
    found = replace(found, data=None, large=hashlib.sha256(data).hexdigest())
    if not slimmed:
        return found
    try:
        data, seconds = slim(data)
        return replace(found, data=data, seconds=seconds)
    except SlimError as error:
        return replace(found, outcome=Outcome.UNREADABLE, message=f"The file cannot be read: {error}.")
    except Exception as error:
        LOG.exception("reading the file of %a failed", found.student)
        message = f"The grader failed: {told(error)}."
        return replace(found, outcome=Outcome.GRADER_ERROR, message=message)


def _closed(student: str, error: OSError) -> Submission:
    return Submission(student, None, _whose(error), f"The folder cannot be read: {error.strerror}.")


def _whose(error: OSError) -> Outcome:
    """Whose fault it is that something cannot be read: the submission's, or our disk's."""
    return Outcome.UNREADABLE if error.errno in THEIRS else Outcome.GRADER_ERROR


def _notebooks(folder: int) -> list[str]:
    """Names of a few notebooks in a folder."""
    try:
        listing = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=folder)
    except OSError:
        return []
    try:
        with os.scandir(listing) as entries:
            return sorted(islice((entry.name for entry in entries if entry.name.endswith(".ipynb")), 3))
    finally:
        os.close(listing)


def _mode(name: str, at: int) -> int:
    try:
        return os.stat(name, dir_fd=at, follow_symlinks=False).st_mode
    except OSError:
        return 0
