"""Functions of `10_regularization` as a student may have written them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

Optimum = Callable[..., Tensor]


@pytest.fixture(scope="session")
def l2_optimum() -> Optimum:
    def l2_optimum(hessian: Tensor, theta_star: Tensor, *, alpha: float) -> Tensor:
        shares: Tensor = torch.linalg.inv(hessian + alpha * torch.eye(len(hessian)).to(hessian)) @ hessian
        return shares @ theta_star

    return l2_optimum


@pytest.fixture(scope="session")
def l1_optimum() -> Optimum:
    def l1_optimum(curvature: Tensor, theta_star: Tensor, *, alpha: float) -> Tensor:
        return theta_star.sign() * (theta_star.abs() - alpha / curvature).clamp(min=0)

    return l1_optimum


@pytest.fixture(scope="session")
def matching_alpha(l2_optimum: Optimum) -> Callable[..., float]:
    def matching_alpha(hessian: Tensor, theta_star: Tensor, *, radius: float) -> float:
        low, high = 0.0, 1e4
        for _ in range(60):
            middle = (low + high) / 2
            if l2_optimum(hessian, theta_star, alpha=middle).norm() > radius:
                low = middle
            else:
                high = middle
        return low

    return matching_alpha


@pytest.fixture(scope="session")
def early_stopped() -> Optimum:
    def early_stopped(hessian: Tensor, theta_star: Tensor, *, lr: float, n_steps: int) -> Tensor:
        theta = torch.zeros_like(theta_star)
        for _ in range(n_steps):
            theta = theta - lr * hessian @ (theta - theta_star)
        return theta

    return early_stopped


@pytest.fixture(scope="session")
def shift_images() -> Callable[[Tensor, Tensor], Tensor]:
    def shift_images(images: Tensor, shifts: Tensor) -> Tensor:
        moved = torch.zeros_like(images)
        for number, (down, right) in enumerate(shifts.tolist()):
            wide = torch.nn.functional.pad(images[number], (right, -right, down, -down))
            moved[number] = wide
        return moved

    return shift_images
