"""From results to a finding: which known implementation the answers agree with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from steepest._checks.agreement import alike
from steepest._checks.calls import StudentError, local
from steepest._checks.cases import EVERYTHING, Candidate, Case, Result, play
from steepest._checks.content import drives
from steepest._checks.drives import GENERAL, drive
from steepest._checks.finding import Finding, find
from torch import Tensor


def _case(name: str, *grad: float, lr: float) -> Case:
    return Case(name, {"args": [torch.tensor(grad).double()], "kwargs": {"lr": lr}, "outputs": ["step"]})


CASES = [_case("two entries", 1.0, 2.0, lr=0.5), _case("one entry", 3.0, lr=0.1)]


def reference(grad: Tensor, *, lr: float) -> Tensor:
    return -lr * grad


def _candidate(kind: Any, name: str, credit: float, implementation: Callable[..., Any]) -> Candidate:
    return Candidate(kind, name, f"about {name}", credit, play(local(implementation, "step"), CASES))


CANDIDATES = [
    _candidate("reference", "reference", 1.0, reference),
    _candidate("accepted", "scaled", 1.0, lambda grad, *, lr: -2 * lr * grad),
    _candidate("mistake", "ascent", 0.25, lambda grad, *, lr: lr * grad),
    _candidate("mistake", "no_rate", 0.0, lambda grad, *, lr: -grad),
]


def _blank(grad: Tensor, *, lr: float) -> Tensor:
    raise NotImplementedError


def _lacks(*args: Any, **kwargs: Any) -> Any:
    raise NotImplementedError("no forward")


def _in_place(grad: Tensor, *, lr: float) -> Tensor:
    return grad.mul_(-lr)


def _ascent_in_place(grad: Tensor, *, lr: float) -> Tensor:
    return grad.mul_(lr)


def _global(grad: Tensor, *, lr: float) -> Tensor:
    np.random.rand()
    return -lr * grad


def _both(grad: Tensor, *, lr: float) -> Tensor:
    torch.rand(1)
    return grad.mul_(-lr)


def _raises_late(grad: Tensor, *, lr: float) -> Tensor:
    if len(grad) == 1:
        raise ValueError("too few entries")
    return -lr * grad


def _half_scaled(grad: Tensor, *, lr: float) -> Tensor:
    return -lr * grad * (2 if len(grad) == 1 else 1)


STEP = "in the case “two entries”"
FINDINGS: dict[str, tuple[Callable[..., Any], float, str | None, str]] = {
    "the reference": (reference, 1, None, ""),
    "an accepted convention is named": (lambda grad, *, lr: -grad * lr * 2, 1, "scaled", ""),
    "conventions are not mixed": (
        _half_scaled, 0, "right_in_some_cases", "step is [-0.6], expected [-0.3], in the case “one entry”",
    ),
    "a mistake": (
        lambda grad, *, lr: grad * lr, 0.25, "ascent", f"step is [0.5, 1], expected [-0.5, -1], {STEP}",
    ),
    "a mistake that also changes its argument": (
        _ascent_in_place, 0.25, "ascent", f"step is [0.5, 1], expected [-0.5, -1], {STEP}",
    ),
    "nothing yet": (_blank, 0, "not_attempted", ""),
    "a part that a library lacks": (_lacks, 0, "raises_an_error", "NotImplementedError: no forward (line"),
    "in place": (_in_place, 0.5, "changes_its_arguments", "it changes `grad` in place"),
    "a draw that plays no part": (_global, 1, None, ""),
    "in place, and a draw that plays no part": (_both, 0.5, "changes_its_arguments", "it changes `grad` in place"),
    "another float type": (
        lambda grad, *, lr: (-lr * grad).float(), 0.5, "wrong_float_type",
        f"step has type float32, expected float64, {STEP}",
    ),
    "zeros": (
        lambda grad, *, lr: torch.zeros_like(grad), 0, "constant", f"step is [0, 0], expected [-0.5, -1], {STEP}",
    ),
    "the argument": (
        lambda grad, *, lr: grad, 0, "returns_its_argument", f"step is [1, 2], expected [-0.5, -1], {STEP}",
    ),
    "no return": (lambda grad, *, lr: None, 0, "nothing_returned", f"step is None, expected a torch.Tensor, {STEP}"),
    "an exception": (_raises_late, 0, "right_in_some_cases", "ValueError: too few entries (line"),
    "another signature": (lambda grad: grad, 0, "other_arguments", "TypeError: "),
}  # fmt: skip


def _find(implementation: Callable[..., Any], **options: Any) -> Finding:
    results = play(local(implementation, "step"), CASES)
    return find(CASES, CANDIDATES, results, parameters=["grad"], **options)


@pytest.mark.parametrize("name", FINDINGS)
def test_an_implementation_is_told_by_its_results(name: str) -> None:
    implementation, credit, diagnosis, symptom = FINDINGS[name]
    finding = _find(implementation)
    assert (finding.credit, finding.name) == (credit, diagnosis)
    assert finding.symptom.startswith(symptom)
    assert bool(symptom) == bool(finding.symptom)


@pytest.mark.parametrize("implementation", [_global, _both], ids=["alone", "and in place"])
def test_who_is_given_a_generator_draws_from_no_other(
    implementation: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def chance(function: Any, *, grad: Tensor) -> dict[str, Any]:
        return {"step": function(grad, 0.1, function.generator(1))}

    def played(step: Callable[..., Any]) -> list[Result]:
        return play(local(lambda grad, lr, generator: step(grad, lr=lr), "step"), cases)

    monkeypatch.setitem(GENERAL, "chance", chance)
    cases = [Case("any", {"grad": torch.ones(2)}, "chance")]
    finding = find(cases, [Candidate("reference", "reference", "", 1.0, played(reference))], played(implementation))
    assert (finding.credit, finding.name) == (0.5, "uses_global_generator")
    assert finding.symptom == "it draws from a global random generator"


@pytest.mark.parametrize("name", FINDINGS)
def test_without_leave_the_symptom_shows_no_expected_value(name: str) -> None:
    symptom = _find(FINDINGS[name][0], reveal=False).symptom
    assert "-0.5" not in symptom
    assert "-0.3" not in symptom


def test_a_blank_function_is_not_played_to_the_end() -> None:
    assert len(play(local(_blank, "step"), CASES)) == 1


def _raises(kind: type[Exception]) -> Callable[..., Any]:
    def implementation(grad: Tensor, *, lr: float) -> Tensor:
        raise kind("no")

    return implementation


@pytest.mark.parametrize(
    ("implementation", "credit", "symptom"),
    [
        (_raises(ValueError), 1, ""),
        (_raises(KeyError), 0, "KeyError: 'no' (line"),
        (reference, 0, "it should raise ValueError and does not, in the case “two entries”"),
    ],
)
def test_a_case_may_ask_for_an_exception(implementation: Callable[..., Any], credit: float, symptom: str) -> None:
    known = [_candidate("reference", "reference", 1.0, _raises(ValueError))]
    finding = find(CASES, known, play(local(implementation, "step"), CASES))
    assert finding.credit == credit
    assert finding.symptom.startswith(symptom)


def test_a_missing_observation_is_named() -> None:
    cases = [
        Case(
            "from rest",
            {
                "theta": torch.zeros(1),
                "state": {"velocity": torch.zeros(1)},
                "steps": [{"grad": torch.ones(1)}],
            },
            "stepper",
        )
    ]
    known = [Candidate("reference", "reference", "", 1.0, play(local(lambda t, g, s: (t - g, s), "f"), cases))]
    results = play(local(lambda t, g, s: (t - g, {"v": g}), "f"), cases)
    assert find(cases, known, results).symptom == "velocity after step 1 is missing, in the case “from rest”"


CALLS: dict[str, tuple[Any, str]] = {
    "three values": ((1, 2, 3), "it returned 3 values, expected 2: theta, state"),
    "one value": (1, "it returned one value, expected 2: theta, state"),
    "no value": (None, "it returned None, expected theta, state: is the `return` missing?"),
    "a state that is no dict": ((1, 2), "the state after step 1 is of type int, expected a dict of named values"),
}


@pytest.mark.parametrize("name", CALLS)
def test_an_answer_of_the_wrong_form_is_said_in_words(name: str) -> None:
    answer, sentence = CALLS[name]
    with pytest.raises(StudentError) as caught:
        drive("stepper")(local(lambda *args: answer, "f"), theta=1.0, state={}, steps=[{"grad": 1.0}])
    assert str(caught.value) == sentence


@pytest.mark.parametrize("name", sorted([*GENERAL, *drives()]))
def test_every_drive_says_what_it_plays(name: str) -> None:
    assert drive(name).__doc__


# --- what rounding decides


def _known(**undecided: tuple[str, ...]) -> list[Candidate]:
    """The candidates; of those that are named, the second case is not decided."""

    def known(item: Candidate) -> Candidate:
        first, second = item.results
        names = undecided.get(item.name, ())
        kept = {} if names else second.observations
        return replace(item, results=[first, replace(second, observations=kept, undecided=names)])

    return list(map(known, CANDIDATES))


def _ascent_but_in_one_entry(grad: Tensor, *, lr: float) -> Tensor:
    return lr * grad if len(grad) == 2 else 12 * grad


UNDECIDED: dict[str, tuple[Callable[..., Any], tuple[str, ...], str | None]] = {
    "it does not refute": (_ascent_but_in_one_entry, ("step",), "ascent"),
    "it does not confirm": (lambda grad, *, lr: lr * grad if len(grad) == 1 else 12 * grad, ("step",), None),
    "what is decided refutes": (lambda grad, *, lr: 3 * lr * grad, ("step",), "off_by_a_factor"),
    "an exception beside it is decided": (_raises_late, ("step",), "right_in_some_cases"),
    "whether there is an exception": (
        lambda grad, *, lr: lr * grad if len(grad) == 2 else _raises_late(grad, lr=lr), (EVERYTHING,), "ascent",
    ),
    "what is sound": (reference, ("step",), None),
}  # fmt: skip


@pytest.mark.parametrize("name", UNDECIDED)
def test_nothing_rests_on_what_rounding_decides(name: str) -> None:
    implementation, undecided, diagnosis = UNDECIDED[name]
    found = find(CASES, _known(ascent=undecided), play(local(implementation, "step"), CASES))
    assert found.name == diagnosis
    assert (found.credit == 1) is (implementation is reference)


def test_results_in_which_something_is_undecided_are_compared_in_the_rest() -> None:
    _, _, ascent, _ = _known(ascent=("step",))
    assert find(CASES, CANDIDATES[2:3], ascent.results).name == "ascent"
    assert find(CASES, CANDIDATES[3:], ascent.results).name == "right_in_some_cases"


def test_a_mistake_that_says_more_is_asked_first() -> None:
    twin = replace(CANDIDATES[2], name="twin")
    found = find(CASES, [*_known(ascent=("step",)), twin], CANDIDATES[2].results)
    assert found.name == "twin"


def test_the_share_of_cases_that_agree() -> None:
    results = play(local(_ascent_but_in_one_entry, "step"), CASES)
    assert [alike(CASES, item, results) for item in CANDIDATES] == [0, 0, 0.5, 0]
