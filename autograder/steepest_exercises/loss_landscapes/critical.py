"""Exercise `classify_critical_point` of `03_loss_landscapes`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.loss_landscapes import reference
from steepest_exercises.loss_landscapes.spectrum import spread, turned

Classify = Callable[..., str]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, hessian: Tensor, corner: float = 0.0, **tol: float) -> Case:
        inputs = {"args": [hessian], "kwargs": dict(tol), "outputs": ["the kind of point"]}
        return Case(name, inputs, corner=corner)

    def along_axes(*values: float) -> Tensor:
        return torch.diag(torch.tensor(values, dtype=torch.float64))

    def signed(*signs: float) -> Tensor:
        return turned(rng, [sign * value for sign, value in zip(signs, spread(rng, len(signs), 0.7, 3), strict=True)])

    def aslant(n: int) -> Tensor:
        """A positive diagonal, and entries beside it that outweigh it."""
        return torch.eye(n, dtype=torch.float64) + float(rng.uniform(1.5, 2)) * (1 - torch.eye(n, dtype=torch.float64))

    single: dict[str, Any] = {"tol": 1e-4}
    return [
        case("a bowl", signed(1, 1, 1)),
        case("a cap of two dimensions", signed(-1, -1)),
        case("a cap of three dimensions", signed(-1, -1, -1)),
        case("a saddle of two dimensions", signed(1, -1)),
        case("a saddle of three dimensions that falls along one", signed(1, -1, 1)),
        case("a saddle of three dimensions that falls along two", signed(-1, 1, -1)),
        case("a saddle of four dimensions that falls along two", signed(1, -1, 1, -1)),
        case("a saddle that rises along both axes", aslant(2)),
        case("a bowl with a flat direction", along_axes(1.0, 0.0, 2.0)),
        case("a cap with a flat direction", along_axes(-1.0, 0.0, -2.0)),
        case("a flat direction, up to rounding", along_axes(1.0, 3e-12, 2.0)),
        case("a tolerance of its own", along_axes(1.0, 3e-4, 2.0), tol=1e-2),
        case("a weak curvature above the tolerance", along_axes(1.0, 3e-5, 2.0)),
        case("a curvature just above the usual tolerance", along_axes(1.0, 1.05e-8, 2.0)),
        case("a saddle with a flat direction", along_axes(1.0, 0.0, -2.0)),
        case("a saddle with two flat directions", along_axes(-1.0, 0.0, 0.0, 3.0)),
        case("a saddle of five dimensions that rises along four", signed(1, 1, -1, 1, 1)),
        case("a saddle of four dimensions that falls along three", signed(-1, -1, 1, -1)),
        case("a bowl of four dimensions", signed(1, 1, 1, 1)),
        case("a cap of four dimensions with a flat direction", along_axes(-3.0, -1.0, -2.0, 0.0)),
        case("a falling direction within a tolerance of its own", along_axes(2.0, -3e-3, 1.0), tol=1e-2),
        case("a cap with a weak curvature above the tolerance", along_axes(-1.0, -3e-5, -2.0)),
        case("one parameter", along_axes(-2.5)),
        case("a plain, flat in every direction", torch.zeros(3, 3, dtype=torch.float64), 0.1),
        case("an eigenvalue of exactly the size of the tolerance", along_axes(0.5), 0.15, tol=0.5),
        case("float32", signed(1, -1, 1).float(), **single),
        case("a bowl in float32", signed(1, 1).float(), **single),
    ]


def _from_values(words: Callable[[Tensor, float], str]) -> Classify:
    """A rule that sees the eigenvalues in ascending order, and the tolerance."""
    return lambda hessian, tol=1e-8: words(torch.linalg.eigvalsh(hessian), tol)


def _by_the_ends(values: Tensor, tol: float) -> str:
    low, high = float(values[0]), float(values[-1])
    if low < -tol and high > tol:
        return "saddle"
    return "minimum" if low > tol else "maximum" if high < -tol else "degenerate"


def _by_signs(hessian: Tensor, tol: float = 1e-8) -> str:
    values = torch.linalg.eigvals(hessian).real
    signs = {0 if abs(value) <= tol else 1 if value > 0 else -1 for value in values.tolist()}
    if {1, -1} <= signs:
        return "saddle"
    return "minimum" if signs == {1} else "maximum" if signs == {-1} else "degenerate"


def _in_numpy(hessian: Tensor, tol: float = 1e-8) -> str:
    values = np.linalg.eigvalsh(hessian.cpu().numpy())
    if np.any(values > tol) and np.any(values < -tol):
        return "saddle"
    if np.all(values > tol):
        return "minimum"
    return "maximum" if np.all(values < -tol) else "degenerate"


def _signed(values: Tensor, tol: float) -> Tensor:
    """The eigenvalues that are not 0; where there is none, all of them."""
    kept = values[values.abs() > tol]
    return kept if len(kept) else values


def _singular_first(values: Tensor, tol: float) -> str:
    return "degenerate" if bool((values.abs() <= tol).any()) else _by_the_ends(values, tol)


def _by_determinant(hessian: Tensor, tol: float = 1e-8) -> str:
    determinant = float(torch.linalg.det(hessian))
    if abs(determinant) <= tol:
        return "degenerate"
    if determinant < 0:
        return "saddle"
    return "minimum" if hessian[0, 0] > 0 else "maximum"


def _by_determinant_and_trace(hessian: Tensor, tol: float = 1e-8) -> str:
    determinant = float(torch.linalg.det(hessian))
    if determinant < -tol:
        return "saddle"
    if determinant <= tol:
        return "degenerate"
    return "minimum" if hessian.trace() > 0 else "maximum"


def _by_diagonal(hessian: Tensor, tol: float = 1e-8) -> str:
    return _by_the_ends(hessian.diagonal().sort().values, tol)


def _by_entries(hessian: Tensor, tol: float = 1e-8) -> str:
    return _by_the_ends(hessian.reshape(-1).sort().values, tol)


def _by_trace(hessian: Tensor, tol: float = 1e-8) -> str:
    trace = float(hessian.trace())
    return "minimum" if trace > tol else "maximum" if trace < -tol else "saddle"


def _no_flat_directions(values: Tensor, tol: float) -> str:
    if bool((values >= -tol).all()):
        return "minimum"
    return "maximum" if bool((values <= tol).all()) else "saddle"


def _rest_is_saddle(values: Tensor, tol: float) -> str:
    if bool((values > tol).all()):
        return "minimum"
    return "maximum" if bool((values < -tol).all()) else "saddle"


def _any_rising(values: Tensor, tol: float) -> str:
    if bool((values > tol).any()):
        return "minimum"
    return "maximum" if bool((values < -tol).any()) else "degenerate"


def _no_maximum(values: Tensor, tol: float) -> str:
    if bool((values < -tol).any()):
        return "saddle"
    return "minimum" if bool((values > tol).all()) else "degenerate"


def _exchanged(values: Tensor, tol: float) -> str:
    return _by_the_ends(-values.flip(0), tol)


def _one_tolerance_for_all(hessian: Tensor, tol: float = 1e-8) -> str:
    return _by_the_ends(torch.linalg.eigvalsh(hessian), 1e-8)


def _tolerance_on_one_side(values: Tensor, tol: float) -> str:
    if bool((values > 0).all()):
        return "minimum"
    if bool((values < 0).all()):
        return "maximum"
    return "saddle" if bool((values > 0).any() and (values < 0).any()) else "degenerate"


def _unsigned_zero(values: Tensor, tol: float) -> str:
    if bool((values <= tol).any()):
        return "degenerate"
    return "minimum" if bool((values > 0).all()) else "saddle"


def _degenerate_last_of_all(values: Tensor, tol: float) -> str:
    if bool((values > tol).any() and (values < -tol).any()):
        return "saddle"
    return "degenerate" if bool((values <= tol).any()) else "minimum"


def _zero_falls(values: Tensor, tol: float) -> str:
    if bool((values > tol).any() and (values < tol).any()):
        return "saddle"
    return "minimum" if bool((values > tol).all()) else "maximum" if bool((values < tol).all()) else "degenerate"


def _zero_rises(values: Tensor, tol: float) -> str:
    if bool((values > -tol).any() and (values < -tol).any()):
        return "saddle"
    return "minimum" if bool((values > -tol).all()) else "maximum" if bool((values < -tol).all()) else "degenerate"


def _majority(values: Tensor, tol: float) -> str:
    rises, falls = int((values > tol).sum()), int((values < -tol).sum())
    if rises + falls < len(values):
        return "degenerate"
    return "minimum" if rises > falls else "maximum" if falls > rises else "saddle"


def _majority_of_the_others(values: Tensor, tol: float) -> str:
    rises, falls = int((values > tol).sum()), int((values < -tol).sum())
    return "minimum" if rises > falls else "maximum" if falls > rises else "saddle" if rises else "degenerate"


def _first_two(values: Tensor, tol: float) -> str:
    return _singular_first(values[[0, min(1, len(values) - 1)]], tol)


def _spelt(right: str, other: str) -> Classify:
    """The right kinds with one word spelt otherwise."""

    def kind(hessian: Tensor, tol: float = 1e-8) -> str:
        said = reference.classify_critical_point(hessian, tol)
        return other if said == right else said

    return kind


def _short_words(hessian: Tensor, tol: float = 1e-8) -> str:
    said = reference.classify_critical_point(hessian, tol)
    return {"minimum": "min", "maximum": "max"}.get(said, said)


def _local(hessian: Tensor, tol: float = 1e-8) -> str:
    said = reference.classify_critical_point(hessian, tol)
    return f"local {said}" if said in ("minimum", "maximum") else said


def _minimum_or_saddle(values: Tensor, tol: float) -> str:
    return "minimum" if bool((values > tol).all()) else "saddle"


def _any_falling(values: Tensor, tol: float) -> str:
    if bool((values < -tol).any()):
        return "maximum"
    return "minimum" if bool((values > tol).all()) else "degenerate"


def _exclusive(values: Tensor, tol: float) -> str:
    """As wanted, but that an eigenvalue of the tolerance's own size counts."""
    if bool((values >= tol).any() and (values <= -tol).any()):
        return "saddle"
    return "minimum" if bool((values >= tol).all()) else "maximum" if bool((values <= -tol).all()) else "degenerate"


def _saddle_and_degenerate_exchanged(values: Tensor, tol: float) -> str:
    said = _by_the_ends(values, tol)
    return {"saddle": "degenerate", "degenerate": "saddle"}.get(said, said)


def _relative(values: Tensor, tol: float) -> str:
    return _by_the_ends(values, tol * float(values.abs().max()))


CLASSIFY_CRITICAL_POINT = Exercise(
    id="classify_critical_point",
    reference=reference.classify_critical_point,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("by_the_ends", _from_values(_by_the_ends)),
        Accepted("by_signs", _by_signs),
        Accepted("in_numpy", _in_numpy),
        Accepted(
            "degenerate_whenever_singular",
            _from_values(_singular_first),
            "this calls every singular Hessian degenerate, as mathematicians do; the lesson calls it a saddle where "
            "both signs are present, since the flat direction cannot change that.",
        ),
    ],
    mistakes=[
        Mistake(
            "judged_by_determinant",
            _by_determinant,
            "The determinant is the product of the eigenvalues: two negative ones cancel, and in three dimensions a "
            "maximum has a negative one. That rule holds in two dimensions only; look at each eigenvalue.",
            0.25,
            forms=[_by_determinant_and_trace],
        ),
        Mistake(
            "judged_by_diagonal",
            _by_diagonal,
            "The diagonal holds the curvatures along the axes. A point can rise along both axes and fall between them.",
            forms=[lambda hessian, tol=1e-8: _singular_first(hessian.diagonal().sort().values, tol)],
        ),
        Mistake(
            "judged_by_entries",
            _by_entries,
            "The entries of the matrix are looked at. Their signs change when the axes are turned; take those of the "
            "eigenvalues.",
        ),
        Mistake(
            "judged_by_trace",
            _by_trace,
            "The trace is the sum of the curvatures; a large positive one hides any number of negative ones. Each "
            "sign counts.",
        ),
        Mistake(
            "minimum_and_maximum_exchanged",
            _from_values(_exchanged),
            "Minimum and maximum are exchanged: where all curvatures are positive, every direction leads up.",
            0.25,
            forms=[_from_values(lambda values, tol: _singular_first(-values.flip(0), tol))],
        ),
        Mistake(
            "saddle_and_degenerate_exchanged",
            _from_values(_saddle_and_degenerate_exchanged),
            '"saddle" and "degenerate" are exchanged: with both signs present the point is a saddle, and degenerate '
            "means that the second derivatives cannot tell.",
            0.25,
        ),
        Mistake(
            "flat_direction_ignored",
            _from_values(_no_flat_directions),
            "A zero eigenvalue decides nothing: x² + y³ has one at the origin and no minimum there. Demand more than "
            "`>= 0`.",
            0.5,
            forms=[_from_values(lambda values, tol: _by_the_ends(_signed(values, tol), tol))],
        ),
        Mistake(
            "zero_given_a_sign",
            _from_values(_zero_falls),
            "An eigenvalue of 0 counts as negative, or as positive: two of the comparisons use the same `tol`. Rising "
            "means above `tol`, falling below `-tol`, and what lies between has no sign.",
            0.5,
            forms=[_from_values(_zero_rises)],
        ),
        Mistake(
            "negative_counted_as_zero",
            _from_values(_unsigned_zero),
            "Every negative eigenvalue is below `tol`, and so counts as zero here. Compare the size: zero means "
            "|λ| <= tol.",
            0.25,
            forms=[_from_values(_degenerate_last_of_all)],
        ),
        Mistake(
            "flat_direction_called_saddle",
            _from_values(_rest_is_saddle),
            "Not all positive and not all negative is not yet a saddle: a saddle needs one of each sign. What remains "
            "is degenerate.",
            0.5,
        ),
        Mistake(
            "one_rising_direction_is_enough",
            _from_values(_any_rising),
            "One positive eigenvalue does not make a minimum. All of them must be positive: a point must rise in "
            "every direction.",
            0.25,
        ),
        Mistake(
            "one_falling_direction_is_enough",
            _from_values(_any_falling),
            "One negative eigenvalue does not make a maximum. All of them must be negative; with both signs the point is "
            "a saddle.",
            0.25,
        ),
        Mistake(
            "majority_of_signs",
            _from_values(_majority),
            "The majority of the signs decides, or the sum of them. A single direction that falls makes a saddle, "
            "however many rise.",
            0.25,
            forms=[_from_values(_majority_of_the_others)],
        ),
        Mistake(
            "first_two_alone",
            _from_values(_first_two),
            "Only two of the eigenvalues are looked at, which is enough for two parameters alone. Ask for `any()` and "
            "`all()` of them.",
            0.25,
            forms=[
                _from_values(lambda values, tol: _by_the_ends(values[:2], tol)),
                _from_values(lambda values, tol: _by_the_ends(values[-2:], tol)),
            ],
        ),
        Mistake(
            "minimum_or_saddle",
            _from_values(_minimum_or_saddle),
            "Whatever is no minimum is called a saddle. There are maxima too, and points of which the second derivatives "
            "cannot tell.",
            0.25,
        ),
        Mistake(
            "maximum_taken_for_saddle",
            _from_values(_no_maximum),
            "Where every eigenvalue is negative no direction leads up: that is a maximum. A saddle needs a rising "
            "direction too.",
            0.5,
        ),
        Mistake(
            "tolerance_fixed",
            _one_tolerance_for_all,
            "The argument `tol` is not used. What counts as zero depends on the rounding, and the caller knows best.",
            0.5,
            forms=[lambda hessian, tol=1e-8: _singular_first(torch.linalg.eigvalsh(hessian), 1e-8)],
        ),
        Mistake(
            "tolerance_relative",
            _from_values(_relative),
            "The tolerance is multiplied by the largest curvature. Here an eigenvalue counts as zero if its size is at "
            "most `tol` itself.",
            0.5,
        ),
        Mistake(
            "compared_with_zero",
            _from_values(_tolerance_on_one_side),
            "Eigenvalues are computed with rounding errors, so a flat direction seldom gives exactly 0. Compare with "
            "`tol` and `-tol`.",
            0.5,
            forms=[_from_values(lambda values, tol: _singular_first(values, 0.0))],
        ),
        Mistake(
            "tolerance_excluded",
            _from_values(_exclusive),
            "Right but for an eigenvalue of exactly the size of `tol`: it counts as zero too, |λ| <= tol.",
            0.85,
        ),
        Mistake(
            "other_words",
            _short_words,
            'The kinds are right, but not every word is spelt as the exercise spells it: "minimum", "maximum", '
            '"saddle", "degenerate".',
            0.5,
            forms=[
                _local,
                lambda hessian, tol=1e-8: reference.classify_critical_point(hessian, tol).capitalize(),
                lambda hessian, tol=1e-8: reference.classify_critical_point(hessian, tol).upper(),
                *(_spelt("saddle", word) for word in ("saddle point", "saddle_point", "saddlepoint", "Saddle")),
                *(_spelt("degenerate", word) for word in ("degenerated", "flat", "degenerate point", "undetermined")),
                _spelt("minimum", "min"),
                _spelt("maximum", "max"),
            ],
        ),
    ],
)
