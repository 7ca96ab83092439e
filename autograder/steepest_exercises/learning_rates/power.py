"""Exercise `power_decay` of `04_learning_rates`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake

from steepest_exercises.learning_rates import reference
from steepest_exercises.learning_rates.cases import at

Rule = Callable[[int, float, float, float], float]

LEFT_OUT = 0.05  # of each case without a constant, which a function without defaults fails


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, low: int, high: int, *, corner: float = 0.0, **constants: float) -> Case:
        return at(name, int(rng.integers(low, high)), lr=float(rng.uniform(0.1, 0.6)), corner=corner, **constants)

    def drawn(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    return [
        case("rate and power left out", 4, 12, corner=LEFT_OUT),
        case("the first step, all left out", 0, 1, corner=LEFT_OUT),
        case("after one step", 1, 2, rate=drawn(0.3, 0.7), power=drawn(1.3, 1.7)),
        case("before the first step", 0, 1, rate=drawn(0.1, 0.3), power=drawn(0.6, 0.8)),
        case("hyperbolic with a small rate", 20, 60, rate=drawn(0.01, 0.05), power=1.0),
        case("hyperbolic with a large rate", 5, 9, rate=drawn(2, 3), power=1.0),
        case("one over the root", 10, 30, rate=1.0, power=0.5),
        case("one over the root, slowly", 40, 90, rate=drawn(0.05, 0.1), power=0.5),
        case("one over the square", 4, 9, rate=1.0, power=2.0),
        case("one over the square, slowly", 20, 40, rate=drawn(0.05, 0.1), power=2.0),
        case("a power between a half and one", 30, 60, rate=drawn(0.1, 0.3), power=drawn(0.6, 0.9)),
        case("a power of its own, rate left out", 20, 40, power=drawn(0.6, 0.8), corner=LEFT_OUT),
        case("a rate of its own, power left out", 20, 40, rate=drawn(0.2, 0.4), corner=LEFT_OUT),
        case("many steps", 2000, 4000, rate=drawn(0.005, 0.01), power=drawn(1.2, 1.5)),
        case("a power of zero", 5, 30, rate=drawn(0.2, 0.5), power=0.0, corner=0.1),
        case("a rate of zero", 5, 30, rate=0.0, power=drawn(0.6, 1.5), corner=0.1),
    ]


def _schedule(rule: Rule) -> Callable[..., float]:
    """A schedule from `rule(k, lr, d, p)`."""

    def power_decay(step: int, *, lr: float, rate: float = 1.0, power: float = 1.0) -> float:
        return rule(step, lr, rate, power)

    return power_decay


def _in_numpy(k: int, lr: float, d: float, p: float) -> float:
    return float(lr * np.power(np.float64(1 + d * k), -p))


def _again_and_again(k: int, lr: float, d: float, p: float) -> float:
    for step in range(1, k + 1):
        lr = lr / (1 + d * step) ** p
    return lr


def _again_by_the_rate(k: int, lr: float, d: float, p: float) -> float:
    for _ in range(k):
        lr = lr / (1 + d) ** p
    return lr


def _defaults(first: float, second: float) -> Callable[..., float]:
    """The formula, with these in the place of a rate and a power that are left out."""

    def power_decay(step: int, *, lr: float, rate: float = first, power: float = second) -> float:
        return float(lr / (1 + rate * step) ** power)

    return power_decay


POWER_DECAY = Exercise(
    id="power_decay",
    reference=reference.power_decay,
    cases=_cases,
    points=1,
    accepted=[
        Accepted("as_printed", _schedule(lambda k, lr, d, p: lr / (1 + d * k) ** p)),
        Accepted("by_logarithms", _schedule(lambda k, lr, d, p: lr * math.exp(-p * math.log1p(d * k)))),
        Accepted("math_pow", _schedule(lambda k, lr, d, p: lr * math.pow(1 / (1 + d * k), p))),
        Accepted("in_numpy", _schedule(_in_numpy)),
    ],
    mistakes=[
        Mistake(
            "compounding",
            _schedule(_again_and_again),
            "The rate that has been lowered is divided again at every step, so that it falls far too fast. Every step "
            "divides the first rate.",
            credit=0.25,
            forms=[_schedule(_again_by_the_rate)],
        ),
        Mistake(
            "rate_outside",
            _schedule(lambda k, lr, d, p: lr * d / (1 + k) ** p),
            "`rate` multiplies the whole rate, and not the steps. At step 0 the result must be lr, whatever `rate` is.",
            credit=0.25,
            forms=[
                _schedule(lambda k, lr, d, p: lr / (d * (1 + k)) ** p if d else math.inf),
                _schedule(lambda k, lr, d, p: lr * d / (1 + d * k) ** p),
            ],
        ),
        Mistake(
            "rate_added",
            _schedule(lambda k, lr, d, p: lr / (1 + d + k) ** p),
            "`rate` is added to the steps. It multiplies them, and 1 is added to that: 1 + rate·step.",
            credit=0.25,
            forms=[_schedule(lambda k, lr, d, p: lr / (d + k) ** p if d + k else math.inf)],
        ),
        Mistake(
            "power_inside",
            _schedule(lambda k, lr, d, p: lr / (1 + (d * k) ** p)),
            "The power stands inside and holds of the steps alone. Add 1 first: (1 + rate·step) as a whole is raised "
            "to it.",
            credit=0.5,
            forms=[_schedule(lambda k, lr, d, p: lr / (1 + d * k**p))],
        ),
        Mistake(
            "counts_from_one",
            _schedule(lambda k, lr, d, p: lr / (1 + d * (k + 1)) ** p),
            "It is one step ahead: `step` counts the steps that have been taken, and at step 0 the rate is lr.",
            credit=0.5,
            forms=[
                _schedule(lambda k, lr, d, p: lr / (2 + d * k) ** p),
                _schedule(lambda k, lr, d, p: lr / (1 + d * max(k - 1, 0)) ** p),
            ],
        ),
        Mistake(
            "exponential",
            _schedule(lambda k, lr, d, p: lr * math.exp(-d * k) ** p),
            "This is exponential decay, which falls much faster: in the long run by the same factor at every step. A "
            "power of the number of steps is asked for.",
            credit=0.25,
            forms=[
                _schedule(lambda k, lr, d, p: lr * math.exp(-d * k)),
                _schedule(lambda k, lr, d, p: lr * (1 - d) ** k),
                _schedule(lambda k, lr, d, p: lr * d**k),
                _schedule(lambda k, lr, d, p: lr * p**k),
            ],
        ),
        Mistake(
            "one_missing",
            _schedule(lambda k, lr, d, p: lr / (d * max(k, 1)) ** p if d else math.inf),
            "The 1 in the denominator is missing: at step 0 that divides by zero, and later the rate is too large.",
            credit=0.25,
            forms=[
                _schedule(lambda k, lr, d, p: lr / (d * k) ** p),
                _schedule(lambda k, lr, d, p: lr if k == 0 else lr / (d * k) ** p if d else math.inf),
            ],
        ),
        Mistake(
            "power_forgotten",
            _schedule(lambda k, lr, d, p: lr / (1 + d * k)),
            "The result does not depend on `power`: this is always 1/(1 + rate·step), also where a root or a square is "
            "asked for.",
            credit=0.5,
        ),
        Mistake(
            "power_made_whole",
            _schedule(lambda k, lr, d, p: lr / (1 + d * k) ** int(p)),
            "The power is rounded to a whole number, as where a loop multiplies so many times. It may be any number: "
            "`** power`.",
            credit=0.5,
            forms=[
                _schedule(lambda k, lr, d, p: lr / (1 + d * k) ** round(p)),
                _schedule(lambda k, lr, d, p: lr / (1 + d * k) ** math.ceil(p)),
                _schedule(lambda k, lr, d, p: lr / (1 + d * k) ** max(int(p), 1)),
            ],
        ),
        Mistake(
            "rate_forgotten",
            _schedule(lambda k, lr, d, p: lr / (1 + k) ** p),
            "The result does not depend on `rate`, which says how fast the steps count.",
            credit=0.5,
        ),
        Mistake(
            "rate_divides_the_steps",
            _schedule(lambda k, lr, d, p: lr / (1 + k / d) ** p if d else 0.0),
            "The steps are divided by `rate`, as by a number of steps. It multiplies them: the larger it is, the "
            "faster the decay.",
            credit=0.5,
        ),
        Mistake(
            "power_as_a_factor",
            _schedule(lambda k, lr, d, p: lr / ((1 + d * k) * p) if p else math.inf),
            "The power is a factor here. It is an exponent: `** power`.",
            credit=0.25,
            forms=[
                _schedule(lambda k, lr, d, p: lr / (1 + d * k) * p),
                _schedule(lambda k, lr, d, p: lr / (1 + d * k * p)),
            ],
        ),
        Mistake(
            "lr_raised_too",
            _schedule(lambda k, lr, d, p: (lr / (1 + d * k)) ** p),
            "lr is raised to the power as well. Only 1 + rate·step is: at step 0 the rate must be lr.",
            credit=0.5,
            forms=[_schedule(lambda k, lr, d, p: lr**p / (1 + d * k))],
        ),
        Mistake(
            "grows",
            _schedule(lambda k, lr, d, p: lr * (1 + d * k) ** p),
            "The rate grows with the steps: divide by the power.",
            credit=0.25,
            forms=[_schedule(lambda k, lr, d, p: lr * (1 + d * k))],
        ),
        Mistake(
            "root_for_the_power",
            _schedule(lambda k, lr, d, p: lr / (1 + d * k) ** (1 / p) if p else 0.0),
            "The exponent is 1/power here: with power ½ the denominator must be the root, and not the square.",
            credit=0.25,
            forms=[_schedule(lambda k, lr, d, p: lr / math.sqrt(1 + d * k))],
        ),
        Mistake(
            "straight_line",
            _schedule(lambda k, lr, d, p: lr - d * k),
            "Every step takes the same amount off: that is a straight line, which goes below zero. The rate is divided "
            "by something that grows.",
            forms=[
                _schedule(lambda k, lr, d, p: lr * (1 - d * k) ** p if d * k < 1 else 0.0),
                _schedule(lambda k, lr, d, p: max(0.0, lr * (1 - d * k))),
            ],
        ),
        Mistake(
            "minus_in_the_denominator",
            _schedule(lambda k, lr, d, p: lr / abs(1 - d * k) ** p if d * k != 1 else math.inf),
            "The denominator has a minus where a plus belongs: it shrinks first, and the rate grows.",
            credit=0.25,
            forms=[_schedule(lambda k, lr, d, p: lr / (1 - d * k) ** p if d * k != 1 else math.inf)],
        ),
        Mistake(
            "rate_and_power_exchanged",
            _schedule(lambda k, lr, d, p: lr / (1 + p * k) ** d),
            "`rate` and `power` have changed places: the rate multiplies the steps, and the power is the exponent.",
            credit=0.5,
            forms=[
                _schedule(lambda k, lr, d, p: lr / (1 + k**d) ** p),
                _schedule(lambda k, lr, d, p: lr / (1 + k) ** d),
            ],
        ),
        Mistake(
            "brackets_in_the_wrong_place",
            _schedule(lambda k, lr, d, p: lr / ((1 + d) * max(k, 1)) ** p),
            "The 1 and the steps have got into the wrong brackets. First `rate` times the steps, then 1 added, then "
            "the power of the sum, and `lr` divided by all of that.",
            credit=0.25,
            forms=[
                _schedule(lambda k, lr, d, p: lr / ((1 + d) * k) ** p if k else lr),
                _schedule(lambda k, lr, d, p: lr / ((1 + d) * k) ** p if k else math.inf),
                _schedule(lambda k, lr, d, p: lr / (1 + d) ** p * k),
                _schedule(lambda k, lr, d, p: lr / 1 + (d * k) ** p),
                _schedule(lambda k, lr, d, p: lr / 1 + d * k**p),
                _schedule(lambda k, lr, d, p: lr / (1 + d) * k**p),
                _schedule(lambda k, lr, d, p: lr / (1 + d) ** p),
                _schedule(lambda k, lr, d, p: 1 / (lr + d * k) ** p),
                _schedule(lambda k, lr, d, p: 1 / (1 + d * k) ** (p * lr)),
            ],
        ),
        Mistake(
            "another_default",
            _defaults(1.0, 0.5),
            "The formula is right, but where `rate` or `power` is left out another number than 1 stands in its place.",
            credit=0.9,
            forms=[
                _defaults(1.0, 2.0),
                _defaults(1.0, 0.0),
                _defaults(0.1, 1.0),
                _defaults(0.0, 1.0),
                _defaults(0.01, 1.0),
                _defaults(0.5, 1.0),
                _defaults(0.0, 0.0),
                _defaults(0.1, 0.5),
                _defaults(2.0, 1.0),
            ],
        ),
        Mistake(
            "returns_the_factor",
            _schedule(lambda k, lr, d, p: 1 / (1 + d * k) ** p),
            "This is the factor by which lr shrinks. Multiply lr by it.",
            credit=0.5,
        ),
    ],
)
