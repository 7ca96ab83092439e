"""A task and its loop: fresh rows, as many minibatches as there are, and nothing of the end before the end."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import Any

import pytest
import torch
from steepest.data import Data, digits, mnist1d, split
from steepest.learning import CLASSES, COLUMNS, SIZE, STEPS, accuracy, handed_out, practise, renamed, task
from torch import Tensor


def test_a_task_is_decided_by_its_seed() -> None:
    first, other = task(1), task(2)
    task.cache_clear()
    again = task(1)
    assert torch.equal(first.train.x, again.train.x)
    assert torch.equal(first.test.y, again.test.y)
    assert not torch.equal(first.train.x, other.train.x)


def test_a_task_has_the_announced_sizes() -> None:
    train, test, _ = task(3)
    assert (tuple(train.x.shape), tuple(test.x.shape)) == ((4000, COLUMNS), (6000, COLUMNS))
    assert (train.x.dtype, train.y.dtype) == (torch.float32, torch.int64)
    assert train.y.unique().tolist() == test.y.unique().tolist() == list(range(CLASSES))


def _sorted_rows(data: Data) -> set[bytes]:
    return {row.sort().values.numpy().tobytes() for row in data.x}


def test_no_row_can_be_looked_up() -> None:
    """Sorted, a row is the same in every order of the columns: none lies in the known set, in another task or twice."""
    known, first, other = _sorted_rows(mnist1d()), task(1), task(2)
    asked = _sorted_rows(first.test)
    assert len(asked) == 6000
    for rows in (known, _sorted_rows(first.train), _sorted_rows(other.test), _sorted_rows(other.train)):
        assert not asked & rows


def test_columns_and_classes_change_their_places_alike_in_both_parts() -> None:
    x = torch.arange(10.0).expand(50, 10) + 100 * torch.arange(50)[:, None]
    labels = torch.arange(50) % 5
    train, test, _ = renamed(Data(x, labels), Data(x, labels), seed=4)
    assert torch.equal(train.x, test.x)
    assert torch.equal(train.y, test.y)
    assert torch.equal(train.x.sort(1).values, x)
    assert not torch.equal(train.x, x)
    assert len({(int(old), int(new)) for old, new in zip(labels, train.y, strict=True)}) == 5
    assert not torch.equal(train.y, labels)


def test_minibatches_are_cut_from_shuffled_epochs() -> None:
    given = renamed(*split(Data(torch.arange(100.0)[:, None], torch.arange(100) % 10), test=0.2, seed=0), seed=1)
    batches = list(handed_out(given, n_steps=10, size=16))
    rows = [[int(value) for value in x[:, 0]] for x, _ in batches]
    assert [len(batch) for batch in rows] == [16] * 10
    assert Counter(chain(*rows[:5])) == Counter(chain(*rows[5:])) == Counter(int(value) for value in given.train.x)
    assert rows[:5] != rows[5:]


class _Entrant:
    """Writes down what it is given."""

    def __init__(self) -> None:
        self.steps: list[tuple[int, int, int]] = []
        self.asked: list[Tensor] = []

    def prepare(self, generator: torch.Generator) -> dict[str, Any]:
        self.first = torch.rand(1, generator=generator)
        return {}

    def step(
        self, state: Any, x: Tensor, labels: Tensor, generator: torch.Generator, *, step: int, n_steps: int
    ) -> Any:
        self.steps.append((step, n_steps, len(x)))
        x.zero_()
        labels.zero_()
        return state

    def predict(self, state: Any, x: Tensor) -> Tensor:
        self.asked.append(x.clone())
        x.zero_()
        return torch.zeros(len(x), dtype=torch.int64)


def test_the_loop_hands_out_every_minibatch_once_and_then_asks_once() -> None:
    entrant, watched = _Entrant(), list[int]()
    share = practise(entrant.prepare, entrant.step, entrant.predict, seed=5, watch=watched.append)
    assert entrant.steps == [(step, STEPS, SIZE) for step in range(STEPS)]
    assert watched == list(range(1, STEPS + 1))
    assert [tuple(x.shape) for x in entrant.asked] == [(6000, COLUMNS)]
    assert share == accuracy(torch.zeros(6000), task(5).test.y)


def test_an_entrant_that_overwrites_its_rows_changes_no_task() -> None:
    before = task(6).train.x.clone(), task(6).test.x.clone()
    entrant = _Entrant()
    practise(entrant.prepare, entrant.step, entrant.predict, seed=6, n_steps=3)
    assert torch.equal(task(6).train.x, before[0])
    assert torch.equal(task(6).test.x, before[1])


@pytest.mark.parametrize(("n_steps", "size"), [(1, 64), (7, 32), (0, 64)])
def test_another_budget_and_another_task(n_steps: int, size: int) -> None:
    entrant, given = _Entrant(), renamed(*split(digits()), seed=2)
    practise(entrant.prepare, entrant.step, entrant.predict, seed=1, given=given, n_steps=n_steps, size=size)
    assert entrant.steps == [(step, n_steps, size) for step in range(n_steps)]
    assert entrant.asked[0].shape == given.test.x.shape
