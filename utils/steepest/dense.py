"""Dense classifiers, many of them side by side: as many runs as wanted at the price of one loop.

All nets see the same rows. Hidden units of all nets stand side by side as the columns of one table, so that a
function which normalizes columns, each by itself, serves all nets at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from steepest.data import Data

__all__ = ["Nets", "accuracy", "fit", "make_nets", "scores", "with_backward"]

Normalize = Callable[[int, Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Nets:
    """Parameters of R dense nets of the same sizes.

    Attributes
    ----------
    weights : list of Tensor, shape (R, out, in)
        One for each layer.
    biases : list of Tensor, shape (R, out)
        One for each layer; in front of a normalization they are not used.
    gammas, betas : list of Tensor, shape (R · out,)
        Scale and shift for each hidden layer, used by a normalization alone.
    """

    weights: list[Tensor]
    biases: list[Tensor]
    gammas: list[Tensor]
    betas: list[Tensor]

    @property
    def parameters(self) -> list[Tensor]:
        """All of them, in one list."""
        return [*self.weights, *self.biases, *self.gammas, *self.betas]


def make_nets(sizes: Sequence[int], *, seeds: Sequence[int], gain: float = 2.0) -> Nets:
    """Nets with normal weights of variance gain/in, zero biases, unit scales and zero shifts.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, hidden units of each layer, classes.
    seeds : sequence of int
        One for each net; equal seeds give equal nets.
    gain : float
        2 is He's initialization, for ReLU.
    """
    shapes = list(zip(sizes[1:], sizes[:-1], strict=True))
    weights = [torch.empty(len(seeds), *shape) for shape in shapes]
    for net, seed in enumerate(seeds):
        generator = torch.Generator().manual_seed(seed)
        for weight in weights:
            weight[net].normal_(std=(gain / weight.shape[2]) ** 0.5, generator=generator)
    hidden = [len(seeds) * size for size in sizes[1:-1]]
    return Nets(
        weights,
        [torch.zeros(len(seeds), size) for size in sizes[1:]],
        [torch.ones(size) for size in hidden],
        [torch.zeros(size) for size in hidden],
    )


def scores(
    nets: Nets,
    x: Tensor,
    normalize: Normalize | None = None,
    *,
    behind: bool = False,
    activation: Callable[[Tensor], Tensor] = torch.relu,
) -> Tensor:
    """Scores of all classes, of shape (R, rows, classes).

    Parameters
    ----------
    nets : Nets
    x : Tensor, shape (rows, inputs)
        The same for all nets.
    normalize : callable, optional
        Given the number of a hidden layer from 0, its table of shape (rows, R · out), γ and β; returns a table.
    behind : bool
        Normalize behind the activation and not in front of it.
    activation : callable
        Of every hidden layer.
    """
    rows, n_nets = len(x), len(nets.weights[0])
    hidden = x.expand(n_nets, *x.shape)
    for number, (gamma, beta) in enumerate(zip(nets.gammas, nets.betas, strict=True)):
        hidden = hidden @ nets.weights[number].mT
        if normalize is None or behind:
            hidden = hidden + nets.biases[number][:, None]
        if normalize is None:
            hidden = activation(hidden)
            continue
        table = hidden.transpose(0, 1).reshape(rows, -1)
        table = normalize(number, activation(table), gamma, beta) if behind else normalize(number, table, gamma, beta)
        hidden = table.reshape(rows, n_nets, -1).transpose(0, 1)
        hidden = hidden if behind else activation(hidden)
    return hidden @ nets.weights[-1].mT + nets.biases[-1][:, None]


def fit(
    nets: Nets,
    data: Data,
    normalize: Normalize | None = None,
    *,
    lr: Tensor | float,
    n_steps: int,
    batch_size: int,
    seed: int = 0,
    behind: bool = False,
    activation: Callable[[Tensor], Tensor] = torch.relu,
) -> tuple[Nets, Tensor]:
    """Train by plain stochastic gradient descent on the mean cross-entropy of each minibatch.

    Parameters
    ----------
    nets : Nets
        The start; left as it is.
    data : Data
        What to train on, shuffled anew every epoch; a short last batch is left out.
    normalize, behind, activation
        As for `scores`.
    lr : float or Tensor of shape (R,)
        The rate of each net.
    n_steps, batch_size, seed : int
        Number of steps, rows a step, and seed of the shuffling.

    Returns
    -------
    tuple
        The trained nets, and the losses of shape (n_steps, R). A net that diverges has losses that are not finite.
    """
    n_nets = len(nets.weights[0])
    leaves = [value.clone().requires_grad_() for value in nets.parameters]
    groups = [getattr(nets, name) for name in ("weights", "biases", "gammas", "betas")]
    trained = Nets(*_cut(leaves, [len(group) for group in groups]))
    rates = torch.as_tensor(lr, dtype=leaves[0].dtype).expand(n_nets)
    steps = [_like(leaf, rates) for leaf in leaves]
    generator = torch.Generator().manual_seed(seed)
    losses: list[Tensor] = []
    while len(losses) < n_steps:
        order = torch.randperm(len(data.x), generator=generator)
        whole = order[: len(order) // batch_size * batch_size].view(-1, batch_size)
        for index in whole[: n_steps - len(losses)]:
            out = scores(trained, data.x[index], normalize, behind=behind, activation=activation)
            target = data.y[index].expand(n_nets, -1)
            loss = cross_entropy(out.flatten(0, 1), target.flatten(), reduction="none").view(n_nets, -1).mean(dim=1)
            gradients = torch.autograd.grad(loss.sum(), leaves, allow_unused=True)
            with torch.no_grad():
                for leaf, step, gradient in zip(leaves, steps, gradients, strict=True):
                    if gradient is not None:
                        leaf -= step * gradient
            losses.append(loss.detach())
    return Nets(*_cut([leaf.detach() for leaf in leaves], [len(group) for group in groups])), torch.stack(losses)


def accuracy(out: Tensor, y: Tensor) -> Tensor:
    """Share of rows to which each net gives the right class, of shape (R,), from scores of shape (R, rows, classes)."""
    return (out.argmax(dim=2) == y).double().mean(dim=1)


def with_backward(
    forward: Callable[..., tuple[Tensor, Any]], backward: Callable[[Tensor, Any], tuple[Tensor, ...]]
) -> Callable[..., Tensor]:
    """Join a forward pass and its backward pass into one function that `torch.autograd` can go through.

    Parameters
    ----------
    forward : callable
        Maps tensors, and keywords, to an output and a cache.
    backward : callable
        Maps the gradient at the output and the cache to one gradient for each tensor.

    Examples
    --------
    >>> square = with_backward(lambda x: (x * x, x), lambda grad, x: (2 * x * grad,))
    >>> x = torch.tensor([3.0], requires_grad=True)
    >>> torch.autograd.grad(square(x), x)
    (tensor([6.]),)
    """

    class Joined(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, keywords: dict[str, Any], *tensors: Tensor) -> Tensor:
            out, ctx.cache = forward(*tensors, **keywords)
            return out

        @staticmethod
        def backward(ctx: Any, *grads: Tensor) -> Any:
            return None, *backward(grads[0], ctx.cache)

    def joined(*tensors: Tensor, **keywords: Any) -> Tensor:
        out: Tensor = Joined.apply(keywords, *tensors)  # type: ignore[no-untyped-call]
        return out

    return joined


def _cut(values: list[Tensor], counts: Sequence[int]) -> list[list[Tensor]]:
    ends = torch.tensor(counts).cumsum(0).tolist()
    return [values[end - count : end] for end, count in zip(ends, counts, strict=True)]


def _like(leaf: Tensor, rates: Tensor) -> Tensor:
    """Each net's rate, in a shape that fits a parameter of all nets."""
    if leaf.ndim == 1:
        return rates.repeat_interleave(len(leaf) // len(rates))
    return rates.reshape(-1, *[1] * (leaf.ndim - 1))
