"""What can be seen of any function from its results alone, whoever wrote the exercise.

A fact is told only if it holds in every case that bears on it, and never where a listed mistake is recognised. The
order of `OF_FORM` and `OF_VALUES` is from what leaves least open to what leaves most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from steepest._checks import forms, relations, work
from steepest._checks.cases import Candidate, Case, Result
from steepest._checks.compare import same_bits
from steepest._checks.features import what_sets_apart, zero_where_right
from steepest._checks.general import FORM, NEAR, PART, Fact
from steepest._checks.played import Played, plain
from steepest._checks.wire import shown_name


def seen(
    cases: Sequence[Case],
    nearest: Candidate,
    results: Sequence[Result],
    parameters: Sequence[str],
    probe: Callable[[], Fact | None],
) -> Fact | None:
    """The most specific fact about results that are not sound.

    Parameters
    ----------
    cases, results : sequence
        The cases and what the function made of them.
    nearest : Candidate
        The sound implementation that the results are nearest to.
    parameters : sequence of str
        Names of the function's positional parameters.
    probe : callable
        Tells what further plays show, see `probes`.
    """
    played = [
        Played(case, want, got, parameters) for case, want, got in zip(cases, nearest.results, results, strict=False)
    ]
    told = (fact(played) for fact in (*OF_FORM, lambda played: _without_effect(played, probe), *OF_VALUES))
    return next((fact for fact in told if fact), None)


def _answered(fact: Callable[[Sequence[Played]], Fact | None]) -> Callable[[Sequence[Played]], Fact | None]:
    """The same fact, which earns nothing where many calls end in an exception: a form ends what goes on by steps."""

    def told(played: Sequence[Played]) -> Fact | None:
        calls = [item for item in played if not item.want.error and item.case.drive != "stepper"]
        found = fact(played)
        return found and _earning(found, 4 * sum(not item.got.error for item in calls) >= 3 * len(calls))

    return told


def _earning(fact: Fact, earns: bool) -> Fact:
    """The same fact, which earns nothing unless something else was seen to be right."""
    return fact if earns else replace(fact, credit=0.0)


# --- errors


ERRORS = {
    "NameError": "A name is used that nothing defines: a typing error, or an import that is missing in this cell.",
    "UnboundLocalError": "A variable is used before it has a value: one path through the function does not set it.",
    "AttributeError": "Something is asked of a value that it does not have. Print type(...) of what stands before the"
    " dot: is it a number, an array or a list where a tensor is meant?",
    "KeyError": "A key is asked for that is not there. Look at the names of the state in the exercise.",
    "IndexError": "An index lies outside. Count from 0, and look at how many axes and entries there are.",
    "ZeroDivisionError": "A number is divided by 0. Which case makes the denominator 0?",
    "RecursionError": "The function calls itself without an end.",
}
MESSAGES = {
    "does not require grad": "What is differentiated does not hang together with what it is differentiated by: it was"
    " detached, came through numpy or a number, or a first gradient was taken without create_graph=True.",
    "must match the size": "Two shapes do not fit. Print the shape of each part of the line, and see along which axis a"
    " sum or a mean was taken.",
    "shapes cannot be multiplied": "Two shapes do not fit. Print both: weights are (out, in), and rows are examples.",
    "same dtype": "Two floating types meet: make new tensors with the dtype of what you are given.",
    "ambiguous": "An `if` asks a tensor with many entries: use torch.where, or a mask.",
    "only one element": "A tensor with many entries is made one number: keep it a tensor.",
    "object is not callable": "Something that is no function is called: is a name used twice, or a comma or * missing?",
    "unsupported operand": "Two kinds of values do not go together. Print type(...) of both sides of the line.",
}
SIGNATURES = ("unexpected keyword", "required", "positional argument")


def _raises(played: Sequence[Played]) -> Fact | None:
    """It raises in every case that should not raise."""
    bearing = [item for item in played if not item.want.error]
    kinds = {item.got.error for item in bearing}
    if "" in kinds or not bearing:
        return None
    first = bearing[0].got
    if "returned None" in first.message:
        return Fact("nothing_returned", "The function returns nothing: does it end in `return`?")
    state = bearing[0].case.inputs.get("state", {}) if bearing[0].case.drive == "stepper" else {}
    if first.error == "KeyError" and first.message.strip("'") in state:
        key = first.message.strip("'")
        return Fact("part_missing", f"The state that is returned has no `{key}`, and the next step asks for it.", PART)
    if first.error == "ResultError":
        return Fact("other_form", "What is returned has another form than the exercise asks for.")
    if first.error == "TypeError" and any(said in first.message for said in SIGNATURES):
        return Fact("other_arguments", "The function, or one that it calls, takes other arguments than it is given.")
    known = next((text for said, text in MESSAGES.items() if said in first.message), ERRORS.get(first.error))
    text = known or "Run the line that is named with the lesson's own example, and print what goes into it."
    return Fact("raises_an_error", f"It ends in an exception in every case. {text}")


# --- state and steps


def _another_key(played: Sequence[Played]) -> Fact | None:
    """A part of the state stands under another name, or is missing.

    What comes of it in later steps says nothing of the other parts.
    """
    for item in played:
        if item.case.drive != "stepper" or item.got.error or not item.missing:
            continue
        name = item.missing[0]
        more = [other for other in item.got.observations if other not in item.want.observations]
        key = name.split(" after ")[0]
        for other in more:
            if item.right(item.want.observations[name], item.got.observations[other]):
                said = other.split(" after ")[0]
                text = f"The state keeps `{key}` under another name, `{shown_name(said)}`."
                named = Fact("another_key", text, FORM)
                return _earning(named, _renamed(played, key, said))
        missing = {name.split(" after ")[0] for name in item.missing}
        part = Fact("part_missing", f"`{key}` is missing in what is returned.", PART)
        return _earning(part, work.others_right(played, missing))
    return None


def _renamed(played: Sequence[Played], key: str, other: str) -> bool:
    """Whether in every step of every case all is right but the name of a part of the state, with work in it."""
    bearing = [item for item in played if not item.want.error]
    for item in bearing:
        seen = {name.replace(f"{other} after", f"{key} after"): got for name, got in item.got.observations.items()}
        if item.got.error or not all(
            name in seen and item.right(want, seen[name]) for name, want in item.want.observations.items()
        ):
            return False
    return work.done(bearing, bool)


def _state_kept(played: Sequence[Played]) -> Fact | None:
    """A part of the state comes back as it was given, where it should move."""
    due: dict[str, bool] = {}  # whether the reference moves it anywhere
    changed: set[str] = set()
    for item in played:
        if item.case.drive != "stepper" or item.got.error:
            continue
        for name, want in item.want.observations.items():
            key, _, step = name.partition(" after step ")
            if key == "theta" or key not in item.case.inputs["state"] or step != "1":
                continue
            given, got = item.case.inputs["state"][key], item.got.observations.get(name)
            moves = not item.right(want, given)
            due[key] = due.get(key, False) or moves
            if moves and not item.right(given, got):
                changed.add(key)
    kept = [key for key, moves in due.items() if moves and key not in changed]
    if kept:
        fact = Fact("state_not_updated", f"`{kept[0]}` comes back as it was given: return its new value.", NEAR)
        return _earning(fact, work.others_right(played, set(kept)))
    return None


def _from_a_step_on(played: Sequence[Played]) -> Fact | None:
    """Right in the first step or steps of every case, and wrong later."""
    first: list[int] = []
    for item in played:
        if item.case.drive != "stepper" or not item.whole:
            return None
        wrong = [name for name, want, got in item.pairs() if not item.right(want, got)]
        first += [int(name.rpartition(" ")[2]) for name in wrong[:1]]
    if not first or min(first) < 2:
        return None
    text = (
        f"The first step is right in every case, and from step {min(first)} on something is wrong: look at what is"
        " handed on in the state, and at what changes from step to step."
    )
    return _earning(Fact("wrong_after_the_first_step", text, NEAR), work.others_right(played, set()))


def _one_part(played: Sequence[Played]) -> Fact | None:
    """One part of what is returned is wrong, and all others are right in every case.

    What is wanted to be one and the same in every case, as a type is, does not count as a part.
    """
    wrong: set[str] = set()
    right: set[str] = set()
    first: dict[str, Any] = {}
    told: set[str] = set()
    for item in played:
        if item.want.error:
            continue
        if not item.whole:
            return None
        for name, want, got in item.pairs():
            if name.startswith("“"):
                continue
            part = name.partition(" after step ")[0]
            (right if item.right(want, got) else wrong).add(part)
            if not same_bits(first.setdefault(part, want), want):
                told.add(part)
    right &= told
    if len(wrong) != 1 or not right - wrong:
        return None
    part, others = next(iter(wrong)), ", ".join(sorted(right - wrong))
    text = f"Only {part} is wrong; {others}: right in every case."
    sound, unsound = ([item.given for item in played if item.as_wanted() is wanted] for wanted in (True, False))
    if silent := zero_where_right(sound, unsound):
        text += f" {_silenced(silent)}"
    fact = Fact("one_part_wrong", text, PART)
    return _earning(fact, work.done(played, lambda name: name.partition(" after step ")[0] in right - wrong))


# --- cases


def _not_finite(played: Sequence[Played]) -> Fact | None:
    names = []
    for item in played:
        for _, want, got in item.pairs():
            left, right = plain(want), plain(got)
            if left is not None and right is not None and left.isfinite().all() and not right.isfinite().all():
                names.append(item.case.name)
                break
    if not names or len(set(names)) == len({item.case.name for item in played}):
        return None
    text = (
        f"It gives nan or inf in {_listed(names)}, where a number is expected: look for a division by 0, the root or"
        " the logarithm of a negative number, an exponential that overflows, or a branch taken where it should not be."
    )
    return Fact("not_finite", text)


def _some_cases(played: Sequence[Played]) -> Fact | None:
    """Right in some cases, and what those have in common."""
    wrong = [item for item in played if not item.as_wanted()]
    right = [item for item in played if item.as_wanted()]
    if not right or not wrong:
        return None
    if silent := zero_where_right([item.given for item in right], [item.given for item in wrong]):
        return Fact("right_in_some_cases", _silenced(silent))
    apart = what_sets_apart([item.given for item in right], [item.given for item in wrong])
    names = _listed([item.case.name for item in wrong])
    said = f"It is wrong wherever {apart}, and right in all other cases." if apart else f"It is right but in {names}."
    if not apart and len(right) < len(wrong):
        said = f"It is right in {_listed([item.case.name for item in right])}, and wrong in all other cases."
    return Fact("right_in_some_cases", said)


def _silenced(name: str) -> str:
    """What is said where all is right as long as a number is 0."""
    return f"It is right where `{name}` is 0, and wrong wherever it is not: look at what comes in with `{name}`."


def _property(played: Sequence[Played]) -> Fact | None:
    """What every sound answer has, and this one lacks, where a drive observes such things."""
    for item in played:
        for name, want, got in item.pairs():
            if want is True and got is False and name.startswith("“"):
                return Fact("property_missing", f"It lacks what every sound answer has: {name}.")
    return None


def _constant(played: Sequence[Played]) -> Fact | None:
    told = [item for item in played if work.numbers(item.got)]
    values = [value for item in told for value in work.numbers(item.got)]
    if len(told) < 2:
        return None
    if work.is_one_number(values):
        return Fact("constant", "It gives one and the same value, whatever it is given.")
    chosen = all(work.handed_back(item.case, item.want) for item in told)  # one of the things given is asked for
    if not chosen and all(work.handed_back(item.case, item.got) for item in told):
        return Fact("returns_its_argument", "What was given comes back unchanged.")
    return None


def _listed(names: Sequence[str]) -> str:
    names = list(dict.fromkeys(names))
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return " and ".join([", ".join(f"“{name}”" for name in names[:3])]) + more


LOSSY = {"rounded", "rounded_up", "rounded_down", "reduced_too_far"}  # what is lost is not seen to be right


def _same_change(played: Sequence[Played]) -> Fact | None:
    found = relations.same_change(played)
    return _earning(Fact(*found, NEAR), found[0] not in LOSSY) if found else None


def _same_factor(played: Sequence[Played]) -> Fact | None:
    found = relations.same_factor(played)
    if not found:
        return None
    moves = found[0] != "does_not_move" or work.others_right(played, {"theta"})
    return _earning(Fact(*found, NEAR), moves)


def _without_effect(played: Sequence[Played], probe: Callable[[], Fact | None]) -> Fact | None:
    """What further plays show; what forgets an argument is right where this has the value that is put for it."""
    fact = probe()
    if not fact or not fact.credit:
        return fact
    bearing = [item for item in played if not item.want.error]
    right = [item for item in bearing if item.as_wanted()]
    mostly = 2 * len(right) >= len(bearing) and work.done(right, bool)
    return _earning(fact, mostly or relations.proportional(played))


OF_FORM: Sequence[Callable[[Sequence[Played]], Fact | None]] = (
    _raises,
    forms.nothing,
    forms.words,
    _constant,
    _answered(forms.another_container),
    _answered(forms.among_others),
    _answered(forms.another_shape),
    _answered(forms.parts_exchanged),
    _another_key,
    forms.single_precision,
    forms.too_coarse,
    _same_change,
)
OF_VALUES: Sequence[Callable[[Sequence[Played]], Fact | None]] = (
    _same_factor,
    _state_kept,
    _from_a_step_on,
    _property,
    _one_part,
    _not_finite,
    _some_cases,
)
