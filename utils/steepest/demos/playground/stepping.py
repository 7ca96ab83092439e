"""One step of a small net's training, by functions of its state and the number of the step alone."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Generator, Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from steepest.activations import activation
from steepest.demos.playground.data import Points, points
from steepest.demos.playground.net import Design, Dials, State, answers, gated, layers
from steepest.tools import BACKPROP, Statistics, Tools, backprop, drop, normalize, take_step


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


def data_of(design: Design, dials: Dials) -> Points:
    """The points that are trained and tested on."""
    return points(design.data, design.noise, dials.centres)


def measure(tools: Tools, design: Design, state: State, dials: Dials) -> Measure:
    """How good the net is at evaluation."""
    data = data_of(design, dials)
    out = answers(tools, design, state, torch.cat([data.x, data.test_x]), dials.off)[-1][:, 0]
    train, test = out[: len(data.x)], out[len(data.x) :]
    return Measure(
        train=float(binary_cross_entropy_with_logits(train, data.y)),
        test=float(binary_cross_entropy_with_logits(test, data.test_y)),
        right=float(((test > 0) == (data.test_y > 0.5)).double().mean()),
    )


def take_one_step(tools: Tools, design: Design, state: State, dials: Dials) -> State:
    """One step on the minibatch that belongs to its number; the same state and dials give the same step."""
    data = data_of(design, dials)
    rows = minibatch(state.step, len(data.x), dials.batch, design.seed)
    x, y = data.x[rows], data.y[rows]
    running = state.running

    def gradient(theta: Tensor) -> Tensor:
        nonlocal running
        if by_backprop(tools, design, dials):
            return _backprop_gradient(tools, design, dials, theta, x, y)
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


def by_backprop(tools: Tools, design: Design, dials: Dials) -> bool:
    """Whether the student's backpropagation gives the gradients: it is for tanh and nothing between layers."""
    plain = design.activation == "tanh" and not design.batch_norm and dials.keep == 1 and not dials.off
    return tools.yours(BACKPROP) and plain


def _backprop_gradient(tools: Tools, design: Design, dials: Dials, theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
    cut = layers(design, theta)
    grads = backprop(tools, [layer.weight.clone() for layer in cut], [layer.shift.clone() for layer in cut], x, y)
    for number, layer in enumerate(cut):
        grads[2 * number] = grads[2 * number] + dials.l1 * layer.weight.sign() + 2 * dials.l2 * layer.weight
    return torch.cat([grad.flatten() for grad in grads])


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
        h = gated(h, number, dials.off)
        if dials.keep < 1:
            h = drop(tools, h, dials.keep, dice)
    loss = binary_cross_entropy_with_logits((h @ cut[-1].weight.T + cut[-1].shift)[:, 0], y)
    if dials.l1 > 0:
        loss = loss + dials.l1 * sum(layer.weight.abs().sum() for layer in cut)
    if dials.l2 > 0:
        loss = loss + dials.l2 * sum(layer.weight.square().sum() for layer in cut)
    return loss, tuple(running)


@lru_cache(maxsize=1024)
def _order(n: int, seed: int) -> Tensor:
    return torch.randperm(n, generator=Generator().manual_seed(seed))
