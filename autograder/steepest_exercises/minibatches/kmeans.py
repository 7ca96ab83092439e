"""`kmeans_step`. In all cases both sound orders of assigning, one by one or all first, come to the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.minibatches import reference

Clusters = tuple[Tensor, Tensor]
Assign = Callable[[Tensor, Tensor], Tensor]
Step = Callable[[Tensor, Tensor, Tensor], Clusters]


def _scene(
    rng: np.random.Generator,
    members: Sequence[int],
    counts: Sequence[int],
    dim: int,
    *,
    dtype: torch.dtype = torch.float64,
    axis: int = 0,
) -> dict[str, Tensor]:
    """Centres more than 8 apart along one axis, each with points within 1.5 of it, in a mixed order."""
    k = len(members)
    grid = np.concatenate([10.0 * np.arange(k)[:, None], rng.uniform(-4, 4, (k, dim - 1))], axis=1)
    grid = np.roll(grid, axis, axis=1)
    centers = rng.permutation(grid) + rng.uniform(-0.5, 0.5, (k, dim))
    owner = rng.permutation(np.repeat(np.arange(k), members))
    offsets = rng.standard_normal((len(owner), dim))
    offsets *= rng.uniform(0.5, 1.5, (len(owner), 1)) / np.linalg.norm(offsets, axis=1, keepdims=True)
    return {
        "centers": torch.from_numpy(centers).to(dtype),
        "points": torch.from_numpy(centers[owner] + offsets).to(dtype),
        "counts": torch.tensor(counts),
    }


def _case(name: str, scene: dict[str, Tensor], *, slack: float = 0.01, corner: float = 0.0) -> Case:
    """One call; the tolerance is such that digits which float32 loses on the way show in float64."""
    args = [scene["centers"], scene["points"], scene["counts"]]
    return Case(name, {"args": args, "kwargs": {}, "outputs": ["centers", "counts"]}, slack=slack, corner=corner)


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    strided = _scene(rng, [3, 1, 2], [5, 1, 9], 3)
    for name in ("points", "centers"):
        strided[name] = strided[name].T.contiguous().T
    far = float(rng.uniform(12.8, 13.2))
    off_axis = {
        "centers": torch.tensor([[0.0, 0.0], [far, 5.0], [-20.0, 3.0]]).double(),
        "points": torch.tensor([[5.0, 5.0]]).double(),
        "counts": torch.tensor([4, 2, 7]),
    }
    off_centre = {
        "centers": torch.tensor([[0.0, 0.0], [far - 1.5, 5.5], [-20.0, 3.0]]).double(),
        "points": torch.tensor([[6.0, 0.0]]).double(),
        "counts": torch.tensor([3, 5, 2]),
    }
    misleading = {
        "centers": torch.tensor([[0.0, 0.0], [3.0, far + 7.0], [-4.0, -15.0]]).double(),
        "points": torch.tensor([[2.75, 1.0], [0.5, 17.5], [-1.0, -14.0]]).double(),
        "counts": torch.tensor([2, 1, 3]),
    }
    return [
        _case("one point, three centres", _scene(rng, [0, 1, 0], [3, 6, 2], 2)),
        _case("several points for each centre", _scene(rng, [4, 3, 5], [2, 5, 1], 2)),
        _case("a centre that nothing is near", _scene(rng, [3, 0, 2, 4], [4, 3, 2, 8], 2)),
        _case("a point that is off the axes of its nearest centre", off_axis),
        _case("a point that is on an axis of its nearest centre", off_centre),
        _case("points whose first coordinate is nearer to another centre", misleading),
        _case("centres that differ in their last coordinate", _scene(rng, [2, 3, 2], [2, 1, 4], 3, axis=2)),
        _case("centres that have seen no point yet", _scene(rng, [1, 2, 1], [0, 3, 0], 2), corner=0.15),
        _case("a centre that has seen no point and sees none now", _scene(rng, [2, 0, 1], [1, 0, 2], 2), corner=0.15),
        _case("three dimensions, non-contiguous", strided),
        _case("float32", _scene(rng, [6, 4], [3, 2], 4, dtype=torch.float32), slack=4.0),
    ]


def _nearest(centers: Tensor, point: Tensor) -> Tensor:
    return (centers - point).square().sum(dim=1).argmin()


def _running(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    """Carry each centre as a weighted mean of what it has seen."""
    for point in points:
        hit = torch.nn.functional.one_hot(_nearest(centers, point), len(centers))
        weight = counts.to(points)[:, None]
        mixed = (weight * centers + point) / (weight + 1)
        centers = torch.where(hit.bool()[:, None], mixed, centers)
        counts = counts + hit
    return centers, counts


def _all_first_loop(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    labels = torch.cdist(points, centers).argmin(dim=1).tolist()
    centers, counts = centers.clone(), counts.clone()
    for point, label in zip(points, labels, strict=True):
        counts[label] += 1
        rate = 1 / counts[label].item()
        centers[label] = (1 - rate) * centers[label] + rate * point
    return centers, counts


def _all_first_at_once(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    labels = (points[:, None] - centers[None]).square().sum(dim=2).argmin(dim=1)
    hits = torch.nn.functional.one_hot(labels, len(centers))
    total = counts + hits.sum(dim=0)
    old, new = counts.to(points)[:, None], total.to(points)[:, None]
    moved = (old * centers + hits.to(points).T @ points) / new
    return torch.where(new > 0, moved, centers), total


def _rows_in_a_list(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    rows, seen = list(centers), counts.tolist()
    for point in points:
        distances = [float(((row - point) ** 2).sum()) for row in rows]
        best = distances.index(min(distances))
        seen[best] += 1
        rows[best] = rows[best] + (point - rows[best]) / seen[best]
    return torch.stack(rows), torch.tensor(seen, device=counts.device)


def _as_macqueen(centers: Tensor, points: Tensor, counts: Tensor) -> list[Tensor]:
    centers, counts = centers.clone(), counts.clone()
    for x in points:
        winner = torch.linalg.vector_norm(centers - x, dim=1).argmin()
        counts[winner] += 1
        centers[winner] += (x - centers[winner]) / counts[winner]
    return [centers, counts]


def _as_sculley(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    winners = [int(((centers - x) ** 2).sum(dim=1).argmin()) for x in points]
    new, seen = centers.clone(), counts.clone()
    for x, winner in zip(points, winners, strict=True):
        seen[winner] += 1
        rate = 1 / int(seen[winner])
        new[winner] = (1 - rate) * new[winner] + rate * x
    return new, seen


def _online(
    *,
    assign: Callable[[Tensor, Tensor], Tensor] = _nearest,
    rate: Callable[[Tensor, Tensor], Tensor | float] = lambda counts, best: 1 / counts[best].double(),
    before: bool = False,
    everywhere: bool = False,
) -> Callable[[Tensor, Tensor, Tensor], Clusters]:
    """The online step with one thing changed: who is nearest, the rate, when it is read, who moves."""

    def step(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
        centers, counts = centers.clone(), counts.clone()
        for point in points:
            best = assign(centers, point)
            early = rate(counts, best)
            counts[best] += 1
            share = early if before else rate(counts, best)
            moving = slice(None) if everywhere else best
            centers[moving] = centers[moving] + share * (point - centers[moving])
        return centers, counts

    return step


def _batch_means(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    labels = torch.cdist(points, centers).argmin(dim=1)
    rows = [
        points[labels == k].mean(dim=0) if bool((labels == k).any()) else center for k, center in enumerate(centers)
    ]
    return torch.stack(rows), counts + torch.bincount(labels, minlength=len(centers))


def _averaged_with_means(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    means, total = _batch_means(centers, points, counts)
    return (centers + means) / 2, total


def _restarted(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    return reference.kmeans_step(centers, points, torch.zeros_like(counts))


def _counts_lost(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    return reference.kmeans_step(centers, points, counts)[0], counts.clone()


def _counts_frozen(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    return _online(rate=lambda seen, best: 1 / (counts[best].double() + 1))(centers, points, counts)[0], counts.clone()


def _moves_away(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    return _online(rate=lambda seen, best: -1 / seen[best].double())(centers, points, counts)


def _labels(centers: Tensor, points: Tensor) -> Tensor:
    return torch.cdist(points, centers).argmin(dim=1)


def _hits(centers: Tensor, points: Tensor) -> Tensor:
    return torch.bincount(_labels(centers, points), minlength=len(centers))


def _repeats_lost(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    """Indexed by all winners at once, where a winner that stands there twice is written once."""
    labels, new, seen = _labels(centers, points), centers.clone(), counts.clone()
    seen[labels] += 1
    for point, label in zip(points, labels.tolist(), strict=True):  # what is written last stays
        new[label] = centers[label] + (point - centers[label]) / seen[label]
    return new, seen


def _batch_mean_as_one_point(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    means, total = _batch_means(centers, points, counts)
    won = (total > counts)[:, None]
    return torch.where(won, centers + (means - centers) / total.clamp(min=1).to(points)[:, None], centers), total


def _batch_mean_counts_one(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    means, total = _batch_means(centers, points, counts)
    one = (counts + 1).to(points)[:, None]
    return torch.where((total > counts)[:, None], centers + (means - centers) / one, centers), total


def _final_counts(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    labels, total = _labels(centers, points).tolist(), counts + _hits(centers, points)
    new = centers.clone()
    for point, label in zip(points, labels, strict=True):
        new[label] = new[label] + (point - new[label]) / total[label]
    return new, total


def _from_the_old_centre(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    new, seen = centers.clone(), counts.clone()
    for point in points:
        best = _nearest(centers, point)
        seen[best] += 1
        new[best] = centers[best] + (point - centers[best]) / seen[best]
    return new, seen


def _summed_moves(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    """All moves from the old centre, added up."""
    new, seen = centers.clone(), counts.clone()
    for point in points:
        best = _nearest(centers, point)
        seen[best] += 1
        new[best] += (point - centers[best]) / seen[best]
    return new, seen


def _nearest_point_of_each(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    nearest = torch.cdist(points, centers).argmin(dim=0)
    seen = counts + 1
    return centers + (points[nearest] - centers) / seen.to(points)[:, None], seen


def _in_the_call(rate: Callable[[int, int], float]) -> Step:
    """A rate that depends on the number of the point in this call, from 1, and on how many there are."""

    def kmeans_step(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
        centers, counts = centers.clone(), counts.clone()
        for number, point in enumerate(points, start=1):
            best = _nearest(centers, point)
            counts[best] += 1
            centers[best] += rate(number, len(points)) * (point - centers[best])
        return centers, counts

    return kmeans_step


def _moved_by(move: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Step:
    """The winner is set to a function of itself, the point and its new count."""

    def kmeans_step(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
        centers, counts = centers.clone(), counts.clone()
        for point in points:
            best = _nearest(centers, point)
            counts[best] += 1
            centers[best] = move(centers[best], point, counts[best])
        return centers, counts

    return kmeans_step


def _some_points(part: slice) -> Step:
    return lambda centers, points, counts: reference.kmeans_step(centers, points[part], counts)


def _empty_centre_is_nan(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    hits = torch.nn.functional.one_hot(_labels(centers, points), len(centers))
    total = counts + hits.sum(dim=0)
    return (counts[:, None] * centers + hits.to(points).T @ points) / total[:, None], total


def _first_point_ignored(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    moved = _moved_by(lambda center, point, count: center + (point - center) / count if count > 1 else center)
    new: Clusters = moved(centers, points, counts)
    return new


def _every_count_raised(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    new, seen = centers.clone(), counts.clone()
    for point in points:
        best = _nearest(new, point)
        seen += 1
        new[best] += (point - new[best]) / seen[best]
    return new, seen


def _counts_of_the_batch(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    return reference.kmeans_step(centers, points, counts)[0], _hits(centers, points)


KMEANS_STEP = Exercise(
    id="kmeans_step",
    reference=reference.kmeans_step,
    cases=_cases,
    points=3,
    accepted=[
        Accepted("one_after_another_as_macqueen", _as_macqueen),
        Accepted("all_first_as_sculley", _as_sculley),
        Accepted("running_mean", _running),
        Accepted("all_points_first", _all_first_loop),
        Accepted("all_points_at_once", _all_first_at_once),
        Accepted("rows_in_a_list", _rows_in_a_list),
    ],
    mistakes=[
        Mistake(
            "rate_before_increment",
            _online(before=True),
            "The rate is one over the count before the point. The new point counts too: after n points, itself among "
            "them, the rate is 1/n, and a first point has rate 1.",
            credit=0.5,
            forms=[_online(rate=lambda counts, best: 1 / counts[best].double().clamp(min=1), before=True)],
        ),
        Mistake(
            "rate_one_late",
            _online(rate=lambda counts, best: 1 / (counts[best].double() + 1)),
            "The rate is 1/(n + 1), where n counts the points won, the new one among them. After n points the rate is "
            "1/n.",
            credit=0.5,
        ),
        Mistake(
            "constant_rate",
            _online(rate=lambda counts, best: 0.1),
            "The rate does not depend on the counts. With 1/count the centre is the mean of all points it has won.",
            credit=0.25,
            forms=[_online(rate=lambda counts, best: 0.5), _online(rate=lambda counts, best: 0.01)],
        ),
        Mistake(
            "jumps_to_the_point",
            _online(rate=lambda counts, best: 1.0),
            "The centre lands on each point it wins and forgets the others. Move it by (x − c)/count.",
            credit=0.25,
        ),
        Mistake(
            "one_count_for_all",
            _online(rate=lambda counts, best: 1 / counts.sum().double()),
            "The rate uses the total of the counts. Each centre has its own clock: the points it has won.",
            credit=0.5,
        ),
        Mistake(
            "counts_not_returned",
            _counts_lost,
            "The centres are right, but the counts come back unchanged. The next call needs them raised.",
            credit=0.5,
        ),
        Mistake(
            "counts_not_raised",
            _counts_frozen,
            "All points that a centre wins in this call move it at the same rate, and its count stays. Raise a "
            "centre's count each time it wins a point.",
            credit=0.25,
        ),
        Mistake(
            "counts_restart",
            _restarted,
            "The result does not depend on the counts given, so earlier points have no weight. Go on from `counts`.",
            credit=0.25,
        ),
        Mistake(
            "mean_of_this_batch",
            _batch_means,
            "The centre becomes the mean of the points that it wins in this batch. Earlier points count too.",
            credit=0.25,
        ),
        Mistake(
            "halfway_to_the_batch_mean",
            _averaged_with_means,
            "Old centre and batch mean get the same weight, whatever number of points they stand for.",
            credit=0.25,
        ),
        Mistake(
            "moves_all_centers",
            _online(everywhere=True),
            "Every centre follows every point. Only the nearest centre moves.",
        ),
        Mistake(
            "moves_away",
            _moves_away,
            "The centre moves away from the point. c + (x − c)/n moves towards it, c + (c − x)/n away from it.",
        ),
        Mistake(
            "farthest_center",
            _online(assign=lambda centers, point: (centers - point).norm(dim=1).argmax()),
            "The farthest centre wins. It is the nearest one that should, with the smallest distance.",
        ),
        Mistake(
            "largest_inner_product",
            _online(assign=lambda centers, point: (centers @ point).argmax()),
            "The largest inner product wins, which favours long centres. Compare distances ‖x − c‖.",
            credit=0.25,
        ),
        Mistake(
            "city_block_distance",
            _online(assign=lambda centers, point: (centers - point).abs().sum(dim=1).argmin()),
            "Centres are compared by the sum of absolute differences. k-means minimizes squared distances: square the "
            "differences before you sum them.",
            credit=0.5,
        ),
        Mistake(
            "differences_not_squared",
            _online(assign=lambda centers, point: (centers - point).sum(dim=1).argmin()),
            "The differences are summed with their signs, so they can cancel. Square them first.",
            credit=0.25,
            forms=[
                _online(assign=lambda centers, point: (centers - point).sum(dim=1).abs().argmin()),
                _online(assign=lambda centers, point: (point - centers).sum(dim=1).argmin()),
            ],
        ),
        Mistake(
            "one_coordinate_decides",
            _online(assign=lambda centers, point: (centers - point)[:, 0].abs().argmin()),
            "Only one coordinate is compared. The distance takes all of them: sum the squares over dim=1.",
            credit=0.25,
            forms=[_online(assign=lambda centers, point: (centers - point)[:, -1].abs().argmin())],
        ),
        Mistake(
            "largest_difference_decides",
            _online(assign=lambda centers, point: (centers - point).abs().amax(dim=1).argmin()),
            "Centres are compared by their largest difference in a coordinate. The distance takes all of them: sum the "
            "squares over dim=1.",
            credit=0.5,
        ),
        Mistake(
            "repeated_winners_lost",
            _repeats_lost,
            "Where a centre wins several points, only one of them counts: centers[winners] += …, for one, writes each "
            "centre once. Go through the points in a loop, or add up with index_add_.",
            credit=0.25,
        ),
        Mistake(
            "final_count_for_all_points",
            _final_counts,
            "Where a centre wins several points, their moves do not add up to a mean. Go point by point: raise the "
            "count, then move the centre, from where the last move led, by 1/(n + 1), 1/(n + 2) and so on.",
            credit=0.5,
            forms=[_summed_moves],
        ),
        Mistake(
            "moves_start_from_the_old_centre",
            _from_the_old_centre,
            "Of the points that a centre wins, only the last one moves it, as when each move starts from the centre as "
            "it was given. Go on from where the last move led.",
            credit=0.25,
        ),
        Mistake(
            "batch_mean_as_one_point",
            _batch_mean_as_one_point,
            "The mean of the points won moves the centre with the rate of one point. k points weigh k times as much: "
            "k/count.",
            credit=0.5,
            forms=[_batch_mean_counts_one],
        ),
        Mistake(
            "each_centre_takes_its_nearest_point",
            _nearest_point_of_each,
            "Every centre looks for its nearest point. It is the other way round: every point looks for its nearest "
            "centre, "
            "and moves that one.",
            credit=0.25,
        ),
        Mistake(
            "clock_of_this_call",
            _in_the_call(lambda number, m: 1 / number),
            "The rate follows from the number of points in this call, one clock for all. Each centre has its own: the "
            "points it has won, those before this call too.",
            credit=0.25,
            forms=[_in_the_call(lambda number, m: 1 / m), _in_the_call(lambda number, m: 1 / (number + 1))],
        ),
        Mistake(
            "rate_of_the_root",
            _online(rate=lambda counts, best: 1 / counts[best].double().sqrt()),
            "The rate is one over the root of the count. With 1/count the centre is the mean of what it has won.",
            credit=0.25,
        ),
        Mistake(
            "old_centre_not_subtracted",
            _moved_by(lambda center, point, count: center + point / count),
            "The point itself is added, divided by the count, and not its difference from the centre. The move leads "
            "towards the point: (x − c)/count.",
            credit=0.25,
            forms=[_moved_by(lambda center, point, count: (center + point) / count)],
        ),
        Mistake(
            "multiplied_by_the_count",
            _moved_by(lambda center, point, count: center + (point - center) * count),
            "The move is multiplied by the count. Divide by it: the more a centre has seen, the less it moves.",
            credit=0.25,
        ),
        Mistake(
            "weights_exchanged",
            _moved_by(lambda center, point, count: center / count + (1 - 1 / int(count)) * point),
            "Centre and point have each other's weight: the new point takes 1/count, what was there before the rest.",
            credit=0.5,
        ),
        Mistake(
            "one_point_only",
            _some_points(slice(0, 1)),
            "Only one of the points is used: does the `return` stand inside the loop?",
            credit=0.25,
            forms=[_some_points(slice(-1, None))],
        ),
        Mistake(
            "every_count_raised",
            _every_count_raised,
            "All counts are raised with every point. Only the winner's is.",
            credit=0.25,
        ),
        Mistake(
            "counts_of_the_batch_returned",
            _counts_of_the_batch,
            "The centres are right, but the counts tell of this call alone. Add them to those that were given.",
            credit=0.5,
        ),
        Mistake(
            "first_point_ignored",
            _first_point_ignored,
            "Right but for a centre with count 0: it stays where it is at its first point, and should jump there. The "
            "count is 1 then, and so is the rate 1/count.",
            credit=0.85,
        ),
        Mistake(
            "empty_centre_becomes_nan",
            _empty_centre_is_nan,
            "Right but for a centre that has won nothing before and wins nothing now: it becomes nan. It stays where "
            "it is.",
            credit=0.85,
        ),
    ],
    equivalent={
        "Every sum is divided by the same d, so the smallest stays the smallest.": [
            "winner = ((centers - x) ** 2).mean(dim=1).argmin()"
        ],
        reasons.SIGN_LOST: ["winner = ((x - centers) ** 2).sum(dim=1).argmin()"],
    },
)
