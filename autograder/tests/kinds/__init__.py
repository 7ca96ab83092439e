"""Excerpts of four kinds of nbgrader courses, and what is handed in to them."""

from __future__ import annotations

import shutil
from itertools import cycle, product
from pathlib import Path

import nbformat
import nbgrader
from steepest_grader.course.handout import released_notebook
from steepest_grader.course.nbgrader_course import NbgraderCourse

from kinds.cells import STUDENTS, Kind
from kinds.learning import LEARNING
from kinds.numerics import NUMERICS
from kinds.statistics import STATISTICS
from kinds.structures import STRUCTURES
from kinds.tools import TOOLS, saved

__all__ = ["AUTOTESTS", "HANDED_IN", "NO_DIFFERENCE", "TOOLS", "course_of", "course_of_kinds", "handed_in", "named"]

AUTOTESTS = Path(str(nbgrader.__file__)).parent / "tests" / "apps" / "files" / "autotests.yml"
# What `nbgrader_config.py` may say without an effect on marks.
NO_DIFFERENCE = """
c.Execute.interrupt_on_timeout = True
c.Execute.error_on_timeout = {"ename": "Slow", "evalue": "", "traceback": []}
c.Execute.execute_retries = 3
c.Execute.raise_on_iopub_timeout = True
c.OverwriteCells.add_missing_cells = True
c.OverwriteCells.missing_cell_notification = "gone"
c.LimitOutput.max_lines = 1
c.LimitOutput.max_traceback = 1
c.GetGrades.display_data_priority = ["text/plain"]
c.IgnorePattern.pattern = "old"
c.Autograde.create_student = False
c.BaseConverter.force = True
c.BaseConverter.permissions = 640
"""
KINDS: dict[str, Kind] = {
    "structures": STRUCTURES,
    "statistics": STATISTICS,
    "numerics": NUMERICS,
    "learning": LEARNING,
}

# Who hands in which notebook by which tool: every tool is somebody's, and one answer is saved by all of them.
HANDED_IN = [
    *((kind, student, tool) for (kind, student), tool in zip(product(KINDS, STUDENTS), cycle(TOOLS), strict=False)),
    *(("structures", "half", tool) for tool in TOOLS if tool != [*TOOLS][1]),
]


def named(student: str, tool: str) -> str:
    """The folder of a student who uses a tool."""
    return f"{student}-{tool}".replace(" ", "-")


def course_of(root: Path, *names: str) -> NbgraderCourse:
    """A course with an assignment of each of these kinds."""
    shutil.copy(AUTOTESTS, root)
    for name in names:
        _write(root / "source" / name, name, nbformat.writes(KINDS[name].source()))
    return NbgraderCourse(root)


def handed_in(course: NbgraderCourse, name: str, student: str, tool: str) -> str:
    """What a student hands in to a kind of course, as a tool saves it."""
    released = released_notebook(course.source(f"{name}/work"), config=course.config)
    return saved(released, KINDS[name].answers(student), tool)


def course_of_kinds(root: Path) -> NbgraderCourse:
    """A course with an assignment of each kind, and what is handed in."""
    course = course_of(root, *KINDS)
    for name, student, tool in HANDED_IN:
        _write(root / "submitted" / named(student, tool) / name, name, handed_in(course, name, student, tool))
    return course


def _write(place: Path, name: str, notebook: str) -> None:
    for path, text in {"work.ipynb": notebook, **KINDS[name].files}.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text)
