"""Exercise `nesterov_step` of `05_momentum`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest._checks.wire import Named
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import State, Step, normal
from steepest_exercises.momentum import reference
from steepest_exercises.momentum.polyak import NO_RATE, SUBTRACTED, UPHILL, VELOCITY_KEPT, stepper_cases

Gradient = Callable[[Tensor], Tensor]


def _nesterov_cases(rng: np.random.Generator) -> Sequence[Case]:
    def gradient(shape: tuple[int, ...], dtype: torch.dtype) -> Named:
        root = normal(rng, shape[0], shape[0])
        hessian = root @ root.T / shape[0] + torch.eye(shape[0], dtype=root.dtype)
        center = normal(rng, *shape)
        return Named("quadratic_gradient", {"matrix": hessian.to(dtype), "center": center.to(dtype)})

    return stepper_cases(rng, gradient)


def _look(rule: Callable[[Tensor, Gradient, Tensor, float, float], tuple[Tensor, Tensor]]) -> Step:
    """A stepper from `rule(theta, f, v, lr, beta) -> (theta, v)`, where f is the gradient function."""

    def step(theta: Tensor, grad_fn: Gradient, state: State, *, lr: float, beta: float) -> tuple[Tensor, State]:
        theta, velocity = rule(theta, grad_fn, state["velocity"], lr, beta)
        return theta, {"velocity": velocity}

    return step


def _ahead(
    velocity: Callable[[Tensor, Gradient, Tensor, float, float], Tensor],
    move: Callable[[Tensor, float], Tensor] = lambda v, lr: v,
) -> Step:
    """A stepper with v ← velocity(theta, f, v, lr, beta) and θ ← θ + move(v, lr)."""

    def rule(theta: Tensor, f: Gradient, v: Tensor, lr: float, beta: float) -> tuple[Tensor, Tensor]:
        v = velocity(theta, f, v, lr, beta)
        return theta + move(v, lr), v

    return _look(rule)


def _sound(theta: Tensor, f: Gradient, v: Tensor, lr: float, beta: float) -> Tensor:
    return beta * v - lr * f(theta + beta * v)


def _between_points(theta: Tensor, f: Gradient, v: Tensor, lr: float, beta: float) -> tuple[Tensor, Tensor]:
    ahead = theta + beta * v
    new = ahead - lr * f(ahead)
    return new, new - theta


def _gradient_first(theta: Tensor, f: Gradient, v: Tensor, lr: float, beta: float) -> tuple[Tensor, Tensor]:
    step = torch.mul(f(torch.add(theta, v, alpha=beta)), -lr)
    return theta.lerp(theta + v, beta) + step, v.mul(beta).add(step)


def _at_the_lookahead(theta: Tensor, f: Gradient, v: Tensor, lr: float, beta: float) -> tuple[Tensor, Tensor]:
    step = -lr * f(theta)
    v = beta * v + step
    return theta + beta * v + step, v


def _torch_nesterov(theta: Tensor, f: Gradient, v: Tensor, lr: float, beta: float) -> tuple[Tensor, Tensor]:
    g = f(theta)
    v = beta * v + g
    return theta - lr * (g + beta * v), v


def _looks_ahead_twice(theta: Tensor, f: Gradient, v: Tensor, lr: float, beta: float) -> tuple[Tensor, Tensor]:
    step = -lr * f(theta + beta * v)
    v = beta * v + step
    return theta + beta * v + step, v


def _ahead_after_the_step(theta: Tensor, f: Gradient, v: Tensor, lr: float, beta: float) -> Tensor:
    first = beta * v - lr * f(theta)
    return beta * v - lr * f(theta + first)


def _ahead_by_the_new_velocity(theta: Tensor, f: Gradient, v: Tensor, lr: float, beta: float) -> Tensor:
    first = beta * v - lr * f(theta)
    return beta * v - lr * f(theta + beta * first)


NESTEROV_STEP = Exercise(
    id="nesterov_step",
    reference=reference.nesterov_step,
    cases=_nesterov_cases,
    points=3,
    accepted=[
        Accepted("velocity_first", _ahead(_sound)),
        Accepted("difference_of_points", _look(_between_points)),
        Accepted("gradient_step_first", _look(_gradient_first)),
        Accepted(
            "velocity_pointing_uphill",
            _ahead(lambda theta, f, v, lr, b: b * v + lr * f(theta - b * v), lambda v, lr: -v),
            "the velocity points uphill and is subtracted, at the look-ahead point too; the steps are the lesson's.",
        ),
        Accepted(
            "rate_outside_the_velocity",
            _ahead(lambda theta, f, v, lr, b: b * v + f(theta - lr * b * v), lambda v, lr: -lr * v),
            "the rate stands outside the velocity, at the look-ahead point too.",
        ),
        Accepted(
            "rate_outside_pointing_downhill",
            _ahead(lambda theta, f, v, lr, b: b * v - f(theta + lr * b * v), lambda v, lr: lr * v),
            "the rate stands outside the velocity, at the look-ahead point too, and the velocity points downhill.",
        ),
        Accepted(
            "averaged_form",
            _ahead(lambda theta, f, v, lr, b: b * v + (1 - b) * f(theta - lr * b * v), lambda v, lr: -lr * v),
            "the velocity is a weighted average of gradients. The rate that suits is 1/(1 - beta) times as "
            "large as the lesson's.",
        ),
        Accepted(
            "averaged_steps",
            _ahead(lambda theta, f, v, lr, b: b * v - (1 - b) * lr * f(theta + b * v)),
            "the velocity is a weighted average of steps. The rate that suits is 1/(1 - beta) times as "
            "large as the lesson's.",
        ),
        Accepted(
            "theta_is_the_lookahead_point",
            _look(_at_the_lookahead),
            "theta stands for the look-ahead point itself, as in Keras: the gradient is taken where theta "
            "is, and the same path is seen one look ahead.",
        ),
        Accepted(
            "torch_form",
            _look(_torch_nesterov),
            "theta stands for the look-ahead point and the rate outside the velocity, as in torch.optim.SGD"
            " with nesterov=True.",
        ),
    ],
    mistakes=[
        Mistake(
            "gradient_at_theta",
            _ahead(lambda theta, f, v, lr, b: b * v - lr * f(theta)),
            "The gradient is taken where theta is: this is plain momentum. Take it where the old velocity "
            "is about to carry theta, at theta + beta * v.",
            0.25,
        ),
        Mistake(
            "looks_back",
            _ahead(lambda theta, f, v, lr, b: b * v - lr * f(theta - b * v)),
            "The gradient is taken behind theta. With a velocity that points downhill the look-ahead point "
            "is theta + beta * v.",
            0.25,
        ),
        Mistake(
            "lookahead_without_beta",
            _ahead(lambda theta, f, v, lr, b: b * v - lr * f(theta + v)),
            "The look goes as far as the whole old velocity, but only beta times it will be kept. Look at "
            "theta + beta * v.",
            0.5,
        ),
        Mistake(
            "moves_from_the_lookahead_point",
            _look(
                lambda theta, f, v, lr, b: (
                    theta + b * v + _sound(theta, f, v, lr, b),
                    _sound(theta, f, v, lr, b),
                )
            ),
            "theta + beta * v is only where the gradient is taken. The new velocity already holds beta * v,"
            " so this adds it twice; move from theta.",
            0.25,
        ),
        Mistake(
            "looks_ahead_twice",
            _look(_looks_ahead_twice),
            "Two forms are mixed: the gradient is taken at theta + beta * v, and theta is then moved to the"
            " next look-ahead point as well. Move by the velocity alone.",
            0.25,
        ),
        Mistake(
            "lookahead_after_a_whole_step",
            _ahead(_ahead_after_the_step),
            "The gradient is taken after a whole step of momentum, which costs a second gradient. Look "
            "ahead by beta * v, which is known before any gradient.",
            0.25,
        ),
        Mistake(
            "lookahead_with_the_new_velocity",
            _ahead(_ahead_by_the_new_velocity),
            "The look uses a velocity that has already been updated. Look ahead with the old one, theta + "
            "beta * v, then update it once.",
            0.25,
        ),
        Mistake(
            "rate_in_the_lookahead",
            _ahead(lambda theta, f, v, lr, b: b * v - lr * f(theta + lr * b * v)),
            "The look-ahead is scaled by lr, but this velocity already holds the rate: it is a displacement.",
            0.5,
        ),
        Mistake(
            "lookahead_without_the_rate",
            _ahead(lambda theta, f, v, lr, b: b * v + f(theta - b * v), lambda v, lr: -lr * v),
            "Here the rate stands outside the velocity, so the move to come is lr * beta * v; the "
            "look-ahead point needs the rate as well.",
            0.5,
        ),
        Mistake(
            "velocity_forgets_its_past",
            _ahead(lambda theta, f, v, lr, b: -lr * f(theta + b * v)),
            "The old velocity is used to look ahead and then dropped. The new one is beta * v minus lr "
            "times the gradient.",
        ),
        Mistake(
            "velocity_never_fades",
            _ahead(lambda theta, f, v, lr, b: v - lr * f(theta + b * v)),
            "The old velocity is kept whole. Multiply it by beta, in the velocity as in the look-ahead.",
            0.25,
        ),
        Mistake("climbs", _ahead(lambda theta, f, v, lr, b: b * v + lr * f(theta + b * v)), UPHILL, 0.25),
        Mistake(
            "velocity_subtracted",
            _ahead(_sound, lambda v, lr: -v),
            SUBTRACTED,
            0.25,
        ),
        Mistake(
            "lookahead_of_the_other_sign",
            _ahead(lambda theta, f, v, lr, b: b * v + lr * f(theta + b * v), lambda v, lr: -v),
            "This velocity points uphill and is subtracted, so the look-ahead point is theta - beta * v.",
            0.25,
        ),
        Mistake(
            "rate_forgotten",
            _ahead(lambda theta, f, v, lr, b: b * v - f(theta + b * v)),
            NO_RATE,
            0.25,
        ),
        Mistake(
            "moves_with_the_old_velocity",
            _look(lambda theta, f, v, lr, b: (theta + v, _sound(theta, f, v, lr, b))),
            "theta moves by the velocity of the step before. Update the velocity first, then move by the new one.",
            0.25,
        ),
        Mistake(
            "state_not_updated",
            _look(lambda theta, f, v, lr, b: (theta + _sound(theta, f, v, lr, b), v)),
            VELOCITY_KEPT,
            0.25,
        ),
    ],
)
