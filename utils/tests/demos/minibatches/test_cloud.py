"""The demo of `02_minibatches`, driven as its controls drive it, without a browser."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from matplotlib.figure import Figure
from steepest.demos.minibatches import minibatch_demo
from steepest.demos.minibatches.cloud import PLACES, SIZES, CloudView, draw_minibatches, try_size
from torch import Generator, Tensor


def minibatches(n: int, size: int, generator: Generator) -> list[Tensor]:
    order = torch.randperm(n, generator=generator)
    return [order[start : start + size] for start in range(0, n, size)]


def minibatch_gradient(grad_fn: Callable[..., Tensor], theta: Tensor, x: Tensor, y: Tensor, index: Tensor) -> Tensor:
    return grad_fn(theta, x[index], y[index])


def standard_error(samples: Tensor) -> Tensor:
    return samples.std(dim=0) / len(samples) ** 0.5


FUNCTIONS = (minibatches, minibatch_gradient, standard_error)


def test_each_control_redraws_with_the_students_own_functions(new_picture: Any) -> None:
    sizes: list[int] = []

    def counted(n: int, size: int, generator: Generator) -> list[Tensor]:
        sizes.append(size)
        return minibatches(n, size, generator)

    demo = minibatch_demo(counted, minibatch_gradient, standard_error)
    assert new_picture(demo)
    for control, value in (
        (demo.controls["size"], 16),
        (demo.controls["place"], "near the minimum"),
        (demo.controls["size"], 128),
    ):
        control.value = value
        assert new_picture(demo)
    assert set(sizes) == {1, 16, 128}


@pytest.mark.parametrize("size", [1, 8, 64, 256])
def test_the_measured_spread_is_the_predicted_one(size: int) -> None:
    trial = try_size(*FUNCTIONS, size=size, place="at the start")
    assert trial.measured == pytest.approx(trial.predicted, rel=0.2)
    assert trial.length() == pytest.approx(5.1, abs=0.1)


def test_the_whole_set_leaves_no_spread_and_reaches_the_goal() -> None:
    view = CloudView(Figure())
    said = draw_minibatches(*FUNCTIONS, view, size=SIZES[-1], place="halfway")
    trial = view.trials["halfway"][SIZES[-1]]
    assert trial.predicted == 0
    assert trial.measured < 1e-12
    assert not view.ring.get_visible()
    assert said.endswith("The goal is reached.")


def test_the_noise_stays_where_the_gradient_vanishes() -> None:
    shares = [t.measured / t.length() for t in (try_size(*FUNCTIONS, size=64, place=place) for place in PLACES)]
    assert shares[-1] > 5 * shares[0]


def test_trials_are_remembered_at_each_place() -> None:
    view = CloudView(Figure())
    for size, place in ((4, "halfway"), (32, "halfway"), (442, "halfway"), (8, "at the start"), (32, "halfway")):
        draw_minibatches(*FUNCTIONS, view, size=size, place=place)
    assert {place: list(trials) for place, trials in view.trials.items() if trials} == {
        "halfway": [4, 32, 442], "at the start": [8],
    }  # fmt: skip
    assert list(view.tried.get_xdata()) == [4, 32]  # the whole set has no place on a logarithmic axis


def test_only_what_moves_is_drawn_again() -> None:
    view = CloudView(Figure())
    lines = []
    for size in (1, 64):
        draw_minibatches(*FUNCTIONS, view, size=size, place="halfway")
        assert list(view.still.pictures) == ["halfway"]
        lines.append([line.get_xydata().tolist() for line in (view.dots, view.ring, view.star)])
    (first, wide, there), (second, narrow, still_there) = lines
    assert first != second and len(second) == 120
    assert max(wide)[0] - min(wide)[0] == pytest.approx(8.6 * (max(narrow)[0] - min(narrow)[0]), rel=0.01)
    assert there == still_there == [view.trials["halfway"][1].full.tolist()]
    draw_minibatches(*FUNCTIONS, view, size=64, place="at the start")
    assert list(view.still.pictures) == ["halfway", "at the start"]


def test_a_wrong_standard_error_shows_as_a_wrong_ring() -> None:
    def divided_by_m(samples: Tensor) -> Tensor:
        return samples.std(dim=0) / len(samples)

    view, place = CloudView(Figure()), "at the start"
    draw_minibatches(minibatches, minibatch_gradient, divided_by_m, view, size=1, place=place)
    trial = view.trials[place][1]
    assert trial.predicted == pytest.approx(trial.measured / math.sqrt(SIZES[-1]), rel=0.25)
    low, high = view.right.get_ylim()
    assert low < trial.predicted < trial.measured < high


@pytest.mark.parametrize("missing", range(3))
def test_a_blank_function_gets_a_message_and_no_picture(blank: Any, missing: int) -> None:
    functions: list[Any] = list(FUNCTIONS)
    functions[missing] = blank
    demo = minibatch_demo(*functions)
    assert "Write <code>standard_error</code>" in demo.message.value
    assert demo.image.value == b""
