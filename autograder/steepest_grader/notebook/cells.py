"""A cell as it was handed in, and what nbgrader's header says of one, read in one place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode

__all__ = [
    "Cell", "bears_marks", "by_grade_id", "grade_id", "header", "is_answer", "is_plain", "is_test",
    "own_seconds", "rubric", "without_marks",
]  # fmt: skip

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
RUBRIC = "*Rubric.*"


@dataclass(frozen=True)
class Cell:
    """One cell as handed in: nothing of it is kept but its source, and pictures that are attached to a text."""

    kind: str
    source: str
    grade_id: str | None = None
    cell_id: str | None = None
    header: Mapping[str, object] = field(default_factory=dict)  # of nbgrader, as handed in; only shown to people
    attachments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # see `inert`


def header(cell: NotebookNode) -> Mapping[str, Any]:
    """nbgrader's metadata; empty where the cell is none of nbgrader's."""
    found: Mapping[str, Any] = cell.metadata.get("nbgrader", {})
    return found


def grade_id(cell: NotebookNode) -> str | None:
    """The name by which nbgrader knows a cell; None where it does not."""
    name = header(cell).get("grade_id")
    return None if name is None else str(name)


def by_grade_id(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """The cells that nbgrader knows, in their order."""
    return {cell.metadata.nbgrader["grade_id"]: cell for cell in notebook.cells if "nbgrader" in cell.metadata}


def is_answer(cell: NotebookNode) -> bool:
    """Whether a student writes it."""
    return bool(header(cell).get("solution"))


def is_test(cell: NotebookNode) -> bool:
    """Whether it gives marks by running."""
    return bool(header(cell).get("grade")) and not is_answer(cell)


def bears_marks(cell: NotebookNode) -> bool:
    """Whether the gradebook has a mark for it."""
    return bool(header(cell).get("grade") or header(cell).get("task"))


def is_plain(cell: NotebookNode) -> bool:
    """Whether it bears neither answer nor mark."""
    return not (bears_marks(cell) or is_answer(cell))


def own_seconds(cell: NotebookNode) -> float | None:
    """For how long a cell may run by its own tag ``seconds=120``; None where it has none.

    Raises
    ------
    ValueError
        If what stands behind it is no number of seconds.
    """
    for tag in cell.metadata.get("tags", []):
        name, _, value = str(tag).partition("=")
        if name == "seconds":
            if not 0 < float(value) < math.inf:
                raise ValueError(f"the tag {tag}")
            return float(value)
    return None


def without_marks(source: str) -> str:
    """A solution without the lines that mark where it begins and ends."""
    return "\n".join(line for line in source.splitlines() if line.strip().removeprefix("# ") not in (BEGIN, END))


def rubric(cell: NotebookNode) -> str:
    """What points of an answer are given for, as the end of its source says; "" where it says nothing."""
    return without_marks(cell.source).partition(RUBRIC)[2].strip()
