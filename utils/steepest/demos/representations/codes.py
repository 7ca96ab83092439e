"""A walk over the plane of an autoencoder's codes, with codes drawn round the point by the student's own function."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Generator, Tensor

from steepest.coders import coder_digits, stored_coders
from steepest.data import Data
from steepest.demos._demo import Demo, held, slider
from steepest.demos._marks import DIAMOND, circle, legend_above
from steepest.demos._sheet import sheet
from steepest.demos._stage import Stage
from steepest.plots import line_style

Function = Callable[..., Tensor]
Place = tuple[float, float]

FROM, TO = 4, 9
START: Place = (-2.2, -1.6)
MAP = [1, 0]  # the second number of a code goes across: the codes lie further apart along it
ACROSS, DOWN = 5, 3
DRAWS = ACROSS * DOWN
NEIGHBOURS = 5
BETWEEN = 16  # points of a walk that are read between one picture and the next
AROUND = 2  # of σ: the ring
MARGIN = 0.25
LOOSE = 1.5  # a factor between the draws' deviation and σ that can be seen
COLOR = {FROM: line_style(0)["color"], TO: line_style(1)["color"]}
NUMERAL: dict[str, Any] = {"linestyle": "", "markersize": 5, "markeredgewidth": 0.2}
DRAWN: dict[str, Any] = {"color": "black", "linestyle": "", "marker": "x", "markersize": 5}
RING: dict[str, Any] = {"color": "black", "linewidth": 1.0}


class Walk:
    """Which digits a point has been since it was last a 4 among 4s.

    Attributes
    ----------
    read : tuple of int
        The digits one after the other, none twice in a row, up to the first that is neither 4 nor 9; empty where no 4
        has been stood on.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.read: tuple[int, ...] = ()
        self._last: Place | None = None

    @property
    def kept(self) -> bool:
        """Whether it has begun, and has been 4 and 9 alone."""
        return bool(self.read) and self.read[-1] in (FROM, TO)

    def on(self, place: Place, draws: Tensor) -> None:
        """Go straight on to a place, round which the draws are these digits."""
        steps = torch.linspace(0, 1, BETWEEN + 1)[1:, None]
        start, end = torch.tensor(self._last or place), torch.tensor(place)
        for digit in read(decoded(start + steps * (end - start))).tolist():
            if self.kept and digit != self.read[-1]:
                self.read += (digit,)
        if bool((draws == FROM).all()):
            self.read = (FROM,)
        self._last = place


class Seen(NamedTuple):
    """A point and the codes drawn round it, on the map, and what they are decoded to and read as."""

    codes: Tensor
    pixels: Tensor
    digits: Tensor


def code_demo(reparametrize: Function) -> Demo:
    """A point to be dragged over the plane of codes, beside the digit that is decoded there and others around it.

    Parameters
    ----------
    reparametrize : callable
        The student's function.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = code_demo(unwritten)
    >>> list(demo.controls)
    ['sigma', 'place']
    >>> demo.message.value
    'Write <code>reparametrize</code> and run the cell, then run this one again.'
    """
    walk = Walk()

    def draw(stage: Stage, *, sigma: float, place: Place) -> str:
        seen = looked_at(reparametrize, place, sigma)
        walk.on(place, seen.digits[1:])
        return draw_codes(seen, walk.read, stage, place=place, sigma=sigma)

    return Demo(
        draw,
        {"sigma": slider("σ of the draws", 0.15, 0.02, 0.6, 0.01), "place": held(START)},
        needs=["reparametrize"],
        goal=f"stand where all {DRAWS} draws are a {FROM}, and walk to where it turns into a {TO}, with no other digit "
        "on the way: drag the ring",
        size=(9.5, 4.0),
        forget=walk.forget,
    )


@lru_cache(maxsize=1)
def noise() -> Tensor:
    """What all draws are made of, the same for every picture."""
    return torch.randn(DRAWS, 2, generator=Generator().manual_seed(0))


def decoded(places: Tensor) -> Tensor:
    """Pictures of shape (n, 64) for places on the map, of shape (n, 2)."""
    return stored_coders().plain.decode(places[:, MAP])[0]


def read(pixels: Tensor) -> Tensor:
    """Which digits pictures are taken for: by most of the nearest training digits."""
    training, _ = both_sets()
    nearest = torch.cdist(pixels, training.x).topk(NEIGHBOURS, largest=False).indices
    return training.y[nearest].mode(dim=1).values


def looked_at(reparametrize: Function, place: Place, sigma: float) -> Seen:
    """Draw codes round a place, and decode it and them.

    Raises
    ------
    TypeError
        If the student's function does not return a code for each row of noise.
    """
    mean = torch.tensor(place).repeat(DRAWS, 1)
    drawn = reparametrize(mean, torch.full_like(mean, 2 * math.log(sigma)), noise().clone())
    if not isinstance(drawn, Tensor) or drawn.shape != mean.shape:
        got = f"shape {tuple(drawn.shape)}" if isinstance(drawn, Tensor) else f"{drawn!r:.60}"
        raise TypeError(f"`reparametrize` must return codes of shape {tuple(mean.shape)}. Got {got}.")
    codes = torch.cat([torch.tensor([place]), drawn])
    pixels = decoded(codes).nan_to_num()
    return Seen(codes, pixels, read(pixels))


def draw_codes(seen: Seen, walked: tuple[int, ...], stage: Stage, *, place: Place, sigma: float) -> str:
    """Draw a point and what was drawn round it on the map, and the digits that they stand for.

    Parameters
    ----------
    seen : Seen
        The point and the draws.
    walked : tuple of int
        Which digits it has been since it stood on a 4.
    stage : Stage
        Where to draw.
    place : tuple of float
        Where the point is on the map.
    sigma : float
        The standard deviation of the draws.

    Returns
    -------
    str
        As what the digits are read and how far the goal is, for the line above the figure.
    """
    plane, digit, draws = stage.panels(draw_frames)
    plane.plot(*(seen.codes[:1].numpy() + circle(AROUND * sigma)).T, **RING)
    plane.plot(*seen.codes[1:].T, **DRAWN)
    plane.handle("place", *place, name="point on the map")
    way = 1 if place[0] < 0 else -1  # the side that there is room on
    plane.handle(
        ("sigma", ""), place[0] + way * AROUND * sigma, place[1], name="two σ of the draws",
        means=lambda x, y: (way * (x - place[0]) / AROUND, y), **DIAMOND,
    )  # fmt: skip
    digit.heat(sheet(seen.pixels[:1], 1)[:-1, 1:], (0, 1), (0, 1))  # without lines
    digit.title(f"read as {seen.digits[0]}")
    draws.heat(sheet(seen.pixels[1:], ACROSS), (0, ACROSS), (0, DOWN))
    return _said(seen, walked, place, sigma)


def draw_frames(figure: Figure) -> tuple[Axes, Axes, Axes]:
    """Draw where digits that the autoencoder has never seen lie, axes and labels."""
    axes = figure.subplot_mosaic([["plane", "digit"], ["plane", "draws"]], width_ratios=[2.4, 1])
    plane, digit, draws = axes["plane"], axes["digit"], axes["draws"]
    _, unseen = both_sets()
    places = stored_coders().plain.encode(unseen.x)[0][:, MAP]
    for number in range(10):
        color = COLOR.get(number, "0.65")
        plane.plot(*places[unseen.y == number].T, color=color, marker=f"${number}$", **NUMERAL)
    plane.plot([], [], label="your draws", **DRAWN)
    plane.plot([], [], label=f"{AROUND} σ", **RING)
    (left, low), (right, high) = places.min(dim=0).values.tolist(), places.max(dim=0).values.tolist()
    plane.set(xlim=(left - MARGIN, right + MARGIN), ylim=(low - MARGIN, high + MARGIN), aspect="equal")
    plane.set(xlabel="second number of the code", ylabel="first number")
    legend_above(plane, ncols=2)
    digit.set(xlim=(0, 1), ylim=(0, 1), xlabel="at the ring", title=" ")  # room for one
    draws.set(xlim=(0, ACROSS), ylim=(0, DOWN), xlabel="your draws")
    for ax in (digit, draws):
        ax.set(xticks=[], yticks=[], aspect="equal")
    return plane, digit, draws


@cache
def both_sets() -> tuple[Data, Data]:
    """The digits that the autoencoder was trained on, and others."""
    return coder_digits()


def _said(seen: Seen, walked: tuple[int, ...], place: Place, sigma: float) -> str:
    off = float((seen.codes[1:] - torch.tensor(place)).square().mean().sqrt())
    wanted = sigma * float(noise().square().mean().sqrt())
    if not wanted / LOOSE < off < wanted * LOOSE:
        return (
            f"Your draws lie {off:.2g} from the point in root mean square, and with this σ it should be {wanted:.2g}: "
            "look at <code>reparametrize</code>."
        )
    counts = seen.digits[1:].bincount(minlength=10).tolist()
    found = ", ".join(f"{number} × {digit}" for digit, number in enumerate(counts) if number)
    said = f"Read as a {seen.digits[0]}; the draws round it: {found}. "
    if not walked:
        return f"{said}For the goal, begin where all draws are a {FROM}."
    said += f"The walk: {' → '.join(map(str, walked))}. "
    if walked[-1] not in (FROM, TO):
        return f"{said}Not yet: go back to where all draws are a {FROM}."
    return said + ("The goal is reached." if walked[-1] == TO else "Not yet.")
