"""Exercise `rbf_gradients` of `13_representations`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.inputs import normal, uniform
from steepest_exercises.representations import reference

Gradients = tuple[Tensor, Tensor, Tensor]
Rule = Callable[..., Gradients]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, n: int, k: int, d: int, dtype: torch.dtype = torch.float64, slack: float = 1.0) -> Case:
        centers, widths = normal(rng, k, d), uniform(rng, 0.7, 1.6, k)
        x = centers[torch.from_numpy(rng.integers(k, size=n))] + normal(rng, n, d)
        weights = uniform(rng, 0.5, 2, k + 1) * torch.from_numpy(rng.choice([-1.0, 1.0], k + 1))
        args = [part.to(dtype) for part in (x, normal(rng, n) + 1, centers, widths, weights)]
        names = ["grad_centers", "grad_widths", "grad_weights"]
        return Case(name, {"args": args, "kwargs": {}, "outputs": names}, slack=slack)

    return [
        case("three bumps in a plane", 7, 3, 2),
        case("four bumps on a line", 8, 4, 1),
        case("one bump", 6, 1, 3),
        case("one row", 1, 3, 2),
        case("as many bumps as rows and columns", 4, 4, 4),
        case("float32", 7, 3, 2, torch.float32, 4.0),
    ]


class Parts(NamedTuple):
    """What the three gradients are made of."""

    x: Tensor
    apart: Tensor
    squares: Tensor
    features: Tensor
    errors: Tensor
    widths: Tensor
    weights: Tensor

    @property
    def bumps(self) -> Tensor:
        """Features without the ones."""
        return self.features[:, 1:]

    @property
    def pulls(self) -> Tensor:
        """∂loss/∂exponent for every row and bump."""
        return 2 / len(self.errors) * self.errors[:, None] * self.weights[1:] * self.bumps


def _centers(p: Parts) -> Tensor:
    return (p.pulls[:, :, None] * p.apart / p.widths[:, None] ** 2).sum(dim=0)


def _widths(p: Parts) -> Tensor:
    return (p.pulls * p.squares / p.widths**3).sum(dim=0)


def _weights(p: Parts) -> Tensor:
    return 2 / len(p.errors) * p.features.T @ p.errors


def _made(
    grad_centers: Callable[[Parts], Tensor] = _centers,
    grad_widths: Callable[[Parts], Tensor] = _widths,
    grad_weights: Callable[[Parts], Tensor] = _weights,
) -> Rule:
    """The three gradients, each by a rule of its own."""

    def rbf_gradients(x: Tensor, targets: Tensor, centers: Tensor, widths: Tensor, weights: Tensor) -> Gradients:
        apart = x[:, None] - centers[None]
        squares = (apart**2).sum(dim=2)
        bumps = torch.exp(-squares / (2 * widths**2))
        features = torch.cat([torch.ones_like(bumps[:, :1]), bumps], dim=1)
        p = Parts(x, apart, squares, features, features @ weights - targets, widths, weights)
        return grad_centers(p), grad_widths(p), grad_weights(p)

    return rbf_gradients


def _scaled(factor: Callable[[Parts], float]) -> Rule:
    """All three times a factor."""
    return _made(*(lambda p, part=part: factor(p) * part(p) for part in (_centers, _widths, _weights)))


def _with_pulls(pulls: Callable[[Parts], Tensor]) -> Rule:
    """Centres and widths moved by `pulls(parts)`, and the weights as they should be."""
    return _made(
        lambda p: (pulls(p)[:, :, None] * p.apart / p.widths[:, None] ** 2).sum(dim=0),
        lambda p: (pulls(p) * p.squares / p.widths**3).sum(dim=0),
    )


def _with_errors(errors: Callable[[Parts], Tensor]) -> Rule:
    """All three by `errors(parts)` in the place of the errors."""
    return _made(*(lambda p, part=part: part(p._replace(errors=errors(p))) for part in (_centers, _widths, _weights)))


def _outputs(p: Parts) -> Tensor:
    return p.features @ p.weights


def _moved(p: Parts) -> Parts:
    """The same at weights that have taken a step of rate 1."""
    step = _weights(p)
    return p._replace(weights=p.weights - step, errors=p.errors - p.features @ step)


def _by_differences(step: float, *, central: bool = False) -> Rule:
    """Differences of the loss, entry by entry."""

    def rbf_gradients(x: Tensor, targets: Tensor, centers: Tensor, widths: Tensor, weights: Tensor) -> Gradients:
        parts = centers.double(), widths.double(), weights.double()

        def loss(number: int, shift: Tensor) -> Tensor:
            m, s, w = (part + shift if place == number else part for place, part in enumerate(parts))
            return (reference.rbf_features(x.double(), m, s) @ w - targets).square().mean()

        def slopes(number: int) -> Tensor:
            part = parts[number]
            ways = step * torch.eye(part.numel(), dtype=part.dtype, device=part.device)
            ends = [(loss(number, way.reshape(part.shape)), loss(number, -way.reshape(part.shape))) for way in ways]
            here = loss(number, torch.zeros_like(part))
            found = [(up - down) / (2 * step) if central else (up - here) / step for up, down in ends]
            return torch.stack(found).reshape(part.shape).to(x.dtype)

        return slopes(0), slopes(1), slopes(2)

    return rbf_gradients


def _loops(x: Tensor, targets: Tensor, centers: Tensor, widths: Tensor, weights: Tensor) -> Gradients:
    grads = torch.zeros_like(centers), torch.zeros_like(widths), torch.zeros_like(weights)
    for row, target in zip(x, targets, strict=True):
        bumps = torch.stack(
            [torch.exp(-((row - c) ** 2).sum() / (2 * s**2)) for c, s in zip(centers, widths, strict=True)]
        )
        error = 2 * (weights[0] + weights[1:] @ bumps - target) / len(x)
        grads[2][0] += error
        for j, bump in enumerate(bumps):
            step = error * weights[j + 1] * bump
            grads[0][j] += step * (row - centers[j]) / widths[j] ** 2
            grads[1][j] += step * ((row - centers[j]) ** 2).sum() / widths[j] ** 3
            grads[2][j + 1] += error * bump
    return grads


def _by_autograd(x: Tensor, targets: Tensor, centers: Tensor, widths: Tensor, weights: Tensor) -> Gradients:
    leaves = [part.detach().clone().requires_grad_() for part in (centers, widths, weights)]
    with torch.enable_grad():
        features = reference.rbf_features(x, leaves[0], leaves[1])
        loss = (features @ leaves[2] - targets).square().mean()
        found = torch.autograd.grad(loss, leaves)
    return found[0], found[1], found[2]


def _products(x: Tensor, targets: Tensor, centers: Tensor, widths: Tensor, weights: Tensor) -> Gradients:
    """Without a table of rows × bumps × columns: Σ pull (x − μ) is a product of matrices less a multiple of μ."""
    features = reference.rbf_features(x, centers, widths)
    errors = 2 * (features @ weights - targets) / len(x)
    pulls = errors[:, None] * weights[1:] * features[:, 1:]
    to_centers = (pulls.T @ x - pulls.sum(0)[:, None] * centers) / widths[:, None] ** 2
    squares = (x[:, None] - centers).square().sum(2)
    return to_centers, (pulls * squares).sum(0) / widths**3, features.T @ errors


RBF_GRADIENTS = Exercise(
    id="rbf_gradients",
    reference=reference.rbf_gradients,
    cases=_cases,
    points=4,
    companions={"rbf_features": reference.rbf_features},
    accepted=[
        Accepted("three_sums", _made()),
        Accepted("row_by_row", _loops),
        Accepted("products_of_matrices", _products),
        Accepted("by_autograd", _by_autograd, library=True),
    ],
    mistakes=[
        Mistake(
            "sign_of_center",
            _made(grad_centers=lambda p: -_centers(p)),
            "The gradient of the centres has the wrong sign. How does ‖x − μ‖² change with μ? Mind both minus signs on "
            "the way.",
            0.5,
        ),
        Mistake(
            "sign_of_width",
            _made(grad_widths=lambda p: -_widths(p)),
            "The gradient of the widths has the wrong sign. Does a bump rise or fall beside its centre when σ grows?",
            0.5,
        ),
        Mistake(
            "sign_of_the_error",
            _scaled(lambda p: -1.0),
            "All three have the wrong sign: the error is prediction minus target.",
            0.5,
        ),
        Mistake(
            "width_squared",
            _made(grad_widths=lambda p: (p.pulls * p.squares / p.widths**2).sum(dim=0)),
            "The gradient of the widths has σ² below, the derivative by log σ. By σ itself that of 1/σ² has one power "
            "more.",
            0.5,
        ),
        Mistake(
            "width_power",
            _made(grad_centers=lambda p: (p.pulls[:, :, None] * p.apart / p.widths[:, None]).sum(dim=0)),
            "A power of σ is wrong. Write the exponent down and differentiate it once by μ, once by σ.",
            0.25,
            forms=[_made(grad_centers=lambda p: (p.pulls[:, :, None] * p.apart).sum(dim=0)),
                   _made(grad_centers=lambda p: (p.pulls[:, :, None] * p.apart / p.widths[:, None] ** 3).sum(dim=0)),
                   _made(grad_widths=lambda p: (p.pulls * p.squares / p.widths).sum(dim=0)),
                   _made(grad_widths=lambda p: (p.pulls * p.squares / p.widths**4).sum(dim=0)),
                   _made(grad_widths=lambda p: (p.pulls * p.squares).sum(dim=0))],
        ),
        Mistake(
            "distance_not_squared",
            _made(grad_widths=lambda p: (p.pulls * p.squares.sqrt() / p.widths**3).sum(dim=0)),
            "The gradient of the widths holds the distance. The exponent holds its square, and differentiating by σ "
            "leaves that as it is.",
            0.5,
        ),
        Mistake(
            "no_factor_two",
            _scaled(lambda p: 0.5),
            "All three are half of what they should be. The loss is a mean of squares without a ½ in front.",
            0.5,
        ),
        Mistake(
            "half_in_one",
            _made(grad_centers=lambda p: _centers(p) / 2),
            "The gradients of centres or widths are half or twice what they should be. The 2 in 2σ² cancels against "
            "another 2: which one?",
            0.5,
            forms=[_made(grad_centers=lambda p: 2 * _centers(p)), _made(grad_widths=lambda p: _widths(p) / 2),
                   _made(grad_widths=lambda p: 2 * _widths(p)),
                   _made(lambda p: _centers(p) / 2, lambda p: _widths(p) / 2),
                   _made(lambda p: 2 * _centers(p), lambda p: 2 * _widths(p))],
        ),
        Mistake(
            "sum",
            _scaled(lambda p: len(p.errors)),
            "The rows are added. The loss is their mean: divide by n.",
            0.5,
            forms=[_scaled(lambda p: len(p.errors) / 2)],
        ),
        Mistake(
            "mean_in_one_alone",
            _made(grad_weights=lambda p: len(p.errors) * _weights(p)),
            "Some of the three gradients are of the sum over the rows, and others of the mean. All are of the mean.",
            0.5,
            forms=[_made(grad_centers=lambda p: len(p.errors) * _centers(p)),
                   _made(grad_widths=lambda p: len(p.errors) * _widths(p)),
                   _made(lambda p: len(p.errors) * _centers(p), lambda p: len(p.errors) * _widths(p))],
        ),
        Mistake(
            "no_factor_two_in_the_weights",
            _made(grad_weights=lambda p: _weights(p) / 2),
            "The gradient of the weights is half of what it should be, and the others are right. All three share the "
            "derivative of the square.",
            0.5,
        ),
        Mistake(
            "bias_shifted",
            _with_pulls(lambda p: 2 / len(p.errors) * p.errors[:, None] * p.weights[:-1] * p.bumps),
            "Each bump takes the weight of its neighbour, the first that of the intercept. Weight j + 1 belongs to "
            "bump j.",
            0.5,
        ),
        Mistake(
            "weights_forgotten",
            _with_pulls(lambda p: 2 / len(p.errors) * p.errors[:, None] * p.bumps),
            "Centres and widths do not feel the weights. A bump reaches the output through its weight, which the chain "
            "rule multiplies by.",
            0.5,
        ),
        Mistake(
            "features_forgotten",
            _with_pulls(lambda p: 2 / len(p.errors) * p.errors[:, None] * p.weights[1:] * torch.ones_like(p.bumps)),
            "The derivative of an exponential holds the exponential itself: a bump far away hardly moves anything.",
            0.5,
        ),
        Mistake(
            "features_squared",
            _with_pulls(lambda p: p.pulls * p.bumps),
            "The bumps come in twice. The derivative of exp(u) is exp(u) times that of u, once.",
            0.25,
            forms=[_with_pulls(lambda p: p.pulls * (1 - p.bumps))],
        ),
        Mistake(
            "errors_forgotten",
            _with_pulls(lambda p: 2 / len(p.errors) * p.weights[1:] * p.bumps),
            "Centres and widths move by the slope of the output and not of the loss: the error of each row is missing.",
            0.25,
        ),
        Mistake(
            "intercept_left_out_of_the_error",
            _with_errors(lambda p: p.errors - p.weights[0]),
            "The output lacks the intercept, and so the error does. The first feature is 1, with the first weight.",
            0.25,
        ),
        Mistake(
            "errors_of_other_rows",
            _with_errors(lambda p: p.errors + (_outputs(p) - p.errors) - (_outputs(p) - p.errors).mean()),
            "Every output is compared with the targets of all rows: a column of n less a vector of n is a table of "
            "(n, n). Subtract vectors.",
            0.25,
            forms=[_with_errors(lambda p: p.errors - _outputs(p) + _outputs(p).mean())],
        ),
        Mistake(
            "absolute_errors",
            _with_errors(lambda p: p.errors.sign() / 2),
            "Only the signs of the errors count, as for their sizes. The loss is a mean of squares, whose derivative "
            "holds the error itself.",
            0.25,
            forms=[_with_errors(lambda p: p.errors.sign())],
        ),
        Mistake(
            "root_of_the_mean",
            _with_errors(lambda p: p.errors / (2 * p.errors.square().mean().sqrt())),
            "These are the gradients of the root of the mean square. The loss has no root.",
            0.5,
        ),
        Mistake(
            "weights_moved_first",
            _made(lambda p: _centers(_moved(p)), lambda p: _widths(_moved(p))),
            "The weights are changed before the other two gradients are computed. All three are taken at one place, "
            "with the weights that are given.",
            0.5,
        ),
        Mistake(
            "coarse_differences",
            _by_differences(1e-2),
            "These are differences of the loss, and too coarse. Take the derivative, or differences to both sides in "
            "double precision with a step near 1e-5.",
            0.5,
            forms=[_by_differences(1e-3), _by_differences(1e-4), _by_differences(1e-2, central=True)],
        ),
        Mistake(
            "through_the_variance",
            _made(grad_widths=lambda p: _widths(p) / (2 * p.widths)),
            "This is the derivative by the variance σ², or by its logarithm or inverse. It is asked by σ itself.",
            0.5,
            forms=[_made(grad_widths=lambda p: p.widths * _widths(p) / 2),
                   _made(grad_widths=lambda p: -p.widths**3 * _widths(p) / 2)],
        ),
        Mistake(
            "one_width_for_all",
            _made(grad_widths=lambda p: _widths(p).sum().expand(len(p.widths)).clone()),
            "All widths get the same gradient, a sum or a mean. Each bump has its own.",
            0.25,
            forms=[_made(grad_widths=lambda p: _widths(p).mean().expand(len(p.widths)).clone())],
        ),
        Mistake(
            "intercept_forgotten",
            _made(grad_weights=lambda p: torch.cat([torch.zeros(1).to(p.weights), _weights(p)[1:]])),
            "The intercept gets no gradient, or there is no place for it. Its feature is 1 in every row.",
            0.5,
            forms=[_made(grad_weights=lambda p: _weights(p)[1:])],
        ),
        Mistake(
            "coordinates_added",
            _made(grad_centers=lambda p: _centers(p).sum(dim=1, keepdim=True).expand(-1, p.apart.shape[2]).clone()),
            "All coordinates of a centre get the same gradient. Each coordinate moves by its own x − μ.",
            0.25,
            forms=[_made(grad_centers=lambda p: (
                p.pulls * p.squares.sqrt() / p.widths**2).sum(dim=0)[:, None].expand(-1, p.apart.shape[2]).clone())],
        ),
        Mistake(
            "row_for_difference",
            _made(
                grad_centers=lambda p: p.pulls.T @ p.x / p.widths[:, None] ** 2,
            ),
            "The gradient of a centre holds the rows themselves. Differentiating ‖x − μ‖² leaves the difference x − μ.",
            0.25,
        ),
    ],
    equivalent={
        reasons.ROWS: ["slope = 2 * (features @ weights - targets) / len(targets)"],
        reasons.WHOLE_AXIS: [
            "apart = x[:, None] - centers[None, :, :]",
            "apart = x[:, None, :] - centers[:, :]",
            "apart = x[:, None, :] - centers[None, :]",
        ],
    },
)  # fmt: skip
