"""Changing what judges: libraries, IPython, builtins and the course's own package, in the student's process."""

from attacks._attack import Attack, Shown

LIBRARIES = "patching libraries and Python"
KERNEL = "patching the notebook's kernel"
PACKAGE = "patching the course's package"

EXPECTED = """
import sys
def trace(frame, event, argument):
    scope = frame.f_globals
    if "expected" in scope:
        scope["got"], scope["state"] = scope["expected"], {"velocity": scope["expected_velocity"]}
    return trace
sys.settrace(trace)
"""
FAKE = """
import sys, types
fake = types.ModuleType("steepest_grader")
fake.grade = lambda function: 2.0
"""
FINDER = (
    FAKE
    + """
import importlib.abc, importlib.machinery
class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self) if name == "steepest_grader" else None
    def create_module(self, spec):
        return fake
    def exec_module(self, module):
        pass
sys.meta_path.insert(0, Finder())
"""
)
DROP_ASSERTS = """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Drop())
"""
# Name → what it tries, the code, the naive test that it is meant for, part of the flag.
LIBRARY_PATCHES = {
    "torch-allclose": ("makes torch.allclose say yes", "import torch\ntorch.allclose = lambda *a, **k: True", "allclose"),
    "torch-equal": ("makes torch.equal say yes", "import torch\nsetattr(torch, 'equal', lambda *a: True)", "equal"),
    "torch-by-dict": (
        "replaces torch.allclose through the module's dictionary",
        "import torch\nvars(torch)['allclose'] = lambda *a, **k: True", "allclose",
    ),
    "torch-testing": (
        "makes torch.testing.assert_close do nothing",
        "import torch\ntorch.testing.assert_close = lambda *a, **k: None", "assert_close",
    ),
    "torch-testing-code": (
        "exchanges the code of torch.testing.assert_close and leaves the function",
        "import torch\ntorch.testing.assert_close.__code__ = (lambda *args, **kwargs: None).__code__\n"
        "torch.testing.assert_close.__kwdefaults__ = None", "assert_close",
    ),
    "tensor-subtraction": (
        "makes every difference of tensors zero",
        "import torch\ntorch.Tensor.__sub__ = lambda a, b: torch.zeros_like(a)", "difference",
    ),
    "tensor-abs": (
        "makes every absolute value of a tensor zero",
        "import torch\ntorch.Tensor.__abs__ = lambda a: torch.zeros_like(a)", "difference",
    ),
    "tensor-equality": (
        "makes every tensor equal to every other",
        "import torch\ntorch.Tensor.__eq__ = lambda a, b: torch.ones(a.shape, dtype=torch.bool)", "==",
    ),
    "numpy-allclose": ("makes numpy.allclose say yes", "import numpy\nnumpy.allclose = lambda *a, **k: True", "numpy"),
    "numpy-testing": (
        "makes numpy's assertions do nothing",
        "import numpy.testing\nnumpy.testing.assert_allclose = lambda *a, **k: None", "numpy_assert",
    ),
    "builtin-all": ("makes all() say yes", "import builtins\nbuiltins.all = lambda items: True", "python"),
    "builtin-abs": ("makes abs() say zero", "import builtins\nbuiltins.abs = lambda value: 0.0", "python"),
    "builtin-zip": ("makes zip() give nothing", "import builtins\nbuiltins.zip = lambda *a, **k: []", "python"),
    "builtin-import": (
        "hands out a grader of its own when one is imported",
        FAKE + "import builtins\nreal = builtins.__import__\n"
        "builtins.__import__ = lambda name, *a, **k: fake if name == 'steepest_grader' else real(name, *a, **k)", "grade",
    ),
    "fake-module": (
        "puts a grader of its own where modules are looked up",
        FAKE + "sys.modules['steepest_grader'] = fake", "grade",
    ),
    "fake-finder": ("finds the grader's package before Python does", FINDER, "grade"),
    "settrace": ("puts the expected value in the place of its own while the test runs", EXPECTED, "allclose"),
}  # fmt: skip
KERNEL_PATCHES = {
    "drops-asserts": ("has IPython drop every assert", DROP_ASSERTS, "allclose"),
    "drops-assert-lines": (
        "has IPython drop every line with an assert",
        "get_ipython().input_transformers_post.append(\n"
        "    lambda lines: [line for line in lines if not line.startswith('assert')])", "allclose",
    ),
    "no-traceback": (
        "has IPython show no error",
        "get_ipython().showtraceback = lambda *a, **k: None\nget_ipython()._showtraceback = lambda *a, **k: None",
        "allclose",
    ),
    "custom-handler": (
        "has IPython hand errors to a handler that says nothing",
        "get_ipython().set_custom_exc((BaseException,), lambda *a, **k: None)", "allclose",
    ),
    "shows-full-marks": (
        "has IPython show every number as full marks",
        "text = get_ipython().display_formatter.formatters['text/plain']\n"
        "text.for_type(float, lambda value, printer, cycle: printer.text('2.0'))", "grade",
    ),
}  # fmt: skip
PACKAGE_PATCHES = {
    "finding": (
        "has the comparison find nothing wrong",
        "import steepest._checks.finding as finding\nfinding.find = lambda *a, **k: finding.Finding(1.0)", "grade",
    ),
    "difference": (
        "has the comparison see no difference",
        "import steepest._checks.agreement\nsteepest._checks.agreement.difference = lambda *a, **k: None", "grade",
    ),
    "tolerance": (
        "makes the tolerance infinite",
        "import steepest._checks.compare as compare\nfor dtype in compare.RELATIVE:\n"
        "    compare.RELATIVE[dtype] = float('inf')", "grade",
    ),
    "check": (
        "has the instant check always pass",
        "import importlib, steepest._checks.finding\nmodule = importlib.import_module('steepest.check')\n"
        "module.find = lambda *a, **k: steepest._checks.finding.Finding(1.0)", "check",
    ),
    "stored-outcomes": (
        "replaces the stored outcomes by its own",
        "import steepest._checks.outcomes as stored, dataclasses, steepest._checks.cases as cases\nload = stored.load\n"
        "def empty(name):\n    found = load(name)\n"
        "    return dataclasses.replace(found, cases=(), candidates=[cases.Candidate('reference', 'reference', '', 1.0, [])])\n"
        "stored.load = empty", "check",
    ),
    "agreement": (
        "has its results agree with everything",
        "import steepest._checks.agreement\nsteepest._checks.agreement.agree = lambda *a, **k: True", "grade",
    ),
}  # fmt: skip

SILENT = ("no-traceback", "custom-handler")
REPLY = "a test cell that fails is known by the kernel's reply too, whatever is shown of it"

ATTACKS = [
    *(
        Attack(
            name,
            kind,
            tries,
            code=code,
            test=test,
            flag=flag,
            shown=Shown.NOT if name in SILENT else Shown.MARKS,
            why=REPLY if name in SILENT else "",
        )
        for kind, table, flag in (
            (LIBRARIES, LIBRARY_PATCHES, ""),
            (KERNEL, KERNEL_PATCHES, "notebook's kernel"),
            (PACKAGE, PACKAGE_PATCHES, "private parts"),
        )
        for name, (tries, code, test) in table.items()
    ),
]
