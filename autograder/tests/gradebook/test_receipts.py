"""What lies beside a submission finds its way to its feedback, whatever it is, and to no other submission's."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from steepest_grader.course.lesson import Lesson
from steepest_grader.course.places import Course
from steepest_grader.desk.feedback import write_feedback
from steepest_grader.exercise.model import GradedSubmission, Outcome
from steepest_grader.gradebook.late import TIMESTAMP
from steepest_grader.gradebook.receipts import MAX_BYTES, NOBODYS, SECRET
from steepest_grader.grading import lanes
from steepest_grader.grading.batch import grade_lesson
from steepest_grader.sandbox.none import NoSandbox

LESSON = "90_tiny"
CAME, FIRST, SECOND = "2030-01-15 14:58:23.948203 UTC", "1" * 128, "2" * 128
NOBODY = re.compile(rf"{NOBODYS}[0-9a-f]{{64}}")
FAILING = b"the grader fails"


Grade = Callable[[], None]


@pytest.fixture
def grade(built: Course, submit: Callable[..., GradedSubmission], monkeypatch: pytest.MonkeyPatch) -> Grade:
    """Grades a class; no kernel is started."""

    def grade_submission(lesson: Lesson, student: str, data: bytes, **_: Any) -> GradedSubmission:
        if data == FAILING:
            return lesson.ungraded(student, Outcome.GRADER_ERROR, "a fault")
        return submit(student, digest=lesson.digest(data))

    monkeypatch.setattr(lanes, "grade_submission", grade_submission)
    return lambda: grade_lesson(built, LESSON, built.root / "class", sandbox=NoSandbox()) and None


def hand_in(course: Course, secret: str | None = None, content: bytes = b"first") -> Path:
    place = course.root / "class" / "ada" / LESSON
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{LESSON}.ipynb").write_bytes(content)
    (place / SECRET).unlink(missing_ok=True)
    if secret is not None:
        (place / SECRET).write_text(secret)
        (place / TIMESTAMP).write_text(CAME)
    return place


def feedback(course: Course) -> tuple[str, str]:
    """Time and secret beside the page."""
    ((page,), _, failed) = write_feedback(course, LESSON)
    assert (page.is_file(), failed) == (True, {})
    return (page.parent / TIMESTAMP).read_text(), (page.parent / SECRET).read_text()


def test_a_page_bears_the_secret_of_the_work_that_it_is_about(built: Course, grade: Grade) -> None:
    hand_in(built, FIRST)
    grade()
    hand_in(built, SECOND, b"second")
    assert feedback(built) == (CAME, FIRST)  # the second is there, and not graded yet
    grade()
    assert feedback(built) == (CAME, SECOND)


def test_the_same_work_handed_in_again_has_a_page_of_its_own(built: Course, grade: Grade) -> None:
    for secret in (FIRST, SECOND):
        hand_in(built, secret)
        grade()
        assert feedback(built) == (CAME, secret)


def test_what_the_grader_fails_at_keeps_the_page_of_what_came_before(built: Course, grade: Grade) -> None:
    hand_in(built, FIRST)
    grade()
    hand_in(built, SECOND, FAILING)
    grade()
    assert feedback(built) == (CAME, FIRST)


def test_a_page_of_other_work_does_not_lie_beside_a_new_secret(built: Course, grade: Grade) -> None:
    hand_in(built, FIRST)
    grade()
    feedback(built)
    other = built.folder("feedback") / "ada" / LESSON / "other.html"
    other.write_text("of the first submission")
    feedback(built)
    assert other.is_file()
    hand_in(built, SECOND)
    grade()
    feedback(built)
    assert not other.exists()


def test_work_that_came_another_way_has_a_secret_that_stays(built: Course, grade: Grade) -> None:
    hand_in(built, FIRST)
    grade()
    hand_in(built, None, b"by mail")
    found = set()
    for _ in range(2):
        grade()
        found.add(feedback(built)[1])
    (secret,) = found
    assert NOBODY.fullmatch(secret)


def test_what_was_graded_without_a_secret_gets_one(built: Course, grade: Grade) -> None:
    hand_in(built)
    grade()
    for name in (TIMESTAMP, SECRET):
        (built.folder("autograded") / "ada" / LESSON / name).unlink()
    came, secret = feedback(built)
    assert (came, bool(NOBODY.fullmatch(secret))) == ("", True)


def _link(path: Path) -> None:
    (path.parent / "elsewhere").write_text(FIRST)
    path.symlink_to("elsewhere")


HOSTILE: dict[str, Callable[[Path], Any]] = {
    "empty": lambda path: path.write_bytes(b""),
    "bytes that are no text": lambda path: path.write_bytes(b"\xff\xfe\x00"),
    "lines": lambda path: path.write_bytes(b"one\r\ntwo\n"),
    "megabytes": lambda path: path.write_bytes(b"1" * (MAX_BYTES + 1)),
    "a link": _link,
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "a folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_file_that_is_handed_in_can_end_the_way_back(kind: str, built: Course, grade: Grade) -> None:
    place = hand_in(built)
    for name in (TIMESTAMP, SECRET):
        HOSTILE[kind](place / name)
    grade()
    came, secret = feedback(built)
    assert came == "" or kind == "a link"
    assert NOBODY.fullmatch(secret)
