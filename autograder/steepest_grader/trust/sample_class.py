"""A class of submissions of known kinds, made from the exercises: what the demo grades and the tests expect."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, count, islice, zip_longest
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from steepest_grader.course.lesson import Lesson
from steepest_grader.exercise.model import Accepted, Exercise, Mistake, Outcome
from steepest_grader.notebook.cells import is_answer, without_marks
from steepest_grader.trust.variants import partners, source_of

__all__ = ["Expected", "Sample", "samples", "solved", "with_variant", "write"]


@dataclass(frozen=True)
class Expected:
    """What must come out for one exercise.

    Attributes
    ----------
    outcome : Outcome
        How the exercise ends.
    credit : float
        Share of its points.
    diagnosis : str or None
        The name that must be given, or None where any or no name will do.
    """

    outcome: Outcome = Outcome.PASSED
    credit: float = 1.0
    diagnosis: str | None = None


@dataclass(frozen=True)
class Sample:
    """One made submission: its kind, its bytes (None for a missing notebook), and what must come out."""

    kind: str
    data: bytes | None
    outcome: Outcome
    exercises: Mapping[str, Expected] = field(default_factory=dict)


def samples(lesson: Lesson) -> Iterator[Sample]:
    """All kinds of submissions of a lesson: the correct and the blank one, broken ones, variants and mistakes.

    Parameters
    ----------
    lesson : Lesson
        What is asked, with the source, whose answers are correct.
    """
    correct = solved(lesson)
    full = dict.fromkeys(lesson.exercises, Expected())
    blank = dict.fromkeys(lesson.exercises, Expected(Outcome.FAILED, 0.0, "not_attempted"))
    yield Sample("correct", _bytes(correct), Outcome.PASSED, full)
    yield Sample("blank", _bytes(lesson.released), Outcome.FAILED, blank)
    yield from _broken(lesson, correct, full)
    each = [_variants(exercise, correct, full) for exercise in lesson.exercises.values()]
    yield from (item for item in chain.from_iterable(zip_longest(*each)) if item is not None)


def solved(lesson: Lesson) -> NotebookNode:
    """The released notebook with the source's answers: what a perfect student hands in."""
    answers = [cell for cell in lesson.source.cells if is_answer(cell)]
    return _with(lesson.released, {cell.id: without_marks(cell.source) for cell in answers})


def write(lesson: Lesson, folder: Path, *, size: int | None = None) -> list[Sample]:
    """Write submissions as ``<folder>/<kind>/<lesson>/<lesson>.ipynb``.

    Parameters
    ----------
    folder : Path
        Made if it is not there; what else it holds is left alone.
    size : int, optional
        How many; more than there are kinds gives numbered copies. By default one of each kind.

    Returns
    -------
    list of Sample
        What was written, with what must come out.
    """
    kinds = list(islice(samples(lesson), size))
    copies = (
        Sample(f"{item.kind}-{number}", item.data, item.outcome, item.exercises)
        for number in count(2)
        for item in kinds
    )
    written = [*kinds, *islice(copies, max((size or 0) - len(kinds), 0))]
    for item in written:
        path = folder / item.kind / lesson.id / f"{lesson.id}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        if item.data is None:
            path.unlink(missing_ok=True)
        elif not path.exists() or path.read_bytes() != item.data:
            path.write_bytes(item.data)
    return written


def _variants(exercise: Exercise, correct: NotebookNode, full: Mapping[str, Expected]) -> Iterator[Sample]:
    """Mistakes and accepted variants of one exercise in turn, so that a small class holds some of both."""
    for mistake, accepted in zip_longest(exercise.mistakes, exercise.accepted):
        if mistake is not None:
            notebook = with_variant(correct, exercise, mistake)
            outcome = Outcome.PARTIAL if mistake.credit else Outcome.FAILED
            expected = {exercise.id: Expected(outcome, mistake.credit, mistake.name)}  # others may build on it
            yield Sample(f"mistake-{exercise.id}-{mistake.name}", _bytes(notebook), Outcome.PARTIAL, expected)
        if accepted is not None:
            notebook = with_variant(correct, exercise, accepted)
            yield Sample(f"accepted-{exercise.id}-{accepted.name}", _bytes(notebook), Outcome.PASSED, full)


def with_variant(notebook: NotebookNode, exercise: Exercise, variant: Accepted | Mistake) -> NotebookNode:
    """The notebook with a variant in the place of an answer.

    Where other functions stand beside it in its text, later cells may not define these once more.
    """
    own = f"answer_{exercise.id}"
    ids = [cell.id for cell in notebook.cells]
    later = set(ids[ids.index(own) + 1 :])
    names = {**partners(exercise), **variant.companions}
    beside = {f"answer_{name}": f"# `{name}` is written with `{exercise.id}`." for name in names}
    changed = {name: source for name, source in beside.items() if name in later}
    return _with(notebook, {own: source_of(exercise, variant)} | changed)


# --- broken submissions ----------------------------------------------------------------------------------------

BODIES: dict[str, tuple[str, Outcome]] = {
    "syntax_error": ("return (", Outcome.ERRORED),
    "endless_loop": ("while True:\n        pass", Outcome.TIMED_OUT),
    "memory_hog": ("return bytearray(2**40)", Outcome.OUT_OF_MEMORY),
    "os_exit": ("import os\n    os._exit(0)", Outcome.ERRORED),
}
EXTRA_CELLS: dict[str, str] = {
    "print_flood": "for _ in range(200_000):\n    print('the same line again and again')",
    "text_on_stderr": "import sys\nprint('a warning is not a failure', file=sys.stderr)",
}


def _broken(lesson: Lesson, correct: NotebookNode, full: Mapping[str, Expected]) -> Iterator[Sample]:
    first = _alone(lesson, correct)
    for kind, (body, outcome) in BODIES.items():
        source = f"def {first}(*args, **kwargs):\n    {body}\n"
        notebook = _with(correct, {f"answer_{first}": source})
        expected = {**full, first: Expected(outcome, 0.0)}
        yield Sample(f"broken-{kind}", _bytes(notebook), Outcome.PARTIAL, expected)
    for kind, source in EXTRA_CELLS.items():
        notebook = copy.deepcopy(correct)
        notebook.cells.insert(_place(notebook, first), new_code_cell(source, id=kind))
        yield Sample(f"broken-{kind}", _bytes(notebook), Outcome.PASSED, full)
    for kind, damage in DAMAGES.items():
        notebook = copy.deepcopy(correct)
        damage(notebook, first)
        yield Sample(f"broken-{kind}", _bytes(notebook), Outcome.PASSED, full)
    unreadable = dict.fromkeys(lesson.exercises, Expected(Outcome.UNREADABLE, 0.0))
    data = _bytes(correct)
    yield Sample("broken-invalid_json", data[: len(data) // 2], Outcome.UNREADABLE, unreadable)
    missing = dict.fromkeys(lesson.exercises, Expected(Outcome.MISSING, 0.0))
    yield Sample("broken-missing_notebook", None, Outcome.MISSING, missing)


def _alone(lesson: Lesson, correct: NotebookNode) -> str:
    """The first exercise on which no other one stands, so that breaking it breaks nothing else."""

    def stands_on(other: Exercise, name: str) -> bool:
        answer = next(cell.source for cell in correct.cells if cell.id == f"answer_{other.id}")
        return name in other.companions or re.search(rf"\b{name}\(", answer) is not None

    items = lesson.exercises.values()
    return next(
        (name for name in lesson.exercises if not any(stands_on(item, name) for item in items if item.id != name)),
        next(iter(lesson.exercises)),
    )


def _delete_test_cell(notebook: NotebookNode, exercise: str) -> None:
    del notebook.cells[_place(notebook, exercise)]


def _duplicate_cell(notebook: NotebookNode, exercise: str) -> None:
    place = _place(notebook, exercise)
    twin = copy.deepcopy(notebook.cells[place])
    twin.id = f"{twin.id}-twin"
    notebook.cells.insert(place, twin)


def _strip_metadata(notebook: NotebookNode, exercise: str) -> None:
    for cell in notebook.cells:
        cell.metadata.pop("nbgrader", None)


def _edit_points(notebook: NotebookNode, exercise: str) -> None:
    notebook.cells[_place(notebook, exercise)].metadata.nbgrader.points = 1000


DAMAGES: dict[str, Callable[[NotebookNode, str], None]] = {
    "deleted_test_cell": _delete_test_cell,
    "duplicated_cell": _duplicate_cell,
    "stripped_metadata": _strip_metadata,
    "edited_points": _edit_points,
}


def _place(notebook: NotebookNode, exercise: str) -> int:
    return next(place for place, cell in enumerate(notebook.cells) if cell.id == exercise)


def _with(notebook: NotebookNode, sources: Mapping[str, str]) -> NotebookNode:
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        cell.source = sources.get(cell.id, cell.source)
    return notebook


def _bytes(notebook: NotebookNode) -> bytes:
    return (json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()
