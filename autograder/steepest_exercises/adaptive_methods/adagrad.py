"""Exercise `adagrad_step` of `06_adaptive_methods`."""

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


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    usual = {"lr": 0.2, "eps": 0.05}
    return shared.accumulating_cases(
        rng,
        start={"sum_squares": inputs.zeros},
        usual=usual,
        changing=[usual, {"lr": 0.05, "eps": 0.3}, {"lr": 0.4, "eps": 0.01}],
    )


def _adagrad(
    total: Callable[[Tensor, Tensor, float, float], Tensor] = lambda r, g, lr, eps: r + g * g,
    root: Callable[[Tensor, float], Tensor] = shared.outside,
    change: Callable[[Tensor, Tensor, float, float], Tensor] = lambda root, g, lr, eps: -lr * g / root,
    used: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda old, new, g: new,
    kept: Callable[[Tensor, Tensor], Tensor] = lambda old, new: new,
) -> inputs.Step:
    """A stepper with r ← total(r, g, lr, eps) and θ ← θ + change(root(r, eps), g, lr, eps)."""

    def step(theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, eps: float) -> tuple[Tensor, inputs.State]:
        old = state["sum_squares"]
        new = total(old, grad, lr, eps)
        move = change(root(used(old, new, grad), eps), grad, lr, eps)
        return theta + move, {"sum_squares": kept(old, new)}

    return step


def _inside(**slip: Any) -> list[inputs.Step]:
    """The same slip with ε in the root."""
    return [_adagrad(**slip, root=shared.inside)]


def _own_rates(
    theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, eps: float
) -> tuple[Tensor, inputs.State]:
    total = torch.addcmul(state["sum_squares"], grad, grad)
    rates = torch.full_like(grad, lr).div(total.sqrt().add(eps))
    return torch.sub(theta, rates.mul(grad)), {**state, "sum_squares": total}


def _weighted(share: float, weight: float) -> Callable[[Tensor, Tensor, float, float], Tensor]:
    return lambda r, g, lr, eps: share * r + weight * g * g


def _last(r: Tensor, g: Tensor, lr: float, eps: float) -> Tensor:
    return g * g


def _sizes(r: Tensor, g: Tensor, lr: float, eps: float) -> Tensor:
    return r + g.abs()


def _climbing(root: Tensor, g: Tensor, lr: float, eps: float) -> Tensor:
    return lr * g / root


ADAGRAD_STEP = Exercise(
    id="adagrad_step",
    reference=reference.adagrad_step,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("own_rates_first", _own_rates),
        Accepted("entry_by_entry", inputs.entry_by_entry(_adagrad())),
        Accepted("powers", _adagrad(lambda r, g, lr, eps: r + g**2, lambda r, eps: r**0.5 + eps)),
        Accepted("eps_in_the_root", _adagrad(root=shared.inside), shared.INSIDE),
        Accepted(
            "as_the_lesson_prints_it",
            lambda theta, grad, state, *, lr, eps: (
                theta - lr / (torch.sqrt(state["sum_squares"] + grad * grad) + eps) * grad,
                {"sum_squares": state["sum_squares"] + grad * grad},
            ),
        ),
    ],
    mistakes=[
        Mistake(
            "root_missing",
            _adagrad(root=shared.no_root),
            "The gradient is divided by the sum of squares itself. Take its root: the sum has the unit of g squared.",
            0.25,
            forms=[_adagrad(root=lambda r, eps: r + eps**2), _adagrad(root=lambda r, eps: r)],
        ),
        Mistake("eps_missing", _adagrad(root=shared.no_eps), shared.NO_EPS, 0.25),
        Mistake(
            "eps_added_to_the_quotient",
            _adagrad(root=shared.no_eps, change=lambda root, g, lr, eps: -(lr / root + eps) * g),
            shared.EPS_ASIDE,
            0.25,
            forms=[
                _adagrad(root=shared.no_eps, change=lambda root, g, lr, eps: -lr * g / root - eps),
                _adagrad(root=shared.no_eps, change=lambda root, g, lr, eps: -lr * g / root + eps),
                _adagrad(root=shared.no_eps, change=lambda root, g, lr, eps: -lr * (g / root + eps)),
                _adagrad(root=shared.no_eps, change=lambda root, g, lr, eps: -lr * (1 / root + eps) * g),
            ],
        ),
        Mistake(
            "only_the_last_gradient",
            _adagrad(_last),
            "Past gradients have no part in what the step is divided by: only the last one stands there. Divide by the"
            " root of the sum of all squares so far, and keep that sum in the state.",
            forms=[*_inside(total=_last), _adagrad(used=lambda old, new, g: g * g)],
        ),
        Mistake(
            "average_for_sum",
            _adagrad(_weighted(0.9, 0.1)),
            "Old squares fade, as in RMSProp. AdaGrad adds all squares up and lets none fade.",
            0.25,
            forms=[
                form
                for weights in ((0.9, 0.1), (0.99, 0.01), (0.95, 0.05), (0.999, 0.001), (0.5, 0.5), (0.9, 1.0))
                for form in (_adagrad(_weighted(*weights)), *_inside(total=_weighted(*weights)))
            ],
        ),
        Mistake(
            "sum_of_gradients",
            _adagrad(lambda r, g, lr, eps: r + g),
            "Gradients are added up, not their squares, so opposite signs cancel. Square each gradient before it is"
            " added.",
            forms=[
                _adagrad(lambda r, g, lr, eps: r + g, lambda r, eps: r.abs().sqrt() + eps),
                _adagrad(lambda r, g, lr, eps: r + g, lambda r, eps: r.abs() + eps),
                _adagrad(lambda r, g, lr, eps: r + g, shared.no_root),
            ],
        ),
        Mistake(
            "sum_of_sizes",
            _adagrad(_sizes),
            "Absolute values are added up. Add squares: it is the root of their sum that has the unit of a gradient.",
            0.25,
            forms=[*_inside(total=_sizes), _adagrad(_sizes, shared.no_root)],
        ),
        Mistake(
            "square_of_the_sum",
            _adagrad(lambda r, g, lr, eps: (r.sqrt() + g).square()),
            "The square is taken after adding. Square each gradient first, then add: (a + b)² is not a² + b².",
            forms=[
                _adagrad(lambda r, g, lr, eps: (r.sqrt() + g.abs()).square()),
                _adagrad(lambda r, g, lr, eps: (r + g).square()),
            ],
        ),
        Mistake(
            "old_sum_used",
            _adagrad(used=lambda old, new, g: old),
            "The step is divided by the sum before this gradient was added, which is 0 at the first step. Add first,"
            " then divide.",
            0.25,
            forms=_inside(used=lambda old, new, g: old),
        ),
        Mistake(
            "rate_in_the_sum",
            _adagrad(lambda r, g, lr, eps: r + (lr * g) ** 2),
            "lr has a part in the sum of squares. It scales the step only: add up the squares of the gradient itself.",
            0.25,
            forms=[
                _adagrad(lambda r, g, lr, eps: r + lr * g * g),
                *_inside(total=lambda r, g, lr, eps: r + (lr * g) ** 2),
            ],
        ),
        Mistake(
            "state_not_updated",
            _adagrad(kept=lambda old, new: old),
            shared.STATE_KEPT,
            0.25,
            forms=_inside(kept=lambda old, new: old),
        ),
        Mistake("climbs", _adagrad(change=_climbing), shared.UPHILL, 0.25, forms=_inside(change=_climbing)),
        Mistake(
            "one_rate_for_all",
            _adagrad(lambda r, g, lr, eps: r + (g * g).sum()),
            shared.ONE_FOR_ALL,
            forms=[
                *_inside(total=lambda r, g, lr, eps: r + (g * g).sum()),
                _adagrad(lambda r, g, lr, eps: r + (g * g).mean()),
                _adagrad(lambda r, g, lr, eps: r + g.norm()),
                _adagrad(used=lambda old, new, g: new.sum()),
                _adagrad(used=lambda old, new, g: new.mean()),
                _adagrad(used=lambda old, new, g: new.max()),
                _adagrad(root=lambda r, eps: r.norm() + eps),
                _adagrad(root=lambda r, eps: r.sqrt().norm() + eps),
                _adagrad(root=lambda r, eps: r.sqrt().mean() + eps),
                _adagrad(used=lambda old, new, g: (g * g).sum()),
            ],
        ),
        Mistake(
            "eps_in_the_sum",
            _adagrad(lambda r, g, lr, eps: r + g * g + eps, shared.no_eps),
            "eps enters the stored sum, once more with every step. Keep it out of the state: it belongs to what the"
            " step is divided by.",
            0.25,
            forms=[_adagrad(lambda r, g, lr, eps: r + g * g + eps)],
        ),
        Mistake(
            "multiplied",
            _adagrad(change=lambda root, g, lr, eps: -lr * g * root),
            "The step grows with the root, as if the gradient were multiplied by it. Divide by it instead.",
            forms=_inside(change=lambda root, g, lr, eps: -lr * g * root),
        ),
        Mistake(
            "rate_forgotten",
            _adagrad(change=lambda root, g, lr, eps: -g / root),
            "The result does not depend on lr; a constant in its place looks the same. Each weight's own rate is lr"
            " divided by the root of its sum.",
            0.25,
            forms=_inside(change=lambda root, g, lr, eps: -g / root),
        ),
        Mistake(
            "rate_under_the_root",
            _adagrad(change=lambda root, g, lr, eps: -(lr**0.5) * g / root),
            "The step grows with the root of lr, not with lr. Only the sum of squares stands under the root.",
            0.25,
        ),
        Mistake(
            "normalized_gradient_in_the_sum",
            _adagrad(lambda r, g, lr, eps: r + (g / (r.sqrt() + eps)) ** 2),
            "The squares are taken of the gradient after it was divided. Add up squares of the gradient as it came.",
            0.25,
        ),
        Mistake(
            "root_stored",
            _adagrad(lambda r, g, lr, eps: (r + g * g).sqrt(), shared.no_root),
            shared.ROOT_KEPT,
            0.25,
            forms=[
                _adagrad(lambda r, g, lr, eps: (r * r + g * g).sqrt(), shared.no_root),
                _adagrad(lambda r, g, lr, eps: (r + g * g).sqrt()),
                _adagrad(kept=lambda old, new: new.sqrt()),
                _adagrad(lambda r, g, lr, eps: (r + g * g).sqrt() + eps, lambda r, eps: r),
            ],
        ),
        Mistake(
            "sign_for_the_gradient",
            _adagrad(change=lambda root, g, lr, eps: -lr * g.sign() / root),
            shared.SIGN,
            0.25,
            forms=_inside(change=lambda root, g, lr, eps: -lr * g.sign() / root),
        ),
        Mistake(
            "gradient_missing",
            _adagrad(change=lambda root, g, lr, eps: -lr / root),
            "The gradient is missing above the fraction line: lr over the root is the weight's rate, and multiplies"
            " the gradient.",
            0.25,
            forms=_inside(change=lambda root, g, lr, eps: -lr / root),
        ),
        *shared.careless(reference.adagrad_step),
    ],
)
