"""The demo of clipping at a cliff of `03_loss_landscapes`, without a browser."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from steepest.demos._stage import Stage
from steepest.demos.loss_landscapes import cliff_demo
from steepest.demos.loss_landscapes.cliff import Fall, draw_cliff
from torch import Tensor


def unit(theta: Tensor) -> Tensor:
    """The lesson's recurrent unit."""
    w, b = theta.unbind(dim=-1)
    x = torch.full_like(w, 0.5)
    for _ in range(50):
        x = w * torch.sigmoid(x) + b
    return (torch.sigmoid(x) - 0.7).square()


def limited(grad: Tensor, limit: float) -> Tensor:
    return grad.maximum(grad.new_tensor(-limit)).minimum(grad.new_tensor(limit))


def shortened(grads: list[Tensor], limit: float) -> list[Tensor]:
    norm = torch.cat([grad.flatten() for grad in grads]).norm()
    return [grad * min(1.0, limit / float(norm)) for grad in grads]


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage((9.5, 4.4))


def test_each_control_redraws_with_the_students_own_functions(new_picture: Any, gd_step: Any) -> None:
    calls: list[tuple[str, float]] = []

    def value(grad: Tensor, limit: float) -> Tensor:
        calls.append(("value", limit))
        return limited(grad, limit)

    def norm(grads: list[Tensor], limit: float) -> list[Tensor]:
        calls.append(("norm", limit))
        return shortened(grads, limit)

    demo = cliff_demo(gd_step, value, norm, unit)
    assert new_picture(demo)
    for name, setting, fresh in (("limit", 0.1, 17), ("step", 17, 2), ("lr", 0.3, 18), ("step", 5, 1)):
        calls.clear()
        demo.controls[name].value = setting
        assert [kind for kind, _ in calls] == ["value", "norm"] * fresh, name
        assert {limit for _, limit in calls} == {0.1}
        assert new_picture(demo)


def test_the_goal_is_reached_with_a_small_limit(gd_step: Any) -> None:
    demo = cliff_demo(gd_step, limited, shortened, unit)
    assert demo.message.value.count("(out of the picture)") == 3
    assert demo.message.value.endswith("For the goal, go on to step 40.")
    demo.controls["step"].value = 40
    assert demo.message.value.endswith("Not yet.")
    demo.controls["limit"].value = 0.1
    assert demo.message.value.count("(out of the picture)") == 1
    assert demo.message.value.endswith("The goal is reached.")


def test_only_clipping_by_value_turns_the_step(gd_step: Any) -> None:
    fall = Fall(gd_step, limited, shortened, unit, lr=0.5, limit=0.1)
    points = fall.until(20)
    assert points.shape == (21, 3, 2)
    longest, by_value, by_norm = fall.turned(20)
    assert longest > 0.1
    assert by_value > 10
    assert by_norm == pytest.approx(0, abs=1e-4)
    torch.testing.assert_close(points[1:, 2] - points[:-1, 2], -0.5 * torch.stack(fall.clipped)[:, 2])
    assert float((points[1:, 2] - points[:-1, 2]).norm(dim=1).max()) <= 0.05 + 1e-12


def test_a_function_that_works_in_place_spoils_nothing(gd_step: Any) -> None:
    def in_place(grad: Tensor, limit: float) -> Tensor:
        return grad.clamp_(-limit, limit)

    sound, spoilt = (Fall(gd_step, value, shortened, unit, lr=0.5, limit=0.1) for value in (limited, in_place))
    assert torch.equal(sound.until(12), spoilt.until(12))
    assert sound.turned(12) == spoilt.turned(12)


@pytest.mark.parametrize("limit", [0.01, 100.0])
@pytest.mark.parametrize(("lr", "step"), [(0.05, 40), (1.0, 40), (0.05, 0), (1.0, 1)])
@pytest.mark.parametrize(
    ("start", "end"), [((3.8, -1.6), "the first start."), ((5.8, -3.4), "the first start."), ((4.84, -2.4), "")]
)
def test_the_ends_of_each_range(
    stage: Stage, gd_step: Any, limit: float, lr: float, step: int, start: tuple[float, float], end: str
) -> None:
    said = draw_cliff(Fall(gd_step, limited, shortened, unit, lr=lr, limit=limit, start=start), stage, step=step)
    assert said.startswith(f"After {step} step{'s' if step != 1 else ''}: plain ")
    assert said.endswith(end)
    assert stage.picture()


def test_the_goal_is_reached_by_hand(pull: Any, gd_step: Any) -> None:
    demo = cliff_demo(gd_step, limited, shortened, unit)
    pull(demo, "step:", at=(41.0, 0.01))
    pull(demo, ":limit", at=(0.0, 0.05))  # the length of a step is at most ηc
    assert (demo.controls["step"].value, demo.controls["limit"].value) == (40, pytest.approx(0.1))
    assert demo.message.value.endswith("The goal is reached.")
    pull(demo, ":limit", key=(0, 3))
    assert demo.controls["limit"].value == pytest.approx(10**-0.7)
    pull(demo, "start", at=(5.3, -1.8))
    assert demo.controls["start"].value == demo.stage.handles["start"].at == (5.3, -1.8)
    assert demo.message.value.endswith("For the goal, press reset: it counts from the first start.")


@pytest.mark.parametrize("missing", ["value", "norm"])
def test_an_unwritten_function_is_a_message_and_no_error(blank: Any, gd_step: Any, missing: str) -> None:
    functions = (blank, shortened) if missing == "value" else (limited, blank)
    demo = cliff_demo(gd_step, *functions, unit)
    assert "Write <code>clip_by_value</code>, <code>clip_by_norm</code>" in demo.message.value
    assert demo.image.value == b""
