"""Exercise `graph_gradient` of `08_backpropagation`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.backpropagation import reference
from steepest_exercises.backpropagation.reference import Edge

Gradient = Callable[[Sequence[Edge], int], list[float]]
RUNGS = 60  # Fibonacci's 2.5 · 10¹² paths: whoever walks them runs out of time


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, edges: Sequence[Edge], n: int, corner: float = 0.0) -> Case:
        order = rng.permutation(len(edges))
        shuffled = [edges[place] for place in order]
        return Case(name, {"args": [shuffled, n], "kwargs": {}, "outputs": ["the gradients"]}, corner=corner)

    def slope(low: float = 0.3, high: float = 1.8) -> float:
        return float(rng.choice([-1, 1]) * rng.uniform(low, high))

    def graph(pairs: Iterable[tuple[int, int]]) -> list[Edge]:
        return [(start, end, slope()) for start, end in pairs]

    def dense(n: int, without: int = -1) -> list[Edge]:
        """Two edges in three, and the path through all nodes but `without`, from which no edge leaves."""
        return graph(
            (start, end)
            for start, end in itertools.combinations(range(n), 2)
            if start != without and (end == start + 1 or end - 1 == start + 1 == without or rng.random() < 2 / 3)
        )

    half, fourth = float(rng.choice([0.5, 1.5, 2.5])), float(rng.choice([0.25, 0.75, 1.25]))
    cancel = [(0, 1, half), (0, 2, -fourth), (1, 3, fourth), (2, 3, half), (3, 4, 2.0)]
    near = [(1, 2, 0.5 + abs(slope())), (0, 1, 1.5), (0, 2, -0.75)]
    ladder = [
        (start, start + stride, float(rng.uniform(0.45, 0.7)))
        for start in range(RUNGS + 1)
        for stride in (1, 2)
        if start + stride <= RUNGS
    ]
    return [
        case("a chain of five nodes", graph(itertools.pairwise(range(5))), 5),
        case("two paths that meet again", graph([(0, 1), (0, 2), (1, 3), (2, 3)]), 4),
        case("a path with a short cut", near, 3),
        case("the graph of section 1", graph([(0, 2), (1, 2), (0, 3), (1, 3), (2, 4), (3, 4)]), 5),
        case("six nodes and many paths", dense(6), 6),
        case("nine nodes and many paths", dense(9), 9),
        case("two paths that cancel", cancel, 5),
        case("a node that does not reach the last one", dense(7, without=3), 7, 0.1),
        case("a single edge", graph([(0, 1)]), 2),
        case("a single node", [], 1, 0.1),
        case("a ladder of sixty rungs", ladder, RUNGS + 1),
    ]


def _node_by_node(edges: Sequence[Edge], n: int) -> list[float]:
    gradient = [0.0] * (n - 1) + [1.0]
    for node in reversed(range(n)):
        for start, end, slope in edges:
            if end == node:
                gradient[start] += slope * gradient[node]
    return gradient


def _pulled(edges: Sequence[Edge], n: int) -> list[float]:
    gradient = [0.0] * n
    gradient[n - 1] = 1.0
    for node in range(n - 2, -1, -1):
        gradient[node] = sum(slope * gradient[end] for start, end, slope in edges if start == node)
    return gradient


def _remembered(edges: Sequence[Edge], n: int) -> list[float]:
    @cache
    def gradient(node: int) -> float:
        if node == n - 1:
            return 1.0
        return float(sum(slope * gradient(end) for start, end, slope in edges if start == node))

    return [gradient(node) for node in range(n)]


def _forward_from_each(edges: Sequence[Edge], n: int) -> list[float]:
    gradient = []
    for source in range(n):
        tangent = [float(node == source) for node in range(n)]
        for start, end, slope in sorted(edges):
            tangent[end] += slope * tangent[start]
        gradient.append(tangent[-1])
    return gradient


def _adjacency(edges: Sequence[Edge], n: int) -> Tensor:
    matrix = torch.zeros(n, n, dtype=torch.float64)
    for start, end, slope in edges:
        matrix[start, end] = slope
    return matrix


def _solved(edges: Sequence[Edge], n: int) -> list[float]:
    eye = torch.eye(n, dtype=torch.float64)
    gradient: list[float] = torch.linalg.solve(eye - _adjacency(edges, n), eye[:, -1]).tolist()
    return gradient


def _by_autograd(edges: Sequence[Edge], n: int) -> list[float]:
    with torch.enable_grad():
        own = [torch.zeros((), dtype=torch.float64, requires_grad=True) for _ in range(n)]
        nodes = list(own)
        for start, end, slope in sorted(edges, key=lambda edge: edge[0]):
            nodes[end] = nodes[end] + slope * nodes[start]
        found = torch.autograd.grad(nodes[-1], own, allow_unused=True)
    return [0.0 if slope is None else float(slope) for slope in found]


def _sweep(
    order: Callable[[Sequence[Edge]], Iterable[Edge]] = lambda edges: sorted(edges, key=lambda edge: -edge[1]),
    *,
    join: Callable[[float, float, float], float] = lambda old, slope, above: old + slope * above,
    first: float = 0.0,
    last: float = 1.0,
) -> Gradient:
    """One pass over all edges, with one thing changed: their order, how a gradient grows, or where all begin."""

    def gradient(edges: Sequence[Edge], n: int) -> list[float]:
        found = [first] * n
        found[-1] = last
        for start, end, slope in order(edges):
            found[start] = join(found[start], slope, found[end])
        return found

    return gradient


def _over_successors(join: Callable[[list[float], list[float]], float]) -> Gradient:
    """Each node from the slopes and the gradients of its successors, in the order of the list."""

    def gradient(edges: Sequence[Edge], n: int) -> list[float]:
        found = [0.0] * n
        found[-1] = 1.0
        for node in range(n - 2, -1, -1):
            mine = [(slope, found[end]) for start, end, slope in edges if start == node]
            if mine:
                found[node] = join([slope for slope, _ in mine], [above for _, above in mine])
        return found

    return gradient


def _products(slopes: list[float], above: list[float]) -> list[float]:
    return [slope * upper for slope, upper in zip(slopes, above, strict=True)]


def _by_length(pick: Callable[[Iterable[tuple[float, float]]], tuple[float, float]]) -> Gradient:
    """One path from each node, chosen by how many edges it has."""

    def gradient(edges: Sequence[Edge], n: int) -> list[float]:
        found: list[tuple[float, float] | None] = [None] * n
        found[-1] = (0.0, 1.0)
        for node in range(n - 2, -1, -1):
            mine = []
            for start, end, slope in edges:
                above = found[end]
                if start == node and above is not None:
                    mine.append((above[0] + 1, slope * above[1]))
            found[node] = pick(mine) if mine else None
        return [0.0 if path is None else path[1] for path in found]

    return gradient


def _searched(deep: bool) -> Gradient:
    """Every node hands on once, as soon as it is met, by depth or by breadth."""

    def gradient(edges: Sequence[Edge], n: int) -> list[float]:
        found, met, waiting = [0.0] * (n - 1) + [1.0], {n - 1}, [n - 1]
        while waiting:
            node = waiting.pop() if deep else waiting.pop(0)
            for start, end, slope in edges:
                if end == node:
                    found[start] += slope * found[node]
                    if start not in met:
                        met.add(start)
                        waiting.append(start)
        return found

    return gradient


def _recursive(edges: Sequence[Edge], n: int) -> list[float]:
    found, met = [0.0] * (n - 1) + [1.0], {n - 1}

    def visit(node: int) -> None:
        for start, end, slope in edges:
            if end == node:
                found[start] += slope * found[node]
                if start not in met:
                    met.add(start)
                    visit(start)

    visit(n - 1)
    return found


def _of_the_first(edges: Sequence[Edge], n: int) -> list[float]:
    """Gradients of every node with respect to the first."""
    tangent = [1.0] + [0.0] * (n - 1)
    for start, end, slope in sorted(edges):
        tangent[end] += slope * tangent[start]
    return tangent


def _up_to(length: int) -> Gradient:
    """Paths of so many edges at most."""

    def gradient(edges: Sequence[Edge], n: int) -> list[float]:
        matrix = _adjacency(edges, n)
        power = total = torch.eye(n, dtype=torch.float64)
        for _ in range(length):
            power = matrix @ power
            total = total + power
        found: list[float] = total[:, -1].tolist()
        return found

    return gradient


def _all_sinks(edges: Sequence[Edge], n: int) -> list[float]:
    """Every node from which no edge leaves counts as an output."""
    starts = {start for start, _, _ in edges}
    found = [float(node not in starts) for node in range(n)]
    for start, end, slope in sorted(edges, key=lambda edge: -edge[1]):
        found[start] += slope * found[end]
    return found


def _swept_to(last: int) -> Gradient:
    """Nodes hand on from the last down to the one of this number."""

    def gradient(edges: Sequence[Edge], n: int) -> list[float]:
        found = [0.0] * (n - 1) + [1.0]
        for node in range(n - 1, last - 1, -1):
            for start, end, slope in edges:
                if end == node:
                    found[start] += slope * found[node]
        return found

    return gradient


def _last_left_out(edges: Sequence[Edge], n: int) -> list[float]:
    return [*reference.graph_gradient(edges, n)[:-1], 0.0]


def _pushed_up(edges: Sequence[Edge], n: int) -> list[float]:
    """Gradients go from the start of an edge to its end, and so never leave the last node."""
    found = [0.0] * (n - 1) + [1.0]
    for start, end, slope in sorted(edges, key=lambda edge: -edge[1]):
        found[end] += slope * found[start]
    return found


GRAPH_GRADIENT = Exercise(
    id="graph_gradient",
    reference=reference.graph_gradient,
    cases=_cases,
    points=3,
    accepted=[
        Accepted("node_by_node", _node_by_node),
        Accepted("pulled_from_the_successors", _pulled),
        Accepted("recursion_that_remembers", _remembered),
        Accepted("sorted_by_start", _sweep(lambda edges: sorted(edges, reverse=True))),
        Accepted("forward_from_every_node", _forward_from_each),
        Accepted("linear_system", _solved),
        Accepted("by_autograd", _by_autograd, library=True),
        Accepted(
            "tensor_in_float64",
            lambda edges, n: torch.tensor(_node_by_node(edges, n), dtype=torch.float64),
            "The gradients come as a tensor in float64 and not as a list of floats.",
        ),
        Accepted(
            "tensor_in_float32",
            lambda edges, n: torch.tensor(_node_by_node(edges, n)),
            "The gradients come as a tensor in torch's default type and not as a list of floats.",
        ),
    ],
    mistakes=[
        Mistake(
            "assigns",
            _sweep(join=lambda old, slope, above: slope * above),
            "Where several edges leave a node, only one of them counts: a later one overwrites what came before. "
            "Every edge is another path, so add: `+=` in the place of `=`.",
            0.25,
            forms=[
                _over_successors(lambda slopes, above: _products(slopes, above)[-1]),
                _over_successors(lambda slopes, above: _products(slopes, above)[0]),
                lambda edges, n: _over_successors(lambda slopes, above: _products(slopes, above)[-1])(sorted(edges), n),
                lambda edges, n: _over_successors(lambda slopes, above: _products(slopes, above)[0])(sorted(edges), n),
            ],
        ),
        Mistake(
            "list_turned_round",
            lambda edges, n: _pulled(edges, n)[::-1],
            "The gradients come in the order in which they were found, from the last node to the first. Entry i is "
            "that of node i: turn the list round.",
            0.5,
        ),
        Mistake(
            "order_of_the_list",
            _sweep(lambda edges: edges),
            "Edges are used in an order in which a node hands on its gradient before it has all of it: some paths are "
            "lost, or all but single edges. The list comes in any order: go from the last node to the first, by the "
            "numbers of the nodes.",
            0.25,
            forms=[
                _sweep(lambda edges: list(edges)[::-1]),
                _sweep(sorted),
                _sweep(lambda edges: sorted(edges, key=lambda edge: edge[1])),
                _sweep(lambda edges: sorted(edges, key=lambda edge: edge[0])),
            ],
        ),
        Mistake(
            "one_path",
            _over_successors(lambda slopes, above: max(_products(slopes, above))),
            "Of several paths only one counts: the largest, the longest or the shortest. A change travels along all "
            "of them at once, so their products are added.",
            0.25,
            forms=[
                _over_successors(lambda slopes, above: max(_products(slopes, above), key=abs)),
                _by_length(max),
                _by_length(min),
            ],
        ),
        Mistake(
            "forward_only",
            _of_the_first,
            "Entry i is the slope of node i with respect to the first node: one sweep forwards. Asked for is the slope "
            "of the last node with respect to node i, so begin with 1 at the last one and go backwards.",
            0.25,
            forms=[lambda edges, n: _of_the_first(edges, n)[::-1]],
        ),
        Mistake(
            "counts_paths",
            _sweep(join=lambda old, slope, above: old + above),
            "This counts the paths to the last node. Each path weighs as much as the product of the slopes along it.",
            0.25,
        ),
        Mistake(
            "last_is_zero",
            _sweep(last=0.0),
            "All gradients are 0, since nothing starts them. The last node changes by 1 where it is moved by 1: begin "
            "with 1 there.",
            forms=[_sweep(last=-0.0, join=lambda old, slope, above: slope * above)],
        ),
        Mistake(
            "last_left_out",
            _last_left_out,
            "All is right but the last entry, which is 0. The gradient of the last node with respect to itself is 1.",
            0.5,
        ),
        Mistake(
            "first_left_out",
            lambda edges, n: [
                0.0 if node == 0 < n - 1 else reference.graph_gradient(edges, n)[node] for node in range(n)
            ],
            "All is right but the first entry, which is 0: the loop ends one node too early.",
            0.5,
        ),
        Mistake(
            "starts_at_ones",
            _sweep(first=1.0),
            "Every node begins with a gradient of 1. Only the last one has that of its own; all others begin with 0 "
            "and collect.",
            0.25,
        ),
        Mistake(
            "starts_at_another_value",
            _sweep(last=2.0),
            "All gradients are too large by one factor. The last node's gradient with respect to itself is 1.",
            0.5,
            forms=[lambda edges, n: _sweep(last=float(n))(edges, n), lambda edges, n: _sweep(last=n - 1.0)(edges, n)],
        ),
        Mistake(
            "adds_slopes",
            _sweep(join=lambda old, slope, above: old + slope + above),
            "Slopes are added along a path. Along a path they multiply, by the chain rule; only different paths are "
            "added.",
            0.25,
            forms=[_over_successors(lambda slopes, above: sum(slopes) + sum(above))],
        ),
        Mistake(
            "multiplies_paths",
            _over_successors(lambda slopes, above: float(np.prod(_products(slopes, above)))),
            "Where several paths lead on, they are multiplied. Along a path slopes multiply, and different paths are "
            "added.",
            0.25,
            forms=[_sweep(join=lambda old, slope, above: old * slope * above, first=1.0)],
        ),
        Mistake(
            "averages_paths",
            _over_successors(lambda slopes, above: sum(_products(slopes, above)) / len(slopes)),
            "The paths that leave a node are averaged. A change travels along all of them: add, without dividing.",
            0.25,
        ),
        Mistake(
            "sums_before_the_product",
            _over_successors(lambda slopes, above: sum(slopes) * sum(above)),
            "The slopes of all edges are added, then multiplied with the sum of the gradients behind them. Each slope "
            "belongs to its own edge: multiply first, then add.",
            0.25,
        ),
        Mistake(
            "visits_once",
            _searched(deep=False),
            "Each node hands on once, as soon as it is met, and so before everything has arrived at it. Whoever "
            "searches by depth or breadth needs an order: a node's turn comes after all that it leads to.",
            0.25,
            forms=[
                _searched(deep=True),
                _recursive,
                lambda edges, n: _searched(deep=False)(sorted(edges), n),
                lambda edges, n: _searched(deep=True)(sorted(edges), n),
            ],
        ),
        Mistake(
            "short_paths_alone",
            _up_to(2),
            "Long paths are missing: those of more than a few edges do not count. Let each node wait until all that it "
            "leads to is complete, and no length has to be chosen.",
            0.25,
            forms=[_up_to(3)],
        ),
        Mistake(
            "slopes_alone",
            _sweep(join=lambda old, slope, above: old + slope),
            "Each node gets the sum of its own slopes. What lies behind is missing: multiply each slope with the "
            "gradient of the node that the edge leads to.",
        ),
        Mistake(
            "sizes_of_the_slopes",
            _sweep(join=lambda old, slope, above: old + abs(slope) * above),
            "Signs are lost, so that nothing can cancel. Slopes are negative where a node falls as the one before it "
            "rises.",
            0.25,
            forms=[_sweep(join=lambda old, slope, above: old + abs(slope * above))],
        ),
        Mistake(
            "divides_by_the_slope",
            _sweep(join=lambda old, slope, above: old + above / slope),
            "It is divided by the slope. The chain rule multiplies.",
            0.25,
        ),
        Mistake(
            "every_end_is_an_output",
            _all_sinks,
            "A node that does not reach the last one gets a gradient. It has none: 0.",
            0.9,
        ),
        Mistake(
            "pushed_upwards",
            _pushed_up,
            "The gradients go from the start of an edge to its end, so that nothing comes back from the last node. "
            "Backwards: the start collects slope · gradient of the end.",
        ),
        Mistake(
            "subtracts_paths",
            _sweep(join=lambda old, slope, above: old - slope * above),
            "Each edge turns the sign round. Nothing descends here yet: the products are added.",
            0.25,
        ),
        Mistake(
            "first_node_alone",
            lambda edges, n: reference.graph_gradient(edges, n)[0],
            "One number is returned, the gradient with respect to the first node. One for each of the n nodes is asked "
            "for, in a list.",
            0.25,
        ),
        Mistake(
            "last_node_missing",
            lambda edges, n: reference.graph_gradient(edges, n)[:-1],
            "One entry is missing, that of the last node, which is 1: the list has n entries.",
            0.5,
        ),
        Mistake(
            "sweep_one_node_short",
            _swept_to(2),
            "A node never hands on what it has: the loop over the nodes ends too early. `range` leaves out its end, "
            "and every node's turn has to come.",
            0.25,
            forms=[_swept_to(3)],
        ),
    ],
    equivalent={
        "No edge leaves the last node.": ["leaving = [[] for _ in [*range(n)][1:]]"],
        "Every entry but the last is written later, and that is 1.": ["gradient = [1.0] * n"],
    },
)
