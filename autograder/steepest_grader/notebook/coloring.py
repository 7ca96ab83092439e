"""Code that whoever shows it can color in time.

nbconvert colors code with Pygments, whose patterns for IPython take the square of the length of what nobody writes by
hand, and some of other languages take for ever.
"""

from __future__ import annotations

import re
import time

from IPython.lib.lexers import IPython3Lexer
from pygments.token import Token

__all__ = ["Coloring"]

SECONDS = 2.0  # of a notebook; what somebody writes takes a small part of that
MAX_SHELL = 2_000
PLAIN = "# This is of another language, or takes too long to color: it is shown behind number signs.\n"
LONG_GAP, END, MAX_BLANK_LINES = re.compile(r"\s{100,}"), re.compile(r"\r\n?|\n"), 30
WORD, MAX_WORD = re.compile(r"[\w.*]{150,}"), 150
ODD = re.compile(r"[^A-Za-z0-9_]")
SHORT, MAX_SHORT = 2_000, 50_000  # letters of a cell, and of all such cells, that cost too little to be tried
MAGIC = re.compile(r"!|%[%\w]")  # where another language may begin
SHELL, FOREIGN = Token.Shell, Token.Foreign
OURS = "capture|debug|prun|pypy|python3|timeit|time|writefile|file"  # they hold Python


class _Lexer(IPython3Lexer):  # type: ignore[misc]
    """As formgrader has it, except that it only finds what is of another language."""

    tokens = IPython3Lexer.tokens | {
        "root": [
            (rf"(?s)\s*%%(?!(?:{OURS})[^\n]*\n).*", FOREIGN),
            (r"!(?!=).+\n|%(?:sx|sc|system).*\n", SHELL),
            *IPython3Lexer.tokens["root"],
        ]
    }


class Coloring:
    """What is done to the code of one notebook, within a bound of time."""

    def __init__(self) -> None:
        self._spent = 0.0
        self._short = 0
        self._lexer = _Lexer()

    def bounded(self, code: str) -> str:
        """The code as it is where that can be colored; else parted, or line by line as comments."""
        code = WORD.sub(_parted, LONG_GAP.sub(_closer, code))
        if len(code) <= SHORT and self._short + len(code) <= MAX_SHORT and not MAGIC.search(code):
            self._short += len(code)
            return code
        return code if self._affordable(code) else PLAIN + "".join(f"# {line}\n" for line in code.splitlines())

    def _affordable(self, code: str) -> bool:
        if self._spent > SECONDS:
            return False
        begun = time.thread_time()
        try:
            for kind, text in self._lexer.get_tokens(code):
                if self._spent + time.thread_time() - begun > SECONDS:
                    return False
                if kind is FOREIGN or (kind is SHELL and (len(text) > MAX_SHELL or "\\" in text)):
                    return False
        finally:
            self._spent += time.thread_time() - begun
        return True


def _closer(gap: re.Match[str]) -> str:
    """A gap with fewer blank lines; one without any is a single piece."""
    *ends, last = END.split(gap[0])
    return "\n" * min(len(ends), MAX_BLANK_LINES) + last if ends else gap[0]


def _parted(word: re.Match[str]) -> str:
    """A word with blanks in it, where it is of more pieces than any that somebody writes."""
    if len(ODD.findall(word[0])) < MAX_WORD or word[0].isidentifier():
        return word[0]
    return " ".join(word[0][place : place + MAX_WORD] for place in range(0, len(word[0]), MAX_WORD))
