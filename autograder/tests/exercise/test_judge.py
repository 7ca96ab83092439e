"""The judge: an implementation and an exercise give a verdict."""

from __future__ import annotations

import contextlib
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from steepest._checks import agent
from steepest._checks.calls import Function, NoAnswer, local
from steepest._checks.generators import GENERATOR
from steepest_grader import grade
from steepest_grader.exercise.catalogue import exercise
from steepest_grader.exercise.judge import HIDDEN_SEEDS, PUBLIC_SEED, candidates, judge, judge_local, passes, refusals
from steepest_grader.exercise.model import Accepted, Case, Exercise, GradedSubmission, Mistake, Outcome, Verdict
from torch import Tensor


def _cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            f"{len(shape)} axes",
            {"args": [torch.from_numpy(rng.standard_normal(shape))], "kwargs": {"lr": 0.1}, "outputs": ["step"]},
        )
        for shape in ((3,), (2, 3))
    ]


def _step(grad: Tensor, *, lr: float) -> Tensor:
    return grad.mul(-lr)


EXERCISE = Exercise(
    "step",
    _step,
    _cases,
    accepted=[
        Accepted("product", lambda grad, *, lr: -lr * grad),
        Accepted("ascent_form", lambda grad, *, lr: lr * grad, "The sign is left to the caller."),
    ],
    mistakes=[
        Mistake("no_rate", lambda grad, *, lr: -grad, "Multiply by lr."),
        Mistake("half_step", lambda grad, *, lr: -lr * grad / 2, "There is no half here.", credit=0.25),
    ],
    points=4,
)


def test_accepted_variants_are_judged_with_further_seeds() -> None:
    def when_large(grad: Tensor, *, lr: float) -> Tensor:
        return -lr * grad * (1 if float(grad.flatten()[0]) < 1.5 else 1.01)

    assert refusals(EXERCISE, range(20)) == {}
    rare = replace(EXERCISE, accepted=[*EXERCISE.accepted, Accepted("when_large", when_large)])
    found = refusals(rare, range(20))
    assert set(found) == {"when_large"}
    assert 0 < len(found["when_large"]) < 20


def _blank(grad: Tensor, *, lr: float) -> Tensor:
    raise NotImplementedError


def _draws(grad: Tensor, *, lr: float) -> Tensor:
    random.random()
    return -lr * grad


def _seeds(grad: Tensor, *, lr: float) -> Tensor:
    random.seed(1)
    return -lr * grad


def _breaks(grad: Tensor, *, lr: float) -> Tensor:
    raise RuntimeError("nothing works")


def _exits(grad: Tensor, *, lr: float) -> Tensor:
    raise SystemExit(0)


class _Liar(torch.Tensor):
    """A tensor that claims to be equal to everything."""

    def __eq__(self, other: object) -> Any:
        return torch.ones(3, dtype=torch.bool)

    __hash__ = torch.Tensor.__hash__


VERDICTS: dict[str, tuple[Callable[..., Any], Outcome, float, str | None, str]] = {
    "the reference": (_step, Outcome.PASSED, 4, None, ""),
    "an accepted variant with the same results": (lambda grad, *, lr: -(grad * lr), Outcome.PASSED, 4, None, ""),
    "an accepted convention": (
        lambda grad, *, lr: grad * lr, Outcome.PASSED, 4, "ascent_form", "The sign is left to the caller.",
    ),
    "a mistake": (
        lambda grad, *, lr: grad * -1, Outcome.FAILED, 0, "no_rate",
        "Step is wrong, in the case “1 axes”. Multiply by lr.",
    ),
    "a mistake with credit": (
        lambda grad, *, lr: grad * lr * -0.5, Outcome.PARTIAL, 1, "half_step",
        "Step is wrong, in the case “1 axes”. There is no half here.",
    ),
    "blank": (
        _blank, Outcome.FAILED, 0, "not_attempted", "Write the body of the function and run the cell again.",
    ),
    "in place": (
        lambda grad, *, lr: grad.mul_(-lr), Outcome.PARTIAL, 2, "changes_its_arguments",
        "It changes `grad` in place. The result is right, but",
    ),
    "a draw that plays no part": (_draws, Outcome.PASSED, 4, None, ""),
    "another float type": (
        lambda grad, *, lr: (-lr * grad).float(), Outcome.PARTIAL, 2, "wrong_float_type",
        "Step has type float32, expected float64, in the case “1 axes”.",
    ),
    "a mistake in another float type": (
        lambda grad, *, lr: (-lr * grad / 2).float(), Outcome.PARTIAL, 1, "half_step",
        "Step has type float32, expected float64, in the case “1 axes”. There is no half here.",
    ),
    "zeros": (
        lambda grad, *, lr: torch.zeros_like(grad), Outcome.FAILED, 0, "constant",
        "Step is wrong, in the case “1 axes”. It gives one and the same value",
    ),
    "its argument": (lambda grad, *, lr: grad, Outcome.FAILED, 0, "returns_its_argument", "Step is wrong"),
    "nothing": (lambda grad, *, lr: None, Outcome.FAILED, 0, "nothing_returned", "Step is None, expected a torch.T"),
    "another shape": (
        lambda grad, *, lr: (-lr * grad)[None], Outcome.PARTIAL, 2, "another_shape",
        "Step has shape (1, 3), expected (3,)",
    ),
    "an exception": (_breaks, Outcome.ERRORED, 0, "raises_an_error", "RuntimeError: nothing works (line"),
    "an exit": (_exits, Outcome.ERRORED, 0, "raises_an_error", "SystemExit: 0 (line"),
    "another signature": (lambda grad: grad, Outcome.ERRORED, 0, "other_arguments", "TypeError: "),
    "a tensor that lies": (
        lambda grad, *, lr: grad.as_subclass(_Liar), Outcome.FAILED, 0, None, "Step is of type _Liar",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", VERDICTS)
def test_a_verdict_has_outcome_score_diagnosis_and_message(name: str) -> None:
    implementation, outcome, score, diagnosis, message = VERDICTS[name]
    verdict = judge_local(EXERCISE, implementation)
    assert (verdict.outcome, verdict.score, verdict.diagnosis) == (outcome, score, diagnosis)
    assert verdict.message.startswith(message)
    assert bool(message) == bool(verdict.message)


@pytest.mark.parametrize("name", VERDICTS)
def test_what_passes_is_what_gets_full_marks(name: str) -> None:
    implementation, _, score, *_ = VERDICTS[name]
    assert passes(EXERCISE, local(implementation, EXERCISE.id)) == (score == EXERCISE.points)


@pytest.mark.parametrize("name", VERDICTS)
def test_no_message_of_a_hidden_case_shows_an_expected_value(name: str) -> None:
    message = judge_local(EXERCISE, VERDICTS[name][0]).message
    _, known = candidates(EXERCISE)
    for result in known[0].results:
        for value in result.observations["step"].reshape(-1).tolist():
            assert f"{value:.3g}" not in message


def test_hidden_cases_are_not_the_public_ones() -> None:
    assert PUBLIC_SEED not in HIDDEN_SEEDS
    assert len(set(HIDDEN_SEEDS)) == len(HIDDEN_SEEDS) >= 2


def test_an_accepted_variant_with_the_references_results_adds_no_candidate() -> None:
    assert [item.name for item in candidates(EXERCISE)[1]] == ["reference", "ascent_form", "no_rate", "half_step"]


BROKEN: dict[str, tuple[Exercise, str]] = {
    "a reference that raises": (
        replace(EXERCISE, reference=_breaks), "step: in case 1 the reference raised RuntimeError: nothing works",
    ),
    "a reference without a body": (replace(EXERCISE, reference=_blank), "raised NotImplementedError"),
    "an accepted variant that raises": (
        replace(EXERCISE, accepted=[Accepted("broken", _breaks)]), "the accepted variant broken raised RuntimeError",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_exercise_is_our_error_and_no_verdict(name: str) -> None:
    item, message = BROKEN[name]
    with pytest.raises(RuntimeError, match=message):
        judge_local(item, _step)


def test_a_broken_transport_is_our_error_and_no_verdict() -> None:
    class Gone:
        def exchange(self, frame: bytes) -> bytes:
            raise ConnectionResetError

    with pytest.raises(NoAnswer, match="ConnectionResetError"):
        judge(EXERCISE, Function("step", Gone()))


def test_parameters_and_signature_come_from_the_reference() -> None:
    assert EXERCISE.parameters == ["grad"]
    assert EXERCISE.signature == "step(grad, *, lr)"


def test_grade_gives_points_and_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    item = exercise("momentum_step")

    def momentum_step(*args: Any, **kwargs: Any) -> Any:
        print("step", args)
        return item.reference(*args, **kwargs)

    assert grade(momentum_step) == item.points
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_another_thread_that_draws_leaves_no_trace_in_the_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = itertools.count()

    @contextlib.contextmanager
    def watched(turn: int, *, given: bool) -> Iterator[set[str]]:
        yield set() if next(calls) % 9 else {GENERATOR}

    monkeypatch.setattr(agent, "watched", watched)
    _, known = candidates(replace(EXERCISE, mistakes=[Mistake("draws", _draws, "Do not.")]))
    assert [result.effects for candidate in known for result in candidate.results] == [()] * 12


def test_a_candidate_that_seeds_is_known_to_seed() -> None:
    _, known = candidates(replace(EXERCISE, mistakes=[Mistake("seeds", _seeds, "Do not.")]))
    assert [candidate.name for candidate in known if candidate.results[0].effects] == ["seeds"]


ODD = "\x1b]0;x\x07\x1b[31m\u202e" + "k" * 90_000


@pytest.mark.parametrize("text", [ODD, ODD[:12], "plain"])
def test_what_a_student_wrote_is_printable_and_short_wherever_people_read_it(text: str) -> None:
    verdict = Verdict("step", 1, Outcome.FAILED, message=text)
    graded = GradedSubmission("ada", "01", Outcome.FAILED, [verdict], message=text, flags=[text])
    for said in (verdict.message, graded.message, *graded.flags):
        assert said.isprintable()
        assert len(said) < 20_000
        assert (said == text) is (text == "plain")
