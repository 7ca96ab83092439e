"""Exercise `delta_norms` of `08_backpropagation`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.backpropagation import reference
from steepest_exercises.inputs import normal, uniform

Down = Callable[[Tensor, Sequence[Tensor], Sequence[Tensor], int], Tensor]
DEEP = 25


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, *widths: int, dtype: torch.dtype = torch.float64, slack: float = 1.0, low: float = 0.1) -> Case:
        """Widths from the input's to the output's."""
        weights = [normal(rng, out, into) / into**0.5 for into, out in itertools.pairwise(widths)]
        slopes = [uniform(rng, low, 1.0, out) for out in widths[1:]]
        args = [normal(rng, widths[-1]).to(dtype), [w.to(dtype) for w in weights], [s.to(dtype) for s in slopes]]
        return Case(name, {"args": args, "kwargs": {}, "outputs": ["the norms"]}, slack=slack)

    return [
        case("three layers of different widths", 5, 4, 3, 6),
        case("four layers of equal width", 4, 4, 4, 4, 4),
        case("two layers", 3, 5, 2),
        case("layers that get narrower", 9, 7, 5, 3),
        case("layers that get wider", 2, 3, 6, 8),
        case("one unit a layer", 1, 1, 1, 1),
        case("twenty-five layers", *[6] * (DEEP + 1), slack=10),
        case("float32", 6, 5, 5, 4, dtype=torch.float32, slack=3),
        case("slopes of both signs", 7, 9, 8, 6, low=-1.0),
    ]


def _from_the_top(delta: Tensor, weights: Sequence[Tensor], slopes: Sequence[Tensor]) -> Tensor:
    norms = [delta.norm()]
    for weight, slope in zip(reversed(weights), reversed(slopes), strict=True):
        delta = weight.T @ (slope * delta)
        norms.insert(0, delta.norm())
    return torch.stack(norms)


def _filled(delta: Tensor, weights: Sequence[Tensor], slopes: Sequence[Tensor]) -> Tensor:
    norms = delta.new_empty(len(weights) + 1)
    for layer in range(len(weights), 0, -1):
        norms[layer] = delta.square().sum().sqrt()
        delta = (slopes[layer - 1] * delta) @ weights[layer - 1]
    norms[0] = delta.square().sum().sqrt()
    return norms


def _whole_jacobians(delta: Tensor, weights: Sequence[Tensor], slopes: Sequence[Tensor]) -> Tensor:
    product = torch.eye(len(delta), dtype=delta.dtype, device=delta.device)
    norms = [delta.norm()]
    for weight, slope in list(zip(weights, slopes, strict=True))[::-1]:
        product = weight.T @ torch.diag(slope) @ product
        norms.append((product @ delta).norm())
    found: Tensor = torch.stack(norms).flip(0)
    return found


def _recursive(delta: Tensor, weights: Sequence[Tensor], slopes: Sequence[Tensor]) -> Tensor:
    here: Tensor = delta.norm()[None]
    if not len(weights):
        return here
    below = weights[-1].T @ (slopes[-1] * delta)
    return torch.cat([_recursive(below, weights[:-1], slopes[:-1]), here])


def _right(delta: Tensor, weights: Sequence[Tensor], slopes: Sequence[Tensor], layer: int) -> Tensor:
    return weights[layer].T @ (slopes[layer] * delta)


def _length(delta: Tensor) -> Tensor:
    norm: Tensor = delta.norm()
    return norm


def _norms(
    down: Down = _right,
    *,
    measure: Callable[[Tensor], Tensor] = _length,
    give: Callable[[Tensor], Any] = lambda norms: norms,
    backwards: bool = True,
) -> Callable[..., Any]:
    """The norms with one thing changed: a step down, what is measured, what is returned, or where it begins."""

    def norms(delta: Tensor, weights: Sequence[Tensor], slopes: Sequence[Tensor]) -> Any:
        found = [measure(delta)]
        for layer in range(len(weights))[:: -1 if backwards else 1]:
            delta = down(delta, weights, slopes, layer)
            found.insert(0, measure(delta))
        return give(torch.stack(found))

    return norms


def _slope_below(delta: Tensor, weights: Sequence[Tensor], slopes: Sequence[Tensor], layer: int) -> Tensor:
    below = weights[layer].T @ delta
    return slopes[layer - 1] * below if layer else below


def _at_the_sums(delta: Tensor, weights: Sequence[Tensor], slopes: Sequence[Tensor]) -> Tensor:
    norms: Tensor = _norms(_slope_below)(slopes[-1] * delta, weights, slopes)
    return norms


def _measured_at_the_sums(delta: Tensor, weights: Sequence[Tensor], slopes: Sequence[Tensor]) -> Tensor:
    """Each norm is taken behind the slopes and before the weights."""
    found = [delta.norm()]
    for weight, slope in zip(reversed(weights), reversed(slopes), strict=True):
        found.insert(0, (slope * delta).norm())
        delta = weight.T @ (slope * delta)
    return torch.stack(found)


def _unit_length(*, first: bool, at_once: bool) -> Callable[..., Tensor]:
    """The gradient is made one of length 1 on its way down: also at the top, or before it is measured."""

    def norms(delta: Tensor, weights: Sequence[Tensor], slopes: Sequence[Tensor]) -> Tensor:
        found = [delta.norm()]
        delta = delta / delta.norm() if first else delta
        for weight, slope in zip(reversed(weights), reversed(slopes), strict=True):
            delta = weight.T @ (slope * delta)
            found.insert(0, (delta / delta.norm()).norm() if at_once else delta.norm())
            delta = delta / delta.norm()
        return torch.stack(found)

    return norms


def _gradients(delta: Tensor, weights: Sequence[Tensor], slopes: Sequence[Tensor]) -> list[Tensor]:
    found = [delta]
    for weight, slope in zip(reversed(weights), reversed(slopes), strict=True):
        found.insert(0, weight.T @ (slope * found[0]))
    return found


def _bound(size: Callable[[Tensor], Tensor], slopes_in: bool = True) -> Callable[..., Tensor]:
    """The top's norm times a norm of each Jacobian."""

    def norms(delta: Tensor, weights: Sequence[Tensor], slopes: Sequence[Tensor]) -> Tensor:
        found = [delta.norm()]
        for weight, slope in zip(reversed(weights), reversed(slopes), strict=True):
            found.insert(0, found[0] * size(slope[:, None] * weight if slopes_in else weight))
        return torch.stack(found)

    return norms


def _bound_by_parts(largest: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    """The top's norm times the largest slope and the largest singular value of each layer."""

    def norms(delta: Tensor, weights: Sequence[Tensor], slopes: Sequence[Tensor]) -> Tensor:
        found = [delta.norm()]
        for weight, slope in zip(reversed(weights), reversed(slopes), strict=True):
            found.insert(0, found[0] * largest(slope) * torch.linalg.matrix_norm(weight, ord=2))
        return torch.stack(found)

    return norms


def _same_width(slopes: Sequence[Tensor], layer: int, width: int) -> Tensor:
    """The slopes of a layer, where they fit; the first or last layer stands in for what lies beyond."""
    found = slopes[min(max(layer, 0), len(slopes) - 1)]
    return found if len(found) == width else found.new_full((width,), torch.nan)


def _steps_alone(norms: Tensor) -> Tensor:
    return torch.cat([norms[:-1] / norms[1:], norms[-1:]])


DELTA_NORMS = Exercise(
    id="delta_norms",
    reference=reference.delta_norms,
    cases=_cases,
    points=3,
    accepted=[
        Accepted("from_the_top", _from_the_top),
        Accepted("filled_by_index", _filled),
        Accepted("whole_jacobians", _whole_jacobians),
        Accepted("recursive", _recursive),
        Accepted(
            "list_of_numbers",
            lambda delta, weights, slopes: torch.tensor(
                [float(norm) for norm in _from_the_top(delta, weights, slopes)], device=delta.device
            ),
            "The norms are in torch's default type; dtype=delta.dtype keeps the type of the gradient.",
        ),
    ],
    mistakes=[
        Mistake(
            "slope_after",
            _norms(_slope_below),
            "The slope comes after the weights, and so from the layer below. δ is the gradient at the outputs a: on "
            "its way down it meets the layer's own slope first, then its weights.",
            0.25,
            forms=[
                _at_the_sums,
                _norms(
                    lambda delta, weights, slopes, layer: (
                        slopes[max(layer - 1, 0)] * (weights[layer].T @ delta)
                        if slopes[max(layer - 1, 0)].shape == weights[layer][0].shape
                        else weights[layer].T @ delta
                    )
                ),
                _norms(lambda delta, weights, slopes, layer: slopes[layer] * (weights[layer].T @ delta)),
            ],
        ),
        Mistake(
            "no_slopes",
            _norms(lambda delta, weights, slopes, layer: weights[layer].T @ delta),
            "The activations' slopes have no part in the result. Each layer multiplies by g′ and by Wᵀ.",
            0.25,
        ),
        Mistake(
            "no_weights",
            _norms(
                lambda delta, weights, slopes, layer: (
                    (slopes[layer] * delta).mean() * torch.ones_like(weights[layer][0])
                    if weights[layer].shape[0] != weights[layer].shape[1]
                    else slopes[layer] * delta
                )
            ),
            "The weights have no part in the result. Each layer multiplies by g′ and by Wᵀ.",
        ),
        Mistake(
            "no_transpose",
            _norms(lambda delta, weights, slopes, layer: weights[layer] @ (slopes[layer] * delta)),
            "The weights are used as on the way up. Backwards a layer's transpose leads from its units to its inputs; "
            "with layers of equal width nothing raises.",
            0.25,
            forms=[_norms(lambda delta, weights, slopes, layer: slopes[layer] * (weights[layer] @ delta))],
        ),
        Mistake(
            "slopes_from_the_other_end",
            _norms(lambda delta, weights, slopes, layer: weights[layer].T @ (slopes[len(slopes) - 1 - layer] * delta)),
            "The weights are taken from the last layer on, and the slopes from the first, which raises unless widths "
            "are equal. Both lists belong together: turn both round.",
            0.25,
        ),
        Mistake(
            "reversed",
            _norms(give=lambda norms: norms.flip(0)),
            "The norms come from the top to the bottom. Entry 0 is that of the input, and entry L is ‖delta‖.",
            0.5,
        ),
        Mistake(
            "layers_from_the_first",
            _norms(backwards=False),
            "The layers are passed from the first to the last. A gradient comes in at the top and meets the last layer "
            "first.",
            0.25,
            forms=[_norms(backwards=False, give=lambda norms: norms.flip(0))],
        ),
        Mistake(
            "ratio",
            _norms(give=lambda norms: norms / norms[-1]),
            "The norms are divided by that of delta, or of another entry. The norms themselves are asked for.",
            0.5,
            forms=[
                _norms(give=lambda norms: norms / norms[0]),
                _norms(give=lambda norms: norms / norms.max()),
                _norms(give=lambda norms: norms / norms.sum()),
            ],
        ),
        Mistake(
            "factor_of_each_layer",
            _norms(give=_steps_alone),
            "Each entry is divided by the one above: these are the factors of the layers. The norms themselves are "
            "asked for.",
            0.5,
            forms=[_norms(give=lambda norms: norms[:-1] / norms[1:])],
        ),
        Mistake(
            "without_last",
            _norms(give=lambda norms: norms[:-1]),
            "The entry of delta itself is missing. There is one for each layer's output and one for the input: L + 1.",
            0.5,
            forms=[_norms(give=lambda norms: norms[:-1].flip(0))],
        ),
        Mistake(
            "without_first",
            _norms(give=lambda norms: norms[1:]),
            "The gradient at the input is missing: the first layer has a Jacobian too, so that there are L + 1 norms.",
            0.5,
            forms=[_norms(give=lambda norms: norms[1:].flip(0))],
        ),
        Mistake(
            "product_of_norms",
            _bound(lambda jacobian: torch.linalg.matrix_norm(jacobian, ord=2)),
            "The norms of the Jacobians are multiplied: this is a bound, which is reached by one direction only. Send "
            "delta itself down and measure it after each layer.",
            0.25,
            forms=[
                _bound(torch.linalg.matrix_norm),
                _bound(lambda weight: torch.linalg.matrix_norm(weight, ord=2), slopes_in=False),
                _bound(torch.linalg.matrix_norm, slopes_in=False),
                _bound_by_parts(lambda slope: slope.abs().max()),
                _bound_by_parts(torch.max),
            ],
        ),
        Mistake(
            "squared",
            _norms(measure=lambda delta: delta.square().sum()),
            "These are squared norms: take their roots.",
            0.5,
        ),
        Mistake(
            "root_mean_square",
            _norms(measure=lambda delta: delta.square().mean().sqrt()),
            "It is divided by the number of units under the root, or beside it. A norm adds up the squares and takes "
            "the root.",
            0.5,
            forms=[
                _norms(measure=lambda delta: delta.square().mean()),
                _norms(measure=lambda delta: delta.norm() / len(delta)),
            ],
        ),
        Mistake(
            "another_norm",
            _norms(measure=lambda delta: delta.abs().sum()),
            "Sizes are added, averaged, or compared for the largest. The norm is Euclidean: the root of the sum of "
            "squares.",
            0.5,
            forms=[
                _norms(measure=lambda delta: delta.abs().max()),
                _norms(measure=lambda delta: delta.abs().mean()),
            ],
        ),
        Mistake(
            "sum_for_norm",
            _norms(measure=lambda delta: delta.sum()),
            "The entries are added, so that opposite signs cancel. The norm is the root of the sum of squares.",
            0.25,
            forms=[_norms(measure=lambda delta: delta.sum().abs()), _norms(measure=lambda delta: delta.mean())],
        ),
        Mistake(
            "slopes_squared",
            _norms(lambda delta, weights, slopes, layer: weights[layer].T @ (slopes[layer] ** 2 * delta)),
            "The slopes enter twice. A layer's Jacobian has each of them once.",
            0.5,
        ),
        Mistake(
            "divided_by_the_slopes",
            _norms(lambda delta, weights, slopes, layer: weights[layer].T @ (delta / slopes[layer])),
            "It is divided by the slopes. The chain rule multiplies.",
            0.25,
        ),
        Mistake(
            "one_slope_a_layer",
            _norms(lambda delta, weights, slopes, layer: slopes[layer].mean() * weights[layer].T @ delta),
            "One slope stands for a whole layer. Each unit has its own: multiply entry by entry.",
            0.25,
            forms=[
                _norms(lambda delta, weights, slopes, layer: slopes[layer].max() * weights[layer].T @ delta),
                _norms(lambda delta, weights, slopes, layer: slopes[layer][0] * weights[layer].T @ delta),
                _norms(lambda delta, weights, slopes, layer: slopes[layer].norm() * weights[layer].T @ delta),
            ],
        ),
        Mistake(
            "slopes_of_another_layer",
            _norms(
                lambda delta, weights, slopes, layer: (
                    weights[layer].T @ (_same_width(slopes, layer + 1, len(delta)) * delta)
                )
            ),
            "A layer meets the slopes of another one. weights[i] and slopes[i] belong together: walk through both "
            "lists in the same direction.",
            0.25,
            forms=[
                _norms(
                    lambda delta, weights, slopes, layer: (
                        weights[layer].T @ (_same_width(slopes, len(slopes) - 1 - layer, len(delta)) * delta)
                    )
                ),
                _norms(
                    lambda delta, weights, slopes, layer: (
                        weights[layer].T @ (_same_width(slopes, layer - 1, len(delta)) * delta)
                    )
                ),
            ],
        ),
        Mistake(
            "last_slope_left_out",
            _norms(
                lambda delta, weights, slopes, layer: (
                    weights[layer].T @ (delta if layer == len(weights) - 1 else slopes[layer] * delta)
                )
            ),
            "The last layer's slope is left out. It has an activation here too: δ is the gradient behind it.",
            0.5,
            forms=[
                _norms(
                    lambda delta, weights, slopes, layer: weights[layer].T @ (slopes[layer] * delta if layer else delta)
                ),
            ],
        ),
        Mistake(
            "logarithms",
            _norms(give=lambda norms: norms.log()),
            "These are the logarithms of the norms. The norms themselves are asked for.",
            0.5,
            forms=[_norms(give=lambda norms: norms.log10())],
        ),
        Mistake(
            "first_norm_alone",
            _norms(give=lambda norms: norms[0]),
            "One norm is returned. Keep one for each layer, from the input's to the top's.",
            0.25,
            forms=[_norms(give=lambda norms: norms[:1])],
        ),
        Mistake(
            "every_layer_from_the_top",
            lambda delta, weights, slopes: torch.stack(
                [
                    *(
                        (weight.T @ (slope * delta)).norm()
                        if len(delta) == len(weight)
                        else torch.full_like(delta[0], torch.nan)
                        for weight, slope in zip(weights, slopes, strict=True)
                    ),
                    delta.norm(),
                ]
            ),
            "Each layer gets the delta of the top, which raises unless widths are equal. What one layer gives is what "
            "the next one below gets.",
            0.25,
            forms=[
                lambda delta, weights, slopes: torch.stack(
                    [
                        *((weight.T @ (slope * delta)).norm() for weight, slope in zip(weights, slopes, strict=True)),
                        delta.norm(),
                    ]
                ),
            ],
        ),
        Mistake(
            "sizes_of_the_slopes",
            _norms(lambda delta, weights, slopes, layer: weights[layer].T @ (slopes[layer].abs() * delta)),
            "Signs are lost on the way down. A slope may be negative, as GELU's is left of its minimum, and a "
            "weight and a gradient too: what cancels must cancel.",
            0.5,
            forms=[
                _norms(lambda delta, weights, slopes, layer: weights[layer].T @ (slopes[layer].clamp(min=0) * delta)),
                _norms(lambda delta, weights, slopes, layer: (weights[layer].T @ (slopes[layer] * delta)).abs()),
                _norms(lambda delta, weights, slopes, layer: weights[layer].abs().T @ (slopes[layer] * delta).abs()),
                _norms(lambda delta, weights, slopes, layer: weights[layer].abs().T @ (slopes[layer] * delta)),
            ],
        ),
        Mistake(
            "measured_at_the_sums",
            _measured_at_the_sums,
            "The norms are taken behind the slopes, before the weights: these are gradients at the sums z. Asked for "
            "are those at the outputs of the layers: multiply by the weights first, and measure then.",
            0.5,
        ),
        Mistake(
            "normalized_on_the_way",
            _unit_length(first=False, at_once=False),
            "The gradient is shortened to length 1 on its way down, so that the norms do not go on from one another. "
            "Hand it down as it is, and measure alone.",
            0.25,
            forms=[_unit_length(first=False, at_once=True)],
        ),
        Mistake(
            "slope_at_the_top_too",
            lambda delta, weights, slopes: _norms()(slopes[-1] * delta, weights, slopes),
            "delta meets the last layer's slopes before it is measured, and once more on its way through that layer. "
            "It is given at the outputs of the last layer: its own norm comes first.",
            0.5,
        ),
        Mistake(
            "slopes_taken_for_outputs",
            _norms(lambda delta, weights, slopes, layer: weights[layer].T @ ((1 - slopes[layer] ** 2) * delta)),
            "The slopes are taken for outputs of tanh or of a sigmoid, and their slope is made of them. They are "
            "slopes already: multiply by them as they are.",
            0.25,
            forms=[
                _norms(
                    lambda delta, weights, slopes, layer: (
                        weights[layer].T @ (slopes[layer] * (1 - slopes[layer]) * delta)
                    )
                ),
            ],
        ),
        Mistake(
            "slopes_added",
            _norms(lambda delta, weights, slopes, layer: weights[layer].T @ (slopes[layer] + delta)),
            "The slopes are added to the gradient. The chain rule multiplies.",
            0.25,
        ),
        Mistake(
            "gradients_returned",
            _gradients,
            "The gradients themselves are returned, in a list. One number for each is asked for: its norm.",
            0.25,
            forms=[lambda delta, weights, slopes: _gradients(delta, weights, slopes)[0]],
        ),
        Mistake(
            "running_sum_of_norms",
            _norms(give=lambda norms: norms.flip(0).cumsum(0).flip(0)),
            "The norms are added up from layer to layer. Each entry is the norm at one layer alone.",
            0.25,
            forms=[_norms(give=lambda norms: norms.cumsum(0)), _norms(give=lambda norms: norms.sum())],
        ),
    ],
    equivalent={
        "There are as many slopes as weights.": [
            "for weight, slope in zip(reversed(weights), reversed(slopes)):",
            "for weight, slope in zip(reversed(weights), reversed(slopes), strict=False):",
        ],
    },
)
