"""Solved lessons with what their cells show: run once, and kept until a lesson, its package or its tools change."""

from __future__ import annotations

import ast
import contextlib
import copy
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from traitlets.config import Config

from steepest_grader.course.text_course import TextCourse
from steepest_grader.errors import CourseError
from steepest_grader.files import replace_file
from steepest_grader.notebook.cells import is_test
from steepest_grader.site.outputs import lighter
from steepest_grader.site.secrets import without_hidden_tests

__all__ = ["solved_notebooks"]

TOOLS = ("torch", "numpy", "matplotlib", "scikit-learn", "ipykernel", "ipywidgets")
SHARP = "%config InlineBackend.figure_formats = ['retina']"
CELL_SECONDS = 300


def solved_notebooks(
    course: TextCourse,
    lessons: Sequence[str],
    kept: Path,
    *,
    jobs: int,
    tell: Callable[[str], None] = lambda text: None,
) -> dict[str, NotebookNode]:
    """Each lesson's source notebook with the outputs of its cells; test cells have none.

    Parameters
    ----------
    course : TextCourse
    lessons : sequence of str
    kept : Path
        A folder for what has been run; what a lesson no longer is goes from it.
    jobs : int
        Kernels at a time.
    tell : callable, optional
        Told the name of each lesson that is run.

    Raises
    ------
    CourseError
        If a cell of a solved lesson raises.
    """
    sources = {name: _runnable(course.source(name)) for name in course.lessons()}
    digests = _digests(course, sources)
    paths = {name: kept / f"{name}-{digests[name]}.ipynb" for name in lessons}
    missing = [name for name, path in paths.items() if not path.is_file()]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as lanes:
        if missing:
            for name, notebook in sources.items():
                (Path(folder) / name).mkdir()
                nbformat.write(notebook, Path(folder) / name / f"{name}.ipynb")

        def run(name: str) -> None:
            tell(name)
            executed = _executed(sources[name], Path(folder) / name, course.files(name), name)
            replace_file(paths[name], nbformat.writes(executed).encode())

        for _ in lanes.map(run, missing):
            pass
    for name, path in paths.items():
        for old in kept.glob(f"{name}-*.ipynb"):
            if old != path:
                old.unlink()
    return {name: nbformat.read(path, as_version=4) for name, path in paths.items()}


def _runnable(source: NotebookNode) -> NotebookNode:
    notebook = copy.deepcopy(source)
    for cell in notebook.cells:
        cell.source = without_hidden_tests(cell.source)
    return notebook


def _digests(course: TextCourse, sources: Mapping[str, NotebookNode]) -> dict[str, str]:
    """What stands for all that a lesson's outputs depend on: its code, and that of lessons whose functions it names."""
    tools = hashlib.sha256(repr([version(name) for name in TOOLS]).encode() + SHARP.encode())
    for path in sorted(course.student_package.rglob("*")):
        if path.suffix in (".py", ".npz", ".js"):
            tools.update(path.read_bytes())
    code = {name: "\n".join(cell.source for cell in _code(notebook)) for name, notebook in sources.items()}
    lesson_of = {item.id: name for name in sources for item in course.exercises(name)}
    found = {}
    for name, text in code.items():
        used = sorted({lesson_of[word] for word in _words(sources[name]) if word in lesson_of} - {name})
        parts = [text, *(code[other] for other in used), *map(repr, sorted(course.files(name).items()))]
        found[name] = hashlib.sha256(tools.digest() + "\0".join(parts).encode()).hexdigest()[:24]
    return found


def _code(notebook: NotebookNode) -> Iterator[NotebookNode]:
    return (cell for cell in notebook.cells if cell.cell_type == "code" and not is_test(cell))


def _words(notebook: NotebookNode) -> Iterator[str]:
    """Texts in the code of a lesson, by which it may name functions of others."""
    for cell in _code(notebook):
        with contextlib.suppress(SyntaxError):
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def _executed(notebook: NotebookNode, folder: Path, files: Mapping[str, bytes], lesson: str) -> NotebookNode:
    executed = copy.deepcopy(notebook)
    for path, data in files.items():
        replace_file(folder / path, data)
    executed.cells = [new_code_cell(SHARP), *(cell for cell in executed.cells if not is_test(cell))]
    within = Config({"KernelManager": {"transport": "ipc", "ip": str(folder / "kernel")}})  # sockets that are files
    client = NotebookClient(
        executed, timeout=CELL_SECONDS, resources={"metadata": {"path": str(folder)}}, config=within
    )
    try:
        client.execute(env=os.environ | {"OMP_NUM_THREADS": "1"})
    except CellExecutionError as error:
        raise CourseError(f"The solved lesson {lesson} does not run: {error.ename}: {error.evalue}") from error
    outputs = {cell.id: [*map(lighter, cell.outputs)] for cell in executed.cells if cell.cell_type == "code"}
    whole = copy.deepcopy(notebook)
    whole.metadata = executed.metadata
    for cell in whole.cells:
        if cell.cell_type == "code":
            cell.outputs = outputs.get(cell.id, [])
    return whole
