"""What rounding decides: the same cases played again with inputs that differ in their last bit.

Where a function divides by an eigenvalue that is zero but for rounding, or asks whether 0.3 − 0.1 is 0.2, its answer
depends on the processor and on the order of a sum. Nothing may rest on such an observation, so it is found here, by
the judge for grades and by `build` for what students are checked with.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from steepest._checks import wire
from steepest._checks.agent import WHOLE, differentiated, listed, unwarned
from steepest._checks.calls import Function, StudentError
from steepest._checks.cases import EVERYTHING, Case, Result, play
from steepest._checks.compare import RELATIVE
from steepest._checks.content import build
from steepest._checks.generators import watched
from torch import Tensor

__all__ = ["DECIDED", "EDGE", "UNDECIDED", "Noise", "marked", "moved", "noise", "replays", "ways"]

# Shares of the tolerance. Another processor, or another way to write the function, may round a few times as badly;
# so up to DECIDED nobody sees more than EDGE, and beyond UNDECIDED nobody sees less. What lies between is in doubt.
DECIDED, EDGE, UNDECIDED = 0.03, 0.1, 0.3

Noise = Mapping[str, float]  # by observation, in units of the tolerance it is compared with

KEYS = (0x5851F42D4C957F2D, 0x2545F4914F6CDD1D)  # odd; each tells for every number whether it grows or shrinks
INTEGERS = {8: torch.int64, 4: torch.int32, 2: torch.int16}
SHORTER = {
    torch.float64: torch.float32,
    torch.float32: torch.float16,
    torch.float16: torch.bfloat16,
    torch.bfloat16: torch.float8_e4m3fn,
}


def noise(
    implementation: Callable[..., Any],
    name: str,
    ways: Sequence[Sequence[Case]],
    *,
    companions: Mapping[str, Any],
    device: str = "cpu",
) -> list[Noise]:
    """How far each observation moves when the inputs move by their last bit.

    Parameters
    ----------
    implementation : callable
        One of ours: it is called in this process, and not over the wire.
    name : str
        Under which a drive knows it.
    ways : sequence of sequence of Case
        Each case as it is, and moved, see `ways`.
    companions : mapping of str to callable
        What stands beside it.
    device : str
        Where it computes.

    Returns
    -------
    list of mapping
        For each case the noise of its observations; under `EVERYTHING` alone where the exception itself comes and
        goes, and empty where nothing can be moved or nothing is observed.
    """
    function = _Direct(name, {**companions, name: implementation}, device)
    return [_noise(_played(function, cases), cases[0]) if len(cases) > 1 else {} for cases in ways]


def replays(
    implementation: Callable[..., Any],
    name: str,
    ways: Sequence[Sequence[Case]],
    *,
    companions: Mapping[str, Any],
) -> list[list[Result]]:
    """For each case what comes of it as it is, and of each way to move its inputs; arguments as for `noise`."""
    function = _Direct(name, {**companions, name: implementation}, "cpu")
    return [_played(function, cases) for cases in ways]


def ways(cases: Sequence[Case]) -> list[list[Case]]:
    """Each case as it is, and then as `moved` gives it."""
    return [[case, *moved(case)] for case in cases]


def moved(case: Case) -> list[Case]:
    """The same case with its floating inputs moved by one unit in the last place; none where nothing may be moved.

    The moves come in pairs of opposites, of which one tips over what stands on an edge. Equal numbers move alike, and
    so do a number and its opposite: a tie stays a tie, a symmetric matrix stays symmetric. A number that half the
    digits hold exactly, such as 0, 1 or 0.25, stays: it is a label, a bound or a count, and was not measured.
    """
    if case.exact:
        return []
    inputs = [_moved(dict(case.inputs), key, outwards) for key in KEYS for outwards in (True, False)]
    return [replace(case, inputs=item) for item in inputs] if _is_moved(dict(case.inputs), inputs[0]) else []


def marked(results: Sequence[Result], noises: Sequence[Noise]) -> list[Result]:
    """Results without the observations that are noisier than `EDGE` of their tolerance; their names are kept."""
    return [_marked(result, noise) for result, noise in zip(results, noises, strict=False)]


def _marked(result: Result, noise: Noise) -> Result:
    names = tuple(name for name, size in noise.items() if size > EDGE)
    if not names:
        return result
    if EVERYTHING in names:
        return Result(undecided=names)
    kept = {name: value for name, value in result.observations.items() if name not in names}
    return replace(result, observations=kept, undecided=names)


# --- moving


def _moved(value: Any, key: int, outwards: bool) -> Any:
    if isinstance(value, Tensor):
        return _laid_out(value, lambda data: _nudged(data, key, outwards)) if value.is_floating_point() else value
    if isinstance(value, np.ndarray | np.floating):
        array = np.asarray(value)
        return _nudged(torch.from_numpy(array.copy()), key, outwards).numpy()[()] if array.dtype.kind == "f" else value
    if isinstance(value, float):
        return _nudged(torch.tensor(value, dtype=torch.float64), key, outwards).item()
    if isinstance(value, list | tuple):
        return type(value)(_moved(item, key, outwards) for item in value)
    if isinstance(value, dict):
        return {name: _moved(item, key, outwards) for name, item in value.items()}
    if isinstance(value, wire.Named):
        return wire.Named(value.name, _moved(dict(value.params), key, outwards))
    return value


def _nudged(data: Tensor, key: int, outwards: bool) -> Tensor:
    """Each number one unit in the last place further from zero or nearer to it, as its digits and the key say."""
    bits = data.view(INTEGERS[data.itemsize])
    digits = data.abs().view(INTEGERS[data.itemsize]).long()
    step = torch.where((digits * key < 0) == outwards, 1, -1).to(bits.dtype)
    stays = (data.to(SHORTER[data.dtype]).to(data.dtype) == data) | ~data.isfinite()
    return torch.where(stays, data, (bits + step).view(data.dtype))


def _laid_out(value: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
    """A tensor whose numbers are changed one by one, laid out in memory as the given one."""
    whole = torch.empty(0, dtype=value.dtype, device=value.device).set_(value.detach().untyped_storage())
    return change(whole).as_strided(value.shape, value.stride(), value.storage_offset())


def _is_moved(old: Any, new: Any) -> bool:
    if isinstance(old, Tensor):
        return not torch.equal(old.nan_to_num(), new.nan_to_num())
    if isinstance(old, np.ndarray):
        return bool(old.tobytes() != new.tobytes())
    if isinstance(old, list | tuple):
        return any(map(_is_moved, old, new))
    if isinstance(old, dict):
        return any(_is_moved(old[name], new[name]) for name in old)
    if isinstance(old, wire.Named):
        return _is_moved(dict(old.params), dict(new.params))
    return bool(old != new)


# --- playing


class _Direct(Function):
    """Calls a function of ours without the wire and without a look at what it changes: many times as fast."""

    def __init__(self, name: str, namespace: Mapping[str, Any], device: str) -> None:
        super().__init__(name, _NoTransport())
        self._namespace = namespace
        self._device = device
        self._calls = 0

    def companion(self, name: str) -> Function:
        return _Direct(name, self._namespace, self._device)

    def _request(self, request: dict[str, Any]) -> Any:
        if request["op"] == "names":
            return [name for name in request["names"] if name in self._namespace]
        if request["op"] == "generator":
            return torch.Generator(self._device).manual_seed(request["seed"])
        function = self._namespace[self.name]
        if request["op"] == "differentiate":
            return differentiated(function, self._copy(request["args"]), request["place"])["value"]
        play = self._in_turn if request["op"] == "series" else self._one
        self._calls += 1  # so that what draws from a global generator draws alike each time
        try:
            with watched(self._calls, given=False), unwarned():
                return play(function, request)
        except Exception as error:
            raise StudentError(str(error), kind=type(error).__name__) from error

    def _one(self, function: Callable[..., Any], request: dict[str, Any]) -> Any:
        times, part = request["times"], request["keep"]
        args, kwargs = self._copy(request["args"]), self._copy(request["kwargs"])
        results = [self._answer(function(*args, **kwargs), part) for _ in range(1 if times is None else times)]
        return results[0] if times is None else results

    def _in_turn(self, function: Callable[..., Any], request: dict[str, Any]) -> Any:
        first, results = self._copy(request["first"]), []
        for args, kwargs in self._copy(request["calls"]):
            result = function(first, *args, **kwargs)
            if request["chained"]:
                first = result
            else:
                results.append(self._copy(result))
        return _Kept(first) if request["chained"] else results

    def _answer(self, result: Any, part: int | None) -> Any:
        if part == WHOLE:
            return _Kept(result)
        if part is None or not isinstance(result, list | tuple):
            return self._copy(listed(result))
        return tuple(_Kept(item) if place == part else self._copy(item) for place, item in enumerate(result))

    def _copy(self, value: Any) -> Any:
        if isinstance(value, _Kept):
            return value.value
        if isinstance(value, Tensor):
            plain = value.layout is torch.strided and not value.is_meta
            return _laid_out(value, Tensor.clone).to(self._device) if plain else value
        if isinstance(value, np.ndarray):
            return value.copy()
        if isinstance(value, list | tuple):
            items = [self._copy(item) for item in value]
            return items if isinstance(value, list) else tuple(items)
        if isinstance(value, dict):
            return {name: self._copy(item) for name, item in value.items()}
        return build(value) if isinstance(value, wire.Named) else value


class _NoTransport:
    def exchange(self, frame: bytes) -> bytes:
        raise NotImplementedError


class _Kept:
    """Stands for what a drive hands back without a look at it, where the wire has a handle."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _played(function: Function, cases: Sequence[Case]) -> list[Result]:
    return [_plain(result) for result in play(function, cases)]


def _plain(result: Result) -> Result:
    """A result as it comes off the wire."""
    try:
        frame = wire.encode(dict(result.observations), hold=lambda value: wire.Handle(0, type(value).__name__))
    except wire.WireError:
        return Result(error="ResultError")
    return replace(result, observations=wire.decode(frame))


# --- how far apart


def _noise(results: Sequence[Result], case: Case) -> Noise:
    first = results[0]
    if any(result.error != first.error or list(result.observations) != list(first.observations) for result in results):
        return {EVERYTHING: math.inf}
    return {
        name: _apart([result.observations[name] for result in results], case.scale) / case.slack
        for name in first.observations
    }


def _apart(values: Sequence[Any], given: float) -> float:
    """How far values lie apart, in units of the tolerance without slack; infinitely where they differ in kind.

    `given` is the scale of the inputs, with which zeros are compared.
    """
    first = values[0]
    if any(type(value) is not type(first) for value in values):
        return math.inf
    if isinstance(first, Tensor):
        return _tensors_apart(values, given)
    if isinstance(first, np.ndarray | np.generic | float):
        return _tensors_apart([torch.as_tensor(value, dtype=_dtype(value)) for value in values], given)
    if isinstance(first, list | tuple):
        alike = all(len(value) == len(first) for value in values)
        return max((_apart(items, given) for items in zip(*values, strict=True)), default=0.0) if alike else math.inf
    if isinstance(first, dict):
        alike = all(list(value) == list(first) for value in values)
        return (
            max((_apart([value[key] for value in values], given) for key in first), default=0.0) if alike else math.inf
        )
    return 0.0 if all(value == first for value in values) else math.inf


def _dtype(value: Any) -> torch.dtype | None:
    return torch.float64 if type(value) is float else None


def _tensors_apart(values: Sequence[Tensor], given: float) -> float:
    dtype = values[0].dtype
    if any(value.dtype != dtype or value.shape != values[0].shape for value in values):
        return math.inf
    if all(torch.equal(value, values[0]) for value in values):
        return 0.0
    if dtype not in RELATIVE:
        return math.inf
    all_of = torch.stack([value.reshape(-1).double() for value in values])
    odd = torch.where(all_of.isfinite(), 0.0, all_of).nan_to_num(nan=0.5)
    if (odd != odd[0]).any():
        return math.inf
    all_of = torch.where(all_of.isfinite(), all_of, 0.0)
    apart, scale = float((all_of.amax(0) - all_of.amin(0)).max()), float(all_of.abs().amax(1).min())
    if not all_of[0].any():
        scale = given
    return apart / scale / RELATIVE[dtype] if scale > 0 else math.inf if apart > 0 else 0.0
