"""Functions that an exercise can hand to a student's function by name.

A callable argument never crosses a process as code: the judge sends `Named(name, params)`, and the other side
builds the function again from this table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from steepest.activations import activation

__all__ = [
    "CALLABLES",
    "least_squares_gradient",
    "linear_predictor",
    "pinball_error",
    "quadratic_gradient",
    "squared_error",
    "tanh_energy",
    "visit_log_gradient",
]


def quadratic_gradient(matrix: torch.Tensor, center: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
    """Gradient of the quadratic ½ (θ − c)ᵀ A (θ − c).

    Parameters
    ----------
    matrix : Tensor, shape (n, n)
        The symmetric Hessian A.
    center : Tensor, shape (n,)
        The critical point c.

    Returns
    -------
    callable
        Maps θ of shape (n,) to A (θ − c).
    """

    def grad_fn(theta: torch.Tensor) -> torch.Tensor:
        return matrix @ (theta - center)

    return grad_fn


def least_squares_gradient() -> Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]:
    """Gradient of the mean of (xᵀθ − y)² over the rows that it is given.

    Returns
    -------
    callable
        Maps θ of shape (d,), rows of shape (m, d) and targets of shape (m,) to a gradient of shape (d,).
    """

    def grad_fn(theta: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return 2 * x.T @ (x @ theta - y) / len(x)

    return grad_fn


def visit_log_gradient(base: float) -> Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]:
    """Gradient of no loss at all: with a learning rate of 1, descent turns θ into a log of who was used.

    For n examples θ has n + 2 entries and starts at zero. Entry i lists, as digits in base `base`, the
    numbers (from 1) of the steps that used example i; the last but one counts rows that met another row's
    target; the last counts steps.

    Parameters
    ----------
    base : float
        More than the number of steps; base to the power of the visits of an example must stay below 2⁵³.

    Returns
    -------
    callable
        Maps θ of shape (n + 2,), one-hot rows of shape (m, n) and their numbers of shape (m,) to (n + 2,).
    """

    def grad_fn(theta: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        step = theta[-1:] + 1
        digits = x.sum(0) * ((base - 1) * theta[:-2] + step)
        mismatches = (x.argmax(1) != y).sum().to(theta).reshape(1)
        return -torch.cat([digits, mismatches, torch.ones_like(step)])

    return grad_fn


def linear_predictor(theta: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
    """A linear model with fixed parameters.

    Parameters
    ----------
    theta : Tensor, shape (d,) or (d, k)
        Weights, one column for each output.

    Returns
    -------
    callable
        Maps rows of shape (n, d) to predictions of shape (n,) or (n, k).
    """

    def predict(x: torch.Tensor) -> torch.Tensor:
        return x @ theta

    return predict


def squared_error() -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """The squared distance between prediction and target, for each example.

    Returns
    -------
    callable
        Maps predictions and targets, both of shape (n,) or (n, k), to losses of shape (n,).
    """

    def loss(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        squares = (prediction - target).square()
        return squares.sum(dim=1) if squares.ndim > 1 else squares

    return loss


def pinball_error(share: float) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """The loss whose best constant prediction is a quantile: errors to the two sides cost differently.

    Parameters
    ----------
    share : float
        Cost of a unit by which the prediction is too low; 1 − share is that of one by which it is too high.

    Returns
    -------
    callable
        Maps predictions and targets of shape (n,) to losses of shape (n,).
    """

    def loss(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        short = target - prediction
        return torch.maximum(share * short, (share - 1) * short)

    return loss


def tanh_energy(matrix: torch.Tensor, shift: torch.Tensor | float = 0.0) -> Callable[[torch.Tensor], torch.Tensor]:
    """The loss ½‖tanh(Mθ + c)‖², which curves upwards in some places and downwards in others.

    Parameters
    ----------
    matrix : Tensor, shape (m, n)
        The weights M.
    shift : Tensor, shape (m,), or float
        The shift c; without it the loss is the same at θ and −θ.

    Returns
    -------
    callable
        Maps θ of any shape with n entries to a scalar.
    """

    def f(theta: torch.Tensor) -> torch.Tensor:
        return 0.5 * torch.tanh(matrix @ theta.reshape(-1) + shift).square().sum()

    return f


CALLABLES: dict[str, Callable[..., Callable[..., Any]]] = {
    "quadratic_gradient": quadratic_gradient,
    "least_squares_gradient": least_squares_gradient,
    "visit_log_gradient": visit_log_gradient,
    "linear_predictor": linear_predictor,
    "squared_error": squared_error,
    "pinball_error": pinball_error,
    "tanh_energy": tanh_energy,
    "activation": activation,
}
