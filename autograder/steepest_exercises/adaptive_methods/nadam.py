"""Exercise `nadam_step` of `06_adaptive_methods`."""

from __future__ import annotations

from collections.abc import Callable

from steepest_grader.exercise.model import Accepted, Exercise, Mistake
from torch import Tensor

from steepest_exercises import inputs
from steepest_exercises.adaptive_methods import cases as shared
from steepest_exercises.adaptive_methods import reference
from steepest_exercises.adaptive_methods.adam import moment_cases

SCHEDULED = (
    "rho1 follows the schedule of torch.optim.NAdam, 1 - 0.96**(t / 250) / 2 times itself. The lesson keeps it"
    " constant; after a few hundred steps the difference is small."
)


def _ahead(s: Tensor, g: Tensor, a: float, k: int) -> Tensor:
    return a * s / (1 - a ** (k + 1)) + (1 - a) * g / (1 - a**k)


def _nadam(
    ahead: Callable[[Tensor, Tensor, float, int], Tensor] = _ahead,
    s: Callable[[Tensor, Tensor, float], Tensor] = lambda s, g, a: a * s + (1 - a) * g,
    r: Callable[[Tensor, Tensor, float], Tensor] = lambda r, g, b: b * r + (1 - b) * g * g,
    r_hat: Callable[[Tensor, float, int], Tensor] = lambda r, b, k: r / (1 - b**k),
    move: Callable[[Tensor, Tensor, float, float], Tensor] = lambda m, r, lr, eps: lr * m / (r.sqrt() + eps),
    used: Callable[[Tensor, Tensor], Tensor] = lambda old, new: new,
    kept: Callable[[inputs.State, inputs.State, Tensor], inputs.State] = lambda old, new, direction: new,
    first: int = 1,
) -> inputs.Step:
    """A stepper that moves along ahead(s, g, ρ₁, k), k = t + first, with the averages s(s, g, ρ₁), r(r, g, ρ₂)."""

    def step(
        theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho1: float, rho2: float, eps: float
    ) -> tuple[Tensor, inputs.State]:
        k = state["t"] + first
        new = {"s": s(state["s"], grad, rho1), "r": r(state["r"], grad, rho2), "t": state["t"] + 1}
        direction = ahead(used(state["s"], new["s"]), grad, rho1, k)
        return theta - move(direction, r_hat(new["r"], rho2, k), lr, eps), kept(state, new, direction)

    return step


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


NADAM_STEP = Exercise(
    id="nadam_step",
    reference=reference.nadam_step,
    cases=moment_cases,
    points=3,
    accepted=[
        Accepted(
            "one_fraction",
            _nadam(
                lambda s, g, a, k: (
                    (a * s * (1 - a**k) + (1 - a) * g * (1 - a ** (k + 1))) / ((1 - a**k) * (1 - a ** (k + 1)))
                )
            ),
        ),
        Accepted("entry_by_entry", inputs.entry_by_entry(_nadam())),
        Accepted("powers", _nadam(move=lambda m, r, lr, eps: m * (lr / (r**0.5 + eps)))),
        Accepted("eps_in_the_root", _nadam(move=lambda m, r, lr, eps: lr * m / (r + eps).sqrt()), shared.INSIDE),
        Accepted(
            "one_correction",
            _nadam(lambda s, g, a, k: (a * s + (1 - a) * g) / (1 - a**k)),
            "both terms are corrected by 1 - rho1**t of this step, as in many summaries. Dozat corrects the"
            " look-ahead by that of the next step; they differ in the first steps only.",
        ),
        Accepted("schedule_of_torch", _scheduled, SCHEDULED),
        Accepted("schedule_of_torch_with_memory", _scheduled_with_memory, SCHEDULED),
    ],
    mistakes=[
        Mistake(
            "no_look_ahead",
            _nadam(lambda s, g, a, k: s / (1 - a**k)),
            "This is Adam: it moves along the average alone. Nesterov's look-ahead lets the average fade once more"
            " and adds the new gradient with weight 1 - rho1.",
            0.25,
        ),
        Mistake(
            "old_average_used",
            _nadam(used=lambda old, new: old),
            "The look-ahead uses the average before this gradient entered it, which nearly gives Adam's step back. Use"
            " the new average.",
            0.25,
        ),
        Mistake(
            "gradient_not_corrected",
            _nadam(lambda s, g, a, k: a * s / (1 - a ** (k + 1)) + (1 - a) * g),
            "The gradient's term is not corrected. Divide it by 1 - rho1**k, k being the number of this step.",
            0.25,
        ),
        Mistake(
            "average_not_corrected",
            _nadam(lambda s, g, a, k: a * s + (1 - a) * g / (1 - a**k)),
            "The average's term is not corrected. Divide it by 1 - rho1**(k + 1), k being the number of this step.",
            0.25,
        ),
        Mistake(
            "no_bias_correction",
            _nadam(lambda s, g, a, k: a * s + (1 - a) * g, r_hat=lambda r, b, k: r),
            "No average is corrected for its start from 0. With rho2 = 0.999 the root starts 30 times too small.",
            0.25,
        ),
        Mistake(
            "squares_not_corrected",
            _nadam(r_hat=lambda r, b, k: r),
            "The average of the squares is not corrected, so the first steps are too long.",
            0.25,
        ),
        Mistake("corrected_by_t", _nadam(first=0), shared.LATE_COUNT, 0.25),
        Mistake(
            "powers_exchanged",
            _nadam(lambda s, g, a, k: a * s / (1 - a**k) + (1 - a) * g / (1 - a ** (k + 1))),
            "The two powers are exchanged: the look-ahead belongs to the next step, the gradient to this one.",
            0.25,
        ),
        Mistake(
            "fading_missing",
            _nadam(lambda s, g, a, k: s / (1 - a ** (k + 1)) + (1 - a) * g / (1 - a**k)),
            "The average must fade by rho1 before the new gradient is added, or the weights sum to more than 1.",
            0.25,
        ),
        Mistake(
            "gradient_not_weighted",
            _nadam(lambda s, g, a, k: a * s / (1 - a ** (k + 1)) + g / (1 - a**k)),
            "The gradient is added in full. It counts with 1 - rho1, as in the average.",
            0.25,
        ),
        Mistake(
            "shares_exchanged",
            _nadam(lambda s, g, a, k: (1 - a) * s / (1 - a ** (k + 1)) + a * g / (1 - a**k)),
            "The shares are exchanged: the average counts with rho1, the gradient with 1 - rho1.",
            0.25,
        ),
        Mistake(
            "gradient_alone",
            _nadam(lambda s, g, a, k: g),
            "theta moves along the last gradient alone: this is RMSProp with a correction. The average is missing.",
            0.25,
        ),
        Mistake("eps_missing", _nadam(move=lambda m, r, lr, eps: lr * m / r.sqrt()), shared.NO_EPS, 0.25),
        Mistake(
            "root_missing",
            _nadam(move=lambda m, r, lr, eps: lr * m / (r + eps)),
            "The direction is divided by the mean square itself. Take its root.",
            0.25,
        ),
        Mistake(
            "squares_added_up",
            _nadam(r=lambda r, g, b: r + g * g),
            shared.ADDED_UP,
            0.25,
        ),
        Mistake(
            "look_ahead_stored",
            _nadam(kept=lambda old, new, direction: {**new, "s": direction}),
            "The direction of the step goes back into the state. Looking ahead serves the step only; store the average"
            " itself.",
            0.25,
        ),
        Mistake(
            "count_not_kept", _nadam(kept=lambda old, new, direction: {**new, "t": old["t"]}), shared.COUNT_KEPT, 0.25
        ),
        Mistake("state_not_updated", _nadam(kept=lambda old, new, direction: old), shared.STATE_KEPT, 0.25),
        Mistake("climbs", _nadam(move=lambda m, r, lr, eps: -lr * m / (r.sqrt() + eps)), shared.UPHILL, 0.25),
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
