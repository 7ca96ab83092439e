"""The race of all steppers: run once on every track, at every rate and from every start, then only shown."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import torch
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._adaptive_methods_arithmetic import WEIGHTS, Moment, follow, spell_out
from steepest.demos._adaptive_methods_runners import LEARNERS, PLAIN, LineUp, Step, line_up
from steepest.demos._adaptive_methods_track import RaceView
from steepest.demos._demo import Demo, choice, count
from steepest.race import ARRIVED, RATES, SCORED, Track, landscape_track
from steepest.trajectory import steps_to_reach

LENGTHS = {"beale": 160, "long valley": 200, "saddle": 80}
N_STEPS = 200
N_STARTS = 20
BEST = "each its best"
CHOICES = (BEST, *(f"{rate:g} for all" for rate in RATES))
RIVALS = (PLAIN[0], "Adam")


class Race(NamedTuple):
    """Where everybody was at every step.

    Attributes
    ----------
    field : LineUp
        Who ran; its runners are the second axis.
    paths : Tensor, shape (N_STEPS + 1, runners, tracks, rates, starts, 2)
        All points.
    losses : Tensor, shape (N_STEPS + 1, runners, tracks, rates, starts)
        Loss above the minimum; inf where a run left the numbers.
    best : Tensor, shape (runners, tracks)
        Index of the rate with the lowest mean of log₁₀ loss, as `steepest.race` finds it.
    """

    field: LineUp
    paths: Tensor
    losses: Tensor
    best: Tensor


class Heat(NamedTuple):
    """What is shown of a race: one track, one start, and one rate for each runner.

    Attributes
    ----------
    track : str
        A key of `LENGTHS`.
    goal : float
        Loss at which a runner has arrived.
    rates : list of float
        Each runner's.
    paths, losses : Tensor, shapes (runners, N_STEPS + 1, 2) and (runners, N_STEPS + 1)
        Where each is.
    needed : list of int or None
        Steps after which each stays at the goal.
    """

    track: str
    goal: float
    rates: list[float]
    paths: Tensor
    losses: Tensor
    needed: list[int | None]


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
    """
    steppers = (
        delta_bar_delta_step, rprop_step, quickprop_step, adagrad_step, rmsprop_step, adadelta_step,
        adam_step, adamax_step, nadam_step,
    )  # fmt: skip
    made: list[tuple[RaceView, Race]] = []
    seen: dict[tuple[str, int], dict[str, float]] = {}
    walks: dict[tuple[str, str, float, int], list[Moment]] = {}

    def draw(figure: Figure, *, landscape: str, rates: str, start: int, spelled: str, weight: str, step: int) -> str:
        if not made:
            race = run_race(steppers)
            made.append((RaceView(figure, race.field), race))
        view, race = made[0]
        heat = choose(race, landscape, rates, start)
        names = list(race.field.runners)
        view.show(heat, step, names.index(spelled) if spelled in names else None)
        if rates != BEST and (winner := duel(race.field, heat, step)):
            seen.setdefault((landscape, start), {})[winner] = heat.rates[0]
        lines = []
        if spelled in race.field.own:
            rate = heat.rates[names.index(spelled)]
            key = spelled, landscape, rate, start
            if key not in walks:
                track = tracks()[list(LENGTHS).index(landscape)]
                entrant = race.field.own[spelled]
                walks[key] = follow(entrant, lambda at: track.gradient(at, 0), track.starts[start - 1], rate, N_STEPS)
            lines = spell_out(race.field.own[spelled], walks[key], max(step, 1), WEIGHTS.index(weight), rate)
        return said(race.field, heat, step, seen.get((landscape, start), {}), spelled, lines)

    return Demo(
        draw,
        {
            "landscape": choice("landscape", "beale", list(LENGTHS)),
            "rates": choice("rate η", BEST, CHOICES),
            "start": count("start", 1, 1, N_STARTS),
            "spelled": choice("spell out", "Adam", list(LEARNERS)),
            "weight": choice("for", WEIGHTS[0], WEIGHTS),
            "step": count("step", 45, 0, N_STEPS),
        },
        needs=[f"{method}_step" for method, _ in LEARNERS.values()],
        goal=(
            "on one landscape, from one start and with one rate for all, let Adam beat gradient descent; "
            "then find a rate with which gradient descent beats Adam"
        ),
        size=(9.5, 4.4),
        played="step",
    )


@cache
def tracks() -> tuple[Track, ...]:
    """The landscapes of the race, in the order of `LENGTHS`, with the starts of the lesson's table."""
    return tuple(landscape_track(name, n_runs=N_STARTS, n_steps=length, seed=1) for name, length in LENGTHS.items())


def run_race(steppers: tuple[Step, ...]) -> Race:
    """Let everybody run side by side, on all tracks, at all rates and from all starts at once.

    Parameters
    ----------
    steppers : tuple of callable
        The student's functions, in the order of `LEARNERS`.
    """
    rates = torch.tensor(RATES, dtype=torch.float64)
    starts = torch.stack([track.starts for track in tracks()]).unsqueeze(1).repeat(1, len(RATES), 1, 1)
    field = line_up(steppers, starts, rates)
    theta = starts.expand(len(field.runners), *starts.shape)
    points = [theta]
    for step in range(N_STEPS):
        slopes = [track.gradient(theta[:, number], step) for number, track in enumerate(tracks())]
        moves = zip(field.runners.values(), theta, torch.stack(slopes, dim=1), strict=True)
        theta = torch.stack([runner.move(place, slope) for runner, place, slope in moves])
        points.append(theta)
    paths = torch.stack(points)
    losses = torch.stack([track.loss(paths[:, :, number]) for number, track in enumerate(tracks())], dim=2)
    losses = losses.nan_to_num(nan=torch.inf, posinf=torch.inf)
    return Race(field, paths, losses, _best(losses))


def choose(race: Race, landscape: str, rates: str, start: int) -> Heat:
    """Take one track and one start out of a race, and for each runner the rate asked for, or its best.

    Parameters
    ----------
    race : Race
        All that was run.
    landscape : str
        A key of `LENGTHS`.
    rates : str
        One of `CHOICES`.
    start : int
        Number of the start, from 1.
    """
    number = list(LENGTHS).index(landscape)
    runners = torch.arange(len(race.field.runners))
    picks = race.best[:, number] if rates == BEST else torch.full_like(runners, CHOICES.index(rates) - 1)
    losses = race.losses[:, runners, number, picks, start - 1].T
    paths = race.paths[:, runners, number, picks, start - 1].transpose(0, 1)
    goal = tracks()[number].goal
    needed = [steps_to_reach(line, goal) for line in losses]
    return Heat(landscape, goal, [RATES[pick] for pick in picks.tolist()], paths, losses, needed)


def duel(field: LineUp, heat: Heat, step: int) -> str:
    """Who of the two rivals has arrived first by this step; nobody if none has, both at once or one is missing."""
    names = list(field.runners)
    if not set(RIVALS) <= set(names):
        return ""
    first, second = (heat.needed[names.index(name)] or N_STEPS + 1 for name in RIVALS)
    if first == second or min(first, second) > step:
        return ""
    return RIVALS[first > second]


def said(field: LineUp, heat: Heat, step: int, seen: dict[str, float], spelled: str, lines: list[str]) -> str:
    """What the line above the picture says: who has arrived, the goal, who is replaced, and one step in numbers."""
    there = sorted((n, name) for n, name in zip(heat.needed, field.runners, strict=True) if n is not None and n <= step)
    first = ", ".join(f"{name} ({n})" for n, name in there[:5]) + (" …" if len(there) > 5 else "")
    notes = [
        f"After {step} steps {len(there)} of {len(heat.rates)} have arrived for good{':' if there else ''} {first}"
    ]
    notes.append(_won(seen))
    if field.replaced:
        who = ", ".join(f"{name} (<code>{function}</code>)" for name, function in field.replaced.items())
        notes.append(f"Not written yet, so torch.optim runs: {who}.")
    if field.left_out:
        notes.append(f"Left out: {'; '.join(f'{name}, {why}' for name, why in field.left_out.items())}.")
    if not lines:
        lines = [f"{spelled} is not your function's run, so its steps are not spelled out"]
    numbers = f'<pre style="line-height:1.25;margin:0">{"<br>".join(lines)}</pre>'
    return "<br>".join([*notes, numbers])


def _won(seen: dict[str, float]) -> str:
    if not seen:
        return "The goal needs one rate for all."
    found = " and ".join(f"{name} has won with {rate:g} for all" for name, rate in seen.items())
    return f"From this start {found}. {'The goal is reached.' if len(seen) == len(RIVALS) else 'Now the other.'}"


def _best(losses: Tensor) -> Tensor:
    best = []
    for number, length in enumerate(LENGTHS.values()):
        part = losses[: length + 1, :, number]
        part = part.masked_fill((part <= ARRIVED).cummax(dim=0).values, ARRIVED)
        best.append(part.clamp(*SCORED).log10().mean(dim=(0, 3)).argmin(dim=1))
    return torch.stack(best, dim=1)
