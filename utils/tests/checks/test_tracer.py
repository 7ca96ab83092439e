"""What a function really calls: seen by whatever way it goes, told as a hint, and nothing else changes by it."""

from __future__ import annotations

import functools
import operator
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import steepest.race
import torch
from steepest._checks import tracer, wire
from steepest._checks.calls import Function, LocalTransport, StudentError
from steepest._checks.cases import Case, play
from steepest._checks.wire import Named
from steepest.check import examine
from torch import Tensor
from torch.nn import functional

X = torch.tensor([[1.0, 2.0], [3.0, 5.0], [4.0, 4.0]])
NORM = (None, None, None, None, True, 0.1, 1e-5)


def _fused(step: Callable[..., Any]) -> Callable[[Tensor], Tensor]:
    def stepped(x: Tensor) -> Tensor:
        moved = x.clone()
        own = {"weight_decay": 0.0, "eps": 1e-8, "amsgrad": False, "maximize": False}
        lists = [[moved], [x], [x * 0], [x * 0], [], [torch.ones(())]]
        step(*lists, lr=0.1, beta1=0.9, beta2=0.99, **own)
        return moved

    return stepped


class _Mine(torch.optim.SGD):
    pass


def _optimizer(kind: Any, x: Tensor) -> Tensor:
    point = x.clone()
    point.grad = x
    kind([point], lr=0.1).step()
    return point


def _of_course(step: Callable[..., Any], x: Tensor) -> Any:
    return step(x, x, {"velocity": x}, lr=0.1)[0]


def _clusters(x: Tensor) -> Any:
    space: dict[str, Any] = {"__name__": "sklearn.cluster._kmeans"}  # importing the real one takes seconds
    exec("def fit(x): return x.mean(0)", space)
    return space["fit"](x)


def _filtered(values: Any) -> Any:
    from scipy import signal  # type: ignore[import-untyped]

    return signal.lfilter([1.0], [1.0, -0.5], values, axis=0)


SEEN: dict[str, tuple[Callable[[Tensor], Any], str]] = {
    "an operator": (lambda x: torch.batch_norm(x, *NORM, False), "torch.batch_norm"),
    "a native one": (lambda x: torch.native_batch_norm(x, *NORM)[0], "torch.native_batch_norm"),
    "aten": (lambda x: torch.ops.aten.native_batch_norm(x, *NORM)[0], "torch.native_batch_norm"),
    "an overload": (lambda x: torch.ops.aten.native_batch_norm.default(x, *NORM)[0], "torch.native_batch_norm"),
    "aten's dropout": (lambda x: torch.ops.aten.dropout(x, 0.5, True), "torch.dropout"),
    "a partial": (lambda x: functools.partial(torch.batch_norm, x)(*NORM, False), "torch.batch_norm"),
    "a dictionary": (lambda x: {"f": torch.layer_norm}["f"](x, [2]), "torch.layer_norm"),
    "attrgetter": (lambda x: operator.attrgetter("nn.functional.normalize")(torch)(x), "torch.nn.functional.normalize"),
    "methodcaller": (lambda x: operator.methodcaller("mse_loss", x, x * 0)(functional), "torch.mse_loss"),
    "map": (lambda x: next(map(functional.instance_norm, [x[None]])), "torch.instance_norm"),
    "a layer": (lambda x: torch.nn.BatchNorm1d(2)(x).detach(), "torch.batch_norm"),
    "a layer that is made": (lambda x: [torch.nn.BatchNorm1d(2)] and x, "torch.nn.modules.batchnorm._BatchNorm"),
    "a network": (lambda x: torch.nn.Sequential(torch.nn.Tanh(), torch.nn.LayerNorm(2))(x), "torch.layer_norm"),
    "fused": (_fused(torch._fused_adam_), "torch._fused_adam_"),
    "fused in aten": (_fused(torch.ops.aten._fused_adam_), "torch._fused_adam_"),
    "an optimizer": (lambda x: _optimizer(torch.optim.Adam, x), "torch.optim.adam.Adam"),
    "a subclass": (lambda x: _optimizer(_Mine, x), "torch.optim.sgd.SGD"),
    "initialisation": (lambda x: torch.nn.init.xavier_uniform_(x.clone()), "torch.nn.init.xavier_uniform_"),
    "a backward pass": (lambda x: torch.ops.aten.tanh_backward(x, x), "torch.tanh_backward"),
    "one that torch hides": (
        lambda x: torch._softmax_backward_data(x, x, 1, x.dtype), "torch._softmax_backward_data",
    ),
    "a loss without an operator": (
        lambda x: functional.cross_entropy(x, x.softmax(1)), "torch.nn.functional.cross_entropy",
    ),
    "no operation of torch": (
        lambda x: vars(torch)["optim"].lr_scheduler.OneCycleLR._annealing_cos(0, 1, 0.5),
        "torch.optim.lr_scheduler.OneCycleLR",
    ),
    "numbers of numpy": (lambda x: _filtered(x.numpy()), "scipy.signal"),
    "the course": (lambda x: _of_course(steepest.race.torch_sgd("", momentum=0.9).step, x), "steepest.race.torch_sgd"),
    "another library": (_clusters, "sklearn"),
}  # fmt: skip


def _of_its_own(x: Tensor) -> Tensor:
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x * 2

        @staticmethod
        def backward(ctx: Any, gradient: Any) -> Any:  # type: ignore[override]
            return gradient * 2

    leaf = x.clone().requires_grad_()
    Double.apply(leaf).square().sum().backward()  # type: ignore[no-untyped-call]
    assert leaf.grad is not None
    return leaf.grad


def _node_by_node(x: Tensor) -> Tensor:
    return x.requires_grad_().square().grad_fn(torch.ones_like(x))  # type: ignore[misc]


def _by_the_engine(x: Tensor) -> Tensor:
    leaf = x.clone().requires_grad_()
    engine = torch.autograd.Variable._execution_engine  # type: ignore[attr-defined]
    return engine.run_backward((leaf.square().sum(),), (torch.ones(()),), False, False, (leaf,), True)[0]


def _forwards(x: Tensor) -> Any:
    from torch.autograd import forward_ad

    with forward_ad.dual_level():
        return forward_ad.unpack_dual(torch._make_dual(x, x, level=0).square()).tangent


def _edge(x: Tensor) -> Any:
    node = torch.autograd.graph.get_gradient_edge(x.clone().requires_grad_().square()).node
    return node(torch.ones_like(x))


def _jacobian(x: Tensor) -> Any:
    from torch.autograd.gradcheck import _get_numerical_jacobian

    return _get_numerical_jacobian(torch.sum, (x.double().requires_grad_(),), eps=1e-6)[0][0]


def _root(x: Tensor) -> Any:
    import mpmath  # type: ignore[import-untyped]

    return float(mpmath.findroot(lambda a: a**2 - 2, 1))


def _picture(x: Tensor) -> Any:
    from PIL import Image

    return np.array(Image.fromarray(x.numpy()).transpose(Image.Transpose.ROTATE_90))


def _logarithm(x: Tensor) -> Any:
    from scipy import linalg  # type: ignore[import-untyped]

    return linalg.logm(np.eye(2))


def _by_numpy(x: Tensor) -> Any:
    import mpmath

    return np.vectorize(mpmath.sqrt, otypes=[float])(x.numpy())


SEEN |= {
    "nodes by hand": (_node_by_node, "torch.autograd.graph.Node"),
    "a node by attrgetter": (
        lambda x: operator.attrgetter("grad_fn")(x.requires_grad_().square())(torch.ones_like(x)),
        "torch.autograd.graph.Node",
    ),
    "nodes by their edges": (_edge, "torch.autograd.graph.get_gradient_edge"),
    "the engine by hand": (_by_the_engine, "torch.autograd.backward"),
    "forwards": (_forwards, "torch.autograd.forward_ad.make_dual"),
    "a check of gradients": (_jacobian, "torch.autograd.gradcheck._get_numerical_jacobian"),
    "a gradient in vmap": (
        lambda x: torch.func.vmap(torch.func.grad(lambda row: (row**2).sum()))(x),
        "torch.autograd.backward",
    ),
    "mpmath": (_root, "mpmath"),
    "Pillow": (_picture, "PIL"),
    "linear algebra of scipy": (_logarithm, "scipy.linalg"),
    "a library that numpy calls": (_by_numpy, "mpmath"),
    "differentiation": (_of_its_own, "torch.autograd.backward"),
    "a gradient": (lambda x: torch.autograd.grad(x.requires_grad_().sum(), x)[0], "torch.autograd.grad"),
}

PASSED_OVER: dict[str, Callable[[Tensor], Any]] = {
    "arithmetic": lambda x: (x - x.mean(0)) / (x.var(0, correction=0) + 1e-5).sqrt(),
    "a norm": lambda x: torch.linalg.vector_norm(x) + x.norm() + torch.norm(x),
    "softmax": lambda x: torch.log_softmax(x, 1) + x.softmax(1),
    "activations": lambda x: functional.relu(x) + functional.one_hot(torch.arange(2), 2).sum() + functional.tanh(x),
    "a layer that draws its weights": lambda x: torch.nn.Linear(2, 2)(x) * 0,
    "a generator": lambda x: torch.randn(2, generator=torch.Generator().manual_seed(1)),
    "no differentiation": torch.no_grad()(lambda x: x * 2),
    "vmap": lambda x: torch.func.vmap(lambda row: (row**2).sum())(x),
    "numpy": lambda x: torch.from_numpy(x.numpy() * 2).tolist(),
    "an iterator": lambda x: (row.sum() for row in x),
    "no torch": lambda x: 3,
}


def traced(function: Any) -> Function:
    return Function("f", LocalTransport({"f": function}), traced=True)


def called(function: Callable[[Tensor], Any]) -> set[str]:
    judged = traced(function)
    play(judged, [Case("one", {"args": [X], "kwargs": {}, "outputs": ["y"]})])
    return judged.called


@pytest.mark.parametrize("way", SEEN)
def test_what_is_called_is_seen_whatever_way_leads_to_it(way: str) -> None:
    function, name = SEEN[way]
    seen = called(function)
    assert name in seen
    assert all(map(tracer.exists, seen))


@pytest.mark.parametrize("way", PASSED_OVER)
def test_what_is_ones_own_work_is_passed_over(way: str) -> None:
    assert called(PASSED_OVER[way]) == set()


def test_the_function_itself_may_be_the_librarys() -> None:
    assert called(functools.partial(torch.layer_norm, normalized_shape=[2])) == {"torch.layer_norm"}


def test_a_function_that_it_is_given_is_not_its_own_choice() -> None:
    named = Named("quadratic_gradient", {"matrix": torch.eye(2), "center": torch.ones(2)})
    judged = traced(lambda f: f(torch.zeros(2)))
    play(judged, [Case("one", {"args": [named], "kwargs": {}, "outputs": ["y"]})])
    assert judged.called == set()


def test_it_is_also_seen_where_the_result_is_differentiated() -> None:
    judged = traced(lambda x: functional.mse_loss(x, x * 0))
    judged.begin("one")
    judged.differentiate(0, X)
    assert judged.called == {"torch.mse_loss"}


@pytest.mark.parametrize("way", [*SEEN, *PASSED_OVER])
def test_values_and_effects_are_the_same_as_without(way: str) -> None:
    function = SEEN[way][0] if way in SEEN else PASSED_OVER[way]
    answers = []
    for looks in (True, False):
        judged = Function("f", LocalTransport({"f": function}), traced=looks)
        judged.begin("one")
        answers.append((wire.encode(judged(X)), judged.effects))
    assert answers[0] == answers[1]


WRONG: dict[str, Callable[[Tensor], Any]] = {
    "a shape": lambda x: x @ torch.ones(7, 7),
    "a type": lambda x: x + None,
    "an index": lambda x: x[5],
    "not written": lambda x: NotImplemented.missing,
    "a layer": lambda x: torch.batch_norm(x, None),
}


@pytest.mark.parametrize("way", WRONG)
def test_an_error_is_the_same_as_without_and_the_tracer_is_gone_afterwards(way: str) -> None:
    told = []
    for looks in (True, False):
        judged = Function("f", LocalTransport({"f": WRONG[way]}), traced=looks)
        judged.begin("one")
        with pytest.raises(StudentError) as caught:
            judged(X)
        told.append((str(caught.value), caught.value.kind, caught.value.line))
    assert told[0] == told[1]
    assert torch._C._len_torch_function_stack() == 0


def test_the_first_call_of_each_new_situation_is_looked_at() -> None:
    asked: list[bool] = []

    class Listening(LocalTransport):
        def exchange(self, frame: bytes) -> bytes:
            asked.append("traced" in wire.decode(frame))
            return super().exchange(frame)

    cases = [Case(name, {"args": [X], "kwargs": {}, "outputs": ["y"]}) for name in ("one", "two", "one", "three")]
    play(Function("f", Listening({"f": lambda x: x}), traced=True), cases)
    play(Function("f", Listening({"f": lambda x: x})), cases)
    assert asked == [True, True, False, True, *[False] * 4]


def test_a_long_call_is_looked_at_as_it_begins_and_later_ones_not_at_all() -> None:
    calls: list[int] = []

    def long(x: Tensor) -> Tensor:
        for _ in range(tracer.MAX_SEEN * (not calls)):
            x = x + 1
        calls.append(1)
        return torch.layer_norm(x, [2])

    judged = traced(long)
    play(judged, [Case(name, {"args": [X], "kwargs": {}, "outputs": ["y"]}) for name in ("one", "two")])
    assert (len(calls), judged.called) == (2, set())


# --- the other side may say anything ---------------------------------------------------------------------------

GOOD = "torch.batch_norm"
SAID: dict[str, tuple[Any, set[str]]] = {
    "a name": ([GOOD], {GOOD}),
    "nothing": (None, set()),
    "a text": (GOOD, set()),
    "a dict": ({GOOD: GOOD}, set()),
    "numbers": ([1, 2.5, None, True, [GOOD], X], set()),
    "a handle": (wire.Handle(0, GOOD), set()),
    "a name that is none": (["torch.my_batch_norm", "torch.nn.functional.give_marks", "torch.batch_norm "], set()),
    "escapes": (["torch.batch_norm\x1b[2J", "torch.batch_norm\n", "torch.\u202ebatch_norm"], set()),
    "a module of the grader": (["steepest_grader.exercise.judge", "os.system", "sys.exit", "torch.os.fork"], set()),
    "private parts": (["steepest._checks.agent.Agent", "steepest._checks", "torch.optim.sgd.__builtins__.x"], set()),
    "what everybody calls": (["torch.mean", "torch.nn.functional.relu"], set()),
    "many": (["torch.x_loss"] * 100 + [GOOD], set()),
    "a long one": (["torch." + "dropout" * 10_000], set()),
    "a deep one": ([".".join(["torch"] * 10)], set()),
    "a module without it": (["steepest.race.nothing", "steepest.nothing.x", "steepest.check"], {"steepest.check"}),
}


@pytest.mark.parametrize("what", SAID)
def test_only_known_names_are_believed(what: str) -> None:
    said, names = SAID[what]

    class Lying:
        def exchange(self, frame: bytes) -> bytes:
            return wire.encode({"value": 1, "effects": [], "called": said})

    judged = Function("f", Lying(), traced=True)
    judged.begin("one")
    assert judged() == 1
    assert judged.called == names
    untraced = Function("f", Lying())
    untraced.begin("one")
    assert (untraced(), untraced.called) == (1, set())


def _hidden(x: Tensor) -> Tensor:
    with torch._C.DisableTorchFunction():
        return torch.layer_norm(x, [2])


def test_who_listens_to_calls_goes_on_listening_and_is_kept_from_nothing() -> None:
    heard: list[str] = []

    def listen(frame: Any, event: str, _: Any) -> None:
        heard.append(frame.f_code.co_name)

    watching = tracer.Tracer()
    sys.setprofile(listen)
    try:
        with watching:
            _filtered([1.0])
        again = sys.getprofile()
    finally:
        sys.setprofile(None)
    assert again is listen
    assert watching.called == {"scipy.signal"}


def test_only_so_many_calls_are_listened_to() -> None:
    watching = tracer.Tracer()
    with watching:
        for _ in range(tracer.MAX_HEARD):
            len("")
        _filtered([1.0])
        assert sys.getprofile() is None
    assert watching.called == set()


def test_who_switches_it_off_changes_the_hint_and_nothing_else() -> None:
    assert called(_hidden) == set()
    assert called(lambda x: torch.layer_norm(x, [2])) == {"torch.layer_norm"}


def test_a_check_looks_at_nothing_and_shows_nothing_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(tracer.Tracer, "__torch_function__")  # whoever enters it fails

    def momentum_step(theta: Tensor, grad: Tensor, state: Any, *, lr: float, beta: float) -> Any:
        return steepest.race.torch_sgd("", momentum=beta).step(theta, grad, state, lr=lr)

    result = examine(momentum_step)
    assert result.passed
    assert "library" not in str(result) and "torch" not in result.message.partition("convention")[0]
