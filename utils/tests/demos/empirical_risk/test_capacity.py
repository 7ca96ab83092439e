"""The demo of capacity and early stopping of `01_empirical_risk`, without a browser."""

from __future__ import annotations

import math
from typing import Any

import pytest
from steepest.demos.empirical_risk import capacity_demo
from steepest.demos.empirical_risk.capacity import STOPPED
from steepest.demos.empirical_risk.polynomials import learning_curves
from torch import Tensor


def replay(val_losses: Tensor, *, patience: int, min_delta: float = 0.0) -> tuple[int, int]:
    best, best_step = math.inf, 0
    for step, loss in enumerate(val_losses.tolist()):
        if loss < best - min_delta:
            best, best_step = loss, step
        elif step - best_step == patience:
            return best_step, step
    return best_step, len(val_losses) - 1


@pytest.fixture
def functions(empirical_risk: Any) -> dict[str, Any]:
    return {"empirical_risk": empirical_risk, "early_stop": replay}


def test_each_control_redraws_with_the_students_own_functions(new_picture: Any, empirical_risk: Any) -> None:
    calls: list[tuple[str, int]] = []

    def counted_mean(predict: Any, loss: Any, x: Tensor, y: Tensor) -> Tensor:
        calls.append(("empirical_risk", len(x)))
        return empirical_risk(predict, loss, x, y)

    def counted_stop(val_losses: Tensor, *, patience: int) -> tuple[int, int]:
        calls.append(("early_stop", patience))
        return replay(val_losses, patience=patience)

    demo = capacity_demo(counted_mean, counted_stop)
    assert new_picture(demo)
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
        assert new_picture(demo)
    assert demo.play is not None


def test_the_goal_needs_patience_enough_to_pass_the_bump(empirical_risk: Any) -> None:
    done = learning_curves(empirical_risk, 14, 0.3)
    kept = [replay(done.validation, patience=patience)[0] for patience in range(1, 41)]
    risks = [float(done.risk[step]) for step in kept]
    assert [risk <= 0.12 for risk in risks] == [patience >= 8 for patience in range(1, 41)]
    assert risks[0] > 1.25 * risks[7]


def test_the_message_follows_the_goal(empirical_risk: Any) -> None:
    demo = capacity_demo(empirical_risk, replay)
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
def test_the_ends_of_each_range(empirical_risk: Any, degree: int, noise: float, patience: int, passes: int) -> None:
    demo = capacity_demo(empirical_risk, replay)
    for name, value in {"degree": degree, "noise": noise, "patience": patience, "passes": passes}.items():
        demo.controls[name].value = value
    said = demo.message.value
    assert said.startswith(f"Patience {patience} ")
    assert f"Pass {passes}, shown: " in said
    assert "nan" not in said


@pytest.mark.parametrize("missing", ["empirical_risk", "early_stop"])
def test_an_unwritten_function_is_a_message_and_no_picture(blank: Any, functions: dict[str, Any], missing: str) -> None:
    demo = capacity_demo(**functions | {missing: blank})
    assert "Write <code>empirical_risk</code>, <code>early_stop</code>" in demo.message.value
    assert demo.image.value == b""


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("empirical_risk", "`empirical_risk` must return a tensor without axes. Got None"),
        ("early_stop", "`early_stop` must return (best_step, stop_step). Got None"),
    ],
)
def test_a_missing_return_is_said(no_return: Any, functions: dict[str, Any], wrong: str, said: str) -> None:
    demo = capacity_demo(**functions | {wrong: no_return})
    assert said in demo.message.value
    assert demo.image.value == b""


@pytest.mark.parametrize(
    ("steps", "said"),
    [((5, 4), "0 ≤ best ≤ stop ≤ 200. Got (5, 4)"), ((200, 201), "Are steps counted from 0?")],
    ids=["turned round", "too far"],
)
def test_impossible_steps_are_said(empirical_risk: Any, steps: tuple[int, int], said: str) -> None:
    demo = capacity_demo(empirical_risk, lambda val_losses, *, patience: steps)
    assert said in demo.message.value
    assert demo.image.value == b""


def test_what_is_kept_is_remembered_by_noise_and_patience(drawn: Any, empirical_risk: Any) -> None:
    demo = capacity_demo(empirical_risk, replay)

    def stars() -> int:
        (places,) = drawn(demo, STOPPED)
        return len(places)

    for changes, count in (({}, 1), ({"degree": 3}, 2), ({"patience": 2}, 1), ({"noise": 0.1}, 1), ({"degree": 9}, 2)):
        for name, value in changes.items():
            demo.controls[name].value = value
        assert stars() == count
    demo.controls["noise"].value, demo.controls["patience"].value = 0.3, 1
    assert stars() == 3


def test_degree_noise_and_pass_are_moved_by_hand(pull: Any, empirical_risk: Any) -> None:
    demo = capacity_demo(empirical_risk, replay)
    demo.controls["patience"].value = 8
    for handle, at, name, value in (
        ("degree:", (4.8, 1.0), "degree", 5),
        (":noise", (0.0, 0.12), "noise", 0.1),
        ("passes:", (100.9, 0.1), "passes", 100),
        ("passes:", (0.5, 0.1), "passes", 0),
    ):
        pull(demo, handle, at=at)
        assert demo.controls[name].value == value
    assert demo.message.value.endswith("(The goal is for degree 14 and noise 0.3.)")
    pull(demo, "degree:", at=(14.0, 1.0))
    pull(demo, ":noise", at=(1.2, 0.31))
    assert demo.message.value.endswith("The goal is reached.")
