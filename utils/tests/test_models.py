"""Models: the gradient against finite differences, and single gradients against their mean."""

from __future__ import annotations

import pytest
import steepest.models
import torch
from steepest.callables import least_squares_gradient
from steepest.models import Model, linear_regression, softmax_accuracy, softmax_regression
from torch import Tensor


def _setting(name: str) -> tuple[Model, Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(7, 3, generator=generator, dtype=torch.float64)
    if name == "linear":
        model, y = linear_regression(3), torch.randn(7, generator=generator, dtype=torch.float64)
    else:
        model, y = softmax_regression(3, 4), torch.tensor([0, 3, 1, 1, 2, 0, 3])
    return model, torch.randn(model.size, generator=generator, dtype=torch.float64), x, y


@pytest.mark.parametrize("name", ["linear", "softmax"])
def test_gradient_agrees_with_finite_differences(name: str) -> None:
    model, theta, x, y = _setting(name)
    steps = 1e-5 * torch.eye(model.size, dtype=torch.float64)
    slopes = [(model.loss(theta + step, x, y) - model.loss(theta - step, x, y)) / 2e-5 for step in steps]
    gradient = model.gradient(theta, x, y)
    assert torch.allclose(gradient, torch.stack(slopes), atol=1e-8)
    assert not gradient.requires_grad


@pytest.mark.parametrize("name", ["linear", "softmax"])
def test_single_gradients_have_the_gradient_as_mean(name: str) -> None:
    model, theta, x, y = _setting(name)
    rows = model.gradients(theta, x, y)
    assert rows.shape == (7, model.size)
    assert torch.allclose(rows.mean(0), model.gradient(theta, x, y))
    assert torch.allclose(rows[2], model.gradient(theta, x[2:3], y[2:3]))


def test_linear_regression_is_the_public_least_squares() -> None:
    model, theta, x, y = _setting("linear")
    assert torch.allclose(model.gradient(theta, x, y), least_squares_gradient()(theta, x, y))


def test_the_gradient_leaves_theta_alone() -> None:
    model, theta, x, y = _setting("linear")
    before = theta.clone()
    model.gradient(theta, x, y)
    assert torch.equal(theta, before)
    assert not theta.requires_grad


def test_accuracy_counts_the_largest_score() -> None:
    theta = torch.tensor([1.0, 0.0, -1.0, 0.0])  # class 0 where x > 0
    x = torch.tensor([[2.0], [-1.0], [3.0], [-2.0]])
    assert softmax_accuracy(theta, x, torch.tensor([0, 1, 1, 1]), n_classes=2) == 0.75


def test_public_names() -> None:
    assert steepest.models.__all__ == ["Model", "linear_regression", "softmax_accuracy", "softmax_regression"]
