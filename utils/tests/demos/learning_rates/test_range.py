"""The demo of the range test of `04_learning_rates`, without a browser."""

from __future__ import annotations

from typing import Any

import pytest
from steepest.demos.learning_rates import range_test_demo
from steepest.demos.learning_rates.range_test import GOAL, GRID, N_STEPS, constant, range_test


@pytest.fixture(scope="module")
def functions(written: Any) -> tuple[Any, Any]:
    return written["choose_rate"], written["one_cycle"]


@pytest.fixture(scope="module")
def demo(functions: Any) -> Any:
    return range_test_demo(*functions)


def _errors(said: str) -> tuple[float, float]:
    """Of one cycle, and of the constant rate, in percent."""
    words = said.replace("%", " % ").split()
    one, held = (float(words[place - 1]) for place, word in enumerate(words) if word == "%" and place < len(words) - 1)
    return one, held


def test_the_ends_are_dragged_and_a_rate_between_them_is_chosen(demo: Any, pull: Any, new_picture: Any) -> None:
    demo.reset.click()
    assert "Of 7 rates from 0.001 to 0.01 your <code>choose_rate</code> takes <b>0.01</b>" in demo.message.value
    assert new_picture(demo)
    pull(demo, "high:", at=(0.03, 0.4))
    assert "Of 10 rates from 0.001 to 0.032 your <code>choose_rate</code> takes <b>0.032</b>" in demo.message.value
    assert new_picture(demo)
    pull(demo, "low:", at=(0.3, 0.4))
    assert "rates from 0.032 to 0.32" in demo.message.value  # whichever end is the lower one


def test_the_goal_is_reached_beyond_the_winner_of_the_short_race(demo: Any) -> None:
    demo.reset.click()
    assert demo.message.value.endswith(f"Not yet: the goal is {GOAL:g} %.")
    demo.controls["high"].value = 10.0
    demo.controls["low"].value = 0.1
    assert "takes <b>0.1</b>" in demo.message.value
    assert demo.message.value.endswith("The goal is reached.")
    one, held = _errors(demo.message.value.removesuffix(" The goal is reached.") + " ")
    assert one < GOAL < held
    demo.controls["low"].value = 1.0
    one, held = _errors(demo.message.value.partition(" Not yet")[0] + " ")
    assert min(one, held) > 60


def test_the_short_runs_are_the_beginning_of_the_long_ones() -> None:
    assert constant().losses.shape == (N_STEPS, len(GRID))
    rates, losses = range_test()
    assert rates.shape == losses.shape
    best, place = float(losses.min()), int(losses.argmin())
    assert 0.03 < float(rates[place]) < 0.5
    assert best < 0.3 * float(losses[0]) < float(losses[-1])


def test_nets_are_trained_by_the_students_cycle_and_once(functions: Any) -> None:
    calls: list[int] = []

    def one_cycle(step: int, **given: float) -> float:
        calls.append(step)
        rate: float = functions[1](step, **given)
        return rate

    demo = range_test_demo(functions[0], one_cycle)
    demo.controls["high"].value = 0.1
    assert len(calls) == N_STEPS * len(GRID)


def test_what_is_not_written_or_wrong_is_told(blank: Any, no_return: Any, functions: Any) -> None:
    assert "Write <code>choose_rate</code>, <code>one_cycle</code>" in range_test_demo(blank, blank).message.value
    for choose_rate in (no_return, lambda short_run, rates: 0):
        demo = range_test_demo(choose_rate, functions[1])
        assert "`choose_rate` must return one of the rates that it is given" in demo.message.value
