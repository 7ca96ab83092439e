"""`gradient_bounds`: what many layers can do to a gradient at most."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.initialization import reference

Bounds = tuple[Tensor, Tensor]


def _matrix(rng: np.random.Generator, out: int, into: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """A matrix with singular values between 0.4 and 2.5, the extremes at least 1.5 apart as a ratio."""
    rank = min(out, into)
    left, right = (np.linalg.qr(rng.standard_normal((size, rank)))[0] for size in (out, into))
    low, high = rng.uniform(0.4, 0.8), rng.uniform(1.2, 2.5)
    return torch.from_numpy(left @ np.diag(np.linspace(low, high, rank)) @ right.T).to(dtype)


def _bound_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, *widths: int, slopes: Sequence[float], dtype: torch.dtype = torch.float64) -> Case:
        pairs = itertools.pairwise(widths)
        weights = [_matrix(rng, out, into, dtype) for into, out in pairs]
        inputs = {"args": [weights, slopes], "kwargs": {}, "outputs": ["the lower bound", "the upper bound"]}
        return Case(name, inputs, slack=100 if dtype == torch.float64 else 20)

    def slope() -> float:
        return float(rng.uniform(0.2, 0.9))

    return [
        case("three square layers", 4, 4, 4, 4, slopes=[slope() for _ in range(3)]),
        case("linear layers", 3, 3, 3, slopes=[1.0, 1.0]),
        case("layers that get narrower", 7, 5, 4, 2, slopes=[slope() for _ in range(3)]),
        case("a single layer", 5, 5, slopes=[slope()]),
        case("a single weight", 1, 1, slopes=[slope()]),
        case("twenty layers", *[3] * 21, slopes=[slope() for _ in range(20)]),
        case("float32", 5, 4, 3, slopes=[slope() for _ in range(2)], dtype=torch.float32),
    ]


def _by_norms(weights: Sequence[Tensor], slopes: Sequence[float]) -> Bounds:
    lower = upper = torch.ones((), dtype=weights[0].dtype, device=weights[0].device)
    for weight, slope in zip(weights, slopes, strict=True):
        lower = lower * slope * torch.linalg.matrix_norm(weight, ord=-2)
        upper = upper * slope * torch.linalg.matrix_norm(weight, ord=2)
    return lower, upper


def _by_gram(weights: Sequence[Tensor], slopes: Sequence[float]) -> Bounds:
    grams = [weight @ weight.T if weight.shape[0] <= weight.shape[1] else weight.T @ weight for weight in weights]
    extremes = torch.stack([torch.linalg.eigvalsh(gram)[[0, -1]].sqrt() for gram in grams])
    lower, upper = extremes.prod(dim=0) * math.prod(slopes)
    return lower, upper


def _by_logarithms(weights: Sequence[Tensor], slopes: Sequence[float]) -> Bounds:
    sizes = [torch.linalg.svd(slope * weight)[1] for weight, slope in zip(weights, slopes, strict=True)]
    logs = [torch.stack([pick(size).log() for size in sizes]).sum() for pick in (torch.min, torch.max)]
    return logs[0].exp(), logs[1].exp()


def _extreme(weight: Tensor) -> tuple[Tensor, Tensor]:
    sizes = torch.linalg.svdvals(weight)
    return sizes[-1], sizes[0]


def _product(table: Tensor) -> Tensor:
    return table.prod(dim=0)


def _bounds(
    *,
    extremes: Callable[[Tensor], tuple[Tensor, Tensor]] = _extreme,
    slopes: Callable[[list[float]], list[float]] = lambda slopes: slopes,
    join: Callable[[Tensor], Tensor] = _product,
    of_layers: slice = slice(None),
) -> Callable[..., Bounds]:
    """The bounds with one thing changed: a layer's extremes, the slopes, how layers are joined, or which are taken."""

    def bounds(weights: Sequence[Tensor], given: Sequence[float]) -> Bounds:
        rows = [
            slope * torch.stack(list(extremes(weight)))
            for weight, slope in zip(weights, slopes(list(given)), strict=True)
        ][of_layers]
        lower, upper = join(torch.stack(rows) if rows else torch.ones_like(weights[0][0, 0]).repeat(1, 2))
        return lower, upper

    return bounds


def _uneven(lower: Callable[[list[float]], list[float]], upper: Callable[[list[float]], list[float]]) -> Any:
    """Other slopes in one bound than in the other."""
    return lambda weights, slopes: (
        _bounds(slopes=lower)(weights, slopes)[0],
        _bounds(slopes=upper)(weights, slopes)[1],
    )


def _none(slopes: list[float]) -> list[float]:
    return [1.0] * len(slopes)


def _as_given(slopes: list[float]) -> list[float]:
    return slopes


def _alike(pick: Callable[[list[float]], float]) -> Callable[[list[float]], list[float]]:
    """One slope for all layers."""
    return lambda slopes: [pick(slopes)] * len(slopes)


def _once(pick: Callable[[list[float]], float]) -> Callable[[list[float]], list[float]]:
    """One slope for the whole network."""
    return lambda slopes: [pick(slopes), *[1.0] * (len(slopes) - 1)]


def _eigenvalues(weight: Tensor) -> tuple[Tensor, Tensor]:
    sizes = torch.linalg.eigvals(weight).abs()
    return sizes.min(), sizes.max()


def _real_eigenvalues(weight: Tensor) -> tuple[Tensor, Tensor]:
    values = torch.linalg.eigvals(weight).real
    return values.min(), values.max()


def _gram_with_zeros(empty: float) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """The roots of the eigenvalues of WᵀW, which has zeros where W has fewer rows than columns."""

    def extremes(weight: Tensor) -> tuple[Tensor, Tensor]:
        low, high = _extreme(weight)
        return (torch.full_like(low, empty) if weight.shape[0] < weight.shape[1] else low), high

    return extremes


def _norms(order: float | str) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """Another matrix norm for the largest singular value."""
    return lambda weight: (_extreme(weight)[0], torch.linalg.matrix_norm(weight, ord=order))


def _of_the_product(weights: Sequence[Tensor], slopes: Sequence[float]) -> Bounds:
    product = weights[0]
    for weight in weights[1:]:
        product = weight @ product
    low, high = _extreme(product)
    return low * math.prod(slopes), high * math.prod(slopes)


def _whole_network(table: Tensor) -> Tensor:
    return torch.stack([table[:, 0].min(), table[:, 1].max()])


def _powers(weights: Sequence[Tensor], slopes: Sequence[float]) -> Bounds:
    """The extremes of all matrices, to the power of the depth, times the slopes."""
    low, high = _bounds(slopes=_none, join=lambda table: _whole_network(table) ** len(table))(weights, slopes)
    return low * math.prod(slopes), high * math.prod(slopes)


def _powers_of_slopes_too(weights: Sequence[Tensor], slopes: Sequence[float]) -> Bounds:
    low, high = _bounds(slopes=_none, join=lambda table: _whole_network(table) ** len(table))(weights, slopes)
    return low * min(slopes) ** len(slopes), high * max(slopes) ** len(slopes)


GRADIENT_BOUNDS = Exercise(
    id="gradient_bounds",
    reference=reference.gradient_bounds,
    cases=_bound_cases,
    points=2,
    accepted=[
        Accepted("spectral_norms", _by_norms),
        Accepted("eigenvalues_of_the_gram_matrix", _by_gram),
        Accepted("sum_of_logarithms", _by_logarithms),
    ],
    mistakes=[
        Mistake(
            "slopes_left_out",
            _bounds(slopes=_none),
            "The activations' slopes have no part in the result. Each layer's Jacobian is its slope times the weights.",
            credit=0.5,
        ),
        Mistake(
            "slopes_in_one_bound_alone",
            _uneven(_none, _as_given),
            "Only one of the two bounds has the slopes in it. They belong to each layer's Jacobian, and so to both.",
            credit=0.5,
            forms=[_uneven(_as_given, _none)],
        ),
        Mistake(
            "one_slope_for_all",
            _bounds(slopes=_alike(lambda slopes: slopes[0])),
            "One slope is used for every layer. They come one a layer: walk through both lists with zip.",
            credit=0.5,
            forms=[
                _bounds(slopes=_alike(lambda slopes: slopes[-1])),
                _bounds(slopes=_alike(lambda slopes: sum(slopes) / len(slopes))),
                _bounds(slopes=_alike(max)),
                _bounds(slopes=_alike(min)),
            ],
        ),
        Mistake(
            "extreme_slopes_for_all",
            _uneven(_alike(min), _alike(max)),
            "Every layer gets the smallest slope in the lower bound, and the largest in the upper. That is a bound, but"
            " a wider one: take each layer's own.",
            credit=0.5,
        ),
        Mistake(
            "one_slope_for_the_network",
            _bounds(slopes=_once(lambda slopes: slopes[-1])),
            "A slope enters only once. Each layer has one, and all of them are multiplied.",
            credit=0.5,
            forms=[
                _bounds(slopes=_once(lambda slopes: slopes[0])),
                _bounds(slopes=_once(lambda slopes: sum(slopes) / len(slopes))),
            ],
        ),
        Mistake(
            "slopes_added",
            _bounds(slopes=_once(sum)),
            "The slopes are added. They multiply, layer after layer, like the singular values.",
            credit=0.5,
        ),
        Mistake(
            "slopes_squared",
            _bounds(slopes=lambda slopes: [slope**2 for slope in slopes]),
            "The slopes enter squared. A layer's Jacobian has its slope once.",
            credit=0.5,
        ),
        Mistake(
            "divided_by_the_slopes",
            _bounds(slopes=lambda slopes: [1 / slope for slope in slopes]),
            "The slopes divide the bounds. A Jacobian is the slope times the weights: they should multiply.",
            credit=0.5,
        ),
        Mistake(
            "lower_and_upper_exchanged",
            lambda weights, slopes: reference.gradient_bounds(weights, slopes)[::-1],
            "The upper bound comes first, and the lower one is asked for first. Mind that svdvals lists the"
            " largest singular value first.",
            credit=0.5,
        ),
        Mistake(
            "one_extreme_for_all_layers",
            _bounds(join=lambda table: _whole_network(table) ** len(table)),
            "The most extreme factor among the layers is raised to their number. That is a bound, but a wider one:"
            " multiply each layer's own.",
            credit=0.5,
            forms=[_powers, _powers_of_slopes_too],
        ),
        Mistake(
            "extremes_of_all_layers",
            _bounds(join=_whole_network),
            "These are the extremes among the layers, each taken once. Layer after layer the factors multiply.",
            credit=0.25,
        ),
        Mistake(
            "eigenvalues_for_singular_values",
            _bounds(extremes=_eigenvalues),
            "Eigenvalues do not, in general, say how far a matrix stretches, and a layer need not even be square."
            " Use singular values.",
            credit=0.25,
            forms=[_bounds(extremes=_real_eigenvalues)],
        ),
        Mistake(
            "zeros_of_the_gram_matrix",
            _bounds(extremes=_gram_with_zeros(0.0)),
            "The lower bound is wrong where a layer gets narrower: there WᵀW, for one, has eigenvalues 0 that are"
            " no singular values of W. svdvals gives those of W alone.",
            credit=0.75,
            forms=[_bounds(extremes=_gram_with_zeros(math.nan))],
        ),
        Mistake(
            "squared_singular_values",
            _bounds(extremes=lambda weight: (_extreme(weight)[0] ** 2, _extreme(weight)[1] ** 2)),
            "The singular values enter squared, as the eigenvalues of WᵀW are: take their roots.",
            credit=0.5,
            forms=[
                _bounds(extremes=lambda weight: (_gram_with_zeros(0.0)(weight)[0] ** 2, _extreme(weight)[1] ** 2)),
            ],
        ),
        Mistake(
            "frobenius_norm",
            _bounds(extremes=_norms("fro")),
            "A norm over all entries stands where a singular value belongs, and is seldom equal to one. The"
            " largest singular value is matrix_norm with ord=2, or the first of svdvals.",
            credit=0.5,
            forms=[_bounds(extremes=lambda weight: (weight.norm(), weight.norm()))],
        ),
        Mistake(
            "another_matrix_norm",
            _bounds(extremes=_norms(1)),
            "This norm is not the largest singular value: ord=1 and ord=inf add absolute values, 'nuc' all"
            " singular values. In matrix_norm it is ord=2.",
            credit=0.5,
            forms=[_bounds(extremes=_norms(math.inf)), _bounds(extremes=_norms("nuc"))],
        ),
        Mistake(
            "largest_entries",
            _bounds(extremes=lambda weight: (weight.abs().min(), weight.abs().max())),
            "The smallest and largest entries of the matrices are taken. How far a matrix stretches is told by its"
            " singular values.",
            forms=[_bounds(extremes=lambda weight: (weight.min(), weight.max()))],
        ),
        Mistake(
            "product_of_all_singular_values",
            _bounds(extremes=lambda weight: (torch.linalg.svdvals(weight).prod(),) * 2),
            "All singular values are multiplied, as in a determinant. A bound needs the smallest of each layer, or the"
            " largest.",
            credit=0.25,
        ),
        Mistake(
            "singular_values_of_the_product",
            _of_the_product,
            "These are the extremes of the matrices' product. The bounds asked for multiply the extremes of each"
            " layer.",
            credit=0.25,
        ),
        Mistake(
            "sum_for_product",
            _bounds(join=lambda table: table.sum(dim=0)),
            "The factors are added. Layer after layer they multiply.",
            forms=[_bounds(join=lambda table: 1 + table.sum(dim=0))],
        ),
        Mistake(
            "logarithms",
            _bounds(join=lambda table: table.log().sum(dim=0)),
            "These are the logarithms of the bounds. The bounds themselves are asked for.",
            credit=0.5,
        ),
        Mistake(
            "running_products",
            _bounds(join=lambda table: table.cumprod(dim=0).T),
            "Every layer's product is returned. Only the last one, over all layers, is asked for: two tensors without"
            " axes.",
            credit=0.5,
        ),
        Mistake(
            "factors_of_the_layers",
            _bounds(join=lambda table: table.T),
            "One factor a layer is returned. Multiply them: the bounds are two tensors without axes.",
            credit=0.25,
        ),
        Mistake(
            "first_layer_left_out",
            _bounds(of_layers=slice(1, None)),
            "The first layer's factor is missing: the product runs over all weights that you are given.",
            credit=0.5,
        ),
        Mistake(
            "last_layer_left_out",
            _bounds(of_layers=slice(None, -1)),
            "The last layer's factor is missing: the product runs over all weights that you are given.",
            credit=0.5,
        ),
        Mistake(
            "last_layer_alone",
            _bounds(of_layers=slice(-1, None)),
            "Only the last layer counts, as when each turn of a loop overwrites the one before. The bounds are"
            " products over all layers.",
            credit=0.25,
        ),
        Mistake(
            "first_layer_alone",
            _bounds(of_layers=slice(1)),
            "Only the first layer counts, and all should: does a `return` inside of a loop end it early?",
            credit=0.25,
        ),
        Mistake(
            "mean_of_the_factors",
            _bounds(join=lambda table: table.log().mean(dim=0).exp()),
            "This is the mean factor a layer. The bounds are the product over all layers.",
            credit=0.25,
            forms=[_bounds(join=lambda table: table.mean(dim=0))],
        ),
        Mistake(
            "inverted",
            _bounds(join=lambda table: 1 / table.prod(dim=0)),
            "The bounds come out inverted, like the norm at the top over the norm at the input. The factor from"
            " the top to the input is asked for.",
            credit=0.5,
            forms=[_bounds(join=lambda table: (1 / table.prod(dim=0)).flip(0))],
        ),
    ],
    equivalent={
        reasons.ONLY_THE_SHAPE: [
            "lower = upper = torch.ones_like(weights[-1][0, 0])",
            "lower = upper = torch.ones_like(weights[0][-1, 0])",
            "lower = upper = torch.ones_like(weights[0][0, -1])",
        ],
        "There is one slope a layer, so both lists are equally long.": [
            "for weight, slope in zip(weights, slopes):",
            "for weight, slope in zip(weights, slopes, strict=False):",
        ],
    },
)
