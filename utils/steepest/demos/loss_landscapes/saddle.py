"""Escape from a saddle: how near the start lies, and what noise does to it."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, check_box, count, plain_log, power, slider
from steepest.demos._marks import HERE, THRESHOLD, legend_above
from steepest.demos._still import Still, bare
from steepest.demos.loss_landscapes.paths import Descend, drawable
from steepest.landscapes import Landscape, saddle
from steepest.plots import line_style, plot_contours
from steepest.trajectory import run, steps_to_reach

Kind = Callable[[Tensor], str]

N_STEPS = 80
N_NOISY = 16
ALONG = 1.6
LEFT_AT = 0.5
NEAR = 0.1
LOWEST = 1e-13
MAP, AWAY = (0.08, 0.13, 0.4, 0.79), (0.575, 0.13, 0.41, 0.79)
NOISY: dict[str, Any] = {"color": line_style(1)["color"], "linewidth": 0.8, "linestyle": "-", "alpha": 0.8}


def escape(descend: Descend, *, delta: float, noise: float, lr: float) -> Tensor:
    """Descend from beside the ridge of a saddle, once along the gradient and often with noise added to it.

    Parameters
    ----------
    descend : callable
        One step of descent.
    delta : float
        Distance of the start from the ridge.
    noise : float
        Standard deviation of the noise in each entry of a gradient.
    lr : float
        Learning rate.

    Returns
    -------
    Tensor, shape (N_STEPS + 1, 1 + N_NOISY, 2)
        The paths, that without noise first.
    """
    generator = torch.Generator().manual_seed(3)
    start = torch.tensor([ALONG, delta], dtype=torch.float64).repeat(1 + N_NOISY, 1)
    scale = torch.full((1 + N_NOISY, 1), noise, dtype=torch.float64)
    scale[0] = 0

    def noisy(theta: Tensor) -> Tensor:
        return _pass().gradient(theta) + scale * torch.randn(theta.shape, generator=generator, dtype=theta.dtype)

    return run(descend, noisy, start, state={}, n_steps=N_STEPS, lr=lr)


class SaddleView:
    """The figure of the escape, and the runs that it shows.

    Parameters
    ----------
    figure : Figure
        Is cleared and gets two panels.
    """

    def __init__(self, figure: Figure) -> None:
        Still(figure).show("saddle", draw_pass)
        self.paths: dict[tuple[float, float, float], Tensor] = {}
        left, right = bare(_panels(figure))
        (self.noisy,) = left.plot([], [], **NOISY)
        (self.path,) = left.plot([], [], **line_style(0))
        (self.ball,) = left.plot([], [], **HERE)
        (self.noisy_away,) = right.plot([], [], **NOISY)
        (self.away,) = right.plot([], [], **line_style(0) | {"markersize": 3})
        self.said = right.text(0.98 * N_STEPS, LOWEST * 3, "", ha="right", va="bottom", fontsize=10)

    def show(self, paths: Tensor, *, step: int, label: str) -> None:
        """Draw all paths as far as a step."""
        shown = drawable(paths[: step + 1])
        self.path.set_data(*shown[:, 0].T)
        self.ball.set_data(*shown[-1:, 0].T)
        away = shown[:, :, 1].abs().clamp(min=LOWEST / 100)
        self.away.set_data(range(step + 1), away[:, 0])
        # one line with gaps instead of many lines
        gap = torch.full((1, N_NOISY, 2), torch.nan, dtype=shown.dtype)
        # numpy: matplotlib takes long over tensors
        self.noisy.set_data(*torch.cat([shown[:, 1:], gap]).transpose(0, 1).reshape(-1, 2).T.numpy())
        steps = torch.arange(step + 2, dtype=shown.dtype).repeat(N_NOISY)
        self.noisy_away.set_data(steps.numpy(), torch.cat([away[:, 1:], gap[:, :, 0]]).T.reshape(-1).numpy())
        self.said.set_text(label)


def saddle_demo(descend: Descend, classify_critical_point: Kind) -> Demo:
    """Controls for the start, the noise and the rate, over paths that leave a saddle.

    Parameters
    ----------
    descend : callable
        One step of descent, ``descend(theta, grad, state, *, lr)``.
    classify_critical_point : callable
        The student's function.
    """

    def draw(view: SaddleView, **values: Any) -> str:
        return draw_saddle(descend, classify_critical_point, view, **values)

    return Demo(
        draw,
        {
            "delta": slider("start beside the ridge, δ", 1e-4, -12, -1, 1, log=True),
            "ridge": check_box("exactly on the ridge"),
            "noise": slider("noise σ in the gradient", 0.0, 0.0, 0.8, 0.01),
            "lr": slider("rate η", 0.2, 0.05, 1.2, 0.05),
            "step": count("step", 40, 0, N_STEPS),
        },
        view=SaddleView,
        needs=["classify_critical_point"],
        goal=f"exactly on the ridge, have all {N_NOISY} noisy runs within {NEAR} of a minimum after {N_STEPS} steps",
        size=(9.5, 4.2),
        played="step",
    )


def draw_saddle(
    descend: Descend,
    classify_critical_point: Kind,
    view: SaddleView,
    *,
    delta: float,
    ridge: bool,
    noise: float,
    lr: float,
    step: int,
) -> str:
    """Draw paths past a saddle, and how far from the ridge they are.

    Parameters
    ----------
    descend, classify_critical_point : callable
        One step of descent, and the student's function.
    view : SaddleView
        Where to draw; remembers the runs, so that playing them computes nothing.
    delta : float
        Distance of the start from the ridge.
    ridge : bool
        Whether it is 0 instead.
    noise, lr : float
        Standard deviation of the noise, and learning rate.
    step : int
        How many steps are shown.

    Returns
    -------
    str
        Who has left, what the student's function says, and how far the goal is, for the line above the figure.
    """
    distance = 0.0 if ridge else delta
    key = distance, noise, lr
    if key not in view.paths:
        view.paths = {key: escape(descend, delta=distance, noise=noise, lr=lr)}
    paths = view.paths[key]
    origin, bottom = (_pass().hessian(torch.tensor([0.0, y], dtype=torch.float64)) for y in (0.0, 1.0))
    kinds = classify_critical_point(origin), classify_critical_point(bottom)
    view.show(paths, step=step, label=f"δ = {_power(distance)}, σ = {noise:.2f}, η = {lr:.2f}, step {step}")
    said = f"Your function calls the origin a <b>{kinds[0]}</b> and (0, 1) a <b>{kinds[1]}</b>. {_left(paths, noise)}"
    if not ridge:
        return f"{said} For the goal, start on the ridge."
    arrived = int((_pass().distance(paths[-1, 1:]) <= NEAR).sum())
    reached = "The goal is reached" if arrived == N_NOISY else "Not yet"
    return f"{said} After {N_STEPS} steps {arrived} of {N_NOISY} noisy runs are within {NEAR} of a minimum. {reached}."


def _left(paths: Tensor, noise: float) -> str:
    """When the run without noise left, and the noisy ones in the median."""
    inside = (paths[:, :, 1].abs() <= LEFT_AT).double()
    left = [steps_to_reach(column, 0) for column in inside.T]
    without = f"leaves after {left[0]} steps" if left[0] is not None else f"has not left after {N_STEPS} steps"
    if noise == 0:
        return f"Without noise descent {without}."
    noisy = sorted(N_STEPS + 1 if number is None else number for number in left[1:])[N_NOISY // 2]
    return f"Without noise descent {without}; with it, " + (
        f"half of the runs have left after {noisy}." if noisy <= N_STEPS else f"most have not after {N_STEPS}."
    )


def draw_pass(figure: Figure) -> None:
    """Draw level lines, minima and all labels."""
    left, right = _panels(figure)
    plot_contours(_pass(), ax=left, resolution=101)
    left.set(title="", xlabel="along the ridge, θ₁", ylabel="the falling direction, θ₂")
    right.plot([], [], label="without noise", **line_style(0) | {"markersize": 3})
    right.plot([], [], label=f"{N_NOISY} runs with noise", **NOISY)
    right.axhline(LEFT_AT, **THRESHOLD)
    right.text(N_STEPS, LEFT_AT / 1.6, f"left: {LEFT_AT}", color="0.35", fontsize=8, ha="right", va="top")
    right.set(xlabel="step", ylabel="distance from the ridge, |θ₂|", yticks=[1e-12, 1e-9, 1e-6, 1e-3, 1e0])
    legend_above(right, ncols=2)
    plain_log(right)


def _panels(figure: Figure) -> tuple[Axes, Axes]:
    left, right = figure.add_axes(MAP), figure.add_axes(AWAY)
    left.set(xlim=_pass().domain[0], ylim=_pass().domain[1])
    right.set(yscale="log", xlim=(-1, N_STEPS + 1), ylim=(LOWEST, 1e1))
    return left, right


@cache
def _pass() -> Landscape:
    return saddle()


def _power(distance: float) -> str:
    return power(round(math.log10(distance))) if distance else "0"
