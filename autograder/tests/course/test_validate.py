"""nbgrader's *Validate* says of a lesson what `check` says."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from nbgrader.validator import Validator
from steepest_grader.course.find import find_course
from steepest_grader.course.lesson import load
from steepest_grader.notebook.cells import by_grade_id, is_plain

LESSON, EXERCISE = "00_start_here", "gd_step"
HEAD = "def gd_step(theta, grad, *, lr):\n    return theta "
MESSAGES = {"- lr * grad": None, "+ lr * grad": "This matches a known mistake", "": "✗ gd_step:"}


@pytest.mark.parametrize("body", MESSAGES)
def test_validate_tells_the_truth(body: str, tmp_path: Path) -> None:
    notebook = deepcopy(load(find_course(Path(__file__).parent), LESSON).released)
    known = by_grade_id(notebook)
    answer = next(cell for name, cell in known.items() if name.endswith(EXERCISE) and name != EXERCISE)
    answer.source = f"{HEAD}{body}\n"
    setup = next(cell for cell in notebook.cells if is_plain(cell) and "from steepest import" in cell.source)
    notebook.cells = [setup, answer, known[EXERCISE]]
    nbformat.write(notebook, tmp_path / "lesson.ipynb")
    result = Validator().validate(str(tmp_path / "lesson.ipynb"))
    if MESSAGES[body] is None:
        assert result == {}
    else:
        (failed,) = result["failed"]
        assert MESSAGES[body] in failed["error"]
