"""HTML in which nothing runs, loads, submits or leaves its place, made anew from HTML of students.

What comes out is written here tag by tag from a list of what may stand in it, and properly nested, so that it does not
matter how any other parser would have read what came in. Each character is looked at a fixed number of times.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Collection

import nh3
from pygments.token import STANDARD_TYPES

from steepest_grader.notebook.pictures import without_pictures

__all__ = ["Picture", "as_text", "harmless", "tokens"]

Picture = Callable[[str], str | None]
"""The address of a picture → the picture itself as a `data:` address, or None where there is none to show."""

INLINE = {
    "a", "abbr", "b", "code", "del", "em", "i", "kbd", "s", "small", "span", "strong", "sub", "sup", "u",
}  # fmt: skip
VOID = {"br", "hr", "img", "input"}
LINES = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "summary"}  # blocks that hold no other block
PARENTS = {
    "li": {"ul", "ol"}, "dt": {"dl"}, "dd": {"dl"},
    "caption": {"table"}, "thead": {"table"}, "tbody": {"table"}, "tfoot": {"table"},
    "tr": {"thead", "tbody", "tfoot"}, "td": {"tr"}, "th": {"tr"},
}  # fmt: skip
MISSING = {
    "table": "tbody",
    "thead": "tr",
    "tbody": "tr",
    "tfoot": "tr",
    "tr": "td",
}  # what may be left out before text
BLOCKS = LINES | set(PARENTS) | {"blockquote", "details", "div", "dl", "ol", "table", "ul"}
TAGS = INLINE | VOID | BLOCKS
WITHIN_LINES = INLINE | LINES
UNSEEN = {"script", "style", "title", "template"}  # go with what they hold
MAX_HTML, MAX_DEPTH, MAX_VALUE = 500_000, 30, 2_000

_CLASSES = {*STANDARD_TYPES.values(), "highlight", "anchor-link", "task-list-item", "task-list-item-checkbox"} - {""}
_LANGUAGE = re.compile(r"language-[\w+.#-]{1,40}")
_STYLE = re.compile(
    r"\s*(border-left|color|background-color|font-weight|font-style|max-width|padding|text-align)\s*:"
    r"\s*((?:[#a-z0-9.% ]|rgba?\([\d., %]+\)){1,60})\s*"
)
_LONG = re.compile(r"\d{4}")
_NUMBER, _SIDE = re.compile(r"\d{1,4}"), re.compile(r"left|right|center")
_ADDRESS = re.compile(r"(https?://|mailto:|#)[^\0-\x20\x7f]*")
_ELSEWHERE = re.compile(r"(?:https?:)?//[^\0-\x20\x7f]+", re.IGNORECASE)
_VALUES: dict[str, tuple[set[str], re.Pattern[str]]] = {
    "href": ({"a"}, _ADDRESS),
    "align": ({"td", "th", "tr", "p", "div", "img", "table"}, _SIDE),
    "colspan": ({"td", "th"}, _NUMBER),
    "rowspan": ({"td", "th"}, _NUMBER),
    "start": ({"ol"}, _NUMBER),
    "width": ({"img"}, _NUMBER),
    "height": ({"img"}, _NUMBER),
    "type": ({"input"}, re.compile("checkbox")),
    "disabled": ({"input"}, re.compile("")),
    "checked": ({"input"}, re.compile("")),
    "title": ({"a", "abbr", "img"}, re.compile("(?s).*")),
    "alt": ({"img"}, re.compile("(?s).*")),
}
_ATTRIBUTE = r"""\s+([a-zA-Z_:][\w:.-]*)(?:\s*=\s*("[^"<]*"|'[^'<]*'|[^\s"'=<>`]+))?"""
_TAG = re.compile(rf"<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:{_ATTRIBUTE})*)\s*/?>")
_EACH, _RUN = re.compile(_ATTRIBUTE), re.compile("<+(?=<)|<")
# what a formula may not do: lead elsewhere, take a style, lie over what is not its own place, or rename what does; it
# goes on after a break of a line, and ends at any other tag
_GAP = r"(?:\s|<br[^<>]*>)*+"
_FORMULA = re.compile(
    r"\\(?:(?:href|class|cssId|style|require|unicode|mmlToken|bbox|smash|(?:math)?[lrc]lap|raise|lower|[Rr]ule|Space"
    r"|moveleft|moveright|above|abovewithdelims|genfrac|data|toggle|mathtip|texttip|skew|uproot|leftroot"
    r"|[gex]?def|let|(?:re)?new(?:command|environment))(?![a-zA-Z])"
    rf"|(?:hspace|hskip|kern|mkern|mskip|mspace)(?![a-zA-Z])(?!\*?{_GAP}\{{?{_GAP}[\d.])"
    r"|f?colorbox(?=[^}]{0,200};)"
    rf"|(?:cr|newline)?{_GAP}\*?{_GAP}\[{_GAP}-)"
    rf"|(?:\\(?:!|neg(?:thin|med|thick)space){_GAP}(?:[{{}}]{_GAP})*){{8,}}"
)
_BREAKS_OFF = re.compile(r"(<(?!br[ >])[^<>]*>)")


def as_text(text: str) -> str:
    """Any text as HTML that shows it letter by letter."""
    return f"<pre>{html.escape(text)}</pre>"


def harmless(text: str, *, picture: Picture = lambda _: None, taken: Collection[str] | None = None) -> str:
    """HTML without anything that runs, loads, submits or leaves its place.

    Parameters
    ----------
    text : str
        HTML of whatever kind. What would take too long is shown as it was typed.
    picture : callable
        Gives pictures by their address; one that it does not have becomes words.
    taken : collection of str, optional
        What the page itself calls its parts; headings keep names of their own. Without it nothing has a name.
    """
    text = text.encode("utf-8", "replace").decode()  # half a character is no text
    if len(without_pictures(text)) > MAX_HTML:
        return as_text(without_pictures(text)[:MAX_HTML])
    written = _Writer(picture, taken)
    place = 0
    while (start := text.find("<", place)) >= 0:
        written.text(text[place:start])
        place = _after(text, start, written)
    written.text(text[place:])
    return _once_more(written.closed())


def _after(text: str, start: int, written: _Writer) -> int:
    """Deal with what begins with "<"; where it ends."""
    if text.startswith("<!--", start):
        end = written.find(text, "-->", start + 4)
        if end >= 0:
            return end + 3
    tag = _TAG.match(text, start)
    if tag is None:
        end = _RUN.match(text, start).end()  # type: ignore[union-attr]
        written.text(text[start:end])
        return end
    name = tag[2].lower()
    if name in UNSEEN:
        end = -1 if tag[1] else written.find(text, f"</{name}", tag.end())
        return end if end >= 0 else tag.end()
    if name not in TAGS:
        return tag.end()
    if tag[1]:
        written.end(name)
    else:
        written.start(name, _attributes(tag[3]))
    return tag.end()


def _attributes(text: str) -> dict[str, str]:
    """Names and values of a tag; of several with the same name the first, as browsers have it."""
    found: dict[str, str] = {}
    for name, value in _EACH.findall(text):
        plain = value[1:-1] if value[:1] in ("'", '"') else value
        found.setdefault(name.lower(), html.unescape(plain))
    return found


class _Writer:
    """Writes tags so that every parser nests them alike: no block within a line of text, lists and tables whole."""

    def __init__(self, picture: Picture, taken: Collection[str] | None) -> None:
        self._picture, self._taken = picture, taken
        self._parts: list[str] = []
        self._open: list[str] = []
        self._absent: set[str] = set()

    def find(self, text: str, end: str, place: int) -> int:
        """As `str.find`, regardless of case; what is nowhere is looked for only once."""
        if end in self._absent:
            return -1
        found = re.compile(re.escape(end), re.IGNORECASE).search(text, place)
        if found is None:
            self._absent.add(end)
            return -1
        return found.start()

    def text(self, raw: str) -> None:
        """Characters, in which entities stand for others."""
        if not (plain := html.unescape(raw)):
            return
        if plain.strip():
            self._complete()
        if self._parts and self._parts[-1].startswith("<pre"):
            plain = plain.lstrip("\n")  # parsers pass over the first
        escaped = html.escape(plain, quote=False)
        self._parts.append(escaped)

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == "img":
            self._image(given)
            return
        if name == "input" and not {"type", "disabled"} <= _kept(name, given, self._taken).keys():
            return
        if name in BLOCKS or name == "hr":
            while self._open and self._open[-1] in WITHIN_LINES:
                self._close()
        if name in PARENTS:
            if not self._make_room(name):
                return
        else:
            self._complete()
        if name in VOID:
            self._parts.append(_tag(name, _kept(name, given, self._taken)))
        elif len(self._open) < MAX_DEPTH and not (name == "a" and "a" in self._open):
            self._parts.append(_tag(name, _kept(name, given, self._taken)))
            self._open.append(name)

    def end(self, name: str) -> None:
        """Close an element with all that is open within it; of a line of text only what is open in that line."""
        for depth in range(len(self._open) - 1, -1, -1):
            if self._open[depth] == name:
                self._close(depth)
            elif name not in INLINE or self._open[depth] in INLINE:
                continue
            return

    def closed(self) -> str:
        """All parts, with nothing left open, and with formulas that keep to their place."""
        self._close(0)
        pieces, within = _BREAKS_OFF.split("".join(self._parts)), 0
        for place, piece in enumerate(pieces):
            if place % 2:
                within += piece.startswith(("<pre", "<code")) - piece.startswith(("</pre", "</code"))
            elif not within:
                pieces[place] = _FORMULA.sub(r"<code>\g<0></code>", piece)
        return "".join(pieces)

    def _close(self, depth: int = -1) -> None:
        for name in reversed(self._open[depth:]):
            self._parts.append(f"</{name}>")
        del self._open[depth:]

    def _make_room(self, name: str) -> bool:
        """Close what stands between a part of a list or table and the element that it belongs to."""
        wanted = PARENTS[name]
        for depth in range(len(self._open) - 1, -1, -1):
            here = self._open[depth]
            if here in wanted:
                self._close(depth + 1)
                return True
            if name in ("tr", "td", "th") and here in MISSING and here != "tr":
                self._close(depth + 1)
                while self._open[-1] not in wanted:
                    self._add(MISSING[self._open[-1]])
                return True
            if here not in PARENTS:
                return False
        return False

    def _complete(self) -> None:
        """Open the parts of a table that stand before any text in it."""
        while self._open and self._open[-1] in MISSING:
            self._add(MISSING[self._open[-1]])

    def _add(self, name: str) -> None:
        self._parts.append(f"<{name}>")
        self._open.append(name)

    def _image(self, given: dict[str, str]) -> None:
        address, said = given.get("src", "").strip(), " ".join(given.get("alt", "").split())[:MAX_VALUE]
        shown = self._picture(address)
        self._complete()
        if shown is not None:
            kept = {"src": shown} | _kept("img", given, self._taken)
            self._parts.append(_tag("img", kept))
        elif _ELSEWHERE.fullmatch(address) and len(address) <= MAX_VALUE:
            address = address if address[0] != "/" else f"https:{address}"
            words = html.escape(f"picture from elsewhere: {said or 'without words'} ({address})", quote=False)
            inside = "a" in self._open or not _ADDRESS.fullmatch(address)
            self._parts.append(words if inside else f"{_tag('a', {'href': address})}{words}</a>")
        else:
            self._parts.append(html.escape(f"(picture that is not here: {said or address[:80]})", quote=False))


def _kept(tag: str, given: dict[str, str], taken: Collection[str] | None) -> dict[str, str]:
    """What may stay of a tag's attributes."""
    kept = {}
    for name, value in given.items():
        if (checked := _checked(tag, name, value, taken)) is not None:
            kept[name] = checked
    return kept


def _checked(tag: str, name: str, value: str, taken: Collection[str] | None) -> str | None:
    if len(value) > MAX_VALUE:
        return None
    if name == "class":
        names = [word for word in value.split() if word in _CLASSES or _LANGUAGE.fullmatch(word)]
        return " ".join(names) or None
    if name == "style":
        parts = [found for part in value.split(";") if (found := _STYLE.fullmatch(part)) and not _LONG.search(found[2])]
        return ";".join(f"{part[1]}:{part[2].strip()}" for part in parts) or None
    if name == "id":
        free = taken is not None and tag in LINES and not re.match(r"mathjax|mjx|cell-id", value, re.IGNORECASE)
        return value if free and taken is not None and value not in taken and not re.search(r"\s", value) else None
    tags, wanted = _VALUES.get(name, (set(), None))
    return value if tag in tags and wanted is not None and wanted.fullmatch(value) else None


def _tag(name: str, kept: dict[str, str]) -> str:
    attributes = "".join(f' {key}="{html.escape(value)}"' for key, value in kept.items())
    return f"<{name}{attributes}>"


def _once_more(text: str) -> str:
    """The same as another's parser and list have it: two walls, of which either would do."""
    cleaned: str = nh3.clean(
        text,
        tags=TAGS,
        attributes={tag: {"class", "style", "id", "src", *_VALUES} for tag in TAGS},
        attribute_filter=lambda tag, name, value: value if name != "src" or value.startswith("data:image/") else None,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel=None,
    )
    return cleaned


def tokens(text: str) -> list[object] | None:
    """Tags and texts of HTML that every parser reads alike; None where parsers may differ."""
    found: list[object] = []
    place = 0
    for tag in _TAG.finditer(text):
        if "<" in (between := text[place : tag.start()]):
            return None
        if between:
            found.append(html.unescape(between))
        given = _attributes(tag[3])
        if len(given) < len(_EACH.findall(tag[3])):
            return None
        if "style" in given:
            given["style"] = re.sub(r"\s*([:;])\s*", r"\1", given["style"])
        found.append((tag[1], tag[2].lower(), given))
        place = tag.end()
    if "<" in text[place:]:
        return None
    return [*found, html.unescape(text[place:])] if text[place:] else found
