"""Getting out: files, settings and devices of the machine, rights, networks."""

from attacks._attack import RIGHT, Attack, Shown

OUTSIDE = "writing outside"
SETTINGS = "settings and devices of the machine"
RIGHTS = "rights and namespaces"
NETWORK = "networks and sockets"

# Opened for writing and left as it is: where the walls are down, nothing may come to harm.
OPENED = """
import glob
for path in {paths}:
    for name in glob.glob(path):
        try:
            text = open(name, "rb").read(10**6) if {rewrite} else None
            with open(name, "r+b" if text is not None else "ab", buffering=0) as file:
                if text is not None:
                    file.write(text)
        except OSError as error:
            print(name, error)
        else:
            print("BREACH: can be written:", name)
"""
KERNEL = ["/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/vm/*", "/proc/sys/kernel/hostname",
          "/proc/sys/net/ipv4/ip_forward"]  # fmt: skip
DEVICES = ["/dev/mem", "/dev/kmsg", "/dev/vd*", "/dev/sd*", "/dev/nvme*", "/dev/loop*", "/dev/kvm", "/dev/fuse",
           "/dev/net/tun", "/dev/uinput", "/dev/input/*", "/dev/snd/*", "/dev/tty0", "/dev/vsock"]  # fmt: skip
PACKAGES = """
import glob, sys, steepest, torch
places = [steepest.__file__, torch.__file__, sys.executable, sys.prefix + "/pyvenv.cfg", "/usr/bin/env",
          *glob.glob(sys.prefix + "/lib/python*/site-packages/*.pth")]
for name in places:
    try:
        open(name, "ab").close()
    except OSError as error:
        print(name, error)
    else:
        print("BREACH: can be written:", name)
"""
NODE = """
import os
os.mknod("/tmp/@TOKEN@", 0o060600, os.stat("/").st_dev)
print("BREACH" if os.read(os.open("/tmp/@TOKEN@", os.O_RDONLY), 512) is not None else "")
"""
BADNESS = """
from pathlib import Path
Path("/proc/self/oom_score_adj").write_text("-500")
print("BREACH: will not be killed for its memory")
"""
LIMITS = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
resource.setrlimit(resource.RLIMIT_AS, (2**46, 2**46))
print("BREACH: raises its limits")
"""
NICE = "import os\nos.nice(-10)\nprint('BREACH: before all others')"
NAMESPACE = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
if os.fork() == 0:
    entered = libc.unshare(0x10000000)
    os.write(1, b"BREACH" if entered == 0 else b"")
    open("/tmp/@TOKEN@", "w").write(str(entered))
    os._exit(0)
os.wait()
if open("/tmp/@TOKEN@").read() == "0":
    print("BREACH: a user namespace of its own")
"""
CLONE = """
import subprocess, sys
print(subprocess.run([sys.executable, "-c", '''
import ctypes, os
libc = ctypes.CDLL(None)
arguments = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17)
for call in ((56, 0x10000000 | 17, 0, 0, 0, 0), (435, arguments, 88)):
    pid = libc.syscall(*call)
    if pid == 0:
        os._exit(0)
    if pid > 0:
        os.waitpid(pid, 0)
        print("BREACH: a user namespace of its own")
'''], capture_output=True, text=True).stdout)
"""
MOUNT = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
os.makedirs("/tmp/@TOKEN@")
if libc.mount(b"tmpfs", b"/tmp/@TOKEN@", b"tmpfs", 0, None) == 0:
    libc.umount2(b"/tmp/@TOKEN@", 2)
    print("BREACH: mounts")
"""
COVERS = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
with open("/proc/self/mountinfo") as file:
    places = [line.split()[4] for line in file]
for place in places[1:]:
    if place.startswith(("/proc", "/run", "/dev", "/tmp")) and "@PID@" not in __import__("os").listdir("/proc"):
        if libc.umount2(place.encode(), 0) == 0 or libc.mount(None, place.encode(), None, 32, None) == 0:
            print("BREACH: takes a wall away:", place)
"""
ENTERS = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for pid in ("1", str(os.getppid()), "@PID@"):
    for kind in ("user", "mnt", "net", "pid", "uts"):
        try:
            descriptor = os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY)
        except OSError:
            continue
        same = os.stat(descriptor).st_ino == os.stat(f"/proc/self/ns/{kind}").st_ino
        if kind in ("uts", "net") and libc.setns(descriptor, 0) == 0 and (not same or pid == "@PID@"):
            print("BREACH: enters", kind, "of", pid)
"""
SUPERUSER = """
import os
for name, call in (("setuid", lambda: os.setuid(0)), ("setgid", lambda: os.setgid(0)), ("chroot", lambda: os.chroot("/")),
                   ("groups", lambda: os.setgroups([0]))):
    try:
        call()
    except OSError as error:
        print(name, error)
    else:
        print("BREACH:", name)
"""
SETUID = """
import ctypes, os, subprocess
if ctypes.CDLL(None).prctl(39, 0, 0, 0, 0) == 0:
    print("BREACH: programs of the superuser take effect")
for name in ("su", "sudo", "pkexec", "newgrp", "mount"):
    try:
        done = subprocess.run([name, "-c", "id"], capture_output=True, stdin=subprocess.DEVNULL, timeout=5)
        print("BREACH" if b"uid=0" in done.stdout else "")
    except (OSError, subprocess.TimeoutExpired) as error:
        print(error)
"""
HANDLE = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
handle = (ctypes.c_uint32 * 34)(128)
mount = ctypes.c_int()
if libc.name_to_handle_at(-100, b"/", handle, ctypes.byref(mount), 0) == 0:
    found = libc.open_by_handle_at(os.open("/", os.O_RDONLY), handle, 0)
    print("BREACH: opens files by number" if found >= 0 else "")
"""
GATE = """
import ctypes, mmap, os, platform
libc = ctypes.CDLL(None, use_errno=True)
if platform.machine() == "x86_64":
    pid = os.fork()
    if pid == 0:
        # mov eax, unshare; mov ebx, CLONE_NEWUSER; int 0x80
        code = bytes.fromhex("53b836010000bb00000010cd805bc3")
        area = mmap.mmap(-1, 4096, prot=7)
        area.write(code)
        call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(area)))
        os._exit(0 if call() == 0 else 1)
    if os.waitpid(pid, 0)[1] == 0:
        print("BREACH: a user namespace by the gate of 32-bit programs")
    pid = os.fork()
    if pid == 0:
        os._exit(0 if libc.syscall(0x40000000 + 272, 0x10000000) == 0 else 1)
    if os.waitpid(pid, 0)[1] == 0:
        print("BREACH: a user namespace by another numbering of calls")
"""
REAL_TIME = """
import os
os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
print("BREACH: runs before all others")
"""
KEYS = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
if libc.syscall(248, b"user", b"@TOKEN@", b"note", 4, -3) > 0:
    print("BREACH: leaves a note in the kernel's keys")
"""
RISKY = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
calls = {"bpf": (321, 0, 0, 0), "userfaultfd": (323, 1), "io_uring": (425, 1, (ctypes.c_char * 120)()),
         "perf": (298, (ctypes.c_uint32 * 32)(1, 128), 0, -1, -1, 0)}
for name, (number, *arguments) in calls.items():
    if libc.syscall(number, *arguments) >= 0 or ctypes.get_errno() not in (1, 13, 38):
        print("BREACH: may ask for", name)
"""
CONNECT = """
import socket
with {connection} as connection:
    print(connection.recv(100).decode())
"""
DATAGRAM = """
import fcntl, socket, struct
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    names = [name for _, name in socket.if_nameindex() if name != "lo"]
    if names:
        print("BREACH: sees the network", names)
"""
RAW = """
import socket
for family, kind in (("AF_PACKET", socket.SOCK_RAW), ("AF_INET", socket.SOCK_RAW), ("AF_VSOCK", socket.SOCK_STREAM)):
    try:
        socket.socket(getattr(socket, family), kind, 1 if kind == socket.SOCK_RAW else 0).close()
    except OSError as error:
        print(family, error)
    else:
        print("BREACH: a socket of", family)
"""

ORDINARY = "an ordinary user may not do it, and in a container the superuser may not either"

ATTACKS = [
    *(
        Attack(
            name, kind, tries, code=code, answer=RIGHT, earns={"momentum_step": 1}, shown=shown, flag=flag, root=root,
            why=why,
        )
        for name, kind, tries, code, shown, flag, root, why in (
            ("overwrites-a-file", OUTSIDE, "overwrites a file of the instructor's",
             "open('@SECRET_FILE@', 'w').write('mine')", Shown.CHANGED, "names a place", False, ""),
            ("changes-the-gradebook", OUTSIDE, "gives itself marks in the gradebook",
             "import sqlite3\nbook = sqlite3.connect('@GRADEBOOK@')\n"
             "book.execute('update grade set auto_score = 1000')\nbook.commit()\nbook.close()",
             Shown.CHANGED, "names a place", False, ""),
            ("changes-a-neighbour", OUTSIDE, "deletes another student's submission",
             "import os\nos.unlink('@NEIGHBOUR@')", Shown.CHANGED, "names a place", False, ""),
            ("links-out", OUTSIDE, "makes a link to a file outside and writes through it",
             "import os\nos.symlink('@SECRET_FILE@', '/tmp/@TOKEN@')\nopen('/tmp/@TOKEN@', 'w').write('mine')",
             Shown.CHANGED, "below Python", False, ""),
            ("through-a-descriptor", OUTSIDE, "goes up from an open folder",
             "import os\nhere = os.open('/', os.O_RDONLY)\n"
             "file = os.open('..@SECRET_FILE@', os.O_WRONLY | os.O_TRUNC, dir_fd=here)\nos.write(file, b'mine')",
             Shown.CHANGED, "", False, ""),
            ("leaves-a-note", OUTSIDE, "leaves a file where the next submission may find it",
             "for folder in ('/tmp', '/dev/shm', '/dev', '/home', '/run', '/etc', '/'):\n    try:\n"
             "        open(f'{folder}/@TOKEN@', 'w').write('note')\n    except OSError as error:\n        print(error)",
             Shown.CHANGED, "names a place", False, ""),
            ("finds-a-note", OUTSIDE, "looks for a file that an earlier submission has left",
             "import glob, os\nfor folder in ('/tmp', '/dev/shm', os.environ['HOME'], '/run', '/dev', '/home', '/etc', '/'):\n"
             "    print([('BREACH', name) for name in os.listdir(folder) if 'steepest-left' in name])",
             Shown.NOT, "looks around", False, "leaves-a-note shows that it would be there"),
            ("packages", OUTSIDE, "opens the course's package, torch, Python itself and programs for writing", PACKAGES,
             Shown.SAID, "", False, "they are opened and left as they are"),
            ("kernel-settings", SETTINGS, "writes settings of the operating system",
             OPENED.format(paths=KERNEL, rewrite=True), Shown.SAID, "looks around", True, "with the values they have"),
            ("sys", SETTINGS, "writes what the operating system shows of the machine",
             OPENED.format(paths=["/sys/kernel/mm/*/enabled", "/sys/fs/cgroup/*/*", "/sys/class/*/*/uevent"],
                           rewrite=False), Shown.SAID, "looks around", True, "opened and left as they are"),
            ("devices", SETTINGS, "opens disks, memory and other devices", OPENED.format(paths=DEVICES, rewrite=False),
             Shown.SAID, "looks around", True, "opened and left as they are"),
            ("sysrq", SETTINGS, "opens the file that can restart the machine",
             OPENED.format(paths=["/proc/sysrq-trigger"], rewrite=False), Shown.NOT, "looks around", True,
             "not every machine has this file; it is opened and not written to"),
            ("makes-a-device", SETTINGS, "makes a device file for the disk and reads from it", NODE, Shown.NOT,
             "below Python", False, ORDINARY),
            ("not-me", RIGHTS, "asks never to be killed for its use of memory", BADNESS, Shown.NOT, "names a place",
             False, ORDINARY),
            ("raises-limits", RIGHTS, "raises its own limits", LIMITS, Shown.NOT, "below Python", False,
             ORDINARY),
            ("raises-priority", RIGHTS, "raises its own priority", NICE, Shown.SAID, "below Python", True, ""),
            ("user-namespace", RIGHTS, "becomes superuser of a user namespace of its own", NAMESPACE, Shown.SAID,
             "below Python", False, ""),
            ("user-namespace-by-clone", RIGHTS, "starts a process in a user namespace of its own", CLONE, Shown.SAID,
             "ends processes", False, ""),
            ("mounts", RIGHTS, "mounts a file system", MOUNT, Shown.SAID, "below Python", True, ""),
            ("removes-walls", RIGHTS, "unmounts what covers the machine's own files", COVERS, Shown.NOT,
             "below Python", False, "without walls there is none to take away"),
            ("enters-namespaces", RIGHTS, "enters the namespaces of another process", ENTERS, Shown.SAID,
             "below Python", True, ""),
            ("becomes-root", RIGHTS, "becomes the superuser", SUPERUSER, Shown.SAID, "below Python", True, ""),
            ("setuid-programs", RIGHTS, "starts programs that run as the superuser", SETUID, Shown.SAID,
             "below Python", False, ""),
            ("file-handles", RIGHTS, "opens files by their numbers, past all folders", HANDLE, Shown.SAID,
             "below Python", True, ""),
            ("other-gates", RIGHTS, "asks for refused system calls by other ways into the operating system", GATE,
             Shown.SAID, "below Python", False, ""),
            ("real-time", RIGHTS, "has itself run before all other programs", REAL_TIME, Shown.SAID, "", True, ""),
            ("kernel-keys", RIGHTS, "leaves a note in the operating system's store of keys", KEYS, Shown.SAID,
             "below Python", False, ""),
            ("risky-calls", RIGHTS, "asks for system calls that have been ways out before", RISKY, Shown.SAID,
             "below Python", False, ""),
            ("loopback", NETWORK, "connects to a server on this machine",
             CONNECT.format(connection="socket.create_connection(('127.0.0.1', @PORT@), timeout=5)"), Shown.SAID,
             "opens a connection", False, ""),
            ("abstract-socket", NETWORK, "connects to an abstract socket, as X11 has one",
             CONNECT.format(connection="socket.socket(socket.AF_UNIX)").replace(
                 "    print", "    connection.connect('\\0@ABSTRACT@')\n    print"), Shown.SAID,
             "opens a connection", False, ""),
            ("bus", NETWORK, "connects to a socket with a path, as D-Bus and databases have one",
             CONNECT.format(connection="socket.socket(socket.AF_UNIX)").replace(
                 "    print", "    connection.connect('@BUS@')\n    print"), Shown.SAID, "opens a connection", False, ""),
            ("interfaces", NETWORK, "looks for a network interface", DATAGRAM, Shown.SAID, "opens a connection", False, ""),
            ("raw-sockets", NETWORK, "opens sockets past the network's own rules", RAW, Shown.SAID,
             "opens a connection", True, ""),
        )
    ),
]  # fmt: skip
