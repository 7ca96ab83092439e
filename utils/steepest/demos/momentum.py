"""Demos of `05_momentum`: averages, a ball in a bowl and the map of its rates, by the student's own functions."""

from __future__ import annotations

from functools import partial

import torch
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, check_box, plain_log, slider
from steepest.demos._momentum_averages import AverageView, average_demo, draw_average, score, temperatures
from steepest.demos._momentum_forms import Step, rate_factor
from steepest.demos._momentum_map import RateMap, Scene, convergence_map_demo, draw_convergence_map, rate_map
from steepest.landscapes import Landscape, quadratic
from steepest.plots import plot_contours, plot_curves, plot_path
from steepest.trajectory import init_state, run, steps_to_reach

__all__ = [
    "AverageView",
    "RateMap",
    "Scene",
    "average_demo",
    "convergence_map_demo",
    "draw_average",
    "draw_convergence_map",
    "draw_momentum",
    "momentum_demo",
    "rate_map",
    "score",
    "temperatures",
]

START = (-1.8, 1.2)
N_STEPS = 120
ARRIVED = 0.01


def momentum_demo(momentum_step: Step) -> Demo:
    """Sliders for the rate, β and the condition number, over the path that the student's function takes.

    Parameters
    ----------
    momentum_step : callable
        The student's function.
    """
    return Demo(
        partial(draw_momentum, momentum_step),
        {
            "lr": slider("rate η", 1.8, 0.05, 4.0, 0.05),
            "beta": slider("β", 0.0, 0.0, 0.99, 0.01),
            "condition": slider("condition κ", 30, 1, 100, 1),
            "averaged": check_box("averaged form"),
        },
        needs=["momentum_step"],
        goal="come within 0.01 of the minimum in fewer than 25 steps, at κ = 30",
        size=(9.5, 4.0),
    )


def draw_momentum(
    momentum_step: Step, figure: Figure, *, lr: float, beta: float, condition: float, averaged: bool
) -> str:
    """Draw the path and the distance to the minimum, with momentum and without.

    Parameters
    ----------
    momentum_step : callable
        The student's function, in any form of momentum.
    figure : Figure
        Is cleared and drawn anew.
    lr, beta, condition : float
        Learning rate, share of the velocity that is kept, condition number of the bowl.
    averaged : bool
        Whether the velocity shall be the weighted average of gradients.

    Returns
    -------
    str
        How many steps each took, for the line above the figure.
    """
    bowl = quadratic(condition)
    paths = {
        label: _path(momentum_step, bowl, lr=lr, beta=memory, averaged=averaged)
        for label, memory in {f"β = {beta:.2f}": beta, "β = 0": 0.0}.items()
        if memory > 0 or label == "β = 0"
    }
    figure.clear()
    # margins are fixed: a layout engine takes longer than all the rest
    left, right = figure.subplots(1, 2, gridspec_kw={"left": 0.07, "right": 0.98, "bottom": 0.13, "wspace": 0.22})
    plot_contours(bowl, ax=left, resolution=81)
    for number, (label, path) in enumerate(paths.items()):
        plot_path(path, ax=left, label=label, number=number)
    distances = {label: bowl.distance(path) for label, path in paths.items()}
    plot_curves(distances, ax=right, xlabel="step", ylabel="distance to the minimum", log_y=True)
    right.axhline(ARRIVED, color="0.5", linewidth=0.8)
    right.set_ylim(1e-6, 1e2)
    plain_log(right)
    return "; ".join(_said(label, distance) for label, distance in distances.items())


def _path(step: Step, bowl: Landscape, *, lr: float, beta: float, averaged: bool) -> Tensor:
    start = torch.tensor(START, dtype=torch.float64)
    rate = lr * rate_factor(step, start, beta, averaged)
    state = init_state("momentum", start)
    return run(step, bowl.gradient, start, state=state, n_steps=N_STEPS, lr=rate, beta=beta)


def _said(label: str, distance: Tensor) -> str:
    steps = steps_to_reach(distance, ARRIVED)
    if steps is None:
        return f"{label}: not within {ARRIVED} after {N_STEPS} steps"
    return f"{label}: within {ARRIVED} of the minimum after {steps} steps"
