"""Polynomials fitted to a noisy sine, by training and by least squares, with their errors and their risk."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from steepest.callables import linear_predictor, squared_error

Risk = Callable[..., Tensor]

SEED = 188
N_POINTS = 20
HIGHEST = 14
PASSES = 200
BATCH, RATE, MEMORY = 4, 0.005, 0.95


class Points(NamedTuple):
    """Points of the sine, to which noise of any strength can be added.

    Attributes
    ----------
    x, rows : Tensor, shape (n,) and (n, HIGHEST + 1)
        Where they lie, and the polynomials there.
    parts : Tensor, shape (2, n)
        The sine, and noise of deviation 1.
    """

    x: Tensor
    rows: Tensor
    parts: Tensor

    def y(self, noise: float) -> Tensor:
        """Targets with noise of this deviation."""
        return self.parts[0] + noise * self.parts[1]


class LearningCurves(NamedTuple):
    """What training does to a polynomial of one degree, pass by pass.

    Attributes
    ----------
    theta : Tensor, shape (PASSES + 1, HIGHEST + 1)
        Coefficients at the start and after every pass.
    training, validation, risk : Tensor, shape (PASSES + 1,)
        Mean squared errors: of the training and of the validation set by the student's function, and on new points.
    """

    theta: Tensor
    training: Tensor
    validation: Tensor
    risk: Tensor


def learning_curves(empirical_risk: Risk, degree: int, noise: float) -> LearningCurves:
    """Train a polynomial, and measure it after every pass.

    Parameters
    ----------
    empirical_risk : callable
        The student's function.
    degree : int
        Of the polynomial.
    noise : float
        Deviation of the noise in all sets.
    """
    signal, disturbance = trained()[:, :, degree]
    theta = signal + noise * disturbance
    training, validation = (_errors(empirical_risk, theta, points, noise) for points in sets())
    return LearningCurves(theta, training, validation, true_risk(theta, noise))


def best_fits(empirical_risk: Risk, noise: float) -> tuple[Tensor, Tensor]:
    """Training error and risk of the polynomial with the least training error, for each degree."""
    signal, disturbance = minimizers()
    theta = signal + noise * disturbance
    return _errors(empirical_risk, theta, sets()[0], noise), true_risk(theta, noise)


def true_risk(theta: Tensor, noise: float) -> Tensor:
    """Mean squared error on new points, for each row of coefficients: by summing over a fine grid."""
    x = torch.linspace(-1, 1, 401, dtype=theta.dtype)
    return (theta @ rows_at(x).T - torch.sin(math.pi * x)).square().mean(dim=-1) + noise**2


@cache
def sets() -> tuple[Points, Points]:
    """The training and the validation set."""
    random = torch.Generator().manual_seed(SEED)
    made = []
    for _ in range(2):
        x = 2 * torch.rand(N_POINTS, generator=random, dtype=torch.float64) - 1
        disturbance = torch.randn(N_POINTS, generator=random, dtype=torch.float64)
        made.append(Points(x, rows_at(x), torch.stack([torch.sin(math.pi * x), disturbance])))
    return made[0], made[1]


@cache
def trained() -> Tensor:
    """Coefficients along training, of shape (2, PASSES + 1, HIGHEST + 1, HIGHEST + 1).

    The first axis holds what the sine and what noise of deviation 1 lead to: with a squared error and batches in a
    fixed order they add up, so that one run serves all strengths of noise. The third axis is the degree.
    """
    points = sets()[0]
    theta = torch.zeros(2, HIGHEST + 1, HIGHEST + 1, dtype=torch.float64)
    within = torch.ones_like(theta).tril()
    optimizer = torch.optim.SGD([theta], lr=RATE, momentum=MEMORY)
    random = torch.Generator().manual_seed(SEED)
    path = [theta.clone()]
    for _ in range(PASSES):
        order = torch.randperm(N_POINTS, generator=random)
        for index in order.reshape(-1, BATCH):
            rows, targets = points.rows[index], points.parts[:, None, index]
            theta.grad = 2 / len(index) * (theta @ rows.T - targets) @ rows * within
            optimizer.step()
        path.append(theta.clone())
    return torch.stack(path, dim=1)


@cache
def minimizers() -> Tensor:
    """Coefficients with the least training error, of shape (2, HIGHEST + 1, HIGHEST + 1), as in `trained`."""
    points = sets()[0]
    theta = torch.zeros(2, HIGHEST + 1, HIGHEST + 1, dtype=torch.float64)
    for degree in range(HIGHEST + 1):
        columns = points.rows[:, : degree + 1]
        theta[:, degree, : degree + 1] = torch.linalg.lstsq(columns, points.parts.T).solution.T
    return theta


def rows_at(x: Tensor) -> Tensor:
    """Legendre polynomials at x, scaled so that high degrees are learned neither first nor last."""
    columns = [torch.ones_like(x), x]
    for k in range(1, HIGHEST):
        columns.append(((2 * k + 1) * x * columns[k] - k * columns[k - 1]) / (k + 1))
    return torch.stack([column * (2 * k + 1) ** 0.25 for k, column in enumerate(columns)], dim=-1)


def _errors(empirical_risk: Risk, theta: Tensor, points: Points, noise: float) -> Tensor:
    """The student's empirical risk of each row of coefficients."""
    loss, y = squared_error(), points.y(noise)
    found = [empirical_risk(linear_predictor(row), loss, points.rows, y) for row in theta]
    if not isinstance(found[0], Tensor) or found[0].ndim:
        raise TypeError(
            f"`empirical_risk` must return a tensor without axes. Got {found[0]!r}. Is the `return` or mean missing?"
        )
    return torch.stack(found)
