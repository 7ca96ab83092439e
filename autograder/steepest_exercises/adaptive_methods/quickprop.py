"""Exercise `quickprop_step` of `06_adaptive_methods`.

In no case are two gradients in a row the same, but where both are 0 and the weight is at rest.
"""

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


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """All begin at rest, as `init_state` has it."""
    usual = {"lr": 0.2, "growth": 1.6}
    changing = [usual, {"lr": 0.3, "growth": 2.5}, {"lr": 0.1, "growth": 1.2}, usual]
    scales = torch.logspace(-2, 2, 8, dtype=torch.float64)
    silent = torch.tensor([1.0, 0.0] * 4, dtype=torch.float64)

    def case(name: str, hyper: Sequence[inputs.Hyper], *, corner: float = 0.0, **form: Any) -> Case:
        start = {"delta": inputs.zeros, "grad": inputs.zeros}
        made = inputs.stepper_case(rng, name, start, hyper, **{"shape": (8,), "slack": 3, **form})
        return Case(made.name, made.inputs, made.drive, made.slack, corner=corner)

    late = case("half of the weights start later than the others", [usual] * 4, corner=0.2)
    late.inputs["steps"][0]["grad"] *= silent
    return [
        case("a single step", [usual]),
        case("from rest", [usual] * 4),
        case("a run of 6 steps", [usual] * 6),
        case("the usual limit of growth", [{"lr": 0.1}] * 4),
        case("a limit that is hardly ever met", [{"lr": 0.1, "growth": 50.0}] * 3),
        case("the hyperparameters change between steps", changing),
        case("gradients of very different scale", [usual] * 3, scale=scales),
        case("a non-contiguous matrix of parameters", [usual] * 4, shape=(3, 4), turned=True),
        case("float32", [usual] * 3, dtype=torch.float32, slack=20),
        late,
        case("a weight whose gradient is always 0", [usual] * 3, scale=silent, corner=0.05),
    ]


def _secant(d: Tensor, g: Tensor, old: Tensor) -> Tensor:
    return -g * d / (g - old)


def _limited(change: Tensor, d: Tensor, growth: float) -> Tensor:
    limit = growth * d.abs()
    return torch.maximum(torch.minimum(change, limit), -limit)


def _own(change: Tensor, d: Tensor, g: Tensor, old: Tensor, growth: float, lr: float) -> Tensor:
    return change


def _turned(change: Tensor, d: Tensor, g: Tensor, old: Tensor, growth: float, lr: float) -> Tensor:
    """Fahlman's rule: a change that would lead uphill repeats the last one, growth times as long."""
    return torch.where(change * g > 0, growth * d, change)


def _turned_with_gradient(change: Tensor, d: Tensor, g: Tensor, old: Tensor, growth: float, lr: float) -> Tensor:
    """The same, and a gradient step more where the slope has kept its sign."""
    return _turned(change, d, g, old, growth, lr) - torch.where(g * old > 0, lr * g, torch.zeros_like(g))


def _quickprop(
    secant: Callable[[Tensor, Tensor, Tensor], Tensor] = _secant,
    limit: Callable[[Tensor, Tensor, float], Tensor] = _limited,
    uphill: Callable[[Tensor, Tensor, Tensor, Tensor, float, float], Tensor] = _own,
    rest: Callable[[Tensor, float], Tensor] = lambda g, lr: -lr * g,
    at_rest: Callable[[Tensor, Tensor], Tensor] = lambda d, old: d == 0,
    jump: Callable[[Tensor, Tensor, float], Tensor] = lambda change, g, lr: change,
    move: Callable[[Tensor, Tensor, float], Tensor] = lambda change, g, lr: change,
    kept: Callable[[inputs.State, inputs.State, Tensor], inputs.State] = lambda old, new, unlimited: new,
) -> inputs.Step:
    """A stepper: limit(secant(Δ, g, g_old), Δ, growth), or rest(g, lr) where Δ is 0."""

    def step(
        theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, growth: float = 1.75
    ) -> tuple[Tensor, inputs.State]:
        d, old = state["delta"], state["grad"]
        parabola = secant(d, grad, old)
        limited = jump(uphill(limit(parabola, d, growth), d, grad, old, growth, lr), grad, lr)
        resting = at_rest(d, old)
        change = torch.where(resting, rest(grad, lr), limited)
        unlimited = torch.where(resting, rest(grad, lr), parabola)
        return theta + move(change, grad, lr), kept(state, {"delta": change, "grad": grad.clone()}, unlimited)

    return step


def _ways(**slip: Any) -> list[inputs.Step]:
    """The same slip with Fahlman's rule for uphill steps."""
    return [_quickprop(**slip, uphill=_turned)]


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


def _by_slopes(
    theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, growth: float = 1.75, extra: bool = False
) -> tuple[Tensor, inputs.State]:
    """As Fahlman wrote it: it looks at slopes, growth / (1 + growth) of the last one being where the limit is met."""
    slope, before, d = -grad, -state["grad"], state["delta"]
    edge = growth / (1 + growth) * before
    far = torch.where(d > 0, slope > edge, slope < edge)
    change = torch.where(far, growth * d, slope / (before - slope) * d)
    if extra:
        change = change + torch.where(d * slope > 0, lr * slope, torch.zeros_like(slope))
    change = torch.where(d == 0, lr * slope, change)
    return theta + change, {"delta": change, "grad": grad.clone()}


def _norms_limited(
    theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, growth: float = 1.75
) -> tuple[Tensor, inputs.State]:
    d = state["delta"]
    change = torch.where(d == 0, -lr * grad, torch.nan_to_num(_secant(d, grad, state["grad"])))
    longest = growth * d.norm()
    if longest > 0 and change.norm() > longest:
        change = change * longest / change.norm()
    return theta + change, {"delta": change, "grad": grad.clone()}


def _only_all_at_rest(
    theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, growth: float = 1.75
) -> tuple[Tensor, inputs.State]:
    d, difference = state["delta"], grad - state["grad"]
    parabola = -grad * d / torch.where(difference == 0, 1.0, difference)
    change = _limited(parabola, d, growth) if d.any() else -lr * grad
    return theta + change, {"delta": change, "grad": grad.clone()}


RULE = (
    "where the parabola would lead uphill, the last change is repeated, growth times as long. That is Fahlman's own"
    " rule; it keeps going downhill where the loss is bent the other way."
)
MORE = "a gradient step is added where the slope has kept its sign, as in Fahlman's report; "

QUICKPROP_STEP = Exercise(
    id="quickprop_step",
    reference=reference.quickprop_step,
    cases=_cases,
    points=3,
    accepted=[
        Accepted("curvature_first", _curvature_first),
        Accepted("entry_by_entry", inputs.entry_by_entry(_quickprop())),
        Accepted("fahlmans_signs", _quickprop(lambda d, g, old: g / (old - g) * d)),
        Accepted("uphill_turned", _quickprop(uphill=_turned), RULE),
        Accepted("by_slopes", _by_slopes, RULE),
        Accepted("uphill_turned_with_gradient", _quickprop(uphill=_turned_with_gradient), MORE + RULE),
        Accepted(
            "by_slopes_with_gradient",
            lambda theta, grad, state, **hyper: _by_slopes(theta, grad, state, extra=True, **hyper),
            MORE + RULE,
        ),
    ],
    mistakes=[
        Mistake(
            "not_limited",
            _quickprop(limit=lambda change, d, growth: change),
            "The change is not limited. Where two gradients are nearly the same the parabola is flat, and its minimum"
            " lies far away: allow at most growth times the last change.",
            0.25,
            forms=_ways(limit=lambda change, d, growth: change),
        ),
        Mistake(
            "limited_on_one_side",
            _quickprop(limit=lambda change, d, growth: torch.minimum(change, growth * d.abs())),
            "Changes are limited on one side only. Limit the size in both directions.",
            0.25,
            forms=[
                *_ways(limit=lambda change, d, growth: torch.minimum(change, growth * d.abs())),
                _quickprop(limit=lambda change, d, growth: torch.maximum(change, -growth * d.abs())),
            ],
        ),
        Mistake(
            "limited_to_the_last_change",
            _quickprop(limit=lambda change, d, growth: _limited(change, d, 1.0)),
            "The change may be no longer than the last one. It may be growth times as long.",
            0.25,
            forms=_ways(limit=lambda change, d, growth: _limited(change, d, 1.0)),
        ),
        Mistake(
            "limited_to_growth",
            _quickprop(limit=lambda change, d, growth: change.clamp(-growth, growth)),
            "The change itself is limited to growth. The limit is growth times the size of the last change.",
            0.25,
            forms=_ways(limit=lambda change, d, growth: change.clamp(-growth, growth)),
        ),
        Mistake(
            "sign_of_the_secant",
            _quickprop(lambda d, g, old: g * d / (g - old)),
            "The parabola's change has the wrong sign. The curvature is (g - g_old) / delta, and the change is minus g"
            " over it.",
            0.25,
            forms=_ways(secant=lambda d, g, old: g * d / (g - old)),
        ),
        Mistake(
            "old_gradient_above",
            _quickprop(lambda d, g, old: -old * d / (g - old)),
            "The old gradient stands above. Newton's step starts from where theta is now, with the gradient there.",
            0.25,
            forms=_ways(secant=lambda d, g, old: -old * d / (g - old)),
        ),
        Mistake(
            "gradients_added",
            _quickprop(lambda d, g, old: -g * d / (g + old)),
            "The gradients are added below. Their difference over delta estimates the curvature.",
            0.25,
            forms=_ways(secant=lambda d, g, old: -g * d / (g + old)),
        ),
        Mistake(
            "curvature_upside_down",
            _quickprop(lambda d, g, old: -g * (g - old) / d),
            "The gradient is multiplied by the curvature, (g - g_old) / delta. Newton's step divides by it.",
            0.25,
            forms=_ways(secant=lambda d, g, old: -g * (g - old) / d),
        ),
        Mistake(
            "rest_climbs",
            _quickprop(rest=lambda g, lr: lr * g),
            "A weight at rest climbs. Its first change is -lr * g.",
            0.25,
            forms=_ways(rest=lambda g, lr: lr * g),
        ),
        Mistake(
            "rest_stays",
            _quickprop(rest=lambda g, lr: torch.zeros_like(g)),
            "A weight at rest stays there for ever: the secant needs a last change. Start it with -lr * g.",
            0.25,
            forms=_ways(rest=lambda g, lr: torch.zeros_like(g)),
        ),
        Mistake(
            "secant_scaled_by_the_rate",
            _quickprop(lambda d, g, old: -g * d / (g - old), move=lambda change, g, lr: lr * change),
            "The change is scaled by lr. The secant gives a whole step; lr serves weights at rest only.",
            0.25,
            forms=[
                _quickprop(jump=lambda change, g, lr: lr * change),
                _quickprop(secant=_secant, jump=lambda change, g, lr: lr * change, uphill=_turned),
            ],
        ),
        Mistake(
            "gradient_step_added",
            _quickprop(move=lambda change, g, lr: change - lr * g),
            "A gradient step is added to the parabola's change. Here it only starts weights that are at rest.",
            0.25,
            forms=[
                _quickprop(jump=lambda change, g, lr: change - lr * g),
                _quickprop(jump=lambda change, g, lr: change - lr * g, uphill=_turned),
                _quickprop(uphill=lambda change, d, g, old, growth, lr: change - lr * g * (g * old > 0)),
            ],
        ),
        Mistake(
            "subtracted",
            _quickprop(move=lambda change, g, lr: -change),
            "theta moves the opposite way to the change. The change already has its sign: the new theta is the old one"
            " plus the change.",
            0.25,
            forms=_ways(move=lambda change, g, lr: -change),
        ),
        Mistake(
            "change_not_stored",
            _quickprop(kept=lambda old, new, unlimited: {**new, "delta": old["delta"]}),
            "delta comes back as it came in. Store the change that was made.",
            0.25,
            forms=_ways(kept=lambda old, new, unlimited: {**new, "delta": old["delta"]}),
        ),
        Mistake(
            "gradient_not_stored",
            _quickprop(kept=lambda old, new, unlimited: {**new, "grad": old["grad"]}),
            "The stored gradient comes back as it came in. Store the new one: the next secant starts from it.",
            0.25,
            forms=_ways(kept=lambda old, new, unlimited: {**new, "grad": old["grad"]}),
        ),
        Mistake(
            "change_stored_with_the_wrong_sign",
            _quickprop(kept=lambda old, new, unlimited: {**new, "delta": -new["delta"]}),
            "The stored change has the opposite sign of the one made: delta is the new theta minus the old one.",
            0.25,
            forms=_ways(kept=lambda old, new, unlimited: {**new, "delta": -new["delta"]}),
        ),
        Mistake(
            "limited_without_the_absolute_value",
            _quickprop(limit=lambda change, d, growth: torch.clamp(change, -growth * d, growth * d)),
            "The limit is growth times the last change with its sign, and where that is negative it is no bound for a"
            " size. Take the absolute value, and limit between minus and plus.",
            0.25,
            forms=[
                *_ways(limit=lambda change, d, growth: torch.clamp(change, -growth * d, growth * d)),
                _quickprop(limit=lambda change, d, growth: torch.minimum(change, growth * d)),
                _quickprop(limit=lambda change, d, growth: torch.where(change > growth * d, growth * d, change)),
                _quickprop(
                    limit=lambda change, d, growth: torch.maximum(torch.minimum(change, growth * d), -growth * d)
                ),
                _quickprop(limit=lambda change, d, growth: torch.where(change.abs() > growth * d, growth * d, change)),
            ],
        ),
        Mistake(
            "limited_together",
            _norms_limited,
            "The limit is made of all weights together. Each weight has its own parabola and its own limit: growth"
            " times its own last change.",
            forms=[
                _quickprop(
                    limit=lambda change, d, growth: change.clamp(-growth * d.abs().max(), growth * d.abs().max())
                ),
                _quickprop(limit=lambda change, d, growth: change.clamp(-growth * d.norm(), growth * d.norm())),
            ],
        ),
        Mistake(
            "unlimited_change_stored",
            _quickprop(kept=lambda old, new, unlimited: {**new, "delta": unlimited}),
            "theta moves by the limited change, and the unlimited one is stored. Store the change that was made: the"
            " next secant and the next limit start from it.",
            0.25,
            forms=_ways(kept=lambda old, new, unlimited: {**new, "delta": unlimited}),
        ),
        Mistake(
            "sign_of_the_limited_change_lost",
            _quickprop(limit=lambda change, d, growth: torch.minimum(change.abs(), growth * d.abs())),
            "The change does not keep its own sign where its size is limited. Limit between minus and plus growth"
            " times |delta|.",
            0.25,
            forms=[
                _quickprop(
                    limit=lambda change, d, growth: torch.where(
                        change.abs() > growth * d.abs(), growth * d.abs(), change
                    )
                ),
                _quickprop(limit=lambda change, d, growth: d.sign() * torch.minimum(change.abs(), growth * d.abs())),
            ],
        ),
        Mistake(
            "zero_beyond_the_limit",
            _quickprop(limit=lambda change, d, growth: torch.where(change.abs() > growth * d.abs(), 0.0, change)),
            "Changes beyond the limit are replaced by something else than the limit. Cut them to growth times |delta|,"
            " each with its own sign.",
            0.25,
            forms=[
                _quickprop(limit=lambda change, d, growth: torch.where(change.abs() > growth * d.abs(), d, change)),
            ],
        ),
        Mistake(
            "limit_added",
            _quickprop(limit=lambda change, d, growth: change.clamp(-(d.abs() + growth), d.abs() + growth)),
            "growth is added to the last change's size. The limit is growth *times* that size.",
            0.25,
        ),
        Mistake(
            "limit_divided",
            _quickprop(limit=lambda change, d, growth: _limited(change, d, 1 / growth)),
            "The limit is the last change's size divided by growth. It is growth times that size.",
            0.25,
        ),
        Mistake(
            "last_change_missing",
            _quickprop(lambda d, g, old: -g / (g - old)),
            "The last change is missing in the secant: the curvature is (g - g_old) / delta, so delta comes to stand"
            " above.",
            0.25,
            forms=_ways(secant=lambda d, g, old: -g / (g - old)),
        ),
        Mistake(
            "gradient_missing",
            _quickprop(lambda d, g, old: -d / (g - old)),
            "The gradient is missing in the secant. delta / (g - g_old) is 1 over the curvature; Newton's step"
            " multiplies it by -g.",
            0.25,
        ),
        Mistake(
            "uphill_stopped",
            _quickprop(uphill=lambda change, d, g, old, growth, lr: torch.where(change * g > 0, 0.0, change)),
            "A change that would lead uphill is replaced by something else than Fahlman has: he repeats the last"
            " change, growth times as long. The plain formula changes nothing there.",
            0.25,
            forms=[
                _quickprop(uphill=lambda change, d, g, old, growth, lr: torch.where(change * g > 0, -lr * g, change)),
                _quickprop(uphill=lambda change, d, g, old, growth, lr: torch.where(change * g > 0, -change, change)),
                _quickprop(uphill=lambda change, d, g, old, growth, lr: torch.where(change * g > 0, d, change)),
            ],
        ),
        Mistake(
            "downhill_turned",
            _quickprop(uphill=lambda change, d, g, old, growth, lr: torch.where(change * g < 0, growth * d, change)),
            "The last change is repeated where the parabola leads downhill. Uphill is where the change has the sign of"
            " the gradient: change * grad > 0.",
            0.25,
        ),
        Mistake(
            "started_when_all_are_at_rest",
            _only_all_at_rest,
            "Weights start with -lr * g only where all of them are at rest. Ask each weight: torch.where(delta == 0,"
            " ...).",
            0.8,
        ),
        Mistake(
            "starts_with_the_sign",
            _quickprop(rest=lambda g, lr: -lr * g.sign()),
            "The first change of a weight at rest does not depend on its gradient's size. It is -lr * g.",
            0.25,
        ),
        Mistake(
            "starts_without_the_rate",
            _quickprop(rest=lambda g, lr: -g),
            "The first change of a weight at rest does not depend on lr. It is -lr * g.",
            0.25,
        ),
        Mistake(
            "always_a_gradient_step",
            _quickprop(uphill=lambda change, d, g, old, growth, lr: -lr * g),
            "This is plain descent: every change is -lr * g. Once a weight is in motion, its change is the parabola's.",
        ),
        *shared.careless(reference.quickprop_step),
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
