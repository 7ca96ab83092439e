"""What the cases of this lesson are made of, and what is said of several methods alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Case
from torch import Tensor

from steepest_exercises.inputs import normal
from steepest_exercises.loss_landscapes.spectrum import turned

ALIKE = "All of them are equally long, and of one floating type."
EXACT = "The identity is exact in any floating type, and so is the damping of every case."

UPHILL = "The step goes up the slope. The bracket times the gradient is subtracted from theta."
NO_POINT = "The step is returned, not the point that it leads to. Add it to theta."
NO_RATE = "`lr` has no part in the result. It multiplies the whole step."
RATE_ON_THE_POINT = "`lr` multiplies theta too. It scales the step alone: theta less `lr` times the step."
RATE_TWICE = "The rate enters twice. Multiply the step by `lr` once."
RATE_DIVIDES = (
    "It is divided by `lr`, as where the rate stands inside the bracket that is inverted. It multiplies the step."
)
EXCHANGED = (
    "`lr` and `damping` have changed places: the rate multiplies the step, the damping is added to the curvatures."
)
IGNORED = "This is plain gradient descent: the curvature has no part in the step. Solve with the matrix."
ONE_FOR_ALL = (
    "The whole gradient is divided by one number, so all directions get the same rate. Each curvature divides the part "
    "of the gradient along its own direction: solve with the matrix."
)
EVERYWHERE = (
    "`damping` is added to every entry of the matrix. Only the diagonal gets it, μ times the identity: that raises "
    "every eigenvalue by μ and leaves the directions alone."
)
NO_DAMPING = "`damping` has no part in the result. Add it to the diagonal before you solve."
ENTRYWISE = (
    "The entries of the matrix are inverted one by one. The inverse of a matrix is another thing: H⁻¹H is the identity."
    " `torch.linalg.solve(H, g)` gives H⁻¹g."
)


def identity(like: Tensor) -> Tensor:
    """The identity matrix that goes with a vector."""
    return torch.eye(len(like), dtype=like.dtype, device=like.device)


def step_case(
    rng: np.random.Generator,
    name: str,
    curvatures: Sequence[float],
    *,
    lr: float | None = None,
    damping: float | None = None,
    dtype: torch.dtype = torch.float64,
    slack: float = 1.0,
    hessian: Tensor | None = None,
    corner: float = 0.0,
) -> Case:
    """A point, its gradient, and a Hessian with about these eigenvalues; what is None is left to the defaults."""
    values = [float(value * rng.uniform(0.95, 1.05)) for value in curvatures]
    matrix = turned(rng, values) if hessian is None else hessian
    theta, grad = normal(rng, len(matrix)), normal(rng, len(matrix))
    given = {"lr": lr, "damping": damping}
    kwargs = {key: value for key, value in given.items() if value is not None}
    args = [theta.to(dtype), grad.to(dtype), matrix.to(dtype)]
    return Case(name, {"args": args, "kwargs": kwargs, "outputs": ["the new point"]}, slack=slack, corner=corner)
