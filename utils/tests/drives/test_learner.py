"""The drives of an entrant: what is handed over and when, and what is seen of sound and of broken functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from steepest._checks.calls import Function, LocalTransport, StudentError, local
from steepest._checks.wire import Handle, decode
from steepest._drives import learner as drives
from steepest._drives.entrant import PARTS, STRETCH, Entrant, measured
from steepest._drives.learner import learner, learner_alone, learner_answers, learner_start, level, margin
from steepest.learning import STEPS, handed_out, practise, task
from torch import Tensor

SEEDS = [11, 12]
LEVELS = [20.0, 25.0]


def _prepare(generator: torch.Generator) -> Any:
    return {"w": 0.1 * torch.randn(10, 40, generator=generator), "m": torch.zeros(10, 40)}


def _step(state: Any, x: Tensor, labels: Tensor, generator: Any, *, step: int, n_steps: int) -> Any:
    """Softmax regression with momentum, in place."""
    residual = (x @ state["w"].T).softmax(1)
    residual[range(len(x)), labels] -= 1
    state["m"].mul_(0.9).add_(residual.T @ x / len(x))
    state["w"] -= 0.1 * (1 - step / n_steps) * state["m"]
    return state


def _predict(state: Any, x: Tensor) -> Tensor:
    return (x @ state["w"].T).argmax(1)


SOUND = {"prepare_training": _prepare, "train_step": _step, "predict_digits": _predict}


def _function(name: str, **others: Callable[..., Any] | None) -> Function:
    space = {key: value for key, value in {**SOUND, **others}.items() if value}
    return Function(name, LocalTransport(space))


class _Listening(LocalTransport):
    """Notes every request."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        super().__init__(namespace)
        self.asked: list[dict[str, Any]] = []

    def exchange(self, frame: bytes) -> bytes:
        self.asked.append(decode(frame))
        return super().exchange(frame)


def test_the_judge_measures_what_practice_measures() -> None:
    found = measured(Entrant(_function("train_step")), 11)
    assert found.accuracy == practise(_prepare, _step, _predict, seed=11) > 0.2
    assert (found.again, found.alone) == (True, True)


def test_rows_are_handed_over_as_the_loop_says_and_test_rows_come_last() -> None:
    transport = _Listening(SOUND)
    measured(Entrant(Function("train_step", transport)), 12)
    kinds = [(asked["op"], asked.get("name")) for asked in transport.asked]
    start = [("generator", None), ("call", "prepare_training")]
    assert kinds == [
        *start,
        *[("series", "train_step")] * (STEPS // STRETCH),
        *[("call", PARTS[2])] * 2,
        ("series", PARTS[2]),
    ]
    given = [call for asked in transport.asked if asked.get("name") == "train_step" for call in asked["calls"]]
    assert [named for _, named in given] == [{"step": step, "n_steps": STEPS} for step in range(STEPS)]
    for ((x, labels, generator), _), (rows, wanted) in zip(given, handed_out(task(12)), strict=True):
        assert torch.equal(x, rows)
        assert torch.equal(labels, wanted)
        assert isinstance(generator, Handle)
    last = transport.asked[-3:]
    assert torch.equal(last[0]["args"][1], task(12).test.x)
    assert all(isinstance(asked["args"][0], Handle) for asked in last[:2])
    classes = task(12).test.y
    assert not any(
        isinstance(value, Tensor) and torch.equal(value, classes) for asked in last for value in asked.values()
    )


def test_a_generator_does_not_tell_which_task_it_is() -> None:
    """Whoever knows the seed of a task can draw it anew, the test rows and their classes too."""

    def told(generator: torch.Generator) -> Any:
        return task(generator.initial_seed()).test

    def predict(state: Any, x: Tensor) -> Tensor:
        same = torch.equal(state.x, x)
        return state.y if same else torch.zeros(len(x), dtype=torch.int64)

    cheat = _function(
        "train_step", prepare_training=told, train_step=lambda state, *_, **__: state, predict_digits=predict
    )
    assert measured(Entrant(cheat), 11).accuracy < 0.15


def test_the_state_never_leaves_the_students_side() -> None:
    function = _function("train_step", prepare_training=lambda generator: {"w": object(), **_prepare(generator)})
    assert isinstance(Entrant(function).started(function.generator(1)), Handle)


LEVEL = {
    0.1: "below 20 %", 0.1999: "below 20 %", 0.2: "20 to 25.5 %", 0.2549: "20 to 25.5 %", 0.255: "25.5 to 29 %",
    0.29: "29 to 30 %", 0.3: "30 % or more", 1.0: "30 % or more",
}  # fmt: skip


@pytest.mark.parametrize("share", LEVEL)
def test_levels(share: float) -> None:
    assert level(share, [20.0, 25.5, 29.0, 30.0]) == LEVEL[share]


MARGIN = {
    (50.0, 50.0, 50.0): 1.0,
    (50.0, 50.5, 51.0): 1.0,
    (48.0, 50.0, 52.0): 2 * 2 * (1 / 3 + 1 / 5) ** 0.5,
    (50.0,): 1.0,
}


@pytest.mark.parametrize("percents", MARGIN)
def test_what_is_safe_follows_the_spread(percents: tuple[float, ...]) -> None:
    assert margin(percents) == pytest.approx(MARGIN[percents])


def _always(value: int) -> Callable[..., Tensor]:
    return lambda state, x: torch.full((len(x),), value)


class _First:
    """Trains again and again on the first minibatch."""

    def __init__(self) -> None:
        self.kept: Any = None

    def __call__(self, state: Any, x: Tensor, labels: Tensor, generator: Any, *, step: int, n_steps: int) -> Any:
        if step == 0:
            self.kept = x.clone(), labels.clone()
        return _step(state, *self.kept, generator, step=step, n_steps=n_steps)


def _noisy(state: Any, x: Tensor, labels: Tensor, generator: Any, *, step: int, n_steps: int) -> Any:
    return _step(state, x + torch.randn(x.shape), labels, generator, step=step, n_steps=n_steps)


def _noised(state: Any, x: Tensor, labels: Tensor, generator: Any, *, step: int, n_steps: int) -> Any:
    return _step(state, x + torch.randn(x.shape, generator=generator), labels, generator, step=step, n_steps=n_steps)


def _never(state: Any, x: Tensor, labels: Tensor, generator: Any, *, step: int, n_steps: int) -> Any:
    return state


WHILE_LEARNING: dict[str, tuple[dict[str, Any], set[str], str]] = {
    "sound": ({}, set(), "25 % or more"),
    "draws from its generator": ({"train_step": _noised}, set(), "20 to 25 %"),
    "scores": ({"predict_digits": lambda state, x: x @ state["w"].T}, set(), "25 % or more"),
    "trains on the first minibatch": ({"train_step": _First()}, {drives.HEARS}, "20 to 25 %"),
    "never trains": ({"train_step": _never}, {drives.HEARS}, "below 20 %"),
    "draws from elsewhere": ({"train_step": _noisy}, {drives.REPEATS}, "20 to 25 %"),
    "one class": ({"predict_digits": _always(3)}, {drives.SEVERAL}, "below 20 %"),
}


@pytest.mark.parametrize("who", WHILE_LEARNING)
def test_learning(who: str) -> None:
    others, wrong, score = WHILE_LEARNING[who]
    function = _function("train_step", **others)
    seen = learner(function, seeds=SEEDS, levels=LEVELS)
    assert seen.pop(drives.SCORE) == score
    seen.pop(drives.SAFE)
    assert {name for name, value in seen.items() if not value} == wrong
    assert function.effects == set()


def _global(generator: torch.Generator) -> Any:
    return {**_prepare(generator), "w": 0.1 * torch.randn(10, 40)}


def _drawn_anew(generator: torch.Generator) -> Any:
    torch.nn.Linear(40, 10)
    return _prepare(generator)


def _constant(generator: torch.Generator) -> Any:
    return _prepare(torch.Generator().manual_seed(1))


KEPT: dict[str, Any] = {}


def _outside(generator: torch.Generator) -> Any:
    KEPT.update(_prepare(generator))
    return KEPT


def _zeros(generator: torch.Generator) -> Any:
    return {"w": torch.zeros(10, 40), "m": torch.zeros(10, 40)}


STARTS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "sound": ({}, set()),
    "a layer that is drawn anew": ({"prepare_training": _drawn_anew}, set()),
    "draws from elsewhere": ({"prepare_training": _global}, {drives.SAME_START}),
    "the same start always": ({"prepare_training": _constant}, {drives.OTHER_START}),
    "kept outside of the state": ({"prepare_training": _outside}, {drives.SEPARATE}),
    "zeros": ({"prepare_training": _zeros}, {drives.OTHER_START}),
    "one class": ({"predict_digits": _always(3)}, {drives.SEVERAL}),
}


@pytest.mark.parametrize("who", STARTS)
def test_starts(who: str) -> None:
    others, wrong = STARTS[who]
    function = _function("prepare_training", **others)
    seen = learner_start(function, seed=13)
    assert {name for name, value in seen.items() if not value} == wrong
    assert function.effects == set()


def _batch_statistics(state: Any, x: Tensor) -> Tensor:
    return _predict(state, (x - x.mean(0)) / (x.std(0, correction=0) + 1e-5))


def _refuses_one(state: Any, x: Tensor) -> Tensor:
    if len(x) == 1:
        raise ValueError("more than one row, please")
    return _predict(state, x)


def _drops(state: Any, x: Tensor) -> Tensor:
    return _predict(state, x * (torch.rand(x.shape) < 0.5))


def _forgets(state: Any, x: Tensor) -> Tensor:
    answers = _predict(state, x)
    state["m"].zero_()
    return answers


ANSWERS: dict[str, tuple[Callable[..., Any], set[str]]] = {
    "sound": (_predict, set()),
    "statistics of the batch": (_batch_statistics, {drives.BY_ITSELF}),
    "statistics of the batch, but of a row alone": (
        lambda state, x: (_predict if len(x) == 1 else _batch_statistics)(state, x),
        {drives.BY_ITSELF},
    ),
    "one class for a row alone": (lambda state, x: _predict(state, x if len(x) > 1 else 0 * x), {drives.BY_ITSELF}),
    "refuses a row alone, which is a corner": (_refuses_one, set()),
    "a row alone without its axis, which is a corner": (lambda state, x: _predict(state, x).squeeze(), set()),
    "a row alone as a number, which is a corner": (
        lambda state, x: _predict(state, x) if len(x) > 1 else int(_predict(state, x)),
        set(),
    ),
    "dropout": (_drops, {drives.AGAIN, drives.BY_ITSELF}),
    "changes the state": (_forgets, {drives.UNTOUCHED}),
    "counts from one": (lambda state, x: _predict(state, x) + 1, {drives.RANGE, drives.LEARNED}),
    "int32": (lambda state, x: _predict(state, x).int(), {drives.INTEGERS}),
    "always the same": (_always(4), {drives.LEARNED}),
}


@pytest.mark.parametrize("who", ANSWERS)
def test_answers(who: str) -> None:
    predict, wrong = ANSWERS[who]
    seen = learner_answers(_function("predict_digits", predict_digits=predict), seed=14)
    assert seen.pop(drives.SHAPE) == [400]
    assert {name for name, value in seen.items() if not value} == wrong


def test_what_cannot_be_repeated_does_not_count_against_the_answers() -> None:
    function = _function("predict_digits", prepare_training=_global, train_step=_noisy)
    assert learner_answers(function, seed=14)[drives.UNTOUCHED]


OF_ONE: dict[str, tuple[Callable[..., Any], Any]] = {
    "sound": (_predict, [1]),
    "without its axis": (lambda state, x: _predict(state, x).squeeze(), []),
    "a number": (lambda state, x: int(_predict(state, x)), "of type int"),
    "scores": (lambda state, x: x @ state["w"].T, [1, 10]),
}


@pytest.mark.parametrize("who", OF_ONE)
def test_a_row_by_itself(who: str) -> None:
    predict, shape = OF_ONE[who]
    seen = learner_alone(_function("predict_digits", predict_digits=predict), seed=14)
    assert seen == {drives.SHAPE_OF_ONE: shape}


SHAPES: dict[str, tuple[Callable[..., Any], Any]] = {
    "scores": (lambda state, x: x @ state["w"].T, [400, 10]),
    "a column": (lambda state, x: _predict(state, x)[:, None], [400, 1]),
    "along the wrong axis": (lambda state, x: (x @ state["w"].T).argmax(0), [10]),
    "a list": (lambda state, x: _predict(state, x).tolist(), "of type list"),
    "nothing": (lambda state, x: None, "None"),
}


@pytest.mark.parametrize("who", SHAPES)
def test_shapes(who: str) -> None:
    predict, shape = SHAPES[who]
    assert learner_answers(_function("predict_digits", predict_digits=predict), seed=14)[drives.SHAPE] == shape


def _unwritten(*args: Any, **kwargs: Any) -> Any:
    raise NotImplementedError


def _broken(*args: Any, **kwargs: Any) -> Any:
    raise KeyError("w")


PLAYS: dict[str, Callable[[Function], Any]] = {
    "prepare_training": lambda function: learner_start(function, seed=1),
    "train_step": lambda function: learner(function, seeds=[1], levels=LEVELS),
    "predict_digits": lambda function: learner_answers(function, seed=1),
}


@pytest.mark.parametrize("name", PARTS)
def test_what_is_not_written_is_not_attempted(name: str) -> None:
    with pytest.raises(StudentError) as raised:
        PLAYS[name](_function(name, **dict.fromkeys(PARTS, _unwritten)))
    assert (raised.value.kind, str(raised.value)) == ("NotImplementedError", "")


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("other", PARTS)
@pytest.mark.parametrize(
    ("what", "told"), [(_unwritten, "not written yet"), (_broken, "raises KeyError"), (None, "not defined")]
)
def test_another_function_that_fails_is_named(name: str, other: str, what: Any, told: str) -> None:
    if name == other:
        pytest.skip("it is the judged one")
    with pytest.raises(StudentError, match=f"`{other}`, which is needed here, comes first: it .*{told}"):
        PLAYS[name](_function(name, **{other: what}))


def test_what_is_no_answer_is_said() -> None:
    function = _function("train_step", predict_digits=lambda state, x: "many")
    with pytest.raises(StudentError, match="`predict_digits` returned is"):
        learner(function, seeds=[1], levels=LEVELS)
    assert local(_predict, "predict_digits").effects == set()
