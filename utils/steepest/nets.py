"""Names of `11_dropout` for nets that train side by side, each on rows of its own; see `steepest.dense`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from steepest.dense import Nets, accuracy, make_nets, train
from steepest.dense import scores as net_scores

__all__ = ["Nets", "init_nets", "net_errors", "net_scores", "train_nets"]


def init_nets(sizes: Sequence[int], *, count: int, seed: int = 0) -> Nets:
    """Draw nets with one generator: He's normal weights, and zero biases.

    Parameters
    ----------
    sizes : sequence of int
        Units of every layer, from the inputs to the scores.
    count, seed : int
        Number of nets, and seed of all their weights.
    """
    return make_nets(sizes, seeds=[seed], count=count)


def net_errors(nets: Nets, x: Tensor, y: Tensor) -> Tensor:
    """Percentage of rows that each net gets wrong, of shape (R,); x and y as for `train_nets`, or the same for all."""
    return 100 * (1 - accuracy(net_scores(nets, x), y))


def train_nets(
    nets: Nets,
    x: Tensor,
    y: Tensor,
    *,
    steps: int,
    batch_size: int,
    lr: float,
    beta: float = 0.9,
    drop: Callable[[Tensor, int], Tensor] | None = None,
    seed: int = 0,
) -> Nets:
    """Minimize the cross-entropy by minibatch descent with momentum, the rate falling linearly to 0.

    Parameters
    ----------
    nets : Nets
        Where to start; left as they are.
    x, y : Tensor, shapes (R, n, d) and (R, n)
        Training rows and classes of each net.
    steps, batch_size : int
        Number of steps, and rows that each net sees in one.
    lr, beta : float
        First rate, and share of the velocity that is kept.
    drop : callable, optional
        Maps what enters a layer, and the layer's number from 0, to what it gets instead; used in training only.
    seed : int
        Of the rows that are drawn.

    Returns
    -------
    Nets
        The trained nets.
    """

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        generator, which = torch.Generator().manual_seed(seed), torch.arange(len(y))[:, None]
        for _ in range(steps):
            rows = torch.randint(y.shape[1], (len(y), batch_size), generator=generator)
            yield x[which, rows], y[which, rows]

    return train(nets, batches(), lr=lambda step: lr * (1 - step / steps), beta=beta, drop=drop)[0]
