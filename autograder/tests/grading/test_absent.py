"""A student whose function is not there is told why."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from steepest_grader.exercise.hidden import Hidden
from steepest_grader.exercise.model import Outcome
from steepest_grader.grading.absent import absent, not_kept
from steepest_grader.grading.judging import judge_file
from steepest_grader.notebook.cells import Cell
from steepest_grader.sandbox.base import Sandbox
from steepest_grader.sandbox.kernel import KernelLost

EWA = "def ewa(values, *, beta):\n    return values\n"
TIMED = "def timed(f):\n    def inner(*a): return f(*a)\n"
M, E = Outcome.MISSING, Outcome.ERRORED


def _failed(source: str, name: str, value: str) -> NotebookNode:
    return new_code_cell(source, outputs=[new_output("error", ename=name, evalue=value, traceback=[])])


def _cells(*sources: str) -> list[NotebookNode]:
    return [new_code_cell(source) for source in sources]


TEST = new_code_cell("check(ewa)")
DIVIDES = _failed(f"1 / 0\n{EWA}", "ZeroDivisionError", "division by zero")
OPEN = _failed(
    "import torch\ndef ewa (values, *, beta:\n    return", "SyntaxError", "'(' was never closed (7.py, line 2)"
)
BARE = _failed("def ewa(\\", "SyntaxError", "unexpected EOF (7.py, line 2)")
NEVER = "No function called `ewa` is defined before its test cell."
NONE, RAISES = "`ewa` is None, not a function", "`ewa` is not defined: its cell raises"
WHY: dict[str, tuple[str, list[NotebookNode], Outcome, str]] = {
    "a decorator without return": (
        "NoneType", _cells(TIMED, f"@timed\n{EWA}"), M,
        f"{NONE}: `@timed` above it does not return the function that it makes.",
    ),
    "one of two decorators": ("NoneType", _cells(f"@cache\n@timed(1)\n{EWA}"), M, f"{NONE}. If a decorator"),
    "what a call returns": (
        "NoneType", _cells(f"%time 1\n{EWA}ewa = timed(ewa)"), M,
        f"{NONE}: the line `ewa = timed(ewa)` has given the name to it. Use another name there.",
    ),
    "None from nowhere": ("NoneType", _cells("exec('ewa = None')"), M, f"{NONE}. If a decorator"),
    "None from a function": ("NoneType", _cells(EWA), M, f"{NONE}. If a decorator"),
    "hidden in the same cell": (
        "int", _cells(f"{EWA}for ewa in range(3): pass"), M,
        "`ewa` is a number, not a function: the line `for ewa in range(3): pass` has given the name to it.",
    ),
    "hidden by a later cell, and not by what is local": (
        "Tensor", _cells(EWA, "ewa = theirs(1)", "def f():\n    ewa = 1\n[ewa for ewa in 'x']"), M,
        "`ewa` is a tensor, not a function: the line `ewa = theirs(1)` has given the name to it.",
    ),
    "hidden by an import": (
        "module", _cells(EWA, "import ewa"), M, "`ewa` is a module, not a function: the line `import ewa`",
    ),
    "hidden in a cell with a command": (
        "str", _cells("ewa = 1", "def (", "!ls\newa = 'x'"), M, "`ewa` is a text, not a function: the line `ewa = 'x'`",
    ),
    "of another type": (
        "range", _cells("(ewa := range(3))"), M, "`ewa` is of type range, not a function: the line `(ewa := range(3))`",
    ),
    "a long line": (
        "int", _cells(f"ewa = {'1' * 100}"), M, f"`ewa` is a number, not a function: the line `ewa = {'1' * 73}…`",
    ),
    "its cell raises": ("", [DIVIDES], E, f"{RAISES} ZeroDivisionError: division by zero."),
    "its cell cannot be read": (
        "", [OPEN], E, f"{RAISES} SyntaxError: '(' was never closed (line 2: `def ewa (values, *, beta:`).",
    ),
    "at a line that there is not": ("", [BARE], E, f"{RAISES} SyntaxError: unexpected EOF (7.py, line 2)."),
    "its cell ended the process": ("", _cells("", EWA), Outcome.TIMED_OUT, "`ewa` is not defined: it took too long."),
    "a variable that failed": (
        "", [_failed("x = 1\newa = make()", "NameError", "name 'make' is not defined")], E,
        f"{RAISES} NameError: name 'make' is not defined.",
    ),
    "below": ("", [TEST, *_cells(EWA)], M, "`ewa` is defined only below its test cell. Move it above."),
    "a slip of the pen": (
        "", _cells(EWA.replace("ewa", "eva")), M,
        f"{NEVER} Did you mean `eva`? Give it the name that is asked for.",
    ),
    "a name for something else": ("", _cells("def ewma(): pass\neva = 3"), M, NEVER),
    "behind a magic that keeps it": (
        "", _cells(f"%%timeit -n 1\n{EWA}"), M,
        "`ewa` is not defined: its cell begins with `%%timeit -n 1`, which keeps to itself what it defines. Take that",
    ),
    "never": ("", [new_markdown_cell(EWA), *_cells("x = 1")], M, NEVER),
}  # fmt: skip


@pytest.mark.parametrize("name", WHY)
def test_why(name: str) -> None:
    kind, cells, outcome, message = WHY[name]
    place = 0 if name == "below" else len(cells)
    lost = {1: KernelLost(Outcome.TIMED_OUT, "it took too long")} if name == "its cell ended the process" else {}
    found, words = absent("ewa", kind, [*cells, TEST], place, lost=lost, others=["ewma"])
    assert (found, words[: len(message)]) == (outcome, message)
    assert ("Did you mean" in words) == (name == "a slip of the pen")


LOCKED = {"nbgrader": {"grade_id": "setup", "grade": False, "solution": False, "locked": True}}
UNKNOWN = "`ewa` raises NameError: name 'math' is not defined."


@pytest.mark.parametrize(
    ("message", "source", "told"),
    [
        (UNKNOWN, "import torch\nimport math", True),
        (UNKNOWN, "import torch\nfrom cmath import sqrt as math", True),
        (UNKNOWN, "import torch", False),
        (UNKNOWN, "import torch\nimport numpy", False),
        (UNKNOWN, "import (", False),
        (UNKNOWN.replace("NameError", "ValueError"), "import torch\nimport math", False),
        ("`ewa` is wrong.", "import torch\nimport math", False),
    ],
)
def test_a_change_to_a_locked_cell_is_told_where_it_is_missed(message: str, source: str, told: bool) -> None:
    released = new_notebook(cells=[new_code_cell("import torch", metadata=LOCKED)])
    said = not_kept(message, [Cell("code", source, "setup")], released)
    assert said.startswith(" Your change to the locked cell that gives `math` its name was not kept") == told
    assert bool(said) == told


FILES = {
    "none.py": (f"{TIMED}@timed\n{EWA}", "ewa", M, "`ewa` is None, not a function: `@timed` above it does not return"),
    "number.py": (f"{EWA}ewa = 3\n", "ewa", M, "`ewa` is a number, not a function: the line `ewa = 3` has given"),
    "raises.py": (f"1 / 0\n{EWA}", "ewa", E, "`ewa` is not defined: the file raises ZeroDivisionError"),
    "never.py": (f"if 0:\n    {EWA.splitlines()[0]} pass", "ewa", M, "No function called `ewa` is defined."),
    "lambda.py": ("ewa = lambda values, *, beta: values\n", "ewa", Outcome.FAILED, ""),
    "open.py": (
        "\ndef ewa (values, *, beta:\n    pass", None, Outcome.UNREADABLE,
        "The file cannot be read: '(' was never closed (line 2: `def ewa (values, *, beta:`).",
    ),
    "near.py": (
        "def momentum_stepp(): pass\n", None, M,
        "No function bears an exercise's id. Did you mean `momentum_step` by `momentum_stepp`?",
    ),
    "its_own_name.py": (
        f"from pathlib import Path\nassert Path(__file__).parent / 'its_own_name.py' == Path(__file__)\n{EWA}",
        "ewa", Outcome.FAILED, "",
    ),
    "latin.py": (f"# -*- coding: latin-1 -*-\nassert len('\xe9') == 1\n{EWA}", "ewa", Outcome.FAILED, ""),
    "no_such.py": ("# coding: utf-99\n", None, Outcome.UNREADABLE, "The file cannot be read: unknown encoding: utf-99"),
    "not_utf_8.py": ("# \xe9", None, Outcome.UNREADABLE, "The file cannot be read: invalid or missing encoding"),
    "far.py": ("def other(): pass\n", None, M, "No function bears an exercise's id."),
}  # fmt: skip


@pytest.mark.sandbox
@pytest.mark.parametrize("name", FILES)
def test_a_file_is_told_too(name: str, tmp_path: Path, sandbox: Sandbox) -> None:
    source, exercise, outcome, message = FILES[name]
    (tmp_path / name).write_text(source, encoding="latin-1")
    (row,) = judge_file(tmp_path / name, sandbox=sandbox, hidden=Hidden())
    assert (row["exercise"], row["outcome"]) == (exercise, outcome)
    assert row["message"].startswith(message)
    assert ("Did you mean" in row["message"]) == (name == "near.py")
    assert "cell" not in row["message"]


@pytest.mark.sandbox
def test_a_file_that_lacks_the_only_exercise_asked_for(tmp_path: Path, sandbox: Sandbox) -> None:
    (tmp_path / "file.py").write_text("def eva(): pass\n")
    (row,) = judge_file(tmp_path / "file.py", sandbox=sandbox, hidden=Hidden(), only="ewa")
    asked = "Did you mean `eva`? Give it the name that is asked for."
    assert row["message"] == f"The file defines no function called `ewa`. {asked}"
