"""Figures of the lessons. Every function draws on the axes that it is given and returns them.

Lines differ in dash and marker as well as in colour, so that a figure can be read in greyscale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from steepest.landscapes import Landscape

__all__ = [
    "line_style",
    "plot_band",
    "plot_cloud",
    "plot_clusters",
    "plot_contours",
    "plot_curves",
    "plot_map",
    "plot_path",
]

Series = Tensor | np.ndarray | Sequence[float]

STYLES: tuple[tuple[str, Any, str], ...] = (
    ("#08306b", "-", "o"),
    ("#d95f02", "--", "s"),
    ("#4a9fd8", "-.", "^"),
    ("#7a0177", ":", "D"),
    ("#238b45", (0, (5, 1, 1, 1, 1, 1)), "v"),
    ("#737373", (0, (1, 1)), "x"),
)


def line_style(number: int) -> dict[str, Any]:
    """Colour, dash and marker of the curve of this number, counted from 0; they repeat after six.

    Examples
    --------
    >>> sorted(line_style(0))
    ['color', 'linestyle', 'linewidth', 'marker', 'markersize']
    >>> line_style(0) == line_style(6)
    True
    """
    color, dash, marker = STYLES[number % len(STYLES)]
    return {"color": color, "linestyle": dash, "marker": marker, "markersize": 4, "linewidth": 1.6}


def plot_curves(
    curves: Mapping[str, Series],
    *,
    ax: Axes,
    xlabel: str,
    ylabel: str,
    x: Series | None = None,
    log_x: bool = False,
    log_y: bool = False,
    first_style: int = 0,
) -> Axes:
    """Draw one labelled line for each series.

    Parameters
    ----------
    curves : mapping of str to series
        Legend entries and values.
    ax : Axes
        Where to draw.
    xlabel, ylabel : str
        What the axes show, with units.
    x : series, optional
        Places of the values; 0, 1, 2, … where left out.
    log_x, log_y : bool
        Logarithmic axes.
    first_style : int
        Style of the first line, for a second call on the same axes.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> fig, ax = plt.subplots()
    >>> curves = {"slow": [1.0, 0.9, 0.8], "fast": [1.0, 0.1, 0.01]}
    >>> plot_curves(curves, ax=ax, xlabel="step", ylabel="loss", log_y=True).get_yscale()
    'log'
    """
    for number, (label, values) in enumerate(curves.items(), start=first_style):
        heights = _array(values)
        places = np.arange(len(heights)) if x is None else _array(x)
        every = max(1, len(heights) // 12)
        ax.plot(places, heights, label=label, markevery=every, **line_style(number))
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if log_x:
        ax.set_xscale("log")
    if log_y:
        ax.set_yscale("log")
    if curves:
        ax.legend()
    return ax


def plot_contours(landscape: Landscape, *, ax: Axes, levels: int = 18, resolution: int = 201) -> Axes:
    """Draw the level lines of a landscape of two parameters, and a star at each minimum.

    The levels are quantiles of the loss over the domain, so that every landscape fills its axes evenly.

    Parameters
    ----------
    landscape : Landscape
        What to draw; its domain sets the limits of the axes.
    ax : Axes
        Where to draw.
    levels : int
        How many level lines.
    resolution : int
        Number of grid points along each axis.

    Raises
    ------
    ValueError
        If the landscape has not two parameters.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from steepest.landscapes import quadratic
    >>> fig, ax = plt.subplots()
    >>> [float(end) for end in plot_contours(quadratic(10), ax=ax).get_xlim()]
    [-2.0, 2.0]
    """
    if landscape.dimension != 2:
        raise ValueError(
            f"`landscape` must have 2 parameters to be drawn as a map. Got {landscape.dimension}. "
            "Fix all but two of them."
        )
    across, up = (torch.linspace(*limits, resolution, dtype=torch.float64) for limits in landscape.domain)
    grid = torch.stack(torch.meshgrid(across, up, indexing="xy"), dim=-1)
    loss = landscape(grid).numpy()
    heights = np.unique(np.quantile(loss, np.linspace(0, 1, levels + 2)[1:-1]))
    ax.contour(across, up, loss, levels=heights, colors="0.65", linewidths=0.7)
    minima = np.array(landscape.minima)
    ax.plot(minima[:, 0], minima[:, 1], "*", color="black", markersize=11, label="minimum")
    ax.set(xlim=landscape.domain[0], ylim=landscape.domain[1], xlabel="$\\theta_1$", ylabel="$\\theta_2$")
    ax.set_title(landscape.name)
    return ax


def plot_path(points: Series, *, ax: Axes, label: str = "", number: int = 0) -> Axes:
    """Draw the points that a method visits, in the style of its number.

    On axes that hold contours the limits stay, wherever the path may lead.

    Parameters
    ----------
    points : series, shape (n_steps + 1, 2)
        The start and the point after every step.
    ax : Axes
        Where to draw.
    label : str
        Entry of the legend; none where empty.
    number : int
        Number of the method, for `line_style`.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> fig, ax = plt.subplots()
    >>> plot_path([[0, 0], [1, 2], [1.5, 2.5]], ax=ax, label="path").get_legend_handles_labels()[1]
    ['path']
    """
    places = _array(points)
    every = max(1, len(places) // 150)
    ax.plot(places[:, 0], places[:, 1], label=label or "_nolegend_", markevery=every, alpha=0.9, **line_style(number))
    if label:
        ax.legend()
    return ax


def plot_map(
    values: Series,
    *,
    ax: Axes,
    across: Series,
    up: Series,
    xlabel: str,
    ylabel: str,
    label: str,
    levels: Series,
) -> Axes:
    """Draw a quantity over two others as a map in grey, darker where it is larger, with numbered level lines.

    Parameters
    ----------
    values : series, shape (len(up), len(across))
        The quantity.
    ax : Axes
        Where to draw.
    across, up : series
        Places along the two axes.
    xlabel, ylabel, label : str
        What the axes and the colour show.
    levels : series
        Heights of the level lines, ascending.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> fig, ax = plt.subplots()
    >>> values = [[0.0, 1.0], [2.0, 3.0]]
    >>> words = {"xlabel": "rate", "ylabel": "β", "label": "loss"}
    >>> plot_map(values, ax=ax, across=[0, 1], up=[0, 1], levels=[1, 2], **words).get_xlabel()
    'rate'
    """
    heights = _array(levels)
    places = _array(across), _array(up), _array(values)
    filled = ax.contourf(*places, levels=heights, cmap="Greys", extend="both", alpha=0.5)  # numbers stay readable
    lines = ax.contour(*places, levels=heights, colors="black", linewidths=0.6)
    ax.clabel(lines, fontsize=8)
    if ax.figure is not None:
        ax.figure.colorbar(filled, ax=ax, label=label)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    return ax


def plot_cloud(
    points: Series,
    *,
    ax: Axes,
    center: Series,
    label: str,
    xlabel: str = "$g_1$",
    ylabel: str = "$g_2$",
    radius: float = 0.0,
    reach: float | None = None,
    number: int = 0,
) -> Axes:
    """Draw estimates of a vector as dots, the exact vector as a star, and a ring that predicts their spread.

    Parameters
    ----------
    points : series, shape (n, 2)
        The estimates.
    ax : Axes
        Where to draw; both axes get one scale.
    center : series, shape (2,)
        The exact vector.
    label : str
        Entry of the legend for the dots.
    xlabel, ylabel : str
        What the axes show.
    radius : float
        Radius of the ring; none where 0.
    reach : float, optional
        How far the axes reach to each side of the centre; as far as the dots where left out.
    number : int
        Number of the cloud, for `line_style`.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> fig, ax = plt.subplots()
    >>> cloud = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    >>> plot_cloud(cloud, ax=ax, center=[0, 0], label="estimates", radius=1.0) is ax
    True
    """
    places, (across, up) = _array(points), _array(center)
    style = line_style(number)
    ax.scatter(places[:, 0], places[:, 1], s=12, color=style["color"], marker=style["marker"], alpha=0.45, label=label)
    if radius > 0:
        turn = np.linspace(0, 2 * np.pi, 181)
        ax.plot(across + radius * np.cos(turn), up + radius * np.sin(turn), "k--", linewidth=1.4, label="predicted")
    ax.plot(across, up, "*", color="black", markersize=13, markeredgecolor="white", label="full gradient")
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.set_aspect("equal", adjustable="datalim" if reach is None else "box")
    if reach is not None:
        ax.set(xlim=(across - reach, across + reach), ylim=(up - reach, up + reach))
    ax.legend(loc="upper right", fontsize=8)
    return ax


def plot_band(
    runs: Series,
    *,
    ax: Axes,
    x: Series,
    label: str,
    xlabel: str,
    ylabel: str,
    number: int = 0,
    quantiles: tuple[float, float] = (0.1, 0.9),
) -> Axes:
    """Draw the median of several runs as a line, and the range between two quantiles as a band around it.

    Parameters
    ----------
    runs : series, shape (n_runs, n_points)
        One row a run.
    ax : Axes
        Where to draw.
    x : series, shape (n_points,)
        Places of the points.
    label : str
        Entry of the legend.
    xlabel, ylabel : str
        What the axes show, with units.
    number : int
        Number of the curve, for `line_style`.
    quantiles : tuple of float
        Lower and upper edge of the band.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> fig, ax = plt.subplots()
    >>> runs = torch.rand(20, 5, generator=torch.Generator().manual_seed(0))
    >>> plot_band(runs, ax=ax, x=range(5), label="20 runs", xlabel="step", ylabel="loss").get_ylabel()
    'loss'
    """
    heights, places = _array(runs), _array(x)
    style = line_style(number)
    low, high = np.quantile(heights, quantiles, axis=0)
    ax.fill_between(places, low, high, color=style["color"], alpha=0.18, linewidth=0)
    every = max(1, len(places) // 12)
    ax.plot(places, np.median(heights, axis=0), label=label, markevery=every, **style)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.legend()
    return ax


def plot_clusters(points: Series, centers: Series, *, ax: Axes, label: str = "centres", number: int = 0) -> Axes:
    """Draw points as grey dots and centres as large marks in the style of a number.

    Parameters
    ----------
    points : series, shape (n, 2)
        The data.
    centers : series, shape (k, 2)
        The centres.
    ax : Axes
        Where to draw; both axes get one scale.
    label : str
        Entry of the legend for the centres.
    number : int
        Number of the method, for `line_style`.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from steepest.data import blobs
    >>> fig, ax = plt.subplots()
    >>> plot_clusters(blobs(50).x, [[2, 2], [8, 8]], ax=ax) is ax
    True
    """
    dots, marks = _array(points), _array(centers)
    style = line_style(number)
    ax.scatter(dots[:, 0], dots[:, 1], s=5, color="0.7", zorder=1)
    ax.scatter(
        marks[:, 0], marks[:, 1], s=70, color=style["color"], marker=style["marker"], edgecolor="black",
        linewidth=0.8, label=label, zorder=3,
    )  # fmt: skip
    ax.set(xlabel="$x_1$", ylabel="$x_2$")
    ax.set_aspect("equal", adjustable="datalim")
    ax.legend(loc="upper right", fontsize=8)
    return ax


def _array(values: Series) -> np.ndarray:
    if isinstance(values, Tensor):
        return values.detach().cpu().numpy()
    return np.asarray(values)
