"""Exercises of `07_second_order`, in the order of the lesson."""

from __future__ import annotations

from steepest_exercises.second_order.backtracking import BACKTRACK
from steepest_exercises.second_order.bfgs import BFGS_UPDATE
from steepest_exercises.second_order.conjugate import CG_SOLVE
from steepest_exercises.second_order.directions import CG_DIRECTION
from steepest_exercises.second_order.fisher import FISHER_MATRIX
from steepest_exercises.second_order.gauss_newton import GAUSS_NEWTON_STEP
from steepest_exercises.second_order.lbfgs import LBFGS_DIRECTION
from steepest_exercises.second_order.newton import NEWTON_STEP
from steepest_exercises.second_order.saddle_free import SADDLE_FREE_STEP

__all__ = ["EXERCISES", "LESSON"]

LESSON = "07_second_order"
EXERCISES = (
    NEWTON_STEP,
    SADDLE_FREE_STEP,
    BACKTRACK,
    GAUSS_NEWTON_STEP,
    FISHER_MATRIX,
    BFGS_UPDATE,
    LBFGS_DIRECTION,
    CG_SOLVE,
    CG_DIRECTION,
)
