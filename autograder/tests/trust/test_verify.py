"""What `verify` finds out with notebooks: the solution of each lesson gets full marks, and a blank one none.

What it finds out without them is tested for one exercise at a time in tests/exercises, and not again here.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest
from steepest_grader.course.find import find_course
from steepest_grader.course.lesson import load
from steepest_grader.sandbox.base import Sandbox
from steepest_grader.trust.verify import Proof, shortfalls, verify

HOME = find_course(Path(__file__).parent)


class Elsewhere(Executor):
    """Finds every exercise in order without a look at it."""

    def submit(self, prove: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(Proof(False, 1.0, (3, 3), (6, 6), (6, 6)))
        return done


@pytest.mark.sandbox
@pytest.mark.parametrize("name", HOME.lessons())
def test_a_solution_gets_full_marks_and_a_blank_lesson_none(name: str, sandbox: Sandbox) -> None:
    proofs = verify(load(HOME, name), sandbox=sandbox, pool=Elsewhere())
    assert shortfalls(name, proofs) == []
