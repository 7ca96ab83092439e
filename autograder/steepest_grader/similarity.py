"""Answers that are nearly the same, whatever their variables are called: pointers for a person, never a verdict.

An answer is read as tokens. Comments, docstrings and layout go; a name of the student's own becomes one and the same
token, so that renaming changes nothing. Every run of `GRAM` tokens is hashed, and of each window of hashes the smallest
is kept: the fingerprints of winnowing, which finds every common passage of at least `GRAM + WINDOW - 1` tokens.

A fingerprint counts only if it says something: it stands neither in the released notebook nor in the model solution,
and few submissions of the class have it. What is left of a short exercise is too little to tell anything from.

Source: S. Schleimer, D. S. Wilkerson, A. Aiken, *Winnowing: Local Algorithms for Document Fingerprinting*, SIGMOD 2003.
"""

from __future__ import annotations

import builtins
import hashlib
import io
import keyword
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

__all__ = ["Group", "Match", "fingerprints", "near_identical"]

GRAM, WINDOW = 6, 3
RARE_SHARE, RARE_COUNT = 0.15, 4  # a passage that more of the class have is common knowledge
SAME_SHARE = 0.8  # of the fingerprints of the shorter answer, so that padding hides nothing
FEWEST, FEWEST_TOGETHER = 8, 20  # fingerprints that two answers, and two submissions, must have in common
MAX_CHARACTERS = 20_000
LAYOUT = frozenset(
    {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENCODING, tokenize.ENDMARKER, tokenize.DEDENT}
)
SHORT = {tokenize.STRING: "'text'", tokenize.INDENT: "{"}
BRACKETS = (("(", "[", "{"), (")", "]", "}"))
KNOWN = frozenset(dir(builtins)) | frozenset(keyword.softkwlist)

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
    submissions: Mapping[str, Answers], given: Iterable[str] = (), *, rare: float = RARE_SHARE
) -> list[Group]:
    """Find submissions with answers in common that few others have.

    Parameters
    ----------
    submissions : mapping of str to mapping of str to str
        For each student the source of each answer, by exercise.
    given : iterable of str
        Sources that everybody may have seen: the released cells, and those of the model solution.
    rare : float
        A fingerprint counts if at most this share of the class has it, or `RARE_COUNT` submissions.

    Returns
    -------
    list of Group
        Those with most in common first. Whatever the sources are, nothing is run, and nothing is raised.
    """
    known = frozenset(mark for source in given for mark in fingerprints(source))
    prints = {
        (student, name): fingerprints(source) - known
        for student, answers in submissions.items()
        for name, source in answers.items()
    }
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
    tokens = list(_tokens(source[:MAX_CHARACTERS]))
    hashes = [_hash(tokens[start : start + GRAM]) for start in range(len(tokens) - GRAM + 1)]
    windows = (hashes[start : start + WINDOW] for start in range(max(1, len(hashes) - WINDOW + 1)))
    return frozenset(min(window) for window in windows if window)


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


def _tokens(source: str) -> Iterator[str]:
    """What a source says, but for layout and for names that its author has chosen; up to the first error."""
    aliases = {name: name for name in KNOWN}
    line: list[tokenize.TokenInfo] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type not in LAYOUT:
                line.append(token)
            elif token.type == tokenize.NEWLINE:
                yield from _statement(line, aliases)
                line = []
    except (tokenize.TokenError, SyntaxError, ValueError):
        pass
    yield from _statement(line, aliases)


def _statement(line: Sequence[tokenize.TokenInfo], aliases: dict[str, str]) -> Iterator[str]:
    """The tokens of one logical line; an import tells what later names stand for, and is left out."""
    words = [token.string for token in line if token.type != tokenize.INDENT]
    if words[:1] in (["import"], ["from"]):
        for place, word in enumerate(words[1:], start=1):
            if words[place - 1] == "as":
                aliases[word] = words[place - 2]
            elif word.isidentifier():
                aliases[word] = word
        return
    if all(token.type in (tokenize.STRING, tokenize.INDENT) for token in line):
        return  # a docstring
    defines = words[:1] in (["def"], ["async"], ["lambda"])
    depth = 0
    for place, token in enumerate(line):
        depth += (token.string in BRACKETS[0]) - (token.string in BRACKETS[1])
        before = line[place - 1].string if place else ""
        after = line[place + 1].string if place + 1 < len(line) else ""
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
            fixed = before == "." or (after == "=" and depth > 0 and not defines)  # a library's, not the student's
            yield token.string if fixed else aliases.get(token.string, "name")
        elif token.type == tokenize.NUMBER:
            yield _number(token.string)
        else:
            yield SHORT.get(token.type, token.string)


def _number(text: str) -> str:
    try:
        return repr(float(text))
    except ValueError:
        return text


def _hash(tokens: Sequence[str]) -> int:
    """The same in every process, unlike Python's own."""
    return int.from_bytes(hashlib.blake2b("\0".join(tokens).encode("utf-8", "replace"), digest_size=8).digest())
