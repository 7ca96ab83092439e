"""HTML in which nothing runs, loads or submits."""

from __future__ import annotations

import html
import re

import nh3

__all__ = ["BASE64", "harmless"]

BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "del", "div", "em", "h1", "h2", "h3", "h4",
    "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "*": {"class", "style", "alt", "title", "colspan", "rowspan", "align"},
    "a": {"href"},
    "img": {"src"},
}
STYLES = {
    "border-left", "color", "background-color", "font-weight", "font-style", "max-width", "padding", "text-align",
}  # fmt: skip
ADDRESS = re.compile(r"https?:|mailto:|#")
PICTURE = re.compile(r"data:image/(png|jpeg|gif|svg\+xml);base64,")
MAX_HTML, MAX_TAGS = (
    500_000,
    20_000,
)  # time grows with the square of nesting and attributes: a second or so


def harmless(text: str) -> str:
    """HTML without anything that runs, loads or submits; what would take too long to clean is shown as it was typed."""
    if len(text) > MAX_HTML or text.count("<") > MAX_TAGS:
        return f"<pre>{html.escape(text)}</pre>"
    cleaned: str = nh3.clean(
        text,
        tags=TAGS,
        clean_content_tags={"script", "style"},
        attributes=ATTRIBUTES,
        attribute_filter=_harmless_value,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel=None,
        filter_style_properties=STYLES,
    )
    return cleaned


def _harmless_value(tag: str, name: str, value: str) -> str | None:
    """The value of an attribute, or None where it may not stay."""
    wanted = {"href": ADDRESS, "src": PICTURE}.get(name)
    return value if wanted is None or wanted.match(value) else None
