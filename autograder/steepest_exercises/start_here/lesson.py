"""Exercises of `00_start_here`, in the order of the lesson."""

from __future__ import annotations

from steepest_exercises.start_here.line import FIT_LINE
from steepest_exercises.start_here.path import DESCENT_PATH
from steepest_exercises.start_here.step import GD_STEP

__all__ = ["EXERCISES", "LESSON"]

LESSON = "00_start_here"
EXERCISES = (GD_STEP, DESCENT_PATH, FIT_LINE)
