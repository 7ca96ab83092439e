"""Random functions of many parameters, and the search for their critical points."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["critical_points", "random_waves"]

Objective = Callable[[Tensor], Tensor]


def random_waves(dimension: int, *, n_waves: int = 60, seed: int = 0) -> Objective:
    """A smooth random function that looks the same everywhere and in every direction, on average.

    It is √(2/K) Σ cos(wₖᵀθ + bₖ), with normal wave vectors w and phases b drawn uniformly: for many waves nearly a
    Gaussian process of variance 1 (Rahimi & Recht 2007).

    Parameters
    ----------
    dimension : int
        Number of parameters.
    n_waves : int
        Number K of waves.
    seed : int
        Of vectors and phases.

    Returns
    -------
    callable
        Maps points of shape (..., dimension) to values of shape (...).

    Examples
    --------
    >>> random_waves(3)(torch.zeros(5, 3)).shape
    torch.Size([5])
    """
    generator = torch.Generator().manual_seed(seed)
    vectors = torch.randn(n_waves, dimension, generator=generator, dtype=torch.float64)
    phases = 2 * math.pi * torch.rand(n_waves, generator=generator, dtype=torch.float64)

    def function(theta: Tensor) -> Tensor:
        return math.sqrt(2 / n_waves) * torch.cos(theta @ vectors.to(theta).T + phases.to(theta)).sum(dim=-1)

    return function


def critical_points(
    function: Objective, starts: Tensor, *, n_steps: int = 50, max_step: float = 0.3, same: float = 1e-4
) -> tuple[Tensor, Tensor]:
    """Points with zero gradient, by Newton's method from many starts at once.

    Newton's method is drawn to critical points of every kind. Its steps are shortened to `max_step`, so that a start
    leads to a point nearby; what has not arrived after `n_steps` is left out.

    Parameters
    ----------
    function : callable
        Maps one point of shape (d,) to a scalar.
    starts : Tensor, shape (n, d)
        Where to begin.
    n_steps : int
        Steps from each start.
    max_step : float
        Length of the longest step.
    same : float
        Points whose coordinates differ by less count once.

    Returns
    -------
    points : Tensor, shape (m, d)
        The points found, m ≤ n.
    hessians : Tensor, shape (m, d, d)
        The matrix of second derivatives at each.

    Examples
    --------
    >>> from steepest.landscapes import saddle
    >>> starts = torch.tensor([[0.1, 0.2], [0.1, 0.9], [0.1, -0.9]], dtype=torch.float64)
    >>> points, hessians = critical_points(saddle(), starts)
    >>> points.abs().round(decimals=3), hessians.shape
    (tensor([[0., 1.],
            [0., 0.],
            [0., 1.]], dtype=torch.float64), torch.Size([3, 2, 2]))
    """
    gradient = torch.func.vmap(torch.func.grad(function))
    hessian = torch.func.vmap(torch.func.jacrev(torch.func.grad(function)))
    at = starts.clone()
    slope = gradient(at)
    moving = torch.arange(len(at))
    for _ in range(n_steps):
        step, _ = torch.linalg.solve_ex(hessian(at[moving]), slope[moving])
        at[moving] -= step * (max_step / step.norm(dim=1, keepdim=True)).clamp(max=1)
        slope[moving] = gradient(at[moving])
        moving = moving[~(slope[moving].norm(dim=1) < 1e-9)]
        if not len(moving):
            break
    arrived = at[slope.norm(dim=1) < 1e-9]
    if not len(arrived):
        return arrived, arrived.new_zeros((0, starts.shape[1], starts.shape[1]))
    _, group = torch.unique((arrived / same).round(), dim=0, return_inverse=True)
    first = torch.full((int(group.max()) + 1,), len(arrived))
    points = arrived[first.scatter_reduce(0, group, torch.arange(len(arrived)), "amin")]
    return points, hessian(points)
