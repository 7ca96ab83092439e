"""Names that `flags` watches for, and the sentences for them."""

from __future__ import annotations

import re

from steepest._checks import content

from steepest_grader.installed import secret_packages

FRAMES = "looks at the frames of its callers"
MEMORY = "searches the objects in memory"
PROCESSES = "starts, signals or ends processes"
THREADS = "starts threads"
MACHINE = "reaches below Python"
NETWORK = "opens a connection"
FILES = "looks around in the file system"
PLACE = "names a place in the file system"
SURROUNDINGS = "asks where or when it runs"
LATER = "leaves something that runs later"
TRACING = "changes how Python runs"
KERNEL = "reaches into the notebook's kernel"
TEXT = "runs code from text"
HIDES = "may hide what it calls"
ENCODED = "holds encoded text"
GRADER = "asks for the grader"
SECRET = secret_packages()
PRIVATE_PARTS = tuple(f"{name}._" for name in content.packages())
PRIVATE = "uses private parts of the course's package"
PATCHES = "changes a library"
FALSE = "defines a value that may answer falsely"
LIBRARY = "leaves the work to a library"
KEEPS = "keeps something between calls"
LETTERS = "uses letters that cannot be seen or look like others"
UNSEEN = "was not looked at"
LOCKED = "a locked cell was changed; the released one was used"
BELOW = "a written answer may stand here, below the empty cell that is marked"
HEADER = "what nbgrader says of the cell was changed"

# Dotted names; each stands for all that lies under it.
NAMES: dict[str, tuple[str, ...]] = {
    FRAMES: (
        "sys._getframe", "sys._current_frames", "sys.exc_info", "inspect.currentframe", "inspect.stack",
        "inspect.trace", "inspect.getouterframes", "inspect.getsource", "traceback.walk_stack",
        "traceback.extract_stack", "linecache",
    ),
    MEMORY: (
        "gc.get_objects", "gc.get_referrers", "gc.get_referents", "tracemalloc", "sys.modules",
        "inspect.getclosurevars",
    ),
    PROCESSES: (
        "subprocess", "multiprocessing", "pty", "signal", "psutil", "concurrent.futures.ProcessPoolExecutor",
        "os.fork", "os.forkpty", "os.system", "os.popen", "os.kill", "os.killpg", "os.setsid", "os.posix_spawn",
        "os._exit", "os.abort", "os.execl", "os.execle", "os.execlp", "os.execv", "os.execve", "os.execvp",
        "os.spawnl", "os.spawnv", "os.spawnlp", "os.spawnvp", "posix", "_posixsubprocess", "_posixshmem",
    ),
    THREADS: (
        "threading", "_thread", "concurrent.futures.ThreadPoolExecutor", "asyncio.to_thread", "multiprocessing.dummy",
    ),
    MACHINE: (
        "ctypes", "cffi", "mmap", "fcntl", "resource", "torch.utils.cpp_extension", "os.mknod", "os.mkfifo",
        "os.chroot", "os.memfd_create", "os.dup", "os.dup2", "os.close", "os.closerange", "os.write", "os.nice",
        "os.unshare", "os.setns", "os.setuid", "os.sched_setaffinity", "os.symlink", "os.link",
    ),
    NETWORK: ("socket", "ssl", "http.client", "urllib.request", "requests", "ftplib", "smtplib", "zmq"),
    FILES: ("os.listdir", "os.scandir", "os.walk", "os.readlink", "os.path.exists", "glob.glob", "glob.iglob"),
    SURROUNDINGS: (
        "os.getenv", "os.environ.get", "os.environ.items", "os.environ.copy", "os.getuid", "os.geteuid", "os.getppid",
        "os.getlogin", "os.uname", "os.getcwd", "platform.node", "socket.gethostname", "getpass.getuser",
    ),
    LATER: ("atexit", "weakref.finalize", "sys.excepthook", "sys.unraisablehook"),
    TRACING: (
        "sys.settrace", "sys.setprofile", "sys.monitoring", "sys.addaudithook", "sys.setrecursionlimit",
        "sys.meta_path", "sys.path_hooks", "sys.displayhook", "ast.NodeTransformer", "importlib.reload",
        "__future__.barry_as_FLUFL",
    ),
    KERNEL: ("IPython.core", "ipykernel", "comm"),
    TEXT: (
        "exec", "eval", "compile", "__builtins__", "builtins.exec", "builtins.eval", "builtins.compile", "__import__",
        "builtins.__import__", "importlib.import_module", "importlib.util", "runpy", "types.CodeType",
        "types.FunctionType", "pdb.run", "pdb.runeval", "pdb.Pdb", "bdb", "cProfile.run", "cProfile.runctx",
        "cProfile.Profile", "profile.run", "profile.runctx", "profile.Profile", "trace.Trace",
        "code.interact", "code.InteractiveInterpreter", "code.InteractiveConsole", "codeop",
    ),
    HIDES: ("torch._C", "torch.jit", "torch.fx", "torch.overrides"),
    ENCODED: (
        "base64", "codecs.decode", "binascii", "marshal", "pickle", "cloudpickle", "dill", "bytes.fromhex", "zlib",
        "bz2", "lzma", "gzip", "shelve", "torch.serialization",
    ),
    GRADER: (*SECRET, "nbgrader"),
}  # fmt: skip
SENTENCES = {name: sentence for sentence, names in NAMES.items() for name in names}
# Modules with such names in them, and those that do the work of exercises: whoever hands one on as a value, in a list,
# a loop or a default, calls it by a name that nobody follows.
NO_MODULES = ("torch.", "bytes.", "os.environ.")
HANDED_ON = frozenset(
    {
        *(name.rpartition(".")[0] for name in SENTENCES if "." in name and not name.startswith(NO_MODULES)),
        "get_ipython()", "torch.optim", "torch.nn.functional", "torch.nn.init", "torch.distributions", "torch.autograd",
    }
)  # fmt: skip
LONGEST_NAME = max(name.count(".") + 1 for name in SENTENCES)
ALWAYS_BOUND = frozenset({"exec", "eval", "compile", "__import__", "__builtins__", "bytes", "get_ipython()"})
# Modules that other modules show, as in `torch.os.fork`.
SHOWN_BY_OTHERS = frozenset({"os", "sys", "gc", "inspect", "ctypes", "subprocess", "threading", "builtins", "pickle"})
# Parts that lead out of an object, whatever the object is.
PARTS = {
    **dict.fromkeys(("f_back", "f_locals", "f_globals", "f_builtins", "tb_frame", "gi_frame", "cr_frame"), FRAMES),
    **dict.fromkeys(("__globals__", "__closure__", "__subclasses__", "__mro__"), MEMORY),
    **dict.fromkeys(("__code__", "__defaults__", "__kwdefaults__"), TRACING),
    **dict.fromkeys(("ast_transformers", "showtraceback", "input_transformers_post", "input_hist_raw"), KERNEL),
    **dict.fromkeys(("iterdir", "rglob"), FILES),
    **dict.fromkeys(("run_in_executor",), THREADS),
}
# What a cell's commands come to, which are told as commands.
HARMLESS_USES = frozenset(
    f"get_ipython().{name}"
    for name in ("run_line_magic", "run_cell_magic", "system", "getoutput", "show_usage", "__class__")
)
MAY_BE_SET = (
    "matplotlib.", "torch.backends.", "warnings.", "logging.", "pandas.options.", "os.environ", "sys.path",
)  # fmt: skip
FALSE_ANSWERS = frozenset(
    {
        "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__abs__", "__float__", "__bool__", "__sub__",
        "__rsub__", "__round__", "__class__", "__instancecheck__", "__torch_function__", "__torch_dispatch__",
        "__array__", "__array_function__", "__array_ufunc__", "__array_priority__", "__getattr__",
        "__getattribute__", "__del__",
    }
)  # fmt: skip
PASS_THROUGH = (
    "torch._", "torch.distributions.", "torch.utils.data.", "torch.optim.", "torch.nn.functional.", "torch.nn.utils.",
    "torch.nn.init.", "torch.nn.BatchNorm", "torch.nn.LayerNorm", "torch.nn.Dropout", "torch.nn.CrossEntropyLoss",
    "torch.nn.NLLLoss", "torch.nn.MSELoss", "torch.nn.Softshrink", "torch.nn.Hardshrink",
    "torch.autograd.gradcheck.", "torch.autograd.graph.", "torch.autograd.variable.", "torch.autograd.Variable.",
    "torch.testing.",
)  # fmt: skip
# Parts by which autograd's own nodes are reached and called one by one.
NODES = frozenset(
    {"grad_fn", "next_functions", "_execution_engine", "run_backward", "register_hook", "_backward_hooks",
     "AccumulateGrad", "saved_tensors"}
)  # fmt: skip
PLACES = re.compile(r"(/(proc|sys|dev|etc|home|root|tmp|run|var|usr|opt|mnt|work|srv|boot|Users)\b|~/|\.\./|\0)[^\n]*")
COMPILED = (".so", ".pyc", ".pyd", ".pyo", ".pth", ".zip", ".egg", ".whl")  # that Python imports and nobody can read
WORD = re.compile(r"[A-Za-z0-9+/=_\\-]++")
LONGEST_WORD = 200
