"""Escape from a saddle: how near the start lies, and what noise does to it."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, lru_cache, partial
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, check_box, count, held, joined, plain_log, power, slider
from steepest.demos._marks import HERE, THRESHOLD, legend_above
from steepest.demos._stage import Stage
from steepest.demos._touch import nearest
from steepest.demos.loss_landscapes.paths import Descend, drawable
from steepest.landscapes import Landscape, saddle
from steepest.plots import line_style, plot_contours
from steepest.trajectory import run, steps_to_reach

Kind = Callable[[Tensor], str]
Runs = Callable[..., Tensor]

N_STEPS = 80
N_NOISY = 16
START = (1.6, 1e-4)
LEFT_AT = 0.5
NEAR = 0.1
CLOSE = 0.05  # to the ridge, where a hand cannot tell one distance from another
LOWEST = 1e-13
NOISY: dict[str, Any] = {"color": line_style(1)["color"], "linewidth": 0.8, "linestyle": "-", "alpha": 0.8}
STYLE: dict[str, Any] = line_style(0) | {"markersize": 3}


def escape(descend: Descend, *, delta: float, noise: float, lr: float, along: float = START[0]) -> Tensor:
    """Descend from beside the ridge of a saddle, once along the gradient and often with noise added to it.

    Parameters
    ----------
    descend : callable
        One step of descent.
    delta : float
        Distance of the start from the ridge, negative below it.
    noise : float
        Standard deviation of the noise in each entry of a gradient.
    lr : float
        Learning rate.
    along : float
        Where the start lies along the ridge.

    Returns
    -------
    Tensor, shape (N_STEPS + 1, 1 + N_NOISY, 2)
        The paths, that without noise first.
    """
    generator = torch.Generator().manual_seed(3)
    start = torch.tensor([along, delta], dtype=torch.float64).repeat(1 + N_NOISY, 1)
    scale = torch.full((1 + N_NOISY, 1), noise, dtype=torch.float64)
    scale[0] = 0

    def noisy(theta: Tensor) -> Tensor:
        return _pass().gradient(theta) + scale * torch.randn(theta.shape, generator=generator, dtype=theta.dtype)

    return run(descend, noisy, start, state={}, n_steps=N_STEPS, lr=lr)


def saddle_demo(descend: Descend, classify_critical_point: Kind) -> Demo:
    """Controls for the start, the noise and the rate, over paths that leave a saddle.

    Parameters
    ----------
    descend : callable
        One step of descent, ``descend(theta, grad, state, *, lr)``.
    classify_critical_point : callable
        The student's function.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = saddle_demo(unwritten, unwritten)
    >>> list(demo.controls)
    ['delta', 'start', 'ridge', 'noise', 'lr', 'step']
    >>> demo.message.value
    'Write <code>classify_critical_point</code> and run the cell, then run this one again.'
    """
    runs = lru_cache(maxsize=16)(partial(escape, descend))  # so that playing them computes nothing

    def draw(stage: Stage, **values: Any) -> str:
        return draw_saddle(runs, classify_critical_point, stage, **values)

    demo = Demo(
        draw,
        {
            "delta": slider("distance δ", START[1], -12, 0, 0.1, log=True),
            "start": held(START),
            "ridge": check_box("exactly on the ridge"),
            "noise": slider("noise σ in the gradient", 0.0, 0.0, 0.8, 0.01),
            "lr": slider("rate η", 0.2, 0.05, 1.2, 0.05),
            "step": count("step", 40, 0, N_STEPS),
        },
        needs=["classify_critical_point"],
        goal=f"exactly on the ridge, have all {N_NOISY} noisy runs within {NEAR} of a minimum after {N_STEPS} steps",
        size=(9.5, 4.2),
        played="step",
    )
    _tie(demo)
    return demo


def _tie(demo: Demo) -> None:
    """Let the slider of the distance follow the start and the start the slider; both leave the ridge."""
    delta, start, ridge = (demo.controls[name] for name in ("delta", "start", "ridge"))

    def pulled(change: object) -> None:
        away = abs(start.value[1])
        if away > CLOSE:
            delta.value, ridge.value = nearest(delta, away), False
        elif not ridge.value:
            delta.value = min(delta.value, nearest(delta, CLOSE))

    def slid(change: object) -> None:
        ridge.value = False
        start.value = start.value[0], math.copysign(delta.value, start.value[1])

    start.observe(pulled, names="value")
    delta.observe(slid, names="value")


def draw_saddle(
    runs: Runs,
    classify_critical_point: Kind,
    stage: Stage,
    *,
    delta: float,
    start: tuple[float, float],
    ridge: bool,
    noise: float,
    lr: float,
    step: int,
) -> str:
    """Draw paths past a saddle, and how far from the ridge they are.

    Parameters
    ----------
    runs : callable
        `escape` with one step of descent.
    classify_critical_point : callable
        The student's function.
    stage : Stage
        Where to draw.
    delta : float
        Distance of the start from the ridge.
    start : tuple of float
        Where it lies along the ridge, and a number above 0 if it is above the ridge.
    ridge : bool
        Whether the distance is 0 instead.
    noise, lr : float
        Standard deviation of the noise, and learning rate.
    step : int
        How many steps are shown.

    Returns
    -------
    str
        Who has left, what the student's function says, and how far the goal is, for the line above the figure.
    """
    along, distance = start[0], 0.0 if ridge else math.copysign(delta, start[1])
    paths = runs(delta=distance, noise=noise, lr=lr, along=along)
    origin, bottom = (_pass().hessian(torch.tensor([0.0, y], dtype=torch.float64)) for y in (0.0, 1.0))
    kinds = classify_critical_point(origin), classify_critical_point(bottom)
    ground, away = stage.panels(draw_pass)
    shown = drawable(paths[: step + 1]).numpy()
    heights = abs(shown[:, :, 1]).clip(LOWEST / 100)
    ground.plot(*joined(shown[:, 1:].swapaxes(0, 1)).T, **NOISY)
    ground.plot(*shown[:, 0].T, **line_style(0))
    ground.plot(*shown[-1, 0], **HERE)
    ground.handle("start", along, distance, name="start of the descent")
    steps = range(step + 1)
    away.plot(*joined(np.stack([steps, line], axis=1) for line in heights[:, 1:].T).T, **NOISY)
    away.plot(steps, heights[:, 0], **STYLE)
    away.handle(("step", ""), step, heights[-1, 0].clip(LOWEST), name="step that is shown")
    label = f"δ = {_size(abs(distance))}, σ = {noise:.2f}, η = {lr:.2f}, step {step}"
    away.text(0.98 * N_STEPS, LOWEST * 3, label, ha="right", va="bottom", fontsize=10)
    said = f"Your function calls the origin a <b>{kinds[0]}</b> and (0, 1) a <b>{kinds[1]}</b>. {_left(paths, noise)}"
    if not ridge:
        return f"{said} For the goal, start on the ridge."
    if noise == 0:
        return f"{said} Not yet: there is no noise."
    arrived = int((_pass().distance(paths[-1, 1:]) <= NEAR).sum())
    reached = "The goal is reached" if arrived == N_NOISY else "Not yet"
    return f"{said} After {N_STEPS} steps {arrived} of {N_NOISY} noisy runs are within {NEAR} of a minimum. {reached}."


def _left(paths: Tensor, noise: float) -> str:
    """When the run without noise left, and the noisy ones in the median."""
    inside = (paths[:, :, 1].abs() <= LEFT_AT).double()
    left = [steps_to_reach(column, 0) for column in inside.T]
    without = f"leaves after {left[0]} steps" if left[0] is not None else f"has not left after {N_STEPS} steps"
    if noise == 0:
        return f"Without noise descent {without}."
    noisy = sorted(N_STEPS + 1 if number is None else number for number in left[1:])[N_NOISY // 2]
    return f"Without noise descent {without}; with it, " + (
        f"half of the runs have left after {noisy}." if noisy <= N_STEPS else f"most have not after {N_STEPS}."
    )


def draw_pass(figure: Figure) -> tuple[Axes, Axes]:
    """Draw level lines, minima and all labels."""
    left, right = figure.subplots(1, 2)
    plot_contours(_pass(), ax=left, resolution=101)
    left.set(title="", xlabel="along the ridge, θ₁", ylabel="the falling direction, θ₂")
    right.plot([], [], label="without noise", **STYLE)
    right.plot([], [], label=f"{N_NOISY} runs with noise", **NOISY)
    right.axhline(LEFT_AT, **THRESHOLD)
    right.text(N_STEPS, LEFT_AT / 1.6, f"beyond {LEFT_AT} it has left", color="0.35", fontsize=8, ha="right", va="top")
    right.set(xlabel="step", ylabel="distance from the ridge, |θ₂|", yscale="log")
    right.set(xlim=(-1, N_STEPS + 1), ylim=(LOWEST, 1e1), yticks=[1e-12, 1e-9, 1e-6, 1e-3, 1e0])
    legend_above(right, ncols=2)
    plain_log(right)
    return left, right


@cache
def _pass() -> Landscape:
    return saddle()


def _size(distance: float) -> str:
    """A distance in plain letters: 0.25, 10⁻⁴, or 2.5·10⁻⁴ between two powers."""
    if not 0 < distance < 0.01:
        return f"{distance:.2g}"
    exponent = math.floor(math.log10(distance) + 1e-9)
    front = round(distance / 10.0**exponent, 1)
    return power(exponent) if front == 1 else f"{front:g}·{power(exponent)}"
