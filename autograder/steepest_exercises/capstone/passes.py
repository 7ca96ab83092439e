"""Exercise `train_pass` of `14_capstone`: its cases, and ways to go forward and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest_grader.exercise.model import Case
from torch import Tensor
from torch.nn.functional import batch_norm, cross_entropy, linear, one_hot

from steepest_exercises.capstone.layers import Layer, drawn_layers
from steepest_exercises.inputs import normal

Pass = Callable[..., Any]
Grads = list[Layer]


def cases(rng: np.random.Generator) -> Sequence[Case]:
    """Nets of one to three hidden layers, none so small that two mistakes look alike."""

    def case(
        name: str,
        rows: int,
        widths: Sequence[int],
        keep: float,
        eps: float,
        dtype: torch.dtype = torch.float64,
        *,
        stored: bool = False,
        slack: float = 1.0,
        corner: float = 0.0,
    ) -> Case:
        masks = [torch.from_numpy((rng.random((rows, units)) < 0.7) * 1.0).to(dtype) for units in widths[1:-1]]
        for mask in masks:
            mask[0, 0], mask[1, 0] = 0.0, 1.0
        labels = torch.from_numpy(np.asarray(rng.integers(widths[-1], size=rows), np.int64))
        layers = drawn_layers(rng, widths, dtype, stored=stored)
        args = [normal(rng, rows, widths[0]).to(dtype), labels, layers, masks]
        kwargs = {"keep": keep, "eps": eps}
        return Case(name, {"args": args, "kwargs": kwargs, "outputs": ["loss", "grads"]}, "call", slack, corner=corner)

    return [
        case("one hidden layer", 7, (4, 5, 3), 0.7, 1e-2),
        case("two hidden layers", 8, (3, 5, 4, 3), 0.6, 0.1),
        case("three hidden layers", 9, (4, 5, 3, 4, 2), 0.8, 0.2, corner=0.2),
        case("a large ε", 6, (4, 4, 4), 0.5, 1.0),
        case("layers with statistics beside", 7, (3, 4, 5, 3), 0.7, 0.1, stored=True, corner=0.15),
        case("float32", 8, (4, 5, 3), 0.75, 0.1, torch.float32, slack=10.0),
    ]


def forward(
    normalized: Callable[[Tensor, float], Tensor] = lambda z, eps: (
        (z - z.mean(dim=0)) / torch.sqrt(z.var(dim=0, correction=0) + eps)
    ),
    out: Callable[[Tensor, Layer, Tensor, float], Tensor] = lambda u, layer, mask, keep: (
        torch.relu(layer["gamma"] * u + layer["beta"]) * mask / keep
    ),
    before: Callable[[Tensor, Tensor, float], Tensor] = lambda z, mask, keep: z,
    loss: Callable[[Tensor, Tensor], Tensor] = cross_entropy,
    last: Callable[[Tensor, Layer], Tensor] = lambda h, layer: h @ layer["weight"].T + layer["bias"],
) -> Pass:
    """A pass whose gradients torch works out, from the parts of its forward pass."""

    def train_pass(
        x: Tensor, labels: Tensor, layers: Sequence[Layer], masks: Sequence[Tensor], *, keep: float, eps: float
    ) -> tuple[Tensor, Grads]:
        leaves = [{key: value.detach().clone().requires_grad_() for key, value in layer.items()} for layer in layers]
        h = x
        for layer, mask in zip(leaves[:-1], masks, strict=True):
            h = out(normalized(before(h @ layer["weight"].T, mask, keep), eps), layer, mask, keep)
        value = loss(last(h, leaves[-1]), labels)
        value.backward()  # type: ignore[no-untyped-call]
        keys = [*[("weight", "gamma", "beta")] * (len(layers) - 1), ("weight", "bias")]
        grads = [
            {key: torch.zeros_like(layer[key]) if (own := layer[key].grad) is None else own for key in names}
            for layer, names in zip(leaves, keys, strict=True)
        ]
        return value.detach(), grads

    return train_pass


def by_torch(
    x: Tensor, labels: Tensor, layers: Sequence[Layer], masks: Sequence[Tensor], *, keep: float, eps: float
) -> tuple[Tensor, Grads]:
    """All from torch's own functions."""
    places = [(n, key) for n, layer in enumerate(layers) for key in ("weight", "gamma", "beta", "bias") if key in layer]
    leaves = {place: layers[place[0]][place[1]].detach().clone().requires_grad_() for place in places}
    h = x
    for n, mask in enumerate(masks):
        z = linear(h, leaves[n, "weight"])
        y = batch_norm(z, None, None, leaves[n, "gamma"], leaves[n, "beta"], training=True, eps=eps)
        h = y.relu() * mask / keep
    loss = cross_entropy(linear(h, leaves[len(masks), "weight"], leaves[len(masks), "bias"]), labels)
    found = dict(zip(leaves, torch.autograd.grad(loss, list(leaves.values())), strict=True))
    return loss.detach(), [{key: found[n, key] for m, key in places if m == n} for n in range(len(layers))]


def by_hand(
    *,
    start: Callable[[Tensor, Tensor, int], Tensor] = lambda p, chosen, n: (p - chosen) / n,
    slope: Callable[[Tensor, Tensor, float], Tensor] = lambda y, mask, keep: (y > 0) * mask / keep,
    through: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = lambda g, u, s, gamma: (
        gamma / s * (g - g.mean(dim=0) - u * (g * u).mean(dim=0))
    ),
    scale: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda g, u, y: (g * u).sum(dim=0),
    shift: Callable[[Tensor], Tensor] = lambda g: g.sum(dim=0),
    bias: Callable[[Tensor], Tensor] = lambda delta: delta.sum(dim=0),
    below: Callable[[Tensor, Tensor], Tensor] = lambda h, bare: h,
    up: Callable[[Tensor, Tensor], Tensor] = lambda delta, weight: delta @ weight,
    value: Callable[[Tensor], Tensor] = lambda losses: losses.mean(),
    variance: Callable[[Tensor], Tensor] = lambda z: z.var(dim=0, correction=0),
    dropped: Callable[[Tensor, Tensor, float], Tensor] = lambda h, mask, keep: h * mask / keep,
    shares: Callable[[Tensor], Tensor] = lambda scores: scores.softmax(dim=1),
    sign: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda z, u, y: y,
    root: Callable[[Tensor, float], Tensor] = lambda v, eps: torch.sqrt(v + eps),
    mixed: bool = False,
) -> Pass:
    """A pass that is worked out line by line, from the parts of its backward pass and some of its forward pass.

    Where it is `mixed`, the gradient of γ is used on the way down too.
    """

    def train_pass(
        x: Tensor, labels: Tensor, layers: Sequence[Layer], masks: Sequence[Tensor], *, keep: float, eps: float
    ) -> tuple[Tensor, Grads]:
        inputs, kept = [(x, x)], []
        for layer, mask in zip(layers[:-1], masks, strict=True):
            z = inputs[-1][0] @ layer["weight"].T
            s = root(variance(z), eps)
            u = (z - z.mean(dim=0)) / s
            y = layer["gamma"] * u + layer["beta"]
            kept.append((u, s, y, slope(sign(z, u, y), mask, keep)))
            inputs.append((dropped(torch.relu(y), mask, keep), torch.relu(y)))
        p = shares(inputs[-1][0] @ layers[-1]["weight"].T + layers[-1]["bias"])
        chosen = one_hot(labels, p.shape[1]).to(p.dtype)
        delta = start(p, chosen, len(x))
        grads = [{"weight": delta.T @ below(*inputs[-1]), "bias": bias(delta)}]
        for number in reversed(range(len(kept))):
            u, s, y, gate = kept[number]
            g = up(delta, layers[number + 1]["weight"]) * gate
            delta = through(g, u, s, layers[number]["gamma"])
            if mixed:
                delta = layers[number]["gamma"] / s * (g - g.mean(dim=0) - u * scale(g, u, y) / len(x))
            own = {"weight": delta.T @ below(*inputs[number]), "gamma": scale(g, u, y), "beta": shift(g)}
            grads.insert(0, own)
        return value(-(chosen * p.log()).sum(dim=1)), grads

    return train_pass
