"""Three ways to hold a minimum back, by the student's own functions: a wall, a spring, and an early stop."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from itertools import combinations
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, count, held, plain_log, slider
from steepest.demos._marks import circle, legend_above
from steepest.demos._stage import Panel, Stage
from steepest.demos.regularization.plane import AXIS, LEVEL, bowl, level_lines
from steepest.plots import line_style

Optimum = Callable[..., Tensor]
Match = Callable[..., float]

HESSIAN = bowl(0.25, 1.2, -35)
RATE = 0.15
STAR = (1.5, 1.0)
LOW, HIGH, STEP = -2.0, 2.0, 0.02  # powers of ten of α
ALPHAS = tuple(10 ** (LOW + place / 12) for place in range(49))
N_STEPS = 120
SHOWN = (0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 36, 48, 64, 85, 120)  # steps of which the way is drawn
REACH = 2.0
HEIGHTS = (0.02, 0.1, 0.3, 0.7, 1.3)
NEAR, LEAST, MOST = 0.05, 0.3, 0.8  # of the length of θ*
STYLES: dict[str, dict[str, Any]] = {
    "wall": line_style(2) | {"marker": "D", "markersize": 8},
    "spring": line_style(1) | {"marker": "s", "markersize": 8},
    "early stop": line_style(0) | {"marker": "o", "markersize": 8},
}


class Ways(NamedTuple):
    """The optima for all of `ALPHAS` and the descent after each of `SHOWN`, of shape (number, 2) each."""

    spring: Tensor
    descent: Tensor


def wall_or_spring_demo(l2_optimum: Optimum, matching_alpha: Match, early_stopped: Optimum) -> Demo:
    """A radius, a strength and a number of steps, over the three points to which they lead.

    Parameters
    ----------
    l2_optimum, matching_alpha, early_stopped : callable
        The student's functions.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = wall_or_spring_demo(unwritten, unwritten, unwritten)
    >>> list(demo.controls)
    ['n_steps', 'radius', 'alpha', 'star']
    """

    @lru_cache(maxsize=16)
    def ways(star: tuple[float, float]) -> Ways:
        best = torch.tensor(star, dtype=torch.float64)
        spring = [l2_optimum(HESSIAN, best, alpha=alpha) for alpha in ALPHAS]
        descent = [early_stopped(HESSIAN, best, lr=RATE, n_steps=number) for number in SHOWN]
        return Ways(torch.stack(spring), torch.stack(descent))

    @lru_cache(maxsize=64)
    def match(star: tuple[float, float], radius: float) -> float:
        return float(matching_alpha(HESSIAN, torch.tensor(star, dtype=torch.float64), radius=radius))

    def draw(stage: Stage, *, n_steps: int, radius: float, alpha: float, star: tuple[float, float]) -> str:
        best, strength = torch.tensor(star, dtype=torch.float64), match(star, radius)
        points = {
            "wall": l2_optimum(HESSIAN, best, alpha=strength),
            "spring": l2_optimum(HESSIAN, best, alpha=alpha),
            "early stop": early_stopped(HESSIAN, best, lr=RATE, n_steps=n_steps),
        }
        shown = partial(draw_ways, ways(star), points, strength, stage)
        return shown(star=star, radius=radius, alpha=alpha, n_steps=n_steps)

    return Demo(
        draw,
        {
            "n_steps": count("steps n", 6, 0, N_STEPS),
            "radius": slider("wall at r", 1.5, 0.05, 2.0, 0.01),
            "alpha": slider("strength α", 1.0, LOW, HIGH, STEP, log=True),
            "star": held(STAR),
        },
        needs=["l2_optimum", "matching_alpha", "early_stopped"],
        goal=f"all three points within {NEAR:.0%} of the length of θ* from each other, with the wall between "
        f"{LEAST:.0%} and {MOST:.0%} of it",
        size=(9.5, 4.6),
        played="n_steps",
    )


def draw_ways(
    ways: Ways,
    points: dict[str, Tensor],
    strength: float,
    stage: Stage,
    *,
    star: tuple[float, float],
    radius: float,
    alpha: float,
    n_steps: int,
) -> str:
    """Draw the three ways from 0 to the minimum, and where each of them is held.

    Parameters
    ----------
    ways : Ways
        The whole of two of them.
    points : dict of str to Tensor
        Where the wall, the spring and the early stop hold.
    strength : float
        What the student's `matching_alpha` says of the wall.
    stage : Stage
        Where to draw.
    star : tuple of float
        The minimum of the bowl.
    radius, alpha, n_steps : float
        Where the wall stands, how strong the spring is, after how many steps it is stopped.

    Returns
    -------
    str
        How far apart the points are and how far the goal is, for the line above the figure.
    """
    length = float(torch.tensor(star).norm())
    plane, strengths, steps = stage.panels(draw_frames)
    plane.plot(*level_lines(HESSIAN, star, HEIGHTS).T, **LEVEL)
    plane.plot(*circle(radius).T, **STYLES["wall"] | {"marker": ""})
    plane.plot(*ways.spring.T, **STYLES["spring"] | {"marker": ""})
    plane.plot(*ways.descent.T, **STYLES["early stop"] | {"markersize": 3})
    for name, point in points.items():
        plane.plot(*point.tolist(), **STYLES[name] | {"linestyle": "", "markersize": 9, "zorder": 4})
    plane.handle("star", *star, name="minimum of the bowl", marker="*", markersize=15, color="black")
    plane.handle(("radius", ""), radius, 0.0, name="wall")
    strengths.plot(ALPHAS, ways.spring.norm(dim=1), **STYLES["spring"] | {"marker": ""})
    strengths.plot(max(strength, ALPHAS[0]), points["wall"].norm(), **STYLES["wall"] | {"linestyle": ""})
    strengths.handle(("alpha", ""), alpha, float(points["spring"].norm()), name="strength of the spring")
    steps.plot(SHOWN, ways.descent.norm(dim=1), **STYLES["early stop"] | {"markersize": 3})
    steps.handle(("n_steps", ""), n_steps, float(points["early stop"].norm()), name="number of steps")
    for panel, end in ((strengths, ALPHAS[-1]), (steps, N_STEPS)):
        _wall_line(panel, end, radius)
    return _said(points, strength, radius=radius, length=length)


def _wall_line(panel: Panel, end: float, radius: float) -> None:
    panel.plot([ALPHAS[0] if end == ALPHAS[-1] else 0, end], [radius, radius], **STYLES["wall"] | {"marker": ""})


def _said(points: dict[str, Tensor], strength: float, *, radius: float, length: float) -> str:
    apart = {pair: float((points[pair[0]] - points[pair[1]]).norm()) / length for pair in combinations(points, 2)}
    told = ", ".join(f"{one} and {other} {100 * distance:.0f} %" for (one, other), distance in apart.items())
    said = f"Apart by: {told} of the length of θ*. Your <code>matching_alpha</code> says α = {strength:.3g}. "
    if not LEAST * length <= radius <= MOST * length:
        return f"{said}For the goal, put the wall between {LEAST * length:.2f} and {MOST * length:.2f}."
    return said + ("The goal is reached." if max(apart.values()) <= NEAR else "Not yet.")


def draw_frames(figure: Figure) -> tuple[Axes, ...]:
    """Draw axes, labels and the legend."""
    axes = figure.subplot_mosaic([["plane", "strengths"], ["plane", "steps"]], width_ratios=[1.05, 1])
    plane, strengths, steps = axes["plane"], axes["strengths"], axes["steps"]
    for line in (plane.axhline, plane.axvline):
        line(0, **AXIS)
    for name, style in STYLES.items():
        plane.plot([], [], label=name, **style)
    plane.set(xlim=(-0.6, REACH), ylim=(-0.6, REACH), xlabel="θ₁", ylabel="θ₂", aspect="equal")
    legend_above(plane, ncols=3)
    strengths.set(xlabel="strength α", ylabel="length of θ", xscale="log", xlim=(ALPHAS[0], ALPHAS[-1]))
    steps.set(xlabel="steps n", ylabel="length of θ", xlim=(-2, N_STEPS + 2))
    for ax in (strengths, steps):
        ax.set(ylim=(0, 2.1))
    plain_log(strengths)
    return plane, strengths, steps
