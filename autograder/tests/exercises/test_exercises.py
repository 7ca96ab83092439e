"""The contract that every exercise keeps. A new exercise is found and tested by itself."""

from __future__ import annotations

import inspect
import os
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from steepest._checks import outcomes
from steepest._checks.agreement import measured
from steepest._checks.calls import local
from steepest._checks.cases import Candidate, play
from steepest._checks.compare import RELATIVE, Measure, difference, same_bits
from steepest._checks.finding import Finding, find
from steepest_grader.exercise.catalogue import exercise, lessons
from steepest_grader.exercise.judge import HIDDEN_SEEDS, PUBLIC_SEED, candidates, judge_local, noises, refusals
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake, Outcome, Rung, form_key
from steepest_grader.exercise.trivial import TRIVIAL, WRONG_SHAPE
from steepest_grader.exercise.undecided import EDGE
from steepest_grader.trust.variants import source_of
from torch import Tensor

EXERCISES = [item for group in lessons().values() for item in group]
ACCEPTED = [(item, accepted) for item in EXERCISES for accepted in item.accepted]

LONG = bool(os.environ.get("STEEPEST_LONG"))
LUCK = range(4) if LONG else range(1)
SINGLE = RELATIVE[torch.float32] / RELATIVE[torch.float64]


FEW = {"prepare_training": 4}  # what a start can be seen to be
DRAWN_FREELY = {"prepare_training", "train_step"}  # what is drawn from elsewhere counts where it plays a part
LONGEST = {"train_step": 8}  # seconds

every_exercise = pytest.mark.parametrize("item", EXERCISES, ids=lambda item: item.id)
every_accepted = pytest.mark.parametrize(
    ("item", "accepted"), ACCEPTED, ids=[f"{item.id}-{accepted.name}" for item, accepted in ACCEPTED]
)


def _cases(item: Exercise, seed: int) -> list[Case]:
    return list(item.cases(np.random.default_rng(seed)))


# --- what stands in an exercise --------------------------------------------------------------------------------


def test_an_id_is_used_once() -> None:
    ids = [item.id for item in EXERCISES]
    assert len(set(ids)) == len(ids)


@every_exercise
def test_it_has_enough_variants_and_mistakes(item: Exercise) -> None:
    assert len(item.accepted) >= 3
    assert len(item.mistakes) + len(item.ladder) >= FEW.get(item.id, 6)
    names = [variant.name for variant in (*item.accepted, *item.mistakes, *item.ladder)]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]+", name) for name in names)
    implementations = [variant.implementation for variant in (*item.accepted, *item.wrong.values())]
    assert len({id(function) for function in [*implementations, item.reference]}) == len(implementations) + 1


@every_exercise
def test_every_variant_can_be_written_out_any_number_of_times(item: Exercise) -> None:
    for variant in (*item.accepted, *item.mistakes):
        text = source_of(item, variant)
        assert text == source_of(item, variant)
        namespace: dict[str, object] = {}
        exec(text, namespace)
        assert callable(namespace[item.id])
        assert "steepest_grader" not in text and "steepest_exercises" not in text


@every_exercise
def test_hints_teach_in_a_sentence_or_three(item: Exercise) -> None:
    for mistake in item.mistakes:
        assert 20 <= len(mistake.hint) <= 320, mistake.name
        assert mistake.hint.rstrip("`)").endswith((".", "?")), mistake.name


@every_exercise
def test_a_convention_that_shows_is_explained(item: Exercise) -> None:
    shown = {known.name: known.text for known in candidates(item)[1] if known.kind == "accepted"}
    assert all(shown.values()), shown


@every_exercise
def test_cases_have_names_and_are_the_same_for_a_seed(item: Exercise) -> None:
    first, again, other = _cases(item, 1), _cases(item, 1), _cases(item, 2)
    assert [case.name for case in first] == [case.name for case in again] == [case.name for case in other]
    assert len({case.name for case in first}) == len(first) >= 1
    assert all(same_bits(_plain(one.inputs), _plain(two.inputs)) for one, two in zip(first, again, strict=True))
    changed = [not same_bits(_plain(one.inputs), _plain(two.inputs)) for one, two in zip(first, other, strict=True)]
    assert any(changed)


def _plain(value: Any) -> Any:
    """Names of functions as dicts, so that their parameters are compared entry by entry."""
    if hasattr(value, "params"):
        return {"name": value.name, "params": _plain(dict(value.params))}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def test_a_lesson_has_a_case_in_float32_and_one_in_float64() -> None:
    for name, group in lessons().items():
        found = {dtype for item in group for case in _cases(item, 1) for dtype in _float_types(case.inputs)}
        assert {torch.float32, torch.float64} <= found, name


# --- what the judge makes of it --------------------------------------------------------------------------------


@every_exercise
def test_the_reference_passes_and_changes_nothing(item: Exercise) -> None:
    verdict = judge_local(item, item.reference)
    assert (verdict.outcome, verdict.credit, verdict.diagnosis) == (Outcome.PASSED, 1.0, None)
    assert all(result.effects == () for result in candidates(item)[1][0].results)


@every_exercise
@pytest.mark.parametrize("seed", LUCK)
def test_a_students_luck_does_not_matter(item: Exercise, seed: int) -> None:
    """With every form of every mistake in the long run, and with the first of each in the short one."""
    assert refusals(item, [seed]) == {}
    asked = item if LONG else replace(item, mistakes=[replace(mistake, forms=()) for mistake in item.mistakes])
    cases, known = candidates(asked, (seed,))
    expected = {key: mistake.credit for key, mistake in (asked.wrong | _short(item)).items()}
    assert {key: finding.credit for key, finding in _findings(cases, known).items()} == expected


def _short(item: Exercise) -> dict[str, Rung]:
    """Steps of a ladder that fall short of all points."""
    return {step.name: step for step in item.ladder if step.credit < 1}


def _findings(cases: Sequence[Case], known: Sequence[Candidate]) -> dict[str, Finding]:
    """What each form of a mistake is found to be from its results."""
    mistakes = [each for each in known if each.kind == "mistake"]
    return {form_key(each.name, each.form): find(cases, known, each.results) for each in mistakes}


@every_accepted
def test_an_accepted_variant_gets_full_marks(item: Exercise, accepted: Accepted) -> None:
    verdict = judge_local(item, accepted.implementation, companions=item.companions_of(accepted))
    assert (verdict.outcome, verdict.credit) == (Outcome.PASSED, 1.0)
    assert verdict.diagnosis in {None, *(other.name for other in item.accepted)}


@every_exercise
def test_every_form_of_a_mistake_is_caught_and_named(item: Exercise) -> None:
    """On the hidden cases, by the results that the judge compares students with; `verify` judges each anew."""
    found = _findings(*candidates(item))
    known = item.wrong | _short(item)
    assert {key: finding.name for key, finding in found.items()} == {key: known[key].name for key in known}
    for key, mistake in known.items():
        assert found[key].credit == mistake.credit < 1, key
        assert found[key].text == (mistake.hint if isinstance(mistake, Mistake) else mistake.text), key


@every_exercise
def test_a_mistake_is_told_by_what_it_computes(item: Exercise) -> None:
    """A mistake that raises everywhere would lend its name to any function that raises."""
    mistakes = [candidate for candidate in candidates(item)[1] if candidate.kind == "mistake"]
    assert [item.name for item in mistakes if not any(result.observations for result in item.results)] == []


@every_exercise
def test_public_cases_tell_every_mistake_apart(item: Exercise) -> None:
    stored = outcomes.load(item.id)
    mistakes = [known for known in stored.candidates if known.kind == "mistake"]
    decided = [
        known for known in mistakes if not known.undecided
    ]  # `build` sees to it that the others are no sound ones
    found = [find(stored.cases, stored.candidates, known.results).name for known in decided]
    assert found == [known.name for known in decided]
    assert {known.name for known in mistakes} == {each.name for each in (*item.mistakes, *_short(item).values())}
    assert refusals(item, [PUBLIC_SEED]) == {}


@every_exercise
def test_rounding_decides_nothing_of_a_sound_answer(item: Exercise) -> None:
    """On the hidden cases, as `build` sees to it on the public ones; with a wide margin to where a mark is made."""
    for name in ("reference", *(accepted.name for accepted in item.accepted)):
        for noise in noises(item, name, HIDDEN_SEEDS):
            assert all(size < EDGE for size in noise.values()), name


@every_exercise
@pytest.mark.parametrize("name", TRIVIAL)
def test_an_answer_without_work_earns_nothing(item: Exercise, name: str) -> None:
    assert judge_local(item, TRIVIAL[name](item)).credit == 0


@every_exercise
@pytest.mark.parametrize("name", WRONG_SHAPE)
def test_a_wrong_shape_does_not_get_full_marks(item: Exercise, name: str) -> None:
    assert judge_local(item, WRONG_SHAPE[name](item)).credit < 1


@every_exercise
def test_a_blank_function_is_not_attempted(item: Exercise) -> None:
    def blank(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    verdict = judge_local(item, blank)
    assert (verdict.credit, verdict.diagnosis) == (0, "not_attempted")


@every_exercise
@pytest.mark.parametrize("seeded", [False, True])
def test_global_generators_are_left_alone(item: Exercise, seeded: bool) -> None:
    """Seeding one costs half; so does a draw where a generator is given, and elsewhere it plays no part."""

    def drawing(*args: Any, **kwargs: Any) -> Any:
        if seeded:
            torch.manual_seed(0)
        torch.rand(1)
        return item.reference(*args, **kwargs)

    verdict = judge_local(item, drawing)
    if seeded:
        assert (verdict.credit, verdict.diagnosis) == (0.5, "seeds_global_generator")
    elif "generator" in inspect.signature(item.reference).parameters and item.id not in DRAWN_FREELY:
        assert (verdict.credit, verdict.diagnosis) == (0.5, "uses_global_generator")
    else:
        assert (verdict.credit, verdict.diagnosis) == (1, None)


@every_exercise
def test_judging_takes_less_than_two_seconds(item: Exercise) -> None:
    candidates(item)  # made once for a whole class
    start = time.perf_counter()
    judge_local(item, item.reference)
    assert time.perf_counter() - start < LONGEST.get(item.id, 2)


# --- the reference and torch -----------------------------------------------------------------------------------


def _float_types(value: Any) -> set[torch.dtype]:
    if isinstance(value, Tensor):
        return {value.dtype} if value.is_floating_point() else set()
    if hasattr(value, "params"):
        return _float_types(dict(value.params))
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return {dtype for part in parts for dtype in _float_types(part)}


def _single(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.float() if value.is_floating_point() else value
    if hasattr(value, "params"):
        return type(value)(value.name, _single(dict(value.params)))
    if isinstance(value, list | tuple):
        return type(value)(_single(part) for part in value)
    if isinstance(value, dict):
        return {key: _single(part) for key, part in value.items()}
    return value


@every_exercise
def test_the_reference_works_in_float32(item: Exercise) -> None:
    cases = _cases(item, 7)
    single = [Case(case.name, _single(dict(case.inputs)), case.drive, case.slack) for case in cases]
    function = local(item.reference, item.id, companions=item.companions)
    results = play(function, cases)
    in_single = play(function, single)
    for case, double, result in zip(cases, results, in_single, strict=True):
        assert result.error == double.error, case.name
        if _float_types(case.inputs) == {torch.float64}:
            assert torch.float64 not in _float_types(dict(result.observations)), case.name
        expected, actual = dict(double.observations), dict(result.observations)
        # who chooses a coarse type gets no more slack, and here nobody has chosen
        given = SINGLE if _float_types(case.inputs) == {torch.float64} else 1.0
        coarse = replace(case, slack=100 * given * case.slack)
        said = difference(expected, actual, measured(coarse, Measure(any_dtype=True)))
        assert said is None, case.name


def _gradient(theta: Tensor, step: int) -> Tensor:
    curvature = torch.arange(1.0, 6.0, dtype=torch.float64)
    return curvature * theta + torch.sin(0.3 * step + curvature)


@pytest.mark.parametrize(("name", "nesterov"), [("momentum_step", False), ("nesterov_step", True)])
def test_the_reference_agrees_with_torch_over_200_steps(name: str, nesterov: bool) -> None:
    """torch keeps a velocity without the rate, and for Nesterov the point that looks ahead."""
    lr, beta = 0.02, 0.9
    step_of = exercise(name).reference
    start = torch.linspace(-1, 1, 5, dtype=torch.float64)
    weight = torch.nn.Parameter(start.clone())
    optimizer = torch.optim.SGD([weight], lr=lr, momentum=beta, nesterov=nesterov)
    theta, state = start, {"velocity": torch.zeros_like(start)}
    for step in range(200):
        weight.grad = _gradient(weight.detach(), step)
        optimizer.step()
        given = (lambda at, step=step: _gradient(at, step)) if nesterov else _gradient(theta, step)
        theta, state = step_of(theta, given, state, lr=lr, beta=beta)
        ahead = theta + beta * state["velocity"] if nesterov else theta
        torch.testing.assert_close(ahead, weight.detach(), rtol=1e-10, atol=1e-12)
