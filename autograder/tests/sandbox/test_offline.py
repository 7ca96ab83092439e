"""What wants a network, or what only a hosted notebook has, costs a sentence and nothing of its cell."""

from __future__ import annotations

import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from steepest_grader.sandbox.base import Sandbox
from steepest_grader.sandbox.kernel import Kernel

pytestmark = pytest.mark.sandbox

NO_NETWORK, PASSED_OVER, ONLY_THE_NOTEBOOK = "there is no network", "passed over", "nothing but the notebook"
CELLS = {
    "!pip install seaborn": NO_NETWORK,
    "!pip3 -q install seaborn": NO_NETWORK,
    "!python -m pip install seaborn": NO_NETWORK,
    "!{sys.executable} -m pip install seaborn": NO_NETWORK,
    "!sudo apt-get -y install ffmpeg && echo done": NO_NETWORK,
    "!cd /tmp; wget https://example.org/data.csv": NO_NETWORK,
    "!yes | conda install numpy": NO_NETWORK,
    "!git clone https://example.org/x.git": NO_NETWORK,
    "found = !curl -s https://example.org": NO_NETWORK,
    "%pip install seaborn": NO_NETWORK,
    "%conda install seaborn": NO_NETWORK,
    "%tensorflow_version 2.x": PASSED_OVER,
    "%load_ext tensorboard": PASSED_OVER,
    "%matplotlib widget": PASSED_OVER,
    "%matplotlib nonsense": PASSED_OVER,
    "import matplotlib\nmatplotlib.use('TkAgg')": PASSED_OVER,
    "from matplotlib import use\nuse('qtagg', force=True)": PASSED_OVER,
    "from google.colab import drive\ndrive.mount('/content/drive')": ONLY_THE_NOTEBOOK,
    "from google.colab import files\nfor name in files.upload(): print(name)": ONLY_THE_NOTEBOOK,
    "import google.colab\ngoogle.colab.userdata.get('KEY')": ONLY_THE_NOTEBOOK,
}
AS_EVER = {
    "!echo pip": "pip",
    "!printf '%s' gitless": "gitless",
    "x = !echo wget-like\nprint(x[0])": "wget-like",
    "%timeit -n1 -r1 1": "per loop",
    "name = 'Ada'\n!echo {name}": "Ada",
    "def f(word):\n    !echo {word}\nf('inside')": "inside",
    "def f(word):\n    return get_ipython().getoutput('echo {word}')\nprint(f('inner')[0])": "inner",
    "%config InlineBackend.figure_format = 'svg'\nprint('set')": "set",
}
RUN = "import sys\nimport time"


def shown(sandbox: Sandbox, source: str) -> tuple[str, float]:
    """What a cell prints behind another, and how long it takes."""
    cells = [new_code_cell(RUN), new_code_cell(f"{source}\nprint('the rest ran')")]
    with Kernel(sandbox, nbformat.v4.new_notebook(cells=cells)) as kernel:
        kernel.execute(cells[0], 0)
        begun = time.monotonic()
        kernel.execute(cells[1], 1)
        seconds = time.monotonic() - begun
    assert [output for output in cells[1].outputs if output.output_type == "error"] == []
    return "".join(output.get("text", "") for output in cells[1].outputs), seconds


@pytest.mark.parametrize("source", CELLS, ids=str)
def test_a_sentence_and_the_rest_of_the_cell(source: str, sandbox: Sandbox) -> None:
    text, seconds = shown(sandbox, source)
    assert CELLS[source] in text
    assert text.endswith("the rest ran\n")
    assert seconds < 3  # pip alone tries for ten


@pytest.mark.parametrize("source", AS_EVER, ids=str)
def test_all_else_runs_as_ever(source: str, sandbox: Sandbox) -> None:
    text, _ = shown(sandbox, source)
    assert AS_EVER[source] in text
    assert NO_NETWORK not in text
