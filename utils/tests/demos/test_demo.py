"""What all demos share, without a browser."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import io
import pkgutil
import threading
import time
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from steepest import demos
from steepest.demos._demo import Demo, check_box, choice, counted, joined, plain_log, power, slider, steps
from steepest.demos._png import SIGNATURE, png
from steepest.demos._stage import Stage


def counting(seen: list[dict[str, Any]], problem: Exception | None = None) -> Demo:
    def draw(stage: Stage, **values: Any) -> str:
        seen.append(values)
        if problem is not None and values["rate"] > 1:
            raise problem
        (panel,) = stage.panels(lambda figure: [figure.subplots()])
        panel.plot([0, 1], [0, values["rate"] / 2])
        return f"rate {values['rate']}"

    controls = {"rate": slider("rate", 1.0, 0.0, 2.0, 0.5), "fast": check_box("fast")}
    return Demo(draw, controls, needs=["step"], goal="reach 2")


def test_a_control_draws_at_once_and_reset_brings_back_the_first_state() -> None:
    seen: list[dict[str, Any]] = []
    demo = counting(seen)
    first = bytes(demo.image.value)
    demo.controls["rate"].value = 2.0
    demo.controls["fast"].value = True
    assert seen == [{"rate": 1.0, "fast": False}, {"rate": 2.0, "fast": False}, {"rate": 2.0, "fast": True}]
    assert bytes(demo.image.value) != first
    demo.reset.click()
    assert (seen[-1], bytes(demo.image.value)) == ({"rate": 1.0, "fast": False}, first)


def test_reset_forgets_what_was_seen_and_draws_anew() -> None:
    seen: list[float] = []

    def draw(stage: Stage, *, rate: float) -> str:
        seen.append(rate)
        return f"seen: {seen}"

    demo = Demo(draw, {"rate": slider("rate", 1.0, 0.0, 2.0, 0.5)}, forget=seen.clear)
    demo.reset.click()  # though no control has moved
    assert demo.message.value == "seen: [1.0]"
    demo.controls["rate"].value = 2.0
    assert demo.message.value == "seen: [1.0, 2.0]"
    demo.reset.click()
    assert demo.message.value == "seen: [1.0]"


def test_events_that_come_together_are_drawn_once() -> None:
    seen: list[dict[str, Any]] = []
    demo = counting(seen)

    async def drag() -> None:
        for value in (0.5, 1.5, 2.0):
            demo.controls["rate"].value = value
        assert len(seen) == 1
        await asyncio.sleep(0.05)

    asyncio.run(drag())
    assert seen[1:] == [{"rate": 2.0, "fast": False}]
    demo.controls["rate"].value = 0.5
    assert seen[-1]["rate"] == 0.5


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (NotImplementedError(), "Write <code>step</code>"),
        (ValueError("a < b"), "<b>ValueError</b>: a &lt; b"),
        (ZeroDivisionError("x" * 9000), "x" * 500),
    ],
    ids=repr,
)
def test_what_goes_wrong_is_said_and_the_picture_stays(problem: Exception, said: str) -> None:
    demo = counting([], problem)
    before = bytes(demo.image.value)
    demo.controls["rate"].value = 2.0
    assert said in demo.message.value
    assert len(demo.message.value) < 1000
    assert bytes(demo.image.value) == before
    demo.controls["rate"].value = 0.5
    assert demo.message.value == "rate 0.5"


def test_a_failure_says_in_which_function_of_the_students_it_is() -> None:
    def inner() -> None:
        raise NameError("name 'math' is not defined")

    def step() -> None:
        inner()

    demo = Demo(lambda stage: step(), {}, needs=["step", "other"])  # type: ignore[arg-type, func-returns-value]
    assert demo.message.value == "<b>NameError</b> in <code>step</code>: name &#x27;math&#x27; is not defined"


def test_whoever_shows_no_widgets_gets_the_picture() -> None:
    bundle = counting([])._repr_mimebundle_()
    assert bundle["image/png"].startswith(SIGNATURE)
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_controls_hold_what_they_are_given() -> None:
    controls = [slider("η", 0.1, -3, 1, 0.1, log=True), steps("m", 4, (1, 4, 16)), choice("c", "b", "abc")]
    assert [control.value for control in controls] == [0.1, 4, "b"]


def test_powers_of_ten_are_plain_letters() -> None:
    figure = Figure()
    ax = figure.subplots()
    ax.plot([1, 2], [1e-3, 1e2])
    ax.set_yscale("log")
    plain_log(ax)
    figure.canvas.draw()
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert "10⁻³" in labels and not any("$" in label for label in labels)
    assert ax.get_xticklabels()[0].get_text() != "10⁰"


@pytest.mark.parametrize(("exponent", "said"), [(-12, "10⁻¹²"), (0, "10⁰"), (34, "10³⁴")])
def test_a_power_of_ten_is_plain_letters(exponent: int, said: str) -> None:
    assert power(exponent) == said


@pytest.mark.parametrize(("number", "said"), [(0, "0 steps"), (1, "1 step"), (2, "2 steps")])
def test_things_are_counted(number: int, said: str) -> None:
    assert counted(number, "step") == said


@pytest.mark.parametrize(
    ("pieces", "lengths"), [([], []), ([2], [2]), ([3, 1, 4], [3, 1, 4])], ids=["none", "one", "three"]
)
def test_pieces_of_lines_are_joined_with_gaps(pieces: list[int], lengths: list[int]) -> None:
    found = joined(np.full((n, 2), float(n)) for n in pieces)
    assert found.shape == (sum(lengths) + len(lengths), 2)
    gaps = np.flatnonzero(np.isnan(found).all(axis=1))
    assert np.diff([-1, *gaps]).tolist() == [n + 1 for n in lengths]
    assert np.nansum(found) == 2 * sum(n * n for n in lengths)


def test_every_demo_is_a_function_that_names_what_it_needs() -> None:
    names = [info.name for info in pkgutil.iter_modules(demos.__path__) if not info.name.startswith("_")]
    assert names
    for name in names:
        module = importlib.import_module(f"steepest.demos.{name}")
        made = [getattr(module, item) for item in module.__all__ if item.endswith("_demo")]
        assert made, name
        for make in made:
            assert inspect.signature(make).return_annotation == "Demo", make
            assert all(
                other.default is inspect.Parameter.empty for other in inspect.signature(make).parameters.values()
            )


@pytest.mark.parametrize(
    ("shape", "dots"),
    [((1, 1, 4), [7, 0, 255, 255]), ((3, 5, 4), 0), ((40, 25, 4), None)],
    ids=["one dot", "blank", "noise"],
)
def test_a_png_holds_the_dots_that_were_put_in(shape: tuple[int, int, int], dots: Any) -> None:
    noise = np.random.default_rng(0).integers(0, 256, shape)
    expected = np.broadcast_to(noise if dots is None else dots, shape).astype(np.uint8)
    picture = Image.open(io.BytesIO(png(expected)))
    picture.verify()  # the check sums
    picture = Image.open(io.BytesIO(png(expected)))
    assert (picture.format, picture.mode) == ("PNG", "RGBA")
    np.testing.assert_array_equal(np.array(picture), expected)


def test_pictures_are_drawn_one_after_the_other_whichever_thread_asks() -> None:
    at_work: list[int] = []
    most: list[int] = []

    def draw(stage: Stage, *, rate: float) -> str:
        at_work.append(1)
        time.sleep(0.01)
        most.append(len(at_work))
        at_work.pop()
        return ""

    demo = Demo(draw, {"rate": slider("rate", 1.0, 0.0, 2.0, 0.5)})
    threads = [threading.Thread(target=demo.update) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 5


def test_the_picture_has_its_size() -> None:
    demo = counting([])
    shown = Image.open(io.BytesIO(bytes(demo.image.value)))
    assert shown.size == (int(demo.image.width), int(demo.image.height)) == (950, 420)
