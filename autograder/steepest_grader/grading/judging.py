"""Python files instead of notebooks: the same sandbox, the same judge."""

from __future__ import annotations

import difflib
import logging
import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import torch
from nbformat.v4 import new_code_cell, new_notebook

from steepest_grader.course.lesson import Lesson
from steepest_grader.errors import told
from steepest_grader.exercise.catalogue import by_id
from steepest_grader.exercise.hidden import Hidden
from steepest_grader.exercise.judge import candidates
from steepest_grader.exercise.model import Exercise, Outcome, Verdict
from steepest_grader.files import OddFileError, read_below
from steepest_grader.grading.absent import alike, located
from steepest_grader.grading.submission import Standing, grade_submission
from steepest_grader.notebook.parse import read_names
from steepest_grader.notebook.read import MAX_SOURCE, UnreadableError, text_of
from steepest_grader.sandbox.base import Kernels, Sandbox
from steepest_grader.sandbox.bounded import BUDGET, Ask, Budget, OverBudget
from steepest_grader.sandbox.lent import Lent, lending
from steepest_grader.sandbox.zygote import SandboxError

__all__ = ["judge_file"]

LOG = logging.getLogger(__name__)

NEAR = 0.8  # nearer than elsewhere, since many names are compared with many
MOST_NAMES = 200  # that are compared
IN_A_FILE = {": its cell raises ": ": the file raises ", " is defined before its test cell.": " is defined."}
OF_A_NOTEBOOK = re.compile("|".join(map(re.escape, IN_A_FILE)))


def judge_file(
    path: Path,
    *,
    sandbox: Sandbox,
    hidden: Hidden,
    only: str | None = None,
    below: Path | None = None,
    budget: Budget = BUDGET,
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
    budget : Budget
        What may be used for it outside of its kernel.

    Returns
    -------
    list of dict
        One for each exercise, in the shape that `judge --json` promises.
    """
    standing = Standing()

    def answer(op: str, *args: Any) -> Any:
        return standing.keep(*args) if op == "stands" else lender.answer(op, *args)

    with lending(sandbox, judge_file, _Judging(sandbox.device)) as (child, lender):
        names: list[str] = []
        try:
            rows: list[dict[str, Any]] = child("read", path, below or path.parent, only, hidden, budget=budget)
            if not rows:
                names = child("prepare", budget=None)  # what is compared with is no work of this file
                rows = child("judge", answer=answer, budget=budget)
        except OverBudget as over:
            message = f"Judging was stopped: what this file gives takes more than {over} to read and judge."
            rows = _stopped(path, names or [only or ""], standing, over.outcome, message)
        except SandboxError as error:
            rows = [_row(path, Verdict(only or "", 0, Outcome.GRADER_ERROR, message=str(error)))]
    return rows


def _stopped(
    path: Path, names: Iterable[str], standing: Standing, outcome: Outcome, message: str
) -> list[dict[str, Any]]:
    """A row for each exercise: its verdict where that stood, and the reason where it did not."""
    points = {name: exercise.points for name, exercise in by_id().items()}
    unreached = (Verdict(name, points.get(name, 0), outcome, message=message) for name in names)
    return [_row(path, standing.verdicts.get(verdict.exercise, verdict)) for verdict in unreached]


class _Judging:
    """What a child does: judge one file after another, each in three steps."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._kernels: Kernels | None = None
        self._path = Path()
        self._lesson: Lesson | None = None

    def begin(self) -> None:
        """Use none of the other process's threads, which are not here."""
        torch.set_num_threads(1)

    def __call__(self, ask: Ask, step: str, *args: Any) -> Any:
        """Take one step; preparing tells which exercises there are, the others give rows."""
        if step == "read":
            self._path = args[0]
            self._lesson, rows = _as_lesson(*args)
            return rows
        assert self._lesson is not None
        if step == "prepare":
            for exercise in self._lesson.exercises.values():
                candidates(exercise, self._lesson.hidden.seeds, self._device)
            return list(self._lesson.exercises)
        self._kernels = self._kernels or Lent(ask, self._device)
        return _judged(self._path, self._lesson, self._kernels, ask)


def _as_lesson(path: Path, below: Path, only: str | None, hidden: Hidden) -> tuple[Lesson | None, list[dict[str, Any]]]:
    """A file as a lesson, or the row that says why it is none."""
    known = by_id()
    wanted = {only: known[only]} if only else known
    try:
        defined, source = _read(path.absolute(), below.absolute())
    except UnreadableError as error:
        verdict = Verdict(only or "", 0, Outcome.UNREADABLE, message=f"The file cannot be read: {error}.")
        return None, [_row(path, verdict)]
    except RuntimeError as error:
        message = f"The grader failed: {error}."
        return None, [_row(path, Verdict(only or "", 0, Outcome.GRADER_ERROR, message=message))]
    found = {name: item for name, item in wanted.items() if name in defined}
    if found:
        return _lesson(path.name, source, found, hidden), []
    if only:
        message = f"The file defines no function called `{only}`.{alike(only, defined)}"
    else:
        message = f"No function bears an exercise's id.{_meant(defined, known)}"
    return None, [_row(path, Verdict(only or "", 0, Outcome.MISSING, message=message))]


def _judged(path: Path, lesson: Lesson, kernels: Kernels, ask: Ask) -> list[dict[str, Any]]:
    data = nbformat.writes(lesson.released).encode()
    try:
        stands = partial(ask, "stands")
        verdicts = grade_submission(lesson, path.name, data, sandbox=kernels, stands=stands).verdicts
    except SandboxError:
        raise  # a child that has seen one is used no more
    except Exception as error:
        LOG.exception("judging of %a failed", path.name)
        verdicts = lesson.ungraded(path.name, Outcome.GRADER_ERROR, f"The grader failed: {told(error)}.").verdicts
    return [_row(path, verdict) for verdict in verdicts]


def _read(path: Path, below: Path) -> tuple[set[str], str]:
    """The names that a file may define, and its text."""
    try:
        data = read_below(below, *path.relative_to(below).parts, most=MAX_SOURCE)
    except (OddFileError, OSError, ValueError) as error:
        raise UnreadableError(str(error)) from error
    source = text_of(data)
    try:
        return read_names(data), source
    except UnreadableError as error:
        raise UnreadableError(located(str(error), source)) from error


def _lesson(name: str, source: str, found: dict[str, Exercise], hidden: Hidden) -> Lesson:
    cells = [new_code_cell(f"__file__ = {name!a}", id="name"), new_code_cell(source, id="file")]
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
