"""Letters above a panel."""

from __future__ import annotations

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from steepest.demos._marks import legend_above


def test_a_legend_above_covers_nothing_of_its_panel_and_ends_with_it() -> None:
    figure = Figure(figsize=(6, 3))
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.1, 0.1, 0.35, 0.7)), figure.add_axes((0.6, 0.1, 0.35, 0.7))
    for ax in axes:
        for label in ("your function", "best rate"):
            ax.plot([0, 1], [0, 1], label=label)
    legend_above(*axes, ncols=2, fontsize=7)
    canvas.draw()
    for ax in axes:
        legend = ax.get_legend()
        assert [text.get_fontsize() for text in legend.get_texts()] == [7, 7]
        letters, panel = legend.get_window_extent(), ax.get_window_extent()
        assert panel.y1 <= letters.y0 < panel.y1 + 10
        assert panel.x1 - 10 < letters.x1 <= panel.x1 + 1
