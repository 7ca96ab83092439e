"""Who runs in the race: the student's steppers, and torch.optim for those that are not written yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor
from torch.optim.adadelta import adadelta
from torch.optim.adagrad import adagrad
from torch.optim.adam import adam
from torch.optim.adamax import adamax
from torch.optim.nadam import nadam
from torch.optim.rmsprop import rmsprop
from torch.optim.rprop import rprop

from steepest.race import Entrant, torch_sgd
from steepest.trajectory import init_state, run

Step = Callable[..., tuple[Tensor, dict[str, Any]]]

USUAL = {"rho1": 0.9, "rho2": 0.999, "eps": 1e-8}
LEARNERS: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "delta-bar-delta": ("delta_bar_delta", {"kappa": 0.001, "phi": 0.3, "beta": 0.7}),
    "Rprop": ("rprop", {}),
    "Quickprop": ("quickprop", {}),
    "AdaGrad": ("adagrad", {"eps": 1e-8}),
    "RMSProp": ("rmsprop", {"rho": 0.9, "eps": 1e-8}),
    "AdaDelta": ("adadelta", {"rho": 0.9, "eps": 1e-6}),
    "Adam": ("adam", USUAL),
    "AdaMax": ("adamax", USUAL),
    "Nadam": ("nadam", USUAL),
}
"""The lesson's methods, in its order: name for `init_state`, and the usual constants."""
PLAIN = ("gradient descent", "momentum 0.9")
NAMES = (*PLAIN, *LEARNERS)


class Runner(Protocol):
    """Moves all its points, of shape (tracks, rates, runs, 2), by one step."""

    def move(self, theta: Tensor, grad: Tensor) -> Tensor:
        """The new points."""
        ...


class LineUp(NamedTuple):
    """Who runs.

    Attributes
    ----------
    runners : dict of str to Runner
        By name, in the order of `NAMES`.
    own : dict of str to Entrant
        Those of them that are the student's functions.
    replaced : dict of str to str
        Those of them that torch.optim runs, and the name of the function that is to be written.
    left_out : dict of str to str
        Who does not run, and why, in HTML.
    """

    runners: dict[str, Runner]
    own: dict[str, Entrant]
    replaced: dict[str, str]
    left_out: dict[str, str]


def line_up(steppers: Sequence[Step], starts: Tensor, rates: Tensor) -> LineUp:
    """Sort the student's functions into those that run, those that torch replaces, and those that stay away.

    Parameters
    ----------
    steppers : sequence of callable
        The student's functions, in the order of `LEARNERS`.
    starts : Tensor, shape (tracks, rates, runs, 2)
        Where the points are at first.
    rates : Tensor, shape (rates,)
        The grid of rates.
    """
    found = LineUp({}, {}, {}, {})
    for name, momentum in zip(PLAIN, (0.0, 0.9), strict=True):
        found.runners[name] = _Torch(_Descent(momentum, starts), starts, rates)
    for (name, (method, hyper)), step in zip(LEARNERS.items(), steppers, strict=True):
        entrant = Entrant(name, step, method, hyper)
        try:
            batched = takes_tensors(entrant)
        except NotImplementedError:
            if name in _TORCH:
                found.runners[name] = _Torch(_TORCH[name](starts, rates), starts, rates)
                found.replaced[name] = f"{method}_step"
            else:
                found.left_out[name] = f"<code>{method}_step</code> is not written and torch.optim has none"
        except Exception as error:  # noqa: BLE001 - the others shall run, whatever is wrong with this one
            what = escape(f"{type(error).__name__}: {str(error)[:120]}")
            found.left_out[name] = f"<code>{method}_step</code> raised {what}"
        else:
            found.runners[name] = _Own(entrant, starts, rates, batched=batched)
            found.own[name] = entrant
    return found


def first_state(entrant: Entrant, theta: Tensor, rate: Tensor | float) -> tuple[dict[str, Any], dict[str, Any]]:
    """The state before the first step, and the hyperparameters, for one rate or one for each row of points."""
    state = init_state(entrant.method, theta)
    own = {"rate", "step"} & set(state)
    for key in own:
        state[key] = torch.zeros_like(theta) + rate
    return state, dict(entrant.hyper) | ({} if own else {"lr": rate})


def takes_tensors(entrant: Entrant) -> bool:
    """Whether a stepper, given one rate for each point, does what it does point by point."""
    points = torch.tensor([[-0.7, 0.4], [0.3, -1.2], [2.0, 0.9]], dtype=torch.float64)
    rates = torch.tensor([[0.03], [0.5], [0.2]], dtype=torch.float64)
    pull = torch.tensor([0.3, 1.0], dtype=torch.float64)

    def walk(theta: Tensor, rate: Tensor | float) -> Tensor:
        state, hyper = first_state(entrant, theta, rate)
        return run(entrant.step, lambda place: pull * place, theta, state=state, n_steps=4, **hyper)

    alone = torch.stack([walk(*row) for row in zip(points, rates.flatten().tolist(), strict=True)], dim=1)
    try:
        together = walk(points, rates)
    except Exception:  # noqa: BLE001 - it works point by point, so whatever this is it comes from the tensors
        return False
    return together.shape == alone.shape and torch.allclose(together, alone, equal_nan=True)


class _Own:
    """A student's function, called once a step for all points if it can take tensors for the rate."""

    def __init__(self, entrant: Entrant, starts: Tensor, rates: Tensor, *, batched: bool) -> None:
        self.step = entrant.step
        n_tracks, n_rates = starts.shape[:2]
        self.places: list[tuple[Any, ...]] = [()]
        if not batched:
            self.places = [(track, rate) for track in range(n_tracks) for rate in range(n_rates)]
        values = [rates[place[1]].item() if place else rates.reshape(-1, 1, 1) for place in self.places]
        begun = [first_state(entrant, starts[at], rate) for at, rate in zip(self.places, values, strict=True)]
        self.states = [state for state, _ in begun]
        self.hyper = [hyper for _, hyper in begun]

    def move(self, theta: Tensor, grad: Tensor) -> Tensor:
        moved = torch.empty_like(theta)
        for number, at in enumerate(self.places):
            moved[at], self.states[number] = self.step(theta[at], grad[at], self.states[number], **self.hyper[number])
        return moved


class _Torch:
    """A method of torch's with all rates at once: its moves are in proportion to the rate, so it is run with 1."""

    def __init__(self, method: Callable[[Tensor, Tensor], None], starts: Tensor, rates: Tensor) -> None:
        self.method = method
        keeps_rates = isinstance(method, _Rprop)
        self.rates = torch.ones(1, dtype=starts.dtype) if keeps_rates else rates.reshape(-1, 1, 1)

    def move(self, theta: Tensor, grad: Tensor) -> Tensor:
        shift = torch.zeros_like(theta)
        self.method(shift, grad.clone())
        return theta + self.rates * shift


class _Descent:
    def __init__(self, momentum: float, starts: Tensor) -> None:
        entrant = torch_sgd("", momentum=momentum)
        self.step, self.state = entrant.step, init_state(entrant.method, starts)

    def __call__(self, shift: Tensor, grad: Tensor) -> None:
        moved, self.state = self.step(shift, grad, self.state, lr=1.0)
        shift.copy_(moved)


class _Rprop:
    def __init__(self, starts: Tensor, rates: Tensor) -> None:
        sizes = torch.zeros_like(starts) + rates.reshape(-1, 1, 1)
        self.memory = [torch.zeros_like(starts)], [sizes], [torch.tensor(0.0)]

    def __call__(self, shift: Tensor, grad: Tensor) -> None:
        rprop(
            [shift], [grad], *self.memory, foreach=False,
            step_size_min=1e-6, step_size_max=50.0, etaminus=0.5, etaplus=1.2,
        )  # fmt: skip


class _Functional:
    """One of torch's functions with its memory, which starts from zeros."""

    def __init__(self, function: Callable[..., None], memory: Sequence[list[Tensor]], **constants: Any) -> None:
        self.function, self.memory = function, memory
        self.constants = constants | {"lr": 1.0, "weight_decay": 0.0, "foreach": False, "maximize": False}

    def __call__(self, shift: Tensor, grad: Tensor) -> None:
        self.function([shift], [grad], *self.memory, **self.constants)


def _functional(
    function: Callable[..., None], n_tensors: int, *extra: Sequence[float], **constants: Any
) -> Callable[[Tensor, Tensor], _Functional]:
    def begin(starts: Tensor, rates: Tensor) -> _Functional:
        memory = [[torch.zeros_like(starts)] for _ in range(n_tensors)]
        return _Functional(
            function, [*memory, *([torch.tensor(value) for value in part] for part in extra)], **constants
        )

    return begin


_BETAS = {"beta1": USUAL["rho1"], "beta2": USUAL["rho2"], "eps": USUAL["eps"]}
_COUNT = (0.0,)
_TORCH: Mapping[str, Callable[[Tensor, Tensor], Callable[[Tensor, Tensor], None]]] = {
    "Rprop": _Rprop,
    "AdaGrad": _functional(adagrad, 1, _COUNT, lr_decay=0.0, eps=1e-8),
    "RMSProp": _functional(rmsprop, 1, (), (), _COUNT, alpha=0.9, eps=1e-8, momentum=0.0, centered=False),
    "AdaDelta": _functional(adadelta, 2, _COUNT, rho=0.9, eps=1e-6),
    "Adam": _functional(adam, 2, (), _COUNT, amsgrad=False, **_BETAS),
    "AdaMax": _functional(adamax, 2, _COUNT, **_BETAS),
    "Nadam": _functional(nadam, 2, (1.0,), _COUNT, momentum_decay=0.004, **_BETAS),
}
