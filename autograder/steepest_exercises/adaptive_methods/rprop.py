"""Exercise `rprop_step` of `06_adaptive_methods`."""

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

BACK = "after a change of sign the last move is taken back"
WALKED = f"{BACK}, and the smaller step is taken at once in the old direction, as in the lecture notes' loop."
TURNED = "after a change of sign the smaller step is taken at once, the other way: Rprop- in Igel and Hüsken 2003."

Stored = Callable[[Tensor, Tensor], Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """All begin as `init_state` lets them, with one step length for all weights, and it lies within the bounds."""

    def case(name: str, hyper: Sequence[inputs.Hyper], *, rate: float = 0.5, corner: float = 0.0, **form: Any) -> Case:
        start = {"step": lambda rng, *shape: torch.full(shape, rate, dtype=torch.float64), "grad": inputs.zeros}
        slack = 30  # torch.where(…, 1.2, 0.5) of two numbers is a float32 tensor, and may be
        made = inputs.stepper_case(rng, name, start, hyper, **{"shape": (8,), "slack": slack, **form})
        return Case(made.name, made.inputs, made.drive, made.slack, corner=corner)

    changing = [
        {"up": 1.5, "down": 0.3, "step_min": 1e-3, "step_max": 0.5},
        {"up": 1.5, "down": 0.3, "step_min": 1e-3, "step_max": 0.55},
        {"up": 1.1, "down": 0.8, "step_min": 1e-3, "step_max": 0.8},
        {"up": 1.3, "down": 0.6, "step_min": 1e-3, "step_max": 3.0},
    ]
    silent = torch.tensor([1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0], dtype=torch.float64)
    return [
        case("a single step", [{}]),
        case("from the start", [{}] * 3),
        case("a run of 6 steps", [{}] * 6),
        case("steps at their longest", [{"step_max": 0.6, "step_min": 1e-6}] * 3),
        case("steps at their shortest", [{"step_min": 0.3, "step_max": 50.0}] * 3, corner=0.15),
        case("steps near the usual longest", [{}] * 2, rate=48.0),
        case("steps near the usual shortest", [{}] * 2, rate=1.5e-6, corner=0.1),
        case("the hyperparameters change between steps", changing),
        case("a weight whose gradient is always 0", [{}] * 2, scale=silent),
        case("gradients of very different scale", [{}] * 3, scale=torch.logspace(-4, 3, 8, dtype=torch.float64)),
        case("a non-contiguous matrix of parameters", [{}] * 3, shape=(3, 4), turned=True),
        case("float32", [{}] * 3, dtype=torch.float32, slack=10),
        shared.falling_silent(case("gradients that become 0", [{}] * 3), silent),
    ]


def _factors(product: Tensor, up: float, down: float) -> Tensor:
    return torch.where(product > 0, up, torch.where(product < 0, down, torch.ones_like(product)))


def _rprop(
    factor: Callable[[Tensor, float, float], Tensor] = _factors,
    bound: Callable[[Tensor, float, float, Tensor], Tensor] = lambda step, low, high, p: step.clamp(low, high),
    product: Callable[[Tensor, Tensor], Tensor] = lambda old, g: old.sign() * g.sign(),
    ahead: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = lambda g, before, step, p: -g.sign() * step,
    after: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = lambda g, old, before, step: torch.zeros_like(g),
    left: Stored = lambda g, old: torch.zeros_like(g),
    stored: Stored = lambda kept, old: kept,
    new_step: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda before, step, unbounded: step,
) -> inputs.Step:
    """A stepper that moves by after(g, g_old, Δ_old, Δ) where the sign has changed, and by ahead(…) elsewhere.

    left(g, g_old) is what it stores where the sign has changed.
    """

    def step(
        theta: Tensor,
        grad: Tensor,
        state: inputs.State,
        *,
        up: float = 1.2,
        down: float = 0.5,
        step_min: float = 1e-6,
        step_max: float = 50.0,
    ) -> tuple[Tensor, inputs.State]:
        old, before = state["grad"], state["step"]
        p = product(old, grad)
        unbounded = before * factor(p, up, down)
        size = bound(unbounded, step_min, step_max, p)
        change = torch.where(p < 0, after(grad, old, before, size), ahead(grad, before, size, p))
        kept = stored(torch.where(p < 0, left(grad, old), grad), old)
        return theta + change, {"step": new_step(before, size, unbounded), "grad": kept}

    return step


def _zero(g: Tensor, old: Tensor) -> Tensor:
    return torch.zeros_like(g)


def _new(g: Tensor, old: Tensor) -> Tensor:
    return g


def _old(g: Tensor, old: Tensor) -> Tensor:
    return old


def _back(g: Tensor, old: Tensor, before: Tensor, step: Tensor) -> Tensor:
    return old.sign() * before


def _walk(g: Tensor, old: Tensor, before: Tensor, step: Tensor) -> Tensor:
    return old.sign() * (before - step)


def _turn(g: Tensor, old: Tensor, before: Tensor, step: Tensor) -> Tensor:
    return -g.sign() * step


def _ways(**slip: Any) -> list[inputs.Step]:
    """The same slip in the other forms of the lesson's table."""
    return [
        _rprop(**slip, after=_back),
        _rprop(**slip, after=_turn, left=_new),
        _rprop(**slip, after=_walk),
    ]


def _with_masks(
    theta: Tensor,
    grad: Tensor,
    state: inputs.State,
    *,
    up: float = 1.2,
    down: float = 0.5,
    step_min: float = 1e-6,
    step_max: float = 50.0,
) -> tuple[Tensor, inputs.State]:
    size, kept = state["step"].clone(), grad.clone()
    same, turned = state["grad"] * grad > 0, state["grad"] * grad < 0
    size[same] = torch.clamp(size[same] * up, max=step_max)
    size[turned] = torch.clamp(size[turned] * down, min=step_min)
    kept[turned] = 0
    return theta - size * torch.sign(kept), {"step": size, "grad": kept}


def _loop(
    theta: Tensor,
    grad: Tensor,
    state: inputs.State,
    *,
    up: float = 1.2,
    down: float = 0.5,
    step_min: float = 1e-6,
    step_max: float = 50.0,
    left: Stored = _zero,
) -> tuple[Tensor, inputs.State]:
    """The notes' loop, weight by weight: back, shrink, and forward again in the old direction."""
    new, size, kept = (value.clone().reshape(-1) for value in (theta, state["step"], grad))
    old = state["grad"].reshape(-1)
    for i in range(len(new)):
        if old[i] * kept[i] < 0:
            new[i] += old[i].sign() * size[i]
            size[i] = max(down * float(size[i]), step_min)
            new[i] -= old[i].sign() * size[i]
            kept[i] = left(kept[i], old[i])
        else:
            if old[i] * kept[i] > 0:
                size[i] = min(up * float(size[i]), step_max)
            new[i] -= kept[i].sign() * size[i]
    return new.reshape(theta.shape), {"step": size.reshape(theta.shape), "grad": kept.reshape(theta.shape)}


def _signs_compared(
    theta: Tensor,
    grad: Tensor,
    state: inputs.State,
    *,
    up: float = 1.2,
    down: float = 0.5,
    step_min: float = 1e-6,
    step_max: float = 50.0,
) -> tuple[Tensor, inputs.State]:
    """The same without a loop, where a change of sign is what two signs say that differ."""
    old, before = state["grad"].sign(), state["step"]
    turned = (old != 0) & (old != grad.sign())
    size = torch.where(turned, before * down, torch.where(old == 0, before, before * up)).clamp(step_min, step_max)
    change = torch.where(turned, old * (before - size), -grad.sign() * size)
    return theta + change, {"step": size, "grad": torch.where(turned, state["grad"], grad)}


RPROP_STEP = Exercise(
    id="rprop_step",
    reference=reference.rprop_step,
    cases=_cases,
    points=3,
    accepted=[
        Accepted("with_masks", _with_masks),
        Accepted("entry_by_entry", inputs.entry_by_entry(_rprop())),
        Accepted("factor_as_a_power", _rprop(lambda p, up, down: up ** (p > 0).to(p) * down ** (p < 0).to(p))),
        Accepted(
            "riedmiller_and_braun",
            _rprop(after=_back),
            f"{BACK}, as in the first paper (Riedmiller and Braun 1993), and the next step goes on from there.",
        ),
        Accepted("walks_back_and_stores_zero", _loop, WALKED),
        Accepted(
            "walks_back_and_stores_the_new_gradient",
            lambda theta, grad, state, **hyper: _loop(theta, grad, state, left=_new, **hyper),
            WALKED,
        ),
        Accepted("walks_back_and_forward", _signs_compared, WALKED),
        Accepted(
            "walks_back_where_the_product_is_negative",
            lambda theta, grad, state, **hyper: _loop(theta, grad, state, left=_old, **hyper),
            WALKED,
        ),
        Accepted("turns_at_once", _rprop(after=_turn, left=_new), TURNED),
        Accepted("turns_at_once_and_stores_zero", _rprop(after=_turn), TURNED),
        Accepted(
            "sign_stored",
            _rprop(stored=lambda kept, old: kept.sign()),
            "only the gradient's sign is stored, and no more is needed: the steps are the lesson's.",
        ),
    ],
    mistakes=[
        Mistake(
            "climbs",
            _rprop(ahead=lambda g, before, step, p: g.sign() * step),
            shared.UPHILL,
            0.25,
            forms=[
                _rprop(ahead=lambda g, before, step, p: g.sign() * step, after=_back),
                _rprop(
                    ahead=lambda g, before, step, p: g.sign() * step,
                    after=lambda g, old, before, step: -old.sign() * before,
                ),
                _rprop(
                    ahead=lambda g, before, step, p: g.sign() * step,
                    after=lambda g, old, before, step: g.sign() * step,
                    left=_new,
                ),
            ],
        ),
        Mistake(
            "gradient_for_its_sign",
            _rprop(ahead=lambda g, before, step, p: -g * step),
            "The step is multiplied by the gradient. Rprop uses its sign alone; the step holds the whole length.",
            0.25,
            forms=[
                _rprop(ahead=lambda g, before, step, p: -g * step, after=_back),
                _rprop(ahead=lambda g, before, step, p: -g * step, after=lambda g, old, before, step: old * before),
                _rprop(
                    ahead=lambda g, before, step, p: -g * step,
                    after=lambda g, old, before, step: -g * step,
                    left=_new,
                ),
            ],
        ),
        Mistake(
            "up_and_down_exchanged",
            _rprop(lambda p, up, down: _factors(p, down, up)),
            "The step grows after a change of sign and shrinks without one. A change of sign means that a minimum"
            " was passed: shrink.",
            0.25,
            forms=_ways(factor=lambda p, up, down: _factors(p, down, up)),
        ),
        Mistake(
            "not_bounded",
            _rprop(bound=lambda step, low, high, p: step),
            "step_min and step_max have no part in the step. Keep it between them, both for the move and in the state.",
            0.25,
            forms=_ways(bound=lambda step, low, high, p: step),
        ),
        Mistake(
            "not_bounded_below",
            _rprop(bound=lambda step, low, high, p: step.clamp(max=high)),
            "step_min has no part in the step: it is bounded above only. Let it shrink no further than step_min.",
            0.75,
            forms=_ways(bound=lambda step, low, high, p: step.clamp(max=high)),
        ),
        Mistake(
            "not_bounded_above",
            _rprop(bound=lambda step, low, high, p: step.clamp(min=low)),
            "step_max has no part in the step: it is bounded below only. Let it grow no further than step_max.",
            0.25,
            forms=_ways(bound=lambda step, low, high, p: step.clamp(min=low)),
        ),
        Mistake(
            "maximum_and_minimum_exchanged",
            _rprop(
                bound=lambda step, low, high, p: torch.where(
                    p > 0, step.clamp(min=high), torch.where(p < 0, step.clamp(min=low), step)
                )
            ),
            "A bound holds the wrong way round, as where max and min are exchanged. min(up * step, step_max) never"
            " exceeds step_max, and max(down * step, step_min) never falls below step_min.",
            0.25,
            forms=[
                _rprop(
                    bound=lambda step, low, high, p: torch.where(
                        p > 0, step.clamp(min=high), torch.where(p < 0, step.clamp(max=low), step)
                    )
                ),
                _rprop(
                    bound=lambda step, low, high, p: torch.where(
                        p > 0, step.clamp(max=high), torch.where(p < 0, step.clamp(max=low), step)
                    )
                ),
                *_ways(
                    bound=lambda step, low, high, p: torch.where(
                        p > 0, step.clamp(min=high), torch.where(p < 0, step.clamp(min=low), step)
                    )
                ),
                _rprop(bound=lambda step, low, high, p: torch.full_like(step, high)),
                _rprop(bound=lambda step, low, high, p: torch.full_like(step, low)),
            ],
        ),
        Mistake(
            "unbounded_step_stored",
            _rprop(new_step=lambda before, step, unbounded: unbounded),
            "The bounds hold for the move, but the step is stored without them, and goes on from there. Store the"
            " bounded one.",
            0.25,
            forms=_ways(new_step=lambda before, step, unbounded: unbounded),
        ),
        Mistake(
            "moves_with_the_old_step",
            _rprop(ahead=lambda g, before, step, p: -g.sign() * before),
            "theta moves by the step as it came in. Adapt the step first, then move by the new one.",
            0.25,
            forms=[
                _rprop(ahead=lambda g, before, step, p: -g.sign() * before, after=_back),
                _rprop(
                    ahead=lambda g, before, step, p: -g.sign() * before,
                    after=lambda g, old, before, step: -g.sign() * before,
                    left=_new,
                ),
            ],
        ),
        Mistake(
            "gradient_not_stored",
            _rprop(stored=lambda kept, old: old),
            "The stored gradient comes back as it came in. Store the new one: the next sign is compared with it.",
            0.25,
            forms=_ways(stored=lambda kept, old: old),
        ),
        Mistake(
            "gradient_kept_after_a_change_of_sign",
            _rprop(left=_new),
            "After a change of sign the gradient is stored as it is. Store 0 there: the weight has not moved, and the"
            " step must not grow before it has.",
            0.25,
        ),
        Mistake(
            "gradient_kept_after_taking_back",
            _rprop(after=_back, left=_new),
            "After a change of sign the move is taken back, but a gradient is stored. Store 0 there, so that the"
            " next sign is not compared with it.",
            0.25,
            forms=[_rprop(after=_back, left=_old)],
        ),
        Mistake(
            "old_gradient_kept_after_a_change_of_sign",
            _rprop(left=_old),
            "After a change of sign the old gradient stays stored, so the next one may count as a change of sign"
            " again. Store 0 there.",
            0.25,
            forms=[_rprop(after=_turn, left=_old)],
        ),
        Mistake(
            "taken_back_the_wrong_way",
            _rprop(after=lambda g, old, before, step: -old.sign() * before),
            "The last move is made once more, not taken back. It went against the old gradient's sign, so the way back"
            " goes along it.",
            0.25,
            forms=[_rprop(after=lambda g, old, before, step: g.sign() * before, left=_new)],
        ),
        Mistake(
            "goes_on_after_a_change_of_sign",
            _rprop(after=lambda g, old, before, step: -old.sign() * step),
            "After a change of sign theta goes further in the old direction, away from the minimum that it has passed."
            " Stay, take the last move back first, or turn round.",
            0.25,
            forms=[
                _rprop(after=lambda g, old, before, step: -old.sign() * step, left=_new),
                _rprop(after=lambda g, old, before, step: -old.sign() * step, left=_old),
            ],
        ),
        Mistake(
            "stands_where_the_product_is_zero",
            _rprop(ahead=lambda g, before, step, p: torch.where(p > 0, -g.sign() * step, 0.0)),
            "Nothing moves where the product is 0, as in the first step. The step keeps its length there, and is"
            " taken.",
            0.25,
            forms=_ways(ahead=lambda g, before, step, p: torch.where(p > 0, -g.sign() * step, 0.0)),
        ),
        Mistake(
            "moves_by_another_sign",
            _rprop(
                ahead=lambda g, before, step, p: -p * step,
                after=lambda g, old, before, step: step,
            ),
            "theta moves by the sign of the product, or of the old gradient. These say how the step changes; the"
            " direction is minus the sign of the new gradient.",
            0.25,
            forms=[
                _rprop(ahead=lambda g, before, step, p: -p * step),
                _rprop(
                    ahead=lambda g, before, step, p: -p * g.sign() * step,
                    after=lambda g, old, before, step: -old.sign() * step,
                ),
            ],
        ),
        Mistake(
            "moves_where_the_gradient_is_zero",
            _rprop(ahead=lambda g, before, step, p: torch.where(g > 0, -step, step)),
            "A weight whose gradient is 0 moves. sign(0) is 0: such a weight stays.",
            0.25,
            forms=[_rprop(ahead=lambda g, before, step, p: torch.where(g < 0, step, -step))],
        ),
        Mistake(
            "grows_where_the_product_is_zero",
            _rprop(lambda p, up, down: torch.where(p >= 0, up, down).to(p.dtype)),
            "The step also grows where the product is 0: in the first step, and wherever a stored gradient is 0. It"
            " keeps its length there.",
            0.25,
            forms=_ways(factor=lambda p, up, down: torch.where(p >= 0, up, down).to(p.dtype)),
        ),
        Mistake(
            "shrinks_where_the_product_is_zero",
            _rprop(lambda p, up, down: torch.where(p > 0, up, down).to(p.dtype)),
            "The step also shrinks where the product is 0: in the first step, and wherever a stored gradient is 0. It"
            " keeps its length there.",
            0.25,
            forms=_ways(factor=lambda p, up, down: torch.where(p > 0, up, down).to(p.dtype)),
        ),
        Mistake(
            "judged_together",
            _rprop(product=lambda old, g: (old * g).sum().sign().expand_as(g)),
            "One judgement is made for all weights. Each weight looks at its own two signs.",
            forms=[
                *_ways(product=lambda old, g: (old * g).sum().sign().expand_as(g)),
                _rprop(product=lambda old, g: (old * g).sign().sum().sign().expand_as(g)),
            ],
        ),
        Mistake(
            "step_not_kept",
            _rprop(new_step=lambda before, step, unbounded: before),
            "The steps come back as they came in. Return the new ones.",
            0.25,
            forms=_ways(new_step=lambda before, step, unbounded: before),
        ),
        Mistake(
            "never_grows",
            _rprop(lambda p, up, down: torch.where(p < 0, down, 1.0).to(p.dtype)),
            "The step never grows. Where the sign stays the same, multiply it by up.",
            0.25,
            forms=_ways(factor=lambda p, up, down: torch.where(p < 0, down, 1.0).to(p.dtype)),
        ),
        Mistake(
            "never_shrinks",
            _rprop(lambda p, up, down: torch.where(p > 0, up, 1.0).to(p.dtype)),
            "The step never shrinks. Where the sign has changed, multiply it by down.",
            0.25,
            forms=_ways(factor=lambda p, up, down: torch.where(p > 0, up, 1.0).to(p.dtype)),
        ),
        Mistake(
            "divided_by_down",
            _rprop(lambda p, up, down: _factors(p, up, 1 / down)),
            "After a change of sign the step is divided by down and so grows. down is a factor below 1: multiply by"
            " it.",
            0.25,
            forms=_ways(factor=lambda p, up, down: _factors(p, up, 1 / down)),
        ),
        Mistake(
            "moves_by_the_factor",
            _rprop(ahead=lambda g, before, step, p: -g.sign() * (step / before)),
            "theta moves by the factor, not by the step. The factor scales the step; the step moves theta.",
            0.25,
        ),
        Mistake(
            "gradients_compared_by_size",
            _rprop(product=lambda old, g: (old.abs() - g.abs()) * old.sign().abs()),
            "The sizes of the two gradients are compared. What counts is whether their signs agree: the product of the"
            " two is above 0, or below.",
            0.25,
        ),
        *shared.careless(reference.rprop_step),
    ],
    equivalent={
        reasons.ONLY_THE_SHAPE: [
            "factor = torch.ones_like(theta)",
            "kept = torch.where(product < 0, torch.zeros_like(theta), grad)",
        ],
        "The accepted variant turns_at_once.": ["kept = torch.where(product < 0, grad, grad)"],
    },
)
