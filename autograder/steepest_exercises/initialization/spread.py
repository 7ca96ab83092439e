"""`activation_spread`: how a signal fares through many layers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest._checks.wire import Named
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.initialization import reference

Activation = Callable[[Tensor], Tensor]


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


Measure = Callable[[Tensor], Tensor]
Step = Callable[[Tensor, Tensor, Activation], Tensor]


def _biased(h: Tensor) -> Tensor:
    return h.std(correction=0)


def _by_default(h: Tensor) -> Tensor:
    return h.std()


def _activated(h: Tensor, z: Tensor, activation: Activation) -> Tensor:
    return activation(z)


def _sums(h: Tensor, z: Tensor, activation: Activation) -> Tensor:
    return z


def _stacked(spreads: list[Tensor], first: Tensor) -> Tensor:
    return torch.stack(spreads)


def _spread(
    *,
    measure: Measure = _biased,
    pass_on: Step = _activated,
    seen: Step = _activated,
    weigh: Callable[[Tensor, Tensor], Tensor] = lambda h, weight: h @ weight.T,
    order: Callable[[list[Tensor]], list[Tensor]] = lambda weights: weights,
    instead: Callable[[Activation, int, int], Activation] = lambda activation, layer, layers: activation,
    give: Callable[[list[Tensor], Tensor], Any] = _stacked,
) -> Callable[..., Any]:
    """The measurement with one thing changed.

    Parameters
    ----------
    measure, seen : callable
        What is measured, and of what.
    pass_on : callable
        What the next layer gets.
    weigh, order, instead : callable
        How a layer multiplies, in which order they come, and which activation it has.
    give : callable
        What is returned, from the list of spreads and the spread of the input.
    """

    def spread(x: Tensor, weights: Sequence[Tensor], activation: Activation) -> Any:
        spreads, h = [], x
        for layer, weight in enumerate(order(list(weights))):
            z, act = weigh(h, weight), instead(activation, layer, len(weights))
            spreads.append(measure(seen(h, z, act)))
            h = pass_on(h, z, act)
        return give(spreads, measure(x))

    return spread


def _of_means(axis: int, correction: int) -> Measure:
    return lambda h: h.mean(dim=axis).std(correction=correction)


def _linear(z: Tensor) -> Tensor:
    return z


def _with_input(spreads: list[Tensor], first: Tensor) -> Tensor:
    return torch.stack([first, *spreads])


def _default_type(spreads: list[Tensor], first: Tensor) -> Tensor:
    return torch.tensor([float(spread) for spread in spreads], device=first.device)


UNBIASED = "the deviation divides by n − 1, as torch.std does by default."
DEFAULT_TYPE = "The numbers are in torch's default type; dtype=x.dtype keeps the type of x."

ACTIVATION_SPREAD = Exercise(
    id="activation_spread",
    reference=reference.activation_spread,
    cases=_spread_cases,
    points=2,
    accepted=[
        Accepted("by_moments", _by_moments),
        Accepted("recursive", _recursive),
        Accepted("all_layers_kept", _kept_layers),
        Accepted("unbiased_deviation", _unbiased, UNBIASED),
        Accepted("list_of_numbers", _spread(give=_default_type), DEFAULT_TYPE),
        Accepted(
            "list_of_numbers_unbiased",
            _spread(measure=_by_default, give=_default_type),
            f"{UNBIASED} {DEFAULT_TYPE}",
        ),
    ],
    mistakes=[
        Mistake(
            "before_the_activation",
            _spread(seen=_sums),
            "This measures the sums that enter the activation. Measure what leaves it.",
            credit=0.5,
            forms=[_spread(measure=_by_default, seen=_sums)],
        ),
        Mistake(
            "activation_left_out",
            _spread(seen=_sums, pass_on=_sums),
            "The activation is never applied: this is a linear network.",
            credit=0.25,
            forms=[_spread(measure=_by_default, seen=_sums, pass_on=_sums)],
        ),
        Mistake(
            "next_layer_gets_the_sums",
            _spread(pass_on=_sums),
            "The measured values went through the activation, but the next layer gets the sums before it.",
            credit=0.25,
            forms=[_spread(measure=_by_default, pass_on=_sums)],
        ),
        Mistake(
            "activation_missing_in_the_last_layer",
            _spread(instead=lambda activation, layer, layers: _linear if layer == layers - 1 else activation),
            "All layers but the last are right: there the activation is left out. It comes after every layer.",
            credit=0.5,
            forms=[
                _spread(
                    measure=_by_default,
                    instead=lambda activation, layer, layers: _linear if layer == layers - 1 else activation,
                )
            ],
        ),
        Mistake(
            "activation_in_the_first_layer_alone",
            _spread(instead=lambda activation, layer, layers: _linear if layer else activation),
            "The activation comes after the first layer alone. It comes after every layer.",
            credit=0.25,
            forms=[
                _spread(measure=_by_default, instead=lambda activation, layer, layers: _linear if layer else activation)
            ],
        ),
        Mistake(
            "always_tanh",
            _spread(instead=lambda activation, layer, layers: torch.tanh),
            "The result is that of tanh, whatever activation is handed in: call the argument `activation`.",
            credit=0.25,
            forms=[_spread(measure=_by_default, instead=lambda activation, layer, layers: torch.tanh)],
        ),
        Mistake(
            "always_relu",
            _spread(instead=lambda activation, layer, layers: torch.relu),
            "The result is that of relu, whatever activation is handed in: call the argument `activation`.",
            credit=0.25,
            forms=[_spread(measure=_by_default, instead=lambda activation, layer, layers: torch.relu)],
        ),
        Mistake(
            "always_sigmoid",
            _spread(instead=lambda activation, layer, layers: torch.sigmoid),
            "The result is that of sigmoid, whatever activation is handed in: call the argument `activation`.",
            credit=0.25,
            forms=[_spread(measure=_by_default, instead=lambda activation, layer, layers: torch.sigmoid)],
        ),
        Mistake(
            "every_layer_sees_the_input",
            _spread(pass_on=lambda h, z, activation: h),
            "Each layer is fed with x. What one layer gives is what the next one gets.",
            forms=[_spread(measure=_by_default, pass_on=lambda h, z, activation: h)],
        ),
        Mistake(
            "weights_not_transposed",
            _spread(weigh=lambda h, weight: h @ weight),
            "The weights are used the wrong way round. They are (out, in) and examples are rows, so a layer"
            " computes h @ weight.T. With square layers nothing raises.",
            credit=0.25,
            forms=[_spread(measure=_by_default, weigh=lambda h, weight: h @ weight)],
        ),
        Mistake(
            "layers_in_reverse",
            _spread(order=lambda weights: weights[::-1]),
            "The layers are passed from the last to the first. The signal meets weights[0] first.",
            credit=0.25,
            forms=[_spread(measure=_by_default, order=lambda weights: weights[::-1])],
        ),
        Mistake(
            "variance_for_deviation",
            _spread(measure=lambda h: h.var(correction=0)),
            "This is the variance. Its root, the standard deviation, is asked for.",
            credit=0.5,
            forms=[_spread(measure=lambda h: h.var())],
        ),
        Mistake(
            "root_mean_square",
            _spread(measure=lambda h: h.square().mean().sqrt()),
            "The mean is not subtracted. After a ReLU or a sigmoid it is not zero.",
            credit=0.5,
            forms=[_spread(measure=lambda h: h.norm() / (h.numel() - 1) ** 0.5)],
        ),
        Mistake(
            "mean_square",
            _spread(measure=lambda h: h.square().mean()),
            "This is the mean of the squares: neither is the mean subtracted, nor the root taken.",
            credit=0.25,
        ),
        Mistake(
            "norm_for_deviation",
            _spread(measure=lambda h: h.norm()),
            "This is a norm, which grows with the number of entries. The deviation is the root of a mean: divide"
            " by the number of entries before the root.",
            credit=0.25,
            forms=[_spread(measure=lambda h: (h - h.mean()).norm())],
        ),
        Mistake(
            "mean_absolute_value",
            _spread(measure=lambda h: h.abs().mean()),
            "This is a mean of absolute values. The standard deviation is the root of the mean square.",
            credit=0.25,
            forms=[_spread(measure=lambda h: (h - h.mean()).abs().mean())],
        ),
        Mistake(
            "mean_for_deviation",
            _spread(measure=lambda h: h.mean()),
            "This is the mean of each layer. How far its entries spread, the standard deviation, is asked for.",
        ),
        Mistake(
            "range_for_deviation",
            _spread(measure=lambda h: h.max() - h.min()),
            "This is the range, from the smallest entry to the largest. The standard deviation is asked for.",
        ),
        Mistake(
            "mean_deviation_of_units",
            _spread(measure=lambda h: h.std(dim=0, correction=0).mean()),
            "Each unit's deviation is taken and then averaged. One deviation over all entries of a layer is asked for.",
            credit=0.5,
            forms=[_spread(measure=lambda h: h.std(dim=0).mean())],
        ),
        Mistake(
            "mean_deviation_of_examples",
            _spread(measure=lambda h: h.std(dim=1, correction=0).mean()),
            "Each example's deviation is taken and then averaged. One deviation over all entries is asked for.",
            credit=0.5,
            forms=[_spread(measure=lambda h: h.std(dim=1).mean())],
        ),
        Mistake(
            "deviation_of_the_means",
            _spread(measure=_of_means(0, 0)),
            "The units or examples are averaged first, and the deviation is that of their means. Take it over all"
            " entries of a layer at once.",
            credit=0.25,
            forms=[*(_spread(measure=_of_means(axis, n)) for axis, n in ((0, 1), (1, 0), (1, 1)))],
        ),
        Mistake(
            "one_example_alone",
            _spread(measure=lambda h: h[0].std(correction=0)),
            "Only the first example is measured. The deviation is that of all entries, over all examples and units.",
            credit=0.25,
            forms=[_spread(measure=lambda h: h[0].std())],
        ),
        Mistake(
            "input_for_the_last_layer",
            _spread(give=lambda spreads, first: torch.stack([first, *spreads[:-1]])),
            "The first number is the spread of the input, and the last layer is missing. Measure after each layer.",
            credit=0.25,
            forms=[_spread(measure=_by_default, give=lambda spreads, first: torch.stack([first, *spreads[:-1]]))],
        ),
        Mistake(
            "input_counted_as_a_layer",
            _spread(give=_with_input),
            "The values are right, but the spread of the input stands in front of them. One entry a layer is"
            " asked for.",
            credit=0.75,
            forms=[_spread(measure=_by_default, give=_with_input)],
        ),
        Mistake(
            "last_layer_missing",
            _spread(give=lambda spreads, first: _with_input(spreads, first)[1:-1]),
            "The values are right, but the last layer is missing. One entry a layer is asked for.",
            credit=0.5,
            forms=[_spread(measure=_by_default, give=lambda spreads, first: _with_input(spreads, first)[1:-1])],
        ),
        Mistake(
            "only_the_last_layer",
            _spread(give=lambda spreads, first: spreads[-1]),
            "Only the last layer's spread is returned. Collect one number a layer and stack them.",
            credit=0.25,
            forms=[_spread(measure=_by_default, give=lambda spreads, first: spreads[-1])],
        ),
        Mistake(
            "only_the_first_layer",
            _spread(give=lambda spreads, first: spreads[0][None]),
            "Only the first layer's spread is returned. One entry a layer is asked for: does a `return` inside of"
            " a loop end it early?",
            credit=0.25,
            forms=[
                _spread(measure=_by_default, give=lambda spreads, first: spreads[0][None]),
                *(
                    _spread(measure=measure, give=lambda spreads, first: spreads[0])
                    for measure in (_biased, _by_default)
                ),
            ],
        ),
        Mistake(
            "mean_over_the_layers",
            _spread(give=lambda spreads, first: torch.stack(spreads).mean()),
            "The layers' spreads are averaged. One entry a layer is asked for.",
            credit=0.25,
            forms=[_spread(measure=_by_default, give=lambda spreads, first: torch.stack(spreads).mean())],
        ),
        Mistake(
            "from_the_last_layer_to_the_first",
            _spread(give=lambda spreads, first: torch.stack(spreads[::-1])),
            "The values are right, but begin with the last layer. weights[0] comes first.",
            credit=0.5,
            forms=[_spread(measure=_by_default, give=lambda spreads, first: torch.stack(spreads[::-1]))],
        ),
        Mistake(
            "ratios",
            _spread(give=lambda spreads, first: torch.stack(spreads) / _with_input(spreads, first)[:-1]),
            "Each spread is divided by the one before. The spreads themselves are asked for.",
            credit=0.25,
            forms=[
                _spread(
                    measure=_by_default,
                    give=lambda spreads, first: torch.stack(spreads) / _with_input(spreads, first)[:-1],
                )
            ],
        ),
        Mistake(
            "relative_to_the_input",
            _spread(give=lambda spreads, first: torch.stack(spreads) / first),
            "The spreads are divided by that of the input. The spreads themselves are asked for.",
            credit=0.5,
            forms=[_spread(measure=_by_default, give=lambda spreads, first: torch.stack(spreads) / first)],
        ),
        Mistake(
            "logarithms",
            _spread(give=lambda spreads, first: torch.stack(spreads).log()),
            "These are the logarithms of the spreads. The spreads themselves are asked for.",
            credit=0.5,
            forms=[_spread(measure=_by_default, give=lambda spreads, first: torch.stack(spreads).log())],
        ),
        Mistake(
            "a_list_is_returned",
            _spread(give=lambda spreads, first: [float(spread) for spread in spreads]),
            "The numbers are right, but they are not in a tensor: torch.stack makes one of a list of tensors, and"
            " torch.tensor of a list of floats.",
            credit=0.75,
            forms=[_spread(measure=_by_default, give=lambda spreads, first: [float(spread) for spread in spreads])],
        ),
        Mistake(
            "a_column_is_returned",
            _spread(give=lambda spreads, first: torch.stack(spreads)[:, None]),
            "The numbers are right, but each stands in a row of its own: one axis is asked for, with an entry a layer.",
            credit=0.75,
            forms=[_spread(measure=_by_default, give=lambda spreads, first: torch.stack(spreads)[:, None])],
        ),
        Mistake(
            "activation_twice",
            _spread(pass_on=lambda h, z, activation: activation(activation(z))),
            "The activation is applied twice on the way through a layer. Apply it once, measure that, and hand the"
            " same on to the next layer.",
            credit=0.25,
            forms=[
                _spread(measure=_by_default, pass_on=lambda h, z, activation: activation(activation(z))),
                _spread(
                    seen=lambda h, z, activation: activation(activation(z)),
                    pass_on=lambda h, z, activation: activation(activation(z)),
                ),
            ],
        ),
        Mistake(
            "standardized_on_the_way",
            _spread(
                pass_on=lambda h, z, activation: (
                    (activation(z) - activation(z).mean()) / activation(z).std(correction=0)
                )
            ),
            "The next layer gets activations that are scaled to deviation 1. Pass on what leaves the activation as"
            " it is.",
            credit=0.25,
            forms=[
                _spread(
                    measure=_by_default,
                    pass_on=lambda h, z, activation: (
                        (activation(z) - activation(z).mean()) / activation(z).std(correction=0)
                    ),
                ),
                _spread(pass_on=lambda h, z, activation: activation(z) / activation(z).std(correction=0)),
            ],
        ),
    ],
)
