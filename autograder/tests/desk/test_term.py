"""Marks of the term: every sum by hand, and tables in which nothing of a student's runs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook
from steepest_grader.cli import main
from steepest_grader.course.plan_file import PLAN
from steepest_grader.course.text_course import TextCourse
from steepest_grader.desk.term import Earned, LessonMark, TermMark, _with_dropped, term
from steepest_grader.desk.term_table import as_json, table, why
from steepest_grader.errors import GradebookError
from steepest_grader.exercise.model import GradedSubmission
from steepest_grader.gradebook.late import penalties
from steepest_grader.gradebook.marks import Person
from steepest_grader.gradebook.writer import GradebookWriter

LESSON, EXERCISE = "90_tiny", "momentum_step"
NOW = datetime(2026, 11, 20, tzinfo=UTC)
DUE = datetime(2026, 11, 10, 12, tzinfo=UTC)
Submit = Callable[..., GradedSubmission]
ODD = "=1+1"


@pytest.fixture
def graded(built: TextCourse, submit: Submit) -> Callable[..., TextCourse]:
    """A course with a plan, and ada's work: 2 of 2 by the judge, and 1 of 3 by hand."""

    def make(
        plan: str = "", *, late: float | None = None, by_hand: float | None = 1.0, extension: float = 0
    ) -> TextCourse:
        with GradebookWriter(None, built) as book:
            book.record(submit("ada"))
        with Gradebook(built.gradebook, "steepest") as book:
            book.update_or_create_student("ada", first_name="Ada", last_name="\x1b[2JLovelace")
            book.update_or_create_student(ODD, first_name="=HYPERLINK(1)")
            book.find_grade("reflection", LESSON, LESSON, "ada").manual_score = by_hand
            if late is not None:
                entry = book.find_submission(LESSON, "ada")
                entry.timestamp = (DUE + timedelta(days=late)).replace(tzinfo=None)
                entry.extension = timedelta(days=extension) or None
            book.db.commit()
        (built.root / PLAN).write_text(plan)
        return TextCourse(built.root)

    return make


DATED = f"[lessons.{LESSON}]\ndue = 2026-11-10T12:00:00\n"
LATE = "[late]\ndays = [[1, 0.9], [3, 0.5]]\n" + DATED
CASES: dict[str, tuple[str, dict[str, Any], float]] = {
    "as it stands": ("", {}, 60),
    "in time": (LATE, {"late": -1}, 60),
    "a day": (LATE, {"late": 0.9}, 54),
    "two days": (LATE, {"late": 2}, 30),
    "too late": (LATE, {"late": 4}, 0),
    "an extension": (LATE, {"late": 2, "extension": 2}, 60),
    "no time is known": (LATE, {}, 60),
    "more points": (f"{DATED}exercises.{EXERCISE} = 6\n", {}, round(100 * 7 / 9, 2)),
    "extra": (f'{DATED}exercises.{EXERCISE} = "extra"\n', {}, 100),
    "optional": (f'{DATED}exercises.{EXERCISE} = "optional"\n', {}, round(100 / 3, 2)),
    "left out": (f'{DATED}exercises.reflection = "left out"\n', {}, 100),
}


@pytest.mark.parametrize("case", CASES)
def test_the_mark_of_a_lesson(case: str, graded: Callable[..., TextCourse]) -> None:
    plan, work, wanted = CASES[case]
    found = term(graded(plan, **work), NOW)
    assert found.marks["ada"].percent == wanted
    assert found.marks[ODD].percent == 0


def test_the_table_of_the_plan_takes_the_place_of_the_plugin(graded: Callable[..., TextCourse]) -> None:
    course = graded(LATE, late=2)
    with Gradebook(course.gradebook, "steepest") as book:
        book.update_or_create_assignment(LESSON, duedate=DUE.replace(tzinfo=None))
    with penalties(course) as step, GradebookWriter(None, course) as book:
        assert book.assign_penalties(LESSON, {"ada": None}, step) == ([], "")
    with Gradebook(course.gradebook, "steepest") as book:
        assert book.find_submission_notebook(LESSON, LESSON, "ada").late_submission_penalty == 1.5
    assert term(course, NOW).marks["ada"].percent == 30  # and it is not taken twice


@pytest.mark.parametrize(("percent", "passed"), [(60, True), (60.01, False)])
def test_who_passes(graded: Callable[..., TextCourse], percent: float, passed: bool) -> None:
    assert term(graded(f"[marks]\npass = {percent}\n"), NOW).marks["ada"].passed is passed


def test_a_lesson_that_is_not_due_does_not_count(graded: Callable[..., TextCourse]) -> None:
    with pytest.raises(GradebookError, match="No lesson counts yet"):
        term(graded(DATED), DUE - timedelta(days=1))


def test_no_verdict_while_an_answer_waits(graded: Callable[..., TextCourse]) -> None:
    found = term(graded(by_hand=None), NOW)
    assert (found.marks["ada"].passed, found.marks["ada"].awaiting, found.marks["ada"].percent) == (None, 1, 40)
    for unfinished, mark in ((False, ""), (True, "40")):
        rows = list(csv.DictReader(io.StringIO(table(found, "csv", groups={}, unfinished=unfinished).text)))
        assert next(row for row in rows if row["student_id"] == "ada")["course"] == mark


def lesson(name: str, share: float, weight: float = 1) -> LessonMark:
    return LessonMark(name, weight, 10, kept=share, earned=[Earned("x", 10, 10)])


@pytest.mark.parametrize(
    ("drop", "gone", "percent"),
    [(0, set(), 45), (1, {"b"}, 70), (2, {"a", "b"}, 80), (9, {"a", "b"}, 80)],
)
def test_the_worst_are_dropped_and_the_rest_is_weighed(drop: int, gone: set[str], percent: float) -> None:
    marks = [lesson("a", 0.6, 1), lesson("b", 0.2, 2), lesson("c", 0.8, 1), lesson("d", 0.0, 0)]
    mark = TermMark(Person("ada"), _with_dropped(marks, drop), 50)
    assert ({item.lesson for item in mark.lessons if item.dropped}, mark.percent) == (gone, percent)


@pytest.mark.parametrize("style", ["csv", "canvas", "moodle"])
def test_no_cell_is_a_formula(graded: Callable[..., TextCourse], style: str) -> None:
    made = table(term(graded(), NOW), style, groups={"ada": "@group"})
    for row in csv.reader(io.StringIO(made.text)):
        assert [cell for cell in row if re.match(r"\s*[=+@-]", cell) and cell != "-"] == []
    assert ("60" in made.text, "\x1b" in made.text) == (True, False)


def test_the_sum_is_written_out(graded: Callable[..., TextCourse]) -> None:
    course = graded(LATE, late=0.9)
    lines = why(course.plan, term(course, NOW).marks["ada"])
    assert lines[0].endswith("54 % of the whole, 50 % are needed: passed")
    assert lines[1:] == [
        f"{LESSON}: 3 of 5 points = 60 %; 21 h 36 min late, so by the table of the plan 90 % of it is left: 54 %",
        f"    {EXERCISE}: 2 of 2",
        "    reflection: 1 of 3",
        "course: (1 × 54 %) / (1) = 54 %",
    ]


def test_the_command(graded: Callable[..., TextCourse], tmp_path: Path) -> None:
    course = graded()
    run = lambda *args: CliRunner().invoke(main, ["--course", str(course.root), "marks", *args])  # noqa: E731
    shown, told, lost = run(), run("--why", "ada"), run("--why", "adb")
    assert (shown.exit_code, told.exit_code, lost.exit_code) == (0, 0, 1)
    assert "\x1b" not in shown.output + told.output
    assert "did you mean 'ada'?" in " ".join(lost.output.split())
    assert (
        run("--format", "canvas", "--out", str(tmp_path / "m.csv"), "--json", str(tmp_path / "m.json")).exit_code == 0
    )
    assert "Points Possible" in (tmp_path / "m.csv").read_text()
    assert as_json(term(course, NOW))["marks"][1]["percent"] == 60
