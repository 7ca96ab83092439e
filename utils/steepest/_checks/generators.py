"""The global generators around a judged call: whether it drew from one or seeded one, whatever was drawn before it.

Torch's generators, numpy's old one and Python's own are put where no notebook leaves them, and back again after the
call. So the same is seen in a notebook that has seeded them and in one that has not, and a notebook in which a function
is checked goes on as if it had not been.
"""

from __future__ import annotations

import contextlib
import ctypes
import random
import struct
import sys
import threading
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import torch

GENERATOR = "global generator"
SEED = "global seed"

UNUSUAL = 0x57EE9E57_C0FFEE  # no one seeds with it
TURNS = 16  # so many calls in a row begin differently: where a draw plays a role, two of them do not agree
WORDS = 624
STATE = 4 * (WORDS + 1)  # of a Mersenne twister, in bytes: its words, and how many of them are used up
PATH = 2**21
_HEAD = struct.Struct("=4I")
_ONE_AT_A_TIME = threading.RLock()  # a function that is judged may check another


@contextlib.contextmanager
def watched(turn: int, *, given: bool) -> Iterator[set[str]]:
    """Around a call: `SEED` where it seeds a global generator, `GENERATOR` where it draws from one.

    Drawing counts only where the call is `given` a generator to draw from: a function without one may build a layer
    whose weights it overwrites, and if what it draws plays a role, its results tell. Seeding always counts, since it
    changes what others draw. Who puts back what was there has done neither.

    Torch knows its seed. The others are Mersenne twisters, and one counts as seeded where it stands at none of the
    `PATH` numbers that follow its start; so it does also where it was drawn from after the seed. A call that draws
    more than these is said to have seeded, and one that gives torch the seed it has, to have drawn. Draws from Python's
    own do not count in a call that loads modules: some libraries draw while they are imported.

    Calls of several threads wait for each other. What other code does meanwhile is seen as well.

    Parameters
    ----------
    turn : int
        Number of the call: the same one begins alike every time, and neighbours begin differently.
    given : bool
        Whether a generator is among the arguments.

    Yields
    ------
    set of str
        Filled when the call has ended, also by an exception.
    """
    effects: set[str] = set()
    watches: list[_Torch | _Numpy | _Python] = []
    with _ONE_AT_A_TIME:
        try:
            turn %= TURNS
            watches += [_Torch(generator, UNUSUAL + turn) for generator in _torch_generators()]
            watches += [_Numpy(turn), _Python(turn)]
            yield effects
        finally:
            for watch in watches:
                effects.add(watch.restore())
            effects.discard("")
            if not given:
                effects.discard(GENERATOR)


class _Torch:
    def __init__(self, generator: torch.Generator, seed: int) -> None:
        self._generator, self._seed = generator, seed
        self._before = generator.get_state()
        generator.manual_seed(seed)
        self._start = _bytes(generator.get_state())

    def restore(self) -> str:
        seed, moved = self._generator.initial_seed(), _bytes(self._generator.get_state()) != self._start
        self._generator.set_state(self._before)
        return SEED if seed != self._seed else GENERATOR if moved else ""


class _Numpy:
    """Its state is read and written as it lies there: asking for it in words takes as long as a call."""

    def __init__(self, turn: int) -> None:
        self._found = np.random.get_bit_generator()  # type: ignore[attr-defined]
        if not isinstance(self._found, np.random.MT19937):  # someone has put another in its place
            np.random.set_bit_generator(np.random.MT19937())  # type: ignore[attr-defined]
        self._source = np.random.get_bit_generator()  # type: ignore[attr-defined]
        self._address: int = self._source.ctypes.state_address
        self._before = ctypes.string_at(self._address, STATE)
        # Normal numbers are drawn in pairs, and the second may wait, in a place that cannot be seen: it is taken out.
        first = np.random.standard_normal()
        self._waiting = first if ctypes.string_at(self._address, STATE) == self._before else None
        if self._waiting is None:
            np.random.standard_normal()
        self._start = _states()[turn]
        ctypes.memmove(self._address, self._start, STATE)

    def restore(self) -> str:
        same = np.random.get_bit_generator() is self._source  # type: ignore[attr-defined]
        after = ctypes.string_at(self._address, STATE)
        if not same:
            np.random.set_bit_generator(self._source)  # type: ignore[attr-defined]
        if same and after == self._start and self._waiting is None:
            ctypes.memmove(self._address, self._before, STATE)
        else:
            words = np.frombuffer(self._before, np.uint32)
            waits = self._waiting is not None
            np.random.set_state(("MT19937", words[:-1], int(words[-1]), int(waits), self._waiting or 0.0))
        if self._found is not self._source:
            np.random.set_bit_generator(self._found)  # type: ignore[attr-defined]
        if same and after == self._start:
            return ""
        return GENERATOR if same and after[: _HEAD.size] in _path() else SEED


class _Python:
    def __init__(self, turn: int) -> None:
        self._before, self._modules = random.getstate(), len(sys.modules)
        start, self._next = _python_states()[turn]
        random.setstate(start)

    def restore(self) -> str:
        moved = random.getrandbits(64) != self._next  # a tenth of the time that comparing its state takes
        head = _HEAD.pack(*random.getstate()[1][:4]) if moved else b""
        random.setstate(self._before)
        if moved and head not in _path():
            return SEED
        return GENERATOR if moved and len(sys.modules) <= self._modules else ""


def _torch_generators() -> list[torch.Generator]:
    of_devices = torch.cuda.default_generators if torch.cuda.is_initialized() else ()  # type: ignore[no-untyped-call]
    return [torch.default_generator, *of_devices]


def _bytes(state: torch.Tensor) -> bytes:
    return state.numpy().tobytes()


def _twister() -> Iterator[bytes]:
    """States of one and the same Mersenne twister, each when the words of the one before are used up."""
    source = np.random.MT19937(UNUSUAL)
    while True:
        source.random_raw(WORDS, False)
        yield ctypes.string_at(source.ctypes.state_address, STATE - 4) + WORDS.to_bytes(4, sys.byteorder)


@cache
def _states() -> list[bytes]:
    return [state for _, state in zip(range(TURNS), _twister(), strict=False)]


@cache
def _python_states() -> list[tuple[tuple[Any, ...], int]]:
    """The same for `random`, each with what is drawn first from it."""
    found = []
    for state in _states():
        start = (random.Random.VERSION, struct.unpack(f"={WORDS + 1}I", state), None)
        source = random.Random()
        source.setstate(start)
        found.append((start, source.getrandbits(64)))
    return found


@cache
def _path() -> frozenset[bytes]:
    """How the words begin, there and at the next `PATH` numbers."""
    return frozenset(state[: _HEAD.size] for _, state in zip(range(TURNS + PATH // WORDS), _twister(), strict=False))
