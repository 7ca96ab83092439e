"""The path of the student's own `momentum_step` down a bowl, with momentum and without."""

from __future__ import annotations

from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, check_box, held, plain_log, slider
from steepest.demos._marks import MINIMUM, THRESHOLD, legend_above
from steepest.demos._stage import Stage
from steepest.demos.momentum.forms import ARRIVED, FAR, LEVEL, START, Step, as_far_as, ellipses, rate_factor
from steepest.landscapes import quadratic
from steepest.plots import line_style
from steepest.trajectory import init_state, run, steps_to_reach

N_STEPS = 120
GOAL, CONDITION = 20, 30
SHOWN = 2.0
LEVELS = (0.002, 0.02, 0.06, 0.14, 0.3, 0.5, 0.8, 1.2, 1.7)
STYLES: tuple[dict[str, Any], ...] = tuple(line_style(number) for number in (0, 1))
LABELS = ("your β", "β = 0")


def momentum_demo(momentum_step: Step) -> Demo:
    """Sliders for the rate, β and the condition number, over the path that the student's function takes.

    Parameters
    ----------
    momentum_step : callable
        The student's function.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = momentum_demo(unwritten)
    >>> list(demo.controls)
    ['lr', 'beta', 'condition', 'averaged', 'start']
    >>> demo.message.value
    'Write <code>momentum_step</code> and run the cell, then run this one again.'
    """

    def draw(stage: Stage, **values: Any) -> str:
        return draw_momentum(momentum_step, stage, **values)

    return Demo(
        draw,
        {
            "lr": slider("rate η", 1.8, 0.05, 4.0, 0.05),
            "beta": slider("β", 0.0, 0.0, 0.99, 0.01),
            "condition": slider("condition κ", CONDITION, 1, 100, 1),
            "averaged": check_box("averaged form"),
            "start": held(START),
        },
        needs=["momentum_step"],
        goal=f"at κ = {CONDITION}, from the first start, be within {ARRIVED} of the minimum in {GOAL} steps or fewer",
        size=(9.5, 4.0),
    )


def draw_momentum(
    momentum_step: Step,
    stage: Stage,
    *,
    lr: float,
    beta: float,
    condition: float,
    averaged: bool,
    start: tuple[float, float] = START,
) -> str:
    """Draw the path and the distance to the minimum, with momentum and without.

    Parameters
    ----------
    momentum_step : callable
        The student's function, in any form of momentum.
    stage : Stage
        Where to draw.
    lr, beta, condition : float
        Learning rate, share of the velocity that is kept, condition number of the bowl.
    averaged : bool
        Whether the velocity shall be the weighted average of gradients.
    start : tuple of float
        Where both begin.

    Returns
    -------
    str
        How many steps each took and how far the goal is, for the line above the figure.
    """
    bowl = quadratic(condition)
    hessian = bowl.hessian(torch.tensor(start, dtype=torch.float64))
    ground, distances = stage.panels(draw_frames)
    ground.title(f"quadratic, condition number {condition:g}")
    ground.plot(*ellipses(condition, LEVELS).T, **LEVEL)
    ground.plot(0, 0, **MINIMUM)
    arrived: list[int | None] = []
    for memory, style in ((0.0, STYLES[1]), (beta, STYLES[0]))[: 2 if beta > 0 else 1]:
        path = _path(momentum_step, hessian, start, lr=lr, beta=memory, averaged=averaged)
        distance = bowl.distance(path)
        ground.plot(*as_far_as(path, SHOWN).T, **style)
        distances.plot(range(N_STEPS + 1), distance.clamp(max=FAR), **style, markevery=12)
        arrived.append(steps_to_reach(distance, ARRIVED))
    ground.handle("start", *start, name="start of both paths")
    told = [_said(label, steps) for label, steps in zip(("β = 0", f"β = {beta:.2f}"), arrived, strict=False)]
    said = f"{'; '.join(reversed(told))}."
    apart = {f"at κ = {CONDITION}": condition != CONDITION, "in the taught form": averaged,
             "from the first start": start != START}  # fmt: skip
    if any(apart.values()):
        return f"{said} The goal counts only {', '.join(told for told, differs in apart.items() if differs)}."
    return f"{said} {'The goal is reached.' if (arrived[-1] or N_STEPS) <= GOAL else 'Not yet.'}"


def draw_frames(figure: Figure) -> tuple[Axes, Axes]:
    """Draw what is the same for all bowls: frames and labels."""
    paths, distances = figure.subplots(1, 2)
    paths.set(xlabel="θ₁", ylabel="θ₂", title=" ", xlim=(-SHOWN, SHOWN), ylim=(-SHOWN, SHOWN))
    distances.plot([], [], label="minimum", **MINIMUM)
    for label, style in zip(LABELS, STYLES, strict=True):
        distances.plot([], [], label=label, **style)
    distances.axhline(ARRIVED, **THRESHOLD)
    distances.set(xlabel="step", ylabel="distance to the minimum", yscale="log")
    distances.set(xlim=(-3, N_STEPS + 3), ylim=(1e-6, 1e2))
    plain_log(distances)
    legend_above(distances, ncols=3, fontsize=9, columnspacing=2)
    return paths, distances


def _path(step: Step, hessian: Tensor, start: tuple[float, float], *, lr: float, beta: float, averaged: bool) -> Tensor:
    place = torch.tensor(start, dtype=torch.float64)
    rate = lr * rate_factor(step, place, beta, averaged)
    state = init_state("momentum", place)
    return run(step, lambda theta: hessian @ theta, place, state=state, n_steps=N_STEPS, lr=rate, beta=beta)


def _said(label: str, steps: int | None) -> str:
    if steps is None:
        return f"{label}: not within {ARRIVED} after {N_STEPS} steps"
    return f"{label}: within {ARRIVED} of the minimum after {steps} steps"
