"""The stage of demos without a browser: what is sent to it, what comes back, and the picture of both layers."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from steepest.demos._demo import Demo, check_box, held, slider
from steepest.demos._looks import line_look
from steepest.demos._stage import Stage, Surface
from steepest.plots import STYLES, line_style

RED = [255, 0, 0, 255]


def frames(figure: Figure) -> tuple[Axes, Axes]:
    left, right = figure.subplots(1, 2)
    left.set(xlim=(0, 4), ylim=(3, -1), xlabel="x", ylabel="y")
    right.set(xscale="log", yscale="log", xlim=(1e-4, 1e2), ylim=(1e-3, 1e3))
    return left, right


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage((4.0, 2.5))


def dots(file: bytes) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(file)).convert("RGBA"))


def place(frame: dict[str, Any], x: float, y: float) -> tuple[int, int]:
    """Row and column of a place on a panel, worked out as the browser does."""
    left, top, width, height = frame["box"]
    ends = zip((x, y), (frame["x"], frame["y"]), frame["log"], strict=True)
    across, up = (
        np.log(value / low) / np.log(high / low) if log else (value - low) / (high - low)
        for value, (low, high), log in ends
    )
    return round(top + height * (1 - up)), round(left + width * across)


LINKS: dict[str, Any] = {"color": ("red", "blue"), "linestyle": ("-", "--"), "linewidth": 6}
DRAWN: dict[str, Any] = {
    "dots": lambda panel, x, y: panel.plot(x, y, color="red", marker="s", markersize=6, linestyle=""),
    "line": lambda panel, x, y: panel.plot([x, x], [y / 2, y * 2], color="red", linewidth=6),
    "text": lambda panel, x, y: panel.text(x, y, "█", color="red", fontsize=14, ha="center", va="center"),
    "bars": lambda panel, x, y: panel.bars([x], y, width=x, bottom=y / 2, color="red"),
    "area": lambda panel, x, y: panel.area([x / 2, 2 * x], [y / 2] * 2, [2 * y] * 2, color="red"),
    "arrows": lambda panel, x, y: panel.arrows(x / 2, y, x, 0, color="red", linewidth=6),
    "links": lambda panel, x, y: panel.links([x, y / 2, x, y * 2], 0.7, ["it"], limit=0.5, **LINKS),
    "map": lambda panel, x, y: panel.heat(np.full((2, 2, 4), RED), (x / 2, x * 2), (y / 2, y * 2)),
    "handle": lambda panel, x, y: panel.handle("at", x, y, name="it", color="red", marker="s", markersize=8),
}


@pytest.mark.parametrize("kind", DRAWN)
@pytest.mark.parametrize(("number", "x", "y"), [(0, 1.0, 2.0), (1, 1e-2, 10.0)], ids=["plain", "log"])
def test_what_is_drawn_lies_where_the_browser_is_told(stage: Stage, kind: str, number: int, x: float, y: float) -> None:
    panel = stage.panels(frames)[number]
    empty = dots(stage.picture())
    DRAWN[kind](panel, x, y)
    row, column = place(stage.frames[number], x, y)
    assert empty[row, column].tolist() != RED
    assert dots(stage.picture())[row, column].tolist() == RED
    stage.send("", 0)
    if kind != "handle":
        (mark,) = stage.surface.marks
        assert (mark["kind"], mark["panel"], 4 * mark["n"]) == (kind, number, len(stage.surface.numbers))
    stage.panels(frames)
    np.testing.assert_array_equal(dots(stage.picture()), empty)


def test_links_are_as_wide_as_their_numbers_and_carry_a_name(stage: Stage) -> None:
    left, _ = stage.panels(frames)
    ends = [(0.5, y, 3.5, y) for y in (0.0, 1.0, 2.0)]
    left.links(ends, [2.0, -1.0, 0.0], ["a", "b", "c"], limit=2.0, **LINKS)
    stage.send("", 0)
    (mark,) = stage.surface.marks
    assert stage.surface.names[mark["names"]] == ["a", "b", "c"]
    np.testing.assert_array_equal(np.frombuffer(stage.surface.numbers, np.float32)[12:], [2, -1, 0])
    assert [(look["stroke"], bool(look["dash"])) for look in mark["looks"]] == [
        ("#ff0000ff", False),
        ("#0000ffff", True),
    ]
    picture = dots(stage.picture())[..., :3].astype(int)
    reds, blues = ((abs(picture - color).sum(axis=2) < 60).sum() for color in (RED[:3], [0, 0, 255]))
    assert 0 < blues < 0.5 * reds  # half as wide, and dashed


def test_a_handle_tells_more_and_is_known_by_its_item(stage: Stage) -> None:
    left, _ = stage.panels(frames)
    left.handle("off", 1, 1, name="unit", told="weights 1, 2", item="3.4", value=True)
    stage.send("", 0)
    (record,) = stage.surface.handles
    assert (record["id"], record["name"], record["told"], record["pressed"]) == (
        "off:3.4",
        "unit",
        "weights 1, 2",
        True,
    )


def test_a_picture_is_painted_once_for_each_key() -> None:
    stage, painted = Stage((3.0, 2.0)), []

    def draw(key: str) -> None:
        def paint(figure: Figure, key: str) -> list[Axes]:
            painted.append(key)
            return [figure.subplots()]

        stage.panels(paint, key)

    for key in "aabab":
        draw(key)
    assert painted == ["a", "b"]


def test_a_map_leaves_a_panel_in_its_shape() -> None:
    def square(figure: Figure) -> list[Axes]:
        ax = figure.subplots()
        ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
        return [ax]

    drawn, fresh = Stage((4.0, 2.5)), Stage((4.0, 2.5))
    for stage in (drawn, fresh):
        (panel,) = stage.panels(square)
        panel.heat(np.zeros((2, 2, 4)), (0, 1), (0, 1))
    drawn.picture()  # both layers, as whoever shows no widgets sees them
    assert drawn.ground is not None and fresh.ground is not None
    assert drawn.ground.file(2) == fresh.ground.file(2)


def test_only_what_has_changed_is_sent(stage: Stage) -> None:
    def show(x: float, color: str) -> set[str]:
        changed: set[str] = set()
        stage.surface.observe(lambda change: changed.add(change["name"]))
        left, _ = stage.panels(frames)
        left.heat(np.zeros((8, 8, 4)), (0, 4), (0, 2))
        left.plot([0, x], [0, 1], color=color)
        stage.send("said", 0)
        stage.surface.unobserve_all()
        return changed

    show(1.0, "red")
    assert show(1.0, "red") == set()
    assert show(2.0, "red") == {"numbers"}
    assert show(2.0, "blue") == {"marks"}


def test_gaps_stay_and_what_is_too_large_is_cut(stage: Stage) -> None:
    left, _ = stage.panels(frames)
    left.plot([0.0, np.nan, 1e99, -np.inf], 1.0)
    stage.send("", 0)
    sent = np.frombuffer(stage.surface.numbers, np.float32).reshape(-1, 2)
    np.testing.assert_allclose(sent[:, 0], [0, np.nan, 1e30, -1e30], rtol=1e-6)
    np.testing.assert_array_equal(sent[:, 1], 1)


@pytest.mark.parametrize("number", range(len(STYLES)))
def test_lines_keep_colour_dash_and_mark(number: int) -> None:
    style = line_style(number)
    look = line_look(style)
    assert look["line"]["stroke"] == f"{style['color']}ff"
    assert bool(look["line"]["dash"]) == (style["linestyle"] != "-")
    assert look["mark"]["outline"].startswith("M") and look["mark"]["size"] == pytest.approx(4 * 100 / 72)
    others = [line_look(line_style(other)) for other in range(len(STYLES)) if other != number]
    assert all(look["line"]["dash"] != other["line"]["dash"] for other in others)
    assert all(look["mark"]["outline"] != other["mark"]["outline"] for other in others)


@pytest.mark.parametrize(
    ("style", "fill"),
    [({"fillstyle": "none"}, "#00000000"), ({"markerfacecolor": "white"}, "#ffffffff"), ({"alpha": 0.5}, "#ff000080")],
)
def test_marks_are_filled_as_told(style: dict[str, Any], fill: str) -> None:
    assert line_look({"color": "red", "marker": "o", "linestyle": ""} | style)["mark"]["fill"] == fill


@pytest.mark.parametrize(("every", "sent"), [(2, [0, 2, 4]), ([1], [1]), ([1, 9], [1])])
def test_some_points_are_marked(stage: Stage, every: Any, sent: list[int]) -> None:
    left, _ = stage.panels(frames)
    left.plot(range(5), 0.0, marker="o", linestyle="", markevery=every)
    stage.send("", 0)
    assert np.frombuffer(stage.surface.numbers, np.float32)[::2].tolist() == sent


def test_a_panel_that_is_upside_down_and_a_legend_lie_within_the_picture(stage: Stage) -> None:
    stage.panels(frames)
    for frame in stage.frames:
        left, top, width, height = frame["box"]
        assert left > 20 and top > 0 and left + width < 400 and top + height < 235
    assert stage.frames[0]["y"] == [3, -1]


# --- under the hand -------------------------------------------------------------------------------------------------


def pulled(problem: Exception | None = None) -> tuple[Demo, list[dict[str, Any]]]:
    seen: list[dict[str, Any]] = []

    def draw(stage: Stage, *, rate: float, start: tuple[float, float], fast: bool) -> str:
        seen.append({"rate": rate, "start": start})
        left, right = stage.panels(frames)
        if problem is not None and rate > 0.5:
            raise problem
        left.plot(*start, marker="*", linestyle="")
        left.handle("start", *start, name="the start")
        right.handle(("rate", ""), rate, 1.0, name="the rate")
        left.handle("fast", 2, 2, name="go fast", value=True)
        return f"<b>rate</b> {rate}"

    controls = {"rate": slider("rate", 0.1, 0.0, 1.0, 0.1), "start": held((1.0, 1.0)), "fast": check_box("fast")}
    return Demo(draw, controls, size=(4.0, 2.5)), seen


def tell(demo: Demo, **told: Any) -> None:
    """What the browser does."""
    demo.stage.surface._handle_custom_msg(told, [])


def test_the_browser_takes_over_when_it_says_that_it_can() -> None:
    demo, _ = pulled()
    first = bytes(demo.image.value)
    assert demo.widget.children[-1] is demo.image
    assert demo.stage.surface.numbers == b""
    tell(demo, alive=True)
    assert demo.widget.children[-1] is demo.stage.surface
    assert demo.stage.surface.told.split() == ["rate", "0.1"]
    before = demo.stage.surface.handles
    demo.controls["rate"].value = 0.4
    assert bytes(demo.image.value) == first
    assert demo.stage.surface.handles != before
    assert demo._repr_mimebundle_()["image/png"] == demo.stage.picture() != first


@pytest.mark.parametrize(("scale", "width"), [(1, 400), (1.25, 800), (2, 800)])
def test_a_screen_with_more_dots_gets_them(scale: float, width: int) -> None:
    demo, _ = pulled()
    before = demo.stage.picture()
    tell(demo, alive=True, scale=scale)
    assert dots(demo.stage.surface.behind).shape == (width * 250 // 400, width, 4)
    assert demo.stage.picture() == before


def test_nothing_is_shown_before_there_is_a_picture(blank: Any) -> None:
    demo = Demo(blank, {"rate": slider("rate", 0.1, 0.0, 1.0, 0.1)}, needs=["step"])
    tell(demo, alive=True)
    assert demo.widget.children[-1] is demo.image
    assert demo.image.layout.display == "none"
    assert "Write <code>step</code>" in demo.message.value


def test_what_is_pressed_again_and_again_keeps_its_name() -> None:
    def draw(stage: Stage, *, lit: bool) -> str:
        (panel,) = stage.panels(lambda figure: [figure.subplots()])
        panel.handle("lit", 0.5, 0.5, item=3, value=not lit, name="lamp")
        return f"lit: {lit}"

    demo = Demo(draw, {"lit": held(False)})
    for number, said in enumerate(("lit: True", "lit: False"), start=1):
        tell(demo, id="lit:3", press=True, n=number)
        assert demo.message.value == said


def test_a_handle_moves_its_controls_and_reset_brings_them_back() -> None:
    demo, seen = pulled()
    tell(demo, alive=True)
    tell(demo, id="start", at=[2.5, 0.5], n=1)
    tell(demo, id="rate:", at=[0.33, 99.0], n=2)
    tell(demo, id="rate:", key=[2, 5], n=3)
    tell(demo, id="fast:True", press=True, n=4)
    assert seen[-1] == {"rate": 0.5, "start": (2.5, 0.5)}
    assert demo.controls["fast"].value is True
    assert demo.stage.surface.seen == 4
    demo.reset.click()
    assert seen[-1] == {"rate": 0.1, "start": (1.0, 1.0)}
    assert demo.widget.children[0].children == (demo.controls["rate"], demo.controls["fast"], demo.reset)


@pytest.mark.parametrize(
    "told", [{"id": "rate:", "at": [0.1, 0]}, {"id": "gone", "at": [0, 0]}, {"id": "rate:", "at": [1.0, 0]}],
    ids=["nothing changes", "no such handle", "an error"],
)  # fmt: skip
def test_every_move_is_answered(told: dict[str, Any]) -> None:
    demo, _ = pulled(ValueError("too fast"))
    tell(demo, alive=True)
    tell(demo, **told, n=7)
    assert demo.stage.surface.seen == 7
    assert ("too fast" in demo.message.value) == (told["at"][0] == 1)


def test_moves_that_come_together_are_drawn_and_answered_once() -> None:
    demo, seen = pulled()
    tell(demo, alive=True)
    answers: list[int] = []
    demo.stage.surface.observe(lambda change: answers.append(change["new"]), names="seen")

    async def drag() -> None:
        seen.clear()
        for number in (1, 2, 3):
            tell(demo, id="start", at=[number, 0.0], n=number)
        await asyncio.sleep(0.05)

    asyncio.run(drag())
    assert (seen, answers) == ([{"rate": 0.1, "start": (3.0, 0.0)}], [3])


def test_the_script_stands_alone() -> None:
    assert not any(word in Surface._esm for word in ("import ", "require(", "http", "eval(", "fetch("))
