"""A lesson of a class, graded and written down: the way from a folder of submissions to the gradebook."""

from __future__ import annotations

import glob
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from steepest_grader.course.lesson import Lesson, load
from steepest_grader.course.places import SECRET, Course, nbgrader_names
from steepest_grader.course.settings import submitted_files
from steepest_grader.errors import GradebookError, Reasons, SubmissionError, escaped
from steepest_grader.exercise.hidden import Hidden
from steepest_grader.exercise.judge import candidates
from steepest_grader.exercise.model import GradedSubmission, Outcome
from steepest_grader.files import alone, remove_parts
from steepest_grader.gradebook.autograded import Autograded
from steepest_grader.gradebook.beside import Allowed
from steepest_grader.gradebook.late import penalties, time_of
from steepest_grader.gradebook.mirrored import date, is_elsewhere, mirror
from steepest_grader.gradebook.previewed import Previewed
from steepest_grader.gradebook.receipts import keep_receipt, secret_of
from steepest_grader.gradebook.writer import GradebookWriter
from steepest_grader.grading.collect import Submission, collect
from steepest_grader.grading.schedule import grade_all
from steepest_grader.sandbox.base import Sandbox

__all__ = ["Batch", "grade_lesson", "make_candidates", "only_run"]

VANISHED = "It was there when the run began, and was gone when its turn came. Hand it in and run this again."
Tell = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Batch:
    """The result of a run.

    Attributes
    ----------
    submissions : sequence of GradedSubmission
        In order of students, without their notebooks.
    reused : int
        How many had been graded before and have not changed since.
    undated : mapping of str to str
        Students of whom it is not known whether they are late, each with the reason.
    trouble : str
        What a person has to mend although everything is graded and recorded, or "".
    lost : Path, optional
        Where the secret of the hidden cases was missing, though there are marks that follow from it.
    """

    submissions: Sequence[GradedSubmission]
    reused: int
    undated: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""
    lost: Path | None = None

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The submissions in the shape that `grade --json` promises."""
        return [submission.as_json() for submission in self.submissions]


def grade_lesson(
    course: Course,
    lesson_id: str,
    folder: Path,
    *,
    sandbox: Sandbox,
    url: str | None = None,
    jobs: int = 1,
    scheduler: str | None = None,
    students: Collection[str] | None = None,
    force: bool = False,
    previewed: Previewed | None = None,
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
    students : collection of str, optional
        Only these students.
    force : bool
        Grade again what has not changed.
    previewed : Previewed, optional
        What is graded already and has only to be recorded. Then marks that a person has given to the same work need no
        second look, unless the automatic mark beside them is another.
    tell : callable
        Told how many are done, how many there are, and whose was done last.

    Raises
    ------
    CourseError, GradebookError, ClusterError
        With the way to mend it; what was recorded before stays. What fails for one submission alone is a
        `GRADER_ERROR` of that one.
    """
    secret, new = course.secret()
    anew = new and any(course.folder("autograded").glob("*/*"))
    lesson, kept = replace(load(course, lesson_id), hidden=Hidden(secret)), Autograded(course, lesson_id)
    allowed = Allowed(submitted_files(course), frozenset(lesson.files))
    # settings for late submissions that cannot be used are told before anything is graded
    with only_run(course, lesson_id), penalties(course) as late, GradebookWriter(url, course) as book:
        book.prepare(lesson)
        known = {} if force else book.graded(lesson_id)
        found: dict[str, GradedSubmission] = {}
        refused: dict[str, GradedSubmission] = {}
        lost = Reasons()
        todo: set[str] = set()
        reused = 0
        ready: dict[str, str] = {}
        for item in collect(folder, lesson_id, students=students, allowed=allowed, slimmed=False):
            try:
                kept.folder(item.student)
            except SubmissionError as error:  # whoever hands in may have named it: no failure of ours
                refused[item.student] = lesson.ungraded(escaped(item.student), Outcome.UNREADABLE, str(error))
                continue
            before, digest = known.get(item.student), item.digest(lesson)
            if before is not None and before.digest == digest:
                reused += 1
                found[item.student] = before
                continue
            todo.add(item.student)
            if previewed is not None and previewed.has(item.student, digest):
                ready[item.student] = digest
        if scheduler is None and todo - ready.keys():
            make_candidates(lesson, sandbox.device)
        tell(0, len(todo), lesson_id)
        # a class of notebooks may be too large to be kept
        again = collect(folder, lesson_id, students=todo - ready.keys(), allowed=allowed)
        if elsewhere := is_elsewhere(course, folder):
            again = _mirrored(course, lesson_id, again)
        made = (previewed.get(*item) for item in ready.items()) if previewed is not None else ()
        results = grade_all(lesson, again, sandbox=sandbox, jobs=jobs, scheduler=scheduler)
        for done, graded in enumerate(chain(filter(None, made), results), start=1):
            with lost.apart(graded.student, "Recording it"):
                book.record(graded, settled=previewed is not None)
                found[graded.student] = replace(graded, notebook="")
            tell(done, len(todo), graded.student)
        lost |= dict.fromkeys(todo - found.keys() - lost.keys(), VANISHED)
        times, unknown = _times(folder, lesson_id, {**found, **lost})
        for name, graded in found.items():
            with lost.apart(name, "Recording it"):
                _keep_receipt(kept, folder, graded, times[name])
        found |= {name: lesson.ungraded(name, Outcome.GRADER_ERROR, reason) for name, reason in lost.items()}
        _note_failures(kept, found.values(), whole_class=students is None)
        found |= refused
        undated, trouble = book.assign_penalties(lesson_id, times, late, todo)
        if elsewhere:
            for student, handed_in in book.times(lesson_id).items():
                date(course, lesson_id, student, handed_in.came)
    return Batch(
        [found[name] for name in sorted(found)],
        reused,
        {name: unknown[name] for name in undated},
        trouble,
        course.course_dir / SECRET if anew else None,
    )


def _mirrored(course: Course, lesson: str, items: Iterable[Submission]) -> Iterator[Submission]:
    """The same, and formgrader sees each of them."""
    for item in items:
        if item.data is not None:
            mirror(course, lesson, item.student, item.data, item.beside)
        yield item


def make_candidates(lesson: Lesson, device: str) -> None:
    """Make what all submissions are compared with, once, before the lanes ask for it."""
    for exercise in lesson.exercises.values():
        candidates(exercise, lesson.hidden.seeds, device)


def _times(folder: Path, lesson: str, students: Iterable[str]) -> tuple[dict[str, datetime | None], dict[str, str]]:
    """When submissions came, or why that is not known."""
    assignment, _ = nbgrader_names(lesson)
    times: dict[str, datetime | None] = dict.fromkeys(students)
    unknown = Reasons()
    for student in times:
        with unknown.apart(student, "Reading when it came"):
            try:
                times[student] = time_of(folder / student / assignment)
            except ValueError as error:
                unknown[student] = str(error)
    return times, unknown


def _keep_receipt(kept: Autograded, folder: Path, graded: GradedSubmission, came: datetime | None) -> None:
    """Keep what feedback needs to find its way back, if the marks are those of what lies in the folder."""
    place = kept.folder(graded.student)
    if not graded.failed_by_grader:
        keep_receipt(place, came, secret_of(folder / graded.student / place.name))


def _note_failures(kept: Autograded, submissions: Iterable[GradedSubmission], *, whole_class: bool) -> None:
    """Keep who has no mark because the grader failed, for the report; no other trace is left of them."""
    reasons = {} if whole_class else kept.ungraded()
    for submission in submissions:
        reasons.pop(submission.student, None)
        if submission.outcome is Outcome.GRADER_ERROR:
            said = [item.message for item in submission.verdicts if item.outcome is Outcome.GRADER_ERROR]
            reasons[submission.student] = next(filter(None, [*said, submission.message]), "")
    kept.note_ungraded(reasons)


@contextmanager
def only_run(course: Course, lesson: str) -> Iterator[None]:
    """Keep other runs away from a lesson, and clear away what a killed one has left."""
    with ExitStack() as stack:
        try:
            assignment, _ = nbgrader_names(lesson)
            stack.enter_context(alone(course.course_dir / f".{assignment}.lock"))
            remove_parts(course.folder("autograded"), f"*/{glob.escape(assignment)}")
        except BlockingIOError as error:
            raise GradebookError(f"Another run is grading {lesson} here. Wait until it has ended.") from error
        except OSError as error:
            raise GradebookError(f"{course.course_dir} cannot be written: {error}.") from error
        yield
