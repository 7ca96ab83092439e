"""The demo of bumps, driven as its sliders and handles drive it, without a browser."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from matplotlib.figure import Figure
from steepest.demos._demo import Demo
from steepest.demos.representations import rbf_demo
from steepest.demos.representations.rbf import BUMPS, FIT, GOAL, PLACES, WIDTHS, WORST, draw_frames, fitted, task
from torch import Tensor

Function = Callable[..., Tensor]
PEAKS = (-2.0, -0.45, 0.45, 1.35, 2.24, 0.0)  # and one between two of them


@pytest.fixture
def demo(rbf_features: Function, fit_readout: Function) -> Demo:
    return rbf_demo(rbf_features, fit_readout)


def _place(demo: Demo, pull: Any, places: tuple[float, ...]) -> str:
    for number, place in enumerate(places, start=1):
        pull(demo, f"center {number}:", at=(place, 1.0))
    return str(demo.message.value)


def test_the_goal_needs_centers_where_the_curve_bends_and_a_width(demo: Demo, pull: Any) -> None:
    assert demo.message.value.startswith("6 bumps of width 1: rms 0.33")
    assert _place(demo, pull, PEAKS).endswith("Not yet.")
    demo.controls["width"].value = 10**-0.5
    assert demo.message.value.endswith("from the curve. The goal is reached.")
    demo.reset.click()
    assert [demo.controls[f"center {number}"].value for number in range(1, 7)] == list(PLACES[:BUMPS])
    demo.controls["width"].value = 10**-0.5
    assert demo.message.value.endswith("Not yet.")


def test_no_width_does_it_with_even_centers_and_more_bumps_do_not_count(
    demo: Demo, rbf_features: Function, fit_readout: Function
) -> None:
    even = [fitted(rbf_features, fit_readout, PLACES[:BUMPS], width).rms for width in WIDTHS]
    assert min(even) > 2 * GOAL
    demo.controls["bumps"].value, demo.controls["width"].value = len(PLACES), 10**-0.4
    assert demo.message.value.endswith(f"For the goal, do it with {BUMPS} bumps.")


def test_each_control_shows_another_picture(new_picture: Any, pull: Any, demo: Demo) -> None:
    assert new_picture(demo)
    for name, value in (("bumps", 4), ("width", 10**-0.2), ("center 3", 0.1)):
        demo.controls[name].value = value
        assert new_picture(demo), name
    pull(demo, "width::error", at=(0.2, 0.5))
    assert demo.controls["width"].value == pytest.approx(0.2, rel=0.03)
    pull(demo, "center 2:", key=(1, 0))
    assert demo.controls["center 2"].value > PLACES[1]
    assert "center 5:" not in demo.stage.handles  # there are 4


@pytest.mark.parametrize(("center", "way"), [(-2.5, 1), (2.5, -1)])
def test_the_width_is_pulled_at_the_flank_of_the_first_bump(demo: Demo, pull: Any, center: float, way: int) -> None:
    demo.controls["center 1"].value = center
    assert demo.stage.handles["width:"].at == pytest.approx((center + way, math.exp(-0.5)))
    pull(demo, "width:", at=(center + 0.5 * way, 0.0))
    assert demo.controls["width"].value == pytest.approx(0.5, rel=0.03)
    pull(demo, "width:", key=(way, 0))
    assert demo.controls["width"].value > 0.51
    pull(demo, "width:", at=(center - way, 0.0))  # beyond the center
    assert demo.controls["width"].value == pytest.approx(WIDTHS[0])


def test_what_is_drawn_is_the_students_own_fit(demo: Demo, drawn: Any, fit_readout: Function) -> None:
    curve = next(line for line in drawn(demo, FIT) if len(line) == len(task().x))
    given = (curve[:, 1] - task().curve.numpy()) ** 2
    assert f"rms {math.sqrt(given.mean()):.3f}" in demo.message.value
    flat = rbf_demo(lambda x, centers, widths: torch.ones(len(x), len(centers) + 1, dtype=x.dtype), fit_readout)
    assert len({round(height, 9) for line in drawn(flat, FIT) for height in line[:, 1]}) == 1


def test_functions_that_work_in_place_change_nothing_but_their_copies(
    rbf_features: Function, fit_readout: Function
) -> None:
    def features_in_place(x: Tensor, centers: Tensor, widths: Tensor) -> Tensor:
        features = rbf_features(x, centers, widths)
        x.mul_(2)
        return features

    def readout_in_place(features: Tensor, targets: Tensor, *, ridge: float) -> Tensor:
        weights = fit_readout(features, targets, ridge=ridge)
        targets.mul_(2)
        return weights

    demo = rbf_demo(features_in_place, readout_in_place)
    for _ in range(2):
        demo.update()
        assert "rms 0.33" in demo.message.value


def test_what_lies_behind_is_labelled() -> None:
    figure = Figure()
    curve, bumps, errors = draw_frames(figure)
    assert all(ax.get_ylabel() for ax in (curve, bumps, errors))
    assert bumps.get_xlabel() and errors.get_xlabel()


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any, rbf_features: Function) -> None:
    demo = rbf_demo(rbf_features, blank)
    assert "Write <code>rbf_features</code>, <code>fit_readout</code>" in demo.message.value
    assert demo.image.value == b""


def test_what_returns_nothing_or_another_shape_is_told(
    no_return: Any, rbf_features: Function, fit_readout: Function
) -> None:
    cases = (
        ((no_return, fit_readout), "`rbf_features` must return a tensor of shape (181, 7). Got None."),
        ((rbf_features, no_return), "`fit_readout` must return a tensor of shape (7,). Got None."),
        ((lambda *given: rbf_features(*given)[:, 1:], fit_readout), "Got shape (181, 6)."),
    )
    for functions, said in cases:
        assert said in rbf_demo(*functions).message.value.replace("&#x27;", "'")


@pytest.mark.parametrize("wrong", [50.0, float("nan")])
def test_a_fit_that_is_worse_than_none_is_told(rbf_features: Function, wrong: float) -> None:
    demo = rbf_demo(rbf_features, lambda features, targets, *, ridge: features.T @ targets * wrong)
    assert "Without any bump, the best constant has 0.4" in demo.message.value
    assert demo.stage.handles["width::error"].at[1] == WORST
