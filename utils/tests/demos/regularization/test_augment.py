"""The demo of moved digits, driven as its sliders and handles drive it, without a browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import torch
from matplotlib.figure import Figure
from steepest.demos.regularization import augment_demo
from steepest.demos.regularization.augment import CENTRED_GOAL, SHIFTED_GOAL, draw_frames
from steepest.demos.regularization.training import EVERY, N_STEPS, Digits, Mix
from torch import Generator, Tensor

Shift = Callable[[Tensor, Tensor], Tensor]


def test_the_goal_needs_moved_digits_and_others(shift_images: Shift) -> None:
    demo = augment_demo(shift_images)
    assert f"go on to step {N_STEPS}" in demo.message.value
    demo.controls["step"].value = N_STEPS
    assert demo.message.value.endswith("Not yet.")  # the shifted digits
    demo.controls["shift"].value = 1
    assert demo.message.value.endswith("Not yet.")  # the centred ones
    demo.controls["share"].value = 0.75
    assert demo.message.value.endswith("The goal is reached.")


def test_moving_every_digit_costs_the_centred_ones(shift_images: Shift) -> None:
    digits = Digits(shift_images)
    ends = []
    for shift in (0, 1, 2):
        run = digits.run(Mix(shift, 1.0, 0.0))
        run.train(N_STEPS, float("inf"))
        ends.append(run.errors[-1].tolist())
    plain, near, far = ends
    assert plain[0] < CENTRED_GOAL < near[0] < far[0]
    assert plain[1] > far[1] > SHIFTED_GOAL > near[1]
    assert len(digits.finished) == 3


def test_a_run_is_trained_once_and_remembered(shift_images: Shift) -> None:
    digits = Digits(shift_images)
    run = digits.run(Mix(1, 0.5, 0.1))
    run.train(5 * EVERY, float("inf"))
    assert (run.step, len(run.errors)) == (5 * EVERY, 6)
    assert digits.run(Mix(1, 0.5, 0.1)) is run
    run.train(3 * EVERY, float("inf"))
    assert run.step == 5 * EVERY
    again = Digits(shift_images).run(Mix(1, 0.5, 0.1))
    for step in range(EVERY, 6 * EVERY, EVERY):  # in pieces it comes to the same
        again.train(step, float("inf"))
    assert torch.equal(again.errors, run.errors)


def test_in_a_notebook_it_catches_up_piece_by_piece(shift_images: Shift) -> None:
    demo = augment_demo(shift_images)

    async def moved() -> list[str]:
        demo.controls["step"].value = N_STEPS
        said = []
        while f"Step {N_STEPS}:" not in demo.message.value:
            await asyncio.sleep(0.005)
            said.append(demo.message.value)
        return said

    said = asyncio.run(asyncio.wait_for(moved(), 60))
    assert len(set(said)) > 3
    assert demo.message.value.endswith("Not yet.")


def test_a_mixture_is_what_it_says(shift_images: Shift) -> None:
    digits = Digits(shift_images)
    assert torch.equal(digits.moved(1)[4], digits.rows)
    drawn, _ = digits.drawn(Mix(2, 0.0, 0.0), 50, Generator().manual_seed(0))
    assert bool((drawn[:, None] == digits.rows).all(dim=2).any(dim=1).all())
    noisy, _ = digits.drawn(Mix(2, 0.0, 0.3), 500, Generator().manual_seed(0))
    still, _ = digits.drawn(Mix(2, 0.0, 0.0), 500, Generator().manual_seed(0))
    assert float((noisy - still).std()) == pytest.approx(0.3, rel=0.05)


def test_handles_move_the_mixture(new_picture: Any, pull: Any, shift_images: Shift) -> None:
    demo = augment_demo(shift_images)
    assert new_picture(demo)
    pull(demo, "share:noise", at=(0.42, 0.31))
    assert (demo.controls["share"].value, demo.controls["noise"].value) == (0.4, 0.3)
    assert new_picture(demo)
    pull(demo, "share:noise", key=(1, 0))
    assert demo.controls["share"].value == 0.45
    pull(demo, "step:", at=(99.0, 0.0))
    assert demo.controls["step"].value == 100
    assert new_picture(demo)
    demo.controls["shift"].value = 2
    assert new_picture(demo)


def test_what_lies_behind_is_labelled() -> None:
    figure = Figure()
    draw_frames(figure)
    assert all(ax.get_xlabel() for ax in figure.axes)
    legend = figure.axes[1].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["centred", "shifted by ≤ 1 pixel"]


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any) -> None:
    demo = augment_demo(blank)
    assert "Write <code>shift_images</code>" in demo.message.value
    assert demo.image.value == b""


def test_images_of_another_shape_are_refused_with_their_shape() -> None:
    demo = augment_demo(lambda images, shifts: images[:, 1:])
    assert "`shift_images` must return images of the shape" in demo.message.value.replace("&#x27;", "'")
    assert "(1497, 7, 8)" in demo.message.value
