"""Exercise `fisher_matrix` of `07_second_order`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import normal
from steepest_exercises.second_order import reference

Fisher = Callable[[Tensor, Tensor], Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str,
        n: int,
        k: int,
        d: int,
        *,
        spread: float = 1.0,
        dtype: torch.dtype = torch.float64,
        slack: float = 1.0,
        corner: float = 0.0,
    ) -> Case:
        # gradients of the scores, less their mean under p: what every softmax gives as gradients of log p
        probabilities = torch.softmax(spread * normal(rng, n, k), dim=1)
        slopes = normal(rng, n, k, d)
        gradients = slopes - (probabilities.unsqueeze(2) * slopes).sum(dim=1, keepdim=True)
        args = [probabilities.to(dtype), gradients.to(dtype)]
        inputs = {"args": args, "kwargs": {}, "outputs": ["the Fisher matrix"]}
        return Case(name, inputs, slack=slack, corner=corner)

    return [
        case("five examples, three classes, two parameters", 5, 3, 2),
        case("more parameters than examples", 3, 4, 6),
        case("two classes", 7, 2, 3),
        case("a model that is nearly sure", 6, 3, 4, spread=3.0),
        case("a model that is hardly sure of anything", 8, 4, 3, spread=0.3),
        case("one example", 1, 3, 4, corner=0.05),
        _halves(rng),
        case("two examples, many classes", 2, 9, 3),
        case("one parameter", 6, 4, 1, corner=0.05),
        case("as many examples as classes and as parameters", 4, 4, 4),
        case("float32", 9, 3, 5, dtype=torch.float32, slack=10),
    ]


def _halves(rng: np.random.Generator) -> Case:
    """Two classes that are equally likely: here the mean of the gradients is 0 to the last bit."""
    half = torch.from_numpy(np.asarray(rng.integers(1, 32, (4, 1, 3)) * rng.choice([-1, 1], (4, 1, 3)) / 8))
    args = [torch.full((4, 2), 0.5, dtype=torch.float64), torch.cat([half, -half], dim=1)]
    return Case("classes that are equally likely", {"args": args, "kwargs": {}, "outputs": ["the Fisher matrix"]})


def _weighed(weights: Callable[[Tensor], Tensor], divisor: Callable[[Tensor], float] = len) -> Fisher:
    """The sum over examples and classes of weights(p) g gᵀ, divided."""

    def fisher_matrix(probabilities: Tensor, score_gradients: Tensor) -> Tensor:
        return _sum(weights(probabilities), score_gradients) / divisor(probabilities)

    return fisher_matrix


def _sum(weights: Tensor, gradients: Tensor) -> Tensor:
    return torch.einsum("nc,nci,ncj->ij", weights, gradients, gradients)


def _picked(pick: Callable[[Tensor], Tensor]) -> Fisher:
    """The mean over examples of g gᵀ for one class of each."""

    def fisher_matrix(probabilities: Tensor, score_gradients: Tensor) -> Tensor:
        labels = pick(probabilities)
        rows = score_gradients[torch.arange(len(labels), device=labels.device), labels]
        return rows.T @ rows / len(rows)

    return fisher_matrix


def _only(column: int) -> Fisher:
    return _picked(lambda p: torch.full((len(p),), column, device=p.device) % p.shape[1])


def _drawn(seed: int) -> Callable[[Tensor], Tensor]:
    """A label for each example, drawn from its probabilities."""

    def pick(p: Tensor) -> Tensor:
        return torch.multinomial(p, 1, generator=torch.Generator(p.device).manual_seed(seed))[:, 0]

    return pick


def _likeliest_weighed(probabilities: Tensor, score_gradients: Tensor) -> Tensor:
    best, labels = probabilities.max(dim=1)
    rows = score_gradients[torch.arange(len(labels), device=labels.device), labels]
    return (best[:, None] * rows).T @ rows / len(rows)


def _example_by_example(probabilities: Tensor, score_gradients: Tensor) -> Tensor:
    d = score_gradients.shape[-1]
    total = torch.zeros(d, d, dtype=score_gradients.dtype, device=score_gradients.device)
    for p, gradients in zip(probabilities, score_gradients, strict=True):
        for share, gradient in zip(p, gradients, strict=True):
            total = total + share * torch.outer(gradient, gradient)
    return total / len(probabilities)


def _batched(probabilities: Tensor, score_gradients: Tensor) -> Tensor:
    each = score_gradients.mT @ (probabilities[..., None] * score_gradients)
    return each.mean(dim=0)


def _covariance(probabilities: Tensor, score_gradients: Tensor) -> Tensor:
    mean = (probabilities[..., None] * score_gradients).sum(1, keepdim=True)
    return _sum(probabilities, score_gradients - mean) / len(probabilities)


def _outer_of(vectors: Callable[[Tensor, Tensor], Tensor], divisor: Callable[[Tensor], float] = len) -> Fisher:
    """The sum of outer products of what `vectors` gives for each example, divided."""

    def fisher_matrix(probabilities: Tensor, score_gradients: Tensor) -> Tensor:
        rows = vectors(probabilities, score_gradients)
        return rows.T @ rows / divisor(probabilities)

    return fisher_matrix


def _two_sums(weights: Callable[[Tensor], Tensor]) -> Fisher:
    """The classes of the two factors run independently of each other."""

    def fisher_matrix(probabilities: Tensor, score_gradients: Tensor) -> Tensor:
        parts = weights(probabilities), score_gradients, score_gradients
        return torch.einsum("nc,nci,nkj->ij", *parts) / len(probabilities)

    return fisher_matrix


def _reshaped(left: Callable[[Tensor], Tensor], right: Callable[[Tensor], Tensor]) -> Fisher:
    """A product of two matrices, the left of which has been reshaped to d rows."""

    def fisher_matrix(probabilities: Tensor, score_gradients: Tensor) -> Tensor:
        d = score_gradients.shape[2]
        first, second = (weights(probabilities)[..., None] * score_gradients for weights in (left, right))
        return first.reshape(d, -1) @ second.reshape(-1, d) / len(probabilities)

    return fisher_matrix


def _means_first(probabilities: Tensor, score_gradients: Tensor) -> Tensor:
    return torch.einsum("c,ci,cj->ij", probabilities.mean(0), score_gradients.mean(0), score_gradients.mean(0))


def _class_means(probabilities: Tensor, score_gradients: Tensor) -> Tensor:
    joined = (probabilities[..., None] * score_gradients).mean(0)
    return joined.T @ joined


def _centred_over_examples(probabilities: Tensor, score_gradients: Tensor) -> Tensor:
    return _sum(probabilities, score_gradients - score_gradients.mean((0, 1))) / len(probabilities)


FISHER_MATRIX = Exercise(
    id="fisher_matrix",
    reference=reference.fisher_matrix,
    cases=_cases,
    points=3,
    accepted=[
        Accepted("one_sum", _weighed(lambda p: p)),
        Accepted("example_by_example", _example_by_example),
        Accepted("a_product_for_each_example", _batched),
        Accepted("covariance_under_the_model", _covariance),
        Accepted(
            "weights_divided_first",
            lambda probabilities, score_gradients: _sum(probabilities / len(probabilities), score_gradients),
        ),
    ],
    mistakes=[
        Mistake(
            "likeliest_class_alone",
            _picked(lambda p: p.argmax(1)),
            "Only one class of each example counts. That is how the *empirical* Fisher treats the label of the data; "
            "the Fisher matrix takes every class, weighed with its probability.",
            0.25,
            forms=[
                _only(0),
                _only(1),
                _only(-1),
                _likeliest_weighed,
                _picked(lambda p: p.argmin(1)),
                lambda probabilities, score_gradients: (
                    len(probabilities) * _picked(lambda p: p.argmax(1))(probabilities, score_gradients)
                ),
            ],
        ),
        Mistake(
            "labels_drawn",
            _picked(_drawn(0)),
            "This has the look of labels that are drawn from the model, one for each example. The expectation is known "
            "exactly: sum over all classes, each weighed with its probability.",
            0.25,
            forms=[_picked(_drawn(1)), _picked(_drawn(42))],
        ),
        Mistake(
            "classes_weighed_alike",
            _weighed(torch.ones_like, lambda p: p.numel()),
            "All classes count alike. The expectation is over labels that the model draws, so class c counts with p_c.",
            0.25,
            forms=[
                _weighed(torch.ones_like),
                _weighed(torch.ones_like, lambda p: 1),
                _weighed(torch.ones_like, lambda p: p.shape[1]),
            ],
        ),
        Mistake(
            "summed_over_the_examples",
            _weighed(lambda p: p, lambda p: 1),
            "The examples are added up. The matrix belongs to a mean loss: divide by their number.",
            0.5,
        ),
        Mistake(
            "divided_by_the_entries",
            _weighed(lambda p: p, lambda p: p.numel()),
            "It is divided by the number of classes, alone or beside that of the examples. The probabilities sum to 1 "
            "already: divide by the number of examples.",
            0.5,
            forms=[_weighed(lambda p: p, lambda p: p.shape[1])],
        ),
        Mistake(
            "divided_by_n_minus_one",
            _weighed(lambda p: p, lambda p: max(len(p) - 1, 1)),
            "The sum is divided by n − 1. No mean has been estimated from the data: the mean of g under the model is "
            "0. Divide by n.",
            0.5,
            forms=[_weighed(lambda p: p, lambda p: len(p) - 1 or float("nan"))],
        ),
        Mistake(
            "outer_product_of_the_mean",
            _outer_of(lambda p, g: (p[..., None] * g).sum(1)),
            "The gradients are averaged under the model before the outer product is taken, and that average is 0. "
            "Take each outer product first, then weigh it with p_c.",
            forms=[
                _outer_of(lambda p, g: (p[..., None] * g).sum(1).mean(0, keepdim=True), lambda p: 1),
                _outer_of(lambda p, g: (p[..., None] * g).sum((0, 1))[None], lambda p: 1),
                _two_sums(lambda p: p),
            ],
        ),
        Mistake(
            "outer_product_of_the_sum",
            _outer_of(lambda p, g: g.sum(1)),
            "The gradients of the classes are added up before the outer product is taken, so that they cancel. Take "
            "each outer product first, weigh it with p_c, add then.",
            0.25,
            forms=[
                _outer_of(lambda p, g: g.mean(1)),
                _outer_of(lambda p, g: g.sum(1).mean(0, keepdim=True), lambda p: 1),
                _outer_of(lambda p, g: g.mean((0, 1))[None], lambda p: 1),
                _outer_of(lambda p, g: (p.sqrt()[..., None] * g).sum(1)),
                _two_sums(lambda p: torch.ones_like(p)),
            ],
        ),
        Mistake(
            "examples_averaged_first",
            _means_first,
            "Probabilities and gradients are averaged over the examples before they are multiplied. The product comes "
            "first, example by example; the mean comes last.",
            0.25,
            forms=[_class_means],
        ),
        Mistake(
            "diagonal",
            lambda probabilities, score_gradients: reference.fisher_matrix(probabilities, score_gradients).diagonal(),
            "Only the diagonal is returned, the mean of the squares. The whole matrix is asked for: outer products.",
            0.25,
            forms=[
                lambda probabilities, score_gradients: torch.diag(
                    reference.fisher_matrix(probabilities, score_gradients).diagonal()
                ),
                lambda probabilities, score_gradients: (score_gradients**2).mean((0, 1)),
            ],
        ),
        Mistake(
            "probabilities_squared",
            _weighed(lambda p: p**2),
            "The probabilities enter twice, as where both factors of the outer product are multiplied with them. One "
            "factor p_c is enough, or its root in both.",
            0.25,
            forms=[
                _weighed(lambda p: p**2, lambda p: p.numel()),
                _weighed(lambda p: p**2, lambda p: 1),
            ],
        ),
        Mistake(
            "root_of_the_probabilities",
            _weighed(lambda p: p.sqrt()),
            "The outer products are weighed with √p_c. Class c is drawn with probability p_c: that is its weight.",
            0.25,
        ),
        Mistake(
            "weighed_with_p_and_one_minus_p",
            _weighed(lambda p: p * (1 - p)),
            "Each class is weighed with p(1 − p), the curvature of a sigmoid. Here the gradients of log p carry that "
            "already: the weight is p_c.",
            0.25,
            forms=[_weighed(lambda p: 1 - p)],
        ),
        Mistake(
            "weighed_with_log_p",
            _weighed(lambda p: -torch.log(p)),
            "The outer products are weighed with log p. The gradients are those of log p already; their expectation "
            "takes p_c.",
            0.25,
            forms=[_weighed(lambda p: -p * torch.log(p)), _weighed(torch.log)],
        ),
        Mistake(
            "negative",
            _weighed(lambda p: -p),
            "The sign is reversed: the Fisher matrix is minus the expected second derivative of log p, and plus the "
            "expected outer product of its gradient.",
            0.5,
        ),
        Mistake(
            "probabilities_changed",
            _weighed(lambda p: torch.softmax(p, dim=1)),
            "The weights are other numbers than the probabilities that are given. These sum to 1 in each row already: "
            "take them as they are.",
            0.25,
            forms=[
                _weighed(lambda p: torch.softmax(p, dim=0)),
                _weighed(lambda p: p / p.sum(0)),
                _weighed(lambda p: p.mean(0).expand_as(p)),
                _weighed(lambda p: p / p.max(1, keepdim=True).values),
                _weighed(torch.exp),
                _weighed(lambda p: (p > 0.5).to(p)),
                _weighed(lambda p: 1 / p),
            ],
        ),
        Mistake(
            "reshaped_for_transposed",
            _reshaped(lambda p: p, torch.ones_like),
            "`reshape` reads the same numbers in another order and does not exchange axes. Transpose: rows.T, or name "
            "the axes in `torch.einsum`.",
            0.25,
            forms=[
                _reshaped(torch.ones_like, lambda p: p),
                _reshaped(torch.sqrt, torch.sqrt),
            ],
        ),
        Mistake(
            "products_between_examples",
            lambda probabilities, score_gradients: (
                torch.einsum("nc,nci,mci->nm", probabilities, score_gradients, score_gradients) / len(probabilities)
            ),
            "The products are summed over the parameters, so the matrix has a row for each example or class. It needs "
            "one for each parameter: sum over examples and classes.",
            forms=[
                lambda probabilities, score_gradients: (
                    torch.einsum("nc,nci,nki->ck", probabilities, score_gradients, score_gradients) / len(probabilities)
                ),
            ],
        ),
        Mistake(
            "one_matrix_for_each_example",
            lambda probabilities, score_gradients: torch.einsum(
                "nc,nci,ncj->nij", probabilities, score_gradients, score_gradients
            ),
            "There is a matrix for every example, or for every class. Average over the examples, and add the classes "
            "up.",
            0.5,
            forms=[
                lambda probabilities, score_gradients: (
                    torch.einsum("nc,nci,ncj->cij", probabilities, score_gradients, score_gradients)
                    / len(probabilities)
                ),
            ],
        ),
        Mistake(
            "squared_length",
            lambda probabilities, score_gradients: (
                torch.einsum("nc,nci,nci->", probabilities, score_gradients, score_gradients) / len(probabilities)
            ),
            "This is one number, the trace of the matrix: inner products. The outer product g gᵀ has a row and a "
            "column for each parameter.",
            0.25,
            forms=[
                lambda probabilities, score_gradients: torch.einsum(
                    "nc,nci,nci->n", probabilities, score_gradients, score_gradients
                ),
                lambda probabilities, score_gradients: reference.fisher_matrix(probabilities, score_gradients).mean(),
                lambda probabilities, score_gradients: reference.fisher_matrix(probabilities, score_gradients).sum(),
            ],
        ),
        Mistake(
            "mean_gradient",
            lambda probabilities, score_gradients: (
                (probabilities[..., None] * score_gradients).abs().sum((0, 1)) / len(probabilities)
            ),
            "There is a number for each parameter only. The outer product g gᵀ of a gradient with itself is a matrix.",
            forms=[
                lambda probabilities, score_gradients: score_gradients.mean((0, 1)),
                lambda probabilities, score_gradients: score_gradients.sum((0, 1)),
            ],
        ),
        Mistake(
            "one_example_alone",
            lambda probabilities, score_gradients: reference.fisher_matrix(probabilities[:1], score_gradients[:1]),
            "Only one of the examples counts, the first or the last. Average over all of them: is the `return` inside "
            "the loop, or is the sum begun anew?",
            0.25,
            forms=[
                lambda probabilities, score_gradients: reference.fisher_matrix(
                    probabilities[-1:], score_gradients[-1:]
                ),
                lambda probabilities, score_gradients: (
                    reference.fisher_matrix(probabilities[-1:], score_gradients[-1:]) / len(probabilities)
                ),
            ],
        ),
        Mistake(
            "centred_over_everything",
            _centred_over_examples,
            "A mean over all gradients is taken away first. Under the model each example's mean is 0 already, so "
            "nothing has to be centred.",
            0.5,
            forms=[
                lambda probabilities, score_gradients: (
                    _sum(probabilities, score_gradients - score_gradients.mean(1, keepdim=True)) / len(probabilities)
                ),
                lambda probabilities, score_gradients: (
                    _sum(probabilities, score_gradients - score_gradients.mean(0)) / len(probabilities)
                ),
            ],
        ),
        Mistake(
            "halved",
            _weighed(lambda p: p / 2),
            "The result is half or twice what it should be. The ½ of a second-order model stands before the matrix, "
            "not in it.",
            0.5,
            forms=[_weighed(lambda p: 2 * p)],
        ),
        Mistake(
            "inverse",
            lambda probabilities, score_gradients: torch.linalg.pinv(
                reference.fisher_matrix(probabilities, score_gradients)
            ),
            "This is the inverse, which a step with the Fisher matrix needs. The matrix itself is asked for.",
            0.25,
        ),
    ],
    equivalent={
        "The gradients have three axes.": [
            "outer = score_gradients.unsqueeze(-1) * score_gradients.unsqueeze(2)",
        ],
    },
)
