"""Stored outcomes: what reference and known mistakes made of the public cases, as data without code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache
from importlib.resources.abc import Traversable
from typing import Any

from steepest._checks import content, wire
from steepest._checks.cases import Candidate, Case, Result
from steepest._checks.probes import Probe

INDEX = "lessons.json"


@dataclass(frozen=True)
class Outcomes:
    """Everything that `steepest.check` needs to know about one exercise.

    Parameters
    ----------
    exercise : str
        The exercise's id, which is the function's name.
    signature : str
        The agreed signature, as a student writes it.
    parameters : sequence of str
        Names of the positional parameters.
    cases : sequence of Case
        The public cases.
    candidates : sequence of Candidate
        The reference, accepted conventions and mistakes, with their results on these cases.
    probes : sequence of Probe
        Which changes of arguments the reference takes notice of.
    """

    exercise: str
    signature: str
    parameters: Sequence[str]
    cases: Sequence[Case]
    candidates: Sequence[Candidate]
    probes: Sequence[Probe] = ()


def dump(outcomes: Outcomes) -> bytes:
    """Write outcomes in the wire format; the same outcomes give the same bytes."""
    cases = [
        {"name": case.name, "inputs": dict(case.inputs), "drive": case.drive, "slack": case.slack}
        | ({"corner": case.corner} if case.corner else {})
        for case in outcomes.cases
    ]
    candidates = [
        {
            "kind": item.kind,
            "name": item.name,
            "text": item.text,
            "credit": item.credit,
            "results": [_plain(result) for result in item.results],
        }
        | ({"form": item.form} if item.form > 1 else {})
        | ({"measured": True} if item.measured else {})
        for item in outcomes.candidates
    ]
    return wire.encode(
        {
            "exercise": outcomes.exercise,
            "signature": outcomes.signature,
            "parameters": list(outcomes.parameters),
            "cases": cases,
            "candidates": candidates,
            "probes": [asdict(probe) for probe in outcomes.probes],
        }
    )


def read(data: bytes) -> Outcomes:
    """Read what `dump` wrote."""
    fields = wire.decode(data)
    candidates = [
        Candidate(**item | {"results": [Result(**result) for result in item["results"]]})
        for item in fields["candidates"]
    ]
    cases = [Case(**case) for case in fields["cases"]]
    probes = [Probe(**probe) for probe in fields["probes"]]
    return Outcomes(**fields | {"cases": cases, "candidates": candidates, "probes": probes})


@cache
def _paths() -> dict[str, Traversable]:
    """Where each exercise's outcomes are stored.

    Raises
    ------
    ValueError
        If two courses have outcomes of one name.
    """
    found: dict[str, Traversable] = {}
    for entry in (entry for folder in content.outcome_folders() for entry in folder.iterdir()):
        name, dot, kind = entry.name.partition(".")
        if dot and kind == "wire":
            if name in found:
                raise ValueError(f"{entry} and {found[name]} are of exercises of one name: rename one of them.")
            found[name] = entry
    return found


def names() -> list[str]:
    """Ids of all exercises that can be checked."""
    return sorted(_paths())


@cache
def courses() -> tuple[dict[str, list[str]], ...]:
    """For each course that is installed, the ids of the exercises of each lesson, in their order."""
    indices = [folder / INDEX for folder in content.outcome_folders()]
    return tuple(json.loads(index.read_text()) for index in indices if index.is_file())


def lessons() -> dict[str, list[str]]:
    """The lessons of all courses, as `courses` gives them."""
    return {lesson: names for course in courses() for lesson, names in course.items()}


@lru_cache
def load(exercise: str) -> Outcomes:
    """Stored outcomes of one exercise.

    Raises
    ------
    KeyError
        If there are none under this name.
    """
    return read(_paths()[exercise].read_bytes())


def _plain(result: Result) -> dict[str, Any]:
    plain = asdict(replace(result, observations={})) | {"observations": dict(result.observations)}
    return plain if result.undecided else {key: value for key, value in plain.items() if key != "undecided"}
