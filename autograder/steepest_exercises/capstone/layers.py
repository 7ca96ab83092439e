"""Nets of layers as cases have them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from steepest_exercises.inputs import normal, uniform

Layer = dict[str, Tensor]


def drawn_layers(
    rng: np.random.Generator, widths: Sequence[int], dtype: torch.dtype, *, stored: bool = True
) -> list[Layer]:
    """Hidden layers with γ of both signs, and a last one; statistics are far from those of normal inputs."""
    layers = []
    for fan_in, units in pairwise(widths[:-1]):
        signs = torch.tensor([-1.0 if place % 3 == 1 else 1.0 for place in range(units)], dtype=torch.float64)
        layer = {
            "weight": normal(rng, units, fan_in),
            "gamma": signs * uniform(rng, 0.6, 1.8, units),
            "beta": uniform(rng, 0.3, 1.0, units),
        }
        statistics = {"mean": uniform(rng, -1.5, 1.5, units), "variance": uniform(rng, 1.5, 4.0, units)}
        layers.append({**layer, **(statistics if stored else {})})
    layers.append({"weight": normal(rng, widths[-1], widths[-2]), "bias": normal(rng, widths[-1])})
    return [{key: value.to(dtype) for key, value in layer.items()} for layer in layers]
