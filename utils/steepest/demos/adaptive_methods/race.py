"""The race: who is where after each step, and one step of one method in numbers."""

from __future__ import annotations

from functools import cache

from steepest.demos._demo import Demo, choice, count
from steepest.demos._stage import Stage
from steepest.demos.adaptive_methods.arithmetic import WEIGHTS, Moment, first_moment, follow, spell_out
from steepest.demos.adaptive_methods.runners import LEARNERS, LineUp, Step
from steepest.demos.adaptive_methods.runs import (
    BEST,
    CHOICES,
    LENGTHS,
    N_STARTS,
    N_STEPS,
    RIVALS,
    Heat,
    choose,
    duel,
    run_race,
    tracks,
)
from steepest.demos.adaptive_methods.track import draw_race

LABELS = {"beale": "Beale"}


def race_demo(
    delta_bar_delta_step: Step,
    rprop_step: Step,
    quickprop_step: Step,
    adagrad_step: Step,
    rmsprop_step: Step,
    adadelta_step: Step,
    adam_step: Step,
    adamax_step: Step,
    nadam_step: Step,
) -> Demo:
    """A race over a landscape, played or step by step, with one step of one method in numbers.

    Parameters
    ----------
    delta_bar_delta_step, rprop_step, quickprop_step, adagrad_step, rmsprop_step, adadelta_step, adam_step : callable
        The student's functions. For those that are not written torch.optim runs where it has the method.
    adamax_step, nadam_step : callable
        Two more.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = race_demo(*[unwritten] * 9)
    >>> list(demo.controls)
    ['landscape', 'rates', 'start', 'spelled', 'weight', 'step']
    """
    steppers = (
        delta_bar_delta_step, rprop_step, quickprop_step, adagrad_step, rmsprop_step, adadelta_step,
        adam_step, adamax_step, nadam_step,
    )  # fmt: skip
    run_once = cache(lambda: run_race(steppers))
    seen: dict[tuple[str, int], dict[str, float]] = {}
    walks: dict[tuple[str, str, float, int], list[Moment]] = {}

    def draw(stage: Stage, *, landscape: str, rates: str, start: int, spelled: str, weight: str, step: int) -> str:
        race = run_once()
        heat = choose(race, landscape, rates, start)
        names = list(race.field.runners)
        draw_race(stage, race.field, heat, step, names.index(spelled) if spelled in names else None)
        if rates != BEST and (winner := duel(race.field, heat, step)):
            seen.setdefault((landscape, start), {})[winner] = heat.rates[0]
        lines = []
        if spelled in race.field.own:
            rate, entrant = heat.rates[names.index(spelled)], race.field.own[spelled]
            key = spelled, landscape, rate, start
            track = tracks()[list(LENGTHS).index(landscape)]
            if key not in walks:
                walks[key] = [first_moment(entrant, track, start - 1, rate)]
            follow(entrant, track, walks[key], rate, max(step, 1))
            lines = spell_out(entrant, walks[key], max(step, 1), WEIGHTS.index(weight), rate)
        return said(race.field, heat, step, _won(seen.get((landscape, start), {}), rates), spelled, lines)

    return Demo(
        draw,
        {
            "landscape": choice("landscape", "beale", [(LABELS.get(name, name), name) for name in LENGTHS]),
            "rates": choice("rate η", BEST, CHOICES),
            "start": count("start", 1, 1, N_STARTS),
            "spelled": choice("spell out", "Adam", list(LEARNERS)),
            "weight": choice("for", WEIGHTS[0], WEIGHTS),
            "step": count("step", 45, 0, N_STEPS),
        },
        needs=[f"{method}_step" for method, _ in LEARNERS.values()],
        goal=(
            "on one landscape, from one start and with one rate for all, let Adam beat gradient descent "
            "(get below the line of the goal in fewer steps, and stay there); then find a rate with which gradient "
            "descent beats Adam"
        ),
        size=(9.5, 4.4),
        played="step",
        forget=seen.clear,
    )


def said(field: LineUp, heat: Heat, step: int, won: str, spelled: str, lines: list[str]) -> str:
    """What the line above the picture says: who has arrived, the goal, who is replaced, and one step in numbers."""
    there = sorted((n, name) for n, name in zip(heat.needed, field.runners, strict=True) if n is not None and n <= step)
    first = ", ".join(f"{name} ({n})" for n, name in there[:5]) + (" …" if len(there) > 5 else "")
    notes = [
        f"After {step} steps {len(there)} of {len(heat.rates)} have arrived for good{':' if there else ''} {first}"
    ]
    notes.append(won)
    if field.replaced:
        who = ", ".join(f"{name} (<code>{function}</code>)" for name, function in field.replaced.items())
        notes.append(f"Not written yet, so torch.optim runs: {who}.")
    if field.left_out:
        notes.append(f"Left out: {'; '.join(f'{name}, {why}' for name, why in field.left_out.items())}.")
    if not lines:
        lines = [f"{spelled} is not your function's run, so its steps are not spelled out"]
    numbers = f'<pre style="line-height:1.25;margin:0">{"<br>".join(lines)}</pre>'
    return "<br>".join([*notes, numbers])


def _won(seen: dict[str, float], rates: str) -> str:
    if not seen and rates == BEST:
        return "The goal needs one rate for all."
    if not seen:
        return f"Neither {' nor '.join(RIVALS)} has beaten the other from this start yet."
    found = " and ".join(f"{name} has won with {rate:g} for all" for name, rate in seen.items())
    return f"From this start {found}. {'The goal is reached.' if len(seen) == len(RIVALS) else 'Now the other.'}"
