"""However slow the cells of a notebook are: it ends, what comes behind them is judged, and each reason is true."""

from __future__ import annotations

import math
import time

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from steepest_grader.course.lesson import Lesson
from steepest_grader.exercise.model import GradedSubmission, Outcome
from steepest_grader.grading import submission
from steepest_grader.grading.submission import grade_submission
from steepest_grader.sandbox.base import Sandbox

pytestmark = pytest.mark.sandbox

P, F, T = Outcome.PASSED, Outcome.FAILED, Outcome.TIMED_OUT
ENDLESS, BRIEF = "import time; time.sleep(600)", "x = 3"
CELL, ALL, LEAST = 1.5, 6.0, 0.5  # seconds in these tests: of a cell, of all that share, and what is always left


def graded(parts: str, sandbox: Sandbox, *, answer: str = BRIEF, limit: float | None = CELL) -> GradedSubmission:
    """Grade a notebook of so many cells, one a letter.

    A: an answer; E: one that never ends; S: one that takes two thirds of a cell's time; e: a test that never ends;
    t: a test of the answer.
    """
    sources = {"A": answer, "E": ENDLESS, "S": f"import time; time.sleep({2 * CELL / 3})", "e": ENDLESS}
    cells, tests = [], {}
    for number, part in enumerate(parts):
        name, is_test = f"c{number}", part.islower()
        source = sources.get(part, "assert x == 3")
        header = {"grade_id": name, "grade": is_test, "solution": not is_test, "locked": is_test, "task": False}
        meta = header | {"schema_version": 3} | ({"points": 1} if is_test else {})
        cells.append(new_code_cell(source, id=name, metadata={"nbgrader": NotebookNode(meta)}))
        if is_test:
            tests[name] = source
    notebook = new_notebook(cells=cells)
    lesson = Lesson("ps1/p", notebook, {}, tests, "v1", cell_seconds=limit)
    return grade_submission(lesson, "ada", nbformat.writes(notebook).encode(), sandbox=sandbox)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submission, "SUBMISSION_SECONDS", ALL)
    monkeypatch.setattr(submission, "IMPATIENT_SECONDS", LEAST)


# cells, whether a cell has a bound, outcomes of the tests, and how long all cells together may run at most
CASES: dict[str, tuple[str, float | None, list[Outcome], float]] = {
    "twelve answers that never end": ("EEEEEEEEEEEEAt", CELL, [P], ALL + 12 * LEAST),
    "ten answers that nearly use up their time": ("SSSSSSSSSSAt", CELL, [P], 2 * ALL + 10 * LEAST),
    "an answer without a bound": ("EAt", math.inf, [P], ALL),
    "answers and tests without a bound": ("EAeteEt", math.inf, [T, P, T, P], ALL + 3 * LEAST),
    "twelve tests that never end": ("Aeeeeeeeeeeeet", CELL, [T] * 12 + [P], 12 * CELL),
    "tests that never end behind a slow answer": ("SAeeeeeet", CELL, [T] * 6 + [P], 6 * CELL + 7 * 2 * CELL / 3),
    "a test before and one behind": ("AtEEEEEEEEEEEEAt", CELL, [P, P], ALL + 12 * LEAST),
}


@pytest.mark.parametrize("case", CASES)
def test_slow_cells_leave_enough_for_the_rest(case: str, sandbox: Sandbox) -> None:
    parts, limit, outcomes, seconds = CASES[case]
    found = graded(parts, sandbox, limit=limit)
    assert [verdict.outcome for verdict in found.verdicts] == outcomes
    assert all("the cell took more than" in item.message for item in found.verdicts if item.outcome is T)
    assert found.spent.cells < seconds + len(parts)  # which a loaded machine adds


def test_who_misses_what_a_slow_cell_defines_is_told(sandbox: Sandbox) -> None:
    [verdict] = graded("At", sandbox, answer=f"x = 3\n{ENDLESS}").verdicts
    assert verdict.message.endswith(" is not defined. `x` is not defined: the cell took more than 1.5 s.")


SLOW = """\
import torch

class Net(torch.nn.Module):
    def forward(self, x):
        return x.sin() * 2

net = Net()
{}
x = 3 if torch.equal(answer(torch.ones(4)), net(torch.ones(4))) else 0
"""
COMPILED = {
    "a decorator": "@torch.compile\ndef answer(x):\n    return x.sin() * 2",
    "a decorator with settings": (
        "@torch.compile(mode='max-autotune', fullgraph=True)\ndef answer(x):\n    return x.sin() * 2"
    ),
    "a function": "answer = torch.compile(lambda x: x.sin() * 2, backend='inductor')",
    "a model": "answer = torch.compile(net)",
    "a model itself": "net.compile()\nanswer = net",
    "by its first name": "from torch import compile\nanswer = compile(net)",
    "torch's own way": "import torch._dynamo\nanswer = torch._dynamo.optimize('inductor')(net)",
}


@pytest.mark.parametrize("way", COMPILED)
def test_what_torch_would_compile_runs_as_it_is(way: str, sandbox: Sandbox) -> None:
    begun = time.monotonic()
    found = graded("At", sandbox, answer=SLOW.format(COMPILED[way]), limit=None)
    assert [verdict.outcome for verdict in found.verdicts] == [P]
    assert ("torch.compile was passed over" in found.notebook) == (way != "torch's own way")
    assert time.monotonic() - begun < 20
