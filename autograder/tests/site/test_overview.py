"""The syllabus follows the plan of the term."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from steepest_grader.course.plan import Plan
from steepest_grader.site.outline import Asked, Outline
from steepest_grader.site.overview import syllabus

OUTLINES = {
    name: Outline(
        title, "A lead.", "1. aim", "", [Asked(f"{name}_x", 2.0, "●", "5"), Asked(f"{name}_y", 4.0, "", "")], 3.0
    )
    for name, title in (("a", "First"), ("b", "Second"))
}
WHOLE = "2 lessons with 4 exercises, worth 12 points, and 6 points for what is marked by hand."
ROWS: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "no plan": ({}, [WHOLE, "## [First](lessons/a)", "| `a_x` | ● | 5 | 2 |"], ["due", "To pass", "weighs", "extra"]),
    "dates": (
        {
            "begins": date(2026, 10, 5),
            "timezone": "Europe/Vienna",
            "lessons": {"b": {"release": "week 1", "due": "week 2"}},
        },
        ["Given out on Oct 5, 2026, 00:00; due on Oct 18, 2026, 23:59."],
        [],
    ),
    "a weight": ({"lessons": {"a": {"weight": 2}}}, ["Weighs 2, where others weigh 1."], []),
    "no weight": ({"lessons": {"a": {"weight": 0}}}, ["Counts nothing."], []),
    "not taught": (
        {"lessons": {"a": {"taught": False}}},
        ["1 lessons with 2 exercises, worth 6 points, and 3 points"],
        ["First"],
    ),
    "extra": (
        {"lessons": {"a": {"exercises": {"a_y": "extra"}}}},
        ["| `a_y` |  |  | 4, extra |", "with 4 exercises, worth 8 points"],
        [],
    ),
    "passing": ({"marks": {"pass": 60}}, ["To pass, 60 % of the whole are needed."], []),
    "the worst": ({"marks": {"drop": 1}}, ["To pass, 50 % of the whole are needed, and the worst lesson does"], []),
    "two of the worst": ({"marks": {"drop": 2}}, ["and the 2 worst lessons do not count."], []),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_the_syllabus(row: tuple[dict[str, Any], list[str], list[str]]) -> None:
    said, wanted, missing = row
    text = syllabus(OUTLINES, Plan.model_validate(said)).decode()
    assert [words for words in wanted if words not in text] == []
    assert [words for words in missing if words in text] == []
