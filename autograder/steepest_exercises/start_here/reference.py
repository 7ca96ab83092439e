"""References for `00_start_here`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def gd_step(theta: Tensor, grad: Tensor, *, lr: float) -> Tensor:
    """θ ← θ − ηg  (Cauchy 1847)."""
    return theta.sub(grad, alpha=lr)


def descent_path(grad_fn: Callable[[Tensor], Tensor], theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    """θ₀, θ₁, … θₙ of θ ← θ − η∇f(θ), one row each."""
    points = theta0.new_empty((n_steps + 1, *theta0.shape))
    points[0] = theta0
    for step in range(n_steps):
        points[step + 1] = points[step].sub(grad_fn(points[step].clone()), alpha=lr)
    return points


def fit_line(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    """θ ← θ − η (2/n) Aᵀ(Aθ − y) with A = [1 x], n_steps times."""
    rows = torch.stack([torch.ones_like(x), x], dim=1)
    theta = theta0
    for _ in range(n_steps):
        theta = theta.sub(rows.T @ (rows @ theta - y), alpha=2 * lr / len(x))
    return theta
