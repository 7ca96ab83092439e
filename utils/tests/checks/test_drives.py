"""The drives of any function, of a stepper and of two passes, and how drives are found."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from steepest._checks.calls import StudentError, local
from steepest._checks.drives import backward, call, drive, forward, settled, stepper
from steepest.callables import CALLABLES
from torch import Tensor


def test_call_names_each_part() -> None:
    function = local(lambda: (1, 2), "f")
    assert call(function, args=[], kwargs={}, outputs=["a", "b"]) == {"a": 1, "b": 2}
    for numbers in (torch.tensor([1.0, 2.0]), np.array([1.0, 2.0])):
        assert call(local(lambda n=numbers: n, "f"), args=[], kwargs={}, outputs=["a", "b"]) == {"a": 1, "b": 2}
    with pytest.raises(StudentError, match="returned 2 values, expected 3"):
        call(function, args=[], kwargs={}, outputs=["a", "b", "c"])


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (None, "is the `return` missing"),
        (torch.zeros(2), "returned one value, expected 2"),
        ((1, 2, 3), "returned 3 values"),
        ((torch.zeros(2), 5), "state after step 1 is of type int, expected a dict"),
    ],
)
def test_a_stepper_must_return_theta_and_state(answer: Any, sentence: str) -> None:
    function = local(lambda theta, grad, state, **hyper: answer, "step")
    with pytest.raises(StudentError, match=sentence):
        stepper(function, theta=torch.zeros(2), state={}, steps=[{"grad": torch.ones(2), "lr": 0.1}])


def test_settled_shows_only_what_stays() -> None:
    numbers = itertools.count()
    steady, restless = local(lambda x: x, "f"), local(lambda x: x + next(numbers), "f")
    assert settled(steady, args=[1.0], kwargs={}, output="y") == {
        "“two calls with the same arguments agree”": True,
        "y": 1.0,
    }
    assert settled(restless, args=[1.0], kwargs={}, output="y") == {"“two calls with the same arguments agree”": False}


GENERAL = ["call", "stepper", "forward", "backward", "settled"]
OF_THIS_COURSE = ["descent", "epochs", "places", "visits", "dropped", "masks", "sample_size", "weights"]


@pytest.mark.parametrize("name", [*GENERAL, *OF_THIS_COURSE])
def test_a_drive_is_found_by_its_name(name: str) -> None:
    assert drive(name).__name__ == name


def test_a_drive_that_nobody_brings_is_told() -> None:
    with pytest.raises(KeyError, match="nowhere"):
        drive("nowhere")


def test_callables_are_found_by_name() -> None:
    assert {"least_squares_gradient", "quadratic_gradient", "visit_log_gradient"} <= set(CALLABLES)


# --- a backward pass that works on the student's own cache ---------------------------------------------------------


def _forward(x: Tensor, *, scale: float) -> tuple[Tensor, Any]:
    return scale * x, SimpleNamespace(scale=scale, used=0)


def _backward(grad_out: Tensor, cache: Any) -> tuple[Tensor, Tensor]:
    cache.used += 1
    return cache.scale * grad_out, torch.tensor(float(cache.used))


def _blank(*args: Any, **kwargs: Any) -> Any:
    raise NotImplementedError


def _both(implementation: Callable[..., Any], **companions: Callable[..., Any]) -> Any:
    ones = torch.ones(2)
    return backward(
        local(implementation, "back", companions=companions),
        forward="ahead",
        args=[ones],
        kwargs={"scale": 3.0},
        gradients=[ones, 2 * ones],
        outputs=["grad_x", "count"],
    )


def test_forward_observes_the_output_alone() -> None:
    seen = forward(local(_forward, "ahead"), args=[torch.ones(2)], kwargs={"scale": 3.0})
    assert list(seen) == ["out"]
    assert seen["out"].tolist() == [3, 3]


def test_backward_gets_the_very_cache_that_the_forward_pass_returned() -> None:
    """No wire could carry it, and a copy would count its uses anew."""
    seen = list(_both(_backward, ahead=_forward).values())
    assert [value.tolist() for value in seen] == [[3, 3], [3, 3], 1, [6, 6], 2]


def test_a_change_of_the_cache_is_an_effect_and_one_of_the_forward_pass_is_not() -> None:
    def ahead(x: Tensor, *, scale: float) -> Any:
        x *= scale
        return x.clone(), {"x": x}

    def back(grad_out: Tensor, cache: dict[str, Tensor]) -> Any:
        cache["x"] += 1
        return grad_out, grad_out

    function = local(back, "back", companions={"ahead": ahead})
    ones = torch.ones(2)
    backward(function, forward="ahead", args=[ones], kwargs={"scale": 3.0}, gradients=[ones], outputs=["a", "b"])
    assert function.effects == {"argument 2"}


@pytest.mark.parametrize(
    ("companions", "said"),
    [
        ({}, "it is not defined"),
        ({"ahead": 3}, "it is not defined"),
        ({"ahead": _blank}, "it is not written yet"),
        ({"ahead": lambda x, *, scale: x}, "it returned one value, expected 2: out, cache"),
        ({"ahead": lambda x, *, scale: None}, "it returned None, expected out, cache: is the `return` missing?"),
        ({"ahead": lambda x: x}, "it raises TypeError"),
    ],
)
def test_what_is_wrong_with_the_forward_pass_is_not_laid_to_the_backward_pass(
    companions: dict[str, Any], said: str
) -> None:
    with pytest.raises(StudentError) as caught:
        _both(_backward, **companions)
    assert str(caught.value).startswith("`ahead`, whose cache this works on, comes first: ")
    assert said in str(caught.value)
    assert caught.value.kind == "ResultError"
    with pytest.raises(StudentError) as caught:
        _both(_blank, **companions)
    assert (caught.value.kind, str(caught.value)) == ("NotImplementedError", "")
