"""The warm process within the outer wall: it imports once, and forks one kernel a submission.

Its source is handed to Python as text, so it imports nothing of the grader and no file of it is in the sandbox. It
reads requests and writes events as lines of JSON on its standard streams, which no kernel inherits. Each kernel gets
namespaces, a `/proc`, a home and temporary folders of its own before it gives up every right and runs.
"""

from __future__ import annotations

import base64
import builtins
import contextlib
import ctypes
import errno
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import resource
import selectors
import signal
import socket
import stat
import struct
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

# <sched.h>, <sys/mount.h>, <sys/prctl.h>, <linux/capability.h>
NEW_NS, NEW_CGROUP, NEW_UTS, NEW_IPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
NEW_USER, NEW_PID, NEW_NET = 0x10000000, 0x20000000, 0x40000000
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
DETACH = 2
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 24, 38
CAPABILITY_VERSION_3, LAST_CAPABILITY = 0x20080522, 63

SIOCSIFFLAGS, IFF_UP, FAMILIES = 0x8914, 1, 64  # <linux/sockios.h>, <net/if.h>; more families than there are

STUDENT = 1000
HOME = "/home/student"
RUN = Path("/run")
PROC = Path("/proc")
TICK = 0.1
# Threads of a kernel that may want a processor at a time for as long as they like, beyond one for each processor, and
# for how many seconds in all others may too: sessions share processors evenly, so many of one kernel starve the rest.
MORE_BUSY, BUSY_SECONDS = 2, 30.0
# What even an ordinary process could use to reach out, to keep memory that is counted nowhere, or to get rights anew.
FORBIDDEN = (
    "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "fsopen", "fsmount", "open_tree", "move_mount",
    "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp", "bpf", "perf_event_open", "userfaultfd",
    "io_uring_setup", "io_uring_enter", "io_uring_register", "keyctl", "add_key", "request_key", "memfd_create",
    "memfd_secret", "shmget", "msgget", "semget", "mq_open", "name_to_handle_at", "open_by_handle_at", "syslog",
)  # fmt: skip
# The same, which the library does not know by name on every machine: statmount, listmount; alike on all of them.
FORBIDDEN_NUMBERS = (457, 458)
# What a kernel imports as it starts, and what lessons do sooner or later: torch's optimizers import `torch._dynamo`.
WARM = (
    "ipykernel.kernelapp", "ipykernel.debugger", "IPython.core.completerlib", "IPython.core.debugger",
    "IPython.extensions.storemagic", "tornado.platform.asyncio", "tornado.queues", "zmq.utils.garbage", "statistics",
    "matplotlib.backends.backend_agg", "matplotlib.pyplot", "contourpy", "PIL.PngImagePlugin", "ipywidgets",
    "numpy.random", "torch._dynamo",
)  # fmt: skip
# What waits in sockets is memory that is counted nowhere: it stays at the size they have by default.
BUFFERS = (socket.SO_SNDBUF, socket.SO_RCVBUF, 32, 33)  # 32, 33: the same beyond the bound, <asm/socket.h>
# Of what `/proc` tells of the machine a kernel sees what Python and its libraries ask for, and nothing else: the
# superuser may read there what tells of all memory, and some of it tells of others to everybody.
TOLD = ("cpuinfo", "filesystems", "loadavg", "meminfo", "stat", "sys", "uptime", "version", "vmstat")

libc = ctypes.CDLL(None, use_errno=True)


def main(settings: dict[str, Any]) -> None:
    """Serve requests; in a kernel's process, become that kernel."""
    warm_up()
    if settings["walled"]:
        importlib.import_module("pyseccomp")
    request = Zygote(settings).serve()
    if request is not None:
        become_kernel(settings, request)


def warm_up() -> None:
    """Import and use what every lesson needs, without starting a thread."""
    from steepest._checks import content

    packages = [importlib.import_module(name) for name in content.packages()]
    infos = [info for package in packages for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    for name in (*WARM, *(info.name for info in infos)):
        importlib.import_module(name)
    content.callables()
    torch = sys.modules["torch"]
    torch.set_num_threads(1)
    float(torch.linalg.eigvalsh(torch.eye(2)).sum())
    gc.collect()
    gc.freeze()
    links = [link for link in (PROC / "self" / "fd").iterdir() if int(link.name) > 2]
    if opened := [str(link.readlink()) for link in links if link.is_symlink()]:
        raise RuntimeError(f"what was imported keeps files open, which kernels would share: {opened}")


class Zygote:
    """Forks kernels on request and tells how they end."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.walled: bool = settings["walled"]
        self.limits: dict[str, int] = settings["limits"]
        self.kernels: dict[int, dict[str, Any]] = {}
        self.selector = selectors.DefaultSelector()
        self.own = os.open("/proc/self/ns/pid", os.O_RDONLY) if self.walled else -1
        self.busy = len(os.sched_getaffinity(0)) + MORE_BUSY
        self.watched = 0.0

    def serve(self) -> dict[str, Any] | None:
        """Answer until the grader closes the stream; returns a request in the process of a new kernel."""
        wake, woken = os.pipe()
        os.set_blocking(woken, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(woken)
        self.selector.register(sys.stdin.fileno(), selectors.EVENT_READ, "request")
        self.selector.register(wake, selectors.EVENT_READ, "child")
        tell({"event": "warm"})
        pending = b""
        while True:
            for key, _ in self.selector.select(TICK if self.kernels else None):
                if key.data == "request":
                    data = os.read(sys.stdin.fileno(), 65536)
                    if not data:
                        self.end()
                        return None
                    *lines, pending = (pending + data).split(b"\n")
                    for line in lines:
                        request: dict[str, Any] = json.loads(line)
                        if request["op"] == "kill":
                            self.kill(request["kernel"])
                        elif self.fork(request):
                            return request
                elif key.data == "child":
                    os.read(wake, 4096)
                else:
                    self.ready(key.fd, key.data)
            self.reap()
            if self.walled:
                self.watch()

    def fork(self, request: dict[str, Any]) -> bool:
        """Start a kernel's process; True within it."""
        name = request["kernel"]
        folder = RUN / name
        if self.walled:
            folder.mkdir()
            mount("tmpfs", folder, "tmpfs", NOSUID | NODEV | NOEXEC, "size=4m,nr_inodes=64,mode=700")
        ready, said = os.pipe()
        if self.walled:
            check(libc.unshare(NEW_PID), "unshare")
        pid = os.fork()
        if pid == 0:
            self.selector.close()  # before its descriptor has a new owner
            request["said"] = said
            return True
        if self.walled:
            check(libc.setns(self.own, NEW_PID), "setns")
        os.close(said)
        self.selector.register(ready, selectors.EVENT_READ, pid)
        space = (PROC / str(pid) / "ns" / "pid").stat().st_ino if self.walled else 0
        self.kernels[pid] = {"kernel": name, "folder": folder, "space": space, "reason": "", "busy": 0.0}
        return False

    def ready(self, descriptor: int, pid: int) -> None:
        """A kernel's word before it runs what students write: that it is ready, or why not."""
        text = os.read(descriptor, 4096).decode(errors="replace")
        self.selector.unregister(descriptor)
        os.close(descriptor)
        if pid in self.kernels:
            tell({"event": "ready", "kernel": self.kernels[pid]["kernel"], "said": text})

    def kill(self, name: str) -> None:
        for pid, kernel in self.kernels.items():
            if kernel["kernel"] == name:
                os.kill(pid, signal.SIGKILL)

    def reap(self) -> None:
        """Tell of kernels that have ended, with what they used."""
        while self.kernels:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                return
            kernel = self.kernels.pop(pid, None)
            if kernel is None:
                continue
            if self.walled:
                check(libc.umount2(os.fsencode(kernel["folder"]), DETACH), "umount")
                kernel["folder"].rmdir()
            tell({
                "event": "ended", "kernel": kernel["kernel"], "status": os.waitstatus_to_exitcode(status),
                "reason": kernel["reason"], "cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss * 1024,
            })  # fmt: skip

    def watch(self) -> None:
        """End a kernel whose processes together use too much: the kernel's own limits count one process at a time, and
        locks and what waits in sockets not at all."""
        spaces = {kernel["space"]: pid for pid, kernel in self.kernels.items()}
        holders = [line.split()[-4] for line in (PROC / "locks").read_text().splitlines()]
        count, memory, locks, busy = (dict.fromkeys(self.kernels, 0) for _ in range(4))
        since, self.watched = self.watched, time.monotonic()
        for process, space in processes():
            if pid := spaces.get(space):
                count[pid] += 1
                memory[pid] += kibibytes(process / "status", b"RssAnon", b"RssShmem", b"VmPTE")
                locks[pid] += holders.count(process.name)
                busy[pid] += running(process)
        for pid, kernel in self.kernels.items():
            kernel["busy"] += (busy[pid] - self.busy) * min(self.watched - since, 1.0)
            kernel["busy"] = max(kernel["busy"], 0.0)
            if count[pid] > self.limits["processes"]:
                kernel["reason"] = "processes"
            elif locks[pid] > self.limits["locks"]:
                kernel["reason"] = "locks"
            elif sockets(pid) > self.limits["sockets"]:
                kernel["reason"] = "sockets"
            elif kernel["busy"] > BUSY_SECONDS:
                kernel["reason"] = "busy"
            elif memory[pid] > self.limits["resident"] and owned(kernel["space"]) > self.limits["resident"]:
                kernel["reason"] = "memory"
            if kernel["reason"]:
                os.kill(pid, signal.SIGKILL)

    def end(self) -> None:
        for pid in self.kernels:
            os.kill(pid, signal.SIGKILL)


def processes() -> Iterator[tuple[Path, int]]:
    """Each process's folder in `/proc`, and its process namespace."""
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # it has just ended
                yield entry, (entry / "ns" / "pid").stat().st_ino


def owned(space: int) -> int:
    """Memory of a namespace's processes, shared pages counted in parts: exact where the sum of what is resident
    counts them again and again, but slow to find out."""
    own = [process for process, its in processes() if its == space]
    shared = sum(kibibytes(process / "smaps_rollup", b"Pss_Anon", b"Pss_Shmem") for process in own)
    return shared + sum(kibibytes(process / "status", b"VmPTE") for process in own)


def running(process: Path) -> int:
    """How many threads of a process have or want a processor."""
    count = 0
    with contextlib.suppress(OSError):  # it has just ended
        for task in os.scandir(process / "task"):
            with open(f"{task.path}/stat", "rb") as file:  # noqa: PTH123 - it is read ten times a second
                count += file.read().rpartition(b")")[2].startswith(b" R")
    return count


def sockets(pid: int) -> int:
    """How many there are in a kernel's network namespace, whoever holds them."""
    try:
        return int((PROC / str(pid) / "net" / "sockstat").read_text().split()[2])
    except OSError:  # it has just ended
        return 0


def kibibytes(file: Path, *names: bytes) -> int:
    """Sum of some lines of a file in `/proc`, in bytes; 0 where the process has just ended."""
    try:
        lines = file.read_bytes().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(names))


def become_kernel(settings: dict[str, Any], request: dict[str, Any]) -> NoReturn:
    """Shut the doors behind this process, and run a Jupyter kernel in it."""
    said = request["said"]
    try:
        gc.enable()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        detach(said)
        check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
        if settings["walled"]:
            folder = enter_namespaces(request["kernel"], settings["limits"], settings["kept"])
        else:
            folder = Path(request["folder"])
        set_limits(settings["limits"])
        if settings["walled"]:
            forbid()
        run_kernel(folder, request["connection"], said)
    except BaseException:  # noqa: BLE001 - whatever it is, the grader hears of it
        os.write(said, traceback.format_exc()[-4000:].encode())
    os._exit(70)


def detach(kept: int) -> None:
    """A session of its own, and no descriptor but one: nothing that is still referred to may own any by now."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    os.closerange(3, kept)
    os.closerange(kept + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def enter_namespaces(name: str, limits: dict[str, int], kept: list[str]) -> Path:
    """Walls against the neighbours: private namespaces, folders and `/proc`, then no rights at all."""
    check(libc.unshare(NEW_NS | NEW_IPC | NEW_UTS | NEW_NET | NEW_CGROUP), "unshare")
    loopback_up()
    mount(None, "/", None, REC | PRIVATE)
    folder = RUN / "kernel"
    own = os.open(RUN / name, os.O_PATH | os.O_DIRECTORY)
    mount("tmpfs", RUN, "tmpfs", NOSUID | NODEV, "size=64k,mode=755")
    folder.mkdir()
    mount(f"/proc/self/fd/{own}", folder, None, BIND)
    os.close(own)
    private = ("/tmp", "/dev/shm", HOME)
    kept = [path for path in kept if path.startswith(tuple(f"{place}/" for place in private))]
    links = {path: Path(path).readlink() for path in kept if Path(path).is_symlink()}
    hidden = {path: os.open(path, os.O_PATH) for path in kept if path not in links}
    for file in Path(HOME, ".matplotlib").glob("*"):  # fonts are known by now, and mounts tell where they come from
        if libc.umount2(os.fsencode(file), DETACH) < 0 and ctypes.get_errno() != errno.EINVAL:  # a new list is no mount
            check(-1, "umount")
    for place in private:
        mount("tmpfs", place, "tmpfs", NOSUID | NODEV, f"size={limits['disk']},nr_inodes=8192,mode=700")
    for path, descriptor in hidden.items():  # Python's packages may lie under /tmp
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        (Path(path) if is_folder else Path(path).parent).mkdir(parents=True, exist_ok=True)
        if not is_folder:
            Path(path).touch()
        mount(f"/proc/self/fd/{descriptor}", path, None, BIND | REC)
        os.close(descriptor)
    for path, target in links.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).symlink_to(target)
    mount("devpts", "/dev/pts", "devpts", NOSUID | NOEXEC, "newinstance,ptmxmode=666,mode=620")
    mount("proc", "/proc", "proc", NOSUID | NODEV | NOEXEC)
    for buffer in ("tcp_rmem", "tcp_wmem"):  # of this network namespace alone; for the reason see BUFFERS
        Path(f"/proc/sys/net/ipv4/{buffer}").write_text("4096 16384 65536")
    cover_proc()
    mount(None, RUN, None, REMOUNT | RDONLY | NOSUID | NODEV)
    check(libc.unshare(NEW_USER), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{STUDENT} 0 1")
    Path("/proc/self/gid_map").write_text(f"{STUDENT} 0 1")
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    for capability in range(LAST_CAPABILITY + 1):
        if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 and ctypes.get_errno() != errno.EINVAL:
            check(-1, "prctl")
    header = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
    check(libc.capset(header, bytes(24)), "capset")
    return folder


def cover_proc() -> None:
    """Leave of `/proc` processes, links to them, and what is told of the machine, which can only be read."""
    for entry in os.scandir(PROC):
        if entry.name.isdigit() or entry.is_symlink():
            continue
        if entry.name not in TOLD and entry.is_dir():
            mount("tmpfs", entry.path, "tmpfs", RDONLY | NOSUID | NODEV | NOEXEC, "size=4k,nr_inodes=2,mode=555")
            continue
        mount(entry.path if entry.name in TOLD else "/dev/null", entry.path, None, BIND | REC)
        mount(None, entry.path, None, REMOUNT | BIND | RDONLY | NOSUID | NODEV | NOEXEC)


def loopback_up() -> None:
    """A new network namespace has its own loopback, which is down; Jupyter's own threads talk over it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def set_limits(limits: dict[str, int]) -> None:
    for name in ("as", "fsize", "nofile", "nproc", "cpu", "core", "msgqueue"):
        kind = getattr(resource, f"RLIMIT_{name.upper()}", None)
        if kind is not None:
            resource.setrlimit(kind, (limits[name], limits[name]))


def forbid() -> None:
    """System calls that no notebook needs are refused from here on, for this process and what it starts."""
    pyseccomp = sys.modules["pyseccomp"]
    refuse = pyseccomp.ERRNO(errno.EPERM)
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for call in (*FORBIDDEN, *FORBIDDEN_NUMBERS):
        rules.add_rule(refuse, call)
    rules.add_rule(refuse, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, NEW_USER, NEW_USER))
    for command in (fcntl.F_OFD_SETLK, fcntl.F_OFD_SETLKW):  # locks of which nobody can tell whose they are
        rules.add_rule(refuse, "fcntl", pyseccomp.Arg(1, pyseccomp.EQ, command))
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")  # its flags cannot be seen; the C library uses clone then
    for family in range(FAMILIES):  # not every one of them is bounded by the network namespace
        if family not in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK):
            rules.add_rule(pyseccomp.ERRNO(errno.EAFNOSUPPORT), "socket", pyseccomp.Arg(0, pyseccomp.EQ, family))
    for option in BUFFERS:
        equal = [pyseccomp.Arg(place, pyseccomp.EQ, value) for place, value in ((1, socket.SOL_SOCKET), (2, option))]
        rules.add_rule(refuse, "setsockopt", *equal)
    rules.load()


def run_kernel(folder: Path, connection: dict[str, Any], said: int) -> None:
    os.chdir(os.environ["HOME"])
    file = folder / "kernel.json"
    file.write_text(json.dumps(connection | {"ip": f"{folder}/k"}))
    kernelapp = sys.modules["ipykernel.kernelapp"]
    kernelapp.IPKernelApp.parse_command_line = kernelapp.IPKernelApp.load_config_file = lambda *_, **__: None
    config = sys.modules["traitlets.config"].Config({"HistoryManager": {"enabled": False}})
    app = kernelapp.IPKernelApp.instance(connection_file=str(file), config=config)
    app.initialize([])
    # `quit()` ends a kernel a little later, in the middle of a cell that has nothing to do with it
    app.shell.ask_exit = lambda: None
    sys.modules["steepest._checks.offline"].go_offline(app.shell)
    space, known, agent = app.shell.user_ns, dict(vars(builtins)), sys.modules["steepest._checks.agent"]

    def judged(stream: object, idents: object, sent: dict[str, Any]) -> None:
        try:
            agent.serve(space, **sent["content"])
        finally:
            mend(space, known)

    def written(stream: object, idents: object, sent: dict[str, Any]) -> None:
        path = Path(sent["content"]["path"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(sent["content"]["data"]))

    # messages of our own: code would have to use names, and a cell may have given any of them another meaning; and what
    # is a MiB long takes IPython most of a second to read
    app.kernel.shell_handlers |= {"steepest_serve": judged, "steepest_write": written}
    app.shell.events.register("post_run_cell", lambda _: mend(space, known))
    sys.modules["numpy"].random.seed(0)
    sys.modules["torch"].manual_seed(0)
    os.write(said, b"ready")
    os.close(said)
    app.start()


def mend(space: dict[str, Any], known: dict[str, Any]) -> None:
    """Put back those of Python's own functions that a cell has left as something that cannot be called, or not at all.

    Everything needs them, so the cell would cost all that comes after it. One that can be called stays, as a
    notebook's own `print` does; where it does not work, the judged calls that need it fail.
    """
    if not isinstance(space.get("__builtins__"), dict | type(builtins)):
        space["__builtins__"] = builtins
    current = vars(builtins)
    for name, value in known.items():
        if callable(value) and not callable(current.get(name)):
            current[name] = value


def mount(source: object, target: object, kind: str | None, flags: int, data: str | None = None) -> None:
    arguments = [None if value is None else os.fsencode(str(value)) for value in (source, target, kind, data)]
    check(libc.mount(*arguments[:3], flags, arguments[3]), f"mount {target}")


def check(result: int, what: str) -> None:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def tell(event: dict[str, Any]) -> None:
    os.write(sys.stdout.fileno(), json.dumps(event).encode() + b"\n")
