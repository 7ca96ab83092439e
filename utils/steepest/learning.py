"""A net trained on a budget of minibatches: the task, who hands out the rows, and how the end is measured.

Three functions make an entrant: ``prepare_training(generator)`` gives a state, whatever that is;
``train_step(state, x, labels, generator, *, step, n_steps)`` gives the state after one more minibatch; and
``predict_digits(state, x)`` gives a class for each row. The loop is not theirs, so none of them can take more
minibatches than there are, nor see a row that it is asked about before the end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from steepest.data import Data, mnist1d, shuffled

__all__ = [
    "CLASSES",
    "COLUMNS",
    "SIZE",
    "STEPS",
    "Task",
    "accuracy",
    "handed_out",
    "practise",
    "renamed",
    "start",
    "task",
]

STEPS, SIZE = 400, 64  # minibatches, and rows of each
COLUMNS, CLASSES = 40, 10
TRAINED, TESTED = 4000, 6000  # so many are asked about that which rows these are moves a result by half a point


class Task(NamedTuple):
    """Rows to learn from, and rows that are asked about at the end.

    Attributes
    ----------
    train, test : Data
        Rows and their classes.
    seed : int
        Of the order of the minibatches.

    Examples
    --------
    >>> given = task(0)
    >>> given.train.x.shape, given.test.x.shape
    (torch.Size([4000, 40]), torch.Size([6000, 40]))
    """

    train: Data
    test: Data
    seed: int


@lru_cache(maxsize=16)
def task(seed: int) -> Task:
    """A task of its own for each seed: rows of MNIST-1D that no other has, under names of their own.

    The rows are drawn anew, since a row that lies in a known file can be looked up, even with its numbers in another
    order. Which column is which and which class has which number are drawn too: who has seen the shapes before, or
    brings a trained net along, gains nothing by it.

    Parameters
    ----------
    seed : int
        Not negative.

    Returns
    -------
    Task
        4000 rows to train with, and 6000 to be tested with.
    """
    source = np.random.default_rng(seed)
    rows = mnist1d(TRAINED + TESTED, seed=int(source.integers(2**32)))
    parts = Data(rows.x[:TRAINED], rows.y[:TRAINED]), Data(rows.x[TRAINED:], rows.y[TRAINED:])
    return renamed(*parts, seed=int(source.integers(2**63)))


def renamed(train: Data, test: Data, *, seed: int) -> Task:
    """The same rows with their columns in another order and other numbers for the classes, the same in both parts.

    Parameters
    ----------
    train, test : Data
        Classes are numbered from 0.
    seed : int
        Of both orders, and of the order of the minibatches.

    Examples
    --------
    >>> rows = Data(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([0, 1]))
    >>> renamed(rows, rows, seed=0).train.x.sum(dim=1)
    tensor([3., 7.])
    """
    source = np.random.default_rng(seed)
    columns = torch.from_numpy(source.permutation(train.x.shape[1]))
    names = torch.from_numpy(source.permutation(int(train.y.max()) + 1))
    train, test = (Data(data.x[:, columns].contiguous(), names[data.y]) for data in (train, test))
    return Task(train, test, int(source.integers(2**63)))


def handed_out(given: Task, *, n_steps: int = STEPS, size: int = SIZE) -> Iterator[tuple[Tensor, Tensor]]:
    """What an entrant is given, one minibatch after the other: rows of shuffled epochs, none twice in an epoch.

    Examples
    --------
    >>> x, labels = next(handed_out(task(0)))
    >>> x.shape, labels.shape
    (torch.Size([64, 40]), torch.Size([64]))
    """
    batches = shuffled(given.train, size, seed=given.seed)
    for _ in range(n_steps):
        yield next(batches)


def accuracy(predictions: Tensor, labels: Tensor) -> float:
    """The share of rows whose class is predicted.

    Examples
    --------
    >>> accuracy(torch.tensor([1, 2, 3, 4]), torch.tensor([1, 2, 3, 5]))
    0.75
    """
    return float((predictions == labels).double().mean())


def start(seed: int) -> int:
    """The seed of an entrant's generator in a task: a generator tells its seed, and this one does not tell the task's.

    Parameters
    ----------
    seed : int
        Of the task: who knows it knows all rows and their classes.

    Examples
    --------
    >>> start(0) == start(0), start(0) == start(1)
    (True, False)
    """
    return int.from_bytes(hashlib.sha256(b"start" + str(seed).encode()).digest()[:8]) >> 1


def practise(
    prepare_training: Callable[..., Any],
    train_step: Callable[..., Any],
    predict_digits: Callable[..., Any],
    *,
    seed: int,
    given: Task | None = None,
    n_steps: int = STEPS,
    size: int = SIZE,
    watch: Callable[[int], None] = lambda step: None,
) -> float:
    """Train a net as the grader does, and measure it.

    Parameters
    ----------
    prepare_training, train_step, predict_digits : callable
        The entrant.
    seed : int
        Of the task, and by `start` of the generator that the entrant draws from.
    given : Task, optional
        Another task than `task(seed)`.
    n_steps, size : int
        How many minibatches there are, and how many rows each has.
    watch : callable
        Called with the number of minibatches so far, after each.

    Returns
    -------
    float
        The share of the test rows whose class is predicted.

    Examples
    --------
    >>> seen = lambda state, x, labels, generator, *, step, n_steps: labels.mode().values
    >>> share = practise(lambda generator: None, seen, lambda state, x: state.expand(len(x)), seed=0)
    >>> 0.05 < share < 0.15
    True
    """
    given = given or task(seed)
    generator = torch.Generator().manual_seed(start(seed))
    state = prepare_training(generator)
    for step, (x, labels) in enumerate(handed_out(given, n_steps=n_steps, size=size)):
        state = train_step(state, x.clone(), labels.clone(), generator, step=step, n_steps=n_steps)
        watch(step + 1)
    return accuracy(predict_digits(state, given.test.x.clone()), given.test.y)
