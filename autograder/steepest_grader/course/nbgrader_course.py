"""A course of plain nbgrader: its sources are notebooks, and each notebook of an assignment is a lesson."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import IncludeHeaderFooter, InstantiateTests
from traitlets.config import Config

from steepest_grader.course.judged import points_of
from steepest_grader.course.places import Course, nbgrader_names
from steepest_grader.course.settings import Settings, read_config
from steepest_grader.errors import CourseError

__all__ = ["NbgraderCourse"]

ONLY_COURSE = "default_course"  # nbgrader's name for a course without a name
FLAGS = ("grade", "solution", "locked", "task")
SCHEMA = 3
MAX_FILES = 32 * 2**20


@dataclass(frozen=True)
class NbgraderCourse(Course):
    """nbgrader's course directory, with the folders that nbgrader itself would make.

    Parameters
    ----------
    root : Path
        The folder that holds `nbgrader_config.py` or `source/`.
    """

    @cached_property
    def settings(self) -> Settings:
        """What `nbgrader_config.py` says."""
        return Settings(read_config(self.root) or Config(), self.root)

    @property
    def config(self) -> Config:
        """The same in traitlets' form."""
        return self.settings.config

    @property
    def sources(self) -> Path:
        """The sources of all assignments."""
        return self.folder("source")

    @property
    def course_dir(self) -> Path:
        """The folder itself, if its settings name no other."""
        return self.settings.root

    @property
    def gradebook(self) -> str:
        """The database that its settings name."""
        return self.settings.gradebook

    def folder(self, step: str) -> Path:
        """nbgrader's folder of a step, as its settings name it."""
        return self.settings.folder(step)

    @property
    def cell_seconds(self) -> float | None:
        """For how long a cell may run, as nbgrader's timeout."""
        return self.settings.cell_seconds

    @property
    def course_id(self) -> str:
        """What the gradebook calls the course."""
        return str(self.config.CourseDirectory.get("course_id") or ONLY_COURSE)

    def lessons(self) -> list[str]:
        """All notebooks of all assignments, as ``assignment/notebook``."""
        paths = (path.relative_to(self.sources) for path in self.sources.glob("*/*.ipynb"))
        return sorted(path.with_suffix("").as_posix() for path in paths if not path.as_posix().startswith("."))

    def named(self, names: Sequence[str]) -> list[str]:
        """The lessons that are meant: the name of an assignment stands for all of its notebooks."""
        known, found = self.lessons(), []
        for name in names:
            found += [lesson for lesson in known if name in (lesson, nbgrader_names(lesson)[0])] or [name]
        return found

    def source(self, lesson: str) -> NotebookNode:
        """A source notebook, with what nbgrader itself adds to it: header, footer, and the tests of `AUTOTEST`."""
        known = self.lessons()
        if lesson not in known:
            raise CourseError(f"There is no {lesson!r} in source/. The notebooks are: {', '.join(known) or 'none'}.")
        path = self.sources / f"{lesson}.ipynb"
        try:
            text = path.read_text(encoding="utf-8")
            notebook = nbformat.reads(text, as_version=4)
        except (ValueError, AttributeError, LookupError) as error:
            raise CourseError(f"{path} is not a notebook: {error}.") from error
        language = notebook.metadata.get("kernelspec", {}).get("language") or "python"
        if language != "python":
            raise CourseError(f"{path} is written in {language}: only Python is graded here.")
        try:
            notebook = nbformat.from_dict(json.loads(_with_additions(self, path, text)))
        except Exception as error:
            said = str(error) or "a line with AUTOTEST stands in a cell that is no test"  # it says so in its log alone
            raise CourseError(f"nbgrader refuses {path}: {type(error).__name__}: {said}.") from error
        notebook.nbformat, notebook.nbformat_minor = 4, 5
        for number, cell in enumerate(notebook.cells, start=1):
            cell.id = cell.get("id") or f"cell-{number}"
            _clean(self, cell, f"{lesson}, cell {number}")
        return notebook

    def files(self, lesson: str) -> dict[str, bytes]:
        """What lies beside the notebooks of the assignment, by path."""
        folder = self.sources / nbgrader_names(lesson)[0]
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and _is_given(path.relative_to(folder))]
        if sum(path.stat().st_size for path in paths) > MAX_FILES:
            raise CourseError(f"{folder} holds more than {MAX_FILES // 2**20} MiB beside its notebooks.")
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@lru_cache(maxsize=16)  # the tests of AUTOTEST are made in a kernel
def _with_additions(course: NbgraderCourse, path: Path, text: str) -> str:
    notebook = nbformat.reads(text, as_version=4)
    resources: dict[str, object] = {"metadata": {"path": str(path.parent)}}
    with contextlib.chdir(course.root):  # where nbgrader itself looks for what it adds
        for step in (IncludeHeaderFooter, InstantiateTests):
            notebook, resources = step(config=course.config).preprocess(notebook, resources)
    return json.dumps(notebook)


def _clean(course: Course, cell: NotebookNode, where: str) -> None:
    """Drop outputs, and metadata that means nothing to nbgrader; fill in what it leaves out."""
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
    header = cell.metadata.pop("nbgrader", {})
    flags = {name: bool(header.get(name)) for name in FLAGS}
    if any(flags.values()):
        if (schema := header.get("schema_version", 0)) != SCHEMA:
            raise CourseError(
                f"{where}: its metadata is of nbgrader's schema {schema}, and not {SCHEMA}. Run `nbgrader update .` in "
                "the course, or install the nbgrader that it was made with."
            )
        cell.metadata.nbgrader = NotebookNode({**header, **flags})
    if flags["grade"]:
        cell.metadata.nbgrader["points"] = points_of(course, cell, header, where)


def _is_given(path: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__pycache__" for part in path.parts)
    return not hidden and path.suffix not in (".ipynb", ".pyc")
