"""The demo of effective rates of `06_adaptive_methods`, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from steepest.demos.adaptive_methods import effective_rate_demo
from steepest.demos.adaptive_methods.rates import METHODS, N_STEPS, SIZES, TICKS, effective_rates
from torch import Tensor

State = dict[str, Any]
Step = Callable[..., tuple[Tensor, State]]


def mean_square(
    theta: Tensor, grad: Tensor, state: State, *, lr: float, rho: float, eps: float
) -> tuple[Tensor, State]:
    r = rho * state["mean_square"] + (1 - rho) * grad.square()
    return theta - lr * grad / (r.sqrt() + eps), {"mean_square": r}


def still(theta: Tensor, grad: Tensor, state: State, **hyper: float) -> tuple[Tensor, State]:
    """Goes nowhere, and keeps ones."""
    kept = {key: torch.ones_like(theta) if torch.is_tensor(value) else value + 1 for key, value in state.items()}
    return theta, kept


@pytest.fixture
def steppers(blank: Step) -> Callable[..., list[Step]]:
    """The student's functions in the order of the demo, of which some are written."""

    def in_order(**own: Step) -> list[Step]:
        return [own.get(method.method, blank) for method in METHODS.values()]

    return in_order


def test_each_control_redraws_what_the_students_function_did(
    new_picture: Any, adagrad_step: Any, steppers: Any
) -> None:
    calls: list[float] = []

    def counted(*args: Any, rho: float, **hyper: Any) -> tuple[Tensor, State]:
        calls.append(rho)
        return mean_square(*args, rho=rho, **hyper)

    demo = effective_rate_demo(*steppers(rmsprop=counted, adagrad=adagrad_step))
    assert calls == [0.9] * N_STEPS
    first = bytes(demo.image.value)
    assert new_picture(demo)
    changes = [
        ("step", 150, 0),
        ("word", 40, 0),
        ("memory", 0.99, N_STEPS),
        ("size", 20, N_STEPS),
        ("method", "AdaGrad", 0),
    ]
    for name, value, fresh in changes:
        calls.clear()
        demo.controls[name].value = value
        assert len(calls) == fresh, name
        assert new_picture(demo)
    for value in (1, N_STEPS):
        demo.controls["step"].value = value
        assert f"after {value} minibatches" in demo.message.value
    demo.reset.click()
    assert bytes(demo.image.value) == first


def test_the_goal_needs_a_long_memory(adagrad_step: Any, steppers: Any) -> None:
    demo = effective_rate_demo(*steppers(rmsprop=mean_square, adagrad=adagrad_step))
    assert demo.message.value.endswith("changes by a factor of 36.1; the loss ends at 0.523. Not yet.")
    demo.controls["memory"].value = 0.999
    assert demo.message.value.endswith("Not yet.")
    demo.controls["memory"].value = 0.99
    assert demo.message.value.endswith("The goal is reached.")
    demo.controls["size"].value = 20
    assert demo.message.value.endswith("The goal is for minibatches of 5.")
    demo.controls["method"].value = "AdaGrad"
    assert demo.message.value.endswith("AdaGrad forgets nothing: choose one that does.")


def test_minibatch_and_word_are_pulled_and_the_goal_is_another_words(pull: Any, steppers: Any) -> None:
    demo = effective_rate_demo(*steppers(rmsprop=mean_square))
    demo.controls["memory"].value = 0.99
    pull(demo, "step:", at=(149.6, 99.0))
    assert "after 150 minibatches" in demo.message.value
    said, occurs = demo.message.value, []
    for place, word in ((1.2, 1), (380.0, 300)):
        pull(demo, "word:", at=(place, 99.0))
        assert demo.controls["word"].value == word
        assert demo.message.value == said
        dots = [mark.numbers for mark in demo.stage.marks if mark.record["kind"] == "dots"]
        occurs.extend(len(places) for places in dots if places[0, 1] == TICKS)
    assert occurs[0] > 10 * occurs[1] > 0
    assert said.endswith("The goal is reached.")


RATES = {
    "delta-bar-delta": 1.0,
    "AdaGrad": 0.3 / 1.001,
    "RMSProp": 0.03 / 1.001,
    "AdaDelta": 1.0,
    "Adam": 0.03 / (1 / (1 - 0.5**N_STEPS) ** 0.5 + 1e-3),
    "AdaMax": 0.03 / 1.001,
}


@pytest.mark.parametrize("name", METHODS)
def test_rates_are_read_off_the_states(name: str) -> None:
    found = effective_rates(still, name, memory=0.5, size=SIZES[0])
    assert found.rates.shape == found.seen.shape == (N_STEPS, 300)
    torch.testing.assert_close(found.rates[-1], torch.full((300,), RATES[name], dtype=torch.float64))
    assert found.loss == pytest.approx(0.693, abs=1e-3)
    assert found.swing() == pytest.approx(1, abs=1e-6)


def test_a_rate_climbs_until_the_word_comes_back() -> None:
    found = effective_rates(mean_square, "RMSProp", memory=0.9, size=SIZES[0])
    rates, seen = found.rates[:, -1], found.seen[:, -1]
    first = int(seen.nonzero()[0])
    assert 0 < first < N_STEPS
    for step in range(1, N_STEPS):
        if seen[step] and not seen[step - 1]:
            assert rates[step] < rates[step - 1]
        elif not seen[step] and step > first:
            assert rates[step] > rates[step - 1]


def test_an_unwritten_function_is_a_message_and_the_others_go_on(adagrad_step: Any, steppers: Any) -> None:
    demo = effective_rate_demo(*steppers(adagrad=adagrad_step))
    assert demo.message.value == "Write <code>rmsprop_step</code>, or choose another method."
    demo.controls["method"].value = "AdaGrad"
    assert demo.message.value.startswith("AdaGrad: after 120 minibatches")
    drawn = bytes(demo.image.value)
    demo.controls["method"].value = "Adam"
    assert "adam_step" in demo.message.value
    assert bytes(demo.image.value) != drawn
