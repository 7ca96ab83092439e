"""What all demos share: controls, a goal, a message, and one picture that follows them."""

from __future__ import annotations

import asyncio
import re
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from steepest.demos._play import Player
from steepest.demos._stage import Stage
from steepest.demos._touch import Held, held, touch, typed

__all__ = [
    "Demo",
    "check_box",
    "choice",
    "count",
    "counted",
    "held",
    "joined",
    "plain_log",
    "power",
    "running_loop",
    "slider",
    "steps",
]

Draw = Callable[..., str]
Control = Any  # a widget with a value; ipywidgets has no types

SETTLE_SECONDS = 0.002  # events that wait behind one that is being drawn are taken together
TAG = re.compile(r"<[^>]*>")
PRESENT = {"description_width": "initial"}
LETTER, SLIDE, USUAL = 8, 190, 300  # dots: a letter of a label, a slider with its number, and a control as it comes
MINUS_AND_DIGITS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Demo:
    """A picture that follows its controls. Put it last in a cell.

    Parameters
    ----------
    draw : callable
        Called as ``draw(stage, **values)`` with the values of the controls by name; says on the stage what is to be
        seen and returns HTML for the line above it. It runs the student's functions.
    controls : mapping of str to widget
        What can be changed, in the order in which it is shown; what is `held` is moved on the picture alone.
    needs : sequence of str
        Functions of the student's that it runs, named where one of them is not written yet.
    goal : str
        HTML: what to try for.
    size : tuple of float
        Width and height of the figure in inches, at 100 dots each.
    played : str
        Name of a whole-numbered slider that a play button moves; none by default.
    forget : callable, optional
        Called by a reset, for what `draw` has kept of earlier states, such as marks and parts of the goal.

    Attributes
    ----------
    controls : dict of str to widget
        The controls by name.
    play : Player or None
        The play button, and what it does.
    reset : Button
        Brings back the first state.
    message : HTML
        The line above the picture.
    stage : Stage
        The picture, where the browser draws it.
    image : Image
        The picture until a browser has said that it does, and for good where scripts are forbidden or missing.
    widget : VBox
        What a notebook shows.
    """

    def __init__(
        self,
        draw: Draw,
        controls: Mapping[str, Control],
        *,
        needs: Sequence[str] = (),
        goal: str = "",
        size: tuple[float, float] = (9.5, 4.2),
        played: str = "",
        forget: Callable[[], None] | None = None,
    ) -> None:
        self.controls = dict(controls)
        self.stage = Stage(size)
        width, height = self.stage.surface.size
        self.image = widgets.Image(format="png", width=width, height=height, layout={"display": "none"})
        self.message = widgets.HTML()
        self.reset = widgets.Button(description="reset", tooltip="back to the first state", icon="undo")
        self._draw, self._forget = draw, forget
        self._needs = needs
        self._one = threading.RLock()  # at work: a kernel may hear the browser in several threads
        self._first = {name: control.value for name, control in self.controls.items()}
        self._waiting: asyncio.TimerHandle | None = None
        self._alive, self._heard = False, 0
        self.play = Player(self.controls[played], self._settled) if played else None
        sliders = [typed(control) for control in self.controls.values() if not isinstance(control, Held)]
        shown = [*([self.play.button] if self.play else []), *sliders, self.reset]
        row = widgets.HBox(shown, layout=widgets.Layout(flex_flow="row wrap"))
        told = [widgets.HTML(f"<b>Goal:</b> {goal}")] if goal else []
        self.widget = widgets.VBox([*told, row, self.message, self.image])
        self.reset.on_click(self._reset)
        self.stage.surface.on_msg(self._touched)
        for control in self.controls.values():
            control.observe(self._changed, names="value")
        self.update()

    def update(self) -> None:
        """Draw with the controls' values, and show what came of it; whatever happens is said in the message."""
        with self._one:
            self._update()

    def _update(self) -> None:
        values = {name: control.value for name, control in self.controls.items()}
        try:
            said = self._draw(self.stage, **values)
        except NotImplementedError:
            wanted = ", ".join(f"<code>{name}</code>" for name in self._needs)
            self.message.value = f"Write {wanted} and run the cell, then run this one again."
        except Exception as error:  # noqa: BLE001 - a callback has no cell in which it could be raised
            where = "".join(f" in <code>{escape(name)}</code>" for name in _last_of(error, self._needs))
            self.message.value = f"<b>{type(error).__name__}</b>{where}: {escape(str(error)[:500])}"
        else:
            self.message.value = said
            self._show(said)
        self.stage.surface.seen = self._heard

    def _show(self, said: str) -> None:
        if self._alive:
            self.stage.send(TAG.sub(" ", said), self._heard)
            if self.widget.children[-1] is self.image:
                self.widget.children = [*self.widget.children[:-1], self.stage.surface]
        else:
            self.image.value = self.stage.picture()
        self.image.layout.display = None

    def _touched(self, surface: object, told: dict[str, Any], buffers: object) -> None:
        """Hear from the browser: that it draws the stage, or what was done to one of its handles."""
        if "alive" in told:
            self._alive, self.stage.scale = True, 1 + (told.get("scale", 1) > 1)
            self.update_soon()
            return
        if "n" not in told:
            return
        with self._one:
            self._heard = told["n"]
            handle = self.stage.handles.get(told.get("id", ""))
            if handle is not None:
                touch(self.controls, handle, told.get("at"), told.get("key"))
            if self._waiting is None:  # nothing has changed, or it is drawn already
                self.stage.surface.seen = self._heard

    def update_soon(self) -> None:
        """Draw as soon as no other event waits; at once where no event loop runs."""
        loop = running_loop()
        if loop is None:
            self.update()
        elif self._waiting is None:
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
        if self._forget is not None:
            with self._one:
                self._forget()
            self.update_soon()

    def _repr_mimebundle_(self, **settings: Any) -> dict[str, Any]:
        """The widget, and the picture for whoever shows no widgets."""
        bundle: dict[str, Any] = self.widget._repr_mimebundle_(**settings)
        picture = self.stage.picture() if self._alive else bytes(self.image.value)
        return bundle | ({"image/png": picture} if picture else {})


def _last_of(error: Exception, names: Sequence[str]) -> list[str]:
    """Which of some functions an exception comes from: the last one that ran, if one did."""
    ran = [frame.name for frame in traceback.extract_tb(error.__traceback__) if frame.name in names]
    return ran[-1:]


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop that runs here; None outside of a notebook, where nothing would be drawn later."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def slider(label: str, value: float, low: float, high: float, step: float, *, log: bool = False) -> Control:
    """A slider for a number; with `log` its ends and its step are powers of ten."""
    kind = widgets.FloatLogSlider if log else widgets.FloatSlider
    more = {"readout_format": ".2g"} if log else {}
    return kind(value=value, min=low, max=high, step=step, **_labelled(label), **more)


def steps(label: str, value: float, options: Sequence[float]) -> Control:
    """A slider over some numbers; see `typed`."""
    return widgets.SelectionSlider(options=list(options), value=value, **_labelled(label))


def choice(label: str, value: str, options: Sequence[str | tuple[str, str]]) -> Control:
    """One of some words, or of pairs of a label and a word."""
    shown = [item if isinstance(item, str) else item[0] for item in options]
    return widgets.Dropdown(options=list(options), value=value, **_labelled(label, max(map(len, shown))))


def check_box(label: str, value: bool = False) -> Control:
    """On or off."""
    return widgets.Checkbox(value=value, description=label, indent=False)


def count(label: str, value: int, low: int, high: int, step: int = 1) -> Control:
    """A slider for a whole number, which can be played."""
    return widgets.IntSlider(value=value, min=low, max=high, step=step, **_labelled(label))


def _labelled(label: str, letters: int = 0) -> dict[str, Any]:
    """A label, and the room that it takes beside a slider or so many letters."""
    room = LETTER * len(label) + (LETTER * (letters + 5) if letters else SLIDE)
    layout = {"width": f"{room}px", "max_width": "98%"} if room > USUAL else {}
    return {"description": label, "style": PRESENT, "layout": layout}


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
