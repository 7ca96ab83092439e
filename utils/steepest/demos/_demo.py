"""What all demos share: controls, a goal, a message, and one figure that is redrawn in place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from steepest.demos._play import Player
from steepest.demos._png import png

__all__ = ["Demo", "check_box", "choice", "count", "counted", "joined", "plain_log", "power", "slider", "steps"]

Draw = Callable[..., str]
Control = Any  # a widget with a value; ipywidgets has no types

DPI = 100
SETTLE_SECONDS = 0.005  # events that wait behind one that is being drawn are taken together
PRESENT = {"description_width": "initial"}
MINUS_AND_DIGITS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Demo:
    """A picture that follows its controls. Put it last in a cell.

    Parameters
    ----------
    draw : callable
        Called as ``draw(view, **values)`` with what is to be drawn on and the values of the controls by name;
        returns HTML for the line above the picture. It runs the student's functions.
    controls : mapping of str to widget
        What can be changed, in the order in which it is shown.
    view : callable, optional
        Maps the figure to what `draw` gets, once; by default `draw` gets the figure, which it clears or changes.
    needs : sequence of str
        Functions of the student's that it runs, named where one of them is not written yet.
    goal : str
        HTML: what to try for.
    size : tuple of float
        Width and height of the figure in inches, at 100 dots each.
    played : str
        Name of a whole-numbered slider that a play button moves; none by default.

    Attributes
    ----------
    controls : dict of str to widget
        The controls by name.
    play : Player or None
        The play button, and what it does.
    reset : Button
        Brings back the first state.
    message, image : widget
        The line above the picture, and the picture.
    widget : VBox
        What a notebook shows.
    """

    def __init__(
        self,
        draw: Draw,
        controls: Mapping[str, Control],
        *,
        view: Callable[[Figure], Any] = lambda figure: figure,
        needs: Sequence[str] = (),
        goal: str = "",
        size: tuple[float, float] = (9.5, 4.2),
        played: str = "",
    ) -> None:
        self.controls = dict(controls)
        self.figure = Figure(figsize=size, dpi=DPI)
        self._canvas = FigureCanvasAgg(self.figure)
        width, height = self._canvas.get_width_height()
        self.image = widgets.Image(format="png", width=width, height=height)
        self.message = widgets.HTML()
        self.reset = widgets.Button(description="reset", tooltip="back to the first state", icon="undo")
        self._draw = draw
        self._make_view = view
        self._view: Any = None
        self._needs = needs
        self._first = {name: control.value for name, control in self.controls.items()}
        self._waiting: asyncio.TimerHandle | None = None
        self.play = Player(self.controls[played], self._settled) if played else None
        shown = [*([self.play.button] if self.play else []), *self.controls.values(), self.reset]
        row = widgets.HBox(shown, layout=widgets.Layout(flex_flow="row wrap"))
        told = [widgets.HTML(f"<b>Goal:</b> {goal}")] if goal else []
        self.widget = widgets.VBox([*told, row, self.message, self.image])
        self.reset.on_click(self._reset)
        for control in self.controls.values():
            control.observe(self._changed, names="value")
        self.update()

    def update(self) -> None:
        """Draw with the controls' values, and show what came of it; whatever happens is said in the message."""
        values = {name: control.value for name, control in self.controls.items()}
        try:
            if self._view is None:
                self._view = self._make_view(self.figure)
            said = self._draw(self._view, **values)
        except NotImplementedError:
            wanted = ", ".join(f"<code>{name}</code>" for name in self._needs)
            self.message.value = f"Write {wanted} and run the cell, then run this one again."
            return
        except Exception as error:  # noqa: BLE001 - a callback has no cell in which it could be raised
            self.message.value = f"<b>{type(error).__name__}</b>: {escape(str(error)[:500])}"
            return
        self.message.value = said
        self._canvas.draw()  # type: ignore[no-untyped-call]
        self.image.value = png(np.asarray(self._canvas.buffer_rgba()))  # type: ignore[no-untyped-call]

    def update_soon(self) -> None:
        """Draw as soon as no other event waits; at once where no event loop runs."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # not in a notebook
            self.update()
            return
        if self._waiting is None:
            self._waiting = loop.call_later(SETTLE_SECONDS, self._settled)

    def _changed(self, change: object) -> None:
        self.update_soon()

    def _settled(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = None
        self.update()

    def _reset(self, button: object = None) -> None:
        for name, value in self._first.items():
            self.controls[name].value = value

    def _repr_mimebundle_(self, **settings: Any) -> dict[str, Any]:
        """The widget, and the picture for whoever shows no widgets."""
        bundle: dict[str, Any] = self.widget._repr_mimebundle_(**settings)
        return bundle | ({"image/png": bytes(self.image.value)} if self.image.value else {})


def slider(label: str, value: float, low: float, high: float, step: float, *, log: bool = False) -> Control:
    """A slider for a number; with `log` its ends and its step are powers of ten."""
    if log:
        return widgets.FloatLogSlider(
            value=value, min=low, max=high, step=step, description=label, readout_format=".2g", style=PRESENT
        )
    return widgets.FloatSlider(value=value, min=low, max=high, step=step, description=label, style=PRESENT)


def steps(label: str, value: float, options: Sequence[float]) -> Control:
    """A slider over some numbers."""
    return widgets.SelectionSlider(options=list(options), value=value, description=label, style=PRESENT)


def choice(label: str, value: str, options: Sequence[str]) -> Control:
    """One of some words."""
    return widgets.Dropdown(options=list(options), value=value, description=label, style=PRESENT)


def check_box(label: str, value: bool = False) -> Control:
    """On or off."""
    return widgets.Checkbox(value=value, description=label, indent=False)


def count(label: str, value: int, low: int, high: int, step: int = 1) -> Control:
    """A slider for a whole number, which can be played."""
    return widgets.IntSlider(value=value, min=low, max=high, step=step, description=label, style=PRESENT)


def plain_log(*axes: Axes) -> None:
    """Write powers of ten in plain letters where axes are logarithmic: formulas take longer than all else."""
    for ax in axes:
        for axis in (ax.xaxis, ax.yaxis):
            if axis.get_scale() == "log":
                axis.set_major_formatter(FuncFormatter(_tick))
                axis.set_minor_formatter(NullFormatter())


def power(exponent: int) -> str:
    """A power of ten in plain letters."""
    return f"10{str(exponent).translate(MINUS_AND_DIGITS)}"


def counted(number: int, thing: str) -> str:
    """So many things in words: 1 step, 2 steps."""
    return f"{number} {thing if number == 1 else f'{thing}s'}"


def joined(pieces: Iterable[np.ndarray]) -> np.ndarray:
    """Pieces of lines, each of shape (n, 2), as one of shape (m, 2) with a gap after each, for one artist to draw."""
    return np.concatenate([np.empty((0, 2)), *(part for piece in pieces for part in (piece, [[np.nan, np.nan]]))])


def _tick(value: float, position: object = None) -> str:
    return power(int(f"{value:e}".partition("e")[2]))
