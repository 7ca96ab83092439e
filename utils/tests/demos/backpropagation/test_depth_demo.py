"""The gradient through forty layers in `08_backpropagation`, driven as its controls and its hand drive it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from matplotlib.figure import Figure
from steepest.demos.backpropagation import slope_demo
from steepest.demos.backpropagation.depth import DEEPEST, GOALS, KINDS, NETS, UNITS, descend, draw_frames

SOUND = {"ReLU": 1.445, "tanh": 1.349, "sigmoid": 12.589}  # gains that keep the gradient in the first net


def set_gain(demo: Any, gain: float) -> None:
    demo.controls["gain"].value = gain


def test_each_control_redraws_with_the_students_own_functions(
    new_picture: Any, activation_slope: Any, delta_norms: Any
) -> None:
    calls: list[str] = []

    def slope(name: str, x: torch.Tensor) -> Any:
        calls.append("slope")
        return activation_slope(name, x)

    def norms(*args: Any) -> Any:
        calls.append("norms")
        return delta_norms(*args)

    demo = slope_demo(slope, norms)
    assert new_picture(demo)
    for name, value in (("gain", 10**0.1), ("kind", "tanh"), ("depth", 12), ("net", 3)):
        calls.clear()
        demo.controls[name].value = value
        assert set(calls) == {"slope", "norms"}, name
        assert new_picture(demo)


def test_norms_are_those_of_the_whole_jacobian(activation_slope: Any, delta_norms: Any) -> None:
    found = descend(activation_slope, delta_norms, "tanh", 1.2, depth=7)
    assert found.sums.shape == (7, UNITS) and found.norms.shape == (8,)
    assert float(found.norms[-1]) == 1.0
    again = descend(activation_slope, delta_norms, "tanh", 1.2, depth=3)
    torch.testing.assert_close(again.sums, found.sums[:3])


@pytest.mark.parametrize("kind", GOALS)
def test_the_goal_is_within_reach_of_each_activation(activation_slope: Any, delta_norms: Any, kind: str) -> None:
    demo = slope_demo(activation_slope, delta_norms)
    demo.controls["kind"].value = kind
    assert demo.message.value.endswith("Not yet.")
    set_gain(demo, SOUND[kind])
    others = ", ".join(name for name in GOALS if name != kind)
    assert demo.message.value.endswith(f"The goal is reached for {kind}. Still to do: {others}.")
    demo.controls["depth"].value = DEEPEST - 1
    assert "The goal asks for 40 layers of ReLU, tanh and sigmoid." in demo.message.value


def test_the_goal_is_done_with_all_three(activation_slope: Any, delta_norms: Any) -> None:
    demo = slope_demo(activation_slope, delta_norms)
    for kind in GOALS:
        demo.controls["kind"].value = kind
        set_gain(demo, SOUND[kind])
    assert demo.message.value.endswith("<b>All three are done.</b>")
    demo.reset.click()
    assert demo.message.value.endswith("Not yet.")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("net", [1, NETS])
def test_every_net_can_be_drawn_at_the_ends_of_all_ranges(
    activation_slope: Any, delta_norms: Any, kind: str, net: int
) -> None:
    demo = slope_demo(activation_slope, delta_norms)
    demo.controls["kind"].value, demo.controls["net"].value = kind, net
    for depth in (1, DEEPEST):
        demo.controls["depth"].value = depth
        for gain in (10**-0.3, 10**1.3):
            set_gain(demo, gain)
            assert demo.message.value.startswith(f"{depth} layer")


def test_depth_and_gain_are_moved_on_the_picture(pull: Any, activation_slope: Any, delta_norms: Any) -> None:
    demo = slope_demo(activation_slope, delta_norms)
    pull(demo, "depth:", at=(7.2, 5.0))
    assert demo.controls["depth"].value == 7
    pull(demo, "gain:", at=(2.0, 1e-3))
    assert demo.controls["gain"].value == pytest.approx(2.0, rel=0.01)
    demo.reset.click()
    assert (demo.controls["depth"].value, demo.controls["gain"].value) == (DEEPEST, 1.0)


@pytest.mark.parametrize("missing", ["activation_slope", "delta_norms"])
def test_an_unwritten_function_is_a_message_and_no_error(
    blank: Any, activation_slope: Any, delta_norms: Any, missing: str
) -> None:
    mine = {"activation_slope": activation_slope, "delta_norms": delta_norms, missing: blank}
    assert "Write <code>activation_slope</code>, <code>delta_norms</code>" in slope_demo(**mine).message.value


def test_too_few_norms_are_a_message(activation_slope: Any, delta_norms: Any) -> None:
    demo = slope_demo(activation_slope, lambda *args: delta_norms(*args)[:-1])
    assert "must return 41 norms for 40 layers. Got shape (40,)." in demo.message.value


def test_what_lies_behind_is_labelled() -> None:
    figure = Figure()
    assert all(ax.get_xlabel() and ax.get_ylabel() for ax in draw_frames(figure))
