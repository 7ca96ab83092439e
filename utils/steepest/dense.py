"""Dense classifiers, many of them side by side: as many runs as wanted at the price of one loop.

The first axis of whatever belongs to a net counts nets. For a normalization, hidden units of all nets stand side by
side as the columns of one table, so that a function which treats columns each by itself serves all nets at once.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypedDict, Unpack

import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy

from steepest.data import Data

__all__ = ["Hooks", "Nets", "Slopes", "accuracy", "fit", "make_nets", "scores", "slopes", "train", "with_backward"]

Draw = Callable[[tuple[int, int], Generator], Tensor]
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
        """Nets with each parameter changed."""
        return Nets(*([change(part) for part in group] for group in self))


class Hooks(TypedDict, total=False):
    """What may be different in a forward pass.

    Attributes
    ----------
    drop : callable
        Maps what enters a layer, of shape (R, rows, units), and the layer's number from 0 to what it gets instead.
    behind : bool
        Normalize behind the activation and not in front of it.
    activation : callable
        Of every hidden layer; ReLU where nothing is said.
    """

    drop: Callable[[Tensor, int], Tensor] | None
    behind: bool
    activation: Callable[[Tensor], Tensor]


class Slopes(NamedTuple):
    """A forward and a backward pass.

    Attributes
    ----------
    scores : Tensor, shape (R, rows, classes)
    losses : Tensor, shape (R,)
        Mean cross-entropy of each net.
    gradients : tuple of Tensor
        Of each net's own loss, one for each of `Nets.parameters`; None for what was not used.
    """

    scores: Tensor
    losses: Tensor
    gradients: tuple[Tensor | None, ...]


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
        Nets that are drawn with the same generator: layer by layer, or net by net where `draw` does it.
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
    for seed in seeds:
        generator = Generator().manual_seed(seed)
        if draw is None:
            stds = [(gain / into) ** 0.5 for _, into in shapes]
            layers = [torch.empty(count, *shape) for shape in shapes]
            drawn.append([w.normal_(std=std, generator=generator) for w, std in zip(layers, stds, strict=True)])
        else:
            drawn += [[_checked(draw, shape, generator)[None] for shape in shapes] for _ in range(count)]
    weights = [torch.cat(layer) for layer in zip(*drawn, strict=True)]
    biases = [torch.zeros_like(weight[:, None, :, 0]) for weight in weights]
    return Nets(
        weights,
        biases,
        [torch.ones_like(bias.flatten()) for bias in biases[:-1]],
        [torch.zeros_like(bias.flatten()) for bias in biases[:-1]],
    )


def scores(
    nets: Nets,
    x: Tensor,
    normalize: Normalize | None = None,
    *,
    drop: Callable[[Tensor, int], Tensor] | None = None,
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
    drop, behind, activation
        See `Hooks`.
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
    """Share of rows to which each net gives the right class, of shape (R,).

    Parameters
    ----------
    out : Tensor, shape (R, rows, classes)
        Scores.
    y : Tensor, shape (rows,) or (R, rows)
        Classes.
    """
    return (out.argmax(dim=2) == y).double().mean(dim=1)


def slopes(nets: Nets, x: Tensor, y: Tensor, normalize: Normalize | None = None, **hooks: Unpack[Hooks]) -> Slopes:
    """Scores, losses and gradients of nets; x and y have rows for all nets, or rows for each."""
    with torch.enable_grad():
        leaves = nets.map(lambda part: part if part.requires_grad else part.detach().requires_grad_())
        out = scores(leaves, x, normalize, **hooks)
        rows = cross_entropy(out.flatten(0, 1), y.expand(len(out), -1).flatten(), reduction="none").view(len(out), -1)
        shares = torch.full_like(rows, 1 / rows.shape[1])
        gradients = torch.autograd.grad(rows, leaves.parameters, shares, allow_unused=True)
    return Slopes(out.detach(), rows.detach().mean(dim=1), gradients)


def train(
    nets: Nets,
    batches: Iterable[tuple[Tensor, Tensor]],
    normalize: Normalize | None = None,
    *,
    lr: Rate | Callable[[int], Rate],
    beta: float = 0.0,
    watch: Callable[[Slopes], object] | None = None,
    **hooks: Unpack[Hooks],
) -> tuple[Nets, Tensor]:
    """Take one step of gradient descent on the mean cross-entropy for each minibatch.

    Parameters
    ----------
    nets : Nets
        The start; left as it is.
    batches : iterable of (Tensor, Tensor)
        Rows x and classes y, for all nets or with a first axis for each.
    normalize : callable, optional
        As for `scores`.
    lr : float, Tensor of shape (R,), or callable
        The rate of all nets or of each, or a function of the step's number from 0 that gives it.
    beta : float
        Share of the velocity that is kept; 0 is plain descent.
    watch : callable, optional
        Is shown what is known before each step.
    **hooks
        See `Hooks`.

    Returns
    -------
    tuple
        The trained nets, and the losses of shape (steps, R). A net that diverges has losses that are not finite.
    """
    now = nets.map(lambda part: part.detach().clone().requires_grad_())
    velocities, rates = nets.map(torch.zeros_like).parameters, _rates(lr, nets)
    losses = [torch.empty(0, len(nets.weights[0]))]
    for step, (x, y) in enumerate(batches):
        here = slopes(now, x, y, normalize, **hooks)
        if watch is not None:
            watch(here)
        with torch.no_grad():
            for part, velocity, gradient, rate in zip(
                now.parameters, velocities, here.gradients, rates(step), strict=True
            ):
                if gradient is None:
                    continue
                if beta:
                    part += velocity.mul_(beta).addcmul_(gradient, rate, value=-1)
                else:
                    part -= rate * gradient
        losses.append(here.losses[None])
    return now.map(Tensor.detach), torch.cat(losses)


def fit(
    nets: Nets,
    data: Data,
    normalize: Normalize | None = None,
    *,
    lr: Rate | Callable[[int], Rate],
    n_steps: int,
    batch_size: int,
    seed: int = 0,
    **hooks: Unpack[Hooks],
) -> tuple[Nets, Tensor]:
    """Train by plain stochastic gradient descent, all nets on the same rows.

    Parameters
    ----------
    nets, normalize, lr, **hooks
        As for `train`, which also says what is returned.
    data : Data
        What to train on, shuffled anew every epoch; a short last batch is left out.
    n_steps, batch_size, seed : int
        Number of steps, rows a step, and seed of the shuffling.

    Raises
    ------
    ValueError
        If there are fewer rows than a batch takes.
    """
    if not 1 <= batch_size <= len(data.x):
        raise ValueError(f"`batch_size` must lie between 1 and the number of rows, {len(data.x)}. Got {batch_size!r}.")
    batches = itertools.islice(_shuffled(data, batch_size, seed), n_steps)
    return train(nets, batches, normalize, lr=lr, **hooks)


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


def _shuffled(data: Data, size: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    generator = Generator().manual_seed(seed)
    while True:
        order = torch.randperm(len(data.x), generator=generator)
        for rows in order[: len(order) // size * size].view(-1, size):
            yield data.x[rows], data.y[rows]


def _rates(lr: Rate | Callable[[int], Rate], nets: Nets) -> Callable[[int], list[Tensor]]:
    """What gives the rate of each parameter at a step, in a shape that fits it."""
    if callable(lr):
        return lambda step: _fitted(lr(step), nets)
    fixed = _fitted(lr, nets)
    return lambda step: fixed


def _fitted(rate: Rate, nets: Nets) -> list[Tensor]:
    rate = torch.as_tensor(rate, dtype=nets.weights[0].dtype)
    if rate.ndim == 0:
        return [rate] * len(nets.parameters)
    return [
        rate.repeat_interleave(len(part) // len(rate)) if part.ndim == 1 else rate.view(-1, *[1] * (part.ndim - 1))
        for part in nets.parameters
    ]
