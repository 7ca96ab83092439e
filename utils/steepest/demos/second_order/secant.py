"""Two steps on a bowl, and what the student's own `bfgs_update` learns of it from them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, check_box, held, plain_log, slider
from steepest.demos._marks import THRESHOLD, legend_above
from steepest.demos._stage import Stage
from steepest.plots import line_style

Update = Callable[[Tensor, Tensor, Tensor], Tensor]

ANGLE = math.radians(35)
REACH, CONDITION = 2.4, 10
LEARNT = 0.01
LOWEST = 1e-4
FIRST, SECOND = (1.4, -0.6), (-0.3, -1.5)
WANTED: dict[str, Any] = {"color": "0.55", "linewidth": 5.0, "linestyle": "-"}
STYLES: tuple[dict[str, Any], ...] = tuple(
    line_style(number) | {"marker": "", "linewidth": 1.8} for number in (2, 1, 0)
)
LABELS = ("at first", "after s₁", "after s₁ and s₂")
CONJUGATE: dict[str, Any] = {"color": "0.35", "linewidth": 1.0, "linestyle": ":"}


def secant_demo(bfgs_update: Update) -> Demo:
    """Two steps to be dragged on a bowl, beside the ellipses of H and of the matrix that is learnt.

    Parameters
    ----------
    bfgs_update : callable
        The student's function.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = secant_demo(unwritten)
    >>> list(demo.controls)
    ['condition', 'reveal', 'first', 'second']
    >>> demo.message.value
    'Write <code>bfgs_update</code> and run the cell, then run this one again.'
    """

    def draw(stage: Stage, **values: Any) -> str:
        return draw_secant(bfgs_update, stage, **values)

    return Demo(
        draw,
        {
            "condition": slider("condition κ", CONDITION, 1, 20, 0.5),
            "reveal": check_box("show the conjugate direction"),
            "first": held(FIRST),
            "second": held(SECOND),
        },
        needs=["bfgs_update"],
        goal=f"know the inverse to within {LEARNT:.0%} after two updates, at κ = {CONDITION} or more",
        size=(9.5, 4.4),
    )


def hessian_of(condition: float) -> Tensor:
    """A bowl with curvatures κ^½ and κ^−½, turned."""
    cos, sin = math.cos(ANGLE), math.sin(ANGLE)
    turn = torch.tensor([[cos, -sin], [sin, cos]], dtype=torch.float64)
    size = math.sqrt(condition)
    return turn @ torch.diag(torch.tensor([1 / size, size], dtype=torch.float64)) @ turn.T


def draw_secant(
    bfgs_update: Update,
    stage: Stage,
    *,
    condition: float,
    reveal: bool,
    first: tuple[float, float],
    second: tuple[float, float],
) -> str:
    """Draw both steps, the ellipses, and the error of the matrix after each update.

    Parameters
    ----------
    bfgs_update : callable
        The student's function.
    stage : Stage
        Where to draw.
    condition : float
        Condition number of the bowl.
    reveal : bool
        Whether the direction conjugate to the first step is shown.
    first, second : pair of float
        The two steps.

    Returns
    -------
    str
        What has been learnt and how far the goal is, for the line above the figure.
    """
    hessian = hessian_of(condition)
    inverse = torch.linalg.inv(hessian)
    learnt = [torch.eye(2, dtype=torch.float64)]
    for step in (first, second):
        s = torch.tensor(step, dtype=torch.float64)
        learnt.append(bfgs_update(learnt[-1], s, hessian @ s))
    errors = [float(error_of(matrix, hessian)) for matrix in learnt]
    ground, error = stage.panels(draw_frames)
    ground.plot(*ellipse(inverse).T, **WANTED)
    for matrix, style in zip(learnt, STYLES, strict=True):
        ground.plot(*ellipse(matrix).T, **style)
    if reveal:
        x, y = (hessian @ torch.tensor(first, dtype=torch.float64)).tolist()
        across = np.array([-y, x]) * 3 * REACH / max(math.hypot(x, y), 1e-9)
        ground.plot(*np.stack([-across, across]).T, **CONJUGATE)
    ground.arrows([0, 0], [0, 0], *np.array([first, second]).T, color="black", linewidth=1.4)
    for name, label, step in (("first", "s₁", first), ("second", "s₂", second)):
        ground.text(step[0] + 0.1, step[1] + 0.1, label, fontsize=11)
        ground.handle(name, *step, name=f"end of the {name} step")
    error.plot(range(3), np.clip(errors, LOWEST, 1e3), **line_style(0))
    return _said(errors, hessian, condition, first, second)


def error_of(matrix: Tensor, hessian: Tensor) -> Tensor:
    """How far a matrix is from H⁻¹, in a measure in which all directions count alike: ‖H^½BH^½ − I‖/√2."""
    values, vectors = torch.linalg.eigh(hessian)
    root = vectors @ torch.diag(values.sqrt()) @ vectors.T
    found: Tensor = (root @ matrix @ root - torch.eye(2, dtype=hessian.dtype)).norm() / math.sqrt(2)
    return found


def ellipse(matrix: Tensor) -> np.ndarray:
    """Where xᵀM⁻¹x = 1, as points; nothing where M is not positive definite."""
    values, vectors = np.linalg.eigh(((matrix + matrix.T) / 2).detach().numpy())
    if not (values > 0).all():
        return np.full((2, 2), np.nan)
    turn = np.linspace(0, 2 * np.pi, 121)
    points: np.ndarray = np.stack([np.cos(turn), np.sin(turn)], axis=1) * np.sqrt(values) @ vectors.T
    return points


def draw_frames(figure: Figure) -> tuple[Axes, Axes]:
    """Draw what is the same for all bowls: frames and labels."""
    left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
    left.plot([], [], label="of H", **WANTED)
    for label, style in zip(LABELS, STYLES, strict=True):
        left.plot([], [], label=label, **style)
    left.set(xlabel="θ₁", ylabel="θ₂", xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal")
    legend_above(left, ncols=4, columnspacing=0.8, handlelength=1.6)
    right.axhline(LEARNT, **THRESHOLD)
    right.set(xlabel="updates", ylabel="error of B, all directions alike", yscale="log")
    right.set(xlim=(-0.2, 2.2), ylim=(LOWEST, 1e2), xticks=[0, 1, 2], yticks=[1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1])
    plain_log(right)
    return left, right


def _said(
    errors: list[float], hessian: Tensor, condition: float, first: tuple[float, float], second: tuple[float, float]
) -> str:
    one, two = (torch.tensor(step, dtype=torch.float64) for step in (first, second))
    sizes = (one @ hessian @ one) * (two @ hessian @ two)
    cosine = float(one @ hessian @ two / sizes.clamp(min=1e-12).sqrt())
    said = (
        f"Error of B: {errors[0]:.2f} at first, {errors[1]:.2g} after s₁, {errors[2]:.2g} after s₂. Between the "
        f"steps s₂ᵀHs₁ is {cosine:.2f} of what it is along one of them."
    )
    if condition < CONDITION:
        return said
    return f"{said} {'The goal is reached.' if errors[2] <= LEARNT else 'Not yet.'}"
