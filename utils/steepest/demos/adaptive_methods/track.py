"""The picture of the race: the paths on a map, and a lane for each runner."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from steepest.demos._demo import MINUS_AND_DIGITS
from steepest.demos._still import Still
from steepest.demos.adaptive_methods.runners import NAMES, LineUp
from steepest.landscapes import LANDSCAPES
from steepest.plots import line_style, plot_contours

if TYPE_CHECKING:
    from steepest.demos.adaptive_methods.runs import Heat

MAP, LANES = (0.07, 0.12, 0.4, 0.84), (0.63, 0.12, 0.3, 0.79)
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
        Is cleared and gets a map and lanes.
    field : LineUp
        Who runs.
    """

    def __init__(self, figure: Figure, field: LineUp) -> None:
        self.still, self.field = Still(figure), field
        self.map, lanes = figure.add_axes(MAP), figure.add_axes(LANES)
        _limit_lanes(lanes)
        self.map.set_axis_off()
        lanes.set_axis_off()
        self.paths: list[Line2D] = []
        self.heads: list[Line2D] = []
        self.trails: list[Line2D] = []
        self.band = lanes.axhspan(-0.5, 0.5, color="0.9", zorder=0)
        self.start = self.map.plot([], [], "o", color="black", markersize=6, zorder=3)[0]
        for name in field.runners:
            style = runner_style(name)
            line = {key: style[key] for key in ("color", "linestyle", "linewidth")}
            dot = style | {"linestyle": "", "markersize": 8}
            self.paths += self.map.plot([], [], **line)
            self.heads += self.map.plot([], [], zorder=9, **dot)
            self.trails += lanes.plot([], [], markevery=[1], clip_on=False, **(style | {"markersize": 8}))

    def show(self, heat: Heat, step: int, chosen: int | None) -> None:
        """Draw where everybody is after a number of steps; the chosen one's path is bold and its lane grey."""
        rates = tuple(heat.rates) if len(set(heat.rates)) > 1 else ()  # texts take long, so they are painted once
        self.still.show(
            (heat.track, rates), lambda figure: draw_course(figure, heat.track, heat.goal, self.field, rates)
        )
        window = WINDOWS[heat.track]
        self.map.set(xlim=window[0], ylim=window[1])
        points = heat.paths.nan_to_num(nan=FAR, posinf=FAR, neginf=-FAR).clamp(-FAR, FAR).numpy()
        heights = heat.losses.clamp(10.0**LEAST, 10.0**WORST).log10().tolist()
        self.start.set_data(*points[0, :1].T)
        for number, name in enumerate(self.field.runners):
            lane = NAMES.index(name)
            self.paths[number].set_data(*points[number, : step + 1].T)
            width = 3.2 if number == chosen else runner_style(name)["linewidth"]
            self.paths[number].set(linewidth=width, zorder=8 if number == chosen else 4)
            self.heads[number].set_data(*points[number, step : step + 1].T)
            self.trails[number].set_data([heights[number][0], heights[number][step]], [lane, lane])
        self.band.set_visible(chosen is not None)
        if chosen is not None:
            self.band.set_y(NAMES.index(list(self.field.runners)[chosen]) - 0.5)


def runner_style(name: str) -> dict[str, Any]:
    """Style of a runner's line; the second six have hollow marks and thinner lines."""
    round_, number = divmod(NAMES.index(name), N_STYLES)
    style = line_style(number) | {"markeredgewidth": 1.4}
    return style | ({"markerfacecolor": "white", "linewidth": 1.1} if round_ else {})


def draw_course(figure: Figure, name: str, goal: float, field: LineUp, rates: Sequence[float]) -> None:
    """Draw level lines, the lanes and all labels, among them the rates where each runner has its own."""
    course, lanes = figure.add_axes(MAP), figure.add_axes(LANES)
    plot_contours(replace(LANDSCAPES[name](), domain=WINDOWS[name]), ax=course, resolution=91)
    course.set(xlabel="θ₁", ylabel="θ₂", title="")
    _limit_lanes(lanes)
    powers = range(int(LEAST), int(WORST) + 1)
    shown = [power for power in powers if power % 2 == 0]
    lanes.set_xticks(shown, [f"10{str(power).translate(MINUS_AND_DIGITS)}" for power in shown])
    labels = [f"{other} (torch)" if other in field.replaced else other for other in NAMES]
    lanes.set_yticks(range(len(NAMES)), labels, fontsize=9)
    lanes.set_xlabel("loss above the minimum")
    lanes.hlines(range(len(NAMES)), LEAST, WORST, color="0.88", linewidth=0.8, zorder=0)
    lanes.axvline(math.log10(goal), color="black", linewidth=1.2)
    lanes.text(math.log10(goal), -0.75, f"goal {goal:g}", ha="center", fontsize=9)
    if rates:
        lanes.text(LEAST - 0.5, -0.75, "rate η", fontsize=9)
        for other, rate in zip(field.runners, rates, strict=True):
            lanes.text(LEAST - 0.5, NAMES.index(other), f"{rate:g}", va="center", fontsize=9)
    for other in field.left_out:
        lanes.text(WORST - 1, NAMES.index(other), "left out", va="center", fontsize=9)
    for other in field.runners:
        dot = runner_style(other) | {"linestyle": "", "markersize": 6}
        lanes.plot(WORST + 0.45, NAMES.index(other), clip_on=False, **dot)
    lanes.tick_params(axis="y", length=0, pad=16)


def _limit_lanes(lanes: Axes) -> None:
    lanes.set(xlim=(WORST, LEAST), ylim=(len(NAMES) - 0.4, -0.6))
