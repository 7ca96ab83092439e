"""Many submissions in lanes of this process."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice

from steepest_grader.course.lesson import Lesson
from steepest_grader.errors import told
from steepest_grader.exercise.model import GradedSubmission, Outcome
from steepest_grader.grading.collect import Submission
from steepest_grader.grading.submission import grade_submission
from steepest_grader.sandbox.base import Sandbox
from steepest_grader.sandbox.zygote import SandboxError

LOG = logging.getLogger(__name__)


def grade_in_lanes(
    lesson: Lesson,
    submissions: Iterable[Submission],
    *,
    sandbox: Sandbox,
    jobs: int = 1,
    started: Callable[[str], None] | None = None,
) -> Iterator[GradedSubmission]:
    """What `schedule.grade_all` promises, with so many threads."""
    waiting: set[Future[GradedSubmission]] = set()
    rest = iter(submissions)
    with ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="lane") as lanes:
        try:
            while True:
                for submission in islice(rest, jobs - len(waiting)):
                    if started is not None:
                        started(submission.student)
                    waiting.add(lanes.submit(grade_one, lesson, submission, sandbox))
                if not waiting:
                    return
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        finally:
            lanes.shutdown(wait=True, cancel_futures=True)


def grade_one(lesson: Lesson, submission: Submission, sandbox: Sandbox) -> GradedSubmission:
    """Grade what was found for one student; what fails on our side becomes a `GRADER_ERROR`."""
    student, data = submission.student, submission.data
    if data is None:
        return lesson.ungraded(student, submission.outcome, submission.message)
    try:
        return grade_submission(lesson, student, data, sandbox=sandbox)
    except SandboxError as error:
        return lesson.ungraded(student, Outcome.GRADER_ERROR, str(error))
    except Exception as error:
        LOG.exception("grading of %a failed", student)
        return lesson.ungraded(student, Outcome.GRADER_ERROR, f"The grader failed: {told(error)}.")
