"""The demo of `05_momentum`, driven as its sliders drive it, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from matplotlib.figure import Figure
from steepest.demos._stage import Stage
from steepest.demos.momentum import momentum_demo
from steepest.demos.momentum.forms import as_far_as
from steepest.demos.momentum.path import draw_frames, draw_momentum
from torch import Tensor

State = dict[str, Any]
Stepper = Callable[..., tuple[Tensor, State]]


def test_each_control_redraws_with_the_students_own_function(new_picture: Any, momentum_step: Any) -> None:
    calls: list[tuple[float, float]] = []

    def counted(*args: Any, lr: float, beta: float) -> tuple[Tensor, State]:
        calls.append((lr, beta))
        return momentum_step(*args, lr=lr, beta=beta)

    demo = momentum_demo(counted)
    assert new_picture(demo)
    for name, value in (("beta", 0.6), ("lr", 1.0), ("condition", 50), ("averaged", True)):
        calls.clear()
        demo.controls[name].value = value
        assert calls, name
        assert new_picture(demo)
    assert {beta for _, beta in calls} == {0.0, 0.6}
    assert any(lr == pytest.approx(0.4) for lr, _ in calls)


def test_the_message_counts_steps(momentum_step: Any) -> None:
    demo = momentum_demo(momentum_step)
    assert demo.message.value == "β = 0: within 0.01 of the minimum after 84 steps. Not yet."
    demo.controls["beta"].value = 0.6
    assert demo.message.value.startswith("β = 0.60: within 0.01 of the minimum after 21 steps")
    demo.controls["lr"].value = 4.0
    assert "β = 0.60: not within 0.01 after 120 steps" in demo.message.value


@pytest.mark.parametrize("averaged", [False, True])
def test_every_form_of_momentum_shows_the_same_paths(forms: dict[str, Stepper], averaged: bool) -> None:
    said = [
        draw_momentum(step, Stage((9.5, 4.0)), lr=1.8, beta=0.6, condition=30, averaged=averaged)
        for step in forms.values()
    ]
    assert len(set(said)) == 1
    assert f"β = 0.60: within 0.01 of the minimum after {77 if averaged else 21} steps" in said[0]


def test_what_lies_behind_is_labelled() -> None:
    figure = Figure()
    draw_frames(figure)
    assert all(ax.get_xlabel() and ax.get_ylabel() for ax in figure.axes)
    labels = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    assert labels == ["minimum", "your β", "β = 0"]


def test_the_goal_is_what_the_lesson_asks_for(pull: Any, momentum_step: Any) -> None:
    demo = momentum_demo(momentum_step)
    demo.controls["lr"].value, demo.controls["beta"].value = 2.4, 0.52  # 21 steps
    assert demo.message.value.endswith("Not yet.")
    demo.controls["lr"].value = 2.5
    assert "after 20 steps; " in demo.message.value
    assert demo.message.value.endswith("The goal is reached.")
    for name, value, told in (
        ("averaged", True, "in the taught form"), ("condition", 10, "at κ = 30"),
        ("start", (0.1, 0.1), "from the first start"),
    ):  # fmt: skip
        demo.controls[name].value = value
        assert demo.message.value.endswith(f" The goal counts only {told}.")
        demo.reset.click()
    pull(demo, "start", at=(1.0, -1.0))
    assert demo.controls["start"].value == (1.0, -1.0)
    assert "after 84 steps" not in demo.message.value


def test_a_path_ends_where_it_leaves_the_panel() -> None:
    path = torch.tensor([[0.0, 1.0], [1.5, -1.5], [9.0, 0.0], [0.5, 0.5], [torch.nan, 0.0]])
    assert as_far_as(path, 2.0).tolist() == path[:3].tolist()
    assert as_far_as(path[:2], 2.0).tolist() == path[:2].tolist()
    assert as_far_as(path[3:], 2.0).tolist() == [[0.5, 0.5], [2.0, 0.0]]


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any) -> None:
    demo = momentum_demo(blank)
    assert "Write <code>momentum_step</code>" in demo.message.value
    assert demo.image.value == b""


def test_a_wrong_function_shows_what_it_does(new_picture: Any) -> None:
    demo = momentum_demo(lambda theta, grad, state, *, lr, beta: (theta + lr * grad, state))
    assert "not within" in demo.message.value
    assert new_picture(demo)
