"""References for `12_batch_norm`."""

from __future__ import annotations

import torch
from torch import Tensor

Cache = tuple[Tensor, Tensor, Tensor]


def batch_norm_train(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> tuple[Tensor, Cache]:
    """γu + β with u = (x − μ_B)/√(σ²_B + ε); the cache is (u, 1/√(σ²_B + ε), γ)."""
    variance, mean = torch.var_mean(x, dim=0, correction=0)
    scale = torch.rsqrt(variance + eps)
    u = torch.sub(x, mean).mul(scale)
    return torch.addcmul(beta, gamma, u), (u, scale, gamma)


def batch_norm_backward(grad_out: Tensor, cache: Cache) -> tuple[Tensor, Tensor, Tensor]:
    """γ/√(σ²_B + ε) times what is left of the gradient without its components along 1 and u."""
    u, scale, gamma = cache
    along_one = grad_out.mean(dim=0)
    along_u = torch.einsum("bf,bf->f", grad_out, u)
    grad_x = gamma * scale * (grad_out - along_one - u * along_u / len(u))
    return grad_x, along_u, grad_out.sum(dim=0)


def population_statistics(batch_means: Tensor, batch_variances: Tensor, batch_size: int) -> tuple[Tensor, Tensor]:
    """The mean of the means, and B/(B − 1) times the mean of the variances."""
    if batch_size < 2:
        raise ValueError(f"`batch_size` must be at least 2. Got {batch_size!r}: one example has no variance.")
    correction = batch_size / (batch_size - 1)
    return batch_means.mean(dim=0), batch_variances.mean(dim=0).mul(correction)


def update_running(running: Tensor, batch: Tensor, *, momentum: float) -> Tensor:
    """momentum · running + (1 − momentum) · batch."""
    return torch.mul(running, momentum).add(batch, alpha=1 - momentum)


def batch_norm_eval(x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Tensor:
    """γ(x − μ)/√(σ² + ε) + β with given statistics."""
    return torch.sub(x, mean).mul(gamma * torch.rsqrt(variance + eps)).add(beta)


def fold_batch_norm(
    weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor, *, eps: float
) -> tuple[Tensor, Tensor]:
    """s W and s(b − μ) + β with s = γ/√(σ² + ε), one factor a row of W."""
    factor = gamma * torch.rsqrt(variance + eps)
    return torch.einsum("o,oi->oi", factor, weight), torch.addcmul(beta, factor, bias - mean)
