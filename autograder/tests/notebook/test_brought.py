"""What a submission brings along, and the name that a student gives: read off the source, whatever it is."""

from __future__ import annotations

import time

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from steepest_grader.notebook.brought import brought, given_name
from steepest_grader.notebook.cells import Cell

RELEASED = new_notebook(
    cells=[
        new_code_cell(
            "import torch\nimport numpy as np\nfrom course.data import rows, practise\nrows(seed=1)", id="given"
        ),
        new_code_cell('leaderboard_name = ""', id="name"),
    ]
)
GIVEN = [Cell("code", cell.source) for cell in RELEASED.cells]
DATA = ("course.data.rows",)


def found(*sources: str) -> list[str]:
    return brought([*GIVEN, *(Cell("code", source) for source in sources)], RELEASED, DATA)


HONEST = {
    "plain work": "def step(state, x):\n    return torch.relu(x @ state['w'])",
    "a practice of one's own": "practise(step, seed=3)",
    "a name that is like one": "opened = rows_seen = 3\nopen_question = 'open'",
    "a method of that name": "class Box:\n    def open(self):\n        return 1\nBox().open()",
    "some numbers": f"w = {list(range(300))}",
    "a text": "'sklearn.datasets and open(...)'",
}
BROUGHT = {
    "the course's own data": ("rows(seed=2)", "brings data along (course.data.rows)"),
    "the same under another name": ("mine = rows\nmine(seed=2)", "brings data along"),
    "the same with all others": ("from course.data import *\nrows(2)", "brings data along (course.data.*)"),
    "all of a library's data": ("from sklearn.datasets import *", "brings data along (sklearn.datasets.*)"),
    "the same by a module that is handed on": (
        "import course.data as d\nvars(d)['ro' + 'ws'](2)", "brings data along (course.data as a value)"
    ),
    "the same by its module": ("import course.data as d\nd.rows(2)", "brings data along"),
    "data of a library": ("from sklearn.datasets import load_wine", "brings data along (sklearn.datasets.load_wine)"),
    "data of a library, in a function": ("def f():\n    import sklearn.datasets\n", "brings data along"),
    "a file": ("def f(g):\n    return open('w.bin').read()", "opens a file (open)"),
    "a file by its path": ("from pathlib import Path\nPath('w').read_bytes()", "opens a file"),
    "a file of numbers": ("w = np.load('w.npy')", "opens a file (numpy.load)"),
    "a file of tensors": ("w = torch.load('w.pt')", "opens a file (torch.load)"),
    "a file by its reader": ("from numpy.lib import npyio\nw = npyio.load('w.npy')", "opens a file"),
    "a picture": ("import matplotlib.pyplot as plt\nw = plt.imread('w.png')", "opens a file"),
    "storage of a file": ("w = torch.UntypedStorage.from_file('w.bin', False, 9)", "opens a file"),
    "lines of a file": ("import linecache\nw = linecache.getlines('w.txt')", "opens a file"),
    "a packed file": ("import bz2\nw = bz2.open('w')", "opens a file"),
    "a table": ("import pandas as pd\npd.read_csv('w.csv')", "opens a file (pandas.read_csv)"),
    "weights": (f"w = {[number / 7 for number in range(2500)]}", "holds thousands of numbers"),
    "too much": ("x = 1\n" * 30_000, "more was written than is looked at"),
}  # fmt: skip


OPENING = (
    "tokenize.open linecache.getlines io.FileIO _io.open _pyio.open os.fdopen mmap.mmap tempfile.TemporaryFile "
    "bz2.open lzma.open netrc xml.dom.minidom importlib.machinery.SourceFileLoader imp.load_source runpy.run_path "
    "logging.FileHandler numpy.lib.npyio.load numpy.DataSource numpy.rec.fromfile numpy.core.records.fromfile "
    "numpy.lib.format.open_memmap matplotlib.pyplot.imread matplotlib.image.imread matplotlib.cbook.get_sample_data "
    "scipy.io.loadmat PIL.Image.open imageio.imread torch.UntypedStorage torch.FloatStorage.from_file "
    "torch.ByteStorage torch.storage torch.jit.load torch.utils.model_zoo joblib.load pandas.HDFStore nbformat.read"
)


@pytest.mark.parametrize("name", OPENING.split())
def test_each_way_to_open_a_file_is_told(name: str) -> None:
    module, _, last = name.rpartition(".")
    for source in (f"import {name.partition('.')[0]}\n{name}", f"from {module} import {last}" if module else ""):
        assert not source or any("opens a file" in text for text in found(source)), source


@pytest.mark.parametrize("source", ["x.untyped_storage().from_file('w')", "w = f().read_bytes()", "a.tofile('w')"])
def test_a_method_that_opens_a_file_is_told_whatever_has_it(source: str) -> None:
    assert any("opens a file" in text for text in found(source))


@pytest.mark.parametrize("case", HONEST)
def test_honest_work_is_passed_over(case: str) -> None:
    assert found(HONEST[case]) == []


@pytest.mark.parametrize("case", BROUGHT)
def test_what_is_brought_along_is_told_with_its_place(case: str) -> None:
    source, said = BROUGHT[case]
    told = found("x = 1", source)
    assert any(text.startswith("cell 4") and said in text for text in told), told


def test_a_file_beside_the_notebook_is_told() -> None:
    assert brought(GIVEN, RELEASED, DATA, {"w.bin": b""}) == ["w.bin: brings data along"]


def test_each_thing_is_told_once_a_cell() -> None:
    assert len(found("open('a')\nopen('b')", "open('c')")) == 2


@pytest.mark.parametrize(
    "source", ["def f(:", "\x00", "(" * 5000, "a." * 50_000, "1," * 40_000, "\ud800", "%%bash\ncat x", "open" * 20_000]
)
def test_it_raises_nothing_and_takes_no_time(source: str) -> None:
    begun = time.monotonic()
    found(source)
    given_name([Cell("code", source)], "leaderboard_name")
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ((), ""),
        (('leaderboard_name = "Quiet Fox"',), "Quiet Fox"),
        (("leaderboard_name='Quiet Fox'  # that's me",), "Quiet Fox"),
        (("x = 1\nleaderboard_name = 'Fox'\ny = 2",), "Fox"),
        (('leaderboard_name = "Fox"', 'leaderboard_name = ""'), ""),  # taken back
        (('leaderboard_name = "Fox"', "leaderboard_name = None"), ""),
        (('leaderboard_name = "Fox"\nleaderboard_name = str(3)',), ""),
        (('# leaderboard_name = "Fox"',), ""),
        (('my_leaderboard_name = "Fox"',), ""),
        (('leaderboard_name == "Fox"',), ""),
        (('if False:\n    leaderboard_name = "Fox"',), ""),
        (('leaderboard_name = "F" + "ox"',), ""),
        (('leaderboard_name = "a\\x1b[31m"',), ""),
        (('leaderboard_name = "' + "x" * 1000 + '"',), ""),
        (('leaderboard_name = "Fox" if ada else "Owl"',), ""),
    ],
)
def test_the_name_that_is_given(sources: tuple[str, ...], expected: str) -> None:
    assert given_name([*GIVEN, *(Cell("code", source) for source in sources)], "leaderboard_name") == expected


def test_only_code_gives_a_name() -> None:
    assert given_name([Cell("markdown", 'leaderboard_name = "Fox"')], "leaderboard_name") == ""
