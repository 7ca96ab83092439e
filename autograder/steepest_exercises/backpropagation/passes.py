"""Backward passes of a net, right ones and slips, for `net`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from steepest_exercises.backpropagation import reference

Backprop = Callable[[Tensor, Tensor, Sequence[Tensor], Sequence[Tensor]], Any]
Gradients = tuple[Any, list[Tensor], list[Tensor]]


def mean_loss(scores: Tensor, labels: Tensor) -> Tensor:
    """The mean cross-entropy."""
    return functional.cross_entropy(scores, labels)


def squared(scores: Tensor, labels: Tensor) -> Tensor:
    """The mean squared distance of probabilities from one-hot rows."""
    hot = functional.one_hot(labels, scores.shape[1]).to(scores.dtype)
    return (scores.softmax(dim=1) - hot).square().sum(dim=1).mean()


def own(table: Tensor, labels: Tensor) -> Tensor:
    """The entry of each row that belongs to its label."""
    return table.gather(1, labels[:, None])[:, 0]


def backprop(
    *,
    act: Callable[[Tensor], Tensor] = torch.tanh,
    slope: Callable[[Tensor, Tensor], Tensor] = lambda out, z: 1 - out**2,
    last: Callable[[Tensor], Tensor] = lambda z: z,
    loss: Callable[[Tensor, Tensor], Any] = mean_loss,
    end: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda p, hot, scores: (p - hot) / len(p),
    through: Callable[[Sequence[Tensor], int], Tensor] = lambda weights, layer: weights[layer],
    weight: Callable[[Tensor, Tensor], Tensor] = lambda delta, below: delta.T @ below,
    bias: Callable[[Tensor], Tensor] = lambda delta: delta.sum(dim=0),
    below: Callable[[Sequence[Tensor], int], Tensor] = lambda outs, layer: outs[layer],
    sloped: Callable[[int], int] = lambda layer: layer - 1,
    fold: Callable[[Tensor], Tensor] = lambda delta: delta,
    curved: Callable[[int], bool] = lambda layer: True,
    biased: bool = True,
) -> Backprop:
    """The whole pass with one thing changed.

    Parameters
    ----------
    act, slope, last : callable
        Activation of the hidden layers, its slope from outputs and sums, and what is done with the last sums.
    loss, end : callable
        The loss, and δ at the scores from probabilities, one-hot rows and scores.
    through, sloped, fold : callable
        Weights that δ goes down through, number of the layer whose slope comes then, and what is done with δ after.
    curved : callable
        Whether δ meets a slope at all when it comes down from the layer of this number.
    weight, bias, below : callable
        Gradients of a layer, and which outputs its δ is paired with.
    biased : bool
        Whether the forward pass adds the biases.
    """

    def gradients(x: Tensor, labels: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor]) -> Gradients:
        outs, sums, top = [x], [], len(weights) - 1
        for layer, (matrix, shift) in enumerate(zip(weights, biases, strict=True)):
            sums.append(outs[-1] @ matrix.T + (shift if biased else 0))
            outs.append(last(sums[-1]) if layer == top else act(sums[-1]))
        scores = outs[-1]
        hot = functional.one_hot(labels, scores.shape[1]).to(scores.dtype)
        delta = end(scores.softmax(dim=1), hot, scores)
        grad_weights: list[Tensor] = []
        grad_biases: list[Tensor] = []
        for layer in range(top, -1, -1):
            grad_weights.insert(0, weight(delta, below(outs, layer)))
            grad_biases.insert(0, bias(delta))
            if layer:
                at = sloped(layer)
                delta = delta @ through(weights, layer)
                delta = fold(delta * slope(outs[at + 1], sums[at]) if curved(layer) else delta)
        return loss(scores, labels), grad_weights, grad_biases

    return gradients


def in_columns(x: Tensor, labels: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor]) -> Gradients:
    """Examples are columns, as in many books."""
    outs = [x.T]
    for matrix, shift in zip(weights[:-1], biases[:-1], strict=True):
        outs.append(torch.tanh(matrix @ outs[-1] + shift[:, None]))
    scores = weights[-1] @ outs[-1] + biases[-1][:, None]
    n = scores.shape[1]
    logs = scores - scores.logsumexp(dim=0)
    loss = -logs[labels, torch.arange(n, device=x.device)].mean()
    delta = logs.exp()
    delta[labels, torch.arange(n, device=x.device)] -= 1
    delta = delta / n
    grads = []
    for layer in reversed(range(len(weights))):
        grads.append((delta @ outs[layer].T, delta.sum(dim=1)))
        delta = (weights[layer].T @ delta) * (1 - outs[layer] ** 2)
    return loss, [pair[0] for pair in reversed(grads)], [pair[1] for pair in reversed(grads)]


def recursive(x: Tensor, labels: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor]) -> Gradients:
    """Each layer asks what is above it for the gradient at its output."""

    def ascend(h: Tensor, layer: int) -> tuple[Tensor, Tensor, list[Tensor], list[Tensor]]:
        above: list[Tensor] = []
        shifts: list[Tensor] = []
        z = functional.linear(h, weights[layer], biases[layer])
        if layer == len(weights) - 1:
            hot = functional.one_hot(labels, z.shape[1])
            loss = functional.nll_loss(functional.log_softmax(z, dim=1), labels)
            delta = (functional.softmax(z, dim=1) - hot) / len(h)
        else:
            loss, delta, above, shifts = ascend(torch.tanh(z), layer + 1)
            delta = delta / torch.cosh(z) ** 2
        return loss, delta @ weights[layer], [delta.T @ h, *above], [delta.sum(dim=0), *shifts]

    loss, _, grad_weights, grad_biases = ascend(x, 0)
    return loss, grad_weights, grad_biases


def row_by_row(x: Tensor, labels: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor]) -> Gradients:
    """One example after the other, and the mean of what they give."""
    one = backprop()
    each = [one(row[None], label[None], weights, biases) for row, label in zip(x, labels, strict=True)]
    loss = torch.stack([found[0] for found in each]).mean()
    parts = [
        [torch.stack(layer).mean(dim=0) for layer in zip(*(found[part] for found in each), strict=True)]
        for part in (1, 2)
    ]
    return loss, parts[0], parts[1]


def divided_at_the_end(x: Tensor, labels: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor]) -> Gradients:
    """Gradients of the sum, divided by n last of all."""
    loss, grad_weights, grad_biases = backprop(end=lambda p, hot, scores: p - hot)(x, labels, weights, biases)
    return loss, [grad / len(x) for grad in grad_weights], [grad / len(x) for grad in grad_biases]


def differentiated(loss: Callable[[Tensor, Tensor], Tensor]) -> Backprop:
    """A loss of scores and labels, by autograd."""

    def gradients(x: Tensor, labels: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor]) -> Gradients:
        with torch.enable_grad():
            leaves = [part.detach().clone().requires_grad_() for part in (*weights, *biases)]
            h, count = x, len(weights)
            for layer in range(count):
                h = functional.linear(h, leaves[layer], leaves[count + layer])
                h = torch.tanh(h) if layer < count - 1 else h
            value = loss(h, labels)
            found = torch.autograd.grad(value, leaves)
        return value.detach(), list(found[:count]), list(found[count:])

    return gradients


def by_autograd(x: Tensor, labels: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor]) -> Gradients:
    """The library's own backward pass."""
    found: Gradients = differentiated(mean_loss)(x, labels, weights, biases)
    return found


def whole_columns(p: Tensor, hot: Tensor, scores: Tensor) -> Tensor:
    """δ at the scores, less 1 in every row at every class that one of the labels names."""
    delta = p.clone()
    delta[:, hot.argmax(dim=1)] -= 1
    return delta / len(p)


def slope_first(last: Callable[[Tensor], Tensor]) -> Backprop:
    """The slope of the layer above, before its weights; at the last one that of an output `last(scores)`."""

    def gradients(x: Tensor, labels: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor]) -> Gradients:
        outs = [x]
        for matrix, shift in zip(weights[:-1], biases[:-1], strict=True):
            outs.append(torch.tanh(functional.linear(outs[-1], matrix, shift)))
        scores = functional.linear(outs[-1], weights[-1], biases[-1])
        outs.append(last(scores))
        delta = (scores.softmax(dim=1) - functional.one_hot(labels, scores.shape[1])) / len(x)
        grad_weights: list[Tensor] = []
        grad_biases: list[Tensor] = []
        for layer in reversed(range(len(weights))):
            grad_weights.insert(0, delta.T @ outs[layer])
            grad_biases.insert(0, delta.sum(dim=0))
            delta = (delta * (1 - outs[layer + 1] ** 2)) @ weights[layer]
        return mean_loss(scores, labels), grad_weights, grad_biases

    return gradients


def slope_below_where_it_fits(
    x: Tensor, labels: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor]
) -> Gradients:
    """The slope of the layer below, the input's at the first, wherever that has as many units."""
    widths = [matrix.shape[1] for matrix in weights]
    found: Gradients = backprop(
        sloped=lambda layer: layer - 2 if widths[layer - 1] == widths[layer] else layer - 1,
    )(x, labels, weights, biases)
    return found


def shifted(factor: Callable[[int, int], float]) -> Backprop:
    """Forwards each bias counts by a factor of the number of its layer and that of the last."""

    def gradients(x: Tensor, labels: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor]) -> Gradients:
        own = [factor(layer, len(biases) - 1) * bias for layer, bias in enumerate(biases)]
        found: Gradients = backprop()(x, labels, weights, own)
        return found

    return gradients


def two_layers(x: Tensor, labels: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor]) -> Gradients:
    """Written out, without a loop."""
    (first, second), (shift, last) = weights, biases
    h = torch.tanh(x @ first.T + shift)
    scores = h @ second.T + last
    delta = (scores.softmax(dim=1) - functional.one_hot(labels, scores.shape[1])) / len(x)
    below = delta @ second * (1 - h**2)
    return mean_loss(scores, labels), [below.T @ x, delta.T @ h], [below.sum(dim=0), delta.sum(dim=0)]


def counted_by_labels(x: Tensor, labels: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor]) -> Gradients:
    """One-hot rows as wide as the largest label asks for."""
    found: Gradients = backprop(
        end=lambda p, hot, scores: (p - functional.one_hot(hot.argmax(dim=1))) / len(p),
    )(x, labels, weights, biases)
    return found


def moving(lr: float) -> Backprop:
    """Every layer's weights take a step before δ goes down through them."""

    def gradients(x: Tensor, labels: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor]) -> Gradients:
        moved = list(weights)

        def weight(delta: Tensor, below: Tensor) -> Tensor:
            grad = delta.T @ below
            layer = next(place for place in reversed(range(len(moved))) if moved[place] is weights[place])
            moved[layer] = weights[layer] - lr * grad
            return grad

        found: Gradients = backprop(weight=weight, through=lambda _, layer: moved[layer])(x, labels, weights, biases)
        return found

    return gradients


def given(give: Callable[[Tensor, list[Tensor], list[Tensor]], Any]) -> Backprop:
    """The right values, handed out in another order."""
    return lambda x, labels, weights, biases: give(*reference.mlp_backprop(x, labels, weights, biases))


def kept(keep: Callable[[int, int], bool]) -> Backprop:
    """Gradients of some layers, by number and number of the last, and zeros for the others."""

    def gradients(x: Tensor, labels: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor]) -> Gradients:
        loss, *parts = reference.mlp_backprop(x, labels, weights, biases)
        found = [
            [grad if keep(layer, len(part) - 1) else torch.zeros_like(grad) for layer, grad in enumerate(part)]
            for part in parts
        ]
        return loss, found[0], found[1]

    return gradients
