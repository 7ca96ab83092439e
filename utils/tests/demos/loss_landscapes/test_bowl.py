"""The demo of condition number and rotation of `03_loss_landscapes`, without a browser."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from steepest.demos._stage import Stage
from steepest.demos.loss_landscapes import bowl_demo
from steepest.demos.loss_landscapes.bowl import draw_bowl, roll
from torch import Tensor


def ratio(hessian: Tensor) -> Tensor:
    values = torch.linalg.eigvalsh(hessian)
    return values[1] / values[0]


def edge(hessian: Tensor) -> Tensor:
    return 2 / torch.linalg.eigvalsh(hessian)[1]


def middle(hessian: Tensor) -> Tensor:
    return 2 / hessian.trace()


FUNCTIONS = ratio, edge, middle


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage((9.5, 4.2))


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


def test_the_goal_is_reached_at_the_best_rate(stage: Stage, gd_step: Any) -> None:
    demo = bowl_demo(gd_step, *FUNCTIONS)
    assert demo.message.value.startswith(
        "Each step multiplies the error along the flat direction by 0.850, along the steep one by −0.500: "
        "within 0.001 of the minimum after 43 steps."
    )
    reached = [round(0.01 * k, 2) for k in range(160, 211) if _is_reached(gd_step, stage, 0.01 * k)]
    assert reached == [1.81, 1.82]
    demo.controls["condition"].value = 5
    assert demo.message.value.endswith("The goal is set for κ = 10 or more.")


def _is_reached(gd_step: Any, stage: Stage, lr: float) -> bool:
    said = draw_bowl(gd_step, FUNCTIONS, stage, lr=lr, condition=10, angle=30, reveal=False)
    return said.endswith("The goal is reached.")


@pytest.mark.parametrize("angle", [0, 56, 360])
def test_turning_changes_the_hessian_and_no_factor(gd_step: Any, angle: float) -> None:
    straight, turned = (roll(gd_step, lr=1.5, condition=20, angle=each) for each in (30, angle))
    assert turned.factors == pytest.approx(straight.factors)
    assert not torch.allclose(turned.hessian, straight.hessian)
    torch.testing.assert_close(ratio(turned.hessian), ratio(straight.hessian))
    torch.testing.assert_close(turned.errors.norm(dim=1), turned.path.norm(dim=1))


@pytest.mark.parametrize("condition", [1, 100])
@pytest.mark.parametrize("angle", [0, 360])
@pytest.mark.parametrize("lr", [0.02, 2.1])
@pytest.mark.parametrize("start", [(-2.3, 2.3), (1.0, 0.0), (0.0, 0.0)])
def test_the_ends_of_each_range(
    stage: Stage, gd_step: Any, lr: float, condition: float, angle: float, start: tuple[float, float]
) -> None:
    values = {"lr": lr, "condition": condition, "angle": angle, "start": start}
    said = draw_bowl(gd_step, FUNCTIONS, stage, **values, reveal=True)
    assert f"along the steep one by {0.98 if lr < 1 else '−1.10'}" in said
    assert f"κ = {condition}," in said
    assert stage.picture()


@pytest.mark.parametrize(
    ("handle", "at", "controls"),
    [
        ("angle:condition", (0.0, 1.15), {"angle": 90.0, "condition": 30, "lr": 1.5}),
        ("angle:condition", (-2.3, -2.3), {"angle": 225.0, "condition": 100}),
        ("angle:condition", (0.01, 0.0), {"angle": 0.0, "condition": 1}),
        ("lr:lr", (-1.8, 1.2), {"lr": 0.02, "angle": 30.0}),
        ("start", (0.5, 0.25), {"start": (0.5, 0.25)}),
    ],
)
def test_what_is_pulled_follows(pull: Any, gd_step: Any, handle: str, at: Any, controls: dict[str, Any]) -> None:
    demo = bowl_demo(gd_step, *FUNCTIONS)
    pull(demo, handle, at=at)
    assert {name: demo.controls[name].value for name in controls} == controls
    assert demo.stage.handles["start"].at == demo.controls["start"].value


def test_at_the_minimum_no_step_tells_of_the_rate(pull: Any, gd_step: Any) -> None:
    demo = bowl_demo(gd_step, *FUNCTIONS)
    pull(demo, "start", at=(0.0, 0.0))
    assert demo.stage.handles["lr:lr"].means(1.0, 1.0) == (1.5, 1.5)


def test_the_goal_is_reached_by_hand(pull: Any, gd_step: Any) -> None:
    demo = bowl_demo(gd_step, *FUNCTIONS)
    pull(demo, "angle:condition", at=(0.0, 0.94))
    first = torch.tensor([-1.8, 1.2], dtype=torch.float64)
    pull(demo, "lr:lr", at=tuple((first - 1.9 * torch.tensor([1.0, 0.05], dtype=torch.float64) * first).tolist()))
    assert (demo.controls["condition"].value, demo.controls["lr"].value) == (20, 1.9)
    assert demo.message.value.endswith("The goal is reached.")


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any, gd_step: Any) -> None:
    demo = bowl_demo(gd_step, ratio, blank, middle)
    names = "<code>condition_number</code>, <code>stable_lr_limit</code>, <code>optimal_lr</code>"
    assert demo.message.value.startswith(f"Write {names}")
    assert demo.image.value == b""
