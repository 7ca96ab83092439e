"""What a function really calls: operators that are a whole layer, loss or backward pass, and functions of libraries.

This runs beside a student's code, which can switch it off or make it lie. So it gives a hint for a person and nothing
else: no mark depends on it, and whoever reads what it tells asks `exists` first.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from types import FrameType
from typing import Any, Self

import torch
from torch.overrides import TorchFunctionMode

from steepest._checks import content, libraries
from steepest._checks.libraries import PLAIN_LIBRARIES

MAX_SEEN = 100  # operations of all calls of an exercise: whoever leaves the work to others needs few
MAX_HEARD = 5000  # of calls in Python and returns from them, before a call is listened to no more
MAX_CALLED = 20
MAX_NAME = 100

# An operator that is the whole of what is taught, whatever way leads to it: `torch.batch_norm`, `torch.ops.aten`, ...
OPERATORS = re.compile(
    r"\w*(batch|layer|group|instance|rms|weight)_norm\w*|\w*dropout\w*|_fused_(adam|adamw|adagrad|sgd)_"
    r"|\w+_loss\w*|\w*cross_entropy\w*|\w+_backward\w*|\w*(soft|hard)shrink\w*|\w*renorm_?|kl_div|\w*moving_avg\w*"
)
# Of the functions that torch defines in Python all are told but these and what lies under them. Whether differentiation
# is told is up to the grader: in most exercises it is a tool like any other.
PLAIN = (
    "torch._tensor.", "torch._tensor_str.", "torch._ops.", "torch._utils.", "torch._VF.", "torch.functional.",
    "torch.overrides.", "torch.random.", "torch.storage.", "torch.serialization.", "torch._functorch.apis.vmap",
    "torch._functorch.vmap.", "torch.utils._contextlib.", "torch.utils._pytree.", "torch.nn.parameter.",
    "torch.autograd.profiler.", "torch.nn.modules.linear.", "torch.nn.modules.flatten.", "torch.nn.modules.padding.",
)  # fmt: skip
METHODS = "torch.optim."  # whole, whoever calls them; what a layer calls of `torch.nn` is its own affair
PIECES = ("relu", "leaky_relu", "tanh", "hardtanh", "softplus", "one_hot", "pad", "linear")
HARMLESS = frozenset(
    {f"torch.nn.functional.{name}" for name in PIECES}
    | {f"torch.nn.modules.activation.{name}" for name in ("ReLU", "LeakyReLU", "Tanh", "Hardtanh", "Softplus")}
    | {f"torch.autograd.grad_mode.{name}" for name in ("enable_grad", "no_grad", "set_grad_enabled", "inference_mode")}
)
TOOLS = frozenset({"torch", "functools", "contextlib", *PLAIN_LIBRARIES})
# Told also where no operation of torch is under way: they may compute in Python, or in numpy.
HEARD = (METHODS, "torch.utils.data.", "torch.autograd.")
BACKWARD, NODES = "torch.autograd.backward", "torch.autograd.graph.Node"
# Ways to a derivative that are no function of Python's, by the last part of their names.
WAYS = {
    "backward": BACKWARD, "run_backward": BACKWARD, "grad_fn": NODES, "register_hook": NODES,
    "_make_dual": "torch.autograd.forward_ad.make_dual",
}  # fmt: skip
IMPORT = vars(importlib._bootstrap)["_find_and_load"].__code__
# Between the one who calls a layer or a method and the layer or method itself.
BETWEEN = frozenset({"torch.optim.optimizer", "torch.nn.modules.module", "torch.nn.modules.container"})
HANDS_ON = frozenset({"numpy", "functools", "contextlib"})  # they call for others
PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*){0,5}", re.ASCII)


class Tracer(TorchFunctionMode):
    """Notes, while it is entered, what is called of torch, and for whom.

    Attributes
    ----------
    called : set of str
        Names as `exists` knows them, at most `MAX_CALLED`: ``"torch.batch_norm"``, ``"torch.optim.sgd.SGD"``,
        ``"steepest.race.torch_sgd"``, ``"sklearn"``.
    left : int
        How many more operations are looked at. Where none is left, entering it again would cost time for nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.called: set[str] = set()
        self.left = MAX_SEEN
        self._heard = MAX_HEARD
        self._before: Any = None
        self._import: FrameType | None = None

    def __enter__(self) -> Self:
        _roots()  # found before anybody listens
        super().__enter__()  # type: ignore[no-untyped-call]
        self._before = sys.getprofile()
        if self._heard:
            sys.setprofile(self._hear)
        return self

    def __exit__(self, *error: Any) -> None:
        sys.setprofile(self._before)
        self._import = None
        super().__exit__(*error)  # type: ignore[no-untyped-call]

    def _hear(self, frame: FrameType, event: str, function: Any) -> None:
        """Called by Python for each call and return, which `MAX_HEARD` bounds but for those of an import."""
        if self._import is not None:
            if event == "return" and frame is self._import:
                self._import = None
            return
        if event == "call" and frame.f_code is IMPORT:
            self._import = frame
            return
        self._heard -= 1
        if self._heard <= 0:
            sys.setprofile(self._before)
        elif event == "call":
            module = _module(frame)
            if module.partition(".")[0] in libraries.others() or f"{module}.".startswith(HEARD):
                self._note(_caller(frame))
        elif event == "c_call":
            module, name = _compiled(function)
            if module.partition(".")[0] in libraries.others():
                self._note(_caller(frame, [f"{module}.{name}"]))
            elif name == "run_backward" and module.startswith("torch."):
                self._note(_caller(frame) or BACKWARD)

    def _note(self, name: str) -> None:
        if name and len(self.called) < MAX_CALLED:
            self.called.add(name)

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Let one operation pass; called by torch."""
        if self.left:
            self.left -= 1
            self._note(_operator(func, sys._getframe(1)) or _caller(sys._getframe(1)))
        return func(*args, **(kwargs or {}))


def _operator(func: Any, frame: FrameType) -> str:
    name = getattr(func, "__name__", "")
    if name == "__get__":  # of a part of a tensor, which a layer may look at too
        owner = None if _module(frame).startswith("torch.nn.") else getattr(func, "__self__", None)
        name = getattr(owner, "__name__", "")
    name = name.partition(".")[0]
    return WAYS.get(name) or (f"torch.{name}" if _is_operator(name) else "")


@lru_cache(maxsize=1024)
def _is_operator(name: str) -> bool:
    """Whether it is one of torch's own; what only `torch.nn.functional` has is told as a function."""
    return OPERATORS.fullmatch(name) is not None and (name in vars(torch) or hasattr(torch.ops.aten, name))


def _module(frame: FrameType) -> str:
    name = frame.f_globals.get("__name__")
    return name if type(name) is str else ""


def _compiled(function: Any) -> tuple[str, str]:
    """Where a function comes from that is not written in Python, and its name."""
    module = getattr(function, "__module__", None) or type(getattr(function, "__self__", None)).__module__
    name = getattr(function, "__name__", "")
    return (module if type(module) is str else "", name if type(name) is str else "")


def _caller(frame: FrameType | None, within: Sequence[str] = ()) -> str:
    """Of the libraries' functions under way, that which a student's code has called, or the method it leads to.

    `within` are names of what has no frame and was called last. What a tool of numpy's or Python's own calls on is
    told as if it were called at once.
    """
    names = list(within)
    while frame is not None:
        module = _module(frame)
        root = module.partition(".")[0]
        if module == __name__:  # it stands between a function of torch and itself
            frame = frame.f_back
            continue
        if module.startswith(__package__) or root not in _roots():
            break
        name = frame.f_code.co_qualname
        wrapper = module.startswith("torch.") and "<locals>" in name
        if module not in BETWEEN and not module.startswith("scipy._lib.") and root not in HANDS_ON and not wrapper:
            names.append(f"{module}.{name.partition('.')[0]}")
        frame = frame.f_back
    outermost = _told(names[-1]) if names else ""
    return outermost or next((name for name in names if name.startswith(METHODS)), "")


@cache
def _roots() -> frozenset[str]:
    return TOOLS | {*content.packages()} | libraries.others()


def _told(name: str) -> str:
    """A function of a library under the name that is told of it, or ""."""
    if name.startswith("torch."):
        return name if _of_torch(name) else ""
    package, module, *rest = name.split(".")
    if package in content.packages():  # what a student's function is handed is in `callables`
        return "" if module == "callables" else ".".join([package, module, *(rest if len(rest) == 1 else ())])
    return libraries.other(name)


def _of_torch(name: str) -> bool:
    return name.startswith("torch.") and not name.startswith(PLAIN) and name not in HARMLESS


def read(said: Any) -> Iterator[str]:
    """Names out of what a student's process says, which can be anything."""
    for name in said[:MAX_CALLED] if isinstance(said, list) else ():
        if isinstance(name, str) and len(name) <= MAX_NAME and exists(name):
            yield name


def exists(name: str) -> bool:
    """Whether a name is one that a `Tracer` can tell: of what is installed here, and to be told."""
    if not PATH.fullmatch(name):
        return False
    if libraries.other(name) == name:
        return True
    module, _, last = name.rpartition(".")
    if module == "torch":
        return _is_operator(last)
    if _of_torch(name):
        return last in _in_torch(module)
    return name in _modules() or (module in _modules() and last in _defined(module))


@lru_cache(maxsize=256)
def _in_torch(module: str) -> frozenset[str]:
    """What a module of torch defines; one that is not imported here is read, and not run for somebody's word."""
    if module in sys.modules:
        return frozenset(vars(sys.modules[module]))
    path = Path(torch.__file__).parent.joinpath(*module.split(".")[1:])
    files = (path.with_suffix(".py"), path / "__init__.py")
    return next((_names(file) for file in files if file.is_file()), frozenset())


@cache
def _modules() -> Mapping[str, Path]:
    """The courses' public modules, and where they lie: read and not imported, which somebody's word must not cause."""
    found = [(name, Path(folder)) for name, folder in zip(content.packages(), content.folders(), strict=True)]
    return {
        f"{name}.{item.name}": folder / f"{item.name}.py"
        for name, folder in found
        for item in pkgutil.iter_modules([str(folder)])
        if not item.name.startswith("_")
    }


@cache
def _defined(module: str) -> frozenset[str]:
    path = _modules()[module]
    return _names(path) if path.is_file() else frozenset()


def _names(path: Path) -> frozenset[str]:
    body = ast.parse(path.read_bytes()).body
    return frozenset(item.name for item in body if isinstance(item, ast.FunctionDef | ast.ClassDef))
