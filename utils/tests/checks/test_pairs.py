"""Two listed mistakes at once, and what only looks like them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from steepest._checks.calls import local
from steepest._checks.cases import Candidate, Case, play
from steepest._checks.finding import find
from torch import Tensor

Function = Callable[[Tensor], Any]


def _case(name: str, *x: float) -> Case:
    return Case(name, {"args": [torch.tensor(x).double()], "kwargs": {}, "outputs": ["up", "down"]})


CASES = [_case("two", 0.31, 1.7), _case("three", 0.42, 0.23, 2.6), _case("one", 0.77)]


def _gives(up: Function, down: Function) -> Function:
    return lambda x: (up(x), down(x))


def _up(x: Tensor) -> Tensor:
    return x.exp()


def _down(x: Tensor) -> Tensor:
    return -x / 3


def _known(kind: Any, name: str, credit: float, function: Function, form: int = 1) -> Candidate:
    return Candidate(kind, name, f"About {name}.", credit, play(local(function, "f"), CASES), form)


KNOWN = [
    _known("reference", "reference", 1.0, _gives(_up, _down)),
    _known("mistake", "up_squared", 0.5, _gives(lambda x: _up(x) ** 2, _down)),
    _known("mistake", "down_rooted", 0.5, _gives(_up, lambda x: -(x**0.5))),
    _known("mistake", "long_ones_shifted", 0.25, _gives(lambda x: _up(x) + 0.1 if len(x) > 1 else _up(x), _down)),
    _known("mistake", "short_ones_shifted", 0.25, _gives(lambda x: _up(x) + 0.7 if len(x) == 1 else _up(x), _down)),
    _known("mistake", "short_ones_shifted", 0.25, _gives(lambda x: _up(x) + 0.9 if len(x) == 3 else _up(x), _down), 2),
    _known("mistake", "up_nothing", 0.25, _gives(lambda x: 0 * x, _down)),
]


def _shifted(*by: float) -> Function:
    return _gives(lambda x: _up(x) + by[len(x) - 1], _down)


def _without_long_ones(x: Tensor) -> Any:
    if len(x) > 2:
        raise ValueError("too long")
    return _up(x) ** 2, -(x**0.5)


BOTH = "Two things at once. About {}. And About {}."
TOLD: dict[str, tuple[Function, float, str, str]] = {
    "each in a part of its own": (
        _gives(lambda x: _up(x) ** 2, lambda x: -(x**0.5)), 0.25, "two_mistakes",
        BOTH.format("up_squared", "down_rooted"),
    ),
    "each in cases of its own": (
        _shifted(0.7, 0.1, 0.1), 0.0625, "two_mistakes", BOTH.format("long_ones_shifted", "short_ones_shifted"),
    ),
    "two forms of one": (_shifted(0.7, 0.0, 0.9), 0.25, "short_ones_shifted", "About short_ones_shifted."),
    "one alone": (_gives(lambda x: _up(x) ** 2, _down), 0.5, "up_squared", "About up_squared."),
}  # fmt: skip
NOT_TOLD: dict[str, Function] = {
    "a third thing beside them": _gives(lambda x: _up(x) ** 2, lambda x: -(x**0.4)),
    "one of them not throughout": _gives(
        lambda x: _up(x) ** 2 if len(x) == 1 else _up(x), lambda x: -(x**0.5) if len(x) == 2 else _down(x)
    ),
    "an exception may hide more": _without_long_ones,
    "zeros agree by chance": _gives(lambda x: 0 * x, lambda x: -(x**0.5)),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_listed_mistakes_give_together_is_told(name: str) -> None:
    function, credit, diagnosis, text = TOLD[name]
    found = find(CASES, KNOWN, play(local(function, "f"), CASES))
    assert (found.credit, found.name, found.text) == (credit, diagnosis, text)


@pytest.mark.parametrize("name", NOT_TOLD)
def test_what_they_do_not_explain_is_not(name: str) -> None:
    found = find(CASES, KNOWN, play(local(NOT_TOLD[name], "f"), CASES))
    assert found.name not in {"two_mistakes", "up_squared", "down_rooted"}


def test_a_resemblance_shows_in_numbers_that_are_finite() -> None:
    """What is nan throughout in a listed mistake is like everything, and tells nothing."""
    nothing = _known("mistake", "up_lost", 0.25, _gives(lambda x: torch.nan * x, _down))
    results = play(local(_gives(lambda x: _up(x) + 5, _down), "f"), CASES)
    assert find(CASES, [KNOWN[0], nothing], results).name == "one_part_wrong"
    assert find(CASES, [KNOWN[0], nothing], nothing.results).name == "up_lost"
