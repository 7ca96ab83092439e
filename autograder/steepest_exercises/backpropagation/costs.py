"""Exercise `chain_costs` of `08_backpropagation`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake

from steepest_exercises.backpropagation import reference

Costs = tuple[int, int]
Count = Callable[[Sequence[int]], Costs]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, sizes: Sequence[int], corner: float = 0.0) -> Case:
        outputs = ["forward", "reverse"]
        return Case(name, {"args": [list(sizes)], "kwargs": {}, "outputs": outputs}, corner=corner)

    def sizes(count: int) -> list[int]:
        """Different numbers, so that none stands for another."""
        return [int(size) for size in rng.permutation(np.arange(3, 3 + 3 * count))[:count]]

    wide, middle = int(rng.integers(600, 2000)), int(rng.integers(30, 90))
    return [
        case("two layers", sizes(3)),
        case("three layers", sizes(4)),
        case("five layers", sizes(6)),
        case("many inputs and one output", [wide, middle, middle + 7, middle - 9, 1]),
        case("one input and many outputs", [1, middle - 5, middle, middle + 11, wide]),
        case("ten layers", sizes(11)),
        case("a single layer", sizes(2), 0.1),
    ]


def _layer_by_layer(sizes: Sequence[int]) -> Costs:
    forward = reverse = 0
    for layer in range(2, len(sizes)):
        forward += sizes[layer] * sizes[layer - 1] * sizes[0]
    for layer in range(len(sizes) - 2, 0, -1):
        reverse += sizes[-1] * sizes[layer] * sizes[layer - 1]
    return forward, reverse


def _in_pairs(sizes: Sequence[int]) -> Costs:
    entries = [out * into for into, out in itertools.pairwise(sizes)]
    return sizes[0] * (sum(entries) - entries[0]), sizes[-1] * (sum(entries) - entries[-1])


def _mirrored(sizes: Sequence[int]) -> Costs:
    def forward(sizes: Sequence[int]) -> int:
        return sum(sizes[0] * sizes[layer] * sizes[layer + 1] for layer in range(1, len(sizes) - 1))

    return forward(sizes), forward(sizes[::-1])


def _one_layer_early(sizes: Sequence[int]) -> Costs:
    last = len(sizes) - 1
    forward = sum(sizes[layer] * sizes[layer - 1] * sizes[0] for layer in range(2, last))
    reverse = sum(sizes[layer] * sizes[layer - 1] * sizes[last] for layer in range(1, last - 1))
    return forward, reverse


def _multiplied(sizes: Sequence[int]) -> Costs:
    shapes = [(out, into) for into, out in itertools.pairwise(sizes)]
    forward, reverse, product = 0, 0, shapes[0]
    for out, into in shapes[1:]:
        forward += out * into * product[1]
        product = (out, product[1])
    product = shapes[-1]
    for out, into in shapes[-2::-1]:
        reverse += product[0] * out * into
        product = (product[0], into)
    return forward, reverse


def _costs(
    *,
    forward: slice = slice(1, None),
    reverse: slice = slice(None, -1),
    ends: Callable[[Sequence[int]], Costs] = lambda sizes: (sizes[0], sizes[-1]),
    entries: Callable[[int, int], int] = lambda out, into: out * into,
    factor: int = 1,
) -> Count:
    """Both counts with one thing changed: which layers, which ends, what a layer counts, or a factor."""

    def costs(sizes: Sequence[int]) -> Costs:
        layers = [entries(out, into) for into, out in itertools.pairwise(sizes)]
        first, last = ends(sizes)
        return factor * first * sum(layers[forward]), factor * last * sum(layers[reverse])

    return costs


def _added_sizes(sizes: Sequence[int]) -> Costs:
    """Three sizes a product, added."""
    pairs = list(itertools.pairwise(sizes))
    return sum(sizes[0] + into + out for into, out in pairs[1:]), sum(
        sizes[-1] + into + out for into, out in pairs[:-1]
    )


def _largest_step(sizes: Sequence[int]) -> Costs:
    """The product that costs most."""
    areas = [into * out for into, out in itertools.pairwise(sizes)]
    return sizes[0] * max(areas[1:], default=0), sizes[-1] * max(areas[:-1], default=0)


def _averaged(over: Callable[[int], int]) -> Callable[[Sequence[int]], tuple[float, float]]:
    """The costs divided by a number that follows from how many sizes there are."""

    def costs(sizes: Sequence[int]) -> tuple[float, float]:
        forward, reverse = reference.chain_costs(sizes)
        return forward / max(over(len(sizes)), 1), reverse / max(over(len(sizes)), 1)

    return costs


def _triples(sizes: Sequence[int]) -> Costs:
    """Neighbours of three, as where every product met two single layers."""
    total = sum(a * b * c for a, b, c in zip(sizes, sizes[1:], sizes[2:], strict=False))
    return total, total


def _from_identity(sizes: Sequence[int]) -> Costs:
    return _costs(forward=slice(None), reverse=slice(None))(sizes)


CHAIN_COSTS = Exercise(
    id="chain_costs",
    reference=reference.chain_costs,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("layer_by_layer", _layer_by_layer),
        Accepted("sum_of_the_pairs", _in_pairs),
        Accepted("mirrored", _mirrored),
        Accepted("shapes_multiplied", _multiplied),
        Accepted(
            "starting_from_the_identity",
            _from_identity,
            "each product begins with the identity, so that one more is counted on each side.",
        ),
    ],
    mistakes=[
        Mistake(
            "swapped",
            lambda sizes: reference.chain_costs(sizes)[::-1],
            "The two have changed places. Forward starts at the input, so its products keep n₀ columns; reverse starts "
            "at the output, and keeps n_L rows.",
            0.5,
            forms=[lambda sizes: _from_identity(sizes)[::-1]],
        ),
        Mistake(
            "adds_layers",
            _costs(ends=lambda sizes: (1, 1)),
            "Each product counts as one layer's weights. What is multiplied by a layer has n₀ columns (or n_L rows), "
            "and each of them costs that much.",
            0.25,
            forms=[_costs(ends=lambda sizes: (1, 1), forward=slice(None), reverse=slice(None))],
        ),
        Mistake(
            "inner_size_left_out",
            lambda sizes: (sizes[0] * sum(sizes[2:]), sizes[-1] * sum(sizes[:-2])),
            "These are the entries of the products, and not the multiplications. An entry of (a × b)·(b × c) costs b "
            "of them, so the product costs a·b·c.",
            0.25,
            forms=[
                lambda sizes: (sizes[0] * sum(sizes[1:]), sizes[-1] * sum(sizes[:-1])),
                lambda sizes: (sizes[0] * sum(sizes[1:-1]), sizes[-1] * sum(sizes[1:-1])),
            ],
        ),
        Mistake(
            "all_sizes_multiplied",
            lambda sizes: (int(np.prod(sizes)), int(np.prod(sizes))),
            "All sizes are multiplied at once. The product grows layer by layer, and the costs of its steps are added.",
        ),
        Mistake(
            "neighbours_of_three",
            _triples,
            "Each product is counted as one of two single layers. The factor that has been built up already reaches "
            "from one end of the net: its far side is n₀, or n_L, throughout.",
            0.25,
            forms=[lambda sizes: (_triples(sizes)[0], reference.chain_costs(sizes)[1])],
        ),
        Mistake(
            "wrong_end",
            _costs(ends=lambda sizes: (sizes[0], sizes[0])),
            "One end serves both directions. From the right every product has n₀ columns, from the left n_L rows.",
            0.5,
            forms=[
                _costs(ends=lambda sizes: (sizes[-1], sizes[-1])),
                _costs(ends=lambda sizes: (sizes[0], sizes[0]), forward=slice(None), reverse=slice(None)),
                _costs(ends=lambda sizes: (sizes[-1], sizes[-1]), forward=slice(None), reverse=slice(None)),
            ],
        ),
        Mistake(
            "ends_exchanged",
            _costs(ends=lambda sizes: (sizes[-1], sizes[0])),
            "The far sides are exchanged: from the right every product keeps n₀ columns, from the left n_L rows.",
            0.5,
        ),
        Mistake(
            "wrong_layer_left_out",
            _costs(forward=slice(None, -1), reverse=slice(1, None)),
            "The layer at the wrong end is left out. Forward begins with the first Jacobian, which costs nothing, and "
            "reverse with the last.",
            0.5,
            forms=[
                _costs(forward=slice(None, -1)),
                _costs(reverse=slice(1, None)),
            ],
        ),
        Mistake(
            "one_side_from_the_identity",
            _costs(forward=slice(None)),
            "One direction begins with the identity and the other with a layer, so that they cannot be compared. Count "
            "both alike.",
            0.5,
            forms=[_costs(reverse=slice(None))],
        ),
        Mistake(
            "stops_one_layer_early",
            _one_layer_early,
            "The loop ends one layer too early, as `range` leaves out its end: the product with the last layer on the "
            "way is missing.",
            0.5,
        ),
        Mistake(
            "one_too_few",
            _costs(forward=slice(2, None), reverse=slice(None, -2)),
            "A product is missing, in one direction or in both: L matrices take L − 1 products each way.",
            0.5,
            forms=[
                _costs(forward=slice(1, -1), reverse=slice(1, -1)),
                _costs(forward=slice(2, None)),
                _costs(reverse=slice(None, -2)),
                _costs(forward=slice(1, -1)),
                _costs(reverse=slice(1, -1)),
            ],
        ),
        Mistake(
            "additions_too",
            _costs(factor=2),
            "Additions are counted too: this is twice the number of multiplications.",
            0.5,
            forms=[
                _costs(factor=2, forward=slice(None), reverse=slice(None)),
                lambda sizes: (
                    sizes[0] * sum(out * (2 * into - 1) for into, out in itertools.pairwise(sizes[1:])),
                    sizes[-1] * sum(into * (2 * out - 1) for into, out in itertools.pairwise(sizes[:-1])),
                ),
            ],
        ),
        Mistake(
            "sums_for_products",
            _costs(entries=lambda out, into: out + into),
            "The two sizes of a layer are added. A matrix of n rows and m columns has n·m entries.",
            0.25,
        ),
        Mistake(
            "one_size_squared",
            _costs(entries=lambda out, into: out * out),
            "One size of a layer is squared. Its Jacobian has n_ℓ rows and n_{ℓ−1} columns.",
            0.25,
            forms=[_costs(entries=lambda out, into: into * into)],
        ),
        Mistake(
            "last_product_alone",
            lambda sizes: (
                sizes[0] * sizes[-1] * sizes[-2] * (len(sizes) > 2),
                sizes[-1] * sizes[0] * sizes[1] * (len(sizes) > 2),
            ),
            "Only one product is counted. Add up what each step of the way costs.",
            0.25,
            forms=[
                lambda sizes: (
                    sizes[0] * sizes[1] * sizes[2] if len(sizes) > 2 else 0,
                    sizes[-1] * sizes[-2] * sizes[-3] if len(sizes) > 2 else 0,
                ),
                _largest_step,
            ],
        ),
        Mistake(
            "far_side_squared",
            _costs(ends=lambda sizes: (sizes[0] ** 2, sizes[-1] ** 2)),
            "The far side enters twice. A step costs the rows and columns of the layer, times the far side once.",
            0.25,
        ),
        Mistake(
            "costs_multiplied",
            lambda sizes: (
                int(np.prod([sizes[0] * out * into for into, out in itertools.pairwise(sizes[1:])], dtype=float)),
                int(np.prod([sizes[-1] * out * into for into, out in itertools.pairwise(sizes[:-1])], dtype=float)),
            ),
            "The costs of the steps are multiplied. One product comes after the other: add.",
        ),
        Mistake(
            "running_costs",
            lambda sizes: (
                [sizes[0] * out * into for into, out in itertools.pairwise(sizes[1:])],
                [sizes[-1] * out * into for into, out in itertools.pairwise(sizes[:-1])],
            ),
            "The costs of the single products are returned. Their sum is asked for, one number for each direction.",
            0.5,
        ),
        Mistake(
            "three_sizes_added",
            _added_sizes,
            "The three sizes of a product are added. An (a × b) matrix times a (b × c) matrix takes a·b·c "
            "multiplications.",
            0.25,
        ),
        Mistake(
            "both_ends_at_once",
            _costs(ends=lambda sizes: (sizes[0] * sizes[-1], sizes[0] * sizes[-1])),
            "Both ends of the net enter every product. The forward direction keeps the n₀ columns alone, the reverse "
            "direction the n_L rows alone.",
            0.25,
        ),
        Mistake(
            "mean_cost",
            _averaged(lambda count: count - 2),
            "The costs are averaged over the products or the layers. What the whole way costs is their sum.",
            0.25,
            forms=[_averaged(lambda count: count - 1), _averaged(lambda count: count)],
        ),
        Mistake(
            "one_count_for_both",
            lambda sizes: (reference.chain_costs(sizes)[0],) * 2,
            "Both directions are given one number. They cost the same only by chance: forward keeps n₀ columns, and "
            "reverse n_L rows.",
            0.25,
            forms=[
                lambda sizes: (reference.chain_costs(sizes)[1],) * 2,
                lambda sizes: (min(reference.chain_costs(sizes)),) * 2,
                lambda sizes: (max(reference.chain_costs(sizes)),) * 2,
            ],
        ),
    ],
)
