"""The demo of capacity and early stopping of `01_empirical_risk`, without a browser."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from matplotlib.figure import Figure
from steepest.demos.empirical_risk import capacity_demo
from steepest.demos.empirical_risk.capacity import CapacityView, best_fits, course, draw_capacity, true_risk
from torch import Tensor

PNG = b"\x89PNG"


def mean_loss(predict: Callable[[Tensor], Tensor], loss: Callable[..., Tensor], x: Tensor, y: Tensor) -> Tensor:
    return loss(predict(x), y).mean()


def replay(val_losses: Tensor, *, patience: int, min_delta: float = 0.0) -> tuple[int, int]:
    best, best_step = math.inf, 0
    for step, loss in enumerate(val_losses.tolist()):
        if loss < best - min_delta:
            best, best_step = loss, step
        elif step - best_step == patience:
            return best_step, step
    return best_step, len(val_losses) - 1


def blank(*args: Any, **settings: Any) -> Any:
    raise NotImplementedError


def no_return(*args: Any, **settings: Any) -> Any:
    return None


def kept(patience: int) -> float:
    done = course(mean_loss, 14, 0.3)
    return float(done.risk[replay(done.validation, patience=patience)[0]])


def test_each_control_redraws_with_the_students_own_functions() -> None:
    calls: list[tuple[str, int]] = []

    def counted_mean(predict: Any, loss: Any, x: Tensor, y: Tensor) -> Tensor:
        calls.append(("empirical_risk", len(x)))
        return mean_loss(predict, loss, x, y)

    def counted_stop(val_losses: Tensor, *, patience: int) -> tuple[int, int]:
        calls.append(("early_stop", patience))
        return replay(val_losses, patience=patience)

    demo = capacity_demo(counted_mean, counted_stop)
    seen = [bytes(demo.image.value)]
    assert seen[0].startswith(PNG)
    assert {("empirical_risk", 20), ("early_stop", 1)} == set(calls)
    for name, value, expected in (
        ("degree", 9, {("empirical_risk", 20), ("early_stop", 1)}),
        ("noise", 0.1, {("empirical_risk", 20), ("early_stop", 1)}),
        ("patience", 9, {("early_stop", 9)}),
        ("passes", 100, {("early_stop", 9)}),  # while it is played, nothing is trained or measured
    ):
        calls.clear()
        demo.controls[name].value = value
        assert set(calls) == expected, name
        assert bytes(demo.image.value) not in seen
        seen.append(bytes(demo.image.value))
    assert demo.play is not None


def test_the_goal_needs_patience_enough_to_pass_the_bump() -> None:
    risks = [kept(patience) for patience in range(1, 41)]
    assert [risk <= 0.12 for risk in risks] == [patience >= 8 for patience in range(1, 41)]
    assert risks[0] > 1.25 * risks[7]


def test_the_message_follows_the_goal() -> None:
    demo = capacity_demo(mean_loss, replay)
    assert demo.message.value == (
        "Patience 1 halts at pass 5 and keeps pass 4: training error 0.0962, risk 0.154. Pass 40, shown: 0.045 and "
        "0.127. Least training error of degree 14: 0.0325, its risk 215. Not yet: the goal is a risk of 0.12."
    )
    demo.controls["patience"].value = 8
    assert demo.message.value.endswith("The goal is reached.")
    demo.controls["degree"].value = 5
    assert demo.message.value.endswith("(The goal is for degree 14 and noise 0.3.)")
    demo.reset.click()
    assert demo.message.value.endswith("Not yet: the goal is a risk of 0.12.")


@pytest.mark.parametrize("degree", [0, 14])
@pytest.mark.parametrize("noise", [0.0, 0.6])
@pytest.mark.parametrize(("patience", "passes"), [(1, 0), (40, 200)])
def test_the_ends_of_each_range(degree: int, noise: float, patience: int, passes: int) -> None:
    view = CapacityView(Figure())
    said = draw_capacity(mean_loss, replay, view, degree=degree, noise=noise, patience=patience, passes=passes)
    assert said.startswith(f"Patience {patience} ")
    assert f"Pass {passes}, shown: " in said
    assert "nan" not in said


def test_the_errors_are_what_the_lesson_says() -> None:
    training, risk = best_fits(mean_loss, 0.3)
    assert (training.diff() <= 1e-12).all()  # more capacity, less training error
    assert int(risk.argmin()) == 5
    assert float(risk[14]) > 100
    done = course(mean_loss, 14, 0.3)
    assert float(done.training[-1]) < float(done.training[14]) < 0.3**2 < float(done.risk[14]) < float(done.risk[-1])
    noiseless = course(mean_loss, 14, 0.0)
    assert float(noiseless.risk[-1]) < float(noiseless.risk[28])


def test_parts_of_signal_and_noise_add_up() -> None:
    weak, middle, strong = (course(mean_loss, 9, noise).theta for noise in (0.0, 0.2, 0.4))
    torch.testing.assert_close(middle, (weak + strong) / 2)
    straight = torch.zeros(15, dtype=torch.float64)
    assert float(true_risk(straight, 0.3)) == pytest.approx(0.5 + 0.09, abs=2e-3)


@pytest.mark.parametrize(
    ("functions", "said"),
    [
        ((blank, replay), "Write <code>empirical_risk</code>, <code>early_stop</code>"),
        ((mean_loss, blank), "Write <code>empirical_risk</code>, <code>early_stop</code>"),
        ((no_return, replay), "`empirical_risk` must return a tensor without axes. Got None"),
        ((mean_loss, no_return), "`early_stop` must return (best_step, stop_step). Got None"),
        ((mean_loss, lambda val_losses, *, patience: (5, 4)), "0 ≤ best ≤ stop ≤ 200. Got (5, 4)"),
        ((mean_loss, lambda val_losses, *, patience: (200, 201)), "Are steps counted from 0?"),
    ],
    ids=["no risk", "no stop", "risk returns nothing", "stop returns nothing", "turned round", "too far"],
)
def test_what_is_missing_or_wrong_is_said(functions: Any, said: str) -> None:
    demo = capacity_demo(*functions)
    assert said in demo.message.value
    assert demo.image.value == b""


def test_what_is_kept_is_remembered_by_noise_and_patience() -> None:
    view = CapacityView(Figure())
    for degree, noise, patience in ((3, 0.3, 2), (9, 0.3, 2), (9, 0.3, 5), (9, 0.1, 5)):
        draw_capacity(mean_loss, replay, view, degree=degree, noise=noise, patience=patience, passes=0)
    assert {key: list(found) for key, found in view.kept.items()} == {(0.3, 2): [3, 9], (0.3, 5): [9], (0.1, 5): [9]}
