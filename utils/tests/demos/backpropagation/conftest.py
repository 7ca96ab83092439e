"""Functions of `08_backpropagation` as a student writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from steepest.activations import activation
from torch import Tensor


@pytest.fixture(scope="session")
def graph_gradient() -> Callable[..., list[float]]:
    def graph_gradient(edges: Any, n: int) -> list[float]:
        gradient = [0.0] * (n - 1) + [1.0]
        for start, end, slope in sorted(edges, reverse=True):
            gradient[start] += slope * gradient[end]
        return gradient

    return graph_gradient


@pytest.fixture(scope="session")
def activation_slope() -> Callable[[str, Tensor], Tensor]:
    def activation_slope(name: str, x: Tensor) -> Tensor:
        leaf = x.detach().clone().requires_grad_()
        return torch.autograd.grad(activation(name)(leaf).sum(), leaf)[0]

    return activation_slope


@pytest.fixture(scope="session")
def delta_norms() -> Callable[..., Tensor]:
    def delta_norms(delta: Tensor, weights: list[Tensor], slopes: list[Tensor]) -> Tensor:
        norms = [delta.norm()]
        for weight, slope in zip(reversed(weights), reversed(slopes), strict=True):
            delta = weight.T @ (slope * delta)
            norms.append(delta.norm())
        return torch.stack(norms[::-1])

    return delta_norms


@pytest.fixture(scope="session")
def numerical_gradient() -> Callable[..., Tensor]:
    def numerical_gradient(f: Any, x: Tensor, *, eps: float) -> Tensor:
        slopes = []
        for row in eps * torch.eye(x.numel(), dtype=x.dtype):
            slopes.append((f(x + row.view(x.shape)) - f(x - row.view(x.shape))) / (2 * eps))
        return torch.stack(slopes).view(x.shape)

    return numerical_gradient


@pytest.fixture(scope="session")
def mlp_backprop() -> Callable[..., Any]:
    def mlp_backprop(x: Tensor, labels: Tensor, weights: Any, biases: Any) -> Any:
        leaves = [part.detach().clone().requires_grad_() for part in (*weights, *biases)]
        h = x
        for layer in range(len(weights)):
            h = h @ leaves[layer].T + leaves[len(weights) + layer]
            h = torch.tanh(h) if layer < len(weights) - 1 else h
        loss = torch.nn.functional.cross_entropy(h, labels)
        grads = torch.autograd.grad(loss, leaves)
        return loss.detach(), list(grads[: len(weights)]), list(grads[len(weights) :])

    return mlp_backprop
