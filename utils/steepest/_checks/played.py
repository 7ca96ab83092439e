"""A case with what is wanted in it and what came of it, and how values of any kind are made numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from steepest._checks.cases import Case, Result
from steepest._checks.compare import RELATIVE, Measure, difference

NAMES_OF_OUTPUTS = ("output", "outputs")  # they say how a drive names what it sees, and are no inputs


@dataclass(frozen=True)
class Played:
    """A case, what is wanted in it, and what came of it."""

    case: Case
    want: Result
    got: Result
    parameters: Sequence[str] = ()

    @property
    def missing(self) -> list[str]:
        """What should have been observed and was not."""
        seen = {*self.got.observations, *self.got.undecided, *self.want.undecided}
        return [name for name in self.want.observations if name not in seen]

    @property
    def whole(self) -> bool:
        """Whether there is no exception, and nothing is missing."""
        return not self.got.error and not self.missing

    def pairs(self) -> Iterator[tuple[str, Any, Any]]:
        """Name, wanted and received value of what both sides observed and rounding does not decide."""
        for name, want in self.want.observations.items():
            if name in self.got.observations and name not in self.want.undecided:
                yield name, want, self.got.observations[name]

    def right(self, want: Any, got: Any) -> bool:
        """Whether a value is the wanted one."""
        return difference(want, got, Measure(self.case.slack, self.case.scale)) is None

    def close(self, left: Tensor, right: Tensor) -> bool:
        """Whether numbers agree, with the tolerance of the type that the case is played in."""
        if left.shape != right.shape:
            return False
        dtypes = [v.dtype for v in _tensors(self.want.observations) if v.is_floating_point()] or [torch.float64]
        slack = self.case.slack * max(RELATIVE.get(dtype, 1e-8) for dtype in dtypes) / RELATIVE[torch.float64]
        return difference(left.double(), right.double(), Measure(slack, self.case.scale)) is None

    def as_wanted(self) -> bool:
        """Whether everything is as it should be."""
        if self.want.error or self.got.error:
            return self.want.error == self.got.error
        unchanged = self.want.effects == self.got.effects
        return self.whole and unchanged and all(self.right(want, got) for _, want, got in self.pairs())

    @cached_property
    def given(self) -> Mapping[str, Any]:
        """What the function was given, by name."""
        return inputs_of(self.case, self.parameters)


def inputs_of(case: Case, parameters: Sequence[str]) -> dict[str, Any]:
    """What a drive was given, with the arguments of the function by their names where the drive hands them on."""
    inputs = {name: value for name, value in case.inputs.items() if name not in NAMES_OF_OUTPUTS}
    if case.drive == "stepper":
        first = inputs["steps"][0] if inputs["steps"] else {}
        state = {f"{key} of the state" if key in first else key: value for key, value in inputs["state"].items()}
        return {"theta": inputs["theta"], **state, **first}
    if "args" not in inputs:
        return inputs
    names = [*parameters, *(f"argument {place}" for place in range(len(parameters), 99))]
    return {**dict(zip(names, inputs["args"], strict=False)), **inputs.get("kwargs", {})}


def plain(value: Any) -> Tensor | None:
    """A number, or a tensor of numbers, in float64; None for anything else."""
    if isinstance(value, Tensor) and value.dtype != torch.bool and not value.is_complex():
        return value.detach().double()
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        return torch.tensor(float(value), dtype=torch.float64)
    return None


def _tensors(values: Mapping[str, Any]) -> Iterator[Tensor]:
    yield from (value for value in values.values() if isinstance(value, Tensor))


def unpacked(value: Any) -> torch.Tensor | None:
    """Numbers in any container as one tensor in float64."""
    try:
        if isinstance(value, torch.Tensor):
            return value.detach().cpu().double()
        if isinstance(value, np.ndarray | np.generic | int | float | bool):
            return torch.as_tensor(np.asarray(value, dtype=np.float64))
        if isinstance(value, list | tuple):
            parts = [unpacked(item) for item in value]
            return torch.stack([part for part in parts if part is not None]) if None not in parts else None
    except (RuntimeError, TypeError, ValueError):
        return None
    return None
