"""HTML in which nothing runs, loads or submits."""

from __future__ import annotations

import html
import re

import bleach
from bleach.css_sanitizer import CSSSanitizer

__all__ = ["BASE64", "harmless"]

BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
TAGS = frozenset(
    {
        "a", "abbr", "b", "blockquote", "br", "caption", "code", "del", "div", "em", "h1", "h2", "h3", "h4",
        "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "sup",
        "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"
    }
)  # fmt: skip
STYLES = CSSSanitizer(
    allowed_css_properties=(
        "border-left", "color", "background-color", "font-weight", "font-style", "max-width", "padding", "text-align",
    )
)  # fmt: skip
BLOCKS = re.compile(r"<(script|style)\b.*?(</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
VOID = frozenset({"br", "hr", "img", "wbr", "input", "col", "meta", "link"})
MAX_HTML, MAX_TAGS, MAX_DEPTH = 200_000, 5_000, 40


def harmless(text: str) -> str:
    """HTML without anything that runs, loads or submits; what would take too long to clean is shown as it was typed."""
    if len(text) > MAX_HTML or text.count("<") > MAX_TAGS or _depth(text) > MAX_DEPTH:
        return f"<pre>{html.escape(text)}</pre>"
    cleaned: str = bleach.clean(
        BLOCKS.sub("", str(text)),
        tags=TAGS,
        attributes=_is_harmless,
        protocols=("http", "https", "mailto", "data"),
        strip=True,
        css_sanitizer=STYLES,
    )
    return cleaned


def _depth(text: str) -> int:
    """How deep tags are nested at most; the time to clean grows with its square."""
    depth = deepest = 0
    for closing, name in TAG.findall(text):
        if name.lower() not in VOID:
            depth += -1 if closing else 1
            deepest = max(deepest, depth)
    return deepest


def _is_harmless(tag: str, name: str, value: str) -> bool:
    if name == "src":
        return tag == "img" and re.match(r"data:image/(png|jpeg|gif|svg\+xml);base64,", value) is not None
    if name == "href":
        return re.match(r"(https?:|mailto:|#)", value) is not None
    return name in ("class", "style", "alt", "title", "colspan", "rowspan", "align")
