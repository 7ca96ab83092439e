"""A graph of five nodes through which the student's own `graph_gradient` goes backwards."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from steepest.demos._demo import Demo, count, held, slider
from steepest.demos._stage import Panel, Stage
from steepest.plots import line_style

Edge = tuple[int, int, float]
Gradient = Callable[[Sequence[Edge], int], Any]

NODES = ("y₁", "y₂", "y₃", "y₄", "y")
PLACES = np.array([(0.0, 1.0), (0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (2.0, 0.5)])
ORDER = ((3, 4), (2, 4), (1, 3), (0, 3), (1, 2), (0, 2))  # of the sweep: an edge of a node that is complete
REACH = 2.0
LEVELS = (-30.0, -3.0, -0.3, 0.0, 0.06, 0.3, 3.0, 30.0, 120.0)
LEAST, NEARLY = 1.0, 0.01
NEAR, SAID, GAP = 0.27, 0.66, 0.14  # along an edge: where it is cut, where its slope stands, how far it stays off nodes
ASIDE = 0.13  # from an edge to its slope
PLAIN: dict[str, Any] = {"color": "0.55", "linewidth": 1.2}
USED: dict[str, Any] = {"color": line_style(1)["color"], "linewidth": 3.0}
CUT: dict[str, Any] = {"color": "0.8", "linewidth": 1.2, "linestyle": ":"}
PRESS: dict[str, Any] = {"markersize": 8}
DISC: dict[str, Any] = {"color": "black", "linestyle": "", "marker": "o", "markersize": 27, "zorder": 4}
WAITING, FILLING, COMPLETE = "white", "#fdd0a2", "#fd8d3c"


def graph_demo(graph_gradient: Gradient) -> Demo:
    """A graph whose edges can be cut and whose inputs move, and the sweep of the student's function over it.

    Parameters
    ----------
    graph_gradient : callable
        The student's function.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = graph_demo(unwritten)
    >>> list(demo.controls)
    ['y1', 'y2', 'step', 'cut']
    >>> demo.message.value
    'Write <code>graph_gradient</code> and run the cell, then run this one again.'
    """

    def draw(stage: Stage, **values: Any) -> str:
        return draw_graph(graph_gradient, stage, **values)

    return Demo(
        draw,
        {
            "y1": slider("y₁", 1.0, -REACH, REACH, 0.05),
            "y2": slider("y₂", 0.5, -REACH, REACH, 0.05),
            "step": count("step", len(ORDER), 0, len(ORDER)),
            "cut": held(""),
        },
        needs=["graph_gradient"],
        goal="with no edge cut, find where the two paths from y₁ to y cancel, though each counts for 1 or more in size",
        size=(9.5, 4.2),
        played="step",
    )


def edges_at(y1: float, y2: float) -> list[Edge]:
    """Edges of y₃ = y₁e^(y₂), y₄ = y₂e^(y₁), y = y₃y₄ with their slopes at a place."""
    y3, y4 = y1 * math.exp(y2), y2 * math.exp(y1)
    slopes = {(0, 2): math.exp(y2), (1, 2): y3, (0, 3): y4, (1, 3): math.exp(y1), (2, 4): y4, (3, 4): y3}
    return [(start, end, slope) for (start, end), slope in slopes.items()]


def draw_graph(graph_gradient: Gradient, stage: Stage, *, y1: float, y2: float, step: int, cut: str) -> str:
    """Draw the graph with what has been handed back after some steps, and the map of y with its gradient.

    Parameters
    ----------
    graph_gradient : callable
        The student's function.
    stage : Stage
        Where to draw.
    y1, y2 : float
        The inputs.
    step : int
        How many edges have been used, those that end last first.
    cut : str
        The edge that is missing, as `name_of` calls it, or "".

    Returns
    -------
    str
        The derivatives, the two paths and how far the goal is, for the line above the figure.
    """
    edges = edges_at(y1, y2)
    whole = [edge for edge in edges if name_of(edge) != cut]
    used = [edge for edge in whole if edge[:2] in ORDER[:step]]
    so_far = gradients(graph_gradient, used)
    final = gradients(graph_gradient, whole)
    by_path = [gradients(graph_gradient, [edge for edge in whole if through in edge[:2]])[0] for through in (2, 3)]
    graph, ground = stage.panels(draw_frames)
    for edge in edges:
        _draw_edge(graph, edge, missing=name_of(edge) == cut, lit=edge in used)
    for node, (x, y) in enumerate(PLACES):
        open_ = [edge for edge in whole if edge[0] == node and edge not in used]
        met = node == len(NODES) - 1 or any(edge[0] == node for edge in used)
        graph.plot(x, y, **DISC, markerfacecolor=(FILLING if open_ else COMPLETE) if met else WAITING)
        graph.text(x, y, NODES[node], ha="center", va="center", fontsize=12, zorder=5)
        if met:
            above = y > PLACES[-1][1] or node == len(NODES) - 1
            graph.text(x, y + (0.25 if above else -0.25), _number(so_far[node]), ha="center", va="center", fontsize=11)
    ground.arrows([y1], [y2], *([part] for part in _arrow(final[0], final[1])), **USED | {"linewidth": 2.5})
    ground.handle(("y1", "y2"), y1, y2, name="inputs y₁ and y₂")
    said = (
        f"∂y/∂y₁ = {_number(final[0])}, ∂y/∂y₂ = {_number(final[1])}. The paths from y₁ count for "
        f"{_number(by_path[0])} through y₃ and {_number(by_path[1])} through y₄. "
    )
    if cut:
        return said + f"The edge {cut} is cut: press it again for the goal."
    cancelled = min(map(abs, by_path)) >= LEAST and abs(final[0]) <= NEARLY
    return said + ("The goal is reached." if cancelled else "Not yet.")


def gradients(graph_gradient: Gradient, edges: Sequence[Edge]) -> list[float]:
    """What the student's function gives, as floats; its number is checked, for it may be wrong."""
    found = [float(value) for value in graph_gradient(list(edges), len(NODES))]
    if len(found) != len(NODES):
        raise ValueError(f"`graph_gradient` must return {len(NODES)} numbers for {len(NODES)} nodes. Got {len(found)}.")
    return found


def name_of(edge: Edge) -> str:
    """An edge in words."""
    return f"{NODES[edge[0]]} → {NODES[edge[1]]}"


def _draw_edge(panel: Panel, edge: Edge, *, missing: bool, lit: bool) -> None:
    start, end = PLACES[edge[0]], PLACES[edge[1]]
    along = end - start
    way = along / np.hypot(*along)
    ends = start + GAP * way, end - (GAP + 0.02) * way
    style = CUT if missing else USED if lit else PLAIN
    panel.plot(*np.stack(ends).T, **style)
    if not missing:
        panel.arrows(*([float(part)] for part in (*(ends[1] - 0.02 * along), *(0.02 * along))), **style)
    outside = 1.0 if end[1] > PLACES[:, 1].mean() or edge[0] == 2 else -1.0
    label = start + SAID * along + outside * ASIDE * np.array([-way[1], way[0]])
    press = start + NEAR * along
    panel.text(
        float(label[0]), float(label[1]), "cut" if missing else _number(edge[2]), ha="center", va="center", fontsize=10
    )
    name = f"{'mend' if missing else 'cut'} the edge {name_of(edge)}"
    panel.handle("cut", *map(float, press), name=name, value="" if missing else name_of(edge), **PRESS)


def _arrow(across: float, up: float) -> tuple[float, float]:
    """The gradient as an arrow on the map, long steps shortened so that it stays in view."""
    length = math.hypot(across, up)
    scale = 0.35 * math.log1p(length) / length if length else 0.0
    return scale * across, scale * up


def _number(value: float) -> str:
    return f"{0.0 if abs(value) < 5e-3 else value:.2f}".replace("-", "−")


def draw_frames(figure: Figure) -> tuple[Axes, Axes]:
    """Draw the level lines of y and all labels."""
    graph, ground = figure.subplots(1, 2, width_ratios=(1.35, 1))
    graph.set(xlim=(-0.35, 2.4), ylim=(-0.45, 1.45), xticks=[], yticks=[])
    graph.spines[:].set_visible(False)
    graph.set_title("slopes on the edges, gradients beside the nodes", fontsize=10)
    axis = np.linspace(-REACH, REACH, 161)
    y1, y2 = np.meshgrid(axis, axis)
    lines = ground.contour(y1, y2, y1 * y2 * np.exp(y1 + y2), levels=LEVELS, colors="0.6", linewidths=0.8)
    ground.clabel(lines, [level for level in LEVELS if level], fontsize=8, fmt="%g")
    ground.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xlabel="y₁", ylabel="y₂")
    ground.set_title("level lines of y, and its gradient", fontsize=10)
    return graph, ground
