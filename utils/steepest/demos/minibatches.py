"""Demos of `02_minibatches`: a cloud of minibatch gradients, and paths, drawn by the student's own functions."""

from __future__ import annotations

from steepest.demos._minibatches_cloud import (
    PLACES,
    SIZES,
    CloudView,
    Trial,
    draw_minibatches,
    minibatch_demo,
    try_size,
)
from steepest.demos._minibatches_paths import COUNTS, PATH_SIZES, PathView, Walk, draw_paths, path_demo, walk

__all__ = [
    "COUNTS",
    "PATH_SIZES",
    "PLACES",
    "SIZES",
    "CloudView",
    "PathView",
    "Trial",
    "Walk",
    "draw_minibatches",
    "draw_paths",
    "minibatch_demo",
    "path_demo",
    "try_size",
    "walk",
]
