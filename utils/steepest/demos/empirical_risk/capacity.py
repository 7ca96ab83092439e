"""Capacity and noise against training error and risk, halted by the student's own `early_stop`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, count, plain_log, slider
from steepest.demos._marks import HERE
from steepest.demos._still import Still, bare
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
FIT, TRAINING, DEGREES = (0.05, 0.13, 0.26, 0.83), (0.38, 0.13, 0.27, 0.83), (0.74, 0.13, 0.25, 0.83)
LOWEST = 1e-4
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
    """

    def draw(view: CapacityView, *, degree: int, noise: float, patience: int, passes: int) -> str:
        functions = empirical_risk, early_stop
        return draw_capacity(*functions, view, degree=degree, noise=noise, patience=patience, passes=passes)

    return Demo(
        draw,
        {
            "degree": count("degree", HIGHEST, 0, HIGHEST),
            "noise": slider("noise σ", GOAL_NOISE, 0.0, 0.6, 0.05),
            "patience": count("patience", 1, 1, 40),
            "passes": count("show pass", 40, 0, PASSES, 2),
        },
        view=CapacityView,
        needs=["empirical_risk", "early_stop"],
        goal=(
            f"at degree {HIGHEST} and noise {GOAL_NOISE}, let early stopping keep a polynomial whose risk is at most "
            f"{GOAL}"
        ),
        size=(9.5, 3.8),
        played="passes",
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


class CapacityView:
    """The figure, and what has been computed for it.

    Parameters
    ----------
    figure : Figure
        Is cleared and gets three panels.
    """

    def __init__(self, figure: Figure) -> None:
        self.trained: dict[tuple[int, float], LearningCurves] = {}
        self.fits: dict[float, tuple[Tensor, Tensor]] = {}
        self.kept: dict[tuple[float, int], dict[int, float]] = {}
        self.grid = torch.linspace(-1, 1, 161, dtype=torch.float64)
        Still(figure).show("all", draw_background)
        fit, training, degrees = bare(_panels(figure))
        self.points = [fit.plot([], [], **style)[0] for style in POINTS]
        (self.now,) = fit.plot([], [], **LINES[1])
        (self.best,) = fit.plot([], [], **LINES[0])
        self.lines = [training.plot([], [], **style)[0] for style in ERRORS]
        self.halts = [training.axvline(1, 0.2, **style) for style in HALTS]
        self.here = [training.plot([], [], "o", color="black", markersize=4)[0] for _ in ERRORS]
        self.by_degree = [degrees.plot([], [], **ERRORS[number])[0] for number in (0, 2)]
        (self.stopped,) = degrees.plot([], [], **STOPPED)
        (self.at,) = degrees.plot([], [], clip_on=False, **HERE | {"markersize": 14})
        self.floors = [ax.axhline(1, **GREY) for ax in (training, degrees)]

    def show(self, done: LearningCurves, fits: tuple[Tensor, Tensor], noise: float, passes: int) -> None:
        """Draw the points, the polynomial after some passes, its errors, and those of all degrees."""
        for drawn, points in zip(self.points, sets(), strict=True):
            drawn.set_data(points.x.numpy(), points.y(noise).numpy())  # matplotlib takes long over tensors
        self.now.set_data(self.grid.numpy(), (rows_at(self.grid) @ done.theta[passes]).numpy())
        for line, here, errors in zip(self.lines, self.here, done[1:], strict=True):
            line.set_data(range(1, PASSES + 2), errors.clamp(min=LOWEST).numpy())
            here.set_data([passes + 1], [errors[passes].clamp(min=LOWEST)])
        for line, errors in zip(self.by_degree, fits, strict=True):
            line.set_data(range(len(errors)), errors.clamp(min=LOWEST).numpy())
        for floor in self.floors:
            floor.set_ydata([max(noise**2, LOWEST)] * 2)

    def halt(self, done: LearningCurves, best: int, stop: int, kept: dict[int, float], degree: int) -> None:
        """Draw what early stopping keeps, and what it kept of other degrees."""
        self.best.set_data(self.grid.numpy(), (rows_at(self.grid) @ done.theta[best]).numpy())
        for line, place in zip(self.halts, (best, stop), strict=True):
            line.set_xdata([place + 1, place + 1])
        kept[degree] = float(done.risk[best])
        self.stopped.set_data(list(kept), list(kept.values()))
        self.at.set_data([degree], [kept[degree]])


def draw_capacity(
    empirical_risk: Risk,
    early_stop: Stop,
    view: CapacityView,
    *,
    degree: int,
    noise: float,
    patience: int,
    passes: int,
) -> str:
    """Draw a polynomial after some passes of training, and the one that the student's function keeps.

    Parameters
    ----------
    empirical_risk, early_stop : callable
        The student's functions.
    view : CapacityView
        Where to draw; remembers what was computed and what was kept.
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
    if (degree, noise) not in view.trained:
        view.trained[degree, noise] = learning_curves(empirical_risk, degree, noise)
    if noise not in view.fits:
        view.fits[noise] = best_fits(empirical_risk, noise)
    done, fits = view.trained[degree, noise], view.fits[noise]
    best, stop = _halt(early_stop, done.validation, patience)
    view.show(done, fits, noise, passes)
    view.halt(done, best, stop, view.kept.setdefault((noise, patience), {}), degree)
    halted = f"halts at pass {stop} and keeps" if stop < PASSES else "never halts; it keeps"
    said = (
        f"Patience {patience} {halted} pass {best}: training error {done.training[best]:.3g}, risk "
        f"{done.risk[best]:.3g}. Pass {passes}, shown: {done.training[passes]:.3g} and {done.risk[passes]:.3g}. "
        f"Least training error of degree {degree}: {max(0.0, float(fits[0][degree])):.3g}, its risk "
        f"{fits[1][degree]:.3g}. "
    )
    if (degree, noise) != (HIGHEST, GOAL_NOISE):
        return f"{said}(The goal is for degree {HIGHEST} and noise {GOAL_NOISE}.)"
    return said + ("The goal is reached." if done.risk[best] <= GOAL else f"Not yet: the goal is a risk of {GOAL}.")


def draw_background(figure: Figure) -> None:
    """Draw the sine and all labels."""
    fit, training, degrees = _panels(figure)
    x = torch.linspace(-1, 1, 161)
    fit.plot(x, torch.sin(math.pi * x), color="0.8", linewidth=4)
    for style, label in zip((*POINTS, *LINES), ("training", "validation", "kept", "shown"), strict=True):
        fit.plot([], [], label=label, **style)
    fit.set(xlabel="x")
    fit.set_ylabel("y", labelpad=-6)
    fit.legend(loc="upper left", fontsize=8, ncols=2, columnspacing=1, handlelength=1.5)
    for style, label in zip(ERRORS, ("training error", "validation error", "risk"), strict=True):
        training.plot([], [], label=label, **style)
    for style, label in zip(HALTS, ("kept", "halt"), strict=True):
        training.plot([], [], label=label, **style)
    training.plot([], [], label="noise σ²", **GREY)
    training.set(xlabel="passes through the training set + 1", ylabel="mean squared error")
    training.legend(loc="lower left", fontsize=8, ncols=2, columnspacing=1, handlelength=1.5)
    degrees.plot([], [], label="least training error", **ERRORS[0])
    degrees.plot([], [], label="its risk", **ERRORS[2])
    degrees.plot([], [], label="risk of what was kept", **STOPPED)
    degrees.set(xlabel="degree of the polynomial", ylabel="mean squared error")
    degrees.legend(loc="upper left", fontsize=8, handlelength=1.5)
    plain_log(degrees)


def _panels(figure: Figure) -> tuple[Axes, Axes, Axes]:
    fit, training, degrees = (figure.add_axes(place) for place in (FIT, TRAINING, DEGREES))
    fit.set(xlim=(-1.05, 1.05), ylim=(-2.2, 3.0))
    training.set(xscale="log", yscale="log", xlim=(0.9, 1.15 * PASSES), ylim=(2e-3, 2))
    degrees.set(yscale="log", xlim=(-0.5, HIGHEST + 0.5), ylim=(2e-3, 2e4), xticks=range(0, HIGHEST + 1, 2))
    training.set_xticks([1, 3, 10, 30, 100], ["1", "3", "10", "30", "100"])
    training.set_yticks([0.01, 0.1, 1], ["0.01", "0.1", "1"])
    training.minorticks_off()
    return fit, training, degrees
