"""The demo of `00_start_here`, driven as its controls drive it, without a browser."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from steepest.demos.start_here import line_demo
from steepest.demos.start_here.line import walk
from torch import Tensor


def points() -> tuple[Tensor, Tensor]:
    """The thirty points of the lesson."""
    generator = torch.Generator().manual_seed(0)
    x = 4 * torch.rand(30, generator=generator, dtype=torch.float64) - 2
    return x, 3 * x + 2 + 0.2 * torch.rand(30, generator=generator, dtype=torch.float64) - 0.1


def gd_step(theta: Tensor, grad: Tensor, *, lr: float) -> Tensor:
    return theta - lr * grad


def fit_line(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    theta = theta0
    for _ in range(n_steps):
        residual = theta[0] + theta[1] * x - y
        theta = gd_step(theta, 2 * torch.stack([residual.mean(), (residual * x).mean()]), lr=lr)
    return theta


def in_place(theta: Tensor, grad: Tensor, *, lr: float) -> Tensor:
    theta -= lr * grad
    return theta


def uphill(theta: Tensor, grad: Tensor, *, lr: float) -> Tensor:
    return theta + lr * grad


FUNCTIONS: dict[str, Any] = {"gd_step": gd_step, "fit_line": fit_line}


def test_each_control_redraws_with_the_students_own_functions(new_picture: Any) -> None:
    calls: list[tuple[str, float]] = []

    def counted_step(theta: Tensor, grad: Tensor, *, lr: float) -> Tensor:
        calls.append(("gd_step", lr))
        return gd_step(theta, grad, lr=lr)

    def counted_fit(*args: Any, lr: float, n_steps: int) -> Tensor:
        calls.append((f"fit_line {n_steps}", lr))
        return fit_line(*args, lr=lr, n_steps=n_steps)

    demo = line_demo(counted_step, counted_fit, *points())
    assert new_picture(demo)
    assert set(calls) == {("gd_step", 0.9), ("fit_line 5", 0.9)}
    for name, value, expected in (("lr", 0.5, "fit_line 5"), ("step", 3, "fit_line 3")):
        calls.clear()
        demo.controls[name].value = value
        assert set(calls) == {("gd_step", 0.5), (expected, 0.5)}
        assert new_picture(demo)
    assert demo.play is not None


@pytest.mark.parametrize(
    ("slope", "said"), [(-3.0, "the line is 2.00 − 3.00 x, "), (1e300, "the line is 2.00 + 1.00e+300 x, ")]
)
def test_a_line_is_written_with_its_own_sign(slope: float, said: str) -> None:
    answer = torch.tensor([2.0, slope], dtype=torch.float64)
    assert said in line_demo(gd_step, lambda *args, **settings: answer, *points()).message.value


def test_the_point_that_leaves_the_plane_is_cut_off_and_the_step_is_a_ring() -> None:
    demo = line_demo(gd_step, fit_line, *points())
    dots = [mark.record for mark in demo.stage.marks if mark.record["kind"] == "dots" and mark.record["panel"] == 1]
    assert [record["clip"] for record in dots] == [True, True]  # of the path, and of where it is
    rings = {record["id"]: record["look"]["fill"] for record in demo.stage.records}
    assert rings == dict.fromkeys(("start", "step:"), "#ffffffb0")


def test_the_goal_is_reached_between_the_two_curvatures() -> None:
    demo = line_demo(gd_step, fit_line, *points())
    assert demo.message.value == (
        "η = 0.90: after 5 steps the line is −0.63 + 2.86 x, its loss 6.987. "
        "It comes within 0.01 of the best line in 31 steps. Not yet: the goal is 3."
    )
    reached = []
    for hundredths in (40, 48, 49, 54, 55, 56, 70):
        demo.controls["lr"].value = hundredths / 100
        if demo.message.value.endswith("in 3 steps. The goal is reached."):
            reached.append(hundredths)
    assert reached == [49, 54, 55]
    demo.reset.click()
    assert "31 steps" in demo.message.value


@pytest.mark.parametrize("step", [0, 40])
@pytest.mark.parametrize(
    ("lr", "said"),
    [(0.02, "After 40 steps it is not yet within 0.01 of the best line."), (1.1, "It runs away from the best line.")],
)
def test_the_ends_of_each_range(lr: float, said: str, step: int) -> None:
    demo = line_demo(gd_step, fit_line, *points())
    demo.controls["lr"].value, demo.controls["step"].value = lr, step
    assert demo.message.value.startswith(f"η = {lr:.2f}: after {step} steps")
    assert demo.message.value.endswith(said)


def test_another_start_is_pulled_there_and_does_not_count(pull: Any) -> None:
    demo = line_demo(gd_step, fit_line, *points())
    pull(demo, "start", at=(2.0, 3.0))
    assert demo.controls["start"].value == (2.0, 3.0)
    assert demo.message.value.endswith("For the goal, press reset: it counts from the first start.")
    pull(demo, "step:", key=(3, 0))
    assert demo.controls["step"].value == 8
    demo.reset.click()
    assert "31 steps" in demo.message.value


def test_the_walk_ends_where_the_fit_does() -> None:
    x, y = points()
    for step in (gd_step, in_place):
        path = walk(step, x, y, lr=0.3)
        assert path.shape == (41, 2)
        torch.testing.assert_close(path[40], fit_line(x, y, path[0], lr=0.3, n_steps=40))


@pytest.mark.parametrize("missing", ["gd_step", "fit_line"])
def test_an_unwritten_function_is_a_message_and_no_picture(blank: Any, missing: str) -> None:
    demo = line_demo(*(FUNCTIONS | {missing: blank}).values(), *points())
    assert "Write <code>gd_step</code>, <code>fit_line</code>" in demo.message.value
    assert demo.image.value == b""


@pytest.mark.parametrize("wrong", ["gd_step", "fit_line"])
def test_a_missing_return_is_said(no_return: Any, wrong: str) -> None:
    demo = line_demo(*(FUNCTIONS | {wrong: no_return}).values(), *points())
    assert f"`{wrong}` must return a tensor of shape (2,). Got None" in demo.message.value
    assert demo.image.value == b""


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (uphill, "It runs away from the best line. <b>Your functions disagree:</b>"),
        (lambda theta, grad, *, lr: theta - lr / 2 * grad, "<code>fit_line</code> is at (−0.6328, 2.86)"),
    ],
    ids=["uphill", "half the rate"],
)
def test_functions_that_disagree_are_drawn_and_told_apart(new_picture: Any, step: Any, said: str) -> None:
    demo = line_demo(step, fit_line, *points())
    assert said in demo.message.value
    assert new_picture(demo)


def test_what_overflows_is_drawn_at_the_edge(new_picture: Any) -> None:
    demo = line_demo(lambda theta, grad, *, lr: theta + 1e300 * grad, fit_line, *points())
    assert "It runs away" in demo.message.value
    assert new_picture(demo)
