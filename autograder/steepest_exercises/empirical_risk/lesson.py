"""Exercises of `01_empirical_risk`, in the order of the lesson."""

from __future__ import annotations

from steepest_exercises.empirical_risk.gradient import NLL_GRADIENT
from steepest_exercises.empirical_risk.likelihood import NEGATIVE_LOG_LIKELIHOOD
from steepest_exercises.empirical_risk.logistic import LOGISTIC_LOSS
from steepest_exercises.empirical_risk.mean import EMPIRICAL_RISK
from steepest_exercises.empirical_risk.stopping import EARLY_STOP
from steepest_exercises.empirical_risk.zero_one import ZERO_ONE_LOSS

__all__ = ["EXERCISES", "LESSON"]

LESSON = "01_empirical_risk"
EXERCISES = (
    EMPIRICAL_RISK,
    ZERO_ONE_LOSS,
    LOGISTIC_LOSS,
    NEGATIVE_LOG_LIKELIHOOD,
    NLL_GRADIENT,
    EARLY_STOP,
)
