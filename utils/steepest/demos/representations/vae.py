"""Variational autoencoders with several weights of the KL divergence, judged by the student's own loss."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Generator, Tensor

from steepest.coders import coder_digits, stored_coders, sums_over_rows
from steepest.demos._demo import Demo, counted, joined, steps
from steepest.demos._marks import circle, legend_above
from steepest.demos._sheet import sheet
from steepest.demos._stage import Panel, Stage
from steepest.plots import line_style

Loss = Callable[..., Tensor]

TRUE = 1.0  # the weight of the KL divergence in the loss that is scored
FIRST = 0.1
GRID = 9  # pictures along each side of the sheet
REACH = 2.4  # of their codes
WIDE = 4.0  # of the plane
OVALS = 60  # digits of which the deviations are drawn
TOP = 40.0
MEANS: dict[str, Any] = {"color": line_style(0)["color"], "linestyle": "", "marker": ".", "markersize": 3}
OVAL: dict[str, Any] = {"color": line_style(2)["color"], "linewidth": 0.8}
PRIOR: dict[str, Any] = {"color": "black", "linewidth": 1.0, "linestyle": (0, (4, 2))}
RECONSTRUCTION, DIVERGENCE = line_style(0)["color"], line_style(1)["color"]


class Scored(NamedTuple):
    """What one net makes of the digits: arguments of the loss, and pictures decoded from even places of the plane."""

    x: Tensor
    scores: Tensor
    mean: Tensor
    log_variance: Tensor
    pictures: Tensor


class Parts(NamedTuple):
    """The student's loss of a net, and what is left of it where all codes are N(0, 1): the reconstruction alone."""

    whole: float
    reconstruction: float


def vae_demo(vae_loss: Loss) -> Demo:
    """The KL weight of the training, over the codes and pictures of the net and its loss.

    Parameters
    ----------
    vae_loss : callable
        The student's function.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = vae_demo(unwritten)
    >>> list(demo.controls)
    ['weight']
    >>> demo.message.value
    'Write <code>vae_loss</code> and run the cell, then run this one again.'
    """
    tried: dict[float, Parts] = {}

    def draw(stage: Stage, *, weight: float) -> str:
        tried[weight] = parts(vae_loss, weight)
        return draw_net(tried, stage, weight=weight)

    return Demo(
        draw,
        {"weight": steps("KL weight in training", FIRST, weights())},
        needs=["vae_loss"],
        goal=f"of {len(weights())} nets, the one with the lowest loss at weight {TRUE:g} on digits that none has seen",
        size=(9.5, 3.8),
        forget=tried.clear,
    )


def weights() -> tuple[float, ...]:
    """The KL weights of the nets."""
    return stored_coders().kl_weights


@cache
def scored() -> tuple[Scored, ...]:
    """All nets at digits that they have not seen, with the same noise."""
    _, unseen = coder_digits()
    nets = stored_coders().variational
    mean, log_variance = nets.encode(unseen.x).chunk(2, dim=2)
    noise = torch.randn(mean.shape[1:], generator=Generator().manual_seed(0))
    scores = nets.decode(mean + (log_variance / 2).exp() * noise)
    places = torch.linspace(-REACH, REACH, GRID)
    pictures = nets.decode(torch.cartesian_prod(places.flip(0), places)[:, [1, 0]]).sigmoid()
    every = zip(scores, mean, log_variance, pictures, strict=True)
    return tuple(Scored(unseen.x, *one) for one in every)


def parts(vae_loss: Loss, weight: float) -> Parts:
    """Score the net of one weight.

    Raises
    ------
    TypeError
        If the loss is not a tensor without axes.
    """
    net = scored()[weights().index(weight)]
    prior = torch.zeros_like(net.mean)
    given = (net.x, net.scores, net.mean, net.log_variance), (net.x, net.scores, prior, prior)
    found = [vae_loss(*(part.clone() for part in parts)) for parts in given]  # it may work in place
    for loss in found:
        if not isinstance(loss, Tensor) or loss.ndim:
            got = f"shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else f"{loss!r:.60}"
            raise TypeError(
                f"`vae_loss` must return a tensor without axes. Got {got}. Is the `return` or mean missing?"
            )
    rows = len(net.x) if sums_over_rows(vae_loss) else 1
    return Parts(*(float(loss) / rows for loss in found))


def draw_net(tried: dict[float, Parts], stage: Stage, *, weight: float) -> str:
    """Draw the codes of one net, what it decodes, and the losses of all that have been tried.

    Parameters
    ----------
    tried : dict of float to Parts
        The student's loss by KL weight.
    stage : Stage
        Where to draw.
    weight : float
        Of the net that is looked at.

    Returns
    -------
    str
        The loss and how far the goal is, for the line above the figure.
    """
    net = scored()[weights().index(weight)]
    plane, pictures, losses = stage.panels(draw_frames)
    some = zip(net.mean[:OVALS].numpy(), _deviations(net)[:OVALS].numpy(), strict=True)
    plane.plot(*joined(mean + deviation * circle(1.0) for mean, deviation in some).T, **OVAL)
    plane.plot(*net.mean.T, **MEANS)
    pictures.heat(sheet(net.pictures, GRID), (-REACH, REACH), (-REACH, REACH))
    for place, one in ((weights().index(other), found) for other, found in tried.items()):
        _bar(losses, place, one)
    height = _bounded(tried[weight].whole)
    losses.handle(
        ("weight", ""), weights().index(weight), height, name="KL weight in training",
        means=lambda x, y: (weights()[min(max(round(x), 0), len(weights()) - 1)], y),
    )  # fmt: skip
    return _said(tried, weight)


def _bar(panel: Panel, place: int, found: Parts) -> None:
    """One bar in two parts; where the codes take something off, from the top of the other."""
    first, last = _bounded(found.reconstruction), _bounded(found.whole)
    panel.bars([place], [first], width=0.6, color=RECONSTRUCTION)
    panel.bars([place], [last - first], width=0.3 if last < first else 0.6, bottom=first, color=DIVERGENCE)
    panel.text(place, max(first, last) + 0.06 * TOP, f"{found.whole:.1f}", ha="center", va="bottom")


def _bounded(height: float) -> float:
    """A height that the panel can show."""
    return min(max(height, 0.0), 0.86 * TOP) if math.isfinite(height) else 0.0


def draw_frames(figure: Figure) -> tuple[Axes, Axes, Axes]:
    """Draw the prior, axes, labels and legends."""
    plane, pictures, losses = figure.subplots(1, 3, width_ratios=[1, 1, 1.15])
    plane.plot([], [], label="means", **MEANS)
    plane.plot([], [], label="σ", **OVAL)
    plane.plot(*circle(2.0).T, label="prior, 2 σ", **PRIOR)
    plane.set(xlim=(-WIDE, WIDE), ylim=(-WIDE, WIDE), xlabel="first number of the code", ylabel="second number")
    pictures.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xlabel="decoded from all over the prior")
    for ax in (plane, pictures):
        ax.set(aspect="equal")
    for label, color in (("reconstruction", RECONSTRUCTION), ("divergence", DIVERGENCE)):
        losses.bar([0], [0], label=label, color=color)
    losses.set(xlim=(-0.6, len(weights()) - 0.4), ylim=(0, TOP), ylabel=f"your loss at weight {TRUE:g}")
    losses.set_xticks(range(len(weights())), [f"{weight:g}" for weight in weights()])
    losses.set(xlabel="KL weight in training")
    legend_above(plane, ncols=3)
    legend_above(losses, ncols=2)
    return plane, pictures, losses


def _said(tried: dict[float, Parts], weight: float) -> str:
    here, at = tried[weight], weights().index(weight)
    if not math.isfinite(here.whole):
        return f"Your loss of this net is {here.whole}: look at <code>vae_loss</code>."
    divergence, deviation = here.whole - here.reconstruction, float(_deviations(scored()[at]).mean())
    said = f"KL weight {weight:g}: loss {here.whole:.2f}, {divergence:.2f} of it divergence; mean σ {deviation:.2g}. "
    best = min(tried, key=lambda other: tried[other].whole)
    if TRUE in tried and best != TRUE:
        return f"{said}By your loss {best:g} beats {TRUE:g}, which was trained on it: look at <code>vae_loss</code>."
    if best != weight:
        return f"{said}Not yet."
    if not {*weights()[max(at - 1, 0) : at + 2]} <= {*tried}:
        return f"{said}The lowest of {counted(len(tried), 'net')} so far: look at its neighbours."
    return f"{said}{'The goal is reached.' if weight == TRUE else 'Not yet.'}"


def _deviations(net: Scored) -> Tensor:
    return (net.log_variance / 2).exp()
