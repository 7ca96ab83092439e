"""References for `04_learning_rates`. A schedule maps the number of steps already taken, from 0, to the rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def choose_rate(short_run: Callable[[float], Tensor], rates: Sequence[float]) -> float:
    """The rate whose short run ends lowest; runs that end in inf or nan do not count."""
    ends = [float(short_run(lr)[-1]) for lr in rates]
    return min((end, lr) for end, lr in zip(ends, rates, strict=True) if math.isfinite(end))[1]


def linear_decay(step: int, *, lr: float, lr_end: float, tau: int) -> float:
    """(1 − α)η₀ + αη_τ with α = k/τ, and η_τ from step τ on  (Goodfellow et al. 2016, eq. 8.14)."""
    share = min(step / tau, 1.0)
    return (1 - share) * lr + share * lr_end


def power_decay(step: int, *, lr: float, rate: float = 1.0, power: float = 1.0) -> float:
    """η₀ / (1 + dk)ᵖ."""
    return float(lr * (1 + rate * step) ** -power)


def step_decay(step: int, *, lr: float, factor: float, every: int) -> float:
    """η₀ · fⁿ after n = ⌊k/T⌋ drops."""
    return float(lr * factor ** (step // every))


def robbins_monro(power: float) -> tuple[bool, bool]:
    """Σ k⁻ᵖ = ∞ iff p ≤ 1;  Σ k⁻²ᵖ < ∞ iff 2p > 1  (Robbins & Monro 1951)."""
    return power <= 1, 2 * power > 1


def noise_floor(curvature: Tensor, sigma: Tensor | float, *, lr: float) -> Tensor:
    """m = (1 − ηλ)²m + η²σ² solved for m; inf where |1 − ηλ| ≥ 1."""
    remains = (1 - lr * curvature).square()
    variance = torch.as_tensor(sigma, dtype=curvature.dtype, device=curvature.device).square()
    floor = variance / (curvature * (2 - lr * curvature)) * lr
    return torch.where((curvature > 0) & (remains < 1), floor, torch.inf)


def plateau_decay(val_losses: Tensor, *, lr: float, factor: float, patience: int, min_delta: float = 0.0) -> Tensor:
    """The rate in force once each loss has been seen; cut where `patience` in a row have brought no improvement."""
    rates, best, waited = torch.empty_like(val_losses), math.inf, 0
    for step, loss in enumerate(val_losses.tolist()):
        waited += 1
        if loss < best - min_delta:
            best, waited = loss, 0
        elif waited == patience:
            lr, waited = factor * lr, 0
        rates[step] = lr
    return rates


def average_step(average: Tensor, theta: Tensor, *, count: int) -> Tensor:
    """(n·θ̄ + θ) / (n + 1)  (Polyak & Juditsky 1992); the point itself where n = 0."""
    return average + (theta - average) / (count + 1) if count else theta.clone()


def one_cycle(step: int, *, lr_start: float, lr_max: float, lr_end: float, peak: int, n_steps: int) -> float:
    """Half a cosine up to `peak`, half a cosine down to n_steps − 1  (Smith & Topin 2018, in torch's form)."""
    if step <= peak:
        return _half_cosine(lr_start, lr_max, step / peak)
    return _half_cosine(lr_max, lr_end, (step - peak) / (n_steps - 1 - peak))


def cosine_restarts(step: int, *, lr: float, lr_end: float, period: int, growth: int = 1) -> float:
    """η_end + ½(η − η_end)(1 + cos πt/T), t steps into a cycle of length T  (Loshchilov & Hutter 2017, eq. 5)."""
    while step >= period:
        step, period = step - period, period * growth
    return _half_cosine(lr, lr_end, step / period)


def _half_cosine(start: float, end: float, share: float) -> float:
    """From the start at a share of 0 to the end at 1, level at both."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
