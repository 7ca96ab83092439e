"""The demo of batch, minibatch and stochastic paths of `02_minibatches`, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from steepest.demos.minibatches import path_demo
from steepest.demos.minibatches.paths import COUNTS, PATH_SIZES, _style, walk
from torch import Generator, Tensor

BY_STEP, BY_EXAMPLE = COUNTS


def sgd(
    grad_fn: Callable[..., Tensor], theta0: Tensor, x: Tensor, y: Tensor,
    *, lr: float, batch_size: int, epochs: int, generator: Generator,
) -> Tensor:  # fmt: skip
    theta = theta0
    for _ in range(epochs):
        for index in torch.randperm(len(x), generator=generator).split(batch_size):
            theta = theta - lr * grad_fn(theta, x[index], y[index])
    return theta


def test_each_control_redraws_with_the_students_own_function(new_picture: Any) -> None:
    calls: list[tuple[int, float]] = []

    def counted(*args: Any, lr: float, batch_size: int, **settings: Any) -> Tensor:
        calls.append((batch_size, lr))
        return sgd(*args, lr=lr, batch_size=batch_size, **settings)

    demo = path_demo(counted)
    assert calls == [(442, 0.1), (32, 0.1), (1, 0.1)]
    assert new_picture(demo)
    for name, value, fresh in (("size", 8, 1), ("lr", 0.05, 3), ("count", BY_EXAMPLE, 3), ("start", (0.0, 1.0), 3)):
        calls.clear()
        demo.controls[name].value = value
        assert len(calls) == fresh, name
        assert new_picture(demo)


@pytest.mark.parametrize(
    ("size", "count", "n_steps", "examples"),
    [
        (442, BY_STEP, 60, 60 * 442),
        (1, BY_STEP, 60, 60),
        (442, BY_EXAMPLE, 2, 884),
        (1, BY_EXAMPLE, 884, 884),
        (221, BY_EXAMPLE, 4, 884),
    ],
)
def test_walks_are_as_long_as_what_is_counted(size: int, count: str, n_steps: int, examples: int) -> None:
    done = walk(sgd, size, lr=0.05, count=count)
    assert (len(done.path) - 1, int(done.seen[-1])) == (n_steps, examples)
    assert len(done.path) == len(done.seen) == len(done.excess)
    assert float(done.excess.min()) >= 0


def test_by_step_the_batch_leads_and_by_example_the_minibatch() -> None:
    by_step = [walk(sgd, size, lr=0.1, count=BY_STEP).rest() for size in (442, 32, 1)]
    assert by_step == sorted(by_step)
    batch, some, one = (walk(sgd, size, lr=0.05, count=BY_EXAMPLE).rest() for size in (442, 8, 1))
    assert some < one < batch


def test_the_goal_is_reached_where_it_should_be() -> None:
    demo = path_demo(sgd)
    assert demo.message.value.endswith("For the goal, compare by example seen.")
    demo.controls["count"].value = BY_EXAMPLE
    assert demo.message.value.endswith("Not yet: the goal is 0.03.")
    demo.controls["size"].value = 8
    demo.controls["lr"].value = 0.05
    assert demo.message.value.endswith("The goal is reached.")
    demo.reset.click()
    assert "minibatches of 32" in demo.message.value


def test_the_start_is_moved_on_the_map(pull: Any, drawn: Any) -> None:
    demo = path_demo(sgd)
    pull(demo, "start", at=(-1.5, 1.25))
    assert demo.controls["start"].value == (-1.5, 1.25)
    for number in range(3):
        path = drawn(demo, _style(number))[0]
        assert path[0].tolist() == [-1.5, 1.25]
    for name, value in (("count", BY_EXAMPLE), ("size", 8), ("lr", 0.05)):
        demo.controls[name].value = value
    assert demo.message.value.endswith("For the goal, press reset: it counts from the first start.")


def test_a_walk_ends_when_it_is_as_long_as_is_shown() -> None:
    steps: list[Tensor] = []

    def counted(grad_fn: Any, *args: Any, **settings: Any) -> Tensor:
        def noted(*given: Tensor) -> Tensor:
            steps.append(grad_fn(*given))
            return steps[-1]

        return sgd(noted, *args, **settings)

    assert len(walk(counted, 1, lr=0.05, count=BY_STEP).path) == 61
    assert len(steps) == 60


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("size", [PATH_SIZES[0], PATH_SIZES[-1]])
@pytest.mark.parametrize("lr", [0.01, 0.35])
def test_the_ends_of_each_range(lr: float, size: int, count: str) -> None:
    demo = path_demo(sgd)
    for name, value in {"size": size, "lr": lr, "count": count}.items():
        demo.controls[name].value = value
    said = demo.message.value
    assert f"minibatches of {size} " in said
    assert ("stochastic ran away" in said) == (lr == 0.35)


def test_a_step_in_place_does_not_blur_the_path() -> None:
    def in_place(grad_fn: Any, theta0: Tensor, *args: Any, **settings: Any) -> Tensor:
        x, y = args
        theta = theta0.clone()
        for index in torch.randperm(len(x), generator=settings["generator"]).split(settings["batch_size"]):
            theta -= settings["lr"] * grad_fn(theta, x[index], y[index])
        return theta

    expected, found = (walk(step, 221, lr=0.1, count=BY_EXAMPLE).path for step in (sgd, in_place))
    torch.testing.assert_close(found, expected[: len(found)])


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any) -> None:
    demo = path_demo(blank)
    assert "Write <code>minibatches</code>, <code>minibatch_gradient</code>, <code>sgd</code>" in demo.message.value
    assert demo.image.value == b""


def test_a_missing_return_is_named() -> None:
    assert "Is the `return` missing?" in path_demo(lambda *args, **settings: None).message.value  # type: ignore[arg-type, return-value]
