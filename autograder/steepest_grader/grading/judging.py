"""Python files instead of notebooks: the same sandbox, the same judge."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from steepest_grader.course.lesson import Lesson
from steepest_grader.exercise.catalogue import by_id
from steepest_grader.exercise.hidden import Hidden
from steepest_grader.exercise.model import Exercise, Outcome, Verdict
from steepest_grader.files import OddFileError, read_below
from steepest_grader.grading.absent import alike, located
from steepest_grader.grading.collect import Submission
from steepest_grader.grading.lanes import grade_one
from steepest_grader.notebook.parse import read_names
from steepest_grader.notebook.read import MAX_SOURCE, UnreadableError
from steepest_grader.sandbox.base import Sandbox

__all__ = ["judge_file"]

NEAR = 0.8  # nearer than elsewhere, since many names are compared with many
MOST_NAMES = 200  # that are compared
IN_A_FILE = {": its cell raises ": ": the file raises ", " is defined before its test cell.": " is defined."}
OF_A_NOTEBOOK = re.compile("|".join(map(re.escape, IN_A_FILE)))


def judge_file(
    path: Path, *, sandbox: Sandbox, hidden: Hidden, only: str | None = None, below: Path | None = None
) -> list[dict[str, Any]]:
    """Judge every function in a Python file that bears an exercise's id.

    Parameters
    ----------
    path : Path
        The file; it is read as submissions are, so no link is followed.
    sandbox : Sandbox
        Where it runs.
    hidden : Hidden
        Which cases are hidden.
    only : str, optional
        Judge this exercise and no other.
    below : Path, optional
        A folder above the file, from which on links are not followed; the file's own by default.

    Returns
    -------
    list of dict
        One for each exercise, in the shape that `judge --json` promises.
    """
    known = by_id()
    wanted = {only: known[only]} if only else known
    try:
        defined, source = _read(path.absolute(), (below or path.parent).absolute())
    except UnreadableError as error:
        verdict = Verdict(only or "", 0, Outcome.UNREADABLE, message=f"The file cannot be read: {error}.")
        return [_row(path, verdict)]
    except RuntimeError as error:
        return [_row(path, Verdict(only or "", 0, Outcome.GRADER_ERROR, message=f"The grader failed: {error}."))]
    found = {name: item for name, item in wanted.items() if name in defined}
    if not found:
        if only:
            message = f"The file defines no function called `{only}`.{alike(only, defined)}"
        else:
            message = f"No function bears an exercise's id.{_meant(defined, known)}"
        return [_row(path, Verdict(only or "", 0, Outcome.MISSING, message=message))]
    lesson = _lesson(source, found, hidden)
    data = nbformat.writes(lesson.released).encode()
    verdicts = grade_one(lesson, Submission(path.name, data), sandbox).verdicts
    return [_row(path, verdict) for verdict in verdicts]


def _read(path: Path, below: Path) -> tuple[set[str], str]:
    """The names that a file may define, and its text."""
    try:
        data = read_below(below, *path.relative_to(below).parts, most=MAX_SOURCE)
        source = data.decode("utf-8-sig")
    except (OddFileError, OSError, ValueError) as error:
        raise UnreadableError(str(error)) from error
    try:
        return read_names(data), source
    except UnreadableError as error:
        raise UnreadableError(located(str(error), source)) from error


def _lesson(source: str, found: dict[str, Exercise], hidden: Hidden) -> Lesson:
    cells = [new_code_cell(source, id="file")]
    for name, item in found.items():
        header = {"grade_id": name, "grade": True, "solution": False, "locked": True, "points": item.points}
        cells.append(new_code_cell("", id=name, metadata={"nbgrader": header}))
    return Lesson("judge", new_notebook(cells=cells), found, {}, version="", hidden=hidden)


def _meant(defined: Iterable[str], known: Iterable[str]) -> str:
    """A question that ends a sentence, where a name is nearly an exercise's; else ""."""
    for name in sorted(defined)[:MOST_NAMES]:
        if near := difflib.get_close_matches(name, known, n=1, cutoff=NEAR):
            return f" Did you mean `{near[0]}` by `{name}`?"
    return ""


def _row(path: Path, verdict: Verdict) -> dict[str, Any]:
    row = verdict.as_json()
    row["message"] = OF_A_NOTEBOOK.sub(lambda found: IN_A_FILE[found[0]], row["message"])
    return {"file": str(path), "exercise": row.pop("id") or None, **row}
