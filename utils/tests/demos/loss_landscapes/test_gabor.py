"""The demo of the Gabor model of `03_loss_landscapes`, on a few points of a wave."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from steepest.demos._stage import Stage
from steepest.demos.loss_landscapes import gabor_demo
from steepest.demos.loss_landscapes.gabor import Gabor, draw_gabor
from torch import Tensor

X = torch.linspace(-14, 14, 15, dtype=torch.float64)


def wave(phi: Tensor, x: Tensor) -> Tensor:
    u = phi[0] + 0.06 * phi[1] * x
    return torch.sin(u) * torch.exp(-u.square() / 32)


def loss(phi: Tensor, x: Tensor, y: Tensor) -> Tensor:
    return (y - wave(phi, x)).square().sum()


Y = wave(torch.tensor([0.0, 15.0], dtype=torch.float64), X)


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage((9.5, 4.3))


def test_each_control_redraws_with_the_students_own_function(new_picture: Any, gd_step: Any) -> None:
    calls: list[tuple[float, ...]] = []

    def counted(phi: Tensor, x: Tensor, y: Tensor) -> Tensor:
        calls.append(tuple(phi.tolist()))
        return loss(phi, x, y)

    demo = gabor_demo(gd_step, counted, X, Y)
    assert new_picture(demo)
    for name, value, fresh in (("offset", 5.0, 120), ("frequency", 12.0, 120), ("lr", 0.05, 120), ("step", 70, 0)):
        calls.clear()
        demo.controls[name].value = value
        assert fresh <= len(calls) <= fresh + 4, name  # the loss of the last point, and the curve
        assert new_picture(demo)


def test_the_goal_asks_for_a_start_on_the_right(gd_step: Any) -> None:
    demo = gabor_demo(gd_step, loss, X, Y)
    assert "Not yet: the goal is 0.2." in demo.message.value
    demo.controls["offset"].value = 0.5
    demo.controls["frequency"].value = 16.0
    assert "That is the right valley" in demo.message.value


def test_the_goal_is_reached_by_hand(pull: Any, gd_step: Any) -> None:
    demo = gabor_demo(gd_step, loss, X, Y)
    pull(demo, "offset:frequency", at=(2.8, 15.2))
    assert (demo.controls["offset"].value, demo.controls["frequency"].value) == (3.0, 15.0)
    assert demo.message.value.endswith("The goal is reached.")


def test_the_fit_is_read_off_the_loss(gd_step: Any) -> None:
    phi, places = torch.tensor([1.0, 12.0], dtype=torch.float64), torch.linspace(-3, 3, 7, dtype=torch.float64)
    torch.testing.assert_close(Gabor(gd_step, loss, X, Y).curve(phi, places), wave(phi, places))


def test_starts_leave_marks_for_the_rate_that_is_shown(stage: Stage, gd_step: Any) -> None:
    gabor = Gabor(gd_step, loss, X, Y)
    for offset, lr in ((0.5, 0.1), (6.5, 0.1), (6.5, 0.05), (7.0, 0.1)):
        draw_gabor(gabor, stage, offset=offset, frequency=15.0, lr=lr, step=0)
    assert [mark.numbers.tolist() for mark in stage.marks[:2]] == [[[0.5, 15.0]], [[6.5, 15.0], [7.0, 15.0]]]


@pytest.mark.parametrize("offset", [-10.0, 10.0])
@pytest.mark.parametrize("frequency", [2.5, 22.5])
@pytest.mark.parametrize(("lr", "step"), [(0.01, 0), (0.4, 120)])
def test_the_ends_of_each_range(
    stage: Stage, gd_step: Any, offset: float, frequency: float, lr: float, step: int
) -> None:
    gabor = Gabor(gd_step, loss, X, Y)
    said = draw_gabor(gabor, stage, offset=offset, frequency=frequency, lr=lr, step=step)
    assert said.startswith("From (")
    assert said.endswith("Not yet: the goal is 0.2.")
    assert stage.picture()


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any, gd_step: Any) -> None:
    demo = gabor_demo(gd_step, blank, X, Y)
    assert "Write <code>gabor_loss</code>" in demo.message.value
    assert demo.image.value == b""
