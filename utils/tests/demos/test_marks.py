"""Marks that mean the same in every demo, and letters above a panel."""

from __future__ import annotations

from typing import Any

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from steepest.demos._looks import line_look
from steepest.demos._marks import DIAMOND, HERE, legend_above
from steepest.demos._stage import GRIP
from steepest.demos.adaptive_methods.correction import EPSILON
from steepest.demos.batch_norm.shift import AROUND
from steepest.demos.empirical_risk.surrogates import WRONG
from steepest.demos.loss_landscapes.monitor import LARGER
from steepest.demos.momentum.map import BEST, CROSS
from steepest.demos.playground.view import PROBE


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


@pytest.mark.parametrize("style", [HERE, LARGER, WRONG, BEST], ids=["here", "larger", "wrong side", "best place"])
def test_what_cannot_be_dragged_is_filled_with_black(style: dict[str, Any]) -> None:
    assert line_look(style)["mark"]["fill"] == "#000000ff"


@pytest.mark.parametrize(
    "style", [GRIP, DIAMOND, CROSS, AROUND, EPSILON, PROBE], ids=["ring", "diamond", "cross", "around", "ε", "probe"]
)
def test_what_can_be_dragged_is_light_with_a_dark_edge(style: dict[str, Any]) -> None:
    look = line_look(style)["mark"]
    assert look["fill"].startswith("#ffffff")
    assert sum(to_rgb(look["stroke"])) < 1.5
