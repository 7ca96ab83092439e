"""References for `11_dropout`."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor


def dropout_mask(shape: Sequence[int], *, keep: float, generator: Generator) -> Tensor:
    """Independent Bernoulli entries: 1 with probability keep, else 0."""
    return torch.empty(tuple(shape), device=generator.device).bernoulli_(keep, generator=generator)


def dropout_train(x: Tensor, mask: Tensor) -> Tensor:
    """m ∘ x (Hinton et al. 2012; Srivastava et al. 2014, section 4)."""
    return x.mul(mask)


def dropout_test(x: Tensor, *, keep: float) -> Tensor:
    """E[m ∘ x] = keep · x."""
    return x.mul(keep)


def fold_keep(weight: Tensor, *, keep: float) -> Tensor:
    """W_test = keep · W, since W(keep · x) = (keep · W)x (Srivastava et al. 2014, figure 2)."""
    return weight.mul(keep)


def inverted_dropout(x: Tensor, *, keep: float, training: bool, generator: Generator) -> Tensor:
    """m ∘ x / keep in training, x in evaluation."""
    if not training:
        return x
    mask = dropout_mask(x.shape, keep=keep, generator=generator)
    return x.mul(mask.to(x.dtype)).div(keep)


def dropout_backward(grad_out: Tensor, mask: Tensor, *, keep: float) -> Tensor:
    """∂L/∂x = m ∘ ∂L/∂y / keep for y = m ∘ x / keep."""
    return grad_out.mul(mask).div(keep)


def dropconnect(x: Tensor, weight: Tensor, bias: Tensor, mask: Tensor) -> Tensor:
    """x (M ∘ W)ᵀ + b (Wan et al. 2013), the bias left alone."""
    return torch.nn.functional.linear(x, weight.mul(mask), bias)


def zoneout(h_old: Tensor, h_new: Tensor, mask: Tensor) -> Tensor:
    """m ∘ h_old + (1 − m) ∘ h_new (Krueger et al. 2017)."""
    return torch.where(mask.bool(), h_old, h_new)
