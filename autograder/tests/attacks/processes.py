"""Other processes: ending, tracing and outliving them, and ending one's own in odd ways."""

from attacks._attack import RIGHT, Attack, Shown

OTHERS = "killing, stopping and tracing processes"
OWN = "ending and replacing one's own process"
DAEMONS = "outliving the grading"

# Where the walls are down, nothing is touched but the process that is there for it.
VICTIMS = """
import os, signal
canary = @PID@
seen = [int(name) for name in os.listdir("/proc") if name.isdigit()]
victims = [canary] if canary in seen else [pid for pid in (*seen, os.getppid()) if pid not in (0, os.getpid())]
"""
SIGNAL = (
    VICTIMS
    + """
for pid in victims:
    try:
        os.kill(pid, signal.{name})
    except OSError:
        pass
"""
)
TRACE = (
    VICTIMS
    + """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for pid in victims:
    if libc.ptrace(16, pid, 0, 0) == 0:
        os.waitpid(pid, 0x40000000)
        print("BREACH: traces", pid)
        libc.ptrace(17, pid, 0, 0)
"""
)
PIDFD = (
    VICTIMS
    + """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for pid in victims:
    try:
        other = os.pidfd_open(pid)
    except OSError:
        continue
    if libc.syscall(438, other, 0, 0) >= 0:
        print("BREACH: has a descriptor of", pid)
"""
)
PRIORITY = (
    VICTIMS
    + """
for pid in victims:
    try:
        os.setpriority(os.PRIO_PROCESS, pid, 19)
        if pid == canary:
            print("BREACH: slows down", pid)
    except OSError:
        pass
"""
)
DAEMON = """
import ctypes, os, signal, time
ready, named = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        ctypes.CDLL(None).prctl(15, b"@NAME@", 0, 0, 0)
        os.closerange(0, 256)
        while True:
            time.sleep(1)
    os._exit(0)
os.close(named)
os.read(ready, 1)
"""
PROGRAM = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)  # @TOKEN@"], start_new_session=True,
                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
"""
AT_EXIT = """
import atexit
def last():
    open("@WORLD@/at-exit", "w").write("done")
atexit.register(last)
"""
AT_EXIT_FOREVER = """
import atexit, signal, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, lambda *a: None)
atexit.register(time.sleep, 3600)
"""
THREAD = """
import threading, time
def later():
    while True:
        globals()["ewa"] = globals()["terminal_speed"] = lambda *a, **k: 0
        time.sleep(0.01)
threading.Thread(target=later).start()
"""
BUSY = """
import os, time
for _ in range(40):
    if os.fork() == 0:
        os.setsid()
        end = time.monotonic() + 30
        while time.monotonic() < end:
            pass
        os._exit(0)
time.sleep(1.9)
"""

ENDINGS = {
    "os-exit": "import os; os._exit(0)",
    "abort": "import os; os.abort()",
    "segmentation-fault": "import ctypes; ctypes.string_at(0)",
    "kills-itself": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "stops-itself": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
    "becomes-another-program": "import os; os.execv('/bin/sleep', ['sleep', '60'])",
    "closes-its-descriptors": "import os; os.closerange(0, 1024)",
    "redirects-its-descriptors": (
        "import os\nnull = os.open('/dev/null', os.O_RDWR)\nfor number in range(3, 64):\n"
        "    if number != null:\n        os.dup2(null, number)"
    ),
    "interrupts-itself": "import signal; signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)",
}
STUBBORN = """
import signal
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""
OWN_LOSS = "it ends what is its own; what must hold is that only the cell that did it is lost"
ENDED = frozenset({"ERRORED", "TIMED_OUT"})


def _within(code: str) -> str:
    lines = "\n".join(f"    {line}" for line in code.strip().splitlines())
    return f"def momentum_step(theta, grad, state, *, lr, beta):\n{lines}\n    return theta, state\n"


ATTACKS = [
    *(
        Attack(
            name, OTHERS, tries, code=SIGNAL.format(name=signal), answer=RIGHT, earns={"momentum_step": 1},
            shown=Shown.CHANGED, flag="ends processes",
        )
        for name, tries, signal in (
            ("kills-all", "kills every process that it sees, and its parent", "SIGKILL"),
            ("stops-all", "stops every process that it sees, and its parent", "SIGSTOP"),
        )
    ),
    *(
        Attack(name, OTHERS, tries, code=code, answer=RIGHT, earns={"momentum_step": 1}, shown=Shown.SAID, flag=flag)
        for name, tries, code, flag in (
            ("traces-all", "attaches a debugger to every process that it sees", TRACE, "below Python"),
            ("takes-descriptors", "takes open files from every process that it sees", PIDFD, "below Python"),
            ("slows-all", "gives every process that it sees the lowest priority", PRIORITY, "looks around"),
        )
    ),
    *(
        Attack(
            name, OWN, f"its function {name.replace('-', ' ')}", answer=_within(code),
            shown=Shown.NOT, why=OWN_LOSS,
        )
        for name, code in ENDINGS.items()
    ),
    *(
        Attack(
            f"{name}-in-a-cell", OWN, f"a cell of it {name.replace('-', ' ')}", code=code, answer=RIGHT,
            earns={"momentum_step": 1}, shown=Shown.NOT, why=OWN_LOSS,
        )
        for name, code in ENDINGS.items() if name not in ("interrupts-itself",)
    ),
    Attack(
        "stubborn-function", OWN, "loops without end and swallows every exception and signal",
        answer=_within(STUBBORN), outcomes=ENDED, shown=Shown.NOT, why=OWN_LOSS, flag="ends processes",
    ),
    Attack(
        "stubborn-cell", OWN, "a cell loops without end and swallows every exception and signal", code=STUBBORN,
        answer=RIGHT, earns={"momentum_step": 1}, shown=Shown.NOT, why=OWN_LOSS, flag="ends processes",
    ),
    Attack(
        "loop-below-python", OWN, "computes for hours where no signal is heard", answer=_within("9 ** 9 ** 9"),
        outcomes=ENDED, shown=Shown.NOT, why=OWN_LOSS,
    ),
    Attack(
        "daemon", DAEMONS, "leaves a process behind that has left its session and hears no signal", code=DAEMON,
        answer=RIGHT, earns={"momentum_step": 1}, shown=Shown.CHANGED, flag="ends processes",
    ),
    Attack(
        "program", DAEMONS, "leaves a program behind that runs in a session of its own", code=PROGRAM, answer=RIGHT,
        earns={"momentum_step": 1}, shown=Shown.CHANGED, flag="ends processes",
    ),
    Attack(
        "at-exit", DAEMONS, "has something written when its process ends", code=AT_EXIT + "import os, signal\n"
        "signal.signal(signal.SIGTERM, lambda *a: (last(), os._exit(0)))\nlast()",
        answer=RIGHT, earns={"momentum_step": 1}, shown=Shown.CHANGED, flag="runs later",
    ),
    Attack(
        "never-exits", DAEMONS, "does not let its process end", code=AT_EXIT_FOREVER, answer=RIGHT,
        earns={"momentum_step": 1}, shown=Shown.NOT, flag="runs later",
        why="the process is killed, not asked to end, with and without the sandbox",
    ),
    Attack(
        "thread", DAEMONS, "leaves a thread behind that spoils what comes after", code=THREAD, answer=RIGHT,
        earns={"momentum_step": 1, "terminal_speed": 0}, shown=Shown.NOT, flag="starts threads", why=OWN_LOSS,
    ),
    Attack(
        "busy-neighbour", DAEMONS, "keeps the processors busy from twenty sessions, so that others run out of time",
        code=BUSY, answer=RIGHT, earns={"momentum_step": 1}, shown=Shown.NOT, flag="ends processes",
        why="others would only become slow; what must hold is that they do not run out of time",
    ),
]  # fmt: skip
