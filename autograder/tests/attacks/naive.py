"""Graders that trust: the hidden tests in the student's kernel, and the notebook as it was handed in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nbconvert import HTMLExporter
from nbformat import NotebookNode
from steepest_grader.course.lesson import Lesson

from attacks._attack import ATTACKED

__all__ = ["TESTS", "believes_outputs", "believes_points", "naive_lesson", "reads_through_links", "shows_as_written"]

_CALL = """\
import numpy as np, torch
theta, grad, velocity = torch.tensor([1.0, -2.0]), torch.tensor([0.5, 0.25]), torch.tensor([0.25, 0.5])
expected, expected_velocity = torch.tensor([0.875, -1.875]), torch.tensor([-0.125, 0.125])
got, state = momentum_step(theta, grad, {"velocity": velocity}, lr=0.5, beta=0.5)  # @SECRET@
"""
_PAIRS = [("got", "expected"), ('state["velocity"]', "expected_velocity")]


def _both(assertion: str) -> str:
    return _CALL + "\n".join(assertion.replace("A", got).replace("B", expected) for got, expected in _PAIRS)


# How tests are commonly written.
TESTS = {
    "allclose": _both("assert torch.allclose(A, B)"),
    "equal": _both("assert torch.equal(A, B)"),
    "assert_close": _both("torch.testing.assert_close(A, B)"),
    "numpy": _both("assert np.allclose(A, B)"),
    "numpy_assert": _both("np.testing.assert_allclose(A, B)"),
    "==": _both("assert bool((A == B).all())"),
    "type": _both("assert isinstance(A, torch.Tensor) and bool((A == B).all())"),
    "difference": _both("assert abs(A - B).max() < 1e-6"),
    "nan": _both("assert not abs(A - B).max() > 1e-6"),
    "python": _both("assert all(abs(a - b) < 1e-6 for a, b in zip(A.tolist(), B.tolist()))"),
    "loose": _CALL.replace('"velocity": velocity}', '"velocity": 1e-3 * velocity}').replace("(theta, grad", "(1e-3 * theta, 1e-3 * grad")
    + "\n".join(f"assert torch.allclose({got}, 1e-3 * {expected}, atol=1e-2)" for got, expected in _PAIRS),
    "grade": "from steepest_grader import grade\ngrade(momentum_step)",
    "check": "from steepest.check import examine\nassert examine(momentum_step).passed",
}  # fmt: skip


def naive_lesson(released: NotebookNode, test: str) -> Lesson:
    """The lesson as plain nbgrader would grade it: the attacked exercise's test runs in the kernel."""
    return Lesson("naive", released, {}, {ATTACKED: test}, "v1")


def believes_points(folder: Path, world: Any) -> bool:
    """A grader that takes points from the notebook, for each cell that says it is a test, finds more than there are."""
    return sum(float(cell["metadata"]["nbgrader"].get("points") or 0) for cell in _graded(folder)) > _POINTS


def believes_outputs(folder: Path, world: Any) -> bool:
    """A grader that does not run the notebook but reads its outputs finds marks there."""
    outputs = [output for cell in _graded(folder) for output in cell.get("outputs", [])]
    return any(float(output["data"]["text/plain"]) > 0 for output in outputs)


def reads_through_links(folder: Path, world: Any) -> bool:
    """A grader that opens whatever bears the right name reads what the student may not read."""
    paths = [path for path in folder.rglob("*.ipynb") if path.exists()]
    return any(world.secret in path.read_text() for path in paths)


def shows_as_written(folder: Path, world: Any) -> bool:
    """A page on which texts of students stand as they are runs what is in them."""
    page, _ = HTMLExporter().from_filename(str(next(folder.rglob("*.ipynb"))))
    return "<script>BREACH()" in page


_POINTS = 4


def _graded(folder: Path) -> list[dict[str, Any]]:
    notebook = json.loads(next(folder.rglob("*.ipynb")).read_bytes())
    return [cell for cell in notebook["cells"] if cell.get("metadata", {}).get("nbgrader", {}).get("grade")]
