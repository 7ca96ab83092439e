"""Exercise `newton_step` of `07_second_order`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.second_order import cases as shared
from steepest_exercises.second_order import reference
from steepest_exercises.second_order.cases import identity

Step = Callable[..., Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    return [
        shared.step_case(rng, "a bowl, one whole step", [0.5, 2.0, 4.0]),
        shared.step_case(rng, "two parameters and half a step", [0.4, 3.0], lr=0.5),
        shared.step_case(rng, "a saddle", [-2.0, 0.6, 3.0]),
        shared.step_case(rng, "the top of a hill", [-0.7, -2.0, -4.0], lr=0.8),
        shared.step_case(rng, "a damped step in a bowl", [0.3, 1.0, 2.5, 6.0], damping=0.75),
        shared.step_case(rng, "a damped step at a saddle", [-4.0, 0.5, 1.0, 2.0], damping=0.625, lr=0.3),
        shared.step_case(rng, "damping larger than a negative curvature", [-0.5, 1.0, 3.0], damping=1.5),
        shared.step_case(
            rng, "a saddle of five parameters, two directions falling", [-3.0, -0.8, 0.5, 1.5, 4.0], lr=1.2
        ),
        shared.step_case(rng, "strong damping", [0.5, 1.5, 2.0], damping=8.0, lr=0.9),
        shared.step_case(rng, "one parameter", [1.7], damping=0.375, corner=0.1),
        shared.step_case(
            rng, "float32", [-1.5, 0.8, 2.0], damping=0.3125, lr=0.7, dtype=torch.float32, slack=10, corner=0.2
        ),
    ]


def _moved(step: Callable[[Tensor, Tensor, Tensor, float], Tensor]) -> Step:
    """A point from step(θ, g, H, μ), which the rate scales before it is subtracted."""

    def newton_step(theta: Tensor, grad: Tensor, hessian: Tensor, *, lr: float = 1.0, damping: float = 0.0) -> Tensor:
        return theta - lr * step(theta, grad, hessian, damping)

    return newton_step


def _bracket(matrix: Callable[[Tensor, float], Tensor]) -> Step:
    """A step with the gradient divided by matrix(H, μ)."""

    def step(theta: Tensor, grad: Tensor, hessian: Tensor, damping: float) -> Tensor:
        solved: Tensor = torch.linalg.solve(matrix(hessian, damping), grad)
        return solved

    return _moved(step)


def _point(rule: Callable[[Tensor, Tensor, float], Tensor]) -> Step:
    """A point from rule(θ, p, η), with p the undamped or damped Newton step (H + μI)⁻¹ g."""

    def newton_step(theta: Tensor, grad: Tensor, hessian: Tensor, *, lr: float = 1.0, damping: float = 0.0) -> Tensor:
        return rule(theta, _solved(grad, hessian, damping), lr)

    return newton_step


def _solved(grad: Tensor, hessian: Tensor, damping: float) -> Tensor:
    step: Tensor = torch.linalg.solve(hessian + damping * identity(hessian), grad)
    return step


def _by_eigenvectors(theta: Tensor, grad: Tensor, hessian: Tensor, damping: float) -> Tensor:
    values, vectors = torch.linalg.eigh(hessian)
    step: Tensor = vectors @ torch.diag(1 / (values + damping)) @ vectors.T @ grad
    return step


def _diagonal_written(theta: Tensor, grad: Tensor, hessian: Tensor, damping: float) -> Tensor:
    shifted = hessian.clone()
    shifted.diagonal().add_(damping)
    step: Tensor = torch.linalg.solve(shifted, grad.unsqueeze(1)).squeeze(1)
    return step


def _by_least_squares(theta: Tensor, grad: Tensor, hessian: Tensor, damping: float) -> Tensor:
    step: Tensor = torch.linalg.lstsq(hessian + damping * identity(grad), grad[:, None]).solution[:, 0]
    return step


def _by_cholesky(theta: Tensor, grad: Tensor, hessian: Tensor, damping: float) -> Tensor:
    factor = torch.linalg.cholesky(hessian + damping * identity(grad))
    step: Tensor = torch.cholesky_solve(grad[:, None], factor)[:, 0]
    return step


def _gradient_where_indefinite(theta: Tensor, grad: Tensor, hessian: Tensor, damping: float) -> Tensor:
    shifted = hessian + damping * identity(grad)
    if bool((torch.linalg.eigvalsh(shifted) <= 0).any()):
        return grad
    return _solved(grad, hessian, damping)


def _damped_where_indefinite(theta: Tensor, grad: Tensor, hessian: Tensor, damping: float) -> Tensor:
    indefinite = bool((torch.linalg.eigvalsh(hessian) < 0).any())
    return _solved(grad, hessian, damping if indefinite else 0.0)


def _sizes(theta: Tensor, grad: Tensor, hessian: Tensor, damping: float) -> Tensor:
    return theta - reference.saddle_free_step(theta, grad, hessian, damping=damping)


def _above_a_floor(grad: Tensor, hessian: Tensor, damping: float, size: Callable[[Tensor], Tensor]) -> Tensor:
    values, vectors = torch.linalg.eigh(hessian)
    step: Tensor = vectors @ ((vectors.T @ grad) / size(values).clamp(min=damping))
    return step


def _along_the_gradient(theta: Tensor, grad: Tensor, hessian: Tensor, damping: float) -> Tensor:
    return grad * (grad @ grad) / (grad @ (hessian @ grad + damping * grad))


NEWTON_STEP = Exercise(
    id="newton_step",
    reference=reference.newton_step,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("inverse_matrix", _moved(lambda theta, g, H, mu: torch.linalg.inv(H + mu * identity(g)) @ g)),
        Accepted("by_eigenvectors", _moved(_by_eigenvectors)),
        Accepted("diagonal_written_into_a_copy", _moved(_diagonal_written)),
        Accepted("by_least_squares", _moved(_by_least_squares)),
        Accepted("uphill_step_of_minus_g", _point(lambda theta, p, lr: theta + lr * -p)),
    ],
    mistakes=[
        Mistake(
            "climbs",
            _point(lambda theta, p, lr: theta + lr * p),
            "The step is added. The model ½pᵀHp + gᵀp has its critical point at p = −H⁻¹g: subtract.",
            0.25,
        ),
        Mistake(
            "multiplies_by_the_hessian",
            _moved(lambda theta, g, H, mu: H @ g + mu * g),
            "The gradient is multiplied by H. Newton divides by the curvature, so that a steep direction gets a short "
            "step: solve Hp = g.",
            0.25,
            forms=[_moved(lambda theta, g, H, mu: H @ g)],
        ),
        Mistake(
            "entries_inverted",
            _moved(lambda theta, g, H, mu: (1 / (H + mu * identity(g))) @ g),
            shared.ENTRYWISE,
            forms=[
                _moved(lambda theta, g, H, mu: (1 / H) @ g),
                _moved(lambda theta, g, H, mu: (1 / (H + mu)) @ g),
                _moved(lambda theta, g, H, mu: (g / H).sum(1)),
                _moved(lambda theta, g, H, mu: (g / (H + mu)).sum(0)),
            ],
        ),
        Mistake(
            "divides_by_the_matrix",
            _moved(lambda theta, g, H, mu: g / (H + mu * identity(g))),
            "`g / H` divides by every entry and gives a whole matrix. To divide by a matrix is to solve Hp = g.",
            forms=[_moved(lambda theta, g, H, mu: g / H), _moved(lambda theta, g, H, mu: g / (H + mu))],
        ),
        Mistake(
            "column_broadcast",
            lambda theta, grad, hessian, *, lr=1.0, damping=0.0: theta - lr * _solved(grad[:, None], hessian, damping),
            "The step is a column, (n, 1), and theta less a column is a whole matrix. `torch.linalg.solve` takes the "
            "vector as it is; else bring the column back to (n,).",
            0.5,
        ),
        Mistake(
            "diagonal_only",
            _moved(lambda theta, g, H, mu: g / (H.diagonal() + mu)),
            "Only the diagonal of H is used, which leaves out how one parameter changes another's slope. Solve with "
            "the whole matrix.",
            0.25,
            forms=[
                _moved(lambda theta, g, H, mu: g / H.diagonal()),
                _moved(lambda theta, g, H, mu: g / (H.diagonal().abs() + mu)),
                _moved(lambda theta, g, H, mu: g / H.diagonal().abs()),
            ],
        ),
        Mistake(
            "damping_of_wrong_sign",
            _bracket(lambda H, mu: H - mu * identity(H[0])),
            "`damping` is subtracted from the diagonal. Added, it makes each curvature larger and the step shorter.",
            0.5,
        ),
        Mistake(
            "damping_scales_the_hessian",
            _bracket(lambda H, mu: (1 + mu) * H),
            "`damping` multiplies H, which shortens all directions alike. Added to the diagonal, it shortens the flat "
            "ones most: μ times the identity.",
            0.5,
            forms=[
                _moved(lambda theta, g, H, mu: _solved(g, H, 0.0) / (1 + mu)),
                _bracket(lambda H, mu: mu * H),
                _bracket(lambda H, mu: H + mu * H * H),
            ],
        ),
        Mistake(
            "entry_by_entry",
            _moved(lambda theta, g, H, mu: torch.linalg.inv(H + mu * identity(g)) * g),
            "`*` multiplies entry by entry, so that a whole matrix comes out. A matrix times a vector is `@`.",
            0.25,
            forms=[_moved(lambda theta, g, H, mu: torch.linalg.inv(H + mu * identity(g)) * g[:, None])],
        ),
        Mistake(
            "identity_added",
            _bracket(lambda H, mu: H + mu + identity(H[0])),
            "The identity itself is added to H, with `damping` beside it or without. `damping` multiplies it: μI.",
            0.5,
            forms=[_bracket(lambda H, mu: H + (1 + mu) * identity(H[0])), _bracket(lambda H, mu: H + identity(H[0]))],
        ),
        Mistake(
            "damping_as_a_mixture",
            _bracket(lambda H, mu: (1 - mu) * H + mu * identity(H[0])),
            "H and the identity are mixed with weights 1 − μ and μ. H stays whole: H + μI.",
            0.5,
        ),
        Mistake(
            "damping_scales_the_step",
            _moved(lambda theta, g, H, mu: (1 + mu) * _solved(g, H, 0.0)),
            "`damping` scales the whole step. Added to each curvature before that divides, it shortens the flat "
            "directions most.",
            0.5,
            forms=[
                _moved(lambda theta, g, H, mu: (1 - mu) * _solved(g, H, 0.0)),
                _moved(lambda theta, g, H, mu: _solved(g, H, 0.0) - mu * g),
            ],
        ),
        Mistake(
            "damping_by_the_diagonal",
            _bracket(lambda H, mu: H + mu * torch.diag(H.diagonal())),
            "The diagonal of H is scaled, as Marquardt does it for least squares. At a saddle its entries may be "
            "negative: add μ times the identity.",
            0.5,
            forms=[
                _bracket(lambda H, mu: H + mu * torch.diag(H.diagonal().abs())),
                _bracket(lambda H, mu: H + torch.diag(torch.full_like(H[0], mu)) * H),
            ],
        ),
        Mistake(
            "damping_everywhere",
            _bracket(lambda H, mu: H + mu),
            shared.EVERYWHERE,
            0.5,
            forms=[_bracket(lambda H, mu: H + mu * (1 - identity(H[0]))), _bracket(lambda H, mu: H - mu)],
        ),
        Mistake("damping_forgotten", _bracket(lambda H, mu: H), shared.NO_DAMPING, 0.5),
        Mistake(
            "damping_squared",
            _bracket(lambda H, mu: H + mu**2 * identity(H[0])),
            "Another number than `damping` stands on the diagonal: its square, its half or its root. Add μ itself.",
            0.5,
            forms=[
                _bracket(lambda H, mu: H + mu / 2 * identity(H[0])),
                _bracket(lambda H, mu: H + 2 * mu * identity(H[0])),
                _bracket(lambda H, mu: H + mu**0.5 * identity(H[0])),
            ],
        ),
        Mistake(
            "damping_as_a_floor",
            _moved(lambda theta, g, H, mu: _above_a_floor(g, H, mu, torch.Tensor.clone)),
            "`damping` is a floor under the eigenvalues, so that negative ones become μ, or 0. It is added to each of "
            "them, and H is taken as it is: H + μI.",
            0.25,
            forms=[_moved(lambda theta, g, H, mu: _above_a_floor(g, H, mu, torch.abs))],
        ),
        Mistake(
            "damping_added_to_the_inverse",
            _moved(lambda theta, g, H, mu: _solved(g, H, 0.0) + mu * g),
            "`damping` is added after the matrix has been inverted, which makes the step longer. Add it to H first, "
            "and solve then.",
            0.5,
            forms=[_moved(lambda theta, g, H, mu: (torch.linalg.inv(H) + mu) @ g)],
        ),
        Mistake(
            "damping_as_weight_decay",
            _moved(lambda theta, g, H, mu: _solved(g + mu * theta, H, mu)),
            "`damping` pulls theta towards 0, as a penalty on its size would. It should limit the step alone: add it "
            "to the matrix, and leave the gradient as it is.",
            0.25,
            forms=[_moved(lambda theta, g, H, mu: _solved(g + mu * theta, H, 0.0))],
        ),
        Mistake(
            "damping_added_to_the_gradient",
            _moved(lambda theta, g, H, mu: _solved(g + mu, H, 0.0)),
            "`damping` is added to the gradient. It belongs to the matrix: H + μI.",
            0.5,
            forms=[_moved(lambda theta, g, H, mu: _solved(g + mu, H, mu))],
        ),
        Mistake(
            "damping_of_your_own",
            _bracket(lambda H, mu: H + (mu + 1e-3) * identity(H[0])),
            "Something is added to the diagonal besides `damping`, for safety. The caller decides how much: H + μI, "
            "and H itself where μ is 0.",
            0.5,
            forms=[
                _bracket(lambda H, mu: H + (mu + 1e-6) * identity(H[0])),
                _bracket(lambda H, mu: H + (mu + 1e-4) * identity(H[0])),
                _bracket(lambda H, mu: H + (mu + 1e-2) * identity(H[0])),
                _bracket(lambda H, mu: H + (mu + 0.1) * identity(H[0])),
                _bracket(lambda H, mu: H + (mu or 1e-3) * identity(H[0])),
                _bracket(lambda H, mu: H + (mu or 1e-6) * identity(H[0])),
            ],
        ),
        Mistake(
            "normal_equations",
            _moved(lambda theta, g, H, mu: _solved(H @ g, H @ H, mu)),
            "The damping is added to the square of H, as in a least-squares problem with H. Add it to H itself.",
            0.5,
        ),
        Mistake(
            "step_made_positive",
            _point(lambda theta, p, lr: theta - (lr * p).abs()),
            "The absolute value is taken of the step's entries, so theta can move one way only. Subtract the step as "
            "it is.",
            forms=[_moved(lambda theta, g, H, mu: _solved(g.abs(), H, mu))],
        ),
        Mistake(
            "damped_only_where_indefinite",
            _moved(_damped_where_indefinite),
            "`damping` is added at some points only. The exercise adds it everywhere, in a bowl too: the caller "
            "decides how much.",
            0.5,
        ),
        Mistake("rate_forgotten", _point(lambda theta, p, lr: theta - p), shared.NO_RATE, 0.5),
        Mistake(
            "rate_scales_the_point",
            _point(lambda theta, p, lr: lr * (theta - p)),
            shared.RATE_ON_THE_POINT,
            0.25,
            forms=[_point(lambda theta, p, lr: lr * theta - p), _point(lambda theta, p, lr: (1 - lr) * theta - lr * p)],
        ),
        Mistake("rate_twice", _point(lambda theta, p, lr: theta - lr * lr * p), shared.RATE_TWICE, 0.5),
        Mistake(
            "rate_divides",
            _point(lambda theta, p, lr: theta - p / lr),
            shared.RATE_DIVIDES,
            0.25,
        ),
        Mistake(
            "rate_scales_the_damping",
            lambda theta, grad, hessian, *, lr=1.0, damping=0.0: theta - lr * _solved(grad, hessian, lr * damping),
            "The rate has got into the bracket beside `damping`. It scales the step that the bracket gives, and "
            "nothing else.",
            0.5,
            forms=[
                lambda theta, grad, hessian, *, lr=1.0, damping=0.0: theta - _solved(grad, hessian / lr, damping),
                lambda theta, grad, hessian, *, lr=1.0, damping=0.0: theta - lr * _solved(grad, hessian, damping / lr),
            ],
        ),
        Mistake(
            "rate_and_damping_exchanged",
            lambda theta, grad, hessian, *, lr=1.0, damping=0.0: theta - damping * _solved(grad, hessian, lr),
            shared.EXCHANGED,
        ),
        Mistake(
            "step_alone",
            _point(lambda theta, p, lr: -lr * p),
            shared.NO_POINT,
            0.25,
            forms=[_point(lambda theta, p, lr: lr * p), _point(lambda theta, p, lr: p)],
        ),
        Mistake(
            "theta_for_the_gradient",
            _moved(lambda theta, g, H, mu: _solved(theta, H, mu)),
            "The matrix is solved with theta on the right-hand side. The step is made of the gradient: Hp = g.",
            0.25,
        ),
        Mistake(
            "whole_point_solved",
            lambda theta, grad, hessian, *, lr=1.0, damping=0.0: _solved(theta - lr * grad, hessian, damping),
            "The matrix is applied to the point as well. Solve for the step first, and subtract it from theta then.",
            0.25,
        ),
        Mistake(
            "hessian_ignored",
            _moved(lambda theta, g, H, mu: g),
            shared.IGNORED,
            forms=[
                _moved(lambda theta, g, H, mu: g / (1 + mu)),
                _moved(lambda theta, g, H, mu: g + mu * theta),
                _moved(lambda theta, g, H, mu: (1 + mu) * g),
            ],
        ),
        Mistake(
            "one_rate_for_all_directions",
            _moved(lambda theta, g, H, mu: g / (H.norm() + mu)),
            shared.ONE_FOR_ALL,
            forms=[
                _moved(lambda theta, g, H, mu: g / (torch.linalg.matrix_norm(H, ord=2) + mu)),
                _moved(lambda theta, g, H, mu: g / (torch.linalg.eigvalsh(H).max() + mu)),
                _moved(lambda theta, g, H, mu: g / (H.trace() + mu)),
                _moved(lambda theta, g, H, mu: g / torch.linalg.det(H + mu * identity(g))),
            ],
        ),
        Mistake(
            "best_step_along_the_gradient",
            _moved(_along_the_gradient),
            "The length is Newton's, but the direction is the gradient's: gᵀg/gᵀHg is one number. Solve with the "
            "matrix, which turns the step as well.",
            0.25,
            forms=[_moved(lambda theta, g, H, mu: g * (g @ g) / (g @ H @ g))],
        ),
        Mistake(
            "curvatures_made_positive",
            _moved(_sizes),
            "Negative curvatures are turned positive here, which is the next exercise. Newton takes H as it is, and "
            "so climbs along directions that curve downwards.",
            0.5,
        ),
        Mistake(
            "positive_definite_only",
            _moved(_by_cholesky),
            "Cholesky's factor exists for positive definite matrices alone, so this fails at saddles. "
            "`torch.linalg.solve` takes any matrix that can be inverted.",
            0.75,
        ),
        Mistake(
            "descends_where_indefinite",
            _moved(_gradient_where_indefinite),
            "Where the matrix has a negative eigenvalue this falls back to a gradient step. Sensible in practice, but "
            "Newton's step itself is asked for, at saddles too.",
            0.5,
        ),
        Mistake(
            "solved_twice",
            _moved(lambda theta, g, H, mu: _solved(_solved(g, H, mu), H, mu)),
            "The gradient is divided by the matrix twice. Once makes the step: Hp = g.",
            0.25,
        ),
        Mistake(
            "step_halved",
            _point(lambda theta, p, lr: theta - lr * p / 2),
            "The step is half or twice as long as it should be. The ½ before pᵀHp goes when the model is "
            "differentiated: g + Hp = 0.",
            0.5,
            forms=[_point(lambda theta, p, lr: theta - 2 * lr * p)],
        ),
        Mistake(
            "gradient_of_length_one",
            _moved(lambda theta, g, H, mu: _solved(g / g.norm(), H, mu)),
            "The gradient's length is lost on the way, or the step's. Newton's step is as long as the gradient and the "
            "curvature make it.",
            0.25,
            forms=[
                _point(lambda theta, p, lr: theta - lr * p / p.norm()),
                _moved(lambda theta, g, H, mu: _solved(g.sign(), H, mu)),
            ],
        ),
        Mistake(
            "hessian_of_wrong_sign",
            _moved(lambda theta, g, H, mu: _solved(g, -H, mu)),
            "H enters with a minus sign, so the damping works against it. The bracket is H + μI, and the minus "
            "stands before the step.",
            0.25,
        ),
    ],
    equivalent={
        reasons.SAME_DEVICE: [
            "bracket = hessian + damping * torch.eye(len(theta), dtype=theta.dtype)",
            "bracket = hessian + damping * torch.eye(len(theta), dtype=theta.dtype, device=grad.device)",
            "bracket = hessian + damping * torch.eye(len(theta), dtype=theta.dtype, device=hessian.device)",
        ],
        shared.ALIKE: [
            "bracket = hessian + damping * torch.eye(len(grad), dtype=theta.dtype, device=theta.device)",
            "bracket = hessian + damping * torch.eye(len(hessian), dtype=theta.dtype, device=theta.device)",
            "bracket = hessian + damping * torch.eye(len(theta), dtype=grad.dtype, device=theta.device)",
            "bracket = hessian + damping * torch.eye(len(theta), dtype=hessian.dtype, device=theta.device)",
        ],
        shared.EXACT: ["bracket = hessian + damping * torch.eye(len(theta), device=theta.device)"],
    },
)
