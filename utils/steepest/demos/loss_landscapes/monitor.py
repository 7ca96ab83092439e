"""The Taylor monitor along the training of a network, whose Hessian the student's own `hvp` never builds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, count, counted, plain_log, slider
from steepest.demos._marks import DIAMOND, THRESHOLD, legend_above
from steepest.demos._stage import Stage
from steepest.demos.loss_landscapes.paths import Descend, Loss
from steepest.plots import line_style

Product = Callable[[Loss, Tensor, Tensor], Tensor]

N_STEPS = 40
GOAL = 0.2
LOWEST, HIGHEST = 0.1, 60
ROSE: dict[str, Any] = {"color": "black", "marker": "x", "markersize": 9, "markeredgewidth": 2, "linestyle": ""}
LARGER: dict[str, Any] = {"color": "black", "marker": "v", "markersize": 6, "linestyle": ""}
TERMS = {label: line_style(number) for number, label in ((1, "linear, εgᵀg"), (2, "quadratic, ½ε²gᵀHg"))}


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
            at = self.theta.detach().clone().requires_grad_()
            loss = self.loss(at)
            (grad,) = torch.autograd.grad(loss, at)
            product = self.hvp(self.loss, self.theta, grad)
            linear, curved = self.lr * (grad @ grad), 0.5 * self.lr**2 * (grad @ product)
            self.rows.append((loss.item(), float(linear), float(curved)))
            self.theta, self.state = self.descend(self.theta, grad, self.state, lr=self.lr)
        return torch.tensor(self.rows[: step + 1], dtype=torch.float64)


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

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> line = torch.linspace(0, 1, 10)
    >>> demo = monitor_demo(unwritten, unwritten, unwritten, line)
    >>> list(demo.controls)
    ['lr', 'step']
    >>> demo.message.value
    'Write <code>hvp</code> and run the cell, then run this one again.'
    """
    monitors: dict[float, Monitor] = {}

    def draw(stage: Stage, *, lr: float, step: int) -> str:
        if lr not in monitors:
            monitors[lr] = Monitor(descend, hvp, loss, theta, lr=lr)
        return draw_monitor(monitors[lr], stage, step=step)

    return Demo(
        draw,
        {"lr": slider("rate ε", 1.5, 0.1, 4.0, 0.1), "step": count("step", 20, 0, N_STEPS)},
        needs=["hvp"],
        goal=f"a loss of at most {GOAL} after {N_STEPS} steps, without a single step on which it rose",
        size=(9.5, 4.0),
        played="step",
    )


def draw_monitor(monitor: Monitor, stage: Stage, *, step: int) -> str:
    """Train as far as a step, and draw the loss and both terms.

    Parameters
    ----------
    monitor : Monitor
        The training, which runs the student's function.
    stage : Stage
        Where to draw.
    step : int
        How many steps are shown.

    Returns
    -------
    str
        Rises and warnings, and how far the goal is, for the line above the figure.
    """
    rows = monitor.until(step)
    _show(stage, rows, lr=monitor.lr)
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


def _show(stage: Stage, rows: Tensor, *, lr: float) -> None:
    losses, terms = stage.panels(draw_frames)
    step, (loss, linear, curved) = len(rows) - 1, rows.numpy().T
    rises, warned = np.flatnonzero(~(loss[1:] <= loss[:-1])) + 1, np.flatnonzero(curved > linear)
    said = f"ε = {lr:.1f}, step {step}: loss {_short(loss[-1])}"
    losses.text(0.98 * N_STEPS, 48, said, ha="right", va="top", fontsize=10)
    losses.plot(range(step + 1), loss, **line_style(0))
    losses.plot(rises, loss[rises].clip(max=HIGHEST), **ROSE)
    height = float(np.nan_to_num(loss[-1], nan=HIGHEST).clip(LOWEST, HIGHEST))
    losses.handle(("step", ""), step, height, name="step that is shown")
    for term, style in zip((linear, curved), TERMS.values(), strict=True):
        terms.plot(range(step + 1), np.where(term > 0, term, np.nan), **style)
    terms.plot(warned, curved[warned], **LARGER)
    terms.text(-1.1, linear[0], "ε", ha="right", va="center")
    terms.handle(
        ("", "lr"), 0, linear[0], name="rate ε, by the linear term of the first step",
        means=lambda x, y: (x, lr * y / linear[0]), **DIAMOND,
    )  # fmt: skip


def draw_frames(figure: Figure) -> tuple[Axes, Axes]:
    """Draw the goal and all labels."""
    left, right = figure.subplots(1, 2)
    left.plot([], [], label="loss", **line_style(0))
    left.plot([], [], label="it rose", **ROSE)
    left.axhline(GOAL, **THRESHOLD)
    left.text(0, 0.93 * GOAL, f"goal {GOAL}", color="0.35", fontsize=8, va="top")
    for label, style in TERMS.items():
        right.plot([], [], label=label, **style)
    right.plot([], [], label="larger", **LARGER)
    for ax in (left, right):
        ax.set(xlabel="step", yscale="log", xlim=(-2.5, N_STEPS + 1))
    left.set(ylabel="cross-entropy, in nats", ylim=(LOWEST, HIGHEST))
    right.set(ylabel="size of the term, in nats", ylim=(1e-3, 1e3))
    legend_above(left, right, ncols=3)
    plain_log(left, right)
    return left, right


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _short(loss: float) -> str:
    return f"{loss:.3f}" if loss < 1e3 else "far off"
