"""Exercise `diagonal_gauss_newton` of `06_adaptive_methods`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import inputs
from steepest_exercises.adaptive_methods import reference


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
            "The gradients are added or averaged before they are squared. Square each example's gradient first: at a"
            " minimum the gradients cancel in their mean, and their squares do not.",
            0.25,
            forms=[
                lambda per_example_grads: per_example_grads.sum(0).square() / len(per_example_grads),
                lambda per_example_grads: per_example_grads.sum(0).square(),
            ],
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
            "A root is taken. The diagonal of the matrix is the mean of squares itself; whether a step should use its"
            " root is another question.",
            0.25,
            forms=[
                lambda per_example_grads: per_example_grads.square().sum(0).sqrt(),
            ],
        ),
        Mistake(
            "variance",
            lambda per_example_grads: per_example_grads.var(0, correction=0),
            "This is the variance: the mean gradient was taken away. The Gauss–Newton matrix squares the gradients"
            " as they are.",
            0.25,
            forms=[
                lambda per_example_grads: per_example_grads.var(0),
            ],
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
            "One number stands for all weights. Average over the examples only, which lie along the first axis.",
            forms=[
                lambda per_example_grads: per_example_grads.square().mean(),
                lambda per_example_grads: per_example_grads.square().mean().expand(per_example_grads.shape[1:]),
            ],
        ),
        Mistake(
            "mean_over_the_last_axis",
            lambda per_example_grads: per_example_grads.square().mean(-1),
            "The mean runs over the weights, not over the examples. Examples lie along the first axis.",
            forms=[
                lambda per_example_grads: per_example_grads.square().mean(1),
                lambda per_example_grads: per_example_grads.square().flatten(1).mean(1),
            ],
        ),
        Mistake(
            "mean_over_all_but_the_last_axis",
            lambda per_example_grads: per_example_grads.square().flatten(0, -2).mean(0),
            "Where weights have several axes, the mean runs over some of them too. Average over the first axis alone,"
            " which is that of the examples, and leave all others as they are.",
            0.5,
        ),
        Mistake(
            "sizes_averaged",
            lambda per_example_grads: per_example_grads.abs().mean(0),
            "Absolute values are added or averaged. On the diagonal of the outer product of g with itself stand"
            " squares.",
            0.25,
            forms=[
                lambda per_example_grads: per_example_grads.abs().sum(0),
            ],
        ),
        Mistake(
            "divided_by_the_number_of_entries",
            lambda per_example_grads: per_example_grads.square().sum(0) / per_example_grads.numel(),
            "The sum is not divided by the number of the examples but by another length. It runs over the examples:"
            " divide by the length of the first axis.",
            0.25,
            forms=[lambda per_example_grads: per_example_grads.square().sum(0) / per_example_grads.shape[-1]],
        ),
        Mistake(
            "not_squared",
            lambda per_example_grads: per_example_grads.mean(0),
            "This is the mean gradient. On the diagonal of the outer product of g with itself stand its squares.",
            0.25,
        ),
        Mistake(
            "not_averaged",
            lambda per_example_grads: per_example_grads.square(),
            "The squares of every example are returned. Average them over the examples, which lie along the first"
            " axis.",
            0.25,
        ),
        Mistake(
            "halved",
            lambda per_example_grads: per_example_grads.square().mean(0) / 2,
            "The result is halved. The ½ of the second order stands before the whole matrix, not in it.",
            0.25,
        ),
        Mistake(
            "gram_matrix_of_the_examples",
            lambda per_example_grads: (
                per_example_grads.flatten(1) @ per_example_grads.flatten(1).T / len(per_example_grads)
            ).diagonal(),
            "The products are between examples: their diagonal has one entry an example. The outer product of a"
            " gradient with itself has one row and one column a weight.",
            0.25,
        ),
        Mistake(
            "whole_matrix",
            lambda per_example_grads: (
                per_example_grads.flatten(1).T @ per_example_grads.flatten(1) / len(per_example_grads)
            ),
            "This is a whole matrix, with one row and one column a weight. Only a diagonal is asked for: the mean of"
            " each weight's squares, which can be had without the matrix.",
            0.25,
            forms=[
                lambda per_example_grads: per_example_grads.T @ per_example_grads / len(per_example_grads),
                lambda per_example_grads: per_example_grads.flatten(1).T @ per_example_grads.flatten(1),
            ],
        ),
        Mistake(
            "inverse",
            lambda per_example_grads: 1 / per_example_grads.square().mean(0),
            "This is an inverse, of the diagonal or of its root. The diagonal itself is asked for.",
            0.25,
            forms=[
                lambda per_example_grads: 1 / per_example_grads.square().mean(0).sqrt(),
            ],
        ),
    ],
)
