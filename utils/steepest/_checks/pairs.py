"""Results that no listed mistake gives alone, and two of them give together, each in a part of its own."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from steepest._checks.agreement import measured
from steepest._checks.cases import Candidate, Case, Result
from steepest._checks.compare import Measure, difference
from steepest._checks.played import plain

MOST = 0.6  # share of what a mistake changes that has to be seen
Place = tuple[int, str]  # number of a case, and name of an observation


def at_once(
    cases: Sequence[Case], sound: Candidate, mistakes: Sequence[Candidate], results: Sequence[Result]
) -> tuple[Candidate, ...]:
    """The one or two mistakes by whose forms all that is wrong is explained, and nothing that is right is denied.

    Each must show in numbers that the other does not explain: words and whole numbers agree by chance. Nothing is
    found where there is an exception, which may hide what else is wrong.

    Parameters
    ----------
    cases, results : sequence
        The cases and what the function made of them.
    sound : Candidate
        The sound implementation that the results are nearest to.
    mistakes : sequence of Candidate
        All forms of the listed mistakes, those first that are told first.
    """
    measures = [measured(case) for case in cases]
    told = _told(measures, sound, results)
    if told is None:
        return ()
    right, wrong = told
    explained: dict[str, set[Place]] = {}
    named: dict[str, Candidate] = {}
    for mistake in mistakes:
        if found := _explains(measures, sound, mistake, results, right, wrong):
            explained.setdefault(mistake.name, set()).update(found)
            named.setdefault(mistake.name, mistake)
    telling = {place for place in wrong if _tells(results[place[0]].observations[place[1]])}
    for name, places in explained.items():
        if places >= wrong and places & telling:
            return (named[name],)
    for one, other in itertools.combinations(explained, 2):
        first, second = explained[one], explained[other]
        if first | second >= wrong and (first - second) & telling and (second - first) & telling:
            return (named[one], named[other])
    return ()


def _told(
    measures: Sequence[Measure], sound: Candidate, results: Sequence[Result]
) -> tuple[set[Place], set[Place]] | None:
    """What is right and what is wrong; None where something is missing or ends in an exception."""
    right: set[Place] = set()
    wrong: set[Place] = set()
    if len(results) != len(sound.results):
        return None
    for number, (measure, want, got) in enumerate(zip(measures, sound.results, results, strict=True)):
        if want.error or got.error or got.undecided:
            return None
        for name, value in want.observations.items():
            if name in want.undecided:
                continue
            if name not in got.observations:
                return None
            same = difference(value, got.observations[name], measure) is None
            (right if same else wrong).add((number, name))
    return (right, wrong) if wrong else None


def _explains(
    measures: Sequence[Measure],
    sound: Candidate,
    mistake: Candidate,
    results: Sequence[Result],
    right: set[Place],
    wrong: set[Place],
) -> set[Place]:
    """What is wrong just as in a mistake that is right wherever the results are; nothing if most of it is not seen."""
    if any(result.error for result in mistake.results):
        return set()
    seen, unseen, left = set(), 0, len(wrong)
    for place in (*sorted(right), *sorted(wrong)):
        number, name = place
        left -= place in wrong
        known = mistake.results[number]
        if name in known.undecided:
            continue
        if name not in known.observations:
            return set()
        same = difference(known.observations[name], results[number].observations[name], measures[number]) is None
        if place in right and not same:
            return set()
        if place in wrong and same:
            seen.add(place)
        elif place in wrong:
            want = sound.results[number].observations[name]
            unseen += difference(want, known.observations[name], measures[number]) is not None
            if not _most(len(seen) + left, unseen):
                return set()
    return seen if _most(len(seen), unseen) else set()


def _most(seen: int, unseen: int) -> bool:
    return seen >= MOST * (seen + unseen)


def _tells(value: object) -> bool:
    """Whether there is a number in it that hardly comes by chance."""
    if isinstance(value, list | tuple):
        return any(map(_tells, value))
    numbers = plain(value)
    return numbers is not None and bool((numbers.isfinite() & (numbers != numbers.round())).any())
