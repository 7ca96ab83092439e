"""References for `07_second_order`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Product = Callable[[Tensor], Tensor]


def newton_step(theta: Tensor, grad: Tensor, hessian: Tensor, *, lr: float = 1.0, damping: float = 0.0) -> Tensor:
    """θ − η (H + μI)⁻¹ g."""
    step: Tensor = torch.linalg.solve(hessian + damping * _identity(theta), grad)
    return theta - lr * step


def saddle_free_step(theta: Tensor, grad: Tensor, hessian: Tensor, *, lr: float = 1.0, damping: float = 0.0) -> Tensor:
    """θ − η (|H| + μI)⁻¹ g, where |H| has the sizes of the eigenvalues of H  (Dauphin et al. 2014)."""
    curvatures, axes = torch.linalg.eigh(hessian)
    step: Tensor = axes @ ((axes.mT @ grad) / (curvatures.abs() + damping))
    return theta - lr * step


def gauss_newton_step(theta: Tensor, residuals: Tensor, jacobian: Tensor, *, damping: float = 0.0) -> Tensor:
    """θ − (JᵀJ + μI)⁻¹ Jᵀr for the loss ½‖r‖²; with damping after Levenberg (1944)."""
    matrix = jacobian.mT @ jacobian + damping * _identity(theta)
    step: Tensor = torch.linalg.solve(matrix, jacobian.mT @ residuals)
    return theta - step


def fisher_matrix(probabilities: Tensor, score_gradients: Tensor) -> Tensor:
    """The mean over examples of Σ_c p_c g_c g_cᵀ, with g_c the gradient of log p_c."""
    rows = (probabilities.sqrt().unsqueeze(-1) * score_gradients).flatten(0, 1)
    return rows.mT @ rows / len(probabilities)


def backtrack(
    f: Callable[[Tensor], Tensor],
    theta: Tensor,
    grad: Tensor,
    direction: Tensor,
    *,
    first: float = 1.0,
    shrink: float = 0.5,
    c1: float = 0.0001,
) -> float:
    """The first of first·shrink^j with f(θ + αd) ≤ f(θ) + c₁α gᵀd  (Armijo 1966)."""
    alpha, loss, slope = first, f(theta), grad @ direction
    while not bool(f(theta + alpha * direction) <= loss + c1 * alpha * slope):
        alpha *= shrink
    return alpha


def bfgs_update(inverse: Tensor, s: Tensor, y: Tensor) -> Tensor:
    """(I − ρsyᵀ) B (I − ρysᵀ) + ρssᵀ with ρ = 1/yᵀs, for B ≈ H⁻¹; B itself where yᵀs ≤ 0."""
    curvature = y @ s
    if curvature <= 0:
        return inverse.clone()
    left = _identity(s) - torch.outer(s, y) / curvature
    return left @ inverse @ left.mT + torch.outer(s, s) / curvature


def lbfgs_direction(grad: Tensor, s_list: Sequence[Tensor], y_list: Sequence[Tensor]) -> Tensor:
    """−Bg by the two loops (Nocedal & Wright 2006, algorithm 7.4), B₀ scaled by the newest pair."""
    q, shares = grad.clone(), []
    for s, y in reversed(list(zip(s_list, y_list, strict=True))):
        shares.append((s @ q) / (s @ y))
        q = q - shares[-1] * y
    if shares:
        q = q * (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1])
    for s, y, share in zip(s_list, y_list, reversed(shares), strict=True):
        q = q + (share - (y @ q) / (s @ y)) * s
    return -q


def cg_solve(hvp: Product, b: Tensor, *, n_steps: int) -> Tensor:
    """x after so many steps of conjugate gradients on Hx = b, from 0  (Hestenes & Stiefel 1952)."""
    x, residual = torch.zeros_like(b), b.clone()
    direction, size = residual, residual @ residual
    for _ in range(n_steps):
        if size == 0:
            break
        product = hvp(direction)
        alpha = size / (direction @ product)
        x, residual = x + alpha * direction, residual - alpha * product
        size, old = residual @ residual, size
        direction = residual + (size / old) * direction
    return x


def cg_direction(grad: Tensor, old_grad: Tensor, old_direction: Tensor) -> Tensor:
    """−g + max(0, β) d with β = gᵀ(g − g_old)/g_oldᵀg_old  (Polak & Ribière 1969)."""
    beta = grad @ (grad - old_grad) / (old_grad @ old_grad)
    return -grad + beta.clamp(min=0) * old_direction


def _identity(theta: Tensor) -> Tensor:
    return torch.eye(len(theta), dtype=theta.dtype, device=theta.device)
