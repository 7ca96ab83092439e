"""Twenty networks that learn exclusive or in `09_initialization`, driven as the controls drive them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from steepest._xor import XorTraining, xor
from steepest.demos._demo import Demo
from steepest.demos.initialization import xor_demo
from steepest.demos.initialization.xor import EARLIER, NOW, SOLVED, UNIT, WRONG, XorStart, start_xor, surfaces
from steepest.depth import xor_runs
from torch import Generator, Tensor

Draw = Callable[[tuple[int, ...], Generator], Tensor]
WIDE = XorStart("wide", 1.0, False, 1)


def wide(shape: tuple[int, ...], generator: Generator) -> Tensor:
    return 20 * torch.rand(shape, generator=generator) - 10


def small(shape: tuple[int, ...], generator: Generator) -> Tensor:
    return torch.randn(shape, generator=generator) / math.sqrt(shape[1])


STARTS: dict[str, Draw] = {"wide": wide, "small": small}


@pytest.fixture(scope="module")
def shown() -> Demo:
    return xor_demo(STARTS)


def test_a_training_goes_on_where_it_stopped() -> None:
    whole, parts = (XorTraining(small, n_runs=3, seed=4) for _ in range(2))
    for epoch in (2, 0, 31, 60):
        parts.until(epoch)
    assert torch.equal(whole.losses(60), parts.losses(60))
    assert torch.equal(whole.scores(20), parts.scores(60)[:21])
    assert whole.hidden(60).shape == (61, 3, 4, 2)


@pytest.mark.parametrize("centered", [False, True])
def test_outputs_at_the_examples_are_those_that_the_loss_sees(centered: bool) -> None:
    training = XorTraining(small, n_runs=5, seed=1, centered=centered)
    x, y = xor()
    outputs = training.outputs(50, 2 * x - 1 if centered else x)
    torch.testing.assert_close(outputs, training.scores(50)[-1].sigmoid())
    torch.testing.assert_close(training.outputs(50, x, run=3), training.outputs(50, x)[3:4])
    loss = -(y * outputs.log() + (1 - y) * (1 - outputs).log()).mean(dim=1)
    torch.testing.assert_close(loss, training.losses(50)[-1])


@pytest.mark.parametrize("centered", [False, True])
def test_the_grid_trains_as_the_lessons_own_runs_do(centered: bool) -> None:
    start = XorStart("wide", 0.5, centered, 7)
    runs = xor_runs(lambda *given: 0.5 * wide(*given), n_runs=20, seed=7, n_epochs=150, centered=centered)
    training = start_xor(wide, start)
    assert torch.equal(training.solved(150)[-1], runs.solved)
    assert torch.equal(training.losses(150), runs.losses)


def test_each_control_redraws_with_the_students_own_function(new_picture: Any) -> None:
    calls: list[tuple[int, ...]] = []

    def counted(shape: tuple[int, ...], generator: Generator) -> Tensor:
        calls.append(shape)
        return small(shape, generator)

    demo = xor_demo({"wide": wide, "mine": counted})
    assert new_picture(demo)
    changes = {
        "start": "mine", "scale": 2.0, "centered": True, "seed": 2, "epoch": 120, "run": 7, "point": (0.1, 0.9),
    }  # fmt: skip
    for name, value in changes.items():
        calls.clear()
        demo.controls[name].value = value
        assert calls == ([] if name in ("epoch", "run", "point") else [(4, 2), (1, 4)] * 20), name
        assert new_picture(demo), name


def test_it_is_played_by_epochs() -> None:
    demo = xor_demo(STARTS)
    assert demo.play is not None
    slider = demo.play.slider
    assert (slider.value, slider.min, slider.max, demo.play.step) == (100, 0, 1000, 10)


@pytest.mark.parametrize(
    "ends",
    [
        {"start": "small", "epoch": 0, "scale": 0.01, "seed": 20},
        {"start": "wide", "scale": 10.0, "seed": 20, "epoch": 1000},
        {"start": "small", "scale": 0.01, "centered": True, "epoch": 1000},
    ],
    ids=str,
)
def test_the_ends_of_every_range_can_be_drawn(shown: Demo, ends: dict[str, Any]) -> None:
    shown.reset.click()
    for name, value in ends.items():
        shown.controls[name].value = value
    assert shown.message.value.startswith(f"{ends['start']} × ")
    assert f"epoch {ends['epoch']}: " in shown.message.value


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({}, "8 of 20 runs solve XOR (95% interval 22% to 61%). Not yet."),
        ({"epoch": 1000}, "9 of 20 runs solve XOR (95% interval 26% to 66%). 8 did at epoch 100. Not yet."),
        ({"start": "small", "epoch": 1000}, "20 of 20 runs solve XOR (95% interval 84% to 100%). 0 did"),
        ({"centered": True}, "13 of 20 runs solve XOR"),
        (
            {"centered": True, "start": "small", "scale": 10**0.5, "epoch": 110},
            "20 did at epoch 100. The goal is reached.",
        ),
        ({"centered": True, "scale": 10**-0.6}, "20 of 20 runs solve XOR (95% interval 84% to 100%). The goal is"),
    ],
    ids=str,
)
def test_the_goal_is_reached_where_it_should_be(shown: Demo, state: dict[str, Any], said: str) -> None:
    shown.reset.click()
    for name, value in state.items():
        shown.controls[name].value = value
    assert said in shown.message.value


def test_a_surface_lies_where_its_examples_do() -> None:
    """The first cell stands above on the left, and its second input grows upwards."""

    def corner(shape: tuple[int, ...], generator: Generator) -> Tensor:
        draws.append(shape)
        weights = torch.zeros(shape)
        if len(draws) == 1:
            weights[0] = torch.tensor([-40.0, 40.0])  # one unit that is on where x₂ is larger than x₁
        if len(draws) == 2:
            weights[0, 0] = 40.0
        return weights

    draws: list[tuple[int, ...]] = []
    picture = surfaces(start_xor(corner, XorStart("corner", 1.0, False, 1)), 0, centered=False)
    assert picture.shape == (200, 250, 4)
    first = picture[150:, :50, 0]  # rows come from below
    light, dark = int(first[12, 37]), int(first[37, 12])
    assert first[37, 37] == first[40, 40]
    assert dark < 30 < light
    others = picture[2:48, 52:98, 0]
    assert others.min() == others.max()


def test_marks_stand_on_wrong_examples_and_solved_cells(shown: Demo, drawn: Any) -> None:
    shown.reset.click()
    training = start_xor(wide, WIDE)
    answers = (training.scores(100)[-1] > 0) != (xor()[1] > 0.5)
    wrong, of_one_run = drawn(shown, WRONG)
    assert len(wrong) == int(answers.sum())
    assert len(of_one_run) == int(answers[2].sum()) > 0
    (solved,) = drawn(shown, SOLVED)
    assert len(solved) == 8
    cells = {(int(x), 3 - int(y)) for x, y in wrong}
    assert cells == {(run % 5, run // 5) for run in answers.any(dim=1).nonzero()[:, 0].tolist()}


def test_a_pressed_run_is_shown_and_answers_at_the_ring(shown: Demo, pull: Any) -> None:
    shown.reset.click()

    def title() -> str:
        (said,) = (mark.record["said"] for mark in shown.stage.marks if mark.record.get("shares"))
        return str(said)

    assert title().startswith("run 3: ")
    pull(shown, "run:1", press=True)
    answers = start_xor(wide, WIDE).outputs(100, xor()[0], run=0)[0]
    for corner, answer in zip(xor()[0].tolist(), answers.tolist(), strict=True):
        pull(shown, "point", at=corner)
        assert title() == f"run 1: {answer:.2f} at the ring"


@pytest.mark.parametrize("centered", [False, True])
def test_along_its_line_a_hidden_unit_gives_a_half(drawn: Any, centered: bool) -> None:
    demo = xor_demo(STARTS)
    demo.controls["centered"].value = centered
    (lines,) = drawn(demo, UNIT)
    weights, bias = np.split(start_xor(wide, WIDE._replace(centered=centered)).units(100, 2), [2])
    for unit in range(4):
        ends = lines[3 * unit : 3 * unit + 2]
        scores = (2 * ends - 1 if centered else ends) @ weights[:, unit] + bias[0, unit]
        assert scores == pytest.approx([0, 0], abs=1e-6)


def test_the_epoch_is_moved_along_the_count(shown: Demo, pull: Any) -> None:
    shown.reset.click()
    shown.controls["start"].value, shown.controls["centered"].value = "small", True
    shown.controls["scale"].value = 10**0.5
    pull(shown, "epoch:", at=(112.0, 3.0))
    assert shown.controls["epoch"].value == 110
    assert shown.message.value.endswith("20 did at epoch 100. The goal is reached.")


def test_earlier_starts_stay_in_the_picture(drawn: Any) -> None:
    demo = xor_demo(STARTS)
    demo.controls["epoch"].value = 10
    assert len(drawn(demo, EARLIER)[0]) == 0
    demo.controls["start"].value = "small"
    (earlier,) = drawn(demo, EARLIER)
    assert np.nanmax(earlier[:, 0]) == 100
    (now,) = drawn(demo, NOW)
    assert now[-1, 0] == 10


def test_what_is_unwritten_or_wrong_is_a_message(blank: Any) -> None:
    demo = xor_demo({"wide": wide, "mine": blank, "turned": lambda shape, generator: torch.zeros(shape[::-1])})
    before = bytes(demo.image.value)
    for start, said in (
        ("mine", "Write <code>fans</code>, <code>blank</code>"),
        ("turned", "Got (2, 4) for (4, 2)"),
    ):
        demo.controls["start"].value = start
        assert said in demo.message.value
        assert bytes(demo.image.value) == before


def test_numbers_that_are_none_do_no_harm() -> None:
    demo = xor_demo({"nan": lambda shape, generator: torch.full(shape, math.nan)})
    demo.controls["centered"].value = True
    assert "0 of 20 runs solve XOR" in demo.message.value
