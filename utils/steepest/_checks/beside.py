"""References of other functions that a student's function calls, for a second look where those are wrong.

No reference enters the student's process: a stand-in there asks the judge, who answers with values. What is asked comes
from a student's process, so its size is bounded, and so is how often it is asked.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any

import torch

from steepest._checks import content, wire

MAX_ASKED = 10_000
MAX_NUMBER = 100_000
GIVEN, GENERATOR = "given", "generator"
# How a state of torch's Mersenne Twister begins: seed, how many numbers are left, whether it is seeded, which is next.
STATE, NUMBERS = struct.Struct("<QiiQ"), 624
_ABSENT = object()

Ask = Callable[[dict[str, Any]], dict[str, Any]]  # brings a question to the judge and an answer back


class Beside:
    """The judge's side: answers with what the references give.

    Parameters
    ----------
    references : mapping of str to callable
        By the name under which a student's function calls them.
    """

    def __init__(self, references: Mapping[str, Callable[..., Any]]) -> None:
        self._references = references
        self._asked = 0

    @property
    def names(self) -> list[str]:
        """What can be asked for."""
        return list(self._references)

    def answer(self, asked: Any, request: Mapping[str, Any]) -> dict[str, Any]:
        """Call a reference as a stand-in was called, while a request is under way; never raises for what was asked."""
        self._asked += 1
        try:
            if self._asked > MAX_ASKED:
                raise ValueError(f"it is called more than {MAX_ASKED} times")
            given = list(functions((request["args"], request["kwargs"])))
            generators: list[torch.Generator] = []
            args = [_understood(value, given, generators) for value in asked["args"]]
            kwargs = {name: _understood(value, given, generators) for name, value in asked["kwargs"].items()}
            value = self._references[asked["name"]](*args, **kwargs)
            value = list(value) if isinstance(value, Iterator) else value
            wire.encode(value)
        except Exception as error:  # noqa: BLE001 - whatever comes of odd arguments is told
            return {"error": f"{type(error).__name__}: {error}"[:500]}
        return {"value": value, "states": [generator.get_state() for generator in generators]}


def _understood(value: Any, given: Sequence[wire.Named], generators: list[torch.Generator]) -> Any:
    """An argument of a stand-in as the reference can take it."""
    if isinstance(value, wire.Named) and value.name == GIVEN:
        return content.build(given[value.params["number"]])
    if isinstance(value, wire.Named) and value.name == GENERATOR:
        generators.append(_in_state(value.params["state"]))
        return generators[-1]
    if isinstance(value, wire.Named | wire.Handle):
        raise ValueError("this cannot be handed on")
    if isinstance(value, torch.Tensor) and value.numel() > MAX_NUMBER:
        raise ValueError(f"a tensor of {value.numel()} entries is too large")
    if isinstance(value, int | float) and abs(value) > MAX_NUMBER:
        raise ValueError(f"{value} is too large")
    if isinstance(value, list | tuple):
        return type(value)(_understood(item, given, generators) for item in value)
    return value


def _in_state(state: Any) -> torch.Generator:
    """A generator in a state that a generator can reach: torch believes any numbers, and would read beyond its own."""
    if not isinstance(state, torch.Tensor) or state.dtype is not torch.uint8 or state.numel() < STATE.size:
        raise ValueError("this is no state of a generator")
    _, left, seeded, place = STATE.unpack_from(state.numpy().tobytes())
    fresh = (left, place) == (1, 0)
    if seeded != 1 or not (fresh or (1 <= place <= NUMBERS and left + place == NUMBERS + 1)):
        raise ValueError("this is no state of a generator")
    return torch.Generator().set_state(state)


def functions(value: Any) -> Iterator[wire.Named]:
    """The public functions among arguments, in the order in which both sides count them."""
    if isinstance(value, wire.Named):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from functions(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from functions(item)


@contextlib.contextmanager
def stand_ins(function: Any, names: Sequence[str], given: Sequence[Any], ask: Ask) -> Iterator[None]:
    """On the student's side, put functions that ask in the place of those of these names, for the time of a call.

    Parameters
    ----------
    function : callable
        The student's function, whose globals are changed.
    names : sequence of str
        What is replaced.
    given : sequence of callable
        The public functions that the call was given, as `functions` counts them.
    ask : Ask
    """
    space: MutableMapping[str, Any] = getattr(function, "__globals__", {})
    kept = {name: space.get(name, _ABSENT) for name in names}
    space.update({name: _stand_in(name, given, ask) for name in names})
    try:
        yield
    finally:
        for name, value in kept.items():
            if value is _ABSENT:
                space.pop(name, None)
            else:
                space[name] = value


def _stand_in(name: str, given: Sequence[Any], ask: Ask) -> Callable[..., Any]:
    def stand_in(*args: Any, **kwargs: Any) -> Any:
        generators = [value for value in (*args, *kwargs.values()) if isinstance(value, torch.Generator)]
        asked = {
            "name": name,
            "args": [_told(value, given) for value in args],
            "kwargs": {key: _told(value, given) for key, value in kwargs.items()},
        }
        answer = ask(asked)
        if "error" in answer:
            raise RuntimeError(f"`{name}` of the course refuses this: {answer['error']}")
        for generator, state in zip(generators, answer["states"], strict=True):
            generator.set_state(state)
        return answer["value"]

    stand_in.__name__ = name
    return stand_in


def _told(value: Any, given: Sequence[Any]) -> Any:
    """An argument as it can travel."""
    if isinstance(value, torch.Generator):
        return wire.Named(GENERATOR, {"state": value.get_state()})
    for number, function in enumerate(given):
        if value is function:
            return wire.Named(GIVEN, {"number": number})
    return value.detach() if isinstance(value, torch.Tensor) else value
