"""The map of rates and β: how fast the student's own `momentum_step` shrinks the error in a bowl."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from contourpy import contour_generator
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from torch import Tensor

from steepest.demos._demo import Demo, check_box, joined, plain_log, slider, steps
from steepest.demos._marks import MINIMUM, THRESHOLD
from steepest.demos._stage import GRIP, Stage
from steepest.demos.momentum.forms import ARRIVED, FAR, LEVEL, START, Step, as_far_as, ellipses, rate_factor
from steepest.landscapes import quadratic
from steepest.plots import line_style
from steepest.trajectory import init_state, run, steps_to_reach

N_STEPS = 200
SHOWN = 120
CELLS, COARSE = 128, 16
HIGHEST_RATE, HIGHEST_BETA = 4.0, 0.99
CONDITIONS = (1, 3, 10, 30, 100, 300, 1000)
WORST = 9.0
SHARES = np.array([0, 0.07, 0.15, 0.25, 0.4, 0.6, 0.8, 1])  # of the way from the best factor to 1
TICKS = 1.5  # widths of the scale at which its numbers begin
NEAR = 0.02
WINDOW = 2.1
BEST: dict[str, Any] = {"color": "black", "marker": "X", "markersize": 12, "markeredgecolor": "white", "linestyle": ""}
CROSS = GRIP | {"marker": "P", "markersize": 13, "markerfacecolor": "white"}
GREYS, OPACITY = colormaps["Greys"], 0.85


class RateMap(NamedTuple):
    """Factors over a grid of rates and β.

    Attributes
    ----------
    factors : Tensor, shape (cells, cells)
        By what the error shrank in a step, in the mean over `N_STEPS` steps; a row for each β. What ran out of
        the numbers is inf.
    rates, betas : Tensor, shape (cells,)
        Places along the axes.
    batched : bool
        Whether the student's function took the whole grid at once.
    """

    factors: Tensor
    rates: Tensor
    betas: Tensor
    batched: bool

    def best(self) -> tuple[float, float, float]:
        """The smallest factor, and the rate and the β where it is."""
        row, column = divmod(int(self.factors.argmin()), len(self.rates))
        return float(self.factors[row, column]), float(self.rates[column]), float(self.betas[row])

    def levels(self) -> tuple[float, ...]:
        """Where shades change: nearer to each other towards the best factor."""
        best = math.floor(1000 * min(self.best()[0], 0.99)) / 1000
        return *(best + (1 - best) * SHARES).tolist(), WORST


def convergence_map_demo(momentum_step: Step) -> Demo:
    """Sliders that move a cross over the map of rates and β, beside the path that is taken there.

    Parameters
    ----------
    momentum_step : callable
        The student's function. It paints the map on the whole grid at once if it can take tensors for `lr` and
        `beta`, and a coarser one point by point if it cannot.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = convergence_map_demo(unwritten)
    >>> list(demo.controls)
    ['lr', 'beta', 'condition', 'reveal']
    >>> demo.message.value
    'Write <code>momentum_step</code> and run the cell, then run this one again.'
    """
    known: dict[float, RateMap] = {}

    def draw(stage: Stage, *, lr: float, beta: float, condition: int, reveal: bool) -> str:
        if condition not in known:
            whole = takes_tensors(momentum_step)
            known.update(rate_maps(momentum_step, CONDITIONS if whole else [condition], batched=whole))
        place = {"lr": lr, "beta": beta, "condition": condition}
        return draw_convergence_map(momentum_step, stage, known[condition], **place, reveal=reveal)

    return Demo(
        draw,
        {
            "lr": slider("rate η", 1.8, 0.05, HIGHEST_RATE, 0.05),
            "beta": slider("β", 0.1, 0.0, HIGHEST_BETA, 0.01),
            "condition": steps("condition κ", 30, CONDITIONS),
            "reveal": check_box("show the best place"),
        },
        needs=["momentum_step"],
        goal=f"put the cross where the error shrinks fastest, to within {NEAR} of the best factor on the map",
        size=(9.5, 4.4),
    )


def rate_maps(
    step: Step, conditions: Sequence[float], *, batched: bool, cells: int = CELLS, n_steps: int = N_STEPS
) -> dict[float, RateMap]:
    """Run a stepper on bowls with every rate and every β of a grid.

    Parameters
    ----------
    step : callable
        The student's function, in any form of momentum.
    conditions : sequence of float
        Condition numbers of the bowls.
    batched : bool
        Whether the whole grid and all bowls are one call, see `takes_tensors`: a point then has a flat coordinate
        for each bowl, and the steep one that they share.
    cells : int
        Grid points along each axis; at most `COARSE` if the function must be called point by point.
    n_steps : int
        How many steps to take.
    """
    cells = cells if batched else min(cells, COARSE)
    rates = (torch.arange(cells, dtype=torch.float64) + 0.5) / cells * HIGHEST_RATE
    betas = torch.linspace(0, HIGHEST_BETA, cells, dtype=torch.float64)
    lr, beta = (side.reshape(-1, 1) for side in torch.meshgrid(rates, betas, indexing="xy"))
    is_averaged = rate_factor(step, torch.tensor(START, dtype=torch.float64), 0.5, False) != 1
    if is_averaged:
        lr = lr / (1 - beta)
    if batched:
        factors = _factors(step, conditions, lr, beta, n_steps)
    else:
        places = list(zip(lr.flatten().tolist(), beta.flatten().tolist(), strict=True))
        factors = [torch.cat([_factors(step, [each], *at, n_steps)[0] for at in places]) for each in conditions]
    return {
        condition: RateMap(factor.reshape(cells, cells), rates, betas, batched)
        for condition, factor in zip(conditions, factors, strict=True)
    }


def takes_tensors(step: Step) -> bool:
    """Whether a stepper, given one rate and one β for each point, does what it does number by number."""
    lr, beta = torch.tensor([[0.5], [0.25], [1.5]]).double(), torch.tensor([[0.0], [0.5], [0.9]]).double()
    points = torch.tensor([START, (0.3, -0.7), (50.0, 9.0)], dtype=torch.float64)
    curvatures = torch.tensor([1 / 3, 1.0], dtype=torch.float64)
    alone = [
        torch.cat([_last_points(step, curvatures[i], point[i : i + 1], *values, n_steps=4)[1] for i in (0, 1)])
        for point, *values in zip(points, lr.flatten().tolist(), beta.flatten().tolist(), strict=True)
    ]
    try:
        together = _last_points(step, curvatures, points, lr, beta, n_steps=4)[1]
    except Exception:  # noqa: BLE001 - it works point by point, so whatever this is it comes from the tensors
        return False
    return together.shape == points.shape and torch.allclose(together, torch.stack(alone), equal_nan=True)


def _factors(
    step: Step, conditions: Sequence[float], lr: Tensor | float, beta: Tensor | float, n_steps: int
) -> list[Tensor]:
    curvatures = torch.tensor([*(1 / condition for condition in conditions), 1.0], dtype=torch.float64)
    start = torch.tensor([START[0]] * len(conditions) + [START[1]], dtype=torch.float64)
    points = start.repeat(len(lr) if isinstance(lr, Tensor) else 1, 1)
    path = torch.stack([points, *_last_points(step, curvatures, points, lr, beta, n_steps=n_steps)])
    return [_factor(path[..., [number, -1]], n_steps) for number in range(len(conditions))]


def _factor(path: Tensor, n_steps: int = N_STEPS) -> Tensor:
    # two points at the end: an error that swings is never 0 at both; no squares: they run out of the numbers sooner
    path = path.reshape(len(path), -1, 2)
    size = path[-2:].abs().amax(dim=(0, 2)) / path[0].abs().amax(dim=1)
    return (size ** (1 / n_steps)).nan_to_num(nan=torch.inf, posinf=torch.inf)


def _last_points(
    step: Step, curvatures: Tensor, theta: Tensor, lr: Tensor | float, beta: Tensor | float, *, n_steps: int
) -> tuple[Tensor, Tensor]:
    """The last two points; `run` would keep all of them."""
    state, before = init_state("momentum", theta), theta
    for number in range(n_steps):
        if number == n_steps - 1:
            before = theta.clone()
        theta, state = step(theta, curvatures * theta, state, lr=lr, beta=beta)
    return before, theta


def draw_convergence_map(
    momentum_step: Step,
    stage: Stage,
    found: RateMap,
    *,
    lr: float,
    beta: float,
    condition: float,
    reveal: bool,
) -> str:
    """Draw the map with a cross, and the path and the distance that the cross stands for.

    Parameters
    ----------
    momentum_step : callable
        The student's function, in any form of momentum.
    stage : Stage
        Where to draw.
    found : RateMap
        The map of this condition number.
    lr, beta, condition : float
        Where the cross stands, and the condition number of the bowl.
    reveal : bool
        Whether the best place of the map is marked.

    Returns
    -------
    str
        What the cross stands on and how far the goal is, for the line above the figure.
    """
    bowl = quadratic(condition)
    start = torch.tensor(START, dtype=torch.float64)
    curvatures = torch.tensor([1 / condition, 1.0], dtype=torch.float64)
    rate = lr * rate_factor(momentum_step, start, beta, False)
    path = run(
        momentum_step, lambda theta: curvatures * theta, start, state=init_state("momentum", start),
        n_steps=N_STEPS, lr=rate, beta=beta,
    )  # fmt: skip
    distance = bowl.distance(path)
    ground, scale, valley, distances = stage.panels(draw_frames)
    factors = found.factors.clamp(max=WORST).numpy()
    ground.heat(_colored(factors, found.levels()), (0, HIGHEST_RATE), (0, HIGHEST_BETA))
    for number, level in enumerate(found.levels()[:-1]):
        scale.text(TICKS, number, f"{level:.3f}", va="center", fontsize=10, clip_on=False)
    border: Any = contour_generator(found.rates.numpy(), found.betas.numpy(), factors).lines(1.0)
    ground.plot(*joined(border).T, color="black", linewidth=1.6)
    ground.text(HIGHEST_RATE - 0.08, 0.04, "runs away", color="white", ha="right", fontsize=10)
    if reveal:
        ground.plot(*found.best()[1:], **BEST)
    ground.handle(("lr", "beta"), lr, beta, name="rate and β", **CROSS)
    valley.plot(*ellipses(condition, (0.02, 0.1, 0.3, 0.7, 1.3)).T, **LEVEL)
    valley.plot(0, 0, **MINIMUM)
    valley.plot(*as_far_as(path[: SHOWN + 1], WINDOW).T, **line_style(1))
    distances.plot(range(SHOWN + 1), distance[: SHOWN + 1].clamp(max=FAR), **line_style(1) | {"marker": ""})
    return _said(found, float(_factor(path)[0]), distance, lr, beta)


def _colored(factors: np.ndarray, levels: tuple[float, ...]) -> np.ndarray:
    shades = GREYS(BoundaryNorm(levels, 256)(factors))
    shades[..., :3] = OPACITY * shades[..., :3] + 1 - OPACITY
    dots: np.ndarray = (shades * 255).astype(np.uint8)
    return dots


def draw_frames(figure: Figure) -> tuple[Axes, ...]:
    """Draw frames, the scale of shades and all labels, with room for the scale's numbers: each map has its own."""
    axes = figure.subplot_mosaic([["map", "valley"], ["map", "distances"]], width_ratios=(1.5, 1))
    axes["map"].set(xlabel="rate η", ylabel="β, share of the velocity that is kept")
    axes["map"].set(xlim=(0, HIGHEST_RATE), ylim=(0, HIGHEST_BETA))
    marks = [Line2D([], [], label="you are here", **CROSS), Line2D([], [], label="best place", **BEST)]
    axes["map"].legend(handles=marks, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, borderpad=0)
    shades = ScalarMappable(BoundaryNorm(range(len(SHARES) + 1), 256), GREYS)
    scale = figure.colorbar(shades, ax=axes["map"], ticks=range(len(SHARES)), alpha=OPACITY)
    scale.set_ticklabels(["0.000"] * len(SHARES), alpha=0)
    scale.set_label("factor by which the error shrinks in a step")
    axes["valley"].set(xlabel="along the valley", ylabel="across the valley")
    axes["valley"].set(xlim=(-WINDOW, WINDOW), ylim=(-WINDOW, WINDOW))
    axes["distances"].axhline(ARRIVED, **THRESHOLD)
    axes["distances"].set(xlabel="step", ylabel="distance\nto the minimum", yscale="log")
    axes["distances"].set(xlim=(0, SHOWN), ylim=(1e-8, 1e3), yticks=[1e-8, 1e-5, 1e-2, 1e1])
    plain_log(axes["distances"])
    return axes["map"], scale.ax, axes["valley"], axes["distances"]


def _said(found: RateMap, factor: float, distance: Tensor, lr: float, beta: float) -> str:
    best = found.best()[0]
    arrived = steps_to_reach(distance, ARRIVED)
    steps = f"within {ARRIVED} after {arrived} steps" if arrived is not None else f"not within {ARRIVED}"
    speed = f"the error shrinks by the factor {factor:.3f} a step" if factor < 1 else "the error grows"
    reached = "The goal is reached." if factor <= best + NEAR else f"Not yet: the best is {best:.3f}."
    said = f"η = {lr:.2f}, β = {beta:.2f}: {speed}, {steps}. {reached}"
    if not found.batched:
        said += (
            " The map is coarse, painted point by point, because your <code>momentum_step</code> cannot take "
            "tensors for <code>lr</code> and <code>beta</code>."
        )
    return said
