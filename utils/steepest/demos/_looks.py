"""The styles of matplotlib, spelled out for a browser: colours, widths and dashes in dots, marks as outlines."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from matplotlib.colors import to_hex, to_rgba
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle

__all__ = ["colour", "line_look"]

POINT = 100 / 72  # dots
CIRCLE = "M.5 0A.5.5 0 1 0-.5 0A.5.5 0 1 0 .5 0Z"


def colour(style: Mapping[str, Any]) -> str:
    """What a text or an area is filled with."""
    return _hex(style["color"], style.get("alpha"))


def line_look(style: Mapping[str, Any]) -> dict[str, Any]:
    """How the line and its marks look; None for what is not drawn."""
    return _line_look(tuple(sorted((name, value) for name, value in style.items())))


@lru_cache(maxsize=512)
def _line_look(style: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    line = Line2D([0], [0], **dict(style))
    alpha, width = line.get_alpha(), line.get_linewidth()
    look: dict[str, Any] = {"line": None, "mark": None}
    if line.get_linestyle() not in ("", " ", "None") and width > 0:
        dashes = getattr(line, "_dash_pattern")[1] or []  # noqa: B009 - the only place that knows them
        dash = [dot * POINT for dot in dashes]
        look["line"] = {"stroke": _hex(line.get_color(), alpha), "width": width * POINT, "dash": dash}
    if line.get_marker() not in ("", " ", "None", None):
        look["mark"] = {
            "outline": _outline(MarkerStyle(line.get_marker(), line.get_fillstyle())),
            "size": line.get_markersize() * POINT,
            "fill": _hex(line.get_markerfacecolor(), alpha),
            "stroke": _hex(line.get_markeredgecolor(), alpha),
            "width": line.get_markeredgewidth() * POINT,
        }
    return look


def _hex(color: Any, alpha: float | None) -> str:
    """A colour with its opacity; matplotlib's "none" is wholly transparent."""
    return to_hex(to_rgba(color, alpha), keep_alpha=True)


def _outline(marker: MarkerStyle) -> str:
    """A mark of size 1 as a path of SVG, upside down as screens are."""
    if marker.get_marker() == "o":
        return CIRCLE
    path = marker.get_path().transformed(marker.get_transform())
    pieces = []
    polygons: list[Any] = path.to_polygons(closed_only=False)
    for piece in polygons:
        points = "L".join(f"{x:.3f} {-y:.3f}" for x, y in piece)
        pieces.append(f"M{points}{'Z' if marker.is_filled() else ''}")
    return "".join(pieces)
