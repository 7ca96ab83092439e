"""Points of two classes in a square, some to train on and some to test with."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Generator, Tensor

REACH = 1.6
TRAINING, TEST = 160, 320
BLOB_SPREAD = 0.08
Centres = tuple[tuple[float, float], ...]


class Points(NamedTuple):
    """Training and test points.

    Attributes
    ----------
    x, test_x : Tensor, shapes (TRAINING, 2) and (TEST, 2)
        Places, most of them between −1 and 1.
    y, test_y : Tensor, shapes (TRAINING,) and (TEST,)
        0.0 and 1.0.
    """

    x: Tensor
    y: Tensor
    test_x: Tensor
    test_y: Tensor


@lru_cache(maxsize=32)
def points(name: str, noise: float, centres: Centres) -> Points:
    """A data set, drawn from a seed of its own.

    Parameters
    ----------
    name : str
        A key of `DATA_SETS`.
    noise : float
        Deviation of what is added to both coordinates of every point.
    centres : tuple of tuple of float
        Where the blobs lie; other data sets have none.
    """
    generator = Generator().manual_seed(1)
    if name == BLOBS:
        x, y = _blobs(TRAINING + TEST, centres, generator)
    else:
        x, y = DATA_SETS[name](TRAINING + TEST, generator)
    x = x + noise * torch.randn(x.shape, generator=generator)
    order = torch.randperm(len(x), generator=generator)
    held, rest = order[:TRAINING], order[TRAINING:]
    return Points(x[held], y[held], x[rest], y[rest])


def _spirals(n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    y = torch.arange(n) % 2
    along = (0.03 + 0.97 * torch.rand(n, generator=generator)).sqrt()  # the root spreads points evenly
    turn = 3 * math.pi * along + math.pi * y
    return 1.2 * along[:, None] * torch.stack([turn.cos(), turn.sin()], dim=1), y.float()


def _moons(n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    from sklearn.datasets import make_moons  # takes a second: only for those who ask

    x, y = make_moons(n, random_state=0)
    return torch.from_numpy(x).float() * 0.8 - torch.tensor([0.4, 0.2]), torch.from_numpy(y).float()


def _circles(n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    from sklearn.datasets import make_circles

    x, y = make_circles(n, factor=0.5, random_state=0)
    return 1.1 * torch.from_numpy(x).float(), torch.from_numpy(y).float()


def _xor(n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    x = 2.4 * torch.rand(n, 2, generator=generator) - 1.2
    return x, (x[:, 0] * x[:, 1] < 0).float()


def _blobs(n: int, centres: Centres, generator: Generator) -> tuple[Tensor, Tensor]:
    number = torch.arange(n) % len(centres)
    x = torch.tensor(centres)[number] + BLOB_SPREAD * torch.randn(n, 2, generator=generator)
    return x, (number % 2).float()


BLOBS = "blobs"
CENTRES: Centres = ((-0.14, 0.16), (0.97, -0.58), (0.22, -0.35), (0.61, 0.1), (-0.71, 0.03), (-0.6, -1.07))
DATA_SETS: Mapping[str, Callable[[int, Generator], tuple[Tensor, Tensor]]] = {
    "spirals": _spirals,
    "moons": _moons,
    "circles": _circles,
    "XOR": _xor,
}
NAMES = (*DATA_SETS, BLOBS)
