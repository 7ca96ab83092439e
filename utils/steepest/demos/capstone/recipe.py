"""A budget of steps and rows, spent by the student's own three functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, count, counted, running_loop, steps
from steepest.demos._marks import THRESHOLD, legend_above
from steepest.demos._stage import Stage
from steepest.demos.capstone.entrant import EVERY, SEEDS, Budget, Entrant, Functions, memory
from steepest.learning import STEPS
from steepest.plots import line_style

SLICE_SECONDS = 0.03  # of training for one picture
SIZES = (16, 32, 64, 128, 256)
FEWEST, APART = 50, 25
GOAL, GOAL_STEPS = 60.0, 200
LOW, HIGH = 0.0, 80.0
NOW, EARLIER = line_style(0), {"color": "0.7", "linewidth": 1.0}
TRIED: dict[str, Any] = {"color": "black", "linestyle": "", "marker": "x", "markersize": 6}
MET: dict[str, Any] = {"color": "black", "linestyle": "", "marker": "*", "markersize": 12}
MEMORY: dict[str, Any] = line_style(1) | {"marker": "", "linewidth": 1.2}
BAR = 2.5  # height of the progress bar, in points of accuracy


def recipe_demo(
    prepare_training: Callable[..., Any], train_step: Callable[..., Any], predict_digits: Callable[..., Any]
) -> Demo:
    """Numbers of steps and of rows a step, over the accuracies that five trainings reach with them.

    Parameters
    ----------
    prepare_training, train_step, predict_digits : callable
        The student's functions.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = recipe_demo(unwritten, unwritten, unwritten)
    >>> list(demo.controls)
    ['n_steps', 'size']
    """
    functions = Functions(prepare_training, train_step, predict_digits)
    runs: dict[Budget, Entrant] = {}
    made: list[Demo] = []

    def draw(stage: Stage, *, n_steps: int, size: int) -> str:
        budget = Budget(n_steps, size)
        run = runs.pop(budget, None) or Entrant(functions, budget)  # one that fails is begun anew
        live = made and running_loop()  # else nothing would draw what is left
        run.train(SLICE_SECONDS if live else math.inf)
        runs[budget] = run
        if run.step < n_steps:
            made[0].update_soon()
        return draw_runs(runs, run, stage)

    demo = Demo(
        draw,
        {"n_steps": count("steps", 100, FEWEST, STEPS, APART), "size": steps("rows a step", 64, SIZES)},
        needs=["prepare_training", "train_step", "predict_digits"],
        goal=f"{GOAL:g} % right with {GOAL_STEPS} steps or fewer",
        size=(9.5, 4.0),
        forget=runs.clear,
    )
    made.append(demo)
    return demo


def draw_runs(runs: Mapping[Budget, Entrant], run: Entrant, stage: Stage) -> str:
    """Draw accuracies by step, and which budgets have been tried.

    Parameters
    ----------
    runs : mapping of Budget to Entrant
        All trainings so far.
    run : Entrant
        The one that is looked at.
    stage : Stage
        Where to draw.

    Returns
    -------
    str
        What was reached and how far the goal is, for the line above the figure.
    """
    curves, budgets = stage.panels(draw_frames)
    done = {other.budget: other.curve[-1] for other in runs.values() if other.step == other.budget.n_steps}
    for other in runs.values():
        if other is not run and other.budget in done:
            curves.plot(range(0, EVERY * len(other.curve), EVERY), other.curve.mean(dim=1), **EARLIER)
    at, mean, error = range(0, EVERY * len(run.curve), EVERY), run.curve.mean(dim=1), _error(run.curve)
    curves.area(at, mean - error, mean + error, color=NOW["color"], alpha=0.25)
    curves.plot(at, mean, **NOW | {"markersize": 3})
    curves.handle(("n_steps", ""), run.budget.n_steps, float(mean[-1]), name="number of steps")
    if run.budget not in done:
        width = run.share * STEPS
        curves.bars(width / 2, BAR, width=width, color="0.45")
        curves.text(5, BAR + 1.5, f"training: {run.share:.0%}", color="0.3")
    for budget, last in done.items():
        budgets.plot(budget.n_steps, budget.size, **MET if _reached(budget, last) else TRIED)
        budgets.text(
            budget.n_steps, budget.size * 1.13, f"{float(last.mean()):.0f}", ha="center", fontsize=8, color="0.25"
        )
    budgets.handle(("n_steps", "size"), run.budget.n_steps, run.budget.size, name="steps, and rows a step")
    return _said(run, finished=run.budget in done)


def draw_frames(figure: Figure) -> tuple[Axes, Axes]:
    """Draw axes, labels, the accuracy of memory, and budgets of equally many rows."""
    curves, budgets = figure.subplots(1, 2, width_ratios=[1.35, 1])
    curves.axhline(GOAL, **THRESHOLD)
    curves.axvline(GOAL_STEPS, **THRESHOLD)
    curves.plot([], [], label="your functions, ± standard error", **NOW | {"markersize": 3})
    curves.plot([0, STEPS], 2 * [memory()], label="5 nearest rows", **MEMORY)
    curves.set(xlabel="step", ylabel="accuracy in %", xlim=(-6, STEPS + 12), ylim=(LOW, HIGH))
    legend_above(curves, ncols=2)
    for rows in (3_200, 6_400, 12_800, 25_600, 51_200):
        ends = [max(FEWEST, rows / SIZES[-1]), min(STEPS, rows / SIZES[0])]
        budgets.plot(ends, [rows / end for end in ends], color="0.85", linewidth=1, zorder=0)
    budgets.plot([], [], color="0.85", label="equally many rows")
    budgets.axvline(GOAL_STEPS, **THRESHOLD)
    budgets.plot([], [], label="tried", **TRIED)
    budgets.plot([], [], label="goal reached", **MET | {"markersize": 9})
    budgets.set(xscale="log", yscale="log", xlabel="steps", ylabel="rows a step")
    budgets.set(xlim=(FEWEST / 1.15, STEPS * 1.15), ylim=(SIZES[0] / 1.25, SIZES[-1] * 1.45))
    budgets.set_xticks([50, 100, 200, 400], ["50", "100", "200", "400"], minor=False)
    budgets.set_yticks(SIZES, [str(size) for size in SIZES], minor=False)
    budgets.minorticks_off()
    legend_above(budgets, ncols=3)
    return curves, budgets


def _error(curve: Tensor) -> Tensor:
    """The standard error of the mean over the seeds."""
    error: Tensor = curve.std(dim=-1) / len(SEEDS) ** 0.5
    return error


def _reached(budget: Budget, last: Tensor) -> bool:
    return budget.n_steps <= GOAL_STEPS and float(last.mean()) >= GOAL


def _said(run: Entrant, *, finished: bool) -> str:
    budget, last = run.budget, run.curve[-1]
    said = (
        f"{counted(budget.n_steps, 'step')} of {counted(budget.size, 'row')}, {budget.n_steps * budget.size} in all: "
    )
    if not finished:
        return f"{said}training, {run.share:.0%} done."
    said += f"{float(last.mean()):.1f} ± {float(_error(last)):.1f} % right. "
    if budget.n_steps > GOAL_STEPS:
        return f"{said}For the goal, take {GOAL_STEPS} steps or fewer."
    return said + ("The goal is reached." if _reached(budget, last) else "Not yet.")
