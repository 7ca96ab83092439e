"""`sgd`."""

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


def _written_into_the_loops(
    grad_fn: GradFn, theta0: Tensor, x: Tensor, y: Tensor,
    *, lr: float, batch_size: int, epochs: int, generator: Generator,
) -> Tensor:  # fmt: skip
    theta = theta0
    for _ in range(epochs):
        order = torch.randperm(len(x), generator=generator, device=generator.device)
        for start in range(0, len(x), batch_size):
            index = order[start : start + batch_size]
            theta = theta - lr * grad_fn(theta, x[index], y[index])
    return theta


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
        Accepted("functions_of_the_lesson", _loop()),
        Accepted("written_into_the_loops", _written_into_the_loops),
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
            "All epochs follow one order, whatever generator is given, as with a seed in the function. Draw from the "
            "generator as it is, and let it go on.",
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
            "Right but where the batch size divides the number of rows: then θ becomes nan, as from a step with an "
            "empty batch. There are ⌈n/m⌉ batches.",
            credit=0.75,
        ),
        Mistake(
            "one_minibatch_an_epoch",
            _one_batch_an_epoch,
            "Each epoch takes one step only, with one minibatch. An epoch takes a step with each: does the step stand "
            "inside the loop over the minibatches?",
            credit=0.25,
            forms=[_last_batch_of_an_epoch],
        ),
        Mistake(
            "first_step_only",
            _first_step_only,
            "Only the first step is taken. Does the `return` stand inside the inner loop?",
            credit=0.25,
        ),
        Mistake(
            "never_moves",
            lambda grad_fn, theta0, *data, **rest: theta0.clone(),
            "theta0 comes back as it was. Is the new θ kept after each step, as in theta = theta - …, and is it "
            "returned?",
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
            "More comes back than the last θ, such as the points on the way. Only the last θ is asked for.",
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
            "One epoch too few: range(epochs) runs `epochs` times, range(1, epochs) only epochs − 1 times.",
            credit=0.5,
        ),
        Mistake(
            "rate_forgotten",
            _loop(step=lambda grad, lr: grad),
            "The result does not depend on lr: a constant in its place looks the same. Each step is lr times the "
            "gradient.",
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
            "The rows come in the order of the data, epoch after epoch. Permute them every epoch.",
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
            "All epochs of one generator follow one order, as when it is set back every epoch. Let it go on.",
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
            "θ moves once an epoch, by the sum of the batch gradients at one point. It must move after every "
            "minibatch.",
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
            "θ moves uphill, so the loss grows. Descent goes against the gradient, by lr times its length.",
        ),
        Mistake(
            "rate_divided_by_batch_size",
            _divided_rate,
            "The steps are too short, by the batch size. `grad_fn` gives a mean, so nothing has to be divided by it "
            "again.",
            credit=0.5,
        ),
        Mistake(
            "sum_instead_of_mean",
            _loop(gradient=lambda *args: len(args[4]) * reference.minibatch_gradient(*args)),
            "The steps are those of a sum over the rows of the batch. `grad_fn` gives their mean: use it as it is.",
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
