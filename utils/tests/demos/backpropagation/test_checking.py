"""The gradient check of `08_backpropagation`, driven as its controls and its hand drive it, without a browser."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from matplotlib.figure import Figure
from steepest.demos.backpropagation import gradient_check_demo
from steepest.demos.backpropagation.bugs import BUGS, NONE, PARTS, parameters, planted
from steepest.demos.backpropagation.checking import FLAW, by_backprop, by_differences, draw_frames, relative_errors

WRONG = {"A": {3, 4, 5}, "B": {0, 3}, "C": set(range(6)), "D": {1}, "E": {0, 1, 2}}


def careful(demo: Any) -> None:
    demo.controls["kind"].value, demo.controls["eps"].value = "float64", 1e-5


def test_each_control_redraws(new_picture: Any, pull: Any, numerical_gradient: Any, mlp_backprop: Any) -> None:
    demo = gradient_check_demo(numerical_gradient, mlp_backprop)
    assert new_picture(demo)
    for name, value in (("bug", "A"), ("eps", 1e-3), ("kind", "float64")):
        demo.controls[name].value = value
        assert new_picture(demo), name
    pull(demo, "part:b₂", press=True)
    assert demo.controls["part"].value == "b₂"
    assert new_picture(demo)


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_shows_where_it_is_and_nowhere_else(bug: str, numerical_gradient: Any, mlp_backprop: Any) -> None:
    mine = planted(bug, by_backprop(mlp_backprop, "float64"))
    errors = relative_errors(mine, by_differences(numerical_gradient, mlp_backprop, "float64", 1e-5))
    assert {place for place, error in enumerate(errors) if error > FLAW} == WRONG[bug]
    assert [part.shape for part in mine] == [part.shape for part in parameters()]


def test_one_bug_hides_behind_a_careless_check(numerical_gradient: Any, mlp_backprop: Any) -> None:
    clean = by_backprop(mlp_backprop, "float64")
    for kind, eps in (("float32", 1e-2), ("float64", 1e-1)):
        numerical = by_differences(numerical_gradient, mlp_backprop, kind, eps)
        with_bug = max(relative_errors(planted("E", clean), numerical))
        assert with_bug == pytest.approx(max(relative_errors(clean, numerical)), rel=0.3)


def test_the_goal_is_to_name_each_bug(numerical_gradient: Any, mlp_backprop: Any) -> None:
    demo = gradient_check_demo(numerical_gradient, mlp_backprop)
    assert demo.message.value.endswith("in W₁. Not yet.")
    careful(demo)
    clean = "The check shows no bug: the goal is reached for your own function."
    assert demo.message.value.endswith(f"{clean} So far: your own function.")
    named: list[str] = []
    for bug, (words, _) in BUGS.items():
        demo.controls["bug"].value = bug  # what was said of the bug before is not said of this one
        assert f"Which bug is {bug}?" in demo.message.value
        for other, (said, _) in sorted(BUGS.items(), key=lambda item: item[0] == bug):
            if said == demo.controls["finding"].value:
                continue
            demo.controls["finding"].value = said
            right = f"The goal is reached for bug {bug}: {words}."
            assert (right if other == bug else f"Not yet: bug {bug} is another one.") in demo.message.value
        named.append(bug)
        assert all(name in demo.message.value.rpartition("So far:")[2] for name in named) or bug == "E"
    assert demo.message.value.endswith("<b>All five are named, and your own function is clean.</b>")
    demo.reset.click()
    careful(demo)
    assert demo.message.value.endswith(f"{clean} So far: your own function.")


def test_the_findings_stand_in_another_order_than_the_bugs(numerical_gradient: Any, mlp_backprop: Any) -> None:
    shown = list(gradient_check_demo(numerical_gradient, mlp_backprop).controls["finding"].options)[1:]
    listed = [words for words, _ in BUGS.values()]
    assert sorted(shown) == sorted(listed)
    assert shown != listed


def test_a_bug_of_the_students_own_shows(numerical_gradient: Any, mlp_backprop: Any) -> None:
    def without_mean(x: Any, labels: Any, weights: Any, biases: Any) -> Any:
        loss, *grads = mlp_backprop(x, labels, weights, biases)
        return loss, *([len(x) * grad for grad in part] for part in grads)

    demo = gradient_check_demo(numerical_gradient, without_mean)
    careful(demo)
    assert demo.message.value.endswith("Not yet.")
    assert "error is 6.7e-01" in demo.message.value


def test_the_step_is_moved_on_the_picture(pull: Any, numerical_gradient: Any, mlp_backprop: Any) -> None:
    demo = gradient_check_demo(numerical_gradient, mlp_backprop)
    pull(demo, "eps:", at=(2e-6, 1.0))
    assert demo.controls["eps"].value == pytest.approx(1e-6)
    demo.reset.click()
    assert (demo.controls["eps"].value, demo.controls["bug"].value) == (0.1, NONE)


@pytest.mark.parametrize("missing", ["numerical_gradient", "mlp_backprop"])
def test_an_unwritten_function_is_a_message(
    blank: Any, numerical_gradient: Any, mlp_backprop: Any, missing: str
) -> None:
    mine = {"numerical_gradient": numerical_gradient, "mlp_backprop": mlp_backprop, missing: blank}
    assert (
        "Write <code>numerical_gradient</code>, <code>mlp_backprop</code>" in gradient_check_demo(**mine).message.value
    )


def test_a_wrong_form_is_a_message(numerical_gradient: Any, mlp_backprop: Any) -> None:
    def turned(*args: Any) -> Any:
        loss, weights, biases = mlp_backprop(*args)
        return loss, [weight.T for weight in weights], biases

    assert "must return gradients of the shapes" in gradient_check_demo(numerical_gradient, turned).message.value


def test_errors_are_relative_to_both() -> None:
    one, zero = torch.ones(2), torch.zeros(2)
    assert relative_errors([one, one, zero, zero], [one, -one, one, zero]) == [0, 1, 1, 0]


def test_what_lies_behind_is_labelled() -> None:
    figure = Figure()
    bars, entries, curve = draw_frames(figure)
    assert all(ax.get_ylabel() for ax in (bars, entries, curve))
    assert [label.get_text() for label in bars.get_xticklabels()] == list(PARTS)
