"""Signals through many layers in `09_initialization`, driven as the controls drive them, without a browser."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from steepest.activations import ACTIVATIONS
from steepest.demos._demo import Demo
from steepest.demos.initialization import signal_demo
from steepest.demos.initialization.signals import STROKE, STYLES, draw_frames, draw_layers, histograms, said, send
from torch import Generator, Tensor

Draw = Callable[[tuple[int, ...], Generator], Tensor]


def with_gain(gain: float, calls: list[tuple[int, ...]] | None = None) -> Draw:
    def draw(shape: tuple[int, ...], generator: Generator) -> Tensor:
        if calls is not None:
            calls.append(shape)
        return torch.randn(shape, generator=generator) * math.sqrt(gain / shape[1])

    return draw


def spreads(x: Tensor, weights: Sequence[Tensor], activation: Callable[[Tensor], Tensor]) -> Tensor:
    found = []
    for weight in weights:
        x = activation(x @ weight.T)
        found.append(x.std())
    return torch.stack(found)


def demo(**other: Any) -> Demo:
    given: dict[str, Any] = {"activation_spread": spreads, "initializers": {"weak": with_gain(1), "He": with_gain(2)}}
    return signal_demo(**given | other)


@pytest.fixture(scope="module")
def shown() -> Demo:
    return demo()


def test_each_control_redraws_with_the_students_own_functions(new_picture: Any) -> None:
    calls: list[tuple[int, ...]] = []
    depths: list[int] = []

    def counted(x: Tensor, weights: Sequence[Tensor], activation: Callable[[Tensor], Tensor]) -> Tensor:
        depths.append(len(weights))
        return spreads(x, weights, activation)

    shown = demo(activation_spread=counted, initializers={"weak": with_gain(1), "He": with_gain(2, calls)})
    assert (depths, calls) == ([20], [])
    assert new_picture(shown)
    changes = {"scheme": "He", "kind": "tanh", "scale": 0.5, "depth": 7, "width": 20}
    for number, (name, value) in enumerate(changes.items(), start=2):
        shown.controls[name].value = value
        assert len(depths) == number, name
        assert new_picture(shown), name
    assert depths[-2:] == [7, 7]
    assert set(calls) == {(100, 100), (20, 20)}


@pytest.mark.parametrize(
    "ends",
    [
        {"scale": 0.01, "depth": 1, "width": 10},
        {"scale": 10.0, "depth": 30, "width": 200},
        {"scale": 0.01, "depth": 30, "width": 10},
    ],
    ids=str,
)
def test_the_ends_of_every_range_can_be_drawn(ends: dict[str, float]) -> None:
    shown = demo(initializers={"N(0, 1)": lambda shape, generator: torch.randn(shape, generator=generator)})
    for name, value in ends.items():
        shown.controls[name].value = value
    for kind in ACTIVATIONS:
        shown.controls["kind"].value = kind
        assert shown.message.value.startswith(f"{ends['depth']} layer")
        assert f"of {ends['width']} units, {kind}, N(0, 1) × " in shown.message.value


@pytest.mark.parametrize(
    ("state", "end"),
    [
        ({}, "Not yet: not all inside the band."),
        ({"scheme": "He"}, "The goal is reached for ReLU."),
        ({"scale": 10**0.15}, "The goal is reached for ReLU."),
        ({"scheme": "He", "depth": 19}, "Not yet: the goal asks for 20 layers."),
        ({"kind": "tanh"}, "Not yet: not all inside the band."),
        ({"kind": "tanh", "scale": 10**0.1}, "The goal is reached for tanh."),
        ({"kind": "sigmoid"}, "Not all inside the band."),
        ({"kind": "scaled tanh"}, "All inside the band."),
    ],
    ids=str,
)
def test_the_goal_is_reached_where_it_should_be(shown: Demo, state: dict[str, Any], end: str) -> None:
    shown.reset.click()
    for name, value in state.items():
        shown.controls[name].value = value
    assert shown.message.value.endswith(end)


@pytest.mark.parametrize(
    ("kind", "scale", "end"),
    [
        ("ReLU", 1.0, "50% of all outputs are 0. "),
        ("tanh", 1e-3, " 0% of all outputs are saturated. "),
        ("tanh", 1e9, "100% of all outputs are saturated. "),
        ("scaled tanh", 1e9, "100% of all outputs are saturated. "),
        ("sigmoid", 1e-3, " 0% of all outputs are saturated. "),
        ("sigmoid", 1e9, "100% of all outputs are saturated. "),
    ],
)
def test_the_message_tells_of_zeros_and_of_saturation(kind: str, scale: float, end: str) -> None:
    weights = [scale * torch.eye(100, dtype=torch.float64)]
    assert end in said(send(spreads, weights, kind), kind)


def test_the_student_sees_his_own_deviations(drawn: Any) -> None:
    shown = demo(activation_spread=lambda *given: torch.tensor([1.0, 100.0, 1e-30]))
    shown.controls["depth"].value = 3
    deviations, marks = drawn(shown, STYLES[0])
    assert np.array_equal(deviations, marks)
    assert deviations[:, 0].tolist() == [1, 2, 3]
    assert deviations[:, 1].tolist() == pytest.approx([0.0, 2.0, -12.2])
    assert len(drawn(shown, STYLES[1])[0]) == 4


def test_gain_and_depth_are_moved_by_hand(pull: Any) -> None:
    shown = demo()
    pull(shown, "depth:scale", at=(24.2, 1.4))
    assert (shown.controls["depth"].value, shown.controls["scale"].value) == (24, pytest.approx(10**0.15))
    assert shown.message.value.endswith("The goal is reached for ReLU.")
    pull(shown, "depth:scale", key=(-10, 0))
    assert shown.message.value.endswith("Not yet: the goal asks for 20 layers.")


def test_histograms_stand_at_their_layers(drawn: Any) -> None:
    shown = demo()
    shown.controls["depth"].value = 5
    for style, first in ((STYLES[0], 1), (STYLES[1], 0)):
        (lines,) = drawn(shown, {"color": style["color"], "linewidth": STROKE})
        across = lines[np.isfinite(lines[:, 0]), 0]
        assert set(np.rint(across)) == set(range(first, 6))
        assert abs(across - np.rint(across)).max() == pytest.approx(0.45)


def test_a_deeper_network_begins_with_the_layers_of_a_flatter_one() -> None:
    layers = [layer.double() for layer in draw_layers(with_gain(2), 20)]
    flat, deep = (send(spreads, layers[:depth], "tanh") for depth in (4, 9))
    torch.testing.assert_close(flat.outputs, deep.outputs[:4])
    torch.testing.assert_close(flat.spread, flat.outputs.std(dim=1))
    assert [len(part) for part in deep] == [9, 10, 9, 10]


def test_histograms_count_what_they_shall() -> None:
    values = torch.tensor([[0.0, 0.5, 0.5, 2.0], [-9.0, 9.0, math.inf, math.nan]])
    counted = torch.tensor([[False, True, True, True], [True, True, True, False]])
    shares = histograms(values, 0.0, 1.0, counted=counted)
    middle, last = shares.shape[1] // 2, shares.shape[1] - 1
    found = {tuple(place) for place in shares.nonzero().tolist()}
    assert found == {(0, middle), (0, last), (1, 0), (1, last)}
    assert shares[0, [middle, last]].tolist() == [1.0, 0.5]
    assert shares[1, [0, last]].tolist() == [0.5, 1.0]


def test_an_unwritten_function_is_a_message_and_no_picture(blank: Any) -> None:
    for missing, name in (
        ({"activation_spread": blank}, "activation_spread"),
        ({"initializers": {"He": blank}}, "blank"),
    ):
        shown = demo(**missing)
        assert f"<code>{name}</code>" in shown.message.value
        assert shown.image.value == b""


@pytest.mark.parametrize(
    ("wrong", "said_then"),
    [
        ({"initializers": {"He": lambda shape, generator: torch.zeros(2, 3)}}, "Got (2, 3) for (100, 100)"),
        ({"activation_spread": lambda *given: torch.ones(3)}, "Got shape (3,)"),
    ],
    ids=["weights", "spreads"],
)
def test_a_wrong_shape_is_a_message_and_no_picture(wrong: dict[str, Any], said_then: str) -> None:
    shown = demo(**wrong)
    assert said_then in shown.message.value
    assert shown.image.value == b""


def test_an_unwritten_start_leaves_the_others_alone(blank: Any) -> None:
    shown = demo(initializers={"He": with_gain(2), "mine": blank})
    shown.controls["scheme"].value = "mine"
    assert "Write <code>fans</code>, <code>blank</code>" in shown.message.value
    shown.reset.click()
    assert shown.message.value.endswith("The goal is reached for ReLU.")


def test_what_lies_behind_is_labelled() -> None:
    figure = Figure()
    draw_frames(figure)
    assert all(ax.get_ylabel() for ax in figure.axes)
    shown = demo()
    shown.controls["kind"].value = "tanh"
    assert [mark.record["said"] for mark in shown.stage.marks if "said" in mark.record] == ["−1", "0", "1"]
