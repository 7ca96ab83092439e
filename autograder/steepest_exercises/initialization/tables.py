"""Tables to be scaled: what `min_max` and `z_score` share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor


def table(rng: np.random.Generator, n: int, d: int, *, dtype: torch.dtype = torch.float64) -> Tensor:
    """Columns with a mean and a spread of their own."""
    spread, mean = rng.uniform(0.5, 4, d), rng.uniform(1, 9, d) * rng.choice([-1, 1], d)
    return torch.from_numpy(mean + spread * rng.standard_normal((n, d))).to(dtype)


def with_constants(rng: np.random.Generator) -> Tensor:
    """Whole constants and eight rows: their mean is exact, so no rounding is blown up."""
    whole = table(rng, 8, 4)
    whole[:, 1], whole[:, 3] = float(rng.integers(2, 9)), 0.0
    return whole


def columns(scale: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    """Apply to each column alone."""
    return lambda x, **kwargs: torch.stack([scale(column) for column in x.unbind(1)], dim=1)
