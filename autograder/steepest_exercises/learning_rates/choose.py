"""Exercise `choose_rate` of `04_learning_rates`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import mean

import numpy as np
import torch
from steepest._checks.wire import Named
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.learning_rates import reference

Run = Callable[[float], Tensor]
Choice = Callable[[Run, Sequence[float]], object]
HUGE = 1e30  # above every number that one would begin a search with
LOWEST_EVER = "The lowest loss anywhere in a run decides. A run may dip and climb again: what counts is where it ends."


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def runs(
        ends: Sequence[float], n: int, *, dips: int | None = None, slow: int | None = None, high: int | None = None
    ) -> np.ndarray:
        """Falls that have arrived by their last tenth; one may dip below all ends, one fall late, one start high."""
        rows = []
        for place, end in enumerate(ends):
            start = rng.uniform(3.1, 3.3) if place == high else rng.uniform(2.2, 2.4)
            speed = 6.0 if place == slow else rng.uniform(30, 60)
            row = end + (start - end) * np.exp(-speed * np.arange(n) / n)
            if place == dips:
                row[n // 3 : n // 3 + 2] = min(ends) - rng.uniform(0.02, 0.08)
            rows.append(row)
        return np.stack(rows)

    def diverged(n: int, value: float) -> np.ndarray:
        row = 2.4 * 1.5 ** np.arange(n)
        row[n // 2 :] = value
        return row

    def case(
        name: str,
        rates: Sequence[float],
        losses: np.ndarray,
        dtype: torch.dtype = torch.float64,
        corner: float = 0.0,
    ) -> Case:
        again = torch.from_numpy(losses[np.argsort(losses[:, 0])[::-1]].copy()).to(dtype).roll(1, 0)
        again = torch.where(again.isfinite(), again, 2.5)
        table = {"rates": list(rates), "losses": torch.from_numpy(losses).to(dtype), "again": again}
        inputs = {"args": [Named("rate_table", table), list(rates)], "kwargs": {}, "outputs": ["the rate"]}
        return Case(name, inputs, corner=corner)

    def grid(n: int) -> list[float]:
        """Rates that grow by a factor of about three."""
        return [float(rate) for rate in rng.uniform(0.0008, 0.0012) * 3.0 ** np.arange(n) * rng.uniform(0.9, 1.1, n)]

    def ends(*shape: float) -> list[float]:
        return [value + float(rng.uniform(-0.01, 0.01)) for value in shape]

    def disorder(rates: list[float], losses: np.ndarray) -> tuple[list[float], np.ndarray]:
        """The first of them does not diverge: that is a case of its own."""
        order = rng.permutation(len(rates))
        order = np.roll(order, -int(np.isfinite(losses[order, -1]).argmax()))
        return [rates[place] for place in order], losses[order]

    six, five, seven, four = grid(6), grid(5), grid(7), grid(4)
    blown = runs(ends(1.9, 1.2, 0.6, 0.35, 0.8, 1.0, 1.0), 100)
    blown[5], blown[6] = diverged(100, math.inf), diverged(100, math.nan)
    first_lost = runs(ends(1.2, 0.6, 0.5, 0.3, 1.0), 50)
    first_lost[0] = diverged(50, math.nan)
    middle = runs(ends(1.6, 1.0, 0.7, 0.4, 0.5), 20)
    middle[2] = diverged(20, math.nan)
    jumping = runs(ends(1.6, 0.45, 0.8, 1.0), 20)
    jumping[2, -2:] = 0.55, 0.2
    recovered = runs(ends(1.6, 0.9, 0.4, 0.7), 50)
    recovered[2, 12:14] = math.inf
    perfect = runs(ends(1.6, 0.45, 0.1, 1.0), 50)
    perfect[2, -5:] = 0.0
    return [
        case("six rates", six, runs(ends(2.0, 1.4, 0.7, 0.4, 0.45, 1.1), 100, high=4)),
        case("a run that dips and climbs again", five, runs(ends(1.8, 0.9, 0.45, 0.8, 1.2), 50, dips=3)),
        case("the best run falls late", five, runs(ends(1.5, 1.0, 0.6, 0.5, 0.9), 100, slow=3)),
        case("a run that starts high", five, runs(ends(1.5, 0.45, 0.4, 0.9, 1.2), 20, high=1)),
        case("the two largest rates diverge, to inf and to nan", seven, blown),
        case("the rates come from the largest down, and the first diverges", five[::-1], first_lost, corner=0.1),
        case("a rate in the middle diverges to nan", five, middle),
        case("the largest rate is the best", four, runs(ends(1.8, 1.1, 0.7, 0.2), 50)),
        case("the smallest rate is the best, and falls late", five, runs(ends(0.5, 0.6, 0.9, 1.5, 1.8), 50, slow=0)),
        case("the ends fall, rise and fall again", five, runs(ends(1.5, 0.7, 0.9, 0.4, 1.2), 100)),
        case("the loss jumps at the very end", four, jumping),
        case("a run that ends at exactly 0", four, perfect, corner=0.1),
        case("an inf on the way to the best end", four, recovered, corner=0.1),
        case("losses below zero", five, runs(ends(0.6, 0.1, -0.9, -0.4, 0.5), 100)),
        case("rates in disorder", *disorder(six, runs(ends(1.9, 1.3, 0.5, 0.25, 0.6, 1.0), 20, dips=4))),
        case("rates in disorder, some diverge", *disorder(seven, blown)),
        case("float32", *disorder(six, runs(ends(1.7, 0.9, 0.3, 0.35, 0.8, 1.4), 50, dips=4, high=3)), torch.float32),
        case("every run ends at a huge loss", six, runs(ends(2.0, 1.6, 0.9, 0.5, 0.7, 1.2), 50) * HUGE, corner=0.1),
        case("a single rate", [0.1 * float(rng.uniform(0.5, 2))], runs(ends(0.7), 20)),
    ]


def _by_score(score: Callable[[Tensor], float], among: Callable[[Tensor], bool] = lambda losses: True) -> Choice:
    """The rate of the lowest score, among runs of which something holds."""

    def choose_rate(short_run: Run, rates: Sequence[float]) -> object:
        best, chosen = math.inf, rates[0]
        for lr in rates:
            losses = short_run(lr)
            if among(losses) and score(losses) < best:
                best, chosen = score(losses), lr
        return chosen

    return choose_rate


def _sound(losses: Tensor) -> bool:
    return bool(losses[-1].isfinite())


def _last(losses: Tensor) -> float:
    return float(losses[-1])


def _last_tenth(losses: Tensor) -> float:
    return float(losses[-(len(losses) // 10) :].mean())


def _ends(short_run: Run, rates: Sequence[float]) -> Tensor:
    return torch.stack([short_run(lr)[-1] for lr in rates])


def _by_ends(place: Callable[[Tensor], object]) -> Choice:
    """The rate at the place that all ends together decide."""

    def choose_rate(short_run: Run, rates: Sequence[float]) -> object:
        return rates[int(place(_ends(short_run, rates)))]  # type: ignore[call-overload]

    return choose_rate


def _raised(ends: Tensor) -> Tensor:
    """Ends with inf in the place of nan."""
    return torch.where(ends.isnan(), torch.inf, ends)


def _twice(short_run: Run, rates: Sequence[float]) -> object:
    sound = [lr for lr in rates if short_run(lr)[-1].isfinite()]
    return min(sound, key=lambda lr: float(short_run(lr)[-1]))


def _twice_the_best(short_run: Run, rates: Sequence[float]) -> object:
    chosen = rates[0]
    for lr in rates:
        end = float(short_run(lr)[-1])
        if math.isfinite(end) and end <= float(short_run(chosen)[-1]):
            chosen = lr
    return chosen


def _twice_but_for_the_first(short_run: Run, rates: Sequence[float]) -> object:
    """The best loss is not kept: the best rate so far is run again for each comparison."""
    chosen: float | None = None
    for lr in rates:
        end = float(short_run(lr)[-1])
        if math.isfinite(end) and (chosen is None or end < float(short_run(chosen)[-1])):
            chosen = lr
    return chosen


def _first_is_kept(short_run: Run, rates: Sequence[float]) -> object:
    """A loop that begins with the first run, whatever came of it."""
    chosen, best = rates[0], float(short_run(rates[0])[-1])
    for lr in rates[1:]:
        end = float(short_run(lr)[-1])
        if end < best:
            chosen, best = lr, end
    return chosen


def _place_among_the_sound(short_run: Run, rates: Sequence[float]) -> object:
    ends = _ends(short_run, rates)
    return rates[int(ends[ends.isfinite()].argmin())]


def _unless_not_lower(short_run: Run, rates: Sequence[float]) -> object:
    """A loop that asks the other way round, so that a nan is kept, and is replaced by whatever comes next."""
    chosen, best = rates[0], math.inf
    for lr in rates:
        end = float(short_run(lr)[-1])
        if not end >= best:
            chosen, best = lr, end
    return chosen


def _from(best: float, chosen: Callable[[Sequence[float]], float | None]) -> Choice:
    """A loop whose best loss begins with a number, and its rate with what `chosen` gives."""

    def choose_rate(short_run: Run, rates: Sequence[float]) -> object:
        lowest, found = best, chosen(rates)
        for lr in rates:
            end = float(short_run(lr)[-1])
            if end < lowest:
                found, lowest = lr, end
        return found

    return choose_rate


def _last_sound(short_run: Run, rates: Sequence[float]) -> object:
    return [lr for lr in rates if short_run(lr)[-1].isfinite()][-1]


def _until(stop: Callable[[float, float], bool], *, begins: bool = True, passes: bool = False) -> Choice:
    """A loop that ends at the first run whose last loss, beside the best so far, says so.

    Parameters
    ----------
    stop : callable
        Whether it ends, from the last loss and the best so far.
    begins : bool
        Whether it begins with the first rate, and not with nothing.
    passes : bool
        Whether runs that do not end in a number are passed by before that.
    """

    def choose_rate(short_run: Run, rates: Sequence[float]) -> object:
        best, chosen = math.inf, rates[0] if begins else None
        for lr in rates:
            end = float(short_run(lr)[-1])
            if passes and not math.isfinite(end):
                continue
            if stop(end, best):
                break
            if end < best:
                chosen, best = lr, end
        return chosen

    return choose_rate


def _by_rank(rank: Callable[[list[float]], float]) -> Choice:
    """One of the rates that do not diverge, sorted, by its place alone."""
    return lambda short_run, rates: rank(sorted(lr for lr in rates if short_run(lr)[-1].isfinite()))


def _mean_of_last(n: int) -> Callable[[Tensor], float]:
    """The mean of the last n losses, however many there are."""
    return lambda losses: float(losses[-n:].mean())


def _sorted_beside(short_run: Run, rates: Sequence[float]) -> object:
    """The runs are made in the order of the rates' size, and the list stays as it is."""
    ends = _raised(_ends(short_run, sorted(rates)))
    return rates[int(ends.argmin())]


def _in_numpy(short_run: Run, rates: Sequence[float]) -> object:
    ends = np.array([float(short_run(lr)[-1]) for lr in rates])
    ends[~np.isfinite(ends)] = np.inf
    return rates[int(np.argmin(ends))]


def _sorted_pairs(short_run: Run, rates: Sequence[float]) -> object:
    pairs = [(float(short_run(lr)[-1]), lr) for lr in rates]
    return sorted(pair for pair in pairs if math.isfinite(pair[0]))[0][1]


def _by_dict(short_run: Run, rates: Sequence[float]) -> object:
    ends = {lr: short_run(lr)[-1].item() for lr in rates}
    return min((lr for lr in ends if math.isfinite(ends[lr])), key=lambda lr: ends[lr])


def _before_it_diverges(short_run: Run, rates: Sequence[float]) -> object:
    """The largest rate that ends in a number."""
    return max(lr for lr in rates if short_run(lr)[-1].isfinite())


def _before_it_rises(short_run: Run, rates: Sequence[float]) -> object:
    """The largest rate whose run ends below its start."""
    good = [lr for lr in rates if (losses := short_run(lr))[-1].isfinite() and losses[-1] < losses[0]]
    return max(good)


def _with(result: Callable[[Sequence[float], Tensor, int], object]) -> Choice:
    """What is made of the rates, their ends and the place of the lowest one."""

    def choose_rate(short_run: Run, rates: Sequence[float]) -> object:
        ends = _raised(_ends(short_run, rates))
        return result(rates, ends, int(ends.argmin()))

    return choose_rate


CHOOSE_RATE = Exercise(
    id="choose_rate",
    reference=reference.choose_rate,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("loop", _by_score(_last, _sound)),
        Accepted("mean_of_the_last_tenth", _by_score(_last_tenth, _sound)),
        Accepted("nan_to_inf", _by_ends(lambda ends: _raised(ends).argmin())),
        Accepted("in_numpy", _in_numpy),
        Accepted("sorted_pairs", _sorted_pairs),
        Accepted("by_dict", _by_dict),
    ],
    mistakes=[
        Mistake(
            "nan_wins",
            _by_ends(lambda ends: ends.argmin()),
            "A run that ended in nan is chosen, or hides the others: `argmin` takes a nan for the smallest, and no "
            "comparison with nan is true. Leave out the runs whose last loss is not finite.",
            credit=0.5,
            forms=[_by_ends(lambda ends: ends.nan_to_num(nan=0.0).argmin()), _unless_not_lower],
        ),
        Mistake(
            "first_run_unchecked",
            _first_is_kept,
            "The first run is the best so far before anybody has looked at it. If it ends in nan no other can beat it, "
            "since every comparison with nan is false. Begin with infinity.",
            credit=0.9,
            forms=[_by_ends(lambda ends: min(range(len(ends)), key=lambda place: float(ends[place])))],
        ),
        Mistake(
            "begins_with_a_number",
            _from(10.0, lambda rates: None),
            "The best loss begins with a number, and no run that ends above it can win. Losses may have any size: "
            "begin with infinity.",
            credit=0.9,
            forms=[_from(1e9, lambda rates: rates[0]), _from(1e9, lambda rates: 0.0)],
        ),
        Mistake(
            "lost_by_an_inf_on_the_way",
            _by_score(_last, lambda losses: bool(losses.isfinite().all())),
            "A run is left out because of a loss on the way that is not finite. Only where it ends counts: look at its "
            "last loss.",
            credit=0.9,
        ),
        Mistake(
            "place_among_the_sound_runs",
            _place_among_the_sound,
            "The place of the lowest loss is counted without the runs that were left out, and looked up in the whole "
            "list of rates. Keep each loss with its rate.",
            credit=0.5,
        ),
        Mistake(
            "last_sound_run",
            _last_sound,
            "The last run that ends in a number wins, whatever the others did. When a run takes the lead, the best "
            "loss so far has to be replaced as well as the best rate.",
            credit=0.25,
        ),
        Mistake(
            "lowest_ever",
            _by_score(lambda losses: float(losses.nan_to_num(nan=math.inf).min()), _sound),
            LOWEST_EVER,
            credit=0.5,
            forms=[
                _by_score(lambda losses: float(losses[losses.isfinite()].min())),
                _by_score(lambda losses: min(losses.tolist())),
            ],
        ),
        Mistake(
            "first_loss",
            _by_score(lambda losses: float(losses[0]), _sound),
            "The first loss of each run is compared, before any step was taken: it says nothing of the rate. The last "
            "one does, `losses[-1]`.",
            forms=[_by_score(lambda losses: float(losses[0]))],
        ),
        Mistake(
            "mean_of_the_whole_run",
            _by_score(lambda losses: float(losses.mean()), _sound),
            "The mean over the whole run is compared, so that a quick start counts as much as a good end. Compare "
            "where the runs end.",
            credit=0.5,
            forms=[
                _by_score(lambda losses: float(losses.sum()), _sound),
                _by_score(lambda losses: float(losses[: len(losses) // 2].mean()), _sound),
                _by_score(lambda losses: float(losses[len(losses) // 10])),
            ],
        ),
        Mistake(
            "more_than_the_end",
            _by_score(_mean_of_last(10), _sound),
            "What is compared is not the end of a run: a fixed number of losses is half of a short run, and the last "
            "but one is not the last. Take `losses[-1]`, or the mean of the last `len(losses) // 10`.",
            credit=0.5,
            forms=[
                _by_score(_mean_of_last(10)),
                _by_score(_mean_of_last(5), _sound),
                _by_score(_mean_of_last(5)),
                _by_score(_mean_of_last(20), _sound),
                _by_score(lambda losses: float(losses[len(losses) // 2 :].mean()), _sound),
                _by_score(lambda losses: float(losses[-2]), _sound),
            ],
        ),
        Mistake(
            "by_a_rule_of_thumb",
            _by_rank(lambda sound: sound[max(len(sound) - 2, 0)]),
            "The rate is taken by its place among those that do not diverge, whatever their runs did. Compare where "
            "the runs end.",
            credit=0.25,
            forms=[
                _by_rank(lambda sound: sound[len(sound) // 2]),
                _by_rank(lambda sound: sound[(len(sound) - 1) // 2]),
                _by_rank(lambda sound: sound[max(len(sound) - 3, 0)]),
            ],
        ),
        Mistake(
            "largest_fall",
            _by_score(lambda losses: float(losses[-1] - losses[0]), _sound),
            "The fall from the first loss to the last is compared. The runs do not start at the same loss; what counts "
            "is how low they end.",
            credit=0.5,
            forms=[_by_score(lambda losses: float(losses[-1] / losses[0]), _sound)],
        ),
        Mistake(
            "largest_that_does_not_diverge",
            _before_it_diverges,
            "This is the largest rate that does not diverge. It may bounce without getting anywhere: take the one that "
            "ends lowest.",
            credit=0.25,
            forms=[_before_it_rises],
        ),
        Mistake(
            "smallest_rate",
            lambda short_run, rates: min(lr for lr in rates if short_run(lr)[-1].isfinite()),
            "The smallest rate is chosen, whatever its run did. It is safe and slow: compare where the runs end.",
        ),
        Mistake(
            "stops_at_the_first_divergence",
            _until(lambda end, best: not math.isfinite(end)),
            "It stops at the first run that diverges, as if the rates came from the smallest up. They need not: "
            "leave that run out and go on.",
            credit=0.5,
            forms=[
                _until(lambda end, best: math.isnan(end)),
                _until(lambda end, best: not math.isfinite(end), begins=False),
            ],
        ),
        Mistake(
            "stops_at_the_first_rise",
            _until(lambda end, best: not end < best),
            "It stops as soon as a run ends higher than the one before. The rates come in any order: try all of them.",
            credit=0.25,
            forms=[
                _until(lambda end, best: not end < best, begins=False),
                _until(lambda end, best: not end < best, begins=False, passes=True),
            ],
        ),
        Mistake(
            "order_of_rates_and_losses_differs",
            _sorted_beside,
            "The losses are those of the sorted rates, and the place of the lowest is looked up in the list as it was "
            "given. Keep rate and loss together.",
            credit=0.5,
        ),
        Mistake(
            "first_or_last_in_the_list",
            _by_ends(lambda ends: 0),
            "The place in the list decides, not the run. Compare the last losses; a best loss that is kept from run to "
            "run begins with infinity.",
            forms=[_by_ends(lambda ends: -1), _by_ends(lambda ends: len(ends) // 2)],
        ),
        Mistake(
            "highest_end",
            _by_score(lambda losses: -float(losses[-1]), _sound),
            "The run that ends highest is chosen. A loss is better the lower it is.",
            forms=[_by_ends(lambda ends: torch.where(ends.isfinite(), ends, -torch.inf).argmax())],
        ),
        Mistake(
            "last_but_one",
            _with(lambda rates, ends, place: rates[max(place - 1, 0)]),
            "The rate beside the right one is returned: are rates and losses still in the same order where yours are "
            "compared?",
            credit=0.25,
            forms=[_with(lambda rates, ends, place: rates[min(place + 1, len(rates) - 1)])],
        ),
        Mistake(
            "returns_the_place",
            _with(lambda rates, ends, place: place),
            "This is the place of the best rate in the list. Return the rate itself, `rates[place]`.",
            credit=0.5,
            forms=[_with(lambda rates, ends, place: place + 1)],
        ),
        Mistake(
            "returns_the_loss",
            _with(lambda rates, ends, place: float(ends[place])),
            "This is the lowest last loss. Return the rate whose run it ended.",
            credit=0.5,
            forms=[_with(lambda rates, ends, place: ends[place])],
        ),
        Mistake(
            "runs_a_rate_twice",
            _twice,
            "A rate is run a second time. That costs as much again, and another run draws other minibatches and ends "
            "elsewhere: keep what the first one gave.",
            credit=0.5,
            forms=[_twice_the_best, _twice_but_for_the_first],
        ),
        Mistake(
            "a_tenth_of_the_best",
            _with(lambda rates, ends, place: rates[place] / 10),
            "This is a share of the rate that is asked for. The rule of a tenth belongs to the range test; here the "
            "rate itself has been run.",
            credit=0.5,
            forms=[_with(lambda rates, ends, place: rates[place] / 2)],
        ),
        Mistake(
            "between_the_best_two",
            _with(lambda rates, ends, place: mean(lr for _, lr in sorted(zip(ends.tolist(), rates, strict=True))[:2])),
            "This lies between two rates, and nobody has run it. Return one of the rates, as it was given.",
            credit=0.25,
        ),
    ],
    equivalent={
        "The same comparisons, of losses that stay tensors.": ["loss = short_run(lr)[-1]"],
        "No comparison with nan is true, and inf is not below inf.": ["if loss < best_loss:"],
        "No two runs end at the same loss.": ["if math.isfinite(loss) and loss <= best_loss:"],
    },
)
