"""The ladder of credit of `train_step`: from which mean accuracy on there is how much, and what is said of it.

Ten recipes over twelve sets of seeds say how far luck moves a mean, see `autograder/bench/ladder.py`.
"""

from __future__ import annotations

from steepest._drives.learner import HEARS, REPEATS, SAFE, SCORE, level
from steepest_grader.exercise.model import Rung

STEPS = {20: 0.1, 27: 0.2, 34: 0.3, 40: 0.4, 45: 0.5, 49: 0.6, 52: 0.7, 55: 0.8, 58: 0.9, 61: 1.0}  # by per cent
LEVELS = [float(bound) for bound in STEPS]
LOWEST = "below_20_percent"
ELSEWHERE = 0.1  # what draws from another generator cost

ADVICE = {  # by the accuracy up to which it holds
    20: "That is hardly better than guessing. Does `train_step` return what it has computed, does the "
    "step go downhill, with a rate that is not far too large, and does `predict_digits` read what was trained?",
    40: "It learns, but little comes of it. With batch normalization: are the running statistics updated at each "
    "step, and does `predict_digits` see the rows as training did? If so: is the rate ten times too small or too "
    "large, does the start keep the size of the signals (lesson 9), and does every layer learn?",
    49: "Of the same gradients momentum and Adam make more (lessons 5 and 6), with a rate that is tried out.",
    55: "What usually brings the next step: a rate that ends low, as in one cycle (lesson 4), and a wider net.",
    61: "What usually brings the next step: batch normalization (lesson 12) with a higher rate, a wider "
    "or a deeper net. Change one thing at a time, and compare over several seeds.",
    101: "From here on it is for the leaderboard.",
}
NEAR = "By the spread of the seeds luck moves such a mean by more: with the secret ones it may come out a step lower."
STEADY = (
    "By the spread of the seeds luck seldom moves such a mean below the step, so the secret ones should say the same."
)
DRAWN = (
    "The same seeds do not give the same net, which costs a tenth: something is drawn from elsewhere than `generator`, "
    "or a counter or the like is kept outside of the state."
)
FIRST = (
    "Other minibatches give the same net: only the first one enters. Is something kept from the first call and never "
    "replaced, or is the old state returned?"
)


def credit(percent: float) -> float:
    """The share of the points from a mean accuracy on."""
    return max((share for bound, share in STEPS.items() if percent >= bound), default=0.0)


def ladder() -> list[Rung]:
    """Every level, safe or not: as it is, with draws from elsewhere, and where later minibatches play no part."""
    rungs = []
    for low, high in zip([0.0, *LEVELS], [*LEVELS, 101.0], strict=True):
        label, earned = level(low / 100, LEVELS), credit(low)
        name = LOWEST if not low else f"from_{low:.0f}_percent"
        advice = next(text for bound, text in ADVICE.items() if high <= bound)
        less = max(earned - ELSEWHERE, 0.0)
        for safe in (True, False) if low else (True,):
            here = name if safe else f"{name}_by_little"
            seen = {SCORE: label, SAFE: safe}
            place = f" {STEADY if safe else NEAR}" if low else ""
            text = f"The mean accuracy on new rows is {label}: {100 * earned:.0f} % of the points.{place} {advice}"
            rungs.append(Rung(here, seen, text, earned))
            rungs.append(Rung(f"{here}_drawn_elsewhere", seen | {REPEATS: False}, f"{DRAWN} {text}", less))
            if low:
                rungs.append(Rung(f"{here}_by_the_first_minibatch", seen | {HEARS: False}, FIRST, 0.1))
    return rungs
