"""What the demos of momentum share: the start, the bowl, and which form of momentum a student's function follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from matplotlib.axes import Axes
from torch import Tensor

from steepest.trajectory import init_state

START = (-1.8, 1.2)
Step = Callable[..., tuple[Tensor, dict[str, Any]]]


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


def plot_levels(ax: Axes, condition: float, levels: Sequence[float]) -> None:
    """Draw level lines of the bowl with curvatures 1/κ and 1, as the ellipses that they are."""
    turn = torch.linspace(0, 2 * torch.pi, 121)
    for loss in levels:
        wide, high = (2 * loss * condition) ** 0.5, (2 * loss) ** 0.5
        ax.plot(wide * turn.cos(), high * turn.sin(), color="0.7", linewidth=0.7)
