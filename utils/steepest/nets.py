"""What `11_dropout` calls dense nets by, each trained on rows of its own; the nets are those of `steepest.dense`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from steepest.dense import Nets, accuracy, make_nets, train
from steepest.dense import scores as net_scores

__all__ = ["Nets", "init_nets", "net_errors", "net_scores", "train_nets"]


def init_nets(sizes: Sequence[int], *, count: int, seed: int = 0) -> Nets:
    """Draw `count` nets with one generator, as `make_nets` does.

    Examples
    --------
    >>> [tuple(weight.shape) for weight in init_nets([2, 8, 3], count=5).weights]
    [(5, 8, 2), (5, 3, 8)]
    """
    return make_nets(sizes, seeds=[seed], count=count)


def net_errors(nets: Nets, x: Tensor, y: Tensor) -> Tensor:
    """Percentage of rows that each net gets wrong, of shape (R,); rows and classes for all nets, or for each.

    Examples
    --------
    >>> nets = init_nets([2, 3], count=4)
    >>> net_errors(nets, torch.zeros(3, 2), torch.tensor([0, 0, 0])).shape
    torch.Size([4])
    """
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
        Number of steps, and rows that each net draws for one.
    lr, beta : float
        First rate, and share of the velocity that is kept.
    drop : callable, optional
        As in `net_scores`; used in training only.
    seed : int
        Of the rows that are drawn.

    Examples
    --------
    >>> x, y = torch.eye(3).expand(4, 3, 3), torch.arange(3).expand(4, 3)
    >>> start = init_nets([3, 16, 3], count=4)
    >>> net_errors(train_nets(start, x, y, steps=50, batch_size=8, lr=0.3), x, y)
    tensor([0., 0., 0., 0.], dtype=torch.float64)
    """
    (count, n), generator = y.shape, torch.Generator().manual_seed(seed)
    drawn = n * torch.arange(count)[:, None] + torch.randint(n, (steps, count, batch_size), generator=generator)
    rows, classes = x.flatten(0, 1), y.flatten()
    batches = ((rows.index_select(0, at.flatten()).view(*at.shape, -1), classes[at]) for at in drawn)
    rates = [lr * (1 - step / steps) for step in range(steps)]
    return train(nets, batches, rates, beta=beta, forward=partial(net_scores, drop=drop))[0]
