"""The demo of regimes on a parabola of `03_loss_landscapes`, without a browser."""

from __future__ import annotations

import math
from typing import Any

import pytest
from steepest.demos._stage import Stage
from steepest.demos.loss_landscapes import regime_demo
from steepest.demos.loss_landscapes.regimes import WORDS, draw_regime


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage((9.5, 4.0))


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
@pytest.mark.parametrize("start", [-3.6, 0.0, 3.6])
def test_the_ends_of_each_range(
    stage: Stage, gd_step: Any, curvature: float, lr: float, said: str, step: int, start: float
) -> None:
    values = {"curvature": curvature, "lr": lr, "step": step, "start": start}
    assert said in draw_regime(gd_step, named, stage, {word: {} for word in WORDS}, **values)
    assert stage.picture()
    for handle in stage.handles.values():
        for value, ends in zip(handle.at, (handle.frame["x"], handle.frame["y"]), strict=True):
            assert ends[0] <= value <= ends[1]


@pytest.mark.parametrize(
    ("answer", "lr", "said"),
    [
        ("slow", 0.5, "which is none of monotone, one_step, oscillating, diverging."),
        (None, 0.5, "says <b>None</b>, which is none of monotone, one_step, oscillating, diverging."),
        ("diverging", 0.5, "but the error shrinks."),
        ("oscillating", 1.8, "but the error grows."),
    ],
)
def test_a_wrong_word_is_held_against_the_path(stage: Stage, gd_step: Any, answer: Any, lr: float, said: str) -> None:
    heard = {word: {} for word in WORDS}
    assert draw_regime(gd_step, lambda c, r: answer, stage, heard, curvature=1.25, lr=lr, step=3).endswith(said)


def test_the_goal_is_reached_by_hand(pull: Any, gd_step: Any) -> None:
    demo = regime_demo(gd_step, named)
    pull(demo, "lr:", at=(0.03, 7.0))  # the step ends at the minimum
    assert demo.controls["lr"].value == 0.8
    pull(demo, "lr::1", at=(0.49, 1.0))
    assert demo.controls["lr"].value == 0.4
    assert demo.message.value.endswith("Still to hear: diverging.")
    pull(demo, ":curvature", at=(1.0, -4.0))
    assert demo.controls["curvature"].value == -1.0
    assert demo.message.value.endswith("The goal is reached.")


def test_the_rate_follows_the_end_of_the_first_step(pull: Any, gd_step: Any) -> None:
    demo = regime_demo(gd_step, named)
    pull(demo, "start:", at=(-1.0, 0.0))
    pull(demo, "lr:", at=(-0.25, 0.0))
    assert demo.controls["lr"].value == 0.6
    pull(demo, "lr:", key=(-1, 0))
    assert demo.controls["lr"].value == 0.55
    pull(demo, "start:", at=(1.0, 0.0))
    pull(demo, "lr:", key=(-1, 0))
    assert demo.controls["lr"].value == 0.6
    pull(demo, "start:", at=(0.0, 0.0))
    assert demo.stage.handles["lr:"].means(3.0, 0.0) == (0.6, 0.0)  # every rate ends at 0


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any, gd_step: Any) -> None:
    demo = regime_demo(gd_step, blank)
    assert "Write <code>step_regime</code>" in demo.message.value
    assert demo.image.value == b""
