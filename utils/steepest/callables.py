"""Functions that an exercise can hand to a student's function by name.

A callable argument never crosses a process as code: the judge sends `Named(name, params)`, and the other side
builds the function again from this table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

from steepest.activations import activation

__all__ = [
    "CALLABLES",
    "budgeted_energy",
    "budgeted_product",
    "counting_step",
    "half_plane_energy",
    "least_squares_gradient",
    "linear_predictor",
    "pinball_error",
    "quadratic_gradient",
    "rate_table",
    "small_batches_only",
    "squared_error",
    "tanh_energy",
    "train_layer",
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

    Examples
    --------
    >>> gradient = quadratic_gradient(torch.tensor([[2.0, 0.0], [0.0, 4.0]]), torch.tensor([1.0, 0.0]))
    >>> gradient(torch.tensor([2.0, 1.0]))
    tensor([2., 4.])
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

    Examples
    --------
    >>> gradient = least_squares_gradient()
    >>> gradient(torch.zeros(1), torch.ones(2, 1), torch.tensor([1.0, 3.0]))
    tensor([-4.])
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

    Examples
    --------
    >>> gradient = visit_log_gradient(10.0)
    >>> theta = torch.zeros(4)
    >>> theta = theta - gradient(theta, torch.eye(2)[:1], torch.tensor([0.0]))
    >>> theta[-1]
    tensor(1.)
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

    Examples
    --------
    >>> predict = linear_predictor(torch.tensor([1.0, 2.0]))
    >>> predict(torch.tensor([[1.0, 1.0], [0.0, 3.0]]))
    tensor([3., 6.])
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

    Examples
    --------
    >>> squared_error()(torch.tensor([1.0, 4.0]), torch.tensor([1.0, 1.0]))
    tensor([0., 9.])
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

    Examples
    --------
    >>> loss = pinball_error(0.75)
    >>> loss(torch.tensor([0.0, 2.0]), torch.tensor([1.0, 1.0]))
    tensor([0.7500, 0.2500])
    """

    def loss(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        short = target - prediction
        return torch.maximum(share * short, (share - 1) * short)

    return loss


def tanh_energy(
    matrix: torch.Tensor, shift: torch.Tensor | float = 0.0, shape: Sequence[int] | None = None
) -> Callable[[torch.Tensor], torch.Tensor]:
    """The loss ½‖tanh(Mθ + c)‖², which curves upwards in some places and downwards in others.

    Parameters
    ----------
    matrix : Tensor, shape (m, n)
        The weights M.
    shift : Tensor, shape (m,), or float
        The shift c; without it the loss is the same at θ and −θ.
    shape : sequence of int or None
        The shape that θ must have; None lets any pass.

    Returns
    -------
    callable
        Maps θ of that shape, with n entries, to a scalar. It raises ValueError where θ has another.

    Examples
    --------
    >>> energy = tanh_energy(torch.eye(2))
    >>> energy(torch.tensor([0.0, 100.0]))
    tensor(0.5000)
    """

    def f(theta: torch.Tensor) -> torch.Tensor:
        if shape is not None and tuple(theta.shape) != tuple(shape):
            raise ValueError(f"θ has the shape {tuple(theta.shape)}, and this loss takes {tuple(shape)}")
        return 0.5 * torch.tanh(matrix @ theta.reshape(-1) + shift).square().sum()

    return f


def rate_table(rates: Sequence[float], losses: torch.Tensor, again: torch.Tensor) -> Callable[[float], torch.Tensor]:
    """Short runs of training that have been made before, by learning rate.

    Parameters
    ----------
    rates : sequence of float
        The rates there are runs of.
    losses : Tensor, shape (n, T)
        The losses of the first run at each rate.
    again : Tensor, shape (n, T)
        Those of any further run, which draws other minibatches.

    Returns
    -------
    callable
        Maps a rate to the losses of its run, of shape (T,); raises ValueError at a rate of which there is none.

    Examples
    --------
    >>> first, second = torch.tensor([[3.0, 1.0], [3.0, 9.0]]), torch.tensor([[3.0, 2.0], [3.0, 8.0]])
    >>> short_run = rate_table([0.1, 1.0], first, second)
    >>> short_run(0.1)
    tensor([3., 1.])
    >>> short_run(0.1)
    tensor([3., 2.])
    """
    done: set[int] = set()

    def short_run(lr: float) -> torch.Tensor:
        near = [place for place, rate in enumerate(rates) if math.isclose(rate, float(lr), rel_tol=1e-6)]
        if not near:
            raise ValueError(f"`lr` must be one of the rates to choose from. Got {float(lr):g}.")
        table = again if near[0] in done else losses
        done.add(near[0])
        return table[near[0]].clone()

    return short_run


def budgeted_energy(matrix: torch.Tensor, calls: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """`tanh_energy` that can be had a limited number of times, so that a search which never ends is ended.

    Parameters
    ----------
    matrix : Tensor, shape (m, n)
        The weights M.
    calls : int
        How many values there are; the next call raises `RuntimeError`.

    Returns
    -------
    callable
        Maps θ of any shape with n entries to a scalar.

    Examples
    --------
    >>> energy = budgeted_energy(torch.eye(2), calls=1)
    >>> energy(torch.zeros(2))
    tensor(0.)
    >>> energy(torch.zeros(2))
    Traceback (most recent call last):
        ...
    RuntimeError: all 1 values of the loss are used up
    """
    return _budgeted(tanh_energy(matrix), calls, "values of the loss")


def half_plane_energy(calls: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """The loss ½‖θ‖² − log θ₁: infinite on the border θ₁ = 0, and not a number beyond it.

    Parameters
    ----------
    calls : int
        How many values there are; the next call raises `RuntimeError`.

    Returns
    -------
    callable
        Maps θ of shape (n,) to a scalar.

    Examples
    --------
    >>> half_plane_energy(calls=5)(torch.tensor([1.0, 2.0]))
    tensor(2.5000)
    """

    def f(theta: torch.Tensor) -> torch.Tensor:
        first = theta[0]
        if first < 0:
            return torch.full_like(first, math.nan)
        return 0.5 * theta.square().sum() - torch.log(first)

    return _budgeted(f, calls, "values of the loss")


def budgeted_product(matrix: torch.Tensor, calls: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """A Hessian-vector product v ↦ Hv that can be had a limited number of times.

    Parameters
    ----------
    matrix : Tensor, shape (n, n)
        The matrix H.
    calls : int
        How many products there are; the next call raises `RuntimeError`.

    Returns
    -------
    callable
        Maps v of shape (n,) to Hv.

    Examples
    --------
    >>> product = budgeted_product(torch.tensor([[2.0, 0.0], [0.0, 3.0]]), calls=1)
    >>> product(torch.ones(2))
    tensor([2., 3.])
    """
    return _budgeted(lambda v: matrix @ v, calls, "products with the Hessian")


def counting_step() -> Callable[..., tuple[torch.Tensor, dict[str, Any]]]:
    """A stepper whose steps grow with their number t: θ − lr (t + 1) (grad + l2 θ), with what it has seen in its state.

    Returns
    -------
    callable
        Maps ``(theta, grad, state, *, lr, l2)`` to the new θ and the new state, whose ``t`` counts the steps and
        whose ``seen`` is the sum of the gradients; lr is 0.1 and l2 0 where they are left out.

    Examples
    --------
    >>> step = counting_step()
    >>> theta, state = step(torch.ones(1), torch.ones(1), {"t": 0, "seen": torch.zeros(1)}, lr=0.5, l2=0.0)
    >>> theta, state["t"]
    (tensor([0.5000]), 1)
    """

    def step(
        theta: torch.Tensor, grad: torch.Tensor, state: dict[str, Any], *, lr: float = 0.1, l2: float = 0.0
    ) -> tuple[torch.Tensor, dict[str, Any]]:
        t = state["t"] + 1
        return theta - lr * t * (grad + l2 * theta), {"t": t, "seen": state["seen"] + grad}

    return step


def small_batches_only(theta: torch.Tensor, limit: int, calls: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """Scores x θᵀ of rows x, a limited number of times and for few rows at a time.

    Parameters
    ----------
    theta : Tensor, shape (classes, d)
        The weights.
    limit : int
        The most rows of a call; more raise `RuntimeError`, as do none.
    calls : int
        How many calls there are; the next one raises `RuntimeError`.

    Returns
    -------
    callable
        Maps rows, a tensor (n, d), to scores (n, classes).

    Examples
    --------
    >>> scores = small_batches_only(torch.eye(2), limit=2, calls=5)
    >>> scores(torch.ones(2, 2)).shape
    torch.Size([2, 2])
    >>> scores(torch.ones(3, 2))
    Traceback (most recent call last):
        ...
    RuntimeError: between 1 and 2 rows can be taken at a time, not 3
    """

    def predict(x: torch.Tensor) -> torch.Tensor:
        if not 1 <= len(x) <= limit:
            raise RuntimeError(f"between 1 and {limit} rows can be taken at a time, not {len(x)}")
        return x @ theta.T

    return _budgeted(predict, calls, "batches")


def _budgeted(
    function: Callable[[torch.Tensor], torch.Tensor], calls: int, what: str
) -> Callable[[torch.Tensor], torch.Tensor]:
    left = calls

    def budgeted(x: torch.Tensor) -> torch.Tensor:
        nonlocal left
        if left == 0:
            raise RuntimeError(f"all {calls} {what} are used up")
        left -= 1
        return function(x)

    return budgeted


def train_layer(scale: float) -> Callable[[torch.Tensor, int], Callable[[torch.Tensor], torch.Tensor]]:
    """Training of one layer of an autoencoder that takes no time: what comes of it depends on the rows and the size.

    Parameters
    ----------
    scale : float
        Size of the weights.

    Returns
    -------
    callable
        Maps rows of shape (n, d) and a size to an encoder, which maps (m, d) to codes of shape (m, size). Another
        training with the same rows gives another encoder.

    Examples
    --------
    >>> train = train_layer(0.5)
    >>> rows = torch.tensor([[0.0, 1.0], [2.0, 3.0]])
    >>> encode = train(rows, 3)
    >>> encode(rows).shape
    torch.Size([2, 3])
    """
    trained = 0

    def train(inputs: torch.Tensor, size: int) -> Callable[[torch.Tensor], torch.Tensor]:
        nonlocal trained
        trained += 1
        numbers = torch.arange(1, inputs.shape[1] * size + 1, dtype=inputs.dtype, device=inputs.device)
        weight = scale * torch.sin(numbers * numbers + trained).reshape(inputs.shape[1], size)
        middle = inputs.detach().mean(dim=0)

        def encode(x: torch.Tensor) -> torch.Tensor:
            return torch.tanh((x - middle) @ weight + 0.1)

        return encode

    return train


CALLABLES: dict[str, Callable[..., Callable[..., Any]]] = {
    "quadratic_gradient": quadratic_gradient,
    "least_squares_gradient": least_squares_gradient,
    "visit_log_gradient": visit_log_gradient,
    "linear_predictor": linear_predictor,
    "squared_error": squared_error,
    "pinball_error": pinball_error,
    "tanh_energy": tanh_energy,
    "rate_table": rate_table,
    "budgeted_energy": budgeted_energy,
    "half_plane_energy": half_plane_energy,
    "budgeted_product": budgeted_product,
    "counting_step": counting_step,
    "small_batches_only": small_batches_only,
    "train_layer": train_layer,
    "activation": activation,
}
