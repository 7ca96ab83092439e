"""Tables of marks: what the learning systems read in them, and that nothing of a student's runs in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin
from steepest_grader.cli import main
from steepest_grader.course.places import Course
from steepest_grader.desk.export import Export, export, safe_text
from steepest_grader.errors import GradebookError
from steepest_grader.exercise.model import GradedSubmission, Outcome
from steepest_grader.gradebook.writer import GradebookWriter

LESSON, EXERCISE = "90_tiny", "momentum_step"
POINTS = 5.0  # two automatic ones, three by hand
Submit = Callable[..., GradedSubmission]

# first name, last name, email, lms_user_id
PEOPLE = {
    "ada": ("Ada", "O'Brien, Jr.", "ada@school.example", "4711"),
    "bob": ('Bob "Bobby"', "Muñoz y Ünal", "bob@school.example", "sis-2"),
    "c,y\"d'": ("", "", "", ""),
    "=1+1": ("=HYPERLINK(1)", "+cmd", "@x", "-1+1"),
    "0": ("Points Possible", "", "0", "0"),
    "eve": ("Eve; =1+1", "a\\", "bob@school.example", ""),
}
SCORES = {"ada": 2.5, "bob": 0.0, "c,y\"d'": 3.0, "=1+1": 1.0, "0": 1.5, "eve": 2.0}


@pytest.fixture
def record(built: Course) -> Iterator[Callable[[GradedSubmission], None]]:
    with GradebookWriter(None, built) as writer:
        yield writer.record


def change(course: Course, edit: Callable[[Gradebook], None]) -> None:
    with Gradebook(course.gradebook, "steepest") as book:
        edit(book)
        book.db.commit()


def mark(book: Gradebook, student: str, **values: Any) -> None:
    grade = book.find_grade("reflection", LESSON, LESSON, student)
    for name, value in values.items():
        setattr(grade, name, value)


@pytest.fixture
def people(built: Course, record: Callable, submit: Submit) -> Course:
    """A class with odd names, all of whose answers are marked."""
    for student in PEOPLE:
        record(submit(student))

    def edit(book: Gradebook) -> None:
        for student, names in PEOPLE.items():
            keys = ("first_name", "last_name", "email", "lms_user_id")
            book.update_or_create_student(student, **dict(zip(keys, names, strict=True)))
            mark(book, student, manual_score=SCORES[student], needs_manual_grade=False)

    change(built, edit)
    return built


def rows(table: Export) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table.text, newline="")))


# --- what the systems make of a table, as their importers' sources say


def read_by_canvas(table: Export) -> tuple[dict[str, float], dict[tuple[str, str, str], list[str]]]:
    """Points by assignment, and marks by ID, SIS User ID and SIS Login ID."""
    header, *body = rows(table)
    assert header[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    points: dict[str, float] = {}
    marks: dict[tuple[str, str, str], list[str]] = {}
    for row in body:
        assert len(row) == len(header)
        if "Points Possible" in row[0]:
            assert not points, "a student is taken for the row of points"
            points = dict(zip(header[5:], map(float, row[5:]), strict=True))
        else:
            marks[row[1], row[2], row[3]] = row[5:]
    assert not any(re.search(r"\(\d+\)\s*$", title) for title in header[5:]), "a title is taken for an id"
    return points, marks


def read_by_moodle(table: Export) -> dict[str, list[list[str]]]:
    """Marks by user; a row without a user goes to the user before, as Moodle has it."""
    header, *body = rows(table)
    user = None
    marks: dict[str, list[list[str]]] = {}
    for row in body:
        assert len(row) == len(header)
        user = row[0].strip() if row[0].strip() not in ("", "0") else user
        assert user is not None
        marks.setdefault(user, []).append(row[3:])
    return marks


def cells_of_a_spreadsheet(text: str) -> Iterator[str]:
    """Every cell, with either separator that spreadsheets use."""
    for separator in ",;\t|":
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            yield from row


def test_canvas(people: Course) -> None:
    points, marks = read_by_canvas(export(people, [LESSON], "canvas"))
    assert points == {LESSON: POINTS}
    assert marks == {
        ("4711", "", "ada"): ["4.5"],
        ("", "sis-2", "bob"): ["2"],
        ("", "", "c,y\"d'"): ["5"],
        ("", "'-1+1", "'=1+1"): ["3"],
        ("0", "", "0"): ["3.5"],
        ("", "", "eve"): ["4"],
    }
    names = [row[0] for row in rows(export(people, [LESSON], "canvas"))[2:]]
    assert {"O'Brien, Jr., Ada", 'Muñoz y Ünal, Bob "Bobby"', "c,y\"d'"} < set(names)


MOODLE = {
    "username": ({"ada": "4.5", "bob": "2", "c,y\"d'": "5", "eve": "4"}, {"0": "has no", "=1+1": "formula"}),
    "idnumber": (
        {"4711": "4.5", "sis-2": "2"},
        {"0": "has no", "=1+1": "formula", "c,y\"d'": "has no", "eve": "has no"},
    ),
    "email": (
        {"ada@school.example": "4.5"},
        {"0": "has no", "=1+1": "formula", "c,y\"d'": "has no", "bob": "same", "eve": "same"},
    ),
}


@pytest.mark.parametrize("identify", MOODLE)
def test_moodle_gives_nobody_the_marks_of_another(people: Course, identify: str) -> None:
    wanted, left_out = MOODLE[identify]
    table = export(people, [LESSON], "moodle", identify=identify)
    assert read_by_moodle(table) == {user: [[mark]] for user, mark in wanted.items()}
    assert rows(table)[0] == [identify, "lastname", "firstname", LESSON]
    assert set(table.left_out) == set(left_out)
    assert all(word in table.left_out[student] for student, word in left_out.items())
    assert "\\" not in table.text


def test_csv_is_one_row_a_student_and_lesson(people: Course) -> None:
    found = {row["student_id"]: row for row in csv.DictReader(io.StringIO(export(people, [LESSON], "csv").text))}
    assert found["ada"] == {
        "lesson": LESSON, "exercise": "", "student_id": "ada", "last_name": "O'Brien, Jr.", "first_name": "Ada",
        "email": "ada@school.example", "raw_score": "4.5", "late_submission_penalty": "0", "score": "4.5",
        "max_score": "5", "awaiting": "0",
    }  # fmt: skip
    assert found["bob"]["first_name"] == 'Bob "Bobby"'


@pytest.mark.parametrize("style", ["csv", "canvas", "moodle"])
@pytest.mark.parametrize("exercises", [False, True])
def test_no_cell_is_a_formula_in_any_spreadsheet(people: Course, style: str, exercises: bool) -> None:
    text = export(people, [LESSON], style, exercises=exercises).text
    cells = [cell.strip(" \"'\u00a0") and cell for cell in cells_of_a_spreadsheet(text)]
    assert [cell for cell in cells if re.match(r"[\s\"]*[=+@\t\r\n＝＋－＠-]", cell) and cell != "-"] == []


HARMLESS = [
    "Ada", "O'Brien, Jr.", 'Bob "Bobby"', "Jean-Luc", "Ægir Þór", "李雷", "a=b", "1+1", "ada@school.example", "x;y",
    "'t Hooft", "D'Arcy-Smith (PhD)", "", "42", "semi; colon",
]  # fmt: skip
FORMULAS = {
    "=1+1": "'=1+1", "+49 30": "'+49 30", "-x": "'-x", "@x": "'@x", "＝1": "'＝1", "＠x": "'＠x", "\t=1": "'=1",
    "\r\n=1": "'=1", " =1": "'=1", "\0=1": "'=1", "a;=1": "a;'=1", 'a;"=1': "a;'\"=1", '"=1': "'\"=1",
    "a\tb\nc": "a b c", "\u2028=1": "'=1", "\u00a0=1": "'=1",
}  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
def test_honest_names_stay_as_they_are(name: str) -> None:
    assert safe_text(name) == name


@pytest.mark.parametrize("name", FORMULAS)
def test_what_would_be_a_formula_gets_an_apostrophe(name: str) -> None:
    assert safe_text(name) == FORMULAS[name]


# --- marks


def test_a_mark_that_waits_is_left_empty_unless_asked_for(built: Course, record: Callable, submit: Submit) -> None:
    record(submit("ada"))
    record(submit("bob", outcome=Outcome.MISSING, credit=0.0, message="No file."))
    table = export(built, [LESSON], "canvas")
    assert read_by_canvas(table)[1] == {("", "", "ada"): [""], ("", "", "bob"): ["0"]}
    assert table.awaiting == {LESSON: 1}
    assert read_by_moodle(export(built, [LESSON], "moodle")) == {"ada": [["-"]], "bob": [["0"]]}
    assert read_by_moodle(export(built, [LESSON], "moodle", unfinished=True)) == {"ada": [["2"]], "bob": [["0"]]}
    points, marks = read_by_canvas(export(built, [LESSON], "canvas", exercises=True))
    assert points == {f"{LESSON}: {EXERCISE}": 2.0, f"{LESSON}: reflection": 3.0}
    assert marks["", "", "ada"] == ["2", ""]


LATE = {
    "in time": (None, None, 0.0, 4.0),
    "extra credit": (1.5, None, 0.0, 5.5),
    "late": (None, None, 1.0, 3.0),
    "later than it is worth": (None, None, 9.0, 0.0),
    "both": (1.0, None, 0.5, 4.5),
    "a machine's mark changed by hand": (None, 0.5, 1.0, 1.5),
}


@pytest.mark.parametrize("case", LATE)
def test_the_sum_is_that_of_nbgrader(
    case: str, built: Course, record: Callable, submit: Submit, tmp_path: Path
) -> None:
    extra, changed, penalty, wanted = LATE[case]
    record(submit())

    def edit(book: Gradebook) -> None:
        mark(book, "ada", manual_score=2.0, extra_credit=extra)
        book.find_grade(EXERCISE, LESSON, LESSON, "ada").manual_score = changed
        book.find_submission_notebook(LESSON, LESSON, "ada").late_submission_penalty = penalty

    change(built, edit)
    with Gradebook(built.gradebook, "steepest") as book:
        plugin = CsvExportPlugin()
        plugin.to = str(tmp_path / "nbgrader.csv")
        plugin.export(book)
    theirs = next(csv.DictReader(io.StringIO((tmp_path / "nbgrader.csv").read_text())))
    ours = next(csv.DictReader(io.StringIO(export(built, [LESSON], "csv").text)))
    each = list(csv.DictReader(io.StringIO(export(built, [LESSON], "csv", exercises=True).text)))
    assert [float(ours["score"]), sum(float(row["score"]) for row in each)] == pytest.approx([wanted, wanted], abs=1e-3)
    for key in ("student_id", "raw_score", "score", "max_score"):
        assert ours[key] == theirs[key] or float(ours[key]) == float(theirs[key])


# --- the command


def test_the_command_writes_a_file_and_says_what_is_not_in_it(people: Course) -> None:
    def run(*words: str) -> str:
        done = CliRunner().invoke(main, ["--course", str(people.root), "export", *words])
        assert done.exit_code == 0, done.output
        return " ".join(done.output.split())

    said = run("--format", "moodle")
    assert "4 students" in said and "Left out: =1+1" in said
    assert (people.course_dir / "exports" / f"{LESSON}-moodle.csv").read_bytes().count(b"\r\n") == 5
    once = run("--format", "moodle", "--identify", "idnumber")
    assert once.count("has no idnumber") == 1 == once.count("--lms-user-id …")
    assert "Left out: 0, c,y\"d', eve: the gradebook has no idnumber; enter it by" in once
    out = people.root / "here" / "marks.csv"
    run(LESSON, "--format", "canvas", "--per", "exercise", "--out", str(out))
    assert f"{LESSON}: reflection" in out.read_text(encoding="utf-8")


def test_nothing_graded_is_said(built: Course) -> None:
    with pytest.raises(GradebookError, match="Nothing of 90_tiny is graded"):
        export(built, [LESSON], "csv")
