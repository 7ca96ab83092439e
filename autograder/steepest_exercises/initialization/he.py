"""`he_uniform` and `he_normal`: fan_in is taught, fan_out is accepted."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from steepest_grader.exercise.model import Accepted, Exercise, Mistake
from torch import Generator, Tensor

from steepest_exercises import reasons
from steepest_exercises.initialization import draws, reference

Shape = Sequence[int]

BACKWARD = (
    "fan_out keeps the gradient's variance on the way back; fan_in, taught here, the signal's on the way forward."
)
NO_GAIN = "A ReLU silences half of the signal. The variance must be 2/fan_in to make up for it, not 1/fan_in."
BOTH_FANS = "This averages the fans, as Glorot does. He takes one of them: 2/fan_in."


def _he(into: int, out: int) -> float:
    return math.sqrt(2 / into)


def _he_out(into: int, out: int) -> float:
    return math.sqrt(2 / out)


def _no_gain(into: int, out: int) -> float:
    return math.sqrt(1 / into)


def _both(into: int, out: int) -> float:
    return math.sqrt(2 / (into + out))


# --- he_uniform -------------------------------------------------------------------------------------------

UNIFORM = (
    _he,
    _he_out,
    _no_gain,
    _both,
    lambda into, out: _he(into, out) / math.sqrt(3),
    lambda into, out: _he(into, out) / 2,
    lambda into, out: (3 * into) ** -0.5,
    lambda into, out: 6 / into / math.sqrt(3),
)


def _torch_uniform(shape: Shape, generator: Generator) -> Tensor:
    weight = torch.empty(tuple(shape), device=generator.device)
    return torch.nn.init.kaiming_uniform_(weight, nonlinearity="relu", generator=generator)


def _in_place(shape: Shape, generator: Generator) -> Tensor:
    limit = (6 * shape[0] / math.prod(shape)) ** 0.5
    weight = torch.rand(tuple(shape), generator=generator, device=generator.device)
    return weight.mul_(2 * limit).sub_(limit)


HE_UNIFORM = Exercise(
    id="he_uniform",
    reference=reference.he_uniform,
    cases=lambda rng: draws.cases(UNIFORM, UNIFORM[:2], rng),
    points=1,
    accepted=[
        Accepted("stretched_random_numbers", draws.scaled(draws.uniform, _he)),
        Accepted("torchs_own", _torch_uniform, library=True),
        Accepted("in_place", _in_place),
        Accepted("fan_out", draws.scaled(draws.uniform, _he_out), BACKWARD),
    ],
    mistakes=[
        Mistake(
            "bound_without_the_three",
            draws.scaled(draws.uniform, lambda into, out: _he(into, out) / math.sqrt(3)),
            draws.NO_THREE,
            credit=0.5,
        ),
        Mistake(
            "bound_without_the_root",
            draws.scaled(draws.uniform, lambda into, out: 6 / into / math.sqrt(3)),
            "The bound is √(6/fan_in); the root is missing.",
            credit=0.5,
        ),
        Mistake("without_the_two", draws.scaled(draws.uniform, _no_gain), NO_GAIN, credit=0.5),
        Mistake("both_fans", draws.scaled(draws.uniform, _both), BOTH_FANS, credit=0.5),
        Mistake(
            "torchs_default_for_linear",
            draws.scaled(draws.uniform, lambda into, out: (3 * into) ** -0.5),
            "torch.nn.Linear starts with U(±1/√fan_in), a sixth of He's variance (kaiming_uniform_ with a = √5).",
            credit=0.25,
        ),
        Mistake(
            "receptive_field_forgotten",
            draws.scaled(draws.uniform, _he, draws.bare_fans),
            draws.NO_FIELD,
            credit=0.5,
        ),
        *draws.not_uniform(_he),
        *draws.careless(reference.he_uniform),
    ],
    equivalent=draws.SAME_UNIFORM,
)

# --- he_normal --------------------------------------------------------------------------------------------

NORMAL = (
    _he,
    _he_out,
    _no_gain,
    _both,
    lambda into, out: 2 / into,
    lambda into, out: (6 / into) ** 0.5,
    draws.narrowed(_he),
)


def _torch_normal(shape: Shape, generator: Generator) -> Tensor:
    weight = torch.empty(tuple(shape), device=generator.device)
    return torch.nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=generator)


def _filled(shape: Shape, generator: Generator) -> Tensor:
    weight = torch.empty(tuple(shape), device=generator.device)
    return weight.normal_(0, (2 * shape[0] / weight.numel()) ** 0.5, generator=generator)


HE_NORMAL = Exercise(
    id="he_normal",
    reference=reference.he_normal,
    cases=lambda rng: draws.cases(NORMAL, NORMAL[:2], rng),
    points=2,
    accepted=[
        Accepted("scaled_standard_normal", draws.scaled(draws.normal, _he)),
        Accepted("torchs_own", _torch_normal, library=True),
        Accepted("filled_in_place", _filled),
        Accepted("fan_out", draws.scaled(draws.normal, _he_out), BACKWARD),
        Accepted("cut_off_and_rescaled", draws.scaled(draws.widened, _he), draws.REDRAWN),
    ],
    mistakes=[
        Mistake("without_the_two", draws.scaled(draws.normal, _no_gain), NO_GAIN, credit=0.5),
        Mistake("both_fans", draws.scaled(draws.normal, _both), BOTH_FANS, credit=0.5),
        Mistake(
            "variance_for_deviation",
            draws.scaled(draws.normal, lambda into, out: 2 / into),
            draws.VARIANCE,
            credit=0.5,
        ),
        Mistake(
            "bound_for_deviation",
            draws.scaled(draws.normal, lambda into, out: (6 / into) ** 0.5),
            "√(6/fan_in) is the bound of the uniform law. The deviation is smaller by √3.",
            credit=0.5,
        ),
        Mistake(
            "receptive_field_forgotten",
            draws.scaled(draws.normal, _he, draws.bare_fans),
            draws.NO_FIELD,
            credit=0.5,
        ),
        *draws.not_normal(_he),
        *draws.careless(reference.he_normal),
        Mistake("one_number", draws.scaled(draws.constant, _he), draws.CONSTANT),
    ],
    equivalent={
        reasons.DEVICE: ["return math.sqrt(2 / fan_in) * torch.randn(shape, generator=generator)"],
    },
)
