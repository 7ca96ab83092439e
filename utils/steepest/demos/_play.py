"""A button that plays a slider. The kernel sets the pace: were it the browser, each frame would cost two messages more,
their answers, and two changes of JupyterLab's marks for a busy kernel."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

__all__ = ["Player"]

FRAME_SECONDS = 0.028
WHOLE_SECONDS = 1.1  # at least, from beginning to end: a few frames are shown for longer
BREATH_SECONDS = 0.005  # at least, between two frames: for what else the browser has sent, a pause above all
TOLD_EVERY, AHEAD = 6, 12  # frames
PATIENCE_SECONDS = 1.0


class Player:
    """Moves a whole-numbered slider on to its end, and does not run ahead of a browser that falls behind.

    Parameters
    ----------
    slider : IntSlider
        What is played; from its beginning where it is at its end.
    draw : callable
        Draws what the slider says, at once.

    Attributes
    ----------
    button : ToggleButton
        Plays and pauses.
    step : int
        By what the slider moves from one frame to the next.
    told, seen : IntText
        How many frames there have been, and how many when the browser last answered; neither is shown.
    """

    def __init__(self, slider: Any, draw: Callable[[], None]) -> None:
        self.slider, self.step, self._draw = slider, slider.step, draw
        self.button = widgets.ToggleButton(description="play", icon="play", tooltip="play or pause")
        self.told, self.seen = widgets.IntText(), widgets.IntText()
        self.tie = widgets.jsdlink((self.told, "value"), (self.seen, "value"))  # the browser's answer
        self._frames = 0
        self._task: asyncio.Task[None] | None = None
        self.button.observe(self._pressed, names="value")

    def _pressed(self, change: object) -> None:
        self.button.icon = "pause" if self.button.value else "play"
        if self.button.value and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        again = self.slider.value == self.slider.max
        n_frames = (self.slider.max - self.slider.min) / self.step
        pace = max(FRAME_SECONDS, WHOLE_SECONDS / n_frames)
        due = clock()
        while self.button.value and (again or self.slider.value < self.slider.max):
            self.slider.value = self.slider.min if again else min(self.slider.value + self.step, self.slider.max)
            again = False
            self._draw()
            self._frames += 1
            if self._frames % TOLD_EVERY == 0:
                self.told.value = self._frames
            due = max(due + pace, clock() - pace)  # a late frame is made up for, several are not
            await asyncio.sleep(max(BREATH_SECONDS, due - clock()))
            await self._followed()
        self.button.value = False

    async def _followed(self) -> None:
        """Wait for a browser that is too far behind, but not for one that never answers."""
        clock = asyncio.get_running_loop().time
        begun = clock()
        while self.button.value and self._frames - self.seen.value >= AHEAD:
            if clock() - begun > PATIENCE_SECONDS:
                self.seen.value = self._frames
            await asyncio.sleep(BREATH_SECONDS)
