"""Weighted averages of a noisy series, by the student's own `ewa` and `ewa_corrected`."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, check_box, counted, held, slider
from steepest.demos._marks import THRESHOLD
from steepest.demos._stage import Stage
from steepest.plots import line_style

Average = Callable[..., Tensor]
Tried = dict[bool, dict[float, float]]  # errors of either kind of average by β

DAYS = 365
GOAL = 1.1
START_DAYS = 30
PULLED = 200
BETAS = (0, 0.5, 0.8, 0.9, 0.99)
TRIAL: dict[bool, dict[str, Any]] = {kind: line_style(1 - kind) | {"linestyle": ""} for kind in (False, True)}
CURVE: dict[bool, dict[str, Any]] = {kind: line_style(1 - kind) | {"marker": "", "linewidth": 2} for kind in TRIAL}


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

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = average_demo(unwritten, unwritten)
    >>> list(demo.controls)
    ['beta', 'corrected', 'day']
    >>> demo.message.value
    'Write <code>ewa</code>, <code>ewa_corrected</code> and run the cell, then run this one again.'
    """
    tried: Tried = {False: {}, True: {}}

    def forget() -> None:
        for known in tried.values():
            known.clear()

    def draw(stage: Stage, **values: Any) -> str:
        return draw_average(ewa, ewa_corrected, stage, tried, **values)

    return Demo(
        draw,
        {
            "beta": slider("β", 0.98, 0.0, 0.99, 0.01),
            "corrected": check_box("correct the start"),
            "day": held(_as_it_was(PULLED)),
        },
        needs=["ewa", "ewa_corrected"],
        goal=f"an average that stays within {GOAL} °C of the slow wave (root mean square over the year)",
        size=(9.5, 4.0),
        forget=forget,
    )


def score(average: Tensor) -> Scores:
    """Compare an average of the temperatures with the wave that they hide."""
    errors = (average - temperatures()[1]).square()
    return Scores(float(errors.mean().sqrt()), float(errors[:START_DAYS].mean().sqrt()))


def draw_average(
    ewa: Average,
    ewa_corrected: Average,
    stage: Stage,
    tried: Tried,
    *,
    beta: float,
    corrected: bool,
    day: tuple[float, float],
) -> str:
    """Average the temperatures with the student's function and draw what comes out.

    Parameters
    ----------
    ewa, ewa_corrected : callable
        The student's functions.
    stage : Stage
        Where to draw.
    tried : dict
        Takes this trial, unless a day was pulled away.
    beta : float
        Share of the past that is kept.
    corrected : bool
        Whether the start is corrected: which function is called.
    day : tuple of float
        Number of the day that can be pulled, and the temperature that it has got.

    Returns
    -------
    str
        The errors and how far the goal is, for the line above the figure.
    """
    days, number = temperatures()[0].clone(), min(max(round(day[0]), 1), DAYS)
    days[number - 1] = day[1]
    average = (ewa_corrected if corrected else ewa)(days.clone(), beta=beta)
    if average.shape != days.shape:
        raise ValueError(
            f"`{'ewa_corrected' if corrected else 'ewa'}` must return one average a day, of shape ({DAYS},). "
            f"Got shape {tuple(average.shape)}. Are the averages collected and stacked?"
        )
    found, was = score(average), _as_it_was(number)
    pulled = day[1] != was[1]
    if not pulled:
        tried[corrected][beta] = found.year
    series, errors = stage.panels(draw_year, corrected)
    if pulled:
        series.plot(*zip(was, (number, day[1]), strict=True), color="0.4", linewidth=1, linestyle=":")
    series.plot(range(1, DAYS + 1), average, **CURVE[corrected])
    series.handle("day", number, day[1], name="one day and its temperature")
    for kind, known in tried.items():
        errors.plot(list(known), list(known.values()), **TRIAL[kind])
    errors.handle(("beta", ""), beta, found.year, name="β")
    said = (
        f"β = {beta:.2f}, {'corrected' if corrected else 'not corrected'}, a memory of about "
        f"{counted(round(1 / (1 - beta)), 'day')}: {found.year:.2f} °C from the wave over the year, "
        f"{found.start:.2f} °C in the first {START_DAYS} days."
    )
    if pulled:
        return f"{said} Day {number} is moved: for the goal, press reset."
    return f"{said} {'The goal is reached.' if found.year <= GOAL else f'Not yet: the goal is {GOAL} °C.'}"


def draw_year(figure: Figure, corrected: bool) -> tuple[Axes, Axes]:
    """Draw the days, the wave and all labels."""
    series, errors = figure.subplots(1, 2, width_ratios=(1.3, 1))
    number = range(1, DAYS + 1)
    days, wave = temperatures()
    series.plot(number, days, ".", color="0.72", label="one day")
    series.plot(number, wave, color="0.25", linewidth=1, label="slow wave")
    series.plot([], [], label="average, corrected" if corrected else "average", **CURVE[corrected])
    for kind, label in enumerate(("not corrected", "corrected")):
        errors.plot([], [], label=label, **TRIAL[bool(kind)])
    series.set(xlabel="day of the year", ylabel="temperature in °C", xlim=(-5, DAYS + 6), ylim=(-9, 36))
    series.legend(loc="lower center", ncols=2, fontsize=8)
    errors.axhline(GOAL, label=f"goal: {GOAL} °C", **THRESHOLD)
    errors.set(xlabel="β, and the memory 1/(1 − β) in days", ylabel="distance from the wave in °C")
    errors.set(yscale="log", xlim=(-0.03, 1.01), ylim=(0.9, 12))
    errors.set_yticks([1, 2, 3, 4, 5, 6], ["1", "2", "3", "4", "5", "6"])
    errors.set_xticks(BETAS, [f"{beta:g}\n{1 / (1 - beta):.0f}" for beta in BETAS], fontsize=9)
    errors.minorticks_off()
    errors.legend(loc="upper center", fontsize=8)
    return series, errors


def _as_it_was(number: int) -> tuple[float, float]:
    return float(number), float(temperatures()[0][number - 1])
