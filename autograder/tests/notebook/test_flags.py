"""Flags: found where a person should look, and nowhere else; never dear, and never an exception."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from steepest_grader.course.find import find_course
from steepest_grader.course.lesson import Lesson, load
from steepest_grader.notebook import flags as module
from steepest_grader.notebook.cells import Cell
from steepest_grader.notebook.flags import flags
from steepest_grader.notebook.restore import read
from steepest_grader.notebook.watched import LIBRARY
from steepest_grader.trust.sample_class import samples

HOME = find_course(Path(__file__).parent)
DERIVES = re.compile(r"autograd|torch\.func|backward\(|ndimage|from scipy")
STEP = "def momentum_step(theta, grad, state, *, lr, beta):\n    "

FOUND = {
    "frames": ("import sys\nframe = sys._getframe(1)", "cell 1, line 2: looks at the frames of its callers"),
    "frames by another name": ("from sys import _getframe as f\nf()", "line 1: looks at the frames"),
    "a part of a traceback": ("x = error.__traceback__.tb_frame", "looks at the frames of its callers (tb_frame)"),
    "a part by its text": ("getattr(error, 'tb_frame')", "looks at the frames of its callers (tb_frame)"),
    "memory": ("import gc\ngc.get_objects()", "searches the objects in memory (gc.get_objects)"),
    "loaded modules": ("import sys\nsys.modules['x'] = 1", "searches the objects in memory (sys.modules)"),
    "a star": ("from os import *\nfork()", "starts, signals or ends processes (os.fork)"),
    "a module in a module": ("import torch\ntorch.os.fork()", "starts, signals or ends processes (torch.os.fork)"),
    "a variable": ("import os\no = os\nrun = o.system\nrun('x')", "cell 1, line 3: starts, signals or ends"),
    "a module by text": ("__import__('o' + 's')", "runs code from text (__import__)"),
    "an attribute by text": ("import os\ngetattr(os, 'sys' + x)", "runs code from text (getattr)"),
    "an attribute by plain text": ("import os\ngetattr(os, 'fork')()", "(os.fork)"),
    "processes": ("import subprocess\nsubprocess.run('x')", "cell 1, line 1: starts, signals or ends processes"),
    "a shell": ("x = 1\n!touch x", "cell 1, line 2: starts, signals or ends processes (!touch x)"),
    "a shell's answer": ("x = !ls", "cell 1, line 1: starts, signals or ends processes (!ls)"),
    "a cell of another language": ("%%bash\ntouch x", "cell 1, line 1: starts, signals or ends processes (%%bash)"),
    "threads": ("import threading", "starts threads"),
    "below Python": ("import ctypes", "reaches below Python"),
    "network": ("import urllib.request", "opens a connection"),
    "files": ("import os\nos.listdir('.')", "looks around in the file system"),
    "a place": ("open('/proc/self/maps')", "names a place in the file system (/proc/self/maps)"),
    "a place above": ("open('../secret')", "names a place in the file system (../secret)"),
    "surroundings": ("import os\nif os.getenv('USER'): pass", "asks where or when it runs (os.getenv)"),
    "the clock": (f"import time\n{STEP}return time.time()", "asks where or when it runs (momentum_step: time.time)"),
    "later": ("import atexit\natexit.register(print)", "leaves something that runs later"),
    "tracing": ("import sys\nsys.settrace(print)", "changes how Python runs"),
    "the kernel": ("get_ipython().kernel.session", "reaches into the notebook's kernel"),
    "the kernel by a variable": ("ip = get_ipython()\nip.showtraceback = print", "cell 1, line 2: changes a library"),
    "behind a magic": ("x = 1\n%time import subprocess", "cell 1, line 2: starts, signals or ends processes"),
    "behind a magic's options": ("%timeit -n1 -r 1 exec('1')", "runs code from text (exec)"),
    "behind a magic of the cell": ("%%time\nimport subprocess", "cell 1, line 2: starts, signals or ends processes"),
    "behind a magic that is assigned": ("x = %timeit -o exec('1')", "runs code from text (exec)"),
    "threads of a loop": ("loop.run_in_executor(None, print)", "starts threads (run_in_executor)"),
    "an operator of torch": (f"import torch\n{STEP}return torch.batch_norm(theta)", "leaves the work to a library"),
    "torch's own pieces": (
        f"from torch._decomp import decompositions as d\n{STEP}return d.addcmul(theta, theta, theta)", "to a library",
    ),
    "torch's distributions": (f"import torch\n{STEP}return torch.distributions.Normal(0, 1).sample()", "to a library"),
    "compiled": ("import torch\n@torch.jit.script\ndef f(x): return x", "may hide what it calls (torch.jit.script)"),
    "without a tracer": ("import torch\nwith torch._C.DisableTorchFunction(): pass", "may hide what it calls"),
    "eval": ("eval('1')", "runs code from text (eval)"),
    "a long text": (f"x = '{'QUJD' * 60}'", "holds encoded text"),
    "pickles": ("import pickle", "holds encoded text (pickle)"),
    "the grader": ("from steepest_grader import exercises", "asks for the grader"),
    "the grader by text": ("x = 'steepest_grader.exercises'", "asks for the grader"),
    "private parts": ("from steepest._checks.agent import Agent", "uses private parts of the course's package"),
    "private parts later": ("import steepest\nsteepest._checks.agent", "uses private parts of the course's package"),
    "a patch": ("import torch\ntorch.allclose = print", "changes a library (torch.allclose)"),
    "a patch by setattr": ("import torch as t\nsetattr(t, 'equal', print)", "changes a library (torch.equal)"),
    "a patch by vars": ("import torch\nvars(torch)['equal'] = print", "changes a library"),
    "a patch of a class": ("from torch import Tensor\nTensor.__eq__ = print", "a library (torch.Tensor.__eq__)"),
    "a patch by del": ("import torch\ndel torch.equal", "changes a library (torch.equal)"),
    "a patch in a loop": ("import torch\nfor torch.equal in [print]: pass", "changes a library (torch.equal)"),
    "a lie": ("class Yes:\n    def __eq__(self, other): return True", "line 2: defines a value that may answer"),
    "a lie by assignment": ("class Yes:\n    __lt__ = print", "defines a value that may answer falsely (Yes.__lt__)"),
    "a lie by type": ("Yes = type('Yes', (), {'__eq__': print})", "defines a value that may answer falsely (__eq__)"),
    "a library": (f"import torch\n{STEP}return torch.optim.SGD([theta])", "the work to a library (momentum_step: "),
    "a library by a helper": (
        f"from torch.nn import functional as F\ndef h(x): return F.normalize(x)\n{STEP}return h(theta)",
        "cell 1, line 2: leaves the work to a library (h: torch.nn.functional.normalize)",
    ),
    "a library in a lambda": (
        "import torch\nmomentum_step = lambda x: torch.nn.functional.normalize(x)",
        "leaves the work to a library (momentum_step: torch.nn.functional.normalize)",
    ),
    "a lambda of a lambda": (
        f"import torch\nh: object = lambda x: torch.optim.SGD(x)\n{STEP}return h(theta)", "line 2: leaves the work"
    ),
    "a library in a partial": (
        f"import torch, functools\nh = functools.partial(torch.nn.init.normal_, std=2)\n{STEP}return h(theta)",
        "leaves the work to a library (h: torch.nn.init.normal_)",
    ),
    "a library in attrgetter": (
        "import torch\nfrom operator import attrgetter\nmomentum_step = attrgetter('f')(torch.optim.SGD)",
        "leaves the work to a library (momentum_step: torch.optim.SGD)",
    ),
    "a library in a class": (
        f"import torch\nclass Way(torch.optim.SGD):\n    def go(self): pass\n{STEP}return Way([theta]).go()",
        "leaves the work to a library (Way: torch.optim.SGD)",
    ),
    "autograd's nodes": (f"{STEP}return [theta.grad_fn(grad)]", "the work to a library (momentum_step: grad_fn)"),
    "autograd's nodes by text": (f"{STEP}return getattr(theta, 'next_functions')", "(momentum_step: next_functions)"),
    "another library": (f"from mpmath import findroot as f\n{STEP}return f(theta)", "(momentum_step: mpmath.findroot)"),
    "linear algebra of scipy": (
        f"import scipy.linalg as l\n{STEP}return l.sqrtm(theta)", "(momentum_step: scipy.linalg.sqrtm)"
    ),
    "an object in place of a function": (
        "import torch\nclass Way:\n    def __call__(self, x): return torch.nn.BatchNorm1d(2)(x)\nmomentum_step = Way()",
        "cell 1, line 3: leaves the work to a library (Way: torch.nn.BatchNorm1d)",
    ),
    "a table in place of a function": ("import torch\nmomentum_step = {1: torch.optim.SGD}[1]", "leaves the work"),
    "an endless chain": ("x = a" + ".b" * 200, "was not looked at (more than 100 names in a chain)"),
    "a variable that grows": ("import os\na = os\n" + "a = a.os\n" * 50 + "a.fork()", "starts, signals or ends"),
    "memories": (f"n = 0\n{STEP}global n\n    n += 1", "keeps something between calls (n)"),
    "hidden letters": ("x = 1  # \u202e", "uses letters that cannot be seen or look like others (U+202E)"),
    "a letter like another in a variable": ("p\u0430ge = 1", "be seen or look like others (p\u0430ge)"),
    "a Greek letter like another": ("v\u03bfid = 2", "letters that cannot be seen or look like others (v\u03bfid)"),
    "a letter like another in an argument": ("f(\u0445=1)", "letters that cannot be seen or look like others"),
    "a filler": ("x\u3164 = 1", "letters that cannot be seen or look like others (U+3164)"),
    "another filler": ("x\u115f = 1", "letters that cannot be seen or look like others (U+115F)"),
    "a module in a loop": ("import os\nfor f in [os]: f.system('x')", "may hide what it calls (os as a value)"),
    "a module by with": ("import os\nwith null(os) as o: o.system('x')", "may hide what it calls (os as a value)"),
    "a module by match": ("import os\nmatch os:\n    case o: o.system('x')", "may hide what it calls (os as a value)"),
    "a module by default": ("import os\ndef f(o=os): o.system('x')", "may hide what it calls (os as a value)"),
    "a module in a table": ("import torch\nT = {1: torch.optim}", "may hide what it calls (torch.optim as a value)"),
    "a module among others": ("import os\no, p = os, 1", "may hide what it calls (os as a value)"),
    "a module in a class": ("import os\nclass A: o = os\nA.o.fork()", "may hide what it calls (os as a value)"),
    "a module by vars": ("import os\nvars(os)['fork']()", "may hide what it calls (os as a value)"),
    "a module's table": ("import os\nos.__dict__['fork']()", "may hide what it calls (os.__dict__ as a value)"),
    "the kernel in a loop": ("for i in [get_ipython()]: i.system('x')", "what it calls (get_ipython() as a value)"),
    "a module that anything shows": ("import torch\nfor t in [torch]: t.os.fork()", "ends processes (t.os.fork)"),
    "another alphabet": ("def m\u043ementum_step(): pass", "uses letters that cannot be seen or look like others"),
}  # fmt: skip

# Cells that IPython runs and Python cannot read as they stand.
RUN_BY_IPYTHON = {
    "indented": "    import ctypes\n    x = 1",
    "indented, below a magic": "%%time\n    import ctypes",
    "prompts": ">>> import ctypes\n>>> def f():\n...     return 1",
    "prompts of IPython": "In [1]: import ctypes\n   ...: x = 1",
    "prompts that hide a text": 'In [1]: x = 1\n   ...: """\n   ...: """; import ctypes; """\n   ...: """',
    "help with stars": "np.*a*?\nimport ctypes",
    "help of an item": "[].append?\nimport ctypes",
    "an item that is assigned": "x[0] = !pip list\nimport ctypes",
    "an attribute that is assigned": "a.b = %pwd\nimport ctypes",
    "an annotation": "a: int = !pip list\nimport ctypes",
    "a star": "a, *b = !pip list\nimport ctypes",
    "a comma": ",f a\nimport ctypes",
    "a slash": "/f a\nimport ctypes",
    "a semicolon": ";f a\nimport ctypes",
    "options with values": "%prun -s cumulative 1\nimport ctypes",
    "options of words": "%time --no-raise-error import ctypes",
    "an option that hides the rest": "%prun -T # exec('import ctypes'); import ctypes",
    "a magic that goes on": "%precision \\\n3\nimport ctypes",
    "an open text in a magic": "%time '''\nimport ctypes",
    "a setup": "%%timeit -n1 import ctypes\n1",
    "a magic in a magic": "%%time\n%%capture\nif 1:\n    %time import ctypes",
    "a magic without its sign": "time import ctypes",
    "a line that Python takes for a text": "# \x0c/f a \\\n'''\nimport ctypes\n'''#'''",
    "a magic that is called": "shell = get_ipython()\nshell.run_line_magic('time', 'import ctypes')",
    "a cell that is called": "get_ipython().run_cell_magic('time', '', 'import ctypes')",
}
FOUND |= {name: (source, "reaches below Python (ctypes)") for name, source in RUN_BY_IPYTHON.items()} | {
    "a cell for the shell": ("%%!\nls", "starts, signals or ends processes (%%!)"),
    "a captured command": ("%sc out=ls", "starts, signals or ends processes (%sc out=ls)"),
    "an alias": ("%rm x", "starts, signals or ends processes (%rm x)"),
    "an alias without its sign": ("cat x", "starts, signals or ends processes (%cat x)"),
    "all programs as aliases": ("%rehashx", "starts, signals or ends processes (%rehashx)"),
    "an import by a magic": ("%aimport os\nos.fork()", "starts, signals or ends processes (os.fork)"),
    "many options": (f"%timeit {'-q ' * 30}exec('1')", "runs code from text (exec)"),
    "many options with values": (f"%timeit {'-n 1 ' * 30}exec('1')", "runs code from text (exec)"),
    "a program that is called": ("get_ipython().run_line_magic('sx', 'ls')", "ends processes (%sx ls)"),
    "a magic by a computed name": ("get_ipython().run_line_magic(x, 'ls')", "(get_ipython().run_line_magic)"),
    "another Python": ("%%python3\nimport ctypes", "cell 1, line 1: starts, signals or ends processes (%%python3)"),
    "another name for a magic": ("%alias_magic t sx", "starts, signals or ends processes (%alias_magic t sx)"),
    "a program without a sign": ("system ls", "starts, signals or ends processes (%system ls)"),
    "commands without end": ("%x\n" * 9000, "was not looked at (too many commands)"),
    "commands beside a long line": (f"!pip list\nx = '{'a b ' * 300}'", "was not looked at (commands beside a line"),
    "commands beside blanks": (f"!pip list\nx = 1{' ' * 90}$", "was not looked at (commands beside 80 blanks)"),
    "another grammar": ("from __future__ import barry_as_FLUFL", "changes how Python runs"),
    "closures": ("import inspect\ninspect.getclosurevars(f)", "searches the objects in memory"),
}

# Names that do what others on the list are told for, by kind.
BY_KIND = {
    "looks at the frames of its callers": "sys.exception traceback.walk_tb inspect.getinnerframes types.FrameType",
    "starts, signals or ends processes": "posix.fork _posixsubprocess.fork_exec os.posix_spawnp os.execvpe "
    "os.spawnvpe asyncio.create_subprocess_exec torch.multiprocessing.spawn concurrent.futures.process "
    "IPython.utils.process random._os.fork _signal.raise_signal",
    "starts threads": "_thread.start_new_thread concurrent.futures.thread",
    "reaches below Python": "_ctypes.dlopen numpy.ctypeslib os.open termios torch.ops.load_library",
    "opens a connection": "_socket.socket http.server xmlrpc.client asyncio.open_connection torch.hub.load select",
    "looks around in the file system": "os.stat os.fwalk os.path.isfile glob.glob1 filecmp",
    "asks where or when it runs": "pwd getpass.getpass platform.uname uuid.getnode os.getcwdb",
    "leaves something that runs later": "faulthandler sys.breakpointhook gc.callbacks",
    "changes how Python runs": "sys.setdlopenflags sys.path_importer_cache",
    "reaches into the notebook's kernel": "IPython.embed jupyter_client debugpy",
    "runs code from text": "pdb.run pdb.runcall cProfile.run profile.run trace.Trace code.interact timeit.timeit "
    "doctest.testmod runpy.run_path imp.load_source importlib.machinery.SourceFileLoader importlib._bootstrap "
    "pkgutil.resolve_name typing.ForwardRef logging.config.dictConfig numpy.testing.runstring numexpr "
    "sympy.lambdify pandas.eval",
    "may hide what it calls": "numba.jit torch.library torch.package _opcode _testinternalcapi",
    "changes a library": "unittest.mock.patch",
    "searches the objects in memory": "sys.getrefcount collections._sys.modules",
    "holds encoded text": "torch.serialization.load codecs.getdecoder encodings.rot_13 bz2.decompress "
    "lzma.decompress quopri copyreg _pickle.loads",
}


@pytest.mark.parametrize(
    ("name", "sentence"), [(name, kind) for kind, all_ in BY_KIND.items() for name in all_.split()]
)
def test_each_name_of_a_kind_is_told(name: str, sentence: str) -> None:
    assert any(
        f"line 2: {sentence} ({name})" in flag for flag in said(f"import {name.partition('.')[0]}\n{name}")
    ) or any(f"line 1: {sentence} (" in flag for flag in said(f"import {name.partition('.')[0]}"))
    assert any(
        sentence in flag for flag in said(f"from {name.rpartition('.')[0] or name} import {name.rpartition('.')[2]}")
    )


PASSED_OVER = {
    "plotting": "import matplotlib.pyplot as plt\nplt.rcParams['figure.dpi'] = 100\nplt.rcParams.update({})",
    "a backend": "import torch\ntorch.backends.cudnn.deterministic = True\ntorch.manual_seed(0)",
    "an environment variable": "import os\nos.environ['KMP_DUPLICATE_LIB_OK'] = 'TRUE'",
    "magics": "%matplotlib inline\n%time x = 1\nx?\n%timeit -n 1 x",
    "an installation": "!pip install torch\n%pip install torch\n!python -m pip install torch",
    "a class": "class Model:\n    def __init__(self): self.x = 1\n    def __call__(self, x): return x\n"
    "    def __len__(self): return 1\n    def __repr__(self): return 'm'",
    "names of modules as variables": "signal = resource = code = comm = 1\nsignal.mean\nsocket.x\nos.fork",
    "a library outside the exercise": "import torch\noptimizer = torch.optim.SGD([x], lr=0.1)",
    "a library outside the exercise, under a name that it uses": (
        f"import torch\nloss = torch.nn.functional.mse_loss(x, y)\n{STEP}loss = theta - grad\n    return loss"
    ),
    "a lambda outside the exercise": "import torch\nf = lambda x: torch.nn.functional.normalize(x)\nplot(f)",
    "a look at a node": "print(x.grad_fn)\nx.register_hook(print)",
    "tools": (
        f"import numpy as np, torch, matplotlib.pyplot as plt\n{STEP}plt.plot(theta)\n"
        "    return np.linalg.solve(theta, grad), torch.linalg.eigh(theta), np.interp(theta, grad, grad)"
    ),
    "a comparison": "assert torch.allclose(a, b) and a.eq(b).all()",
    "a timing": "import time\nstart = time.time()\nrun()\nprint(time.time() - start)",
    "model.eval, re.compile": "import re, torch\nmodel.eval()\nre.compile('x')\ntorch.compile(model)",
    "text": '"""import os; os.system("rm -rf /tmp/x") /proc/self"""\nx = "3 / 4, or /usr the other way"',
    "a module that is shown": "import os\nhelp(os)\nprint(os)\nos\nF = os.path\nif 'x' in str(get_ipython()): pass",
    "a long timing": "%timeit -n 1 a * x + b * y + c * z + d * u + e * v",
    "names of programs": "cat = 1\nmore = less = 2\ncat + more",
    "letters of elsewhere": "été = größe = 1\ndθ, β1, Δx, μ_max, x_ij, ширина = 1, 2, 3, 4, 5, 6  # приближение",
    "Greek": "β, η, θ = 0.9, 0.1, 1.0\ndef Δ(x): return x",
    "an exception": "try:\n    f()\nexcept Exception as error:\n    print(error)",
    "help": "os.fork?\nimport os\nos.fork??",
    "settings": "%load_ext autoreload\n%autoreload 2\n%config InlineBackend.figure_format = 'retina'\n%pip list",
    "a long line": f"x = {'2 + ' * 300} 3",
    "prompts in a text": "x = (1\n     / 2)\n'''\n>>> f(1)\n2\n'''",
    "a syntax error": "def f(:\n    import ctypes",
    "a NUL": "import ctypes\0",
}


def said(*sources: str, exercises: Sequence[str] = ("momentum_step",)) -> list[str]:
    return flags([Cell("code", source) for source in sources], None, exercises)


@pytest.mark.parametrize("case", FOUND)
def test_found(case: str) -> None:
    source, expected = FOUND[case]
    assert [flag for flag in said(source) if expected in flag], said(source)


@pytest.mark.parametrize("case", PASSED_OVER)
def test_passed_over(case: str) -> None:
    assert said(PASSED_OVER[case]) == []


def test_names_are_followed_from_cell_to_cell() -> None:
    assert said("import os as o", "run = o.fork", "run()") == [
        "cell 2, line 1: starts, signals or ends processes (os.fork)",
        "cell 3, line 1: starts, signals or ends processes (os.fork)",
    ]


CALLED = {
    "where its cell is": (
        f"{STEP}return x",
        "cell 1: leaves the work to a library (momentum_step calls torch.dropout)",
    ),
    "a value": ("momentum_step = table[1]", "cell 1: leaves the work to a library (momentum_step calls torch.dropout)"),
    "in no cell": ("x = 1", "a judged call: leaves the work to a library (momentum_step calls torch.dropout)"),
    "once": (
        f"import torch\n{STEP}return torch.optim.SGD(x)",
        "cell 1, line 3: leaves the work to a library (momentum_step: torch.optim.SGD)",
    ),
}


@pytest.mark.parametrize("case", CALLED)
def test_what_was_called_is_told_where_the_source_does_not_say_it(case: str) -> None:
    source, expected = CALLED[case]
    called = {"momentum_step": ["torch.optim.sgd.SGD" if case == "once" else "torch.dropout"], "ewa": []}
    assert flags([Cell("code", source)], None, ["momentum_step"], called) == [expected]


def test_a_decoy_hides_nothing_that_was_called() -> None:
    cells = [Cell("code", f"import torch\n{STEP}return torch.nn.functional.threshold(x, 0, 0)")]
    found = flags(cells, None, ["momentum_step"], {"momentum_step": ["torch.optim.sgd.SGD"]})
    assert [flag.rpartition("(")[2] for flag in found] == [
        "momentum_step calls torch.optim.sgd.SGD)",
        "momentum_step: torch.nn.functional.threshold)",
    ]


BESIDE = {
    "a program": (
        "helper.py",
        b"import subprocess\nsubprocess.run('id')",
        "helper.py, line 1: starts, signals or ends",
    ),
    "a library": (
        "a/b.py",
        b"import torch\ndef step(x):\n    return torch.optim.SGD(x)",
        "a/b.py, line 3: leaves the work",
    ),
    "in a class": (
        "h.py",
        b"import torch\nclass A:\n    b = torch.optim.SGD",
        "h.py, line 3: leaves the work to a library",
    ),
    "compiled": ("helper.so", b"\x7fELF", "helper.so: was not looked at (compiled)"),
    "too long": ("helper.py", b"x = 1\n" * 20_000, "helper.py, line 1: was not looked at (120000 characters)"),
    "no text": (
        "helper.py",
        b"import os\nx = '\xff'\nos.fork()",
        "helper.py, line 3: starts, signals or ends processes",
    ),
    "letters that hide it": (
        "helper.py",
        b"# coding: utf-7\n+AGkAbQBwAG8AcgB0- subprocess",
        "helper.py, line 1: was not looked at (it is written in utf-7)",
    ),
    "escapes that hide it": (
        "helper.py",
        b"# coding: unicode_escape\n\\x69mport subprocess",
        "helper.py, line 1: was not looked at (it is written in unicode_escape)",
    ),
    "an encoding of its own": (
        "helper.py",
        "# coding: cp1251\nimport subprocess  # файл".encode("cp1251"),
        "helper.py, line 2: starts, signals or ends",
    ),
    "data": ("data.csv", b"import subprocess", ""),
    "honest": ("helper.py", b"import torch\ndef step(x, lr):\n    return x - lr", ""),
}


@pytest.mark.parametrize("case", BESIDE)
def test_python_beside_a_notebook_is_read_as_a_cell(case: str) -> None:
    path, data, expected = BESIDE[case]
    cells = [Cell("code", "import helper"), Cell("code", f"{STEP}return helper.step(theta, lr)")]
    found = module.seen(cells, None, ["momentum_step"], {path: data})({})
    assert any(flag.startswith(expected) for flag in found) if expected else found == []


def test_what_is_no_code_is_passed_over() -> None:
    assert flags([Cell("markdown", "import ctypes"), Cell("raw", "import ctypes")]) == []


def test_many_flags_are_bounded() -> None:
    found = said(*["import ctypes"] * 50)
    assert (len(found), found[-1]) == (module.MAX_FLAGS + 1, "and 20 more")


@pytest.mark.parametrize("kind", ["raw", "markdown", "code"])
@pytest.mark.parametrize("name", ["x", None])
def test_an_answer_is_read_whatever_its_cell_was_made(kind: str, name: str | None) -> None:
    header = {"grade_id": "x", "solution": True, "grade": False, "locked": False}
    released = new_notebook(cells=[new_code_cell("def x(): ...", metadata={"nbgrader": header}, id="x")])
    (flag,) = flags([Cell(kind, "import subprocess\ndef x(): ...", name, None if name else "x")], released)
    assert flag.startswith("cell 1, line 1: starts, signals or ends processes")


def test_many_of_one_kind_hide_no_other() -> None:
    released = new_notebook(cells=[new_code_cell("x", metadata={"nbgrader": {"grade_id": "x", "solution": True}})])
    header = {"grade": True}
    added = [Cell("code", f"# {number}", f"mine {number}", header=header) for number in range(60)]
    found = flags([*added, Cell("code", "import ctypes"), Cell("code", "import subprocess")], released)
    assert (len(found), found[-1]) == (module.MAX_FLAGS + 1, "and 32 more")
    assert [flag.partition(": ")[2] for flag in found[-3:-1]] == [
        "reaches below Python (ctypes)",
        "starts, signals or ends processes (subprocess)",
    ]


def test_a_flag_can_be_shown() -> None:
    (flag,) = said("open('/tmp/\x1b]0;x\\u202e" + "x" * 1000 + "')")
    assert flag.isprintable() and len(flag) < 150
    (flag,) = said("open('/tmp/a" + "\u0300\u0489" * 20 + "b')")
    assert flag.endswith("(/tmp/a" + "\u0300\u0489" * 2 + "b)")


RELEASED = nbformat.v4.new_notebook(
    cells=[
        new_code_cell("import ctypes", id="plain"),
        new_code_cell(
            "check(f)",
            id="f",
            metadata={"nbgrader": {"grade_id": "f", "grade": True, "solution": False, "locked": True, "points": 2}},
        ),
    ]
)
HEADERS = {
    "as it was": (Cell("code", "check(f)", "f", "f", {"grade": True, "points": 2.0, "locked": True}), []),
    "stripped": (Cell("code", "check(f)", "f", "f", {}), []),
    "blanks at the end": (Cell("code", "check(f) \n", "f", "f", {}), []),
    "points": (
        Cell("code", "check(f)", "f", "f", {"points": 1000, "locked": False}),
        ["cell 2: what nbgrader says of the cell was changed (points, locked)"],
    ),
    "odd points": (
        Cell("code", "check(f)", "f", "f", {"points": [[]]}),
        ["cell 2: what nbgrader says of the cell was changed (points)"],
    ),
    "source": (
        Cell("code", "f = 2.0", "f", "f", {}),
        ["cell 2: a locked cell was changed; the released one was used (f)"],
    ),
    "added": (
        Cell("code", "1", "bonus", "b", {"grade": True}),
        ["cell 2: what nbgrader says of the cell was changed (a graded cell bonus was added)"],
    ),
}


@pytest.mark.parametrize("case", HEADERS)
def test_what_nbgrader_says_of_a_cell(case: str) -> None:
    cell, expected = HEADERS[case]
    assert flags([Cell("code", "import ctypes"), cell], RELEASED) == expected


WRITTEN = {"grade_id": "why", "grade": True, "solution": True, "locked": False, "points": 3}
QUESTION = nbformat.v4.new_notebook(
    cells=[
        new_markdown_cell("YOUR ANSWER HERE", metadata={"nbgrader": WRITTEN}),
        new_markdown_cell("## What comes next, and why it does"),
    ]
)
MINE = "Because the noise of the gradient stays as it is."


@pytest.mark.parametrize(
    ("answer", "below", "told"),
    [
        ("YOUR ANSWER HERE", MINE, True), ("", MINE, True), ("YOUR ANSWER  HERE\n", MINE, True), (MINE, MINE, False),
        ("", "## Mine", False), ("", "## What comes next, and why it does", False), ("YOUR ANSWER HERE", None, False),
    ],
)  # fmt: skip
def test_an_answer_below_the_cell_for_it_is_told(answer: str, below: str | None, told: bool) -> None:
    cells = [Cell("markdown", answer, "why"), *([] if below is None else [Cell("markdown", below)])]
    said = "cell 2: a written answer may stand here, below the empty cell that is marked (why)"
    assert flags(cells, QUESTION) == [said] * told


# --- the sample class ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=HOME.lessons())
def lesson(request: pytest.FixtureRequest) -> Lesson:
    return load(HOME, request.param)


@pytest.fixture(scope="module")
def honest(lesson: Lesson) -> dict[str, list[Cell]]:
    """The cells of each kind of submission that only solves the lesson, well or badly."""
    kinds = ("correct", "blank", "accepted-", "mistake-")
    made = [item for item in samples(lesson) if item.kind.startswith(kinds)]
    return {item.kind: read(item.data) for item in made if item.data is not None}


def test_of_honest_work_only_what_leans_on_a_library_is_flagged(lesson: Lesson, honest: dict[str, list[Cell]]) -> None:
    found = {kind: flags(each, lesson.released, lesson.exercises) for kind, each in honest.items()}
    assert len(found) > 20
    variants = [(item, each) for item in lesson.exercises.values() for each in item.accepted]
    lean = {each.implementation for _, each in variants if each.library}
    leaning = {
        f"accepted-{item.id}-{each.name}"
        for item, each in variants
        if each.library or lean & {*each.companions.values()}  # it brings one along that does
    }
    assert all(LIBRARY in sentence for said in found.values() for sentence in said)
    told = {kind for kind, said in found.items() if said}
    assert {kind for kind in told if not kind.startswith("mistake-")} <= leaning
    given = {cell.source for cell in lesson.released.cells}
    written = {kind: [cell.source for cell in honest[kind] if cell.source not in given] for kind in leaning - told}
    assert all(DERIVES.search("\n".join(sources)) for sources in written.values())  # told where it is called


def test_a_notebook_takes_milliseconds(lesson: Lesson, honest: dict[str, list[Cell]]) -> None:
    taken = []
    for each in list(honest.values())[:20]:
        begun = time.thread_time()
        flags(each, lesson.released, lesson.exercises)
        taken.append(time.thread_time() - begun)
    assert median(taken) < 0.05


# --- hostile source --------------------------------------------------------------------------------------------

LONG = 60_000


def _repeated(line: str, before: str = "", after: str = "") -> str:
    """As many lines as fit, each with its number in the place of #."""
    text = before
    for number in range(LONG // (len(line.replace("#", "12345")) + 1)):
        text += line.replace("#", str(number)) + "\n"
    return text + after


HOSTILE = {
    "too long": "x" * 10**6,
    "brackets": "(" * LONG,
    "operators": "-" * LONG + "1",
    "words": "not " * (LONG // 4) + "1",
    "a long chain": "x = a" + ".b" * (LONG // 2),
    "chains": "import torch\n" + ("torch" + ".os" * 300 + "\n") * 100,
    "names of names": "import torch\na0 = torch\n" + "\n".join(f"a{n + 1} = a{n}.x" for n in range(6000)),
    "blank lines": "\n" * LONG + "%x\n(",
    "blanks": " " * LONG + "%x\n)",
    "a long word": "a" * LONG + "?\n(",
    "words and blanks": "a " * (LONG // 2) + "=\n%x\n(",
    "magics": "%x\n" * (LONG // 3),
    "commands": "!x\n" * (LONG // 3),
    "python, python": "!" + "python" * (LONG // 6),
    "many": "import os\n" + "os.fork()\n" * (LONG // 10),
    "texts": "x = '" + "a b" * (LONG // 3) + "'",
    "comparisons": "a" + " < a" * (LONG // 4),
    "half a character": "x = '\ud800'",
    "NUL": "\0" * LONG,
    "a variable that grows": _repeated("a=a.os" + ".os" * 60, "import os as a\n"),
    "a variable that grows by little": _repeated("a=a.os\na", "import os as a\n"),
    "a variable that grows in turn": _repeated("a=b.os\nb=a.sys", "import os as a\nb=a\n"),
    "a variable with a long meaning": _repeated("a", f"import {'os.' * (LONG // 8)}os as a\n"),
    "a variable with a longest meaning": "import os as a\na = a" + ".os" * 300 + "\n" + "a;" * (LONG // 4),
    "a module with a long name": f"from {'a.' * (LONG // 8)}b import " + ", ".join(f"c{n}" for n in range(LONG // 10)),
    "a class with a long name": f"class {'a' * (LONG // 2)}:\n" + "  x=1\n" * (LONG // 14),
    "attributes of items": "x = a" + ".b[0]" * 150 + "\n" + _repeated("y = a" + ".b[0].c()" * 40),
    "getattr in getattr": _repeated("getattr(" * 90 + "a" + ".b,'c')" * 90),
    "chains in getattr": "getattr(" * 90 + "a" + (".b" * (LONG // 200) + ",'c')") * 90,
    "getattr of long texts": "getattr(" * 90 + "a" + ("," + repr("c" * (LONG // 100)) + ")") * 90,
    "a huge dictionary": "x = {" + ", ".join(f"{n}: torch.os" for n in range(LONG // 18)) + "}",
    "a huge call": "import os\nx = f(" + ", ".join(f"a{n}=os.x" for n in range(LONG // 13)) + ")",
    "deep lists": _repeated("x = " + "[" * 90 + "]" * 90),
    "deep lambdas": _repeated("x = " + "lambda: " * 60 + "torch.os"),
    "many lambdas": _repeated("f# = lambda x: f1#(x)", after="momentum_step = f1"),
    "lambdas that call all": "momentum_step = f0\n"
    + "f0 = lambda: ["
    + ", ".join(f"f{n}" for n in range(7000))
    + "]\n"
    + "\n".join(f"f{n} = f0" for n in range(3500)),
    "functions that call each other": _repeated(
        "def f#(): f1#(); f#(); momentum_step()", after="def momentum_step(): f1()"
    ),
    "many classes": _repeated("class C#(C1#): __eq__ = f"),
    "walruses": _repeated("(a := (b := (c := a.os)))", "import os as a\n"),
    "targets": "import os\n" + " = ".join(f"a{n}" for n in range(LONG // 9)) + " = os.x",
    "aliases": "import " + ", ".join(f"os.path as a{n}" for n in range(LONG // 20)),
    "stars": _repeated("from os import *"),
    "blanks between what is no Python": ("x" + " " * 1990 + "$\n") * 30 + "!x\n",
    "fewer blanks": (("x" + " " * 70 + "$") * 13 + "\n") * (LONG // 950),
    "help without end": "(" + ("a" * 990 + "\n") * (LONG // 1000) + ")?\n",
    "magics in magics": "%%time a b c d e f g\n" * (LONG // 20),
    "prompts": ">>> x\n" * (LONG // 6),
    "branches": "if 1: pass\n" + "elif 1: pass\n" * (LONG // 13),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_source_is_borne(case: str) -> None:
    begun = time.thread_time()
    found = said(HOSTILE[case])
    assert all(flag.isprintable() for flag in found)
    assert time.thread_time() - begun < 3  # a second on a machine that does nothing else


PIECES = (
    "a# = a1#.os", "import os.path as a#", "a# = lambda x: a1#(x).os", "a# = {1: a1#, 2: os.x}[1]", "from os import *",
    "class C#(a#.os):\n    __eq__ = a#", "def f#(x=f1#): global a#; return f1#(a#.os.sys)", "a.os.os.os.os[#].gc = a#",
    "getattr(getattr(a#, 'os'), 'x').y", "a# = os = a#.os", "x = 'a' 'b'", "!x", "setattr(a#, 'b', a.b)", "del a.b.c",
    "a# = functools.partial(a1#.os, a.b)", "for a#.b in a.b.c: pass", "with a.b as a#, a.c: a#",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_random_source_takes_a_time_that_grows_with_its_length(seed: int) -> None:
    """Few pieces, many times, in one cell or in many."""
    dice = random.Random(seed)
    pieces = dice.sample(PIECES, 1 + seed % 4)
    size = dice.choice([LONG, LONG // 10, 500])
    source, cells = "import os as a\nos = a\n", []
    for number in range(LONG // 30):
        source += dice.choice(pieces).replace("#", str(number % dice.choice([3, 10**6]))) + "\n"
        if len(source) > size:
            cells.append(source)
            source = ""
    begun = time.thread_time()
    said(*cells, source)
    assert time.thread_time() - begun < 3


def test_hostile_cells_together_are_bounded() -> None:
    begun = time.thread_time()
    found = said(*[HOSTILE["chains"]] * 300)
    assert any("was not looked at" in flag for flag in found)
    assert time.thread_time() - begun < 10
