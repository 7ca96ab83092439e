"""The demo of conjugate gradients of `07_second_order`, driven as its controls drive it, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from matplotlib.figure import Figure
from steepest.demos.second_order import cg_demo
from steepest.demos.second_order.spectrum import (
    DIMENSION,
    PLACES,
    PRODUCTS,
    draw_frames,
    eigenvalues,
    errors_of,
    on_grid,
)
from torch import Tensor

Solve = Callable[..., Tensor]


def test_each_control_redraws_with_the_students_own_function(pull: Any, new_picture: Any, cg_solve: Solve) -> None:
    asked: list[int] = []

    def counted(hvp: Callable[[Tensor], Tensor], b: Tensor, *, n_steps: int) -> Tensor:
        asked.append(n_steps)
        return cg_solve(hvp, b, n_steps=n_steps)

    demo = cg_demo(counted)
    assert new_picture(demo)
    demo.controls["spread"].value = 5.0
    assert new_picture(demo)
    asked.clear()
    pull(demo, "places:2", at=(0.2, 0.9))
    assert new_picture(demo)
    assert asked == list(range(1, PRODUCTS + 1))


def test_as_many_products_as_places_whatever_the_condition_number(pull: Any, cg_solve: Solve) -> None:
    demo = cg_demo(cg_solve)
    assert demo.message.value == "κ = 100, the groups lie at 6 places: solved after 6 products. Not yet."
    pull(demo, "places:1", at=(0.0101, 0.4))
    pull(demo, "places:2", at=(0.16, 0.4))
    assert demo.message.value.endswith("at 4 places: solved after 4 products. The goal is reached.")
    demo.controls["spread"].value = 15.0
    assert demo.message.value.endswith("Not yet.")
    demo.reset.click()
    assert "6 places" in demo.message.value


@pytest.mark.parametrize("spread", [0.0, 10.0])
def test_the_error_lies_under_the_bound_that_the_condition_number_gives(cg_solve: Solve, spread: float) -> None:
    curvatures = eigenvalues(tuple((place, 0.5) for place in PLACES), spread)
    assert len(curvatures) == DIMENSION
    root = (curvatures.max() / curvatures.min()).sqrt()
    steps = torch.arange(PRODUCTS + 1)
    assert (errors_of(cg_solve, curvatures) <= 2 * ((root - 1) / (root + 1)) ** steps + 1e-12).all()


@pytest.mark.parametrize(("place", "snapped"), [(0.0104, 0.01), (1e-9, 1e-3), (99.0, 10.0), (0.2, 10**-0.7)])
def test_groups_can_meet(place: float, snapped: float) -> None:
    assert on_grid(place) == pytest.approx(snapped)


def test_what_lies_behind_is_labelled() -> None:
    figure = Figure()
    draw_frames(figure)
    assert all(ax.get_xlabel() for ax in figure.axes)


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any) -> None:
    demo = cg_demo(blank)
    assert "Write <code>cg_solve</code>" in demo.message.value
    assert demo.image.value == b""


def test_a_wrong_function_shows_what_it_does(new_picture: Any) -> None:
    demo = cg_demo(lambda hvp, b, *, n_steps: b * float("nan"))
    assert f"not solved after {PRODUCTS} products. Not yet." in demo.message.value
    assert new_picture(demo)
