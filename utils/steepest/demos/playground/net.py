"""A small net and one step of its training, by functions of θ and the number of the step alone."""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Generator, Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from steepest.activations import activation
from steepest.demos.playground.data import points
from steepest.demos.playground.tools import (
    Memory,
    Statistics,
    Tools,
    draw_weight,
    drop,
    first_memory,
    normalize,
    normalize_fixed,
    take_step,
)


class Design(NamedTuple):
    """What cannot change in the midst of a training.

    Attributes
    ----------
    data : str
        A key of `DATA_SETS`.
    noise : float
        See `points`.
    stepper : str
        A key of `METHODS`.
    depth, width : int
        Number of hidden layers, and of units in each.
    activation : str
        A key of `ACTIVATIONS`.
    start : str
        A key of `STARTS`.
    batch_norm : bool
        Whether the weighted sums of hidden layers are normalized.
    seed : int
        Of weights, minibatches and dropout.
    """

    data: str
    noise: float
    stepper: str
    depth: int
    width: int
    activation: str
    start: str
    batch_norm: bool
    seed: int


class Dials(NamedTuple):
    """What can change from step to step.

    Attributes
    ----------
    rate : float
        Learning rate.
    batch : int
        Size of a minibatch, a divisor of the number of training points.
    keep : float
        Share of hidden units that dropout keeps.
    l1, l2 : float
        Factors of the sums of sizes and of squares of all weights.
    """

    rate: float
    batch: int
    keep: float
    l1: float
    l2: float


class State(NamedTuple):
    """Where a training stands.

    Attributes
    ----------
    step : int
        Steps taken.
    theta : Tensor, shape (p,)
        All parameters.
    memory : dict
        What the stepper remembers.
    running : tuple of (Tensor, Tensor)
        Running mean and variance of each normalized layer.
    """

    step: int
    theta: Tensor
    memory: Memory
    running: tuple[Statistics, ...]


class Measure(NamedTuple):
    """How good a net is.

    Attributes
    ----------
    train, test : float
        Mean cross-entropy on training and test points, without penalties.
    right : float
        Share of test points that are classified rightly.
    """

    train: float
    test: float
    right: float


class Layer(NamedTuple):
    """Parameters of a layer; `shift` is a bias, or a β where there is a γ in `scale`."""

    weight: Tensor
    shift: Tensor
    scale: Tensor | None


def begin(tools: Tools, design: Design, rate: float) -> State:
    """The state before the first step."""
    generator = Generator().manual_seed(design.seed)
    parts: list[Tensor] = []
    running: list[Statistics] = []
    sizes = _sizes(design.depth, design.width)
    for number, (fan_in, fan_out) in enumerate(itertools.pairwise(sizes)):
        parts += [draw_weight(tools, design.start, (fan_out, fan_in), generator).flatten(), torch.zeros(fan_out)]
        if design.batch_norm and number < design.depth:
            parts.append(torch.ones(fan_out))
            running.append((torch.zeros(fan_out), torch.ones(fan_out)))
    theta = torch.cat(parts)
    return State(0, theta, first_memory(tools, design.stepper, theta, rate), tuple(running))


def layers(design: Design, theta: Tensor) -> list[Layer]:
    """Cut θ into the parameters of each layer, which share its memory."""
    sizes = _sizes(design.depth, design.width)
    lengths = _lengths(design.depth, design.width, design.batch_norm)
    parts = iter(theta.split_with_sizes(lengths))
    return [
        Layer(
            next(parts).view(fan_out, fan_in),
            next(parts),
            next(parts) if design.batch_norm and number < design.depth else None,
        )
        for number, (fan_in, fan_out) in enumerate(itertools.pairwise(sizes))
    ]


def scores(tools: Tools, design: Design, state: State, x: Tensor) -> Tensor:
    """The trained net's answer at evaluation, of shape (n,): above 0 for class 1."""
    function = activation(design.activation)
    *hidden, last = layers(design, state.theta)
    h = x
    with torch.no_grad():
        for number, layer in enumerate(hidden):
            z = h @ layer.weight.T
            if layer.scale is None:
                h = function(z + layer.shift)
            else:
                h = function(normalize_fixed(tools, z, layer.scale, layer.shift, state.running[number]))
        return (h @ last.weight.T + last.shift)[:, 0]


def measure(tools: Tools, design: Design, state: State) -> Measure:
    """How good the net is at evaluation."""
    data = points(design.data, design.noise)
    out = scores(tools, design, state, torch.cat([data.x, data.test_x]))
    train, test = out[: len(data.x)], out[len(data.x) :]
    return Measure(
        train=float(binary_cross_entropy_with_logits(train, data.y)),
        test=float(binary_cross_entropy_with_logits(test, data.test_y)),
        right=float(((test > 0) == (data.test_y > 0.5)).double().mean()),
    )


def train_step(tools: Tools, design: Design, state: State, dials: Dials) -> State:
    """One step on the minibatch that belongs to its number; the same state and dials give the same step."""
    data = points(design.data, design.noise)
    rows = minibatch(state.step, len(data.x), dials.batch, design.seed)
    x, y = data.x[rows], data.y[rows]
    running: tuple[Statistics, ...] = ()

    def gradient(theta: Tensor) -> Tensor:
        nonlocal running
        leaf = theta.detach().requires_grad_()
        dice = Generator().manual_seed(10_007 * (design.seed + 1) + state.step)
        loss, running = _objective(tools, design, dials, leaf, x, y, state.running, dice)
        return torch.autograd.grad(loss, leaf)[0]

    theta, memory = take_step(tools, design.stepper, state.theta, gradient, state.memory, dials.rate)
    return State(state.step + 1, theta, memory, running)


def minibatch(step: int, n: int, size: int, seed: int) -> Tensor:
    """Rows that a step sees: all rows in an order drawn anew for each epoch, cut into batches."""
    epoch, place = divmod(step, n // size)
    return _order(n, 1_009 * seed + epoch)[place * size : (place + 1) * size]


def _objective(
    tools: Tools, design: Design, dials: Dials, theta: Tensor, x: Tensor, y: Tensor,
    before: tuple[Statistics, ...], dice: Generator,
) -> tuple[Tensor, tuple[Statistics, ...]]:  # fmt: skip
    """Loss of a minibatch with its penalties, and the running statistics after it."""
    function = activation(design.activation)
    cut = layers(design, theta)
    running: list[Statistics] = []
    h = x
    for number, layer in enumerate(cut[:-1]):
        z = h @ layer.weight.T
        if layer.scale is None:
            h = function(z + layer.shift)
        else:
            z, after = normalize(tools, z, layer.scale, layer.shift, before[number])
            running.append(after)
            h = function(z)
        if dials.keep < 1:
            h = drop(tools, h, dials.keep, dice)
    loss = binary_cross_entropy_with_logits((h @ cut[-1].weight.T + cut[-1].shift)[:, 0], y)
    if dials.l1 > 0:
        loss = loss + dials.l1 * sum(layer.weight.abs().sum() for layer in cut)
    if dials.l2 > 0:
        loss = loss + dials.l2 * sum(layer.weight.square().sum() for layer in cut)
    return loss, tuple(running)


def _sizes(depth: int, width: int) -> tuple[int, ...]:
    return (2, *[width] * depth, 1)


@lru_cache(maxsize=64)
def _lengths(depth: int, width: int, batch_norm: bool) -> list[int]:
    lengths: list[int] = []
    for number, (fan_in, fan_out) in enumerate(itertools.pairwise(_sizes(depth, width))):
        lengths += [fan_in * fan_out, fan_out, *([fan_out] if batch_norm and number < depth else [])]
    return lengths


@lru_cache(maxsize=1024)
def _order(n: int, seed: int) -> Tensor:
    return torch.randperm(n, generator=Generator().manual_seed(seed))
