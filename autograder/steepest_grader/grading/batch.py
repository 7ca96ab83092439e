"""A lesson of a class, graded and written down: the way from a folder of submissions to the gradebook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from steepest_grader.course.lesson import load
from steepest_grader.course.places import Course, nbgrader_names
from steepest_grader.errors import GradebookError
from steepest_grader.exercise.judge import candidates
from steepest_grader.exercise.model import Outcome
from steepest_grader.files import alone, remove_parts
from steepest_grader.gradebook.autograded import note_ungraded, submission_folder, ungraded
from steepest_grader.gradebook.late import penalties, time_of
from steepest_grader.gradebook.writer import GradebookWriter
from steepest_grader.grading.collect import collect
from steepest_grader.grading.schedule import grade_all
from steepest_grader.sandbox.base import Sandbox

__all__ = ["Batch", "grade_lesson"]

Tell = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Batch:
    """The result of a run.

    Attributes
    ----------
    rows : list of dict
        One for each submission, in the shape that `grade --json` promises, in order of students.
    reused : int
        How many had been graded before and have not changed since.
    undated : mapping of str to str
        Students of whom it is not known whether they are late, each with the reason.
    """

    rows: list[dict[str, Any]]
    reused: int
    undated: Mapping[str, str] = field(default_factory=dict)


def grade_lesson(
    course: Course,
    lesson_id: str,
    folder: Path,
    *,
    sandbox: Sandbox,
    url: str | None = None,
    jobs: int = 1,
    scheduler: str | None = None,
    student: str | None = None,
    force: bool = False,
    tell: Tell = lambda done, total, who: None,
) -> Batch:
    """Grade what is new or changed in a folder, and record each submission as soon as it is graded.

    Parameters
    ----------
    course : Course
    lesson_id : str
    folder : Path
        Holds ``<student>/<lesson>/<lesson>.ipynb``.
    sandbox : Sandbox
        Where student code runs.
    url : str, optional
        The gradebook; the course's own by default.
    jobs : int
        Kernels at a time.
    scheduler : str, optional
        Address of a Dask scheduler, to grade on its workers.
    student : str, optional
        Only this student.
    force : bool
        Grade again what has not changed.
    tell : callable
        Told how many are done, how many there are, and whose was done last.

    Raises
    ------
    CourseError, GradebookError, ClusterError
        With the way to mend it; what was recorded before stays.
    """
    lesson = load(course, lesson_id)
    # settings for late submissions that cannot be used are told before anything is graded
    with _only_run(course, lesson_id), penalties(course) as late, GradebookWriter(url, course) as book:
        book.prepare(lesson)
        known = {} if force else book.graded(lesson_id)
        rows: dict[str, dict[str, Any]] = {}
        todo: set[str] = set()
        reused = 0
        for item in collect(folder, lesson_id, students=None if student is None else {student}):
            digest, row = known.get(item.student, ("", {}))
            try:
                submission_folder(course, item.student, lesson_id)
            except GradebookError as error:
                rows[item.student] = lesson.ungraded(item.student, Outcome.GRADER_ERROR, str(error)).as_json()
                continue
            if digest == lesson.digest(item.data, item.message):
                reused += 1
                rows[item.student] = row
            else:
                todo.add(item.student)
        for exercise in lesson.exercises.values() if todo else ():
            candidates(exercise)  # once, before the lanes ask for them
        tell(0, len(todo), lesson_id)
        again = collect(folder, lesson_id, students=todo)  # a class of notebooks may be too large to be kept
        results = grade_all(lesson, again, sandbox=sandbox, jobs=jobs, scheduler=scheduler)
        for done, graded in enumerate(results, start=1):
            book.record(graded)
            rows[graded.student] = graded.as_json()
            tell(done, len(todo), graded.student)
        _note_failures(course, lesson_id, rows, whole_class=student is None)
        times, unknown = _times(folder, lesson_id, rows)
        undated = book.assign_penalties(lesson_id, times, late)
    return Batch([rows[name] for name in sorted(rows)], reused, {name: unknown[name] for name in undated})


def _times(folder: Path, lesson: str, students: Iterable[str]) -> tuple[dict[str, datetime | None], dict[str, str]]:
    """When submissions came, or why that is not known."""
    assignment, _ = nbgrader_names(lesson)
    times: dict[str, datetime | None] = {}
    unknown = {}
    for student in students:
        try:
            times[student] = time_of(folder / student / assignment)
        except ValueError as error:
            times[student], unknown[student] = None, str(error)
    return times, unknown


def _note_failures(course: Course, lesson: str, rows: Mapping[str, dict[str, Any]], *, whole_class: bool) -> None:
    """Keep who has no mark because the grader failed, for the report; no other trace is left of them."""
    reasons = {} if whole_class else ungraded(course, lesson)
    for student, row in rows.items():
        reasons.pop(student, None)
        if row["outcome"] == Outcome.GRADER_ERROR:
            said = [item["message"] for item in row["exercises"] if item["outcome"] == Outcome.GRADER_ERROR]
            reasons[student] = next(filter(None, said), "")
    note_ungraded(course, lesson, reasons)


@contextmanager
def _only_run(course: Course, lesson: str) -> Iterator[None]:
    """Keep other runs away from a lesson, and clear away what a killed one has left."""
    with ExitStack() as stack:
        try:
            assignment, _ = nbgrader_names(lesson)
            stack.enter_context(alone(course.course_dir / f".{assignment}.lock"))
            remove_parts(course.course_dir / "autograded", f"*/{assignment}")
        except BlockingIOError as error:
            raise GradebookError(f"Another run is grading {lesson} here. Wait until it has ended.") from error
        except OSError as error:
            raise GradebookError(f"{course.course_dir} cannot be written: {error}.") from error
        yield
