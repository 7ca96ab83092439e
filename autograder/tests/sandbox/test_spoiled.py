"""A cell that gives Python's own names another meaning costs neither the cells after it nor the judged calls."""

from __future__ import annotations

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from steepest._checks.calls import Function, StudentError
from steepest_grader.sandbox.base import Sandbox
from steepest_grader.sandbox.kernel import Kernel

pytestmark = pytest.mark.sandbox

SPOILED = {
    "a variable __import__": "__import__ = 7",
    "variables called as functions": "print_, print = print, 3\nlen = list = type = globals = str = 7",
    "IPython's name": "get_ipython = display = 7",
    "__builtins__": "__builtins__ = 7",
    "the import of all modules": "import builtins; builtins.__import__ = 7",
    "functions of all modules": "import builtins; builtins.len = builtins.print = None",
    "a function that is deleted": "import builtins; del builtins.print",
    "while judged": "import builtins\ndef f(x):\n    builtins.__import__ = builtins.print = 7\n    return x",
    "a print of one's own": "import builtins; builtins.print = lambda *_, **__: own(*_)",
}


@pytest.mark.parametrize("name", SPOILED)
def test_the_kernel_goes_on(name: str, sandbox: Sandbox) -> None:
    sources = ["own = print\ndef f(x): return x\ndef g(x):\n    import colorsys\n    return x", SPOILED[name]]
    cells = [new_code_cell(text) for text in (*sources, "def h(x):\n    return x + 1", "own(h(1))")]
    with Kernel(sandbox, nbformat.v4.new_notebook(cells=cells)) as kernel:
        for index, cell in enumerate(cells[:-1]):
            kernel.execute(cell, index)
            assert cell.outputs == []
        for called, result in {"f": 5, "h": 6, "g": 5}.items():
            with kernel.functions(seconds=10) as transport:
                assert Function(called, transport)(5) == result
        kernel.execute(cells[-1], len(cells) - 1)
    assert [output.text for output in cells[-1].outputs] == ["2\n"]


def test_an_import_that_can_be_called_stays_and_costs_what_imports(sandbox: Sandbox) -> None:
    """Taking it back would take back what a notebook means by it."""
    cell = new_code_cell(
        "import builtins\ndef f(x): return x\ndef g(x):\n    import colorsys\ndef spoil():\n    builtins.__import__ = f"
    )
    with Kernel(sandbox, nbformat.v4.new_notebook(cells=[cell])) as kernel:
        kernel.execute(cell, 0)
        with kernel.functions(seconds=10) as transport:
            Function("spoil", transport)()
            assert Function("f", transport)(5) == 5
            with pytest.raises(StudentError, match="takes 1 positional argument"):
                Function("g", transport)(5)
            assert Function("f", transport)(6) == 6
