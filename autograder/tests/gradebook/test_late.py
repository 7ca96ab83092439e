"""Late submissions: nbgrader's own plugins say what they cost, and no `timestamp.txt` can do harm."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook
from nbgrader.apps import NbGrader
from steepest_grader.cli import main
from steepest_grader.course.lesson import Lesson
from steepest_grader.course.places import Course
from steepest_grader.desk.export import export
from steepest_grader.desk.feedback import write_feedback
from steepest_grader.errors import CourseError
from steepest_grader.exercise.model import GradedSubmission
from steepest_grader.gradebook.late import TIMESTAMP, time_of
from steepest_grader.grading import lanes
from steepest_grader.grading.batch import Batch, grade_lesson
from steepest_grader.sandbox.none import NoSandbox

LESSON, EXERCISE = "90_tiny", "momentum_step"
DUE = datetime(2030, 1, 15, 12)
IN_TIME, LATE = "2030-01-15 12:00:00 UTC", "2030-01-15 14:00:00.000000 UTC"
ZERO = "c.LateSubmissionPlugin.penalty_method = 'zero'"
HOURLY = """
from nbgrader.plugins import BasePlugin

class Hourly(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return {penalty}

c.AssignLatePenalties.plugin_class = Hourly
"""
Grade = Callable[..., Batch]


@pytest.fixture
def grade(built: Course, submit: Callable[..., GradedSubmission], monkeypatch: pytest.MonkeyPatch) -> Grade:
    """Grades a class whose answers are all right; no kernel is started."""

    def grade_submission(lesson: Lesson, student: str, data: bytes, **_: Any) -> GradedSubmission:
        return submit(student, digest=lesson.digest(data))

    monkeypatch.setattr(lanes, "grade_submission", grade_submission)
    return lambda: grade_lesson(built, LESSON, built.root / "class", sandbox=NoSandbox())


def hand_in(course: Course, student: str, came: str | None = None) -> Path:
    place = course.root / "class" / student / LESSON
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{LESSON}.ipynb").write_text(student)
    if came is not None:
        (place / TIMESTAMP).write_text(came)
    return place


def configure(course: Course, text: str) -> None:
    """Settings as an instructor writes them."""
    (course.root / "nbgrader_config.py").write_text(f"c = get_config()\n{text}\n")


def set_due(course: Course, due: datetime | None = DUE) -> None:
    with Gradebook(course.gradebook, "steepest") as book:
        book.update_or_create_assignment(LESSON, duedate=due)


def penalty(course: Course, student: str = "ada") -> float | None:
    with Gradebook(course.gradebook, "steepest") as book:
        found = book.find_submission_notebook(LESSON, LESSON, student)
        assert found.score == 2
        return found.late_submission_penalty


def exported(course: Course, student: str = "ada") -> tuple[str, str, str]:
    table = csv.DictReader(io.StringIO(export(course, [LESSON], "csv", unfinished=True).text))
    row = next(row for row in table if row["student_id"] == student)
    return row["raw_score"], row["late_submission_penalty"], row["score"]


# --- what is late, and what that costs

CASES: dict[str, tuple[datetime | None, str, str, float | None]] = {
    "no due date": (None, LATE, ZERO, None),
    "in time": (DUE, IN_TIME, ZERO, None),
    "late, and nothing is set": (DUE, LATE, "", None),
    "late, and it costs nothing": (DUE, LATE, "c.LateSubmissionPlugin.penalty_method = 'none'", None),
    "late, and it costs everything": (DUE, LATE, ZERO, 2.0),
    "late, but switched off": (DUE, LATE, f"{ZERO}\nc.AssignLatePenalties.enabled = False", None),
    "in time in its own zone": (DUE, "2030-01-15 13:00:00 Europe/Paris", ZERO, None),
    "late in its own zone": (DUE, "2030-01-15 04:00:01.5 America/Los_Angeles", ZERO, 2.0),
    "late by its offset": (DUE, "2030-01-15T13:30:00+01:00", ZERO, 2.0),
    "in time by an offset set apart": (DUE, "2030-01-15 13:00:00 +0100", ZERO, None),
    "a plugin of one's own": (DUE, LATE, HOURLY.format(penalty="0.25 * total_seconds_late / 3600"), 0.5),
    "a plugin that takes more than there is": (DUE, LATE, HOURLY.format(penalty="99"), 2.0),
    "a plugin that gives points": (DUE, LATE, HOURLY.format(penalty="-1"), 0.0),
    "a plugin that takes nothing": (DUE, LATE, HOURLY.format(penalty="None"), None),
}


@pytest.mark.parametrize("case", CASES)
def test_penalties_are_those_of_the_plugin(case: str, built: Course, grade: Grade) -> None:
    due, came, settings, wanted = CASES[case]
    set_due(built, due)
    configure(built, settings)
    hand_in(built, "ada", came)
    batch = grade()
    assert ([row["score"] for row in batch.rows], batch.undated) == ([2.0], {})
    assert penalty(built) == wanted
    assert exported(built) == ("2", f"{wanted or 0:g}", f"{2 - (wanted or 0):g}")


@pytest.mark.parametrize(("came", "days", "wanted"), [(LATE, 0, 2.0), (LATE, 1, None), (IN_TIME, -1, 2.0)])
def test_an_extension_counts(built: Course, grade: Grade, came: str, days: int, wanted: float | None) -> None:
    set_due(built)
    configure(built, ZERO)
    hand_in(built, "ada", came)
    grade()
    with Gradebook(built.gradebook, "steepest") as book:
        book.grant_extension(LESSON, "ada", days=days)
    assert grade().reused == 1
    assert penalty(built) == wanted


def test_a_penalty_follows_marks_times_and_settings(built: Course, grade: Grade) -> None:
    """Nothing is graded again, and nothing is taken off twice."""
    set_due(built)
    configure(built, ZERO)
    place = hand_in(built, "ada", LATE)
    hand_in(built, "bob", IN_TIME)
    grade()
    with Gradebook(built.gradebook, "steepest") as book:
        mark = book.find_grade("reflection", LESSON, LESSON, "ada")
        mark.manual_score, mark.extra_credit, mark.needs_manual_grade = 2.5, 0.5, False
        book.db.commit()
    assert exported(built) == ("5", "2", "3")
    assert grade().reused == 2
    assert exported(built) == ("5", "5", "0")
    page = write_feedback(built, LESSON, students=["ada"])[0][0].read_text()
    assert "taken off for being late</dt><dd>5</dd>" in page and "<dd>0 / 5</dd>" in page
    configure(built, HOURLY.format(penalty="1.5"))
    grade()
    assert exported(built) == ("5", "1.5", "3.5")
    (place / TIMESTAMP).write_text(IN_TIME)
    assert grade().reused == 2
    assert exported(built) == ("5", "0", "5")
    (place / TIMESTAMP).write_text(LATE)
    grade()
    assert exported(built) == ("5", "1.5", "3.5")
    set_due(built, None)
    grade()
    assert [exported(built, student)[1] for student in ("ada", "bob")] == ["0", "0"]


@pytest.mark.parametrize("where", ["beside solutions/", "where nothing is built", "in a module of its own"])
def test_where_settings_stand(where: str, built: Course, grade: Grade, monkeypatch: pytest.MonkeyPatch) -> None:
    set_due(built)
    hand_in(built, "ada", LATE)
    plugin, line = HOURLY.format(penalty="0.75").rsplit("c.", 1)
    if where == "in a module of its own":
        (built.course_dir / "late_days_of_this_test.py").write_text(plugin)
        configure(built, "c.AssignLatePenalties.plugin_class = 'late_days_of_this_test.Hourly'")
    else:
        configure(built, f"{plugin}c.{line}")
    if where == "where nothing is built":
        (built.course_dir / "nbgrader_config.py").unlink()
    grade()
    assert penalty(built) == 0.75
    if where == "beside solutions/":  # and nbgrader itself finds them in its course directory
        monkeypatch.chdir(built.course_dir)
        app = NbGrader()
        app.load_config_file()
        assert app.config.AssignLatePenalties.plugin_class.__name__ == "Hourly"


# --- times, as whoever hands in can write them

TIMES = {
    "2030-01-15 14:58:23.948203 UTC": datetime(2030, 1, 15, 14, 58, 23, 948203),
    "2030-01-15 14:58:23.948203": datetime(2030, 1, 15, 14, 58, 23, 948203),
    "\ufeff 2030-01-15 14:58:23 GMT\r\n": datetime(2030, 1, 15, 14, 58, 23),
    "2030-01-15T14:58Z": datetime(2030, 1, 15, 14, 58),
    "2030-07-15 14:58:00 America/Los_Angeles": datetime(2030, 7, 15, 21, 58),
    "9999-12-31 23:59:59 UTC": datetime(9999, 12, 31, 23, 59, 59),
    "0001-01-01": datetime(1, 1, 1),
}


@pytest.mark.parametrize("text", TIMES)
def test_times_that_can_be_read(text: str, tmp_path: Path) -> None:
    (tmp_path / TIMESTAMP).write_text(text, newline="")
    assert time_of(tmp_path) == TIMES[text]


def _replace(make: Callable[[Path], Any]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / TIMESTAMP).unlink()
        make(folder / TIMESTAMP)

    return spoil


def _write(content: bytes) -> Callable[[Path], None]:
    return _replace(lambda path: path.write_bytes(content))


def _link(path: Path) -> None:
    (path.parent / "elsewhere").write_text(LATE)
    path.symlink_to(path.parent / "elsewhere")


HOSTILE: dict[str, tuple[Callable[[Path], None], str]] = {
    "absent": (_replace(lambda path: None), "there is no timestamp.txt"),
    "empty": (_write(b""), "holds no time: b''"),
    "blank": (_write(b" \n\t"), "holds no time"),
    "words": (_write(b"I was in time"), "holds no time: b'I was in time'"),
    "a number": (_write(b"12"), "holds no time"),
    "bytes": (_write(bytes(range(90, 180))), "holds no time"),
    "a NUL": (_write(b"2030-01-15\x00 12:00:00"), "holds no time"),
    "codes for a terminal": (_write(b"\x1b[31m\x07"), r"holds no time: b'\\x1b"),
    "no such day": (_write(b"2030-02-30 12:00:00 UTC"), "holds no time"),
    "before time began": (_write(b"0001-01-01 00:00:00 +1400"), "holds no time"),
    "after time ended": (_write(b"9999-12-31 23:59:59 -1200"), "holds no time"),
    "an unknown zone": (_write(b"2030-01-15 11:00:00 CEST"), "holds no time"),
    "a folder of zones": (_write(b"2030-01-15 11:00:00 Europe"), "holds no time"),
    "a file as a zone": (_write(b"2030-01-15 11:00:00 /etc/localtime"), "holds no time"),
    "a file above the zones": (_write(b"2030-01-15 11:00:00 ../zoneinfo/UTC"), "holds no time"),
    "a table beside the zones": (_write(b"2030-01-15 11:00:00 zone.tab"), "holds no time"),
    "two lines": (_write(f"{IN_TIME}\n{LATE}".encode()), "holds no time"),
    "megabytes": (_write(LATE.encode() + b" " * 2**23), "more than 100 are not read"),
    "a link": (_replace(_link), "is a symbolic link"),
    "a link to nothing": (_replace(lambda path: path.symlink_to("/nowhere")), "is a symbolic link"),
    "a link without an end": (_replace(lambda path: path.symlink_to("/dev/zero")), "is a symbolic link"),
    "a pipe": (_replace(os.mkfifo), "is not a regular file"),
    "a folder": (_replace(Path.mkdir), "is not a regular file"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_times_that_cannot_be_read(case: str, tmp_path: Path) -> None:
    spoil, said = HOSTILE[case]
    (tmp_path / TIMESTAMP).write_text(LATE)
    spoil(tmp_path)
    with pytest.raises(ValueError, match=said) as refusal:
        time_of(tmp_path)
    assert str(refusal.value).isprintable() and len(str(refusal.value)) < 300


def test_a_time_that_cannot_be_read_is_told_and_costs_nothing(built: Course, grade: Grade) -> None:
    set_due(built)
    configure(built, ZERO)
    for case, (spoil, _) in HOSTILE.items():
        spoil(hand_in(built, case, LATE))
    linked = built.root / "class" / "linked"
    linked.mkdir()
    (linked / LESSON).symlink_to(hand_in(built, "late", LATE))
    batch = grade()
    assert {row["student"]: row["score"] for row in batch.rows} == dict.fromkeys([*HOSTILE, "late"], 2) | {"linked": 0}
    assert set(batch.undated) == {*HOSTILE, "linked"}
    assert all(re.search(said, batch.undated[case]) for case, (_, said) in HOSTILE.items())
    assert {case: penalty(built, case) for case in [*HOSTILE, "late"]} == dict.fromkeys(HOSTILE) | {"late": 2.0}


def test_a_time_far_ahead_is_late(built: Course, grade: Grade) -> None:
    set_due(built)
    configure(built, ZERO)
    hand_in(built, "ada", "9999-12-31 23:59:59 UTC")
    assert grade().undated == {}
    assert penalty(built) == 2.0


def test_a_time_that_was_known_stays(built: Course, grade: Grade) -> None:
    """Whoever spoils the file after the fact is as late as before."""
    set_due(built)
    configure(built, ZERO)
    place = hand_in(built, "ada", LATE)
    grade()
    (place / TIMESTAMP).write_text("rubbish")
    assert (grade().undated, penalty(built)) == ({}, 2.0)
    (place / TIMESTAMP).unlink()
    assert (grade().undated, penalty(built)) == ({}, 2.0)
    with Gradebook(built.gradebook, "steepest") as book:
        assert book.find_submission(LESSON, "ada").timestamp == DUE + timedelta(hours=2)


# --- plugins that do not work

BROKEN = {
    "a module that is not there": "c.AssignLatePenalties.plugin_class = 'no_such_module.Plugin'",
    "a class that is no plugin": "c.AssignLatePenalties.plugin_class = int",
    "a method that is not known": "c.LateSubmissionPlugin.penalty_method = 'half'",
    "a plugin that cannot be made": HOURLY.format(penalty="0").replace(
        "    def", "    def __init__(self, **kwargs): raise RuntimeError\n    def"
    ),
    "settings that do not run": "1 / 0",
}


@pytest.mark.parametrize("case", BROKEN)
def test_settings_that_cannot_be_used_stop_before_grading(case: str, built: Course, grade: Grade) -> None:
    configure(built, BROKEN[case])
    hand_in(built, "ada", LATE)
    with pytest.raises(CourseError, match=r"nbgrader_config\.py") as refusal:
        grade()
    assert len(str(refusal.value).splitlines()) == 1
    assert not list((built.course_dir / "autograded").glob("*"))


FAILING = {
    "it raises": ("{}[student_id]", "KeyError: 'ada'"),
    "it raises something long": ("(_ for _ in ()).throw(ValueError('short\\nlong'))", "ValueError: short\\. "),
    "no number": ("float('nan')", "not a number"),
    "words": ("'all of it'", "ValueError"),
    "a list": ("[1]", "TypeError"),
}


@pytest.mark.parametrize("case", FAILING)
def test_a_plugin_that_fails_costs_nobody_anything(case: str, built: Course, grade: Grade) -> None:
    expression, said = FAILING[case]
    set_due(built)
    configure(built, HOURLY.format(penalty=f"1 if student_id == 'bob' else {expression}"))
    for student in ("ada", "bob"):
        hand_in(built, student, LATE)
    said = f"Hourly fails at 1 of 2 late submissions .*{said}.*All marks are recorded"
    assert re.search(said, grade().trouble)
    assert [penalty(built, student) for student in ("ada", "bob")] == [None, 1.0]
    configure(built, HOURLY.format(penalty="0.5"))
    assert grade().reused == 2
    assert [penalty(built, student) for student in ("ada", "bob")] == [0.5, 0.5]


def test_the_command_says_what_is_amiss(built: Course, grade: Grade, no_kernel: None) -> None:
    def run() -> tuple[int, str]:
        words = ["--course", str(built.root), "grade", LESSON, "--submitted", str(built.root / "class")]
        done = CliRunner().invoke(main, [*words, "--unsafe-no-sandbox"])
        assert isinstance(done.exception, SystemExit | None), done.exception
        return done.exit_code, " ".join(done.output.split())

    set_due(built)
    configure(built, HOURLY.format(penalty="1 / 0"))
    hand_in(built, "ada", "rubbish")
    status, said = run()
    assert (status, "1 submissions count as in time, for want of a time: ada (timestamp.txt holds" in said) == (0, True)
    hand_in(built, "bob", LATE)
    status, said = run()
    assert (status, "first at 'bob'. ZeroDivisionError" in said, "Traceback" in said) == (1, True, False)
    assert (penalty(built), penalty(built, "bob")) == (None, None)
