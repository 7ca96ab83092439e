"""Exercises of `08_backpropagation`: graphs, one layer, slopes, the end of a net, all of it, and its depth."""

from __future__ import annotations

from steepest_exercises.backpropagation.costs import CHAIN_COSTS
from steepest_exercises.backpropagation.delta import OUTPUT_DELTA
from steepest_exercises.backpropagation.dense import DENSE_BACKWARD
from steepest_exercises.backpropagation.depth import DELTA_NORMS
from steepest_exercises.backpropagation.differences import NUMERICAL_GRADIENT
from steepest_exercises.backpropagation.graph import GRAPH_GRADIENT
from steepest_exercises.backpropagation.maxout import MAXOUT
from steepest_exercises.backpropagation.net import MLP_BACKPROP
from steepest_exercises.backpropagation.slopes import ACTIVATION_SLOPE
from steepest_exercises.backpropagation.softmax import SOFTMAX_BACKWARD

LESSON = "08_backpropagation"

EXERCISES = (
    GRAPH_GRADIENT,
    CHAIN_COSTS,
    NUMERICAL_GRADIENT,
    DENSE_BACKWARD,
    ACTIVATION_SLOPE,
    MAXOUT,
    SOFTMAX_BACKWARD,
    OUTPUT_DELTA,
    MLP_BACKPROP,
    DELTA_NORMS,
)
