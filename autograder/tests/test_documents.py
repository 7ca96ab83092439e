"""What README and docs say of lessons, exercises and demos is so."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path
from typing import Any

from steepest_grader.course.find import find_course
from steepest_grader.notebook.cells import bears_marks, by_grade_id, is_answer, rubric

COURSE = find_course(Path(__file__))
ROW = re.compile(r"^\| (?:`(?P<lesson>\w+)`)? *\| (?P<cell>`?\w+`?) \|", re.MULTILINE)


def _rows(name: str) -> list[tuple[str, str]]:
    """The first two columns of the tables of a document; an empty first one repeats what stands above."""
    found: list[tuple[str, str]] = []
    for row in ROW.finditer((COURSE.root / name).read_text(encoding="utf-8")):
        found.append((row["lesson"] or found[-1][0], row["cell"].strip("`")))
    return found


def test_the_readme_lists_the_lessons_and_counts_their_exercises() -> None:
    assert _rows("README.md") == [(name, str(len(COURSE.exercises(name)))) for name in COURSE.lessons()]


def test_the_page_of_demos_lists_what_the_lessons_show() -> None:
    shown = []
    for lesson in COURSE.lessons():
        tree = ast.parse((COURSE.solutions / lesson / f"{lesson}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("steepest.demos."):
                assert {alias.name for alias in node.names} <= set(importlib.import_module(str(node.module)).__all__)
                shown += [(lesson.partition("_")[0], alias.name) for alias in node.names]
    assert sorted(_rows("docs/demos.md")) == sorted(shown)


def test_every_demo_stands_in_a_lesson() -> None:
    folder = COURSE.root / "utils" / "steepest" / "demos"
    faces = [importlib.import_module(f"steepest.demos.{path.parent.name}") for path in folder.glob("*/__init__.py")]
    assert {name for face in faces for name in face.__all__} == {name for _, name in _rows("docs/demos.md")}


def test_every_answer_that_a_person_marks_has_a_rubric() -> None:
    cells = [
        (lesson, name, rubric(cell))
        for lesson in COURSE.lessons()
        for name, cell in by_grade_id(COURSE.source(lesson)).items()
        if bears_marks(cell) and is_answer(cell)
    ]
    assert len(cells) > len(COURSE.lessons())
    assert [row for row in cells if not row[2]] == []


def test_paths_in_documents_are_there() -> None:
    pattern = re.compile(r"`((?:autograder|utils|docs|lessons|solutions)/[\w./-]+)`")
    pages = [*COURSE.root.glob("*.md"), *COURSE.root.glob("*/*.md")]
    named = {(page.name, path) for page in pages for path in pattern.findall(page.read_text(encoding="utf-8"))}
    pages_followed = {"CONTRIBUTING.md": "robust_losses", "authoring.md": ""}
    made = {path for page, path in named if page in pages_followed and pages_followed[page] in path}  # by their readers
    assert len(named) > 10
    assert [item for item in sorted(named) if item[1] not in made and not (COURSE.root / item[1]).exists()] == []


def test_the_demo_in_contributing_runs() -> None:
    text = (COURSE.root / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("\n## A demo\n")[2]
    made: dict[str, Any] = {"__name__": "ball"}
    exec(text.partition("```python\n")[2].partition("```")[0], made)
    demo = made["ball_demo"](lambda theta, slope, *, lr: theta - lr * slope)
    assert demo.message.value == "After 20 steps the ball is at 0.182. Not yet."
    demo.stage.surface._handle_custom_msg({"id": "start:", "at": [0.02, 1.0], "n": 1}, [])
    assert demo.message.value == "After 20 steps the ball is at 0.00243. The goal is reached."
    assert demo.image.value == demo.stage.picture() != b""
