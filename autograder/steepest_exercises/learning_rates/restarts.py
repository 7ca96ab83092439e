"""Exercise `cosine_restarts` of `04_learning_rates`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake

from steepest_exercises.learning_rates import reference
from steepest_exercises.learning_rates.cases import Leg, at, cosine_leg, straight_leg

Schedule = Callable[..., float]
Cycles = Callable[[int, int, int], tuple[float, float]]

EQUAL = 0.02  # there are five cases with cycles of equal length, in which a formula may divide by growth − 1
LEFT_OUT = 3  # of these are without a growth


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, place: Callable[[int], int], growth: int = 0, *, to_zero: bool = False) -> Case:
        period, lr = int(rng.integers(9, 16)), float(rng.uniform(0.2, 0.9))
        constants = {"lr": lr, "lr_end": 0.0 if to_zero else lr * float(rng.uniform(0.1, 0.3)), "period": period}
        corner = EQUAL if growth in (0, 1) else 0.0
        return at(name, place(period), **constants, **({"growth": growth} if growth else {}), corner=corner)

    return [
        case("before the first step", lambda T: 0, 2),
        case("after one step", lambda T: 1, 2),
        case("a third of the way through the first cycle", lambda T: T // 3, 3),
        case("late in the first cycle", lambda T: T - 2, 2),
        case("the last step of the first cycle", lambda T: T - 1, 1),
        case("at the first restart", lambda T: T, 2),
        case("one step after the first restart", lambda T: T + 1),
        case("early in the second cycle, twice as long", lambda T: T + T // 3, 2),
        case("the middle of the second cycle, twice as long", lambda T: 2 * T + 1, 2),
        case("the last step of the second cycle, twice as long", lambda T: 3 * T - 1, 2),
        case("the second restart of equal cycles", lambda T: 2 * T, 1),
        case("in the third of equal cycles", lambda T: 2 * T + T // 2 + 1),
        case("the second restart, cycles that double", lambda T: 3 * T, 2),
        case("in the third cycle, each twice as long", lambda T: 3 * T + T + 2, 2),
        case("in the second cycle, three times as long", lambda T: T + T + 3, 3),
        case("in the third cycle, each three times as long", lambda T: 4 * T + 4 * T + 1, 3),
        case("in the tenth of equal cycles", lambda T: 9 * T + T // 3 + 1),
        case("an end of zero", lambda T: T + T // 4 + 1, 2, to_zero=True),
        at(
            "the third restart, cycles that grow tenfold",
            222,
            lr=float(rng.uniform(0.2, 0.9)),
            lr_end=0.05,
            period=2,
            growth=10,
            corner=0.1,
        ),  # the logarithm of 1000 to the base 10 may come out just under 3
    ]


def _cycles(lengths: Callable[[int, int], Iterator[float]], *, late: int = 0) -> Cycles:
    """Step within the cycle, and the length of it, from the lengths of all."""

    def found(step: int, period: int, growth: int) -> tuple[float, float]:
        for length in lengths(period, growth):
            if step < length + late:
                return step, length
            step -= int(length) + late
        raise AssertionError

    return found


def _growing(period: int, growth: int) -> Iterator[float]:
    return (period * growth**number for number in itertools.count())


def _sums(step: int, period: int, growth: int) -> tuple[float, float]:
    """Where the cycle begins, by the sum of the geometric series."""
    number = 0
    while period * sum(growth**n for n in range(number + 1)) <= step:
        number += 1
    begin = period * sum(growth**n for n in range(number))
    return step - begin, period * growth**number


def _logarithm(step: int, period: int, growth: int) -> tuple[float, float]:
    """As torch finds the cycle."""
    if growth == 1:
        return step % period, period
    number = int(math.log(step / period * (growth - 1) + 1 + 1e-9, growth))
    begin = round(period * (growth**number - 1) / (growth - 1))
    return step - begin, period * growth**number


def _within(cycles: Cycles, leg: Leg = cosine_leg, *, shorter: int = 0) -> Schedule:
    """A schedule that runs from lr to lr_end in every cycle; its divisor may be shorter than the cycle."""

    def cosine_restarts(step: int, *, lr: float, lr_end: float, period: int, growth: int = 1) -> float:
        within, length = cycles(step, period, growth)
        return leg(lr, lr_end, within / (length - shorter))

    return cosine_restarts


def _torch_like(step: int, *, lr: float, lr_end: float, period: int, growth: int = 1) -> float:
    while step >= period:
        step -= period
        period *= growth
    return float(lr_end + 0.5 * (lr - lr_end) * (1 + np.cos(np.pi * step / period)))


def _first_length_kept(step: int, period: int, growth: int) -> tuple[float, float]:
    """The steps of the right cycle, over the length of the first."""
    return taught(step, period, growth)[0], period


def _last_length(step: int, period: int, growth: int) -> tuple[float, float]:
    """The cycles are all as long as the first, and the divisor grows."""
    return step % period, period * growth ** (step // period)


def _one_restart(step: int, period: int, growth: int) -> tuple[float, float]:
    """The second cycle never ends."""
    return (step, period) if step < period else (step - period, period * growth)


def _global(step: int, period: int, growth: int) -> tuple[float, float]:
    """The cosine of the step since the start of training, over the length of the cycle."""
    return step, taught(step, period, growth)[1]


def _remainder(step: int, period: int, growth: int) -> tuple[float, float]:
    """The remainder by the length of the running cycle."""
    length = taught(step, period, growth)[1]
    return step % length, length


def _half_cosine_twice(start: float, end: float, share: float) -> float:
    return cosine_leg(start, end, 2 * share)


def _quarter(start: float, end: float, share: float) -> float:
    return end + (start - end) * math.cos(math.pi / 2 * share)


def _not_beyond(start: float, end: float, share: float) -> float:
    """Half a cosine that stays at its end."""
    return cosine_leg(start, end, min(share, 1.0))


def _half_forgotten(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share))


def _upwards(start: float, end: float, share: float) -> float:
    return cosine_leg(end, start, share)


def _end_forgotten(start: float, end: float, share: float) -> float:
    return cosine_leg(start, 0.0, share)


def _end_added(start: float, end: float, share: float) -> float:
    return end + cosine_leg(start, 0.0, share)


def _end_not_added(start: float, end: float, share: float) -> float:
    return cosine_leg(start - end, 0.0, share)


def _degrees(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(180 * share)) / 2


def _no_pi(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(share)) / 2


def _shrinking(step: int, *, lr: float, lr_end: float, period: int, growth: int = 1) -> float:
    """Each cycle begins lower than the one before."""
    while step >= period:
        step, period, lr = step - period, period * growth, lr / growth
    return cosine_leg(lr, lr_end, step / period)


def _shrinking_by(factor: float) -> Schedule:
    """Each cycle begins at this share of the one before."""

    def cosine_restarts(step: int, *, lr: float, lr_end: float, period: int, growth: int = 1) -> float:
        while step >= period:
            step, period, lr = step - period, period * growth, lr * factor
        return cosine_leg(lr, lr_end, step / period)

    return cosine_restarts


def _grown_first(step: int, period: int, growth: int, *, never_below: bool = False) -> tuple[float, float]:
    """The length grows, and the new one is taken off; `never_below`: the old one where the new one is too long."""
    while step >= period:
        old, period = period, period * growth
        step -= old if never_below and step < period else period
    return step, period


def _until_after(step: int, period: int, growth: int) -> tuple[float, float]:
    """A cycle is taken off only once its length is exceeded."""
    while step > period:
        step, period = step - period, period * growth
    return step, period


def _equal_until_after(step: int, period: int) -> tuple[float, float]:
    """The same for cycles of equal length."""
    return (step - 1) % period + 1 if step else 0, period


def _shifted(step: int, period: int, growth: int) -> tuple[float, float]:
    """One step further in its cycle."""
    within, length = taught(step, period, growth)
    return within + 1, length


def _two_divisors(first: int, later: int) -> Schedule:
    """The divisor is the length less `first` in the first cycle, and less `later` in the others."""

    def cosine_restarts(step: int, *, lr: float, lr_end: float, period: int, growth: int = 1) -> float:
        within, length = taught(step, period, growth)
        return cosine_leg(lr, lr_end, within / (length - (first if step < period else later)))

    return cosine_restarts


taught = _cycles(_growing)

COSINE_RESTARTS = Exercise(
    id="cosine_restarts",
    reference=reference.cosine_restarts,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("subtracts_cycles", _within(_cycles(_growing))),
        Accepted("geometric_series", _within(_sums)),
        Accepted("by_a_logarithm", _within(_logarithm)),
        Accepted("while_loop", _torch_like),
        Accepted(
            "end_is_reached",
            _within(_cycles(_growing), shorter=1),
            "the last step of a cycle of length T reaches lr_end, since t is divided by T - 1; the lesson, the paper "
            "and torch divide by T.",
        ),
    ],
    mistakes=[
        Mistake(
            "no_restart",
            _within(lambda step, period, growth: (step, period)),
            "It never restarts: after the first cycle the cosine swings on and climbs back slowly, or the rate stays "
            "at lr_end. At step T it must jump back to lr.",
            credit=0.25,
            forms=[_within(lambda step, period, growth: (min(step, period), period))],
        ),
        Mistake(
            "growth_ignored",
            _within(lambda step, period, growth: (step % period, period)),
            "All cycles are equally long. Each is `growth` times as long as the one before, so that the remainder of a "
            "division does not find the place in it.",
            credit=0.5,
            forms=[
                _within(lambda step, period, growth: (step % period, period - 1)),
                _within(lambda step, period, growth: (step % (period * growth), period * growth)),
            ],
        ),
        Mistake(
            "growth_added",
            _within(_cycles(lambda period, growth: (period + growth * n for n in itertools.count()))),
            "The cycles get longer by the same number of steps each time, by `growth` or by a multiple of the period. "
            "Each has to be `growth` times as long as the one before.",
            credit=0.25,
            forms=[
                _within(_cycles(lambda period, growth: (period + (growth - 1) * n for n in itertools.count()))),
                _within(_cycles(lambda period, growth: (period * (1 + (growth - 1) * n) for n in itertools.count()))),
                _within(_cycles(lambda period, growth: (period * (1 + growth * n) for n in itertools.count()))),
                _within(_cycles(lambda period, growth: (period * (growth * n if n else 1) for n in itertools.count()))),
                _within(_cycles(lambda period, growth: (period * (n + 1) for n in itertools.count()))),
            ],
        ),
        Mistake(
            "grows_at_once",
            _within(_cycles(lambda period, growth: (period * growth ** (n + 1) for n in itertools.count()))),
            "The first cycle is `growth` times too long already. It has `period` steps, and the second is the first "
            "that is longer.",
            credit=0.5,
        ),
        Mistake(
            "grows_before_it_is_taken_off",
            _within(_grown_first),
            "The length grows before the old one has been taken off the step, so that the cycle that is over counts "
            "with the length of the next one. Take it off first.",
            credit=0.5,
            forms=[
                _within(lambda step, period, growth: _grown_first(step, period, growth, never_below=True)),
            ],
        ),
        Mistake(
            "cycles_shrink",
            _within(_cycles(lambda period, growth: (max(period // growth**n, 1) for n in itertools.count()))),
            "The cycles get shorter: the length is divided by `growth`. Multiply by it.",
            credit=0.25,
            forms=[_within(_cycles(lambda period, growth: (max(period - growth * n, 1) for n in itertools.count())))],
        ),
        Mistake(
            "restart_belongs_to_the_old_cycle",
            _within(_until_after),
            "At step T the old cycle is still running, with the rate at lr_end. A cycle has the steps 0 to T - 1, and "
            "step T restarts: `>=`, not `>`.",
            credit=0.5,
            forms=[_within(lambda step, period, growth: _equal_until_after(step, period))],
        ),
        Mistake(
            "divided_by_one_more",
            _within(taught, shorter=-1),
            "The place in a cycle is divided by T + 1, so that the rate falls too slowly. Divide by T, or by T - 1.",
            credit=0.5,
        ),
        Mistake(
            "counts_from_one",
            _within(lambda step, period, growth: _shifted(step, period, growth)),
            "The place in a cycle counts from 1, so that no cycle begins at lr. At a restart t is 0.",
            credit=0.5,
        ),
        Mistake(
            "another_default",
            lambda step, *, lr, lr_end, period, growth=2: reference.cosine_restarts(
                step, lr=lr, lr_end=lr_end, period=period, growth=growth
            ),
            "Where `growth` is left out another number than 1 stands in its place: then all cycles are equally long.",
            credit=1 - LEFT_OUT * EQUAL,
        ),
        Mistake(
            "powers_of_the_period",
            _within(_cycles(lambda period, growth: (period ** (n + 1) for n in itertools.count()))),
            "The period itself is raised to a power. What multiplies from cycle to cycle is `growth`.",
            credit=0.25,
            forms=[
                _within(_cycles(lambda period, growth: (period**growth if n else period for n in itertools.count())))
            ],
        ),
        Mistake(
            "length_does_not_grow",
            _within(_first_length_kept),
            "The restarts are right, but within a longer cycle the step is divided by the length of the first one. "
            "Divide by the length of the cycle that is running.",
            credit=0.5,
            forms=[_within(_last_length)],
        ),
        Mistake(
            "one_restart",
            _within(_one_restart),
            "It restarts once, and the second cycle never ends. Take cycles off for as long as the step lies beyond "
            "one: `while`, not `if`.",
            credit=0.5,
            forms=[
                _within(lambda step, period, growth: (step, period) if step < period else (step - period, period)),
                _within(_one_restart, _not_beyond),
                _within(
                    lambda step, period, growth: (step, period) if step < period else (step - period, period),
                    _not_beyond,
                ),
            ],
        ),
        Mistake(
            "growth_grows",
            _within(_cycles(lambda period, growth: (period * growth ** (2**n - 1) for n in itertools.count()))),
            "The factor grows from cycle to cycle too, so that the third cycle is too long. Each cycle is `growth` "
            "times as long as the one before: that number stays what it was.",
            credit=0.5,
            forms=[
                _within(
                    _cycles(lambda period, growth: (period * growth ** (n * (n + 1) // 2) for n in itertools.count()))
                ),
                _within(
                    _cycles(
                        lambda period, growth: (
                            period * math.prod(range(growth, growth + n)) for n in itertools.count()
                        )
                    )
                ),
            ],
        ),
        Mistake(
            "warm_start_low",
            _within(taught, _upwards),
            "Each cycle begins at lr_end and climbs. A restart jumps up to lr, and the cosine comes down from there.",
            credit=0.25,
            forms=[_within(lambda step, period, growth: (step % period, period), _upwards)],
        ),
        Mistake(
            "one_late",
            _within(_cycles(_growing, late=1)),
            "A cycle has one step too many or too few: it restarts at step T, whose place in the new cycle is 0.",
            credit=0.5,
            forms=[
                _within(lambda step, period, growth: taught(step + 1, period, growth)),
                _within(_cycles(_growing, late=-1)),
                _within(lambda step, period, growth: taught(max(step - 1, 0), period, growth)),
                _within(_cycles(_growing, late=-1), shorter=1),
                _within(_cycles(lambda period, growth: ((period - 1) * growth**n for n in itertools.count()))),
            ],
        ),
        Mistake(
            "lr_end_forgotten",
            _within(taught, _end_forgotten),
            "The result does not depend on lr_end: the rate falls towards 0 in every cycle.",
            credit=0.5,
        ),
        Mistake(
            "lr_end_added",
            _within(taught, _end_added),
            "lr_end is added to a cosine of the full height, so that a cycle begins above lr. The cosine's height is "
            "lr - lr_end.",
            credit=0.5,
        ),
        Mistake(
            "lr_end_not_added",
            _within(taught, _end_not_added),
            "The cosine has the right height, lr - lr_end, and stands on 0. It has to stand on lr_end.",
            credit=0.5,
        ),
        Mistake(
            "from_the_global_step",
            _within(_global),
            "The cosine is that of the step since the start of training. Within a cycle t begins at 0 again.",
            credit=0.25,
        ),
        Mistake(
            "remainder_of_the_running_length",
            _within(_remainder),
            "The place in a cycle is taken as the remainder of the step by the cycle's length. The cycles before were "
            "shorter: take their lengths off the step.",
            credit=0.5,
        ),
        Mistake(
            "whole_cosine",
            _within(taught, _half_cosine_twice),
            "A cycle goes down and up again, a whole period of 2π. Half a period, π, comes down; then the rate jumps.",
            credit=0.25,
            forms=[_within(lambda step, period, growth: (step % period, period), _half_cosine_twice)],
        ),
        Mistake(
            "quarter_cosine",
            _within(taught, _quarter),
            "This is a quarter of a period. Half of one is asked for: ½(1 + cos πt/T).",
            credit=0.25,
            forms=[_within(taught, lambda start, end, a: start + (end - start) * math.sin(math.pi / 2 * a))],
        ),
        Mistake(
            "half_forgotten",
            _within(taught, _half_forgotten),
            "1 + cos goes from 2 to 0. Halve all of it, so that a cycle begins at lr.",
            credit=0.25,
            forms=[
                _within(taught, lambda start, end, a: end + (start - end) * (0.5 + math.cos(math.pi * a))),
                _within(taught, lambda start, end, a: end + (start - end) / 2 + math.cos(math.pi * a)),
                _within(taught, lambda start, end, a: end + (start - end) * math.cos(math.pi * a)),
                _within(taught, lambda start, end, a: end + (start - end) * (1 + math.cos(math.pi * a) / 2)),
            ],
        ),
        Mistake(
            "straight_line",
            _within(taught, straight_leg),
            "A cycle is a straight line here. Half a cosine is level at first and at last.",
            credit=0.25,
        ),
        Mistake(
            "first_rate_shrinks",
            _shrinking,
            "Each cycle begins lower than the one before, as where `growth` or another factor is applied to the rate "
            "as well. Every restart goes back to lr.",
            credit=0.5,
            forms=[_shrinking_by(0.5), _shrinking_by(0.9), _shrinking_by(0.8)],
        ),
        Mistake(
            "two_divisors_mixed",
            _two_divisors(1, 0),
            "The first cycle is divided otherwise than the others, T - 1 in one place and T in another. Either is "
            "accepted when it is used in every cycle.",
            credit=0.5,
            forms=[_two_divisors(0, 1)],
        ),
        Mistake(
            "angle_without_pi",
            _within(taught, _no_pi),
            "The angle is not in radians that end at π: over a cycle it has to go from 0 to π, so `math.pi * t / T`.",
            credit=0.25,
            forms=[_within(taught, _degrees)],
        ),
    ],
)
