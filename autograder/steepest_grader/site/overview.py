"""Pages made of all lessons together: the walk through the course, and the syllabus."""

from __future__ import annotations

from collections.abc import Mapping

from steepest_grader.site.outline import Outline

__all__ = ["lessons_index", "syllabus"]

INDEX = """\
# Lessons

{cards}

```{{toctree}}
:hidden:

{names}
```
"""
CARD = """\
## [{title}]({name})

{lead}

{picture}
"""
SYLLABUS = """\
# Syllabus

{lessons} lessons with {exercises} exercises, worth {points} points, and {by_hand} points for what is marked by hand.
The time that an exercise takes is a guess for who has read the text above it.

{parts}
"""
PART = """\
## [{title}](lessons/{name})

{aims}

{time}

| exercise | difficulty | minutes | points |
|---|---|---:|---:|
{rows}
"""


def lessons_index(outlines: Mapping[str, Outline], pictures: Mapping[str, str]) -> bytes:
    """The walk through the course, in Markdown: of each lesson its title, first paragraph and first demo.

    Parameters
    ----------
    outlines : mapping of str to Outline
        By lesson.
    pictures : mapping of str to str
        Path of the picture of a lesson that has one, as seen from the page.
    """
    cards = []
    for name, told in outlines.items():
        picture = f"![A demo of {told.title}]({pictures[name]})" if name in pictures else ""
        cards.append(CARD.format(title=told.title, name=name, lead=told.lead, picture=picture))
    return INDEX.format(cards="\n".join(cards), names="\n".join(outlines)).encode()


def syllabus(outlines: Mapping[str, Outline]) -> bytes:
    """What each lesson teaches and asks for, in Markdown."""
    parts = []
    for name, told in outlines.items():
        rows = [f"| `{item.id}` | {item.difficulty} | {item.minutes} | {item.points:g} |" for item in told.asked]
        rows += [f"| reflection, marked by hand | | | {told.by_hand:g} |"] if told.by_hand else []
        parts.append(PART.format(title=told.title, name=name, aims=told.aims, time=told.time, rows="\n".join(rows)))
    asked = [item for told in outlines.values() for item in told.asked]
    return SYLLABUS.format(
        lessons=len(outlines),
        exercises=len(asked),
        points=f"{sum(item.points for item in asked):g}",
        by_hand=f"{sum(told.by_hand for told in outlines.values()):g}",
        parts="\n".join(parts),
    ).encode()
