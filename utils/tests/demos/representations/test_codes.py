"""The demo of a walk over codes, driven as its sliders and handles drive it, without a browser."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from matplotlib.figure import Figure
from steepest.demos._demo import Demo
from steepest.demos.representations import code_demo
from steepest.demos.representations.codes import (
    DRAWN,
    DRAWS,
    FROM,
    START,
    TO,
    both_sets,
    decoded,
    draw_frames,
    noise,
    read,
)
from torch import Tensor

Function = Callable[..., Tensor]
FOUR, NINE, ZERO = (-0.6, -1.5), (-0.1, -1.0), (-1.3, -0.4)


@pytest.fixture
def demo(reparametrize: Function) -> Demo:
    return code_demo(reparametrize)


def _walk(demo: Demo, pull: Any, *places: tuple[float, float]) -> str:
    for place in places:
        pull(demo, "place", at=place)
    return str(demo.message.value)


def test_the_goal_is_a_four_that_turns_into_a_nine(demo: Demo, pull: Any) -> None:
    assert demo.message.value.endswith(f"For the goal, begin where all draws are a {FROM}.")
    assert _walk(demo, pull, NINE).endswith(f"For the goal, begin where all draws are a {FROM}.")
    assert _walk(demo, pull, FOUR).endswith(f"{DRAWS} × 4. The walk: 4. Not yet.")
    assert _walk(demo, pull, NINE).endswith("The walk: 4 → 9. The goal is reached.")
    demo.reset.click()
    assert demo.message.value.endswith(f"For the goal, begin where all draws are a {FROM}.")


def test_another_digit_on_the_way_does_not_count_and_a_four_mends_it(demo: Demo, pull: Any) -> None:
    said = _walk(demo, pull, FOUR, ZERO)
    assert said.endswith("The walk: 4 → 0. Not yet: go back to where all draws are a 4.")
    assert "The walk: 4 → 0. " in _walk(demo, pull, NINE)
    assert _walk(demo, pull, FOUR, NINE).endswith("The goal is reached.")


def test_a_leap_is_read_all_along_and_after_another_digit_no_more(demo: Demo, pull: Any) -> None:
    before, beyond = (-0.8, -1.2), (-0.1, 0.4)  # there are zeros between them
    assert read(decoded(torch.tensor([before, beyond]))).tolist() == [FROM, TO]
    lost = "The walk: 4 → 0. Not yet: go back to where all draws are a 4."
    assert _walk(demo, pull, before, beyond).endswith(lost)
    assert _walk(demo, pull, START).endswith(lost)


def test_a_function_that_works_in_place_changes_nothing_but_its_copies(pull: Any) -> None:
    def in_place(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
        return noise.mul_(log_variance.div_(2).exp_()).add_(mean)

    assert _walk(code_demo(in_place), pull, FOUR, NINE).endswith("The goal is reached.")


def test_a_wide_cloud_is_no_four(demo: Demo, pull: Any) -> None:
    demo.controls["sigma"].value = 0.6
    assert _walk(demo, pull, FOUR).endswith(f"For the goal, begin where all draws are a {FROM}.")


def test_digits_are_read_as_what_they_are() -> None:
    _, unseen = both_sets()
    assert float((read(unseen.x) == unseen.y).float().mean()) > 0.95


def test_the_draws_are_the_students_own(demo: Demo, drawn: Any, pull: Any) -> None:
    for place, sigma in ((START, 0.15), (FOUR, 0.4)):
        pull(demo, "place", at=place)
        demo.controls["sigma"].value = sigma
        crosses = next(dots for dots in drawn(demo, DRAWN) if len(dots) == DRAWS)
        assert torch.allclose(torch.from_numpy(crosses).float(), torch.tensor(place) + sigma * noise(), atol=1e-5)


def test_handles_move_point_and_spread(new_picture: Any, pull: Any, demo: Demo) -> None:
    assert new_picture(demo)
    for key in ((1, 0), (0, -1)):
        before = demo.controls["place"].value
        pull(demo, "place", key=key)
        assert [new > old for new, old in zip(demo.controls["place"].value, before, strict=True)] == [key[0] > 0, False]
        assert new_picture(demo)
    for place, way in (((-2.0, -1.0), 1), ((2.0, -1.0), -1)):
        pull(demo, "place", at=place)
        pull(demo, "sigma:", at=(place[0] + way * 0.5, 0.0))
        assert demo.controls["sigma"].value == 0.25
        assert new_picture(demo)


def test_what_lies_behind_is_labelled() -> None:
    figure = Figure()
    assert all(ax.get_xlabel() for ax in draw_frames(figure))


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any) -> None:
    demo = code_demo(blank)
    assert "Write <code>reparametrize</code>" in demo.message.value
    assert demo.image.value == b""


@pytest.mark.parametrize(
    ("wrong", "got"), [(lambda *given: None, "Got None."), (lambda *given: given[0][0], "Got shape (2,).")]
)
def test_what_returns_nothing_or_another_shape_is_told(wrong: Function, got: str) -> None:
    said = code_demo(wrong).message.value
    assert said.replace("&#x27;", "'").endswith(f"`reparametrize` must return codes of shape ({DRAWS}, 2). {got}")


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda mean, log_variance, noise: mean + log_variance.exp() * noise, id="variance"),
        pytest.param(lambda mean, log_variance, noise: mean + log_variance * noise, id="log_variance"),
        pytest.param(lambda mean, log_variance, noise: mean + (-log_variance / 2).exp() * noise, id="minus"),
        pytest.param(lambda mean, log_variance, noise: (log_variance / 2).exp() * noise, id="no_mean"),
        pytest.param(lambda mean, log_variance, noise: mean + log_variance.sqrt() * noise, id="root_of_log"),
        pytest.param(lambda mean, log_variance, noise: mean + 0 * noise, id="no_noise"),
    ],
)
def test_draws_that_do_not_lie_round_the_point_are_told(pull: Any, wrong: Function) -> None:
    demo = code_demo(wrong)
    said = _walk(demo, pull, FOUR, NINE)
    assert said.startswith("Your draws lie ") and said.endswith("look at <code>reparametrize</code>.")
    wanted = 0.15 * math.sqrt(float(noise().square().mean()))
    assert f"with this σ it should be {wanted:.2g}:" in said
