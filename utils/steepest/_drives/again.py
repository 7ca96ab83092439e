"""Drives that call a function again with the very tensors that it was given before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from steepest._checks.calls import Function


def again(function: Function, *, args: Sequence[Any], kwargs: Mapping[str, Any], output: str) -> dict[str, Any]:
    """Call twice with the same objects; what the first call leaves on them, such as a gradient, shows in the second.

    Where the function changes values of its arguments this is seen as an effect, and the second call shows nothing.

    Parameters
    ----------
    args, kwargs : sequence, mapping
        Arguments of both calls.
    output : str
        Name of the result.
    """
    first = function(*args, **kwargs)
    second = function.repeat(2, *args, **kwargs)[1]
    return {output: first, f"{output} of a second call with the same tensors": first if function.effects else second}


DRIVES = {"again": again}
