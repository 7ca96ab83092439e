"""Fixtures for all tests of the grader: a course of one small lesson, and submissions to it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, ClassVar

import nbformat
import pytest
from nbformat.v4 import new_output
from steepest_grader.course import release
from steepest_grader.course.lesson import load
from steepest_grader.course.places import Course
from steepest_grader.course.text_course import TextCourse
from steepest_grader.exercise import catalogue
from steepest_grader.exercise.model import GradedSubmission, Outcome, Verdict
from steepest_grader.gradebook.writer import GradebookWriter
from steepest_grader.sandbox import choice
from steepest_grader.sandbox.base import Sandbox
from steepest_grader.sandbox.bubblewrap import Bubblewrap
from steepest_grader.sandbox.none import NoSandbox
from xdist.scheduler import LoadScopeScheduling

HALF = "test_an_attack_is_real"  # as much work as the rest of its file, of which it shares little


class ByLesson(LoadScopeScheduling):  # type: ignore[misc]
    """What is tried of one lesson goes to one process, which makes once what the judge compares with; so do files."""

    lesson_of: ClassVar = {item.id: lesson for lesson, group in catalogue.lessons().items() for item in group}

    def _split_scope(self, nodeid: str) -> str:
        file, _, name = nodeid.partition("::")
        words = re.split(r"[\[\]-]", name)[1:]  # parameters of a test
        lessons = [self.lesson_of.get(word, word) for word in words]
        whole = nodeid.partition("[")[0] if name.startswith(HALF) else file
        return next((lesson for lesson in lessons if lesson in self.lesson_of.values()), whole)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByLesson | None:
    return ByLesson(config, log) if config.getvalue("dist") == "loadgroup" else None


LESSON = "90_tiny"
EXERCISE = "momentum_step"
SOLUTION = """\
    velocity = beta * state["velocity"] - lr * grad
    return theta + velocity, {"velocity": velocity}
"""
SETTINGS = '[tool.steepest-grader]\nexercises = "tiny_exercises"\n'
TINY = f'''\
# %% [markdown]
# # Momentum
#
# Here $v \\leftarrow \\beta v - \\eta g$.

# %%
import torch
from steepest import check

# %% nbgrader={{"solution": true, "grade_id": "answer_momentum_step"}}
def momentum_step(theta, grad, state, *, lr, beta):
    """One step."""
    ### BEGIN SOLUTION
{SOLUTION}    ### END SOLUTION


# %% nbgrader={{"grade": true, "grade_id": "momentum_step"}}
check(momentum_step)
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade(momentum_step)
### END HIDDEN TESTS

# %% [markdown] nbgrader={{"grade": true, "solution": true, "grade_id": "reflection", "points": 3}}
# It swings past the minimum.
'''


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One for all tests of a process: each submission has a kernel of its own in it anyway."""
    with Bubblewrap() as opened:
        yield opened


@pytest.fixture
def warm(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands get that sandbox, and do not end it."""
    monkeypatch.setattr(choice, "open_sandbox", lambda **_: nullcontext(sandbox))


@pytest.fixture
def no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that start no kernel warm nothing up."""
    monkeypatch.setattr(choice, "open_sandbox", lambda **_: NoSandbox())


@pytest.fixture
def tiny(tmp_path: Path) -> TextCourse:
    """A course whose only lesson asks for `momentum_step` and one reflection."""
    return make_course(tmp_path / "course")


@pytest.fixture
def text() -> str:
    """The source of the tiny course's lesson."""
    return TINY


@pytest.fixture
def write() -> Callable[..., Path]:
    """Writes a lesson's source into a course; the tiny one's if no other is named."""
    return write_lesson


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> TextCourse:
    """The tiny course built and with an empty gradebook, to be copied."""
    course = make_course(tmp_path_factory.mktemp("template") / "course")
    release.build(course)
    release.write_course(course)
    course.secret()
    with GradebookWriter(None, course) as writer:
        writer.prepare(load(course, LESSON))
    return course


@pytest.fixture
def built(template: TextCourse, tmp_path: Path) -> TextCourse:
    """The tiny course with lessons, nbgrader's course directory, and a gradebook that knows the lesson."""
    return TextCourse(shutil.copytree(template.root, tmp_path / "built"))


def make_course(root: Path) -> TextCourse:
    """Write the sources of the tiny course."""
    course = TextCourse(root)
    write_lesson(course, TINY)
    (course.root / "pyproject.toml").write_text(SETTINGS)
    package = course.root / "utils" / "steepest"
    (package / "__pycache__").mkdir(parents=True)
    (package / "__pycache__" / "check.pyc").write_bytes(b"cache")
    (package / "check.py").write_text('"""Checks."""\n')
    (course.root / "utils" / "tests").mkdir()
    (course.root / "utils" / "tests" / "test_check.py").write_text("")
    for name in ("utils/pyproject.toml", "utils/README.md", "environment.yml", "LICENSE"):
        (course.root / name).write_text(f"{name}\n")
    return course


def write_lesson(course: TextCourse, text: str, lesson: str = LESSON) -> Path:
    """Write a lesson's source into a course."""
    path = course.solutions / lesson / f"{lesson}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def submit(template: TextCourse) -> Callable[..., GradedSubmission]:
    """Makes a graded submission to the tiny lesson, as grading would hand it over."""

    def make(
        student: str = "ada",
        *,
        outcome: Outcome = Outcome.PASSED,
        credit: float = 1.0,
        answer: str = SOLUTION,
        reflection: str | None = "It overshoots.",
        message: str = "",
        hint: str = "",
        outputs: tuple[Any, ...] = (),
        digest: str = "d1",
    ) -> GradedSubmission:
        points = catalogue.exercise(EXERCISE).points
        verdict = Verdict(EXERCISE, points, outcome, credit, message=hint)
        notebook = load(template, LESSON).released
        cells = {cell.id: cell for cell in notebook.cells}
        stub = "    # YOUR CODE HERE\n    raise NotImplementedError()"
        cells["answer_momentum_step"].source = cells["answer_momentum_step"].source.replace(stub, answer)
        cells["answer_momentum_step"].outputs = list(outputs)
        if reflection is not None:
            cells["reflection"].source = reflection
        cells[EXERCISE].outputs = [
            new_output("display_data", data={"text/plain": f"{EXERCISE}: {hint}"}),
            new_output("execute_result", data={"text/plain": repr(verdict.score)}),
        ]
        unread = outcome in (Outcome.MISSING, Outcome.UNREADABLE)
        text = "" if unread else nbformat.writes(notebook)
        return GradedSubmission(student, LESSON, outcome, [verdict], message, 0.5, text, digest)

    return make


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[TextCourse], Course]:
    """Copies a course to another place."""
    return lambda course: TextCourse(shutil.copytree(course.root, tmp_path / "copy"))
