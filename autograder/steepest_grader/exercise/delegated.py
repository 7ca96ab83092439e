"""What a judged function has called that nobody calls who solves its exercise: a hint for a person, never a mark."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

import numpy as np
from steepest._checks.calls import Function, LocalTransport
from steepest._checks.cases import play

from steepest_grader.exercise.judge import PUBLIC_SEED
from steepest_grader.exercise.model import Exercise

# Of what torch has for derivatives the tools that nearly every exercise may use; all else is told like any other.
DIFFERENTIATION = (
    "torch.autograd.grad.", "torch.autograd.backward.", "torch.autograd.functional.", "torch.autograd.forward_ad.",
    "torch.autograd.function.", "torch.autograd.graph.", "torch._functorch.eager_transforms.",
    "torch._functorch.apis.",
)  # fmt: skip

__all__ = ["delegated", "traced"]


def delegated(exercise: Exercise, called: Collection[str]) -> list[str]:
    """Of what a function has called, see `Function.called`, all but what sound variants of its exercise call too.

    Differentiation is told where a variant is known to leave the work to it: there the derivative is what is asked for.
    """
    if not called:
        return []
    told = set(called) - _usual(exercise)
    return sorted(name for name in told if not _differentiates(name) or _asks_for_derivatives(exercise))


def traced(exercise: Exercise, namespace: dict[str, object]) -> set[str]:
    """What a function of this process calls in the public cases, where it stands in a namespace under its name."""
    function = Function(exercise.id, LocalTransport(namespace), traced=True)
    play(function, exercise.cases(np.random.default_rng(PUBLIC_SEED)))
    return function.called


@cache
def _asks_for_derivatives(exercise: Exercise) -> bool:
    """Whether an accepted variant that leaves its work to a library leaves it to autograd."""
    leaning = [item for item in exercise.accepted if item.library]
    played = (traced(exercise, {**exercise.companions_of(item), exercise.id: item.implementation}) for item in leaning)
    return any(_differentiates(name) for called in played for name in called)


def _differentiates(name: str) -> bool:
    return f"{name}.".startswith(DIFFERENTIATION)


@cache
def _usual(exercise: Exercise) -> frozenset[str]:
    """What the reference and the accepted variants call that leave nothing to a library."""
    sound = [(exercise.reference, exercise.companions)]
    sound += [(item.implementation, exercise.companions_of(item)) for item in exercise.accepted if not item.library]
    played = (traced(exercise, {**companions, exercise.id: function}) for function, companions in sound)
    return frozenset().union(*played)
