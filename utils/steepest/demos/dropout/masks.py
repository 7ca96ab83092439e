"""Thinned networks, and what they put out, by the student's own masks."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from steepest.demos._demo import Demo, choice, count, slider
from steepest.demos._still import Still
from steepest.demos.dropout.nets import (
    EXAMPLE,
    LAYERS,
    MASKS,
    ONE,
    SIZES,
    TWO,
    Mask,
    Test,
    Thinned,
    Train,
    small_net,
    thin,
)
from steepest.plots import line_style

EVERY = 10
GOAL = 5.0  # standard errors: so far apart by chance about once in two million
REACH: Mapping[str, tuple[float, float]] = {ONE: (-3.2, 5.6), TWO: (-1.8, 2.2)}
BINS = 36
NET, OUTPUTS = (0.01, 0.02, 0.46, 0.94), (0.55, 0.14, 0.435, 0.68)
MEAN, SCALED, WHOLE, THIS = range(4)
POSITIVE, NEGATIVE, SILENT = "#08306b", "#d95f02", "0.88"


def dropout_demo(dropout_mask: Mask, dropout_train: Train, dropout_test: Test) -> Demo:
    """Controls for the net, `keep` and the masks, over the thinned network and the outputs of all masks drawn.

    Parameters
    ----------
    dropout_mask, dropout_train, dropout_test : callable
        The student's functions.
    """
    found: dict[tuple[str, float, int], Thinned] = {}

    def draw(view: MaskView, *, layers: str, keep: float, masks: int, start: int) -> str:
        key = layers, keep, start
        if key not in found:
            found.clear()
            functions = dropout_mask, dropout_train, dropout_test
            found[key] = thin(*functions, layers=layers, keep=keep, seed=start)
        return draw_masks(found[key], view, layers=layers, keep=keep, masks=masks)

    return Demo(
        draw,
        {
            "masks": count("masks drawn", 60, EVERY, MASKS, EVERY),
            "keep": slider("keep", 0.5, 0.1, 1.0, 0.05),
            "layers": choice("net", ONE, LAYERS),
            "start": count("new draw", 1, 1, 50),
        },
        view=MaskView,
        needs=["dropout_mask", "dropout_train", "dropout_test"],
        goal=f"a net whose mean output over masks lies more than {GOAL:.0f} standard errors from the scaled network's",
        size=(9.5, 4.0),
        played="masks",
    )


class MaskView:
    """The figure of one thinned network and of the outputs of many.

    Parameters
    ----------
    figure : Figure
        Is cleared and gets two panels.
    """

    def __init__(self, figure: Figure) -> None:
        self.still = Still(figure)
        self.figure = figure
        self.graphs = {layers: _Graph(figure.add_axes(NET), layers) for layers in LAYERS}
        self.right = figure.add_axes(OUTPUTS)
        _limit(self.right, ONE)
        self.right.set_axis_off()
        (self.bars,) = self.right.plot([], [], color="0.55", linewidth=0.8, drawstyle="steps-pre")
        self.fill = self.right.fill_between([0.0, 1.0], [0.0, 0.0], color="0.82", step="pre")
        self.lines = {kind: self.right.plot([], [], **_style(kind))[0] for kind in (WHOLE, MEAN, SCALED, THIS)}
        self.top = self.right.text(-0.012, 1.0, "", transform=self.right.transAxes, ha="right", va="center")

    def show(self, thinned: Thinned, *, layers: str, masks: int) -> None:
        """Draw the network under the last of some masks, and the outputs under all of these."""
        self.still.show(layers, lambda figure: draw_labels(figure, layers))
        for name, graph in self.graphs.items():
            graph.ax.set_visible(name == layers)
        self.graphs[layers].show(thinned, masks - 1)
        low, high = REACH[layers]
        self.right.set_xlim(low, high)
        outputs = thinned.outputs[:masks].numpy()
        heights, edges = np.histogram(outputs, bins=BINS, range=REACH[layers])
        shares = 100 * heights / masks
        top = next(limit for limit in (10, 15, 20, 30, 40, 60, 80, 110) if max(shares) <= 0.95 * limit)
        self.right.set_ylim(0, top)
        self.top.set_text(f"{min(top, 100)} %")
        self.top.set_y(min(top, 100) / top)
        outline = [0.0, *shares, 0.0]
        self.bars.set_data([*edges, edges[-1]], outline)
        self.fill.set_data([*edges, edges[-1]], outline, 0)
        places = {MEAN: outputs.mean(), SCALED: thinned.scaled, WHOLE: thinned.whole}
        for kind, place in places.items():
            self.lines[kind].set_data([place, place], [0, top])
        self.lines[THIS].set_data([outputs[-1]], [0.025 * top])


class _Graph:
    """A network drawn as a graph: units in columns, a line for each weight."""

    def __init__(self, ax: Axes, layers: str) -> None:
        self.ax, self.net = ax, small_net(layers)
        _limit_net(ax, layers)
        ax.set_axis_off()
        self.places = _places(layers)
        pairs = [
            [(before, after) for after in self.places[layer + 1] for before in self.places[layer]]
            for layer in range(len(self.places) - 1)
        ]
        weights = np.concatenate([weight.numpy().ravel() for weight in self.net.weights])
        self.colors = np.where(weights > 0, POSITIVE, NEGATIVE)
        widths = np.clip(2.2 * np.abs(weights), 0.4, 3.2)
        self.edges = LineCollection([pair for group in pairs for pair in group], linewidths=widths, zorder=1)
        ax.add_collection(self.edges)
        self.all_places = np.array([place for column in self.places for place in column])
        self.units = ax.scatter(
            self.all_places[:, 0], self.all_places[:, 1], s=520, edgecolors="black", linewidths=1.2, zorder=3
        )
        self.crosses = ax.plot([], [], "x", color="black", markersize=20, markeredgewidth=1.8, zorder=5)[0]
        self.values = [ax.text(x, y, "", ha="center", va="center", fontsize=8, zorder=4) for x, y in self.all_places]
        for text, value in zip(self.values, EXAMPLE, strict=False):
            text.set_text(_number(value))

    def show(self, thinned: Thinned, number: int) -> None:
        """Draw the network under the mask of this number."""
        hidden = np.concatenate([mask[number].numpy() != 0 for mask in thinned.masks])
        passed = np.concatenate([values[number].numpy() for values in thinned.passed])
        output = float(thinned.outputs[number])
        kept = np.concatenate([np.ones(len(EXAMPLE), dtype=bool), hidden, [True]])
        for text, speaks, value in zip(self.values[len(EXAMPLE) :], [*hidden, True], [*passed, output], strict=True):
            text.set_text(_number(float(value)) if speaks else "")
        first = [0, *itertools.accumulate(len(column) for column in self.places)]
        ends = [kept[start:end] for start, end in itertools.pairwise(first)]
        both = [np.outer(after, before).ravel() for before, after in itertools.pairwise(ends)]
        spoken = np.concatenate(both)
        self.edges.set(color=np.where(spoken, self.colors, SILENT))
        self.units.set_facecolor(["white" if speaks else SILENT for speaks in kept])
        self.units.set_edgecolor(["black" if speaks else "0.6" for speaks in kept])
        self.crosses.set_data(*self.all_places[~kept].T)


def draw_masks(thinned: Thinned, view: MaskView, *, layers: str, keep: float, masks: int) -> str:
    """Draw the last of some masks and the outputs of all, and compare their mean with the scaled network.

    Parameters
    ----------
    thinned : Thinned
        What the student's functions gave.
    view : MaskView
        Where to draw.
    layers : str
        One of `LAYERS`.
    keep : float
        Probability that a hidden unit is kept.
    masks : int
        How many of the masks count.

    Returns
    -------
    str
        Both outputs and how far the goal is, for the line above the figure.
    """
    view.show(thinned, layers=layers, masks=masks)
    apart, error = thinned.apart(masks)
    mean = float(thinned.outputs[:masks].mean())
    said = f"{masks} masks: mean output {mean:.3f} ± {error:.3f}, scaled network {thinned.scaled:.3f}"
    if error < 1e-9:
        return f"{said}. All masks give the same output{': nothing is dropped' if keep == 1 else ''}."
    return f"{said}: {apart / error:.1f} standard errors apart. {_verdict(apart / error, layers)}"


def _verdict(errors: float, layers: str) -> str:
    if errors <= GOAL:
        return "That may be chance." if errors < 3 else "Suspicious: draw more masks."
    if layers == TWO:
        return "No accident: the scaled network is not the average of the thinned ones. The goal is reached."
    return "With one hidden layer the two should agree: look at `dropout_mask` and `dropout_test` again."


def draw_labels(figure: Figure, layers: str) -> None:
    """Draw all that no mask changes: names of layers, axes and the legend."""
    left, right = figure.add_axes(NET), figure.add_axes(OUTPUTS)
    _limit_net(left, layers)
    left.set_axis_off()
    names = ["input", *["hidden"] * (len(SIZES[layers]) - 2), "output"]
    for name, column in zip(names, _places(layers), strict=True):
        left.text(column[0][0], -0.75, name, ha="center", va="top", fontsize=9)
    left.plot([], [], color=POSITIVE, linewidth=2, label="weight > 0")
    left.plot([], [], color=NEGATIVE, linewidth=2, label="weight < 0")
    left.plot([], [], "x", color="black", markersize=8, markeredgewidth=1.8, label="dropped")
    left.legend(loc="upper center", ncols=3, fontsize=8, frameon=False)
    _limit(right, layers)
    right.set(xlabel="output of the network", ylabel="share of the masks", yticks=[])
    labels = {MEAN: "mean over masks", SCALED: "scaled", WHOLE: "whole, not scaled", THIS: "mask on the left"}
    for kind, label in labels.items():
        right.plot([], [], label=label, **_style(kind))
    right.legend(loc="lower left", bbox_to_anchor=(-0.03, 1), ncols=2, fontsize=8.5, frameon=False, borderpad=0.2)


def _style(kind: int) -> dict[str, Any]:
    if kind == THIS:
        return {"color": "black", "linestyle": "", "marker": "^", "markersize": 9}
    return line_style(kind) | {"marker": "", "linewidth": 2.2}


def _places(layers: str) -> list[list[tuple[float, float]]]:
    """Where the units of each layer stand."""
    columns = []
    for number, size in enumerate(SIZES[layers]):
        apart = min(1.7, 7 / max(1, size - 1))
        columns.append([(float(number), 3.5 + apart * ((size - 1) / 2 - row)) for row in range(size)])
    return columns


def _limit_net(ax: Axes, layers: str) -> None:
    ax.set(xlim=(-0.35, len(SIZES[layers]) - 0.65), ylim=(-1.2, 8.4))


def _limit(ax: Axes, layers: str) -> None:
    ax.set(xlim=REACH[layers], ylim=(0, 1))


def _number(value: float) -> str:
    return f"{value:.1f}".replace("-", "−").replace("−0.0", "0.0")
