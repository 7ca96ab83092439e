"""References for `02_minibatches`."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

GradFn = Callable[[Tensor, Tensor, Tensor], Tensor]


def standard_error(samples: Tensor) -> Tensor:
    """√(Σ(x − x̄)² / (m (m − 1))), along the first axis."""
    m = samples.shape[0]
    centered = samples.sub(samples.mean(dim=0))
    return centered.square().sum(dim=0).div(m * (m - 1)).sqrt()


def samples_for_error(sigma: float, target: float) -> int:
    """Smallest whole m with σ/√m ≤ target."""
    return max(1, math.ceil((sigma / target) ** 2))


def minibatches(n: int, size: int, generator: Generator) -> list[Tensor]:
    """One epoch: a uniform permutation, cut into pieces; the last may be short."""
    order = torch.randperm(n, generator=generator, device=generator.device)
    return list(torch.split(order, size))


def minibatch_gradient(grad_fn: GradFn, theta: Tensor, x: Tensor, y: Tensor, index: Tensor) -> Tensor:
    """The mean gradient over the rows in `index`."""
    return grad_fn(theta, x.index_select(0, index), y.index_select(0, index))


def sgd(
    grad_fn: GradFn,
    theta0: Tensor,
    x: Tensor,
    y: Tensor,
    *,
    lr: float,
    batch_size: int,
    epochs: int,
    generator: Generator,
) -> Tensor:
    """θ ← θ − η ĝ over the minibatches of each epoch (Robbins & Monro 1951; Bottou 1998)."""
    theta = theta0
    for _ in range(epochs):
        for index in minibatches(x.shape[0], batch_size, generator):
            theta = theta.sub(minibatch_gradient(grad_fn, theta, x, y, index), alpha=lr)
    return theta


def kmeans_step(centers: Tensor, points: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
    """For each point: c its nearest centre, n ← n + 1, c ← c + (x − c)/n (MacQueen 1967)."""
    moved, seen = centers.clone(), counts.clone()
    for point in points:
        nearest = (moved - point).square().sum(dim=1).argmin()
        seen[nearest] += 1
        moved[nearest] += (point - moved[nearest]) / seen[nearest]
    return moved, seen
