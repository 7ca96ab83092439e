"""The student's side of a judged call, in this process and over a socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from steepest._checks import wire
from steepest._checks.agent import MAX_ITEMS, receive, serve
from steepest._checks.calls import Function, LocalTransport, StudentError, local, name_of
from steepest._checks.cases import Case, play
from steepest._checks.wire import Handle, Named, WireError


def test_each_call_gets_fresh_copies_of_its_arguments() -> None:
    def spoil(x: torch.Tensor, items: list[float]) -> float:
        before = float(x.sum()) + sum(items)
        x.zero_()
        items.clear()
        return before

    function, x, items = local(spoil, "spoil"), torch.ones(3), [1.0]
    assert function(x, items) == function(x, items) == 4.0
    assert x.tolist() == [1, 1, 1]
    assert items == [1.0]


def test_a_result_is_copied_before_the_next_call_can_change_it() -> None:
    kept = torch.zeros(2)
    first = local(lambda: kept.add_(1), "f")
    assert [first().tolist(), first().tolist()] == [[1, 1], [2, 2]]


def _state(x: Any, state: dict[str, Any], *, lr: Any = None) -> None:
    state["velocity"] = x


class _Pair(NamedTuple):
    left: Any
    right: Any


EFFECTS: dict[str, tuple[Callable[..., Any], set[str]]] = {
    "nothing": (lambda x, state, *, lr: x + 1, set()),
    "a tensor": (lambda x, state, *, lr: x.add_(1), {"argument 1"}),
    "a tensor resized": (lambda x, state, *, lr: x.resize_(1) and None, {"argument 1"}),
    "a tensor in a dict": (lambda x, state, *, lr: state["velocity"].mul_(2), {"argument 2"}),
    "an entry of a dict": (lambda x, state, *, lr: _state(x, state), {"argument 2"}),
    "a new entry": (lambda x, state, *, lr: state.update(t=1), {"argument 2"}),
    "a named tuple in a dict": (lambda x, state, *, lr: state.update(p=_Pair(1, 2)), {"argument 2"}),
    "a list in a dict": (lambda x, state, *, lr: state["log"].append(1), {"argument 2"}),
    "a keyword argument": (lambda x, state, *, lr: lr.fill_(0), {"lr"}),
    "two at once": (lambda x, state, *, lr: (x.zero_(), lr.zero_()), {"argument 1", "lr"}),
    "its own generator": (lambda x, state, *, lr: torch.rand(1, generator=torch.Generator()), set()),
}


@pytest.mark.parametrize("name", EFFECTS)
def test_what_a_call_changes_is_seen(name: str) -> None:
    implementation, effects = EFFECTS[name]
    function = local(implementation, "f")
    function(torch.ones(2), {"velocity": torch.zeros(2) + 3, "log": []}, lr=torch.ones(1))
    assert function.effects == effects


def test_a_nan_that_stays_is_no_change() -> None:
    function = local(lambda x, y: None, "f")
    function(torch.tensor([float("nan")]), float("nan"))
    assert function.effects == set()


def _divide(x: float) -> float:
    return x / 0


def _inside_torch() -> torch.Tensor:
    return torch.nn.functional.linear(torch.ones(2), torch.ones(3, 3))


class _MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def _mute() -> None:
    raise _MuteError


def _control() -> None:
    raise ValueError("a\x00b\ud800")


def _long() -> None:
    raise ValueError("a" * 10_000)


def _exit() -> None:
    raise SystemExit(3)


RAISED: dict[str, tuple[Callable[..., Any], tuple[Any, ...], str, str, str]] = {
    "the line is told": (_divide, (1.0,), "ZeroDivisionError", "division by zero", "return x / 0"),
    "the student's line, not torch's": (_inside_torch, (), "RuntimeError", "", "torch.nn.functional.linear"),
    "a wrong number of arguments": (_divide, (1.0, 2.0), "TypeError", "positional argument", ""),
    "leaving": (_exit, (), "SystemExit", "3", "raise SystemExit"),
    "an exception that cannot describe itself": (_mute, (), "_MuteError", "", "raise _MuteError"),
    "text that cannot be shown": (_control, (), "ValueError", "a?b?", "raise ValueError"),
}


@pytest.mark.parametrize("name", RAISED)
def test_an_exception_is_described_with_the_students_line(name: str) -> None:
    implementation, args, kind, message, line = RAISED[name]
    with pytest.raises(StudentError) as caught:
        local(implementation, "f")(*args)
    assert caught.value.kind == kind
    assert message in str(caught.value)
    assert line in caught.value.line


def test_a_message_is_cut() -> None:
    with pytest.raises(StudentError) as caught:
        local(_long, "f")()
    assert len(str(caught.value)) == 2_000


def test_stopping_the_kernel_stops_the_check() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        local(interrupt, "f")()


def test_iterators_become_lists_and_endless_ones_end() -> None:
    assert local(lambda: (i * i for i in range(3)), "f")() == [0, 1, 4]
    assert len(local(lambda: iter(int, 1), "f")()) == MAX_ITEMS


def test_what_cannot_travel_comes_back_as_a_handle_and_can_be_passed_on() -> None:
    class Cache:
        value = 3.0

    namespace = {"make": Cache, "read": lambda cache: cache.value}
    transport = LocalTransport(namespace)
    handle = Function("make", transport)()
    assert handle == Handle(0, "Cache")
    assert Function("read", transport)(handle) == 3.0


def test_a_generator_serves_several_calls() -> None:
    function = local(lambda generator: torch.rand(2, generator=generator), "f")
    generator, again = function.generator(5), function.generator(5)
    first, second = function(generator), function(generator)
    assert not torch.equal(first, second)
    assert torch.equal(function(again), first)
    assert function.effects == set()


def test_what_stands_under_a_name_is_told() -> None:
    transport = LocalTransport({"none": None, "number": 3, "function": _divide})
    kinds = [Function(name, transport).kind() for name in ("none", "number", "function", "other")]
    assert kinds == ["NoneType", "int", "function", ""]


def test_a_name_that_stands_for_nothing_is_no_exercise() -> None:
    assert name_of(None, {}, ["f", "g"]) == "NoneType"
    assert name_of(None, {"g": None}, ["f", "g"]) == "g"


def test_names_of_public_functions_become_functions_wherever_they_stand() -> None:
    named = Named("quadratic_gradient", {"matrix": torch.eye(2), "center": torch.ones(2)})
    function = local(lambda items: items[0]["grad"](torch.zeros(2)), "f")
    assert function([{"grad": named}]).tolist() == [-1, -1]


TOO_MUCH: dict[str, tuple[Callable[[], Any], str]] = {
    "a large tensor": (lambda: torch.zeros(2**21 + 1), "more than 2,097,152 numbers"),
    "an expanded tensor": (lambda: torch.zeros(1).expand(2**40), "more than 2,097,152 numbers"),
    "many items": (lambda: [0] * 300_000, "parts"),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_a_result_that_is_too_large_is_an_answer_of_the_wrong_form(name: str) -> None:
    implementation, message = TOO_MUCH[name]
    with pytest.raises(StudentError, match=message) as caught:
        local(implementation, "f")()
    assert caught.value.kind == "ResultError"


def test_answers_that_are_kept_side_by_side_are_counted_together() -> None:
    """Those of the function's companions too; what was played before is not kept any more."""
    function = local(lambda: torch.zeros(2**21 - 10, dtype=torch.int8), "f")
    cases = [Case(str(number), {"args": [], "kwargs": {}, "outputs": ["x"]}) for number in range(10)]
    for _ in range(2):
        said = [result.message for result in play(function, cases)]
        assert said[:8] == [""] * 8
        assert all("all answers together" in text for text in said[8:])
    with pytest.raises(StudentError, match="all answers together"):
        function.companion("f")()


def test_a_list_that_holds_itself_is_an_answer_of_the_wrong_form() -> None:
    knot: list[Any] = []
    knot.append(knot)
    with pytest.raises(StudentError, match="nested"):
        local(lambda: knot, "f")()


def test_an_argument_that_cannot_be_handed_back_is_the_students() -> None:
    deep: Any = 1
    for _ in range(wire.MAX_DEPTH - 2):
        deep = [deep]
    function = local(lambda value=None: deep, "f")
    state = function()
    with pytest.raises(StudentError, match="handed back"):
        function([[state]])


ANSWERS: dict[str, tuple[Any, str]] = {
    "no frame": (b"no frame at all, only text", "could not be read"),
    "no dict": (wire.encode([1]), "not an answer"),
    "no value": (wire.encode({"effects": []}), "not an answer"),
    "effects that are no list": (wire.encode({"value": 1, "effects": 2}), "not an answer"),
    "an error without words": (wire.encode({"error": {"type": torch.ones(2)}}), "^$"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_lying_agent_is_not_believed(name: str) -> None:
    answer, message = ANSWERS[name]

    class Transport:
        def exchange(self, frame: bytes) -> bytes:
            return bytes(answer)

    with pytest.raises(StudentError, match=message) as caught:
        Function("f", Transport())()
    assert caught.value.kind == "ResultError"


class _SocketTransport:
    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def exchange(self, frame: bytes) -> bytes:
        self._connection.sendall(frame)
        reply = receive(self._connection)
        assert reply is not None
        return reply


def _loud(x: torch.Tensor) -> torch.Tensor:
    print("noise")
    if x.numel() == 0:
        raise ValueError("no entries")
    return x * 2


def test_serve_answers_over_a_socket_until_the_other_side_closes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = str(tmp_path / "agent")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.settimeout(10)
        listener.bind(address)
        listener.listen()
        thread = threading.Thread(target=serve, args=({"loud": _loud}, address), daemon=True)
        thread.start()
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(10)
            transport = _SocketTransport(connection)
            function = Function("loud", transport)
            assert function.exists()
            assert not Function("quiet", transport).exists()
            large = torch.arange(2.0**20)
            assert torch.equal(function(large), large * 2)
            with pytest.raises(StudentError, match="no entries"):
                function(torch.empty(0))
        thread.join(10)
    assert not thread.is_alive()
    assert capsys.readouterr().out == ""


def test_a_connection_that_closes_within_a_frame_is_told_from_one_that_ends() -> None:
    left, right = socket.socketpair()
    with left, right:
        left.sendall(wire.encode(1)[:-1])
        left.shutdown(socket.SHUT_WR)
        with pytest.raises(WireError, match="within a frame"):
            receive(right)
        assert receive(right) is None


def test_a_tensor_that_is_left_asking_for_gradients_is_seen() -> None:
    def asks(x: torch.Tensor) -> torch.Tensor:
        return x.requires_grad_().detach() * 2

    def asks_for_a_while(x: torch.Tensor) -> torch.Tensor:
        result = x.requires_grad_().detach() * 2
        x.requires_grad_(False)
        return result

    def asks_within(layers: list[dict[str, torch.Tensor]]) -> torch.Tensor:
        return asks(layers[0]["weight"])

    effects = {}
    for written, given in (
        (asks, torch.ones(2)),
        (asks_for_a_while, torch.ones(2)),
        (asks_within, [{"weight": torch.ones(2)}]),
    ):
        function = local(written, "f")
        function(given)
        effects[written.__name__] = function.effects
    left = {"requires_grad of argument 1"}
    assert effects == {"asks": left, "asks_for_a_while": set(), "asks_within": left}


def test_a_result_is_differentiated_where_it_hangs_together_with_the_argument() -> None:
    x = torch.tensor([1.0, 2.0])
    value, gradient = local(lambda x: x.square().sum(), "f").differentiate(0, x)
    assert value == 5
    assert torch.equal(gradient, torch.tensor([2.0, 4.0]))
    for written in (lambda x: x.detach().sum(), lambda x: float(x.detach().sum()), lambda x: None):
        assert local(written, "f").differentiate(0, x)[1] is None


def _grow(total: Any, x: torch.Tensor, *, by: float = 1.0) -> Any:
    return [*total, float(x.sum()) * by]


def test_calls_in_turn_begin_with_what_the_one_before_gave() -> None:
    function = local(_grow, "grow")
    end = function.fold([0.0], [((torch.ones(2),), {}), ((torch.ones(3),), {"by": 2.0})])
    assert isinstance(end, Handle)
    assert function(end, torch.ones(4)) == [0.0, 2.0, 6.0, 4.0]
    assert function.fold(end, [])
    assert function.effects == set()


def test_calls_side_by_side_begin_alike() -> None:
    function = local(_grow, "grow")
    assert function.each([5.0], [((torch.ones(n),), {}) for n in (1, 2)]) == [[5.0, 1.0], [5.0, 2.0]]
    assert function.each([5.0], []) == []


def test_each_result_stands_for_itself_though_the_function_writes_over_it() -> None:
    kept = torch.zeros(1)
    assert [float(x) for x in local(lambda first, x: kept.add_(x), "f").each(None, [((1.0,), {})] * 3)] == [1, 2, 3]


SERIES: dict[str, tuple[Callable[..., Any], set[str], set[str]]] = {  # effects where chained, and where not
    "the first argument": (lambda state, x: state.add_(1), set(), {"argument 1"}),
    "a further one": (lambda state, x: x.add_(1), {"argument 2"}, {"argument 2"}),
    "nothing": (lambda state, x: state + 1, set(), set()),
    "a global seed": (lambda state, x: torch.manual_seed(1) and state, {"global seed"}, {"global seed"}),
}


@pytest.mark.parametrize("what", SERIES)
def test_effects_of_calls_in_turn(what: str) -> None:
    implementation, chained, apart = SERIES[what]
    calls = [((torch.ones(1),), {})] * 2
    function = local(implementation, "f")
    function.fold(torch.zeros(1), calls)
    assert function.effects == chained
    function = local(implementation, "f")
    function.each(torch.zeros(1), calls)
    assert function.effects == apart


def test_all_of_a_result_can_stay() -> None:
    function = local(lambda x: (x, {"y": x}), "f")
    kept = function.hold(3)
    assert isinstance(kept, Handle)
    assert local(lambda x: x, "g").hold(1) == Handle(0, "int")


def test_an_exception_within_a_series_is_the_students() -> None:
    with pytest.raises(StudentError, match="no") as raised:
        local(_raise_at_two, "f").fold(0, [((), {})] * 3)
    assert raised.value.kind == "ValueError"


def _raise_at_two(state: int) -> int:
    if state == 2:
        raise ValueError("no")
    return state + 1
