"""Drives for what draws minibatches: they turn random orders into facts that do not depend on the draw.

Every yes-or-no below is wrong by accident with a probability under 1e-9, for sound code and for each known
mistake, with the sizes that the exercises use: 30 examples or more in an epoch, in one batch, in
batches of one, or in eight and more so large that draws with replacement name an example twice.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import torch

from steepest._checks.calls import Function, StudentError
from steepest._checks.compare import type_name
from steepest._drives.chance import chi_square_bound

EPOCHS = 4


def epochs(function: Function, *, n: int, size: int, seed: int) -> dict[str, Any]:
    """Draw several epochs of minibatches and observe what every sound way to draw them has in common.

    Parameters
    ----------
    n, size : int
        Number of examples and size of a batch.
    seed : int
        Of the generator that all epochs share.
    """
    generator = function.generator(seed)
    results = function.repeat(EPOCHS, n, size, generator)
    drawn = [_batches(result) for result in results]
    tensors = all(isinstance(batch, torch.Tensor) for result in results for batch in result)
    orders = [[index for batch in epoch for index in batch] for epoch in drawn]
    again = _flat(function(n, size, function.generator(seed)))
    other = _flat(function(n, size, function.generator(seed + 1)))
    numbers = list(range(n))
    return {
        "“every batch is a tensor of indices”": tensors,
        "the list of batch sizes, largest first,": _sizes(drawn[0]),
        "the list of batch sizes in a later epoch, largest first,": _sizes(drawn[-1]),
        "“every index lies between 0 and n − 1”": all(0 <= i < n for order in orders for i in order),
        "“no example comes twice in a batch”": all(len(set(b)) == len(b) for epoch in drawn for b in epoch),
        "“no example comes twice in an epoch”": all(len(set(order)) == len(order) for order in orders),
        "“no example is left out of an epoch”": all(set(numbers) <= set(order) for order in orders),
        "“the order is shuffled”": any(_turned(order) != sorted(order) for order in orders),
        "“neighbours in the data are parted”": any(_neighbours(order, n) < n / 2 for order in orders),
        "“a batch is more than a run of neighbours”": any(not _run(b, n) for epoch in drawn for b in epoch),
        "“the batches come in a shuffled order”": any(_shuffled_batches(epoch) for epoch in drawn),
        "“the next epoch brings a new order”": _turned(orders[0]) != _turned(orders[1]),
        "“the same seed brings the same order”": again == orders[0],
        "“another seed brings another order”": _turned(other) != _turned(orders[0]),
    }


def places(function: Function, *, n: int, size: int, seed: int, count: int) -> dict[str, Any]:
    """Draw many short epochs and observe whether every example is equally often in every place.

    Pearson's statistic of the table examples × places is compared with a bound that uniform draws pass.

    Parameters
    ----------
    n, size : int
        Number of examples and size of a batch.
    seed : int
        Of the generator that all epochs share.
    count : int
        Number of epochs.
    """
    generator = function.generator(seed)
    table = torch.zeros(n, n, dtype=torch.float64)
    sizes, fits, last = None, True, True
    for result in function.repeat(count, n, size, generator):
        batches = _batches(result)
        sizes = sizes or _sizes(batches)
        last = last and all(len(batch) >= size for batch in batches[:-1])
        order = [index for batch in batches for index in batch]
        fits = fits and len(order) == n and all(0 <= index < n for index in order)
        if fits:
            table[torch.tensor(order), torch.arange(n)] += 1
    expected = count / n
    statistic = float(((table - expected) ** 2 / expected).sum()) * (n - 1) / n
    return {
        "the list of batch sizes, largest first,": sizes,
        "“a short batch comes last”": last,
        "“every example is equally often in every place”": fits and statistic < chi_square_bound(n * (n - 1)),
    }


def descent(
    function: Function,
    *,
    gradient: Any,
    theta0: torch.Tensor,
    x: torch.Tensor,
    y: torch.Tensor,
    lr: float,
    batch_size: int,
    epochs: int,
    seed: int,
) -> dict[str, Any]:
    """Run a descent on data for which the order of the rows makes no difference.

    Parameters
    ----------
    gradient, theta0, x, y, lr, batch_size, epochs
        What the descent is called with.
    seed : int
        Of its generator.
    """
    generator = function.generator(seed)
    theta = function(gradient, theta0, x, y, lr=lr, batch_size=batch_size, epochs=epochs, generator=generator)
    return {"the last θ": theta}


def visits(function: Function, *, gradient: Any, n: int, batch_size: int, epochs: int, seed: int) -> dict[str, Any]:
    """Run a descent whose θ writes down which example was used at which step, and read the log.

    Parameters
    ----------
    gradient : Named
        `steepest.callables.visit_log_gradient`, with a base above the number of steps.
    n, batch_size, epochs, seed : int
        What the descent is called with; the data are n one-hot rows and their numbers.
    """
    base = int(gradient.params["base"])
    data = torch.zeros(n + 2).double(), torch.eye(n).double(), torch.arange(n).double()

    def run(generator: Any, count: int = epochs) -> list[float]:
        theta = function(gradient, *data, lr=1.0, batch_size=batch_size, epochs=count, generator=generator)
        return _log(theta, n + 2)

    generator = function.generator(seed)
    first, second = run(generator), run(generator)
    steps = -(-n // batch_size)
    log = [_digits(value, base) for value in first[:n]]
    once = all(len(e) == epochs and [step // steps for step in e] == list(range(epochs)) for e in log)
    seen: dict[str, Any] = {
        "the number of steps that θ shows": first[-1],
        "“rows and targets belong together”": first[-2] == 0,
        "“every example is used as often as there are epochs”": all(len(e) == epochs for e in log),
        "“every example is used once in every epoch”": once,
        "“the same seed gives the same θ”": run(function.generator(seed)) == first,
        "“another seed gives another θ”": run(function.generator(seed + 1)) != first,
        "“more epochs give another θ”": run(function.generator(seed), 1) != first,
        "“a second run goes on with the generator”": second != first,
    }
    return seen | _orders(log if once else [list(range(0, steps * epochs, steps))] * n, steps)


def _orders(log: Sequence[Sequence[int]], steps: int) -> dict[str, Any]:
    """What the visits say about the order; of visits in one step alone, that it is none."""
    columns = [[visits[epoch] % steps for visits in log] for epoch in range(len(log[0]))]
    first, second = columns[0], columns[1]
    near = sum(after - before in (0, 1) for before, after in itertools.pairwise(first))
    seen = {
        "“the order is shuffled”": first != sorted(first),
        "“neighbours in the data are parted”": near < 0.6 * len(log),
        "“the next epoch brings a new order”": first != second,
    }
    if 1 < steps < len(log):
        seen["“the next epoch brings other batches”"] = _members(first, steps) != _members(second, steps)
    return seen


def _members(visits: Sequence[int], steps: int) -> set[frozenset[int]]:
    """The batches of an epoch as sets, from the step that used each example."""
    return {frozenset(i for i, at in enumerate(visits) if at == step) for step in range(steps)}


def _batches(result: Any) -> list[list[int]]:
    if result is None:
        raise StudentError("it returned None, expected a list of index tensors: is the `return` missing?")
    if not isinstance(result, list | tuple):
        said = type_name(result)
        raise StudentError(f"what it returned is {said}, expected a list, one index tensor a batch")
    for number, batch in enumerate(result, start=1):
        if isinstance(batch, list | tuple) and all(type(index) is int for index in batch):
            continue  # told by the facts above
        if not isinstance(batch, torch.Tensor):
            raise StudentError(f"batch {number} is {type_name(batch)}, expected a tensor of indices")
        if batch.ndim != 1:
            raise StudentError(f"batch {number} has shape {tuple(batch.shape)}, expected one axis")
        if batch.is_floating_point() or batch.dtype in (torch.bool, torch.uint8):
            dtype = str(batch.dtype).removeprefix("torch.")
            raise StudentError(f"batch {number} has type {dtype}, expected int64 numbers of rows")
    return [batch.tolist() if isinstance(batch, torch.Tensor) else list(batch) for batch in result]


def _flat(result: Any) -> list[int]:
    return [index for batch in _batches(result) for index in batch]


def _sizes(batches: Sequence[Sequence[int]]) -> list[int]:
    return sorted((len(batch) for batch in batches), reverse=True)


def _neighbours(order: Sequence[int], n: int) -> int:
    return sum((after - before) % n in (1, n - 1) for before, after in itertools.pairwise(order))


def _turned(order: list[int]) -> list[int]:
    """The order round the circle, from its smallest index on: the start alone is no shuffling."""
    start = order.index(min(order)) if order else 0
    return order[start:] + order[:start]


def _run(batch: Sequence[int], n: int) -> bool:
    members = set(batch)
    return sum((index + 1) % n not in members for index in members) <= 1


def _shuffled_batches(epoch: Sequence[Sequence[int]]) -> bool:
    firsts = [min(batch) for batch in epoch if batch]
    return _turned(firsts) != sorted(firsts)


def _log(theta: Any, size: int) -> list[float]:
    if not isinstance(theta, torch.Tensor):
        raise StudentError(f"what it returned is {type_name(theta)}, expected the last θ, a tensor")
    if tuple(theta.shape) != (size,):
        raise StudentError(f"the last θ has shape {tuple(theta.shape)}, expected ({size},)")
    if not theta.is_floating_point():
        raise StudentError("the last θ is not of a floating type")
    return [float(value) for value in theta.tolist()]


def _digits(value: float, base: int) -> list[int]:
    """Step numbers, from 0, that one entry of the log lists; empty where it is no log."""
    if not 0 < value < 2**53 or value != int(value):
        return []
    rest, digits = int(value), []
    while rest:
        rest, digit = divmod(rest, base)
        digits.append(digit - 1)
    return digits[::-1]


DRIVES = {"descent": descent, "epochs": epochs, "places": places, "visits": visits}
