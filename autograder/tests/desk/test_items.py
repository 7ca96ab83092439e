"""Difficulty and discrimination: against their definitions, and where they have no value."""

from __future__ import annotations

import random
from statistics import correlation, fmean, pstdev

import pytest
from steepest_grader.desk.items import difficulty, discriminations

CHANCE = random.Random(7)
SOLVED = [[float(CHANCE.random() < 0.2 + 0.6 * able / 30) for _ in range(5)] for able in range(30)]
PARTIAL = [[CHANCE.choice([0, 0.5, 1, 2]) * (able > 4) for _ in range(4)] for able in range(30)]


@pytest.mark.parametrize("scores", [SOLVED, PARTIAL], ids=["solved or not", "partial credit"])
def test_discrimination_is_the_correlation_with_the_other_exercises(scores: list[list[float]]) -> None:
    for column, found in enumerate(discriminations(scores)):
        rest = [sum(row) - row[column] for row in scores]
        assert found == pytest.approx(correlation([row[column] for row in scores], rest))


def test_it_is_the_point_biserial_one_where_an_exercise_is_solved_or_not() -> None:
    for column, found in enumerate(discriminations(SOLVED)):
        rest = [sum(row) - row[column] for row in SOLVED]
        p = fmean(row[column] for row in SOLVED)
        able, others = ([y for row, y in zip(SOLVED, rest, strict=True) if row[column] == x] for x in (1.0, 0.0))
        assert found == pytest.approx((fmean(able) - fmean(others)) / pstdev(rest) * (p * (1 - p)) ** 0.5)


@pytest.mark.parametrize(
    ("scores", "wanted"),
    [
        ([], []),
        ([[1.0, 0.0], [0.0, 1.0]], [None, None]),
        ([[1.0], [0.0], [1.0]], [None]),
        ([[1.0, 1.0, 0.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]], [None, -1.0, -1.0]),
        ([[0.1 + 0.2, 1.0, 0.0], [0.3, 0.0, 1.0], [0.3, 1.0, 0.0]], [None, -1.0, -1.0]),
        ([[0.0, 0.0], [1.0, 1.0], [0.0, 0.0], [1.0, 1.0]], [1.0, 1.0]),
    ],
    ids=["nobody", "two submissions", "one exercise", "all have solved one", "the same but for rounding", "as one"],
)
def test_what_has_no_value_gets_none(scores: list[list[float]], wanted: list[float | None]) -> None:
    assert discriminations(scores) == [value if value is None else pytest.approx(value) for value in wanted]


def test_difficulty_is_the_mean_share() -> None:
    assert (difficulty([1, 0.5, 0]), difficulty([])) == (0.5, None)
