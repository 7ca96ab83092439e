"""How a result is compared with a wanted one: whether they agree, in how many cases, and what is wrong first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from steepest._checks.cases import EVERYTHING, Candidate, Case, Result
from steepest._checks.compare import Measure, difference
from steepest._checks.generators import GENERATOR, SEED


@dataclass(frozen=True)
class Deviation:
    """How a result is not the wanted one.

    Attributes
    ----------
    said : str
        In words, without the case.
    observation : str
        Name of the observation that is missing or wrong, or "".
    """

    said: str
    observation: str = ""


def agreed_with(cases: Sequence[Case], candidates: Sequence[Candidate], results: Sequence[Result]) -> Candidate | None:
    """The sound candidate that results agree with in every case."""
    sound = (candidate for candidate in candidates if candidate.kind != "mistake")
    return next((candidate for candidate in sound if agree(cases, candidate, results)), None)


def alike(cases: Sequence[Case], candidate: Candidate, results: Sequence[Result]) -> float:
    """The share of the cases in which results agree with a candidate's."""
    pairs = zip(cases, candidate.results, results, strict=False)
    return sum(same(case, want, got) for case, want, got in pairs) / len(cases)


def agree(
    cases: Sequence[Case], candidate: Candidate, results: Sequence[Result], measure: Measure | None = None
) -> bool:
    """Whether results agree with a candidate's in every case."""
    return len(results) == len(candidate.results) and all(
        same(case, want, got, measure) for case, want, got in zip(cases, candidate.results, results, strict=True)
    )


def same(case: Case, want: Result, got: Result, measure: Measure | None = None) -> bool:
    """Whether two results of a case agree, but for what rounding decides."""
    undecided = {*want.undecided, *got.undecided}
    if EVERYTHING in undecided:
        return True
    if want.error or got.error:
        return want.error == got.error
    if want.effects != got.effects:
        return False
    expected = {name: value for name, value in want.observations.items() if name not in undecided}
    return difference(expected, dict(got.observations), measured(case, measure)) is None


def measured(case: Case, measure: Measure | None = None) -> Measure:
    """How values of a case are compared."""
    return replace(measure or Measure(reveal=False), slack=case.slack, scale=case.scale)


def deviation(case: Case, want: Result, got: Result, *, reveal: bool = True) -> Deviation | None:
    """The first thing in which a result of a case is not the wanted one; `reveal` shows what is expected."""
    if got.error and got.error != want.error:
        where = f" ({got.line})" if got.line else ""
        kind = "" if got.error == "ResultError" else f"{got.error}: "
        return Deviation(f"{kind}{got.message}{where}")
    if want.error and not got.error:
        return Deviation(f"it should raise {want.error} and does not")
    for name, value in want.observations.items():
        if name not in got.observations:
            return Deviation(f"{name} is missing", name)
        said = difference(value, got.observations[name], measured(case, Measure(reveal=reveal)))
        if said:
            return Deviation(f"{name} {said}", name)
    if got.effects != want.effects:
        drawn = {GENERATOR, SEED} & ({*got.effects} - {*want.effects})
        return Deviation(
            f"it uses a {sorted(drawn)[0]}" if drawn else "it changes something that it should leave alone"
        )
    return None
