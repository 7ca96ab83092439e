"""References for `09_initialization`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Generator, Tensor


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """Connections that enter and leave a unit; weights are (out, in) or (out, in, *kernel)."""
    out, into, *kernel = shape
    field = math.prod(kernel)
    return into * field, out * field


def _normal(shape: Sequence[int], variance: float, generator: Generator) -> Tensor:
    return torch.randn(tuple(shape), generator=generator, device=generator.device).mul(math.sqrt(variance))


def _uniform(shape: Sequence[int], variance: float, generator: Generator) -> Tensor:
    limit = math.sqrt(3 * variance)  # U(−a, a) has variance a²/3
    weight = torch.empty(tuple(shape), device=generator.device)
    return weight.uniform_(-limit, limit, generator=generator)


def lecun_normal(shape: Sequence[int], generator: Generator) -> Tensor:
    """N(0, 1/fan_in) (LeCun, Bottou, Orr & Müller 1998)."""
    return _normal(shape, 1 / fans(shape)[0], generator)


def glorot_uniform(shape: Sequence[int], generator: Generator) -> Tensor:
    """U(−a, a), a = √(6/(fan_in + fan_out)) (Glorot & Bengio 2010, eq. 16)."""
    return _uniform(shape, 2 / sum(fans(shape)), generator)


def glorot_normal(shape: Sequence[int], generator: Generator) -> Tensor:
    """N(0, 2/(fan_in + fan_out)) (Glorot & Bengio 2010, eq. 12)."""
    return _normal(shape, 2 / sum(fans(shape)), generator)


def he_uniform(shape: Sequence[int], generator: Generator) -> Tensor:
    """U(−a, a), a = √(6/fan_in): the variance of `he_normal`."""
    return _uniform(shape, 2 / fans(shape)[0], generator)


def he_normal(shape: Sequence[int], generator: Generator) -> Tensor:
    """N(0, 2/fan_in) (He, Zhang, Ren & Sun 2015, eq. 10)."""
    return _normal(shape, 2 / fans(shape)[0], generator)


def min_max(x: Tensor) -> Tensor:
    """(x − min)/(max − min) per column; a constant column becomes 0."""
    low, high = x.aminmax(dim=0)
    span = high - low
    return torch.where(span > 0, (x - low) / torch.where(span > 0, span, 1), 0)


def z_score(x: Tensor, *, eps: float) -> Tensor:
    """(x − μ)/(σ + ε) per column, σ biased."""
    deviation, mean = torch.std_mean(x, dim=0, correction=0)
    return (x - mean) / (deviation + eps)


def zca(x: Tensor, *, eps: float) -> Tensor:
    """(x − μ) U (Λ + ε)^(−1/2) Uᵀ, with the covariance UΛUᵀ (Bell & Sejnowski 1997)."""
    centered = x - x.mean(dim=0)
    values, vectors = torch.linalg.eigh(centered.T @ centered / x.shape[0])
    white: Tensor = centered @ (vectors * (values.clamp(min=0) + eps).rsqrt()) @ vectors.T
    return white


def activation_spread(x: Tensor, weights: Sequence[Tensor], activation: Callable[[Tensor], Tensor]) -> Tensor:
    """Deviation of all entries of h ← φ(h Wᵀ), layer by layer."""
    spreads = []
    for weight in weights:
        x = activation(torch.nn.functional.linear(x, weight))
        spreads.append(x.std(correction=0))
    return torch.stack(spreads)


def gradient_bounds(weights: Sequence[Tensor], slopes: Sequence[float]) -> tuple[Tensor, Tensor]:
    """Π s·σ_min and Π s·σ_max: what a chain of Jacobians s Wᵀ can do to a gradient's norm at most."""
    pairs = zip(weights, slopes, strict=True)
    extremes = torch.stack([slope * torch.linalg.svdvals(weight)[[-1, 0]] for weight, slope in pairs])
    lower, upper = extremes.prod(dim=0)
    return lower, upper
