"""The loop of docs/deploy.md with nbgrader's own exchange, from `release_assignment` to `fetch_feedback`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from exchange import EXERCISE, LESSON, Machine, solution
from nbgrader.api import Gradebook
from steepest_grader.course.places import Course
from steepest_grader.gradebook.receipts import SECRET

pytestmark = [pytest.mark.sandbox, pytest.mark.slow, pytest.mark.timeout(300)]

ZERO = "c = get_config()\nc.LateSubmissionPlugin.penalty_method = 'zero'\n"


def answer(machine: Machine, student: str, *, slip: bool = False) -> None:
    """Write an answer into the notebook that a student has fetched."""
    path = machine.home(student) / LESSON / f"{LESSON}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    next(cell for cell in notebook.cells if cell.id == f"answer_{EXERCISE}").source = solution(
        machine.course, slip=slip
    )
    nbformat.write(notebook, path)


def test_the_loop(built: Course, tmp_path: Path, warm: None) -> None:
    """Two students, one of whom hands in again when it is too late; and a third one's odd files end nothing."""
    machine = Machine(tmp_path, built)
    machine.instruct("build", "release_assignment")
    for student in ("ada", "bob"):
        machine.study(student, "fetch_assignment")
        answer(machine, student, slip=student == "ada")
        machine.study(student, "submit")
    odd = built.folder("submitted") / "cyd" / LESSON
    odd.mkdir(parents=True)
    (odd / SECRET).symlink_to("/etc/hostname")
    machine.instruct("collect", "grade", "feedback", "release_feedback")
    for student in ("ada", "bob"):
        machine.study(student, "fetch_feedback")
    (of_ada,), (of_bob,) = machine.pages("ada"), machine.pages("bob")
    marks = f"Marks exercise points outcome {EXERCISE}"
    assert f"Feedback for ada points 0.5 / 5 exercises solved 0 of 1 {marks} 0.5 / 2" in of_ada
    assert f"Feedback for bob points 2 / 5 exercises solved 1 of 1 {marks} 2 / 2" in of_bob

    with Gradebook(built.gradebook, built.course_id) as book:
        book.update_or_create_assignment(LESSON, duedate=datetime.now(UTC).replace(tzinfo=None))
    (built.root / "nbgrader_config.py").write_text(ZERO)
    answer(machine, "ada")
    machine.study("ada", "submit")
    machine.instruct("collect", "grade", "feedback", "release_feedback")
    machine.study("ada", "fetch_feedback")
    before, after = machine.pages("ada")
    assert before == of_ada
    assert "points 0 / 5 exercises solved 1 of 1 taken off for being late 2 Marks" in after
