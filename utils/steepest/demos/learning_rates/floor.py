"""A cloud of runs in a noisy bowl: where a constant rate stops, and what the mean of a path makes of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, check_box, count, plain_log, slider
from steepest.demos._marks import HERE, MINIMUM, THRESHOLD, legend_above
from steepest.demos._stage import Stage
from steepest.plots import line_style

Floor = Callable[..., Tensor]
Average = Callable[..., Tensor]

N_STEPS, N_RUNS = 400, 160
GOAL, LARGE = 0.01, 1.0
START = (3.0, -1.5)
SHOWN = 3.4
FAR = 1e6
LOWEST, HIGHEST = 1e-3, 3e1
CLOUD: dict[str, Any] = {"color": line_style(0)["color"], "linestyle": "", "marker": "o", "markersize": 3, "alpha": 0.5}
MEANS: dict[str, Any] = {"color": line_style(1)["color"], "linestyle": "", "marker": "s", "markersize": 3, "alpha": 0.6}
POINT: dict[str, Any] = line_style(0) | {"marker": ""}
MEAN: dict[str, Any] = line_style(1) | {"marker": ""}
PREDICTED: dict[str, Any] = {"color": "black", "linewidth": 1.2, "linestyle": ":"}


class Runs(NamedTuple):
    """What runs in a noisy bowl did.

    Attributes
    ----------
    points, means : Tensor, shape (N_STEPS + 1, N_RUNS, 2)
        Where each run is after every step, and the mean of its path so far.
    """

    points: Tensor
    means: Tensor


def runs(average_step: Average, *, lr: float, curvature: float) -> Runs:
    """Descend in a round bowl with noisy gradients, all runs from one start.

    Parameters
    ----------
    average_step : callable
        The student's function.
    lr, curvature : float
        The constant rate η, and the curvature λ of the bowl.
    """
    x = torch.tensor(START, dtype=torch.float64).expand(N_RUNS, 2)
    average = torch.full_like(x, torch.nan)
    points, means = [], []
    for number, noise in enumerate((*_noise(), None)):
        average = average_step(average, x, count=number)
        if not isinstance(average, Tensor) or average.shape != x.shape:
            raise TypeError(
                f"`average_step` must return the mean of the points, a tensor of shape {tuple(x.shape)}. "
                f"Got {average!r:.60}. Is the `return` missing?"
            )
        points.append(x)
        means.append(average)
        if noise is not None:
            x = (1 - lr * curvature) * x - lr * noise
    return Runs(*(torch.stack(series).nan_to_num(FAR).clamp(-FAR, FAR) for series in (points, means)))


def floor_demo(noise_floor: Floor, average_step: Average) -> Demo:
    """Controls for the rate and the curvature, over a cloud of runs and its mean square.

    Parameters
    ----------
    noise_floor, average_step : callable
        The student's functions.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = floor_demo(unwritten, unwritten)
    >>> list(demo.controls)
    ['lr', 'curvature', 'averaged', 'step']
    >>> demo.message.value
    'Write <code>noise_floor</code>, <code>average_step</code> and run the cell, then run this one again.'
    """
    walked = lru_cache(maxsize=8)(partial(runs, average_step))  # so that playing them computes nothing

    def draw(stage: Stage, **values: Any) -> str:
        return draw_floor(walked, noise_floor, stage, **values)

    return Demo(
        draw,
        {
            "lr": slider("rate η", 0.5, -2, math.log10(2.5), 0.02, log=True),
            "curvature": slider("curvature λ", 1.0, 0.2, 2.0, 0.1),
            "averaged": check_box("mean of the path"),
            "step": count("step", N_STEPS, 0, N_STEPS, 4),
        },
        needs=["noise_floor", "average_step"],
        goal=f"at λ = 1, after {N_STEPS} steps, a mean square below {GOAL} with a rate of at least {LARGE:g}",
        size=(9.5, 4.0),
        played="step",
    )


def draw_floor(
    walked: Callable[..., Runs],
    noise_floor: Floor,
    stage: Stage,
    *,
    lr: float,
    curvature: float,
    averaged: bool,
    step: int,
) -> str:
    """Draw the cloud after a step, and the mean square until then.

    Parameters
    ----------
    walked : callable
        `runs` with the student's `average_step`.
    noise_floor : callable
        The student's function.
    stage : Stage
        Where to draw.
    lr, curvature : float
        The rate and the curvature.
    averaged : bool
        Whether the means of the paths are shown and count.
    step : int
        How many steps are shown.

    Returns
    -------
    str
        What was predicted and measured, and how far the goal is, for the line above the figure.
    """
    floor = float(noise_floor(torch.tensor(curvature, dtype=torch.float64), 1.0, lr=lr))
    done = walked(lr=lr, curvature=curvature)
    ground, squares = stage.panels(draw_frames)
    ground.plot(*_shown(done.points[step]), **CLOUD)
    ground.plot(0, 0, **MINIMUM)
    if math.isfinite(floor) and floor > 0:
        turn = np.linspace(0, 2 * np.pi, 91)
        radius = (2 * floor) ** 0.5  # two directions
        ground.plot(radius * np.cos(turn), radius * np.sin(turn), **PREDICTED)
        squares.plot([1, N_STEPS + 1], [floor, floor], **PREDICTED)
    steps = range(1, step + 2)
    of_points, of_means = (part.square().mean(dim=(1, 2)) for part in done)
    squares.plot(steps, of_points[: step + 1].clamp(LOWEST / 9, FAR), **POINT)
    if averaged:
        ground.plot(*_shown(done.means[step]), **MEANS)
        squares.plot(steps, of_means[: step + 1].clamp(LOWEST / 9, FAR), **MEAN)
    counted = of_means if averaged else of_points
    squares.handle(
        ("step", ""), step + 1, float(counted[step].clamp(LOWEST, HIGHEST)), name="step that is shown", **HERE
    )
    measured = float(counted[-1])
    said = f"η = {lr:.3g}, λ = {curvature:.1f}: your <code>noise_floor</code> says {_size(floor)}. "
    said += f"After {N_STEPS} steps the {'means of the paths' if averaged else 'points'} have a mean square of "
    said += _size(measured) + "."
    if curvature != 1:
        return f"{said} For the goal, put λ at 1."
    if measured >= GOAL:
        return f"{said} Not yet: the goal is {GOAL}."
    return f"{said} {'The goal is reached.' if lr >= LARGE else f'Not yet: the rate is to be {LARGE:g} at least.'}"


def draw_frames(figure: Figure) -> tuple[Axes, Axes]:
    """Draw what is the same for all clouds: frames and labels."""
    ground, squares = figure.subplots(1, 2, width_ratios=[1, 1.35])
    ground.set(xlabel="x₁", ylabel="x₂", xlim=(-SHOWN, SHOWN), ylim=(-SHOWN, SHOWN), aspect="equal")
    ground.plot([], [], label=f"{N_RUNS} runs", **CLOUD | {"markersize": 5})
    ground.plot([], [], label="their means", **MEANS | {"markersize": 5})
    squares.axhline(GOAL, **THRESHOLD)
    squares.text(1.1, GOAL * 1.12, f"goal: {GOAL}", color="0.35", fontsize=8)
    for label, style in (("points", POINT), ("means of the paths", MEAN), ("your noise_floor", PREDICTED)):
        squares.plot([], [], label=label, **style)
    squares.set(xlabel="step + 1", ylabel="mean square of a coordinate", xscale="log", yscale="log")
    squares.set(xlim=(0.9, 1.15 * N_STEPS), ylim=(LOWEST, HIGHEST))
    plain_log(squares)
    legend_above(ground, squares, ncols=3)
    return ground, squares


def _shown(points: Tensor) -> Tensor:
    """Places of those points that lie within the panel."""
    return points[(points.abs() <= SHOWN).all(dim=1)].T


def _size(value: float) -> str:
    return "∞" if math.isinf(value) or value >= FAR else f"{value:.3g}".replace("-", "−")


@cache
def _noise() -> Tensor:
    return torch.randn(N_STEPS, N_RUNS, 2, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
