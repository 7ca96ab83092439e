"""The demo of BFGS of `07_second_order`, driven as its controls drive it, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from steepest.demos.second_order import secant_demo
from steepest.demos.second_order.secant import CONDITION, draw_frames, ellipse, hessian_of
from torch import Tensor

Update = Callable[[Tensor, Tensor, Tensor], Tensor]


def conjugate_to(step: tuple[float, float], condition: float) -> tuple[float, float]:
    x, y = (hessian_of(condition) @ torch.tensor(step, dtype=torch.float64)).tolist()
    return -y, x


def test_each_control_redraws_with_the_students_own_function(new_picture: Any, bfgs_update: Update) -> None:
    seen: list[Tensor] = []

    def counted(inverse: Tensor, s: Tensor, y: Tensor) -> Tensor:
        seen.append(s)
        return bfgs_update(inverse, s, y)

    demo = secant_demo(counted)
    assert new_picture(demo)
    for name, value in (("condition", 12.0), ("reveal", True), ("first", (1.0, 1.0)), ("second", (1.0, -1.0))):
        seen.clear()
        demo.controls[name].value = value
        assert len(seen) == 2, name
        assert new_picture(demo)
    assert [s.tolist() for s in seen] == [[1.0, 1.0], [1.0, -1.0]]


def test_the_goal_is_a_conjugate_step(pull: Any, bfgs_update: Update) -> None:
    demo = secant_demo(bfgs_update)
    assert demo.message.value.endswith("Not yet.")
    pull(demo, "first", at=(1.0, 0.5))
    pull(demo, "second", at=conjugate_to((1.0, 0.5), CONDITION))
    assert "s₂ᵀHs₁ is 0.00 of what" in demo.message.value
    assert demo.message.value.endswith("The goal is reached.")
    demo.controls["condition"].value = 1.0
    assert not demo.message.value.endswith(("Not yet.", "reached."))
    demo.reset.click()
    assert demo.message.value.endswith("Not yet.")


@pytest.mark.parametrize("condition", [1, 4, 15])
def test_the_bowl_has_this_condition_number(condition: float) -> None:
    low, high = torch.linalg.eigvalsh(hessian_of(condition)).tolist()
    assert high / low == pytest.approx(condition)
    points = ellipse(torch.linalg.inv(hessian_of(condition)))
    heights = np.einsum("ni,ij,nj->n", points, hessian_of(condition).numpy(), points)
    assert heights == pytest.approx(np.ones(len(points)))


def test_a_matrix_without_an_ellipse_draws_none(new_picture: Any) -> None:
    assert np.isnan(ellipse(torch.diag(torch.tensor([1.0, -1.0])))).all()
    demo = secant_demo(lambda inverse, s, y: inverse - 5 * torch.outer(s, s))
    assert demo.message.value.endswith("Not yet.")
    assert new_picture(demo)


def test_steps_of_no_length_are_no_error(pull: Any, bfgs_update: Update) -> None:
    demo = secant_demo(bfgs_update)
    demo.controls["reveal"].value = True
    pull(demo, "first", at=(0.0, 0.0))
    assert "Error of B" in demo.message.value


def test_what_lies_behind_is_labelled() -> None:
    figure = Figure()
    draw_frames(figure)
    assert all(ax.get_xlabel() and ax.get_ylabel() for ax in figure.axes)


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any) -> None:
    demo = secant_demo(blank)
    assert "Write <code>bfgs_update</code>" in demo.message.value
    assert demo.image.value == b""
