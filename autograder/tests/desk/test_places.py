"""Places, with paired differences worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from steepest_grader.desk.places import behind, mean_and_error, placed

A = [0.60, 0.62, 0.58, 0.64]


def less(by: Sequence[float]) -> list[float]:
    """The results of `A`, each lower by so much."""
    return [result - step for result, step in zip(A, by, strict=True)]


@pytest.mark.parametrize(
    ("results", "mean", "error"),
    [
        ([0.5, 0.5, 0.5], 0.5, 0.0),
        ([0.4, 0.6], 0.5, 0.1),  # deviation 0.1414 over the root of 2
        (A, 0.61, math.sqrt(0.002 / 3 / 4)),
        ([0.7], 0.7, math.inf),
    ],
)
def test_mean_and_standard_error(results: list[float], mean: float, error: float) -> None:
    assert mean_and_error(results) == pytest.approx((mean, error))


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ([0.0, 0.0, 0.0, 0.0], False),  # the same functions under two names
        ([0.01, 0.01, 0.01, 0.01], True),  # the means lie within their own errors, 0.013, and every task tells
        ([0.03, -0.01, 0.03, -0.01], False),  # 0.010 ± 0.0115
        ([0.02, 0.00, 0.02, 0.00], False),  # 0.010 ± 0.0058: 1.7 standard errors
        ([0.015, 0.005, 0.015, 0.005], True),  # 0.010 ± 0.0029: 3.5
        ([-0.01, -0.01, -0.01, -0.01], False),  # the other one is better
    ],
)
def test_who_is_behind(by: list[float], expected: bool) -> None:
    assert behind(A, less(by)) is expected


def test_one_task_tells_nobody_apart() -> None:
    assert placed({"a": [0.9], "b": [0.1]}) == {"a": 1, "b": 1}


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ({}, {}),
        ({"a": A}, {"a": 1}),
        ({"b": less([0.1] * 4), "a": A}, {"a": 1, "b": 2}),
        ({"a": A, "b": A, "c": less([0.1] * 4)}, {"a": 1, "b": 1, "c": 3}),
        # each shares with its neighbour, 1.7 standard errors apart, and the third is behind the first
        ({"a": A, "b": less([0.02, 0, 0.02, 0]), "c": less([0.02] * 4)}, {"a": 1, "b": 1, "c": 3}),
        # the third is near the second, who is behind the first: its place is the second's
        ({"a": A, "b": less([0.05] * 4), "c": less([0.07, 0.05, 0.07, 0.05])}, {"a": 1, "b": 2, "c": 2}),
    ],
)
def test_places(results: dict[str, list[float]], expected: dict[str, int]) -> None:
    found = placed(results)
    assert found == expected
    assert list(found) == list(expected)


def test_the_order_of_entrants_moves_no_place() -> None:
    source = np.random.default_rng(0)
    hardness = source.normal(0.6, 0.03, 20)
    results = {f"e{number}": list(hardness + source.normal(-0.002 * number, 0.01, 20)) for number in range(12)}
    expected = placed(results)
    names = list(results)
    for _ in range(20):
        source.shuffle(names)
        assert placed({name: results[name] for name in names}) == expected


def test_luck_alone_seldom_tells_two_apart() -> None:
    """On 20 tasks two entrants that are alike in the long run share a place in nineteen of twenty draws."""
    source = np.random.default_rng(1)
    apart = 0
    for _ in range(2000):
        hardness = source.normal(0.6, 0.05, 20)
        one, other = (list(hardness + source.normal(0, 0.01, 20)) for _ in range(2))
        apart += len(set(placed({"one": one, "other": other}).values())) > 1
    assert 0.03 < apart / 2000 < 0.09


def test_hard_tasks_cancel() -> None:
    """Differences of a point show although the tasks themselves differ by five times as much."""
    source = np.random.default_rng(2)
    hardness = source.normal(0.6, 0.05, 20)
    better, other = (list(hardness + step + source.normal(0, 0.002, 20)) for step in (0.01, 0.0))
    assert mean_and_error(better)[1] > 0.009
    assert placed({"other": other, "better": better}) == {"better": 1, "other": 2}
