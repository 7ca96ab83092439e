"""The net as a diagram: a little map of what each unit makes of the plane, and a link for each weight."""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from steepest.demos._stage import DPI, Panel
from steepest.demos.playground.data import REACH
from steepest.demos.playground.net import Design, Dials, Layer
from steepest.demos.playground.seen import GRID, Seen, coloured
from steepest.plots import line_style

__all__ = ["LOOK", "OUTPUT", "PRESSES", "SHOWN", "WEIGHTS", "draw_net", "named"]

SHOWN, NUMBERED = 16, 8  # units of a layer: at most so many are drawn, at most so many with their number beneath
EVERY, CELLS = 3, GRID // 3  # cells of a little map
ROOMY, TIGHT = 30, 24  # cells from one map to the next
MARGIN, TOP = 0.065, 0.94
POINT = DPI / 72
LOOK, SWITCH = "shows it large", "switches it off"
PRESSES = (LOOK, SWITCH)
OUTPUT: tuple[int, ...] = ()  # what is shown large unless a unit is

# a weight above 0 draws towards class 1, one below 0 towards class 0, in the styles of these
WEIGHTS: dict[str, Any] = {
    "color": (line_style(1)["color"], line_style(0)["color"]), "linestyle": ("-", "--"), "linewidth": 4.5,
}  # fmt: skip
LIMIT = 2.5  # from which on a link is no wider
FRAME: dict[str, Any] = {"marker": "s", "linestyle": "", "markerfacecolor": "none", "color": "0.45"}
CROSS: dict[str, Any] = {"marker": "x", "linestyle": "", "color": "0.25", "markeredgewidth": 1.5}
HERE: dict[str, Any] = {"marker": "o", "linestyle": "", "color": "black", "markersize": 2.6, "zorder": 3}


class Layout(NamedTuple):
    """Where all units lie, in shares of the panel.

    Attributes
    ----------
    columns : list of ndarray, shape (shown, 2)
        Middles of the units of each layer, inputs first and the output last.
    side : ndarray, shape (2,)
        Width and height of a map.
    ends : ndarray, shape (n_links, 4)
        Of all links.
    names : list of str
        What is told of the links.
    """

    columns: list[np.ndarray]
    side: np.ndarray
    ends: np.ndarray
    names: list[str]


def named(layer: int, unit: int, depth: int) -> str:
    """What a unit is called."""
    if layer == 0:
        return f"x{'₁₂'[unit]}"
    return "output" if layer > depth else f"layer {layer}, unit {unit + 1}"


def draw_net(
    panel: Panel, box: tuple[float, float], design: Design, layers: list[Layer], dials: Dials, seen: Seen,
    probe: tuple[float, float], *, looked: tuple[int, ...], pressed: str,
) -> None:  # fmt: skip
    """Draw all units and links on a panel whose limits are 0 and 1.

    Parameters
    ----------
    panel : Panel
    box : tuple of float
        Its width and height in dots.
    design : Design
    layers : list of Layer
        The parameters.
    dials : Dials
    seen : Seen
    probe : tuple of float
    looked : tuple of int
        Layer and number of the unit that is shown large.
    pressed : str
        What a press on a hidden unit does: one of `PRESSES`.
    """
    laid = layout(design.depth, design.width, box)
    weights = [layer.weight.detach()[:SHOWN, :SHOWN].numpy() for layer in layers]
    values = np.nan_to_num(np.concatenate([part.ravel() for part in weights]), posinf=0, neginf=0)
    panel.links(laid.ends, values, laid.names, limit=LIMIT, **WEIGHTS, zorder=0)
    for number, (middles, maps) in enumerate(zip(laid.columns, seen.maps, strict=True)):
        small = maps[: len(middles), EVERY // 2 :: EVERY, EVERY // 2 :: EVERY]
        _draw_column(panel, laid, middles, coloured(small, number > design.depth))
        panel.text(middles[0, 0], TOP + 0.02, _headed(number, design), ha="center", va="bottom", fontsize=8.5)
    spots = np.concatenate([middles + np.array(probe) / (2 * REACH) * laid.side for middles in laid.columns])
    panel.plot(*spots.T, **HERE)
    size = laid.side[0] * box[0] / POINT
    for number, unit in ((number, unit) for number, column in enumerate(laid.columns) for unit in range(len(column))):
        x, y = laid.columns[number][unit]
        here = seen.here[number][unit]
        hidden = 0 < number <= design.depth
        off = hidden and (number - 1, unit) in dials.off
        if off:
            panel.plot(x, y, **CROSS, markersize=0.8 * size)
        if design.width <= NUMBERED or not hidden:
            panel.text(x, y - laid.side[1] / 2 - 0.004, _short(here), ha="center", va="top", fontsize=7.5)
        large = looked == (number, unit) or (looked == OUTPUT and number > design.depth)
        name = named(number, unit, design.depth)
        style = FRAME | {"markersize": size} | ({"color": "black", "markeredgewidth": 2.2} if large else {})
        if hidden and pressed == SWITCH:
            value: Any = dials.off ^ {(number - 1, unit)}
            what, does = "off", "switches it on" if off else "switches it off"
        else:
            value = OUTPUT if large or number > design.depth else (number, unit)
            what, does = "looked", "shows the output again" if large and value == OUTPUT else "shows it large"
        told = _told(layers, number, unit, here, seen.maps[number][unit], off=off)
        panel.handle(
            what, x, y, item=f"{number}.{unit + 1}", value=value, name=f"{name}: a press {does}", told=told, **style
        )


def _draw_column(panel: Panel, laid: Layout, middles: np.ndarray, colours: np.ndarray) -> None:
    """Draw the maps of a layer as one, with gaps that let the ground through."""
    pitch = _pitch(len(colours))
    dots = np.zeros((len(colours), pitch, CELLS, 4), dtype=np.uint8)
    dots[:, :CELLS] = colours[::-1]
    (left, low), up = middles[-1] - laid.side / 2, laid.side[1] * pitch / CELLS * len(colours)
    panel.heat(dots.reshape(-1, CELLS, 4), (left, left + laid.side[0]), (low, low + up))


def _headed(number: int, design: Design) -> str:
    if number == 0:
        return "inputs"
    if number > design.depth:
        return "output"
    return f"layer {number}" if design.width <= SHOWN else f"{SHOWN} of {design.width}"


def _told(layers: list[Layer], number: int, unit: int, here: float, heights: np.ndarray, *, off: bool) -> str:
    lines = [f"{_short(here)} at the probe, from {_short(heights.min())} to {_short(heights.max())} on the plane"]
    if off:
        lines[0] = "switched off: 0 everywhere"
    if number:
        layer = layers[number - 1]
        lines.append(f"weights in: {',  '.join(map(_short, layer.weight[unit].tolist()))}")
        shift = f"{_short(float(layer.shift[unit]))}"
        lines.append(f"bias {shift}" if layer.scale is None else f"γ {_short(float(layer.scale[unit]))}, β {shift}")
    return "\n".join(lines)


def _short(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _pitch(n: int) -> int:
    """Cells from one map of a layer to the next: where there is room, so many that a number fits in."""
    return ROOMY if n <= NUMBERED else TIGHT


@lru_cache(maxsize=64)
def layout(depth: int, width: int, box: tuple[float, float]) -> Layout:
    """Where units and links of a net lie on a panel of so many dots."""
    shown = [2, *[min(width, SHOWN)] * depth, 1]
    most = max(NUMBERED, *shown)
    height = TOP / most * CELLS / _pitch(most)
    side = np.array([height * box[1] / box[0], height])
    across = np.linspace(MARGIN, 1 - MARGIN, depth + 2)
    columns = [
        np.stack([np.full(n, x), TOP / 2 + height * _pitch(n) / CELLS * ((n - 1) / 2 - np.arange(n))], axis=1)
        for x, n in zip(across, shown, strict=True)
    ]
    ends, names = [], []
    for number, (before, after) in enumerate(itertools.pairwise(columns)):
        for unit, to in enumerate(after):
            for other, start in enumerate(before):
                ends.append([start[0] + side[0] / 2, start[1], to[0] - side[0] / 2, to[1]])
                names.append(f"{named(number, other, depth)} → {named(number + 1, unit, depth)}: weight")
    return Layout(columns, side, np.array(ends), names)
