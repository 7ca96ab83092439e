"""A line by which a student asks that an exercise be looked at again: made for a page of feedback, and read again.

What comes back has gone through many hands. Its seal follows from the course's secret, so whatever does not bear it is
refused before a word of it is used.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from steepest_grader.errors import RequestError
from steepest_grader.exercise.hidden import Hidden

__all__ = ["Request", "read_request", "request_line"]

KIND = "regrade/1"
SHOWN = 16  # hexadecimal digits of what identifies the work
MAX_LENGTH = 4_000  # a student's id has up to 128 characters, and each may take twelve
LINE = re.compile(rf"{KIND} ([!-~]+) ([!-~]+) ([!-~]+) ([0-9a-f]{{{SHOWN}}}) ([0-9a-f]{{32}})")
FORGED = (
    "This line is not from a page of feedback of this course: its digest does not fit what it says. Ask for the line "
    "as it stands on the page. (It does not fit either if hidden_cases.key was made anew since.)"
)
NO_LINE = f"This is no line of a page of feedback: such a line begins with {KIND} and has six words."


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes
    ----------
    student, lesson, exercise : str
    work : str
        The beginning of what identifies the work that the page is about, see `GradedSubmission.work`.
    """

    student: str
    lesson: str
    exercise: str
    work: str

    def is_about(self, work: str) -> bool:
        """Whether it is about this work."""
        return len(work) > SHOWN and work.startswith(self.work)


def request_line(hidden: Hidden, student: str, lesson: str, exercise: str, work: str) -> str:
    """The line for one exercise, of words without blanks.

    Parameters
    ----------
    hidden : Hidden
        With the course's secret.
    student, lesson, exercise : str
    work : str
        See `GradedSubmission.work`.
    """
    words = [KIND, *(quote(text, safe="") for text in (student, lesson, exercise)), work[:SHOWN]]
    return " ".join([*words, _seal(hidden, words)])


def read_request(hidden: Hidden, line: str) -> Request:
    """What a line asks for.

    Parameters
    ----------
    hidden : Hidden
        With the course's secret.
    line : str
        As somebody has sent it; a mail may have broken it.

    Raises
    ------
    RequestError
        If it is none of this course's; nothing of it is in the message.
    """
    found = LINE.fullmatch(" ".join(line.split())) if len(line) <= MAX_LENGTH else None
    if found is None:
        raise RequestError(NO_LINE)
    *names, work, seal = found.groups()
    if not hmac.compare_digest(seal, _seal(hidden, [KIND, *names, work])):
        raise RequestError(FORGED)
    student, lesson, exercise = map(unquote, names)
    return Request(student, lesson, exercise, work)


def _seal(hidden: Hidden, words: list[str]) -> str:
    return hidden.seal("request", " ".join(words).encode())
