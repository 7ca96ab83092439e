"""Drives for a normalization: what is seen of a cache that is changed or passed by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from steepest._checks.calls import StudentError, local
from steepest._drives.normalization import AGAIN, APART, normalize, normalize_back, normalize_back_again
from torch import Tensor

LAST: dict[str, Tensor] = {}
X = torch.tensor([[1.0, 2.0], [3.0, 5.0], [4.0, 4.0]], dtype=torch.float64)
ONE = torch.ones(2, dtype=torch.float64)
GIVEN = {"x": X, "gamma": ONE, "beta": ONE, "eps": 0.1, "grad_out": X}


def _ahead(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Any:
    LAST["x"] = x
    return gamma * x + beta, {"x": x}


def _back(grad_out: Tensor, cache: Any) -> Any:
    return grad_out * cache["x"], cache["x"].sum(dim=0), grad_out.sum(dim=0)


def _changing(grad_out: Tensor, cache: Any) -> Any:
    grads = _back(grad_out, cache)
    cache["x"] += 1
    return grads


def _past_the_cache(grad_out: Tensor, cache: Any) -> Any:
    return _back(grad_out, LAST)


@pytest.mark.parametrize(
    ("back", "seen"),
    [
        (_back, {AGAIN: True, APART: True}),
        (_changing, {AGAIN: False}),
        (_past_the_cache, {AGAIN: True, APART: False}),
    ],
)
def test_a_cache_serves_more_than_one_pass(back: Callable[..., Any], seen: dict[str, bool]) -> None:
    function = local(back, "batch_norm_backward", companions={"batch_norm_train": _ahead})
    found = normalize_back_again(function, **GIVEN)
    assert {name: value for name, value in found.items() if isinstance(value, bool)} == seen
    assert torch.equal(found["grad_x"], X * X)


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (lambda x: ({"u": x}, x), "it returned the cache first and the output second"),
        (lambda x: x, "it returned one value, expected 2: out, cache"),
        (lambda x: None, "is the `return` missing?"),
    ],
)
def test_a_forward_pass_of_another_form_is_told(result: Callable[[Tensor], Any], said: str) -> None:
    function = local(lambda x, gamma, beta, *, eps: result(x), "batch_norm_train")
    with pytest.raises(StudentError, match=said.replace("?", r"\?")):
        normalize(function, args=[X, ONE, ONE], kwargs={"eps": 0.1})


def test_a_forward_pass_that_is_wrong_comes_first() -> None:
    with pytest.raises(StudentError, match="comes first: it is not defined"):
        normalize_back(local(_back, "batch_norm_backward"), **GIVEN)


def test_gradients_without_a_number_are_told() -> None:
    function = local(lambda g, cache: (g * torch.nan,) * 3, "back", companions={"batch_norm_train": _ahead})
    with pytest.raises(StudentError, match="nan"):
        normalize_back(function, **GIVEN)
