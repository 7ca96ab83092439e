"""Cases of schedules, and what several of their mistakes are made of."""

from __future__ import annotations

import math
from collections.abc import Callable

from steepest_grader.exercise.model import Case


def at(name: str, step: int, *, corner: float = 0.0, **constants: float) -> Case:
    """The rate of a schedule after so many steps."""
    return Case(name, {"args": [step], "kwargs": constants, "outputs": ["the rate"]}, corner=corner)


def cosine_leg(start: float, end: float, share: float) -> float:
    """Half a cosine from a start to an end."""
    return start + (end - start) * (1 - math.cos(math.pi * share)) / 2


def straight_leg(start: float, end: float, share: float) -> float:
    """A straight line from a start to an end."""
    return start + (end - start) * share


Leg = Callable[[float, float, float], float]
