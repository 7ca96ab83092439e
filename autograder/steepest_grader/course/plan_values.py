"""What can stand behind a key of a plan; what cannot is told in a sentence."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from steepest_grader.errors import nearest

__all__ = [
    "LESSON",
    "Address",
    "Counts",
    "Day",
    "HowItCounts",
    "Line",
    "Moment",
    "Place",
    "Share",
    "Size",
    "Week",
    "said",
]

LONGEST = 500
WEEKS = 60
LESSON = "{lesson}"  # stands for its name


class Week(int):
    """The number of a week of the term, from 1."""


Day = date | Week  # also a datetime, which is a date of Python's


class Counts(StrEnum):
    """How an exercise counts."""

    YES = "yes"
    OPTIONAL = "optional"  # it is checked at once, and has no mark
    EXTRA = "extra"  # its points come on top of the total
    LEFT_OUT = "left out"  # neither checked nor marked


def said(text: str) -> PydanticCustomError:
    """What is wrong with a value, to be raised."""
    return PydanticCustomError("plan", "{said}", {"said": text})


def _line(value: str) -> str:
    if len(value) > LONGEST or not value.isprintable() or value != value.strip() or not value:
        raise said(f"it must be one line of 1 to {LONGEST} letters, without blanks at its ends")
    return value


def _moment(value: Any) -> Any:
    """A day, a day with a time, or a week of the term."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        raise said("write it without Z or an offset: times are those of `timezone`")
    if isinstance(value, date):
        return value
    if isinstance(value, str) and value.startswith("week ") and value[5:].isascii() and value[5:].isdigit():
        if not 1 <= (number := int(value[5:][:9])) <= WEEKS:
            raise said(f"weeks of the term are numbered from 1 to {WEEKS}")
        return Week(number)
    raise said(
        'it must be a day such as 2026-11-16, with a time such as 2026-11-16T18:00:00, or a week such as "week 6", '
        f"and is {value!r:.60}"
    )


def _choice(value: Any) -> Any:
    if value not in list(Counts):
        known = ", ".join(f'"{each}"' for each in Counts)
        raise said(f"it must be one of {known}, and is {value!r:.60}{nearest(str(value), list(Counts))}")
    return Counts(value)


def _address(value: str) -> str:
    parts = urlsplit(_line(value))
    if " " in value or not (
        (parts.scheme in ("http", "https") and parts.hostname) or (parts.scheme == "mailto" and "@" in parts.path)
    ):
        raise said("it must be an address that begins with https:// or mailto:")
    return value


def _place(value: str) -> str:
    if not value.startswith("https://") or LESSON not in _address(value):
        raise said(f"it must be an address that begins with https:// and holds {LESSON}")
    return value


Line = Annotated[str, AfterValidator(_line)]
Address = Annotated[str, AfterValidator(_address)]
Place = Annotated[str, AfterValidator(_place)]
Moment = Annotated[Any, BeforeValidator(_moment)]
HowItCounts = Annotated[Counts, BeforeValidator(_choice)]
Size = Annotated[float, Field(ge=0, le=1000)]
Share = Annotated[float, Field(ge=0, le=1)]
