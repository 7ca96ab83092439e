"""How the exercises of a lesson measure: difficulty and discrimination, as classical test theory has them.

With shares of points x for one exercise and the sum of points y over the other exercises of the lesson, over the same
submissions:

- difficulty is the mean of x; a high value is an easy exercise;
- discrimination is the correlation of x with y, r = cov(x, y) / (s_x s_y). The exercise itself is left out of y, which
  is what makes it the *corrected* item-total correlation; where x is 0 or 1 throughout it is the point-biserial one,
  r = (m₁ − m₀) √(p q) / s_y, with m₁ and m₀ the means of y of those who have solved it and of those who have not.

Source: F. M. Lord and M. R. Novick, *Statistical Theories of Mental Test Scores*, 1968, chapter 15.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["difficulty", "discriminations"]

FEWEST = 3  # with two submissions every correlation is 1 or -1


def difficulty(shares: Sequence[float]) -> float | None:
    """Mean share of the points; None where nobody has any mark."""
    return float(np.mean(shares)) if shares else None


def discriminations(scores: Sequence[Sequence[float]]) -> list[float | None]:
    """Corrected item-total correlation of every exercise.

    Parameters
    ----------
    scores : sequence of sequence of float
        Points, one row for each submission, one column for each exercise.

    Returns
    -------
    list of float or None
        One for each exercise, from −1 to 1; None where it has no value, because there are fewer than three
        submissions, a single exercise, or no difference between submissions.
    """
    if not scores or not scores[0]:
        return []
    points = np.asarray(scores, dtype=float)
    rests = points.sum(axis=1, keepdims=True) - points
    return [_correlation(points[:, column], rests[:, column]) for column in range(points.shape[1])]


def _correlation(one: np.ndarray, other: np.ndarray) -> float | None:
    if len(one) < FEWEST or _constant(one) or _constant(other):
        return None
    return float(np.clip(np.corrcoef(one, other)[0, 1], -1, 1))


def _constant(values: np.ndarray) -> bool:
    """Whether nothing differs but by rounding."""
    return bool(np.ptp(values) <= 1e-9 * max(1.0, float(np.abs(values).max())))
