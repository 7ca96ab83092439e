"""Inputs of cases, and what is said of steppers: what exercises of several lessons use.

Every function draws from the generator in the order in which its parts are named, so that the same seed gives the
same cases whoever calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from steepest_grader.exercise.model import Case
from torch import Tensor

State = dict[str, Any]
Step = Callable[..., tuple[Tensor, State]]
Start = Mapping[str, Callable[..., Tensor] | int]
Hyper = Mapping[str, float]


def normal(rng: np.random.Generator, *shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """Standard normal numbers."""
    return torch.from_numpy(np.asarray(rng.standard_normal(shape))).to(dtype)


def uniform(rng: np.random.Generator, low: float, high: float, *shape: int) -> Tensor:
    """Numbers between two bounds in float64."""
    return torch.from_numpy(np.asarray(rng.uniform(low, high, shape)))


def positive(rng: np.random.Generator, *shape: int) -> Tensor:
    """Numbers between 0.2 and 2 in float64."""
    return uniform(rng, 0.2, 2.0, *shape)


def zeros(rng: np.random.Generator, *shape: int) -> Tensor:
    """Zeros in float64; nothing is drawn."""
    return torch.zeros(shape, dtype=torch.float64)


def stepper_case(
    rng: np.random.Generator,
    name: str,
    state: Start,
    steps: Sequence[Hyper],
    *,
    shape: tuple[int, ...] = (4,),
    scale: Tensor | float = 1.0,
    turned: bool = False,
    dtype: torch.dtype = torch.float64,
    slack: float = 1.0,
) -> Case:
    """A case with normal gradients times `scale`; `turned` gives parameters that are not contiguous."""
    theta = normal(rng, *shape).to(dtype)
    if turned:
        theta = theta.T.contiguous().T
    begun = {key: kind(rng, *shape).to(dtype) if callable(kind) else kind for key, kind in state.items()}
    played = [{"grad": (scale * normal(rng, *shape)).to(dtype), **hyper} for hyper in steps]
    return Case(name, {"theta": theta, "state": begun, "steps": played}, "stepper", slack)


def entry_by_entry(step: Step) -> Step:
    """The same method, with a loop over the weights."""

    def each(theta: Tensor, grad: Tensor, state: State, **hyper: float) -> tuple[Tensor, State]:
        moved = torch.empty_like(theta)
        kept = {key: torch.empty_like(value) if torch.is_tensor(value) else value for key, value in state.items()}
        for place in torch.cartesian_prod(*(torch.arange(n) for n in (*theta.shape, 1))):
            at = tuple(place.tolist()[:-1])
            own = {key: value[at] if torch.is_tensor(value) else value for key, value in state.items()}
            moved[at], new = step(theta[at], grad[at], own, **hyper)
            for key, value in new.items():
                if torch.is_tensor(value):
                    kept[key][at] = value
                else:
                    kept[key] = value
        return moved, kept

    return each
