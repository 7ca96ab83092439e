"""Training with and without batch normalization at a chosen rate, by the student's own forward and backward pass."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.data import Data, digits, split
from steepest.demos._demo import Demo, count, steps
from steepest.demos._marks import THRESHOLD, legend_above
from steepest.demos._stage import Stage
from steepest.dense import fit, make_nets, with_backward
from steepest.plots import line_style

Train = Callable[..., tuple[Tensor, Any]]
Backward = Callable[[Tensor, Any], tuple[Tensor, ...]]

RATES = (0.03, 0.1, 0.3, 0.5, 1.0, 3.0, 5.0, 10.0)
KINDS = ("plain", "batch norm")
NET, SEEDS, BATCH, EPS = (64, 32, 32, 32, 32, 10), 3, 64, 1e-5
N_STEPS = 140
EVERY = 4  # steps of which the mean loss is shown: single minibatches are noisy
LAST = 5  # such means that count as "at the end"
TRAINED = 1.0
TOP = 12.0
LOWEST, HIGHEST = 0.03, 14
TICKS = (0.03, 0.1, 0.3, 1, 3, 10)


def rates_demo(batch_norm_train: Train, batch_norm_backward: Backward) -> Demo:
    """Controls for the rate and the step, over the training curves and the losses of all rates tried.

    Parameters
    ----------
    batch_norm_train, batch_norm_backward : callable
        The student's functions.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = rates_demo(unwritten, unwritten)
    >>> list(demo.controls)
    ['step', 'rate']
    """
    board = Board(batch_norm_train, batch_norm_backward)

    def draw(stage: Stage, *, step: int, rate: float) -> str:
        board.train(step)
        return draw_rates(board, stage, step=step, rate=rate)

    return Demo(
        draw,
        {"step": count("step", 40, EVERY, N_STEPS, EVERY), "rate": steps("rate η", 0.1, RATES)},
        needs=["batch_norm_train", "batch_norm_backward"],
        goal=f"with all {N_STEPS} steps played, find the largest rate at which each kind of net still ends below "
        f"{TRAINED:.0f}, and the next one, at which it does not",
        size=(9.5, 4.0),
        played="step",
        forget=board.tried.clear,
    )


class Board:
    """Nets of both kinds at all rates, trained as far as somebody looks, and the rates that have been tried.

    Parameters
    ----------
    batch_norm_train, batch_norm_backward : callable
        The student's functions.

    Attributes
    ----------
    losses : Tensor, shape (2, len(RATES), points)
        Median over the starts of the mean loss in each `EVERY` steps; `TOP` where it is more, or no number.
    tried : set of float
        Rates that have been shown.
    """

    def __init__(self, batch_norm_train: Train, batch_norm_backward: Backward) -> None:
        layer = with_backward(batch_norm_train, batch_norm_backward)

        def normalize(number: int, z: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
            return layer(z, gamma, beta, eps=EPS)

        self.normalize = normalize
        # all rates side by side take hardly longer than one
        self.nets = [make_nets(NET, seeds=[*range(SEEDS)] * len(RATES))] * 2
        self.losses = torch.empty(2, len(RATES), 0)
        self.tried: set[float] = set()

    def train(self, step: int) -> None:
        """Train on, up to this step."""
        rates = torch.tensor(RATES).repeat_interleave(SEEDS)
        while self.losses.shape[2] < step // EVERY:
            made = [
                fit(
                    nets,
                    _digits(),
                    normalize,
                    lr=rates,
                    n_steps=EVERY,
                    batch_size=BATCH,
                    seed=self.losses.shape[2],
                )
                for nets, normalize in zip(self.nets, (None, self.normalize), strict=True)
            ]
            self.nets = [nets for nets, _ in made]
            means = torch.stack([losses.mean(dim=0).view(len(RATES), SEEDS) for _, losses in made])
            points = means.nan_to_num(TOP, TOP).clamp(max=TOP).median(dim=2).values
            self.losses = torch.cat([self.losses, points[:, :, None]], dim=2)

    def at(self, step: int) -> Tensor:
        """Mean loss over the last steps until this one, of shape (2, len(RATES))."""
        points = step // EVERY
        return self.losses[:, :, max(0, points - LAST) : points].mean(dim=2)

    def bears(self, kind: int) -> float | None:
        """The largest rate at which a kind of net trains, as soon as it and the next one have been tried."""
        trains = [bool(loss < TRAINED) for loss in self.at(N_STEPS)[kind]]
        for rate, after, now, then in zip(RATES, RATES[1:], trains, trains[1:], strict=False):
            if now and not then and {rate, after} <= self.tried:
                return rate
        return None


def draw_rates(board: Board, stage: Stage, *, step: int, rate: float) -> str:
    """Draw the curves of a rate and tell what is known of the rates that either kind bears.

    Parameters
    ----------
    board : Board
        Is trained up to this step; remembers the rate.
    stage : Stage
        Where to draw.
    step : int
        How far the curves are shown.
    rate : float
        One of `RATES`.

    Returns
    -------
    str
        The losses and how far the goal is, for the line above the figure.
    """
    board.tried.add(rate)
    number, points = RATES.index(rate), step // EVERY
    tried, now = sorted(board.tried), board.at(step)
    curves, final = stage.panels(draw_axes)
    final.plot([rate, rate], [LOWEST, HIGHEST], color="0.6", linewidth=8, alpha=0.35, zorder=0)
    for kind in range(2):
        curves.plot(range(EVERY, step + 1, EVERY), board.losses[kind, number, :points], **line_style(kind))
        final.plot(tried, now[kind, [RATES.index(other) for other in tried]], **_dots(kind))
    curves.handle(("step", ""), step, float(board.losses[1, number, points - 1]), name="step")
    final.handle(("rate", ""), rate, float(now[1, number]), name="rate")
    losses = now[:, number].tolist()
    shown = [f"{kind} {_word(loss)}" for kind, loss in zip(KINDS, losses, strict=True)]
    said = f"rate {rate:g}, step {step}: loss {', '.join(shown)} (chance: {math.log(10):.2f})"
    if step < N_STEPS:
        return f"{said}. For the goal, go on to step {N_STEPS}."
    limits = [board.bears(kind) for kind in range(2)]
    plain, normal = limits
    if plain is None or normal is None:
        return f"{said}. Still to find: {' and '.join(k for k, at in zip(KINDS, limits, strict=True) if at is None)}."
    return (
        f"{said}. Plain nets bear {plain:g}, normalized ones {normal:g}: {normal / plain:.2g} times. "
        "The goal is reached."
    )


def draw_axes(figure: Figure) -> tuple[Axes, Axes]:
    """Draw axes, labels and the legend."""
    left, right = figure.subplots(1, 2, sharey=True)
    left.set(xlabel="step", ylabel=f"training loss, mean of {EVERY} steps", xlim=(0, N_STEPS + 1))
    right.set(xlabel="learning rate η", ylabel=f"loss, mean of the last {LAST * EVERY} steps", xscale="log")
    right.set(xlim=(RATES[0] / 1.3, RATES[-1] * 1.3), yscale="log", ylim=(LOWEST, HIGHEST))
    right.set_yticks(TICKS, [f"{tick:g}" for tick in TICKS])
    right.set_xticks(RATES, [f"{rate:g}" for rate in RATES])
    right.tick_params(labelleft=True)
    for ax in (left, right):
        ax.minorticks_off()
        ax.axhline(math.log(10), **THRESHOLD)
        ax.text(1.01, math.log(10), "chance", fontsize=8, va="center", transform=ax.get_yaxis_transform())
    right.axhline(TRAINED, color="black", linewidth=0.8, linestyle=(0, (1, 2)))
    right.text(1.01, TRAINED, "trained ↓", fontsize=8, va="center", transform=right.get_yaxis_transform())
    for kind, label in enumerate(KINDS):
        left.plot([], [], label=f"{label}, median of {SEEDS}", **line_style(kind))
        right.plot([], [], label=f"{label}, rates tried", **_dots(kind))
    legend_above(left, right, ncols=2, fontsize=9)
    return left, right


def _dots(kind: int) -> dict[str, Any]:
    return line_style(kind) | {"markersize": 7, "linewidth": 1}


def _word(loss: float) -> str:
    return f"beyond {TOP:.0f}" if loss > 0.99 * TOP else f"{loss:.2f}"


@cache
def _digits() -> Data:
    return split(digits(), test=0.25, seed=0)[0]
