"""Exercise `matching_alpha` of `10_regularization`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.loss_landscapes.spectrum import spread, turned
from steepest_exercises.regularization import reference
from steepest_exercises.regularization.penalty import far_from_zero
from steepest_exercises.regularization.search import (
    below_zero,
    bisection,
    by_brentq,
    closed,
    closed_everywhere,
    far_out,
    first_short_enough,
    growing_bracket,
    newton,
    on_a_grid,
    on_the_line,
    optimum,
    tangent,
    wrong_half,
)

SLACK = 1e4  # a root that is good to a part in ten thousand passes, whatever finds it


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
        case("a tight wall", turned(rng, spread(rng, 4, 1.1, 3)), drawn(0.005, 0.008)),
        case("a very tight wall and steep directions", turned(rng, spread(rng, 3, 30, 90)), drawn(0.001, 0.002), 0.2),
        case("a diagonal Hessian", torch.diag(torch.tensor(spread(rng, 4, 0.2, 3)).double()), drawn(0.4, 0.7)),
        case("one parameter", torch.full((1, 1), drawn(1.5, 3)).double(), drawn(0.4, 0.7)),
        case("float32", turned(rng, spread(rng, 4, 0.4, 3)).float(), drawn(0.4, 0.7)),
        case("the optimum lies within the wall", turned(rng, spread(rng, 3, 0.5, 4)), drawn(1.2, 1.6), 0.1),
        case("the optimum lies far within the wall", turned(rng, spread(rng, 2, 0.3, 3)), drawn(3, 5), 0.1),
    ]


MATCHING_ALPHA = Exercise(
    id="matching_alpha",
    reference=reference.matching_alpha,
    cases=_cases,
    points=4,
    companions={"l2_optimum": reference.l2_optimum},
    accepted=[
        Accepted("bisection", bisection()),
        Accepted("growing_bracket", growing_bracket()),
        Accepted("bisection_without_asking", bisection(ask=False)),
        Accepted("newton", newton()),
        Accepted("brentq", by_brentq, library=True),
        Accepted("as_a_tensor", bisection(end=lambda hessian, theta_star, alpha: torch.tensor(alpha).double())),
    ],
    mistakes=[
        Mistake(
            "radius_squared",
            bisection(target=lambda radius: radius**0.5),
            "A length is set against a squared length: ‖θ‖ is to be the radius, not its square, and not its root.",
            0.5,
            forms=[
                bisection(target=lambda radius: radius**2),
                growing_bracket(target=lambda radius: radius**2),
                growing_bracket(target=lambda radius: radius**0.5),
            ],
        ),
        Mistake(
            "below_zero",
            below_zero,
            "Where θ* lies within the wall, α comes out negative: a penalty that pushes outwards. A wall only holds "
            "back, and one that is not touched does nothing: α is 0 there.",
            0.8,
        ),
        Mistake(
            "ratio_of_the_lengths",
            closed_everywhere(lambda h, length, radius: radius / length),
            "This is a ratio, or a difference, of lengths. It says how far θ* has to be shortened, not which α brings "
            "it there.",
            forms=[
                closed(lambda h, length, radius: length - radius),
                closed_everywhere(lambda h, length, radius: length - radius),
                closed(lambda h, length, radius: radius / length),
                closed(lambda h, length, radius: length / radius),
                closed(lambda h, length, radius: 1 - radius / length),
            ],
        ),
        Mistake(
            "one_curvature_for_all",
            closed(lambda h, length, radius: length / radius - 1),
            "One curvature, 1 or another, stands for all directions. Each shrinks by its own share λ/(λ + α), so that "
            "there is no formula: search for the root.",
            0.25,
            forms=[
                closed(lambda h, length, radius: float(h.trace()) / len(h) * (length / radius - 1)),
                closed(lambda h, length, radius: float(torch.linalg.eigvalsh(h)[-1]) * (length / radius - 1)),
                closed(lambda h, length, radius: float(torch.linalg.eigvalsh(h)[0]) * (length / radius - 1)),
                closed_everywhere(lambda h, length, radius: length / radius - 1),
            ],
        ),
        Mistake(
            "coarse_search",
            on_a_grid(torch.linspace(0, 10, 1001, dtype=torch.float64)),
            "α is found to two or three digits only, as on a grid or after a few halvings, or not at all where it is "
            "large. Halve the interval until it is small against α.",
            0.5,
            forms=[
                on_a_grid(torch.linspace(0, 100, 1001, dtype=torch.float64)),
                on_a_grid(torch.linspace(0, 100, 10001, dtype=torch.float64)),
                on_a_grid(torch.linspace(0, 1000, 10001, dtype=torch.float64)),
                first_short_enough(0.0, lambda alpha: alpha + 0.01),
                first_short_enough(0.0, lambda alpha: alpha + 0.01, 10000),
                on_a_grid(torch.logspace(-4, 4, 1000, dtype=torch.float64)),
                bisection(high=1e4, steps=20),
                bisection(high=100.0, steps=10),
                growing_bracket(steps=5),
                growing_bracket(steps=10),
            ],
        ),
        Mistake(
            "one_newton_step",
            newton(1),
            "This is one step of Newton's method, along a straight line from α = 0. The length does not fall along a "
            "line: repeat the step from where it leads, or halve an interval.",
            0.25,
            forms=[tangent],
        ),
        Mistake(
            "interval_too_short",
            bisection(high=10.0),
            "A large α is cut off at a fixed bound. A tight wall needs a large one: double the upper end until the "
            "optimum lies within the wall.",
            0.5,
            forms=[bisection(high=1.0), bisection(high=100.0)],
        ),
        Mistake(
            "bound_too_low_for_a_very_tight_wall",
            bisection(high=1e3),
            "A very large α is cut off at a fixed bound. A very tight wall needs one: double the upper end until the "
            "optimum lies within the wall.",
            0.8,
            forms=[bisection(high=1e4)],
        ),
        Mistake(
            "upper_bound_returned",
            first_short_enough(1.0, lambda alpha: 2 * alpha),
            "This is an upper bound, found by doubling, and not yet the root. Halve the interval below it, again and "
            "again.",
            0.25,
            forms=[
                first_short_enough(0.5, lambda alpha: 2 * alpha),
                first_short_enough(1.0, lambda alpha: 10 * alpha),
            ],
        ),
        Mistake(
            "comparison_turned_round",
            lambda hessian, theta_star, *, radius: 0.0,
            "A comparison is the wrong way round, or compares another length: the test for the wall, or that of the "
            "half which is kept, so that the search runs away from the root. An optimum that is too long needs a "
            "larger α.",
            forms=[
                wrong_half(1.0),
                wrong_half(1.0, follows=True),
                wrong_half(1.0, steps=50),
                wrong_half(1.0, steps=80),
                wrong_half(1.0, steps=100),
                wrong_half(1.0, steps=200),
                wrong_half(100.0),
                wrong_half(1e3),
                wrong_half(1e6),
                wrong_half(lambda hessian, theta_star, radius: float((hessian @ theta_star).norm()) / radius),
            ],
        ),
        Mistake(
            "on_the_line_to_the_optimum",
            on_the_line,
            "This takes the point of the wall that lies on the line from 0 to θ*. The spring has its optimum elsewhere "
            "on the wall, since flat directions shrink more than steep ones.",
            0.25,
        ),
        Mistake(
            "optimum_returned",
            bisection(end=optimum),
            "The point on the wall is returned. Asked for is the α that leads there, one number.",
            0.5,
            forms=[
                bisection(end=lambda hessian, theta_star, alpha: (alpha, optimum(hessian, theta_star, alpha))),
                lambda hessian, theta_star, *, radius: theta_star * min(1.0, radius / float(theta_star.norm())),
            ],
        ),
        Mistake(
            "distance_from_the_optimum",
            bisection(lambda h, star, alpha: -(optimum(h, star, alpha) - star).norm(), lambda r: -r, ask=False),
            "The distance to θ* is set equal to the radius. The wall stands around 0: it is ‖θ‖ that must not exceed "
            "it.",
            0.25,
        ),
        Mistake(
            "hessian_forgotten",
            bisection(
                lambda h, star, alpha: torch.linalg.solve(h + (alpha + 1e-9) * torch.eye(len(h)).to(h), star).norm()
            ),
            "The length is that of (H + αI)⁻¹θ*. The optimum is (H + αI)⁻¹Hθ*: your l2_optimum gives it.",
            0.25,
        ),
        Mistake(
            "another_length",
            bisection(lambda h, star, alpha: optimum(h, star, alpha).abs().sum()),
            "The length is not the Euclidean one: sizes are added, or the largest is taken. ‖θ‖ is the root of the sum "
            "of squares.",
            0.25,
            forms=[
                bisection(lambda h, star, alpha: optimum(h, star, alpha).abs().max()),
                bisection(lambda h, star, alpha: optimum(h, star, alpha).square().mean().sqrt()),
            ],
        ),
        Mistake(
            "half_or_twice",
            bisection(end=lambda hessian, theta_star, alpha: alpha / 2),
            "α is half or twice what it should be. The penalty is ½α‖θ‖².",
            0.5,
            forms=[bisection(end=lambda hessian, theta_star, alpha: 2 * alpha)],
        ),
        Mistake(
            "diagonal_only",
            bisection(lambda h, star, alpha: (h.diagonal() / (h.diagonal() + alpha) * star).norm()),
            "Only the diagonal of H is used. Its eigenvectors do not lie along the axes.",
            0.25,
        ),
        Mistake(
            "for_large_alpha",
            far_out,
            "This is ‖Hθ*‖/radius, which is right where α is large against all curvatures, and too large elsewhere. It "
            "is a good upper end for a search.",
            0.25,
        ),
        Mistake(
            "shares_applied_twice",
            bisection(lambda h, star, alpha: optimum(h, optimum(h, star, alpha), alpha).norm()),
            "The optimum is shrunk twice before its length is taken.",
            0.25,
        ),
        Mistake(
            "shares_not_squared",
            bisection(lambda h, star, alpha: optimum(h, star, alpha).dot(star).clamp(min=0).sqrt()),
            "The shares λ/(λ + α) are multiplied to the squares of θ*. They shrink θ* itself, so that the squares "
            "shrink by the shares' squares.",
            0.25,
            forms=[growing_bracket(lambda h, star, alpha: optimum(h, star, alpha).dot(star).clamp(min=0).sqrt())],
        ),
        Mistake(
            "alpha_in_every_entry",
            growing_bracket(lambda h, star, alpha: torch.linalg.solve(h + alpha, h @ star).norm(), most=60),
            "α is added to every entry of H. The penalty's Hessian is αI: α on the diagonal alone.",
            0.25,
            forms=[
                growing_bracket(lambda h, star, alpha: torch.linalg.solve(h + alpha, h @ star).norm(), most=1100),
                bisection(lambda h, star, alpha: torch.linalg.solve(h + alpha, h @ star).norm()),
            ],
        ),
        Mistake(
            "inverse_returned",
            bisection(end=lambda hessian, theta_star, alpha: 1 / alpha if alpha else 0.0),
            "This is 1/α. The strength itself is asked for: a tight wall needs a large one.",
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
