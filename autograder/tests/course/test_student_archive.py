"""What students get: nothing of the solutions, the hidden tests or the grader, and it works without them."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import nbformat
import pytest
import steepest_exercises
import steepest_grader
from steepest_grader.course import release
from steepest_grader.course.find import find_course
from steepest_grader.exercise import catalogue

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

COURSE = find_course(Path(__file__))
REGION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)
CHILD = Path(__file__).parents[1] / "student_machine.py"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked archive."""
    folder = tmp_path_factory.mktemp("student")
    with zipfile.ZipFile(release.archive(COURSE, folder / "steepest.zip")) as archive:
        archive.extractall(folder)
    return folder / "steepest"


def _files(bundle: Path) -> dict[str, bytes]:
    return {path.relative_to(bundle).as_posix(): path.read_bytes() for path in bundle.rglob("*") if path.is_file()}


def _texts(bundle: Path) -> dict[str, str]:
    """Every file as text, without any space; of a notebook, what its cells say."""
    texts = {name: data.decode("utf-8", "replace") for name, data in _files(bundle).items()}
    for name in texts:
        if name.endswith(".ipynb"):
            cells = nbformat.reads(texts[name], as_version=4).cells
            texts[name] = "\n".join(cell.source for cell in cells)
    return {name: _squeezed(text) for name, text in texts.items()}


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _regions() -> Iterator[str]:
    for lesson in COURSE.lessons():
        for cell in COURSE.source(lesson).cells:
            yield from REGION.findall(f"{cell.source}\n")


def _code(bundle: Path) -> Iterator[tuple[str, str]]:
    """Name and text of all code: cells of notebooks, and modules."""
    for path in sorted(bundle.rglob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                yield path.name, cell.source
    for path in sorted(bundle.rglob("*.py")):
        yield path.name, path.read_text(encoding="utf-8")


def test_it_holds_every_lesson_and_the_student_package(bundle: Path) -> None:
    names = set(_files(bundle))
    assert {f"lessons/{lesson}/{lesson}.ipynb" for lesson in COURSE.lessons()} <= names
    ids = {item.id for lesson in COURSE.lessons() for item in catalogue.lessons()[lesson]}
    assert {f"utils/steepest/outcomes/{name}.wire" for name in ids} <= names
    assert {"environment.yml", "LICENSE", "README.md", "utils/pyproject.toml"} <= names


def test_it_holds_no_file_of_the_grader_and_no_source(bundle: Path) -> None:
    for name in _files(bundle):
        assert not {"autograder", "solutions", "steepest_grader", "tests", "build"} & set(name.split("/")), name


@pytest.mark.parametrize("word", [b"steepest_grader", b"BEGIN HIDDEN TESTS", b"BEGIN SOLUTION", b"END SOLUTION"])
def test_no_file_speaks_of_the_grader_or_of_what_was_cut_out(bundle: Path, word: bytes) -> None:
    assert [name for name, data in _files(bundle).items() if word in data] == []


def test_no_solution_is_in_it(bundle: Path) -> None:
    """No whole solution in any file, and no line of one in any code, each long enough to be more than a formula."""
    regions = list(_regions())
    assert regions
    texts = _texts(bundle)
    code = [(name, {_squeezed(line) for line in source.splitlines()}) for name, source in _code(bundle)]
    for region in regions:
        whole = _squeezed(region)
        assert [name for name, text in texts.items() if len(whole) > 24 and whole in text] == [], region
        telling = {_squeezed(line) for line in region.splitlines() if len(_squeezed(line)) > 24}
        assert [(name, lines & telling) for name, lines in code if lines & telling] == []


def test_no_answer_cell_keeps_a_line_of_a_solution(bundle: Path) -> None:
    lines = {_squeezed(line) for region in _regions() for line in region.splitlines()}
    telling = {line for line in lines if len(line) > 12}
    for path in bundle.rglob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"):
                assert not {_squeezed(line) for line in cell.source.splitlines()} & telling, cell.source


def test_every_graded_function_is_handed_out_empty(bundle: Path) -> None:
    ids = {item.id for lesson in COURSE.lessons() for item in catalogue.lessons()[lesson]}
    found = set()
    for name, source in _code(bundle):
        for node in ast.parse(source).body:  # what stands in another function shows a mistake on purpose
            if isinstance(node, ast.FunctionDef) and node.name in ids:
                assert isinstance(node.body[-1], ast.Raise), f"{name}: {node.name}"
                assert not any(isinstance(part, ast.Return) for part in ast.walk(node)), f"{name}: {node.name}"
                found.add(node.name)
    assert found == ids


def test_no_notebook_holds_an_output(bundle: Path) -> None:
    for path in bundle.rglob("*.ipynb"):
        assert not any(cell.get("outputs") for cell in nbformat.read(path, as_version=4).cells), path.name


@pytest.fixture(scope="module")
def python(bundle: Path) -> Path:
    """An interpreter that has the student package and what it asks for, in the locked versions."""
    venv = bundle.parent / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True, timeout=120)
    executable = venv / "bin" / "python"
    pip = [executable, "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check"]
    lock = COURSE.root / "requirements.lock"
    subprocess.run([*pip, "--constraint", lock, "setuptools", "cloudpickle"], check=True, timeout=120)
    subprocess.run([*pip, "--constraint", lock, "--no-build-isolation", bundle / "utils"], check=True, timeout=500)
    return executable


def _solutions(lesson: str) -> str:
    """The lesson's imports and the functions that its exercises ask for, as one module."""
    ids = {item.id for item in catalogue.lessons()[lesson]}
    imports, functions = [], []
    for cell in COURSE.source(lesson).cells:
        if cell.cell_type != "code":
            continue
        for node in ast.parse(re.sub(r"^[%!].*", "", cell.source, flags=re.MULTILINE)).body:
            if isinstance(node, ast.Import | ast.ImportFrom) and "steepest_grader" not in ast.unparse(node):
                imports.append(ast.unparse(node))
            if isinstance(node, ast.FunctionDef) and node.name in ids:
                functions.append(ast.unparse(node))
    return "\n".join(["from __future__ import annotations", *imports, *functions])


@pytest.mark.parametrize(
    "lesson", COURSE.lessons() if os.environ.get("STEEPEST_LONG") else ["02_minibatches", "05_momentum"]
)
def test_on_a_students_machine_checks_pass_solutions_and_name_mistakes(
    python: Path, tmp_path: Path, lesson: str
) -> None:
    items = catalogue.lessons()[lesson]
    packages = (steepest_grader, steepest_exercises)
    for package in packages:
        cloudpickle.register_pickle_by_value(package)
    try:
        wrong = {
            item.id: {mistake.name: (mistake.implementation, item.companions_of(mistake)) for mistake in item.mistakes}
            for item in items
        }
        (tmp_path / "mistakes.pickle").write_bytes(cloudpickle.dumps(wrong))
    finally:
        for package in packages:
            cloudpickle.unregister_pickle_by_value(package)
    (tmp_path / "solutions.py").write_text(_solutions(lesson), encoding="utf-8")
    done = subprocess.run(
        [python, "-I", CHILD, tmp_path], capture_output=True, text=True, check=False, timeout=300, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["grader"] is False
    assert found["solutions"] == {item.id: "" for item in items}
    assert found["mistakes"] == {item.id: {mistake.name: mistake.name for mistake in item.mistakes} for item in items}
