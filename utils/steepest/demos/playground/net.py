"""A small net whose parameters lie in one vector θ."""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from steepest.activations import activation
from steepest.demos.playground.data import Centres
from steepest.tools import (
    Memory,
    Statistics,
    Tools,
    draw_weight,
    first_memory,
    normalize_fixed,
)

Unit = tuple[int, int]


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
    off : frozenset of (int, int)
        Hidden units that are switched off, each by the numbers of its layer and of its place there, from 0.
    centres : tuple
        See `points`.
    """

    rate: float
    batch: int
    keep: float
    l1: float
    l2: float
    off: frozenset[Unit]
    centres: Centres


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


def answers(tools: Tools, design: Design, state: State, x: Tensor, off: frozenset[Unit]) -> list[Tensor]:
    """What each layer makes of some places at evaluation.

    Returns
    -------
    list of Tensor, shape (n, units)
        Activations of each hidden layer, and last the answer, of shape (n, 1): above 0 for class 1.
    """
    function = activation(design.activation)
    *hidden, last = layers(design, state.theta)
    found = [x]
    with torch.no_grad():
        for number, layer in enumerate(hidden):
            z = found[-1] @ layer.weight.T
            if layer.scale is None:
                h = function(z + layer.shift)
            else:
                h = function(normalize_fixed(tools, z, layer.scale, layer.shift, state.running[number]))
            found.append(gated(h, number, off))
        return [*found[1:], found[-1] @ last.weight.T + last.shift]


def gated(h: Tensor, number: int, off: frozenset[Unit]) -> Tensor:
    """A layer's activations, with those of units that are switched off at 0."""
    gone = [unit for layer, unit in off if layer == number and unit < h.shape[1]]
    if not gone:
        return h
    gates = torch.ones(h.shape[1])
    gates[gone] = 0
    return h * gates


def _sizes(depth: int, width: int) -> tuple[int, ...]:
    return (2, *[width] * depth, 1)


@lru_cache(maxsize=64)
def _lengths(depth: int, width: int, batch_norm: bool) -> list[int]:
    lengths: list[int] = []
    for number, (fan_in, fan_out) in enumerate(itertools.pairwise(_sizes(depth, width))):
        lengths += [fan_in * fan_out, fan_out, *([fan_out] if batch_norm and number < depth else [])]
    return lengths
