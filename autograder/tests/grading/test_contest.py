"""A class in a contest, in the sandbox: what becomes of whom, whatever the others do."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner, Result
from contest_exercises.contest.lesson import CONTEST, LESSON, LINE
from steepest_grader.cli import main
from steepest_grader.course import release
from steepest_grader.course.lesson import Lesson, load
from steepest_grader.course.text_course import TextCourse
from steepest_grader.errors import CourseError, GradebookError
from steepest_grader.exercise import catalogue
from steepest_grader.exercise.contest import Entry, Round
from steepest_grader.gradebook.autograded import Autograded
from steepest_grader.grading import contest as module
from steepest_grader.grading import replay as replaying
from steepest_grader.grading.batch import grade_lesson
from steepest_grader.grading.contest import play_contest
from steepest_grader.grading.replay import replay
from steepest_grader.sandbox.base import Sandbox
from steepest_grader.sandbox.bounded import Budget

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(600)]

SEED, TASKS = 11, 3
SOURCE = """\
# %% nbgrader={"locked": true, "grade_id": "setup"}
import torch
from steepest import check

# %% nbgrader={"solution": true, "grade_id": "answer_ewa"}
def ewa(values, *, beta):
    ### BEGIN SOLUTION
    average, averages = torch.zeros_like(values[0]), []
    for value in values:
        average = beta * average + (1 - beta) * value
        averages.append(average)
    return torch.stack(averages)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "ewa"}
check(ewa)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(ewa)
### END HIDDEN TESTS

# %% nbgrader={"solution": true, "grade_id": "answer_momentum_step"}
def momentum_step(theta, grad, state, *, lr, beta):
    ### BEGIN SOLUTION
    velocity = beta * state["velocity"] - lr * grad
    return theta + velocity, {"velocity": velocity}
    ### END SOLUTION

# %% tags=["demo"]
momentum_step = "a demo is not run"

# %% nbgrader={"grade": true, "grade_id": "momentum_step"}
check(momentum_step)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(momentum_step)
### END HIDDEN TESTS

# %%
# leaderboard_name = "choose one"

# %%
momentum_step = "what comes behind is not run"
"""
STEP = "def momentum_step(theta, grad, state, *, lr, beta):\n"
RIGHT = '    v = beta * state["velocity"] - lr * grad\n    return theta + v, {"velocity": v}\n'
STAYS = "    return theta, state\n"
NAME = 'leaderboard_name = "{}"\n'

# The code of an answer, and of the cell that gives a name; what comes of it.
CLASS: dict[str, tuple[str, str]] = {
    "right": (STEP + RIGHT, NAME.format("Fox")),
    "stays": (STEP + STAYS, NAME.format("Owl")),
    "unnamed": (STEP + RIGHT, ""),
    "blank": ("", NAME.format("Hare")),
    "raises": (f"{STEP}    raise ValueError('secret of raises')\n", NAME.format("Mole")),
    "of-no-form": (f"{STEP}    return 'text'\n", NAME.format("Newt")),
    "lies": (f"{STEP}    return Lie(), state\nclass Lie:\n    def __eq__(*_): return True\n", NAME.format("Lynx")),
    "endless": (f"{STEP}    while True: pass\n", NAME.format("Ox")),
    "ends": (f"{STEP}    import os\n    os._exit(0)\n", NAME.format("Ant")),
    "removed": ("momentum_step = None\n", NAME.format("Elk")),
    "data": (f"from steepest.data import wine\n{STEP}{RIGHT}", NAME.format("Bee")),
    "cell-ends": (f"{STEP}{RIGHT}", f"{NAME.format('Cat')}"),
}  # fmt: skip


def notebook_of(course: TextCourse, answer: str, name: str, first: str = "") -> bytes:
    notebook = load(course, LESSON).released
    cells = {cell.id: cell for cell in notebook.cells}
    solved = {cell.id: cell.source for cell in load(course, LESSON).source.cells}
    cells["answer_ewa"].source = solved["answer_ewa"]
    if answer:
        cells["answer_momentum_step"].source = answer
    for cell in notebook.cells:
        if "choose one" in cell.source:
            cell.source = name
    if first:
        notebook.cells.insert(0, nbformat.v4.new_code_cell(first, id="first"))
    return nbformat.writes(notebook).encode()


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> TextCourse:
    """A graded class."""
    course = TextCourse(tmp_path_factory.mktemp("course"))
    source = course.solutions / LESSON / f"{LESSON}.py"
    source.parent.mkdir(parents=True)
    source.write_text(SOURCE)
    (course.root / "pyproject.toml").write_text('[tool.steepest-grader]\nexercises = "contest_exercises"\n')
    release.write_course(course)
    folder = course.root / "submitted"
    for student, (answer, name) in CLASS.items():
        path = folder / student / LESSON / f"{LESSON}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(notebook_of(course, answer, name, "import os\nos._exit(3)" * (student == "cell-ends")))
    (folder / "unreadable" / LESSON).mkdir(parents=True)
    (folder / "unreadable" / LESSON / f"{LESSON}.ipynb").write_bytes(b"{")
    grade_lesson(course, LESSON, folder, sandbox=sandbox, jobs=2)
    return course


@pytest.fixture(scope="module")
def played(course: TextCourse, sandbox: Sandbox) -> Round:
    return play_contest(course, LESSON, seed=SEED, tasks=TASKS, sandbox=sandbox, jobs=2)


@pytest.fixture(scope="module")
def entries(played: Round) -> dict[str, Entry]:
    return {entry.student: entry for entry in played.entries}


@pytest.mark.parametrize(
    ("student", "share"), [("right", 1.0), ("stays", 0.1), ("unnamed", 1.0), ("data", 1.0), ("cell-ends", 1.0)]
)
def test_what_is_played_is_measured(student: str, share: float, entries: dict[str, Entry]) -> None:
    entry = entries[student]
    assert (list(entry.results), entry.reason) == ([share] * TASKS, "")
    assert 0 < entry.seconds < 1


REASONS = {
    "blank": ("task 1: `momentum_step` fails", "NotImplementedError: "),
    "raises": ("task 1: `momentum_step` fails", "ValueError: secret of raises"),
    "of-no-form": ("task 1: `momentum_step` fails", ""),
    "lies": ("task 1: `momentum_step` fails", ""),
    "endless": ("task 1: its functions took more than 2 s", ""),
    "ends": ("task 1: the process ended in the middle of the work", ""),
    "removed": ("task 1: there is no function `momentum_step`", ""),
    "unreadable": ("the notebook cannot be read", "The notebook cannot be read"),
}


@pytest.mark.parametrize("student", REASONS)
def test_what_cannot_be_played_costs_its_own_student_a_reason(student: str, entries: dict[str, Entry]) -> None:
    entry, (reason, detail) = entries[student], REASONS[student]
    assert (list(entry.results), entry.ours) == ([], False)
    assert detail in entry.detail
    assert entry.reason == reason


def test_nobody_is_forgotten_and_the_grader_never_fails(entries: dict[str, Entry]) -> None:
    assert entries.keys() == {*CLASS, "unreadable"}
    assert [who for who, entry in entries.items() if entry.ours] == []


def test_names_and_flags(entries: dict[str, Entry]) -> None:
    assert (entries["right"].pseudonym, entries["unnamed"].pseudonym) == ("Fox", "")
    assert {who for who, entry in entries.items() if any("brings data" in flag for flag in entry.flags)} == {"data"}
    assert any("__eq__" in flag for flag in entries["lies"].flags)  # as grading has seen it
    assert entries["right"].flags == entries["stays"].flags == ()


def test_the_lines_are_played_alike(played: Round) -> None:
    assert list(played.lines) == [LINE]
    assert all(0.4 < result < 0.7 for result in played.lines[LINE])
    assert len(set(played.lines[LINE])) > 1


def test_a_second_run_plays_nothing_again(course: TextCourse, sandbox: Sandbox, played: Round) -> None:
    again = play_contest(course, LESSON, seed=SEED, tasks=TASKS, sandbox=sandbox)
    assert (again.entries, again.lines, again.reused) == (played.entries, played.lines, len(played.entries))


def test_what_has_changed_is_played_again_and_nothing_else(
    course: TextCourse, sandbox: Sandbox, played: Round, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = TextCourse(shutil.copytree(course.root, tmp_path / "copy"))
    notebook = Autograded(copy, LESSON).notebook("right")
    notebook.write_text(notebook.read_text().replace("Fox", "Vixen"))
    shutil.rmtree(Autograded(copy, LESSON).folder("stays"))
    asked: list[str] = []

    def seen(lesson: object, contest: object, notebooks: Iterable[tuple[str, bytes]], *args: Any, **more: Any) -> Any:
        given = list(notebooks)
        asked.extend(who for who, _ in given)
        return replay(lesson, contest, given, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "replay", seen)
    again = {entry.student: entry for entry in _again(copy, sandbox).entries}
    assert asked == ["right"]
    assert again["right"].pseudonym == "Vixen"
    assert again.keys() == {entry.student for entry in played.entries} - {"stays"}
    _again(copy, sandbox, force=True)
    assert len(asked) == 1 + len(again)


def _again(course: TextCourse, sandbox: Sandbox, **more: Any) -> Round:
    return play_contest(course, LESSON, seed=SEED, tasks=TASKS, sandbox=sandbox, jobs=2, **more)


@pytest.fixture
def alone(course: TextCourse, sandbox: Sandbox) -> Callable[..., Entry]:
    """Plays one notebook of these cells, without a class around it."""

    def play(answer: str, *, seeds: tuple[int, ...] = (1, 2, 3), first: str = "", **more: object) -> Entry:
        data = notebook_of(course, answer, "", first)
        (entry,) = replay(load(course, LESSON), CONTEST, [("ada", data)], seeds, sandbox=sandbox, **more)  # type: ignore[arg-type]
        return entry

    return play


REMEMBERS = {
    "in a variable": ("calls = []\n", "    calls.append(1)\n    if len(calls) > 1: {stay}\n"),
    "in a file": ("", "    import os\n    if os.path.exists('/tmp/x'): {stay}\n    open('/tmp/x', 'w').close()\n"),
    "in the package": ("", "    import steepest\n    if hasattr(steepest, 'x'): {stay}\n    steepest.x = 1\n"),
    "in shared memory": ("", "    import os\n    if os.path.exists('/dev/shm/x'): {stay}\n"
                            "    open('/dev/shm/x', 'w').close()\n"),
}  # fmt: skip


@pytest.mark.parametrize("where", REMEMBERS)
def test_nothing_is_remembered_from_task_to_task(where: str, alone: Callable[..., Entry]) -> None:
    before, body = REMEMBERS[where]
    entry = alone(before + STEP + body.format(stay="return theta, state") + RIGHT)
    assert list(entry.results) == [1.0, 1.0, 1.0], entry


def test_the_same_seed_is_the_same_task(alone: Callable[..., Entry]) -> None:
    answer = f"{STEP}    return theta - lr * grad, state\n"
    one, other = alone(answer), alone(answer, seeds=(3, 2, 1))
    assert list(one.results) == list(other.results)[::-1]
    assert len(set(one.results)) == 3


def test_too_many_cells_that_end_the_process(alone: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "MOST_LOST", 0)
    entry = alone(STEP + RIGHT, first="import os\nos._exit(1)")
    assert entry.reason == "task 1: too many of its cells end the process or take too long"


def test_cells_that_take_too_long_together(alone: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "CELLS_SECONDS", 0.5)
    entry = alone(STEP + RIGHT, first="import time\ntime.sleep(0.6)")
    assert entry.reason.startswith("task 1: its cells take more than 0.5 s")


def test_what_takes_the_graders_time_is_stopped(alone: Callable[..., Entry]) -> None:
    entry = alone(STEP + RIGHT, budget=Budget(memory=2**20))
    assert (entry.reason.startswith("what it gives takes more than 1 MiB of memory"), entry.ours) == (True, False)


def test_a_failure_of_ours_is_played_again(
    course: TextCourse, sandbox: Sandbox, played: Round, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    copy = TextCourse(shutil.copytree(course.root, tmp_path / "copy"))

    def fail(lesson: Lesson, contest: object, notebooks: Iterable[Any], *_: object, **__: object) -> list[Entry]:
        given = [(who, module._digest(lesson, data)) for who, data in notebooks]
        return [Entry(who, digest, reason="the grader failed", ours=True) for who, digest in given]

    with monkeypatch.context() as patch:
        patch.setattr(module, "replay", fail)
        first = play_contest(copy, LESSON, seed=5, tasks=2, sandbox=sandbox)
    assert all(entry.ours for entry in first.entries)
    second = play_contest(copy, LESSON, seed=5, tasks=2, sandbox=sandbox, jobs=2)
    assert not any(entry.ours for entry in second.entries)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"version": 1}', b"\xff", b'{"seeds": []}'])
def test_a_damaged_file_of_entries_is_made_anew(damage: bytes, course: TextCourse, played: Round) -> None:
    path = module._path(course, LESSON)
    sound = path.read_bytes()
    version, seeds = json.loads(sound)["version"], json.loads(sound)["seeds"]
    assert len(module._Kept.read(path, version, seeds).entries) == len(played.entries)
    try:
        path.write_bytes(damage)
        assert module._Kept.read(path, version, seeds).entries == {}
    finally:
        path.write_bytes(sound)
    assert module._Kept.read(path, version, seeds[:-1]).entries == {}
    assert module._Kept.read(path, "another", seeds).entries == {}


def test_a_contest_travels_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(CONTEST)).functions == CONTEST.functions


def test_what_a_contest_must_be(monkeypatch: pytest.MonkeyPatch) -> None:
    assert catalogue.contest(LESSON, "contest_exercises") is CONTEST
    assert catalogue.contest("90_tiny", "tiny_exercises") is None
    assert catalogue.contest("99_none", "tiny_exercises") is None
    for wrong in (3, replace(CONTEST, functions=("adam_step",)), replace(CONTEST, functions=())):
        monkeypatch.setattr("contest_exercises.contest.lesson.CONTEST", wrong)
        catalogue.contest.cache_clear()
        with pytest.raises(CourseError, match="exercises of the lesson"):
            catalogue.contest(LESSON, "contest_exercises")
    catalogue.contest.cache_clear()


# --- the command -----------------------------------------------------------------------------------------------


@pytest.fixture
def run(course: TextCourse, warm: None) -> Callable[..., Result]:
    words = ["--course", str(course.root), "leaderboard"]
    return lambda *args: CliRunner().invoke(main, [*words, *map(str, args)])


def test_the_command(run: Callable[..., Result], course: TextCourse, played: Round, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in course.course_dir.rglob("*") if path.is_file()}
    out = tmp_path / "out.json"
    done = run(LESSON, "--seed", SEED, "--tasks", TASKS, "--json", out)
    assert done.exit_code == 0, done.output
    page = course.course_dir / "leaderboards" / f"{LESSON}.html"
    shown = page.read_text() + page.with_suffix(".csv").read_text()
    assert [name for name in ("Fox", "Owl", LINE) if name not in shown] == []
    assert [
        who for who in (*CLASS, "Bee", "Cat", "secret of raises") if f">{who}<" in shown or f"{who}," in shown
    ] == []
    found = json.loads(out.read_text())
    assert {row["name"]: row["place"] for row in found["entries"] if row["place"]} == {"Fox": 1, "Owl": 2}
    assert found["failed"].keys() == REASONS.keys()
    assert "--admit STUDENT" in done.output
    assert run(LESSON, "--seed", SEED, "--tasks", TASKS, "--json", out, "--admit", "data").exit_code == 0
    assert "Bee" in page.read_text()
    after = {path: path.read_bytes() for path in before}
    assert after == before  # no mark, no graded notebook, no entry


def test_each_run_draws_its_own_tasks(run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def play(*_: object, seed: int, **__: object) -> Round:
        asked.append(seed)
        return Round(LESSON, "accuracy", seed, [1, 2], [], {})

    monkeypatch.setattr(module, "play_contest", play)
    said = [run(LESSON).output for _ in range(2)]
    assert len(set(asked)) == 2
    assert all(f"--seed {seed}" in text for seed, text in zip(asked, said, strict=True))


BAD_INPUT = {
    "an unknown lesson": (("99_none",), "There is no lesson '99_none'"),
    "a table in the place of the page": ((LESSON, "--out", "board.csv"), "page and table at once"),
    "nobody of the name": ((LESSON, "--seed", SEED, "--tasks", TASKS, "--admit", "nobody"), "There is no entry of"),
    "a single task": ((LESSON, "--tasks", 1), "not in the range"),
    "a seed that is none": ((LESSON, "--seed", -1), "not in the range"),
    "a folder in the place of the page": ((LESSON, "--out", "/"), "is a directory"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_gets_a_sentence(case: str, run: Callable[..., Result], played: Round) -> None:
    words, said = BAD_INPUT[case]
    done = run(*words)
    assert (done.exit_code in (1, 2), said in " ".join(done.output.split())) == (True, True), done.output
    assert "Traceback" not in done.output


def test_a_lesson_without_a_contest_and_one_that_is_not_graded(
    course: TextCourse, built: TextCourse, sandbox: Sandbox
) -> None:
    with pytest.raises(CourseError, match="has no leaderboard"):
        play_contest(built, "90_tiny", seed=1, tasks=2, sandbox=sandbox)
    empty = TextCourse(course.root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Autograded, "stored", lambda self: {})
        with pytest.raises(GradebookError, match="steepest-grader grade"):
            play_contest(empty, LESSON, seed=1, tasks=2, sandbox=sandbox)
