"""The path of the student's own `momentum_step` down a bowl, with momentum and without."""

from __future__ import annotations

from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, check_box, plain_log, slider
from steepest.demos._marks import MINIMUM, THRESHOLD, legend_above
from steepest.demos._still import Still, bare
from steepest.demos.momentum.forms import ARRIVED, LEVEL, START, Step, ellipses, rate_factor
from steepest.landscapes import quadratic
from steepest.plots import line_style
from steepest.trajectory import init_state, run, steps_to_reach

N_STEPS = 120
FAR = 1e6
LEVELS = (0.002, 0.02, 0.06, 0.14, 0.3, 0.5, 0.8, 1.2, 1.7)
PATHS, DISTANCES = (0.07, 0.13, 0.42, 0.79), (0.57, 0.13, 0.42, 0.79)
STYLES: tuple[dict[str, Any], ...] = tuple(line_style(number) | {"markersize": 4, "markevery": 1} for number in (0, 1))
LABELS = ("your β", "β = 0")


def momentum_demo(momentum_step: Step) -> Demo:
    """Sliders for the rate, β and the condition number, over the path that the student's function takes.

    Parameters
    ----------
    momentum_step : callable
        The student's function.
    """

    def draw(view: MomentumView, **values: Any) -> str:
        return draw_momentum(momentum_step, view, **values)

    return Demo(
        draw,
        {
            "lr": slider("rate η", 1.8, 0.05, 4.0, 0.05),
            "beta": slider("β", 0.0, 0.0, 0.99, 0.01),
            "condition": slider("condition κ", 30, 1, 100, 1),
            "averaged": check_box("averaged form"),
        },
        view=MomentumView,
        needs=["momentum_step"],
        goal="come within 0.01 of the minimum in fewer than 25 steps, at κ = 30",
        size=(9.5, 4.0),
    )


class MomentumView:
    """The figure: frames and letters lie behind it as one picture; the level lines and two paths move on top.

    Parameters
    ----------
    figure : Figure
        Is cleared and gets two panels.
    """

    def __init__(self, figure: Figure) -> None:
        Still(figure).show("frames", draw_frames)
        paths, distances = bare(_panels(figure))
        self.title = paths.set_title("", y=1.0)  # at a place of its own choice, matplotlib measures all labels
        (self.levels,) = paths.plot([], [], **LEVEL)
        paths.plot(0, 0, **MINIMUM)
        self.paths = [paths.plot([], [], **style)[0] for style in STYLES]
        self.distances = [distances.plot([], [], **style | {"markevery": 12})[0] for style in STYLES]

    def show(self, condition: float, found: list[tuple[Tensor, Tensor]]) -> None:
        """Draw the bowl, paths and distances, the one with momentum first; what is missing is left out."""
        self.title.set_text(f"quadratic, condition number {condition:g}")
        self.levels.set_data(*ellipses(condition, LEVELS).T)
        nothing = torch.zeros(0, 2), torch.zeros(0)
        for number, (path, distance) in enumerate(([nothing] * 2 + found)[-2:]):
            self.paths[number].set_data(*path.T.clamp(-FAR, FAR))
            self.distances[number].set_data(range(len(distance)), distance.clamp(max=FAR))


def draw_momentum(
    momentum_step: Step, view: MomentumView, *, lr: float, beta: float, condition: float, averaged: bool
) -> str:
    """Draw the path and the distance to the minimum, with momentum and without.

    Parameters
    ----------
    momentum_step : callable
        The student's function, in any form of momentum.
    view : MomentumView
        Where to draw.
    lr, beta, condition : float
        Learning rate, share of the velocity that is kept, condition number of the bowl.
    averaged : bool
        Whether the velocity shall be the weighted average of gradients.

    Returns
    -------
    str
        How many steps each took, for the line above the figure.
    """
    bowl = quadratic(condition)
    hessian = bowl.hessian(torch.tensor(START, dtype=torch.float64))
    paths = {
        label: _path(momentum_step, hessian, lr=lr, beta=memory, averaged=averaged)
        for label, memory in {f"β = {beta:.2f}": beta, "β = 0": 0.0}.items()
        if memory > 0 or label == "β = 0"
    }
    distances = {label: bowl.distance(path) for label, path in paths.items()}
    view.show(condition, list(zip(paths.values(), distances.values(), strict=True)))
    return "; ".join(_said(label, distance) for label, distance in distances.items())


def draw_frames(figure: Figure) -> None:
    """Draw what is the same for all bowls: frames and labels."""
    paths, distances = _panels(figure)
    distances.plot([], [], label="minimum", **MINIMUM)
    for label, style in zip(LABELS, STYLES, strict=True):
        distances.plot([], [], label=label, **style)
    paths.set(xlabel="θ₁", ylabel="θ₂")
    distances.axhline(ARRIVED, **THRESHOLD)
    distances.set(xlabel="step", ylabel="distance to the minimum")
    plain_log(distances)
    legend_above(distances, ncols=3, fontsize=9, columnspacing=2)


def _panels(figure: Figure) -> tuple[Axes, Axes]:
    paths, distances = figure.add_axes(PATHS), figure.add_axes(DISTANCES)
    paths.set(xlim=(-2, 2), ylim=(-2, 2))
    distances.set(yscale="log", xlim=(-3, N_STEPS + 3), ylim=(1e-6, 1e2))
    return paths, distances


def _path(step: Step, hessian: Tensor, *, lr: float, beta: float, averaged: bool) -> Tensor:
    start = torch.tensor(START, dtype=torch.float64)
    rate = lr * rate_factor(step, start, beta, averaged)
    state = init_state("momentum", start)
    return run(step, lambda theta: hessian @ theta, start, state=state, n_steps=N_STEPS, lr=rate, beta=beta)


def _said(label: str, distance: Tensor) -> str:
    steps = steps_to_reach(distance, ARRIVED)
    if steps is None:
        return f"{label}: not within {ARRIVED} after {N_STEPS} steps"
    return f"{label}: within {ARRIVED} of the minimum after {steps} steps"
