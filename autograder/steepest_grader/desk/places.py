"""Places from results on the same tasks, as far as these tell entrants apart.

All entrants meet the same tasks, and some tasks are harder than others for everybody. So two of them are compared by
the differences task by task, in which that cancels. Who is behind by at most `TIES` standard errors of this difference
shares the place: so much comes by luck.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev

__all__ = ["TIES", "behind", "mean_and_error", "placed"]

TIES = 2.0


def mean_and_error(results: Sequence[float]) -> tuple[float, float]:
    """The mean, and its standard error, which is infinite where there is but one result."""
    return fmean(results), stdev(results) / math.sqrt(len(results)) if len(results) > 1 else math.inf


def behind(better: Sequence[float], other: Sequence[float]) -> bool:
    """Whether the results of the other are lower by more than luck on the same tasks brings."""
    mean, error = mean_and_error([a - b for a, b in zip(better, other, strict=True)])
    return mean > TIES * error


def placed(results: Mapping[str, Sequence[float]]) -> dict[str, int]:
    """The place of each, the best first.

    Whoever is not behind the first of a place shares it. It is always the first that is compared with, so that no chain
    of small steps gives one place to the best and to the worst. After a place that two share the next is left out.

    Parameters
    ----------
    results : mapping of str to sequence of float
        For each entrant one result for each task, in the same order.

    Returns
    -------
    dict of str to int
        In the order of means; entrants with the same mean stay in their order.
    """
    places: dict[str, int] = {}
    first, place = "", 0
    for number, name in enumerate(sorted(results, key=lambda name: -fmean(results[name])), start=1):
        if not first or behind(results[first], results[name]):
            first, place = name, number
        places[name] = place
    return places
