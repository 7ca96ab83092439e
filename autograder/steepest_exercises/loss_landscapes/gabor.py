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

    def followed(name: str, n: int, *, offset: float) -> Case:
        """A case in which the loss is differentiated by φ."""
        inputs = {
            **{"args": case(name, n, offset=offset).inputs["args"], "place": 0, "output": "the loss"},
            "gradient": "the gradient of the loss by phi",
            "linked": "“the loss can be differentiated by phi”",
        }
        return Case(name, inputs, "with_gradient")

    return [
        case("some points", 8, offset=1.0),
        case("a negative offset", 12, offset=-3.0),
        case("an offset that pushes the waves aside", 12, offset=7.0),
        case("float32", 10, offset=2.0, dtype=torch.float32),
        case("one point", 1, offset=-1.0),
        followed("descent asks for the gradient", 9, offset=2.0),
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


def _envelope(envelope: Callable[[Tensor], Tensor]) -> Loss:
    return _loss(_wave(envelope=envelope))


def _phase(phase: Callable[[Tensor, Tensor], Tensor]) -> Loss:
    return _loss(_wave(phase=phase))


def _u(phi: Tensor, x: Tensor) -> Tensor:
    return phi[0] + 0.06 * phi[1] * x


def _packet(u: Tensor) -> Tensor:
    return torch.exp(-(u**2) / 32)


def _beside(envelope: Callable[[Tensor, Tensor], Tensor]) -> Loss:
    """The right wave in an envelope of its own."""
    return _loss(lambda phi, x: torch.sin(_u(phi, x)) * envelope(phi, x))


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
            "graph_cut",
            lambda phi, x, y: _loss(_wave())(phi.detach(), x, y),
            "The value is right, but it is cut off from φ, so that descent finds no slope. `.item()`, `float`, "
            "`.detach()`, `torch.no_grad()`, numpy, and `torch.tensor(...)` of what is computed all do that.",
            0.5,
            forms=[lambda phi, x, y: float(_loss(_wave())(phi.detach(), x, y))],
        ),
        Mistake(
            "eight_for_thirty_two",
            _envelope(lambda u: torch.exp(-(u**2) / 8)),
            "The constant under u² is 32 here, as in Prince's book. Some lecture notes print 8, which makes the wave "
            "packet half as wide.",
            0.5,
        ),
        Mistake(
            "another_width",
            _envelope(lambda u: torch.exp(-(u**2) / 16)),
            "The width of the envelope is another one. The exponent is -u²/32: the square of u alone, divided by 32, "
            "with no further ½ and no further square.",
            0.5,
            forms=[
                _envelope(lambda u: torch.exp(-(u**2) / 64)),
                _envelope(lambda u: torch.exp(-((u / 32) ** 2))),
                _envelope(lambda u: torch.exp(-((u / 32) ** 2) / 2)),
                _envelope(lambda u: torch.exp(-(u**2) / 2)),
                _envelope(lambda u: torch.exp(-(u**2))),
                _envelope(lambda u: torch.exp(-(u**2) * 32)),
                _envelope(lambda u: torch.exp(-(u**2) / 4)),
                _envelope(lambda u: torch.exp(-(u**2) / 32**0.5)),
                _envelope(lambda u: torch.exp(-(u**2) / 8**0.5)),
            ],
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
            "half_the_mean",
            _loss(_wave(), lambda r: r.square().mean() / 2),
            "This is half of the mean of the squares. The Gabor loss is their sum, with nothing in front.",
            0.25,
        ),
        Mistake(
            "residuals_not_squared",
            _loss(_wave(), lambda r: r.abs().sum()),
            "The sizes of the errors are added or averaged. The loss is the sum of their squares.",
            0.25,
            forms=[_loss(_wave(), lambda r: r.abs().mean())],
        ),
        Mistake(
            "square_forgotten",
            _loss(_wave(), lambda r: r.sum()),
            "The errors are added or averaged without a square, so that positive and negative ones cancel. Square each "
            "one before you sum.",
            0.25,
            forms=[
                _loss(_wave(), lambda r: -r.sum()),
                _loss(_wave(), lambda r: r.mean()),
                _loss(_wave(), lambda r: r.sum().abs()),
            ],
        ),
        Mistake(
            "residuals_summed_first",
            _loss(_wave(), lambda r: r.sum().square()),
            "The residuals are added or averaged before they are squared, so that positive and negative ones cancel. "
            "Square each one first, and then sum.",
            0.25,
            forms=[_loss(_wave(), lambda r: r.mean().square())],
        ),
        Mistake(
            "root_of_the_sum",
            _loss(_wave(), lambda r: r.square().sum().sqrt()),
            "A root is taken, of the sum of squares or of their mean. The loss is the sum of squares itself: no root.",
            0.25,
            forms=[_loss(_wave(), lambda r: r.square().mean().sqrt())],
        ),
        Mistake(
            "not_summed",
            _loss(_wave(), torch.square),
            "One value for each point is returned. A loss is a single number: the sum of the squared errors.",
            0.25,
            forms=[_loss(_wave(), lambda r: r)],
        ),
        Mistake(
            "difference_of_squares",
            lambda phi, x, y: (_wave()(phi, x) ** 2 - y**2).sum(),
            "Prediction and target are squared apart from each other. Subtract first, then square: (f - y)².",
            0.25,
            forms=[lambda phi, x, y: (_wave()(phi, x) ** 2 - y**2).sum().abs()],
        ),
        Mistake(
            "targets_left_out",
            lambda phi, x, y: _wave()(phi, x).square().sum(),
            "The targets y have no part in it, or are added. The error of a point is the model's value minus y.",
            forms=[
                lambda phi, x, y: (_wave()(phi, x) + y).square().sum(),
                lambda phi, x, y: _wave()(phi, x).sum(),
                lambda phi, x, y: _wave()(phi, x),
            ],
        ),
        Mistake(
            "scale_of_x_forgotten",
            _phase(lambda phi, x: phi[0] + phi[1] * x),
            "The 0.06 in front of φ₁x is missing: the wave swings 17 times too fast.",
            0.25,
        ),
        Mistake(
            "another_scale_of_x",
            _phase(lambda phi, x: phi[0] + 0.6 * phi[1] * x),
            "The factor in front of φ₁x is another number. It is 0.06.",
            0.5,
            forms=[
                _phase(lambda phi, x: phi[0] + 0.006 * phi[1] * x),
                _phase(lambda phi, x: phi[0] + 0.03 * phi[1] * x),
                _phase(lambda phi, x: phi[0] + phi[1] * x / 0.06),
            ],
        ),
        Mistake(
            "scale_on_both_terms",
            _phase(lambda phi, x: 0.06 * (phi[0] + phi[1] * x)),
            "The 0.06 belongs to φ₁x alone; φ₀ enters as it is: u = φ₀ + 0.06φ₁x.",
            0.25,
            forms=[_phase(lambda phi, x: 0.06 * phi[0] + phi[1] * x)],
        ),
        Mistake(
            "parameters_exchanged",
            _phase(lambda phi, x: phi[1] + 0.06 * phi[0] * x),
            "The two parameters are exchanged: φ₀ shifts the wave, φ₁ sets its frequency.",
        ),
        Mistake(
            "offset_multiplies_too",
            _phase(lambda phi, x: (phi[0] + 0.06 * phi[1]) * x),
            "The offset φ₀ is multiplied here, by x or by φ₁. It is added as it is, and x is multiplied by 0.06φ₁: u = "
            "φ₀ + 0.06φ₁x.",
            0.25,
            forms=[
                _phase(lambda phi, x: phi[0] * x + 0.06 * phi[1]),
                _phase(lambda phi, x: phi[1] * (phi[0] + 0.06 * x)),
            ],
        ),
        Mistake(
            "offset_subtracted",
            _phase(lambda phi, x: 0.06 * phi[1] * x - phi[0]),
            "The sign between offset and frequency is wrong: u = φ₀ + 0.06φ₁x.",
            0.25,
            forms=[_phase(lambda phi, x: phi[0] - 0.06 * phi[1] * x)],
        ),
        Mistake(
            "envelope_not_squared",
            _envelope(lambda u: torch.exp(-u / 32)),
            "u stands in the exponent without its square, so that the envelope grows on one side or has a kink at 0. "
            "The exponent is -u²/32.",
            0.25,
            forms=[_envelope(lambda u: torch.exp(-u.abs() / 32)), _envelope(lambda u: torch.exp(u / 32))],
        ),
        Mistake(
            "envelope_grows",
            _envelope(lambda u: torch.exp(u**2 / 32)),
            "The exponent is positive here, so the wave grows outwards. It is -u²/32, and the minus stands outside the "
            "square.",
            0.25,
            forms=[_envelope(lambda u: torch.exp(u**2 / 8))],
        ),
        Mistake(
            "envelope_of_x",
            _loss(_of_x),
            "The envelope is centred at x = 0 here. It depends on the same u = φ₀ + 0.06φ₁x as the sine and moves "
            "with it.",
            0.25,
        ),
        Mistake(
            "envelope_without_the_offset",
            _beside(lambda phi, x: torch.exp(-((0.06 * phi[1] * x) ** 2) / 32)),
            "The envelope has another argument than the sine: a part of u = φ₀ + 0.06φ₁x is missing in it. Both depend "
            "on the same u, so that the envelope moves with the wave.",
            0.25,
            forms=[
                _beside(lambda phi, x: torch.exp(-((phi[1] * x) ** 2) / 32)),
                _beside(lambda phi, x: torch.exp(-((0.06 * x) ** 2) / 32)),
                _beside(lambda phi, x: torch.exp(-((phi[0] + phi[1] * x) ** 2) / 32)),
            ],
        ),
        Mistake(
            "wave_without_the_offset",
            _loss(lambda phi, x: torch.sin(0.06 * phi[1] * x) * _packet(_u(phi, x))),
            "The offset φ₀ is missing in u = φ₀ + 0.06φ₁x, in the sine or in both places. It shifts the wave and its "
            "envelope.",
            0.25,
            forms=[_phase(lambda phi, x: 0.06 * phi[1] * x)],
        ),
        Mistake(
            "envelope_left_out",
            _envelope(torch.ones_like),
            "Only the sine is there. It is multiplied by an envelope, exp(-u²/32), which lets the wave die out.",
            0.25,
        ),
        Mistake(
            "wave_left_out",
            _loss(_wave(carrier=torch.ones_like)),
            "Only the envelope is there. The model is a wave in it: multiply by sin(u).",
            0.25,
        ),
        Mistake(
            "wave_and_envelope_added",
            _loss(lambda phi, x: torch.sin(_u(phi, x)) + _packet(_u(phi, x))),
            "Sine and envelope are added, subtracted or put into each other. The model is their product.",
            0.25,
            forms=[
                _loss(lambda phi, x: torch.sin(_u(phi, x) * _packet(_u(phi, x)))),
                _loss(lambda phi, x: torch.sin(_u(phi, x)) - _packet(_u(phi, x))),
            ],
        ),
        Mistake(
            "cosine",
            _loss(_wave(carrier=torch.cos)),
            "The carrier is a sine: the model is 0 where u = 0.",
            0.25,
        ),
        Mistake(
            "angle_in_degrees",
            _loss(_wave(carrier=lambda u: torch.sin(torch.deg2rad(u)))),
            "The argument of the sine is changed: it is read as degrees, or multiplied by π or 2π. u goes into it as "
            "it is, in radians.",
            0.25,
            forms=[
                _loss(_wave(carrier=lambda u: torch.sin(2 * torch.pi * u))),
                _loss(_wave(carrier=lambda u: torch.sin(torch.pi * u))),
            ],
        ),
    ],
    equivalent={
        reasons.SIGN_LOST: ["return ((y - prediction) ** 2).sum()"],
    },
)
