"""Marks that mean the same in every demo, and letters above a panel that cover nothing of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from steepest.demos._stage import GRIP
from steepest.plots import line_style

__all__ = ["DIAMOND", "HERE", "MINIMUM", "NEGATIVE", "POSITIVE", "THRESHOLD", "circle", "legend_above"]

HERE: dict[str, Any] = {"color": "black", "linestyle": "", "marker": "o", "markersize": 7}
DIAMOND = GRIP | {"marker": "D", "markersize": 9}  # a handle for what is no place, but for a rate or a curvature
MINIMUM: dict[str, Any] = {"color": "black", "linestyle": "", "marker": "*", "markersize": 11}
THRESHOLD: dict[str, Any] = {"color": "0.5", "linewidth": 0.8}
TURN = np.linspace(0, 2 * math.pi, 73)
POSITIVE, NEGATIVE = line_style(0)["color"], line_style(1)["color"]  # weights


def legend_above(*axes: Axes, ncols: int, **other: Any) -> None:
    """Put the legend of each panel in one row above it, at the right."""
    usual = {"fontsize": 8, "frameon": False, "borderpad": 0, "columnspacing": 1}
    for ax in axes:
        ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=ncols, **usual | other)


def circle(radius: float) -> np.ndarray:
    """The points at this distance from 0, of shape (73, 2)."""
    return radius * np.stack([np.cos(TURN), np.sin(TURN)], axis=1)
