"""What is handed out when a lesson has been due: the solved notebook, and model answers with what they are worth."""

from __future__ import annotations

import copy
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme

from steepest_grader.course.handout import write_notebook
from steepest_grader.course.lesson import Lesson
from steepest_grader.course.places import nbgrader_names
from steepest_grader.errors import CourseError
from steepest_grader.files import replace_file
from steepest_grader.installed import secret_packages
from steepest_grader.notebook.cells import bears_marks, grade_id, header, is_answer, is_test, without_marks

__all__ = ["model_answers", "solved", "write_solutions"]

BEGIN, END = "### BEGIN MARK SCHEME", "### END MARK SCHEME"


def write_solutions(lesson: Lesson, folder: Path) -> list[Path]:
    """Write a lesson's solved notebook, and its model answers and rubric as Markdown, into a folder.

    Returns
    -------
    list of Path
    """
    assignment, name = nbgrader_names(lesson.id)
    place = folder / assignment
    written = {
        place / f"{name}.ipynb": write_notebook(solved(lesson)),
        place / f"{name}-answers.md": model_answers(lesson).encode(),
    }
    for path, data in written.items():
        replace_file(path, data)
    return list(written)


def solved(lesson: Lesson) -> NotebookNode:
    """The notebook with every solution in its place, without hidden tests, mark schemes and nbgrader's headers.

    Raises
    ------
    CourseError
        If something of the grader would be left in it.
    """
    notebook = copy.deepcopy(lesson.source)
    for step in (ClearHiddenTests, ClearMarkScheme):
        for cell in notebook.cells:
            if "nbgrader" in cell.metadata:
                step().preprocess_cell(cell, {"language": "python"}, 0)
    for cell in notebook.cells:
        if is_answer(cell):
            cell.source = without_marks(cell.source)
        cell.metadata.pop("nbgrader", None)
        cell.metadata.pop("deletable", None)
        for name in secret_packages():
            if name in cell.source:
                raise CourseError(
                    f"{lesson.id}: cell {cell.id} would show {name} to students: put it into hidden tests."
                )
    return notebook


def model_answers(lesson: Lesson) -> str:
    """Each exercise with its points, and the model answer and mark scheme of those that a person marks."""
    parts = [f"# {lesson.id}: answers and what they are worth\n"]
    for cell in lesson.source.cells:
        if not bears_marks(cell):
            continue
        points = float(header(cell).get("points", 0))
        parts.append(f"\n## `{grade_id(cell)}`, {points:g} point{'s' * (points != 1)}\n\n")
        if is_test(cell):
            parts.append("Judged by its results; the solved notebook has the solution.\n")
            continue
        answer, scheme = _apart(without_marks(cell.source))
        parts.append(f"{answer.strip() or 'There is no model answer.'}\n")
        if scheme.strip():
            parts.append(f"\n**How it is marked**\n\n{scheme.strip()}\n")
    return "".join(parts)


def _apart(source: str) -> tuple[str, str]:
    """A model answer, and the mark scheme in it."""
    kept: dict[bool, list[str]] = {False: [], True: []}
    within = False
    for line in source.splitlines():
        mark = line.strip().removeprefix("# ")
        if mark in (BEGIN, END):
            within = mark == BEGIN
        else:
            kept[within].append(line)
    return "\n".join(kept[False]), "\n".join(kept[True])
