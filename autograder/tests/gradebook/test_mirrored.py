"""What is graded from elsewhere is counted by formgrader, and nothing of anybody else's is touched."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from steepest_grader.course.lesson import Lesson, load
from steepest_grader.course.text_course import TextCourse
from steepest_grader.exercise.model import GradedSubmission, Outcome, Verdict
from steepest_grader.gradebook import mirrored
from steepest_grader.gradebook.late import TIMESTAMP
from steepest_grader.grading import lanes
from steepest_grader.grading.batch import grade_lesson
from steepest_grader.sandbox.none import NoSandbox
from traitlets.config import Config

LESSON, EXERCISE = "90_tiny", "momentum_step"
CAME = "2026-11-09 10:00:00 UTC"
Grade = Callable[..., None]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def grade(built: TextCourse, no_kernel: None, monkeypatch: pytest.MonkeyPatch) -> Grade:
    """Grade what lies in a folder, without running it."""

    def judged(lesson: Lesson, student: str, data: bytes, **_: Any) -> GradedSubmission:
        verdict = Verdict(EXERCISE, lesson.exercises[EXERCISE].points, Outcome.PASSED, 1.0)
        return GradedSubmission(student, lesson.id, Outcome.PASSED, [verdict], notebook=data.decode())

    monkeypatch.setattr(lanes, "grade_submission", judged)
    return lambda folder: grade_lesson(built, LESSON, folder, sandbox=NoSandbox())


def hand_in(course: TextCourse, folder: Path, student: str, *, text: str = "", came: str = "") -> Path:
    notebook = load(course, LESSON).released
    notebook.cells[0].source += text
    place = folder / student / LESSON
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{LESSON}.ipynb").write_text(nbformat.writes(notebook))
    if came:
        (place / TIMESTAMP).write_text(came)
    return place


def files(folder: Path) -> dict[str, bytes]:
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: data for name, data in found.items() if Path(name).name != mirrored.MARK}


def test_formgrader_counts_it(built: TextCourse, grade: Grade, elsewhere: Path) -> None:
    hand_in(built, elsewhere, "ada", came=CAME)
    hand_in(built, elsewhere, "bob")
    grade(elsewhere)
    config = Config({"CourseDirectory": {"root": str(built.course_dir), "db_url": built.gradebook}})
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    assert api.get_submitted_students(LESSON) == {"ada", "bob"}
    assert {item["name"]: item["num_submissions"] for item in api.get_assignments()} == {LESSON: 2}
    shown = {item["student"]: (item["submitted"], item["timestamp"]) for item in api.get_submissions(LESSON)}
    assert shown.keys() == {"ada", "bob"}
    assert shown["ada"][0] and shown["ada"][1].startswith("2026-11-09")
    assert shown["bob"] == (True, None)


def test_it_is_what_was_handed_in_and_follows_it(built: TextCourse, grade: Grade, elsewhere: Path) -> None:
    place, copy = hand_in(built, elsewhere, "ada", came=CAME), built.folder("submitted") / "ada" / LESSON
    grade(elsewhere)
    notebook = f"{LESSON}.ipynb"
    assert files(copy)[notebook] == (place / notebook).read_bytes()
    (place / TIMESTAMP).unlink()
    hand_in(built, elsewhere, "ada", text=" again")
    grade(elsewhere)
    assert files(copy)[notebook] == (place / notebook).read_bytes()
    before = files(copy)
    grade(built.folder("submitted"))  # which finds it graded
    assert files(copy) == before


def test_what_is_there_stays(built: TextCourse, grade: Grade, elsewhere: Path) -> None:
    hand_in(built, elsewhere, "ada")
    hand_in(built, elsewhere, "bob")
    hand_in(built, elsewhere, "cyd")
    own = hand_in(built, built.folder("submitted"), "ada", text=" of nbgrader's exchange")
    away = built.root / "away"
    away.mkdir()
    for student in ("bob", "cyd"):
        (built.folder("submitted") / student).mkdir()
    (built.folder("submitted") / "bob" / LESSON).symlink_to(away)
    (built.folder("submitted") / "cyd" / LESSON).symlink_to(built.root / "nowhere")
    before = files(own)
    grade(elsewhere)
    assert files(own) == before
    assert files(away) == {}
    assert not (built.root / "nowhere").exists()


def test_a_course_folder_that_holds_the_submissions_gets_no_copies(built: TextCourse, grade: Grade) -> None:
    own = built.folder("submitted")
    hand_in(built, own, "ada")
    before = files(own)
    grade(own)
    assert files(own) == before
    assert not list(own.rglob(mirrored.MARK))


def test_a_copy_that_fails_costs_no_marks(
    built: TextCourse, grade: Grade, elsewhere: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    hand_in(built, elsewhere, "ada")
    monkeypatch.setattr(mirrored, "replace_file", full)
    with caplog.at_level(logging.WARNING):
        grade(elsewhere)
    assert "formgrader does not count the submission of 'ada'" in caplog.text
