"""What a worker of a cluster does with one submission. It holds no database and reads no course."""

from __future__ import annotations

import pickle
import threading
import zlib
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from steepest_grader.course.lesson import Lesson
from steepest_grader.exercise.judge import candidates
from steepest_grader.exercise.model import GradedSubmission, Outcome
from steepest_grader.grading.collect import Submission
from steepest_grader.grading.lanes import grade_one
from steepest_grader.sandbox.base import Limits, Sandbox
from steepest_grader.sandbox.seen import Private
from steepest_grader.sandbox.zygote import SandboxError

__all__ = ["SandboxError", "grade", "pack"]

_ONE_AT_A_TIME = threading.Lock()


def pack(lesson: Lesson, sandbox: Sandbox) -> bytes:
    """A lesson, and what kind of sandbox it needs, as bytes."""
    return zlib.compress(pickle.dumps((lesson, type(sandbox), sandbox.limits, sandbox.device, sandbox.private)))


def grade(packed: bytes, found: Mapping[str, Any], *, where: str) -> GradedSubmission:
    """Grade one submission in the sandbox of this machine.

    Parameters
    ----------
    packed : bytes
        What `pack` gives.
    found : mapping
        What `Submission.as_plain` gives.
    where : str
        This worker's address, to be named where something of ours fails.

    Raises
    ------
    SandboxError
        If the sandbox does not work on this machine at all.
    """
    with _ONE_AT_A_TIME:  # threads that come here together must not all do the same
        lesson, sandbox = _unpacked(packed)
    submission = Submission(**found)
    graded = grade_one(lesson, submission, sandbox)
    if graded.outcome is Outcome.GRADER_ERROR and not graded.notebook:
        return lesson.ungraded(submission.student, Outcome.GRADER_ERROR, f"{graded.message} This was on {where}.")
    return graded


@lru_cache(maxsize=4)
def _unpacked(packed: bytes) -> tuple[Lesson, Sandbox]:
    lesson, kind, limits, device, private = pickle.loads(zlib.decompress(packed))
    sandbox = _sandbox(kind, limits, device, private)
    for exercise in lesson.exercises.values():
        candidates(exercise, lesson.hidden.seeds, device)
    return lesson, sandbox


@cache  # one warm process for all lessons
def _sandbox(kind: type[Sandbox], limits: Limits, device: str, private: Private) -> Sandbox:
    sandbox = kind(limits, device=device, private=private)
    sandbox.check()
    return sandbox
