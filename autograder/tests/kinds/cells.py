"""The cells of an nbgrader course, and what students make of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

STUDENTS = ("right", "half", "unchanged", "broken")
BROKEN = "import no_such_package\nraise RuntimeError('this cell was left behind'"  # and a parenthesis is missing


@dataclass(frozen=True)
class Kind:
    """A course's notebook, and what a student who gets half of it right writes; others follow from these.

    Attributes
    ----------
    cells : list of NotebookNode
        With solutions and hidden tests.
    half : mapping of str to str
        Answers by grade id; what is left out is left as it was given out.
    files : mapping of str to str
        Beside the notebook.
    """

    cells: list[NotebookNode]
    half: Mapping[str, str]
    files: Mapping[str, str] = field(default_factory=dict)

    def source(self) -> NotebookNode:
        """The notebook as its author has it."""
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        return new_notebook(cells=self.cells, metadata={"kernelspec": kernel})

    def answers(self, student: str) -> Mapping[str, str]:
        """What a student writes."""
        own = {cell.id: dedent(cell.source) for cell in self.cells if cell.metadata.get("nbgrader", {}).get("solution")}
        if student == "right":
            return {
                name: text.replace("### BEGIN SOLUTION", "").replace("### END SOLUTION", "")
                for name, text in own.items()
            }
        if student == "unchanged":
            return {}
        return self.half if student == "half" else {**self.half, next(iter(own)): BROKEN}


def _cell(name: str, text: str, points: float | None = None, *, written: bool = False, **flags: bool) -> NotebookNode:
    header = {"grade": False, "solution": False, "locked": False, "task": False} | flags | {"schema_version": 3}
    header |= {"grade_id": name} | ({} if points is None else {"points": points})
    make = new_markdown_cell if written else new_code_cell
    return make(dedent(text).strip(), id=name, metadata={"nbgrader": header})


def told(text: str) -> NotebookNode:
    return new_markdown_cell(text, id=f"told-{sum(map(ord, text))}")


def fixed(name: str, text: str, *, written: bool = False) -> NotebookNode:
    return _cell(name, text, written=written, locked=True)


def answer(name: str, text: str) -> NotebookNode:
    return _cell(name, text, solution=True)


def tests(name: str, points: float, text: str) -> NotebookNode:
    return _cell(name, text, points, grade=True, locked=True)


def by_hand(name: str, points: float, text: str, *, written: bool = True) -> NotebookNode:
    return _cell(name, text, points, written=written, grade=True, solution=True)


def task(name: str, points: float, text: str) -> NotebookNode:
    return _cell(name, text, points, written=True, task=True, locked=True)
