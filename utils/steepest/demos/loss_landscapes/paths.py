"""What the demos of lesson 3 share: types, surfaces, and paths that can be drawn wherever they lead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

Descend = Callable[..., tuple[Tensor, dict[str, Any]]]
Loss = Callable[[Tensor], Tensor]
FAR = 99.0


def drawable(path: Tensor) -> Tensor:
    """A path of shape (..., 2) up to its first point that is far away: what comes after would cross the picture."""
    size = path.abs().amax(dim=-1, keepdim=True)
    gone = ~(size <= FAR)  # nan is gone
    shown = torch.where(gone, path * (FAR / size), path)
    return shown.where(gone.cumsum(dim=0) <= 1, torch.nan)


def slope_of(loss: Loss, theta: Tensor) -> Tensor:
    """Gradient of a loss at a point or, where the loss sums over them, at many."""
    at = theta.detach().clone().requires_grad_()
    (slope,) = torch.autograd.grad(loss(at), at)
    return slope


def draw_heights(ax: Axes, across: Tensor, up: Tensor, heights: Tensor, levels: Sequence[float]) -> None:
    """Shade a surface, of shape (up, across), with numbered level lines; no shade is too dark for their numbers."""
    shades = [str(shade) for shade in np.linspace(0.98, 0.68, len(levels) + 1)]
    ax.contourf(across, up, heights, levels=levels, colors=shades, extend="both")
    lines = ax.contour(across, up, heights, levels=levels, colors="0.3", linewidths=0.5)
    ax.clabel(lines, fontsize=7, fmt="%g", colors="black")
