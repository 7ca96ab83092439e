"""The picture of the race: the paths on a map, and the loss of each runner in a row."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from steepest.demos._demo import power
from steepest.demos._stage import Stage
from steepest.demos.adaptive_methods.runners import LEARNERS, NAMES, LineUp
from steepest.landscapes import LANDSCAPES
from steepest.plots import line_style, plot_contours

if TYPE_CHECKING:
    from steepest.demos.adaptive_methods.runs import Heat

WINDOWS = {
    "beale": ((0.0, 4.2), (-1.3, 2.1)),
    "long valley": ((-1.8, 1.6), (-0.8, 2.4)),
    "saddle": ((-1.8, 1.8), (-1.6, 1.6)),
}
WORST, LEAST = 2.0, -9.0
FAR = 1e3
N_STYLES = 6


def draw_race(stage: Stage, field: LineUp, heat: Heat, step: int, chosen: int | None) -> None:
    """Draw where everybody is after a number of steps; the chosen one's path is bold and its row grey."""

    def frames(figure: Figure, name: str) -> tuple[Axes, Axes]:
        return draw_frames(figure, name, heat.goal, field)

    ground, losses = stage.panels(frames, heat.track)
    points = heat.paths.nan_to_num(nan=FAR, posinf=FAR, neginf=-FAR).clamp(-FAR, FAR).numpy()
    heights = heat.losses.clamp(10.0**LEAST, 10.0**WORST).log10().numpy()
    ground.plot(*points[0, 0], marker="o", color="black", markersize=6, zorder=3)
    if chosen is not None:
        row = NAMES.index(list(field.runners)[chosen])
        losses.bars((WORST + LEAST) / 2, 1, width=WORST - LEAST, bottom=row - 0.5, color="black", alpha=0.1, zorder=0)
    if len(set(heat.rates)) > 1:
        losses.text(LEAST - 0.5, -0.75, "rate η", clip_on=False)
    for number, name in enumerate(field.runners):
        row, style = NAMES.index(name), runner_style(name)
        line = {key: style[key] for key in ("color", "linestyle", "linewidth")}
        bold = {"linewidth": 3.2, "zorder": 8} if number == chosen else {"zorder": 4}
        dot = style | {"linestyle": "", "markersize": 8}
        ground.plot(*points[number, : step + 1].T, **line | bold)
        ground.plot(*points[number, step], **dot, zorder=9)
        losses.plot([heights[number, 0], heights[number, step]], [row, row], **line)
        losses.plot(heights[number, step], row, clip_on=False, **dot)
        small = dot | {"markersize": 6}
        if name in LEARNERS:
            losses.handle("spelled", WORST + 0.45, row, value=name, name=f"spell out {name}", **small)
        else:
            losses.plot(WORST + 0.45, row, clip_on=False, **small)
        if len(set(heat.rates)) > 1:
            losses.text(LEAST - 0.5, row, f"{heat.rates[number]:g}", va="center", clip_on=False)


def runner_style(name: str) -> dict[str, Any]:
    """Style of a runner's line; the second six have hollow marks and thinner lines."""
    round_, number = divmod(NAMES.index(name), N_STYLES)
    style = line_style(number) | {"markeredgewidth": 1.4}
    return style | ({"markerfacecolor": "white", "linewidth": 1.1} if round_ else {})


def draw_frames(figure: Figure, name: str, goal: float, field: LineUp) -> tuple[Axes, Axes]:
    """Draw level lines, the rows and all labels."""
    ground, losses = figure.subplots(1, 2, width_ratios=(1.25, 1))
    plot_contours(replace(LANDSCAPES[name](), domain=WINDOWS[name]), ax=ground, resolution=91)
    ground.set(xlabel="θ₁", ylabel="θ₂", title="")
    shown = [exponent for exponent in range(int(LEAST), int(WORST) + 1) if exponent % 2 == 0]
    losses.set_xticks(shown, [power(exponent) for exponent in shown])
    labels = [f"{other} (torch)" if other in field.replaced else other for other in NAMES]
    losses.set_yticks(range(len(NAMES)), labels, fontsize=9)
    losses.set(xlabel="loss above the minimum", xlim=(WORST, LEAST), ylim=(len(NAMES) - 0.4, -0.6))
    losses.hlines(range(len(NAMES)), LEAST, WORST, color="0.88", linewidth=0.8, zorder=0)
    losses.axvline(math.log10(goal), color="black", linewidth=1.2)
    losses.text(math.log10(goal), -0.75, f"goal {goal:g}", ha="center", fontsize=9)
    losses.text(LEAST - 0.5, 0, "rate η", fontsize=9, alpha=0)  # room for the rates
    for other in field.left_out:
        losses.text(WORST - 1, NAMES.index(other), "left out", va="center", fontsize=9)
    losses.tick_params(axis="y", length=0, pad=16)
    return ground, losses
