"""Exercise `step_regime` of `03_loss_landscapes`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake

from steepest_exercises import reasons
from steepest_exercises.loss_landscapes import reference

Regime = Callable[[float, float], str]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, curvature: float, lr: float, *, exact: bool = False) -> Case:
        return Case(name, {"args": [curvature, lr], "kwargs": {}, "outputs": ["the regime"]}, exact=exact)

    def product(name: str, low: float, high: float, curvature: float) -> Case:
        """A case with ηλ between two numbers."""
        return case(name, curvature, float(rng.uniform(low, high)) / curvature)

    steep, gentle = float(rng.uniform(20, 40)), float(rng.uniform(0.02, 0.05))
    return [
        product("a short step", 0.1, 0.4, steep),
        product("nearly the whole way", 0.6, 0.9, gentle),
        case("exactly the inverse of the curvature", 4.0, 0.25),
        case("one over the curvature, up to rounding", 10 / 3, 0.1 + 0.2, exact=True),
        product("a step too long", 1.1, 1.4, steep),
        product("a step far too long", 1.6, 1.9, gentle),
        product("a step much too long", 2.2, 3.5, steep),
        product("a step much too long in a gentle bowl", 4.5, 6.0, gentle),
        case("a hill", -float(rng.uniform(1, 2)), float(rng.uniform(0.1, 0.3))),
        case("a steep hill", -float(rng.uniform(5, 6)), float(rng.uniform(0.28, 0.32))),
    ]


def _by_product(p: float) -> str:
    """The regime of ηλ = p."""
    if math.isclose(p, 1):
        return "one_step"
    if p < 0 or p > 2:
        return "diverging"
    return "monotone" if p < 1 else "oscillating"


def _by_two_steps(curvature: float, lr: float) -> str:
    """Walks from 1 and looks where it lands."""
    x = 1 - lr * curvature
    if abs(x) < 1e-9:
        return "one_step"
    if x * x > 1:
        return "diverging"
    return "oscillating" if x < 0 else "monotone"


def _by_rates(curvature: float, lr: float) -> str:
    """Compares η with 1/λ and 2/λ."""
    if curvature < 0:
        return "diverging"
    best = 1 / curvature
    if math.isclose(lr, best):
        return "one_step"
    return "monotone" if lr < best else "oscillating" if lr < 2 * best else "diverging"


def _in_numpy(curvature: float, lr: float) -> str:
    factor = np.float64(1) - np.float64(lr) * curvature
    if np.isclose(factor, 0):
        return "one_step"
    place = np.searchsorted([-1.0, 0.0, 1.0], factor)
    return ["diverging", "oscillating", "monotone", "diverging"][int(place)]


def _product(words: Callable[[float], str]) -> Regime:
    return lambda curvature, lr: words(curvature * lr)


def _renamed(**words: str) -> Regime:
    """The right regimes under other words."""

    def regime(curvature: float, lr: float) -> str:
        right = reference.step_regime(curvature, lr)
        return words.get(right, right)

    return regime


def _exactly(curvature: float, lr: float) -> str:
    p = curvature * lr
    if p == 1:
        return "one_step"
    if p < 0 or p > 2:
        return "diverging"
    return "monotone" if p < 1 else "oscillating"


STEP_REGIME = Exercise(
    id="step_regime",
    reference=reference.step_regime,
    cases=_cases,
    points=1,
    accepted=[
        Accepted("by_the_product", _product(_by_product)),
        Accepted("by_two_steps", _by_two_steps),
        Accepted("by_rates", _by_rates),
        Accepted("in_numpy", _in_numpy),
    ],
    mistakes=[
        Mistake(
            "limit_at_one",
            _renamed(oscillating="diverging"),
            "A step beyond 1/λ passes the minimum, but up to 2/λ it still lands nearer than it started. Where is "
            "|1 - ηλ| = 1?",
            0.25,
        ),
        Mistake(
            "no_limit",
            _renamed(diverging="oscillating"),
            "Nothing diverges here. Past the other edge |1 - ηλ| is above 1, and every step makes the error larger.",
            0.25,
        ),
        Mistake(
            "whatever_converges_is_monotone",
            _renamed(oscillating="monotone"),
            "Between 1/λ and 2/λ the error shrinks but changes its sign at every step: look at the sign of 1 - ηλ.",
            0.25,
        ),
        Mistake(
            "monotone_and_oscillating_exchanged",
            _renamed(monotone="oscillating", oscillating="monotone"),
            "Short steps and long ones are exchanged. 1 - ηλ is positive for a short step: the error keeps its sign.",
            0.25,
        ),
        Mistake(
            "one_step_left_out",
            _renamed(one_step="monotone"),
            "At ηλ = 1 the factor is 0 and a single step arrives. Ask for that before the other regimes.",
            0.5,
        ),
        Mistake(
            "compared_exactly",
            _exactly,
            "0.1 + 0.2 is not 0.3 in floating point, so `==` misses steps that are one over the curvature. Compare "
            "with a tolerance: `math.isclose`.",
            0.5,
        ),
        Mistake(
            "hill_taken_for_a_bowl",
            lambda curvature, lr: _by_product(abs(curvature) * lr),
            "On a hill every step leads away from the top: with λ < 0 the factor 1 - ηλ is above 1. Keep the sign of "
            "the curvature.",
            0.5,
        ),
        Mistake(
            "hill_called_monotone",
            lambda curvature, lr: "monotone" if curvature < 0 else _by_product(curvature * lr),
            "With a negative curvature ηλ is below 1, but 1 - ηλ is above 1: the error grows at every step.",
            0.5,
        ),
        Mistake(
            "ratio_for_product",
            lambda curvature, lr: _by_product(lr / curvature),
            "The rate is compared with the curvature itself. It is 1/λ that sets the scale: look at η times λ.",
        ),
        Mistake(
            "half_forgotten",
            lambda curvature, lr: _by_product(2 * lr * curvature),
            "This would be right for the loss λx². With ½λx² the gradient is λx, and the factor 1 - ηλ.",
            0.25,
        ),
    ],
    equivalent={
        reasons.ANY_ORDER: ["if math.isclose(1, lr * curvature):"],
        "The factor is never 1 or -1: by the text ηλ is neither 0 nor 2.": ["if abs(factor) >= 1:"],
        "A factor of 0 is answered one line above.": ["return 'monotone' if factor >= 0 else 'oscillating'"],
    },
)
