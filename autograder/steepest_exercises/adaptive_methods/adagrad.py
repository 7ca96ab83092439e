"""Exercises `adagrad_step` and `diagonal_gauss_newton` of `06_adaptive_methods`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
        moving={"sum_squares": inputs.positive},
        usual=usual,
        changing=[usual, {"lr": 0.05, "eps": 0.3}, {"lr": 0.4, "eps": 0.01}],
    )


def _adagrad(
    total: Callable[[Tensor, Tensor, float, float], Tensor] = lambda r, g, lr, eps: r + g * g,
    change: Callable[[Tensor, Tensor, float, float], Tensor] = lambda r, g, lr, eps: -lr * g / (r.sqrt() + eps),
    used: Callable[[Tensor, Tensor], Tensor] = lambda old, new: new,
    kept: Callable[[Tensor, Tensor], Tensor] = lambda old, new: new,
) -> inputs.Step:
    """A stepper with r ← total(r, g, lr, eps) and θ ← θ + change(r, g, lr, eps)."""

    def step(theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, eps: float) -> tuple[Tensor, inputs.State]:
        old = state["sum_squares"]
        new = total(old, grad, lr, eps)
        return theta + change(used(old, new), grad, lr, eps), {"sum_squares": kept(old, new)}

    return step


def _own_rates(
    theta: Tensor, grad: Tensor, state: inputs.State, *, lr: float, eps: float
) -> tuple[Tensor, inputs.State]:
    total = torch.addcmul(state["sum_squares"], grad, grad)
    rates = torch.full_like(grad, lr).div(total.sqrt().add(eps))
    return torch.sub(theta, rates.mul(grad)), {**state, "sum_squares": total}


ADAGRAD_STEP = Exercise(
    id="adagrad_step",
    reference=reference.adagrad_step,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("own_rates_first", _own_rates),
        Accepted("entry_by_entry", inputs.entry_by_entry(_adagrad())),
        Accepted("powers", _adagrad(lambda r, g, lr, eps: r + g**2, lambda r, g, lr, eps: -lr * (g / (r**0.5 + eps)))),
        Accepted("eps_in_the_root", _adagrad(change=lambda r, g, lr, eps: -lr * g / (r + eps).sqrt()), shared.INSIDE),
    ],
    mistakes=[
        Mistake(
            "root_missing",
            _adagrad(change=lambda r, g, lr, eps: -lr * g / (r + eps)),
            "The gradient is divided by the sum of squares itself. Take its root: the sum has the unit of g squared.",
            0.25,
        ),
        Mistake("eps_missing", _adagrad(change=lambda r, g, lr, eps: -lr * g / r.sqrt()), shared.NO_EPS, 0.25),
        Mistake(
            "only_the_last_gradient",
            _adagrad(lambda r, g, lr, eps: g * g),
            "The past is not added up: with the last gradient alone every weight moves by about lr, whatever its"
            " slope. Add the new square to the sum in the state.",
        ),
        Mistake(
            "sum_of_gradients",
            _adagrad(lambda r, g, lr, eps: r + g),
            "Gradients are added up, not their squares. Signs cancel then, and the root of a negative sum is nan.",
        ),
        Mistake(
            "sum_of_sizes",
            _adagrad(lambda r, g, lr, eps: r + g.abs()),
            "Absolute values are added up. Add squares: it is the root of their sum that has the unit of a gradient.",
            0.25,
        ),
        Mistake(
            "square_of_the_sum",
            _adagrad(lambda r, g, lr, eps: (r.sqrt() + g).square()),
            "The square is taken after adding, so gradients of opposite sign cancel. Square first, then add.",
        ),
        Mistake(
            "old_sum_used",
            _adagrad(used=lambda old, new: old),
            "The step is divided by the sum before this gradient was added: at the first step that is 0, and the"
            " step is as long as eps allows. Add first, then divide.",
            0.25,
        ),
        Mistake(
            "rate_in_the_sum",
            _adagrad(lambda r, g, lr, eps: r + (lr * g) ** 2),
            "The squares are taken of lr * g. The rate then cancels out of the step; add up the gradients' squares.",
            0.25,
        ),
        Mistake("state_not_updated", _adagrad(kept=lambda old, new: old), shared.STATE_KEPT, 0.25),
        Mistake("climbs", _adagrad(change=lambda r, g, lr, eps: lr * g / (r.sqrt() + eps)), shared.UPHILL, 0.25),
        Mistake("one_rate_for_all", _adagrad(lambda r, g, lr, eps: r + (g * g).sum()), shared.ONE_FOR_ALL),
        Mistake(
            "eps_in_the_sum",
            _adagrad(lambda r, g, lr, eps: r + g * g + eps, lambda r, g, lr, eps: -lr * g / r.sqrt()),
            "eps is added to the stored sum at every step, so it grows and brakes. Keep it out of the state.",
            0.25,
        ),
        Mistake(
            "multiplied",
            _adagrad(change=lambda r, g, lr, eps: -lr * g * (r.sqrt() + eps)),
            "The gradient is multiplied by the root, so steep weights move even further. Divide by it.",
        ),
        Mistake(
            "rate_forgotten",
            _adagrad(change=lambda r, g, lr, eps: -g / (r.sqrt() + eps)),
            "lr is not used. Each weight's own rate is lr divided by the root of its sum.",
            0.25,
        ),
        Mistake(
            "normalized_gradient_in_the_sum",
            _adagrad(lambda r, g, lr, eps: r + (g / (r.sqrt() + eps)) ** 2),
            "The squares are taken of the gradient after it was divided. Add up squares of the gradient as it came.",
            0.25,
        ),
    ],
)


def _gauss_newton_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, grads: Tensor, slack: float = 1.0) -> Case:
        return Case(name, {"args": [grads], "kwargs": {}, "outputs": ["the diagonal"]}, slack=slack)

    scales = torch.logspace(-2, 1, 4, dtype=torch.float64)
    return [
        case("five examples, four weights", inputs.normal(rng, 5, 4)),
        case("gradients that are far from 0 on average", 3 + inputs.normal(rng, 8, 3)),
        case("weights of different scale", scales * inputs.normal(rng, 6, 4)),
        case("one example", inputs.normal(rng, 1, 3)),
        case("a matrix of weights", inputs.normal(rng, 4, 3, 2)),
        case("as many examples as weights, non-contiguous", inputs.normal(rng, 3, 3).T),
        case("float32", inputs.normal(rng, 7, 5).float(), 10),
    ]


DIAGONAL_GAUSS_NEWTON = Exercise(
    id="diagonal_gauss_newton",
    reference=reference.diagonal_gauss_newton,
    cases=_gauss_newton_cases,
    points=1,
    accepted=[
        Accepted("mean_of_products", lambda per_example_grads: (per_example_grads * per_example_grads).mean(0)),
        Accepted("sum_over_n", lambda per_example_grads: (per_example_grads**2).sum(0) / per_example_grads.shape[0]),
        Accepted(
            "diagonal_of_the_matrix",
            lambda per_example_grads: (
                (per_example_grads.flatten(1).T @ per_example_grads.flatten(1) / len(per_example_grads))
                .diagonal()
                .reshape(per_example_grads.shape[1:])
            ),
        ),
        Accepted(
            "example_by_example",
            lambda per_example_grads: sum(g * g for g in per_example_grads) / len(per_example_grads),
        ),
    ],
    mistakes=[
        Mistake(
            "square_of_the_mean",
            lambda per_example_grads: per_example_grads.mean(0).square(),
            "The gradients are averaged before they are squared. At a minimum their mean is 0, and so would be your"
            " curvature. Square each example's gradient first.",
            0.25,
        ),
        Mistake(
            "sum_of_squares",
            lambda per_example_grads: per_example_grads.square().sum(0),
            "The squares are added, not averaged: the curvature of a mean loss must not grow with the data.",
            0.25,
        ),
        Mistake(
            "root_taken",
            lambda per_example_grads: per_example_grads.square().mean(0).sqrt(),
            "The root is taken. The diagonal of the matrix is the mean of squares itself; whether a step should"
            " use its root is another question.",
            0.25,
        ),
        Mistake(
            "variance",
            lambda per_example_grads: per_example_grads.var(0, correction=0),
            "This is the variance: the mean gradient was taken away. The Gauss–Newton matrix squares the gradients"
            " as they are.",
            0.25,
        ),
        Mistake(
            "divided_by_n_minus_one",
            lambda per_example_grads: per_example_grads.square().sum(0) / (len(per_example_grads) - 1),
            "The sum is divided by n - 1. No mean was estimated here, so the plain mean over n is meant.",
            0.25,
        ),
        Mistake(
            "mean_over_everything",
            lambda per_example_grads: torch.full_like(per_example_grads[0], per_example_grads.square().mean()),
            "All weights get the same number. Average over the examples only, which lie along the first axis.",
        ),
        Mistake(
            "mean_over_the_last_axis",
            lambda per_example_grads: per_example_grads.square().mean(-1),
            "The mean runs over the weights, not over the examples. Examples lie along the first axis.",
        ),
        Mistake(
            "sizes_averaged",
            lambda per_example_grads: per_example_grads.abs().mean(0),
            "Absolute values are averaged. On the diagonal of the outer product of g with itself stand squares.",
            0.25,
        ),
        Mistake(
            "whole_matrix",
            lambda per_example_grads: (
                per_example_grads.flatten(1).T @ per_example_grads.flatten(1) / len(per_example_grads)
            ),
            "This is the whole matrix, with one row and one column a weight. Only its diagonal is asked for, and it"
            " can be had without building the matrix.",
            0.25,
        ),
        Mistake(
            "inverse",
            lambda per_example_grads: 1 / per_example_grads.square().mean(0),
            "This is the inverse, with which a step is multiplied. The diagonal itself is asked for.",
            0.25,
        ),
    ],
)
