"""Loss landscapes to descend: quadratics of any condition number, and the classic courses of the race.

Every landscape takes batches: its function maps points of shape (..., d) to losses of shape (...).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["LANDSCAPES", "Landscape", "beale", "derivatives", "long_valley", "quadratic", "saddle"]


@dataclass(frozen=True, eq=False)
class Landscape:
    """A loss to minimize, and what is known of it.

    Parameters
    ----------
    name : str
        For titles and legends.
    function : callable
        Maps points of shape (..., d) to losses of shape (...).
    minima : tuple of points
        All global minima.
    domain : tuple of (float, float)
        For each coordinate the range worth looking at.

    Examples
    --------
    >>> valley = quadratic(10)
    >>> valley.gradient(torch.tensor([1.0, 1.0]))
    tensor([0.1000, 1.0000])
    """

    name: str
    function: Callable[[Tensor], Tensor]
    minima: tuple[tuple[float, ...], ...]
    domain: tuple[tuple[float, float], ...]

    def __call__(self, theta: Tensor) -> Tensor:
        """Loss at each point."""
        return self.function(theta)

    @property
    def dimension(self) -> int:
        """Number of parameters."""
        return len(self.domain)

    def gradient(self, theta: Tensor) -> Tensor:
        """Gradient at each point, in the shape of `theta`, by automatic differentiation."""
        with torch.enable_grad():
            at = theta.detach().clone().requires_grad_()
            (slope,) = torch.autograd.grad(self.function(at).sum(), at)
        return slope

    def hessian(self, theta: Tensor) -> Tensor:
        """Matrix of second derivatives at one point of shape (d,)."""
        if theta.ndim != 1:
            raise ValueError(
                f"`theta` must be one point, of shape (d,). Got shape {tuple(theta.shape)}. Take one row of the batch."
            )
        matrix: Tensor = torch.autograd.functional.hessian(self.function, theta.detach())  # type: ignore[no-untyped-call]
        return matrix

    def distance(self, theta: Tensor) -> Tensor:
        """Distance of each point, of shape (..., d), to the nearest minimum."""
        minima = torch.tensor(self.minima, dtype=theta.dtype, device=theta.device)
        distances: Tensor = torch.linalg.vector_norm(theta.unsqueeze(-2) - minima, dim=-1)
        return distances.amin(dim=-1)


def derivatives(function: Callable[[Tensor], Tensor], points: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients and Hessians of a loss at many points at once.

    Parameters
    ----------
    function : callable
        Maps points of shape (m, d) to losses of shape (m,), each from its own point alone; a landscape, for one.
    points : Tensor, shape (m, d)
        Where to look.

    Returns
    -------
    gradients : Tensor, shape (m, d)
    hessians : Tensor, shape (m, d, d)

    Examples
    --------
    >>> gradients, hessians = derivatives(quadratic(10), torch.ones(3, 2))
    >>> hessians[0]
    tensor([[0.1000, 0.0000],
            [0.0000, 1.0000]])
    """
    with torch.enable_grad():
        at = points.detach().clone().requires_grad_()
        (slopes,) = torch.autograd.grad(function(at).sum(), at, create_graph=True)
        rows = [torch.autograd.grad(slopes[:, k].sum(), at, retain_graph=True)[0] for k in range(points.shape[1])]
    return slopes.detach(), torch.stack(rows, dim=1)


def quadratic(condition: float, *, dimension: int = 2, angle: float = 0.0) -> Landscape:
    """The bowl ½ Σ λᵢxᵢ² with curvatures λ from 1/κ up to 1, evenly spaced on a logarithmic scale.

    The largest curvature is 1 whatever the condition number, so that plain descent is stable for every
    learning rate below 2.

    Parameters
    ----------
    condition : float
        The condition number κ ≥ 1.
    dimension : int
        Number of parameters; the first has the smallest curvature.
    angle : float
        Turns a bowl of two dimensions, counter-clockwise, in radians.

    Raises
    ------
    ValueError
        If `condition` is under 1, or a bowl of more dimensions is to be turned.

    Examples
    --------
    >>> quadratic(4).hessian(torch.zeros(2))
    tensor([[0.2500, 0.0000],
            [0.0000, 1.0000]])
    >>> quadratic(4)(torch.ones(3, 2)).shape
    torch.Size([3])
    """
    if condition < 1:
        raise ValueError(f"`condition` must be at least 1. Got {condition!r}. Did you pass 1/condition?")
    if angle and dimension != 2:
        raise ValueError(f"`angle` needs two dimensions. Got dimension={dimension}. Leave `angle` at 0.")
    curvatures = torch.logspace(-math.log10(condition), 0, dimension, dtype=torch.float64)
    cos, sin = math.cos(angle), math.sin(angle)
    turn = torch.tensor([[cos, sin], [-sin, cos]], dtype=torch.float64)

    def function(theta: Tensor) -> Tensor:
        along = theta @ turn.to(theta).T if angle else theta
        return 0.5 * (curvatures.to(theta) * along.square()).sum(dim=-1)

    return Landscape(
        f"quadratic, condition number {condition:g}",
        function,
        minima=((0.0,) * dimension,),
        domain=((-2.0, 2.0),) * dimension,
    )


def beale() -> Landscape:
    """Beale's function (Beale 1958): steep walls at the corners, a flat, bent plain around the minimum.

    Examples
    --------
    >>> beale()(torch.tensor([[3.0, 0.5], [0.0, 0.0]])).round(decimals=3)
    tensor([ 0.0000, 14.2030])
    """

    def function(theta: Tensor) -> Tensor:
        x, y = theta.unbind(dim=-1)
        residuals = (1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3)
        return residuals[0] ** 2 + residuals[1] ** 2 + residuals[2] ** 2

    return Landscape("Beale", function, minima=((3.0, 0.5),), domain=((-4.5, 4.5), (-4.5, 4.5)))


def long_valley(steepness: float = 100.0) -> Landscape:
    """Rosenbrock's bent valley (1 − x)² + b (y − x²)² (Rosenbrock 1960): easy to reach, slow to follow.

    Parameters
    ----------
    steepness : float
        The factor b > 0 of the walls.

    Examples
    --------
    >>> long_valley().minima, float(long_valley()(torch.ones(2)))
    (((1.0, 1.0),), 0.0)
    """
    if steepness <= 0:
        raise ValueError(f"`steepness` must be positive. Got {steepness!r}. Without walls there is no valley.")

    def function(theta: Tensor) -> Tensor:
        x, y = theta.unbind(dim=-1)
        return (1 - x) ** 2 + steepness * (y - x**2) ** 2

    return Landscape("long valley", function, minima=((1.0, 1.0),), domain=((-2.0, 2.0), (-1.0, 3.0)))


def saddle() -> Landscape:
    """½x² − ½y² + ¼y⁴: a saddle point at the origin, and a minimum on either side of it.

    Examples
    --------
    >>> saddle().gradient(torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]]))
    tensor([[0., 0.],
            [0., 0.],
            [1., 0.]])
    """

    def function(theta: Tensor) -> Tensor:
        x, y = theta.unbind(dim=-1)
        return 0.5 * x**2 - 0.5 * y**2 + 0.25 * y**4

    return Landscape("saddle", function, minima=((0.0, -1.0), (0.0, 1.0)), domain=((-2.0, 2.0), (-1.75, 1.75)))


LANDSCAPES: dict[str, Callable[[], Landscape]] = {
    "beale": beale,
    "long valley": long_valley,
    "saddle": saddle,
}
