"""Weighted averages of a noisy series, by the student's own `ewa` and `ewa_corrected`."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from torch import Tensor

from steepest.demos._demo import Demo, check_box, slider
from steepest.demos._marks import HERE, THRESHOLD
from steepest.demos._still import Still, bare
from steepest.plots import line_style

Average = Callable[..., Tensor]

DAYS = 365
GOAL = 1.1
START_DAYS = 30
SERIES, ERRORS = (0.065, 0.13, 0.52, 0.82), (0.66, 0.13, 0.325, 0.82)
TRIAL: dict[bool, dict[str, Any]] = {
    corrected: line_style(1 - corrected) | {"linestyle": "", "markersize": 6} for corrected in (False, True)
}


class Scores(NamedTuple):
    """How far an average strays from the slow wave, root mean square, in °C.

    Attributes
    ----------
    year, start : float
        Over all days, and over the first `START_DAYS`.
    """

    year: float
    start: float


@cache
def temperatures() -> tuple[Tensor, Tensor]:
    """The lesson's made-up year: the temperature of each day, and the slow wave without the day's weather."""
    days = torch.arange(DAYS, dtype=torch.float64)
    weather = torch.randn(DAYS, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    wave = 15 - 8 * torch.cos(2 * math.pi * (days - 15) / 365)
    return wave + 3.5 * weather, wave


def average_demo(ewa: Average, ewa_corrected: Average) -> Demo:
    """Controls for β and the correction, over a year of temperatures and the error of every average tried.

    Parameters
    ----------
    ewa, ewa_corrected : callable
        The student's functions.
    """

    def draw(view: AverageView, *, beta: float, corrected: bool) -> str:
        return draw_average(ewa, ewa_corrected, view, beta=beta, corrected=corrected)

    return Demo(
        draw,
        {"beta": slider("β", 0.98, 0.0, 0.99, 0.01), "corrected": check_box("correct the start")},
        view=AverageView,
        needs=["ewa", "ewa_corrected"],
        goal=f"an average that stays within {GOAL} °C of the slow wave (root mean square over the year)",
        size=(9.5, 4.0),
    )


def score(average: Tensor) -> Scores:
    """Compare an average of the temperatures with the wave that they hide."""
    errors = (average - temperatures()[1]).square()
    return Scores(float(errors.mean().sqrt()), float(errors[:START_DAYS].mean().sqrt()))


class AverageView:
    """The figure of the averages, and what has been tried in it.

    Parameters
    ----------
    figure : Figure
        Is cleared and gets two panels.
    """

    def __init__(self, figure: Figure) -> None:
        Still(figure).show("year", draw_year)
        series, errors = bare(_panels(figure))
        self.tried: dict[bool, dict[float, float]] = {False: {}, True: {}}
        self.dots: dict[bool, Line2D] = {}
        for corrected, style in TRIAL.items():
            (self.dots[corrected],) = errors.plot([], [], **style)
        (self.here,) = errors.plot([], [], clip_on=False, **HERE | {"markersize": 14})
        (self.curve,) = series.plot([], [])

    def show(self, average: Tensor, *, beta: float, corrected: bool, error: float) -> None:
        """Draw an average, and its error among those of all that were tried."""
        self.curve.set_data(range(1, len(average) + 1), average)
        style = line_style(1 - corrected)
        self.curve.set(color=style["color"], linestyle=style["linestyle"], linewidth=2)
        self.tried[corrected][beta] = error
        for kind, dots in self.dots.items():
            dots.set_data([1 / (1 - tried) for tried in self.tried[kind]], list(self.tried[kind].values()))
        self.here.set_data([1 / (1 - beta)], [error])


def draw_average(ewa: Average, ewa_corrected: Average, view: AverageView, *, beta: float, corrected: bool) -> str:
    """Average the temperatures with the student's function and draw what comes out.

    Parameters
    ----------
    ewa, ewa_corrected : callable
        The student's functions.
    view : AverageView
        Where to draw; remembers the trial.
    beta : float
        Share of the past that is kept.
    corrected : bool
        Whether the start is corrected: which function is called.

    Returns
    -------
    str
        The errors and how far the goal is, for the line above the figure.
    """
    days, _ = temperatures()
    average = (ewa_corrected if corrected else ewa)(days, beta=beta)
    if average.shape != days.shape:
        raise ValueError(
            f"`{'ewa_corrected' if corrected else 'ewa'}` must return one average a day, of shape ({DAYS},). "
            f"Got shape {tuple(average.shape)}. Are the averages collected and stacked?"
        )
    found = score(average)
    view.show(average, beta=beta, corrected=corrected, error=found.year)
    reached = "The goal is reached." if found.year <= GOAL else f"Not yet: the goal is {GOAL} °C."
    return (
        f"β = {beta:.2f}, {'corrected' if corrected else 'not corrected'}, a memory of about {1 / (1 - beta):.0f} "
        f"{'day' if beta < 1 / 3 else 'days'}: {found.year:.2f} °C from the wave over the year, "
        f"{found.start:.2f} °C in the first {START_DAYS} days. {reached}"
    )


def draw_year(figure: Figure) -> None:
    """Draw the days, the wave and all labels."""
    series, errors = _panels(figure)
    days, wave = temperatures()
    number = range(1, DAYS + 1)
    series.plot(number, days, ".", color="0.72", label="one day")
    series.plot(number, wave, color="0.25", linewidth=1, label="slow wave")
    for corrected in (False, True):
        style = line_style(1 - corrected) | {"marker": "", "linewidth": 2}
        series.plot([], [], label="average, corrected" if corrected else "average", **style)
        errors.plot([], [], label="corrected" if corrected else "not corrected", **TRIAL[corrected])
    series.set(xlabel="day of the year", ylabel="temperature in °C")
    series.legend(loc="lower center", ncols=2, fontsize=8)
    errors.axhline(GOAL, label=f"goal: {GOAL} °C", **THRESHOLD)
    errors.set(xlabel="memory 1/(1 − β) in days", ylabel="distance from the wave in °C")
    errors.set_yticks([1, 2, 3, 4, 5, 6], ["1", "2", "3", "4", "5", "6"])
    errors.set_xticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"])
    errors.minorticks_off()
    errors.legend(loc="upper center", fontsize=8)


def _panels(figure: Figure) -> tuple[Axes, Axes]:
    series, errors = figure.add_axes(SERIES), figure.add_axes(ERRORS)
    series.set(xlim=(-5, DAYS + 6), ylim=(-9, 36))
    errors.set(xscale="log", yscale="log", xlim=(0.85, 120), ylim=(0.9, 12))
    return series, errors
