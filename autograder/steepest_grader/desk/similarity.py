"""Answers that are nearly the same, whatever their variables are called: pointers for a person, never a verdict.

An answer is read as tokens. Comments, docstrings and layout go; a name of the student's own becomes one and the same
token, so that renaming changes nothing. A long row of literals is one token, too, and of a cell only that is read which
its function reaches, so that padding hides nothing. Every run of `GRAM` tokens is hashed, and of each window of hashes
the smallest is kept: the fingerprints of winnowing, which finds every common passage of at least `GRAM + WINDOW - 1`
tokens.

A fingerprint counts only if it says something: it stands neither in the released notebook nor in the model solution,
and few submissions of the class have it. What is left of a short exercise is too little to tell anything from.

Source: S. Schleimer, D. S. Wilkerson, A. Aiken, *Winnowing: Local Algorithms for Document Fingerprinting*, SIGMOD 2003.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import io
import keyword
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, islice
from types import MappingProxyType

from steepest_grader.errors import Reasons
from steepest_grader.notebook.parse import parse

__all__ = ["Group", "Match", "fingerprints", "near_identical"]

GRAM, WINDOW = 6, 3
RARE_SHARE, RARE_COUNT = 0.15, 4  # a passage that more of the class have is common knowledge
SAME_SHARE = 0.8  # of the fingerprints of the shorter answer, so that padding hides nothing
FEWEST, FEWEST_TOGETHER = 5, 20  # fingerprints that two answers, and two submissions, must have in common
MAX_CHARACTERS = 100_000  # without comments and blanks; of a notebook with more, `flags` says that it was not looked at
MAX_TOKENS = 8_000
# Lines without code, and blanks: none of them may use up what is read, and a run of blanks costs Python its square.
EMPTY_LINE = re.compile(r"^[ \t\f]*+(?:#.*)?(?:\n|\Z)", re.MULTILINE)
BLANKS = re.compile(r"(?<=\S)[ \t\f]++")
LAYOUT = frozenset(
    {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENCODING, tokenize.ENDMARKER, tokenize.DEDENT}
)
LITERALS = frozenset({tokenize.NUMBER, tokenize.STRING})
OF_A_ROW = frozenset({",", ":", "-", "+", "(", ")", "[", "]", "{", "}", "None", "True", "False"})  # between literals
LONG_ROW = 8  # literals; more of them say what somebody has copied or drawn, and not how it was thought
COMMAND = re.compile(r"^[ \t]*+[%!].*$", re.MULTILINE)
LINE_END = re.compile("\r\n|\r|\n")  # as Python counts lines
WORD = re.compile(r"\w++")
SHORT = {tokenize.STRING: "'text'", tokenize.INDENT: "{"}
MODULUS = 2**61 - 1
BASE = 1_000_003
OLDEST = pow(BASE, GRAM - 1, MODULUS)
OPENING, CLOSING = ("(", "[", "{"), (")", "]", "}")
DEFINED = re.compile(r"^(?:def|class)[ \t]++(\w++)", re.MULTILINE)
LINE_OF_IMPORT = re.compile(r"^[ \t]*+((?:import|from)[ \t].*)$", re.MULTILINE)
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
    submissions: Mapping[str, Answers],
    given: Iterable[str] = (),
    *,
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
    imported = _imports(given)
    asked = {name for source in given for name in DEFINED.findall(source)}
    known = frozenset(mark for source in given for mark in fingerprints(source, imported))
    prints: dict[tuple[str, str], frozenset[int]] = {}
    for student, answers in submissions.items():
        with left_out.apart(student, "Comparing the answers"):
            names = imported | _imports(answers.values())
            for name, source in answers.items():
                words = _words(reached(source, {name, *asked}), names)
                if len(words) > MAX_TOKENS:
                    left_out[student] = (
                        f"Only the first {MAX_TOKENS} words of “{name}” were compared with other answers."
                    )
                prints[student, name] = _winnowed(words[:MAX_TOKENS]) - known
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


def fingerprints(source: str, imported: Mapping[str, str] = MappingProxyType({})) -> frozenset[int]:
    """The winnowed hashes of one source, in which some names stand for what was imported."""
    return _winnowed(_words(source, imported)[:MAX_TOKENS])


def reached(source: str, asked: Iterable[str]) -> str:
    """The part of a cell that the functions asked for reach, by the names in it; all of it where there is none of them.

    What is no Python without its commands is not taken apart.
    """
    try:
        body = parse(COMMAND.sub("pass", source[:MAX_CHARACTERS])).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source
    lines = LINE_END.split(source)
    pieces = ["\n".join(lines[_first_line(item) - 1 : item.end_lineno]) for item in body]
    binding: dict[str, list[int]] = {}
    for place, item in enumerate(body):
        for bound in _bound(item):
            binding.setdefault(bound, []).append(place)
    waiting, found = list(asked), set[int]()
    while waiting:
        for place in binding.pop(waiting.pop(), ()):
            if place not in found:
                found.add(place)
                waiting.extend(WORD.findall(pieces[place]))
    return "\n".join(pieces[place] for place in sorted(found)) if found else source


def _first_line(item: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(item, "decorator_list", [])
    return min([item.lineno, *(each.lineno for each in decorators)])


def _bound(item: ast.stmt) -> Iterator[str]:
    """The names that a statement gives something to, on its own level or within."""
    for node in ast.walk(item) if not isinstance(item, ast.FunctionDef | ast.ClassDef) else [item]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id


def _words(source: str, imported: Mapping[str, str]) -> list[str]:
    """The tokens of a source, one more than are compared at most."""
    source = BLANKS.sub(" ", EMPTY_LINE.sub("", source))[:MAX_CHARACTERS]
    return list(islice(_tokens(source, imported), MAX_TOKENS + 1))


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


def _imports(sources: Iterable[str]) -> dict[str, str]:
    """What names stand for that are imported anywhere in some cells."""
    found: dict[str, str] = {}
    for source in sources:
        for words in map(str.split, LINE_OF_IMPORT.findall(source[:MAX_CHARACTERS])):
            for place, word in enumerate(words[1:], start=1):
                name = word.strip(",()")
                found[name] = words[place - 2].strip(",()") if words[place - 1] == "as" else name
    return found


def _tokens(source: str, imported: Mapping[str, str]) -> Iterator[str]:
    """What a source says, but for layout and for names that its author has chosen; up to the first error."""
    line: list[tokenize.TokenInfo] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type not in LAYOUT:
                line.append(token)
            elif token.type == tokenize.NEWLINE:
                yield from _statement(line, imported)
                line = []
    except (tokenize.TokenError, SyntaxError, ValueError):
        pass
    yield from _statement(line, imported)


def _statement(line: Sequence[tokenize.TokenInfo], imported: Mapping[str, str]) -> Iterator[str]:
    """The tokens of one logical line; docstrings and imports are left out."""
    first = next((token.string for token in line if token.type != tokenize.INDENT), "")
    if first in ("import", "from") or all(token.type in (tokenize.STRING, tokenize.INDENT) for token in line):
        return
    depth = 0
    line = _without_rows(line)
    for place, token in enumerate(line):
        depth += (token.string in OPENING) - (token.string in CLOSING)
        before = line[place - 1].string if place else ""
        after = line[place + 1].string if place + 1 < len(line) else ""
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
            of_library = before == "." or (after == "=" and depth > 0 and first not in ("def", "async"))
            known = of_library or token.string in KNOWN
            yield token.string if known else imported.get(token.string, "name")
        elif token.type == tokenize.NUMBER:
            yield _number(token.string)
        else:
            yield SHORT.get(token.type, token.string)


def _without_rows(line: Sequence[tokenize.TokenInfo]) -> list[tokenize.TokenInfo]:
    """The same line with the first literal of each long row in the place of all of it."""
    kept: list[tokenize.TokenInfo] = []
    row: list[tokenize.TokenInfo] = []
    for token in line:
        if token.type in LITERALS or token.string in OF_A_ROW:
            row.append(token)
            continue
        kept += [*_row(row), token]
        row = []
    return [*kept, *_row(row)]


def _row(row: list[tokenize.TokenInfo]) -> list[tokenize.TokenInfo]:
    literals = [token for token in row if token.type in LITERALS]
    return row if len(literals) <= LONG_ROW else literals[:1]


def _number(text: str) -> str:
    try:
        return repr(float(text))
    except ValueError:
        return text


@lru_cache(maxsize=100_000)  # words of students, too
def _number_of(token: str) -> int:
    """The same in every process, unlike Python's own hash."""
    return int.from_bytes(hashlib.blake2b(token.encode("utf-8", "replace"), digest_size=7).digest())
