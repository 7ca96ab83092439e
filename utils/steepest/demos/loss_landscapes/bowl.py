"""Condition number and rotation of a bowl, and the error along each eigenvector while descent goes on."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, check_box, counted, plain_log, slider, steps
from steepest.demos._marks import MINIMUM, THRESHOLD, legend_above
from steepest.demos._still import Still, bare
from steepest.demos.loss_landscapes.paths import Descend, drawable
from steepest.landscapes import quadratic
from steepest.plots import line_style
from steepest.trajectory import run, steps_to_reach

OfHessian = Callable[[Tensor], Tensor]

CONDITIONS = (1, 2, 3, 5, 10, 20, 30, 50, 100)
START = (-1.8, 1.2)
N_STEPS = 80
ARRIVED = 0.001
NEAR = 0.01
GOAL_CONDITION = 10
LOWEST = 1e-8
MAP, ERRORS = (0.065, 0.13, 0.35, 0.79), (0.515, 0.13, 0.47, 0.79)
HEIGHTS = (0.01, 0.05, 0.15, 0.4, 0.8, 1.4, 2.2)
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
    hessian : Tensor, shape (2, 2)
        The matrix that the student's functions are asked about.
    """

    path: Tensor
    errors: Tensor
    hessian: Tensor

    def factors(self) -> tuple[float, float]:
        """By what the first step multiplied the two errors."""
        flat, steep = (self.errors[1] / self.errors[0]).tolist()
        return flat, steep


def roll(descend: Descend, *, lr: float, condition: float, angle: float) -> Roll:
    """Descend in a bowl that is turned by an angle in degrees, and take the errors apart by direction."""
    hessian, directions = _bowl(condition, angle)
    start = torch.tensor(START, dtype=torch.float64)
    path = run(descend, lambda theta: hessian @ theta, start, state={}, n_steps=N_STEPS, lr=lr)
    return Roll(path, path @ directions, hessian)


class BowlView:
    """The figure of the bowl and of the errors.

    Parameters
    ----------
    figure : Figure
        Is cleared and gets two panels.
    """

    def __init__(self, figure: Figure) -> None:
        Still(figure).show("frame", draw_frame)
        left, right = bare(_panels(figure))
        (self.contours,) = left.plot([], [], color="0.7", linewidth=0.7)
        self.axes = [left.plot([], [], **style | {"marker": ""})[0] for style in DIRECTIONS.values()]
        (self.path,) = left.plot([], [], **line_style(0) | {"linewidth": 1.1})
        self.errors = [right.plot([], [], markevery=5, **style)[0] for style in DIRECTIONS.values()]
        self.said = right.text(0.98 * N_STEPS, 40, "", ha="right", va="top", fontsize=10)

    def show(self, done: Roll, *, lr: float, condition: float, angle: float) -> None:
        """Draw the bowl, the path and the errors."""
        _, directions = _bowl(condition, angle)
        self.contours.set_data(*(_ellipses(condition) @ directions.T).T)
        for line, direction in zip(self.axes, directions.T, strict=True):
            line.set_data(*torch.outer(direction, torch.tensor([-9.0, 9.0], dtype=torch.float64)))
        self.path.set_data(*drawable(done.path).T)
        for line, error in zip(self.errors, done.errors.T, strict=True):
            line.set_data(range(N_STEPS + 1), error.abs().clamp(LOWEST / 100, 1e9))
        self.said.set_text(f"η = {lr:.2f}, κ = {condition:g}, turned by {angle:g}°")


def bowl_demo(descend: Descend, condition_number: OfHessian, stable_lr_limit: OfHessian, optimal_lr: OfHessian) -> Demo:
    """Controls for rate, condition number and angle, over the path in a bowl and its error by eigenvector.

    Parameters
    ----------
    descend : callable
        One step of descent, ``descend(theta, grad, state, *, lr)``.
    condition_number, stable_lr_limit, optimal_lr : callable
        The student's functions.
    """

    def draw(view: BowlView, **values: Any) -> str:
        return draw_bowl(descend, (condition_number, stable_lr_limit, optimal_lr), view, **values)

    return Demo(
        draw,
        {
            "lr": slider("rate η", 1.5, 0.02, 2.1, 0.01),
            "condition": steps("condition κ", 10, CONDITIONS),
            "angle": slider("turned by (°)", 30, 0, 180, 1),
            "reveal": check_box("what my functions say"),
        },
        view=BowlView,
        needs=["condition_number", "stable_lr_limit", "optimal_lr"],
        goal=f"at κ = {GOAL_CONDITION} or more, let both errors shrink by the same factor (to within {NEAR})",
    )


def draw_bowl(
    descend: Descend,
    functions: tuple[OfHessian, OfHessian, OfHessian],
    view: BowlView,
    *,
    lr: float,
    condition: float,
    angle: float,
    reveal: bool,
) -> str:
    """Draw the path in a bowl and the error along both of its eigenvectors.

    Parameters
    ----------
    descend : callable
        One step of descent.
    functions : tuple of callable
        The student's `condition_number`, `stable_lr_limit` and `optimal_lr`.
    view : BowlView
        Where to draw.
    lr, condition, angle : float
        Learning rate, condition number, and by how many degrees the bowl is turned.
    reveal : bool
        Whether to tell what the student's functions say of the bowl.

    Returns
    -------
    str
        The factors and how far the goal is, for the line above the figure.
    """
    done = roll(descend, lr=lr, condition=condition, angle=angle)
    kappa, limit, best = (float(function(done.hessian)) for function in functions)
    view.show(done, lr=lr, condition=condition, angle=angle)
    flat, steep = done.factors()
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


def draw_frame(figure: Figure) -> None:
    """Draw the minimum, the start and all labels."""
    left, right = _panels(figure)
    left.plot(0, 0, **MINIMUM)
    left.plot(*START, "o", color="black", markersize=6)
    left.set(xlabel="parameter θ₁", ylabel="parameter θ₂")
    for label, style in DIRECTIONS.items():
        right.plot([], [], label=label, **style)
    right.axhline(ARRIVED, **THRESHOLD)
    right.text(0, 0.7 * ARRIVED, f"{ARRIVED}", color="0.35", fontsize=8, va="top")
    right.set(xlabel="step", ylabel="size of the error")
    legend_above(right, ncols=2)
    plain_log(right)


def _panels(figure: Figure) -> tuple[Axes, Axes]:
    left, right = figure.add_axes(MAP), figure.add_axes(ERRORS)
    left.set(xlim=(-2.3, 2.3), ylim=(-2.3, 2.3))  # both panels' sides are equally long: angles are true
    right.set(yscale="log", xlim=(-1, N_STEPS + 1), ylim=(LOWEST, 1e2))
    return left, right


@lru_cache(maxsize=256)
def _bowl(condition: float, angle: float) -> tuple[Tensor, Tensor]:
    """The Hessian, and its flat and its steep eigenvector in columns."""
    turn = math.radians(angle)
    bowl = quadratic(condition, angle=turn)
    cos, sin = math.cos(turn), math.sin(turn)
    directions = torch.tensor([[cos, -sin], [sin, cos]], dtype=torch.float64)
    return bowl.hessian(torch.zeros(2, dtype=torch.float64)), directions


@lru_cache(maxsize=len(CONDITIONS))
def _ellipses(condition: float) -> Tensor:
    """Level lines in the directions of the eigenvectors, as one line with gaps."""
    turn = torch.linspace(0, 2 * math.pi, 73, dtype=torch.float64)
    gap = torch.full((1, 2), torch.nan, dtype=torch.float64)
    rings = []
    for height in HEIGHTS:
        wide, high = math.sqrt(2 * height * condition), math.sqrt(2 * height)
        rings += [torch.stack([wide * turn.cos(), high * turn.sin()], dim=1), gap]
    return torch.cat(rings)


def _signed(factor: float) -> str:
    return f"{round(factor, 3) + 0.0:.3f}".replace("-", "−")
