"""Charts of a report as SVG that takes its colours from the page, so that it is dark where the page is."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from steepest_grader.desk.standing import ExerciseStanding

__all__ = ["ends", "histogram", "item_map", "spreads"]

# Colours that stand for the page's own; no other part of a chart has them.
INK, GRID, BAR, SOFT = "#010203", "#010204", "#010205", "#010206"
ENDS = {
    "passed": "#010207", "partial": "#010208", "failed": "#010209", "error": "#01020a", "not attempted": "#01020b",
}  # fmt: skip
VARIABLES = {
    INK: "ink", GRID: "grid", BAR: "bar", SOFT: "soft",
    **{color: f"end-{name.replace(' ', '-')}" for name, color in ENDS.items()},
}  # fmt: skip
SETTINGS: Any = {
    "svg.fonttype": "none", "svg.hashsalt": "report", "font.size": 11, "font.family": ["DejaVu Sans", "sans-serif"],
    "text.parse_math": False, "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": INK, "xtick.color": INK,
    "ytick.color": INK, "grid.color": GRID, "axes.spines.top": False, "axes.spines.right": False,
    "axes.axisbelow": True, "figure.facecolor": "none", "axes.facecolor": "none", "legend.frameon": False,
}  # fmt: skip
WIDTH = 5.6
BINS = 10
MAX_NAME = 28
RIGHT, TOP, SMALL = 103.0, 1.05, 9.5
LETTER = (1.75, 0.065)  # of a map: how wide in per cent, and how high as a share of its height

Box = tuple[float, float, float, float]


def histogram(shares: Sequence[float], *, what: str) -> Markup:
    """How many have which share of the points; the median is marked."""
    with mpl.rc_context(SETTINGS):
        figure, ax = _figure(2.7)
        ax.hist([100 * min(share, 1) for share in shares], bins=[100 * n / BINS for n in range(BINS + 1)], color=BAR,
                edgecolor=SOFT)  # fmt: skip
        if shares:
            ax.axvline(100 * median(shares), color=INK, linestyle="--", linewidth=1.2, label="median")
            ax.legend(loc="upper left")
        ax.set(xlim=(0, 100), xlabel=f"{what} (%)", ylabel="submissions")
        ax.yaxis.get_major_locator().set_params(integer=True)
        ax.grid(axis="y", linewidth=0.6)
        return _svg(figure, f"Histogram: {what}, {len(shares)} submissions.")


def ends(exercises: Sequence[ExerciseStanding]) -> Markup:
    """How each exercise ended, as bars of shares."""
    with mpl.rc_context(SETTINGS):
        figure, ax = _figure(1.0 + 0.3 * len(exercises))
        names = [_short(item.id) for item in exercises]
        left = [0.0] * len(exercises)
        for end, color in ENDS.items():
            widths = [100 * item.ended.get(end, 0) / max(item.handed_in, 1) for item in exercises]
            ax.barh(range(len(names)), widths, left=left, color=color, edgecolor=SOFT, height=0.72, label=end)
            left = [before + width for before, width in zip(left, widths, strict=True)]
        ax.set(xlim=(0, 100), ylim=(len(names) - 0.5, -0.5), xlabel="submissions (%)")
        ax.set_yticks(range(len(names)), names)
        ax.tick_params(axis="y", length=0)
        figure.legend(loc="outside upper center", ncols=len(ENDS), handlelength=1, columnspacing=1, handletextpad=0.4)
        return _svg(figure, "Bars: how each exercise ended; the table of exercises has the figures.")


def item_map(exercises: Sequence[ExerciseStanding]) -> Markup:
    """Discrimination over difficulty; what lies below zero should be looked at."""
    known = [item for item in exercises if item.difficulty is not None and item.discrimination is not None]
    with mpl.rc_context(SETTINGS):
        figure, ax = _figure(3.2)
        points = [(100 * (item.difficulty or 0), item.discrimination or 0.0) for item in known]
        ax.axhline(0, color=INK, linewidth=0.9)
        ax.scatter([x for x, _ in points], [y for _, y in points], color=BAR, edgecolor=SOFT, s=42, zorder=3)
        low = min([-0.2, *(y - 0.1 for _, y in points)])
        _label(ax, [(item.id, *point) for item, point in zip(known, points, strict=True)], low)
        ax.set(xlim=(0, RIGHT), ylim=(low, TOP), xlabel="mean share of points (%): easier to the right",
               ylabel="discrimination")  # fmt: skip
        ax.grid(linewidth=0.6)
        return _svg(figure, "Map: discrimination over mean share of points; the table of exercises has the figures.")


def spreads(shares: Mapping[str, Sequence[float]]) -> Markup:
    """Scores of several lessons side by side: quartiles, and the whole range."""
    with mpl.rc_context(SETTINGS):
        figure, ax = _figure(0.9 + 0.34 * len(shares))
        line = {"color": INK, "linewidth": 1.1}
        ax.boxplot(
            [[100 * value for value in values] for values in shares.values()],
            orientation="horizontal", whis=(0, 100), patch_artist=True, widths=0.6,
            tick_labels=[_short(name) for name in shares], boxprops={"facecolor": BAR, "edgecolor": INK},
            medianprops={**line, "linewidth": 2}, whiskerprops=line, capprops=line,
        )  # fmt: skip
        ax.set(xlim=(-1, 101), xlabel="share of the automatic points (%)")
        ax.invert_yaxis()
        ax.grid(axis="x", linewidth=0.6)
        return _svg(figure, "Box plots: scores by lesson; the table of lessons has the figures.")


def _figure(height: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    FigureCanvasSVG(figure)
    return figure, figure.add_subplot()


def _label(ax: Axes, points: Sequence[tuple[str, float, float]], low: float) -> None:
    """Names beside, above or below points, the lowest first; one for which there is no room is left out."""
    high = LETTER[1] * (TOP - low)
    taken = [(x - 1.3, x + 1.3, y - high / 2, y + high / 2) for _, x, y in points]
    for name, x, y in sorted(points, key=lambda point: point[2]):
        text = _short(name)
        wide = LETTER[0] * len(text)
        for side, left, middle in (
            ("left", x + 2, y), ("right", x - 2 - wide, y),
            ("center", x - wide / 2, y + 1.1 * high), ("center", x - wide / 2, y - 1.1 * high),
        ):  # fmt: skip
            box = (left, left + wide, middle - high / 2, middle + high / 2)
            inside = box[0] > 0 and box[1] < RIGHT and box[2] > low and box[3] < TOP
            if inside and not any(_meet(box, other) for other in taken):
                taken.append(box)
                anchor = left + wide * ("left", "center", "right").index(side) / 2
                ax.text(anchor, middle, text, ha=side, va="center_baseline", fontsize=SMALL)
                break


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def _short(name: str) -> str:
    return name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…"


def _svg(figure: Figure, title: str) -> Markup:
    """The figure as an element: scaled by the page, titled, and in the page's colours."""
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = file.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(
        r'<svg [^>]*?(viewBox="[^"]*")[^>]*>',
        r'<svg \1 role="img" xmlns:xlink="http://www.w3.org/1999/xlink">',
        text,
        count=1,
    )
    text = re.sub(r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r"#0102[0-9a-f]{2}", lambda match: f"var(--{VARIABLES[match.group()]})", text)
    head, body = text.split(">", 1)
    return Markup(f"{head}><title>{{}}</title>{{}}").format(title, Markup(body))
