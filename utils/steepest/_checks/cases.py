"""Cases, how they are played, and what comes of it: the part that check and grader share."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import torch

from steepest._checks.calls import Function, NoAnswer, StudentError
from steepest._checks.drives import drive
from steepest._checks.wire import Named

EVERYTHING = "everything"
ODD = "what it returned is of a form that nothing can be made of"
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Case:
    """One situation in which a function is tried.

    Parameters
    ----------
    name : str
        What is special here, in words that can end "in the case …".
    inputs : mapping
        Arguments of the drive; only what the wire can carry.
    drive : str
        Name of the drive that plays the case, see `steepest._checks.drives`.
    slack : float
        Multiplies the tolerance where the answer is badly conditioned.
    exact : bool
        Whether the last bits of the inputs are the point of the case, as in 0.1 + 0.2; then a course that looks for
        what rounding decides leaves them alone.
    corner : float
        Share of the points that it costs to fail here and nowhere else: a special situation, which a good function
        may have forgotten. 0 for an ordinary case, in which nothing is forgiven.
    """

    name: str
    inputs: Mapping[str, Any]
    drive: str = "call"
    slack: float = 1.0
    exact: bool = False
    corner: float = 0.0

    @cached_property
    def scale(self) -> float:
        """The largest finite number, in absolute value, among the floating inputs; 1 where there is none."""
        return max(_sizes(self.inputs), default=1.0)


@dataclass(frozen=True)
class Result:
    """What came of playing one case: observations, or the kind of exception that stopped it.

    What rounding decides is not among the observations, but its name is in `undecided`; there it says `EVERYTHING`
    where rounding decides whether there is an exception at all.
    """

    observations: Mapping[str, Any] = field(default_factory=dict)
    effects: tuple[str, ...] = ()
    error: str = ""
    message: str = ""
    line: str = ""
    undecided: tuple[str, ...] = ()

    @property
    def out_of_memory(self) -> bool:
        """Whether memory ran out, as Python or torch says it."""
        return self.error == "MemoryError" or "can't allocate memory" in self.message

    @property
    def not_attempted(self) -> bool:
        """Whether the body is still the stub; libraries raise the same exception, but with a message."""
        return self.error == "NotImplementedError" and not self.message


@dataclass(frozen=True)
class Candidate:
    """A known implementation and its results on the same cases.

    Parameters
    ----------
    kind : {"reference", "accepted", "mistake"}
    name : str
        The field's word for it, as in a diagnosis; a mistake may have several forms of one name.
    text : str
        A note on an accepted convention, or the hint for a mistake.
    credit : float
        Share of the points that it earns.
    results : sequence of Result
        One for each case.
    form : int
        Which form of a mistake it is, from 1.
    measured : bool
        Whether it says how far a measurement reaches, and no function has been played for it.
    """

    kind: Literal["reference", "accepted", "mistake"]
    name: str
    text: str
    credit: float
    results: Sequence[Result]
    form: int = 1
    measured: bool = False

    @property
    def undecided(self) -> int:
        """How much of the results rounding decides."""
        return sum(len(result.undecided) for result in self.results)

    def only(self, place: int) -> Candidate:
        """The same, with the result of one case alone."""
        return replace(self, results=self.results[place : place + 1])


def play(function: Function, cases: Iterable[Case], *, more: bool = False, ours: bool = False) -> list[Result]:
    """Play the cases in turn; stops early where the function is not written yet or memory runs out.

    What all answers may hold together is counted from here on, or from the play before where there is `more` to come.

    A drive that stumbles over what a function gave makes that an answer of the wrong form, unless the function is one
    of `ours`: then the fault is, too.
    """
    results: list[Result] = []
    if not more:
        function.allowance.renew()
    for case in cases:
        function.begin(case.name)
        play_one = drive(case.drive)
        try:
            seen = play_one(function, **case.inputs)
        except StudentError as error:
            result = Result(error=error.kind, message=str(error), line=error.line)
        except NoAnswer:
            raise
        except Exception as error:
            if ours:
                raise
            LOG.info("the drive %s stumbled", case.drive, exc_info=True)
            result = Result(error="ResultError", message=f"{ODD} ({type(error).__name__})")
        else:
            result = Result(seen, tuple(sorted(function.effects)))
        results.append(result)
        if result.not_attempted or result.out_of_memory:
            break
    return results


def _sizes(value: Any) -> Iterator[float]:
    if isinstance(value, torch.Tensor):
        if value.is_floating_point() and (finite := value[value.isfinite()]).numel():
            yield float(finite.abs().max())
    elif isinstance(value, float):
        if math.isfinite(value):
            yield abs(value)
    elif isinstance(value, Named):
        yield from _sizes(dict(value.params))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _sizes(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _sizes(item)
