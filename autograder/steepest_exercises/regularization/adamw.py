"""Exercise `adamw_step` of `10_regularization`: Adam of lesson 6, and a decay beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import inputs
from steepest_exercises.adaptive_methods import cases as shared
from steepest_exercises.adaptive_methods.moments import (
    SLACK,
    Correction,
    first_average,
    hat,
    inside,
    none,
    second_average,
)
from steepest_exercises.regularization import reference
from steepest_exercises.regularization.decay import (
    adamw,
    decayed_after,
    decayed_whole,
    decayed_whole_after,
    everywhere,
    penalized,
    undecayed,
)


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """Runs from the start, of which none has a decay of 1 or hides one ρ behind the other."""
    usual = {"lr": 0.1, "rho1": 0.8, "rho2": 0.95, "eps": 0.05, "decay": 0.4}
    changing = [
        {"lr": 0.3, "rho1": 0.7, "rho2": 0.9, "eps": 0.1, "decay": 0.2},
        {"lr": 0.05, "rho1": 0.9, "rho2": 0.8, "eps": 0.01, "decay": 0.7},
        {**usual, "decay": 0.0},
    ]
    start: inputs.Start = {"s": inputs.zeros, "r": inputs.zeros, "t": 0}
    strong = {**usual, "decay": 2.5}
    return [
        *shared.accumulating_cases(rng, start=start, usual=usual, changing=changing, slack=SLACK, length=13),
        inputs.stepper_case(rng, "a strong decay", start, [strong] * 3, slack=SLACK),
        inputs.stepper_case(rng, "no decay", start, [{**usual, "decay": 0.0}] * 3, slack=SLACK),
        shared.later_case(rng, reference.adamw_step, usual, slack=SLACK),
    ]


def _as_torch(
    theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho1: float, rho2: float, eps: float, decay: float
) -> tuple[Tensor, inputs.State]:
    t = state["t"] + 1
    weight = theta.clone().mul_(1 - lr * decay)
    s, r = state["s"].lerp(grad, 1 - rho1), rho2 * state["r"] + (1 - rho2) * grad.square()
    spread = r.sqrt() / (1 - rho2**t) ** 0.5 + eps
    return weight.addcdiv_(s, spread, value=-lr / (1 - rho1**t)), {"s": s, "r": r, "t": t}


def _count_not_changed(old: inputs.State, new: inputs.State, s_hat: Tensor, r_hat: Tensor) -> inputs.State:
    return {**new, "t": old["t"]}


def _decay_of_the_gradient(
    theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho1: float, rho2: float, eps: float, decay: float
) -> tuple[Tensor, inputs.State]:
    moved, new = adamw(undecayed)(theta, grad, state, lr=lr, rho1=rho1, rho2=rho2, eps=eps, decay=decay)
    return moved - lr * decay * grad, new


def after_the_first(correction: Correction) -> Correction:
    """A correction that is left out in the first step."""
    return lambda a, b, k: correction(a, b, k) if k > 1 else 1.0


WHOLE = (
    "the decay is not multiplied by the rate: each step takes the share `decay` of the weights away, the paper's form "
    "with its schedule factor at 1. For the lesson's effect take lr times its decay."
)
AFTER = (
    "the decay acts on the point after the step, and the lesson's on the point before it. For small lr * decay the two "
    "are nearly the same."
)

ADAMW_STEP = Exercise(
    id="adamw_step",
    reference=reference.adamw_step,
    cases=_cases,
    points=3,
    accepted=[
        Accepted("as_in_torch", _as_torch),
        Accepted("entry_by_entry", inputs.entry_by_entry(adamw())),
        Accepted("shrunk_first", adamw(lambda theta, step, below, lr, decay: (1 - lr * decay) * theta - step)),
        Accepted("decay_without_rate", adamw(decayed_whole), WHOLE),
        Accepted("decay_of_the_moved_point", adamw(decayed_after), AFTER),
        Accepted("decay_without_rate_of_the_moved_point", adamw(decayed_whole_after), WHOLE),
        Accepted("eps_in_the_root", adamw(spread=inside), shared.INSIDE),
        Accepted("eps_in_the_root_decay_without_rate", adamw(decayed_whole, inside), f"{shared.INSIDE} And {WHOLE}"),
        Accepted("eps_in_the_root_decay_afterwards", adamw(decayed_after, inside), f"{shared.INSIDE} And {AFTER}"),
        Accepted(
            "eps_hat",
            adamw(spread=hat),
            "both corrections are drawn into the rate, so eps is added to the uncorrected root: the eps-hat of Kingma "
            "and Ba's section 2.",
        ),
    ],
    mistakes=[
        Mistake(
            "l2_in_the_gradient",
            adamw(undecayed, s_slope=penalized, r_slope=penalized),
            "This is Adam with an L2 penalty, as torch.optim.Adam has it: the decay goes through the averages and is "
            "divided by the root of the squares, so that weights with large gradients hardly shrink. Take it from θ "
            "itself.",
            0.25,
            forms=[
                adamw(undecayed, inside, s_slope=penalized, r_slope=penalized),
                adamw(undecayed, hat, s_slope=penalized, r_slope=penalized),
                adamw(undecayed, s_slope=penalized, r_slope=penalized, c1=none, c2=none),
            ],
        ),
        Mistake(
            "decay_in_the_mean",
            adamw(undecayed, s_slope=penalized),
            "The decay goes through the average of the gradients, and is divided by the root with them. It belongs "
            "outside: lr * decay * θ, beside the step.",
            0.25,
            forms=[adamw(undecayed, inside, s_slope=penalized), adamw(undecayed, r_slope=penalized)],
        ),
        Mistake(
            "decay_twice",
            adamw(s_slope=penalized, r_slope=penalized),
            "The weights decay twice: through the gradient, as with L2, and beside the step. Keep the second alone.",
            0.25,
            forms=[
                *everywhere(s_slope=penalized, r_slope=penalized),
                adamw(s_slope=penalized),
                adamw(r_slope=penalized),
            ],
        ),
        Mistake(
            "decay_by_the_adapted_rate",
            adamw(lambda theta, step, below, lr, decay: theta - step - lr * decay * theta / below),
            "The decay is divided by √r̂ + ε along with the gradient: the bracket closes too late. Every weight is to "
            "decay by the same share.",
            0.25,
            forms=[
                adamw(lambda theta, step, below, lr, decay: theta - step - lr * decay * theta / below, inside),
                adamw(lambda theta, step, below, lr, decay: theta - step - decay * theta / below),
            ],
        ),
        Mistake(
            "decay_adds",
            adamw(lambda theta, step, below, lr, decay: theta - step + lr * decay * theta),
            "The weights grow by the decay. It pulls them to 0: minus lr * decay * θ.",
            0.25,
            forms=[
                adamw(lambda theta, step, below, lr, decay: theta - step + decay * theta),
                adamw(lambda theta, step, below, lr, decay: theta - step + lr * decay * theta, inside),
                adamw(lambda theta, step, below, lr, decay: (theta - step) * (1 + lr * decay)),
            ],
        ),
        Mistake(
            "decay_forgotten",
            adamw(undecayed),
            "decay has no part in the result: this is Adam. Take lr * decay * θ away as well.",
            0.25,
            forms=[adamw(undecayed, inside), adamw(undecayed, hat)],
        ),
        Mistake(
            "decay_of_the_step",
            adamw(lambda theta, step, below, lr, decay: theta - (1 - lr * decay) * step),
            "The step is shortened, and the weights do not decay. The factor 1 - lr * decay belongs to θ.",
            0.25,
            forms=[
                adamw(lambda theta, step, below, lr, decay: theta - (1 + lr * decay) * step),
                adamw(lambda theta, step, below, lr, decay: theta - (1 - decay) * step),
            ],
        ),
        Mistake(
            "decay_of_the_square",
            adamw(lambda theta, step, below, lr, decay: theta - step - lr * decay * theta**2),
            "θ enters the decay as its square. The penalty has a square; its slope is θ.",
            0.25,
            forms=[adamw(lambda theta, step, below, lr, decay: theta - step - lr * decay * theta.norm() ** 2)],
        ),
        Mistake(
            "decay_of_the_sign",
            adamw(lambda theta, step, below, lr, decay: theta - step - lr * decay * theta.sign()),
            "The decay takes the same distance from every weight, or does not know its sign. It takes a share of the "
            "weight: lr * decay * θ.",
            0.25,
            forms=[
                adamw(lambda theta, step, below, lr, decay: theta - step - lr * decay),
                adamw(lambda theta, step, below, lr, decay: theta - step - lr * decay * theta.abs()),
            ],
        ),
        Mistake(
            "decay_is_what_is_kept",
            adamw(lambda theta, step, below, lr, decay: decay * theta - step),
            "decay is taken for the share that is kept. It is what is taken away: 1 - lr * decay is kept.",
            0.25,
            forms=[adamw(lambda theta, step, below, lr, decay: lr * decay * theta - step)],
        ),
        Mistake(
            "rate_squared",
            adamw(lambda theta, step, below, lr, decay: theta - step - lr * lr * decay * theta),
            "The decay meets the rate twice. It is lr * decay * θ.",
            0.5,
        ),
        Mistake(
            "decay_halved_or_doubled",
            adamw(lambda theta, step, below, lr, decay: theta - step - lr * decay * theta / 2),
            "The weights decay by half or twice the share lr * decay.",
            0.5,
            forms=[adamw(lambda theta, step, below, lr, decay: theta - step - 2 * lr * decay * theta)],
        ),
        Mistake(
            "no_bias_correction",
            adamw(c1=none, c2=none),
            "An average is not corrected for its start from 0. In step k divide that of the gradients by 1 - rho1**k "
            "and that of the squares by 1 - rho2**k.",
            0.25,
            forms=[
                *everywhere(c1=none, c2=none)[:1],
                *everywhere(c1=none, c2=none)[2:],
                adamw(c1=none),
                adamw(c2=none),
                *everywhere(c1=none)[2:],
                *everywhere(c2=none)[2:],
            ],
        ),
        Mistake(
            "first_step_uncorrected",
            adamw(c1=after_the_first(first_average), c2=after_the_first(second_average)),
            "The first step is not corrected, and the later ones are. There t is 0 as it comes in and 1 - rho**1 is "
            "not 0: correct that step too, which needs it most.",
            0.25,
            forms=everywhere(c1=after_the_first(first_average), c2=after_the_first(second_average)),
        ),
        Mistake(
            "corrections_exchanged",
            adamw(c1=second_average, c2=first_average),
            "An average is corrected with the other one's rho. That of the gradients is divided by 1 - rho1**k, that "
            "of the squares by 1 - rho2**k.",
            0.25,
            forms=[
                *everywhere(c1=second_average, c2=first_average),
                adamw(c1=second_average),
                adamw(c2=first_average),
            ],
        ),
        Mistake(
            "square_of_the_average",
            adamw(squared=lambda g, s: s),
            "r averages the squares of s, and not of the gradient. Each square is that of a single gradient, so that "
            "gradients which cancel in s still count in r.",
            0.25,
            forms=everywhere(squared=lambda g, s: s),
        ),
        Mistake(
            "gradient_for_its_average",
            adamw(forward=lambda g, s_hat: g),
            "The step goes along the last gradient alone: s is averaged and then not used. Above the fraction line "
            "stands ŝ.",
            0.25,
            forms=everywhere(forward=lambda g, s_hat: g),
        ),
        Mistake(
            "corrected_by_t",
            adamw(first=0),
            shared.LATE_COUNT,
            0.25,
            forms=[
                *everywhere(first=0),
                adamw(c1=lambda a, b, k: 1 - a ** max(k - 1, 1), c2=lambda a, b, k: 1 - b ** max(k - 1, 1)),
            ],
        ),
        Mistake("count_two_ahead", adamw(first=2), shared.EARLY_COUNT, 0.25, forms=everywhere(first=2)),
        Mistake(
            "power_missing",
            adamw(c1=lambda a, b, k: 1 - a, c2=lambda a, b, k: 1 - b),
            shared.POWER_MISSING,
            0.25,
            forms=everywhere(c1=lambda a, b, k: 1 - a, c2=lambda a, b, k: 1 - b),
        ),
        Mistake(
            "count_not_kept",
            adamw(kept=_count_not_changed),
            shared.COUNT_KEPT,
            0.25,
            forms=everywhere(kept=_count_not_changed),
        ),
        Mistake(
            "state_not_updated",
            adamw(kept=lambda old, new, s_hat, r_hat: old),
            shared.STATE_KEPT,
            0.25,
            forms=everywhere(kept=lambda old, new, s_hat, r_hat: old),
        ),
        Mistake(
            "corrected_values_stored",
            adamw(kept=lambda old, new, s_hat, r_hat: {**new, "s": s_hat, "r": r_hat}),
            shared.CORRECTED,
            0.25,
            forms=[
                *everywhere(kept=lambda old, new, s_hat, r_hat: {**new, "s": s_hat, "r": r_hat}),
                adamw(kept=lambda old, new, s_hat, r_hat: {**new, "s": s_hat}),
                adamw(kept=lambda old, new, s_hat, r_hat: {**new, "r": r_hat}),
            ],
        ),
        Mistake(
            "eps_missing",
            adamw(spread=lambda r, c, eps: (r / c).sqrt()),
            shared.NO_EPS,
            0.25,
            forms=[
                adamw(decayed_whole, lambda r, c, eps: (r / c).sqrt()),
                adamw(decayed_after, lambda r, c, eps: (r / c).sqrt()),
            ],
        ),
        Mistake(
            "root_missing",
            adamw(spread=lambda r, c, eps: r / c + eps),
            "The mean gradient is divided by the mean square itself. Take its root.",
            0.25,
            forms=[adamw(decayed_whole, lambda r, c, eps: r / c + eps)],
        ),
        Mistake(
            "sums_for_averages",
            adamw(s=lambda s, g, a: a * s + g, r=lambda r, g, b: b * r + g * g),
            "A new gradient or its square counts in full. In an average it has the weight 1 - rho, beside the old "
            "average with rho.",
            0.25,
            forms=[
                *everywhere(s=lambda s, g, a: a * s + g, r=lambda r, g, b: b * r + g * g),
                adamw(s=lambda s, g, a: a * s + g),
                adamw(r=lambda r, g, b: b * r + g * g),
                adamw(r=lambda r, g, b: r + g * g),
            ],
        ),
        Mistake(
            "weights_exchanged",
            adamw(s=lambda s, g, a: (1 - a) * s + a * g, r=lambda r, g, b: (1 - b) * r + b * g * g),
            "rho and 1 - rho have changed places in an average. rho, usually near 1, is the share of the past that is "
            "kept.",
            0.25,
            forms=[
                *everywhere(s=lambda s, g, a: (1 - a) * s + a * g, r=lambda r, g, b: (1 - b) * r + b * g * g),
                adamw(s=lambda s, g, a: (1 - a) * s + a * g),
                adamw(r=lambda r, g, b: (1 - b) * r + b * g * g),
            ],
        ),
        Mistake(
            "rhos_exchanged",
            lambda theta, grad, state, *, lr, rho1, rho2, eps, decay: adamw()(
                theta, grad, state, lr=lr, rho1=rho2, rho2=rho1, eps=eps, decay=decay
            ),
            shared.RHOS_EXCHANGED,
            0.25,
            forms=[
                lambda theta, grad, state, *, lr, rho1, rho2, eps, decay: adamw(decayed_whole)(
                    theta, grad, state, lr=lr, rho1=rho2, rho2=rho1, eps=eps, decay=decay
                ),
            ],
        ),
        Mistake(
            "climbs",
            adamw(lambda theta, step, below, lr, decay: theta + step - lr * decay * theta),
            shared.UPHILL,
            0.25,
            forms=[
                adamw(lambda theta, step, below, lr, decay: theta + step - decay * theta),
                adamw(lambda theta, step, below, lr, decay: theta + step - lr * decay * theta, inside),
            ],
        ),
        Mistake(
            "decay_squared",
            adamw(lambda theta, step, below, lr, decay: theta - step - lr * decay**2 * theta),
            "decay enters as its square. The weights lose the share lr * decay.",
            0.5,
            forms=[adamw(lambda theta, step, below, lr, decay: theta - step - lr * decay**0.5 * theta)],
        ),
        Mistake(
            "decay_of_the_mean_gradient",
            adamw(lambda theta, step, below, lr, decay: theta - step - decay * step * below),
            "The decay is multiplied to the gradient, or to its average. It takes a share of the weights: lr * decay "
            "* θ.",
            0.25,
            forms=[_decay_of_the_gradient],
        ),
        Mistake(
            "decay_divided",
            adamw(lambda theta, step, below, lr, decay: (theta - step) / (1 + lr * decay)),
            "The weights are divided by 1 + lr * decay, as the proximal step does it. Here they lose the share "
            "lr * decay: θ − lr * decay * θ, nearly the same for small rates.",
            0.5,
            forms=[adamw(lambda theta, step, below, lr, decay: theta / (1 + lr * decay) - step)],
        ),
        Mistake(
            "step_without_rate",
            adamw(lambda theta, step, below, lr, decay: theta - step / lr - lr * decay * theta),
            "lr multiplies the decay alone. The step has it too: lr * (ŝ/(√r̂ + ε) + decay * θ).",
            0.25,
        ),
        Mistake(
            "old_averages_used",
            adamw(used=lambda old, new: old),
            "theta moves by an average from before this gradient. Take the gradient in first, then move.",
            0.25,
            forms=[
                adamw(used=lambda old, new: {"s": old["s"], "r": new["r"]}),
                adamw(used=lambda old, new: {"s": new["s"], "r": old["r"]}),
                *everywhere(used=lambda old, new: old),
            ],
        ),
        Mistake(
            "factor_for_power",
            adamw(c1=lambda a, b, k: 1 - a * k, c2=lambda a, b, k: abs(1 - b * k)),
            shared.PRODUCT,
            0.25,
            forms=[
                adamw(c1=lambda a, b, k: 1 - a * k, c2=lambda a, b, k: 1 - b * k),
                adamw(c1=lambda a, b, k: abs(1 - a * k), c2=lambda a, b, k: abs(1 - b * k)),
            ],
        ),
        Mistake(
            "multiplied_by_the_correction",
            adamw(c1=lambda a, b, k: 1 / (1 - a**k), c2=lambda a, b, k: 1 / (1 - b**k)),
            "A correction stands upside down: it makes the average smaller still. The weights sum to 1 - rho**k, so "
            "divide the average by it.",
            0.25,
            forms=[
                *everywhere(c1=lambda a, b, k: 1 / (1 - a**k), c2=lambda a, b, k: 1 / (1 - b**k)),
                adamw(c1=lambda a, b, k: 1 / (1 - a**k)),
                adamw(c2=lambda a, b, k: 1 / (1 - b**k)),
            ],
        ),
        Mistake(
            "corrected_after_the_root",
            adamw(c2=lambda a, b, k: (1 - b**k) ** 2),
            "The root is corrected by the whole 1 - rho2**k. Correct the average first and take the root of the "
            "result.",
            0.25,
        ),
        Mistake(
            "count_grows_by_two",
            adamw(kept=lambda old, new, s_hat, r_hat: {**new, "t": old["t"] + 2}),
            "t grows by 2 in a step. If k is t + 1, the state gets k back, not k + 1.",
            0.25,
            forms=everywhere(kept=lambda old, new, s_hat, r_hat: {**new, "t": old["t"] + 2}),
        ),
        Mistake(
            "old_average_not_faded",
            adamw(s=lambda s, g, a: s + (1 - a) * g, r=lambda r, g, b: r + (1 - b) * g * g),
            "A new value is weighed with 1 - rho, but the old average is kept whole, so nothing is forgotten. Multiply "
            "it by rho.",
            0.25,
            forms=[
                adamw(s=lambda s, g, a: s + (1 - a) * g),
                adamw(r=lambda r, g, b: r + (1 - b) * g * g),
            ],
        ),
        Mistake(
            "one_rho_in_both_averages",
            lambda theta, grad, state, *, lr, rho1, rho2, eps, decay: adamw()(
                theta, grad, state, lr=lr, rho1=rho1, rho2=rho1, eps=eps, decay=decay
            ),
            "Both averages keep the same share. The gradients are averaged with rho1, their squares with rho2.",
            0.25,
            forms=[
                lambda theta, grad, state, *, lr, rho1, rho2, eps, decay: adamw()(
                    theta, grad, state, lr=lr, rho1=rho2, rho2=rho2, eps=eps, decay=decay
                ),
            ],
        ),
        Mistake(
            "gradient_not_squared",
            adamw(r=lambda r, g, b: b * r + (1 - b) * g.abs()),
            "r averages the gradients or their sizes, not their squares. Average the squares: the root of their "
            "average has the unit of a gradient.",
            0.25,
            forms=[
                adamw(r=lambda r, g, b: b * r + (1 - b) * g),
                adamw(r=lambda r, g, b: b * r + (1 - b) * g, spread=lambda r, c, eps: (r / c).abs().sqrt() + eps),
                adamw(r=lambda r, g, b: b * r + (1 - b) * g.abs(), spread=lambda r, c, eps: r / c + eps),
            ],
        ),
        Mistake(
            "weight_squared",
            adamw(r=lambda r, g, b: b * r + ((1 - b) * g) ** 2),
            "1 - rho2 is squared along with the gradient. Square the gradient alone: (1 - rho2) * g**2.",
            0.25,
        ),
        Mistake(
            "variance_for_the_mean_square",
            adamw(squared=lambda g, s: g - s),
            "r averages squared distances of the gradient from its average. Adam averages the squares of the gradient "
            "itself.",
            0.25,
        ),
        Mistake(
            "rate_forgotten",
            adamw(lambda theta, step, below, lr, decay: theta - step / lr - decay * theta),
            "lr has no part in the result. It multiplies the step, and the decay beside it.",
            0.25,
        ),
        Mistake(
            "eps_elsewhere",
            adamw(spread=lambda r, c, eps: (r / c).sqrt().clamp(min=eps)),
            "eps is not simply added to the root: a bound, a difference, or in two places. It is √r̂ + ε.",
            0.5,
            forms=[
                adamw(spread=lambda r, c, eps: (r / c + eps).sqrt() + eps),
                adamw(spread=lambda r, c, eps: (r / c).sqrt() - eps),
                adamw(spread=lambda r, c, eps: (r / c + eps**2).sqrt()),
            ],
        ),
        Mistake(
            "one_rate_for_all",
            adamw(r=lambda r, g, b: b * r + (1 - b) * (g * g).mean()),
            shared.ONE_FOR_ALL,
            forms=[
                adamw(r=lambda r, g, b: b * r + (1 - b) * (g * g).sum()),
                adamw(spread=lambda r, c, eps: (r / c).norm() + eps),
            ],
        ),
        Mistake(
            "largest_mean_square",
            adamw(
                r=lambda r, g, b: torch.maximum(r, b * r + (1 - b) * g * g),
            ),
            "The step goes by the largest mean square so far, as in AMSGrad. Adam divides by the root of the average "
            "itself, which may fall again.",
            0.25,
        ),
        Mistake(
            "averages_exchanged_in_the_state",
            adamw(kept=lambda old, new, s_hat, r_hat: {**new, "s": new["r"], "r": new["s"]}),
            "s and r have changed places in the state that is returned: s is the average of the gradients, and r that "
            "of their squares.",
            0.25,
        ),
        *shared.careless(adamw()),
    ],
)
