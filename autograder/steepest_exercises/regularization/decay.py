"""Adam with a decay, in parts: what its variants and slips change, each apart from the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from steepest_exercises import inputs
from steepest_exercises.adaptive_methods.moments import (
    Correction,
    first_average,
    hat,
    inside,
    outside,
    second_average,
)

End = Callable[[Tensor, Tensor, Tensor, float, float], Tensor]


def decayed(theta: Tensor, step: Tensor, spread: Tensor, lr: float, decay: float) -> Tensor:
    """The lesson's end: the decay of the old point, times the rate."""
    return theta - step - lr * decay * theta


def decayed_whole(theta: Tensor, step: Tensor, spread: Tensor, lr: float, decay: float) -> Tensor:
    """The decay without the rate."""
    return theta - step - decay * theta


def decayed_after(theta: Tensor, step: Tensor, spread: Tensor, lr: float, decay: float) -> Tensor:
    """The decay of the moved point."""
    return (theta - step) * (1 - lr * decay)


def decayed_whole_after(theta: Tensor, step: Tensor, spread: Tensor, lr: float, decay: float) -> Tensor:
    """The decay of the moved point, without the rate."""
    return (theta - step) * (1 - decay)


def undecayed(theta: Tensor, step: Tensor, spread: Tensor, lr: float, decay: float) -> Tensor:
    """No decay."""
    return theta - step


def slope(grad: Tensor, theta: Tensor, decay: float) -> Tensor:
    """The gradient alone."""
    return grad


def penalized(grad: Tensor, theta: Tensor, decay: float) -> Tensor:
    """The gradient with that of an L2 penalty."""
    return grad + decay * theta


def adamw(
    end: End = decayed,
    spread: Callable[[Tensor, float, float], Tensor] = outside,
    s_slope: Callable[[Tensor, Tensor, float], Tensor] = slope,
    r_slope: Callable[[Tensor, Tensor, float], Tensor] = slope,
    s: Callable[[Tensor, Tensor, float], Tensor] = lambda s, g, a: a * s + (1 - a) * g,
    r: Callable[[Tensor, Tensor, float], Tensor] = lambda r, g, b: b * r + (1 - b) * g * g,
    c1: Correction = first_average,
    c2: Correction = second_average,
    first: int = 1,
    kept: Callable[[inputs.State, inputs.State, Tensor, Tensor], inputs.State] = lambda old, new, s_hat, r_hat: new,
    squared: Callable[[Tensor, Tensor], Tensor] = lambda g, s: g,
    forward: Callable[[Tensor, Tensor], Tensor] = lambda g, s_hat: s_hat,
    used: Callable[[inputs.State, inputs.State], inputs.State] = lambda old, new: new,
) -> inputs.Step:
    """A stepper that ends in `end(θ, η·forward/spread, spread, η, λ)`; the averages are of the slopes given, that of
    the squares is of `squared(g, s)`, the step goes along `forward(g, ŝ)`, and by the averages `used(old, new)`."""

    def step(
        theta: Tensor,
        grad: Tensor,
        state: inputs.State,
        *,
        lr: float,
        rho1: float,
        rho2: float,
        eps: float,
        decay: float,
    ) -> tuple[Tensor, inputs.State]:
        k = state["t"] + first
        mean = s(state["s"], s_slope(grad, theta, decay), rho1)
        square = r(state["r"], squared(r_slope(grad, theta, decay), mean), rho2)
        new = {"s": mean, "r": square, "t": state["t"] + 1}
        now = used(state, new)
        first_correction, second_correction = c1(rho1, rho2, k), c2(rho1, rho2, k)
        s_hat, below = now["s"] / first_correction, spread(now["r"], second_correction, eps)
        moved = end(theta, lr * forward(grad, s_hat) / below, below, lr, decay)
        return moved, kept(state, new, s_hat, now["r"] / second_correction)

    return step


def everywhere(**slip: Any) -> list[inputs.Step]:
    """The same slip with ε where others have it, and with the decay as others have it."""
    return [
        adamw(**slip, spread=inside),
        adamw(**slip, spread=hat),
        adamw(**slip, end=decayed_whole),
        adamw(**slip, end=decayed_after),
    ]
