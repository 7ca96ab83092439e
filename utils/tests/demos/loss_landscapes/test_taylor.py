"""The demo of any landscape under the Taylor monitor of `03_loss_landscapes`, without a browser."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from matplotlib.figure import Figure
from steepest.demos.loss_landscapes import landscape_demo
from steepest.demos.loss_landscapes.taylor import LandscapeView, draw_taylor, start_at, watch
from torch import Tensor

NAMES = ("beale", "long valley", "saddle", "quadratic, κ = 10")


def terms(grad: Tensor, hessian: Tensor, lr: float) -> tuple[Tensor, Tensor]:
    return lr * grad.square().sum(), lr**2 / 2 * (grad * (hessian @ grad)).sum()


def test_each_control_redraws_with_the_students_own_function(new_picture: Any, gd_step: Any) -> None:
    calls: list[float] = []

    def counted(grad: Tensor, hessian: Tensor, lr: float) -> tuple[Tensor, Tensor]:
        assert (grad.shape, hessian.shape) == ((2,), (2, 2))
        calls.append(lr)
        return terms(grad, hessian, lr)

    demo = landscape_demo(gd_step, counted)
    assert new_picture(demo)
    for name, value, fresh in (
        ("lr", 0.001, True), ("across", 40, True), ("up", 20, True), ("step", 30, False), ("landscape", "beale", True)
    ):  # fmt: skip
        calls.clear()
        demo.controls[name].value = value
        assert len(calls) == (60 if fresh else 0), name
        assert new_picture(demo)


def test_the_goal_is_reached_near_the_largest_rate(gd_step: Any) -> None:
    demo = landscape_demo(gd_step, terms)
    assert demo.message.value.endswith("After 60 steps: loss 0.642 above the least. Not yet.")
    demo.controls["lr"].value = 10**-2.4
    assert demo.message.value.endswith("The goal is reached.")
    demo.controls["lr"].value = 10**-2.2
    assert demo.message.value.endswith("ran away. Not yet.")
    demo.controls["landscape"].value = "saddle"
    assert "goal" not in demo.message.value


@pytest.mark.parametrize("lr", [0.5, 1.9, 2.1])
def test_on_a_bowl_the_expansion_is_exact(gd_step: Any, lr: float) -> None:
    done = watch(gd_step, terms, landscape="quadratic, κ = 10", across=20, up=80, lr=lr)
    torch.testing.assert_close(done.loss[1:], done.loss[:-1] - done.linear + done.quadratic)
    assert bool(done.rose().any()) == (lr > 2)
    assert bool((done.quadratic > done.linear)[-1]) == (lr > 2)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("across", "up", "step"), [(0, 0, 0), (100, 100, 60)])
@pytest.mark.parametrize("lr", [1e-4, 10**0.5])
def test_the_ends_of_each_range(gd_step: Any, name: str, across: float, up: float, step: int, lr: float) -> None:
    said = draw_taylor(
        gd_step, terms, LandscapeView(Figure()), landscape=name, across=across, up=up, lr=lr, step=step
    )  # fmt: skip
    assert "After 60 steps: " in said
    assert ("ran away" in said) == (lr > 1 or name == "beale")


def test_starts_are_shares_of_the_map() -> None:
    assert start_at("long valley", 30, 10).tolist() == pytest.approx([-0.8, -0.6])


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any, gd_step: Any) -> None:
    demo = landscape_demo(gd_step, blank)
    assert "Write <code>taylor_terms</code>" in demo.message.value
    assert demo.image.value == b""
