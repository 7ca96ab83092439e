"""The judge's side of a judged call: a function that may live in another process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from steepest._checks import tracer, wire
from steepest._checks.agent import WHOLE, Agent
from steepest._checks.beside import Beside

Calls = Sequence[tuple[Sequence[Any], Mapping[str, Any]]]  # for each its arguments, and those with a name
MAX_TEXT = 2_000
KINDS = {
    "NoneType": "None", "int": "a number", "float": "a number", "complex": "a number", "bool": "a truth value",
    "str": "a text", "list": "a list", "tuple": "a tuple", "dict": "a dict", "set": "a set", "Tensor": "a tensor",
    "ndarray": "an array", "module": "a module",
}  # fmt: skip


class Transport(Protocol):
    """Carries a request frame to an agent and brings its reply back."""

    def exchange(self, frame: bytes, /) -> bytes:
        """Send one frame and return the reply; called by `Function` for every request."""


class NoAnswer(Exception):
    """A transport brought no reply: the other side has gone, or takes too long. It says nothing of a value."""


class StudentError(Exception):
    """The student's code raised, or gave back something that is not what was asked for.

    Attributes
    ----------
    kind : str
        Name of the exception's type, or ``"ResultError"`` for an answer of the wrong form.
    line : str
        Number and text of the line in the student's code, where it is known.
    """

    def __init__(self, message: str, *, kind: str = "ResultError", line: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.line = line


class LocalTransport:
    """Reaches an agent in this process.

    Parameters
    ----------
    namespace : mapping of str to object
        The functions that can be called, by name.
    device : str
        Where tensors in arguments are put, ``"cpu"`` or ``"cuda"``.
    """

    def __init__(self, namespace: Mapping[str, Any], *, device: str = "cpu") -> None:
        self._agent = Agent(namespace, device=device, ask=lambda frame: self.answer(frame))
        self.answer: Callable[[bytes], bytes] = lambda frame: frame

    def exchange(self, frame: bytes) -> bytes:
        """Answer at once."""
        return self._agent.answer(frame)


class Function:
    """A student's function, called through a transport.

    Parameters
    ----------
    name : str
        The name under which the agent finds it.
    transport : Transport
        How its process is reached.
    beside : Beside, optional
        References that stand in the place of the student's own functions of their names.
    traced : bool
        Whether it is looked at what is called in it, in the first call of each situation, see `begin`.
    allowance : Allowance, optional
        What all answers may hold together, of this function and of those that are had from it.

    Attributes
    ----------
    effects : set of str
        What the calls so far changed that they should have left alone.
    called : set of str
        What was called in them that a person should know of, as far as it was told, see `tracer`; a hint.
    allowance : Allowance
        What is left for further answers.
    """

    def __init__(
        self,
        name: str,
        transport: Transport,
        *,
        beside: Beside | None = None,
        traced: bool = False,
        allowance: wire.Allowance | None = None,
    ) -> None:
        self.name = name
        self.effects: set[str] = set()
        self.called: set[str] = set()
        self._traced = traced
        self._due = False
        self._situations: set[str] = set()
        self._transport = transport
        self._beside = beside or Beside({})
        self.allowance = allowance or wire.Allowance()

    def begin(self, situation: str) -> None:
        """Forget the effects so far; called before each case, with its name."""
        self.effects.clear()
        self._due = self._traced and situation not in self._situations
        self._situations.add(situation)

    def uncounted(self) -> AbstractContextManager[None]:
        """While the judge works for itself, which is no time of the function's where a transport counts that."""
        counted: AbstractContextManager[None] = getattr(self._transport, "uncounted", nullcontext)()
        return counted

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function; raises `StudentError` where it raises."""
        return self._call(None, args, kwargs)

    def repeat(self, times: int, *args: Any, **kwargs: Any) -> list[Any]:
        """Call the function so many times with the same arguments, in one exchange, and return all results."""
        results = self._call(times, args, kwargs)
        if not isinstance(results, list) or len(results) != times:
            raise StudentError("what came back is not an answer")
        return results

    def keep(self, part: int, *args: Any, **kwargs: Any) -> Any:
        """Call the function and leave one part of what it returns on its side, whatever it is.

        A handle stands for that part; given as an argument, it is the very object again and no copy.
        """
        return self._call(None, args, kwargs, part)

    def hold(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function and leave all of what it returns on its side; a handle stands for it."""
        return self._call(None, args, kwargs, WHOLE)

    def fold(self, first: Any, calls: Calls) -> Any:
        """Call the function in turn, in one exchange, each time first with what it returned before.

        What it returns last stays on its side, and a handle stands for it. It may change its first argument in place.

        Parameters
        ----------
        first : object
            What the first of the calls begins with.
        calls : sequence of tuple
            For each call the further arguments, and the named ones.
        """
        return self._series(first, calls, chained=True)

    def each(self, first: Any, calls: Calls) -> list[Any]:
        """Call the function in turn, in one exchange, each time with the same first argument; returns all results.

        Parameters
        ----------
        first, calls
            As for `fold`.
        """
        results = self._series(first, calls, chained=False)
        if not isinstance(results, list) or len(results) != len(calls):
            raise StudentError("what came back is not an answer")
        return results

    def _series(self, first: Any, calls: Calls, *, chained: bool) -> Any:
        each = [[list(args), dict(kwargs)] for args, kwargs in calls]
        return self._request({"op": "series", "name": self.name, "first": first, "calls": each, "chained": chained})

    def differentiate(self, place: int, *args: Any) -> tuple[Any, Any]:
        """Call the function with an argument that asks for gradients.

        Returns what it returns, and the gradient of that by the argument; None where it cannot be differentiated.
        """
        pair = self._request({"op": "differentiate", "name": self.name, "args": list(args), "place": place})
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise StudentError("what came back is not an answer")
        return pair

    def _call(self, times: int | None, args: tuple[Any, ...], kwargs: dict[str, Any], keep: int | None = None) -> Any:
        request = {"op": "call", "name": self.name, "args": list(args), "kwargs": kwargs, "times": times, "keep": keep}
        return self._request({**request, "beside": self._beside.names})

    def with_references(self, references: Mapping[str, Callable[..., Any]]) -> Function:
        """The same function, with references in the place of the student's own functions of these names."""
        return Function(self.name, self._transport, beside=Beside(references), allowance=self.allowance)

    def companion(self, name: str) -> Function:
        """Another function of the same student, which need not exist; its effects are its own."""
        return Function(name, self._transport, allowance=self.allowance)

    def generator(self, seed: int) -> Any:
        """Make a `torch.Generator` on the function's side; it stays there and serves any number of calls."""
        return self._request({"op": "generator", "seed": seed})

    def exists(self) -> bool:
        """Whether the function is defined."""
        names = self._request({"op": "names", "names": [self.name]})
        return isinstance(names, list) and list(map(_text, names)) == [self.name]

    def kind(self) -> str:
        """Name of the type of what stands under the name, or "" where nothing does."""
        return _text(self._request({"op": "kind", "name": self.name}))

    def _request(self, request: dict[str, Any]) -> Any:
        if self._due and request["op"] in ("call", "differentiate", "series"):
            request, self._due = {**request, "traced": True}, False
        try:
            frame = wire.encode(request)
        except wire.WireError as error:  # an argument that the function itself returned before
            raise StudentError(f"what it returned cannot be handed back to it: {error}") from error
        try:
            reply = self._exchange(frame, request)
        except wire.WireError as error:
            raise StudentError(f"what came back could not be read: {error}") from error
        if not isinstance(reply, dict):
            raise StudentError("what came back is not an answer")
        if isinstance(problem := reply.get("error"), dict):
            kind, message, line = (_text(problem.get(key)) for key in ("type", "message", "line"))
            raise StudentError(message, kind=kind or "ResultError", line=line)
        effects = reply.get("effects", [])
        if "value" not in reply or not isinstance(effects, list):
            raise StudentError("what came back is not an answer")
        self.effects.update(_text(effect)[:100] for effect in effects[:20])
        if request.get("traced"):
            self.called.update(tracer.read(reply.get("called")))
        return reply["value"]

    def _exchange(self, frame: bytes, request: dict[str, Any]) -> Any:
        """The reply to a request, once all is answered that is asked on the way."""

        def answered(asked: Any) -> bytes:
            return wire.encode(self._beside.answer(asked.get("ask"), request))

        if isinstance(self._transport, LocalTransport):  # it asks from within the call
            self._transport.answer = lambda frame: answered(wire.decode(frame))
        reply = wire.decode(self._carried(frame), allowance=self.allowance)
        while isinstance(reply, dict) and "ask" in reply and self._beside.names:
            reply = wire.decode(self._carried(answered(reply)), allowance=self.allowance)
        return reply

    def _carried(self, frame: bytes) -> bytes:
        """The reply frame; what a transport raises is told from what comes of the values in it."""
        try:
            return self._transport.exchange(frame)
        except (NoAnswer, wire.WireError):
            raise
        except Exception as error:
            raise NoAnswer(f"{type(error).__name__}: {error}") from error


def local(
    implementation: Callable[..., Any],
    name: str,
    *,
    companions: Mapping[str, Any] | None = None,
    device: str = "cpu",
) -> Function:
    """Wrap a function of this process so that it is called exactly as a remote one is.

    Parameters
    ----------
    implementation : callable
        The function.
    name : str
        Under which it is found.
    companions : mapping of str to object, optional
        What else is found beside it, for drives that call several functions of a student.
    device : str
        Where tensors in arguments are put.
    """
    return Function(name, LocalTransport({**(companions or {}), name: implementation}, device=device))


def name_of(function: Callable[..., Any], namespace: Mapping[str, Any], known: Sequence[str]) -> str:
    """Under which name a function is judged: its own, else that of the variable which holds it.

    Parameters
    ----------
    function : callable
        A partial, a lambda, an object or a wrapper may have no name of its own, or another one.
    namespace : mapping of str to object
        The variables that the caller sees.
    known : sequence of str
        Ids of exercises.
    """
    own = getattr(function, "__name__", type(function).__name__)
    held = [name for name in known if name in namespace and namespace[name] is function]
    return held[0] if held and own not in held else own


def no_function(name: str, kind: str) -> str:
    """What to say where something else stands under a function's name.

    Parameters
    ----------
    name : str
        The name, or "" where it is not known.
    kind : str
        Name of the type of what stands there.
    """
    said = f"{f'`{name}`' if name else 'what it is given'} is {KINDS.get(kind, f'of type {kind}')}, not a function"
    if not name:
        return f"{said}. Hand over the function itself, without calling it."
    if kind == "NoneType":
        return f"{said}. If a decorator (@…) stands above it, that lacks a `return` of the function it makes."
    return f"{said}: a later line has given the name to something else. Use another name there."


def _text(value: Any) -> str:
    """Text for people from the other side, which may send anything."""
    return wire.printable(value[:MAX_TEXT]) if isinstance(value, str) else ""
