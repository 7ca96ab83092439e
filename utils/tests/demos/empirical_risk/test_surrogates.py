"""The demo of 0-1 loss and surrogates of `01_empirical_risk`, without a browser."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from steepest.demos._stage import Stage
from steepest.demos.empirical_risk import surrogate_demo
from steepest.demos.empirical_risk.surrogates import (
    STRAY,
    SURROGATES,
    Losses,
    draw_surrogate,
    examples,
    measure,
    over_borders,
    over_margins,
    slope,
)
from torch import Tensor
from torch.nn import functional

LOGISTIC, ENTROPY, HINGE, EXPONENTIAL, SQUARED = SURROGATES
FEWEST = {STRAY: 3, None: 2}


def errors(scores: Tensor, labels: Tensor) -> Tensor:
    return (scores.argmax(dim=1) != labels).to(scores.dtype).mean()


def softplus(scores: Tensor, labels: Tensor) -> Tensor:
    return functional.softplus(-(2 * labels.to(scores.dtype) - 1) * scores).mean()


def residual(scores: Tensor, labels: Tensor) -> Tensor:
    return (scores.softmax(dim=1) - functional.one_hot(labels, scores.shape[1])) / len(scores)


FUNCTIONS = Losses(errors, softplus, functional.cross_entropy, residual)


def test_each_control_redraws_with_the_students_own_functions(new_picture: Any) -> None:
    calls: list[str] = []

    def counted(name: str) -> Any:
        def function(scores: Tensor, labels: Tensor) -> Tensor:
            calls.append(name)
            found: Tensor = getattr(FUNCTIONS, name)(scores, labels)
            return found

        return function

    demo = surrogate_demo(*(counted(name) for name in Losses._fields))
    assert new_picture(demo)
    assert set(calls) == {"zero_one", "logistic", "gradient"}
    for name, value, expected in (
        ("border", -1.0, {"zero_one", "logistic", "gradient"}),
        ("sureness", 2.0, {"zero_one", "logistic", "gradient"}),
        ("name", ENTROPY, {"zero_one", "likelihood", "gradient"}),
        ("place", 2.0, {"zero_one", "likelihood", "gradient"}),
        ("stray", False, {"zero_one", "likelihood", "gradient"}),
        ("name", SQUARED, {"zero_one"}),
    ):
        calls.clear()
        demo.controls[name].value = value
        assert set(calls) == expected, name
        assert new_picture(demo)
    calls.clear()
    demo.controls["border"].value = 0.5
    assert len(calls) == 22  # one for all examples, one for each; the other borders are known


@pytest.mark.parametrize(
    ("name", "sureness", "stray", "wrong"),
    [
        (LOGISTIC, 1, STRAY, 4),
        (LOGISTIC, 2, STRAY, 3),
        (ENTROPY, 2, STRAY, 3),
        (HINGE, 1, STRAY, 3),
        (EXPONENTIAL, 1, STRAY, 5),
        (EXPONENTIAL, 2, STRAY, 7),
        (SQUARED, 1, STRAY, 5),
        (SQUARED, 2, STRAY, 5),
        (SQUARED, 1, None, 3),
        (EXPONENTIAL, 2, None, 2),
        (LOGISTIC, 1, None, 2),
    ],
)
def test_lowest_points_and_fewest_errors(name: str, sureness: float, stray: float | None, wrong: int) -> None:
    found, n = over_borders(FUNCTIONS, name, sureness, stray), len(examples(stray)[0])
    assert round(float(found.errors.min()) * n) == FEWEST[stray]
    assert round(float(found.errors[found.surrogate.argmin()]) * n) == wrong


def test_the_message_follows_the_goal() -> None:
    demo = surrogate_demo(*FUNCTIONS)
    assert demo.message.value == (
        "8 of 22 wrong; the best borders make 3 errors. Surrogate 0.765, slope +0.21; the 0-1 loss has slope 0. "
        "Descent on the surrogate moves the border to the left."
    )
    demo.controls["border"].value = 0.4
    assert demo.message.value.endswith("This is the surrogate's lowest point, and not a border with the fewest errors.")
    demo.controls["sureness"].value = 2.0
    demo.controls["border"].value = 0.3
    assert demo.message.value.endswith("Lowest surrogate and fewest errors: the goal is reached.")
    demo.controls["stray"].value = False
    demo.controls["border"].value = 0.0
    assert demo.message.value.endswith("the goal asks for it with the stray example at 3.2.")
    demo.reset.click()
    assert demo.message.value.startswith("8 of 22 wrong")


def test_border_and_stray_example_are_moved_by_hand(pull: Any) -> None:
    demo = surrogate_demo(*FUNCTIONS)
    demo.controls["sureness"].value = 2.0
    pull(demo, "border:", at=(0.31, 0.9))
    assert demo.controls["border"].value == 0.3
    assert demo.message.value.endswith("the goal is reached.")
    pull(demo, "place:", at=(-1.0, 0.9))
    assert demo.controls["place"].value == -1.0
    assert "the best borders make 2 errors" in demo.message.value
    pull(demo, "border:", at=(0.0, 0.0))
    assert demo.message.value.endswith("the goal asks for it with the stray example at 3.2.")
    demo.controls["stray"].value = False
    assert list(demo.stage.handles) == ["border:"]


@pytest.mark.parametrize("name", SURROGATES)
@pytest.mark.parametrize(("border", "sureness"), [(-3.0, 2), (5.5, 0.5)])
def test_the_ends_of_each_range(name: str, border: float, sureness: float) -> None:
    for stray in (None, -3.0, 5.5):
        known = over_borders(FUNCTIONS, name, sureness, stray), over_margins(FUNCTIONS, name)
        said = draw_surrogate(FUNCTIONS, Stage((9.5, 4.4)), *known, border, name, sureness, stray)
        assert said.endswith(f"moves the border to the {'right' if border < 0 else 'left'}.")
        assert "nan" not in said


@pytest.mark.parametrize("name", SURROGATES)
@pytest.mark.parametrize("border", [-1.02, 0.33, 2.71])
def test_the_slope_is_the_derivative_by_the_border(name: str, border: float) -> None:
    x, labels = examples(STRAY)
    ends = [float(measure(FUNCTIONS, name, 2 * (x - border - d), labels).surrogate) for d in (-1e-6, 1e-6)]
    assert slope(FUNCTIONS, name, border, 2, STRAY) == pytest.approx((ends[1] - ends[0]) / 2e-6, rel=1e-4)


@pytest.mark.parametrize("name", [name for name in SURROGATES if name != ENTROPY])
def test_a_surrogate_lies_above_the_errors(name: str) -> None:
    found = over_borders(FUNCTIONS, name, 1, STRAY)
    assert (found.surrogate >= found.errors).all()


def test_cross_entropy_of_two_classes_is_the_logistic_loss() -> None:
    base_2, nats = (over_borders(FUNCTIONS, name, 1, STRAY).surrogate for name in (LOGISTIC, ENTROPY))
    torch.testing.assert_close(base_2 * math.log(2), nats)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("zero_one", "Write <code>zero_one_loss</code>, <code>logistic_loss</code>, <code>negative_log"),
        ("gradient", "<code>nll_gradient</code> and run the cell"),
    ],
)
def test_an_unwritten_function_is_a_message_and_no_picture(blank: Any, missing: str, said: str) -> None:
    demo = surrogate_demo(*FUNCTIONS._replace(**{missing: blank}))
    assert said in demo.message.value
    assert demo.image.value == b""


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("logistic", "`logistic_loss` must return a tensor without axes. Got None"),
        ("zero_one", "`zero_one_loss` must return a tensor without axes. Got None"),
        ("gradient", "`nll_gradient` must return a tensor of the shape of scores. Got None"),
    ],
)
def test_a_missing_return_is_said(no_return: Any, wrong: str, said: str) -> None:
    demo = surrogate_demo(*FUNCTIONS._replace(**{wrong: no_return}))
    assert said in demo.message.value
    assert demo.image.value == b""


def test_an_unwritten_likelihood_is_missed_only_where_it_is_asked_for(new_picture: Any, blank: Any) -> None:
    demo = surrogate_demo(*FUNCTIONS._replace(likelihood=blank))
    assert new_picture(demo)
    demo.controls["name"].value = ENTROPY
    assert "Write <code>" in demo.message.value
    demo.controls["name"].value = HINGE
    assert "wrong; the best borders" in demo.message.value


def test_a_wrong_gradient_shows_in_the_slope() -> None:
    turned = FUNCTIONS._replace(gradient=lambda scores, labels: -residual(scores, labels))
    assert slope(turned, LOGISTIC, 1.5, 1, STRAY) == pytest.approx(-slope(FUNCTIONS, LOGISTIC, 1.5, 1, STRAY))
