"""What is told of a function from its behaviour alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from steepest._checks.calls import local
from steepest._checks.cases import Candidate, Case, play
from steepest._checks.finding import Finding, find
from steepest._checks.general import GENERAL
from steepest._checks.probes import changed, find_probes, without_effect
from torch import Tensor

Implementation = Callable[..., Any]


def judged(cases: list[Case], reference: Implementation, student: Implementation, parameters: list[str]) -> Finding:
    """What is found with the reference alone, and no list of mistakes."""
    known = [Candidate("reference", "reference", "", 1.0, play(local(reference, "f"), cases))]
    probes = find_probes(cases, lambda case: play(local(reference, "f"), [case])[0], parameters)
    function = local(student, "f")
    return find(
        cases,
        known,
        play(function, cases),
        parameters=parameters,
        probe=lambda: without_effect(function, cases, known[0].results, probes),
    )


def t(*values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


# --- a scale for each column: matrices in, matrices out


def scaled(x: Tensor, *, rate: float, flip: bool = False) -> Tensor:
    return (x - x.mean(dim=0)) * rate * (-1 if flip else 1)


def _call(name: str, x: Tensor, **kwargs: Any) -> Case:
    return Case(name, {"args": [x], "kwargs": kwargs, "outputs": ["scaled"]})


MATRICES = [
    _call("a tall matrix", torch.arange(12.0).reshape(4, 3).double().sin(), rate=0.5),
    _call("a wide matrix", torch.arange(10.0).reshape(2, 5).double().cos(), rate=2.0),
    _call("a vector", t(0.5, 2.0, -1.0, 0.25), rate=0.3),
    _call("another vector", t(1.0, 4.0, -2.0), rate=0.7, flip=True),
    _call("float32", torch.arange(6.0).reshape(2, 3).exp(), rate=1.5),
]
memory: list[float] = [1.0]


def _remembers(x: Tensor, **kwargs: Any) -> Tensor:
    memory[0] += 1
    return scaled(x, **kwargs) * memory[0]


def _only_vectors(x: Tensor, **kwargs: Any) -> Tensor:
    return scaled(x, **kwargs) if x.ndim == 1 else x.cumsum(0)


def _only_short_and_raised(x: Tensor, **kwargs: Any) -> Tensor:
    if x.shape != (3,):
        raise ValueError(x.shape)
    return scaled(x, **kwargs)[None]


def _raises_for_matrices(x: Tensor, **kwargs: Any) -> Tensor:
    return torch.tensor([float(v) for v in scaled(x, **kwargs)], dtype=x.dtype)


def _nan_in_one(x: Tensor, **kwargs: Any) -> Tensor:
    return scaled(x, **kwargs) / (0.0 if x.shape == (3,) else 1.0)


OF_MATRICES: dict[str, tuple[Implementation, str | None, float]] = {
    "sound": (lambda x, **k: scaled(x, **k), None, 1),
    "nothing": (lambda x, **k: None, "nothing_returned", 0),
    "zeros": (lambda x, **k: torch.zeros_like(x), "constant", 0),
    "the argument": (lambda x, **k: x, "returns_its_argument", 0),
    "numpy": (lambda x, **k: scaled(x, **k).numpy(), "another_type", 0.5),
    "a list": (lambda x, **k: scaled(x, **k).tolist(), "another_type", 0.5),
    "float32": (lambda x, **k: scaled(x, **k).float(), "wrong_float_type", 0.5),
    "float32 on the way": (lambda x, **k: scaled(x.float(), **k).to(x.dtype), "single_precision", 0.5),
    "a small number in a divisor": (lambda x, **k: scaled(x, **k) / (1 + 1e-6), "single_precision", 0.5),
    "a pair": (lambda x, **k: (scaled(x, **k), x), "more_than_asked", 0.25),
    "a list of guesses": (lambda x, **k: [scaled(x, **k) * n for n in (1, 2, 3, 4)], None, 0),
    "a dict": (lambda x, **k: {"scaled": scaled(x, **k)}, "more_than_asked", 0.5),
    "raises nearly always, one axis more": (_only_short_and_raised, "another_shape", 0),
    "one axis more": (lambda x, **k: scaled(x, **k)[None], "another_shape", 0.5),
    "flattened": (lambda x, **k: scaled(x, **k).reshape(-1), "another_shape", 0.5),
    "the sign": (lambda x, **k: -scaled(x, **k), "sign_reversed", 0.25),
    "the square": (lambda x, **k: scaled(x, **k) ** 2, "squared", 0.25),
    "the size": (lambda x, **k: scaled(x, **k).abs(), "sign_lost", 0.25),
    "twice": (lambda x, **k: 2 * scaled(x, **k), "off_by_a_factor", 0.25),
    "the rate twice": (lambda x, **k: k["rate"] * scaled(x, **k), "off_by_a_factor", 0.25),
    "the rows": (lambda x, **k: len(x) * scaled(x, **k), "off_by_a_factor", 0.25),
    "no rate": (lambda x, *, rate, flip=False: scaled(x, rate=1.0, flip=flip), "argument_without_effect", 0.25),
    "a fixed rate": (lambda x, *, rate, flip=False: scaled(x, rate=0.1, flip=flip), "argument_without_effect", 0.25),
    "upside down": (lambda x, **k: scaled(x, **k).flip(0), "in_reverse_order", 0.25),
    "the last is missing": (lambda x, **k: scaled(x, **k)[:-1], "one_entry_too_few", 0.25),
    "the first is missing": (lambda x, **k: scaled(x, **k)[1:], "one_entry_too_few", 0.25),
    "one more": (lambda x, **k: torch.cat([scaled(x, **k), x[:1]]), "one_entry_too_many", 0.25),
    "right for vectors": (_only_vectors, "right_in_some_cases", 0),
    "raises for matrices": (_raises_for_matrices, "right_in_some_cases", 0),
    "nan in one case": (_nan_in_one, "not_finite", 0.5),
    "a word": (lambda x, **k: "yes", "words_returned", 0),
    "state in a global": (_remembers, "remembers_earlier_calls", 0),
    "another name": (lambda x, **k: undefined, "raises_an_error", 0),  # type: ignore[name-defined] # noqa: F821
    "other arguments": (lambda x, step: x, "other_arguments", 0),
    "no keyword": (lambda x: x, "other_arguments", 0),
}  # fmt: skip


@pytest.mark.parametrize("name", OF_MATRICES)
def test_a_function_is_told_by_its_behaviour(name: str) -> None:
    student, diagnosis, credit = OF_MATRICES[name]
    found = judged(MATRICES, scaled, student, ["x"])
    assert (found.name, found.credit) == (diagnosis, credit)
    if diagnosis:
        assert diagnosis in GENERAL
        assert found.text.endswith((".", "?"))


SEARCHED = {
    "within the slack": (5e-5, None),
    "a coarse grid": (1e-2, "too_coarse"),
    "far off": (1e-1, "off_by_a_factor"),
}


@pytest.mark.parametrize("name", SEARCHED)
def test_where_few_digits_are_asked_for_a_rough_value_is_no_matter_of_float32(name: str) -> None:
    error, diagnosis = SEARCHED[name]
    cases = [replace(case, slack=1e4) for case in MATRICES[:4]]
    assert judged(cases, scaled, lambda x, **k: (1 + error) * scaled(x, **k), ["x"]).name == diagnosis


SAID = {
    "the rate twice": "It is `rate` times what is asked for.",
    "the rows": "It is the size of the first axis of `x` times what is asked for.",
    "no rate": "`rate` has no effect",
    "right for vectors": "It is wrong wherever `x` has more than one axis",
    "nan in one case": "It gives nan or inf in “another vector”",
    "the last is missing": "one entry is missing: the last",
    "numpy": "scaled is of type ndarray, and a torch.Tensor is asked for",
    "float32 on the way": "Only the first seven digits are right",
}


@pytest.mark.parametrize("name", SAID)
def test_a_fact_says_where_to_look(name: str) -> None:
    assert SAID[name] in judged(MATRICES, scaled, OF_MATRICES[name][0], ["x"]).text


# --- a number that silences what is wrong


def shrunk(x: Tensor, *, alpha: float, shift: float) -> tuple[Tensor, Tensor]:
    return x / (x.square() + alpha), x.cos() + shift


def _shrinks(x: Tensor, alpha: float, shift: float) -> Case:
    inputs = {"args": [x], "kwargs": {"alpha": alpha, "shift": shift}, "outputs": ["shrunk", "moved"]}
    return Case(f"alpha {alpha}, shift {shift}", inputs)


SHRINKS = [_shrinks(t(0.5, 2.0), 0.0, 0.3), _shrinks(t(1.5, 3.0), 0.4, 0.2), _shrinks(t(0.7, -4.0), 0.9, 0.0)]
SILENCED: dict[str, tuple[Implementation, str]] = {
    "one part": (lambda x, *, alpha, shift: shrunk(x, alpha=alpha**2, shift=shift), "right where `alpha` is 0"),
    "another part": (lambda x, *, alpha, shift: shrunk(x, alpha=alpha, shift=shift**2), "right where `shift` is 0"),
    "both parts": (
        lambda x, *, alpha, shift: shrunk(x * (1 + alpha), alpha=alpha**2, shift=shift), "right where `alpha` is 0",
    ),
    "wrong where it is 0, too": (lambda x, *, alpha, shift: shrunk(x, alpha=0.3, shift=shift + 0 * alpha), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", SILENCED)
def test_what_comes_in_with_a_number_is_wrong_where_all_is_right_without_it(name: str) -> None:
    student, said = SILENCED[name]
    text = judged(SHRINKS, shrunk, student, ["x"]).text
    assert said in text
    assert ("right where" in text) is bool(said)


# --- a stepper


def momentum(theta: Tensor, grad: Tensor, state: dict[str, Any], *, lr: float) -> tuple[Tensor, dict[str, Any]]:
    velocity = 0.9 * state["velocity"] - lr * grad
    return theta + velocity, {"velocity": velocity, "t": state["t"] + 1}


def _run(name: str, *grads: tuple[float, float], velocity: tuple[float, float]) -> Case:
    steps = [{"grad": t(*grad), "lr": 0.3} for grad in grads]
    return Case(name, {"theta": t(1.0, 2.0), "state": {"velocity": t(*velocity), "t": 0}, "steps": steps}, "stepper")


RUNS = [
    _run("from rest", (1.0, 2.0), (0.5, -1.0), (0.1, 0.2), velocity=(0.0, 0.0)),
    _run("in motion", (1.0, -2.0), (0.3, 1.0), velocity=(0.4, 0.7)),
]


def _but(change: Callable[..., Any]) -> Implementation:
    """A stepper that changes what comes of a sound step: start, new theta, old state and new state go in."""

    def student(theta: Tensor, grad: Tensor, state: dict[str, Any], *, lr: float) -> Any:
        moved, new = momentum(theta, grad, state, lr=lr)
        return change(theta, moved, state, new)

    return student


OF_RUNS: dict[str, tuple[Implementation, str | None]] = {
    "uphill": (_but(lambda theta, moved, old, new: (2 * theta - moved, new)), "moves_the_wrong_way"),
    "nowhere": (_but(lambda theta, moved, old, new: (theta, new)), "does_not_move"),
    "half as far": (_but(lambda theta, moved, old, new: ((theta + moved) / 2, new)), "moves_too_far_or_too_little"),
    "the old state": (_but(lambda theta, moved, old, new: (moved, {**old, "t": new["t"]})), "state_not_updated"),
    "another key": (_but(lambda theta, moved, old, new: (moved, {"v": new["velocity"], "t": 1})), "part_missing"),
    "a part is missing": (_but(lambda theta, moved, old, new: (moved, {"t": new["t"]})), "part_missing"),
    "the counter": (_but(lambda theta, moved, old, new: (moved, {**new, "t": 5 * old["t"] + 3})), "one_part_wrong"),
    "later steps": (lambda x, g, s, *, lr: momentum(x, g, s, lr=lr * 0.5 ** s["t"]), "wrong_after_the_first_step"),
    "parts exchanged": (_but(lambda theta, moved, old, new: (new, moved)), "other_form"),
}


@pytest.mark.parametrize("name", OF_RUNS)
def test_a_stepper_is_told_by_its_steps(name: str) -> None:
    student, diagnosis = OF_RUNS[name]
    found = judged(RUNS, momentum, student, ["theta", "grad", "state"])
    assert found.name == diagnosis
    assert diagnosis in GENERAL


def _garbage(theta: Tensor, grad: Tensor, state: dict[str, Any], *, lr: float) -> Tensor:
    return 1.7 * theta + grad.flip(0) + 0.1 * state["velocity"].sum() + lr


GARBAGE: dict[str, tuple[Implementation, str | None]] = {
    "a state without parts": (lambda x, g, s, *, lr: (1.7 * x + 0.3, {}), "part_missing"),
    "a counter under another name": (
        lambda x, g, s, *, lr: (1.7 * x + 0.3, {"velocity": g + lr, "count": s.get("t", 0) + 1}), "another_key",
    ),
    "the state as it was": (lambda x, g, s, *, lr: (_garbage(x, g, s, lr=lr), s), "state_not_updated"),
    "nowhere, but it counts": (lambda x, g, s, *, lr: (x, {"velocity": s["velocity"], "t": s["t"] + 1}), None),
    "deaf to the rate": (
        lambda x, g, s, *, lr: (_garbage(x, g, s, lr=0), {"velocity": g + x + s["velocity"], "t": 3 * s["t"] + 2}),
        "argument_without_effect",
    ),
    "only the counter": (
        lambda x, g, s, *, lr: (_garbage(x, g, s, lr=lr), {"velocity": g + x, "t": s["t"] + 1}), None,
    ),
}  # fmt: skip


ONE_STEP = [_run(case.name, (0.3, n), velocity=(n, 0.7)) for n, case in enumerate(RUNS, start=1)]


@pytest.mark.parametrize("name", GARBAGE)
@pytest.mark.parametrize("runs", [RUNS, ONE_STEP], ids=["more steps", "one step"])
def test_a_fact_about_garbage_is_named_and_earns_nothing(name: str, runs: list[Case]) -> None:
    student, diagnosis = GARBAGE[name]
    found = judged(runs, momentum, student, ["theta", "grad", "state"])
    assert found.credit == 0
    assert diagnosis in (None, found.name)


EARNING: dict[str, tuple[Implementation, str]] = {
    "a part is missing": (OF_RUNS["a part is missing"][0], "part_missing"),
    "another key": (_but(lambda theta, moved, old, new: (moved, {"v": new["velocity"], "t": new["t"]})), "another_key"),
    "the old state": (OF_RUNS["the old state"][0], "state_not_updated"),
    "the counter": (OF_RUNS["the counter"][0], "one_part_wrong"),
    "nowhere": (OF_RUNS["nowhere"][0], "does_not_move"),
    "a fixed rate": (lambda x, g, s, *, lr: momentum(x, g, s, lr=0.3), "argument_without_effect"),
}


@pytest.mark.parametrize("name", EARNING)
def test_a_fact_earns_where_all_else_is_right(name: str) -> None:
    student, diagnosis = EARNING[name]
    steps = [{"grad": t(0.5, 1.5), "lr": 0.7}]
    other = Case(
        "another rate", {"theta": t(3.0, 1.0), "state": {"velocity": t(0.2, 1.0), "t": 4}, "steps": steps}, "stepper"
    )
    found = judged([*ONE_STEP, other], momentum, student, ["theta", "grad", "state"])
    assert found.name == diagnosis
    assert found.credit > 0


# --- answers, numbers and several parts

NUMBERS = [
    Case(f"{n} and {m}", {"args": [n, m], "kwargs": {}, "outputs": ["sum", "is it large"]})
    for n, m in ((1.5, 2.25), (7.0, -3.5), (9.25, 8.0))
]
OF_NUMBERS: dict[str, tuple[Implementation, str | None]] = {
    "another order": (lambda n, m: (n + m > 5, n + m), "parts_exchanged"),
    "no and yes": (lambda n, m: (n + m, n + m <= 5), "condition_reversed"),
    "rounded": (lambda n, m: (float(round(n + m)), n + m > 5), "rounded"),
    "one more": (lambda n, m: (n + m + 1, n + m > 5), "one_too_many"),
    "one divided by it": (lambda n, m: (1 / (n + m), n + m > 5), "inverted"),
    "the exponential": (lambda n, m: (np.exp(n + m), n + m > 5), "exponential_taken"),
    "one part alone": (lambda n, m: n + m, "other_form"),
    "the second is deaf": (lambda n, m: (n + 2.25, n + 2.25 > 5), "argument_without_effect"),
}  # fmt: skip


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_numbers_and_answers_are_told(name: str) -> None:
    student, diagnosis = OF_NUMBERS[name]
    assert judged(NUMBERS, lambda n, m: (n + m, n + m > 5), student, ["n", "m"]).name == diagnosis


def test_a_probe_names_an_argument_as_the_student_does() -> None:
    probes = find_probes(MATRICES, lambda case: play(local(scaled, "f"), [case])[0], ["x"])
    assert {probe.name for probe in probes} == {"x", "rate", "flip"}
    for probe in probes:
        assert changed(MATRICES[probe.case], probe.path, probe.changes[0]) is not None


# --- what is right but for corners, and what is right in most cases

CORNERS = [
    *(Case(f"case {n}", {"args": [t(n, 1.0)], "kwargs": {}, "outputs": ["mean"]}) for n in range(1, 5)),
    Case("no entries", {"args": [torch.zeros(0).double()], "kwargs": {}, "outputs": ["mean"]}, corner=0.2),
    Case("one entry", {"args": [t(3.0)], "kwargs": {}, "outputs": ["mean"]}, corner=0.1),
]


def _mean(x: Tensor) -> Tensor:
    return x.sum() / max(len(x), 1)


def _fails(name: str) -> Implementation:
    def student(x: Tensor) -> Tensor:
        if len(x) == 0 and name == "raises":
            raise RuntimeError("empty")
        return (
            torch.tensor(torch.nan).double()
            if len(x) == 0 and name == "nan"
            else x.sum() / max(len(x), 1) + (len(x) == 0)
        )

    return student


@pytest.mark.parametrize("how", ["raises", "nan", "another number"])
def test_a_forgotten_corner_costs_alike_however_it_fails(how: str) -> None:
    found = judged(CORNERS, _mean, _fails(how), ["x"])
    assert (found.credit, found.name) == (0.8, "forgotten_corner")
    assert "“no entries”" in found.text
    assert "“one entry”" not in found.text


def test_a_corner_that_several_cases_share_is_said_by_what_they_share() -> None:
    def scale(x: Tensor, *, rate: float = 1.0) -> Tensor:
        return x * rate

    given = [Case(f"rate {n}", {"args": [t(n)], "kwargs": {"rate": n}, "outputs": ["y"]}) for n in (0.5, 1.5, 2.5)]
    left_out = [Case(f"none, {n}", {"args": [t(n)], "kwargs": {}, "outputs": ["y"]}, corner=0.1) for n in (3.0, 4.0)]
    found = judged([*given, *left_out], scale, lambda x, *, rate=2.0: rate * x, ["x"])
    assert (found.credit, found.name) == (0.8, "forgotten_corner")
    assert "wherever `rate` is left out, as in “none, 3.0” and “none, 4.0”" in found.text


def test_where_one_of_the_things_given_is_asked_for_another_of_them_is_no_argument_handed_back() -> None:
    cases = [Case(f"{n}", {"args": [[n, n + 1.0, n + 7.0]], "kwargs": {}, "outputs": ["x"]}) for n in (1.0, 3.0, 5.0)]
    assert judged(cases, min, max, ["x"]).name != "returns_its_argument"


def test_what_a_student_calls_a_part_stands_in_a_sentence_as_a_name() -> None:
    def stepped(theta: Tensor, grad: Tensor, state: Any, *, key: str = "velocity") -> Any:
        velocity = next(iter(state.values())) * 0.5 - grad
        return theta + velocity, {key: velocity}

    steps = [{"grad": t(1.0, 2.0)}, {"grad": t(0.5, -1.0)}]
    inputs = {"theta": t(1.0, 1.0), "state": {"velocity": t(0.25, 0.5)}, "steps": steps}
    odd = "\x1b]0;x\x07\x1b[31m\u202e`\n" + "k" * 9000
    case = Case("two steps", inputs, "stepper")
    found = judged([case], stepped, lambda *a: stepped(*a, key=odd), ["theta", "grad", "state"])
    assert (found.name, len(found.text) < 200, found.text.isprintable()) == ("another_key", True, True)


def test_corners_together_cost_a_quarter_and_more_than_corners_costs_more() -> None:
    both = judged(CORNERS, _mean, lambda x: x.sum() / 2 + (len(x) == 0), ["x"])
    assert (both.credit, both.name) == (0.75, "forgotten_corner")
    wrong = judged(CORNERS, _mean, lambda x: x.sum() / 2 if len(x) == 2 and x[0] != 1 else x.sum(), ["x"])
    assert wrong.credit < 0.75


def test_a_listed_mistake_in_a_corner_gives_its_name_and_the_corners_credit() -> None:
    student = _fails("nan")
    known = [
        Candidate("reference", "reference", "", 1.0, play(local(_mean, "f"), CORNERS)),
        Candidate("mistake", "divides_by_zero", "Look at no entries.", 0.25, play(local(student, "f"), CORNERS)),
    ]
    found = find(CORNERS, known, play(local(_fails("nan"), "f"), CORNERS))
    assert (found.credit, found.name, found.listed) == (0.8, "divides_by_zero", True)
    raised = find(CORNERS, known, play(local(_fails("raises"), "f"), CORNERS))
    assert raised.credit == 0.8


def test_what_is_right_in_most_cases_earns_part_of_the_points_unless_there_is_no_work_in_it() -> None:
    cases = [Case(f"case {n}", {"args": [t(n)], "kwargs": {}, "outputs": ["flag"]}) for n in range(10)]
    asked: Implementation = lambda x: (x > 1).double()  # noqa: E731
    assert judged(cases, asked, lambda x: (x > 2).double(), ["x"]).credit == 0.5
    assert judged(cases, asked, lambda x: (x > 4).double(), ["x"]).credit == 0
    assert judged(cases, asked, lambda x: torch.ones_like(x), ["x"]).credit == 0


# --- a listed mistake, wherever there is a number to compare


def _listed(cases: list[Case], mistake: Implementation, student: Implementation) -> Finding:
    known = [
        Candidate("reference", "reference", "", 1.0, play(local(scaled, "f"), cases)),
        Candidate("mistake", "forgotten_mean", "Subtract the mean.", 0.25, play(local(mistake, "f"), cases)),
    ]
    return find(cases, known, play(local(student, "f"), cases), parameters=["x"])


def _no_mean(x: Tensor, *, rate: float, flip: bool = False) -> Tensor:
    return x * rate * (-1 if flip else 1)


RESEMBLING: dict[str, tuple[Implementation, Implementation, bool]] = {
    "its author's raises where the student's does not": (
        lambda x, **k: _raises_for_matrices(x, **k) if x.ndim > 2 else _no_mean(x, **k), _no_mean, True,
    ),
    "the student's raises in one case": (
        _no_mean, lambda x, **k: _no_mean(x, **k) if x.shape != (3,) else x[9], True,
    ),
    "the student's gives nan in one case": (
        _no_mean, lambda x, **k: _no_mean(x, **k) / (0 if x.shape == (3,) else 1), True,
    ),
    "it is made in one branch": (
        _no_mean, lambda x, **k: scaled(x, **k) if x.shape == (3,) else _no_mean(x, **k), True,
    ),
    "it is made in one case of many": (
        _no_mean, lambda x, **k: _no_mean(x, **k) if x.shape == (3,) else scaled(x, **k), False,
    ),
    "something else is amiss as well": (
        _no_mean, lambda x, **k: 3 * x if x.shape == (3,) else _no_mean(x, **k), False,
    ),
}  # fmt: skip


def _first_alone(x: Tensor, **k: Any) -> Tensor:
    result = torch.full_like(x, torch.nan)
    result.view(-1)[0] = _no_mean(x, **k).view(-1)[0]
    return result


def _without(odd: Callable[[Tensor], Any], cases: int) -> Implementation:
    """A mistake that gives no answer in the case of float32, or for both vectors."""
    return lambda x, **k: odd(x) if (x.dtype == torch.float32 if cases == 1 else x.ndim == 1) else _no_mean(x, **k)


ODD_ANSWERS: dict[str, Callable[[Tensor], Any]] = {
    "an exception": lambda x: x[99],
    "nan": lambda x: x * torch.nan,
    "inf": lambda x: torch.full_like(x, torch.inf),
    "one nan": lambda x: _no_mean(x, rate=1.5).index_fill(0, torch.tensor(0), torch.nan),
    "None": lambda x: None,
    "an empty tensor": lambda x: torch.empty(0, dtype=x.dtype),
    "an empty list": lambda x: [],
    "a text": lambda x: "x",
}
HIDING: dict[str, tuple[Implementation, float]] = {
    "nothing is hidden": (lambda x, **k: _no_mean(x, **k) / (0 if x.shape == (3,) else 1), 0.25),
    "all but a first number": (_first_alone, 0),
    "all but two cases": (lambda x, **k: _no_mean(x, **k) if x.ndim == 1 else _first_alone(x, **k), 0),
    "an exception in most cases": (lambda x, **k: _no_mean(x, **k) if x.ndim == 1 else x[99], 0),
    **{f"{name} in one case": (_without(odd, 1), 0.25) for name, odd in ODD_ANSWERS.items()},
    **{f"{name} in two cases of five": (_without(odd, 2), 0) for name, odd in ODD_ANSWERS.items()},
}


@pytest.mark.parametrize("name", HIDING)
def test_what_hides_behind_nan_earns_nothing(name: str) -> None:
    student, credit = HIDING[name]
    assert _listed(MATRICES, _no_mean, student).credit == credit


def test_a_mistake_is_not_seen_where_there_is_nothing_to_compare() -> None:
    def overflows(x: Tensor, **k: Any) -> Tensor:
        return scaled(x, **k) * torch.inf if len(x) > 2 else scaled(x, **k)

    found = _listed(MATRICES, overflows, lambda x, **k: scaled(x, **k) * (1 + 1e-6 * (len(x) > 2)))
    assert found.name != "forgotten_mean"


def test_a_mistake_with_a_side_effect_earns_no_more_than_what_is_right_but_for_one() -> None:
    known = [
        Candidate("reference", "reference", "", 1.0, play(local(_mean, "f"), CORNERS)),
        Candidate("mistake", "divides_by_zero", "Look.", 0.8, play(local(_fails("nan"), "f"), CORNERS)),
    ]

    def student(x: Tensor) -> Tensor:
        result = _fails("nan")(x)
        x.zero_()
        return result

    found = find(CORNERS, known, play(local(student, "f"), CORNERS), parameters=["x"])
    assert (found.name, found.credit) == ("divides_by_zero", 0.5)


@pytest.mark.parametrize("name", RESEMBLING)
def test_a_listed_mistake_is_seen_in_most_cases_that_tell_it_apart(name: str) -> None:
    mistake, student, seen = RESEMBLING[name]
    found = _listed(MATRICES, mistake, student)
    assert (found.name == "forgotten_mean") is seen
    assert found.listed is seen


def _at(k: int) -> Case:
    return Case(f"step {k}", {"args": [k], "kwargs": {"rate": 0.5 + k / 64}, "outputs": ["the rate"]})


EARLY, LATE = [_at(k) for k in (2, 3, 5, 6, 8, 9)], [_at(k) for k in (12, 14, 15)]
HEARD_FAR_AWAY: dict[str, Implementation] = {
    "steps at another place of the list": lambda k, *, rate: rate if k < 11 else rate * 0.5**k,
    "many more steps": lambda k, *, rate: rate * (0.5 if k < 19 else 0.25**k),
    "a rate that is far smaller": lambda k, *, rate: 0.5**k if rate > 0.01 else 0.0,
}


@pytest.mark.parametrize("student", HEARD_FAR_AWAY.values(), ids=HEARD_FAR_AWAY)
def test_an_argument_with_an_effect_elsewhere_is_not_said_to_have_none(student: Implementation) -> None:
    finding = judged([*EARLY, *LATE], lambda k, *, rate: rate * 0.9**k, student, ["k"])
    assert finding.name != "argument_without_effect"
