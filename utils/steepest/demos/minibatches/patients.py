"""The patients of the demos of minibatches, of whom one number is used."""

from __future__ import annotations

import torch

from steepest.data import Data, diabetes

BODY_MASS_INDEX = 2  # its column


def body_mass_index() -> Data:
    """Body mass index, of shape (n, 1), and progression of diabetes, both with mean 0 and deviation 1."""
    x, y = diabetes(dtype=torch.float64)
    return Data(x[:, [BODY_MASS_INDEX]], y)
