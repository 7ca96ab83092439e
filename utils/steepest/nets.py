"""Many small dense networks that are trained side by side, as one batch of matrices.

The first axis of every tensor counts networks, so that an experiment over ten seeds costs little more than one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

__all__ = ["Nets", "init_nets", "net_errors", "net_scores", "train_nets"]

Drop = Callable[[Tensor, int], Tensor]


class Nets(NamedTuple):
    """Networks of one architecture: ReLU in the hidden layers, scores at the end.

    Attributes
    ----------
    weights : list of Tensor, each of shape (count, out, in)
        One entry a layer.
    biases : list of Tensor, each of shape (count, 1, out)
        One entry a layer.
    """

    weights: list[Tensor]
    biases: list[Tensor]


def init_nets(sizes: Sequence[int], *, count: int, seed: int = 0) -> Nets:
    """Draw networks with normal weights of variance 2/fan_in and zero biases (He et al. 2015).

    Parameters
    ----------
    sizes : sequence of int
        Units of every layer, from the inputs to the scores.
    count : int
        Number of networks.
    seed : int
        Of all weights.

    Examples
    --------
    >>> [tuple(weight.shape) for weight in init_nets([64, 16, 10], count=5).weights]
    [(5, 16, 64), (5, 10, 16)]
    """
    generator = torch.Generator().manual_seed(seed)
    pairs = list(itertools.pairwise(sizes))
    weights = [torch.randn(count, out, fan, generator=generator) * (2 / fan) ** 0.5 for fan, out in pairs]
    return Nets(weights, [torch.zeros(count, 1, out) for _, out in pairs])


def net_scores(nets: Nets, x: Tensor, *, drop: Drop | None = None) -> Tensor:
    """Scores of all networks, of shape (count, n, classes).

    Parameters
    ----------
    nets : Nets
        The networks.
    x : Tensor, shape (count, n, d) or (n, d)
        Rows for each network, or the same rows for all.
    drop : callable, optional
        Maps what enters a layer, of shape (count, n, units), and the layer's number from 0 to what it gets instead.
    """
    h = x.expand(len(nets.weights[0]), -1, -1)
    for layer, (weight, bias) in enumerate(zip(nets.weights, nets.biases, strict=True)):
        if layer:
            h = h.relu()
        h = torch.baddbmm(bias, h if drop is None else drop(h, layer), weight.mT)
    return h


def net_errors(nets: Nets, x: Tensor, y: Tensor) -> Tensor:
    """Percentage of rows that each network gets wrong, of shape (count,).

    Parameters
    ----------
    nets : Nets
        The networks.
    x, y : Tensor, shapes (count, n, d) and (count, n)
        Rows and classes for each network; without the first axis the same for all.
    """
    with torch.no_grad():
        return 100 * (net_scores(nets, x).argmax(dim=2) != y).double().mean(dim=1)


def train_nets(
    nets: Nets,
    x: Tensor,
    y: Tensor,
    *,
    steps: int,
    batch_size: int,
    lr: float,
    beta: float = 0.9,
    drop: Drop | None = None,
    seed: int = 0,
) -> Nets:
    """Minimize the cross-entropy by minibatch descent with momentum, the rate falling linearly to 0.

    Parameters
    ----------
    nets : Nets
        Where to start; left as they are.
    x, y : Tensor, shapes (count, n, d) and (count, n)
        Training rows and classes of each network.
    steps, batch_size : int
        Number of steps, and rows that each network sees in one.
    lr, beta : float
        First rate, and share of the velocity that is kept.
    drop : callable, optional
        As in `net_scores`; used in training only.
    seed : int
        Of the rows that are drawn.

    Returns
    -------
    Nets
        The trained networks.
    """
    generator = torch.Generator().manual_seed(seed)
    count, n = y.shape
    which = torch.arange(count)[:, None]
    leaves = [part.clone().requires_grad_() for part in (*nets.weights, *nets.biases)]
    trained = Nets(leaves[: len(nets.weights)], leaves[len(nets.weights) :])
    velocities = [torch.zeros_like(leaf) for leaf in leaves]
    for step in range(steps):
        rows = torch.randint(n, (count, batch_size), generator=generator)
        with torch.enable_grad():
            scores = net_scores(trained, x[which, rows], drop=drop)
            loss = count * cross_entropy(scores.flatten(0, 1), y[which, rows].flatten())
            gradients = torch.autograd.grad(loss, leaves)
        with torch.no_grad():
            for leaf, velocity, gradient in zip(leaves, velocities, gradients, strict=True):
                velocity.mul_(beta).sub_(gradient, alpha=lr * (1 - step / steps))
                leaf.add_(velocity)
    parts = [leaf.detach() for leaf in leaves]
    return Nets(parts[: len(nets.weights)], parts[len(nets.weights) :])
