"""Exercise `gauss_newton_step` of `07_second_order`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.inputs import normal
from steepest_exercises.second_order import cases as shared
from steepest_exercises.second_order import reference
from steepest_exercises.second_order.cases import identity

Step = Callable[..., Tensor]


def _jacobian(rng: np.random.Generator, m: int, n: int) -> Tensor:
    """A full-rank matrix whose singular values lie between ½ and 3."""
    left, right = (np.linalg.qr(rng.standard_normal((size, size)))[0] for size in (m, n))
    sizes = np.linspace(0.5, 3, n) * rng.uniform(0.95, 1.05, n)
    return torch.from_numpy(left[:, :n] @ np.diag(sizes) @ right)


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str,
        m: int,
        n: int,
        damping: float | None = None,
        dtype: torch.dtype = torch.float64,
        slack: float = 1.0,
        corner: float = 0.0,
    ) -> Case:
        args = [normal(rng, n), 2 * normal(rng, m), _jacobian(rng, m, n)]
        kwargs = {} if damping is None else {"damping": damping}
        inputs = {"args": [part.to(dtype) for part in args], "kwargs": kwargs, "outputs": ["the new point"]}
        return Case(name, inputs, slack=slack, corner=corner)

    return [
        case("eight residuals, three parameters", 8, 3),
        case("two parameters", 5, 2),
        case("a damped step", 7, 3, 0.75),
        case("a step damped a little", 9, 4, 0.0625),
        case("a step damped strongly", 6, 2, 12.0),
        case("as many residuals as parameters", 3, 3, corner=0.1),
        case("as many residuals as parameters, damped", 4, 4, 0.6875, corner=0.1),
        case("one parameter", 6, 1, 0.3125, corner=0.1),
        case("five parameters, damped by 2", 12, 5, 2.0),
        case("a damping of 0 that is given", 6, 3, 0.0),
        case("float32", 9, 3, 0.375, torch.float32, 10),
    ]


def _moved(step: Callable[[Tensor, Tensor, float], Tensor]) -> Step:
    """A point from step(r, J, μ), which is subtracted."""

    def gauss_newton_step(theta: Tensor, residuals: Tensor, jacobian: Tensor, *, damping: float = 0.0) -> Tensor:
        return theta - step(residuals, jacobian, damping)

    return gauss_newton_step


def _bracket(matrix: Callable[[Tensor, Tensor, float], Tensor]) -> Step:
    """A step with Jᵀr divided by matrix(JᵀJ, J, μ)."""
    return _moved(lambda r, J, mu: _divided(matrix(J.T @ J, J, mu), J.T @ r))


def _divided(matrix: Tensor, vector: Tensor) -> Tensor:
    step: Tensor = torch.linalg.solve(matrix, vector)
    return step


def _sound(residuals: Tensor, jacobian: Tensor, damping: float) -> Tensor:
    return _divided(jacobian.T @ jacobian + damping * identity(jacobian[0]), jacobian.T @ residuals)


def _stacked(weight: Callable[[float], float], sign: float = 1.0) -> Callable[[Tensor, Tensor, float], Tensor]:
    """The least-squares solution of J and, beneath it, weight(μ) times the identity."""

    def step(residuals: Tensor, jacobian: Tensor, damping: float) -> Tensor:
        beneath = weight(damping) * identity(jacobian[0])
        rows = torch.cat([jacobian, beneath])
        aims = torch.cat([sign * residuals, torch.zeros_like(beneath[0])])
        solution: Tensor = torch.linalg.lstsq(rows, aims.unsqueeze(1)).solution.squeeze(1)
        return solution

    return step


def _by_singular_values(residuals: Tensor, jacobian: Tensor, damping: float) -> Tensor:
    left, sizes, rows = torch.linalg.svd(jacobian, full_matrices=False)
    step: Tensor = rows.T @ (sizes / (sizes**2 + damping) * (left.T @ residuals))
    return step


def _by_cholesky(residuals: Tensor, jacobian: Tensor, damping: float) -> Tensor:
    factor = torch.linalg.cholesky(jacobian.T @ jacobian + damping * identity(jacobian[0]))
    step: Tensor = torch.cholesky_solve((jacobian.T @ residuals)[:, None], factor)[:, 0]
    return step


def _row_by_row(residuals: Tensor, jacobian: Tensor, damping: float) -> Tensor:
    matrix, slope = damping * identity(jacobian[0]), torch.zeros_like(jacobian[0])
    for residual, row in zip(residuals, jacobian, strict=True):
        matrix = matrix + torch.outer(row, row)
        slope = slope + residual * row
    return _divided(matrix, slope)


def _newton_with_the_product(theta: Tensor, residuals: Tensor, jacobian: Tensor, *, damping: float = 0.0) -> Tensor:
    return reference.newton_step(theta, jacobian.T @ residuals, jacobian.T @ jacobian, damping=damping)


def _of_gradients(residuals: Tensor, jacobian: Tensor, damping: float) -> Tensor:
    each = residuals[:, None] * jacobian
    return _divided(each.T @ each + damping * identity(jacobian[0]), jacobian.T @ residuals)


def _mean_of_gradients(residuals: Tensor, jacobian: Tensor, damping: float) -> Tensor:
    each = residuals[:, None] * jacobian
    return _divided(each.T @ each / len(each) + damping * identity(jacobian[0]), each.mean(0))


def _of_the_gradient(residuals: Tensor, jacobian: Tensor, damping: float) -> Tensor:
    slope = jacobian.T @ residuals
    step: Tensor = torch.linalg.pinv(torch.outer(slope, slope) + damping * identity(slope)) @ slope
    return step


def _rows_multiplied(residuals: Tensor, jacobian: Tensor, damping: float) -> Tensor:
    size = len(jacobian)
    matrix = jacobian @ jacobian.T + damping * torch.eye(size, dtype=jacobian.dtype, device=jacobian.device)
    return _divided(matrix, jacobian.T @ residuals)


GAUSS_NEWTON_STEP = Exercise(
    id="gauss_newton_step",
    reference=reference.gauss_newton_step,
    cases=_cases,
    points=2,
    companions={"newton_step": reference.newton_step},
    accepted=[
        Accepted("least_squares_of_the_stacked_system", _moved(_stacked(lambda mu: mu**0.5))),
        Accepted("inverse_matrix", _moved(lambda r, J, mu: torch.linalg.inv(J.T @ J + mu * identity(J[0])) @ J.T @ r)),
        Accepted("by_singular_values", _moved(_by_singular_values)),
        Accepted("by_cholesky", _moved(_by_cholesky)),
        Accepted("row_by_row", _moved(_row_by_row)),
        Accepted("newton_step_of_the_product", _newton_with_the_product),
        Accepted(
            "marquardts_damping",
            _bracket(lambda product, J, mu: product + mu * torch.diag(product.diagonal())),
            "the damping is Marquardt's, μ times the diagonal of JᵀJ, which follows the scale of each parameter. The "
            "lesson has Levenberg's, μ times the identity.",
        ),
    ],
    mistakes=[
        Mistake(
            "gradient_only",
            _moved(lambda r, J, mu: J.T @ r),
            "This is a step along the gradient Jᵀr. Divide it by the curvature: solve with JᵀJ + μI.",
            forms=[_moved(lambda r, J, mu: J.T @ r / (1 + mu)), _moved(lambda r, J, mu: mu * (J.T @ r))],
        ),
        Mistake(
            "rows_multiplied",
            _moved(_rows_multiplied),
            "JJᵀ has one row for each residual. The curvature has one for each parameter: JᵀJ.",
            forms=[
                _moved(lambda r, J, mu: _divided(J @ J.T + mu, J.T @ r)),
                _moved(lambda r, J, mu: _divided(J @ J.T + mu * identity(r), J @ r)),
            ],
        ),
        Mistake(
            "uphill",
            _moved(lambda r, J, mu: -_sound(r, J, mu)),
            "The step goes up. The gradient of ½‖r‖² is Jᵀr, and the step is subtracted: look at the sign of the "
            "residuals too, which are prediction minus target.",
            0.25,
        ),
        Mistake(
            "factor_two",
            _moved(lambda r, J, mu: 2 * _sound(r, J, mu)),
            "A factor of 2 is too much or too little. With ½‖r‖² the gradient is Jᵀr and the matrix JᵀJ, both without "
            "a 2.",
            0.5,
            forms=[
                _moved(lambda r, J, mu: _sound(r, J, mu) / 2),
                _moved(lambda r, J, mu: _divided(2 * J.T @ J + mu * identity(J[0]), 2 * J.T @ r)),
                _moved(lambda r, J, mu: _divided(2 * J.T @ J + mu * identity(J[0]), J.T @ r)),
                _moved(lambda r, J, mu: _divided(J.T @ J / 2 + mu * identity(J[0]), J.T @ r)),
                _moved(lambda r, J, mu: _divided(J.T @ J / 2 + mu * identity(J[0]), J.T @ r / 2)),
            ],
        ),
        Mistake(
            "averaged_over_the_residuals",
            _moved(lambda r, J, mu: _divided(J.T @ J / len(J) + mu * identity(J[0]), J.T @ r / len(J))),
            "The sums over the residuals are divided by how many there are, in Jᵀr, in JᵀJ, or in both, where the same "
            "`damping` then means that many times as much. The loss is the sum ½‖r‖².",
            0.5,
            forms=[
                _moved(lambda r, J, mu: _divided(J.T @ J + mu * identity(J[0]), J.T @ r / len(J))),
                _moved(lambda r, J, mu: _divided(J.T @ J / len(J) + mu * identity(J[0]), J.T @ r)),
            ],
        ),
        Mistake(
            "damping_forgotten",
            _bracket(lambda product, J, mu: product),
            shared.NO_DAMPING,
            0.5,
            forms=[_moved(lambda r, J, mu: torch.linalg.lstsq(J, r[:, None]).solution[:, 0])],
        ),
        Mistake(
            "damping_of_wrong_sign",
            _bracket(lambda product, J, mu: product - mu * identity(J[0])),
            "`damping` is subtracted from the diagonal, where it makes the step longer. Add it.",
            0.5,
        ),
        Mistake(
            "damping_everywhere",
            _bracket(lambda product, J, mu: product + mu),
            shared.EVERYWHERE,
            0.5,
            forms=[_bracket(lambda product, J, mu: product - mu)],
        ),
        Mistake(
            "damping_scales_the_matrix",
            _bracket(lambda product, J, mu: (1 + mu) * product),
            "`damping` multiplies JᵀJ, which shortens all directions alike. Added to the diagonal, it shortens the "
            "flat ones most.",
            0.5,
            forms=[_moved(lambda r, J, mu: _sound(r, J, 0.0) * mu)],
        ),
        Mistake(
            "damping_squared",
            _moved(_stacked(lambda mu: mu)),
            "The square of `damping`, or its root, stands on the diagonal. In the stacked system the rows beneath J "
            "are √μ times the identity, since their squares are added.",
            0.5,
            forms=[_bracket(lambda product, J, mu: product + mu**0.5 * identity(J[0]))],
        ),
        Mistake(
            "damping_as_weight_decay",
            lambda theta, residuals, jacobian, *, damping=0.0: (
                theta
                - _divided(jacobian.T @ jacobian + damping * identity(theta), jacobian.T @ residuals + damping * theta)
            ),
            "`damping` pulls theta towards 0, as ridge regression does. It should limit the *step*: add it to the "
            "matrix, and leave Jᵀr as it is.",
            0.5,
            forms=[
                lambda theta, residuals, jacobian, *, damping=0.0: (
                    theta - _divided(jacobian.T @ jacobian, jacobian.T @ residuals + damping * theta)
                ),
            ],
        ),
        Mistake(
            "damping_added_to_the_inverse",
            _moved(lambda r, J, mu: _sound(r, J, 0.0) + mu * (J.T @ r)),
            "`damping` is added after the matrix has been inverted, which makes the step longer. Add it to JᵀJ first.",
            0.5,
            forms=[_moved(lambda r, J, mu: (torch.linalg.inv(J.T @ J) + mu) @ J.T @ r)],
        ),
        Mistake(
            "step_alone",
            lambda theta, residuals, jacobian, *, damping=0.0: -_sound(residuals, jacobian, damping),
            shared.NO_POINT,
            0.25,
            forms=[lambda theta, residuals, jacobian, *, damping=0.0: _sound(residuals, jacobian, damping)],
        ),
        Mistake(
            "residuals_squared",
            _moved(lambda r, J, mu: _sound(r**2, J, mu)),
            "The residuals are squared before Jᵀ is applied. Differentiating ½‖r‖² leaves r itself: Jᵀr.",
            0.25,
            forms=[
                _moved(lambda r, J, mu: _sound(r.abs(), J, mu)),
                _moved(lambda r, J, mu: _sound(r**2 / 2, J, mu)),
                _moved(lambda r, J, mu: _sound(r.sign(), J, mu)),
            ],
        ),
        Mistake(
            "residuals_in_the_matrix",
            _moved(lambda r, J, mu: _divided(J.T @ J + (r @ r + mu) * identity(J[0]), J.T @ r)),
            "The residuals have got into the matrix. Of the second derivative Gauss–Newton keeps JᵀJ alone, and leaves "
            "out the part that the residuals weigh.",
            0.25,
            forms=[
                _moved(lambda r, J, mu: _divided(J.T @ J + (r.sum() + mu) * identity(J[0]), J.T @ r)),
                _moved(lambda r, J, mu: _divided(J.T @ J + (r @ r / 2 + mu) * identity(J[0]), J.T @ r)),
                _moved(lambda r, J, mu: _divided(J.T @ J + r @ r + mu * identity(J[0]), J.T @ r)),
                _moved(lambda r, J, mu: _divided(J.T @ (r[:, None] * J) + mu * identity(J[0]), J.T @ r)),
                _moved(lambda r, J, mu: _divided(J.T @ J + (r.norm() + mu) * identity(J[0]), J.T @ r)),
            ],
        ),
        Mistake(
            "damping_scales_the_step",
            _moved(lambda r, J, mu: (1 + mu) * _sound(r, J, 0.0)),
            "`damping` scales the whole step. Added to the diagonal of JᵀJ before that divides, it shortens the flat "
            "directions most.",
            0.5,
            forms=[_bracket(lambda product, J, mu: (1 - mu) * product + mu * identity(J[0]))],
        ),
        Mistake(
            "products_of_gradients",
            _moved(_of_gradients),
            "The matrix is made of the gradients r_i J_i of the single residuals, so where the fit is good it vanishes."
            " Gauss–Newton takes the rows of J without their residuals.",
            0.25,
            forms=[_moved(_mean_of_gradients)],
        ),
        Mistake(
            "gradient_over_its_own_length",
            _moved(_of_the_gradient),
            "The matrix is made of the gradient Jᵀr, so that the whole step goes along it, divided by one number. JᵀJ "
            "is made of the rows of J, and turns the step.",
            0.25,
            forms=[_moved(lambda r, J, mu: (J.T @ r) / ((J.T @ r) @ (J.T @ r) + mu))],
        ),
        Mistake(
            "both_dampings",
            _bracket(lambda product, J, mu: product + mu * (identity(J[0]) + torch.diag(product.diagonal()))),
            "Levenberg's damping and Marquardt's are both there. Take μ times the identity, or μ times the diagonal of "
            "JᵀJ.",
            0.5,
            forms=[_bracket(lambda product, J, mu: product + mu * identity(J[0]) * product.diagonal().mean())],
        ),
        Mistake(
            "damping_by_the_root_of_the_diagonal",
            _bracket(lambda product, J, mu: product + mu * torch.diag(product.diagonal().sqrt())),
            "The damping is scaled with the root of the diagonal of JᵀJ, the lengths of J's columns, or with its "
            "square. Marquardt scales it with the diagonal itself; or take μ times the identity.",
            0.5,
            forms=[_bracket(lambda product, J, mu: product + mu * torch.diag(product.diagonal() ** 2))],
        ),
        Mistake(
            "diagonal_only",
            _moved(lambda r, J, mu: (J.T @ r) / ((J**2).sum(0) + mu)),
            "Only the diagonal of JᵀJ is used, as in the last lesson's diagonal Gauss–Newton. Solve with the whole "
            "matrix.",
            0.25,
            forms=[_moved(lambda r, J, mu: (J.T @ r) / (J**2).sum(0))],
        ),
        Mistake(
            "multiplies_by_the_matrix",
            _moved(lambda r, J, mu: (J.T @ J + mu * identity(J[0])) @ (J.T @ r)),
            "The gradient is multiplied by JᵀJ + μI. Divide by it: solve.",
            0.25,
            forms=[_moved(lambda r, J, mu: J.T @ J @ J.T @ r)],
        ),
        Mistake(
            "entries_inverted",
            _moved(lambda r, J, mu: (1 / (J.T @ J + mu * identity(J[0]))) @ J.T @ r),
            shared.ENTRYWISE,
            forms=[_moved(lambda r, J, mu: (J.T @ r / (J.T @ J + mu * identity(J[0]))).sum(0))],
        ),
        Mistake(
            "divides_by_the_matrix",
            _moved(lambda r, J, mu: (J.T @ r) / (J.T @ J + mu * identity(J[0]))),
            "`/` divides by every entry and gives a whole matrix. To divide by a matrix is to solve with it.",
            forms=[_moved(lambda r, J, mu: (J.T @ r) / (J.T @ J + mu)), _moved(lambda r, J, mu: (J.T @ r) / (J.T @ J))],
        ),
        Mistake(
            "damping_of_your_own",
            _bracket(lambda product, J, mu: product + (mu + 1e-3) * identity(J[0])),
            "Something is added to the diagonal besides `damping`, for safety. The caller decides how much: JᵀJ + μI.",
            0.5,
            forms=[
                _bracket(lambda product, J, mu: product + (mu + 1e-6) * identity(J[0])),
                _bracket(lambda product, J, mu: product + (mu + 1e-4) * identity(J[0])),
                _bracket(lambda product, J, mu: product + (mu or 1e-3) * identity(J[0])),
            ],
        ),
        Mistake(
            "theta_in_the_slope",
            lambda theta, residuals, jacobian, *, damping=0.0: (
                theta - _sound(jacobian @ theta - residuals, jacobian, damping)
            ),
            "Theta is taken into the right-hand side, as if the residuals were targets of a linear model. They are "
            "given: the slope is Jᵀr.",
            0.25,
            forms=[
                lambda theta, residuals, jacobian, *, damping=0.0: theta - _sound(jacobian @ theta, jacobian, damping),
                lambda theta, residuals, jacobian, *, damping=0.0: _sound(
                    jacobian @ theta + residuals, jacobian, damping
                ),
            ],
        ),
        Mistake(
            "one_rate_for_all_directions",
            _moved(lambda r, J, mu: (J.T @ r) / ((J**2).sum() + mu)),
            shared.ONE_FOR_ALL,
            forms=[
                _moved(lambda r, J, mu: (J.T @ r) / (torch.linalg.matrix_norm(J.T @ J, ord=2) + mu)),
                _moved(lambda r, J, mu: (J.T @ r) / (r @ r + mu)),
                _moved(lambda r, J, mu: (J.T @ r) / (J.norm() + mu)),
            ],
        ),
        Mistake(
            "solved_twice",
            _moved(lambda r, J, mu: _divided(J.T @ J + mu * identity(J[0]), _sound(r, J, mu))),
            "The gradient is divided by the matrix twice. Once makes the step.",
            0.25,
        ),
    ],
    equivalent={
        reasons.SAME_DEVICE: [
            "identity = torch.eye(len(theta), dtype=theta.dtype)",
            "identity = torch.eye(len(theta), dtype=theta.dtype, device=residuals.device)",
            "identity = torch.eye(len(theta), dtype=theta.dtype, device=jacobian.device)",
        ],
        shared.ALIKE: [
            "identity = torch.eye(len(theta), dtype=residuals.dtype, device=theta.device)",
            "identity = torch.eye(len(theta), dtype=jacobian.dtype, device=theta.device)",
        ],
        shared.EXACT: ["identity = torch.eye(len(theta), device=theta.device)"],
    },
)
