"""Exercise `cg_direction` of `07_second_order`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.inputs import normal
from steepest_exercises.second_order import reference

Direction = Callable[[Tensor, Tensor, Tensor], Tensor]
Share = Callable[[Tensor, Tensor, Tensor], Tensor]

OVERSHOT = 0.01  # where the β of Hestenes and Stiefel and that of Dai and Yuan are negative
NEGATIVE = 0.08  # there are three cases with a negative β


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str,
        n: int,
        *,
        negative: bool = False,
        size: float = 1.0,
        first: bool = False,
        grown: bool = False,
        dtype: torch.dtype = torch.float64,
        slack: float = 1.0,
    ) -> Case:
        corner = NEGATIVE if negative else OVERSHOT if grown else 0.0
        while True:
            old = normal(rng, n)
            grad = size * old + 0.4 * normal(rng, n) if grown else size * normal(rng, n)
            direction = -old if first else -old + 0.8 * normal(rng, n)
            beta = float(grad @ (grad - old) / (old @ old))
            along = float(direction @ (grad - old) / (direction.norm() * (grad - old).norm()))
            wanted = -3 < beta < -0.05 if negative else 0.1 < beta < 4
            # a line search leaves the slope along the old direction flatter than it was, but where it went too far
            flatter = along < -0.2 and float(old @ (grad - old)) > 0.1 * float(old @ old) if grown else along > 0.2
            if wanted and flatter and float(direction @ old) < -0.2 * float(direction.norm() * old.norm()):
                break
        args = [grad.to(dtype), old.to(dtype), direction.to(dtype)]
        return Case(name, {"args": args, "kwargs": {}, "outputs": ["the direction"]}, slack=slack, corner=corner)

    return [
        case("four parameters", 4),
        case("two parameters", 2),
        case("the second step of a run, whose old direction is −g_old", 5, first=True),
        case("a negative β", 3, negative=True, size=0.7),
        case("a negative β in six parameters", 6, negative=True, size=0.6),
        case("a negative β after a first step", 4, negative=True, size=0.7, first=True),
        case("a gradient that has grown", 4, size=1.6),
        case("a gradient that has grown along the old one", 5, size=1.8, grown=True),
        case("ten parameters", 10),
        case("float32", 6, dtype=torch.float32, slack=10),
    ]


def _along(
    beta: Share,
    *,
    clamp: Callable[[Tensor], Tensor] = lambda beta: beta.clamp(min=0),
    give: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = lambda g, old, d, beta: -g + beta * d,
) -> Direction:
    """A direction by β = beta(g, g_old, d)."""

    def cg_direction(grad: Tensor, old_grad: Tensor, old_direction: Tensor) -> Tensor:
        return give(grad, old_grad, old_direction, clamp(beta(grad, old_grad, old_direction)))

    return cg_direction


def _polak(g: Tensor, old: Tensor, d: Tensor) -> Tensor:
    return g @ (g - old) / (old @ old)


def _fletcher(g: Tensor, old: Tensor, d: Tensor) -> Tensor:
    return (g @ g) / (old @ old)


def _hestenes(g: Tensor, old: Tensor, d: Tensor) -> Tensor:
    return g @ (g - old) / (d @ (g - old))


def _dai(g: Tensor, old: Tensor, d: Tensor) -> Tensor:
    return (g @ g) / (d @ (g - old))


def _in_words(grad: Tensor, old_grad: Tensor, old_direction: Tensor) -> Tensor:
    change = (grad * (grad - old_grad)).sum() / (old_grad**2).sum()
    if change < 0:
        return -grad
    return change * old_direction - grad


def _with_maximum(grad: Tensor, old_grad: Tensor, old_direction: Tensor) -> Tensor:
    share = max(0.0, float((torch.dot(grad, grad) - torch.dot(grad, old_grad)) / torch.dot(old_grad, old_grad)))
    return torch.add(-grad, old_direction, alpha=share)


def _by_norms(grad: Tensor, old_grad: Tensor, old_direction: Tensor) -> Tensor:
    size = torch.linalg.vector_norm(old_grad)
    share = torch.relu(torch.inner(grad / size, (grad - old_grad) / size))
    return share * old_direction - grad


def _same(beta: Tensor) -> Tensor:
    return beta


CG_DIRECTION = Exercise(
    id="cg_direction",
    reference=reference.cg_direction,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("in_words", _in_words),
        Accepted("maximum_of_numbers", _with_maximum),
        Accepted("divided_by_norms", _by_norms),
        Accepted(
            "fletcher_and_reeves",
            _along(_fletcher),
            "β is that of Fletcher and Reeves, gᵀg/g_oldᵀg_old. The lesson has Polak's and Ribière's, which forgets "
            "the old direction by itself where the gradient hardly changes.",
        ),
        Accepted(
            "hestenes_and_stiefel",
            _along(_hestenes),
            "β is that of Hestenes and Stiefel, gᵀ(g − g_old)/dᵀ(g − g_old). On a quadratic with exact line search all "
            "of these agree.",
        ),
        Accepted(
            "dai_and_yuan",
            _along(_dai),
            "β is that of Dai and Yuan, gᵀg/dᵀ(g − g_old). On a quadratic with exact line search all of these agree.",
        ),
    ],
    mistakes=[
        Mistake(
            "steepest_descent",
            _along(_polak, give=lambda g, old, d, beta: -1.0 * g),
            "This is the negative gradient alone. The old direction belongs to it, β times.",
            forms=[_along(_polak, clamp=lambda beta: 0 * beta, give=lambda g, old, d, beta: -g + 0.0 * d)],
        ),
        Mistake(
            "not_clamped",
            _along(_polak, clamp=_same),
            "A negative β is used. Then the old direction is turned round; begin anew along −g instead: max(0, β).",
            0.76,
            forms=[_along(_hestenes, clamp=_same)],
        ),
        Mistake(
            "clamped_from_above",
            _along(_polak, clamp=lambda beta: beta.clamp(max=0)),
            "Positive values of β are cut off, or those above 1. Negative ones should be: max(0, β).",
            0.25,
            forms=[_along(_polak, clamp=lambda beta: beta.clamp(0, 1)), _along(_polak, clamp=lambda b: b.clamp(max=1))],
        ),
        Mistake(
            "size_of_beta",
            _along(_polak, clamp=lambda beta: beta.abs()),
            "A negative β is made positive. It says that the old direction should be forgotten: take 0.",
            0.76,
        ),
        Mistake(
            "old_direction_instead",
            _along(_polak, clamp=_same, give=lambda g, old, d, beta: torch.where(beta < 0, 1.0 * d, beta * d - g)),
            "Where β is negative the old direction is kept. That is where it should be forgotten: begin anew along −g.",
            0.76,
            forms=[_along(_polak, clamp=lambda beta: torch.where(beta < 0, 1.0, beta).to(beta))],
        ),
        Mistake(
            "brackets_forgotten",
            _along(lambda g, old, d: g @ g - g @ old / (old @ old)),
            "Brackets are missing: only the second part of gᵀg − gᵀg_old is divided by g_oldᵀg_old. All of it is.",
            0.25,
            forms=[_along(lambda g, old, d: g @ g - g @ old / (old @ old), clamp=_same)],
        ),
        Mistake(
            "divided_by_the_new_gradient",
            _along(lambda g, old, d: g @ (g - old) / (g @ g)),
            "β is divided by gᵀg of the new gradient. It is the old one: g_oldᵀg_old.",
            0.25,
            forms=[_along(lambda g, old, d: g @ (g - old) / (g @ g), clamp=_same)],
        ),
        Mistake(
            "uphill",
            _along(_polak, give=lambda g, old, d, beta: g + beta * d),
            "The gradient has the wrong sign: the new direction is −g + βd.",
            0.25,
            forms=[_along(_fletcher, give=lambda g, old, d, beta: g + beta * d)],
        ),
        Mistake(
            "old_direction_subtracted",
            _along(_polak, give=lambda g, old, d, beta: -g - beta * d),
            "The old direction is subtracted. Added, it goes on where it was going.",
            0.25,
            forms=[_along(_fletcher, give=lambda g, old, d, beta: -g - beta * d)],
        ),
        Mistake(
            "whole_direction_turned_round",
            _along(_polak, give=lambda g, old, d, beta: g - beta * d),
            "All of it is turned round. The direction goes down: −g + βd.",
            0.5,
            forms=[_along(_fletcher, give=lambda g, old, d, beta: g - beta * d)],
        ),
        Mistake(
            "beta_inverted",
            _along(lambda g, old, d: (old @ old) / (g @ (g - old))),
            "β is turned round: gᵀ(g − g_old) stands above, g_oldᵀg_old below.",
            0.25,
            forms=[_along(lambda g, old, d: (old @ old) / (g @ g))],
        ),
        Mistake(
            "difference_turned_round",
            _along(lambda g, old, d: g @ (old - g) / (old @ old)),
            "The difference is taken the wrong way: new gradient minus old one.",
            0.25,
            forms=[_along(lambda g, old, d: g @ (old - g) / (old @ old), clamp=_same)],
        ),
        Mistake(
            "old_gradient_in_front",
            _along(lambda g, old, d: old @ (g - old) / (old @ old), clamp=_same),
            "The old gradient multiplies the difference, or the new gradient. Above stands gᵀ(g − g_old).",
            0.25,
            forms=[
                _along(lambda g, old, d: old @ (g - old) / (old @ old)),
                _along(lambda g, old, d: (g @ old) / (old @ old)),
                _along(lambda g, old, d: (g @ old) / (old @ old), clamp=_same),
            ],
        ),
        Mistake(
            "difference_of_the_squares",
            _along(lambda g, old, d: (g @ g - old @ old) / (old @ old)),
            "Above stands the difference of two squared lengths. It is gᵀ(g − g_old) = gᵀg − gᵀg_old.",
            0.25,
        ),
        Mistake(
            "sum_of_the_gradients",
            _along(lambda g, old, d: g @ (g + old) / (old @ old)),
            "The gradients are added. It is their difference that shows how the slope has changed: gᵀ(g − g_old).",
            0.25,
        ),
        Mistake(
            "old_gradient_for_the_new",
            _along(_polak, give=lambda g, old, d, beta: -old + beta * d),
            "The direction begins with the old gradient. It is the new one that is followed: −g + βd.",
            0.25,
        ),
        Mistake(
            "length_of_the_difference",
            _along(lambda g, old, d: (g - old) @ (g - old) / (old @ old)),
            "β is the squared length of the difference over g_oldᵀg_old. Above stands the *product* of g with the "
            "difference.",
            0.25,
        ),
        Mistake(
            "squares_forgotten",
            _along(lambda g, old, d: g @ (g - old) / old.norm()),
            "A length stands below in the place of its square, or above and below. g_oldᵀg_old is the squared length.",
            0.25,
            forms=[_along(lambda g, old, d: g.norm() / old.norm())],
        ),
        Mistake(
            "entry_by_entry",
            _along(lambda g, old, d: g * (g - old) / (old * old)),
            "β is worked out for each parameter by itself. It is one number, made of inner products.",
            0.25,
            forms=[
                _along(lambda g, old, d: g * g / (old * old)),
                _along(lambda g, old, d: g * (g - old) / (old @ old)),
                _along(lambda g, old, d: g * (g - old) / (old * old), clamp=_same),
            ],
        ),
        Mistake(
            "divided_by_the_direction",
            _along(lambda g, old, d: g @ (g - old) / (d @ d)),
            "β is divided by something else, dᵀd or a product with the change of the gradient. Below stands "
            "g_oldᵀg_old, the old gradient's squared length.",
            0.25,
            forms=[
                _along(lambda g, old, d: g @ (g - old) / (old @ (g - old))),
                _along(lambda g, old, d: g @ (g - old) / -(old @ (g - old))),
                _along(lambda g, old, d: g @ (g - old) / ((g - old) @ (g - old))),
                _along(lambda g, old, d: (g @ g) / (old @ (g - old))),
                _along(lambda g, old, d: g @ (g - old) / (old @ d)),
                _along(lambda g, old, d: g @ (g - old) / -(old @ d)),
                _along(lambda g, old, d: g @ (g - old) / -(d @ g)),
                _along(lambda g, old, d: (g @ g) / (d @ d)),
                _along(lambda g, old, d: g @ (g - old) / (g @ old)),
            ],
        ),
        Mistake(
            "old_gradient_as_direction",
            _along(_polak, give=lambda g, old, d, beta: -g - beta * old),
            "β multiplies the old gradient. It belongs to the old *direction*, which holds the steps before it too.",
            0.25,
            forms=[_along(_polak, give=lambda g, old, d, beta: -g + beta * old)],
        ),
        Mistake(
            "beta_on_the_gradient",
            _along(_polak, give=lambda g, old, d, beta: -beta * g + d),
            "β multiplies the gradient, or all of it. It belongs to the old direction: −g + βd.",
            0.25,
            forms=[_along(_polak, give=lambda g, old, d, beta: beta * (d - g))],
        ),
        Mistake(
            "weighted_average",
            _along(_polak, give=lambda g, old, d, beta: -(1 - beta) * g + beta * d),
            "The gradient is weighed with 1 − β, as in an average. Here it enters whole: −g + βd.",
            0.25,
        ),
        Mistake(
            "beta_forgotten",
            _along(_polak, give=lambda g, old, d, beta: d - g),
            "The old direction enters whole, or with a β of your own. β is worked out anew at each step.",
            0.25,
            forms=[
                _along(_polak, give=lambda g, old, d, beta: -g + 0.9 * d),
                _along(_polak, give=lambda g, old, d, beta: -g + 0.5 * d),
            ],
        ),
        Mistake(
            "beta_alone",
            _along(_polak, give=lambda g, old, d, beta: beta),
            "β is returned. The direction is −g + βd.",
            0.25,
            forms=[_along(_polak, clamp=_same, give=lambda g, old, d, beta: beta)],
        ),
        Mistake(
            "old_part_alone",
            _along(_polak, give=lambda g, old, d, beta: beta * d),
            "−g is missing: this is the old direction, scaled.",
        ),
        Mistake(
            "beta_halved",
            _along(lambda g, old, d: g @ (g - old) / (old @ old) / 2),
            "β is half or twice what it should be.",
            0.5,
            forms=[_along(lambda g, old, d: 2 * (g @ (g - old)) / (old @ old))],
        ),
        Mistake(
            "clamped_gradient",
            _along(_polak, clamp=_same, give=lambda g, old, d, beta: (-g + beta * d).clamp(min=0)),
            "The direction, or a part of it, is cut off at 0. Only β is: max(0, β).",
            0.25,
            forms=[_along(_polak, clamp=_same, give=lambda g, old, d, beta: -g + (beta * d).clamp(min=0))],
        ),
    ],
    equivalent={
        reasons.ANY_ORDER: ["beta = (grad - old_grad) @ grad / (old_grad @ old_grad)"],
        "The accepted variant fletcher_and_reeves.": ["beta = grad @ grad / (old_grad @ old_grad)"],
    },
)
