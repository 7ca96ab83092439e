"""Exercises `rmsprop_step` and `adadelta_step` of `06_adaptive_methods`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import inputs
from steepest_exercises.adaptive_methods import cases as shared
from steepest_exercises.adaptive_methods import reference

EXCHANGED = (
    "rho and 1 - rho are exchanged. rho, near 1, is the share of the old average that is kept; the new square"
    " counts with 1 - rho."
)


def _rmsprop_cases(rng: np.random.Generator) -> Sequence[Case]:
    usual = {"lr": 0.1, "rho": 0.8, "eps": 0.05}
    return shared.accumulating_cases(
        rng,
        start={"mean_square": inputs.zeros},
        moving={"mean_square": inputs.positive},
        usual=usual,
        changing=[{"lr": 0.3, "rho": 0.9, "eps": 0.1}, {"lr": 0.05, "rho": 0.6, "eps": 0.01}, usual],
    )


def _rmsprop(
    mean: Callable[[Tensor, Tensor, float, float], Tensor] = lambda r, g, rho, lr: rho * r + (1 - rho) * g * g,
    change: Callable[[Tensor, Tensor, float, float], Tensor] = lambda r, g, lr, eps: -lr * g / (r.sqrt() + eps),
    used: Callable[[Tensor, Tensor], Tensor] = lambda old, new: new,
    kept: Callable[[Tensor, Tensor], Tensor] = lambda old, new: new,
) -> inputs.Step:
    """A stepper with r ← mean(r, g, rho, lr) and θ ← θ + change(r, g, lr, eps)."""

    def step(
        theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho: float, eps: float
    ) -> tuple[Tensor, inputs.State]:
        old = state["mean_square"]
        new = mean(old, grad, rho, lr)
        return theta + change(used(old, new), grad, lr, eps), {"mean_square": kept(old, new)}

    return step


def _centred(
    theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho: float, eps: float, inside: bool = False
) -> tuple[Tensor, inputs.State]:
    square = rho * state["mean_square"] + (1 - rho) * grad.square()
    mean = rho * state.get("mean", torch.zeros_like(grad)) + (1 - rho) * grad
    variance = square - mean.square()
    spread = (variance + eps).sqrt() if inside else variance.sqrt() + eps
    return theta - lr * grad / spread, {"mean_square": square, "mean": mean}


def _by_difference(
    theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho: float, eps: float
) -> tuple[Tensor, inputs.State]:
    old = state["mean_square"]
    new = old + (1 - rho) * (grad.square() - old)
    return theta.addcdiv(grad, new.sqrt() + eps, value=-lr), {**state, "mean_square": new}


RMSPROP_STEP = Exercise(
    id="rmsprop_step",
    reference=reference.rmsprop_step,
    cases=_rmsprop_cases,
    points=2,
    accepted=[
        Accepted("moved_towards_the_square", _by_difference),
        Accepted("entry_by_entry", inputs.entry_by_entry(_rmsprop())),
        Accepted("own_rates_first", _rmsprop(change=lambda r, g, lr, eps: -(lr / (r**0.5 + eps)) * g)),
        Accepted("eps_in_the_root", _rmsprop(change=lambda r, g, lr, eps: -lr * g / (r + eps).sqrt()), shared.INSIDE),
        Accepted(
            "centred",
            _centred,
            "this is the centred form (Graves 2013), which divides by the estimated deviation of the gradient, not"
            " by its root mean square. Its steps are longer where the gradient is steady.",
        ),
        Accepted(
            "centred_with_eps_in_the_root",
            lambda theta, grad, state, **hyper: _centred(theta, grad, state, **hyper, inside=True),
            "this is the centred form as Graves (2013) prints it, with eps inside the root. Its steps are longer where"
            " the gradient is steady.",
        ),
    ],
    mistakes=[
        Mistake(
            "sum_for_average",
            _rmsprop(lambda r, g, rho, lr: r + g * g),
            "This adds all squares up: that is AdaGrad. Let the old average fade by rho, and weigh the new square"
            " with 1 - rho.",
        ),
        Mistake(
            "square_not_weighted",
            _rmsprop(lambda r, g, rho, lr: rho * r + g * g),
            "The new square counts in full, so the weights sum to 1 / (1 - rho) and not to 1. Weigh it with 1 - rho.",
            0.25,
        ),
        Mistake("weights_exchanged", _rmsprop(lambda r, g, rho, lr: (1 - rho) * r + rho * g * g), EXCHANGED, 0.25),
        Mistake(
            "root_missing",
            _rmsprop(change=lambda r, g, lr, eps: -lr * g / (r + eps)),
            "The gradient is divided by the mean square itself. Take its root, the r and the s of RMS.",
            0.25,
        ),
        Mistake("eps_missing", _rmsprop(change=lambda r, g, lr, eps: -lr * g / r.sqrt()), shared.NO_EPS, 0.25),
        Mistake(
            "square_of_the_average",
            _rmsprop(lambda r, g, rho, lr: (rho * r.sqrt() + (1 - rho) * g).square()),
            "Gradients are averaged and then squared, so opposite signs cancel. Average the squares.",
        ),
        Mistake(
            "gradient_not_squared",
            _rmsprop(lambda r, g, rho, lr: rho * r + (1 - rho) * g),
            "The average is of the gradients, not of their squares: it can be negative, and its root is nan.",
        ),
        Mistake(
            "sizes_averaged",
            _rmsprop(lambda r, g, rho, lr: rho * r + (1 - rho) * g.abs()),
            "Absolute values are averaged. Average squares: their mean's root has the unit of a gradient.",
            0.25,
        ),
        Mistake(
            "old_average_used",
            _rmsprop(used=lambda old, new: old),
            "The step is divided by the average before this gradient entered it. At the first step that is 0.",
            0.25,
        ),
        Mistake(
            "rate_in_the_average",
            _rmsprop(lambda r, g, rho, lr: rho * r + (1 - rho) * (lr * g) ** 2),
            "The squares are taken of lr * g, so the rate cancels out of the step. Average the gradient's squares.",
            0.25,
        ),
        Mistake("state_not_updated", _rmsprop(kept=lambda old, new: old), shared.STATE_KEPT, 0.25),
        Mistake("climbs", _rmsprop(change=lambda r, g, lr, eps: lr * g / (r.sqrt() + eps)), shared.UPHILL, 0.25),
        Mistake(
            "one_rate_for_all",
            _rmsprop(lambda r, g, rho, lr: rho * r + (1 - rho) * (g * g).mean()),
            shared.ONE_FOR_ALL,
        ),
        Mistake(
            "root_stored",
            _rmsprop(
                lambda r, g, rho, lr: (rho * r + (1 - rho) * g * g).sqrt(), lambda r, g, lr, eps: -lr * g / (r + eps)
            ),
            "The root goes back into the state, so the next step averages a root with a square. Store the mean"
            " square; take the root for the step only.",
            0.25,
        ),
    ],
)


def _adadelta_cases(rng: np.random.Generator) -> Sequence[Case]:
    usual = {"lr": 1.0, "rho": 0.8, "eps": 0.02}
    return shared.accumulating_cases(
        rng,
        start={"mean_square": inputs.zeros, "mean_delta": inputs.zeros},
        moving={"mean_square": inputs.positive, "mean_delta": inputs.positive},
        usual=usual,
        changing=[{"lr": 0.3, "rho": 0.9, "eps": 0.1}, {"lr": 0.5, "rho": 0.6, "eps": 0.01}, usual],
        small=1e-6,
    )


def _blend(old: Tensor, new: Tensor, rho: float) -> Tensor:
    return rho * old + (1 - rho) * new.square()


def _adadelta(
    change: Callable[[Tensor, Tensor, Tensor, float], Tensor] = lambda r, d, g, eps: (
        -g * (d + eps).sqrt() / (r + eps).sqrt()
    ),
    mean: Callable[[Tensor, Tensor, float], Tensor] = _blend,
    mean_delta: Callable[[Tensor, Tensor, float, float], Tensor] = lambda d, x, rho, lr: _blend(d, x, rho),
    move: Callable[[Tensor, float], Tensor] = lambda x, lr: lr * x,
    used: Callable[[Tensor, Tensor], Tensor] = lambda old, new: new,
    kept: Callable[[inputs.State, inputs.State], inputs.State] = lambda old, new: new,
) -> inputs.Step:
    """A stepper with r ← mean(r, g, rho), x = change(r, d, g, eps), d ← mean_delta(d, x, rho, lr), θ ← θ + move(x)."""

    def step(
        theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho: float, eps: float
    ) -> tuple[Tensor, inputs.State]:
        r, d = mean(state["mean_square"], grad, rho), state["mean_delta"]
        x = change(used(state["mean_square"], r), d, grad, eps)
        new = {"mean_square": r, "mean_delta": mean_delta(d, x, rho, lr)}
        return theta + move(x, lr), kept(state, new)

    return step


def _new_changes_used(
    theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho: float, eps: float
) -> tuple[Tensor, inputs.State]:
    r = _blend(state["mean_square"], grad, rho)
    x = -grad * (state["mean_delta"] + eps).sqrt() / (r + eps).sqrt()
    d = _blend(state["mean_delta"], x, rho)
    return theta - lr * grad * (d + eps).sqrt() / (r + eps).sqrt(), {"mean_square": r, "mean_delta": d}


ADADELTA_STEP = Exercise(
    id="adadelta_step",
    reference=reference.adadelta_step,
    cases=_adadelta_cases,
    points=2,
    accepted=[
        Accepted("one_root", _adadelta(lambda r, d, g, eps: -g * ((d + eps) / (r + eps)).sqrt())),
        Accepted("entry_by_entry", inputs.entry_by_entry(_adadelta())),
        Accepted(
            "two_root_mean_squares",
            _adadelta(lambda r, d, g, eps: -((d + eps) ** 0.5) / ((r + eps) ** 0.5) * g),
        ),
        Accepted(
            "eps_outside_the_roots",
            _adadelta(lambda r, d, g, eps: -g * (d.sqrt() + eps) / (r.sqrt() + eps)),
            "eps stands outside both roots. The paper has it inside, and there it also sets the length of the first"
            " step: about the root of eps, with yours about eps itself.",
        ),
    ],
    mistakes=[
        Mistake(
            "new_changes_used",
            _new_changes_used,
            "The change that is about to be made already counts in its own numerator. Use mean_delta as it came in,"
            " and update it afterwards.",
            0.25,
        ),
        Mistake(
            "rate_in_the_changes",
            _adadelta(mean_delta=lambda d, x, rho, lr: _blend(d, lr * x, rho)),
            "mean_delta collects lr times the change. It is kept without lr here: the rate only scales the move.",
            0.25,
        ),
        Mistake(
            "changes_not_collected",
            _adadelta(mean_delta=lambda d, x, rho, lr: d),
            "mean_delta never changes, so the steps keep the length of the first. Average the squares of the changes"
            " into it.",
            0.25,
        ),
        Mistake(
            "changes_not_squared",
            _adadelta(mean_delta=lambda d, x, rho, lr: rho * d + (1 - rho) * x.abs()),
            "mean_delta averages sizes of changes, not their squares. Its root must have the unit of a change.",
            0.25,
        ),
        Mistake(
            "numerator_missing",
            _adadelta(lambda r, d, g, eps: -g / (r + eps).sqrt()),
            "The numerator is missing: this is RMSProp. Multiply by the root mean square of the past changes, which"
            " gives the step the unit of theta.",
            0.25,
        ),
        Mistake(
            "root_missing_below",
            _adadelta(lambda r, d, g, eps: -g * (d + eps).sqrt() / (r + eps)),
            "The root is missing below: the mean square of the gradients has the unit of g squared.",
            0.25,
        ),
        Mistake(
            "root_missing_above",
            _adadelta(lambda r, d, g, eps: -g * (d + eps) / (r + eps).sqrt()),
            "The root is missing above: the mean square of the changes has the unit of theta squared.",
            0.25,
        ),
        Mistake(
            "roots_missing",
            _adadelta(lambda r, d, g, eps: -g * (d + eps) / (r + eps)),
            "Mean squares are divided, not their roots. Take the root above and below.",
            0.25,
        ),
        Mistake(
            "eps_missing_above",
            _adadelta(lambda r, d, g, eps: -g * d.sqrt() / (r + eps).sqrt()),
            "eps is missing in the numerator. mean_delta starts at 0, so without it nothing ever moves.",
            0.25,
        ),
        Mistake(
            "eps_missing_below",
            _adadelta(lambda r, d, g, eps: -g * (d + eps).sqrt() / r.sqrt()),
            "eps is missing in the denominator. A weight whose gradients have all been 0 becomes nan.",
            0.25,
        ),
        Mistake(
            "ratio_upside_down",
            _adadelta(lambda r, d, g, eps: -g * (r + eps).sqrt() / (d + eps).sqrt()),
            "The ratio stands upside down: gradients belong below, changes above.",
            0.25,
        ),
        Mistake("climbs", _adadelta(move=lambda x, lr: -lr * x), shared.UPHILL, 0.25),
        Mistake("weights_exchanged", _adadelta(mean=lambda r, g, rho: _blend(r, g, 1 - rho)), EXCHANGED, 0.25),
        Mistake(
            "sum_for_average",
            _adadelta(mean=lambda r, g, rho: r + g.square()),
            "The squares are added up without end, as in AdaGrad. Both accumulators are running averages.",
            0.25,
        ),
        Mistake(
            "old_average_used",
            _adadelta(used=lambda old, new: old),
            "The gradient is divided by the mean square before it entered. Only the average of the changes lags.",
            0.25,
        ),
        Mistake("state_not_updated", _adadelta(kept=lambda old, new: old), shared.STATE_KEPT, 0.25),
        Mistake(
            "rate_forgotten",
            _adadelta(move=lambda x, lr: x),
            "lr is not used. Zeiler's method has none, but this exercise and torch scale the change with it.",
            0.25,
        ),
    ],
)
