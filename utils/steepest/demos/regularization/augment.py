"""Moved and noisy digits by the student's own function, and what nets that learn from them do on two test sets."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Generator

from steepest.demos._demo import Demo, count, counted, running_loop, slider
from steepest.demos._marks import THRESHOLD, legend_above
from steepest.demos._sheet import sheet
from steepest.demos._stage import Stage
from steepest.demos.regularization.training import EVERY, N_STEPS, Digits, Mix, Run, Shift
from steepest.plots import line_style

CATCH_UP_SECONDS = 0.012  # of training for one picture
ACROSS, DOWN = 4, 5  # digits that are shown
SHIFTED_GOAL, CENTRED_GOAL = 25.0, 8.0  # percent
TOP = 100.0
MOST_NOISE = 0.6
SETS = ("centred", "shifted by ≤ 1 pixel")
STYLES = tuple(line_style(number) | {"markersize": 3} for number in range(2))
GOALS = (CENTRED_GOAL, SHIFTED_GOAL)
TRIED: dict[str, Any] = {"color": "black", "linestyle": "", "marker": "x", "markersize": 7}
MET: dict[str, Any] = {"color": "black", "linestyle": "", "marker": "*", "markersize": 13}


def augment_demo(shift_images: Shift) -> Demo:
    """What the nets are shown, over the digits that they see and their errors on two test sets.

    Parameters
    ----------
    shift_images : callable
        The student's function.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = augment_demo(unwritten)
    >>> list(demo.controls)
    ['step', 'shift', 'share', 'noise']
    >>> demo.message.value
    'Write <code>shift_images</code> and run the cell, then run this one again.'
    """
    digits = Digits(shift_images)
    made: list[Demo] = []

    def draw(stage: Stage, *, step: int, shift: int, share: float, noise: float) -> str:
        run = digits.run(Mix(shift, share, noise))
        live = made and running_loop()  # else nothing would draw what is left
        run.train(step, CATCH_UP_SECONDS if live else math.inf)
        if run.step < step:
            made[0].update_soon()
        return draw_training(digits, run, stage, step=step)

    demo = Demo(
        draw,
        {
            "step": count("step", 60, 0, N_STEPS, EVERY),
            "shift": count("moved by at most (pixels)", 0, 0, 2),
            "share": slider("share of digits moved", 1.0, 0.0, 1.0, 0.05),
            "noise": slider("noise σ", 0.0, 0.0, MOST_NOISE, 0.05),
        },
        needs=["shift_images"],
        goal=f"after {N_STEPS} steps, below {SHIFTED_GOAL:g} % errors on the shifted test set and below "
        f"{CENTRED_GOAL:g} % on the centred one",
        size=(9.5, 3.9),
        played="step",
    )
    made.append(demo)
    return demo


def draw_training(digits: Digits, run: Run, stage: Stage, *, step: int) -> str:
    """Draw what the nets see, their errors up to a step, and which mixtures have been tried.

    Parameters
    ----------
    digits : Digits
        Knows all mixtures.
    run : Run
        The training that is looked at, as far as it has come.
    stage : Stage
        Where to draw.
    step : int
        Up to where.

    Returns
    -------
    str
        The errors and how far the goal is, for the line above the figure.
    """
    shown = run.errors[: step // EVERY + 1]
    seen, curves, mixtures = stage.panels(draw_frames)
    seen.heat(_sheet(digits, run.mix), (0, ACROSS), (0, DOWN))
    for column, style in zip(shown.T, STYLES, strict=True):
        curves.plot(range(0, EVERY * len(shown), EVERY), column, **style)
    curves.handle(("step", ""), step, float(shown[-1, 1]), name="step")
    mixtures.title(f"moved by at most {counted(run.mix.shift, 'pixel')}")
    for other in (one for one in digits.finished if one.mix.shift == run.mix.shift):
        mixtures.plot(other.mix.share, other.mix.noise, **MET if _reached(other) else TRIED)
    mixtures.handle(("share", "noise"), run.mix.share, run.mix.noise, name="share of digits moved, and noise")
    centred, shifted = shown[-1].tolist()
    said = (
        f"Step {EVERY * (len(shown) - 1)}: {centred:.1f} % errors on centred digits, {shifted:.1f} % on shifted ones. "
    )
    if len(shown) <= N_STEPS // EVERY:
        return f"{said}For the goal, go on to step {N_STEPS}."
    return said + ("The goal is reached." if _reached(run) else "Not yet.")


def draw_frames(figure: Figure) -> tuple[Axes, Axes, Axes]:
    """Draw axes, labels and the legend."""
    seen, curves, mixtures = figure.subplots(1, 3, width_ratios=[1, 1.6, 1])
    seen.set(xlim=(0, ACROSS), ylim=(0, DOWN), xticks=[], yticks=[], xlabel="what the nets see", aspect="equal")
    for label, goal, style in zip(SETS, GOALS, STYLES, strict=True):
        curves.plot([], [], label=label, **style)
        curves.axhline(goal, **THRESHOLD)
        where = {"transform": curves.get_yaxis_transform(), "va": "center"}
        curves.text(1.01, goal, f"{goal:g}", color="0.35", fontsize=8, **where)
    curves.set(xlabel="step", ylabel="test error in %", xlim=(-8, N_STEPS + 8), ylim=(0, TOP))
    legend_above(curves, ncols=2)
    mixtures.plot([], [], label="tried", **TRIED)
    mixtures.plot([], [], label="goal reached", **MET | {"markersize": 10})
    mixtures.set(xlabel="share of digits moved", ylabel="noise σ", xlim=(-0.06, 1.06), ylim=(-0.04, MOST_NOISE + 0.14))
    mixtures.legend(loc="upper left", fontsize=8, ncols=2)
    return seen, curves, mixtures


def _reached(run: Run) -> bool:
    return run.step == N_STEPS and all(error < goal for error, goal in zip(run.errors[-1].tolist(), GOALS, strict=True))


def _sheet(digits: Digits, mix: Mix) -> np.ndarray:
    """Some digits of a mixture side by side."""
    rows, _ = digits.drawn(mix, ACROSS * DOWN, Generator().manual_seed(3))
    return sheet(rows, ACROSS)
