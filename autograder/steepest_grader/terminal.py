"""What the command line prints, and how it fails. Text of students is printed without control characters."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any, NoReturn

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table
from rich.text import Text

from steepest_grader.errors import MendableError, printable

if TYPE_CHECKING:
    from steepest_grader.desk.leaderboard import Board
    from steepest_grader.exercise.model import GradedSubmission

OUT = Console() if sys.stdout.isatty() else Console(width=120)
ERR = Console(stderr=True)
OURS = 3  # the exit status that says that the grader failed
LINES = "\n"
LONGEST_WORD = 30  # of a table; longer ones are folded
FRAME = 3  # what a column takes beside its words


def say(text: str) -> None:
    """Print a line in which there is text of students."""
    OUT.print(printable(text), markup=False, highlight=False)


def fail(message: str, *, status: int = 1) -> NoReturn:
    """Say what went wrong, and exit."""
    warn(message)
    raise SystemExit(status)


def warn(message: str) -> None:
    """Say what went wrong, and go on."""
    ERR.print(f"[red]{escape(printable(message, kept=LINES))}[/]", highlight=False)


def fail_for_ours(names: Sequence[str]) -> None:
    """List what the grader itself could not grade, and exit with 3; return where there is none."""
    if names:
        fail(
            f"The grader failed at {len(names)} submissions, which have no mark: {', '.join(names[:10])}.", status=OURS
        )


def warn_of(reasons: Mapping[str, str], what: str) -> None:
    """Say of which students something could not be done, and why."""
    for student, reason in list(reasons.items())[:10]:
        warn(f"{what} {student}: {reason}")
    if len(reasons) > 10:
        warn(f"{what} {len(reasons) - 10} more.")


@contextmanager
def errors_told() -> Iterator[None]:
    """Turn what a person can mend into a sentence; what nobody has foreseen is the grader's fault, and said to be.

    Python itself would write the text of students that an exception holds to the terminal as it is.
    """
    handler = _Log()
    logging.getLogger("steepest_grader").addHandler(handler)
    try:
        yield
    except MendableError as error:
        fail(str(error))
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except Exception:  # noqa: BLE001 - whatever it is, it ends here
        fail(f"{traceback.format_exc()}This is a fault of the grader. Please report it.", status=OURS)
    finally:
        logging.getLogger("steepest_grader").removeHandler(handler)


class _Log(logging.Handler):
    """Shows what is logged as a warning or worse."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        warn(self.format(record))


@contextmanager
def errors_of_files() -> Iterator[None]:
    """Say which file could not be written, and why."""
    try:
        yield
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}.")


def write_json(path: Path | None, value: Any) -> None:
    """Write what a command found, where a file is named."""
    if path is not None:
        with errors_of_files():
            path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
            path.write_text(text, encoding="utf-8", errors="backslashreplace")  # a name need not be text


def progress() -> Progress:
    """A bar that vanishes when it is done."""
    columns = (TextColumn("{task.description:30.30}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=ERR, transient=True)


def add_row(table: Table, *cells: str | None) -> None:
    """Add a row in which there is text of students."""
    table.add_row(*(escape(printable(cell or "")) for cell in cells))


def print_table(table: Table) -> None:
    """Print a table in which no column is narrower than its words, as far as there is room for them."""
    words = [
        max(
            len(word)
            for cell in (column.header, *column.cells)
            for word in (Text.from_markup(str(cell)).plain.split() or [""])
        )
        for column in table.columns
    ]
    roomy = sum(min(size, LONGEST_WORD) + FRAME for size in words) < OUT.width
    for column, size in zip(table.columns, words, strict=True):
        column.overflow = "fold"
        column.min_width = min(size, LONGEST_WORD) if roomy else None
    OUT.print(table)


def print_grades(lesson: str, submissions: Sequence[GradedSubmission], reused: int, *, quiet: bool = False) -> None:
    """Print the marks of a class, and whom to look at.

    Parameters
    ----------
    lesson : str
        Its name.
    submissions : sequence of GradedSubmission
    reused : int
        How many of them were graded by an earlier run.
    quiet : bool
        Leave out those that ended as work does, solved or not.
    """
    from steepest_grader.exercise.model import Outcome  # which waits for torch

    usual = (Outcome.PASSED, Outcome.PARTIAL, Outcome.FAILED)
    rows = [item for item in submissions if not quiet or item.outcome not in usual]
    table = Table("", Column("student", overflow="fold"), "score", "outcome", "what to look at", title=lesson)
    for item in rows:
        score = "–" if item.score is None else f"{item.score:g} / {item.max_score:g}"
        poor = next((verdict for verdict in item.verdicts if verdict.outcome is not Outcome.PASSED), None)
        what = "" if poor is None else f"{poor.exercise}: {poor.diagnosis or poor.message}"
        if item.outcome in (Outcome.MISSING, Outcome.UNREADABLE):
            what = item.message
        add_row(
            table, "!" if item.flags else "", item.student, score, item.outcome, shorten(what, 90, placeholder=" …")
        )
    if rows or not quiet:
        print_table(table)
    marks = [item.score for item in submissions if item.score is not None]
    if quiet and marks:
        mean, most = sum(marks) / len(marks), max(item.max_score for item in submissions)
        OUT.print(f"{lesson}: {mean:.3g} of {most:g} points in the mean.")
    OUT.print(f"{len(submissions)} submissions, {reused} of them graded before and not changed.")
    flagged = [item for item in submissions if item.flags]
    if flagged:
        names = ", ".join(item.student for item in flagged[:10])
        say(f"{len(flagged)} submissions want a human eye: {names}{', …' * (len(flagged) > 10)}")
        for item in flagged[:10]:
            more = f" and {len(item.flags) - 1} more" * (len(item.flags) > 1)
            say(f"  {item.student}: {item.flags[0]}{more}")


def print_board(board: Board, reused: int) -> None:
    """Print who is on a leaderboard under which name, who is not, and whom to look at; for its instructor alone.

    Parameters
    ----------
    board : Board
    reused : int
        How many entries were played by an earlier run.
    """
    table = Table("place", "student", "shown as", board.measured, "s a task", title=board.lesson)
    for row in (*board.rows, *board.unnamed):
        place = "" if row.place is None else str(row.place)
        numbers = f"{100 * row.mean:.1f} ± {100 * row.error:.1f} %", f"{row.entry.seconds:.1f}" if row.student else ""
        add_row(table, place, row.student or "(for comparison)", row.name, *numbers)
    print_table(table)
    count = sum(bool(row.student) for row in (*board.rows, *board.unnamed)) + len(board.failed) + len(board.ours)
    say(f"{count} submissions, {reused} of them played by an earlier run. No mark depends on it.")
    for student, reason in board.failed.items():
        say(f"without a result: {student}, {reason}")
    for student, reason in board.refused.items():
        say(f"not shown by name: {student}, {reason}")
    if board.waiting:
        say(f"{len(board.waiting)} submissions want a human eye before they are shown:")
    for student, flags in board.waiting.items():
        more = f" and {len(flags) - 1} more" * (len(flags) > 1)
        say(f"  {student}: {flags[0]}{more}")
    if board.waiting:
        say(f"Once you have looked: --seed {board.seed} --admit STUDENT, with the same --tasks.")


def print_proofs(found: dict[str, dict[str, Any]], mutants: bool) -> None:
    """Print what `verify` found of each lesson's exercises, and the mutants that were not noticed."""
    more = ("killed", "equivalent") if mutants else ()
    names = (Column("lesson", overflow="fold"), Column("exercise", overflow="fold"))
    table = Table(*names, "solution", "blank", "accepted", "caught", "named", "zeros rejected", *more)
    survivors = []
    for lesson, proofs in found.items():
        for name, proof in proofs.items():
            pairs = (f"{a} / {b}" for a, b in (proof.accepted, proof.caught, proof.named))
            extra = (f"{proof.killed[0]} / {proof.killed[1]}", str(len(proof.mutants.equivalent))) if mutants else ()
            refused = _yes(not proof.let_pass)
            table.add_row(lesson, name, _yes(proof.solution), f"{proof.blank:g}", *pairs, refused, *extra)
            survivors += [(lesson, name, text) for text in (proof.mutants.survivors if proof.mutants else ())]
    print_table(table)
    for lesson, proofs in found.items():
        for name, proof in proofs.items():
            for mistake, (least, most) in proof.luck.items():
                say(f"{lesson}, {name}: by the seed, {mistake} would earn {least:g} to {most:g} if it had no name")
    for lesson, name, difference in survivors:
        say(f"{lesson}, {name}: this mutant survives")
        OUT.print(difference, markup=False, highlight=False)


def _yes(value: bool) -> str:
    return "[green]yes[/]" if value else "[red]no[/]"
