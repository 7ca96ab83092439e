"""A small network thinned by many masks, by the student's own dropout functions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

Mask = Callable[..., Tensor]
Train = Callable[[Tensor, Tensor], Tensor]
Test = Callable[..., Tensor]

MASKS = 1000
EXAMPLE = (1.0, 0.5, -0.8)
ONE, TWO = LAYERS = ("one hidden layer", "two hidden layers")
SIZES: Mapping[str, tuple[int, ...]] = {ONE: (3, 8, 1), TWO: (3, 6, 4, 1)}
SEEDS: Mapping[str, int] = {ONE: 104, TWO: 1430}  # most units speak, and outputs spread on both sides of 0


class SmallNet(NamedTuple):
    """A network with one input example, ReLU in the hidden layers, and one output.

    Attributes
    ----------
    weights : tuple of Tensor, shape (out, in)
        One for each layer.
    biases : tuple of Tensor, shape (out,)
        One for each layer.
    """

    weights: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]

    def outputs(self, drop: Callable[[Tensor, int], Tensor], rows: int = 1) -> tuple[list[Tensor], Tensor]:
        """What hidden layers pass on, and the output, for some rows of the example.

        Parameters
        ----------
        drop : callable
            Maps what a hidden layer puts out, of shape (rows, units), and its number from 0 to what is passed on.
        rows : int
            Number of rows, all of them the same example.
        """
        h = torch.tensor(EXAMPLE, dtype=torch.float64).expand(rows, -1)
        passed: list[Tensor] = []
        for layer, (weight, bias) in enumerate(zip(self.weights[:-1], self.biases[:-1], strict=True)):
            h = drop((h @ weight.T + bias).relu(), layer)
            if h.shape != (rows, len(bias)):
                raise ValueError(
                    f"A layer with dropout must keep its shape {(rows, len(bias))}. Got {tuple(h.shape)}. "
                    "Do `dropout_mask`, `dropout_train` and `dropout_test` return one number for each entry?"
                )
            passed.append(h)
        return passed, (h @ self.weights[-1].T + self.biases[-1])[:, 0]


class Thinned(NamedTuple):
    """What many masks made of a network.

    Attributes
    ----------
    masks : list of Tensor, shape (MASKS, units)
        One for each hidden layer.
    outputs : Tensor, shape (MASKS,)
        The output under each mask.
    scaled, whole : float
        Output of the network that is scaled for the test, and of the one that is not.
    """

    masks: list[Tensor]
    outputs: Tensor
    scaled: float
    whole: float

    def mask(self, number: int) -> tuple[float, ...]:
        """One of the masks, all hidden layers in a row."""
        return tuple(torch.cat([mask[number] for mask in self.masks]).tolist())

    def apart(self, number: int) -> tuple[float, float]:
        """Distance of the mean of the first outputs from the scaled network's, and its standard error."""
        some = self.outputs[:number]
        return abs(float(some.mean()) - self.scaled), float(some.std()) / number**0.5


@cache
def small_net(layers: str) -> SmallNet:
    """The network of the demo with one hidden layer, or with two; the weights are drawn once and for all.

    Parameters
    ----------
    layers : str
        One of `LAYERS`.
    """
    generator = torch.Generator().manual_seed(SEEDS[layers])
    pairs = list(itertools.pairwise(SIZES[layers]))
    weights = tuple(torch.randn(out, fan, generator=generator) * (2 / fan) ** 0.5 for fan, out in pairs)
    biases = tuple(0.3 * torch.randn(out, generator=generator) for _, out in pairs)
    return SmallNet(tuple(weight.double() for weight in weights), tuple(bias.double() for bias in biases))


def thin(
    dropout_mask: Mask, dropout_train: Train, dropout_test: Test, *, layers: str, keep: float, seed: int
) -> Thinned:
    """Draw masks and run the network under each of them, then scaled.

    Parameters
    ----------
    dropout_mask, dropout_train, dropout_test : callable
        The student's functions.
    layers : str
        One of `LAYERS`.
    keep : float
        Probability that a hidden unit is kept.
    seed : int
        Of the masks.
    """
    net, generator = small_net(layers), torch.Generator().manual_seed(seed)
    shapes = [(MASKS, size) for size in SIZES[layers][1:-1]]
    masks = [dropout_mask(shape, keep=keep, generator=generator).double() for shape in shapes]
    _, outputs = net.outputs(lambda h, layer: dropout_train(h, masks[layer]), MASKS)
    _, scaled = net.outputs(lambda h, layer: dropout_test(h, keep=keep))
    _, whole = net.outputs(lambda h, layer: h)
    return Thinned(masks, outputs, float(scaled[0]), float(whole[0]))


def under(dropout_train: Train, mask: Sequence[float], *, layers: str) -> tuple[list[float], float]:
    """What the hidden units pass on under one mask, and the output.

    Parameters
    ----------
    dropout_train : callable
        The student's function.
    mask : sequence of float
        A number for each hidden unit, layer after layer.
    layers : str
        One of `LAYERS`.
    """
    masks = torch.split(torch.tensor([mask], dtype=torch.float64), list(SIZES[layers][1:-1]), dim=1)
    passed, outputs = small_net(layers).outputs(lambda h, layer: dropout_train(h, masks[layer]))
    return torch.cat(passed, dim=1)[0].tolist(), float(outputs[0])
