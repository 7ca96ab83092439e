"""What a net makes of the plane: every unit's activation over a grid and at one place, and the colours for it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from contourpy import contour_generator
from matplotlib.colors import LinearSegmentedColormap
from torch import Tensor

from steepest.demos._demo import joined
from steepest.demos.playground.data import REACH
from steepest.demos.playground.net import Design, Dials, answers
from steepest.demos.playground.training import Training

__all__ = ["GRID", "Seen", "boundary", "coloured", "look"]

GRID = 60  # places along each side
# dark blue and light orange, with much white: they differ in greyscale as well
SHADES = LinearSegmentedColormap.from_list("signs", ["#4f79b3", "#f5f5f5", "#fdb063"])
TABLE = (SHADES(np.linspace(0, 1, 41)) * 255).astype(np.uint8)  # few shades: each is an area with an edge


class Seen(NamedTuple):
    """Activations of each layer, the two coordinates first and the probability of class 1 last.

    Attributes
    ----------
    maps : list of ndarray, shape (units, GRID, GRID)
        Over the plane, a row for each height from below.
    here : list of ndarray, shape (units,)
        At the probe.
    """

    maps: list[np.ndarray]
    here: list[np.ndarray]


def look(training: Training, design: Design, dials: Dials, probe: tuple[float, float]) -> Seen:
    """Send the grid and the probe through the net, all at once."""
    x = torch.cat([_grid(), torch.tensor([probe])])
    *hidden, out = answers(training.tools, design, training.state, x, dials.off)
    rows = [layer.nan_to_num(nan=0.0, posinf=0.0, neginf=0.0).T.numpy() for layer in (x, *hidden, out.sigmoid())]
    maps = [row[:, :-1].reshape(-1, GRID, GRID) for row in rows]
    return Seen(maps, [row[:, -1] for row in rows])


def coloured(maps: np.ndarray, are_probabilities: bool) -> np.ndarray:
    """Colours of maps, of shape (…, rows, columns, 4): white at 0, full where a map is largest; or white at ½."""
    shares = 2 * maps - 1 if are_probabilities else maps / abs(maps).max(axis=(-2, -1), keepdims=True).clip(1e-9)
    middle = len(TABLE) // 2
    dots: np.ndarray = TABLE[np.rint(shares * middle).astype(np.intp) + middle]
    return dots


def boundary(heights: np.ndarray, level: float) -> np.ndarray:
    """Where a map crosses a level."""
    middles = (np.arange(GRID) + 0.5) / GRID * 2 * REACH - REACH
    pieces: Any = contour_generator(middles, middles, heights).lines(level)
    return joined(pieces)


@lru_cache(maxsize=1)
def _grid() -> Tensor:
    middles = (torch.arange(GRID) + 0.5) / GRID * 2 * REACH - REACH
    up, across = torch.meshgrid(middles, middles, indexing="ij")
    return torch.stack([across.flatten(), up.flatten()], dim=1)
