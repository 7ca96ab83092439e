"""Entrants of `14_capstone` other than the reference, and parts of broken ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy

from steepest_exercises.capstone import reference
from steepest_exercises.capstone.passes import by_torch

State = dict[str, Any]


def module_start(generator: Generator) -> State:
    """A module of torch's and its optimizer."""
    parts: list[nn.Module] = []
    for fan_in, units in ((40, 256), (256, 128)):
        parts += [nn.Linear(fan_in, units, bias=False), nn.BatchNorm1d(units), nn.ReLU()]
    model = nn.Sequential(*parts, nn.Linear(128, 10)).to(generator.device)
    with torch.no_grad():
        for part in model:
            if isinstance(part, nn.Linear):
                drawn = torch.randn(part.weight.shape, generator=generator, device=generator.device)
                part.weight.copy_(math.sqrt(2 / part.in_features) * drawn)
                if part.bias is not None:
                    part.bias.zero_()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    return {"model": model, "optimizer": optimizer}


def module_step(state: State, x: Tensor, labels: Tensor, generator: Generator, *, step: int, n_steps: int) -> State:
    """One step of the module's optimizer, with the rate of the reference."""
    model, optimizer = state["model"], state["optimizer"]
    for group in optimizer.param_groups:
        group["lr"] = reference.cycle(step, n_steps)
    model.train()
    optimizer.zero_grad()
    cross_entropy(model(x), labels).backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return state


def module_answers(state: State, x: Tensor) -> Tensor:
    """Classes of the module in evaluation."""
    model = state["model"].eval()
    with torch.no_grad():
        answers: Tensor = model(x).argmax(dim=1)
    return answers


MODULE = {"prepare_training": module_start, "train_step": module_step, "predict_digits": module_answers}


def plain_start(generator: Generator) -> list[Tensor]:
    """Weights and biases alone, of one wide and one narrower hidden layer."""
    drawn: list[Tensor] = []
    for fan_in, units in ((40, 256), (256, 128), (128, 10)):
        weight = torch.randn(units, fan_in, generator=generator, device=generator.device)
        drawn += [math.sqrt(2 / fan_in) * weight, torch.zeros(units, device=generator.device)]
    return [*drawn, *(torch.zeros_like(tensor) for tensor in drawn)]


def plain_scores(tensors: Sequence[Tensor], x: Tensor) -> Tensor:
    """Scores of dense layers with ReLU."""
    for place in (0, 2):
        x = torch.relu(x @ tensors[place].T + tensors[place + 1])
    return x @ tensors[4].T + tensors[5]


def plain_step(
    state: Sequence[Tensor], x: Tensor, labels: Tensor, generator: Generator, *, step: int, n_steps: int
) -> list[Tensor]:
    """Momentum with one cycle of the rate; no normalization."""
    leaves = [tensor.detach().requires_grad_() for tensor in state[:6]]
    slopes = torch.autograd.grad(cross_entropy(plain_scores(leaves, x), labels), leaves)
    velocities = [0.9 * old + slope for old, slope in zip(state[6:], slopes, strict=True)]
    rate = reference.cycle(step, n_steps)
    moved = [leaf.detach() - rate * velocity for leaf, velocity in zip(leaves, velocities, strict=True)]
    return [*moved, *velocities]


def plain_answers(state: Sequence[Tensor], x: Tensor) -> Tensor:
    """Classes of dense layers with ReLU."""
    return plain_scores(state, x).argmax(dim=1)


PLAIN = {"prepare_training": plain_start, "train_step": plain_step, "predict_digits": plain_answers}


def autograd_step(state: State, x: Tensor, labels: Tensor, generator: Generator, *, step: int, n_steps: int) -> State:
    """The reference's step in place, with torch's gradients."""
    layers, statistics = state["layers"], reference.statistics_of(x, state["layers"])
    ones = [torch.ones(len(x), len(layer["gamma"]), device=x.device) for layer in layers[:-1]]
    _, grads = by_torch(x, labels, layers, ones, keep=1.0, eps=reference.EPS)
    state["velocities"] = state["velocities"] or [
        {key: torch.zeros_like(value) for key, value in grad.items()} for grad in grads
    ]
    rate = reference.cycle(step, n_steps)
    for layer, grad, velocity, seen in zip(layers, grads, state["velocities"], [*statistics, {}], strict=True):
        for key, value in grad.items():
            velocity[key].mul_(reference.MOMENTUM).add_(value)
            layer[key].sub_(rate * velocity[key])
        for key, value in seen.items():
            layer[key].lerp_(value, reference.SHARE)
    return state


def he_everywhere(generator: Generator) -> State:
    """The reference's start with weights in the last layer too."""
    state = reference.prepare_training(generator)
    last = state["layers"][-1]
    last["weight"] = 0.1 * torch.randn(last["weight"].shape, generator=generator, device=generator.device)
    return state


def small_start(generator: Generator) -> State:
    """The reference's start for a small net, for cases in which it does not count how well it does."""
    return reference.start_of((40, 32, 10), generator)


def zeros(generator: Generator) -> State:
    """A start in which every weight is 0."""
    state = reference.prepare_training(generator)
    return {**state, "layers": [{**layer, "weight": torch.zeros_like(layer["weight"])} for layer in state["layers"]]}
