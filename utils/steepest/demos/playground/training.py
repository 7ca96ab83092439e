"""A training that can be taken forward and back."""

from __future__ import annotations

import math
from time import perf_counter
from typing import Any

from torch import Tensor

from steepest.demos.playground.net import Design, Dials, State, begin
from steepest.demos.playground.stepping import Measure, measure, take_one_step
from steepest.tools import Schedule, Tools

EVERY = 5  # losses are measured after so many steps
KEPT = 100  # and a state to come back to is kept after so many


class Training:
    """A training that can be taken to any step.

    Dials hold from the step on at which they are set. Going back forgets what was set later.

    Parameters
    ----------
    tools : Tools

    Attributes
    ----------
    plan : list of Dials
        Those of every step taken.
    state : State
        Where it stands.
    now : Measure
        What is measured there.
    curve : list of Measure
        What was measured after every `EVERY` steps.
    """

    state: State
    now: Measure

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self.design: Design | None = None
        self.plan: list[Dials] = []
        self.curve: list[Measure] = []
        self._kept: dict[int, State] = {}

    def seek(
        self, design: Design, dials: Dials, step: int, *, schedule: Schedule | None = None, seconds: float = math.inf
    ) -> None:  # fmt: skip
        """Train, or go back, until `step`; a design other than the last is trained from the start by the same plan.

        Parameters
        ----------
        design : Design
        dials : Dials
            For steps that are in no plan yet.
        step : int
            Where to.
        schedule : callable, optional
            Maps the number of a step to its rate, in the place of that of the dials.
        seconds : float
            After which it takes no further step; it takes one at least.
        """
        end = perf_counter() + seconds
        del self.plan[step:]
        if design != self.design or not self.plan:  # the first rate may be part of what a stepper remembers
            rate = (self.plan[0] if self.plan else _at(0, dials, schedule)).rate
            self.design, self._kept = design, {0: begin(self.tools, design, rate)}
            self._stand(0, dials)
        elif step < self.state.step:
            self._stand(max(number for number in self._kept if number <= step), dials)
        while self.state.step < step:
            if self.state.step == len(self.plan):
                self.plan.append(_at(len(self.plan), dials, schedule))
            now = self.plan[self.state.step]
            self.state = take_one_step(self.tools, design, self.state, now)
            self._note(now)
            if perf_counter() > end:
                break
        self.now = measure(self.tools, design, self.state, dials)

    def forget(self) -> None:
        """Forget the plan, and with it the training."""
        self.plan, self.design = [], None

    def _stand(self, step: int, dials: Dials) -> None:
        self._kept = {number: state for number, state in self._kept.items() if number <= step}
        self.state = _copied(self._kept[step])
        del self.curve[step // EVERY :]
        self._note(self.plan[step - 1] if step else dials)

    def _note(self, dials: Dials) -> None:
        if self.design is not None and self.state.step % EVERY == 0:
            self.curve.append(measure(self.tools, self.design, self.state, dials))
        if self.state.step % KEPT == 0:
            self._kept[self.state.step] = _copied(self.state)


def _at(step: int, dials: Dials, schedule: Schedule | None) -> Dials:
    return dials if schedule is None else dials._replace(rate=schedule(step))


def _copied(state: State) -> State:
    """A state whose tensors nobody else holds: a student's function may change what it is given."""
    memory: dict[str, Any] = {
        key: value.clone() if isinstance(value, Tensor) else value for key, value in state.memory.items()
    }
    return state._replace(theta=state.theta.clone(), memory=memory)
