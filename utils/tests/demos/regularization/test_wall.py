"""The demo of a wall, a spring and an early stop, driven as its sliders and handles drive it, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from matplotlib.figure import Figure
from steepest.demos._demo import Demo
from steepest.demos.regularization import wall_or_spring_demo
from steepest.demos.regularization.wall import HESSIAN, STAR, draw_frames
from torch import Tensor

Optimum = Callable[..., Tensor]


@pytest.fixture
def demo(l2_optimum: Optimum, matching_alpha: Callable[..., float], early_stopped: Optimum) -> Demo:
    return wall_or_spring_demo(l2_optimum, matching_alpha, early_stopped)


def _settle(demo: Demo, matching_alpha: Callable[..., float], radius: float, n_steps: int) -> str:
    """Put the spring where the wall is, and stop after some steps."""
    demo.controls["radius"].value, demo.controls["n_steps"].value = radius, n_steps
    best = torch.tensor(STAR, dtype=torch.float64)
    demo.controls["alpha"].value = matching_alpha(HESSIAN, best, radius=radius)
    return str(demo.message.value)


def test_the_goal_is_reached_three_ways(demo: Demo, matching_alpha: Callable[..., float]) -> None:
    said = _settle(demo, matching_alpha, 0.9, 4)
    assert "wall and spring 0 %" in said
    assert said.endswith("The goal is reached.")
    demo.controls["n_steps"].value = 40
    assert demo.message.value.endswith("Not yet.")
    demo.controls["n_steps"].value, demo.controls["alpha"].value = 4, 0.1
    assert demo.message.value.endswith("Not yet.")


def test_near_zero_and_near_the_optimum_do_not_count(demo: Demo, matching_alpha: Callable[..., float]) -> None:
    for radius, n_steps in ((0.05, 0), (1.75, 60)):
        assert "put the wall between 0.54 and 1.44" in _settle(demo, matching_alpha, radius, n_steps)


def test_it_asks_the_students_function_about_the_wall(
    l2_optimum: Optimum, early_stopped: Optimum, matching_alpha: Callable[..., float]
) -> None:
    demo = wall_or_spring_demo(l2_optimum, lambda hessian, theta_star, *, radius: 3.0, early_stopped)
    assert "says α = 3." in demo.message.value
    assert "reached" not in _settle(demo, matching_alpha, 0.9, 4)


def test_each_control_shows_another_picture(new_picture: Any, pull: Any, demo: Demo) -> None:
    assert new_picture(demo)
    for name, value in (("radius", 0.8), ("alpha", 3.0), ("n_steps", 20)):
        demo.controls[name].value = value
        assert new_picture(demo), name
    pull(demo, "star", at=(1.0, 0.2))
    assert new_picture(demo)
    for handle, name in (("radius:", "radius"), ("alpha:", "alpha"), ("n_steps:", "n_steps")):
        before = demo.controls[name].value
        pull(demo, handle, key=(-1, 0))
        assert demo.controls[name].value < before
    assert demo.play is not None


def test_what_lies_behind_is_labelled() -> None:
    figure = Figure()
    draw_frames(figure)
    assert all(ax.get_xlabel() and ax.get_ylabel() for ax in figure.axes)


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any, l2_optimum: Optimum, early_stopped: Any) -> None:
    demo = wall_or_spring_demo(l2_optimum, blank, early_stopped)
    assert "<code>matching_alpha</code>" in demo.message.value
    assert demo.image.value == b""
