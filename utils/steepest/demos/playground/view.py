"""The picture of the playground: the net, the plane with the points, the losses, and the rates of all steps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from steepest.demos._demo import plain_log
from steepest.demos._marks import THRESHOLD, legend_above
from steepest.demos._stage import Panel, Stage
from steepest.demos.playground.data import BLOBS, REACH
from steepest.demos.playground.diagram import OUTPUT, WEIGHTS, draw_net, named
from steepest.demos.playground.net import Design, Dials, layers
from steepest.demos.playground.seen import boundary, coloured, look
from steepest.demos.playground.stepping import data_of
from steepest.demos.playground.training import EVERY, Training
from steepest.plots import line_style
from steepest.tools import Schedule

__all__ = ["LAST", "SIZE", "draw_frames", "show"]

SIZE = (9.5, 6.3)
LAST = 1000
LOWEST, HIGHEST = 1e-3, 1e1
RATE_LIMITS = (3e-4, 3e1)
TESTS_SHOWN = 120
PROBE: dict[str, Any] = {
    "marker": "P", "linestyle": "", "color": "black", "markersize": 11, "markerfacecolor": "white",
    "markeredgewidth": 1.4,
}  # fmt: skip
# class 1 in the colour of what draws towards it
CLASSES = tuple(line_style(1 - number) | {"linestyle": ""} for number in range(2))
CURVES = ((4, "training points"), (3, "test points"))  # styles that are not those of the classes
RATES: dict[str, Any] = {"color": "black", "linewidth": 1.4}
RATE: dict[str, Any] = {"marker": "o", "color": "black", "markersize": 8, "linestyle": ""}
PLANNED: dict[str, Any] = {"color": "0.6", "linewidth": 1.0}
EDGE = 0.02  # share of its largest activation at which a unit counts as on: at 0 itself the line would be jagged
BOUNDARY: dict[str, Any] = {"color": "black", "linewidth": 1.3}


def show(
    stage: Stage, training: Training, design: Design, dials: Dials, *, schedule: Schedule | None,
    probe: tuple[float, float], looked: tuple[int, ...], pressed: str,
) -> None:  # fmt: skip
    """Draw a training that stands anywhere, with the dials for what comes next.

    Parameters
    ----------
    stage : Stage
    training : Training
    design : Design
    dials : Dials
    schedule : callable or None
        What sets the rate; None where it is set by hand.
    probe : tuple of float
        The place whose activations are told.
    looked : tuple of int
        Layer and number of the unit that is shown large, or `OUTPUT`.
    pressed : str
        See `draw_net`.
    """
    net, plane, losses, rates = stage.panels(draw_frames)
    seen = look(training, design, dials, probe)
    if looked != OUTPUT and (looked[0] > design.depth or looked[1] >= len(seen.maps[looked[0]])):
        looked = OUTPUT  # it is gone
    box: Any = tuple(stage.frames[0]["box"][2:])
    cut = layers(design, training.state.theta)
    draw_net(net, box, design, cut, dials, seen, probe, looked=looked, pressed=pressed)
    layer, unit = (-1, 0) if looked == OUTPUT else looked
    heights, is_output = seen.maps[layer][unit], looked == OUTPUT
    plane.heat(coloured(heights, is_output), (-REACH, REACH), (-REACH, REACH), smooth=True)
    level = 0.5 if is_output else max(0.0, EDGE * heights.max()) * (heights.min() >= 0)
    plane.plot(*boundary(heights, level).T, **BOUNDARY)
    plane.title("output: the probability of class 1" if is_output else named(layer, unit, design.depth))
    _draw_points(plane, design, dials)
    plane.handle("probe", *probe, name="probe: a place in the plane", **PROBE)
    _draw_curves(losses, training)
    _draw_rates(rates, training, dials, schedule)


def _draw_points(plane: Panel, design: Design, dials: Dials) -> None:
    data = data_of(design, dials)
    for number in range(2):
        style = CLASSES[number] | {"markeredgecolor": "white"}
        own, tested = data.x[data.y == number], data.test_x[data.test_y == number][: TESTS_SHOWN // 2]
        plane.plot(*tested.numpy().T, **style | {"markersize": 2.5, "markeredgewidth": 0})
        plane.plot(*own.numpy().T, **style | {"markersize": 5.5, "markeredgewidth": 0.7})
    if design.data == BLOBS:
        for number, centre in enumerate(dials.centres):
            name = f"middle of blob {number + 1}, of class {number % 2}"
            plane.handle("centres", *centre, item=number, name=name, marker="o", markersize=15, color="black",
                         markerfacecolor="none", linestyle="", markeredgewidth=1.6)  # fmt: skip


def _draw_curves(losses: Panel, training: Training) -> None:
    step = training.state.step
    curve = np.full((LAST // EVERY + 1, 3), np.nan)  # always as many points, so that their number need not be sent
    curve[: len(training.curve)] = np.nan_to_num(np.array(training.curve), nan=1e9, posinf=1e9)
    curve = curve.clip(LOWEST / 3, HIGHEST * 3)
    for column, (number, _) in enumerate(CURVES):
        losses.plot(np.arange(len(curve)) * EVERY, curve[:, column], **line_style(number) | {"marker": ""})
    now = np.nan_to_num(training.now[:2], nan=HIGHEST).clip(LOWEST, HIGHEST)
    losses.plot(step, now[1], **line_style(CURVES[1][0]) | {"markersize": 5}, clip_on=False)
    style = line_style(CURVES[0][0]) | {"markersize": 8, "linestyle": ""}
    losses.handle(("step", ""), step, now[0], name="step: pull it back through the training", **style)


def _draw_rates(rates: Panel, training: Training, dials: Dials, schedule: Schedule | None) -> None:
    step, low, high = training.state.step, *RATE_LIMITS
    past = np.full((LAST // EVERY + 1, 2), np.nan)
    taken = [each.rate for each in training.plan[:step:EVERY]]
    past[: len(taken)] = np.stack([np.arange(len(taken)) * EVERY, taken], axis=1) if taken else np.empty((0, 2))
    rate = dials.rate if schedule is None else schedule(step)
    past[len(taken)] = step, rate
    if schedule is not None:
        places = np.arange(0, LAST + 1, EVERY)
        rates.plot(places, np.clip([schedule(int(place)) for place in places], low, high), **PLANNED)
    rates.plot(past[:, 0], past[:, 1].clip(low, high), **RATES)
    rates.text(0, 1.5 * high, _promised(dials), fontsize=8, clip_on=False)
    if schedule is None:
        rates.handle(("", "rate"), step, rate, name="learning rate from here on", **RATE)
    else:
        rates.plot(step, min(max(rate, low), high), **RATE)


def _promised(dials: Dials) -> str:
    """What holds for the steps to come, as far as no curve shows it."""
    return f"from here: batches of {dials.batch}, keep {dials.keep:.1f}, L1 {dials.l1:g}, L2 {dials.l2:g}"


def draw_frames(figure: Figure) -> tuple[Axes, ...]:
    """Draw all that stays: frames, labels and legends."""
    halves = figure.add_gridspec(1, 2, width_ratios=(1.35, 1))
    thirds = halves[1].subgridspec(3, 1, height_ratios=(4.6, 1.3, 0.8))
    net, plane, losses, rates = (figure.add_subplot(place) for place in (halves[0], *(thirds[i] for i in range(3))))
    net.set(xlim=(0, 1), ylim=(0, 1))
    net.set_axis_off()
    color, linestyle = WEIGHTS["color"], WEIGHTS["linestyle"]
    marks = [
        Line2D([], [], color=color[below], linestyle=linestyle[below], linewidth=2.4, label=label)
        for below, label in enumerate(("weight above 0", "weight below 0"))
    ]
    for number in (1, 0):
        style = CLASSES[number] | {"markersize": 5.5}
        marks.append(Line2D([], [], label=f"class {number}; small: test points", **style))
    marks.append(
        Line2D([], [], color="black", marker="o", markersize=3, linestyle="", label="the probe, its activation")
    )
    net.legend(
        handles=marks, loc="upper center", bbox_to_anchor=(0.5, 0), ncols=3,
        fontsize=8, frameon=False, borderpad=0, columnspacing=1.2,
    )  # fmt: skip
    plane.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xlabel="x₁", ylabel="x₂")
    plane.set(xticks=[-1, 0, 1], yticks=[-1, 0, 1], title=" ")  # room for what is written later
    span = (-0.02 * LAST, 1.02 * LAST)
    losses.axhline(math.log(2), **THRESHOLD)
    losses.text(LAST, 0.75, "chance", fontsize=8, color="0.35", ha="right", va="bottom")
    for number, label in CURVES:
        losses.plot([], [], label=label, **line_style(number) | {"markersize": 5})
    losses.set(ylabel="loss", yscale="log", xlim=span, ylim=(LOWEST, HIGHEST), yticks=[1e-3, 1e-1, 1e1])
    losses.tick_params(labelbottom=False)
    legend_above(losses, ncols=2)
    rates.set_title(" ", fontsize=8)
    rates.set(xlabel="step", ylabel="rate η", yscale="log", xlim=span, ylim=RATE_LIMITS, yticks=[1e-3, 1e-1, 1e1])
    plain_log(losses, rates)
    return net, plane, losses, rates
