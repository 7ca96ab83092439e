"""A cliff, met without clipping and with the student's own `clip_by_value` and `clip_by_norm`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, count, counted, held, plain_log, slider
from steepest.demos._marks import DIAMOND, THRESHOLD, legend_above
from steepest.demos._stage import Stage
from steepest.demos.loss_landscapes.paths import Descend, Loss, draw_heights, drawable, slope_of
from steepest.plots import line_style

ByValue = Callable[[Tensor, float], Tensor]
ByNorm = Callable[[list[Tensor], float], Sequence[Tensor]]

START = (4.84, -2.4)
N_STEPS = 40
GOAL = 0.01
WEIGHTS, BIASES = (3.8, 5.8), (-3.4, -1.6)
LEVELS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4)
WAYS = ("plain", "by value", "by norm")
STYLES = [
    line_style(number) | {"markersize": size} for number, size in enumerate((7, 5, 3))
]  # all show where they meet
LOSSES, SHORTEST, LONGEST = (1e-4, 1.0), 1e-4, 1e2


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
    start : tuple of float
        Weight and bias at first.

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
        start: tuple[float, float] = START,
    ) -> None:
        self.descend, self.loss, self.lr, self.limit, self.start = descend, loss, lr, limit, start
        self.clip_by_value, self.clip_by_norm = clip_by_value, clip_by_norm
        self.points = [torch.tensor(start, dtype=torch.float64).repeat(len(WAYS), 1)]
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

    def turned(self, step: int) -> tuple[float, float]:
        """By how many degrees each way turns the longest gradient up to a step that was clipped by value."""
        if not step:
            return 0.0, 0.0
        gradient = max((at[1] for at in self.gradients[:step]), key=lambda at: float(at.norm()))
        ways = self.clip_by_value(gradient.clone(), self.limit), self.clip_by_norm([gradient.clone()], self.limit)[0]
        cosines = [gradient @ way / gradient.norm() / way.norm() for way in ways]
        by_value, by_norm = (math.degrees(math.acos(min(1.0, float(cosine)))) for cosine in cosines)
        return by_value, by_norm

    def draw_frames(self, figure: Figure) -> tuple[Axes, ...]:
        """Draw the surface and all labels."""
        axes = figure.subplot_mosaic([["map", "losses"], ["map", "lengths"]], width_ratios=(1.05, 1))
        left, upper, lower = axes["map"], axes["losses"], axes["lengths"]
        across, up = (torch.linspace(*ends, 121, dtype=torch.float64) for ends in (WEIGHTS, BIASES))
        surface = self.loss(torch.stack(torch.meshgrid(across, up, indexing="xy"), dim=-1))
        draw_heights(left, across, up, surface, LEVELS)
        left.set(xlabel="weight w", ylabel="bias b", xlim=WEIGHTS, ylim=BIASES)
        for way, style in zip(WAYS, STYLES, strict=True):
            lower.plot([], [], label=way, **style)
        upper.axhline(GOAL, label=f"goal {GOAL}", **THRESHOLD)
        for ax, label, ends in ((upper, "loss", LOSSES), (lower, "length of the step", (SHORTEST, LONGEST))):
            ax.set(ylabel=label, yscale="log", xlim=(-1, N_STEPS + 1), ylim=ends)
        upper.set(xticklabels=[])
        lower.set(xlabel="step")
        legend_above(upper, lower, ncols=3)
        plain_log(upper, lower)
        return left, upper, lower


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

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = cliff_demo(unwritten, unwritten, unwritten, unwritten)
    >>> list(demo.controls)
    ['limit', 'lr', 'start', 'step']
    >>> demo.message.value
    'Write <code>clip_by_value</code>, <code>clip_by_norm</code> and run the cell, then run this one again.'
    """
    falls = lru_cache(maxsize=16)(partial(Fall, descend, clip_by_value, clip_by_norm, loss))

    def draw(stage: Stage, *, step: int, **values: Any) -> str:
        return draw_cliff(falls(**values), stage, step=step)

    return Demo(
        draw,
        {
            "limit": slider("limit c", 10.0, -2, 2, 0.1, log=True),
            "lr": slider("rate η", 0.5, 0.05, 1.0, 0.05),
            "start": held(START),
            "step": count("step", 16, 0, N_STEPS),
        },
        needs=["clip_by_value", "clip_by_norm"],
        goal=f"from the first start, have both clipped runs at a loss of at most {GOAL} after {N_STEPS} steps",
        size=(9.5, 4.4),
        played="step",
    )


def draw_cliff(fall: Fall, stage: Stage, *, step: int) -> str:
    """Draw three runs as far as a step.

    Parameters
    ----------
    fall : Fall
        The runs, which use the student's functions.
    stage : Stage
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
    _show(stage, fall, points, losses)
    by_value, by_norm = fall.turned(step)
    ends = ", ".join(f"{way} {_where(end, at)}" for way, end, at in zip(WAYS, losses[-1], points[-1], strict=True))
    said = f"Losses after {counted(step, 'step')}: {ends}."
    if step:
        said += f" The longest gradient is turned by {by_value:.0f}° by value, by {by_norm:.0f}° by norm."
    if fall.start != START:
        return f"{said} For the goal, press reset: it counts from the first start."
    if step < N_STEPS:
        return f"{said} For the goal, go on to step {N_STEPS}."
    return f"{said} {'The goal is reached.' if bool((losses[-1, 1:] <= GOAL).all()) else 'Not yet.'}"


def _show(stage: Stage, fall: Fall, points: Tensor, losses: Tensor) -> None:
    ground, heights, lengths = stage.panels(fall.draw_frames)
    step, shown = len(points) - 1, drawable(points).numpy()
    sizes = (points[1:] - points[:-1]).norm(dim=2).clamp(min=SHORTEST / 100).numpy()
    ground.title(f"limit {fall.limit:.3g}, η = {fall.lr:.2f}, step {step}")
    for number, style in enumerate(STYLES):
        ball = style | {"linestyle": "", "markersize": 2 * style["markersize"], "markeredgecolor": "black"}
        ground.plot(*shown[:, number].T, **style)
        ground.plot(*shown[-1, number], **ball)
        heights.plot(range(step + 1), losses[:, number], **style)
        lengths.plot(range(1, step + 1), sizes[:, number], **style)
    ground.handle("start", *shown[0, 0], name="start of the three runs")
    height = float(losses[-1, 2].clamp(*LOSSES))
    heights.handle(("step", ""), step, height, name="step that is shown")
    longest = fall.lr * fall.limit
    lengths.plot([-1, N_STEPS + 1], [longest, longest], **THRESHOLD | {"linestyle": "--"})
    lengths.text(0.8, 1.4 * longest, "ηc")
    lengths.handle(
        ("", "limit"), -0.2, longest, name="limit c, by the longest step that clipping by norm leaves",
        means=lambda x, y: (x, y / fall.lr), **DIAMOND,
    )  # fmt: skip


def _where(loss: Tensor, at: Tensor) -> str:
    inside = WEIGHTS[0] <= float(at[0]) <= WEIGHTS[1] and BIASES[0] <= float(at[1]) <= BIASES[1]
    return f"{float(loss):.4f}" + ("" if inside else " (outside)")
