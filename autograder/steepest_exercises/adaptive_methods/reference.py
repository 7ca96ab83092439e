"""References for `06_adaptive_methods`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

State = dict[str, Any]
Step = tuple[Tensor, State]


def delta_bar_delta_step(theta: Tensor, grad: Tensor, state: State, *, kappa: float, phi: float, beta: float) -> Step:
    """Rates grow by κ where ḡg > 0 and shrink by the factor 1 − φ where ḡg < 0  (Jacobs 1988)."""
    agreement = torch.sign(state["bar"]) * torch.sign(grad)
    rate = torch.where(agreement < 0, state["rate"].mul(1 - phi), state["rate"].add(agreement, alpha=kappa))
    return theta.addcmul(rate, grad, value=-1), {"rate": rate, "bar": grad.lerp(state["bar"], beta)}


def rprop_step(
    theta: Tensor,
    grad: Tensor,
    state: State,
    *,
    up: float = 1.2,
    down: float = 0.5,
    step_min: float = 1e-6,
    step_max: float = 50.0,
) -> Step:
    """Rprop that skips the move after a sign change, iRprop−  (Riedmiller & Braun 1993; Igel & Hüsken 2003)."""
    agreement = torch.sign(grad) * torch.sign(state["grad"])
    factor = torch.ones_like(grad).masked_fill(agreement > 0, up).masked_fill(agreement < 0, down)
    step = state["step"].mul(factor).clamp(step_min, step_max)
    kept = grad.masked_fill(agreement < 0, 0.0)
    return theta.addcmul(kept.sign(), step, value=-1), {"step": step, "grad": kept}


def quickprop_step(theta: Tensor, grad: Tensor, state: State, *, lr: float, growth: float = 1.75) -> Step:
    """Δ ← −gΔ / (g − g_old), at most growth·|Δ|, and −ηg where Δ is 0  (Fahlman 1988)."""
    limit = growth * state["delta"].abs()
    secant = state["delta"] * grad / (state["grad"] - grad)
    delta = torch.where(state["delta"] == 0, grad.mul(-lr), torch.minimum(torch.maximum(secant, -limit), limit))
    return theta.add(delta), {"delta": delta, "grad": grad.clone()}


def adagrad_step(theta: Tensor, grad: Tensor, state: State, *, lr: float, eps: float) -> Step:
    """r ← r + g²;  θ ← θ − ηg / (√r + ε)  (Duchi, Hazan & Singer 2011, diagonal form)."""
    total = state["sum_squares"].addcmul(grad, grad)
    return theta.addcdiv(grad, total.sqrt().add(eps), value=-lr), {"sum_squares": total}


def rmsprop_step(theta: Tensor, grad: Tensor, state: State, *, lr: float, rho: float, eps: float) -> Step:
    """r ← ρr + (1 − ρ)g²;  θ ← θ − ηg / (√r + ε)  (Tieleman & Hinton 2012)."""
    mean = grad.square().lerp(state["mean_square"], rho)
    return theta.addcdiv(grad, mean.sqrt().add(eps), value=-lr), {"mean_square": mean}


def adadelta_step(theta: Tensor, grad: Tensor, state: State, *, lr: float, rho: float, eps: float) -> Step:
    """Δ = −g √(d + ε) / √(r + ε) with running means r of g² and d of Δ²;  θ ← θ + ηΔ  (Zeiler 2012)."""
    mean = grad.square().lerp(state["mean_square"], rho)
    change = -grad * torch.sqrt((state["mean_delta"] + eps) / (mean + eps))
    moved = {"mean_square": mean, "mean_delta": change.square().lerp(state["mean_delta"], rho)}
    return theta.add(change, alpha=lr), moved


def adam_step(theta: Tensor, grad: Tensor, state: State, *, lr: float, rho1: float, rho2: float, eps: float) -> Step:
    """θ ← θ − ηŝ / (√r̂ + ε), ŝ and r̂ being corrected running means of g and g²  (Kingma & Ba 2015, algorithm 1)."""
    t = state["t"] + 1
    s = grad.lerp(state["s"], rho1)
    r = grad.square().lerp(state["r"], rho2)
    spread = r.div(1 - rho2**t).sqrt().add(eps)
    return theta.addcdiv(s, spread, value=-lr / (1 - rho1**t)), {"s": s, "r": r, "t": t}


def adamax_step(theta: Tensor, grad: Tensor, state: State, *, lr: float, rho1: float, rho2: float, eps: float) -> Step:
    """u ← max(ρ₂u, |g|);  θ ← θ − ηŝ / (u + ε)  (Kingma & Ba 2015, algorithm 2, with ε)."""
    t = state["t"] + 1
    s = grad.lerp(state["s"], rho1)
    u = torch.maximum(state["u"].mul(rho2), grad.abs())
    return theta.addcdiv(s, u.add(eps), value=-lr / (1 - rho1**t)), {"s": s, "u": u, "t": t}


def nadam_step(theta: Tensor, grad: Tensor, state: State, *, lr: float, rho1: float, rho2: float, eps: float) -> Step:
    """Adam with ρ₁s / (1 − ρ₁ᵗ⁺²) + (1 − ρ₁)g / (1 − ρ₁ᵗ⁺¹) for ŝ, t steps taken  (Dozat 2016, constant ρ₁)."""
    t = state["t"] + 1
    s = grad.lerp(state["s"], rho1)
    r = grad.square().lerp(state["r"], rho2)
    ahead = s.mul(rho1 / (1 - rho1 ** (t + 1))).add(grad, alpha=(1 - rho1) / (1 - rho1**t))
    spread = r.div(1 - rho2**t).sqrt().add(eps)
    return theta.addcdiv(ahead, spread, value=-lr), {"s": s, "r": r, "t": t}


def diagonal_gauss_newton(per_example_grads: Tensor) -> Tensor:
    """Diagonal of the mean outer product of the rows: the mean of g ⊙ g  (empirical Fisher matrix)."""
    return torch.einsum("i...,i...->...", per_example_grads, per_example_grads).div(len(per_example_grads))
