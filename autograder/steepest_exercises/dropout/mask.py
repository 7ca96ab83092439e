"""`dropout_mask`: the draw is free, so its properties are judged (see `steepest._drives.masks`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Generator, Tensor

from steepest_exercises import reasons
from steepest_exercises.dropout import reference

Shape = tuple[int, ...]
Draw = Callable[..., Tensor]

WHOLE_ROWS = "Either all of a row is kept or nothing is: this leaves out examples, not units. Draw entry by entry."


def _cases(rng: np.random.Generator, *, hidden: bool = False) -> Sequence[Case]:
    """The hidden ones have shapes of which nobody has masks ready."""

    def case(name: str, first: int, *others: int, keep: float, corner: float = 0.0) -> Case:
        more = int(rng.integers(1, 20)) if hidden else 0
        inputs = {"shape": [first + more, *others], "keep": keep, "seed": int(rng.integers(2**31))}
        return Case(name, inputs, "masks", corner=corner)

    return [
        case("keep = 0.5", 60, 50, keep=0.5),
        case("keep = 0.3", 50, 60, keep=0.3),
        case("keep = 0.8", 80, 50, keep=0.8),
        case("keep = 0.71", 70, 55, keep=0.71),
        case("images of 7 × 10 pixels, keep = 0.39", 70, 7, 10, keep=0.39),
        case("nothing is dropped, keep = 1", 2, 3, keep=1.0, corner=0.15),
        case("a shape with a single axis", 50, keep=0.6, corner=0.1),
    ]


def _uniform(shape: Shape, generator: Generator) -> Tensor:
    return torch.rand(shape, generator=generator, device=generator.device)


def _from_uniform(rule: Callable[[Tensor, float], Tensor]) -> Draw:
    """A mask that is `rule(u, keep)` of uniform numbers u."""
    return lambda shape, *, keep, generator: rule(_uniform(tuple(shape), generator), keep)


def _below(u: Tensor, keep: float) -> Tensor:
    return (u < keep).to(u.dtype)


def _urn(shape: Shape, *, keep: float, generator: Generator) -> Tensor:
    odds = torch.tensor([1 - keep, keep], device=generator.device)
    drawn = torch.multinomial(odds, int(np.prod(shape)), replacement=True, generator=generator)
    return drawn.reshape(tuple(shape)).float()


def _bernoulli_of_a_table(shape: Shape, *, keep: float, generator: Generator) -> Tensor:
    odds = torch.full(tuple(shape), keep, dtype=torch.float64, device=generator.device)
    return torch.bernoulli(odds, generator=generator)


def _from_numpy(shape: Shape, *, keep: float, generator: Generator) -> Tensor:
    seed = int(torch.randint(2**31, (1,), generator=generator, device=generator.device))
    return torch.from_numpy(np.random.default_rng(seed).binomial(1, keep, size=tuple(shape)).astype(np.float64))


def _ignores_generator(shape: Shape, *, keep: float, generator: Generator) -> Tensor:
    own = Generator()
    own.seed()
    return _below(_uniform(tuple(shape), own), keep)


def _reseeded(shape: Shape, *, keep: float, generator: Generator) -> Tensor:
    return _below(_uniform(tuple(shape), generator.manual_seed(generator.initial_seed())), keep)


def _fixed_seed(shape: Shape, *, keep: float, generator: Generator) -> Tensor:
    return _below(_uniform(tuple(shape), generator.manual_seed(0)), keep)


def _one_row_for_all(shape: Shape, *, keep: float, generator: Generator) -> Tensor:
    row = _below(_uniform((1, *shape[1:]), generator), keep)
    return row.expand(tuple(shape)).clone()


def _one_row_alone(shape: Shape, *, keep: float, generator: Generator) -> Tensor:
    return _below(_uniform(tuple(shape[1:]), generator), keep)


def _whole_rows(shape: Shape, *, keep: float, generator: Generator) -> Tensor:
    column = _below(_uniform((shape[0], *[1] * (len(shape) - 1)), generator), keep)
    return column.expand(tuple(shape)).clone()


def _rows_and_columns(shape: Shape, *, keep: float, generator: Generator) -> Tensor:
    part = keep**0.5
    row, column = _uniform((1, *shape[1:]), generator), _uniform((shape[0], *[1] * (len(shape) - 1)), generator)
    return _below(row, part) * _below(column, part)


def _fixed_number(shape: Shape, *, keep: float, generator: Generator) -> Tensor:
    ranks = _uniform((int(np.prod(shape)),), generator).argsort().argsort()
    return (ranks < round(keep * len(ranks))).float().reshape(tuple(shape))


def _fixed_number_a_row(shape: Shape, *, keep: float, generator: Generator) -> Tensor:
    keys = _uniform(tuple(shape), generator).flatten(1)
    ranks = keys.argsort(dim=1).argsort(dim=1)
    return (ranks < round(keep * keys.shape[1])).float().reshape(tuple(shape))


def _gaussian(shape: Shape, *, keep: float, generator: Generator) -> Tensor:
    drawn = torch.randn(tuple(shape), generator=generator, device=generator.device)
    return (drawn < keep).float()


def _rounded(count: Callable[[float], float]) -> Draw:
    """A mask from whole numbers under 10, for keep rounded to tenths by `count`."""

    def draw(shape: Shape, *, keep: float, generator: Generator) -> Tensor:
        dice = torch.randint(0, 10, tuple(shape), generator=generator, device=generator.device)
        return (dice < count(10 * keep)).float()

    return draw


def _rounded_numbers(shape: Shape, *, keep: float, generator: Generator) -> Tensor:
    return _below(_uniform(tuple(shape), generator).round(decimals=1), keep)


def _one_number(shape: Shape, *, keep: float, generator: Generator) -> Tensor:
    return _below(_uniform((1,), generator), keep).expand(tuple(shape)).clone()


def _shape_made(change: Callable[[Shape], Shape]) -> Draw:
    """A sound mask of another shape."""
    return lambda shape, *, keep, generator: _below(_uniform(change(tuple(shape)), generator), keep)


def _two_axes_unpacked(shape: Shape, *, keep: float, generator: Generator) -> Tensor:
    rows, columns = shape
    return _below(_uniform((rows, columns), generator), keep)


def _two_axes_read(shape: Shape, *, keep: float, generator: Generator) -> Tensor:
    return _below(_uniform((shape[0], shape[1]), generator), keep)


def _drawn_twice(shape: Shape, *, keep: float, generator: Generator) -> Tensor:
    return _below(_uniform(tuple(shape), generator), keep) * _below(_uniform(tuple(shape), generator), keep)


def _first_entries(shape: Shape, *, keep: float, generator: Generator) -> Tensor:
    count = int(np.prod(shape))
    return (torch.arange(count) < keep * count).float().reshape(tuple(shape))


def _seeded(seed: int) -> Draw:
    """A mask that is the same whatever the generator."""
    return lambda shape, *, keep, generator: _below(_uniform(tuple(shape), Generator().manual_seed(seed)), keep)


DROPOUT_MASK = Exercise(
    id="dropout_mask",
    reference=reference.dropout_mask,
    cases=_cases,
    hidden=partial(_cases, hidden=True),
    points=2,
    accepted=[
        Accepted("uniform_below_keep", _from_uniform(_below)),
        Accepted("uniform_above_drop", _from_uniform(lambda u, keep: torch.where(u >= 1 - keep, 1.0, 0.0))),
        Accepted("floor_of_keep_plus_uniform", _from_uniform(lambda u, keep: (keep + u.double()).floor())),
        Accepted("bernoulli_of_a_table", _bernoulli_of_a_table),
        Accepted("urn", _urn),
        Accepted("numpy_seeded_at_each_call", _from_numpy),
    ],
    mistakes=[
        Mistake(
            "keep_and_drop_exchanged",
            _from_uniform(lambda u, keep: (u > keep).to(u.dtype)),
            "`keep` is the probability of a 1. Here it is the probability of a 0, as torch's `p` is.",
            0.25,
            forms=[_from_uniform(lambda u, keep: 1 - (u <= keep).to(u.dtype))],
        ),
        Mistake(
            "keep_ignored",
            _from_uniform(lambda u, keep: _below(u, 0.5)),
            "The share of ones is the same whatever keep is. Compare with keep; rounding a uniform number, or a draw "
            "of 0 or 1, compares with one half.",
            0.25,
            forms=[_from_uniform(lambda u, keep: _below(u, 0.8))],
        ),
        Mistake(
            "keep_rounded_to_tenths",
            _rounded(lambda count: count),
            "The share of ones is keep rounded to tenths, as with a draw that has ten outcomes only. Compare numbers "
            "from torch.rand, which are (almost) continuous.",
            0.5,
            forms=[_rounded(round), _rounded(int), _rounded_numbers],
        ),
        Mistake(
            "uniform_on_minus_one_to_one",
            _from_uniform(lambda u, keep: _below(2 * u - 1, keep)),
            "The share of ones is not keep, as with numbers between -1 and 1, which are below keep with probability "
            "(1 + keep)/2. torch.rand gives them between 0 and 1.",
            0.25,
            forms=[_from_uniform(lambda u, keep: _below((2 * u - 1).abs() * 2, keep))],
        ),
        Mistake(
            "drawn_twice",
            _drawn_twice,
            "The share of ones is keep², as if two draws had to be a 1. One draw for each entry is enough, compared "
            "with keep itself.",
            0.25,
            forms=[_from_uniform(lambda u, keep: _below(u, keep**2))],
        ),
        Mistake(
            "root_of_keep",
            _from_uniform(lambda u, keep: _below(u, keep**0.5)),
            "The share of ones is the root of keep, as where the square of a uniform number is compared with keep. A "
            "uniform number itself lies below keep with probability keep.",
            0.25,
        ),
        Mistake(
            "all_ones",
            lambda shape, *, keep, generator: torch.ones(tuple(shape)),
            "Every entry is 1: nothing is ever dropped. Compare a uniform number for each entry with keep.",
            forms=[_from_uniform(lambda u, keep: torch.where(u > 0, 1.0, 1.0))],
        ),
        Mistake(
            "all_zeros",
            lambda shape, *, keep, generator: torch.zeros(tuple(shape)),
            "Every entry is 0: everything is dropped. Compare a uniform number for each entry with keep.",
        ),
        Mistake(
            "first_entries_kept",
            _first_entries,
            "The first entries are kept and the last dropped, always the same ones. Which entries are kept is a "
            "matter of chance: draw a number for each.",
        ),
        Mistake(
            "one_number_for_all",
            _one_number,
            "One number decides for all entries: either everything is kept or nothing is. Draw as many numbers as the "
            "shape has entries.",
            0.25,
        ),
        Mistake(
            "one_number_alone",
            _shape_made(lambda shape: (1,)),
            "One number is returned. The mask has the given shape, and every entry is a draw of its own.",
            forms=[_shape_made(lambda shape: ())],
        ),
        Mistake(
            "shape_lost",
            _shape_made(lambda shape: (int(np.prod(shape)),)),
            "There are as many entries as there should be, but the shape is lost. Draw in the given shape, or reshape "
            "at the end.",
            0.5,
            forms=[
                _shape_made(lambda shape: shape[::-1]),
                _shape_made(lambda shape: (1, int(np.prod(shape)))),
                _shape_made(lambda shape: (int(np.prod(shape)), 1)),
                _shape_made(lambda shape: (shape[0], int(np.prod(shape[1:])))),
            ],
        ),
        Mistake(
            "two_axes_only",
            _two_axes_unpacked,
            "It works for shapes with two axes alone. A shape may have any number: hand the whole tuple to torch.rand.",
            0.5,
            forms=[_two_axes_read],
        ),
        Mistake(
            "one_entry_for_each_row",
            _shape_made(lambda shape: (shape[0], *[1] * (len(shape) - 1))),
            "The mask has no entry for every unit of every example: an axis of the shape has length 1 or is gone. It "
            "has the given shape, and every entry is a draw of its own.",
            0.25,
            forms=[_shape_made(lambda shape: (shape[0],)), _shape_made(lambda shape: (1, *shape[1:]))],
        ),
        Mistake(
            "already_scaled",
            _from_uniform(lambda u, keep: _below(u, keep) / keep),
            "The kept entries are 1/keep. That belongs to the inverted form; the mask itself holds 0 and 1.",
            0.5,
        ),
        Mistake(
            "scaled_by_keep",
            _from_uniform(lambda u, keep: _below(u, keep) * keep),
            "The kept entries hold keep itself, so keep acts twice. The mask is only the outcome of the draw: 0 or 1.",
            0.25,
        ),
        Mistake(
            "expectation_instead_of_a_draw",
            lambda shape, *, keep, generator: torch.full(tuple(shape), keep),
            "Every entry is keep, the expected mask. Nothing is drawn, so nothing is ever dropped.",
        ),
        Mistake(
            "not_of_a_floating_type",
            _from_uniform(lambda u, keep: u < keep),
            "The mask holds truth values or whole numbers. It is right as a draw; `.float()` makes numbers of it that "
            "can be averaged, subtracted from 1 and multiplied.",
            0.5,
            forms=[_from_uniform(lambda u, keep: (u < keep).long())],
        ),
        Mistake(
            "uniform_numbers_not_compared",
            _from_uniform(lambda u, keep: u * keep),
            "These are numbers of many sizes, not outcomes. Compare uniform numbers with keep: each is below it with "
            "probability keep.",
        ),
        Mistake(
            "kept_entries_stay_uniform",
            _from_uniform(lambda u, keep: torch.where(u < keep, u, 0.0)),
            "The kept entries still hold the uniform numbers they were drawn with. They should become 1.",
            0.25,
        ),
        Mistake(
            "normal_instead_of_uniform",
            _gaussian,
            "The share of ones is Φ(keep), as for standard normal numbers that are compared with keep. Uniform "
            "numbers lie below keep with probability keep: torch.rand.",
            0.25,
        ),
        Mistake(
            "dropped_entries_are_not_zero",
            _from_uniform(lambda u, keep: 2 * _below(u, keep) - 1),
            "No entry is 0: a dropped one holds another number, such as −1 or the one that it was drawn with. "
            "Multiplying by 0 silences a unit; a dropped entry is 0.",
            0.25,
            forms=[_from_uniform(lambda u, keep: torch.where(u < keep, 1.0, u))],
        ),
        Mistake(
            "one_mask_for_the_whole_batch",
            _one_row_for_all,
            "All rows are dropped alike. Each example meets another thinned network: draw every entry of the shape.",
            0.25,
        ),
        Mistake(
            "mask_without_the_batch_axis",
            _one_row_alone,
            "The mask has the shape of one example. Each example needs its own draw, so it needs the whole shape.",
            0.25,
        ),
        Mistake(
            "whole_rows_dropped",
            _whole_rows,
            WHOLE_ROWS,
            0.25,
        ),
        Mistake(
            "product_of_a_row_and_a_column",
            _rows_and_columns,
            "Each entry has the right probability, but entries that share a row or a column depend on each other. "
            "Draw as many numbers as the shape has entries.",
            0.25,
        ),
        Mistake(
            "fixed_number_of_ones",
            _fixed_number,
            "Every mask holds the same number of ones, as in a draw without replacement, so its entries depend on "
            "each other. With Bernoulli draws the number varies.",
            0.5,
        ),
        Mistake(
            "fixed_number_of_ones_in_each_row",
            _fixed_number_a_row,
            "Every row holds the same number of ones, so its entries depend on each other. With Bernoulli draws the "
            "number varies.",
            0.5,
        ),
        Mistake(
            "same_mask_in_every_draw",
            _reseeded,
            "A generator brings the same mask in every call, as if it began with its first seed again, so one thinned "
            "network is trained all the time. Let it go on from where it is: hand it to the function that draws.",
            0.5,
        ),
        Mistake(
            "fixed_seed",
            _fixed_seed,
            "All masks are alike, whatever the generator: a seed stands in the function, or a mask is kept from call "
            "to call. Draw anew from the generator you are given.",
            0.25,
            forms=[_seeded(1), _seeded(42)],
        ),
        Mistake(
            "ignores_the_generator",
            _ignores_generator,
            "The same seed does not bring the same mask. Hand generator=generator to the function that draws.",
            0.5,
        ),
    ],
    equivalent={
        reasons.DEVICE: ["u = torch.rand(shape, generator=generator)"],
        "A draw hits keep itself once in 2²⁴ times.": ["return (u <= keep).float()"],
    },
)
