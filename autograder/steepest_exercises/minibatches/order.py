"""`minibatches`: the order is free, so its properties are judged (see `steepest._drives.batches`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Generator, Tensor

from steepest_exercises import reasons
from steepest_exercises.minibatches import reference

Batches = Sequence[Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, n: int, size: int, *, corner: float = 0.0) -> Case:
        return Case(name, {"n": n, "size": size, "seed": int(rng.integers(2**31))}, "epochs", corner=corner)

    return [
        case("300 examples in batches of 33", 300, 33),
        case("the size divides the number of examples", 200, 25, corner=0.1),
        case("one example a batch", 31, 1, corner=0.1),
        case("one batch holds everything", 40, 40, corner=0.1),
        case("a batch larger than the data", 50, 64, corner=0.1),
        case("one example is left over for the last batch", 201, 25, corner=0.15),
        Case(
            "many epochs of six examples",
            {"n": 6, "size": 4, "seed": int(rng.integers(2**31)), "count": 400},
            "places",
        ),
    ]


def _hidden(rng: np.random.Generator) -> Sequence[Case]:
    """One number of examples more, for which nobody has the batches ready; there are eight of them at least."""
    n, size, seed = int(rng.integers(220, 300)), int(rng.integers(22, 28)), int(rng.integers(2**31))
    return [*_cases(rng), Case("another number of examples", {"n": n, "size": size, "seed": seed}, "epochs")]


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


def _int32(n: int, size: int, generator: Generator) -> Batches:
    return torch.split(_random(n, generator).to(torch.int32), size)


def _sattolo(n: int, size: int, generator: Generator) -> Batches:
    order = list(range(n))
    for last in range(n - 1, 0, -1):
        other = int(torch.randint(last, (1,), generator=generator, device=generator.device))
        order[last], order[other] = order[other], order[last]
    return _cut(torch.tensor(order), size)


def _with_replacement(n: int, size: int, generator: Generator) -> Batches:
    sizes = [min(size, n - start) for start in range(0, n, size)]
    return [torch.randint(n, (count,), generator=generator, device=generator.device) for count in sizes]


def _all_full_with_replacement(n: int, size: int, generator: Generator) -> Batches:
    return [torch.randint(n, (size,), generator=generator, device=generator.device) for _ in range(0, n, size)]


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


def _last_reaches_back(n: int, size: int, generator: Generator) -> Batches:
    order = _random(n, generator)
    return [order[max(0, min(start, n - size)) :][:size] for start in range(0, n, size)]


def _one_short(n: int, size: int, generator: Generator) -> Batches:
    order = _random(n, generator)
    return [order[start : start + size - 1] for start in range(0, n, size)]


def _overlapping(n: int, size: int, generator: Generator) -> Batches:
    order = _random(n, generator)
    return [order[start : start + size + 1] for start in range(0, n, size)]


def _every_start(n: int, size: int, generator: Generator) -> Batches:
    order = _random(n, generator)
    return [order[start : start + size] for start in range(n)]


def _evened_out(n: int, size: int, generator: Generator) -> Batches:
    pieces: Batches = torch.tensor_split(_random(n, generator), -(-n // size))
    return pieces


def _rest_joined(n: int, size: int, generator: Generator) -> Batches:
    order, full = _random(n, generator), max(n // size, 1)
    return [*_cut(order[: (full - 1) * size], size), order[(full - 1) * size :]] if full > 1 else [order]


def _empty_batch(n: int, size: int, generator: Generator) -> Batches:
    order = _random(n, generator)
    return [order[i * size : (i + 1) * size] for i in range(n // size + 1)]


def _single_left_out(n: int, size: int, generator: Generator) -> Batches:
    return [batch for batch in _cut(_random(n, generator), size) if len(batch) > 1 or size == 1]


def _short_first(n: int, size: int, generator: Generator) -> Batches:
    order = _random(n, generator)
    short = n % size
    return [*([order[:short]] if short else []), *([*_cut(order[short:], size)] if n > short else [])]


def _first_batch(n: int, size: int, generator: Generator) -> Batches:
    return [_random(n, generator)[:size]]


def _lists(n: int, size: int, generator: Generator) -> Sequence[Any]:
    return [batch.tolist() for batch in _cut(_random(n, generator), size)]


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
    hidden=_hidden,
    points=3,
    accepted=[
        Accepted("list_of_slices", lambda n, size, generator: list(_yields(n, size, generator))),
        Accepted("tuple_of_torch_split", lambda n, size, generator: torch.split(_random(n, generator), size)),
        Accepted("int32_indices", _int32),
        Accepted("generator_function", _yields),
        Accepted("sorted_random_keys", _sorted_keys),
        Accepted("urn_without_replacement", _urn),
        Accepted("fisher_yates", _fisher_yates),
    ],
    mistakes=[
        Mistake(
            "sampling_with_replacement",
            _with_replacement,
            "Some examples come twice in an epoch and others never. Draw a permutation and cut it up.",
            credit=0.25,
            forms=[_all_full_with_replacement],
        ),
        Mistake(
            "each_batch_drawn_anew",
            _drawn_anew,
            "Batches of one epoch overlap. Draw one permutation an epoch and cut it up.",
            credit=0.25,
            forms=[lambda n, size, generator: [_random(n, generator)[:size] for _ in range(0, n, size)]],
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
            "The last batch is lost even where it is full. The starts run up to n: range(0, n, size) gives them all.",
            credit=0.5,
        ),
        Mistake(
            "single_example_left_out",
            _single_left_out,
            "Right but where one example is left over: it is a batch too, of one. Keep it.",
            credit=0.85,
            forms=[lambda n, size, generator: [b for b in _cut(_random(n, generator), size) if len(b) > 1]],
        ),
        Mistake(
            "empty_batch_at_the_end",
            _empty_batch,
            "Right but where the size divides n: then an empty batch comes at the end. There are ⌈n/size⌉ batches: "
            "range(0, n, size) gives their starts.",
            credit=0.75,
        ),
        Mistake(
            "short_batch_first",
            _short_first,
            "The short batch comes first. Each batch holds `size` indices, and the last keeps what is left over.",
            credit=0.75,
            forms=[lambda n, size, generator: [*_cut(_random(n, generator), size)][::-1]],
        ),
        Mistake(
            "each_batch_one_short",
            _one_short,
            "Each batch is one example short. The end of a slice is not part of it: order[start : start + size] holds "
            "`size` entries.",
            credit=0.25,
        ),
        Mistake(
            "batches_overlap",
            _overlapping,
            "Each batch holds the first example of the next as well. The end of a slice is not part of it: "
            "order[start : start + size] holds `size` entries.",
            credit=0.25,
        ),
        Mistake(
            "a_batch_from_every_start",
            _every_start,
            "A batch begins at every example. The starts lie `size` apart: range(0, n, size).",
            credit=0.25,
        ),
        Mistake(
            "sizes_evened_out",
            _evened_out,
            "The batches are made about equally large. Each holds `size` indices, and the last keeps what is left "
            "over: "
            "torch.split(order, size).",
            credit=0.5,
        ),
        Mistake(
            "rest_joined_to_the_last_batch",
            _rest_joined,
            "What is left over is joined to the last full batch, which becomes too large. It makes a batch of its own.",
            credit=0.5,
        ),
        Mistake(
            "first_batch_only",
            _first_batch,
            "Only the first batch is returned: does the `return` stand inside the loop? An epoch has ⌈n/size⌉ batches.",
            credit=0.25,
        ),
        Mistake(
            "one_batch_for_all",
            lambda n, size, generator: [_random(n, generator)],
            "The order is shuffled but not cut: all examples stand in one batch. Cut it into pieces of `size`.",
            credit=0.25,
        ),
        Mistake(
            "lists_instead_of_tensors",
            _lists,
            "The batches hold the right numbers but are no tensors. Return index tensors: slices of torch.randperm are "
            "tensors, and torch.tensor(...) makes one of a list.",
            credit=0.5,
        ),
        Mistake(
            "no_example_stays_in_place",
            _sattolo,
            "No example ever stays in its place, so the shuffle is not fair. If you exchange places in a loop, draw "
            "for each last place from all up to it, itself too: randint(last + 1, ...).",
            credit=0.5,
        ),
        Mistake(
            "last_batch_padded",
            _pads_last,
            "The last batch is filled up with examples that this epoch has used already. Leave it short.",
            credit=0.5,
            forms=[_last_reaches_back],
        ),
        Mistake(
            "not_shuffled",
            lambda n, size, generator: _cut(torch.arange(n), size),
            "The batches follow the order of the data, epoch after epoch. Permute first.",
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
            "All epochs of one generator are alike, as when it is set back on every call. Let it go on.",
            credit=0.5,
        ),
        Mistake(
            "fixed_seed",
            _reseeded(lambda generator: 0),
            "All epochs are alike, whatever generator is given, as with a seed in the function. Draw from the "
            "generator you are given.",
            credit=0.25,
        ),
        Mistake(
            "ignores_the_generator",
            _ignores_generator,
            "The same seed does not bring the same order. Draw from the generator you are given: torch.randperm takes "
            "generator=generator.",
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
            "One example never comes. All n of them do, and torch.randperm(n) runs from 0 to n − 1.",
            credit=0.25,
            forms=[
                lambda n, size, generator: _cut(_random(n - 1, generator) + 1, size),
                lambda n, size, generator: _cut(_random(n, generator)[1:], size),
            ],
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
