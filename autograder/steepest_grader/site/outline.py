"""What a lesson says of itself: its title, what it is about, what it teaches, and its exercises."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nbformat import NotebookNode

from steepest_grader.notebook.cells import by_grade_id, grade_id, is_answer, is_test

__all__ = ["Asked", "Outline", "outline"]

TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
LISTED = re.compile(r"(?:1\.|-) ")
DIFFICULTY = re.compile(r"●+")
MINUTES = re.compile(r"(\d+)\s+minutes?")
HEADING = re.compile(r"^#{2,6} ", re.MULTILINE)


@dataclass(frozen=True)
class Asked:
    """An exercise as a lesson asks for it; difficulty and minutes are empty where it does not tell."""

    id: str
    points: float
    difficulty: str
    minutes: str


@dataclass(frozen=True)
class Outline:
    """A lesson in short.

    Attributes
    ----------
    title : str
    lead : str
        The first paragraph, in Markdown.
    aims : str
        The list of what one can do afterwards, in Markdown; empty where there is none.
    time : str
        The paragraph behind it, if it says how many minutes the lesson takes.
    asked : sequence of Asked
    by_hand : float
        Points of what a person marks.
    """

    title: str
    lead: str
    aims: str
    time: str
    asked: Sequence[Asked]
    by_hand: float


def outline(lesson: str, released: NotebookNode, points: Mapping[str, float]) -> Outline:
    """Read it off the student's notebook.

    Parameters
    ----------
    lesson : str
        Stands for the title where the notebook has none.
    released : NotebookNode
    points : mapping of str to float
        By grade id, of all that the judge marks.
    """
    texts = [cell.source for cell in released.cells if cell.cell_type == "markdown"]
    title, _, rest = texts[0].partition("\n") if texts else ("", "", "")
    found = TITLE.match(title)
    paragraphs = [part.strip() for part in (rest if found else "".join(texts[:1])).split("\n\n") if part.strip()]
    at = next((number for number, part in enumerate(paragraphs) if LISTED.match(part)), None)
    behind = next(iter(paragraphs[at + 1 :]), "") if at is not None else ""
    by_hand = [cell.metadata.nbgrader.get("points", 0) for cell in by_grade_id(released).values() if _is_by_hand(cell)]
    return Outline(
        found[1] if found else lesson,
        paragraphs[0] if paragraphs else "",
        paragraphs[at] if at is not None else "",
        behind if MINUTES.search(behind) else "",
        list(_asked(released, points)),
        float(sum(by_hand)),
    )


def _is_by_hand(cell: NotebookNode) -> bool:
    return bool(cell.metadata.nbgrader.get("grade")) and is_answer(cell)


def _asked(released: NotebookNode, points: Mapping[str, float]) -> Iterator[Asked]:
    """Each exercise with what the text above it says, back to its heading."""
    above = ""
    for cell in released.cells:
        if cell.cell_type == "markdown":
            above = cell.source if HEADING.search(cell.source) else f"{above}\n{cell.source}"
        elif is_test(cell) and (name := grade_id(cell)) in points:
            told = above[above.rfind("\n#") + 1 :]
            difficulty, minutes = DIFFICULTY.search(told), MINUTES.search(told)
            yield Asked(
                str(name), points[str(name)], difficulty[0] if difficulty else "", minutes[1] if minutes else ""
            )
