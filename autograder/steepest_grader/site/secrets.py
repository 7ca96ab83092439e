"""What no page may say: solutions, answers and hidden tests, as the sources mark them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nbformat import NotebookNode

from steepest_grader.notebook.cells import is_answer

__all__ = ["Secrets", "squeezed", "without_hidden_tests"]

REGION = re.compile(
    r"### BEGIN (?:SOLUTION|HIDDEN TESTS|MARK SCHEME)\n(.*?)### END (?:SOLUTION|HIDDEN TESTS|MARK SCHEME)", re.DOTALL
)
HIDDEN = re.compile(r"^[^\S\n]*### BEGIN HIDDEN TESTS\n.*?### END HIDDEN TESTS[^\S\n]*$", re.DOTALL | re.MULTILINE)
TAG = re.compile(r"<[^<>]*>")
TELLING = 24  # characters without blanks, from which on a line is more than a formula


def squeezed(text: str) -> str:
    """Text without any blank, tag or entity: a page breaks, colours and escapes what it shows."""
    return "".join(html.unescape(TAG.sub("", text)).split())


@dataclass(frozen=True)
class Secrets:
    """What the sources of lessons keep to themselves.

    Attributes
    ----------
    pieces : frozenset of str
        Whole regions and their longer lines, squeezed.
    """

    pieces: frozenset[str]

    @classmethod
    def of(cls, sources: Iterable[NotebookNode], public: Iterable[str]) -> Secrets:
        """Those of some sources, but for what stands in public texts anyway."""
        said = [squeezed(text) for text in public]
        pieces = {piece for source in sources for region in _regions(source) for piece in _pieces(region)}
        return cls(frozenset(piece for piece in pieces if not any(piece in text for text in said)))

    def told_by(self, text: str) -> list[str]:
        """Which of them a text tells; the text of a page may bear tags and entities."""
        forms = {squeezed(text), "".join(text.split())}
        return sorted(piece for piece in self.pieces if any(piece in form for form in forms))


def _regions(source: NotebookNode) -> Iterator[str]:
    for cell in source.cells:
        found = REGION.findall(f"{cell.source}\n")
        yield from found or ([cell.source] if is_answer(cell) else [])


def _pieces(region: str) -> Iterator[str]:
    for text in (region, *region.splitlines()):
        piece = "".join(text.split())
        if len(piece) > TELLING:
            yield piece


def without_hidden_tests(source: str) -> str:
    """A cell as it runs where nobody grades."""
    return HIDDEN.sub("", source)
