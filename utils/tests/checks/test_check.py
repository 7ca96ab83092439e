"""Instant checks: the words that a student reads."""

from __future__ import annotations

import functools
import linecache
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import IPython.display
import pytest
import steepest
import torch
from steepest._checks import outcomes
from steepest._checks.calls import local
from steepest._checks.cases import Candidate, Case, play
from steepest.check import CheckResult, check, examine
from torch import Tensor


def _case(name: str, velocity: float) -> Case:
    start = torch.zeros(2).double()
    step = {"grad": torch.ones(2).double(), "lr": 0.1, "beta": 0.9}
    return Case(name, {"theta": start, "state": {"velocity": start + velocity}, "steps": [step]}, "stepper")


CASES = [_case("already in motion", -0.1), _case("against the slope", 0.5)]
Answer = tuple[Tensor, dict[str, Tensor]]
State = dict[str, Tensor]


def momentum_step(theta: Tensor, grad: Tensor, state: State, *, lr: float, beta: float) -> Answer:
    velocity = beta * state["velocity"] - lr * grad
    return theta + velocity, {"velocity": velocity}


def _torch_form(theta: Tensor, grad: Tensor, state: State, *, lr: float, beta: float) -> Answer:
    velocity = beta * state["velocity"] + grad
    return theta - lr * velocity, {"velocity": velocity}


def _forgets(theta: Tensor, grad: Tensor, state: State, *, lr: float, beta: float) -> Answer:
    return theta - lr * grad, {"velocity": -lr * grad}


def _candidate(kind: Any, name: str, text: str, credit: float, function: Callable[..., Any]) -> Candidate:
    return Candidate(kind, name, text, credit, play(local(function, "momentum_step"), CASES))


HINT = "multiply the old velocity by beta before adding."
OUTCOMES = outcomes.Outcomes(
    "momentum_step",
    "momentum_step(theta, grad, state, *, lr, beta)",
    ["theta", "grad", "state"],
    CASES,
    [
        _candidate("reference", "reference", "", 1.0, momentum_step),
        _candidate("accepted", "torch_form", "The rate stands outside the velocity.", 1.0, _torch_form),
        _candidate("mistake", "velocity_forgets_its_past", HINT, 0.0, _forgets),
    ],
)


@pytest.fixture(autouse=True)
def stored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def load(name: str) -> outcomes.Outcomes:
        if name != "momentum_step":
            raise KeyError(name)
        return OUTCOMES

    monkeypatch.setattr(outcomes, "load", load)
    monkeypatch.setattr(outcomes, "names", lambda: ["momentum_step"])
    yield


def _named(function: Callable[..., Any]) -> Callable[..., Any]:
    def momentum_step(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return momentum_step


def _blank(*args: Any, **kwargs: Any) -> Any:
    raise NotImplementedError


def _in_place(theta: Tensor, grad: Tensor, state: State, *, lr: float, beta: float) -> Answer:
    state["velocity"].mul_(beta).sub_(grad, alpha=lr)
    return theta + state["velocity"], state


def _crashes(theta: Tensor, grad: Tensor, state: State, *, lr: float, beta: float) -> Answer:
    return theta, {"velocity": state["v"]}


MESSAGES: dict[str, tuple[Callable[..., Any], bool, str | None, str]] = {
    "sound": (momentum_step, True, None, "✓ momentum_step: all 2 cases passed."),
    "an accepted convention": (
        _torch_form, True, "torch_form",
        "✓ momentum_step: all 2 cases passed.\n"
        "You use another sound convention (torch form): The rate stands outside the velocity.",
    ),
    "a mistake": (
        _forgets, False, "velocity_forgets_its_past",
        "✗ momentum_step: theta after step 1 is [-0.1, -0.1], expected [-0.19, -0.19], "
        "in the case “already in motion”.\n"
        f"This matches a known mistake (velocity forgets its past): {HINT}",
    ),
    "blank": (
        _blank, False, "not_attempted",
        "✗ momentum_step: not written yet. Write the body of the function and run the cell again.",
    ),
    "in place": (
        _in_place, False, "changes_its_arguments",
        "✗ momentum_step: it changes `state` in place.\n"
        "The result is right, but",
    ),
    "an exception": (_crashes, False, "raises_an_error", "✗ momentum_step: KeyError: 'v' (line"),
    "something else": (
        lambda theta, grad, state, *, lr, beta: (theta * 0, {"velocity": theta}), False, "constant",
        "✗ momentum_step: theta after step 1 is [0, 0], expected [-0.19, -0.19], in the case",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MESSAGES)
def test_a_check_says_what_is_wrong_and_what_to_look_at_first(name: str) -> None:
    implementation, passed, diagnosis, words = MESSAGES[name]
    result = examine(_named(implementation))
    assert (result.passed, result.diagnosis) == (passed, diagnosis)
    assert str(result).startswith(words)


def test_check_prints(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert check(momentum_step) is None
    assert capsys.readouterr().out == "✓ momentum_step: all 2 cases passed.\n"


def test_what_a_function_writes_to_stderr_goes_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    def noisy(*args: Any, **kwargs: Any) -> Any:
        print("careful", file=sys.stderr)
        return momentum_step(*args, **kwargs)

    examine(_named(noisy))
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "careful" in captured.out


@pytest.mark.filterwarnings("ignore:deprecated")
def test_a_warning_is_no_failure() -> None:
    def warns(*args: Any, **kwargs: Any) -> Any:
        warnings.warn("deprecated", stacklevel=1)
        return momentum_step(*args, **kwargs)

    assert examine(_named(warns)).passed


def test_a_result_shows_itself_in_a_notebook_as_text_and_as_safe_html() -> None:
    bundle = CheckResult("f", False, None, "is <b>\nsecond line")._repr_mimebundle_()
    assert bundle["text/plain"] == "✗ f: is <b>\nsecond line"
    assert "is &lt;b&gt;<br>second line" in bundle["text/html"]


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    def momentum_stepp() -> None: ...

    with pytest.raises(ValueError, match="Did you mean `momentum_step`"):
        examine(momentum_stepp)
    with pytest.raises(ValueError, match=r"knows no exercise called `int`\.$"):
        examine(int)


def test_a_function_without_a_name_of_its_own_goes_by_its_variable(capsys: pytest.CaptureFixture[str]) -> None:
    partial = functools.partial(momentum_step)
    assert examine(partial, {"momentum_step": partial}).passed
    assert examine(_forgets, {"other": _forgets, "momentum_step": _forgets}).diagnosis == "velocity_forgets_its_past"
    exec("momentum_step = lambda *a, **k: None\ncheck(momentum_step)", {"check": check})
    assert "momentum_step: it returned None" in capsys.readouterr().out


FORGOTTEN = """\
def timed(function):
    def inner(*args, **kwargs):
        return function(*args, **kwargs)

@timed
def momentum_step(theta, grad, state, *, lr, beta): ...
check(momentum_step)
"""
NO_FUNCTION = {
    "a decorator that returns nothing": (
        FORGOTTEN, "momentum_step",
        "`momentum_step` is None, not a function. If a decorator (@…) stands above it, that lacks a `return`",
    ),
    "a name that is used again": (
        "momentum_step = 3\ncheck( momentum_step )", "momentum_step",
        "`momentum_step` is a number, not a function: a later line has given the name to something else.",
    ),
    "over two lines": ("momentum_step = None\ncheck(\n  momentum_step)", "momentum_step", "`momentum_step` is None,"),
    "of a type without a word for it": ("f = range(3)\ncheck(f)", "f", "`f` is of type range, not a function: a later"),
    "the second of a line": ("f = None; g = 2\ncheck(g), check(f)", "f", "`f` is None, not a function. If a decorator"),
    "a result": ("check([1])", "check", "what it is given is a list, not a function. Hand over the function itself,"),
    "an expression over another name": ("f = 1\ncheck(f) if f > 1 else check(f + 1)", "check", "what it is given is a"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_FUNCTION)
def test_what_is_no_function_is_named_and_not_remembered(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a notebook, whose cells Python can look up by line."""
    source, exercise, words = NO_FUNCTION[name]
    remembered: list[str] = []
    monkeypatch.setitem(check.__globals__, "remember", lambda exercise, *_: remembered.append(exercise))
    monkeypatch.setattr(IPython, "get_ipython", lambda: 1)
    monkeypatch.setattr(IPython.display, "display", print)
    monkeypatch.setitem(linecache.cache, "<cell>", (len(source), None, source.splitlines(True), "<cell>"))
    space: dict[str, Any] = {"check": check}
    exec(compile(source, "<cell>", "exec"), space)
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"✗ {exercise}: {words}")
    assert remembered == []
    check(momentum_step)
    assert remembered == ["momentum_step"]


def test_where_no_source_is_known_a_check_says_so_too(capsys: pytest.CaptureFixture[str]) -> None:
    exec("momentum_step = None\ncheck(momentum_step); check(1)", {"check": check})
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("✗ momentum_step: `momentum_step` is None")
    assert second.startswith("✗ check: what it is given is a number, not a function. Hand over")


def test_check_is_what_the_package_offers() -> None:
    assert steepest.check is check
