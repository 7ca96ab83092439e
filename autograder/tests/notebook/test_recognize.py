"""Cells that look alike, or that tell nothing of themselves, are known by their place among the others."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from steepest_grader.notebook.cells import grade_id
from steepest_grader.notebook.restore import read, restore

N_QUESTIONS = 3
Cells = list[dict[str, Any]]


@pytest.fixture(scope="module")
def released() -> NotebookNode:
    """Questions whose tests are hidden, so that all that students see of each is an empty cell."""
    cells = [_cell("import math", "setup", locked=True)]
    for number in range(1, N_QUESTIONS + 1):
        cells.append(new_markdown_cell(f"Question {number}: set x{number} to {number}.", id=f"q{number}"))
        cells.append(_cell("# YOUR CODE HERE", f"a{number}", solution=True))
        cells.append(_cell("", f"t{number}", grade=True, locked=True, points=1))
    return new_notebook(cells=cells)


def _cell(source: str, name: str, **header: Any) -> NotebookNode:
    return new_code_cell(source, id=name, metadata={"nbgrader": {"grade_id": name, "schema_version": 3, **header}})


def _remove(*names: str) -> Callable[[Cells], object]:
    return lambda cells: [cells.remove(cell) for cell in list(cells) if cell["id"] in names]


def _insert(before: str, source: str) -> Callable[[Cells], object]:
    def insert(cells: Cells) -> None:
        place = next(place for place, cell in enumerate(cells) if cell["id"] == before)
        cells.insert(place, {"cell_type": "code", "source": source, "id": f"before {before}"})

    return insert


CHANGES: dict[str, Callable[[Cells], object]] = {
    "nothing": lambda cells: None,
    "the first test is gone": _remove("t1"),
    "the middle test is gone": _remove("t2"),
    "all tests are gone": _remove("t1", "t2", "t3"),
    "questions are gone": _remove("q1", "q3"),
    "all but answers is gone": _remove("setup", "q1", "q2", "q3", "t1", "t2", "t3"),
    "empty cells at the end": lambda cells: cells.extend({"cell_type": "code", "source": "", "id": ""} for _ in "ab"),
    "an empty cell behind a test": _insert("q2", ""),
    "a cell of their own at the top": _insert("setup", "import random"),
}


@pytest.mark.parametrize("change", CHANGES, ids=str)
@pytest.mark.parametrize("stripped", [True, False], ids=["without metadata", "with metadata"])
def test_each_test_comes_behind_its_answer(change: str, stripped: bool, released: NotebookNode) -> None:
    submitted = _written(released)
    CHANGES[change](submitted)
    restored = restore(read(_bytes(submitted, stripped=stripped)), released)
    sources = [cell.source for cell in restored.cells]
    names = [grade_id(cell) for cell in restored.cells]
    for number in range(1, N_QUESTIONS + 1):
        assert sources.index(f"x{number} = {number}") < names.index(f"t{number}")
        assert names[sources.index(f"x{number} = {number}")] == f"a{number}"
    known = [name for name in names if name is not None]
    assert len(known) == len(set(known))


def test_more_cells_than_answers_stay_plain_where_nothing_tells_which_is_which(released: NotebookNode) -> None:
    submitted = _written(released)
    _insert("a2", "helper = 2")(submitted)
    restored = restore(read(_bytes(submitted, stripped=True)), released)
    found = {cell.source: grade_id(cell) for cell in restored.cells if cell.source}
    assert (found["x1 = 1"], found["helper = 2"], found["x2 = 2"], found["x3 = 3"]) == ("a1", None, None, "a3")


def _written(released: NotebookNode) -> Cells:
    """The notebook as a student with right answers has it."""
    cells: Cells = json.loads(json.dumps(released.cells))
    for cell in cells:
        if cell["id"].startswith("a"):
            number = cell["id"][1:]
            cell["source"] = f"x{number} = {number}"
    return cells


def _bytes(cells: Cells, *, stripped: bool) -> bytes:
    if stripped:
        cells = [{"cell_type": cell["cell_type"], "source": cell["source"]} for cell in cells]
    return json.dumps({"cells": cells}).encode()
