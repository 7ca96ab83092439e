"""Work that is graded already, graded by the exercises as they are now: whose marks would change, and why.

Nothing is written but what `Previewed` keeps, so that what has been looked at can be taken over without running again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from steepest_grader.course.lesson import Lesson, load
from steepest_grader.course.places import SECRET, Course
from steepest_grader.course.settings import submitted_files
from steepest_grader.errors import GradebookError, Reasons
from steepest_grader.exercise.hidden import Hidden
from steepest_grader.exercise.model import GradedSubmission, Outcome
from steepest_grader.gradebook.autograded import Autograded
from steepest_grader.gradebook.beside import Allowed
from steepest_grader.gradebook.class_marks import LessonMarks, class_marks
from steepest_grader.gradebook.database import complete, file_of
from steepest_grader.gradebook.previewed import Previewed
from steepest_grader.grading.batch import VANISHED, Tell, grade_lesson, make_candidates, only_run
from steepest_grader.grading.changes import Change, change
from steepest_grader.grading.collect import collect
from steepest_grader.grading.schedule import grade_all
from steepest_grader.notebook.cells import bears_marks, by_grade_id
from steepest_grader.sandbox.base import Sandbox

__all__ = ["Regrade", "graded_lessons", "lesson_of_the_course", "opened_secret", "regrade_lesson", "take_over"]

OTHER_CELLS = (
    "cells of nbgrader were added, removed or renamed since it was graded, so its gradebook cannot take this over. "
    "Take the change back, or grade into a new gradebook with --gradebook"
)


@dataclass(frozen=True)
class Regrade:
    """What a change of exercises does to the marks of a lesson.

    Attributes
    ----------
    lesson : str
    compared : sequence of str
        Students whose work is the one that was graded.
    reused : int
        How many of them needed no kernel.
    changes : sequence of Change
        In order of students; of all who have one.
    again : sequence of str
        Students who have handed in anew since: that is for `grade`.
    absent : sequence of str
        Students whose graded work is not in the folder.
    failed : mapping of str to str
        Students at whose work the grader itself failed, each with the reason; what they have stays.
    refused : str
        Why the gradebook cannot take this over, or "".
    """

    lesson: str
    compared: Sequence[str]
    reused: int
    changes: Sequence[Change]
    again: Sequence[str] = ()
    absent: Sequence[str] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""

    @property
    def moved(self) -> list[Change]:
        """Those of which a mark is another."""
        return [item for item in self.changes if item.moves]

    def as_json(self) -> dict[str, Any]:
        """The shape that `regrade --json` promises for a lesson."""
        return {
            "lesson": self.lesson,
            "compared": len(self.compared),
            "reused": self.reused,
            "changes": [item.as_json() for item in self.changes],
            "again": list(self.again),
            "absent": list(self.absent),
            "failed": dict(self.failed),
            "refused": self.refused,
        }


def lesson_of_the_course(course: Course, lesson_id: str) -> Lesson:
    """A lesson with the hidden cases by which it was graded.

    Raises
    ------
    GradebookError
        See `opened_secret`.
    """
    return replace(load(course, lesson_id), hidden=opened_secret(course))


def opened_secret(course: Course) -> Hidden:
    """What the hidden cases follow from, where something was graded by it.

    Raises
    ------
    GradebookError
        If the secret that these follow from is lost: other cases would be compared.
    """
    if not (course.course_dir / SECRET).is_file():
        raise GradebookError(
            f"There is no {course.course_dir / SECRET}, which the hidden cases follow from. Put it back, or grade "
            "everything anew with `steepest-grader grade`."
        )
    secret, _ = course.secret()
    return Hidden(secret)


def graded_lessons(course: Course, url: str | None) -> list[str]:
    """Those lessons of which something is graded, in the order of the course.

    Raises
    ------
    GradebookError
        If there is no gradebook.
    """
    file = file_of(complete(url or course.gradebook))
    if file is not None and not file.is_file():
        raise GradebookError(f"There is no gradebook {file}. Run `steepest-grader grade` first.")
    _, books = class_marks(course, url, course.lessons())
    return [name for name, book in books.items() if book.marks.keys() & Autograded(course, name).stored().keys()]


def regrade_lesson(
    course: Course,
    lesson_id: str,
    folder: Path,
    *,
    sandbox: Sandbox,
    url: str | None = None,
    jobs: int = 1,
    students: Collection[str] | None = None,
    tell: Tell = lambda done, total, who: None,
) -> Regrade:
    """Grade the work that is graded by the exercises as they are now, and compare; no mark is written.

    Parameters
    ----------
    course : Course
    lesson_id : str
    folder : Path
        Holds ``<student>/<lesson>/<lesson>.ipynb``, as it was graded.
    sandbox : Sandbox
        Where student code runs.
    url : str, optional
        The gradebook; the course's own by default.
    jobs : int
        Kernels at a time.
    students : collection of str, optional
        Only these; all by default.
    tell : callable
        Told how many are done, how many there are, and whose was done last.

    Raises
    ------
    CourseError, GradebookError
        With the way to mend it; so if nothing of the lesson is graded.
    """
    lesson, kept = lesson_of_the_course(course, lesson_id), Autograded(course, lesson_id)
    previewed = Previewed(course, lesson_id)
    allowed = Allowed(submitted_files(course), frozenset(lesson.files))
    with only_run(course, lesson_id):
        book = class_marks(course, url, [lesson_id])[1][lesson_id]
        known = {
            student: item
            for student, item in kept.stored().items()
            if student in book.marks and (students is None or student in students)
        }
        if not known:
            raise GradebookError(_nothing(lesson_id, students))
        work, found = _sorted(collect(folder, lesson_id, students=known, allowed=allowed, slimmed=False), lesson, known)
        again = [student for student in work if student not in found]
        after: dict[str, GradedSubmission] = {}
        for student, digest in found.items():
            made = known[student] if known[student].digest == digest else previewed.get(student, digest)
            if made is not None:
                after[student] = replace(made, notebook="")
        reused, todo, failed = len(after), found.keys() - after.keys(), Reasons()
        if todo:
            make_candidates(lesson, sandbox.device)
        tell(0, len(todo), lesson_id)
        items = collect(folder, lesson_id, students=todo, allowed=allowed)
        for done, graded in enumerate(grade_all(lesson, items, sandbox=sandbox, jobs=jobs), start=1):
            if graded.failed_by_grader:
                failed[graded.student] = _reason(graded)
            else:
                with failed.apart(graded.student, "Keeping it"):
                    previewed.keep(graded)
                    after[graded.student] = replace(graded, notebook="")
            tell(done, len(todo), graded.student)
        failed |= dict.fromkeys(todo - after.keys() - failed.keys(), VANISHED)
        if students is None:
            previewed.keep_only(found.items())
    changes = [change(known[name], after[name], book.marks[name]) for name in sorted(after)]
    return Regrade(
        lesson_id,
        sorted(after),
        reused,
        [item for item in changes if item.exercises],
        again,
        sorted(known.keys() - work.keys()),
        failed,
        OTHER_CELLS if _other_cells(lesson, book) else "",
    )


def take_over(
    course: Course, found: Regrade, folder: Path, *, sandbox: Sandbox, url: str | None = None, jobs: int = 1
) -> str:
    """Write what was found into the gradebook, the way that `grade` does.

    Marks and comments that a person has given stay.

    Returns
    -------
    str
        What a person has to mend although everything is recorded, or "".

    Raises
    ------
    GradebookError
        If the gradebook cannot take it.
    """
    if found.refused:
        raise GradebookError(f"{found.lesson}: {found.refused}.")
    previewed = Previewed(course, found.lesson)
    batch = grade_lesson(
        course, found.lesson, folder, sandbox=sandbox, url=url, jobs=jobs, students=found.compared, previewed=previewed
    )
    previewed.keep_only()
    failed = [item.student for item in batch.submissions if item.outcome is Outcome.GRADER_ERROR]
    if failed:
        raise GradebookError(f"{found.lesson}: {', '.join(failed[:10])} could not be recorded. Run this again.")
    return batch.trouble


def _sorted(items: Any, lesson: Lesson, known: Mapping[str, GradedSubmission]) -> tuple[dict[str, str], dict[str, str]]:
    """What identifies the work of each student, and, where that is the work that was graded, the grading of it."""
    work, found = {}, {}
    for item in items:
        work[item.student] = item.work()
        if known[item.student].work in ("", work[item.student]):
            found[item.student] = item.digest(lesson)
    return work, found


def _nothing(lesson_id: str, students: Collection[str] | None) -> str:
    whose = "" if students is None else f" of {', '.join(sorted(students))}"
    return f"Nothing{whose} is graded of {lesson_id}. Run `steepest-grader grade` first."


def _reason(graded: GradedSubmission) -> str:
    said = [verdict.message for verdict in graded.verdicts if verdict.outcome is Outcome.GRADER_ERROR]
    return next(filter(None, [*said, graded.message]), "The grader failed.")


def _other_cells(lesson: Lesson, book: LessonMarks) -> bool:
    """Whether other cells bear marks than those that the gradebook knows."""
    return {name for name, cell in by_grade_id(lesson.released).items() if bears_marks(cell)} != book.points.keys()
