"""What a student has brought along beside code: data, files, numbers by the thousand. Read, and never run.

As a flag it asks a person to look and is no verdict.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from nbformat import NotebookNode

from steepest_grader.errors import printable
from steepest_grader.notebook.cells import Cell
from steepest_grader.notebook.code import Code, read_code
from steepest_grader.notebook.flags import MAX_CHARACTERS, MAX_SHOWN, bound_names

__all__ = ["brought", "given_name"]

DATA = "brings data along"
READS = "opens a file"
NUMBERS = "holds thousands of numbers"
TOO_LONG = "more was written than is looked at"
OPENING = (
    "open", "io.open", "io.open_code", "io.FileIO", "_io", "_pyio", "os.open", "os.fdopen", "os.read", "os.pread",
    "os.readv", "os.preadv", "codecs.open", "mmap", "tokenize.open", "linecache", "pathlib", "shutil", "tempfile",
    "zipfile", "tarfile", "gzip", "bz2", "lzma", "zipimport", "sqlite3", "dbm", "csv", "h5py", "shelve", "fileinput",
    "configparser", "plistlib", "wave", "aifc", "sunau", "mailbox", "netrc", "gettext", "tomllib", "xml", "yaml",
    "pkgutil", "runpy", "imp", "importlib.machinery", "importlib.util", "importlib.resources", "importlib.metadata",
    "logging.FileHandler", "logging.handlers", "logging.config", "doctest.testfile", "numpy.load", "numpy.loadtxt",
    "numpy.genfromtxt", "numpy.fromregex", "numpy.fromfile", "numpy.memmap", "numpy.save", "numpy.savez", "numpy.rec",
    "numpy.lib.npyio", "numpy.lib._npyio_impl", "numpy.lib.format", "numpy.lib._datasource", "numpy.lib.DataSource",
    "numpy.DataSource", "scipy.io", "matplotlib.pyplot.imread", "matplotlib.image", "matplotlib.cbook",
    "matplotlib.dviread", "matplotlib.rc_file", "torch.load", "torch.save", "torch.hub", "torch.from_file",
    "torch.serialization", "torch.package", "torch.storage", "torch.jit.load", "torch.PyTorchFileReader",
    "torch.utils.model_zoo", "IPython.display", "IPython.utils.io", "ipywidgets", "nbformat", "joblib", "fsspec",
    "pandas.io", "pandas.read", "pandas.HDFStore", "pyarrow", "netCDF4", "PIL", "imageio", "cv2", "skimage.io",
)  # fmt: skip
# The same in a library that is not listed, or as a method of whatever there is.
OPENING_ENDS = re.compile(
    r"from_?file|to_?file|imread|imsave|loadmat|savemat|loadtxt|savetxt|genfromtxt|(?:open_)?memmap|write_(?:bytes|text)"
    r"|read_(?:bytes|text|csv|json|pickle|parquet|table|excel|hdf|feather|fwf|xml|html|sql)|\w*Storage|ExcelFile"
)
DATA_SETS = (
    "sklearn.datasets", "scipy.datasets", "scipy.misc", "seaborn.load_dataset", "torchvision", "torchaudio",
    "tensorflow_datasets", "datasets", "keras.datasets",
)  # fmt: skip
ANYWHERE = frozenset({"open"})  # what no import binds
MANY = 2_000
NUMBER = re.compile(r"(?<![\w.])\d[\w.]*+")
LONGEST_NAME = 200


def brought(
    cells: Sequence[Cell], released: NotebookNode, names: Collection[str] = (), beside: Collection[str] = ()
) -> list[str]:
    """Say what a submission brings along; each thing once a cell.

    Parameters
    ----------
    cells : sequence of Cell
        As handed in.
    released : NotebookNode
        As given out; what is unchanged from it is passed over.
    names : collection of str
        Dotted names that stand for data, besides those that do in every course.
    beside : collection of str
        Paths of files that were handed in with the notebook.
    """
    given = {cell.source for cell in released.cells}
    codes: dict[int, Code] = {}
    theirs: dict[int, str] = {}
    budget = MAX_CHARACTERS
    files = [f"{printable(path[-MAX_SHOWN:])}: {DATA}" for path in sorted(beside)]
    for number, cell in enumerate(cells, start=1):
        if cell.kind != "code" or not cell.source:
            continue
        if cell.source not in given:
            budget -= len(cell.source)
            if budget < 0:
                return [*files, *_said(theirs, codes, names), f"cell {number}: {TOO_LONG}"]
            theirs[number] = cell.source
        codes[number] = read_code(cell.source)
    return [*files, *_said(theirs, codes, names)]


def _said(theirs: dict[int, str], codes: dict[int, Code], names: Collection[str]) -> Iterator[str]:
    kinds = {**dict.fromkeys(OPENING, READS), **dict.fromkeys((*DATA_SETS, *names), DATA)}
    holders = {name.rpartition(".")[0] for name in (*DATA_SETS, *names)} - {""}  # modules, if they are handed on
    bound = bound_names(codes.values())
    for number, source in theirs.items():
        found: dict[str, str] = {}
        for item in sorted(codes[number].seen, key=lambda item: item.kind == "part"):  # whole names first
            if item.kind == "handed" and (name := _meaning(item.name, False, bound)) in holders:
                found.setdefault(DATA, f"cell {number}, line {item.line}: {DATA} ({printable(name)} as a value)")
            if item.kind in ("import", "use", "part"):
                name = item.name if item.kind == "part" else _meaning(item.name, item.kind == "import", bound)
                kind = next((kinds[known] for known in kinds if item.kind != "part" and _is_under(name, known)), None)
                if kind is None and OPENING_ENDS.fullmatch(name.rpartition(".")[2]):
                    kind = READS
                if kind is not None:
                    found.setdefault(kind, f"cell {number}, line {item.line}: {kind} ({printable(name[:MAX_SHOWN])})")
        yield from found.values()
        if sum(1 for _ in NUMBER.finditer(source)) > MANY:
            yield f"cell {number}: {NUMBERS}"


def _meaning(name: str, imported: bool, bound: dict[str, str]) -> str:
    root, dot, rest = name.partition(".")
    if imported:
        return name
    return bound[root] + dot + rest if root in bound else name if root in ANYWHERE else ""


def _is_under(name: str, known: str) -> bool:
    """Whether a name is that one, or of what lies under it or holds it; `pandas.read` is all that begins so."""
    if name.endswith(".*"):
        return f"{known}.".startswith(name[:-1]) or name.startswith(f"{known}.")
    return name == known or name.startswith(f"{known}.") or (known == "pandas.read" and name.startswith(known))


def given_name(cells: Sequence[Cell], variable: str) -> str:
    """The text that a variable is given last, in a line of its own of some cell of code, as it is written; else "".

    Nothing is run for it: an escape stays two letters, and what is put together is no text.
    """
    line = re.compile(
        rf"^{re.escape(variable)}[ \t]*=[ \t]*(?:\"([^\"\n\\]{{0,{LONGEST_NAME}}})\"|'([^'\n\\]{{0,{LONGEST_NAME}}})')"
        r"[ \t]*(?:#[^\n]*)?$",
        re.MULTILINE,
    )
    assigned = re.compile(rf"^[ \t]*{re.escape(variable)}[ \t]*=", re.MULTILINE)
    found = ""
    for cell in cells:
        if cell.kind == "code" and assigned.search(cell.source):
            texts = [match[1] or match[2] or "" for match in line.finditer(cell.source)]
            found = texts[-1] if texts and len(texts) == len(assigned.findall(cell.source)) else ""
    return found
