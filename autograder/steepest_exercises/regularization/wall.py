"""Exercise `matching_alpha` of `10_regularization`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.loss_landscapes.spectrum import spread, turned
from steepest_exercises.regularization import reference
from steepest_exercises.regularization.penalty import far_from_zero

Length = Callable[[Tensor, Tensor, float], Tensor]
SLACK = 1e4  # a root that is good to a part in ten thousand passes, whatever finds it
STEPS = 120


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """The radius is a share of the length of θ*, and never near 1."""

    def case(name: str, hessian: Tensor, share: float, corner: float = 0.0) -> Case:
        theta_star = far_from_zero(rng, len(hessian))
        radius = share * float(theta_star.norm())
        if abs(radius - 1) < 0.2:
            theta_star, radius = 1.7 * theta_star, 1.7 * radius
        theta_star = theta_star.to(hessian.dtype)
        inputs = {"args": [hessian, theta_star], "kwargs": {"radius": radius}, "outputs": ["alpha"]}
        return Case(name, inputs, slack=SLACK, corner=corner)

    drawn = rng.uniform
    return [
        case("a turned valley", turned(rng, spread(rng, 2, 0.3, 4)), drawn(0.5, 0.7)),
        case("three parameters", turned(rng, spread(rng, 3, 0.5, 4)), drawn(0.35, 0.5)),
        case("a wall that is hardly felt", turned(rng, spread(rng, 3, 0.5, 4)), drawn(0.9, 0.95)),
        case("a tight wall", turned(rng, spread(rng, 4, 0.4, 3)), drawn(0.002, 0.004)),
        case("a very tight wall and steep directions", turned(rng, spread(rng, 3, 20, 90)), drawn(0.001, 0.002)),
        case("a diagonal Hessian", torch.diag(torch.tensor(spread(rng, 4, 0.2, 3)).double()), drawn(0.4, 0.7)),
        case("one parameter", torch.full((1, 1), drawn(1.5, 3)).double(), drawn(0.4, 0.7)),
        case("float32", turned(rng, spread(rng, 4, 0.4, 3)).float(), drawn(0.4, 0.7)),
        case("the optimum lies within the wall", turned(rng, spread(rng, 3, 0.5, 4)), drawn(1.2, 1.6)),
        case("the optimum lies far within the wall", turned(rng, spread(rng, 2, 0.3, 3)), drawn(3, 5)),
    ]


def _optimum(hessian: Tensor, theta_star: Tensor, alpha: float) -> Tensor:
    eye = torch.eye(len(hessian), dtype=hessian.dtype, device=hessian.device)
    theta: Tensor = torch.linalg.solve(hessian + alpha * eye, hessian @ theta_star)
    return theta


def _length(hessian: Tensor, theta_star: Tensor, alpha: float) -> Tensor:
    length: Tensor = _optimum(hessian, theta_star, alpha).norm()
    return length


def _bisection(
    length: Length = _length,
    target: Callable[[float], float] = lambda radius: radius,
    high: float = 1e6,
    steps: int = STEPS,
    ask: bool = True,
    end: Callable[[Tensor, Tensor, float], object] = lambda hessian, theta_star, alpha: alpha,
) -> Callable[..., object]:
    """The α in [0, high] at which a falling `length(H, θ*, α)` meets `target(radius)`, and what `end` makes of it."""

    def matching_alpha(hessian: Tensor, theta_star: Tensor, *, radius: float) -> object:
        hessian, theta_star = hessian.double(), theta_star.double()
        wanted, low, top = target(radius), 0.0, high
        if ask and length(hessian, theta_star, 0.0) <= wanted:
            return end(hessian, theta_star, 0.0)
        for _ in range(steps):
            middle = (low + top) / 2
            if length(hessian, theta_star, middle) > wanted:
                low = middle
            else:
                top = middle
        return end(hessian, theta_star, (low + top) / 2)

    return matching_alpha


def _growing_bracket(hessian: Tensor, theta_star: Tensor, *, radius: float) -> float:
    if float(theta_star.norm()) <= radius:
        return 0.0
    high = 1.0
    while float(_length(hessian, theta_star, high)) > radius:
        high *= 2
    return float(str(_bisection(high=high)(hessian, theta_star, radius=radius)))


def _newton(steps: int = 60) -> Callable[..., float]:
    """Newton's method on 1/radius − 1/‖θ‖, which is nearly a line in α, from 0 (Moré and Sorensen 1983)."""

    def matching_alpha(hessian: Tensor, theta_star: Tensor, *, radius: float) -> float:
        curvatures, axes = torch.linalg.eigh(hessian.double())
        pulls, alpha = curvatures * (axes.T @ theta_star.double()), 0.0
        if float(theta_star.double().norm()) <= radius:
            return 0.0
        for _ in range(steps):
            theta = pulls / (curvatures + alpha)
            length = float(theta.norm())
            alpha += (length / radius - 1) * length**2 / float((theta**2 / (curvatures + alpha)).sum())
        return alpha

    return matching_alpha


def _by_brentq(hessian: Tensor, theta_star: Tensor, *, radius: float) -> float:
    from scipy.optimize import brentq  # type: ignore[import-untyped]

    def excess(alpha: float) -> float:
        return float(_length(hessian.double(), theta_star.double(), alpha)) - radius

    return 0.0 if excess(0.0) <= 0 else float(brentq(excess, 0.0, 1e7, xtol=1e-10))


def _below_zero(hessian: Tensor, theta_star: Tensor, *, radius: float) -> float:
    """The root wherever it is: between minus the smallest curvature and a large number."""
    curvatures, axes = torch.linalg.eigh(hessian.double())
    pulls = curvatures * (axes.T @ theta_star.double())
    low, high = -float(curvatures.min()), 1e6
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if float((pulls / (curvatures + middle)).norm()) > radius else (low, middle)
    return (low + high) / 2


def _on_a_grid(grid: Tensor) -> Callable[..., float]:
    """The α of a grid whose length comes nearest."""

    def matching_alpha(hessian: Tensor, theta_star: Tensor, *, radius: float) -> float:
        curvatures, axes = torch.linalg.eigh(hessian.double())
        pulls = curvatures * (axes.T @ theta_star.double())
        lengths = (pulls / (curvatures + grid[:, None])).norm(dim=1)
        return float(grid[(lengths - radius).abs().argmin()])

    return matching_alpha


def _closed(formula: Callable[[Tensor, float, float], float]) -> Callable[..., float]:
    """`formula(H, ‖θ*‖, radius)` where the wall is felt, else 0."""

    def matching_alpha(hessian: Tensor, theta_star: Tensor, *, radius: float) -> float:
        length = float(theta_star.double().norm())
        return formula(hessian.double(), length, radius) if length > radius else 0.0

    return matching_alpha


def _closed_everywhere(formula: Callable[[Tensor, float, float], float]) -> Callable[..., float]:
    """`formula(H, ‖θ*‖, radius)` wherever θ* lies."""

    def matching_alpha(hessian: Tensor, theta_star: Tensor, *, radius: float) -> float:
        return formula(hessian.double(), float(theta_star.double().norm()), radius)

    return matching_alpha


def _far_out(hessian: Tensor, theta_star: Tensor, *, radius: float) -> float:
    length = float(theta_star.double().norm())
    return float((hessian.double() @ theta_star.double()).norm()) / radius if length > radius else 0.0


MATCHING_ALPHA = Exercise(
    id="matching_alpha",
    reference=reference.matching_alpha,
    cases=_cases,
    points=4,
    companions={"l2_optimum": reference.l2_optimum},
    accepted=[
        Accepted("bisection", _bisection()),
        Accepted("growing_bracket", _growing_bracket),
        Accepted("bisection_without_asking", _bisection(ask=False)),
        Accepted("newton", _newton()),
        Accepted("brentq", _by_brentq, library=True),
    ],
    mistakes=[
        Mistake(
            "radius_squared",
            _bisection(target=lambda radius: radius**0.5),
            "A length is set against a squared length: ‖θ‖ is to be the radius, not its square, and not its root.",
            0.5,
            forms=[_bisection(target=lambda radius: radius**2)],
        ),
        Mistake(
            "below_zero",
            _below_zero,
            "Where θ* lies within the wall, α comes out negative: a penalty that pushes outwards. A wall only holds "
            "back, and one that is not touched does nothing: α is 0 there.",
            0.5,
            forms=[_closed_everywhere(lambda h, length, radius: length / radius - 1)],
        ),
        Mistake(
            "ratio_of_the_lengths",
            _closed_everywhere(lambda h, length, radius: radius / length),
            "This is a ratio of lengths. It is what θ* would be multiplied by, not the α that brings it there.",
            forms=[
                _closed(lambda h, length, radius: radius / length),
                _closed(lambda h, length, radius: length / radius),
                _closed(lambda h, length, radius: 1 - radius / length),
            ],
        ),
        Mistake(
            "one_curvature_for_all",
            _closed(lambda h, length, radius: length / radius - 1),
            "One curvature, 1 or another, stands for all directions. Each shrinks by its own share λ/(λ + α), so that "
            "there is no formula: search for the root.",
            0.25,
            forms=[
                _closed(lambda h, length, radius: float(h.trace()) / len(h) * (length / radius - 1)),
                _closed(lambda h, length, radius: float(torch.linalg.eigvalsh(h)[-1]) * (length / radius - 1)),
                _closed(lambda h, length, radius: float(torch.linalg.eigvalsh(h)[0]) * (length / radius - 1)),
            ],
        ),
        Mistake(
            "coarse_search",
            _on_a_grid(torch.linspace(0, 10, 1001, dtype=torch.float64)),
            "α is found to two or three digits only, as on a grid or after a few halvings, or not at all where it is "
            "large. Halve the interval until it is small against α.",
            0.5,
            forms=[
                _on_a_grid(torch.linspace(0, 100, 10001, dtype=torch.float64)),
                _on_a_grid(torch.logspace(-4, 4, 1000, dtype=torch.float64)),
                _bisection(high=1e4, steps=20),
                _bisection(high=100.0, steps=10),
                _newton(1),
            ],
        ),
        Mistake(
            "interval_too_short",
            _bisection(high=10.0),
            "A large α is cut off at a fixed bound. A tight wall needs a large one: double the upper end until the "
            "optimum lies within the wall.",
            0.5,
            forms=[_bisection(high=1.0), _bisection(high=100.0), _bisection(high=1e3)],
        ),
        Mistake(
            "optimum_returned",
            _bisection(end=_optimum),
            "The point on the wall is returned. Asked for is the α that leads there, one number.",
            0.5,
            forms=[
                _bisection(end=lambda hessian, theta_star, alpha: (alpha, _optimum(hessian, theta_star, alpha))),
                lambda hessian, theta_star, *, radius: theta_star * min(1.0, radius / float(theta_star.norm())),
            ],
        ),
        Mistake(
            "distance_from_the_optimum",
            _bisection(lambda h, star, alpha: -(_optimum(h, star, alpha) - star).norm(), lambda r: -r, ask=False),
            "The distance to θ* is set equal to the radius. The wall stands around 0: it is ‖θ‖ that must not exceed "
            "it.",
            0.25,
        ),
        Mistake(
            "hessian_forgotten",
            _bisection(
                lambda h, star, alpha: torch.linalg.solve(h + (alpha + 1e-9) * torch.eye(len(h)).to(h), star).norm()
            ),
            "The length is that of (H + αI)⁻¹θ*. The optimum is (H + αI)⁻¹Hθ*: your l2_optimum gives it.",
            0.25,
        ),
        Mistake(
            "another_length",
            _bisection(lambda h, star, alpha: _optimum(h, star, alpha).abs().sum()),
            "The length is not the Euclidean one: sizes are added, or the largest is taken. ‖θ‖ is the root of the sum "
            "of squares.",
            0.25,
            forms=[
                _bisection(lambda h, star, alpha: _optimum(h, star, alpha).abs().max()),
                _bisection(lambda h, star, alpha: _optimum(h, star, alpha).square().mean().sqrt()),
            ],
        ),
        Mistake(
            "half_or_twice",
            _bisection(end=lambda hessian, theta_star, alpha: alpha / 2),
            "α is half or twice what it should be. The penalty is ½α‖θ‖².",
            0.5,
            forms=[_bisection(end=lambda hessian, theta_star, alpha: 2 * alpha)],
        ),
        Mistake(
            "diagonal_only",
            _bisection(lambda h, star, alpha: (h.diagonal() / (h.diagonal() + alpha) * star).norm()),
            "Only the diagonal of H is used. Its eigenvectors do not lie along the axes.",
            0.25,
        ),
        Mistake(
            "for_large_alpha",
            _far_out,
            "This is ‖Hθ*‖/radius, which is right where α is large against all curvatures, and too large elsewhere. It "
            "is a good upper end for a search.",
            0.25,
        ),
        Mistake(
            "shares_applied_twice",
            _bisection(lambda h, star, alpha: _optimum(h, _optimum(h, star, alpha), alpha).norm()),
            "The optimum is shrunk twice before its length is taken.",
            0.25,
        ),
    ],
    equivalent={
        "A tensor without axes is as true as its number.": [
            "return l2_optimum(hessian, theta_star, alpha=alpha).norm() > radius",
        ],
        "Differs only where the length is exactly the radius.": [
            "return bool(l2_optimum(hessian, theta_star, alpha=alpha).norm() >= radius)",
        ],
        "Where the wall is not touched the halving ends at 0 by itself.": ["if False:", "without return 0.0"],
        "Any interval that holds the root will do.": [
            "low, high = (0.0, 2.0)",
            "low, high = (0.0, 1.1)",
            "low, high = (high, 2 + high)",
            "low, high = (high, 2 ** high)",
            "low, high = (high, 3 * high)",
        ],
        "Sixty halvings leave nothing that one more or less would change.": [
            "for _ in [*range(60)][1:]:",
            "for _ in range(61):",
            "for _ in range(59):",
        ],
    },
)
