"""What a handle does to controls: they take the nearest value that they can hold, or go on by one step."""

from __future__ import annotations

import math
from typing import Any

import ipywidgets as widgets
import traitlets

from steepest.demos._stage import Handle

__all__ = ["Held", "held", "touch", "typed"]

Place = tuple[float, float]

SHARE = 0.02  # of an axis, by which an arrow key moves what has no step of its own


class Held(traitlets.HasTraits):  # type: ignore[misc]
    """A control that is not shown, since it is moved on the picture: a number, a place, several places, or a word."""

    value = traitlets.Any()


def held(value: Any) -> Held:
    """What a handle moves and no slider shows: ``x``, ``(x, y)`` or ``((x, y), (x, y), …)``."""
    return Held(value=value)


def typed(control: Any) -> Any:
    """A slider over listed values with a box into which another can be typed; whatever else there is as it is.

    The box takes the nearest of the values; what is no number leaves it as it was, as in the sliders of numbers.
    """
    if not isinstance(control, widgets.SelectionSlider):
        return control
    listed = ", ".join(f"{number:g}" for number in _numbers(control))
    told = f"{control.description}: type a number for the nearest of {listed}"
    box = widgets.Text(tooltip=told, continuous_update=False, layout={"width": "56px"})
    control.readout = False

    def show(change: object = None) -> None:
        box.value = control.label

    def take(change: object) -> None:
        try:
            number = float(box.value.replace("−", "-").replace(",", "."))
        except ValueError:
            number = math.nan
        if math.isfinite(number):
            control.value = nearest(control, number)
        show()

    show()
    control.observe(show, names="label")
    box.observe(take, names="value")
    return widgets.HBox([control, box], layout={"align_items": "center"})


def touch(controls: dict[str, Any], handle: Handle, at: Place | None = None, key: Place | None = None) -> None:
    """Move a handle's controls to a place on the picture, or by so many steps right and up; or press it."""
    if handle.value is not None:
        controls[handle.controls[0]].value = handle.value
    elif len(handle.controls) == 1:
        _place(controls[handle.controls[0]], handle, at, key)
    else:
        for number, name in enumerate(handle.controls):
            if name and at is not None:
                controls[name].value = nearest(controls[name], (handle.means(*at) if handle.means else at)[number])
            elif name and key is not None and key[number]:
                steps = key[number] * _way(handle, number)
                controls[name].value = _onward(controls[name], steps, handle.frame, number)


def nearest(control: Any, value: float) -> Any:
    """The value closest to a number that a control can hold."""
    if isinstance(control, Held):
        return value
    if hasattr(control, "options"):
        return min(_numbers(control), key=lambda option: abs(option - value))
    if not hasattr(control, "base"):
        return _on_grid(control, value)
    exponent = math.log(value, control.base) if value > 0 else control.min
    return _power(control, exponent)


def _onward(control: Any, steps: float, frame: dict[str, Any], number: int) -> Any:
    """The value so many steps further."""
    if isinstance(control, Held):
        return _along(frame, number, control.value, steps)
    if hasattr(control, "options"):
        options = sorted(_numbers(control))
        return options[max(0, min(len(options) - 1, options.index(control.value) + int(steps)))]
    if not hasattr(control, "base"):
        return _on_grid(control, control.value + steps * control.step)
    return _power(control, math.log(control.value, control.base) + steps * control.step)


def _place(control: Any, handle: Handle, at: Place | None, key: Place | None) -> None:
    old = control.value if handle.item is None else control.value[handle.item]
    if at is None:
        at = tuple(_along(handle.frame, number, old[number], (key or (0, 0))[number]) for number in (0, 1))  # type: ignore[assignment]
    new: Any = tuple(map(float, at))  # type: ignore[arg-type]
    if handle.item is not None:
        new = (*control.value[: handle.item], new, *control.value[handle.item + 1 :])
    control.value = new


def _way(handle: Handle, number: int) -> int:
    """1 where what a handle stands for grows along an axis, and -1 where it falls."""
    if handle.means is None:
        return 1
    further = list(handle.at)
    further[number] = _along(handle.frame, number, further[number], 1)
    return 1 if handle.means(*further)[number] >= handle.means(*handle.at)[number] else -1


def _along(frame: dict[str, Any], number: int, value: float, steps: float) -> float:
    """A number moved by so many steps along an axis, at most to its end."""
    low, high = frame["xy"[number]]
    if frame["log"][number]:
        moved = math.exp(math.log(value) + steps * SHARE * math.log(high / low))
    else:
        moved = value + steps * SHARE * (high - low)
    return float(min(max(moved, min(low, high)), max(low, high)))


def _numbers(control: Any) -> list[Any]:
    """What can be chosen, where each is a number or a pair of a label and a number."""
    return [option[1] if isinstance(option, tuple) else option for option in control.options]


def _on_grid(control: Any, value: float) -> Any:
    steps = round((value - control.min) / control.step)
    kept = min(max(control.min + steps * control.step, control.min), control.max)
    return kept if isinstance(control.step, int) else round(kept, 10)


def _power(control: Any, exponent: float) -> float:
    steps = round((exponent - control.min) / control.step)
    return float(control.base ** min(max(control.min + steps * control.step, control.min), control.max))
