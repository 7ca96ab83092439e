"""Eigenvalues on a line, and how many products the student's own `cg_solve` needs for them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, counted, held, plain_log, slider
from steepest.demos._marks import THRESHOLD, legend_above
from steepest.demos._stage import Stage
from steepest.plots import line_style

Solve = Callable[..., Tensor]

DIMENSION = 50
PLACES = (0.01, 0.025, 0.063, 0.16, 0.4, 1.0)
LEAST, MOST = 1e-3, 10.0
PER_DECADE = 10
PRODUCTS, GOAL = 14, 4
SOLVED = 1e-6
LOWEST = 1e-16
ERROR: dict[str, Any] = line_style(0) | {"markersize": 6}
BOUND: dict[str, Any] = line_style(1) | {"marker": ""}


def cg_demo(cg_solve: Solve) -> Demo:
    """Groups of eigenvalues to be dragged, beside the error of conjugate gradients after each product.

    Parameters
    ----------
    cg_solve : callable
        The student's function.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = cg_demo(unwritten)
    >>> list(demo.controls)
    ['spread', 'places']
    >>> demo.message.value
    'Write <code>cg_solve</code> and run the cell, then run this one again.'
    """

    def draw(stage: Stage, **values: Any) -> str:
        return draw_spectrum(cg_solve, stage, **values)

    return Demo(
        draw,
        {
            "spread": slider("spread of each group (%)", 0.0, 0.0, 20.0, 0.5),
            "places": held(tuple((place, 0.5) for place in PLACES)),
        },
        needs=["cg_solve"],
        goal=f"solve all {DIMENSION} dimensions, to {SOLVED:g} of the error at first, in {GOAL} products",
        size=(9.5, 3.6),
    )


def on_grid(place: float) -> float:
    """The nearest of the places on which groups can meet, ten to a power of ten."""
    exponent = round(PER_DECADE * math.log10(min(max(place, LEAST), MOST)))
    return float(10 ** (exponent / PER_DECADE))


def eigenvalues(places: tuple[tuple[float, float], ...], spread: float) -> Tensor:
    """All eigenvalues: groups around their places, as wide as so many percent of them."""
    centers = torch.tensor([on_grid(place) for place, _ in places], dtype=torch.float64)
    group = torch.arange(DIMENSION) % len(centers)
    within = (torch.arange(DIMENSION) // len(centers)).double() / (DIMENSION // len(centers)) - 0.5
    return centers[group] * (1 + spread / 100 * within)


def errors_of(cg_solve: Solve, curvatures: Tensor) -> Tensor:
    """The error in the norm of H, relative to that at first, after 0, 1, 2, … products."""
    b = torch.ones_like(curvatures)
    solution = b / curvatures
    errors = [torch.ones((), dtype=b.dtype)]
    whole = (solution * curvatures * solution).sum().sqrt()
    for n_steps in range(1, PRODUCTS + 1):
        rest = cg_solve(lambda v: curvatures * v, b, n_steps=n_steps) - solution
        errors.append((rest * curvatures * rest).sum().sqrt() / whole)
    return torch.stack(errors)


def draw_spectrum(cg_solve: Solve, stage: Stage, *, spread: float, places: tuple[tuple[float, float], ...]) -> str:
    """Draw the eigenvalues on a line, and the error after each product beside the bound that κ gives.

    Parameters
    ----------
    cg_solve : callable
        The student's function.
    stage : Stage
        Where to draw.
    spread : float
        Width of each group, in percent of its place.
    places : tuple of pairs
        Where the groups lie; the second number of each pair plays no part.

    Returns
    -------
    str
        How many products were needed and how far the goal is, for the line above the figure.
    """
    curvatures = eigenvalues(places, spread)
    errors = errors_of(cg_solve, curvatures)
    condition = float(curvatures.max() / curvatures.min())
    root = math.sqrt(condition)
    steps = range(PRODUCTS + 1)
    line, error = stage.panels(draw_frames)
    line.plot(curvatures, torch.full_like(curvatures, 0.5), color="0.3", linestyle="", marker="|", markersize=26)
    centers = [on_grid(place) for place, _ in places]
    for item, center in enumerate(centers):
        above = centers[:item].count(center)
        line.handle("places", center, 0.62 + 0.07 * above, name=f"group {item + 1} of the eigenvalues", item=item)
    error.plot(steps, [min(1.0, 2 * ((root - 1) / (root + 1)) ** k) for k in steps], **BOUND)
    error.plot(steps, errors.nan_to_num(nan=1e3).clamp(LOWEST, 1e3), **ERROR)
    return _said(errors, condition, len({*centers}))


def draw_frames(figure: Figure) -> tuple[Axes, Axes]:
    """Draw what is the same for all spectra: frames and labels."""
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.1))
    left.set(xscale="log", xlim=(LEAST / 1.3, MOST * 1.3), ylim=(0, 1.1), yticks=[], xlabel="eigenvalue")
    left.axhline(0.5, color="0.8", linewidth=1)
    left.set_title(f"{DIMENSION} eigenvalues in {len(PLACES)} groups: drag the rings", fontsize=10)
    right.plot([], [], label="your cg_solve", **ERROR)
    right.plot([], [], label="bound by κ alone", **BOUND)
    right.axhline(SOLVED, **THRESHOLD)
    right.set(xlabel="products with H", ylabel="error in the norm of H", yscale="log")
    right.set(xlim=(-0.5, PRODUCTS + 0.5), ylim=(LOWEST, 1e1), yticks=[1e-16, 1e-12, 1e-8, 1e-4, 1e0])
    legend_above(right, ncols=2)
    plain_log(left, right)
    return left, right


def _said(errors: Tensor, condition: float, groups: int) -> str:
    done = [k for k, error in enumerate(errors.tolist()) if error <= SOLVED]
    needed = f"solved after {counted(done[0], 'product')}" if done else f"not solved after {PRODUCTS} products"
    said = f"κ = {condition:.3g}, the groups lie at {counted(groups, 'place')}: {needed}."
    return f"{said} {'The goal is reached.' if done and done[0] <= GOAL else 'Not yet.'}"
