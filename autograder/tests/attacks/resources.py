"""Using everything up: memory, processes, disks, output and the grader's time."""

from attacks._attack import CHEAT, RIGHT, Attack, Shown

MEMORY = "memory bombs"
PROCESSES = "process and thread bombs"
DISK = "disk fillers"
OUTPUT = "output floods"
MILDER = "it stops by itself at {}, far below what would harm this machine"
MIB = 2**20

# Each says how far it came, and stops by itself.
HEAP = """
import time
kept = []
for number in range(1, 21):
    kept.append(b"x" * 2**26)
    print("REACHED", number * 64, flush=True)
"""
MAPPED = """
import mmap, time
kept = []
for number in range(1, 21):
    kept.append(mmap.mmap(-1, 2**26))
    kept[-1].write(b"x" * 2**26)
    print("REACHED", number * 64, flush=True)
"""
CHILDREN = """
import os, time
for number in range(1, 9):
    if os.fork() == 0:
        kept = b"x" * (3 * 2**26)
        time.sleep(20)
        os._exit(0)
    time.sleep(0.2)
    print("REACHED", number * 192, flush=True)
"""
SHARED = """
import time
from multiprocessing import shared_memory
kept = []
for number in range(1, 25):
    kept.append(shared_memory.SharedMemory(create=True, size=2**25))
    kept[-1].buf[:] = b"x" * 2**25
    print("REACHED", number * 32, flush=True)
"""
NAMELESS = """
import os, time
kept = []
for number in range(1, 25):
    kept.append(os.memfd_create("x"))
    os.write(kept[-1], b"x" * 2**25)
    print("REACHED", number * 32, flush=True)
"""
SYSTEM_V = """
import ctypes, time
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype, libc.shmdt.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
kept = []
for number in range(1, 25):
    kept.append(libc.shmget(0, 2**25, 0o1600))
    assert kept[-1] >= 0
    place = libc.shmat(kept[-1], None, 0)
    ctypes.memset(place, 1, 2**25)
    libc.shmdt(place)
    print("REACHED", number * 32, flush=True)
for segment in kept:
    libc.shmctl(segment, 0, None)
"""
PIPES = """
import fcntl, os
kept = []
while len(kept) < 300:
    kept.append(os.pipe())
    fcntl.fcntl(kept[-1][1], 1031, 2**20)
    os.set_blocking(kept[-1][1], False)
    os.write(kept[-1][1], bytes(2**20))
    print("REACHED", len(kept), flush=True)
"""
BUFFERS = """
import socket
listener = socket.create_server(("127.0.0.1", 0))
kept, reached = [], 0
while len(kept) < 120:
    if {tcp}:
        ends = [socket.create_connection(listener.getsockname()), listener.accept()[0]]
    else:
        ends = socket.socketpair()
    for end in ends:
        try:
            for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                end.setsockopt(socket.SOL_SOCKET, option, 2**24)
        except OSError:
            pass
        end.setblocking(False)
        try:
            while True:
                reached += end.send(bytes(2**16))
        except BlockingIOError:
            pass
    kept += ends
print("REACHED", reached // 2**20, flush=True)
"""
LOCKS = """
import fcntl, os, time
files = [open(os.path.join(os.environ["HOME"], f"@TOKEN@{number}"), "w") for number in range(40)]
for place in range(0, 2000, 50):
    for file in files:
        for start in range(place, place + 50, 2):
            fcntl.lockf(file, fcntl.LOCK_EX, 1, start)
    print("REACHED", (place + 50) // 2 * len(files), flush=True)
    time.sleep(0.01)
"""
SOCKETS = """
import os, socket, time
for number in range(1, 13):
    if os.fork() == 0:
        kept = [end for _ in range(60) for end in socket.socketpair()]
        for end in kept:
            end.setblocking(False)
            try:
                while True:
                    end.send(bytes(2**16))
            except BlockingIOError:
                pass
        time.sleep(8)
        os._exit(0)
    time.sleep(0.1)
    print("REACHED", number * 120, flush=True)
"""
FORKS = """
import os, time
count = 0
while count < 150:
    if os.fork() == 0:
        time.sleep(6)
        os._exit(0)
    count += 1
    if count % 10 == 0:
        print("REACHED", count, flush=True)
    """
THREADS = """
import threading, time
for count in range(1, 2001):
    threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
    if count % 100 == 0:
        print("REACHED", count, flush=True)
"""
FILL = """
import os, time
where, size = {where}, {size}
os.makedirs(where, exist_ok=True)
reached = 0
try:
    for number in range({files}):
        with open(os.path.join(where, "@TOKEN@" + str(number)), "wb") as file:
            {unlinked}file.write(b"x" * size)
            {kept}
        reached += 1
except OSError as error:
    print(error)
print("REACHED", reached * max(size // 2**20, 1), flush=True)
"""
HOME = 'os.path.join(os.environ["HOME"], "@TOKEN@")'
CONNECTION = (
    'os.path.dirname(__import__("ipykernel.kernelapp", fromlist=["x"]).IPKernelApp.instance().abs_connection_file)'
)


def _fill(where: str, *, files: int = 80, size: int = 4 * MIB, unlinked: bool = False) -> str:
    return FILL.format(
        where=where, size=size, files=files,
        unlinked="os.unlink(file.name); " if unlinked else "",
        kept="kept = globals().setdefault('kept', []); kept.append(os.dup(file.fileno()))" if unlinked else "pass",
    )  # fmt: skip


FLOODS = {
    "stdout-flood": ("prints 12 MB", "for _ in range(60):\n    print('y' * 2 * 10**5)"),
    "many-lines": ("prints two hundred thousand lines", "for n in range(200_000):\n    print(n)"),
    "stderr-flood": (
        "writes 12 MB to stderr",
        "import sys\nfor _ in range(60):\n    print('y' * 2 * 10**5, file=sys.stderr)",
    ),
    "descriptor-flood": ("writes 12 MB past Python", "import os\nfor _ in range(120):\n    os.write(1, b'y' * 10**5)"),
    "display-flood": (
        "displays 12 MB",
        "from IPython.display import display, HTML\nfor _ in range(60):\n    display(HTML('y' * 2 * 10**5))",
    ),
    "one-display": (
        "displays 12 MB at once",
        "from IPython.display import display, HTML\ndisplay(HTML('y' * 12 * 10**6))",
    ),
    "message-flood": (
        "sends twenty thousand small messages",
        "kernel = get_ipython().kernel\nfor n in range(20_000):\n"
        "    kernel.session.send(kernel.iopub_socket, 'display_data', {'data': {'text/plain': 'y' * 300},"
        " 'metadata': {}}, parent=kernel.get_parent('shell'))",
    ),
    "update-flood": (
        "updates one display eight thousand times",
        "from IPython.display import display\nhandle = display('y', display_id=True)\nfor n in range(8_000):\n"
        "    handle.update('y' * 1000)",
    ),
    "error-flood": ("raises an error whose message has 12 MB", "raise ValueError('y' * 12 * 10**6)"),
    "endless-line": ("prints a line of half a million letters", "print('y' * 500_000, end='')"),
    "progress-bars": ("writes one line over and over", "for n in range(40_000):\n    print(f'\\r{n}', end='')"),
    "nested-display": (
        "displays an object in an object, 490 deep",
        "kernel, data = get_ipython().kernel, {}\nfor _ in range(490):\n    data = {'a': data}\n"
        "kernel.session.send(kernel.iopub_socket, 'display_data', {'data': {'text/plain': 'y', 'application/json': data},"
        " 'metadata': {}}, parent=kernel.get_parent('shell'))",
    ),
    "text-in-a-list": (
        "sends a stream whose text is a list",
        "kernel = get_ipython().kernel\nfor _ in range(3):\n    kernel.session.send(kernel.iopub_socket, 'stream', "
        "{'name': 'stdout', 'text': ['y']}, parent=kernel.get_parent('shell'))",
    ),
    "result-flood": ("ends a cell with a value of 12 MB", "'y' * 12 * 10**6"),
}

ATTACKS = [
    *(
        Attack(
            name, MEMORY, tries, code=code, answer=RIGHT, earns={"momentum_step": 1}, shown=Shown.REACHED,
            limit=1024 if name not in ("shared-memory", "nameless-files", "system-v") else 300,
            why=MILDER.format("1.5 GiB"), flag=flag,
        )
        for name, tries, code, flag in (
            ("heap", "takes 1.25 GiB of heap", HEAP, ""),
            ("mapped", "takes 1.25 GiB of anonymous maps", MAPPED, "below Python"),
            ("children", "takes 1.5 GiB by eight processes, each of which is modest", CHILDREN, "ends processes"),
            ("shared-memory", "takes 768 MiB of shared memory", SHARED, "ends processes"),
            ("nameless-files", "takes 768 MiB as files without a name", NAMELESS, "below Python"),
            ("system-v", "takes 768 MiB of System V memory that is attached nowhere", SYSTEM_V, "below Python"),
        )
    ),
    Attack(
        "one-large-block", MEMORY, "asks for 2⁴⁰ bytes in its function",
        answer="def momentum_step(*args, **kwargs):\n    return bytearray(2**40)\n", shown=Shown.NOT,
        outcomes=frozenset({"OUT_OF_MEMORY"}), why="to be granted so much would need a larger machine",
    ),
    Attack(
        "file-locks", MEMORY, "takes memory of the operating system in forty thousand locks on files", code=LOCKS,
        answer=RIGHT, earns={"momentum_step": 1}, shown=Shown.REACHED, limit=30_000, why=MILDER.format("40000"),
        flag="below Python",
    ),
    Attack(
        "sockets-of-many", MEMORY, "takes memory of the operating system in sockets of twelve processes", code=SOCKETS,
        answer=RIGHT, earns={"momentum_step": 1}, shown=Shown.REACHED, limit=1200, why=MILDER.format("1440 sockets"),
        flag="ends processes",
    ),
    *(
        Attack(
            name, MEMORY, tries, answer=f"import torch\n{CHEAT.partition('return')[0]}return {gives}\n",
            shown=Shown.NOT, outcomes=frozenset({"FAILED", "ERRORED"}),
            why="it is the grader's memory that would be taken; test_budget measures it",
        )
        for name, tries, gives in (
            ("wide-indices", "returns eight million numbers of one byte each", "torch.zeros(2**23, dtype=torch.int8)"),
            ("large-answers", "returns two million numbers a call", "theta.new_zeros(2**20), {'velocity': theta.new_zeros(2**20)}"),
        )
    ),
    Attack(
        "pipes", MEMORY, "takes memory of the operating system in three hundred wide pipes", code=PIPES, answer=RIGHT,
        earns={"momentum_step": 1}, shown=Shown.REACHED, limit=200, why=MILDER.format("300 MiB"), flag="below Python",
    ),
    *(
        Attack(
            name, MEMORY, f"takes memory of the operating system in sixty {what} to itself", code=BUFFERS.format(tcp=tcp),
            answer=RIGHT, earns={"momentum_step": 1}, shown=Shown.REACHED, limit=150, why=MILDER.format("1 GiB"),
            flag="opens a connection",
        )
        for name, what, tcp in (("tcp-buffers", "connections", True), ("pair-buffers", "pairs of sockets", False))
    ),
    Attack(
        "forks", PROCESSES, "starts a hundred and fifty processes", code=FORKS, answer=RIGHT,
        earns={"momentum_step": 1}, shown=Shown.REACHED, limit=100, why=MILDER.format("150"), flag="ends processes",
    ),
    Attack(
        "threads", PROCESSES, "starts two thousand threads", code=THREADS, answer=RIGHT, earns={"momentum_step": 1},
        shown=Shown.REACHED, limit=1000, why=MILDER.format("2000"), flag="starts threads",
    ),
    *(
        Attack(
            name, DISK, tries, code=code, answer=RIGHT, shown=Shown.REACHED, limit=limit,
            earns={"momentum_step": None, "terminal_speed": None} if "sockets" in name else {"momentum_step": 1},
            why=MILDER.format("320 MiB or 12000 files"), flag=flag,
        )
        for name, tries, code, limit, flag in (
            ("fills-home", "writes 320 MiB to its home", _fill(HOME), 200, ""),
            ("fills-tmp", "writes 320 MiB to /tmp", _fill("'/tmp/@TOKEN@'"), 200, "names a place"),
            ("fills-root", "writes 320 MiB to the root of the file system", _fill("'/@TOKEN@'"), 200, ""),
            ("fills-dev", "writes 320 MiB beside the devices", _fill("'/dev/@TOKEN@'"), 200, "names a place"),
            ("fills-sockets", "writes 320 MiB where the sockets are", _fill(CONNECTION), 200, ""),
            ("unlinked-files", "writes 320 MiB to files that bear no name any more",
             _fill("'/tmp/@TOKEN@'", unlinked=True), 200, "names a place"),
            ("many-files", "makes twelve thousand files", _fill("'/tmp/@TOKEN@'", files=12_000, size=0), 10_000,
             "names a place"),
            ("many-sockets", "makes twelve thousand files where the sockets are",
             _fill(CONNECTION, files=12_000, size=0), 10_000, ""),
            ("one-large-file", "writes one file of 320 MiB", _fill(HOME, files=1, size=320 * MIB), 200, ""),
        )
    ),
    *(
        Attack(
            name, OUTPUT, tries, code=code, answer=RIGHT, earns={"momentum_step": 1}, shown=Shown.NOT,
            why="the grader cuts output while it streams, with and without the sandbox",
        )
        for name, (tries, code) in FLOODS.items()
    ),
]  # fmt: skip
