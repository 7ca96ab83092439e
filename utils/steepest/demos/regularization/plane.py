"""A bowl in the plane of two parameters: its Hessian, its level lines, and what two demos write about points."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from steepest.demos._demo import joined
from steepest.demos._marks import circle

LEVEL: dict[str, Any] = {"color": "0.75", "linewidth": 0.7}
AXIS: dict[str, Any] = {"color": "0.6", "linewidth": 0.8}


@lru_cache(maxsize=256)
def bowl(flat: float, steep: float, angle: float) -> Tensor:
    """The Hessian with these curvatures, its flat direction turned from the first axis by an angle in degrees."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    directions = torch.tensor([[cos, -sin], [sin, cos]], dtype=torch.float64)
    curvatures = torch.tensor([flat, steep], dtype=torch.float64)
    return (directions * curvatures) @ directions.T


def level_lines(hessian: Tensor, center: tuple[float, float], heights: tuple[float, ...]) -> np.ndarray:
    """Where ½(θ − c)ᵀH(θ − c) has these heights, as one line with gaps, of shape (m, 2)."""
    curvatures, directions = torch.linalg.eigh(hessian)
    ring = circle(1.0) / np.sqrt(curvatures.numpy()) @ directions.numpy().T
    return joined(np.asarray(center) + math.sqrt(2 * height) * ring for height in heights)


def square(size: float) -> np.ndarray:
    """The points with |θ₁| + |θ₂| of this size, of shape (5, 2)."""
    return size * np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0], [1.0, 0.0]])


def written(point: Tensor) -> str:
    """A point as (1.20, −0.31); what is exactly 0 has no decimals."""
    return f"({', '.join('0' if value == 0 else f'{value:.2f}'.replace('-', '−') for value in point.tolist())})"
