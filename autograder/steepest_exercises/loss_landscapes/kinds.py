"""Rules that name a critical point, right ones and wrong ones, for `critical`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from steepest_exercises.loss_landscapes import reference

Classify = Callable[..., str]


def from_values(words: Callable[[Tensor, float], str]) -> Classify:
    """A rule that sees the eigenvalues in ascending order, and the tolerance."""
    return lambda hessian, tol=1e-8: words(torch.linalg.eigvalsh(hessian), tol)


def by_the_ends(values: Tensor, tol: float) -> str:
    """The smallest and the largest eigenvalue tell."""
    low, high = float(values[0]), float(values[-1])
    if low < -tol and high > tol:
        return "saddle"
    return "minimum" if low > tol else "maximum" if high < -tol else "degenerate"


def by_signs(hessian: Tensor, tol: float = 1e-8) -> str:
    """The set of signs tells."""
    values = torch.linalg.eigvals(hessian).real
    signs = {0 if abs(value) <= tol else 1 if value > 0 else -1 for value in values.tolist()}
    if {1, -1} <= signs:
        return "saddle"
    return "minimum" if signs == {1} else "maximum" if signs == {-1} else "degenerate"


def in_numpy(hessian: Tensor, tol: float = 1e-8) -> str:
    """With numpy's eigenvalues."""
    values = np.linalg.eigvalsh(hessian.cpu().numpy())
    if np.any(values > tol) and np.any(values < -tol):
        return "saddle"
    if np.all(values > tol):
        return "minimum"
    return "maximum" if np.all(values < -tol) else "degenerate"


def signed(values: Tensor, tol: float) -> Tensor:
    """The eigenvalues that are not 0; where there is none, all of them."""
    kept = values[values.abs() > tol]
    return kept if len(kept) else values


def singular_first(values: Tensor, tol: float) -> str:
    """Every singular Hessian is degenerate."""
    return "degenerate" if bool((values.abs() <= tol).any()) else by_the_ends(values, tol)


def by_determinant(hessian: Tensor, tol: float = 1e-8) -> str:
    """The rule for two variables."""
    determinant = float(torch.linalg.det(hessian))
    if abs(determinant) <= tol:
        return "degenerate"
    if determinant < 0:
        return "saddle"
    return "minimum" if hessian[0, 0] > 0 else "maximum"


def by_determinant_and_trace(hessian: Tensor, tol: float = 1e-8) -> str:
    """The rule for two variables, with the trace for the sign."""
    determinant = float(torch.linalg.det(hessian))
    if determinant < -tol:
        return "saddle"
    if determinant <= tol:
        return "degenerate"
    return "minimum" if hessian.trace() > 0 else "maximum"


def by_diagonal(hessian: Tensor, tol: float = 1e-8) -> str:
    """The diagonal in the place of the eigenvalues."""
    return by_the_ends(hessian.diagonal().sort().values, tol)


def by_entries(hessian: Tensor, tol: float = 1e-8) -> str:
    """The entries in the place of the eigenvalues."""
    return by_the_ends(hessian.reshape(-1).sort().values, tol)


def by_trace(hessian: Tensor, tol: float = 1e-8) -> str:
    """The sum of the curvatures decides."""
    trace = float(hessian.trace())
    return "minimum" if trace > tol else "maximum" if trace < -tol else "saddle"


def no_flat_directions(values: Tensor, tol: float) -> str:
    """Flat directions count as rising, and as falling."""
    if bool((values >= -tol).all()):
        return "minimum"
    return "maximum" if bool((values <= tol).all()) else "saddle"


def rest_is_saddle(values: Tensor, tol: float) -> str:
    """Whatever has not one sign is a saddle."""
    if bool((values > tol).all()):
        return "minimum"
    return "maximum" if bool((values < -tol).all()) else "saddle"


def any_rising(values: Tensor, tol: float) -> str:
    """One rising direction makes a minimum."""
    if bool((values > tol).any()):
        return "minimum"
    return "maximum" if bool((values < -tol).any()) else "degenerate"


def no_maximum(values: Tensor, tol: float) -> str:
    """One falling direction makes a saddle."""
    if bool((values < -tol).any()):
        return "saddle"
    return "minimum" if bool((values > tol).all()) else "degenerate"


def exchanged(values: Tensor, tol: float) -> str:
    """Minimum and maximum exchanged."""
    return by_the_ends(-values.flip(0), tol)


def one_tolerance_for_all(hessian: Tensor, tol: float = 1e-8) -> str:
    """The tolerance that is passed in is ignored."""
    return by_the_ends(torch.linalg.eigvalsh(hessian), 1e-8)


def tolerance_on_one_side(values: Tensor, tol: float) -> str:
    """Compared with 0."""
    if bool((values > 0).all()):
        return "minimum"
    if bool((values < 0).all()):
        return "maximum"
    return "saddle" if bool((values > 0).any() and (values < 0).any()) else "degenerate"


def unsigned_zero(values: Tensor, tol: float) -> str:
    """What is not above the tolerance counts as zero."""
    if bool((values <= tol).any()):
        return "degenerate"
    return "minimum" if bool((values > 0).all()) else "saddle"


def degenerate_last_of_all(values: Tensor, tol: float) -> str:
    """The same, after saddles."""
    if bool((values > tol).any() and (values < -tol).any()):
        return "saddle"
    return "degenerate" if bool((values <= tol).any()) else "minimum"


def zero_falls(values: Tensor, tol: float) -> str:
    """Zero counts as negative."""
    if bool((values > tol).any() and (values < tol).any()):
        return "saddle"
    return "minimum" if bool((values > tol).all()) else "maximum" if bool((values < tol).all()) else "degenerate"


def zero_rises(values: Tensor, tol: float) -> str:
    """Zero counts as positive."""
    if bool((values > -tol).any() and (values < -tol).any()):
        return "saddle"
    return "minimum" if bool((values > -tol).all()) else "maximum" if bool((values < -tol).all()) else "degenerate"


def majority(values: Tensor, tol: float) -> str:
    """The majority of the signs decides."""
    rises, falls = int((values > tol).sum()), int((values < -tol).sum())
    if rises + falls < len(values):
        return "degenerate"
    return "minimum" if rises > falls else "maximum" if falls > rises else "saddle"


def majority_of_the_others(values: Tensor, tol: float) -> str:
    """The majority decides, without flat directions."""
    rises, falls = int((values > tol).sum()), int((values < -tol).sum())
    return "minimum" if rises > falls else "maximum" if falls > rises else "saddle" if rises else "degenerate"


def first_two(values: Tensor, tol: float) -> str:
    """The two smallest eigenvalues alone."""
    return singular_first(values[[0, min(1, len(values) - 1)]], tol)


def spelt(right: str, other: str) -> Classify:
    """The right kinds with one word spelt otherwise."""

    def kind(hessian: Tensor, tol: float = 1e-8) -> str:
        said = reference.classify_critical_point(hessian, tol)
        return other if said == right else said

    return kind


def short_words(hessian: Tensor, tol: float = 1e-8) -> str:
    """The first half of two words."""
    said = reference.classify_critical_point(hessian, tol)
    return {"minimum": "min", "maximum": "max"}.get(said, said)


def local(hessian: Tensor, tol: float = 1e-8) -> str:
    """An adjective too many."""
    said = reference.classify_critical_point(hessian, tol)
    return f"local {said}" if said in ("minimum", "maximum") else said


def minimum_or_saddle(values: Tensor, tol: float) -> str:
    """Nothing else is ever said."""
    return "minimum" if bool((values > tol).all()) else "saddle"


def any_falling(values: Tensor, tol: float) -> str:
    """One falling direction makes a maximum."""
    if bool((values < -tol).any()):
        return "maximum"
    return "minimum" if bool((values > tol).all()) else "degenerate"


def exclusive(values: Tensor, tol: float) -> str:
    """As wanted, but that an eigenvalue of the tolerance's own size counts."""
    if bool((values >= tol).any() and (values <= -tol).any()):
        return "saddle"
    return "minimum" if bool((values >= tol).all()) else "maximum" if bool((values <= -tol).all()) else "degenerate"


def saddle_and_degenerate_exchanged(values: Tensor, tol: float) -> str:
    """The two words exchanged."""
    said = by_the_ends(values, tol)
    return {"saddle": "degenerate", "degenerate": "saddle"}.get(said, said)


def relative(values: Tensor, tol: float) -> str:
    """The tolerance times the largest curvature."""
    return by_the_ends(values, tol * float(values.abs().max()))
