"""The cell of the toolbox in JupyterLab: what it brings takes its place."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from browser import CHROMIUM, lab, open_page, run_notebook

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install the package `chromium`"),
    pytest.mark.timeout(300),
]

ASK = 'from steepest import toolbox\n\ntoolbox.collect("momentum_step", "adam_step")'
STEP = "import torch\n\n\ndef momentum_step(theta, grad, state, *, lr, beta):\n    return torch.as_tensor(theta), state"
SOURCES = "window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.sharedModel.getSource())"


def _write(folder: Path, lesson: str, *sources: str) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    notebook.metadata.kernelspec = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    (folder / lesson).mkdir()
    nbformat.write(notebook, folder / lesson / f"{lesson}.ipynb")


def test_the_functions_take_the_place_of_the_call(tmp_path: Path) -> None:
    _write(tmp_path, "05_momentum", STEP)
    _write(tmp_path, "14_capstone", ASK, "print('moved to', momentum_step(1.5, 0, {}, lr=0, beta=0)[0].item())")
    problems: list[str] = []
    with lab(tmp_path) as url, open_page(problems) as page:
        run_notebook(page, url, "14_capstone/14_capstone.ipynb")
        page.get_by_text("moved to 1.5").wait_for(timeout=60_000)  # in the same run
        cells: list[str] = page.evaluate(SOURCES)
        made: dict[str, object] = {}
        exec(cells[0], made)
        assert "momentum_step" in made and "adam_step" not in made and len(cells) == 2
        assert cells[0].startswith("# from steepest import toolbox\n")
        said = page.locator(".jp-OutputArea-output").first.inner_text()
        assert "✓ momentum_step: from 05_momentum" in said
        assert "✗ adam_step: the notebook 06_adaptive_methods.ipynb is not beside this one." in said
        page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
        page.locator(".jp-InputPrompt", has_text="[4]").wait_for(timeout=60_000)
        assert page.evaluate(SOURCES) == cells
    assert [problem for problem in problems if "favicon" not in problem] == []
