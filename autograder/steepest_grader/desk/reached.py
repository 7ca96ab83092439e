"""What of a notebook belongs to an answer: all that runs when its cell does, and what it reaches elsewhere.

Of the answer's own cell only that is left out which certainly does not run: functions, plain classes and constants that
nothing which is kept mentions. Of a student's other cells only that is taken in which is reached by a name.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from steepest_grader.desk.words import LINE_END
from steepest_grader.notebook.commands import Allowance, TooMuchError, as_python
from steepest_grader.notebook.parse import parse

__all__ = ["MAX_CHARACTERS", "MAX_READ", "TOO_MUCH", "pieces_of", "reached", "that_fit"]

MAX_CHARACTERS = 100_000  # of one source; of a notebook with more, `flags` says that it was not looked at
MAX_READ = 250_000  # of all sources of a submission, so that a class is read in seconds and within memory
TOO_MUCH = "More code was handed in than is compared: the longest cells and files were left out."
WORD = re.compile(r"\w++")
COMMAND = re.compile(r"^[ \t]*+[%!].*$", re.MULTILINE)
# Where these are mentioned any name may be reached, however it is spelled.
BY_TEXT = frozenset({"globals", "locals", "vars", "eval", "exec", "getattr", "__dict__", "__main__", "modules"})
QUIET = (
    ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.UnaryOp,
    ast.BinOp, ast.expr_context, ast.unaryop, ast.operator,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """Statements of a cell's top level: their text, the names they bind and mention, and whether they only bind."""

    text: str
    binds: frozenset[str]
    mentions: frozenset[str]
    idle: bool


def that_fit(sources: Iterable[str], room: int = MAX_READ) -> list[str]:
    """The shortest of them, as many as are read."""
    kept = []
    for source in sorted(sources, key=len):
        room -= len(source)
        if room < 0 or len(source) > MAX_CHARACTERS:
            break
        kept.append(source)
    return kept


def pieces_of(source: str) -> tuple[Piece, ...] | None:
    """The statements of a cell, or None where it is no Python even without its commands."""
    source = LINE_END.sub("\n", source[:MAX_CHARACTERS])
    body = _body(source)
    if body is None:
        try:
            source = as_python(source, Allowance())
        except TooMuchError:
            source = COMMAND.sub("pass", source)
        body = _body(source)
    if body is None:
        return None
    lines = source.split("\n")
    together: list[list[ast.stmt]] = []  # those that share a line
    for item in body:
        if together and _first_line(item) <= (together[-1][-1].end_lineno or 0):
            together[-1].append(item)
        else:
            together.append([item])
    return tuple(_piece(items, lines) for items in together)


def reached(
    source: str,
    asked: Iterable[str],
    answers: Sequence[str] = (),
    others: Sequence[str] = (),
    read: Callable[[str], Sequence[Piece] | None] = pieces_of,
) -> str:
    """What runs with a cell or is reached from it.

    Parameters
    ----------
    source : str
        The cell of an answer. What is no Python is not taken apart.
    asked : iterable of str
        Functions that are asked for: they are called in any case, where they stand.
    answers : sequence of str
        The student's other answers. Functions asked for stay out, unless the cell has one of that name too.
    others : sequence of str
        The rest of the student's code.
    read : callable
        `pieces_of`, or what keeps its results: each cell is asked for with each answer.
    """
    asked = frozenset(asked)
    pieces = read(source)
    if pieces is None:
        return source
    apart = asked.difference(*(piece.binds for piece in pieces))
    elsewhere = [piece for text in answers for piece in read(text) or () if not piece.binds & apart]
    elsewhere += [piece for text in others for piece in read(text) or ()]
    theirs = frozenset[str]().union(*(piece.binds for piece in elsewhere))
    every, leads = [*pieces, *elsewhere], dict[str, list[int]]()
    for place, piece in enumerate(every):
        alters = piece.mentions & theirs if place >= len(pieces) and not piece.idle else frozenset()
        for name in piece.binds | alters:
            leads.setdefault(name, []).append(place)
    waiting = [place for place, piece in enumerate(pieces) if not piece.idle or piece.binds & asked]
    kept: set[int] = set()
    while waiting:
        place = waiting.pop()
        if place in kept:
            continue
        kept.add(place)
        if every[place].mentions & BY_TEXT:
            waiting.extend(range(len(every)))
        for name in every[place].mentions:
            waiting.extend(leads.pop(name, ()))
    return "\n".join(every[place].text for place in sorted(kept)) if kept else source


def _body(source: str) -> list[ast.stmt] | None:
    try:
        return parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _first_line(item: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(item, "decorator_list", [])
    return min([item.lineno, *(each.lineno for each in decorators)])


def _piece(items: Sequence[ast.stmt], lines: Sequence[str]) -> Piece:
    text = "\n".join(lines[_first_line(items[0]) - 1 : items[-1].end_lineno])
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    bound = frozenset(name for item in items for name in _bound(item))
    return Piece(text, bound, frozenset(WORD.findall(plain)), all(map(_is_idle, items)))


def _bound(item: ast.stmt) -> Iterator[str]:
    """The names that a statement gives something to, on its own level or within, and what they are parts of."""
    for node in ast.walk(item) if not isinstance(item, ast.FunctionDef | ast.ClassDef) else [item]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.MatchAs | ast.MatchStar | ast.ExceptHandler) and node.name:
            yield node.name


def _is_idle(item: ast.stmt) -> bool:
    """Whether it binds names and certainly does nothing else."""
    if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
        given = [*item.args.defaults, *(each for each in item.args.kw_defaults if each is not None)]
        hints = [each.annotation for each in _arguments(item.args) if each.annotation is not None]
        return not item.decorator_list and all(
            map(_is_quiet, [*given, *hints, *([item.returns] if item.returns else [])])
        )
    if isinstance(item, ast.ClassDef):
        return not (item.decorator_list or item.bases or item.keywords) and all(map(_is_idle, item.body))
    if isinstance(item, ast.Assign):
        return all(isinstance(each, ast.Name) for each in item.targets) and _is_quiet(item.value)
    if isinstance(item, ast.Expr):
        return isinstance(item.value, ast.Constant)
    return isinstance(item, ast.Import | ast.ImportFrom | ast.Pass)


def _arguments(of: ast.arguments) -> Iterator[ast.arg]:
    yield from (*of.posonlyargs, *of.args, *of.kwonlyargs, *(each for each in (of.vararg, of.kwarg) if each))


def _is_quiet(value: ast.expr) -> bool:
    return all(isinstance(node, QUIET) for node in ast.walk(value))
