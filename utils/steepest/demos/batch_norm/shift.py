"""Batches that drift: a unit normalized by each batch, and by statistics of the population."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, count, held, slider, steps
from steepest.demos._stage import GRIP, Stage
from steepest.plots import line_style

Train = Callable[..., tuple[Tensor, Any]]
Evaluate = Callable[..., Tensor]
Population = Callable[[Tensor, Tensor, int], tuple[Tensor, Tensor]]

SIZES = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
BATCHES = 100
GOAL = 0.2
EPS = 1e-5
BEFORE, AFTER, EXAMPLE = (-1.5, 0.5), (1.0, 2.1), (-0.3, 1.3)  # centres of two units' weighted sums, and one of them
DEVIATIONS = (1.0, 0.9), (0.7, 1.15)  # of either unit before the drift and after it
TOGETHER = 0.3  # so close to where it began the drift is taken out
REACH = 5.2
TITLES = ("weighted sums z", "in training: each by its own batch", "in evaluation: by fixed statistics")
MARKS: tuple[dict[str, Any], ...] = tuple(
    line_style(number) | {"linestyle": "", "markersize": 5, "alpha": 0.55, "markeredgewidth": 0} for number in range(2)
)
# the first batch's star is the larger one, so that both are seen where they coincide
STARS: tuple[dict[str, Any], ...] = tuple(
    {"marker": "*", "markersize": size, "color": line_style(number)["color"], "markeredgecolor": "black",
     "linestyle": "", "zorder": 5 + number}
    for number, size in enumerate((20, 12))
)  # fmt: skip
AROUND = GRIP | {"markersize": 19, "markerfacecolor": "#ffffff50"}  # lets the star within it through
WAY: dict[str, Any] = {"color": "black", "linewidth": 1.2, "zorder": 4}

Place = tuple[float, float]


class Drift(NamedTuple):
    """Where batches lie.

    Attributes
    ----------
    size : int
        Examples in a batch.
    share : float
        How much of its way the second kind has gone, between 0 and 1.
    before, after : tuple of float
        Centres of the weighted sums before the drift, and at the end of the way.
    """

    size: int
    share: float = 0.0
    before: Place = BEFORE
    after: Place = AFTER


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

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = shift_demo(unwritten, unwritten, unwritten)
    >>> list(demo.controls)
    ['number', 'drift', 'size', 'before', 'after', 'example']
    """

    @lru_cache(maxsize=len(SIZES))
    def known(size: int, before: Place) -> tuple[Tensor, Tensor]:
        return statistics(population_statistics, Drift(size, before=before))

    @lru_cache(maxsize=128)
    def apart(way: Drift) -> float:
        return mismatch(batch_norm_train, batch_norm_eval, known(way.size, way.before), way)

    def draw(stage: Stage, *, drift: float, size: int, number: int, before: Place, after: Place, example: Place) -> str:
        way = Drift(size, drift if math.dist(before, after) > TOGETHER else 0.0, before, after)
        smaller = way._replace(size=SIZES[max(0, SIZES.index(size) - 1)])
        found = place(batch_norm_train, batch_norm_eval, known(size, before), way, number, example)
        draw_shift(stage, found, way, example)
        return said(found, apart(way), apart(smaller) if way.share == 0 else 0.0, way.share)

    return Demo(
        draw,
        {
            "number": count("batches", 1, 1, BATCHES),
            "drift": slider("drift", 1.0, 0.0, 1.0, 0.05),
            "size": steps("batch size B", 16, SIZES),
            "before": held(BEFORE),
            "after": held(AFTER),
            "example": held(EXAMPLE),
        },
        needs=["batch_norm_train", "population_statistics", "batch_norm_eval"],
        goal=f"no drift, and the smallest batch with which both modes agree within {GOAL} (root mean square)",
        size=(9.5, 3.9),
        played="number",
    )


@lru_cache(maxsize=len(SIZES))
def _noise(size: int) -> Tensor:
    generator = torch.Generator().manual_seed(size)
    return torch.randn(2, BATCHES, size, 2, generator=generator, dtype=torch.float64)


def batches(way: Drift) -> Tensor:
    """Weighted sums of two units, for `BATCHES` batches before the drift and as many after it.

    Parameters
    ----------
    way : Drift
        Where they lie.

    Returns
    -------
    Tensor, shape (2, BATCHES, size, 2)
    """
    noise = _noise(way.size)
    ends = torch.tensor([[way.before, way.after], DEVIATIONS], dtype=noise.dtype)
    shares = torch.tensor([[0.0], [way.share]], dtype=noise.dtype)
    mean, deviation = torch.lerp(ends[:, :1], ends[:, 1:], shares)[:, :, None, None]
    sums: Tensor = mean + deviation * noise
    return sums


def statistics(population_statistics: Population, way: Drift) -> tuple[Tensor, Tensor]:
    """Mean and variance for evaluation, from the batches before any drift, by the student's function."""
    before = batches(way)[0]
    return population_statistics(before.mean(dim=1), before.var(dim=1, correction=0), way.size)


def mismatch(batch_norm_train: Train, batch_norm_eval: Evaluate, known: tuple[Tensor, Tensor], way: Drift) -> float:
    """Root mean square distance, a unit, of what the drifted batches become in training and in evaluation.

    Parameters
    ----------
    batch_norm_train, batch_norm_eval : callable
        The student's functions.
    known : tuple of Tensor
        Mean and variance for evaluation.
    way : Drift
        Where the batches lie.
    """
    after = batches(way)[1]
    table = after.transpose(0, 1).reshape(way.size, -1)  # all batches side by side: a column is normalized by itself
    ones = torch.ones(table.shape[1], dtype=table.dtype)
    out, _ = batch_norm_train(table, ones, 0 * ones, eps=EPS)
    training = out.reshape(way.size, BATCHES, 2).transpose(0, 1)
    evaluation = batch_norm_eval(after.reshape(-1, 2), *known, ones[:2], 0 * ones[:2], eps=EPS).reshape(after.shape)
    return float((training - evaluation).square().mean().sqrt())


def place(
    batch_norm_train: Train,
    batch_norm_eval: Evaluate,
    known: tuple[Tensor, Tensor],
    way: Drift,
    number: int,
    example: Place = EXAMPLE,
) -> Places:
    """Put one example into a batch of either kind, and normalize both in both modes.

    Parameters
    ----------
    batch_norm_train, batch_norm_eval : callable
        The student's functions.
    known : tuple of Tensor
        Mean and variance for evaluation.
    way : Drift
        Where the batches lie.
    number : int
        Which of the batches, counted from 1.
    example : tuple of float
        Its weighted sums.
    """
    sums = batches(way)[:, number - 1]
    sums[:, 0] = torch.tensor(example, dtype=sums.dtype)
    one, zero = torch.ones(2, dtype=sums.dtype), torch.zeros(2, dtype=sums.dtype)
    training = torch.stack([batch_norm_train(batch, one, zero, eps=EPS)[0] for batch in sums])
    evaluation = torch.stack([batch_norm_eval(batch, *known, one, zero, eps=EPS) for batch in sums])
    return Places(sums, training, evaluation)


def draw_shift(stage: Stage, places: Places, way: Drift, example: Place) -> None:
    """Draw both batches before the normalization and behind it, and on the left what can be moved."""
    panels = stage.panels(draw_panels)
    for panel, pair in zip(panels, places, strict=True):
        for kind, batch in enumerate(pair):
            panel.plot(*batch[1:].T, **MARKS[kind])
            panel.plot(*batch[:1].T, **STARS[kind])
        panel.plot(*pair[:, 0].T, **WAY)
    sums = panels[0]
    sums.arrows(*way.before, way.after[0] - way.before[0], way.after[1] - way.before[1], zorder=3, color="0.35")
    for name, kind, said in (("before", 0, "centre before the drift"), ("after", 1, "centre after the whole drift")):
        sums.handle(name, *getattr(way, name), name=said, **GRIP | {"markeredgecolor": MARKS[kind]["color"]})
    sums.handle("example", *example, name="the example that is in both batches", **AROUND)


def said(places: Places, apart: float, smaller: float, share: float) -> str:
    """What the line above the picture says.

    Parameters
    ----------
    places : Places
        What the student's functions gave.
    apart, smaller : float
        What `mismatch` says of this size of batch, and of the next smaller one.
    share : float
        How much of its way the second batch has gone.
    """
    stars = [float((pair[0, 0] - pair[1, 0]).norm()) for pair in (places.training, places.evaluation)]
    told = (
        f"The star's two outputs lie {stars[0]:.2f} apart in training, {stars[1]:.2f} in evaluation. "
        f"{'After the' if share else 'Without'} drift, outputs in training and in evaluation differ by {apart:.2f}"
    )
    if share > 0:
        return f"{told}. For the goal, take the drift out."
    if apart > GOAL:
        return f"{told}. Not yet: the goal is {GOAL}."
    return f"{told}. {'A smaller batch does it too.' if smaller <= GOAL else 'The goal is reached.'}"


def draw_panels(figure: Figure) -> Sequence[Axes]:
    """Draw axes, titles and the legend."""
    axes: Sequence[Axes] = figure.subplots(1, 3)
    for ax, title in zip(axes, TITLES, strict=True):
        ax.axhline(0, color="0.8", linewidth=0.8, zorder=0)
        ax.axvline(0, color="0.8", linewidth=0.8, zorder=0)
        ax.set_title(title, fontsize=10)
        ax.set(xlabel="unit 1", xlim=(-REACH, REACH), ylim=(-REACH, REACH))
    axes[0].set_ylabel("unit 2")
    for label, style in zip(("before the drift", "after the drift"), MARKS, strict=True):
        axes[0].plot([], [], label=label, **style)
    labels = "one example, in the first batch", "the same example, in the second"
    for label, style in zip(labels, STARS, strict=True):
        axes[0].plot([], [], label=label, **style | {"markersize": 11})
    handles = axes[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper center", ncols=4, fontsize=9, frameon=False)
    return axes
