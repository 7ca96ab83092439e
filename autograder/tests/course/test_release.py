from __future__ import annotations

import dataclasses
import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
import torch
from nbgrader.api import Gradebook
from nbgrader.utils import compute_checksum
from steepest._checks import wire
from steepest._checks.outcomes import read
from steepest_grader.course.handout import released_notebook, write_notebook
from steepest_grader.course.places import Course
from steepest_grader.course.release import archive, build, write_course
from steepest_grader.course.text_course import TextCourse
from steepest_grader.errors import CourseError
from steepest_grader.exercise import catalogue, stored
from steepest_grader.exercise.model import Case, Mistake

LESSON, EXERCISE = "90_tiny", "momentum_step"
SOLUTION = """\
    velocity = beta * state["velocity"] - lr * grad
    return theta + velocity, {"velocity": velocity}
"""
NOTEBOOK, OUTCOMES = f"lessons/{LESSON}/{LESSON}.ipynb", f"utils/steepest/outcomes/{EXERCISE}.wire"
INDEX = "utils/steepest/outcomes/lessons.json"


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_students_get_neither_solutions_nor_tests(tiny: Course) -> None:
    source = tiny.source(LESSON)
    released = released_notebook(source)
    cells = {cell.id: cell for cell in released.cells}
    assert cells[EXERCISE].source == "check(momentum_step)"
    assert cells[f"answer_{EXERCISE}"].source.endswith("    # YOUR CODE HERE\n    raise NotImplementedError()")
    assert cells["reflection"].source == "YOUR ANSWER HERE"
    written = write_notebook(released).decode()
    for secret in ("velocity", "steepest_grader", "HIDDEN", "SOLUTION", "swings past"):
        assert secret not in written
    assert cells[EXERCISE].metadata.editable is False
    assert "SOLUTION" in write_notebook(source).decode()


def test_checksums_are_those_of_what_is_handed_out(tiny: Course) -> None:
    released = released_notebook(tiny.source(LESSON))
    nbformat.validate(released)
    for cell in released.cells:
        if "nbgrader" in cell.metadata:
            assert cell.metadata.nbgrader.checksum == compute_checksum(cell)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("    ### END SOLUTION\n", "", "no end solution statement"),
        ("### END HIDDEN TESTS\n", "", "No end hidden tests"),
        ("### BEGIN HIDDEN TESTS\n", "", "'steepest_grader'"),
        ("import torch\n", "import torch\nimport steepest_grader\n", "'steepest_grader'"),
        ("import torch\n", "### BEGIN SOLUTION\nimport torch\n### END SOLUTION\n", "non-solution cell"),
        ('"grade": true, "solution": true', '"locked": false, "solution": true', "Markdown solution cell"),
    ],
)
def test_what_would_give_secrets_away_is_refused(
    tiny: Course, old: str, new: str, says: str, text: str, write: Callable[..., Path]
) -> None:
    edited = text.replace(old, new)
    assert edited != text
    if "Markdown" in says:
        edited = edited.replace(', "points": 3', "")
    write(tiny, edited)
    with pytest.raises(CourseError, match=says):
        build(tiny)
    assert not tiny.lessons_dir.exists()


def test_building_twice_gives_the_same_bytes(tiny: Course) -> None:
    told: list[str] = []
    assert build(tiny, progress=told.append) == [INDEX, NOTEBOOK, OUTCOMES] == told
    assert json.loads((tiny.root / INDEX).read_text()) == {LESSON: [EXERCISE]}
    first = tree(tiny.root)
    assert build(tiny) == []
    assert tree(tiny.root) == first
    (tiny.root / NOTEBOOK).unlink()
    assert build(tiny) == [NOTEBOOK]
    assert tree(tiny.root) == first


def test_check_writes_nothing_and_shows_the_difference(tiny: Course, text: str, write: Callable[..., Path]) -> None:
    build(tiny)
    write(tiny, text.replace("# # Momentum", "# # Polyak"))
    before = tree(tiny.root)
    (told,) = build(tiny, check=True)
    assert told.splitlines()[0] == NOTEBOOK
    assert {"-# Momentum", "+# Polyak"} <= set(told.splitlines())
    assert "velocity" not in told
    assert tree(tiny.root) == before


def test_what_nothing_stands_behind_goes(tiny: Course) -> None:
    build(tiny)
    old = tiny.lessons_dir / "00_old" / "00_old.ipynb"
    old.parent.mkdir()
    old.write_text("{}")
    (tiny.outcomes_dir / "old.wire").write_bytes(b"old")
    stale = ["lessons/00_old/00_old.ipynb", "utils/steepest/outcomes/old.wire"]
    assert build(tiny, check=True) == stale
    assert old.exists()
    assert build(tiny) == stale
    assert not old.parent.exists()
    assert sorted(path.name for path in tiny.outcomes_dir.iterdir()) == ["lessons.json", f"{EXERCISE}.wire"]


def test_stored_outcomes_are_the_exercise_on_public_cases(tiny: Course) -> None:
    build(tiny)
    item, outcomes = catalogue.exercise(EXERCISE), read((tiny.root / OUTCOMES).read_bytes())
    assert (outcomes.exercise, outcomes.signature) == (EXERCISE, item.signature)
    mistakes = [candidate.name for candidate in outcomes.candidates if candidate.kind == "mistake"]
    assert list(dict.fromkeys(mistakes)) == [mistake.name for mistake in item.mistakes]


def test_a_mistake_that_public_cases_do_not_show_is_named(tiny: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    item = catalogue.exercise(EXERCISE)
    blind = dataclasses.replace(item, mistakes=[Mistake("no_mistake_at_all", item.reference, "Nothing is wrong.")])
    monkeypatch.setattr(TextCourse, "exercises", lambda course, lesson: (blind,))
    with pytest.raises(CourseError, match=f"{EXERCISE}.* the mistake no_mistake_at_all gives sound"):
        build(tiny)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"points": "2"}, "`points` must be a number"),
        ({"id": "polyak_step"}, "the exercise polyak_step has no test cell"),
        ({"cases": lambda rng: [Case("a", {"args": []})]}, "the drive 'call' takes args, kwargs, outputs. Got args"),
        ({"reference": lambda theta, grad, state, *, lr, beta: theta}, "in case 1 the reference raised ResultError"),
    ],
)
def test_nothing_is_written_where_the_last_exercise_is_wrong(
    built: TextCourse,
    text: str,
    write: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    fields: dict[str, Any],
    said: str,
) -> None:
    wrong = dataclasses.replace(catalogue.exercise(EXERCISE), **fields)
    monkeypatch.setattr(TextCourse, "exercises", lambda course, lesson: (wrong,) if lesson == LESSON else ())
    write(built, text.replace("# # Momentum", "# # Polyak"))
    write(built, "# %%\n1\n", "10_first")
    before = tree(built.root)
    with pytest.raises(CourseError, match=said) as refusal:
        build(built)
    assert wrong.id in str(refusal.value)
    assert tree(built.root) == before


def test_nothing_is_written_where_the_last_header_is_wrong(
    built: TextCourse, text: str, write: Callable[..., Path]
) -> None:
    write(built, text.replace("# # Momentum", "# # Polyak"))
    write(built, "# %% nbgrader={1}\n1\n", "99_last")
    before = tree(built.root)
    with pytest.raises(CourseError, match=r"99_last, cell 1: nbgrader.s header says"):
        build(built)
    assert tree(built.root) == before


VALUE = torch.tensor([1.0, 1000.0], dtype=torch.float64)


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (VALUE, VALUE * (1 + 1e-12), True),
        (VALUE, VALUE * (1 + 1e-7), False),
        (VALUE.float(), VALUE.float() * (1 + 1e-6), True),
        (VALUE.float(), VALUE.float() * 1.01, False),
        (VALUE, VALUE.float(), False),
        (VALUE, VALUE.reshape(2, 1), False),
        (torch.ones(2, 3), torch.ones(3, 2).T, False),
        (torch.tensor([torch.nan]), torch.tensor([torch.nan]), True),
        (torch.tensor([torch.inf]), torch.tensor([1e30]), False),
        (torch.zeros(2), torch.full((2,), 1e-6), False),
        (torch.tensor([1, 2]), torch.tensor([1, 3]), False),
        (VALUE.numpy(), VALUE.numpy() * (1 + 1e-12), True),
        (0.1, 0.1 + 1e-14, True),
        (0.1, 0.1001, False),
        (float("nan"), float("nan"), True),
        (1, 1.0, False),
        (True, 1, False),
        ("hint", "other hint", False),
        ([1.0, 2.0], [1.0], False),
        ([1.0], (1.0,), False),
        ({"a": 1.0}, {"b": 1.0}, False),
        ({"a": {"b": [VALUE]}}, {"a": {"b": [VALUE * (1 + 1e-12)]}}, True),
        (wire.Named("f", {"a": 1.0}), wire.Named("f", {"a": 1.0 + 1e-13}), True),
        (wire.Named("f", {}), wire.Named("g", {}), False),
    ],
)
def test_outcomes_agree_up_to_their_last_bits(old: object, new: object, same: bool) -> None:
    assert stored.agree(wire.encode(old), wire.encode(new)) is same


def test_a_file_that_agrees_is_kept_and_a_spoilt_one_is_not(tiny: Course) -> None:
    build(tiny)
    path = tiny.root / OUTCOMES
    whole = path.read_bytes()
    for spoilt in (whole[:-8] + b"\0" * 8, whole[:-1], b"", whole.replace(b"momentum", b"momentun", 1)):
        path.write_bytes(spoilt)
        assert build(tiny) == [OUTCOMES]
        assert path.read_bytes() == whole
    nudged = whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:]  # the lowest bit of a stored number
    path.write_bytes(nudged)
    assert build(tiny) == []
    assert path.read_bytes() == nudged


# --- the archive


def opened(path: Path) -> dict[str, bytes]:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as file:
            return {name: file.read(name) for name in file.namelist()}
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(path.read_bytes()))) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar.getmembers()}  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["students.zip", "students.tar.gz"])
def test_the_archive_holds_what_students_need_and_no_more(
    built: Course, tmp_path: Path, name: str, copy_of: Callable[[Course], Course]
) -> None:
    path = archive(built, tmp_path / "out" / name)
    members = opened(path)
    assert sorted(members) == [
        "steepest/LICENSE",
        "steepest/README.md",
        "steepest/environment.yml",
        f"steepest/{NOTEBOOK}",
        "steepest/utils/README.md",
        "steepest/utils/pyproject.toml",
        "steepest/utils/steepest/check.py",
        f"steepest/{INDEX}",
        f"steepest/{OUTCOMES}",
    ]
    assert b"`jupyter lab lessons`" in members["steepest/README.md"]
    assert not [name for name, data in members.items() if b"velocity = beta" in data]
    again = copy_of(built)
    for file in again.root.rglob("*"):
        os.utime(file, (0, 2_000_000_000))
    assert archive(again, tmp_path / f"again-{name}").read_bytes() == path.read_bytes()


def test_an_archive_needs_current_lessons_and_all_files(
    built: Course, tmp_path: Path, text: str, write: Callable[..., Path]
) -> None:
    with pytest.raises(CourseError, match=r"\.zip or \.tar\.gz\. Got 'x\.rar'"):
        archive(built, tmp_path / "x.rar")
    (built.root / "LICENSE").unlink()
    with pytest.raises(CourseError, match="needs LICENSE"):
        archive(built, tmp_path / "x.zip")
    write(built, text.replace("Momentum", "Polyak"))
    with pytest.raises(CourseError, match="Run `steepest-grader build`"):
        archive(built, tmp_path / "x.zip")
    assert not (tmp_path / "x.zip").exists()


# --- plain nbgrader


def nbgrader(course: Course, *args: str) -> None:
    """Run plain nbgrader in the course directory, as an instructor without our command line would."""
    scripts = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *args],
        cwd=course.course_dir,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_plain_nbgrader_makes_the_same_release_and_grades_it(
    tiny: Course, text: str, write: Callable[..., Path]
) -> None:
    write(tiny, text.replace("check(momentum_step)\n", "momentum_step\n"))  # no outcomes are installed for it
    write_course(tiny)
    released = tiny.course_dir / "release" / LESSON / f"{LESSON}.ipynb"
    ours = nbformat.read(released, as_version=4)
    nbgrader(tiny, "generate_assignment", LESSON, "--force")
    assert nbformat.read(released, as_version=4).cells == ours.cells
    for student, answer in (("ada", SOLUTION), ("cyd", SOLUTION.replace('beta * state["velocity"]', "0 * theta"))):
        notebook = nbformat.read(released, as_version=4)
        for cell in notebook.cells:
            cell.source = cell.source.replace("    # YOUR CODE HERE\n    raise NotImplementedError()", answer)
        submitted = tiny.course_dir / "submitted" / student / LESSON / f"{LESSON}.ipynb"
        submitted.parent.mkdir(parents=True)
        nbformat.write(notebook, submitted)
    nbgrader(tiny, "autograde", LESSON)
    with Gradebook(f"sqlite:///{tiny.course_dir / 'gradebook.db'}", "steepest") as book:
        scores = [book.find_grade(EXERCISE, LESSON, LESSON, student).auto_score for student in ("ada", "cyd")]
    assert scores[0] == catalogue.exercise(EXERCISE).points > scores[1]


def test_only_the_lessons_asked_for_are_written(tiny: Course, write: Callable[..., Path]) -> None:
    write(tiny, "# %%\n1\n", "91_other")
    write_course(tiny, ["91_other"])
    assert sorted(path.name for path in (tiny.course_dir / "source").iterdir()) == ["91_other"]
