"""`minibatch_gradient` and `sgd`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest._checks.wire import Named
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Generator, Tensor

from steepest_exercises import reasons
from steepest_exercises.inputs import normal
from steepest_exercises.minibatches import reference

GradFn = reference.GradFn
LEAST_SQUARES = Named("least_squares_gradient")


# --- minibatch_gradient -----------------------------------------------------------------------------------


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
            "`index` is not used: this is the gradient over all rows. Take x[index] and y[index].",
        ),
        Mistake(
            "sum_instead_of_mean",
            lambda grad_fn, theta, x, y, index: len(index) * _mini(grad_fn, theta, x, y, index),
            "`grad_fn` gives a mean already. A sum grows with the batch, and the rate would have to shrink.",
            credit=0.5,
        ),
        Mistake(
            "averaged_twice",
            lambda grad_fn, theta, x, y, index: _mini(grad_fn, theta, x, y, index) / len(index),
            "`grad_fn` has divided by the number of rows already; here it is divided again.",
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
            "Only the length of `index` is used, so these are always the first rows. Take x[index].",
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
            "The other rows are set to zero, but they still count in the mean. Hand over the rows of the batch alone: "
            "x[index].",
            credit=0.5,
        ),
        Mistake(
            "first_row_of_the_batch_only",
            _rows(lambda index, n: index[:1]),
            "Only the first row of the batch is used. x[index] takes all of them at once.",
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
            "All rows between the smallest and the largest number are used. `index` names single rows: x[index].",
            credit=0.25,
            forms=[_rows(lambda index, n: slice(int(index.max()) + 1))],
        ),
        Mistake(
            "rows_counted_from_one",
            _rows(lambda index, n: index - 1),
            "The rows before the named ones are used. Row numbers count from 0, as torch does.",
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
            "The rows are sorted and the targets are not, or the other way round, so rows meet targets of others. "
            "Index "
            "both by the same `index`.",
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
            "The targets are made a column, so every prediction meets every target. y[index] has one axis, as y has.",
            credit=0.25,
        ),
        Mistake(
            "step_instead_of_gradient",
            _after(lambda gradient, theta, x, index: theta - gradient),
            "A step has been taken already: theta minus the gradient comes back. Return the gradient alone.",
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
            "The gradient is shortened to length 1. Its length matters: return it as `grad_fn` gives it.",
            credit=0.25,
            forms=[_after(lambda gradient, theta, x, index: gradient.sign())],
        ),
        Mistake(
            "scaled_up_to_all_rows",
            _after(lambda gradient, theta, x, index: gradient * len(x)),
            "The mean over the batch is multiplied by n, as for a sum over all rows. The loss is a mean: leave it.",
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
            "The entries of the gradient are averaged too. The mean is over rows; each parameter keeps its own "
            "derivative.",
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
            "The last row of the batch is left out: slices end before their end.",
            credit=0.25,
        ),
        Mistake(
            "sign_turned",
            lambda grad_fn, theta, x, y, index: -_mini(grad_fn, theta, x, y, index),
            "This is the direction of descent. Return the gradient; the step subtracts it.",
            credit=0.5,
        ),
    ],
)


# --- sgd --------------------------------------------------------------------------------------------------


def _descent(
    name: str,
    rng: np.random.Generator,
    x: Tensor,
    y: Tensor,
    *,
    lr: float,
    batch_size: int,
    epochs: int,
    corner: float = 0.0,
) -> Case:
    inputs = {
        "gradient": LEAST_SQUARES, "theta0": normal(rng, x.shape[1], dtype=x.dtype), "x": x, "y": y,
        "lr": lr, "batch_size": batch_size, "epochs": epochs, "seed": int(rng.integers(2**31)),
    }  # fmt: skip
    return Case(name, inputs, "descent", slack=20.0, corner=corner)


def _visits(
    name: str, rng: np.random.Generator, n: int, batch_size: int, epochs: int, base: float, *, corner: float = 0.0
) -> Case:
    inputs = {
        "gradient": Named("visit_log_gradient", {"base": base}), "n": n, "batch_size": batch_size,
        "epochs": epochs, "seed": int(rng.integers(2**31)),
    }  # fmt: skip
    return Case(name, inputs, "visits", corner=corner)


def _sgd_cases(rng: np.random.Generator) -> Sequence[Case]:
    def alike(n: int, d: int, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
        """Rows that are all the same, non-contiguous: any order gives the same θ."""
        row = normal(rng, d, dtype=dtype)
        return row[:, None].repeat(1, n).T, torch.full((n,), 1.5, dtype=dtype)

    return [
        _descent("one batch holds all rows", rng, *alike(9, 3), lr=0.05, batch_size=9, epochs=4, corner=0.1),
        _descent("a batch larger than the data", rng, *alike(7, 3), lr=0.04, batch_size=16, epochs=3),
        _descent("identical rows, a short last batch", rng, *alike(8, 2), lr=0.04, batch_size=3, epochs=2),
        _descent("identical rows, one at a time", rng, *alike(5, 3), lr=0.02, batch_size=1, epochs=2, corner=0.1),
        _descent("identical rows, float32", rng, *alike(10, 4, torch.float32), lr=0.03, batch_size=4, epochs=3),
        _descent("one row is left over", rng, *alike(7, 3), lr=0.04, batch_size=3, epochs=2, corner=0.15),
        _descent("no epoch at all", rng, *alike(6, 2), lr=0.05, batch_size=2, epochs=0, corner=0.1),
        _visits("who is used when, one row at a time", rng, 30, 1, 2, 64.0, corner=0.1),
        _visits("who is used when, batches of four", rng, 58, 4, 2, 64.0),
    ]


Loop = Callable[..., Tensor]


def _loop(
    draw: Callable[[int, int, Generator], Sequence[Tensor]] = reference.minibatches,
    step: Callable[[Tensor, float], Tensor] = lambda grad, lr: lr * grad,
    gradient: Callable[..., Tensor] = reference.minibatch_gradient,
) -> Loop:
    """SGD with one thing changed: how batches are drawn, the step, the gradient."""

    def sgd(
        grad_fn: GradFn, theta0: Tensor, x: Tensor, y: Tensor,
        *, lr: float, batch_size: int, epochs: int, generator: Generator,
    ) -> Tensor:  # fmt: skip
        theta = theta0
        for _ in range(epochs):
            for index in draw(len(x), batch_size, generator):
                theta = theta - step(gradient(grad_fn, theta, x, y, index.to(x.device)), lr)
        return theta

    return sgd


def _while_queue(
    grad_fn: GradFn, theta0: Tensor, x: Tensor, y: Tensor,
    *, lr: float, batch_size: int, epochs: int, generator: Generator,
) -> Tensor:  # fmt: skip
    theta, queue, left = theta0, torch.empty(0, dtype=torch.int64, device=x.device), epochs
    while left or len(queue):
        if not len(queue):
            queue = torch.rand(len(x), generator=generator, device=x.device).argsort()
            left -= 1
        theta = theta - lr * grad_fn(theta, x[queue[:batch_size]], y[queue[:batch_size]])
        queue = queue[batch_size:]
    return theta


def _shuffled_copies(
    grad_fn: GradFn, theta0: Tensor, x: Tensor, y: Tensor,
    *, lr: float, batch_size: int, epochs: int, generator: Generator,
) -> Tensor:  # fmt: skip
    theta = theta0.clone()
    for _ in range(epochs):
        order = torch.randperm(len(x), generator=generator, device=generator.device)
        x, y = x[order], y[order]
        for rows, targets in zip(torch.split(x, batch_size), torch.split(y, batch_size), strict=True):
            theta -= lr * grad_fn(theta, rows, targets)
    return theta


def _planned(
    grad_fn: GradFn, theta0: Tensor, x: Tensor, y: Tensor,
    *, lr: float, batch_size: int, epochs: int, generator: Generator,
) -> Tensor:  # fmt: skip
    keys = torch.rand(epochs, len(x), generator=generator, dtype=torch.float64, device=generator.device)
    plan = [index for order in keys.argsort(dim=1) for index in torch.split(order, batch_size)]
    theta = theta0
    for index in plan:
        theta = torch.add(theta, grad_fn(theta, x[index], y[index]), alpha=-lr)
    return theta


def _reseeded(n: int, size: int, generator: Generator) -> Sequence[Tensor]:
    return reference.minibatches(n, size, generator.manual_seed(generator.initial_seed()))


def _own_generator(n: int, size: int, generator: Generator) -> Sequence[Tensor]:
    own = Generator()
    own.seed()
    return reference.minibatches(n, size, own)


def _drop_last(n: int, size: int, generator: Generator) -> Sequence[Tensor]:
    return [batch for batch in reference.minibatches(n, size, generator) if len(batch) == size]


def _replaced(n: int, size: int, generator: Generator) -> Sequence[Tensor]:
    sizes = [min(size, n - start) for start in range(0, n, size)]
    return [torch.randint(n, (count,), generator=generator, device=generator.device) for count in sizes]


def _blocks(n: int, size: int, generator: Generator) -> Sequence[Tensor]:
    batches = torch.split(torch.arange(n), size)
    return [batches[i] for i in torch.randperm(len(batches), generator=generator, device=generator.device).tolist()]


def _shuffled_once(
    grad_fn: GradFn,
    theta0: Tensor,
    x: Tensor,
    y: Tensor,
    *,
    batch_size: int,
    generator: Generator,
    **rest: Any,
) -> Tensor:
    plan = reference.minibatches(len(x), batch_size, generator)
    return _loop(lambda n, size, same: plan)(grad_fn, theta0, x, y, batch_size=batch_size, generator=generator, **rest)


def _one_epoch(*args: Any, epochs: int, **kwargs: Any) -> Tensor:
    return reference.sgd(*args, epochs=1, **kwargs)


def _returned_after_an_epoch(*args: Any, epochs: int, **kwargs: Any) -> Tensor | None:
    return reference.sgd(*args, epochs=1, **kwargs) if epochs else None


def _first_step_only(
    grad_fn: GradFn, theta0: Tensor, x: Tensor, y: Tensor,
    *, lr: float, batch_size: int, epochs: int, generator: Generator,
) -> Tensor | None:  # fmt: skip
    for _ in range(epochs):
        for index in reference.minibatches(len(x), batch_size, generator):
            return theta0 - lr * grad_fn(theta0, x[index], y[index])
    return None


def _one_batch_an_epoch(
    grad_fn: GradFn, theta0: Tensor, x: Tensor, y: Tensor,
    *, lr: float, batch_size: int, epochs: int, generator: Generator,
) -> Tensor:  # fmt: skip
    theta = theta0
    for _ in range(epochs):
        index = reference.minibatches(len(x), batch_size, generator)[0]
        theta = theta - lr * grad_fn(theta, x[index], y[index])
    return theta


def _last_batch_of_an_epoch(
    grad_fn: GradFn, theta0: Tensor, x: Tensor, y: Tensor,
    *, lr: float, batch_size: int, epochs: int, generator: Generator,
) -> Tensor:  # fmt: skip
    theta = theta0
    for _ in range(epochs):
        index = reference.minibatches(len(x), batch_size, generator)[-1]
        theta = theta - lr * grad_fn(theta, x[index], y[index])
    return theta


def _loops_exchanged(
    grad_fn: GradFn, theta0: Tensor, x: Tensor, y: Tensor,
    *, lr: float, batch_size: int, epochs: int, generator: Generator,
) -> Tensor:  # fmt: skip
    theta = theta0
    for index in reference.minibatches(len(x), batch_size, generator):
        for _ in range(epochs):
            theta = theta - lr * grad_fn(theta, x[index], y[index])
    return theta


def _path(
    grad_fn: GradFn, theta0: Tensor, x: Tensor, y: Tensor,
    *, lr: float, batch_size: int, epochs: int, generator: Generator,
) -> Tensor:  # fmt: skip
    path = [theta0]
    for _ in range(epochs):
        for index in reference.minibatches(len(x), batch_size, generator):
            path.append(path[-1] - lr * grad_fn(path[-1], x[index], y[index]))
    return torch.stack(path)


def _of_the_path(choose: Callable[[Tensor], Any]) -> Callable[..., Any]:
    return lambda *args, **kwargs: choose(_path(*args, **kwargs))


def _with_rates(rate: Callable[[float, int, int, float], float]) -> Loop:
    """SGD with a rate that depends on lr, step, epoch, and how much of a full batch there is."""

    def sgd(
        grad_fn: GradFn, theta0: Tensor, x: Tensor, y: Tensor,
        *, lr: float, batch_size: int, epochs: int, generator: Generator,
    ) -> Tensor:  # fmt: skip
        theta, step = theta0, 0
        for epoch in range(epochs):
            for index in reference.minibatches(len(x), batch_size, generator):
                now = rate(lr, step, epoch, len(index) / min(batch_size, len(x)))
                theta = theta - now * grad_fn(theta, x[index], y[index])
                step += 1
        return theta

    return sgd


def _epochs(change: Callable[[int], int]) -> Loop:
    return lambda *args, epochs, **kwargs: reference.sgd(*args, epochs=change(epochs), **kwargs)


def _epochs_and_size_exchanged(*args: Any, epochs: int, batch_size: int, **kwargs: Any) -> Tensor:
    return reference.sgd(*args, epochs=batch_size, batch_size=max(epochs, 1), **kwargs)


def _one_row_a_step(*args: Any, batch_size: int, **kwargs: Any) -> Tensor:
    return reference.sgd(*args, batch_size=1, **kwargs)


def _empty_batches(n: int, size: int, generator: Generator) -> Sequence[Tensor]:
    order = torch.randperm(n, generator=generator, device=generator.device)
    return [order[i * size : (i + 1) * size] for i in range(n // size + 1)]


def _single_left_out(n: int, size: int, generator: Generator) -> Sequence[Tensor]:
    return [batch for batch in reference.minibatches(n, size, generator) if len(batch) > 1 or size == 1]


def _all_full_with_replacement(n: int, size: int, generator: Generator) -> Sequence[Tensor]:
    return [torch.randint(n, (size,), generator=generator, device=generator.device) for _ in range(0, n, size)]


def _seeded_anew(n: int, size: int, generator: Generator) -> Sequence[Tensor]:
    return reference.minibatches(n, size, generator.manual_seed(0))


def _whole_gradient(grad_fn: GradFn, theta: Tensor, x: Tensor, y: Tensor, index: Tensor) -> Tensor:
    return grad_fn(theta, x, y)


def _full_batch(*args: Any, batch_size: int, **kwargs: Any) -> Tensor:
    return reference.sgd(*args, batch_size=len(args[2]), **kwargs)


def _divided_rate(*args: Any, batch_size: int, lr: float, **kwargs: Any) -> Tensor:
    return reference.sgd(*args, batch_size=batch_size, lr=lr / batch_size, **kwargs)


def _restarts(*args: Any, epochs: int, **kwargs: Any) -> Tensor:
    ends = [reference.sgd(*args, epochs=1, **kwargs) for _ in range(epochs)]
    return ends[-1] if ends else args[1]


def _one_step_an_epoch(
    grad_fn: GradFn, theta0: Tensor, x: Tensor, y: Tensor,
    *, lr: float, batch_size: int, epochs: int, generator: Generator,
) -> Tensor:  # fmt: skip
    theta = theta0
    for _ in range(epochs):
        parts = reference.minibatches(len(x), batch_size, generator)
        theta = theta - lr * sum((grad_fn(theta, x[i], y[i]) for i in parts), torch.zeros_like(theta))
    return theta


def _stale(grad_fn: GradFn, theta0: Tensor, x: Tensor, y: Tensor, **rest: Any) -> Tensor:
    def at_start(grad_fn: GradFn, theta: Tensor, x: Tensor, y: Tensor, index: Tensor) -> Tensor:
        return grad_fn(theta0, x[index], y[index])

    return _loop(gradient=at_start)(grad_fn, theta0, x, y, **rest)


def _wrong_targets(grad_fn: GradFn, theta: Tensor, x: Tensor, y: Tensor, index: Tensor) -> Tensor:
    return grad_fn(theta, x[index], y[: len(index)])


SGD = Exercise(
    id="sgd",
    reference=reference.sgd,
    cases=_sgd_cases,
    points=3,
    companions={"minibatches": reference.minibatches, "minibatch_gradient": reference.minibatch_gradient},
    accepted=[
        Accepted("queue_of_rows", _while_queue),
        Accepted("shuffled_copies", _shuffled_copies),
        Accepted("orders_planned_ahead", _planned),
    ],
    mistakes=[
        Mistake(
            "shuffled_once",
            _shuffled_once,
            "All epochs follow one order. Draw a new permutation at the start of every epoch.",
            credit=0.5,
        ),
        Mistake(
            "loops_exchanged",
            _loops_exchanged,
            "The loops are the wrong way round: every minibatch is used for all epochs before the next one has its "
            "turn. "
            "Epochs outside, minibatches inside.",
            credit=0.25,
        ),
        Mistake(
            "fixed_seed",
            _loop(_seeded_anew),
            "A seed stands in the function, so all epochs follow one order, whatever generator is given. Draw from it "
            "as "
            "it is, and let it go on.",
            credit=0.25,
        ),
        Mistake(
            "single_row_left_out",
            _loop(_single_left_out),
            "Right but where one row is left over: it is a batch too, of one. Take a step with it.",
            credit=0.85,
            forms=[_loop(lambda n, size, g: [b for b in reference.minibatches(n, size, g) if len(b) > 1])],
        ),
        Mistake(
            "step_with_an_empty_batch",
            _loop(_empty_batches),
            "Right but where the batch size divides the number of rows: then the last batch is empty, and the mean "
            "over "
            "it is nan. There are ⌈n/m⌉ batches.",
            credit=0.75,
        ),
        Mistake(
            "one_minibatch_an_epoch",
            _one_batch_an_epoch,
            "Each epoch takes one step only: the step stands outside the loop over the minibatches, or only one of "
            "them is "
            "drawn. An epoch takes a step with each.",
            credit=0.25,
            forms=[_last_batch_of_an_epoch],
        ),
        Mistake(
            "first_step_only",
            _first_step_only,
            "Only the first step is taken: the `return` stands inside the inner loop.",
            credit=0.25,
        ),
        Mistake(
            "never_moves",
            lambda grad_fn, theta0, *data, **rest: theta0.clone(),
            "theta0 comes back as it was: the new θ is not kept. Write theta = theta - …, and return theta.",
        ),
        Mistake(
            "whole_data_in_every_step",
            _loop(gradient=_whole_gradient),
            "The loops are right, but every step uses the gradient over all rows. Take that of the minibatch: "
            "x[index], "
            "y[index].",
            credit=0.25,
        ),
        Mistake(
            "one_row_a_step",
            _one_row_a_step,
            "Each step uses one row: `batch_size` has no effect.",
            credit=0.25,
        ),
        Mistake(
            "epochs_and_batch_size_exchanged",
            _epochs_and_size_exchanged,
            "`epochs` and `batch_size` have changed places.",
            credit=0.25,
        ),
        Mistake(
            "whole_path",
            _path,
            "All points on the way are returned. Only the last θ is asked for.",
            credit=0.5,
            forms=[
                _of_the_path(list),
                _of_the_path(lambda path: path[1:]),
                _of_the_path(lambda path: (path[-1], path)),
                _of_the_path(lambda path: (path[-1], [])),
            ],
        ),
        Mistake(
            "points_averaged",
            _of_the_path(lambda path: path[1:].mean(dim=0) if len(path) > 1 else path[0]),
            "The mean of all points on the way is returned. That can help against noise, but the last θ is asked for.",
            credit=0.25,
            forms=[_of_the_path(lambda path: path.mean(dim=0))],
        ),
        Mistake(
            "last_step_left_out",
            _of_the_path(lambda path: path[max(len(path) - 2, 0)]),
            "The last step is missing: what is returned is the θ before it.",
            credit=0.5,
        ),
        Mistake(
            "one_epoch_too_many",
            _epochs(lambda epochs: epochs + 1),
            "One epoch too many: range(epochs) runs `epochs` times.",
            credit=0.5,
        ),
        Mistake(
            "one_epoch_too_few",
            _epochs(lambda epochs: max(epochs - 1, 0)),
            "One epoch too few: range(1, epochs) runs epochs − 1 times.",
            credit=0.5,
        ),
        Mistake(
            "rate_forgotten",
            _loop(step=lambda grad, lr: grad),
            "lr is not used: every step is the whole gradient.",
            credit=0.25,
            forms=[
                _loop(step=lambda grad, lr: 0.01 * grad),
                _loop(step=lambda grad, lr: 0.1 * grad),
                _loop(step=lambda grad, lr: 0.05 * grad),
                _loop(step=lambda grad, lr: 0.001 * grad),
            ],
        ),
        Mistake(
            "rate_shrinks",
            _with_rates(lambda lr, step, epoch, share: lr / (epoch + 1)),
            "The rate shrinks on the way. Here it is constant, the same lr in every step.",
            credit=0.25,
            forms=[
                _with_rates(lambda lr, step, epoch, share: lr / (step + 1)),
                _with_rates(lambda lr, step, epoch, share: lr / (step + 1) ** 0.5),
                _with_rates(lambda lr, step, epoch, share: lr * 0.9**epoch),
                _with_rates(lambda lr, step, epoch, share: lr * 0.5**epoch),
                _with_rates(lambda lr, step, epoch, share: lr * 0.99**step),
            ],
        ),
        Mistake(
            "short_batch_takes_a_short_step",
            _with_rates(lambda lr, step, epoch, share: lr * share),
            "The step of the short last batch is made shorter. Every minibatch takes a step of lr times its mean "
            "gradient.",
            credit=0.5,
        ),
        Mistake(
            "step_twice_as_long",
            _loop(step=lambda grad, lr: 2 * lr * grad),
            "Every step is twice as long as it should be, or half as long. The step is lr times what `grad_fn` gives.",
            credit=0.5,
            forms=[_loop(step=lambda grad, lr: 0.5 * lr * grad)],
        ),
        Mistake(
            "gradient_normalized",
            _loop(step=lambda grad, lr: lr * grad / grad.norm()),
            "Every step has the length lr. The step is lr times the gradient, which is short where the slope is "
            "gentle.",
            credit=0.25,
        ),
        Mistake(
            "not_shuffled",
            _loop(lambda n, size, generator: torch.split(torch.arange(n), size)),
            "The rows come in the order of the data, which can make descent cycle. Permute them every epoch.",
            credit=0.25,
        ),
        Mistake(
            "batches_shuffled_but_not_examples",
            _loop(_blocks),
            "A batch is always made of the same neighbours. Permute the rows, then cut them into batches.",
            credit=0.25,
        ),
        Mistake(
            "same_order_every_epoch",
            _loop(_reseeded),
            "The generator is set back every epoch, so all orders are alike. Let it go on.",
            credit=0.5,
        ),
        Mistake(
            "ignores_the_generator",
            _loop(_own_generator),
            "The same seed does not give the same θ: draw the order from the generator you are given.",
            credit=0.5,
        ),
        Mistake(
            "sampling_with_replacement",
            _loop(_replaced),
            "Some rows come twice in an epoch and others never. Draw a permutation and cut it up.",
            credit=0.25,
            forms=[_loop(_all_full_with_replacement)],
        ),
        Mistake(
            "short_last_batch_dropped",
            _loop(_drop_last),
            "The rows after the last full batch are not used. Take a step with the short batch too.",
            credit=0.5,
        ),
        Mistake(
            "one_epoch_only",
            _one_epoch,
            "The data are passed through once, whatever `epochs` says: does the `return` stand inside the outer loop?",
            credit=0.25,
            forms=[_returned_after_an_epoch],
        ),
        Mistake(
            "restarts_every_epoch",
            _restarts,
            "θ is set back to theta0 at the start of each epoch. Initialize it once, before both loops.",
            credit=0.25,
        ),
        Mistake(
            "full_batch",
            _full_batch,
            "Each step uses all rows: `batch_size` has no effect. Take one step for every minibatch.",
            credit=0.25,
        ),
        Mistake(
            "one_step_an_epoch",
            _one_step_an_epoch,
            "The batch gradients are summed at one θ and used at the end. θ must move after every minibatch.",
            credit=0.25,
        ),
        Mistake(
            "gradient_at_the_start",
            _stale,
            "The gradient is always taken at theta0. Take it where the descent is now, at the current θ.",
        ),
        Mistake(
            "gradient_ascent",
            _loop(step=lambda grad, lr: -lr * grad),
            "The sign is turned: the loss grows. Subtract lr times the gradient.",
        ),
        Mistake(
            "rate_divided_by_batch_size",
            _divided_rate,
            "`grad_fn` gives a mean, so the rate must not be divided by the batch size again.",
            credit=0.5,
        ),
        Mistake(
            "sum_instead_of_mean",
            _loop(gradient=lambda *args: len(args[4]) * reference.minibatch_gradient(*args)),
            "The mean gradient is multiplied by the rows of the batch. Use what `grad_fn` gives.",
            credit=0.5,
        ),
        Mistake(
            "targets_not_shuffled",
            _loop(gradient=_wrong_targets),
            "Rows meet targets that are not theirs. Index x and y with the same minibatch.",
        ),
    ],
    equivalent={
        reasons.ROWS: ["for index in minibatches(len(y), batch_size, generator):"],
    },
)
