"""The demo of Adam's corrections and of ε's place in `06_adaptive_methods`, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from steepest.demos.adaptive_methods import correction_demo
from steepest.demos.adaptive_methods.correction import INSIDE, N_STEPS, OUTSIDE, SIZES, Setting, half, lengths
from torch import Tensor

State = dict[str, Any]

# how a step's length follows from the averages and from what corrects them, in the forms that are accepted
FORMS: dict[str, Callable[..., Tensor]] = {
    "outside": lambda s, r, of_s, of_r, eps: s / of_s / ((r / of_r).sqrt() + eps),
    "inside": lambda s, r, of_s, of_r, eps: s / of_s / (r / of_r + eps).sqrt(),
    "before the correction": lambda s, r, of_s, of_r, eps: s * of_r**0.5 / of_s / (r.sqrt() + eps),
}


def stepper(form: str, calls: list[int] | None = None) -> Callable[..., tuple[Tensor, State]]:
    def step(
        theta: Tensor, grad: Tensor, state: State, *, lr: float, rho1: float, rho2: float, eps: float
    ) -> tuple[Tensor, State]:
        k = state["t"] + 1
        if calls is not None:
            calls.append(k)
        s, r = state["s"].lerp(grad, 1 - rho1), state["r"].lerp(grad.square(), 1 - rho2)
        return theta - lr * FORMS[form](s, r, 1 - rho1**k, 1 - rho2**k, eps), {"s": s, "r": r, "t": k}

    return step


def expected(setting: Setting) -> Tensor:
    """The lengths by the formulas: averages of a steady gradient are known without a recursion."""
    k = torch.arange(1, N_STEPS + 1, dtype=torch.float64).unsqueeze(1)
    of_s, of_r = 1 - 0.9**k, 1 - 0.999**k
    s = of_s.pow(not setting.correct_s) * SIZES
    r = of_r.pow(not setting.correct_r) * SIZES.square()
    root = (r + setting.eps).sqrt() if setting.inside else r.sqrt() + setting.eps
    return s / root


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize(("correct_s", "correct_r"), [(True, True), (True, False), (False, True), (False, False)])
@pytest.mark.parametrize("eps", [1e-12, 1e-3, 1.0])
def test_every_form_of_the_function_can_be_made_any_form(
    form: str, inside: bool, correct_s: bool, correct_r: bool, eps: float
) -> None:
    setting = Setting(correct_s, correct_r, eps, inside)
    torch.testing.assert_close(lengths(stepper(form), setting), expected(setting), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("form", ["outside", "inside"])
def test_untouched_it_is_the_students_form(form: str) -> None:
    setting = Setting(True, True, 1e-3, form == "inside")
    torch.testing.assert_close(lengths(stepper(form), 1e-3), expected(setting), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("eps", "inside", "where"), [(1e-3, False, 1e-3), (1e-6, True, 1e-3 / 3**0.5), (1e-12, False, 0.0)]
)
def test_where_steps_are_half_as_long(eps: float, inside: bool, where: float) -> None:
    assert half(expected(Setting(True, True, eps, inside))) == pytest.approx(where, rel=0.05)


def test_each_control_redraws_with_the_students_own_function(new_picture: Any) -> None:
    calls: list[int] = []
    demo = correction_demo(stepper("outside", calls))
    first = bytes(demo.image.value)
    assert new_picture(demo)
    changes: list[tuple[str, Any]] = [("correct_r", True), ("correct_s", True), ("place", INSIDE), ("eps", 1e-5)]
    for name, value in changes:
        calls.clear()
        demo.controls[name].value = value
        assert calls, name
        assert new_picture(demo)
    calls.clear()
    for name, values in (("size", (1e-8, 1.0)), ("step", (1, N_STEPS))):
        for value in values:
            demo.controls[name].value = value
    assert not calls, "all weights are run at once"
    for eps in (1e-12, 1.0):
        demo.controls["eps"].value = eps
        assert "First step" in demo.message.value
    demo.reset.click()
    assert bytes(demo.image.value) == first


def test_the_goal_needs_a_correction_and_another_eps() -> None:
    demo = correction_demo(stepper("outside"))
    assert demo.message.value.startswith("First step 3.07 η, longest 6.51 η at step 12")
    assert demo.message.value.endswith("Not yet: a step is longer than η and ε is still outside.")
    demo.controls["correct_s"].value = demo.controls["correct_r"].value = True
    assert demo.message.value.endswith("Not yet: ε is still outside.")
    demo.controls["place"].value = INSIDE
    assert demo.message.value.endswith("Not yet: half a step is elsewhere.")
    demo.controls["eps"].value = 1e-6
    assert demo.message.value.endswith("The goal is reached.")
    demo.controls["place"].value = OUTSIDE
    assert demo.message.value.endswith("Not yet: ε is still outside.")


def test_step_slope_and_eps_are_pulled(pull: Any) -> None:
    demo = correction_demo(stepper("inside"))
    pull(demo, "step:", at=(12.3, 9.0))
    assert "step 12 6.51 η" in demo.message.value
    pull(demo, "size:", at=(1.1e-6, 9.0))
    assert demo.controls["size"].value == pytest.approx(1e-6)
    assert demo.message.value.startswith("First step 0.0001 η")
    for name, value in (("correct_s", True), ("correct_r", True), ("place", INSIDE)):
        demo.controls[name].value = value
    pull(demo, "eps:", at=(1.2e-6, 0.1))
    assert demo.controls["eps"].value == pytest.approx(1e-6)
    assert demo.message.value.endswith("The goal is reached.")
    pull(demo, "eps:", at=(1.0, 0.1))
    assert demo.message.value.endswith("Not yet: half a step is elsewhere.")


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any) -> None:
    demo = correction_demo(blank)
    assert "Write <code>adam_step</code>" in demo.message.value
    assert demo.image.value == b""
