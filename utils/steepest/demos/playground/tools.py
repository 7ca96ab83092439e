"""What the playground trains with: the student's functions where they are handed in and written, else torch's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor
from torch.nn import functional, init
from torch.optim.adadelta import adadelta
from torch.optim.adagrad import adagrad
from torch.optim.adam import adam
from torch.optim.adamax import adamax
from torch.optim.nadam import nadam
from torch.optim.rmsprop import rmsprop
from torch.optim.rprop import rprop
from torch.optim.sgd import sgd

from steepest.dense import with_backward
from steepest.trajectory import init_state

EPS = 1e-5
MOMENTUM = 0.9  # weighs the past

Function = Callable[..., Any]
Memory = dict[str, Any]
Statistics = tuple[Tensor, Tensor]


class Method(NamedTuple):
    """How a stepper is called.

    Attributes
    ----------
    exercise : str
        Name of the student's function.
    hyper : mapping
        What the student's function gets beside the rate.
    rule : callable
        What stands in for it: a function of `torch.optim`.
    memory : str
        What that remembers: z for zeros, r for the first rate, t and 1 for the numbers 0 and 1.
    settings : mapping
        What that gets beside the rate.
    """

    exercise: str
    hyper: Mapping[str, float]
    rule: Callable[..., None]
    memory: str
    settings: Mapping[str, Any]


_BETA, _RHO = {"beta": 0.9}, {"rho": 0.9, "eps": 1e-8}
_USUAL = {"rho1": 0.9, "rho2": 0.999, "eps": 1e-8}
_PLAIN = {"weight_decay": 0.0}
_SGD = {"weight_decay": 0.0, "momentum": 0.0, "dampening": 0.0, "nesterov": False, "maximize": False}
_ADAM = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.0}
_SIGNS = {"step_size_min": 1e-6, "step_size_max": 50.0, "etaminus": 0.5, "etaplus": 1.2}

METHODS: Mapping[str, Method] = {
    "gradient descent": Method("gd_step", {}, sgd, "z", _SGD),
    "momentum 0.9": Method("momentum_step", _BETA, sgd, "z", _SGD | {"momentum": 0.9}),
    "Nesterov 0.9": Method("nesterov_step", _BETA, sgd, "z", _SGD | {"momentum": 0.9, "nesterov": True}),
    "Rprop": Method("rprop_step", {}, rprop, "zrt", _SIGNS),
    "AdaGrad": Method("adagrad_step", {"eps": 1e-8}, adagrad, "zt",
                      _PLAIN | {"lr_decay": 0.0, "eps": 1e-8, "maximize": False}),
    "RMSProp": Method("rmsprop_step", _RHO, rmsprop, "zzzt",
                      _PLAIN | {"alpha": 0.9, "eps": 1e-8, "momentum": 0.0, "centered": False}),
    "AdaDelta": Method("adadelta_step", {"rho": 0.9, "eps": 1e-6}, adadelta, "zzt",
                       _PLAIN | {"rho": 0.9, "eps": 1e-6, "maximize": False}),
    "Adam": Method("adam_step", _USUAL, adam, "zzzt", _ADAM | {"amsgrad": False, "maximize": False}),
    "AdaMax": Method("adamax_step", _USUAL, adamax, "zzt", _ADAM),
    "Nadam": Method("nadam_step", _USUAL, nadam, "zz1t", _ADAM | {"momentum_decay": 4e-3}),
    # torch has neither of these; where they are handed in and not written yet, plain descent takes their place
    "delta-bar-delta": Method("delta_bar_delta_step", {"kappa": 0.001, "phi": 0.3, "beta": 0.7}, sgd, "z", _SGD),
    "Quickprop": Method("quickprop_step", {}, sgd, "z", _SGD),
}  # fmt: skip
"""All steppers, by the name they are shown with."""

NO_STAND_IN = ("delta-bar-delta", "Quickprop")
NORMALIZING = ("batch_norm_train", "batch_norm_backward", "batch_norm_eval", "update_running")
STARTS: Mapping[str, str] = {
    "He": "he_normal",
    "Glorot": "glorot_normal",
    "LeCun": "lecun_normal",
    "deviation 1": "",
    "deviation 0.01": "",
    "all 0.1": "",
}
DROPPING = "inverted_dropout"


@dataclass(frozen=True)
class Tools:
    """The student's functions by name, those that are written and those that are not.

    Parameters
    ----------
    functions : mapping
        Those that can be used.
    missing : tuple of str
        Names of those that are handed in and not written yet.
    """

    functions: Mapping[str, Function] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    def methods(self) -> tuple[str, ...]:
        """Steppers that can be chosen."""
        known = {*self.functions, *self.missing}
        return tuple(name for name, method in METHODS.items() if name not in NO_STAND_IN or method.exercise in known)

    def yours(self, *names: str) -> bool:
        """Whether all of these are handed in and written."""
        return set(names) <= set(self.functions)


def gather(functions: Mapping[str, Function]) -> Tools:
    """Try each function once, to see whether it is written.

    Parameters
    ----------
    functions : mapping
        By the names of their exercises.

    Raises
    ------
    TypeError
        If the playground has no use for one.
    """
    known = {*(method.exercise for method in METHODS.values()), *NORMALIZING, *filter(None, STARTS.values()), DROPPING}
    if strange := sorted(set(functions) - known):
        raise TypeError(f"`{strange[0]}` has no place here. Hand in any of {', '.join(sorted(known))}, by name.")
    missing = tuple(name for name, function in functions.items() if _unwritten(name, function))
    return Tools({name: function for name, function in functions.items() if name not in missing}, missing)


def first_memory(tools: Tools, name: str, theta: Tensor, rate: float) -> Memory:
    """What a stepper remembers before its first step."""
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
    """Whether a stepper has rates of its own, so that the slider sets only the first."""
    return name == "Rprop" or (name == "delta-bar-delta" and tools.yours(METHODS[name].exercise))


def draw_weight(tools: Tools, start: str, shape: tuple[int, int], generator: Generator) -> Tensor:
    """Weights of one layer, of shape (out, in)."""
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
    """Batch normalization in training: the output, and running mean and variance after this batch."""
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
    """Batch normalization at evaluation."""
    if not tools.yours(*NORMALIZING):
        return functional.batch_norm(z, *running, gamma, beta, training=False, eps=EPS)
    out: Tensor = tools.functions["batch_norm_eval"](z, *running, gamma, beta, eps=EPS)
    return out


def drop(tools: Tools, h: Tensor, keep: float, generator: Generator) -> Tensor:
    """Dropout in training that needs no change at evaluation."""
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


def _stand_in(method: Method, theta: Tensor, grad: Tensor, memory: Memory, rate: float) -> tuple[Tensor, Memory]:
    moved, after = theta.clone(), {key: value.clone() for key, value in memory.items()}
    lists = [[value] for value in after.values()]
    lr = {} if method.rule is rprop else {"lr": rate}
    method.rule([moved], [grad], *lists, foreach=False, **method.settings, **lr)
    return moved, after


@lru_cache(maxsize=16)
def _looks_ahead(step: Function) -> bool:
    return list(inspect.signature(step).parameters)[1:2] == ["grad_fn"]


@lru_cache(maxsize=4)
def _joined(forward: Function, backward: Function) -> Function:
    return with_backward(forward, backward)


def _unwritten(name: str, function: Function) -> bool:
    try:
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
        DROPPING: lambda: function(table, keep=0.5, training=True, generator=generator),
    }
    probes.get(name, lambda: function((2, 2), generator))()
