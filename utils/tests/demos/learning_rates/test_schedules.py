"""The demo of all schedules of `04_learning_rates`, without a browser."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from steepest.demos.learning_rates import schedule_demo
from steepest.demos.learning_rates.schedules import KINDS, N_STEPS, POWER, START, constants, mean_squares

NAMES = ("linear_decay", "power_decay", "step_decay", "one_cycle", "cosine_restarts")


@pytest.fixture
def functions(written: Any) -> list[Any]:
    return [written[name] for name in (*NAMES, "robbins_monro")]


def test_each_schedule_is_the_students_own(new_picture: Any, functions: Any) -> None:
    calls: list[str] = []

    def counted(rule: Any) -> Any:
        def schedule(step: int, **given: float) -> float:
            if step == 0:
                calls.append(rule.__name__)
            rate: float = rule(step, **given)
            return rate

        return schedule

    demo = schedule_demo(*map(counted, functions[:5]), functions[5])
    assert new_picture(demo)
    assert calls == list(NAMES)  # the chosen one, and the others beside it
    for kind, name in zip(KINDS[1:], NAMES[1:], strict=True):
        calls.clear()
        demo.controls["kind"].value = kind
        assert new_picture(demo)
        assert (calls[0], set(calls)) == (name, set(NAMES))


@pytest.mark.parametrize(
    ("kind", "name"),
    [("linear", "end"), ("linear", "time"), ("power", "power"), ("power", "time"), ("steps", "factor"),
     ("steps", "time"), ("one cycle", "end"), ("one cycle", "time"), ("restarts", "end"), ("restarts", "time")],
)  # fmt: skip
def test_each_constant_has_its_effect(new_picture: Any, functions: Any, kind: str, name: str) -> None:
    demo = schedule_demo(*functions)
    demo.controls["kind"].value = kind
    assert new_picture(demo)
    demo.controls[name].value = {"end": 1e-3, "time": 100.0, "power": 1.0, "factor": 0.3}[name]
    assert new_picture(demo)
    demo.controls["lr"].value = 0.2
    assert new_picture(demo)


def test_the_mean_square_follows_the_rates() -> None:
    assert mean_squares([0.5, 0.5]).tolist() == [9, 2.5, 0.875]
    squares = mean_squares([1 / (1 + step) for step in range(N_STEPS)])
    np.testing.assert_allclose(squares[1:], 1 / np.arange(1, N_STEPS + 1))
    assert squares[0] == START


def test_only_a_power_of_one_reaches_the_goal(functions: Any) -> None:
    demo = schedule_demo(*functions)
    assert demo.message.value == (
        "After 3000 steps the mean square is 5.0·10⁻³. Going on for ever, these rates reach everywhere and do not "
        "settle. Not yet: the goal is 4.0·10⁻⁴."
    )
    demo.controls["kind"].value = POWER
    demo.controls["power"].value, demo.controls["lr"].value, demo.controls["time"].value = 1.0, 1.0, 1
    assert demo.message.value == (
        "After 3000 steps the mean square is 3.3·10⁻⁴. Going on for ever, these rates reach everywhere and settle. "
        "The goal is reached."
    )
    demo.controls["power"].value = 2.0
    assert "do not reach everywhere and settle. Not yet" in demo.message.value
    demo.controls["power"].value = 0.5
    assert "reach everywhere and do not settle. Not yet" in demo.message.value


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("lr", "end", "time"), [(0.01, 10**-0.5, 1), (10**0.25, 1e-4, 2900)])
def test_the_ends_of_each_range(functions: Any, kind: str, lr: float, end: float, time: float) -> None:
    demo = schedule_demo(*functions)
    demo.controls["lr"].value, demo.controls["end"].value, demo.controls["time"].value = lr, end, time
    demo.controls["kind"].value = kind
    assert demo.message.value.startswith("After 3000 steps the mean square is ")
    given = constants(kind, lr=lr, end=end, time=time, power=1.0, factor=0.5)
    assert given.get("lr_end", 0) <= lr


def test_places_are_moved_on_the_picture(pull: Any, functions: Any) -> None:
    demo = schedule_demo(*functions)
    pull(demo, "time:end", at=(201.0, 0.001))
    assert demo.controls["time"].value == pytest.approx(201, rel=0.05)
    assert demo.controls["end"].value == pytest.approx(0.001)
    for kind in KINDS[1:]:
        demo.controls["kind"].value = kind
        pull(demo, "time:lr", at=(50.0, 0.2))
        assert demo.controls["time"].value == pytest.approx(50, rel=0.05)
        assert demo.controls["lr"].value == pytest.approx(0.2, rel=0.1)
        pull(demo, "time:lr", key=(1, 0))
        assert demo.controls["time"].value > 51
        demo.reset.click()


def test_what_is_not_written_or_returns_nothing_is_told(blank: Any, no_return: Any, functions: Any) -> None:
    demo = schedule_demo(functions[0], blank, *functions[2:])
    assert demo.message.value.startswith("After")
    demo.controls["kind"].value = POWER
    assert "Write <code>linear_decay</code>, <code>power_decay</code>" in demo.message.value
    assert "`no_return` must return the rate" in schedule_demo(no_return, *functions[1:]).message.value
