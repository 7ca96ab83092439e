"""A cliff, met without clipping and with the student's own `clip_by_value` and `clip_by_norm`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, count, counted, plain_log, slider
from steepest.demos._marks import THRESHOLD, legend_above
from steepest.demos._still import Still, bare
from steepest.demos.loss_landscapes.paths import Descend, Loss, drawable, slope_of
from steepest.plots import line_style

ByValue = Callable[[Tensor, float], Tensor]
ByNorm = Callable[[list[Tensor], float], Sequence[Tensor]]

START = (4.84, -2.4)
N_STEPS = 40
GOAL = 0.01
WEIGHTS, BIASES = (3.8, 5.8), (-3.4, -1.6)
LEVELS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4)
MAP, UPPER, LOWER = (0.075, 0.12, 0.42, 0.8), (0.58, 0.57, 0.405, 0.35), (0.58, 0.12, 0.405, 0.35)
WAYS = ("plain", "by value", "by norm")


class Fall:
    """Three runs from one start, plain and clipped in two ways, as far as they were asked for.

    Parameters
    ----------
    descend : callable
        One step of descent.
    clip_by_value, clip_by_norm : callable
        The student's functions.
    loss : callable
        Maps points of shape (..., 2) to losses of shape (...).
    lr, limit : float
        Learning rate, and what the gradient is clipped to.

    Attributes
    ----------
    points : list of Tensor, shape (3, 2)
        Where the runs are after each step, in the order of `WAYS`.
    gradients, clipped : list of Tensor, shape (3, 2)
        What the loss says at each of them, and what was passed on.
    """

    def __init__(
        self,
        descend: Descend,
        clip_by_value: ByValue,
        clip_by_norm: ByNorm,
        loss: Loss,
        *,
        lr: float,
        limit: float,
    ) -> None:
        self.descend, self.loss, self.lr, self.limit = descend, loss, lr, limit
        self.clip_by_value, self.clip_by_norm = clip_by_value, clip_by_norm
        self.points = [torch.tensor(START, dtype=torch.float64).repeat(len(WAYS), 1)]
        self.gradients: list[Tensor] = []
        self.clipped: list[Tensor] = []
        self.state: dict[str, Any] = {}

    def until(self, step: int) -> Tensor:
        """The points up to a step, of shape (step + 1, 3, 2); goes on where they are not known yet."""
        while len(self.points) <= step:
            gradient = slope_of(lambda theta: self.loss(theta).sum(), self.points[-1])
            plain, for_value, for_norm = gradient.clone()
            by_value, by_norm = self.clip_by_value(for_value, self.limit), self.clip_by_norm([for_norm], self.limit)[0]
            self.gradients.append(gradient)
            self.clipped.append(torch.stack([plain, by_value, by_norm]))
            theta, self.state = self.descend(self.points[-1], self.clipped[-1], self.state, lr=self.lr)
            self.points.append(theta.detach())
        return torch.stack(self.points[: step + 1])

    def turned(self, step: int) -> tuple[float, float, float]:
        """The longest gradient up to a step that was clipped by value, and by how many degrees each way turns it."""
        if not step:
            return 0.0, 0.0, 0.0
        gradient = max((at[1] for at in self.gradients[:step]), key=lambda at: float(at.norm()))
        ways = self.clip_by_value(gradient.clone(), self.limit), self.clip_by_norm([gradient.clone()], self.limit)[0]
        cosines = [gradient @ way / gradient.norm() / way.norm() for way in ways]
        by_value, by_norm = (math.degrees(math.acos(min(1.0, float(cosine)))) for cosine in cosines)
        return float(gradient.norm()), by_value, by_norm


class CliffView:
    """The figure of the cliff.

    Parameters
    ----------
    figure : Figure
        Is cleared and gets three panels.
    loss : callable
        Maps points of shape (..., 2) to losses of shape (...).
    """

    def __init__(self, figure: Figure, loss: Loss) -> None:
        Still(figure).show("cliff", lambda still: draw_cliff_map(still, loss))
        left, upper, lower = bare(_panels(figure))
        # where runs lie on each other all their marks show
        styles = [line_style(number) | {"markersize": size} for number, size in enumerate((7, 5, 3))]
        self.paths = [left.plot([], [], **style)[0] for style in styles]
        self.balls = [
            left.plot([], [], **style | {"markersize": 2 * style["markersize"], "markeredgecolor": "black"})[0]
            for style in styles
        ]
        self.losses = [upper.plot([], [], **style)[0] for style in styles]
        self.lengths = [lower.plot([], [], **style)[0] for style in styles]
        self.said = left.text(WEIGHTS[1] - 0.04, BIASES[0] + 0.04, "", ha="right", va="bottom", fontsize=10)

    def show(self, points: Tensor, losses: Tensor, *, lr: float, limit: float) -> None:
        """Draw three runs."""
        shown = drawable(points)
        lengths = (points[1:] - points[:-1]).norm(dim=2).clamp(min=1e-9)
        for number, path in enumerate(shown.unbind(dim=1)):
            self.paths[number].set_data(*path.T)
            self.balls[number].set_data(*path[-1:].T)
            self.losses[number].set_data(range(len(path)), losses[:, number])
            self.lengths[number].set_data(range(1, len(path)), lengths[:, number])
        self.said.set_text(f"limit {limit:.3g}, η = {lr:.2f}, step {len(points) - 1}")


def cliff_demo(descend: Descend, clip_by_value: ByValue, clip_by_norm: ByNorm, loss: Loss) -> Demo:
    """Controls for limit and rate, over three runs that meet a wall.

    Parameters
    ----------
    descend : callable
        One step of descent, ``descend(theta, grad, state, *, lr)``.
    clip_by_value, clip_by_norm : callable
        The student's functions.
    loss : callable
        The lesson's loss of a recurrent unit, for points of shape (..., 2).
    """
    falls: dict[tuple[float, float], Fall] = {}

    def draw(view: CliffView, *, limit: float, lr: float, step: int) -> str:
        key = limit, lr
        if key not in falls:
            falls[key] = Fall(descend, clip_by_value, clip_by_norm, loss, lr=lr, limit=limit)
        return draw_cliff(falls[key], view, step=step)

    return Demo(
        draw,
        {
            "limit": slider("limit c", 10.0, -2, 2, 0.1, log=True),
            "lr": slider("rate η", 0.5, 0.05, 1.0, 0.05),
            "step": count("step", 16, 0, N_STEPS),
        },
        view=lambda figure: CliffView(figure, loss),
        needs=["clip_by_value", "clip_by_norm"],
        goal=f"have both clipped runs at a loss of at most {GOAL} after {N_STEPS} steps",
        size=(9.5, 4.4),
        played="step",
    )


def draw_cliff(fall: Fall, view: CliffView, *, step: int) -> str:
    """Draw three runs as far as a step.

    Parameters
    ----------
    fall : Fall
        The runs, which use the student's functions.
    view : CliffView
        Where to draw.
    step : int
        How many steps are shown.

    Returns
    -------
    str
        What clipping did and how far the goal is, for the line above the figure.
    """
    points = fall.until(step)
    losses = fall.loss(points)
    view.show(points, losses, lr=fall.lr, limit=fall.limit)
    longest, by_value, by_norm = fall.turned(step)
    ends = ", ".join(f"{way} {_where(end, at)}" for way, end, at in zip(WAYS, losses[-1], points[-1], strict=True))
    said = f"After {counted(step, 'step')}: {ends}."
    if step:
        said += (
            f" The longest gradient clipped by value had the norm {longest:.3g}; by value it is turned by "
            f"{by_value:.0f}°, by norm by {by_norm:.0f}°."
        )
    if step < N_STEPS:
        return f"{said} For the goal, go on to step {N_STEPS}."
    return f"{said} {'The goal is reached.' if bool((losses[-1, 1:] <= GOAL).all()) else 'Not yet.'}"


def draw_cliff_map(figure: Figure, loss: Loss) -> None:
    """Draw the surface, the start and all labels."""
    left, upper, lower = _panels(figure)
    across, up = (torch.linspace(*ends, 121, dtype=torch.float64) for ends in (WEIGHTS, BIASES))
    surface = loss(torch.stack(torch.meshgrid(across, up, indexing="xy"), dim=-1))
    left.contourf(across, up, surface, levels=LEVELS, cmap="Greys", extend="both", alpha=0.6)
    lines = left.contour(across, up, surface, levels=LEVELS, colors="0.4", linewidths=0.5)
    left.clabel(lines, fontsize=7, fmt="%g")
    left.plot(*START, "o", color="black", markersize=8)
    left.set(xlabel="weight w", ylabel="bias b")
    for number, way in enumerate(WAYS):
        left.plot([], [], label=way, **line_style(number))
    upper.axhline(GOAL, label=f"goal {GOAL}", **THRESHOLD)
    legend_above(left, upper, ncols=3)
    upper.set(ylabel="loss", xticklabels=[])
    lower.set(xlabel="step", ylabel="length of the step")
    plain_log(upper, lower)


def _panels(figure: Figure) -> tuple[Axes, Axes, Axes]:
    left, upper, lower = (figure.add_axes(place) for place in (MAP, UPPER, LOWER))
    left.set(xlim=WEIGHTS, ylim=BIASES)
    upper.set(yscale="log", xlim=(-1, N_STEPS + 1), ylim=(1e-4, 1))
    lower.set(yscale="log", xlim=(-1, N_STEPS + 1), ylim=(1e-4, 1e2))
    return left, upper, lower


def _where(loss: Tensor, at: Tensor) -> str:
    inside = WEIGHTS[0] <= float(at[0]) <= WEIGHTS[1] and BIASES[0] <= float(at[1]) <= BIASES[1]
    return f"{float(loss):.4f}" + ("" if inside else " (out of the picture)")
