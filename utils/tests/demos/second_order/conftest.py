"""What tests of the demos of second-order methods share: functions as students write them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

Step = Callable[..., Tensor]


def newton(theta: Tensor, grad: Tensor, hessian: Tensor, *, lr: float = 1.0, damping: float = 0.0) -> Tensor:
    step: Tensor = torch.linalg.solve(hessian + damping * torch.eye(len(theta), dtype=theta.dtype), grad)
    return theta - lr * step


def saddle_free(theta: Tensor, grad: Tensor, hessian: Tensor, *, lr: float = 1.0, damping: float = 0.0) -> Tensor:
    values, vectors = torch.linalg.eigh(hessian)
    step: Tensor = vectors @ (vectors.T @ grad / (values.abs() + damping))
    return theta - lr * step


@pytest.fixture(scope="session")
def newton_step() -> Step:
    return newton


@pytest.fixture(scope="session")
def saddle_free_step() -> Step:
    return saddle_free


@pytest.fixture(scope="session")
def bfgs_update() -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    def bfgs_update(inverse: Tensor, s: Tensor, y: Tensor) -> Tensor:
        if y @ s <= 0:
            return inverse
        left = torch.eye(len(s), dtype=s.dtype) - torch.outer(s, y) / (y @ s)
        return left @ inverse @ left.T + torch.outer(s, s) / (y @ s)

    return bfgs_update


@pytest.fixture(scope="session")
def cg_solve() -> Callable[..., Tensor]:
    def cg_solve(hvp: Callable[[Tensor], Tensor], b: Tensor, *, n_steps: int) -> Tensor:
        x, r, p = torch.zeros_like(b), b, b
        for _ in range(n_steps):
            if not r.any():
                break
            image = hvp(p)
            alpha = (r @ r) / (p @ image)
            x, old, r = x + alpha * p, r, r - alpha * image
            p = r + (r @ r) / (old @ old) * p
        return x

    return cg_solve
