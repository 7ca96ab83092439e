"""`glorot_uniform` and `glorot_normal`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from steepest_grader.exercise.model import Accepted, Exercise, Mistake
from torch import Generator, Tensor

from steepest_exercises import reasons
from steepest_exercises.initialization import draws, reference

Shape = Sequence[int]

FORWARD_ONLY = "Only the way forward is kept in mind. Glorot averages fan_in and fan_out."


def _glorot(into: int, out: int) -> float:
    return math.sqrt(2 / (into + out))


def _sum(into: int, out: int) -> float:
    return math.sqrt(1 / (into + out))


def _forward(into: int, out: int) -> float:
    return math.sqrt(1 / into)


# --- glorot_uniform ---------------------------------------------------------------------------------------

UNIFORM = (
    _glorot,
    _sum,
    _forward,
    lambda into, out: _glorot(into, out) / math.sqrt(3),
    lambda into, out: _glorot(into, out) / 2,
    lambda into, out: (3 * into) ** -0.5,
    lambda into, out: 6 / (into + out) / math.sqrt(3),
)


def _torch_uniform(shape: Shape, generator: Generator) -> Tensor:
    weight = torch.empty(tuple(shape), device=generator.device)
    return torch.nn.init.xavier_uniform_(weight, generator=generator)


def _lerp(shape: Shape, generator: Generator) -> Tensor:
    limit = math.sqrt(6 / sum(draws.field_fans(shape)))
    share = torch.rand(tuple(shape), generator=generator, device=generator.device)
    return limit * share - limit * (1 - share)


GLOROT_UNIFORM = Exercise(
    id="glorot_uniform",
    reference=reference.glorot_uniform,
    cases=lambda rng: draws.cases(UNIFORM, UNIFORM[:1], rng),
    points=2,
    accepted=[
        Accepted("stretched_random_numbers", draws.scaled(draws.uniform, _glorot)),
        Accepted("torchs_own", _torch_uniform, library=True),
        Accepted("between_two_ends", _lerp),
    ],
    mistakes=[
        Mistake(
            "bound_without_the_three",
            draws.scaled(draws.uniform, lambda into, out: _glorot(into, out) / math.sqrt(3)),
            draws.NO_THREE,
            credit=0.5,
        ),
        Mistake(
            "bound_without_the_root",
            draws.scaled(draws.uniform, lambda into, out: 6 / (into + out) / math.sqrt(3)),
            "The bound is √(6/(fan_in + fan_out)); the root is missing.",
            credit=0.5,
        ),
        Mistake(
            "sum_for_mean",
            draws.scaled(draws.uniform, _sum),
            "The fans are added but not halved: the compromise is 1/σ² = (fan_in + fan_out)/2, and a² = 3σ².",
            credit=0.5,
        ),
        Mistake(
            "fan_in_alone",
            draws.scaled(draws.uniform, _forward),
            FORWARD_ONLY,
            credit=0.5,
        ),
        Mistake(
            "old_rule",
            draws.scaled(draws.uniform, lambda into, out: (3 * into) ** -0.5),
            "U(±1/√fan_in) is the older rule that Glorot and Bengio replaced: its variance is 1/(3 fan_in).",
            credit=0.25,
        ),
        Mistake(
            "receptive_field_forgotten",
            draws.scaled(draws.uniform, _glorot, draws.bare_fans),
            draws.NO_FIELD,
            credit=0.5,
        ),
        *draws.not_uniform(_glorot),
        *draws.careless(reference.glorot_uniform),
    ],
    equivalent=draws.SAME_UNIFORM,
)

# --- glorot_normal ----------------------------------------------------------------------------------------

NORMAL = (
    _glorot,
    _sum,
    _forward,
    lambda into, out: out**-0.5,
    lambda into, out: 2 / (into + out),
    lambda into, out: (6 / (into + out)) ** 0.5,
    draws.narrowed(_glorot),
)


def _torch_normal(shape: Shape, generator: Generator) -> Tensor:
    weight = torch.empty(tuple(shape), device=generator.device)
    return torch.nn.init.xavier_normal_(weight, generator=generator)


def _filled(shape: Shape, generator: Generator) -> Tensor:
    mean_fan = sum(draws.field_fans(shape)) / 2
    return torch.empty(tuple(shape), device=generator.device).normal_(0, mean_fan**-0.5, generator=generator)


GLOROT_NORMAL = Exercise(
    id="glorot_normal",
    reference=reference.glorot_normal,
    cases=lambda rng: draws.cases(NORMAL, NORMAL[:1], rng),
    points=1,
    accepted=[
        Accepted("scaled_standard_normal", draws.scaled(draws.normal, _glorot)),
        Accepted("torchs_own", _torch_normal, library=True),
        Accepted("filled_in_place", _filled),
        Accepted("cut_off_and_rescaled", draws.scaled(draws.widened, _glorot), draws.REDRAWN),
    ],
    mistakes=[
        Mistake(
            "sum_for_mean",
            draws.scaled(draws.normal, _sum),
            "The fans are added but not halved: their mean is (fan_in + fan_out)/2, so the variance has a 2 on top.",
            credit=0.5,
        ),
        Mistake(
            "fan_in_alone",
            draws.scaled(draws.normal, _forward),
            FORWARD_ONLY,
            credit=0.5,
        ),
        Mistake(
            "fan_out_alone",
            draws.scaled(draws.normal, lambda into, out: out**-0.5),
            "Only the way back is kept in mind. Glorot averages fan_in and fan_out.",
            credit=0.5,
        ),
        Mistake(
            "variance_for_deviation",
            draws.scaled(draws.normal, lambda into, out: 2 / (into + out)),
            draws.VARIANCE,
            credit=0.5,
        ),
        Mistake(
            "bound_for_deviation",
            draws.scaled(draws.normal, lambda into, out: (6 / (into + out)) ** 0.5),
            "√(6/(fan_in + fan_out)) is the bound of the uniform law. The deviation is smaller by √3.",
            credit=0.5,
        ),
        Mistake(
            "receptive_field_forgotten",
            draws.scaled(draws.normal, _glorot, draws.bare_fans),
            draws.NO_FIELD,
            credit=0.5,
        ),
        *draws.not_normal(_glorot),
        *draws.careless(reference.glorot_normal),
        Mistake("one_number", draws.scaled(draws.constant, _glorot), draws.CONSTANT),
    ],
    equivalent={
        reasons.DEVICE: ["return deviation * torch.randn(shape, generator=generator)"],
    },
)
