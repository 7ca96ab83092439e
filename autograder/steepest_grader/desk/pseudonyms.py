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
# Letters that look like Latin ones: as they are written, and small (of one of these the capital may be meant).
AS_WRITTEN = str.maketrans("γησνυωՏԼ", "ynovuwSL")
LOOK_ALIKES = str.maketrans(
    "авгезіјкмнопрстуүхшѕԁԍһԛԝӏ" "αβεζηικμνορτυχɑɡı" "օսոհզցյա" "ⲁⲃⲉⲏⲓⲕⲙⲛⲟⲣⲥⲧⲩⲭ"
    "ᎠᎡᎢᎥᎩᎪᎫᎬᎳᎷᎻᎽᎾᏀᏃᏏᏒᏔᏕᏙᏚᏞᏟᏢᏦᏧᏴ" "ꓐꓑꓒꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ" "ǀ01i" "ǃꞌ",
    "abre3ljkmhonpctyyxwsdghqwl" "abezhlkmnoptyxagl" "ounhqgjw" "abehlkmnopctyx"
    "drtlyajewmhyogzbrwsvslcpkdb" "bpddtgkjczfmnlsrvhwxyaelou" "loll" "  ",
)  # fmt: skip
SIGNS = str.maketrans("○◯◦∘⚪⚬⭕〇∣❘", "ooooooooll")  # that look like letters where they touch one
TOUCHING = re.compile(r"(?<=\w)[○◯◦∘⚪⚬⭕〇|∣❘]|[○◯◦∘⚪⚬⭕〇|∣❘](?=\w)")
STROKES = re.compile("[ー一丨丿ノ丶\u1173\u1175]")  # letters that are read as signs beside Latin ones
TOGETHER = (("rn", "m"), ("vv", "w"))
# Latin letters with something to them, as Unicode names them.
DRESSED = re.compile(r"LATIN (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL |DOTLESS |SCRIPT |LONG )*([A-Z])(?: WITH .*)?")
# One alphabet, to whoever writes in it.
EASTERN = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC")
BESIDE_LATIN = frozenset({"LATIN", "GREEK", "CJK"})  # words that stand beside each other, as in "Team α"
OF_ALL = ("COMBINING", "MODIFIER", "DIGIT")  # first words of names that say nothing of an alphabet


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
    name = TOUCHING.sub(lambda match: match[0].replace("|", "l").translate(SIGNS), name)
    bare = "".join(map(_undressed, unicodedata.normalize("NFKD", name)))
    if "LATIN" in _alphabets(name):
        bare = STROKES.sub("", bare)
    plain = unicodedata.normalize("NFKD", bare.translate(AS_WRITTEN).casefold())
    plain = "".join(char for char in plain if char.isalnum()).translate(LOOK_ALIKES).replace(" ", "")
    for letters, letter in TOGETHER:
        plain = plain.replace(letters, letter)
    return plain


def _undressed(char: str) -> str:
    """The Latin letter or digit that a character is a form of, "" for an apostrophe, or itself."""
    if char.isascii():
        return char
    name = unicodedata.name(char, "")
    found = DRESSED.fullmatch(name)
    return found[1] if found else "" if name.startswith("MODIFIER") else str(unicodedata.digit(char, char))


def _alphabets(text: str) -> set[str]:
    """The alphabets that its letters and their marks are of."""
    names = (unicodedata.name(char, "") for char in text if unicodedata.category(char)[0] in "LM" or char == "〇")
    first = {re.split("[ -]", name)[0] for name in names} - {*OF_ALL, ""}
    return {"CJK" if name in EASTERN else name for name in first}


def _is_mixed(name: str) -> bool:
    """Whether letters of two alphabets stand in one word, or words of two that nobody writes beside each other."""
    words = [_alphabets(word) for word in name.split()]
    found = set[str]().union(*words)
    return any(len(word) > 1 for word in words) or (len(found) > 1 and not found <= BESIDE_LATIN)


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
    refused: dict[str, str] = {}
    names: dict[str, str] = {}
    ids = {alike(student): student for student in students}
    for student, text in written.items():
        name = tidy(text)
        key = alike(name)
        if not text.strip():
            continue
        if not key:
            refused[student] = "the name that was written holds no letter that can be shown"
        elif ids.get(key, student) != student:
            refused[student] = f"the name that was written could be taken for the student {ids[key]}"
        elif _is_mixed(name):
            refused[student] = "the name that was written mixes alphabets"
        else:
            names[student] = name
    return _numbered(names, {alike(text) for name in taken for text in (name, tidy(name))}), refused


def _numbered(names: Mapping[str, str], used: set[str]) -> dict[str, str]:
    """The same names, with numbers behind those that look alike or are used already."""
    shown, used = dict[str, str](), set(used)
    several = Counter(map(alike, names.values()))
    for student, name in names.items():
        key = alike(name)
        if several[key] > 1 or key in used:
            numbered = (f"{name} ({number})" for number in range(1, 2 * len(names) + len(used) + 2))
            free = (text for text in numbered if (form := alike(text)) not in used and form not in several)
            shown[student] = next(free)
        else:
            shown[student] = name
        used.add(alike(shown[student]))
    return shown
