"""A cell that a formatter, an editor or another system has gone over is still the lesson's own."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from steepest_grader.course.find import find_course
from steepest_grader.course.lesson import load
from steepest_grader.notebook.cells import Cell, is_answer
from steepest_grader.notebook.reformatted import as_released

DEMO = "import math\n\n# A circle.\ndemo(lambda x: x + 1, names=['a', 'b'])"
MAGIC = "%matplotlib inline\nimport math"
WORDS = "# Words\n\nSome of them."
COURSE = find_course(Path(__file__).parent)
STUB = "def f(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"


@pytest.fixture
def released() -> NotebookNode:
    answer = {"nbgrader": {"grade_id": "f", "solution": True, "grade": False, "schema_version": 3}}
    cells = [new_code_cell(DEMO), new_code_cell(MAGIC), new_markdown_cell(WORDS), new_code_cell(STUB, metadata=answer)]
    return new_notebook(cells=cells)


@pytest.mark.parametrize(
    ("kind", "source", "expected"),
    [
        ("code", DEMO.replace("\n", "\r\n"), DEMO),
        ("code", f"\n{DEMO}  \n\n", DEMO),
        ("code", 'import math\n# A circle.\ndemo(\n    lambda x: (x + 1),\n    names=["a", "b",],\n)', DEMO),
        ("code", MAGIC.replace("\n", " \n\n"), MAGIC),
        ("markdown", WORDS.replace("\n", "\r\n"), WORDS),
        ("markdown", f"{WORDS}\n", WORDS),
        ("code", f"{DEMO}  # and mine", None),
        ("code", DEMO.replace("# A circle.\n", ""), None),
        ("code", DEMO.replace("+ 1", "+ 2"), None),
        ("code", DEMO.replace("'b'", "'b '"), None),
        ("code", STUB.replace("    ", "  "), None),
        ("code", WORDS, None),
        ("markdown", DEMO + "\n", None),
        ("code", "def (", None),
        ("code", "(" * 300, None),
        ("code", "x = '\\d'", None),
        ("code", "", None),
    ],
)
def test_what_is_form_and_what_is_not(released: NotebookNode, kind: str, source: str, expected: str | None) -> None:
    cell = Cell(kind, source, cell_id="x")
    (found,) = as_released([cell], released)
    assert (found.source, found.cell_id) == (source if expected is None else expected, "x")


@pytest.mark.parametrize("lesson", COURSE.lessons())
@pytest.mark.parametrize("change", ["formatter", "lines"])
def test_every_cell_of_the_lessons_is_known_behind_it(lesson: str, change: str, tmp_path: Path) -> None:
    released = load(COURSE, lesson).released
    given = [Cell(cell.cell_type, cell.source) for cell in released.cells if not is_answer(cell)]
    if change == "formatter":
        given = [cell for cell in given if cell.kind == "code"]
        sources = _formatted([cell.source for cell in given], tmp_path)
    else:
        sources = [cell.source.replace("\n", " \r\n") for cell in given]
    changed = [replace(cell, source=source) for cell, source in zip(given, sources, strict=True)]
    assert sum(one != other for one, other in zip(changed, given, strict=True)) > 4
    assert as_released(changed, released) == given


def _formatted(sources: list[str], folder: Path) -> list[str]:
    files = [folder / f"cell{number}.py" for number in range(len(sources))]
    for file, source in zip(files, sources, strict=True):
        file.write_text(source)
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "70", folder]
    subprocess.run(command, check=True, capture_output=True)
    return [file.read_text() for file in files]
