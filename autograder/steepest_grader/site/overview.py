"""Pages made of all lessons together: the walk through the course, and the syllabus."""

from __future__ import annotations

from collections.abc import Mapping

from steepest_grader.course.plan import Counts, Plan
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
{passing}
{parts}
"""
PART = """\
## [{title}](lessons/{name})

{aims}

{time}

{term}

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


def syllabus(outlines: Mapping[str, Outline], plan: Plan) -> bytes:
    """What each lesson that the plan teaches is about and asks for, when, and how it counts; in Markdown."""
    taught = {name: outlines[name] for name in plan.taught(outlines)}
    parts, counting = [], 0.0
    for name, told in taught.items():
        rows = []
        for item in told.asked:
            extra = plan.exercise(name, item.id).counts is Counts.EXTRA  # its points come on top of the total
            counting += 0.0 if extra else item.points
            rows.append(f"| `{item.id}` | {item.difficulty} | {item.minutes} | {item.points:g}{', extra' * extra} |")
        rows += [f"| reflection, marked by hand | | | {told.by_hand:g} |"] if told.by_hand else []
        term = _term(plan, name)
        parts.append(
            PART.format(title=told.title, name=name, aims=told.aims, time=told.time, term=term, rows="\n".join(rows))
        )
    return SYLLABUS.format(
        lessons=len(taught),
        exercises=sum(len(told.asked) for told in taught.values()),
        points=f"{counting:g}",
        by_hand=f"{sum(told.by_hand for told in taught.values()):g}",
        passing=_passing(plan),
        parts="\n".join(parts),
    ).encode()


def _term(plan: Plan, lesson: str) -> str:
    """When a lesson is given out and due, and what it weighs where that is not the same as for others."""
    moments = {"given out on": plan.release(lesson), "due on": plan.due(lesson)}
    said = [f"{what} {plan.shown(when)}" for what, when in moments.items() if when is not None]
    if (weight := plan.of(lesson).weight) != 1:
        said.append(f"weighs {weight:g}, where others weigh 1" if weight else "counts nothing")
    text = "; ".join(said)
    return text and f"{text[0].upper()}{text[1:]}."


def _passing(plan: Plan) -> str:
    """What is needed to pass, where the plan says it."""
    if "marks" not in plan.model_fields_set:
        return ""
    drop = plan.marks.drop
    worst = f", and the {drop} worst lessons do not count" if drop > 1 else ", and the worst lesson does not count"
    return f"\nTo pass, {plan.marks.pass_mark:g} % of the whole are needed{worst * bool(drop)}.\n"
