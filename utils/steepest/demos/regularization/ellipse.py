"""What L1 and L2 make of the minimum of a bowl, by the student's own functions: smooth curves and corners."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, held, plain_log, slider
from steepest.demos._marks import circle, legend_above
from steepest.demos._stage import Stage
from steepest.demos.regularization.plane import AXIS, LEVEL, bowl, level_lines, square, written
from steepest.plots import line_style

Optimum = Callable[..., Tensor]

FLAT, STEEP = 0.35, 1.5
STAR = (1.4, 1.1)
LOW, HIGH, STEP = -2.0, 1.0, 0.05  # powers of ten of α
ALPHAS = tuple(10 ** (LOW + STEP * place) for place in range(round((HIGH - LOW) / STEP) + 1))
N_STEPS = 90  # (1 − FLAT/STEEP)⁹⁰ is 10⁻¹⁰
REACH = 2.0
HEIGHTS = (0.02, 0.1, 0.3, 0.7, 1.3, 2.2)
LEFT_OVER, TURNED = 0.5, 20
L1, L2 = line_style(0) | {"marker": ""}, line_style(1) | {"marker": ""}
POINTS: dict[str, dict[str, Any]] = {
    "L1": line_style(0) | {"linestyle": "", "marker": "o", "markersize": 8},
    "L2": line_style(1) | {"linestyle": "", "marker": "s", "markersize": 7},
}
COORDINATES: dict[str, dict[str, Any]] = {
    "L1, θ₁": L1,
    "L1, θ₂": L1 | {"linestyle": (0, (4, 2))},
    "L2, θ₁": L2 | {"linestyle": "-", "linewidth": 1.0},
    "L2, θ₂": L2 | {"linestyle": (0, (4, 2)), "linewidth": 1.0},
}


class Paths(NamedTuple):
    """Optima for all of `ALPHAS`, each of shape (len(ALPHAS), 2)."""

    l1: Tensor
    l2: Tensor


def optima(l2_optimum: Optimum, l1_optimum: Optimum, *, angle: float, star: tuple[float, float]) -> Paths:
    """Both optima for all strengths.

    The bowl of L1 may be turned, and the student's function knows diagonal ones only: each step replaces the bowl by a
    round one with the same slope, all strengths at once, as strength 1 over curvatures of their own.
    """
    hessian, best = bowl(FLAT, STEEP, angle), torch.tensor(star, dtype=torch.float64)
    l2 = torch.stack([l2_optimum(hessian, best, alpha=alpha) for alpha in ALPHAS])
    curvature = (STEEP / torch.tensor(ALPHAS, dtype=torch.float64))[:, None].expand(-1, 2)
    l1 = best.expand(len(ALPHAS), 2)
    for _ in range(N_STEPS):
        l1 = l1_optimum(curvature, l1 - (l1 - best) @ hessian / STEEP, alpha=1.0)
    return Paths(l1, l2)


def ellipse_demo(l2_optimum: Optimum, l1_optimum: Optimum) -> Demo:
    """The strength, the turn and the minimum of a bowl, over the optima under both penalties.

    Parameters
    ----------
    l2_optimum, l1_optimum : callable
        The student's functions.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = ellipse_demo(unwritten, unwritten)
    >>> list(demo.controls)
    ['alpha', 'angle', 'star']
    >>> demo.message.value
    'Write <code>l2_optimum</code>, <code>l1_optimum</code> and run the cell, then run this one again.'
    """

    @lru_cache(maxsize=16)
    def paths(angle: float, star: tuple[float, float]) -> Paths:
        return optima(l2_optimum, l1_optimum, angle=angle, star=star)

    def draw(stage: Stage, *, alpha: float, angle: float, star: tuple[float, float]) -> str:
        return draw_optima(paths(angle, star), stage, alpha=alpha, angle=angle, star=star)

    return Demo(
        draw,
        {
            "alpha": slider("strength α", 0.1, LOW, HIGH, STEP, log=True),
            "angle": slider("turned by (°)", 0, -80, 80, 1),
            "star": held(STAR),
        },
        needs=["l2_optimum", "l1_optimum"],
        goal=f"with the bowl turned by {TURNED}° or more, an L1 optimum with one coordinate exactly 0 and the other "
        f"above {LEFT_OVER} in size",
        size=(9.5, 4.4),
    )


def draw_optima(paths: Paths, stage: Stage, *, alpha: float, angle: float, star: tuple[float, float]) -> str:
    """Draw the bowl, both curves of optima and what belongs to one strength.

    Parameters
    ----------
    paths : Paths
        The optima for all strengths.
    stage : Stage
        Where to draw.
    alpha : float
        The strength that is looked at.
    angle : float
        By how many degrees the bowl is turned.
    star : tuple of float
        Its minimum.

    Returns
    -------
    str
        Both optima and how far the goal is, for the line above the figure.
    """
    place = min(range(len(ALPHAS)), key=lambda number: abs(ALPHAS[number] / alpha - 1))
    here = {"L1": paths.l1[place], "L2": paths.l2[place]}
    plane, sizes = stage.panels(draw_frames)
    plane.plot(*level_lines(bowl(FLAT, STEEP, angle), star, HEIGHTS).T, **LEVEL)
    plane.plot(*square(float(here["L1"].abs().sum())).T, **L1 | {"linewidth": 0.8})
    plane.plot(*circle(float(here["L2"].norm())).T, **L2 | {"linewidth": 0.8})
    for path, style in ((paths.l2, L2), (paths.l1, L1)):
        plane.plot(*path.T, **style | {"linewidth": 2.2})
    for name, point in here.items():
        plane.plot(*point.tolist(), **POINTS[name])
    plane.handle("star", *star, name="minimum of the bowl", marker="*", markersize=15, color="black")
    lines = (*paths.l1.T, *paths.l2.T)
    for line, style in zip(lines, COORDINATES.values(), strict=True):
        sizes.plot(ALPHAS, line, **style)
    for name, point in here.items():
        sizes.plot([alpha, alpha], point, **POINTS[name])
    sizes.plot([alpha, alpha], [-REACH, REACH], **AXIS)
    sizes.handle(("alpha", ""), alpha, -0.93 * REACH, name="strength")
    zeros = int((here["L1"] == 0).sum())
    said = f"α = {alpha:.2g}: L1 has its optimum at {written(here['L1'])}, L2 at {written(here['L2'])}. "
    said += ("L1 has no exact zero.", "L1 has one exact zero.", "L1 has nothing left.")[zeros]
    if abs(angle) < TURNED:
        return f"{said} For the goal, turn the bowl by {TURNED}° or more."
    reached = zeros == 1 and float(here["L1"].abs().max()) > LEFT_OVER
    return f"{said} {'The goal is reached.' if reached else 'Not yet.'}"


def draw_frames(figure: Figure) -> tuple[Axes, Axes]:
    """Draw axes, labels and legends."""
    plane, sizes = figure.subplots(1, 2, width_ratios=[1, 1.15])
    for line in (plane.axhline, plane.axvline, sizes.axhline):
        line(0, **AXIS)
    plane.plot([], [], label="minimum of the bowl: drag it", color="black", linestyle="", marker="*", markersize=11)
    for name, style in POINTS.items():
        plane.plot([], [], label=f"with {name}", **style)
    plane.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xlabel="θ₁", ylabel="θ₂", aspect="equal")
    for name, style in COORDINATES.items():
        sizes.plot([], [], label=name, **style)
    sizes.set(xlabel="strength α", ylabel="coordinate of the optimum", xscale="log")
    sizes.set(xlim=(ALPHAS[0], ALPHAS[-1]), ylim=(-REACH, REACH))
    plain_log(sizes)
    legend_above(plane, ncols=3)
    legend_above(sizes, ncols=4)
    return plane, sizes
