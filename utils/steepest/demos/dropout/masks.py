"""Thinned networks, and what they put out, by the student's own masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from steepest.demos._demo import Demo, choice, count, held, slider
from steepest.demos._marks import NEGATIVE, POSITIVE, legend_above
from steepest.demos._stage import Panel, Stage
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
    under,
)
from steepest.plots import line_style

EVERY = 10
GOAL = 5.0  # standard errors: so far apart by chance about once in two million
REACH: Mapping[str, tuple[float, float]] = {ONE: (-3.2, 5.6), TWO: (-1.8, 2.2)}
BINS = 36
TOPS = (10, 15, 20, 30, 40, 60, 80, 110)  # percent
MEAN, SCALED, WHOLE, THIS = range(4)
SILENT = "0.88"
UNIT: dict[str, Any] = {"marker": "o", "markersize": 21, "markeredgewidth": 1.2, "linestyle": ""}
SPEAKS, DROPPED = {"color": "black", "markerfacecolor": "white"}, {"color": "0.6", "markerfacecolor": SILENT}
CROSS: dict[str, Any] = {"color": "black", "marker": "x", "markeredgewidth": 1.8, "linestyle": ""}

Flags = tuple[float, ...]


def dropout_demo(dropout_mask: Mask, dropout_train: Train, dropout_test: Test) -> Demo:
    """Controls for the net, `keep` and the masks, over the thinned network and the outputs of all masks drawn.

    Parameters
    ----------
    dropout_mask, dropout_train, dropout_test : callable
        The student's functions.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = dropout_demo(unwritten, unwritten, unwritten)
    >>> list(demo.controls)
    ['masks', 'keep', 'layers', 'start', 'own']
    """
    found: dict[tuple[str, float, int], Thinned] = {}

    def draw(stage: Stage, *, layers: str, keep: float, masks: int, start: int, own: tuple[Any, Flags] | None) -> str:
        key = layers, keep, start
        if key not in found:
            found.clear()
            functions = dropout_mask, dropout_train, dropout_test
            found[key] = thin(*functions, layers=layers, keep=keep, seed=start)
        place = *key, masks
        is_own = own is not None and own[0] == place  # the next mask takes its place
        mask = own[1] if own is not None and is_own else found[key].mask(masks - 1)
        passed, output = under(dropout_train, mask, layers=layers)
        net, outputs = stage.panels(draw_labels, layers)
        draw_net(net, layers, mask, [*EXAMPLE, *passed, output])
        for unit, flag in enumerate(mask):
            other = place, (*mask[:unit], 0.0 if flag else 1.0, *mask[unit + 1 :])
            name = f"{'drop' if flag else 'keep'} hidden unit {unit + 1}"
            ring = UNIT | (SPEAKS if flag else DROPPED) | {"markerfacecolor": "none"}
            net.handle("own", *_hidden(layers)[unit], name=name, item=unit, value=other, **ring)
        draw_outputs(outputs, found[key], masks, output, layers=layers)
        said = _said(found[key], layers=layers, keep=keep, masks=masks)
        return f"{said} Your own mask gives {output:.3f}." if is_own else said

    return Demo(
        draw,
        {
            "masks": count("masks drawn", 60, EVERY, MASKS, EVERY),
            "keep": slider("keep", 0.5, 0.1, 1.0, 0.05),
            "layers": choice("net", ONE, LAYERS),
            "start": count("new draw", 1, 1, 50),
            "own": held(None),
        },
        needs=["dropout_mask", "dropout_train", "dropout_test"],
        goal=f"a net whose mean output over masks lies more than {GOAL:.0f} standard errors from the scaled network's",
        size=(9.5, 4.0),
        played="masks",
    )


def draw_net(panel: Panel, layers: str, mask: Flags, values: Sequence[float]) -> None:
    """Draw a network under a mask: units in columns with what they pass on, a line for each weight."""
    columns = _places(layers)
    places = np.array([place for column in columns for place in column])
    kept = np.array([True] * len(EXAMPLE) + [flag != 0 for flag in mask] + [True])
    numbers = np.split(np.arange(len(places)), np.cumsum(SIZES[layers])[:-1])
    for weights, before, after in zip(small_net(layers).weights, numbers, numbers[1:], strict=False):
        for (row, column), weight in np.ndenumerate(weights.numpy()):
            ends = [before[column], after[row]]
            speaks, color = kept[ends].all(), POSITIVE if weight > 0 else NEGATIVE
            style = {"color": color, "zorder": 2} if speaks else {"color": SILENT, "zorder": 1}
            panel.plot(*places[ends].T, linewidth=min(max(2.2 * abs(weight), 0.4), 3.2), **style)
    panel.plot(*places[kept].T, **UNIT | SPEAKS, zorder=3)
    panel.plot(*places[~kept].T, **UNIT | DROPPED, zorder=3)
    panel.plot(*places[~kept].T, **CROSS, markersize=18, zorder=5)
    for (x, y), speaks, value in zip(places, kept, values, strict=True):
        if speaks:
            panel.text(x, y, _number(value), ha="center", va="center", fontsize=8, zorder=4)


def draw_outputs(panel: Panel, thinned: Thinned, masks: int, output: float, *, layers: str) -> None:
    """Draw how the outputs under the first masks are spread, and where four of them lie."""
    outputs = thinned.outputs[:masks].numpy()
    heights, edges = np.histogram(outputs, bins=BINS, range=REACH[layers])
    shares = 100 * heights / masks
    top = next(limit for limit in TOPS if max(shares) <= 0.95 * limit)
    panel.bars((edges[1:] + edges[:-1]) / 2, shares / top, width=0.92 * (edges[1] - edges[0]), color="0.75")
    full = min(top, 100)
    panel.text(REACH[layers][0], full / top, f"{full} % ", ha="right", va="center", clip_on=False)
    for kind, place in {WHOLE: thinned.whole, MEAN: outputs.mean(), SCALED: thinned.scaled}.items():
        panel.plot([place, place], [0, 1], **_style(kind))
    panel.plot(output, 0.025, **_style(THIS))


def _said(thinned: Thinned, *, layers: str, keep: float, masks: int) -> str:
    """Compare the mean over masks with the scaled network."""
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


def draw_labels(figure: Figure, layers: str) -> tuple[Axes, Axes]:
    """Draw all that no mask changes: names of layers, axes and the legend."""
    left, right = figure.subplots(1, 2)
    left.set(xlim=(-0.35, len(SIZES[layers]) - 0.65), ylim=(-1.2, 7.6), xticks=[], yticks=[], frame_on=False)
    names = ["input", *["hidden"] * (len(SIZES[layers]) - 2), "output"]
    for name, column in zip(names, _places(layers), strict=True):
        left.text(column[0][0], -0.75, name, ha="center", va="top", fontsize=9)
    left.plot([], [], color=POSITIVE, linewidth=2, label="weight > 0")
    left.plot([], [], color=NEGATIVE, linewidth=2, label="weight < 0")
    left.plot([], [], label="dropped", **CROSS, markersize=8)
    legend_above(left, ncols=3)
    right.set(xlim=REACH[layers], ylim=(0, 1), xlabel="output of the network", ylabel="share of the masks", yticks=[])
    labels = {MEAN: "mean over masks", SCALED: "scaled", WHOLE: "whole, not scaled", THIS: "mask on the left"}
    for kind, label in labels.items():
        right.plot([], [], label=label, **_style(kind))
    legend_above(right, ncols=2, fontsize=8.5)
    return left, right


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


def _hidden(layers: str) -> list[tuple[float, float]]:
    return [place for column in _places(layers)[1:-1] for place in column]


def _number(value: float) -> str:
    return f"{value:.1f}".replace("-", "−").replace("−0.0", "0.0")
