"""Small public models: a mean loss over rows, its gradient, and the gradient of every single example.

Parameters are one flat tensor θ, so that any stepper can move them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

__all__ = ["Model", "linear_regression", "softmax_accuracy", "softmax_regression"]

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Model:
    """A loss that is a mean over examples.

    Parameters
    ----------
    name : str
        For legends.
    size : int
        Number of parameters.
    loss : callable
        Maps θ of shape (size,), rows (m, d) and targets (m,) to the mean loss, a scalar.

    Examples
    --------
    >>> model = linear_regression(1)
    >>> model.gradient(torch.zeros(1), torch.ones(2, 1), torch.tensor([1.0, 3.0]))
    tensor([-4.])
    """

    name: str
    size: int
    loss: Loss

    def gradient(self, theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """Gradient of the mean loss over the rows, of shape (size,)."""
        with torch.enable_grad():
            leaf = theta.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(self.loss(leaf, x, y), leaf)
        return gradient

    def gradients(self, theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """Gradient of every example's own loss, of shape (m, size)."""
        each = torch.func.vmap(torch.func.grad(self.loss), in_dims=(None, 0, 0))
        rows: Tensor = each(theta, x[:, None], y[:, None])
        return rows


def linear_regression(n_features: int) -> Model:
    """Mean squared error of xᵀθ; give x a column of ones for an intercept.

    Parameters
    ----------
    n_features : int
        Columns of x.

    Examples
    --------
    >>> model = linear_regression(2)
    >>> model.loss(torch.tensor([1.0, 2.0]), torch.ones(3, 2), torch.ones(3))
    tensor(4.)
    """

    def loss(theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        return (x @ theta - y).square().mean()

    return Model("linear regression", n_features, loss)


def softmax_regression(n_features: int, n_classes: int) -> Model:
    """Mean cross-entropy of a linear classifier; θ holds one row of weights and a bias for each class.

    Parameters
    ----------
    n_features, n_classes : int
        Columns of x, and classes 0 … n_classes − 1 in y.

    Examples
    --------
    >>> model = softmax_regression(4, 3)
    >>> model.size, model.gradient(torch.zeros(15), torch.ones(2, 4), torch.tensor([0, 2])).shape
    (15, torch.Size([15]))
    """

    def loss(theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        return cross_entropy(_scores(theta, x, n_classes), y)

    return Model("softmax regression", n_classes * (n_features + 1), loss)


def softmax_accuracy(theta: Tensor, x: Tensor, y: Tensor, *, n_classes: int) -> float:
    """Share of rows to which a softmax regression gives the right class.

    Examples
    --------
    >>> softmax_accuracy(torch.zeros(15), torch.ones(2, 4), torch.tensor([0, 2]), n_classes=3)
    0.5
    """
    return float((_scores(theta, x, n_classes).argmax(dim=1) == y).double().mean())


def _scores(theta: Tensor, x: Tensor, n_classes: int) -> Tensor:
    table = theta.reshape(n_classes, x.shape[1] + 1)
    return x @ table[:, :-1].T + table[:, -1]
