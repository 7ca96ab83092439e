"""When submissions came, and what being late costs. The latter is for nbgrader's own preprocessor and plugins to say.

`timestamp.txt` beside a notebook comes from nbgrader's exchange, but whoever hands in can write to it: it is read
within bounds and never follows a link.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from nbformat.v4 import new_notebook
from nbgrader.api import InvalidEntry
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.exc import SQLAlchemyError

from steepest_grader.course.places import CONFIG, Course, nbgrader_names
from steepest_grader.course.plan import Late
from steepest_grader.course.settings import nbgrader_settings
from steepest_grader.errors import CourseError
from steepest_grader.files import OddFileError, read_below
from steepest_grader.gradebook.marks import ASSIGNMENT, ENTRY, HANDED_IN, NOTEBOOK

__all__ = ["TIMESTAMP", "HandedIn", "assign_penalties", "enter_times", "penalties", "read_times", "time_of"]

TIMESTAMP = "timestamp.txt"
MAX_BYTES = 100
SUBMISSIONS = (
    select(HANDED_IN.c.id, HANDED_IN.c.student_id, HANDED_IN.c.timestamp, HANDED_IN.c.extension)
    .add_columns(ASSIGNMENT.c.duedate, ENTRY.c.late_submission_penalty)
    .select_from(HANDED_IN)
    .join(ASSIGNMENT, ASSIGNMENT.c.id == HANDED_IN.c.assignment_id)
    .join(ENTRY, ENTRY.c.assignment_id == HANDED_IN.c.id)
    .join(NOTEBOOK, NOTEBOOK.c.id == ENTRY.c.notebook_id)
    .where(ASSIGNMENT.c.name == bindparam("assignment"), NOTEBOOK.c.name == bindparam("notebook"))
)
NEW_TIME = update(HANDED_IN).where(HANDED_IN.c.id == bindparam("submission")).values({"timestamp": bindparam("came")})


@dataclass(frozen=True)
class HandedIn:
    """When something was handed in, and until when it could be; in UTC.

    Attributes
    ----------
    came : datetime or None
        None where no time is known.
    due : datetime or None
        As the gradebook has it, without the extension.
    extension : timedelta
        What a person has granted.
    """

    came: datetime | None = None
    due: datetime | None = None
    extension: timedelta = timedelta()


def time_of(folder: Path) -> datetime:
    """When a submission came, by its `timestamp.txt`.

    Parameters
    ----------
    folder : Path
        The submission, in its student's folder.

    Returns
    -------
    datetime
        In UTC and without a time zone, as the gradebook has it.

    Raises
    ------
    ValueError
        With the reason, if the file does not say so in ISO 8601; a zone behind it can be an offset or a name such as
        UTC or Europe/Paris.
    """
    try:
        content = read_below(folder.parent.parent, folder.parent.name, folder.name, TIMESTAMP, most=MAX_BYTES)
    except FileNotFoundError as error:
        raise ValueError(f"there is no {TIMESTAMP}") from error
    except OddFileError as error:
        raise ValueError(str(error)) from error
    except OSError as error:
        raise ValueError(f"{TIMESTAMP} cannot be read: {error.strerror}") from error
    try:
        return _utc(content.decode("utf-8-sig"))
    except (ValueError, OverflowError, KeyError, OSError) as error:  # of unknown zones there are all kinds
        raise ValueError(f"{TIMESTAMP} holds no time: {content[:50]!r}") from error


def _utc(text: str) -> datetime:
    words = text.split()
    zone = words.pop() if len(words) == 3 else "UTC"
    offset = zone if zone.startswith(("+", "-")) else ""
    found = datetime.fromisoformat(" ".join(words) + offset)
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC if zone in ("UTC", "GMT", "Z") else ZoneInfo(zone))
    return found.astimezone(UTC).replace(tzinfo=None)


@contextmanager
def penalties(course: Course) -> Iterator[Any]:
    """nbgrader's preprocessor with what says the penalty, while its modules can be imported.

    That is the plan's table, and without one the plugin that `nbgrader_config.py` asks for.

    Raises
    ------
    CourseError
        If there is no such plugin, or its settings cannot be used.
    """
    folder = str(course.course_dir)  # where nbgrader itself is run
    sys.path.append(folder)
    try:
        config = nbgrader_settings(course)
        try:
            step = _ByTable(course.plan.late) if course.plan.late.days else _Penalties(config=config)
            step.init_plugin()
        except Exception as error:
            raise CourseError(f"{CONFIG}: what it says of late submissions cannot be used. {_said(error)}") from error
        yield step
    finally:
        sys.path.remove(folder)


class _Penalties(AssignLatePenalties):  # type: ignore[misc]
    def _check_late_penalty(self, notebook: Any, penalty: Any) -> float:
        number = float(penalty)
        if math.isnan(number):  # no comparison of nbgrader's holds for it
            raise ValueError("it gives a penalty that is not a number")
        return float(super()._check_late_penalty(notebook, number))


class _ByTable(_Penalties):
    """Takes from a mark what the plan's table says, instead of asking a plugin."""

    def __init__(self, late: Late) -> None:
        super().__init__()
        self._late = late

    def init_plugin(self) -> None:
        self.plugin_inst = _Table()
        self.plugin_inst.late = self._late


class _Table(LateSubmissionPlugin):  # type: ignore[misc]
    late = Late()

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float:
        return score * (1 - self.late.share(timedelta(seconds=total_seconds_late)))


def enter_times(
    connection: Connection, lesson: str, times: Mapping[str, datetime | None], new: Container[str] = ()
) -> tuple[list[str], list[str]]:
    """Enter when submissions came, where that is known.

    Parameters
    ----------
    connection : Connection
    lesson : str
    times : mapping of str to datetime or None
        For each student concerned.
    new : container of str
        Those whose work is other than before: a time that is known of that says nothing of this.

    Returns
    -------
    late : list of str
        Those of them whose penalty has to be worked out anew.
    undated : list of str
        Those for whom there is a due date, and no time to compare with it.
    """
    names = dict(zip(("assignment", "notebook"), nbgrader_names(lesson), strict=True))
    rows = [row for row in connection.execute(SUBMISSIONS, names) if row.student_id in times]
    came = {row.student_id: times[row.student_id] or row.timestamp for row in rows}
    changed = [row for row in rows if came[row.student_id] != row.timestamp]
    if changed:
        connection.execute(NEW_TIME, [{"submission": row.id, "came": came[row.student_id]} for row in changed])
    late, undated = [], []
    for row in rows:
        time = came[row.student_id]
        beyond = row.duedate is not None and time is not None and (time > row.duedate or row.extension is not None)
        if beyond or row.late_submission_penalty is not None:
            late.append(row.student_id)
        if row.duedate is not None and (time is None or (row.student_id in new and times[row.student_id] is None)):
            undated.append(row.student_id)
    return late, undated


def read_times(connection: Connection, lesson: str) -> dict[str, HandedIn]:
    """When everything handed in for a lesson came, by student."""
    names = dict(zip(("assignment", "notebook"), nbgrader_names(lesson), strict=True))
    return {
        row.student_id: HandedIn(_aware(row.timestamp), _aware(row.duedate), row.extension or timedelta())
        for row in connection.execute(SUBMISSIONS, names)
    }


def _aware(time: datetime | None) -> datetime | None:
    return None if time is None else time.replace(tzinfo=UTC)


def assign_penalties(step: Any, url: str, lesson: str, students: Sequence[str]) -> str:
    """Let nbgrader enter what being late costs, from the marks as they stand.

    Parameters
    ----------
    step : AssignLatePenalties
        As `penalties` gives it.
    url : str
        The gradebook.
    lesson : str
    students : sequence of str

    Returns
    -------
    str
        What is to be mended where the plugin fails, or "". Whoever it fails for keeps the penalty that was there.

    Raises
    ------
    SQLAlchemyError, InvalidEntry
        If the gradebook does.
    """
    assignment, notebook = nbgrader_names(lesson)
    failures: list[tuple[str, Exception]] = []
    for student in students:
        names = {"assignment": assignment, "notebook": notebook, "student": student, "db_url": url}
        try:
            step(new_notebook(), {"nbgrader": names})
        except (SQLAlchemyError, InvalidEntry):
            raise
        except Exception as error:  # noqa: BLE001 - a plugin of the instructor's can raise anything
            failures.append((student, error))
    if not failures:
        return ""
    student, first = failures[0]
    return (
        f"{CONFIG}: the plugin {step.plugin_class.__name__} fails at {len(failures)} of {len(students)} late "
        f"submissions of {lesson}, first at {student!a}. {_said(first)} All marks are recorded; these submissions "
        "keep the penalty that they had. Mend the plugin and run this again."
    )


def _said(error: Exception) -> str:
    first = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}".rstrip(": .") + "."
