"""A corpus of attacks on the grader: tables of what a student may try, and of what must come of it."""

from __future__ import annotations

from attacks import honesty, kernel, lying, patching, processes, resources, spying, walls, wire
from attacks._attack import CHEAT, RIGHT, Attack, Shown

__all__ = ["ATTACKS", "CHEAT", "RIGHT", "Attack", "Shown"]

ATTACKS = tuple(
    attack
    for module in (spying, patching, lying, wire, processes, resources, walls, kernel, honesty)
    for attack in module.ATTACKS
)
