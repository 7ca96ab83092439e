"""The stage of a demo: a picture of what does not move, above it what does, and handles to move it by.

The picture behind is matplotlib's and painted once; lines and marks above it travel as numbers in the axes' own
coordinates and are drawn by the browser. Whoever shows no widgets gets one picture of both.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import anywidget
import numpy as np
import traitlets
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from steepest.demos._looks import colour, line_look
from steepest.demos._png import png
from steepest.plots import line_style

__all__ = ["DPI", "GRIP", "Handle", "Panel", "Stage"]

DPI = 100
POINT = DPI / 72  # dots
KEPT = 24  # pictures that are kept
HUGE = 1e30  # what the browser's numbers hold
INK = line_style(0)["color"]
Paint = Callable[..., Sequence[Axes]]
Means = Callable[[float, float], tuple[float, float]]
Numbers = Any  # what numpy takes for an array

GRIP: dict[str, Any] = {
    "color": "black", "linestyle": "", "marker": "o", "markersize": 11, "markerfacecolor": "#ffffffb0",
    "markeredgewidth": 1.6,
}  # fmt: skip


class Surface(anywidget.AnyWidget):
    """What the browser draws. It tells by a message that it is there, and by others what is done to its handles."""

    _esm = Path(__file__).with_name("stage.js").read_text(encoding="utf-8")
    size = traitlets.List().tag(sync=True)
    told = traitlets.Unicode().tag(sync=True)
    behind = traitlets.Bytes().tag(sync=True)
    panels = traitlets.List().tag(sync=True)
    marks = traitlets.List().tag(sync=True)
    numbers = traitlets.Bytes().tag(sync=True)
    maps = traitlets.List().tag(sync=True)
    names = traitlets.List().tag(sync=True)
    handles = traitlets.List().tag(sync=True)
    seen = traitlets.Int().tag(sync=True)


class Ground(NamedTuple):
    """A painted picture, where its axes lie in dots from above, and what is needed to draw on it."""

    canvas: FigureCanvasAgg
    region: Any
    axes: tuple[Axes, ...]
    frames: list[dict[str, Any]]
    files: dict[int, bytes]

    def file(self, scale: int) -> bytes:
        """The picture with so many times the dots along each side, for screens that have them."""
        if scale not in self.files:
            self.canvas.figure.dpi = scale * DPI
            self.canvas.draw()  # type: ignore[no-untyped-call]
            self.files[scale] = png(np.asarray(self.canvas.buffer_rgba()))  # type: ignore[no-untyped-call]
            self.canvas.figure.dpi = DPI
        return self.files[scale]


class Handle(NamedTuple):
    """What moves by it: one control for both coordinates, or one for each, of which "" stays."""

    controls: tuple[str, ...]
    item: Any
    value: Any
    frame: dict[str, Any]
    at: tuple[float, float] = (0.0, 0.0)
    means: Means | None = None


class Mark(NamedTuple):
    """Something drawn: for the browser as a record and its numbers, for matplotlib as a call."""

    zorder: float
    record: dict[str, Any]
    numbers: np.ndarray
    draw: Callable[[], Sequence[Artist]]


class Panel:
    """One pair of axes; each method draws on it what is to be seen now, in the words of matplotlib."""

    def __init__(self, stage: Stage, number: int, ax: Axes) -> None:
        self._stage, self._number, self._ax = stage, number, ax

    def plot(self, x: Numbers, y: Numbers, **style: Any) -> None:
        """Draw a line or marks, or both; a gap where a number is nan."""
        style = {"color": INK, "zorder": 2, **style}
        every = style.pop("markevery", None)
        points = _pairs(x, y)
        look, marked = line_look(style), points if every is None else points[_picked(every, len(points))]
        plain, dots = style | {"marker": ""}, style | {"linestyle": ""}
        if look["line"]:
            self._add("line", points, plain, {"look": look["line"]}, lambda: self._ax.plot(*points.T, **plain))
        if look["mark"]:
            self._add("dots", marked, dots, {"look": look["mark"]}, lambda: self._ax.plot(*marked.T, **dots))

    def text(self, x: float, y: float, said: str, **style: Any) -> None:
        """Write at a place; `color`, `fontsize`, `ha`, `va` as matplotlib's."""
        self._write(x, y, said, style, shares=False)

    def title(self, said: str) -> None:
        """Write above the panel."""
        self._write(0.5, 1.015, said, {"ha": "center", "va": "bottom", "fontsize": 10, "clip_on": False}, shares=True)

    def bars(self, x: Numbers, height: Numbers, *, width: Numbers = 0.8, bottom: Numbers = 0.0, **style: Any) -> None:
        """Draw bars that stand on `bottom`, `x` in their middle."""
        x, height, width, bottom = np.broadcast_arrays(*(_array(part) for part in (x, height, width, bottom)))
        style = {"color": INK, **style}
        boxes = np.stack([x - width / 2, bottom, x + width / 2, bottom + height], axis=-1)
        self._add(
            "bars", boxes, style, {"fill": colour(style)},
            lambda: self._ax.bar(x, height, width, bottom, **style).patches,
        )  # fmt: skip

    def area(self, x: Numbers, low: Numbers, high: Numbers, **style: Any) -> None:
        """Fill what lies between two curves."""
        x, low, high = np.broadcast_arrays(*(_array(part) for part in (x, low, high)))
        round_ = np.concatenate([_pairs(x, low), _pairs(x, high)[::-1]])
        style = {"color": INK, "linewidth": 0, **style}
        self._add(
            "area", round_, style, {"fill": colour(style)}, lambda: [self._ax.fill_between(x, low, high, **style)]
        )

    def arrows(self, x: Numbers, y: Numbers, dx: Numbers, dy: Numbers, **style: Any) -> None:
        """Draw arrows from places by moves; `color`, and `linewidth` in points."""
        style = {"color": INK, "linewidth": 1.5, **style}
        ends = np.concatenate([_pairs(x, y), _pairs(x, y) + _pairs(dx, dy)], axis=1)
        width = style.pop("linewidth")
        units: dict[str, Any] = {
            "angles": "xy",
            "scale_units": "xy",
            "scale": 1,
            "units": "dots",
            "width": width * POINT,
        }
        self._add(
            "arrows", ends, style, {"fill": colour(style), "width": width * POINT},
            lambda: [self._ax.quiver(x, y, dx, dy, **style, **units)],
        )  # fmt: skip

    def links(self, ends: Numbers, values: Numbers, names: Sequence[str], *, limit: float, **style: Any) -> None:
        """Draw links (x₀, y₀, x₁, y₁) as wide as numbers are large, `linewidth` from `limit` on, and tell name and
        number under the pointer. `color` and `linestyle` are pairs: for numbers above 0, and for those below."""
        ends, values = _array(ends).reshape(-1, 4), _array(values).ravel()
        pairs = [{key: style[key][below] for key in ("color", "linestyle")} for below in (0, 1)]
        looks = [line_look({"linewidth": style["linewidth"], **pair})["line"] for pair in pairs]
        record = {"looks": looks, "limit": limit, "names": len(self._stage.names)}
        self._stage.names.append(list(names))

        def draw() -> Sequence[Artist]:
            widths = style["linewidth"] * (abs(values) / limit).clip(max=1)
            below = (values < 0).astype(int)
            colors, dashes = ([style[key][number] for number in below] for key in ("color", "linestyle"))
            lines = LineCollection([*ends.reshape(-1, 2, 2)], linewidths=widths, colors=colors, linestyles=dashes)
            return [self._ax.add_collection(lines, autolim=False)]

        self._add("links", np.concatenate([ends.ravel(), values]), style, record, draw)

    def heat(
        self, dots: np.ndarray, across: Sequence[float], up: Sequence[float], *, smooth: bool = False, **style: Any
    ) -> None:  # fmt: skip
        """Draw a map: colours of shape (rows, columns, 4), from 0 to 255 and from below, and where its ends lie."""
        dots = np.ascontiguousarray(dots, dtype=np.uint8)
        style = {"zorder": 1, **style}
        record = {"map": len(self._stage.maps), "rows": dots.shape[0], "columns": dots.shape[1], "smooth": smooth}
        self._stage.maps.append(dots.tobytes())
        ends = np.array([[across[0], up[0], across[1], up[1]]])
        image: dict[str, Any] = {
            "extent": (*across, *up),
            "origin": "lower",
            "aspect": self._ax.get_aspect(),  # it would be set for the panel behind too
            "interpolation": "bilinear" if smooth else "nearest",
        }
        self._add("map", ends, style, record, lambda: [self._ax.imshow(dots, **image, **style)])

    def handle(
        self,
        controls: str | tuple[str, str],
        x: float,
        y: float,
        *,
        name: str,
        item: int | str | None = None,
        value: Any = None,
        means: Means | None = None,
        told: str = "",
        **style: Any,
    ) -> None:
        """Put something there that can be taken by hand.

        Parameters
        ----------
        controls : str or pair of str
            What follows it: one control that holds a place, `held`, or one for each direction, "" for none.
        x, y : float
            Where it is now.
        name : str
            Read out by screen readers, and shown beneath the pointer.
        item : int or str, optional
            Which place it is where the control holds several; of what is pressed, a name that does not change.
        value : object, optional
            With a value it is pressed instead of moved, and the control takes that value.
        means : callable, optional
            Maps a place to the values of both controls, where these are not its coordinates.
        told : str
            What else is to be said of it, beneath the pointer and when the keyboard is on it.
        **style
            Its mark, as for `plot`; a ring by default.
        """
        style = (GRIP | style if "marker" not in style else style) | {"clip_on": False, "zorder": 9}
        one = isinstance(controls, str)
        names = (controls,) if isinstance(controls, str) else controls
        which = value if item is None else item
        key = ":".join([*names, *([] if which is None else [str(which)])])
        frame = self._stage.frames[self._number]
        self._stage.handles[key] = Handle(names, item, value, frame, (float(x), float(y)), means)
        record = {
            "id": key, "name": name, "told": told, "panel": self._number, "pressed": value is not None,
            "x": float(x), "y": float(y), "moves": [one or bool(names[0]), one or bool(names[-1])],
            "look": line_look(style)["mark"],
        }  # fmt: skip
        self._stage.records.append(record)
        self._add("", np.empty(0), style, {}, lambda: self._ax.plot([x], [y], **style))

    def _write(self, x: float, y: float, said: str, style: dict[str, Any], *, shares: bool) -> None:
        style = {"fontsize": 9, "color": "black", "zorder": 3, **style}
        look = {
            "said": said, "shares": shares, "fill": colour(style), "size": style["fontsize"] * POINT,
            "ha": style.get("ha", "left"), "va": style.get("va", "baseline"),
        }  # fmt: skip
        where: dict[str, Any] = {"transform": self._ax.transAxes} if shares else {}
        options = {"clip_on": True} | style | where
        self._add("text", np.array([[x, y]]), style, look, lambda: [self._ax.text(x, y, said, **options)])

    def _add(
        self, kind: str, numbers: np.ndarray, style: dict[str, Any], look: dict[str, Any],
        draw: Callable[[], Sequence[Artist]],
    ) -> None:  # fmt: skip
        record = {"kind": kind, "panel": self._number, "n": numbers.size, "clip": style.get("clip_on", True)} | look
        self._stage.marks.append(Mark(style.get("zorder", 2), record, numbers, draw))


class Stage:
    """What is drawn now. A demo says all of it for every picture; what has not changed is neither painted nor sent.

    Parameters
    ----------
    size : tuple of float
        Width and height in inches, at 100 dots each.

    Attributes
    ----------
    surface : Surface
        The widget.
    scale : int
        How many dots of the screen there are along a dot of the picture.
    """

    def __init__(self, size: tuple[float, float]) -> None:
        self.size, self.scale = size, 1
        self.surface = Surface(size=[round(DPI * side) for side in size])
        self._grounds: dict[Hashable, Ground] = {}
        self._clear()

    def _clear(self) -> None:
        self.ground: Ground | None = None
        self.frames: list[dict[str, Any]] = []
        self.marks: list[Mark] = []
        self.maps: list[bytes] = []
        self.names: list[list[str]] = []
        self.records: list[dict[str, Any]] = []
        self.handles: dict[str, Handle] = {}

    def panels(self, paint: Paint, *key: Hashable) -> tuple[Panel, ...]:
        """Begin a picture on what ``paint(figure, *key)`` draws; it is called once for each key, so whatever it
        draws from elsewhere stays.

        The figure finds room for all labels by itself: `paint` makes its axes with ``figure.subplots`` or a mosaic,
        and returns those on which something moves, with their limits set.
        """
        self._clear()
        place = getattr(paint, "__code__", paint), key  # a function within `draw` is a new one each time
        if place not in self._grounds:
            while len(self._grounds) >= KEPT:
                del self._grounds[next(iter(self._grounds))]
            self._grounds[place] = _painted(self.size, paint, key)
        self.ground = self._grounds[place]
        self.frames = self.ground.frames
        return tuple(Panel(self, number, ax) for number, ax in enumerate(self.ground.axes))

    def send(self, told: str, seen: int) -> None:
        """Hand what has changed to the browser, in one message, with the number of what it has told us last."""
        if self.ground is None:
            return
        with self.surface.hold_sync():
            marks = [mark for mark in self._ordered() if mark.record["kind"]]
            numbers = [mark.numbers.ravel() for mark in marks]
            packed = np.concatenate([np.empty(0), *numbers]).clip(-HUGE, HUGE).astype(np.float32)
            self.surface.told, self.surface.panels = told, self.frames
            self.surface.behind = self.ground.file(self.scale)
            self.surface.marks, self.surface.numbers = [mark.record for mark in marks], packed.tobytes()
            self.surface.maps, self.surface.names = self.maps, self.names
            self.surface.handles, self.surface.seen = self.records, seen

    def picture(self) -> bytes:
        """Draw both layers as one PNG file."""
        if self.ground is None:
            return b""
        self.ground.canvas.restore_region(self.ground.region)  # type: ignore[no-untyped-call]
        for mark in self._ordered():
            for artist in mark.draw():
                artist.axes.draw_artist(artist)  # type: ignore[union-attr]
                artist.remove()
        return png(np.asarray(self.ground.canvas.buffer_rgba()))  # type: ignore[no-untyped-call]

    def _ordered(self) -> list[Mark]:
        return sorted(self.marks, key=lambda mark: mark.zorder)


def _painted(size: tuple[float, float], paint: Paint, key: tuple[Hashable, ...]) -> Ground:
    figure = Figure(figsize=size, dpi=DPI, layout=ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.06, wspace=0.03))
    axes = tuple(paint(figure, *key))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    figure.set_layout_engine("none")
    height, frames = round(DPI * size[1]), []
    for ax in axes:
        ax.autoscale(False)
        box = ax.get_window_extent()
        frames.append({
            "box": [box.x0, height - box.y1, box.width, box.height], "x": [*map(float, ax.get_xlim())],
            "y": [*map(float, ax.get_ylim())], "log": [ax.get_xscale() == "log", ax.get_yscale() == "log"],
        })  # fmt: skip
    region = canvas.copy_from_bbox(figure.bbox)  # type: ignore[no-untyped-call]
    return Ground(canvas, region, axes, frames, {})


def _array(values: Numbers) -> np.ndarray:
    return np.asarray(values, dtype=np.float64)


def _pairs(x: Numbers, y: Numbers) -> np.ndarray:
    return np.stack(np.broadcast_arrays(np.atleast_1d(_array(x)), np.atleast_1d(_array(y))), axis=-1)


def _picked(every: int | Sequence[int], length: int) -> Any:
    return slice(None, None, every) if isinstance(every, int) else [number for number in every if number < length]
