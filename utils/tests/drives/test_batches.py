"""Drives for batches: facts that do not depend on the draw, and sentences for odd answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import torch
from steepest._checks.calls import StudentError, local
from steepest._checks.wire import Named
from steepest._drives.batches import epochs, places, visits
from steepest.callables import visit_log_gradient
from torch import Generator, Tensor

Draw = Callable[[int, int, Generator], Any]


def _fair(n: int, size: int, generator: Generator) -> list[Tensor]:
    return list(torch.split(torch.randperm(n, generator=generator), size))


def _keys(n: int, size: int, generator: Generator) -> list[Tensor]:
    return list(torch.split(torch.rand(n, generator=generator).argsort(), size))


def _cut(order: Tensor, size: int) -> list[Tensor]:
    return list(torch.split(order, size))


def _rotated(n: int, size: int, generator: Generator) -> list[Tensor]:
    start = int(torch.randint(n, (1,), generator=generator))
    return _cut(torch.arange(n).roll(-start), size)


def _blocks(n: int, size: int, generator: Generator) -> list[Tensor]:
    batches = _cut(torch.arange(n), size)
    return [batches[i] for i in torch.randperm(len(batches), generator=generator).tolist()]


def _repeated(n: int, size: int, generator: Generator) -> list[Tensor]:
    return [torch.randint(n, (len(batch),), generator=generator) for batch in _cut(torch.arange(n), size)]


def _reseeded(n: int, size: int, generator: Generator) -> list[Tensor]:
    return _fair(n, size, generator.manual_seed(5))


# which facts each way of drawing fails, by a word of the fact
BROKEN: dict[str, tuple[Draw, set[str]]] = {
    "fair": (_fair, set()),
    "random keys": (_keys, set()),
    "rotated": (_rotated, {"shuffled", "parted", "run of neighbours", "shuffled order", "next epoch", "another"}),
    "blocks": (_blocks, {"parted", "run of neighbours"}),
    "repeated": (_repeated, {"twice in a batch", "twice in an epoch", "left out"}),
    "reseeded": (_reseeded, {"next epoch", "another"}),
    "from one": (lambda n, s, g: _cut(torch.randperm(n, generator=g) + 1, s), {"0 and n − 1", "left out"}),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("seed", range(3))
def test_epochs_finds_what_is_broken(name: str, seed: int) -> None:
    draw, words = BROKEN[name]
    seen = epochs(local(draw, "minibatches"), n=300, size=33, seed=seed)
    assert seen["the list of batch sizes, largest first,"] == [33] * 9 + [3]
    wrong = {fact for fact, holds in seen.items() if holds is False}
    assert wrong == {fact for fact in seen if any(word in fact for word in words)}


@pytest.mark.parametrize(
    ("draw", "even"),
    [
        (_fair, True),
        (_keys, True),
        (_rotated, True),
        (_blocks, False),
        (_reseeded, False),
        (lambda n, s, g: [*_cut(torch.randperm(4, generator=g), 4), torch.tensor([4, 5])], False),
        (lambda n, s, g: _cut(torch.randperm(n - 1, generator=g), s), False),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_places_tells_even_from_uneven(draw: Draw, even: bool, seed: int) -> None:
    seen = places(local(draw, "minibatches"), n=6, size=4, seed=seed, count=40)
    assert seen["“every example is equally often in every place”"] is even


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (None, "is the `return` missing"),
        (torch.arange(6), "what it returned is of type Tensor"),
        (7, "what it returned is of type int"),
        ([[0, 1], [2.5]], "batch 2 is of type list"),
        ([torch.tensor([0, 1]), torch.tensor(2)], "batch 2 has shape"),
        ([torch.tensor([0.0, 1.0])], "batch 1 has type float32"),
        ([torch.tensor([True, False])], "batch 1 has type bool"),
        ([object()], "batch 1 is of type object"),
        (object(), "what it returned is of type object"),
    ],
)
def test_odd_batches_are_told_in_a_sentence(answer: Any, sentence: str) -> None:
    function = local(lambda n, size, generator: answer, "minibatches")
    for play in (lambda: epochs(function, n=6, size=2, seed=0), lambda: places(function, n=6, size=2, seed=0, count=3)):
        with pytest.raises(StudentError, match=sentence):
            play()


def test_a_list_of_numbers_is_read_and_told() -> None:
    def lists(n: int, size: int, generator: Generator) -> list[list[int]]:
        return [batch.tolist() for batch in _fair(n, size, generator)]

    seen = epochs(local(lists, "minibatches"), n=300, size=33, seed=0)
    assert [fact for fact, holds in seen.items() if holds is False] == ["“every batch is a tensor of indices”"]


def test_places_sees_a_short_batch_that_does_not_come_last() -> None:
    seen = places(local(lambda *args: _fair(*args)[::-1], "minibatches"), n=6, size=4, seed=0, count=3)
    assert seen["“a short batch comes last”"] is False


@pytest.mark.parametrize("answer", [[], [torch.empty(0, dtype=torch.int64)], [torch.tensor([-5, 10**12])]])
def test_empty_and_wild_batches_do_not_crash(answer: Any) -> None:
    function = local(lambda n, size, generator: answer, "minibatches")
    assert epochs(function, n=6, size=2, seed=0)["“no example is left out of an epoch”"] is False
    assert places(function, n=6, size=2, seed=0, count=3)["“every example is equally often in every place”"] is False


def test_a_wild_batch_does_not_keep_the_judge_busy() -> None:
    function = local(lambda n, size, generator: [torch.arange(300, 100_000).flip(0)], "minibatches")
    begun = time.monotonic()
    assert epochs(function, n=300, size=33, seed=0)["“every index lies between 0 and n − 1”"] is False
    assert time.monotonic() - begun < 30


GRADIENT = Named("visit_log_gradient", {"base": 64.0})


def _sgd(draw: Draw, *, shift: int = 0, scale: float = 1.0) -> Callable[..., Tensor]:
    def sgd(
        grad_fn: Any, theta0: Tensor, x: Tensor, y: Tensor,
        *, lr: float, batch_size: int, epochs: int, generator: Generator,
    ) -> Tensor:  # fmt: skip
        theta = theta0
        for _ in range(epochs):
            for index in draw(len(x), batch_size, generator):
                theta = theta - scale * lr * grad_fn(theta, x[index], y[(index + shift) % len(y)])
        return theta

    return sgd


VISITS: dict[str, tuple[Callable[..., Any], set[str]]] = {
    "fair": (_sgd(_fair), set()),
    "random keys": (_sgd(_keys), set()),
    "targets of others": (_sgd(_fair, shift=1), {"belong"}),
    "blocks": (_sgd(_blocks), {"parted", "other batches"}),
    "reseeded": (_sgd(_reseeded), {"next epoch", "another seed", "second run"}),
    "repeated": (
        _sgd(_repeated),
        {"as often", "once in every epoch", "shuffled", "parted", "next epoch"},
    ),
}


@pytest.mark.parametrize("name", VISITS)
@pytest.mark.parametrize("seed", range(3))
def test_visits_reads_the_log(name: str, seed: int) -> None:
    sgd, words = VISITS[name]
    seen = visits(local(sgd, "sgd"), gradient=GRADIENT, n=58, batch_size=4, epochs=2, seed=seed)
    assert seen["the number of steps that θ shows"] == 30
    wrong = {fact for fact, holds in seen.items() if holds is False}
    assert wrong == {fact for fact in seen if any(word in fact for word in words)}


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (None, "what it returned is None"),
        ((1, 2), "what it returned is of type tuple"),
        (torch.zeros(3), "has shape"),
        (torch.zeros(60, dtype=torch.int64), "not of a floating type"),
    ],
)
def test_odd_thetas_are_told_in_a_sentence(answer: Any, sentence: str) -> None:
    function = local(lambda *args, **kwargs: answer, "sgd")
    with pytest.raises(StudentError, match=sentence):
        visits(function, gradient=GRADIENT, n=58, batch_size=4, epochs=2, seed=0)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 0.5, 1e30])
def test_a_theta_that_is_no_log_does_not_crash(value: float) -> None:
    function = local(lambda *args, **kwargs: torch.full((60,), value), "sgd")
    seen = visits(function, gradient=GRADIENT, n=58, batch_size=4, epochs=2, seed=0)
    assert seen["“every example is used once in every epoch”"] is False


def test_the_log_lists_steps_as_digits() -> None:
    grad_fn, eye = visit_log_gradient(10), torch.eye(3).double()
    theta = torch.zeros(5).double()
    for row in (0, 2, 0):
        theta = theta - grad_fn(theta, eye[row : row + 1], torch.tensor([row]).double())
    assert theta.tolist() == [13, 0, 2, 0, 3]
    theta = theta - grad_fn(theta, eye[1:], torch.tensor([1, 0]).double())
    assert theta.tolist() == [13, 4, 24, 1, 4]
