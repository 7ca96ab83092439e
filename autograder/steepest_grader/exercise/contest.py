"""What a leaderboard is made of: functions of a lesson that compete, and what came of playing them. No mark in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from steepest._checks.calls import Function

__all__ = ["Contest", "Entry", "Round", "seeds_of"]

HIGHEST = 2**63


@dataclass(frozen=True, eq=False)
class Contest:
    """Functions that are played against each other on tasks that nobody has seen before.

    Parameters
    ----------
    functions : sequence of str
        Ids of exercises of one lesson: together they are an entrant.
    play : callable
        Given the first of them, whose companions the others are, and a seed: the share of the task of that seed that
        they get right. It holds the loop and all that decides; raises `StudentError` for what cannot be played.
    pseudonym : str
        The variable of the notebook that a student gives a name to, as text on a line of its own, to be shown.
    lines : mapping of str to mapping of str to callable
        Functions of the course that are played as well, by what they are called: lines for comparison, without a place.
    brought : sequence of str
        Dotted names by which data could be brought along: whoever uses one is looked at by a person first.
    seconds : float
        That a submission's functions may take for one task.
    measured : str
        What the share is called.
    """

    functions: Sequence[str]
    play: Callable[[Function, int], float]
    pseudonym: str = "leaderboard_name"
    lines: Mapping[str, Mapping[str, Callable[..., Any]]] = field(default_factory=dict)
    brought: Sequence[str] = ()
    seconds: float = 20.0
    measured: str = "accuracy"


@dataclass(frozen=True)
class Entry:
    """What came of one submission.

    Attributes
    ----------
    student : str
        Whose it is. Only whoever grades may see it.
    digest : str
        Identifies what was played.
    pseudonym : str
        As the student has written it, which may be anything; "" without one.
    results : sequence of float
        One for each task; none where one of them could not be played.
    seconds : float
        That its functions took for a task, on average.
    flags : sequence of str
        What a person should look at first.
    reason : str
        Why there are no results, in words that everybody may read.
    detail : str
        What more there is to say of that, with text of the student's in it.
    ours : bool
        Whether the reason is a failure of the grader.
    """

    student: str
    digest: str
    pseudonym: str = ""
    results: Sequence[float] = ()
    seconds: float = 0.0
    flags: Sequence[str] = ()
    reason: str = ""
    detail: str = ""
    ours: bool = False

    def as_json(self) -> dict[str, Any]:
        """All of it, for `from_json`."""
        return {**asdict(self), "results": list(self.results), "flags": list(self.flags)}

    @classmethod
    def from_json(cls, row: Any) -> Entry:
        """Read what `as_json` wrote.

        Raises
        ------
        ValueError
            If it is not that.
        """
        try:
            words = {name: str(row[name]) for name in ("student", "digest", "pseudonym", "reason", "detail")}
            results = tuple(map(float, row["results"]))
            entry = cls(
                **words, results=results, seconds=float(row["seconds"]), flags=tuple(map(str, row["flags"])),
                ours=bool(row["ours"]),
            )  # fmt: skip
        except (LookupError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"this is no entry of a leaderboard: {error!r}") from error
        if not all(0 <= result <= 1 for result in results) or not math.isfinite(entry.seconds):
            raise ValueError("an entry of a leaderboard has results that are no shares")
        return entry


@dataclass(frozen=True)
class Round:
    """What came of a whole class.

    Attributes
    ----------
    lesson, measured : str
        The lesson's name, and what its share is called.
    seed : int
        What the tasks follow from.
    seeds : sequence of int
        One for each task.
    entries : sequence of Entry
    lines : mapping of str to sequence of float
        Results of the course's own functions.
    reused : int
        How many entries were played by an earlier run.
    """

    lesson: str
    measured: str
    seed: int
    seeds: Sequence[int]
    entries: Sequence[Entry]
    lines: Mapping[str, Sequence[float]]
    reused: int = 0


def seeds_of(seed: int, tasks: int) -> list[int]:
    """The seeds of so many tasks; whoever knows some of them knows none of the others.

    Parameters
    ----------
    seed : int
        Not negative.
    tasks : int
    """
    return [int(word) % HIGHEST for word in np.random.SeedSequence(seed).generate_state(tasks, np.uint64)]
