"""What docs/nbgrader.md says of odd submissions is so in a course of plain nbgrader."""

from __future__ import annotations

import copy
import io
import json
import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from kinds import NO_DIFFERENCE, course_of, handed_in
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output
from steepest_grader.cli import main
from steepest_grader.course.nbgrader_course import NbgraderCourse
from steepest_grader.exercise.model import GradedSubmission, Outcome
from steepest_grader.grading.batch import grade_lesson
from steepest_grader.sandbox.base import Sandbox

pytestmark = pytest.mark.sandbox

LESSON, ALL = "structures/work", 10
Change = Callable[[NotebookNode], object]


@dataclass(frozen=True)
class Row:
    """What is done to right work, what it earns of `ALL`, and what is said of it."""

    change: Change | bytes
    score: float = ALL
    said: str = ""
    outcome: Outcome | None = None


def _at(notebook: NotebookNode, name: str) -> int:
    return next(n for n, cell in enumerate(notebook.cells) if cell.metadata.nbgrader.get("grade_id") == name)


def _marked(notebook: NotebookNode) -> NotebookNode:
    """The same, whose other cells have an empty header too."""
    for cell in notebook.cells:
        cell.metadata.setdefault("nbgrader", {})
    return notebook


def _source(name: str, of: Callable[[str], str]) -> Change:
    def change(notebook: NotebookNode) -> None:
        cell = notebook.cells[_at(notebook, name)]
        cell.source = of(cell.source)

    return change


def _insert(name: str, *cells: NotebookNode, below: bool = False) -> Change:
    def change(notebook: NotebookNode) -> None:
        place = _at(notebook, name) + below
        notebook.cells[place:place] = copy.deepcopy(list(cells))

    return change


def _double(notebook: NotebookNode) -> None:
    """A first try of an answer above it, as a copy of the cell with all of its metadata."""
    place = _at(notebook, "rotations")
    first = copy.deepcopy(notebook.cells[place])
    first.source, first.id = "def rotations(word):\n    return []", "copied"
    notebook.cells.insert(place, first)


def _bare(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.metadata = NotebookNode()
        cell.pop("id")
    notebook.nbformat_minor = 4


def _points(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if "points" in cell.metadata.nbgrader:
            cell.metadata.nbgrader.points = 1000


def _shown(notebook: NotebookNode) -> None:
    cell = notebook.cells[_at(notebook, "ring")]
    cell.outputs = [new_output("display_data", data={"text/html": "<script>alert('Ada')</script>"})]


PRINTS = "import sys, warnings; print('a bar', file=sys.stderr); warnings.warn('old')\n"
EQUAL = "class Same:\n    def __eq__(self, other): return True\ndef rotations(word): return Same()"
CONFLICT = b'<<<<<<< HEAD\n{"cells": []}\n=======\n{}\n>>>>>>> mine\n'
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 3\n"
ARCHIVE = io.BytesIO()
with zipfile.ZipFile(ARCHIVE, "w") as _archive:
    _archive.writestr("work.ipynb", "{}")
ROWS: dict[str, Row] = {
    "right": Row(lambda notebook: None),
    "stderr": Row(
        _source("rotations", lambda text: PRINTS + text.replace("found = []", f"found = []; {PRINTS}".rstrip()))
    ),
    "twice": Row(_double),
    "deleted": Row(lambda notebook: notebook.cells.pop(_at(notebook, "ring_wraps"))),
    "answer moved": Row(lambda notebook: notebook.cells.append(notebook.cells.pop(_at(notebook, "rotations")))),
    "moved": Row(lambda notebook: notebook.cells.insert(0, notebook.cells.pop(_at(notebook, "rotations_part")))),
    "edited": Row(_source("ring_full", lambda text: "1 / 0"), said="ring_full"),
    "bare": Row(_bare),
    "points": Row(_points, said="points"),
    "json": Row(b"{", 0, "cannot be read", Outcome.UNREADABLE),
    "none": Row(b'{"a": 1}', 0, "cannot be read", Outcome.UNREADABLE),
    "conflict": Row(CONFLICT, 0, "conflict", Outcome.UNREADABLE),
    "pointer": Row(POINTER, 0, "LFS", Outcome.UNREADABLE),
    "page": Row(b"<!DOCTYPE html><html></html>", 0, "page", Outcome.UNREADABLE),
    "archive": Row(ARCHIVE.getvalue(), 0, "archive", Outcome.UNREADABLE),
    "exits": Row(
        _source("rotations", lambda text: f"{text}\nimport os; os._exit(0)"), 6, "the process ended in the middle"
    ),
    "equal": Row(_source("rotations", lambda text: EQUAL), ALL, "__eq__"),
    "timeit": Row(_source("rotations", lambda text: f"%%timeit -n1 -r1\n{text}"), 6, "Take that line away"),
    "import": Row(
        lambda notebook: (
            _source("imports", lambda text: f"{text}\nimport itertools")(notebook),
            _source(
                "rotations", lambda text: "itertools\n" + text.replace("found = []", "found = list(itertools.chain())")
            )(notebook),
        ),
        6,
        "was not kept",
    ),
    "spaces": Row(_source("ring_full", lambda text: text.replace("'", '"').replace("\n", "\r\n") + "\n\n"), said="-"),
    "backend": Row(_insert("ring", new_code_cell("%matplotlib widget"))),
    "outputs": Row(_shown),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of the kind "structures", to which every row hands in."""
    course = course_of(tmp_path_factory.mktemp("differs"), "structures")
    for name, row in ROWS.items():
        notebook = _marked(nbformat.reads(handed_in(course, "structures", "right", "nbformat 4.5"), as_version=4))
        data = row.change
        if not isinstance(data, bytes):
            data(notebook)
            data = json.dumps(notebook).encode()
        place = course.root / "submitted" / name / "structures"
        place.mkdir(parents=True)
        (place / "work.ipynb").write_bytes(data)
        (place / "other.ipynb").write_text("{")
    (course.root / "submitted" / "missing" / "structures").mkdir(parents=True)
    return course.root


@pytest.fixture(scope="module")
def graded(root: Path, sandbox: Sandbox) -> Mapping[str, GradedSubmission]:
    batch = grade_lesson(NbgraderCourse(root), LESSON, root / "submitted", sandbox=sandbox, jobs=2)
    return {item.student: item for item in batch.submissions}


@pytest.mark.parametrize("name", ROWS)
def test_odd_submissions(name: str, graded: Mapping[str, GradedSubmission]) -> None:
    row, found = ROWS[name], graded[name]
    assert found.score == row.score
    assert row.outcome in (None, found.outcome)
    said = "\n".join([found.message, *found.flags, *(verdict.message for verdict in found.verdicts)])
    assert (row.said in said) if row.said != "-" else found.flags == []


def test_who_hands_in_no_notebook_is_told(graded: Mapping[str, GradedSubmission]) -> None:
    assert (graded["missing"].outcome, graded["missing"].score) == (Outcome.MISSING, 0)


def test_feedback_shows_no_hidden_test_and_runs_nothing(graded: Mapping[str, GradedSubmission], root: Path) -> None:
    done = CliRunner().invoke(main, ["--course", str(root), "feedback", "structures"])
    assert done.exit_code == 0, done.output
    pages = {path.parts[-3]: path.read_text() for path in (root / "feedback").rglob("*.html")}
    assert pages.keys() == {*ROWS, "missing"}
    never = ("range(5)", "HIDDEN TESTS", "alert(")
    assert [name for name, page in pages.items() if any(text in page for text in never)] == []


def test_settings_that_make_no_difference_make_none(
    root: Path, graded: Mapping[str, GradedSubmission], tmp_path: Path, sandbox: Sandbox
) -> None:
    course = course_of(tmp_path, "structures")
    (tmp_path / "nbgrader_config.py").write_text(f"c = get_config()\n{NO_DIFFERENCE}")
    for name in ("stderr", "deleted"):
        shutil.copytree(root / "submitted" / name, tmp_path / "submitted" / name)
    batch = grade_lesson(course, LESSON, tmp_path / "submitted", sandbox=sandbox)
    assert [item.as_json()["exercises"] for item in batch.submissions] == [
        graded[name].as_json()["exercises"] for name in ("deleted", "stderr")
    ]
    again = grade_lesson(NbgraderCourse(tmp_path), LESSON, tmp_path / "submitted", sandbox=sandbox)
    assert again.reused == 2
