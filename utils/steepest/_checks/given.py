"""What a function is given, looked at before and after a call: what did it change that it should have left alone?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from steepest._checks.compare import same_bits


class Given:
    """Arguments as they are before a call.

    Parameters
    ----------
    args, kwargs : sequence, mapping
        What the function is called with.
    after : int
        How many arguments stand before these and are not looked at.
    """

    def __init__(self, args: Sequence[Any], kwargs: Mapping[str, Any], *, after: int = 0) -> None:
        self._values = [*args, *kwargs.values()]
        self._labels = [*(f"argument {place}" for place in range(after + 1, after + len(args) + 1)), *kwargs]
        self._before = [_snapshot(value) for value in self._values]
        self._asking = [_asks_for_gradients(value) for value in self._values]

    @property
    def generator(self) -> bool:
        """Whether one is among them."""
        return any(type(value) is torch.Generator for value in self._values)

    def changed(self) -> list[str]:
        """What is another now."""
        now = zip(self._labels, self._before, self._asking, self._values, strict=True)
        effects, asking = [], []
        for label, before, asked, value in now:
            if not same_bits(before, _snapshot(value)):
                effects.append(label)
            if _asks_for_gradients(value) != asked:
                asking.append(f"requires_grad of {label}")
        return effects + asking


def _snapshot(value: Any) -> Any:
    """Copy whatever can be changed in place; generators and functions may change."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, list | tuple):
        return [_snapshot(item) for item in value]
    if isinstance(value, dict):
        return {key: _snapshot(item) for key, item in value.items()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return None


def _asks_for_gradients(value: Any) -> int:
    """How many tensors ask for gradients."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return sum(map(_asks_for_gradients, value))
    return isinstance(value, torch.Tensor) and value.requires_grad
