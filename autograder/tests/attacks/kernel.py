"""The notebook's own machinery: kernel, messages, cells and metadata."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attacks._attack import CHEAT, RIGHT, Attack, Shown
from attacks.naive import believes_outputs, believes_points, shows_as_written

MESSAGES = "forged messages and endings of the kernel"
FILE = "forged notebooks"
Notebook = dict[str, Any]

SEND = """
kernel = get_ipython().kernel
def send(kind, **content):
    kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent("shell"))
"""
RESULT = "send('execute_result', execution_count=1, data={'text/plain': '2.0'}, metadata={})"
IDLE = "send('status', execution_state='idle')"
COMM = """
import comm
for target in ("jupyter.widget", "grader", "@TOKEN@"):
    comm.create_comm(target_name=target, data={"state": {"_model_name": "x" * 1000, "score": 1000}}).send({"score": 1000})
"""
SCRIPT = """
from IPython.display import HTML, Javascript, display
display(HTML("<script>BREACH()</script><img src='x' onerror='BREACH()'>"), Javascript("BREACH()"))
display({"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "application/x-nbgrader": "1"}, raw=True)
"""
DEEP_HTML = """
from IPython.display import HTML, display
display(HTML("<div>" * 60_000), HTML("<b><p>" * 60_000))
"""
NOTHING_RUNS = """
from IPython.core.interactiveshell import ExecutionResult
async def nothing(*args, **kwargs):
    return ExecutionResult(None)
get_ipython().run_cell_async = nothing
get_ipython().run_cell = lambda *args, **kwargs: ExecutionResult(None)
"""
NO_REQUEST = """
async def nothing(code, *args, **kwargs):
    return {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}
get_ipython().kernel.do_execute = nothing
"""
STREAMS = """
import sys
class Broken:
    def __getattr__(self, name): raise SystemExit
sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = Broken()
"""
CLOSED = "import sys\nsys.stdout.close()\nsys.stderr = None"
RECURSION = "import sys\nsys.setrecursionlimit(60)"
DEEP = "import sys\nsys.setrecursionlimit(10**9)\ndef down(): down()\ndown()"
SERIALIZER = """
import json, struct
json.dumps = json.loads = lambda *a, **k: {"value": 1000}
struct.Struct.pack = None
"""
NAMES = """
globals_ = globals
globals = serve = print = len = getattr = agent = lambda *a, **k: {"momentum_step": lambda *a, **k: 2.0}
"""
MODULE = """
import sys, types
fake = types.ModuleType("steepest._checks.agent")
fake.serve = lambda *a, **k: None
sys.modules["steepest._checks.agent"] = fake
import steepest
steepest._checks.agent = fake
"""


def _within(code: str) -> str:
    lines = "\n".join(f"    {line}" for line in code.strip().splitlines())
    return f"def momentum_step(theta, grad, state, *, lr, beta):\n{lines}\n    return theta * 0, state\n"


FULL: dict[str, float | None] = {"momentum_step": 1}
LOST: dict[str, float | None] = {"momentum_step": None, "terminal_speed": None}
OWN = "its own kernel is all that it reaches"
GONE = frozenset({"ERRORED", "TIMED_OUT", "FAILED", "MISSING"})
IN_CELLS = {
    "quit": ("quits in a cell", "quit()", {}, ""),
    "ask-exit": ("asks IPython to exit", "get_ipython().ask_exit()", {}, "notebook's kernel"),
    "shuts-down": ("shuts its kernel down", "get_ipython().kernel.do_shutdown(False)", LOST, "notebook's kernel"),
    "stops-the-loop": (
        "stops the kernel's event loop", "get_ipython().kernel.io_loop.stop()", LOST, "notebook's kernel",
    ),
    "comms": ("opens channels for widgets to the grader", COMM, {}, "notebook's kernel"),
    "broken-streams": ("replaces standard output by something that ends the process", STREAMS, {}, "changes a library"),
    "closed-streams": ("closes standard output", CLOSED, None, "changes a library"),
    "names": ("gives names that are used around its function other meanings", NAMES, {}, ""),
    "asks-for-input": ("waits for input", "input()\n", {}, ""),
    "deep-recursion": ("takes the bound on recursion away and recurses", DEEP, {}, "how Python runs"),
    "tiny-stack": ("leaves hardly any room for calls", RECURSION, {}, "how Python runs"),
    "serializer": ("replaces what its answers are written with", SERIALIZER, {}, "changes a library"),
    "no-agent": ("replaces what answers for it", MODULE, None, "changes a library"),
}  # fmt: skip


def _cell(notebook: Notebook, grade_id: str) -> dict[str, Any]:
    return next(cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def _dumps(notebook: Notebook) -> bytes:
    return json.dumps(notebook).encode()


def _set(notebook: Notebook, grade_id: str, **header: object) -> bytes:
    _cell(notebook, grade_id)["metadata"]["nbgrader"].update(header)
    return _dumps(notebook)


def _edited(notebook: Notebook, grade_id: str, **parts: object) -> bytes:
    _cell(notebook, grade_id).update(parts)
    return _dumps(notebook)


def _added(notebook: Notebook) -> bytes:
    bonus = copy.deepcopy(_cell(notebook, "momentum_step"))
    bonus["metadata"]["nbgrader"].update(grade_id="bonus", points=100)
    bonus.update(id="bonus", source="2 + 2")
    return _dumps(notebook | {"cells": [*notebook["cells"], bonus]})


def _repeated(notebook: Notebook) -> bytes:
    return _dumps(notebook | {"cells": [*notebook["cells"], *[_cell(notebook, "ewa")] * 40]})


def _swapped(notebook: Notebook) -> bytes:
    """A test that is passed is handed in under the name of one that is not."""
    other = copy.deepcopy(_cell(notebook, "ewa"))
    other["metadata"]["nbgrader"].update(grade_id="momentum_step", points=100)
    cells = [other if cell is _cell(notebook, "momentum_step") else cell for cell in notebook["cells"]]
    return _dumps(notebook | {"cells": cells})


def _without(notebook: Notebook, *grade_ids: str) -> bytes:
    gone = [_cell(notebook, grade_id) for grade_id in grade_ids]
    return _dumps(notebook | {"cells": [cell for cell in notebook["cells"] if cell not in gone]})


def _outputs(notebook: Notebook) -> bytes:
    output = {"output_type": "execute_result", "execution_count": 7, "metadata": {}, "data": {"text/plain": "1000.0"}}
    _cell(notebook, "momentum_step").update(outputs=[output], execution_count=7)
    return _dumps(notebook)


def _scripts(notebook: Notebook) -> bytes:
    texts = ["<script>BREACH()</script>", "<img src='x' onerror='BREACH()'>", "[x](javascript:BREACH())"]
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": text, "id": f"text-{number}"}
        for number, text in enumerate(texts)
    ]
    return _dumps(notebook | {"cells": [*notebook["cells"], *cells]})


def _everywhere(notebook: Notebook) -> bytes:
    for cell in notebook["cells"]:
        cell["metadata"] |= {"tags": ["demo"], "nbgrader": {"points": 1000, "grade": True, "grade_id": ["x"]}}
        cell |= {"id": "../../../etc/passwd", "attachments": {"x": {"text/plain": "/etc/passwd"}}}
    return _dumps(notebook)


def _not_cells(notebook: Notebook) -> bytes:
    odd: list[object] = [None, 7, [], "x", {}, {"source": 7}, {"cell_type": "code", "source": [None, ["x"]]}]
    return _dumps(notebook | {"cells": [*odd, *notebook["cells"], *odd]})


def _second_cells(notebook: Notebook) -> bytes:
    """Two lists of cells under one name: programs that read only the first see another notebook."""
    return b'{"cells": [], ' + _dumps(notebook)[1:]


NOTHING = {"ewa": 0, "momentum_step": 0, "terminal_speed": 0}
Make = Callable[[Notebook], bytes]
# Name → what it tries, how it is made, what it earns, part of the flag, and the naive grader that is taken in.
FORGED: dict[str, tuple[str, Make, dict[str, float], str, Any]] = {
    "points": (
        "writes other points into the notebook", lambda nb: _set(nb, "momentum_step", points=1000), {},
        "what nbgrader says", believes_points,
    ),
    "negative-points": (
        "writes odd points into the notebook", lambda nb: _set(nb, "momentum_step", points=float("nan"), max_score=-1),
        {}, "what nbgrader says", None,
    ),
    "bonus-cell": ("adds a graded cell of its own", _added, {}, "was added", believes_points),
    "repeated-cell": ("repeats a test that it passes forty times", _repeated, {}, "", believes_points),
    "swapped-tests": ("puts a test that it passes in the place of another", _swapped, {}, "locked cell", believes_points),
    "written-outputs": ("writes marks into the outputs and runs nothing", _outputs, {}, "", believes_outputs),
    "edited-test": (
        "replaces the test by one that it passes", lambda nb: _edited(nb, "momentum_step", source="2.0"), {},
        "locked cell", None,
    ),
    "unlocked": (
        "unlocks the test and replaces it",
        lambda nb: (_edited(nb, "momentum_step", source="2.0"), _set(nb, "momentum_step", locked=False, checksum="0"))[1],
        {}, "locked cell", None,
    ),
    "test-as-text": (
        "turns the test into text", lambda nb: _edited(nb, "momentum_step", cell_type="markdown"), {}, "", None,
    ),
    "test-as-answer": (
        "says that the test is an answer of its own",
        lambda nb: (_edited(nb, "momentum_step", source="2.0"), _set(nb, "momentum_step", solution=True, grade=False))[1],
        {}, "what nbgrader says", None,
    ),
    "deleted-test": ("deletes the test that it does not pass", lambda nb: _without(nb, "momentum_step"), {}, "", None),
    "deleted-all": (
        "deletes every test", lambda nb: _without(nb, "ewa", "momentum_step", "terminal_speed"), {}, "", None,
    ),
    "metadata-everywhere": ("writes the same forged metadata into every cell", _everywhere, {}, "", None),
    "not-cells": ("mixes things that are no cells among the cells", _not_cells, {}, "", None),
    "second-cells": ("has two lists of cells", _second_cells, {}, "", None),
    "foreign-kernel": (
        "asks for another program as its kernel",
        lambda nb: _dumps(nb | {"metadata": {"kernelspec": {"name": "bash", "argv": ["touch", "@WORLD@/x"],
                                                            "display_name": "x", "language": "sh"}}}),
        {}, "", None,
    ),
    "no-kernel": ("says nothing of a kernel and a language", lambda nb: _dumps({"cells": nb["cells"]}), {}, "", None),
    "later-format": (
        "says that it is of a format that there is not yet",
        lambda nb: _dumps(nb | {"nbformat": 99, "nbformat_minor": -1, "orig_nbformat": "x"}), {}, "", None,
    ),
    "old-format": (
        "hands in the oldest format",
        lambda nb: _dumps({"nbformat": 3, "metadata": {}, "worksheets": [{"cells": [
            {"cell_type": "code", "input": "".join(cell["source"]), "metadata": cell["metadata"]}
            for cell in nb["cells"]]}]}),
        {}, "", None,
    ),
    "byte-order-mark": ("begins with a byte order mark", lambda nb: b"\xef\xbb\xbf" + _dumps(nb), {}, "", None),
    "nul-in-source": (
        "puts a NUL into its answer", lambda nb: _edited(nb, "answer_momentum_step", source=RIGHT + "\0"), {}, "", None,
    ),
    "lone-surrogates": (
        "puts half a character into cells and names",
        lambda nb: _dumps(nb | {"cells": [*nb["cells"], {"cell_type": "code", "metadata": {"nbgrader": {
            "grade_id": "\ud800", "grade": True}}, "source": "'\ud800'", "id": "\ud800"}]}),
        {}, "", None,
    ),
    "not-json": ("hands in bytes that are no notebook", lambda nb: b"\x80\x04\x95" + bytes(1000), NOTHING, "", None),
    "deep-json": ("hands in a million brackets", lambda nb: b"[" * 10**6, NOTHING, "", None),
    "too-many-cells": (
        "hands in five thousand cells", lambda nb: _dumps(nb | {"cells": nb["cells"] * 700}), NOTHING, "", None,
    ),
    "too-large": (
        "hands in 33 MiB that are no outputs", lambda nb: _dumps(nb | {"cells": [*nb["cells"], {
            "cell_type": "markdown", "metadata": {"x": "x" * 33 * 2**20}, "source": ""}]}), NOTHING, "", None,
    ),
    "long-cell": (
        "hands in a cell of 2 MiB", lambda nb: _edited(nb, "answer_momentum_step", source="#" * 2**21), {}, "", None,
    ),
    "deep-code": (
        "hands in code nested ten thousand deep",
        lambda nb: _dumps(nb | {"cells": [{"cell_type": "code", "metadata": {}, "source": "(" * 10**4 + ")" * 10**4},
                                          {"cell_type": "code", "metadata": {}, "source": "-" * 10**5 + "1"},
                                          *nb["cells"]]}),
        {}, "", None,
    ),
}  # fmt: skip
BY_FILE = "a naive grader either restores it too or fails; what must hold is the mark and that no other is touched"


def _fifo(folder: Path, data: bytes, world: Any) -> None:
    import os

    os.mkfifo(folder / f"{folder.name}.ipynb")


def _device(folder: Path, data: bytes, world: Any) -> None:
    (folder / f"{folder.name}.ipynb").symlink_to("/dev/zero")


def _sparse(folder: Path, data: bytes, world: Any) -> None:
    with (folder / f"{folder.name}.ipynb").open("wb") as file:
        file.truncate(2**40)


def _climbing(folder: Path, data: bytes, world: Any) -> None:
    (folder / f"{folder.name}.ipynb").symlink_to(Path(*[".."] * 12) / str(world.folder / "neighbour.ipynb")[1:])


def _companions(folder: Path, data: bytes, world: Any) -> None:
    """Modules beside the notebook that Python would import in the place of others."""
    (folder / f"{folder.name}.ipynb").write_bytes(data)
    for name in ("torch", "steepest", "sitecustomize", "usercustomize", "steepest_grader", "json"):
        (folder / f"{name}.py").write_text(f"open({str(world.folder / 'imported')!r}, 'w')\n")
    (folder / "nbgrader_config.py").write_text(f"open({str(world.folder / 'configured')!r}, 'w')\n")


def _linked_folder(folder: Path, data: bytes, world: Any) -> None:
    inner = world.folder / "handed-in"
    folder.rmdir()
    folder.symlink_to(inner)


FOLDERS = "odd files in the submission"
UNREADABLE = frozenset({"UNREADABLE"})
IN_FOLDERS = {
    "pipe": ("hands in a pipe that nobody writes to", _fifo, NOTHING, UNREADABLE),
    "endless-device": ("hands in a link to a device without end", _device, NOTHING, UNREADABLE),
    "sparse-file": ("hands in a file of 2⁴⁰ bytes that takes no room", _sparse, NOTHING, UNREADABLE),
    "climbing-link": ("hands in a relative link that climbs out", _climbing, NOTHING, UNREADABLE),
    "companions": ("hands in modules beside the notebook", _companions, FULL, frozenset()),
}

ATTACKS = [
    Attack(
        "result-message", MESSAGES, "sends the message that a cell has shown full marks",
        answer=_within(SEND + RESULT), test="grade", flag="notebook's kernel",
    ),
    Attack(
        "idle-message", MESSAGES, "sends the message that its cell has ended, and waits",
        answer=_within(SEND + IDLE + "\nimport time\ntime.sleep(0.01)"), shown=Shown.NOT, flag="notebook's kernel",
        why="the reply to the request still comes late; a grader that goes by the status alone is not at hand",
    ),
    Attack(
        "no-cell-runs", MESSAGES, "lets no cell run any more and reports success", code=NOTHING_RUNS,
        earns={"terminal_speed": 0}, flag="notebook's kernel",
    ),
    Attack(
        "no-request-runs", MESSAGES, "answers requests for it with success and does nothing", code=NO_REQUEST,
        earns={"terminal_speed": 0}, flag="notebook's kernel",
    ),
    Attack(
        "scripts", MESSAGES, "displays scripts that would run where the notebook is looked at", code=SCRIPT,
        answer=RIGHT, earns=FULL, shown=Shown.NOT, why="scripts-in-text shows what a page would hold",
    ),
    Attack(
        "scripts-in-text", MESSAGES, "writes scripts and links that run into a written answer", answer=RIGHT, earns=FULL,
        file=_scripts, shown=Shown.BELIEVED, believed=shows_as_written,
    ),
    Attack(
        "deep-html", MESSAGES, "displays HTML that takes hours to clean", code=DEEP_HTML, answer=RIGHT, earns=FULL,
        shown=Shown.NOT, why="a grader that does not clean it has the scripts instead",
    ),
    *(
        Attack(
            name, MESSAGES, tries, code=code, answer=RIGHT if earns is not None else CHEAT,
            earns={"terminal_speed": None} if earns is None else FULL | earns, shown=Shown.NOT, why=OWN, flag=flag,
        )
        for name, (tries, code, earns, flag) in IN_CELLS.items()
    ),
    *(
        Attack(
            f"forged-{name}", FILE, tries, file=make, earns=earns, flag=flag,
            shown=Shown.BELIEVED if believed else Shown.NOT, believed=believed, why="" if believed else BY_FILE,
        )
        for name, (tries, make, earns, flag, believed) in FORGED.items()
    ),
    *(
        Attack(
            name, FOLDERS, tries, folder=place, earns=earns, outcomes=outcomes, answer=RIGHT, shown=Shown.NOT,
            why="a grader that opened it would wait, fill its memory or read elsewhere",
        )
        for name, (tries, place, earns, outcomes) in IN_FOLDERS.items()
    ),
]  # fmt: skip
