"""A curve fitted by a few bumps, by the student's own functions: where they stand, and how wide they are."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Generator, Tensor

from steepest.demos._demo import Demo, count, counted, held, joined, plain_log, slider
from steepest.demos._marks import DIAMOND, THRESHOLD, legend_above
from steepest.demos._stage import Stage
from steepest.plots import line_style

Function = Callable[..., Tensor]

REACH, TOP = 3.0, 1.5
N_EXAMPLES, NOISE, RIDGE = 60, 0.07, 1e-3
PLACES = (-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, -2.0, -1.0, 1.0, 2.0)  # of the bumps at first; the last four come later
BUMPS, GOAL = 6, 0.1
LEAST, MOST, STEP = -1.0, 0.4, 0.02  # powers of ten of σ
WIDTHS = tuple(10 ** (LEAST + (MOST - LEAST) * place / 20) for place in range(21))
BEST, WORST = 0.03, 1.0
FLANK = math.exp(-0.5)  # of its height is left of a bump at the distance σ
CURVE: dict[str, Any] = {"color": "0.6", "linewidth": 3.0}
EXAMPLES: dict[str, Any] = {"color": "0.4", "linestyle": "", "marker": ".", "markersize": 5}
FIT: dict[str, Any] = line_style(0) | {"marker": "", "linewidth": 2.0}
BUMP: dict[str, Any] = line_style(1) | {"linestyle": "-", "marker": "", "linewidth": 1.1}
ERROR: dict[str, Any] = line_style(2) | {"markersize": 3}


class Task(NamedTuple):
    """The curve at even places x, of shape (m,), and noisy examples of it; `rows` has the examples' x first."""

    x: Tensor
    curve: Tensor
    targets: Tensor
    rows: Tensor


class Fit(NamedTuple):
    """What is made of the bumps: their features at even places, the fitted curve there, and its error."""

    features: Tensor
    fitted: Tensor
    rms: float


def rbf_demo(rbf_features: Function, fit_readout: Function) -> Demo:
    """Bumps to be dragged along a line, and their width, over the curve that they fit.

    Parameters
    ----------
    rbf_features, fit_readout : callable
        The student's functions.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = rbf_demo(unwritten, unwritten)
    >>> len(demo.controls)
    12
    >>> demo.message.value
    'Write <code>rbf_features</code>, <code>fit_readout</code> and run the cell, then run this one again.'
    """
    fit = partial(fitted, rbf_features, fit_readout)

    @lru_cache(maxsize=16)
    def by_width(centers: tuple[float, ...]) -> list[float]:
        return [fit(centers, width).rms for width in WIDTHS]

    def draw(stage: Stage, *, bumps: int, width: float, **places: float) -> str:
        centers = tuple(places.values())[:bumps]
        return draw_fit(fit(centers, width), by_width(centers), stage, centers=centers, width=width)

    return Demo(
        draw,
        {
            "bumps": count("bumps", BUMPS, 1, len(PLACES)),
            "width": slider("width σ", 1.0, LEAST, MOST, STEP, log=True),
            **{f"center {number}": held(place) for number, place in enumerate(PLACES, start=1)},
        },
        needs=["rbf_features", "fit_readout"],
        goal=f"an rms below {GOAL:g} from the curve with at most {BUMPS} bumps: drag the rings",
        size=(9.5, 4.6),
    )


@lru_cache(maxsize=1)
def task() -> Task:
    """A curve that bends more on the right than on the left, and examples of it."""

    def curve(x: Tensor) -> Tensor:
        wave = (3.5 * x).sin() * (-(x - 1.2).square() / 1.5).exp()
        return wave - 0.8 * (-(x + 2).square() / 0.4).exp()

    generator = Generator().manual_seed(0)
    seen = REACH * (2 * torch.rand(N_EXAMPLES, generator=generator, dtype=torch.float64) - 1)
    targets = curve(seen) + NOISE * torch.randn(N_EXAMPLES, generator=generator, dtype=torch.float64)
    x = torch.linspace(-REACH, REACH, 121, dtype=torch.float64)
    return Task(x, curve(x), targets, torch.cat([seen, x])[:, None])


def fitted(rbf_features: Function, fit_readout: Function, centers: tuple[float, ...], width: float) -> Fit:
    """Fit the examples by bumps of one width.

    Raises
    ------
    TypeError
        If one of the functions returns something of another shape.
    """
    given, where = task(), torch.tensor(centers, dtype=torch.float64)[:, None]
    features = rbf_features(given.rows.clone(), where, torch.full((len(where),), width, dtype=torch.float64))
    _check("rbf_features", features, (len(given.rows), len(where) + 1))
    weights = fit_readout(features[:N_EXAMPLES], given.targets.clone(), ridge=RIDGE)
    _check("fit_readout", weights, (len(where) + 1,))
    shown = features[N_EXAMPLES:]
    curve = shown @ weights
    return Fit(shown, curve, float((curve - given.curve).square().mean().sqrt()))


def _check(name: str, answer: Tensor, shape: tuple[int, ...]) -> None:
    if not isinstance(answer, Tensor) or answer.shape != shape:
        got = f"shape {tuple(answer.shape)}" if isinstance(answer, Tensor) else f"{answer!r:.60}"
        raise TypeError(f"`{name}` must return a tensor of shape {shape}. Got {got}.")


def draw_fit(fit: Fit, by_width: list[float], stage: Stage, *, centers: tuple[float, ...], width: float) -> str:
    """Draw the fitted curve, the bumps below it, and beside both the error for other widths.

    Parameters
    ----------
    fit : Fit
        What the student's functions make of the bumps.
    by_width : list of float
        The error with each of `WIDTHS`.
    stage : Stage
        Where to draw.
    centers : tuple of float
        Where the bumps stand.
    width : float
        Their width.

    Returns
    -------
    str
        The error and how far the goal is, for the line above the figure.
    """
    given = task()
    curve, bumps, errors = stage.panels(draw_frames)
    curve.plot(given.x, fit.fitted, **FIT)
    bumps.plot(*joined(torch.stack([given.x, bump], dim=1).numpy() for bump in fit.features.T[1:]).T, **BUMP)
    for number, center in enumerate(centers, start=1):
        bumps.handle((f"center {number}", ""), center, 1.0, name=f"center of bump {number}")
    way = 1 if centers[0] < 0 else -1  # the flank that there is room for
    bumps.handle(
        ("width", ""), centers[0] + way * width, FLANK, name="width of all bumps",
        means=lambda x, y: (max(way * (x - centers[0]), WIDTHS[0]), y), **DIAMOND,
    )  # fmt: skip
    errors.plot(WIDTHS, by_width, **ERROR)
    height = min(max(fit.rms, BEST), WORST) if math.isfinite(fit.rms) else WORST
    errors.handle(("width", ""), width, height, name="width of all bumps", item="error")
    return _said(fit.rms, len(centers), width)


def draw_frames(figure: Figure) -> tuple[Axes, Axes, Axes]:
    """Draw the curve and its examples, axes, labels and legends."""
    axes = figure.subplot_mosaic(
        [["curve", "errors"], ["bumps", "errors"]], width_ratios=[1.9, 1], height_ratios=[1.6, 1]
    )
    curve, bumps, errors = axes["curve"], axes["bumps"], axes["errors"]
    given = task()
    curve.plot(given.x, given.curve, label="curve", **CURVE)
    curve.plot(given.rows[:N_EXAMPLES, 0], given.targets, label="examples", **EXAMPLES)
    curve.plot([], [], label="your fit", **FIT)
    curve.set(xlim=(-REACH, REACH), ylim=(-TOP, TOP), ylabel="y")
    bumps.set(xlim=(-REACH, REACH), ylim=(-0.05, 1.25), xlabel="x", ylabel="features")
    errors.axhline(GOAL, **THRESHOLD)
    errors.text(WIDTHS[0], 1.03 * GOAL, "goal", color="0.35", fontsize=8)
    errors.plot([], [], label="with these centres", **ERROR)
    errors.set(xlabel="width σ", ylabel="rms from the curve", xscale="log", yscale="log")
    errors.set(xlim=(WIDTHS[0] / 1.15, WIDTHS[-1] * 1.15), ylim=(BEST, WORST))
    plain_log(errors)
    legend_above(curve, ncols=3)
    legend_above(errors, ncols=1)
    return curve, bumps, errors


def _said(rms: float, bumps: int, width: float) -> str:
    said = f"{counted(bumps, 'bump')} of width {width:.2g}: rms {rms:.3f} from the curve."
    constant = float(task().curve.std(correction=0))
    if not rms <= constant:
        return f"{said} Without any bump, the best constant has {constant:.2f}. Not yet."
    if rms < GOAL and bumps > BUMPS:
        return f"{said} For the goal, do it with {BUMPS} bumps."
    return f"{said} {'The goal is reached.' if rms < GOAL else 'Not yet.'}"
