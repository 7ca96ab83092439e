"""Reading whatever is handed in, and restoring what was locked."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from steepest_grader.course.lesson import load
from steepest_grader.course.places import Course
from steepest_grader.notebook.cells import Cell
from steepest_grader.notebook.restore import MAX_BYTES, UnreadableError, read, restore

UNREADABLE = {
    "nothing": (b"", "not JSON"),
    "half a file": (b'{"cells": [', "not JSON"),
    "a conflict": (b'{\n<<<<<<< HEAD\n "a": 1\n=======\n "a": 2\n>>>>>>> theirs\n}', r"could not merge \(line 2\)"),
    "a conflict at once": (b"<<<<<<< HEAD\r\n{}\r\n=======\r\n[]\r\n>>>>>>> b", r"could not merge \(line 1\)"),
    "half a conflict": (b"<<<<<<< HEAD\n" * 9 + b"=======", "not JSON"),
    "a pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "pointer of Git LFS"),
    "a page": (b"\n<!DOCTYPE HTML><title>Log in</title>", "web page"),
    "a script": (b"# %%\nimport torch", "Python script"),
    "an archive": (b"PK\x03\x04\xff", "an archive"),
    "an image": (b"\x89PNG\r\n\x1a\n\xff", "not UTF-8"),
    "UTF-16": ('{"cells": []}'.encode("utf-16"), "not UTF-8"),
    "a list": (b"[]", "a JSON list"),
    "a number": (b"7", "a JSON int"),
    "no cells": (b'{"metadata": {}}', "no list of cells"),
    "cells that are text": (b'{"cells": "x"}', "no list of cells"),
    "very deep": (b'{"cells": ' + b"[" * 100_000, "nested too deeply|not JSON"),
    "too many cells": (json.dumps({"cells": [{}] * 2_001}).encode(), "2001 cells"),
    "too large": (b" " * (MAX_BYTES + 1), "MiB"),
}


@pytest.mark.parametrize("case", UNREADABLE, ids=str)
def test_unreadable(case: str) -> None:
    data, reason = UNREADABLE[case]
    with pytest.raises(UnreadableError, match=reason):
        read(data)


TOLERATED: dict[str, tuple[Any, Cell]] = {
    "source as lines": ({"cell_type": "code", "source": ["a = 1\n", "b = 2"]}, Cell("code", "a = 1\nb = 2")),
    "an old notebook's input": ({"cell_type": "code", "input": "a"}, Cell("code", "a")),
    "no type": ({"source": "a"}, Cell("code", "a")),
    "an unknown type": ({"cell_type": "heading", "source": "a"}, Cell("raw", "a")),
    "a number for a source": ({"cell_type": "code", "source": 7}, Cell("code", "")),
    "a list for metadata": ({"cell_type": "code", "source": "a", "metadata": []}, Cell("code", "a")),
    "a number for a grade id": (
        {"cell_type": "code", "source": "a", "metadata": {"nbgrader": {"grade_id": 3}}},
        Cell("code", "a"),
    ),
    "half a character": ({"cell_type": "code", "source": "'\ud800'"}, Cell("code", "'?'")),
    "no cell at all": (None, Cell("raw", "")),
    "a huge source": ({"cell_type": "code", "source": "x" * (2**20 + 1)}, Cell("code", "")),
    "keys of its own": (
        {"cell_type": "code", "source": "a", "extra": {"b": 1}, "id": "i"},
        Cell("code", "a", None, "i"),
    ),
}


def test_attachments_of_texts_are_kept() -> None:
    picture = {"x.png": {"image/png": "QUJD", "text/plain": ["x"]}, "y": 7}
    cell = {"source": "![](attachment:x.png)", "attachments": picture}
    cells = [cell | {"cell_type": kind} for kind in ("markdown", "code")]
    text, code = read(json.dumps({"cells": cells}).encode())
    assert (text.attachments, code.attachments) == ({"x.png": {"image/png": "QUJD"}}, {})
    restored = restore([text, code], nbformat.v4.new_notebook())
    assert [cell.get("attachments") for cell in restored.cells] == [text.attachments, None]
    ours = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text.source)])
    assert "attachments" not in restore([text], ours).cells[0]


@pytest.mark.parametrize("case", TOLERATED, ids=str)
def test_tolerated(case: str) -> None:
    cell, expected = TOLERATED[case]
    assert read(json.dumps({"cells": [cell]}).encode()) == [expected]


@pytest.fixture
def released(tiny: Course) -> NotebookNode:
    return load(tiny, "90_tiny").released


ANSWER = "def momentum_step(theta, grad, state, *, lr, beta):\n    return theta, state"
WORDS = "It swings past the minimum, I think."
Damage = Callable[[list[Any]], None]


def _at(cells: list[Any], cell_id: str) -> int:
    return next(place for place, cell in enumerate(cells) if cell["id"] == cell_id)


def _move(cell_id: str, place: int) -> Damage:
    return lambda cells: cells.insert(place, cells.pop(_at(cells, cell_id)))


def _set(cell_id: str, **values: Any) -> Damage:
    return lambda cells: cells[_at(cells, cell_id)].update(values)


def _metadata(cell_id: str, **values: Any) -> Damage:
    return lambda cells: cells[_at(cells, cell_id)]["metadata"]["nbgrader"].update(values)


def _remove(cell_id: str) -> Damage:
    return lambda cells: cells.pop(_at(cells, cell_id))


def _twin(cell_id: str, *, before: bool = False, **values: Any) -> Damage:
    def insert(cells: list[Any]) -> None:
        place = _at(cells, cell_id)
        cells.insert(place + (not before), {**copy.deepcopy(cells[place]), "id": "twin", **values})

    return insert


def _strip(cells: list[Any]) -> None:
    for cell in cells:
        cell["metadata"] = {}


def _strip_and_rename(cells: list[Any]) -> None:
    _strip(cells)
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"


DAMAGES: dict[str, Damage] = {
    "nothing": lambda cells: None,
    "a test cell was deleted": _remove("momentum_step"),
    "a test cell was moved up": _move("momentum_step", 0),
    "an answer was moved below its test": _move("answer_momentum_step", 3),
    "a test cell was edited": _set("momentum_step", source="print('full marks')"),
    "a test cell was made text": _set("momentum_step", cell_type="markdown"),
    "a test cell was copied": _twin("momentum_step"),
    "a test cell was copied and the first edited": _twin("momentum_step", before=True, source="pass"),
    "points were edited": _metadata("momentum_step", points=1000),
    "the lock was opened": _metadata("momentum_step", locked=False, grade=False, solution=True),
    "the reflection was deleted": _remove("reflection"),
    "an untouched copy of the answer follows": _twin("answer_momentum_step", source="STUB"),
    "all metadata is gone": _strip,
    "all metadata and ids are gone": _strip_and_rename,
    "outputs were forged": _set(
        "momentum_step", outputs=[{"output_type": "execute_result", "data": {"text/plain": "9"}}]
    ),
}


@pytest.mark.parametrize("case", DAMAGES, ids=str)
def test_restored_to_the_same(case: str, released: NotebookNode) -> None:
    submitted = json.loads(nbformat.writes(released))["cells"]
    stub = "".join(submitted[_at(submitted, "answer_momentum_step")]["source"])
    submitted[_at(submitted, "answer_momentum_step")]["source"] = ANSWER
    submitted[_at(submitted, "reflection")]["source"] = WORDS
    DAMAGES[case](submitted)
    for cell in submitted:
        if cell["source"] == "STUB":
            cell["source"] = stub
    restored = restore(read(json.dumps({"cells": submitted}).encode()), released)
    expected = copy.deepcopy(released)
    expected.cells[_at(expected.cells, "answer_momentum_step")].source = ANSWER
    if case != "the reflection was deleted":
        expected.cells[_at(expected.cells, "reflection")].source = WORDS
    assert nbformat.writes(restored) == nbformat.writes(expected)
    nbformat.validate(restored)


def test_a_written_copy_of_an_answer_stays_as_a_plain_cell(released: NotebookNode) -> None:
    submitted = json.loads(nbformat.writes(released))["cells"]
    submitted[_at(submitted, "answer_momentum_step")]["source"] = ANSWER
    _twin("answer_momentum_step", source=f"# second\n{ANSWER}")(submitted)
    restored = restore(read(json.dumps({"cells": submitted}).encode()), released)
    place = _at(restored.cells, "answer_momentum_step")
    assert restored.cells[place].source == f"# second\n{ANSWER}"
    assert restored.cells[place - 1].source == ANSWER
    assert "nbgrader" not in restored.cells[place - 1].metadata


def test_a_deleted_test_is_put_back_behind_what_the_student_added(released: NotebookNode) -> None:
    submitted = json.loads(nbformat.writes(released))["cells"]
    place = _at(submitted, "momentum_step")
    submitted[place : place + 1] = [{"cell_type": "code", "source": source} for source in ("helper = 1", ANSWER)]
    restored = restore(read(json.dumps({"cells": submitted}).encode()), released)
    place = _at(restored.cells, "momentum_step")
    assert [cell.source for cell in restored.cells[place - 2 : place]] == ["helper = 1", ANSWER]
    assert restored.cells[place + 1].id == "reflection"


def test_a_deleted_answer_is_not_put_back(released: NotebookNode) -> None:
    submitted = json.loads(nbformat.writes(released))["cells"]
    _remove("answer_momentum_step")(submitted)
    restored = restore(read(json.dumps({"cells": submitted}).encode()), released)
    assert "answer_momentum_step" not in [cell.id for cell in restored.cells]
    assert "momentum_step" in [cell.id for cell in restored.cells]
