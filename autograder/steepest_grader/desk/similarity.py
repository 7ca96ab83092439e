"""Answers that are nearly the same, whatever their variables are called: pointers for a person, never a verdict.

An answer is read as words (`words`), in which names of the student's own are alike, and with it what it reaches
elsewhere (`reached`), so that neither renaming nor padding nor moving to another cell hides anything. Every run of
`GRAM` words is hashed, and of each window of hashes the smallest is kept: the fingerprints of winnowing, which finds
every common passage of at least `GRAM + WINDOW - 1` words.

A fingerprint counts only if it says something: it stands neither in the released notebook nor in the model solution,
and few submissions of the class have it. What is left of a short exercise is too little to tell anything from.

Source: S. Schleimer, D. S. Wilkerson, A. Aiken, *Winnowing: Local Algorithms for Document Fingerprinting*, SIGMOD 2003.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import combinations, islice
from types import MappingProxyType

from steepest_grader.desk.reached import MAX_CHARACTERS, MAX_READ, TOO_MUCH, pieces_of, reached, that_fit
from steepest_grader.desk.words import words
from steepest_grader.errors import Reasons

__all__ = ["Group", "Match", "fingerprints", "near_identical"]

GRAM, WINDOW = 6, 3
RARE_SHARE, RARE_COUNT = 0.15, 4  # a passage that more of the class have is common knowledge
SAME_SHARE = 0.8  # of the fingerprints of the shorter answer, so that padding hides nothing
FEWEST, FEWEST_TOGETHER = 5, 20  # fingerprints that two answers, and two submissions, must have in common
MAX_TOKENS = 8_000
MODULUS = 2**61 - 1
BASE = 1_000_003
OLDEST = pow(BASE, GRAM - 1, MODULUS)
DEFINED = re.compile(r"^(?:def|class)[ \t]++(\w++)", re.MULTILINE)

NONE: Mapping[str, Sequence[str]] = MappingProxyType({})

Answers = Mapping[str, str]


@dataclass(frozen=True)
class Match:
    """Two submissions that have several answers in common.

    Attributes
    ----------
    students : tuple of str
        The two, in order.
    answers : mapping of str to float
        Share of the fingerprints in common, by exercise, for the answers that are nearly the same.
    passages : int
        How many fingerprints that few others have are in all of these answers.
    """

    students: tuple[str, str]
    answers: Mapping[str, float]
    passages: int


@dataclass(frozen=True)
class Group:
    """Submissions that are linked by matches; the closest match comes first."""

    students: tuple[str, ...]
    matches: tuple[Match, ...]


def near_identical(
    submissions: Mapping[str, Answers],
    given: Iterable[str] = (),
    *,
    beside: Mapping[str, Sequence[str]] = NONE,
    rare: float = RARE_SHARE,
    left_out: Reasons | None = None,
) -> list[Group]:
    """Find submissions with answers in common that few others have.

    Parameters
    ----------
    submissions : mapping of str to mapping of str to str
        For each student the source of each answer, by exercise.
    given : iterable of str
        Sources that everybody may have seen: the released cells, and those of the model solution.
    beside : mapping of str to sequence of str
        For each student the rest of the code, of which counts what an answer reaches.
    rare : float
        A fingerprint counts if at most this share of the class has it, or `RARE_COUNT` submissions.
    left_out : Reasons, optional
        Is told of submissions that could not be compared.

    Returns
    -------
    list of Group
        Those with most in common first. Whatever the sources are, nothing is run, and nothing is raised.
    """
    given, left_out = list(given), Reasons() if left_out is None else left_out
    asked = {name for source in given for name in DEFINED.findall(source)}
    known = frozenset(mark for source in given for mark in fingerprints(source))
    prints: dict[tuple[str, str], frozenset[int]] = {}
    for student, answers in submissions.items():
        with left_out.apart(student, "Comparing the answers"):
            read = cache(pieces_of)  # of this student's alone
            fit = that_fit(answers.values())
            others = that_fit(beside.get(student, ()), MAX_READ - sum(map(len, fit)))
            if len(fit) < len(answers) or len(others) < len(beside.get(student, ())):
                left_out[student] = TOO_MUCH
            for name, source in answers.items():
                theirs = [text for other, text in answers.items() if other != name and text in fit]
                whole = reached(source, {name, *asked}, theirs, others, read) if source in fit else source
                said = _words(whole)
                if len(said) > MAX_TOKENS or len(source) > MAX_CHARACTERS:
                    left_out[student] = (
                        f"Only the first {MAX_TOKENS} words of “{name}” were compared with other answers."
                    )
                prints[student, name] = _winnowed(said[:MAX_TOKENS]) - known
    owners: dict[tuple[str, int], list[str]] = {}
    for (student, name), marks in prints.items():
        for mark in marks:
            owners.setdefault((name, mark), []).append(student)
    most = max(RARE_COUNT, int(rare * len(submissions)))
    shared: Counter[tuple[str, str, str]] = Counter()
    counted: Counter[tuple[str, str]] = Counter()
    for (name, _), students in owners.items():
        if len(students) <= most:
            counted.update((student, name) for student in students)
            shared.update((name, one, other) for one, other in combinations(sorted(students), 2))
    return _groups(_matches(shared, counted))


def fingerprints(source: str) -> frozenset[int]:
    """The winnowed hashes of one source."""
    return _winnowed(_words(source)[:MAX_TOKENS])


def _words(source: str) -> list[str]:
    """The tokens of a source, one more than are compared at most."""
    return list(islice(words(source[:MAX_CHARACTERS]), MAX_TOKENS + 1))


def _winnowed(words: Sequence[str]) -> frozenset[int]:
    hashes, value, numbers = [], 0, list(map(_number_of, words))
    for place, number in enumerate(numbers):
        leaving = numbers[place - GRAM] * OLDEST if place >= GRAM else 0
        value = ((value - leaving) * BASE + number) % MODULUS  # of the last GRAM tokens
        if place >= GRAM - 1:
            hashes.append(value)
    if len(hashes) <= WINDOW:
        return frozenset(sorted(hashes)[:1])
    return frozenset(map(min, *(hashes[start:] for start in range(WINDOW))))


def _matches(shared: Mapping[tuple[str, str, str], int], counted: Mapping[tuple[str, str], int]) -> list[Match]:
    answers: dict[tuple[str, str], dict[str, float]] = {}
    passages: Counter[tuple[str, str]] = Counter()
    for (name, one, other), count in shared.items():
        share = count / min(counted[one, name], counted[other, name])
        if count >= FEWEST and share >= SAME_SHARE:
            answers.setdefault((one, other), {})[name] = share
            passages[one, other] += count
    found = [Match(pair, answers[pair], passages[pair]) for pair in answers if passages[pair] >= FEWEST_TOGETHER]
    return sorted(found, key=lambda match: (-match.passages, match.students))


def _groups(matches: Sequence[Match]) -> list[Group]:
    group_of: dict[str, set[str]] = {}
    for match in matches:
        together = set(match.students).union(*(group_of.get(student, ()) for student in match.students))
        group_of.update(dict.fromkeys(together, together))
    seen: dict[tuple[str, ...], list[Match]] = {}
    for match in matches:
        seen.setdefault(tuple(sorted(group_of[match.students[0]])), []).append(match)
    return [Group(students, tuple(found)) for students, found in seen.items()]


@lru_cache(maxsize=100_000)  # words of students, too
def _number_of(token: str) -> int:
    """The same in every process, unlike Python's own hash."""
    return int.from_bytes(hashlib.blake2b(token.encode("utf-8", "replace"), digest_size=7).digest())
