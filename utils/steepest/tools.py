"""What nets are trained with: the student's functions where they are handed in and written, else torch's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import functional, init

from steepest._methods import METHODS, ON_REQUEST, Method
from steepest.dense import with_backward
from steepest.trajectory import init_state

__all__ = [
    "BACKPROP",
    "EPS",
    "MOMENTUM",
    "NORMALIZING",
    "STARTS",
    "Function",
    "Schedule",
    "Statistics",
    "Tools",
    "backprop",
    "draw_weight",
    "drop",
    "first_memory",
    "gather",
    "normalize",
    "normalize_fixed",
    "own_rates",
    "take_step",
]

EPS = 1e-5
MOMENTUM = 0.9  # weighs the past

Function = Callable[..., Any]
Memory = dict[str, Any]
Statistics = tuple[Tensor, Tensor]
Schedule = Callable[[int], float]

NORMALIZING = ("batch_norm_train", "batch_norm_backward", "batch_norm_eval", "update_running")
STARTS: Mapping[str, str] = {
    "He": "he_normal",
    "Glorot": "glorot_normal",
    "LeCun": "lecun_normal",
    "deviation 1": "",
    "deviation 0.01": "",
    "all 0.1": "",
}
DROPPING, BACKPROP = "inverted_dropout", "mlp_backprop"


@dataclass(frozen=True)
class Tools:
    """The student's functions by name, those that are written and those that are not.

    Parameters
    ----------
    functions : mapping
        Those that can be used.
    schedules : mapping
        Rates by the number of the step, those that can be used.
    rates : tuple of str
        Names of all schedules, written or not.
    missing : tuple of str
        Names of those that are handed in and not written yet.

    Examples
    --------
    >>> tools = gather({})
    >>> sorted(tools.functions), tools.missing
    ([], ())
    """

    functions: Mapping[str, Function] = field(default_factory=dict)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    rates: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def methods(self) -> tuple[str, ...]:
        """Steppers that can be chosen."""
        known = {*self.functions, *self.missing}
        return tuple(name for name, method in METHODS.items() if name not in ON_REQUEST or method.exercise in known)

    def yours(self, *names: str) -> bool:
        """Whether all of these are handed in and written."""
        return set(names) <= {*self.functions, *self.schedules}


def gather(functions: Mapping[str, Function]) -> Tools:
    """Try each function once, to see whether it is written.

    Parameters
    ----------
    functions : mapping
        By the names of their exercises; a function of `step` alone under any other name is a schedule.

    Raises
    ------
    TypeError
        If the playground has no use for one.

    Examples
    --------
    >>> def momentum_step(theta, grad, state, *, lr, beta):
    ...     raise NotImplementedError
    >>> gather({"momentum_step": momentum_step}).missing
    ('momentum_step',)
    """
    steppers = {method.exercise for method in METHODS.values()}
    known = {*steppers, *NORMALIZING, *filter(None, STARTS.values()), DROPPING, BACKPROP}
    rates = tuple(name for name, function in functions.items() if name not in known and _is_schedule(function))
    if strange := sorted({*functions} - known - {*rates}):
        raise TypeError(
            f"`{strange[0]}` has no place here. Hand in any of {', '.join(sorted(known))}, by name, or a schedule, "
            "a function of `step` alone."
        )
    missing = tuple(name for name, function in functions.items() if _unwritten(name, function, name in rates))
    written = {name: function for name, function in functions.items() if name not in missing}
    return Tools(
        {name: function for name, function in written.items() if name in known},
        {name: _rates(name, function) for name, function in written.items() if name in rates},
        rates,
        missing,
    )


def _is_schedule(function: Function) -> bool:
    asked = inspect.signature(function).parameters.values()
    needed = [each.name for each in asked if each.default is each.empty and each.kind is not each.VAR_KEYWORD]
    return needed == ["step"]


def first_memory(tools: Tools, name: str, theta: Tensor, rate: float) -> Memory:
    """What a stepper remembers before its first step.

    Examples
    --------
    >>> first_memory(gather({}), "Adam", torch.zeros(2), 0.1)
    {'0z': tensor([0., 0.]), '1z': tensor([0., 0.]), '2z': tensor([0., 0.]), '3t': tensor(0.)}
    """
    method = METHODS[name]
    if tools.yours(method.exercise):
        return init_state(method.exercise, theta, rate=rate)
    starts: dict[str, Callable[[], Tensor]] = {
        "z": lambda: torch.zeros_like(theta),
        "r": lambda: torch.full_like(theta, rate),
        "t": lambda: torch.tensor(0.0),
        "1": lambda: torch.tensor(1.0),
    }
    return {f"{place}{kind}": starts[kind]() for place, kind in enumerate(method.memory)}


def take_step(
    tools: Tools, name: str, theta: Tensor, gradient: Callable[[Tensor], Tensor], memory: Memory, rate: float
) -> tuple[Tensor, Memory]:
    """One step of a stepper: the new parameters, and what it remembers.

    Parameters
    ----------
    tools : Tools
    name : str
        A key of `METHODS`.
    theta : Tensor, shape (p,)
        All parameters.
    gradient : callable
        Of the minibatch at hand.
    memory : dict
        See `first_memory`.
    rate : float
        Learning rate; methods with rates of their own take it for the first of these only.

    Raises
    ------
    TypeError
        If the student's function returns no point and state.

    Examples
    --------
    >>> tools, theta = gather({}), torch.ones(2)
    >>> memory = first_memory(tools, "gradient descent", theta, 0.1)
    >>> theta, memory = take_step(tools, "gradient descent", theta, lambda theta: 2 * theta, memory, 0.1)
    >>> theta
    tensor([0.8000, 0.8000])
    """
    method = METHODS[name]
    if not tools.yours(method.exercise):
        return _stand_in(method, theta, gradient(theta), memory, rate)
    step = tools.functions[method.exercise]
    hyper = dict(method.hyper) if own_rates(tools, name) else {"lr": rate, **method.hyper}
    answer = step(theta, gradient if _looks_ahead(step) else gradient(theta), memory, **hyper)
    if not (isinstance(answer, tuple) and len(answer) == 2 and getattr(answer[0], "shape", None) == theta.shape):
        raise TypeError(f"`{method.exercise}` must return (theta, state), theta in its shape. Is the `return` missing?")
    return answer[0].detach(), answer[1]


def own_rates(tools: Tools, name: str) -> bool:
    """Whether a stepper has rates of its own, so that the slider sets only the first.

    Examples
    --------
    >>> own_rates(gather({}), "momentum 0.9"), own_rates(gather({}), "Rprop")
    (False, True)
    """
    return name == "Rprop" or (name == "delta-bar-delta" and tools.yours(METHODS[name].exercise))


def draw_weight(tools: Tools, start: str, shape: tuple[int, int], generator: Generator) -> Tensor:
    """Weights of one layer, of shape (out, in).

    Examples
    --------
    >>> draw_weight(gather({}), "He", (3, 2), torch.Generator().manual_seed(0)).shape
    torch.Size([3, 2])
    """
    if tools.yours(STARTS[start]):
        drawn: Tensor = tools.functions[STARTS[start]](shape, generator)
        return drawn.detach().float()
    weight = torch.empty(shape)
    draw: dict[str, Callable[[], Tensor]] = {
        "He": lambda: init.kaiming_normal_(weight, nonlinearity="relu", generator=generator),
        "Glorot": lambda: init.xavier_normal_(weight, generator=generator),
        "LeCun": lambda: init.kaiming_normal_(weight, nonlinearity="linear", generator=generator),
        "deviation 1": lambda: weight.normal_(generator=generator),
        "deviation 0.01": lambda: weight.normal_(std=0.01, generator=generator),
        "all 0.1": lambda: weight.fill_(0.1),
    }
    return draw[start]()


def normalize(tools: Tools, z: Tensor, gamma: Tensor, beta: Tensor, running: Statistics) -> tuple[Tensor, Statistics]:
    """Batch normalization in training: the output, and running mean and variance after this batch.

    Examples
    --------
    >>> z = torch.tensor([[1.0], [3.0]])
    >>> out, running = normalize(gather({}), z, torch.ones(1), torch.zeros(1), (torch.zeros(1), torch.ones(1)))
    >>> out.round(decimals=2)
    tensor([[-1.],
            [ 1.]])
    """
    if not tools.yours(*NORMALIZING):
        mean, variance = (value.clone() for value in running)
        out = functional.batch_norm(z, mean, variance, gamma, beta, training=True, momentum=1 - MOMENTUM, eps=EPS)
        return out, (mean, variance)
    forward, backward, _, update = (tools.functions[name] for name in NORMALIZING)
    out = _joined(forward, backward)(z, gamma, beta, eps=EPS)
    with torch.no_grad():
        batch = z.mean(dim=0), z.var(dim=0, correction=1)
        mean, variance = (update(old, new, momentum=MOMENTUM) for old, new in zip(running, batch, strict=True))
    return out, (mean, variance)


def normalize_fixed(tools: Tools, z: Tensor, gamma: Tensor, beta: Tensor, running: Statistics) -> Tensor:
    """Batch normalization at evaluation.

    Examples
    --------
    >>> fixed = torch.ones(1), torch.full((1,), 4.0)
    >>> z = torch.tensor([[1.0], [3.0]])
    >>> normalize_fixed(gather({}), z, torch.ones(1), torch.zeros(1), fixed).round(decimals=2)
    tensor([[0.],
            [1.]])
    """
    if not tools.yours(*NORMALIZING):
        return functional.batch_norm(z, *running, gamma, beta, training=False, eps=EPS)
    out: Tensor = tools.functions["batch_norm_eval"](z, *running, gamma, beta, eps=EPS)
    return out


def drop(tools: Tools, h: Tensor, keep: float, generator: Generator) -> Tensor:
    """Dropout in training that needs no change at evaluation.

    Examples
    --------
    >>> dropped = drop(gather({}), torch.ones(100, 10), 0.5, torch.Generator().manual_seed(0))
    >>> dropped.unique()
    tensor([0., 2.])
    """
    if tools.yours(DROPPING):
        out: Tensor = tools.functions[DROPPING](h, keep=keep, training=True, generator=generator)
        return out
    shared = torch.default_generator  # torch's own draws from no other
    before = shared.get_state()
    shared.manual_seed(int(torch.randint(2**31, (), generator=generator)))
    try:
        return functional.dropout(h, 1 - keep)
    finally:
        shared.set_state(before)


def backprop(tools: Tools, weights: list[Tensor], biases: list[Tensor], x: Tensor, y: Tensor) -> list[Tensor]:
    """Gradients of the weights and the bias of each layer in turn, by the student's function for tanh and softmax.

    One answer s with the sigmoid's loss is two answers ±s/2 with that of softmax.

    Raises
    ------
    TypeError
        If it returns no loss and a gradient for each weight and bias.

    Examples
    --------
    >>> def mlp_backprop(x, y, weights, biases):  # of the right shapes, and wrong
    ...     return torch.tensor(0.0), weights, biases
    >>> tools = gather({"mlp_backprop": mlp_backprop})
    >>> weights, biases = [torch.ones(4, 2), torch.ones(1, 4)], [torch.zeros(4), torch.zeros(1)]
    >>> x, y = torch.ones(5, 2), torch.zeros(5, dtype=torch.int64)
    >>> [tuple(part.shape) for part in backprop(tools, weights, biases, x, y)]
    [(4, 2), (4,), (1, 4), (1,)]
    """
    *inner, last = zip(weights, biases, strict=True)
    doubled = [*inner, tuple(torch.cat([-part / 2, part / 2]) for part in last)]
    found = tools.functions[BACKPROP](x, y.long(), [each[0] for each in doubled], [each[1] for each in doubled])
    try:
        grads = [part for pair in zip(found[1], found[2], strict=True) for part in pair]
        grads[-2:] = [(part[1:] - part[:1]) / 2 for part in grads[-2:]]
        shapes = [part.shape for pair in zip(weights, biases, strict=True) for part in pair]
        fits = [part.shape for part in grads] == shapes
    except (TypeError, ValueError, IndexError, AttributeError):
        fits = False
    if not fits:
        raise TypeError(f"`{BACKPROP}` must return (loss, grad_weights, grad_biases), one of each for each layer.")
    return grads


def _stand_in(method: Method, theta: Tensor, grad: Tensor, memory: Memory, rate: float) -> tuple[Tensor, Memory]:
    moved, after = theta.clone(), {key: value.clone() for key, value in memory.items()}
    lists = [[value] for value in after.values()]
    lr = {} if method.rule.__name__ == "rprop" else {"lr": rate}
    method.rule([moved], [grad], *lists, foreach=False, **method.settings, **lr)
    return moved, after


@lru_cache(maxsize=16)
def _looks_ahead(step: Function) -> bool:
    return list(inspect.signature(step).parameters)[1:2] == ["grad_fn"]


@lru_cache(maxsize=4)
def _joined(forward: Function, backward: Function) -> Function:
    return with_backward(forward, backward)


def _rates(name: str, schedule: Schedule) -> Schedule:
    @cache
    def rate(step: int) -> float:
        try:
            return float(schedule(step))
        except (TypeError, ValueError) as error:
            raise TypeError(f"`{name}` must return a rate for step {step}. Is the `return` missing?") from error

    return rate


def _unwritten(name: str, function: Function, is_schedule: bool) -> bool:
    try:
        if is_schedule:
            function(0)
        else:
            _probe(name, function)
    except NotImplementedError:
        return True
    except Exception:  # noqa: BLE001 - what else is wrong shows where it is used
        return False
    return False


def _probe(name: str, function: Function) -> None:
    table, row, generator = torch.tensor([[1.0, 2.0], [3.0, 5.0]]), torch.ones(2), Generator().manual_seed(0)
    if name in {method.exercise for method in METHODS.values()}:
        method = next(method for method in METHODS.values() if method.exercise == name)
        takes: Iterable[str] = inspect.signature(function).parameters
        grad = torch.ones_like if _looks_ahead(function) else row
        function(row, grad, init_state(name, row), **dict(method.hyper), **({"lr": 0.1} if "lr" in takes else {}))
        return
    probes: dict[str, Callable[[], Any]] = {
        "batch_norm_train": lambda: function(table, row, row, eps=EPS),
        "batch_norm_backward": lambda: function(table, None),
        "batch_norm_eval": lambda: function(table, row, row, row, row, eps=EPS),
        "update_running": lambda: function(row, row, momentum=MOMENTUM),
        BACKPROP: lambda: function(table, torch.tensor([0, 1]), [table, table], [row, row]),
        DROPPING: lambda: function(table, keep=0.5, training=True, generator=generator),
    }
    probes.get(name, lambda: function((2, 2), generator))()
