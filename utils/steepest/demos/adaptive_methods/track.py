"""The picture of the race: the paths on a map, and the loss of each runner in a row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from steepest.demos._demo import power
from steepest.demos._still import Still, bare
from steepest.demos.adaptive_methods.runners import NAMES, LineUp
from steepest.landscapes import LANDSCAPES
from steepest.plots import line_style, plot_contours

if TYPE_CHECKING:
    from steepest.demos.adaptive_methods.runs import Heat

MAP, LOSSES = (0.07, 0.12, 0.4, 0.84), (0.63, 0.12, 0.3, 0.79)
WINDOWS = {
    "beale": ((0.0, 4.2), (-1.3, 2.1)),
    "long valley": ((-1.8, 1.6), (-0.8, 2.4)),
    "saddle": ((-1.8, 1.8), (-1.6, 1.6)),
}
WORST, LEAST = 2.0, -9.0
FAR = 1e3
N_STYLES = 6


class RaceView:
    """The figure of the race.

    Parameters
    ----------
    figure : Figure
        Is cleared and gets a map and the losses.
    field : LineUp
        Who runs.
    """

    def __init__(self, figure: Figure, field: LineUp) -> None:
        self.still, self.field = Still(figure), field
        self.map, losses = bare(_panels(figure))
        self.paths: list[Line2D] = []
        self.heads: list[Line2D] = []
        self.trails: list[Line2D] = []
        self.band = losses.axhspan(-0.5, 0.5, color="0.9", zorder=0)
        self.start = self.map.plot([], [], "o", color="black", markersize=6, zorder=3)[0]
        for name in field.runners:
            style = runner_style(name)
            line = {key: style[key] for key in ("color", "linestyle", "linewidth")}
            dot = style | {"linestyle": "", "markersize": 8}
            self.paths += self.map.plot([], [], **line)
            self.heads += self.map.plot([], [], zorder=9, **dot)
            self.trails += losses.plot([], [], markevery=[1], clip_on=False, **(style | {"markersize": 8}))

    def show(self, heat: Heat, step: int, chosen: int | None) -> None:
        """Draw where everybody is after a number of steps; the chosen one's path is bold and its row grey."""
        rates = tuple(heat.rates) if len(set(heat.rates)) > 1 else ()  # texts take long, so they are painted once
        self.still.show(
            (heat.track, rates), lambda figure: draw_frames(figure, heat.track, heat.goal, self.field, rates)
        )
        window = WINDOWS[heat.track]
        self.map.set(xlim=window[0], ylim=window[1])
        points = heat.paths.nan_to_num(nan=FAR, posinf=FAR, neginf=-FAR).clamp(-FAR, FAR).numpy()
        heights = heat.losses.clamp(10.0**LEAST, 10.0**WORST).log10().tolist()
        self.start.set_data(*points[0, :1].T)
        for number, name in enumerate(self.field.runners):
            row = NAMES.index(name)
            self.paths[number].set_data(*points[number, : step + 1].T)
            width = 3.2 if number == chosen else runner_style(name)["linewidth"]
            self.paths[number].set(linewidth=width, zorder=8 if number == chosen else 4)
            self.heads[number].set_data(*points[number, step : step + 1].T)
            self.trails[number].set_data([heights[number][0], heights[number][step]], [row, row])
        self.band.set_visible(chosen is not None)
        if chosen is not None:
            self.band.set_y(NAMES.index(list(self.field.runners)[chosen]) - 0.5)


def runner_style(name: str) -> dict[str, Any]:
    """Style of a runner's line; the second six have hollow marks and thinner lines."""
    round_, number = divmod(NAMES.index(name), N_STYLES)
    style = line_style(number) | {"markeredgewidth": 1.4}
    return style | ({"markerfacecolor": "white", "linewidth": 1.1} if round_ else {})


def draw_frames(figure: Figure, name: str, goal: float, field: LineUp, rates: Sequence[float]) -> None:
    """Draw level lines, the rows and all labels, among them the rates where each runner has its own."""
    ground, losses = _panels(figure)
    plot_contours(replace(LANDSCAPES[name](), domain=WINDOWS[name]), ax=ground, resolution=91)
    ground.set(xlabel="θ₁", ylabel="θ₂", title="")
    shown = [exponent for exponent in range(int(LEAST), int(WORST) + 1) if exponent % 2 == 0]
    losses.set_xticks(shown, [power(exponent) for exponent in shown])
    labels = [f"{other} (torch)" if other in field.replaced else other for other in NAMES]
    losses.set_yticks(range(len(NAMES)), labels, fontsize=9)
    losses.set_xlabel("loss above the minimum")
    losses.hlines(range(len(NAMES)), LEAST, WORST, color="0.88", linewidth=0.8, zorder=0)
    losses.axvline(math.log10(goal), color="black", linewidth=1.2)
    losses.text(math.log10(goal), -0.75, f"goal {goal:g}", ha="center", fontsize=9)
    if rates:
        losses.text(LEAST - 0.5, -0.75, "rate η", fontsize=9)
        for other, rate in zip(field.runners, rates, strict=True):
            losses.text(LEAST - 0.5, NAMES.index(other), f"{rate:g}", va="center", fontsize=9)
    for other in field.left_out:
        losses.text(WORST - 1, NAMES.index(other), "left out", va="center", fontsize=9)
    for other in field.runners:
        dot = runner_style(other) | {"linestyle": "", "markersize": 6}
        losses.plot(WORST + 0.45, NAMES.index(other), clip_on=False, **dot)
    losses.tick_params(axis="y", length=0, pad=16)


def _panels(figure: Figure) -> tuple[Axes, Axes]:
    ground, losses = figure.add_axes(MAP), figure.add_axes(LOSSES)
    losses.set(xlim=(WORST, LEAST), ylim=(len(NAMES) - 0.4, -0.6))
    return ground, losses
