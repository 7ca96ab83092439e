"""Cells as IPython reads them: without prompts and indentation, and with calls for magics, the shell and help.

IPython's own code does that, since whatever it runs is to be read. It was not written for hostile text: it takes all
tokens anew for each command, the square of the length of a line, and the cube of a run of blanks. So all are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from IPython.core.inputtransformer2 import TransformerManager

__all__ = ["Allowance", "TooMuchError", "as_python", "automagic", "runs_program", "texts_of"]

MOST_CHARACTERS = 200_000  # that are taken for tokens in one notebook, as often as each is
LONGEST_LINE, MOST_BLANKS = 1_000, 80  # of characters, and of blanks in a row
BLANKS = re.compile(rf"[^\S\n]{{{MOST_BLANKS}}}")
OPTIONS = 8  # words before the code of a magic, besides those that are options of its own
# Python that IPython may still read in another way: by the beginning or end of a line, or by what it takes for one.
OTHERWISE = re.compile(
    r"^[^\S\n]*+(?:[!?%,;/]|>>>|\.\.\.|In \[|\[(?:nav|ins)\])|=[^\S\n]*+[!%]|\?[^\S\n]*+$"
    r"|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]",
    re.MULTILINE,
)
RUNNING = (
    "bash|sh|script|system|sx|cmd|perl|ruby|python[23]?|pypy3?|javascript|js|html|svg|writefile|file|run|load|loadpy"
    "|macro|alias|alias_magic|autocall|edit|ed|recall|rep|rerun|sc|rehashx|pastebin|store"
    "|mkdir|rmdir|mv|rm|cp|cat|ls|ll|lf|lk|ldir|lx|man|more|less"  # IPython's own aliases of programs, and pagers
)
PROGRAMS = re.compile(rf"%%?(?:{RUNNING})\b|%{{0,2}}!")
INSTALLS = re.compile(r"[!%] ?([\w./{}]++ -m )?(pip|conda|mamba)\b")
AUTOMAGIC = re.compile(rf"\s*+((?:{RUNNING}|time|timeit|prun)\b)[ \t]++([^=,\s].*)")
ASKS_FOR_HELP = frozenset({"pinfo", "pinfo2", "psearch", "pdoc", "psource", "pdef", "pfile"})


class TooMuchError(Exception):
    """A cell takes longer to read than one that is meant to be read; the message says why."""


@dataclass
class Allowance:
    """How many characters of a notebook may still be read as IPython does, or as texts of commands."""

    left: int = MOST_CHARACTERS

    def take(self, characters: int) -> None:
        """Take so many, or raise `TooMuchError`."""
        self.left -= characters
        if self.left < 0:
            raise TooMuchError("too many commands")


def as_python(source: str, allowance: Allowance) -> str:
    """What IPython hands to Python in place of a cell.

    Raises
    ------
    TooMuchError
        If it takes too long.
    """
    if max(map(len, source.splitlines()), default=0) > LONGEST_LINE:
        raise TooMuchError(f"commands beside a line of more than {LONGEST_LINE} characters")
    if BLANKS.search(source):
        raise TooMuchError(f"commands beside {MOST_BLANKS} blanks")
    manager = TransformerManager()
    lines = f"{source}\n".splitlines(keepends=True)
    for transform in manager.cleanup_transforms + manager.line_transforms:
        lines = transform(lines)
    changed = True
    while changed:
        allowance.take(sum(map(len, lines)))
        changed, lines = manager.do_one_token_transform(lines)
    return "".join(lines)


def automagic(source: str) -> tuple[str, str] | None:
    """The magic and its line that a cell of one line is without a percent sign, or None."""
    found = AUTOMAGIC.fullmatch(source.strip("\n"))
    return (found[1], found[2]) if found else None


def runs_program(command: str) -> bool:
    """Whether a command, written as in a cell, runs a program, or text as one, or gives one another name."""
    return PROGRAMS.match(command) is not None and INSTALLS.match(command) is None


def texts_of(magic: str, line: str, body: str = "") -> Iterator[tuple[int, str]]:
    """What may be code of a magic: its body, and its line from any word on that may stand behind options.

    Each with the number of lines above it.
    """
    if magic in ASKS_FOR_HELP:
        return
    if magic == "aimport":
        yield 0, f"import {line}"
    if body:
        yield 1, body
    for start in _starts(line):
        yield 0, f"{line[start:]}\n{body}" if body else line[start:]


def _starts(line: str) -> Iterator[int]:
    """Where the code of a line may begin: at one of its first words, or wherever options and their values end."""
    options, before = True, "-"
    for number, word in enumerate(re.finditer(r"\S++", line)):
        if number >= OPTIONS and not options:
            return
        options = options and (word[0].startswith("-") or before.startswith("-"))
        before = word[0]
        yield word.start()
