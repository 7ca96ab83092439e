"""Exercise `linear_decay` of `04_learning_rates`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake

from steepest_exercises import reasons
from steepest_exercises.learning_rates import reference
from steepest_exercises.learning_rates.cases import at, cosine_leg

Schedule = Callable[..., float]

ZERO_END = 0.03  # there are three cases of it, which cost about a tenth together


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, place: Callable[[int], int], *, low: int = 20, high: int = 80, corner: float = 0.0) -> Case:
        tau, lr = int(rng.integers(low, high)), float(rng.uniform(0.3, 0.6))
        return at(name, place(tau), lr=lr, lr_end=lr * float(rng.uniform(0.1, 0.3)), tau=tau, corner=corner)

    def to_zero(name: str, place: Callable[[int], int]) -> Case:
        tau = int(rng.integers(20, 80))
        return at(name, place(tau), lr=float(rng.uniform(0.3, 0.6)), lr_end=0.0, tau=tau, corner=ZERO_END)

    return [
        case("before the first step", lambda tau: 0),
        case("after one step", lambda tau: 1),
        case("a quarter of the way", lambda tau: tau // 4),
        case("about half way", lambda tau: tau // 2 - 1),
        case("three quarters of the way", lambda tau: 3 * tau // 4),
        case("one step before tau", lambda tau: tau - 1),
        case("at step tau", lambda tau: tau, corner=0.1),
        case("one step after tau", lambda tau: tau + 1),
        case("half as long again as tau", lambda tau: 3 * tau // 2),
        case("long after tau", lambda tau: 5 * tau + 3),
        case("a decay of a few steps", lambda tau: 2, low=4, high=7),
        case("a decay over thousands of steps", lambda tau: 2 * tau // 3, low=3000, high=5000),
        to_zero("an end of zero, on the way", lambda tau: tau // 3),
        to_zero("an end of zero, at tau", lambda tau: tau),
        to_zero("an end of zero, after tau", lambda tau: 2 * tau),
    ]


def _along(rate: Callable[[float, float, float], float], share: Callable[[int, int], float]) -> Schedule:
    """A schedule from `rate(lr, lr_end, α)` and `share(step, τ)`."""

    def linear_decay(step: int, *, lr: float, lr_end: float, tau: int) -> float:
        return rate(lr, lr_end, share(step, tau))

    return linear_decay


def _until(rate: Callable[[float, float, float], float], last: Callable[[float, float], float]) -> Schedule:
    """`rate(lr, lr_end, α)` before step τ, and what `last` gives from there on."""

    def linear_decay(step: int, *, lr: float, lr_end: float, tau: int) -> float:
        return rate(lr, lr_end, step / tau) if step < tau else last(lr, lr_end)

    return linear_decay


def _taught(lr: float, lr_end: float, share: float) -> float:
    return (1 - share) * lr + share * lr_end


def _the_end(lr: float, lr_end: float) -> float:
    return lr_end


def _capped(step: int, tau: int) -> float:
    return min(step / tau, 1)


def _subtracted(step: int, *, lr: float, lr_end: float, tau: int) -> float:
    """The share of the way that is done, taken off."""
    return lr - min(step / tau, 1) * (lr - lr_end)


def _floored(step: int, *, lr: float, lr_end: float, tau: int) -> float:
    """The larger of the line and its end."""
    return max(lr_end, lr + (lr_end - lr) * step / tau)


LINEAR_DECAY = Exercise(
    id="linear_decay",
    reference=reference.linear_decay,
    cases=_cases,
    points=1,
    accepted=[
        Accepted("two_branches", _until(_taught, _the_end)),
        Accepted("share_of_the_way_taken_off", _subtracted),
        Accepted("not_below_the_end", _floored),
        Accepted("share_cut_at_one", _along(_taught, _capped)),
        Accepted("interpolated", lambda step, *, lr, lr_end, tau: float(np.interp(step, [0, tau], [lr, lr_end]))),
    ],
    mistakes=[
        Mistake(
            "never_stops",
            _along(_taught, lambda step, tau: step / tau),
            "The line goes on after step tau, below lr_end and in the end below zero. From tau on the rate stays at "
            "lr_end.",
            credit=0.5,
        ),
        Mistake(
            "stops_at_zero",
            lambda step, *, lr, lr_end, tau: max(0.0, lr - step * (lr - lr_end) / tau),
            "The line goes on after step tau until it meets zero. It has to stop at lr_end.",
            credit=0.5,
        ),
        Mistake(
            "jumps",
            _along(_taught, lambda step, tau: min(step // tau, 1)),
            "The rate stays at lr and jumps to lr_end at step tau: `//` rounds the share down to 0. Divide by `/`.",
            credit=0.25,
            forms=[_along(_taught, lambda step, tau: round(min(step / tau, 1)))],
        ),
        Mistake(
            "share_swapped",
            _along(lambda lr, lr_end, a: a * lr + (1 - a) * lr_end, _capped),
            "The two rates are exchanged: it begins at lr_end and climbs. At step 0 the share of lr is 1, and α is the "
            "share of lr_end.",
            credit=0.25,
            forms=[
                _until(lambda lr, lr_end, a: a * lr + (1 - a) * lr_end, _the_end),
                _along(lambda lr, lr_end, a: a * lr + (1 - a) * lr_end, lambda step, tau: step / tau),
            ],
        ),
        Mistake(
            "heads_for_zero",
            _along(lambda lr, lr_end, a: lr * (1 - a), _capped),
            "The line heads for 0 and not for lr_end. It falls by lr - lr_end in all, not by lr.",
            credit=0.5,
            forms=[
                _along(lambda lr, lr_end, a: max(lr_end, lr * (1 - a)), _capped),
                _until(lambda lr, lr_end, a: lr * (1 - a), _the_end),
                _along(lambda lr, lr_end, a: lr * (1 - a), lambda step, tau: step / tau),
            ],
        ),
        Mistake(
            "clamped_the_wrong_way",
            lambda step, *, lr, lr_end, tau: min(lr_end, lr + (lr_end - lr) * step / tau),
            "It takes the smaller of the line and lr_end, which is lr_end from the start. It must not fall below: take "
            "the larger.",
            credit=0.25,
        ),
        Mistake(
            "end_not_added",
            _along(lambda lr, lr_end, a: (1 - a) * (lr - lr_end), _capped),
            "The difference lr - lr_end shrinks to 0 as it should, and lr_end below it is missing.",
            credit=0.5,
        ),
        Mistake(
            "takes_off_the_end",
            _along(lambda lr, lr_end, a: lr - a * lr_end, _capped),
            "It falls by lr_end in all. The way from lr to lr_end is their difference.",
            credit=0.25,
        ),
        Mistake(
            "end_added",
            _along(lambda lr, lr_end, a: lr * (1 - a) + lr_end, _capped),
            "lr_end is added to a line that falls from lr to 0, so that it begins too high. Only the difference "
            "lr - lr_end shrinks.",
            credit=0.5,
        ),
        Mistake(
            "ahead_by_one",
            _along(_taught, lambda step, tau: min((step + 1) / tau, 1)),
            "It is one step ahead: at step 0 the rate must be lr. `step` counts the steps that have been taken.",
            credit=0.5,
        ),
        Mistake(
            "behind_by_one",
            _along(_taught, lambda step, tau: min(max(step - 1, 0) / tau, 1)),
            "It is one step behind: after one step the rate has fallen already, and at step tau it is lr_end.",
            credit=0.5,
        ),
        Mistake(
            "last_step_is_tau_minus_one",
            _along(_taught, lambda step, tau: min(step / (tau - 1), 1)),
            "It arrives one step too early, as if tau were the number of values. Step tau is the first at lr_end: "
            "divide by tau.",
            credit=0.5,
        ),
        Mistake(
            "arrives_after_tau",
            _along(_taught, lambda step, tau: min(step / (tau + 1), 1)),
            "The way takes one step too many: step tau is the first at lr_end. Divide by tau, and let the share grow "
            "to 1.",
            credit=0.5,
            forms=[
                _along(_taught, lambda step, tau: min(step, tau - 1) / tau),
                lambda step, *, lr, lr_end, tau: _taught(lr, lr_end, step / (tau + 1)) if step <= tau else lr_end,
            ],
        ),
        Mistake(
            "hyperbolic",
            lambda step, *, lr, lr_end, tau: max(lr_end, lr / (1 + step)) if step < tau else lr_end,
            "The rate is divided by something that grows: that is hyperbolic decay, which some notes call linear. On a "
            "straight line every step takes the same amount off.",
            credit=0.25,
            forms=[
                lambda step, *, lr, lr_end, tau: max(lr_end, lr / (1 + step)),
                lambda step, *, lr, lr_end, tau: lr / (1 + step) if step < tau else lr_end,
                lambda step, *, lr, lr_end, tau: lr / (1 + step),
                lambda step, *, lr, lr_end, tau: max(lr_end, lr / (1 + step / tau)),
                lambda step, *, lr, lr_end, tau: lr / (1 + step / tau) if step < tau else lr_end,
                lambda step, *, lr, lr_end, tau: lr_end + (lr - lr_end) / (1 + step),
            ],
        ),
        Mistake(
            "not_straight",
            _along(lambda lr, lr_end, a: lr_end + (lr - lr_end) * (1 - a) ** 2, _capped),
            "The line is bent: the share of the way stands under a power or a root. It enters as it is.",
            credit=0.25,
            forms=[
                _along(lambda lr, lr_end, a: lr + (lr_end - lr) * a**2, _capped),
                _along(lambda lr, lr_end, a: lr + (lr_end - lr) * a**0.5, _capped),
            ],
        ),
        Mistake(
            "shares_do_not_add_up",
            _along(lambda lr, lr_end, a: lr + a * lr_end, _capped),
            "The shares of the two rates do not add up to 1, or one of them is subtracted: they are 1 - α and α.",
            credit=0.25,
            forms=[
                _along(lambda lr, lr_end, a: (1 - a) * lr - a * lr_end, _capped),
                _along(lambda lr, lr_end, a: a * lr + a * lr_end, _capped),
                _along(lambda lr, lr_end, a: (1 - a) * (lr + lr_end), _capped),
                _along(lambda lr, lr_end, a: a * lr - (1 - a) * lr_end, _capped),
                _along(lambda lr, lr_end, a: (1 - a) * lr + lr_end * (1 + a), _capped),
            ],
        ),
        Mistake(
            "brackets_forgotten",
            _along(lambda lr, lr_end, a: 1 - a * lr + a * lr_end, _capped),
            "Brackets are missing: `1 - share * lr` is 1 less share times lr. The share of lr is `(1 - share)`.",
            credit=0.25,
            forms=[
                _along(lambda lr, lr_end, a: 1 - a * lr + a * lr_end, lambda step, tau: step / tau),
                _until(lambda lr, lr_end, a: 1 - a * lr + a * lr_end, _the_end),
                _along(lambda lr, lr_end, a: lr - a * lr - lr_end, _capped),
                _until(lambda lr, lr_end, a: lr - a * lr - lr_end, _the_end),
            ],
        ),
        Mistake(
            "falls_after_tau",
            lambda step, *, lr, lr_end, tau: _taught(lr, lr_end, min(max(step - tau, 0) / tau, 1)),
            "The rate stays at lr until step tau and falls after it. The way from lr to lr_end goes from step 0 to "
            "step tau; what is constant comes after it.",
            credit=0.25,
            forms=[
                lambda step, *, lr, lr_end, tau: _taught(lr, lr_end, max(step - tau, 0) / tau),
                lambda step, *, lr, lr_end, tau: lr if step < tau else _taught(lr, lr_end, step / tau),
                lambda step, *, lr, lr_end, tau: (
                    lr if step < tau else max(lr_end, _taught(lr, lr_end, (step - tau) / tau))
                ),
            ],
        ),
        Mistake(
            "exponential",
            _along(lambda lr, lr_end, a: lr * (lr_end / lr) ** a, _capped),
            "The rate falls by the same factor at every step: that is exponential decay. On a straight line it falls "
            "by the same amount.",
            credit=0.25,
        ),
        Mistake(
            "cosine",
            _along(cosine_leg, _capped),
            "This is half a cosine: level at both ends. A straight line falls by the same amount at every step.",
            credit=0.25,
        ),
        Mistake(
            "end_as_a_factor",
            _along(lambda lr, lr_end, a: lr * (1 - a + a * lr_end), _capped),
            "lr_end is taken as a share of lr, as `end_factor` in torch's LinearLR is. Here it is a rate itself.",
            credit=0.5,
        ),
        Mistake(
            "climbs",
            _along(lambda lr, lr_end, a: lr + a * (lr - lr_end), _capped),
            "The rate grows: the difference has to be taken away, or to be lr_end - lr.",
            credit=0.25,
            forms=[_until(lambda lr, lr_end, a: lr + a * (lr - lr_end), _the_end)],
        ),
        Mistake(
            "starts_anew_after_tau",
            _along(_taught, lambda step, tau: step % tau / tau),
            "After step tau it begins anew at lr. The decay happens once: from tau on the rate is lr_end.",
            credit=0.5,
        ),
        Mistake(
            "tau_forgotten",
            lambda step, *, lr, lr_end, tau: max(lr_end, lr - step * (lr - lr_end)),
            "The whole difference is taken away at every step. One step takes 1/tau of it.",
            credit=0.25,
            forms=[
                lambda step, *, lr, lr_end, tau: lr - step * (lr - lr_end),
                lambda step, *, lr, lr_end, tau: max(lr_end, lr - lr * step / 100),
            ],
        ),
        Mistake(
            "zero_after_tau",
            _until(_taught, lambda lr, lr_end: 0.0),
            "After step tau the rate is 0, and training stands still. It stays at lr_end.",
            credit=0.5,
        ),
        Mistake(
            "back_to_the_first_rate",
            _until(_taught, lambda lr, lr_end: lr),
            "After step tau the rate jumps back to lr. The decay ends at lr_end and stays there.",
            credit=0.5,
        ),
        Mistake(
            "returns_the_share",
            _along(lambda lr, lr_end, a: a, _capped),
            "This is the share of the way, α. The rate is (1 - α)·lr + α·lr_end.",
            credit=0.25,
            forms=[_along(lambda lr, lr_end, a: 1 - a, _capped)],
        ),
    ],
    equivalent={reasons.ANY_ORDER: ["share = min(1, step / tau)"]},
)
