"""References for `05_momentum`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

State = dict[str, Tensor]


def _weights(values: Tensor, beta: float) -> Tensor:
    """Weight of value s in the average after value t, at [t, s]: (1 − β) βᵗ⁻ˢ, and 0 for the future."""
    steps = torch.arange(len(values), device=values.device, dtype=torch.float64)
    lag = steps[:, None] - steps[None, :]
    return torch.where(lag >= 0, (1 - beta) * beta ** lag.clamp(min=0), 0.0)


def _weighted(weights: Tensor, values: Tensor) -> Tensor:
    sums: Tensor = torch.tensordot(weights.to(values.dtype), values, dims=1)
    return sums


def ewa(values: Tensor, *, beta: float) -> Tensor:
    """v₀ = 0;  v ← βv + (1 − β)x along the first axis, every v kept."""
    return _weighted(_weights(values, beta), values)


def ewa_corrected(values: Tensor, *, beta: float) -> Tensor:
    """vₜ / (1 − βᵗ), t = 1, 2, …  (Kingma & Ba 2015, section 3): the weights of each average sum to 1."""
    weights = _weights(values, beta)
    weights = weights / weights.sum(dim=1, keepdim=True)
    return _weighted(weights, values)


def momentum_step(theta: Tensor, grad: Tensor, state: State, *, lr: float, beta: float) -> tuple[Tensor, State]:
    """v ← βv − ηg;  θ ← θ + v  (Polyak 1964; Sutskever et al. 2013, eqs. 1–2)."""
    velocity = state["velocity"].mul(beta).sub(grad, alpha=lr)
    return theta.add(velocity), {"velocity": velocity}


def nesterov_step(
    theta: Tensor, grad_fn: Callable[[Tensor], Tensor], state: State, *, lr: float, beta: float
) -> tuple[Tensor, State]:
    """v ← βv − η∇f(θ + βv);  θ ← θ + v  (Nesterov 1983; Sutskever et al. 2013, eqs. 3–4)."""
    kept = state["velocity"].mul(beta)
    velocity = kept.sub(grad_fn(theta.add(kept)), alpha=lr)
    return theta.add(velocity), {"velocity": velocity}


def terminal_speed(grad: Tensor, *, lr: float, beta: float) -> Tensor:
    """η‖g‖ / (1 − β): the sum of the geometric series η‖g‖(1 + β + β² + …)."""
    norm: Tensor = torch.linalg.vector_norm(grad)
    return norm * (lr / (1 - beta))


def polyak_constants(lam_min: float, lam_max: float) -> tuple[float, float]:
    """η = 4 / (√L + √μ)²,  β = ((√L − √μ) / (√L + √μ))²  (Polyak 1964; Goh 2017)."""
    low, high = lam_min**0.5, lam_max**0.5
    return (2 / (high + low)) ** 2, ((high - low) / (high + low)) ** 2


def convergence_rate(lam: Tensor, *, lr: float, beta: float) -> Tensor:
    """Largest |z| with z² − (1 + β − ηλ)z + β = 0, for each λ  (Polyak 1964; Goh 2017)."""
    trace = 1 + beta - lr * lam
    discriminant = trace.square() - 4 * beta
    real = (trace.abs() + discriminant.clamp(min=0).sqrt()) / 2
    return torch.where(discriminant < 0, torch.full_like(real, beta**0.5), real)
