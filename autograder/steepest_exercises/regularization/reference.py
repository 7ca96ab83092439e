"""References for `10_regularization`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

State = dict[str, Any]

BISECTIONS = 200  # far more than the bits of a number


def l2_optimum(hessian: Tensor, theta_star: Tensor, *, alpha: float) -> Tensor:
    """(H + αI)⁻¹Hθ*: each eigendirection keeps the share λ/(λ + α)  (Goodfellow et al. 2016, section 7.1.1)."""
    curvatures, axes = torch.linalg.eigh(hessian)
    kept: Tensor = axes @ (curvatures / (curvatures + alpha) * (axes.mT @ theta_star))
    return kept


def effective_parameters(hessian: Tensor, *, alpha: float) -> float:
    """Σ λ/(λ + α) over the eigenvalues of H  (MacKay 1992); plain, so that numbers and tensors without axes pass."""
    curvatures = torch.linalg.eigvalsh(hessian)
    return float(curvatures.div(curvatures + alpha).sum())


def soft_threshold(x: Tensor, threshold: Tensor | float) -> Tensor:
    """What of x lies outside [−t, t], measured from there: sign(x) max(|x| − t, 0)  (Donoho 1995)."""
    return torch.relu(x - threshold) - torch.relu(-x - threshold)


def l1_optimum(curvature: Tensor, theta_star: Tensor, *, alpha: float) -> Tensor:
    """The minimum of Σ ½hᵢ(θᵢ − θᵢ*)² + α|θᵢ|  (Goodfellow et al. 2016, section 7.1.2)."""
    return soft_threshold(theta_star, alpha / curvature)


def elastic_net_step(theta: Tensor, grad: Tensor, *, lr: float, l1: float, l2: float) -> Tensor:
    """A gradient step, then the proximal map of η(l1‖θ‖₁ + ½l2‖θ‖²)  (Parikh & Boyd 2014)."""
    return soft_threshold(theta.sub(grad, alpha=lr), lr * l1).div(1 + lr * l2)


def adamw_step(
    theta: Tensor, grad: Tensor, state: State, *, lr: float, rho1: float, rho2: float, eps: float, decay: float
) -> tuple[Tensor, State]:
    """θ ← θ − η(ŝ / (√r̂ + ε) + λθ), the decay apart from the gradient  (Loshchilov & Hutter 2019, algorithm 2)."""
    t = state["t"] + 1
    s = grad.lerp(state["s"], rho1)
    r = grad.square().lerp(state["r"], rho2)
    spread = r.div(1 - rho2**t).sqrt().add(eps)
    moved = theta.mul(1 - lr * decay).addcdiv(s, spread, value=-lr / (1 - rho1**t))
    return moved, {"s": s, "r": r, "t": t}


def matching_alpha(hessian: Tensor, theta_star: Tensor, *, radius: float) -> float:
    """The α ≥ 0 with ‖(H + αI)⁻¹Hθ*‖ = radius, by bisection; 0 where ‖θ*‖ is not larger."""
    curvatures, axes = torch.linalg.eigh(hessian.double())
    pulls = curvatures * (axes.mT @ theta_star.double())
    if float(theta_star.double().norm()) <= radius:
        return 0.0
    low, high = 0.0, float(pulls.norm()) / radius  # since ‖(H + αI)⁻¹p‖ ≤ ‖p‖/α
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        too_long = float((pulls / (curvatures + middle)).norm()) > radius
        low, high = (middle, high) if too_long else (low, middle)
    return (low + high) / 2


def early_stopped(hessian: Tensor, theta_star: Tensor, *, lr: float, n_steps: int) -> Tensor:
    """(I − (I − ηH)ⁿ)θ*: where n steps of descent from 0 lead  (Goodfellow et al. 2016, section 7.8)."""
    curvatures, axes = torch.linalg.eigh(hessian)
    reached: Tensor = axes @ ((1 - (1 - lr * curvatures) ** n_steps) * (axes.mT @ theta_star))
    return reached


def noisy_loss(theta: Tensor, x: Tensor, y: Tensor, *, sigma: float) -> float:
    """Mean of ((x + σξ)ᵀθ − y)² over rows and noise: the loss and σ²‖θ‖²  (Bishop 1995); a plain number, as above."""
    return float((torch.mv(x, theta) - y).square().mean() + sigma**2 * torch.dot(theta, theta))


def shift_images(images: Tensor, shifts: Tensor) -> Tensor:
    """Each image moved down and right by its own whole numbers of pixels; zeros move in."""
    n, height, width = images.shape
    from_row = torch.arange(height, device=images.device) - shifts[:, :1]
    from_column = torch.arange(width, device=images.device) - shifts[:, 1:]
    seen = ((from_row >= 0) & (from_row < height))[:, :, None] & ((from_column >= 0) & (from_column < width))[:, None]
    image = torch.arange(n, device=images.device)[:, None, None]
    rows, columns = from_row.clamp(0, height - 1)[:, :, None], from_column.clamp(0, width - 1)[:, None]
    return torch.where(seen, images[image, rows, columns], 0)
