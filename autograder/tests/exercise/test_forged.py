"""Whatever a student's process sends in the place of a result, judging it ends in a verdict and never in our error."""

from __future__ import annotations

import json
import logging
import random
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from steepest._checks import agreement, compare, content, drives, finding, wire
from steepest._checks.calls import Function, LocalTransport, NoAnswer, StudentError, local
from steepest._checks.cases import Case, play
from steepest._checks.wire import Handle, Named
from steepest_grader.exercise import catalogue, verdicts
from steepest_grader.exercise.example import example
from steepest_grader.exercise.judge import PUBLIC_SEED, judge
from steepest_grader.exercise.model import Exercise, Outcome

REPLIES = 20_000
DEEPER = 0.7  # how often the part that is forged is a part of the part

# At least one exercise for each drive, of those that are cheap to prepare.
BORROWED = (
    "nll_gradient", "samples_for_error", "minibatches", "sgd", "gabor_loss", "momentum_step", "fans", "lecun_normal",
    "dropout_mask", "inverted_dropout", "dropout_train", "batch_norm_train", "batch_norm_backward", "early_stop",
    "classify_critical_point", "taylor_terms", "kmeans_plus_plus",
)  # fmt: skip
SLOW = {
    "dropout_mask": 0.15, "lecun_normal": 0.15, "minibatches": 0.15, "inverted_dropout": 0.3, "_prepared": 0.3,
    "_trained": 0.3, "_predicted": 0.3,
}  # of the replies  # fmt: skip
MISTAKES = 4  # of each, which are enough to be compared with


def _forward(x: torch.Tensor) -> tuple[torch.Tensor, Any]:
    return x * x, {"x": x}


def _backward(gradient: torch.Tensor, cache: Any) -> torch.Tensor:
    grad: torch.Tensor = 2 * cache["x"] * gradient
    return grad, grad.sum()


X = torch.tensor([1.0, -2.0, 3.0]).double()
PASSES = {"forward": "_forward", "args": [X], "kwargs": {}, "gradients": [X, X + 1], "outputs": ["grad", "sum"]}


def _prepared(generator: Any) -> Any:
    return object()


def _trained(state: Any, x: torch.Tensor, labels: Any, generator: Any, *, step: int, n_steps: int) -> Any:
    return state


def _predicted(state: Any, x: torch.Tensor) -> torch.Tensor:
    return x.abs().argmax(dim=1) % 10


LEARNERS = {"_prepared": _prepared, "_trained": _trained, "_predicted": _predicted}
LEARNING = {"calls": list(LEARNERS), "seed": 1}


def _exercise(reference: Callable[..., Any], drive: str, inputs: Mapping[str, Any], **settings: Any) -> Exercise:
    cases = [Case("one", inputs, drive), Case("two", inputs, drive, corner=0.1)]
    return Exercise(reference.__name__, reference, lambda rng: cases, (), (), **settings)


@cache
def exercises() -> tuple[Exercise, ...]:
    known = catalogue.by_id()
    borrowed = [replace(known[name], mistakes=known[name].mistakes[:MISTAKES]) for name in BORROWED]
    ahead = _exercise(_forward, "forward", {"args": [X], "kwargs": {}})
    back = _exercise(_backward, "backward", PASSES, companions={"_forward": _forward})
    start = _exercise(_prepared, "learner_start", LEARNING, companions=LEARNERS)
    steps = {"calls": list(LEARNERS), "seeds": [1], "levels": [20.0]}
    learner = _exercise(_trained, "learner", steps, companions=LEARNERS)
    answers = _exercise(_predicted, "learner_answers", LEARNING, companions=LEARNERS)
    alone = _exercise(_predicted, "learner_alone", LEARNING, companions=LEARNERS)
    return (*borrowed, ahead, back, start, learner, answers, alone)


# --- values of every shape


def _tensor(rng: random.Random) -> torch.Tensor:
    shape = rng.choice([(), (0,), (1,), (2,), (3,), (2, 3), (3, 2), (0, 3), (1, 1, 1), (5, 50), (40,)])
    dtype = rng.choice(list(wire.TORCH_DTYPES.values()))
    made = torch.randint(-3, 40, shape, generator=torch.Generator().manual_seed(rng.randrange(99))).to(dtype)
    if dtype.is_floating_point and made.numel():
        made.reshape(-1)[0] = rng.choice([float("nan"), float("inf"), -0.0, 1e-30, 3e4])
    return made.mT if made.ndim == 2 and rng.random() < 0.3 else made


def _array(rng: random.Random) -> Any:
    array = _tensor(rng)
    array = array.float().numpy() if array.dtype == torch.bfloat16 else array.numpy()
    return array.flat[0] if array.size and rng.random() < 0.5 else array


TEXTS = (
    "", "argument ²", "argument 1", "argument ١", "argument 9" * 9, "requires_grad of argument ²", "\ud800", "nan",
    "\x1b]0;x\x07", "a global random generator", "“the order is shuffled”", "ValueError", "NotImplementedError",
)  # fmt: skip
NUMBERS = (None, True, False, 0, 1, -1, 2**63 - 1, -(2**63), 0.0, -0.0, 1e308, 5e-324, float("nan"), float("inf"))


def _anything(rng: random.Random, depth: int = 0) -> Any:
    """Any value that the wire can carry."""
    kind = rng.randrange(10 if depth < 3 else 5)
    if kind < 2:
        return rng.choice(NUMBERS)
    if kind < 3:
        return rng.choice(TEXTS)
    if kind < 4:
        return _tensor(rng)
    if kind < 5:
        return _array(rng)
    if kind < 6:
        return Handle(rng.choice([0, 3, 10**9]), rng.choice(["Tensor (complex64)", "x", ""]))
    parts = [_anything(rng, depth + 1) for _ in range(rng.choice([0, 1, 2, 3, 7]))]
    if kind < 7:
        return Named(rng.choice(["quadratic", "given", "generator", ""]), _keyed(rng, parts))
    return parts if kind < 8 else tuple(parts) if kind < 9 else _keyed(rng, parts)


def _keyed(rng: random.Random, parts: list[Any]) -> dict[str, Any]:
    keys = ("velocity", "a", "theta", "seed", "²", "\ud800", "number")
    return dict(zip(rng.sample(keys, len(parts)), parts, strict=True))


def _grafted(value: Any, rng: random.Random, graft: Callable[[], Any]) -> Any:
    """The value with one of its parts, or a few, replaced."""
    if isinstance(value, list | tuple) and value and rng.random() < DEEPER:
        place = rng.randrange(len(value))
        parts = [_grafted(part, rng, graft) if at == place else part for at, part in enumerate(value)]
        return rng.choice([type(value)(parts), type(value)(parts), parts[:-1], [*parts, graft()]])
    if isinstance(value, dict) and value and rng.random() < DEEPER:
        chosen = rng.choice(list(value))
        return {key: _grafted(part, rng, graft) if key == chosen else part for key, part in value.items()}
    if isinstance(value, torch.Tensor) and value.numel() and rng.random() < 0.5:
        return rng.choice(BENT)(value)
    return graft()


BENT: tuple[Callable[[torch.Tensor], Any], ...] = (
    lambda value: value[..., None],
    lambda value: value.reshape(-1)[:-1],
    lambda value: value.reshape(-1)[0],
    lambda value: value.tolist(),
    lambda value: value.numpy(),
    lambda value: value.to(torch.float16),
    lambda value: value.to(torch.bool),
    lambda value: value.to(torch.int64),
    lambda value: torch.full_like(value, float("nan")) if value.is_floating_point() else -value.int(),
    lambda value: value.double() * 1e300,
    lambda value: value[:0] if value.ndim else value,
    lambda value: torch.zeros_like(value),
    lambda value: -value.double(),
    lambda value: {"a": value},
)


def _forged_header(frame: bytes, rng: random.Random) -> bytes:
    """The frame with one part of its header replaced, dropped or given another name."""
    _, size, buffers = wire.PREFIX.unpack(frame[: wire.PREFIX.size])
    header = json.loads(frame[wire.PREFIX.size :][:size])
    node, keys = header, []
    while isinstance(node, dict | list) and node and rng.random() < 0.9:
        keys.append((node, rng.choice(list(node) if isinstance(node, dict) else range(len(node)))))
        node = keys[-1][0][keys[-1][1]]
    if not keys:
        return frame[: rng.randrange(len(frame))]
    holder, key = keys[-1]
    new = rng.choice(
        [None, [], {}, "", "²", -1, 0, 2**47, 1.5, float("nan"), True, [[]], {"tensor": 0}, {"list": None}]
    )
    if isinstance(holder, dict) and rng.random() < 0.2:
        del holder[key]
    elif isinstance(holder, dict) and rng.random() < 0.2:
        holder[rng.choice(["tensor", "array", "handle", "named", "dict", "value"])] = holder.pop(key)
    else:
        holder[key] = new
    text = json.dumps(header).encode()
    return wire.PREFIX.pack(wire.MAGIC, len(text), buffers) + text + frame[wire.PREFIX.size + size :]


WAYS = ("anything", "envelope", "header", "one", "parts", "parts", "same", "same", "effects", "now and then")


class Forger:
    """A transport to an honest agent, whose replies it forges in one way."""

    def __init__(self, namespace: dict[str, Any], seed: int) -> None:
        self.honest = LocalTransport(namespace)
        self.rng = random.Random(seed)
        self.way = self.rng.choice(WAYS)
        self.kept = _anything(self.rng)
        self.stain = self.rng.sample(TEXTS[1:6], self.rng.choice([1, 2]))
        self.replies = 0

    def exchange(self, frame: bytes) -> bytes:
        self.replies += 1
        op = wire.decode(frame).get("op")
        if op is None:  # the answer to what was asked
            return wire.encode({"value": _anything(self.rng), "effects": []})
        reply = self.honest.exchange(frame)
        if op in ("names", "generator") and self.rng.random() < 0.95:
            return reply
        return self._forged(reply)

    def _forged(self, reply: bytes) -> bytes:
        rng = self.rng
        if self.way == "header" or rng.random() < 0.02:
            return _forged_header(reply, rng)
        if self.way == "now and then" and rng.random() < 0.8:
            return reply
        value = wire.decode(reply)
        if self.way == "anything":
            value = _anything(rng) if rng.random() < 0.3 else {"value": _anything(rng), "effects": []}
        elif self.way == "one":
            value = {"value": self.kept, "effects": []}
        elif self.way == "effects":
            value |= {"effects": self.stain}
        elif self.way == "envelope":
            value = {"value": value.get("value"), "effects": _effects(rng)}
            value |= rng.choice([{}, {}, {}, _error(rng), {"ask": _asked(rng)}])
        elif "value" in value:
            graft = (lambda: self.kept) if self.way == "same" else lambda: _anything(rng)
            value = {"value": _grafted(value["value"], rng, graft), "effects": rng.choice([[], [], [], _effects(rng)])}
        return wire.encode(value)


def _effects(rng: random.Random) -> Any:
    few = [rng.choice(TEXTS) if rng.random() < 0.8 else _anything(rng) for _ in range(rng.choice([0, 1, 1, 2, 30]))]
    return few if rng.random() < 0.9 else _anything(rng)


def _error(rng: random.Random) -> dict[str, Any]:
    fields = {key: rng.choice(TEXTS) if rng.random() < 0.7 else _anything(rng) for key in ("type", "message", "line")}
    return {"error": fields if rng.random() < 0.9 else _anything(rng)}


def _asked(rng: random.Random) -> Any:
    """What a stand-in could ask the judge for."""
    if rng.random() < 0.3:
        return _anything(rng)
    args = _anything(rng) if rng.random() < 0.3 else [_anything(rng) for _ in range(rng.randrange(4))]
    return {
        "name": rng.choice(["_forward", "batch_norm_train", "²"]),
        "args": args,
        "kwargs": rng.choice([{}, None, []]),
    }


# --- and what comes of them


def stumbles(
    chosen: Iterable[Exercise], replies: int, caplog: pytest.LogCaptureFixture, *, seed: int = 0
) -> tuple[int, list[str]]:
    """How many replies were forged, and what a grader would have to answer for: errors, and what the net caught."""
    count, found, due = 0, [], 0.0
    chosen = list(chosen)
    shares = [SLOW.get(item.id, 1.0) for item in chosen]
    with caplog.at_level(logging.INFO, "steepest"), caplog.at_level(logging.INFO, "steepest_grader"):
        for item, share in zip(chosen, shares, strict=True):
            due += replies * share / sum(shares)
            while count < due - 1e-6:
                seed += 1
                forger = Forger({**item.companions, item.id: item.reference}, seed)
                try:
                    _judged(item, Function(item.id, forger))
                except Exception:  # noqa: BLE001 - each is one that a student could make of ours
                    found.append(f"{item.id}, {seed}: {traceback.format_exc(limit=-3)}")
                count += forger.replies
    found += [f"{said.getMessage()}: {said.exc_info[1]!r}" for said in caplog.records if said.exc_info]
    return count, found


def _judged(item: Exercise, function: Function) -> None:
    try:
        function.exists()
        function.kind()
    except StudentError:
        pass
    verdict = judge(item, function, seeds=(PUBLIC_SEED,), spoiled=lambda: item.companions)
    shown = example(item, function)
    text = json.dumps(replace(verdict, example=shown).as_stored(), allow_nan=False)
    assert verdict.outcome is not Outcome.GRADER_ERROR and 0 <= verdict.credit <= 1
    assert all(char.isprintable() or char == "\n" for char in verdict.message), text


def test_every_drive_is_among_them() -> None:
    played = {case.drive for item in exercises() for case in item.cases(np.random.default_rng(1))}
    assert played == {*drives.GENERAL, *content.drives()}


def test_forged_replies_are_no_errors_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    count, found = stumbles(exercises(), REPLIES, caplog)
    assert count >= REPLIES
    assert found == [], f"{len(found)} of {count}: {found[0]}"


def _raise(*_: Any, **__: Any) -> Any:
    raise KeyError("planted")


def _compares(left: Any, right: Any) -> bool:
    """`same_bits` without care for what `==` gives."""
    return bool(left == right)


def _as_digits(effect: str, parameters: Sequence[str]) -> str:
    position = effect.removeprefix("argument ")
    return parameters[int(position) - 1] if position.isdigit() else effect


PLANTED: dict[str, tuple[Any, str, Callable[..., Any], str]] = {
    "in a drive": (drives, "type_name", _raise, "momentum_step"),
    "in a comparison": (compare, "same_bits", _compares, "dropout_train"),
    "in the reading of effects": (finding, "_parameter", _as_digits, "fans"),
    "in the search for a name": (finding.work, "is_work", _raise, "fans"),
    "behind the net": (verdicts, "_message", _raise, "fans"),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_fault_of_ours_is_noticed(
    planted: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, name, fault, exercise = PLANTED[planted]
    chosen = [item for item in exercises() if item.id == exercise]
    monkeypatch.setattr(module, name, fault)
    if module is compare:
        monkeypatch.setattr(drives, name, fault)
    assert stumbles(chosen, 1_000, caplog)[1]


# --- where something is overlooked all the same


def _looks_closer(function: Function) -> dict[str, Any]:
    return {"one": 1 / function()}


def _close() -> float:
    return 2.0


@pytest.fixture
def closer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(drives.GENERAL, "closer", _looks_closer)


@pytest.mark.parametrize("value", [0, "text", None, Named("x", {"t": X}), [X]])
def test_what_a_drive_stumbles_over_is_the_students(value: Any, closer: None) -> None:
    item = _exercise(_close, "closer", {})
    verdict = judge(item, local(lambda: value, "_close"), seeds=(1,))
    assert (verdict.outcome, verdict.score) == (Outcome.FAILED, 0.0)
    assert "nothing can be made of" in verdict.message


def test_what_it_stumbles_over_with_the_reference_is_ours(closer: None) -> None:
    def _none() -> float:
        return 0

    with pytest.raises(ZeroDivisionError):
        judge(_exercise(_none, "closer", {}), local(_close, "_none"), seeds=(1,))


def test_what_a_comparison_stumbles_over(closer: None, monkeypatch: pytest.MonkeyPatch) -> None:
    item = _exercise(_close, "closer", {})
    real = agreement.difference

    def stumbling(expected: Any, actual: Any, *rest: Any) -> str | None:
        return _raise() if actual == {"one": 0.25} or broken else real(expected, actual, *rest)

    broken = False
    monkeypatch.setattr(agreement, "difference", stumbling)
    function = local(lambda: 4.0, "_close")
    verdict = judge(item, function, seeds=(1,))
    assert (verdict.outcome, verdict.score) == (Outcome.FAILED, 0.0)
    assert example(item, function) is None
    broken = True
    with pytest.raises(KeyError, match="planted"):
        judge(item, function, seeds=(1,))


def test_no_answer_is_no_value(closer: None) -> None:
    class Silent:
        def exchange(self, frame: bytes) -> bytes:
            raise NoAnswer

    with pytest.raises(NoAnswer):
        play(Function("_close", Silent()), [Case("one", {}, "closer")])
