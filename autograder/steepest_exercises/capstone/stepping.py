"""Exercise `step_all` of `14_capstone`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest._checks.wire import Named
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.capstone import reference
from steepest_exercises.inputs import normal

Lists = tuple[list[Tensor], list[Any]]
Step = Callable[..., tuple[Tensor, Any]]
Pairs = list[tuple[Tensor, Any]]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str,
        shapes: Sequence[tuple[int, ...]],
        counts: Sequence[int],
        dtype: torch.dtype = torch.float64,
        corner: float = 0.0,
        **hyper: float,
    ) -> Case:
        parameters, grads, seen = ([normal(rng, *shape).to(dtype) for shape in shapes] for _ in range(3))
        states = [{"t": t, "seen": value} for t, value in zip(counts, seen, strict=True)]
        args = [Named("counting_step"), parameters, grads, states]
        return Case(name, {"args": args, "kwargs": hyper, "outputs": ["parameters", "states"]}, corner=corner)

    return [
        case("three tensors of one shape", [(2, 3)] * 3, [0, 4, 2], lr=0.3, l2=0.2),
        case("two tensors of one shape", [(4,)] * 2, [3, 1], lr=0.2, l2=0.5),
        case("tensors of different shapes", [(3, 2), (3,), (1, 3), (1,)], [1, 0, 5, 2], lr=0.05, l2=0.4),
        case("no hyperparameter", [(2, 2)] * 3, [2, 0, 1]),
        case("the rate alone", [(3,)] * 4, [1, 3, 0, 2], lr=0.7),
        case("float32", [(2,)] * 3, [0, 2, 1], torch.float32, lr=0.4, l2=0.1),
        case("a single tensor", [(5,)], [2], lr=0.5, l2=0.3, corner=0.15),
    ]


def _from(each: Callable[..., Pairs], lists: Callable[[Pairs], Any] | None = None) -> Callable[..., Any]:
    """Two lists of the pairs that `each` gives."""

    def step_all(
        step: Step, parameters: Sequence[Tensor], grads: Sequence[Tensor], states: Sequence[Any], **hyper: Any
    ) -> Any:
        pairs = each(step, list(parameters), list(grads), list(states), hyper)
        return lists(pairs) if lists else ([theta for theta, _ in pairs], [state for _, state in pairs])

    return step_all


def _by_number(
    step: Step, parameters: list[Tensor], grads: list[Tensor], states: list[Any], hyper: dict[str, Any]
) -> Pairs:
    return [step(parameters[i], grads[i], states[i], **hyper) for i in range(len(parameters))]


def _mapped(
    step: Step, parameters: list[Tensor], grads: list[Tensor], states: list[Any], hyper: dict[str, Any]
) -> Pairs:
    return list(map(lambda theta, grad, state: step(theta, grad, state, **hyper), parameters, grads, states))


def _unzipped(
    step: Step, parameters: Sequence[Tensor], grads: Sequence[Tensor], states: Sequence[Any], **hyper: Any
) -> Any:
    moved, kept = zip(*(step(*three, **hyper) for three in zip(parameters, grads, states, strict=True)), strict=True)
    return list(moved), list(kept)


def _twice_over(
    step: Step, parameters: Sequence[Tensor], grads: Sequence[Tensor], states: Sequence[Any], **hyper: Any
) -> Lists:
    threes = list(zip(parameters, grads, states, strict=True))
    return [step(*three, **hyper)[0] for three in threes], [step(*three, **hyper)[1] for three in threes]


def _handed_on(
    step: Step, parameters: list[Tensor], grads: list[Tensor], states: list[Any], hyper: dict[str, Any]
) -> Pairs:
    state, pairs = states[0], []
    for theta, grad in zip(parameters, grads, strict=True):
        theta, state = step(theta, grad, state, **hyper)
        pairs.append((theta, state))
    return pairs


def _beside_grads(
    step: Step, parameters: list[Tensor], grads: list[Tensor], states: list[Any], hyper: dict[str, Any]
) -> list[tuple[tuple[Tensor, Any], Tensor]]:
    """What a step gives, each beside its gradient."""
    return list(zip(_by_number(step, parameters, grads, states, hyper), grads, strict=True))


def _with(
    change: Callable[[list[Tensor], list[Tensor], list[Any]], tuple[list[Tensor], list[Tensor], list[Any]]],
) -> Callable[..., Any]:
    """One step for each, of lists that are changed before."""
    return _from(
        lambda step, parameters, grads, states, hyper: _by_number(step, *change(parameters, grads, states), hyper)
    )


def _after(change: Callable[..., Lists]) -> Callable[..., Any]:
    """`change(parameters, states, moved, kept)` of the old and the new lists."""

    def step_all(
        step: Step, parameters: Sequence[Tensor], grads: Sequence[Tensor], states: Sequence[Any], **hyper: Any
    ) -> Any:
        return change(list(parameters), list(states), *reference.step_all(step, parameters, grads, states, **hyper))

    return step_all


STEP_ALL = Exercise(
    id="step_all",
    reference=reference.step_all,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("by_number", _from(_by_number)),
        Accepted("mapped", _from(_mapped)),
        Accepted("unzipped", _unzipped),
        Accepted("one_pass_for_each_list", _twice_over),
        Accepted("tuples", _from(_by_number, lambda pairs: tuple(zip(*pairs, strict=True)))),
    ],
    mistakes=[
        Mistake(
            "one_state_for_all",
            _with(lambda parameters, grads, states: (parameters, grads, [states[0]] * len(states))),
            "Every tensor is moved with the first one's state. Each has a velocity and a count of its own: walk "
            "through `states` as through the other lists.",
            forms=[_with(lambda parameters, grads, states: (parameters, grads, [states[-1]] * len(states)))],
        ),
        Mistake(
            "state_handed_on",
            _from(_handed_on),
            "The state that one step returns is given to the next tensor. It belongs to the same tensor, for the next "
            "time: do not write over a name that the loop uses.",
        ),
        Mistake(
            "old_states",
            _after(lambda parameters, states, moved, kept: (moved, states)),
            "The states come back as they were given, so that no velocity ever grows. Return those that the steps have "
            "returned.",
            0.25,
        ),
        Mistake(
            "old_parameters",
            _after(lambda parameters, states, moved, kept: (parameters, kept)),
            "The parameters come back as they were given: nothing moves. Return those that the steps have returned.",
        ),
        Mistake(
            "first_gradient",
            _with(lambda parameters, grads, states: (parameters, [grads[0]] * len(grads), states)),
            "Every tensor is moved by the first one's gradient. Each has its own.",
            forms=[_with(lambda parameters, grads, states: (parameters, [grads[-1]] * len(grads), states))],
        ),
        Mistake(
            "gradients_in_another_order",
            _with(lambda parameters, grads, states: (parameters, grads[::-1], states)),
            "Tensors and gradients do not belong together: one of the lists runs the other way, or a step further.",
            forms=[
                _with(lambda parameters, grads, states: (parameters, grads[1:] + grads[:1], states)),
                _with(lambda parameters, grads, states: (parameters, grads[-1:] + grads[:-1], states)),
                _with(lambda parameters, grads, states: (parameters[::-1], grads, states)),
            ],
        ),
        Mistake(
            "states_in_another_order",
            _with(lambda parameters, grads, states: (parameters, grads, states[::-1])),
            "Tensors and states do not belong together: one of the lists runs the other way, or a step further.",
            forms=[
                _with(lambda parameters, grads, states: (parameters, grads, states[1:] + states[:1])),
                _with(lambda parameters, grads, states: (parameters, grads, states[-1:] + states[:-1])),
            ],
        ),
        Mistake(
            "hyperparameters_dropped",
            _from(lambda step, parameters, grads, states, hyper: _by_number(step, parameters, grads, states, {})),
            "The hyperparameters are not passed on, so the stepper takes its own rate. `**hyper` gathers them in your "
            "function's head, and spreads them out again in a call.",
            0.25,
        ),
        Mistake(
            "rate_alone_passed_on",
            _from(
                lambda step, parameters, grads, states, hyper: _by_number(
                    step, parameters, grads, states, {key: hyper[key] for key in hyper if key == "lr"}
                )
            ),
            "Only `lr` is passed on. Another stepper has other hyperparameters: pass on whatever is given.",
            0.5,
        ),
        Mistake(
            "hyperparameters_by_position",
            _from(
                lambda step, parameters, grads, states, hyper: [
                    step(*three, *hyper.values()) for three in zip(parameters, grads, states, strict=True)
                ]
            ),
            "The hyperparameters are handed over by position, and a stepper takes them by name: `**hyper` spreads them "
            "out again in a call.",
            0.5,
        ),
        Mistake(
            "lists_reversed",
            _after(lambda parameters, states, moved, kept: (moved[::-1], kept[::-1])),
            "Both lists run the other way: the first tensor comes last. Keep the order of the old ones.",
            0.25,
        ),
        Mistake(
            "returns_within_the_loop",
            _from(lambda *given: _by_number(*given)[:1]),
            "Only the first tensor comes back: the `return` stands within the loop. Move it out by one level.",
            0.25,
        ),
        Mistake(
            "only_the_last",
            _from(lambda *given: _by_number(*given)[-1:]),
            "Only the last tensor comes back: the lists are made anew in every turn of the loop. Make them before it.",
            0.25,
        ),
        Mistake(
            "last_one_left_out",
            _from(lambda *given: _by_number(*given)[:-1]),
            "The last tensor is missing: the loop ends one too early.",
            0.25,
            forms=[_from(lambda *given: _by_number(*given)[1:])],
        ),
        Mistake(
            "a_list_of_pairs",
            _from(_by_number, lambda pairs: pairs),
            "One list of pairs comes back. What is asked for are two lists: all parameters, and all states.",
            0.5,
        ),
        Mistake(
            "lists_exchanged",
            _after(lambda parameters, states, moved, kept: (kept, moved)),
            "The two lists are exchanged: parameters first, then states.",
            0.5,
        ),
        Mistake(
            "two_steps",
            _from(
                lambda step, parameters, grads, states, hyper: [
                    step(theta, grad, state, **hyper)
                    for grad, (theta, state) in zip(
                        grads, _by_number(step, parameters, grads, states, hyper), strict=True
                    )
                ]
            ),
            "Each tensor is moved twice. Call the stepper once for each, and keep both parts of what it returns.",
            0.25,
        ),
        Mistake(
            "gradient_and_parameter_exchanged",
            _with(lambda parameters, grads, states: (grads, parameters, states)),
            "Gradient and parameter have changed places: the stepper wants `theta` first and then `grad`.",
        ),
    ],
    equivalent={
        "The three lists are equally long.": [
            "moved = [step(*three, **hyper) for three in zip(parameters, grads, states)]",
            "moved = [step(*three, **hyper) for three in zip(parameters, grads, states, strict=False)]",
        ]
    },
)
