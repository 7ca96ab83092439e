"""Plots: each draws on the axes it is given, labels them, and stays legible without colour."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from steepest.landscapes import LANDSCAPES, quadratic
from steepest.plots import (
    line_style,
    plot_band,
    plot_cloud,
    plot_clusters,
    plot_contours,
    plot_curves,
    plot_map,
    plot_path,
)

PATH = torch.tensor([[1.0, 1.0], [0.5, -0.5], [9.0, 9.0]])

DRAWINGS: dict[str, Callable[[Axes], Axes]] = {
    "contours": lambda ax: plot_contours(quadratic(3), ax=ax, resolution=21),
    "path": lambda ax: plot_path(PATH, ax=plot_contours(quadratic(3), ax=ax, resolution=21), label="path"),
    "curves": lambda ax: plot_curves({"one": [1, 2], "two": [3, 4]}, ax=ax, xlabel="step", ylabel="loss"),
    "map": lambda ax: plot_map(
        np.add.outer(np.arange(3.0), np.arange(4.0)), ax=ax, across=range(4), up=range(3),
        xlabel="rate", ylabel="β", label="factor", levels=[1, 2, 3],
    ),
    "cloud": lambda ax: plot_cloud(PATH, ax=ax, center=[0.0, 1.0], radius=2.0, label="estimates"),
    "band": lambda ax: plot_band(
        torch.rand(3, 4), ax=ax, x=range(4), label="runs", xlabel="step", ylabel="loss"
    ),
    "clusters": lambda ax: plot_clusters(PATH, PATH[:2], ax=ax),
}  # fmt: skip


@pytest.fixture
def ax() -> Iterator[Axes]:
    yield Figure().subplots()


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS.keys())
def test_a_plot_returns_its_axes_labelled(draw: Callable[[Axes], Axes], ax: Axes) -> None:
    assert draw(ax) is ax
    assert ax.get_xlabel()
    assert ax.get_ylabel()
    ax.figure.draw_without_rendering()


def test_styles_differ_without_colour() -> None:
    styles = [line_style(number) for number in range(6)]
    assert len({str(style["linestyle"]) for style in styles}) == 6
    assert len({style["marker"] for style in styles}) == 6
    assert len({to_rgba(style["color"]) for style in styles}) == 6
    assert line_style(6) == styles[0]


@pytest.mark.parametrize("make", LANDSCAPES.values(), ids=LANDSCAPES.keys())
def test_contours_show_domain_minima_and_enough_lines(make: Callable[[], object], ax: Axes) -> None:
    landscape = make()
    plot_contours(landscape, ax=ax, levels=12, resolution=51)
    assert (ax.get_xlim(), ax.get_ylim()) == landscape.domain
    assert len(ax.collections[0].levels) >= 10
    stars = ax.lines[0].get_xydata()
    assert np.allclose(sorted(map(tuple, stars)), sorted(landscape.minima))


def test_a_path_keeps_the_limits_of_contours(ax: Axes) -> None:
    plot_contours(quadratic(3), ax=ax, resolution=21)
    plot_path(PATH, ax=ax)
    assert ax.get_xlim() == (-2, 2)
    assert np.allclose(ax.lines[-1].get_xydata(), PATH)


def test_a_path_alone_sets_the_limits(ax: Axes) -> None:
    plot_path(PATH, ax=ax)
    assert ax.get_xlim()[1] > 9


def test_curves_have_places_scales_and_legend(ax: Axes) -> None:
    plot_curves({"a": torch.tensor([1.0, 10.0]), "b": [2.0, 3.0]}, ax=ax, xlabel="x", ylabel="y",
                x=[5, 6], log_x=True, log_y=True)  # fmt: skip
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert ax.lines[0].get_xdata().tolist() == [5, 6]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]


def test_a_landscape_of_three_parameters_has_no_map(ax: Axes) -> None:
    with pytest.raises(ValueError, match="must have 2 parameters"):
        plot_contours(quadratic(3, dimension=3), ax=ax)


def test_the_ring_of_a_cloud_has_its_radius_about_its_center(ax: Axes) -> None:
    plot_cloud(PATH, ax=ax, center=[1.0, -1.0], radius=0.5, reach=3.0, label="estimates")
    ring = ax.lines[0].get_xydata() - [1.0, -1.0]
    assert np.allclose(np.linalg.norm(ring, axis=1), 0.5)
    assert (ax.get_xlim(), ax.get_ylim()) == ((-2.0, 4.0), (-4.0, 2.0))


def test_a_band_spans_its_quantiles_about_the_median(ax: Axes) -> None:
    runs = np.array([[0.0, 10.0], [1.0, 20.0], [5.0, 60.0]])
    plot_band(runs, ax=ax, x=[1, 2], label="runs", xlabel="step", ylabel="loss", quantiles=(0, 1))
    assert ax.lines[0].get_ydata().tolist() == [1.0, 20.0]
    edges = ax.collections[0].get_paths()[0].vertices
    assert (edges[:, 1].min(), edges[:, 1].max()) == (0.0, 60.0)
