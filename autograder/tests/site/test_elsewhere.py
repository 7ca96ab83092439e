"""Buttons and set-up cells follow the plan; where nothing is said there is nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from steepest_grader.course.find import find_course
from steepest_grader.course.lesson import load
from steepest_grader.course.plan import Links
from steepest_grader.notebook.flags import flags
from steepest_grader.notebook.restore import read
from steepest_grader.site.elsewhere import buttons, with_set_up

COURSE = find_course(Path(__file__))
COLAB = "https://colab.research.google.com/github/o/r/blob/b/notebooks/{lesson}.ipynb"


@pytest.mark.parametrize(
    ("links", "addresses"),
    [
        (Links(), ["notebook.ipynb"]),
        (Links(colab=COLAB), ["notebook.ipynb", COLAB.replace("{lesson}", "05_momentum")]),
        (Links(binder="https://b/{lesson}?a=1&b=2"), ["notebook.ipynb", "https://b/05_momentum?a=1&amp;b=2"]),
    ],
    ids=["nothing", "Colab", "Binder"],
)
def test_buttons(links: Links, addresses: list[str]) -> None:
    html = buttons(links, "05_momentum", "notebook.ipynb")
    assert [part.partition('"')[0] for part in html.split('href="')[1:]] == addresses


def test_a_notebook_is_left_alone_where_no_package_is_known() -> None:
    notebook = new_notebook(cells=[new_markdown_cell("# A")])
    assert with_set_up(notebook, None, "steepest") is notebook


def test_the_set_up_cell_raises_no_flag() -> None:
    lesson = load(COURSE, COURSE.lessons()[0])
    notebook = with_set_up(lesson.released, "steepest @ git+https://h/o/r@b#subdirectory=utils", "steepest")
    assert len(notebook.cells) == len(lesson.released.cells) + 1
    assert flags(read(nbformat.writes(notebook).encode()), lesson.released, list(lesson.exercises)) == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_set_up_cell_installs_the_student_package_where_it_is_missing(tmp_path: Path) -> None:
    """In a bare environment that is lent what is installed here, but not the student package itself."""
    wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    source = tmp_path / "utils"
    subprocess.run(["cp", "-r", COURSE.root / "utils", source], check=True)  # a build leaves files in its source
    subprocess.run([*wheel, tmp_path, source], check=True, timeout=300)
    (built,) = tmp_path.glob("steepest-*.whl")
    bare = tmp_path / "bare"
    venv.create(bare, with_pip=True)
    python = bare / "bin" / "python"
    (packages,) = bare.glob("lib/python*/site-packages")
    lent = Path(nbformat.__file__).parents[1]
    for path in lent.iterdir():
        own = path.name.startswith(("steepest", "__editable__", "pip")) or (packages / path.name).exists()
        if not own:
            (packages / path.name).symlink_to(path)
    code = new_notebook(cells=[new_markdown_cell("# A"), new_code_cell("import steepest; print(steepest.__file__)")])
    notebook = with_set_up(code, f"steepest @ {built.as_uri()}", "steepest")
    program = (
        "from IPython.core.interactiveshell import InteractiveShell as Shell\nimport json, sys\n"
        "for cell in json.load(sys.stdin): Shell.instance().run_cell(cell).raise_error()\n"
    )
    cells = json.dumps([cell.source for cell in notebook.cells if cell.cell_type == "code"])
    missing = subprocess.run([python, "-c", "import steepest"], capture_output=True, check=False)
    assert b"No module named 'steepest'" in missing.stderr
    done = subprocess.run(
        [python, "-c", program], input=cells, capture_output=True, text=True, check=False, timeout=500,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PIP_NO_INDEX": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip().splitlines()[-1] == str(packages / "steepest" / "__init__.py")
