"""Drives that call a function again with the very tensors that it was given before."""

from __future__ import annotations

from typing import Any

import torch

from steepest._checks.calls import Function


def again(function: Function, *, output: str, **arguments: torch.Tensor) -> dict[str, Any]:
    """Call twice with the same objects; what the first call leaves on them, such as a gradient, shows in the second.

    Where the function changes values of its arguments this is seen as an effect, and the second call shows nothing.

    Parameters
    ----------
    output : str
        Name of the result.
    arguments : Tensor
        Arguments of both calls, in their order.
    """
    first = function(*arguments.values())
    second = function.repeat(2, *arguments.values())[1]
    return {output: first, f"{output} of a second call with the same tensors": first if function.effects else second}


DRIVES = {"again": again}
