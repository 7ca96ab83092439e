"""Exercise `adadelta_step` of `06_adaptive_methods`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import inputs
from steepest_exercises.adaptive_methods import cases as shared
from steepest_exercises.adaptive_methods import reference


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    usual = {"lr": 0.7, "rho": 0.8, "eps": 0.02}
    return shared.accumulating_cases(
        rng,
        start={"mean_square": inputs.zeros, "mean_delta": inputs.zeros},
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
    mean_delta: Callable[[Tensor, Tensor, float, float, Tensor], Tensor] = lambda d, x, rho, lr, g: _blend(d, x, rho),
    move: Callable[[Tensor, float], Tensor] = lambda x, lr: lr * x,
    used: Callable[[Tensor, Tensor], Tensor] = lambda old, new: new,
    kept: Callable[[inputs.State, inputs.State], inputs.State] = lambda old, new: new,
) -> inputs.Step:
    """A stepper: r ← mean(r, g, rho), x = change(r, d, g, eps), d ← mean_delta(d, x, rho, lr, g), θ ← θ + move(x)."""

    def step(
        theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho: float, eps: float
    ) -> tuple[Tensor, inputs.State]:
        r, d = mean(state["mean_square"], grad, rho), state["mean_delta"]
        x = change(used(state["mean_square"], r), d, grad, eps)
        new = {"mean_square": r, "mean_delta": mean_delta(d, x, rho, lr, grad)}
        return theta + move(x, lr), kept(state, new)

    return step


def _new_changes_used(sizes: Callable[[Tensor, Tensor, Tensor, float, float], Tensor]) -> inputs.Step:
    """d is made anew before it is used, with sizes(d, r, g, rho, eps)."""

    def step(
        theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, rho: float, eps: float
    ) -> tuple[Tensor, inputs.State]:
        r = _blend(state["mean_square"], grad, rho)
        d = _blend(state["mean_delta"], sizes(state["mean_delta"], r, grad, rho, eps), rho)
        return theta - lr * grad * (d + eps).sqrt() / (r + eps).sqrt(), {"mean_square": r, "mean_delta": d}

    return step


def _own_change(d: Tensor, r: Tensor, g: Tensor, rho: float, eps: float) -> Tensor:
    return -g * (d + eps).sqrt() / (r + eps).sqrt()


def _in_full(old: Tensor, new: Tensor, rho: float) -> Tensor:
    return rho * old + new.square()


def _exchanged(old: Tensor, new: Tensor, rho: float) -> Tensor:
    return _blend(old, new, 1 - rho)


def _added(old: Tensor, new: Tensor, rho: float) -> Tensor:
    return old + new.square()


def _started(old: Tensor, new: Tensor, rho: float) -> Tensor:
    return shared.started_at_the_first(old, _blend(old, new, rho), new.square())


def _changes(mean: Callable[[Tensor, Tensor, float], Tensor]) -> Callable[..., Tensor]:
    """How d takes in a change, from how r takes in a gradient."""
    return lambda d, x, rho, lr, g: mean(d, x, rho)


ADADELTA_STEP = Exercise(
    id="adadelta_step",
    reference=reference.adadelta_step,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("one_root", _adadelta(lambda r, d, g, eps: -g * ((d + eps) / (r + eps)).sqrt())),
        Accepted("entry_by_entry", inputs.entry_by_entry(_adadelta())),
        Accepted(
            "two_root_mean_squares",
            _adadelta(lambda r, d, g, eps: -((d + eps) ** 0.5) / ((r + eps) ** 0.5) * g),
        ),
    ],
    mistakes=[
        Mistake(
            "eps_outside_the_roots",
            _adadelta(lambda r, d, g, eps: -g * (d.sqrt() + eps) / (r.sqrt() + eps)),
            "eps stands outside a root, above or below. It belongs inside both, added to the average under the root.",
            0.5,
            forms=[
                _adadelta(lambda r, d, g, eps: -g * (d.sqrt() + eps) / (r + eps).sqrt()),
                _adadelta(lambda r, d, g, eps: -g * (d + eps).sqrt() / (r.sqrt() + eps)),
            ],
        ),
        Mistake(
            "new_changes_used",
            _new_changes_used(_own_change),
            "The change that is about to be made already counts in its own numerator. Use mean_delta as it came in,"
            " and update it afterwards.",
            0.25,
        ),
        Mistake(
            "rate_in_the_changes",
            _adadelta(mean_delta=lambda d, x, rho, lr, g: _blend(d, lr * x, rho)),
            "lr has a part in mean_delta. The changes are collected without lr here: the rate only scales the move.",
            0.25,
            forms=[
                _adadelta(mean_delta=lambda d, x, rho, lr, g: _blend(d, lr * x, rho), move=lambda x, lr: lr * lr * x),
                _adadelta(mean_delta=lambda d, x, rho, lr, g: rho * d + (1 - rho) * lr * x * x),
            ],
        ),
        Mistake(
            "changes_not_collected",
            _adadelta(mean_delta=lambda d, x, rho, lr, g: d),
            "The changes have no part in mean_delta: it stays as it started. Average the squares of the changes into"
            " it.",
            0.25,
        ),
        Mistake(
            "squares_not_kept",
            _adadelta(kept=lambda old, new: {**new, "mean_square": old["mean_square"]}),
            "mean_square comes back as it came in. Return the new average of the squared gradients.",
            0.25,
        ),
        Mistake(
            "averages_exchanged",
            _adadelta(kept=lambda old, new: {"mean_square": new["mean_delta"], "mean_delta": new["mean_square"]}),
            "The two averages are returned under each other's name. mean_square belongs to the gradients, mean_delta to"
            " the changes.",
            0.25,
        ),
        Mistake(
            "gradients_collected_for_changes",
            _adadelta(mean_delta=lambda d, x, rho, lr, g: _blend(d, g, rho)),
            "mean_delta collects squares of the gradient. It collects squares of the changes: they give the step the"
            " unit of theta.",
            0.25,
        ),
        Mistake(
            "changes_not_squared",
            _adadelta(mean_delta=lambda d, x, rho, lr, g: rho * d + (1 - rho) * x.abs()),
            "mean_delta averages the changes or their sizes, not their squares. Its root must have the unit of a"
            " change.",
            0.25,
            forms=[_adadelta(mean_delta=lambda d, x, rho, lr, g: rho * d + (1 - rho) * x)],
        ),
        Mistake(
            "gradients_not_squared",
            _adadelta(mean=lambda r, g, rho: rho * r + (1 - rho) * g.abs()),
            "mean_square averages the gradients or their sizes, not their squares. Its root must have the unit of a"
            " gradient.",
            0.25,
            forms=[_adadelta(mean=lambda r, g, rho: rho * r + (1 - rho) * g)],
        ),
        Mistake(
            "numerator_missing",
            _adadelta(lambda r, d, g, eps: -g / (r + eps).sqrt()),
            "The past changes have no part in the step, as in RMSProp. Multiply by their root mean square, which gives"
            " the step the unit of theta.",
            0.25,
            forms=[_adadelta(lambda r, d, g, eps: -g / (r.sqrt() + eps))],
        ),
        Mistake(
            "denominator_missing",
            _adadelta(lambda r, d, g, eps: -g * (d + eps).sqrt()),
            "The denominator is missing: mean_square has no part in the step. Divide by the root mean square of the"
            " gradients.",
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
            "eps has no part in the numerator; a constant in its place looks much the same. mean_delta starts at 0, so"
            " it is eps under the root above that sets the first change going.",
            0.25,
            forms=[
                _adadelta(lambda r, d, g, eps: -g * d.sqrt() / (r.sqrt() + eps)),
                _adadelta(lambda r, d, g, eps: -g * d.sqrt() / r.sqrt()),
            ],
        ),
        Mistake(
            "eps_missing_below",
            _adadelta(lambda r, d, g, eps: -g * (d + eps).sqrt() / r.sqrt()),
            "eps has no part in the denominator; a constant in its place looks much the same. Add it to mean_square"
            " under the root, so that the divisor is never 0.",
            0.25,
        ),
        Mistake(
            "ratio_upside_down",
            _adadelta(lambda r, d, g, eps: -g * (r + eps).sqrt() / (d + eps).sqrt()),
            "The ratio stands upside down: gradients belong below, changes above.",
            0.25,
        ),
        Mistake(
            "gradient_missing",
            _adadelta(lambda r, d, g, eps: -(d + eps).sqrt() / (r + eps).sqrt()),
            "The gradient is missing as a factor of the change: the quotient of the roots is the weight's rate and"
            " multiplies it.",
            0.25,
        ),
        Mistake(
            "sign_for_the_gradient",
            _adadelta(lambda r, d, g, eps: -g.sign() * (d + eps).sqrt() / (r + eps).sqrt()),
            shared.SIGN,
            0.25,
        ),
        Mistake("climbs", _adadelta(move=lambda x, lr: -lr * x), shared.UPHILL, 0.25),
        Mistake(
            "weights_exchanged",
            _adadelta(mean=_exchanged),
            "rho and 1 - rho are exchanged in an average. rho, usually near 1, is the share of the old average that is"
            " kept; the new square counts with 1 - rho.",
            0.25,
            forms=[
                _adadelta(mean=_exchanged, mean_delta=_changes(_exchanged)),
                _adadelta(mean_delta=_changes(_exchanged)),
            ],
        ),
        Mistake(
            "square_not_weighted",
            _adadelta(mean=_in_full, mean_delta=_changes(_in_full)),
            "A new square counts in full. In an average it has the weight 1 - rho, beside the old average with rho.",
            0.25,
            forms=[_adadelta(mean=_in_full), _adadelta(mean_delta=_changes(_in_full))],
        ),
        Mistake(
            "sum_for_average",
            _adadelta(mean=_added),
            "Squares are added up and do not fade, as in AdaGrad. Both accumulators are running averages.",
            0.25,
            forms=[_adadelta(mean=_added, mean_delta=_changes(_added)), _adadelta(mean_delta=_changes(_added))],
        ),
        Mistake(
            "starts_at_the_first_square",
            _adadelta(mean=_started),
            shared.STARTED,
            0.25,
            forms=[_adadelta(mean=_started, mean_delta=_changes(_started)), _adadelta(mean_delta=_changes(_started))],
        ),
        Mistake(
            "old_average_used",
            _adadelta(used=lambda old, new: old),
            "The gradient is divided by the root of the mean square from before it entered. Only the average of the"
            " changes lags.",
            0.25,
        ),
        Mistake("state_not_updated", _adadelta(kept=lambda old, new: old), shared.STATE_KEPT, 0.25),
        Mistake(
            "one_rate_for_all",
            _adadelta(mean=lambda r, g, rho: rho * r + (1 - rho) * g.square().mean()),
            shared.ONE_FOR_ALL,
            forms=[
                _adadelta(mean=lambda r, g, rho: rho * r + (1 - rho) * g.square().sum()),
                _adadelta(
                    mean=lambda r, g, rho: rho * r + (1 - rho) * g.square().mean(),
                    mean_delta=lambda d, x, rho, lr, g: rho * d + (1 - rho) * x.square().mean(),
                ),
                _adadelta(mean_delta=lambda d, x, rho, lr, g: rho * d + (1 - rho) * x.square().mean()),
            ],
        ),
        Mistake(
            "rate_forgotten",
            _adadelta(move=lambda x, lr: x),
            "The result does not depend on lr; a constant in its place looks the same. Zeiler's method has no rate,"
            " but this exercise and torch scale the change with it.",
            0.25,
        ),
        *shared.careless(reference.adadelta_step),
    ],
)
