"""Playing a slider, with a browser that answers, answers late or never, played by the tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from steepest.demos import _play
from steepest.demos._demo import Demo, count
from steepest.demos._play import AHEAD, TOLD_EVERY, Player

LAST = 40


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_play, "FRAME_SECONDS", 0.0)
    monkeypatch.setattr(_play, "WHOLE_SECONDS", 0.0)
    monkeypatch.setattr(_play, "BREATH_SECONDS", 0.0)
    monkeypatch.setattr(_play, "PATIENCE_SECONDS", 60.0)


def demo(seen: list[int], first: int = 3, step: int = 1) -> Demo:
    def draw(figure: Any, *, step: int) -> str:
        seen.append(step)
        return f"step {step}"

    return Demo(draw, {"step": count("step", first, 0, LAST, step)}, size=(0.5, 0.5), played="step")


def player(made: Demo) -> Player:
    assert made.play is not None
    return made.play


def answering(play: Player) -> None:
    """What the browser does."""
    play.told.observe(lambda change: setattr(play.seen, "value", change["new"]), names="value")


def run(play: Player, meanwhile: Callable[[], Awaitable[None]] | None = None) -> None:
    """Press play, and wait until the button is up again."""

    async def wait() -> None:
        play.button.value = True
        assert play.button.icon == "pause"
        if meanwhile is not None:
            await meanwhile()
        while play.button.value:
            await asyncio.sleep(0)
        assert play.button.icon == "play"

    asyncio.run(asyncio.wait_for(wait(), 30))


@pytest.mark.parametrize(
    ("first", "step", "frames"),
    [
        (38, 1, [39, 40]),
        (0, 16, [16, 32, 40]),  # the last step is cut
        (40, 16, [0, 16, 32, 40]),  # from its end it starts again
        (7, 1, list(range(8, 41))),
    ],
)
def test_every_frame_is_drawn_until_the_end(first: int, step: int, frames: list[int]) -> None:
    seen: list[int] = []
    made = demo(seen, first)
    play = player(made)
    answering(play)
    play.step = step
    seen.clear()
    run(play)
    assert seen == frames
    assert made.controls["step"].value == LAST


def test_a_pause_stops_it_and_another_press_goes_on() -> None:
    seen: list[int] = []
    play = player(demo(seen, 0))
    answering(play)

    async def pause() -> None:
        while seen[-1] < 10:
            await asyncio.sleep(0)
        play.button.value = False
        at = list(seen)
        await asyncio.sleep(0.02)
        assert seen == at

    run(play, pause)
    assert 10 <= seen[-1] < LAST
    at = seen[-1]
    run(play)
    assert seen == [*range(at + 1), *range(at + 1, LAST + 1)]


def test_other_controls_are_heard_while_it_plays() -> None:
    seen: list[int] = []
    made = demo(seen, 0)
    play = player(made)
    answering(play)

    async def jump() -> None:
        while seen[-1] < 5:
            await asyncio.sleep(0)
        made.controls["step"].value = 30

    run(play, jump)
    assert len(seen) < 25
    assert seen[-5:] == [36, 37, 38, 39, 40]


def test_a_browser_that_falls_behind_is_waited_for() -> None:
    seen: list[int] = []
    play = player(demo(seen, 0))

    async def answer_late() -> None:
        for answered in (0, TOLD_EVERY, 2 * TOLD_EVERY):
            play.seen.value = answered
            while seen[-1] < answered + AHEAD:
                await asyncio.sleep(0)
            await asyncio.sleep(0.02)
            assert seen[-1] == answered + AHEAD
        assert play.told.value == seen[-1] // TOLD_EVERY * TOLD_EVERY
        play.button.value = False

    run(play, answer_late)


def test_one_that_never_answers_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_play, "PATIENCE_SECONDS", 0.01)
    seen: list[int] = []
    run(player(demo(seen, 0)))
    assert seen == list(range(LAST + 1))


@pytest.mark.parametrize(("a_frame", "the_whole"), [(0.02, 0.0), (0.0, 0.02 * LAST)])
def test_frames_keep_their_pace(monkeypatch: pytest.MonkeyPatch, a_frame: float, the_whole: float) -> None:
    monkeypatch.setattr(_play, "FRAME_SECONDS", a_frame)
    monkeypatch.setattr(_play, "WHOLE_SECONDS", the_whole)
    times: list[float] = []
    play = player(demo([], LAST - 10))
    answering(play)
    play.slider.observe(lambda change: times.append(asyncio.get_running_loop().time()), names="value")
    run(play)
    assert len(times) == 10
    assert times[-1] - times[0] >= 9 * 0.02 - 1e-3
