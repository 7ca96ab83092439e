"""What the demos of momentum share: the start, the bowl, and which form of momentum a student's function follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from steepest.demos._demo import joined
from steepest.trajectory import init_state

START = (-1.8, 1.2)
ARRIVED = 0.01  # from the minimum
FAR = 1e6
LEVEL: dict[str, Any] = {"color": "0.7", "linewidth": 0.7, "zorder": 1.9}  # under the paths
Step = Callable[..., tuple[Tensor, dict[str, Any]]]


def as_far_as(path: Tensor, limit: float) -> Tensor:
    """A path until it leaves what is shown: the first point beyond a limit is its last."""
    outside = ~(path.abs().amax(dim=1) <= limit)
    return path[: int(outside.nonzero()[0]) + 1 if outside.any() else len(path)].nan_to_num(nan=limit).clamp(-FAR, FAR)


def rate_factor(step: Step, start: Tensor, beta: float, averaged: bool) -> float:
    """By what the rate must be multiplied so that the student's function follows the form asked for.

    The two forms take the same path where the averaged one's rate is 1/(1 − β) times as large. Which of them the
    function follows shows in its first step from rest with a rate of 1: the gradient, or 1 − β times it.
    """
    ones = torch.ones_like(start)
    moved, _ = step(ones, ones, init_state("momentum", start), lr=1.0, beta=beta)
    is_averaged = bool(torch.allclose(ones - moved, (1 - beta) * ones))
    if beta == 0 or is_averaged == averaged:
        return 1.0
    return 1 - beta if averaged else 1 / (1 - beta)


def ellipses(condition: float, levels: Sequence[float]) -> np.ndarray:
    """Level lines of the bowl with curvatures 1/κ and 1, of shape (n, 2)."""
    turn = np.linspace(0, 2 * np.pi, 121)
    circle = np.stack([condition**0.5 * np.cos(turn), np.sin(turn)], axis=1)
    return joined((2 * loss) ** 0.5 * circle for loss in levels)
