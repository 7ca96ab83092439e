"""Answers without work that lean on what students have: the public cases, and what a sound answer gives in them.

A replay is a function that hands out recorded results. It is more than a student could make of the stored outcomes,
since it has what every single call gave and not only what was observed of it; if it earns nothing, they do not either.
"""

from __future__ import annotations

import copy
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from steepest._checks.calls import local
from steepest._checks.cases import play

from steepest_grader.exercise.judge import PUBLIC_SEED, judge_local, sound_candidates
from steepest_grader.exercise.model import Exercise

__all__ = ["REPLAYS", "earning"]

Implementation = Callable[..., Any]
ORDER = 1  # of the cases: any will do


@dataclass(frozen=True)
class Call:
    """One call in a public case, and what came of it."""

    form: str
    numbers: torch.Tensor
    given: tuple[Any, ...]
    answer: Any
    error: BaseException | None = None

    def again(self) -> Any:
        """The same answer once more."""
        if self.error is not None:
            raise self.error
        return copy.deepcopy(self.answer)


@cache
def recorded(exercise: Exercise) -> tuple[Call, ...]:
    """Every call of the reference in the public cases, in turn."""
    calls: list[Call] = []

    def recorder(*args: Any, **kwargs: Any) -> Any:
        given, form, numbers = _kept((args, kwargs)), _form((args, kwargs)), _numbers((args, kwargs))
        try:
            result = exercise.reference(*args, **kwargs)
            answer = list(result) if isinstance(result, Iterator) else result
        except Exception as error:
            calls.append(Call(form, numbers, given, None, error))
            raise
        calls.append(Call(form, numbers, given, copy.deepcopy(answer)))
        return answer

    cases, _ = sound_candidates(exercise, (PUBLIC_SEED,))
    play(local(recorder, exercise.id, companions=exercise.companions), cases)
    return tuple(calls)


def earning(exercise: Exercise) -> list[str]:
    """Names of the replays that earn something."""
    return [name for name, make in REPLAYS.items() if credit(exercise, make(recorded(exercise))) > 0]


def credit(exercise: Exercise, implementation: Implementation) -> float:
    """What a replay earns, with the cases in an order that it does not know."""
    return judge_local(exercise, implementation, order=ORDER).credit


def _by_position(calls: Sequence[Call]) -> Implementation:
    """Hands them out one after the other."""
    turn = -1

    def implementation(*args: Any, **kwargs: Any) -> Any:
        nonlocal turn
        turn += 1
        return calls[turn % len(calls)].again()

    return implementation


def _by_position_in_its_kind(calls: Sequence[Call]) -> Implementation:
    """Hands out one after the other of those that were given the same types and shapes."""
    turns: Counter[str] = Counter()

    def implementation(*args: Any, **kwargs: Any) -> Any:
        form = _form((args, kwargs))
        like = _like(calls, form)
        turns[form] += 1
        return like[(turns[form] - 1) % len(like)].again()

    return implementation


def _nearest(scale: Callable[[torch.Tensor], torch.Tensor], among: int = 1) -> Callable[..., Implementation]:
    """What was most often given by the calls whose numbers are nearest on a scale, of the same types and shapes."""

    def made(calls: Sequence[Call]) -> Implementation:
        def implementation(*args: Any, **kwargs: Any) -> Any:
            numbers, like = scale(_numbers((args, kwargs))), _like(calls, _form((args, kwargs)))
            near = sorted(like, key=lambda call: _distance(numbers, scale(call.numbers)))
            return _most_common(near[:among]).again()

        return implementation

    return made


def _majority(calls: Sequence[Call]) -> Implementation:
    """One answer for each kind of arguments: the most common."""
    return lambda *args, **kwargs: _most_common(_like(calls, _form((args, kwargs)))).again()


def _constant(place: int) -> Callable[..., Implementation]:
    """One answer for all: the most common, the second, and so on."""

    def made(calls: Sequence[Call]) -> Implementation:
        answers = Counter(_said(call) for call in calls).most_common()
        wanted = answers[place % len(answers)][0]
        return lambda *args, **kwargs: next(call for call in calls if _said(call) == wanted).again()

    return made


def _known_or_majority(calls: Sequence[Call]) -> Implementation:
    """The answer of a call with the same arguments, else the most common of its kind."""
    by_position = _by_position_in_its_kind(calls)

    def implementation(*args: Any, **kwargs: Any) -> Any:
        numbers, form = _numbers((args, kwargs)), _form((args, kwargs))
        same = [call for call in calls if call.form == form and torch.equal(call.numbers, numbers)]
        return same[0].again() if same else by_position(*args, **kwargs)

    return implementation


REPLAYS: dict[str, Callable[[Sequence[Call]], Implementation]] = {
    "by position": _by_position,
    "by position in its kind": _by_position_in_its_kind,
    "nearest input": _nearest(lambda numbers: numbers),
    "nearest input by its logarithm": _nearest(lambda numbers: numbers.sign() * numbers.abs().clamp_min(1e-12).log()),
    "nearest input by its rank": _nearest(lambda numbers: numbers.argsort().argsort().double()),
    "nearest input by its sizes": _nearest(lambda numbers: numbers.abs().sort().values),
    "nearest input by its signs": _nearest(lambda numbers: numbers.sign()),
    "nearest input by its direction": _nearest(lambda numbers: numbers / numbers.norm().clamp_min(1e-12)),
    "three nearest inputs": _nearest(lambda numbers: numbers, 3),
    "most common of its kind": _majority,
    "most common": _constant(0),
    "second most common": _constant(1),
    "known input, else by position": _known_or_majority,
}
"""By name what makes a function of recorded calls; each must earn nothing."""


def _like(calls: Sequence[Call], form: str) -> Sequence[Call]:
    """Calls of this kind, or else of the kinds most like it."""
    same = [call for call in calls if call.form == form]
    return same or [call for call in calls if call.form.count("[") == form.count("[")] or calls


def _most_common(calls: Sequence[Call]) -> Call:
    counts = Counter(map(_said, calls))
    return max(calls, key=lambda call: counts[_said(call)])


def _said(call: Call) -> str:
    return repr(call.error) if call.error is not None else repr(call.answer)


def _distance(left: torch.Tensor, right: torch.Tensor) -> float:
    if left.shape != right.shape:
        return math.inf
    return float((left - right).nan_to_num().norm())


def _kept(value: Any) -> Any:
    return value


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key in sorted(value):
            yield from _leaves(value[key])
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def _form(value: Any) -> str:
    """Types and shapes of all that is in a value."""
    return ",".join(
        f"{leaf.dtype}{list(leaf.shape)}" if isinstance(leaf, torch.Tensor) else type(leaf).__name__
        for leaf in _leaves(value)
    )


def _numbers(value: Any) -> torch.Tensor:
    """All numbers in a value, one after the other."""
    parts = [
        leaf.detach().cpu().double().reshape(-1) if isinstance(leaf, torch.Tensor) else torch.tensor([float(leaf)]).double()
        for leaf in _leaves(value)
        if isinstance(leaf, torch.Tensor | int | float) and not (isinstance(leaf, torch.Tensor) and leaf.is_complex())
    ]
    return torch.cat(parts) if parts else torch.zeros(0).double()
