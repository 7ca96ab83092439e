"""Exercise `cluster_widths` of `13_representations`. In all cases it is plain which centre a row is nearest to."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.representations import reference
from steepest_exercises.representations.bumps import squares

Widths = Callable[..., Tensor]
ALL_COORDINATES = (
    "The squares are not divided by the number of coordinates: this is the spread in all directions together, √d times "
    "the taught width. Sound as well."
)


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str,
        members: Sequence[int],
        d: int,
        *,
        floor: float = 0.05,
        sizes: Sequence[float] = (),
        corner: float = 0.0,
        dtype: torch.dtype = torch.float64,
    ) -> Case:
        """Centres 8 and more apart, each beside the middle of its rows; one without rows lies far from all."""
        k = len(members)
        grid = np.concatenate([9.0 * np.arange(k)[:, None] - 6, rng.uniform(-3, 3, (k, d - 1))], axis=1)
        centers = rng.permutation(grid) + rng.uniform(-0.4, 0.4, (k, d))
        owner = rng.permutation(np.repeat(np.arange(k), members))
        size = np.asarray(sizes or rng.uniform(0.4, 1.2, k))[owner, None]
        offsets = size * rng.uniform(-1.7, 1.7, (len(owner), d)) + 0.3 * size
        args = [torch.from_numpy(part).to(dtype) for part in (centers[owner] + offsets, centers)]
        inputs = {"args": args, "kwargs": {"floor": floor}, "outputs": ["the widths"]}
        return Case(name, inputs, corner=corner)

    return [
        case("three clusters in a plane", (6, 5, 7), 2),
        case("clusters of unlike sizes", (2, 12, 5), 3, sizes=(0.3, 1.3, 0.7)),
        case("one column", (6, 4, 5, 7), 1),
        case("a cluster narrower than the floor", (5, 6, 4), 2, floor=0.4, sizes=(1.0, 0.05, 0.9), corner=0.1),
        case("one centre", (9,), 2),
        case("a cluster of one row", (1, 6, 5), 2),
        case("float32", (6, 8), 2, dtype=torch.float32),
        case("a centre that no row is nearest to", (6, 0, 5), 2, floor=0.3, corner=0.15),
    ]


def nearest(x: Tensor, centers: Tensor) -> Tensor:
    """The number of the nearest centre for each row."""
    return squares(x, centers).argmin(dim=1)


def _width(spread: Callable[[Tensor, Tensor], Tensor]) -> Widths:
    """`spread(rows, centre)` of the rows of each cluster, and the floor below it or in the place of an empty one."""

    def cluster_widths(x: Tensor, centers: Tensor, *, floor: float) -> Tensor:
        owner, least = nearest(x, centers), torch.tensor(floor, dtype=x.dtype, device=x.device)
        widths = []
        for number, center in enumerate(centers):
            rows = x[owner == number]
            widths.append(torch.maximum(spread(rows, center), least) if len(rows) else least)
        return torch.stack(widths)

    return cluster_widths


def _of_squares(rule: Callable[[Tensor, int], Tensor]) -> Widths:
    """`rule(‖x − μ‖² of the cluster's rows, number of coordinates)`, with the floor."""
    return _width(lambda rows, center: rule((rows - center).square().sum(dim=1), rows.shape[1]))


def _ended(end: Callable[[Tensor, Tensor, float], Tensor]) -> Widths:
    """`end(σ, how many rows, floor)` of widths without a floor, nan where a cluster is empty."""

    def cluster_widths(x: Tensor, centers: Tensor, *, floor: float) -> Tensor:
        own = torch.nn.functional.one_hot(nearest(x, centers), len(centers)).to(x.dtype)
        count = own.sum(dim=0)
        variances = (own * squares(x, centers)).sum(dim=0) / count / x.shape[1]
        return end(variances.sqrt(), count, floor)

    return cluster_widths


def _added_up(x: Tensor, centers: Tensor, *, floor: float) -> Tensor:
    closest, owner = squares(x, centers).min(dim=1)
    total = torch.zeros_like(centers[:, 0]).index_add(0, owner, closest)
    count = torch.bincount(owner, minlength=len(centers)).clamp(min=1)
    return (total / (count * x.shape[1])).clamp(min=floor**2).sqrt()


def _row_by_row(x: Tensor, centers: Tensor, *, floor: float) -> Tensor:
    total, count = [0.0] * len(centers), [0] * len(centers)
    for row in x:
        apart = [float(((row - center) ** 2).sum()) for center in centers]
        best = apart.index(min(apart))
        total[best] += apart[best]
        count[best] += 1
    widths = [max((total[j] / count[j] / x.shape[1]) ** 0.5, floor) if count[j] else floor for j in range(len(centers))]
    return torch.tensor(widths, dtype=x.dtype, device=x.device)


def _all_rows(x: Tensor, centers: Tensor, *, floor: float) -> Tensor:
    return (squares(x, centers).mean(dim=0) / x.shape[1]).sqrt().clamp(min=floor)


def _one_for_all(x: Tensor, centers: Tensor, *, floor: float) -> Tensor:
    width = (squares(x, centers).min(dim=1).values.mean() / x.shape[1]).sqrt().clamp(min=floor)
    return width.expand(len(centers)).clone()


def _to_the_nearest_row(x: Tensor, centers: Tensor, *, floor: float) -> Tensor:
    return (squares(x, centers).amin(dim=0) / x.shape[1]).sqrt().clamp(min=floor)


def _whole_table(x: Tensor, centers: Tensor, *, floor: float) -> Tensor:
    """The mean over the cluster's rows of all columns of the table, also of other centres."""
    means = squares(x, centers).mean(dim=1) / x.shape[1]
    own = torch.nn.functional.one_hot(nearest(x, centers), len(centers)).to(x.dtype)
    return (means @ own / own.sum(dim=0).clamp(min=1)).sqrt().clamp(min=floor)


def _coordinate_by_coordinate(x: Tensor, centers: Tensor, *, floor: float) -> Tensor:
    own = torch.nn.functional.one_hot(nearest(x, centers), len(centers)).to(x.dtype)
    parts = (own[:, :, None] * (x[:, None] - centers) ** 2).sum(dim=0)
    return (parts / own.sum(dim=0).clamp(min=1)[:, None]).sqrt().clamp(min=floor)


def _to_the_next_centre(x: Tensor, centers: Tensor, *, floor: float) -> Tensor:
    """The root mean square of the coordinates' distances to the next centre; the floor where there is none."""
    apart = (squares(centers, centers) / x.shape[1]).sqrt().fill_diagonal_(float("inf"))
    return apart.amin(dim=1).clamp(min=floor).nan_to_num(posinf=floor)


def _between_centers(rule: Callable[[Tensor], Tensor]) -> Widths:
    """`rule(distances)` of each centre to the others, sorted; a single centre has the distance 1."""

    def cluster_widths(x: Tensor, centers: Tensor, *, floor: float) -> Tensor:
        others = squares(centers, centers).sqrt().sort(dim=1).values[:, 1:]
        return rule(others if len(centers) > 1 else others.new_ones(1, 1)).clamp(min=floor)

    return cluster_widths


CLUSTER_WIDTHS = Exercise(
    id="cluster_widths",
    reference=reference.cluster_widths,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("cluster_by_cluster", _of_squares(lambda d2, d: (d2.mean() / d).sqrt())),
        Accepted("mean_over_rows_and_columns", _width(lambda rows, center: ((rows - center) ** 2).mean().sqrt())),
        Accepted("added_up", _added_up),
        Accepted("row_by_row", _row_by_row),
        Accepted("all_coordinates", _of_squares(lambda d2, d: d2.mean().sqrt()), ALL_COORDINATES),
    ],
    mistakes=[
        Mistake(
            "variance",
            _of_squares(lambda d2, d: d2.mean() / d),
            "These are variances. A width is their root: it is measured as the rows are.",
            0.5,
            forms=[_of_squares(lambda d2, d: d2.mean())],
        ),
        Mistake(
            "around_the_mean",
            _width(lambda rows, center: rows.var(dim=0, unbiased=False).mean().sqrt()),
            "The spread is measured from the mean of the cluster's rows. It is asked for around the centre that is "
            "given, which need not be that mean.",
            0.5,
            forms=[_width(lambda rows, center: rows.var(dim=0, unbiased=False).sum().sqrt()),
                   _width(lambda rows, center: rows.std(unbiased=False)),
                   _width(lambda rows, center: rows.std()),
                   _width(lambda rows, center: rows.std() if len(rows) > 1 else rows.new_zeros(())),
                   _width(lambda rows, center: rows.std(dim=0, unbiased=False).mean())],
        ),
        Mistake(
            "around_zero",
            _width(lambda rows, center: rows.square().mean().sqrt()),
            "The spread is measured from the origin. Subtract the centre from its rows first.",
            0.25,
            forms=[_width(lambda rows, center: rows.square().sum(dim=1).mean().sqrt())],
        ),
        Mistake(
            "all_rows",
            _all_rows,
            "Each centre counts all rows, also those of other clusters. Only the rows that are nearest to it are its "
            "own.",
            0.25,
            forms=[lambda x, centers, *, floor: squares(x, centers).mean(dim=0).sqrt().clamp(min=floor)],
        ),
        Mistake(
            "nearest_row_of_each_centre",
            _to_the_nearest_row,
            "For each centre its nearest row is looked for. It is the other way round: each row has a nearest centre, "
            "the `argmin` over the axis of the centres, and a centre has all rows that are nearest to it.",
            0.25,
            forms=[lambda x, centers, *, floor: squares(x, centers).amin(dim=0).sqrt().clamp(min=floor)],
        ),
        Mistake(
            "distances_to_other_centres",
            _whole_table,
            "The distances of the rows to other centres are averaged in. Of the table take the rows of a centre, and "
            "of these its own column alone.",
            0.25,
            forms=[lambda x, centers, *, floor: _whole_table(x, centers, floor=floor / x.shape[1] ** 0.5)
                   * x.shape[1] ** 0.5],
        ),
        Mistake(
            "width_for_each_coordinate",
            _coordinate_by_coordinate,
            "Each coordinate has a width of its own. Average the squares over the coordinates too, before the root: "
            "one width for each centre.",
            0.5,
        ),
        Mistake(
            "roots_averaged",
            _width(lambda rows, center: (rows - center).square().mean(dim=0).sqrt().mean()),
            "The root is taken of each coordinate's spread, and these roots are averaged or multiplied. The squares of "
            "all coordinates are averaged, and the root comes last.",
            0.5,
            forms=[_width(lambda rows, center: (rows - center).square().mean(dim=0).sqrt().log().mean().exp()),
                   _width(lambda rows, center: (rows - center).square().mean(dim=0).sqrt().sum())],
        ),
        Mistake(
            "one_width_for_all",
            _one_for_all,
            "All clusters get the same width. Each has its own: which rows are nearest to it?",
            0.25,
        ),
        Mistake(
            "max_distance",
            _of_squares(lambda d2, d: d2.max().sqrt()),
            "This is the largest distance in the cluster, which one outlier decides. Asked for is the root of the mean "
            "square.",
            0.25,
            forms=[_of_squares(lambda d2, d: (d2.max() / d).sqrt())],
        ),
        Mistake(
            "mean_distance",
            _of_squares(lambda d2, d: d2.sqrt().mean()),
            "This is the mean distance. Of a spread the squares are averaged, and the root comes last.",
            0.5,
            forms=[_of_squares(lambda d2, d: (d2 / d).sqrt().mean()), _of_squares(lambda d2, d: d2.sqrt().mean() / d)],
        ),
        Mistake(
            "sizes_averaged",
            _width(lambda rows, center: (rows - center).abs().mean()),
            "The coordinates' sizes are averaged. Of a spread the squares are averaged, and the root comes last.",
            0.25,
        ),
        Mistake(
            "median",
            _of_squares(lambda d2, d: (d2.median() / d).sqrt()),
            "The median of the squares is not their mean.",
            0.25,
            forms=[_of_squares(lambda d2, d: d2.median().sqrt())],
        ),
        Mistake(
            "divided_outside_the_root",
            _of_squares(lambda d2, d: d2.mean().sqrt() / d),
            "The number of coordinates divides the root. It belongs within it: the mean square of one coordinate is "
            "meant.",
            0.5,
        ),
        Mistake(
            "unbiased",
            _of_squares(lambda d2, d: (d2.sum() / max(len(d2) - 1, 1) / d).sqrt()),
            "The sum is divided by n − 1. The centre is given and not estimated from these rows, so that the mean over "
            "n is meant.",
            0.5,
            forms=[_of_squares(lambda d2, d: (d2.sum() / max(len(d2) - 1, 1)).sqrt()),
                   _of_squares(lambda d2, d: (d2.sum() / max(len(d2) * d - 1, 1)).sqrt()),
                   _of_squares(lambda d2, d: (d2.sum() / d2.new_tensor(len(d2) - 1.0) / d).sqrt())],
        ),
        Mistake(
            "sum_of_squares",
            _of_squares(lambda d2, d: d2.sum().sqrt()),
            "The squares are added, so that a cluster with many rows is wide. Take their mean over the cluster's rows.",
            0.25,
            forms=[_of_squares(lambda d2, d: (d2.sum() / d).sqrt())],
        ),
        Mistake(
            "divided_by_all_rows",
            lambda x, centers, *, floor: _ended(
                lambda widths, count, least: (widths * (count / count.sum()).sqrt()).nan_to_num(least).clamp(min=least)
            )(x, centers, floor=floor),
            "The sum over a cluster is divided by the number of all rows. Divide by the number of its own.",
            0.25,
            forms=[lambda x, centers, *, floor: _ended(lambda widths, count, least: (
                widths * (x.shape[1] * count / count.sum()).sqrt()).nan_to_num(least).clamp(min=least))(
                    x, centers, floor=floor)],
        ),
        Mistake(
            "doubled",
            _of_squares(lambda d2, d: 2 * (d2.mean() / d).sqrt()),
            "The widths are twice what is asked for. The factor 2 of this lesson is for the fit, not for the cluster.",
            0.5,
            forms=[_of_squares(lambda d2, d: (2 * d2.mean() / d).sqrt())],
        ),
        Mistake(
            "no_floor",
            _ended(lambda widths, count, least: widths.nan_to_num(least)),
            "A narrow cluster gets a width below `floor`, which no width may have.",
            0.9,
        ),
        Mistake(
            "floor_unused",
            _ended(lambda widths, count, least: widths),
            "`floor` has no part in the result. A narrow cluster gets it, and a centre that no row is nearest to.",
            0.75,
            forms=[_ended(lambda widths, count, least: widths.nan_to_num(0.0))],
        ),
        Mistake(
            "floor_added",
            _ended(lambda widths, count, least: widths.nan_to_num(0.0) + least),
            "`floor` is added to every width. It only replaces those that are smaller.",
            0.5,
            forms=[_ended(lambda widths, count, least: (widths.nan_to_num(0.0) ** 2 + least**2).sqrt()),
                   _ended(lambda widths, count, least: (widths.nan_to_num(0.0) ** 2 + least).sqrt())],
        ),
        Mistake(
            "floor_of_the_variance",
            _ended(lambda widths, count, least: (widths.nan_to_num(0.0) ** 2).clamp(min=least).sqrt()),
            "`floor` is compared with the variance. It is a width: take the root first.",
            0.75,
        ),
        Mistake(
            "floor_is_a_ceiling",
            _ended(lambda widths, count, least: widths.nan_to_num(least).clamp(max=least)),
            "No width is larger than `floor`. It is meant the other way: none is smaller.",
            0.25,
            forms=[_ended(lambda widths, count, least: widths.nan_to_num(0.0).clamp(max=least)),
                   _ended(lambda widths, count, least: widths.clamp(max=least))],
        ),
        Mistake(
            "empty_is_not_a_number",
            _ended(lambda widths, count, least: widths.clamp(min=least)),
            "Where no row is nearest to a centre, 0 is divided by 0. Such a centre gets the width `floor`.",
            0.85,
            forms=[_ended(lambda widths, count, least: torch.where(count > 0, widths.clamp(min=least), 0.0)),
                   _ended(lambda widths, count, least: torch.where(count > 0, widths.clamp(min=least), 1.0))],
        ),
        Mistake(
            "between_the_centres",
            _between_centers(lambda others: others[:, 0]),
            "These are distances between centres. The width comes from the rows of a cluster.",
            0.25,
            forms=[_between_centers(lambda others: others[:, 0] / 2), _between_centers(lambda others: others.mean(1)),
                   _between_centers(lambda others: 0 * others[:, 0] + others.amax() / (2 * len(others)) ** 0.5),
                   _to_the_next_centre],
        ),
    ],
    equivalent={
        reasons.SIGN_LOST: ["apart = ((centers[None, :, :] - x[:, None, :]) ** 2).sum(dim=2)"],
        reasons.WHOLE_AXIS: [
            "apart = ((x[:, None] - centers[None, :, :]) ** 2).sum(dim=2)",
            "apart = ((x[:, None, :] - centers[:, :]) ** 2).sum(dim=2)",
            "apart = ((x[:, None, :] - centers[None, :]) ** 2).sum(dim=2)",
        ],
        reasons.ONLY_THE_SHAPE: ["widths = torch.full_like(centers[:, -1], floor)"],
        reasons.LENGTH: ["if len(mine) != 0:"],
        "The spread in all coordinates together is accepted.": ["widths[j] = torch.sqrt(mine.mean())"],
        "Rows and centres have as many columns.": ["widths[j] = torch.sqrt(mine.mean() / centers.shape[1])"],
    },
)  # fmt: skip
