"""Exercise `adamax_step` of `06_adaptive_methods`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import inputs, reasons
from steepest_exercises.adaptive_methods import cases as shared
from steepest_exercises.adaptive_methods import reference
from steepest_exercises.adaptive_methods.moments import SLACK, Correction, first_average, none, second_average


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    usual = {"lr": 0.1, "rho1": 0.8, "rho2": 0.7, "eps": 0.05}
    start: inputs.Start = {"s": inputs.zeros, "u": inputs.zeros, "t": 0}
    changing = [
        {"lr": 0.3, "rho1": 0.7, "rho2": 0.9, "eps": 0.1},
        {"lr": 0.05, "rho1": 0.9, "rho2": 0.6, "eps": 0.01},
        usual,
    ]
    fading = inputs.stepper_case(
        rng, "the old maximum fades until a gradient is larger", start, [usual] * 5, shape=(6,), slack=SLACK
    )
    for number, step in enumerate(fading.inputs["steps"]):
        step["grad"] *= 2.0 if not number else 0.6
    return [
        *shared.accumulating_cases(rng, start=start, usual=usual, changing=changing, slack=SLACK, length=13),
        fading,
    ]


def _blend(s: Tensor, g: Tensor, a: float) -> Tensor:
    return a * s + (1 - a) * g


def _largest(u: Tensor, g: Tensor, b: float, eps: float) -> Tensor:
    return torch.maximum(b * u, g.abs())


def _with_eps(u: Tensor, g: Tensor, b: float, eps: float) -> Tensor:
    return torch.maximum(b * u, g.abs() + eps)


def _adamax(
    s: Callable[[Tensor, Tensor, float], Tensor] = _blend,
    u: Callable[[Tensor, Tensor, float, float], Tensor] = _largest,
    c1: Correction = first_average,
    c2: Correction = none,
    move: Callable[[Tensor, Tensor, float, float], Tensor] = lambda s, u, lr, eps: lr * s / (u + eps),
    used: Callable[[inputs.State, inputs.State], inputs.State] = lambda old, new: new,
    ahead: Callable[[Tensor, Tensor], Tensor] = lambda s_hat, g: s_hat,
    kept: Callable[[inputs.State, inputs.State, Tensor], inputs.State] = lambda old, new, s_hat: new,
    first: int = 1,
) -> inputs.Step:
    """A stepper with s(s, g, ρ₁), u(u, g, ρ₂, ε), corrections for step k = t + first, and a move(s, u, lr, ε)."""

    def step(
        theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho1: float, rho2: float, eps: float
    ) -> tuple[Tensor, inputs.State]:
        k = state["t"] + first
        new = {"s": s(state["s"], grad, rho1), "u": u(state["u"], grad, rho2, eps), "t": state["t"] + 1}
        now = used(state, new)
        s_hat = now["s"] / c1(rho1, rho2, k)
        scale = now["u"] / c2(rho1, rho2, k)
        return theta - move(ahead(s_hat, grad), scale, lr, eps), kept(state, new, s_hat)

    return step


def _in_torch(
    move: Callable[[Tensor, Tensor, float, float], Tensor] = lambda s, u, lr, eps: lr * s / u, **slip: Any
) -> inputs.Step:
    """The same with ε in the maximum."""
    return _adamax(**slip, u=_with_eps, move=move)


def _choose(u: Tensor, g: Tensor, rho2: float, eps: float) -> Tensor:
    faded = rho2 * u
    return torch.where(faded > g.abs(), faded, g.abs())


def _stacked(u: Tensor, g: Tensor, rho2: float, eps: float) -> Tensor:
    return torch.stack([u * rho2, g, -g]).amax(dim=0)


def _started(s: Tensor, g: Tensor, a: float) -> Tensor:
    return shared.started_at_the_first(s, _blend(s, g, a), g)


def _largest_average(
    theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho1: float, rho2: float, eps: float
) -> tuple[Tensor, inputs.State]:
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.maximum(rho2 * state["u"], s.abs())
    return theta - lr / (1 - rho1**k) * s / (u + eps), {"s": s, "u": u, "t": k}


ADAMAX_STEP = Exercise(
    id="adamax_step",
    reference=reference.adamax_step,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("chosen_with_where", _adamax(u=_choose)),
        Accepted("stacked_maximum", _adamax(u=_stacked)),
        Accepted("entry_by_entry", inputs.entry_by_entry(_adamax())),
        Accepted(
            "as_in_torch",
            _in_torch(),
            "eps is added to the gradient's size inside the maximum, as in torch.optim.Adamax; it then stays in u.",
        ),
    ],
    mistakes=[
        Mistake(
            "maximum_without_decay",
            _adamax(u=lambda u, g, b, eps: torch.maximum(u, g.abs())),
            "The old maximum does not fade. Multiply it by rho2 before it is compared with the new size.",
            0.25,
            forms=[
                _adamax(u=lambda u, g, b, eps: torch.maximum(u, g.abs() + eps), move=lambda s, u, lr, eps: lr * s / u)
            ],
        ),
        Mistake(
            "both_decayed",
            _adamax(u=lambda u, g, b, eps: b * torch.maximum(u, g.abs())),
            "rho2 scales the new gradient too. Only the old maximum fades.",
            0.25,
        ),
        Mistake(
            "new_size_weighted",
            _adamax(u=lambda u, g, b, eps: torch.maximum(b * u, (1 - b) * g.abs())),
            "The gradient's size enters with a weight, as in an average. A maximum needs no weights that sum to 1:"
            " compare the old one, faded by rho2, with the whole size.",
            0.25,
            forms=[
                _adamax(u=lambda u, g, b, eps: torch.maximum(u, (1 - b) * g.abs())),
                _adamax(u=lambda u, g, b, eps: torch.maximum((1 - b) * u, b * g.abs())),
                _adamax(u=lambda u, g, b, eps: torch.maximum(u, b * g.abs())),
            ],
        ),
        Mistake(
            "decay_exchanged",
            _adamax(u=lambda u, g, b, eps: torch.maximum((1 - b) * u, g.abs())),
            "The old maximum fades by 1 - rho2. rho2, usually near 1, is the share of it that is kept.",
            0.25,
        ),
        Mistake(
            "average_for_maximum",
            _adamax(u=lambda u, g, b, eps: b * u + (1 - b) * g.abs()),
            "The old value and the new are added or averaged, as sizes or as squares. AdaMax keeps the larger of the"
            " faded old maximum and the new size.",
            0.25,
            forms=[
                _adamax(u=lambda u, g, b, eps: (b * u * u + (1 - b) * g * g).sqrt()),
                _adamax(
                    u=lambda u, g, b, eps: b * u + (1 - b) * g * g,
                    move=lambda s, u, lr, eps: lr * s / (u.sqrt() + eps),
                ),
                _adamax(
                    u=lambda u, g, b, eps: b * u + (1 - b) * g * g,
                    c2=second_average,
                    move=lambda s, u, lr, eps: lr * s / (u.sqrt() + eps),
                ),
                _adamax(u=lambda u, g, b, eps: b * u + g.abs()),
            ],
        ),
        Mistake(
            "last_size_alone",
            _adamax(u=lambda u, g, b, eps: g.abs()),
            "u is the size of this gradient alone. Keep the larger of it and the faded old maximum.",
            0.25,
        ),
        Mistake(
            "sign_kept",
            _adamax(u=lambda u, g, b, eps: torch.maximum(b * u, g)),
            "The gradient enters the maximum with its sign, so the size of a steep negative one does not count. Take"
            " its absolute value.",
            0.25,
            forms=[
                _adamax(u=lambda u, g, b, eps: torch.maximum(b * u, g).abs()),
                _adamax(u=lambda u, g, b, eps: torch.maximum(b * u, g + eps), move=lambda s, u, lr, eps: lr * s / u),
            ],
        ),
        Mistake(
            "square_in_the_maximum",
            _adamax(u=lambda u, g, b, eps: torch.maximum(b * u, g * g)),
            "The square enters the maximum, where the size belongs: u is no average of squares. Use the absolute value,"
            " and no root.",
            0.25,
            forms=[
                _adamax(
                    u=lambda u, g, b, eps: torch.maximum(b * u, g * g),
                    move=lambda s, u, lr, eps: lr * s / (u.sqrt() + eps),
                ),
            ],
        ),
        Mistake(
            "root_of_the_maximum",
            _adamax(move=lambda s, u, lr, eps: lr * s / (u.sqrt() + eps)),
            "A root is taken of u. Adam needs one because it averages squares; u is already a size.",
            0.25,
            forms=[_adamax(move=lambda s, u, lr, eps: lr * s / (u + eps).sqrt())],
        ),
        Mistake(
            "maximum_over_all_weights",
            _adamax(u=lambda u, g, b, eps: torch.maximum(b * u, g.abs().max())),
            "A number made of all weights stands where each weight should have its own. The maximum runs over time,"
            " for each weight by itself: torch.maximum compares entry by entry.",
            forms=[
                _adamax(u=lambda u, g, b, eps: torch.maximum(b * u, g.abs()).max().expand_as(g)),
                _adamax(u=lambda u, g, b, eps: torch.maximum((b * u).max(), g.abs())),
                _adamax(u=lambda u, g, b, eps: torch.maximum(b * u, g.norm())),
                _adamax(move=lambda s, u, lr, eps: lr * s / (u.max() + eps)),
            ],
        ),
        Mistake(
            "largest_average",
            _largest_average,
            "u goes by sizes of the average. It keeps the largest size of the gradient itself, fading by rho2.",
            0.25,
        ),
        Mistake(
            "minimum",
            _adamax(u=lambda u, g, b, eps: torch.minimum(b * u, g.abs())),
            "u stays at 0, as it does where the smaller of the two is kept. Keep the larger of the faded old maximum"
            " and the gradient's size.",
        ),
        Mistake(
            "no_bias_correction",
            _adamax(c1=none),
            "The average of the gradients is not corrected for its start from 0, so the first steps are too short.",
            0.25,
            forms=[_in_torch(c1=none)],
        ),
        Mistake(
            "maximum_corrected",
            _adamax(c2=second_average),
            "u is corrected like an average, by 1 - rho**k. A maximum is not an average: it has no bias towards its"
            " start to correct.",
            0.25,
            forms=[_in_torch(c2=second_average), _adamax(c2=first_average), _adamax(c1=none, c2=second_average)],
        ),
        Mistake(
            "corrected_with_the_other_rho",
            _adamax(c1=second_average),
            "The average of the gradients is corrected with rho2. It is made with rho1, so its weights sum to"
            " 1 - rho1**k.",
            0.25,
            forms=[_in_torch(c1=second_average)],
        ),
        Mistake("corrected_by_t", _adamax(first=0), shared.LATE_COUNT, 0.25, forms=[_in_torch(first=0)]),
        Mistake("count_two_ahead", _adamax(first=2), shared.EARLY_COUNT, 0.25, forms=[_in_torch(first=2)]),
        Mistake(
            "corrected_in_the_first_steps_only",
            _adamax(c1=shared.until(1, first_average)),
            shared.FIRST_STEPS,
            0.25,
            forms=[_adamax(c1=shared.until(last, first_average)) for last in (2, 3, 5, 9, 10)],
        ),
        Mistake(
            "power_missing",
            _adamax(c1=lambda a, b, k: 1 - a),
            shared.POWER_MISSING,
            0.25,
            forms=[_in_torch(c1=lambda a, b, k: 1 - a)],
        ),
        Mistake(
            "factor_for_power",
            _adamax(c1=lambda a, b, k: 1 - a * k),
            shared.PRODUCT,
            0.25,
            forms=[_in_torch(c1=lambda a, b, k: 1 - a * k)],
        ),
        Mistake(
            "multiplied_by_the_correction",
            _adamax(c1=lambda a, b, k: 1 / (1 - a**k)),
            "The average is multiplied by 1 - rho1**k, which makes it smaller still. Divide by it.",
            0.25,
            forms=[_in_torch(c1=lambda a, b, k: 1 / (1 - a**k))],
        ),
        Mistake(
            "corrected_average_stored",
            _adamax(kept=lambda old, new, s_hat: {**new, "s": s_hat}),
            shared.CORRECTED,
            0.25,
            forms=[_in_torch(kept=lambda old, new, s_hat: {**new, "s": s_hat})],
        ),
        Mistake(
            "count_not_kept",
            _adamax(kept=lambda old, new, s_hat: {**new, "t": old["t"]}),
            shared.COUNT_KEPT,
            0.25,
            forms=[_in_torch(kept=lambda old, new, s_hat: {**new, "t": old["t"]})],
        ),
        Mistake(
            "count_grows_by_two",
            _adamax(kept=lambda old, new, s_hat: {**new, "t": old["t"] + 2}),
            "t grows by 2 in a step. If k is t + 1, the state gets k back, not k + 1.",
            0.25,
        ),
        Mistake(
            "state_not_updated",
            _adamax(kept=lambda old, new, s_hat: old),
            shared.STATE_KEPT,
            0.25,
            forms=[_in_torch(kept=lambda old, new, s_hat: old)],
        ),
        Mistake("eps_missing", _adamax(move=lambda s, u, lr, eps: lr * s / u), shared.NO_EPS, 0.25),
        Mistake(
            "eps_in_the_state",
            _adamax(u=lambda u, g, b, eps: _largest(u, g, b, eps) + eps, move=lambda s, u, lr, eps: lr * s / u),
            "eps has a part in the stored maximum and can count more than once. Add it below the fraction line only,"
            " or only to |g| inside the maximum, as torch does.",
            0.25,
            forms=[
                _adamax(u=lambda u, g, b, eps: _largest(u, g, b, eps) + eps),
                _in_torch(move=lambda s, u, lr, eps: lr * s / (u + eps)),
            ],
        ),
        Mistake(
            "eps_added_to_the_quotient",
            _adamax(move=lambda s, u, lr, eps: lr * s / u + eps),
            shared.EPS_ASIDE,
            0.25,
            forms=[
                _adamax(move=lambda s, u, lr, eps: lr * (s / u + eps)),
                _adamax(move=lambda s, u, lr, eps: (lr / u + eps) * s),
            ],
        ),
        Mistake(
            "old_maximum_used",
            _adamax(used=lambda old, new: {"s": new["s"], "u": old["u"]}),
            "The step is divided by u as it was before this gradient. At the first step that is 0.",
            0.25,
        ),
        Mistake(
            "old_average_used",
            _adamax(used=lambda old, new: {"s": old["s"], "u": new["u"]}),
            "theta moves along the average as it was before this gradient. Take the gradient in first, then move.",
            0.25,
            forms=[
                _adamax(used=lambda old, new: old),
                _in_torch(used=lambda old, new: {"s": old["s"], "u": new["u"]}),
            ],
        ),
        Mistake(
            "gradient_not_averaged",
            _adamax(ahead=lambda s_hat, g: g),
            "theta moves along the last gradient. Move along the corrected average of the gradients.",
            0.25,
            forms=[_in_torch(ahead=lambda s_hat, g: g)],
        ),
        Mistake(
            "sum_for_average",
            _adamax(s=lambda s, g, a: a * s + g),
            "A new gradient counts in full. In the average it has the weight 1 - rho1, beside the old average with"
            " rho1.",
            0.25,
            forms=[
                _in_torch(s=lambda s, g, a: a * s + g),
                _adamax(s=lambda s, g, a: a * s + g, c1=none),
                _adamax(s=lambda s, g, a: s + g),
            ],
        ),
        Mistake(
            "starts_at_the_first_gradient",
            _adamax(s=_started),
            shared.STARTED,
            0.25,
            forms=[_adamax(s=_started, c1=none), _in_torch(s=_started)],
        ),
        Mistake(
            "weights_exchanged",
            _adamax(s=lambda s, g, a: (1 - a) * s + a * g),
            "rho1 and 1 - rho1 are exchanged. rho1, usually near 1, is the share of the past that is kept.",
            0.25,
            forms=[_in_torch(s=lambda s, g, a: (1 - a) * s + a * g)],
        ),
        Mistake(
            "rhos_exchanged",
            lambda theta, grad, state, *, lr, rho1, rho2, eps: _adamax()(
                theta, grad, state, lr=lr, rho1=rho2, rho2=rho1, eps=eps
            ),
            shared.RHOS_EXCHANGED,
            0.25,
            forms=[
                lambda theta, grad, state, *, lr, rho1, rho2, eps: _adamax()(
                    theta, grad, state, lr=lr, rho1=rho1, rho2=rho1, eps=eps
                ),
                lambda theta, grad, state, *, lr, rho1, rho2, eps: _adamax(c1=second_average)(
                    theta, grad, state, lr=lr, rho1=rho2, rho2=rho1, eps=eps
                ),
            ],
        ),
        Mistake(
            "rate_forgotten",
            _adamax(move=lambda s, u, lr, eps: s / (u + eps)),
            "The result does not depend on lr; a constant in its place looks the same. lr scales the whole step.",
            0.25,
        ),
        Mistake(
            "climbs",
            _adamax(move=lambda s, u, lr, eps: -lr * s / (u + eps)),
            shared.UPHILL,
            0.25,
            forms=[_in_torch(move=lambda s, u, lr, eps: -lr * s / u)],
        ),
        *shared.careless(reference.adamax_step),
    ],
    equivalent={
        reasons.ANY_ORDER: ["u = torch.maximum(grad.abs(), rho2 * state['u'])"],
    },
)
