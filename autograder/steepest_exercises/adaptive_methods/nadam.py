"""Exercise `nadam_step` of `06_adaptive_methods`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from steepest_grader.exercise.model import Accepted, Exercise, Mistake
from torch import Tensor

from steepest_exercises import inputs
from steepest_exercises.adaptive_methods import cases as shared
from steepest_exercises.adaptive_methods import reference
from steepest_exercises.adaptive_methods.moments import (
    Correction,
    first_average,
    inside,
    moment_cases,
    none,
    outside,
    second_average,
)

SCHEDULED = (
    "rho1 follows the schedule of torch.optim.NAdam, 1 - 0.96**(t / 250) / 2 times itself. The lesson keeps it"
    " constant; after a few hundred steps the difference is small."
)


def _ahead(s: Tensor, g: Tensor, a: float, k: int, b: float) -> Tensor:
    return a * s / (1 - a ** (k + 1)) + (1 - a) * g / (1 - a**k)


def _one_correction(s: Tensor, g: Tensor, a: float, k: int, b: float) -> Tensor:
    return (a * s + (1 - a) * g) / (1 - a**k)


def _blend_s(s: Tensor, g: Tensor, a: float) -> Tensor:
    return a * s + (1 - a) * g


def _blend_r(r: Tensor, g: Tensor, b: float, s: Tensor) -> Tensor:
    return b * r + (1 - b) * g * g


def _nadam(
    ahead: Callable[[Tensor, Tensor, float, int, float], Tensor] = _ahead,
    s: Callable[[Tensor, Tensor, float], Tensor] = _blend_s,
    r: Callable[[Tensor, Tensor, float, Tensor], Tensor] = _blend_r,
    c2: Correction = second_average,
    spread: Callable[[Tensor, float, float], Tensor] = outside,
    move: Callable[[Tensor, Tensor, float, float], Tensor] = lambda m, spread, lr, eps: lr * m / spread,
    used: Callable[[inputs.State, inputs.State], inputs.State] = lambda old, new: new,
    kept: Callable[[inputs.State, inputs.State, Tensor, float, float, int], inputs.State] = (
        lambda old, new, direction, a, b, k: new
    ),
    first: int = 1,
) -> inputs.Step:
    """A stepper along ahead(s, g, ρ₁, k, ρ₂), k = t + first, with the averages s(s, g, ρ₁), r(r, g, ρ₂, s)."""

    def step(
        theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho1: float, rho2: float, eps: float
    ) -> tuple[Tensor, inputs.State]:
        k = state["t"] + first
        new_s = s(state["s"], grad, rho1)
        new = {"s": new_s, "r": r(state["r"], grad, rho2, new_s), "t": state["t"] + 1}
        now = used(state, new)
        direction = ahead(now["s"], grad, rho1, k, rho2)
        moved = theta - move(direction, spread(now["r"], c2(rho1, rho2, k), eps), lr, eps)
        return moved, kept(state, new, direction, rho1, rho2, k)

    return step


def _also(**slip: Any) -> list[inputs.Step]:
    """The same slip with ε in the root, and with one correction of both terms where the slip leaves them alone."""
    more = [] if "ahead" in slip else [_nadam(**slip, ahead=_one_correction)]
    return [_nadam(**slip, spread=inside), *more]


def _rate(rho1: float, k: int) -> float:
    rising: float = 0.96 ** (k / 250)
    return rho1 * (1 - 0.5 * rising)


def _scheduled(
    theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho1: float, rho2: float, eps: float
) -> tuple[Tensor, inputs.State]:
    k = state["t"] + 1
    s, r = rho1 * state["s"] + (1 - rho1) * grad, rho2 * state["r"] + (1 - rho2) * grad**2
    product = 1.0
    for i in range(1, k + 1):
        now = rho1 * (1 - 0.5 * 0.96 ** (i * 0.004))
        product *= now
    then = rho1 * (1 - 0.5 * 0.96 ** ((k + 1) * 0.004))
    ahead = then * s / (1 - product * then) + (1 - now) * grad / (1 - product)
    return theta - lr * ahead / ((r / (1 - rho2**k)).sqrt() + eps), {"s": s, "r": r, "t": k}


def _scheduled_with_memory(
    theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho1: float, rho2: float, eps: float
) -> tuple[Tensor, inputs.State]:
    k = state["t"] + 1
    s, r = rho1 * state["s"] + (1 - rho1) * grad, rho2 * state["r"] + (1 - rho2) * grad**2
    now, then = (rho1 * (1 - 0.5 * 0.96 ** (i * 0.004)) for i in (k, k + 1))
    product = state.get("mu_product", 1.0) * now
    ahead = then * s / (1 - product * then) + (1 - now) * grad / (1 - product)
    moved = theta - lr * ahead / ((r / (1 - rho2**k)).sqrt() + eps)
    return moved, {"s": s, "r": r, "t": k, "mu_product": product}


def _by_single_rates(s: Tensor, g: Tensor, a: float, k: int, b: float) -> Tensor:
    now, then = _rate(a, k), _rate(a, k + 1)
    return then * s / (1 - then) + (1 - now) * g / (1 - now)


def _by_powers_of_rates(s: Tensor, g: Tensor, a: float, k: int, b: float) -> Tensor:
    now, then = _rate(a, k), _rate(a, k + 1)
    return then * s / (1 - then ** (k + 1)) + (1 - now) * g / (1 - now**k)


def _by_powers_of_rho(s: Tensor, g: Tensor, a: float, k: int, b: float) -> Tensor:
    now, then = _rate(a, k), _rate(a, k + 1)
    return then * s / (1 - a ** (k + 1)) + (1 - now) * g / (1 - a**k)


def _without_the_next(s: Tensor, g: Tensor, a: float, k: int, b: float) -> Tensor:
    now, then = _rate(a, k), _rate(a, k + 1)
    product = math.prod(_rate(a, i) for i in range(1, k + 1))
    return then * s / (1 - product) + (1 - now) * g / (1 - product)


def _started_s(s: Tensor, g: Tensor, a: float) -> Tensor:
    return shared.started_at_the_first(s, _blend_s(s, g, a), g)


def _started_r(r: Tensor, g: Tensor, b: float, s: Tensor) -> Tensor:
    return shared.started_at_the_first(r, _blend_r(r, g, b, s), g * g)


def _until(last: int) -> Callable[[Tensor, Tensor, float, int, float], Tensor]:
    return lambda s, g, a, k, b: _ahead(s, g, a, k, b) if k <= last else a * s + (1 - a) * g


NADAM_STEP = Exercise(
    id="nadam_step",
    reference=reference.nadam_step,
    cases=moment_cases,
    points=3,
    accepted=[
        Accepted(
            "one_fraction",
            _nadam(
                lambda s, g, a, k, b: (
                    (a * s * (1 - a**k) + (1 - a) * g * (1 - a ** (k + 1))) / ((1 - a**k) * (1 - a ** (k + 1)))
                )
            ),
        ),
        Accepted("entry_by_entry", inputs.entry_by_entry(_nadam())),
        Accepted("powers", _nadam(move=lambda m, spread, lr, eps: m * (lr / spread))),
        Accepted("eps_in_the_root", _nadam(spread=inside), shared.INSIDE),
        Accepted(
            "one_correction",
            _nadam(_one_correction),
            "both terms are corrected by 1 - rho1**t of this step, as in many summaries. Dozat corrects the"
            " look-ahead by that of the next step; they differ in the first steps only.",
        ),
        Accepted("schedule_of_torch", _scheduled, SCHEDULED),
        Accepted("schedule_of_torch_with_memory", _scheduled_with_memory, SCHEDULED),
    ],
    mistakes=[
        Mistake(
            "no_look_ahead",
            _nadam(lambda s, g, a, k, b: s / (1 - a**k)),
            "theta moves along the average alone, as in Adam. Nesterov's look-ahead lets the average fade once more"
            " and adds the new gradient with weight 1 - rho1.",
            0.25,
            forms=[
                _nadam(lambda s, g, a, k, b: s / (1 - a**k), spread=inside),
                _nadam(lambda s, g, a, k, b: s / (1 - a ** (k + 1))),
            ],
        ),
        Mistake(
            "old_average_used",
            _nadam(used=lambda old, new: {**new, "s": old["s"]}),
            "The look-ahead uses the average before this gradient entered it. Use the new average.",
            0.25,
            forms=[_nadam(used=lambda old, new: {**new, "s": old["s"]}, spread=inside)],
        ),
        Mistake(
            "old_squares_used",
            _nadam(used=lambda old, new: {**new, "r": old["r"]}),
            "The step is divided by the mean square before this gradient entered it. At the first step that is 0.",
            0.25,
            forms=_also(used=lambda old, new: {**new, "r": old["r"]}),
        ),
        Mistake(
            "average_twice",
            _nadam(lambda s, g, a, k, b: a * s / (1 - a ** (k + 1)) + (1 - a) * s / (1 - a**k)),
            "The average stands in both terms. The second one holds the new gradient: (1 - rho1) * g.",
            0.25,
        ),
        Mistake(
            "gradient_twice",
            _nadam(lambda s, g, a, k, b: a * g / (1 - a ** (k + 1)) + (1 - a) * g / (1 - a**k)),
            "The gradient stands in both terms. The first one holds the average: rho1 * s.",
            0.25,
        ),
        Mistake(
            "gradient_not_corrected",
            _nadam(lambda s, g, a, k, b: a * s / (1 - a ** (k + 1)) + (1 - a) * g),
            "The gradient's term is not corrected. Divide it by 1 - rho1**k, k being the number of this step.",
            0.25,
            forms=[_nadam(lambda s, g, a, k, b: a * s / (1 - a**k) + (1 - a) * g)],
        ),
        Mistake(
            "average_not_corrected",
            _nadam(lambda s, g, a, k, b: a * s + (1 - a) * g / (1 - a**k)),
            "The average's term is not corrected. Divide it by 1 - rho1**(k + 1), k being the number of this step.",
            0.25,
        ),
        Mistake(
            "numerator_not_corrected",
            _nadam(lambda s, g, a, k, b: a * s + (1 - a) * g),
            "Neither term above is corrected, so the first steps are too short. Divide the average's by"
            " 1 - rho1**(k + 1) and the gradient's by 1 - rho1**k.",
            0.25,
            forms=[_nadam(lambda s, g, a, k, b: a * s + (1 - a) * g, spread=inside)],
        ),
        Mistake(
            "no_bias_correction",
            _nadam(lambda s, g, a, k, b: a * s + (1 - a) * g, c2=none),
            "No average is corrected for its start from 0. Above the fraction line the corrections are made with rho1,"
            " below it with rho2.",
            0.25,
            forms=[_nadam(lambda s, g, a, k, b: a * s + (1 - a) * g, c2=none, spread=inside)],
        ),
        Mistake(
            "squares_not_corrected",
            _nadam(c2=none),
            "The average of the squares is not corrected, so the first steps are too long.",
            0.25,
            forms=_also(c2=none),
        ),
        Mistake("corrected_by_t", _nadam(first=0), shared.LATE_COUNT, 0.25, forms=_also(first=0)),
        Mistake(
            "count_two_ahead",
            _nadam(first=2),
            "The correction counts one step too many: the first call sees t = 0 and is step k = 1.",
            0.25,
            forms=_also(first=2),
        ),
        Mistake(
            "powers_exchanged",
            _nadam(lambda s, g, a, k, b: a * s / (1 - a**k) + (1 - a) * g / (1 - a ** (k + 1))),
            "The two powers are exchanged: the look-ahead belongs to the next step, the gradient to this one.",
            0.25,
        ),
        Mistake(
            "both_corrected_for_the_next_step",
            _nadam(lambda s, g, a, k, b: (a * s + (1 - a) * g) / (1 - a ** (k + 1))),
            "Both terms are corrected for the next step. Only the look-ahead belongs to it; the gradient is this"
            " step's: 1 - rho1**k.",
            0.25,
            forms=[_nadam(lambda s, g, a, k, b: (a * s + (1 - a) * g) / (1 - a ** (k + 1)), spread=inside)],
        ),
        Mistake(
            "squares_corrected_for_the_next_step",
            _nadam(c2=lambda a, b, k: 1 - b ** (k + 1)),
            "The squares are corrected for the next step. They are Adam's, of this step: 1 - rho2**k.",
            0.25,
            forms=_also(c2=lambda a, b, k: 1 - b ** (k + 1)),
        ),
        Mistake(
            "corrections_exchanged",
            _nadam(
                lambda s, g, a, k, b: a * s / (1 - b ** (k + 1)) + (1 - a) * g / (1 - b**k),
                c2=first_average,
            ),
            "The corrections are exchanged. Above the fraction line they are made with rho1, below it with rho2.",
            0.25,
            forms=[
                _nadam(lambda s, g, a, k, b: (a * s + (1 - a) * g) / (1 - b**k), c2=first_average),
            ],
        ),
        Mistake(
            "one_rho_in_all_corrections",
            _nadam(c2=first_average),
            "All corrections use one rho. Above the fraction line it is rho1, below it rho2.",
            0.25,
            forms=[
                *_also(c2=first_average),
                _nadam(lambda s, g, a, k, b: a * s / (1 - b ** (k + 1)) + (1 - a) * g / (1 - b**k)),
            ],
        ),
        Mistake(
            "corrected_in_the_first_steps_only",
            _nadam(_until(1), c2=shared.until(1, second_average)),
            shared.FIRST_STEPS,
            0.25,
            forms=[_nadam(_until(last), c2=shared.until(last, second_average)) for last in (2, 3, 5, 9, 10)],
        ),
        Mistake(
            "power_missing",
            _nadam(lambda s, g, a, k, b: (a * s + (1 - a) * g) / (1 - a), c2=lambda a, b, k: 1 - b),
            shared.POWER_MISSING,
            0.25,
            forms=[
                _nadam(lambda s, g, a, k, b: a * s / (1 - a**2) + (1 - a) * g / (1 - a), c2=lambda a, b, k: 1 - b),
                _nadam(lambda s, g, a, k, b: (a * s + (1 - a) * g) / (1 - a)),
            ],
        ),
        Mistake(
            "factor_for_power",
            _nadam(
                lambda s, g, a, k, b: a * s / (1 - a * (k + 1)) + (1 - a) * g / (1 - a * k),
                c2=lambda a, b, k: abs(1 - b * k),
            ),
            shared.PRODUCT,
            0.25,
            forms=[
                _nadam(
                    lambda s, g, a, k, b: a * s / (1 - a * (k + 1)) + (1 - a) * g / (1 - a * k),
                    c2=lambda a, b, k: 1 - b * k,
                ),
                _nadam(lambda s, g, a, k, b: a * s / (1 - a * (k + 1)) + (1 - a) * g / (1 - a * k)),
            ],
        ),
        Mistake(
            "corrected_after_the_root",
            _nadam(c2=lambda a, b, k: (1 - b**k) ** 2),
            "The root is corrected by the whole 1 - rho2**k. Correct the average first and take the root of the"
            " result.",
            0.25,
            forms=[_nadam(_one_correction, c2=lambda a, b, k: (1 - b**k) ** 2)],
        ),
        Mistake(
            "corrected_twice",
            _nadam(lambda s, g, a, k, b: a * s / (1 - a**k) / (1 - a ** (k + 1)) + (1 - a) * g / (1 - a**k)),
            "The average's term is corrected twice. Divide the uncorrected s once.",
            0.25,
            forms=[
                _nadam(lambda s, g, a, k, b: (a * s / (1 - a**k) + (1 - a) * g) / (1 - a**k)),
                _nadam(lambda s, g, a, k, b: (a * s / (1 - a ** (k + 1)) + (1 - a) * g) / (1 - a**k)),
            ],
        ),
        Mistake(
            "schedule_without_its_product",
            _nadam(_by_single_rates),
            "rho1 follows torch's schedule, but the corrections do not use the *product* of all its values so far, and"
            " of the next for the look-ahead. With a constant rho1 that product is the power.",
            0.25,
            forms=[
                _nadam(_by_powers_of_rates),
                _nadam(_by_powers_of_rho),
                _nadam(_without_the_next),
            ],
        ),
        Mistake(
            "fading_missing",
            _nadam(lambda s, g, a, k, b: s / (1 - a ** (k + 1)) + (1 - a) * g / (1 - a**k)),
            "The average counts in full beside the new gradient. It has to fade by rho1 before (1 - rho1) * g is"
            " added.",
            0.25,
            forms=[_nadam(lambda s, g, a, k, b: (s + (1 - a) * g) / (1 - a**k))],
        ),
        Mistake(
            "gradient_not_weighted",
            _nadam(lambda s, g, a, k, b: a * s / (1 - a ** (k + 1)) + g / (1 - a**k)),
            "The gradient is added in full. It counts with 1 - rho1, as in the average.",
            0.25,
            forms=[
                _nadam(lambda s, g, a, k, b: (a * s + g) / (1 - a**k)),
                _nadam(lambda s, g, a, k, b: a * s / (1 - a ** (k + 1)) + g),
                _nadam(lambda s, g, a, k, b: a * s / (1 - a**k) + g),
            ],
        ),
        Mistake(
            "shares_exchanged",
            _nadam(lambda s, g, a, k, b: (1 - a) * s / (1 - a ** (k + 1)) + a * g / (1 - a**k)),
            "The shares are exchanged: the average counts with rho1, the gradient with 1 - rho1.",
            0.25,
            forms=[_nadam(lambda s, g, a, k, b: ((1 - a) * s + a * g) / (1 - a**k))],
        ),
        Mistake(
            "gradient_subtracted",
            _nadam(lambda s, g, a, k, b: a * s / (1 - a ** (k + 1)) - (1 - a) * g / (1 - a**k)),
            "The gradient's term enters with the opposite sign. Both terms have the same sign: theta moves along their"
            " sum, downhill.",
            0.25,
            forms=[_nadam(lambda s, g, a, k, b: (a * s - (1 - a) * g) / (1 - a**k))],
        ),
        Mistake(
            "gradient_alone",
            _nadam(lambda s, g, a, k, b: g),
            "theta moves along the last gradient alone, as in RMSProp. The average of the gradients is missing.",
            0.25,
            forms=[
                _nadam(lambda s, g, a, k, b: g / (1 - a**k)),
                _nadam(lambda s, g, a, k, b: (1 - a) * g / (1 - a**k)),
            ],
        ),
        Mistake(
            "gradient_missing",
            _nadam(lambda s, g, a, k, b: a * s / (1 - a ** (k + 1))),
            "The second term is missing: the new gradient, with weight 1 - rho1, is added to the faded average.",
            0.25,
            forms=[_nadam(lambda s, g, a, k, b: a * s / (1 - a**k))],
        ),
        Mistake(
            "weights_exchanged",
            _nadam(s=lambda s, g, a: (1 - a) * s + a * g, r=lambda r, g, b, s: (1 - b) * r + b * g * g),
            "rho and 1 - rho have changed places in an average. rho, usually near 1, is the share of the past that is"
            " kept.",
            0.25,
            forms=[_nadam(s=lambda s, g, a: (1 - a) * s + a * g), _nadam(r=lambda r, g, b, s: (1 - b) * r + b * g * g)],
        ),
        Mistake(
            "sums_for_averages",
            _nadam(s=lambda s, g, a: a * s + g, r=lambda r, g, b, s: b * r + g * g),
            "A new gradient or its square counts in full. In an average it has the weight 1 - rho, beside the old"
            " average with rho.",
            0.25,
            forms=[
                _nadam(s=lambda s, g, a: a * s + g),
                _nadam(r=lambda r, g, b, s: b * r + g * g),
                _nadam(_one_correction, s=lambda s, g, a: a * s + g),
                _nadam(lambda s, g, a, k, b: a * s + g, s=lambda s, g, a: a * s + g),
            ],
        ),
        Mistake(
            "rhos_exchanged",
            lambda theta, grad, state, *, lr, rho1, rho2, eps: _nadam()(
                theta, grad, state, lr=lr, rho1=rho2, rho2=rho1, eps=eps
            ),
            shared.RHOS_EXCHANGED,
            0.25,
            forms=[
                lambda theta, grad, state, *, lr, rho1, rho2, eps: _nadam(_one_correction)(
                    theta, grad, state, lr=lr, rho1=rho2, rho2=rho1, eps=eps
                ),
                lambda theta, grad, state, *, lr, rho1, rho2, eps: _nadam()(
                    theta, grad, state, lr=lr, rho1=rho1, rho2=rho1, eps=eps
                ),
            ],
        ),
        Mistake(
            "starts_at_the_first_gradient",
            _nadam(s=_started_s, r=_started_r),
            shared.STARTED,
            0.25,
            forms=[_nadam(s=_started_s), _nadam(r=_started_r), _nadam(r=_started_r, c2=none)],
        ),
        Mistake("eps_missing", _nadam(spread=lambda r, c, eps: (r / c).sqrt()), shared.NO_EPS, 0.25),
        Mistake(
            "eps_added_to_the_quotient",
            _nadam(spread=lambda r, c, eps: (r / c).sqrt(), move=lambda m, spread, lr, eps: lr * m / spread + eps),
            shared.EPS_ASIDE,
            0.25,
            forms=[
                _nadam(
                    spread=lambda r, c, eps: (r / c).sqrt(), move=lambda m, spread, lr, eps: lr * (m / spread + eps)
                ),
                _nadam(
                    spread=lambda r, c, eps: (r / c).sqrt(), move=lambda m, spread, lr, eps: (lr / spread + eps) * m
                ),
            ],
        ),
        Mistake(
            "root_missing",
            _nadam(spread=lambda r, c, eps: r / c + eps),
            "The direction is divided by the mean square itself. Take its root.",
            0.25,
            forms=[_nadam(_one_correction, spread=lambda r, c, eps: r / c + eps)],
        ),
        Mistake(
            "squares_added_up",
            _nadam(r=lambda r, g, b, s: r + g * g),
            shared.ADDED_UP,
            0.25,
            forms=_also(r=lambda r, g, b, s: r + g * g),
        ),
        Mistake(
            "square_of_the_average",
            _nadam(r=lambda r, g, b, s: b * r + (1 - b) * s * s),
            "The squares are taken of the averaged gradient. Average the squares of the gradient itself.",
            0.25,
            forms=_also(r=lambda r, g, b, s: b * r + (1 - b) * s * s),
        ),
        Mistake(
            "gradient_not_squared",
            _nadam(r=lambda r, g, b, s: b * r + (1 - b) * g.abs()),
            "r averages the gradients or their sizes, not their squares. Average the squares: the root of their"
            " average has the unit of a gradient.",
            0.25,
            forms=[_nadam(r=lambda r, g, b, s: b * r + (1 - b) * g)],
        ),
        Mistake(
            "one_rate_for_all",
            _nadam(r=lambda r, g, b, s: b * r + (1 - b) * (g * g).mean()),
            shared.ONE_FOR_ALL,
            forms=[
                _nadam(r=lambda r, g, b, s: b * r + (1 - b) * (g * g).sum()),
                _nadam(spread=lambda r, c, eps: (r / c).mean().sqrt() + eps),
            ],
        ),
        Mistake(
            "look_ahead_stored",
            _nadam(kept=lambda old, new, direction, a, b, k: {**new, "s": direction}),
            "What comes back as s is not the average but something of the look-ahead, which serves the step only."
            " Store the average itself.",
            0.25,
            forms=[
                *_also(kept=lambda old, new, direction, a, b, k: {**new, "s": direction}),
                _nadam(kept=lambda old, new, direction, a, b, k: {**new, "s": a * new["s"]}),
            ],
        ),
        Mistake(
            "corrected_values_stored",
            _nadam(
                kept=lambda old, new, direction, a, b, k: {
                    **new,
                    "s": new["s"] / (1 - a**k),
                    "r": new["r"] / (1 - b**k),
                }
            ),
            shared.CORRECTED,
            0.25,
            forms=[
                _nadam(kept=lambda old, new, direction, a, b, k: {**new, "s": new["s"] / (1 - a**k)}),
                _nadam(kept=lambda old, new, direction, a, b, k: {**new, "r": new["r"] / (1 - b**k)}),
            ],
        ),
        Mistake(
            "count_not_kept",
            _nadam(kept=lambda old, new, direction, a, b, k: {**new, "t": old["t"]}),
            shared.COUNT_KEPT,
            0.25,
            forms=_also(kept=lambda old, new, direction, a, b, k: {**new, "t": old["t"]}),
        ),
        Mistake(
            "count_grows_by_two",
            _nadam(kept=lambda old, new, direction, a, b, k: {**new, "t": old["t"] + 2}),
            "t grows by 2 in a step. If k is t + 1, the state gets k back, not k + 1.",
            0.25,
        ),
        Mistake(
            "state_not_updated",
            _nadam(kept=lambda old, new, direction, a, b, k: old),
            shared.STATE_KEPT,
            0.25,
            forms=_also(kept=lambda old, new, direction, a, b, k: old),
        ),
        Mistake(
            "rate_forgotten",
            _nadam(move=lambda m, spread, lr, eps: m / spread),
            "The result does not depend on lr; a constant in its place looks the same. lr scales the whole step.",
            0.25,
        ),
        Mistake(
            "climbs",
            _nadam(move=lambda m, spread, lr, eps: -lr * m / spread),
            shared.UPHILL,
            0.25,
            forms=_also(move=lambda m, spread, lr, eps: -lr * m / spread),
        ),
        *shared.careless(reference.nadam_step),
    ],
    equivalent={
        "The accepted variant one_correction.": [
            "ahead = rho1 * s / (1 - rho1 ** (k * 1)) + (1 - rho1) * grad / (1 - rho1 ** k)",
            "ahead = rho1 * s / (1 - rho1 ** (k / 1)) + (1 - rho1) * grad / (1 - rho1 ** k)",
            "ahead = rho1 * s / (1 - rho1 ** k ** 1) + (1 - rho1) * grad / (1 - rho1 ** k)",
            "ahead = rho1 * s / (1 - rho1 ** k) + (1 - rho1) * grad / (1 - rho1 ** k)",
            "ahead = rho1 * s / (1 - rho1 ** (k + 0)) + (1 - rho1) * grad / (1 - rho1 ** k)",
        ],
    },
)
