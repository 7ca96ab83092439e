"""References for `14_capstone`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy

Layer = dict[str, Tensor]
State = dict[str, Any]

WIDTHS = (40, 256, 128, 10)
EPS, SHARE = 1e-5, 0.1  # of batch norm, and what a minibatch has of its running statistics
RATE, LOW, PEAK = 0.2, 0.004, 0.3
MOMENTUM, SHRINK = 0.9, 2e-4


def step_all(
    step: Callable[..., tuple[Tensor, Any]],
    parameters: Sequence[Tensor],
    grads: Sequence[Tensor],
    states: Sequence[Any],
    **hyper: Any,
) -> tuple[list[Tensor], list[Any]]:
    """One step for each tensor, with its own gradient and its own state."""
    moved, kept = [], []
    for theta, grad, state in zip(parameters, grads, states, strict=True):
        theta, state = step(theta, grad, state, **hyper)
        moved.append(theta)
        kept.append(state)
    return moved, kept


def network_scores(x: Tensor, layers: Sequence[Layer], *, eps: float) -> Tensor:
    """Dense, normalized by stored statistics, ReLU; the last layer dense with a bias."""
    *hidden, last = layers
    for layer in hidden:
        u = (x @ layer["weight"].T - layer["mean"]) / torch.sqrt(layer["variance"] + eps)
        x = torch.relu(layer["gamma"] * u + layer["beta"])
    return x @ last["weight"].T + last["bias"]


def train_pass(
    x: Tensor, labels: Tensor, layers: Sequence[Layer], masks: Sequence[Tensor], *, keep: float, eps: float
) -> tuple[Tensor, list[Layer]]:
    """Mean cross-entropy and its gradients, of dense layers with batch norm, ReLU and inverted dropout."""
    *hidden, last = layers
    h, passed = x, []
    for layer, mask in zip(hidden, masks, strict=True):
        z = h @ layer["weight"].T
        deviation = torch.sqrt(z.var(dim=0, correction=0) + eps)
        u = (z - z.mean(dim=0)) / deviation
        y = layer["gamma"] * u + layer["beta"]
        passed.append((layer, h, u, deviation, (y > 0) * mask / keep))
        h = torch.relu(y) * mask / keep
    scores = h @ last["weight"].T + last["bias"]
    log_shares = scores.log_softmax(dim=1)
    rows = torch.arange(len(x), device=x.device)
    delta = log_shares.exp()
    delta[rows, labels] -= 1
    delta = delta / len(x)
    grads = [{"weight": delta.T @ h, "bias": delta.sum(dim=0)}]
    delta = delta @ last["weight"]
    for layer, below, u, deviation, slope in reversed(passed):
        delta = delta * slope
        gamma, beta = (delta * u).sum(dim=0), delta.sum(dim=0)
        delta = layer["gamma"] / deviation * (delta - (beta + u * gamma) / len(x))
        grads.append({"weight": delta.T @ below, "gamma": gamma, "beta": beta})
        delta = delta @ layer["weight"]
    return -log_shares[rows, labels].mean(), grads[::-1]


def evaluate(predict: Callable[[Tensor], Tensor], x: Tensor, labels: Tensor, *, batch_size: int) -> tuple[float, float]:
    """Share of rows whose highest score is their label's, and mean cross-entropy; each row counts once."""
    scores = torch.cat([predict(rows) for rows in torch.split(x, batch_size)])
    right = scores.argmax(dim=1) == labels
    return int(right.sum()) / len(x), float(cross_entropy(scores, labels))


def confusion(labels: Tensor, predictions: Tensor, *, n_classes: int) -> Tensor:
    """How often each class, a row, was called each class, a column."""
    pairs = torch.bincount(labels * n_classes + predictions, minlength=n_classes**2)
    return pairs.reshape(n_classes, n_classes)


def prepare_training(generator: Generator) -> State:
    """He's start for the hidden layers, zeros for the last one."""
    return start_of(WIDTHS, generator)


def start_of(widths: Sequence[int], generator: Generator) -> State:
    """The same for any widths."""
    device = generator.device
    layers = [
        {
            "weight": math.sqrt(2 / fan_in) * torch.randn(units, fan_in, generator=generator, device=device),
            "gamma": torch.ones(units, device=device),
            "beta": torch.zeros(units, device=device),
            "mean": torch.zeros(units, device=device),
            "variance": torch.ones(units, device=device),
        }
        for fan_in, units in pairwise(widths[:-1])
    ]
    fan_in, classes = widths[-2:]
    last = {"weight": torch.zeros(classes, fan_in, device=device), "bias": torch.zeros(classes, device=device)}
    return {"layers": [*layers, last], "velocities": None}


def train_step(state: State, x: Tensor, labels: Tensor, generator: Generator, *, step: int, n_steps: int) -> State:
    """Momentum with a decayed weight and one cycle of the rate; running statistics beside it."""
    layers = state["layers"]
    statistics = statistics_of(x, layers)
    ones = [torch.ones(len(x), len(layer["gamma"]), device=x.device) for layer in layers[:-1]]
    _, grads = train_pass(x, labels, layers, ones, keep=1.0, eps=EPS)
    still = [{key: torch.zeros_like(value) for key, value in grad.items()} for grad in grads]
    velocities = state["velocities"] or still
    rate, moved, kept = cycle(step, n_steps), [], []
    for layer, grad, velocity, seen in zip(layers, grads, velocities, [*statistics, {}], strict=True):
        new = {key: MOMENTUM * velocity[key] + grad[key] for key in grad}
        new["weight"] = new["weight"] + SHRINK * layer["weight"]
        kept.append(new)
        running = {key: torch.lerp(layer[key], value, SHARE) for key, value in seen.items()}
        moved.append({**{key: layer[key] - rate * new[key] for key in new}, **running})
    return {"layers": moved, "velocities": kept}


def predict_digits(state: State, x: Tensor) -> Tensor:
    """The class with the highest score."""
    return network_scores(x, state["layers"], eps=EPS).argmax(dim=1)


def cycle(step: int, n_steps: int) -> float:
    """Half a cosine up to the highest rate, and half a cosine down."""
    peak = PEAK * n_steps
    share = 1 - step / peak if step < peak else (step - peak) / (n_steps - peak)
    return LOW + (RATE - LOW) * (1 + math.cos(math.pi * share)) / 2


def statistics_of(x: Tensor, layers: Sequence[Mapping[str, Tensor]]) -> list[Layer]:
    """Mean and unbiased variance of each hidden layer's sums in a minibatch."""
    found = []
    for layer in layers[:-1]:
        z = x @ layer["weight"].T
        variance, mean = torch.var_mean(z, dim=0, correction=0)
        n = len(x)
        found.append({"mean": mean, "variance": variance * n / max(n - 1, 1)})
        x = torch.relu(layer["gamma"] * (z - mean) / torch.sqrt(variance + EPS) + layer["beta"])
    return found
