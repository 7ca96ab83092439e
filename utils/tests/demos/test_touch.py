"""What handles do to controls, kind by kind."""

from __future__ import annotations

from typing import Any

import pytest
from steepest.demos._demo import choice, count, held, slider, steps
from steepest.demos._stage import Handle
from steepest.demos._touch import touch, typed

FRAME = {"box": [0, 0, 100, 100], "x": [0.0, 10.0], "y": [1e3, 1e-3], "log": [False, True]}
CONTROLS: dict[str, Any] = {
    "slider": lambda: slider("η", 0.5, 0.0, 1.0, 0.05),
    "log": lambda: slider("δ", 1e-4, -12, 0, 1, log=True),
    "count": lambda: count("step", 4, 0, 10),
    "steps": lambda: steps("κ", 10, (1, 3, 10, 30)),
    "number": lambda: held(5.0),
}


@pytest.mark.parametrize(
    ("kind", "at", "value"),
    [
        ("slider", 0.337, 0.35), ("slider", 7.0, 1.0), ("slider", -1.0, 0.0), ("log", 3e-7, 1e-7), ("log", 0.0, 1e-12),
        ("log", -4.0, 1e-12), ("log", 50.0, 1.0), ("count", 6.6, 7), ("count", 99.0, 10), ("steps", 18.0, 10),
        ("steps", 25.0, 30), ("number", 3.25, 3.25),
    ],
)  # fmt: skip
def test_the_nearest_value_is_taken(kind: str, at: float, value: float) -> None:
    controls = {"it": CONTROLS[kind]()}
    touch(controls, Handle(("it", ""), None, None, FRAME), at=(at, 77.0))
    assert controls["it"].value == pytest.approx(value)
    assert isinstance(controls["it"].value, type(value))


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("slider", 1, 0.55), ("slider", -100, 0.0), ("log", 1, 1e-3), ("log", 9, 1.0), ("count", -1, 3),
        ("count", 10, 10), ("steps", 1, 30), ("steps", -9, 1), ("number", 1, 5.2), ("number", 999, 10.0),
    ],
)  # fmt: skip
def test_a_key_goes_on_by_steps(kind: str, key: int, value: float) -> None:
    controls = {"it": CONTROLS[kind]()}
    touch(controls, Handle(("it", ""), None, None, FRAME), key=(key, 5))
    assert controls["it"].value == pytest.approx(value)


def test_a_place_goes_along_both_axes() -> None:
    controls = {"it": held((5.0, 1.0))}
    handle = Handle(("it",), None, None, FRAME)
    touch(controls, handle, key=(1, 1))
    assert controls["it"].value == pytest.approx((5.2, 10**-0.12))
    touch(controls, handle, at=(3, 4))
    assert controls["it"].value == (3.0, 4.0)


@pytest.mark.parametrize(
    ("done", "lr", "kappa"),
    [({"at": (2.0, 20.0)}, 0.2, 10), ({"at": (99.0, 26.0)}, 1.0, 30), ({"key": (1, 0)}, 0.55, 10),
     ({"key": (-1, 0)}, 0.45, 10), ({"key": (0, 1)}, 0.5, 3), ({"key": (0, -1)}, 0.5, 30)],
)  # fmt: skip
def test_a_place_may_mean_something_else(done: dict[str, Any], lr: float, kappa: float) -> None:
    controls = {"lr": slider("η", 0.5, 0.0, 1.0, 0.05), "kappa": CONTROLS["steps"]()}
    touch(controls, Handle(("lr", "kappa"), None, None, FRAME, (5.0, 9.0), lambda x, y: (x / 10, y)), **done)
    assert (controls["lr"].value, controls["kappa"].value) == (lr, kappa)


def test_a_meaning_of_one_direction_leaves_the_other() -> None:
    controls = {"lr": slider("η", 0.5, 0.0, 1.0, 0.05)}
    handle = Handle(("", "lr"), None, None, FRAME, (5.0, 9.0), lambda x, y: (x, 1 - y / 10))
    touch(controls, handle, at=(1.0, 7.0))
    assert controls["lr"].value == 0.3
    for key, value in (((0, 1), 0.35), ((0, -3), 0.2), ((1, 0), 0.2)):  # the axis goes down, and what it means up
        touch(controls, handle, key=key)
        assert controls["lr"].value == value


def test_one_of_several_places_is_moved() -> None:
    controls = {"it": held(((0.0, 1.0), (2.0, 3.0), (4.0, 5.0)))}
    touch(controls, Handle(("it",), 1, None, FRAME), at=(7, 8))
    assert controls["it"].value == ((0.0, 1.0), (7.0, 8.0), (4.0, 5.0))


def test_a_press_takes_the_value() -> None:
    controls = {"it": choice("who", "a", "abc")}
    touch(controls, Handle(("it",), None, "b", FRAME))
    assert controls["it"].value == "b"


@pytest.mark.parametrize(
    ("written", "value", "shown"),
    [
        ("30", 30, "30"), ("11", 10, "10"), ("19,9", 10, "10"), ("1e9", 30, "30"), ("−4", 1, "1"), (" 3.0 ", 3, "3"),
        ("many", 10, "10"), ("", 10, "10"), ("nan", 10, "10"), ("inf", 10, "10"),
    ],
)  # fmt: skip
def test_the_nearest_of_listed_values_can_be_typed(written: str, value: float, shown: str) -> None:
    slider = CONTROLS["steps"]()
    _, box = typed(slider).children
    assert (box.value, slider.readout) == ("10", False)
    box.set_state({"value": written})  # as the browser does, which is told of a value that is not what it wrote
    assert (slider.value, box.value) == (value, shown)


def test_the_box_follows_its_slider() -> None:
    slider = CONTROLS["steps"]()
    _, box = typed(slider).children
    touch({"it": slider}, Handle(("it", ""), None, None, FRAME), key=(1, 0))
    assert (slider.value, box.value) == (30, "30")


def test_other_controls_need_no_box() -> None:
    for kind in ("slider", "log", "count"):
        control = CONTROLS[kind]()
        assert typed(control) is control
