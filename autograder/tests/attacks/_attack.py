"""What an attack is, and the words in which its code names what lies outside."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["CHEAT", "RIGHT", "Attack", "Shown"]

ATTACKED = "momentum_step"
CHEAT = """\
def momentum_step(theta, grad, state, *, lr, beta):
    return theta * 0, {"velocity": grad * 0}
"""
RIGHT = """\
def momentum_step(theta, grad, state, *, lr, beta):
    velocity = beta * state["velocity"] - lr * grad
    return theta + velocity, {"velocity": velocity}
"""


class Shown(enum.Enum):
    """How it is shown, with the seal off, that an attack is real."""

    MARKS = "a grader with its tests in the kernel gives full marks"
    SAID = "its output holds the secret, or says BREACH"
    CHANGED = "a file or a process outside has changed, or something of it is still there afterwards"
    REACHED = "it reaches the number that must not be reached"
    BELIEVED = "a function that trusts what was handed in is taken in"
    NOT = "not shown, for the reason that the attack gives"


@dataclass(frozen=True, eq=False)
class Attack:
    """One thing that a student may try, and what must come of it.

    Code may hold words between at signs, which stand for what lies outside the sandbox (see `world.World`).

    Attributes
    ----------
    name : str
        Also that of the student's folder, unless there is a `student`.
    kind : str
        Its class, as in the table of docs/security.md.
    tries : str
        One sentence.
    code : str
        A cell before the attacked exercise.
    answer : str
        The attacked exercise's answer; a wrong one by default.
    file : callable, optional
        Makes the bytes of the notebook from the notebook with the two cells above.
    folder : callable, optional
        Fills the submission's folder, given the notebook's bytes and the world.
    earns : mapping of str to float or None
        Shares of the points of exercises that it does not leave at "all but the attacked one in full"; None where it
        depends on chance what of its own it destroys.
    outcomes : set of str
        How the attacked exercise may end; {} for any way.
    shown : Shown
        What proves with the seal off that it is real.
    test : str
        Which of the naive tests it is meant for, see `naive.TESTS`.
    limit : int
        The number that must not be reached.
    believed : callable, optional
        Given the submission's folder and the world, whether trust is misplaced.
    why : str
        Why it is not shown, or is shown in a milder form.
    flag : str
        Part of the sentence that must be said to a person; "" where nothing can be seen.
    root : bool
        Whether it can be shown only by the superuser.
    """

    name: str
    kind: str
    tries: str
    code: str = ""
    answer: str = CHEAT
    file: Callable[[dict[str, Any]], bytes] | None = None
    folder: Callable[[Path, bytes, Any], None] | None = None
    earns: Mapping[str, float | None] = field(default_factory=dict)
    outcomes: frozenset[str] = frozenset()
    shown: Shown = Shown.MARKS
    test: str = "allclose"
    limit: int = 0
    believed: Callable[[Path, Any], bool] | None = None
    why: str = ""
    flag: str = ""
    root: bool = False
    student: str = ""
