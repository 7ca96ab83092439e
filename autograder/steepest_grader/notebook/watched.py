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
        "sys._getframe", "sys._current_frames", "sys._current_exceptions", "sys.exc_info", "sys.exception",
        "inspect.currentframe", "inspect.stack", "inspect.trace", "inspect.getouterframes", "inspect.getinnerframes",
        "inspect.getframeinfo", "inspect.getsource", "inspect.getsourcelines", "inspect.getsourcefile",
        "inspect.findsource", "inspect.getmodule", "traceback.walk_stack", "traceback.walk_tb",
        "traceback.extract_stack", "traceback.extract_tb", "traceback.print_stack", "logging.currentframe",
        "linecache", "types.FrameType", "types.CellType",
    ),
    MEMORY: (
        "gc.get_objects", "gc.get_referrers", "gc.get_referents", "tracemalloc", "sys.modules",
        "inspect.getclosurevars", "sys.getrefcount",
    ),
    PROCESSES: (
        "subprocess", "multiprocessing", "pty", "signal", "psutil", "concurrent.futures.ProcessPoolExecutor",
        "os.fork", "os.forkpty", "os.system", "os.popen", "os.kill", "os.killpg", "os.setsid", "os.posix_spawn",
        "os._exit", "os.abort", "os.execl", "os.execle", "os.execlp", "os.execlpe", "os.execv", "os.execve",
        "os.execvp", "os.execvpe", "os.spawnl", "os.spawnle", "os.spawnlp", "os.spawnlpe", "os.spawnv", "os.spawnve",
        "os.spawnvp", "os.spawnvpe", "os.posix_spawnp", "os.pidfd_open", "os.waitpid", "os.register_at_fork",
        "os.setpgid", "os.setpgrp", "os.tcsetpgrp", "posix", "posixsubprocess", "posixshmem", "xxsubinterpreters",
        "asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell", "asyncio.subprocess",
        "concurrent.futures.process", "torch.multiprocessing", "torch.distributed", "joblib", "loky", "webbrowser",
        "IPython.utils.process",
    ),
    THREADS: (
        "threading", "thread", "concurrent.futures.ThreadPoolExecutor", "concurrent.futures.thread",
        "asyncio.to_thread", "multiprocessing.dummy",
    ),
    MACHINE: (
        "ctypes", "cffi", "mmap", "fcntl", "resource", "torch.utils.cpp_extension", "os.mknod", "os.mkfifo",
        "os.chroot", "os.memfd_create", "os.dup", "os.dup2", "os.close", "os.closerange", "os.write", "os.nice",
        "os.unshare", "os.setns", "os.setuid", "os.sched_setaffinity", "os.symlink", "os.link", "os.open", "os.pread",
        "os.pipe", "os.sendfile", "os.chmod", "os.chown", "termios", "tty", "syslog", "numpy.ctypeslib", "numpy.f2py",
        "numpy.distutils", "torch.classes", "torch.ops.load_library", "Cython", "cppyy", "llvmlite", "distutils",
        "setuptools",
    ),
    NETWORK: (
        "socket", "ssl", "http", "urllib.request", "urllib3", "requests", "httpx", "aiohttp", "websockets", "ftplib",
        "smtplib", "poplib", "imaplib", "nntplib", "telnetlib", "xmlrpc", "socketserver", "asyncore", "asynchat",
        "select", "selectors", "zmq", "tornado", "asyncio.open_connection", "asyncio.open_unix_connection",
        "asyncio.start_server", "asyncio.start_unix_server", "torch.hub", "torch.utils.model_zoo",
    ),
    FILES: (
        "os.listdir", "os.scandir", "os.walk", "os.fwalk", "os.readlink", "os.stat", "os.lstat", "os.statvfs",
        "os.access", "os.listxattr", "os.path.exists", "os.path.lexists", "os.path.isfile", "os.path.isdir",
        "os.path.getmtime", "os.path.getsize", "glob", "filecmp",
    ),
    SURROUNDINGS: (
        "os.getenv", "os.environ.get", "os.environ.items", "os.environ.copy", "os.getuid", "os.geteuid", "os.getppid",
        "os.getlogin", "os.uname", "os.getcwd", "os.getcwdb", "os.getenvb", "os.ttyname", "os.getloadavg",
        "platform.node", "platform.uname", "platform.platform", "getpass", "pwd", "grp", "uuid.getnode",
    ),
    LATER: (
        "atexit", "weakref.finalize", "sys.excepthook", "sys.unraisablehook", "sys.breakpointhook",
        "sys.set_asyncgen_hooks", "gc.callbacks", "faulthandler",
    ),
    TRACING: (
        "sys.settrace", "sys.setprofile", "sys.monitoring", "sys.addaudithook", "sys.setrecursionlimit",
        "sys.setswitchinterval", "sys.setdlopenflags", "sys.set_coroutine_origin_tracking_depth", "sys.meta_path",
        "sys.path_hooks", "sys.path_importer_cache", "sys.displayhook", "ast.NodeTransformer", "importlib.reload",
        "__future__.barry_as_FLUFL",
    ),
    KERNEL: (
        "IPython.core", "IPython.embed", "IPython.start_ipython", "IPython.start_kernel", "IPython.terminal",
        "IPython.lib", "IPython.extensions", "ipykernel", "comm", "jupyter_client", "nbclient", "debugpy",
    ),
    TEXT: (
        "exec", "eval", "compile", "__builtins__", "builtins.exec", "builtins.eval", "builtins.compile", "__import__",
        "builtins.__import__", "importlib.import_module", "importlib.util", "importlib.machinery", "importlib.abc",
        "importlib._bootstrap", "importlib._bootstrap_external", "imp", "pkgutil", "zipimport", "runpy", "site",
        "types.CodeType", "types.FunctionType", "types.LambdaType", "pdb", "bdb", "cProfile.run", "cProfile.runctx",
        "cProfile.Profile", "profile.run", "profile.runctx", "profile.Profile", "trace.Trace", "timeit.timeit",
        "timeit.repeat", "timeit.Timer", "timeit.main", "doctest", "code.interact", "code.InteractiveInterpreter",
        "code.InteractiveConsole", "codeop", "pydoc", "typing.get_type_hints", "typing.ForwardRef",
        "inspect.get_annotations", "logging.config", "numpy.testing.runstring", "numpy.testing.rundocs", "numexpr",
        "pandas.eval", "sympy.sympify", "sympy.parsing", "sympy.lambdify", "IPython.testing", "traitlets.import_item",
        "test.support",
    ),
    HIDES: (
        "torch._C", "torch.jit", "torch.fx", "torch.overrides", "torch.library", "torch.export", "torch.package",
        "torch.utils.data.datapipes", "numba",
    ),
    PATCHES: ("unittest.mock", "mock"),
    ENCODED: (
        "base64", "codecs.decode", "codecs.encode", "codecs.lookup", "codecs.getdecoder", "codecs.getreader",
        "codecs.getincrementaldecoder", "codecs.iterdecode", "encodings", "binascii", "binhex", "quopri", "uu",
        "marshal", "pickle", "pickletools", "copyreg", "jsonpickle", "cloudpickle", "dill", "bytes.fromhex",
        "bytearray.fromhex", "zlib", "bz2", "lzma", "gzip", "shelve", "torch.serialization",
    ),
    GRADER: (*SECRET, "nbgrader"),
}  # fmt: skip
SENTENCES = {name: sentence for sentence, names in NAMES.items() for name in names}
# Modules with such names in them, and those that do the work of exercises: whoever hands one on as a value, in a list,
# a loop or a default, calls it by a name that nobody follows.
NO_MODULES = ("torch.", "numpy.", "pandas.", "bytes.", "bytearray.", "os.environ.")
HANDED_ON = frozenset(
    {
        *(name.rpartition(".")[0] for name in SENTENCES if "." in name and not name.startswith(NO_MODULES)),
        "get_ipython()", "torch.optim", "torch.nn.functional", "torch.nn.init", "torch.distributions", "torch.autograd",
    }
)  # fmt: skip
LONGEST_NAME = max(name.count(".") + 1 for name in SENTENCES)
ALWAYS_BOUND = frozenset(
    {"exec", "eval", "compile", "__import__", "__builtins__", "bytes", "bytearray", "get_ipython()"}
)
# Modules that other modules show, as in `torch.os.fork`.
SHOWN_BY_OTHERS = frozenset(
    {"os", "sys", "gc", "inspect", "ctypes", "subprocess", "threading", "builtins", "pickle", "posix",
     "posixsubprocess", "marshal", "linecache", "importlib"}
)  # fmt: skip
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
