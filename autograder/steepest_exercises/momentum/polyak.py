"""Exercise `momentum_step` of `05_momentum`, and the cases that it shares with `nesterov_step`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import State, Step, entry_by_entry, normal
from steepest_exercises.momentum import reference

UPHILL = (
    "This climbs: theta moves along the gradient and has to move against it. Look at the signs of velocity and step "
    "together: with v = beta * v - lr * g the step is theta + v; with v = beta * v + lr * g it is theta - v."
)
SUBTRACTED = "The velocity points downhill, and theta moves the other way: that climbs. theta has to move along it."
VELOCITY_KEPT = "The velocity that came in is returned. Return the new one, or the next step forgets this one."
NO_RATE = (
    "The result does not depend on lr (a constant in its place looks the same): the rate scales the gradient's push."
)
RATE_TWICE = "The rate scales the gradient inside the velocity and then the velocity again. Once is enough."
EXCHANGED = (
    "beta and 1 - beta are exchanged. beta is the share of the old velocity that is kept; 1 - beta, if it is used at "
    "all, weighs the new gradient."
)


def stepper_cases(rng: np.random.Generator, gradient: Callable[..., Any]) -> Sequence[Case]:
    """Cases of a stepper; `gradient(shape, dtype)` makes what stands under "grad" in each step."""

    def case(
        name: str,
        theta: Tensor,
        velocity: Tensor,
        rates: Sequence[float],
        betas: Sequence[float],
        slack: float = 1.0,
    ) -> Case:
        steps = [
            {"grad": gradient(tuple(theta.shape), theta.dtype), "lr": lr, "beta": beta}
            for lr, beta in zip(rates, betas, strict=True)
        ]
        state = {"velocity": velocity.to(theta.dtype)}
        return Case(name, {"theta": theta, "state": state, "steps": steps}, "stepper", slack)

    return [
        case("from rest", normal(rng, 3), torch.zeros(3), [0.1] * 3, [0.9] * 3),
        case("already in motion", normal(rng, 3), normal(rng, 3), [0.1] * 2, [0.8] * 2),
        case(
            "the learning rate changes between steps",
            normal(rng, 4), normal(rng, 4), [0.2, 0.05, 0.3], [0.9] * 3,
        ),
        case(
            "beta changes between steps",
            normal(rng, 2), normal(rng, 2), [0.15] * 3, [0.3, 0.6, 0.95],
        ),
        case(
            "a non-contiguous matrix of parameters",
            normal(rng, 3, 2).T, normal(rng, 2, 3), [0.05] * 2, [0.7] * 2,
        ),
        case("float32", normal(rng, 5).float(), torch.zeros(5), [0.02] * 2, [0.99] * 2, 10),
        case("a single step", normal(rng, 3), normal(rng, 3), [0.25], [0.6]),
    ]  # fmt: skip


def _momentum_cases(rng: np.random.Generator) -> Sequence[Case]:
    return stepper_cases(rng, lambda shape, dtype: normal(rng, *shape).to(dtype))


def _step(rule: Callable[[Tensor, Tensor, Tensor, float, float], tuple[Tensor, Tensor]]) -> Step:
    """A stepper from `rule(theta, g, v, lr, beta) -> (theta, v)`."""

    def step(theta: Tensor, grad: Tensor, state: State, *, lr: float, beta: float) -> tuple[Tensor, State]:
        theta, velocity = rule(theta, grad, state["velocity"], lr, beta)
        return theta, {"velocity": velocity}

    return step


def _velocity(
    velocity: Callable[[Tensor, Tensor, float, float], Tensor],
    move: Callable[[Tensor, float], Tensor] = lambda v, lr: v,
) -> Step:
    """A stepper with v ← velocity(v, g, lr, beta) and θ ← θ + move(v, lr)."""

    def rule(theta: Tensor, g: Tensor, v: Tensor, lr: float, beta: float) -> tuple[Tensor, Tensor]:
        v = velocity(v, g, lr, beta)
        return theta + move(v, lr), v

    return _step(rule)


def _downhill(v: Tensor, g: Tensor, lr: float, beta: float) -> Tensor:
    return beta * v - lr * g


MOMENTUM_STEP = Exercise(
    id="momentum_step",
    reference=reference.momentum_step,
    cases=_momentum_cases,
    points=2,
    accepted=[
        Accepted("as_taught", _velocity(_downhill)),
        Accepted(
            "two_displacements",
            _step(lambda theta, g, v, lr, b: (theta + b * v - lr * g, b * v - lr * g)),
        ),
        Accepted("entry_by_entry", entry_by_entry(_velocity(_downhill))),
        Accepted(
            "velocity_is_the_displacement",
            _velocity(lambda v, g, lr, b: torch.add(torch.zeros_like(g), v, alpha=b).sub(lr * g)),
        ),
        Accepted(
            "torch_form",
            _velocity(lambda v, g, lr, b: b * v + g, lambda v, lr: -lr * v),
            "the rate stands outside the velocity, as in torch.optim.SGD. Where the rate changes, the past "
            "steps are scaled with the new rate.",
        ),
        Accepted(
            "torch_form_pointing_downhill",
            _velocity(lambda v, g, lr, b: b * v - g, lambda v, lr: lr * v),
            "the rate stands outside the velocity, as in torch.optim.SGD, and the velocity points downhill.",
        ),
        Accepted(
            "velocity_pointing_uphill",
            _velocity(lambda v, g, lr, b: b * v + lr * g, lambda v, lr: -v),
            "the velocity points uphill and is subtracted; the steps are the same as the lesson's.",
        ),
        Accepted(
            "averaged_form",
            _velocity(lambda v, g, lr, b: b * v + (1 - b) * g, lambda v, lr: -lr * v),
            "the velocity is a weighted average of the gradients. The steps are 1 - beta times as long as "
            "the lesson's, so the rate that suits is 1/(1 - beta) times as large.",
        ),
        Accepted(
            "averaged_form_pointing_downhill",
            _velocity(lambda v, g, lr, b: b * v - (1 - b) * g, lambda v, lr: lr * v),
            "the velocity is a weighted average of the downhill directions. The rate that suits is 1/(1 - "
            "beta) times as large as the lesson's.",
        ),
        Accepted(
            "averaged_steps",
            _velocity(lambda v, g, lr, b: b * v - (1 - b) * lr * g),
            "the velocity is a weighted average of plain gradient steps. The rate that suits is 1/(1 - "
            "beta) times as large as the lesson's.",
        ),
        Accepted(
            "averaged_steps_pointing_uphill",
            _velocity(lambda v, g, lr, b: b * v + (1 - b) * lr * g, lambda v, lr: -v),
            "the velocity is a weighted average of steps, pointing uphill and subtracted. The rate that "
            "suits is 1/(1 - beta) times as large as the lesson's.",
        ),
    ],
    mistakes=[
        Mistake(
            "velocity_forgets_its_past",
            _velocity(lambda v, g, lr, b: -lr * g),
            "Each step starts from rest: this is plain gradient descent. Multiply the old velocity by beta "
            "and add it to the new one.",
            forms=[_velocity(lambda v, g, lr, b: g, lambda v, lr: -lr * v)],
        ),
        Mistake(
            "velocity_never_fades",
            _velocity(lambda v, g, lr, b: v - lr * g),
            "The old velocity is kept whole, as by a ball without friction. Multiply it by beta.",
            0.25,
            forms=[
                _velocity(lambda v, g, lr, b: v + g, lambda v, lr: -lr * v),
                _velocity(lambda v, g, lr, b: v + (1 - b) * g, lambda v, lr: -lr * v),
            ],
        ),
        Mistake(
            "climbs",
            _velocity(lambda v, g, lr, b: b * v + lr * g),
            UPHILL,
            0.25,
            forms=[_velocity(lambda v, g, lr, b: b * v + (1 - b) * lr * g)],
        ),
        Mistake(
            "velocity_subtracted",
            _velocity(_downhill, lambda v, lr: -v),
            SUBTRACTED,
            0.25,
            forms=[_velocity(lambda v, g, lr, b: b * v - (1 - b) * lr * g, lambda v, lr: -v)],
        ),
        Mistake(
            "climbs_in_torch_form",
            _velocity(lambda v, g, lr, b: b * v + g, lambda v, lr: lr * v),
            "theta moves uphill, along the gradients that the velocity adds up. It has to move against them: look at "
            "the sign in the velocity and at the sign of the step together.",
            0.25,
            forms=[_velocity(lambda v, g, lr, b: b * v + (1 - b) * g, lambda v, lr: lr * v)],
        ),
        Mistake(
            "moves_with_the_old_velocity",
            _step(lambda theta, g, v, lr, b: (theta + v, _downhill(v, g, lr, b))),
            "theta moves by the velocity of the step before, so the new gradient acts one step late. Update"
            " the velocity first, then move by the new one.",
            0.25,
            forms=[
                _step(lambda theta, g, v, lr, b: (theta - v, b * v + lr * g)),
                _step(lambda theta, g, v, lr, b: (theta - lr * v, b * v + g)),
                _step(lambda theta, g, v, lr, b: (theta - lr * v, b * v + (1 - b) * g)),
            ],
        ),
        Mistake(
            "state_not_updated",
            _step(lambda theta, g, v, lr, b: (theta + _downhill(v, g, lr, b), v)),
            VELOCITY_KEPT,
            0.25,
            forms=[
                _step(lambda theta, g, v, lr, b: (theta - lr * (b * v + g), v)),
                _step(lambda theta, g, v, lr, b: (theta - lr * (b * v + (1 - b) * g), v)),
            ],
        ),
        Mistake(
            "rate_forgotten",
            _velocity(lambda v, g, lr, b: b * v - g),
            NO_RATE,
            0.25,
            forms=[
                _velocity(lambda v, g, lr, b: b * v + g, lambda v, lr: -v),
                _velocity(lambda v, g, lr, b: b * v + (1 - b) * g, lambda v, lr: -v),
                _velocity(lambda v, g, lr, b: b * v - (1 - b) * g),
            ],
        ),
        Mistake(
            "rate_applied_twice",
            _velocity(_downhill, lambda v, lr: lr * v),
            RATE_TWICE,
            0.25,
            forms=[_velocity(lambda v, g, lr, b: b * v - (1 - b) * lr * g, lambda v, lr: lr * v)],
        ),
        Mistake(
            "two_forms_mixed",
            _velocity(_downhill, lambda v, lr: -lr * v),
            "The velocity is the one taught here, which holds rate and sign already, and the step is torch's, which "
            "brings both again. With v = beta * v - lr * g the step is theta + v.",
            0.25,
        ),
        Mistake(
            "rate_applied_twice_pointing_uphill",
            _velocity(lambda v, g, lr, b: b * v + lr * g, lambda v, lr: -lr * v),
            RATE_TWICE,
            0.25,
        ),
        Mistake(
            "rate_scales_the_past",
            _velocity(lambda v, g, lr, b: lr * (b * v - g)),
            "The rate scales the old velocity too, so the past fades by lr * beta a step and not by beta. "
            "Put it on the gradient alone.",
            0.25,
            forms=[_velocity(lambda v, g, lr, b: lr * (b * v + g), lambda v, lr: -v)],
        ),
        Mistake(
            "beta_scales_the_gradient_too",
            _velocity(lambda v, g, lr, b: b * (v - lr * g)),
            "beta scales the new gradient as well as the old velocity. Only the past fades.",
            0.25,
            forms=[
                _velocity(lambda v, g, lr, b: b * (v + g), lambda v, lr: -lr * v),
                _velocity(lambda v, g, lr, b: b * (v + lr * g), lambda v, lr: -v),
            ],
        ),
        Mistake(
            "beta_on_the_gradient_alone",
            _velocity(lambda v, g, lr, b: v - b * lr * g),
            "beta stands at the gradient, and the old velocity is kept whole. beta is the share of the *velocity* that "
            "is kept: beta * v - lr * g.",
            0.25,
            forms=[_velocity(lambda v, g, lr, b: v + b * g, lambda v, lr: -lr * v)],
        ),
        Mistake(
            "rate_and_beta_exchanged",
            _velocity(lambda v, g, lr, b: lr * v - b * g),
            "lr and beta have changed places: beta belongs to the old velocity, lr to the gradient.",
            0.25,
            forms=[_velocity(lambda v, g, lr, b: lr * v + b * g, lambda v, lr: -v)],
        ),
        Mistake(
            "past_turned_round",
            _velocity(lambda v, g, lr, b: -b * v - lr * g),
            "The old velocity enters with a minus sign, so every step undoes a part of the one before. It is kept: "
            "+ beta * v.",
            0.25,
        ),
        Mistake(
            "past_divided_by_beta",
            _velocity(lambda v, g, lr, b: v / b - lr * g),
            "The old velocity is divided by beta and so grows at every step. Multiply it by beta.",
            0.25,
        ),
        Mistake(
            "beta_and_one_minus_beta_exchanged",
            _velocity(lambda v, g, lr, b: (1 - b) * v - b * lr * g),
            EXCHANGED,
        ),
        Mistake(
            "beta_and_one_minus_beta_exchanged_in_the_average",
            _velocity(lambda v, g, lr, b: (1 - b) * v + b * g, lambda v, lr: -lr * v),
            EXCHANGED,
        ),
        Mistake(
            "beta_taken_as_friction",
            _velocity(lambda v, g, lr, b: (1 - b) * v - lr * g),
            "The old velocity keeps the share 1 - beta. In this lesson beta is the share that is kept; at "
            "beta = 0.9 nine tenths remain.",
            0.25,
            forms=[_velocity(lambda v, g, lr, b: (1 - b) * v + g, lambda v, lr: -lr * v)],
        ),
        Mistake(
            "gradient_applied_twice",
            _step(lambda theta, g, v, lr, b: (theta + _downhill(v, g, lr, b) - lr * g, _downhill(v, g, lr, b))),
            "theta moves by the velocity and by a gradient step on top, but the gradient is already in the velocity.",
            0.25,
            forms=[_step(lambda theta, g, v, lr, b: (theta - lr * (b * v + g) - lr * g, b * v + g))],
        ),
        Mistake(
            "moves_by_the_gradient_alone",
            _step(lambda theta, g, v, lr, b: (theta - lr * g, _downhill(v, g, lr, b))),
            "The new velocity is worked out and stored, but theta moves by -lr * g, as in plain descent. Move by the "
            "velocity.",
            0.25,
            forms=[
                _step(lambda theta, g, v, lr, b: (theta - lr * g, b * v + g)),
                _step(lambda theta, g, v, lr, b: (theta - lr * g, b * v + (1 - b) * g)),
            ],
        ),
        Mistake(
            "moves_by_beta_times_the_velocity",
            _step(lambda theta, g, v, lr, b: (theta + b * _downhill(v, g, lr, b), _downhill(v, g, lr, b))),
            "theta moves by beta times the new velocity. beta has done its work inside the velocity; move by all of "
            "it.",
            0.25,
            forms=[_step(lambda theta, g, v, lr, b: (theta - lr * b * (b * v + g), b * v + g))],
        ),
        Mistake(
            "one_minus_beta_at_the_step",
            _step(lambda theta, g, v, lr, b: (theta + (1 - b) * _downhill(v, g, lr, b), _downhill(v, g, lr, b))),
            "1 - beta scales the whole step. In the averaged form it weighs the new gradient inside the velocity, and "
            "the other forms do without it.",
            0.25,
            forms=[_step(lambda theta, g, v, lr, b: (theta - lr * (1 - b) * (b * v + g), b * v + g))],
        ),
        Mistake(
            "point_replaced_by_the_velocity",
            _step(lambda theta, g, v, lr, b: (_downhill(v, g, lr, b), _downhill(v, g, lr, b))),
            "The velocity is returned as the new point. It is a displacement: add it to theta.",
            0.25,
        ),
        Mistake(
            "point_returned_as_it_came",
            _step(lambda theta, g, v, lr, b: (theta, _downhill(v, g, lr, b))),
            "The new velocity is right, but theta comes back as it was given. Return the point to which the velocity "
            "moves it: with v = beta * v - lr * g that is theta + v.",
            0.25,
            forms=[
                _step(lambda theta, g, v, lr, b: (theta, b * v + g)),
                _step(lambda theta, g, v, lr, b: (theta, b * v + (1 - b) * g)),
            ],
        ),
        Mistake(
            "stored_velocity_of_the_other_sign",
            _step(lambda theta, g, v, lr, b: (theta + _downhill(v, g, lr, b), -_downhill(v, g, lr, b))),
            "The velocity that is stored points the other way than the step that was taken, so each step turns the "
            "past round: look at the signs in both lines. With v = beta * v - lr * g the step is theta + v.",
            0.25,
            forms=[_velocity(lambda v, g, lr, b: g - b * v, lambda v, lr: -lr * v)],
        ),
        Mistake(
            "gradient_stored",
            _step(lambda theta, g, v, lr, b: (theta + _downhill(v, g, lr, b), g)),
            "The gradient alone is stored as the velocity, as it is or times the rate, so only the last one is "
            "remembered. Store the new velocity.",
            0.25,
            forms=[
                _step(lambda theta, g, v, lr, b: (theta + _downhill(v, g, lr, b), lr * g)),
                _step(lambda theta, g, v, lr, b: (theta + _downhill(v, g, lr, b), -lr * g)),
                _step(lambda theta, g, v, lr, b: (theta - lr * (b * v + g), g)),
            ],
        ),
        Mistake(
            "faded_velocity_stored",
            _step(lambda theta, g, v, lr, b: (theta + _downhill(v, g, lr, b), b * v)),
            "beta * v is stored, without the gradient: the memory fades and nothing new comes in. Store all of the "
            "new velocity, the gradient's part as well.",
            0.25,
            forms=[_step(lambda theta, g, v, lr, b: (theta - lr * (b * v + g), b * v))],
        ),
        Mistake(
            "gradient_of_length_one",
            _velocity(lambda v, g, lr, b: b * v - lr * g / g.norm()),
            "The size of the gradient is lost, as where it is divided by its length or only its signs are kept. A "
            "steep slope pushes harder than a gentle one: use the gradient as it is.",
            0.25,
            forms=[_velocity(lambda v, g, lr, b: b * v - lr * g.sign())],
        ),
        Mistake(
            "nesterov_correction",
            _step(
                lambda theta, g, v, lr, b: (
                    theta + b * _downhill(v, g, lr, b) - lr * g,
                    _downhill(v, g, lr, b),
                )
            ),
            "This is a step of Nesterov's method, in the form that torch.optim.SGD takes with nesterov=True. Plain "
            "momentum moves by the velocity alone.",
            0.25,
            forms=[_step(lambda theta, g, v, lr, b: (theta - lr * (g + b * (b * v + g)), b * v + g))],
        ),
    ],
)
