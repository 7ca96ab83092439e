"""Exercise `adamax_step` of `06_adaptive_methods`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import inputs, reasons
from steepest_exercises.adaptive_methods import cases as shared
from steepest_exercises.adaptive_methods import reference


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    usual = {"lr": 0.1, "rho1": 0.8, "rho2": 0.7, "eps": 0.05}
    start: inputs.Start = {"s": inputs.zeros, "u": inputs.zeros, "t": 0}
    moving: inputs.Start = {"s": inputs.normal, "u": inputs.positive, "t": 3}
    changing = [
        {"lr": 0.3, "rho1": 0.7, "rho2": 0.9, "eps": 0.1},
        {"lr": 0.05, "rho1": 0.9, "rho2": 0.6, "eps": 0.01},
        usual,
    ]
    fading = inputs.stepper_case(
        rng, "the old maximum fades until a gradient is larger", moving, [usual] * 5, scale=0.6, shape=(6,)
    )
    return [
        *shared.accumulating_cases(rng, start=start, moving=moving, usual=usual, changing=changing),
        fading,
    ]


def _adamax(
    s: Callable[[Tensor, Tensor, float], Tensor] = lambda s, g, a: a * s + (1 - a) * g,
    u: Callable[[Tensor, Tensor, float, float], Tensor] = lambda u, g, b, eps: torch.maximum(b * u, g.abs()),
    s_hat: Callable[[Tensor, float, int], Tensor] = lambda s, a, k: s / (1 - a**k),
    u_hat: Callable[[Tensor, float, int], Tensor] = lambda u, b, k: u,
    move: Callable[[Tensor, Tensor, float, float], Tensor] = lambda s, u, lr, eps: lr * s / (u + eps),
    used: Callable[[Tensor, Tensor], Tensor] = lambda old, new: new,
    ahead: Callable[[Tensor, Tensor], Tensor] = lambda s_hat, g: s_hat,
    kept: Callable[[inputs.State, inputs.State], inputs.State] = lambda old, new: new,
    first: int = 1,
) -> inputs.Step:
    """A stepper with s(s, g, ρ₁), u(u, g, ρ₂, ε), corrections for step k = t + first, and a move(s, u, lr, ε)."""

    def step(
        theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho1: float, rho2: float, eps: float
    ) -> tuple[Tensor, inputs.State]:
        k = state["t"] + first
        new = {"s": s(state["s"], grad, rho1), "u": u(state["u"], grad, rho2, eps), "t": state["t"] + 1}
        scale = u_hat(used(state["u"], new["u"]), rho2, k)
        return theta - move(ahead(s_hat(new["s"], rho1, k), grad), scale, lr, eps), kept(state, new)

    return step


def _choose(u: Tensor, g: Tensor, rho2: float, eps: float) -> Tensor:
    faded = rho2 * u
    return torch.where(faded > g.abs(), faded, g.abs())


def _stacked(u: Tensor, g: Tensor, rho2: float, eps: float) -> Tensor:
    return torch.stack([u * rho2, g, -g]).amax(dim=0)


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
            _adamax(
                u=lambda u, g, b, eps: torch.maximum(b * u, g.abs() + eps),
                move=lambda s, u, lr, eps: lr * s / u,
            ),
            "eps is added to the gradient's size inside the maximum, as in torch.optim.Adamax; it then stays in u.",
        ),
    ],
    mistakes=[
        Mistake(
            "maximum_without_decay",
            _adamax(u=lambda u, g, b, eps: torch.maximum(u, g.abs())),
            "The old maximum never fades, so one large gradient brakes a weight for ever. Multiply it by rho2 first.",
            0.25,
        ),
        Mistake(
            "both_decayed",
            _adamax(u=lambda u, g, b, eps: b * torch.maximum(u, g.abs())),
            "rho2 scales the new gradient too. Only the old maximum fades.",
            0.25,
        ),
        Mistake(
            "average_for_maximum",
            _adamax(u=lambda u, g, b, eps: b * u + (1 - b) * g.abs()),
            "The sizes are averaged. AdaMax keeps the larger of the faded old maximum and the new size.",
            0.25,
        ),
        Mistake(
            "sign_kept",
            _adamax(u=lambda u, g, b, eps: torch.maximum(b * u, g)),
            "The gradient enters the maximum with its sign, so negative ones never count. Take its absolute value.",
            0.25,
        ),
        Mistake(
            "square_in_the_maximum",
            _adamax(u=lambda u, g, b, eps: torch.maximum(b * u, g * g)),
            "The square enters the maximum, but no root is taken later. Use the absolute value.",
            0.25,
        ),
        Mistake(
            "root_of_the_maximum",
            _adamax(move=lambda s, u, lr, eps: lr * s / (u.sqrt() + eps)),
            "A root is taken of u. Adam needs one because it averages squares; u is already a size.",
            0.25,
        ),
        Mistake(
            "maximum_over_all_weights",
            _adamax(u=lambda u, g, b, eps: torch.maximum(b * u, g.abs().max())),
            "All weights share the largest gradient. The maximum runs over time, for each weight by itself.",
        ),
        Mistake(
            "minimum",
            _adamax(u=lambda u, g, b, eps: torch.minimum(b * u, g.abs())),
            "The smaller of the two is kept. From a start at 0 it stays 0, and the steps are as long as eps allows.",
        ),
        Mistake(
            "no_bias_correction",
            _adamax(s_hat=lambda s, a, k: s),
            "The average of the gradients is not corrected for its start from 0, so the first steps are too short.",
            0.25,
        ),
        Mistake(
            "maximum_corrected",
            _adamax(u_hat=lambda u, b, k: u / (1 - b**k)),
            "u is divided by 1 - rho2**t. A maximum is not an average: it has no bias towards its start to correct.",
            0.25,
        ),
        Mistake("corrected_by_t", _adamax(first=0), shared.LATE_COUNT, 0.25),
        Mistake(
            "power_missing",
            _adamax(s_hat=lambda s, a, k: s / (1 - a)),
            "Every step is corrected by 1 - rho1, as only the first should be. The power is the number of the step.",
            0.25,
        ),
        Mistake("count_not_kept", _adamax(kept=lambda old, new: {**new, "t": old["t"]}), shared.COUNT_KEPT, 0.25),
        Mistake("state_not_updated", _adamax(kept=lambda old, new: old), shared.STATE_KEPT, 0.25),
        Mistake("eps_missing", _adamax(move=lambda s, u, lr, eps: lr * s / u), shared.NO_EPS, 0.25),
        Mistake(
            "old_maximum_used",
            _adamax(used=lambda old, new: old),
            "The step is divided by u as it was before this gradient. At the first step that is 0.",
            0.25,
        ),
        Mistake(
            "gradient_not_averaged",
            _adamax(ahead=lambda s_hat, g: g),
            "theta moves along the last gradient. Move along the corrected average of the gradients.",
            0.25,
        ),
        Mistake(
            "weights_exchanged",
            _adamax(s=lambda s, g, a: (1 - a) * s + a * g),
            "rho1 and 1 - rho1 are exchanged. rho1, near 1, is the share of the past that is kept.",
            0.25,
        ),
        Mistake("climbs", _adamax(move=lambda s, u, lr, eps: -lr * s / (u + eps)), shared.UPHILL, 0.25),
    ],
    equivalent={
        reasons.ANY_ORDER: ["u = torch.maximum(grad.abs(), rho2 * state['u'])"],
    },
)
