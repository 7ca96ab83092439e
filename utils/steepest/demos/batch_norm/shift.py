"""Batches that drift: a unit normalized by each batch, and by statistics of the population."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, count, slider, steps
from steepest.demos._still import Still, bare
from steepest.plots import line_style

Train = Callable[..., tuple[Tensor, Any]]
Evaluate = Callable[..., Tensor]
Population = Callable[[Tensor, Tensor, int], tuple[Tensor, Tensor]]

SIZES = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
BATCHES = 100
GOAL = 0.2
EPS = 1e-5
FIRST = ((-1.5, 0.5), (1.0, 0.9))  # mean and deviation of two units' weighted sums
DRIFTED = ((1.0, 2.1), (0.7, 1.15))
SHARED = (-0.3, 1.3)
REACH = 5.2
PANELS = tuple((0.06 + 0.323 * number, 0.13, 0.285, 0.68) for number in range(3))
TITLES = ("weighted sums z", "in training: each by its own batch", "in evaluation: by fixed statistics")
MARKS: tuple[dict[str, Any], ...] = tuple(
    line_style(number) | {"linestyle": "", "markersize": 5, "alpha": 0.55, "markeredgewidth": 0} for number in range(2)
)
STARS: tuple[dict[str, Any], ...] = tuple(
    {"marker": "*", "markersize": 17, "color": line_style(number)["color"], "markeredgecolor": "black"}
    for number in range(2)
)


class Places(NamedTuple):
    """Where two batches lie, of shape (2, B, 2); the first row of both is the shared example.

    Attributes
    ----------
    sums, training, evaluation : Tensor
        Before the normalization, and behind it in either mode.
    """

    sums: Tensor
    training: Tensor
    evaluation: Tensor


def shift_demo(batch_norm_train: Train, population_statistics: Population, batch_norm_eval: Evaluate) -> Demo:
    """Controls for drift and batch size, over two batches before and behind a normalization in both modes.

    Parameters
    ----------
    batch_norm_train, population_statistics, batch_norm_eval : callable
        The student's functions.
    """
    functions = batch_norm_train, population_statistics, batch_norm_eval
    known: dict[int, tuple[Tensor, Tensor]] = {}
    apart: dict[tuple[int, float], float] = {}

    def measured(size: int, drift: float) -> float:
        if size not in known:
            known[size] = statistics(population_statistics, size)
        if (size, drift) not in apart:
            apart[size, drift] = mismatch(batch_norm_train, batch_norm_eval, known[size], size=size, drift=drift)
        return apart[size, drift]

    def draw(view: ShiftView, *, drift: float, size: int, number: int) -> str:
        apart_now = measured(size, drift)
        smaller = measured(SIZES[max(0, SIZES.index(size) - 1)], drift) if drift == 0 else apart_now
        found = place(functions[0], functions[2], known[size], size=size, drift=drift, number=number)
        return draw_shift(found, view, drift=drift, apart=apart_now, smaller=smaller)

    return Demo(
        draw,
        {
            "number": count("batches", 1, 1, BATCHES),
            "drift": slider("drift", 1.0, 0.0, 1.0, 0.05),
            "size": steps("batch size B", 16, SIZES),
        },
        view=ShiftView,
        needs=["batch_norm_train", "population_statistics", "batch_norm_eval"],
        goal=f"no drift, and the smallest batch with which both modes agree within {GOAL} (root mean square)",
        size=(9.5, 3.9),
        played="number",
    )


@lru_cache(maxsize=64)
def batches(size: int, drift: float) -> Tensor:
    """Weighted sums of two units, for `BATCHES` batches before the drift and as many after it.

    Parameters
    ----------
    size : int
        Examples in a batch.
    drift : float
        How far the second kind has gone, between 0 and 1.

    Returns
    -------
    Tensor, shape (2, BATCHES, size, 2)
    """
    noise = torch.randn(2, BATCHES, size, 2, generator=torch.Generator().manual_seed(size), dtype=torch.float64)
    mean, deviation = torch.tensor(FIRST, dtype=noise.dtype)
    last_mean, last_deviation = torch.tensor(DRIFTED, dtype=noise.dtype)
    return torch.stack(
        [
            mean + deviation * noise[0],
            torch.lerp(mean, last_mean, drift) + torch.lerp(deviation, last_deviation, drift) * noise[1],
        ]
    )


def statistics(population_statistics: Population, size: int) -> tuple[Tensor, Tensor]:
    """Mean and variance for evaluation, from the batches before any drift, by the student's function."""
    before = batches(size, 0.0)[0]
    return population_statistics(before.mean(dim=1), before.var(dim=1, correction=0), size)


def mismatch(
    batch_norm_train: Train, batch_norm_eval: Evaluate, known: tuple[Tensor, Tensor], *, size: int, drift: float
) -> float:
    """Root mean square distance, a unit, of what the drifted batches become in training and in evaluation.

    Parameters
    ----------
    batch_norm_train, batch_norm_eval : callable
        The student's functions.
    known : tuple of Tensor
        Mean and variance for evaluation.
    size : int
        Examples in a batch.
    drift : float
        Between 0 and 1.
    """
    after = batches(size, drift)[1]
    table = after.transpose(0, 1).reshape(size, -1)  # all batches side by side: a column is normalized by itself
    ones = torch.ones(table.shape[1], dtype=table.dtype)
    out, _ = batch_norm_train(table, ones, 0 * ones, eps=EPS)
    training = out.reshape(size, BATCHES, 2).transpose(0, 1)
    evaluation = batch_norm_eval(after.reshape(-1, 2), *known, ones[:2], 0 * ones[:2], eps=EPS).reshape(after.shape)
    return float((training - evaluation).square().mean().sqrt())


def place(
    batch_norm_train: Train,
    batch_norm_eval: Evaluate,
    known: tuple[Tensor, Tensor],
    *,
    size: int,
    drift: float,
    number: int,
) -> Places:
    """Put one example into a batch of either kind, and normalize both in both modes.

    Parameters
    ----------
    batch_norm_train, batch_norm_eval : callable
        The student's functions.
    known : tuple of Tensor
        Mean and variance for evaluation.
    size : int
        Examples in a batch.
    drift : float
        Between 0 and 1.
    number : int
        Which of the batches, counted from 1.
    """
    sums = batches(size, drift)[:, number - 1].clone()
    sums[:, 0] = torch.tensor(SHARED, dtype=sums.dtype)
    one, zero = torch.ones(2, dtype=sums.dtype), torch.zeros(2, dtype=sums.dtype)
    training = torch.stack([batch_norm_train(batch, one, zero, eps=EPS)[0] for batch in sums])
    evaluation = torch.stack([batch_norm_eval(batch, *known, one, zero, eps=EPS) for batch in sums])
    return Places(sums, training, evaluation)


class ShiftView:
    """The figure of two batches before and behind a normalization.

    Parameters
    ----------
    figure : Figure
        Is cleared and gets three panels.
    """

    def __init__(self, figure: Figure) -> None:
        Still(figure).show("labels", draw_panels)
        self.axes = bare(_panels(figure))
        self.dots = [[ax.plot([], [], **MARKS[kind])[0] for kind in range(2)] for ax in self.axes]
        self.paths = [ax.plot([], [], color="black", linewidth=1.2, zorder=4)[0] for ax in self.axes]
        # the first batch's star is the larger one, so that both are seen where they coincide
        self.stars = [
            [
                ax.plot([], [], **STARS[kind] | {"markersize": (20, 12)[kind], "zorder": 5 + kind})[0]
                for kind in range(2)
            ]
            for ax in self.axes
        ]

    def show(self, places: Places) -> None:
        """Draw both batches in all panels."""
        for panel, pair in enumerate(places):
            for kind, batch in enumerate(pair):
                self.dots[panel][kind].set_data(*batch[1:].T)
                self.stars[panel][kind].set_data(*batch[:1].T)
            self.paths[panel].set_data(*pair[:, 0].T)


def draw_shift(places: Places, view: ShiftView, *, drift: float, apart: float, smaller: float) -> str:
    """Draw two batches, and tell how far training and evaluation differ.

    Parameters
    ----------
    places : Places
        What the student's functions gave.
    view : ShiftView
        Where to draw.
    drift : float
        Between 0 and 1.
    apart, smaller : float
        What `mismatch` says of this size of batch, and of the next smaller one.

    Returns
    -------
    str
        The distances and how far the goal is, for the line above the figure.
    """
    view.show(places)
    stars = [float((pair[0, 0] - pair[1, 0]).norm()) for pair in (places.training, places.evaluation)]
    said = (
        f"The star's two outputs lie {stars[0]:.2f} apart in training, {stars[1]:.2f} in evaluation. "
        f"After the drift, outputs in training and in evaluation differ by {apart:.2f}"
    )
    if drift > 0:
        return f"{said}. For the goal, take the drift out."
    if apart > GOAL:
        return f"{said}. Not yet: the goal is {GOAL}."
    return f"{said}. {'A smaller batch does it too.' if smaller <= GOAL else 'The goal is reached.'}"


def draw_panels(figure: Figure) -> None:
    """Draw axes, titles and the legend."""
    axes = _panels(figure)
    for ax, title in zip(axes, TITLES, strict=True):
        ax.axhline(0, color="0.8", linewidth=0.8, zorder=0)
        ax.axvline(0, color="0.8", linewidth=0.8, zorder=0)
        ax.set_title(title, fontsize=10)
        ax.set(xlabel="unit 1")
    axes[0].set_ylabel("unit 2")
    for label, style in zip(("before the drift", "after the drift"), MARKS, strict=True):
        axes[0].plot([], [], label=label, **style)
    labels = "one example, in the first batch", "the same example, in the second"
    for label, style in zip(labels, STARS, strict=True):
        axes[0].plot([], [], label=label, linestyle="", **style | {"markersize": 11})
    figure.legend(*axes[0].get_legend_handles_labels(), loc="upper center", ncols=4, fontsize=9, frameon=False)


def _panels(figure: Figure) -> tuple[Axes, ...]:
    axes = tuple(figure.add_axes(panel) for panel in PANELS)
    for ax in axes:
        ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH))
    return axes
