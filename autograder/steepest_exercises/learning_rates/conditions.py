"""Exercise `robbins_monro` of `04_learning_rates`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake

from steepest_exercises.learning_rates import reference

Answer = tuple[object, object]
OUTPUTS = ["reaches", "settles"]
HAIRS = {"a hair": 1e-6, "two hairs": 1e-5, "a whisker": 1e-4}


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    return _around(rng, 0.01, 0.04)


def _hidden(rng: np.random.Generator) -> Sequence[Case]:
    """Nearer to the edges than the public ones, whose answers could be learned by heart, and more of them there."""
    near = {f"{far} over {edge}": (edge, size) for edge in (0.5, 1.0) for far, size in HAIRS.items()}
    more = [
        Case(name, {"args": [edge + size * float(rng.uniform(1, 2))], "kwargs": {}, "outputs": OUTPUTS})
        for name, (edge, size) in near.items()
    ]
    return [*_around(rng, 1e-4, 1e-3), *more]


def _around(rng: np.random.Generator, least: float, most: float) -> Sequence[Case]:
    def case(name: str, low: float, high: float | None = None, corner: float = 0.0) -> Case:
        power = float(low if high is None else rng.uniform(low, high))
        return Case(name, {"args": [power], "kwargs": {}, "outputs": OUTPUTS}, corner=corner)

    return [
        case("a constant rate", 0.0, corner=0.1),
        case("a rate that hardly falls", 0.1, 0.24),
        case("a rate that falls slowly", 0.26, 0.45),
        case("just under the root", 0.5 - most, 0.5 - least),
        case("one over the root", 0.5),
        case("just over the root", 0.5 + least, 0.5 + most),
        case("between the root and one", 0.6, 0.9),
        case("just under one", 1 - most, 1 - least),
        case("one over the number of the step", 1.0),
        case("just over one", 1 + least, 1 + most),
        case("between one and the square", 1.2, 1.9),
        case("one over the square", 2.0),
        case("a rate that falls very fast", 2.2, 4.0),
    ]


def _verdict(reaches: Callable[[float], object], settles: Callable[[float], object]) -> Callable[[float], Answer]:
    """Two answers, each from the power."""

    def robbins_monro(power: float) -> Answer:
        return reaches(power), settles(power)

    return robbins_monro


def _reaches(p: float) -> bool:
    return p <= 1


def _settles(p: float) -> bool:
    return p > 0.5


def _many_terms(n: int, bound: float) -> Callable[[float], Answer]:
    """So many terms, and a bound that tells whether their sum is large."""

    def robbins_monro(power: float) -> Answer:
        rates = np.arange(1.0, n + 1) ** -power
        return bool(rates.sum() > bound), bool((rates**2).sum() < bound)

    return robbins_monro


def _later_terms(power: float) -> Answer:
    rates = np.arange(50_001.0, 100_001) ** -power
    return bool(rates.sum() > 0.1), bool((rates**2).sum() < 0.1)


def _by_regime(power: float) -> Answer:
    if power <= 0.5:
        return True, False
    return (True, True) if power <= 1 else (False, True)


def _by_integrals(power: float) -> Answer:
    """A sum over k⁻ˢ is infinite where the integral over x⁻ˢ is."""
    infinite = [Fraction(s) <= 1 for s in (power, 2 * power)]
    return infinite[0], not infinite[1]


ROBBINS_MONRO = Exercise(
    id="robbins_monro",
    reference=reference.robbins_monro,
    cases=_cases,
    hidden=_hidden,
    points=1,
    accepted=[
        Accepted("two_comparisons", _verdict(_reaches, _settles)),
        Accepted("by_regime", _by_regime),
        Accepted("by_integrals", _by_integrals),
        Accepted("in_torch", _verdict(lambda p: torch.tensor(p) <= 1, lambda p: torch.tensor(2 * p) > 1)),
        Accepted("negated", _verdict(lambda p: not p > 1, lambda p: not p <= 1 / 2)),
    ],
    mistakes=[
        Mistake(
            "swapped",
            _verdict(_settles, _reaches),
            "The two answers have changed places: first whether the sum of the rates is infinite, then whether that of "
            "their squares is finite.",
            credit=0.5,
        ),
        Mistake(
            "half_included",
            _verdict(_reaches, lambda p: p >= 0.5),
            "With power ½ the squares are 1/k, whose sum is infinite: the noise does not die out.",
            credit=0.5,
        ),
        Mistake(
            "one_excluded",
            _verdict(lambda p: p < 1, _settles),
            "With power 1 the sum is that of 1/k. It grows slowly, like a logarithm, and without end: it reaches "
            "everywhere.",
            credit=0.5,
        ),
        Mistake(
            "both_edges_wrong",
            _verdict(lambda p: p < 1, lambda p: p >= 0.5),
            "Both edges are on the wrong side: the sum of 1/k is infinite, which is the sum of the rates for power 1 "
            "and that of their squares for power ½.",
            credit=0.25,
        ),
        Mistake(
            "sum_of_squares_only",
            _verdict(_settles, _settles),
            "Both answers are that of the squares. Whether the path can reach everywhere is a question of the sum of "
            "the rates themselves.",
            credit=0.25,
        ),
        Mistake(
            "sum_of_rates_only",
            _verdict(_reaches, _reaches),
            "Both answers are that of the plain sum. Whether the noise dies out is a question of the squares.",
            credit=0.25,
        ),
        Mistake(
            "settles_from_one_on",
            _verdict(_reaches, lambda p: p > 1),
            "It is said to settle only from a power of 1 on. The square of k to the power -p is k to the power -2p: "
            "the exponent is doubled, neither left as it is nor squared, so that the border lies at p = ½.",
            credit=0.25,
            forms=[_verdict(_reaches, lambda p: p >= 1)],
        ),
        Mistake(
            "both_finite",
            _verdict(lambda p: p > 1, _settles),
            "It asks for a finite sum of the rates. Then the path has a finite length at most, and a start that lies "
            "farther away never arrives: the sum must be infinite.",
            credit=0.25,
        ),
        Mistake(
            "both_infinite",
            _verdict(_reaches, lambda p: p <= 0.5),
            "It asks for an infinite sum of the squares. That is the variance that the noise adds up: it must be "
            "finite.",
            credit=0.25,
        ),
        Mistake(
            "both_reversed",
            _verdict(lambda p: p > 1, lambda p: p <= 0.5),
            "Both answers say the opposite: the sum of the rates must be infinite, and that of their squares finite.",
            credit=0.25,
        ),
        Mistake(
            "terms_go_to_zero",
            _verdict(_reaches, lambda p: p > 0),
            "That the rates go to zero is not enough for the noise to die out: the squares must have a finite sum.",
            credit=0.25,
            forms=[_verdict(lambda p: True, lambda p: p > 0)],
        ),
        Mistake(
            "reaches_whatever_the_power",
            _verdict(lambda p: True, _settles),
            "It is said to reach everywhere whatever the power is. Where the sum of the rates is finite, for p > 1, "
            "the path has a finite length, and a start that lies farther away never arrives.",
            credit=0.25,
            forms=[_verdict(lambda p: p > 0, _settles), _verdict(lambda p: p < 2, _settles)],
        ),
        Mistake(
            "settles_whatever_the_power",
            _verdict(_reaches, lambda p: True),
            "It is said to settle whatever the power is. Up to p = ½ the sum of the squares is infinite, and the noise "
            "does not die out.",
            credit=0.25,
        ),
        Mistake(
            "squares_of_the_wrong_power",
            _verdict(_reaches, lambda p: p > 2),
            "The square of k to the power -p is k to the power -2p. Its sum is finite where 2p > 1.",
            credit=0.25,
            forms=[
                _verdict(_reaches, lambda p: p > 0.25),
                _verdict(_reaches, lambda p: p > 0.5**0.5),
            ],
        ),
        Mistake(
            "needs_both_at_once",
            _verdict(lambda p: 0.5 < p <= 1, lambda p: 0.5 < p <= 1),
            "Both answers say whether both conditions hold. They are two questions: a constant rate reaches "
            "everywhere and does not settle.",
            credit=0.25,
            forms=[_verdict(lambda p: 0.5 < p <= 1, _settles), _verdict(_reaches, lambda p: 0.5 < p <= 1)],
        ),
        Mistake(
            "only_the_classic",
            _verdict(lambda p: p == 1, lambda p: p == 1),
            "Only 1/k is let through. Every power from just over ½ up to 1 satisfies both conditions.",
            credit=0.25,
            forms=[_verdict(lambda p: p == 1, _settles), _verdict(_reaches, lambda p: p == 1)],
        ),
        Mistake(
            "constant_rate_excluded",
            _verdict(lambda p: 0 < p <= 1, _settles),
            "A constant rate, power 0, reaches everywhere as well: the sum of its terms is infinite.",
            credit=0.9,
        ),
        Mistake(
            "rates_that_grow",
            _verdict(lambda p: p >= -1, lambda p: 2 * p < -1),
            "The same is said of every power, which holds of rates that grow, k to the power +p. The rates are k to "
            "the power -p: the larger p, the faster they fall.",
        ),
        Mistake(
            "sum_of_many_terms",
            _many_terms(1_000, 10),
            "A finite number of terms is added up. However many there are, they cannot tell a sum that grows slowly "
            "without end from one that stays below a bound: compare the power with the border.",
            forms=[
                _later_terms,
                _many_terms(10_000, 100),
                _many_terms(1_000, 100),
                _many_terms(1_000, 5),
                _many_terms(100, 10),
                _many_terms(100, 5),
            ],
        ),
        Mistake(
            "half_as_the_edge_of_both",
            _verdict(lambda p: p <= 0.5, _settles),
            "The sum of the rates is asked with the edge of the squares. The sum of k to the power -p is infinite up "
            "to p = 1.",
            credit=0.25,
            forms=[_verdict(lambda p: p <= 0.5, _reaches)],
        ),
    ],
)
