"""Exercise `step_decay` of `04_learning_rates`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake

from steepest_exercises.learning_rates import reference
from steepest_exercises.learning_rates.cases import at

Schedule = Callable[..., float]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, place: Callable[[int], int], low: int = 6, high: int = 15, *, corner: float = 0.0) -> Case:
        every = int(rng.integers(low, high))
        lr, factor = float(rng.uniform(0.2, 0.9)), float(rng.uniform(0.3, 0.8))
        return at(name, place(every), lr=lr, factor=factor, every=every, corner=corner)

    return [
        case("before the first step", lambda every: 0),
        case("early in the first stretch", lambda every: 1),
        case("late in the first stretch", lambda every: every - 2),
        case("the last step before the first drop", lambda every: every - 1),
        case("at the first drop", lambda every: every),
        case("after the first drop", lambda every: every + 1),
        case("late in the second stretch", lambda every: 2 * every - 2),
        case("the last step before the second drop", lambda every: 2 * every - 1),
        case("at the second drop", lambda every: 2 * every),
        case("early in the third stretch", lambda every: 2 * every + 2),
        case("at the third drop", lambda every: 3 * every),
        case("in the middle of the fifth stretch", lambda every: 4 * every + every // 2 + 1),
        case("at the sixth drop", lambda every: 6 * every),
        case("stretches of hundreds of steps", lambda every: 3 * every - 10, 300, 500),
        case("a drop at every step", lambda every: 5, 1, 2, corner=0.05),
        case("a drop at every step, many steps", lambda every: 12, 1, 2, corner=0.05),
    ]


def _after(drops: Callable[[int, int], float], rate: Callable[[float, float, float], float]) -> Schedule:
    """A schedule from the number of drops and `rate(lr, factor, drops)`."""

    def step_decay(step: int, *, lr: float, factor: float, every: int) -> float:
        return rate(lr, factor, drops(step, every))

    return step_decay


def _whole(step: int, every: int) -> int:
    return step // every


def _taught(lr: float, factor: float, drops: float) -> float:
    return float(lr * factor**drops)


def _loop(step: int, *, lr: float, factor: float, every: int) -> float:
    for taken in range(1, step + 1):
        if taken % every == 0:
            lr = lr * factor
    return lr


def _while(step: int, *, lr: float, factor: float, every: int) -> float:
    while step >= every:
        step, lr = step - every, lr * factor
    return lr


def _loop_from_zero(step: int, *, lr: float, factor: float, every: int) -> float:
    for taken in range(step + 1):
        if taken % every == 0:
            lr = lr * factor
    return lr


def _loop_to_before(step: int, *, lr: float, factor: float, every: int) -> float:
    for taken in range(1, step):
        if taken % every == 0:
            lr = lr * factor
    return lr


STEP_DECAY = Exercise(
    id="step_decay",
    reference=reference.step_decay,
    cases=_cases,
    points=1,
    accepted=[
        Accepted("floor_division", _after(_whole, _taught)),
        Accepted("math_floor", _after(lambda step, every: math.floor(step / every), _taught)),
        Accepted("int_of_the_quotient", _after(lambda step, every: int(step / every), _taught)),
        Accepted("loop_over_the_steps", _loop),
        Accepted("while_there_are_drops_left", _while),
        Accepted("by_logarithms", _after(_whole, lambda lr, f, n: math.exp(math.log(lr) + n * math.log(f)))),
    ],
    mistakes=[
        Mistake(
            "smooth",
            _after(lambda step, every: step / every, _taught),
            "The quotient is not rounded, so that the rate falls a little at every step. It must stay level between "
            "two drops: `step // every`.",
            credit=0.5,
        ),
        Mistake(
            "rounds_to_the_nearest",
            _after(lambda step, every: round(step / every), _taught),
            "The quotient is rounded to the nearest number, so that the drops come half a stretch too early. Round "
            "down.",
            credit=0.5,
            forms=[_after(lambda step, every: math.floor(step / every + 0.5), _taught)],
        ),
        Mistake(
            "rounds_up",
            _after(lambda step, every: math.ceil(step / every), _taught),
            "The quotient is rounded up: the first drop comes right after step 0. Round down.",
            credit=0.5,
        ),
        Mistake(
            "one_drop_too_many",
            _after(lambda step, every: step // every + 1, _taught),
            "There is one drop too many: the rate is cut at step 0 already, which is a multiple of `every` too. The "
            "first drop comes at step = every.",
            credit=0.5,
            forms=[_loop_from_zero, _after(lambda step, every: step // every + (step > 0), _taught)],
        ),
        Mistake(
            "one_drop_too_few",
            _after(lambda step, every: max(step // every - 1, 0), _taught),
            "There is one drop too few: the first comes at step = every, not at the end of the second stretch.",
            credit=0.5,
            forms=[_after(lambda step, every: step // every - 1, _taught)],
        ),
        Mistake(
            "the_whole_is_rounded",
            lambda step, *, lr, factor, every: lr * factor**step // every,
            "The whole rate is rounded down, to 0: `**` binds more tightly than `//`. The quotient alone is rounded, "
            "so put brackets around step // every.",
            forms=[
                lambda step, *, lr, factor, every: lr * (factor**step // every),
                lambda step, *, lr, factor, every: lr * factor**step / every,
                lambda step, *, lr, factor, every: float(math.floor(lr * factor ** (step / every))),
            ],
        ),
        Mistake(
            "straight_between_the_drops",
            _after(
                lambda step, every: step / every,
                lambda lr, f, n: lr * f ** math.floor(n) * (1 - (1 - f) * (n - math.floor(n))),
            ),
            "The rate falls in a straight line from one drop to the next. It stays level between them.",
            credit=0.25,
        ),
        Mistake(
            "base_and_exponent_exchanged",
            _after(_whole, lambda lr, f, n: lr * n**f),
            "The number of drops is raised to the factor. It is the exponent, and the factor is the base.",
            credit=0.25,
            forms=[_after(_whole, lambda lr, f, n: lr * (1 + n) ** f), _after(_whole, lambda lr, f, n: lr**n * f)],
        ),
        Mistake(
            "each_drop_larger_than_the_last",
            _after(_whole, lambda lr, f, n: lr * f ** (n * (n + 1) / 2)),
            "A rate that has been lowered is lowered by all the drops again. Each drop multiplies by `factor` once.",
            credit=0.25,
            forms=[
                _after(_whole, lambda lr, f, n: lr * f ** (n * n)),
                _after(_whole, lambda lr, f, n: lr * f ** (2**n - 1)),
            ],
        ),
        Mistake(
            "one_early",
            _after(lambda step, every: (step + 1) // every, _taught),
            "The drops come one step too early. `step` counts the steps taken: the first drop is at step = every.",
            credit=0.5,
        ),
        Mistake(
            "one_late",
            _after(lambda step, every: max(step - 1, 0) // every, _taught),
            "The drops come one step too late: at step = every the rate has dropped already.",
            credit=0.5,
            forms=[_loop_to_before, _after(lambda step, every: (step - 1) // every, _taught)],
        ),
        Mistake(
            "stretches_of_another_length",
            _after(lambda step, every: step // (every + 1), _taught),
            "The stretches are a step too long or too short: from one drop to the next there are `every` steps.",
            credit=0.5,
            forms=[_after(lambda step, every: step // max(every - 1, 1), _taught)],
        ),
        Mistake(
            "back_to_the_first_rate",
            lambda step, *, lr, factor, every: lr * factor if every <= step < 2 * every else lr,
            "After the second drop the first rate is back. Every drop starts from the rate that is in force.",
            credit=0.25,
            forms=[lambda step, *, lr, factor, every: lr * factor if step // every % 2 else lr],
        ),
        Mistake(
            "only_at_the_drops",
            lambda step, *, lr, factor, every: lr * factor ** (step // every) if step % every == 0 else lr,
            "The rate is low at the step of the drop alone and back at once. A drop lasts.",
            credit=0.25,
            forms=[
                lambda step, *, lr, factor, every: lr * factor if step % every == 0 else lr,
                lambda step, *, lr, factor, every: lr * factor if step % every == 0 and step else lr,
            ],
        ),
        Mistake(
            "one_drop",
            lambda step, *, lr, factor, every: lr * factor if step >= every else lr,
            "It drops once and never again. How many drops have there been after `step` steps?",
            credit=0.25,
        ),
        Mistake(
            "factor_times_the_count",
            _after(_whole, lambda lr, f, n: lr * f * n if n else lr),
            "The factor is multiplied by the number of drops. Each drop multiplies once more: raise it to that number.",
            credit=0.25,
            forms=[_after(_whole, lambda lr, f, n: lr * f * n), _after(_whole, lambda lr, f, n: lr * f * (n + 1))],
        ),
        Mistake(
            "a_drop_at_every_step",
            lambda step, *, lr, factor, every: lr * factor**step,
            "The exponent is the number of steps. It is the number of drops, one in `every` steps.",
            credit=0.25,
            forms=[lambda step, *, lr, factor, every: lr * factor ** (step * every)],
        ),
        Mistake(
            "remainder",
            _after(lambda step, every: step % every, _taught),
            "The exponent is the remainder, step % every: steps since the last drop. Count the drops, step // every.",
            credit=0.25,
        ),
        Mistake(
            "share_taken_away",
            _after(_whole, lambda lr, f, n: lr * (1 - f) ** n),
            "`factor` is taken for the share that a drop takes away. It is what is left: multiply by it.",
            credit=0.5,
        ),
        Mistake(
            "grows",
            _after(_whole, lambda lr, f, n: lr / f**n),
            "The rate grows: a factor below 1 is divided by. Multiply by it.",
            credit=0.25,
        ),
        Mistake(
            "subtracts",
            _after(_whole, lambda lr, f, n: lr - f * n),
            "Every drop takes the same amount off. A drop multiplies the rate by `factor`.",
            forms=[
                _after(_whole, lambda lr, f, n: max(lr - f * n, 0.0)),
                _after(_whole, lambda lr, f, n: lr * (1 - f * n)),
                _after(_whole, lambda lr, f, n: lr - lr * (1 - f) * n),
                _after(_whole, lambda lr, f, n: max(lr - lr * (1 - f) * n, 0.0)),
            ],
        ),
        Mistake(
            "divides_by_the_count",
            _after(_whole, lambda lr, f, n: lr * f / n if n else lr),
            "The number of drops stands in a denominator. It is the exponent of `factor`.",
            credit=0.25,
            forms=[_after(_whole, lambda lr, f, n: lr / (1 + f * n)), _after(_whole, lambda lr, f, n: lr / (1 + n))],
        ),
        Mistake(
            "lr_raised_too",
            _after(_whole, lambda lr, f, n: (lr * f) ** n),
            "lr is raised to the power as well. Only the factor is: before the first drop the rate is lr.",
            credit=0.5,
            forms=[_after(_whole, lambda lr, f, n: (lr * f) ** n if n else lr)],
        ),
        Mistake(
            "quotient_upside_down",
            lambda step, *, lr, factor, every: lr * factor ** (every // step) if step else lr,
            "The quotient is upside down: the number of drops grows with the steps, step // every.",
        ),
        Mistake(
            "returns_the_factor",
            _after(_whole, lambda lr, f, n: f**n),
            "This is what is left of the rate as a share. Multiply lr by it.",
            credit=0.5,
        ),
    ],
)
