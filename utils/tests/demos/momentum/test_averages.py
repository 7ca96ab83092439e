"""The demo of weighted averages of `05_momentum`, driven as its controls drive it, without a browser."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from steepest.demos._demo import Demo
from steepest.demos.momentum import average_demo
from steepest.demos.momentum.averages import score, temperatures
from torch import Tensor

BETAS = [round(0.01 * number, 2) for number in range(100)]


def ewa(values: Tensor, *, beta: float) -> Tensor:
    ages = torch.arange(len(values))
    lags = ages[:, None] - ages
    weights = (1 - beta) * torch.where(lags >= 0, beta ** lags.clamp(min=0).double(), 0.0)
    return weights @ values


def ewa_corrected(values: Tensor, *, beta: float) -> Tensor:
    return ewa(values, beta=beta) / (1 - beta ** torch.arange(1, len(values) + 1, dtype=values.dtype))


def test_each_control_redraws_with_the_students_own_functions(new_picture: Any) -> None:
    calls: list[tuple[str, float]] = []

    def counted(values: Tensor, *, beta: float) -> Tensor:
        calls.append(("ewa", beta))
        return ewa(values, beta=beta)

    def counted_corrected(values: Tensor, *, beta: float) -> Tensor:
        calls.append(("ewa_corrected", beta))
        return ewa_corrected(values, beta=beta)

    demo = average_demo(counted, counted_corrected)
    assert new_picture(demo)
    for name, value in (("beta", 0.5), ("corrected", True), ("beta", 0.9)):
        demo.controls[name].value = value
        assert new_picture(demo)
    assert calls == [("ewa", 0.98), ("ewa", 0.5), ("ewa_corrected", 0.5), ("ewa_corrected", 0.9)]


def test_the_goal_needs_the_correction_and_about_a_week_of_memory() -> None:
    days, _ = temperatures()
    reached = [beta for beta in BETAS if score(ewa_corrected(days, beta=beta)).year <= 1.1]
    assert (reached[0], reached[-1]) == (0.84, 0.9)
    assert not [beta for beta in BETAS if score(ewa(days, beta=beta)).year <= 1.1]


def test_the_message_follows_the_goal() -> None:
    demo = average_demo(ewa, ewa_corrected)
    assert demo.message.value == (
        "β = 0.98, not corrected, a memory of about 50 days: 4.28 °C from the wave over the year, "
        "5.19 °C in the first 30 days. Not yet: the goal is 1.1 °C."
    )
    demo.controls["beta"].value = 0.88
    assert "Not yet" in demo.message.value
    demo.controls["corrected"].value = True
    assert demo.message.value.endswith("The goal is reached.")
    demo.reset.click()
    assert "4.28 °C" in demo.message.value


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("beta", [0.0, 0.99])
def test_the_ends_of_the_range(beta: float, corrected: bool) -> None:
    demo = average_demo(ewa, ewa_corrected)
    demo.controls["corrected"].value, demo.controls["beta"].value = corrected, beta
    assert demo.message.value.startswith(f"β = {beta:.2f}, {'corrected' if corrected else 'not corrected'}")
    assert ("about 1 day:" if beta == 0 else "about 100 days:") in demo.message.value


def test_beta_is_pulled_and_trials_are_remembered(pull: Any) -> None:
    demo = average_demo(ewa, ewa_corrected)
    pull(demo, "beta:", at=(0.503, 9.0))
    pull(demo, "beta:", at=(0.88, 9.0))
    assert list(_tried(demo)) == [0.98, 0.5, 0.88]
    demo.controls["corrected"].value = True
    assert demo.message.value.endswith("The goal is reached.")
    assert _tried(demo, 2) == {0.88: pytest.approx(score(ewa_corrected(temperatures()[0], beta=0.88)).year)}


def test_a_day_that_is_pulled_away_moves_the_average_and_does_not_count(pull: Any) -> None:
    series: list[Tensor] = []

    def noting(values: Tensor, *, beta: float) -> Tensor:
        series.append(values)
        return ewa_corrected(values, beta=beta)

    demo = average_demo(ewa, noting)
    demo.controls["beta"].value, demo.controls["corrected"].value = 0.88, True
    usual, reached, tried = temperatures()[0], demo.message.value, _tried(demo, 2)
    for place, number, kept in (((99.6, 30.0), 100, 30.0), ((-5.0, -9.0), 1, -9.0), ((371.0, 36.0), 365, 36.0)):
        pull(demo, "day", at=place)
        assert (series[-1] != usual).nonzero().tolist() == [[number - 1]]
        assert float(series[-1][number - 1]) == kept
        assert demo.message.value.endswith(f"Day {number} is moved: for the goal, press reset.")
        assert _tried(demo, 2) == tried
    demo.controls["day"].value = (200.0, float(usual[199]))
    assert demo.message.value == reached


def test_the_uncorrected_average_is_far_off_at_the_start() -> None:
    days, _ = temperatures()
    raw, mended = score(ewa(days, beta=0.98)), score(ewa_corrected(days, beta=0.98))
    assert raw.start > 5 > 5 * mended.start


@pytest.mark.parametrize("corrected", [False, True])
def test_an_unwritten_function_is_a_message(blank: Any, corrected: bool) -> None:
    demo = average_demo(ewa, blank) if corrected else average_demo(blank, ewa_corrected)
    demo.controls["corrected"].value = corrected
    assert "Write <code>ewa</code>, <code>ewa_corrected</code>" in demo.message.value
    assert (demo.image.value == b"") == (not corrected)


def test_the_last_average_alone_is_too_little() -> None:
    demo = average_demo(lambda values, *, beta: ewa(values, beta=beta)[-1], ewa_corrected)
    assert "`ewa` must return one average a day" in demo.message.value


def _tried(demo: Demo, kind: int = 1) -> dict[float, float]:
    """Where dots of the first or the second kind stand on the panel of errors."""
    marks = [mark for mark in demo.stage.marks if mark.record["kind"] == "dots" and mark.record["panel"] == 1]
    return dict(marks[kind - 1].numbers.tolist())
