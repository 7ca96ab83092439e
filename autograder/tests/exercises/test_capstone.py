"""The ladder of `train_step`: small steps, each said in words, and no wider than luck."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from steepest._drives.learner import HEARS, REPEATS, SAFE, SCORE, level
from steepest_exercises.capstone.steps import ELSEWHERE, LEVELS, NEAR, STEADY, STEPS, credit, ladder

PAGE = Path(__file__).parents[3] / "docs" / "ladder.md"
WHOLE = [step for step in ladder() if set(step.seen) == {SCORE, SAFE}]
SURE = [step for step in WHOLE if step.seen[SAFE]]


def test_steps_are_small_and_wider_than_luck() -> None:
    assert [round(later - earlier, 9) for earlier, later in pairwise([0, *STEPS.values()])] == [0.1] * 10
    assert min(later - earlier for earlier, later in pairwise([0, *STEPS])) >= 3


CREDIT = {0.0: 0.0, 19.99: 0.0, 20.0: 0.1, 39.9: 0.3, 40.0: 0.4, 57.99: 0.8, 58.0: 0.9, 61.0: 1.0, 100.0: 1.0}


@pytest.mark.parametrize("percent", CREDIT)
def test_credit_follows_the_steps(percent: float) -> None:
    assert credit(percent) == CREDIT[percent]


def test_every_accuracy_stands_on_one_rung() -> None:
    labels = [step.seen[SCORE] for step in SURE]
    assert len(set(labels)) == len(labels) == len(LEVELS) + 1
    for tenth in range(1001):
        (step,) = (step for step in SURE if step.seen[SCORE] == level(tenth / 1000, LEVELS))
        assert step.credit == credit(tenth / 10)
        assert f"{100 * step.credit:.0f} % of the points" in step.text


def test_a_result_is_called_safe_where_it_is() -> None:
    said = {(step.seen[SCORE], step.seen[SAFE]): (STEADY in step.text, NEAR in step.text) for step in WHOLE}
    assert said.pop(("below 20 %", True)) == (False, False)
    assert len(said) == 2 * len(LEVELS)
    assert all(told == (safe, not safe) for (_, safe), told in said.items())
    credits = {safe: [step.credit for step in WHOLE if step.seen[SAFE] is safe] for safe in (True, False)}
    assert credits[True] == [0.0, *credits[False]]


def test_draws_from_elsewhere_cost_a_small_step() -> None:
    credits = {step.seen[SCORE]: step.credit for step in WHOLE}
    drawn = [step for step in ladder() if REPEATS in step.seen]
    assert len(drawn) == len(WHOLE)
    assert all(step.credit == pytest.approx(max(credits[step.seen[SCORE]] - ELSEWHERE, 0)) for step in drawn)
    assert all(step.credit == 0.1 for step in ladder() if HEARS in step.seen)


def test_luck_moves_no_recipe_by_more_than_a_step() -> None:
    """In the table that `autograder/bench/ladder.py` has measured."""
    rows = re.findall(r"\| [\d.]+ to [\d.]+ \| [\d.]+ \| ([\d.]+)(?: to ([\d.]+))? \|$", PAGE.read_text(), re.MULTILINE)
    assert len(rows) >= 10
    assert all(float(high or low) - float(low) <= 0.1 + 1e-9 for low, high in rows)
