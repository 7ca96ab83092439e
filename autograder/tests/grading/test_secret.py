"""Grading with the course's own hidden cases: the same marks again, on any machine, and new cases after a loss."""

from __future__ import annotations

import ast
import pickle
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from steepest._checks.calls import Function
from steepest_grader.course.lesson import load
from steepest_grader.course.places import SECRET
from steepest_grader.course.text_course import TextCourse
from steepest_grader.exercise.hidden import KNOWN, Hidden
from steepest_grader.exercise.model import Exercise, GradedSubmission, Verdict
from steepest_grader.grading import submission
from steepest_grader.grading.batch import Batch, grade_lesson
from steepest_grader.sandbox.base import Sandbox

LESSON, STUB = "90_tiny", "    # YOUR CODE HERE\n    raise NotImplementedError()"
# One that is at times right: by how often it was called, so that its mark hangs on the order of the cases.
AT_TIMES = """\
    momentum_step.calls = getattr(momentum_step, "calls", 0) + 1
    velocity = beta * state["velocity"] - lr * grad
    return theta + velocity * (1 if momentum_step.calls % 5 else 2), {"velocity": velocity}
"""


@dataclass
class Judged:
    """Seeds and order of whatever was judged, in turn, in processes of their own."""

    path: Path

    def all(self) -> list[tuple[Any, Any]]:
        return [ast.literal_eval(line) for line in self.path.read_text().splitlines()]

    def clear(self) -> None:
        self.path.write_text("")


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Judged:
    seen = Judged(tmp_path / "judged")
    real: Callable[..., Verdict] = submission.judge

    def judge(exercise: Exercise, function: Function, **settings: Any) -> Verdict:
        with seen.path.open("a") as file:
            file.write(f"{settings['seeds'], settings['order']}\n")
        return real(exercise, function, **settings)

    monkeypatch.setattr(submission, "judge", judge)
    return seen


@pytest.fixture
def submitted(built: TextCourse) -> Path:
    """Two who have handed in the same, but for a comment."""
    for student in ("ada", "bob"):
        notebook = nbformat.reads(nbformat.writes(load(built, LESSON).released), as_version=4)
        for cell in notebook.cells:
            cell.source = cell.source.replace(STUB, f"{AT_TIMES}    # {student}")
        path = built.root / "submitted" / student / LESSON / f"{LESSON}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    return built.root / "submitted"


@pytest.mark.sandbox
def test_marks_stay_and_a_lost_secret_brings_new_cases(
    built: TextCourse, submitted: Path, judged: Judged, sandbox: Sandbox
) -> None:
    def grade(**more: Any) -> Batch:
        judged.clear()
        return grade_lesson(built, LESSON, submitted, sandbox=sandbox, **more)

    first, seen = grade(), judged.all()
    hidden = Hidden(built.secret()[0])
    assert {seeds for seeds, _ in seen} == {hidden.seeds} != {KNOWN}
    assert len({order for _, order in seen}) == 2
    again = grade(force=True)
    assert judged.all() == seen
    assert [_said(item) for item in again.submissions] == [_said(item) for item in first.submissions]
    assert (first.lost, again.lost, grade().reused) == (None, None, 2)
    (built.course_dir / SECRET).unlink()
    new = grade()
    assert (new.lost, new.reused) == (built.course_dir / SECRET, 0)
    assert not {seeds for seeds, _ in judged.all()} & {hidden.seeds, KNOWN}
    secret = built.secret()[0]
    kept = [path for path in built.course_dir.rglob("*") if path.is_file() and path.name != SECRET]
    assert not [path for path in kept if secret in path.read_bytes() or secret.hex().encode() in path.read_bytes()]


def _said(item: GradedSubmission) -> list[Verdict]:
    return list(item.verdicts)


def test_another_machine_has_the_same_cases(built: TextCourse) -> None:
    lesson = replace(load(built, LESSON), hidden=Hidden(built.secret()[0]))
    there = pickle.loads(pickle.dumps(lesson))
    assert there.hidden.seeds == lesson.hidden.seeds
    assert there.digest(b"") == lesson.digest(b"") != load(built, LESSON).digest(b"")
