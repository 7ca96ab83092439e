"""Exercise `one_cycle` of `04_learning_rates`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake

from steepest_exercises.learning_rates import reference
from steepest_exercises.learning_rates.cases import Leg, at, cosine_leg, straight_leg

Schedule = Callable[..., float]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, place: Callable[[int, int], int], *, early: bool = True, corner: float = 0.0) -> Case:
        n_steps = int(rng.integers(50, 120))
        peak = int(n_steps * rng.uniform(0.2, 0.4 if early else 0.3)) if early else int(n_steps * rng.uniform(0.6, 0.8))
        lr_max = float(rng.uniform(0.5, 1.5))
        ends = {"lr_start": lr_max * float(rng.uniform(0.1, 0.3)), "lr_end": lr_max * float(rng.uniform(0.01, 0.05))}
        return at(name, place(peak, n_steps), **ends, lr_max=lr_max, peak=peak, n_steps=n_steps, corner=corner)

    return [
        case("before the first step", lambda peak, n: 0),
        case("after one step", lambda peak, n: 1),
        case("a quarter of the way up", lambda peak, n: peak // 4 + 1),
        case("half way up", lambda peak, n: peak // 2 + 1),
        case("three quarters of the way up", lambda peak, n: 3 * peak // 4),
        case("one step before the peak", lambda peak, n: peak - 1),
        case("at the peak", lambda peak, n: peak, corner=0.05),
        case("one step after the peak", lambda peak, n: peak + 1),
        case("a quarter of the way down", lambda peak, n: peak + (n - peak) // 4),
        case("half way down", lambda peak, n: peak + (n - peak) // 2 + 2),
        case("three quarters of the way down", lambda peak, n: peak + 3 * (n - peak) // 4),
        case("the last step but one", lambda peak, n: n - 2),
        case("the last step", lambda peak, n: n - 1, corner=0.1),
        case("a late peak, on the way up", lambda peak, n: peak // 3, early=False),
        case("a late peak, at it", lambda peak, n: peak, early=False, corner=0.05),
        case("a late peak, on the way down", lambda peak, n: peak + (n - peak) // 3 + 1, early=False),
    ]


def _legs(
    up: Leg = cosine_leg,
    down: Leg = cosine_leg,
    *,
    top: int = 0,
    last: int = -1,
    first: str = "lr_start",
    end: str = "lr_end",
    second: str = "lr_max",
) -> Schedule:
    """Two legs that meet `top` steps after the peak and end at n_steps + last, between rates of these names."""

    def one_cycle(step: int, *, peak: int, n_steps: int, **rates: float) -> float:
        summit, bottom = peak + top, n_steps + last
        if step <= summit:
            return up(rates[first], rates["lr_max"], step / summit)
        return down(rates[second], rates[end], (step - summit) / (bottom - summit))

    return one_cycle


def _halves(step: int, *, lr_start: float, lr_max: float, lr_end: float, peak: int, n_steps: int) -> float:
    """Written as the mean of two rates and half of their difference."""
    low, share = (lr_start, 1 - step / peak) if step < peak else (lr_end, (step - peak) / (n_steps - 1 - peak))
    return float((lr_max + low) / 2 + (lr_max - low) / 2 * np.cos(np.pi * share))


def _sine(step: int, *, lr_start: float, lr_max: float, lr_end: float, peak: int, n_steps: int) -> float:
    """By the square of a sine."""
    if step <= peak:
        return float(lr_start + (lr_max - lr_start) * np.sin(np.pi / 2 * step / peak) ** 2)
    return float(lr_end + (lr_max - lr_end) * np.cos(np.pi / 2 * (step - peak) / (n_steps - 1 - peak)) ** 2)


def _shares(
    up: Callable[[int, int, int], float] = lambda step, peak, n: step / peak,
    down: Callable[[int, int, int], float] = lambda step, peak, n: (step - peak) / (n - 1 - peak),
    leg: Leg = cosine_leg,
) -> Schedule:
    """Two legs from the shares of them that are done, each from step, peak and n_steps."""

    def one_cycle(step: int, *, lr_start: float, lr_max: float, lr_end: float, peak: int, n_steps: int) -> float:
        if step <= peak:
            return leg(lr_start, lr_max, up(step, peak, n_steps))
        return leg(lr_max, lr_end, down(step, peak, n_steps))

    return one_cycle


def _three_phases(step: int, *, lr_start: float, lr_max: float, lr_end: float, peak: int, n_steps: int) -> float:
    """Up, down again in as many steps, and on to the end."""
    if step <= peak:
        return cosine_leg(lr_start, lr_max, step / peak)
    if step <= 2 * peak:
        return cosine_leg(lr_max, lr_start, (step - peak) / peak)
    return cosine_leg(lr_start, lr_end, (step - 2 * peak) / (n_steps - 1 - 2 * peak))


def _peak_in_the_middle(step: int, *, lr_start: float, lr_max: float, lr_end: float, peak: int, n_steps: int) -> float:
    half = (n_steps - 1) / 2
    if step <= half:
        return cosine_leg(lr_start, lr_max, step / half)
    return cosine_leg(lr_max, lr_end, (step - half) / half)


def _end_relative(divisor: str) -> Schedule:
    """lr_end divides another rate."""

    def one_cycle(step: int, *, peak: int, n_steps: int, **rates: float) -> float:
        return taught(step, peak=peak, n_steps=n_steps, **rates | {"lr_end": rates[divisor] / rates["lr_end"]})

    return one_cycle


def _end_as_a_share(whole: str) -> Schedule:
    """lr_end is a share of another rate."""

    def one_cycle(step: int, *, peak: int, n_steps: int, **rates: float) -> float:
        return taught(step, peak=peak, n_steps=n_steps, **rates | {"lr_end": rates[whole] * rates["lr_end"]})

    return one_cycle


def _constant_leg(start: float, end: float, share: float) -> float:
    return start


def _whole_cosine_leg(start: float, end: float, share: float) -> float:
    """There and back again."""
    return cosine_leg(start, end, 2 * share)


def _quarter_cosine_leg(start: float, end: float, share: float) -> float:
    return float(end + (start - end) * np.cos(np.pi / 2 * share))


def _quarter_sine_leg(start: float, end: float, share: float) -> float:
    return float(start + (end - start) * np.sin(np.pi / 2 * share))


def _smooth_leg(start: float, end: float, share: float) -> float:
    """A polynomial that is level at both ends."""
    return start + (end - start) * share**2 * (3 - 2 * share)


def _smoother_leg(start: float, end: float, share: float) -> float:
    """A polynomial whose curvature vanishes at both ends as well."""
    return start + (end - start) * share**3 * (10 - 15 * share + 6 * share**2)


def _geometric_leg(start: float, end: float, share: float) -> float:
    return float(start * (end / start) ** share)


def _reversed_leg(start: float, end: float, share: float) -> float:
    return cosine_leg(end, start, share)


def _half_forgotten_leg(start: float, end: float, share: float) -> float:
    return float(end + (start - end) * (1 + np.cos(np.pi * share)))


def _part_halved_leg(start: float, end: float, share: float) -> float:
    return float(end + (start - end) * (0.5 + np.cos(np.pi * share)))


def _without_pi_leg(start: float, end: float, share: float) -> float:
    return float(end + (start - end) * (1 + np.cos(share)) / 2)


def _jumping_leg(start: float, end: float, share: float) -> float:
    """The share rounded down, as `//` leaves it."""
    return cosine_leg(start, end, share // 1)


def _swinging_leg(start: float, end: float, share: float) -> float:
    return float(end + (start - end) * np.cos(np.pi * share))


taught = _legs()

ONE_CYCLE = Exercise(
    id="one_cycle",
    reference=reference.one_cycle,
    cases=_cases,
    points=2,
    seconds=30,
    accepted=[
        Accepted("two_cosine_legs", _legs()),
        Accepted("mean_and_half_difference", _halves),
        Accepted("squared_sine", _sine),
        Accepted(
            "straight_legs",
            _legs(straight_leg, straight_leg),
            "both legs are straight, as in Smith and Topin's paper and with torch's `anneal_strategy=\"linear\"`; the "
            "lesson takes half a cosine for each.",
        ),
    ],
    mistakes=[
        Mistake(
            "ends_at_n_steps",
            _legs(last=0),
            "The second leg ends at step n_steps, which is never taken: the last one is n_steps - 1.",
            credit=0.5,
            forms=[_legs(last=-2), _legs(straight_leg, straight_leg, last=0)],
        ),
        Mistake(
            "peak_late",
            _legs(top=1),
            "The largest rate comes one step too late or too early: at step `peak` the rate is lr_max.",
            credit=0.5,
            forms=[_legs(top=-1), _legs(straight_leg, straight_leg, top=1)],
        ),
        Mistake(
            "starts_at_the_largest",
            _legs(_constant_leg, first="lr_max"),
            "The rate is at lr_max from the start. One cycle warms up first: from lr_start at step 0 to lr_max at the "
            "peak.",
            credit=0.25,
            forms=[_legs(_reversed_leg)],
        ),
        Mistake(
            "waits_for_the_peak",
            _legs(_constant_leg),
            "The rate stays at lr_start until the peak and jumps. It has to climb on the way.",
            credit=0.25,
        ),
        Mistake(
            "ends_where_it_began",
            _legs(end="lr_start"),
            "The second leg comes down to lr_start. It ends at lr_end, which is lower: that is what makes the last "
            "steps small.",
            credit=0.5,
            forms=[_legs(straight_leg, straight_leg, end="lr_start")],
        ),
        Mistake(
            "three_phases",
            _three_phases,
            "It comes down to lr_start first, in as many steps as it went up, and then to lr_end: the form with three "
            "phases. Here one leg leads from the peak to the last step.",
            credit=0.5,
        ),
        Mistake(
            "starts_where_it_ends",
            _legs(first="lr_end"),
            "The first leg starts at lr_end. It starts at lr_start.",
            credit=0.5,
            forms=[_legs(first="lr_end", end="lr_start")],
        ),
        Mistake(
            "whole_cosine",
            _legs(_whole_cosine_leg, _whole_cosine_leg),
            "A leg goes there and back again: that is a whole period, 2π. Half a period, π, leads from one end to the "
            "other.",
            credit=0.25,
            forms=[_legs(cosine_leg, _whole_cosine_leg), _legs(_whole_cosine_leg, cosine_leg)],
        ),
        Mistake(
            "quarter_cosine",
            _legs(_quarter_cosine_leg, _quarter_cosine_leg),
            "A quarter of a period, π/2, is level at one end and steep at the other. Half a period, π, is level at "
            "both: ½(1 + cos πα).",
            credit=0.25,
            forms=[
                _legs(cosine_leg, _quarter_cosine_leg),
                _legs(_quarter_sine_leg, _quarter_sine_leg),
                _legs(_quarter_sine_leg, _quarter_cosine_leg),
                _legs(_quarter_cosine_leg, _quarter_sine_leg),
            ],
        ),
        Mistake(
            "polynomial_legs",
            _legs(_smooth_leg, _smooth_leg),
            "The legs are polynomials that are level at both ends. Half a cosine looks like them and lies elsewhere in "
            "between: ½(1 + cos πα).",
            credit=0.25,
            forms=[_legs(_smoother_leg, _smoother_leg)],
        ),
        Mistake(
            "restarts_at_the_peak",
            _legs(second="lr_start"),
            "The second leg starts at lr_start, so that the rate drops right after the peak. It starts at lr_max.",
            credit=0.25,
        ),
        Mistake(
            "second_leg_counts_from_the_start",
            _shares(down=lambda step, peak, n: step / (n - 1)),
            "The second leg counts steps from 0, so that the rate jumps after the peak. Count from the peak, over the "
            "n_steps - 1 - peak steps that are left.",
            credit=0.5,
            forms=[
                _shares(down=lambda step, peak, n: step / (n - 1 - peak)),
                _shares(down=lambda step, peak, n: step / n),
                _shares(down=lambda step, peak, n: step / (n - peak)),
                _shares(down=lambda step, peak, n: step / (n - 1), leg=straight_leg),
            ],
        ),
        Mistake(
            "second_leg_never_ends",
            _shares(down=lambda step, peak, n: (step - peak) / (n - 1)),
            "The steps since the peak are divided by the length of the whole training, so that the rate does not come "
            "down to lr_end. The second leg has n_steps - 1 - peak steps.",
            credit=0.5,
            forms=[
                _shares(down=lambda step, peak, n: (step - peak) / n),
                _shares(down=lambda step, peak, n: (step - peak) / (n - 1), leg=straight_leg),
            ],
        ),
        Mistake(
            "second_leg_of_wrong_length",
            _shares(down=lambda step, peak, n: (step - peak) / peak),
            "The second leg is divided by a wrong number of steps, or begins at a wrong one. It has n_steps - 1 - peak "
            "steps, in brackets, and begins at the peak.",
            credit=0.5,
            forms=[
                _shares(down=lambda step, peak, n: (step - peak) / n - 1 - peak),
                _shares(down=lambda step, peak, n: step - peak / (n - 1 - peak)),
                _shares(down=lambda step, peak, n: (step - peak - 1) / (n - 1 - peak)),
                _shares(down=lambda step, peak, n: (step - peak - 1) / (n - 2 - peak)),
                _shares(down=lambda step, peak, n: (step - peak + 1) / (n - 1 - peak)),
                _shares(down=lambda step, peak, n: (step - peak + 1) / (n - peak)),
            ],
        ),
        Mistake(
            "first_leg_never_ends",
            _shares(lambda step, peak, n: step / (n - 1)),
            "The first leg is as long as the whole training, so that the rate does not reach lr_max and jumps at the "
            "peak. It has `peak` steps.",
            credit=0.5,
            forms=[
                _shares(lambda step, peak, n: step / n),
                _shares(lambda step, peak, n: step / (n - 1 - peak)),
                _shares(lambda step, peak, n: step / (n - 1), leg=straight_leg),
            ],
        ),
        Mistake(
            "one_clock_for_both_legs",
            _shares(lambda step, peak, n: step / (n - 1), lambda step, peak, n: step / (n - 1)),
            "Both legs share one clock, that of the whole training. Each leg has its own: the first from 0 to the "
            "peak, the second from there to the last step.",
            credit=0.25,
            forms=[_shares(lambda step, peak, n: step / n, lambda step, peak, n: step / n)],
        ),
        Mistake(
            "first_leg_misses_the_peak",
            _shares(lambda step, peak, n: step / (peak + 1)),
            "The first leg is a step too long or too short, or begins at a wrong one. It has `peak` steps and begins "
            "at 0, so that it is over exactly at the peak.",
            credit=0.5,
            forms=[
                _shares(lambda step, peak, n: step / (peak - 1)),
                _shares(lambda step, peak, n: min(step / (peak - 1), 1.0)),
                _shares(lambda step, peak, n: (step + 1) / peak),
                _shares(lambda step, peak, n: (step + 1) / (peak + 1)),
            ],
        ),
        Mistake(
            "falls_to_zero",
            _legs(lambda start, end, a: cosine_leg(start, 0.0, a), lambda start, end, a: cosine_leg(start, 0.0, a)),
            "A leg falls to 0, or its end is added to its whole height: (a - b) is what shrinks, and b what it comes "
            "to. Both stand in the formula, with brackets around the difference.",
            credit=0.25,
            forms=[
                _legs(
                    lambda start, end, a: end + cosine_leg(start, 0, a),
                    lambda start, end, a: end + cosine_leg(start, 0, a),
                ),
                _legs(
                    lambda start, end, a: cosine_leg(start - end, 0, a),
                    lambda start, end, a: cosine_leg(start - end, 0, a),
                ),
                _legs(cosine_leg, lambda start, end, a: cosine_leg(start - end, 0.0, a)),
                _legs(cosine_leg, lambda start, end, a: end + cosine_leg(start, 0.0, a)),
            ],
        ),
        Mistake(
            "peak_ignored",
            _peak_in_the_middle,
            "The largest rate comes in the middle, wherever `peak` is.",
            credit=0.5,
        ),
        Mistake(
            "end_relative",
            _end_relative("lr_start"),
            "lr_end is taken for a divisor or a share of another rate, as `final_div_factor` in torch is. Here it is a "
            "rate itself.",
            credit=0.5,
            forms=[_end_relative("lr_max"), _end_as_a_share("lr_max"), _end_as_a_share("lr_start")],
        ),
        Mistake(
            "straight_up_and_cosine_down",
            _legs(straight_leg, cosine_leg),
            "One leg is straight and the other half a cosine. Take the same form for both.",
            credit=0.5,
            forms=[_legs(cosine_leg, straight_leg)],
        ),
        Mistake(
            "exponential_legs",
            _legs(_geometric_leg, _geometric_leg),
            "The rate changes by the same factor at every step. Half a cosine is level at both ends and steepest in "
            "the middle.",
            credit=0.25,
            forms=[_legs(cosine_leg, _geometric_leg)],
        ),
        Mistake(
            "comes_down_from_below",
            _legs(cosine_leg, _reversed_leg),
            "The second leg runs backwards: it begins at lr_end and climbs. Its sign of the cosine is wrong, or its "
            "ends are exchanged.",
            credit=0.25,
        ),
        Mistake(
            "both_legs_reversed",
            _legs(_reversed_leg, _reversed_leg),
            "Both legs run backwards. Half a cosine, ½(1 + cos πα), is 1 at the start of a leg and 0 at its end: it "
            "is the share of the rate that the leg begins with.",
            credit=0.25,
        ),
        Mistake(
            "half_forgotten",
            _legs(_half_forgotten_leg, _half_forgotten_leg),
            "1 + cos goes from 2 to 0. Halve all of it, so that a leg begins at its first rate.",
            credit=0.25,
            forms=[
                _legs(_swinging_leg, _swinging_leg),
                _legs(_part_halved_leg, _part_halved_leg),
                _legs(cosine_leg, _half_forgotten_leg),
            ],
        ),
        Mistake(
            "only_warms_up",
            _legs(cosine_leg, _constant_leg),
            "After the peak the rate stays at lr_max. It has to come down to lr_end.",
            credit=0.25,
        ),
        Mistake(
            "counts_from_one",
            lambda step, *, lr_start, lr_max, lr_end, peak, n_steps: taught(
                step + 1, lr_start=lr_start, lr_max=lr_max, lr_end=lr_end, peak=peak, n_steps=n_steps
            ),
            "It is one step ahead: `step` counts the steps taken, and at step 0 the rate is lr_start.",
            credit=0.5,
            forms=[lambda step, *, n_steps, **constants: taught(step + 1, n_steps=n_steps + 1, **constants)],
        ),
        Mistake(
            "angle_without_pi",
            _legs(_without_pi_leg, _without_pi_leg),
            "π is missing in the angle: along a leg it has to go from 0 to π, so `math.pi * share`.",
            credit=0.25,
            forms=[_legs(cosine_leg, _without_pi_leg)],
        ),
        Mistake(
            "jumps",
            _legs(_jumping_leg, _jumping_leg),
            "The share of a leg is rounded down to 0, so that the rate stays where the leg begins and jumps at its "
            "end. Divide by `/`; `//` rounds.",
            credit=0.25,
            forms=[_legs(cosine_leg, _jumping_leg)],
        ),
    ],
    equivalent={
        "At the peak both legs give lr_max.": ["if step < peak:"],
        "The cosine is even.": [
            "start, end, share = (lr_max, lr_end, (peak - step) / (n_steps - 1 - peak))",
            "start, end, share = (lr_max, lr_end, (step - peak) / (peak - (n_steps - 1)))",
        ],
    },
)
