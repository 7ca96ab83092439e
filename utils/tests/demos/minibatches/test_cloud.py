"""The demo of `02_minibatches`, driven as its controls drive it, without a browser."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from steepest.demos.minibatches import minibatch_demo
from steepest.demos.minibatches.cloud import DOTS, PLACES, RING, SIZES, STAR, TRIED, try_size
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
        (demo.controls["theta"], PLACES["near the minimum"]),
        (demo.controls["size"], 128),
    ):
        control.value = value
        assert new_picture(demo)
    assert set(sizes) == {1, 8, 16, 96, 128}  # also the next smaller, which shall not be enough


@pytest.mark.parametrize("size", [1, 8, 64, 256])
def test_the_measured_spread_is_the_predicted_one(size: int) -> None:
    trial = try_size(*FUNCTIONS, size=size, theta=PLACES["at the start"])
    assert trial.measured == pytest.approx(trial.predicted, rel=0.2)
    assert trial.length() == pytest.approx(5.1, abs=0.1)


def test_the_goal_is_the_smallest_batch_that_will_do() -> None:
    demo = minibatch_demo(*FUNCTIONS)
    for size, said in (
        (96, "Not yet: the goal is 10%."),
        (128, "9.3% of the full gradient's length, 5.139. The goal is reached."),
        (144, "A smaller batch is enough."),
        (442, "0.0% of the full gradient's length, 5.139. A smaller batch is enough."),
    ):
        demo.controls["size"].value = size
        assert demo.message.value.endswith(said)
    demo.controls["theta"].value = PLACES["near the minimum"]
    assert demo.message.value.endswith("The goal is reached.")


def test_the_noise_stays_where_the_gradient_vanishes() -> None:
    shares = [
        t.measured / t.length() for t in (try_size(*FUNCTIONS, size=64, theta=place) for place in PLACES.values())
    ]
    assert shares[-1] > 5 * shares[0]


def test_trials_are_remembered_at_each_place(drawn: Any) -> None:
    demo = minibatch_demo(*FUNCTIONS)
    for name, value, sizes in (
        ("size", 4, {1, 4}),
        ("size", 442, {1, 4}),  # the whole set has no place on the axis
        ("theta", PLACES["halfway"], set()),
        ("size", 32, {32}),
        ("theta", PLACES["at the start"], {1, 4, 32}),
    ):
        demo.controls[name].value = value
        (tried,) = drawn(demo, TRIED)
        assert set(tried[:, 0]) == sizes


def test_the_cloud_follows_size_draw_and_place(drawn: Any) -> None:
    demo = minibatch_demo(*FUNCTIONS)

    def seen() -> tuple[np.ndarray, np.ndarray, float]:
        (dots,), (star,), (ring, *_) = (drawn(demo, style) for style in (DOTS, STAR, RING))
        return dots, star, float(np.ptp(ring[:, 0]))

    dots, star, width = seen()
    assert dots.shape == (120, 2)
    demo.controls["size"].value = 64
    narrow, still_there, narrow_width = seen()
    assert width == pytest.approx(8.6 * narrow_width, rel=0.01)
    assert np.ptp(dots[:, 0]) > 5 * np.ptp(narrow[:, 0])
    assert np.array_equal(star, still_there)
    demo.controls["sample"].value = 2
    again, still_there, _ = seen()
    assert not np.array_equal(narrow, again) and np.array_equal(star, still_there)
    assert demo.play is not None


def test_theta_and_the_size_are_moved_by_hand(pull: Any, drawn: Any) -> None:
    demo = minibatch_demo(*FUNCTIONS)
    pull(demo, "size:", at=(130.0, 1.0))
    assert demo.controls["size"].value == 128
    assert demo.message.value.endswith("The goal is reached.")
    pull(demo, "theta", at=(0.5, 0.5))
    assert demo.controls["theta"].value == (0.5, 0.5)
    (star,) = drawn(demo, STAR)
    assert star[0, 0] == pytest.approx(1.0)  # the slope of the loss, (θ₀)², there
    pull(demo, f"theta:{PLACES['halfway']}", press=True)
    assert demo.controls["theta"].value == PLACES["halfway"]


def test_a_wrong_standard_error_shows_as_a_wrong_ring(drawn: Any) -> None:
    def divided_by_m(samples: Tensor) -> Tensor:
        return samples.std(dim=0) / len(samples)

    demo = minibatch_demo(minibatches, minibatch_gradient, divided_by_m)
    trial = try_size(minibatches, minibatch_gradient, divided_by_m, size=1, theta=PLACES["at the start"])
    assert trial.predicted == pytest.approx(trial.measured / math.sqrt(SIZES[-1]), rel=0.25)
    ring, _ = drawn(demo, RING)
    assert np.ptp(ring[:, 0]) == pytest.approx(2 * trial.predicted)


@pytest.mark.parametrize("missing", range(3))
def test_a_blank_function_gets_a_message_and_no_picture(blank: Any, missing: int) -> None:
    functions: list[Any] = list(FUNCTIONS)
    functions[missing] = blank
    demo = minibatch_demo(*functions)
    assert "Write <code>standard_error</code>" in demo.message.value
    assert demo.image.value == b""
