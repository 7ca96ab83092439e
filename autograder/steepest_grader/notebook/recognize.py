"""Which released cell is which of those handed in, also where metadata is lost, foreign or shared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from nbformat import NotebookNode

from steepest_grader.notebook.cells import Cell, by_grade_id, grade_id, is_answer

__all__ = ["recognize"]

_FUNCTION = re.compile(r"^def[ \t]+(\w+)", re.MULTILINE)  # parsing would take long, and would want code without errors


def recognize(cells: Sequence[Cell], released: NotebookNode) -> list[Cell]:
    """Give each cell the grade id of the released cell that it is.

    A cell goes by its grade id; without a known one by its cell id, by its released source word for word, by
    defining the function that an answer cell asks for, or, for a written answer, by the cell it follows. Where that
    fits several or none, its place among the others decides: alike cells are taken in their order, and as many cells
    of the student's as answers are missing between two known ones are these answers.
    """
    places = _Places(released)
    found = _by_content(cells, places)
    _alike(cells, places, found)
    _between(cells, places, found)
    return [
        replace(cell, grade_id=None if place is None else places.names[place])
        for cell, place in zip(cells, found, strict=True)
    ]


@dataclass
class _Places:
    """The released cells by place, and where each is known from."""

    released: NotebookNode
    names: list[str | None] = field(init=False)
    by_source: dict[str, list[int]] = field(init=False)

    def __post_init__(self) -> None:
        self.names = [grade_id(cell) for cell in self.released.cells]
        self.by_source = {}
        for place, cell in enumerate(self.released.cells):
            self.by_source.setdefault(cell.source, []).append(place)

    def answers(self, first: int, end: int, kind: str) -> Iterator[int]:
        """Places of answer cells of a kind within some of them."""
        cells = self.released.cells
        return (place for place in range(first, end) if cells[place].cell_type == kind and is_answer(cells[place]))


def _by_content(cells: Sequence[Cell], places: _Places) -> list[int | None]:
    """Places of cells that are known by themselves; a grade id may be claimed twice, any other place once."""
    by_name = {name: place for place, name in enumerate(places.names) if name is not None}
    by_cell_id = {cell.id: place for place, cell in enumerate(places.released.cells) if places.names[place]}
    known = by_grade_id(places.released)
    answers = {name: cell.source for name, cell in known.items() if is_answer(cell)}
    by_function = {
        function: by_name[name] for name, source in answers.items() for function in _FUNCTION.findall(source)
    }
    by_question = {
        question.source: place + 1
        for place, (question, cell) in enumerate(pairwise(places.released.cells))
        if cell.cell_type == question.cell_type == "markdown" and "nbgrader" in cell.metadata and is_answer(cell)
    }
    claimed = {by_name[cell.grade_id] for cell in cells if cell.grade_id in by_name}

    def place_of(cell: Cell, question: str) -> int | None:
        if cell.grade_id in by_name:
            return by_name[cell.grade_id]
        guess = by_cell_id.get(cell.cell_id or "")
        if guess is None and len(alike := places.by_source.get(cell.source, [])) == 1:
            guess = alike[0]
        if guess is None and cell.kind == "code":
            guess = next((by_function[name] for name in _FUNCTION.findall(cell.source) if name in by_function), None)
        if guess is None and cell.kind == "markdown":
            guess = by_question.get(question)
        return None if guess in claimed else guess

    questions = ["", *(cell.source for cell in cells)]
    return [place_of(cell, before) for cell, before in zip(cells, questions, strict=False)]


def _alike(cells: Sequence[Cell], places: _Places, found: list[int | None]) -> None:
    """Take cells whose source several released ones have in their order, behind what is known to come before."""
    taken = {place for place in found if place is not None}
    last = -1
    for number, cell in enumerate(cells):
        place = found[number]
        if place is None:
            free = [place for place in places.by_source.get(cell.source, []) if place not in taken]
            end = next((place for place in found[number:] if place is not None and place > last), len(places.names))
            ahead = [place for place in free if last < place < end] or (free if cell.source else [])
            if ahead:
                found[number] = place = ahead[0]
                taken.add(place)
        last = last if place is None else place


def _between(cells: Sequence[Cell], places: _Places, found: list[int | None]) -> None:
    """Take what stands where answers are missing for these, if there are as many."""
    taken = {place for place in found if place is not None}
    known = [(number, place) for number, place in enumerate(found) if place is not None]
    for (before, first), (behind, end) in pairwise([(-1, -1), *known, (len(cells), len(places.names))]):
        for kind in ("code", "markdown"):
            missing = [place for place in places.answers(first + 1, end, kind) if place not in taken]
            given = [
                number for number in range(before + 1, behind) if cells[number].kind == kind and cells[number].source
            ]
            if len(missing) == len(given):
                for number, place in zip(given, missing, strict=True):
                    found[number] = place
