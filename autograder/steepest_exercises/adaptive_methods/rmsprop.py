"""Exercise `rmsprop_step` of `06_adaptive_methods`."""

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

EXCHANGED = (
    "rho and 1 - rho are exchanged. rho, usually near 1, is the share of the old average that is kept; the new square"
    " counts with 1 - rho."
)
LONGER = "Its steps are longer where the gradient is steady."
CENTRED = (
    "this is the centred form (Graves 2013), which divides by the estimated standard deviation of the gradient, not by"
    f" its root mean square. {LONGER}"
)

Mean = Callable[[Tensor, Tensor, float, float], Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    usual = {"lr": 0.1, "rho": 0.8, "eps": 0.05}
    return shared.accumulating_cases(
        rng,
        start={"mean_square": inputs.zeros},
        usual=usual,
        changing=[{"lr": 0.3, "rho": 0.9, "eps": 0.1}, {"lr": 0.05, "rho": 0.6, "eps": 0.01}, usual],
    )


def _blend(r: Tensor, g: Tensor, rho: float, lr: float) -> Tensor:
    return rho * r + (1 - rho) * g * g


def _rmsprop(
    mean: Mean = _blend,
    root: Callable[[Tensor, float], Tensor] = shared.outside,
    change: Callable[[Tensor, Tensor, float, float], Tensor] = lambda root, g, lr, eps: -lr * g / root,
    used: Callable[[Tensor, Tensor, Tensor, float], Tensor] = lambda old, new, g, rho: new,
    kept: Callable[[Tensor, Tensor], Tensor] = lambda old, new: new,
) -> inputs.Step:
    """A stepper with r ← mean(r, g, rho, lr) and θ ← θ + change(root(r, eps), g, lr, eps)."""

    def step(
        theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho: float, eps: float
    ) -> tuple[Tensor, inputs.State]:
        old = state["mean_square"]
        new = mean(old, grad, rho, lr)
        move = change(root(used(old, new, grad, rho), eps), grad, lr, eps)
        return theta + move, {"mean_square": kept(old, new)}

    return step


def _inside(**slip: Any) -> list[inputs.Step]:
    """The same slip with ε in the root."""
    return [_rmsprop(**slip, root=shared.inside)]


def _centred(
    root: Callable[[Tensor, float], Tensor] = shared.outside,
    change: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda g, m, root: -g / root,
    variance: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda r, m, old: r - m.square(),
    remember: bool = True,
    mean: Callable[[Tensor, Tensor, float], Tensor] = lambda m, g, rho: rho * m + (1 - rho) * g,
) -> inputs.Step:
    """Graves's form, with the average of the gradient under "mean"."""

    def step(
        theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho: float, eps: float
    ) -> tuple[Tensor, inputs.State]:
        square = rho * state["mean_square"] + (1 - rho) * grad.square()
        old = state.get("mean", torch.zeros_like(grad))
        m = mean(old, grad, rho)
        moved = theta + lr * change(grad, m, root(variance(square, m, old), eps))
        return moved, {"mean_square": square, **({"mean": m} if remember else {})}

    return step


def _by_difference(
    theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho: float, eps: float
) -> tuple[Tensor, inputs.State]:
    old = state["mean_square"]
    new = old + (1 - rho) * (grad.square() - old)
    return theta.addcdiv(grad, new.sqrt() + eps, value=-lr), {**state, "mean_square": new}


def _added(r: Tensor, g: Tensor, rho: float, lr: float) -> Tensor:
    return r + g * g


def _exchanged(r: Tensor, g: Tensor, rho: float, lr: float) -> Tensor:
    return (1 - rho) * r + rho * g * g


def _in_full(r: Tensor, g: Tensor, rho: float, lr: float) -> Tensor:
    return rho * r + g * g


def _not_faded(r: Tensor, g: Tensor, rho: float, lr: float) -> Tensor:
    return r + (1 - rho) * g * g


def _started(r: Tensor, g: Tensor, rho: float, lr: float) -> Tensor:
    return shared.started_at_the_first(r, _blend(r, g, rho, lr), g * g)


def _climbing(root: Tensor, g: Tensor, lr: float, eps: float) -> Tensor:
    return lr * g / root


RMSPROP_STEP = Exercise(
    id="rmsprop_step",
    reference=reference.rmsprop_step,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("moved_towards_the_square", _by_difference),
        Accepted("entry_by_entry", inputs.entry_by_entry(_rmsprop())),
        Accepted("own_rates_first", _rmsprop(change=lambda root, g, lr, eps: -(lr / root) * g)),
        Accepted("eps_in_the_root", _rmsprop(root=shared.inside), shared.INSIDE),
        Accepted(
            "centred",
            _centred(),
            CENTRED,
        ),
        Accepted(
            "centred_with_eps_in_the_root",
            _centred(shared.inside),
            f"this is the centred form as Graves (2013) prints it, with eps inside the root. {LONGER}",
        ),
        Accepted("centred_and_never_negative", _centred(variance=lambda r, m, old: (r - m * m).clamp(min=0)), CENTRED),
    ],
    mistakes=[
        Mistake(
            "sum_for_average",
            _rmsprop(_added),
            "This adds all squares up: that is AdaGrad. Let the old average fade by rho, and weigh the new square"
            " with 1 - rho.",
            forms=_inside(mean=_added),
        ),
        Mistake(
            "square_not_weighted",
            _rmsprop(_in_full),
            "The new square counts in full. In an average it has the weight 1 - rho, beside the old average with rho.",
            0.25,
            forms=_inside(mean=_in_full),
        ),
        Mistake(
            "old_average_not_faded",
            _rmsprop(_not_faded),
            "The new square is weighed with 1 - rho, but the old average is kept whole, so nothing is forgotten."
            " Multiply it by rho.",
            0.25,
            forms=_inside(mean=_not_faded),
        ),
        Mistake("weights_exchanged", _rmsprop(_exchanged), EXCHANGED, 0.25, forms=_inside(mean=_exchanged)),
        Mistake(
            "weight_squared",
            _rmsprop(lambda r, g, rho, lr: rho * r + ((1 - rho) * g) ** 2),
            "1 - rho is squared along with the gradient. Square the gradient alone: (1 - rho) * g**2.",
            0.25,
            forms=_inside(mean=lambda r, g, rho, lr: rho * r + ((1 - rho) * g) ** 2),
        ),
        Mistake(
            "root_missing",
            _rmsprop(root=shared.no_root),
            "What the gradient is divided by has the unit of its square: the root is missing. Take it; it is the R of"
            " RMS.",
            0.25,
            forms=[
                _rmsprop(root=lambda r, eps: r),
                _rmsprop(root=lambda r, eps: r + eps**2),
                _centred(shared.no_root),
            ],
        ),
        Mistake("eps_missing", _rmsprop(root=shared.no_eps), shared.NO_EPS, 0.25, forms=[_centred(shared.no_eps)]),
        Mistake(
            "eps_added_to_the_quotient",
            _rmsprop(root=shared.no_eps, change=lambda root, g, lr, eps: -(lr / root + eps) * g),
            shared.EPS_ASIDE,
            0.25,
            forms=[
                _rmsprop(root=shared.no_eps, change=lambda root, g, lr, eps: -lr * g / root - eps),
                _rmsprop(root=shared.no_eps, change=lambda root, g, lr, eps: -lr * g / root + eps),
                _rmsprop(root=shared.no_eps, change=lambda root, g, lr, eps: -lr * (g / root + eps)),
            ],
        ),
        Mistake(
            "square_of_the_average",
            _rmsprop(lambda r, g, rho, lr: (rho * r.sqrt() + (1 - rho) * g).square()),
            "Gradients or their sizes are blended before they are squared. Square each gradient first, then blend it"
            " into the average.",
            forms=[
                _rmsprop(lambda r, g, rho, lr: (rho * r.sqrt() + (1 - rho) * g.abs()).square()),
                _rmsprop(lambda r, g, rho, lr: (rho * r + (1 - rho) * g).square()),
                _rmsprop(lambda r, g, rho, lr: rho * r + (1 - rho) * g, lambda r, eps: r.square().sqrt() + eps),
                _rmsprop(lambda r, g, rho, lr: rho * r + (1 - rho) * g, lambda r, eps: r.square() + eps),
            ],
        ),
        Mistake(
            "gradient_not_squared",
            _rmsprop(lambda r, g, rho, lr: rho * r + (1 - rho) * g),
            "The average is of the gradients, not of their squares: opposite signs cancel in it. Square each gradient"
            " before it enters.",
            forms=[
                _rmsprop(lambda r, g, rho, lr: rho * r + (1 - rho) * g, lambda r, eps: r.abs().sqrt() + eps),
                _rmsprop(lambda r, g, rho, lr: rho * r + (1 - rho) * g, shared.no_root),
            ],
        ),
        Mistake(
            "sizes_averaged",
            _rmsprop(lambda r, g, rho, lr: rho * r + (1 - rho) * g.abs()),
            "Absolute values are averaged. Average squares: their mean's root has the unit of a gradient.",
            0.25,
            forms=[
                *_inside(mean=lambda r, g, rho, lr: rho * r + (1 - rho) * g.abs()),
                _rmsprop(lambda r, g, rho, lr: rho * r + (1 - rho) * g.abs(), shared.no_root),
            ],
        ),
        Mistake(
            "old_average_used",
            _rmsprop(used=lambda old, new, g, rho: old),
            "The step is divided by the average before this gradient entered it. At the first step that is 0.",
            0.25,
            forms=_inside(used=lambda old, new, g, rho: old),
        ),
        Mistake(
            "only_the_last_gradient",
            _rmsprop(used=lambda old, new, g, rho: g * g),
            "Past gradients have no part in what the step is divided by: only this one stands there. Divide by the"
            " root of the running average.",
            0.25,
            forms=[
                _rmsprop(used=lambda old, new, g, rho: (1 - rho) * g * g),
                _rmsprop(lambda r, g, rho, lr: (1 - rho) * g * g),
                _rmsprop(lambda r, g, rho, lr: g * g),
            ],
        ),
        Mistake(
            "rate_in_the_average",
            _rmsprop(lambda r, g, rho, lr: rho * r + (1 - rho) * (lr * g) ** 2),
            "lr has a part in the average of the squares. It scales the step only: average the squares of the gradient"
            " itself.",
            0.25,
        ),
        Mistake(
            "corrected_as_in_adam",
            _rmsprop(used=lambda old, new, g, rho: new / (1 - rho)),
            "The step goes by the average divided by 1 - rho. RMSProp leaves the average as it is; a correction for"
            " the start from 0 comes with Adam, and changes from step to step.",
            0.25,
            forms=_inside(used=lambda old, new, g, rho: new / (1 - rho)),
        ),
        Mistake(
            "starts_at_the_first_square",
            _rmsprop(_started),
            shared.STARTED,
            0.25,
            forms=_inside(mean=_started),
        ),
        Mistake(
            "mean_forgotten_in_the_centred_form",
            _centred(remember=False),
            "Past gradients have no part in the mean whose square is taken away. Carry it on from step to step, in the"
            ' state under "mean", or leave it out: the plain form needs none.',
            0.25,
            forms=[
                _centred(shared.inside, remember=False),
                _centred(variance=lambda r, m, old: (r - m * m).clamp(min=0), remember=False),
                _centred(mean=lambda m, g, rho: (1 - rho) * g),
                _centred(remember=False, mean=lambda m, g, rho: g, variance=lambda r, m, old: (r - m * m).abs()),
                _centred(remember=False, mean=lambda m, g, rho: g, variance=lambda r, m, old: (r - m * m).clamp(min=0)),
            ],
        ),
        Mistake(
            "mean_not_squared_in_the_centred_form",
            _centred(variance=lambda r, m, old: (r - m).abs()),
            "The mean itself is taken away from the mean square. The variance is the mean square less the *square* of"
            " the mean.",
            0.25,
            forms=[
                _centred(variance=lambda r, m, old: r - m),
                _centred(variance=lambda r, m, old: (r - m).clamp(min=0)),
            ],
        ),
        Mistake(
            "square_of_the_mean_added",
            _centred(variance=lambda r, m, old: r + m * m),
            "The square of the mean is added. The variance is the mean square *less* the square of the mean.",
            0.25,
            forms=[_centred(shared.inside, variance=lambda r, m, old: r + m * m)],
        ),
        Mistake(
            "old_mean_used_in_the_centred_form",
            _centred(variance=lambda r, m, old: r - old * old),
            "The mean from before this gradient meets the mean square that already holds it. Update both averages"
            " first.",
            0.25,
            forms=[
                _centred(variance=lambda r, m, old: (r - old * old).clamp(min=0)),
                _centred(shared.inside, variance=lambda r, m, old: r - old * old),
            ],
        ),
        Mistake(
            "moves_along_the_average",
            _centred(change=lambda g, m, root: -m / root, variance=lambda r, m, old: r),
            "theta moves along an average of the gradients, as in Adam. Here the gradient itself is divided by the"
            " root.",
            0.25,
            forms=[
                _centred(change=lambda g, m, root: -m / root),
                _centred(shared.inside, change=lambda g, m, root: -m / root, variance=lambda r, m, old: r),
            ],
        ),
        Mistake(
            "state_not_updated",
            _rmsprop(kept=lambda old, new: old),
            shared.STATE_KEPT,
            0.25,
            forms=_inside(kept=lambda old, new: old),
        ),
        Mistake(
            "climbs",
            _rmsprop(change=_climbing),
            shared.UPHILL,
            0.25,
            forms=[*_inside(change=_climbing), _centred(change=lambda g, m, root: g / root)],
        ),
        Mistake(
            "one_rate_for_all",
            _rmsprop(lambda r, g, rho, lr: rho * r + (1 - rho) * (g * g).mean()),
            shared.ONE_FOR_ALL,
            forms=[
                *_inside(mean=lambda r, g, rho, lr: rho * r + (1 - rho) * (g * g).mean()),
                _rmsprop(lambda r, g, rho, lr: rho * r + (1 - rho) * (g * g).sum()),
                _rmsprop(lambda r, g, rho, lr: rho * r + (1 - rho) * g.norm()),
                _rmsprop(used=lambda old, new, g, rho: new.mean()),
                _rmsprop(used=lambda old, new, g, rho: new.sum()),
                _rmsprop(used=lambda old, new, g, rho: new.max()),
                _rmsprop(root=lambda r, eps: r.norm() + eps),
                _rmsprop(root=lambda r, eps: r.sqrt().mean() + eps),
            ],
        ),
        Mistake(
            "root_stored",
            _rmsprop(lambda r, g, rho, lr: _blend(r, g, rho, lr).sqrt(), shared.no_root),
            shared.ROOT_KEPT,
            0.25,
            forms=[
                _rmsprop(lambda r, g, rho, lr: _blend(r * r, g, rho, lr).sqrt(), shared.no_root),
                _rmsprop(lambda r, g, rho, lr: _blend(r, g, rho, lr).sqrt()),
                _rmsprop(kept=lambda old, new: new.sqrt()),
            ],
        ),
        Mistake(
            "multiplied",
            _rmsprop(change=lambda root, g, lr, eps: -lr * g * root),
            "The step grows with the root, as if the gradient were multiplied by it. Divide by it instead.",
        ),
        Mistake(
            "rate_forgotten",
            _rmsprop(change=lambda root, g, lr, eps: -g / root),
            "The result does not depend on lr; a constant in its place looks the same. Each weight's own rate is lr"
            " divided by its root mean square.",
            0.25,
            forms=_inside(change=lambda root, g, lr, eps: -g / root),
        ),
        Mistake(
            "sign_for_the_gradient",
            _rmsprop(change=lambda root, g, lr, eps: -lr * g.sign() / root),
            shared.SIGN,
            0.25,
            forms=_inside(change=lambda root, g, lr, eps: -lr * g.sign() / root),
        ),
        *shared.careless(reference.rmsprop_step),
    ],
)
