"""Stored outcomes: what the student package keeps of an exercise, and when two of them are the same."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from steepest._checks import wire
from steepest._checks.cases import find
from steepest._checks.outcomes import Outcomes, dump

from steepest_grader.errors import CourseError
from steepest_grader.exercise import judge
from steepest_grader.exercise.model import Exercise

__all__ = ["agree", "outcomes"]

# last bits differ between processors; anything larger is a change
TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-4, torch.float16: 5e-3, torch.bfloat16: 2e-2}
NOTHING = 1e-14


def outcomes(exercise: Exercise) -> bytes:
    """Play an exercise's public cases and write down the outcomes.

    Raises
    ------
    CourseError
        If a mistake cannot be told from a sound implementation on the public cases.
    """
    cases, candidates = judge.candidates(exercise, (judge.PUBLIC_SEED,))
    sound = [candidate for candidate in candidates if candidate.kind != "mistake"]
    for candidate in candidates:
        if candidate.kind == "mistake" and find(cases, sound, candidate.results).credit == 1:
            raise CourseError(
                f"Exercise {exercise.id}: on the public cases the mistake {candidate.name} gives sound "
                "results. Add a case that sets it apart, or remove it."
            )
    return dump(Outcomes(exercise.id, exercise.signature, exercise.parameters, cases, candidates))


def agree(old: bytes, new: bytes) -> bool:
    """Whether two stored outcomes are the same but for the last bits of their numbers."""
    try:
        return _same(wire.decode(old), wire.decode(new))
    except wire.WireError:
        return False


def _same(old: Any, new: Any) -> bool:
    if type(old) is not type(new):
        return False
    if isinstance(new, torch.Tensor):
        return old.dtype == new.dtype and old.stride() == new.stride() and _close(old, new)
    if isinstance(new, np.ndarray | np.generic):
        return old.dtype == new.dtype and _close(torch.as_tensor(old), torch.as_tensor(new))
    if isinstance(new, list | tuple):
        return len(old) == len(new) and all(map(_same, old, new))
    if isinstance(new, dict):
        return list(old) == list(new) and all(_same(old[key], new[key]) for key in new)
    if isinstance(new, wire.Named):
        return old.name == new.name and _same(dict(old.params), dict(new.params))
    if isinstance(new, float):
        tolerance = TOLERANCE[torch.float64]
        both_nan = math.isnan(old) and math.isnan(new)
        return both_nan or math.isclose(old, new, rel_tol=tolerance, abs_tol=NOTHING)
    return bool(old == new)


def _close(old: torch.Tensor, new: torch.Tensor) -> bool:
    """Compare tensors of one type on the scale of their largest entry."""
    if old.shape != new.shape:
        return False
    if new.dtype not in TOLERANCE:
        return torch.equal(old, new)
    old, new, tolerance = old.double(), new.double(), TOLERANCE[new.dtype]
    finite = new[new.isfinite()]
    scale = float(finite.abs().max()) if finite.numel() else 0.0
    return bool(torch.isclose(old, new, rtol=tolerance, atol=max(tolerance * scale, NOTHING), equal_nan=True).all())
