"""One step of a student's stepper in numbers: the lesson's formulas, filled with what the function got and returned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from steepest.demos._demo import power
from steepest.demos.adaptive_methods.runners import first_state
from steepest.race import Entrant, Track

State = Mapping[str, Any]
WEIGHTS = ("θ₁", "θ₂")


class Moment(NamedTuple):
    """Where a run is: the point, the gradient there, and what the method remembers of the steps before."""

    theta: Tensor
    grad: Tensor
    state: State


class Change(NamedTuple):
    """One step of one weight, in numbers.

    Attributes
    ----------
    weight : str
        Its name.
    theta, g : float
        Where it was, and the slope there.
    moved : float
        Where it is now.
    old, new : mapping of str to float
        Its share of the state before and after.
    rate : float
        The learning rate, or the first one.
    hyper : mapping of str to float
        Other constants.
    k : int
        Number of the step, from 1.
    """

    weight: str
    theta: float
    g: float
    moved: float
    old: Mapping[str, float]
    new: Mapping[str, float]
    rate: float
    hyper: Mapping[str, Any]
    k: int


def first_moment(entrant: Entrant, track: Track, run: int, rate: float) -> Moment:
    """The start of a run."""
    theta = track.starts[run]
    return Moment(theta, track.gradient(theta, 0), first_state(entrant, theta, rate)[0])


def follow(entrant: Entrant, track: Track, moments: list[Moment], rate: float, n_steps: int) -> None:
    """Take a run on from its last moment until so many steps are known."""
    _, hyper = first_state(entrant, moments[0].theta, rate)
    while len(moments) <= n_steps:
        theta, state = entrant.step(*moments[-1], **hyper)
        moments.append(Moment(theta, track.gradient(theta, 0), state))


def spell_out(entrant: Entrant, moments: list[Moment], k: int, weight: int, rate: float) -> list[str]:
    """The k-th step of one weight, a line for each formula; what stands last in a line the function returned.

    Parameters
    ----------
    entrant : Entrant
        The student's function.
    moments : list of Moment
        From `follow`.
    k : int
        Number of the step, from 1.
    weight : int
        0 or 1.
    rate : float
        The rate with which it ran.
    """
    before, after = moments[k - 1], moments[k]
    old, new = (
        {key: _entry(torch.as_tensor(value), weight) for key, value in part.state.items()} for part in (before, after)
    )
    places = before.theta[weight].item(), before.grad[weight].item(), after.theta[weight].item()
    change = Change(WEIGHTS[weight], *places, old, new, rate, dict(entrant.hyper), k)
    name = change.weight
    try:
        lines = _FORMULAS[entrant.method](change)
    except KeyError as missing:
        lines = [f"the state has no entry {missing}"]
    move = change.moved - change.theta
    times = f": {_n(-move / change.g)} times −g" if change.g else ""
    return [
        f"step {k}: {name} = {_n(change.theta)}, slope g = {_n(change.g)}",
        *lines,
        f"so {name} moves by {_n(move)}{times}",
    ]


def _entry(value: Any, weight: int) -> float:
    return float(value[weight]) if value.ndim else float(value)


def _delta_bar_delta(c: Change) -> list[str]:
    bar, rate = c.old["bar"], c.old["rate"]
    agree = bar * c.g
    if agree > 0:
        said = f"ḡ = {_n(bar)} agrees with g: η = {_n(rate)} + {c.hyper['kappa']:g} ="
    elif agree < 0:
        said = f"ḡ = {_n(bar)} and g differ in sign: η = (1 − {c.hyper['phi']:g}) · {_n(rate)} ="
    else:
        said = "ḡ · g = 0: η stays"
    share = c.hyper["beta"]
    return [
        f"{said} {_n(c.new['rate'])}",
        f"{c.weight} = {_n(c.theta)} − {_n(c.new['rate'])} · {_p(c.g)} = {_n(c.moved)}",
        f"ḡ = {1 - share:.2g} · {_p(c.g)} + {share:g} · {_p(bar)} = {_n(c.new['bar'])}",
    ]


def _rprop(c: Change) -> list[str]:
    last, length = c.old["grad"], c.old["step"]
    if last * c.g > 0:
        said = f"the last g, {_n(last)}, has the same sign: Δ = 1.2 · {_n(length)}, at most 50, ="
    elif last * c.g < 0:
        said = f"the last g, {_n(last)}, has the other sign: Δ = 0.5 · {_n(length)}, at least 10⁻⁶, ="
    else:
        said = "no sign to compare with: Δ stays"
    return [
        f"{said} {_n(c.new['step'])}",
        f"{c.weight} was {_n(c.theta)} and is {_n(c.moved)}",
        f"for the next step g is stored as {_n(c.new['grad'])}",
    ]


def _quickprop(c: Change) -> list[str]:
    last, before = c.old["delta"], c.old["grad"]
    if last == 0:
        jump = f"at rest, so Δ = −{c.rate:g} · {_p(c.g)}"
    else:
        jump = f"Δ = −g · Δ / (g − last g) = −{_p(c.g)} · {_p(last)} / ({_n(c.g)} − {_p(before)})"
    limit = "no limit at the start" if last == 0 else f"|Δ| at most 1.75 · {_n(abs(last))}"
    return [jump, f"{limit}: Δ = {_n(c.new['delta'])}", f"{c.weight} = {_n(c.theta)} + Δ = {_n(c.moved)}"]


def _adagrad(c: Change) -> list[str]:
    total = c.new["sum_squares"]
    return [
        f"r = r + g² = {_n(c.old['sum_squares'])} + {_p(c.g)}² = {_n(total)}",
        _divided(c, _p(c.g), f"√{_n(total)}"),
    ]


def _rmsprop(c: Change) -> list[str]:
    return [
        _averaged("r", "g²", c.hyper["rho"], c.old["mean_square"], f"{_p(c.g)}²", c.new["mean_square"]),
        _divided(c, _p(c.g), f"√{_n(c.new['mean_square'])}"),
    ]


def _adadelta(c: Change) -> list[str]:
    r, rho, eps = c.new["mean_square"], c.hyper["rho"], _e(c)
    return [
        _averaged("r", "g²", rho, c.old["mean_square"], f"{_p(c.g)}²", r),
        f"{c.weight} = {_n(c.theta)} − {c.rate:g} · √({_n(c.old['mean_delta'])} + {eps}) / √({_n(r)} + {eps})"
        f" · {_p(c.g)} = {_n(c.moved)}",
        f"d, the mean of Δ², was {_n(c.old['mean_delta'])} and is {_n(c.new['mean_delta'])}",
    ]


def _adam(c: Change) -> list[str]:
    ahead, back = (1 - c.hyper[key] ** c.k for key in ("rho1", "rho2"))
    corrected = f"{_p(c.new['s'])} / {_n(ahead)}", f"√({_n(c.new['r'])} / {_n(back)})"
    return [*_averages(c, "r"), _divided(c, f"({corrected[0]})", corrected[1])]


def _adamax(c: Change) -> list[str]:
    ahead = 1 - c.hyper["rho1"] ** c.k
    return [
        _averaged("s", "g", c.hyper["rho1"], c.old["s"], _p(c.g), c.new["s"]),
        f"u = max({c.hyper['rho2']:g} · {_n(c.old['u'])}, |{_n(c.g)}|) = {_n(c.new['u'])}",
        _divided(c, f"({_p(c.new['s'])} / {_n(ahead)})", _n(c.new["u"])),
    ]


def _nadam(c: Change) -> list[str]:
    rho, now, later = c.hyper["rho1"], 1 - c.hyper["rho1"] ** c.k, 1 - c.hyper["rho1"] ** (c.k + 1)
    ahead = f"({rho:g} · {_p(c.new['s'])} / {_n(later)} + {1 - rho:.2g} · {_p(c.g)} / {_n(now)})"
    root = f"√({_n(c.new['r'])} / {_n(1 - c.hyper['rho2'] ** c.k)})"
    return [*_averages(c, "r"), _divided(c, ahead, root)]


def _averages(c: Change, key: str) -> list[str]:
    return [
        _averaged("s", "g", c.hyper["rho1"], c.old["s"], _p(c.g), c.new["s"]),
        _averaged(key, "g²", c.hyper["rho2"], c.old[key], f"{_p(c.g)}²", c.new[key]),
    ]


def _averaged(letter: str, what: str, rho: float, old: float, fresh: str, new: float) -> str:
    numbers = f"{rho:g} · {_p(old)} + {1 - rho:.2g} · {fresh}"
    return f"{letter} = ρ {letter} + (1 − ρ) {what} = {numbers} = {_n(new)}"


def _divided(c: Change, above: str, root: str) -> str:
    return f"{c.weight} = {_n(c.theta)} − {c.rate:g} · {above} / ({root} + {_e(c)}) = {_n(c.moved)}"


def _e(c: Change) -> str:
    return _n(c.hyper["eps"]).removeprefix("1·")


def _n(value: float) -> str:
    digits, _, exponent = f"{value + 0:.4g}".partition("e")
    digits = digits.replace("-", "−")
    return f"{digits}·{power(int(exponent))}" if exponent else digits


def _p(value: float) -> str:
    """A number as it stands in a product."""
    return f"({_n(value)})" if value < 0 else _n(value)


_FORMULAS: Mapping[str, Callable[[Change], list[str]]] = {
    "delta_bar_delta": _delta_bar_delta,
    "rprop": _rprop,
    "quickprop": _quickprop,
    "adagrad": _adagrad,
    "rmsprop": _rmsprop,
    "adadelta": _adadelta,
    "adam": _adam,
    "adamax": _adamax,
    "nadam": _nadam,
}
