"""Cases, how they are played, and how the outcome is told apart: the part that check and grader share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from steepest._checks.calls import Function, StudentError
from steepest._checks.compare import difference
from steepest._checks.drives import drive

GENERATOR = "global generator"
EVERYTHING = "everything"

WRONG_FLOAT_TYPE = "The values are right, but not in the type of the arguments: make new tensors with like= or dtype=."
GLOBAL_GENERATOR_USED = (
    "The result is right, but a global random generator was used: draw from the generator you are given."
)
CHANGED_IN_PLACE = (
    "The result is right, but the caller's values are changed: build new ones (a - b, not a -= b; {**state})."
)


@dataclass(frozen=True)
class Case:
    """One situation in which a function is tried.

    Parameters
    ----------
    name : str
        What is special here, in words that can end "in the case …".
    inputs : mapping
        Arguments of the drive; only what the wire can carry.
    drive : str
        Name of the drive that plays the case, see `steepest._checks.drives`.
    slack : float
        Multiplies the tolerance where the answer is badly conditioned.
    exact : bool
        Whether the last bits of the inputs are the point of the case, as in 0.1 + 0.2; then a course that looks for
        what rounding decides leaves them alone.
    """

    name: str
    inputs: Mapping[str, Any]
    drive: str = "call"
    slack: float = 1.0
    exact: bool = False


@dataclass(frozen=True)
class Result:
    """What came of playing one case: observations, or the kind of exception that stopped it.

    What rounding decides is not among the observations, but its name is in `undecided`; there it says `EVERYTHING`
    where rounding decides whether there is an exception at all.
    """

    observations: Mapping[str, Any] = field(default_factory=dict)
    effects: tuple[str, ...] = ()
    error: str = ""
    message: str = ""
    line: str = ""
    undecided: tuple[str, ...] = ()

    @property
    def out_of_memory(self) -> bool:
        """Whether memory ran out, as Python or torch says it."""
        return self.error == "MemoryError" or "can't allocate memory" in self.message

    @property
    def not_attempted(self) -> bool:
        """Whether the body is still the stub; libraries raise the same exception, but with a message."""
        return self.error == "NotImplementedError" and not self.message


@dataclass(frozen=True)
class Candidate:
    """A known implementation and its results on the same cases.

    Parameters
    ----------
    kind : {"reference", "accepted", "mistake"}
    name : str
        The field's word for it, as in a diagnosis.
    text : str
        A note on an accepted convention, or the hint for a mistake.
    credit : float
        Share of the points that it earns.
    results : sequence of Result
        One for each case.
    """

    kind: Literal["reference", "accepted", "mistake"]
    name: str
    text: str
    credit: float
    results: Sequence[Result]

    @property
    def undecided(self) -> int:
        """How much of the results rounding decides."""
        return sum(len(result.undecided) for result in self.results)

    def only(self, place: int) -> Candidate:
        """The same, with the result of one case alone."""
        return replace(self, results=self.results[place : place + 1])


@dataclass(frozen=True)
class Finding:
    """What a student's results show.

    Attributes
    ----------
    credit : float
        Between 0 and 1; 1 only where every case is answered soundly.
    name : str or None
        The diagnosis: a mistake's name, or an accepted convention's where `credit` is 1.
    text : str
        The hint or note that goes with it.
    symptom : str
        The first thing that is wrong, or "".
    """

    credit: float
    name: str | None = None
    text: str = ""
    symptom: str = ""


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


def play(function: Function, cases: Iterable[Case]) -> list[Result]:
    """Play the cases in turn; stops early where the function is not written yet or memory runs out."""
    results: list[Result] = []
    for case in cases:
        function.effects.clear()
        try:
            seen = drive(case.drive)(function, **case.inputs)
        except StudentError as error:
            result = Result(error=error.kind, message=str(error), line=error.line)
        else:
            result = Result(seen, tuple(sorted(function.effects)))
        results.append(result)
        if result.not_attempted or result.out_of_memory:
            break
    return results


def find(
    cases: Sequence[Case],
    candidates: Sequence[Candidate],
    results: Sequence[Result],
    *,
    parameters: Sequence[str] = (),
    reveal: bool = True,
) -> Finding:
    """Tell what the results are: sound, a known mistake, or something else.

    Parameters
    ----------
    cases, results : sequence
        The cases and what the function made of them.
    candidates : sequence of Candidate
        The reference first, then accepted conventions, then mistakes.
    parameters : sequence of str
        Names of the function's positional parameters.
    reveal : bool
        Whether the symptom may show expected values.
    """
    if results and results[-1].not_attempted:
        return Finding(0.0, "not_attempted", "Write the body of the function and run the cell again.")
    sound = [candidate for candidate in candidates if candidate.kind != "mistake"]
    mistakes = [candidate for candidate in candidates if candidate.kind == "mistake"]
    mistakes.sort(key=lambda mistake: mistake.undecided)  # those that say most come first
    for candidate in (*sound, *mistakes):
        if _agree(cases, candidate, results):
            symptom = "" if candidate.credit == 1 else _symptom(cases, candidates[0], results, reveal)
            name = None if candidate.kind == "reference" else candidate.name
            return Finding(candidate.credit, name, candidate.text, symptom)
    symptom = _symptom(cases, candidates[0], results, reveal)
    clean = [replace(result, effects=()) for result in results]
    if any(_agree(cases, candidate, clean) for candidate in sound):
        return _side_effect({effect for result in results for effect in result.effects}, parameters)
    if any(_agree(cases, candidate, clean, any_dtype=True) for candidate in sound):
        return Finding(0.0, "wrong_float_type", WRONG_FLOAT_TYPE, symptom)
    for candidate in mistakes:
        if _agree(cases, candidate, clean, any_dtype=True):
            return Finding(candidate.credit, candidate.name, candidate.text, symptom)
    return Finding(0.0, None, "", symptom)


def alike(cases: Sequence[Case], candidate: Candidate, results: Sequence[Result]) -> float:
    """The share of the cases in which results agree with a candidate's."""
    pairs = zip(cases, candidate.results, results, strict=False)
    return sum(_same(case, want, got, False) for case, want, got in pairs) / len(cases)


def _agree(cases: Sequence[Case], candidate: Candidate, results: Sequence[Result], *, any_dtype: bool = False) -> bool:
    return len(results) == len(candidate.results) and all(
        _same(case, want, got, any_dtype) for case, want, got in zip(cases, candidate.results, results, strict=True)
    )


def _same(case: Case, want: Result, got: Result, any_dtype: bool) -> bool:
    undecided = {*want.undecided, *got.undecided}
    if EVERYTHING in undecided:
        return True
    if want.error or got.error:
        return want.error == got.error
    if want.effects != got.effects:
        return False
    expected = {name: value for name, value in want.observations.items() if name not in undecided}
    actual = dict(got.observations)
    return difference(expected, actual, slack=case.slack, reveal=False, any_dtype=any_dtype) is None


def _symptom(cases: Sequence[Case], reference: Candidate, results: Sequence[Result], reveal: bool) -> str:
    for case, want, got in zip(cases, reference.results, results, strict=False):
        found = deviation(case, want, got, reveal=reveal)
        if found:
            return f"{found.said}, in the case “{case.name}”"
    return ""


def deviation(case: Case, want: Result, got: Result, *, reveal: bool = True) -> Deviation | None:
    """The first thing in which a result of a case is not the wanted one; `reveal` as for `find`."""
    if got.error and got.error != want.error:
        where = f" ({got.line})" if got.line else ""
        kind = "" if got.error == "ResultError" else f"{got.error}: "
        return Deviation(f"{kind}{got.message}{where}")
    if want.error and not got.error:
        return Deviation(f"it should raise {want.error} and does not")
    for name, value in want.observations.items():
        if name not in got.observations:
            return Deviation(f"{name} is missing", name)
        said = difference(value, got.observations[name], slack=case.slack, reveal=reveal)
        if said:
            return Deviation(f"{name} {said}", name)
    if got.effects != want.effects:
        return Deviation("it changes something that it should leave alone")
    return None


def _side_effect(effects: set[str], parameters: Sequence[str]) -> Finding:
    if GENERATOR in effects:
        symptom = "it draws from a global random generator"
        return Finding(0.5, "uses_global_generator", GLOBAL_GENERATOR_USED, symptom)
    names = " and ".join(f"`{_parameter(effect, parameters)}`" for effect in sorted(effects))
    return Finding(0.5, "changes_its_arguments", CHANGED_IN_PLACE, f"it changes {names} in place")


def _parameter(effect: str, parameters: Sequence[str]) -> str:
    position = effect.removeprefix("argument ")
    if position.isdigit() and 1 <= int(position) <= len(parameters):
        return parameters[int(position) - 1]
    return effect
