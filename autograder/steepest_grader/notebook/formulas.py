"""Formulas as MathML, which browsers set without a script or a network."""

from __future__ import annotations

import html
import re
import secrets
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element

__all__ = ["Formulas", "mathml"]

MAX_LENGTH, MAX_DEPTH, MOST = 2_000, 60, 1_000
TAGS = {
    "math", "menclose", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mroot", "mrow",
    "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover",
}  # fmt: skip
ATTRIBUTES = {
    "accent", "accentunder", "columnalign", "columnspacing", "display", "displaystyle", "fence", "form",
    "linethickness", "lspace", "mathvariant", "maxsize", "minsize", "movablelimits", "rowspacing", "rspace",
    "scriptlevel", "separator", "stretchy", "symmetric", "width",
}  # fmt: skip
# what the library reads only under another name
SAME = {
    r"\{(?:aligned|align|gathered)\}": "{align*}",
    r"\\arg(?![A-Za-z])": r"\\operatorname{arg}",
    r"\\[Bb]ig{1,2}[lr]?\\\|": r"\\|",
    r"\\texttt(?![A-Za-z])": r"\\text",
}


class Formulas:
    """Formulas taken out of a text, and put back as MathML once the text is harmless.

    In between, words stand for them that nobody can guess.
    """

    def __init__(self) -> None:
        self._word = f"f{secrets.token_hex()}x"
        self._found: list[tuple[str, str]] = []

    def take(self, tex: str, *, display: bool = False) -> str | None:
        """The word that stands for a formula; None for what no formula is, and where there are too many."""
        found = mathml(tex, display=display) if len(self._found) < MOST else None
        if found is None:
            return None
        self._found.append((tex, found))
        return f"{self._word}{len(self._found) - 1}x"

    def put_back(self, text: str) -> str:
        """The text with each formula in its place: as it was typed where it describes a picture."""

        def typed(number: re.Match[str]) -> str:
            return html.escape(self._found[int(number[1])][0])

        def formula(number: re.Match[str]) -> str:
            return self._found[int(number[1])][1]

        word = re.compile(rf"{self._word}(\d+)x")
        parts = re.split(r"(<[^>]*>)", text)  # every second one is a tag
        return "".join(word.sub(typed if number % 2 else formula, part) for number, part in enumerate(parts))


def mathml(tex: str, *, display: bool = False) -> str | None:
    """A formula in LaTeX as MathML, in which nothing runs, loads or leads elsewhere.

    Parameters
    ----------
    tex : str
        Without its dollar signs.
    display : bool
        Whether it stands in a line of its own.

    Returns
    -------
    str or None
        None where something in it is not known, or it is too long.
    """
    if len(tex) > MAX_LENGTH:
        return None
    for unknown, known in SAME.items():
        tex = re.sub(unknown, known, tex)
    try:
        element = convert_to_element(tex, display="block" if display else "inline")
        return _written(element, MAX_DEPTH)
    except Exception:  # noqa: BLE001 - what people type fails there in all ways; then it stays as it was typed
        return None


def _written(element: Element, depth: int) -> str:
    """MathML of an element, from a list of what may stand in it."""
    text = html.unescape(element.text or "")
    unknown = text == "&" or (text.startswith("\\") and element.tag != "mtext")
    if element.tag not in TAGS or depth == 0 or unknown:
        raise ValueError(element.tag)
    attributes = "".join(
        f' {name}="{html.escape(value)}"' for name, value in element.attrib.items() if name in ATTRIBUTES
    )
    inner = html.escape(text) + "".join(_written(child, depth - 1) for child in element)
    return f"<{element.tag}{attributes}>{inner}</{element.tag}>"
