"""Signals and gradients through many layers, whose weights the student's own functions draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from torch import Generator, Tensor

from steepest.activations import activation
from steepest.demos._demo import Demo, choice, count, slider, steps
from steepest.demos._still import Still
from steepest.depth import layer_signals
from steepest.plots import line_style

Initializer = Callable[[tuple[int, ...], Generator], Tensor]
Spread = Callable[[Tensor, Sequence[Tensor], Callable[[Tensor], Tensor]], Tensor]

WIDTHS = (10, 20, 50, 100, 200)
MOST_LAYERS, FIRST_LAYERS, GOAL_LAYERS = 30, 20, 20
GOALS = ("ReLU", "tanh")
BAND = (1 / 3, 3.0)
EXAMPLES = 50
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
SIGNALS, GRADIENTS = (0.075, 0.575, 0.52, 0.36), (0.075, 0.11, 0.52, 0.36)
DEVIATIONS = (0.675, 0.11, 0.305, 0.825)


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
    """
    wanted: list[str] = []  # only what is called can be unwritten
    drawn: dict[tuple[str, int], list[Tensor]] = {}

    def draw(view: SignalView, *, kind: str, scheme: str, scale: float, depth: int, width: int) -> str:
        initializer = initializers[scheme]
        wanted[:] = ["fans", getattr(initializer, "__name__", scheme), "activation_spread"]
        if (scheme, width) not in drawn:
            drawn[scheme, width] = draw_layers(initializer, width)
            if len(drawn) > REMEMBERED:
                del drawn[next(iter(drawn))]
        weights = [scale * weight.double() for weight in drawn[scheme, width][:depth]]
        found = send(activation_spread, weights, kind)
        view.show(found, kind)
        start = scheme if scale == 1 else f"{scheme} × {scale:.2g}"
        layers = "1 layer" if depth == 1 else f"{depth} layers"
        return f"{layers} of {width} units, {kind}, {start}: {said(found, kind)}"

    return Demo(
        draw,
        {
            "kind": choice("activation", "ReLU", list(RANGES)),
            "scheme": choice("start", next(iter(initializers)), list(initializers)),
            "scale": slider("times", 1.0, -2, 1, 0.05, log=True),
            "depth": count("layers", FIRST_LAYERS, 1, MOST_LAYERS),
            "width": steps("units a layer", 100, WIDTHS),
        },
        view=SignalView,
        needs=wanted,
        goal=f"keep all deviations inside the band through {GOAL_LAYERS} layers of ReLU, then of tanh",
        size=(9.5, 4.7),
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
    x = torch.randn(EXAMPLES, weights[0].shape[1], generator=generator, dtype=torch.float64)
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


class SignalView:
    """The figure: a histogram of the signal and of the gradient standing at every layer, and their deviations.

    Parameters
    ----------
    figure : Figure
        Is cleared and gets three panels.
    """

    def __init__(self, figure: Figure) -> None:
        Still(figure).show("labels", draw_labels)
        self.signals, gradients, deviations = _panels(figure)
        for ax in (gradients, deviations):
            ax.set_axis_off()
        self.signals.patch.set_visible(False)
        self.signals.spines[:].set_visible(False)
        self.signals.set_xticks([])  # heights alone change with the activation
        styles = [line_style(number) for number in (0, 1)]
        self.outputs, self.gradients = (
            PolyCollection([], facecolor=style["color"], edgecolor=style["color"], linewidth=0.6) for style in styles
        )
        self.signals.add_collection(self.outputs, autolim=False)
        gradients.add_collection(self.gradients, autolim=False)
        self.spread, self.gradient_spread = (deviations.plot([], [], **style)[0] for style in styles)

    def show(self, found: Signals, kind: str) -> None:
        """Draw what went through a network with this activation."""
        self.signals.set_ylim(RANGES[kind])
        self.signals.set_yticks(TICKS[kind], [f"{tick:g}".replace("-", "−") for tick in TICKS[kind]])
        outputs, gradients = found.outputs, found.gradients
        shares = histograms(outputs, *RANGES[kind], counted=outputs != 0)
        self.outputs.set_verts(_violins(shares, *RANGES[kind], first=1))
        shares = histograms(gradients.abs().log10(), *EXPONENTS, counted=gradients != 0)
        self.gradients.set_verts(_violins(shares, *EXPONENTS, first=0))
        low, high = EXPONENTS
        for line, values, first in ((self.spread, found.spread, 1), (self.gradient_spread, found.gradient_spread, 0)):
            line.set_data(range(first, first + len(values)), values.log10().clamp(low + 0.3, high - 0.3))


def _violins(shares: Tensor, low: float, high: float, *, first: int) -> list[np.ndarray]:
    """The outlines of histograms that stand upright and are mirrored, one at each layer from the first on."""
    edges = np.linspace(low, high, BINS + 1).repeat(2)[1:-1]
    outlines = []
    for layer, row in enumerate(shares.numpy(), start=first):
        filled = row.nonzero()[0]
        if len(filled) == 0:
            continue
        inside = slice(2 * filled[0], 2 * filled[-1] + 2)
        half, heights = 0.45 * row.repeat(2)[inside], edges[inside]
        right, left = np.stack([layer + half, heights], axis=1), np.stack([layer - half, heights], axis=1)
        outlines.append(np.concatenate([right, left[::-1]]))
    return outlines


def said(found: Signals, kind: str) -> str:
    """Say what became of signal and gradient, and how far the goal is."""
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
    return text + f"The goal is reached for {kind}."


def draw_labels(figure: Figure) -> None:
    """Draw axes, legends and the band."""
    signals, gradients, deviations = _panels(figure)
    signals.set(yticks=[], xticklabels=[], ylabel="output of a unit")
    signals.yaxis.set_label_coords(-0.085, 0.5)
    signals.set_title("histogram of the outputs of every layer, without zeros", fontsize=9, pad=4)
    gradients.set(xlabel="layer (0: the input)", ylabel="size of the gradient")
    gradients.set_title("histogram of the gradients, sent back from the top", fontsize=9, pad=4)
    gradients.yaxis.set_label_coords(-0.11, 0.5)
    powers = {-12: "10⁻¹²", -9: "10⁻⁹", -6: "10⁻⁶", -3: "10⁻³", 0: "1", 3: "10³", 6: "10⁶"}
    for ax in (gradients, deviations):
        ax.set_yticks(list(powers), list(powers.values()))
    low, high = np.log10(BAND)
    deviations.axhspan(low, high, color="0.85", label="the band: ⅓ to 3")
    for number, label in ((0, "of the signal,\nby your activation_spread"), (1, "of the gradient")):
        deviations.plot([], [], label=label, **line_style(number))
    deviations.set(xlabel="layer", ylabel="deviation")
    deviations.legend(loc="lower left", fontsize=8)


def _panels(figure: Figure) -> tuple[Axes, Axes, Axes]:
    signals, gradients, deviations = (figure.add_axes(place) for place in (SIGNALS, GRADIENTS, DEVIATIONS))
    for ax in (signals, gradients, deviations):
        ax.set_xlim(-0.8, MOST_LAYERS + 0.8)
    gradients.set_ylim(EXPONENTS)
    deviations.set_ylim(EXPONENTS)
    return signals, gradients, deviations
