"""The demo of confusions, driven as its slider and its cells drive it, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from steepest.demos.capstone import confusion_demo
from steepest.demos.capstone.confusion import CLASSES, STOPS, answers, draw_frames, pairs
from torch import Tensor

Confusion = Callable[..., Tensor]


def worst(confusion: Confusion, place: int) -> tuple[int, int]:
    table = confusion(answers()[1].y, answers()[0][place], n_classes=CLASSES).numpy()
    both = pairs(table)
    return max(both, key=lambda pair: both[pair])


def test_the_net_learns_and_errs_on() -> None:
    right = [float((found == answers()[1].y).double().mean()) for found in answers()[0]]
    assert right == sorted(right) and right[0] > 0.2 and right[-1] < 0.75


@pytest.mark.parametrize("place", range(len(STOPS)))
def test_the_goal_is_the_pair_that_is_confused_most(place: int, confusion: Confusion, pull: Any) -> None:
    demo = confusion_demo(confusion)
    assert demo.message.value.endswith("Not yet.")
    demo.controls["n_steps"].value = STOPS[place]
    low, high = worst(confusion, place)
    for true, called in ((low, high), (high, low)):
        pull(demo, f"cell:{true} {called}", press=True)
        assert demo.controls["cell"].value == (true, called)
        assert demo.message.value.endswith("The goal is reached.")
    pull(demo, f"cell:{low} {low}", press=True)
    assert demo.message.value.endswith("press a cell beside the diagonal.")


def test_the_largest_single_number_is_not_always_in_the_pair() -> None:
    table = np.array([[9, 5, 0], [4, 9, 7], [0, 1, 9]])
    assert pairs(table) == {(0, 1): 9, (0, 2): 0, (1, 2): 8}


def test_cells_show_their_rows(confusion: Confusion, new_picture: Any, pull: Any) -> None:
    demo = confusion_demo(confusion)
    assert len(demo.stage.handles) == CLASSES**2
    assert new_picture(demo)
    for cell in ("cell:1 4", "cell:6 0", "cell:0 0"):
        pull(demo, cell, press=True)
        assert new_picture(demo)
    names = {record["id"]: record["name"] for record in demo.stage.records}
    table = confusion(answers()[1].y, answers()[0][STOPS.index(200)], n_classes=CLASSES)
    assert names["cell:1 4"] == f"true 1, called 4: {table[1, 4]} rows"


def test_what_lies_behind_is_labelled() -> None:
    figure = Figure()
    draw_frames(figure)
    assert all(ax.get_xlabel() and ax.get_ylabel() for ax in figure.axes)


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any) -> None:
    demo = confusion_demo(blank)
    assert "Write <code>confusion</code>" in demo.message.value
    assert demo.image.value == b""


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda labels, predictions, *, n_classes: None, "of shape (10, 10). Got NoneType."),
        (lambda labels, predictions, *, n_classes: torch.zeros(10), "of shape (10, 10). Got (10,)."),
        (
            lambda labels, predictions, *, n_classes: torch.ones(10, 10),
            "add up to the 1000 rows that there are. Got 100.",
        ),
        (lambda labels, predictions, *, n_classes: torch.full((10, 10), torch.nan), "Got nan."),
        (lambda labels, predictions, *, n_classes: labels[10_000], "IndexError"),
    ],
    ids=["nothing", "a vector", "no counts", "nan", "an error"],
)
def test_what_is_no_table_of_counts_is_told(function: Confusion, said: str) -> None:
    assert said in confusion_demo(function).message.value.replace("&#x27;", "'")
