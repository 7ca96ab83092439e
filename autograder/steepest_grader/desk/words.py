"""Python as the words that say something: what a cell is compared by.

Comments, docstrings, imports and layout go. A name is one and the same word whatever it is, so that renaming changes
nothing; what is called of a library is told by its last name, so that it is the same however it was imported. A long
row of literals is one word, too. Every character is looked at once, whatever is read: Python's own `tokenize` takes
the square of a row of quotes and backslashes.
"""

from __future__ import annotations

import builtins
import keyword
import math
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch

__all__ = ["LINE_END", "words"]

LONG_ROW = 8  # literals; more of them say what somebody has copied or drawn, and not how it was thought
LINE_END = re.compile("\r\n|\r|\n")  # as Python counts lines
TOKEN = re.compile(
    r"""
    (?P<blank>[ \t\f]++|\\\n|\#[^\n]*+)
    | (?P<end>[\n;])
    | (?P<text>(?:[rRbBuUfF]{1,2}+(?=['"]))?(?:
        '''(?:[^'\\]|\\(?s:.)|'(?!''))*+(?:'''|\Z) | \"""(?:[^"\\]|\\(?s:.)|"(?!""))*+(?:\"""|\Z)
        | '(?:[^'\\\n]|\\(?s:.))*+'? | "(?:[^"\\\n]|\\(?s:.))*+"?))
    | (?P<number>(?:0[xXbBoO][0-9a-fA-F_]++|(?:[0-9][0-9_]*+\.?[0-9_]*+|\.[0-9][0-9_]*+)(?:[eE][+-]?[0-9_]++)?)[jJ]?)
    | (?P<name>\w++)
    | (?P<sign>\*\*=|//=|>>=|<<=|\.\.\.|->|:=|\*\*|//|>>|<<|[-+*/%&|^@=!<>]=|.)
    """,
    re.VERBOSE,
)
OPENING, CLOSING = frozenset("([{"), frozenset(")]}")
OF_A_ROW = frozenset({",", ":", "-", "+", "(", ")", "[", "]", "{", "}", "None", "True", "False"})  # between literals
SHORT = {"text": "'text'", "indent": "{"}
LITERALS = frozenset({"number", "text"})
CALLED = frozenset().union(dir(builtins), dir(math), dir(torch))  # by these names, wherever they were imported from


class _Token(NamedTuple):
    kind: str
    text: str


def words(source: str) -> Iterator[str]:
    """What a text says, but for layout and for names that its author has chosen; nothing is raised."""
    for statement in _statements(source):
        yield from _said(statement)


def _statements(source: str) -> Iterator[list[_Token]]:
    """The tokens of each statement; the first of a deeper block begins with one for that."""
    found: list[_Token] = []
    depth, fresh, widths = 0, True, [0]
    for match in TOKEN.finditer(LINE_END.sub("\n", source)):
        kind, text = str(match.lastgroup), match[0]
        if kind == "blank":
            continue
        if kind == "end" and (depth == 0 or text == ";"):
            if found:
                yield found
            found, fresh = [], fresh or text == "\n"
            continue
        if kind == "end":
            continue
        if fresh:
            width = match.start() - match.string.rfind("\n", 0, match.start()) - 1
            while width < widths[-1]:
                widths.pop()
            if width > widths[-1]:
                widths.append(width)
                found.append(_Token("indent", ""))
            fresh = False
        depth = max(0, depth + (text in OPENING) - (text in CLOSING)) if kind == "sign" else depth
        found.append(_Token(kind, text))
    if found:
        yield found


def _said(statement: Sequence[_Token]) -> Iterator[str]:
    """The words of one statement; imports, and what does nothing, are left out."""
    first = next((token.text for token in statement if token.kind != "indent"), "")
    if first in ("import", "from") or _does_nothing(statement):
        return
    depth, owner = 0, False
    statement = _without_rows(statement)
    for place, (kind, text) in enumerate(statement):
        depth += (text in OPENING) - (text in CLOSING)
        before = statement[place - 1].text if place else ""
        after = statement[place + 1].text if place + 1 < len(statement) else ""
        if kind == "name" and not keyword.iskeyword(text):
            owner = after == "." and before != "."
            told = before == "." or (after == "=" and depth > 0 and first not in ("def", "async"))
            if not owner:
                yield text if told or (after == "(" and text in CALLED) else "name"
        elif not (owner and text == "."):
            yield _number(text) if kind == "number" else SHORT.get(kind, text)
            owner = False
        else:
            owner = False


def _does_nothing(statement: Sequence[_Token]) -> bool:
    """Whether it is a docstring, another literal, `...`, `pass` or a name alone."""
    told = [token for token in statement if token.kind != "indent"]
    return all(token.kind in LITERALS or token.text == "..." for token in told) or (
        len(told) == 1
        and told[0].kind == "name"
        and told[0].text not in ("return", "break", "continue", "raise", "yield")
    )


def _without_rows(statement: Sequence[_Token]) -> list[_Token]:
    """The same statement with the first literal of each long row in the place of all of it."""
    kept: list[_Token] = []
    row: list[_Token] = []
    for token in statement:
        if token.kind in LITERALS or token.text in OF_A_ROW:
            row.append(token)
            continue
        kept += [*_row(row), token]
        row = []
    return [*kept, *_row(row)]


def _row(row: list[_Token]) -> list[_Token]:
    literals = [token for token in row if token.kind in LITERALS]
    return row if len(literals) <= LONG_ROW else literals[:1]


def _number(text: str) -> str:
    try:
        return repr(float(text))
    except ValueError:
        return text
