"""The race of `06_adaptive_methods`, driven as its controls drive it, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from steepest.demos.adaptive_methods import race_demo
from steepest.demos.adaptive_methods.arithmetic import Moment, spell_out
from steepest.demos.adaptive_methods.runners import LEARNERS, line_up, takes_tensors
from steepest.demos.adaptive_methods.runs import BEST, CHOICES, LENGTHS, N_STARTS, N_STEPS, choose, run_race
from steepest.race import RATES, Entrant, landscape_track, race
from torch import Tensor

State = dict[str, Any]
Step = Callable[..., tuple[Tensor, State]]


def plain(theta: Tensor, grad: Tensor, state: State, *, lr: float, **hyper: float) -> tuple[Tensor, State]:
    return theta - lr * grad, state


def broken(*args: Any, **hyper: Any) -> tuple[Tensor, State]:
    raise KeyError("<sum>")


@pytest.fixture
def steppers(blank: Step) -> Callable[..., list[Step]]:
    """The student's functions in the order of the race, of which some are written."""

    def in_order(**own: Step) -> list[Step]:
        return [own.get(method, blank) for method, _ in LEARNERS.values()]

    return in_order


def test_each_control_redraws_what_the_students_functions_did(
    new_picture: Any, adagrad_step: Any, steppers: Any
) -> None:
    calls: list[tuple[int, ...]] = []

    def counted(theta: Tensor, *args: Any, **hyper: Any) -> tuple[Tensor, State]:
        calls.append(tuple(theta.shape))
        return adagrad_step(theta, *args, **hyper)

    demo = race_demo(*steppers(adagrad=counted, adam=plain))
    assert (len(LENGTHS), len(RATES), N_STARTS, 2) in calls
    first = bytes(demo.image.value)
    assert new_picture(demo)
    assert "step 45" in demo.message.value
    changes = {
        "step": 60, "start": 3, "rates": "0.1 for all", "landscape": "saddle", "weight": "θ₂", "spelled": "AdaGrad"
    }  # fmt: skip
    for name, value in changes.items():
        calls.clear()
        said = demo.message.value
        demo.controls[name].value = value
        new = new_picture(demo)
        assert demo.message.value != said or new
        assert new or name == "weight", name
        assert set(calls) <= {(2,)}, "the race is run once"
    assert calls == [(2,)] * 60
    assert "step 60: θ₂" in demo.message.value
    for name, (low, high) in {"step": (0, N_STEPS), "start": (1, N_STARTS)}.items():
        for value in (low, high):
            demo.controls[name].value = value
            assert "have arrived for good" in demo.message.value
    demo.reset.click()
    assert bytes(demo.image.value) == first


def test_the_goal_needs_two_rates(steppers: Any) -> None:
    demo = race_demo(*steppers())
    assert "The goal needs one rate for all." in demo.message.value
    demo.controls["landscape"].value = "saddle"
    demo.controls["rates"].value = "0.1 for all"
    demo.controls["step"].value = 59
    assert "has won" not in demo.message.value
    demo.controls["step"].value = 60
    assert "Adam has won with 0.1 for all. Now the other." in demo.message.value
    demo.controls["rates"].value = "0.3 for all"
    assert "gradient descent has won with 0.3 for all. The goal is reached." in demo.message.value
    demo.controls["start"].value = 2
    assert "Adam has won" not in demo.message.value


def test_who_is_spelled_out_is_pressed_in_the_picture(pull: Any, steppers: Any) -> None:
    demo = race_demo(*steppers(adagrad=plain))
    pull(demo, "spelled:AdaGrad", press=True)
    assert demo.controls["spelled"].value == "AdaGrad"
    assert not {"spelled:Quickprop", "spelled:gradient descent"} & set(demo.stage.handles)
    assert {key.partition(":")[2] for key in demo.stage.handles} <= set(demo.controls["spelled"].options)


def test_unwritten_functions_are_replaced_or_left_out_and_named(new_picture: Any, steppers: Any) -> None:
    demo = race_demo(*steppers(adagrad=broken, rmsprop=plain))
    for part in (
        "Not written yet, so torch.optim runs: Rprop (<code>rprop_step</code>), AdaDelta",
        "Quickprop, <code>quickprop_step</code> is not written and torch.optim has none",
        "AdaGrad, <code>adagrad_step</code> raised KeyError: &#x27;&lt;sum&gt;&#x27;",
        "Adam is not your function's run",
        "of 8 have arrived",
    ):
        assert part in demo.message.value
    assert new_picture(demo)
    demo.controls["spelled"].value = "Quickprop"
    assert "Quickprop is not your function's run" in demo.message.value


def test_what_replaces_a_function_is_torch_optim(blank: Any) -> None:
    starts = torch.tensor([[-0.7, 0.4], [0.3, -1.2]], dtype=torch.float64).repeat(1, 2, 1, 1)
    rates = torch.tensor([0.01, 0.3], dtype=torch.float64)
    pull = torch.tensor([0.3, 1.0], dtype=torch.float64)
    field = line_up([blank] * len(LEARNERS), starts, rates)
    optimizers: dict[str, Callable[..., torch.optim.Optimizer]] = {
        "gradient descent": torch.optim.SGD,
        "momentum 0.9": lambda *weights, lr: torch.optim.SGD(*weights, lr=lr, momentum=0.9),
        "Rprop": torch.optim.Rprop,
        "AdaGrad": lambda *weights, lr: torch.optim.Adagrad(*weights, lr=lr, eps=1e-8),
        "RMSProp": lambda *weights, lr: torch.optim.RMSprop(*weights, lr=lr, alpha=0.9),
        "AdaDelta": torch.optim.Adadelta,
        "Adam": torch.optim.Adam,
        "AdaMax": torch.optim.Adamax,
        "Nadam": torch.optim.NAdam,
    }
    assert list(field.runners) == list(optimizers)
    for name, runner in field.runners.items():
        theta = starts
        for _ in range(6):
            theta = runner.move(theta, pull * theta)
        for number, rate in enumerate(rates.tolist()):
            weights = starts[:, number].clone().requires_grad_()
            optimizer = optimizers[name]([weights], lr=rate)
            for _ in range(6):
                weights.grad = pull * weights.detach()
                optimizer.step()
            torch.testing.assert_close(theta[:, number], weights.detach(), msg=name)


def test_the_rates_are_those_of_the_lessons_table(adagrad_step: Any, steppers: Any) -> None:
    done = run_race(tuple(steppers(adagrad=adagrad_step)))
    place = list(done.field.runners).index("AdaGrad")
    for name, length in LENGTHS.items():
        track = landscape_track(name, n_steps=length, seed=1)
        lap = race([Entrant("ours", adagrad_step, "adagrad", {"eps": 1e-8})], track)["ours"]
        heat = choose(done, name, BEST, 4)
        assert heat.rates[place] == lap.rate
        torch.testing.assert_close(heat.losses[place, : length + 1].clamp(1e-9, 1e9), lap.losses[3].clamp(1e-9, 1e9))
        assert choose(done, name, CHOICES[1], 1).rates == [RATES[0]] * len(done.field.runners)


def test_a_function_that_takes_numbers_only_takes_the_same_paths(adagrad_step: Any, steppers: Any) -> None:
    def numbers_only(*args: Any, lr: float, eps: float) -> tuple[Tensor, State]:
        return adagrad_step(*args, lr=float(lr), eps=eps)

    entrants = [Entrant("ours", step, "adagrad", {"eps": 1e-8}) for step in (adagrad_step, numbers_only)]
    assert [takes_tensors(entrant) for entrant in entrants] == [True, False]
    starts = torch.tensor([[-0.7, 0.4], [0.3, -1.2]], dtype=torch.float64).repeat(3, 2, 1, 1)
    rates = torch.tensor([0.01, 0.3], dtype=torch.float64)
    moved = []
    for step in (adagrad_step, numbers_only):
        runner = line_up(steppers(adagrad=step), starts, rates).runners["AdaGrad"]
        theta = starts
        for _ in range(3):
            theta = runner.move(theta, theta)
        moved.append(theta)
    torch.testing.assert_close(*moved)


def _moment(theta: float, g: float, **state: float) -> Moment:
    tensors = {key: value if key == "t" else torch.tensor([9.0, value]) for key, value in state.items()}
    return Moment(torch.tensor([9.0, theta]), torch.tensor([9.0, g]), tensors)


HALVES = {"s": 0.5, "r": 0.25, "t": 3}
SPELLED: list[tuple[str, dict[str, float], dict[str, float], list[str]]] = [
    ("AdaGrad", {"sum_squares": 1.0}, {"sum_squares": 5.0}, ["1 + (−2)² = 5", "1 − 0.1 · (−2) / (√5 + 10⁻⁸) = 1.5"]),
    ("RMSProp", {"mean_square": 1.0}, {"mean_square": 5.0}, ["0.9 · 1 + 0.1 · (−2)² = 5", "(√5 + 10⁻⁸) = 1.5"]),
    (
        "AdaDelta",
        {"mean_square": 1.0, "mean_delta": 0.5},
        {"mean_square": 5.0, "mean_delta": 0.25},
        ["√(0.5 + 10⁻⁶) / √(5 + 10⁻⁶) · (−2) = 1.5", "was 0.5 and is 0.25"],
    ),
    ("Adam", HALVES, HALVES, ["0.9 · 0.5 + 0.1 · (−2) = 0.5", "(0.5 / 0.3439) / (√(0.25 / 0.003994) + 10⁻⁸) = 1.5"]),
    ("AdaMax", {"s": 0.5, "u": 3.0}, {"s": 0.5, "u": 4.0}, ["max(0.999 · 3, |−2|) = 4", "/ (4 + 10⁻⁸) = 1.5"]),
    ("Nadam", HALVES, HALVES, ["(0.9 · 0.5 / 0.4095 + 0.1 · (−2) / 0.3439)", "= 1.5"]),
    (
        "Rprop",
        {"step": 0.5, "grad": -1.0},
        {"step": 0.6, "grad": -2.0},
        ["same sign: Δ = 1.2 · 0.5, at most 50, = 0.6"],
    ),
    ("Rprop", {"step": 0.5, "grad": 1.0}, {"step": 0.25, "grad": 0.0}, ["other sign", "stored as 0"]),
    ("Rprop", {"step": 0.5, "grad": 0.0}, {"step": 0.5, "grad": -2.0}, ["Δ stays 0.5", "was 1 and is 1.5"]),
    (
        "Quickprop",
        {"delta": 0.0, "grad": 0.0},
        {"delta": 0.2, "grad": -2.0},
        ["at rest, so Δ = −0.1 · (−2)", "Δ = 0.2"],
    ),
    (
        "Quickprop",
        {"delta": 0.5, "grad": -3.0},
        {"delta": 0.5, "grad": -2.0},
        ["−(−2) · 0.5 / (−2 − (−3))", "at most 1.75 · 0.5: Δ = 0.5"],
    ),
    (
        "delta-bar-delta",
        {"rate": 0.5, "bar": -1.0},
        {"rate": 0.501, "bar": -1.3},
        ["agrees with g: η = 0.5 + 0.001 = 0.501", "1 − 0.501 · (−2) = 1.5", "0.3 · (−2) + 0.7 · (−1) = −1.3"],
    ),
    ("delta-bar-delta", {"rate": 0.5, "bar": 1.0}, {"rate": 0.35, "bar": 0.1}, ["η = (1 − 0.3) · 0.5 = 0.35"]),
    ("delta-bar-delta", {"rate": 0.5, "bar": 0.0}, {"rate": 0.5, "bar": -0.6}, ["η stays 0.5"]),
    ("Adam", {}, {}, ["the state has no entry 's'"]),
]


@pytest.mark.parametrize(
    ("name", "old", "new", "parts"), SPELLED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_step_is_spelled_out_with_what_was_returned(
    blank: Any, name: str, old: dict[str, float], new: dict[str, float], parts: list[str]
) -> None:
    method, hyper = LEARNERS[name]
    start, end = _moment(1.0, -2.0, **old), _moment(1.5, -1.0, **new)
    lines = spell_out(Entrant(name, blank, method, hyper), [start] * 4 + [end], 4, 1, 0.1)
    assert lines[0] == "step 4: θ₂ = 1, slope g = −2"
    assert lines[-1] == "so θ₂ moves by 0.5: 0.25 times −g"
    text = "\n".join(lines)
    for part in parts:
        assert part in text
