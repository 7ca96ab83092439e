"""The demo of drifting batches of `12_batch_norm`, driven as its controls drive it, without a browser."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from steepest.demos._demo import Demo
from steepest.demos.batch_norm import shift_demo
from steepest.demos.batch_norm.shift import AFTER, BATCHES, BEFORE, SIZES, Drift, batches, mismatch, place, statistics
from torch import Tensor


def population_statistics(means: Tensor, variances: Tensor, size: int) -> tuple[Tensor, Tensor]:
    return means.mean(dim=0), variances.mean(dim=0) * size / (size - 1)


@pytest.fixture
def functions(batch_norm_train: Any, batch_norm_eval: Any) -> list[Any]:
    return [batch_norm_train, population_statistics, batch_norm_eval]


def test_each_control_redraws_with_the_students_own_functions(new_picture: Any, functions: list[Any]) -> None:
    calls: list[str] = []

    def noting(function: Any) -> Any:
        def noted(*args: Any, **settings: Any) -> Any:
            calls.append(function.__name__)
            return function(*args, **settings)

        return noted

    demo = shift_demo(*map(noting, functions))
    assert new_picture(demo)
    for name, value, called in (
        ("number", 2, {"batch_norm_train", "batch_norm_eval"}),
        ("drift", 0.4, {"batch_norm_train", "batch_norm_eval"}),
        ("size", 32, {function.__name__ for function in functions}),
    ):
        calls.clear()
        demo.controls[name].value = value
        assert set(calls) == called, name
        assert new_picture(demo)


@pytest.mark.parametrize("number", [1, BATCHES])
@pytest.mark.parametrize("size", [SIZES[0], SIZES[-1]])
@pytest.mark.parametrize("drift", [0.0, 1.0])
def test_the_ends_of_the_ranges_are_drawn(functions: list[Any], drift: float, size: int, number: int) -> None:
    demo = shift_demo(*functions)
    for name, value in {"drift": drift, "size": size, "number": number}.items():
        demo.controls[name].value = value
        assert "in training" in demo.message.value, name


@pytest.mark.parametrize(
    ("drift", "size", "said"),
    [
        (1.0, 48, "take the drift out."),
        (0.0, 32, "Not yet: the goal is 0.2."),
        (0.0, 48, "The goal is reached."),
        (0.0, 64, "A smaller batch does it too."),
        (0.0, 2, "Not yet: the goal is 0.2."),
    ],
)
def test_the_goal_is_the_smallest_batch_that_does(functions: list[Any], drift: float, size: int, said: str) -> None:
    demo = shift_demo(*functions)
    demo.controls["drift"].value = drift
    demo.controls["size"].value = size
    assert demo.message.value.endswith(said)


@pytest.mark.parametrize("size", [16, 48, 128])
def test_without_drift_the_modes_differ_by_the_scatter_of_the_statistics(
    batch_norm_train: Any, batch_norm_eval: Any, size: int
) -> None:
    known = statistics(population_statistics, Drift(size))
    measured = mismatch(batch_norm_train, batch_norm_eval, known, Drift(size))
    assert measured == pytest.approx(math.sqrt(1.5 / size), rel=0.1)


def test_the_shared_example_depends_on_its_companions_in_training_alone(
    batch_norm_train: Any, batch_norm_eval: Any
) -> None:
    known = statistics(population_statistics, Drift(8))
    found = [place(batch_norm_train, batch_norm_eval, known, Drift(8, 0.5), number) for number in (1, 2)]
    for places in found:
        torch.testing.assert_close(places.sums[0, 0], places.sums[1, 0])
        torch.testing.assert_close(places.evaluation[0, 0], places.evaluation[1, 0])
        assert float((places.training[0, 0] - places.training[1, 0]).norm()) > 0.5
    torch.testing.assert_close(found[0].evaluation[0, 0], found[1].evaluation[0, 0])
    assert not torch.allclose(found[0].training[0, 0], found[1].training[0, 0], atol=0.1)


def test_the_drift_is_gone_in_training_and_stays_in_evaluation(batch_norm_train: Any, batch_norm_eval: Any) -> None:
    known = statistics(population_statistics, Drift(128))
    places = place(batch_norm_train, batch_norm_eval, known, Drift(128, 1.0), 1)
    torch.testing.assert_close(places.training.mean(dim=1), torch.zeros(2, 2, dtype=torch.float64))
    assert bool((places.evaluation[1].mean(dim=0) > 1.5).all())
    assert batches(Drift(128, 1.0)).shape == (2, BATCHES, 128, 2)


def test_centres_lie_where_they_are_put() -> None:
    for share, after in ((0.0, BEFORE), (1.0, AFTER), (0.5, (-0.25, 1.3))):
        centres = batches(Drift(128, share)).mean(dim=(1, 2))
        torch.testing.assert_close(centres, torch.tensor([BEFORE, after], dtype=torch.float64), atol=0.05, rtol=0)


def test_both_batches_are_drawn_in_all_panels_and_pulled_on_the_first(pull: Any, functions: list[Any]) -> None:
    demo = shift_demo(*functions)
    for name in ("before", "after", "example"):
        old = _dots(demo)
        pull(demo, name, at=(0.5, -2.0))
        new = _dots(demo)
        assert [len(part) for part in new] == [15 * 2 + 2] * 3
        assert all((part != was).any() for part, was in zip(new, old, strict=True))
        assert demo.controls[name].value == (0.5, -2.0)
    assert _dots(demo)[0].tolist().count([0.5, -2.0]) == 2
    assert _dots(demo)[2].tolist().count(_dots(demo)[2][-1].tolist()) == 2


def test_the_drift_is_taken_out_by_hand(pull: Any, functions: list[Any]) -> None:
    demo = shift_demo(*functions)
    demo.controls["size"].value = 48
    pull(demo, "after", at=(BEFORE[0] + 0.3, BEFORE[1] + 0.3))
    assert demo.message.value.endswith("take the drift out.")
    pull(demo, "after", at=(BEFORE[0] + 0.1, BEFORE[1] - 0.2))
    assert demo.message.value.endswith("The goal is reached.")
    demo.controls["size"].value = 64
    assert demo.message.value.endswith("A smaller batch does it too.")


def _dots(demo: Demo) -> list[np.ndarray]:
    """All dots and stars of each panel."""
    marks = [mark for mark in demo.stage.marks if mark.record["kind"] == "dots"]
    return [np.concatenate([mark.numbers for mark in marks if mark.record["panel"] == panel]) for panel in range(3)]


def test_statistics_of_the_batch_in_evaluation_show_as_two_stars(batch_norm_train: Any) -> None:
    def by_batch(x: Tensor, *args: Tensor, eps: float) -> Tensor:
        return batch_norm_train(x, *args[2:], eps=eps)[0]

    demo = shift_demo(batch_norm_train, population_statistics, by_batch)
    assert "0.00 in evaluation" not in demo.message.value


@pytest.mark.parametrize("missing", range(3))
def test_an_unwritten_function_is_a_message_and_no_picture(blank: Any, functions: list[Any], missing: int) -> None:
    functions[missing] = blank
    demo = shift_demo(*functions)
    assert "Write <code>batch_norm_train</code>" in demo.message.value
    assert demo.image.value == b""
