"""Demos of `02_minibatches`: a cloud of minibatch gradients, and paths, drawn by the student's own functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Generator, Tensor

from steepest.callables import least_squares_gradient
from steepest.data import Data, diabetes, with_ones
from steepest.demos._demo import Demo, choice, plain_log, steps
from steepest.demos._minibatches_paths import COUNTS, PATH_SIZES, PathView, Walk, draw_paths, path_demo, walk
from steepest.models import linear_regression
from steepest.plots import line_style, plot_cloud

__all__ = [
    "COUNTS",
    "PATH_SIZES",
    "PLACES",
    "SIZES",
    "PathView",
    "Trial",
    "Walk",
    "draw_minibatches",
    "draw_paths",
    "minibatch_demo",
    "path_demo",
    "try_size",
    "walk",
]

Draw = Callable[[int, int, Generator], Iterable[Tensor]]
Gradient = Callable[[Tensor, Tensor, Tensor], Tensor]
Estimate = Callable[[Gradient, Tensor, Tensor, Tensor, Tensor], Tensor]
Spread = Callable[[Tensor], Tensor]

SIZES = (1, 2, 4, 8, 16, 32, 64, 96, 128, 144, 192, 256, 442)
PLACES: Mapping[str, tuple[float, float]] = {
    "at the start": (1.5, -1.5),
    "halfway": (0.75, -0.46),
    "near the minimum": (0.05, 0.55),
}
BATCHES = 120
GOAL = 0.1
BODY_MASS_INDEX = 2


class Trial(NamedTuple):
    """What one size of batch gave.

    Attributes
    ----------
    measured, predicted : float
        Root mean square distance of the estimates from the full gradient.
    single : float
        The same for single examples, σ.
    length : float
        Of the full gradient.
    """

    measured: float
    predicted: float
    single: float
    length: float


def minibatch_demo(minibatches: Draw, minibatch_gradient: Estimate, standard_error: Spread) -> Demo:
    """Controls for the size of the batch and the place on the way down, over the cloud of gradients.

    Parameters
    ----------
    minibatches, minibatch_gradient, standard_error : callable
        The student's functions.
    """
    trials: dict[str, dict[int, Trial]] = {place: {} for place in PLACES}

    def draw(figure: Figure, *, size: int, place: str) -> str:
        functions = minibatches, minibatch_gradient, standard_error
        return draw_minibatches(*functions, figure, size=size, place=place, trials=trials[place])

    return Demo(
        draw,
        {"size": steps("batch size", 1, SIZES), "place": choice("θ is", next(iter(PLACES)), list(PLACES))},
        needs=["standard_error", "minibatches", "minibatch_gradient"],
        goal="find the smallest batch whose spread is a tenth of the full gradient's length",
    )


def draw_minibatches(
    minibatches: Draw,
    minibatch_gradient: Estimate,
    standard_error: Spread,
    figure: Figure,
    *,
    size: int,
    place: str,
    trials: dict[int, Trial],
) -> str:
    """Draw the cloud of minibatch gradients, and the spread of every size tried so far.

    Parameters
    ----------
    minibatches, minibatch_gradient, standard_error : callable
        The student's functions.
    figure : Figure
        Is cleared and drawn anew.
    size : int
        Examples in a batch.
    place : str
        A key of `PLACES`.
    trials : dict
        What was tried at this place, by size; this trial is added.

    Returns
    -------
    str
        What was measured and how far the goal is, for the line above the figure.
    """
    cloud, full, trial = try_size(minibatches, minibatch_gradient, standard_error, size=size, place=place)
    trials[size] = trial
    figure.clear()
    margins = {"left": 0.07, "right": 0.98, "bottom": 0.13, "top": 0.95, "wspace": 0.18}
    left, right = figure.subplots(1, 2, gridspec_kw=margins)
    _draw_cloud(cloud, full, trial, size, left)
    _draw_trials(trials, size, right)
    plain_log(right)
    return _said(trial, size)


def try_size(
    minibatches: Draw, minibatch_gradient: Estimate, standard_error: Spread, *, size: int, place: str
) -> tuple[Tensor, Tensor, Trial]:
    """Estimate the gradient from many minibatches of one size.

    Returns
    -------
    cloud : Tensor, shape (BATCHES, 2)
        One estimate a row.
    full : Tensor, shape (2,)
        The gradient over all examples.
    trial : Trial
        How far the estimates stray.
    """
    x, y = _patients()
    model, n = linear_regression(x.shape[1]), len(x)
    theta = torch.tensor(PLACES[place], dtype=x.dtype)
    gradient = least_squares_gradient()
    full = gradient(theta, x, y)
    single = float(standard_error(model.gradients(theta, x, y)).norm()) * math.sqrt(n)
    generator = torch.Generator().manual_seed(size)
    cloud: list[Tensor] = []
    for _ in range(BATCHES):  # an epoch gives at least one batch of the full size
        batches = [index for index in minibatches(n, size, generator) if len(index) == size]
        cloud += [minibatch_gradient(gradient, theta, x, y, index) for index in batches]
        if len(cloud) >= BATCHES:
            break
    points = torch.stack(cloud[:BATCHES])
    measured = float((points - full).square().sum(dim=1).mean().sqrt())
    return points, full, Trial(measured, _predicted(single, size, n), single, float(full.norm()))


def _predicted(single: float, size: int, n: int) -> float:
    return single / math.sqrt(size) * math.sqrt((n - size) / (n - 1))


def _draw_cloud(cloud: Tensor, full: Tensor, trial: Trial, size: int, ax: Axes) -> None:
    plot_cloud(
        cloud,
        ax=ax,
        center=full,
        label=f"batches of {size}",
        xlabel="gradient by the intercept",
        ylabel="gradient by the slope",
        radius=trial.predicted,
        reach=2 * trial.single,
    )
    ax.plot(0, 0, "+", color="black", markersize=12, markeredgewidth=2, label="zero")
    ax.legend(loc="upper right", fontsize=8)


def _draw_trials(trials: dict[int, Trial], size: int, ax: Axes) -> None:
    n = SIZES[-1]
    single, length = trials[size].single, trials[size].length
    sizes = torch.logspace(0, math.log10(n - 1), 80).tolist()
    ax.plot(sizes, [single / math.sqrt(m) for m in sizes], color="0.5", linewidth=1, label=r"$\sigma/\sqrt{m}$")
    corrected = [single / math.sqrt(m) * math.sqrt((n - m) / (n - 1)) for m in sizes]
    ax.plot(sizes, corrected, "k--", linewidth=1.4, label="without replacement")
    tried = sorted(m for m in trials if m < n)
    style = line_style(0) | {"linestyle": "", "markersize": 7}
    ax.plot(tried, [trials[m].measured for m in tried], label="your trials", **style)
    goal = line_style(1) | {"marker": ""}
    ax.axhline(GOAL * length, label=f"goal: {GOAL:.0%} of the gradient", **goal)
    ax.set(xscale="log", yscale="log", xlabel="batch size m", ylabel="spread of the estimates")
    ax.set_ylim(bottom=min(GOAL * length, single / n) / 2)
    ax.legend(loc="upper right", fontsize=8)


def _said(trial: Trial, size: int) -> str:
    share = trial.measured / trial.length
    reached = "The goal is reached." if share <= GOAL else "Not yet: the goal is 10 %."
    return (
        f"batches of {size}: spread {trial.measured:.3f} measured, {trial.predicted:.3f} predicted; "
        f"that is {share:.0%} of the full gradient's length, {trial.length:.3f}. {reached}"
    )


@cache
def _patients() -> Data:
    """Progression of diabetes against the body mass index, both with mean 0 and deviation 1."""
    x, y = diabetes(dtype=torch.float64)
    return Data(with_ones(x[:, [BODY_MASS_INDEX]]), y)
