"""Exercise `l2_optimum` of `10_regularization`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.loss_landscapes.spectrum import spread, turned
from steepest_exercises.regularization import reference

Optimum = Callable[[Tensor, Tensor, float], Tensor]


def far_from_zero(rng: np.random.Generator, *shape: int) -> Tensor:
    """Numbers of both signs with a size between 0.5 and 2."""
    return torch.from_numpy(rng.uniform(0.5, 2, shape) * rng.choice([-1.0, 1.0], shape))


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, hessian: Tensor, alpha: float, corner: float = 0.0) -> Case:
        theta_star = far_from_zero(rng, len(hessian)).to(hessian.dtype)
        inputs = {"args": [hessian, theta_star], "kwargs": {"alpha": alpha}, "outputs": ["the optimum"]}
        return Case(name, inputs, corner=corner)

    drawn = rng.uniform
    return [
        case("a turned valley", turned(rng, spread(rng, 2, 0.3, 4)), drawn(0.6, 0.8)),
        case("three parameters", turned(rng, spread(rng, 3, 0.5, 6)), drawn(1.4, 1.9)),
        case("a weak penalty", turned(rng, spread(rng, 4, 0.4, 3)), drawn(0.03, 0.06)),
        case("a strong penalty", turned(rng, spread(rng, 4, 0.4, 3)), drawn(8, 12)),
        case("a diagonal Hessian", torch.diag(torch.tensor(spread(rng, 4, 0.2, 3)).double()), drawn(0.5, 0.9)),
        case("a flat direction", turned(rng, [0.0, *spread(rng, 2, 0.8, 3)]), drawn(0.3, 0.6), 0.1),
        case("float32", turned(rng, spread(rng, 5, 0.4, 3)).float(), drawn(0.4, 0.8)),
        case("one parameter", torch.full((1, 1), drawn(1.5, 3)).double(), drawn(0.4, 0.8)),
        case("no penalty, alpha = 0", turned(rng, spread(rng, 3, 0.5, 3)), 0.0, 0.1),
    ]


def _solved(matrix: Callable[[Tensor, Tensor, float], Tensor], right: Optimum) -> Callable[..., Tensor]:
    """The solution θ of matrix(H, I, α) θ = right(H, θ*, α)."""

    def l2_optimum(hessian: Tensor, theta_star: Tensor, *, alpha: float) -> Tensor:
        eye = torch.eye(len(hessian), dtype=hessian.dtype, device=hessian.device)
        theta: Tensor = torch.linalg.solve(matrix(hessian, eye, alpha), right(hessian, theta_star, alpha))
        return theta

    return l2_optimum


def _shares(shares: Callable[[Tensor, float], Tensor]) -> Callable[..., Tensor]:
    """θ* with the share `shares(λ, α)` along each eigenvector."""

    def l2_optimum(hessian: Tensor, theta_star: Tensor, *, alpha: float) -> Tensor:
        curvatures, axes = torch.linalg.eigh(hessian)
        theta: Tensor = axes @ (shares(curvatures, alpha) * (axes.T @ theta_star))
        return theta

    return l2_optimum


def _entries(rule: Optimum) -> Callable[..., Tensor]:
    """`rule(H, θ*, α)`."""

    def l2_optimum(hessian: Tensor, theta_star: Tensor, *, alpha: float) -> Tensor:
        return rule(hessian, theta_star, alpha)

    return l2_optimum


def _penalized(hessian: Tensor, eye: Tensor, alpha: float) -> Tensor:
    return hessian + alpha * eye


def _pull(hessian: Tensor, theta_star: Tensor, alpha: float) -> Tensor:
    return hessian @ theta_star


def _by_inverse(hessian: Tensor, theta_star: Tensor, *, alpha: float) -> Tensor:
    eye = torch.eye(len(hessian), dtype=hessian.dtype, device=hessian.device)
    theta: Tensor = torch.linalg.inv(hessian + alpha * eye) @ hessian @ theta_star
    return theta


def _what_is_left(hessian: Tensor, theta_star: Tensor, *, alpha: float) -> Tensor:
    eye = torch.eye(len(hessian), dtype=hessian.dtype, device=hessian.device)
    lost: Tensor = torch.linalg.solve(hessian + alpha * eye, theta_star)
    return theta_star - alpha * lost


def _inverse_first(hessian: Tensor, theta_star: Tensor, *, alpha: float) -> Tensor:
    raised = hessian.clone()
    raised.diagonal().add_(alpha)
    theta: Tensor = hessian @ torch.linalg.solve(raised, theta_star)
    return theta


def _newton(hessian: Tensor, theta_star: Tensor, *, alpha: float) -> Tensor:
    """One Newton step from 0, with both derivatives by autograd."""

    def loss(theta: Tensor) -> Tensor:
        off = theta - theta_star
        return (off @ hessian @ off + alpha * theta @ theta) / 2

    with torch.enable_grad():
        start = torch.zeros_like(theta_star, requires_grad=True)
        (slope,) = torch.autograd.grad(loss(start), start)
    second: Tensor = torch.autograd.functional.hessian(loss, torch.zeros_like(theta_star))  # type: ignore[no-untyped-call]
    theta: Tensor = -torch.linalg.solve(second, slope)
    return theta


def _elementwise(hessian: Tensor, theta_star: Tensor, *, alpha: float) -> Tensor:
    eye = torch.eye(len(hessian), dtype=hessian.dtype, device=hessian.device)
    return hessian / (hessian + alpha * eye) @ theta_star


def _one_over_entries(hessian: Tensor, theta_star: Tensor, *, alpha: float) -> Tensor:
    eye = torch.eye(len(hessian), dtype=hessian.dtype, device=hessian.device)
    return (1 / (hessian + alpha * eye)) @ hessian @ theta_star


def _product(hessian: Tensor, theta_star: Tensor, *, alpha: float) -> Tensor:
    eye = torch.eye(len(hessian), dtype=hessian.dtype, device=hessian.device)
    return (hessian + alpha * eye) @ hessian @ theta_star


def _wrong_way_round(hessian: Tensor, theta_star: Tensor, *, alpha: float) -> Tensor:
    """Q taken for Qᵀ."""
    curvatures, axes = torch.linalg.eigh(hessian)
    theta: Tensor = axes.T @ (curvatures / (curvatures + alpha) * (axes @ theta_star))
    return theta


def _complex(hessian: Tensor, theta_star: Tensor, *, alpha: float) -> Tensor:
    curvatures, axes = torch.linalg.eig(hessian)
    theta: Tensor = axes @ (curvatures / (curvatures + alpha) * (axes.T @ theta_star.to(axes.dtype)))
    return theta


L2_OPTIMUM = Exercise(
    id="l2_optimum",
    reference=reference.l2_optimum,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("solved", _solved(_penalized, _pull)),
        Accepted("inverse", _by_inverse),
        Accepted("what_is_left", _what_is_left),
        Accepted("inverse_first", _inverse_first),
        Accepted("newton_by_autograd", _newton),
        Accepted("shares_of_eigenvectors", _shares(lambda curve, alpha: curve / (curve + alpha))),
    ],
    mistakes=[
        Mistake(
            "hessian_forgotten",
            _solved(_penalized, lambda h, star, alpha: star),
            "θ* is divided by H + αI, and no H stands before it. The gradient H(θ - θ*) + αθ is 0 where (H + αI)θ = "
            "Hθ*.",
            0.25,
        ),
        Mistake(
            "what_is_lost",
            _solved(_penalized, lambda h, star, alpha: alpha * star),
            "This is what the penalty takes away, θ* - θ. With α it grows; the optimum shrinks.",
            0.25,
        ),
        Mistake(
            "diagonal_only",
            _entries(lambda h, star, alpha: h.diagonal() / (h.diagonal() + alpha) * star),
            "Only the diagonal of H counts. The shares λ/(λ + α) hold along its eigenvectors, and these are turned "
            "against the axes.",
            0.25,
            forms=[
                _solved(lambda h, eye, alpha: torch.diag(h.diagonal() + alpha), _pull),
                _entries(lambda h, star, alpha: star / (1 + alpha / h.diagonal())),
            ],
        ),
        Mistake(
            "alpha_doubled_or_halved",
            _solved(lambda h, eye, alpha: h + 2 * alpha * eye, _pull),
            "α counts twice or half. The penalty is ½α‖θ‖², so that its gradient is αθ.",
            0.5,
            forms=[_solved(lambda h, eye, alpha: h + alpha / 2 * eye, _pull)],
        ),
        Mistake(
            "all_directions_alike",
            _entries(lambda h, star, alpha: star / (1 + alpha)),
            "All of θ* shrinks by one factor. A steep direction resists the penalty more than a flat one: each keeps "
            "λ/(λ + α).",
            0.25,
            forms=[
                _entries(lambda h, star, alpha: (1 - alpha) * star),
                _entries(lambda h, star, alpha: h.diagonal().mean() / (h.diagonal().mean() + alpha) * star),
                _entries(lambda h, star, alpha: h.norm() / (h.norm() + alpha) * star),
                _entries(lambda h, star, alpha: (top := torch.linalg.eigvalsh(h)[-1]) / (top + alpha) * star),
            ],
        ),
        Mistake(
            "alpha_subtracted",
            _solved(lambda h, eye, alpha: h - alpha * eye, _pull),
            "α is subtracted from H, so θ grows. The penalty adds its own curvature α in every direction.",
            0.25,
            forms=[_shares(lambda curve, alpha: (curve - alpha) / curve.clamp(min=0.1))],
        ),
        Mistake(
            "alpha_in_every_entry",
            _solved(lambda h, eye, alpha: h + alpha, _pull),
            "α is added to every entry of H. The penalty's Hessian is αI: α on the diagonal alone.",
            0.25,
        ),
        Mistake(
            "penalty_forgotten",
            _entries(lambda h, star, alpha: star.clone()),
            "This is θ*, the optimum without a penalty. Where α is not 0, the sum of loss and penalty has its minimum "
            "elsewhere.",
        ),
        Mistake(
            "identity_forgotten",
            _shares(lambda curve, alpha: curve / (curve + 1)),
            "α has no part in the result: it stands before the I.",
            0.25,
            forms=[_solved(lambda h, eye, alpha: h + eye, _pull)],
        ),
        Mistake(
            "alpha_squared",
            _solved(lambda h, eye, alpha: h + alpha**2 * eye, _pull),
            "α enters as its square, or its root. The gradient of ½α‖θ‖² is αθ.",
            0.5,
            forms=[_solved(lambda h, eye, alpha: h + alpha**0.5 * eye, _pull)],
        ),
        Mistake(
            "not_inverted",
            _product,
            "θ* is multiplied by H + αI. The equation (H + αI)θ = Hθ* has to be solved for θ.",
            0.25,
            forms=[_solved(lambda h, eye, alpha: eye, lambda h, star, alpha: h @ star + alpha * star)],
        ),
        Mistake(
            "divided_entry_by_entry",
            _elementwise,
            "Matrices are divided entry by entry. (H + αI)⁻¹ is the inverse of a matrix: torch.linalg.solve.",
            forms=[_one_over_entries],
        ),
        Mistake(
            "alpha_times_the_number",
            _solved(lambda h, eye, alpha: h + alpha * len(h) * eye, _pull),
            "α is multiplied or divided by the number of parameters. The penalty is ½α times the sum of their squares, "
            "not their mean.",
            0.5,
            forms=[_solved(lambda h, eye, alpha: h + alpha / len(h) * eye, _pull)],
        ),
        Mistake(
            "l1_in_its_place",
            _entries(lambda h, star, alpha: star.sign() * (star.abs() - alpha).clamp(min=0)),
            "Each entry is pulled to 0 by a constant, as L1 does. The pull of L2 is αθ, weaker the nearer θ is to 0.",
            forms=[_entries(lambda h, star, alpha: star.sign() * (star.abs() - alpha / h.diagonal()).clamp(min=0))],
        ),
        Mistake(
            "shares_squared",
            _shares(lambda curve, alpha: (curve / (curve + alpha)) ** 2),
            "The shares λ/(λ + α) are applied twice, or are squared or rooted.",
            0.25,
            forms=[
                _shares(lambda curve, alpha: curve**2 / (curve**2 + alpha**2)),
                _shares(lambda curve, alpha: (curve.clamp(min=0) / (curve.clamp(min=0) + alpha)).sqrt()),
            ],
        ),
        Mistake(
            "in_the_basis_of_eigenvectors",
            lambda hessian, theta_star, *, alpha: (
                (eig := torch.linalg.eigh(hessian))[0] / (eig[0] + alpha) * (eig[1].T @ theta_star)
            ),
            "The shares are applied, and the result is left in, or taken from, the wrong basis: into the eigenvectors "
            "by Qᵀ, shrink, and back by Q.",
            0.25,
            forms=[
                _entries(lambda h, star, alpha: torch.linalg.eigvalsh(h) / (torch.linalg.eigvalsh(h) + alpha) * star),
                _wrong_way_round,
            ],
        ),
        Mistake(
            "complex_eigenvectors",
            _complex,
            "The numbers are complex: torch.linalg.eig is for any square matrix. A Hessian is symmetric, and "
            "torch.linalg.eigh gives its eigenvalues and eigenvectors as real numbers.",
        ),
        Mistake(
            "alpha_at_the_hessian",
            _solved(lambda h, eye, alpha: alpha * h + eye, _pull),
            "α stands before the wrong matrix, H or both. The penalty's Hessian is αI and that of the loss H: their "
            "sum is H + αI.",
            0.25,
            forms=[
                _solved(lambda h, eye, alpha: alpha * h + eye, lambda h, star, alpha: star),
                _solved(lambda h, eye, alpha: alpha * (h + eye), _pull),
                _solved(lambda h, eye, alpha: eye + alpha * h, lambda h, star, alpha: alpha * h @ star),
            ],
        ),
        Mistake(
            "hessian_squared",
            _shares(lambda curve, alpha: curve**2 / (curve**2 + alpha)),
            "H enters as its square, as if it were the matrix X of examples. H is XᵀX already, or what stands for it: "
            "(H + αI)θ = Hθ*.",
            0.25,
            forms=[
                _shares(lambda curve, alpha: curve / (curve**2 + alpha)),
                _shares(lambda curve, alpha: curve**2 / (curve + alpha)),
            ],
        ),
        Mistake(
            "one_step_of_descent",
            _entries(lambda h, star, alpha: star - alpha * h @ star),
            "This is a step from θ* and not the minimum, as is H with a small α alone. Set the gradient to 0 and solve "
            "for θ.",
            0.25,
            forms=[_entries(lambda h, star, alpha: h @ star - alpha * star)],
        ),
        Mistake(
            "penalty_on_the_right",
            _solved(_penalized, lambda h, star, alpha: h @ star - alpha * star),
            "α stands on both sides of the equation, or is missing in what is taken from θ*. On the right is Hθ* "
            "alone, and what is lost is α(H + αI)⁻¹θ*.",
            0.25,
            forms=[
                _entries(lambda h, star, alpha: star - torch.linalg.solve(h + alpha * torch.eye(len(h)).to(h), star)),
            ],
        ),
    ],
    equivalent={
        "Differs on a GPU only, where torch refuses to add tensors of two devices.": [
            "identity = torch.eye(len(hessian), dtype=hessian.dtype)",
        ],
        reasons.SAME_DEVICE: ["identity = torch.eye(len(hessian), dtype=hessian.dtype, device=theta_star.device)"],
        "Both have one length and one type.": [
            "identity = torch.eye(len(theta_star), dtype=hessian.dtype, device=hessian.device)",
            "identity = torch.eye(len(hessian), dtype=theta_star.dtype, device=hessian.device)",
        ],
        "A Hessian is symmetric.": [
            "return torch.linalg.solve(hessian + alpha * identity, theta_star @ hessian)",
        ],
    },
)
