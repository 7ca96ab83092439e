"""What rounding decides: it is found by playing again, kept apart, and nothing rests on it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from steepest._checks.cases import EVERYTHING, Case, Result
from steepest._checks.outcomes import read
from steepest._checks.wire import Named
from steepest_grader.errors import CourseError
from steepest_grader.exercise import judge, stored
from steepest_grader.exercise.judge import judge_local
from steepest_grader.exercise.model import Accepted, Exercise, Mistake
from steepest_grader.exercise.undecided import UNDECIDED, marked, moved, noise, ways
from torch import Tensor

DOUBLE = torch.float64


def _case(name: str, *args: Any, **options: Any) -> Case:
    return Case(name, {"args": list(args), "kwargs": {}, "outputs": ["the answer"]}, **options)


# --- what is moved

TENTH = math.nextafter(0.1, 1), math.nextafter(0.1, 0)
STAYS: dict[str, Any] = {
    "0": 0.0, "1": 1.0, "-0.25": -0.25, "a count": 7, "a flag": True, "a word": "0.1", "nothing": None, "∞": math.inf,
    "one-hot rows": torch.eye(3, dtype=DOUBLE), "labels in float32": torch.tensor([-1.0, 1.0]),
    "NaN": torch.tensor(math.nan),
    "integers": torch.tensor([3, 5]), "an array of integers": np.array([3, 5]), "no entry": torch.zeros(0),
}  # fmt: skip


@pytest.mark.parametrize("name", STAYS)
def test_what_was_not_measured_stays(name: str) -> None:
    assert moved(_case("it", STAYS[name])) == []


MOVES: dict[str, Callable[[Any], Any]] = {
    "a float": lambda x: x,
    "one of numpy's": np.float64,
    "a tensor": lambda x: torch.tensor([x, 1.0], dtype=DOUBLE)[:1],
    "nested": lambda x: [{"lr": (x, 1)}],
    "an array": lambda x: np.array([x]),
    "a function's parameter": lambda x: Named("quadratic", {"h": x}),
}


def _number(value: Any) -> float:
    if isinstance(value, Named):
        return _number(dict(value.params))
    if isinstance(value, dict):
        return _number(next(iter(value.values())))
    return _number(value[0]) if isinstance(value, list | tuple | np.ndarray) else float(value)


@pytest.mark.parametrize("name", MOVES)
def test_a_number_moves_by_its_last_bit_both_ways(name: str) -> None:
    value = MOVES[name](0.1)
    cases = moved(_case("it", value))
    assert {_number(case.inputs["args"][0]) for case in cases} == set(TENTH)
    assert all(type(case.inputs["args"][0]) is type(value) for case in cases)
    assert _number(value) == 0.1


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_equal_numbers_move_alike_and_so_do_opposites(dtype: torch.dtype) -> None:
    row = torch.linspace(0.1, 2.9, 40, dtype=dtype)
    table = torch.stack([row, -row, row]).T
    tables = [case.inputs["args"][0] for case in moved(_case("it", table))]
    assert len(tables) == 4
    for again in tables:
        assert again.stride() == table.stride() != again.contiguous().stride()
        assert torch.equal(again[:, 0], -again[:, 1])
        assert torch.equal(again[:, 0], again[:, 2])
        apart = (again.double() - table.double()).abs() / table.double().abs()
        assert 0 < apart.max() <= torch.finfo(dtype).eps
        assert 0.2 < (again[:, 0] > row).double().mean() < 0.8
    for one, other in zip(tables[::2], tables[1::2], strict=True):
        assert ((one - table) * (other - table) <= 0).all()


def test_a_case_about_last_bits_is_left_alone() -> None:
    assert moved(_case("it", 0.1 + 0.2, exact=True)) == []


# --- how noisy it is


def _whitened(x: Tensor, *, eps: float = 0.1) -> Tensor:
    """The table times its covariance to the −½, as `zca` of lesson 09 does."""
    centred = x - x.mean(0)
    values, vectors = torch.linalg.eigh(centred.T @ centred / len(x))
    white: Tensor = centred @ (vectors / (values.clamp(min=1e-30 if eps == 0 else 0) + eps).sqrt()) @ vectors.T
    return white


def _without_eps(x: Tensor) -> Tensor:
    return _whitened(x, eps=0)


def _without_eps_in_other_words(x: Tensor) -> Tensor:
    centred = x - x.mean(0)
    left, sizes, _ = torch.linalg.svd(centred.T @ centred / len(x))
    white: Tensor = centred @ left @ torch.diag(1 / sizes.clamp(min=1e-30).sqrt()) @ left.T
    return white


def _table(rng: np.random.Generator, n: int, d: int) -> Tensor:
    return torch.from_numpy(rng.standard_normal((n, d)))


def _raises_on_an_edge(x: Tensor) -> Tensor:
    if x.sum() > 0.6:
        raise ValueError("too large")
    return x


def _raises_one_or_another(x: Tensor) -> None:
    raise ValueError if x.sum() > 0.6 else TypeError


EDGE = torch.tensor([0.1, 0.2, 0.3], dtype=DOUBLE)
NOISE: dict[str, tuple[Callable[..., Any], Any, dict[str, bool]]] = {
    "well conditioned": (_whitened, _table(np.random.default_rng(1), 4, 6), {"the answer": False}),
    "divided by an eigenvalue of the size of rounding": (
        _without_eps, _table(np.random.default_rng(1), 4, 6), {"the answer": True},
    ),
    "a comparison on an edge": (lambda x: bool(x.sum() > 0.6), EDGE, {"the answer": True}),
    "a comparison off it": (lambda x: bool(x.sum() > 0.5), EDGE, {"the answer": False}),
    "an exception on an edge": (_raises_on_an_edge, EDGE, {EVERYTHING: True}),
    "one exception or another": (_raises_one_or_another, EDGE, {EVERYTHING: True}),
    "an exception in any case": (_without_eps, 0.1, {}),
    "float32 handed over as numbers": (lambda x: x.tolist(), EDGE.float() / 7, {"the answer": True}),
    "what should be zero": (lambda x: x[:2].sum() - x[2], EDGE, {"the answer": True}),
    "nothing to move": (lambda x: x, torch.eye(2), {}),
    "of no known type": (lambda x: object(), EDGE, {"the answer": False}),
    "in place": (lambda x: x.mul_(2), EDGE, {"the answer": False}),
    "in containers": (lambda x: {"a": [x, (1.5, None)], "b": x.numpy()}, EDGE, {"the answer": False}),
}  # fmt: skip


@pytest.mark.parametrize("name", NOISE)
def test_what_rounding_decides_is_found(name: str) -> None:
    function, x, wanted = NOISE[name]
    (found,) = noise(function, "f", ways([_case("it", x)]), companions={})
    assert {what: size > UNDECIDED for what, size in found.items()} == wanted


def test_slack_makes_noise_smaller() -> None:
    x = _table(np.random.default_rng(1), 4, 6)
    (tight, loose) = noise(_without_eps, "f", ways([_case("a", x), _case("b", x, slack=100)]), companions={})
    assert tight["the answer"] == pytest.approx(100 * loose["the answer"])


def test_a_mark_takes_the_place_of_the_value() -> None:
    results = [Result({"a": 1, "b": 2}), Result({"a": 1}), Result(error="ValueError")]
    found = marked(results, [{"a": 1.0, "b": 0.0}, {"a": 0.01}, {EVERYTHING: math.inf}])
    assert found == [Result({"b": 2}, undecided=("a",)), results[1], Result(undecided=(EVERYTHING,))]


# --- what is stored


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    return [_case("more rows", _table(rng, 9, 3)), _case("fewer rows", _table(rng, 4, 6))]


WHITE = Exercise(
    "white",
    _whitened,
    _cases,
    accepted=[Accepted("in_one_line", lambda x: _whitened(x))],
    mistakes=[Mistake("eps_missing", _without_eps, "Add ε.", 0.5), Mistake("nothing", lambda x: x, "Do it.")],
)


def _marks(data: bytes) -> dict[str, list[tuple[str, ...]]]:
    return {item.name: [result.undecided for result in item.results] for item in read(data).candidates}


def test_only_what_rounding_decides_is_stored_without_its_value() -> None:
    assert _marks(stored.outcomes(WHITE)) == {
        "reference": [(), ()], "eps_missing": [(), ("the answer",)], "nothing": [(), ()],
    }  # fmt: skip


def _rounded(x: Tensor) -> float:
    return math.floor(float(x.sum() * 10))


ONE = [_case("on the edge", EDGE)]
REFUSED: dict[str, tuple[Exercise, str]] = {
    "the reference": (
        Exercise("f", _rounded, lambda rng: ONE, accepted=[], mistakes=[]),
        "in the case “on the edge” rounding decides the answer of the reference, .* Move the case off the edge",
    ),
    "an accepted variant": (
        Exercise("f", lambda x: 6, lambda rng: [_case("off it", EDGE / 7), *ONE],
                 accepted=[Accepted("by_floor", lambda x: 6 if x.sum() < 0.5 else _rounded(x))], mistakes=[]),
        "“on the edge” rounding decides the answer of the accepted variant by_floor",
    ),
    "a mistake that may be none": (
        Exercise("f", lambda x: 6, lambda rng: ONE, accepted=[], mistakes=[Mistake("by_floor", _rounded, "No.")]),
        "the mistake by_floor gives sound results but for what rounding decides. Add a case",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_an_author_is_told_of_a_case_on_a_knifes_edge(name: str) -> None:
    exercise, sentence = REFUSED[name]
    with pytest.raises(CourseError, match=sentence):
        stored.outcomes(exercise)


def test_a_mistake_that_is_wrong_whatever_rounding_does_is_kept() -> None:
    narrow = replace(WHITE, cases=lambda rng: _cases(rng)[1:])
    assert _marks(stored.outcomes(narrow))["eps_missing"] == [("the answer",)]


# how noisy, what is stored, and what is to be stored
DOUBT: list[tuple[float, bool | None, bool]] = [
    (0.01, None, False), (0.01, True, False), (0.05, None, False), (0.05, False, False), (0.05, True, True),
    (0.2, None, True), (0.2, False, False), (0.2, True, True), (0.5, None, True), (0.5, False, True),
]  # fmt: skip


@pytest.mark.parametrize(("size", "before", "after"), DOUBT)
def test_what_is_in_doubt_stays_as_it_is_stored(
    size: float, before: bool | None, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "_unchanged", lambda item, old: None)  # else nobody asks how noisy it is

    def built(sizes: float, old: bytes | None) -> bytes:
        found = {"reference": 0.0, "in_one_line": 0.0, "eps_missing": sizes, "nothing": 0.0}
        monkeypatch.setattr(judge, "noises", lambda exercise, name, seeds: ({"the answer": found[name]}, {}))
        return stored.outcomes(WHITE, old)

    old = None if before is None else built(1.0 if before else 0.0, None)
    new = built(size, old)
    assert _marks(new)["eps_missing"] == [("the answer",) if after else (), ()]
    assert old is None or stored.agree(old, new) is (before == after)


def test_what_comes_to_the_same_again_is_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    noises = judge.noises
    monkeypatch.setattr(judge, "noises", lambda item, name, *more: asked.append(name) or noises(item, name, *more))
    first = stored.outcomes(WHITE)
    assert {"eps_missing", "nothing"} <= set(asked)
    asked.clear()
    assert stored.outcomes(WHITE, first) == first
    assert not {"eps_missing", "nothing"} & set(asked)


@pytest.mark.parametrize(("size", "kept"), [(0.01, False), (0.05, True)])
def test_a_number_in_doubt_stays_as_it_is_stored(size: float, kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def sizes(exercise: Exercise, name: str, seeds: Sequence[int]) -> Any:
        return ({"the answer": size if name == "nothing" else 0.0}, {})

    def nothing(x: Tensor) -> Tensor:
        return x * (1 + 5e-9)

    monkeypatch.setattr(judge, "noises", sizes)
    before = stored.outcomes(WHITE)
    moved_on = replace(WHITE, mistakes=[WHITE.mistakes[0], Mistake("nothing", nothing, "Do it.")])
    assert stored.agree(before, stored.outcomes(moved_on, before)) is False
    monkeypatch.setattr(judge, "noises", lambda *args: (sizes(*args)[0],) * 2)
    assert stored.agree(before, stored.outcomes(moved_on, before)) is kept


@pytest.mark.parametrize("old", [b"", b"not a frame", None])
def test_what_cannot_be_read_is_written_anew(old: bytes | None) -> None:
    assert stored.outcomes(WHITE, old) == stored.outcomes(WHITE)


# --- what is judged


def test_a_mistake_in_other_words_has_other_noise_and_the_same_name() -> None:
    assert judge_local(WHITE, _without_eps).diagnosis == "eps_missing"
    verdict = judge_local(WHITE, _without_eps_in_other_words)
    assert (verdict.diagnosis, verdict.credit) == ("eps_missing", 0.5)


def test_nothing_is_played_again_for_an_answer_that_is_near_to_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(judge, "noises", lambda exercise, name, seeds, **options: asked.append(name) or ({},) * 4)
    assert judge_local(WHITE, lambda x: torch.zeros_like(x)).diagnosis == "constant"
    assert asked == []
    assert judge_local(WHITE, _without_eps_in_other_words).diagnosis != "eps_missing"
    assert asked == ["eps_missing"]
