"""The reading site of this course: whole, offline, and without a line of any solution."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from steepest_grader.course.find import find_course
from steepest_grader.course.lesson import load

LONG = bool(os.environ.get("STEEPEST_LONG"))
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

COURSE = find_course(Path(__file__))
LESSONS = COURSE.lessons() if LONG else ["00_start_here", "05_momentum"]
REGION = re.compile(r"### BEGIN (?:SOLUTION|HIDDEN TESTS)\n(.*?)### END", re.DOTALL)
TAG = re.compile(r"<[^<>]*>")
TELLING = 30


def _site(out: Path) -> str:
    command = [
        sys.executable,
        "-m",
        "steepest_grader",
        "--course",
        str(COURSE.root),
        "site",
        *LESSONS,
        "--out",
        str(out),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    assert "was written" in _site(folder).replace("\n", " ")
    return folder


@pytest.fixture(scope="module")
def texts(out: Path) -> dict[str, str]:
    """Every file of the site as squeezed text, but for those that MathJax brings."""
    found = {}
    for path in sorted((out / "html").rglob("*")):
        name = path.relative_to(out / "html").as_posix()
        if path.is_file() and not name.startswith("_static/mathjax/"):
            found[name] = _squeezed(html.unescape(TAG.sub("", path.read_text(encoding="utf-8", errors="replace"))))
    return found


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _secret_lines(lesson: str) -> Iterator[str]:
    """Long lines between the marks of a lesson's source that its released notebook does not hold elsewhere."""
    found = load(COURSE, lesson)
    public = _squeezed("".join(cell.source for cell in found.released.cells))
    for cell in found.source.cells:
        for region in REGION.findall(f"{cell.source}\n"):
            for line in (region, *region.splitlines()):
                if len(_squeezed(line)) > TELLING and _squeezed(line) not in public:
                    yield _squeezed(line)


@pytest.mark.parametrize("lesson", COURSE.lessons())
def test_no_solution_and_no_hidden_test_is_in_any_file(texts: dict[str, str], lesson: str) -> None:
    package = [_squeezed(path.read_text(encoding="utf-8")) for path in COURSE.student_package.rglob("*.py")]
    lines = [line for line in _secret_lines(lesson) if not any(line in text for text in package)]
    assert len(lines) > 5
    assert [(name, line) for line in lines for name, text in texts.items() if line in text] == []


def test_every_lesson_has_its_page_and_its_notebook(out: Path, texts: dict[str, str]) -> None:
    for lesson in LESSONS:
        assert f"lessons/{lesson}.html" in texts
        notebook = json.loads((out / "html" / "notebooks" / f"{lesson}.ipynb").read_bytes())
        assert notebook == json.loads((COURSE.lessons_dir / lesson / f"{lesson}.ipynb").read_bytes())
        page = (out / "html" / "lessons" / f"{lesson}.html").read_text(encoding="utf-8")
        assert page.count("raiseNotImplementedError()") == 0
        assert _squeezed(TAG.sub("", page)).count("raiseNotImplementedError()") >= len(COURSE.exercises(lesson))
        assert page.count("<img") >= 4 and page.count("<details") > len(COURSE.exercises(lesson))
        assert 'src="../_static/mathjax/tex-chtml.js' in page


@pytest.mark.parametrize(
    "name", ["index", "syllabus", "grading", "students", "instructors", "authors", "docs/trust", "docs/security",
             "reference/index", "reference/steepest.data", "search"],
)  # fmt: skip
def test_it_has_its_pages(texts: dict[str, str], name: str) -> None:
    assert f"{name}.html" in texts


def test_nothing_is_done_where_nothing_has_changed(out: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (out / "html").rglob("*")}
    assert "Nothing has changed." in _site(out)
    assert {path: path.stat().st_mtime_ns for path in (out / "html").rglob("*")} == before
