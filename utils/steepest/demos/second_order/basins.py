"""Where the student's own `newton_step` and `saddle_free_step` lead: to a minimum, to the saddle point, or away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from torch import Tensor

from steepest.demos._demo import Demo, choice, counted, held, plain_log, slider
from steepest.demos._marks import THRESHOLD, legend_above
from steepest.demos._stage import Stage
from steepest.landscapes import Landscape, beale, derivatives, saddle
from steepest.plots import line_style, plot_contours

Step = Callable[..., Tensor]

Move = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]

N_STEPS = 20
COLUMNS, ROWS = 32, 28
FAR, ARRIVED, SETTLED, NEAR = 50.0, 0.02, 1e-7, 0.3
LOWEST = 1e-12
START = (1.2, 0.3)
ENDS = ("minimum", "saddle", "elsewhere")
SHADES = {"minimum": (255, 255, 255, 0), "saddle": (90, 90, 90, 150), "elsewhere": (20, 20, 20, 215)}
STYLES: tuple[dict[str, Any], ...] = (line_style(1) | {"markersize": 6}, line_style(0) | {"markersize": 5})
LABELS = ("Newton", "saddle-free")
CROSS: dict[str, Any] = {
    "color": "black", "marker": "X", "markersize": 10, "linestyle": "", "markeredgecolor": "white"
}  # fmt: skip


class Ground(NamedTuple):
    """A landscape and its saddle point."""

    landscape: Landscape
    saddle: tuple[float, float]


GROUNDS: dict[str, Callable[[], Ground]] = {
    "saddle": lambda: Ground(saddle(), (0.0, 0.0)),
    "beale": lambda: Ground(beale(), (0.0, 1.0)),
}


def newton_demo(newton_step: Step, saddle_free_step: Step) -> Demo:
    """A start to be dragged over the basins of Newton's method, and damping.

    Parameters
    ----------
    newton_step, saddle_free_step : callable
        The student's functions.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = newton_demo(unwritten, unwritten)
    >>> list(demo.controls)
    ['landscape', 'damping', 'start']
    >>> demo.message.value
    'Write <code>newton_step</code>, <code>saddle_free_step</code> and run the cell, then run this one again.'
    """
    basins = lru_cache(maxsize=64)(partial(basins_of, newton_step))

    def draw(stage: Stage, **values: Any) -> str:
        return draw_basins((newton_step, saddle_free_step), basins, stage, **values)

    return Demo(
        draw,
        {
            "landscape": choice("landscape", "saddle", tuple(GROUNDS)),
            "damping": slider("damping μ", 0.0, 0.0, 2.0, 0.1),
            "start": held(START),
        },
        needs=["newton_step", "saddle_free_step"],
        goal=f"a start within {NEAR} of a saddle point from which both methods reach a minimum",
        size=(9.5, 4.2),
    )


def draw_basins(
    steps: tuple[Step, Step],
    basins: Callable[[str, float], np.ndarray],
    stage: Stage,
    *,
    landscape: str,
    damping: float,
    start: tuple[float, float],
) -> str:
    """Draw both paths over the basins, and the distance to the nearest minimum by step.

    Parameters
    ----------
    steps : pair of callable
        The student's `newton_step` and `saddle_free_step`.
    basins : callable
        `basins_of` with the student's `newton_step`.
    stage : Stage
        Where to draw.
    landscape : str
        One of `GROUNDS`.
    damping : float
        What is added to every curvature.
    start : pair of float
        Where both begin.

    Returns
    -------
    str
        Where both have arrived and how far the goal is, for the line above the figure.
    """
    where = _ground(landscape)
    ground, distances = stage.panels(draw_frames, landscape)
    ground.heat(basins(landscape, damping), *where.landscape.domain)
    begin = torch.tensor([start, start], dtype=torch.float64)
    paths = follow(side_by_side(steps, damping), landscape, begin)
    ends = [ENDS[end] for end in ends_of(paths[-1], landscape).tolist()]
    told = []
    for name, path, end, style in zip(LABELS, paths.unbind(1), ends, STYLES, strict=True):
        taken = int((path[1:] != path[:-1]).any(dim=1).sum())
        ground.plot(*path[: taken + 1].T, **style)
        distances.plot(range(taken + 1), where.landscape.distance(path[: taken + 1]).clamp(LOWEST, FAR), **style)
        told.append(f"{name}: {_said(end, taken)}")
    ground.plot(*where.saddle, **CROSS)
    ground.handle("start", *start, name="start of both methods")
    near = float(np.hypot(start[0] - where.saddle[0], start[1] - where.saddle[1]))
    said = f"{'; '.join(told)}. The start is {near:.2f} from the saddle point."
    reached = near <= NEAR and ends == ["minimum", "minimum"]
    return f"{said} {'The goal is reached.' if reached else 'Not yet.'}"


def follow(move: Move, landscape: str, points: Tensor) -> Tensor:
    """Let points take steps until all have arrived or run away.

    Parameters
    ----------
    move : callable
        Maps points, gradients and Hessians, and which of them are still on the way, to the next points.
    landscape : str
        One of `GROUNDS`.
    points : Tensor, shape (m, 2)
        Where to begin.

    Returns
    -------
    Tensor, shape (steps + 1, m, 2)
        Who has arrived or run away stays where it is.
    """
    loss = _ground(landscape).landscape
    path = [points]
    for _ in range(N_STEPS):
        slopes, hessians = derivatives(loss, points)
        moving = (slopes.norm(dim=1) > SETTLED) & (points.abs().amax(dim=1) < FAR)
        if not moving.any():
            break
        moved = move(points, slopes, hessians, moving).nan_to_num(nan=FAR)
        points = torch.where(moving[:, None], moved.clamp(-FAR, FAR), points)
        path.append(points)
    return torch.stack(path)


def all_at_once(step: Step, damping: float) -> Move:
    """A method for many points together; one after the other where the student's function cannot be vectorized."""
    batched = torch.func.vmap(partial(step, damping=damping))

    def move(points: Tensor, slopes: Tensor, hessians: Tensor, moving: Tensor) -> Tensor:
        try:
            moved: Tensor = batched(points, slopes, hessians)
        except Exception:  # noqa: BLE001 - such as a branch on a number; what is wrong with each is raised below
            moved = torch.stack([step(*each, damping=damping) for each in zip(points, slopes, hessians, strict=True)])
        return moved

    return move


def side_by_side(steps: Sequence[Step], damping: float) -> Move:
    """Several methods, one for each point."""

    def move(points: Tensor, slopes: Tensor, hessians: Tensor, moving: Tensor) -> Tensor:
        rows = zip(steps, points, slopes, hessians, moving.tolist(), strict=True)
        return torch.stack([step(*each, damping=damping) if on else each[0] for step, *each, on in rows])

    return move


def basins_of(step: Step, landscape: str, damping: float) -> np.ndarray:
    """Shades that tell where a method leads from each place of a landscape.

    Parameters
    ----------
    step : callable
        The student's function.
    landscape : str
        One of `GROUNDS`.
    damping : float
        Handed on to the function.

    Returns
    -------
    array of shape (ROWS, COLUMNS, 4)
        Colours from 0 to 255; nothing where it leads to a minimum.
    """
    domain = _ground(landscape).landscape.domain
    sides = [
        low + (high - low) * (torch.arange(cells, dtype=torch.float64) + 0.49) / cells
        for (low, high), cells in zip(domain, (COLUMNS, ROWS), strict=True)
    ]
    places = torch.stack(torch.meshgrid(*sides, indexing="xy"), dim=-1).reshape(-1, 2)
    last = follow(all_at_once(step, damping), landscape, places)[-1]
    dots = np.array([SHADES[ENDS[end]] for end in ends_of(last, landscape).tolist()], dtype=np.uint8)
    return dots.reshape(ROWS, COLUMNS, 4)


def ends_of(points: Tensor, landscape: str) -> Tensor:
    """Where paths have come to, as numbers of `ENDS`."""
    where = _ground(landscape)
    away = (points - torch.tensor(where.saddle, dtype=points.dtype)).norm(dim=-1)
    elsewhere = torch.where(away < ARRIVED, ENDS.index("saddle"), ENDS.index("elsewhere"))
    return torch.where(where.landscape.distance(points) < ARRIVED, ENDS.index("minimum"), elsewhere)


def draw_frames(figure: Figure, landscape: str) -> tuple[Axes, Axes]:
    """Draw level lines, minima and all labels."""
    left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
    plot_contours(_ground(landscape).landscape, ax=left, resolution=101)
    left.set(title="", xlabel="θ₁", ylabel="θ₂")
    names = {"saddle": "Newton ends at the saddle", "elsewhere": "or elsewhere (unshaded: at a minimum)"}
    patches = [Patch(label=label, color=_color(end)) for end, label in names.items()]
    left.legend(handles=patches, loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize=8)
    for label, style in zip(LABELS, STYLES, strict=True):
        right.plot([], [], label=label, **style)
    right.axhline(ARRIVED, **THRESHOLD)
    right.set(xlabel="step", ylabel="distance to the nearest minimum", yscale="log")
    right.set(xlim=(-1, N_STEPS + 1), ylim=(LOWEST, 1e2), yticks=[1e-12, 1e-9, 1e-6, 1e-3, 1e0])
    right.set_xticks(range(0, N_STEPS + 1, 5))
    legend_above(right, ncols=2)
    plain_log(right)
    return left, right


def _color(end: str) -> tuple[float, float, float, float]:
    red, green, blue, opacity = (part / 255 for part in SHADES[end])
    return red, green, blue, opacity


def _said(end: str, steps: int) -> str:
    if end == "elsewhere":
        return "runs away" if steps < N_STEPS else "has not arrived"
    return f"<b>{end}{' point' if end == 'saddle' else ''}</b> after {counted(steps, 'step')}"


@cache
def _ground(landscape: str) -> Ground:
    return GROUNDS[landscape]()
