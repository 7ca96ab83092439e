"""How the tools that students use save a notebook."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from textwrap import dedent
from typing import Any

import nbformat
from nbformat import NotebookNode

Raw = dict[str, Any]


def _jupyterlab(raw: Raw) -> Raw:
    for cell in raw["cells"]:
        cell["metadata"] |= {"editable": True, "slideshow": {"slide_type": ""}, "tags": []}
        if cell["cell_type"] == "code":
            cell["metadata"]["execution"] = {"iopub.execute_input": "2030-01-15T14:58:23.000000Z"}
            cell["execution_count"] = 7
    return raw


def _vscode(raw: Raw) -> Raw:
    for cell in raw["cells"]:
        cell["metadata"] |= {"vscode": {"languageId": "python" if cell["cell_type"] == "code" else "markdown"}}
    raw["metadata"]["language_info"] = {"name": "python", "version": "3.12.1", "nbconvert_exporter": "python"}
    return raw


def _without_ids(raw: Raw, minor: int) -> Raw:
    for cell in raw["cells"]:
        cell.pop("id", None)
    return raw | {"nbformat_minor": minor}


def _colab(raw: Raw) -> Raw:
    raw = _without_ids(raw, 0)
    for number, cell in enumerate(raw["cells"]):
        cell["metadata"] |= {"id": f"Qx{number:010}", "colab": {"base_uri": "https://localhost:8080/"}}
        cell["source"] = cell["source"].splitlines(keepends=True)
    raw["metadata"] |= {"colab": {"provenance": [], "toc_visible": True}, "accelerator": "GPU"}
    return raw


def _deepnote(raw: Raw) -> Raw:
    for number, cell in enumerate(raw["cells"]):
        kind = cell["cell_type"]
        cell["metadata"] |= {
            "cell_id": f"{number:032x}",
            "deepnote_cell_type": kind,
            "deepnote_to_be_reexecuted": False,
        }
        cell["block_group"] = f"{number:032x}"
    raw["metadata"] |= {"deepnote": {}, "deepnote_notebook_id": "0" * 32, "orig_nbformat": 2}
    return _without_ids(raw, 0)


def _version(minor: int) -> Callable[[Raw], Raw]:
    return lambda raw: raw if minor >= 5 else _without_ids(raw, minor)


def _version_3(raw: Raw) -> Raw:
    old: Raw = nbformat.convert(nbformat.from_dict(raw), 3)
    return json.loads(json.dumps(old)) | {"orig_nbformat": 4}  # type: ignore[no-any-return]


TOOLS: dict[str, Callable[[Raw], Raw]] = {
    "JupyterLab 4": _jupyterlab,
    "VS Code": _vscode,
    "Colab": _colab,
    "Deepnote": _deepnote,
    "nbformat 3": _version_3,
    **{f"nbformat 4.{minor}": _version(minor) for minor in range(6)},
}


def saved(released: NotebookNode, answers: Mapping[str, str], tool: str) -> str:
    """What is handed in: a released notebook with answers, as a tool saves it."""
    raw: Raw = json.loads(json.dumps(released))
    for cell in raw["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell["source"] = dedent(answers[name]).strip()
    return json.dumps(TOOLS[tool](raw), indent=1)
