"""`kmeans_plus_plus`: the draw is free, so the law it follows is judged (see `steepest._drives.rows`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Generator, Tensor

from steepest_exercises import reasons
from steepest_exercises.inputs import normal
from steepest_exercises.representations import reference
from steepest_exercises.representations.bumps import squares

Choose = Callable[[Tensor, int, Generator], Tensor]
GREEDY = (
    "For each centre several rows are drawn and the one that leaves least is kept, as scikit-learn does it (greedy "
    "k-means++). Sound as well; the plain form draws one."
)


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, x: Tensor, k: int, count: int, *, law: bool = False, corner: float = 0.0) -> Case:
        order = torch.from_numpy(rng.permutation(len(x)))
        inputs = {"x": x[order], "k": k, "seed": int(rng.integers(2**31)), "count": count, "law": law}
        return Case(name, inputs, "draws_of_rows", corner=corner)

    def scattered(n: int, d: int) -> Tensor:
        """Far from the origin, near to their middle and far from it; quarters, so that no square is rounded."""
        ways = torch.nn.functional.normalize(normal(rng, n, d), dim=1)
        lengths = torch.from_numpy(rng.permutation(np.exp(np.linspace(-1.3, 2, n))))[:, None]
        return (4 * (ways * lengths + 6)).round() / 4

    repeats = torch.tensor([1, 2, 1, 3, 1, 2, 1, 1, 4, 1, 2, 1])
    six = scattered(6, 2) + 20 * torch.arange(6).double()[:, None]
    return [
        case("rows in a plane, four centres", scattered(20, 2), 4, 300, law=True),
        case(
            "rows that stand there several times, many columns",
            scattered(12, 12).repeat_interleave(repeats, dim=0),
            4,
            300,
            law=True,
        ),
        case("as many places as centres", six.repeat_interleave(torch.tensor([1, 2, 9, 3, 6, 4]), dim=0), 6, 400),
        case("one column, float32", scattered(16, 1).float() + 3, 3, 40),
        case("one centre", scattered(12, 2), 1, 200, law=True, corner=0.1),
        case("one centre of two rows", scattered(2, 2), 1, 100, law=True, corner=0.1),
    ]


def _rows_drawn(
    first: Callable[[Tensor, Generator], int],
    odds: Callable[[Tensor, list[int]], Tensor],
    order: Callable[[list[int]], list[int]] = list,
) -> Choose:
    """Rows whose numbers are `first(x, generator)` and draws by `odds(x, numbers so far)`, in some order."""

    def kmeans_plus_plus(x: Tensor, k: int, generator: Generator) -> Tensor:
        numbers = [first(x, generator)]
        while len(numbers) < k:
            numbers.append(int(torch.multinomial(odds(x, numbers), 1, generator=generator)))
        return x[order(numbers)]

    return kmeans_plus_plus


def uniform_row(x: Tensor, generator: Generator) -> int:
    """The number of any row."""
    return int(torch.randint(len(x), (1,), generator=generator, device=generator.device))


def nearest_squares(x: Tensor, numbers: list[int]) -> Tensor:
    """Squared distance of each row to the nearest of those chosen."""
    return squares(x, x[numbers]).amin(dim=1)


def _by(odds: Callable[[Tensor, list[int]], Tensor]) -> Choose:
    """A uniform first row, then draws by `odds(x, numbers so far)`."""
    return _rows_drawn(uniform_row, odds)


def _begun(first: Callable[[Tensor, Generator], int]) -> Choose:
    """Another first row, and the right draws."""
    return _rows_drawn(first, nearest_squares)


def _ended(end: Callable[[Tensor, Tensor], Tensor]) -> Choose:
    """`end(x, centres)` of the right centres."""
    return lambda x, k, generator: end(x, reference.kmeans_plus_plus(x, k, generator))


def _cumulative(x: Tensor, k: int, generator: Generator) -> Tensor:
    """By a uniform number and the running sum of the shares."""
    centers = [x[uniform_row(x, generator)]]
    for _ in range(k - 1):
        best = torch.stack([((x - center) ** 2).sum(dim=1) for center in centers]).amin(dim=0)
        sums = torch.cumsum(best.double(), dim=0)
        u = torch.rand((), generator=generator, dtype=torch.float64, device=generator.device)
        centers.append(x[int(torch.searchsorted(sums, u * sums[-1], right=True).clamp(max=len(x) - 1))])
    return torch.stack(centers)


def _running(x: Tensor, k: int, generator: Generator) -> Tensor:
    centers = x[torch.randperm(len(x), generator=generator, device=generator.device)[:1]]
    while len(centers) < k:
        nearest = torch.cdist(x, centers, compute_mode="donot_use_mm_for_euclid_dist").min(dim=1).values ** 2
        new = torch.multinomial(nearest / nearest.sum(), 1, generator=generator)
        centers = torch.cat([centers, x[new]])
    return centers


def _from_numpy(x: Tensor, k: int, generator: Generator) -> Tensor:
    seed = int(torch.randint(2**31, (1,), generator=generator, device=generator.device))
    dice, rows = np.random.default_rng(seed), x.cpu().double().numpy()
    numbers = [int(dice.integers(len(rows)))]
    for _ in range(k - 1):
        best = ((rows[:, None] - rows[numbers]) ** 2).sum(axis=2).min(axis=1)
        numbers.append(int(dice.choice(len(rows), p=best / best.sum())))
    return x[torch.as_tensor(np.array(numbers), device=x.device)]


def _greedy(trials: int) -> Choose:
    """Of so many draws the one that leaves the smallest sum of squares."""

    def kmeans_plus_plus(x: Tensor, k: int, generator: Generator) -> Tensor:
        numbers = [uniform_row(x, generator)]
        while len(numbers) < k:
            odds = nearest_squares(x, numbers)
            drawn = torch.multinomial(odds, trials, replacement=True, generator=generator).tolist()
            numbers.append(min(drawn, key=lambda row: float(nearest_squares(x, [*numbers, row]).sum())))
        return x[numbers]

    return kmeans_plus_plus


def _in_scikit_learn(x: Tensor, k: int, generator: Generator) -> Tensor:
    from sklearn.cluster import kmeans_plusplus

    seed = int(torch.randint(2**31, (1,), generator=generator, device=generator.device))
    _, numbers = kmeans_plusplus(x.cpu().numpy(), k, random_state=seed)
    return x[torch.as_tensor(numbers, device=x.device).long()]


def _farthest(x: Tensor, k: int, generator: Generator) -> Tensor:
    numbers = [uniform_row(x, generator)]
    while len(numbers) < k:
        numbers.append(int(nearest_squares(x, numbers).argmax()))
    return x[numbers]


def _without_repeats(x: Tensor, k: int, generator: Generator) -> Tensor:
    return x[torch.randperm(len(x), generator=generator, device=generator.device)[:k]]


def _all_at_once(x: Tensor, k: int, generator: Generator) -> Tensor:
    """All further rows by their distance to the first, without replacement."""
    first = uniform_row(x, generator)
    odds = nearest_squares(x, [first])
    others = torch.multinomial(odds, k - 1, generator=generator).tolist() if k > 1 else []
    return x[[first, *others]]


def _own_generator(x: Tensor, k: int, generator: Generator) -> Tensor:
    own = Generator()
    own.seed()
    return reference.kmeans_plus_plus(x, k, own)


def _fixed_seed(x: Tensor, k: int, generator: Generator) -> Tensor:
    return reference.kmeans_plus_plus(x, k, generator.manual_seed(0))


def _set_back(x: Tensor, k: int, generator: Generator) -> Tensor:
    return reference.kmeans_plus_plus(x, k, generator.manual_seed(generator.initial_seed()))


KMEANS_PLUS_PLUS = Exercise(
    id="kmeans_plus_plus",
    reference=reference.kmeans_plus_plus,
    cases=_cases,
    points=3,
    seconds=30.0,
    accepted=[
        Accepted("nearest_of_all_chosen", _by(nearest_squares)),
        Accepted("cumulative_sums", _cumulative),
        Accepted("distances_in_torch", _running),
        Accepted("from_numpy", _from_numpy),
        Accepted("greedy", _greedy(3), GREEDY),
        Accepted("greedy_of_two", _greedy(2), GREEDY),
        Accepted("greedy_of_many", _greedy(12), GREEDY),
        Accepted("in_scikit_learn", _in_scikit_learn, GREEDY, library=True),
    ],
    mistakes=[
        Mistake(
            "distance_not_squared",
            _by(lambda x, numbers: nearest_squares(x, numbers).sqrt()),
            "Rows are drawn in proportion to their distance. It is the squared distance: k-means adds squares.",
            0.5,
        ),
        Mistake(
            "squared_twice",
            _by(lambda x, numbers: nearest_squares(x, numbers) ** 2),
            "The distances are squared twice, so that outliers are drawn too often.",
            0.5,
        ),
        Mistake(
            "uniform",
            _by(lambda x, numbers: torch.ones_like(x[:, 0])),
            "All rows are drawn alike, as for a random start. Which rows does k-means++ prefer?",
            0.25,
            forms=[lambda x, k, generator: x[
                torch.randint(len(x), (k,), generator=generator, device=generator.device)]],
        ),
        Mistake(
            "uniform_without_repeats",
            _without_repeats,
            "The rows are all different and otherwise drawn alike. Which rows does k-means++ prefer?",
            0.25,
            forms=[_by(lambda x, numbers: torch.ones_like(x[:, 0]).index_fill(
                0, torch.tensor(numbers, device=x.device), 0.0))],
        ),
        Mistake(
            "farthest",
            _farthest,
            "The farthest row is taken each time, which is often an outlier. A row is drawn, the farther the "
            "likelier.",
            0.25,
        ),
        Mistake(
            "nearest_preferred",
            _by(lambda x, numbers: torch.where(
                nearest_squares(x, numbers) > 0, 1 / nearest_squares(x, numbers).clamp(min=1e-12), 0.0)),
            "Rows near a centre are preferred. The next centre should lie where none is yet.",
            0.25,
        ),
        Mistake(
            "to_last_center",
            _by(lambda x, numbers: squares(x, x[numbers[-1:]])[:, 0]),
            "Only the distance to the newest centre counts, so that the next may fall beside an older one. It is the "
            "distance to the nearest of all that counts.",
            0.25,
        ),
        Mistake(
            "to_first_center",
            _by(lambda x, numbers: squares(x, x[numbers[:1]])[:, 0]),
            "Only the distance to the first centre counts. After every draw the nearest of all chosen centres does.",
            0.25,
        ),
        Mistake(
            "all_at_once",
            _all_at_once,
            "All further rows are drawn at once, by their distance to the first. Each new centre changes the distances "
            "for the next.",
            0.25,
        ),
        Mistake(
            "sum_of_distances",
            _by(lambda x, numbers: squares(x, x[numbers]).sum(dim=1)),
            "The distances to all centres are added or averaged. What counts is the distance to the nearest one.",
            0.25,
            forms=[_by(lambda x, numbers: squares(x, x[numbers]).sqrt().sum(dim=1))],
        ),
        Mistake(
            "to_the_farthest_center",
            _by(lambda x, numbers: squares(x, x[numbers]).amax(dim=1)),
            "The distance to the farthest of the centres counts. It is the nearest one that serves a row: a minimum.",
            0.25,
        ),
        Mistake(
            "to_the_mean_of_the_centres",
            _by(lambda x, numbers: (x - x[numbers].mean(dim=0)).square().sum(dim=1)),
            "The distance to the mean of the centres counts, where none of them need be. It is that to the nearest of "
            "them.",
            0.25,
        ),
        Mistake(
            "softmax",
            _by(lambda x, numbers: torch.softmax(nearest_squares(x, numbers), dim=0)),
            "The odds are exponentials of the squared distances, so that the farthest row is nearly always drawn. They "
            "are the squared distances themselves: `torch.multinomial` takes odds of any sum.",
            0.25,
            forms=[_by(lambda x, numbers: torch.softmax(nearest_squares(x, numbers).sqrt(), dim=0))],
        ),
        Mistake(
            "constant_in_the_odds",
            _by(lambda x, numbers: nearest_squares(x, numbers) + 0.01 * nearest_squares(x, numbers).mean()),
            "A constant is added to the odds, so that a row that is a centre already can be drawn once more. Its odds "
            "are 0.",
            0.75,
            forms=[_by(lambda x, numbers: nearest_squares(x, numbers) + 1)],
        ),
        Mistake(
            "to_the_mean_of_the_rows",
            _by(lambda x, numbers: (x - x.mean(dim=0)).square().sum(dim=1)),
            "The distance to the mean of all rows, or to the origin, counts. It is that to the nearest centre so far.",
            0.25,
            forms=[_by(lambda x, numbers: x.square().sum(dim=1))],
        ),
        Mistake(
            "first_is_row_0",
            _begun(lambda x, generator: 0),
            "The first centre is always the same row. It is drawn too, each row alike.",
            0.5,
            forms=[_begun(lambda x, generator: len(x) - 1),
                   _begun(lambda x, generator: int((x - x.mean(dim=0)).square().sum(dim=1).argmin())),
                   _begun(lambda x, generator: int((x - x.mean(dim=0)).square().sum(dim=1).argmax()))],
        ),
        Mistake(
            "first_never_the_last_row",
            _begun(lambda x, generator: int(torch.randint(
                max(len(x) - 1, 1), (1,), generator=generator, device=generator.device))),
            "One row is never the first centre, the last or the first. `torch.randint(n, ...)` draws from 0 to n - 1: "
            "its upper end is left out already.",
            0.9,
            forms=[_begun(lambda x, generator: int(torch.randint(
                min(1, len(x) - 1), len(x), (1,), generator=generator, device=generator.device)))],
        ),
        Mistake(
            "first_not_uniform",
            _begun(lambda x, generator: int(torch.multinomial(
                (x - x.mean(dim=0)).square().sum(dim=1), 1, generator=generator))),
            "The first centre is drawn by a distance to the middle or to the origin. There is no centre yet: each row "
            "is equally likely.",
            0.5,
            forms=[_begun(lambda x, generator: int(torch.multinomial(x.square().sum(dim=1), 1, generator=generator)))],
        ),
        Mistake(
            "means_of_data",
            lambda x, k, generator: torch.stack([part.mean(dim=0) for part in x[
                torch.randperm(len(x), generator=generator, device=generator.device)].tensor_split(k)]),
            "The centres are no rows of x. k-means++ chooses rows; means come afterwards, in k-means itself.",
            0.25,
            forms=[_ended(lambda x, centers: torch.stack([
                x[squares(x, centers).argmin(dim=1) == j].mean(dim=0) for j in range(len(centers))]) + 0.01)],
        ),
        Mistake(
            "numbers_of_rows",
            _ended(lambda x, centers: squares(centers, x).argmin(dim=1)),
            "These are the numbers of rows. Return the rows themselves, x[numbers].",
            0.5,
        ),
        Mistake(
            "another_order",
            _ended(lambda x, centers: torch.cat([centers[1:], centers[:1]])),
            "The centres are not in the order in which they were drawn: the first is the one that each row may be.",
            0.5,
            forms=[_rows_drawn(uniform_row, nearest_squares, sorted),
                   _ended(lambda x, centers: centers.flip(0))],
        ),
        Mistake(
            "one_more",
            lambda x, k, generator: reference.kmeans_plus_plus(x, k + 1, generator),
            "There is one centre too many or too few. The first counts too: k in all.",
            0.5,
            forms=[lambda x, k, generator: reference.kmeans_plus_plus(x, max(k - 1, 1), generator)[:max(k - 1, 0)]],
        ),
        Mistake(
            "own_generator",
            _own_generator,
            "The draws do not come from the generator that is given: the same seed brings other centres.",
            0.5,
        ),
        Mistake(
            "fixed_seed",
            _fixed_seed,
            "Every call brings the same centres, whatever the generator: it is seeded anew within the function.",
            0.5,
        ),
        Mistake(
            "generator_set_back",
            _set_back,
            "The generator is set back to its seed, so that a second call brings the same centres.",
            0.5,
        ),
    ],
    equivalent={
        reasons.DEVICE: ["chosen = [int(torch.randint(len(x), (1,), generator=generator))]"],
        reasons.SAME_DEVICE: ["chosen = [int(torch.randint(len(x), (1,), generator=generator, device=x.device))]"],
        "A tensor of one number and one without axes are alike here.": [
            "chosen = [int(torch.randint(len(x), (), generator=generator, device=generator.device))]",
        ],
        reasons.SIGN_LOST: [
            "nearest = ((x[chosen[0]] - x) ** 2).sum(dim=1)",
            "nearest = torch.minimum(nearest, ((x[chosen[-1]] - x) ** 2).sum(dim=1))",
        ],
        "There is one centre so far: the first is the last.": ["nearest = ((x - x[chosen[-1]]) ** 2).sum(dim=1)"],
        reasons.ANY_ORDER: ["nearest = torch.minimum(((x - x[chosen[-1]]) ** 2).sum(dim=1), nearest)"],
    },
)  # fmt: skip
