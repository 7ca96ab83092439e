"""Letters that cannot be seen, or that look like others."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["HIDDEN_LETTERS", "looks_like_another"]

# What nobody sees, direction marks, fillers that Python takes for letters, and whole alphabets that it reads as Latin.
HIDDEN_LETTERS = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff"
    "\uff21-\uff5a\uffa0\U0001d400-\U0001d7ff\U000e0000-\U000e0fff]"
)
OFTEN_MIXED = ("LATIN", "GREEK", "DIGIT")  # as in `dθ`; whatever else stands beside Latin letters is there to deceive
GREEK_AS_LATIN = frozenset("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο")
CYRILLIC_AS_LATIN = frozenset("АВЕЅІЈКМНОРСТХУаеорсухіјѕһԁԛԝ")


def looks_like_another(name: str) -> bool:
    """Whether a name of Python's can be taken for another one."""
    if name.isascii():
        return False
    letters = [char for char in name if char.isalpha()]
    latin = any(char.isascii() for char in letters)
    if all(char in CYRILLIC_AS_LATIN for char in letters):
        return True
    return latin and any(char in GREEK_AS_LATIN or _is_of_another_script(char) for char in letters)


def _is_of_another_script(letter: str) -> bool:
    return not unicodedata.name(letter, "LATIN").startswith(OFTEN_MIXED) and unicodedata.category(letter) != "Lm"
