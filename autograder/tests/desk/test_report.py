"""The instructor's page: its figures are right, whatever students write is text, and it works in a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from browser import CHROMIUM, open_page
from click.testing import CliRunner
from nbgrader.api import Gradebook
from steepest._checks.progress import NAME as PROGRESS
from steepest_grader.cli import main
from steepest_grader.course.lesson import Lesson, load
from steepest_grader.course.places import Course
from steepest_grader.desk.practice import Practice, practice
from steepest_grader.desk.report import as_json, class_standing, report_path, write_report
from steepest_grader.desk.standing import Standing
from steepest_grader.exercise.model import GradedSubmission, Outcome
from steepest_grader.gradebook.autograded import Autograded
from steepest_grader.gradebook.writer import GradebookWriter
from steepest_grader.grading import lanes
from steepest_grader.grading.batch import grade_lesson
from steepest_grader.notebook.watched import LIBRARY
from steepest_grader.sandbox.none import NoSandbox

LESSON, EXERCISE = "90_tiny", "momentum_step"
EVIL = "</pre></script><script>document.title='stolen'</script><img src=x onerror=\"document.title='stolen'\">"
LONG = """\
    speed = state["velocity"].clone().mul_(beta)
    for row in range(len(grad)):
        speed[row] = speed[row].sub(grad[row], alpha=lr)
    moved = torch.add(theta, torch.mul(speed, 1.0))
    return moved, dict([("velocity", speed)])
"""
RENAMED = LONG.replace("speed", "w").replace("moved", "new_theta").replace("row", "number")
Submit = Callable[..., GradedSubmission]


class Page(HTMLParser):
    """What of a page could run or load something, its text, and its policy."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.active: list[str] = []
        self.scripts: list[str] = []
        self.links: list[str] = []
        self.policy = self.text = ""
        self._within = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag
        if tag == "script":
            self.scripts.append("")
        if tag in ("iframe", "object", "embed", "form", "link", "base", "img", "video", "input"):
            self.active.append(tag)
        for name, value in attrs:
            if name == "content" and "default-src" in (value or ""):
                self.policy = value or ""
            if name.startswith("on") or name in ("src", "srcset", "action"):
                self.active.append(f"{tag} {name}")
            if name == "href":
                self.links.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within == "script":
            self.scripts[-1] += data
        else:
            self.text += data


@pytest.fixture
def record(built: Course) -> Iterator[Callable[[GradedSubmission], None]]:
    with GradebookWriter(None, built) as writer:
        yield writer.record


def named(submission: GradedSubmission, diagnosis: str | None, *flags: str) -> GradedSubmission:
    verdicts = [replace(verdict, diagnosis=diagnosis) for verdict in submission.verdicts]
    return replace(submission, verdicts=verdicts, flags=flags)


@pytest.fixture
def graded(built: Course, record: Callable, submit: Submit) -> Course:
    """A class with something for each part of the page."""
    wrong, forgets = {"outcome": Outcome.FAILED, "credit": 0.0}, "velocity_forgets_its_past"
    record(submit("ada", answer=LONG))
    record(named(submit("bob", answer=RENAMED), None, f"cell 3, line 2: {LIBRARY} (torch.optim.SGD)"))
    record(named(submit("cyd", **wrong), forgets))
    record(named(submit("dan", **wrong), forgets, f"cell 2: {EVIL}"))
    record(named(submit("eve", **wrong, reflection=None), "not_attempted"))
    record(named(submit("fay", outcome=Outcome.PARTIAL, credit=0.5), "changes_its_arguments"))
    record(submit("gus", outcome=Outcome.ERRORED, credit=0.0, hint=EVIL))
    record(submit("hal", outcome=Outcome.UNREADABLE, credit=0.0, message=f"Not JSON: {EVIL}"))
    record(submit("ida", outcome=Outcome.MISSING, credit=0.0, message="No file."))
    record(submit("<b>jo", answer=f"    '''{EVIL}'''\n{LONG}"))
    with Gradebook(built.gradebook, "steepest") as book:
        book.update_or_create_student("ada", first_name=EVIL, last_name="O'Brien & \u202egnp")
        for student, score, again in (("ada", 3.0, False), ("bob", 1.5, True)):
            grade = book.find_grade("reflection", LESSON, LESSON, student)
            grade.manual_score, grade.needs_manual_grade = score, again
        book.db.commit()
    return built


def look(course: Course, **options: Any) -> tuple[Standing, Path]:
    found, people = class_standing(course, [LESSON], **options)
    path = report_path(course, [LESSON])
    write_report(course, path, found, people)
    return found[0], path


def test_the_figures(graded: Course) -> None:
    found, _ = look(graded)
    (exercise,) = found.exercises
    assert (found.handed_in, found.points, len(found.scores)) == (10, 2.0, 8)
    assert dict(exercise.ended) == {"passed": 3, "failed": 2, "not attempted": 1, "partial": 1, "error": 1}
    assert (exercise.difficulty, exercise.discrimination) == (3.5 / 8, None)
    assert (exercise.tried, exercise.handed_in, exercise.attempts, exercise.minutes) == (7, 8, None, None)
    assert [(item.name, item.count) for item in found.mistakes] == [
        ("velocity_forgets_its_past", 2), ("changes_its_arguments", 1),
    ]  # fmt: skip
    assert all(item.hint for item in found.mistakes)
    assert {(item.student, item.kind) for item in found.concerns} == {
        ("bob", "library"), ("dan", "flagged"), ("hal", "unreadable"), ("ida", "missing"),
    }  # fmt: skip
    assert [group.students for group in found.similar] == [("<b>jo", "ada", "bob")]
    (cell,) = found.by_hand
    assert (cell.id, cell.difficulty) == ("reflection", (1 + 0.5) / 5)  # three have handed in nothing
    assert (cell.awaiting, cell.again) == (["<b>jo", "cyd", "dan", "fay", "gus"], ["bob"])


CALL = "    from helper import шаг\n    return шаг(theta, grad, state, lr, beta)"


def test_a_copy_in_a_file_beside_a_notebook_is_found_in_its_own_encoding(
    built: Course, record: Callable, submit: Submit
) -> None:
    record(submit("ada", answer=LONG))
    record(submit("bob", answer=CALL))
    record(submit("cyd", answer="    return theta, state"))
    helper = built.root / "submitted" / "bob" / LESSON / "helper.py"
    helper.parent.mkdir(parents=True)
    before = "# coding: cp1251\n" + "def лишнее(x):\n    return [x, 1]\n" * 1_000  # which says nothing
    helper.write_bytes(f"{before}def шаг(theta, grad, state, lr, beta):\n{RENAMED}".encode("cp1251"))
    assert class_standing(built, [LESSON])[0][0].similar == []
    (built.root / "nbgrader_config.py").write_text("c = get_config()\nc.SteepestGrader.submitted_files = ['*.py']\n")
    (found,), _ = class_standing(built, [LESSON], submitted=built.root / "submitted")
    assert [group.students for group in found.similar] == [("ada", "bob")]


def test_marks_changed_by_hand_count(graded: Course) -> None:
    with Gradebook(graded.gradebook, "steepest") as book:
        book.find_grade(EXERCISE, LESSON, LESSON, "gus").manual_score = 2.0
        book.db.commit()
    found, _ = look(graded)
    assert (found.scores["gus"], found.exercises[0].difficulty) == (2.0, 4.5 / 8)


def test_the_page_says_it_and_runs_nothing_of_a_students(graded: Course) -> None:
    _, path = look(graded)
    page = Page(path)
    for words in (
        "velocity forgets its past", "Nearly the same", "work together", "5 answers", "leaves the work to a library",
        "cd build/course && jupyter lab --LabApp.default_url=/formgrader/gradebook/90_tiny/90_tiny",
        "torch.mul(speed, 1.0)", "<b>jo", EVIL, "point-biserial", "The commonest mistake",
    ):  # fmt: skip
        assert words in page.text, words
    digest = base64.b64encode(hashlib.sha256(page.scripts[0].encode()).digest()).decode()
    assert (page.active, len(page.scripts)) == ([], 1)
    assert page.policy.startswith(f"default-src 'none'; script-src 'sha256-{digest}';")
    assert all(link.startswith("#") for link in page.links)
    assert str(graded.root) not in path.read_text()


def test_the_same_class_gives_the_same_page(graded: Course) -> None:
    _, path = look(graded)
    before = path.read_bytes()
    path.unlink()
    look(graded)
    assert path.read_bytes() == before


def test_pages_of_students_are_linked_where_there_are_any(graded: Course) -> None:
    feedback = graded.course_dir / "feedback" / "<b>jo" / LESSON / f"{LESSON}.html"
    feedback.parent.mkdir(parents=True)
    feedback.touch()
    _, path = look(graded)
    assert set(filter(lambda link: link[0] != "#", Page(path).links)) == {"../feedback/%3Cb%3Ejo/90_tiny/90_tiny.html"}


def test_charts_take_their_colours_from_the_page(graded: Course) -> None:
    _, path = look(graded)
    charts = re.findall(r"<svg.*?</svg>", path.read_text(), re.DOTALL)
    assert len(charts) == 2
    for chart in charts:
        assert 'role="img"' in chart and "<title>" in chart and "var(--ink)" in chart
        assert not re.search(r"#[0-9a-f]{6}\b", re.sub(r'(?:href="|url\()#\w+', "", chart))


def test_a_failure_of_the_grader_is_listed_until_it_is_mended(built: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = built.root / "class"
    for student in ("ada", "bob"):
        (folder / student / LESSON).mkdir(parents=True)
        (folder / student / LESSON / f"{LESSON}.ipynb").write_text("{}")

    def fails(lesson: Lesson, student: str, data: bytes, **_: Any) -> GradedSubmission:
        if student == "ada":
            raise RuntimeError("no room")
        return lesson.ungraded(student, Outcome.UNREADABLE, "Not a notebook.", data)

    with monkeypatch.context() as patch:
        patch.setattr(lanes, "grade_submission", fails)
        grade_lesson(built, LESSON, folder, sandbox=NoSandbox())
    assert "no room" in Autograded(built, LESSON).ungraded()["ada"]
    found, path = look(built)
    assert ("ada", "no mark") in {(item.student, item.kind) for item in found.concerns}
    assert "the grader failed" in Page(path).text
    grade_lesson(built, LESSON, folder, sandbox=NoSandbox(), students={"bob"})
    assert set(Autograded(built, LESSON).ungraded()) == {"ada"}
    monkeypatch.setattr(
        lanes,
        "grade_submission",
        lambda lesson, student, data, **_: lesson.ungraded(student, Outcome.MISSING, "", data),
    )
    grade_lesson(built, LESSON, folder, sandbox=NoSandbox())
    assert Autograded(built, LESSON).ungraded() == {}


TOLD: dict[str, tuple[str, Practice | None]] = {
    "both": ('{"exercises": {"momentum_step": {"attempts": 4, "seconds": 90.5, "more": []}}}', Practice(4, 90.5)),
    "one": ('{"exercises": {"momentum_step": {"attempts": 4}}}', Practice(4, None)),
    "too much": ('{"exercises": {"momentum_step": {"attempts": 1e99, "seconds": -1}}}', Practice()),
    "no numbers": ('{"exercises": {"momentum_step": {"attempts": true, "seconds": NaN}}}', Practice()),
    "another shape": ('{"exercises": {"momentum_step": 3}}', None),
    "a list": ("[1]", None),
    "no JSON": ("{", None),
    "deep": ("[" * 100_000, None),
    "a long number": ('{"exercises": {"momentum_step": {"attempts": ' + "9" * 5000 + "}}}", None),
    "large": ('{"exercises": {}, "more": "' + "x" * 2**20 + '"}', None),
}


@pytest.mark.parametrize("case", TOLD)
def test_what_students_machines_tell_is_read_within_bounds(case: str, tmp_path: Path) -> None:
    text, wanted = TOLD[case]
    path = tmp_path / "ada" / LESSON / PROGRESS
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert practice(tmp_path, LESSON).get("ada", {}).get(EXERCISE) == wanted


def test_attempts_and_minutes_are_medians(graded: Course) -> None:
    folder = graded.root / "class"
    for student, attempts in (("ada", 2), ("bob", 5), ("cyd", 9), ("nobody", 99)):
        path = folder / student / LESSON / PROGRESS
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"exercises": {EXERCISE: {"attempts": attempts, "seconds": 60 * attempts}}}))
    found, path = look(graded, submitted=folder)
    assert "minutes" in re.findall("<thead>.*?</thead>", path.read_text())[0]
    assert (found.exercises[0].attempts, found.exercises[0].minutes) == (5, 5)


def test_the_command(graded: Course) -> None:
    out = graded.root / "out.json"
    done = CliRunner().invoke(main, ["--course", str(graded.root), "report", "--json", str(out)])
    assert done.exit_code == 0, done.output
    assert report_path(graded, [LESSON]).is_file()
    (row,) = json.loads(out.read_text())
    assert row == json.loads(json.dumps(as_json([look(graded)[0]])[0]))
    assert (row["lesson"], row["exercises"][0]["id"], "answers" in row) == (LESSON, EXERCISE, False)


def test_who_is_in_another_gradebook_is_named_and_left_out(graded: Course, submit: Submit) -> None:
    url = f"sqlite:///{graded.root / 'other.db'}"
    with GradebookWriter(url, graded) as writer:
        writer.prepare(load(graded, LESSON))
        writer.record(submit("bob"))
    found, path = look(graded, gradebook_url=url)
    assert (found.handed_in, list(found.scores)) == (1, ["bob"])
    assert (len(found.others), found.concerns) == (9, [])
    assert "Graded, but not in this gradebook" in Page(path).text


def test_nothing_graded_is_said(built: Course) -> None:
    done = CliRunner().invoke(main, ["--course", str(built.root), "report", LESSON])
    assert (done.exit_code, "Nothing of 90_tiny is graded" in " ".join(done.output.split())) == (1, True)


def test_several_lessons_on_one_page(graded: Course) -> None:
    found, people = class_standing(graded, [LESSON])
    second = replace(found[0], lesson="91_other")
    path = report_path(graded, [LESSON, "91_other"])
    write_report(graded, path, [found[0], second], people)
    page = Page(path)
    assert path.name == "course.html" and page.active == []
    assert "The whole course" in page.text and page.text.count("91_other") > 4


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_in_a_browser(graded: Course) -> None:
    _, path = look(graded)
    problems: list[str] = []
    with open_page(problems) as page:
        page.goto(path.as_uri())
        assert page.title() == f"{LESSON}: class report"
        table = page.get_by_role("region", name="For a human eye")
        header = table.get_by_role("columnheader", name="student")
        seen = []
        for _ in range(2):
            header.get_by_role("button").click()
            seen.append((header.get_attribute("aria-sort"), table.locator("tbody th").all_inner_texts()))
        assert seen == [("ascending", ["bob", "dan", "hal", "ida"]), ("descending", ["ida", "hal", "dan", "bob"])]
        papers = []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            papers.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert papers == ["rgb(255, 255, 255)", "rgb(20, 24, 31)"]
        page.set_viewport_size({"width": 360, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == papers[0]
    assert problems == []
