"""The demo of Newton's basins of `07_second_order`, driven as its controls drive it, without a browser."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from steepest.demos.second_order import newton_demo
from steepest.demos.second_order.basins import (
    ENDS,
    GROUNDS,
    ROWS,
    SHADES,
    all_at_once,
    basins_of,
    draw_frames,
    ends_of,
    follow,
)
from torch import Tensor

Step = Callable[..., Tensor]


def test_each_control_redraws_with_the_students_own_functions(
    new_picture: Any, newton_step: Step, saddle_free_step: Step
) -> None:
    calls: list[str] = []

    def counted(step: Step) -> Step:
        def with_count(*args: Any, **settings: Any) -> Tensor:
            calls.append(step.__name__)
            return step(*args, **settings)

        return with_count

    demo = newton_demo(counted(newton_step), counted(saddle_free_step))
    assert new_picture(demo)
    for name, value in (("damping", 0.5), ("start", (1.0, -1.0)), ("landscape", "beale")):
        calls.clear()
        demo.controls[name].value = value
        assert {"newton", "saddle_free"} == set(calls), name
        assert new_picture(demo)


def test_the_goal_needs_damping(pull: Any, newton_step: Step, saddle_free_step: Step) -> None:
    demo = newton_demo(newton_step, saddle_free_step)
    pull(demo, "start", at=(0.1, 0.2))
    assert "Newton: <b>saddle point</b>" in demo.message.value
    assert "saddle-free: <b>minimum</b>" in demo.message.value
    assert demo.message.value.endswith("Not yet.")
    demo.controls["damping"].value = 1.2
    assert demo.message.value.endswith("The start is 0.22 from the saddle point. The goal is reached.")
    pull(demo, "start", at=(1.0, 1.0))
    assert demo.message.value.endswith("Not yet.")  # too far from the saddle point
    demo.reset.click()
    assert "Newton: <b>saddle point</b>" in demo.message.value


def test_without_damping_the_band_of_the_saddle_is_that_of_theory(newton_step: Step) -> None:
    heights = torch.linspace(-1.7, 1.7, 60, dtype=torch.float64)
    starts = torch.stack([torch.full_like(heights, 0.3), heights], dim=1)
    last = follow(all_at_once(newton_step, 0.0), "saddle", starts)[-1]
    at_the_saddle = ends_of(last, "saddle") == ENDS.index("saddle")
    assert torch.equal(at_the_saddle, heights.abs() < 1 / math.sqrt(5))


def test_a_function_that_cannot_be_vectorized_paints_the_same(newton_step: Step) -> None:
    def branching(theta: Tensor, grad: Tensor, hessian: Tensor, *, lr: float = 1.0, damping: float = 0.0) -> Tensor:
        if float(grad.norm()) == 0:
            return theta
        return newton_step(theta, grad, hessian, lr=lr, damping=damping)

    painted = [basins_of(step, "saddle", 0.2) for step in (newton_step, branching)]
    assert np.array_equal(*painted)
    assert {tuple(dot) for dot in painted[0].reshape(-1, 4).tolist()} == {SHADES["minimum"], SHADES["saddle"]}


def test_what_runs_away_is_elsewhere() -> None:
    def away(theta: Tensor, grad: Tensor, hessian: Tensor, *, lr: float = 1.0, damping: float = 0.0) -> Tensor:
        return theta * math.inf

    assert (basins_of(away, "beale", 0.0)[ROWS // 2] == SHADES["elsewhere"]).all()


@pytest.mark.parametrize("name", GROUNDS)
def test_each_landscape_has_its_saddle_point(name: str) -> None:
    landscape, place = GROUNDS[name]()
    at = torch.tensor(place, dtype=torch.float64)
    assert landscape.gradient(at).abs().max() < 1e-12
    low, high = torch.linalg.eigvalsh(landscape.hessian(at)).tolist()
    assert low < 0 < high
    figure = Figure()
    draw_frames(figure, name)
    assert all(ax.get_xlabel() and ax.get_ylabel() for ax in figure.axes)


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any, newton_step: Step) -> None:
    for pair in ((blank, blank), (newton_step, blank)):
        demo = newton_demo(*pair)
        assert "Write <code>newton_step</code>, <code>saddle_free_step</code>" in demo.message.value
        assert demo.image.value == b""


def test_a_wrong_function_shows_what_it_does(new_picture: Any, newton_step: Step) -> None:
    demo = newton_demo(lambda theta, grad, hessian, **settings: theta + grad, newton_step)
    assert "Newton: runs away" in demo.message.value
    assert new_picture(demo)
