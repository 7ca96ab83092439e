"""Whatever a submission makes of the grader's time and memory is bounded from outside, and costs only its own row."""

from __future__ import annotations

import copy
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from steepest_grader.course.lesson import Lesson
from steepest_grader.course.places import Course
from steepest_grader.desk import feedback
from steepest_grader.exercise.catalogue import exercise
from steepest_grader.exercise.hidden import Hidden
from steepest_grader.exercise.model import GradedSubmission, Outcome
from steepest_grader.gradebook.writer import GradebookWriter
from steepest_grader.grading import judging, lanes
from steepest_grader.grading.collect import Submission
from steepest_grader.grading.schedule import grade_all
from steepest_grader.sandbox import kernel
from steepest_grader.sandbox.base import Sandbox
from steepest_grader.sandbox.bounded import BUDGET, Bounded, Budget, Children, OverBudget
from steepest_grader.sandbox.zygote import SandboxError

MIB = 2**20
GOOD = """\
def momentum_step(theta, grad, state, *, lr, beta):
    velocity = beta * state["velocity"] - lr * grad
    return theta + velocity, {"velocity": velocity}
"""


# --- any work


class Doing:
    """Calls what it is given."""

    def begin(self) -> None:
        self.kept: list[Any] = []

    def __call__(self, ask: Callable[..., Any], what: str, *args: Any) -> Any:
        return WORK[what](ask, *args)


def _spin(*_: Any) -> None:
    while True:
        pass


def _spin_in_a_child(*_: Any) -> None:
    subprocess.run([sys.executable, "-S", "-c", "while True: pass"], check=False)


def _grow(*_: Any) -> None:
    kept = []
    for _ in range(40):
        kept.append(b"x" * (8 * MIB))
        time.sleep(0.01)
    time.sleep(5)  # on a busy machine the watch may come late


def _begin_a_program(*_: Any) -> str:
    """As slowly as on a machine that others keep busy: until it is another program it has what this one has."""
    pid = os.fork()
    if pid == 0:
        time.sleep(0.2)
        os.execv("/bin/true", ["true"])
    os.waitpid(pid, 0)
    return "begun"


def _refuse(*_: Any) -> None:
    raise KeyError("told")


class _Odd(Exception):
    def __init__(self) -> None:
        super().__init__("odd")
        self.held = lambda: None  # does not travel


def _odd(*_: Any) -> None:
    raise _Odd


WORK: dict[str, Callable[..., Any]] = {
    "spin": _spin,
    "spin in a child": _spin_in_a_child,
    "grow": _grow,
    "talk": lambda ask: bytes(9 * MIB),
    "ask too much": lambda ask: ask(bytes(9 * MIB)),
    "exit": lambda ask: os._exit(3),
    "be killed": lambda ask: os.kill(os.getpid(), signal.SIGKILL),
    "begin a program": _begin_a_program,
    "refuse": _refuse,
    "be odd": _odd,
    "ask": lambda ask, number: ask(number) + 1,
    "say": lambda ask, value: value,
    "where": lambda ask: (os.getpid(), os.getpgrp()),
}
SMALL = Budget(seconds=0.3, memory=64 * MIB, answer=8 * MIB)
ENDS: dict[str, tuple[type[Exception], str]] = {
    "spin": (OverBudget, "0.3 s of CPU time"),
    "spin in a child": (OverBudget, "0.3 s of CPU time"),
    "grow": (OverBudget, "64 MiB of memory"),
    "talk": (OverBudget, "8 MiB to be kept"),
    "ask too much": (OverBudget, "8 MiB to be kept"),
    "exit": (SandboxError, "status 3"),
    "be killed": (SandboxError, "status -9"),  # by the host: it is ours, and no zero
    "refuse": (KeyError, "told"),
    "be odd": (RuntimeError, "_Odd: odd"),
}


@pytest.fixture
def children() -> Iterator[Children]:
    found = Children()
    yield found
    found.close()


def _one(children: Children, fresh: bool, *args: Any, **settings: Any) -> Any:
    with children.one(WORK, lambda: Bounded(Doing(), fresh=fresh)) as child:
        return child(*args, **settings)


@pytest.mark.parametrize("what", ENDS)
def test_work_that_does_not_end_well_ends_alone(what: str, children: Children) -> None:
    kind, said = ENDS[what]
    before, begun = _one(children, False, "where")[0], time.monotonic()
    with pytest.raises(kind, match=said):
        _one(children, False, what, budget=SMALL)
    assert time.monotonic() - begun < 30
    with pytest.raises(ProcessLookupError):
        while time.monotonic() - begun < 60:  # what it had started is reaped by another
            os.killpg(before, 0)
            time.sleep(0.01)
    assert _one(children, False, "say", [1], budget=SMALL) == [1]


def test_a_program_that_is_about_to_begin_does_not_count_twice(children: Children) -> None:
    with children.one("work", lambda: Bounded(Doing())) as child:
        assert child("begin a program", budget=SMALL) == "begun"


def test_a_child_answers_again_and_asks_in_between(children: Children) -> None:
    pids = {_one(children, False, "where")[0] for _ in range(3)}
    assert len(pids) == 1
    assert _one(children, False, "ask", 3, answer=lambda number: 2 * number) == 7
    with pytest.raises(ZeroDivisionError):
        _one(children, False, "ask", 0, answer=lambda number: 1 / number)


def test_a_child_has_nothing_of_its_parent_but_the_connection(children: Children, tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as file:
        _, group = _one(children, False, "where")
        (child,) = (known for _, known in children._idle)
        links = {Path(f"/proc/{child.pid}/fd/{number}").readlink() for number in (file.fileno(), 0, 1)}
    assert links == {Path("/dev/null")}
    assert group == child.pid != os.getpgrp()  # Ctrl-C is not for it


def test_a_child_ends_with_whoever_asked(children: Children) -> None:
    _one(children, False, "where")
    (child,) = (known for _, known in children._idle)
    child._connection.close()
    assert os.waitpid(child.pid, 0)[1] == 0
    child._lost = "waited for here"


def test_what_has_grown_is_not_used_again(children: Children) -> None:
    first = _one(children, False, "where")[0]
    (child,) = (known for _, known in children._idle)
    child._born -= 300 * MIB
    assert _one(children, False, "where")[0] != first


def test_a_fresh_interpreter_does_the_same(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_bytes(200_000 * b"a\n")
    child = Bounded(judging._Judging("cpu"), fresh=True)
    try:
        (row,) = child("read", tmp_path / "none.py", tmp_path, "ewa", Hidden())
        assert row["outcome"] == Outcome.UNREADABLE
        with pytest.raises(OverBudget):
            child("read", tmp_path / "long.py", tmp_path, "ewa", Hidden(), budget=SMALL)
    finally:
        child.close()


# --- submissions


def _cell(source: str, grade_id: str, **header: object) -> nbformat.NotebookNode:
    meta = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return new_code_cell(source, id=grade_id, metadata={"nbgrader": meta | {"grade_id": grade_id} | header})


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    """A test cell in nbgrader's own way, and behind it a judged exercise."""
    cells = [
        _cell("x = 0", "answer_plain", solution=True),
        _cell("assert x", "plain", grade=True, locked=True, points=3),
        _cell("raise NotImplementedError()", "answer_momentum_step", solution=True),
        _cell("", "momentum_step", grade=True, locked=True, points=2),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    return Lesson("90_tiny", notebook, {"momentum_step": exercise("momentum_step")}, {"plain": "assert x == 3"}, "v1")


def handed_in(lesson: Lesson, answer: str, *more: str) -> bytes:
    notebook = copy.deepcopy(lesson.released)
    notebook.cells[0].source, notebook.cells[2].source = "x = 3", answer
    notebook.cells += [new_code_cell(source) for source in more]
    return nbformat.writes(notebook).encode()


def _returning(value: str) -> str:
    return f"import numpy as np, torch\ndef momentum_step(theta, grad, state, *, lr, beta):\n    return {value}\n"


DISPLAYS = """
from IPython.display import display, HTML
handle = display(HTML("y"), display_id="one")
for _ in range(900):
    display(HTML("y"), display_id="one")
handle.update(HTML("y" * 800_000))
"""
DEEP = json.dumps({"cells": []})[:-2] + "[" * 400_000
RELATIVES: dict[str, Callable[[Lesson], bytes]] = {
    "large answers": lambda it: handed_in(it, _returning("torch.zeros(2**20), {'velocity': torch.zeros(2**20)}")),
    "wide indices": lambda it: handed_in(it, _returning("torch.zeros(2**23, dtype=torch.int8), state")),
    "wide arrays": lambda it: handed_in(it, _returning("np.zeros(2**23, dtype='int8'), state")),
    "many parts": lambda it: handed_in(it, _returning("[0.5] * 190_000")),
    "many words": lambda it: handed_in(it, _returning("['y' * 90_000] * 40")),
    "deep answers": lambda it: handed_in(it, _returning("[[[[[[0.5] * 9] * 9] * 9] * 9] * 9]")),
    "many displays": lambda it: handed_in(it, GOOD, DISPLAYS),
    "output without end": lambda it: handed_in(it, GOOD, "while True:\n    print('y' * 1000)"),
    "a deep notebook": lambda it: DEEP.encode(),
    "a notebook of many numbers": lambda it: b'{"cells": [' + b"0," * (12 * MIB) + b"0]}",
    "a long source": lambda it: handed_in(it, GOOD, "x = 1\n" * 20_000),
    "a source of many names": lambda it: handed_in(it, GOOD, "import os as a\n" + "a = a.os\n" * 3000),
}
TIGHT = Budget(seconds=4.0, memory=320 * MIB)


@pytest.fixture
def tight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "grade_submission", partial(lanes.grade_submission, budget=TIGHT))
    monkeypatch.setattr(kernel, "CELL_SECONDS", 2)


def _class(lesson: Lesson, sandbox: Sandbox, data: dict[str, bytes]) -> dict[str, GradedSubmission]:
    submissions = [Submission(name, item) for name, item in data.items()]
    return {item.student: item for item in grade_all(lesson, submissions, sandbox=sandbox, jobs=1)}


@pytest.mark.sandbox
def test_no_submission_takes_more_than_its_budget(lesson: Lesson, sandbox: Sandbox, tight: None) -> None:
    """One lane grades them all, an honest one first and last."""
    honest = handed_in(lesson, GOOD)
    made = {"first": honest, **{name: make(lesson) for name, make in RELATIVES.items()}, "last": honest}
    graded = _class(lesson, sandbox, made)
    assert {name: graded[name].score for name in ("first", "last")} == {"first": 5, "last": 5}
    assert max(graded[name].spent.outside for name in ("first", "last")) < 2
    for name in RELATIVES:
        item = graded[name]
        used = f"{name}: {item.spent.outside:.1f} s, {item.spent.outside_memory / MIB:.0f} MiB, {item.verdicts}"
        assert item.spent.outside < TIGHT.seconds + 1, used
        assert item.spent.outside_memory < TIGHT.memory + 128 * MIB, used
        assert item.outcome is not Outcome.GRADER_ERROR, used
        assert item.message or item.verdicts[1].score == 3, used
        assert item.message or "momentum" in json.loads(item.notebook)["cells"][2]["source"], used


@pytest.mark.sandbox
def test_what_goes_over_keeps_the_verdicts_that_stood_and_says_why(
    lesson: Lesson, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spins(exercise: Any, function: Any, **_: Any) -> Any:
        _spin()

    with monkeypatch.context() as patch:
        patch.setattr(lanes.alone, "judge", spins)
        budget = Budget(seconds=1.0)
        (item,) = [lanes.grade_submission(lesson, "eve", handed_in(lesson, GOOD), sandbox=sandbox, budget=budget)]
    assert item.outcome is Outcome.TIMED_OUT
    assert {verdict.exercise: verdict.score for verdict in item.verdicts} == {"momentum_step": 0, "plain": 3}
    assert "more than 1 s of CPU time" in item.verdicts[0].message
    assert list(item.flags) == [item.message]
    assert 1.0 <= item.spent.outside <= item.seconds
    assert sandbox._zygote is not None and not sandbox._zygote._kernels  # its own is ended too
    sandbox.children.close()


@pytest.mark.sandbox
def test_what_goes_over_hides_neither_its_source_nor_what_is_to_be_said_of_it(
    lesson: Lesson, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Full marks first, and then output until grading stops."""
    monkeypatch.setattr(lanes.alone, "delegated", lambda *_: ["torch.optim.SGD.step"])
    stopped = handed_in(lesson, GOOD, "import os; os.fork", "while True:\n    print('y' * 20, flush=True)")
    item = lanes.grade_submission(lesson, "eve", stopped, sandbox=sandbox, budget=Budget(seconds=2.0))
    assert (item.score, item.outcome) == (5, Outcome.TIMED_OUT)
    said = ("leaves the work to a library", "ends processes", item.message)
    assert all(part in flag for part, flag in zip(said, item.flags, strict=True)), item.flags
    cells = json.loads(item.notebook)["cells"]
    assert [cell["source"] for cell in cells] == [cell.source for cell in nbformat.reads(stopped, 4).cells]
    assert not any(cell["outputs"] for cell in cells)
    sandbox.children.close()


@pytest.mark.sandbox
def test_a_file_that_takes_too_much_is_a_row(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file.py").write_text("def ewa(values, *, beta): pass\n")
    with monkeypatch.context() as patch:
        patch.setattr(judging, "read_names", _grow)
        (row,) = judging.judge_file(tmp_path / "file.py", sandbox=sandbox, hidden=Hidden(), only="ewa", budget=SMALL)
    assert (row["exercise"], row["score"], row["outcome"]) == ("ewa", 0, Outcome.OUT_OF_MEMORY)
    assert "more than 64 MiB of memory" in row["message"]
    (row,) = judging.judge_file(tmp_path / "file.py", sandbox=sandbox, hidden=Hidden(), only="ewa")
    assert row["outcome"] == Outcome.FAILED
    sandbox.children.close()


@pytest.mark.sandbox
def test_a_file_that_is_stopped_keeps_the_verdicts_that_stood(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ewa = "def ewa(values, *, beta):\n    raise ValueError(beta)\n"
    (tmp_path / "file.py").write_text(ewa + GOOD)
    real = lanes.alone.judge

    def judge(exercise: Any, function: Any, **more: Any) -> Any:
        return _spin() if exercise.id == "ewa" else real(exercise, function, **more)

    with monkeypatch.context() as patch:
        patch.setattr(judging, "by_id", lambda: {name: exercise(name) for name in ("momentum_step", "ewa")})
        patch.setattr(lanes.alone, "judge", judge)
        rows = judging.judge_file(tmp_path / "file.py", sandbox=sandbox, hidden=Hidden(), budget=Budget(seconds=2.0))
    assert [(row["exercise"], row["score"], row["outcome"]) for row in rows] == [
        ("momentum_step", exercise("momentum_step").points, Outcome.PASSED), ("ewa", 0, Outcome.TIMED_OUT),
    ]  # fmt: skip
    assert "more than 2 s of CPU time" in rows[1]["message"]
    sandbox.children.close()


def test_a_page_that_takes_too_much_says_so_and_no_other_page_changes(
    built: Course, submit: Callable[..., GradedSubmission], monkeypatch: pytest.MonkeyPatch
) -> None:
    with GradebookWriter(None, built) as book:
        for student in ("ada", "eve", "zoe"):
            book.record(submit(student, reflection="endless" if student == "eve" else "It overshoots."))
    before = {path.parts[-3]: path.read_text() for path in feedback.write_feedback(built, "90_tiny")[0]}
    real = feedback._markdown
    monkeypatch.setattr(
        feedback, "_markdown", lambda source, *more: _spin() if "endless" in source else real(source, *more)
    )
    pages, _, _ = feedback.write_feedback(built, "90_tiny", budget=Budget(seconds=1.0))
    after = {path.parts[-3]: path.read_text() for path in pages}
    assert {name for name in before if after[name] != before[name]} == {"eve"}
    assert "takes more than 1 s of CPU time. Marks given by hand are in the gradebook." in after["eve"]
    assert "momentum_step" in after["eve"]


def test_the_budget_is_what_the_docs_say() -> None:
    assert BUDGET.seconds <= 30
    assert BUDGET.memory <= 2**30
