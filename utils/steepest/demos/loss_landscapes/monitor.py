"""The Taylor monitor along the training of a network, whose Hessian the student's own `hvp` never builds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, count, counted, plain_log, slider
from steepest.demos._marks import THRESHOLD, legend_above
from steepest.demos._still import Still, bare
from steepest.demos.loss_landscapes.paths import Descend, Loss, slope_of
from steepest.plots import line_style

Product = Callable[[Loss, Tensor, Tensor], Tensor]

N_STEPS = 40
GOAL = 0.2
LOSS, TERMS = (0.08, 0.13, 0.4, 0.78), (0.565, 0.13, 0.42, 0.78)


class Monitor:
    """Training under watch, as far as it was asked for.

    Parameters
    ----------
    descend : callable
        One step of descent.
    hvp : callable
        The student's function.
    loss : callable
        Maps a flat vector of parameters to the loss.
    theta : Tensor, shape (n,)
        The first parameters.
    lr : float
        Learning rate.

    Attributes
    ----------
    rows : list of (float, float, float)
        Loss before a step, and both Taylor terms of it.
    """

    def __init__(self, descend: Descend, hvp: Product, loss: Loss, theta: Tensor, *, lr: float) -> None:
        self.descend, self.hvp, self.loss = descend, hvp, loss
        self.theta, self.lr = theta, lr
        self.state: dict[str, Any] = {}
        self.rows: list[tuple[float, float, float]] = []

    def until(self, step: int) -> Tensor:
        """The rows of steps 0 to `step`; trains on where they are not known yet."""
        while len(self.rows) <= step:
            grad = slope_of(self.loss, self.theta)
            product = self.hvp(self.loss, self.theta, grad)
            linear, curved = self.lr * (grad @ grad), 0.5 * self.lr**2 * (grad @ product)
            self.rows.append((float(self.loss(self.theta)), float(linear), float(curved)))
            self.theta, self.state = self.descend(self.theta, grad, self.state, lr=self.lr)
        return torch.tensor(self.rows[: step + 1], dtype=torch.float64)


class MonitorView:
    """The figure of the monitor.

    Parameters
    ----------
    figure : Figure
        Is cleared and gets two panels.
    """

    def __init__(self, figure: Figure) -> None:
        Still(figure).show("frame", draw_monitor_frame)
        left, right = bare(_panels(figure))
        (self.loss,) = left.plot([], [], **line_style(0))
        (self.rises,) = left.plot([], [], "x", color="black", markersize=10, markeredgewidth=2)
        self.terms = [right.plot([], [], **line_style(number))[0] for number in (1, 2)]
        (self.warned,) = right.plot([], [], "o", color="black", markersize=10, fillstyle="none")
        self.said = left.text(0.98 * N_STEPS, 48, "", ha="right", va="top", fontsize=10)

    def show(self, rows: Tensor, *, lr: float) -> None:
        """Draw what the monitor has seen."""
        loss, linear, curved = rows.T
        self.loss.set_data(range(len(loss)), loss.clamp(max=1e6))
        rises = (~(loss[1:] <= loss[:-1])).nonzero()[:, 0] + 1
        self.rises.set_data(rises, loss[rises].clamp(max=55))
        for line, term in zip(self.terms, (linear, curved), strict=True):
            line.set_data(range(len(term)), term.where(term > 0, torch.nan))
        warned = (curved > linear).nonzero()[:, 0]
        self.warned.set_data(warned, curved[warned])
        self.said.set_text(f"ε = {lr:.1f}, step {len(loss) - 1}: loss {_short(float(loss[-1]))}")


def monitor_demo(descend: Descend, hvp: Product, loss: Loss, theta: Tensor) -> Demo:
    """Controls for the rate, over loss and Taylor terms of a network that is being trained.

    Parameters
    ----------
    descend : callable
        One step of descent, ``descend(theta, grad, state, *, lr)``.
    hvp : callable
        The student's function.
    loss : callable
        Maps a flat vector of parameters to the loss of the network.
    theta : Tensor, shape (n,)
        The first parameters.
    """
    monitors: dict[float, Monitor] = {}

    def draw(view: MonitorView, *, lr: float, step: int) -> str:
        if lr not in monitors:
            monitors[lr] = Monitor(descend, hvp, loss, theta, lr=lr)
        return draw_monitor(monitors[lr], view, step=step)

    return Demo(
        draw,
        {"lr": slider("rate ε", 1.5, 0.1, 4.0, 0.1), "step": count("step", 20, 0, N_STEPS)},
        view=MonitorView,
        needs=["hvp"],
        goal=f"a loss of at most {GOAL} after {N_STEPS} steps, without a single step on which it rose",
        size=(9.5, 4.0),
        played="step",
    )


def draw_monitor(monitor: Monitor, view: MonitorView, *, step: int) -> str:
    """Train as far as a step, and draw the loss and both terms.

    Parameters
    ----------
    monitor : Monitor
        The training, which runs the student's function.
    view : MonitorView
        Where to draw.
    step : int
        How many steps are shown.

    Returns
    -------
    str
        Rises and warnings, and how far the goal is, for the line above the figure.
    """
    rows = monitor.until(step)
    view.show(rows, lr=monitor.lr)
    loss, linear, curved = rows.T
    rose = ~(loss[1:] <= loss[:-1])
    warned = (curved > linear)[:-1]
    said = (
        f"In {counted(step, 'step')}: the loss rose {_times(int(rose.sum()))}, the quadratic term "
        f"was the larger {_times(int(warned.sum()))}, both {_times(int((rose & warned).sum()))}."
    )
    if bool(rose.any()):
        return f"{said} Not yet: the loss must never rise."
    if step < N_STEPS:
        return f"{said} For the goal, go on to step {N_STEPS}."
    end = float(loss[-1])
    return f"{said} {'The goal is reached' if end <= GOAL else 'Not yet'}: loss {_short(end)}."


def draw_monitor_frame(figure: Figure) -> None:
    """Draw the goal and all labels."""
    left, right = _panels(figure)
    left.plot([], [], label="loss", **line_style(0))
    left.plot([], [], "x", color="black", label="it rose", markeredgewidth=2)
    left.axhline(GOAL, **THRESHOLD)
    left.text(0, 0.93 * GOAL, f"goal {GOAL}", color="0.35", fontsize=8, va="top")
    for number, label in ((1, "linear, εgᵀg"), (2, "quadratic, ½ε²gᵀHg")):
        right.plot([], [], label=label, **line_style(number))
    right.plot([], [], "o", color="black", fillstyle="none", markersize=8, label="larger")
    left.set(xlabel="step", ylabel="cross-entropy, in nats")
    right.set(xlabel="step", ylabel="size of the term, in nats")
    legend_above(left, right, ncols=3)
    plain_log(left, right)


def _panels(figure: Figure) -> tuple[Axes, Axes]:
    left, right = figure.add_axes(LOSS), figure.add_axes(TERMS)
    left.set(yscale="log", xlim=(-1, N_STEPS + 1), ylim=(0.1, 60))
    right.set(yscale="log", xlim=(-1, N_STEPS + 1), ylim=(1e-4, 1e3))
    return left, right


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _short(loss: float) -> str:
    return f"{loss:.3f}" if loss < 1e3 else "far off"
