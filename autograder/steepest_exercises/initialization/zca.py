"""`zca`: ε stands inside the root, and the covariance divides by n; n − 1 is accepted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.initialization import reference


def _mixed(rng: np.random.Generator, n: int, d: int, *, dtype: torch.dtype = torch.float64) -> Tensor:
    """Correlated columns, whose mixing matrix has singular values between ½ and 2."""
    left, right = (np.linalg.qr(rng.standard_normal((d, d)))[0] for _ in range(2))
    mixing = left @ np.diag(np.linspace(0.5, 2, d)) @ right
    return torch.from_numpy(rng.uniform(1, 3, d) + rng.standard_normal((n, d)) @ mixing).to(dtype)


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, x: Tensor, eps: float, slack: float = 10.0) -> Case:
        return Case(name, {"args": [x], "kwargs": {"eps": eps}, "outputs": ["the whitened table"]}, slack=slack)

    return [
        case("two correlated columns", _mixed(rng, 8, 2), 1e-6),
        case("five columns", _mixed(rng, 40, 5), 1e-5),
        case("a large ε", _mixed(rng, 12, 3), 0.5),
        case("fewer rows than columns", _mixed(rng, 4, 6), 0.1),
        case("a non-contiguous table", _mixed(rng, 9, 4).T.contiguous().T, 0.05),
        case("float32", _mixed(rng, 60, 3, dtype=torch.float32), 1e-3, slack=40),
    ]


def _covariance(x: Tensor) -> tuple[Tensor, Tensor]:
    centered = x - x.mean(dim=0)
    return centered, centered.T @ centered / len(x)


def _power(matrix: Tensor, eps: float, power: float) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    white: Tensor = vectors @ torch.diag((values.clamp(min=0) + eps) ** power) @ vectors.T
    return white


def _by_data_svd(x: Tensor, *, eps: float) -> Tensor:
    centered = x - x.mean(dim=0)
    _, sizes, rows = torch.linalg.svd(centered, full_matrices=False)
    white: Tensor = centered @ rows.T @ torch.diag((sizes**2 / len(x) + eps).rsqrt()) @ rows
    return white


def _shifted_matrix(x: Tensor, *, eps: float) -> Tensor:
    centered, covariance = _covariance(x)
    shifted = covariance + eps * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    left, sizes, right = torch.linalg.svd(shifted)
    white: Tensor = centered @ left @ torch.diag(sizes**-0.5) @ right
    return white


def _by_cov(x: Tensor, *, eps: float) -> Tensor:
    covariance = torch.cov(x.T, correction=0)
    return (x - x.mean(0)) @ _power(covariance, eps, -0.5)


def _unbiased(x: Tensor, *, eps: float) -> Tensor:
    return (x - x.mean(0)) @ _power(torch.cov(x.T), eps, -0.5)


def _outside(x: Tensor, *, eps: float) -> Tensor:
    centered, covariance = _covariance(x)
    values, vectors = torch.linalg.eigh(covariance)
    white: Tensor = centered @ vectors @ torch.diag(1 / (values.clamp(min=0).sqrt() + eps)) @ vectors.T
    return white


def _to_the(power: float) -> Callable[..., Tensor]:
    def whiten(x: Tensor, *, eps: float) -> Tensor:
        centered, covariance = _covariance(x)
        return centered @ _power(covariance, eps, power)

    return whiten


def _not_turned_back(x: Tensor, *, eps: float) -> Tensor:
    centered, covariance = _covariance(x)
    values, vectors = torch.linalg.eigh(covariance)
    white: Tensor = centered @ vectors / (values.clamp(min=0) + eps).sqrt()
    return white


def _not_centred(x: Tensor, *, eps: float) -> Tensor:
    return x @ _power(_covariance(x)[1], eps, -0.5)


def _not_centred_at_all(x: Tensor, *, eps: float) -> Tensor:
    return x @ _power(x.T @ x / len(x), eps, -0.5)


def _sum_for_mean(x: Tensor, *, eps: float) -> Tensor:
    centered, covariance = _covariance(x)
    return centered @ _power(covariance * len(x), eps, -0.5)


def _no_eps(x: Tensor, *, eps: float) -> Tensor:
    centered, covariance = _covariance(x)
    values, vectors = torch.linalg.eigh(covariance)
    white: Tensor = centered @ (vectors / values.clamp(min=1e-30).sqrt()) @ vectors.T
    return white


def _decorrelated_only(x: Tensor, *, eps: float) -> Tensor:
    centered, covariance = _covariance(x)
    white: Tensor = centered @ torch.linalg.eigh(covariance)[1]
    return white


def _cholesky(x: Tensor, *, eps: float) -> Tensor:
    centered, covariance = _covariance(x)
    shifted = covariance + eps * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    white: Tensor = torch.linalg.solve_triangular(torch.linalg.cholesky(shifted), centered.T, upper=False).T
    return white


def _variances_only(x: Tensor, *, eps: float) -> Tensor:
    centered, covariance = _covariance(x)
    return centered / (covariance.diagonal() + eps).sqrt()


def _correlation(x: Tensor, *, eps: float) -> Tensor:
    scaled = reference.z_score(x, eps=eps)
    return scaled @ _power(scaled.T @ scaled / len(x), eps, -0.5)


def _along_rows(x: Tensor, *, eps: float) -> Tensor:
    return reference.zca(x.T, eps=eps).T


ZCA = Exercise(
    id="zca",
    reference=reference.zca,
    cases=_cases,
    points=3,
    accepted=[
        Accepted("by_singular_values_of_the_data", _by_data_svd),
        Accepted("eps_on_the_diagonal", _shifted_matrix),
        Accepted("by_torch_cov", _by_cov),
        Accepted("covariance_over_n_minus_1", _unbiased, "the covariance divides by n − 1; here it is taught with n."),
        Accepted("eps_outside_the_root", _outside, "ε is added to the root of the eigenvalue, not to the eigenvalue."),
    ],
    mistakes=[
        Mistake(
            "not_turned_back",
            _not_turned_back,
            "This is PCA whitening: the axes are still the principal ones. ZCA turns back, with Uᵀ at the end.",
            credit=0.5,
        ),
        Mistake(
            "not_centred",
            _not_centred,
            "The covariance is that of centred data, but the data that it is applied to are not. Subtract the means.",
            credit=0.5,
        ),
        Mistake(
            "covariance_not_centred",
            _not_centred_at_all,
            "The means are never subtracted, so the matrix of second moments stands where the covariance belongs.",
            credit=0.25,
        ),
        Mistake(
            "root_missing",
            _to_the(-1.0),
            "The data are divided by the variances, not by the deviations: the exponent is −½.",
            credit=0.25,
        ),
        Mistake(
            "root_for_its_inverse",
            _to_the(0.5),
            "This stretches what is long and shrinks what is short. Divide by the deviations: the exponent is −½.",
            credit=0.25,
        ),
        Mistake(
            "sum_for_mean",
            _sum_for_mean,
            "XᵀX is a sum over the rows. Divide it by n, or the result shrinks by √n.",
            credit=0.5,
        ),
        Mistake(
            "eps_missing",
            _no_eps,
            "A direction without variance is divided by zero. Add ε to the eigenvalues, under the root.",
            credit=0.5,
        ),
        Mistake(
            "only_turned",
            _decorrelated_only,
            "The columns are uncorrelated, but their variances are still the eigenvalues: divide by the roots.",
            credit=0.25,
        ),
        Mistake(
            "only_scaled",
            _variances_only,
            "Each column has variance 1, but they are as correlated as before. Use the eigenvectors.",
            credit=0.25,
        ),
        Mistake(
            "cholesky_factor",
            _cholesky,
            "The covariance is the identity, but the axes depend on the order of the columns. ZCA's matrix is "
            "symmetric: U(Λ + ε)^(−½)Uᵀ.",
            credit=0.5,
        ),
        Mistake(
            "correlation_for_covariance",
            _correlation,
            "The columns are scaled first, which whitens the correlation matrix. ZCA starts from the covariance.",
            credit=0.5,
        ),
        Mistake(
            "along_rows",
            _along_rows,
            "Examples are decorrelated instead of features. Rows are examples: the covariance is d × d.",
        ),
    ],
)
