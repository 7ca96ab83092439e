"""The demo of regimes on a parabola of `03_loss_landscapes`, without a browser."""

from __future__ import annotations

import math
from typing import Any

import pytest
from matplotlib.figure import Figure
from steepest.demos.loss_landscapes import regime_demo
from steepest.demos.loss_landscapes.regimes import RegimeView, draw_regime


def named(curvature: float, lr: float) -> str:
    if math.isclose(lr * curvature, 1):
        return "one_step"
    return "diverging" if not 0 < lr * curvature < 2 else "monotone" if lr * curvature < 1 else "oscillating"


def test_each_control_redraws_with_the_students_own_function(new_picture: Any, gd_step: Any) -> None:
    calls: list[tuple[float, float]] = []

    def counted(curvature: float, lr: float) -> str:
        calls.append((curvature, lr))
        return named(curvature, lr)

    demo = regime_demo(gd_step, counted)
    assert new_picture(demo)
    for name, value in (("curvature", 2.0), ("lr", 0.3), ("step", 4)):
        demo.controls[name].value = value
        assert new_picture(demo)
    assert calls == [(1.25, 1.4), (2.0, 1.4), (2.0, 0.3), (2.0, 0.3)]


def test_the_goal_is_to_hear_all_words(gd_step: Any) -> None:
    demo = regime_demo(gd_step, named)
    assert "says <b>oscillating</b>. Still to hear: monotone, one_step, diverging." in demo.message.value
    for lr, end in ((0.3, "Still to hear: one_step, diverging."), (0.8, "Still to hear: diverging.")):
        demo.controls["lr"].value = lr
        assert demo.message.value.endswith(end)
    demo.controls["curvature"].value = -0.5
    assert demo.message.value.endswith("The goal is reached.")


@pytest.mark.parametrize(
    ("curvature", "lr", "said"),
    [
        (-1.0, 0.05, "by 1.05; your <code>step_regime</code> says <b>diverging</b>"),
        (-1.0, 1.6, "by 2.6;"),
        (2.5, 0.05, "<b>monotone</b>"),
        (2.5, 1.6, "by −3; your <code>step_regime</code> says <b>diverging</b>"),
        (2.0, 1.0, "This is the edge"),
        (1.0, 1.0, "by 0; your <code>step_regime</code> says <b>one_step</b>"),
    ],
)
@pytest.mark.parametrize("step", [0, 10])
def test_the_ends_of_each_range(gd_step: Any, curvature: float, lr: float, said: str, step: int) -> None:
    view = RegimeView(Figure())
    assert said in draw_regime(gd_step, named, view, curvature=curvature, lr=lr, step=step)


@pytest.mark.parametrize(
    ("answer", "lr", "said"),
    [
        ("slow", 0.5, "which is none of monotone, one_step, oscillating, diverging."),
        (None, 0.5, "says <b>None</b>, which is none of monotone, one_step, oscillating, diverging."),
        ("diverging", 0.5, "but the error shrank."),
        ("oscillating", 1.8, "but the error grew."),
    ],
)
def test_a_wrong_word_is_held_against_the_path(gd_step: Any, answer: Any, lr: float, said: str) -> None:
    assert draw_regime(gd_step, lambda c, r: answer, RegimeView(Figure()), curvature=1.25, lr=lr, step=3).endswith(said)


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any, gd_step: Any) -> None:
    demo = regime_demo(gd_step, blank)
    assert "Write <code>step_regime</code>" in demo.message.value
    assert demo.image.value == b""
