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
from steepest_exercises.momentum.polyak import NO_RATE, RATE_TWICE, SUBTRACTED, UPHILL, VELOCITY_KEPT, stepper_cases

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


def _kept(
    push: Callable[[Tensor, float, float], Tensor], rate: Callable[[float], float]
) -> Callable[[Tensor, Gradient, Tensor, float, float], tuple[Tensor, Tensor]]:
    """The look-ahead point in the place of theta: v ← βv + push(g, lr, β), and theta moves by rate(lr) (βv + push)."""

    def rule(theta: Tensor, f: Gradient, v: Tensor, lr: float, beta: float) -> tuple[Tensor, Tensor]:
        pushed = push(f(theta), lr, beta)
        v = beta * v + pushed
        return theta + rate(lr) * (beta * v + pushed), v

    return rule


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


def _updated_twice(theta: Tensor, f: Gradient, v: Tensor, lr: float, beta: float) -> Tensor:
    v = beta * v - lr * f(theta)
    return beta * v - lr * f(theta + beta * v)


def _updated_twice_beside_theta(theta: Tensor, f: Gradient, v: Tensor, lr: float, beta: float) -> Tensor:
    v = beta * v - lr * f(theta)
    return beta * v - lr * f(theta + v)


def _moved_then_looked(theta: Tensor, f: Gradient, v: Tensor, lr: float, beta: float) -> tuple[Tensor, Tensor]:
    v = beta * v - lr * f(theta)
    return theta + v - lr * f(theta + v), v


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
        Accepted(
            "averaged_form_pointing_downhill",
            _ahead(lambda theta, f, v, lr, b: b * v - (1 - b) * f(theta + lr * b * v), lambda v, lr: lr * v),
            "the velocity is a weighted average of the downhill directions. The rate that suits is 1/(1 - beta) times "
            "as large as the lesson's.",
        ),
        Accepted(
            "averaged_steps_pointing_uphill",
            _ahead(lambda theta, f, v, lr, b: b * v + (1 - b) * lr * f(theta - b * v), lambda v, lr: -v),
            "the velocity is a weighted average of steps, pointing uphill and subtracted. The rate that suits is "
            "1/(1 - beta) times as large as the lesson's.",
        ),
        Accepted(
            "lookahead_point_kept_pointing_uphill",
            _look(_kept(lambda g, lr, b: lr * g, lambda lr: -1.0)),
            "theta stands for the look-ahead point itself, as in Keras, and the velocity points uphill.",
        ),
        Accepted(
            "torch_form_pointing_downhill",
            _look(_kept(lambda g, lr, b: -g, lambda lr: lr)),
            "theta stands for the look-ahead point and the rate outside the velocity, as in torch.optim.SGD with "
            "nesterov=True, and the velocity points downhill.",
        ),
        Accepted(
            "averaged_form_at_the_lookahead",
            _look(_kept(lambda g, lr, b: (1 - b) * g, lambda lr: -lr)),
            "theta stands for the look-ahead point, and the velocity is a weighted average of gradients. The rate that "
            "suits is 1/(1 - beta) times as large as the lesson's.",
        ),
        Accepted(
            "averaged_form_at_the_lookahead_pointing_downhill",
            _look(_kept(lambda g, lr, b: -(1 - b) * g, lambda lr: lr)),
            "theta stands for the look-ahead point, and the velocity is a weighted average of the downhill directions. "
            "The rate that suits is 1/(1 - beta) times as large as the lesson's.",
        ),
        Accepted(
            "averaged_steps_at_the_lookahead",
            _look(_kept(lambda g, lr, b: -(1 - b) * lr * g, lambda lr: 1.0)),
            "theta stands for the look-ahead point, and the velocity is a weighted average of steps. The rate that "
            "suits is 1/(1 - beta) times as large as the lesson's.",
        ),
        Accepted(
            "averaged_steps_at_the_lookahead_pointing_uphill",
            _look(_kept(lambda g, lr, b: (1 - b) * lr * g, lambda lr: -1.0)),
            "theta stands for the look-ahead point, and the velocity is a weighted average of steps, pointing uphill. "
            "The rate that suits is 1/(1 - beta) times as large as the lesson's.",
        ),
    ],
    mistakes=[
        Mistake(
            "gradient_at_theta",
            _ahead(lambda theta, f, v, lr, b: b * v - lr * f(theta)),
            "The gradient is taken where theta is: this is plain momentum. Take it where the old velocity is about to "
            "carry theta; with v = beta * v - lr * g that is theta + beta * v.",
            0.25,
            forms=[
                _ahead(lambda theta, f, v, lr, b: b * v + f(theta), lambda v, lr: -lr * v),
                _ahead(lambda theta, f, v, lr, b: b * v + lr * f(theta), lambda v, lr: -v),
                _ahead(lambda theta, f, v, lr, b: b * v + (1 - b) * f(theta), lambda v, lr: -lr * v),
            ],
        ),
        Mistake(
            "looks_back",
            _ahead(lambda theta, f, v, lr, b: b * v - lr * f(theta - b * v)),
            "The gradient is taken behind theta. With a velocity that points downhill the look-ahead point "
            "is theta + beta * v.",
            0.25,
        ),
        Mistake(
            "lookahead_of_the_other_sign",
            _ahead(lambda theta, f, v, lr, b: b * v + lr * f(theta + b * v), lambda v, lr: -v),
            "This velocity points uphill and is subtracted, so the move to come is -beta * v, times lr where the rate "
            "stands outside: the look-ahead point needs the minus sign too.",
            0.25,
            forms=[
                _ahead(lambda theta, f, v, lr, b: b * v + f(theta + lr * b * v), lambda v, lr: -lr * v),
                _ahead(lambda theta, f, v, lr, b: b * v + (1 - b) * f(theta + lr * b * v), lambda v, lr: -lr * v),
            ],
        ),
        Mistake(
            "lookahead_without_beta",
            _ahead(lambda theta, f, v, lr, b: b * v - lr * f(theta + v)),
            "The look goes as far as the whole old velocity, but only beta times it will be kept. Put beta in the "
            "look-ahead point as well.",
            0.5,
            forms=[
                _ahead(lambda theta, f, v, lr, b: b * v + f(theta - lr * v), lambda v, lr: -lr * v),
                _ahead(lambda theta, f, v, lr, b: b * v + lr * f(theta - v), lambda v, lr: -v),
            ],
        ),
        Mistake(
            "lookahead_with_one_minus_beta",
            _ahead(lambda theta, f, v, lr, b: b * v - lr * f(theta + (1 - b) * v)),
            "The look goes 1 - beta times the velocity ahead. The share that is kept, and so will carry theta, is "
            "beta: look at theta + beta * v.",
            0.25,
        ),
        Mistake(
            "lookahead_without_theta",
            _ahead(lambda theta, f, v, lr, b: b * v - lr * f(b * v)),
            "The gradient is taken at the velocity, or at beta times it, which is a displacement and no point. Take "
            "it at theta + beta * v.",
            0.25,
            forms=[_ahead(lambda theta, f, v, lr, b: b * v - lr * f(v))],
        ),
        Mistake(
            "point_scaled_with_the_velocity",
            _ahead(lambda theta, f, v, lr, b: b * v - lr * f(b * (theta + v))),
            "beta multiplies theta in the look-ahead point. Only the velocity fades: theta + beta * v.",
            0.25,
            forms=[_ahead(lambda theta, f, v, lr, b: b * v - lr * f(b * theta + v))],
        ),
        Mistake(
            "lookahead_by_a_gradient_step",
            _ahead(lambda theta, f, v, lr, b: b * v - lr * f(theta - lr * f(theta))),
            "The look goes along the gradient, which costs a second one. Look ahead by beta * v, which is known before "
            "any gradient.",
            0.25,
        ),
        Mistake(
            "moves_from_the_lookahead_point",
            _look(
                lambda theta, f, v, lr, b: (
                    theta + b * v + _sound(theta, f, v, lr, b),
                    _sound(theta, f, v, lr, b),
                )
            ),
            "theta + beta * v is only where the gradient is taken. The new velocity already holds beta * v, so this "
            "adds it twice; move from theta itself.",
            0.25,
        ),
        Mistake(
            "looks_ahead_twice",
            _look(_looks_ahead_twice),
            "Two forms are mixed: the gradient is taken at theta + beta * v, and theta is then moved to the"
            " next look-ahead point as well. Move by the velocity alone.",
            0.25,
            forms=[
                _look(
                    lambda theta, f, v, lr, b: (
                        theta + (1 + b) * _sound(theta, f, v, lr, b),
                        _sound(theta, f, v, lr, b),
                    )
                ),
            ],
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
            "velocity_updated_twice",
            _ahead(_updated_twice),
            "The velocity is updated with the gradient at theta and then once more with the one ahead. One update a "
            "step: beta * v - lr * grad_fn(theta + beta * v), with the old v in both places.",
            0.25,
            forms=[_ahead(_updated_twice_beside_theta)],
        ),
        Mistake(
            "gradient_ahead_of_the_new_velocity",
            _look(_moved_then_looked),
            "The new velocity holds the gradient at theta, and a second gradient is taken after the move. Take one "
            "gradient, at theta + beta * v, before the velocity is updated.",
            0.25,
        ),
        Mistake(
            "two_gradients_averaged",
            _ahead(lambda theta, f, v, lr, b: b * v - lr * (f(theta) + f(theta + b * v)) / 2),
            "The gradients at theta and at the look-ahead point are both in the step, averaged or added. Only the one "
            "ahead is used.",
            0.25,
            forms=[_ahead(lambda theta, f, v, lr, b: b * v - lr * (f(theta) + f(theta + b * v)))],
        ),
        Mistake(
            "rate_in_the_lookahead",
            _ahead(lambda theta, f, v, lr, b: b * v - lr * f(theta + lr * b * v)),
            "The look-ahead is scaled by lr, but this velocity already holds the rate: it is a displacement.",
            0.5,
            forms=[
                _ahead(lambda theta, f, v, lr, b: b * v + lr * f(theta - lr * b * v), lambda v, lr: -v),
                _ahead(lambda theta, f, v, lr, b: b * v - lr * f(theta - lr * b * v)),
            ],
        ),
        Mistake(
            "lookahead_without_the_rate",
            _ahead(lambda theta, f, v, lr, b: b * v + f(theta - b * v), lambda v, lr: -lr * v),
            "Here the rate stands outside the velocity, so the move to come is lr * beta * v with the sign of the "
            "step: the look-ahead point needs the rate as well, and the same sign.",
            0.5,
            forms=[
                _ahead(lambda theta, f, v, lr, b: b * v + f(theta + b * v), lambda v, lr: -lr * v),
                _ahead(lambda theta, f, v, lr, b: b * v + (1 - b) * f(theta - b * v), lambda v, lr: -lr * v),
                _ahead(lambda theta, f, v, lr, b: b * v + (1 - b) * f(theta + b * v), lambda v, lr: -lr * v),
                _ahead(lambda theta, f, v, lr, b: b * v - f(theta + b * v), lambda v, lr: lr * v),
            ],
        ),
        Mistake(
            "velocity_forgets_its_past",
            _ahead(lambda theta, f, v, lr, b: -lr * f(theta + b * v)),
            "The old velocity is used to look ahead and then dropped. The new one is beta * v minus lr "
            "times the gradient.",
        ),
        Mistake(
            "plain_descent",
            _ahead(lambda theta, f, v, lr, b: -lr * f(theta)),
            "The old velocity has no part in the result: this is plain gradient descent. It enters twice, in the "
            "look-ahead point and in the new velocity.",
            forms=[_ahead(lambda theta, f, v, lr, b: f(theta), lambda v, lr: -lr * v)],
        ),
        Mistake(
            "velocity_never_fades",
            _ahead(lambda theta, f, v, lr, b: v - lr * f(theta + b * v)),
            "The old velocity is kept whole. Multiply it by beta, in the velocity as in the look-ahead.",
            0.25,
            forms=[
                _ahead(lambda theta, f, v, lr, b: v - lr * f(theta + v)),
                _ahead(lambda theta, f, v, lr, b: v + f(theta - lr * b * v), lambda v, lr: -lr * v),
            ],
        ),
        Mistake(
            "beta_taken_as_friction",
            _ahead(lambda theta, f, v, lr, b: (1 - b) * v - lr * f(theta + (1 - b) * v)),
            "The old velocity keeps the share 1 - beta. beta itself is the share that is kept.",
            0.25,
            forms=[_ahead(lambda theta, f, v, lr, b: (1 - b) * v - lr * f(theta + b * v))],
        ),
        Mistake(
            "beta_scales_the_gradient_too",
            _ahead(lambda theta, f, v, lr, b: b * (v - lr * f(theta + b * v))),
            "beta scales the new gradient as well as the old velocity. Only the past fades.",
            0.25,
        ),
        Mistake(
            "past_turned_round",
            _ahead(lambda theta, f, v, lr, b: -b * v - lr * f(theta + b * v)),
            "The old velocity enters with a minus sign, so every step undoes a part of the one before: + beta * v.",
            0.25,
        ),
        Mistake(
            "climbs",
            _ahead(lambda theta, f, v, lr, b: b * v + lr * f(theta + b * v)),
            UPHILL,
            0.25,
            forms=[_ahead(lambda theta, f, v, lr, b: b * v + lr * f(theta - b * v))],
        ),
        Mistake(
            "climbs_in_torch_form",
            _ahead(lambda theta, f, v, lr, b: b * v + f(theta - lr * b * v), lambda v, lr: lr * v),
            "theta moves uphill, along the gradients that the velocity adds up. It has to move against them: look at "
            "the sign in the velocity and at the sign of the step together.",
            0.25,
            forms=[
                _ahead(lambda theta, f, v, lr, b: b * v + f(theta + lr * b * v), lambda v, lr: lr * v),
                _look(_kept(lambda g, lr, b: g, lambda lr: lr)),
                _look(_kept(lambda g, lr, b: lr * g, lambda lr: 1.0)),
            ],
        ),
        Mistake(
            "velocity_subtracted",
            _ahead(_sound, lambda v, lr: -v),
            SUBTRACTED,
            0.25,
        ),
        Mistake(
            "rate_forgotten",
            _ahead(lambda theta, f, v, lr, b: b * v - f(theta + b * v)),
            NO_RATE,
            0.25,
            forms=[
                _ahead(lambda theta, f, v, lr, b: b * v + f(theta - b * v), lambda v, lr: -v),
                _look(_kept(lambda g, lr, b: g, lambda lr: -1.0)),
            ],
        ),
        Mistake(
            "rate_applied_twice",
            _ahead(_sound, lambda v, lr: lr * v),
            RATE_TWICE,
            0.25,
            forms=[
                _ahead(_sound, lambda v, lr: -lr * v),
                _look(_kept(lambda g, lr, b: lr * g, lambda lr: -lr)),
            ],
        ),
        Mistake(
            "moves_with_the_old_velocity",
            _look(lambda theta, f, v, lr, b: (theta + v, _sound(theta, f, v, lr, b))),
            "theta moves by the velocity of the step before. Update the velocity first, then move by the new one.",
            0.25,
        ),
        Mistake(
            "moves_by_the_gradient_alone",
            _look(lambda theta, f, v, lr, b: (theta - lr * f(theta + b * v), _sound(theta, f, v, lr, b))),
            "The new velocity is stored, but theta moves by -lr times the gradient alone. Move by the velocity, which "
            "holds beta * v as well.",
            0.25,
        ),
        Mistake(
            "moves_by_beta_times_the_velocity",
            _look(lambda theta, f, v, lr, b: (theta + b * _sound(theta, f, v, lr, b), _sound(theta, f, v, lr, b))),
            "theta moves by beta times the new velocity. beta has done its work inside the velocity; move by all of "
            "it.",
            0.25,
        ),
        Mistake(
            "last_term_forgotten",
            _look(lambda theta, f, v, lr, b: (theta + b * (b * v - lr * f(theta)), b * v - lr * f(theta))),
            "theta moves by beta times the new velocity alone, with the gradient taken at theta. In the form that "
            "keeps the look-ahead point the step is beta * v - lr * g with the new v, and in torch's form -lr * (g + "
            "beta * b).",
            0.5,
            forms=[_look(lambda theta, f, v, lr, b: (theta - lr * b * (b * v + f(theta)), b * v + f(theta)))],
        ),
        Mistake(
            "gradient_and_velocity_exchanged",
            _look(lambda theta, f, v, lr, b: (theta - lr * (b * v + f(theta) + b * f(theta)), b * v + f(theta))),
            "In the step of the form that keeps the look-ahead point, beta stands at the gradient and belongs to the "
            "velocity: g + beta * b in torch, beta * v - lr * g in Keras.",
            0.5,
            forms=[
                _look(
                    lambda theta, f, v, lr, b: (theta + b * v - (1 + b) * lr * f(theta), b * v - lr * f(theta)),
                ),
            ],
        ),
        Mistake(
            "gradient_applied_twice",
            _look(lambda theta, f, v, lr, b: (theta + b * v - 2 * lr * f(theta), b * v - lr * f(theta))),
            "theta moves by the velocity and by a gradient step on top. With the gradient at theta + beta * v the step "
            "is v alone; where theta stands for the look-ahead point it is beta * v - lr * g.",
            0.25,
            forms=[
                _look(
                    lambda theta, f, v, lr, b: (
                        theta + _sound(theta, f, v, lr, b) - lr * f(theta + b * v),
                        _sound(theta, f, v, lr, b),
                    )
                ),
                _look(lambda theta, f, v, lr, b: (theta - lr * (b * v + 2 * f(theta)), b * v + f(theta))),
            ],
        ),
        Mistake(
            "lookahead_point_returned",
            _look(lambda theta, f, v, lr, b: (theta + b * v, _sound(theta, f, v, lr, b))),
            "The look-ahead point is returned as the new point. It is only where the gradient is taken: return "
            "theta + v with the new velocity.",
            0.25,
        ),
        Mistake(
            "point_returned_as_it_came",
            _look(lambda theta, f, v, lr, b: (theta, _sound(theta, f, v, lr, b))),
            "The new velocity is right, but theta comes back as it was given. Return theta + v.",
            0.25,
        ),
        Mistake(
            "state_not_updated",
            _look(lambda theta, f, v, lr, b: (theta + _sound(theta, f, v, lr, b), v)),
            VELOCITY_KEPT,
            0.25,
            forms=[_look(lambda theta, f, v, lr, b: (theta - lr * (f(theta) + b * (b * v + f(theta))), v))],
        ),
        Mistake(
            "gradient_stored",
            _look(lambda theta, f, v, lr, b: (theta + _sound(theta, f, v, lr, b), f(theta + b * v))),
            "The gradient alone is stored as the velocity, as it is or times the rate. What the next step needs is "
            "what theta moved by, beta * v - lr * g.",
            0.25,
            forms=[
                _look(lambda theta, f, v, lr, b: (theta + _sound(theta, f, v, lr, b), -lr * f(theta + b * v))),
                _look(lambda theta, f, v, lr, b: (theta + _sound(theta, f, v, lr, b), lr * f(theta + b * v))),
            ],
        ),
        Mistake(
            "faded_velocity_stored",
            _look(lambda theta, f, v, lr, b: (theta + _sound(theta, f, v, lr, b), b * v)),
            "beta * v is stored, without the gradient: the memory fades and nothing new comes in. Store all of the new "
            "velocity.",
            0.25,
        ),
        Mistake(
            "stored_velocity_of_the_other_sign",
            _look(lambda theta, f, v, lr, b: (theta + _sound(theta, f, v, lr, b), -_sound(theta, f, v, lr, b))),
            "The step is right, but the velocity that is stored has the other sign. Store what theta moved by.",
            0.25,
        ),
    ],
)
