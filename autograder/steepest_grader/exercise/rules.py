"""What the author of an exercise can get wrong, each in a sentence that names the exercise and says how to mend it."""

from __future__ import annotations

import inspect
import keyword
import math
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from steepest._checks import content, wire
from steepest._checks.calls import local
from steepest._checks.cases import Candidate, play
from steepest._checks.drives import GENERAL, drive
from steepest._checks.finding import CORNERS
from steepest._checks.generators import GENERATOR, SEED

from steepest_grader.errors import CourseError
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake, Rung

__all__ = ["check", "check_candidates", "check_cases", "failure", "raised"]

RESERVED = {
    "reference",
    "not_attempted",
    "changes_its_arguments",
    "leaves_requires_grad",
    "uses_global_generator",
    "seeds_global_generator",
    "wrong_float_type",
    "forgotten_corner",
}
MAX_ID = 57  # nbgrader's limit of 64, less the "answer_" of its answer cell


def check(exercise: Exercise) -> None:
    """Refuse an exercise in which something is missing or of the wrong kind; plays nothing.

    Raises
    ------
    CourseError
        For the first rule that is broken.
    """
    _refuse(exercise, _wrong(exercise))


def check_cases(exercise: Exercise, seed: int) -> None:
    """Refuse cases that cannot be played.

    Raises
    ------
    CourseError
        If `cases` raises or gives none, or for the first case that breaks a rule.
    """
    try:
        made = exercise.cases(np.random.default_rng(seed))
        cases = made if made is None else tuple(made)
    except Exception as error:  # an author's function can raise anything
        raise CourseError(f"Exercise {exercise.id}: its cases(rng) raises {raised(error)}. Correct it.") from error
    _refuse(exercise, _wrong_cases(cases))


def check_candidates(exercise: Exercise, candidates: Sequence[Candidate]) -> None:
    """Refuse what the variants make of the cases, where students could not be judged by it.

    Raises
    ------
    CourseError
        If a sound variant has side effects or follows a convention without a note, or a mistake raises everywhere.
    """
    _refuse(exercise, _wrong_candidates(candidates))


def failure(exercise: Exercise, seed: int, error: Exception) -> CourseError:
    """What to say where playing the cases has raised, other than in the code of a variant: in which case it does."""
    function = local(exercise.reference, exercise.id, companions=exercise.companions)
    for case in exercise.cases(np.random.default_rng(seed)):
        try:
            play(function, [case], ours=True)
        except Exception as again:  # noqa: BLE001 - whatever has been raised before
            return CourseError(
                f"Exercise {exercise.id}: the case {case.name!r} cannot be played by the drive {case.drive!r}: "
                f"{raised(again)}. Correct its inputs."
            )
    return CourseError(f"Exercise {exercise.id}: playing its cases raises {raised(error)}. Mend the exercise.")


def raised(error: BaseException) -> str:
    """An exception in words, with the line of code that it comes from."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())}{where}"


def _refuse(exercise: Exercise, wrong: Iterator[str]) -> None:
    if said := next(wrong, None):
        raise CourseError(f"Exercise {exercise.id}: {said}")


# --- an exercise ----------------------------------------------------------------------------------------------


def _wrong(exercise: Exercise) -> Iterator[str]:
    if not _is_name(exercise.id) or len(exercise.id) > MAX_ID:
        yield (
            "`id` must be the name of the function that students write, of at most "
            f"{MAX_ID} letters, digits and _. Got {exercise.id!r}."
        )
    for name in ("reference", "cases"):
        if not callable(getattr(exercise, name)):
            yield f"`{name}` must be a function. Got {getattr(exercise, name)!r}. Hand over the function itself."
    if not _is_number(exercise.points) or exercise.points < 0:
        yield f"`points` must be a number that is not negative. Got {exercise.points!r}."
    if not _is_number(exercise.seconds) or exercise.seconds <= 0:
        yield f"`seconds`, the time for all hidden cases, must be a number above 0. Got {exercise.seconds!r}."
    yield from _wrong_companions("", exercise.companions)
    yield from _wrong_variants(exercise)
    if not isinstance(exercise.equivalent, Mapping):
        yield f"`equivalent` must map reasons to lists of lines. Got {exercise.equivalent!r}."
        return
    for reason, lines in exercise.equivalent.items():
        texts = isinstance(lines, list | tuple) and all(isinstance(line, str) for line in lines)
        if not _is_text(reason) or not lines or not texts:
            yield f"`equivalent` must map reasons to lists of lines. Got {reason!r}: {lines!r}. Write [...]."


def _wrong_variants(exercise: Exercise) -> Iterator[str]:
    names: list[str] = []
    for field, kind in (("accepted", Accepted), ("mistakes", Mistake)):
        listed = getattr(exercise, field)
        if not isinstance(listed, list | tuple):
            yield f"`{field}` must be a list of {kind.__name__}(...). Got {listed!r}."
            continue
        for item in listed:
            if isinstance(item, list | tuple):
                yield f"`{field}` holds a list: put a star before it, *[...]."
            elif not isinstance(item, kind):
                yield f"`{field}` must hold {kind.__name__}(...) only. Got {item!r}."
            else:
                names.append(item.name)
                yield from _wrong_variant(exercise, item)
    yield from _wrong_ladder(exercise.ladder)
    names += [step.name for step in exercise.ladder]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        yield f"the name {twice[0]!r} is used twice among its accepted variants, mistakes and rungs. Rename one."


def _wrong_ladder(ladder: Any) -> Iterator[str]:
    if not isinstance(ladder, list | tuple) or not all(isinstance(step, Rung) for step in ladder):
        yield f"`ladder` must be a list of Rung(...). Got {ladder!r}."
        return
    for step in ladder:
        who = f"the rung {step.name!r}"
        if not _is_name(step.name) or step.name in RESERVED:
            yield f"the name of {who} must be an identifier that the judge does not use itself, such as 'above_half'."
        if not isinstance(step.seen, Mapping) or not step.seen:
            yield f"{who} must say in `seen` what is observed there. Got {step.seen!r}."
        if not _is_text(step.text):
            yield f"{who} has no text. Got {step.text!r}. Say what usually leads higher."
        if not _is_number(step.credit) or not 0 <= step.credit <= 1:
            yield f"`credit` of {who} must be in [0, 1]. Got {step.credit!r}. It is a share of the points."


def _wrong_variant(exercise: Exercise, item: Accepted | Mistake) -> Iterator[str]:
    who = f"the {'mistake' if isinstance(item, Mistake) else 'accepted variant'} {item.name!r}"
    if item.name in RESERVED:
        yield f"{who} bears a name that the judge itself uses. Rename it."
    if not _is_name(item.name):
        yield f"the name of {who} must be an identifier, such as 'sign_forgotten'."
    if not callable(item.implementation):
        yield f"{who} must have a function as its implementation. Got {item.implementation!r}."
    yield from _wrong_companions(f"{who}: ", item.companions)
    unknown = sorted(set(item.companions) - set(exercise.companions)) if not isinstance(item.companions, str) else []
    if unknown:
        known = ", ".join(exercise.companions) or "none"
        yield f"{who} brings {unknown[0]!r} along, which is no companion of the exercise. Its companions are: {known}."
    if isinstance(item, Accepted):
        if not isinstance(item.note, str) or not isinstance(item.library, bool):
            yield f"{who} must have a text as `note` and a bool as `library`. Got {item.note!r} and {item.library!r}."
    elif not _is_text(item.hint):
        yield f"{who} has no hint. Got {item.hint!r}. Say in a sentence what to look at."
    elif not _is_number(item.credit) or not 0 <= item.credit < 1:
        yield f"`credit` of {who} must be in [0, 1). Got {item.credit!r}. It is a share of the points."
    elif not isinstance(item.forms, list | tuple) or not all(map(callable, item.forms)):
        yield f"`forms` of {who} must be a list of functions. Got {item.forms!r}."


def _wrong_companions(whose: str, companions: Any) -> Iterator[str]:
    functions = isinstance(companions, Mapping) and all(map(callable, companions.values()))
    if not functions or not all(map(_is_name, companions)):
        yield f"{whose}`companions` must map names to functions. Got {companions!r}."


# --- its cases ------------------------------------------------------------------------------------------------


def _wrong_cases(cases: Sequence[Any] | None) -> Iterator[str]:
    if not cases:
        yield f"its cases(rng) gives no case. Got {cases!r}. Return a list of Case(...)."
    for case in cases or ():
        if not isinstance(case, Case):
            yield f"its cases(rng) must give Case(...) only. Got {case!r}."
        elif not _is_text(case.name):
            yield f"a case must have a name that can end “in the case …”. Got {case.name!r}."
        else:
            yield from (f"the case {case.name!r}: {said}" for said in _wrong_case(case))
    twice = [name for name, count in Counter(case.name for case in cases or ()).items() if count > 1]
    if twice:
        yield f"two cases are called {twice[0]!r}. Rename one: students are told a case by its name."


def _wrong_case(case: Case) -> Iterator[str]:
    if not _is_number(case.slack) or case.slack <= 0:
        yield f"`slack` must be a number above 0. Got {case.slack!r}. 1 leaves the tolerance as it is."
    if not _is_number(case.corner) or not 0 <= case.corner <= CORNERS:
        yield f"`corner` must be between 0 and {CORNERS}, a share of the points. Got {case.corner!r}."
    if not isinstance(case.inputs, Mapping):
        yield f"`inputs` must map the drive's arguments to values. Got {case.inputs!r}."
        return
    try:
        signature = inspect.signature(drive(case.drive))
    except (KeyError, TypeError):
        known = ", ".join(sorted({*GENERAL, *content.drives()}))
        yield f"there is no drive {case.drive!r}. Drives are: {known}."
        return
    try:
        signature.bind(None, **case.inputs)
    except TypeError as error:
        wanted = ", ".join(list(signature.parameters)[1:])
        yield f"the drive {case.drive!r} takes {wanted}. Got {', '.join(case.inputs) or 'nothing'}: {error}."
    for name, value in case.inputs.items():
        yield from (f"the input {name!r}: {said}" for said in _wrong_input(value))


def _wrong_input(value: Any) -> Iterator[str]:
    try:
        wire.encode(value)
    except wire.WireError as error:
        yield (
            f"{error}. Inputs are numbers, text, lists, tuples, dicts, tensors and arrays; a function goes as "
            "Named(...) and a generator as the seed of a drive."
        )
        return
    for named in _named(value):
        if named.name not in content.callables():
            yield f"there is no function {named.name!r}. Named(...) knows: {', '.join(sorted(content.callables()))}."
            continue
        try:
            content.build(named)
        except Exception as error:  # noqa: BLE001 - an author's parameters can break it in any way
            yield f"Named({named.name!r}, ...) cannot be made of its parameters: {raised(error)}."


def _named(value: Any) -> Iterator[wire.Named]:
    if isinstance(value, wire.Named):
        yield value
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    for part in parts:
        yield from _named(part)


# --- what comes of them ---------------------------------------------------------------------------------------


def _wrong_candidates(candidates: Sequence[Candidate]) -> Iterator[str]:
    for item in candidates:
        if item.kind == "mistake":
            if all(result.error for result in item.results):
                yield (
                    f"the mistake {item.name!r} raises {item.results[0].error} in every case, so it would lend its "
                    "name to any function that raises. Let it compute something in one of them."
                )
            continue
        who = "the reference" if item.kind == "reference" else f"the accepted variant {item.name!r}"
        effects = sorted({effect for result in item.results for effect in result.effects})
        if GENERATOR in effects:
            yield f"{who} draws from a global generator, which costs students half. Draw from one that it is given."
        elif SEED in effects:
            yield f"{who} seeds a global generator, which costs students half. Make one of its own, or seed none."
        elif effects:
            yield f"{who} changes {effects[0]} in place, which costs students half. Build new values."
        elif item.kind == "accepted" and not item.text.strip():
            yield (
                f"{who} gives other results than the reference, and has no note. Correct it, or say in its note "
                "which convention it follows."
            )


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.isidentifier() and not keyword.iskeyword(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
