"""`dropout_mask`: the draw is free, so its properties are judged (see `steepest._drives.masks`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Generator, Tensor

from steepest_exercises import reasons
from steepest_exercises.dropout import reference

Shape = tuple[int, ...]
Draw = Callable[..., Tensor]

WHOLE_ROWS = "Either all of a row is kept or nothing is: this leaves out examples, not units. Draw entry by entry."


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, *shape: int, keep: float) -> Case:
        return Case(name, {"shape": list(shape), "keep": keep, "seed": int(rng.integers(2**31))}, "masks")

    return [
        case("keep = 0.5", 60, 50, keep=0.5),
        case("keep = 0.3", 50, 60, keep=0.3),
        case("keep = 0.8", 80, 50, keep=0.8),
        case("images of 6 × 9 pixels", 64, 6, 9, keep=0.4),
        case("nothing is dropped", 2, 3, keep=1.0),
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


DROPOUT_MASK = Exercise(
    id="dropout_mask",
    reference=reference.dropout_mask,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("uniform_below_keep", _from_uniform(_below)),
        Accepted("uniform_above_drop", _from_uniform(lambda u, keep: torch.where(u >= 1 - keep, 1.0, 0.0))),
        Accepted("floor_of_keep_plus_uniform", _from_uniform(lambda u, keep: (keep + u.double()).floor())),
        Accepted("bernoulli_of_a_table", _bernoulli_of_a_table),
        Accepted("urn", _urn),
    ],
    mistakes=[
        Mistake(
            "keep_and_drop_exchanged",
            _from_uniform(lambda u, keep: (u > keep).to(u.dtype)),
            "`keep` is the probability of a 1. Here it is the probability of a 0, as torch's `p` is.",
            0.25,
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
            "boolean_mask",
            _from_uniform(lambda u, keep: u < keep),
            "The mask is True and False. It is right as a draw; turn it into numbers so that it can be averaged, "
            "subtracted from 1 and multiplied.",
            0.5,
        ),
        Mistake(
            "uniform_numbers_not_compared",
            _from_uniform(lambda u, keep: u * keep),
            "These are uniform numbers, not outcomes. Compare them with keep: that happens with probability keep.",
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
            "A standard normal number lies below keep with probability Φ(keep), not keep. Compare uniform numbers.",
            0.25,
        ),
        Mistake(
            "signs_instead_of_zeros",
            _from_uniform(lambda u, keep: 2 * _below(u, keep) - 1),
            "The dropped entries are −1: this flips signs. A dropped entry is 0.",
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
            "Every mask holds the same number of ones: entries are drawn without replacement, so they depend on each "
            "other. With Bernoulli draws the number varies.",
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
            "The generator is set back on every call, so one thinned network is trained all the time. Let it go on.",
            0.5,
        ),
        Mistake(
            "fixed_seed",
            _fixed_seed,
            "A seed stands in the function, so all masks are alike. Draw from the generator you are given.",
            0.25,
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
