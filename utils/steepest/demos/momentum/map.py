"""The map of rates and β: how fast the student's own `momentum_step` shrinks the error in a bowl."""

from __future__ import annotations

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

from steepest.demos._demo import DPI, Demo, check_box, joined, plain_log, slider, steps
from steepest.demos._marks import MINIMUM, THRESHOLD
from steepest.demos._still import Picture, Still, bare
from steepest.demos.momentum.forms import ARRIVED, LEVEL, START, Step, ellipses, rate_factor
from steepest.landscapes import quadratic
from steepest.plots import line_style
from steepest.trajectory import init_state, run, steps_to_reach

N_STEPS = 200
SHOWN = 120
CELLS, COARSE = 128, 16
HIGHEST_RATE, HIGHEST_BETA = 4.0, 0.99
CONDITIONS = (1, 3, 10, 30, 100, 300, 1000)
LEVELS = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0, 9.0)
NEAR = 0.02
SIZE = (9.5, 4.4)
CORNER, WIDTH, HEIGHT = (62, 53), 390, 352  # of the map, in dots
LEFT = tuple(np.array([*CORNER, WIDTH, HEIGHT]) / DPI / (SIZE * 2))
SCALE = (0.485, LEFT[1], 0.016, LEFT[3])
UPPER, LOWER = (0.67, 0.6, 0.31, 0.37), (0.67, 0.12, 0.31, 0.33)
STAR: dict[str, Any] = {"color": "black", "marker": "*", "markersize": 14, "markeredgecolor": "white", "linestyle": ""}
CROSS: dict[str, Any] = {
    "color": line_style(1)["color"], "marker": "P", "markersize": 12, "markeredgecolor": "black", "linestyle": "",
    "clip_on": False, "zorder": 5,
}  # fmt: skip
NORM, GREYS, OPACITY = BoundaryNorm(LEVELS, 256), colormaps["Greys"], 0.85


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


def convergence_map_demo(momentum_step: Step) -> Demo:
    """Sliders that move a cross over the map of rates and β, beside the path that is taken there.

    Parameters
    ----------
    momentum_step : callable
        The student's function. It paints the map on the whole grid at once if it can take tensors for `lr` and
        `beta`, and a coarser one point by point if it cannot.
    """
    known: dict[float, RateMap] = {}

    def draw(view: Scene, *, lr: float, beta: float, condition: int, reveal: bool) -> str:
        if condition not in known:
            known[condition] = rate_map(momentum_step, condition)
        place = {"lr": lr, "beta": beta, "condition": condition}
        return draw_convergence_map(momentum_step, view, known[condition], **place, reveal=reveal)

    return Demo(
        draw,
        {
            "lr": slider("rate η", 1.8, 0.05, HIGHEST_RATE, 0.05),
            "beta": slider("β", 0.1, 0.0, HIGHEST_BETA, 0.01),
            "condition": steps("condition κ", 30, CONDITIONS),
            "reveal": check_box("show the best place"),
        },
        view=Scene,
        needs=["momentum_step"],
        goal=f"put the cross where the error shrinks fastest, to within {NEAR} of the best factor on the map",
        size=SIZE,
    )


def rate_map(step: Step, condition: float, *, cells: int = CELLS, n_steps: int = N_STEPS) -> RateMap:
    """Run a stepper on a bowl with every rate and every β of a grid.

    Parameters
    ----------
    step : callable
        The student's function, in any form of momentum.
    condition : float
        Condition number of the bowl.
    cells : int
        Grid points along each axis; at most `COARSE` if the function must be called point by point.
    n_steps : int
        How many steps to take.
    """
    batched = takes_tensors(step)
    cells = cells if batched else min(cells, COARSE)
    rates = (torch.arange(cells, dtype=torch.float64) + 0.5) / cells * HIGHEST_RATE
    betas = torch.linspace(0, HIGHEST_BETA, cells, dtype=torch.float64)
    lr, beta = (side.reshape(-1, 1) for side in torch.meshgrid(rates, betas, indexing="xy"))
    is_averaged = rate_factor(step, torch.tensor(START, dtype=torch.float64), 0.5, False) != 1
    if is_averaged:
        lr = lr / (1 - beta)
    if batched:
        factors = _factors(step, condition, lr, beta, n_steps)
    else:
        places = zip(lr.flatten().tolist(), beta.flatten().tolist(), strict=True)
        factors = torch.cat([_factors(step, condition, *place, n_steps) for place in places])
    return RateMap(factors.reshape(cells, cells), rates, betas, batched)


def takes_tensors(step: Step) -> bool:
    """Whether a stepper, given one rate and one β for each point, does what it does point by point."""
    lr, beta = torch.tensor([[0.5], [0.25], [1.5]]).double(), torch.tensor([[0.0], [0.5], [0.9]]).double()
    points = torch.tensor([START, (0.3, -0.7), (50.0, 9.0)], dtype=torch.float64)
    alone = [
        _last_points(step, 3.0, point, *values, n_steps=4)[1]
        for point, *values in zip(points, lr.flatten().tolist(), beta.flatten().tolist(), strict=True)
    ]
    try:
        together = _last_points(step, 3.0, points, lr, beta, n_steps=4)[1]
    except Exception:  # noqa: BLE001 - it works point by point, so whatever this is it comes from the tensors
        return False
    return together.shape == points.shape and torch.allclose(together, torch.stack(alone), equal_nan=True)


def _factors(step: Step, condition: float, lr: Tensor | float, beta: Tensor | float, n_steps: int) -> Tensor:
    start = torch.tensor(START, dtype=torch.float64)
    points = start.repeat(len(lr) if isinstance(lr, Tensor) else 1, 1)
    last = _last_points(step, condition, points, lr, beta, n_steps=n_steps)
    return _factor(torch.stack([points, *last]), n_steps)


def _factor(path: Tensor, n_steps: int = N_STEPS) -> Tensor:
    # two points at the end: an error that swings is never 0 at both; no squares: they run out of the numbers sooner
    path = path.reshape(len(path), -1, 2)
    size = path[-2:].abs().amax(dim=(0, 2)) / path[0].abs().amax(dim=1)
    return (size ** (1 / n_steps)).nan_to_num(nan=torch.inf, posinf=torch.inf)


def _slope(theta: Tensor, condition: float) -> Tensor:
    return torch.tensor([1 / condition, 1.0], dtype=theta.dtype) * theta


def _last_points(
    step: Step, condition: float, theta: Tensor, lr: Tensor | float, beta: Tensor | float, *, n_steps: int
) -> tuple[Tensor, Tensor]:
    """The last two points; `run` would keep all of them."""
    state, before = init_state("momentum", theta), theta
    for number in range(n_steps):
        if number == n_steps - 1:
            before = theta.clone()
        theta, state = step(theta, _slope(theta, condition), state, lr=lr, beta=beta)
    return before, theta


def draw_convergence_map(
    momentum_step: Step,
    scene: Scene,
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
    scene : Scene
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
    rate = lr * rate_factor(momentum_step, start, beta, False)
    path = run(
        momentum_step, lambda theta: _slope(theta, condition), start, state=init_state("momentum", start),
        n_steps=N_STEPS, lr=rate, beta=beta,
    )  # fmt: skip
    distance = bowl.distance(path)
    scene.show(condition, found)
    scene.cross.set_data([lr], [beta])
    _, best_lr, best_beta = found.best()
    scene.best.set_data([best_lr] if reveal else [], [best_beta] if reveal else [])
    scene.path.set_data(*path[: SHOWN + 1].T.clamp(-1e6, 1e6))
    scene.distance.set_data(range(SHOWN + 1), distance[: SHOWN + 1].clamp(max=1e6))
    return _said(found, float(_factor(path)[0]), distance, lr, beta)


class Scene:
    """The figure: frames and letters lie behind it as one picture; the map is another, and lines move on top.

    Parameters
    ----------
    figure : Figure
        Is cleared and gets a map and two panels.
    """

    def __init__(self, figure: Figure) -> None:
        Still(figure).show("frames", draw_frames)
        self.map = Picture(left=CORNER[0], bottom=CORNER[1], zorder=-0.5)
        figure.add_artist(self.map)
        style = line_style(1)
        map_axes, path_axes, distance_axes = bare(_panels(figure))
        (self.border,) = map_axes.plot([], [], color="black", linewidth=1.6)
        map_axes.text(HIGHEST_RATE - 0.08, 0.04, "runs away", color="white", ha="right")
        (self.cross,) = map_axes.plot([], [], **CROSS)
        (self.best,) = map_axes.plot([], [], **STAR)
        (self.levels,) = path_axes.plot([], [], **LEVEL)
        path_axes.plot(0, 0, **MINIMUM)
        (self.path,) = path_axes.plot([], [], markevery=1, **style)
        (self.distance,) = distance_axes.plot([], [], **style | {"marker": ""})
        self._shown: RateMap | None = None

    def show(self, condition: float, found: RateMap) -> None:
        """Put the map and the level lines of this condition number behind all that moves."""
        if found is self._shown:
            return
        self._shown = found
        factors = found.factors.clamp(max=LEVELS[-1]).numpy()
        self.map.set_data(_colored(factors))
        pieces: Any = contour_generator(found.rates.numpy(), found.betas.numpy(), factors).lines(1.0)
        self.border.set_data(*joined(pieces).T)
        self.levels.set_data(*ellipses(condition, (0.02, 0.1, 0.3, 0.7, 1.3)).T)


def _colored(factors: np.ndarray) -> np.ndarray:
    """The map in dots, from above."""
    cells = len(factors)
    rows, columns = (np.arange(length) * cells // length for length in (HEIGHT, WIDTH))
    shades = GREYS(NORM(factors))
    shades[..., :3] = OPACITY * shades[..., :3] + 1 - OPACITY
    dots: np.ndarray = (shades * 255).astype(np.uint8)[rows[::-1, None], columns]
    return dots


def draw_frames(figure: Figure) -> None:
    """Draw what is the same for all condition numbers: frames, the scale and all labels."""
    map_axes, path_axes, distance_axes = _panels(figure)
    map_axes.set(xlabel="rate η", ylabel="β, share of the velocity that is kept")
    marks = [Line2D([], [], label="you are here", **CROSS), Line2D([], [], label="best place", **STAR)]
    map_axes.legend(handles=marks, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, borderpad=0)
    colors = ScalarMappable(NORM, GREYS)
    label = "factor by which the error shrinks in a step"
    figure.colorbar(colors, cax=figure.add_axes(SCALE), ticks=LEVELS[:-1], alpha=OPACITY).set_label(label)
    path_axes.set_ylabel("across the valley")
    path_axes.set_xlabel("along the valley", labelpad=1)
    distance_axes.axhline(ARRIVED, **THRESHOLD)
    distance_axes.set(xlabel="step", ylabel="distance\nto the minimum", yticks=[1e-8, 1e-5, 1e-2, 1e1])
    plain_log(distance_axes)


def _panels(figure: Figure) -> tuple[Axes, Axes, Axes]:
    map_axes, path_axes, distance_axes = (figure.add_axes(place) for place in (LEFT, UPPER, LOWER))
    map_axes.set(xlim=(0, HIGHEST_RATE), ylim=(0, HIGHEST_BETA))
    path_axes.set(xlim=(-2.1, 2.1), ylim=(-2.1, 2.1))
    distance_axes.set(yscale="log", xlim=(0, SHOWN), ylim=(1e-8, 1e3))
    return map_axes, path_axes, distance_axes


def _said(found: RateMap, factor: float, distance: Tensor, lr: float, beta: float) -> str:
    best = found.best()[0]
    arrived = steps_to_reach(distance, ARRIVED)
    steps = f"within {ARRIVED} after {arrived} steps" if arrived is not None else f"not within {ARRIVED}"
    speed = f"the error shrinks by the factor {factor:.3f} a step" if factor < 1 else "the error grows"
    reached = "The goal is reached." if factor <= best + NEAR else f"Not yet: the best place has {best:.3f}."
    said = f"η = {lr:.2f}, β = {beta:.2f}: {speed}, {steps}. {reached}"
    if not found.batched:
        said += (
            " The map is coarse, painted point by point, because your <code>momentum_step</code> cannot take "
            "tensors for <code>lr</code> and <code>beta</code>."
        )
    return said
