"""Signals and gradients through many layers, whose weights the student's own functions draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Generator, Tensor

from steepest.activations import activation
from steepest.demos._demo import Demo, choice, count, plain_log, power, slider, steps
from steepest.demos._stage import Panel, Stage
from steepest.depth import layer_signals
from steepest.plots import line_style

Initializer = Callable[[tuple[int, ...], Generator], Tensor]
Spread = Callable[[Tensor, Sequence[Tensor], Callable[[Tensor], Tensor]], Tensor]

WIDTHS = (10, 20, 50, 100, 200)
MOST_LAYERS, FIRST_LAYERS, GOAL_LAYERS = 30, 20, 20
GOALS = ("ReLU", "tanh")
BAND = (1 / 3, 3.0)
EXAMPLES, NUMBERS = 50, 5000  # examples that are sent, and numbers of a layer, at most
REMEMBERED = 8
BINS = 80
SEED = 2
EXPONENTS = (-12.5, 6.5)
RANGES: Mapping[str, tuple[float, float]] = {
    "identity": (-4.0, 4.0),
    "sigmoid": (-0.04, 1.04),
    "tanh": (-1.08, 1.08),
    "scaled tanh": (-1.85, 1.85),
    "ReLU": (-0.2, 4.0),
    "leaky ReLU": (-0.5, 4.0),
}
TICKS = {
    "identity": (-4, 0, 4),
    "sigmoid": (0, 0.5, 1),
    "tanh": (-1, 0, 1),
    "scaled tanh": (-1.7, 0, 1.7),
    "ReLU": (0, 2, 4),
    "leaky ReLU": (0, 2, 4),
}
ENDS = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "scaled tanh": (-1.7159, 1.7159)}
NEAR_AN_END = 0.02
STROKE, SEEN = 2.0, 0.06  # height of a bin in points, and the least share that is drawn as it is
GAIN: dict[str, Any] = {"color": "black", "linestyle": ":", "linewidth": 1.2}
GAINS = (0.01, 10.0)
STYLES = tuple(line_style(number) for number in (0, 1))  # of the signal and of the gradient


class Signals(NamedTuple):
    """What went through a network.

    Attributes
    ----------
    spread, gradient_spread : Tensor, shapes (depth,) and (depth + 1,)
        Deviation of what leaves each layer, by the student's function, and of the gradients from the input upwards.
    outputs, gradients : Tensor, shapes (depth, n) and (depth + 1, n)
        The numbers themselves.
    """

    spread: Tensor
    gradient_spread: Tensor
    outputs: Tensor
    gradients: Tensor

    @property
    def is_even(self) -> bool:
        """Whether all deviations lie in the band of the goal."""
        low, high = BAND
        return all(bool(((low <= part) & (part <= high)).all()) for part in (self.spread, self.gradient_spread))


def signal_demo(activation_spread: Spread, initializers: Mapping[str, Initializer]) -> Demo:
    """Controls for a deep network and its start, over histograms of its signals and gradients, layer by layer.

    Parameters
    ----------
    activation_spread : callable
        The student's function.
    initializers : mapping of str to callable
        The student's functions by name, the one to open on first; each is called with a shape (out, in) and a
        generator.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = signal_demo(unwritten, {"mine": unwritten})
    >>> list(demo.controls)
    ['kind', 'scheme', 'scale', 'depth', 'width']
    """
    wanted: list[str] = []  # only what is called can be unwritten
    drawn: dict[tuple[str, int], list[Tensor]] = {}
    reached: set[str] = set()

    def draw(stage: Stage, *, kind: str, scheme: str, scale: float, depth: int, width: int) -> str:
        initializer = initializers[scheme]
        wanted[:] = ["fans", getattr(initializer, "__name__", scheme), "activation_spread"]
        if (scheme, width) not in drawn:
            drawn[scheme, width] = [weight.double() for weight in draw_layers(initializer, width)]
            if len(drawn) > REMEMBERED:
                del drawn[next(iter(drawn))]
        weights = [scale * weight for weight in drawn[scheme, width][:depth]]
        found = send(activation_spread, weights, kind)
        draw_signals(stage, found, kind, scale)
        start = scheme if scale == 1 else f"{scheme} × {scale:.2g}"
        layers = "1 layer" if depth == 1 else f"{depth} layers"
        return f"{layers} of {width} units, {kind}, {start}: {said(found, kind, reached)}"

    return Demo(
        draw,
        {
            "kind": choice("activation", "ReLU", list(RANGES)),
            "scheme": choice("start", next(iter(initializers)), list(initializers)),
            "scale": slider("times", 1.0, -2, 1, 0.05, log=True),
            "depth": count("layers", FIRST_LAYERS, 1, MOST_LAYERS),
            "width": steps("units a layer", 100, WIDTHS),
        },
        needs=wanted,
        goal=f"keep all deviations inside the band through {GOAL_LAYERS} layers of ReLU, then of tanh",
        size=(9.5, 4.7),
        forget=reached.clear,
    )


def draw_layers(initializer: Initializer, width: int) -> list[Tensor]:
    """Draw the weights of as many layers as can be shown: a deeper network begins with the layers of a flatter one.

    Parameters
    ----------
    initializer : callable
        The student's function.
    width : int
        Units of every layer.
    """
    generator = torch.Generator().manual_seed(SEED)
    layers = [initializer((width, width), generator).detach() for _ in range(MOST_LAYERS)]
    if layers[0].shape != (width, width):
        raise ValueError(
            f"`{getattr(initializer, '__name__', 'initializer')}` must return weights of the shape that it is given. "
            f"Got {tuple(layers[0].shape)} for {(width, width)}."
        )
    return layers


def send(activation_spread: Spread, weights: Sequence[Tensor], kind: str) -> Signals:
    """Send random examples up through a network, and a random gradient of deviation 1 back down.

    Parameters
    ----------
    activation_spread : callable
        The student's function.
    weights : sequence of Tensor, each of shape (width, width)
        One a layer.
    kind : str
        A key of `RANGES`.
    """
    generator = torch.Generator().manual_seed(SEED)
    width = weights[0].shape[1]
    x = torch.randn(min(EXAMPLES, NUMBERS // width), width, generator=generator, dtype=torch.float64)
    spread = activation_spread(x, list(weights), activation(kind))
    if spread.shape != (len(weights),):
        raise ValueError(
            f"`activation_spread` must return one deviation a layer, of shape ({len(weights)},). "
            f"Got shape {tuple(spread.shape)}."
        )
    layers, grads = (torch.stack(part).flatten(1) for part in layer_signals(x, weights, activation(kind)))
    return Signals(spread.detach(), grads.std(dim=1), layers[1:], grads)


def histograms(values: Tensor, low: float, high: float, *, counted: Tensor) -> Tensor:
    """Count the numbers of each row in `BINS` bins; what lies outside is counted in the outermost ones.

    Parameters
    ----------
    values : Tensor, shape (rows, n)
        The numbers.
    low, high : float
        Ends of the bins.
    counted : Tensor of bool, shape (rows, n)
        Which of them to count.

    Returns
    -------
    Tensor, shape (rows, BINS)
        Counts, divided by the largest of the row.
    """
    rows = len(values)
    bins = ((values - low) * (BINS / (high - low))).nan_to_num(nan=0.0).clamp(0, BINS - 1).long()
    places = bins + BINS * torch.arange(rows)[:, None]
    counts = torch.bincount(places.flatten(), weights=counted.flatten().double(), minlength=rows * BINS)
    counts = counts.reshape(rows, BINS)
    return counts / counts.amax(dim=1, keepdim=True).clamp(min=1)


def draw_signals(stage: Stage, found: Signals, kind: str, scale: float) -> None:
    """Draw a histogram of the signal and of the gradient at every layer, and their deviations.

    Parameters
    ----------
    stage : Stage
        Where to draw.
    found : Signals
        What went through the network.
    kind : str
        A key of `RANGES`.
    scale : float
        By what the weights were multiplied.
    """
    signals, gradients, deviations, gains = stage.panels(draw_frames)
    (low, high), ticks = RANGES[kind], TICKS[kind]
    for tick, place in zip(ticks, (np.array(ticks) - low) / (high - low), strict=True):
        signals.plot([-1, MOST_LAYERS + 1], [place, place], color="0.9", linewidth=0.8, zorder=1)
        signals.text(-1.1, place, f"{tick:g}".replace("-", "−"), ha="right", va="center", fontsize=10, clip_on=False)
    upright = histograms(found.outputs, *RANGES[kind], counted=found.outputs != 0)
    _stand(signals, upright, (0, 1), 1, STYLES[0])
    upright = histograms(found.gradients.abs().log10(), *EXPONENTS, counted=found.gradients != 0)
    _stand(gradients, upright, EXPONENTS, 0, STYLES[1])
    low, high = EXPONENTS
    for values, first, style in ((found.spread, 1, STYLES[0]), (found.gradient_spread, 0, STYLES[1])):
        deviations.plot(range(first, first + len(values)), values.log10().clamp(low + 0.3, high - 0.3), **style)
    depth = len(found.spread)
    gains.plot([depth, MOST_LAYERS + 1], [scale, scale], **GAIN)
    gains.handle(("depth", "scale"), depth, scale, name="layers, and by what their weights are multiplied")


def _stand(panel: Panel, shares: Tensor, ends: tuple[float, float], first: int, style: Mapping[str, Any]) -> None:
    """Draw histograms upright and mirrored, one at each layer from the first on: a stroke for each bin."""
    layers, bins = shares.numpy().nonzero()
    half = 0.45 * shares.numpy()[layers, bins].clip(SEEN)
    heights = np.linspace(*ends, 2 * BINS + 1)[1::2][bins]
    across = (layers + first)[:, None] + half[:, None] * [-1, 1, np.nan]
    stroke = {"color": style["color"], "linewidth": STROKE, "solid_capstyle": "butt", "snap": False}
    panel.plot(across.ravel(), heights.repeat(3), **stroke)


def said(found: Signals, kind: str, reached: set[str]) -> str:
    """Say what became of signal and gradient, and how far the goal is; a part that is reached is added to those."""
    depth = len(found.spread)
    text = (
        f"the signal's deviation goes from {float(found.spread[0]):.2g} to {float(found.spread[-1]):.2g}, "
        f"the gradient's from {float(found.gradient_spread[-1]):.2g} at the top "
        f"to {float(found.gradient_spread[0]):.2g} at the input. "
    )
    if kind == "ReLU":
        text += f"{float((found.outputs == 0).double().mean()):.0%} of all outputs are 0. "
    if kind in ENDS:
        low, high = ENDS[kind]
        near = NEAR_AN_END * (high - low)
        stuck = (found.outputs < low + near) | (found.outputs > high - near)
        text += f"{float(stuck.double().mean()):.0%} of all outputs are saturated. "
    if kind not in GOALS:
        return text + ("All inside the band." if found.is_even else "Not all inside the band.")
    if not found.is_even:
        return text + "Not yet: not all inside the band."
    if depth < GOAL_LAYERS:
        return text + f"Not yet: the goal asks for {GOAL_LAYERS} layers."
    reached.add(kind)
    missing = [other for other in GOALS if other not in reached]
    return text + (f"Reached for {kind}; still to do: {missing[0]}." if missing else "The goal is reached.")


def draw_frames(figure: Figure) -> tuple[Axes, ...]:
    """Draw axes, legends and the band."""
    axes = figure.subplot_mosaic("sd;gd", width_ratios=(1.75, 1))
    signals, gradients, deviations = (axes[name] for name in "sgd")
    gains = deviations.twinx()
    for ax in (signals, gradients, deviations):
        ax.set(xlim=(-0.8, MOST_LAYERS + 0.8), ylim=EXPONENTS)
    signals.set(ylim=(0, 1), xticklabels=[], ylabel="output of a unit")
    signals.set_yticks([0], ["−1.7"], alpha=0)  # room for the numbers of every activation
    signals.tick_params(axis="y", length=0)
    signals.set_title("histogram of the outputs of every layer, without zeros", fontsize=9, pad=4)
    gradients.set(xlabel="layer (0: the input)", ylabel="size of the gradient")
    gradients.set_title("histogram of the gradients, sent back from the top", fontsize=9, pad=4)
    exponents = (-12, -9, -6, -3, 0, 3, 6)
    for ax in (gradients, deviations):
        ax.set_yticks(exponents, [power(exponent) for exponent in exponents])
    deviations.axhspan(*np.log10(BAND), color="0.85", label="the band: ⅓ to 3")
    for style, label in zip(STYLES, ("of the signal,\nby your activation_spread", "of the gradient"), strict=True):
        deviations.plot([], [], label=label, **style)
    deviations.set(xlabel="layer", ylabel="deviation")
    deviations.legend(loc="lower left", fontsize=8)
    gains.set(yscale="log", ylim=GAINS, ylabel="times: what multiplies all weights")
    plain_log(gains)
    figure.align_ylabels([signals, gradients])
    return signals, gradients, deviations, gains
