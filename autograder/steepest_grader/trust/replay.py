"""Answers without work that lean on what students have: the public cases, and what a sound answer gives in them.

A replay is a function that hands out recorded results. It is more than a student could make of the stored outcomes,
since it has what every single call gave and not only what was observed of it; if it earns nothing, they do not either.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from steepest._checks.calls import local
from steepest._checks.cases import play
from torch import Tensor

from steepest_grader.exercise.judge import PUBLIC_SEED, judge_local, sound_candidates
from steepest_grader.exercise.model import Exercise

__all__ = ["earning", "recorded", "replays"]

ORDER = 1  # of the cases: any will do


@dataclass(frozen=True)
class Call:
    """One call in a public case, and what came of it.

    Attributes
    ----------
    form : str
        Types and shapes of all arguments.
    numbers : Tensor
        All numbers among them.
    said : str
        The answer as text, or the exception.
    """

    form: str
    numbers: Tensor
    said: str
    answer: Any
    error: Exception | None = None

    def again(self) -> Any:
        """The same answer once more."""
        if self.error is not None:
            raise self.error
        return copy.deepcopy(self.answer)


Replay = Callable[[Sequence[Call], str, Tensor], Call]


@cache
def recorded(exercise: Exercise) -> tuple[Call, ...]:
    """Every call of the reference in the public cases, in turn, but none twice."""
    calls: dict[bytes, Call] = {}

    def recorder(*args: Any, **kwargs: Any) -> Any:
        form, numbers = _form((args, kwargs)), _numbers((args, kwargs))
        key = form.encode() + numbers.numpy().tobytes()
        try:
            result = exercise.reference(*args, **kwargs)
        except Exception as error:
            calls.setdefault(key, Call(form, numbers, repr(error), None, error))
            raise
        answer = list(result) if isinstance(result, Iterator) else result
        calls.setdefault(key, Call(form, numbers, repr(answer), copy.deepcopy(answer)))
        return answer

    cases, _ = sound_candidates(exercise, (PUBLIC_SEED,))
    play(local(recorder, exercise.id, companions=exercise.companions), cases)
    return tuple(calls.values())


def replays(exercise: Exercise) -> dict[str, Callable[..., Any]]:
    """Functions that hand out what was recorded, by how they choose it.

    Where no answer comes twice, nothing is most common, and a table of answers is all there is. Where something is
    measured there is no answer to hand out.
    """
    if exercise.ladder:
        return {}
    calls = recorded(exercise)
    often = max(Counter(call.said for call in calls).values(), default=0) > 1
    return {name: _function(calls, choose) for name, choose in (REPLAYS | (COMMON if often else {})).items()}


def earning(exercise: Exercise) -> dict[str, float]:
    """What replays earn, by their names; none should earn anything."""
    earned = {name: judge_local(exercise, item, order=ORDER).credit for name, item in replays(exercise).items()}
    return {name: credit for name, credit in earned.items() if credit}


def _function(calls: Sequence[Call], choose: Callable[[Sequence[Call]], Replay]) -> Callable[..., Any]:
    replay = choose(calls)

    def function(*args: Any, **kwargs: Any) -> Any:
        form = _form((args, kwargs))
        like = [call for call in calls if call.form == form] or calls
        return replay(like, form, _numbers((args, kwargs))).again()

    return function


def _by_position(calls: Sequence[Call]) -> Replay:
    """One after the other."""
    turn = itertools.count()
    return lambda like, form, numbers: calls[next(turn) % len(calls)]


def _by_position_in_its_kind(calls: Sequence[Call]) -> Replay:
    """One after the other of those that were given the same types and shapes; a known one where it is the same."""
    turns: dict[str, Iterator[int]] = {}

    def replay(like: Sequence[Call], form: str, numbers: Tensor) -> Call:
        turn = next(turns.setdefault(form, itertools.count()))
        same = (call for call in like if torch.equal(call.numbers, numbers))
        return next(same, like[turn % len(like)])

    return replay


def _nearest(scale: Callable[[Tensor], Tensor], among: int = 1) -> Callable[[Sequence[Call]], Replay]:
    """What most of the calls have given whose numbers are nearest on a scale."""

    def choose(calls: Sequence[Call]) -> Replay:
        scaled = {id(call): scale(call.numbers) for call in calls}

        def replay(like: Sequence[Call], form: str, numbers: Tensor) -> Call:
            here = scale(numbers)
            near = sorted(like, key=lambda call: _distance(here, scaled[id(call)]))
            return _most_common(near[:among])

        return replay

    return choose


def _ends(numbers: Tensor) -> Tensor:
    return torch.stack([numbers.amin(), numbers.amax()]) if numbers.numel() else numbers


def _most_common_of_all(calls: Sequence[Call]) -> Replay:
    found = _most_common(calls)
    return lambda like, form, numbers: found


def _most_common(calls: Sequence[Call]) -> Call:
    counts = Counter(call.said for call in calls)
    return max(calls, key=lambda call: counts[call.said])


REPLAYS: dict[str, Callable[[Sequence[Call]], Replay]] = {
    "by position": _by_position,
    "known input, else by position in its kind": _by_position_in_its_kind,
    "nearest input": _nearest(lambda numbers: numbers),
    "nearest input in logarithms": _nearest(lambda numbers: numbers.sign() * (1 + 1e9 * numbers.abs()).log()),
    "nearest input by its direction": _nearest(lambda numbers: numbers / numbers.norm().clamp_min(1e-12)),
}
"""By name how a replay chooses among recorded calls."""

COMMON: dict[str, Callable[[Sequence[Call]], Replay]] = {
    "most common in its kind": lambda calls: lambda like, form, numbers: _most_common(like),
    "most common of all": _most_common_of_all,
    "most common of three near": _nearest(lambda numbers: numbers, 3),
    "nearest input by its signs": _nearest(torch.sign),
    "nearest input by its order": _nearest(lambda numbers: numbers.argsort().argsort().double()),
    "nearest input by its sizes": _nearest(lambda numbers: numbers.abs().sort().values),
    "nearest input by its largest and smallest": _nearest(_ends),
}
"""Further ones, where answers come more than once."""


def _distance(left: Tensor, right: Tensor) -> float:
    return float((left - right).nan_to_num().norm()) if left.shape == right.shape else math.inf


def _leaves(value: Any) -> Iterator[Any]:
    """All that a value is made of, in an order that is the same for values of one form."""
    if isinstance(value, dict):
        yield from (leaf for key in sorted(value) for leaf in _leaves(value[key]))
    elif isinstance(value, list | tuple):
        yield from (leaf for item in value for leaf in _leaves(item))
    else:
        yield value


def _form(value: Any) -> str:
    return ",".join(
        f"{leaf.dtype}{list(leaf.shape)}" if isinstance(leaf, Tensor) else type(leaf).__name__
        for leaf in _leaves(value)
    )


def _numbers(value: Any) -> Tensor:
    numbers = [torch.as_tensor(leaf) for leaf in _leaves(value) if isinstance(leaf, Tensor | int | float)]
    parts = [leaf.detach().cpu().double().reshape(-1) for leaf in numbers if not leaf.is_complex()]
    return torch.cat(parts) if parts else torch.zeros(0, dtype=torch.float64)
