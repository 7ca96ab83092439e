"""Exercise `reparametrize` of `13_representations`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import normal, uniform
from steepest_exercises.representations import reference

Draw = Callable[[Tensor, Tensor, Tensor], Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, *shape: int, low: float, high: float, dtype: torch.dtype = torch.float64) -> Case:
        log_variance = uniform(rng, low, high, *shape)
        args = [part.to(dtype) for part in (normal(rng, *shape) + 0.5, log_variance, normal(rng, *shape))]
        return Case(name, {"args": args, "kwargs": {}, "outputs": ["the codes"]})

    return [
        case("rows of two", 6, 2, low=-1.5, high=1.5),
        case("narrow distributions", 5, 3, low=-5, high=-3),
        case("wide distributions", 5, 3, low=1.5, high=3),
        case("one row", 1, 4, low=-2, high=1),
        case("one number a row", 7, 1, low=-2, high=1),
        case("one code alone", 3, low=-2, high=1),
        case("float32", 6, 2, low=-1.5, high=1.5, dtype=torch.float32),
    ]


def _made(rule: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Draw:
    """`rule(mean, log_variance, noise)`."""

    def reparametrize(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
        return rule(mean, log_variance, noise)

    return reparametrize


def _scaled(scale: Callable[[Tensor], Tensor]) -> Draw:
    """The mean and `scale(log_variance)` times the noise."""
    return _made(lambda m, lv, noise: m + scale(lv) * noise)


REPARAMETRIZE = Exercise(
    id="reparametrize",
    reference=reference.reparametrize,
    cases=_cases,
    points=1,
    accepted=[
        Accepted("half_in_the_exponent", _scaled(lambda lv: torch.exp(0.5 * lv))),
        Accepted("root_of_the_variance", _scaled(lambda lv: lv.exp().sqrt())),
        Accepted("power_of_the_variance", _scaled(lambda lv: torch.exp(lv) ** 0.5)),
        Accepted("noise_first", _made(lambda m, lv, noise: noise.mul(torch.exp(lv / 2)).add(m))),
        Accepted("without_gradients", _made(lambda m, lv, noise: (m + torch.exp(lv / 2) * noise).detach())),
    ],
    mistakes=[
        Mistake(
            "variance",
            _scaled(torch.exp),
            "The noise is multiplied by the variance. A standard deviation is the root of it, exp(½ log σ²).",
            0.5,
        ),
        Mistake(
            "log_variance",
            _scaled(lambda lv: lv.clone()),
            "The noise is multiplied by the logarithm. What undoes a logarithm?",
            0.25,
            forms=[_scaled(lambda lv: lv / 2)],
        ),
        Mistake(
            "adds_variance",
            _made(lambda m, lv, noise: m + torch.exp(lv) + noise),
            "Variance or σ is added. It stretches the noise: multiply.",
            0.25,
            forms=[_made(lambda m, lv, noise: m + torch.exp(lv / 2) + noise),
                   _made(lambda m, lv, noise: m + lv + noise)],
        ),
        Mistake(
            "square_root_of_log",
            _scaled(lambda lv: lv.abs().sqrt()),
            "The root of the logarithm is taken. The root of the variance is the exponential of half the logarithm.",
            0.25,
            forms=[_scaled(torch.sqrt), _scaled(lambda lv: torch.exp(lv.abs().sqrt()))],
        ),
        Mistake(
            "no_mean",
            _made(lambda m, lv, noise: torch.exp(lv / 2) * noise),
            "The mean is missing: the codes are drawn around 0.",
            0.25,
        ),
        Mistake(
            "no_noise",
            _made(lambda m, lv, noise: m + torch.exp(lv / 2)),
            "The noise is missing, and every code is its mean, or its mean plus σ. A variational autoencoder draws.",
            forms=[_made(lambda m, lv, noise: m.clone())],
        ),
        Mistake(
            "no_variance",
            _made(lambda m, lv, noise: m + noise),
            "The noise has the same size for every row. It is multiplied by the row's own σ.",
            0.25,
        ),
        Mistake(
            "minus_half",
            _scaled(lambda lv: torch.exp(-lv / 2)),
            "This divides by σ: the exponent has the wrong sign.",
            0.5,
            forms=[_scaled(lambda lv: torch.exp(-lv))],
        ),
        Mistake(
            "softplus",
            _scaled(torch.nn.functional.softplus),
            "σ is made positive by another function than the exponential. The net's output is log σ² by definition.",
            0.25,
            forms=[_scaled(lambda lv: torch.nn.functional.softplus(lv / 2)),
                   _scaled(lambda lv: torch.nn.functional.softplus(lv).sqrt()), _scaled(torch.sigmoid)],
        ),
        Mistake(
            "another_base",
            _scaled(lambda lv: 10 ** (lv / 2)),
            "The power is to another base than e: log is the natural logarithm, and `torch.exp` undoes it.",
            0.5,
            forms=[_scaled(lambda lv: 2 ** (lv / 2))],
        ),
        Mistake(
            "twice",
            _scaled(lambda lv: torch.exp(2 * lv)),
            "The exponent is four times what it should be. σ² squared is not its root.",
            0.25,
            forms=[_scaled(lambda lv: torch.exp(lv) ** 2)],
        ),
        Mistake(
            "half_outside",
            _scaled(lambda lv: torch.exp(lv) / 2),
            "The half stands outside the exponential. In the exponent it takes a root, outside it halves.",
            0.25,
        ),
        Mistake(
            "mean_scaled",
            _made(lambda m, lv, noise: (m + noise) * torch.exp(lv / 2)),
            "The mean is stretched, with the noise or in its place. Only the noise is multiplied by σ; then the mean "
            "is added.",
            0.25,
            forms=[_made(lambda m, lv, noise: m * torch.exp(lv / 2) + noise),
                   _made(lambda m, lv, noise: m * (1 + torch.exp(lv / 2) * noise))],
        ),
        Mistake(
            "noise_subtracted",
            _made(lambda m, lv, noise: m - torch.exp(lv / 2) * noise),
            "The noise is subtracted. Its distribution is the same, but not the code: add it.",
            0.5,
        ),
        Mistake(
            "standardized",
            _made(lambda m, lv, noise: (noise - m) / torch.exp(lv / 2)),
            "This takes the mean away and divides by σ, the way back from a code to its noise.",
            0.25,
        ),
    ],
)  # fmt: skip
