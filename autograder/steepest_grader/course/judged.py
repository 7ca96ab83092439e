"""Which cells the judge sees to, and what they are worth."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from steepest_grader.course.places import Course
from steepest_grader.errors import CourseError
from steepest_grader.notebook.cells import grade_id, is_test

__all__ = ["is_judged", "points_of"]


def is_judged(cell: NotebookNode) -> str | None:
    """Which exercise a test cell has judged by calling ``grade(<name>)``, imported from `steepest_grader`.

    Returns
    -------
    str or None
        The exercise's id, or None where the cell is no test cell or calls no `grade`.
    """
    if cell.cell_type != "code" or not is_test(cell):
        return None
    tree = _parse(cell.source)
    graded = _graded(tree) if tree is not None else []
    return graded[-1] if graded else None


def points_of(course: Course, cell: NotebookNode, header: Mapping[str, Any], where: str) -> float | None:
    """Points of a graded cell: the exercise's where it is judged, else the header's.

    Parameters
    ----------
    course : Course
        Whose exercises are meant.
    cell : NotebookNode
        With nbgrader's metadata, but for the points.
    header : mapping
        What its author wrote of it.
    where : str
        What a message calls it.

    Raises
    ------
    CourseError
        If the two do not fit together.
    """
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
        item = course.exercise(exercise_id)
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
    if tree is None or graded != [grade_id(cell)]:
        names = ", ".join(sorted(graded)) or "nothing"
        raise CourseError(f"{where} calls grade on {names}: call it once, on the function named as grade_id.")
    last = tree.body[-1]
    if not isinstance(last, ast.Expr) or not isinstance(last.value, ast.Call) or not _graded(tree, last):
        # nbgrader reads the partial credit off the cell's result and gives full marks where there is none
        raise CourseError(f"{where}: grade({graded[0]}) must be the last line, for its result is the mark.")


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
