"""`activation_spread` and `gradient_bounds`: how a signal fares through many layers, forward and back."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest._checks.wire import Named
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.initialization import reference

Activation = Callable[[Tensor], Tensor]
Spread = Callable[[Tensor, Sequence[Tensor], Activation], Tensor]
Bounds = tuple[Tensor, Tensor]

# --- activation_spread ------------------------------------------------------------------------------------


def _net(rng: np.random.Generator, *widths: int, dtype: torch.dtype = torch.float64) -> tuple[Tensor, list[Tensor]]:
    """Rows of `widths[0]` features, and weights (out, in) between the widths."""
    x = torch.from_numpy(0.5 + rng.standard_normal((7, widths[0]))).to(dtype)
    pairs = itertools.pairwise(widths)
    return x, [torch.from_numpy(rng.normal(0.1, 1.5 / a**0.5, (b, a))).to(dtype) for a, b in pairs]


def _spread_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, activation: str, *widths: int, dtype: torch.dtype = torch.float64, slack: float = 1) -> Case:
        x, weights = _net(rng, *widths, dtype=dtype)
        args = [x, weights, Named("activation", {"name": activation})]
        return Case(name, {"args": args, "kwargs": {}, "outputs": ["the spread by layer"]}, slack=slack)

    return [
        case("three square layers, tanh", "tanh", 5, 5, 5, 5),
        case("three square layers, ReLU", "ReLU", 6, 6, 6, 6),
        case("four square layers, sigmoid", "sigmoid", 4, 4, 4, 4, 4),
        case("layers of different widths, leaky ReLU", "leaky ReLU", 3, 8, 5, 2),
        case("a single layer", "scaled tanh", 4, 6),
        case("float32, ten layers", "tanh", *[8] * 11, dtype=torch.float32, slack=10),
    ]


def _by_moments(x: Tensor, weights: Sequence[Tensor], activation: Activation) -> Tensor:
    spreads = torch.empty(len(weights), dtype=x.dtype, device=x.device)
    for layer, weight in enumerate(weights):
        x = activation((weight @ x.T).T)
        spreads[layer] = ((x - x.mean()) ** 2).mean() ** 0.5
    return spreads


def _unbiased(x: Tensor, weights: Sequence[Tensor], activation: Activation) -> Tensor:
    spreads = []
    for weight in weights:
        x = activation(x @ weight.T)
        spreads.append(x.std())
    return torch.stack(spreads)


def _recursive(x: Tensor, weights: Sequence[Tensor], activation: Activation) -> Tensor:
    h = activation(torch.einsum("ni,oi->no", x, weights[0]))
    first = h.std(correction=0)[None]
    return torch.cat([first, _recursive(h, weights[1:], activation)]) if len(weights) > 1 else first


def _kept_layers(x: Tensor, weights: Sequence[Tensor], activation: Activation) -> Tensor:
    layers = [x]
    for weight in weights:
        layers.append(activation(layers[-1] @ weight.T))
    return torch.tensor([h.var(correction=0).sqrt().item() for h in layers[1:]], dtype=x.dtype, device=x.device)


def _spread(
    *,
    measure: Callable[[Tensor], Tensor] = lambda h: h.std(correction=0),
    pass_on: Callable[[Tensor, Tensor, Activation], Tensor] = lambda h, z, activation: activation(z),
    seen: Callable[[Tensor, Tensor, Activation], Tensor] = lambda h, z, activation: activation(z),
    weigh: Callable[[Tensor, Tensor], Tensor] = lambda h, weight: h @ weight.T,
) -> Spread:
    """The measurement with one thing changed: what is measured, what of it, and what the next layer gets."""

    def spread(x: Tensor, weights: Sequence[Tensor], activation: Activation) -> Tensor:
        spreads = []
        for weight in weights:
            z = weigh(x, weight)
            spreads.append(measure(seen(x, z, activation)))
            x = pass_on(x, z, activation)
        return torch.stack(spreads)

    return spread


def _input_first(x: Tensor, weights: Sequence[Tensor], activation: Activation) -> Tensor:
    return torch.cat([x.std(correction=0)[None], reference.activation_spread(x, weights, activation)[:-1]])


ACTIVATION_SPREAD = Exercise(
    id="activation_spread",
    reference=reference.activation_spread,
    cases=_spread_cases,
    points=2,
    accepted=[
        Accepted("by_moments", _by_moments),
        Accepted("recursive", _recursive),
        Accepted("all_layers_kept", _kept_layers),
        Accepted("unbiased_deviation", _unbiased, "the deviation divides by n − 1, as torch.std does by default."),
    ],
    mistakes=[
        Mistake(
            "before_the_activation",
            _spread(seen=lambda h, z, activation: z),
            "This measures the sums that enter the activation. Measure what leaves it.",
            credit=0.5,
        ),
        Mistake(
            "activation_left_out",
            _spread(seen=lambda h, z, activation: z, pass_on=lambda h, z, activation: z),
            "The activation is never applied: this is a linear network.",
            credit=0.25,
        ),
        Mistake(
            "next_layer_gets_the_sums",
            _spread(pass_on=lambda h, z, activation: z),
            "The measured values went through the activation, but the next layer gets the sums before it.",
            credit=0.25,
        ),
        Mistake(
            "every_layer_sees_the_input",
            _spread(pass_on=lambda h, z, activation: h),
            "Each layer is fed with x. What one layer gives is what the next one gets.",
        ),
        Mistake(
            "weights_not_transposed",
            _spread(weigh=lambda h, weight: h @ weight),
            "Weights are (out, in) and examples are rows: a layer computes h @ weight.T. Square layers hide this.",
            credit=0.25,
        ),
        Mistake(
            "variance_for_deviation",
            _spread(measure=lambda h: h.var(correction=0)),
            "This is the variance. Its root, the standard deviation, is asked for.",
            credit=0.5,
        ),
        Mistake(
            "root_mean_square",
            _spread(measure=lambda h: h.square().mean().sqrt()),
            "The mean is not subtracted. After a ReLU or a sigmoid it is far from zero.",
            credit=0.5,
        ),
        Mistake(
            "mean_deviation_of_units",
            _spread(measure=lambda h: h.std(dim=0, correction=0).mean()),
            "Each unit's deviation is taken and then averaged. One deviation over all entries of a layer is asked for.",
            credit=0.5,
        ),
        Mistake(
            "mean_deviation_of_examples",
            _spread(measure=lambda h: h.std(dim=1, correction=0).mean()),
            "Each example's deviation is taken and then averaged. One deviation over all entries is asked for.",
            credit=0.5,
        ),
        Mistake(
            "input_for_the_last_layer",
            _input_first,
            "The first number is the spread of the input, and the last layer is missing. Measure after each layer.",
            credit=0.25,
        ),
        Mistake(
            "only_the_last_layer",
            lambda x, weights, activation: reference.activation_spread(x, weights, activation)[-1],
            "Only the last layer's spread is returned. Collect one number a layer and stack them.",
            credit=0.25,
        ),
        Mistake(
            "activation_twice",
            _spread(pass_on=lambda h, z, activation: activation(activation(z))),
            "The activation is applied when measuring and once more on the way to the next layer.",
            credit=0.25,
        ),
    ],
)

# --- gradient_bounds --------------------------------------------------------------------------------------


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


def _bounds(
    extremes: Callable[[Tensor], tuple[Tensor, Tensor]],
    join: Callable[[Tensor], Tensor] = lambda table: table.prod(dim=0),
) -> Callable[[Sequence[Tensor], Sequence[float]], Bounds]:
    """The bounds with one thing changed: the extremes of a layer, or how the layers are joined."""

    def bounds(weights: Sequence[Tensor], slopes: Sequence[float]) -> Bounds:
        pairs = zip(weights, slopes, strict=True)
        table = torch.stack([slope * torch.stack(list(extremes(weight))) for weight, slope in pairs])
        lower, upper = join(table)
        return lower, upper

    return bounds


def _extreme(weight: Tensor) -> tuple[Tensor, Tensor]:
    sizes = torch.linalg.svdvals(weight)
    return sizes[-1], sizes[0]


def _eigenvalues(weight: Tensor) -> tuple[Tensor, Tensor]:
    sizes = torch.linalg.eigvals(weight).abs()
    return sizes.min(), sizes.max()


def _of_the_product(weights: Sequence[Tensor], slopes: Sequence[float]) -> Bounds:
    product = weights[0]
    for weight in weights[1:]:
        product = weight @ product
    low, high = _extreme(product)
    return low * math.prod(slopes), high * math.prod(slopes)


def _without_slopes(weights: Sequence[Tensor], slopes: Sequence[float]) -> Bounds:
    return reference.gradient_bounds(weights, [1.0] * len(weights))


def _last_left_out(weights: Sequence[Tensor], slopes: Sequence[float]) -> Bounds:
    nothing = torch.eye(1, dtype=weights[0].dtype, device=weights[0].device)
    return reference.gradient_bounds([*weights[:-1], nothing], [*slopes[:-1], 1.0])


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
            _without_slopes,
            "The activations' slopes are missing: each layer's Jacobian is its slope times the weights.",
            credit=0.5,
        ),
        Mistake(
            "one_slope_for_all",
            lambda weights, slopes: reference.gradient_bounds(weights, [slopes[0]] * len(weights)),
            "The first slope is used for every layer. They come one a layer: walk through both lists with zip.",
            credit=0.5,
        ),
        Mistake(
            "lower_and_upper_exchanged",
            lambda weights, slopes: reference.gradient_bounds(weights, slopes)[::-1],
            "The upper bound comes first. svdvals lists the largest singular value first.",
            credit=0.5,
        ),
        Mistake(
            "one_extreme_for_all_layers",
            _bounds(_extreme, lambda t: torch.stack([t[:, 0].min(), t[:, 1].max()]) ** len(t)),
            "The worst layer's factor is raised to the number of layers. That is a bound, but a wider one: multiply "
            "each layer's own.",
            credit=0.5,
        ),
        Mistake(
            "eigenvalues_for_singular_values",
            _bounds(_eigenvalues),
            "Eigenvalues do not say how far a matrix stretches, unless it is symmetric, and a layer need not even be "
            "square. Use singular values.",
            credit=0.25,
        ),
        Mistake(
            "squared_singular_values",
            _bounds(lambda weight: (_extreme(weight)[0] ** 2, _extreme(weight)[1] ** 2)),
            "The eigenvalues of WᵀW are the squares of the singular values: take their roots.",
            credit=0.5,
        ),
        Mistake(
            "frobenius_norm",
            _bounds(lambda weight: (_extreme(weight)[0], weight.norm())),
            "The norm over all entries is larger than the largest singular value. matrix_norm needs ord=2.",
            credit=0.5,
        ),
        Mistake(
            "singular_values_of_the_product",
            _of_the_product,
            "These are the extremes of the matrices' product, for this one network and exact. The bounds asked for "
            "multiply the extremes of each layer.",
            credit=0.25,
        ),
        Mistake(
            "sum_for_product",
            _bounds(_extreme, lambda table: table.sum(dim=0)),
            "The factors are added. Layer after layer they multiply.",
        ),
        Mistake(
            "last_layer_left_out",
            _last_left_out,
            "The last layer's factor is missing: the product runs over all weights that you are given.",
            credit=0.5,
        ),
        Mistake(
            "mean_of_the_factors",
            _bounds(_extreme, lambda table: table.log().mean(dim=0).exp()),
            "This is the mean factor a layer. The bounds are the product over all layers.",
            credit=0.25,
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
