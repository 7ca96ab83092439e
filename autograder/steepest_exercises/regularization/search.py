"""Searches for the strength of a penalty by the length of its optimum: what finds the root, and what does not."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Length = Callable[[Tensor, Tensor, float], Tensor]
STEPS = 120
PRINTED_STEPS = 60  # in the lesson; on it hangs how near to 0 a search comes that runs the wrong way


def optimum(hessian: Tensor, theta_star: Tensor, alpha: float) -> Tensor:
    """The minimum under a penalty."""
    eye = torch.eye(len(hessian), dtype=hessian.dtype, device=hessian.device)
    theta: Tensor = torch.linalg.solve(hessian + alpha * eye, hessian @ theta_star)
    return theta


def length_of(hessian: Tensor, theta_star: Tensor, alpha: float) -> Tensor:
    """Its length."""
    length: Tensor = optimum(hessian, theta_star, alpha).norm()
    return length


def bisection(
    length: Length = length_of,
    target: Callable[[float], float] = lambda radius: radius,
    high: float = 1e6,
    steps: int = STEPS,
    ask: bool = True,
    end: Callable[[Tensor, Tensor, float], object] = lambda hessian, theta_star, alpha: alpha,
) -> Callable[..., object]:
    """The α in [0, high] at which a falling `length(H, θ*, α)` meets `target(radius)`, and what `end` makes of it."""

    def matching_alpha(hessian: Tensor, theta_star: Tensor, *, radius: float) -> object:
        hessian, theta_star = hessian.double(), theta_star.double()
        wanted, low, top = target(radius), 0.0, high
        if ask and length(hessian, theta_star, 0.0) <= wanted:
            return end(hessian, theta_star, 0.0)
        for _ in range(steps):
            middle = (low + top) / 2
            if length(hessian, theta_star, middle) > wanted:
                low = middle
            else:
                top = middle
        return end(hessian, theta_star, (low + top) / 2)

    return matching_alpha


def growing_bracket(
    length: Length = length_of,
    target: Callable[[float], float] = lambda radius: radius,
    steps: int = STEPS,
    most: int = 1000,
) -> Callable[..., float]:
    """Bisection below a bound that is doubled first, `most` times at most."""

    def matching_alpha(hessian: Tensor, theta_star: Tensor, *, radius: float) -> float:
        hessian, theta_star = hessian.double(), theta_star.double()
        if float(length(hessian, theta_star, 0.0)) <= target(radius):
            return 0.0
        high = 1.0
        for _ in range(most):
            if float(length(hessian, theta_star, high)) <= target(radius):
                break
            high *= 2
        found = bisection(length, target, high=high, steps=steps)(hessian, theta_star, radius=radius)
        return float(str(found))

    return matching_alpha


def tangent(hessian: Tensor, theta_star: Tensor, *, radius: float) -> float:
    """Where the tangent to the length at α = 0 meets the radius."""
    hessian, theta_star = hessian.double(), theta_star.double()
    length = float(theta_star.norm())
    slope = -float(theta_star @ torch.linalg.solve(hessian, theta_star)) / length
    return (radius - length) / slope if length > radius else 0.0


def newton(steps: int = 60) -> Callable[..., float]:
    """Newton's method on 1/radius − 1/‖θ‖, which is nearly a line in α, from 0 (Moré and Sorensen 1983)."""

    def matching_alpha(hessian: Tensor, theta_star: Tensor, *, radius: float) -> float:
        curvatures, axes = torch.linalg.eigh(hessian.double())
        pulls, alpha = curvatures * (axes.T @ theta_star.double()), 0.0
        if float(theta_star.double().norm()) <= radius:
            return 0.0
        for _ in range(steps):
            theta = pulls / (curvatures + alpha)
            length = float(theta.norm())
            alpha += (length / radius - 1) * length**2 / float((theta**2 / (curvatures + alpha)).sum())
        return alpha

    return matching_alpha


def by_brentq(hessian: Tensor, theta_star: Tensor, *, radius: float) -> float:
    """With a root finder of scipy."""
    from scipy.optimize import brentq  # type: ignore[import-untyped]

    def excess(alpha: float) -> float:
        return float(length_of(hessian.double(), theta_star.double(), alpha)) - radius

    return 0.0 if excess(0.0) <= 0 else float(brentq(excess, 0.0, 1e7, xtol=1e-10))


def below_zero(hessian: Tensor, theta_star: Tensor, *, radius: float) -> float:
    """The root wherever it is: between minus the smallest curvature and a large number."""
    curvatures, axes = torch.linalg.eigh(hessian.double())
    pulls = curvatures * (axes.T @ theta_star.double())
    low, high = -float(curvatures.min()), 1e6
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if float((pulls / (curvatures + middle)).norm()) > radius else (low, middle)
    return (low + high) / 2


def on_a_grid(grid: Tensor) -> Callable[..., float]:
    """The α of a grid whose length comes nearest."""

    def matching_alpha(hessian: Tensor, theta_star: Tensor, *, radius: float) -> float:
        curvatures, axes = torch.linalg.eigh(hessian.double())
        pulls = curvatures * (axes.T @ theta_star.double())
        lengths = (pulls / (curvatures + grid[:, None])).norm(dim=1)
        return float(grid[(lengths - radius).abs().argmin()])

    return matching_alpha


def first_short_enough(alpha: float, larger: Callable[[float], float], most: int = 20000) -> Callable[..., float]:
    """The first α of a growing row whose optimum lies within the wall, and 0 where the wall is not touched."""

    def matching_alpha(hessian: Tensor, theta_star: Tensor, *, radius: float) -> float:
        curvatures, axes = torch.linalg.eigh(hessian.double())
        pulls, tried = curvatures * (axes.T @ theta_star.double()), alpha
        if float(theta_star.double().norm()) <= radius:
            return 0.0
        for _ in range(most):
            if float((pulls / (curvatures + tried)).norm()) <= radius:
                break
            tried = larger(tried)
        return tried

    return matching_alpha


def wrong_half(
    bound: float | Callable[[Tensor, Tensor, float], float], *, follows: bool = False, steps: int = PRINTED_STEPS
) -> Callable[..., float]:
    """Bisection that keeps the half without the root, below a bound that is doubled while it is too small; the lower
    end may follow it."""

    def matching_alpha(hessian: Tensor, theta_star: Tensor, *, radius: float) -> float:
        hessian, theta_star = hessian.double(), theta_star.double()
        if float(theta_star.norm()) <= radius:
            return 0.0
        low, high = 0.0, bound if isinstance(bound, float) else bound(hessian, theta_star, radius)
        while float(length_of(hessian, theta_star, high)) > radius:
            low, high = high if follows else low, 2 * high
        for _ in range(steps):
            middle = (low + high) / 2
            if float(length_of(hessian, theta_star, middle)) > radius:
                high = middle
            else:
                low = middle
        return (low + high) / 2

    return matching_alpha


def on_the_line(hessian: Tensor, theta_star: Tensor, *, radius: float) -> float:
    """The strength that the point of the wall on the line from 0 to θ* would need, if it were an optimum."""
    length = float(theta_star.double().norm())
    if length <= radius:
        return 0.0
    point = theta_star.double() * radius / length
    return float((hessian.double() @ (theta_star.double() - point)).norm()) / radius


def closed(formula: Callable[[Tensor, float, float], float]) -> Callable[..., float]:
    """`formula(H, ‖θ*‖, radius)` where the wall is felt, else 0."""

    def matching_alpha(hessian: Tensor, theta_star: Tensor, *, radius: float) -> float:
        length = float(theta_star.double().norm())
        return formula(hessian.double(), length, radius) if length > radius else 0.0

    return matching_alpha


def closed_everywhere(formula: Callable[[Tensor, float, float], float]) -> Callable[..., float]:
    """`formula(H, ‖θ*‖, radius)` wherever θ* lies."""

    def matching_alpha(hessian: Tensor, theta_star: Tensor, *, radius: float) -> float:
        return formula(hessian.double(), float(theta_star.double().norm()), radius)

    return matching_alpha


def far_out(hessian: Tensor, theta_star: Tensor, *, radius: float) -> float:
    """‖Hθ*‖/radius, which the strength comes near where it is large."""
    length = float(theta_star.double().norm())
    return float((hessian.double() @ theta_star.double()).norm()) / radius if length > radius else 0.0
