"""The map of rates and β of `05_momentum`, driven as its controls drive it, without a browser."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from steepest.demos._stage import Stage
from steepest.demos.momentum import convergence_map_demo
from steepest.demos.momentum.map import RateMap, draw_convergence_map, rate_maps, takes_tensors
from torch import Tensor

State = dict[str, Any]
Stepper = Callable[..., tuple[Tensor, State]]


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage((9.5, 4.4))


def rate_map(step: Stepper, condition: float, **size: int) -> RateMap:
    return rate_maps(step, [condition], batched=takes_tensors(step), **size)[condition]


@pytest.fixture
def only_numbers(momentum_step: Stepper) -> Stepper:
    def step(*args: Any, lr: float, beta: float) -> tuple[Tensor, State]:
        return momentum_step(*args, lr=float(lr), beta=float(beta))

    return step


@pytest.fixture(params=[None, -1], ids=["over all points", "over each point"])
def clipped(request: pytest.FixtureRequest, momentum_step: Stepper) -> Stepper:
    def step(theta: Tensor, grad: Tensor, state: State, **hyper: float) -> tuple[Tensor, State]:
        length = grad.norm(dim=request.param, keepdim=request.param is not None)
        return momentum_step(theta, grad / length.clamp(min=1), state, **hyper)

    return step


def test_each_control_redraws_with_the_students_own_function(new_picture: Any, momentum_step: Any) -> None:
    calls: list[tuple[float, float]] = []

    def step(theta: Tensor, grad: Tensor, state: State, *, lr: float, beta: float) -> tuple[Tensor, State]:
        if isinstance(lr, float):
            calls.append((lr, beta))
        return momentum_step(theta, grad, state, lr=lr, beta=beta)

    demo = convergence_map_demo(step)
    assert new_picture(demo)
    for name, value in (("lr", 2.0), ("beta", 0.5), ("condition", 100), ("reveal", True)):
        calls.clear()
        demo.controls[name].value = value
        assert calls, name
        assert new_picture(demo)
    assert calls[-1] == (2.0, 0.5)


def test_all_maps_are_painted_at_once(momentum_step: Any) -> None:
    grids: list[int] = []

    def step(theta: Tensor, grad: Tensor, state: State, *, lr: float, beta: float) -> tuple[Tensor, State]:
        if len(theta) > 100:
            grids.append(len(theta))
        return momentum_step(theta, grad, state, lr=lr, beta=beta)

    demo = convergence_map_demo(step)
    for condition in (1000, 30, 1000):
        demo.controls["condition"].value = condition
    assert grids == [128 * 128] * 200


def test_bowls_that_share_a_call_have_the_maps_that_each_has_alone(momentum_step: Any) -> None:
    together = rate_maps(momentum_step, (1, 30, 1000), batched=True, cells=5)
    for condition, found in together.items():
        assert torch.equal(found.factors, rate_map(momentum_step, condition, cells=5).factors)


def test_the_map_is_coloured_by_its_factors(stage: Stage, momentum_step: Any) -> None:
    for condition in (30, 1000):
        found = rate_map(momentum_step, condition, cells=4)
        draw_convergence_map(momentum_step, stage, found, lr=1.0, beta=0.5, condition=condition, reveal=False)
        greys = np.frombuffer(stage.maps[0], np.uint8).reshape(4, 4, 4)[..., 0].astype(int)
        order = found.factors.clamp(max=9).flatten().argsort()
        assert (greys.flatten()[order.numpy()][1:] <= greys.flatten()[order.numpy()][:-1]).all()
        assert greys.max() > greys.min()


@pytest.mark.parametrize("condition", [1, 30, 1000])
def test_shades_are_finer_towards_the_best_factor(momentum_step: Any, condition: int) -> None:
    found = rate_map(momentum_step, condition, cells=32)
    best, *levels, _ = found.levels()
    assert found.best()[0] - 0.001 <= best <= found.best()[0]
    assert levels[0] - best <= 0.1 * (1 - best)
    assert levels[-1] == pytest.approx(1)
    steps = np.diff([best, *levels])
    assert (steps > 0).all()
    assert (np.diff(steps) > -1e-9).all()


def test_a_map_on_which_all_runs_away_has_its_shades(stage: Stage) -> None:
    def uphill(theta: Tensor, grad: Tensor, state: State, *, lr: Any, beta: Any) -> tuple[Tensor, State]:
        return theta + (9 + lr) * grad, state

    found = rate_map(uphill, 30, cells=4)
    said = draw_convergence_map(uphill, stage, found, lr=1.0, beta=0.5, condition=30, reveal=True)
    assert "the error grows" in said


def test_the_cross_is_pulled_over_the_map(pull: Any, momentum_step: Any) -> None:
    demo = convergence_map_demo(momentum_step)
    pull(demo, "lr:beta", at=(2.81, 0.488))
    assert (demo.controls["lr"].value, demo.controls["beta"].value) == (2.8, 0.49)
    assert demo.message.value.endswith("The goal is reached.")
    pull(demo, "lr:beta", key=(0, 10))
    assert demo.controls["beta"].value == 0.59


def test_the_whole_map_takes_less_than_a_second_of_one_core(momentum_step: Any) -> None:
    began = time.process_time()
    found = rate_map(momentum_step, 30)
    assert time.process_time() - began < 1
    assert (found.batched, found.factors.shape) == (True, (128, 128))


@pytest.mark.parametrize("condition", [1, 10, 30, 100])
def test_the_best_place_is_where_theory_puts_it(momentum_step: Any, condition: float) -> None:
    factor, lr, beta = rate_map(momentum_step, condition).best()
    root = condition**0.5
    assert lr == pytest.approx(4 * condition / (1 + root) ** 2, abs=0.06)
    assert beta == pytest.approx(((root - 1) / (root + 1)) ** 2, abs=0.03)
    assert factor == pytest.approx((root - 1) / (root + 1), abs=0.02)


def test_other_forms_and_point_by_point_paint_the_same_map(forms: dict[str, Stepper], only_numbers: Stepper) -> None:
    expected = rate_map(forms["taught"], 30, cells=6, n_steps=60)
    for step, batched in ((forms["torch"], True), (forms["averaged"], True), (only_numbers, False)):
        found = rate_map(step, 30, cells=6, n_steps=60)
        torch.testing.assert_close(found.factors, expected.factors, rtol=1e-6, atol=1e-9)
        assert found.batched == batched


def test_a_function_that_takes_no_tensors_is_told_so_and_gets_a_coarse_map(
    stage: Stage, only_numbers: Stepper, clipped: Stepper
) -> None:
    place = {"lr": 1.0, "beta": 0.5, "condition": 30}
    for step in (only_numbers, clipped):  # one fails, the other mixes points or their coordinates
        found = rate_map(step, 30, n_steps=5)
        assert (found.batched, found.factors.shape) == (False, (16, 16))
        said = draw_convergence_map(step, stage, found, **place, reveal=False)
        assert "cannot take tensors for <code>lr</code> and <code>beta</code>" in said


def test_the_goal_is_reached_at_the_best_place_and_not_before(momentum_step: Any) -> None:
    demo = convergence_map_demo(momentum_step)
    assert "within 0.01 after 75 steps. Not yet: the best is 0.701." in demo.message.value
    demo.controls["lr"].value = 2.8
    demo.controls["beta"].value = 0.49
    assert demo.message.value.endswith("The goal is reached.")
    demo.reset.click()
    assert "Not yet" in demo.message.value


@pytest.mark.parametrize("condition", [1, 1000])
@pytest.mark.parametrize("beta", [0.0, 0.99])
@pytest.mark.parametrize("lr", [0.05, 4.0])
def test_the_ends_of_each_range(stage: Stage, momentum_step: Any, lr: float, beta: float, condition: int) -> None:
    found: dict[int, RateMap] = {condition: rate_map(momentum_step, condition, cells=16)}
    place = {"lr": lr, "beta": beta, "condition": condition}
    said = draw_convergence_map(momentum_step, stage, found[condition], **place, reveal=True)
    assert ("the error grows" in said) == (lr == 4)


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any) -> None:
    demo = convergence_map_demo(blank)
    assert "Write <code>momentum_step</code>" in demo.message.value
    assert demo.image.value == b""


def test_a_wrong_function_is_named_by_its_own_error() -> None:
    demo = convergence_map_demo(lambda theta, grad, state, *, lr, beta: None)  # type: ignore[arg-type, return-value]
    assert "TypeError" in demo.message.value
