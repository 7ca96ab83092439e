"""`regrade`: what a change of exercises does to marks is shown first, and a line that a student sends is followed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner, Result
from nbgrader.api import Gradebook
from steepest_grader.cli import main
from steepest_grader.course import lesson as lesson_module
from steepest_grader.course.lesson import Lesson, load
from steepest_grader.course.places import SECRET
from steepest_grader.course.text_course import TextCourse
from steepest_grader.desk.feedback import write_feedback
from steepest_grader.errors import RequestError
from steepest_grader.exercise.hidden import Hidden
from steepest_grader.exercise.model import GradedSubmission, Outcome, Verdict
from steepest_grader.gradebook.autograded import Autograded
from steepest_grader.gradebook.marks import Mark
from steepest_grader.gradebook.previewed import Previewed
from steepest_grader.gradebook.requests import MAX_LENGTH, read_request, request_line
from steepest_grader.grading import lanes
from steepest_grader.grading.batch import grade_lesson
from steepest_grader.grading.changes import change
from steepest_grader.sandbox.none import NoSandbox

LESSON, EXERCISE = "90_tiny", "momentum_step"
STUB = "    # YOUR CODE HERE\n    raise NotImplementedError()"
ODD = "zo\u00eb = 'x'"
Finding = tuple[float, str | None]
OLD: dict[str, Finding] = {
    "ada": (1.0, None),
    "bob": (0.25, "no_memory"),
    "cyd": (0.5, "forgets"),
    ODD: (0.0, "forgets"),
}
NEW: dict[str, Finding] = {**OLD, "bob": (0.75, "forgets"), "cyd": (0.5, "no_rate"), ODD: (0.5, "forgets")}


class Judge:
    """Stands for the exercise: what it finds, and how often it was asked."""

    def __init__(self) -> None:
        self.found = dict(OLD)
        self.asked: list[str] = []

    def __call__(self, lesson: Lesson, student: str, data: bytes, **_: Any) -> GradedSubmission:
        self.asked.append(student)
        credit, diagnosis = self.found[student]
        outcome = Outcome.PASSED if credit == 1 else Outcome.PARTIAL if credit else Outcome.FAILED
        verdict = Verdict(EXERCISE, lesson.exercises[EXERCISE].points, outcome, credit, diagnosis, f"Say {diagnosis}.")
        return GradedSubmission(student, lesson.id, outcome, [verdict], notebook=data.decode(), digest="")


def work(course: TextCourse, answer: str) -> bytes:
    notebook = load(course, LESSON).released
    for cell in notebook.cells:
        if cell.id == f"answer_{EXERCISE}":
            cell.source = cell.source.replace(STUB, answer)
        if cell.id == "reflection":
            cell.source = f"It swings: {answer}"
    return nbformat.writes(notebook).encode()


def hand_in(course: TextCourse, student: str, answer: str = "") -> Path:
    place = course.folder("submitted") / student / LESSON
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{LESSON}.ipynb"
    path.write_bytes(work(course, answer or f"    return '{student.encode().hex()}'"))
    return path


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch, no_kernel: None) -> Judge:
    made = Judge()
    monkeypatch.setattr(lanes, "grade_submission", made)
    return made


@pytest.fixture
def graded(built: TextCourse, judge: Judge) -> TextCourse:
    """A class that was graded, with pages, one mark by hand for each reflection and one in the place of the judge's."""
    for student in OLD:
        hand_in(built, student)
    grade_lesson(built, LESSON, built.folder("submitted"), sandbox=NoSandbox())
    with Gradebook(built.gradebook, "steepest") as book:
        for student in OLD:
            grade = book.find_grade("reflection", LESSON, LESSON, student)
            grade.manual_score, grade.needs_manual_grade = 2.0, False
        mark = book.find_grade(EXERCISE, LESSON, LESSON, ODD)
        mark.manual_score, mark.needs_manual_grade = 1.5, False
        mark = book.find_grade(EXERCISE, LESSON, LESSON, "cyd")
        mark.manual_score, mark.needs_manual_grade = 1.25, False
        book.find_comment("reflection", LESSON, LESSON, "bob").manual_comment = "Why?"
        book.db.commit()
    write_feedback(built, LESSON)
    judge.asked.clear()
    return built


@pytest.fixture
def changed(graded: TextCourse, judge: Judge, monkeypatch: pytest.MonkeyPatch) -> TextCourse:
    """The same after a change of the exercise."""
    judge.found = dict(NEW)
    monkeypatch.setattr(lesson_module, "code_digest", lambda: b"another version")
    return graded


@pytest.fixture
def run(built: TextCourse, tmp_path: Path) -> Callable[..., tuple[Result, Any]]:
    def invoke(*args: str) -> tuple[Result, Any]:
        path = tmp_path / "found.json"
        path.unlink(missing_ok=True)
        result = CliRunner().invoke(
            main, ["--course", str(built.root), "regrade", *args, "--unsafe-no-sandbox", "--json", str(path)]
        )
        return result, json.loads(path.read_text()) if path.is_file() else None

    return invoke


def said(result: Result) -> str:
    return " ".join(re.sub(r"[│┃┏┓┡┩└┘─━┳╇┴]", " ", result.output).split())


def rows(course: TextCourse) -> dict[tuple[str, str], tuple[Any, ...]]:
    with Gradebook(course.gradebook, "steepest") as book:
        return {
            (entry.student.id, grade.name): (grade.auto_score, grade.manual_score, grade.needs_manual_grade)
            for entry in book.notebook_submissions(LESSON, LESSON)
            for grade in entry.grades
        }


def files(course: TextCourse) -> dict[str, bytes]:
    places = [course.folder(name) for name in ("autograded", "feedback")]
    return {str(path): path.read_bytes() for place in places for path in place.rglob("*") if path.is_file()}


def graded_as(credit: float | None, diagnosis: str | None = None, points: float = 2) -> GradedSubmission:
    outcome = Outcome.PASSED if credit == 1 else Outcome.PARTIAL
    verdicts = [] if credit is None else [Verdict("x", points, outcome, credit, diagnosis)]
    return GradedSubmission("ada", LESSON, outcome, verdicts)


CHANGES: dict[str, tuple[GradedSubmission, GradedSubmission, Mark, tuple[float, float] | None, str]] = {
    "nothing": (graded_as(0.5, "a"), graded_as(0.5, "a"), Mark(1.0), None, ""),
    "another name": (graded_as(0.5, "a"), graded_as(0.5, "b_c"), Mark(1.0), (1, 1), "a → b c"),
    "another credit": (graded_as(0.5, "a"), graded_as(0.25, "a"), Mark(1.0), (1, 0.5), "a earns 50 → 25 %"),
    "accepted": (graded_as(0.5, "a"), graded_as(1.0), Mark(1.0), (1, 2), "a → passed"),
    "other points": (graded_as(1.0), graded_as(1.0, points=3), Mark(2.0), (2, 3), "worth 2 → 3 points"),
    "by hand": (
        graded_as(0.5, "a"), graded_as(1.0), Mark(1.0, 1.5), (1.5, 1.5),
        "a → passed; the mark given by hand, 1.5, stays",
    ),
    "changed in the gradebook": (
        graded_as(0.5, "a"), graded_as(0.5, "a"), Mark(0.0), (0, 1), "the gradebook has another mark than was given",
    ),
    "new": (graded_as(None), graded_as(0.5, "a"), Mark(), (0, 1), "asked for now: a"),
    "gone": (graded_as(0.5, "a"), graded_as(None), Mark(1.0), (1, 0), "no longer judged; it was: a"),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGES)
def test_two_gradings_are_compared(case: str) -> None:
    before, after, mark, counted, why = CHANGES[case]
    found = change(before, after, {"x": mark})
    if counted is None:
        assert found.exercises == []
        return
    (row,) = found.exercises
    assert (row.counted, (found.before, found.after), row.why) == (counted, counted, why)
    assert row.moves is found.moves is (counted[0] != counted[1] or row.points[0] != row.points[1])


def test_it_is_shown_and_nothing_is_written(changed: TextCourse, judge: Judge, run: Callable[..., Any]) -> None:
    marks, kept = rows(changed), files(changed)
    result, found = run()
    assert result.exit_code == 0, result.output
    assert (rows(changed), files(changed)) == (marks, kept)
    assert found["written"] is False
    (lesson,) = found["lessons"]
    assert {item["student"]: item["exercises"][0]["why"] for item in lesson["changes"]} == {
        "bob": "no memory → forgets",
        "cyd": "forgets → no rate; the mark given by hand, 1.25, stays",
        ODD: "forgets earns 0 → 50 %; the mark given by hand, 1.5, stays",
    }
    bob = next(item for item in lesson["changes"] if item["student"] == "bob")
    assert (bob["before"], bob["after"]) == ({"score": 0.5, "max_score": 2}, {"score": 1.5, "max_score": 2})
    assert "Other marks: 1 students; only another finding: 2." in said(result)
    assert "no memory → forgets" in said(result)
    assert "`steepest-grader regrade --write` takes it over" in said(result)
    assert sorted(judge.asked) == sorted(OLD)
    run()
    assert len(judge.asked) == len(OLD)  # what has been looked at is not graded again


def test_it_is_taken_over_and_what_a_person_gave_stays(
    changed: TextCourse, judge: Judge, run: Callable[..., Any]
) -> None:
    before, pages = rows(changed), files(changed)
    run()
    result, found = run(LESSON, "--write")
    assert (result.exit_code, found["written"], len(judge.asked)) == (0, True, len(OLD)), result.output
    after = rows(changed)
    assert after == {
        **before,
        ("bob", EXERCISE): (1.5, None, False),
        (ODD, EXERCISE): (1.0, 1.5, True),  # the judge finds something else than what the person has seen
    }
    with Gradebook(changed.gradebook, "steepest") as book:
        assert book.find_comment("reflection", LESSON, LESSON, "bob").manual_comment == "Why?"
    new = {path for path, data in files(changed).items() if path.endswith(".html") and data != pages[path]}
    assert {Path(path).parts[-3] for path in new} == {"bob", "cyd", ODD}
    result, found = run("--write")
    assert (found["lessons"][0]["changes"], len(judge.asked)) == ([], len(OLD))
    assert not list((changed.course_dir / ".regraded").rglob("*.json"))
    batch = grade_lesson(changed, LESSON, changed.folder("submitted"), sandbox=NoSandbox())
    assert (batch.reused, len(judge.asked)) == (len(OLD), len(OLD))  # and `grade` sees that it is


def test_only_one_student(changed: TextCourse, judge: Judge, run: Callable[..., Any]) -> None:
    before = rows(changed)
    result, _ = run(LESSON, "--student", "bob", "--write")
    assert (result.exit_code, judge.asked) == (0, ["bob"])
    assert {key for key, row in rows(changed).items() if row != before[key]} == {("bob", EXERCISE)}


def test_other_work_is_not_compared(changed: TextCourse, judge: Judge, run: Callable[..., Any]) -> None:
    hand_in(changed, "bob", "    return 'anew'")
    hand_in(changed, "cyd").unlink()
    hand_in(changed, "cyd").parent.rename(changed.root / "elsewhere")
    hand_in(changed, "dan")
    before = rows(changed)
    result, found = run("--write")
    (lesson,) = found["lessons"]
    assert (result.exit_code, lesson["again"], lesson["absent"]) == (0, ["bob"], ["cyd"])
    assert sorted(judge.asked) == sorted(["ada", ODD])
    assert {key for key, row in rows(changed).items() if row != before[key]} == {(ODD, EXERCISE)}


def test_where_the_grader_fails_everything_stays(
    changed: TextCourse, monkeypatch: pytest.MonkeyPatch, judge: Judge, run: Callable[..., Any]
) -> None:
    def fails(lesson: Lesson, student: str, data: bytes, **more: Any) -> GradedSubmission:
        if student == "bob":
            raise RuntimeError("no room")
        return judge(lesson, student, data, **more)

    monkeypatch.setattr(lanes, "grade_submission", fails)
    before = rows(changed)
    result, found = run("--write")
    assert (result.exit_code, "no room" in found["lessons"][0]["failed"]["bob"]) == (3, True)
    assert {key for key, row in rows(changed).items() if row != before[key]} == {(ODD, EXERCISE)}


def test_a_gradebook_that_cannot_take_it_is_told_of_before(
    changed: TextCourse, text: str, write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    write(changed, text.partition("# %% [markdown] nbgrader")[0])
    for words in ((), ("--write",)):
        before = rows(changed)
        result, _ = run(*words)
        assert (result.exit_code, "cells of nbgrader were added, removed or renamed" in said(result)) == (1, True)
        assert rows(changed) == before


REFUSALS: dict[str, tuple[Callable[[TextCourse], Any], tuple[str, ...], str]] = {
    "no such lesson": (lambda course: None, ("91_tiny",), "90_tiny"),
    "no such student": (
        lambda course: None,
        (LESSON, "--student", "x\x1b[2J"),
        r"Nothing of x \[2J is graded of 90_tiny\.",
    ),
    "no folder": (lambda course: None, ("--submitted", "nowhere"), "There is no folder nowhere."),
    "no gradebook": (lambda course: (course.course_dir / "gradebook.db").unlink(), (), "There is no gradebook"),
    "another gradebook": (lambda course: None, ("--gradebook", "nonsense"), "names no database"),
    "no secret": (lambda course: (course.course_dir / SECRET).unlink(), (), "There is no .*hidden_cases.key"),
    "a request and a lesson": (lambda course: None, (LESSON, "--request", "x"), "give it alone"),
    "no request": (lambda course: None, ("--request", "\x1b]0;x\x07 ../../etc/passwd"), "This is no line"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_done_is_one_sentence(case: str, changed: TextCourse, run: Callable[..., Any]) -> None:
    prepare, words, message = REFUSALS[case]
    prepare(changed)
    result, found = run(*words)
    assert (result.exit_code, found) == (1, None)
    assert re.search(message, said(result)), said(result)
    assert not set("\x1b\x07") & set(result.output)
    assert "Traceback" not in result.output


# --- a line that a student sends -------------------------------------------------------------------------------------


def lines_of(course: TextCourse, student: str) -> list[str]:
    (page,) = (course.folder("feedback") / student).rglob("*.html")
    return re.findall(r'<pre class="line"[^>]*>([^<]*)</pre>', page.read_text())


@pytest.fixture
def line(graded: TextCourse) -> str:
    (found,) = lines_of(graded, "bob")
    return found


def test_a_page_has_a_line_for_what_lacks_points(graded: TextCourse) -> None:
    assert {student: len(lines_of(graded, student)) for student in OLD} == {"ada": 0, "bob": 1, "cyd": 1, ODD: 1}
    assert all(line.isascii() and len(line.split()) == 6 for line in lines_of(graded, ODD))
    assert read_request(Hidden(graded.secret()[0]), lines_of(graded, ODD)[0]).student == ODD


def test_the_case_is_shown_side_by_side(changed: TextCourse, line: str, run: Callable[..., Any]) -> None:
    before = rows(changed), files(changed)
    result, found = run("--request", f"  {line[:40]}\n{line[40:]} ")
    assert result.exit_code == 1  # a word that a mail has broken is no word
    result, found = run("--request", line.replace(" ", "\r\n  "))
    assert result.exit_code == 0, result.output
    assert "626f62" in found["handed_in"] and "def momentum_step" in found["expected"]
    sides = [(found[side]["score"], found[side]["diagnosis"]) for side in ("then", "now")]
    assert sides == [(0.5, "no_memory"), (1.5, "forgets")]
    for word in ("626f62", "Say no_memory.", "Say forgets.", "regrade 90_tiny --student bob --write"):
        assert word in said(result), word
    assert (rows(changed), files(changed)) == before


def test_what_a_student_wrote_does_nothing_to_the_terminal(graded: TextCourse, run: Callable[..., Any]) -> None:
    hand_in(graded, "bob", "    return '\x1b]0;stolen\x07 \u202e [red]x[/red]'")
    grade_lesson(graded, LESSON, graded.folder("submitted"), sandbox=NoSandbox())
    write_feedback(graded, LESSON, None, ["bob"])
    result, _ = run("--request", lines_of(graded, "bob")[0])
    assert (result.exit_code, "[red]x[/red]" in result.output) == (0, True), result.output
    assert not set("\x1b\x07\u202e") & set(result.output)


HIDDEN = Hidden(b"k" * 32)
GOOD = request_line(HIDDEN, "ada", "90_tiny", "momentum_step", "ab" * 32)
FORGERIES = {
    "nothing": "",
    "a path for a student": GOOD.replace("ada", "../../etc"),
    "a quoted path": GOOD.replace("ada", "..%2F..%2Fetc"),
    "another student": GOOD.replace("ada", "bob"),
    "the same student, written otherwise": GOOD.replace("ada", "%61da"),
    "another lesson": GOOD.replace("90_tiny", "91_tiny"),
    "another exercise": GOOD.replace("momentum", "nesterov"),
    "other work": GOOD.replace("abab", "abac", 1),
    "a bit of the seal": GOOD[:-1] + ("0" if GOOD[-1] != "0" else "1"),
    "no seal": GOOD.rpartition(" ")[0],
    "a word more": f"{GOOD} x",
    "a terminal's code": f"{GOOD}\x1b[2J",
    "a quoted code": GOOD.replace("ada", "%1B%5B2J"),
    "another alphabet": GOOD.replace("a", "\u0430"),
    "a surrogate": GOOD.replace("ada", "\udc80"),
    "digits of another alphabet": GOOD.replace("1", "\u0661"),
    "too long": GOOD + " " * MAX_LENGTH,
    "of another course": request_line(Hidden(b"x" * 32), "ada", "90_tiny", "momentum_step", "ab" * 32),
}


def test_a_line_is_read_as_it_was_written() -> None:
    names = ("a b/c\u202f=%20", "ps 1/nb", "x")
    found = read_request(HIDDEN, request_line(HIDDEN, *names, "ab" * 32))
    assert (found.student, found.lesson, found.exercise) == names
    works = ("ab" * 32, "ab" * 8 + "cd" * 24, "ab", "", "cd" * 32)
    assert [found.is_about(work) for work in works] == [True, True, False, False, False]


@pytest.mark.parametrize("case", FORGERIES)
def test_a_forged_line_is_refused_and_nothing_of_it_is_said(case: str) -> None:
    with pytest.raises(RequestError) as caught:
        read_request(HIDDEN, FORGERIES[case])
    words = {word for word in re.findall(r"\w{3,}", FORGERIES[case]) if word != "regrade"}
    assert not [word for word in words if word in str(caught.value)]


def test_a_line_of_other_work_is_outdated(graded: TextCourse, line: str, run: Callable[..., Any]) -> None:
    hand_in(graded, "bob", "    return 'anew'")
    assert "has handed in 90_tiny anew" in said(run("--request", line)[0])
    grade_lesson(graded, LESSON, graded.folder("submitted"), sandbox=NoSandbox())
    result, found = run("--request", line)
    assert (result.exit_code, found) == (1, None)
    assert "The line is outdated: since it was written, other work of bob in 90_tiny was graded." in said(result)


@pytest.mark.parametrize(
    ("student", "lesson", "exercise", "message"),
    [
        ("bob", "91_tiny", EXERCISE, "no lesson of the course any more"),
        ("dan", LESSON, EXERCISE, "of which nothing is graded"),
        ("bob", LESSON, "nesterov", "gives no mark any more"),
        ("../bob", LESSON, EXERCISE, "of which nothing is graded"),
    ],
)
def test_a_line_about_what_is_gone(
    student: str, lesson: str, exercise: str, message: str, graded: TextCourse, run: Callable[..., Any]
) -> None:
    known = Autograded(graded, LESSON).work("bob")
    result, _ = run("--request", request_line(Hidden(graded.secret()[0]), student, lesson, exercise, known))
    assert (result.exit_code, message in said(result)) == (1, True), result.output


# --- what was looked at ----------------------------------------------------------------------------------------------


@pytest.fixture
def previewed(built: TextCourse) -> Iterator[tuple[Previewed, Path]]:
    store = Previewed(built, LESSON)
    store.keep(GradedSubmission("../x", LESSON, Outcome.PASSED, notebook="{}", digest="d", work="w"))
    (path,) = (built.course_dir / ".regraded").rglob("*.json")
    yield store, path


def test_what_was_looked_at_is_kept_by_student_and_digest(previewed: tuple[Previewed, Path]) -> None:
    store, path = previewed
    found = store.get("../x", "d")
    assert found is not None and (found.notebook, found.work) == ("{}", "w")
    assert [store.has(*item) for item in (("../x", "e"), ("x", "d"))] == [False, False]
    store.keep_only([("../x", "d")])
    assert path.is_file()
    store.keep_only([("x", "d")])
    assert not path.exists()


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"student": "../x"}'])
def test_what_is_damaged_is_not_there(text: str, previewed: tuple[Previewed, Path]) -> None:
    store, path = previewed
    path.write_text(text)
    assert store.get("../x", "d") is None


def test_what_is_of_somebody_else_is_not_there(previewed: tuple[Previewed, Path]) -> None:
    store, path = previewed
    row = json.loads(path.read_text())
    for key in ("student", "lesson", "digest"):
        path.write_text(json.dumps({**row, key: "other"}))
        assert store.get("../x", "d") is None


def test_a_sidecar_of_an_earlier_version_is_read(graded: TextCourse, judge: Judge, run: Callable[..., Any]) -> None:
    path = Autograded(graded, LESSON).sidecar("bob")
    row = json.loads(path.read_text())
    del row["work"]
    path.write_text(json.dumps(row))
    assert Autograded(graded, LESSON).work("bob") == ""
    assert run()[1]["lessons"][0]["again"] == []
    write_feedback(graded, LESSON, None, ["bob"])
    assert lines_of(graded, "bob") == []


def test_the_seal_says_nothing_of_the_secret() -> None:
    assert len({HIDDEN.seal("a", b"x"), HIDDEN.seal("b", b"x"), HIDDEN.seal("a", b"y"), HIDDEN.mark}) == 4
    assert replace(HIDDEN, secret=b"y").seal("a", b"x") != HIDDEN.seal("a", b"x")
