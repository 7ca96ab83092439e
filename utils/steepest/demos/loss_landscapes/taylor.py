"""Any landscape, any start and any rate, with what the slope promises at each step and what curvature takes back."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, choice, count, held, plain_log, slider
from steepest.demos._marks import DIAMOND, HERE, legend_above
from steepest.demos._stage import Stage
from steepest.demos.loss_landscapes.paths import Descend, drawable
from steepest.landscapes import LANDSCAPES, Landscape, quadratic
from steepest.plots import line_style, plot_contours
from steepest.trajectory import run

Terms = Callable[[Tensor, Tensor, float], tuple[Tensor, Tensor]]
Starts = tuple[tuple[float, float], ...]

QUADRATIC = "quadratic, κ = 10"
NAMES = (*LANDSCAPES, QUADRATIC)
GOAL_NAME = "long valley"
GOAL = 0.25
N_STEPS = 60
LOWEST, HIGHEST, FAR = 1e-6, 1e4, 1e9
STARTS = ((-1.0, -1.0), (-0.8, -0.6), (-0.8, -1.4), (-0.8, -1.6))  # in the order of `NAMES`
LOSS: dict[str, Any] = line_style(0) | {"marker": ""}
ROSE: dict[str, Any] = {"color": "black", "marker": "x", "markersize": 7, "linestyle": ""}
TERMS: dict[str, dict[str, Any]] = {
    label: line_style(number) | {"markersize": 3} for number, label in ((1, "linear, εgᵀg"), (2, "quadratic, ½ε²gᵀHg"))
}


class Watched(NamedTuple):
    """A run of descent under the Taylor monitor.

    Attributes
    ----------
    path : Tensor, shape (N_STEPS + 1, 2)
        The start and every point on the way.
    loss : Tensor, shape (N_STEPS + 1,)
        Loss above the least.
    linear, quadratic : Tensor, shape (N_STEPS,)
        What the student's function says of each step.
    """

    path: Tensor
    loss: Tensor
    linear: Tensor
    quadratic: Tensor

    def rose(self) -> Tensor:
        """Whether the loss was higher after each step."""
        return ~(self.loss[1:] <= self.loss[:-1])


def watch(
    descend: Descend, taylor_terms: Terms, *, landscape: str, start: tuple[float, float], lr: float
) -> Watched:  # fmt: skip
    """Descend on a landscape and ask the student's function for both terms of every step.

    Parameters
    ----------
    descend : callable
        One step of descent.
    taylor_terms : callable
        The student's function.
    landscape : str
        One of `NAMES`.
    start : tuple of float
        Where to start.
    lr : float
        Learning rate.
    """
    ground, first = _ground(landscape), torch.tensor(start, dtype=torch.float64)
    path = run(descend, ground.gradient, first, state={}, n_steps=N_STEPS, lr=lr)
    gradients = ground.gradient(path[:-1])
    hessians = _hessians(ground, path[:-1])
    terms = [taylor_terms(gradient, hessian, lr) for gradient, hessian in zip(gradients, hessians, strict=True)]
    linear, curved = (torch.tensor([float(pair[k]) for pair in terms], dtype=torch.float64) for k in (0, 1))
    least = ground(torch.tensor(ground.minima[0], dtype=torch.float64))
    return Watched(path, ground(path) - least, linear, curved)


def landscape_demo(descend: Descend, taylor_terms: Terms) -> Demo:
    """Controls for landscape, start and rate, over the path and both Taylor terms of each step.

    Parameters
    ----------
    descend : callable
        One step of descent, ``descend(theta, grad, state, *, lr)``.
    taylor_terms : callable
        The student's function.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = landscape_demo(unwritten, unwritten)
    >>> list(demo.controls)
    ['landscape', 'lr', 'step', 'starts']
    >>> demo.message.value
    'Write <code>taylor_terms</code> and run the cell, then run this one again.'
    """

    watched = lru_cache(maxsize=16)(partial(watch, descend, taylor_terms))  # so that playing one computes nothing

    def draw(stage: Stage, **values: Any) -> str:
        return draw_taylor(watched, stage, **values)

    return Demo(
        draw,
        {
            "landscape": choice("landscape", GOAL_NAME, NAMES),
            "lr": slider("rate ε", 10**-2.7, -4, 0.5, 0.1, log=True),
            "step": count("step", 12, 0, N_STEPS),
            "starts": held(STARTS),
        },
        needs=["taylor_terms"],
        goal=f"on the {GOAL_NAME}, from a start with θ₁ < 0, have a loss of at most {GOAL} after {N_STEPS} steps",
        size=(9.5, 4.4),
        played="step",
    )


def draw_taylor(
    watched: Callable[..., Watched], stage: Stage,
    *, landscape: str, starts: Starts = STARTS, lr: float, step: int,
) -> str:  # fmt: skip
    """Draw a run on a landscape, and the terms of its steps.

    Parameters
    ----------
    watched : callable
        `watch` with one step of descent and the student's function.
    stage : Stage
        Where to draw.
    landscape : str
        One of `NAMES`.
    starts : tuple of tuple of float
        Where to start on each of them.
    lr : float
        Learning rate.
    step : int
        How many steps are shown.

    Returns
    -------
    str
        What was promised and what came of it, and how far the goal is, for the line above the figure.
    """
    number = NAMES.index(landscape)
    done = watched(landscape=landscape, start=starts[number], lr=lr)
    _show(stage, done, landscape=landscape, number=number, lr=lr, step=step)
    end = float(done.loss[-1])
    said = f"{_said(done, step)} After {N_STEPS} steps {_size(end)}."
    if landscape != GOAL_NAME:
        return f"{said} The goal is set on the {GOAL_NAME}."
    if starts[number][0] >= 0:
        return f"{said} For the goal, start where θ₁ < 0."
    return f"{said} {'The goal is reached.' if end <= GOAL else f'Not yet: the goal is {GOAL}.'}"


def _said(done: Watched, step: int) -> str:
    if step == N_STEPS:
        return f"The loss rose in {int(done.rose().sum())} of {N_STEPS} steps."
    linear, curved = float(done.linear[step]), float(done.quadratic[step])
    change = float(done.loss[step + 1] - done.loss[step])
    if not abs(change) < 1e6:
        return f"The loss at step {step} is far off."
    took = f"curvature takes back {curved:.2g}" if curved >= 0 else f"curvature adds {-curved:.2g}"
    moved = f"falls by {-change:.2g}" if change <= 0 else f"<b>rises</b> by {change:.2g}"
    return f"At step {step} the slope promises {linear:.2g}, {took}, and the loss then {moved}."


def _show(stage: Stage, done: Watched, *, landscape: str, number: int, lr: float, step: int) -> None:
    ground, losses, terms = stage.panels(draw_ground, landscape)
    shown, loss = drawable(done.path[: step + 1]).numpy(), done.loss.numpy().clip(LOWEST / 100, FAR)
    rises = done.rose()[:step].nonzero()[:, 0].numpy() + 1
    x, y = done.path[0].tolist()
    slope = float(_ground(landscape).gradient(done.path[0]).square().sum())

    ground.title(f"from ({x:.2f}, {y:.2f}), ε = {lr:.4f}, step {step}".replace("-", "−"))
    ground.plot(*shown.T, **line_style(0) | {"linewidth": 1.2})
    ground.plot(*shown[-1], **HERE)
    ground.handle("starts", x, y, item=number, name="start of the descent")
    losses.plot(range(step + 1), loss[: step + 1], **LOSS)
    losses.plot(rises, loss[rises], **ROSE)
    height = float(np.nan_to_num(loss[step], nan=HIGHEST).clip(LOWEST, HIGHEST))
    losses.handle(("step", ""), step, height, name="step that is shown")
    for term, style in zip((done.linear, done.quadratic), TERMS.values(), strict=True):
        heights = term[: step + 1].where(term[: step + 1] > 0, torch.nan).clamp(LOWEST / 100, FAR)
        terms.plot(range(len(heights)), heights, **style)
    if slope:
        height = min(max(lr * slope, LOWEST), HIGHEST)
        terms.text(2, height, "ε", va="center")
        terms.handle(
            ("", "lr"), 0, height, name="rate ε, by the linear term of the first step",
            means=lambda x, y: (x, y / slope), **DIAMOND,
        )  # fmt: skip


def draw_ground(figure: Figure, landscape: str) -> tuple[Axes, ...]:
    """Draw level lines, minima and all labels."""
    axes = figure.subplot_mosaic([["map", "losses"], ["map", "terms"]])
    ground, upper, lower = axes["map"], axes["losses"], axes["terms"]
    plot_contours(_ground(landscape), ax=ground, resolution=101)
    ground.set(title="", xlabel="parameter θ₁", ylabel="parameter θ₂")
    upper.plot([], [], label="loss above the least", **LOSS)
    upper.plot([], [], label="it rose", **ROSE)
    for label, style in TERMS.items():
        lower.plot([], [], label=label, **style)
    for panel, label in ((upper, "loss"), (lower, "size of the term")):
        panel.set(ylabel=label, yscale="log", xlim=(-1, N_STEPS + 1), ylim=(LOWEST, HIGHEST))
        panel.set_yticks([1e-6, 1e-3, 1e0, 1e3])
    upper.set(xticklabels=[])
    lower.set(xlabel="step")
    legend_above(upper, lower, ncols=2)
    plain_log(upper, lower)
    return ground, upper, lower


def _hessians(ground: Landscape, points: Tensor) -> Tensor:
    """Matrices of second derivatives at all points at once: a loss depends on its own point only."""
    at = points.detach().clone().requires_grad_()
    (slopes,) = torch.autograd.grad(ground(at).sum(), at, create_graph=True)
    rows = [torch.autograd.grad(slopes[:, k].sum(), at, retain_graph=True)[0] for k in range(points.shape[1])]
    return torch.stack(rows, dim=1)


@cache
def _ground(landscape: str) -> Landscape:
    return quadratic(10) if landscape == QUADRATIC else LANDSCAPES[landscape]()


def _size(loss: float) -> str:
    return f"it is {loss:.3g} above the least" if loss < HIGHEST else "it has run away"
