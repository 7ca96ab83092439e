"""Exercise `adam_step` of `06_adaptive_methods`, and the cases that `nadam_step` shares with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import inputs
from steepest_exercises.adaptive_methods import cases as shared
from steepest_exercises.adaptive_methods import reference


def moment_cases(rng: np.random.Generator) -> Sequence[Case]:
    """Cases with averages `s` and `r` and the count `t`."""
    usual = {"lr": 0.1, "rho1": 0.8, "rho2": 0.95, "eps": 0.05}
    return shared.accumulating_cases(
        rng,
        start={"s": inputs.zeros, "r": inputs.zeros, "t": 0},
        moving={"s": inputs.normal, "r": inputs.positive, "t": 3},
        usual=usual,
        changing=[
            {"lr": 0.3, "rho1": 0.7, "rho2": 0.9, "eps": 0.1},
            {"lr": 0.05, "rho1": 0.9, "rho2": 0.8, "eps": 0.01},
            usual,
        ],
    )


def _adam(
    s: Callable[[Tensor, Tensor, float, float], Tensor] = lambda s, g, a, lr: a * s + (1 - a) * g,
    r: Callable[[Tensor, Tensor, float, Tensor], Tensor] = lambda r, g, b, s: b * r + (1 - b) * g * g,
    s_hat: Callable[[Tensor, float, int], Tensor] = lambda s, a, k: s / (1 - a**k),
    r_hat: Callable[[Tensor, float, int], Tensor] = lambda r, b, k: r / (1 - b**k),
    move: Callable[[Tensor, Tensor, float, float], Tensor] = lambda s, r, lr, eps: lr * s / (r.sqrt() + eps),
    ahead: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda s_hat, s, g: s_hat,
    kept: Callable[[inputs.State, inputs.State, Tensor, Tensor], inputs.State] = lambda old, new, s_hat, r_hat: new,
    first: float = 1,
) -> inputs.Step:
    """A stepper with averages s(s, g, ρ₁, lr), r(r, g, ρ₂, s), corrected for step k = t + first, and a move."""

    def step(
        theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho1: float, rho2: float, eps: float
    ) -> tuple[Tensor, inputs.State]:
        new_s = s(state["s"], grad, rho1, lr)
        new_r = r(state["r"], grad, rho2, new_s)
        k = state["t"] + first
        corrected, scale = s_hat(new_s, rho1, k), r_hat(new_r, rho2, k)
        new = {"s": new_s, "r": new_r, "t": state["t"] + 1}
        return theta - move(ahead(corrected, new_s, grad), scale, lr, eps), kept(state, new, corrected, scale)

    return step


def _before_the_correction(
    theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho1: float, rho2: float, eps: float
) -> tuple[Tensor, inputs.State]:
    s, r, t = state["s"].mul(rho1).add(grad, alpha=1 - rho1), state["r"].lerp(grad**2, 1 - rho2), state["t"] + 1
    rate = lr * (1 - rho2**t) ** 0.5 / (1 - rho1**t)
    return theta - rate * s / (r.sqrt() + eps), {"s": s, "r": r, "t": t}


def _as_torch(
    theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho1: float, rho2: float, eps: float
) -> tuple[Tensor, inputs.State]:
    s, r, t = state["s"].lerp(grad, 1 - rho1), state["r"].lerp(grad.square(), 1 - rho2), state["t"] + 1
    spread = r.sqrt() / (1 - rho2**t) ** 0.5 + eps
    return theta.addcdiv(s, spread, value=-lr / (1 - rho1**t)), {"s": s, "r": r, "t": t}


def _count_not_changed(old: inputs.State, new: inputs.State, s_hat: Tensor, r_hat: Tensor) -> inputs.State:
    return {**new, "t": old["t"]}


ADAM_STEP = Exercise(
    id="adam_step",
    reference=reference.adam_step,
    cases=moment_cases,
    points=3,
    accepted=[
        Accepted("as_in_torch", _as_torch),
        Accepted("entry_by_entry", inputs.entry_by_entry(_adam())),
        Accepted("powers", _adam(move=lambda s, r, lr, eps: s * (lr / (r**0.5 + eps)))),
        Accepted(
            "eps_hat",
            _before_the_correction,
            "both corrections are drawn into the rate, so eps is added to the uncorrected root: the eps-hat of"
            " Kingma and Ba's section 2, and of Keras. In the first steps this eps counts for more.",
        ),
        Accepted("eps_in_the_root", _adam(move=lambda s, r, lr, eps: lr * s / (r + eps).sqrt()), shared.INSIDE),
    ],
    mistakes=[
        Mistake(
            "no_bias_correction",
            _adam(s_hat=lambda s, a, k: s, r_hat=lambda r, b, k: r),
            "Neither average is corrected for its start from 0. With rho2 = 0.999 the root starts 30 times too small"
            " and the first steps are too long.",
            0.25,
        ),
        Mistake(
            "only_the_mean_corrected",
            _adam(r_hat=lambda r, b, k: r),
            "The average of the squares is not corrected. It starts nearest to 0 of all, since rho2 is so near 1.",
            0.25,
        ),
        Mistake(
            "only_the_squares_corrected",
            _adam(s_hat=lambda s, a, k: s),
            "The average of the gradients is not corrected, so the first steps are too short.",
            0.25,
        ),
        Mistake("corrected_by_t", _adam(first=0), shared.LATE_COUNT, 0.25),
        Mistake(
            "count_two_ahead",
            _adam(first=2),
            "The correction counts one step too many: the first call sees t = 0 and must correct by 1 - rho**1.",
            0.25,
        ),
        Mistake(
            "power_missing",
            _adam(s_hat=lambda s, a, k: s / (1 - a), r_hat=lambda r, b, k: r / (1 - b)),
            "Every step is corrected by 1 - rho, as only the first should be. The power is the number of the step.",
            0.25,
        ),
        Mistake(
            "multiplied_by_the_correction",
            _adam(s_hat=lambda s, a, k: s * (1 - a**k), r_hat=lambda r, b, k: r * (1 - b**k)),
            "The averages are multiplied by 1 - rho**t, which makes them smaller still. Their weights sum to that, so"
            " divide by it.",
            0.25,
        ),
        Mistake(
            "corrected_after_the_root",
            _adam(r_hat=lambda r, b, k: (r.sqrt() / (1 - b**k)).square()),
            "The root is divided by 1 - rho2**t. Correct the average first and take the root of the result.",
            0.25,
        ),
        Mistake(
            "corrected_values_stored",
            _adam(kept=lambda old, new, s_hat, r_hat: {**new, "s": s_hat, "r": r_hat}),
            "The corrected averages go back into the state, so the next step corrects them again. The recursion goes"
            " on with the uncorrected ones.",
            0.25,
        ),
        Mistake("count_not_kept", _adam(kept=_count_not_changed), shared.COUNT_KEPT, 0.25),
        Mistake("state_not_updated", _adam(kept=lambda old, new, s_hat, r_hat: old), shared.STATE_KEPT, 0.25),
        Mistake("eps_missing", _adam(move=lambda s, r, lr, eps: lr * s / r.sqrt()), shared.NO_EPS, 0.25),
        Mistake(
            "root_missing",
            _adam(move=lambda s, r, lr, eps: lr * s / (r + eps)),
            "The mean gradient is divided by the mean square itself. Take its root.",
            0.25,
        ),
        Mistake(
            "sums_for_averages",
            _adam(s=lambda s, g, a, lr: a * s + g, r=lambda r, g, b, s: b * r + g * g),
            "The new gradient and its square count in full. An average weighs them with 1 - rho, and the correction"
            " relies on it.",
            0.25,
        ),
        Mistake(
            "squares_added_up",
            _adam(r=lambda r, g, b, s: r + g * g),
            shared.ADDED_UP,
            0.25,
        ),
        Mistake(
            "rhos_exchanged",
            lambda theta, grad, state, *, lr, rho1, rho2, eps: _adam()(
                theta, grad, state, lr=lr, rho1=rho2, rho2=rho1, eps=eps
            ),
            "rho1 and rho2 are exchanged: rho1 belongs to the gradients, rho2 to their squares.",
            0.25,
        ),
        Mistake(
            "weights_exchanged",
            _adam(
                s=lambda s, g, a, lr: (1 - a) * s + a * g,
                r=lambda r, g, b, s: (1 - b) * r + b * g * g,
            ),
            "rho and 1 - rho are exchanged in the averages. rho, near 1, is the share of the past that is kept.",
            0.25,
        ),
        Mistake(
            "square_of_the_average",
            _adam(r=lambda r, g, b, s: b * r + (1 - b) * s * s),
            "The squares are taken of the averaged gradient. Where signs alternate it is near 0, and the step grows."
            " Average the squares of the gradient itself.",
            0.25,
        ),
        Mistake(
            "gradient_not_averaged",
            _adam(ahead=lambda s_hat, s, g: g),
            "theta moves along the last gradient: this is RMSProp with a correction. Move along the corrected average.",
            0.25,
        ),
        Mistake(
            "rate_in_the_average",
            _adam(s=lambda s, g, a, lr: a * s + (1 - a) * lr * g),
            "The rate scales the gradient in the average and then the step again. Once is enough.",
            0.25,
        ),
        Mistake("climbs", _adam(move=lambda s, r, lr, eps: -lr * s / (r.sqrt() + eps)), shared.UPHILL, 0.25),
        Mistake(
            "one_rate_for_all",
            _adam(r=lambda r, g, b, s: b * r + (1 - b) * (g * g).mean()),
            shared.ONE_FOR_ALL,
        ),
    ],
)
