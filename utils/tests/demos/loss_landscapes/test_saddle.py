"""The demo of the escape from a saddle of `03_loss_landscapes`, without a browser."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from steepest.demos._stage import Stage
from steepest.demos.loss_landscapes import saddle_demo
from steepest.demos.loss_landscapes.saddle import _size, draw_saddle, escape
from torch import Tensor


def kind(hessian: Tensor) -> str:
    return "saddle" if torch.linalg.det(hessian) < 0 else "minimum"


def test_each_control_redraws_with_the_students_own_function(new_picture: Any, gd_step: Any) -> None:
    calls: list[Tensor] = []

    def counted(hessian: Tensor) -> str:
        calls.append(hessian)
        return kind(hessian)

    demo = saddle_demo(gd_step, counted)
    assert new_picture(demo)
    for name, value in (("delta", 1e-7), ("noise", 0.1), ("lr", 0.3), ("step", 50), ("ridge", True)):
        demo.controls[name].value = value
        assert new_picture(demo)
    assert len(calls) == 14  # the distance moves the start too
    assert "calls the origin a <b>saddle</b> and (0, 1) a <b>minimum</b>" in demo.message.value


def test_the_goal_needs_noise_but_not_too_much(gd_step: Any) -> None:
    demo = saddle_demo(gd_step, kind)
    assert "Without noise descent leaves after 48 steps. For the goal, start on the ridge." in demo.message.value
    demo.controls["ridge"].value = True
    assert "has not left after 80 steps. Not yet: there is no noise." in demo.message.value
    demo.controls["noise"].value = 0.05
    assert demo.message.value.endswith("16 of 16 noisy runs are within 0.1 of a minimum. The goal is reached.")
    demo.controls["noise"].value = 0.5
    assert demo.message.value.endswith("Not yet.")


def test_a_nearer_start_costs_a_fixed_number_of_steps(gd_step: Any) -> None:
    left = [int((escape(gd_step, delta=10.0**-k, noise=0.0, lr=0.2)[:, 0, 1] < 0.5).sum()) for k in (1, 3, 5)]
    assert left[2] - left[1] == pytest.approx(left[1] - left[0], abs=1)


def test_noise_spares_the_first_run_and_is_the_same_each_time(gd_step: Any) -> None:
    calm, first, second = (escape(gd_step, delta=1e-3, noise=noise, lr=0.2) for noise in (0.0, 0.2, 0.2))
    assert torch.equal(first, second)
    assert torch.equal(calm[:, 0], first[:, 0])
    assert torch.equal(calm[:, 1], calm[:, 0])
    assert len(first[1, 1:].unique(dim=0)) == 16


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage((9.5, 4.2))


@pytest.mark.parametrize(("delta", "ridge"), [(1e-12, False), (0.1, False), (0.1, True)])
@pytest.mark.parametrize("noise", [0.0, 0.8])
@pytest.mark.parametrize(("lr", "step"), [(0.05, 80), (1.2, 0)])
def test_the_ends_of_each_range(
    stage: Stage, gd_step: Any, delta: float, ridge: bool, noise: float, lr: float, step: int
) -> None:
    values = {"delta": delta, "start": (1.6, 1e-4), "ridge": ridge, "noise": noise, "lr": lr, "step": step}
    said = draw_saddle(partial(escape, gd_step), kind, stage, **values)
    assert said.endswith(("Not yet.", "no noise.") if ridge else "For the goal, start on the ridge.")
    assert ("with it, " in said) == (noise > 0)


def test_the_start_is_moved_on_the_map(pull: Any, gd_step: Any) -> None:
    demo = saddle_demo(gd_step, kind)
    pull(demo, "start", at=(-0.5, 0.8))
    assert demo.controls["start"].value == (-0.5, pytest.approx(10**-0.1))
    assert demo.controls["delta"].value == pytest.approx(10**-0.1)
    assert "Without noise descent leaves after 0 steps" in demo.message.value
    pull(demo, "step:", at=(12.3, 1.0))
    assert demo.controls["step"].value == 12


def test_a_start_that_is_pulled_off_the_ridge_leaves_it_and_may_cross_it(pull: Any, gd_step: Any) -> None:
    demo = saddle_demo(gd_step, kind)
    delta, ridge = (demo.controls[name] for name in ("delta", "ridge"))
    ridge.value = True
    pull(demo, "start", at=(1.0, -0.01))  # a hand that shakes stays on it
    assert (demo.stage.handles["start"].at, delta.value, ridge.value) == ((1.0, 0.0), 1e-4, True)
    pull(demo, "start", at=(1.0, -0.5))
    assert (demo.stage.handles["start"].at, ridge.value) == ((1.0, pytest.approx(-(10**-0.3))), False)
    assert "leaves after 0 steps" in demo.message.value
    pull(demo, "start", at=(1.0, 0.01))
    assert demo.stage.handles["start"].at == (1.0, pytest.approx(10**-1.3))
    ridge.value = True
    delta.value = 1e-6
    assert (demo.stage.handles["start"].at, ridge.value) == ((1.0, pytest.approx(1e-6)), False)
    pull(demo, "start", key=(0, -1))
    assert demo.stage.handles["start"].at == (1.0, pytest.approx(-(10**-1.2)))
    demo.reset.click()
    assert (demo.stage.handles["start"].at, delta.value, ridge.value) == ((1.6, 1e-4), 1e-4, False)


@pytest.mark.parametrize(
    ("distance", "said"), [(0, "0"), (1e-12, "10⁻¹²"), (10**-3.6, "2.5·10⁻⁴"), (0.25, "0.25"), (1.0, "1")]
)
def test_a_distance_is_plain_letters(distance: float, said: str) -> None:
    assert _size(distance) == said


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any, gd_step: Any) -> None:
    demo = saddle_demo(gd_step, blank)
    assert "Write <code>classify_critical_point</code>" in demo.message.value
    assert demo.image.value == b""
