"""The words of the grader: exercises, outcomes, verdicts. Imports nothing of the grader."""

from __future__ import annotations

import enum
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from steepest._checks.cases import Case
from steepest._checks.wire import printable

__all__ = [
    "Accepted",
    "Case",
    "Example",
    "Exercise",
    "GradedSubmission",
    "Mistake",
    "Outcome",
    "Rung",
    "Spent",
    "Verdict",
    "form_key",
]


LONGEST_TEXT = 10_000  # of a message or a flag


class Outcome(enum.StrEnum):
    """How an exercise or a submission ended. All but the last are the student's; the last is ours."""

    PASSED = "PASSED"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"
    ERRORED = "ERRORED"
    TIMED_OUT = "TIMED_OUT"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    MISSING = "MISSING"
    UNREADABLE = "UNREADABLE"
    GRADER_ERROR = "GRADER_ERROR"


@dataclass(frozen=True)
class Accepted:
    """Another sound implementation: it must get full marks.

    Parameters
    ----------
    name : str
        What sets it apart, as an identifier: ``"torch_form"``.
    implementation : callable
        The function itself.
    note : str
        Said to a student whose outputs follow this convention and not the taught one; may be empty where the
        outputs are the same as the reference's.
    library : bool
        Whether it leaves the work to a library: full marks, and a person is told.
    companions : mapping of str to callable
        Other functions that stand beside it instead of the exercise's own companions.
    """

    name: str
    implementation: Callable[..., Any]
    note: str = ""
    library: bool = False
    companions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Mistake:
    """One plausible bug: it must be caught, and named.

    Parameters
    ----------
    name : str
        The field's word for the misunderstanding, as an identifier: ``"velocity_forgets_its_past"``.
    implementation : callable
        The function with this one bug.
    hint : str
        One or two sentences that teach: what this looks like, and what to look at.
    credit : float
        Share of the points it still earns, 0 ≤ credit < 1.
    companions : mapping of str to callable
        Other functions that stand beside it instead of the exercise's own companions.
    forms : sequence of callable
        The same bug as others write it, whose results may differ: without a start point, with torch's ``std``.
    """

    name: str
    implementation: Callable[..., Any]
    hint: str
    credit: float = 0.0
    companions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    forms: Sequence[Callable[..., Any]] = ()

    def written(self) -> dict[str, Mistake]:
        """Each of its forms as a mistake of its own, by what tells it from the others."""
        forms = enumerate((self.implementation, *self.forms), start=1)
        return {form_key(self.name, number): replace(self, implementation=form, forms=()) for number, form in forms}


@dataclass(frozen=True)
class Rung:
    """One step of a ladder of credit for what is measured: how what is seen there differs from the reference's.

    Parameters
    ----------
    name : str
        As an identifier: ``"between_57_and_58_percent"``.
    seen : mapping of str to object
        Observations in the place of the reference's, in every case.
    text : str
        Said to a student who stands there: what it means, and what usually leads higher.
    credit : float
        Share of the points that it earns, up to all of them.
    """

    name: str
    seen: Mapping[str, Any]
    text: str
    credit: float


def form_key(name: str, form: int) -> str:
    """What tells a form of a mistake from the others."""
    return name if form == 1 else f"{name}, form {form}"


@dataclass(frozen=True, eq=False)
class Exercise:
    """Everything the course knows about one exercise; its rules are in `rules`.

    Parameters
    ----------
    id : str
        Name of the function that the student writes, and nbgrader's `grade_id` of its test cell.
    reference : callable
        Torch code that works on any device and any floating type; independent of the solution notebook.
    cases : callable
        Maps a numpy `Generator` to the cases to play. Called with a public seed for `check` and with hidden ones
        for grades; inputs are made on the CPU and moved to the student's device on the way.
    hidden : callable, optional
        As `cases`, for hidden seeds alone: where answers could be learned by heart from the public cases, it asks for
        others. Left out, it is `cases`.
    accepted : sequence of Accepted
        At least three other sound implementations.
    mistakes : sequence of Mistake
        At least six plausible bugs.
    points : int
        What the exercise is worth.
    seconds : float
        Wall time that all of its hidden cases may take together.
    companions : mapping of str to callable
        References of the student's other functions that its drive, or the student's function, calls too, by name.
        Where those are wrong, the function is judged apart from them, see `judge`.
    ladder : sequence of Rung
        What is earned by a measurement that falls short of the reference's. Then the cases of one hidden seed are
        played and no more, since a measurement is one number; nothing is left to recite or to mutate.
    equivalent : mapping of str to sequence of str
        Why some mechanical mutants of the lesson's solution are sound all the same, and for each reason the lines in
        which they differ from the solution, see `mutation.Mutant.change`.
    """

    id: str
    reference: Callable[..., Any]
    cases: Callable[[np.random.Generator], Sequence[Case]]
    accepted: Sequence[Accepted]
    mistakes: Sequence[Mistake]
    points: float = 2
    hidden: Callable[[np.random.Generator], Sequence[Case]] | None = None
    seconds: float = 10.0
    companions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    ladder: Sequence[Rung] = ()
    equivalent: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def companions_of(self, variant: Accepted | Mistake) -> dict[str, Callable[..., Any]]:
        """What stands beside a variant of this exercise."""
        return {**self.companions, **variant.companions}

    @property
    def wrong(self) -> dict[str, Mistake]:
        """Every form of every mistake, in their order."""
        return {key: form for mistake in self.mistakes for key, form in mistake.written().items()}

    @property
    def parameters(self) -> list[str]:
        """Names of the positional parameters, from the reference."""
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        return [name for name, p in inspect.signature(self.reference).parameters.items() if p.kind in kinds]

    @property
    def signature(self) -> str:
        """The agreed signature without annotations: ``name(first, *, rate)``."""
        signature = inspect.signature(self.reference)
        bare = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
        return f"{self.id}{signature.replace(parameters=bare, return_annotation=signature.empty)}"


@dataclass(frozen=True)
class Example:
    """One public case that a function does not answer soundly, in words.

    Attributes
    ----------
    case : str
        What is special in it.
    tried : mapping of str to str
        What the function was given.
    what : str
        Name of what was looked at.
    expected, received : str
        What it should be and is; an exception is written as its kind and message.
    """

    case: str
    tried: Mapping[str, str]
    what: str
    expected: str
    received: str

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Example:
        """Read what `dataclasses.asdict` made of it, whatever may have become of that since."""
        tried = {str(name): str(value) for name, value in row["tried"].items()}
        return cls(str(row["case"]), tried, str(row["what"]), str(row["expected"]), str(row["received"]))


def _for_people(text: str) -> str:
    """A text that a student may have had a part in, as pages and gradebooks may have it: printable and bounded."""
    return printable(text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…")


@dataclass(frozen=True)
class Verdict:
    """What the judge says of one exercise.

    Attributes
    ----------
    credit : float
        Share of the points, from 0 to 1.
    diagnosis : str or None
        Name of the mistake, of the accepted convention, or None.
    message : str
        For the student: no expected value of a hidden case is in it.
    example : Example or None
        A public case that shows what is wrong.
    """

    exercise: str
    points: float
    outcome: Outcome
    credit: float = 0.0
    diagnosis: str | None = None
    message: str = ""
    example: Example | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", _for_people(self.message))

    @property
    def score(self) -> float | None:
        """Points earned; None where the grader failed, which is never a zero."""
        return None if self.outcome is Outcome.GRADER_ERROR else self.credit * self.points

    def as_json(self) -> dict[str, Any]:
        """The shape that `grade --json` promises for an exercise."""
        return {
            "id": self.exercise,
            "score": self.score,
            "points": self.points,
            "outcome": self.outcome.value,
            "diagnosis": self.diagnosis,
            "message": self.message,
        }

    def as_stored(self) -> dict[str, Any]:
        """All of it, for `from_json`."""
        example = None if self.example is None else asdict(self.example)
        return {**self.as_json(), "credit": self.credit, "example": example}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Verdict:
        """Read what `as_stored` wrote; `GradedSubmission.from_json` tells of what is no such thing."""
        example = None if row["example"] is None else Example.from_json(row["example"])
        points, credit, diagnosis = float(row["points"]), float(row["credit"]), row["diagnosis"]
        if not (math.isfinite(points) and 0 <= credit <= 1 and isinstance(diagnosis, str | None)):
            raise ValueError(f"this is no verdict: {points}, {credit}, {diagnosis!r}")
        points = int(points) if points.is_integer() else points
        return cls(str(row["id"]), points, Outcome(row["outcome"]), credit, diagnosis, str(row["message"]), example)


@dataclass
class Spent:
    """Where the time of one submission went.

    Attributes
    ----------
    start, cells, calls, judging : float
        Wall time in seconds: until the kernel answers; in its cells; in judged calls; in judging what they gave.
    cpu : float
        CPU seconds of the kernel.
    memory : int
        Peak resident size of the kernel in bytes.
    outside : float
        CPU seconds of all that was done for it outside of its kernel.
    outside_memory : int
        By how many bytes the grader grew for it, as far as was seen.
    """

    start: float = 0.0
    cells: float = 0.0
    calls: float = 0.0
    judging: float = 0.0
    cpu: float = 0.0
    memory: int = 0
    outside: float = 0.0
    outside_memory: int = 0


@dataclass(frozen=True)
class GradedSubmission:
    """One graded submission: a value, made without database or shared folder.

    Attributes
    ----------
    notebook : str
        The notebook as graded, in JSON, for formgrader and feedback; "" where there was none to read.
    digest : str
        Identifies the bytes and the version of the exercises that were graded.
    flags : sequence of str
        What a person should look at, see `flags`; no mark depends on it.
    spent : Spent
        Where the time went; all zero where nothing ran.
    work : str
        Identifies what was handed in alone; "" where that is not known.
    """

    student: str
    lesson: str
    outcome: Outcome
    verdicts: Sequence[Verdict] = ()
    message: str = ""
    seconds: float = 0.0
    notebook: str = field(default="", repr=False)
    digest: str = ""
    flags: Sequence[str] = ()
    spent: Spent = field(default_factory=Spent, compare=False)
    work: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", _for_people(self.message))
        kind = list if isinstance(self.flags, list) else tuple
        object.__setattr__(self, "flags", kind(map(_for_people, self.flags)))

    @property
    def score(self) -> float | None:
        """Sum of the automatic marks; None where the grader failed."""
        scores = [verdict.score for verdict in self.verdicts]
        if self.outcome is Outcome.GRADER_ERROR:
            return None
        return sum(score for score in scores if score is not None)

    @property
    def failed_by_grader(self) -> bool:
        """Whether the grader itself failed at it or at a part of it, so that everything stays as it was."""
        return Outcome.GRADER_ERROR in {self.outcome, *(verdict.outcome for verdict in self.verdicts)}

    @property
    def max_score(self) -> float:
        """Sum of the points that can be earned automatically."""
        return sum(verdict.points for verdict in self.verdicts)

    def as_json(self) -> dict[str, Any]:
        """The shape that `grade --json` promises."""
        return {
            "student": self.student,
            "lesson": self.lesson,
            "score": self.score,
            "max_score": self.max_score,
            "outcome": self.outcome.value,
            "seconds": round(self.seconds, 3),
            "exercises": [verdict.as_json() for verdict in self.verdicts],
        }

    def as_stored(self) -> dict[str, Any]:
        """What is kept of it beside its notebook, for `from_json`."""
        more = {"digest": self.digest, "work": self.work, "message": self.message, "flags": list(self.flags)}
        return {**self.as_json(), **more, "exercises": [verdict.as_stored() for verdict in self.verdicts]}

    @classmethod
    def from_json(cls, row: Any) -> GradedSubmission:
        """Read what `as_stored` wrote.

        Raises
        ------
        ValueError
            If it is not that.
        """
        try:
            return cls(
                str(row["student"]),
                str(row["lesson"]),
                Outcome(row["outcome"]),
                tuple(Verdict.from_json(item) for item in row["exercises"]),
                str(row["message"]),
                float(row["seconds"]),
                digest=str(row["digest"]),
                flags=tuple(map(str, row["flags"])),
                work=str(row.get("work", "")),
            )
        except (LookupError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"this is no graded submission: {error!r}") from error
