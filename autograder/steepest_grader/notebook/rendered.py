"""Markdown as formgrader shows it: nbconvert's renderer, and what nbgrader's template does afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.filters.strings import strip_files_prefix

__all__ = ["rendered"]

Attachments = Mapping[str, Mapping[str, object]]


class _Attached(dict[str, Any]):
    """What is attached to a cell, where a name that is missing is no error."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> dict[str, str]:
        return {"": ""}


def rendered(source: str, attachments: Attachments | None = None, *, anchors: bool = True) -> str:
    """HTML of a text; what is attached but missing has an address that is no picture's."""
    attached = _Attached({name: kinds for name, kinds in (attachments or {}).items() if kinds})
    renderer = IPythonRenderer(escape=False, exclude_anchor_links=not anchors, attachments=attached)
    text: str = strip_files_prefix(MarkdownWithMath(renderer=renderer).render(source))
    return text
