"""Courses of other kinds than nbgrader's own, saved by whatever students use, get nbgrader's marks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from kinds import HANDED_IN, TOOLS, course_of_kinds, named
from nbgrader.api import Gradebook
from steepest_grader.grading.batch import grade_lesson
from steepest_grader.sandbox.base import Sandbox

pytestmark = [
    pytest.mark.sandbox,
    # nbgrader does not close what it used to make its autotests
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

# What nbgrader gives, by the names of the cells in their order; None is left to a person.
MARKS: dict[str, dict[str, list[float | None]]] = {
    "structures": {
        "right": [None, 1, 2, 3, 4],
        "half": [None, 0, 2, 0, 3],
        "unchanged": [0, 0, 0, 0, 0],
        "broken": [None, 0, 0, 0, 3],
    },
    "statistics": {
        "right": [3, 1, None, 2, 1, None],
        "half": [0, 0, None, 2, 1, None],
        "unchanged": [0, 0, None, 0, 1, 0],
        "broken": [0, 0, None, 2, 1, None],
    },
    "numerics": {
        "right": [1, 2, 2, 2, 3],
        "half": [1, 0, 2, 0, 1],
        "unchanged": [0, 0, 0, 0, 0],
        "broken": [1, 0, 0, 0, 1],
    },
    "learning": {
        "right": [1, 2, 2, 2, None],
        "half": [1, 2, 0, 2, None],
        "unchanged": [0, 0, 0, 0, 0],
        "broken": [0, 2, 0, 2, None],
    },
}


def marks(root: Path, kind: str, student: str) -> list[float | None]:
    """The mark of each cell, or None where a person has still to give it."""
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        [notebook] = book.find_submission(kind, student).notebooks
        grades = {grade.name: None if grade.needs_manual_grade else grade.score for grade in notebook.grades}
    return [grades[name] for name in sorted(grades)]


def test_every_tool_and_every_student_is_there() -> None:
    assert {(kind, student) for kind, student, _ in HANDED_IN} == {(k, s) for k, own in MARKS.items() for s in own}
    assert {tool for kind, student, tool in HANDED_IN if (kind, student) == ("structures", "half")} == {*TOOLS}


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Path:
    course = course_of_kinds(tmp_path_factory.mktemp("kinds"))
    for lesson in course.lessons():
        grade_lesson(course, lesson, course.root / "submitted", sandbox=sandbox, jobs=2)
    return course.root


@pytest.mark.parametrize(("kind", "student", "tool"), HANDED_IN)
def test_marks(kind: str, student: str, tool: str, ours: Path) -> None:
    assert marks(ours, kind, named(student, tool)) == MARKS[kind][student]


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = course_of_kinds(tmp_path_factory.mktemp("theirs")).root
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for assignment in sorted({kind for kind, _, _ in HANDED_IN}):
        for step in ("generate_assignment", "autograde"):
            command = [sys.executable, "-m", "nbgrader", step, assignment]
            subprocess.run(command, cwd=root, env=os.environ | {"PATH": path}, check=True, timeout=600)
    return root


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif("STEEPEST_LONG" not in os.environ, reason="nbgrader takes minutes for them: STEEPEST_LONG=1")
@pytest.mark.parametrize(("kind", "student", "tool"), HANDED_IN)
def test_nbgrader_itself(kind: str, student: str, tool: str, theirs: Path) -> None:
    assert marks(theirs, kind, named(student, tool)) == MARKS[kind][student]
