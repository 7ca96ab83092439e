"""The demo of condition number and rotation of `03_loss_landscapes`, without a browser."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from matplotlib.figure import Figure
from steepest.demos.loss_landscapes import bowl_demo
from steepest.demos.loss_landscapes.bowl import BowlView, draw_bowl, roll
from torch import Tensor


def ratio(hessian: Tensor) -> Tensor:
    values = torch.linalg.eigvalsh(hessian)
    return values[1] / values[0]


def edge(hessian: Tensor) -> Tensor:
    return 2 / torch.linalg.eigvalsh(hessian)[1]


def middle(hessian: Tensor) -> Tensor:
    return 2 / hessian.trace()


FUNCTIONS = ratio, edge, middle


def test_each_control_redraws_with_the_students_own_functions(new_picture: Any, gd_step: Any) -> None:
    calls: list[Tensor] = []

    def counted(hessian: Tensor) -> Tensor:
        calls.append(hessian)
        return ratio(hessian)

    demo = bowl_demo(gd_step, counted, edge, middle)
    assert new_picture(demo)
    for name, value in (("lr", 1.2), ("condition", 20), ("angle", 75)):
        demo.controls[name].value = value
        assert new_picture(demo)
    assert len(calls) == 4
    assert "your functions say" not in demo.message.value
    demo.controls["reveal"].value = True
    assert "your functions say κ = 20, limit 2.00, best rate 1.905." in demo.message.value


def test_the_goal_is_reached_at_the_best_rate(gd_step: Any) -> None:
    demo = bowl_demo(gd_step, *FUNCTIONS)
    assert demo.message.value.startswith(
        "Each step multiplies the error along the flat direction by 0.850, along the steep one by −0.500: "
        "within 0.001 of the minimum after 43 steps."
    )
    view = BowlView(Figure())
    reached = [round(0.01 * k, 2) for k in range(160, 211) if _is_reached(gd_step, view, 0.01 * k)]
    assert reached == [1.81, 1.82]
    demo.controls["condition"].value = 5
    assert demo.message.value.endswith("The goal is set for κ = 10 or more.")


def _is_reached(gd_step: Any, view: BowlView, lr: float) -> bool:
    said = draw_bowl(gd_step, FUNCTIONS, view, lr=lr, condition=10, angle=30, reveal=False)
    return said.endswith("The goal is reached.")


@pytest.mark.parametrize("angle", [0, 56, 180])
def test_turning_changes_the_hessian_and_no_factor(gd_step: Any, angle: float) -> None:
    straight, turned = (roll(gd_step, lr=1.5, condition=20, angle=each) for each in (30, angle))
    assert turned.factors() == pytest.approx(straight.factors())
    assert not torch.allclose(turned.hessian, straight.hessian)
    torch.testing.assert_close(ratio(turned.hessian), ratio(straight.hessian))
    torch.testing.assert_close(turned.errors.norm(dim=1), turned.path.norm(dim=1))


@pytest.mark.parametrize("condition", [1, 100])
@pytest.mark.parametrize("angle", [0, 180])
@pytest.mark.parametrize("lr", [0.02, 2.1])
def test_the_ends_of_each_range(gd_step: Any, lr: float, condition: float, angle: float) -> None:
    said = draw_bowl(gd_step, FUNCTIONS, BowlView(Figure()), lr=lr, condition=condition, angle=angle, reveal=True)
    assert f"along the steep one by {0.98 if lr < 1 else '−1.10'}" in said
    assert f"κ = {condition}," in said


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any, gd_step: Any) -> None:
    demo = bowl_demo(gd_step, ratio, blank, middle)
    names = "<code>condition_number</code>, <code>stable_lr_limit</code>, <code>optimal_lr</code>"
    assert demo.message.value.startswith(f"Write {names}")
    assert demo.image.value == b""
