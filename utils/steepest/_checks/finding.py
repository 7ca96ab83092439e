"""How the outcome is told apart: sound, right but for something, a known mistake, or a plain fact."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TypeVar

from steepest._checks import facts, pairs, work
from steepest._checks.agreement import agree, agreed_with, alike, deviation, measured, same
from steepest._checks.answered import answered, shows, tells
from steepest._checks.calls import NoAnswer
from steepest._checks.cases import ODD, Candidate, Case, Result
from steepest._checks.compare import Measure, difference
from steepest._checks.features import what_sets_apart
from steepest._checks.general import GENERAL, Fact
from steepest._checks.generators import GENERATOR, SEED
from steepest._checks.played import inputs_of, plain

LOG = logging.getLogger(__name__)

ASKING = "requires_grad of "  # begins an effect on an argument

BUT_FOR_ONE_THING = 0.5  # what right values earn that come with a side effect, or in another type
CORNERS = 0.25  # what forgotten corners cost together at most
MOST = 0.6  # share of the cases told apart by a mistake in which it has to be seen, where the others are sound
RIGHT, EARNED = 0.8, 0.5  # share of the cases that has to be right, and what this earns without a name


@dataclass(frozen=True)
class Finding:
    """What a student's results show.

    Attributes
    ----------
    credit : float
        Between 0 and 1; 1 only where every case is answered soundly.
    name : str or None
        The diagnosis: a mistake's name, a fact's, or an accepted convention's where `credit` is 1.
    text : str
        The hint or note that goes with it.
    symptom : str
        The first thing that is wrong, or "".
    listed : bool
        Whether the name is one that the exercise's author has given.
    measured : bool
        Whether it says how far a measurement reaches.
    """

    credit: float
    name: str | None = None
    text: str = ""
    symptom: str = ""
    listed: bool = False
    measured: bool = False


_Found = TypeVar("_Found", bound=Finding | None)


def find(
    cases: Sequence[Case],
    candidates: Sequence[Candidate],
    results: Sequence[Result],
    *,
    parameters: Sequence[str] = (),
    reveal: bool = True,
    probe: Callable[[], Fact | None] = lambda: None,
) -> Finding:
    """Tell what the results are.

    What is most certain comes first: sound; a listed mistake in every case; right but for a side effect or the
    floating type; a listed mistake wherever there is a number to compare; two of them, each in a part of its own;
    right but for corners; then what can be seen of any function, see `facts`; and last, right in most cases.

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
    probe : callable
        Plays the function once more where nothing else is found, see `probes.without_effect`.
    """
    look = _Look(cases, candidates, results, parameters, reveal)
    return look.guarded(lambda: _recognised(look) or _seen(look, probe))


def recognised(
    cases: Sequence[Case],
    candidates: Sequence[Candidate],
    results: Sequence[Result],
    *,
    parameters: Sequence[str] = (),
    reveal: bool = True,
) -> Finding | None:
    """Tell what the results are, if that is known by name: the first part of `find`, which has the parameters."""
    look = _Look(cases, candidates, results, parameters, reveal)
    return look.guarded(lambda: _recognised(look))


@dataclass(frozen=True)
class _Look:
    """What `find` is given, and what several of its steps need to know of that, made once."""

    cases: Sequence[Case]
    candidates: Sequence[Candidate]
    results: Sequence[Result]
    parameters: Sequence[str]
    reveal: bool

    def guarded(self, tell: Callable[[], _Found]) -> _Found | Finding:
        """What is told of the results, whatever these are."""
        try:
            return tell()
        except NoAnswer:
            raise
        except Exception:
            reference = self.candidates[:1]
            agreed_with(self.cases, reference, reference[0].results)  # what this stumbles over too is our fault
            LOG.info("what a function gave could not be compared", exc_info=True)
            return Finding(0.0, None, "", ODD)

    @cached_property
    def sound(self) -> list[Candidate]:
        """The sound candidates."""
        return [candidate for candidate in self.candidates if candidate.kind != "mistake"] or list(self.candidates[:1])

    @cached_property
    def nearest(self) -> Candidate:
        """The sound candidate that the results are nearest to."""
        return max(self.sound, key=partial(alike, self.cases, results=self.results))

    @cached_property
    def symptom(self) -> str:
        """The first thing that is wrong."""
        return _symptom(self.cases, self.nearest, self.results, self.reveal)

    @cached_property
    def corners(self) -> float:
        """What is earned by what is right but for corners; else 0."""
        return max((_beside_corners(self.cases, candidate, self.results) for candidate in self.sound), default=0.0)

    @cached_property
    def works(self) -> bool:
        """Whether the results are work at all."""
        return work.is_work(self.cases, self.results)

    @cached_property
    def hidden(self) -> float:
        """The most that is earned where there is no answer in some cases: the least that a listed mistake earns
        which cannot be told from what is seen in all others."""
        pairs = list(zip(self.nearest.results, self.results, strict=False))
        if len(self.results) < len(self.cases):
            return 0.0
        if all(answered(got, want) for want, got in pairs):
            return 1.0
        seen = [place for place, (want, got) in enumerate(pairs) if not want.error and answered(got, want)]
        mistakes = (candidate for candidate in self.candidates if candidate.kind == "mistake")
        alike = (
            mistake.credit
            for mistake in mistakes
            if all(_like(self.cases[place], mistake.results[place], self.results[place]) for place in seen)
        )
        return min(alike, default=1.0)


def _recognised(look: _Look) -> Finding | None:
    cases, candidates, results = look.cases, look.candidates, look.results
    if results and results[-1].not_attempted:
        return Finding(0.0, "not_attempted", "Write the body of the function and run the cell again.")
    if agreed := agreed_with(cases, candidates, results):
        name = None if agreed.kind == "reference" else agreed.name
        return Finding(1.0, name, agreed.text, measured=agreed.measured)
    mistakes = [candidate for candidate in candidates if candidate.kind == "mistake"]
    mistakes.sort(key=lambda mistake: mistake.undecided)  # those that say most come first
    known = _known(look, mistakes)
    if not known:
        known = _resembled(cases, look.nearest, mistakes, results) or _at_once(cases, look.nearest, mistakes, results)
        known = known if not known or look.works else replace(known, credit=0.0)
    if not known:
        return None
    return replace(known, credit=max(known.credit, look.corners), symptom=known.symptom or look.symptom)


def _seen(look: _Look, probe: Callable[[], Fact | None]) -> Finding:
    """What can be said of results that are no listed mistake's."""
    cases, results, nearest = look.cases, look.results, look.nearest
    if look.corners:
        return Finding(
            look.corners, "forgotten_corner", _corner_text(cases, nearest, results, look.parameters), look.symptom
        )
    earned = EARNED if look.works and _share(cases, nearest, results) >= RIGHT else 0.0
    fact = facts.seen(cases, nearest, results, look.parameters, probe)
    earned = max(earned, fact.credit if fact and look.works else 0.0)
    earned = min(earned, look.hidden) if earned else 0.0
    if fact:
        return Finding(earned, fact.name, fact.text, look.symptom)
    return Finding(earned, None, "", look.symptom)


def _known(look: _Look, mistakes: Sequence[Candidate]) -> Finding | None:
    """A listed mistake in every case, or what is right but for a side effect or the floating type."""
    cases, results = look.cases, look.results
    for candidate in mistakes:
        if agree(cases, candidate, results):
            return _if_shown(look.nearest, candidate)
    clean = [replace(result, effects=()) for result in results]
    if any(agree(cases, candidate, clean) for candidate in look.sound):
        return _side_effect({effect for result in results for effect in result.effects}, look.parameters)
    if any(agree(cases, candidate, clean, Measure(any_dtype=True)) for candidate in look.sound):
        return _in_general("wrong_float_type", look.symptom)
    for candidate in mistakes:
        if agree(cases, candidate, clean, Measure(any_dtype=True)):
            return _with_effects(_if_shown(look.nearest, candidate), results, candidate)
    return None


def _if_shown(nearest: Candidate, mistake: Candidate) -> Finding:
    """A mistake with nothing in it that can be compared is not told from what does nothing, and earns as much."""
    found = _as_finding(mistake)
    pairs = zip(mistake.results, nearest.results, strict=True)
    return found if any(shows(known, sound) for known, sound in pairs) else replace(found, credit=0.0)


def _as_finding(candidate: Candidate) -> Finding:
    return Finding(candidate.credit, candidate.name, candidate.text, listed=True, measured=candidate.measured)


def _resembled(
    cases: Sequence[Case], nearest: Candidate, mistakes: Sequence[Candidate], results: Sequence[Result]
) -> Finding | None:
    """The listed mistake that is seen in most of the cases where a number can be compared, the others being sound.

    So it is found where the student's function raises or gives nan in other cases than its author's, and where it is
    made in one branch only. What it earns presupposes that there is an answer in all cases, see `_if_answered`.
    """
    if len(results) != len(nearest.results):
        return None
    best, found, where = 0.0, None, set[int]()
    bearing = [
        (place, got, _like(cases[place], nearest.results[place], got))
        for place, got in enumerate(results)
        if tells(got, nearest.results[place])
    ]
    for candidate in mistakes:
        seen = []
        for place, got, sound in bearing:
            want = candidate.results[place]
            if want.error:
                continue
            like = _like(cases[place], want, got)
            if not like and not sound:
                break
            if like and not sound and _is_shown(cases[place], nearest.results[place], want, got):
                seen.append(place)
        else:
            apart = _apart(cases, nearest, candidate) if seen else set()
            share = len(apart & set(seen)) / len(apart) if apart else 0.0
            if share >= MOST and share > best:
                best, found, where = share, candidate, apart
    if not found:
        return None
    finding = _with_effects(_as_finding(found), results, found)
    most = 1.0 if _is_firm(nearest, found, results, where) else 0.0
    return replace(finding, credit=min(finding.credit, most, _if_answered(nearest, found, results)))


def _at_once(
    cases: Sequence[Case], nearest: Candidate, mistakes: Sequence[Candidate], results: Sequence[Result]
) -> Finding | None:
    """One listed mistake in several of its forms, or two, each in other cases or parts than the other."""
    found = pairs.at_once(cases, nearest, mistakes, results)
    if not found:
        return None
    finding = _as_finding(found[0])
    if len(found) > 1:
        text = f"Two things at once. {found[0].text} And {found[1].text}"
        finding = Finding(found[0].credit * found[1].credit, "two_mistakes", text)
    finding = _with_effects(finding, results, found[0])
    return replace(finding, credit=min(finding.credit, *(_if_answered(nearest, each, results) for each in found)))


def _if_answered(nearest: Candidate, mistake: Candidate, results: Sequence[Result]) -> float:
    """The most that is earned where some cases have no answer, though both a mistake and what is sound give one:
    that may hide what else is wrong."""
    three = zip(results, nearest.results, mistake.results, strict=True)
    given = sum(answered(got, sound, known) for got, sound, known in three)
    if given == len(results):
        return 1.0
    return EARNED if given >= RIGHT * len(results) else 0.0


def _is_firm(nearest: Candidate, mistake: Candidate, results: Sequence[Result], apart: set[int]) -> bool:
    """Whether most cases, and most of those that tell a mistake apart, are finite where it and what is sound are."""
    told = [place for place, want in enumerate(mistake.results) if not want.error and _has_numbers(want)]
    firm = {
        place
        for place in told
        if not results[place].error
        and work.finite_where_due(mistake.results[place], nearest.results[place], results[place])
    }
    return len(firm) >= MOST * len(told) and len(firm & apart) >= MOST * len(apart)


def _like(case: Case, known: Result, got: Result) -> bool:
    """Whether all numbers that are finite on both sides agree, whatever else is changed."""
    return same(case, known, replace(got, effects=known.effects), Measure(any_dtype=True, finite=True))


def _is_shown(case: Case, sound: Result, known: Result, got: Result) -> bool:
    """Whether something unsound can be compared with what is known: numbers that are finite, or no numbers."""
    for name, value in got.observations.items():
        want, other = sound.observations.get(name), known.observations.get(name)
        if difference(want, value, measured(case, Measure(any_dtype=True, finite=True))) is None:
            continue
        left, right = plain(other), plain(value)
        if left is None or right is None:
            return other is not None
        if left.shape == right.shape and bool((left.isfinite() & right.isfinite()).any()):
            return True
    return False


def _apart(cases: Sequence[Case], sound: Candidate, mistake: Candidate) -> set[int]:
    """The cases in which a mistake is told apart."""
    each = enumerate(zip(cases, sound.results, mistake.results, strict=True))
    return {place for place, (case, right, wrong) in each if not same(case, right, wrong)}


def _with_effects(finding: Finding, results: Sequence[Result], candidate: Candidate) -> Finding:
    """A mistake that comes with side effects of its own earns no more than right values that do."""
    extra = any(got.effects != want.effects for got, want in zip(results, candidate.results, strict=True))
    return replace(finding, credit=min(finding.credit, BUT_FOR_ONE_THING)) if extra else finding


def _has_numbers(result: Result) -> bool:
    """Whether there is anything finite in it, or an answer that is no number."""
    values = (plain(value) for value in result.observations.values())
    return any(value is None or bool(value.isfinite().any()) for value in values)


def _beside_corners(cases: Sequence[Case], candidate: Candidate, results: Sequence[Result]) -> float:
    """What a function earns that is right but for corners; 0 where there is more amiss."""
    if len(results) != len(cases) or not any(case.corner for case in cases):
        return 0.0
    wrong = [place for place, case in enumerate(cases) if not same(case, candidate.results[place], results[place])]
    if not all(cases[place].corner for place in wrong):
        return 0.0
    return 1 - min(CORNERS, sum({cases[place].name: cases[place].corner for place in wrong}.values()))


def _corner_text(
    cases: Sequence[Case], nearest: Candidate, results: Sequence[Result], parameters: Sequence[str]
) -> str:
    parts: dict[bool, list[Case]] = {True: [], False: []}
    for case, want, got in zip(cases, nearest.results, results, strict=True):
        parts[same(case, want, got)].append(case)
    apart = what_sets_apart(*([inputs_of(case, parameters) for case in parts[right]] for right in (True, False)))
    listed = " and ".join(f"“{name}”" for name in dict.fromkeys(case.name for case in parts[False]))
    said = f"wherever {apart}, as in {listed}" if apart else listed
    return f"It is right everywhere but in a special case that is easily forgotten: {said}."


def _share(cases: Sequence[Case], nearest: Candidate, results: Sequence[Result]) -> float:
    """The share of the cases that is right, each by its weight."""
    weights = [case.corner or 1.0 for case in cases]
    pairs = zip(cases, nearest.results, results, weights, strict=False)
    return sum(weight for case, want, got, weight in pairs if same(case, want, got)) / sum(weights)


def _symptom(cases: Sequence[Case], nearest: Candidate, results: Sequence[Result], reveal: bool) -> str:
    for case, want, got in zip(cases, nearest.results, results, strict=False):
        found = deviation(case, want, got, reveal=reveal)
        if found:
            return f"{found.said}, in the case “{case.name}”"
    return ""


def _side_effect(effects: set[str], parameters: Sequence[str]) -> Finding:
    if SEED in effects:
        return _in_general("seeds_global_generator", "it seeds a global random generator")
    asking = sorted(effect.removeprefix(ASKING) for effect in effects if effect.startswith(ASKING))
    if asking and len(asking) == len(effects):
        names = " and ".join(f"`{_parameter(effect, parameters)}`" for effect in asking)
        return _in_general("leaves_requires_grad", f"it leaves {names} with requires_grad set")
    effects -= {f"{ASKING}{effect}" for effect in asking}
    if GENERATOR in effects:
        return _in_general("uses_global_generator", "it draws from a global random generator")
    names = " and ".join(f"`{_parameter(effect, parameters)}`" for effect in sorted(effects))
    return _in_general("changes_its_arguments", f"it changes {names} in place")


def _in_general(name: str, symptom: str) -> Finding:
    return Finding(BUT_FOR_ONE_THING, name, GENERAL[name], symptom)


def _parameter(effect: str, parameters: Sequence[str]) -> str:
    position = effect.removeprefix("argument ")
    if position.isdecimal() and 1 <= int(position) <= len(parameters):
        return parameters[int(position) - 1]
    return effect
