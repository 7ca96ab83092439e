"""What the exercises of `06_adaptive_methods` share: cases of a stepper, hints, and one way to write any stepper."""

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

UPHILL = "This climbs: the gradient points uphill, so the step is subtracted from theta."
STATE_KEPT = "The state that came in is returned. Return the new one, or the next step forgets this gradient."
INSIDE = (
    "eps stands inside the root. Where the root is small against eps, the steps are longer or shorter than the"
    " lesson's."
)
NO_EPS = "eps is not used. A weight whose gradients have all been 0 is then divided by 0 and becomes nan."
ONE_FOR_ALL = (
    "All weights share one sum, so they share one rate. Square and add entry by entry: each weight has its own"
    " scale, and that is the point of the method."
)
COUNT_KEPT = "t is returned as it came, so every step is corrected as if it were the first. Return t + 1."
LATE_COUNT = (
    "The correction counts one step too few. t is the number of steps already taken, so the first call sees 0"
    " and must correct by 1 - rho**1."
)


def normal(rng: np.random.Generator, *shape: int) -> Tensor:
    """Standard normal numbers in float64."""
    return torch.from_numpy(rng.standard_normal(shape))


def positive(rng: np.random.Generator, *shape: int) -> Tensor:
    """Numbers between 0.2 and 2 in float64."""
    return torch.from_numpy(rng.uniform(0.2, 2.0, shape))


def zeros(rng: np.random.Generator, *shape: int) -> Tensor:
    """Zeros in float64."""
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


def accumulating_cases(
    rng: np.random.Generator,
    *,
    start: Start,
    moving: Start,
    usual: Hyper,
    changing: Sequence[Hyper],
    small: float = 1e-8,
) -> Sequence[Case]:
    """Cases of a method that divides by what it has accumulated, with ε."""
    tiny = {**usual, "eps": small}
    scales = torch.logspace(-3, 2, 6, dtype=torch.float64)
    silent = torch.tensor([1.0, 0.0, 1.0, 0.0], dtype=torch.float64)
    return [
        stepper_case(rng, "from the start", start, [usual] * 3),
        stepper_case(rng, "already under way", moving, [usual] * 2),
        stepper_case(rng, "gradients of very different scale", start, [tiny] * 3, shape=(6,), scale=scales),
        stepper_case(rng, "a weight whose gradient is always 0", start, [tiny] * 2, scale=silent),
        stepper_case(rng, "a large eps", start, [{**usual, "eps": 0.5}] * 3),
        stepper_case(rng, "the hyperparameters change between steps", moving, changing, shape=(3,)),
        stepper_case(rng, "a non-contiguous matrix of parameters", start, [usual] * 2, shape=(3, 2), turned=True),
        stepper_case(rng, "float32", start, [usual] * 2, shape=(5,), dtype=torch.float32, slack=10),
    ]


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
