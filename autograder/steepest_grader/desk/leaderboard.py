"""The leaderboard of a contest: a page and a table that a class may see, and a list that only its instructor sees.

On page and table stand only those who have given themselves a name, and under that name alone. Nothing else of what a
student wrote is on them, not even the text of an error.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from steepest_grader.course.places import Course
from steepest_grader.desk.export import safe_text
from steepest_grader.desk.pages import part, policy, template
from steepest_grader.desk.places import TIES, mean_and_error, placed
from steepest_grader.desk.pseudonyms import shown_names
from steepest_grader.errors import CourseError
from steepest_grader.exercise.contest import Entry, Round
from steepest_grader.files import replace_file

__all__ = ["Board", "Row", "as_json", "board", "board_path", "table_path", "write_board"]

SLOW, SLOWEST_FREE = 10, 1.0  # times the median, and seconds for which nobody is asked
DIGITS = 6
AHEAD, ROOM = 2 * TIES, 0.06  # what a strip shows of errors, and leaves at its ends


@dataclass(frozen=True)
class Row:
    """One line of a leaderboard.

    Attributes
    ----------
    name : str
        Under which it is shown; "" where it is not.
    student : str
        Whose it is; "" where it is the course's own.
    place : int or None
    mean, error : float
        Over all tasks.
    gap, gap_error : float
        By how much it is behind the best that is shown, task by task.
    entry : Entry
    """

    name: str
    student: str
    place: int | None
    mean: float
    error: float
    gap: float
    gap_error: float
    entry: Entry


@dataclass(frozen=True)
class Board:
    """A leaderboard as a value.

    Attributes
    ----------
    lesson, measured : str
        The lesson's name, and what its share is called.
    seed : int
        What the tasks follow from.
    seeds : sequence of int
        One for each task.
    rows : sequence of Row
        What is shown, the best first, with the lines for comparison.
    unplayed : sequence of (str, str)
        The name and the reason of those who are shown and have no result.
    waiting : mapping of str to sequence of str
        Students whom a person has to look at first, each with what was seen.
    unnamed : sequence of Row
        Those who are not shown, the best first.
    failed : mapping of str to str
        Students without a result, each with the reason.
    ours : sequence of str
        Students at whom the grader failed.
    refused : mapping of str to str
        Students whose name is not shown, each with the reason.
    """

    lesson: str
    measured: str
    seed: int
    seeds: Sequence[int]
    rows: Sequence[Row]
    unplayed: Sequence[tuple[str, str]] = ()
    waiting: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unnamed: Sequence[Row] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    ours: Sequence[str] = ()
    refused: Mapping[str, str] = field(default_factory=dict)


def board(played: Round, *, admitted: Collection[str] = (), students: Collection[str] = ()) -> Board:
    """Make a leaderboard of what came of a class.

    Parameters
    ----------
    played : Round
    admitted : collection of str
        Students who are shown although something in their submission wants a human eye: a person has looked at it.
    students : collection of str
        Further ids that nobody may be shown by.

    Raises
    ------
    CourseError
        If there is nobody of a name that is admitted.
    """
    entries = _looked_at({entry.student: entry for entry in played.entries})
    if unknown := sorted(set(admitted) - entries.keys()):
        raise CourseError(f"There is no entry of {unknown[0]!a}. Check --admit.")
    # not in the order of ids, which would show through the numbers behind equal names
    order = sorted(entries.values(), key=lambda entry: entry.digest)
    written = {entry.student: entry.pseudonym for entry in order}
    names, refused = shown_names(written, taken=played.lines, students={*entries, *students})
    waiting = {who: entry.flags for who, entry in entries.items() if entry.flags and who not in admitted}
    names = {who: name for who, name in names.items() if who not in waiting and not entries[who].ours}
    shown = {who: entries[who] for who in names if entries[who].results}
    places = placed({who: entry.results for who, entry in shown.items()})
    best = shown[next(iter(places))].results if places else None
    rows = [_row(entries[who], names[who], place, best) for who, place in places.items()]
    rows += [_row(Entry("", "", results=line), name, None, best) for name, line in played.lines.items()]
    others = [_row(entry, "", None, best) for who, entry in entries.items() if entry.results and who not in shown]
    unplayed = [(name, entries[who].reason) for who, name in names.items() if not entries[who].results]
    return Board(
        played.lesson,
        played.measured,
        played.seed,
        played.seeds,
        sorted(rows, key=lambda row: -row.mean),
        sorted(unplayed),
        waiting,
        sorted(others, key=lambda row: -row.mean),
        {who: _reason(entry) for who, entry in entries.items() if not entry.results and not entry.ours},
        [who for who, entry in entries.items() if entry.ours],
        refused,
    )


def board_path(course: Course, lesson: str) -> Path:
    """Where the page is written if nothing else is said; the table lies beside it."""
    return course.course_dir / "leaderboards" / f"{lesson.replace('/', '.')}.html"


def table_path(page: Path) -> Path:
    """Where the table of a page lies.

    Raises
    ------
    CourseError
        If that is the page itself.
    """
    table = page.with_suffix(".csv")
    if table == page:
        raise CourseError(f"{page} would be page and table at once: the page needs another ending, such as .html.")
    return table


def write_board(found: Board, path: Path) -> Path:
    """Write the page, and the table beside it; returns the path of that."""
    low, high = _span(found)
    page = template("leaderboard.html.j2").render(
        board=found,
        unnamed=len({row.student for row in found.unnamed} - found.waiting.keys()),
        at=lambda value: f"{100 * (value - low) / (high - low):.2f}%",
        ticks=(low, high),
        ties=TIES,
        policy=policy(),
        style=part("page.css") + part("leaderboard.css"),
    )
    replace_file(path, page.encode("utf-8", "replace"))
    table = table_path(path)
    replace_file(table, _table(found).encode("utf-8", "replace"))
    return table


def as_json(found: Board) -> dict[str, Any]:
    """The shape that `leaderboard --json` writes: everything, with the ids of students."""
    rows = [*found.rows, *found.unnamed]
    return {
        "lesson": found.lesson,
        "seed": found.seed,
        "tasks": list(found.seeds),
        "entries": [
            {
                "student": row.student or None,
                "name": row.name or None,
                "place": row.place,
                "mean": row.mean,
                "error": row.error,
                "seconds": row.entry.seconds,
                "results": list(row.entry.results),
                "flags": list(row.entry.flags),
            }
            for row in rows
        ],
        "failed": dict(found.failed),
        "ours": list(found.ours),
        "waiting": {who: list(flags) for who, flags in found.waiting.items()},
        "refused": dict(found.refused),
    }


def _looked_at(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """The same, with a flag on those that take far longer than others."""
    times = [entry.seconds for entry in entries.values() if entry.results]
    usual = median(times) if times else 0.0
    found = dict(entries)
    for who, entry in entries.items():
        if entry.seconds > max(SLOW * usual, SLOWEST_FREE):
            said = f"takes {entry.seconds:.1f} s a task, where others take {usual:.1f} s"
            found[who] = replace(entry, flags=[*entry.flags, said])
    return found


def _row(entry: Entry, name: str, place: int | None, best: Sequence[float] | None) -> Row:
    gaps = [0.0] if best is None else [a - b for a, b in zip(entry.results, best, strict=True)]
    return Row(name, entry.student, place, *mean_and_error(entry.results), *mean_and_error(gaps), entry)


def _reason(entry: Entry) -> str:
    return f"{entry.reason} ({entry.detail})" if entry.detail else entry.reason


def _span(found: Board) -> tuple[float, float]:
    """Where the strips of the page begin and end."""
    ends = [row.mean + side * AHEAD / 2 * row.error for row in found.rows for side in (-1, 1)] or [0.0, 1.0]
    room = ROOM * (max(ends) - min(ends)) or 0.01
    return min(ends) - room, max(ends) + room


def _table(found: Board) -> str:
    """As RFC 4180 has it: a row for each that is shown, with all results, so that whoever likes can reckon again."""
    head = [
        "place", "name", "kind", f"mean {found.measured} on {len(found.seeds)} tasks (--seed {found.seed})",
        "standard error", "seconds a task", *(f"task of seed {seed}" for seed in found.seeds),
    ]  # fmt: skip
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(head)
    for row in found.rows:
        own = "for comparison" if row.place is None else "entrant"
        numbers = [f"{number:.{DIGITS}f}" for number in (row.mean, row.error)]
        seconds = "" if row.place is None else f"{row.entry.seconds:.2f}"
        results = [f"{result:.{DIGITS}f}" for result in row.entry.results]
        writer.writerow([row.place or "", safe_text(row.name), own, *numbers, seconds, *results])
    return file.getvalue()
