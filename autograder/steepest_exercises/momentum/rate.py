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
    def case(name: str, lam: Tensor, lr: float, beta: float, slack: float = 1.0, corner: float = 0.0) -> Case:
        inputs = {"args": [lam], "kwargs": {"lr": lr, "beta": beta}, "outputs": ["the rate"]}
        return Case(name, inputs, slack=slack, corner=corner)

    # lr·λ lies between (1 − √β)² and (1 + √β)² where the two roots are complex
    near = (1 + 0.09**0.5) ** 2 + torch.tensor([-0.02, 0.02], dtype=torch.float64) * float(rng.uniform(0.8, 1.2))
    return [
        case("complex roots", uniform(rng, 1, 20, 5), 0.1, 0.81),
        case("real roots on both sides", torch.cat([uniform(rng, 0.1, 0.4, 2), uniform(rng, 2.2, 3.0, 3)]), 1.0, 0.1),
        case("roots of both kinds", torch.cat([uniform(rng, 0.01, 0.04, 3), uniform(rng, 1, 6, 3)]), 0.5, 0.64),
        case(
            "without momentum, beta = 0",
            torch.cat([uniform(rng, 0.2, 0.8, 3), uniform(rng, 1.2, 2.5, 3)]), 1.0, 0.0, corner=0.15,
        ),
        case("negative curvature", -uniform(rng, 5, 20, 3), 0.2, 0.9, corner=0.15),
        case("near the double root", near, 1.0, 0.09, slack=100),
        case("a non-contiguous float32 matrix", uniform(rng, 0.5, 3.0, 3, 2).float().T, 1.0, 0.25, slack=10),
        case("large curvatures, beyond the limit of stability", uniform(rng, 14, 20, 4), 0.25, 0.6),
        case("a single curvature, without axes", uniform(rng, 30, 36, 1)[0], 0.1, 0.3, corner=0.1),
    ]  # fmt: skip


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


def _absolute_discriminant(lam: Tensor, *, lr: float, beta: float) -> Tensor:
    trace = 1 + beta - lr * lam
    return (trace.abs() + (trace**2 - 4 * beta).abs().sqrt()) / 2


def _of_discriminant(discriminant: Callable[[Tensor, float], Tensor]) -> Callable[..., Tensor]:
    """The larger size of (b ± √discriminant(b, beta))/2."""

    def convergence_rate(lam: Tensor, *, lr: float, beta: float) -> Tensor:
        trace = 1 + beta - lr * lam
        root = torch.sqrt(discriminant(trace, beta).to(torch.complex128))
        return torch.maximum((trace + root).abs(), (trace - root).abs()).div(2).to(lam.dtype)

    return convergence_rate


def _radius_of_sums(term: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    """The larger size of (b ± term(b² − 4 beta))/2."""

    def convergence_rate(lam: Tensor, *, lr: float, beta: float) -> Tensor:
        trace = 1 + beta - lr * lam
        added = term(trace**2 - 4 * beta)
        return torch.maximum((trace + added).abs(), (trace - added).abs()) / 2

    return convergence_rate


def _half_of_one_term(of_trace: float, of_root: float) -> Callable[..., Tensor]:
    """The larger size of of_trace · b ± of_root · √(b² − 4 beta)."""

    def convergence_rate(lam: Tensor, *, lr: float, beta: float) -> Tensor:
        trace = 1 + beta - lr * lam
        root = torch.sqrt((trace**2 - 4 * beta).to(torch.complex128))
        roots = torch.stack([of_trace * trace + of_root * root, of_trace * trace - of_root * root])
        return roots.abs().amax(dim=0).to(lam.dtype)

    return convergence_rate


def _where_complex(size: Callable[[float], float]) -> Callable[..., Tensor]:
    """The right rate where the roots are real, and size(beta) where they are not."""

    def convergence_rate(lam: Tensor, *, lr: float, beta: float) -> Tensor:
        trace = 1 + beta - lr * lam
        discriminant = trace**2 - 4 * beta
        real = (trace.abs() + discriminant.clamp(min=0).sqrt()) / 2
        return torch.where(discriminant < 0, torch.full_like(real, size(beta)), real)

    return convergence_rate


def _regimes_exchanged(under_the_root: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    """√beta where the roots are real, and the formula for real roots where they are not."""

    def convergence_rate(lam: Tensor, *, lr: float, beta: float) -> Tensor:
        trace = 1 + beta - lr * lam
        discriminant = trace**2 - 4 * beta
        real = (trace.abs() + under_the_root(discriminant).sqrt()) / 2
        return torch.where(discriminant > 0, torch.full_like(real, beta**0.5), real)

    return convergence_rate


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
            forms=[
                _radius(lambda z: z.real.amax(dim=0)),
                _radius(lambda z: z[0].real),
                _radius(lambda z: z[0].real.abs()),
            ],
        ),
        Mistake(
            "imaginary_part_alone",
            _radius(lambda z: z.imag.abs().amax(dim=0)),
            "Only the imaginary part of the roots is counted. The size of a complex number is √(re² + im²): `.abs()`.",
            0.25,
        ),
        Mistake(
            "parts_added",
            _radius(lambda z: (z.real.abs() + z.imag.abs()).amax(dim=0)),
            "Real and imaginary part are added, as if the root of a negative discriminant were real. The size of a "
            "complex number is √(re² + im²), here √beta: `.abs()` of the complex roots.",
            0.25,
            forms=[_absolute_discriminant, _radius(lambda z: (z.real + z.imag).abs().amax(dim=0))],
        ),
        Mistake(
            "complex_roots_are_nan",
            _real_root_only,
            "Where the discriminant is negative, nan comes out, or a number that was put in its place. There the "
            "roots are a complex pair, and each has the size √beta.",
            0.25,
            forms=[lambda lam, *, lr, beta: _real_root_only(lam, lr=lr, beta=beta).nan_to_num(0.0)],
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
            _where_complex(lambda beta: beta),
            "beta is the product of the two roots. They are of equal size, so each has size √beta.",
            0.5,
        ),
        Mistake(
            "one_for_the_complex_pair",
            _where_complex(lambda beta: 1.0),
            "Where the roots are complex, 1 stands for their size. Their product is beta, so each has size √beta.",
            0.25,
        ),
        Mistake(
            "regimes_exchanged",
            _regimes_exchanged(lambda d: d.abs()),
            "The two regimes have changed places: √beta belongs where the discriminant is *negative*, and the formula "
            "with the root where it is not.",
            0.25,
            forms=[_regimes_exchanged(lambda d: d), _regimes_exchanged(lambda d: d.clamp(min=0))],
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
            "The root with the plus sign decides alone. For large curvature both roots are negative, and the other is "
            "the larger in size. Compare the absolute values of both.",
            0.5,
            forms=[
                _radius(lambda z: z[0].abs()),
                _radius(lambda z: torch.where(z[0].imag.abs() > 0, z[0].abs(), z[0].real.clamp(min=0))),
            ],
        ),
        Mistake(
            "root_with_the_minus_sign",
            _radius(lambda z: z[1].abs()),
            "The root with the minus sign decides alone. For small curvature the other is the larger. Compare the "
            "absolute values of both.",
            0.5,
            forms=[_radius(lambda z: torch.where(z[1].imag.abs() > 0, z[1].abs(), z[1].real))],
        ),
        Mistake(
            "mean_of_the_roots",
            _radius(lambda z: z.abs().mean(dim=0)),
            "The two roots, or their sizes, are averaged. After many steps only the larger one is seen: take the "
            "maximum of the sizes.",
            0.25,
        ),
        Mistake(
            "sizes_added",
            _radius(lambda z: z.abs().sum(dim=0)),
            "The sizes of the two roots are put together, as a sum or as the root of a sum of squares. After many "
            "steps only the larger one is seen: take the maximum.",
            0.25,
            forms=[_radius(lambda z: z.abs().pow(2).sum(dim=0).sqrt())],
        ),
        Mistake(
            "product_of_the_roots",
            lambda lam, *, lr, beta: torch.full_like(lam, beta),
            "beta is the product of the two roots. The rate is the size of the larger one.",
        ),
        Mistake(
            "sum_of_the_roots",
            lambda lam, *, lr, beta: (1 + beta - lr * lam).abs(),
            "1 + beta - lr λ is the sum of the two roots. The rate is the size of the larger one.",
        ),
        Mistake(
            "rate_of_the_loss",
            _radius(lambda z: z.abs().amax(dim=0) ** 2),
            "This is the factor by which the loss shrinks. The distance to the minimum shrinks by its "
            "square root, the spectral radius itself.",
            0.5,
        ),
        Mistake(
            "root_of_the_rate",
            _radius(lambda z: z.abs().amax(dim=0).sqrt()),
            "A root is taken of the size itself. √ stands in the formula of the roots, and of the larger one the size "
            "is the rate.",
            0.5,
        ),
        Mistake(
            "share_that_is_lost",
            _radius(lambda z: 1 - z.abs().amax(dim=0)),
            "This is the share of the error that a step takes away. Asked for is the factor that is left, the spectral "
            "radius.",
            0.5,
        ),
        Mistake(
            "cut_off_at_one",
            _radius(lambda z: z.abs().amax(dim=0).clamp(max=1)),
            "Rates above 1 are cut off. They say that the error grows: leave them as they are.",
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
            _of_discriminant(lambda trace, beta: trace**2 - beta),
            "The roots of z² - bz + c are (b ± √(b² - 4c))/2; the 4 is missing.",
            0.5,
        ),
        Mistake(
            "square_forgotten_in_the_discriminant",
            _of_discriminant(lambda trace, beta: trace - 4 * beta),
            "The roots of z² - bz + c are (b ± √(b² - 4c))/2; the square of b is missing under the root.",
            0.5,
        ),
        Mistake(
            "beta_forgotten_in_the_discriminant",
            _of_discriminant(lambda trace, beta: trace**2 - 4),
            "The roots of z² - bz + c are (b ± √(b² - 4c))/2 with c = beta: under the root 4 beta is subtracted, "
            "neither 4 nor 4 beta².",
            0.5,
            forms=[_of_discriminant(lambda trace, beta: trace**2 - 4 * beta**2)],
        ),
        Mistake(
            "root_of_the_discriminant_forgotten",
            _radius_of_sums(lambda d: d),
            "The roots of z² - bz + c are (b ± √(b² - 4c))/2; the square root is missing.",
            0.5,
        ),
        Mistake(
            "half_forgotten",
            _radius(lambda z: 2 * z.abs().amax(dim=0)),
            "The roots of z² - bz + c are (b ± √(b² - 4c))/2; the half is missing, in one term or in both.",
            0.5,
            forms=[_half_of_one_term(0.5, 1.0), _half_of_one_term(1.0, 0.5)],
        ),
        Mistake(
            "product_of_the_other_sign",
            _radius(product=lambda x, beta: -beta),
            "The product of the roots is +beta: the matrix is [[1 + beta - lr λ, -beta], [1, 0]], and under the root "
            "4 beta is subtracted.",
            0.25,
            forms=[_of_discriminant(lambda trace, beta: trace**2 + beta)],
        ),
        Mistake(
            "matrix_taken_for_symmetric",
            _radius(product=lambda x, beta: -1.0),
            "The results are those of a symmetric matrix: eigvalsh and eigh, for example, look at one half only. [[1 "
            "+ beta - lr λ, -beta], [1, 0]] is not symmetric; torch.linalg.eigvals takes all of it.",
            0.5,
            forms=[_radius(product=lambda x, beta: -(beta**2))],
        ),
        Mistake(
            "singular_value",
            lambda lam, *, lr, beta: torch.linalg.matrix_norm(_matrices(lam, lr, beta), ord=2),
            "This is a norm of the matrix, which can be far larger than its spectral radius and only tells what a "
            "single step can do. In the long run the largest size of an *eigenvalue* decides.",
            0.25,
            forms=[
                lambda lam, *, lr, beta: torch.linalg.matrix_norm(_matrices(lam, lr, beta)),
                lambda lam, *, lr, beta: torch.linalg.matrix_norm(_matrices(lam, lr, beta), ord=torch.inf),
                lambda lam, *, lr, beta: torch.linalg.matrix_norm(_matrices(lam, lr, beta), ord=1),
            ],
        ),
        Mistake(
            "lower_row_of_the_matrix",
            _radius(trace=lambda x, beta: 2 + beta - x, product=lambda x, beta: 1 + beta - x),
            "One of the two roots comes out as 1, as it does with (0, 1) in the second row of the matrix. That row is "
            "(1, 0): the position that was new becomes the old one.",
            0.5,
        ),
        Mistake(
            "beta_missing_from_the_trace",
            _radius(trace=lambda x, beta: 1 - x),
            "The sum of the roots is 1 + beta - lr λ; beta is missing.",
            0.25,
        ),
        Mistake(
            "beta_subtracted_in_the_trace",
            _radius(trace=lambda x, beta: 1 - beta - x),
            "The sum of the roots is 1 + beta - lr λ; beta is subtracted.",
            0.25,
        ),
        Mistake(
            "one_missing_from_the_trace",
            _radius(trace=lambda x, beta: beta - x),
            "The sum of the roots is 1 + beta - lr λ; the 1, the point itself, is missing.",
            0.25,
        ),
        Mistake(
            "climbs",
            _radius(trace=lambda x, beta: 1 + beta + x),
            "This is the rate of climbing: in the sum of the roots lr λ has a minus sign.",
            0.25,
        ),
        Mistake(
            "absolute_curvature",
            _radius(trace=lambda x, beta: 1 + beta - x.abs()),
            "A negative curvature is taken for a positive one. It pushes the point away, and the error grows: use λ as "
            "it is.",
            0.85,
        ),
        Mistake(
            "negative_curvature_cut_off",
            _radius(trace=lambda x, beta: 1 + beta - x.clamp(min=0)),
            "Negative curvatures are set to 0 first. There the error grows, and the rate says how fast: use λ as it "
            "is.",
            0.85,
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
            forms=[_radius(lambda z: z.abs().amax(dim=0).mean()), _radius(lambda z: z.abs().max().expand(z.shape[1:]))],
        ),
        Mistake(
            "both_roots",
            _radius(lambda z: z.abs()),
            "The sizes of both roots are returned. Only the larger one is left after many steps: take the maximum over "
            "the two, for each curvature.",
            0.5,
            forms=[_radius(lambda z: z.abs().movedim(0, -1))],
        ),
    ],
    equivalent={
        "Both roots change their sign, and only their sizes count.": ["b = lr * lam - (1 + beta)"],
        "The larger of two, in whatever order.": ["sizes = torch.stack([(b - root).abs(), (b + root).abs()]) / 2"],
        reasons.SIGN_LOST: ["sizes = torch.stack([(b + root).abs(), (root - b).abs()]) / 2"],
        reasons.SAME_DEVICE: ["return sizes.amax(dim=0).to(lam)"],
    },
)
