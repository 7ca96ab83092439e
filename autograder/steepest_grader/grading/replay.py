"""Submissions played against each other: the functions of each, on tasks that it has not met. No mark comes of it.

Each task is played in a kernel of its own, which has met no other: whatever a function keeps, it keeps to the end of
one task. So a function that remembers rows, counts its calls or learns from task to task has nothing to begin with, and
no seal within the student's process is needed for that.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from nbformat import NotebookNode
from steepest._checks.calls import Function, StudentError

from steepest_grader.course.lesson import Lesson
from steepest_grader.errors import told
from steepest_grader.exercise.contest import Contest, Entry
from steepest_grader.exercise.model import Outcome
from steepest_grader.grading.lanes import in_lanes
from steepest_grader.grading.submission import cell_seconds, demos
from steepest_grader.notebook.brought import given_name
from steepest_grader.notebook.cells import grade_id
from steepest_grader.notebook.restore import UnreadableError, read, restore
from steepest_grader.sandbox.base import Sandbox
from steepest_grader.sandbox.bounded import BUDGET, Ask, Bounded, Budget, OverBudget
from steepest_grader.sandbox.kernel import Kernel, KernelLost
from steepest_grader.sandbox.lent import Lender, Lent, lending
from steepest_grader.sandbox.remote import Gone, TooSlow
from steepest_grader.sandbox.zygote import SandboxError

__all__ = ["replay"]

LOG = logging.getLogger(__name__)
CELLS_SECONDS = 60.0  # for what comes before the functions are there, which is run anew for each task
MOST_LOST = 3  # cells that end their kernel, and are left out of the next
TOO_SLOW = "its cells take more than {:g} s before the functions are there"
Notebook = tuple[str, bytes | str]


class Unplayable(Exception):
    """A submission cannot be played: the message says why in words that everybody may read.

    Attributes
    ----------
    detail : str
        More of it, with text of the student's.
    """

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message, detail)
        self.detail = detail

    def __str__(self) -> str:
        return str(self.args[0])


def replay(
    lesson: Lesson,
    contest: Contest,
    notebooks: Iterable[Notebook],
    seeds: Sequence[int],
    *,
    sandbox: Sandbox,
    jobs: int = 1,
    flags: Mapping[str, Sequence[str]] | None = None,
    budget: Budget = BUDGET,
) -> Iterator[Entry]:
    """Play submissions, so many at a time, and yield each as it is done.

    Parameters
    ----------
    lesson : Lesson
        Whose functions the contest is about.
    contest : Contest
    notebooks : iterable of (str, bytes or str)
        For each student the notebook as graded, or the reason why it cannot be read. Outputs in it are not looked at.
    seeds : sequence of int
        One for each task, the same for all.
    sandbox : Sandbox
        Where student code runs.
    jobs : int
        Kernels at a time.
    flags : mapping of str to sequence of str, optional
        What is already known of students that a person should look at.
    budget : Budget
        What may be used for one task of one submission outside of its kernel.

    Yields
    ------
    Entry
        One for each student, whatever happens: what fails for one of them is a reason in that one's entry.
    """
    known = flags or {}

    def one(item: Notebook) -> Entry:
        student, data = item
        return _played(lesson, contest, student, data, seeds, known.get(student, ()), sandbox, budget)

    return in_lanes(one, notebooks, sandbox=sandbox, jobs=jobs)


def _played(
    lesson: Lesson,
    contest: Contest,
    student: str,
    data: bytes | str,
    seeds: Sequence[int],
    flags: Sequence[str],
    sandbox: Sandbox,
    budget: Budget,
) -> Entry:
    """One submission, and whatever fails with it."""
    if isinstance(data, str):
        digest = lesson.digest(None, data)
        return Entry(student, digest, flags=tuple(flags), reason="the notebook cannot be read", detail=data)
    entry = partial(Entry, student, lesson.digest(data), flags=tuple(flags))
    pseudonym, results, spent = "", list[float](), 0.0
    try:
        with lending(sandbox, contest, _Playing(lesson, contest, sandbox.device)) as (child, lender):
            pseudonym = child("read", data, budget=budget)
            entry = partial(entry, pseudonym=pseudonym)
            for number, seed in enumerate(seeds, start=1):
                result, seconds = _task(child, lender, seed, number, budget)
                results.append(result)
                spent += seconds
    except Unplayable as error:
        return entry(reason=str(error), detail=error.detail)
    except OverBudget as over:
        return entry(reason=f"what it gives takes more than {over} to read and judge")
    except SandboxError as error:
        return entry(reason="the grader failed", detail=str(error), ours=True)
    except Exception as error:
        LOG.exception("playing %a failed", student)
        return entry(reason="the grader failed", detail=told(error), ours=True)
    return entry(results=tuple(results), seconds=spent / len(seeds))


def _task(child: Bounded, lender: Lender, seed: int, number: int, budget: Budget) -> tuple[float, float]:
    try:
        result: tuple[float, float] = child("play", seed, answer=lender.answer, budget=budget)
    except Unplayable as error:
        raise Unplayable(f"task {number}: {error}", error.detail) from error
    return result


class _Playing:
    """What a child does: read a submission, then play one task of it after another."""

    def __init__(self, lesson: Lesson, contest: Contest, device: str) -> None:
        self._lesson = lesson
        self._contest = contest
        self._device = device
        self._kernels: Lent | None = None

    def begin(self) -> None:
        """Use none of the other process's threads, which are not here."""
        torch.set_num_threads(1)

    def __call__(self, ask: Ask, step: str, what: Any) -> Any:
        """Take one step."""
        self._kernels = self._kernels or Lent(ask, self._device)
        return self._read(what) if step == "read" else self._play(what)

    def _read(self, data: bytes) -> str:
        """The name that the student has given."""
        try:
            cells = read(data)
            self._notebook = restore(cells, self._lesson.released)
        except UnreadableError as error:
            raise Unplayable("the notebook cannot be read", f"{error}.") from error
        self._lost: set[int] = set()
        self._cells = _needed(self._lesson, self._contest, self._notebook)
        return given_name(cells, self._contest.pseudonym)

    def _play(self, seed: int) -> tuple[float, float]:
        """The share of one task, and the seconds that the student's functions took for it."""
        assert self._kernels is not None
        while True:
            with Kernel(self._kernels, self._notebook) as kernel:
                kernel.write(self._lesson.files)
                if self._run(kernel):
                    return _share(self._contest, kernel, seed)
            if len(self._lost) > MOST_LOST:
                raise Unplayable("too many of its cells end the process or take too long")

    def _run(self, kernel: Kernel) -> bool:
        """Run what comes before the functions are there; False where a cell ended the kernel."""
        deadline = time.monotonic() + CELLS_SECONDS
        for index in self._cells:
            if index in self._lost:
                continue
            cell = self._notebook.cells[index]
            left = max(deadline - time.monotonic(), 0.1)
            limit = cell_seconds(self._lesson, cell)
            try:
                kernel.execute(cell, index, min(limit, left))
            except KernelLost as lost:
                if lost.outcome is Outcome.TIMED_OUT and left < limit:
                    raise Unplayable(TOO_SLOW.format(CELLS_SECONDS)) from None
                self._lost.add(index)
                return False
        return True


def _needed(lesson: Lesson, contest: Contest, notebook: NotebookNode) -> list[int]:
    """Places of the cells that are run: up to the last of the functions' tests, without tests and demos."""
    names = [grade_id(cell) for cell in notebook.cells]
    judged = {name for name, exercise in lesson.exercises.items() if exercise.id in contest.functions}
    end = max((place for place, name in enumerate(names) if name in judged), default=len(names))
    left_out = demos(lesson)
    return [
        place
        for place, cell in enumerate(notebook.cells[:end])
        if cell.cell_type == "code"
        and cell.source not in left_out
        and names[place] not in lesson.exercises
        and names[place] not in lesson.tests
    ]


def _share(contest: Contest, kernel: Kernel, seed: int) -> tuple[float, float]:
    try:
        with kernel.functions(seconds=contest.seconds) as transport:
            function = Function(contest.functions[0], transport)
            for name in contest.functions:
                if not (function if name == function.name else function.companion(name)).exists():
                    raise Unplayable(f"there is no function `{name}`")
            return contest.play(function, seed), transport.spent
    except StudentError as error:
        raise Unplayable(_whose(error, contest), f"{error.kind}: {error}") from error
    except TooSlow:
        raise Unplayable(f"its functions took more than {contest.seconds:g} s") from None
    except Gone:
        raise Unplayable(str(kernel.ended())) from None


def _whose(error: StudentError, contest: Contest) -> str:
    """What to say of an error before everybody: nothing of its text, which may be the student's."""
    named = [name for name in contest.functions if f"`{name}`" in str(error)]
    return f"`{(named or contest.functions)[0]}` fails"
