"""`lecun_normal`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from steepest_grader.exercise.model import Accepted, Exercise
from torch import Generator, Tensor

from steepest_exercises import reasons
from steepest_exercises.initialization import draws, reference

Shape = Sequence[int]
Fans = tuple[int, int]


def _lecun(into: int, out: int) -> float:
    return float(into**-0.5)


SOUND = (draws.Scale(_lecun, draws.normal), draws.Scale(_lecun, draws.widened))
LECUN = (
    draws.slip("fan_out", draws.normal, draws.SWAPPED, lambda into, out: out**-0.5),
    draws.slip("variance_for_deviation", draws.normal, draws.VARIANCE, lambda into, out: 1 / into),
    draws.slip(
        "variance_of_fan_out", draws.normal, f"{draws.VARIANCE} {draws.SWAPPED}", lambda into, out: 1 / out, credit=0.25
    ),
    draws.slip("receptive_field_forgotten", draws.normal, draws.NO_FIELD, _lecun, fans=draws.bare_fans),
    draws.slip("last_axis_for_fan_in", draws.normal, draws.LAST_AXIS, _lecun, fans=draws.last_axis_fans),
    draws.slip(
        "root_taken_twice",
        draws.normal,
        "The root is taken twice: 1/fan_in is the variance, so the deviation is 1/√fan_in and not its root.",
        lambda into, out: into**-0.25,
    ),
    draws.slip(
        "multiplied_for_divided",
        draws.normal,
        "The more inputs, the larger the weights: fan_in belongs below the line.",
        lambda into, out: into**0.5,
        lambda into, out: float(into),
    ),
    draws.slip(
        "hes_factor_two",
        draws.normal,
        "The 2 is He's, for units that are silent half of the time. LeCun's variance is 1/fan_in.",
        lambda into, out: (2 / into) ** 0.5,
    ),
    draws.slip(
        "glorots_mean_of_fans",
        draws.normal,
        "This is Glorot's compromise between both directions. LeCun looks forward only: 1/fan_in.",
        lambda into, out: (2 / (into + out)) ** 0.5,
        lambda into, out: (into + out) ** -0.5,
    ),
    draws.slip(
        "all_weights_for_fan_in",
        draws.normal,
        "fan_in × fan_out stands below the line, or all weights of the layer. The fan in counts those of one unit.",
        lambda into, out: (into * out) ** -0.5,
        credit=0.25,
    ),
    draws.slip(
        "bound_for_deviation",
        draws.normal,
        "√(3/fan_in) is the bound of a uniform law. The deviation of a normal one is √(1/fan_in).",
        lambda into, out: (3 / into) ** 0.5,
    ),
    draws.slip(
        "uniform_within_the_deviation",
        draws.uniform,
        "The weights are uniform in ±1/√fan_in, which has a third of the variance. Draw from a normal.",
        lambda into, out: (3 * into) ** -0.5,
        credit=0.25,
    ),
    draws.slip(
        "cut_off_and_too_narrow", draws.cut_off, draws.CUT_OFF, lambda into, out: _lecun(into, out), credit=0.75
    ),
    draws.slip(
        "not_scaled",
        draws.normal,
        "The deviation is 1 whatever the layer's size: a sum over fan_in such terms has deviation √fan_in.",
        lambda into, out: 1.0,
        credit=0,
    ),
)


def _filled(shape: Shape, generator: Generator) -> Tensor:
    weight = torch.empty(tuple(shape), device=generator.device)
    return weight.normal_(0, shape[0] ** 0.5 * weight.numel() ** -0.5, generator=generator)


def _drawn_with_deviation(shape: Shape, generator: Generator) -> Tensor:
    fan_in, _ = reference.fans(shape)
    where = torch.zeros(tuple(shape), device=generator.device)
    return torch.normal(where, 1 / math.sqrt(fan_in), generator=generator)


def _box_muller(shape: Shape, generator: Generator) -> Tensor:
    one, two = (torch.rand(tuple(shape), generator=generator, device=generator.device) for _ in range(2))
    return (-2 * (1 - one).log() / draws.field_fans(shape)[0]).sqrt() * (2 * math.pi * two).cos()


LECUN_NORMAL = Exercise(
    id="lecun_normal",
    reference=reference.lecun_normal,
    cases=lambda rng: draws.cases(SOUND, LECUN, rng),
    points=2,
    accepted=[
        Accepted("filled_in_place", _filled),
        Accepted("drawn_with_the_deviation", _drawn_with_deviation),
        Accepted("box_muller", _box_muller),
        Accepted("cut_off_and_rescaled", SOUND[1].draw, draws.REDRAWN),
    ],
    mistakes=[
        *(slip.mistake for slip in LECUN),
        *draws.not_normal(_lecun),
        *draws.careless(reference.lecun_normal),
        *draws.elsewhere(SOUND, LECUN),
    ],
    equivalent={
        reasons.DEVICE: ["return torch.randn(shape, generator=generator) / math.sqrt(fan_in)"],
    },
)
