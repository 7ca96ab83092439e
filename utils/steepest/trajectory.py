"""Run any stepper from any start and keep the points it visits."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

__all__ = ["METHODS", "init_state", "run", "steps_to_reach"]

Gradient = Callable[[Tensor], Tensor]
Hyperparameter = float | Callable[[int], float]

ZERO, FIRST_RATE, COUNT = "zero", "first rate", "count"

METHODS: dict[str, dict[str, str]] = {
    "gd": {},
    "momentum": {"velocity": ZERO},
    "nesterov": {"velocity": ZERO},
    "delta_bar_delta": {"rate": FIRST_RATE, "bar": ZERO},
    "rprop": {"step": FIRST_RATE, "grad": ZERO},
    "quickprop": {"delta": ZERO, "grad": ZERO},
    "adagrad": {"sum_squares": ZERO},
    "rmsprop": {"mean_square": ZERO},
    "adadelta": {"mean_square": ZERO, "mean_delta": ZERO},
    "adam": {"s": ZERO, "r": ZERO, "t": COUNT},
    "adamax": {"s": ZERO, "u": ZERO, "t": COUNT},
    "nadam": {"s": ZERO, "r": ZERO, "t": COUNT},
    "adamw": {"s": ZERO, "r": ZERO, "t": COUNT},
}
"""What each method remembers between steps, and how that starts."""


def init_state(method: str, theta: Tensor, *, rate: float = 0.01) -> dict[str, Any]:
    """The state with which a method takes its first step.

    Parameters
    ----------
    method : str
        A method's name, ``"momentum"``, or its exercise's, ``"momentum_step"``.
    theta : Tensor
        The starting point or points; the state gets its shape, type and device.
    rate : float
        The first rate of every weight, in methods that give each weight its own.

    Returns
    -------
    dict
        Tensors, and under ``"t"`` the number of steps taken, 0.

    Raises
    ------
    ValueError
        If no method has this name.

    Examples
    --------
    >>> init_state("momentum", torch.ones(2))
    {'velocity': tensor([0., 0.])}
    """
    name = method.removesuffix("_step")
    if name not in METHODS:
        raise ValueError(f"`method` must be one of {', '.join(METHODS)}. Got {method!r}.")
    start: dict[str, Callable[[], Any]] = {
        ZERO: lambda: torch.zeros_like(theta),
        FIRST_RATE: lambda: torch.full_like(theta, rate),
        COUNT: lambda: 0,
    }
    return {key: start[kind]() for key, kind in METHODS[name].items()}


def run(
    step: Callable[..., tuple[Tensor, dict[str, Any]]],
    gradient: Gradient,
    theta: Tensor,
    *,
    state: Mapping[str, Any],
    n_steps: int,
    **hyper: Hyperparameter,
) -> Tensor:
    """Take `n_steps` steps and return every point on the way.

    Parameters
    ----------
    step : callable
        ``step(theta, grad, state, **hyper) -> (theta, state)``. If its second parameter is called
        ``grad_fn``, it is given the gradient function instead of a gradient, as Nesterov's method needs.
    gradient : callable
        Maps points to gradients of the same shape: ``landscape.gradient``, or any function.
    theta : Tensor, shape (..., d)
        The starting point, or a batch of them.
    state : mapping
        The method's state before the first step; see `init_state`.
    n_steps : int
        How many steps to take.
    **hyper : float or callable
        Hyperparameters of the step. A callable maps the number of the step, from 0, to the value: a schedule.

    Returns
    -------
    Tensor, shape (n_steps + 1, ..., d)
        The start and the point after every step; what runs away becomes inf or nan.

    Raises
    ------
    TypeError
        If `step` does not return a point and a state.

    Examples
    --------
    >>> from steepest.landscapes import quadratic
    >>> def gd_step(theta, grad, state, *, lr):
    ...     return theta - lr * grad, state
    >>> run(gd_step, quadratic(1).gradient, torch.tensor([2.0, 1.0]), state={}, n_steps=2, lr=0.5)[-1]
    tensor([0.5000, 0.2500])
    """
    takes_function = list(inspect.signature(step).parameters)[1:2] == ["grad_fn"]
    memory = dict(state)
    points = [theta.detach()]
    for number in range(n_steps):
        values = {name: value(number) if callable(value) else value for name, value in hyper.items()}
        answer = step(theta, gradient if takes_function else gradient(theta), memory, **values)
        if not isinstance(answer, tuple) or len(answer) != 2 or not isinstance(answer[1], dict):
            raise TypeError(
                f"`step` must return (theta, state), state being a dict. Got {_kind(answer)}. "
                "Is the `return` missing, or the state?"
            )
        theta, memory = answer
        points.append(theta.detach())
    return torch.stack(points)


def steps_to_reach(distances: Tensor, tolerance: float) -> int | None:
    """Number of steps after which a series stays at or under a tolerance; None where it never does.

    Parameters
    ----------
    distances : Tensor, shape (n_steps + 1,)
        One value for the start and one after every step.
    tolerance : float
        What counts as arrived.

    Examples
    --------
    >>> steps_to_reach(torch.tensor([4.0, 0.5, 2.0, 0.9, 0.3]), 1.0)
    3
    """
    outside = (~(distances <= tolerance)).nonzero()  # nan is outside
    first = int(outside[-1]) + 1 if len(outside) else 0
    return first if first < len(distances) else None


def _kind(answer: object) -> str:
    if isinstance(answer, tuple):
        return f"a tuple of {', '.join(type(item).__name__ for item in answer)}"
    return "None" if answer is None else f"a {type(answer).__name__}"
