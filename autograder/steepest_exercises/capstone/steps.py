"""The ladder of credit of `train_step`: from which mean accuracy on there is how much, and what is said of it.

Ten recipes over twelve sets of seeds say how far luck moves a mean, see `autograder/bench/ladder.py`.
"""

from __future__ import annotations

from steepest._drives.learner import HEARS, REPEATS, SCORE, level
from steepest_grader.exercise.model import Rung

STEPS = {20: 0.1, 27: 0.2, 34: 0.3, 40: 0.4, 45: 0.5, 49: 0.6, 52: 0.7, 55: 0.8, 58: 0.9, 61: 1.0}  # by per cent
LEVELS = sorted({float(bound) for step in STEPS for bound in (step, step + 1)})
LOWEST = "below_20_percent"
ELSEWHERE = 0.1  # what draws from another generator cost

ADVICE = {  # by the accuracy up to which it holds
    20: "That is hardly better than guessing. Does `train_step` return what it has computed, does the "
    "step go downhill, and does `predict_digits` read what was trained?",
    40: "It learns, but slowly. 400 minibatches are few: is the rate ten times too small, does the start "
    "keep the size of the signals (lesson 9), and does every layer learn?",
    49: "Of the same gradients momentum and Adam make more (lessons 5 and 6), with a rate that is tried out.",
    55: "What usually brings the next step: a rate that ends low, as in one cycle (lesson 4), and a wider net.",
    61: "What usually brings the next step: batch normalization (lesson 12) with a higher rate, a wider "
    "or a deeper net. Change one thing at a time, and compare over several seeds.",
    101: "From here on it is for the leaderboard.",
}
NEAR = "It is less than a point above a step: with the secret seeds it may come out a step lower."
SAFE = "It is a point or more above the last step, so the secret seeds should say the same."
DRAWN = (
    "The same seeds do not give the same net: something is drawn from elsewhere than `generator`, which costs a tenth."
)
FIRST = (
    "Other minibatches give the same net: only the first one enters. Is something kept from the first call and never "
    "replaced, or is the old state returned?"
)


def credit(percent: float) -> float:
    """The share of the points from a mean accuracy on."""
    return max((share for bound, share in STEPS.items() if percent >= bound), default=0.0)


def ladder() -> list[Rung]:
    """Every level, as it is, with draws from elsewhere, and where later minibatches play no part."""
    rungs = []
    for low, high in zip([0.0, *LEVELS], [*LEVELS, 101.0], strict=True):
        label, earned = level(low / 100, LEVELS), credit(low)
        name = LOWEST if not low else f"from_{low:.0f}_percent"
        place = "" if not low else f" {NEAR if low in STEPS else SAFE}"
        advice = next(text for bound, text in ADVICE.items() if high <= bound)
        text = f"The mean accuracy on new rows is {label}: {100 * earned:.0f} % of the points.{place} {advice}"
        less = max(earned - ELSEWHERE, 0.0)
        rungs.append(Rung(name, {SCORE: label}, text, earned))
        rungs.append(Rung(f"{name}_drawn_elsewhere", {SCORE: label, REPEATS: False}, f"{DRAWN} {text}", less))
        if low:
            rungs.append(Rung(f"{name}_by_the_first_minibatch", {SCORE: label, HEARS: False}, FIRST, 0.1))
    return rungs
