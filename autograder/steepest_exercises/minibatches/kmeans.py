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


def _scene(
    rng: np.random.Generator,
    members: Sequence[int],
    counts: Sequence[int],
    dim: int,
    *,
    dtype: torch.dtype = torch.float64,
) -> dict[str, Tensor]:
    """Centres more than 8 apart, each with points within 1.5 of it, in a mixed order."""
    k = len(members)
    grid = np.concatenate([10.0 * np.arange(k)[:, None], rng.uniform(-4, 4, (k, dim - 1))], axis=1)
    centers = rng.permutation(grid) + rng.uniform(-0.5, 0.5, (k, dim))
    owner = rng.permutation(np.repeat(np.arange(k), members))
    offsets = rng.standard_normal((len(owner), dim))
    offsets *= rng.uniform(0.5, 1.5, (len(owner), 1)) / np.linalg.norm(offsets, axis=1, keepdims=True)
    return {
        "centers": torch.from_numpy(centers).to(dtype),
        "points": torch.from_numpy(centers[owner] + offsets).to(dtype),
        "counts": torch.tensor(counts),
    }


def _case(name: str, scene: dict[str, Tensor], *, slack: float = 1.0) -> Case:
    args = [scene["centers"], scene["points"], scene["counts"]]
    return Case(name, {"args": args, "kwargs": {}, "outputs": ["centers", "counts"]}, slack=slack)


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
    return [
        _case("one point, three centres", _scene(rng, [0, 1, 0], [3, 6, 2], 2)),
        _case("several points for each centre", _scene(rng, [4, 3, 5], [2, 5, 1], 2)),
        _case("a centre that nothing is near", _scene(rng, [3, 0, 2, 4], [4, 3, 2, 8], 2)),
        _case("a point that is off the axes of its nearest centre", off_axis),
        _case("centres that have seen no point yet", _scene(rng, [1, 2, 1], [0, 3, 0], 2)),
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


def _online(
    *,
    assign: Callable[[Tensor, Tensor], Tensor] = _nearest,
    rate: Callable[[Tensor, Tensor], Tensor | float] = lambda counts, best: 1 / counts[best],
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
    return _online(rate=lambda seen, best: 1 / (counts[best] + 1))(centers, points, counts)[0], counts.clone()


def _moves_away(centers: Tensor, points: Tensor, counts: Tensor) -> Clusters:
    return _online(rate=lambda seen, best: -1 / seen[best])(centers, points, counts)


KMEANS_STEP = Exercise(
    id="kmeans_step",
    reference=reference.kmeans_step,
    cases=_cases,
    points=3,
    accepted=[
        Accepted("running_mean", _running),
        Accepted("all_points_first", _all_first_loop),
        Accepted("all_points_at_once", _all_first_at_once),
        Accepted("rows_in_a_list", _rows_in_a_list),
    ],
    mistakes=[
        Mistake(
            "rate_before_increment",
            _online(before=True),
            "The new point counts too: raise the count first, then divide by it. A first point has rate 1.",
            credit=0.5,
        ),
        Mistake(
            "rate_one_late",
            _online(rate=lambda counts, best: 1 / (counts[best] + 1)),
            "The count is raised and then 1 is added again. After n points the rate is 1/n.",
            credit=0.5,
        ),
        Mistake(
            "constant_rate",
            _online(rate=lambda counts, best: 0.1),
            "A constant rate never settles. With 1/count the centre is the mean of all points it has won.",
            credit=0.25,
        ),
        Mistake(
            "jumps_to_the_point",
            _online(rate=lambda counts, best: 1.0),
            "The centre lands on each point it wins and forgets the others. Move it by (x − c)/count.",
            credit=0.25,
        ),
        Mistake(
            "one_count_for_all",
            _online(rate=lambda counts, best: 1 / counts.sum()),
            "The rate uses the total of the counts. Each centre has its own clock: the points it has won.",
            credit=0.5,
        ),
        Mistake(
            "counts_not_returned",
            _counts_lost,
            "The centres are right, but the counts come back unchanged: the next call will move too fast.",
            credit=0.5,
        ),
        Mistake(
            "counts_not_raised",
            _counts_frozen,
            "Every point of this call has the same rate. Raise a centre's count each time it wins a point.",
            credit=0.25,
        ),
        Mistake(
            "counts_restart",
            _restarted,
            "The counts given are ignored, so this batch wipes out all earlier ones. Go on from `counts`.",
            credit=0.25,
        ),
        Mistake(
            "mean_of_this_batch",
            _batch_means,
            "The centre becomes the mean of this batch alone, as in batch k-means. Earlier points count too.",
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
            "Every centre follows every point, so all will meet. Only the nearest centre moves.",
        ),
        Mistake(
            "moves_away",
            _moves_away,
            "The sign is turned: c + (x − c)/n moves towards the point, c + (c − x)/n away from it.",
        ),
        Mistake(
            "farthest_center",
            _online(assign=lambda centers, point: (centers - point).norm(dim=1).argmax()),
            "The farthest centre wins. Take argmin of the distances.",
        ),
        Mistake(
            "largest_inner_product",
            _online(assign=lambda centers, point: (centers @ point).argmax()),
            "A large inner product favours long centres. Compare distances ‖x − c‖.",
            credit=0.25,
        ),
        Mistake(
            "city_block_distance",
            _online(assign=lambda centers, point: (centers - point).abs().sum(dim=1).argmin()),
            "k-means minimizes squared distances: square the differences before you sum them.",
            credit=0.5,
        ),
    ],
    equivalent={
        "Every sum is divided by the same d, so the smallest stays the smallest.": [
            "winner = ((centers - x) ** 2).mean(dim=1).argmin()"
        ],
        reasons.SIGN_LOST: ["winner = ((x - centers) ** 2).sum(dim=1).argmin()"],
    },
)
