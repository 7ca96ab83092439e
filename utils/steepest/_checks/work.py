"""Whether there is work in results: more than constants, zeros, and what was given handed back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import torch

from steepest._checks.cases import Case, Result
from steepest._checks.compare import same_bits
from steepest._checks.played import Played, plain, unpacked
from steepest._checks.wire import Handle


def others_right(played: Sequence[Played], amiss: AbstractSet[str]) -> bool:
    """Whether after the first step of every case all parts are right but those that are amiss, with work in them.

    An exception is let pass if it asks for the part that is missing.
    """
    if any(item.got.error not in ("", "KeyError") for item in played if not item.want.error):
        return False
    whole = [item for item in played if not item.want.error and not item.got.error]
    first = [name for item in whole for name in item.missing if name.endswith(" after step 1")]
    if not {name.partition(" after step ")[0] for name in first} <= amiss:
        return False

    def asked(name: str) -> bool:
        part, _, step = name.partition(" after step ")
        return step == "1" and part not in amiss

    return done(whole, asked) and all(
        item.right(want, got) for item in whole for name, want, got in item.pairs() if asked(name)
    )


def done(played: Sequence[Played], asked: Callable[[str], object]) -> bool:
    """Whether there is work in those observations that are asked for: counters, yes and no are none."""
    told = [
        (item.case, value)
        for item in played
        for name, _, value in item.pairs()
        if asked(name) and not name.startswith("“") and not isinstance(value, int)
    ]
    rows = [row for _, value in told for row in _rows(value) if row.numel()]
    return (
        any(bool(row.isfinite().all()) for row in rows)
        and not (len(rows) > 1 and is_one_number(rows))
        and not all(_given_or_zero(case, value) for case, value in told)
    )


def finite_where_due(want: Result, sound: Result, got: Result) -> bool:
    """Whether numbers are finite wherever those of two known results are, and these mostly where the sound ones are."""
    due, of = 0, 0
    for name, value in want.observations.items():
        known, right = in_a_row(value), in_a_row(sound.observations.get(name))
        seen = in_a_row(got.observations.get(name))
        if len(seen) != len(known):
            return False
        both = known.isfinite() & right.isfinite() if len(right) == len(known) else known.isfinite()
        if not seen[both].isfinite().all():
            return False
        due, of = due + int(both.sum()), of + int(right.isfinite().sum())
    return 2 * due >= of


def in_a_row(value: Any) -> torch.Tensor:
    """All numbers of a value, in one row."""
    return torch.cat([torch.zeros(0, dtype=torch.float64), *_rows(value)])


def is_work(cases: Sequence[Case], results: Sequence[Result]) -> bool:
    """Whether results are more than one constant, zeros, or what was given handed back."""
    values = [value for result in results for value in numbers(result)]
    if not any(bool(value.isfinite().any()) for value in values):
        return False
    if len(values) > 1 and is_one_number(values):
        return False
    told = [pair for pair in zip(cases, results, strict=False) if pair[1].observations]
    return not all(handed_back(*pair) for pair in told)


def is_one_number(values: Sequence[torch.Tensor]) -> bool:
    return all(bool((value == values[0][0]).all()) for value in values)


def handed_back(case: Case, result: Result) -> bool:
    """Whether everything that came is one of the things that were given, or nothing but zeros."""
    values = [value for name, value in result.observations.items() if not name.startswith("“")]
    return _given_or_zero(case, values)


def _given_or_zero(case: Case, value: Any) -> bool:
    given = list(leaves(list(case.inputs.values())))
    values = list(leaves(value))
    return bool(values) and all(_is_zero(value) or any(_repeats(value, item) for item in given) for value in values)


def _repeats(value: Any, given: Any) -> bool:
    """Whether a value is what was given, or its numbers in another shape, over and over."""
    if same_bits(value, given):
        return True
    now, before = unpacked(value), unpacked(given)
    if now is None or before is None or not before.numel() or not now.numel() or now.numel() % before.numel():
        return False
    rows = now.reshape(-1, before.numel()) == before.reshape(-1)
    columns = now.reshape(before.numel(), -1) == before.reshape(-1, 1)
    return bool(rows.all() or columns.all())


def _is_zero(value: Any) -> bool:
    numbers = plain(value)
    return numbers is not None and not numbers.any()


def leaves(value: Any) -> Iterator[Any]:
    """All that a value is made of, but for what could not travel, and for yes and no."""
    if isinstance(value, list | tuple | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from leaves(part)
    elif not isinstance(value, Handle | bool):
        yield value


def numbers(result: Result) -> list[torch.Tensor]:
    """All that was observed in numbers, one row each; answers of yes and no only where there is nothing else."""
    values = [value for name, value in result.observations.items() if not name.startswith("“")]
    told = [value for value in values if not isinstance(value, bool)] or values
    return [row for value in told for row in _rows(value) if row.numel()]


def _rows(value: Any) -> Iterator[torch.Tensor]:
    numbers = unpacked(value)
    if numbers is not None:
        yield numbers.reshape(-1)
    elif isinstance(value, list | tuple | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _rows(part)
