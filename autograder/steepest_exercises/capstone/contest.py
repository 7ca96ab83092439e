"""The capstone's leaderboard: what an entrant plays on new tasks, and what stands on it for comparison."""

from __future__ import annotations

from typing import Any

import torch
from steepest._checks.calls import Function, StudentError
from steepest._drives.entrant import PARTS, Entrant
from steepest.learning import accuracy, handed_out, task
from steepest_grader.exercise.contest import Contest
from torch import Tensor

__all__ = ["CONTEST"]

PREPARE, STEP, PREDICT = PARTS
ALONE = 25  # rows that are asked about by themselves, before any others are there
BY_ROUNDING = 1  # of them may be answered otherwise among others, where two classes are nearly as likely
NEAREST = 5

Rows = list[tuple[Tensor, Tensor]]


def play(function: Function, seed: int) -> float:
    """The share of the test rows of a task whose class is predicted.

    Raises
    ------
    StudentError
        Where a row is answered by what the others are, besides what `Entrant` raises.
    """
    entrant = Entrant(function)
    with function.uncounted():
        given = task(seed)
    state, (x, labels) = entrant.net(handed_out(given), seed), given.test
    alone = entrant.alone(state, x[:ALONE])
    answers = entrant.answers(state, x)
    if alone is None or int((alone != answers[:ALONE]).sum()) > BY_ROUNDING:
        raise StudentError(f"`{PREDICT}` answers a row by itself otherwise than among others")
    return accuracy(answers, labels)


def store(state: Rows, x: Tensor, labels: Tensor, generator: Any, *, step: int, n_steps: int) -> Rows:
    """Keep all rows, and learn nothing."""
    return [*state, (x, labels)]


def nearest(state: Rows, x: Tensor) -> Tensor:
    """The class that most of the nearest rows have, of all that were kept; each of them once, whatever the epochs."""
    kept, classes = (torch.cat(parts) for parts in zip(*state, strict=True))
    rows, places = torch.unique(kept, dim=0, return_inverse=True)
    labels = torch.empty(len(rows), dtype=torch.int64)
    labels[places] = classes
    return labels[torch.cdist(x, rows).topk(NEAREST, largest=False).indices].mode(1).values


CONTEST = Contest(
    PARTS,
    play,
    lines={f"{NEAREST} nearest of the stored rows": {PREPARE: lambda generator: [], STEP: store, PREDICT: nearest}},
    brought=(
        "steepest.data",
        *(f"steepest.learning.{name}" for name in ("task", "handed_out", "mnist1d", "shuffled")),
        "mnist1d",
    ),
)
