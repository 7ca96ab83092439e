"""Marking by hand as an instructor does it: nbgrader's formgrader in JupyterLab, in a browser, on our gradebook."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from browser import CHROMIUM, TOKEN, lab, open_page
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook, SubmittedNotebook
from playwright.sync_api import Page, Request, Route, expect
from renderings import ELSEWHERE, TEXTS, cells
from steepest_grader.course import lesson as lesson_module
from steepest_grader.course import release
from steepest_grader.course.find import find_course
from steepest_grader.course.lesson import load
from steepest_grader.course.places import Course
from steepest_grader.course.text_course import TextCourse
from steepest_grader.desk.export import export
from steepest_grader.desk.feedback import write_feedback
from steepest_grader.desk.report import as_json, class_standing
from steepest_grader.desk.shown import hidden_lines
from steepest_grader.gradebook.autograded import Autograded
from steepest_grader.gradebook.late import TIMESTAMP
from steepest_grader.grading import submission
from steepest_grader.grading.batch import Batch, grade_lesson
from steepest_grader.grading.submission import grade_submission
from steepest_grader.notebook.inert import inert
from steepest_grader.sandbox.base import Sandbox
from steepest_grader.trust.sample_class import samples, solved

pytestmark = [
    pytest.mark.browser,
    pytest.mark.sandbox,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install the package `chromium`"),
    pytest.mark.timeout(300),
]

HOME = find_course(Path(__file__).parent)
LESSON, REFLECTION, EXERCISE = "00_start_here", "reflection_start_here", "gd_step"
KINDS = {"correct": "ada", f"mistake-{EXERCISE}-climbs": "bob", "blank": "cyd", "broken-invalid_json": "dan"}
ANSWER = """\
**1.** At η = 0.05 the factors are 0.90 and 0.915, so the path creeps straight to the minimum. At η = 0.9 they are
−0.80 and −0.53: every step lands on the other side, and the jumps shrink. I had predicted the reverse.

**2.** The steepest direction gets the factor 1 − 1.02 · 2.00 = −1.04, so the loss grows by the step. The border is
at η = 1.00.
"""
COMMENT = "Right on both counts. Why does the *slope* still settle in 2?"
MATHJAX = "window.MathJax = {Hub: {Config() {}, Queue() {}, Startup: {signal: {Interest(tell) { tell('End') }}}}}"
AT_REST = "$(':animated').length === 0"  # a page that still scrolls carries its buttons away from the mouse
STEAL = "(window.stolen ??= []).push('{}')"
ATTACKS = {
    "script": "<script>{}</script>",
    "image": '<img src="data:image/png;base64,eA==" onerror="{}">',
    "svg": '<svg onload="{}"></svg>',
}
PIXEL = "https://elsewhere.example/pixel.png"
OUTPUTS, SCRIPT = ("text/html", "text/markdown"), "application/javascript"


def attack(where: str) -> str:
    """What would run in three ways in the browser of whoever looks at it."""
    return "\n".join(text.format(STEAL.format(f"{where}: {name}")) for name, text in ATTACKS.items())


def hostile(notebook: nbformat.NotebookNode) -> bytes:
    """A notebook that wants to do something in the instructor's browser."""
    shown = {kind: attack(f"output of {kind}") for kind in OUTPUTS} | {SCRIPT: STEAL.format(f"output of {SCRIPT}")}
    code = "".join(f"display({{{kind!r}: {text!r}}}, raw=True)\n" for kind, text in shown.items())
    cells = {cell.id: cell for cell in notebook.cells}
    cells[REFLECTION].source = f"It swings.\n\n{attack('answer')}\n\n[here](javascript:alert(1)) ![]({PIXEL})"
    notebook.cells += [new_code_cell(code, id="code"), new_markdown_cell(attack("text"), id="text")]
    return nbformat.writes(notebook).encode()


STOLEN = {
    f"{where}: {name}" for where in ("answer", "text", *(f"output of {kind}" for kind in OUTPUTS)) for name in ATTACKS
} | {f"output of {SCRIPT}"}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The real course, with a build folder of its own."""
    root = tmp_path_factory.mktemp("course")
    for name in ("solutions", "autograder", "lessons"):
        (root / name).symlink_to(HOME.root / name)
    course = TextCourse(root)
    release.write_course(course, [LESSON])
    return course


def hand_in(course: Course, student: str, data: bytes) -> Path:
    place = course.course_dir / "submitted" / student / LESSON
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{LESSON}.ipynb").write_bytes(data)
    return place


@pytest.fixture(scope="module")
def answered(course: Course) -> Callable[[str], bytes]:
    """A notebook with all exercises solved, and this as the reflection."""

    def make(reflection: str) -> bytes:
        notebook = solved(load(course, LESSON))
        next(cell for cell in notebook.cells if cell.id == REFLECTION).source = reflection
        return nbformat.writes(notebook).encode()

    return make


@pytest.fixture(scope="module")
def grade(course: Course, sandbox: Sandbox, answered: Callable[[str], bytes]) -> Callable[..., Batch]:
    """Grades a class of five, as it has been handed in."""
    made = {item.kind: item.data for item in samples(load(course, LESSON))}
    for kind, student in KINDS.items():
        data = answered(ANSWER) if student == "ada" else made[kind]
        assert data is not None
        hand_in(course, student, data)
    hand_in(course, "eve", hostile(nbformat.reads(answered("").decode(), as_version=4)))
    folder = course.course_dir / "submitted"
    return lambda **more: grade_lesson(course, LESSON, folder, sandbox=sandbox, jobs=2, **more)


@pytest.fixture(scope="module")
def address(course: Course, grade: Callable[..., Batch]) -> Iterator[str]:
    """JupyterLab on the graded class."""
    assert len(grade().rows) == 5
    with lab(course.course_dir) as url:
        yield f"{url}formgrader"


@pytest.fixture
def problems() -> list[str]:
    """What goes wrong on a page, and what it fetches from elsewhere."""
    return []


@pytest.fixture
def page(address: str, problems: list[str]) -> Iterator[Page]:
    """formgrader as an instructor has it; nothing may go wrong on it, and nothing be fetched but MathJax."""

    def elsewhere(route: Route) -> None:
        if re.search(r"/mathjax/[\d.]+/", route.request.url):
            route.fulfill(body=MATHJAX, content_type="text/javascript")
        else:
            problems.append(route.request.url)
            route.abort()

    with open_page(problems) as page:
        page.route(re.compile(r"^https?://(?!127\.0\.0\.1:)"), elsewhere)
        page.goto(f"{address}/?token={TOKEN}")
        yield page
    assert [problem for problem in problems if "favicon" not in problem] == []


def open_submission(page: Page, address: str, course: Course, student: str) -> None:
    """Open a submission, and wait until its marks are there."""
    with Gradebook(course.gradebook, "steepest") as book:
        entry = book.find_submission_notebook(LESSON, LESSON, student)
        page.goto(f"{address}/submissions/{entry.id}/")
    page.wait_for_function("formgrader.grades?.loaded && formgrader.comments?.loaded")


def enter(page: Page, selector: str, text: str) -> None:
    """Type something as a person does, and wait until the server has it."""
    with page.expect_response(lambda answer: answer.request.method == "PUT") as saved:
        page.locator(selector).fill(text)
        page.keyboard.press("Tab")
    assert saved.value.ok


def press(page: Page, cell: str, button: str) -> None:
    page.wait_for_function(AT_REST)
    with page.expect_response(lambda answer: answer.request.method == "PUT") as saved:
        page.locator(".nbgrader_cell", has=page.locator(f"[id={cell}]")).get_by_text(button).click()
    assert saved.value.ok


def read(course: Course, student: str, tell: Callable[[SubmittedNotebook], Any]) -> Any:
    with Gradebook(course.gradebook, "steepest") as book:
        return tell(book.find_submission_notebook(LESSON, LESSON, student))


def marks(course: Course, student: str, cell: str) -> dict[str, Any]:
    """What the gradebook has of one cell."""
    keys = ("auto_score", "manual_score", "extra_credit", "needs_manual_grade")

    def tell(entry: SubmittedNotebook) -> dict[str, Any]:
        (grade,) = [item for item in entry.grades if item.name == cell]
        return {key: getattr(grade, key) for key in keys}

    return read(course, student, tell)


def exported(course: Course) -> dict[str, tuple[float, float, float]]:
    """Points, what being late costs, and what is left, by student."""
    rows = csv.DictReader(io.StringIO(export(course, [LESSON], "csv", unfinished=True).text))
    keys = ("raw_score", "late_submission_penalty", "score")
    return {row["student_id"]: tuple(float(row[key]) for key in keys) for row in rows}


def table(page: Page, key: str, wanted: Mapping[str, list[str]]) -> None:
    """Wait for a table whose rows hold certain texts in turn, by the text of a cell."""
    rows = page.locator("tbody#main-table tr, table.dataTable tbody tr")
    expect(rows).to_have_count(len(wanted), timeout=15_000)
    for name, texts in wanted.items():
        row = rows.filter(has=page.locator(key, has_text=re.compile(f"^{re.escape(name)}$")))
        for text in texts:
            expect(row).to_contain_text(text)


def test_its_pages_show_the_class(page: Page, address: str, course: Course) -> None:
    table(page, "td.name", {LESSON: ["draft", "5"]})
    expect(page).to_have_url(f"{address}/manage_assignments")
    page.locator("td.num-submissions a").click()
    waits, graded = "needs manual grading", "graded"
    table(
        page,
        "td.student-id",
        {
            "ada": [waits, "6 / 9"], "bob": [waits, "5.25 / 9"], "cyd": [graded, "0 / 9"], "dan": [graded, "0 / 9"],
            "eve": [waits, "6 / 9"],
        },
    )  # fmt: skip
    page.get_by_role("link", name="Manual Grading").click()
    table(page, "td.name", {LESSON: ["5", "3.45 / 9"]})
    page.locator("td.name a").click()
    table(page, "td.name", {LESSON: ["3.45 / 9"]})
    page.locator("td.name a").click()
    expect(page.locator("td.needs-manual-grade .glyphicon-ok")).to_have_count(3)
    assert page.locator("td.tests-failed .glyphicon-ok").count() == 2  # dan's file is no notebook to look at
    page.get_by_role("link", name="Manage Students").click()
    table(page, "td.id", {name: [] for name in (*KINDS.values(), "eve")})


def test_the_rubric_stands_above_the_answer_while_it_is_marked(page: Page, address: str, course: Course) -> None:
    open_submission(page, address, course, "ada")
    told = page.locator(".text_cell", has_text="The steepest direction gets").locator("xpath=preceding-sibling::*[1]")
    expect(told).to_contain_text("What the points are given for (students see it once the answer is marked)")
    expect(told).to_contain_text("half without the factors")
    assert told.locator("input, textarea").count() == 0
    kept = Autograded(course, LESSON).notebook("ada").read_text(encoding="utf-8")
    assert "half without the factors" not in kept + write_feedback(course, LESSON, students=["ada"])[0][0].read_text()


def test_marks_given_by_hand_are_kept_and_count(
    page: Page,
    address: str,
    course: Course,
    grade: Callable[..., Batch],
    answered: Callable[[str], bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = exported(course)
    open_submission(page, address, course, "ada")
    enter(page, f"[id={REFLECTION}-comment]", COMMENT)
    enter(page, f"[id={REFLECTION}_extra_credit]", "0.5")
    enter(page, f"[id={REFLECTION}]", "2.5")
    given = {"auto_score": None, "manual_score": 2.5, "extra_credit": 0.5}
    assert marks(course, "ada", REFLECTION) == {**given, "needs_manual_grade": False}
    open_submission(page, address, course, "bob")
    press(page, EXERCISE, "Full credit")
    enter(page, f"[id={EXERCISE}_extra_credit]", "0.25")
    corrected = {"auto_score": 0.25, "manual_score": 1, "extra_credit": 0.25}
    assert marks(course, "bob", EXERCISE) == {**corrected, "needs_manual_grade": False}

    # what was marked by hand comes anew, and a grader that has changed grades everything again
    hand_in(course, "ada", answered(f"{ANSWER}\n**3.** At η = 0.3."))
    monkeypatch.setattr(lesson_module, "code_digest", lambda: b"another version")
    assert grade().reused == 0
    assert grade(force=True, students={"bob"}).reused == 0
    assert marks(course, "ada", REFLECTION) == {**given, "needs_manual_grade": True}
    assert marks(course, "bob", EXERCISE) == {**corrected, "needs_manual_grade": True}
    assert read(course, "ada", lambda entry: [item.comment for item in entry.comments if item.comment]) == [COMMENT]

    # formgrader asks to look again, has the new answer, and takes the old mark as it stands
    open_submission(page, address, course, "ada")
    expect(page.locator(f"[id={REFLECTION}]")).to_have_class(re.compile("needs_manual_grade"))
    expect(page.locator(f"[id={REFLECTION}]")).to_have_value("2.5")
    expect(page.locator(f"[id={REFLECTION}-comment]")).to_have_value(COMMENT)
    expect(page.get_by_text("At η = 0.3.")).to_be_visible()
    press(page, REFLECTION, "Resolve")
    assert marks(course, "ada", REFLECTION) == {**given, "needs_manual_grade": False}

    # and everything that tells of marks counts them
    earned = {"ada": (9.0, 0.0, 9.0), "bob": (6.25, 0.0, 6.25)}
    assert before | earned == exported(course)
    assert {name: read(course, name, lambda entry: entry.score) for name in earned} == {"ada": 9.0, "bob": 6.25}
    (standing,) = as_json(class_standing(course, [LESSON])[0])
    by_hand = next(item for item in standing["by_hand"] if item["id"] == REFLECTION)
    assert (by_hand["awaiting"], by_hand["again"]) == (["bob", "eve"], [])
    assert standing["scores"] == {"ada": 6.0, "bob": 6.25, "cyd": 0.0, "eve": 6.0}
    pages = {path.parent.parent.name: path for path in write_feedback(course, LESSON)[0]}
    page.goto(pages["ada"].as_uri())
    expect(page.locator("tr", has_text=REFLECTION)).to_contain_text("3 / 3")
    expect(page.get_by_text("Why does the slope still settle")).to_be_visible()
    page.goto(pages["bob"].as_uri())
    expect(page.locator("tr", has_text=EXERCISE)).to_contain_text("1.25 / 1")
    expect(page.locator("tr", has_text=EXERCISE)).to_contain_text("mark changed by hand")


@pytest.mark.parametrize("sealed", [True, False])
def test_nothing_of_a_students_runs(
    sealed: bool,
    page: Page,
    problems: list[str],
    address: str,
    course: Course,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It would, if it was shown as it was handed in."""
    graded = Autograded(course, LESSON).notebook("eve")
    kept = graded.read_bytes()
    if not sealed:
        monkeypatch.setattr(submission, "inert", lambda notebook, released: notebook)
        data = (course.course_dir / "submitted" / "eve" / LESSON / f"{LESSON}.ipynb").read_bytes()
        graded.write_text(grade_submission(load(course, LESSON), "eve", data, sandbox=sandbox).notebook)
    try:
        open_submission(page, address, course, "eve")
        page.wait_for_load_state()
        assert set(page.evaluate("window.stolen ?? []")) == (set() if sealed else STOLEN)
        assert page.locator("[href^='javascript:']").count() == (0 if sealed else 1)
        expect(page.get_by_text("It swings.")).to_be_visible()
        if not sealed:
            assert PIXEL in problems
            problems.clear()
        (feedback,) = write_feedback(course, LESSON, students=["eve"])[0]
        page.goto(feedback.as_uri())
        page.wait_for_load_state()
        assert page.evaluate("window.stolen") is None
    finally:
        graded.write_bytes(kept)


REAL = ("an event between backticks within an attribute", "a picture from elsewhere", "a style that covers")
CLICKED = """for (const link of document.querySelectorAll('#notebook-container .rendered_html a'))
    if (!/^(https?|mailto):$/.test(link.protocol) || link.origin === location.origin) link.click()"""
HIDDEN = """Array.from(document.querySelectorAll('.score, .scoring-buttons .btn, nav a')).filter(control => {
    control.scrollIntoView({block: 'center', behavior: 'instant'})
    const box = control.getBoundingClientRect()
    if (!box.width) return false
    const seen = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)
    return !control.contains(seen) || control.closest('.rendered_html')
}).length"""


@pytest.mark.parametrize("sealed", [True, False])
def test_what_is_rendered_keeps_to_its_place(
    sealed: bool, page: Page, problems: list[str], address: str, course: Course
) -> None:
    """Nothing runs, not by a click either; nothing is fetched; nothing lies over what the instructor uses."""
    released = load(course, LESSON).released
    notebook = nbformat.from_dict(released)
    reflection = next(cell for cell in notebook.cells if cell.id == REFLECTION)
    reflection.source = TEXTS["a link that runs, escaped"]
    if sealed:
        notebook.cells[1:1] = hostile_cells = list(cells())
        assert len(hostile_cells) > 70
        inert(notebook, released)
    else:  # of all together a browser would show little but the beginning
        notebook.cells[1:1] = [new_markdown_cell(TEXTS[name]) for name in REAL]
    graded = Autograded(course, LESSON).notebook("eve")
    kept = graded.read_bytes()
    asked: list[str] = []
    try:
        open_submission(page, address, course, "ada")  # what formgrader itself needs is there from now on
        graded.write_text(nbformat.writes(notebook))

        def note(request: Request) -> None:
            if not re.search(r"/formgrader/(static|api)/|/mathjax/|/submissions/[\w-]+/$|^data:", request.url):
                asked.append(request.url)

        page.on("request", note)
        with Gradebook(course.gradebook, "steepest") as book:
            entry = book.find_submission_notebook(LESSON, LESSON, "eve")
            page.goto(f"{address}/submissions/{entry.id}/")
        page.wait_for_function("formgrader.grades?.loaded && formgrader.comments?.loaded")
        run = page.evaluate("window.stolen")
        page.evaluate("window.stolen = 0")
        page.evaluate(CLICKED)
        page.wait_for_timeout(200)
        assert (run, page.evaluate("window.stolen")) == ((None, 0) if sealed else (1, 1))
        if sealed:
            assert asked == []
            assert page.evaluate(HIDDEN) == 0
            assert page.locator("#notebook-container .nbgrader_cell input.score").count() == len(
                [cell for cell in released.cells if cell.metadata.get("nbgrader", {}).get("grade")]
            )
            assert f"/submissions/{entry.id}/" in page.url
        else:
            assert [url for url in asked if url.startswith(ELSEWHERE)]
            assert page.evaluate(HIDDEN) > 0
            problems.clear()
    finally:
        graded.write_bytes(kept)
        if not sealed:
            page.goto("about:blank")
            problems.clear()


def test_students_see_no_hidden_test(page: Page, course: Course) -> None:
    lesson = load(course, LESSON)
    secrets = hidden_lines(lesson.source, lesson.released)
    assert any("steepest_grader" in line for line in secrets)
    shown = {}
    for path in write_feedback(course, LESSON)[0]:
        page.goto(path.as_uri())
        shown[path.parent.parent.name] = page.evaluate("document.body.textContent")
    assert {name for name, text in shown.items() if f"check({EXERCISE})" in text} == {"ada", "bob", "cyd", "eve"}
    assert [(name, line) for name, text in shown.items() for line in secrets if line in text] == []


def test_late_days_are_set_and_seen_there(
    page: Page, address: str, course: Course, grade: Callable[..., Batch]
) -> None:
    (course.root / "nbgrader_config.py").write_text(
        "c = get_config()\nc.LateSubmissionPlugin.penalty_method = 'zero'\n"
    )
    before = exported(course)
    page.locator("td.edit .glyphicon-pencil").click()
    page.locator(".modal-duedate").fill("2030-01-15T12:00")
    page.locator(".modal-timezone").fill("+0100")
    with page.expect_response(lambda answer: answer.request.method == "PUT") as saved:
        page.locator("button.save").click()
    assert saved.value.ok
    for student, time in {"ada": "2030-01-15 11:00:00 UTC", "bob": "2030-01-15 11:00:01 UTC"}.items():
        (course.course_dir / "submitted" / student / LESSON / TIMESTAMP).write_text(time)
    assert set(grade().undated) == {"cyd", "dan", "eve"}
    assert read(course, "bob", lambda entry: entry.assignment.duedate) == datetime(2030, 1, 15, 11)
    points = before["bob"][0]
    assert exported(course) == before | {"bob": (points, points, 0.0)}
    page.goto(f"{address}/manage_submissions/{LESSON}")
    table(page, "td.student-id", {name: [] for name in (*KINDS.values(), "eve")})
    expect(page.locator("tr", has=page.locator("td.student-id", has_text="bob"))).to_contain_text("2030-01-15 11:00:01")
