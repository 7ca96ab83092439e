"""Capacity and noise against training error and risk, halted by the student's own `early_stop`."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, count, plain_log, slider
from steepest.demos._marks import legend_above
from steepest.demos._stage import Stage
from steepest.demos.empirical_risk.polynomials import (
    HIGHEST,
    PASSES,
    LearningCurves,
    Risk,
    best_fits,
    learning_curves,
    rows_at,
    sets,
)
from steepest.plots import line_style

Stop = Callable[..., tuple[int, int]]

GOAL, GOAL_NOISE = 0.12, 0.3
LOWEST, SEEN = 1e-4, 2e-3  # errors that are drawn, and those that are not below the panels
BEFORE = 0.5  # where pass 0 stands on an axis of logarithms
BESIDE = 1.2  # where the noise is shown, right of the points
GRID = torch.linspace(-1, 1, 161, dtype=torch.float64)
GREY: dict[str, Any] = {"color": "0.6", "linewidth": 1}
ERRORS = [line_style(number) | {"marker": ""} for number in (0, 2, 1)]  # training, validation, risk
LINES: tuple[dict[str, Any], ...] = ({"color": "black", "linewidth": 2}, line_style(1) | {"marker": ""})
HALTS: tuple[dict[str, Any], ...] = ({"color": "black"}, {"color": "black", "linestyle": ":", "linewidth": 1.5})
POINTS: tuple[dict[str, Any], ...] = (
    {"linestyle": "", "marker": "o", "color": ERRORS[0]["color"], "markersize": 5},
    {"linestyle": "", "marker": "^", "color": ERRORS[1]["color"], "markersize": 5, "fillstyle": "none"},
)
STOPPED: dict[str, Any] = {"linestyle": "", "marker": "*", "color": "black", "markersize": 9}


def capacity_demo(empirical_risk: Risk, early_stop: Stop) -> Demo:
    """Controls for degree, noise and patience, over a fit, its errors along training, and the errors of all degrees.

    Parameters
    ----------
    empirical_risk, early_stop : callable
        The student's functions.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = capacity_demo(unwritten, unwritten)
    >>> list(demo.controls)
    ['degree', 'noise', 'patience', 'passes']
    >>> demo.message.value
    'Write <code>empirical_risk</code>, <code>early_stop</code> and run the cell, then run this one again.'
    """
    train = lru_cache(maxsize=32)(partial(learning_curves, empirical_risk))  # playing measures nothing
    fit = lru_cache(maxsize=32)(partial(best_fits, empirical_risk))
    kept: dict[tuple[float, int], dict[int, float]] = {}

    def draw(stage: Stage, *, degree: int, noise: float, patience: int, passes: int) -> str:
        known = train(degree, noise), fit(noise), kept.setdefault((noise, patience), {})
        return draw_capacity(early_stop, stage, *known, degree=degree, noise=noise, patience=patience, passes=passes)

    return Demo(
        draw,
        {
            "degree": count("degree", HIGHEST, 0, HIGHEST),
            "noise": slider("noise σ", GOAL_NOISE, 0.0, 0.6, 0.05),
            "patience": count("patience", 1, 1, 40),
            "passes": count("show pass", 40, 0, PASSES, 2),
        },
        needs=["empirical_risk", "early_stop"],
        goal=(
            f"at degree {HIGHEST} and noise {GOAL_NOISE}, let early stopping keep a polynomial whose risk is at most "
            f"{GOAL}"
        ),
        size=(9.5, 3.8),
        played="passes",
        forget=kept.clear,
    )


def _halt(early_stop: Stop, losses: Tensor, patience: int) -> tuple[int, int]:
    answer = early_stop(losses, patience=patience)
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise TypeError(f"`early_stop` must return (best_step, stop_step). Got {answer!r}. Is the `return` missing?")
    best, stop = (int(step) for step in answer)
    if not 0 <= best <= stop < len(losses):
        raise ValueError(
            f"`early_stop` must return steps with 0 ≤ best ≤ stop ≤ {len(losses) - 1}. Got {(best, stop)}. "
            "Are steps counted from 0?"
        )
    return best, stop


def draw_capacity(
    early_stop: Stop,
    stage: Stage,
    done: LearningCurves,
    fits: tuple[Tensor, Tensor],
    kept: dict[int, float],
    *,
    degree: int,
    noise: float,
    patience: int,
    passes: int,
) -> str:
    """Draw a polynomial after some passes of training, and the one that the student's function keeps.

    Parameters
    ----------
    early_stop : callable
        The student's function.
    stage : Stage
        Where to draw.
    done : LearningCurves
        How the polynomial was trained.
    fits : tuple of Tensor
        Training error and risk of the best fit of each degree.
    kept : dict of int to float
        Risks of what was kept, by degree; this one is added.
    degree : int
        Of the polynomial: its capacity.
    noise : float
        Deviation of the noise.
    patience : int
        Passes in a row without improvement that end the training.
    passes : int
        The pass that is shown.

    Returns
    -------
    str
        What is kept, what more training would lead to, and how far the goal is, for the line above the figure.
    """
    best, stop = _halt(early_stop, done.validation, patience)
    kept[degree] = float(done.risk[best])
    fit, training, degrees = stage.panels(draw_frames)
    for style, points in zip(POINTS, sets(), strict=True):
        fit.plot(points.x, points.y(noise), **style)
    for style, number in zip(LINES, (best, passes), strict=True):
        fit.plot(GRID, rows_at(GRID) @ done.theta[number], **style)
    fit.plot([BESIDE, BESIDE], [-noise, noise], **GREY)
    fit.handle(("", "noise"), BESIDE, noise, name="noise σ")
    places = [BEFORE, *range(1, PASSES + 1)]
    for style, errors in zip(ERRORS, done[1:], strict=True):
        training.plot(places, errors.clamp(min=LOWEST), **style)
        training.plot(places[passes], float(errors[passes].clamp(min=LOWEST)), color="black", marker="o", markersize=4)
    for style, number in zip(HALTS, (best, stop), strict=True):
        training.plot([places[number]] * 2, [LOWEST, 1e2], **style)
    training.handle(("passes", ""), places[passes], max(float(done.risk[passes]), SEEN), name="pass that is shown")
    for number, errors in zip((0, 2), fits, strict=True):
        degrees.plot(range(len(errors)), errors.clamp(min=LOWEST), **ERRORS[number])
    degrees.plot(list(kept), list(kept.values()), **STOPPED)
    degrees.handle(("degree", ""), degree, max(kept[degree], SEEN), name="degree")
    for panel, ends in ((training, (BEFORE / 2, 2 * PASSES)), (degrees, (-1, HIGHEST + 1))):
        panel.plot(ends, max(noise**2, LOWEST), **GREY)
    halted = f"halts at pass {stop} and keeps" if stop < PASSES else "never halts; it keeps"
    said = (
        f"Patience {patience} {halted} pass {best}: training error {done.training[best]:.3g}, risk "
        f"{done.risk[best]:.3g}. Pass {passes}, shown: training error {done.training[passes]:.3g}, risk "
        f"{done.risk[passes]:.3g}. "
        f"Least training error of degree {degree}: {max(0.0, float(fits[0][degree])):.3g}, its risk "
        f"{fits[1][degree]:.3g}. "
    )
    if (degree, noise) != (HIGHEST, GOAL_NOISE):
        return f"{said}(The goal is for degree {HIGHEST} and noise {GOAL_NOISE}.)"
    return said + ("The goal is reached." if done.risk[best] <= GOAL else f"Not yet: the goal is a risk of {GOAL}.")


def draw_frames(figure: Figure) -> tuple[Axes, ...]:
    """Draw the sine and all labels."""
    fit, training, degrees = figure.subplots(1, 3)
    fit.plot(GRID, torch.sin(math.pi * GRID), color="0.8", linewidth=4, label="sin πx")
    for style, label in zip((*POINTS, *LINES), ("training", "validation", "kept", "shown"), strict=True):
        fit.plot([], [], label=label, **style)
    fit.text(BESIDE, -0.7, "±σ", ha="center", va="top", fontsize=9)
    fit.set(xlabel="x", ylabel="y", xlim=(-1.05, 1.4), ylim=(-2.2, 2.2), xticks=[-1, 0, 1])
    for style, label in zip(ERRORS, ("training error", "validation error", "risk"), strict=True):
        training.plot([], [], label=label, **style)
    for style, label in zip(HALTS, ("kept", "halt"), strict=True):
        training.plot([], [], label=label, **style)
    training.plot([], [], label="noise σ²", **GREY)
    training.set(xlabel="passes through the training set", ylabel="mean squared error", xscale="log", yscale="log")
    training.set(xlim=(0.8 * BEFORE, 1.2 * PASSES), ylim=(SEEN, 2))
    training.set_xticks([BEFORE, 1, 3, 10, 30, 100], ["0", "1", "3", "10", "30", "100"])
    training.set_yticks([0.01, 0.1, 1], ["0.01", "0.1", "1"])
    training.minorticks_off()
    degrees.plot([], [], label="least training error", **ERRORS[0])
    degrees.plot([], [], label="its risk", **ERRORS[2])
    degrees.plot([], [], label="risk of what was kept", **STOPPED)
    degrees.set(xlabel="degree of the polynomial", ylabel="mean squared error", yscale="log")
    degrees.set(xlim=(-0.5, HIGHEST + 0.5), ylim=(SEEN, 2e4), xticks=range(0, HIGHEST + 1, 2))
    plain_log(degrees)
    legend_above(fit, training, ncols=2)
    legend_above(degrees, ncols=1)
    return fit, training, degrees
