"""Exercise `gabor_loss` of `03_loss_landscapes`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.inputs import uniform
from steepest_exercises.loss_landscapes import reference

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, n: int, *, offset: float, dtype: torch.dtype = torch.float64) -> Case:
        phi = torch.tensor([offset + rng.uniform(-0.5, 0.5), rng.uniform(5, 20)], dtype=dtype)
        x = uniform(rng, -15, 15, n).to(dtype)
        y = uniform(rng, -0.8, 0.8, n).to(dtype)
        return Case(name, {"args": [phi, x, y], "kwargs": {}, "outputs": ["the loss"]})

    return [
        case("some points", 8, offset=1.0),
        case("a negative offset", 12, offset=-3.0),
        case("an offset that pushes the waves aside", 12, offset=7.0),
        case("float32", 10, offset=2.0, dtype=torch.float32),
        case("one point", 1, offset=-1.0),
    ]


def _loss(
    model: Callable[[Tensor, Tensor], Tensor], reduce: Callable[[Tensor], Tensor] = lambda r: r.square().sum()
) -> Loss:
    """A loss from the model's prediction and what is made of its residuals."""
    return lambda phi, x, y: reduce(model(phi, x) - y)


def _wave(
    phase: Callable[[Tensor, Tensor], Tensor] = lambda phi, x: phi[0] + 0.06 * phi[1] * x,
    envelope: Callable[[Tensor], Tensor] = lambda u: torch.exp(-(u**2) / 32),
    carrier: Callable[[Tensor], Tensor] = torch.sin,
) -> Callable[[Tensor, Tensor], Tensor]:
    def model(phi: Tensor, x: Tensor) -> Tensor:
        u = phase(phi, x)
        return carrier(u) * envelope(u)

    return model


def _point_by_point(phi: Tensor, x: Tensor, y: Tensor) -> Tensor:
    total = torch.zeros((), dtype=y.dtype, device=y.device)
    for one, target in zip(x, y, strict=True):
        u = phi[0] + 0.06 * phi[1] * one
        total = total + (torch.sin(u) * torch.exp(-u * u / 32.0) - target) ** 2
    return total


def _dot_product(phi: Tensor, x: Tensor, y: Tensor) -> Tensor:
    u = torch.stack([torch.ones_like(x), 0.06 * x], dim=1) @ phi
    residual = u.sin() * (-0.5 * (u / 4) ** 2).exp() - y
    return residual @ residual


def _library(phi: Tensor, x: Tensor, y: Tensor) -> Tensor:
    return torch.nn.functional.mse_loss(_wave()(phi, x), y, reduction="sum")


def _of_x(phi: Tensor, x: Tensor) -> Tensor:
    return torch.sin(phi[0] + 0.06 * phi[1] * x) * torch.exp(-(x**2) / 32)


GABOR_LOSS = Exercise(
    id="gabor_loss",
    reference=reference.gabor_loss,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("two_functions", _loss(_wave())),
        Accepted("point_by_point", _point_by_point),
        Accepted("dot_product", _dot_product),
        Accepted("library_loss", _library, library=True),
    ],
    mistakes=[
        Mistake(
            "eight_for_thirty_two",
            _loss(_wave(envelope=lambda u: torch.exp(-(u**2) / 8))),
            "The constant under u² is 32 here, as in Prince's book. Some lecture notes print 8, which makes the wave "
            "packet half as wide.",
            0.5,
        ),
        Mistake(
            "mean_for_sum",
            _loss(_wave(), lambda r: r.square().mean()),
            "This is the mean of the squares. The Gabor loss is their sum, so that it grows with the number of points.",
            0.5,
        ),
        Mistake(
            "half_the_sum",
            _loss(_wave(), lambda r: r.square().sum() / 2),
            "A ½ too much: the sum of squares stands alone here.",
            0.5,
        ),
        Mistake(
            "residuals_not_squared",
            _loss(_wave(), lambda r: r.abs().sum()),
            "Sizes are summed where squares belong.",
            0.25,
        ),
        Mistake(
            "residuals_summed_first",
            _loss(_wave(), lambda r: r.sum().square()),
            "The residuals are added before they are squared, so that positive and negative ones cancel. Square each "
            "one first.",
            0.25,
        ),
        Mistake(
            "root_of_the_sum",
            _loss(_wave(), lambda r: r.square().sum().sqrt()),
            "This is the norm of the residuals. The loss is its square: no root.",
            0.25,
        ),
        Mistake(
            "not_summed",
            _loss(_wave(), torch.square),
            "One value for each point is returned. A loss is a single number: sum them.",
            0.25,
        ),
        Mistake(
            "scale_of_x_forgotten",
            _loss(_wave(phase=lambda phi, x: phi[0] + phi[1] * x)),
            "The 0.06 in front of φ₁x is missing: the wave swings 17 times too fast.",
            0.25,
        ),
        Mistake(
            "scale_on_both_terms",
            _loss(_wave(phase=lambda phi, x: 0.06 * (phi[0] + phi[1] * x))),
            "The 0.06 belongs to φ₁x alone; φ₀ enters as it is. Mind the brackets.",
            0.25,
        ),
        Mistake(
            "parameters_exchanged",
            _loss(_wave(phase=lambda phi, x: phi[1] + 0.06 * phi[0] * x)),
            "The two parameters are exchanged: φ₀ shifts the wave, φ₁ sets its frequency.",
        ),
        Mistake(
            "envelope_not_squared",
            _loss(_wave(envelope=lambda u: torch.exp(-u / 32))),
            "Without the square the envelope grows without end on one side. The exponent is -u²/32.",
            0.25,
        ),
        Mistake(
            "envelope_grows",
            _loss(_wave(envelope=lambda u: torch.exp(u**2 / 32))),
            "The minus in the exponent is missing, so the wave grows outwards. In Python, too, -u**2 is -(u**2).",
            0.25,
        ),
        Mistake(
            "envelope_of_x",
            _loss(_of_x),
            "The envelope is centred at x = 0 here. It depends on the same u = φ₀ + 0.06φ₁x as the sine and moves "
            "with it.",
            0.25,
        ),
        Mistake(
            "cosine",
            _loss(_wave(carrier=torch.cos)),
            "The carrier is a sine: the model is 0 where u = 0.",
            0.25,
        ),
    ],
    equivalent={
        reasons.SIGN_LOST: ["return ((y - prediction) ** 2).sum()"],
    },
)
