"""Implementation × exercise → verdict. Knows no notebook and no kernel."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache, partial
from typing import Any

import numpy as np
from steepest._checks.agreement import agreed_with, alike
from steepest._checks.calls import Function, local
from steepest._checks.cases import Candidate, Result, play
from steepest._checks.finding import find, recognised
from steepest._checks.general import Fact
from steepest._checks.generators import GENERATOR
from steepest._checks.probes import Probe, find_probes, without_effect

from steepest_grader.exercise import catalogue, undecided
from steepest_grader.exercise.apart import apart
from steepest_grader.exercise.hidden import KNOWN, in_order
from steepest_grader.exercise.kept import kept_results
from steepest_grader.exercise.ladder import rungs, written
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake, Verdict
from steepest_grader.exercise.undecided import Noise, marked, noise
from steepest_grader.exercise.verdicts import as_verdict

__all__ = [
    "HIDDEN_SEEDS",
    "PUBLIC_SEED",
    "candidates",
    "judge",
    "judge_local",
    "noises",
    "passes",
    "probes",
    "refusals",
    "sound_candidates",
    "spoiled",
    "ways",
]

PUBLIC_SEED = 2024
HIDDEN_SEEDS = KNOWN  # for tools that tell nothing to a student; what grades takes a course's own
PLAYS = 5
NEAR = 0.5  # share of the cases in which a mistake must be recognised before what is undecided in it is looked for


def candidates(
    exercise: Exercise, seeds: tuple[int, ...] = HIDDEN_SEEDS, device: str = "cpu"
) -> tuple[tuple[Case, ...], tuple[Candidate, ...]]:
    """The cases of some seeds, and what reference, accepted conventions and mistakes make of them.

    An accepted variant whose results are those of the reference adds no candidate.

    Raises
    ------
    RuntimeError
        If the reference raises anything but a `ValueError`, which a case may ask for, or if an accepted
        variant does not raise exactly where the reference does. Both are our bugs.
    """
    return _candidates(exercise, seeds, device)


@cache
def _candidates(
    exercise: Exercise, seeds: tuple[int, ...], device: str
) -> tuple[tuple[Case, ...], tuple[Candidate, ...]]:
    cases, sound, results = _sound_candidates(exercise, seeds, device)
    forms = [(item, *form) for item in exercise.mistakes for form in enumerate(item.written().values(), start=1)]

    def make() -> list[list[Result]]:
        return [results(form.implementation, exercise.companions_of(form)) for _, _, form in forms]

    found = zip(forms, kept_results(exercise, (seeds, device), make), strict=True)
    known = (Candidate("mistake", item.name, item.hint, item.credit, made, number) for (item, number, _), made in found)
    return cases, (*sound, *known)


def sound_candidates(
    exercise: Exercise, seeds: tuple[int, ...], device: str = "cpu"
) -> tuple[tuple[Case, ...], tuple[Candidate, ...]]:
    """The cases of some seeds, what reference and accepted conventions make of them, and the rungs of a ladder."""
    return _sound_candidates(exercise, seeds, device)[:2]


@cache
def _sound_candidates(
    exercise: Exercise, seeds: tuple[int, ...], device: str
) -> tuple[tuple[Case, ...], tuple[Candidate, ...], Callable[..., list[Result]]]:
    cases, ours, theirs, results = _sound(exercise, seeds, device)
    known = [Candidate("reference", "reference", "", 1.0, ours)]
    steps = rungs(exercise, known[0])
    known = [replace(known[0], text=step.text, measured=True) for step in steps if step.results == ours] or known
    for item, found in zip(_conventions(exercise), theirs, strict=True):
        if not agreed_with(cases, known[:1], found):
            known.append(Candidate("accepted", item.name, item.note, 1.0, found))
    return cases, (*known, *(step for step in steps if step.results != ours)), results


def refusals(exercise: Exercise, seeds: Sequence[int], *, device: str = "cpu") -> dict[str, list[int]]:
    """Seeds other than the hidden ones with which an accepted variant would be refused, by its name.

    A variant that is a convention of its own has to be that with every seed; all others have to agree with the
    reference or with such a convention.
    """
    _, known = candidates(exercise, device=device)
    conventions = {item.name for item in known if item.kind == "accepted"}
    found: dict[str, list[int]] = {}
    for seed in seeds:
        cases, ours, theirs, _ = _sound(exercise, (seed,), device)
        pairs = list(zip(_conventions(exercise), theirs, strict=True))
        sound = [Candidate("reference", "reference", "", 1.0, ours)]
        sound += [Candidate("accepted", item.name, "", 1.0, seen) for item, seen in pairs if item.name in conventions]
        for item, seen in pairs:
            if not agreed_with(cases, sound, seen):
                found.setdefault(item.name, []).append(seed)
    return found


@lru_cache(maxsize=2)  # candidates and refusals are asked for the same seeds, one after the other
def _sound(
    exercise: Exercise, seeds: tuple[int, ...], device: str
) -> tuple[tuple[Case, ...], list[Result], list[list[Result]], Callable[..., list[Result]]]:
    """Cases, what the reference and the accepted variants make of them, and how to play another implementation."""
    cases = _cases(exercise, seeds)

    def results(
        implementation: Callable[..., Any], companions: Mapping[str, Any], *, ours: bool = False
    ) -> list[Result]:
        function = local(implementation, exercise.id, companions=companions, device=device)
        played = play(function, cases, ours=ours)
        for _ in range(PLAYS - 1):  # another thread of this process may draw as well, but not each time
            if not any(GENERATOR in result.effects for result in played):
                break
            again = play(function, cases)
            played = [_in_both(*pair) for pair in zip(played, again, strict=True)]
        return played

    ours = results(exercise.reference, exercise.companions, ours=True)
    may_raise = [result.error if result.error == "ValueError" else "" for result in ours]
    _refuse_errors(exercise, "the reference", ours, may_raise)
    asked = _conventions(exercise)
    theirs = [results(item.implementation, exercise.companions_of(item)) for item in asked]
    for item, seen in zip(asked, theirs, strict=True):
        _refuse_errors(exercise, f"the accepted variant {item.name}", seen, may_raise)
    return cases, ours, theirs, results


def _conventions(exercise: Exercise) -> Sequence[Accepted]:
    """Accepted variants that may have results of their own; of what is measured none has, and to play "
    "them takes long."""
    return () if exercise.ladder else exercise.accepted


def _cases(exercise: Exercise, seeds: tuple[int, ...]) -> tuple[Case, ...]:
    seeds = seeds[:1] if exercise.ladder else seeds
    made = (exercise.cases if seed == PUBLIC_SEED else exercise.hidden or exercise.cases for seed in seeds)
    return tuple(case for seed, cases in zip(seeds, made, strict=True) for case in cases(np.random.default_rng(seed)))


def judge(
    exercise: Exercise,
    function: Function,
    *,
    seeds: Sequence[int] = HIDDEN_SEEDS,
    order: int | None = None,
    device: str = "cpu",
    spoiled: Callable[[], Collection[str]] = tuple,
) -> Verdict:
    """Play an exercise's hidden cases with a function and say what it is worth.

    Parameters
    ----------
    exercise : Exercise
        What is asked.
    function : Function
        The student's function, wherever it lives.
    seeds : sequence of int
        Seeds of the cases.
    order : int, optional
        Seed of the order in which they are played; what is said of them does not depend on it.
    device : {"cpu", "cuda"}
        Where the reference computes.
    spoiled : callable
        Which of the exercise's companions are not right; asked where the function is not. Then it is judged once more
        apart from those, and earns its marks for its own part.

    Returns
    -------
    Verdict
        Never an exception for what the student's code does; errors of a transport that is not the student's
        fault are not caught here.
    """
    with function.uncounted():
        cases, known = candidates(exercise, tuple(seeds), device)
    results = in_order(function, cases, order)

    def probe() -> Fact | None:
        with function.uncounted():
            public, sound = sound_candidates(exercise, (PUBLIC_SEED,), device)
            changes = probes(exercise)
        return without_effect(function, public, sound[0].results, changes)

    finding = recognised(cases, known, results, parameters=exercise.parameters, reveal=False)
    if not finding or (finding.credit < 1 and not finding.listed):
        with function.uncounted():
            known = _without_noise(exercise, tuple(seeds), device, cases, known, results)
        finding = find(cases, known, results, parameters=exercise.parameters, reveal=False, probe=probe)
    verdict = as_verdict(exercise, finding, results)
    others = set(spoiled()) & set(exercise.companions) if finding.credit < 1 and exercise.companions else ()
    return apart(exercise, function, verdict, cases, known, others, order) if others else verdict


def noises(exercise: Exercise, name: str, seeds: Sequence[int], *, device: str = "cpu") -> tuple[Noise, ...]:
    """For each case of some seeds how far rounding moves what a variant gives, see `undecided.noise`.

    `name` is that of an accepted variant or of a form of a mistake, see `Exercise.wrong`, or "reference".
    """
    return _noises(exercise, name, tuple(seeds), device)


@cache
def _noises(exercise: Exercise, name: str, seeds: tuple[int, ...], device: str) -> tuple[Noise, ...]:
    variants: dict[str, Accepted | Mistake] = {**{item.name: item for item in exercise.accepted}, **exercise.wrong}
    known = {key: (item.implementation, exercise.companions_of(item)) for key, item in variants.items()}
    implementation, companions = (known | {"reference": (exercise.reference, dict(exercise.companions))})[name]
    return tuple(noise(implementation, exercise.id, ways(exercise, seeds), companions=companions, device=device))


@cache
def ways(exercise: Exercise, seeds: tuple[int, ...]) -> list[list[Case]]:
    """The cases of some seeds, each as it is and with its inputs moved, see `undecided`."""
    return undecided.ways(_cases(exercise, seeds))


def _without_noise(
    exercise: Exercise,
    seeds: tuple[int, ...],
    device: str,
    cases: Sequence[Case],
    known: Sequence[Candidate],
    results: Sequence[Result],
) -> tuple[Candidate, ...]:
    """Candidates without what rounding decides in those mistakes that results are near to."""

    def clear(name: str, item: Candidate) -> Candidate:
        if alike(cases, item, results) < NEAR:
            return item
        return replace(item, results=marked(item.results, noises(exercise, name, seeds, device=device)))

    before, wrong = written(exercise, known)
    return (*before, *map(clear, exercise.wrong, wrong))


@cache
def probes(exercise: Exercise) -> list[Probe]:
    """Changes of arguments that the reference takes notice of, in the public cases."""
    function = local(exercise.reference, exercise.id, companions=exercise.companions)
    public = _cases(exercise, (PUBLIC_SEED,))
    return find_probes(public, lambda case: play(function, [case])[0], exercise.parameters)


def passes(exercise: Exercise, function: Function, seeds: Sequence[int] = HIDDEN_SEEDS) -> bool:
    """Whether a function gets full marks, as `judge` says; ends at the first case in which it has lost them."""
    cases, sound = sound_candidates(exercise, tuple(seeds))
    results: list[Result] = []
    for place, case in enumerate(cases):
        results += play(function, [case], more=bool(results))
        here = [candidate.only(place) for candidate in sound]
        if not agreed_with([case], here, results[-1:]):
            return False
    return agreed_with(cases, sound, results) is not None


def judge_local(
    exercise: Exercise,
    implementation: Callable[..., Any],
    *,
    companions: Mapping[str, Any] | None = None,
    seeds: Sequence[int] = HIDDEN_SEEDS,
    order: int | None = None,
    device: str = "cpu",
) -> Verdict:
    """Judge a function of this process: for trusted code, and for plain nbgrader.

    `companions` are what stands beside the function; the exercise's own where left out. Seeds, order and device as for
    `judge`.
    """
    beside = exercise.companions if companions is None else companions
    function = local(implementation, exercise.id, companions=beside, device=device)
    wrong = partial(spoiled, exercise, beside, seeds)
    return judge(exercise, function, seeds=seeds, order=order, device=device, spoiled=wrong)


def spoiled(exercise: Exercise, beside: Mapping[str, Any], seeds: Sequence[int] = HIDDEN_SEEDS) -> list[str]:
    """Which companions of an exercise are not right, among functions of this process."""

    def right(name: str) -> bool:
        function = beside.get(name)
        return callable(function) and passes(asked[name], local(function, name, companions=beside), seeds)

    asked = catalogue.by_id()
    return [name for name in exercise.companions if name in asked and not right(name)]


def _in_both(result: Result, again: Result) -> Result:
    return replace(result, effects=tuple(effect for effect in result.effects if effect in again.effects))


def _refuse_errors(exercise: Exercise, who: str, results: Sequence[Result], expected: Sequence[str]) -> None:
    for number, result in enumerate(results):
        if result.error != expected[number]:
            said = f"{result.error}: {result.message}" if result.error else "nothing"
            raise RuntimeError(f"{exercise.id}: in case {number + 1} {who} raised {said}. Mend the exercise.")
