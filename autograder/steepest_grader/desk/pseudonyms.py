"""Names that students give themselves, made fit to be shown: bounded, of letters that are seen, and no two alike."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping

from steepest_grader.notebook.letters import HIDDEN_LETTERS

__all__ = ["LONGEST", "alike", "shown_names", "tidy"]

LONGEST = 32
MARKS = 2  # of accents and the like on one letter
UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
BLANKS = re.compile(r"\s+")
# Letters of other alphabets that look like Latin ones, small, and those that look like each other.
LOOK_ALIKES = str.maketrans(
    "авезіјкмнорстухѕԁһαβεζηικμνορτυχɑɡı01i",
    "abe3ljkmhopctyxsdhabezhlkmnoptyxagloll",
)  # fmt: skip
# Latin letters with something to them, as Unicode names them; and letters that nobody takes for Latin ones.
DRESSED = re.compile(r"LATIN (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL |DOTLESS |SCRIPT |LONG )*([A-Z])(?: WITH .*)?")
APART = ("HIRAGANA", "KATAKANA", "CJK", "HANGUL", "BOPOMOFO", "GREEK", "DIGIT")  # that stand beside Latin letters


def tidy(text: str) -> str:
    """A name as it can be shown; "" where nothing is left.

    Without what is not seen, turns the line round, or is stacked upon a letter; with single blanks; not longer than
    `LONGEST` letters.
    """
    marks, kept = 0, []
    for char in HIDDEN_LETTERS.sub("", unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text))):
        kind = unicodedata.category(char)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if kind not in UNSEEN and kind != "Me" and marks <= MARKS:
            kept.append(char)
        elif kind in ("Cc", "Zl", "Zp"):
            kept.append(" ")
    name = BLANKS.sub(" ", "".join(kept)).strip()[:LONGEST].strip()
    return name if any(char.isalnum() for char in name) else ""


def alike(name: str) -> str:
    """What two names have in common that a reader could take for each other."""
    bare = "".join(map(_undressed, unicodedata.normalize("NFKD", name)))
    plain = unicodedata.normalize("NFKD", bare.casefold())
    return "".join(char for char in plain if char.isalnum()).translate(LOOK_ALIKES)


def _undressed(char: str) -> str:
    """The Latin letter or digit that a character is a form of, or itself."""
    if char.isascii():
        return char
    found = DRESSED.fullmatch(unicodedata.name(char, ""))
    return found[1] if found else str(unicodedata.digit(char, char))


def _is_mixed(name: str) -> bool:
    """Whether letters of another alphabet stand among Latin ones, as for a letter that looks like one."""
    kinds = [unicodedata.name(char, "") for char in name if char.isalpha()]
    latin = [kind for kind in kinds if kind.startswith("LATIN")]
    return bool(latin) and not all(kind.startswith(("LATIN", *APART)) for kind in kinds)


def shown_names(
    written: Mapping[str, str], taken: Collection[str] = (), students: Collection[str] = ()
) -> tuple[dict[str, str], dict[str, str]]:
    """The names under which students are shown, and why others have none.

    Parameters
    ----------
    written : mapping of str to str
        What each student has written; "" for nothing.
    taken : collection of str
        Names that stand for something else.
    students : collection of str
        Ids of all who could be meant by a name: nobody is shown by that of another.

    Returns
    -------
    shown : dict of str to str
        Where several have chosen the same, each has a number behind it, in the order of `written`.
    refused : dict of str to str
        The reason for each who has written something and has no name all the same.
    """
    shown: dict[str, str] = {}
    refused: dict[str, str] = {}
    ids = {alike(student): student for student in students}
    used = {alike(text) for name in taken for text in (name, tidy(name))}
    names = {student: tidy(text) for student, text in written.items()}
    several = Counter(alike(name) for name in names.values() if name)
    for student, name in names.items():
        key = alike(name)
        if not written[student].strip():
            continue
        if not key:
            refused[student] = "the name that was written holds no letter that can be shown"
        elif ids.get(key, student) != student:
            refused[student] = f"the name that was written could be taken for the student {ids[key]}"
        elif _is_mixed(name):
            refused[student] = "the name that was written mixes alphabets"
        elif several[key] > 1 or key in used:
            numbered = (f"{name} ({number})" for number in range(1, 2 * len(names) + len(used) + 2))
            shown[student] = next(text for text in numbered if alike(text) not in used | several.keys())
            used.add(alike(shown[student]))
        else:
            shown[student] = name
            used.add(key)
    return shown, refused
