"""A lesson as its maintainer writes it, made complete."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import Any

import jupytext
from nbformat.notebooknode import NotebookNode

from steepest_grader.course.judged import is_judged, points_of
from steepest_grader.course.places import Course
from steepest_grader.errors import CourseError
from steepest_grader.notebook.cells import by_grade_id, grade_id, is_answer

__all__ = ["completed"]

HEADER_KEYS = frozenset({"grade", "solution", "locked", "grade_id", "points"})
CELL_METADATA = frozenset({"nbgrader", "tags", "jupyter"})
DROPPED_METADATA = frozenset({"title", "lines_to_next_cell"})  # of use to an editor or to jupytext only
GRADE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # what both nbgrader and nbformat's cell ids allow
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def completed(course: Course, lesson: str, path: Path) -> NotebookNode:
    """Read a lesson's source and complete it: nbgrader metadata, points, ids, kernel.

    Parameters
    ----------
    course : Course
        Whose exercises the lesson asks for.
    lesson : str
    path : Path
        The text, in jupytext's format `py:percent`.

    Returns
    -------
    NotebookNode
        As `Course.source` gives it.

    Raises
    ------
    CourseError
        If a cell breaks a rule of the course.
    """
    notebook = jupytext.read(path, fmt="py:percent")
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = NotebookNode({key: NotebookNode(value) for key, value in NOTEBOOK_METADATA.items()})
    for number, cell in enumerate(notebook.cells, start=1):
        _complete(course, cell, f"{lesson}, cell {number}")
    _check_ids(lesson, notebook)
    _check_exercises(course, lesson, notebook)
    _name_cells(lesson, notebook)
    return notebook


def _complete(course: Course, cell: NotebookNode, where: str) -> None:
    """Make one cell's metadata whole, in place."""
    unknown = set(cell.metadata) - CELL_METADATA - DROPPED_METADATA
    if unknown:
        raise CourseError(f"{where}: the header says {_list(unknown)}; known are {_list(CELL_METADATA)}.")
    for key in DROPPED_METADATA & set(cell.metadata):
        del cell.metadata[key]
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
    if "nbgrader" in cell.metadata:
        header = cell.metadata.nbgrader
        cell.metadata.nbgrader = _nbgrader_metadata(header, where)
        cell.metadata.deletable = False
        points = points_of(course, cell, header, f"{where} ({header['grade_id']})")
        if points is not None:
            cell.metadata.nbgrader["points"] = points


def _nbgrader_metadata(header: Any, where: str) -> NotebookNode:
    """The whole of nbgrader's schema 3, but for points, from a short header."""
    if not isinstance(header, dict) or set(header) - HEADER_KEYS:
        extra = set(header) - HEADER_KEYS if isinstance(header, dict) else {repr(header)}
        raise CourseError(f"{where}: nbgrader's header says {_list(extra)}; known are {_list(HEADER_KEYS)}.")
    grade_id = header.get("grade_id")
    if not isinstance(grade_id, str) or not GRADE_ID.fullmatch(grade_id):
        raise CourseError(f"{where}: grade_id must be 1 to 64 letters, digits, - or _. Got {grade_id!r}.")
    flags = {key: header.get(key, False) for key in ("grade", "solution", "locked")}
    for key, value in flags.items():
        if not isinstance(value, bool):
            raise CourseError(f"{where} ({grade_id}): {key} must be true or false. Got {value!r}.")
    if not any(flags.values()):
        raise CourseError(f"{where} ({grade_id}): say grade, solution or locked, or remove nbgrader from the header.")
    if flags["solution"] and flags["locked"]:
        raise CourseError(f"{where} ({grade_id}): a solution is written by the student, so it cannot be locked.")
    flags["locked"] = not flags["solution"]
    return NotebookNode({"schema_version": 3, "task": False, "grade_id": grade_id, **flags})


def _check_ids(lesson: str, notebook: NotebookNode) -> None:
    counts = Counter(name for cell in notebook.cells if (name := grade_id(cell)) is not None)
    twice = [grade_id for grade_id, count in counts.items() if count > 1]
    if twice:
        raise CourseError(f"{lesson}: more than one cell has the grade_id {_list(twice)}. Rename all but one.")


def _check_exercises(course: Course, lesson: str, notebook: NotebookNode) -> None:
    """Each exercise of the lesson's module must have its test cell and its answer cell."""
    cells = by_grade_id(notebook)
    for item in course.exercises(lesson):
        if item.id not in cells or is_judged(cells[item.id]) != item.id:
            raise CourseError(
                f"{lesson}: the exercise {item.id} has no test cell. Add one with grade and "
                f'grade_id "{item.id}" that ends in grade({item.id}).'
            )
        answer = cells.get(f"answer_{item.id}")
        if answer is None or not is_answer(answer):
            raise CourseError(
                f"{lesson}: the exercise {item.id} has no answer cell. "
                f'Add one with solution and grade_id "answer_{item.id}".'
            )


def _name_cells(lesson: str, notebook: NotebookNode) -> None:
    """Give every cell an id that follows from the source."""
    taken = set(by_grade_id(notebook))
    for cell in notebook.cells:
        if (name := grade_id(cell)) is not None:
            cell.id = name
            continue
        copy = 0
        while (cell_id := _digest(lesson, cell.cell_type, cell.source, str(copy))) in taken:
            copy += 1
        taken.add(cell_id)
        cell.id = cell_id


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _list(items: Any) -> str:
    return ", ".join(sorted(map(str, items))) or "nothing"
