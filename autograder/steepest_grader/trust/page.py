"""`docs/trust.md`: for each exercise what `verify --mutants` has found, and what it was found for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from steepest._checks.outcomes import dump, read

from steepest_grader.course.lesson import load
from steepest_grader.course.text_course import TextCourse
from steepest_grader.trust.answers import Tally
from steepest_grader.trust.mutants import solutions
from steepest_grader.trust.mutation import mutants

__all__ = ["page", "stated", "states"]

Found = Mapping[str, Mapping[str, Mapping[str, Any]]]

HEAD = """\
# Why the marks can be trusted

This page is written by `steepest-grader verify --mutants --page docs/trust.md`. It says how far the grader tells right
from wrong.

- **accepted**: other sound ways to solve the exercise that get full marks, and how many there are. Those that leave
  the work to a library get them too, and are flagged for a person.
- **mistakes**: plausible bugs that do not get full marks, and how many there are; a bug that students write in several
  ways counts in each of its forms. **named**: how many are called by their name.
- **mutants**: the solution with one small mechanical change: another operator, constant, comparison, order or name, a
  statement, an operand or an argument left out, a loop cut short. A mutant is *killed* when it gets less than full
  marks, for the exercise or for one that builds on it; it is *equivalent* when it computes what the solution does, or
  what is as sound, for a reason that is given below; else it *survives*. What is measured by the accuracy of a training
  has no mutants: many other trainings are as good.
- **trivial**: whether zeros, NaN, nothing, `None`, an argument handed back, and the right numbers in a wrong shape
  are all refused.
- **state**: changes when the solution, the cases, the variants or the mistakes do. A test compares.
"""
OTHERS = """
## Answers of others

All of the above is known to whoever wrote the exercises, so it says little about a class. Therefore the judge is also
tried on answers of people who had the released notebook and nothing else: neither the lists of mistakes, nor the
cases, nor the checks. For every exercise they wrote right answers, each another way to do what the lesson asks, and
wrong ones with one slip of the kind that students make, each with a sentence that says what is wrong in it. There are
two sets, by different people. What was learnt from the first was put into the exercises; the second is counted only,
and nobody who works on the exercises has read it. Of lessons 04, 07, 08, 10, 13 and 14 a list of what was amiss in the
second was mended from all the same. At the first look 322 of 322 right answers were accepted there, 759 of 763 wrong
ones caught, and 720 of 752 names right: that is what to expect of a class.

- **accepted**: right answers that get full marks, and how many there are.
- **caught**: wrong answers that lose marks.
- **named**: wrong answers whose author is told what is wrong: one of the exercise's mistakes, or what can be seen of
  any function from its behaviour. What has no name is told in which case the result is wrong, and no more.
- **named rightly**: of these, how many names are right in the eyes of somebody who compared the name and the hint with
  the sentence of the answer's author.
- **corners kept**: answers that forget a special case and are right otherwise, and keep at least three quarters.
"""
COLUMNS = (
    "exercise",
    "accepted",
    "mistakes",
    "named",
    "trivial",
    "mutants",
    "killed",
    "equivalent",
    "survive",
    "state",
)
ROW = re.compile(r"^\| `(?P<exercise>\w+)` \|(?P<cells>.*)\|$", re.MULTILINE)


def states(course: TextCourse) -> dict[str, str]:
    """By exercise id what stands for all that its row of the page depends on.

    That is every mutant of its answer, its stored outcomes (which hold cases and the results of reference, variants
    and mistakes), and what is recorded as equivalent. An edit of a hint or of a comment changes none of them.
    """
    found: dict[str, str] = {}
    for name in course.lessons():
        lesson = load(course, name)
        given = solutions(lesson)
        for exercise in lesson.exercises.values():
            digest = hashlib.sha256(repr(sorted(exercise.equivalent.items())).encode())
            for mutant in mutants(given.sources[exercise.id]):
                digest.update(mutant.source.encode())
            digest.update(_told_apart((course.outcomes_dir / f"{exercise.id}.wire").read_bytes()))
            found[exercise.id] = digest.hexdigest()[:10]
    return found


def _told_apart(stored: bytes) -> bytes:
    """Stored outcomes without what is only said: hints, and the text and the lines of errors."""
    outcomes = read(stored)
    silent = [
        replace(item, text="", results=[replace(result, message="", line="") for result in item.results])
        for item in outcomes.candidates
    ]
    return dump(replace(outcomes, candidates=silent))


def stated(text: str) -> dict[str, dict[str, str]]:
    """What a page says of each exercise, by column."""
    rows = {match["exercise"]: match["cells"].split("|") for match in ROW.finditer(text)}
    return {name: dict(zip(COLUMNS[1:], map(str.strip, cells), strict=True)) for name, cells in rows.items()}


def page(found: Found, state: Mapping[str, str], told: Mapping[str, Mapping[str, Tally]] | None = None) -> str:
    """The page as Markdown.

    Parameters
    ----------
    found : mapping
        What `verify --mutants --json` writes, for all lessons.
    state : mapping of str to str
        See `states`.
    told : mapping of str to mapping of str to Tally
        By set and lesson what the judge makes of the answers of others.
    """
    parts = [HEAD, *_total(found)]
    if told:
        parts += [OTHERS, *_others(told)]
    for lesson, proofs in found.items():
        parts += [f"\n## {lesson}\n", "| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
        parts += [_row(name, proof, state[name]) for name, proof in proofs.items()]
    parts.append("\n## What survives\n")
    parts += list(_survivors(found)) or ["Nothing."]
    parts.append("\n## Equivalent mutants\n")
    parts += list(_equivalent(found)) or ["None."]
    return "\n".join(parts) + "\n"


def _total(found: Found) -> Iterator[str]:
    proofs = [proof for group in found.values() for proof in group.values()]
    killed, kept = (sum(proof["mutants"][part] for proof in proofs) for part in (0, 1))
    equivalent = sum(len(proof["equivalent"]) for proof in proofs)
    accepted, caught = (sum(proof[key][0] for proof in proofs) for key in ("accepted", "caught"))
    yield (
        f"{len(proofs)} exercises in {len(found)} lessons: {accepted} accepted variants, {caught} mistakes,\n"
        f"{kept + equivalent} mutants. Of the {kept} that are not equivalent, {killed} are killed, "
        f"which is {killed / max(kept, 1):.1%}."
    )


def _others(told: Mapping[str, Mapping[str, Tally]]) -> Iterator[str]:
    yield "| set | lesson | accepted | caught | named | named rightly | corners kept |\n|---|---|---|---|---|---|---|"
    for part, lessons in told.items():
        total = sum(lessons.values(), Tally())
        for lesson, tally in {**lessons, "all": total}.items():
            yield f"| {part} | {lesson} | {' | '.join(tally.shares)} |"


def _row(name: str, proof: Mapping[str, Any], state: str) -> str:
    killed, kept = proof["mutants"]
    equivalent = len(proof["equivalent"])
    cells = [
        f"`{name}`",
        *(f"{got} / {of}" for got, of in (proof[key] for key in ("accepted", "caught", "named"))),
        "refused" if proof["zeros_rejected"] else "let pass",
        kept + equivalent,
        killed,
        equivalent,
        kept - killed,
        state,
    ]
    return "| " + " | ".join(map(str, cells)) + " |"


def _survivors(found: Found) -> Iterator[str]:
    for lesson, proofs in found.items():
        for name, proof in proofs.items():
            for difference in proof["survivors"]:
                yield f"{lesson}, `{name}`:\n\n```diff\n{difference}\n```\n"


def _equivalent(found: Found) -> Iterator[str]:
    for lesson, proofs in found.items():
        for name, proof in proofs.items():
            for difference, reason in proof["equivalent"].items():
                yield f"{lesson}, `{name}`: {reason}\n\n```diff\n{difference}\n```\n"
