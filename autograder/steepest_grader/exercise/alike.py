"""Other values of the same kind, for a case that is known and needs a sibling that is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

__all__ = ["alike"]


def alike(rng: np.random.Generator, value: Any) -> Any:
    """Draw a value like another one.

    Parameters
    ----------
    rng : Generator
    value : object
        What an argument may be.

    Returns
    -------
    object
        A floating number times something between ½ and 3/2, a whole one between 1 and twice as much, with the sign that
        it had; containers, arrays and tensors of such. Zero, and whatever else there is, stays.

    Examples
    --------
    >>> alike(np.random.default_rng(0), {"rate": 0.0, "name": "linear"})
    {'rate': 0.0, 'name': 'linear'}
    """
    if isinstance(value, dict):
        return {name: alike(rng, part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(alike(rng, part) for part in value)
    if isinstance(value, torch.Tensor):
        return torch.from_numpy(np.asarray(alike(rng, value.numpy()))).to(value.dtype)
    if isinstance(value, np.ndarray) and value.dtype.kind in "if":
        drawn = np.array([alike(rng, part) for part in value.ravel().tolist()], dtype=value.dtype)
        return drawn.reshape(value.shape)
    if isinstance(value, float):
        return value * float(rng.uniform(0.5, 1.5))
    if isinstance(value, int) and not isinstance(value, bool) and value:
        return int(rng.integers(1, 2 * abs(value) + 1)) * (1 if value > 0 else -1)
    return value
