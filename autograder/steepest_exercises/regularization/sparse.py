"""Exercise `l1_optimum` of `10_regularization`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import uniform
from steepest_exercises.regularization import reference
from steepest_exercises.regularization.threshold import some_beyond

Optimum = Callable[..., Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, curvature: Tensor, alpha: float, around: float | None = None, corner: float = 0.0) -> Case:
        """Optima within and beyond each threshold of `around`, which is α if it is not given."""
        size = (around or alpha) / curvature.clamp(min=0.1)
        theta_star = some_beyond(rng, size)
        inputs = {"args": [curvature, theta_star], "kwargs": {"alpha": alpha}, "outputs": ["the optimum"]}
        return Case(name, inputs, corner=corner)

    def with_a_zero(case: Case) -> Case:
        curvature, theta_star = case.inputs["args"]
        inputs = {**case.inputs, "args": [curvature, theta_star * (torch.arange(4) > 0)]}
        return Case(case.name, inputs, corner=case.corner)

    drawn = rng.uniform
    flat = torch.cat([torch.zeros(1).double(), uniform(rng, 0.5, 3, 3)])
    return [
        case("steep and flat directions", uniform(rng, 0.2, 5, 8), drawn(0.4, 0.7)),
        case("flat directions", uniform(rng, 0.1, 0.6, 8), drawn(0.3, 0.5)),
        case("steep directions", uniform(rng, 3, 8, 8), drawn(1.5, 2.5)),
        case("a weak penalty", uniform(rng, 0.5, 3, 6), drawn(0.01, 0.03), drawn(0.4, 0.6)),
        case("a strong penalty", uniform(rng, 1.5, 3, 8), drawn(3, 5)),
        case("float32", uniform(rng, 0.3, 4, 8).float(), drawn(0.4, 0.8)),
        case("one parameter", uniform(rng, 2, 3, 1), drawn(0.4, 0.7), drawn(3, 5)),
        case("a matrix of parameters", uniform(rng, 0.3, 4, 4, 2), drawn(0.4, 0.8)),
        with_a_zero(case("no penalty, alpha = 0", uniform(rng, 0.5, 3, 4), 0.0, 0.7, 0.1)),
        case("a direction without curvature", flat, drawn(0.4, 0.6), corner=0.1),
    ]  # fmt: skip


def _made(rule: Callable[[Tensor, Tensor, float], Tensor]) -> Optimum:
    """`rule(h, θ*, α)`."""

    def l1_optimum(curvature: Tensor, theta_star: Tensor, *, alpha: float) -> Tensor:
        return rule(curvature, theta_star, alpha)

    return l1_optimum


def _soft(threshold: Callable[[Tensor, float], Tensor | float]) -> Optimum:
    """θ* behind the soft threshold `threshold(h, α)`."""

    def l1_optimum(curvature: Tensor, theta_star: Tensor, *, alpha: float) -> Tensor:
        return theta_star.sign() * torch.relu(theta_star.abs() - threshold(curvature, alpha))

    return l1_optimum


def _two_cases(curvature: Tensor, theta_star: Tensor, *, alpha: float) -> Tensor:
    threshold = alpha / curvature
    right, left = (theta_star - threshold).clamp(min=0), (theta_star + threshold).clamp(max=0)
    return torch.where(theta_star >= 0, right, left)


def _slopes_first(curvature: Tensor, theta_star: Tensor, *, alpha: float) -> Tensor:
    """Where the loss pulls at θ = 0 with no more than α, 0 is the minimum."""
    pull = curvature * theta_star
    beyond = (pull - alpha * pull.sign()) / curvature.clamp(min=1e-300)
    return torch.where(pull.abs() <= alpha, torch.zeros_like(pull), beyond)


L1_OPTIMUM = Exercise(
    id="l1_optimum",
    reference=reference.l1_optimum,
    cases=_cases,
    points=1,
    companions={"soft_threshold": reference.soft_threshold},
    accepted=[
        Accepted("sign_and_size", _soft(lambda h, a: a / h)),
        Accepted("two_cases", _two_cases),
        Accepted("slopes_first", _slopes_first),
        Accepted("what_clamping_leaves", _made(lambda h, star, a: star - torch.clamp(star, -a / h, a / h))),
    ],
    mistakes=[
        Mistake(
            "curvature_without_effect",
            _soft(lambda h, a: a),
            "Every coordinate meets the same threshold α. A steep direction resists: its threshold is α/h.",
            0.25,
        ),
        Mistake(
            "multiplied_by_the_curvature",
            _soft(lambda h, a: a * h),
            "The threshold grows with the curvature. Where the loss is steep, the pull α moves the minimum less: α/h.",
            0.25,
        ),
        Mistake(
            "half_or_twice",
            _soft(lambda h, a: a / (2 * h)),
            "The threshold is half or twice what it should be. The slope of ½h(θ - θ*)² is h(θ - θ*); set it against "
            "α.",
            0.5,
            forms=[_soft(lambda h, a: 2 * a / h)],
        ),
        Mistake(
            "root_or_square",
            _soft(lambda h, a: a / h.sqrt()),
            "A root or a square has come in: the threshold is α/h. For one coordinate, solve h(θ - θ*) + α = 0.",
            0.25,
            forms=[
                _soft(lambda h, a: a / h**2),
                _soft(lambda h, a: (a / h) ** 0.5),
                _soft(lambda h, a: a**2 / h),
                _soft(lambda h, a: a * h**2),
            ],
        ),
        Mistake(
            "shrinks_like_l2",
            _made(lambda h, star, a: h * star / (h + a)),
            "Each coordinate is scaled by h/(h + α), as L2 does, and none becomes 0. L1 moves by a fixed distance.",
            0.25,
            forms=[_made(lambda h, star, a: star / (1 + a))],
        ),
        Mistake(
            "hard_threshold",
            _made(lambda h, star, a: torch.where(star.abs() > a / h, star, 0.0).to(star.dtype)),
            "What survives is kept whole. The penalty also moves the survivors towards 0, by α/h.",
            0.25,
        ),
        Mistake(
            "clipped",
            _made(lambda h, star, a: torch.clamp(star, -a / h, a / h)),
            "This is what the penalty takes away. The optimum is what it leaves.",
            0.25,
        ),
        Mistake(
            "beyond_zero",
            _made(lambda h, star, a: star - a / h.clamp(min=0.05) * star.sign()),
            "Small coordinates are pushed through 0. Beyond 0 the penalty pulls back, so that they stop there.",
            0.5,
        ),
        Mistake(
            "positive_side_only",
            _made(lambda h, star, a: torch.relu(star - a / h)),
            "Negative coordinates become 0, however large they are. Both sides shrink towards 0.",
            0.25,
        ),
        Mistake(
            "always_subtracted",
            _made(lambda h, star, a: torch.where(star.abs() > a / h, star - a / h, 0.0).to(star.dtype)),
            "α/h is subtracted from all coordinates, or added to all, whatever their sign, which takes some farther "
            "from 0. Both sides move towards 0.",
            0.25,
            forms=[
                _made(lambda h, star, a: star - a / h.clamp(min=0.05)),
                _made(lambda h, star, a: torch.where(star.abs() > a / h, star + a / h, 0.0).to(star.dtype)),
            ],
        ),
        Mistake(
            "small_number_in_the_divisor",
            _soft(lambda h, a: a / (h + 1e-6)),
            "A small number is added to the curvature, so that no threshold is exact. Where h is 0, α/h is infinite, "
            "and that is the right threshold: nothing has to be added.",
            0.5,
            forms=[_soft(lambda h, a: a / (h + 1e-5)), _soft(lambda h, a: a / (h + 1e-4))],
        ),
        Mistake(
            "sign_forgotten",
            _made(lambda h, star, a: torch.relu(star.abs() - a / h)),
            "The sizes are right and the signs are gone. A negative θ* has a negative optimum, or 0.",
            0.5,
        ),
        Mistake(
            "one_threshold_for_all",
            _soft(lambda h, a: a / h.mean()),
            "One curvature, the mean or another, serves all coordinates. Each has its own threshold α/h.",
            0.25,
            forms=[_soft(lambda h, a: a / h.max()), _soft(lambda h, a: a / h.sum()), _soft(lambda h, a: a / h.min())],
        ),
        Mistake(
            "slopes_in_the_place_of_points",
            _made(lambda h, star, a: (h * star).sign() * torch.relu((h * star).abs() - a)),
            "This is the slope at 0 behind the threshold, hθ* and not θ*. It is h times the optimum: divide by h.",
            0.5,
        ),
        Mistake(
            "threshold_upside_down",
            _soft(lambda h, a: h / a if a else torch.full_like(h, torch.inf)),
            "The threshold is h/α, so that a stronger penalty moves less. It is α/h.",
            0.25,
        ),
        Mistake(
            "divided_by_the_curvature_again",
            _made(lambda h, star, a: star.sign() * torch.relu(star.abs() - a / h) / h.clamp(min=0.05)),
            "The result is divided by the curvature, once too often. What the threshold α/h leaves of θ* is the "
            "optimum.",
            0.25,
            forms=[_made(lambda h, star, a: star.sign() * torch.relu(star.abs() - a) / h)],
        ),
        Mistake(
            "divided_by_curvature_and_alpha",
            _soft(lambda h, a: a / (h + a)),
            "The threshold is α/(h + α), what L2 takes of each coordinate. The constant pull of L1 moves it by α/h.",
            0.25,
        ),
        Mistake(
            "two_thresholds",
            _made(lambda h, star, a: torch.where(star.abs() > a, star - a / h * star.sign(), torch.zeros_like(star))),
            "Which coordinates become 0 is decided by one threshold, and how far the others move by another. Both are "
            "α/h.",
            0.25,
            forms=[
                _made(lambda h, star, a: torch.where(star.abs() > a / h, star - a * star.sign(), 0.0).to(star.dtype)),
                _made(lambda h, star, a: torch.where(star.abs() > a * h, star - a / h * star.sign(), 0.0).to(star)),
                _made(
                    lambda h, star, a: torch.where(
                        star.abs() > a / (2 * h), star - a / h * star.sign(), torch.zeros_like(star)
                    )
                ),
            ],
        ),
        Mistake(
            "alpha_forgotten",
            _soft(lambda h, a: 1 / h),
            "α has no part in the threshold. A stronger penalty moves farther: α/h.",
            0.25,
            forms=[_soft(lambda h, a: h)],
        ),
        Mistake(
            "one_added_to_the_curvature",
            _soft(lambda h, a: a / (1 + h)),
            "1 is added to the curvature below the line. The threshold is α/h.",
            0.25,
            forms=[_soft(lambda h, a: a / (1 + a * h))],
        ),
    ],
)
