"""Where grading has `Allowed` from: reports read files beside notebooks too, and know nothing of grading."""

from __future__ import annotations

from steepest_grader.gradebook.beside import Allowed

__all__ = ["Allowed"]
