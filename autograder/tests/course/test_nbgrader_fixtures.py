"""A course of plain nbgrader gets from this grader the scores that nbgrader's own tests and guide state.

The notebooks are those that nbgrader ships with its tests; the scores are those that it asserts of them.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import nbgrader
import pytest
from click.testing import CliRunner, Result
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook
from steepest_grader.cli import main
from steepest_grader.course.find import find_any_course
from steepest_grader.course.handout import released_notebook
from steepest_grader.course.lesson import load
from steepest_grader.course.nbgrader_course import NbgraderCourse
from steepest_grader.errors import CourseError
from steepest_grader.grading.batch import grade_lesson
from steepest_grader.sandbox import kernel
from steepest_grader.sandbox.base import Sandbox

pytestmark = [
    pytest.mark.sandbox,
    # nbgrader does not close what it used to make its autotests
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

HOME = Path(str(nbgrader.__file__)).parent
FILES = HOME / "tests" / "apps" / "files"
GUIDE = HOME / "docs" / "source" / "user_guide"
ANY = None

# source, what is handed in, score, points, whether something waits for a person: None where nbgrader does not say
SCORES: list[tuple[str, str, float, float | None, bool | None]] = [
    ("submitted-unchanged", "submitted-unchanged", 1, 7, False),
    ("submitted-unchanged", "submitted-changed", 2, 7, True),
    ("submitted-unchanged", "submitted-cheat-attempt", 1, 7, True),
    ("submitted-unchanged", "submitted-cheat-attempt-alternative", 1, 7, True),
    ("submitted-unchanged", "submitted-grade-cell-changed", 1, 7, False),
    ("submitted-unchanged", "submitted-locked-cell-changed", 1, 7, False),
    ("autotest-simple", "autotest-simple-unchanged", 0, 1, False),
    ("autotest-simple", "autotest-simple-changed", 1, 1, False),
    ("autotest-hashed", "autotest-hashed-unchanged", 0, 1, False),
    ("autotest-hashed", "autotest-hashed-changed", 1, 1, False),
    ("autotest-multi", "autotest-multi-unchanged", 0, 4, False),
    ("autotest-multi", "autotest-multi-changed", 3, 4, False),
    ("autotest-hidden", "autotest-hidden-unchanged", 0, ANY, ANY),
    ("autotest-hidden", "autotest-hidden-changed-wrong", 0, ANY, ANY),
    ("autotest-hidden", "autotest-hidden-changed-right", 1, ANY, ANY),
    ("test-hidden-tests", "test-hidden-tests", 1.5, ANY, ANY),
    ("validating-environment-variable", "validating-environment-variable", 0, ANY, ANY),
    ("timeout", "timeout", 1, ANY, ANY),
    ("open_relative_file", "open_relative_file", 10, 10, ANY),
    ("side-effects", "side-effects", 0, 0, ANY),
    ("validation-zero-points", "validation-zero-points", 0, 0, ANY),
]
TOO_SLOW = ["timeout", "infinite-loop"]


def copy(name: str, folder: Path, to: str = "p1") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(FILES / f"{name}.ipynb", folder / f"{to}.ipynb")


def course_of(root: Path, pairs: list[tuple[str, str]]) -> NbgraderCourse:
    """An assignment for each source, and a student for each notebook that is handed in."""
    for source, handed_in in pairs:
        copy(source, root / "source" / source)
        copy(handed_in, root / "submitted" / handed_in / source)
    shutil.copy(FILES / "autotests.yml", root)
    if (root / "source" / "open_relative_file").is_dir():
        shutil.copy(FILES / "data.txt", root / "source" / "open_relative_file")
    return NbgraderCourse(root)


def grade(course: NbgraderCourse, sandbox: Sandbox) -> None:
    for lesson in course.lessons():
        grade_lesson(course, lesson, course.root / "submitted", sandbox=sandbox, jobs=2)


def entries(root: Path, assignment: str, student: str) -> dict[str, tuple[float, float, bool]]:
    """Score, points and whether a person has to look, of all notebooks of a student."""
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        return {
            item.name: (item.score, item.max_score, item.needs_manual_grade)
            for item in book.find_submission(assignment, student).notebooks
        }


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Path:
    """A course of all of nbgrader's notebooks, graded."""
    course = course_of(tmp_path_factory.mktemp("course"), [row[:2] for row in SCORES])
    grade(course, sandbox)
    return course.root


@pytest.mark.parametrize(("source", "handed_in", *("score", "points", "by_hand")), SCORES, ids=[r[1] for r in SCORES])
def test_scores(
    source: str, handed_in: str, score: float, points: float | None, by_hand: bool | None, graded: Path
) -> None:
    found = entries(graded, source, handed_in)["p1"]
    assert found == (score, found[1] if points is None else points, found[2] if by_hand is None else by_hand)


@pytest.mark.parametrize(
    ("student", "comment"), [("submitted-unchanged", "No response."), ("submitted-changed", None)], ids=str
)
def test_comments(student: str, comment: str | None, graded: Path) -> None:
    with Gradebook(f"sqlite:///{graded / 'gradebook.db'}") as book:
        found = [book.find_comment(name, "p1", "submitted-unchanged", student) for name in ("set_a", "baz", "quux")]
        assert [item.comment for item in found] == [comment] * 3


def test_a_shorter_time_limit(tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "CELL_SECONDS", 2)
    course = course_of(tmp_path, [(name, name) for name in TOO_SLOW])
    grade(course, sandbox)
    assert [entries(tmp_path, name, name)["p1"][0] for name in TOO_SLOW] == [0, 0]


def invoke(root: Path, *words: object) -> Result:
    return CliRunner().invoke(main, ["--course", str(root), *map(str, words)])


def test_the_course_of_the_guide(tmp_path: Path, warm: None) -> None:
    shutil.copytree(GUIDE / "submitted", tmp_path / "submitted")
    shutil.copytree(GUIDE / "source" / "ps1", tmp_path / "source" / "ps1")
    shutil.copy(GUIDE / "source" / "header.ipynb", tmp_path / "source")
    config = ['c.CourseDirectory.course_id = "course101"', 'c.IncludeHeaderFooter.header = "source/header.ipynb"']
    (tmp_path / "nbgrader_config.py").write_text("\n".join(config))
    done = invoke(tmp_path / "source", "grade", "ps1")
    assert done.exit_code == 0, done.output
    with (GUIDE / "grades.csv").open() as file:
        stated = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    found = {student: entries(tmp_path, "ps1", student) for student in stated}
    assert {name: sum(item[0] for item in books.values()) for name, books in found.items()} == stated
    assert {name: [item[1:] for item in books.values()] for name, books in found.items()} == {
        name: [(10, True), (3, True)] for name in stated
    }
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}", "course101") as book:
        assert [item.course_id for item in book.assignments] == ["course101"]
    again = invoke(tmp_path, "grade", "ps1/problem1")
    assert "2 submissions, 2 of them graded before" in " ".join(again.output.split())
    assert invoke(tmp_path, "feedback", "ps1").exit_code == 0
    pages = [path.relative_to(tmp_path / "feedback").as_posix() for path in (tmp_path / "feedback").rglob("*.html")]
    assert sorted(pages) == [f"{name}/ps1/problem{number}.html" for name in sorted(stated) for number in (1, 2)]


def test_a_missing_notebook_and_a_copy(tmp_path: Path, sandbox: Sandbox) -> None:
    for name in ("p1", "p2"):
        copy("submitted-unchanged", tmp_path / "source" / "ps1", name)
    copy("submitted-changed", tmp_path / "submitted" / "foo" / "ps1", "p1")
    copy("submitted-unchanged", tmp_path / "submitted" / "foo" / "ps1", "p1 copy")
    grade(NbgraderCourse(tmp_path), sandbox)
    assert entries(tmp_path, "ps1", "foo") == {"p1": (2, 7, True), "p2": (0, 7, False)}
    assert not (tmp_path / "autograded" / "foo" / "ps1" / "p1 copy.ipynb").exists()


def test_the_settings_of_the_course(tmp_path: Path) -> None:
    copy("test-hidden-tests", tmp_path / "source" / "ps1")
    (tmp_path / "nbgrader_config.py").write_text('c.ClearSolutions.code_stub = {"python": "# your turn"}\n')
    course = NbgraderCourse(tmp_path)
    sources = "\n".join(cell.source for cell in released_notebook(course.source("ps1/p1"), config=course.config).cells)
    assert "# your turn" in sources and "YOUR CODE HERE" not in sources and "HIDDEN TESTS" not in sources


def _notebook(text: str) -> Callable[[Path], None]:
    return lambda root: (root / "source" / "ps1" / "p1.ipynb").write_text(text) and None


KERNEL = {"name": "python3", "display_name": "Python 3"}
REFUSED: dict[str, tuple[str | Callable[[Path], None], str]] = {
    "an old schema": ("test-v2", "nbgrader update"),
    "the oldest schema": ("test-v0", "nbgrader update"),
    "a schema of the future": ("too-new", "schema 10, and not 3"),
    "no file with the autotests": ("autotest-simple", "FileNotFoundError"),
    "not a notebook": (_notebook("{"), "is not a notebook"),
    "another language": (
        _notebook('{"nbformat": 4, "nbformat_minor": 4, "cells": [], "metadata": {"kernelspec": {"language": "R"}}}'),
        "written in R",
    ),
    "settings that do not run": (lambda root: (root / "nbgrader_config.py").write_text("1 / 0") and None, "ZeroDivis"),
    "a picture in a mark scheme": (
        _notebook(
            nbformat.writes(
                new_notebook(cells=[new_markdown_cell("### BEGIN MARK SCHEME\n![](attachment:x)\n### END MARK SCHEME")])
            )
        ),
        r"Encountered an attachment in a marking scheme\.$",
    ),
    "an AUTOTEST in a plain cell": (
        _notebook(
            nbformat.writes(new_notebook(cells=[new_code_cell("### AUTOTEST x")], metadata={"kernelspec": KERNEL}))
        ),
        "a line with AUTOTEST stands in a cell that is no test",
    ),
    "points that are no number": (
        _notebook(
            nbformat.writes(
                new_notebook(
                    cells=[
                        new_code_cell("", metadata={"nbgrader": {"grade": True, "grade_id": "a", "schema_version": 3}})
                    ]
                )
            )
        ),
        "give this graded cell its points",
    ),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_is_refused(case: str, tmp_path: Path) -> None:
    make, said = REFUSED[case]
    copy(make if isinstance(make, str) else "submitted-unchanged", tmp_path / "source" / "ps1")
    if case != "no file with the autotests":
        shutil.copy(FILES / "autotests.yml", tmp_path)
    if not isinstance(make, str):
        make(tmp_path)
    with pytest.raises(CourseError, match=said):
        load(NbgraderCourse(tmp_path), "ps1/p1")


def test_which_course_is_meant(tmp_path: Path) -> None:
    copy("test", tmp_path / "source" / "ps1", "a")
    copy("test", tmp_path / "source" / "ps1", "b")
    (tmp_path / "source" / "ps1" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "source" / "ps1" / "data").mkdir()
    (tmp_path / "source" / "ps1" / "data" / "x.csv").write_bytes(b"1")
    course = find_any_course(tmp_path / "source" / "ps1")
    assert (course.root, course.lessons()) == (tmp_path, ["ps1/a", "ps1/b"])
    assert course.named(["ps1", "ps1/b", "ps2"]) == ["ps1/a", "ps1/b", "ps1/b", "ps2"]
    assert course.files("ps1/a") == {"data/x.csv": b"1"}
    with pytest.raises(CourseError, match="no 'ps2' in source/"):
        course.source("ps2")
    assert "is not within a course" in " ".join(invoke(tmp_path, "build").output.split())


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The same course, graded by nbgrader."""
    course = course_of(tmp_path_factory.mktemp("theirs"), [row[:2] for row in SCORES])
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for assignment in sorted({lesson.split("/")[0] for lesson in course.lessons()}):
        for step in ("generate_assignment", "autograde"):
            command = [sys.executable, "-m", "nbgrader", step, assignment]
            subprocess.run(command, cwd=course.root, env=os.environ | {"PATH": path}, check=True, timeout=300)
    yield course.root


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.skipif("STEEPEST_LONG" not in os.environ, reason="nbgrader takes minutes for them: STEEPEST_LONG=1")
@pytest.mark.parametrize("row", SCORES, ids=[row[1] for row in SCORES])
def test_nbgrader_itself(row: tuple[str, str], graded: Path, theirs: Path) -> None:
    assert entries(graded, *row[:2]) == entries(theirs, *row[:2])
