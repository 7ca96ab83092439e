"""Exercise `classify_critical_point` of `03_loss_landscapes`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.loss_landscapes import kinds, reference
from steepest_exercises.loss_landscapes.spectrum import spread, turned


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
        case("an eigenvalue of exactly the size of the tolerance", along_axes(0.5), 0.05, tol=0.5),
        case("an eigenvalue of exactly minus the tolerance", along_axes(-0.5), 0.05, tol=0.5),
        case("an eigenvalue of exactly the tolerance beside a falling one", along_axes(0.5, -2.0), 0.05, tol=0.5),
        case("an eigenvalue of exactly minus the tolerance beside a rising one", along_axes(-0.5, 2.0), 0.05, tol=0.5),
        case("float32", signed(1, -1, 1).float(), **single),
        case("a bowl in float32", signed(1, 1).float(), **single),
    ]


CLASSIFY_CRITICAL_POINT = Exercise(
    id="classify_critical_point",
    reference=reference.classify_critical_point,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("by_the_ends", kinds.from_values(kinds.by_the_ends)),
        Accepted("by_signs", kinds.by_signs),
        Accepted("in_numpy", kinds.in_numpy),
        Accepted(
            "degenerate_whenever_singular",
            kinds.from_values(kinds.singular_first),
            "this calls every singular Hessian degenerate, as mathematicians do; the lesson calls it a saddle where "
            "both signs are present, since the flat direction cannot change that.",
        ),
    ],
    mistakes=[
        Mistake(
            "judged_by_determinant",
            kinds.by_determinant,
            "The determinant is the product of the eigenvalues: two negative ones cancel, and in three dimensions a "
            "maximum has a negative one. That rule holds in two dimensions only; look at each eigenvalue.",
            0.25,
            forms=[kinds.by_determinant_and_trace],
        ),
        Mistake(
            "judged_by_diagonal",
            kinds.by_diagonal,
            "The diagonal holds the curvatures along the axes. A point can rise along both axes and fall between them.",
            forms=[lambda hessian, tol=1e-8: kinds.singular_first(hessian.diagonal().sort().values, tol)],
        ),
        Mistake(
            "judged_by_entries",
            kinds.by_entries,
            "The entries of the matrix are looked at. Their signs change when the axes are turned; take those of the "
            "eigenvalues.",
        ),
        Mistake(
            "judged_by_trace",
            kinds.by_trace,
            "The trace is the sum of the curvatures; a large positive one hides any number of negative ones. Each "
            "sign counts.",
        ),
        Mistake(
            "minimum_and_maximum_exchanged",
            kinds.from_values(kinds.exchanged),
            "Minimum and maximum are exchanged: where all curvatures are positive, every direction leads up.",
            0.25,
            forms=[kinds.from_values(lambda values, tol: kinds.singular_first(-values.flip(0), tol))],
        ),
        Mistake(
            "saddle_and_degenerate_exchanged",
            kinds.from_values(kinds.saddle_and_degenerate_exchanged),
            '"saddle" and "degenerate" are exchanged: with both signs present the point is a saddle, and degenerate '
            "means that the second derivatives cannot tell.",
            0.25,
        ),
        Mistake(
            "flat_direction_ignored",
            kinds.from_values(kinds.no_flat_directions),
            "A bowl with a flat direction is called a minimum here, or a cap with one a maximum. A zero eigenvalue "
            "decides nothing: x² + y³ has one at the origin and no minimum there.",
            0.5,
            forms=[kinds.from_values(lambda values, tol: kinds.by_the_ends(kinds.signed(values, tol), tol))],
        ),
        Mistake(
            "zero_given_a_sign",
            kinds.from_values(kinds.zero_falls),
            "An eigenvalue of 0 counts as negative here, or as positive. Rising means above `tol`, falling below "
            "`-tol`, and what lies between has no sign.",
            0.5,
            forms=[kinds.from_values(kinds.zero_rises)],
        ),
        Mistake(
            "negative_counted_as_zero",
            kinds.from_values(kinds.unsigned_zero),
            "A point whose eigenvalues are all negative is called degenerate, as if they counted as zero. Zero means "
            "|λ| <= tol, and where all are below -tol the point is a maximum.",
            0.25,
            forms=[kinds.from_values(kinds.degenerate_last_of_all)],
        ),
        Mistake(
            "flat_direction_called_saddle",
            kinds.from_values(kinds.rest_is_saddle),
            "Not all positive and not all negative is not yet a saddle: a saddle needs one of each sign. What remains "
            "is degenerate.",
            0.5,
        ),
        Mistake(
            "one_rising_direction_is_enough",
            kinds.from_values(kinds.any_rising),
            "One positive eigenvalue does not make a minimum. All of them must be positive: a point must rise in "
            "every direction.",
            0.25,
        ),
        Mistake(
            "one_falling_direction_is_enough",
            kinds.from_values(kinds.any_falling),
            "One negative eigenvalue does not make a maximum. All of them must be negative; with both signs the point "
            "is a saddle.",
            0.25,
        ),
        Mistake(
            "majority_of_signs",
            kinds.from_values(kinds.majority),
            "The majority of the signs decides, or the sum of them. A single direction that falls makes a saddle, "
            "however many rise.",
            0.25,
            forms=[kinds.from_values(kinds.majority_of_the_others)],
        ),
        Mistake(
            "first_two_alone",
            kinds.from_values(kinds.first_two),
            "Only two of the eigenvalues are looked at, which is enough for two parameters alone. Ask for `any()` and "
            "`all()` of them.",
            0.25,
            forms=[
                kinds.from_values(lambda values, tol: kinds.by_the_ends(values[:2], tol)),
                kinds.from_values(lambda values, tol: kinds.by_the_ends(values[-2:], tol)),
            ],
        ),
        Mistake(
            "minimum_or_saddle",
            kinds.from_values(kinds.minimum_or_saddle),
            "Whatever is no minimum is called a saddle. There are maxima too, and points of which the second "
            "derivatives cannot tell.",
            0.25,
        ),
        Mistake(
            "maximum_taken_for_saddle",
            kinds.from_values(kinds.no_maximum),
            "Where every eigenvalue is negative no direction leads up: that is a maximum. A saddle needs a rising "
            "direction too.",
            0.5,
        ),
        Mistake(
            "tolerance_fixed",
            kinds.one_tolerance_for_all,
            "The result does not depend on `tol`; a constant in its place looks the same. What counts as zero depends "
            "on the rounding, and the caller knows best.",
            0.5,
            forms=[lambda hessian, tol=1e-8: kinds.singular_first(torch.linalg.eigvalsh(hessian), 1e-8)],
        ),
        Mistake(
            "tolerance_relative",
            kinds.from_values(kinds.relative),
            "The tolerance is taken relative to the largest curvature. Here an eigenvalue counts as zero if its size "
            "is at most `tol` itself.",
            0.5,
        ),
        Mistake(
            "compared_with_zero",
            kinds.from_values(kinds.tolerance_on_one_side),
            "Eigenvalues are computed with rounding errors, so a flat direction seldom gives exactly 0. Compare with "
            "`tol` and `-tol`.",
            0.5,
            forms=[kinds.from_values(lambda values, tol: kinds.singular_first(values, 0.0))],
        ),
        Mistake(
            "tolerance_excluded",
            kinds.from_values(kinds.exclusive),
            "Right but for an eigenvalue of exactly the size of `tol`: it counts as zero too, |λ| <= tol.",
            0.8,
        ),
        Mistake(
            "other_words",
            kinds.short_words,
            'The kinds are right, but not every word is spelt as the exercise spells it: "minimum", "maximum", '
            '"saddle", "degenerate".',
            0.5,
            forms=[
                kinds.local,
                lambda hessian, tol=1e-8: reference.classify_critical_point(hessian, tol).capitalize(),
                lambda hessian, tol=1e-8: reference.classify_critical_point(hessian, tol).upper(),
                *(kinds.spelt("saddle", word) for word in ("saddle point", "saddle_point", "saddlepoint", "Saddle")),
                *(
                    kinds.spelt("degenerate", word)
                    for word in ("degenerated", "flat", "degenerate point", "undetermined")
                ),
                kinds.spelt("minimum", "min"),
                kinds.spelt("maximum", "max"),
            ],
        ),
    ],
)
