"""A function is called with references in the place of the student's own functions, which never see their code."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import pytest
import torch
from steepest._checks.beside import GENERATOR, MAX_ASKED, MAX_NUMBER, STATE, Beside
from steepest._checks.calls import Function, LocalTransport, StudentError
from steepest._checks.wire import Named

SOURCE = """
import torch

def draw(n, generator):
    return torch.zeros(n)

def half(x):
    raise ValueError("not yet")

def sums(x, *, generator):
    first = draw(3, generator)
    return first.sum() + draw(3, generator=generator).sum() + half(x)

def slope(grad_fn, x):
    return half(grad_fn(x)) + through(grad_fn, x)

def asks_for_much(n):
    return draw(n, torch.Generator())

def asks_often(n):
    return [half(1.0) for _ in range(n)][-1]

def hands_on_something_odd(x):
    return half(torch.nn.Linear(1, 1))

def looks_around():
    return [type(half).__name__, half.__name__]
"""
REFERENCES: dict[str, Callable[..., Any]] = {
    "draw": lambda n, generator: torch.rand(n, generator=generator),
    "half": lambda x: x / 2,
    "through": lambda grad_fn, x: grad_fn(x),
}


def _space() -> dict[str, Any]:
    space = types.ModuleType("notebook").__dict__
    exec(SOURCE, space)
    return space


def _function(name: str) -> tuple[Function, dict[str, Any]]:
    space = _space()
    return Function(name, LocalTransport(space)), space


def test_references_answer_in_the_place_of_the_students_own_and_only_for_the_call() -> None:
    function, space = _function("sums")
    own = space["draw"], space["half"]
    generator = torch.Generator().manual_seed(5)
    expected = torch.rand(3, generator=generator).sum() + torch.rand(3, generator=generator).sum() + 1.0
    handle = function.generator(5)
    assert function.with_references(REFERENCES)(torch.tensor(2.0), generator=handle) == expected
    assert (space["draw"], space["half"]) == own
    assert "through" not in space
    with pytest.raises(StudentError, match="not yet"):
        function(torch.tensor(2.0), generator=handle)


def test_the_generator_goes_on_where_the_reference_left_it() -> None:
    function, _ = _function("sums")
    handle = function.generator(5)
    looked = function.with_references(REFERENCES)
    first, second = (looked(torch.tensor(2.0), generator=handle) for _ in range(2))
    assert first != second


def test_a_public_function_is_handed_on() -> None:
    function, _ = _function("slope")
    gradient = Named("quadratic_gradient", {"matrix": torch.eye(2).double(), "center": torch.zeros(2).double()})
    x = torch.tensor([2.0, 4.0]).double()
    assert torch.equal(function.with_references(REFERENCES)(gradient, x), 1.5 * x)


REFUSED: dict[str, tuple[str, tuple[Any, ...], str]] = {
    "too much": ("asks_for_much", (MAX_NUMBER + 1,), "is too large"),
    "too often": ("asks_often", (MAX_ASKED + 1,), "is called more than"),
    "something that cannot travel": ("hands_on_something_odd", (1.0,), "cannot be handed on"),
    "what a reference refuses": ("asks_for_much", (-1,), "RuntimeError"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_asked_is_bounded_and_refused_as_an_error_of_the_students_code(name: str) -> None:
    student, args, said = REFUSED[name]
    function, _ = _function(student)
    with pytest.raises(StudentError, match=said):
        function.with_references(REFERENCES)(*args)


def test_a_stand_in_holds_nothing_of_the_reference() -> None:
    function, _ = _function("looks_around")
    assert function.with_references(REFERENCES)() == ["function", "half"]


def test_without_references_nobody_answers() -> None:
    function, space = _function("sums")
    assert space["half"].__name__ == "half"
    with pytest.raises(StudentError, match="not yet"):
        function.with_references({})(torch.tensor(2.0), generator=function.generator(1))


# --- states of generators: torch takes any numbers and reads on from where they say


def _draw(state: Any) -> dict[str, Any]:
    asked = {"name": "draw", "args": [3, Named(GENERATOR, {"state": state})], "kwargs": {}}
    return Beside(REFERENCES).answer(asked, {"args": [], "kwargs": {}})


@pytest.mark.parametrize("draws", [0, 1, 2, 623, 624, 625, 1248, 1249])
@pytest.mark.parametrize("how", [torch.rand, torch.randn, lambda n, generator: torch.randperm(n, generator=generator)])
def test_a_generator_goes_on_from_wherever_it_is(draws: int, how: Callable[..., torch.Tensor]) -> None:
    generator = torch.Generator().manual_seed(3)
    for _ in range(draws):
        how(1, generator=generator)
    how(draws, generator=generator)
    state = generator.get_state()
    assert torch.equal(_draw(state)["value"], torch.rand(3, generator=generator))


def _forged(left: int, place: int, seeded: int = 1) -> torch.Tensor:
    state = bytearray(torch.Generator().get_state().numpy().tobytes())
    STATE.pack_into(state, 0, 1, left, seeded, place)
    return torch.frombuffer(state, dtype=torch.uint8)


FORGED = {
    "left": _forged(624, 624), "next": _forged(1, 2**40), "both": _forged(2**31 - 1, 0), "less": _forged(-5, 630),
    "one more": _forged(1, 625), "unseeded": _forged(624, 1, 0), "short": torch.zeros(8, dtype=torch.uint8),
    "floats": torch.zeros(5056), "no tensor": "x",
    "long": torch.cat([_forged(624, 1), torch.zeros(8, dtype=torch.uint8)]),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_a_state_that_no_generator_reaches_is_refused(name: str) -> None:
    assert "error" in _draw(FORGED[name])
