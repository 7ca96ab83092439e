"""The demo of corners, driven as its sliders and handles drive it, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from matplotlib.figure import Figure
from steepest.demos.regularization import ellipse_demo
from steepest.demos.regularization.ellipse import ALPHAS, FLAT, STEEP, draw_frames, optima
from steepest.demos.regularization.plane import bowl, level_lines
from torch import Tensor

Optimum = Callable[..., Tensor]
STAR = (1.3, -0.9)


@pytest.mark.parametrize("angle", [0, 25, -70])
def test_both_curves_are_where_no_slope_is_left(l2_optimum: Optimum, l1_optimum: Optimum, angle: float) -> None:
    paths = optima(l2_optimum, l1_optimum, angle=angle, star=STAR)
    best, hessian = torch.tensor(STAR, dtype=torch.float64), bowl(FLAT, STEEP, angle)
    alphas = torch.tensor(ALPHAS, dtype=torch.float64)[:, None]
    assert torch.allclose((paths.l2 - best) @ hessian, -alphas * paths.l2)
    pull, rest = -(paths.l1 - best) @ hessian, paths.l1 == 0
    assert torch.allclose(pull[~rest], (alphas * paths.l1.sign())[~rest])
    assert bool((pull.abs() <= alphas * (1 + 1e-9))[rest].all())
    assert bool(rest[-1].all()) and not bool(rest[0].any())


def test_level_lines_have_their_heights() -> None:
    hessian = bowl(FLAT, STEEP, 40)
    off = torch.from_numpy(level_lines(hessian, STAR, (0.3, 0.3))) - torch.tensor(STAR, dtype=torch.float64)
    heights = ((off @ hessian) * off).sum(dim=1) / 2
    assert torch.allclose(heights[~heights.isnan()], torch.tensor(0.3, dtype=torch.float64))


def test_each_control_shows_another_picture(
    new_picture: Any, pull: Any, l2_optimum: Optimum, l1_optimum: Optimum
) -> None:
    demo = ellipse_demo(l2_optimum, l1_optimum)
    assert new_picture(demo)
    for name, value in (("alpha", 0.5), ("angle", 30)):
        demo.controls[name].value = value
        assert new_picture(demo), name
    pull(demo, "star", at=(1.0, -1.5))
    assert demo.controls["star"].value == (1.0, -1.5)
    assert new_picture(demo)
    for key in ((1, 0), (-1, 0)):
        before = demo.controls["alpha"].value
        pull(demo, "alpha:", key=key)
        assert demo.controls["alpha"].value != before


def test_the_goal_is_one_exact_zero_in_a_turned_bowl(l2_optimum: Optimum, l1_optimum: Optimum) -> None:
    demo = ellipse_demo(l2_optimum, l1_optimum)
    demo.controls["alpha"].value = 10**-0.25
    assert "one exact zero" in demo.message.value
    assert "turn the bowl" in demo.message.value
    demo.controls["angle"].value = -20
    assert demo.message.value.endswith("Not yet.")
    demo.controls["alpha"].value = 10**-0.05
    assert "L1 has its optimum at (0, " in demo.message.value
    assert demo.message.value.endswith("The goal is reached.")
    demo.controls["alpha"].value = 10.0
    assert "nothing left" in demo.message.value
    demo.reset.click()
    assert "no exact zero" in demo.message.value


def test_l2_never_reaches_it(l2_optimum: Optimum) -> None:
    def as_l2(curvature: Tensor, theta_star: Tensor, *, alpha: float) -> Tensor:
        return curvature * theta_star / (curvature + alpha)

    demo = ellipse_demo(l2_optimum, as_l2)
    demo.controls["angle"].value = -20
    for alpha in ALPHAS:
        demo.controls["alpha"].value = alpha
        assert "no exact zero" in demo.message.value


def test_what_lies_behind_is_labelled() -> None:
    figure = Figure()
    draw_frames(figure)
    assert all(ax.get_xlabel() and ax.get_ylabel() and ax.get_legend() for ax in figure.axes)


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any, l2_optimum: Optimum) -> None:
    demo = ellipse_demo(l2_optimum, blank)
    assert "Write <code>l2_optimum</code>, <code>l1_optimum</code>" in demo.message.value
    assert demo.image.value == b""
