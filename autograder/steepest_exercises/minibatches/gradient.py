"""`minibatch_gradient`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest._checks.wire import Named
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import normal
from steepest_exercises.minibatches import reference

GradFn = reference.GradFn
LEAST_SQUARES = Named("least_squares_gradient")


def _gradient_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str,
        n: int,
        d: int,
        index: Sequence[int],
        *,
        dtype: torch.dtype = torch.float64,
        turned: bool = False,
        corner: float = 0.0,
    ) -> Case:
        x = normal(rng, d, n, dtype=dtype).T if turned else normal(rng, n, d, dtype=dtype)
        y, theta = normal(rng, n, dtype=dtype) + 1, normal(rng, d, dtype=dtype)
        args = [LEAST_SQUARES, theta, x, y, torch.tensor(index)]
        return Case(name, {"args": args, "kwargs": {}, "outputs": ["the gradient"]}, corner=corner)

    bootstrap = rng.permutation(6)[[0, 1, 2, 0, 3]]
    return [
        case("four of ten rows", 10, 3, rng.permutation(np.arange(1, 10))[:4].tolist()),
        case("a single row", 8, 2, [int(rng.integers(1, 7))], corner=0.15),
        case("an index that names a row twice", 6, 2, bootstrap.tolist(), corner=0.15),
        case("all rows, in another order", 7, 3, rng.permutation(7).tolist()),
        case("non-contiguous rows", 9, 4, rng.permutation(np.arange(2, 9))[:3].tolist(), turned=True),
        case("float32", 12, 3, rng.permutation(np.arange(1, 12))[:5].tolist(), dtype=torch.float32),
    ]


def _mean_of_single_rows(grad_fn: GradFn, theta: Tensor, x: Tensor, y: Tensor, index: Tensor) -> Tensor:
    return torch.stack([grad_fn(theta, x[i : i + 1], y[i : i + 1]) for i in index.tolist()]).mean(dim=0)


def _stacked_rows(grad_fn: GradFn, theta: Tensor, x: Tensor, y: Tensor, index: Tensor) -> Tensor:
    chosen = index.tolist()
    return grad_fn(theta, torch.stack([x[i] for i in chosen]), torch.stack([y[i] for i in chosen]))


def _selection_matrix(grad_fn: GradFn, theta: Tensor, x: Tensor, y: Tensor, index: Tensor) -> Tensor:
    chosen = torch.nn.functional.one_hot(index, len(x)).to(x)
    return grad_fn(theta, chosen @ x, chosen @ y)


def _masked(grad_fn: GradFn, theta: Tensor, x: Tensor, y: Tensor, index: Tensor) -> Tensor:
    mask = torch.zeros(len(x), dtype=torch.bool, device=x.device)
    mask[index] = True
    return grad_fn(theta, x[mask], y[mask])


Gradient = Callable[[GradFn, Tensor, Tensor, Tensor, Tensor], Tensor]


def _after(change: Callable[..., Tensor]) -> Gradient:
    """The minibatch gradient, changed afterwards; `change` is given gradient, θ, x and index."""
    return lambda grad_fn, theta, x, y, index: change(_mini(grad_fn, theta, x, y, index), theta, x, index)


def _rows(choose: Callable[[Tensor, int], Tensor | slice], other: Callable[..., Any] | None = None) -> Gradient:
    """The gradient over other rows than those of the index, of the targets too unless `other` is given."""

    def minibatch_gradient(grad_fn: GradFn, theta: Tensor, x: Tensor, y: Tensor, index: Tensor) -> Tensor:
        return grad_fn(theta, x[choose(index, len(x))], y[(other or choose)(index, len(x))])

    return minibatch_gradient


def _the_others(index: Tensor, n: int) -> Tensor:
    mask = torch.ones(n, dtype=torch.bool, device=index.device)
    mask[index] = False
    return mask if bool(mask.any()) else ~mask


def _others_set_to_zero(grad_fn: GradFn, theta: Tensor, x: Tensor, y: Tensor, index: Tensor) -> Tensor:
    mask = torch.zeros_like(y)
    mask[index] = 1
    return grad_fn(theta, x * mask[:, None], y * mask)


def _one_mean_row(grad_fn: GradFn, theta: Tensor, x: Tensor, y: Tensor, index: Tensor) -> Tensor:
    return grad_fn(theta, x[index].mean(dim=0, keepdim=True), y[index].mean(dim=0, keepdim=True))


def _targets_in_a_column(grad_fn: GradFn, theta: Tensor, x: Tensor, y: Tensor, index: Tensor) -> Tensor:
    return grad_fn(theta, x[index], y[index][:, None])


def _first_row_left_out(index: Tensor, n: int) -> Tensor:
    return index[min(1, len(index) - 1) :]


def _mini(grad_fn: GradFn, theta: Tensor, x: Tensor, y: Tensor, index: Tensor) -> Tensor:
    return grad_fn(theta, x[index], y[index])


MINIBATCH_GRADIENT = Exercise(
    id="minibatch_gradient",
    reference=reference.minibatch_gradient,
    cases=_gradient_cases,
    points=1,
    accepted=[
        Accepted("fancy_index", _mini),
        Accepted("mean_of_single_rows", _mean_of_single_rows),
        Accepted("stacked_rows", _stacked_rows),
        Accepted("selection_matrix", _selection_matrix),
    ],
    mistakes=[
        Mistake(
            "whole_batch",
            lambda grad_fn, theta, x, y, index: grad_fn(theta, x, y),
            "The result does not depend on `index`: this is the gradient over all rows. Take x[index] and y[index].",
        ),
        Mistake(
            "sum_instead_of_mean",
            lambda grad_fn, theta, x, y, index: len(index) * _mini(grad_fn, theta, x, y, index),
            "This is a sum over the rows of the batch, so it grows with their number. `grad_fn` gives a mean already.",
            credit=0.5,
        ),
        Mistake(
            "averaged_twice",
            lambda grad_fn, theta, x, y, index: _mini(grad_fn, theta, x, y, index) / len(index),
            "The number of rows is divided out twice: `grad_fn` has done so already.",
            credit=0.5,
        ),
        Mistake(
            "divided_by_all_rows",
            lambda grad_fn, theta, x, y, index: _mini(grad_fn, theta, x, y, index) * len(index) / len(x),
            "The sum over the batch is divided by all n rows. The mean over the batch's rows is unbiased.",
            credit=0.5,
        ),
        Mistake(
            "targets_not_indexed",
            lambda grad_fn, theta, x, y, index: grad_fn(theta, x[index], y),
            "The rows are chosen but all targets are passed: take y[index] as well.",
            credit=0.25,
        ),
        Mistake(
            "inputs_not_indexed",
            lambda grad_fn, theta, x, y, index: grad_fn(theta, x, y[index]),
            "The targets are chosen but all rows are passed: take x[index] as well.",
            credit=0.25,
        ),
        Mistake(
            "targets_of_other_rows",
            lambda grad_fn, theta, x, y, index: grad_fn(theta, x[index], y[: len(index)]),
            "Rows meet the first targets instead of their own: take y[index].",
            credit=0.25,
        ),
        Mistake(
            "first_rows",
            lambda grad_fn, theta, x, y, index: grad_fn(theta, x[: len(index)], y[: len(index)]),
            "Only the length of `index` has a say, so these are always the first rows. Take x[index] and y[index].",
            credit=0.25,
        ),
        Mistake(
            "repeats_dropped",
            _masked,
            "A row that `index` names twice counts twice. A mask or a set forgets that: use x[index].",
            credit=0.85,
        ),
        Mistake(
            "other_rows_set_to_zero",
            _others_set_to_zero,
            "The rows outside the batch still count in the mean, as when they are set to zero. Hand over the rows of "
            "the batch alone: x[index].",
            credit=0.5,
        ),
        Mistake(
            "first_row_of_the_batch_only",
            _rows(lambda index, n: index[:1]),
            "Only one row of the batch is used, the first or the last. x[index] takes all of them at once.",
            credit=0.25,
            forms=[_rows(lambda index, n: index[-1:])],
        ),
        Mistake(
            "first_index_dropped",
            _rows(_first_row_left_out),
            "The first row of the batch is left out. Use `index` as it is.",
            credit=0.25,
        ),
        Mistake(
            "all_rows_in_between",
            _rows(lambda index, n: slice(int(index.min()), int(index.max()) + 1)),
            "All rows of a range are used, up to the largest number in `index`. `index` names single rows: x[index].",
            credit=0.25,
            forms=[_rows(lambda index, n: slice(int(index.max()) + 1))],
        ),
        Mistake(
            "rows_counted_from_one",
            _rows(lambda index, n: index - 1),
            "The rows next to the named ones are used, one before or one after. Row numbers count from 0, as torch "
            "does.",
            credit=0.25,
            forms=[_rows(lambda index, n: (index + 1) % n)],
        ),
        Mistake(
            "rows_outside_the_batch",
            _rows(_the_others),
            "The rows that `index` does not name are used. Take those that it names: x[index].",
            credit=0.25,
        ),
        Mistake(
            "rows_and_targets_in_two_orders",
            _rows(lambda index, n: index.sort().values, lambda index, n: index),
            "Rows and targets stand in two different orders, so rows meet targets of others. Index both by the same "
            "`index`.",
            credit=0.25,
            forms=[
                _rows(lambda index, n: index.sort(descending=True).values, lambda index, n: index),
                _rows(lambda index, n: index, lambda index, n: index.sort().values),
                _rows(lambda index, n: index, lambda index, n: index.sort(descending=True).values),
                _rows(lambda index, n: index.flip(0), lambda index, n: index),
            ],
        ),
        Mistake(
            "rows_averaged_first",
            _one_mean_row,
            "The rows are averaged before the gradient is taken. The mean of gradients is asked for, and a gradient is "
            "not linear in its row.",
            credit=0.25,
        ),
        Mistake(
            "targets_in_a_column",
            _targets_in_a_column,
            "Every prediction meets every target, as when the targets are made a column. y[index] has one axis, as y "
            "has.",
            credit=0.25,
        ),
        Mistake(
            "step_instead_of_gradient",
            _after(lambda gradient, theta, x, index: theta - gradient),
            "theta itself is in the result, as after a step. Return the gradient alone.",
            credit=0.5,
            forms=[
                _after(lambda gradient, theta, x, index: theta - 0.1 * gradient),
                _after(lambda gradient, theta, x, index: theta - 0.01 * gradient),
                _after(lambda gradient, theta, x, index: theta + gradient),
            ],
        ),
        Mistake(
            "gradient_normalized",
            _after(lambda gradient, theta, x, index: gradient / gradient.norm()),
            "The gradient's length is lost: what is left is its direction, or its signs. Its length matters: return it "
            "as `grad_fn` gives it.",
            credit=0.25,
            forms=[_after(lambda gradient, theta, x, index: gradient.sign())],
        ),
        Mistake(
            "scaled_up_to_all_rows",
            _after(lambda gradient, theta, x, index: gradient * len(x)),
            "The mean over the batch is scaled up with the number n of all rows. The loss is a mean: leave it.",
            credit=0.5,
            forms=[_after(lambda gradient, theta, x, index: gradient * len(x) / len(index))],
        ),
        Mistake(
            "gradient_halved",
            _after(lambda gradient, theta, x, index: gradient / 2),
            "The gradient is halved or doubled. `grad_fn` gives it with all its factors.",
            credit=0.5,
            forms=[_after(lambda gradient, theta, x, index: 2 * gradient)],
        ),
        Mistake(
            "one_number_for_all_parameters",
            _after(lambda gradient, theta, x, index: gradient.mean()),
            "One number comes back for all parameters. The mean is over rows; each parameter keeps its own derivative.",
            credit=0.25,
            forms=[_after(lambda gradient, theta, x, index: gradient.norm())],
        ),
        Mistake(
            "gradient_at_zero",
            lambda grad_fn, theta, x, y, index: _mini(grad_fn, torch.zeros_like(theta), x, y, index),
            "The gradient is taken at zero. Take it at the theta that is given.",
            credit=0.25,
        ),
        Mistake(
            "last_index_dropped",
            lambda grad_fn, theta, x, y, index: _mini(grad_fn, theta, x, y, index[: max(1, len(index) - 1)]),
            "The last row of the batch is left out. Use `index` as it is; a slice ends before its end.",
            credit=0.25,
        ),
        Mistake(
            "sign_turned",
            lambda grad_fn, theta, x, y, index: -_mini(grad_fn, theta, x, y, index),
            "This is the direction of descent. Return the gradient itself, which points uphill.",
            credit=0.5,
        ),
    ],
)
