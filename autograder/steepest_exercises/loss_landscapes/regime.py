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
    def case(name: str, curvature: float, lr: float, *, exact: bool = False, corner: float = 0.0) -> Case:
        inputs = {"args": [curvature, lr], "kwargs": {}, "outputs": ["the regime"]}
        return Case(name, inputs, exact=exact, corner=corner)

    def product(name: str, low: float, high: float, curvature: float) -> Case:
        """A case with ηλ between two numbers."""
        return case(name, curvature, float(rng.uniform(low, high)) / abs(curvature))

    steep, gentle = float(rng.uniform(20, 40)), float(rng.uniform(0.02, 0.05))
    above, below = float(rng.uniform(1.7, 1.9)), float(rng.uniform(0.55, 0.6))
    hill = -float(rng.uniform(1, 2))
    return [
        product("a short step", 0.1, 0.4, steep),
        product("nearly the whole way", 0.6, 0.9, gentle),
        product("a rate above 1 that is short all the same", 0.7, 0.8, below),
        product("a rate of 5 % under the one-step rate", 0.94, 0.96, above),
        case("exactly the inverse of the curvature", 4.0, 0.25),
        case("one over the curvature, up to rounding", 10 / 3, 0.1 + 0.2, exact=True, corner=0.25),
        product("a rate of 5 % over the one-step rate", 1.04, 1.06, below),
        product("a step too long", 1.1, 1.4, steep),
        product("a rate under 1 that is too long", 1.45, 1.6, above),
        product("a step far too long", 1.6, 1.9, gentle),
        product("a step much too long", 2.2, 3.5, steep),
        product("a step much too long with a rate of middling size", 2.6, 2.9, above),
        product("a step much too long in a gentle bowl", 4.5, 6.0, gentle),
        product("a hill", 0.1, 0.6, hill),
        product("a hill and a rate of one over its curvature's size", 1, 1, -4.0),
        product("a steep hill", 1.4, 1.9, -float(rng.uniform(5, 6))),
        product("a hill and a long step", 2.5, 4.0, hill),
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


def _wide(tolerance: float) -> Regime:
    """Whatever comes as near as this is called one step."""
    return _product(lambda p: "one_step" if abs(1 - p) < tolerance else _by_product(p))


def _where(applies: Callable[[float], bool], word: str) -> Regime:
    """The right regimes, but for those ηλ that get one word."""
    return _product(lambda p: word if applies(p) else _by_product(p))


def _spelt(right: str, *others: str) -> list[Regime]:
    """The right regimes with one word spelt otherwise."""
    return [_renamed(**{right: other}) for other in others]


def _without_one_step(curvature: float, lr: float) -> str:
    factor = 1 - lr * curvature
    if abs(factor) > 1:
        return "diverging"
    return "monotone" if factor >= 0 else "oscillating"


def _limit_at_one(p: float) -> str:
    return "one_step" if math.isclose(p, 1) else "monotone" if p < 1 else "diverging"


def _hidden(rng: np.random.Generator) -> Sequence[Case]:
    """Curvatures and rates of all sizes too, among which a near one says nothing of the regime."""

    def drawn(low: float, high: float, sign: int = 1) -> Case:
        curvature = sign * math.exp(rng.uniform(math.log(0.02), math.log(40)))
        rate = float(rng.uniform(low, high)) / abs(curvature)
        inputs = {"args": [curvature, rate], "kwargs": {}, "outputs": ["the regime"]}
        return Case("a curvature and a rate of any size", inputs)

    def inverse(exponent: int) -> Case:
        """Powers of two, so that nothing is rounded."""
        inputs = {"args": [2.0**exponent, 2.0**-exponent], "kwargs": {}, "outputs": ["the regime"]}
        return Case("a curvature of any size and its inverse", inputs)

    bands = [(0.1, 0.9), (1.1, 1.9), (2.1, 6.0)]
    return [
        *_cases(rng),
        *(drawn(*band) for band in 6 * bands),
        *(drawn(0.1, 4.0, -1) for _ in range(3)),
        *(inverse(int(exponent)) for exponent in rng.integers(-5, 6, 6)),
    ]


STEP_REGIME = Exercise(
    id="step_regime",
    reference=reference.step_regime,
    cases=_cases,
    hidden=_hidden,
    points=1,
    accepted=[
        Accepted("by_the_product", _product(_by_product)),
        Accepted("by_two_steps", _by_two_steps),
        Accepted("by_rates", _by_rates),
        Accepted("in_numpy", _in_numpy),
        Accepted("tolerance_of_a_trillionth", _wide(1e-12)),
        Accepted("tolerance_of_a_thousandth", _wide(1e-3)),
    ],
    mistakes=[
        Mistake(
            "limit_at_one",
            _renamed(oscillating="diverging"),
            "A step beyond 1/λ passes the minimum, but up to 2/λ it still lands nearer than it started. Where is "
            "|1 - ηλ| = 1?",
            0.25,
            forms=[_product(_limit_at_one)],
        ),
        Mistake(
            "no_limit",
            _renamed(diverging="oscillating"),
            'The answer is never "diverging" here. Where |1 - ηλ| is above 1, every step makes the error larger.',
            0.25,
            forms=[_product(lambda p: _exactly(1, p) if 0 < p < 2 else "monotone" if p < 1 else "oscillating")],
        ),
        Mistake(
            "far_side_left_out",
            _where(lambda p: p > 2, "oscillating"),
            "Beyond 2/λ the factor 1 - ηλ is below -1: the error changes its sign and grows. Compare the size of the "
            "factor with 1, `abs(factor) > 1`.",
            0.5,
            forms=[_where(lambda p: p > 2, "monotone")],
        ),
        Mistake(
            "whatever_converges_is_monotone",
            _renamed(oscillating="monotone"),
            "Between 1/λ and 2/λ the error shrinks but changes its sign at every step: look at the sign of 1 - ηλ.",
            0.25,
        ),
        Mistake(
            "whatever_converges_is_oscillating",
            _renamed(monotone="oscillating"),
            "Up to 1/λ the factor 1 - ηλ is positive: the error shrinks and keeps its sign. That is monotone.",
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
            'At ηλ = 1 the factor is 0 and a single step arrives, but "one_step" is never said. Ask whether the '
            "factor is 0, up to rounding, before you ask for its sign.",
            0.5,
            forms=[_without_one_step, _renamed(one_step="oscillating"), _renamed(one_step="diverging")],
        ),
        Mistake(
            "compared_exactly",
            _exactly,
            "A step of one over the curvature is missed where rounding leaves the factor not quite 0: 0.1 + 0.2 is not "
            "0.3 in floating point. Compare with a tolerance that works at 0, such as `abs(factor) < 1e-6`.",
            0.75,
        ),
        Mistake(
            "near_enough_called_one_step",
            _wide(0.1),
            'A step that leaves a few hundredths or tenths of the error has not arrived: "one_step" means a factor of '
            "0, and rounding moves it by far less than 0.001. Allow for no more than that.",
            0.5,
            forms=[
                _wide(0.065),
                _wide(0.2),
                _wide(0.5),
                _product(lambda p: "one_step" if round(p) == 1 else _exactly(1, p)),
            ],
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
            _where(lambda p: p < 0, "monotone"),
            "With a negative curvature ηλ is below 1, but 1 - ηλ is above 1: the error grows at every step.",
            0.5,
        ),
        Mistake(
            "hill_called_oscillating",
            _where(lambda p: p < 0, "oscillating"),
            "On a hill 1 - ηλ is above 1: the error keeps its sign, so nothing swings, and it grows. Ask for the size "
            "of the factor before you ask for a sign.",
            0.5,
        ),
        Mistake(
            "factor_with_a_plus",
            _product(lambda p: _by_product(-p)),
            "The results are those of a factor 1 + ηλ: bowls drive the error away and hills draw it in. Descent goes "
            "against the slope: x - ηλx = (1 - ηλ)x.",
            0.25,
        ),
        Mistake(
            "product_for_factor",
            _product(lambda p: "diverging" if abs(p) > 1 else "monotone" if p > 0 else "oscillating"),
            "What is looked at is ηλ itself. The error is multiplied by 1 - ηλ at each step: take the size and the "
            "sign of that.",
            forms=[
                _product(
                    lambda p: (
                        "one_step"
                        if abs(p - 1) < 1e-6
                        else "diverging"
                        if abs(p) > 1
                        else "monotone"
                        if p > 0
                        else "oscillating"
                    )
                ),
                _product(
                    lambda p: (
                        "one_step"
                        if abs(p) < 1e-6
                        else "diverging"
                        if abs(p) >= 1
                        else "monotone"
                        if p > 0
                        else "oscillating"
                    )
                ),
            ],
        ),
        Mistake(
            "ratio_for_product",
            lambda curvature, lr: _by_product(lr / curvature),
            "Rate and curvature are divided, or compared with each other. What counts is their product: a steep bowl "
            "wants a small rate, and one step arrives where ηλ = 1.",
            forms=[lambda curvature, lr: _by_product(curvature / lr)],
        ),
        Mistake(
            "curvature_forgotten",
            lambda curvature, lr: _by_product(lr),
            "In a bowl the rate alone decides here, however steep it is. The same rate creeps in a gentle bowl and "
            "diverges in a steep one: what counts is ηλ.",
            forms=[lambda curvature, lr: "diverging" if curvature < 0 else _by_product(lr)],
        ),
        Mistake(
            "rate_forgotten",
            lambda curvature, lr: _by_product(curvature),
            "The curvature alone decides here. In the same bowl a small rate creeps and a large one diverges: what "
            "counts is ηλ.",
        ),
        Mistake(
            "half_forgotten",
            lambda curvature, lr: _by_product(2 * lr * curvature),
            "This would be right for the loss λx². With ½λx² the gradient is λx, and the factor 1 - ηλ.",
            0.25,
        ),
        Mistake(
            "half_kept_in_the_slope",
            lambda curvature, lr: _by_product(lr * curvature / 2),
            "The ½ of the loss goes away when it is differentiated: the slope of ½λx² is λx, so the factor is 1 - ηλ "
            "and not 1 - ½ηλ.",
            0.25,
        ),
        Mistake(
            "curvature_squared",
            lambda curvature, lr: _by_product(lr * curvature**2),
            "The curvature stands twice in the product. One step moves by the rate times the slope λx: the factor is "
            "1 - ηλ.",
            0.25,
        ),
        Mistake(
            "other_words",
            _renamed(one_step="one step"),
            'The regimes are right, but not every word is spelt as the exercise spells it: "monotone", "one_step", '
            '"oscillating", "diverging".',
            0.5,
            forms=[
                *_spelt("one_step", "one-step", "onestep", "One_step", "one_step ", "single_step", "ONE_STEP"),
                *_spelt("monotone", "monoton", "monotonic", "monotonous", "monotonically", "Monotone"),
                *_spelt("oscillating", "oscillate", "oscillates", "oscillation", "oscilating", "Oscillating"),
                *_spelt("diverging", "diverge", "diverges", "divergent", "divergence", "Diverging"),
                lambda curvature, lr: reference.step_regime(curvature, lr).capitalize(),
                lambda curvature, lr: reference.step_regime(curvature, lr).upper(),
            ],
        ),
    ],
    equivalent={
        reasons.ANY_ORDER: ["if math.isclose(1, lr * curvature):"],
        "The factor is never 1 or -1: by the text ηλ is neither 0 nor 2.": ["if abs(factor) >= 1:"],
        "A factor of 0 is answered one line above.": ["return 'monotone' if factor >= 0 else 'oscillating'"],
    },
)
