"""`minibatches`: the order is free, so its properties are judged (see `steepest._drives.batches`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Generator, Tensor

from steepest_exercises import reasons
from steepest_exercises.minibatches import reference

Batches = Sequence[Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, n: int, size: int) -> Case:
        return Case(name, {"n": n, "size": size, "seed": int(rng.integers(2**31))}, "epochs")

    return [
        case("300 examples in batches of 33", 300, 33),
        case("the size divides the number of examples", 200, 25),
        case("one example a batch", 31, 1),
        case("one batch holds everything", 40, 40),
        case("a batch larger than the data", 50, 64),
        Case(
            "many epochs of six examples",
            {"n": 6, "size": 4, "seed": int(rng.integers(2**31)), "count": 40},
            "places",
        ),
    ]


def _random(n: int, generator: Generator) -> Tensor:
    return torch.randperm(n, generator=generator, device=generator.device)


def _yields(n: int, size: int, generator: Generator) -> Iterator[Tensor]:
    order = _random(n, generator)
    for start in range(0, n, size):
        yield order[start : start + size]


def _sorted_keys(n: int, size: int, generator: Generator) -> Batches:
    keys = torch.rand(n, generator=generator, dtype=torch.float64, device=generator.device)
    return torch.split(keys.argsort(), size)


def _urn(n: int, size: int, generator: Generator) -> Batches:
    weights = torch.ones(n, dtype=torch.float64, device=generator.device)
    order = torch.multinomial(weights, n, replacement=False, generator=generator)
    return [order[i * size : (i + 1) * size] for i in range(-(-n // size))]


def _fisher_yates(n: int, size: int, generator: Generator) -> Batches:
    order = list(range(n))
    for last in range(n - 1, 0, -1):
        other = int(torch.randint(last + 1, (1,), generator=generator, device=generator.device))
        order[last], order[other] = order[other], order[last]
    return [torch.tensor(order[start : start + size]) for start in range(0, n, size)]


def _with_replacement(n: int, size: int, generator: Generator) -> Batches:
    sizes = [min(size, n - start) for start in range(0, n, size)]
    return [torch.randint(n, (count,), generator=generator, device=generator.device) for count in sizes]


def _drawn_anew(n: int, size: int, generator: Generator) -> Batches:
    sizes = [min(size, n - start) for start in range(0, n, size)]
    return [_random(n, generator)[:count] for count in sizes]


def _cut(order: Tensor, size: int) -> Batches:
    pieces: Batches = torch.split(order, size)
    return pieces


def _drops_last(n: int, size: int, generator: Generator) -> Batches:
    return [batch for batch in _cut(_random(n, generator), size) if len(batch) == size]


def _loses_last(n: int, size: int, generator: Generator) -> Batches:
    order = _random(n, generator)
    return [order[start : start + size] for start in range(0, n - size, size)]


def _pads_last(n: int, size: int, generator: Generator) -> Batches:
    order = _random(n, generator)
    missing = -n % size
    return _cut(torch.cat([order, order.repeat(missing // n + 1)[:missing]]), size)


def _blocks(n: int, size: int, generator: Generator) -> Batches:
    batches = _cut(torch.arange(n), size)
    return [batches[i] for i in _random(len(batches), generator).tolist()]


def _within_blocks(n: int, size: int, generator: Generator) -> Batches:
    return [batch[_random(len(batch), generator).cpu()] for batch in _cut(torch.arange(n), size)]


def _tail_stays(n: int, size: int, generator: Generator) -> Batches:
    full = n - n % size
    return _cut(torch.cat([_random(full, generator).cpu(), torch.arange(full, n)]), size)


def _random_start(n: int, size: int, generator: Generator) -> Batches:
    start = int(torch.randint(n, (1,), generator=generator, device=generator.device))
    return _cut(torch.arange(n).roll(-start), size)


def _reseeded(seed: Callable[[Generator], int]) -> Callable[[int, int, Generator], Batches]:
    return lambda n, size, generator: _cut(_random(n, generator.manual_seed(seed(generator))), size)


def _ignores_generator(n: int, size: int, generator: Generator) -> Batches:
    own = Generator()
    own.seed()
    return _cut(torch.randperm(n, generator=own), size)


MINIBATCHES = Exercise(
    id="minibatches",
    reference=reference.minibatches,
    cases=_cases,
    points=3,
    accepted=[
        Accepted("generator_function", _yields),
        Accepted("sorted_random_keys", _sorted_keys),
        Accepted("urn_without_replacement", _urn),
        Accepted("fisher_yates", _fisher_yates),
    ],
    mistakes=[
        Mistake(
            "sampling_with_replacement",
            _with_replacement,
            "Some examples come twice in an epoch and about a third never. Draw a permutation and cut it up.",
            credit=0.25,
        ),
        Mistake(
            "each_batch_drawn_anew",
            _drawn_anew,
            "Batches of one epoch overlap. Draw one permutation an epoch and cut it up.",
            credit=0.25,
        ),
        Mistake(
            "short_last_batch_dropped",
            _drops_last,
            "The last n mod size examples of the order are never used. Keep the short batch.",
            credit=0.5,
        ),
        Mistake(
            "last_batch_always_lost",
            _loses_last,
            "The loop stops at n − size, so the last batch is lost even where it is full. Let it run to n.",
            credit=0.5,
        ),
        Mistake(
            "last_batch_padded",
            _pads_last,
            "The last batch is filled up with examples that this epoch has used already. Leave it short.",
            credit=0.5,
        ),
        Mistake(
            "not_shuffled",
            lambda n, size, generator: _cut(torch.arange(n), size),
            "The batches follow the order of the data, epoch after epoch: this can cycle. Permute first.",
            credit=0.25,
        ),
        Mistake(
            "batches_shuffled_but_not_examples",
            _blocks,
            "Neighbours in the data always share a batch. Permute the examples, then cut.",
            credit=0.25,
        ),
        Mistake(
            "shuffled_only_within_batches",
            _within_blocks,
            "A batch holds the same examples in every epoch; order within it does not change its mean.",
            credit=0.25,
        ),
        Mistake(
            "short_batch_not_shuffled",
            _tail_stays,
            "The last examples of the data always end up in the short batch. Permute all n.",
            credit=0.25,
        ),
        Mistake(
            "cyclic_from_a_random_start",
            _random_start,
            "Only the start is random; the order around the circle never changes. Use a permutation.",
            credit=0.25,
        ),
        Mistake(
            "same_order_every_epoch",
            _reseeded(lambda generator: generator.initial_seed()),
            "The generator is set back on every call, so all epochs are alike. Let it go on.",
            credit=0.5,
        ),
        Mistake(
            "fixed_seed",
            _reseeded(lambda generator: 0),
            "A seed stands in the function, so all epochs are alike. Draw from the generator you are given.",
            credit=0.25,
        ),
        Mistake(
            "ignores_the_generator",
            _ignores_generator,
            "The same seed does not bring the same order. Pass generator=generator to torch.randperm.",
            credit=0.5,
        ),
        Mistake(
            "size_taken_as_number_of_batches",
            lambda n, size, generator: _random(n, generator).chunk(size),
            "`size` is the number of examples in a batch. torch.split cuts by size, torch.chunk by number.",
            credit=0.25,
        ),
        Mistake(
            "one_example_short",
            lambda n, size, generator: _cut(_random(n - 1, generator), size),
            "One example never comes: torch.randperm(n) already runs from 0 to n − 1.",
            credit=0.25,
        ),
        Mistake(
            "counts_from_one",
            lambda n, size, generator: _cut(_random(n, generator) + 1, size),
            "Rows are numbered from 0 to n − 1; these indices run from 1 to n.",
            credit=0.25,
        ),
    ],
    equivalent={
        reasons.DEVICE: ["order = torch.randperm(n, generator=generator)"],
    },
)
