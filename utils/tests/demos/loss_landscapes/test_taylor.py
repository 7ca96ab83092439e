"""The demo of any landscape under the Taylor monitor of `03_loss_landscapes`, without a browser."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from steepest.demos._stage import Stage
from steepest.demos.loss_landscapes import landscape_demo
from steepest.demos.loss_landscapes.taylor import NAMES, STARTS, draw_taylor, watch
from steepest.landscapes import LANDSCAPES
from torch import Tensor

DOMAINS = [LANDSCAPES[name]().domain if name in LANDSCAPES else ((-2.0, 2.0),) * 2 for name in NAMES]


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage((9.5, 4.4))


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
        ("lr", 0.001, True), ("starts", (STARTS[0], (0.4, 0.2), *STARTS[2:]), True), ("step", 30, False),
        ("landscape", "beale", True), ("landscape", "long valley", False),
    ):  # fmt: skip
        calls.clear()
        demo.controls[name].value = value
        assert len(calls) == (60 if fresh else 0), name
        assert new_picture(demo) or not fresh


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
    done = watch(gd_step, terms, landscape="quadratic, κ = 10", start=(-1.2, 1.2), lr=lr)
    torch.testing.assert_close(done.loss[1:], done.loss[:-1] - done.linear + done.quadratic)
    assert bool(done.rose().any()) == (lr > 2)
    assert bool((done.quadratic > done.linear)[-1]) == (lr > 2)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("corner", "step"), [(0, 0), (1, 60)])
@pytest.mark.parametrize("lr", [1e-4, 10**0.5])
def test_the_ends_of_each_range(stage: Stage, gd_step: Any, name: str, corner: int, step: int, lr: float) -> None:
    starts = [(across[corner], up[corner]) for across, up in DOMAINS]
    watched = partial(watch, gd_step, terms)
    said = draw_taylor(watched, stage, landscape=name, starts=tuple(starts), lr=lr, step=step)
    assert "After 60 steps: " in said
    assert ("ran away" in said) == (lr > 1 or name == "beale")
    assert stage.picture()


def test_each_landscape_has_its_start_and_all_else_can_be_pulled(pull: Any, gd_step: Any) -> None:
    demo = landscape_demo(gd_step, terms)
    pull(demo, "starts:1", at=(-1.2, 0.0))
    pull(demo, ":lr", at=(0.0, 1e3))  # the linear term of the first step, ε·gᵀg
    pull(demo, "step:", at=(44.7, 1.0))
    demo.controls["landscape"].value = "saddle"
    pull(demo, "starts:2", at=(1.0, 0.5))
    demo.controls["landscape"].value = "long valley"
    starts, lr, step = (demo.controls[name].value for name in ("starts", "lr", "step"))
    assert starts == (STARTS[0], (-1.2, 0.0), (1.0, 0.5), STARTS[3])
    gradient = LANDSCAPES["long valley"]().gradient(torch.tensor([-1.2, 0.0], dtype=torch.float64))
    assert lr * float(gradient.square().sum()) == pytest.approx(1e3, rel=0.13)  # a step of the slider is 26 %
    assert step == 45


def test_the_goal_is_reached_by_hand(pull: Any, gd_step: Any) -> None:
    demo = landscape_demo(gd_step, terms)
    pull(demo, "starts:1", at=(0.3, 0.3))
    assert demo.message.value.endswith("For the goal, start where θ₁ < 0.")
    pull(demo, "starts:1", at=(-0.8, 1.5))
    assert demo.message.value.endswith("Not yet.")
    pull(demo, ":lr", key=(0, 1))
    assert demo.message.value.endswith("The goal is reached.")


def test_where_the_ground_is_level_there_is_no_rate_to_pull(pull: Any, gd_step: Any) -> None:
    demo = landscape_demo(gd_step, terms)
    pull(demo, "starts:1", at=(1.0, 1.0))
    assert list(demo.stage.handles) == ["starts:1", "step:"]


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any, gd_step: Any) -> None:
    demo = landscape_demo(gd_step, blank)
    assert "Write <code>taylor_terms</code>" in demo.message.value
    assert demo.image.value == b""
