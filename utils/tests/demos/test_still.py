"""The picture that lies behind the moving lines of a demo."""

from __future__ import annotations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from steepest.demos._demo import DPI
from steepest.demos._still import Still, bare


def pixels(figure: Figure) -> np.ndarray:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())


def test_the_picture_is_what_was_painted_and_painted_once() -> None:
    painted: list[str] = []

    def paint(figure: Figure, title: str) -> None:
        painted.append(title)
        figure.subplots().set_title(title, loc="left")

    figure = Figure(figsize=(3, 2), dpi=DPI)
    still = Still(figure)
    assert (pixels(figure) == 255).all()
    for title in ("one", "two", "one"):
        still.show(title, lambda figure, title=title: paint(figure, title))
        expected = Figure(figsize=(3, 2), dpi=DPI)
        paint(expected, title)
        assert painted.pop() == title
        np.testing.assert_array_equal(pixels(figure), pixels(expected))
    assert painted == ["one", "two"]


def test_panels_that_are_bare_show_nothing_but_what_is_drawn_on_them() -> None:
    figure = Figure(figsize=(3, 2), dpi=DPI)
    left, right = panels = figure.add_axes((0.1, 0.2, 0.3, 0.6)), figure.add_axes((0.6, 0.2, 0.3, 0.6))
    left.set(xlabel="step", ylabel="loss")
    assert bare(panels) == (left, right)
    assert (pixels(figure) == 255).all()


def test_lines_lie_on_top() -> None:
    figure = Figure(figsize=(3, 2), dpi=DPI)
    Still(figure).show("all", lambda figure: figure.patch.set_facecolor("yellow"))
    (ax,) = bare((figure.add_axes((0, 0, 1, 1)),))
    ax.axhline(0.5, color="black", linewidth=5)
    found = pixels(figure)
    assert found[0, 0].tolist() == [255, 255, 0, 255]
    assert found[100, 150].tolist() == [0, 0, 0, 255]
