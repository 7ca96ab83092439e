"""Read what a student handed in, whatever it is, and put back what was locked."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from steepest_grader.notebook.cells import Cell, by_grade_id, is_answer, is_test
from steepest_grader.notebook.read import MAX_BYTES, UnreadableError, read_parts
from steepest_grader.notebook.recognize import recognize

__all__ = ["MAX_BYTES", "RESTORE", "UnreadableError", "read", "restore"]

_NEW = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}


def read(data: bytes) -> list[Cell]:
    """Read a submitted notebook, tolerating everything but what cannot be understood.

    Parameters
    ----------
    data : bytes
        The file's content.

    Raises
    ------
    UnreadableError
        If there is no sequence of cells to be had from it.
    """
    return [Cell(*parts) for parts in read_parts(data)]


# --- restoring -------------------------------------------------------------------------------------------------

Step = Callable[[Sequence[Cell], NotebookNode], list[Cell]]


def merge_duplicates(cells: Sequence[Cell], released: NotebookNode) -> list[Cell]:
    """Keep one cell of each grade id: of an answer the last that was written in, of a locked cell the first.

    Other copies of an answer stay as plain cells, because the student may rely on them; untouched copies and
    copies of locked cells go, because they would undo or repeat what is already there.
    """
    known = by_grade_id(released)
    keep: dict[str, int] = {}
    for position, cell in enumerate(cells):
        if cell.grade_id is None:
            continue
        written = is_answer(known[cell.grade_id]) and cell.source != known[cell.grade_id].source
        if cell.grade_id not in keep or written:
            keep[cell.grade_id] = position
    merged = []
    for position, cell in enumerate(cells):
        if cell.grade_id is None or keep[cell.grade_id] == position:
            merged.append(cell)
        elif is_answer(known[cell.grade_id]) and cell.source != known[cell.grade_id].source:
            merged.append(replace(cell, grade_id=None))
    return merged


def restore_locked(cells: Sequence[Cell], released: NotebookNode) -> list[Cell]:
    """Give every locked cell its released source, and every known cell its released type."""
    known = by_grade_id(released)
    restored = []
    for cell in cells:
        if cell.grade_id is None:
            restored.append(cell)
            continue
        original = known[cell.grade_id]
        source = cell.source if is_answer(original) else original.source
        restored.append(replace(cell, kind=original.cell_type, source=source))
    return restored


def add_missing(cells: Sequence[Cell], released: NotebookNode) -> list[Cell]:
    """Put deleted cells back behind the released cell that came before them, and what the student added there.

    A deleted code answer is not put back: its stub could hide a function that the student moved elsewhere.
    """
    restored = list(cells)
    sources = {cell.source for cell in released.cells}
    previous: str | None = None
    for grade_id, original in by_grade_id(released).items():
        if all(cell.grade_id != grade_id for cell in restored):
            if is_answer(original) and original.cell_type == "code":
                continue
            places = [place for place, cell in enumerate(restored) if cell.grade_id == previous]
            place = places[0] + 1 if previous is not None and places else 0
            while place < len(restored) and restored[place].grade_id is None and restored[place].source not in sources:
                place += 1  # an added cell may define what the deleted one tests
            restored.insert(place, Cell(original.cell_type, original.source, grade_id))
        previous = grade_id
    return restored


def put_tests_behind(cells: Sequence[Cell], released: NotebookNode) -> list[Cell]:
    """Move each test that stands above the answer it came behind to below it, and behind that answer's other tests."""
    restored = list(cells)
    above: str | None = None  # the answer that was last given out
    behind: set[str] = set()  # its tests
    for grade_id, original in by_grade_id(released).items():
        if is_answer(original):
            above, behind = grade_id, set()
        elif is_test(original) and above is not None:
            places = {cell.grade_id: place for place, cell in enumerate(restored) if cell.grade_id is not None}
            if grade_id in places and places[grade_id] < places.get(above, 0):
                place = max(places[name] for name in {above, *behind} if name in places)
                restored.insert(place, restored.pop(places[grade_id]))  # all below have come one up
            behind.add(grade_id)
    return restored


# Recognizing comes first, because all that follows goes by grade id. Duplicates are merged before sources are
# restored, because a locked copy that was edited still counts as a copy. Tests go behind their
# answers once each is there once. Missing cells come last: only then is it known which are missing.
RESTORE: tuple[Step, ...] = (recognize, merge_duplicates, restore_locked, put_tests_behind, add_missing)


def restore(cells: Sequence[Cell], released: NotebookNode) -> NotebookNode:
    """The student's answers in the released notebook's frame.

    Parameters
    ----------
    cells : sequence of Cell
        As handed in.
    released : NotebookNode
        The notebook as it was given out.

    Returns
    -------
    NotebookNode
        Valid, without outputs; metadata only from the released notebook.
    """
    for step in RESTORE:
        cells = step(cells, released)
    known = by_grade_id(released)
    plain = {cell.source: cell for cell in released.cells if cell.id not in {known[key].id for key in known}}
    notebook = nbformat.v4.new_notebook(metadata=copy.deepcopy(released.metadata))
    notebook.nbformat_minor = released.nbformat_minor
    given = {cell.source for cell in released.cells}
    used: set[str] = set()
    for position, cell in enumerate(cells):
        original = known.get(cell.grade_id or "") or plain.get(cell.source)
        if original is not None and original.id not in used and original.cell_type == cell.kind:
            node = copy.deepcopy(original)
            node.source = cell.source
        else:
            node = _NEW[cell.kind](cell.source, id=f"student-{position}")
        if cell.attachments and cell.kind == "markdown" and cell.source not in given:
            node.attachments = copy.deepcopy(dict(cell.attachments))
        used.add(node.id)
        notebook.cells.append(node)
    return notebook
