"""A class in a contest: from the graded notebooks of a lesson to what came of each, which is kept from run to run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steepest._checks.calls import local

from steepest_grader.course.lesson import Lesson, load
from steepest_grader.course.places import Course, nbgrader_names
from steepest_grader.errors import CourseError, GradebookError
from steepest_grader.exercise.contest import Contest, Entry, Round, seeds_of
from steepest_grader.exercise.model import GradedSubmission
from steepest_grader.files import OddFileError, alone, read_below, replace_file
from steepest_grader.gradebook.autograded import Autograded
from steepest_grader.grading.replay import replay
from steepest_grader.notebook.restore import MAX_BYTES
from steepest_grader.notebook.watched import LIBRARY
from steepest_grader.sandbox.base import Sandbox

__all__ = ["play_contest"]

Tell = Callable[[int, int, str], None]


def play_contest(
    course: Course,
    lesson_id: str,
    *,
    seed: int,
    tasks: int,
    sandbox: Sandbox,
    jobs: int = 1,
    force: bool = False,
    tell: Tell = lambda done, total, who: None,
) -> Round:
    """Play every graded submission of a lesson on the same tasks. Neither marks nor the gradebook are touched.

    Each entry is kept as soon as it is there, and is taken from there by a run with the same seed as long as neither
    the submission nor the lesson's code changes: a run that was killed goes on where it was.

    Parameters
    ----------
    course : Course
    lesson_id : str
    seed : int
        What the tasks follow from: the same seed gives the same tasks.
    tasks : int
    sandbox : Sandbox
        Where student code runs.
    jobs : int
        Kernels at a time.
    force : bool
        Play again what has not changed.
    tell : callable
        Told how many are done, how many there are, and whose was done last.

    Raises
    ------
    CourseError
        If there is no such lesson, or it has no contest.
    GradebookError
        If nothing of it is graded, or another run is at it.
    """
    lesson, contest = load(course, lesson_id), course.contest(lesson_id)
    if contest is None:
        raise CourseError(f"{lesson_id} has no leaderboard: its exercises define no CONTEST.")
    graded = Autograded(course, lesson_id)
    stored = graded.stored()
    if not stored:
        raise GradebookError(f"Nothing of {lesson_id} is graded. Run `steepest-grader grade {lesson_id}` first.")
    seeds = seeds_of(seed, tasks)
    try:
        with alone(course.course_dir / f".{nbgrader_names(lesson_id)[0]}.leaderboard.lock"):
            kept = _Kept.read(_path(course, lesson_id), lesson.version, seeds)
            if force:
                kept.entries.clear()
            kept.keep_only({who: _digest(lesson, _notebook(graded, item)) for who, item in stored.items()})
            reused = len(kept.entries)
            todo = [who for who in stored if who not in kept.entries]
            tell(0, len(todo), lesson_id)
            notebooks = ((who, _notebook(graded, stored[who])) for who in todo)  # all of a class may be too much
            played = replay(lesson, contest, notebooks, seeds, sandbox=sandbox, jobs=jobs, flags=_flags(stored))
            for done, entry in enumerate(played, start=1):
                kept.entries[entry.student] = entry
                kept.write()
                tell(done, len(todo), entry.student)
            if not kept.lines:
                kept.lines = _lines(contest, seeds)
                kept.write()
    except BlockingIOError as error:
        raise GradebookError(f"Another run plays {lesson_id} here. Wait until it has ended.") from error
    entries = [kept.entries[who] for who in sorted(kept.entries)]
    return Round(lesson_id, contest.measured, seed, seeds, entries, kept.lines, reused)


def _digest(lesson: Lesson, data: bytes | str) -> str:
    return lesson.digest(data) if isinstance(data, bytes) else lesson.digest(None, data)


def _notebook(graded: Autograded, item: GradedSubmission) -> bytes | str:
    """A student's notebook as graded, or why there is none."""
    path = graded.notebook(item.student)
    try:
        return read_below(path.parent, path.name, most=2 * MAX_BYTES)
    except (OddFileError, OSError) as error:
        return item.message or f"The graded notebook cannot be read: {error}."


def _flags(stored: Mapping[str, GradedSubmission]) -> dict[str, list[str]]:
    """What grading has seen in each submission; that work was left to a library is no matter in a contest."""
    return {student: [flag for flag in item.flags if LIBRARY not in flag] for student, item in stored.items()}


def _lines(contest: Contest, seeds: Sequence[int]) -> dict[str, list[float]]:
    found = {}
    for name, functions in contest.lines.items():
        first = contest.functions[0]
        function = local(functions[first], first, companions=functions)
        found[name] = [contest.play(function, seed) for seed in seeds]
    return found


def _path(course: Course, lesson: str) -> Path:
    return course.course_dir / f".{lesson.replace('/', '.')}.leaderboard.json"


@dataclass
class _Kept:
    """The entries of one round in a file, which names students and is for nobody else."""

    path: Path
    version: str
    seeds: Sequence[int]
    entries: dict[str, Entry]
    lines: dict[str, list[float]]

    @classmethod
    def read(cls, path: Path, version: str, seeds: Sequence[int]) -> _Kept:
        """What is there of this round; nothing where the file is of another one, or damaged."""
        nothing = cls(path, version, seeds, {}, {})
        try:
            found: Any = json.loads(path.read_bytes())
            if found["version"] != version or found["seeds"] != list(seeds):
                return nothing
            entries = {row["student"]: Entry.from_json(row) for row in found["entries"]}
            lines = {str(name): list(map(float, line)) for name, line in found["lines"].items()}
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return nothing
        sound = all(len(line) == len(seeds) for line in lines.values()) and all(
            len(entry.results) in (0, len(seeds)) for entry in entries.values()
        )
        return cls(path, version, seeds, entries, lines) if sound else nothing

    def keep_only(self, digests: Mapping[str, str]) -> None:
        """Forget what is not of these students' notebooks, and where the grader failed."""
        sound = {who: entry for who, entry in self.entries.items() if not entry.ours}
        self.entries = {who: entry for who, entry in sound.items() if digests.get(who) == entry.digest}

    def write(self) -> None:
        rows = [self.entries[who].as_json() for who in sorted(self.entries)]
        found = {"version": self.version, "seeds": list(self.seeds), "entries": rows, "lines": self.lines}
        replace_file(self.path, json.dumps(found).encode())
