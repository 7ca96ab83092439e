"""Markdown as formgrader shows it: nbconvert's renderer, and what nbgrader's template does afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.filters.strings import strip_files_prefix

from steepest_grader.notebook.formulas import Formulas

__all__ = ["rendered"]

Attachments = Mapping[str, Mapping[str, object]]


class _Attached(dict[str, Any]):
    """What is attached to a cell, where a name that is missing is no error."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> dict[str, str]:
        return {"": ""}


class _Renderer(IPythonRenderer):  # type: ignore[misc]
    """Takes formulas out of the text where somebody wants to set them."""

    formulas: Formulas | None = None

    def block_math(self, body: str) -> str:
        return self._taken(body, display=True) or str(super().block_math(body))

    def inline_math(self, body: str) -> str:
        return self._taken(body) or str(super().inline_math(body))

    def latex_environment(self, name: str, body: str) -> str:
        whole = f"\\begin{{{name}}}{body}\\end{{{name}}}"
        return self._taken(whole, display=True) or str(super().latex_environment(name, body))

    def _taken(self, tex: str, *, display: bool = False) -> str | None:
        return None if self.formulas is None else self.formulas.take(tex, display=display)


def rendered(
    source: str,
    attachments: Attachments | None = None,
    *,
    anchors: bool = True,
    formulas: Formulas | None = None,
) -> str:
    """HTML of a text; what is attached but missing has an address that is no picture's.

    Formulas stay as they were typed, for MathJax, or are taken out where `formulas` is given, to be put back later.
    """
    attached = _Attached({name: kinds for name, kinds in (attachments or {}).items() if kinds})
    renderer = _Renderer(escape=False, exclude_anchor_links=not anchors, attachments=attached)
    renderer.formulas = formulas
    text: str = strip_files_prefix(MarkdownWithMath(renderer=renderer).render(source))
    return text
