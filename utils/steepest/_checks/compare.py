"""Comparison of what a function gave with what it should have given.

The tolerance follows the floating type and the scale of the expected value, so that honest rounding passes
and zeros do not. Where nothing but zeros is expected it follows the scale of what the function was given.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from steepest._checks.wire import Handle, Named, shown_name

RELATIVE = {
    torch.float64: 1e-8,
    torch.float32: 2e-5,
    torch.float16: 1e-2,
    torch.bfloat16: 4e-2,
}
FLOOR = 1e-300  # two numbers that are both 0 are close
LARGEST = sys.float_info.max
FEW = 32  # numbers, up to which Python is faster than torch


@dataclass(frozen=True)
class Measure:
    """How two values are compared.

    Attributes
    ----------
    slack : float
        Multiplies the tolerance, for answers that are badly conditioned.
    scale : float
        Largest number that the function was given: what rounding leaves of a sum that is 0 follows it.
    any_dtype : bool
        Whether another floating type is let pass (at the coarser type's tolerance).
    finite : bool
        Whether only those numbers count that are finite on both sides.
    reveal : bool
        Whether the sentence may show the two values.
    """

    slack: float = 1.0
    scale: float = 1.0
    any_dtype: bool = False
    finite: bool = False
    reveal: bool = True


EXACT = Measure()


def difference(expected: Any, actual: Any, measure: Measure = EXACT) -> str | None:
    """Say how a value differs from the expected one.

    Parameters
    ----------
    expected, actual : object
        Values as they come off the wire.
    measure : Measure
        How they are compared.

    Returns
    -------
    str or None
        The end of a sentence that begins with the value's name, or None where the two agree.
    """
    if isinstance(expected, torch.Tensor):
        return _tensor_difference(expected, actual, measure)
    if isinstance(expected, list | tuple):
        return _sequence_difference(expected, actual, measure)
    if isinstance(expected, dict):
        return _dict_difference(expected, actual, measure)
    if isinstance(expected, Handle):  # its number says how many were held before
        alike = isinstance(actual, Handle) and actual.type_name == expected.type_name
        return None if alike else _values(expected, actual, measure.reveal)
    number = _number(actual)
    if isinstance(expected, bool) or not isinstance(expected, int | float):
        plain = actual.item() if isinstance(actual, np.bool_) or _is_flag(actual) else actual
        return None if same_bits(plain, expected) else _values(expected, actual, measure.reveal)
    if number is None:
        return f"is {type_name(actual)}, expected a number"
    value, dtype = number
    relative = _relative(torch.float64, dtype, measure)
    if isinstance(expected, int):
        return None if value == expected else _values(expected, value, measure.reveal)
    reference = torch.tensor([expected], dtype=torch.float64)
    if _close(reference, torch.tensor([value], dtype=torch.float64), relative, measure):
        return None
    return _values(expected, value, measure.reveal)


def rounding(dtype: torch.dtype) -> float:
    """How far a result of a type of its own may be off: who chooses a coarse one is not let off for it."""
    return min(RELATIVE.get(dtype, 1e-8), RELATIVE[torch.float32])


def _relative(asked: torch.dtype, chosen: torch.dtype, measure: Measure) -> float:
    """The tolerance of a case; where it asks for more digits than a type of one's own holds, the rounding of that.

    The slack is that of the type that is asked for: times a coarse type's rounding it would let half-done work pass.
    """
    own = rounding(chosen) if chosen != asked else 0.0
    return max(measure.slack * RELATIVE[asked], own)


def same_bits(left: Any, right: Any) -> bool:
    """Whether two values are the same in structure, type and every entry, a NaN being the same as a NaN."""
    if type(left) is not type(right):
        return False
    if isinstance(left, torch.Tensor):
        return (
            left.dtype == right.dtype
            and left.shape == right.shape
            and bool(((left == right) | ((left != left) & (right != right))).all())
        )
    if isinstance(left, np.ndarray):
        same = left.dtype == right.dtype and left.shape == right.shape
        return bool(same and left.tobytes() == right.tobytes())
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same_bits, left, right))
    if isinstance(left, dict):
        return list(left) == list(right) and all(same_bits(left[key], right[key]) for key in left)
    if isinstance(left, Named):  # whose parameters can be tensors
        return left.name == right.name and same_bits(dict(left.params), dict(right.params))
    return bool(left == right or left != left)


def _tensor_difference(expected: torch.Tensor, actual: Any, measure: Measure) -> str | None:
    if not isinstance(actual, torch.Tensor):
        return f"is {type_name(actual)}, expected a torch.Tensor"
    if actual.shape != expected.shape:
        return f"has shape {tuple(actual.shape)}, expected {tuple(expected.shape)}"
    floating = actual.is_floating_point() and expected.is_floating_point()
    if actual.dtype != expected.dtype and not (measure.any_dtype and floating):
        return f"has type {_dtype_name(actual)}, expected {_dtype_name(expected)}"
    if not expected.is_floating_point():
        return None if torch.equal(expected, actual) else _values(expected, actual, measure.reveal)
    if _close(expected.double(), actual.double(), _relative(expected.dtype, actual.dtype, measure), measure):
        return None
    return _values(expected, actual, measure.reveal)


def _close(expected: torch.Tensor, actual: torch.Tensor, relative: float, measure: Measure) -> bool:
    if measure.finite:
        both = expected.isfinite() & actual.isfinite()
        expected, actual = expected[both], actual[both]
    if expected.numel() <= FEW:
        return _few_close(expected.reshape(-1).tolist(), actual.reshape(-1).tolist(), relative, measure)
    finite = expected[expected.isfinite()]
    scale = (float(finite.abs().max()) if finite.numel() else 0.0) or measure.scale
    absolute = max(relative * scale, FLOOR)
    return bool(torch.isclose(actual, expected, rtol=relative, atol=absolute, equal_nan=True).all())


def _few_close(expected: list[float], actual: list[float], relative: float, measure: Measure) -> bool:
    """The same of a few numbers, for which torch takes ten times as long."""
    scale = max((abs(want) for want in expected if math.isfinite(want)), default=0.0) or measure.scale
    absolute = max(relative * scale, FLOOR)
    return all(
        got == want or (got != got and want != want) or abs(got - want) <= min(absolute + abs(relative * want), LARGEST)
        for want, got in zip(expected, actual, strict=True)
    )


def _sequence_difference(expected: list[Any] | tuple[Any, ...], actual: Any, measure: Measure) -> str | None:
    if not isinstance(actual, list | tuple):
        return f"is {type_name(actual)}, expected a {type(expected).__name__} of {len(expected)}"
    if len(actual) != len(expected):
        return f"has {len(actual)} items, expected {len(expected)}"
    for position, (want, got) in enumerate(zip(expected, actual, strict=True)):
        said = difference(want, got, measure)
        if said:
            return f"at position {position} {said}"
    return None


def _dict_difference(expected: dict[str, Any], actual: Any, measure: Measure) -> str | None:
    if not isinstance(actual, dict):
        return f"is {type_name(actual)}, expected a dict"
    for key, want in expected.items():
        if key not in actual:
            return f"has no {key!r}"
        said = difference(want, actual[key], measure)
        if said:
            return f"under {key!r} {said}"
    return None


def _number(value: Any) -> tuple[float, torch.dtype] | None:
    if isinstance(value, torch.Tensor) and value.numel() == 1 and value.dtype != torch.bool:
        return float(value.item()), value.dtype
    if isinstance(value, np.number | np.ndarray) and value.size == 1 and value.dtype.kind in "iuf":
        return float(value.item()), torch.float32 if value.dtype.itemsize < 8 else torch.float64
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value), torch.float64
    return None


def _is_flag(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.dtype == torch.bool and value.numel() == 1


def type_name(value: Any) -> str:
    """Say what something from the other side is, to end a sentence that begins with "it is"."""
    if isinstance(value, Handle):
        return f"of type {value.type_name}"
    return "None" if value is None else f"of type {type(value).__name__}"


def _dtype_name(value: torch.Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")


def _values(expected: Any, actual: Any, reveal: bool) -> str:
    if not reveal:
        return "is wrong"
    want, got = show_apart(expected, actual)
    return f"is {got}, expected {want}"


def show_apart(expected: Any, actual: Any) -> tuple[str, str]:
    """Write two values shortly, but with what sets them apart: later entries, more digits, or their types."""
    for start in (0, _apart(expected, actual)):
        for digits in (4, 7, 17):
            want, got = (show(value, digits=digits, start=start) for value in (expected, actual))
            if want != got:
                return want, got
    return f"{want} ({_kind(expected)})", f"{got} ({_kind(actual)})"


def _apart(expected: Any, actual: Any) -> int:
    """Where two sequences differ: tensors most, all others first."""
    if isinstance(expected, torch.Tensor) and isinstance(actual, torch.Tensor) and expected.numel() == actual.numel():
        wide = torch.complex128 if expected.is_complex() or actual.is_complex() else torch.float64
        apart = (expected.detach().reshape(-1).to(wide) - actual.detach().reshape(-1).to(wide)).abs()
        return int(apart.nan_to_num(nan=math.inf).argmax()) if apart.numel() else 0
    if isinstance(expected, list | tuple) and isinstance(actual, list | tuple):
        pairs = zip(expected, actual, strict=False)
        return next((place for place, pair in enumerate(pairs) if show(pair[0]) != show(pair[1])), 0)
    return 0


def _kind(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"{_dtype_name(value)} of shape {tuple(value.shape)}"
    return f"{type(value).__name__} of {len(value)}" if isinstance(value, list | tuple) else type(value).__name__


def show(value: Any, *, digits: int = 4, start: int = 0) -> str:
    """Write a value shortly: at most six entries of a tensor from `start` on, with so many significant digits."""
    if isinstance(value, torch.Tensor):
        flat = value.detach().reshape(-1)
        if flat.numel() == 1 and not value.ndim:
            return show(flat.tolist()[0], digits=digits)
        shape = f" of shape {tuple(value.shape)}" if value.ndim > 1 else ""
        return f"{_entries(flat[start : start + 6].tolist(), flat.numel(), digits, start)}{shape}"
    if isinstance(value, float):
        return f"{value:.{digits}g}"
    if isinstance(value, list | tuple):
        return _entries(value[start : start + 6], len(value), digits, start)
    if isinstance(value, dict):
        return f"{{{', '.join(f'{shown_name(key)}: {show(item, digits=digits)}' for key, item in value.items())}}}"[
            :2000
        ]
    if isinstance(value, Named):
        params = ", ".join(f"{shown_name(key)}={show(item)}" for key, item in value.params.items())
        return f"{shown_name(value.name)}({params})"
    if isinstance(value, Handle):
        return f"something of type {value.type_name}"
    return repr(value)[:200]


def _entries(items: Sequence[Any], total: int, digits: int, start: int) -> str:
    shown = [show(item, digits=digits) for item in items]
    return f"[{', '.join((['…'] if start else []) + shown + (['…'] if start + len(items) < total else []))}]"
