"""One submission becomes one value, whatever its cells do."""

from __future__ import annotations

import copy
import errno
import io
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output
from steepest_grader.course.lesson import Lesson
from steepest_grader.exercise.catalogue import exercise
from steepest_grader.exercise.judge import judge_local
from steepest_grader.exercise.model import GradedSubmission, Outcome
from steepest_grader.grading import submission
from steepest_grader.grading.collect import Submission, collect
from steepest_grader.grading.schedule import grade_all
from steepest_grader.grading.submission import grade_submission
from steepest_grader.sandbox import kernel as kernel_module
from steepest_grader.sandbox.base import Sandbox
from steepest_grader.sandbox.bubblewrap import Bubblewrap
from steepest_grader.sandbox.zygote import Process

pytestmark = pytest.mark.sandbox

Grade = Callable[..., GradedSubmission]

GOOD = """\
def momentum_step(theta, grad, state, *, lr, beta):
    velocity = beta * state["velocity"] - lr * grad
    return theta + velocity, {"velocity": velocity}
"""

FORGETS = """\
import os, time
calls = 0

def momentum_step(theta, grad, state, *, lr, beta):
    global calls
    calls += 1
    velocity = -lr * grad
    return theta + velocity, {"velocity": velocity}
"""


def _cell(source: str, grade_id: str, **header: object) -> NotebookNode:
    meta = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return new_code_cell(source, id=grade_id, metadata={"nbgrader": meta | {"grade_id": grade_id} | header})


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    """One judged exercise, and one test cell in nbgrader's own way."""
    released = nbformat.v4.new_notebook(
        cells=[
            _cell("import torch", "setup", locked=True),
            _cell("raise NotImplementedError()", "answer_momentum_step", solution=True),
            _cell("check(momentum_step)", "momentum_step", grade=True, locked=True, points=2),
            new_code_cell("raise SystemExit('a demo must not run')", id="demo", metadata={"tags": ["demo"]}),
            _cell("assert x", "plain", grade=True, locked=True, points=3),
        ]
    )
    tests = {"plain": "assert x\nassert x == 3, 'hidden'"}
    return Lesson("90_tiny", released, {"momentum_step": exercise("momentum_step")}, tests, "v1")


@pytest.fixture
def grade(lesson: Lesson, sandbox: Sandbox) -> Callable[..., GradedSubmission]:
    """Grades an answer, with other cells behind it."""
    return lambda answer, *extra: _grade(lesson, sandbox, answer, *extra)


def _grade(lesson: Lesson, sandbox: Sandbox, answer: str, *extra: str) -> GradedSubmission:
    notebook = copy.deepcopy(lesson.released)
    notebook.cells[1].source = answer
    for number, source in enumerate(extra):
        notebook.cells.insert(2 + number, new_code_cell(source))
    return grade_submission(lesson, "ada", nbformat.writes(notebook).encode(), sandbox=sandbox)


FORGES = """\
kernel = get_ipython().kernel

def send(kind, **content):
    kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent())
"""
RESULT = (
    FORGES
    + """
get_ipython().events.register("post_run_cell", lambda result: send(
    "execute_result", data={"text/plain": ["1", ".5"]}, metadata={}, execution_count=1))
"""
)
SHAPES = (
    FORGES
    + """
texts = [5, None, True, "x", ["x"], [["x"]], [5], [None], {}, {"a": 1}, []]
for odd in texts:
    for kind in ("execute_result", "display_data", "update_display_data"):
        for key in ("text/plain", "text/html", "image/png", "application/json"):
            send(kind, data={key: odd}, metadata={}, execution_count=1, transient={"display_id": odd})
        send(kind, data=odd, metadata=odd, execution_count=odd, transient=odd)
        send(kind)
    send("stream", name=odd, text=odd)
    send("stream", name="stdout", text=odd)
    send("error", ename=odd, evalue=odd, traceback=odd)
    send("error", ename="x", evalue="y", traceback=odd)
    send("clear_output", wait=odd)
send("stream"), send("error"), send("odd")
"""
)
WITHIN = """
class X:
    def __eq__(self, other):
        exec(s, globals())
        return True
"""
P, F, E, M, T = Outcome.PASSED, Outcome.FAILED, Outcome.ERRORED, Outcome.MISSING, Outcome.TIMED_OUT
CASES: dict[str, tuple[Sequence[str], Sequence[Outcome], str]] = {
    "sound": ([GOOD, "x = 3"], [P, P], ""),
    "a test cell of the plain kind fails": ([GOOD, "x = 4"], [P, F], "AssertionError: hidden"),
    "stderr is not a failure": ([GOOD, "x = 3\nimport sys; print('w', file=sys.stderr)"], [P, P], ""),
    "a cell that raises is passed over": ([GOOD, "1 / 0", "x = 3"], [P, P], ""),
    "never defined": (["pass", "x = 3"], [M, P], "No function called `momentum_step`"),
    "a syntax error": (
        ["def momentum_step(:", "x = 3"],
        [E, P],
        "its cell raises SyntaxError: invalid syntax (line 1: `",
    ),
    "a cell ends the process": ([GOOD, "import os; os._exit(3)", "x = 3"], [P, P], ""),
    "the answer's cell ends the process": ([f"import os\n{GOOD}\nos._exit(3)", "x = 3"], [E, P], "the process ended"),
    "quit() in a cell": ([GOOD, "quit()", "x = 3"], [P, P], ""),
    "a variable called globals": ([GOOD, "x = 3\nglobals = _serve = 7"], [P, P], ""),
    "None instead of a function": (
        [f"def f(g): pass\n@f\n{GOOD}", "x = 3"],
        [M, P],
        "is None, not a function: `@f` above",
    ),
    "a name nearby": ([GOOD.replace("step(", "stop("), "x = 3"], [M, P], "Did you mean `momentum_stop`?"),
    "a lambda": (
        [f"{GOOD.replace('_step', '')}momentum_step = lambda *a, **k: momentum(*a, **k)", "x = 3"],
        [P, P],
        "",
    ),
    "a display that no notebook can hold": (
        [GOOD, "x = 3\nfrom IPython.display import display\ndisplay({'text/plain': 5}, raw=True)"],
        [P, P],
        "",
    ),
    "a result in a list of lines": ([GOOD, f"{RESULT}x = 3"], [P, Outcome.PARTIAL], ""),
    "outputs of every shape": ([GOOD, f"{SHAPES}x = 3"], [P, P], ""),
    "outputs of every shape in a test": ([GOOD, f"{WITHIN}s = {SHAPES!r}\nx = X()"], [P, P], ""),
    "half a character in an error": (
        [
            "import json\nsession = get_ipython().kernel.session\n"
            "session.pack = lambda o: json.dumps(o, default=str).encode()\n"
            "raise ValueError('\\ud83d')\ndef momentum_step(): pass",
            "x = 3",
        ],
        [E, P],
        "its cell raises ValueError: ?.",
    ),
    "a partial": (
        [f"import functools\n{GOOD.replace('momentum_step', 'step')}momentum_step = functools.partial(step)", "x = 3"],
        [P, P],
        "",
    ),
    "input() in a function": (
        ["def momentum_step(*a, **k):\n    return input()", "x = 3"],
        [E, P],
        "(line 2: return input())",
    ),
    "sys.exit": ([GOOD, "import sys; sys.exit()", "x = 3"], [P, P], ""),
    "a function that exits": (
        ["def momentum_step(*a, **k):\n    import os; os._exit(0)", "x = 3"],
        [E, P],
        "While `momentum_step` ran, the process ended",
    ),
    "a function that swallows everything": (
        [
            "def momentum_step(*a, **k):\n    try:\n        raise SystemExit\n    except BaseException:\n        pass",
            "x = 3",
        ],
        [F, P],
        "It returned None",
    ),
    "a class instead of a function": (["class momentum_step: pass", "x = 3"], [E, P], "TypeError"),
    "a deep recursion": (
        ["def momentum_step(*a, **k): return momentum_step(*a, **k)", "x = 3"],
        [E, P],
        "RecursionError",
    ),
    "something that cannot be sent": (
        ["def momentum_step(theta, *a, **k): return (lambda: 1), {}", "x = 3"],
        [F, P],
        "of type function",
    ),
    "an endless answer": (
        ["def momentum_step(*a, **k):\n    x = []\n    for _ in range(40): x = [x]\n    return x, x", "x = 3"],
        [F, P],
        "nested",
    ),
}


@pytest.mark.parametrize(
    ("shown", "credit"),
    [("1.5", 0.5), ("7", 1.0), ("-1", 0.0), ("nan", 0.0), ("inf", 0.0), ("-inf", 0.0), ("1e400", 0.0), ("a text", 1.0)],
)
def test_partial_credit_is_a_number_of_points(shown: str, credit: float) -> None:
    """nan would end the batch in the gradebook, and infinity would be full marks."""
    assert submission._credit([new_output("execute_result", data={"text/plain": shown})], 3.0)[0] == credit


@pytest.mark.parametrize("value", [["1", ".5"], ["1.5"], ["1.5", None], ["1", 5, ".5"]])
def test_text_may_be_a_list_of_lines(value: Any) -> None:
    assert submission._credit([NotebookNode(output_type="execute_result", data={"text/plain": value})], 3.0)[0] == 0.5


NO_NUMBERS = [None, 1.5, True, {}, [None], [], [[1.5]], ["True"], "True", "", "'1.5'", "1_0", "9" * 400]


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_what_is_no_number_of_points_gives_all_or_none(value: Any) -> None:
    output = NotebookNode(output_type="execute_result", data={"text/plain": value})
    assert submission._credit([output], 3.0)[0] in (0, 1)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_outcomes(case: str, grade: Grade) -> None:
    cells, outcomes, message = CASES[case]
    graded = grade(*cells)
    assert [verdict.outcome for verdict in graded.verdicts] == list(outcomes)
    assert message in " ".join(verdict.message for verdict in graded.verdicts)
    assert graded.notebook.encode()


@pytest.mark.parametrize("end", ["pass", "os._exit(0)", "time.sleep(60)", "raise OSError"])
def test_the_example_bears_no_mark(end: str, lesson: Lesson, sandbox: Sandbox) -> None:
    """A public case is played once the hidden ones are judged; whatever happens then, the verdict stands."""
    brief = replace(lesson.exercises["momentum_step"], seconds=3.0)
    space: dict[str, Any] = {}
    exec(FORGETS, space)
    judge_local(brief, space["momentum_step"])
    source = FORGETS.replace("calls += 1", f"calls += 1\n    if calls > {space['calls']}: {end}")
    graded = _grade(replace(lesson, exercises={"momentum_step": brief}), sandbox, source, "x = 3")
    judged, plain = graded.verdicts
    assert (judged.outcome, judged.diagnosis, plain.outcome) == (F, "velocity_forgets_its_past", P)
    assert graded.notebook.count("starts from rest") == 1
    if judged.example:
        assert (judged.example.case, judged.example.tried["theta"][0]) == ("from rest", "[")
        assert judged.example.received.startswith({"pass": "[", "raise OSError": "OSError"}[end])
    else:
        assert end in ("os._exit(0)", "time.sleep(60)")


def test_a_cell_that_takes_too_long_is_left_out(grade: Grade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_module, "CELL_SECONDS", 2)
    graded = grade(GOOD, "while True:\n    try:\n        while True: pass\n    except BaseException: pass", "x = 3")
    assert graded.outcome is Outcome.PASSED
    assert "TIMED_OUT" in graded.notebook


def test_cells_that_use_up_their_time_leave_enough_for_the_rest(grade: Grade, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each may take a while, and together they may not take all."""
    monkeypatch.setattr(kernel_module, "CELL_SECONDS", 3)
    monkeypatch.setattr(submission, "IMPATIENT_SECONDS", 0.5)
    graded = grade(GOOD, *["import time; time.sleep(60)"] * 8, "x = 3")
    assert graded.outcome is Outcome.PASSED
    assert [graded.notebook.count(f"more than {seconds} s") for seconds in ("3", "1.5", "0.75", "0.5")] == [2, 1, 1, 4]


def test_a_cell_may_say_how_long_it_takes(lesson: Lesson, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_module, "CELL_SECONDS", 1)
    slow = replace(lesson, tests={"plain": "import time; time.sleep(2)\nassert x == 3"})
    tagged = replace(slow, released=copy.deepcopy(lesson.released))
    tagged.released.cells[-1].metadata["tags"] = ["seconds=30"]
    longer = replace(slow, cell_seconds=30.0)
    outcomes = [_grade(each, sandbox, GOOD, "x = 3").verdicts[1].outcome for each in (slow, tagged, longer)]
    assert outcomes == [T, P, P]


def test_output_is_cut_while_it_streams(grade: Grade) -> None:
    graded = grade(GOOD, "for _ in range(100):\n    print('y' * 100_000)", "x = 3")
    assert graded.outcome is Outcome.PASSED
    assert "further output was cut" in graded.notebook
    assert len(graded.notebook) < 2 * 2**20


def test_the_graded_notebook_shows_no_hidden_test(grade: Grade) -> None:
    graded = grade(GOOD, "x = 4")
    sources = [cell.source for cell in nbformat.reads(graded.notebook, as_version=4).cells]
    assert "assert x" in sources
    assert not [source for source in sources if "hidden" in source]


class _Broken(Bubblewrap):
    """A sandbox whose programs never start."""

    def wrap(self, argv: Sequence[str]) -> list[str]:
        return ["false"]


class _Buggy(Bubblewrap):
    """A sandbox with a bug of ours."""

    def fork(self, connection: dict[str, Any]) -> Process:
        raise ZeroDivisionError("a bug")


@pytest.mark.parametrize(("bad", "reason"), [(_Broken(), "bubblewrap does not work"), (_Buggy(), "ZeroDivisionError")])
def test_what_is_our_fault_is_no_zero(bad: Sandbox, reason: str, lesson: Lesson, sandbox: Sandbox) -> None:
    class Half(Bubblewrap):
        """Fails at the first submission only."""

        def __init__(self) -> None:
            super().__init__()
            self.sandboxes: Iterator[Sandbox] = iter([bad])

        def fork(self, connection: dict[str, Any]) -> Process:
            return next(self.sandboxes, sandbox).fork(connection)

        def kill(self, process: Process) -> None:
            sandbox.kill(process)

    notebook = copy.deepcopy(lesson.released)
    notebook.cells[1].source = f"{GOOD}\nx = 3"
    data = nbformat.writes(notebook).encode()
    with Half() as half:
        graded = list(grade_all(lesson, [Submission("a", data), Submission("b", data)], sandbox=half, jobs=1))
    assert [(item.student, item.outcome, item.score) for item in graded] == [
        ("a", Outcome.GRADER_ERROR, None),
        ("b", Outcome.PASSED, 5.0),
    ]
    assert reason in graded[0].message


def test_what_only_we_cannot_read_is_no_zero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("locked", "closed", "barred", "torn"):
        (tmp_path / name / "L").mkdir(parents=True)
        (tmp_path / name / "L" / "L.ipynb").write_bytes(b"{}")

    opened = os.open

    def refuse(path: Any, flags: int, *, dir_fd: int | None = None) -> int:
        place = f"{path}" if dir_fd is None else f"{Path(f'/proc/self/fd/{dir_fd}').readlink()}/{path}"
        if place.endswith(("locked/L/L.ipynb", "closed/L", "barred")):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return opened(path, flags, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", refuse)
    fdopen = os.fdopen
    monkeypatch.setattr(os, "fdopen", lambda fd, mode: _Torn() if fdopen(fd, mode).close() is None else None)
    found = {item.student: (item.outcome, item.message) for item in collect(tmp_path, "L")}
    theirs = Outcome.UNREADABLE  # whoever hands in says who may read it
    assert found == {
        "barred": (theirs, "The folder cannot be read: Permission denied."),
        "closed": (theirs, "The folder cannot be read: Permission denied."),
        "locked": (theirs, "The file L.ipynb cannot be read: Permission denied."),
        "torn": (Outcome.GRADER_ERROR, "The file L.ipynb cannot be read: Input/output error."),
    }


class _Torn(io.BytesIO):
    """A file on a disk that fails."""

    def read(self, size: int | None = -1) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_collect(tmp_path: Path) -> None:
    def folder(name: str) -> Path:
        path = tmp_path / name / "L"
        path.mkdir(parents=True)
        return path

    (folder("good") / "L.ipynb").write_bytes(b"{}")
    (folder("renamed") / "L (1).ipynb").write_bytes(b"{}")
    folder("empty")
    (folder("link") / "L.ipynb").symlink_to(tmp_path / "good" / "L" / "L.ipynb")
    (folder("directory") / "L.ipynb").mkdir()
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "L").symlink_to(tmp_path / "good" / "L")
    (tmp_path / "student").symlink_to(tmp_path / "good")
    (tmp_path / "elsewhere" / "M").mkdir(parents=True)
    (tmp_path / "expected.json").write_text("{}")
    found = {item.student: (item.data, item.outcome, item.message) for item in collect(tmp_path, "L")}
    unreadable, missing = Outcome.UNREADABLE, Outcome.MISSING
    assert found.pop("good")[0] == b"{}"
    assert found == {
        "renamed": (None, missing, "There is no file L.ipynb. Found instead: L (1).ipynb."),
        "empty": (None, missing, "There is no file L.ipynb."),
        "link": (None, unreadable, "L.ipynb is a symbolic link, which is not followed."),
        "directory": (None, unreadable, "L.ipynb is not a regular file."),
        "linked": (None, unreadable, "The folder is a symbolic link, which is not followed."),
    }
