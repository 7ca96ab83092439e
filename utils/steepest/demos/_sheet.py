"""Small pictures of digits side by side, as one map of colours for the stage."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

__all__ = ["SIDE", "sheet"]

SIDE = 8  # pixels
LINE = 0.35  # how dark what lies between two pictures is


def sheet(rows: Tensor, across: int) -> np.ndarray:
    """Rows of pixels from 0 to 1, dark where they are 1, with lines between the pictures.

    Parameters
    ----------
    rows : Tensor, shape (across · down, 64)
        The pictures, line by line from above.
    across : int
        How many stand side by side.

    Returns
    -------
    ndarray, shape (9 · down, 9 · across, 4)
        Colours from 0 to 255, from below as `Panel.heat` takes them.
    """
    cells = torch.full((len(rows) // across, across, SIDE + 1, SIDE + 1), LINE)
    cells[:, :, 1:, 1:] = rows.clamp(0, 1).view(*cells.shape[:2], SIDE, SIDE)
    grey = 255 * (1 - cells.transpose(1, 2).flatten(2).flatten(0, 1).flip(0))
    dots = np.full((*grey.shape, 4), 255, dtype=np.uint8)
    dots[..., :3] = grey.numpy()[..., None]
    return dots
