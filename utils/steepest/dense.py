"""Dense classifiers, many of them side by side: as many runs as wanted at the price of one loop.

For a normalization, hidden units of all nets stand side by side as the columns of one table, so that a function which
treats columns each by itself serves all nets at once.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy

from steepest.data import Data, shuffled

__all__ = ["Nets", "accuracy", "fit", "make_nets", "scores", "train", "with_backward"]

Draw = Callable[[tuple[int, int], Generator], Tensor]
Drop = Callable[[Tensor, int], Tensor]
Normalize = Callable[[int, Tensor, Tensor, Tensor], Tensor]
Rate = float | Tensor


class Nets(NamedTuple):
    """Parameters of R dense nets of the same sizes.

    Attributes
    ----------
    weights : sequence of Tensor, shape (R, out, in)
        One for each layer.
    biases : sequence of Tensor, shape (R, 1, out)
        One for each layer; in front of a normalization they are not used.
    gammas, betas : sequence of Tensor, shape (R · out,)
        Scale and shift for each hidden layer, used by a normalization alone.

    Examples
    --------
    >>> nets = make_nets([2, 8, 3], seeds=range(5))
    >>> [tuple(weight.shape) for weight in nets.weights]
    [(5, 8, 2), (5, 3, 8)]
    """

    weights: Sequence[Tensor]
    biases: Sequence[Tensor]
    gammas: Sequence[Tensor] = ()
    betas: Sequence[Tensor] = ()

    @property
    def parameters(self) -> list[Tensor]:
        """All of them, in one list."""
        return [part for group in self for part in group]

    def map(self, change: Callable[[Tensor], Tensor]) -> Nets:
        """Nets with every parameter changed."""
        return Nets(*([change(part) for part in group] for group in self))


def make_nets(
    sizes: Sequence[int], *, seeds: Sequence[int], count: int = 1, gain: float = 2.0, draw: Draw | None = None
) -> Nets:
    """Nets with normal weights of variance gain/in, zero biases, unit scales and zero shifts.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, hidden units of each layer, classes.
    seeds : sequence of int
        One for each net, or for each `count` of them; equal seeds give equal nets.
    count : int
        Nets that share a generator: it draws layer by layer, or net by net where `draw` does it.
    gain : float
        2 is He's initialization, for ReLU.
    draw : callable, optional
        Maps a shape (out, in) and a generator to the weights of one layer, in place of normal ones.

    Raises
    ------
    ValueError
        If `draw` returns weights of another shape.

    Examples
    --------
    >>> [tuple(weight.shape) for weight in make_nets([64, 16, 10], seeds=range(5)).weights]
    [(5, 16, 64), (5, 10, 16)]
    """
    shapes = [(out, into) for into, out in itertools.pairwise(sizes)]
    drawn: list[list[Tensor]] = []
    for generator in (Generator().manual_seed(seed) for seed in seeds):
        if draw is None:
            normal = partial(torch.Tensor.normal_, generator=generator)
            drawn.append([normal(torch.empty(count, *shape), std=(gain / shape[1]) ** 0.5) for shape in shapes])
        else:
            drawn += [[_checked(draw, shape, generator)[None] for shape in shapes] for _ in range(count)]
    weights = [torch.cat(layer) for layer in zip(*drawn, strict=True)]
    biases = [torch.zeros_like(weight[:, None, :, 0]) for weight in weights]
    shifts = [torch.zeros_like(bias.flatten()) for bias in biases[:-1]]
    return Nets(weights, biases, [shift + 1 for shift in shifts], shifts)


def scores(
    nets: Nets,
    x: Tensor,
    normalize: Normalize | None = None,
    *,
    drop: Drop | None = None,
    behind: bool = False,
    activation: Callable[[Tensor], Tensor] = torch.relu,
) -> Tensor:
    """Scores of all classes, of shape (R, rows, classes).

    Parameters
    ----------
    nets : Nets
    x : Tensor, shape (rows, inputs) or (R, rows, inputs)
        The same rows for all nets, or rows for each of them.
    normalize : callable, optional
        Given the number of a hidden layer from 0, its table of shape (rows, R · out), γ and β; returns a table.
    drop : callable, optional
        Maps what enters a layer, of shape (R, rows, units), and its number from 0 to what the layer gets instead.
    behind : bool
        Normalize behind the activation and not in front of it.
    activation : callable
        Of every hidden layer.

    Examples
    --------
    >>> scores(make_nets([2, 8, 3], seeds=range(5)), torch.zeros(10, 2)).shape
    torch.Size([5, 10, 3])
    """
    n_nets, last = len(nets.weights[0]), len(nets.weights) - 1
    h = x.expand(n_nets, -1, -1)
    for layer, (weight, bias) in enumerate(zip(nets.weights, nets.biases, strict=True)):
        h = h if drop is None else drop(h, layer)
        if layer == last or normalize is None:
            h = torch.baddbmm(bias, h, weight.mT)
            h = h if layer == last else activation(h)
            continue
        h = activation(torch.baddbmm(bias, h, weight.mT)) if behind else h @ weight.mT
        table = h.transpose(0, 1).reshape(h.shape[1], -1)
        table = normalize(layer, table, nets.gammas[layer], nets.betas[layer])
        h = table.reshape(len(table), n_nets, -1).transpose(0, 1)
        h = h if behind else activation(h)
    return h


def accuracy(out: Tensor, y: Tensor) -> Tensor:
    """Share of rows to which each net gives the right class, of shape (R,), from scores of shape (R, rows, classes).

    Examples
    --------
    >>> accuracy(torch.eye(3)[None], torch.tensor([0, 1, 1])).round(decimals=2)
    tensor([0.6700], dtype=torch.float64)
    """
    return (out.argmax(dim=2) == y).double().mean(dim=1)


def train(
    nets: Nets,
    batches: Iterable[tuple[Tensor, Tensor]],
    rates: Iterable[Rate],
    *,
    beta: float = 0.0,
    forward: Callable[[Nets, Tensor], Tensor] = scores,
    watch: Callable[[Tensor, tuple[Tensor | None, ...]], bool] | None = None,
) -> tuple[Nets, Tensor]:
    """Take steps of gradient descent on the mean cross-entropy of minibatches, until these or the rates end.

    Parameters
    ----------
    nets : Nets
        The start; left as it is.
    batches : iterable of (Tensor, Tensor)
        Rows x and classes y, for all nets or with a first axis for each of them.
    rates : iterable of float or of Tensor, shape (R,)
        The rate of all nets, or of each of them.
    beta : float
        Share of the velocity that is kept; 0 is plain descent.
    forward : callable
        Maps nets and rows to scores.
    watch : callable, optional
        Is shown the scores of a minibatch and the gradient of each of `Nets.parameters`, None for what is not used;
        answers whether to end the training before this step.

    Returns
    -------
    tuple
        The trained nets, and the losses of shape (steps, R). A net that diverges has losses that are not finite.

    Examples
    --------
    >>> batches = [(torch.eye(4), torch.arange(4))] * 20
    >>> nets, losses = train(make_nets([4, 16, 4], seeds=[0, 1]), batches, [0.5] * 20, beta=0.5)
    >>> losses.shape, bool((losses[-1] < losses[0]).all())
    (torch.Size([20, 2]), True)
    """
    now = nets.map(lambda part: part.detach().clone().requires_grad_())
    leaves, velocities = now.parameters, nets.map(torch.zeros_like).parameters
    losses = [torch.empty(0, len(nets.weights[0]))]
    for rate, (x, y) in zip(rates, batches, strict=False):
        with torch.enable_grad():
            out = forward(now, x)
            target = y.expand(len(out), -1).flatten()
            each = cross_entropy(out.flatten(0, 1), target, reduction="none").view(len(out), -1)
            gradients = torch.autograd.grad(each, leaves, torch.full_like(each, 1 / each.shape[1]), allow_unused=True)
        losses.append(each.detach().mean(dim=1, keepdim=True).T)
        if watch is not None and watch(out.detach(), gradients):
            break
        with torch.no_grad():
            for leaf, velocity, gradient in zip(leaves, velocities, gradients, strict=True):
                if gradient is not None:
                    _move(leaf, velocity, gradient, rate, beta)
    return now.map(Tensor.detach), torch.cat(losses)


def fit(
    nets: Nets,
    data: Data,
    normalize: Normalize | None = None,
    *,
    lr: Rate,
    n_steps: int,
    batch_size: int,
    seed: int = 0,
    behind: bool = False,
    activation: Callable[[Tensor], Tensor] = torch.relu,
) -> tuple[Nets, Tensor]:
    """Train by plain stochastic gradient descent, all nets on the same rows; returns what `train` does.

    Parameters
    ----------
    nets : Nets
        The start; left as it is.
    data : Data
        What to train on, shuffled anew every epoch; a short last batch is left out.
    normalize, behind, activation
        As for `scores`.
    lr : float or Tensor of shape (R,)
        The rate of all nets, or of each of them.
    n_steps, batch_size, seed : int
        Number of steps, rows a step, and seed of the shuffling.

    Raises
    ------
    ValueError
        If a batch takes more rows than there are.

    Examples
    --------
    >>> from steepest.data import Data
    >>> data = Data(torch.eye(4), torch.arange(4))
    >>> nets, losses = fit(make_nets([4, 16, 4], seeds=[0, 1]), data, lr=0.5, n_steps=20, batch_size=4)
    >>> losses.shape, bool((losses[-1] < losses[0]).all())
    (torch.Size([20, 2]), True)
    """
    if not 1 <= batch_size <= len(data.x):
        raise ValueError(f"`batch_size` must lie between 1 and the number of rows, {len(data.x)}. Got {batch_size!r}.")
    forward = partial(scores, normalize=normalize, behind=behind, activation=activation)
    return train(nets, shuffled(data, batch_size, seed=seed), itertools.repeat(lr, n_steps), forward=forward)


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


def _checked(draw: Draw, shape: tuple[int, int], generator: Generator) -> Tensor:
    weight = draw(shape, generator)
    if weight.shape != shape:
        raise ValueError(
            f"`{getattr(draw, '__name__', 'draw')}` must return weights of the shape that it is given. "
            f"Got {tuple(weight.shape)} for {shape}."
        )
    return weight.detach()


def _move(part: Tensor, velocity: Tensor, gradient: Tensor, rate: Rate, beta: float) -> None:
    """Take one step in place; a rate of each net is brought to a shape that fits a parameter of all."""
    if isinstance(rate, Tensor):
        rate = rate.repeat_interleave(len(part) // len(rate)) if part.ndim == 1 else rate[:, None, None]
    if beta == 0:
        part -= rate * gradient
    elif isinstance(rate, Tensor):
        part += velocity.mul_(beta).addcmul_(gradient, rate, value=-1)
    else:
        part += velocity.mul_(beta).sub_(gradient, alpha=rate)
