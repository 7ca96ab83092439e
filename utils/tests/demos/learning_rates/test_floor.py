"""The demo of a constant rate's floor of `04_learning_rates`, without a browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from steepest.demos.learning_rates import floor_demo
from steepest.demos.learning_rates.floor import N_STEPS, runs
from torch import Tensor


@pytest.fixture
def functions(written: Any) -> tuple[Any, Any]:
    return written["noise_floor"], written["average_step"]


def _numbers(said: str) -> tuple[float, float]:
    """What is predicted and what is measured."""
    found = re.search(r"</code> says ([\d.∞]+)\..* mean square of ([\d.∞]+)\.", said)
    assert found
    return float(found[1].replace("∞", "inf")), float(found[2].replace("∞", "inf"))


def test_each_control_redraws_with_the_students_own_functions(new_picture: Any, functions: Any) -> None:
    calls: list[str] = []

    def floor(*args: Any, **settings: Any) -> Tensor:
        calls.append("floor")
        return functions[0](*args, **settings)

    def average(*args: Any, **settings: Any) -> Tensor:
        calls.append("average")
        return functions[1](*args, **settings)

    demo = floor_demo(floor, average)
    assert new_picture(demo)
    assert (calls.count("floor"), calls.count("average")) == (1, N_STEPS + 1)
    for name, value in (("lr", 0.1), ("curvature", 1.5), ("averaged", True), ("step", 100)):
        demo.controls[name].value = value
        assert new_picture(demo)
    assert calls.count("average") == 3 * (N_STEPS + 1)  # neither the box nor the step walks anew


@pytest.mark.parametrize("lr", [0.1, 0.5, 1.5])
def test_the_cloud_has_the_size_that_is_predicted(functions: Any, lr: float) -> None:
    demo = floor_demo(*functions)
    demo.controls["lr"].value = lr
    predicted, measured = _numbers(demo.message.value)
    assert measured == pytest.approx(predicted, rel=0.2)


def test_the_goal_needs_the_mean_and_a_large_rate(functions: Any) -> None:
    demo = floor_demo(*functions)
    assert demo.message.value.endswith("Not yet: the goal is 0.01.")
    demo.controls["lr"].value = 0.015
    assert demo.message.value.endswith("Not yet: the rate is to be 1 at least.")
    demo.controls["lr"].value = 1.5
    assert demo.message.value.endswith("Not yet: the goal is 0.01.")
    demo.controls["averaged"].value = True
    assert demo.message.value.endswith("The goal is reached.")
    demo.controls["curvature"].value = 0.5
    assert demo.message.value.endswith("For the goal, put λ at 1.")
    demo.reset.click()
    assert "η = 0.5, λ = 1.0" in demo.message.value


def test_beyond_the_limit_all_runs_away_and_is_drawn(new_picture: Any, functions: Any) -> None:
    demo = floor_demo(*functions)
    demo.controls["lr"].value = 10**0.36
    assert _numbers(demo.message.value) == (torch.inf, torch.inf)
    assert new_picture(demo)


def test_the_step_is_moved_on_the_picture(pull: Any, functions: Any) -> None:
    demo = floor_demo(*functions)
    pull(demo, "step:", at=(101.0, 1.0))
    assert demo.controls["step"].value == 100


def test_the_mean_of_a_path_counts_its_points(functions: Any) -> None:
    done = runs(functions[1], lr=0.3, curvature=1.0)
    torch.testing.assert_close(done.means[7], done.points[:8].mean(dim=0))


def test_what_is_not_written_or_returns_nothing_is_told(blank: Any, no_return: Any, functions: Any) -> None:
    assert "Write <code>noise_floor</code>, <code>average_step</code>" in floor_demo(blank, functions[1]).message.value
    assert "`average_step` must return the mean of the points" in floor_demo(functions[0], no_return).message.value
