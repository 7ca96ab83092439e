"""Exercise `backtrack` of `07_second_order`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest import callables
from steepest._checks.wire import Named
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.inputs import normal
from steepest_exercises.second_order import reference

Objective = Callable[[Tensor], Tensor]
Search = Callable[..., float]
Enough = Callable[["Trial"], Tensor | bool]

MANY = 60  # trials, in slips that would go on for ever
ENDLESS = 400  # of those that go on until no step is left of it
CALLS = 2000  # losses that a case gives, whatever a search that never ends may ask for
SPECIAL = 0.1  # a direction that is far too long, and a step that is just good enough
BEYOND = 0.1  # there are two cases in which a trial has a loss that is nan
MARGIN = 1e-3  # share of the first loss by which every trial passes or fails


class Trial:
    """What a line search knows when it asks whether a step is good enough."""

    def __init__(self, f: Objective, theta: Tensor, grad: Tensor, direction: Tensor, alpha: float, c1: float) -> None:
        self.alpha, self.c1, self.grad, self.direction = alpha, c1, grad, direction
        self.f, self.point = f, theta + alpha * direction
        self.old, self.new = f(theta), f(self.point)
        self.slope = grad @ direction


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str,
        n: int,
        reach: float,
        trials: tuple[int, int],
        *,
        askew: float = 0.7,
        dtype: torch.dtype = torch.float64,
        corner: float = 0.0,
        **settings: float,
    ) -> Case:
        while True:
            matrix, theta = (1.5 * normal(rng, n + 1, n)).to(dtype), (0.6 * normal(rng, n)).to(dtype)
            f = callables.tanh_energy(matrix)
            grad = _slope(f, theta)
            turned = grad + askew * grad.norm() / n**0.5 * normal(rng, n).to(dtype)
            direction = -reach * turned / turned.norm()
            if _is_clear(f, theta, grad, direction, trials, **settings):
                break
        args = [Named("budgeted_energy", {"matrix": matrix, "calls": CALLS}), theta, grad, direction]
        return Case(name, {"args": args, "kwargs": dict(settings), "outputs": ["the step size"]}, corner=corner)

    return [
        case("the first step is good enough", 3, 0.2, (0, 0)),
        case("a direction that is much too long", 3, 8.0, (2, 6)),
        case("the negative gradient, too long", 4, 5.0, (1, 5), askew=0.0),
        case("a direction nearly across the slope", 4, 2.0, (4, 50), askew=4.0, c1=0.8, shrink=0.9),
        case("a short direction and a large share of the slope", 3, 0.3, (0, 4), c1=0.7),
        case("a first step of 4", 2, 1.5, (2, 7), first=4.0),
        case("a small first step that is good enough", 3, 1.0, (0, 0), first=0.05),
        case("shrinking to a tenth", 3, 30.0, (1, 3), shrink=0.1),
        case("shrinking slowly", 2, 6.0, (8, 30), shrink=0.9),
        case("a large share of the slope is asked for", 3, 4.0, (6, 50), c1=0.6, shrink=0.9),
        case("half of the slope is asked for, from a first step of 2", 4, 2.0, (2, 9), c1=0.5, first=2.0, shrink=0.6),
        case("a step that is a thousand times too long", 3, 3000.0, (8, 14)),
        case("a step so long that thirty trials are not enough", 2, 900.0, (31, 58), shrink=0.85, c1=0.3),
        case("a direction that is a billion times too long", 3, 3e9, (28, 40), corner=SPECIAL),
        _just_enough("a first step whose descent is exactly what is asked for"),
        _beyond_the_border(rng, "steps that leave the domain of the loss", 3),
        _beyond_the_border(rng, "a first step far outside of the domain", 2, reach=20.0, shrink=0.3),
        _onto_the_border("a first step onto the border, where the loss is infinite"),
        case("float32", 3, 4.0, (1, 6), dtype=torch.float32, shrink=0.5, c1=0.2),
    ]


def _slope(f: Objective, theta: Tensor) -> Tensor:
    at = theta.clone().requires_grad_()
    (slope,) = torch.autograd.grad(f(at), at)
    return slope


def _is_clear(
    f: Objective,
    theta: Tensor,
    grad: Tensor,
    direction: Tensor,
    trials: tuple[int, int],
    *,
    first: float = 1.0,
    shrink: float = 0.5,
    c1: float = 0.0001,
) -> bool:
    """Whether the search ends within so many trials, and no trial is decided by rounding."""
    alpha, loss, slope = first, float(f(theta)), float(grad @ direction)
    if slope > -0.1 * float(grad.norm() * direction.norm()):
        return False
    for number in range(trials[1] + 1):
        excess = float(f(theta + alpha * direction)) - loss - c1 * alpha * slope
        if abs(excess) < MARGIN * loss:
            return False
        if excess <= 0:
            return number >= trials[0]
        alpha *= shrink
    return False


def _beyond_the_border(rng: np.random.Generator, name: str, n: int, *, reach: float = 5.0, **settings: float) -> Case:
    f = callables.half_plane_energy(10**9)
    while True:
        theta = normal(rng, n)
        theta[0] = float(rng.uniform(1.5, 2.5))
        grad = _slope(f, theta)
        direction = -reach * grad
        if math.isnan(float(f(theta + direction))) and _is_clear(f, theta, grad, direction, (2, 9), **settings):
            break
    args = [Named("half_plane_energy", {"calls": CALLS}), theta, grad, direction]
    return Case(name, {"args": args, "kwargs": dict(settings), "outputs": ["the step size"]}, corner=BEYOND)


def _onto_the_border(name: str) -> Case:
    theta = torch.tensor([2.0, 0.5], dtype=torch.float64)
    direction = torch.tensor([-2.0, -0.25], dtype=torch.float64)
    grad = torch.tensor([1.5, 0.5], dtype=torch.float64)
    args = [Named("half_plane_energy", {"calls": CALLS}), theta, grad, direction]
    return Case(name, {"args": args, "kwargs": {"shrink": 0.75}, "outputs": ["the step size"]})


def _just_enough(name: str) -> Case:
    """Across the half plane the loss is a parabola, whose minimum lies half as deep as the slope promises."""
    theta = torch.tensor([1.0, 1.0], dtype=torch.float64)
    grad = torch.tensor([0.0, 1.0], dtype=torch.float64)
    args = [Named("half_plane_energy", {"calls": CALLS}), theta, grad, -grad]
    inputs = {"args": args, "kwargs": {"c1": 0.5}, "outputs": ["the step size"]}
    return Case(name, inputs, corner=SPECIAL)


def _search(
    enough: Enough = lambda trial: trial.new <= trial.old + trial.c1 * trial.alpha * trial.slope,
    *,
    shorter: Callable[[float, float, float], float] = lambda alpha, shrink, first: alpha * shrink,
    begin: Callable[[float, float], float] = lambda first, shrink: first,
    give: Callable[[float, float], float] = lambda alpha, shrink: alpha,
    along: Callable[[Tensor, Tensor], Tensor] = lambda direction, grad: direction,
    most: int = MANY,
) -> Search:
    """A search with one thing changed: what is enough, how it shrinks, begins, ends, which way, how many trials."""

    def backtrack(
        f: Objective,
        theta: Tensor,
        grad: Tensor,
        direction: Tensor,
        *,
        first: float = 1.0,
        shrink: float = 0.5,
        c1: float = 0.0001,
    ) -> float:
        alpha = begin(first, shrink)
        way = along(direction, grad)
        for _ in range(most):
            if bool(enough(Trial(f, theta, grad, way, alpha, c1))):
                break
            alpha = shorter(alpha, shrink, first)
        return give(alpha, shrink)

    return backtrack


def _unguarded(
    enough: Callable[[Objective, Tensor, Tensor, Tensor, float, float, Tensor], Tensor | bool],
    *,
    longer: bool = False,
    least: float = 0.0,
    most: float = math.inf,
    trials: float = math.inf,
    given_up: Callable[[float], float] = lambda alpha: alpha,
) -> Search:
    """A search as it is usually written: the old loss once, and on until a step is enough(f, θ, g, d, α, c₁, f(θ)).

    Parameters
    ----------
    enough : callable
        What is looked at after each trial.
    longer : bool
        Whether the step grows.
    least, most : float
        Beyond which size it is left; a search without such a guard ends where no more losses are given.
    trials : float
        After how many of them it is left.
    given_up : callable
        What is returned where it is left, from α.
    """

    def backtrack(
        f: Objective,
        theta: Tensor,
        grad: Tensor,
        direction: Tensor,
        *,
        first: float = 1.0,
        shrink: float = 0.5,
        c1: float = 0.0001,
    ) -> float:
        alpha, old, tried = first, f(theta), 0
        while not bool(enough(f, theta, grad, direction, alpha, c1, old)):
            alpha, tried = alpha / shrink if longer else alpha * shrink, tried + 1
            if tried >= trials or not least <= alpha <= most:
                return given_up(alpha)
        return alpha

    return backtrack


def _guarded(
    enough: Callable[[Objective, Tensor, Tensor, Tensor, float, float, Tensor], Tensor | bool],
) -> list[Search]:
    """The same search with the guards that students put against a loop that never ends, and without one."""
    return [
        *(_unguarded(enough, least=least) for least in (0.0, 1e-300, 1e-16, 1e-12, 1e-10, 1e-8, 1e-6)),
        *(_unguarded(enough, trials=trials) for trials in (20, 30, 40, 50, 100, 200, 500, 1000)),
    ]


def _bounded(
    fall: Callable[[float, Tensor, Tensor], Tensor],
) -> Callable[[Objective, Tensor, Tensor, Tensor, float, float, Tensor], Tensor]:
    """Whether the loss falls by c₁ times what `fall` gives, a negative number, from α, g and d."""

    def enough(
        f: Objective, theta: Tensor, grad: Tensor, direction: Tensor, alpha: float, c1: float, old: Tensor
    ) -> Tensor:
        return f(theta + alpha * direction) <= old + c1 * fall(alpha, grad, direction)

    return enough


def _steepness(share: float, *, both: bool) -> Enough:
    """Enough descent, and a slope at the new point that is small (`both`: from either side) beside the old one."""

    def enough(trial: Trial) -> bool:
        at = trial.point.detach().clone().requires_grad_()
        (slope,) = torch.autograd.grad(trial.f(at), at)
        along = slope @ trial.direction
        flat = along.abs() <= share * trial.slope.abs() if both else along >= share * trial.slope
        return bool(trial.new <= trial.old + trial.c1 * trial.alpha * trial.slope) and bool(flat)

    return enough


def _beside_the_last(*, moves: bool = False) -> Search:
    """Each trial is compared with the one before it; `moves`: and begins where that has ended."""

    def backtrack(
        f: Objective,
        theta: Tensor,
        grad: Tensor,
        direction: Tensor,
        *,
        first: float = 1.0,
        shrink: float = 0.5,
        c1: float = 0.0001,
    ) -> float:
        alpha, last, slope = first, f(theta), grad @ direction
        for _ in range(ENDLESS):
            point = theta + alpha * direction
            new = f(point)
            if bool(new <= last + c1 * alpha * slope):
                break
            alpha *= shrink
            theta, last = (point, last) if moves else (theta, new)
        return alpha

    return backtrack


def _given(**fixed: float) -> Search:
    """A search that does not hear one of its settings."""
    return lambda f, theta, grad, direction, **settings: reference.backtrack(
        f, theta, grad, direction, **(settings | fixed)
    )


def _by_powers(
    f: Objective,
    theta: Tensor,
    grad: Tensor,
    direction: Tensor,
    *,
    first: float = 1.0,
    shrink: float = 0.5,
    c1: float = 0.0001,
) -> float:
    loss, slope, number = f(theta).item(), torch.dot(grad, direction).item(), 0
    while True:
        alpha = first * shrink**number
        decrease = loss - f(theta + alpha * direction).item()
        if math.isfinite(decrease) and decrease >= -c1 * alpha * slope:
            return alpha
        number += 1


def _called_again(
    f: Objective,
    theta: Tensor,
    grad: Tensor,
    direction: Tensor,
    *,
    first: float = 1.0,
    shrink: float = 0.5,
    c1: float = 0.0001,
) -> float:
    new = f(theta + first * direction)
    if bool(torch.isfinite(new)) and float(new) <= float(f(theta) + c1 * first * (grad * direction).sum()):
        return first
    return _called_again(f, theta, grad, direction, first=first * shrink, shrink=shrink, c1=c1)


def _nan_is_infinite(trial: Trial) -> Tensor:
    new = torch.nan_to_num(trial.new, nan=math.inf)
    return new - trial.old <= trial.c1 * trial.alpha * trial.slope


def _point(give: Callable[[Tensor, float, Tensor], Tensor]) -> Callable[..., Tensor]:
    """Something else than the step size, made of θ, α and d."""

    def backtrack(f: Objective, theta: Tensor, grad: Tensor, direction: Tensor, **settings: float) -> Tensor:
        return give(theta, reference.backtrack(f, theta, grad, direction, **settings), direction)

    return backtrack


def _along_the_gradient_by_the_slope_of_the_direction(
    f: Objective,
    theta: Tensor,
    grad: Tensor,
    direction: Tensor,
    *,
    first: float = 1.0,
    shrink: float = 0.5,
    c1: float = 0.0001,
) -> float:
    alpha, loss, slope = first, f(theta), grad @ direction
    for _ in range(ENDLESS):
        if bool(f(theta - alpha * grad) <= loss + c1 * alpha * slope):
            break
        alpha *= shrink
    return alpha


def _best(trials: int) -> Search:
    """The trial with the lowest loss."""

    def backtrack(
        f: Objective,
        theta: Tensor,
        grad: Tensor,
        direction: Tensor,
        *,
        first: float = 1.0,
        shrink: float = 0.5,
        c1: float = 0.0001,
    ) -> float:
        sizes = [first * shrink**number for number in range(trials)]
        losses = [float(torch.nan_to_num(f(theta + alpha * direction), nan=math.inf)) for alpha in sizes]
        return sizes[int(np.argmin(losses))]

    return backtrack


def _while_it_falls(
    f: Objective,
    theta: Tensor,
    grad: Tensor,
    direction: Tensor,
    *,
    first: float = 1.0,
    shrink: float = 0.5,
    c1: float = 0.0001,
) -> float:
    alpha, last = first, f(theta + first * direction)
    for _ in range(MANY):
        new = f(theta + alpha * shrink * direction)
        if bool(new >= last):
            break
        alpha, last = alpha * shrink, new
    return alpha


def _on_while_it_falls(
    f: Objective,
    theta: Tensor,
    grad: Tensor,
    direction: Tensor,
    *,
    first: float = 1.0,
    shrink: float = 0.5,
    c1: float = 0.0001,
) -> float:
    """What comes after a step that is good enough is tried too."""
    alpha = reference.backtrack(f, theta, grad, direction, first=first, shrink=shrink, c1=c1)
    return _while_it_falls(f, theta, grad, direction, first=alpha, shrink=shrink, c1=c1)


def _bounded_once(
    f: Objective,
    theta: Tensor,
    grad: Tensor,
    direction: Tensor,
    *,
    first: float = 1.0,
    shrink: float = 0.5,
    c1: float = 0.0001,
) -> float:
    """The bound is worked out before the loop, for the first size."""
    alpha, bound = first, f(theta) + c1 * first * (grad @ direction)
    for _ in range(MANY):
        if bool(f(theta + alpha * direction) <= bound):
            break
        alpha *= shrink
    return alpha


def _taught(
    f: Objective, theta: Tensor, grad: Tensor, direction: Tensor, alpha: float, c1: float, old: Tensor
) -> Tensor:
    return f(theta + alpha * direction) <= old + c1 * alpha * grad @ direction


BACKTRACK = Exercise(
    id="backtrack",
    reference=reference.backtrack,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("by_powers", _by_powers),
        Accepted("called_again_with_a_shorter_step", _called_again),
        Accepted("nan_made_infinite", _search(_nan_is_infinite, most=10_000)),
        Accepted("a_loop_that_is_left", _search(most=10_000)),
    ],
    mistakes=[
        Mistake(
            "any_descent",
            _search(lambda t: t.new <= t.old),
            "Any descent is taken for enough, and `c1` has no part in it. The loss must fall by at least the share c₁ "
            "of what the slope promises.",
            0.5,
            forms=[
                _search(lambda t: t.new < t.old),
                _given(c1=0.0),
                _given(c1=1e-4),
                _search(lambda t: not bool(t.new >= t.old)),
            ],
        ),
        Mistake(
            "sign_of_the_slope",
            _search(lambda t: t.new <= t.old + t.c1 * t.alpha * t.slope.abs()),
            "The bound lies above the old loss, so that a step may climb. gᵀd is negative along a descent direction: "
            "add c₁α gᵀd as it is.",
            0.25,
            forms=[_search(lambda t: not bool(t.new > t.old - t.c1 * t.alpha * t.slope))],
        ),
        Mistake(
            "alpha_missing_in_the_bound",
            _search(lambda t: t.new <= t.old + t.c1 * t.slope),
            "The bound does not move with the step: α is missing in it, or it is worked out once, for the first size. "
            "What the slope promises for a step of size α is α gᵀd.",
            0.5,
            forms=[
                _search(lambda t: not bool(t.new > t.old + t.c1 * t.slope)),
                *_guarded(_bounded(lambda alpha, grad, direction: grad @ direction)),
                _bounded_once,
            ],
        ),
        Mistake(
            "alpha_squared_in_the_bound",
            _search(lambda t: t.new <= t.old + t.c1 * t.alpha**2 * t.slope),
            "α enters the bound with a power, or as a divisor. What the slope promises for a step of size α is α gᵀd.",
            0.5,
            forms=[
                _search(lambda t: t.new <= t.old + t.c1 * t.alpha**0.5 * t.slope),
                _search(lambda t: t.new <= t.old + t.c1 * t.slope / t.alpha),
                _search(lambda t: t.new <= t.old + t.c1 * t.alpha**2 / 2 * t.slope),
            ],
        ),
        Mistake(
            "slope_entry_by_entry",
            _search(lambda t: (t.new <= t.old + t.c1 * t.alpha * (t.grad * t.direction)).all()),
            "The slope is worked out for each parameter by itself. It is one number, the inner product gᵀd: "
            "`grad @ direction`.",
            0.25,
            forms=[
                _search(lambda t: (t.new <= t.old + t.c1 * t.alpha * (t.grad * t.direction)).any()),
                _search(lambda t: t.new <= t.old + t.c1 * t.alpha * (t.grad * t.direction).mean()),
                _unguarded(
                    lambda f, theta, grad, direction, alpha, c1, old: (
                        f(theta + alpha * direction) <= old + c1 * alpha * grad * direction
                    ).all()
                ),
            ],
        ),
        Mistake(
            "beside_the_last_trial",
            _beside_the_last(),
            "Each trial is compared with the one before it, or begins where that has ended. θ and f(θ) stay what they "
            "were: only α changes from trial to trial.",
            0.25,
            forms=[_beside_the_last(moves=True)],
        ),
        Mistake(
            "slope_at_the_new_point",
            _search(_steepness(0.9, both=True)),
            "It looks at the slope at the new point as well, as Wolfe's conditions do. Enough descent is all that is "
            "asked for here.",
            0.25,
            forms=[
                _search(_steepness(0.1, both=True)),
                _search(_steepness(0.5, both=True)),
                _search(_steepness(0.9, both=False)),
                _search(_steepness(0.1, both=False)),
            ],
        ),
        Mistake(
            "share_of_the_loss",
            _search(lambda t: t.new <= (1 - t.c1) * t.old),
            "The loss must fall by a share of itself. Asked for is a share of what the slope promises: c₁α gᵀd.",
            0.25,
            forms=[
                _search(lambda t: t.new <= (1 - t.c1 * t.alpha) * t.old),
                _search(lambda t: t.new <= t.old - t.c1),
                _search(lambda t: t.new <= t.old - t.c1 * t.alpha),
                _search(lambda t: t.new <= t.c1 * t.old),
            ],
        ),
        Mistake(
            "bound_from_the_gradient",
            _search(lambda t: t.new <= t.old - t.c1 * t.alpha * t.grad @ t.grad),
            "‖g‖² stands for the slope, which is right along −g alone. Along a direction d the slope is gᵀd.",
            0.5,
            forms=[
                _search(lambda t: not bool(t.new > t.old - t.c1 * t.alpha * t.grad @ t.grad)),
                _search(lambda t: t.new <= t.old - t.c1 * t.alpha * t.direction @ t.direction),
                _search(lambda t: t.new <= t.old - t.c1 * t.alpha * t.grad.norm()),
                _search(lambda t: t.new <= t.old - t.c1 * t.alpha * t.grad.norm() * t.direction.norm()),
                *_guarded(_bounded(lambda alpha, grad, direction: -alpha * grad @ grad)),
            ],
        ),
        Mistake(
            "slope_of_a_unit_direction",
            _search(lambda t: t.new <= t.old + t.c1 * t.alpha * t.slope / t.direction.norm()),
            "gᵀd is divided by a length. A step of size α moves by αd, as long as d is, so the slope is gᵀd itself.",
            0.5,
            forms=[
                _search(lambda t: t.new <= t.old + t.c1 * t.alpha * t.slope / t.grad.norm()),
                _search(lambda t: t.new <= t.old + t.c1 * t.alpha * t.slope / (t.direction.norm() * t.grad.norm())),
            ],
        ),
        Mistake(
            "whole_slope_asked_for",
            _search(lambda t: t.new <= t.old + t.alpha * t.slope),
            "The loss must fall by all that the slope promises, which a loss that curves upwards never does. A small "
            "share of it is enough: c₁α gᵀd.",
            0.25,
            forms=[
                _given(c1=0.9),
                _search(lambda t: t.new <= t.old + (1 - t.c1) * t.alpha * t.slope),
                _unguarded(
                    lambda f, theta, grad, direction, alpha, c1, old: (
                        f(theta + alpha * direction) <= old + alpha * grad @ direction
                    )
                ),
            ],
        ),
        Mistake(
            "own_share_of_the_slope",
            _given(c1=0.1),
            "`c1` is not heard: a number of its own stands in the bound, or half or the square of c₁.",
            0.5,
            forms=[
                _given(c1=0.5),
                _search(lambda t: t.new <= t.old + t.c1**2 * t.alpha * t.slope),
                _search(lambda t: t.new <= t.old + t.c1 / 2 * t.alpha * t.slope),
            ],
        ),
        Mistake(
            "nan_accepted",
            _search(lambda t: not bool(t.new > t.old + t.c1 * t.alpha * t.slope)),
            "A loss that is nan is taken for good enough: nan > bound is False, and so is nan <= bound. Ask whether "
            "the step *is* good enough, and go on unless it is.",
            0.8,
            forms=[_search(lambda t: not bool(t.new >= t.old + t.c1 * t.alpha * t.slope))],
        ),
        Mistake(
            "shrinks_first",
            _search(begin=lambda first, shrink: first * shrink),
            "The step shrinks before `first` has been tried. A good first step must be taken as it is.",
            0.5,
        ),
        Mistake(
            "one_too_small",
            _search(give=lambda alpha, shrink: alpha * shrink),
            "One shrink too many: the size that was good enough is the result, not the next one.",
            0.5,
        ),
        Mistake(
            "one_too_large",
            _search(give=lambda alpha, shrink: alpha / shrink),
            "One shrink too few: this is the last size that was *not* good enough.",
            0.25,
            forms=[
                lambda f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001: min(
                    first, reference.backtrack(f, theta, grad, direction, first=first, shrink=shrink, c1=c1) / shrink
                ),
            ],
        ),
        Mistake(
            "first_ignored",
            _given(first=1.0),
            "The search begins at 1 whatever `first` is. Begin at `first`.",
            0.5,
        ),
        Mistake(
            "shrink_ignored",
            _given(shrink=0.5),
            "The step is halved whatever `shrink` is. Multiply by `shrink`.",
            0.5,
            forms=[_given(shrink=0.9), _given(shrink=0.1)],
        ),
        Mistake(
            "shrinks_by_the_rest",
            _search(shorter=lambda alpha, shrink, first: alpha * (1 - shrink)),
            "The step is multiplied by 1 − shrink. `shrink` is the share that is kept.",
            0.5,
        ),
        Mistake(
            "shrinks_by_subtraction",
            _search(shorter=lambda alpha, shrink, first: alpha - shrink * first),
            "A fixed amount is subtracted each time, so the step soon points backwards or is 0. Multiply by `shrink`.",
            0.25,
            forms=[
                _search(shorter=lambda alpha, shrink, first: alpha - shrink),
                _search(shorter=lambda alpha, shrink, first: max(alpha - shrink * first, 0.0)),
            ],
        ),
        Mistake(
            "shrinks_once",
            _search(most=1),
            "The step shrinks once and is taken then, good enough or not. Go on until it is: `while`, not `if`.",
            0.25,
            forms=[_search(most=2)],
        ),
        Mistake(
            "gives_up_early",
            _search(most=10),
            "The search ends after a fixed number of trials, and takes a step that is not good enough. Go on until "
            "one is; along a descent direction that happens.",
            0.5,
            forms=[_search(most=3), _search(most=5), _search(most=20), _search(most=30)],
        ),
        Mistake(
            "gives_up_at_a_size",
            _unguarded(_taught, least=1e-6),
            "The search ends where the step has become small, and takes one that is not good enough. A direction may "
            "be of any length, so no size is too small in itself: go on until a step is good enough.",
            1 - SPECIAL,
            forms=[
                _unguarded(_taught, least=1e-8),
                _unguarded(_taught, least=1e-6, given_up=lambda alpha: 0.0),
            ],
        ),
        Mistake(
            "more_than_the_inequality",
            _search(lambda t: t.new < t.old + t.c1 * t.alpha * t.slope),
            "It asks for strictly less than the bound. A step that meets it exactly is good enough: `<=`.",
            1 - SPECIAL,
        ),
        Mistake(
            "grows",
            _search(shorter=lambda alpha, shrink, first: alpha / shrink, most=40),
            "The step grows from trial to trial. Multiply by `shrink`, which is less than 1.",
            forms=[
                *(
                    _search(shorter=lambda alpha, shrink, first: alpha / shrink, most=most)
                    for most in (20, 50, 100, 200)
                ),
                *(
                    _unguarded(
                        _bounded(lambda alpha, grad, direction: alpha * grad @ direction), longer=True, most=most
                    )
                    for most in (1e10, math.inf)
                ),
            ],
        ),
        Mistake(
            "first_step_always",
            _search(most=0),
            "The first step is always taken. Shrink it until the loss has fallen enough.",
            forms=[lambda f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001: first * shrink],
        ),
        Mistake(
            "along_the_negative_gradient",
            _search(along=lambda direction, grad: -grad),
            "The trials go along −g, and `direction` has no part in them. A line search serves any descent direction.",
            0.25,
            forms=[_along_the_gradient_by_the_slope_of_the_direction],
        ),
        Mistake(
            "direction_of_length_one",
            _search(along=lambda direction, grad: direction / direction.norm()),
            "The direction is brought to length 1 first, so α means something else. Try θ + αd with d as it is given.",
            0.25,
        ),
        Mistake(
            "steps_backwards",
            _search(along=lambda direction, grad: -direction),
            "The trials go against `direction`, up the slope. Try θ + αd.",
            forms=[
                _search(lambda t: t.new <= t.old - t.c1 * t.alpha * t.slope, along=lambda direction, grad: -direction),
                _search(
                    lambda t: t.new <= t.old - t.c1 * t.alpha * t.slope,
                    along=lambda direction, grad: -direction,
                    most=ENDLESS,
                ),
            ],
        ),
        Mistake(
            "lowest_of_the_trials",
            _best(20),
            "The trial with the lowest loss is taken, which costs many more evaluations. The *first* that is good "
            "enough is asked for.",
            0.25,
            forms=[_best(10), _best(40), _while_it_falls, _on_while_it_falls],
        ),
        Mistake(
            "point_returned",
            _point(lambda theta, alpha, direction: theta + alpha * direction),
            "The new point is returned, or the step αd. The size α of the step is asked for, one number.",
            0.5,
            forms=[
                _point(lambda theta, alpha, direction: alpha * direction),
                _point(lambda theta, alpha, direction: alpha * direction.norm()),
            ],
        ),
        Mistake(
            "number_of_trials",
            lambda f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001: round(
                math.log(reference.backtrack(f, theta, grad, direction, first=first, shrink=shrink, c1=c1) / first)
                / math.log(shrink)
            ),
            "The number of trials is returned. The step size itself is asked for: first · shrinkʲ.",
            0.25,
        ),
        Mistake(
            "new_loss_alone",
            _search(lambda t: t.new <= t.c1 * t.alpha * t.slope),
            "The old loss has no part in the bound. The new loss is compared with f(θ) + c₁α gᵀd.",
            0.25,
        ),
    ],
    equivalent={
        reasons.ANY_ORDER: ["loss, slope = (f(theta), direction @ grad)"],
        "Between two shares as small as these lies no trial.": [
            "def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.00011):",
        ],
    },
)
