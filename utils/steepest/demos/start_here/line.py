"""A line fitted to points: the student's own `fit_line` moves the line and `gd_step` a point, as the rate changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.callables import least_squares_gradient
from steepest.data import with_ones
from steepest.demos._demo import Demo, count, counted, held, plain_log, slider
from steepest.demos._marks import MINIMUM, legend_above
from steepest.demos._stage import Panel, Stage
from steepest.plots import line_style
from steepest.trajectory import steps_to_reach

Step = Callable[..., Tensor]
Fit = Callable[..., Tensor]

START = (10.0, 5.0)
N_STEPS = 40
ARRIVED = 0.01
GOAL = 3
ACROSS, UP = (-8.0, 12.0), (-7.0, 13.0)
FARTHEST = 1e6
LOWEST, HIGHEST = 1e-4, 1e3
NOW: dict[str, Any] = {"marker": "o", "color": "black", "markersize": 7, "linestyle": ""}
FITTED: dict[str, Any] = {"color": "black", "linewidth": 2}
BEFORE: dict[str, Any] = line_style(1) | {"marker": ""}


def line_demo(gd_step: Step, fit_line: Fit, x: Tensor, y: Tensor) -> Demo:
    """Sliders for the rate and the step, over the line, its path among all lines, and the distance to the best.

    Parameters
    ----------
    gd_step, fit_line : callable
        The student's functions.
    x, y : Tensor, shape (n,)
        The points to fit.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> line = torch.linspace(0, 1, 10)
    >>> demo = line_demo(unwritten, unwritten, line, line)
    >>> list(demo.controls)
    ['lr', 'step', 'start']
    >>> demo.message.value
    'Write <code>gd_step</code>, <code>fit_line</code> and run the cell, then run this one again.'
    """

    best: Tensor = torch.linalg.lstsq(with_ones(x[:, None]), y[:, None]).solution[:, 0]

    def frames(figure: Figure) -> tuple[Axes, ...]:
        return draw_frames(figure, x, y, best)

    def draw(stage: Stage, **values: Any) -> str:
        line, plane, distance = stage.panels(frames)
        return draw_line(gd_step, fit_line, (line, plane, distance), (x, y, best), **values)

    return Demo(
        draw,
        {
            "lr": slider("rate η", 0.9, 0.02, 1.1, 0.01),
            "step": count("step", 5, 0, N_STEPS),
            "start": held(START),
        },
        needs=["gd_step", "fit_line"],
        goal=f"find a rate that brings θ from the first start within {ARRIVED} of the best line in {GOAL} steps",
        size=(9.5, 3.9),
        played="step",
    )


def walk(gd_step: Step, x: Tensor, y: Tensor, *, lr: float, start: tuple[float, float] = START) -> Tensor:
    """Every point that the student's step visits on the mean squared error of a line.

    Returns
    -------
    Tensor, shape (N_STEPS + 1, 2)
        Intercept and slope: the start, then the point after each step.
    """
    gradient, rows = least_squares_gradient(), with_ones(x[:, None])
    path = [torch.tensor(start, dtype=x.dtype)]
    for _ in range(N_STEPS):
        theta = gd_step(path[-1].clone(), gradient(path[-1], rows, y), lr=lr)  # cloned: it may work in place
        path.append(_checked(theta, "gd_step"))
    return torch.stack(path)


def draw_line(
    gd_step: Step,
    fit_line: Fit,
    panels: tuple[Panel, Panel, Panel],
    data: tuple[Tensor, Tensor, Tensor],
    *,
    lr: float,
    step: int,
    start: tuple[float, float] = START,
) -> str:
    """Walk with one function and fit with the other, and draw where they are after some steps.

    Parameters
    ----------
    gd_step, fit_line : callable
        The student's functions; they should agree.
    panels : tuple of Panel
        Where to draw the line, its path among all lines, and the distance to the best.
    data : tuple of Tensor
        The points' x and y, and intercept and slope of the best line.
    lr : float
        Learning rate.
    step : int
        Which step is shown.
    start : tuple of float
        Intercept and slope at first.

    Returns
    -------
    str
        The line and how far the goal is, for the line above the figure.
    """
    x, y, best = data
    path = walk(gd_step, x, y, lr=lr, start=start)
    theta = _checked(fit_line(x, y, torch.tensor(start, dtype=x.dtype), lr=lr, n_steps=step), "fit_line")
    distance = (path - best).norm(dim=1).nan_to_num(nan=torch.inf)
    _show(panels, _tame(theta), _tame(path), _tame(distance), step)
    loss = (theta[0] + theta[1] * x - y).square().mean()
    said = (
        f"η = {lr:.2f}: after {counted(step, 'step')} the line is {_formula(theta)}, "
        f"its loss {loss:.4g}. {_arrived(distance, start == START)}"
    )
    if not torch.allclose(theta, path[step], rtol=1e-6, atol=1e-6, equal_nan=True):
        said += (
            f" <b>Your functions disagree:</b> <code>fit_line</code> is at {_place(theta)}, "
            f"<code>gd_step</code> at {_place(path[step])}."
        )
    return said


def _formula(theta: Tensor) -> str:
    intercept, slope = (f"{number:.2f}" if abs(number) < FARTHEST else f"{number:.2e}" for number in theta.tolist())
    return f"{intercept} + {slope} x".replace("+ -", "− ").replace("-", "−")


def _place(theta: Tensor) -> str:
    return f"({theta[0]:.4g}, {theta[1]:.4g})".replace("-", "−")


def _arrived(distance: Tensor, counts: bool) -> str:
    steps = steps_to_reach(distance, ARRIVED)
    if steps is None and distance[-1] > distance[0]:
        return "It runs away from the best line."
    if steps is None:
        return f"After {N_STEPS} steps it is not yet within {ARRIVED} of the best line."
    said = f"It comes within {ARRIVED} of the best line in {counted(steps, 'step')}."
    if not counts:
        return f"{said} For the goal, press reset: it counts from the first start."
    return f"{said} {'The goal is reached.' if steps <= GOAL else f'Not yet: the goal is {GOAL}.'}"


def _tame(numbers: Tensor) -> Tensor:
    return numbers.nan_to_num(nan=FARTHEST).clamp(-FARTHEST, FARTHEST)


def _show(panels: tuple[Panel, Panel, Panel], theta: Tensor, path: Tensor, distance: Tensor, step: int) -> None:
    line, plane, distances = panels
    ends = np.array([-9, 9])
    for (intercept, slope), style in ((path[max(step - 1, 0)].tolist(), BEFORE), (theta.tolist(), FITTED)):
        line.plot(ends, intercept + slope * ends, **style)
    plane.plot(*path[: step + 1].T, **line_style(1))
    plane.plot(*theta, **NOW)
    plane.handle("start", *path[0].tolist(), name="start: intercept and slope")
    distances.plot(range(len(distance)), distance, **line_style(1) | {"markersize": 3})
    distances.handle(("step", ""), step, float(distance[step].clamp(LOWEST, HIGHEST)), name="step")


def draw_frames(figure: Figure, x: Tensor, y: Tensor, best: Tensor) -> tuple[Axes, ...]:
    """Draw the points, the level lines of the loss, the goal and all labels."""
    line, plane, distance = figure.subplots(1, 3, width_ratios=(1, 1.3, 1))
    line.plot(x, y, "o", color="0.55", markersize=4, label="the points")
    line.plot([], [], label="your fit_line", **FITTED)
    line.plot([], [], label="one step before", **BEFORE)
    line.set(xlabel="x", ylabel="y", xlim=(-2.15, 2.15), ylim=(-14, 22))
    rows = with_ones(x[:, None])
    grid = torch.meshgrid(*(torch.linspace(*ends, 81, dtype=x.dtype) for ends in (ACROSS, UP)), indexing="xy")
    loss = (torch.stack(grid, dim=-1) @ rows.T - y).square().mean(dim=-1)
    plane.contour(*grid, loss, levels=[1, 4, 9, 16, 25, 36, 49, 64, 81, 100], colors="0.7", linewidths=0.7)
    plane.plot(*best, label="best line", **MINIMUM)
    plane.plot([], [], label="your gd_step", **line_style(1))
    plane.set(xlabel="intercept θ₀", ylabel="slope θ₁", aspect="equal")
    distance.axhline(ARRIVED, color="0.4", linewidth=1)
    distance.text(0, ARRIVED / 1.2, f"goal: {ARRIVED}", va="top", color="0.3", fontsize=8)
    distance.set(xlabel="step", ylabel="distance of θ to the best line", yscale="log")
    distance.set(xlim=(-1, N_STEPS + 1), ylim=(LOWEST, HIGHEST))
    legend_above(line, plane, ncols=2)
    plain_log(distance)
    return line, plane, distance


def _checked(theta: object, name: str) -> Tensor:
    if not isinstance(theta, Tensor) or theta.shape != (2,):
        raise TypeError(f"`{name}` must return a tensor of shape (2,). Got {theta!r}. Is the `return` missing?")
    return theta
