"""Bugs that are planted into the gradients of a small net, and the net itself.

No backward pass stands here: where a bug lies within one, torch's own gradient of a net with a changed slope says by
how much the result would be off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, linear

__all__ = ["BUGS", "NONE", "PARTS", "parameters", "planted", "rows"]

Parts = list[Tensor]

SIZES = (3, 2, 2, 3)
ROWS = 5
DECAY = 1e-5
PARTS = ("W₁", "W₂", "W₃", "b₁", "b₂", "b₃")
NONE = "none: your own function"


@cache
def rows() -> tuple[Tensor, Tensor]:
    """Examples and their classes."""
    generator = torch.Generator().manual_seed(6)
    return torch.randn(ROWS, SIZES[0], generator=generator, dtype=torch.float64), torch.tensor([0, 1, 2, 1, 0])


@cache
def parameters() -> tuple[Tensor, ...]:
    """Weights of all layers, then biases."""
    generator = torch.Generator().manual_seed(7)
    weights = [torch.randn(out, into, generator=generator, dtype=torch.float64) for into, out in pairwise(SIZES)]
    biases = [torch.randn(out, generator=generator, dtype=torch.float64) / 2 for out in SIZES[1:]]
    return (*weights, *biases)


def _averaged(parts: Parts) -> Parts:
    return [*parts[:3], *(part / ROWS for part in parts[3:])]


def _of_the_sum(parts: Parts) -> Parts:
    return [ROWS * part for part in parts]


def _turned(parts: Parts) -> Parts:
    return [parts[0], parts[1].T.clone(), *parts[2:]]


def _decaying(parts: Parts) -> Parts:
    weights = parameters()[:3]
    return [*(part + DECAY * weight.to(part) for part, weight in zip(parts, weights, strict=False)), *parts[3:]]


def _without_slope(parts: Parts) -> Parts:
    changed, right = _by_autograd(False), _by_autograd(True)
    return [part + (off - true).to(part) for part, off, true in zip(parts, changed, right, strict=True)]


@lru_cache(maxsize=2)
def _by_autograd(sloped: bool) -> Parts:
    """Gradients of the net, by torch, with or without the slope of the first layer's activation."""
    x, labels = rows()
    with torch.enable_grad():
        leaves = [part.clone().requires_grad_() for part in parameters()]
        z = linear(x, leaves[0], leaves[3])
        h = torch.tanh(z) if sloped else z + (torch.tanh(z) - z).detach()
        h = torch.tanh(linear(h, leaves[1], leaves[4]))
        loss = cross_entropy(linear(h, leaves[2], leaves[5]), labels)
        return list(torch.autograd.grad(loss, leaves))


BUGS: Mapping[str, tuple[str, Callable[[Parts], Parts]]] = {
    "A": ("gradients of the biases are averaged over the rows", _averaged),
    "B": ("the slope of tanh is left out in the first layer", _without_slope),
    "C": ("nothing is divided by the number of rows", _of_the_sum),
    "D": ("the gradient of a square weight matrix is transposed", _turned),
    "E": ("a tiny weight decay, which the loss does not have", _decaying),
}
"""What each of them is, in words, and what it makes of the six gradients."""


def planted(bug: str, parts: Sequence[Any]) -> Parts:
    """Gradients with a bug in them; as they are where none is planted."""
    whole = list(parts)
    return BUGS[bug][1](whole) if bug in BUGS else whole
