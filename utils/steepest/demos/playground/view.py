"""The figure of the playground: the surface with the points, the losses, and the rates set by hand."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from contourpy import contour_generator
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import joined, plain_log
from steepest.demos._stage import DPI
from steepest.demos._still import Picture, Still, bare, painted
from steepest.demos.playground.data import REACH, Points, points
from steepest.demos.playground.net import Design, Dials, scores
from steepest.demos.playground.training import EVERY, Training
from steepest.plots import line_style

SIZE = (9.5, 4.3)
LAST = 1000
GRID, SIDE = 60, 360  # rows of the grid, and dots of the picture of it
CORNER = (62, 50)  # dots from the left and from below
SURFACE = (CORNER[0] / DPI / SIZE[0], CORNER[1] / DPI / SIZE[1], SIDE / DPI / SIZE[0], SIDE / DPI / SIZE[1])
LOSSES, RATES = (0.535, 0.43, 0.445, 0.46), (0.535, 50 / DPI / SIZE[1], 0.445, 0.2)
LETTERS = (500, 388)  # dots from the left and from below
LOWEST, HIGHEST = 1e-3, 1e1
RATE_LIMITS = (3e-4, 3e1)
TESTS_SHOWN = 120
CURVES = ((4, "training points"), (3, "test points"))  # styles that are not those of the classes
# dark blue and orange of the first two styles, with much white: they differ in greyscale as well
SHADES = LinearSegmentedColormap.from_list("classes", ["#6f8fb8", "#f4f4f4", "#fdc38d"])
TABLE = (SHADES(np.linspace(0, 1, 41)) * 255).astype(np.uint8)  # few shades, since they make a small picture


class View:
    """Draws where a training stands.

    Parameters
    ----------
    figure : Figure
        Is cleared and gets three panels.
    """

    def __init__(self, figure: Figure) -> None:
        self.still = Still(figure)
        self.picture = Picture(left=CORNER[0], bottom=CORNER[1], zorder=-0.5)
        self.dials = Picture(left=LETTERS[0], bottom=LETTERS[1], zorder=-0.5)
        for picture in (self.picture, self.dials):
            figure.add_artist(picture)
        surface, losses, rates = bare(_panels(figure))
        self.boundary = surface.plot([], [], color="black", linewidth=1.3)[0]
        self.points = [surface.plot([], [], zorder=3, **_point_style(number))[0] for number in range(2)]
        self.tests = [
            surface.plot([], [], zorder=2, **_point_style(number) | {"markersize": 2.5, "markeredgewidth": 0})[0]
            for number in range(2)
        ]
        self.curves = [losses.plot([], [], **_curve_style(number))[0] for number, _ in CURVES]
        self.ends = [losses.plot([], [], **_curve_style(number) | {"marker": "o"})[0] for number, _ in CURVES]
        self.rates = rates.plot([], [], color="black", linewidth=1.4, drawstyle="steps-post")[0]
        self.rate = rates.plot([], [], "o", color="black", markersize=6)[0]
        self._placed: Points | None = None
        self.still.show("background", draw_background)

    def show(self, training: Training, design: Design, dials: Dials) -> None:
        """Draw a training that stands anywhere, and the dials for what comes next."""
        heights = surface(training, design)
        self.picture.set_data(TABLE[_enlarged(heights)][::-1])
        self.boundary.set_data(*_boundary(heights).T)
        self._place(points(design.data, design.noise))
        step = training.state.step
        shown = np.array(training.curve).clip(LOWEST / 3, HIGHEST * 3)
        now = np.array(training.now).clip(LOWEST, HIGHEST)
        for number in range(2):
            self.curves[number].set_data(np.arange(len(shown)) * EVERY, shown[:, number])
            self.ends[number].set_data([step], [now[number]])
        rates = np.array([*(each.rate for each in training.plan[:step]), dials.rate])
        self.rates.set_data(np.arange(step + 1), rates)
        self.rate.set_data([step], [dials.rate])
        self.dials.set_data(_lettered(told(dials)))

    def _place(self, data: Points) -> None:
        if data is self._placed:
            return
        self._placed = data
        for number in range(2):
            own, tested = data.x[data.y == number], data.test_x[data.test_y == number][: TESTS_SHOWN // 2]
            self.points[number].set_data(*own.numpy().T)
            self.tests[number].set_data(*tested.numpy().T)


def surface(training: Training, design: Design) -> np.ndarray:
    """Probability of class 1 on a grid of `GRID` × `GRID` places, a row for each height from below."""
    out = scores(training.tools, design, training.state, _grid())
    heights: np.ndarray = torch.sigmoid(out).nan_to_num(nan=0.5).view(GRID, GRID).numpy()
    return heights


def told(dials: Dials) -> str:
    """The dials in words."""
    return (
        f"from here: rate {dials.rate:g}, batches of {dials.batch}, keep {dials.keep:.1f}, "
        f"L1 {dials.l1:g}, L2 {dials.l2:g}"
    )


def draw_background(figure: Figure) -> None:
    """Draw all that stays: frames, labels and the legend."""
    left, losses, rates = _panels(figure)
    left.set(xlabel="$x_1$", ylabel="$x_2$")
    left.set_title("large: training points, small: test points", fontsize=9, loc="left", pad=4)
    losses.axhline(math.log(2), color="0.6", linewidth=0.8)
    losses.text(0.99 * LAST, 0.72, "chance", fontsize=8, color="0.4", ha="right", va="bottom")
    for number, label in CURVES:
        losses.plot([], [], label=label, **_curve_style(number))
    losses.set(ylabel="mean cross-entropy")
    losses.tick_params(labelbottom=False)
    losses.legend(loc="lower left", fontsize=8, ncols=2)
    rates.set(xlabel="step", ylabel="rate η")
    plain_log(losses, rates)


@lru_cache(maxsize=64)
def _lettered(text: str) -> np.ndarray:
    def write(figure: Figure) -> None:
        figure.text(0.02, 0.5, text, fontsize=8, va="center")

    return painted((4.5, 0.3), write)


def _panels(figure: Figure) -> tuple[Axes, Axes, Axes]:
    surface, losses, rates = (figure.add_axes(place) for place in (SURFACE, LOSSES, RATES))
    surface.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH))
    span = (-0.01 * LAST, 1.01 * LAST)
    losses.set(yscale="log", xlim=span, ylim=(LOWEST, HIGHEST))
    rates.set(yscale="log", xlim=span, ylim=RATE_LIMITS)
    return surface, losses, rates


def _point_style(number: int) -> dict[str, Any]:
    return line_style(number) | {
        "linestyle": "", "markersize": 5.5, "markeredgecolor": "white", "markeredgewidth": 0.7,
    }  # fmt: skip


def _curve_style(number: int) -> dict[str, Any]:
    return line_style(number) | {"marker": "", "markersize": 5}


def _grid() -> Tensor:
    middles = (torch.arange(GRID) + 0.5) / GRID * 2 * REACH - REACH
    up, across = torch.meshgrid(middles, middles, indexing="ij")
    return torch.stack([across.flatten(), up.flatten()], dim=1)


def _enlarged(heights: np.ndarray) -> np.ndarray:
    """Numbers of shades for every dot of the picture."""
    fine = torch.nn.functional.interpolate(torch.from_numpy(heights)[None, None], size=SIDE, mode="bilinear")[0, 0]
    numbers: np.ndarray = (fine * (len(TABLE) - 1)).round().to(torch.uint8).numpy()
    return numbers


def _boundary(heights: np.ndarray) -> np.ndarray:
    """Where both classes are equally likely."""
    middles = (np.arange(GRID) + 0.5) / GRID * 2 * REACH - REACH
    pieces: Any = contour_generator(middles, middles, heights).lines(0.5)
    return joined(pieces)
