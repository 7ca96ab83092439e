"""Cells that say what a released one says: white space, line ends, or what a formatter does, may differ."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Sequence
from dataclasses import replace

from nbformat import NotebookNode

from steepest_grader.notebook.cells import Cell, is_answer
from steepest_grader.notebook.parse import parse

__all__ = ["as_released"]

LONGER = 2  # times the longest released cell: no formatter makes more of it
Form = tuple[str, ...]


def as_released(cells: Sequence[Cell], released: NotebookNode) -> list[Cell]:
    """Give each cell that differs from a released one in its form alone the released source.

    Such a cell counts as the lesson's own wherever sources are compared. A comment is not form, and what a student
    writes an answer into is left as it is.

    Parameters
    ----------
    cells : sequence of Cell
        As handed in.
    released : NotebookNode
        As given out.
    """
    given = [cell for cell in released.cells if not is_answer(cell)]
    known = {cell.source for cell in released.cells}
    most = LONGER * max((len(source) for source in known), default=0)
    odd = [bool(cell.source) and cell.source not in known and len(cell.source) <= most for cell in cells]
    if not any(odd):
        return list(cells)
    forms = {_form(cell.cell_type, cell.source): cell.source for cell in given}
    return [
        replace(cell, source=forms.get(_form(cell.kind, cell.source), cell.source)) if differs else cell
        for cell, differs in zip(cells, odd, strict=True)
    ]


def _form(kind: str, source: str) -> Form:
    lines = [line.rstrip() for line in source.splitlines()]
    if kind == "code":
        text = "\n".join(lines)
        try:
            return (kind, ast.dump(parse(text)), *_comments(text))
        except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
            pass  # magics, or no Python at all
    return (kind, *filter(None, lines))


def _comments(source: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return ["".join(token.string.split()) for token in tokens if token.type == tokenize.COMMENT]
