"""The rubric above the answer, on the page where formgrader has it marked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.coursedir import CourseDirectory

from steepest_grader.notebook.cells import bears_marks, by_grade_id, grade_id, is_answer, rubric

__all__ = ["Rubrics"]

ABOVE = "**What the points are given for** (students see it once the answer is marked)"


class Rubrics(Preprocessor):  # type: ignore[misc]
    """Put each rubric of the source before its answer, on formgrader's pages and nowhere else.

    The settings that `build` writes for nbgrader name it. Nothing is kept: neither graded notebooks nor what nbgrader
    makes of them hold it.
    """

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Called by the exporter of whatever page is made; only formgrader's has a submission."""
        if "submission_id" in resources:
            rubrics = self._rubrics(resources["assignment_id"], resources["notebook_id"])
            cells = []
            for cell in nb.cells:
                if told := rubrics.get(grade_id(cell) or ""):
                    cells.append(new_markdown_cell(f"{ABOVE}\n\n{told}"))
                cells.append(cell)
            nb.cells = cells
        return nb, resources

    def _rubrics(self, assignment: str, notebook: str) -> dict[str, str]:
        """By the names of their answers; none where there is no source, since the page must open all the same."""
        course = CourseDirectory(config=self.config)
        path = Path(course.format_path(course.source_directory, ".", assignment), f"{notebook}.ipynb")
        if not path.is_file():
            return {}
        cells = by_grade_id(nbformat.read(path, as_version=4))
        return {name: rubric(cell) for name, cell in cells.items() if is_answer(cell) and bears_marks(cell)}
