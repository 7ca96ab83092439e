"""One contract for all sandboxes, and what only a real one promises."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import steepest_grader
from steepest_grader.sandbox import Bubblewrap, Limits, NoSandbox, Sandbox, SandboxError, open_sandbox

pytestmark = pytest.mark.sandbox


def run(sandbox: Sandbox, code: str, shared: Path, limits: Limits | None = None) -> subprocess.CompletedProcess[str]:
    command = sandbox.command([sys.executable, "-c", code], shared=shared, limits=limits or Limits())
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


CONTRACT = {
    "runs Python": ("print(6 * 7)", "42"),
    "has the student package": ("import steepest; print(steepest.__name__)", "steepest"),
    "writes to the shared folder": ("open({shared!r} + '/x', 'w').write('x'); print('done')", "done"),
    "can make a file at home": ("import os; open(os.environ['HOME'] + '/x', 'w'); print('done')", "done"),
    "knows no secret of ours": ("import os; print(os.environ.get('SECRET_OF_THE_GRADER'))", "None"),
    "limits memory": (
        "try:\n    bytearray(8 * 2**30)\nexcept MemoryError:\n    print('refused')",
        "refused",
    ),
    "limits a file's size": (
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "try:\n    open({shared!r} + '/big', 'wb').write(bytes(70 * 2**20))\nexcept OSError:\n    print('refused')",
        "refused",
    ),
    "writes no core": ("import resource; print(resource.getrlimit(resource.RLIMIT_CORE)[1])", "0"),
}


@pytest.mark.parametrize("sandbox", [Bubblewrap(), NoSandbox()], ids=["bubblewrap", "none"])
@pytest.mark.parametrize("case", CONTRACT, ids=str)
def test_contract(sandbox: Sandbox, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_GRADER", "hidden")
    code, expected = CONTRACT[case]
    done = run(sandbox, code.replace("{shared!r}", repr(str(tmp_path))), tmp_path)
    assert (done.stdout.strip(), done.stderr) == (expected, "")


ABSENT = {
    "the grader": "import steepest_grader",
    "the grader's files": f"import os; assert os.listdir({str(Path(steepest_grader.__file__).parent)!r})",
    "the network": "import socket; socket.create_connection(('127.0.0.1', {port}), timeout=5)",
    "abstract sockets": "import socket; socket.socket(socket.AF_UNIX).connect('\\0steepest-probe')",
    "this process": "import os; os.kill({pid}, 0)",
    "files beside the shared folder": "open({secret!r})",
    "writing to the packages": "import steepest; open(steepest.__file__, 'a')",
    "more privileges": "import os; os.setuid(0); os.chroot('/')",
}


@pytest.fixture
def listeners() -> Iterator[int]:
    """A TCP port and an abstract socket that answer outside the sandbox."""
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind("\0steepest-probe")
        abstract.listen()
        yield tcp.getsockname()[1]


@pytest.mark.parametrize("what", ABSENT, ids=str)
def test_bubblewrap_keeps_out(what: str, tmp_path: Path, listeners: int) -> None:
    secret = tmp_path / "gradebook.db"
    secret.write_text("marks")
    shared = tmp_path / "shared"
    shared.mkdir()
    values = {"{port}": str(listeners), "{pid}": str(os.getpid()), "{secret!r}": repr(str(secret))}
    code = ABSENT[what]
    for name, value in values.items():
        code = code.replace(name, value)
    assert run(Bubblewrap(), code, shared).returncode != 0
    if what not in ("the grader's files", "more privileges"):
        outside = subprocess.run([sys.executable, "-c", code.replace("'a'", "'r'")], capture_output=True, check=False)
        assert outside.returncode == 0, f"the probe proves nothing: {outside.stderr.decode()}"


def test_killing_the_wrapper_kills_what_is_inside(tmp_path: Path) -> None:
    code = f"import time; open({str(tmp_path)!r} + '/up', 'w'); time.sleep(60)"
    command = Bubblewrap().command([sys.executable, "-c", code], shared=tmp_path, limits=Limits())
    process = subprocess.Popen(command)
    try:
        for _ in range(200):
            if (tmp_path / "up").exists():
                break
            threading.Event().wait(0.05)
        assert (tmp_path / "up").exists()
    finally:
        process.kill()
        process.wait()
    threading.Event().wait(0.3)
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert f"open({str(tmp_path)!r}" not in running


def test_a_missing_bubblewrap_is_named_with_its_mend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "prlimit").symlink_to(str(shutil.which("prlimit")))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match="apt-get install bubblewrap"):
        open_sandbox()
