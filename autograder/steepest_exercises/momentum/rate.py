"""Exercise `convergence_rate` of `05_momentum`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.inputs import uniform
from steepest_exercises.momentum import reference


def _rate_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, lam: Tensor, lr: float, beta: float, slack: float = 1.0) -> Case:
        return Case(name, {"args": [lam], "kwargs": {"lr": lr, "beta": beta}, "outputs": ["the rate"]}, slack=slack)

    # lr·λ lies between (1 − √β)² and (1 + √β)² where the two roots are complex
    near = (1 + 0.09**0.5) ** 2 + torch.tensor([-0.02, 0.02], dtype=torch.float64) * float(rng.uniform(0.8, 1.2))
    return [
        case("complex roots", uniform(rng, 1, 20, 5), 0.1, 0.81),
        case("real roots on both sides", torch.cat([uniform(rng, 0.1, 0.4, 2), uniform(rng, 2.2, 3.0, 3)]), 1.0, 0.1),
        case("roots of both kinds", torch.cat([uniform(rng, 0.01, 0.04, 3), uniform(rng, 1, 6, 3)]), 0.5, 0.64),
        case("without momentum", torch.cat([uniform(rng, 0.2, 0.8, 3), uniform(rng, 1.2, 2.5, 3)]), 1.0, 0.0),
        case("negative curvature", -uniform(rng, 0.5, 2, 3), 0.2, 0.9),
        case("near the double root", near, 1.0, 0.09, slack=100),
        case("a non-contiguous float32 matrix", uniform(rng, 0.5, 3.0, 3, 2).float().T, 1.0, 0.25, slack=10),
        case("a single curvature", uniform(rng, 30, 36, 1)[0], 0.1, 0.3),
    ]


def _roots(trace: Tensor, product: Tensor | float) -> Tensor:
    """Both roots of z² − trace·z + product, stacked along a new first axis."""
    root = torch.sqrt((trace**2 - 4 * product).to(torch.complex128))
    return torch.stack([(trace + root) / 2, (trace - root) / 2])


def _radius(
    measure: Callable[[Tensor], Tensor] = lambda z: z.abs().amax(dim=0),
    trace: Callable[[Tensor, float], Tensor] = lambda x, beta: 1 + beta - x,
    product: Callable[[Tensor, float], Tensor | float] = lambda x, beta: beta,
) -> Callable[..., Tensor]:
    """A rate from the roots z of z² − trace·z + product, both of them functions of x = lr·λ."""

    def convergence_rate(lam: Tensor, *, lr: float, beta: float) -> Tensor:
        x = lr * lam.double()
        return measure(_roots(trace(x, beta), product(x, beta))).to(lam.dtype)

    return convergence_rate


def _matrices(lam: Tensor, lr: float, beta: float) -> Tensor:
    ones = torch.ones_like(lam)
    rows = [torch.stack([(1 + beta) - lr * lam, -beta * ones], -1), torch.stack([ones, 0 * ones], -1)]
    return torch.stack(rows, dim=-2)


def _of_position_and_velocity(lam: Tensor, *, lr: float, beta: float) -> Tensor:
    ones = torch.ones_like(lam)
    rows = [torch.stack([1 - lr * lam, beta * ones], -1), torch.stack([-lr * lam, beta * ones], -1)]
    roots: Tensor = torch.linalg.eigvals(torch.stack(rows, dim=-2))
    return roots.abs().amax(dim=-1)


def _one_by_one(lam: Tensor, *, lr: float, beta: float) -> Tensor:
    rates = []
    for value in lam.flatten().tolist():
        matrix = np.array([[1 + beta - lr * value, -beta], [1.0, 0.0]])
        rates.append(max(abs(np.linalg.eigvals(matrix))))
    return torch.tensor(rates, dtype=lam.dtype).reshape(lam.shape)


def _by_regime(lam: Tensor, *, lr: float, beta: float) -> Tensor:
    trace = 1 + beta - lr * lam
    discriminant = trace**2 - 4 * beta
    root = discriminant.abs().sqrt()
    complex_pair = (trace**2 + root**2).sqrt() / 2
    real_pair = torch.maximum((trace + root).abs(), (trace - root).abs()) / 2
    return torch.where(discriminant < 0, complex_pair, real_pair)


def _imaginary_part_ignored(z: Tensor) -> Tensor:
    return z.real.abs().amax(dim=0)


def _real_root_only(lam: Tensor, *, lr: float, beta: float) -> Tensor:
    trace = 1 + beta - lr * lam
    return (trace.abs() + (trace**2 - 4 * beta).sqrt()) / 2


def _discriminant_reversed(lam: Tensor, *, lr: float, beta: float) -> Tensor:
    trace = 1 + beta - lr * lam
    return (trace.abs() + (4 * beta - trace**2).clamp(min=0).sqrt()) / 2


def _discriminant_without_four(lam: Tensor, *, lr: float, beta: float) -> Tensor:
    trace = 1 + beta - lr * lam
    root = torch.sqrt((trace**2 - beta).to(torch.complex128))
    return torch.maximum((trace + root).abs(), (trace - root).abs()).div(2).to(lam.dtype)


def _complex_pair_without_root(lam: Tensor, *, lr: float, beta: float) -> Tensor:
    trace = 1 + beta - lr * lam
    discriminant = trace**2 - 4 * beta
    real = (trace.abs() + discriminant.clamp(min=0).sqrt()) / 2
    return torch.where(discriminant < 0, torch.full_like(real, beta), real)


CONVERGENCE_RATE = Exercise(
    id="convergence_rate",
    reference=reference.convergence_rate,
    cases=_rate_cases,
    points=4,
    accepted=[
        Accepted("complex_roots", _radius()),
        Accepted(
            "eigenvalues_of_two_positions",
            lambda lam, *, lr, beta: torch.linalg.eigvals(_matrices(lam, lr, beta)).abs().amax(dim=-1),
        ),
        Accepted("eigenvalues_of_position_and_velocity", _of_position_and_velocity),
        Accepted("one_by_one", _one_by_one),
        Accepted("by_regime", _by_regime),
        Accepted(
            "averaged_form",
            _radius(trace=lambda x, beta: 1 + beta - (1 - beta) * x),
            "this is the rate of the averaged form of momentum, where the gradient is weighed with 1 - beta.",
        ),
    ],
    mistakes=[
        Mistake(
            "imaginary_part_ignored",
            _radius(_imaginary_part_ignored),
            "Where the roots are complex only their real part is counted (a negative discriminant clamped "
            "to zero does the same). The size of a complex number is √(re² + im²), here √beta.",
            0.25,
        ),
        Mistake(
            "complex_roots_are_nan",
            _real_root_only,
            "The square root of a negative discriminant is nan. There the roots are a complex pair of size √beta.",
            0.25,
        ),
        Mistake(
            "sqrt_beta_everywhere",
            lambda lam, *, lr, beta: torch.full_like(lam, beta**0.5),
            "√beta is the rate only where the roots are complex. For small and for large curvature they are"
            " real, and the larger one decides.",
            0.25,
        ),
        Mistake(
            "beta_for_the_complex_pair",
            _complex_pair_without_root,
            "beta is the product of the two roots. They are of equal size, so each has size √beta.",
            0.5,
        ),
        Mistake(
            "smallest_root",
            _radius(lambda z: z.abs().amin(dim=0)),
            "This is the smaller of the two roots. The part of the error that shrinks slowest decides: take"
            " the larger.",
            0.5,
        ),
        Mistake(
            "largest_signed_root",
            _radius(lambda z: torch.where(z[0].imag.abs() > 0, z[0].abs(), z[0].real)),
            "The root with the plus sign is not always the largest in size: for large curvature both are "
            "negative. Compare absolute values.",
            0.5,
        ),
        Mistake(
            "mean_of_the_roots",
            _radius(lambda z: z.abs().mean(dim=0)),
            "The two sizes are averaged. After many steps only the larger one is seen.",
            0.25,
        ),
        Mistake(
            "rate_of_the_loss",
            _radius(lambda z: z.abs().amax(dim=0) ** 2),
            "This is the factor by which the loss shrinks. The distance to the minimum shrinks by its "
            "square root, the spectral radius itself.",
            0.5,
        ),
        Mistake(
            "discriminant_reversed",
            _discriminant_reversed,
            "The discriminant is trace² - 4 beta; here its sign is turned round.",
            0.25,
        ),
        Mistake(
            "discriminant_without_four",
            _discriminant_without_four,
            "The roots of z² - bz + c are (b ± √(b² - 4c))/2; the 4 is missing.",
            0.5,
        ),
        Mistake(
            "half_forgotten",
            _radius(lambda z: 2 * z.abs().amax(dim=0)),
            "The roots of z² - bz + c are (b ± √(b² - 4c))/2; the half is missing.",
            0.5,
        ),
        Mistake(
            "product_of_the_other_sign",
            _radius(product=lambda x, beta: -beta),
            "The product of the roots is +beta: the matrix is [[1 + beta - lr λ, -beta], [1, 0]].",
            0.25,
        ),
        Mistake(
            "beta_missing_from_the_trace",
            _radius(trace=lambda x, beta: 1 - x),
            "The sum of the roots is 1 + beta - lr λ; beta is missing.",
            0.25,
        ),
        Mistake(
            "climbs",
            _radius(trace=lambda x, beta: 1 + beta + x),
            "This is the rate of climbing: in the sum of the roots lr λ has a minus sign.",
            0.25,
        ),
        Mistake(
            "momentum_ignored",
            lambda lam, *, lr, beta: (1 - lr * lam).abs(),
            "|1 - lr λ| is the rate of plain gradient descent. With momentum each eigendirection has two "
            "states, and two roots.",
        ),
        Mistake(
            "nesterov_rate",
            _radius(
                trace=lambda x, beta: (1 + beta) * (1 - x),
                product=lambda x, beta: beta * (1 - x),
            ),
            "This is the rate of Nesterov's method. Polyak's momentum is asked for: z² - (1 + beta - lr λ) z + beta.",
            0.5,
        ),
        Mistake(
            "slowest_of_all",
            _radius(lambda z: z.abs().max()),
            "One number for all curvatures is returned. Give each its own rate, in the shape of `lam`.",
            0.5,
        ),
    ],
    equivalent={
        "Both roots change their sign, and only their sizes count.": ["b = lr * lam - (1 + beta)"],
        "The larger of two, in whatever order.": ["sizes = torch.stack([(b - root).abs(), (b + root).abs()]) / 2"],
        reasons.SIGN_LOST: ["sizes = torch.stack([(b + root).abs(), (root - b).abs()]) / 2"],
        reasons.SAME_DEVICE: ["return sizes.amax(dim=0).to(lam)"],
    },
)
