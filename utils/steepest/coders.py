"""Autoencoders, several of them side by side, and those of the digits that have been trained ahead.

An encoder and a decoder are dense nets as in `steepest.dense`: the first axis of all their tables is that of the nets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from steepest.data import Data, digits, split
from steepest.dense import Nets, make_nets, scores

__all__ = [
    "Coders",
    "Stored",
    "coder_digits",
    "make_coders",
    "stored_coders",
    "sums_over_rows",
    "train_coders",
]

FILE = "coders.npz"
SHARE_HELD = 0.278  # 500 of the 1797 digits
Loss = Callable[["Coders", Tensor, Generator], Tensor]


class Coders(NamedTuple):
    """R autoencoders of the same sizes.

    Attributes
    ----------
    encoder, decoder : Nets
        tanh in hidden layers; the last layer of each is linear.

    Examples
    --------
    >>> coders = make_coders([64, 2], seeds=[0, 1, 2])
    >>> coders.encode(torch.zeros(10, 64)).shape
    torch.Size([3, 10, 2])
    """

    encoder: Nets
    decoder: Nets

    def encode(self, x: Tensor, *, activation: Callable[[Tensor], Tensor] = torch.tanh) -> Tensor:
        """Codes of shape (R, n, k) of rows that all nets share, (n, d), or of rows for each, (R, n, d)."""
        return scores(self.encoder, x, activation=activation)

    def decode(self, codes: Tensor, *, activation: Callable[[Tensor], Tensor] = torch.tanh) -> Tensor:
        """Reconstructions of shape (R, n, d) of codes (R, n, k), or of (n, k) by every net."""
        return scores(self.decoder, codes, activation=activation)

    @property
    def parameters(self) -> list[Tensor]:
        """All weights and biases, in one list."""
        return [part for net in self for layers in (net.weights, net.biases) for part in layers]

    def pick(self, number: int) -> Coders:
        """One of them, as a single one side by side with none."""
        return Coders(*(Nets(*([part[[number]] for part in net[i]] for i in range(2))) for net in self))


def sums_over_rows(loss: Callable[..., Tensor]) -> bool:
    """Whether the loss of a variational autoencoder is the sum over the rows, and not their mean.

    Parameters
    ----------
    loss : callable
        ``loss(x, scores, mean, log_variance)``. Of a sum two equal rows cost twice as much as one.

    Examples
    --------
    >>> sums_over_rows(lambda x, scores, mean, log_variance: ((x - scores) ** 2).sum())
    True
    """
    one, two = (float(loss(torch.ones(rows, 1) / 2, *(torch.zeros(rows, 1) for _ in range(3)))) for rows in (1, 2))
    return two > 1.5 * one > 0


def make_coders(sizes: Sequence[int], *, seeds: Sequence[int], per_code: int = 1) -> Coders:
    """Autoencoders with normal weights of variance 1/in and zero biases.

    Parameters
    ----------
    sizes : sequence of int
        Of the encoder: inputs, hidden units of each layer, length of a code. The decoder has them in reverse.
    seeds : sequence of int
        One for each autoencoder.
    per_code : int
        Numbers that the encoder gives for each entry of a code: 2 where it gives a mean and a log-variance.

    Examples
    --------
    >>> coders = make_coders([64, 32, 2], seeds=range(3))
    >>> coders.decode(coders.encode(torch.zeros(10, 64))).shape
    torch.Size([3, 10, 64])
    """
    encoder = make_nets([*sizes[:-1], per_code * sizes[-1]], seeds=seeds, gain=1.0)
    return Coders(encoder, make_nets(sizes[::-1], seeds=[seed + 1000 for seed in seeds], gain=1.0))


def train_coders(
    coders: Coders,
    x: Tensor,
    loss: Loss,
    *,
    n_steps: int,
    batch_size: int = 128,
    lr: float = 0.003,
    seed: int = 0,
) -> Coders:
    """Minimize a loss of minibatches by Adam, the rate falling linearly to 0.

    Parameters
    ----------
    coders : Coders
        The start; left as it is.
    x : Tensor, shape (n, d)
        Rows to train on, drawn anew for every step.
    loss : callable
        Maps the coders, rows of a minibatch and a generator for its noise to one number: all nets' losses together.
    n_steps, batch_size, seed : int
        Number of steps, rows of a minibatch, seed of the draws.
    lr : float
        The first rate.

    Examples
    --------
    >>> x = torch.rand(50, 8, generator=torch.Generator().manual_seed(0))
    >>> def loss(coders, rows, generator):
    ...     return (coders.decode(coders.encode(rows)) - rows).square().mean()
    >>> start = make_coders([8, 4, 2], seeds=[0])
    >>> end = train_coders(start, x, loss, n_steps=50)
    >>> bool(loss(end, x, None) < loss(start, x, None))
    True
    """
    now = Coders(*(net.map(lambda part: part.detach().clone().requires_grad_()) for net in coders))
    generator = Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(now.parameters, lr=lr)
    with torch.enable_grad():
        for step in range(n_steps):
            optimizer.param_groups[0]["lr"] = lr * (1 - step / n_steps)
            rows = x[torch.randint(len(x), (batch_size,), generator=generator)]
            optimizer.zero_grad()
            torch.autograd.backward(loss(now, rows, generator))
            optimizer.step()
    return Coders(*(net.map(Tensor.detach) for net in now))


def coder_digits() -> tuple[Data, Data]:
    """The digits that stored coders were trained on, and those that they have never seen (1297 and 500).

    Examples
    --------
    >>> known, new = coder_digits()
    >>> len(known.x), len(new.x)
    (1297, 500)
    """
    return split(digits(), test=SHARE_HELD, seed=0)


class Stored(NamedTuple):
    """Autoencoders of `steepest.data.digits` with codes of two numbers, trained ahead.

    Attributes
    ----------
    plain : Coders
        One, 64-64-2-64-64, trained on the squared error; what it decodes are pixels.
    variational : Coders
        One for each of `kl_weights`; its encoder gives the mean and then the log-variance of a code, four numbers, and
        what it decodes are scores: a sigmoid makes pixels of them.
    kl_weights : tuple of float
        What the Kullback-Leibler divergence was multiplied by in the training of each.

    Examples
    --------
    >>> stored = stored_coders()
    >>> stored.plain.encode(torch.zeros(1, 64)).shape, len(stored.kl_weights)
    (torch.Size([1, 1, 2]), 6)
    """

    plain: Coders
    variational: Coders
    kl_weights: tuple[float, ...]


@cache
def stored_coders() -> Stored:
    """Read the coders that come with the package.

    Examples
    --------
    >>> stored = stored_coders()
    >>> stored.plain.decode(torch.zeros(1, 2)).shape
    torch.Size([1, 1, 64])
    """
    with (files("steepest") / FILE).open("rb") as stream, np.load(stream) as arrays:
        plain, variational = (
            Coders(*(Nets(*(_layers(arrays, f"{kind}/{part}/{group}") for group in ("weights", "biases")))
                     for part in ("encoder", "decoder")))
            for kind in ("plain", "variational")
        )  # fmt: skip
        return Stored(plain, variational, tuple(arrays["kl_weights"].tolist()))


def _layers(arrays: np.lib.npyio.NpzFile, name: str) -> list[Tensor]:
    return [torch.from_numpy(arrays[key]) for key in sorted(arrays.files) if key.startswith(f"{name}/")]
