"""What fails for one student while a class is shown, charted or exported costs that student a reason, and no other."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from steepest_grader.cli import main
from steepest_grader.course.places import Course
from steepest_grader.desk import feedback, similarity, standing
from steepest_grader.desk.export import export
from steepest_grader.desk.feedback import write_feedback
from steepest_grader.desk.report import class_standing, write_report
from steepest_grader.errors import GradebookError, Reasons, SubmissionError
from steepest_grader.exercise.model import GradedSubmission
from steepest_grader.gradebook.autograded import Autograded
from steepest_grader.gradebook.marks import check_number
from steepest_grader.gradebook.writer import GradebookWriter

LESSON = "90_tiny"
STUDENTS = ["ada", "bob", "cyd"]
Submit = Callable[..., GradedSubmission]
Strike = Callable[[Course, pytest.MonkeyPatch], None]


@pytest.fixture
def graded(built: Course, submit: Submit) -> Course:
    with GradebookWriter(None, built) as writer:
        for student in STUDENTS:
            writer.record(submit(student))
    return built


def run(course: Course, *words: str) -> Result:
    done = CliRunner().invoke(main, ["--course", str(course.root), *words])
    assert isinstance(done.exception, SystemExit | None), done.exception
    return done


def _sql(text: str, *values: Any) -> Strike:
    def strike(course: Course, patch: pytest.MonkeyPatch) -> None:
        with sqlite3.connect(course.course_dir / "gradebook.db") as database:
            assert database.execute(text, values).rowcount
        database.close()

    return strike


OF_BOB = (
    "select entry.id from submitted_notebook entry join submitted_assignment handed_in on entry.assignment_id ="
    " handed_in.id where student_id = 'bob'"
)


def _mark(column: str, value: object) -> Strike:
    return _sql(f"update grade set {column} = ? where notebook_id in ({OF_BOB})", value)


def _raising(module: Any, name: str) -> Strike:
    """A function that is called for one student after the other raises for the second."""

    def strike(course: Course, patch: pytest.MonkeyPatch) -> None:
        real, calls = getattr(module, name), iter(range(99))

        def struck(*args: Any, **settings: Any) -> Any:
            if next(calls) == 1:
                raise RecursionError("as deep\x1b[2J as it goes")
            return real(*args, **settings)

        patch.setattr(module, name, struck)

    return strike


def _notebook(text: str) -> Strike:
    return lambda course, patch: _set(Autograded(course, LESSON).notebook("bob"), text)


def _set(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _page_in_the_way(course: Course, patch: pytest.MonkeyPatch) -> None:
    _set(course.course_dir / "feedback" / "bob", "a file")


NO_NUMBERS: dict[str, Strike] = {
    "words for a mark": _mark("auto_score", "all of it"),
    "inf by hand": _mark("manual_score", float("inf")),
    "a huge extra credit": _mark("extra_credit", 1e300),
    "bytes for extra credit": _mark("extra_credit", b"\x1b[2J"),
    "words for a penalty": _sql(f"update submitted_notebook set late_submission_penalty = 'x' where id in ({OF_BOB})"),
}
OF_FEEDBACK: dict[str, Strike] = {
    "a fault of ours": _raising(feedback, "_page"),
    "a file where a folder must be": _page_in_the_way,
    "a notebook that is none": _notebook("{"),
    "a notebook with other cells": _notebook('{"cells": [5], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}'),
    "no cells": _notebook('{"nbformat": 4}'),
}
OF_REPORT: dict[str, Strike] = {
    "a fault in the answers": _raising(standing, "_answers"),
    "a notebook with other cells": _notebook('{"cells": [{"source": 5}]}'),
    "a notebook with another header": _notebook('{"cells": [{"source": "x", "metadata": [], "cell_type": "code"}]}'),
    "a fault in the comparison": _raising(similarity, "reached"),
}


@pytest.mark.parametrize("strike", [*NO_NUMBERS, *OF_FEEDBACK])
def test_feedback(strike: str, graded: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        (NO_NUMBERS | OF_FEEDBACK)[strike](graded, patch)
        pages, passed_over, failed = write_feedback(graded, LESSON)
    assert [page.parent.parent.name for page in pages] == ["ada", "cyd"]
    assert (passed_over, list(failed)) == ([], ["bob"])
    assert failed["bob"].isprintable() and ("no number" in failed["bob"]) == (strike in NO_NUMBERS)


@pytest.mark.parametrize("strike", [*NO_NUMBERS, *OF_REPORT])
def test_report(strike: str, graded: Course, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with monkeypatch.context() as patch:
        (NO_NUMBERS | OF_REPORT)[strike](graded, patch)
        found, people = class_standing(graded, [LESSON])
        write_report(graded, tmp_path / "page.html", found, people)
    (item,) = found
    left_out = [who for who in item.concerns if who.kind == "left out"]
    assert (item.handed_in, item.others, len(left_out)) == (3, [], 1)
    assert strike == "a fault in the comparison" or left_out[0].student == "bob"
    assert {"ada", "cyd"} <= set(item.scores)
    assert "could not be looked at" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize("strike", NO_NUMBERS)
@pytest.mark.parametrize("style", ["csv", "canvas", "moodle"])
def test_export(strike: str, style: str, graded: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    NO_NUMBERS[strike](graded, monkeypatch)
    table = export(graded, [LESSON], style)
    assert table.students == 2 and "bob" not in table.text
    assert list(table.left_out) == ["bob"] and "no number" in table.left_out["bob"]


def test_points_that_are_no_number_are_everybodys(graded: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("x", -1, 1e300):
        _sql("update grade_cells set max_score = ?", value)(graded, monkeypatch)
        with pytest.raises(GradebookError, match="for the points of"):
            export(graded, [LESSON], "csv")


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), "1", b"1", 10**400])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(SubmissionError, match="which is no number"):
        check_number(value, "the mark")


def test_the_commands_go_on_and_tell(graded: Course, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And nothing that a student wrote reaches the terminal as a command to it."""
    _raising(feedback, "_page")(graded, monkeypatch)
    _raising(standing, "_answers")(graded, monkeypatch)
    done = run(graded, "feedback", LESSON)
    said = " ".join(done.output.split())
    assert (done.exit_code, f"{LESSON}: 2 pages" in said) == (3, True)
    assert "no page for bob: Writing the page failed: RecursionError: as deep" in said
    assert "\x1b" not in done.output and "Traceback" in said  # a fault of ours is told in full
    done = run(graded, "report", LESSON, "--json", str(tmp_path / "report.json"))
    assert (done.exit_code, "could not be looked at: bob" in " ".join(done.output.split())) == (3, True)
    assert "\x1b" not in done.output
    assert json.loads((tmp_path / "report.json").read_text())[0]["handed_in"] == 3


def test_a_fault_outside_a_loop_is_told_without_codes(graded: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: Any) -> Any:
        raise KeyError("\x1b]0;owned\x07 ada\u202e")

    monkeypatch.setattr(feedback, "class_marks", fault)
    monkeypatch.setattr(feedback, "hidden_lines", lambda *_: [])
    done = run(graded, "feedback", LESSON)
    assert (done.exit_code, "fault of the grader" in done.output, "Traceback" in done.output) == (3, True, True)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", done.output)


def test_names_reach_no_terminal_as_they_are(graded: Course, no_kernel: None, tmp_path: Path) -> None:
    """Every way in which a folder's name comes out: the table of a class, what is listed below it, and errors."""
    names = ["ada\x1b[2J", "b\u202eob", "c\x9b31m", "d\ne", "f\r", "\x07g"]
    for name in names:
        (tmp_path / name / LESSON).mkdir(parents=True)
    done = run(graded, "grade", LESSON, "--submitted", str(tmp_path), "--unsafe-no-sandbox")
    assert (done.exit_code, done.output.count("UNREADABLE") >= len(names)) == (0, True)
    with sqlite3.connect(graded.course_dir / "gradebook.db") as database:
        database.execute("update student set id = ? where id = 'bob'", ["b\x1b[2J"])
        database.execute("update submitted_assignment set student_id = ? where student_id = 'bob'", ["b\x1b[2J"])
    database.close()
    others = [
        run(graded, *words) for words in (["feedback", LESSON], ["report", LESSON], ["export", "--format", "csv"])
    ]
    for output in (done.output, *(other.output for other in others)):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", output)


# --- names of folders

STYLES = ("csv", "canvas", "moodle")
TWINS: dict[str, tuple[list[str], dict[str, list[str]]]] = {
    "a blank behind": (["ada", "ada "], {"csv": ["ada"], "canvas": ["ada"], "moodle": ["ada"]}),
    "a blank before": (["ada", " ada"], {"csv": ["ada"], "canvas": ["ada"], "moodle": ["ada"]}),
    "capitals": (["ada", "ADA"], {"csv": ["ADA", "ada"], "canvas": ["ada"], "moodle": ["ada"]}),
    "capitals in both": (["Ada", "ADA"], {"csv": ["ADA", "Ada"], "canvas": [], "moodle": []}),
    "letters in parts": (["zoë", "zoe\u0308"], {"csv": ["zoe\u0308", "zoë"], "canvas": ["zoë"], "moodle": ["zoë"]}),
    "wide letters": (["ada", "ａｄａ"], {"csv": ["ada", "ａｄａ"], "canvas": ["ada"], "moodle": ["ada"]}),
    "nothing but a blank": (["ada", " "], {"csv": ["ada"], "canvas": ["ada"], "moodle": ["ada"]}),
    "a point at the end": (["ada", "ada."], {style: ["ada", "ada."] for style in STYLES}),
}


@pytest.mark.parametrize("style", ["csv", "canvas", "moodle"])
@pytest.mark.parametrize("case", TWINS)
def test_no_name_is_exported_as_that_of_another(case: str, style: str, built: Course, submit: Submit) -> None:
    students, kept = TWINS[case]
    with GradebookWriter(None, built) as writer:
        for student in students:
            writer.record(submit(student))
    table = export(built, [LESSON], style)
    column = {"csv": 2, "canvas": 3, "moodle": 0}[style]
    rows = list(csv.reader(io.StringIO(table.text, newline="")))[2 if style == "canvas" else 1 :]
    assert [row[column] for row in rows] == kept[style]
    assert len(table.left_out) == len(students) - len(kept[style]) == len(students) - table.students


# --- the tool itself


def test_reasons_let_pass_what_concerns_everybody() -> None:
    reasons = Reasons()
    with pytest.raises(GradebookError, match="locked"), reasons.apart("ada", "Writing"):
        raise GradebookError("locked")
    for student, error in {"bob": SubmissionError("his"), "cyd": OSError(28, "No space left", "page.html")}.items():
        with reasons.apart(student, "Writing the page"):
            raise error
    with pytest.raises(KeyboardInterrupt), reasons.apart("dan", "Writing"):
        raise KeyboardInterrupt
    assert reasons == {"bob": "his", "cyd": "Writing the page failed: page.html: No space left."}
