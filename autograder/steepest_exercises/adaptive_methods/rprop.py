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


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, steps: int, *, shape: tuple[int, ...] = (8,), moving: bool = True, **more: float) -> Case:
        return built(name, [more] * steps, shape=shape, moving=moving)

    def built(
        name: str,
        hyper: Sequence[inputs.Hyper],
        *,
        shape: tuple[int, ...] = (8,),
        moving: bool = True,
        step: Callable[..., Tensor] = inputs.positive,
        **form: Any,
    ) -> Case:
        state = {"step": step, "grad": inputs.normal if moving else inputs.zeros}
        slack = 30  # torch.where(…, 1.2, 0.5) of two numbers is a float32 tensor, and may be
        return inputs.stepper_case(rng, name, state, hyper, shape=shape, **{"slack": slack, **form})

    def near(length: float) -> Callable[..., Tensor]:
        return lambda rng, *shape: length * inputs.uniform(rng, 0.99, 1.01, *shape)

    changing = [
        {"up": 1.5, "down": 0.3, "step_min": 0.01, "step_max": 9.0},
        {"up": 1.1, "down": 0.8, "step_min": 0.1, "step_max": 4.0},
        {"up": 1.3, "down": 0.6, "step_min": 0.05, "step_max": 2.0},
    ]
    silent = torch.tensor([1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0], dtype=torch.float64)
    return [
        case("from the start", 4, moving=False),
        case("already under way", 5),
        case("steps at their longest", 3, step_max=0.6, step_min=1e-6),
        case("steps at their shortest", 3, step_min=0.7, step_max=50.0),
        built("steps near the usual longest", [{}] * 3, step=near(48.0)),
        built("steps near the usual shortest", [{}] * 3, step=near(1.5e-6)),
        built("the hyperparameters change between steps", changing),
        built("a weight whose gradient is always 0", [{}] * 3, scale=silent),
        built("gradients of very different scale", [{}] * 3, scale=torch.logspace(-4, 3, 8, dtype=torch.float64)),
        built("a non-contiguous matrix of parameters", [{}] * 2, shape=(3, 4), turned=True),
        built("float32", [{}] * 3, dtype=torch.float32, slack=10),
    ]


def _clamped(step: Tensor, low: float, high: float) -> Tensor:
    return step.clamp(low, high)


def _factors(product: Tensor, up: float, down: float) -> Tensor:
    return torch.where(product > 0, up, torch.where(product < 0, down, torch.ones_like(product)))


def _rprop(
    factor: Callable[[Tensor, float, float], Tensor] = _factors,
    bound: Callable[[Tensor, float, float], Tensor] = _clamped,
    product: Callable[[Tensor, Tensor], Tensor] = lambda old, g: old.sign() * g.sign(),
    change: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = lambda old, step, g, kept: -kept.sign() * step,
    store: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda g, p, old: torch.where(p < 0, 0.0, g),
    stored: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda kept, g, old: kept,
    new_step: Callable[[Tensor, Tensor], Tensor] = lambda old, new: new,
) -> inputs.Step:
    """A stepper: factors from the product of signs, bounds, a change(old step, step, g, kept g), and what is stored."""

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
        p = product(state["grad"], grad)
        size = bound(state["step"] * factor(p, up, down), step_min, step_max)
        kept = store(grad, p, state["grad"])
        new = {"step": new_step(state["step"], size), "grad": stored(kept, grad, state["grad"])}
        return theta + change(state["step"], size, grad, kept), new

    return step


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
    size = size.clamp(step_min, step_max)
    kept[turned] = 0
    return theta - size * torch.sign(kept), {"step": size, "grad": kept}


def _riedmiller(
    theta: Tensor,
    grad: Tensor,
    state: inputs.State,
    *,
    up: float = 1.2,
    down: float = 0.5,
    step_min: float = 1e-6,
    step_max: float = 50.0,
) -> tuple[Tensor, inputs.State]:
    turned = state["grad"] * grad < 0
    size = (state["step"] * _factors(state["grad"] * grad, up, down)).clamp(step_min, step_max)
    back = state["grad"].sign() * state["step"]
    change = torch.where(turned, back, -grad.sign() * size)
    return theta + change, {"step": size, "grad": torch.where(turned, 0.0, grad)}


def _loop_that_walks_back(
    theta: Tensor,
    grad: Tensor,
    state: inputs.State,
    *,
    up: float = 1.2,
    down: float = 0.5,
    step_min: float = 1e-6,
    step_max: float = 50.0,
    turned: Callable[[Tensor, Tensor], Tensor] = lambda old, g: (old != 0) & (old.sign() != g.sign()),
) -> tuple[Tensor, inputs.State]:
    """Back to where it was, and forward again with the smaller step, in the old direction."""
    back = turned(state["grad"], grad)
    size = (state["step"] * _factors(torch.where(back, -1.0, state["grad"] * grad), up, down)).clamp(step_min, step_max)
    old = state["grad"].sign()
    change = torch.where(back, old * (state["step"] - size), -grad.sign() * size)
    return theta + change, {"step": size, "grad": torch.where(back, state["grad"], grad)}


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
            _riedmiller,
            f"{BACK}, as in the first paper (Riedmiller and Braun 1993), and the next step goes on from there.",
        ),
        Accepted(
            "walks_back_and_forward",
            _loop_that_walks_back,
            f"{BACK}, and the smaller step is taken at once in the old direction, as in the lecture notes' loop.",
        ),
        Accepted(
            "walks_back_where_the_product_is_negative",
            lambda theta, grad, state, **hyper: _loop_that_walks_back(
                theta, grad, state, turned=lambda old, g: old * g < 0, **hyper
            ),
            f"{BACK}, and the smaller step is taken at once in the old direction, as in the lecture notes' loop.",
        ),
        Accepted(
            "turns_at_once",
            _rprop(store=lambda g, p, old: g),
            "after a change of sign the smaller step is taken at once, the other way: Rprop- in Igel and Hüsken 2003.",
        ),
        Accepted(
            "sign_stored",
            _rprop(stored=lambda kept, g, old: kept.sign()),
            "only the gradient's sign is stored, and no more is needed: the steps are the lesson's.",
        ),
    ],
    mistakes=[
        Mistake("climbs", _rprop(change=lambda old, step, g, kept: kept.sign() * step), shared.UPHILL, 0.25),
        Mistake(
            "gradient_for_its_sign",
            _rprop(change=lambda old, step, g, kept: -kept * step),
            "The step is multiplied by the gradient. Rprop uses its sign alone; the step holds the whole length.",
            0.25,
        ),
        Mistake(
            "up_and_down_exchanged",
            _rprop(lambda p, up, down: _factors(p, down, up)),
            "The step grows after a change of sign and shrinks without one. A change of sign means that a minimum"
            " was passed: shrink.",
            0.25,
        ),
        Mistake(
            "not_bounded",
            _rprop(bound=lambda step, low, high: step),
            "The step is not bounded. Without step_max it grows for ever on a slope, without step_min it dies.",
            0.25,
        ),
        Mistake(
            "not_bounded_below",
            _rprop(bound=lambda step, low, high: step.clamp(max=high)),
            "The step is bounded above only. After many changes of sign it becomes 0, and no factor revives it.",
            0.25,
        ),
        Mistake(
            "not_bounded_above",
            _rprop(bound=lambda step, low, high: step.clamp(min=low)),
            "The step is bounded below only. On a long slope it grows for ever.",
            0.25,
        ),
        Mistake(
            "moves_with_the_old_step",
            _rprop(change=lambda old, step, g, kept: -kept.sign() * old),
            "theta moves by the step as it came in. Adapt the step first, then move by the new one.",
            0.25,
        ),
        Mistake(
            "gradient_not_stored",
            _rprop(stored=lambda kept, g, old: old),
            "The gradient that came in is returned, so every sign is compared with the same old one. Store the new.",
            0.25,
        ),
        Mistake(
            "gradient_kept_after_a_change_of_sign",
            _rprop(stored=lambda kept, g, old: g),
            "After a change of sign the gradient is stored as it is. Store 0 there: the weight has not moved, and the"
            " step must not grow before it has.",
            0.25,
        ),
        Mistake(
            "old_gradient_kept_after_a_change_of_sign",
            _rprop(stored=lambda kept, g, old: torch.where(old * g < 0, old, g)),
            "After a change of sign the old gradient stays stored, so the next one changes its sign again and the"
            " step shrinks twice. Store 0 there.",
            0.25,
        ),
        Mistake(
            "grows_where_the_product_is_zero",
            _rprop(lambda p, up, down: torch.where(p >= 0, up, down).to(p.dtype)),
            "The step also grows where the product is 0: in the first step, and right after a change of sign.",
            0.25,
        ),
        Mistake(
            "shrinks_where_the_product_is_zero",
            _rprop(lambda p, up, down: torch.where(p > 0, up, down).to(p.dtype)),
            "The step also shrinks where the product is 0: in the first step, and again after a change of sign.",
            0.25,
        ),
        Mistake(
            "judged_together",
            _rprop(product=lambda old, g: (old * g).sum().sign().expand_as(g)),
            "One dot product decides for all weights. Each weight looks at its own two signs.",
        ),
        Mistake(
            "step_not_kept",
            _rprop(new_step=lambda old, new: old),
            "The steps that came in are returned, so nothing is learnt of them. Return the new ones.",
            0.25,
        ),
        Mistake(
            "never_grows",
            _rprop(lambda p, up, down: torch.where(p < 0, down, 1.0).to(p.dtype)),
            "The step only ever shrinks. Where the sign stays the same, multiply it by up.",
            0.25,
        ),
        Mistake(
            "never_shrinks",
            _rprop(lambda p, up, down: torch.where(p > 0, up, 1.0).to(p.dtype)),
            "The step only ever grows. Where the sign has changed, multiply it by down.",
            0.25,
        ),
        Mistake(
            "moves_by_the_factor",
            _rprop(
                change=lambda old, step, g, kept: -kept.sign() * (step / old),
            ),
            "theta moves by the factor, not by the step. The factor scales the step; the step moves theta.",
            0.25,
        ),
    ],
    equivalent={
        reasons.ONLY_THE_SHAPE: [
            "factor = torch.ones_like(theta)",
            "kept = torch.where(product < 0, torch.zeros_like(theta), grad)",
        ],
        "The accepted variant turns_at_once.": ["kept = torch.where(product < 0, grad, grad)"],
    },
)
