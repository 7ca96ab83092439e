"""A picture of what does not move, painted once: axes, ticks and letters take longer than all that changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from steepest.demos._demo import DPI


class Still:
    """What lies behind the lines of a figure that is redrawn often.

    Parameters
    ----------
    figure : Figure
        Is cleared. Its axes should lie where the painted ones do, without frame and letters.
    """

    def __init__(self, figure: Figure) -> None:
        figure.clear()
        self.size: tuple[float, float] = tuple(figure.get_size_inches())
        self.image = figure.figimage(np.zeros((1, 1, 4)), zorder=-1)
        self.pictures: dict[Hashable, np.ndarray] = {}

    def show(self, key: Hashable, paint: Callable[[Figure], None]) -> None:
        """Put what `paint` draws on an empty figure behind all else; it is called once for each key."""
        if key not in self.pictures:
            figure = Figure(figsize=self.size, dpi=DPI)
            paint(figure)
            canvas = FigureCanvasAgg(figure)
            canvas.draw()  # type: ignore[no-untyped-call]
            self.pictures[key] = np.array(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
        self.image.set_data(self.pictures[key])
