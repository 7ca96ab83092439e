"""References for `03_loss_landscapes`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def curvatures(matrix: Tensor) -> Tensor:
    """Eigenvalues, ascending, of the Hessian ½(A + Aᵀ) of ½θᵀAθ."""
    values: Tensor = torch.linalg.eigvalsh((matrix + matrix.mT) / 2)
    return values


def condition_number(hessian: Tensor) -> Tensor:
    """max|λ| / min|λ|."""
    sizes = torch.linalg.eigvalsh(hessian).abs()
    ratio: Tensor = sizes.amax() / sizes.amin()
    return ratio


def optimal_lr(hessian: Tensor) -> Tensor:
    """2 / (λ_min + λ_max): it makes |1 − ηλ| the same at both ends of the spectrum."""
    values = torch.linalg.eigvalsh(hessian)
    rate: Tensor = 2 / (values[0] + values[-1])
    return rate


def stable_lr_limit(hessian: Tensor) -> Tensor:
    """2 / λ_max: beyond it |1 − ηλ_max| > 1."""
    limit: Tensor = 2 / torch.linalg.eigvalsh(hessian)[-1]
    return limit


def step_regime(curvature: float, lr: float) -> str:
    """The factor 1 − ηλ of one step, in words."""
    factor = 1 - lr * curvature
    if abs(factor) < 1e-6:
        return "one_step"
    if abs(factor) > 1:
        return "diverging"
    return "monotone" if factor > 0 else "oscillating"


def taylor_terms(grad: Tensor, hessian: Tensor, lr: float) -> tuple[Tensor, Tensor]:
    """εgᵀg and ½ε²gᵀHg  (Goodfellow et al. 2016, section 8.2.1)."""
    return lr * grad.dot(grad), lr**2 / 2 * grad.dot(hessian.mv(grad))


def hvp(f: Callable[[Tensor], Tensor], x: Tensor, v: Tensor) -> Tensor:
    """∇(∇f(x)ᵀv) = Hv  (Pearlmutter 1994)."""
    with torch.enable_grad():
        at = x.detach().clone().requires_grad_()
        (gradient,) = torch.autograd.grad(f(at), at, create_graph=True)
        (product,) = torch.autograd.grad(gradient, at, grad_outputs=v)
    return product


def classify_critical_point(hessian: Tensor, tol: float = 1e-8) -> str:
    """Signs of the eigenvalues; one of size tol or less has none."""
    values = torch.linalg.eigvalsh(hessian)
    rises, falls = int((values > tol).sum()), int((values < -tol).sum())
    if rises and falls:
        return "saddle"
    if rises == len(values):
        return "minimum"
    return "maximum" if falls == len(values) else "degenerate"


def gabor_loss(phi: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Σ (sin(u)·exp(−u²/32) − y)² with u = φ₀ + 0.06φ₁x  (Prince 2023, section 6.1.2)."""
    phase = phi[0] + 0.06 * phi[1] * x
    residual = torch.sin(phase) * torch.exp(-phase.square() / 32) - y
    return residual.square().sum()


def clip_by_value(grad: Tensor, limit: float) -> Tensor:
    """Every entry to the nearest number in [−limit, limit]."""
    return grad.clamp(-limit, limit)


def clip_by_norm(grads: Sequence[Tensor], max_norm: float) -> list[Tensor]:
    """g · min(1, c/‖g‖), ‖g‖ over all tensors together  (Pascanu, Mikolov, Bengio 2013)."""
    norm = torch.stack([torch.linalg.vector_norm(grad) for grad in grads]).norm()
    factor = torch.where(norm > max_norm, max_norm / norm, torch.ones_like(norm))
    return [grad * factor for grad in grads]
