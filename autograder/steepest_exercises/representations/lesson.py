"""Exercises of `13_representations`, in the order of the lesson."""

from __future__ import annotations

from steepest_exercises.representations.bumps import RBF_FEATURES

__all__ = ["EXERCISES", "LESSON"]

LESSON = "13_representations"
EXERCISES = (RBF_FEATURES,)
