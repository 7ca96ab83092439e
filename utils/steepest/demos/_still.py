"""A picture of what does not move, painted once: axes, ticks and letters take longer than all that changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from steepest.demos._stage import DPI

Panels = TypeVar("Panels", bound=tuple[Axes, ...])


class Picture(Artist):
    """Dots that are painted as they are: matplotlib's own images are resampled, which takes longer than all else.

    Parameters
    ----------
    left, bottom : int
        Where its lower left corner lies, in dots of the figure.
    zorder : float
        Pictures below 0 lie behind all axes.
    """

    def __init__(self, *, left: int = 0, bottom: int = 0, zorder: float = -1) -> None:
        super().__init__()
        self.set_zorder(zorder)
        self.corner = left, bottom
        self.dots = np.zeros((1, 1, 4), dtype=np.uint8)

    def set_data(self, dots: np.ndarray) -> None:
        """Show these dots, of shape (height, width, 4) and from above, each colour and the opacity from 0 to 255."""
        self.dots = dots

    def draw(self, renderer: RendererBase) -> None:
        """Called by the figure."""
        renderer.draw_image(renderer.new_gc(), *self.corner, self.dots[::-1])


class Still:
    """What lies behind the lines of a figure that is redrawn often.

    Parameters
    ----------
    figure : Figure
        Is cleared. Its axes should lie where the painted ones do, and be `bare`.
    """

    def __init__(self, figure: Figure) -> None:
        figure.clear()
        self.size: tuple[float, float] = tuple(figure.get_size_inches())
        self.image = Picture()
        figure.add_artist(self.image)
        self.pictures: dict[Hashable, np.ndarray] = {}

    def show(self, key: Hashable, paint: Callable[[Figure], None]) -> None:
        """Put what `paint` draws on an empty figure behind all else; it is called once for each key."""
        if key not in self.pictures:
            self.pictures[key] = painted(self.size, paint)
        self.image.set_data(self.pictures[key])


def bare(panels: Panels) -> Panels:
    """Panels without frame and letters, for what moves: these are painted."""
    for ax in panels:
        ax.set_axis_off()
    return panels


def painted(size: tuple[float, float], paint: Callable[[Figure], None]) -> np.ndarray:
    """The dots of what `paint` draws on an empty figure of this size in inches, from above."""
    figure = Figure(figsize=size, dpi=DPI)
    paint(figure)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    return np.array(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
