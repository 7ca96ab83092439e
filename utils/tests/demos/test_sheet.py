"""Pictures of digits as a map of colours."""

from __future__ import annotations

import numpy as np
import torch
from steepest.demos._sheet import SIDE, sheet


def test_pictures_lie_line_by_line_from_above_and_dark_is_one() -> None:
    rows = torch.zeros(6, SIDE * SIDE)
    rows[4, 0] = 1.0  # the left pixel above, of the second picture in the lower line
    rows[5] = 7.0  # cut at 1
    dots = sheet(rows, across=3)
    assert dots.shape == (2 * (SIDE + 1), 3 * (SIDE + 1), 4) and dots.dtype == np.uint8
    assert (dots[..., 3] == 255).all()
    grey = dots[::-1, :, 0]  # from above
    assert np.argwhere(grey[:, : 2 * (SIDE + 1)] == 0).tolist() == [[SIDE + 2, SIDE + 2]]
    assert (grey[SIDE + 2 :, 2 * (SIDE + 1) + 1 :] == 0).all()
    assert len({*grey[0], *grey[SIDE + 1], *grey[:, 0], *grey[:, SIDE + 1]}) == 1  # the lines
