"""A line fitted to points: the student's own `fit_line` moves the line and `gd_step` a point, as the rate changes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.callables import least_squares_gradient
from steepest.data import with_ones
from steepest.demos._demo import Demo, count, counted, plain_log, slider
from steepest.demos._marks import MINIMUM
from steepest.demos._still import Still, bare
from steepest.plots import line_style
from steepest.trajectory import steps_to_reach

Step = Callable[..., Tensor]
Fit = Callable[..., Tensor]

START = (10.0, 5.0)
N_STEPS = 40
ARRIVED = 0.01
GOAL = 3
LINE, PLANE, DISTANCE = (0.07, 0.13, 0.23, 0.83), (0.355, 0.13, 0.317, 0.83), (0.745, 0.13, 0.245, 0.83)
ACROSS, UP = (-8.0, 12.0), (-7.0, 13.0)  # the panel is square: one scale for both
FARTHEST = 1e6
LOWEST, HIGHEST = 1e-4, 1e3
NOW: dict[str, Any] = {"marker": "o", "color": "black", "markersize": 7, "linestyle": ""}
BEFORE: dict[str, Any] = line_style(1) | {"marker": ""}


def line_demo(gd_step: Step, fit_line: Fit, x: Tensor, y: Tensor) -> Demo:
    """Sliders for the rate and the step, over the line, its path among all lines, and the distance to the best.

    Parameters
    ----------
    gd_step, fit_line : callable
        The student's functions.
    x, y : Tensor, shape (n,)
        The points to fit.
    """

    def draw(view: LineView, *, lr: float, step: int) -> str:
        return draw_line(gd_step, fit_line, view, lr=lr, step=step)

    return Demo(
        draw,
        {"lr": slider("rate η", 0.9, 0.02, 1.1, 0.01), "step": count("step", 5, 0, N_STEPS)},
        view=lambda figure: LineView(figure, x, y),
        needs=["gd_step", "fit_line"],
        goal=f"find a rate that brings θ within {ARRIVED} of the best line in {GOAL} steps",
        size=(9.5, 3.7),
        played="step",
    )


def walk(gd_step: Step, x: Tensor, y: Tensor, *, lr: float) -> Tensor:
    """Every point that the student's step visits on the mean squared error of a line.

    Returns
    -------
    Tensor, shape (N_STEPS + 1, 2)
        Intercept and slope: the start, then the point after each step.
    """
    gradient, rows = least_squares_gradient(), with_ones(x[:, None])
    path = [torch.tensor(START, dtype=x.dtype)]
    for _ in range(N_STEPS):
        theta = gd_step(path[-1].clone(), gradient(path[-1], rows, y), lr=lr)  # cloned: it may work in place
        path.append(_checked(theta, "gd_step"))
    return torch.stack(path)


def draw_line(gd_step: Step, fit_line: Fit, view: LineView, *, lr: float, step: int) -> str:
    """Walk with one function and fit with the other, and draw where they are after some steps.

    Parameters
    ----------
    gd_step, fit_line : callable
        The student's functions; they should agree.
    view : LineView
        Where to draw.
    lr : float
        Learning rate.
    step : int
        Which step is shown.

    Returns
    -------
    str
        The line and how far the goal is, for the line above the figure.
    """
    path = walk(gd_step, view.x, view.y, lr=lr)
    start = torch.tensor(START, dtype=view.x.dtype)
    theta = _checked(fit_line(view.x, view.y, start, lr=lr, n_steps=step), "fit_line")
    distance = (path - view.best).norm(dim=1).nan_to_num(nan=torch.inf)
    view.show(theta, path, distance, step)
    loss = (theta[0] + theta[1] * view.x - view.y).square().mean()
    said = (
        f"η = {lr:.2f}: after {counted(step, 'step')} the line is {theta[0]:.4g} + {theta[1]:.4g} x, "
        f"its loss {loss:.4g}. {_arrived(distance)}"
    )
    if not torch.allclose(theta, path[step], rtol=1e-6, atol=1e-6, equal_nan=True):
        said += (
            f" <b>Your functions disagree:</b> <code>fit_line</code> is at ({theta[0]:.4g}, {theta[1]:.4g}), "
            f"<code>gd_step</code> at ({path[step, 0]:.4g}, {path[step, 1]:.4g})."
        )
    return said


def _arrived(distance: Tensor) -> str:
    steps = steps_to_reach(distance, ARRIVED)
    if steps is None and distance[-1] > distance[0]:
        return "It runs away from the best line."
    if steps is None:
        return f"After {N_STEPS} steps it is not yet within {ARRIVED} of the best line."
    reached = "The goal is reached." if steps <= GOAL else f"Not yet: the goal is {GOAL}."
    return f"It comes within {ARRIVED} of the best line in {steps} steps. {reached}"


class LineView:
    """The figure: points, level lines and labels lie behind as one picture, and lines move on top.

    Parameters
    ----------
    figure : Figure
        Is cleared and gets three panels.
    x, y : Tensor, shape (n,)
        The points to fit.

    Attributes
    ----------
    best : Tensor, shape (2,)
        Intercept and slope of the best line.
    """

    def __init__(self, figure: Figure, x: Tensor, y: Tensor) -> None:
        self.x, self.y = x, y
        self.best: Tensor = torch.linalg.lstsq(with_ones(x[:, None]), y[:, None]).solution[:, 0]
        Still(figure).show("all", partial(draw_background, x=x, y=y, best=self.best))
        line, plane, distance = bare(_panels(figure))
        path = line_style(1)
        (self.before,) = line.plot([], [], **BEFORE)
        (self.line,) = line.plot([], [], color="black", linewidth=2)
        (self.path,) = plane.plot([], [], **path)
        (self.here,) = plane.plot([], [], **NOW)
        (self.distance,) = distance.plot([], [], **path | {"markersize": 3})
        (self.now,) = distance.plot([], [], **NOW, clip_on=False)

    def show(self, theta: Tensor, path: Tensor, distance: Tensor, step: int) -> None:
        """Draw a line, the path up to a step, and the distance from the best line at every step."""
        path, theta, distance = (
            part.nan_to_num(nan=FARTHEST).clamp(-FARTHEST, FARTHEST) for part in (path, theta, distance)
        )
        for drawn, (intercept, slope) in ((self.line, theta), (self.before, path[max(step - 1, 0)])):
            drawn.set_data([-9, 9], [intercept - 9 * slope, intercept + 9 * slope])
        self.path.set_data(*path[: step + 1].T)
        self.here.set_data([theta[0]], [theta[1]])
        self.distance.set_data(range(len(distance)), distance)
        self.now.set_data([step], [distance[step].clamp(LOWEST, HIGHEST)])


def draw_background(figure: Figure, *, x: Tensor, y: Tensor, best: Tensor) -> None:
    """Draw the points, the level lines of the loss, the goal and all labels."""
    line, plane, distance = _panels(figure)
    line.plot(x, y, "o", color="0.55", markersize=4, label="the points")
    line.plot([], [], color="black", linewidth=2, label="your fit_line")
    line.plot([], [], label="one step before", **BEFORE)
    line.set(xlabel="x")
    line.set_ylabel("y", labelpad=-4)
    line.legend(loc="upper left", fontsize=8)
    rows = with_ones(x[:, None])
    grid = torch.meshgrid(*(torch.linspace(*ends, 81, dtype=x.dtype) for ends in (ACROSS, UP)), indexing="xy")
    loss = (torch.stack(grid, dim=-1) @ rows.T - y).square().mean(dim=-1)
    plane.contour(*grid, loss, levels=[1, 4, 9, 16, 25, 36, 49, 64, 81, 100], colors="0.7", linewidths=0.7)
    plane.plot(*best, label="best line", **MINIMUM)
    plane.plot([], [], label="your gd_step", **line_style(1))
    plane.set(xlabel="intercept θ₀", ylabel="slope θ₁")
    plane.legend(loc="upper left", fontsize=8)
    distance.axhline(ARRIVED, color="0.4", linewidth=1)
    distance.text(N_STEPS, ARRIVED * 1.2, f"goal: {ARRIVED}", ha="right", color="0.3", fontsize=8)
    distance.set(xlabel="step", ylabel="distance of θ to the best line")
    plain_log(distance)


def _panels(figure: Figure) -> tuple[Axes, Axes, Axes]:
    line, plane, distance = (figure.add_axes(place) for place in (LINE, PLANE, DISTANCE))
    line.set(xlim=(-2.15, 2.15), ylim=(-14, 22))
    plane.set(xlim=ACROSS, ylim=UP, xticks=(-5, 0, 5, 10), yticks=(-5, 0, 5, 10))
    distance.set(yscale="log", xlim=(-1, N_STEPS + 1), ylim=(LOWEST, HIGHEST))
    return line, plane, distance


def _checked(theta: object, name: str) -> Tensor:
    if not isinstance(theta, Tensor) or theta.shape != (2,):
        raise TypeError(f"`{name}` must return a tensor of shape (2,). Got {theta!r}. Is the `return` missing?")
    return theta
