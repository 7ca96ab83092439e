from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution, is_task
from steepest_grader import files
from steepest_grader.course.handout import MASTER, released_notebook
from steepest_grader.course.lesson import Lesson, load
from steepest_grader.course.places import Course
from steepest_grader.errors import GradebookError
from steepest_grader.exercise import catalogue
from steepest_grader.exercise.model import GradedSubmission, Outcome
from steepest_grader.gradebook import database
from steepest_grader.gradebook.autograded import Autograded
from steepest_grader.gradebook.writer import GradebookWriter
from traitlets.config import Config

LESSON, EXERCISE = "90_tiny", "momentum_step"
Submit = Callable[..., GradedSubmission]


@pytest.fixture
def writer(built: Course) -> Iterator[GradebookWriter]:
    with GradebookWriter(None, built) as writer:
        yield writer


def points() -> float:
    return catalogue.exercise(EXERCISE).points


def changed(course: Course, source: NotebookNode) -> Lesson:
    """The lesson with another source, as far as the gradebook is concerned."""
    return replace(load(course, LESSON), master=released_notebook(source, pipeline=MASTER))


def entries(course: Course, student: str = "ada") -> dict[str, tuple]:
    """auto score, manual score, needs a person, comment: by cell."""
    with Gradebook(course.gradebook, "steepest") as book:
        notebook = book.find_submission_notebook(LESSON, LESSON, student)
        comments = {comment.name: comment.comment for comment in notebook.comments}
        return {
            grade.name: (
                grade.auto_score,
                grade.manual_score,
                grade.needs_manual_grade,
                comments.get(grade.name),
            )
            for grade in notebook.grades
        }


def give_by_hand(course: Course, cell: str, score: float, student: str = "ada") -> None:
    with Gradebook(course.gradebook, "steepest") as book:
        grade = book.find_grade(cell, LESSON, LESSON, student)
        grade.manual_score, grade.needs_manual_grade = score, False
        book.db.commit()


@pytest.mark.parametrize(
    ("options", "test_cell", "reflection"),
    [
        ({}, (1.0, None, False, None), (None, None, True, None)),
        ({"outcome": Outcome.PARTIAL, "credit": 0.5}, (0.5, None, False, None), (None, None, True, None)),
        ({"outcome": Outcome.FAILED, "credit": 0}, (0.0, None, False, None), (None, None, True, None)),
        ({"reflection": None}, (1.0, None, False, None), (0.0, None, False, "No response.")),
        (
            {"outcome": Outcome.MISSING, "credit": 0, "message": "No file."},
            (0.0, None, False, None),
            (0.0, None, False, "No file."),
        ),
        (
            {"outcome": Outcome.UNREADABLE, "credit": 0, "message": "Not JSON."},
            (0.0, None, False, None),
            (0.0, None, False, "Not JSON."),
        ),
    ],
    ids=["passed", "partial", "failed", "no reflection", "missing", "unreadable"],
)
def test_marks_and_comments(
    writer: GradebookWriter, built: Course, submit: Submit, options: dict, test_cell: tuple, reflection: tuple
) -> None:
    writer.record(submit(**options))
    share, *rest = test_cell
    assert entries(built) == {EXERCISE: (share * points(), *rest), "reflection": reflection}


def test_marks_given_by_hand_stay(writer: GradebookWriter, built: Course, submit: Submit) -> None:
    writer.record(submit())
    give_by_hand(built, "reflection", 2.5)
    writer.prepare(load(built, LESSON))
    writer.record(submit(reflection="It swings.", digest="d2"))
    assert entries(built)["reflection"] == (None, 2.5, True, None)


def test_what_is_recorded_is_graded(writer: GradebookWriter, submit: Submit) -> None:
    submission = submit(outcome=Outcome.PARTIAL, credit=0.5, hint="Look <here>.")
    writer.record(submission)
    assert writer.graded(LESSON) == {"ada": replace(submission, notebook="", verdicts=tuple(submission.verdicts))}
    assert writer.graded("other") == {}


def test_our_own_errors_leave_no_trace(writer: GradebookWriter, built: Course, submit: Submit) -> None:
    writer.record(submit())
    before = entries(built), writer.graded(LESSON)
    writer.record(submit(outcome=Outcome.GRADER_ERROR, digest="d2"))
    writer.record(submit("bob", outcome=Outcome.GRADER_ERROR))
    assert (entries(built), writer.graded(LESSON)) == before
    assert list(Autograded(built, LESSON).stored()) == ["ada"]


@pytest.mark.parametrize("spoil", ["sidecar gone", "sidecar cut", "marks differ", "database new"])
def test_half_of_a_grade_does_not_count(writer: GradebookWriter, built: Course, submit: Submit, spoil: str) -> None:
    writer.record(submit())
    sidecar = Autograded(built, LESSON).sidecar("ada")
    if spoil == "sidecar gone":
        sidecar.unlink()
    elif spoil == "sidecar cut":
        sidecar.write_bytes(sidecar.read_bytes()[:-9])
    elif spoil == "marks differ":
        with Gradebook(built.gradebook, "steepest") as book:
            book.find_grade(EXERCISE, LESSON, LESSON, "ada").auto_score = 0.25
            book.db.commit()
    else:
        with Gradebook(built.gradebook, "steepest") as book:
            book.remove_submission(LESSON, "ada")
    assert writer.graded(LESSON) == {}


ODD: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no object": lambda row: [row],
    "deep": lambda row: "[" * 100_000,
    "a huge number": lambda row: row | {"seconds": 10**400},
    "somebody else's": lambda row: row | {"student": "bob"},
    "of another lesson": lambda row: row | {"lesson": "91_other"},
    "no outcome": lambda row: row | {"outcome": "GOOD"},
    "no exercises": lambda row: row | {"exercises": 3},
    **{
        f"{name} is {value!r}": lambda row, name=name, value=value: (
            row | {"exercises": [row["exercises"][0] | {name: value}]}
        )
        for name, value in [
            ("points", None), ("points", "many"), ("points", float("nan")), ("credit", float("inf")), ("credit", 1.5),
            ("credit", -1), ("diagnosis", ["a"]), ("outcome", 7), ("example", {"tried": [1]}), ("example", 4),
        ]
    },
}  # fmt: skip


@pytest.mark.parametrize("what", ODD)
def test_a_sidecar_that_somebody_made_counts_as_absent(built: Course, submit: Submit, what: str) -> None:
    """Plain `nbgrader autograde` copies whatever was handed in beside the notebook."""
    kept = Autograded(built, LESSON)
    row = ODD[what](submit().as_stored())
    kept.sidecar("ada").parent.mkdir(parents=True)
    kept.sidecar("ada").write_text(row if isinstance(row, str) else json.dumps(row))
    assert kept.stored() == {}
    kept.sidecar("ada").write_text(json.dumps(submit().as_stored()))
    assert list(kept.stored()) == ["ada"]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def fails(self: Path, target: Path) -> Path:
        raise OSError("no room")

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(OSError, match="no room"):
        files.replace_file(path, b"new")
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [("file", "old")]


def test_the_notebook_is_kept_for_formgrader(writer: GradebookWriter, built: Course, submit: Submit) -> None:
    path = Autograded(built, LESSON).notebook("ada")
    writer.record(submit())
    assert nbformat.reads(path.read_text(), as_version=4).cells[-1].source == "It overshoots."
    writer.record(submit(outcome=Outcome.UNREADABLE, credit=0, digest="d2"))
    assert not path.exists()


@pytest.mark.parametrize(
    "student",
    [
        "",
        ".",
        "..",
        "a/b",
        "../ada",
        "/etc",
        "a\\b",
        "a\nb",
        "a\0b",
        "a\x1b[31m",
        "\u202egnp",
        "\udcff",
        "x" * 129,
    ],
)
def test_hostile_names_are_refused(writer: GradebookWriter, built: Course, submit: Submit, student: str) -> None:
    with pytest.raises(GradebookError, match="cannot be a student's id") as refusal:
        writer.record(submit(student))
    assert str(refusal.value).isprintable()
    assert not (built.course_dir / "autograded").exists()


@pytest.mark.parametrize("student", ["ada", "Ægir Þór", "o'brien; DROP TABLE student", "{student_id}", "x" * 128, "-f"])
def test_odd_names_are_only_names(writer: GradebookWriter, submit: Submit, student: str) -> None:
    writer.record(submit(student))
    assert set(writer.graded(LESSON)) == {student}


@pytest.mark.parametrize("score", [None, 1.5, -0.5, float("nan")])
def test_a_mark_out_of_range_is_refused(writer: GradebookWriter, submit: Submit, score: float | None) -> None:
    submission = submit()
    if score is None:
        object.__setattr__(submission, "verdicts", [])
    else:
        object.__setattr__(submission.verdicts[0], "credit", score)
    with pytest.raises(GradebookError, match="must be between 0 and"):
        writer.record(submission)
    assert writer.graded(LESSON) == {}


def test_preparing_again_keeps_marks_and_takes_new_points(
    writer: GradebookWriter, built: Course, submit: Submit
) -> None:
    source = built.source(LESSON)
    writer.record(submit())
    source.cells[-1].metadata.nbgrader.points = 5
    writer.prepare(changed(built, source))
    assert entries(built)[EXERCISE][0] == points()
    with Gradebook(built.gradebook, "steepest") as book:
        assert book.find_grade_cell("reflection", LESSON, LESSON).max_score == 5
        assert "steepest_grader" in book.find_source_cell(EXERCISE, LESSON, LESSON).source
        assert "velocity" not in book.find_source_cell("answer_momentum_step", LESSON, LESSON).source


def test_cells_cannot_change_under_graded_submissions(writer: GradebookWriter, built: Course, submit: Submit) -> None:
    source = built.source(LESSON)
    source.cells.pop()
    writer.record(submit())
    with pytest.raises(GradebookError, match="added, removed or renamed"):
        writer.prepare(changed(built, source))


def test_an_unknown_lesson_is_named(built: Course, submit: Submit) -> None:
    (built.course_dir / "gradebook.db").unlink()
    with GradebookWriter(None, built) as writer, pytest.raises(GradebookError, match="Prepare it first"):
        writer.record(submit())


# --- the same rows as nbgrader writes


def _write_with_nbgrader(book: Gradebook, submission: GradedSubmission) -> None:
    """What `nbgrader autograde` does, with our marks for those of its test cells."""
    student, scores = submission.student, {item.exercise: item.score for item in submission.verdicts}
    book.update_or_create_student(student)
    with book.db.no_autoflush:
        book.update_or_create_submission(LESSON, student)
    cells = nbformat.reads(submission.notebook, as_version=4).cells if submission.notebook else []
    for cell in cells:
        if is_grade(cell):
            grade = book.find_grade(cell.metadata.nbgrader.grade_id, LESSON, LESSON, student)
            score, _ = determine_grade(cell)
            grade.auto_score = scores.get(grade.name, score)
            grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
        if is_solution(cell) or is_task(cell):
            comment = book.find_comment(cell.metadata.nbgrader.grade_id, LESSON, LESSON, student)
            unchanged = cell.metadata.nbgrader.checksum == compute_checksum(cell) and not is_task(cell)
            comment.auto_comment = "No response." if unchanged else None
        book.db.commit()


def _columns(item: Any) -> list[Any]:
    return [getattr(item, c.key) for c in item.__table__.columns if not c.primary_key and not c.foreign_keys]


def _rows(url: str) -> dict[str, list[list[Any]]]:
    """All rows on students, with names in the place of random ids."""
    with Gradebook(url, "steepest") as book:
        entries = [entry for student in book.students for item in student.submissions for entry in item.notebooks]
        return {
            "students": sorted([student.id, *_columns(student)] for student in book.students),
            "submissions": [[entry.name, entry.student.id, *_columns(entry.assignment)] for entry in entries],
            "notebooks": [[entry.name, entry.student.id, *_columns(entry)] for entry in entries],
            "marks": sorted(
                [kind, entry.student.id, item.cell.type, item.name, *map(repr, _columns(item))]
                for entry in entries
                for kind, items in (("grade", entry.grades), ("comment", entry.comments))
                for item in items
            ),
        }


def test_the_rows_are_those_that_nbgrader_writes(built: Course, submit: Submit, tmp_path: Path) -> None:
    ours, theirs = (f"sqlite:///{tmp_path / name}.db" for name in ("ours", "theirs"))
    source = built.source(LESSON)
    header = {"grade": False, "solution": False, "task": True, "locked": True, "grade_id": "task", "points": 4}
    source.cells.append(new_markdown_cell("Draw it.", metadata={"nbgrader": {**header, "schema_version": 3}}))
    first = [submit(), submit("bob", reflection=None, outcome=Outcome.PARTIAL, credit=0.5), submit("cyd")]
    again = [submit(reflection="It swings.", outcome=Outcome.FAILED, credit=0), submit("bob", digest="d2")]
    with GradebookWriter(theirs, built) as writer:
        writer.prepare(changed(built, source))
    with GradebookWriter(ours, built) as writer, Gradebook(theirs, "steepest") as book:
        writer.prepare(changed(built, source))
        for submissions in (first, again):
            for submission in submissions:
                writer.record(submission)
                _write_with_nbgrader(book, submission)
            assert _rows(ours) == _rows(theirs)
            for url in (ours, theirs):
                with Gradebook(url, "steepest") as by_hand:
                    grade = by_hand.find_grade("reflection", LESSON, LESSON, "ada")
                    grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 2.5, 0.5, False
                    by_hand.find_comment("reflection", LESSON, LESSON, "ada").manual_comment = "Well seen."
                    by_hand.db.commit()
    assert len(_rows(ours)["marks"]) == 3 * 6


# --- databases that cannot be used


def _read_only(path: Path) -> str:
    return f"sqlite:///file:{path}?mode=ro&uri=true"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "names no database"),
        ("oracle9://host/x", "cannot be used"),
        ("sqlite:////no/such/folder/gradebook.db", "Check that the folder exists"),
        ("postgresql+psycopg://grader:secret@localhost:1/x", "cannot be used"),
    ],
)
def test_databases_out_of_reach(built: Course, url: str, says: str) -> None:
    with pytest.raises(GradebookError, match=says) as refusal, GradebookWriter(url, built):
        pass
    assert "secret" not in str(refusal.value)


def test_a_file_that_is_no_database(built: Course, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database at all" * 100)
    with (
        pytest.raises(GradebookError, match="something else"),
        GradebookWriter(f"sqlite:///{tmp_path}/x.db", built),
    ):
        pass


def test_a_read_only_database(writer: GradebookWriter, built: Course) -> None:
    url = _read_only(built.course_dir / "gradebook.db")
    with pytest.raises(GradebookError, match="right to write"), GradebookWriter(url, built):
        pass


def test_a_locked_database(
    writer: GradebookWriter, built: Course, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Locked at the start, locked in the middle, and free again."""
    monkeypatch.setitem(database.SQLITE, "timeout", "0.05")
    with GradebookWriter(None, built) as hasty:
        other = sqlite3.connect(built.course_dir / "gradebook.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(GradebookError, match="Close formgrader"), GradebookWriter(None, built):
            pass
        with pytest.raises(GradebookError, match="Close formgrader"):
            hasty.record(submit())
        with pytest.raises(GradebookError, match="Close formgrader"):
            hasty.graded(LESSON)
        other.close()
        hasty.record(submit())
        assert set(hasty.graded(LESSON)) == {"ada"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_write_permission(writer: GradebookWriter, built: Course, submit: Submit) -> None:
    built.course_dir.chmod(0o500)
    try:
        with pytest.raises(GradebookError, match="cannot be"):
            writer.record(submit())
    finally:
        built.course_dir.chmod(0o700)


# --- what formgrader sees


@pytest.fixture
def api(writer: GradebookWriter, built: Course, submit: Submit) -> NbGraderAPI:
    writer.record(submit())
    writer.record(submit("bob", reflection=None, outcome=Outcome.FAILED, credit=0))
    writer.record(submit("cyd", outcome=Outcome.MISSING, credit=0, message="No file."))
    for student in ("ada", "bob"):
        submitted = built.course_dir / "submitted" / student / LESSON / f"{LESSON}.ipynb"
        submitted.parent.mkdir(parents=True)
        submitted.write_text(submit(student).notebook)
    config = Config()
    config.CourseDirectory.root = str(built.course_dir)
    config.CourseDirectory.course_id = "steepest"
    return NbGraderAPI(CourseDirectory(config=config), config=config)


def test_formgrader_lists_assignments_and_submissions(api: NbGraderAPI) -> None:
    (assignment,) = api.get_assignments()
    assert (assignment["name"], assignment["num_submissions"]) == (LESSON, 2)
    assert assignment["max_score"] == points() + 3
    graded = {item["student"]: item for item in api.get_submissions(LESSON) if item["autograded"]}
    assert graded["ada"]["score"] == points()
    assert graded["bob"]["score"] == 0
    assert graded["ada"]["needs_manual_grade"]
    assert not graded["bob"]["needs_manual_grade"]


def test_formgrader_offers_what_is_to_be_graded_by_hand(api: NbGraderAPI) -> None:
    (notebook,) = api.get_notebooks(LESSON)
    assert notebook["needs_manual_grade"]
    listed = {item["student"]: item for item in api.get_notebook_submissions(LESSON, LESSON)}
    assert {name: item["needs_manual_grade"] for name, item in listed.items()} == {"ada": True, "bob": False}
    assert {name: item["failed_tests"] for name, item in listed.items()} == {"ada": False, "bob": True}
