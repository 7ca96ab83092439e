"""Exercise `quickprop_step` of `06_adaptive_methods`. In no case are two gradients in a row the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import inputs, reasons
from steepest_exercises.adaptive_methods import reference


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    start = {"delta": inputs.zeros, "grad": inputs.zeros}
    moving = {"delta": inputs.normal, "grad": inputs.normal}

    def rested(rng: np.random.Generator, *shape: int) -> Tensor:
        return inputs.normal(rng, *shape) * (torch.arange(shape[-1]) % 2)

    some = {"delta": rested, "grad": inputs.normal}
    usual = {"lr": 0.2, "growth": 1.6}
    changing = [{"lr": 0.3, "growth": 2.5}, {"lr": 0.1, "growth": 1.2}, usual]
    scales = torch.logspace(-2, 2, 8, dtype=torch.float64)
    return [
        inputs.stepper_case(rng, "from rest", start, [usual] * 4, shape=(8,)),
        inputs.stepper_case(rng, "already in motion", moving, [usual] * 3, shape=(8,)),
        inputs.stepper_case(rng, "half of the weights at rest", some, [usual] * 2, shape=(8,)),
        inputs.stepper_case(rng, "the usual limit of growth", moving, [{"lr": 0.1}] * 3, shape=(8,)),
        inputs.stepper_case(rng, "a limit that is hardly ever met", moving, [{"lr": 0.1, "growth": 50.0}], shape=(8,)),
        inputs.stepper_case(rng, "the hyperparameters change between steps", moving, changing, shape=(8,)),
        inputs.stepper_case(rng, "gradients of very different scale", start, [usual] * 2, shape=(8,), scale=scales),
        inputs.stepper_case(
            rng, "a non-contiguous matrix of parameters", moving, [usual] * 2, shape=(3, 4), turned=True
        ),
        inputs.stepper_case(rng, "float32", moving, [usual] * 2, shape=(8,), dtype=torch.float32, slack=20),
    ]


def _secant(d: Tensor, g: Tensor, old: Tensor) -> Tensor:
    return -g * d / (g - old)


def _limited(change: Tensor, d: Tensor, growth: float) -> Tensor:
    limit = growth * d.abs()
    return torch.maximum(torch.minimum(change, limit), -limit)


def _quickprop(
    secant: Callable[[Tensor, Tensor, Tensor], Tensor] = _secant,
    limit: Callable[[Tensor, Tensor, float], Tensor] = _limited,
    rest: Callable[[Tensor, float], Tensor] = lambda g, lr: -lr * g,
    at_rest: Callable[[Tensor, Tensor], Tensor] = lambda d, old: d == 0,
    move: Callable[[Tensor, Tensor, float], Tensor] = lambda change, g, lr: change,
    kept: Callable[[inputs.State, inputs.State, float], inputs.State] = lambda old, new, lr: new,
) -> inputs.Step:
    """A stepper: limit(secant(Δ, g, g_old), Δ, growth), or rest(g, lr) where Δ is 0."""

    def step(
        theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, growth: float = 1.75
    ) -> tuple[Tensor, inputs.State]:
        d, old = state["delta"], state["grad"]
        change = torch.where(at_rest(d, old), rest(grad, lr), limit(secant(d, grad, old), d, growth))
        return theta + move(change, grad, lr), kept(state, {"delta": change, "grad": grad.clone()}, lr)

    return step


def _curvature_first(
    theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, growth: float = 1.75
) -> tuple[Tensor, inputs.State]:
    d = state["delta"]
    resting = d == 0
    curvature = (grad - state["grad"]) / torch.where(resting, 1.0, d)
    newton = -grad / curvature
    size = torch.minimum(newton.abs(), growth * d.abs())
    change = torch.where(resting, -lr * grad, newton.sign() * size)
    return theta + change, {"delta": change, "grad": grad.clone()}


def _fahlman(d: Tensor, g: Tensor, old: Tensor, growth: float) -> Tensor:
    change = _secant(d, g, old)
    unsafe = (change.abs() > growth * d.abs()) | (change * g > 0)
    return torch.where(unsafe, growth * d, change)


def _uphill_turned(
    theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, growth: float = 1.75, extra: float = 0.0
) -> tuple[Tensor, inputs.State]:
    d, old = state["delta"], state["grad"]
    parabola = _fahlman(d, grad, old, growth) - extra * lr * grad * (grad * old > 0)
    change = torch.where(d == 0, -lr * grad, parabola)
    return theta + change, {"delta": change, "grad": grad.clone()}


QUICKPROP_STEP = Exercise(
    id="quickprop_step",
    reference=reference.quickprop_step,
    cases=_cases,
    points=3,
    accepted=[
        Accepted("curvature_first", _curvature_first),
        Accepted("entry_by_entry", inputs.entry_by_entry(_quickprop())),
        Accepted("fahlmans_signs", _quickprop(lambda d, g, old: g / (old - g) * d)),
        Accepted(
            "uphill_turned",
            _uphill_turned,
            "where the parabola would lead uphill or too far, the last change is repeated, growth times as long. That"
            " is Fahlman's own rule; it keeps going downhill where the loss is bent the other way.",
        ),
        Accepted(
            "uphill_turned_with_gradient",
            lambda theta, grad, state, *, lr, growth=1.75: _uphill_turned(
                theta, grad, state, lr=lr, growth=growth, extra=1.0
            ),
            "a gradient step is added where the slope has kept its sign, as in Fahlman's report, and steps that would"
            " lead uphill or too far are replaced by growth times the last change.",
        ),
    ],
    mistakes=[
        Mistake(
            "not_limited",
            _quickprop(limit=lambda change, d, growth: change),
            "The change is not limited. Where two gradients are nearly the same the parabola is flat, and its minimum"
            " lies far away: allow at most growth times the last change.",
            0.25,
        ),
        Mistake(
            "limited_on_one_side",
            _quickprop(limit=lambda change, d, growth: torch.minimum(change, growth * d.abs())),
            "Only positive changes are limited. Limit the size in both directions.",
            0.25,
        ),
        Mistake(
            "limited_to_the_last_change",
            _quickprop(limit=lambda change, d, growth: _limited(change, d, 1.0)),
            "The change may be no longer than the last one. It may be growth times as long.",
            0.25,
        ),
        Mistake(
            "limited_to_growth",
            _quickprop(limit=lambda change, d, growth: change.clamp(-growth, growth)),
            "The change itself is limited to growth. The limit is growth times the size of the last change.",
            0.25,
        ),
        Mistake(
            "sign_of_the_secant",
            _quickprop(lambda d, g, old: g * d / (g - old)),
            "The sign is wrong: on a parabola this walks away from the minimum. The curvature is (g - g_old) / delta,"
            " and the step is minus g over it.",
            0.25,
        ),
        Mistake(
            "old_gradient_above",
            _quickprop(lambda d, g, old: -old * d / (g - old)),
            "The old gradient stands above. Newton's step starts from where theta is now, with the gradient there.",
            0.25,
        ),
        Mistake(
            "gradients_added",
            _quickprop(lambda d, g, old: -g * d / (g + old)),
            "The gradients are added below. Their difference over delta estimates the curvature.",
            0.25,
        ),
        Mistake(
            "curvature_upside_down",
            _quickprop(lambda d, g, old: -g * (g - old) / d),
            "The gradient is multiplied by the curvature, (g - g_old) / delta. Newton's step divides by it.",
            0.25,
        ),
        Mistake(
            "rest_climbs",
            _quickprop(rest=lambda g, lr: lr * g),
            "A weight at rest climbs. Its first change is -lr * g.",
            0.25,
        ),
        Mistake(
            "rest_stays",
            _quickprop(rest=lambda g, lr: torch.zeros_like(g)),
            "A weight at rest stays there for ever: the secant needs a last change. Start it with -lr * g.",
            0.25,
        ),
        Mistake(
            "secant_scaled_by_the_rate",
            _quickprop(lambda d, g, old: -g * d / (g - old), move=lambda change, g, lr: lr * change),
            "The change is scaled by lr. The secant gives a whole step; lr serves weights at rest only.",
            0.25,
        ),
        Mistake(
            "gradient_step_added",
            _quickprop(move=lambda change, g, lr: change - lr * g),
            "A gradient step is added to every change. Here it only starts weights that are at rest.",
            0.25,
        ),
        Mistake(
            "subtracted",
            _quickprop(move=lambda change, g, lr: -change),
            "The change is subtracted. It already has its sign: add it to theta.",
            0.25,
        ),
        Mistake(
            "change_not_stored",
            _quickprop(kept=lambda old, new, lr: {**new, "delta": old["delta"]}),
            "The change that came in is returned. Store the one that was made.",
            0.25,
        ),
        Mistake(
            "gradient_not_stored",
            _quickprop(kept=lambda old, new, lr: {**new, "grad": old["grad"]}),
            "The gradient that came in is returned. Store the new one: the next secant starts from it.",
            0.25,
        ),
        Mistake(
            "change_stored_with_the_wrong_sign",
            _quickprop(kept=lambda old, new, lr: {**new, "delta": -new["delta"]}),
            "The stored change has the opposite sign of the one made: delta is the new theta minus the old one.",
            0.25,
        ),
    ],
    equivalent={
        reasons.ONLY_THE_SHAPE: [
            "parabola = -grad * last / torch.where(difference == 0, torch.ones_like(theta), difference)"
        ],
        "Differs only where the gradient has not changed, and there nothing is judged.": [
            "parabola = -grad * last / torch.where(difference == 1, torch.ones_like(grad), difference)",
            "parabola = -grad * last / torch.where(difference == 0, grad, difference)",
            "parabola = -grad * last / torch.where(difference == 0, torch.zeros_like(grad), difference)",
        ],
        "Differs where the gradient has not changed, and there nothing is judged, or has changed by exactly -1.": [
            "parabola = -grad * last / torch.where(difference == -1, torch.ones_like(grad), difference)"
        ],
        "The larger of two and then the smaller of two: -limit and the parabola may change places.": [
            "change = torch.where(last == 0, -lr * grad, torch.clamp(-limit, parabola, limit))"
        ],
        "Nothing is written into the gradient, so it need not be a copy.": [
            "return (theta + change, {'delta': change, 'grad': grad})"
        ],
    },
)
