"""The Gabor model: descent on the student's own `gabor_loss`, with the fit beside the surface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, count, slider
from steepest.demos._marks import HERE, legend_above
from steepest.demos._still import Still, bare
from steepest.demos.loss_landscapes.paths import Descend, drawable, slope_of
from steepest.plots import line_style
from steepest.trajectory import run

SumOfSquares = Callable[[Tensor, Tensor, Tensor], Tensor]

N_STEPS = 120
CELLS = 41
OFFSETS, FREQUENCIES = (-10.0, 10.0), (2.5, 22.5)
LEVELS = (0.5, 2, 4, 6, 8, 12, 16, 20)
GOAL, GOAL_OFFSET = 0.2, 3.0
MAP, FIT = (0.08, 0.12, 0.445, 0.8), (0.595, 0.12, 0.395, 0.8)
TRIALS: dict[bool, dict[str, Any]] = {
    True: {"color": "#238b45", "marker": "D", "markersize": 7, "markeredgecolor": "white", "linestyle": ""},
    False: {"color": "#d95f02", "marker": "X", "markersize": 9, "markeredgecolor": "white", "linestyle": ""},
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


class GaborView:
    """The figure of surface and fit.

    Parameters
    ----------
    figure : Figure
        Is cleared and gets two panels.
    gabor : Gabor
        What to draw.
    """

    def __init__(self, figure: Figure, gabor: Gabor) -> None:
        Still(figure).show("surface", lambda still: draw_surface(still, gabor))
        left, right = bare(_panels(figure))
        self.trials = {arrived: left.plot([], [], zorder=4, **style)[0] for arrived, style in TRIALS.items()}
        (self.path,) = left.plot([], [], **line_style(0) | {"linewidth": 1.4, "markersize": 3})
        (self.here,) = left.plot([], [], markeredgewidth=1.6, zorder=5, **HERE)
        (self.curve,) = right.plot([], [], **line_style(0) | {"marker": ""})
        self.said = right.text(14.8, 1.36, "", ha="right", va="top", fontsize=10)
        self.places = torch.linspace(-15, 15, 161, dtype=torch.float64)

    def show(self, gabor: Gabor, shown: Fit, *, lr: float, step: int) -> None:
        """Draw a run as far as a step, the fit there, and the starts of all runs with this rate."""
        path = drawable(shown.path[: step + 1])
        self.path.set_data(*path.T)
        self.here.set_data(*path[-1:].T)
        at = shown.path[step]
        self.curve.set_data(self.places, gabor.curve(at, self.places))
        for arrived, dots in self.trials.items():
            starts = [key[:2] for key, fit in gabor.fits.items() if key[2] == lr and (fit.end <= GOAL) == arrived]
            dots.set_data([start[0] for start in starts], [start[1] for start in starts])
        offset, frequency = at.tolist()
        loss = float(gabor.loss(at))
        self.said.set_text(
            f"η = {lr:.2f}, step {step}: φ = ({offset:.2f}, {frequency:.2f}), loss {loss:.3f}".replace("-", "−")
        )


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
    """
    gabor = Gabor(descend, gabor_loss, x, y)

    def draw(view: GaborView, *, offset: float, frequency: float, lr: float, step: int) -> str:
        return draw_gabor(gabor, view, offset=offset, frequency=frequency, lr=lr, step=step)

    return Demo(
        draw,
        {
            "offset": slider("offset φ₀", 6.5, *OFFSETS, 0.5),
            "frequency": slider("frequency φ₁", 9.0, *FREQUENCIES, 0.5),
            "lr": slider("rate η", 0.1, 0.01, 0.4, 0.01),
            "step": count("step", 60, 0, N_STEPS),
        },
        view=lambda figure: GaborView(figure, gabor),
        needs=["gabor_loss"],
        goal=f"from an offset of {GOAL_OFFSET:g} or more, reach a loss of at most {GOAL}",
        size=(9.5, 4.3),
        played="step",
    )


def draw_gabor(gabor: Gabor, view: GaborView, *, offset: float, frequency: float, lr: float, step: int) -> str:
    """Descend from a start, and draw the path and the fit at a step.

    Parameters
    ----------
    gabor : Gabor
        The student's loss; remembers the runs.
    view : GaborView
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
    view.show(gabor, done, lr=lr, step=step)
    last_offset, last_frequency = done.path[-1].tolist()
    said = f"From ({offset:.1f}, {frequency:.1f}) {N_STEPS} steps lead to ({last_offset:.2f}, {last_frequency:.2f})"
    said = f"{said}, loss {done.end:.3f}.".replace("-", "−")
    if done.end > GOAL:
        return f"{said} Not yet: the goal is {GOAL}."
    if offset < GOAL_OFFSET:
        return f"{said} That is the right valley; the goal asks for a start at an offset of {GOAL_OFFSET:g} or more."
    return f"{said} The goal is reached."


def draw_surface(figure: Figure, gabor: Gabor) -> None:
    """Draw the surface, the points and all labels."""
    left, right = _panels(figure)
    across, up = _axes(CELLS)
    # drawn without its colour bar, for which there is no room: the level lines are numbered
    heights = gabor.surface()
    left.contourf(across, up, heights, levels=LEVELS, cmap="Greys", extend="both", alpha=0.75)
    lines = left.contour(across, up, heights, levels=LEVELS, colors="black", linewidths=0.5)
    left.clabel(lines, fontsize=7, fmt="%g")
    left.set(xlabel="offset φ₀", ylabel="frequency φ₁")
    for arrived, label in ((True, f"start that came under {GOAL}"), (False, "start that did not")):
        left.plot([], [], label=label, **TRIALS[arrived])
    right.plot(gabor.x, gabor.y, "o", color="0.55", markersize=5, label="points")
    right.plot([], [], label="fit", **line_style(0) | {"marker": ""})
    right.set(xlabel="x", ylabel="y")
    legend_above(left, right, ncols=2)


def _panels(figure: Figure) -> tuple[Axes, Axes]:
    left, right = figure.add_axes(MAP), figure.add_axes(FIT)
    left.set(xlim=OFFSETS, ylim=FREQUENCIES)
    right.set(xlim=(-15.5, 15.5), ylim=(-1.2, 1.45))
    return left, right


def _axes(cells: int) -> tuple[Tensor, Tensor]:
    across, up = (torch.linspace(*ends, cells, dtype=torch.float64) for ends in (OFFSETS, FREQUENCIES))
    return across, up
