"""A lesson as its maintainer writes it, made complete."""

from __future__ import annotations

import ast
import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import Any

import jupytext
from IPython.core.inputtransformer2 import TransformerManager
from nbformat.notebooknode import NotebookNode

from steepest_grader.course.places import Course
from steepest_grader.errors import CourseError
from steepest_grader.exercise import catalogue

__all__ = ["completed", "is_judged", "points_of", "source_notebook"]

HEADER_KEYS = frozenset({"grade", "solution", "locked", "grade_id", "points"})
CELL_METADATA = frozenset({"nbgrader", "tags", "jupyter"})
DROPPED_METADATA = frozenset({"title", "lines_to_next_cell"})  # of use to an editor or to jupytext only
GRADE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # what both nbgrader and nbformat's cell ids allow
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def source_notebook(course: Course, lesson: str) -> NotebookNode:
    """Read a lesson's source and complete it: nbgrader metadata, points, ids, kernel.

    Parameters
    ----------
    course : Course
    lesson : str
        Name of a folder of `solutions/`.

    Returns
    -------
    NotebookNode
        With solutions and hidden tests; the same source gives the same notebook.

    Raises
    ------
    CourseError
        If there is no such lesson, or its cells break a rule of the course.
    """
    return course.source(lesson)


def completed(course: Course, lesson: str) -> NotebookNode:
    """The notebook of a lesson of this course; see `source_notebook`, which serves courses of plain nbgrader too."""
    notebook = jupytext.read(_source_path(course, lesson), fmt="py:percent")
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = NotebookNode({key: NotebookNode(value) for key, value in NOTEBOOK_METADATA.items()})
    for number, cell in enumerate(notebook.cells, start=1):
        _complete(cell, f"{lesson}, cell {number}")
    _check_ids(lesson, notebook)
    _check_exercises(lesson, notebook)
    _name_cells(lesson, notebook)
    return notebook


def is_judged(cell: NotebookNode) -> str | None:
    """Which exercise a test cell has judged by calling ``grade(<name>)``, imported from `steepest_grader`.

    Returns
    -------
    str or None
        The exercise's id, or None where the cell is no test cell or calls no `grade`.
    """
    meta = cell.metadata.get("nbgrader", {})
    if cell.cell_type != "code" or not meta.get("grade") or meta.get("solution"):
        return None
    tree = _parse(cell.source)
    graded = _graded(tree) if tree is not None else []
    return graded[-1] if graded else None


def _source_path(course: Course, lesson: str) -> Path:
    course.named([lesson])
    path = course.solutions / lesson / f"{lesson}.py"
    if not path.is_file():
        raise CourseError(f"solutions/{lesson}/ holds no {lesson}.py: write the lesson there, or remove the folder.")
    return path


def _complete(cell: NotebookNode, where: str) -> None:
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
        points = points_of(cell, header, f"{where} ({header['grade_id']})")
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


def points_of(cell: NotebookNode, header: dict[str, Any], where: str) -> float | None:
    """Points of a graded cell: the exercise's where it is judged, else the header's."""
    points = header.get("points")
    if not cell.metadata.nbgrader["grade"]:
        if points is not None:
            raise CourseError(f"{where}: only a graded cell has points. Remove points, or add grade.")
        return None
    exercise_id = is_judged(cell)
    if exercise_id is None:
        if isinstance(points, bool) or not isinstance(points, int | float) or not points >= 0:
            raise CourseError(f"{where}: give this graded cell its points in the header. Got {points!r}.")
        return points
    _check_judged(cell, where)
    try:
        item = catalogue.exercise(exercise_id)
    except KeyError:
        raise CourseError(
            f"{where} calls grade({exercise_id}), but no exercise has this id: "
            "correct the name, or add the exercise to the lesson's package."
        ) from None
    if points is not None and points != item.points:
        raise CourseError(f"{where}: the exercise is worth {item.points} points, the header says {points}. Remove it.")
    return item.points


def _check_judged(cell: NotebookNode, where: str) -> None:
    tree = _parse(cell.source)
    graded = _graded(tree) if tree is not None else []
    if tree is None or graded != [_grade_id(cell)]:
        raise CourseError(f"{where} calls grade on {_list(graded)}: call it once, on the function named as grade_id.")
    last = tree.body[-1]
    if not isinstance(last, ast.Expr) or not isinstance(last.value, ast.Call) or not _graded(tree, last):
        # nbgrader reads the partial credit off the cell's result and gives full marks where there is none
        raise CourseError(f"{where}: grade({graded[0]}) must be the last line, for its result is the mark.")


def _check_ids(lesson: str, notebook: NotebookNode) -> None:
    counts = Counter(_grade_id(cell) for cell in notebook.cells if "nbgrader" in cell.metadata)
    twice = [grade_id for grade_id, count in counts.items() if count > 1]
    if twice:
        raise CourseError(f"{lesson}: more than one cell has the grade_id {_list(twice)}. Rename all but one.")


def _check_exercises(lesson: str, notebook: NotebookNode) -> None:
    """Each exercise of the lesson's module must have its test cell and its answer cell."""
    cells = {_grade_id(cell): cell for cell in notebook.cells if "nbgrader" in cell.metadata}
    for item in catalogue.lessons().get(lesson, ()):
        if item.id not in cells or is_judged(cells[item.id]) != item.id:
            raise CourseError(
                f"{lesson}: the exercise {item.id} has no test cell. Add one with grade and "
                f'grade_id "{item.id}" that ends in grade({item.id}).'
            )
        answer = cells.get(f"answer_{item.id}")
        if answer is None or not answer.metadata.nbgrader["solution"]:
            raise CourseError(
                f"{lesson}: the exercise {item.id} has no answer cell. "
                f'Add one with solution and grade_id "answer_{item.id}".'
            )


def _name_cells(lesson: str, notebook: NotebookNode) -> None:
    """Give every cell an id that follows from the source."""
    taken = {_grade_id(cell) for cell in notebook.cells if "nbgrader" in cell.metadata}
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.id = _grade_id(cell)
            continue
        copy = 0
        while (cell_id := _digest(lesson, cell.cell_type, cell.source, str(copy))) in taken:
            copy += 1
        taken.add(cell_id)
        cell.id = cell_id


def _grade_id(cell: NotebookNode) -> str:
    return str(cell.metadata.nbgrader["grade_id"])


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _parse(source: str) -> ast.Module | None:
    """Parse a cell as IPython would, the body of a cell magic included; None where it does not parse."""
    lines = source.splitlines()
    while lines and (not lines[0].strip() or lines[0].startswith("%%")):
        lines.pop(0)
    try:
        code: str = TransformerManager().transform_cell("\n".join(lines))
        return ast.parse(code)
    except (SyntaxError, ValueError):
        return None


def _graded(tree: ast.Module, within: ast.AST | None = None) -> list[str]:
    """Names on which a cell calls the grader's `grade`, in their order."""
    functions, modules = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "steepest_grader":
            functions |= {alias.asname or alias.name for alias in node.names if alias.name == "grade"}
        elif isinstance(node, ast.Import):
            modules |= {alias.asname or alias.name for alias in node.names if alias.name == "steepest_grader"}
    found = []
    for node in ast.walk(within or tree):
        if isinstance(node, ast.Call) and len(node.args) == 1 and isinstance(node.args[0], ast.Name):
            called = node.func
            by_name = isinstance(called, ast.Name) and called.id in functions
            by_module = (
                isinstance(called, ast.Attribute)
                and called.attr == "grade"
                and isinstance(called.value, ast.Name)
                and called.value.id in modules
            )
            if by_name or by_module:
                found.append((node.lineno, node.args[0].id))
    return [name for _, name in sorted(found)]


def _list(items: Any) -> str:
    return ", ".join(sorted(map(str, items))) or "nothing"
