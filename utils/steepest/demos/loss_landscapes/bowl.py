"""Condition number and rotation of a bowl, and the error along each eigenvector while descent goes on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, check_box, count, counted, held, joined, plain_log, slider, steps
from steepest.demos._marks import DIAMOND, MINIMUM, THRESHOLD, legend_above
from steepest.demos._stage import Stage
from steepest.demos.loss_landscapes.paths import Descend, drawable
from steepest.landscapes import quadratic
from steepest.plots import line_style
from steepest.trajectory import run, steps_to_reach

OfHessian = Callable[[Tensor], Tensor]

CONDITIONS = (1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 40, 50, 70, 100)
START = (-1.8, 1.2)
N_STEPS = 80
ARRIVED = 0.001
NEAR = 0.01
GOAL_CONDITION = 10
LOWEST = 1e-8
WINDOW = 2.3
REACH = 0.21  # how far the level line that is taken by hand reaches in the steep direction
HEIGHTS = (0.01, 0.05, 0.15, 0.4, 0.8, 1.4, 2.2)
LEVEL: dict[str, Any] = {"color": "0.7", "linewidth": 0.7}
DIRECTIONS: dict[str, dict[str, Any]] = {
    "along the flat direction": line_style(1) | {"markersize": 4},
    "along the steep direction": line_style(2) | {"markersize": 4},
}


class Roll(NamedTuple):
    """What descent did in a bowl.

    Attributes
    ----------
    path : Tensor, shape (N_STEPS + 1, 2)
        The start and every point on the way.
    errors : Tensor, shape (N_STEPS + 1, 2)
        The points by their components along the flat and along the steep eigenvector.
    factors : tuple of float
        By what a step multiplies an error along the flat and along the steep eigenvector.
    hessian, directions : Tensor, shape (2, 2)
        The matrix that the student's functions are asked about, and its flat and its steep eigenvector in columns.
    """

    path: Tensor
    errors: Tensor
    factors: tuple[float, float]
    hessian: Tensor
    directions: Tensor


def roll(descend: Descend, *, lr: float, condition: float, angle: float, start: tuple[float, float] = START) -> Roll:
    """Descend in a bowl that is turned by an angle in degrees, and take the errors apart by direction."""
    hessian, directions = _bowl(condition, angle)
    first, both = torch.tensor(start, dtype=torch.float64), directions.sum(dim=1)
    path = run(descend, lambda theta: hessian @ theta, first, state={}, n_steps=N_STEPS, lr=lr)
    flat, steep = (descend(both, hessian @ both, {}, lr=lr)[0] @ directions).tolist()
    return Roll(path, path @ directions, (flat, steep), hessian, directions)


def bowl_demo(descend: Descend, condition_number: OfHessian, stable_lr_limit: OfHessian, optimal_lr: OfHessian) -> Demo:
    """Controls for rate, condition number and angle, over the path in a bowl and its error by eigenvector.

    Parameters
    ----------
    descend : callable
        One step of descent, ``descend(theta, grad, state, *, lr)``.
    condition_number, stable_lr_limit, optimal_lr : callable
        The student's functions.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = bowl_demo(unwritten, unwritten, unwritten, unwritten)
    >>> list(demo.controls)
    ['lr', 'condition', 'angle', 'reveal', 'start']
    """

    def draw(stage: Stage, **values: Any) -> str:
        return draw_bowl(descend, (condition_number, stable_lr_limit, optimal_lr), stage, **values)

    return Demo(
        draw,
        {
            "lr": slider("rate η", 1.5, 0.02, 2.1, 0.01),
            "condition": steps("condition κ", 10, CONDITIONS),
            "angle": count("turned by (°)", 30, 0, 360),
            "reveal": check_box("what my functions say"),
            "start": held(START),
        },
        needs=["condition_number", "stable_lr_limit", "optimal_lr"],
        goal=f"at κ = {GOAL_CONDITION} or more, let both errors shrink by the same factor (to within {NEAR})",
    )


def draw_bowl(
    descend: Descend, functions: tuple[OfHessian, OfHessian, OfHessian], stage: Stage,
    *, lr: float, condition: float, angle: float, reveal: bool, start: tuple[float, float] = START,
) -> str:  # fmt: skip
    """Draw the path in a bowl and the error along both of its eigenvectors.

    Parameters
    ----------
    descend : callable
        One step of descent.
    functions : tuple of callable
        The student's `condition_number`, `stable_lr_limit` and `optimal_lr`.
    stage : Stage
        Where to draw.
    lr, condition, angle : float
        Learning rate, condition number, and by how many degrees the bowl is turned.
    reveal : bool
        Whether to tell what the student's functions say of the bowl.
    start : tuple of float
        Where descent begins.

    Returns
    -------
    str
        The factors and how far the goal is, for the line above the figure.
    """
    done = roll(descend, lr=lr, condition=condition, angle=angle, start=start)
    kappa, limit, best = (float(function(done.hessian)) for function in functions)
    _show(stage, done, lr=lr, condition=condition, angle=angle)
    flat, steep = done.factors
    arrived = steps_to_reach(done.path.norm(dim=1), ARRIVED)
    said = f"Each step multiplies the error along the flat direction by {_signed(flat)}, along the steep one by "
    said += f"{_signed(steep)}: " + (
        f"within {ARRIVED} of the minimum after {counted(arrived, 'step')}."
        if arrived is not None
        else f"not within {ARRIVED} after {N_STEPS} steps."
    )
    if reveal:
        entries = ", ".join(f"{entry:.2f}".replace("-", "−") for entry in done.hessian[[0, 0, 1], [0, 1, 1]].tolist())
        said += (
            f" The Hessian has the entries {entries}; your functions say κ = {kappa:.3g}, "
            f"limit {limit:.2f}, best rate {best:.3f}."
        )
    if condition < GOAL_CONDITION:
        return f"{said} The goal is set for κ = {GOAL_CONDITION} or more."
    reached = abs(abs(flat) - abs(steep)) <= NEAR
    return f"{said} {'The goal is reached.' if reached else 'Not yet: one error shrinks faster.'}"


def _show(stage: Stage, done: Roll, *, lr: float, condition: float, angle: float) -> None:
    ground, errors = stage.panels(draw_frames)
    path, turned = drawable(done.path).numpy(), done.directions.numpy()
    downhill = -done.hessian.numpy() @ path[0]
    steepness = float(downhill @ downhill)

    def rate_to(x: float, y: float) -> tuple[float, float]:
        reached = float(downhill @ ([x, y] - path[0])) / steepness if steepness else lr
        return reached, reached

    def bowl_to(x: float, y: float) -> tuple[float, float]:
        return math.degrees(math.atan2(y, x)) % 360, (math.hypot(x, y) / REACH) ** 2

    ground.title(f"η = {lr:.2f}, κ = {condition:g}, turned by {angle:g}°")
    for direction, style in zip(turned.T, DIRECTIONS.values(), strict=True):
        ground.plot(*np.outer(direction, [-9, 9]), **style | {"marker": ""})
    ground.plot(*(_ellipses(HEIGHTS, condition) @ turned.T).T, **LEVEL)
    ground.plot(*(_ellipses([REACH**2 / 2], condition) @ turned.T).T, color="0.35", linewidth=1.4)
    ground.plot(*path.T, **line_style(0) | {"linewidth": 1.1})
    end = REACH * math.sqrt(condition) * turned[:, 0]
    landing = path[1].clip(-WINDOW, WINDOW)
    for letter, place in (("η", landing), ("κ", end), ("start", path[0])):
        ground.text(place[0] + 0.15, place[1] - 0.05, letter, va="top")
    ground.handle(("lr", "lr"), *landing, name="rate η, by the first step", means=rate_to)
    ground.handle(("angle", "condition"), *end, name="end of the flat axis: angle and κ", means=bowl_to, **DIAMOND)
    ground.handle("start", *path[0], name="start of the path")
    for error, style in zip(done.errors.numpy().T, DIRECTIONS.values(), strict=True):
        errors.plot(range(N_STEPS + 1), abs(error).clip(LOWEST / 100, 1e9), markevery=5, **style)


def draw_frames(figure: Figure) -> tuple[Axes, Axes]:
    """Draw the minimum and all labels."""
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.2))
    left.plot(0, 0, **MINIMUM)
    left.set(xlabel="parameter θ₁", ylabel="parameter θ₂", aspect="equal")  # angles are true
    left.set(xlim=(-WINDOW, WINDOW), ylim=(-WINDOW, WINDOW))
    for label, style in DIRECTIONS.items():
        right.plot([], [], label=label, **style)
    right.axhline(ARRIVED, **THRESHOLD)
    right.text(0, 0.7 * ARRIVED, f"{ARRIVED}", color="0.35", fontsize=8, va="top")
    right.set(xlabel="step", ylabel="size of the error", yscale="log", xlim=(-1, N_STEPS + 1), ylim=(LOWEST, 1e2))
    legend_above(right, ncols=2)
    plain_log(right)
    return left, right


@lru_cache(maxsize=256)
def _bowl(condition: float, angle: float) -> tuple[Tensor, Tensor]:
    """The Hessian, and its flat and its steep eigenvector in columns."""
    turn = math.radians(angle)
    bowl = quadratic(condition, angle=turn)
    cos, sin = math.cos(turn), math.sin(turn)
    directions = torch.tensor([[cos, -sin], [sin, cos]], dtype=torch.float64)
    return bowl.hessian(torch.zeros(2, dtype=torch.float64)), directions


def _ellipses(heights: Sequence[float], condition: float) -> np.ndarray:
    """Level lines in the directions of the eigenvectors, as one line with gaps."""
    turn = np.linspace(0, 2 * math.pi, 73)
    around = np.stack([math.sqrt(condition) * np.cos(turn), np.sin(turn)], axis=1)
    return joined(math.sqrt(2 * height) * around for height in heights)


def _signed(factor: float) -> str:
    return f"{round(factor, 3) + 0.0:.3f}".replace("-", "−")
