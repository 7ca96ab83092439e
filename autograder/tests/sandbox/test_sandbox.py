"""One contract for all sandboxes, and what only a real one promises."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import matplotlib
import nbformat
import pytest
import steepest_exercises
import steepest_grader
from nbformat.v4 import new_code_cell
from steepest_grader.exercise.model import Outcome
from steepest_grader.sandbox import choice
from steepest_grader.sandbox.base import Limits, Sandbox
from steepest_grader.sandbox.bubblewrap import Bubblewrap
from steepest_grader.sandbox.choice import open_sandbox
from steepest_grader.sandbox.kernel import CONNECTION, Kernel, KernelLost
from steepest_grader.sandbox.none import NoSandbox
from steepest_grader.sandbox.zygote import SandboxError

pytestmark = pytest.mark.sandbox

SMALL = Limits(processes=20, resident=700 * 2**20)


@pytest.fixture(scope="module", autouse=True)
def secret() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET_OF_THE_GRADER", "hidden")
        yield


@pytest.fixture(scope="module")
def bubblewrap(secret: None) -> Iterator[Sandbox]:
    with Bubblewrap(SMALL) as opened:
        yield opened


@pytest.fixture(scope="module")
def none(secret: None) -> Iterator[Sandbox]:
    with NoSandbox(SMALL) as opened:
        yield opened


def run(sandbox: Sandbox, *sources: str) -> str:
    """What cells print and raise, in a kernel of their own."""
    cells = [new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    with Kernel(sandbox, notebook) as kernel:
        for index, cell in enumerate(cells):
            kernel.execute(cell, index)
    outputs = [output for cell in cells for output in cell.outputs]
    return "".join(output.get("text") or f"{output.get('ename')}: {output.get('evalue')}" for output in outputs).strip()


CONTRACT = {
    "runs Python": ("print(6 * 7)", "42"),
    "has the student package": ("import steepest; print(steepest.__name__)", "steepest"),
    "can make a file at home": ("import os; open(os.environ['HOME'] + '/x', 'w'); print('done')", "done"),
    "knows no secret of ours": ("import os; print(os.environ.get('SECRET_OF_THE_GRADER'))", "None"),
    "limits memory": ("try:\n    bytearray(8 * 2**30)\nexcept MemoryError:\n    print('refused')", "refused"),
    "limits a file's size": (
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "try:\n    open('/tmp/big', 'wb').write(bytes(70 * 2**20))\nexcept OSError:\n    print('refused')",
        "refused",
    ),
    "writes no core": ("import resource; print(resource.getrlimit(resource.RLIMIT_CORE)[1])", "0"),
    "starts from the same numbers": (
        "import numpy, torch\nprint(numpy.random.rand() == numpy.random.RandomState(0).rand(), torch.initial_seed())",
        "True 0",
    ),
    "runs a shell command": ("!echo hello", "hello"),
}


@pytest.mark.parametrize("name", ["bubblewrap", "none"])
@pytest.mark.parametrize("case", CONTRACT, ids=str)
def test_contract(name: str, case: str, request: pytest.FixtureRequest) -> None:
    code, expected = CONTRACT[case]
    assert run(request.getfixturevalue(name), code) == expected


ABSENT = {
    "the grader": "import steepest_grader",
    "the grader's files": f"import os; assert os.listdir({str(Path(steepest_grader.__file__).parent)!r})",
    "the exercises": "import steepest_exercises",
    "the exercises' files": f"import os; assert os.listdir({str(Path(steepest_exercises.__file__).parent)!r})",
    "the network": "import socket; socket.create_connection(('127.0.0.1', {port}), timeout=5)",
    "abstract sockets": "import socket; socket.socket(socket.AF_UNIX).connect('\\0steepest-probe-{pid}')",
    "this process": "import os; os.kill({pid}, 0)",
    "files outside": "open({secret!r})",
    "writing to the packages": "import steepest; open(steepest.__file__, 'a')",
    "settings of the machine": "open('/proc/sys/kernel/printk_ratelimit', 'r+')",
    "more privileges": "import os; os.setuid(0)",
    "other namespaces": "import ctypes; assert ctypes.CDLL(None).unshare(0x10000000) == 0",
    "memory that no one counts": "import os; os.memfd_create('x')",
    "other programs' use of memory": "open('/proc/buddyinfo').read(1)",
    "devices": "import os; assert any(os.listdir(f'/proc/{name}') for name in ('bus', 'fs', 'irq', 'tty'))",
    "the neighbours' folders": "import os; assert len(os.listdir('/run')) > 1",
    "the zygote": "import os; assert len([p for p in os.listdir('/proc') if p.isdigit()]) > 1",
    "the zygote's requests": "import os; assert 'pipe' in os.readlink('/proc/1/fd/0')",
}
ONLY_INSIDE = (
    "the grader's files",
    "the exercises' files",
    "more privileges",
    "other namespaces",
    "the neighbours' folders",
    "the zygote's requests",
)


def test_it_outlives_the_thread_that_started_it() -> None:
    """Lanes come and go, and one of them may have had to start it anew."""
    with Bubblewrap() as opened, ThreadPoolExecutor(1) as lane:
        first = lane.submit(opened.fork, CONNECTION).result()
        lane.shutdown()
        assert not first.wait(0.5)
        opened.kill(first)


@pytest.fixture
def listeners() -> Iterator[int]:
    """A TCP port and an abstract socket that answer outside the sandbox."""
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0steepest-probe-{os.getpid()}")
        abstract.listen()
        yield tcp.getsockname()[1]


@pytest.mark.parametrize("what", ABSENT, ids=str)
def test_bubblewrap_keeps_out(what: str, tmp_path: Path, listeners: int, bubblewrap: Sandbox) -> None:
    secret = tmp_path / "gradebook.db"
    secret.write_text("marks")
    values = {"{port}": str(listeners), "{pid}": str(os.getpid()), "{secret!r}": repr(str(secret))}
    code = ABSENT[what]
    for name, value in values.items():
        code = code.replace(name, value)
    neighbour = bubblewrap.fork(CONNECTION)
    try:
        assert "Error" in run(bubblewrap, code)
    finally:
        bubblewrap.kill(neighbour)
    if what not in ONLY_INSIDE:
        code = code.replace("'a'", "'r'").replace("'r+'", "'r'")
        outside = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
        assert outside.returncode == 0, f"the probe proves nothing: {outside.stderr.decode()}"


BOMBS = {
    "processes": (
        "import os, time\nfor _ in range(40):\n    if os.fork() == 0: time.sleep(60)\ntime.sleep(5)",
        Outcome.ERRORED,
    ),
    "memory in one process": ("x = bytearray(900 * 2**20)\nimport time; time.sleep(5)", Outcome.OUT_OF_MEMORY),
    "memory in several": (
        "import os, time\nfor _ in range(4):\n    if os.fork() == 0: x = bytearray(250 * 2**20); time.sleep(60)\n"
        "time.sleep(5)",
        Outcome.OUT_OF_MEMORY,
    ),
    "processors": (
        "import os, threading, time, zlib\ndata = bytes(2**26)\n"
        "def spin():\n    while True: zlib.crc32(data)\n"
        "for _ in range(len(os.sched_getaffinity(0)) + 14): threading.Thread(target=spin, daemon=True).start()\n"
        "time.sleep(20)",
        Outcome.ERRORED,
    ),
}


@pytest.mark.parametrize("bomb", BOMBS, ids=str)
def test_what_processes_use_together_is_bounded(bomb: str, bubblewrap: Sandbox) -> None:
    code, outcome = BOMBS[bomb]
    with pytest.raises(KernelLost) as lost:
        run(bubblewrap, code)
    assert lost.value.outcome is outcome
    assert run(bubblewrap, "print(1)") == "1"


def test_a_picture_is_shown(bubblewrap: Sandbox) -> None:
    """The inline backend has to find the notebook's shell, though pyplot was imported before there was one."""
    cell = new_code_cell("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title('$x$');")
    with Kernel(bubblewrap, nbformat.v4.new_notebook(cells=[cell])) as kernel:
        kernel.execute(cell, 0)
    assert "image/png" in cell.outputs[-1].data


def test_whoever_has_never_drawn_can_grade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new account has no list of fonts that could be shown within the walls."""
    monkeypatch.setattr(matplotlib, "get_cachedir", lambda: str(tmp_path))
    with Bubblewrap() as opened:
        assert run(opened, "print(1)") == "1"


def test_a_kernel_leaves_nothing_behind(bubblewrap: Sandbox) -> None:
    stray = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(600)\nopen('/dev/shm/x', 'w')"
    run(bubblewrap, stray, "open('/tmp/x', 'w')")
    look = "import os; print([name for name in ('/tmp/x', '/dev/shm/x') if os.path.exists(name)])"
    assert run(bubblewrap, look) == "[]"
    assert len(_descendants(bubblewrap)) <= 2


def _descendants(sandbox: Sandbox) -> list[str]:
    """Processes within the outer wall."""
    assert sandbox._zygote is not None
    found, left = [], [str(sandbox._zygote._process.pid)]
    while left:
        children = Path(f"/proc/{left[0]}/task/{left.pop(0)}/children").read_text().split()
        found += children
        left += children
    return found


def test_a_zygote_that_was_killed_is_started_anew() -> None:
    with Bubblewrap() as sandbox:
        process = sandbox.fork(CONNECTION)
        assert sandbox._zygote is not None
        os.kill(sandbox._zygote._process.pid, signal.SIGKILL)
        assert process.wait(10)
        assert run(sandbox, "print(1)") == "1"


def test_the_end_of_the_grader_is_the_end_of_all(tmp_path: Path) -> None:
    """Also by SIGKILL, which no process can answer."""
    code = (
        "import time\nfrom steepest_grader.sandbox.bubblewrap import Bubblewrap\n"
        "from steepest_grader.sandbox.kernel import CONNECTION\n"
        "sandbox = Bubblewrap(); sandbox.fork(CONNECTION)\n"
        "print(sandbox._zygote._process.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as grader:
        assert grader.stdout is not None
        pid = int(grader.stdout.readline())
        inside = [Path(f"/proc/{name}") for name in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        assert inside
        grader.kill()
    deadline = time.monotonic() + 10
    while any(path.exists() for path in inside) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(path.exists() for path in inside)


def test_a_missing_bubblewrap_is_named_with_its_mend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match="apt-get install bubblewrap"):
        open_sandbox()


def test_a_missing_gpu_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice.torch.cuda, "is_available", lambda: False)
    with pytest.raises(SandboxError, match="no GPU"):
        open_sandbox(device="cuda")
