"""Files that are handed in beside a notebook: used where the instructor allows it, and no way to anything else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from steepest_grader.course.nbgrader_course import NbgraderCourse
from steepest_grader.course.settings import submitted_files
from steepest_grader.errors import CourseError
from steepest_grader.files import outer_folder
from steepest_grader.gradebook.beside import MAX_BYTES, MAX_FILES, MAX_SEEN, Allowed
from steepest_grader.grading.batch import Batch, grade_lesson
from steepest_grader.sandbox.base import Sandbox


def found(folder: Path, *patterns: str, given: tuple[str, ...] = ()) -> tuple[dict[str, bytes], list[str]]:
    with outer_folder(folder) as descriptor:
        return Allowed(patterns, given).found(descriptor)


def put(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path)


@pytest.mark.parametrize(
    ("patterns", "used"),
    [
        ((), []),
        (("a.csv",), ["a.csv"]),
        (("*.csv",), ["a.csv", "b.csv"]),
        (("data/*.csv",), ["data/c.csv"]),
        (("*/*",), ["data/c.csv", "data/d.txt"]),
        (("*",), ["a.csv", "b.csv", "given.py"]),
        (("*/*/*",), ["data/deep/e.csv"]),
        (("[ab].csv", "data/?.txt"), ["a.csv", "b.csv", "data/d.txt"]),
    ],
)
def test_what_a_pattern_allows(patterns: tuple[str, ...], used: list[str], tmp_path: Path) -> None:
    put(tmp_path, "a.csv", "b.csv", "data/c.csv", "data/d.txt", "data/deep/e.csv", "p.ipynb", ".hidden", ".git/x")
    put(tmp_path, "timestamp.txt", "submission_secret.txt", "given.py")
    assert found(tmp_path, *patterns) == ({name: name.encode() for name in used}, [])


@pytest.mark.parametrize("own", ["given.py", "given.py/x", "lib/given/x.csv"])
def test_what_the_lesson_brings_stays(own: str, tmp_path: Path) -> None:
    put(tmp_path, own, "a.csv")
    used, _ = found(tmp_path, "*", "*/*", "*/*/*", given=("given.py", "lib/given"))
    assert list(used) == ["a.csv"]


HOSTILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a link": (lambda folder: (folder / "x.csv").symlink_to(folder.parent / "other"), "is a symbolic link"),
    "a link to nothing": (lambda folder: (folder / "x.csv").symlink_to("nowhere"), "is a symbolic link"),
    "a link to a folder": (lambda folder: (folder / "data").symlink_to(folder.parent), ""),
    "a pipe": (lambda folder: os.mkfifo(folder / "x.csv"), "is not a regular file"),
    "a folder": (lambda folder: (folder / "x.csv").mkdir(), ""),
    "too large": (lambda folder: os.truncate(_made(folder / "x.csv"), MAX_BYTES + 1), "are not read"),
    "a line end": (lambda folder: _made(folder / "x\n.csv"), "cannot be the name"),
    "a code for a terminal": (lambda folder: _made(folder / "\x1b[31m.csv"), r"\x1b[31m.csv cannot be the name"),
    "no text": (lambda folder: _made(Path(os.fsdecode(os.fsencode(folder) + b"/\xff.csv"))), "cannot be the name"),
    "a long name": (lambda folder: _made(folder / ("x" * 230 + ".csv")), "cannot be the name"),
    "too many": (lambda folder: [_made(folder / f"{n:03}.csv") for n in range(MAX_FILES + 50)], "more than 100 files"),
    "many that nobody asked for": (
        lambda folder: [_made(folder / f"{n}.txt") for n in range(2 * MAX_SEEN)],
        "not looked at",
    ),
}


def _made(path: Path) -> Path:
    path.touch()
    return path


@pytest.mark.parametrize("kind", HOSTILE)
def test_nothing_else_is_read(kind: str, tmp_path: Path) -> None:
    put(tmp_path, "other", "other.csv")
    (tmp_path / "own").mkdir()
    make, reason = HOSTILE[kind]
    make(tmp_path / "own")
    used, unused = found(tmp_path / "own", "*.csv", "data/*")
    assert set(used.values()) <= {b""}
    assert len(used) <= MAX_FILES
    assert [reason in said and said.isprintable() for said in unused] == [True] * bool(reason)


def test_all_together_are_bounded(tmp_path: Path) -> None:
    for name in "abc":
        os.truncate(_made(tmp_path / f"{name}.csv"), MAX_BYTES // 2)
    used, unused = found(tmp_path, "*.csv")
    assert (list(used), len(unused)) == (["a.csv", "b.csv"], 1)


@pytest.mark.parametrize("value", ["'a.csv'", "[1]", "['/etc/passwd']", "['../*']", "['']", "['a/../../b']", "3"])
def test_a_setting_that_is_none_is_told(value: str, tmp_path: Path) -> None:
    (tmp_path / "nbgrader_config.py").write_text(f"c = get_config()\nc.SteepestGrader.submitted_files = {value}\n")
    with pytest.raises(CourseError, match=r"sets SteepestGrader\.submitted_files"):
        submitted_files(NbgraderCourse(tmp_path))


TEST = "import given\nassert open('own.csv').read() == given.WANTED"
ODD = 'it\'s "own" {x}; raise #.csv'


@pytest.fixture
def course(tmp_path: Path) -> NbgraderCourse:
    """One test cell, which reads what is handed in."""
    header = {"grade": True, "solution": False, "locked": True, "grade_id": "reads", "points": 1, "schema_version": 3}
    cell = new_code_cell(TEST, metadata={"nbgrader": header | {"cell_type": "code"}})
    place = tmp_path / "source" / "ps1"
    place.mkdir(parents=True)
    nbformat.write(new_notebook(cells=[cell]), place / "p.ipynb")
    (place / "given.py").write_text("WANTED = 'seven'")
    for student in ("ada", "bob"):
        own = tmp_path / "submitted" / student / "ps1"
        own.mkdir(parents=True)
        nbformat.write(new_notebook(cells=[cell]), own / "p.ipynb")
        (own / "own.csv").write_text("seven" if student == "ada" else "eight")
        (own / "given.py").write_text("WANTED = 'eight'")
        (own / ODD).write_text("x")
    return NbgraderCourse(tmp_path)


@pytest.mark.sandbox
def test_cells_find_what_is_allowed(course: NbgraderCourse, sandbox: Sandbox) -> None:
    def grade() -> tuple[Batch, list[float | None]]:
        batch = grade_lesson(NbgraderCourse(course.root), "ps1/p", course.root / "submitted", sandbox=sandbox)
        return batch, [item.score for item in batch.submissions]

    assert grade()[1] == [0, 0]
    config = "c = get_config()\nc.SteepestGrader.submitted_files = ['*.csv', '*.py']\n"
    (course.root / "nbgrader_config.py").write_text(config)
    assert grade()[1] == [1, 0]
    assert grade()[0].reused == 2
    (course.root / "submitted" / "bob" / "ps1" / "own.csv").write_text("seven")
    (course.root / "submitted" / "ada" / "ps1" / "link.csv").symlink_to("own.csv")
    batch, scores = grade()
    assert (batch.reused, scores) == (1, [1, 1])
    (course.root / "submitted" / "ada" / "ps1" / "own.csv").unlink()
    batch, scores = grade()
    assert (batch.reused, scores) == (1, [0, 1])
    assert [flag for flag in batch.submissions[0].flags if "link.csv is a symbolic link" in flag]
    (course.root / "submitted" / "bob" / "ps1" / "helper.py").write_text("import subprocess\n")
    assert [flag for flag in grade()[0].submissions[1].flags if flag.startswith("helper.py, line 1: starts")]
