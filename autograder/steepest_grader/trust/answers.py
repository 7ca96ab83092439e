"""Answers that others wrote, who had seen the released notebook and nothing else: how the judge does on those.

A folder holds sets, a set holds a file for each lesson, and a file holds answers, each a cell of its own under a line

    # %% wrong NAME_OF_THE_FUNCTION: the old value is dropped

that says whether it is right, wrong, or right but for a corner, and in one sentence what sets it apart. Beside them
`rated.json` says by lesson and answer whether the name that the judge gave is right, in the eyes of somebody who
compared it with that sentence.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steepest._checks.calls import local

from steepest_grader.errors import CourseError
from steepest_grader.exercise import catalogue
from steepest_grader.exercise.judge import judge
from steepest_grader.exercise.model import Outcome, Verdict
from steepest_grader.trust.children import each_in_a_child

__all__ = ["Answer", "Tally", "answers", "files", "judged", "ratings", "tally", "verdicts"]

HEAD = re.compile(r"^# %% (right|wrong|corner) (\w+): ?(.*)$", re.MULTILINE)
RATED = "rated.json"
KEPT = 0.75  # what is left at least to an answer that forgets a corner
SECONDS = 60.0  # of CPU for one answer; the first one to an exercise waits for what it is compared with

Ratings = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Answer:
    """One answer to one exercise.

    Attributes
    ----------
    kind : str
        ``"right"``, ``"wrong"``, or ``"corner"`` for what is right but for a special case.
    exercise : str
        Its id.
    said : str
        What sets it apart, in its author's words.
    source : str
        The cell.
    """

    kind: str
    exercise: str
    said: str
    source: str

    @property
    def key(self) -> str:
        """What it is rated under."""
        return f"{self.exercise}: {self.said}"


@dataclass
class Tally:
    """How the judge did on a number of answers.

    Attributes
    ----------
    right, accepted : int
        How many answers are right, and how many of them got full marks.
    wrong, caught, named, rightly : int
        How many are wrong; how many of them lost marks; were told a name; and were told the right one.
    corners, kept : int
        How many forget a corner, and how many of them kept at least three quarters.
    amiss : list of str
        What was refused, let through or not rated.
    """

    right: int = 0
    accepted: int = 0
    wrong: int = 0
    caught: int = 0
    named: int = 0
    rightly: int = 0
    corners: int = 0
    kept: int = 0
    amiss: list[str] = field(default_factory=list)

    @property
    def shares(self) -> tuple[str, ...]:
        """Accepted, caught, named, named rightly and kept, each of how many."""
        pairs = (
            (self.accepted, self.right),
            (self.caught, self.wrong),
            (self.named, self.wrong),
            (self.rightly, self.named),
            (self.kept, self.corners),
        )
        return tuple(f"{got} / {of}" for got, of in pairs)

    def __add__(self, other: Tally) -> Tally:
        mine, theirs = vars(self), vars(other)
        return Tally(**{name: mine[name] + theirs[name] for name in mine})


def files(folder: Path) -> dict[str, dict[str, Path]]:
    """By set and lesson the files of a folder.

    Raises
    ------
    CourseError
        If there are none.
    """
    found = {
        part.name: {path.stem: path for path in sorted(part.glob("*.py"))}
        for part in sorted(folder.iterdir() if folder.is_dir() else [])
        if any(part.glob("*.py"))
    }
    if not found:
        raise CourseError(
            f"There are no answers in {folder}: it holds a folder for each set, with a file for each lesson."
        )
    return found


def answers(path: Path) -> list[Answer]:
    """All answers of a file, in their order."""
    text = path.read_text(encoding="utf-8")
    heads = list(HEAD.finditer(text))
    ends = [*(head.start() for head in heads[1:]), len(text)]
    return [Answer(head[1], head[2], head[3], text[head.end() : end]) for head, end in zip(heads, ends, strict=True)]


def judged(answer: Answer) -> Verdict:
    """What the judge says of an answer, beside whose function stands what else its cell defines.

    In a notebook other exercises have been judged before this cell. So a slip in a function that it defines anew is
    this answer's own, and no reason to be judged apart from it.
    """
    exercise = catalogue.exercise(answer.exercise)
    namespace: dict[str, Any] = {"__name__": "answer"}
    exec(compile(answer.source, f"<{answer.key}>", "exec"), namespace)  # ours: it stands in the repository
    functions = {name: value for name, value in namespace.items() if callable(value)}
    beside = {**exercise.companions, **functions}
    return judge(exercise, local(namespace[exercise.id], exercise.id, companions=beside))


def verdicts(found: Sequence[Answer], *, seconds: float = SECONDS) -> Iterator[tuple[Answer, Verdict]]:
    """Each answer with what the judge says of it; one that takes longer is ended."""

    def told(answer: Answer) -> str:
        return json.dumps(judged(answer).as_stored())

    for answer, line in zip(found, each_in_a_child(told, found, seconds=seconds), strict=True):
        if line is None:
            points = catalogue.exercise(answer.exercise).points
            yield answer, Verdict(answer.exercise, points, Outcome.TIMED_OUT)
        else:
            yield answer, Verdict.from_json(json.loads(line))


def ratings(path: Path) -> Ratings:
    """What the names of a file's answers are rated."""
    rated = path.with_name(RATED)
    lessons: Mapping[str, Ratings] = json.loads(rated.read_text(encoding="utf-8")) if rated.exists() else {}
    return lessons.get(path.stem, {})


def tally(path: Path) -> Tally:
    """Judge all answers of a file."""
    found, rated = Tally(), ratings(path)
    for answer, verdict in verdicts(answers(path)):
        found += _tally(answer, verdict, rated.get(answer.key, {}))
    return found


def _tally(answer: Answer, verdict: Verdict, rating: Mapping[str, Any]) -> Tally:
    full, name = verdict.credit == 1, verdict.diagnosis
    if answer.kind == "right":
        return Tally(right=1, accepted=full, amiss=[] if full else [f"refused: {answer.key} ({name})"])
    if answer.kind == "corner":
        return Tally(corners=1, kept=verdict.credit >= KEPT)
    if full:
        return Tally(wrong=1, amiss=[f"let through: {answer.key}"])
    if name is None:
        return Tally(wrong=1, caught=1)
    known = rating.get("diagnosis") == name
    amiss = [] if known else [f"not rated: {answer.key} ({name})"]
    return Tally(wrong=1, caught=1, named=1, rightly=known and bool(rating["rightly"]), amiss=amiss)


def _to_rate(folder: Path) -> Iterator[str]:
    """What is to be rated, in JSON, one answer a line."""
    for name, paths in files(folder).items():
        for lesson, path in paths.items():
            rated = ratings(path)
            wrong = [answer for answer in answers(path) if answer.kind == "wrong"]
            for answer, verdict in verdicts(wrong):
                if verdict.diagnosis and rated.get(answer.key, {}).get("diagnosis") != verdict.diagnosis:
                    row = {"set": name, "lesson": lesson, "answer": answer.key}
                    yield json.dumps({**row, "diagnosis": verdict.diagnosis, "message": verdict.message})


if __name__ == "__main__":  # python -m steepest_grader.trust.answers FOLDER
    for line in _to_rate(Path(sys.argv[1])):
        print(line)
