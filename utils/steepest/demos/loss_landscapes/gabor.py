"""The Gabor model: descent on the student's own `gabor_loss`, with the fit beside the surface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, count, slider
from steepest.demos._marks import HERE, legend_above
from steepest.demos._stage import Stage
from steepest.demos.loss_landscapes.paths import Descend, draw_heights, drawable, slope_of
from steepest.plots import line_style
from steepest.trajectory import run

SumOfSquares = Callable[[Tensor, Tensor, Tensor], Tensor]

N_STEPS = 120
CELLS = 41
OFFSETS, FREQUENCIES = (-10.0, 10.0), (2.5, 22.5)
LEVELS = (0.5, 2, 4, 6, 8, 12, 16, 20)
GOAL, GOAL_OFFSET = 0.2, 3.0
PLACES = torch.linspace(-15, 15, 161, dtype=torch.float64)
CURVE: dict[str, Any] = line_style(0) | {"marker": ""}
TRIALS: dict[bool, dict[str, Any]] = {
    True: {"color": "#238b45", "marker": "D", "markersize": 5, "markeredgecolor": "white", "linestyle": ""},
    False: {"color": "#d95f02", "marker": "X", "markersize": 6, "markeredgecolor": "white", "linestyle": ""},
}


class Fit(NamedTuple):
    """A run of descent on the loss of the Gabor model.

    Attributes
    ----------
    path : Tensor, shape (N_STEPS + 1, 2)
        The start and every point on the way.
    end : float
        Loss of the last.
    """

    path: Tensor
    end: float


class Gabor:
    """The student's loss on the lesson's points, and what has been asked of it.

    Parameters
    ----------
    descend : callable
        One step of descent.
    gabor_loss : callable
        The student's function.
    x, y : Tensor, shape (n,)
        The points.
    """

    def __init__(self, descend: Descend, gabor_loss: SumOfSquares, x: Tensor, y: Tensor) -> None:
        self.descend, self.gabor_loss, self.x, self.y = descend, gabor_loss, x, y
        self.fits: dict[tuple[float, float, float], Fit] = {}

    def loss(self, phi: Tensor) -> Tensor:
        """Loss on the points."""
        return self.gabor_loss(phi, self.x, self.y)

    def surface(self) -> Tensor:
        """Losses over the map, a row for each frequency."""
        across, up = _axes(CELLS)
        grid = torch.cartesian_prod(up, across).flip(1)
        return torch.stack([self.loss(phi) for phi in grid]).reshape(CELLS, CELLS).detach()

    def curve(self, phi: Tensor, places: Tensor) -> Tensor:
        """Predictions, which the loss gives away: its slope by y is minus twice the error, and with y = 0 the error
        is the prediction.
        """
        zeros = torch.zeros_like(places)
        return -slope_of(lambda y: self.gabor_loss(phi, places, y), zeros) / 2

    def fit(self, offset: float, frequency: float, lr: float) -> Fit:
        """Descend from a start; what is known is not computed again."""
        key = offset, frequency, lr
        if key not in self.fits:
            start = torch.tensor([offset, frequency], dtype=torch.float64)
            path = run(self.descend, lambda phi: slope_of(self.loss, phi), start, state={}, n_steps=N_STEPS, lr=lr)
            self.fits[key] = Fit(path, float(self.loss(path[-1])))
        return self.fits[key]

    def draw_surface(self, figure: Figure) -> tuple[Axes, Axes]:
        """Draw the surface, the points and all labels."""
        left, right = figure.subplots(1, 2, width_ratios=(1.12, 1))
        across, up = _axes(CELLS)
        draw_heights(left, across, up, self.surface(), LEVELS)
        left.set(xlabel="offset φ₀", ylabel="frequency φ₁", xlim=OFFSETS, ylim=FREQUENCIES)
        for arrived, label in ((True, f"start that came under {GOAL}"), (False, "start that did not")):
            left.plot([], [], label=label, **TRIALS[arrived])
        right.plot(self.x, self.y, "o", color="0.55", markersize=5, label="points")
        right.plot([], [], label="fit", **CURVE)
        right.set(xlabel="x", ylabel="y", xlim=(-15.5, 15.5), ylim=(-1.2, 1.45))
        legend_above(left, right, ncols=2)
        return left, right


def gabor_demo(descend: Descend, gabor_loss: SumOfSquares, x: Tensor, y: Tensor) -> Demo:
    """Controls for start and rate, over the surface of the student's loss and the fit.

    Parameters
    ----------
    descend : callable
        One step of descent, ``descend(theta, grad, state, *, lr)``.
    gabor_loss : callable
        The student's function.
    x, y : Tensor, shape (n,)
        The points of the lesson.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> line = torch.linspace(0, 1, 10)
    >>> demo = gabor_demo(unwritten, unwritten, line, line)
    >>> list(demo.controls)
    ['offset', 'frequency', 'lr', 'step']
    >>> demo.message.value
    'Write <code>gabor_loss</code> and run the cell, then run this one again.'
    """
    gabor = Gabor(descend, gabor_loss, x, y)

    def draw(stage: Stage, **values: Any) -> str:
        return draw_gabor(gabor, stage, **values)

    return Demo(
        draw,
        {
            "offset": slider("offset φ₀", 6.5, *OFFSETS, 0.5),
            "frequency": slider("frequency φ₁", 9.0, *FREQUENCIES, 0.5),
            "lr": slider("rate η", 0.1, 0.01, 0.4, 0.01),
            "step": count("step", 60, 0, N_STEPS),
        },
        needs=["gabor_loss"],
        goal=f"from an offset of {GOAL_OFFSET:g} or more, reach a loss of at most {GOAL}",
        size=(9.5, 4.3),
        played="step",
    )


def draw_gabor(gabor: Gabor, stage: Stage, *, offset: float, frequency: float, lr: float, step: int) -> str:
    """Descend from a start, and draw the path and the fit at a step.

    Parameters
    ----------
    gabor : Gabor
        The student's loss; remembers the runs.
    stage : Stage
        Where to draw.
    offset, frequency : float
        Where to start.
    lr : float
        Learning rate.
    step : int
        How many steps are shown.

    Returns
    -------
    str
        Where descent ends and how far the goal is, for the line above the figure.
    """
    done = gabor.fit(offset, frequency, lr)
    ground, fit = stage.panels(gabor.draw_surface)
    path, at = drawable(done.path[: step + 1]), done.path[step]
    for arrived, style in TRIALS.items():
        tried = [key[:2] for key, other in gabor.fits.items() if key[2] == lr and (other.end <= GOAL) == arrived]
        ground.plot(*np.reshape(tried, (-1, 2)).T, zorder=4, **style)
    ground.plot(*path.T, **line_style(0) | {"linewidth": 1.4, "markersize": 3})
    ground.plot(*path[-1], **HERE | {"zorder": 5})
    ground.handle(("offset", "frequency"), offset, frequency, name="start: offset and frequency")
    fit.plot(PLACES, gabor.curve(at, PLACES), **CURVE)
    now = f"η = {lr:.2f}, step {step}: φ = ({at[0]:.2f}, {at[1]:.2f})"
    fit.text(14.8, 1.36, now.replace("-", "−"), ha="right", va="top", fontsize=10)
    last_offset, last_frequency = done.path[-1].tolist()
    said = f"From ({offset:.1f}, {frequency:.1f}) {N_STEPS} steps lead to ({last_offset:.2f}, {last_frequency:.2f})"
    said = f"{said}, loss {done.end:.3f}.".replace("-", "−")
    if done.end > GOAL:
        return f"{said} Not yet: the goal is {GOAL}."
    if offset < GOAL_OFFSET:
        return f"{said} That is the right valley; the goal asks for a start at an offset of {GOAL_OFFSET:g} or more."
    return f"{said} The goal is reached."


def _axes(cells: int) -> tuple[Tensor, Tensor]:
    across, up = (torch.linspace(*ends, cells, dtype=torch.float64) for ends in (OFFSETS, FREQUENCIES))
    return across, up
