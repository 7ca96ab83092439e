"""Exercise `adam_step` of `06_adaptive_methods`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import inputs
from steepest_exercises.adaptive_methods import cases as shared
from steepest_exercises.adaptive_methods import reference
from steepest_exercises.adaptive_methods.moments import (
    SLACK,
    Correction,
    blend_r,
    blend_s,
    first_average,
    hat,
    inside,
    moment_cases,
    none,
    outside,
    second_average,
)


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """These, and a run that is taken up where another has left it."""
    hyper = {"lr": 0.1, "rho1": 0.9, "rho2": 0.99, "eps": 0.01}
    later = shared.later_case(rng, reference.adam_step, hyper, slack=SLACK)
    return [*moment_cases(rng), later]


def _adam(
    s: Callable[[Tensor, Tensor, float, float], Tensor] = blend_s,
    r: Callable[[Tensor, Tensor, float, Tensor], Tensor] = blend_r,
    c1: Correction = first_average,
    c2: Correction = second_average,
    spread: Callable[[Tensor, float, float], Tensor] = outside,
    move: Callable[[Tensor, Tensor, float, float], Tensor] = lambda s_hat, spread, lr, eps: lr * s_hat / spread,
    ahead: Callable[[Tensor, Tensor, Tensor, float, int], Tensor] = lambda s_hat, s, g, a, k: s_hat,
    used: Callable[[inputs.State, inputs.State], inputs.State] = lambda old, new: new,
    kept: Callable[[inputs.State, inputs.State, Tensor, Tensor], inputs.State] = lambda old, new, s_hat, r_hat: new,
    first: int = 1,
) -> inputs.Step:
    """A stepper with averages s(s, g, ρ₁, lr), r(r, g, ρ₂, s), corrected by c1 and c2 for step k = t + first."""

    def step(
        theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho1: float, rho2: float, eps: float
    ) -> tuple[Tensor, inputs.State]:
        k = state["t"] + first
        new_s = s(state["s"], grad, rho1, lr)
        new = {"s": new_s, "r": r(state["r"], grad, rho2, new_s), "t": state["t"] + 1}
        now = used(state, new)
        first_correction, second_correction = c1(rho1, rho2, k), c2(rho1, rho2, k)
        s_hat = now["s"] / first_correction
        direction = ahead(s_hat, now["s"], grad, rho1, k)
        moved = theta - move(direction, spread(now["r"], second_correction, eps), lr, eps)
        return moved, kept(state, new, s_hat, now["r"] / second_correction)

    return step


def _everywhere(**slip: Any) -> list[inputs.Step]:
    """The same slip with ε where others have it."""
    return [_adam(**slip, spread=inside), _adam(**slip, spread=hat)]


def _as_torch(
    theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho1: float, rho2: float, eps: float
) -> tuple[Tensor, inputs.State]:
    s, r, t = state["s"].lerp(grad, 1 - rho1), state["r"].lerp(grad.square(), 1 - rho2), state["t"] + 1
    spread = r.sqrt() / (1 - rho2**t) ** 0.5 + eps
    return theta.addcdiv(s, spread, value=-lr / (1 - rho1**t)), {"s": s, "r": r, "t": t}


def _largest_square(store: bool = False, corrected: bool = True) -> inputs.Step:
    """AMSGrad, with the largest mean square under a key of its own, or in the place of the mean square."""

    def step(
        theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho1: float, rho2: float, eps: float
    ) -> tuple[Tensor, inputs.State]:
        k = state["t"] + 1
        s, r = rho1 * state["s"] + (1 - rho1) * grad, rho2 * state["r"] + (1 - rho2) * grad**2
        largest = torch.maximum(state["r"] if store else state.get("largest", torch.zeros_like(r)), r)
        c = (1 - rho1**k, 1 - rho2**k) if corrected else (1.0, 1.0)
        new = {"s": s, "r": largest, "t": k} if store else {"s": s, "r": r, "t": k, "largest": largest}
        return theta - lr * (s / c[0]) / ((largest / c[1]).sqrt() + eps), new

    return step


def _largest_corrected_square(
    theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho1: float, rho2: float, eps: float
) -> tuple[Tensor, inputs.State]:
    k = state["t"] + 1
    s, r = rho1 * state["s"] + (1 - rho1) * grad, rho2 * state["r"] + (1 - rho2) * grad**2
    largest = torch.maximum(state.get("largest", torch.zeros_like(r)), r / (1 - rho2**k))
    new = {"s": s, "r": r, "t": k, "largest": largest}
    return theta - lr * (s / (1 - rho1**k)) / (largest.sqrt() + eps), new


def _count_not_changed(old: inputs.State, new: inputs.State, s_hat: Tensor, r_hat: Tensor) -> inputs.State:
    return {**new, "t": old["t"]}


def _started_s(s: Tensor, g: Tensor, a: float, lr: float) -> Tensor:
    return shared.started_at_the_first(s, blend_s(s, g, a, lr), g)


def _started_r(r: Tensor, g: Tensor, b: float, s: Tensor) -> Tensor:
    return shared.started_at_the_first(r, blend_r(r, g, b, s), g * g)


def _whole_s(s: Tensor, g: Tensor, a: float, lr: float) -> Tensor:
    return a * s + g


def _whole_r(r: Tensor, g: Tensor, b: float, s: Tensor) -> Tensor:
    return b * r + g * g


def _exchanged_s(s: Tensor, g: Tensor, a: float, lr: float) -> Tensor:
    return (1 - a) * s + a * g


def _exchanged_r(r: Tensor, g: Tensor, b: float, s: Tensor) -> Tensor:
    return (1 - b) * r + b * g * g


def _climbing(s_hat: Tensor, spread: Tensor, lr: float, eps: float) -> Tensor:
    return -lr * s_hat / spread


ADAM_STEP = Exercise(
    id="adam_step",
    reference=reference.adam_step,
    cases=_cases,
    points=3,
    accepted=[
        Accepted("as_in_torch", _as_torch),
        Accepted("entry_by_entry", inputs.entry_by_entry(_adam())),
        Accepted("powers", _adam(move=lambda s_hat, spread, lr, eps: s_hat * (lr / spread))),
        Accepted(
            "eps_hat",
            _adam(spread=hat),
            "both corrections are drawn into the rate, so eps is added to the uncorrected root: the eps-hat of"
            " Kingma and Ba's section 2, and of Keras. In the first steps this eps counts for more.",
        ),
        Accepted("eps_in_the_root", _adam(spread=inside), shared.INSIDE),
    ],
    mistakes=[
        Mistake(
            "no_bias_correction",
            _adam(c1=none, c2=none),
            "Neither average is corrected for its start from 0. In step k divide that of the gradients by 1 - rho1**k"
            " and that of the squares by 1 - rho2**k.",
            0.25,
            forms=[_adam(c1=none, c2=none, spread=inside)],
        ),
        Mistake(
            "only_the_mean_corrected",
            _adam(c2=none),
            "The average of the squares is not corrected for its start from 0, and is too small in the first steps."
            " Divide it by 1 - rho2**k in step k.",
            0.25,
            forms=[_adam(c2=none, spread=inside)],
        ),
        Mistake(
            "only_the_squares_corrected",
            _adam(c1=none),
            "The average of the gradients is not corrected for its start from 0, so the first steps are too short."
            " Divide it by 1 - rho1**k in step k.",
            0.25,
            forms=_everywhere(c1=none),
        ),
        Mistake("corrected_by_t", _adam(first=0), shared.LATE_COUNT, 0.25, forms=_everywhere(first=0)),
        Mistake("count_two_ahead", _adam(first=2), shared.EARLY_COUNT, 0.25, forms=_everywhere(first=2)),
        Mistake(
            "corrected_in_the_first_steps_only",
            _adam(c1=shared.until(1, first_average), c2=shared.until(1, second_average)),
            shared.FIRST_STEPS,
            0.25,
            forms=[
                _adam(c1=shared.until(last, first_average), c2=shared.until(last, second_average))
                for last in (2, 3, 5, 9, 10)
            ],
        ),
        Mistake(
            "power_missing",
            _adam(c1=lambda a, b, k: 1 - a, c2=lambda a, b, k: 1 - b),
            shared.POWER_MISSING,
            0.25,
            forms=_everywhere(c1=lambda a, b, k: 1 - a, c2=lambda a, b, k: 1 - b),
        ),
        Mistake(
            "factor_for_power",
            _adam(c1=lambda a, b, k: 1 - a * k, c2=lambda a, b, k: abs(1 - b * k)),
            shared.PRODUCT,
            0.25,
            forms=[
                _adam(c1=lambda a, b, k: 1 - a * k, c2=lambda a, b, k: 1 - b * k),
                _adam(c1=lambda a, b, k: 1 - a * k, c2=lambda a, b, k: abs(1 - b * k), spread=inside),
            ],
        ),
        Mistake(
            "multiplied_by_the_correction",
            _adam(c1=lambda a, b, k: 1 / (1 - a**k), c2=lambda a, b, k: 1 / (1 - b**k)),
            "A correction stands upside down: it makes the average smaller still. The weights sum to 1 - rho**k, so"
            " divide the average by it; drawn into the rate this is lr * sqrt(1 - rho2**k) / (1 - rho1**k).",
            0.25,
            forms=[
                *_everywhere(c1=lambda a, b, k: 1 / (1 - a**k), c2=lambda a, b, k: 1 / (1 - b**k)),
                _adam(c1=lambda a, b, k: 1 / (1 - a**k)),
                _adam(c2=lambda a, b, k: 1 / (1 - b**k)),
                _adam(c1=lambda a, b, k: 1 / (1 - a**k), spread=hat),
                _adam(c2=lambda a, b, k: 1 / (1 - b**k), spread=hat),
            ],
        ),
        Mistake(
            "corrections_exchanged",
            _adam(c1=second_average, c2=first_average),
            "The two corrections are exchanged. The average of the gradients is divided by 1 - rho1**k, that of the"
            " squares by 1 - rho2**k.",
            0.25,
            forms=_everywhere(c1=second_average, c2=first_average),
        ),
        Mistake(
            "one_rho_in_both_corrections",
            _adam(c2=first_average),
            "Both averages are corrected with one rho. Each has its own: rho1 for the gradients, rho2 for the squares.",
            0.25,
            forms=[
                *_everywhere(c2=first_average),
                _adam(c1=second_average),
                *_everywhere(c1=second_average),
            ],
        ),
        Mistake(
            "corrected_after_the_root",
            _adam(c2=lambda a, b, k: (1 - b**k) ** 2),
            "The root is corrected by the whole 1 - rho2**k. Correct the average first and take the root of the"
            " result; drawn into the rate the correction is sqrt(1 - rho2**k).",
            0.25,
            forms=[_adam(c2=lambda a, b, k: (1 - b**k) ** 2, spread=hat)],
        ),
        Mistake(
            "corrected_values_stored",
            _adam(kept=lambda old, new, s_hat, r_hat: {**new, "s": s_hat, "r": r_hat}),
            shared.CORRECTED,
            0.25,
            forms=[
                *_everywhere(kept=lambda old, new, s_hat, r_hat: {**new, "s": s_hat, "r": r_hat}),
                _adam(kept=lambda old, new, s_hat, r_hat: {**new, "s": s_hat}),
                _adam(kept=lambda old, new, s_hat, r_hat: {**new, "r": r_hat}),
            ],
        ),
        Mistake(
            "count_not_kept",
            _adam(kept=_count_not_changed),
            shared.COUNT_KEPT,
            0.25,
            forms=_everywhere(kept=_count_not_changed),
        ),
        Mistake(
            "count_grows_by_two",
            _adam(kept=lambda old, new, s_hat, r_hat: {**new, "t": old["t"] + 2}),
            "t grows by 2 in a step. If k is t + 1, the state gets k back, not k + 1.",
            0.25,
            forms=_everywhere(kept=lambda old, new, s_hat, r_hat: {**new, "t": old["t"] + 2}),
        ),
        Mistake(
            "state_not_updated",
            _adam(kept=lambda old, new, s_hat, r_hat: old),
            shared.STATE_KEPT,
            0.25,
            forms=_everywhere(kept=lambda old, new, s_hat, r_hat: old),
        ),
        Mistake("eps_missing", _adam(spread=lambda r, c, eps: (r / c).sqrt()), shared.NO_EPS, 0.25),
        Mistake(
            "eps_added_to_the_quotient",
            _adam(
                spread=lambda r, c, eps: (r / c).sqrt(),
                move=lambda s_hat, spread, lr, eps: lr * s_hat / spread + eps,
            ),
            shared.EPS_ASIDE,
            0.25,
            forms=[
                _adam(
                    spread=lambda r, c, eps: (r / c).sqrt(),
                    move=lambda s_hat, spread, lr, eps: lr * (s_hat / spread + eps),
                ),
                _adam(
                    spread=lambda r, c, eps: (r / c).sqrt(),
                    move=lambda s_hat, spread, lr, eps: lr * s_hat / spread - eps,
                ),
                _adam(
                    spread=lambda r, c, eps: (r / c).sqrt(),
                    move=lambda s_hat, spread, lr, eps: (lr / spread + eps) * s_hat,
                ),
            ],
        ),
        Mistake(
            "root_missing",
            _adam(spread=lambda r, c, eps: r / c + eps),
            "The mean gradient is divided by the mean square itself. Take its root.",
            0.25,
            forms=[_adam(spread=lambda r, c, eps: r / c), _adam(spread=lambda r, c, eps: (r + eps) / c**0.5)],
        ),
        Mistake(
            "sums_for_averages",
            _adam(s=_whole_s, r=_whole_r),
            "A new gradient or its square counts in full. In an average it has the weight 1 - rho, beside the old"
            " average with rho.",
            0.25,
            forms=[
                *_everywhere(s=_whole_s, r=_whole_r),
                _adam(s=_whole_s),
                *_everywhere(s=_whole_s),
                _adam(r=_whole_r),
                *_everywhere(r=_whole_r),
                _adam(s=_whole_s, r=_whole_r, c1=none, c2=none),
                _adam(s=_whole_s, c1=none),
                _adam(s=_whole_s, c1=none, c2=none),
            ],
        ),
        Mistake(
            "old_average_not_faded",
            _adam(s=lambda s, g, a, lr: s + (1 - a) * g, r=lambda r, g, b, s: r + (1 - b) * g * g),
            "A new value is weighed with 1 - rho, but the old average is kept whole, so nothing is forgotten. Multiply"
            " it by rho.",
            0.25,
            forms=[
                _adam(s=lambda s, g, a, lr: s + (1 - a) * g),
                _adam(r=lambda r, g, b, s: r + (1 - b) * g * g),
            ],
        ),
        Mistake(
            "squares_added_up",
            _adam(r=lambda r, g, b, s: r + g * g),
            shared.ADDED_UP,
            0.25,
            forms=[*_everywhere(r=lambda r, g, b, s: r + g * g), _adam(r=lambda r, g, b, s: r + g * g, c2=none)],
        ),
        Mistake(
            "starts_at_the_first_gradient",
            _adam(s=_started_s, r=_started_r),
            shared.STARTED,
            0.25,
            forms=[
                _adam(s=_started_s, r=_started_r, c1=none, c2=none),
                _adam(r=_started_r),
                _adam(r=_started_r, c2=none),
                _adam(r=_started_r, c1=none, c2=none),
                _adam(s=_started_s),
                _adam(s=_started_s, c1=none),
                _adam(s=_started_s, c1=none, c2=none),
            ],
        ),
        Mistake(
            "largest_mean_square",
            _largest_square(),
            "The step goes by the largest mean square so far, as in AMSGrad. Adam divides by the root of the average"
            " itself, which may fall again.",
            0.25,
            forms=[
                _largest_corrected_square,
                _largest_square(store=True),
                _largest_square(corrected=False),
                _largest_square(store=True, corrected=False),
            ],
        ),
        Mistake(
            "rhos_exchanged",
            lambda theta, grad, state, *, lr, rho1, rho2, eps: _adam()(
                theta, grad, state, lr=lr, rho1=rho2, rho2=rho1, eps=eps
            ),
            shared.RHOS_EXCHANGED,
            0.25,
            forms=[
                lambda theta, grad, state, *, lr, rho1, rho2, eps: _adam(spread=inside)(
                    theta, grad, state, lr=lr, rho1=rho2, rho2=rho1, eps=eps
                ),
                lambda theta, grad, state, *, lr, rho1, rho2, eps: _adam(c1=second_average, c2=first_average)(
                    theta, grad, state, lr=lr, rho1=rho2, rho2=rho1, eps=eps
                ),
            ],
        ),
        Mistake(
            "one_rho_in_both_averages",
            lambda theta, grad, state, *, lr, rho1, rho2, eps: _adam()(
                theta, grad, state, lr=lr, rho1=rho1, rho2=rho1, eps=eps
            ),
            "Both averages keep the same share. The gradients are averaged with rho1, their squares with rho2.",
            0.25,
            forms=[
                lambda theta, grad, state, *, lr, rho1, rho2, eps: _adam()(
                    theta, grad, state, lr=lr, rho1=rho2, rho2=rho2, eps=eps
                ),
                lambda theta, grad, state, *, lr, rho1, rho2, eps: _adam(r=lambda r, g, b, s: blend_r(r, g, rho1, s))(
                    theta, grad, state, lr=lr, rho1=rho1, rho2=rho2, eps=eps
                ),
                lambda theta, grad, state, *, lr, rho1, rho2, eps: _adam(s=lambda s, g, a, lr: blend_s(s, g, rho2, lr))(
                    theta, grad, state, lr=lr, rho1=rho1, rho2=rho2, eps=eps
                ),
            ],
        ),
        Mistake(
            "weights_exchanged",
            _adam(s=_exchanged_s, r=_exchanged_r),
            "rho and 1 - rho have changed places in an average. rho, usually near 1, is the share of the past that is"
            " kept.",
            0.25,
            forms=[*_everywhere(s=_exchanged_s, r=_exchanged_r), _adam(s=_exchanged_s), _adam(r=_exchanged_r)],
        ),
        Mistake(
            "weight_squared",
            _adam(r=lambda r, g, b, s: b * r + ((1 - b) * g) ** 2),
            "1 - rho2 is squared along with the gradient. Square the gradient alone: (1 - rho2) * g**2.",
            0.25,
            forms=_everywhere(r=lambda r, g, b, s: b * r + ((1 - b) * g) ** 2),
        ),
        Mistake(
            "gradient_not_squared",
            _adam(r=lambda r, g, b, s: b * r + (1 - b) * g.abs()),
            "r averages the gradients or their sizes, not their squares. Average the squares: the root of their"
            " average has the unit of a gradient.",
            0.25,
            forms=[
                _adam(r=lambda r, g, b, s: b * r + (1 - b) * g.abs(), spread=inside),
                _adam(r=lambda r, g, b, s: b * r + (1 - b) * g),
                _adam(r=lambda r, g, b, s: b * r + (1 - b) * g.abs(), spread=lambda r, c, eps: r / c + eps),
            ],
        ),
        Mistake(
            "square_of_the_average",
            _adam(r=lambda r, g, b, s: b * r + (1 - b) * s * s),
            "The squares are taken of the averaged gradient. Average the squares of the gradient itself.",
            0.25,
            forms=_everywhere(r=lambda r, g, b, s: b * r + (1 - b) * s * s),
        ),
        Mistake(
            "gradient_not_averaged",
            _adam(ahead=lambda s_hat, s, g, a, k: g),
            "theta moves along the last gradient, as in RMSProp. Move along the corrected average of the gradients.",
            0.25,
            forms=[
                *_everywhere(ahead=lambda s_hat, s, g, a, k: g),
                _adam(ahead=lambda s_hat, s, g, a, k: g / (1 - a**k)),
                _adam(ahead=lambda s_hat, s, g, a, k: g, c2=none),
            ],
        ),
        Mistake(
            "looks_ahead",
            _adam(ahead=lambda s_hat, s, g, a, k: a * s / (1 - a ** (k + 1)) + (1 - a) * g / (1 - a**k)),
            "The new gradient counts in the average and once more beside it, as in Nadam. Adam moves along the"
            " corrected average alone.",
            0.25,
            forms=[_adam(ahead=lambda s_hat, s, g, a, k: a * s_hat + (1 - a) * g / (1 - a**k))],
        ),
        Mistake(
            "old_averages_used",
            _adam(used=lambda old, new: old),
            "theta moves by an average from before this gradient. Take the gradient in first, then move.",
            0.25,
            forms=[
                _adam(used=lambda old, new: {"s": old["s"], "r": new["r"]}),
                _adam(used=lambda old, new: {"s": new["s"], "r": old["r"]}),
                *_everywhere(used=lambda old, new: old),
            ],
        ),
        Mistake(
            "rate_in_the_average",
            _adam(s=lambda s, g, a, lr: a * s + (1 - a) * lr * g),
            "lr has a part in the average of the gradients. It scales the step only: average the gradients as they"
            " are.",
            0.25,
            forms=[
                _adam(
                    s=lambda s, g, a, lr: a * s + (1 - a) * lr * g,
                    move=lambda s_hat, spread, lr, eps: s_hat / spread,
                )
            ],
        ),
        Mistake(
            "rate_forgotten",
            _adam(move=lambda s_hat, spread, lr, eps: s_hat / spread),
            "The result does not depend on lr; a constant in its place looks the same. lr scales the whole step.",
            0.25,
            forms=_everywhere(move=lambda s_hat, spread, lr, eps: s_hat / spread),
        ),
        Mistake("climbs", _adam(move=_climbing), shared.UPHILL, 0.25, forms=_everywhere(move=_climbing)),
        Mistake(
            "one_rate_for_all",
            _adam(r=lambda r, g, b, s: b * r + (1 - b) * (g * g).mean()),
            shared.ONE_FOR_ALL,
            forms=[
                _adam(r=lambda r, g, b, s: b * r + (1 - b) * (g * g).sum()),
                _adam(r=lambda r, g, b, s: b * r + (1 - b) * g.norm()),
                _adam(spread=lambda r, c, eps: (r / c).mean().sqrt() + eps),
                _adam(spread=lambda r, c, eps: (r / c).sum().sqrt() + eps),
                _adam(spread=lambda r, c, eps: (r / c).norm() + eps),
            ],
        ),
        *shared.careless(reference.adam_step),
    ],
)
