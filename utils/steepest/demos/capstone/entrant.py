"""Trainings by a student's three functions, as far as somebody looks."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor

from steepest.data import shuffled
from steepest.learning import Task, accuracy, task

__all__ = ["EVERY", "SEEDS", "Budget", "Entrant", "Functions", "memory"]

SEEDS = range(5)
EVERY = 25  # steps from one measurement to the next
TESTED = 2000
NEIGHBOURS = 5


class Functions(NamedTuple):
    """The student's functions."""

    prepare: Callable[..., Any]
    step: Callable[..., Any]
    predict: Callable[..., Any]


class Budget(NamedTuple):
    """How many minibatches there are, and how many rows each has."""

    n_steps: int
    size: int


class Entrant:
    """A training on a task for each of `SEEDS`, all of them as far as each other.

    Parameters
    ----------
    functions : Functions
    budget : Budget

    Attributes
    ----------
    step : int
        How many steps all of them have taken.
    curve : Tensor, shape (points, seeds)
        Accuracies in percent, the first before any step, then after every `EVERY` steps.
    """

    def __init__(self, functions: Functions, budget: Budget) -> None:
        self._functions, self.budget = functions, budget
        given = [task(seed) for seed in SEEDS]
        self._tests = [(each.test.x[:TESTED], each.test.y[:TESTED]) for each in given]
        self._batches = [shuffled(each.train, budget.size, seed=each.seed) for each in given]
        self._generators = [Generator().manual_seed(seed) for seed in SEEDS]
        self._states = [functions.prepare(generator) for generator in self._generators]
        self.step, self._next = 0, 0
        self.curve = self._measured()

    @property
    def share(self) -> float:
        """How much of the training is done, between 0 and 1."""
        return (self.step + self._next / len(SEEDS)) / self.budget.n_steps

    def train(self, seconds: float) -> None:
        """Train to the end, or as far as the seconds go."""
        due = time.perf_counter() + seconds
        while self.step < self.budget.n_steps and time.perf_counter() < due:
            self._take(self._next)
            self._next += 1
            if self._next == len(SEEDS):
                self._next, self.step = 0, self.step + 1
                if self.step % EVERY == 0:
                    self.curve = torch.cat([self.curve, self._measured()])

    def _take(self, number: int) -> None:
        x, labels = (part.clone() for part in next(self._batches[number]))
        state = self._states[number]
        after = self._functions.step(
            state, x, labels, self._generators[number], step=self.step, n_steps=self.budget.n_steps
        )
        if after is None and state is not None:
            raise TypeError("`train_step` must return the new state. Is the `return` missing?")
        self._states[number] = after

    def _measured(self) -> Tensor:
        found = []
        for state, (x, y) in zip(self._states, self._tests, strict=True):
            predicted = self._functions.predict(state, x.clone())
            if not isinstance(predicted, Tensor) or predicted.shape != y.shape:
                got = tuple(predicted.shape) if isinstance(predicted, Tensor) else type(predicted).__name__
                raise ValueError(
                    f"`predict_digits` must return one class for each row, of shape ({len(y)},). Got {got}."
                )
            found.append(100 * accuracy(predicted, y))
        return torch.tensor([found], dtype=torch.float64)


@lru_cache(maxsize=1)
def memory(seeds: Sequence[int] = SEEDS) -> float:
    """Mean accuracy in percent of the vote of the nearest training rows, which are all remembered."""

    def share(given: Task) -> float:
        far = torch.cdist(given.test.x[:TESTED], given.train.x)
        near = given.train.y[far.topk(NEIGHBOURS, largest=False).indices]
        return accuracy(near.mode(dim=1).values, given.test.y[:TESTED])

    return 100 * sum(share(task(seed)) for seed in seeds) / len(seeds)
