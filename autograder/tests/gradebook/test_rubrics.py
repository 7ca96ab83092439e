"""Which pages show a rubric, and what of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from steepest_grader.gradebook.rubrics import ABOVE, Rubrics
from traitlets.config import Config

FORMGRADER = {"submission_id": "7", "assignment_id": "ps1", "notebook_id": "problem1"}


def answer(name: str, source: str, *, grade: bool = True, solution: bool = True) -> NotebookNode:
    header = {"grade_id": name, "grade": grade, "solution": solution, "schema_version": 3, "locked": False}
    cell = new_markdown_cell(source) if solution else new_code_cell(source)
    cell.metadata["nbgrader"] = header
    return cell


def shown(root: Path, resources: dict[str, Any]) -> list[str]:
    handed_in = [answer("first", "Mine."), new_markdown_cell("Text."), answer("second", "Mine too."), answer("t", "1")]
    config = Config({"CourseDirectory": {"root": str(root)}})
    return [
        cell.source for cell in Rubrics(config=config).preprocess(new_notebook(cells=handed_in), resources)[0].cells
    ]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    cells = [
        answer("first", "### BEGIN SOLUTION\nGood.\n\n*Rubric.* 1 for *that*.\n### END SOLUTION"),
        answer("second", "Good, and no word on why."),
        answer("t", "*Rubric.* Of a test.", solution=False),
    ]
    path = tmp_path / "source" / "ps1" / "problem1.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(new_notebook(cells=cells), path)
    return tmp_path


def test_formgrader_shows_it_before_its_answer(course: Path) -> None:
    assert shown(course, FORMGRADER) == [f"{ABOVE}\n\n1 for *that*.", "Mine.", "Text.", "Mine too.", "1"]


@pytest.mark.parametrize(
    "resources", [{}, {"nbgrader": {"student": "ada"}}, {**FORMGRADER, "notebook_id": "problem2"}], ids=str
)
def test_other_pages_and_those_without_a_source_stay_as_they_are(course: Path, resources: dict[str, Any]) -> None:
    assert shown(course, resources) == ["Mine.", "Text.", "Mine too.", "1"]
