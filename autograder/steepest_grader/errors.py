"""What a person can mend, and what fails for one student alone."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

__all__ = [
    "ClusterError",
    "CourseError",
    "GradebookError",
    "MendableError",
    "Reasons",
    "RequestError",
    "SubmissionError",
    "escaped",
    "nearest",
    "printable",
    "told",
]

LONGEST = 300
LOG = logging.getLogger(__name__)


class MendableError(Exception):
    """Its message says in a sentence what is wrong and what to do; the command line shows that and no traceback."""


class CourseError(MendableError):
    """Something in the course's files is wrong; the message names it and how to mend it."""


class GradebookError(MendableError):
    """The gradebook cannot be used, or a submission cannot be written to it; the message says what to do."""


class RequestError(MendableError):
    """A line that asks for another look cannot be followed; the message says why, and what to do."""


class ClusterError(MendableError):
    """The cluster cannot be used; the message says what to do."""


class SubmissionError(GradebookError):
    """Something is wrong with one submission and no other; the message says what, and what to do."""


class Reasons(dict[str, str]):
    """Why something could not be done for single students: a sentence for each of them.

    Every loop over students does what it does for one of them within `apart`. So what fails there costs that student a
    reason, and nobody else anything.
    """

    @contextmanager
    def apart(self, student: str, doing: str) -> Iterator[None]:
        """Keep what fails within as this student's reason.

        Parameters
        ----------
        student : str
        doing : str
            What is done, as the beginning of a sentence.

        Raises
        ------
        MendableError
            That concerns everybody, and not this student alone.
        """
        try:
            yield
        except SubmissionError as error:
            self[student] = str(error)
        except MendableError:
            raise
        except OSError as error:
            name = f"{error.filename}: " if error.filename else ""
            self[student] = f"{doing} failed: {name}{error.strerror or type(error).__name__}."
        except Exception as error:
            LOG.exception("%s of %a failed", doing, student)
            self[student] = f"{doing} failed: {told(error)}."


def told(error: BaseException) -> str:
    """Kind, message and place of an exception that nobody has foreseen, on one line."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    message = (str(error).splitlines() or [""])[0][:LONGEST]
    return printable(f"{type(error).__name__}: {message}".rstrip(": .")) + where


def escaped(text: str) -> str:
    """Text with a code for whatever no terminal should be sent, so that it still differs from all other."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def printable(text: str, kept: str = "") -> str:
    """Text with a blank for whatever no terminal should be sent, but for the characters to be kept."""
    return "".join(char if char.isprintable() or char in kept else " " for char in text)


def nearest(name: str, known: Collection[str]) -> str:
    """The end of a sentence that asks for the known name that is nearest; "" where none is near."""
    found = get_close_matches(name[:100], known, n=1)
    return f"; did you mean {str(found[0])!r}?" if found else ""
