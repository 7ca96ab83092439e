"""`lecun_normal`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Generator, Tensor

from steepest_exercises import reasons
from steepest_exercises.initialization import draws, reference

Shape = Sequence[int]
Fans = tuple[int, int]


def _lecun(into: int, out: int) -> float:
    return float(into**-0.5)


SOUND = (draws.Scale(draws.normal, _lecun), draws.Scale(draws.widened, _lecun))


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


def _cases_of_lecun_normal(rng: np.random.Generator) -> Sequence[Case]:
    return draws.cases(SOUND, LECUN_NORMAL.mistakes, rng)


def _hidden_of_lecun_normal(rng: np.random.Generator) -> Sequence[Case]:
    return draws.cases(SOUND, LECUN_NORMAL.mistakes, rng, hidden=True)


LECUN_NORMAL = Exercise(
    id="lecun_normal",
    reference=reference.lecun_normal,
    cases=_cases_of_lecun_normal,
    hidden=_hidden_of_lecun_normal,
    points=2,
    accepted=[
        Accepted("filled_in_place", _filled),
        Accepted("drawn_with_the_deviation", _drawn_with_deviation),
        Accepted("box_muller", _box_muller),
        Accepted("cut_off_and_rescaled", draws.scaled(draws.widened, _lecun), draws.REDRAWN),
    ],
    mistakes=[
        Mistake("fan_out", draws.Scale(draws.normal, lambda into, out: out**-0.5), draws.SWAPPED, credit=0.5),
        Mistake(
            "variance_for_deviation", draws.Scale(draws.normal, lambda into, out: 1 / into), draws.VARIANCE, credit=0.5
        ),
        Mistake(
            "variance_of_fan_out",
            draws.Scale(draws.normal, lambda into, out: 1 / out),
            f"{draws.VARIANCE} {draws.SWAPPED}",
            credit=0.25,
        ),
        Mistake(
            "receptive_field_forgotten", draws.Scale(draws.normal, _lecun, draws.bare_fans), draws.NO_FIELD, credit=0.5
        ),
        Mistake(
            "last_axis_for_fan_in", draws.Scale(draws.normal, _lecun, draws.last_axis_fans), draws.LAST_AXIS, credit=0.5
        ),
        Mistake(
            "root_taken_twice",
            draws.Scale(draws.normal, lambda into, out: into**-0.25),
            "The deviation is as large as if the root were taken twice: 1/fan_in is the variance, so the deviation"
            " is 1/√fan_in and not its root.",
            credit=0.5,
        ),
        Mistake(
            "multiplied_for_divided",
            draws.Scale(draws.normal, lambda into, out: into**0.5),
            "The more inputs, the larger the weights: fan_in belongs below the line.",
            credit=0.5,
            forms=[draws.Scale(draws.normal, lambda into, out: float(into))],
        ),
        Mistake(
            "hes_factor_two",
            draws.Scale(draws.normal, lambda into, out: (2 / into) ** 0.5),
            "The variance is twice LeCun's, which is He's rule for units that are silent half of the time. LeCun's"
            " variance is 1/fan_in.",
            credit=0.5,
        ),
        Mistake(
            "glorots_mean_of_fans",
            draws.Scale(draws.normal, lambda into, out: (2 / (into + out)) ** 0.5),
            "Both fans enter the result, as in Glorot's compromise between both directions. LeCun looks forward"
            " only: 1/fan_in.",
            credit=0.5,
            forms=[draws.Scale(draws.normal, lambda into, out: (into + out) ** -0.5)],
        ),
        Mistake(
            "all_weights_for_fan_in",
            draws.Scale(draws.normal, lambda into, out: (into * out) ** -0.5),
            "The weights are as small as if fan_in × fan_out stood below the line, or all weights of the layer."
            " The fan in counts those of one unit.",
            credit=0.25,
        ),
        Mistake(
            "bound_for_deviation",
            draws.Scale(draws.normal, lambda into, out: (3 / into) ** 0.5),
            "√(3/fan_in) is the bound of a uniform law. The deviation of a normal one is √(1/fan_in).",
            credit=0.5,
        ),
        Mistake(
            "uniform_within_the_deviation",
            draws.Scale(draws.uniform, lambda into, out: (3 * into) ** -0.5),
            "The weights are uniform in ±1/√fan_in, which has a third of the variance. Draw from a normal.",
            credit=0.25,
        ),
        Mistake(
            "cut_off_and_too_narrow",
            draws.Scale(draws.cut_off, lambda into, out: _lecun(into, out)),
            draws.CUT_OFF,
            credit=0.75,
        ),
        Mistake(
            "not_scaled",
            draws.Scale(draws.normal, lambda into, out: 1.0),
            "The deviation is 1 whatever the layer's size: a sum over fan_in such terms has deviation √fan_in.",
        ),
        *draws.not_normal(_lecun),
        *draws.careless(reference.lecun_normal),
        *draws.elsewhere(draws.normal, _lecun),
    ],
    equivalent={
        reasons.DEVICE: ["return torch.randn(shape, generator=generator) / math.sqrt(fan_in)"],
    },
)
