"""Exercise `fit_readout` of `13_representations`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.inputs import normal
from steepest_exercises.representations import reference

Fit = Callable[..., Tensor]
FREE_INTERCEPT = (
    "The intercept is left without a penalty, as statistics has it. Sound as well; here all weights have one."
)


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str,
        n: int,
        k: int,
        ridge: float,
        *classes: int,
        corner: float = 0.0,
        dtype: torch.dtype = torch.float64,
        slack: float = 20.0,  # who leaves the ridge in float32 loses nothing by it
    ) -> Case:
        features = torch.cat([torch.ones(n, 1).double(), normal(rng, n, k)], dim=1)
        args = [features.to(dtype), (normal(rng, n, *classes) + 1.5).to(dtype)]
        inputs = {"args": args, "kwargs": {"ridge": ridge}, "outputs": ["the weights"]}
        return Case(name, inputs, slack=slack, corner=corner)

    drawn = rng.uniform
    return [
        case("more rows than features", 12, 3, drawn(0.4, 0.8)),
        case("a weak ridge", 14, 3, drawn(0.02, 0.05)),
        case("a strong ridge", 10, 3, drawn(8, 15)),
        case("several targets", 12, 3, drawn(0.5, 1.5), 4),
        case("one target in a column", 9, 2, drawn(0.5, 1.5), 1),
        case("as many features as rows", 4, 3, drawn(0.5, 1.5)),
        case("float32", 12, 3, drawn(0.5, 1.5), dtype=torch.float32, slack=4),
        case("no ridge, ridge = 0", 14, 2, 0.0, corner=0.1),
    ]  # fmt: skip


def identity(features: Tensor) -> Tensor:
    """Of as many rows as there are features."""
    return torch.eye(features.shape[1], dtype=features.dtype, device=features.device)


def _solved(rule: Callable[[Tensor, Tensor, Tensor, float], tuple[Tensor, Tensor]]) -> Fit:
    """The solution of the equations `rule(Φ, I, y, ridge)`, a matrix and a right-hand side."""

    def fit_readout(features: Tensor, targets: Tensor, *, ridge: float) -> Tensor:
        left, right = rule(features, identity(features), targets, ridge)
        weights: Tensor = torch.linalg.pinv(left) @ right
        return weights

    return fit_readout


def _by_rows(f: Tensor, y: Tensor, *, ridge: float) -> Tensor:
    """Φᵀ(ΦΦᵀ + ridge·I)⁻¹y with one equation a row, or the normal equations where there is no ridge."""
    eye = torch.eye(len(f), dtype=f.dtype, device=f.device)
    by_columns, by_rows = (f.T @ f, f.T @ y), (f @ f.T + ridge * eye, y)
    found: Tensor = torch.linalg.solve(*by_columns) if ridge == 0 else f.T @ torch.linalg.solve(*by_rows)
    return found


def _more_rows(features: Tensor, targets: Tensor, *, ridge: float) -> Tensor:
    """Least squares with √ridge·I as more rows of features, and zeros as their targets."""
    rows = torch.cat([features, ridge**0.5 * identity(features)])
    zeros = targets.new_zeros(features.shape[1], *targets.shape[1:])
    both = torch.cat([targets, zeros]).reshape(len(rows), -1)
    weights: Tensor = torch.linalg.lstsq(rows, both).solution
    return weights.reshape(features.shape[1], *targets.shape[1:])


def _in_scikit_learn(features: Tensor, targets: Tensor, *, ridge: float) -> Tensor:
    from sklearn.linear_model import Ridge

    model = Ridge(alpha=ridge, fit_intercept=False, solver="cholesky" if ridge else "svd")
    model.fit(features.cpu().numpy(), targets.cpu().numpy())
    weights = torch.as_tensor(model.coef_, dtype=features.dtype, device=features.device)
    return weights.reshape(-1, features.shape[1]).T.reshape(features.shape[1], *targets.shape[1:])


def _free_intercept(
    left: Callable[[Tensor, Tensor, float], Tensor],
) -> Callable[[Tensor, Tensor, Tensor, float], tuple[Tensor, Tensor]]:
    """Equations whose matrix is `left(Φ, an identity without its first entry, ridge)`."""

    def rule(f: Tensor, eye: Tensor, y: Tensor, ridge: float) -> tuple[Tensor, Tensor]:
        free = eye.clone()
        free[0, 0] = 0
        return left(f, free, ridge), f.T @ y

    return rule


def _without_intercept(features: Tensor, targets: Tensor, *, ridge: float) -> Tensor:
    """The bumps alone, and 0 as the intercept."""
    weights = reference.fit_readout(features[:, 1:], targets, ridge=ridge)
    return torch.cat([torch.zeros_like(weights[:1]), weights])


def _mean_for_intercept(features: Tensor, targets: Tensor, *, ridge: float) -> Tensor:
    """The bumps alone, for what is left of the targets when their mean, the intercept, is taken off."""
    mean = targets.mean(dim=0, keepdim=True)
    weights = reference.fit_readout(features[:, 1:], targets - mean, ridge=ridge)
    return torch.cat([mean, weights])


def _but_the_last(eye: Tensor) -> Tensor:
    """An identity without its last entry."""
    return torch.diag(eye.diagonal().index_fill(0, torch.tensor([len(eye) - 1], device=eye.device), 0.0))


def _the_first(eye: Tensor) -> Tensor:
    """An identity with nothing but its first entry."""
    return eye * eye[0]


def _for_each_row(features: Tensor, targets: Tensor, *, ridge: float) -> Tensor:
    """ΦΦᵀ in the place of ΦᵀΦ, with the targets beside it."""
    eye = torch.eye(len(features), dtype=features.dtype, device=features.device)
    weights: Tensor = torch.linalg.pinv(features @ features.T + ridge * eye) @ targets
    return weights


FIT_READOUT = Exercise(
    id="fit_readout",
    reference=reference.fit_readout,
    cases=_cases,
    points=1,
    accepted=[
        Accepted("normal_equations", _solved(lambda f, eye, y, r: (f.T @ f + r * eye, f.T @ y))),
        Accepted("one_equation_a_row", _by_rows),
        Accepted("ridge_as_more_rows", _more_rows),
        Accepted(
            "inverse",
            lambda features, targets, *, ridge: (
                torch.linalg.inv(features.T @ features + ridge * identity(features)) @ features.T @ targets
            ),
        ),
        Accepted("in_scikit_learn", _in_scikit_learn, library=True),
        Accepted(
            "free_intercept",
            _solved(_free_intercept(lambda f, free, r: f.T @ f + r * free)),
            FREE_INTERCEPT,
        ),
    ],
    mistakes=[
        Mistake(
            "mean_for_the_intercept",
            _mean_for_intercept,
            "The mean of the targets is taken for the intercept, and the other weights are fitted to the rest. That is "
            "right for features whose mean is 0; the column of ones is a feature like the others: fit all at once.",
            0.25,
        ),
        Mistake(
            "no_ridge",
            _solved(lambda f, eye, y, r: (f.T @ f, f.T @ y)),
            "`ridge` has no part in the result. It is added on the diagonal of ΦᵀΦ.",
            0.25,
            forms=[lambda features, targets, *, ridge: torch.linalg.pinv(features) @ targets],
        ),
        Mistake(
            "ridge_subtracted",
            _solved(lambda f, eye, y, r: (f.T @ f - r * eye, f.T @ y)),
            "`ridge` is subtracted, and the weights grow. A penalty makes them smaller: which sign has its gradient?",
            0.25,
            forms=[_solved(_free_intercept(lambda f, free, r: f.T @ f - r * free))],
        ),
        Mistake(
            "ridge_scaled",
            _solved(lambda f, eye, y, r: (f.T @ f + len(f) * r * eye, f.T @ y)),
            "`ridge` is multiplied or divided by the number of rows. The squares are added here, not averaged, and "
            "the ridge stands beside their sum.",
            0.5,
            forms=[_solved(lambda f, eye, y, r: (f.T @ f / len(f) + r * eye, f.T @ y / len(f))),
                   _solved(lambda f, eye, y, r: (f.T @ f + r / len(f) * eye, f.T @ y)),
                   _solved(_free_intercept(lambda f, free, r: f.T @ f + len(f) * r * free))],
        ),
        Mistake(
            "only_the_left_divided",
            _solved(lambda f, eye, y, r: (f.T @ f / len(f) + r * eye, f.T @ y)),
            "One side of the equations is divided by the number of rows, and the other is not.",
            0.25,
            forms=[_solved(lambda f, eye, y, r: (f.T @ f + r * eye, f.T @ y / len(f)))],
        ),
        Mistake(
            "ridge_squared",
            _solved(lambda f, eye, y, r: (f.T @ f + r**2 * eye, f.T @ y)),
            "`ridge` is squared, halved or doubled, or its root is taken. It stands on the diagonal as it is.",
            0.5,
            forms=[_solved(lambda f, eye, y, r: (f.T @ f + r**0.5 * eye, f.T @ y)),
                   _solved(lambda f, eye, y, r: (f.T @ f + 2 * r * eye, f.T @ y)),
                   _solved(lambda f, eye, y, r: (f.T @ f + r / 2 * eye, f.T @ y))],
        ),
        Mistake(
            "ridge_everywhere",
            _solved(lambda f, eye, y, r: (f.T @ f + r, f.T @ y)),
            "`ridge` is added to every entry of the matrix. It belongs on the diagonal alone: ridge·I.",
            0.5,
        ),
        Mistake(
            "ridge_on_both_sides",
            _solved(lambda f, eye, y, r: (f.T @ f + r * eye, f.T @ y + r)),
            "`ridge` is added to the right-hand side too. It stands on the left alone.",
            0.25,
        ),
        Mistake(
            "another_weight_free",
            _solved(lambda f, eye, y, r: (f.T @ f + r * _but_the_last(eye), f.T @ y)),
            "The ridge does not hold all weights: another one than the intercept is free, or the intercept alone is "
            "held. The whole diagonal has it, or all of it but the first entry.",
            0.5,
            forms=[_solved(lambda f, eye, y, r: (f.T @ f + r * _the_first(eye), f.T @ y))],
        ),
        Mistake(
            "ridge_as_tolerance",
            lambda features, targets, *, ridge: torch.linalg.pinv(features, rtol=float(ridge)) @ targets,
            "`ridge` serves as a tolerance, below which singular values are cut off. A ridge is added on the diagonal "
            "of ΦᵀΦ.",
            0.25,
            forms=[lambda features, targets, *, ridge: torch.linalg.pinv(features, atol=float(ridge)) @ targets],
        ),
        Mistake(
            "shrunk_alike",
            lambda features, targets, *, ridge: torch.linalg.pinv(features) @ targets / (1 + ridge),
            "The weights of plain least squares are all shrunk by one factor. A ridge shrinks some directions more "
            "than others: it stands within the equations.",
            0.25,
        ),
        Mistake(
            "one_number_a_row",
            _for_each_row,
            "ΦΦᵀ has a row for each example, and so has what is solved for. A weight belongs to a feature: ΦᵀΦ.",
            0.25,
            forms=[lambda features, targets, *, ridge: _for_each_row(
                features, targets.reshape(len(targets), -1), ridge=ridge)],
        ),
        Mistake(
            "vectors_alone",
            _solved(lambda f, eye, y, r: (f.T @ f + r * eye, torch.mv(f.T, y))),
            "It is right for a vector of targets, and fails for a table. `A @ b` and `torch.linalg.solve(A, b)` take "
            "both.",
            0.75,
        ),
        Mistake(
            "tables_alone",
            lambda features, targets, *, ridge: reference.fit_readout(features, targets[:, :], ridge=ridge),
            "It is right for a table of targets, and fails for a vector. `A @ b` and `torch.linalg.solve(A, b)` take "
            "both.",
            0.75,
        ),
        Mistake(
            "gradient",
            lambda features, targets, *, ridge: features.T @ targets,
            "This is Φᵀy, the right-hand side of the equations, or the gradient at 0. The matrix on the left is still "
            "to be solved for.",
            0.25,
            forms=[lambda features, targets, *, ridge: -2 * features.T @ targets / len(features),
                   lambda features, targets, *, ridge: features.T @ targets / len(features)],
        ),
        Mistake(
            "multiplied_by_the_matrix",
            lambda features, targets, *, ridge: (features.T @ features + ridge * identity(features)) @ (
                features.T @ targets),
            "The right-hand side is multiplied by the matrix. It has to be solved: multiply by the inverse, or call "
            "`torch.linalg.solve`.",
            0.25,
        ),
        Mistake(
            "entry_by_entry",
            lambda features, targets, *, ridge: (features.T @ targets) / (
                features.square().sum(dim=0) + ridge).reshape(-1, *[1] * (targets.ndim - 1)),
            "Each weight is fitted as if it were alone. The features overlap: all equations are solved together.",
            0.25,
        ),
        Mistake(
            "drops_intercept",
            lambda features, targets, *, ridge: reference.fit_readout(features[:, 1:], targets, ridge=ridge),
            "The column of ones is left out, and with it the intercept.",
            0.25,
            forms=[_without_intercept],
        ),
        Mistake(
            "another_intercept",
            lambda features, targets, *, ridge: reference.fit_readout(
                torch.cat([torch.ones_like(features[:, :1]), features], dim=1), targets, ridge=ridge),
            "Another column of ones is put in front. The features have one already.",
            0.5,
            forms=[lambda features, targets, *, ridge: reference.fit_readout(
                torch.cat([torch.ones_like(features[:, :1]), features], dim=1), targets, ridge=ridge)[1:]],
        ),
        Mistake(
            "targets_centred",
            lambda features, targets, *, ridge: reference.fit_readout(
                features, targets - targets.mean(dim=0), ridge=ridge),
            "The mean of the targets is taken away first and not given back. The intercept is one of the weights.",
            0.25,
        ),
        Mistake(
            "predictions",
            lambda features, targets, *, ridge: features @ reference.fit_readout(features, targets, ridge=ridge),
            "These are the fitted values Φw. The weights w are asked for.",
            0.5,
            forms=[lambda features, targets, *, ridge: features @ reference.fit_readout(
                features, targets, ridge=ridge) - targets],
        ),
        Mistake(
            "all_targets_averaged",
            lambda features, targets, *, ridge: reference.fit_readout(
                features, targets.reshape(len(targets), -1).mean(dim=1), ridge=ridge).reshape(
                    -1, *[1] * (targets.ndim - 1)).expand(-1, *targets.shape[1:]).clone(),
            "All columns of the targets get the same weights. Each column has weights of its own.",
            0.25,
        ),
    ],
    equivalent={
        reasons.SAME_DEVICE: [
            "identity = torch.eye(features.shape[1], dtype=features.dtype)",
            "identity = torch.eye(features.shape[1], dtype=features.dtype, device=targets.device)",
        ],
        "Features and targets have one type.": [
            "identity = torch.eye(features.shape[1], dtype=targets.dtype, device=features.device)",
        ],
        "The ridge is rounded to seven digits, which is let pass.": [
            "identity = torch.eye(features.shape[1], device=features.device)",
        ],
    },
)  # fmt: skip
