"""Stored outcomes: what the student package keeps of an exercise, and when two of them are the same."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from steepest._checks import wire
from steepest._checks.agreement import agreed_with, alike, measured
from steepest._checks.cases import EVERYTHING, Candidate, Case, Result
from steepest._checks.compare import difference
from steepest._checks.outcomes import Outcomes, dump, read

from steepest_grader.errors import CourseError
from steepest_grader.exercise import judge, ladder, rules
from steepest_grader.exercise.kept import kept
from steepest_grader.exercise.model import Exercise, Mistake, form_key
from steepest_grader.exercise.undecided import DECIDED, UNDECIDED, Noise, marked, replays

__all__ = ["agree", "outcomes"]

# last bits differ between processors; anything larger is a change
TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-4, torch.float16: 5e-3, torch.bfloat16: 2e-2}
NOTHING = 1e-14


def outcomes(exercise: Exercise, old: bytes | None = None) -> bytes:
    """Play an exercise's public cases and write down the outcomes, but for what rounding decides.

    Parameters
    ----------
    exercise : Exercise
    old : bytes, optional
        The outcomes that are stored already: where it is in doubt whether rounding decides, they stand.

    Raises
    ------
    CourseError
        If the exercise breaks a rule, see `rules`, if rounding decides what a sound implementation gives, or if a
        mistake cannot be told from one on the public cases, or by what rounding decides alone.
    """
    rules.check(exercise)
    what = ("outcomes", judge.PUBLIC_SEED, hashlib.sha256(old or b"").digest())
    return kept(exercise, what, lambda: _made(exercise, old))


def _made(exercise: Exercise, old: bytes | None) -> bytes:
    seeds = (judge.PUBLIC_SEED,)
    rules.check_cases(exercise, judge.PUBLIC_SEED)
    try:
        cases, candidates = judge.candidates(exercise, seeds)
    except RuntimeError as error:  # what the judge says of a variant that raises
        raise CourseError(f"Exercise {error}") from error
    except Exception as error:
        raise rules.failure(exercise, judge.PUBLIC_SEED, error) from error
    rules.check_candidates(exercise, candidates)
    _refuse_edges(exercise, cases)
    before = _results(old)
    known, wrong = ladder.written(exercise, candidates)
    settled = known + [
        _unchanged(item, before.get(key, []))
        or _settled(cases, item, judge.noises(exercise, key, seeds), before.get(key, []))
        for key, item in zip(exercise.wrong, wrong, strict=True)
    ]
    _refuse_sound_mistakes(exercise, cases, settled)
    settled = _distinct(cases, settled)
    return dump(Outcomes(exercise.id, exercise.signature, exercise.parameters, cases, settled, judge.probes(exercise)))


def _distinct(cases: Sequence[Case], candidates: Sequence[Candidate]) -> list[Candidate]:
    """Candidates without forms of a mistake that come to the same as an earlier one."""
    distinct: list[Candidate] = []
    for item in candidates:
        earlier = [other for other in distinct if other.kind == "mistake" and other.name == item.name]
        if not any(alike(cases, other, item.results) == 1 for other in earlier):
            distinct.append(item)
    return distinct


def _refuse_edges(exercise: Exercise, cases: Sequence[Case]) -> None:
    accepted = {item.name: f"the accepted variant {item.name}" for item in exercise.accepted}
    for name, said in {"reference": "the reference", **accepted}.items():
        for case, noise in zip(cases, judge.noises(exercise, name, (judge.PUBLIC_SEED,)), strict=True):
            for what, size in noise.items():
                if size > UNDECIDED:
                    raise CourseError(
                        f"Exercise {exercise.id}: in the case “{case.name}” rounding decides {what} of {said}, so an "
                        "honest answer may be refused. Move the case off the edge, give it more slack, or, if its last "
                        "bits are its point, call it exact."
                    )


def _refuse_sound_mistakes(exercise: Exercise, cases: Sequence[Case], candidates: Sequence[Candidate]) -> None:
    sound = [candidate for candidate in candidates if candidate.kind != "mistake"]
    for item, found in zip(exercise.wrong.values(), ladder.written(exercise, candidates)[1], strict=True):
        if not agreed_with(cases, sound, found.results):
            continue
        if found.undecided and not _may_pass(exercise, item, cases, sound):
            continue  # how it is wrong is undecided, but that it is wrong is not
        but = " but for what rounding decides" if found.undecided else ""
        raise CourseError(
            f"Exercise {exercise.id}: on the public cases the mistake {item.name} gives sound results{but}. "
            "Add a case that sets it apart, or remove it."
        )


def _may_pass(exercise: Exercise, item: Mistake, cases: Sequence[Case], sound: Sequence[Candidate]) -> bool:
    """Whether rounding may make a mistake's results those of a sound implementation in every case."""
    companions = exercise.companions_of(item)
    ways = judge.ways(exercise, (judge.PUBLIC_SEED,))
    played = replays(item.implementation, exercise.id, ways, companions=companions)
    return any(
        all(
            any(agreed_with([case], [known.only(place)], [result]) for result in results)
            for place, (case, results) in enumerate(zip(cases, played, strict=True))
        )
        for known in sound
    )


def _results(old: bytes | None) -> dict[str, Sequence[Result]]:
    """Results by form of a mistake from stored outcomes; none from what cannot be read."""
    try:
        mistakes = [item for item in read(old or b"").candidates if item.kind == "mistake"]
    except (wire.WireError, KeyError, TypeError):
        return {}
    return {form_key(item.name, item.form): item.results for item in mistakes}


def _unchanged(item: Candidate, old: Sequence[Result]) -> Candidate | None:
    """A candidate as it is stored, with what rounding decides of it, if it has come to the same again."""
    return (
        replace(item, results=old) if len(old) == len(item.results) and all(map(_agrees, old, item.results)) else None
    )


def _agrees(old: Result, new: Result) -> bool:
    if EVERYTHING in old.undecided:
        return False
    decided = {name: value for name, value in new.observations.items() if name not in old.undecided}
    alike = (old.error, old.effects, set(old.observations)) == (new.error, new.effects, set(decided))
    return alike and all(_same(old.observations[name], value) for name, value in decided.items())


def _settled(cases: Sequence[Case], item: Candidate, noises: Sequence[Noise], old: Sequence[Result]) -> Candidate:
    """A candidate without what rounding decides; what is in doubt stays as it is stored."""
    stored = [*old, *[None] * len(item.results)]
    results = [_kept(*each) for each in zip(cases, item.results, noises, stored, strict=False)]
    return replace(item, results=results)


def _kept(case: Case, new: Result, noise: Noise, old: Result | None) -> Result:
    doubtful = [name for name, size in noise.items() if DECIDED < size <= UNDECIDED]
    if old is None or not doubtful:
        return marked([new], [noise])[0]
    sure = {name: math.inf if name in old.undecided else 0.0 for name in doubtful}
    result = marked([new], [{**noise, **sure}])[0]
    values = {
        name: old.observations[name]
        for name in doubtful
        if name in result.observations
        and name in old.observations
        and difference(result.observations[name], old.observations[name], measured(case)) is None
    }
    return replace(result, observations={**result.observations, **values})


def agree(old: bytes, new: bytes) -> bool:
    """Whether two stored outcomes are the same but for the last bits of their numbers and the lines of errors."""
    try:
        return _same(wire.decode(old), wire.decode(new))
    except wire.WireError:
        return False


def _same(old: Any, new: Any) -> bool:
    if type(old) is not type(new):
        return False
    if isinstance(new, torch.Tensor):
        return old.dtype == new.dtype and old.stride() == new.stride() and _close(old, new)
    if isinstance(new, np.ndarray | np.generic):
        return old.dtype == new.dtype and _close(torch.as_tensor(old), torch.as_tensor(new))
    if isinstance(new, list | tuple):
        return len(old) == len(new) and all(map(_same, old, new))
    if isinstance(new, dict):
        moved = {"line"} if {"line", "error"} <= new.keys() else set()  # where an error stands in our own source
        return list(old) == list(new) and all(_same(old[key], new[key]) for key in new.keys() - moved)
    if isinstance(new, wire.Named):
        return old.name == new.name and _same(dict(old.params), dict(new.params))
    if isinstance(new, float):
        tolerance = TOLERANCE[torch.float64]
        both_nan = math.isnan(old) and math.isnan(new)
        return both_nan or math.isclose(old, new, rel_tol=tolerance, abs_tol=NOTHING)
    return bool(old == new)


def _close(old: torch.Tensor, new: torch.Tensor) -> bool:
    """Compare tensors of one type on the scale of their largest entry."""
    if old.shape != new.shape:
        return False
    if new.dtype not in TOLERANCE:
        return torch.equal(old, new)
    old, new, tolerance = old.double(), new.double(), TOLERANCE[new.dtype]
    finite = new[new.isfinite()]
    scale = float(finite.abs().max()) if finite.numel() else 0.0
    return bool(torch.isclose(old, new, rtol=tolerance, atol=max(tolerance * scale, NOTHING), equal_nan=True).all())
