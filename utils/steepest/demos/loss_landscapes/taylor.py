"""Any landscape, any start and any rate, with what the slope promises at each step and what curvature takes back."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, choice, count, plain_log, slider
from steepest.demos._marks import HERE, legend_above
from steepest.demos._still import Still, bare
from steepest.demos.loss_landscapes.paths import Descend, drawable
from steepest.landscapes import LANDSCAPES, Landscape, quadratic
from steepest.plots import line_style, plot_contours
from steepest.trajectory import run

Terms = Callable[[Tensor, Tensor, float], tuple[Tensor, Tensor]]

QUADRATIC = "quadratic, κ = 10"
NAMES = (*LANDSCAPES, QUADRATIC)
GOAL_NAME = "long valley"
GOAL = 0.25
N_STEPS = 60
LOWEST, HIGHEST = 1e-6, 1e4
MAP, UPPER, LOWER = (0.08, 0.12, 0.41, 0.79), (0.575, 0.57, 0.41, 0.34), (0.575, 0.12, 0.41, 0.34)


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


def watch(descend: Descend, taylor_terms: Terms, *, landscape: str, across: float, up: float, lr: float) -> Watched:
    """Descend on a landscape and ask the student's function for both terms of every step.

    Parameters
    ----------
    descend : callable
        One step of descent.
    taylor_terms : callable
        The student's function.
    landscape : str
        One of `NAMES`.
    across, up : float
        Where to start, in percent of the landscape's width and height.
    lr : float
        Learning rate.
    """
    ground, start = _ground(landscape), start_at(landscape, across, up)
    path = run(descend, ground.gradient, start, state={}, n_steps=N_STEPS, lr=lr)
    gradients = ground.gradient(path[:-1])
    hessians = _hessians(ground, path[:-1])
    terms = [taylor_terms(gradient, hessian, lr) for gradient, hessian in zip(gradients, hessians, strict=True)]
    linear, curved = (torch.tensor([float(pair[k]) for pair in terms], dtype=torch.float64) for k in (0, 1))
    least = ground(torch.tensor(ground.minima[0], dtype=torch.float64))
    return Watched(path, ground(path) - least, linear, curved)


def start_at(landscape: str, across: float, up: float) -> Tensor:
    """The point at so many percent of a landscape's width and height."""
    domain = _ground(landscape).domain
    shares = zip(domain, (across / 100, up / 100), strict=True)
    return torch.tensor([low + share * (high - low) for (low, high), share in shares], dtype=torch.float64)


class LandscapeView:
    """The figure of a landscape and of the terms, and the run that it shows.

    Parameters
    ----------
    figure : Figure
        Is cleared and gets three panels.
    """

    def __init__(self, figure: Figure) -> None:
        self.still = Still(figure)
        self.runs: dict[tuple[Any, ...], Watched] = {}
        self.map, upper, lower = bare(_panels(figure))
        (self.path,) = self.map.plot([], [], **line_style(0) | {"linewidth": 1.2})
        (self.here,) = self.map.plot([], [], **HERE)
        (self.loss,) = upper.plot([], [], **line_style(0) | {"marker": ""})
        (self.rises,) = upper.plot([], [], "x", color="black", markersize=7)
        self.terms = [lower.plot([], [], **line_style(number) | {"markersize": 3})[0] for number in (1, 2)]
        self.said = figure.text(MAP[0] + MAP[2], 0.975, "", ha="right", va="top", fontsize=9)

    def show(self, done: Watched, *, landscape: str, lr: float, step: int) -> None:
        """Draw a run as far as a step."""
        self.still.show(landscape, lambda figure: draw_ground(figure, landscape))
        domain = _ground(landscape).domain
        self.map.set(xlim=domain[0], ylim=domain[1])
        shown = drawable(done.path[: step + 1])
        self.path.set_data(*shown.T)
        self.here.set_data(*shown[-1:].T)
        loss = done.loss[: step + 1].clamp(LOWEST / 100, 1e9)
        self.loss.set_data(range(len(loss)), loss)
        rises = done.rose()[:step].nonzero()[:, 0] + 1
        self.rises.set_data(rises, loss[rises])
        for line, term in zip(self.terms, (done.linear, done.quadratic), strict=True):
            term = term[: step + 1].where(term[: step + 1] > 0, torch.nan)
            line.set_data(range(len(term)), term.clamp(LOWEST / 100, 1e9))
        x, y = done.path[0].tolist()
        self.said.set_text(f"from ({x:.2f}, {y:.2f}), ε = {lr:.4f}, step {step}".replace("-", "−"))


def landscape_demo(descend: Descend, taylor_terms: Terms) -> Demo:
    """Controls for landscape, start and rate, over the path and both Taylor terms of each step.

    Parameters
    ----------
    descend : callable
        One step of descent, ``descend(theta, grad, state, *, lr)``.
    taylor_terms : callable
        The student's function.
    """

    def draw(view: LandscapeView, **values: Any) -> str:
        return draw_taylor(descend, taylor_terms, view, **values)

    return Demo(
        draw,
        {
            "landscape": choice("landscape", GOAL_NAME, NAMES),
            "across": slider("start, from the left (%)", 30, 0, 100, 5),
            "up": slider("start, from below (%)", 10, 0, 100, 5),
            "lr": slider("rate ε", 10**-2.7, -4, 0.5, 0.1, log=True),
            "step": count("step", 12, 0, N_STEPS),
        },
        view=LandscapeView,
        needs=["taylor_terms"],
        goal=f"on the {GOAL_NAME}, from a start with θ₁ < 0, have a loss of at most {GOAL} after {N_STEPS} steps",
        size=(9.5, 4.4),
        played="step",
    )


def draw_taylor(
    descend: Descend,
    taylor_terms: Terms,
    view: LandscapeView,
    *,
    landscape: str,
    across: float,
    up: float,
    lr: float,
    step: int,
) -> str:
    """Draw a run on a landscape, and the terms of its steps.

    Parameters
    ----------
    descend, taylor_terms : callable
        One step of descent, and the student's function.
    view : LandscapeView
        Where to draw; remembers the run, so that playing it computes nothing.
    landscape : str
        One of `NAMES`.
    across, up : float
        Where to start, in percent of the landscape's width and height.
    lr : float
        Learning rate.
    step : int
        How many steps are shown.

    Returns
    -------
    str
        What was promised and what came of it, and how far the goal is, for the line above the figure.
    """
    key = landscape, across, up, lr
    if key not in view.runs:
        where = {"landscape": landscape, "across": across, "up": up}
        view.runs = {key: watch(descend, taylor_terms, lr=lr, **where)}  # type: ignore[arg-type]
    done = view.runs[key]
    view.show(done, landscape=landscape, lr=lr, step=step)
    said = _said(done, step)
    end = float(done.loss[-1])
    if landscape != GOAL_NAME or float(done.path[0, 0]) >= 0:
        return f"{said} After {N_STEPS} steps: {_size(end)}."
    return f"{said} After {N_STEPS} steps: {_size(end)}. {'The goal is reached.' if end <= GOAL else 'Not yet.'}"


def _said(done: Watched, step: int) -> str:
    if step == N_STEPS:
        return f"The loss rose in {int(done.rose().sum())} of {N_STEPS} steps."
    linear, curved = float(done.linear[step]), float(done.quadratic[step])
    change = float(done.loss[step + 1] - done.loss[step])
    if not abs(change) < 1e6:
        return f"At step {step} descent has run away."
    took = f"curvature takes back {curved:.2g}" if curved >= 0 else f"curvature adds {-curved:.2g}"
    moved = f"falls by {-change:.2g}" if change <= 0 else f"<b>rises</b> by {change:.2g}"
    return f"Step {step + 1}: the slope promises {linear:.2g}, {took}, and the loss {moved}."


def draw_ground(figure: Figure, landscape: str) -> None:
    """Draw level lines, minima and all labels."""
    ax, upper, lower = _panels(figure)
    plot_contours(_ground(landscape), ax=ax, resolution=101)
    ax.set(title="", xlabel="parameter θ₁", ylabel="parameter θ₂")
    upper.plot([], [], label="loss above the least", **line_style(0) | {"marker": ""})
    upper.plot([], [], "x", color="black", label="it rose")
    for number, label in ((1, "linear, εgᵀg"), (2, "quadratic, ½ε²gᵀHg")):
        lower.plot([], [], label=label, **line_style(number) | {"markersize": 3})
    upper.set(ylabel="loss", xticklabels=[])
    lower.set(xlabel="step", ylabel="size of the term")
    for panel in (upper, lower):
        panel.set_yticks([1e-6, 1e-3, 1e0, 1e3])
    legend_above(upper, lower, ncols=2)
    plain_log(upper, lower)


def _panels(figure: Figure) -> tuple[Axes, Axes, Axes]:
    left, upper, lower = (figure.add_axes(place) for place in (MAP, UPPER, LOWER))
    for ax in (upper, lower):
        ax.set(yscale="log", xlim=(-1, N_STEPS + 1), ylim=(LOWEST, HIGHEST))
    return left, upper, lower


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
    return f"loss {loss:.3g} above the least" if loss < HIGHEST else "ran away"
