"""The gradient through a deep net, by the student's own `activation_slope` and `delta_norms`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.activations import activation
from steepest.demos._demo import Demo, choice, count, plain_log, slider
from steepest.demos._stage import Stage
from steepest.plots import line_style

Slope = Callable[[str, Tensor], Tensor]
Norms = Callable[[Tensor, Sequence[Tensor], Sequence[Tensor]], Tensor]

KINDS = ("ReLU", "tanh", "sigmoid", "leaky ReLU", "ELU", "SELU", "GELU", "SiLU", "softplus", "Gaussian")
GOALS = KINDS[:3]
UNITS, DEEPEST, NETS = 64, 40, 5
KEPT = 0.5, 2.0
LOW, HIGH, STEP = -0.3, 1.3, 0.005  # powers of ten of the gain
TRIED = tuple(10.0**power for power in np.linspace(LOW, HIGH, 13))
LEAST, MOST = 1e-24, 1e12
BINS, REACH, TALLEST = 60, 6.0, 1.9
BAND: dict[str, Any] = {"color": "0.88"}
PLAIN: dict[str, Any] = line_style(0) | {"marker": ""}
WHERE: dict[str, Any] = {"color": "0.75"}
NOTE: dict[str, Any] = {"color": "0.35", "fontsize": 8, "va": "bottom"}


class Passage(NamedTuple):
    """What a gradient met on its way down.

    Attributes
    ----------
    sums : Tensor, shape (depth, UNITS)
        What entered the activations.
    norms : Tensor, shape (depth + 1,)
        Lengths of the gradient, 1 at the top.
    """

    sums: Tensor
    norms: Tensor


def slope_demo(activation_slope: Slope, delta_norms: Norms) -> Demo:
    """Controls for a deep net, over the slopes that its units have and the length of the gradient in each layer.

    Parameters
    ----------
    activation_slope, delta_norms : callable
        The student's functions.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = slope_demo(unwritten, unwritten)
    >>> list(demo.controls)
    ['kind', 'gain', 'depth', 'net']
    >>> demo.message.value
    'Write <code>activation_slope</code>, <code>delta_norms</code> and run the cell, then run this one again.'
    """
    swept = lru_cache(maxsize=32)(partial(sweep, activation_slope, delta_norms))
    done: set[str] = set()

    def draw(stage: Stage, *, kind: str, gain: float, depth: int, net: int) -> str:
        found = descend(activation_slope, delta_norms, kind, gain, depth=depth, net=net)
        said = draw_slopes(activation_slope, stage, found, swept(kind, net), kind=kind, gain=gain)
        if is_kept(found, kind):
            done.add(kind)
        left = [name for name in GOALS if name not in done]
        still = f"Still to do: {', '.join(left)}." if left else "<b>All three are done.</b>"
        return said if not done else f"{said} {still}"

    return Demo(
        draw,
        {
            "kind": choice("activation", KINDS[0], KINDS),
            "gain": slider("gain of the weights", 1.0, LOW, HIGH, STEP, log=True),
            "depth": count("layers", DEEPEST, 1, DEEPEST),
            "net": count("net", 1, 1, NETS),
        },
        needs=["activation_slope", "delta_norms"],
        goal=f"through {DEEPEST} layers, keep the gradient between ½ and 2 times its length: with {GOALS[0]}, then "
        f"with {GOALS[1]}, then with the {GOALS[2]}",
        size=(9.5, 4.4),
        played="depth",
        forget=done.clear,
    )


@lru_cache(maxsize=NETS)
def _drawn(net: int) -> tuple[Tensor, Tensor, Tensor]:
    """An input, a gradient for the top, and weights of variance 1/n for the deepest net."""
    generator = torch.Generator().manual_seed(net)
    first, top = (torch.randn(UNITS, generator=generator, dtype=torch.float64) for _ in range(2))
    weights = torch.randn(DEEPEST, UNITS, UNITS, generator=generator, dtype=torch.float64)
    return first, top, weights / math.sqrt(UNITS)


def descend(
    activation_slope: Slope, delta_norms: Norms, kind: str, gain: float, *, depth: int = DEEPEST, net: int = 1
) -> Passage:
    """Send an input up through a random net, and a gradient down again.

    Parameters
    ----------
    activation_slope, delta_norms : callable
        The student's functions.
    kind : str
        One of `KINDS`.
    gain : float
        Multiplies weights of variance 1/n.
    depth, net : int
        How many layers, and which of the nets.

    Raises
    ------
    ValueError
        If the norms are not as many as the layers' outputs and the input.
    """
    a, top, drawn = _drawn(net)
    weights = list(gain * drawn[:depth])
    sums = []
    for weight in weights:
        sums.append(weight @ a)
        a = activation(kind)(sums[-1])
    slopes = list(activation_slope(kind, torch.stack(sums)))
    norms = torch.as_tensor(delta_norms(top, weights, slopes)).double()
    if norms.shape != (depth + 1,):
        raise ValueError(
            f"`delta_norms` must return {depth + 1} norms for {depth} layers. Got shape {tuple(norms.shape)}."
        )
    return Passage(torch.stack(sums), norms / norms[-1])


def sweep(activation_slope: Slope, delta_norms: Norms, kind: str, net: int) -> list[float]:
    """What is left of a gradient in the deepest net, for each of the gains in `TRIED`."""
    return [float(descend(activation_slope, delta_norms, kind, gain, net=net).norms[0]) for gain in TRIED]


def draw_slopes(
    activation_slope: Slope, stage: Stage, found: Passage, swept: Sequence[float], *, kind: str, gain: float
) -> str:
    """Draw the slopes, the lengths by layer, and what is left over the gain.

    Parameters
    ----------
    activation_slope : callable
        The student's function.
    stage : Stage
        Where to draw.
    found : Passage
        What a gradient met.
    swept : sequence of float
        What is left of it for each gain in `TRIED`.
    kind : str
        One of `KINDS`.
    gain : float
        Multiplies weights of variance 1/n.

    Returns
    -------
    str
        What is left and how far the goal is, for the line above the figure.
    """
    depth, left = len(found.sums), float(found.norms[0])
    slopes, lengths, gains = stage.panels(draw_frames)
    across = torch.linspace(-REACH, REACH, 242, dtype=torch.float64)
    counts, edges = np.histogram(found.sums.clamp(-REACH, REACH), bins=BINS, range=(-REACH, REACH))
    slopes.bars((edges[1:] + edges[:-1]) / 2, counts / counts.max(), width=edges[1] - edges[0], **WHERE)
    slopes.plot(across, activation_slope(kind, across), **PLAIN)
    slopes.title(f"{kind}: slope (line) and sums (grey)")
    shown = found.norms.nan_to_num(nan=LEAST).clamp(LEAST, MOST)
    lengths.plot(range(depth + 1), shown, **line_style(0) | {"markersize": 3})
    lengths.handle(("depth", ""), depth, 1.0, name="number of layers")
    curve, ring = dict(zip(TRIED, np.nan_to_num(swept, nan=LEAST).clip(LEAST, MOST), strict=True)), 1.0
    if depth == DEEPEST:
        curve[gain] = ring = float(shown[0])
    gains.plot(sorted(curve), [curve[tried] for tried in sorted(curve)], **PLAIN)
    gains.handle(("gain", ""), gain, ring, name="gain of the weights")
    mean = float(activation_slope(kind, found.sums).square().mean().sqrt())
    layers = "1 layer" if depth == 1 else f"{depth} layers"
    said = (
        f"{layers} of {kind}, gain {gain:.2f}: of a gradient of length 1 at the top, {left:.2g} arrives at the input. "
        f"Root mean square of the slopes: {mean:.2f}. "
    )
    if kind not in GOALS or depth < DEEPEST:
        return said + f"The goal asks for {DEEPEST} layers of {', '.join(GOALS[:-1])} and {GOALS[-1]}."
    return said + (f"The goal is reached for {kind}." if is_kept(found, kind) else "Not yet.")


def is_kept(found: Passage, kind: str) -> bool:
    """Whether this is one of the activations of the goal, and the gradient arrives with about its length."""
    return kind in GOALS and len(found.sums) == DEEPEST and KEPT[0] <= float(found.norms[0]) <= KEPT[1]


def draw_frames(figure: Figure) -> tuple[Axes, Axes, Axes]:
    """Draw axes, labels and the band of the goal."""
    axes = figure.subplot_mosaic([["slopes", "lengths"], ["slopes", "gains"]], width_ratios=(1, 1.25))
    slopes, lengths, gains = axes["slopes"], axes["lengths"], axes["gains"]
    slopes.axhline(0, color="0.7", linewidth=0.8)
    slopes.set(
        xlim=(-REACH, REACH),
        ylim=(-TALLEST / 2, TALLEST),
        xlabel=f"sum that enters a unit (the last bars: beyond ±{REACH})",
        title=" ",
    )
    slopes.set_ylabel("slope;  how often (highest bar 1)")
    for ax in (lengths, gains):
        ax.axhspan(*KEPT, **BAND)
        ax.text(0.015, math.log(9 / LEAST) / math.log(MOST / LEAST), "½ to 2", transform=ax.transAxes, **NOTE)
        ax.set(yscale="log", ylim=(LEAST, MOST), yticks=[1e-20, 1e-10, 1, 1e10])
    lengths.set(xlim=(-1, DEEPEST + 1), xlabel="layer (0: the input)", ylabel="length of\nthe gradient")
    gains.set(
        xscale="log", xlim=(10**LOW, 10**HIGH), xlabel="gain of the weights", ylabel=f"left after\n{DEEPEST} layers"
    )
    plain_log(lengths, gains)
    gains.set_xticks([0.5, 1, 2, 5, 10, 20], ["0.5", "1", "2", "5", "10", "20"])
    return slopes, lengths, gains
