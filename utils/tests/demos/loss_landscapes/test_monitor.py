"""The demo of the Taylor monitor along a training of `03_loss_landscapes`, on a loss of few parameters."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from steepest.demos._stage import Stage
from steepest.demos.loss_landscapes import monitor_demo
from steepest.demos.loss_landscapes.monitor import Monitor, draw_monitor
from torch import Tensor

CURVATURES = torch.tensor([0.5, 0.8, 1.0], dtype=torch.float64)
START = torch.tensor([4.0, 4.0, 4.0], dtype=torch.float64)


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage((9.5, 4.0))


def bowl(theta: Tensor) -> Tensor:
    return 0.15 + (CURVATURES * theta.square()).sum() / 2


def product(f: Any, x: Tensor, v: Tensor) -> Tensor:
    return CURVATURES * v


def test_each_control_redraws_with_the_students_own_function(new_picture: Any, gd_step: Any) -> None:
    calls: list[float] = []

    def counted(f: Any, x: Tensor, v: Tensor) -> Tensor:
        assert f is bowl
        calls.append(float(x[0]))
        return product(f, x, v)

    demo = monitor_demo(gd_step, counted, bowl, START)
    assert new_picture(demo)
    assert len(calls) == 21
    for name, value, fresh in (("step", 22, 2), ("lr", 0.3, 23), ("step", 10, 0), ("lr", 1.5, 0)):
        calls.clear()
        demo.controls[name].value = value
        assert len(calls) == fresh, name
        assert new_picture(demo)


def test_the_goal_asks_for_all_steps_and_no_rise(gd_step: Any) -> None:
    demo = monitor_demo(gd_step, product, bowl, START)
    assert demo.message.value == (
        "In 20 steps: the loss rose 0 times, the quadratic term was the larger 0 times, both 0 times. "
        "For the goal, go on to step 40."
    )
    demo.controls["step"].value = 40
    assert demo.message.value.endswith("The goal is reached: loss 0.150.")
    demo.controls["lr"].value = 0.1
    assert demo.message.value.endswith("Not yet: loss 0.226.")
    demo.controls["lr"].value = 4.0
    assert demo.message.value == (
        "In 40 steps: the loss rose 40 times, the quadratic term was the larger 40 times, both 40 times. "
        "Not yet: the loss must never rise."
    )


def test_the_goal_is_reached_by_hand(pull: Any, gd_step: Any) -> None:
    demo = monitor_demo(gd_step, product, bowl, START)
    pull(demo, "step:", at=(39.6, 1.0))
    linear = float((CURVATURES * START).square().sum())
    pull(demo, ":lr", at=(0.0, 0.13 * linear))
    assert (demo.controls["step"].value, demo.controls["lr"].value) == (40, 0.1)
    assert demo.message.value.endswith("Not yet: loss 0.226.")
    pull(demo, ":lr", key=(0, 4))
    assert demo.controls["lr"].value == 0.5
    assert demo.message.value.endswith("The goal is reached: loss 0.150.")


def test_the_terms_foretell_the_loss(gd_step: Any) -> None:
    loss, linear, curved = Monitor(gd_step, product, bowl, START, lr=0.7).until(12).T
    torch.testing.assert_close(loss[1:], (loss - linear + curved)[:-1])


@pytest.mark.parametrize("lr", [0.1, 4.0])
@pytest.mark.parametrize("step", [0, 1, 40])
def test_the_ends_of_each_range(stage: Stage, gd_step: Any, lr: float, step: int) -> None:
    said = draw_monitor(Monitor(gd_step, product, bowl, START, lr=lr), stage, step=step)
    assert said.startswith(f"In {step} step{'s' if step != 1 else ''}: the loss rose ")


def test_what_runs_out_of_the_numbers_counts_as_a_rise(stage: Stage, gd_step: Any) -> None:
    steep = Monitor(gd_step, product, lambda theta: 1e9 * bowl(theta).square(), START, lr=4.0)
    said = draw_monitor(steep, stage, step=40)
    assert said.endswith("Not yet: the loss must never rise.")


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any, gd_step: Any) -> None:
    demo = monitor_demo(gd_step, blank, bowl, START)
    assert "Write <code>hvp</code>" in demo.message.value
    assert demo.image.value == b""
