"""Exercise `rbf_features` of `13_representations`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.inputs import normal, uniform
from steepest_exercises.representations import reference

Features = Callable[[Tensor, Tensor, Tensor], Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, n: int, k: int, d: int, low: float, high: float, dtype: torch.dtype = torch.float64) -> Case:
        """The rows lie about as far from centres as these are wide, so that all features count."""
        centers, widths = normal(rng, k, d), uniform(rng, low, high, k)
        spread = widths.mean() / math.sqrt(d)
        x = centers[torch.from_numpy(rng.integers(k, size=n))] + spread * normal(rng, n, d)
        args = [part.to(dtype) for part in (x, centers, widths)]
        return Case(name, {"args": args, "kwargs": {}, "outputs": ["the features"]})

    strided = case("non-contiguous rows and centres", 6, 3, 3, 0.7, 1.5)
    for place in (0, 1):
        strided.inputs["args"][place] = strided.inputs["args"][place].T.contiguous().T
    return [
        case("three bumps in a plane", 6, 3, 2, 0.7, 1.6),
        case("four bumps on a line", 7, 4, 1, 0.6, 1.4),
        case("narrow bumps", 6, 3, 2, 0.3, 0.5),
        case("wide bumps", 5, 3, 2, 2.0, 4.0),
        case("one bump", 5, 1, 3, 0.7, 1.5),
        case("one row", 1, 3, 2, 0.7, 1.5),
        case("as many bumps as rows and columns", 4, 4, 4, 0.7, 1.5),
        strided,
        case("float32", 6, 3, 2, 0.7, 1.5, torch.float32),
    ]


def squares(x: Tensor, centers: Tensor) -> Tensor:
    """‖x − μ‖² for every row and centre."""
    return (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)


def with_ones(bumps: Tensor) -> Tensor:
    """A column of ones in front."""
    return torch.cat([torch.ones_like(bumps[:, :1]), bumps], dim=1)


def _of(exponent: Callable[[Tensor, Tensor], Tensor]) -> Features:
    """Ones, and exp of `exponent(‖x − μ‖², σ)`."""
    return lambda x, centers, widths: with_ones(torch.exp(exponent(squares(x, centers), widths)))


def _joined(join: Callable[[Tensor, Tensor], Tensor]) -> Features:
    """`join(bumps, widths)` of the right bumps."""
    return lambda x, centers, widths: join(torch.exp(-squares(x, centers) / (2 * widths**2)), widths)


def _between(distance: Callable[[Tensor], Tensor]) -> Features:
    """Ones and bumps of `distance(x − μ)`, to be squared, of every row and centre."""
    return lambda x, centers, widths: with_ones(
        torch.exp(-(distance(x[:, None] - centers[None]) ** 2) / (2 * widths**2))
    )


def _loops(x: Tensor, centers: Tensor, widths: Tensor) -> Tensor:
    features = torch.ones(len(x), len(centers) + 1, dtype=x.dtype, device=x.device)
    for i in range(len(x)):
        for j in range(len(centers)):
            features[i, j + 1] = torch.exp(-((x[i] - centers[j]) ** 2).sum() / (2 * widths[j] ** 2))
    return features


def _columns(x: Tensor, centers: Tensor, widths: Tensor) -> Tensor:
    columns = [torch.ones_like(x[:, 0])]
    for center, width in zip(centers, widths, strict=True):
        columns.append(torch.exp(-0.5 * torch.linalg.vector_norm((x - center) / width, dim=1) ** 2))
    return torch.stack(columns, dim=1)


def _distances_in_torch(x: Tensor, centers: Tensor, widths: Tensor) -> Tensor:
    apart = torch.cdist(x, centers, compute_mode="donot_use_mm_for_euclid_dist")
    return with_ones(torch.exp(-(apart**2) / (2 * widths**2)))


def _expanded(x: Tensor, centers: Tensor, widths: Tensor) -> Tensor:
    """‖x‖² − 2xᵀμ + ‖μ‖²."""
    apart = (x**2).sum(1, keepdim=True) - 2 * x @ centers.T + (centers**2).sum(1)
    return torch.hstack([torch.ones(len(x), 1).to(x), torch.exp(-apart / 2 / widths**2)])


RBF_FEATURES = Exercise(
    id="rbf_features",
    reference=reference.rbf_features,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("differences", _of(lambda d2, s: -d2 / (2 * s**2))),
        Accepted("two_loops", _loops),
        Accepted("column_by_column", _columns),
        Accepted("distances_in_torch", _distances_in_torch),
        Accepted("expanded_squares", _expanded),
    ],
    mistakes=[
        Mistake(
            "no_ones",
            _joined(lambda bumps, s: bumps),
            "There is a column for each bump and none for the intercept: the first column is all ones.",
            0.5,
        ),
        Mistake(
            "ones_last",
            _joined(lambda bumps, s: torch.cat([bumps, torch.ones_like(bumps[:, :1])], dim=1)),
            "The ones stand behind the bumps. They come first, so that the first weight is the intercept.",
            0.5,
        ),
        Mistake(
            "another_first_column",
            _joined(lambda bumps, s: torch.cat([torch.zeros_like(bumps[:, :1]), bumps], dim=1)),
            "The bumps are right, but the first column holds something else than ones.",
            0.5,
            forms=[lambda x, centers, widths: torch.cat(
                [x[:, :1], torch.exp(-squares(x, centers) / (2 * widths**2))], dim=1)],
        ),
        Mistake(
            "distance_not_squared",
            _of(lambda d2, s: -d2.sqrt() / (2 * s**2)),
            "This falls with the distance, as a tent does, and has a kink at its centre. The exponent holds the "
            "squared distance.",
            0.25,
            forms=[_of(lambda d2, s: -d2.sqrt() / s), _of(lambda d2, s: -d2.sqrt() / (2 * s)),
                   _of(lambda d2, s: -d2.sqrt() / s**2)],
        ),
        Mistake(
            "two_missing",
            _of(lambda d2, s: -d2 / s**2),
            "The bumps are too narrow: the squared distance is divided by 2σ², not by σ².",
            0.5,
        ),
        Mistake(
            "two_squared",
            _of(lambda d2, s: -d2 / (2 * s) ** 2),
            "The bumps are too wide. The 2 of 2σ² is not squared: check the brackets.",
            0.5,
        ),
        Mistake(
            "sigma_not_squared",
            _of(lambda d2, s: -d2 / (2 * s)),
            "σ is a width and not a variance: it is squared in the exponent, as the distance is.",
            0.5,
            forms=[_of(lambda d2, s: -d2 / s)],
        ),
        Mistake(
            "width_multiplied",
            _of(lambda d2, s: -d2 * s**2 / 2),
            "A larger width makes narrower bumps here. The distance is measured in widths: divide by σ².",
            0.25,
            forms=[_of(lambda d2, s: -d2 * s**2), _of(lambda d2, s: -d2 / 2 * s), _of(lambda d2, s: -d2 * s)],
        ),
        Mistake(
            "width_forgotten",
            _of(lambda d2, s: -d2 / 2),
            "All bumps have the same width, whatever `widths` says.",
            0.25,
            forms=[_of(lambda d2, s: -d2)],
        ),
        Mistake(
            "one_width_for_all",
            _of(lambda d2, s: -d2 / (2 * s[0] ** 2)),
            "One width, the first or the mean, serves all bumps. Each centre has a width of its own.",
            0.25,
            forms=[_of(lambda d2, s: -d2 / (2 * s.mean() ** 2)), _of(lambda d2, s: -d2 / (2 * s[-1] ** 2))],
        ),
        Mistake(
            "plus",
            _of(lambda d2, s: d2 / (2 * s**2)),
            "The features grow with the distance. A bump is highest at its centre: which sign has the exponent?",
            0.25,
            forms=[_of(lambda d2, s: d2 / s**2)],
        ),
        Mistake(
            "no_exponential",
            lambda x, centers, widths: with_ones(-squares(x, centers) / (2 * widths**2)),
            "These are exponents, or distances. A bump is the exponential of the exponent.",
            0.25,
            forms=[lambda x, centers, widths: with_ones(squares(x, centers) / (2 * widths**2)),
                   lambda x, centers, widths: with_ones(squares(x, centers)),
                   lambda x, centers, widths: with_ones(squares(x, centers).sqrt())],
        ),
        Mistake(
            "normalized",
            _joined(lambda bumps, s: with_ones(bumps / bumps.sum(dim=1, keepdim=True))),
            "The bumps of a row are divided by their sum. That is another network (normalized RBF); here each bump "
            "has its own height, 1 at its centre.",
            0.5,
            forms=[_joined(lambda bumps, s: with_ones(bumps) / with_ones(bumps).sum(dim=1, keepdim=True))],
        ),
        Mistake(
            "density",
            _joined(lambda bumps, s: with_ones(bumps / (s * math.sqrt(2 * math.pi)))),
            "This is the density of a normal distribution, whose height depends on σ. A bump has height 1 at its "
            "centre.",
            0.5,
            forms=[
                lambda x, centers, widths: with_ones(
                    torch.exp(-squares(x, centers) / (2 * widths**2)) / (2 * math.pi * widths**2) ** (x.shape[1] / 2)),
            ],
        ),
        Mistake(
            "coordinates_averaged",
            _between(lambda apart: apart.square().mean(dim=2).sqrt()),
            "The squares of the coordinates are averaged. A squared distance is their sum.",
            0.5,
        ),
        Mistake(
            "another_distance",
            _between(lambda apart: apart.abs().sum(dim=2)),
            "This is not the Euclidean distance: each coordinate's difference is squared, and the squares are added. "
            "Neither its plain sum nor its sizes, its largest or one alone will do.",
            0.25,
            forms=[_between(lambda apart: apart.abs().amax(dim=2)), _between(lambda apart: apart.sum(dim=2)),
                   _between(lambda apart: apart[:, :, 0])],
        ),
        Mistake(
            "squared_twice",
            _of(lambda d2, s: -(d2**2) / (2 * s**2)),
            "The distance is squared twice: ‖x − μ‖² is a square already.",
            0.25,
            forms=[_of(lambda d2, s: -((d2 / (2 * s**2)) ** 2)), _of(lambda d2, s: -(d2**2) / (2 * s**4))],
        ),
        Mistake(
            "ones_added_to_the_bumps",
            _joined(lambda bumps, s: bumps + 1),
            "1 is added to every bump. The ones form a column of their own, in front.",
            0.25,
        ),
        Mistake(
            "bumps_multiplied",
            _joined(lambda bumps, s: with_ones(bumps.prod(dim=1, keepdim=True))),
            "The bumps of a row are joined into one number. Each of them is a feature.",
            0.25,
            forms=[_joined(lambda bumps, s: with_ones(bumps.sum(dim=1, keepdim=True)))],
        ),
    ],
    equivalent={
        reasons.SIGN_LOST: ["squares = ((centers[None, :, :] - x[:, None, :]) ** 2).sum(dim=2)"],
        reasons.WHOLE_AXIS: [
            "squares = ((x[:, None] - centers[None, :, :]) ** 2).sum(dim=2)",
            "squares = ((x[:, None, :] - centers[:, :]) ** 2).sum(dim=2)",
            "squares = ((x[:, None, :] - centers[None, :]) ** 2).sum(dim=2)",
        ],
    },
)  # fmt: skip
