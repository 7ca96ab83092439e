"""Demo of `05_momentum`: a ball in a bowl, moved by the student's own `momentum_step`."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
import torch
from matplotlib.figure import Figure
from torch import Tensor

from steepest.landscapes import Landscape, quadratic
from steepest.plots import plot_contours, plot_curves, plot_path
from steepest.trajectory import init_state, run, steps_to_reach

__all__ = ["MomentumDemo", "draw_momentum", "momentum_demo"]

Step = Callable[..., tuple[Tensor, dict[str, Any]]]

START = (-1.8, 1.2)
N_STEPS = 120
ARRIVED = 0.01


class MomentumDemo:
    """Sliders for the rate, β and the condition number; one figure, redrawn in place.

    Parameters
    ----------
    momentum_step : callable
        The student's function.

    Attributes
    ----------
    lr, beta, condition, averaged : widget
        The controls.
    widget : VBox
        What a notebook shows.
    """

    def __init__(self, momentum_step: Step) -> None:
        self._step = momentum_step
        self._figure = Figure(figsize=(9.5, 4.0))
        self.lr = _slider("rate η", 1.8, 0.05, 4.0, 0.05)
        self.beta = _slider("β", 0.0, 0.0, 0.99, 0.01)
        self.condition = _slider("condition κ", 30, 1, 100, 1)
        self.averaged = widgets.Checkbox(value=False, description="averaged form", indent=False)
        self.image = widgets.Image(format="png", width=950)
        self.message = widgets.HTML()
        controls = (self.lr, self.beta, self.condition, self.averaged)
        self.widget = widgets.VBox([widgets.HBox(controls[:2]), widgets.HBox(controls[2:]), self.message, self.image])
        for control in controls:
            control.observe(self.update, names="value")
        self.update()

    def update(self, change: object = None) -> None:
        """Run the student's function with the controls' values and show what came of it."""
        try:
            self.message.value = draw_momentum(
                self._step,
                self._figure,
                lr=self.lr.value,
                beta=self.beta.value,
                condition=self.condition.value,
                averaged=self.averaged.value,
            )
        except NotImplementedError:
            self.message.value = "Write <code>momentum_step</code>, run its cell, then run this one again."
            return
        picture = io.BytesIO()
        self._figure.savefig(picture, format="png", dpi=100)
        self.image.value = picture.getvalue()

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.widget)


def momentum_demo(momentum_step: Step) -> MomentumDemo:
    """Show the demo: put it last in a cell."""
    return MomentumDemo(momentum_step)


def draw_momentum(
    momentum_step: Step, figure: Figure, *, lr: float, beta: float, condition: float, averaged: bool
) -> str:
    """Draw the path and the distance to the minimum, with momentum and without.

    Parameters
    ----------
    momentum_step : callable
        The student's function, in any form of momentum.
    figure : Figure
        Is cleared and drawn anew.
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
    paths = {
        label: _path(momentum_step, bowl, lr=lr, beta=memory, averaged=averaged)
        for label, memory in {f"β = {beta:.2f}": beta, "β = 0": 0.0}.items()
        if memory > 0 or label == "β = 0"
    }
    figure.clear()
    # margins are fixed: a layout engine takes longer than all the rest
    left, right = figure.subplots(1, 2, gridspec_kw={"left": 0.07, "right": 0.98, "bottom": 0.13, "wspace": 0.22})
    plot_contours(bowl, ax=left, resolution=81)
    for number, (label, path) in enumerate(paths.items()):
        plot_path(path, ax=left, label=label, number=number)
    distances = {label: bowl.distance(path) for label, path in paths.items()}
    plot_curves(distances, ax=right, xlabel="step", ylabel="distance to the minimum", log_y=True)
    right.axhline(ARRIVED, color="0.5", linewidth=0.8)
    right.set_ylim(1e-6, 1e2)
    return "; ".join(_said(label, distance) for label, distance in distances.items())


def _path(step: Step, bowl: Landscape, *, lr: float, beta: float, averaged: bool) -> Tensor:
    start = torch.tensor(START, dtype=torch.float64)
    rate = lr * _rate_factor(step, start, beta, averaged)
    state = init_state("momentum", start)
    return run(step, bowl.gradient, start, state=state, n_steps=N_STEPS, lr=rate, beta=beta)


def _rate_factor(step: Step, start: Tensor, beta: float, averaged: bool) -> float:
    """By what the rate must be multiplied so that the student's function follows the form asked for.

    The two forms take the same path where the averaged one's rate is 1/(1 − β) times as large. Which of them the
    function follows shows in its first step from rest with a rate of 1: the gradient, or 1 − β times it.
    """
    ones = torch.ones_like(start)
    moved, _ = step(ones, ones, init_state("momentum", start), lr=1.0, beta=beta)
    is_averaged = bool(torch.allclose(ones - moved, (1 - beta) * ones))
    if beta == 0 or is_averaged == averaged:
        return 1.0
    return 1 - beta if averaged else 1 / (1 - beta)


def _said(label: str, distance: Tensor) -> str:
    steps = steps_to_reach(distance, ARRIVED)
    if steps is None:
        return f"{label}: not within {ARRIVED} after {N_STEPS} steps"
    return f"{label}: within {ARRIVED} of the minimum after {steps} steps"


def _slider(name: str, value: float, low: float, high: float, step: float) -> widgets.FloatSlider:
    return widgets.FloatSlider(value=value, min=low, max=high, step=step, description=name, continuous_update=False)
