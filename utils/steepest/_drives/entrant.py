"""Nets that are trained on a budget: the judge holds the loop, and the state stays with the student.

The judge draws a task from a seed (`steepest.learning.task`: rows that no file holds, columns and classes in an order
of their own) and calls the student's three functions:

1. ``prepare_training(generator)`` once. What it returns never leaves the student's process; a handle stands for it.
2. ``train_step(state, x, labels, generator, *, step, n_steps)`` once for each minibatch. They are handed over in
   stretches of `STRETCH`, so that hundreds of calls cost eight exchanges: a function can look ahead within a stretch,
   and gains by that what it could as well have kept of earlier minibatches.
3. ``predict_digits(state, x)`` for the test rows, when the last minibatch is used up. Before that none of them is on
   the student's side, and their classes never are: these are compared here.

So nobody takes more minibatches than there are. How much is computed within a call is the student's own affair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from steepest._checks.calls import Function, StudentError
from steepest._checks.compare import type_name
from steepest._checks.drives import said
from steepest.learning import CLASSES, COLUMNS, STEPS, accuracy, handed_out, start, task

PARTS = ("prepare_training", "train_step", "predict_digits")
STRETCH = 50  # minibatches that are handed over at a time
ALONE, PAIRED = 25, 24  # rows that are asked about by themselves, and two at a time

Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Measured:
    """How an entrant did in one task.

    Attributes
    ----------
    accuracy : float
        The share of the test rows whose class was predicted.
    again : bool
        Whether a second call gave the same answers.
    alone : bool
        Whether rows by themselves were answered as among others.
    """

    accuracy: float
    again: bool
    alone: bool


class Entrant:
    """The three functions of a student, played by the judge.

    Parameters
    ----------
    function : Function
        One of them, or any other of the same student.
    calls : sequence of str
        The names of the three, in the order in which they are called.

    Raises
    ------
    StudentError
        By each method, where a function is missing, raises, or gives back what is no answer.
    """

    def __init__(self, function: Function, calls: Sequence[str] = PARTS) -> None:
        self._judged = function
        self._prepare, self._step, self._predict = (
            function if name == function.name else function.companion(name) for name in calls
        )

    def generator(self, seed: int) -> Any:
        """A generator on the student's side, which can be asked for its seed: it is not the one that tasks have."""
        return self._judged.generator(start(seed))

    def started(self, generator: Any) -> Any:
        """The handle of a state to begin with."""
        return self._asked(self._prepare, lambda part: part.hold(generator))

    def trained(
        self, state: Any, batches: Iterable[Batch], generator: Any, *, first: int = 0, n_steps: int = STEPS
    ) -> Any:
        """The handle of the state after these minibatches.

        Parameters
        ----------
        state, generator : handle
        batches : iterable of tuple
            Rows and classes.
        first, n_steps : int
            The number of the first minibatch, and how many are announced in all.
        """
        numbered = enumerate(batches, start=first)
        while stretch := list(islice(numbered, STRETCH)):
            calls = [((x, labels, generator), {"step": step, "n_steps": n_steps}) for step, (x, labels) in stretch]
            state = self._folded(state, calls)
        return state

    def net(self, batches: Iterable[Batch], seed: int) -> Any:
        """The handle of a state after these minibatches, from its start; all draws come from one generator."""
        generator = self.generator(seed)
        return self.trained(self.started(generator), batches, generator)

    def says(self, state: Any, x: Tensor) -> Any:
        """What is said of rows, in whatever form."""
        return self._asked(self._predict, lambda part: part(state, x))

    def answers(self, state: Any, x: Tensor) -> Tensor:
        """Classes of rows; scores are let pass, and the largest counts."""
        return classes(self.says(state, x), len(x))

    def alone(self, state: Any, x: Tensor) -> Tensor | None:
        """Classes of rows that are asked about one at a time, in one exchange; None where that is refused.

        A class for the row is enough, with or without its axis.
        """
        try:
            found = self._predict.each(state, [((row[None],), {}) for row in x])
            return torch.cat([classes(_with_axis(answer), 1) for answer in found])
        except StudentError:
            return None

    def in_pairs(self, state: Any, x: Tensor) -> Tensor | None:
        """Classes of rows that are asked about two at a time, in one exchange; None where that is refused."""
        try:
            found = self._predict.each(state, [((rows,), {}) for rows in torch.split(x, 2)])
            return torch.cat([classes(answer, 2) for answer in found])
        except StudentError:
            return None

    def _folded(self, state: Any, calls: Sequence[tuple[Sequence[Any], Mapping[str, Any]]]) -> Any:
        return self._asked(self._step, lambda part: part.fold(state, calls))

    def _asked(self, part: Function, ask: Callable[[Function], Any]) -> Any:
        """What one of the functions gives; where another than the judged one fails, that is said."""
        try:
            return ask(part)
        except StudentError as error:
            if part is self._judged:
                raise
            self._expect_written()
            told = said(error) if part.exists() else "it is not defined"
            raise StudentError(f"`{part.name}`, which is needed here, comes first: {told}", line=error.line) from error

    def _expect_written(self) -> None:
        """Raise what an unwritten function raises; anything else comes of what it is given."""
        x, labels = torch.zeros(1, COLUMNS), torch.zeros(1, dtype=torch.int64)
        try:
            if self._judged is self._step:
                self._judged(None, x, labels, None, step=0, n_steps=STEPS)
            elif self._judged is self._predict:
                self._judged(None, x)
        except StudentError as error:
            if error.kind == "NotImplementedError" and not str(error):
                raise


def measured(entrant: Entrant, seed: int) -> Measured:
    """Play one task and compare the answers with the classes.

    Parameters
    ----------
    entrant : Entrant
    seed : int
        Of the task and of the entrant's generator.
    """
    given = task(seed)
    state, x = entrant.net(handed_out(given), seed), given.test.x
    first = entrant.answers(state, x)
    again = torch.equal(first, entrant.answers(state, x))
    return Measured(accuracy(first, given.test.y), again, alike(entrant.alone(state, x[:ALONE]), first))


def alike(alone: Tensor | None, among: Tensor) -> bool:
    """Whether rows by themselves are answered as among others, of which they are the first."""
    return alone is not None and torch.equal(alone, among[: len(alone)])


def _with_axis(answer: Any) -> Any:
    """The answer to a single row with the axis that a squeeze has taken away."""
    if type(answer) is int:
        return [answer]
    return answer.reshape(1) if isinstance(answer, torch.Tensor | np.ndarray) and answer.ndim == 0 else answer


def classes(found: Any, n: int) -> Tensor:
    """Answers as numbers of classes, in float64."""
    if isinstance(found, list | tuple) and all(type(item) is int for item in found):
        found = torch.tensor(found)
    numbers = torch.as_tensor(found) if isinstance(found, torch.Tensor | np.ndarray) else None
    if numbers is None or numbers.dtype == torch.bool:
        raise StudentError(f"what `{PARTS[-1]}` returned is {type_name(found)}, expected an int64 class for each row")
    if numbers.shape == (n, CLASSES):
        numbers = numbers.argmax(1)
    if numbers.shape != (n,):
        raise StudentError(
            f"what `{PARTS[-1]}` returned has shape {tuple(numbers.shape)}, expected ({n},): a class for each row"
        )
    return numbers.double()
