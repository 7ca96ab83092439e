"""Further plays of a function that is not right: does every argument have an effect, and nothing else?

`build` finds out, with the reference, in which case a change of which argument shows, and by which change; here the
student's function is played with and without it. So nothing of the reference is needed where a student is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from steepest._checks.calls import Function
from steepest._checks.cases import Case, Result, play
from steepest._checks.compare import Measure, difference
from steepest._checks.drives import GENERAL
from steepest._checks.general import NEAR, Fact
from steepest._checks.played import NAMES_OF_OUTPUTS
from steepest._checks.wire import Handle

ENOUGH = 6  # cases in which an argument has to be without effect
MANY = 300  # counts from here on are left as they are, or nearly: four times as many steps would take long
SILENT = {*NAMES_OF_OUTPUTS, "seed", "scales", "forward", "count", "outputs"}  # they steer a drive, and no function


@dataclass(frozen=True)
class Probe:
    """Changes of one argument that the reference notices in one case.

    Attributes
    ----------
    case : int
        Which case is changed.
    path : sequence of str
        Where the argument stands in the case's inputs.
    changes : sequence of str
        Names of the changes, see `CHANGES`.
    name : str
        The argument, as a student knows it.
    """

    case: int
    path: Sequence[str]
    changes: Sequence[str]
    name: str


CHANGES: Mapping[str, Callable[[Any], Any]] = {
    "smaller": lambda value: 0.9 * value if isinstance(value, float) or _floats(value) else None,
    "halved": lambda value: 0.5 * value if isinstance(value, float) else None,
    "tiny": lambda value: 0.001 * value if isinstance(value, float) else None,  # what a rounder one may not cross
    "uneven": lambda value: _uneven(value) if _floats(value) and value.numel() > 1 else None,
    "opposite": lambda value: -value if _floats(value) else None,
    "turned": lambda value: value.flip(0) if isinstance(value, Tensor) and value.ndim else None,
    "levelled": lambda value: _levelled(value) if isinstance(value, Tensor) and value.ndim and len(value) > 1 else None,
    "more": lambda value: value + 1 if _counts(value) else None,
    "fourfold": lambda value: 4 * value if _counts(value) and 1 < value < MANY else None,
    "one": lambda value: 1 if _counts(value) and value > 1 else None,
    "other": lambda value: not value if isinstance(value, bool) else None,
    "all smaller": lambda value: (
        [0.9 * item for item in value] if isinstance(value, list) and value and all(map(_floats, value)) else None
    ),
}


def find_probes(
    cases: Sequence[Case], play_reference: Callable[[Case], Result], parameters: Sequence[str]
) -> list[Probe]:
    """For every argument some cases, and changes in each, in which the reference's result is another."""
    found: dict[str, list[Probe]] = {}  # from everywhere in the list, where its neighbours may be special alike
    for number, case in enumerate(cases):
        before = play_reference(case)
        for path, name in _paths(case, parameters):
            probes = found.setdefault(name, [])
            if before.error:
                continue
            others = {change: changed(case, path, change) for change in CHANGES}
            after = {change: play_reference(other) for change, other in others.items() if other}
            noticed = [name for name, seen in after.items() if not seen.error and not _alike(case, before, seen)]
            if len(noticed) > 1 or noticed == ["other"]:
                probes.append(Probe(number, path, noticed, name))
    return [probe for probes in found.values() for probe in _spread(probes)]


def _spread(probes: Sequence[Probe]) -> list[Probe]:
    """So many of them as are enough, from the first to the last."""
    if len(probes) <= ENOUGH:
        return list(probes)
    return [probes[place * (len(probes) - 1) // (ENOUGH - 1)] for place in range(ENOUGH)]


def without_effect(
    function: Function, cases: Sequence[Case], wanted: Sequence[Result], probes: Sequence[Probe]
) -> Fact | None:
    """Whether a function takes no notice of an argument, or of more than its arguments.

    Parameters
    ----------
    function : Function
        The student's function.
    cases : sequence of Case
        The public cases.
    wanted : sequence of Result
        What the reference makes of them.
    probes : sequence of Probe
        What the reference takes notice of.
    """
    before: dict[int, Result] = {}

    def hears(probe: Probe) -> bool:
        others = (changed(cases[probe.case], probe.path, change) for change in probe.changes)
        after = (play(function, [other])[0] for other in others if other)
        return any(seen.error or not _alike(cases[probe.case], before[probe.case], seen) for seen in after)

    heard: dict[str, bool] = {}
    asked: dict[str, list[Probe]] = {}
    for probe in probes:
        case = cases[probe.case]
        if probe.case not in before:
            first, again = play(function, [case])[0], play(function, [case])[0]
            if not first.error and not again.error and not _alike(case, first, again):
                return Fact("remembers_earlier_calls", REMEMBERS)
            before[probe.case] = first
        if not _comparable(before[probe.case], wanted[probe.case]):
            continue
        asked.setdefault(probe.name, []).append(probe)
        heard[probe.name] = heard.get(probe.name) or hears(probe)
    deaf = [name for name, hears_it in heard.items() if not hears_it]
    if not deaf or len(deaf) == len(heard) > 1:
        return None
    names = " and ".join(f"`{name}`" for name in deaf[:2])
    have = "have" if len(deaf) > 1 else "has"
    text = f"{names} {have} no effect: in the cases tried the result stays the same. Where does the formula need it?"
    # a table of answers hears a change now and then, a formula that forgets one argument hears the others always
    others = [probe for name, probes in asked.items() if name not in deaf for probe in probes]
    near = len(deaf) == 1 and bool(others) and all(map(hears, others))
    return Fact("argument_without_effect", text, NEAR if near else 0.0)


REMEMBERS = (
    "Two calls with the same arguments give two results. Either something is kept from call to call, in a global"
    " variable, in an argument's default value or in a tensor that is changed in place; or numbers are drawn from a"
    " generator that is not the one that was given."
)


def _alike(case: Case, left: Result, right: Result) -> bool:
    measure = Measure(scale=case.scale)
    return list(left.observations) == list(right.observations) and all(
        difference(_bare(value), _bare(right.observations[name]), measure) is None
        for name, value in left.observations.items()
    )


def _bare(value: Any) -> Any:
    """A value with the types of what could not travel, whose numbers differ from call to call."""
    if isinstance(value, Handle):
        return value.type_name
    if isinstance(value, list | tuple):
        return [_bare(item) for item in value]
    return {key: _bare(item) for key, item in value.items()} if isinstance(value, dict) else value


def _comparable(result: Result, wanted: Result) -> bool:
    """Whether all that should be seen is seen, and can be looked at."""
    values = result.observations
    whole = not result.error and values.keys() >= wanted.observations.keys()
    return whole and not any(isinstance(value, Handle) for value in values.values())


def _counts(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _floats(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point() and bool(value.numel())


def _levelled(value: Tensor) -> Tensor:
    """The first row in the place of every other."""
    return value[:1].expand_as(value).clone()


def _uneven(value: Tensor) -> Tensor:
    weights = 1 - 0.1 * (torch.arange(value.numel()) % 3).to(value).reshape(value.shape)
    return value * weights


def _paths(case: Case, parameters: Sequence[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Where arguments stand in a case's inputs, and what a student calls them."""
    inputs = case.inputs
    if case.drive == "stepper":
        yield ("theta",), "theta"
        yield from ((("state", key), key) for key in inputs["state"])
        yield from ((("steps", key), key) for key in (inputs["steps"][0] if inputs["steps"] else {}))
        return
    for key, value in inputs.items():
        if key == "args":
            names = [*parameters, *(f"argument {place + 1}" for place in range(len(parameters), len(value)))]
            yield from ((("args", str(place)), names[place]) for place in range(len(value)))
        elif key == "kwargs":
            yield from ((("kwargs", name), name) for name in value)
        elif key not in SILENT and (case.drive in GENERAL or isinstance(value, float)):
            yield (key,), key  # what else a course's own drive is given has to fit together


def changed(case: Case, path: Sequence[str], change: str) -> Case | None:
    """The case with one argument changed; None where the change does not apply to it."""
    inputs = dict(case.inputs)
    top, *below = path
    if not below:
        new = CHANGES[change](inputs[top])
        return None if new is None else replace(case, inputs={**inputs, top: new})
    (key,) = below
    if top == "steps":
        news = [CHANGES[change](step[key]) if key in step else None for step in inputs[top]]
        if all(new is None for new in news):
            return None
        steps = [step if new is None else {**step, key: new} for step, new in zip(inputs[top], news, strict=True)]
        return replace(case, inputs={**inputs, top: steps})
    held = inputs[top]
    new = CHANGES[change](held[int(key)] if top == "args" else held[key])
    if new is None:
        return None
    if top == "args":
        items = [new if place == int(key) else item for place, item in enumerate(held)]
        return replace(case, inputs={**inputs, top: type(held)(items)})
    return replace(case, inputs={**inputs, top: {**held, key: new}})
