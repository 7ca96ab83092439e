"""What a student cannot foresee: the seeds of hidden cases, and the order in which they are played."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from steepest._checks.calls import Function
from steepest._checks.cases import Case, Result, play

__all__ = ["KNOWN", "Hidden", "in_order"]

KNOWN = (31_337, 90_210)


@dataclass(frozen=True)
class Hidden:
    """Seeds and order of hidden cases, which follow from a secret.

    Parameters
    ----------
    secret : bytes
        The course's. Without one the seeds are `KNOWN`: for tools that try exercises and tell nothing to a student.
    """

    secret: bytes = field(default=b"", repr=False)

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of the hidden cases: the same for a class, so that what is compared with is made once."""
        return tuple(self._number("seed", str(known).encode()) for known in KNOWN) if self.secret else KNOWN

    @property
    def mark(self) -> str:
        """Tells one secret from another and gives none away."""
        return f"{self._number('mark', b''):x}"

    def seal(self, purpose: str, content: bytes) -> str:
        """What only this secret gives for some content, and what gives none of it away."""
        return f"{self._number(f'seal of {purpose}', content):032x}"

    def order(self, exercise: str, submission: bytes) -> int:
        """Seed of the order in which an exercise's cases are played for a submission: the same each time."""
        return self._number(f"order of {exercise}", submission)

    def _number(self, purpose: str, content: bytes) -> int:
        message = purpose.encode() + b"\0" + content
        return int.from_bytes(hmac.digest(self.secret, message, hashlib.sha256)[:16])


def in_order(function: Function, cases: Sequence[Case], order: int | None) -> list[Result]:
    """Play cases in an order of their own, and give the results in the order of the cases.

    They end as those of `play` do: with the first case that is not written yet, or for which memory runs out.

    Parameters
    ----------
    function : Function
    cases : sequence of Case
    order : int or None
        Seed of the order; that of the cases without one.
    """
    found: dict[int, Result] = {}
    end = len(cases)
    for place in range(end) if order is None else np.random.default_rng(order).permutation(end).tolist():
        if place < end:
            (found[place],) = play(function, [cases[place]], more=bool(found))
            if found[place].not_attempted or found[place].out_of_memory:
                end = place + 1
    return [found[place] for place in range(end)]
