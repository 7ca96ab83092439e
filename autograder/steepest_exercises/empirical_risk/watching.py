"""Loops that watch a validation loss: sound ones, and places for their bugs."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

Steps = tuple[int, int]
Rule = Callable[[list[float], int, float], object]


def refusing(rule: Rule) -> Callable[..., object]:
    """A rule of (losses, patience, min_delta) that refuses an empty series."""

    def early_stop(val_losses: Tensor, *, patience: int, min_delta: float = 0.0) -> object:
        if len(val_losses) == 0:
            raise ValueError("no losses")
        return rule(val_losses.tolist(), patience, min_delta)

    return early_stop


def watch(
    better: Callable[[float, float, float], bool] = lambda loss, best, delta: loss < best - delta,
    *,
    extra: int = 0,
    begins: int = 0,
    resets: bool = True,
) -> Callable[[list[float], int, float], Steps]:
    """The loop of a monitor with a counter, and places for its bugs."""

    def rule(losses: list[float], patience: int, delta: float) -> Steps:
        best, best_step, waited = losses[0], 0, begins
        for step, loss in enumerate(losses[1:], start=1):
            if better(loss, best, delta):
                best, best_step = loss, step
                waited = begins if resets else waited
            else:
                waited += 1
                if waited >= patience + extra:
                    return best_step, step
        return best_step, len(losses) - 1

    return rule


def from_infinity(losses: list[float], patience: int, delta: float) -> Steps:
    """The distance from the best step stands for the counter."""
    best, best_step, step = float("inf"), 0, 0
    for step, loss in enumerate(losses):
        if best - loss > delta:
            best, best_step = loss, step
        if step - best_step >= patience:
            break
    return best_step, step


def two_passes(losses: list[float], patience: int, delta: float) -> Steps:
    """All improvements first, then the first gap that is too long."""
    improvements = [0]
    for step, loss in enumerate(losses):
        if loss < losses[improvements[-1]] - delta:
            improvements.append(step)
    ends = [*improvements[1:], len(losses) + patience]
    for here, following in zip(improvements, ends, strict=True):
        if following - here > patience:
            return here, min(here + patience, len(losses) - 1)
    raise AssertionError


def recursive(losses: list[float], patience: int, delta: float, best: int = 0) -> Steps:
    """From improvement to improvement."""
    for step in range(best + 1, min(best + patience, len(losses) - 1) + 1):
        if losses[step] < losses[best] - delta:
            return recursive(losses, patience, delta, step)
    return best, min(best + patience, len(losses) - 1)


taught = watch()


def smallest_seen(losses: list[float], patience: int, delta: float) -> Steps:
    """The lowest loss up to the stop."""
    stop = taught(losses, patience, delta)[1]
    return losses.index(min(losses[: stop + 1])), stop


def best_creeps(losses: list[float], patience: int, delta: float) -> Steps:
    """Every dip moves the mark."""
    best, best_step, waited = losses[0], 0, 0
    for step, loss in enumerate(losses[1:], start=1):
        if loss < best - delta:
            best_step, waited = step, 0
        else:
            waited += 1
        best = min(best, loss)
        if waited >= patience:
            return best_step, step
    return best_step, len(losses) - 1


def rises_in_a_row(losses: list[float], patience: int, delta: float) -> Steps:
    """The last improvement, but patience for rises."""
    best_step, rises = 0, 0
    for step in range(1, len(losses)):
        if losses[step] < losses[best_step] - delta:
            best_step = step
        rises = rises + 1 if losses[step] >= losses[step - 1] - delta else 0
        if rises >= patience:
            return best_step, step
    return best_step, len(losses) - 1


def beats_the_step_before(
    better: Callable[[float, float, float], bool] = lambda loss, before, delta: loss < before - delta,
) -> Rule:
    """The loop that compares with the step before by `better`."""

    def rule(losses: list[float], patience: int, delta: float) -> Steps:
        best_step, waited = 0, 0
        for step in range(1, len(losses)):
            if better(losses[step], losses[step - 1], delta):
                best_step, waited = step, 0
            else:
                waited += 1
            if waited >= patience:
                return best_step, step
        return best_step, len(losses) - 1

    return rule


def waits(counts: Callable[[float, float, float], bool]) -> Rule:
    """The loop in which a step without improvement counts only where `counts(loss, best, delta)`."""

    def rule(losses: list[float], patience: int, delta: float) -> Steps:
        best, best_step, waited = losses[0], 0, 0
        for step, loss in enumerate(losses[1:], start=1):
            if loss < best - delta:
                best, best_step, waited = loss, step, 0
            elif counts(loss, best, delta):
                waited += 1
                if waited >= patience:
                    return best_step, step
        return best_step, len(losses) - 1

    return rule


def from_a_mark(mark: float) -> Rule:
    """Best so far begins with a number that losses need not reach."""

    def rule(losses: list[float], patience: int, delta: float) -> Steps:
        best, best_step, waited = mark, 0, 0
        for step, loss in enumerate(losses):
            if loss < best - delta:
                best, best_step, waited = loss, step, 0
            else:
                waited += 1
                if waited >= patience:
                    return best_step, step
        return best_step, len(losses) - 1

    return rule


def any_dip_resets(losses: list[float], patience: int, delta: float) -> Steps:
    """A dip below the best sets the waiting back."""
    best, best_step, waited = losses[0], 0, 0
    for step, loss in enumerate(losses[1:], start=1):
        waited = 0 if loss < best else waited + 1
        if loss < best - delta:
            best, best_step = loss, step
        if waited >= patience:
            return best_step, step
    return best_step, len(losses) - 1


def any_fall_resets(losses: list[float], patience: int, delta: float) -> Steps:
    """A fall below the step before sets the waiting back."""
    best, best_step, waited = losses[0], 0, 0
    for step, loss in enumerate(losses[1:], start=1):
        waited = 0 if loss < losses[step - 1] else waited + 1
        if loss < best - delta:
            best, best_step, waited = loss, step, 0
        if waited >= patience:
            return best_step, step
    return best_step, len(losses) - 1


def goes_on(losses: list[float], patience: int, delta: float) -> Steps:
    """Notes the stop and does not leave the loop."""
    best, best_step, waited, stop = losses[0], 0, 0, len(losses) - 1
    for step, loss in enumerate(losses[1:], start=1):
        if loss < best - delta:
            best, best_step, waited = loss, step, 0
        else:
            waited += 1
        if waited == patience:
            stop = step
    return best_step, stop


def changed(change: Callable[[list[float], int, int, int], object]) -> Rule:
    """What `change(losses, patience, best_step, stop_step)` makes of the right steps."""
    return lambda losses, patience, delta: change(losses, patience, *taught(losses, patience, delta))


def unless_it_ends(change: Callable[[list[float], int, int], object]) -> Rule:
    """The right steps, or `change(losses, best_step, stop_step)` of them where patience never runs out."""

    def rule(losses: list[float], patience: int, delta: float) -> object:
        best, stop = taught(losses, patience, delta)
        return (best, stop) if stop - best >= patience else change(losses, best, stop)

    return rule


def argmin_and_patience(losses: list[float], patience: int, delta: float) -> Steps:
    """The lowest loss of all, and patience from there."""
    best = losses.index(min(losses))
    return best, min(best + patience, len(losses) - 1)


def never_stops(losses: list[float], patience: int, delta: float) -> Steps:
    """Patience for the whole run."""
    return taught(losses, len(losses), delta)


def for_nothing(steps: Steps) -> Callable[..., Steps]:
    """The rule, with these steps where there are no losses."""

    def early_stop(val_losses: Tensor, *, patience: int, min_delta: float = 0.0) -> Steps:
        return taught(val_losses.tolist(), patience, min_delta) if len(val_losses) else steps

    return early_stop
