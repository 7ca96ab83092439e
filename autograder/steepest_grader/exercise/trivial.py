"""Answers without work in them: whoever hands one in must not get full marks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from steepest_grader.exercise.model import Exercise

__all__ = ["TRIVIAL", "WRONG_SHAPE"]

Implementation = Callable[..., Any]


def _from_the_reference(change: Callable[[Any], Any]) -> Callable[[Exercise], Implementation]:
    """An answer of the right form, every part of which is changed."""

    def made(exercise: Exercise) -> Implementation:
        def implementation(*args: Any, **kwargs: Any) -> Any:
            result = exercise.reference(*args, **kwargs)
            return _each(change, list(result) if isinstance(result, Iterator) else result)

        return implementation

    return made


def _each(change: Callable[[Any], Any], value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(_each(change, item) for item in value)
    if isinstance(value, dict):
        return {key: _each(change, item) for key, item in value.items()}
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
        changed = change(torch.from_numpy(value.copy()))
        return changed.numpy() if isinstance(changed, torch.Tensor) else changed
    return change(value.item() if isinstance(value, np.generic) else value)


def _zero(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return torch.zeros_like(value)
    return type(value)() if isinstance(value, bool | int | float | str) else value


def _nan(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return torch.full_like(value, math.nan if value.is_floating_point() else 0)
    return math.nan if isinstance(value, int | float) else ""


def _nan_but_for_the_first(value: Any) -> Any:
    nothing = _nan(value)
    if isinstance(value, torch.Tensor):
        nothing.view(-1)[:1] = 0
    return nothing


def _garbage(exercise: Exercise) -> Implementation:
    """A first argument that is moved at random, and a state without parts."""

    def implementation(*args: Any, **kwargs: Any) -> Any:
        first = args[0] if args else None
        moved = 1.7 * first + 0.3 if isinstance(first, torch.Tensor | float) else 0.3
        return (moved, {}) if "state" in exercise.parameters else moved

    return implementation


def _empty(value: Any) -> Any:
    return value.new_empty(0) if isinstance(value, torch.Tensor) else "" if isinstance(value, str) else []


def _one_axis_more(value: Any) -> Any:
    return torch.stack([value, value]) if isinstance(value, torch.Tensor) else [value, value]


def _axes_exchanged(value: Any) -> Any:
    """Transposed; where that changes nothing, flattened, and where that changes nothing either, as a column."""
    if not isinstance(value, torch.Tensor):
        return [value]
    shapes = (value.mT if value.ndim > 1 else value, value.flatten(), value.flatten()[:, None])
    return next(other for other in shapes if other.shape != value.shape)


TRIVIAL: dict[str, Callable[[Exercise], Implementation]] = {
    "zeros": _from_the_reference(_zero),
    "NaN": _from_the_reference(_nan),
    "NaN but for a first number": _from_the_reference(_nan_but_for_the_first),
    "garbage with an empty state": _garbage,
    "empty": _from_the_reference(_empty),
    "no parts": lambda exercise: lambda *args, **kwargs: (),
    "None": lambda exercise: lambda *args, **kwargs: None,
    "a number": lambda exercise: lambda *args, **kwargs: 1.0,
    "the first argument": lambda exercise: lambda *args, **kwargs: args[0],
    "the second argument": lambda exercise: lambda *args, **kwargs: args[1] if len(args) > 1 else None,
    "the last argument": lambda exercise: lambda *args, **kwargs: [*args, *kwargs.values()][-1],
    "the first and the last argument": lambda exercise: lambda *args, **kwargs: (args[0], args[-1]),
    "all arguments": lambda exercise: lambda *args, **kwargs: args,
}
"""By name what makes the answer for an exercise; each must earn nothing."""

WRONG_SHAPE: dict[str, Callable[[Exercise], Implementation]] = {
    "one axis more": _from_the_reference(_one_axis_more),
    "axes exchanged": _from_the_reference(_axes_exchanged),
}
"""The right numbers in a wrong shape: some are named mistakes with partial credit, none gets full marks."""
