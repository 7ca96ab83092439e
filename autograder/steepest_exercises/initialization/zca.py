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


def _whiten(
    *,
    middle: Callable[[Tensor, float], Tensor] = lambda values, eps: (values + eps) ** -0.5,
    build: Callable[[Tensor, Tensor], Tensor] = lambda vectors, middle: vectors @ middle @ vectors.T,
    centre: Callable[[Tensor], Tensor] = lambda x: x - x.mean(dim=0),
    apply: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda x, centred, matrix: centred @ matrix,
    covariance: Callable[[Tensor], Tensor] = lambda centred: centred.T @ centred / len(centred),
) -> Callable[..., Tensor]:
    """Whitening with one thing changed: the diagonal, the matrix, the centre, what it is applied to, the covariance."""

    def whiten(x: Tensor, *, eps: float) -> Tensor:
        centred = centre(x)
        values, vectors = torch.linalg.eigh(covariance(centred))
        return apply(x, centred, build(vectors, torch.diag(middle(values.clamp(min=0), eps))))

    return whiten


def _over_n_minus_1(centred: Tensor) -> Tensor:
    return centred.T @ centred / (len(centred) - 1)


def _own_number(own: float) -> Callable[[Tensor, float], Tensor]:
    return lambda values, eps: (values + own) ** -0.5


def _identity(x: Tensor, size: float) -> Tensor:
    return size * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)


def _cholesky(x: Tensor, *, eps: float) -> Tensor:
    centered, covariance = _covariance(x)
    factor = torch.linalg.cholesky(covariance + _identity(x, eps))
    white: Tensor = torch.linalg.solve_triangular(factor, centered.T, upper=False).T
    return white


def _inverse_cholesky(x: Tensor, *, eps: float) -> Tensor:
    centered, covariance = _covariance(x)
    white: Tensor = centered @ torch.linalg.cholesky(torch.linalg.inv(covariance + _identity(x, eps)))
    return white


def _upper_cholesky(x: Tensor, *, eps: float) -> Tensor:
    centered, covariance = _covariance(x)
    factor = torch.linalg.cholesky(covariance + _identity(x, eps))
    white: Tensor = centered @ torch.linalg.inv(factor)
    return white


def _variances_only(x: Tensor, *, eps: float) -> Tensor:
    centered, covariance = _covariance(x)
    return centered / (covariance.diagonal() + eps).sqrt()


def _correlation(x: Tensor, *, eps: float) -> Tensor:
    scaled = reference.z_score(x, eps=eps)
    return scaled @ _power(scaled.T @ scaled / len(x), eps, -0.5)


def _correlation_without_eps(x: Tensor, *, eps: float) -> Tensor:
    scaled = reference.z_score(x, eps=0.0)
    return scaled @ _power(scaled.T @ scaled / len(x), eps, -0.5)


def _unbiased_correlation(x: Tensor, *, eps: float) -> Tensor:
    scaled = (x - x.mean(0)) / (x.std(0) + eps)
    return scaled @ _power(scaled.T @ scaled / len(x), eps, -0.5)


def _along_rows(x: Tensor, *, eps: float) -> Tensor:
    white: Tensor = reference.zca(x.T, eps=eps).T
    return white


def _rows_for_columns(x: Tensor, *, eps: float) -> Tensor:
    """The rows of Vᵀ, as torch.linalg.svd gives it, taken for columns."""
    centered, covariance = _covariance(x)
    _, sizes, rows = torch.linalg.svd(covariance)
    white: Tensor = centered @ rows @ torch.diag((sizes + eps) ** -0.5) @ rows.T
    return white


def _singular_values(middle: Callable[[Tensor, int, float], Tensor]) -> Callable[..., Tensor]:
    def whiten(x: Tensor, *, eps: float) -> Tensor:
        centered = x - x.mean(dim=0)
        _, sizes, rows = torch.linalg.svd(centered, full_matrices=False)
        white: Tensor = centered @ rows.T @ torch.diag(middle(sizes, len(x), eps)) @ rows
        return white

    return whiten


def _eps_everywhere(correction: int) -> Callable[..., Tensor]:
    def whiten(x: Tensor, *, eps: float) -> Tensor:
        return (x - x.mean(0)) @ _power(torch.cov(x.T, correction=correction) + eps, 0.0, -0.5)

    return whiten


def _entry_by_entry(root: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    def whiten(x: Tensor, *, eps: float) -> Tensor:
        centered, covariance = _covariance(x)
        return centered @ root(covariance, _identity(x, eps))

    return whiten


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
        Accepted("the_formula_as_printed", _whiten()),
    ],
    mistakes=[
        Mistake(
            "eps_outside_the_root",
            _whiten(middle=lambda values, eps: 1 / (values.sqrt() + eps)),
            "ε is added to the root of the eigenvalue. It belongs under the root: (Λ + ε)^(−½).",
            credit=0.75,
            forms=[_whiten(covariance=_over_n_minus_1, middle=lambda values, eps: 1 / (values.sqrt() + eps))],
        ),
        Mistake(
            "not_turned_back",
            _whiten(build=lambda vectors, middle: vectors @ middle),
            "This is PCA whitening: the axes are still the principal ones. ZCA turns back, with Uᵀ at the end.",
            credit=0.5,
            forms=[_whiten(covariance=_over_n_minus_1, build=lambda vectors, middle: vectors @ middle)],
        ),
        Mistake(
            "vectors_transposed",
            _whiten(build=lambda vectors, middle: vectors.T @ middle @ vectors),
            "U and Uᵀ have changed places. The eigenvectors are the columns of U: eigh gives them so, while the"
            " last matrix of torch.linalg.svd has them as rows.",
            credit=0.5,
            forms=[
                _whiten(covariance=_over_n_minus_1, build=lambda vectors, middle: vectors.T @ middle @ vectors),
                _rows_for_columns,
            ],
        ),
        Mistake(
            "last_factor_not_transposed",
            _whiten(build=lambda vectors, middle: vectors @ middle @ vectors),
            "U stands at the end where Uᵀ belongs. Turning back needs the transposed matrix.",
            credit=0.5,
            forms=[_whiten(covariance=_over_n_minus_1, build=lambda vectors, middle: vectors @ middle @ vectors)],
        ),
        Mistake(
            "not_turned_first",
            _whiten(build=lambda vectors, middle: middle @ vectors.T),
            "The columns are scaled before they are turned to the principal axes: U is missing in front.",
            credit=0.25,
            forms=[_whiten(covariance=_over_n_minus_1, build=lambda vectors, middle: middle @ vectors.T)],
        ),
        Mistake(
            "values_in_another_order",
            _whiten(middle=lambda values, eps: (values.flip(0) + eps) ** -0.5),
            "The axes are scaled by one another's variances: eigenvalues and eigenvectors come in different"
            " orders. torch gives both in the same order: keep it.",
            credit=0.5,
            forms=[_whiten(covariance=_over_n_minus_1, middle=lambda values, eps: (values.flip(0) + eps) ** -0.5)],
        ),
        Mistake(
            "not_centred",
            _whiten(apply=lambda x, centred, matrix: x @ matrix),
            "The covariance is that of centred data, but the data that it is applied to are not. Subtract the means.",
            credit=0.5,
            forms=[_whiten(covariance=_over_n_minus_1, apply=lambda x, centred, matrix: x @ matrix)],
        ),
        Mistake(
            "covariance_not_centred",
            _whiten(centre=lambda x: x),
            "The means are never subtracted, so the matrix of second moments stands where the covariance belongs.",
            credit=0.25,
            forms=[
                _whiten(covariance=_over_n_minus_1, centre=lambda x: x),
                _whiten(covariance=_over_n_minus_1, centre=lambda x: x),
            ],
        ),
        Mistake(
            "moments_for_covariance",
            _whiten(centre=lambda x: x, apply=lambda x, centred, matrix: (x - x.mean(0)) @ matrix),
            "The data are centred, but the matrix is made of data that are not: the covariance is X_cᵀX_c/n, of centred"
            " rows on both sides.",
            credit=0.25,
            forms=[
                _whiten(
                    covariance=_over_n_minus_1,
                    centre=lambda x: x,
                    apply=lambda x, centred, matrix: (x - x.mean(0)) @ matrix,
                ),
                lambda x, *, eps: (x - x.mean(0)) @ _power(x.T @ x / (len(x) - 1), eps, -0.5),
            ],
        ),
        Mistake(
            "one_mean_for_the_table",
            _whiten(centre=lambda x: x - x.mean()),
            "One mean of the whole table is subtracted. Each column has its own: dim=0.",
            credit=0.25,
            forms=[_whiten(covariance=_over_n_minus_1, centre=lambda x: x - x.mean())],
        ),
        Mistake(
            "mean_added_back",
            _whiten(apply=lambda x, centred, matrix: centred @ matrix + x.mean(0)),
            "The whitened rows are right, but the means are added again at the end. Whitened columns have mean 0.",
            credit=0.5,
            forms=[_whiten(covariance=_over_n_minus_1, apply=lambda x, centred, matrix: centred @ matrix + x.mean(0))],
        ),
        Mistake(
            "matrix_returned",
            _whiten(apply=lambda x, centred, matrix: matrix),
            "This is the whitening matrix. Apply it: the centred rows, multiplied by it from the right, are asked for.",
            credit=0.5,
            forms=[_whiten(covariance=_over_n_minus_1, apply=lambda x, centred, matrix: matrix)],
        ),
        Mistake(
            "root_missing",
            _whiten(middle=lambda values, eps: 1 / (values + eps)),
            "The data are divided by the variances, not by the deviations: the exponent is −½.",
            credit=0.25,
            forms=[_whiten(covariance=_over_n_minus_1, middle=lambda values, eps: 1 / (values + eps))],
        ),
        Mistake(
            "root_for_its_inverse",
            _whiten(middle=lambda values, eps: (values + eps).sqrt()),
            "This stretches what is long and shrinks what is short. Divide by the deviations: the exponent is −½.",
            credit=0.25,
            forms=[_whiten(covariance=_over_n_minus_1, middle=lambda values, eps: (values + eps).sqrt())],
        ),
        Mistake(
            "multiplied_by_the_variances",
            _whiten(middle=lambda values, eps: values + eps),
            "The turned data are multiplied by the eigenvalues. Divide by their roots: the exponent is −½.",
            forms=[_whiten(covariance=_over_n_minus_1, middle=lambda values, eps: values + eps)],
        ),
        Mistake(
            "root_taken_twice",
            _whiten(middle=lambda values, eps: (values + eps) ** -0.25),
            "The exponent is −¼: the eigenvalues of the covariance are variances, and one root makes deviations"
            " of them.",
            credit=0.25,
            forms=[_whiten(covariance=_over_n_minus_1, middle=lambda values, eps: (values + eps) ** -0.25)],
        ),
        Mistake(
            "sum_for_mean",
            _whiten(covariance=lambda centred: centred.T @ centred),
            "The covariance comes out n times too large, like XᵀX, which is a sum over the rows. Divide it by n.",
            credit=0.5,
        ),
        Mistake(
            "divided_by_the_number_of_columns",
            _whiten(covariance=lambda centred: centred.T @ centred / centred.shape[1]),
            "The number of columns stands in the divisor of the covariance. XᵀX is a sum over the rows: divide by"
            " their number n, and by nothing else.",
            credit=0.5,
            forms=[_whiten(covariance=lambda centred: centred.T @ centred / centred.numel())],
        ),
        Mistake(
            "singular_values_for_eigenvalues",
            _singular_values(lambda sizes, n, eps: (sizes + eps) ** -0.5),
            "The singular values of the data stand where the eigenvalues of the covariance belong. The eigenvalues"
            " are their squares, divided by n.",
            credit=0.5,
            forms=[
                _singular_values(lambda sizes, n, eps: (sizes / n + eps) ** -0.5),
                _singular_values(lambda sizes, n, eps: 1 / (sizes + eps)),
            ],
        ),
        Mistake(
            "eps_missing",
            _whiten(middle=lambda values, eps: values.clamp(min=1e-30) ** -0.5),
            "The result does not depend on ε: a tiny constant in its place looks the same. Add ε to the"
            " eigenvalues, under the root.",
            credit=0.5,
            forms=[_whiten(covariance=_over_n_minus_1, middle=lambda values, eps: values.clamp(min=1e-30) ** -0.5)],
        ),
        Mistake(
            "another_number_for_eps",
            _whiten(middle=_own_number(1e-5)),
            "The result does not depend on the argument eps: it looks as if a number of your own stood in its"
            " place. Asked for is (Λ + eps)^(−½).",
            credit=0.5,
            forms=[
                _whiten(covariance=_over_n_minus_1, middle=_own_number(1e-5)),
                *(_whiten(middle=_own_number(own)) for own in (1e-10, 1e-8, 1e-6, 1e-3)),
            ],
        ),
        Mistake(
            "eps_as_a_floor",
            _whiten(middle=lambda values, eps: values.clamp(min=eps) ** -0.5),
            "ε is used only where an eigenvalue is smaller than it. It is added to all of them: Λ + ε.",
            credit=0.5,
            forms=[_whiten(covariance=_over_n_minus_1, middle=lambda values, eps: values.clamp(min=eps) ** -0.5)],
        ),
        Mistake(
            "eps_in_every_entry",
            _eps_everywhere(0),
            "ε is added to every entry of the covariance. It belongs on the diagonal, or on the eigenvalues.",
            credit=0.5,
            forms=[_eps_everywhere(1)],
        ),
        Mistake(
            "eps_outside_the_quotient",
            _whiten(middle=lambda values, eps: values.clamp(min=1e-30) ** -0.5 + eps),
            "ε is added to 1/√λ. It belongs below the line, under the root: (Λ + ε)^(−½).",
            credit=0.5,
            forms=[
                _whiten(covariance=_over_n_minus_1, middle=lambda values, eps: values.clamp(min=1e-30) ** -0.5 + eps)
            ],
        ),
        Mistake(
            "root_of_every_entry",
            _entry_by_entry(lambda covariance, eps: torch.linalg.inv(covariance + eps).sqrt()),
            "The root is taken entry by entry, and negative entries have none. The power −½ is that of the matrix:"
            " take it of the eigenvalues.",
            credit=0.25,
            forms=[
                _entry_by_entry(lambda covariance, eps: (covariance + eps) ** -0.5),
                _entry_by_entry(lambda covariance, eps: torch.linalg.inv((covariance + eps).sqrt())),
            ],
        ),
        Mistake(
            "only_turned",
            _whiten(build=lambda vectors, middle: vectors),
            "The columns are uncorrelated, but their variances are still the eigenvalues: divide by the roots.",
            credit=0.25,
            forms=[_whiten(covariance=_over_n_minus_1, build=lambda vectors, middle: vectors)],
        ),
        Mistake(
            "only_scaled",
            _variances_only,
            "Each column is divided by its own deviation, and they are as correlated as before. Use the eigenvectors.",
            credit=0.25,
            forms=[reference.z_score, lambda x, *, eps: (x - x.mean(0)) / (x.std(0) + eps)],
        ),
        Mistake(
            "only_centred",
            lambda x, *, eps: x - x.mean(0),
            "The columns are centred and nothing more: scale them along the principal axes.",
        ),
        Mistake(
            "cholesky_factor",
            _cholesky,
            "The columns are uncorrelated, up to ε, but in axes that depend on the order of the columns, as with a"
            " Cholesky factor. ZCA's matrix is symmetric: U(Λ + ε)^(−½)Uᵀ.",
            credit=0.5,
            forms=[_inverse_cholesky],
        ),
        Mistake(
            "cholesky_factor_on_the_wrong_side",
            _upper_cholesky,
            "The columns are still correlated: the result is that of a Cholesky factor's inverse that is not"
            " transposed. ZCA's matrix is U(Λ + ε)^(−½)Uᵀ.",
            credit=0.25,
        ),
        Mistake(
            "correlation_for_covariance",
            _correlation,
            "This whitens the correlation matrix, as when the columns are scaled first. ZCA starts from the"
            " covariance.",
            credit=0.5,
            forms=[_unbiased_correlation, _correlation_without_eps],
        ),
        Mistake(
            "along_rows",
            _along_rows,
            "Examples are decorrelated instead of features. Rows are examples: the covariance is d × d.",
        ),
    ],
)
