"""A lesson in short is read off its notebook."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook
from steepest_grader.course.find import find_course
from steepest_grader.course.lesson import load
from steepest_grader.site.outline import outline

COURSE = find_course(Path(__file__))


@pytest.mark.parametrize("lesson", COURSE.lessons())
def test_every_lesson_says_what_it_teaches_and_asks(lesson: str) -> None:
    points = {item.id: item.points for item in COURSE.exercises(lesson)}
    found = outline(lesson, load(COURSE, lesson).released, points)
    assert found.title and found.lead and found.aims.startswith(("1. ", "- "))
    assert {item.id: item.points for item in found.asked} == points
    assert [item.id for item in found.asked if not (item.difficulty and item.minutes)] == []
    assert found.by_hand > 0


TEXT = """# 90 · Bowls

A bowl
has a bottom.

**After this lesson you can**

1. find it;
2. stay there.

Two exercises, about 10 minutes.
"""
SHORT = "A bowl."
READ = [
    (
        "whole",
        TEXT,
        ("90 · Bowls", "A bowl\nhas a bottom.", "1. find it;\n2. stay there.", "Two exercises, about 10 minutes."),
    ),
    ("bare", SHORT, ("90_bowls", "A bowl.", "", "")),
]


@pytest.mark.parametrize(("text", "wanted"), [row[1:] for row in READ], ids=[row[0] for row in READ])
def test_what_is_read_off_the_first_text(text: str, wanted: tuple[str, ...]) -> None:
    found = outline("90_bowls", new_notebook(cells=[new_markdown_cell(text)]), {})
    assert (found.title, found.lead, found.aims, found.time) == wanted
