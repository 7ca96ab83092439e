"""What a kernel sends is not trusted to be Jupyter's."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from steepest_grader.exercise.model import Outcome
from steepest_grader.sandbox import courier
from steepest_grader.sandbox import kernel as module
from steepest_grader.sandbox._courier import MAX_OUTPUT
from steepest_grader.sandbox.base import Sandbox
from steepest_grader.sandbox.kernel import Kernel, KernelLost

pytestmark = pytest.mark.sandbox

SEND = """
import json, time
kernel = get_ipython().kernel
parent = json.dumps(kernel.get_parent()["header"], default=str).encode()
def send(*parts):
    kernel.iopub_thread.send_multipart(list(parts))
def message(kind, content, parent=parent, header=None, more=b"{}"):
    header = header or json.dumps({"msg_type": kind, "msg_id": "x"}).encode()
    send(b"<IDS|MSG>", b"", header, parent, more, json.dumps(content).encode())
"""
WRONG_CONTENT: list[tuple[object, object]] = [
    ("stream", []),
    ("stream", {}),
    ("stream", {"name": 5, "text": 7}),
    ("display_data", {}),
    ("display_data", {"data": {"text/plain": 1}, "metadata": [], "transient": {"display_id": []}}),
    ("execute_result", {"data": 5}),
    ("error", {"traceback": 5}),
    ("status", {}),
    ("status", {"execution_state": []}),
    ("clear_output", {}),
    ("comm_open", {}),
    ("comm_msg", {"comm_id": []}),
    ("update_display_data", {"transient": 5}),
    ("execute_input", {"execution_count": "x"}),
    (["a"], {}),
    (5, 5),
]
FORGED = {
    "no delimiter": "send(b'garbage')",
    "nothing": "send(b'')",
    "lists for objects": "send(b'<IDS|MSG>', b'', b'[]', b'[]', b'[]', b'[]')",
    "no JSON": "send(b'<IDS|MSG>', b'', b'x', b'x', b'x', b'x')",
    "too few parts": "send(b'<IDS|MSG>', b'')",
    "wrong contents": f"for kind, content in {WRONG_CONTENT!r}: message(kind, content)",
    "wrong parents": "for p in (b'[]', b'5', b'null', b'{\"msg_id\": []}'): message('stream', {}, parent=p)",
    "a date that is none": 'message(\'stream\', {}, header=b\'{"msg_type": "stream", "date": "9999-99-99T99:99:99"}\')',
    "a nest": "message('stream', {}, parent=b'[' * 100_000)",
    "an early end": "message('status', {'execution_state': 'idle'})",
}


def run(sandbox: Sandbox, *sources: str) -> str:
    """What the last cell prints."""
    cells = [new_code_cell(source) for source in sources]
    with Kernel(sandbox, nbformat.v4.new_notebook(cells=cells)) as kernel:
        for index, cell in enumerate(cells):
            kernel.execute(cell, index)
    return "".join(output.get("text", "") for output in cells[-1].outputs)


@pytest.mark.parametrize("what", FORGED, ids=str)
def test_a_forged_message_changes_nothing(what: str, sandbox: Sandbox) -> None:
    assert run(sandbox, f"{SEND}\n{FORGED[what]}\ntime.sleep(0.2)", "print('next')") == "next\n"


REPLIES = {
    "no reply": "get_ipython().kernel.session.send = lambda *a, **k: None",
    "a reply without a status": (
        "session = get_ipython().kernel.session\nsend = session.send\n"
        "session.send = lambda stream, kind, content=None, *a, **k: send("
        "stream, kind, [1] if kind == 'execute_reply' else content, *a, **k)"
    ),
}


@pytest.mark.parametrize("what", REPLIES, ids=str)
def test_without_a_reply_the_time_is_up(what: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CELL_SECONDS", 2)
    with pytest.raises(KernelLost) as lost:
        run(sandbox, REPLIES[what], "print('next')")
    assert lost.value.outcome is Outcome.TIMED_OUT


@pytest.mark.parametrize("signal_", [signal.SIGABRT, signal.SIGSTOP], ids=["it ends", "it hangs"])
def test_without_the_reader_of_messages_a_cell_is_lost_and_no_more(
    signal_: signal.Signals, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CELL_SECONDS", 2)
    monkeypatch.setattr(courier, "GRACE_SECONDS", 1.0)
    cell = new_code_cell("import time; time.sleep(1)")
    with Kernel(sandbox, nbformat.v4.new_notebook(cells=[cell])) as kernel:
        reader = kernel._courier._process
        reader.send_signal(signal_)
        with pytest.raises(KernelLost) as lost:
            kernel.execute(cell, 0)
    assert lost.value.outcome is Outcome.ERRORED
    assert reader.wait(10) < 0
    assert run(sandbox, "print('next')") == "next\n"


def test_a_late_answer_is_an_answer_to_nothing_else(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who reads messages can be kept busy beyond its time; what it says then must not reach another submission."""
    monkeypatch.setattr(module, "CELL_SECONDS", 1)
    monkeypatch.setattr(courier, "GRACE_SECONDS", 0.5)
    cell = new_code_cell("import time; time.sleep(60)")
    with Kernel(sandbox, nbformat.v4.new_notebook(cells=[cell])) as kernel:
        reader = kernel._courier
        reader._process.send_signal(signal.SIGSTOP)
        with pytest.raises(KernelLost):
            kernel.execute(cell, 0)
        reader._process.send_signal(signal.SIGCONT)
        time.sleep(2)  # by now the answer has come
        with pytest.raises(courier.CourierLost):
            reader.ask("close")
    assert reader not in sandbox._couriers


WRITTEN = {
    "a line without end": ("print('x' * 900_000, end='')", "x" * 900_000),
    "many of them": ("for _ in range(90): print('x' * 9_000)", ("x" * 9_000 + "\n") * 90),
    "a bar of progress": ("for n in range(5):\n    print(f'\\r{n} of 4', end='')\nprint()", "4 of 4\n"),
    "two lines, one written over": ("print('keep'); print('old\\rnew')", "keep\nnew\n"),
    "Windows' ends of lines": ("print('a\\r\\nb')", "a\r\nb\n"),
}


@pytest.mark.parametrize("what", WRITTEN, ids=str)
def test_what_is_written_is_shown_as_a_terminal_does(what: str, sandbox: Sandbox) -> None:
    source, text = WRITTEN[what]
    assert run(sandbox, source) == text


def test_both_streams_come_in_one_piece_each(sandbox: Sandbox) -> None:
    turns = "import sys\nfor n in range(3):\n    print(n, flush=True)\n    print(-n, file=sys.stderr, flush=True)"
    cell = new_code_cell(f"display(1)\n{turns}\ndisplay(2)")
    with Kernel(sandbox, nbformat.v4.new_notebook(cells=[cell])) as kernel:
        kernel.execute(cell, 0)
    assert [output.get("text") for output in cell.outputs] == [None, "0\n1\n2\n", "0\n-1\n-2\n", None]


NESTED = """
data = {{}}
for _ in range({depth}):
    data = {{"a": data}}
display({{"text/plain": "x", "application/json": data}}, raw=True)
"""


@pytest.mark.parametrize(("depth", "count"), [(40, 1), (70, 0), (400, 0)])
def test_what_is_nested_too_deep_to_be_read_is_not_kept(depth: int, count: int, sandbox: Sandbox) -> None:
    cell = new_code_cell(NESTED.format(depth=depth))
    with Kernel(sandbox, nbformat.v4.new_notebook(cells=[cell])) as kernel:
        kernel.execute(cell, 0)
    assert len(cell.outputs) == count


def test_a_later_cell_can_change_what_an_earlier_one_shows(sandbox: Sandbox) -> None:
    first = new_code_cell("handle = display('before', display_id=True)")
    second = new_code_cell("handle.update('after')")
    with Kernel(sandbox, nbformat.v4.new_notebook(cells=[first, second])) as kernel:
        kernel.execute(first, 0)
        assert first.outputs[0].data["text/plain"] == "'before'"
        kernel.execute(second, 1)
    assert first.outputs[0].data["text/plain"] == "'after'"
    assert second.outputs == []


MANY = """
from IPython.display import display, update_display
for _ in range(900):
    display({{"text/plain": ""}}, raw=True, display_id={name})
{last}({{"text/plain": "x" * 200_000}}, raw=True, display_id={name})
"""


@pytest.mark.parametrize("last", ["update_display", "display"])
@pytest.mark.parametrize("name", ["'a'", "7"])
def test_what_stands_in_many_places_counts_in_each(sandbox: Sandbox, name: str, last: str) -> None:
    cell = new_code_cell(MANY.format(name=name, last=last))
    notebook = nbformat.v4.new_notebook(cells=[cell])
    with Kernel(sandbox, notebook) as kernel:
        kernel.execute(cell, 0)
    assert len(nbformat.writes(notebook)) < 4 * MAX_OUTPUT
    assert "further output was cut" in cell.outputs[-1].text


@pytest.mark.parametrize("more", [{"metadata": {"x": "y" * 10**6}}, {"text": "", "data": {"text/plain": "y" * 10**6}}])
def test_all_of_a_message_counts(sandbox: Sandbox, more: dict[str, object]) -> None:
    content = {"data": {"text/plain": ""}, "metadata": {}} | more
    cell = new_code_cell(f"{SEND}for _ in range(8): message('display_data', {content!r})")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    with Kernel(sandbox, notebook) as kernel:
        kernel.execute(cell, 0)
    assert len(nbformat.writes(notebook)) < 4 * MAX_OUTPUT


HALF = "'\\ud800'"
PACK = "import json\nget_ipython().kernel.session.pack = lambda part: json.dumps(part, default=str).encode()\n"
HALVES = {
    "HTML": f"display(HTML({HALF}))",
    "a stream": f"print({HALF})",
    "an error": f"raise ValueError({HALF})",
    "a picture": f"display({{'image/png': {HALF}, 'text/plain': 'x'}}, raw=True)",
    "a kind": f"display({{{HALF}: 'x', 'text/plain': 'x'}}, raw=True)",
    "metadata": f"display({{'text/plain': 'x'}}, raw=True, metadata={{{HALF}: [{HALF}, {{'x': {HALF}}}]}})",
    "an update": f"display('x', display_id='x'); update_display(HTML({HALF}), display_id='x')",
}


def test_half_a_character_does_not_come_out(sandbox: Sandbox) -> None:
    sources = [f"{PACK}from IPython.display import HTML, display, update_display", *HALVES.values()]
    notebook = nbformat.v4.new_notebook(cells=[new_code_cell(source) for source in sources])
    with Kernel(sandbox, notebook) as kernel:
        for index, cell in enumerate(notebook.cells):
            kernel.execute(cell, index)
    for what, cell in zip(HALVES, notebook.cells[1:], strict=True):
        assert "?" in str(cell.outputs), what
    json.dumps(notebook, ensure_ascii=False).encode()


HANGS_UP = """
import asyncio, gc
from steepest_grader.sandbox._courier import _Courier
asyncio.run(_Courier().run())
gc.collect()  # could come at any moment; a context that it meets waits for its sockets
"""


def test_a_courier_ends_with_the_grader_also_in_the_middle_of_its_work(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    address = {"transport": "ipc", "ip": str(tmp_path / "kernel"), "key": "", "signature_scheme": "hmac-sha256"}
    ports = {f"{name}_port": number for number, name in enumerate(["shell", "iopub", "stdin", "control", "hb"], 1)}
    requests = [
        {"op": "write", "number": 1, "path": "", "data": ""},  # there is no kernel yet: answered at once
        {"op": "open", "number": 2, "connection": {**address, **ports}, "seconds": 60},
        {"op": "write", "number": 3, "path": "", "data": ""},
    ]
    with (
        ours,
        theirs,
        subprocess.Popen([sys.executable, "-c", HANGS_UP], stdin=theirs, stderr=subprocess.DEVNULL) as run,
    ):
        theirs.close()
        ours.sendall(b"".join(json.dumps(request).encode() + b"\n" for request in requests))
        with ours.makefile("rb") as answers:
            assert [json.loads(answers.readline())[0] for _ in range(2)] == [1, 3]  # its sockets are open
        ours.close()
        try:
            assert run.wait(10) == 0
        finally:
            run.kill()
