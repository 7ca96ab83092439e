"""What is read off notebooks of other lessons, whatever stands in them."""

from __future__ import annotations

import ast
import inspect
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import IPython
import pytest
from steepest.toolbox import collect

Lessons = Callable[..., Path]
MOMENTUM, ADAPTIVE, INITIALIZATION = "05_momentum", "06_adaptive_methods", "09_initialization"
STEP = "def momentum_step(theta, grad, state, *, lr, beta):\n    return theta, state"
BLANK = 'def adam_step(theta):\n    """Adam."""\n    # YOUR CODE HERE\n    raise NotImplementedError()'


@pytest.fixture
def lessons(tmp_path: Path) -> Lessons:
    """Write notebooks of these cells, or files of these bytes, where lessons are, and say where that is."""

    def write(**notebooks: list[Any] | bytes) -> Path:
        for name, cells in notebooks.items():
            lesson = {"m": MOMENTUM, "a": ADAPTIVE, "i": INITIALIZATION}[name]
            path = tmp_path / lesson / f"{lesson}.ipynb"
            path.parent.mkdir()
            made = cells if isinstance(cells, bytes) else notebook(*cells)
            path.write_bytes(made)
        return tmp_path

    return write


def notebook(*sources: Any) -> bytes:
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": source} for source in sources]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def brought(source: str) -> dict[str, Any]:
    """What a cell defines."""
    made: dict[str, Any] = {}
    exec(source, made)
    return made


def test_functions_come_with_what_they_need_and_nothing_else(lessons: Lessons) -> None:
    folder = lessons(
        i=[
            "import math\nimport os, torch as t\nfrom functools import lru_cache",
            "from itertools import chain, pairwise",
            "GAIN = 2.0\nOTHER: int = 3\nWIDE = [1, 2]",
            "def helper(shape):\n    # of the weights\n    return math.prod(shape) * GAIN",
            "@lru_cache(maxsize=2)\ndef fans(shape):\n    return helper(shape), [*pairwise(shape)], len(shape)",
            "def he_normal(shape, generator):\n    def inner(x=WIDE):\n        return fans(x)\n    return inner",
            "print('run')\nopen('written', 'w')\nunused = he_normal((1, 2), None)",
        ]
    )
    found = collect("he_normal", folder=folder)
    assert (dict(found.found), dict(found.missing)) == ({"he_normal": INITIALIZATION}, {})
    names = {*brought(found.source)} - {"__builtins__"}
    assert names == {"math", "lru_cache", "pairwise", "GAIN", "WIDE", "helper", "fans", "he_normal"}
    assert "# of the weights" in found.source and "@lru_cache" in found.source
    assert "print" not in found.source and "written" not in found.source
    assert str(found).startswith(f"✓ he_normal: from {INITIALIZATION}\n")


def test_of_several_definitions_the_last_one_counts(lessons: Lessons) -> None:
    early, late = STEP, STEP.replace("theta, state\n", "theta").replace("return theta, state", "return 1, 2")
    found = collect("momentum_step", folder=lessons(m=[early, late, "momentum_step.__doc__"]))
    assert brought(found.source)["momentum_step"](0, 0, {}, lr=0, beta=0) == (1, 2)


@pytest.mark.parametrize(
    "cell",
    [
        f"%%time\n{STEP}",
        f"%matplotlib inline\n!ls\n{STEP}\nmomentum_step?",
        f"{STEP.replace('return', '%debug')}\n    return theta, state",
        STEP.replace("\n", "\r\n"),
        STEP.splitlines(keepends=True),
        f"pattern = '\\d'\n{STEP}",
        f"class Other: pass\n{STEP}; x = 1",
        f"{STEP}  # \x0c\u2028 odd ends of lines",
        f"async def other(): pass\n\n\n\n{STEP}\n\n\n",
    ],
    ids=["cell magic", "magics", "magic within", "CRLF", "list of lines", "escape", "semicolon", "form feed", "async"],
)
def test_cells_as_people_write_them(cell: Any, lessons: Lessons) -> None:
    found = collect("momentum_step", folder=lessons(m=["not python at all", cell]))
    assert brought(found.source)["momentum_step"](1, 2, 3, lr=0, beta=0) == (1, 3)


NOT_BROUGHT: dict[str, tuple[list[Any] | bytes, str]] = {
    "not written": ([BLANK], f"not written yet in {ADAPTIVE}"),
    "not there": (["x = 1"], f"{ADAPTIVE} does not define it"),
    "no Python": ([BLANK.replace("):", ")")], "is no Python yet"),
    "not a function": (["adam_step = 3"], "does not define it"),
    "made by code": (["adam_step = make()"], "does not define it"),
    "overwritten": (["def adam_step(x):\n    return x", "adam_step = compiled(adam_step)"], "does not define it"),
    "a default that runs": (["def adam_step(x=print('run')):\n    return x"], "to define `adam_step`, code"),
    "an annotation that runs": (["def adam_step(x: print('run')):\n    return x"], "to define `adam_step`, code"),
    "a decorator that runs": (["def no(f):\n    print()\n\n\n@no\ndef adam_step(x):\n    return x"], "code of"),
    "a class that runs": (["class A:\n    print('run')", "def adam_step(x):\n    return A()"], "to define `A`, code"),
    "a metaclass": (["class M(type): pass", "class A(metaclass=M): pass\ndef adam_step(x):\n    A()"], "to define `A`"),
    "a list that runs": (["def adam_step(x=[print(1) for _ in 'a']):\n    return x"], "to define `adam_step`, code"),
    "no such module": (
        ["import no_such_module as n\ndef adam_step(x):\n    return n"],
        "ModuleNotFoundError: No module",
    ),
    "needs what is computed": (["EPS = 10 ** -8\ndef adam_step(x):\n    return x + EPS"], "it uses `EPS`, which"),
    "needs the unwritten": (
        ["def help_me(x):\n    raise NotImplementedError", "def adam_step(x):\n    return help_me(x)"],
        "it uses `help_me`, which is not written yet",
    ),
    "no JSON": (b"{", "cannot be read: it is no notebook"),
    "not UTF-8": (b"\xff\xfe\x00", "cannot be read: it is no notebook"),
    "a list": (b"[]", "cannot be read: it is no notebook"),
    "a number of cells": (b'{"cells": 3}', "cannot be read: it is no notebook"),
    "cells of no kind": (b'{"cells": [{}, 4]}', "cannot be read: it is no notebook"),
    "an old notebook": (b'{"worksheets": [{"cells": []}]}', "cannot be read: it is no notebook"),
    "source of numbers": (b'{"cells": [{"cell_type": "code", "source": [1]}]}', "cannot be read: it is no notebook"),
    "deep": (b"[" * 200_000, "cannot be read: it is no notebook"),
    "zero bytes": ([f"{STEP}\0", "\0"], "does not define it"),
    "half a character": (b'{"cells": [{"cell_type": "code", "source": "x = 1 \\ud800"}]}', "does not define it"),
    "brackets": (["(" * 100_000], "does not define it"),
    "a long sum": (["def adam_step(x):\n    return " + "+".join(["x"] * 60_000)], ""),
    "a long cell": (["#" * 300_000 + "\ndef adam_step(x):\n    return x"], "is no Python yet"),
}


@pytest.mark.parametrize("what", NOT_BROUGHT)
def test_what_cannot_be_brought_is_told_with_the_reason_and_the_rest_comes(what: str, lessons: Lessons) -> None:
    cells, why = NOT_BROUGHT[what]
    found = collect("adam_step", "momentum_step", folder=lessons(a=cells, m=[STEP]))
    assert why in found.missing["adam_step"]
    assert [*found.found] == ["momentum_step"]
    assert "adam_step" not in brought(found.source)
    assert f"✗ adam_step: {found.missing['adam_step']}." in str(found)


def test_notebooks_that_are_not_there_are_named(tmp_path: Path) -> None:
    (tmp_path / MOMENTUM).mkdir()
    found = collect("adam_step", "momentum_step", "adam_stepp", "no such thing at all", folder=tmp_path)
    assert found.missing["adam_step"] == f"the notebook {ADAPTIVE}.ipynb is not beside this one"
    assert found.missing["adam_stepp"] == "no exercise has this name; did you mean `adam_step`"
    assert found.missing["no such thing at all"] == "no exercise has this name"
    assert found.source == ""


def test_what_would_wait_or_fill_the_memory_is_not_opened(lessons: Lessons) -> None:
    folder = lessons(m=[STEP])
    for lesson in (ADAPTIVE, INITIALIZATION):
        (folder / lesson).mkdir()
    os.mkfifo(folder / ADAPTIVE / f"{ADAPTIVE}.ipynb")
    with (folder / INITIALIZATION / f"{INITIALIZATION}.ipynb").open("wb") as file:
        file.truncate(2**34)
    found = collect("adam_step", "he_normal", "momentum_step", folder=folder)
    assert found.missing["adam_step"] == f"{ADAPTIVE}.ipynb cannot be read: it is no file"
    assert "larger than 16 MiB" in found.missing["he_normal"]
    assert [*found.found] == ["momentum_step"]


def test_helpers_of_one_name_that_differ_are_not_mixed_up(lessons: Lessons) -> None:
    adam = "def size(x):\n    return 1\n\n\ndef adam_step(x):\n    return size(x)"
    other = adam.replace("adam_step", "momentum_step").replace("return 1", "return 2")
    found = collect("adam_step", "momentum_step", folder=lessons(a=[adam], m=[other]))
    assert [*found.found] == ["adam_step"]
    assert "`size`" in found.missing["momentum_step"]
    assert brought(found.source)["adam_step"](0) == 1


def test_the_same_helper_in_two_lessons_comes_once(lessons: Lessons) -> None:
    adam = "def size(x):\n    return 1\n\n\ndef adam_step(x):\n    return size(x)"
    found = collect("adam_step", "momentum_step", folder=lessons(a=[adam], m=[adam.replace("adam", "momentum")]))
    assert [*found.found] == ["adam_step", "momentum_step"]
    assert found.source.count("def size") == 1


def test_imports_stand_first_and_stars_come_where_they_may_be_needed(lessons: Lessons) -> None:
    stars = ["from math import *", "def adam_step(x):\n    return sqrt(x)"]
    folder = lessons(a=stars, m=["from math import *\nimport torch", STEP.replace("theta, grad", "theta: torch, grad")])
    found = collect("adam_step", "momentum_step", folder=folder)
    assert brought(found.source)["adam_step"](9) == 3
    assert [type(node) for node in ast.parse(found.source).body[:2]] == [ast.ImportFrom, ast.Import]
    assert "import *" not in collect("momentum_step", folder=folder).source


class Shell:
    """What a notebook's shell is asked for, while a cell runs."""

    def __init__(self, cell: str) -> None:
        self.history_manager = self
        self.input_hist_raw = ["", cell]
        self.cells: list[tuple[str, bool]] = []

    def set_next_input(self, source: str, *, replace: bool) -> None:
        self.cells.append((source, replace))


ASK = "from steepest import toolbox\n\ntoolbox.collect(\n    'momentum_step', 'adam_step',\n)"


def test_the_text_takes_the_place_of_the_call_and_the_functions_are_there(
    lessons: Lessons, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = Shell(ASK)
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    monkeypatch.chdir(lessons(m=[STEP], a=[BLANK]))
    here: dict[str, Any] = {}
    exec(ASK, here)
    assert here["momentum_step"](1, 2, 3, lr=0, beta=0) == (1, 3)
    assert inspect.getsource(here["momentum_step"]).strip() == STEP
    ((cell, replace),) = shell.cells
    assert replace
    assert cell.startswith(
        "# from steepest import toolbox\n# \n# toolbox.collect(\n#     'momentum_step', 'adam_step',\n# )\n"
    )
    alone = brought(cell)
    assert alone["momentum_step"](1, 2, 3, lr=0, beta=0) == (1, 3) and "toolbox" not in alone


def test_a_cell_with_more_than_the_call_stays(lessons: Lessons, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell(f"{ASK}\nkept = 1")
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    collect("momentum_step", folder=lessons(m=[STEP]))
    ((cell, replace),) = shell.cells
    assert not replace and "kept" not in cell
    assert brought(cell)["momentum_step"](1, 2, 3, lr=0, beta=0) == (1, 3)


def test_where_nothing_is_found_the_cell_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell(ASK)
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    assert collect("momentum_step", folder=tmp_path).source == ""
    assert shell.cells == []


def test_it_looks_beside_this_notebook(lessons: Lessons, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = lessons(m=[STEP])
    (folder / "14_capstone").mkdir()
    for place in ("14_capstone", "."):
        monkeypatch.chdir(folder / place)
        assert [*collect("momentum_step").found] == ["momentum_step"]


def test_what_is_shown_is_text(lessons: Lessons) -> None:
    cell = (
        f"def helper():\n    return '<script>alert(1)</script>'\n\n\n{STEP.replace('theta, state', 'helper(), 2', 1)}"
    )
    cell = cell.replace("return theta, state", "return helper(), 2")
    shown = collect("momentum_step", "<b>", folder=lessons(m=[cell]))._repr_mimebundle_()
    assert "<script>" not in shown["text/html"] and "&lt;script&gt;" in shown["text/html"]
    assert "<b>" not in shown["text/html"]
