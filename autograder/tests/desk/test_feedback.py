from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from browser import CHROMIUM, open_page
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.api import Gradebook
from renderings import picture
from steepest_grader.course.places import Course
from steepest_grader.desk.feedback import write_feedback
from steepest_grader.desk.pages import policy
from steepest_grader.desk.shown import without_hidden
from steepest_grader.errors import CourseError, GradebookError
from steepest_grader.exercise.model import Example, GradedSubmission, Outcome
from steepest_grader.gradebook.autograded import Autograded
from steepest_grader.gradebook.writer import GradebookWriter

LESSON, EXERCISE = "90_tiny", "momentum_step"
HIDDEN_LINES = ("from steepest_grader import grade", "grade(momentum_step)", "HIDDEN TESTS")
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20"/>'
EVIL = "<script>steal()</script><img src=x onerror=steal()><b>bold</b>"
Submit = Callable[..., GradedSubmission]


class Page(HTMLParser):
    """What of a page could run or load something, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.active: list[str] = []
        self.text = ""
        self.words: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "iframe", "object", "embed", "form", "link", "base", "svg", "input", "video"):
            self.active.append(tag)
        for name, value in attrs:
            url = (value or "").strip().lower()
            if name.startswith("on") or url.startswith("javascript:"):
                self.active.append(f"{tag} {name}={value}")
            if tag == "a" and url.startswith("https://x.example"):
                continue  # a link in words, which loads nothing by itself
            if name in ("src", "href") and not url.startswith(("data:image/", "#", "https://ok.example")):
                self.active.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        self.text += data
        self.words.extend(data.split())


@pytest.fixture
def record(built: Course) -> Iterator[Callable[[GradedSubmission], None]]:
    with GradebookWriter(None, built) as writer:
        yield writer.record


def change(course: Course, edit: Callable[[NotebookNode], None], student: str = "ada") -> None:
    """Change an autograded notebook, as a hostile student might have had it."""
    path = Autograded(course, LESSON).notebook(student)
    notebook = nbformat.reads(path.read_text(), as_version=4)
    edit(notebook)
    path.write_text(nbformat.writes(notebook))


def cell(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def test_a_page_tells_marks_messages_and_answers(built: Course, record: Callable, submit: Submit) -> None:
    record(submit(outcome=Outcome.PARTIAL, credit=0.5, hint="Velocity is wrong.\nKeep the past."))
    (path,), *_ = write_feedback(built, LESSON)
    assert path == built.course_dir / "feedback" / "ada" / LESSON / f"{LESSON}.html"
    page = Page(path)
    for words in (
        "1 / 2",
        "partial",
        "Velocity is wrong.",
        "Keep the past.",
        "It overshoots.",
        "– / 3",
        "to be graded by hand",
    ):
        assert words in page.text
    assert page.active == []


def test_marks_given_by_hand_count(built: Course, record: Callable, submit: Submit) -> None:
    record(submit())
    with Gradebook(built.gradebook, "steepest") as book:
        book.find_grade("reflection", LESSON, LESSON, "ada").manual_score = 2.5
        book.find_comment("reflection", LESSON, LESSON, "ada").manual_comment = f"Well seen. {EVIL}"
        book.db.commit()
    page = Page(write_feedback(built, LESSON)[0][0])
    assert "2.5 / 3" in page.text
    assert "graded by hand" in page.text
    assert "Well seen." in page.text
    assert page.active == []


def test_a_rubric_is_shown_once_an_answer_is_marked(built: Course, record: Callable, submit: Submit) -> None:
    source = Path(built.root, "solutions", LESSON, f"{LESSON}.py")
    answer = "# It swings past the minimum."
    source.write_text(source.read_text().replace(answer, f"{answer}\n#\n# *Rubric.* 2 for *that*. {EVIL}"))
    record(submit())
    assert "2 for that." not in Page(write_feedback(built, LESSON)[0][0]).text
    with Gradebook(built.gradebook, "steepest") as book:
        book.find_grade("reflection", LESSON, LESSON, "ada").manual_score = 2.5
        book.db.commit()
    page = Page(write_feedback(built, LESSON)[0][0])
    assert "What the points are given for" in page.text and "2 for that." in page.text
    assert ("swings past" in page.text, page.active) == (False, [])


def test_of_a_lesson_that_nobody_has_handed_in_there_is_no_page(built: Course) -> None:
    with pytest.raises(GradebookError, match=f"Nothing of {LESSON} is graded"):
        write_feedback(built, LESSON)


def test_a_public_case_shows_what_is_wrong(built: Course, record: Callable, submit: Submit) -> None:
    graded = submit(outcome=Outcome.FAILED, credit=0, hint="`theta` is wrong.")
    shown = Example("from rest", {"theta": "[1, 2]"}, "theta after step 2", "[3, 4]", f"[5, 6] {EVIL}")
    verdict = replace(graded.verdicts[0], example=shown, diagnosis="velocity_forgets_its_past")
    record(replace(graded, verdicts=[verdict]))
    path = write_feedback(built, LESSON)[0][0]
    page = Page(path)
    text = " ".join(page.words)
    assert "In the case “from rest”, one of those that check plays: theta [1, 2]" in text
    assert "expected theta after step 2 [3, 4] received [5, 6] <script>" in text
    assert "failed: velocity forgets its past" in text
    assert "<code>theta</code> is wrong." in path.read_text()
    assert page.active == []


def test_a_mark_that_a_person_has_changed_is_told(built: Course, record: Callable, submit: Submit) -> None:
    record(submit(outcome=Outcome.FAILED, credit=0))
    with Gradebook(built.gradebook, "steepest") as book:
        book.find_grade(EXERCISE, LESSON, LESSON, "ada").manual_score = 1.5
        book.find_submission_notebook(LESSON, LESSON, "ada").late_submission_penalty = 0.25
        book.db.commit()
    text = " ".join(Page(write_feedback(built, LESSON)[0][0]).words)
    assert "points 1.25 / 5" in text
    assert "taken off for being late 0.25" in text
    assert "1.5 / 2 ◐ failed, mark changed by hand" in text


@pytest.mark.parametrize("outcome", [Outcome.MISSING, Outcome.UNREADABLE])
def test_a_page_without_notebook_gives_the_reason(
    built: Course, record: Callable, submit: Submit, outcome: Outcome
) -> None:
    record(submit(outcome=outcome, credit=0, message=f"The file is empty. {EVIL}"))
    page = Page(write_feedback(built, LESSON)[0][0])
    assert "The file is empty." in page.text
    assert "points 0 / 5" in " ".join(page.words)  # as gradebook and export have it
    assert "0 / 2" in page.text
    assert page.active == []


@pytest.mark.parametrize(
    "output",
    [
        new_output("display_data", data={"text/html": EVIL}),
        new_output("display_data", data={"text/html": EVIL}, metadata={"text/html": {"isolated": True}}),
        new_output("display_data", data={"text/html": "<a href='javascript:steal()'>x</a><svg onload=steal()>"}),
        new_output("display_data", data={"text/html": "<div style='background:url(https://x.example)'>x</div>"}),
        new_output("display_data", data={"text/html": "<style>@import 'https://x.example'</style>x<script>steal()"}),
        new_output("display_data", data={"text/html": "<img src='https://x.example/a.png'><form action=x><input>"}),
        new_output("display_data", data={"text/html": "<math><mtext></p><style><img src=x onerror=steal()>"}),
        new_output("display_data", data={"text/markdown": EVIL, "text/plain": "x"}),
        new_output("display_data", data={"text/latex": EVIL}),
        new_output("display_data", data={"application/javascript": "steal()"}),
        new_output("display_data", data={"application/vnd.jupyter.widget-view+json": {"model_id": EVIL}}),
        new_output("display_data", data={"image/svg+xml": "<svg onload='steal()'><script>steal()</script></svg>"}),
        new_output("display_data", data={"image/png": '"><script>steal()</script>'}),
        new_output("display_data", data={"image/png": "aGk="}, metadata={"image/png": {"width": EVIL, "alt": EVIL}}),
        new_output("display_data", data={"image/png": "aGk="}, metadata={"filenames": {"image/png": EVIL}}),
        new_output("stream", name="stdout", text=EVIL),
        new_output("error", ename=EVIL, evalue=EVIL, traceback=[EVIL, "\x1b[31m" + EVIL]),
        new_output("execute_result", data={"text/plain": EVIL}, execution_count=1),
    ],
    ids=lambda output: ", ".join(output.get("data", {})) or output.output_type,
)
def test_outputs_run_nothing(built: Course, record: Callable, submit: Submit, output: NotebookNode) -> None:
    record(submit(outputs=(output,)))
    path = write_feedback(built, LESSON)[0][0]
    assert Page(path).active == []
    assert "x.example" not in re.sub(r"<(pre|a).*?</\1>", "", path.read_text(), flags=re.DOTALL)


def test_sources_and_messages_run_nothing(built: Course, record: Callable, submit: Submit) -> None:
    record(submit(answer=f"    return '{EVIL}'", reflection=f"{EVIL}\n\n[x](javascript:steal()) $a<b$", hint=EVIL))

    def edit(notebook: NotebookNode) -> None:
        notebook.metadata.title = EVIL
        notebook.metadata.widgets = {"application/vnd.jupyter.widget-state+json": {"state": {"x": EVIL}}}
        notebook.cells[1].metadata.tags = [EVIL]
        notebook.cells.append(nbformat.v4.new_raw_cell(EVIL, metadata={"raw_mimetype": "text/html"}))
        notebook.cells.append(new_markdown_cell(EVIL, attachments={"a.png": {"image/png": EVIL}}))

    change(built, edit)
    path = write_feedback(built, LESSON)[0][0]
    page = Page(path)
    assert page.active == []
    assert "bold" in page.text
    assert f'content="{html.escape(policy())}"' in path.read_text().replace("&#39;", "&#x27;")


def test_no_hidden_test_is_shown(built: Course, record: Callable, submit: Submit) -> None:
    """Not even where the graded notebook holds the full test and a traceback that quotes it."""
    record(submit(hint="x\ngrade(momentum_step) gave 0\ny"))
    full = cell(built.source(LESSON), EXERCISE).source

    def edit(notebook: NotebookNode) -> None:
        test = cell(notebook, EXERCISE)
        test.source = full
        quoted = "".join(f"\x1b[32m{part}\x1b[0m" for part in ("grade", "(momentum_step)"))
        test.outputs = [new_output("error", ename="E", evalue=f"in {HIDDEN_LINES[0]}", traceback=[full, quoted])]
        cell(notebook, "answer_momentum_step").outputs = [new_output("stream", text=f"{full}\n{quoted}\nmine")]

    change(built, edit)
    text = Page(write_feedback(built, LESSON)[0][0]).text
    assert not [line for line in HIDDEN_LINES if line in text]
    assert "mine" in text
    assert "check(momentum_step)" in text


def test_attached_pictures_are_shown(built: Course, record: Callable, submit: Submit) -> None:
    """One that is missing has ended feedback for everybody behind."""
    coded = picture()

    def edit(notebook: NotebookNode) -> None:
        answer = cell(notebook, "reflection")
        answer.source = "![seen](attachment:a.png) ![gone](attachment:b.png)"
        answer.attachments = {"a.png": {"image/png": coded}}

    for student in ("ada", "bob"):
        record(submit(student))
    change(built, edit)
    first, second = write_feedback(built, LESSON)[0]
    page = Page(first)
    assert page.active == []
    assert f'<img src="data:image/png;base64,{coded}" alt="seen">' in first.read_text()
    assert "(picture that is not here: gone)" in page.text
    assert "It overshoots." in Page(second).text


def test_hidden_lines_are_looked_for_in_time() -> None:
    text = f"{HIDDEN_LINES[0]}\n" + "\x1b[31mabcd\x1b[0m\n" * 200_000
    begun = time.thread_time()
    assert HIDDEN_LINES[0] not in without_hidden(text, [*HIDDEN_LINES, *(f"line {number}" for number in range(60))])
    assert time.thread_time() - begun < 3


def test_foreign_and_doubled_cells_do_no_harm(built: Course, record: Callable, submit: Submit) -> None:
    record(submit())

    def edit(notebook: NotebookNode) -> None:
        notebook.cells.append(NotebookNode(cell(notebook, "reflection"), id="again"))
        strange = {"grade": True, "grade_id": EVIL, "points": 9, "solution": False, "locked": True}
        notebook.cells.append(new_code_cell("1", metadata={"nbgrader": strange}))

    change(built, edit)
    page = Page(write_feedback(built, LESSON)[0][0])
    assert page.active == []
    assert "9" not in re.findall(r"/ (\d)", page.text)


def test_the_lesson_is_not_repeated(built: Course, record: Callable, submit: Submit) -> None:
    record(submit())
    text = Page(write_feedback(built, LESSON)[0][0]).text
    assert "Momentum" in text
    assert "leftarrow" not in text


def test_only_those_asked_for(built: Course, record: Callable, submit: Submit) -> None:
    for student in ("ada", "bob", "cyd"):
        record(submit(student))
    assert [path.parent.parent.name for path in write_feedback(built, LESSON, students=["cyd"])[0]] == ["cyd"]
    assert [path.parent.parent.name for path in write_feedback(built, LESSON)[0]] == ["ada", "bob", "cyd"]


def test_errors_name_the_fix(built: Course, record: Callable, submit: Submit) -> None:
    with pytest.raises(GradebookError, match=r"zoe.*Run `steepest-grader grade`"):
        write_feedback(built, LESSON, students=["zoe"])
    with pytest.raises(CourseError, match="The lessons are: 90_tiny"):
        write_feedback(built, "91_other")
    record(submit())
    with pytest.raises(GradebookError, match="Check that the folder exists"):
        write_feedback(built, LESSON, "sqlite:////no/such/folder/x.db")


def test_a_student_who_is_not_in_the_gradebook_is_passed_over(built: Course, record: Callable, submit: Submit) -> None:
    for student in ("ada", "bob"):
        record(submit(student))
    with Gradebook(built.gradebook, "steepest") as book:
        book.remove_submission(LESSON, "ada")
    pages, passed_over, _ = write_feedback(built, LESSON)
    assert [path.parent.parent.name for path in pages] == ["bob"]
    assert passed_over == ["ada"]
    with pytest.raises(GradebookError, match="nothing is graded for ada"):
        write_feedback(built, LESSON, students=["ada"])


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_in_a_browser(built: Course, record: Callable, submit: Submit) -> None:
    """On every paper, in the dark, and on a phone; long lines move in their own box."""
    wide = "    return " + " + ".join(["velocity"] * 60)
    picture = new_output("display_data", data={"image/svg+xml": f"{SVG}<script>steal()</script></svg>"})
    record(submit(answer=wide, outputs=(picture,), outcome=Outcome.FAILED, credit=0, hint="Velocity is wrong."))
    path = write_feedback(built, LESSON)[0][0]
    problems: list[str] = []
    with open_page(problems) as page:
        page.goto(path.as_uri())
        assert page.title() == f"{LESSON}: feedback"
        page.get_by_role("link", name=EXERCISE).click()
        assert page.evaluate("document.querySelector(':target h3').textContent").split()[:2] == ["✗", f"{EXERCISE}:"]
        drawn = "Array.from(document.images, image => [image.complete, image.naturalWidth])"
        assert page.evaluate(drawn) == [[True, 40]]
        papers = {}
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            papers[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert papers == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 31)"}
        page.set_viewport_size({"width": 360, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == papers["light"]
        assert page.evaluate("Array.from(document.querySelectorAll('pre')).every(e => e.scrollWidth <= e.clientWidth)")
    assert problems == []
