"""What a start does to a network: many small trainings at once, and signals through many layers.

Weights are (out, in), examples are rows. Networks are plain lists of weights, one a layer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import repeat
from typing import NamedTuple

import torch
from torch import Tensor

from steepest._xor import XorTraining, xor
from steepest.dense import Draw, Nets, accuracy, scores, train

__all__ = [
    "Runs",
    "Training",
    "gradient_spread",
    "layer_signals",
    "train_classifier",
    "wilson_interval",
    "xor",
    "xor_runs",
]

Activation = Callable[[Tensor], Tensor]


class Runs(NamedTuple):
    """Trainings side by side.

    Attributes
    ----------
    losses : Tensor, shape (n_epochs + 1, n_runs)
        Before training and after every epoch.
    hidden : Tensor, shape (n_epochs + 1, n_runs, 4, 2)
        Weights of the hidden layer, likewise.
    solved : Tensor of bool, shape (n_runs,)
        Whether all four examples are classified rightly in the end.

    Examples
    --------
    >>> runs = xor_runs(lambda shape, generator: torch.zeros(shape), n_runs=3, n_epochs=10)
    >>> runs.losses.shape, runs.solved
    (torch.Size([11, 3]), tensor([False, False, False]))
    """

    losses: Tensor
    hidden: Tensor
    solved: Tensor


class Training(NamedTuple):
    """One training of a classifier.

    Attributes
    ----------
    losses : Tensor, shape (n_steps + 1,)
        Mean cross-entropy before training and after every step.
    gradients : Tensor, shape (n_steps + 1, n_layers)
        Mean absolute gradient of the weights of every layer, likewise.
    accuracy : float
        Share of rows classified rightly in the end.

    Examples
    --------
    >>> start = train_classifier([torch.eye(3)], torch.eye(3), torch.arange(3), torch.tanh)
    >>> start.losses.shape, start.gradients.shape, start.accuracy
    (torch.Size([1]), torch.Size([1, 1]), 1.0)
    """

    losses: Tensor
    gradients: Tensor
    accuracy: float


def xor_runs(
    draw: Draw,
    *,
    n_runs: int,
    seed: int = 0,
    n_epochs: int = 1000,
    lr: float = 0.1,
    beta: float = 0.99,
    centered: bool = False,
) -> Runs:
    """Train 2-4-1 sigmoid networks on exclusive or, all at once, by full-batch descent with momentum.

    Biases start at zero; the loss is the binary cross-entropy.

    Parameters
    ----------
    draw : callable
        Maps a shape (out, in) and a generator to the weights of one layer.
    n_runs : int
        Number of networks.
    seed : int
        Of the generator that all of them draw from.
    n_epochs : int
        Number of steps, each on all four examples.
    lr, beta : float
        Learning rate, and share of the velocity that is kept.
    centered : bool
        Whether inputs are −1 and 1 instead of 0 and 1.

    Examples
    --------
    >>> def draw(shape, generator):
    ...     return torch.randn(shape, generator=generator)
    >>> runs = xor_runs(draw, n_runs=20, n_epochs=200)
    >>> runs.losses.shape, runs.hidden.shape
    (torch.Size([201, 20]), torch.Size([201, 20, 4, 2]))
    """
    training = XorTraining(draw, n_runs=n_runs, seed=seed, lr=lr, beta=beta, centered=centered)
    return Runs(training.losses(n_epochs), training.hidden(n_epochs), training.solved(n_epochs)[-1])


def wilson_interval(count: int, total: int, *, z: float = 1.96) -> tuple[float, float]:
    """Confidence interval of a probability, from a count (Wilson 1927).

    Parameters
    ----------
    count, total : int
        How often it happened, in how many trials.
    z : float
        Normal quantile; 1.96 for 95 %.

    Raises
    ------
    ValueError
        If the count does not lie between 0 and the total, or if there was no trial.

    Examples
    --------
    >>> [round(end, 2) for end in wilson_interval(0, 20)]
    [0.0, 0.16]
    """
    if not 0 <= count <= total or total < 1:
        raise ValueError(f"`count` must lie between 0 and `total`. Got {count!r} of {total!r}.")
    share, extra = count / total, z * z / total
    middle = (share + extra / 2) / (1 + extra)
    half = z / (1 + extra) * math.sqrt(share * (1 - share) / total + extra / (4 * total))
    return max(0.0, middle - half), min(1.0, middle + half)


def gradient_spread(x: Tensor, weights: Sequence[Tensor], activation: Activation, *, seed: int = 0) -> Tensor:
    """Send a random gradient of deviation 1 back from the top and measure its deviation below every layer.

    Parameters
    ----------
    x : Tensor, shape (n, d)
        Examples, whose activations set the slopes.
    weights : sequence of Tensor
        One a layer.
    activation : callable
        Applied after every layer.
    seed : int
        Of the gradient at the top.

    Returns
    -------
    Tensor, shape (n_layers + 1,)
        Deviation of the gradient with respect to the input, then to what leaves each layer; the last is that of
        the gradient at the top.

    Examples
    --------
    >>> gradient_spread(torch.ones(5, 2), [torch.eye(2)] * 3, lambda x: x).shape
    torch.Size([4])
    """
    return torch.stack([grad.std() for grad in layer_signals(x, weights, activation, seed=seed)[1]])


def layer_signals(
    x: Tensor, weights: Sequence[Tensor], activation: Activation, *, seed: int = 0
) -> tuple[list[Tensor], list[Tensor]]:
    """Send examples up through all layers, and a random gradient of deviation 1 back down.

    Parameters
    ----------
    x, weights, activation, seed
        As for `gradient_spread`.

    Returns
    -------
    layers : list of Tensor, each of shape (n, units)
        The examples, then what leaves each layer.
    grads : list of Tensor, of the same shapes
        The gradient with respect to each of them; the last is the random one at the top.

    Examples
    --------
    >>> layers, grads = layer_signals(torch.ones(5, 2), [2 * torch.eye(2)] * 2, lambda x: x)
    >>> [float(layer.mean()) for layer in layers], len(grads)
    ([1.0, 2.0, 4.0], 3)
    """
    layers = [x.detach().requires_grad_()]
    for weight in weights:
        layers.append(activation(layers[-1] @ weight.T))
    noise = torch.randn(layers[-1].shape, generator=torch.Generator().manual_seed(seed)).to(x)
    grads = torch.autograd.grad(layers[-1], layers, noise)
    return [layer.detach() for layer in layers], list(grads)


def train_classifier(
    weights: Sequence[Tensor],
    x: Tensor,
    y: Tensor,
    activation: Activation,
    *,
    n_steps: int = 0,
    lr: float = 0.1,
    beta: float = 0.9,
) -> Training:
    """Train a dense classifier from given weights by full-batch descent with momentum.

    Biases start at zero; the last layer gives scores and has no activation.

    Parameters
    ----------
    weights : sequence of Tensor
        One a layer; they are not changed.
    x, y : Tensor, shape (n, d) and (n,)
        Examples and their classes.
    activation : callable
        Applied after every layer but the last.
    n_steps : int
        Number of steps; with 0 only the gradients at the start are measured.
    lr, beta : float
        Learning rate, and share of the velocity that is kept.

    Examples
    --------
    >>> training = train_classifier([torch.eye(3)], torch.eye(3), torch.arange(3), torch.tanh, n_steps=10)
    >>> len(training.losses), training.accuracy
    (11, 1.0)
    """
    gradients: list[Tensor] = []
    latest = x

    def watch(out: Tensor, grads: Sequence[Tensor | None]) -> bool:
        nonlocal latest
        latest = out
        gradients.append(torch.stack([grad.abs().mean() for grad in grads[: len(weights)] if grad is not None]))
        return len(gradients) > n_steps

    start = Nets(
        [weight[None] for weight in weights], [torch.zeros_like(weight[None, None, :, 0]) for weight in weights]
    )
    forward = partial(scores, activation=activation)
    _, losses = train(start, repeat((x, y)), repeat(lr), beta=beta, forward=forward, watch=watch)
    return Training(losses[:, 0], torch.stack(gradients), float(accuracy(latest, y)))
