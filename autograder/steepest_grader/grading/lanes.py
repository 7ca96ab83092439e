"""Many submissions in lanes of this process, each with a child of its own that grades within a budget."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import torch

from steepest_grader.course.lesson import NONE, Lesson
from steepest_grader.errors import told
from steepest_grader.exercise.judge import candidates
from steepest_grader.exercise.model import GradedSubmission, Outcome
from steepest_grader.grading import submission as alone
from steepest_grader.grading.collect import Submission
from steepest_grader.sandbox.base import Kernels, Sandbox
from steepest_grader.sandbox.bounded import BUDGET, Ask, Budget, OverBudget
from steepest_grader.sandbox.lent import Lent, lending
from steepest_grader.sandbox.zygote import SandboxError

LOG = logging.getLogger(__name__)
Item = TypeVar("Item")
Done = TypeVar("Done")


def grade_in_lanes(
    lesson: Lesson,
    submissions: Iterable[Submission],
    *,
    sandbox: Sandbox,
    jobs: int = 1,
    started: Callable[[str], None] | None = None,
) -> Iterator[GradedSubmission]:
    """What `schedule.grade_all` promises, with so many threads."""

    def grade(submission: Submission) -> GradedSubmission:
        if started is not None:
            started(submission.student)
        return grade_one(lesson, submission, sandbox)

    return in_lanes(grade, submissions, sandbox=sandbox, jobs=jobs)


def in_lanes(work: Callable[[Item], Done], items: Iterable[Item], *, sandbox: Sandbox, jobs: int) -> Iterator[Done]:
    """Do some work for one item after another, for so many at a time, and yield what comes of each as it is done.

    Items are taken no faster than they are worked on. Children of the sandbox are ended with the last.
    """
    waiting: set[Future[Done]] = set()
    rest = iter(items)
    with ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="lane") as lanes:
        try:
            while True:
                waiting |= {lanes.submit(work, item) for item in islice(rest, jobs - len(waiting))}
                if not waiting:
                    return
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        finally:
            lanes.shutdown(wait=True, cancel_futures=True)
            sandbox.children.close()


def unread(lesson: Lesson, submission: Submission) -> GradedSubmission:
    """The row of a submission of which nothing can be read."""
    graded = lesson.ungraded(submission.student, submission.outcome, submission.message)
    return replace(graded, digest=submission.digest(lesson), work=submission.work())


def grade_one(lesson: Lesson, submission: Submission, sandbox: Sandbox) -> GradedSubmission:
    """Grade what was found for one student; what fails on our side becomes a `GRADER_ERROR`."""
    student, data = submission.student, submission.data
    if data is None:
        return unread(lesson, submission)
    try:
        budget = replace(BUDGET, seconds=BUDGET.seconds - submission.seconds)
        graded = grade_submission(lesson, student, data, sandbox=sandbox, budget=budget, beside=submission.beside)
        flags = [*graded.flags, *submission.unused]
        return replace(graded, digest=submission.digest(lesson), work=submission.work(), flags=flags)
    except SandboxError as error:
        return lesson.ungraded(student, Outcome.GRADER_ERROR, str(error))
    except Exception as error:
        LOG.exception("grading of %a failed", student)
        return lesson.ungraded(student, Outcome.GRADER_ERROR, f"The grader failed: {told(error)}.")


def grade_submission(
    lesson: Lesson,
    student: str,
    data: bytes,
    *,
    sandbox: Sandbox,
    budget: Budget = BUDGET,
    beside: Mapping[str, bytes] = NONE,
) -> GradedSubmission:
    """Grade the bytes of one notebook as `submission.grade_submission` does, in a child and within a budget.

    Its cells also find what was handed in beside it, but for what the lesson itself brings.
    Where it goes over that, what stands by then is kept, and the rest says why there is none.

    Raises
    ------
    SandboxError
        If the sandbox fails, or the child for another reason.
    """
    begun = time.monotonic()
    standing = alone.Standing()

    def answer(op: str, *args: Any) -> Any:
        return standing.keep(*args) if op == "stands" else lender.answer(op, *args)

    with lending(sandbox, lesson, _Grading(lesson, sandbox.device)) as (child, lender):
        try:
            graded: GradedSubmission = child(student, data, dict(beside), answer=answer, budget=budget)
        except OverBudget as over:
            graded = _stopped(lesson, student, data, standing, over)
    spent = replace(graded.spent, outside=child.seconds, outside_memory=child.memory)
    return replace(graded, seconds=time.monotonic() - begun, spent=spent)


def _stopped(lesson: Lesson, student: str, data: bytes, standing: alone.Standing, over: OverBudget) -> GradedSubmission:
    reason = f"Grading was stopped: what this notebook gives takes more than {over} to read, judge and keep."
    graded = lesson.ungraded(student, over.outcome, reason, data)
    verdicts = [standing.verdicts.get(verdict.exercise, verdict) for verdict in graded.verdicts]
    return replace(graded, verdicts=verdicts, notebook=standing.notebook, flags=[*standing.flags, reason])


class _Grading:
    """What a child does: grade one submission to a lesson after another."""

    def __init__(self, lesson: Lesson, device: str) -> None:
        self._lesson = lesson
        self._device = device
        self._kernels: Kernels | None = None

    def begin(self) -> None:
        """Make what each submission is compared with, where it was not inherited."""
        torch.set_num_threads(1)  # those of the other process are not here
        for exercise in self._lesson.exercises.values():
            candidates(exercise, self._lesson.hidden.seeds, self._device)

    def __call__(self, ask: Ask, student: str, data: bytes, beside: Mapping[str, bytes]) -> GradedSubmission:
        """Grade one."""
        self._kernels = self._kernels or Lent(ask, self._device)
        stands = partial(ask, "stands")
        lesson = replace(self._lesson, files={**beside, **self._lesson.files})
        return alone.grade_submission(lesson, student, data, sandbox=self._kernels, stands=stands)
