"""Marks that mean the same in every demo, and letters above a panel that cover nothing of it."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

__all__ = ["HERE", "MINIMUM", "THRESHOLD", "legend_above"]

HERE: dict[str, Any] = {"color": "black", "linestyle": "", "marker": "o", "markersize": 7}
MINIMUM: dict[str, Any] = {"color": "black", "linestyle": "", "marker": "*", "markersize": 11}
THRESHOLD: dict[str, Any] = {"color": "0.5", "linewidth": 0.8}


def legend_above(*axes: Axes, ncols: int, **other: Any) -> None:
    """Put the legend of each panel in one row above it, at the right."""
    usual = {"fontsize": 8, "frameon": False, "borderpad": 0, "columnspacing": 1}
    for ax in axes:
        ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=ncols, **usual | other)
