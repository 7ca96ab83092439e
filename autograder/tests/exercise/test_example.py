"""What a student is shown of a wrong answer is a public case, and nothing of a hidden one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from steepest._checks.calls import local
from steepest_grader.exercise.catalogue import exercise, lessons
from steepest_grader.exercise.example import example
from steepest_grader.exercise.judge import PUBLIC_SEED
from steepest_grader.exercise.model import Accepted, Case, Exercise
from torch import Tensor


def _cases(rng: np.random.Generator) -> list[Case]:
    grad = torch.from_numpy(rng.standard_normal(3))
    return [
        Case("three values", {"args": [grad], "kwargs": {"lr": 0.1}, "outputs": ["the step"]}),
        Case("a rate of zero", {"args": [grad], "kwargs": {"lr": 0.0}, "outputs": ["the step"]}),
    ]


def _step(grad: Tensor, *, lr: float) -> Tensor:
    if lr <= 0:
        raise ValueError("no rate")
    return grad.mul(-lr)


def _uphill(grad: Tensor, *, lr: float) -> Tensor:
    return _step(grad, lr=lr).neg()


def _in_place(grad: Tensor, *, lr: float) -> Tensor:
    step = _step(grad, lr=lr)
    grad.zero_()
    return step


EXERCISE = Exercise("step", _step, _cases, accepted=[Accepted("uphill", _uphill, "A sign is left out.")], mistakes=[])
GRAD = torch.from_numpy(np.random.default_rng(PUBLIC_SEED).standard_normal(3))


def text(values: Tensor) -> str:
    return "[" + ", ".join(f"{value:.4g}" for value in values.tolist()) + "]"


STEP = text(GRAD * -0.1)
WRONG = {
    "twice as far": (lambda g, lr: 2 * _step(g, lr=lr), "three values", STEP, text(GRAD * -0.2)),
    "another shape": (lambda g, lr: _step(g, lr=lr)[:2], "three values", STEP, text(GRAD[:2] * -0.1)),
    "another type": (
        lambda g, lr: _step(g.half().double(), lr=lr).to(torch.float32),
        "three values",
        STEP,
        text(GRAD.half().double() * -0.1),
    ),
    "nothing": (lambda g, lr: None, "three values", STEP, "None"),
    "raises": (lambda g, lr: 1 / 0, "three values", STEP, "ZeroDivisionError: division by zero"),
    "should raise": (lambda g, lr: -lr * g, "a rate of zero", "ValueError", text(GRAD * -0.0)),
    "control characters": (lambda g, lr: {"\x1b[31m": 1}, "three values", STEP, "{?[31m: 1}"),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_first_wrong_case_is_told(name: str) -> None:
    function, case, expected, received = WRONG[name]
    found = example(EXERCISE, local(lambda grad, *, lr: function(grad, lr), "step"))
    assert found is not None
    assert (found.case, found.expected, found.received.split(" (line")[0]) == (case, expected, received)
    assert found.tried == {"grad": text(GRAD), "lr": "0.1" if case == "three values" else "0"}
    assert found.what == ("" if expected == "ValueError" else "the step")


@pytest.mark.parametrize(
    "sound", [_step, _uphill, _in_place], ids=["reference", "another convention", "a side effect only"]
)
def test_right_values_have_no_example(sound: Any) -> None:
    assert example(EXERCISE, local(sound, "step")) is None


def test_values_of_one_look_are_told_with_their_types() -> None:
    found = example(EXERCISE, local(lambda grad, *, lr: (GRAD * -0.1).float().double().float(), "step"))
    assert found is not None
    assert found.expected != found.received


@pytest.mark.parametrize("name", [item.id for items in lessons().values() for item in items])
def test_every_mistake_has_one(name: str) -> None:
    """And each fits a page: the public cases tell every mistake apart from what is sound."""
    asked = exercise(name)
    for mistake in asked.mistakes:
        found = example(asked, local(mistake.implementation, asked.id, companions=asked.companions_of(mistake)))
        if found is not None:  # else only a side effect is wrong, which the message names
            assert found.expected != found.received, mistake.name
            assert found.tried and all(len(value) <= 2_000 for value in found.tried.values())
