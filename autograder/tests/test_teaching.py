"""What docs/teaching.md says of lessons, exercises, mistakes, rubrics and demos is so."""

from __future__ import annotations

import ast
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from steepest_grader.course.find import find_course

COURSE = find_course(Path(__file__))
BENCH = COURSE.root / "autograder" / "bench"
PAGE = (COURSE.root / "docs" / "teaching.md").read_text(encoding="utf-8")
TEACHING = runpy.run_path(str(BENCH / "teaching.py"))
SECTIONS = dict(re.findall(r"^## (\d\d) · [^\n]*\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))
DEMO = re.compile(r"^#### `(\w+)_demo`$(.*?)(?=^#|\Z)", re.DOTALL | re.MULTILINE)
ROW = re.compile(r"^\| ((?:`|reset ).*?) \| (.*?) \|$", re.MULTILINE)
SET = re.compile(r"`([^`]+)` = (.+?)(?=, `|$)")
TAG = re.compile(r"<[^>]*>")
SNAKE = re.compile(r"`([a-z]+(?:_[a-z0-9]+)+)")


def mistakes(lesson: str) -> set[str]:
    return {mistake.name for exercise in COURSE.exercises(lesson) for mistake in exercise.mistakes}


def exercises(lesson: str) -> list[str]:
    return [exercise.id for exercise in COURSE.exercises(lesson)]


def demos(lesson: str) -> set[str]:
    tree = ast.parse((COURSE.solutions / lesson / f"{lesson}.py").read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {name.name for node in imports if str(node.module).startswith("steepest.demos.") for name in node.names}


def section(lesson: str) -> str:
    return SECTIONS[lesson.partition("_")[0]]


def by_hand(text: str) -> str:
    """What is not copied."""
    return str(TEACHING["BLOCK"].sub("", text))


def test_what_is_copied_is_what_the_sources_say() -> None:
    assert TEACHING["filled"](PAGE) == PAGE, "run `make teaching`"


def test_every_lesson_has_its_part() -> None:
    assert list(SECTIONS) == [lesson.partition("_")[0] for lesson in COURSE.lessons()]


@pytest.mark.parametrize("lesson", COURSE.lessons())
def test_a_part_has_each_exercise_rubric_and_demo(lesson: str) -> None:
    part = section(lesson)
    assert re.findall(r"^\| `(\w+)`, \d+ min \|", part, re.MULTILINE) == exercises(lesson)
    assert re.findall(r"^> `(\w+)`, \d points$", part, re.MULTILINE) == list(TEACHING["by_hand"](lesson))
    assert {f"{name}_demo" for name, _ in DEMO.findall(part)} == demos(lesson)


@pytest.mark.parametrize("lesson", COURSE.lessons())
def test_a_part_names_nothing_that_is_not_there(lesson: str) -> None:
    known = {*mistakes(lesson), *exercises(lesson), *TEACHING["by_hand"](lesson), *demos(lesson)}
    assert set(SNAKE.findall(by_hand(section(lesson)))) - known == set()


def test_what_stands_before_the_parts_names_nothing_that_is_not_there() -> None:
    known = {name for lesson in COURSE.lessons() for name in exercises(lesson)}
    assert set(SNAKE.findall(by_hand(PAGE.partition("\n## 00 · ")[0]))) - known == set()
    assert set(re.findall(r"`(\d\d_\w+)`", PAGE)) <= set(COURSE.lessons())


def test_each_plan_has_every_lesson_once_and_in_order() -> None:
    plans = re.findall(r"<!-- plan: (.*?) -->", PAGE)
    assert [plan.count("|") + 1 for plan in plans] == [14, 7]
    for plan in plans:
        assert plan.replace("|", " ").split() == list(SECTIONS)


def test_what_is_said_of_weeks() -> None:
    weeks = {lesson: sum(TEACHING["minutes"](lesson).values()) for lesson in COURSE.lessons()[2:]}
    assert (max(weeks, key=weeks.__getitem__), min(weeks, key=weeks.__getitem__)) == (
        "08_backpropagation",
        "11_dropout",
    )
    needed = [re.search(r"You need (.*?)\n\n", _opening(lesson) + "\n\n", re.DOTALL) for lesson in COURSE.lessons()]
    numbers = {int(number) for found in needed if found for number in re.findall(r"\b\d+\b", found[1])}
    assert {1, 3, 8, 12} <= numbers
    assert not numbers & {7, 13}


def _opening(lesson: str) -> str:
    return next(cell.source for cell in COURSE.source(lesson).cells if cell.cell_type == "markdown")


def settings(cell: str) -> Iterator[tuple[str, str]]:
    found = SET.findall(cell)
    assert ", ".join(f"`{label}` = {value}" for label, value in found) == cell
    yield from found


def put(demo: Any, label: str, text: str) -> None:
    """Set a control, by its label or its name, as the page says."""
    label, _, place = label.partition("[")
    (control,) = (
        control for name, control in demo.controls.items() if label in (name, getattr(control, "description", None))
    )
    options = getattr(control, "options", ())
    words = {str(item[0]): item[1] for item in options if isinstance(item, tuple)} or {
        str(item): item for item in options
    }
    if text in words:
        value = words[text]
    elif text in ("on", "off"):
        value = text == "on"
    else:
        value = ast.literal_eval(text)
    if place:
        number = int(place.rstrip("]"))
        value = (*control.value[:number], value, *control.value[number + 1 :])
    if options:  # numbers on a slider
        value = next(item for item in words.values() if item == value)
    control.value = value


@pytest.mark.slow
@pytest.mark.parametrize("lesson", COURSE.lessons())
def test_the_demos_do_what_the_page_says(lesson: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matplotlib.pyplot.show", lambda: None)
    tables = {name: ROW.findall(text) for name, text in DEMO.findall(section(lesson))}
    wrong = []
    for name, demo in runpy.run_path(str(BENCH / "pictures.py"))["demos"](lesson):
        assert tables[name]
        for cell, told in tables.pop(name):
            if cell == "reset":
                demo.reset.click()
            else:
                for label, text in settings(cell):
                    put(demo, label, text)
            said = " ".join(TAG.sub(" ", demo.message.value).split())
            wrong += [(name, cell, part, said) for part in told.split(" … ") if part not in said]
    assert (wrong, tables) == ([], {})
