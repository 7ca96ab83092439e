"""Runs of the grader that can be killed: a program that has imported everything and forks one for each request.

A request is a line of JSON on standard input; the answer is one line as the run starts and one when it has ended,
with its status and with what is left of its processes. Files can be removed and copied between runs, because where a
program like this has a file system of its own, only it can reach them.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import zlib
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import nbformat
from sqlalchemy.orm import configure_mappers
from steepest_grader import cli
from steepest_grader.course.lesson import Lesson, work_digest
from steepest_grader.course.places import Course
from steepest_grader.course.text_course import TextCourse
from steepest_grader.exercise.hidden import Hidden
from steepest_grader.exercise.judge import candidates
from steepest_grader.exercise.model import GradedSubmission, Outcome, Verdict
from steepest_grader.gradebook.writer import GradebookWriter
from steepest_grader.grading import batch, lanes
from steepest_grader.notebook.restore import UnreadableError, read, restore
from steepest_grader.sandbox import choice
from steepest_grader.sandbox.none import NoSandbox

LESSON = "90_tiny"
PR_SET_CHILD_SUBREAPER = 36
SURVIVAL_SECONDS = 20.0


def grade_quickly(lesson: Lesson, student: str, data: bytes, **_: Any) -> GradedSubmission:
    """All that grading does but for the kernel: the credit follows from the name, or another if asked."""
    try:
        notebook = restore(read(data), lesson.released)
    except UnreadableError as error:
        return lesson.ungraded(student, Outcome.UNREADABLE, str(error), data)
    (exercise,) = lesson.exercises.values()
    credit = (0.0, 0.5, 1.0)[(zlib.crc32(student.encode()) + (b"# other marks" in data)) % 3]
    outcome = (Outcome.FAILED, Outcome.PARTIAL, Outcome.PASSED)[int(2 * credit)]
    verdict = Verdict(exercise.id, exercise.points, outcome, credit)
    text = nbformat.writes(notebook)
    return GradedSubmission(student, lesson.id, outcome, [verdict], notebook=text, digest=lesson.digest(data))


def logged(log: Path, grade: Any) -> Any:
    """The same, with a line in the log for each submission that is graded."""

    def grade_submission(lesson: Lesson, student: str, data: bytes, **settings: Any) -> GradedSubmission:
        graded: GradedSubmission = grade(lesson, student, data, **settings)
        with log.open("ab", buffering=0) as file:
            file.write(f"{student}\n".encode())
        return graded

    return grade_submission


def run(request: dict[str, Any]) -> None:
    """One run, in a process group of its own."""
    course = TextCourse(Path(request["course"]))
    folder = course.root / "submissions"
    tempfile.tempdir = request["temporary"]
    if request["kind"] == "record":  # one submission, up to the line where the process ends
        lesson = _lesson(course)
        data = (folder / request["student"] / LESSON / f"{LESSON}.ipynb").read_bytes()
        submission = replace(grade_quickly(lesson, request["student"], data), work=work_digest(data))
        with GradebookWriter(None, course) as writer:
            end_at(request["line"])
            writer.record(submission)
            sys.settrace(None)
        return
    words = ["--course", str(course.root), "grade", LESSON, "--submitted", str(folder), "--jobs", str(request["jobs"])]
    real = lanes.grade_submission
    if request["kind"] == "quick":
        real = grade_quickly
        words.append("--unsafe-no-sandbox")
        choice.open_sandbox = lambda **_: NoSandbox()  # never started
    lanes.grade_submission = logged(Path(request["log"]), real)
    cli.main(words)


def prepare(course: Course) -> None:
    """What takes long and is the same for all runs, before they are forked."""
    configure_mappers()
    lesson = _lesson(course)
    for exercise in lesson.exercises.values():
        candidates(exercise, lesson.hidden.seeds)


def _lesson(course: TextCourse) -> Lesson:
    return replace(batch.load(course, LESSON), hidden=Hidden(course.secret()[0]))


def end_at(line: int) -> None:
    """End this process before the line of that number among all lines that the grader's own modules run."""
    left = [line]

    def trace(frame: FrameType, kind: str, _: Any) -> Any:
        if "steepest_grader" not in frame.f_code.co_filename:
            return None
        if kind == "line":
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)


def survivors() -> list[str]:
    """Command lines of what is left of a run's processes after a while; all of them become children of this one."""
    deadline = time.monotonic() + SURVIVAL_SECONDS
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < deadline:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.01)
        me = os.getpid()
        children = Path(f"/proc/{me}/task/{me}/children").read_text().split()
        return [Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ") or child for child in children]
    return []


def main() -> None:
    """Serve requests until there are no more."""
    batch.load = cache(batch.load)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for line in sys.stdin:
        request = json.loads(line)
        if request["kind"] == "remove":
            Path(request["path"]).unlink()
            continue
        if request["kind"] == "copy":
            shutil.copytree(request["path"], request["to"])
            continue
        if request["kind"] != "command":
            prepare(TextCourse(Path(request["course"])))
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            with Path(request["output"]).open("w+b") as output:
                for number in range(3):
                    os.dup2(output.fileno(), number)
            run(request)
            os._exit(0)
        with contextlib.suppress(PermissionError, ProcessLookupError):  # the child was faster
            os.setpgid(child, child)
        print(json.dumps({"pid": child}), flush=True)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"status": os.waitstatus_to_exitcode(status), "left": survivors()}), flush=True)


if __name__ == "__main__":
    main()
