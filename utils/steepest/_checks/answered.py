"""Where there is no answer: an exception, nothing, nan, or what is no number, in the place of what is asked for."""

from __future__ import annotations

from typing import Any

from steepest._checks import work
from steepest._checks.cases import EVERYTHING, Result


def answered(got: Result, *known: Result) -> bool:
    """Whether there is an answer in a result wherever all of those that are known have one.

    No answer is an exception, None, nothing at all, a number that is not finite, or a value of another kind: whatever
    it is, it tells nothing of what the function makes of the case, and may hide something worse.
    """
    if any(want.error or EVERYTHING in want.undecided for want in known):
        return True
    if got.error:
        return False
    names = set.intersection(*({*want.observations} for want in known)) - {*got.undecided}
    told = names & {*got.observations}  # a part that is missing has a name of its own
    values = ((got.observations[name], [want.observations[name] for want in known]) for name in told)
    return bool(told or not names) and all(_is_answer(*pair) for pair in values)


def tells(got: Result, sound: Result) -> bool:
    """Whether there is anything in a result that can be compared: a finite number, or a value of the kind asked for."""
    return not got.error and any(
        bool(work.in_a_row(value).isfinite().any()) or _is_kind(value, [sound.observations.get(name)])
        for name, value in got.observations.items()
    )


def shows(known: Result, sound: Result) -> bool:
    """Whether there is more than yes and no that can be compared in a mistake's result, where a sound one has that."""
    asked = {name for name in sound.observations if not name.startswith("“")}
    return tells(known, sound) and (not asked or not asked.isdisjoint(known.observations))


def _is_answer(value: Any, wanted: list[Any]) -> bool:
    """Whether numbers are finite wherever those of all wanted values are; other values are of one's kind."""
    seen, rows = work.in_a_row(value), [work.in_a_row(want) for want in wanted]
    if not all(map(len, rows)):
        return bool(len(seen)) or _is_kind(value, wanted)
    fitting = [row for row in rows if len(row) == len(seen)]
    if not fitting:
        return bool(seen.isfinite().any())
    due = fitting[0].isfinite()
    for row in fitting[1:]:
        due = due & row.isfinite()
    return bool(seen[due].isfinite().all())


def _is_kind(value: Any, wanted: list[Any]) -> bool:
    """Whether a value is of the type of one that holds no numbers."""
    return any(isinstance(value, type(want)) for want in wanted if not len(work.in_a_row(want)))
