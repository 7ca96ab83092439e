"""The demo of a budget, driven as its sliders and handles drive it, without a browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import torch
from matplotlib.figure import Figure
from steepest.demos.capstone import recipe_demo
from steepest.demos.capstone.entrant import EVERY, SEEDS, Budget, Entrant, Functions, memory
from steepest.demos.capstone.recipe import MET, TRIED, draw_frames

Three = tuple[Callable[..., Any], ...]


def test_the_goal_needs_more_rows_a_step(entrant: Three, drawn: Any) -> None:
    demo = recipe_demo(*entrant)
    assert demo.message.value.startswith("100 steps of 64 rows, 6400 in all: ")
    assert demo.message.value.endswith("Not yet.")
    demo.controls["n_steps"].value = 225
    assert demo.message.value.endswith("For the goal, take 200 steps or fewer.")
    demo.controls["size"].value = 256
    assert drawn(demo, MET) == []
    demo.controls["n_steps"].value = 200
    assert demo.message.value.endswith("The goal is reached.")
    assert [marks.tolist() for marks in drawn(demo, MET)] == [[[200, 256]]]


def test_a_training_in_pieces_comes_to_the_same_and_says_how_far_it_is(entrant: Three) -> None:
    whole, pieces = (Entrant(Functions(*entrant), Budget(2 * EVERY, 32)) for _ in range(2))
    whole.train(float("inf"))
    shares = []
    while pieces.step < 2 * EVERY:
        pieces.train(1e-6)
        shares.append(pieces.share)
    assert torch.equal(pieces.curve, whole.curve)
    assert whole.curve.shape == (3, len(SEEDS))
    assert len({*shares} - {0.0}) == 2 * EVERY * len(SEEDS) and shares == sorted(shares) and shares[-1] == 1


def test_in_a_notebook_it_trains_piece_by_piece_with_a_bar(entrant: Three) -> None:
    demo = recipe_demo(*entrant)

    async def moved() -> tuple[list[str], list[int]]:
        demo.controls["n_steps"].value = 200
        said, bars = [], []
        while "% right" not in demo.message.value or demo.message.value.startswith("100 "):
            await asyncio.sleep(0.005)
            said.append(demo.message.value)
            bars.append(sum(mark.record["kind"] == "bars" for mark in demo.stage.marks))
        return said, bars

    said, bars = asyncio.run(asyncio.wait_for(moved(), 120))
    assert len({line for line in said if "training, " in line and line.endswith("% done.")}) > 3
    assert 1 in bars and bars[-1] == 0


def test_budgets_are_remembered_until_a_reset(entrant: Three, drawn: Any) -> None:
    demo = recipe_demo(*entrant)
    demo.controls["n_steps"].value = 50
    demo.controls["size"].value = 16
    assert len(drawn(demo, TRIED)) == 3
    assert drawn(demo, MET) == []
    demo.reset.click()
    assert len(drawn(demo, TRIED)) == 1


def test_handles_move_both_numbers(entrant: Three, new_picture: Any, pull: Any) -> None:
    demo = recipe_demo(*entrant)
    assert new_picture(demo)
    pull(demo, "n_steps:size", at=(61.0, 30.0))
    assert (demo.controls["n_steps"].value, demo.controls["size"].value) == (50, 32)
    assert new_picture(demo)
    pull(demo, "n_steps:size", key=(1, -1))
    assert (demo.controls["n_steps"].value, demo.controls["size"].value) == (75, 16)
    pull(demo, "n_steps:", at=(50.0, 3.0))
    assert demo.controls["n_steps"].value == 50
    assert new_picture(demo)


def test_memory_is_better_than_chance_and_worse_than_the_goal() -> None:
    assert 50 < memory() < 60


def test_what_lies_behind_is_labelled() -> None:
    figure = Figure()
    draw_frames(figure)
    assert all(ax.get_xlabel() and ax.get_ylabel() and ax.get_legend() for ax in figure.axes)


@pytest.mark.parametrize("number", range(3))
def test_an_unwritten_function_is_a_message_and_no_error(number: int, entrant: Three, blank: Any) -> None:
    demo = recipe_demo(*(blank if place == number else function for place, function in enumerate(entrant)))
    wanted = "Write <code>prepare_training</code>, <code>train_step</code>, <code>predict_digits</code>"
    assert wanted in demo.message.value
    assert demo.image.value == b""


BROKEN: dict[str, tuple[int, Callable[..., Any], str]] = {
    "no state": (1, lambda *args, **settings: None, "`train_step` must return the new state. Is the `return` missing?"),
    "scores": (2, lambda state, x: state[0](x), "one class for each row, of shape (2000,). Got (2000, 10)."),
    "no classes": (2, lambda state, x: None, "one class for each row, of shape (2000,). Got NoneType."),
    "an error": (1, lambda *args, **settings: {}["velocity"], "KeyError"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_told_each_time(what: str, entrant: Three) -> None:
    place, function, said = BROKEN[what]
    demo = recipe_demo(*(function if number == place else other for number, other in enumerate(entrant)))
    for n_steps in (50, 75, 50):
        demo.controls["n_steps"].value = n_steps
        assert said in demo.message.value.replace("&#x27;", "'")
