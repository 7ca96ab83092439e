"""What a page shows of a cell's outputs: pictures, texts and tables; of a demo its picture, goal and controls."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator, Mapping
from html import escape, unescape
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output
from PIL import Image

from steepest_grader.site.secrets import Secrets

__all__ = ["is_demo", "lighter", "shown"]

VIEW, STATE, PNG = (
    "application/vnd.jupyter.widget-view+json",
    "application/vnd.jupyter.widget-state+json",
    "image/png",
)
MODEL = "IPY_MODEL_"
COLORS = 256
TAG = re.compile(r"<[^<>]*>")


def is_demo(output: NotebookNode) -> bool:
    """Whether it is moved where a kernel runs."""
    return VIEW in output.get("data", {})


def lighter(output: NotebookNode) -> NotebookNode:
    """The same with a picture of fewer colours, which takes a third of the room."""
    if PNG in output.get("data", {}):
        out = io.BytesIO()
        picture = Image.open(io.BytesIO(base64.b64decode(output.data[PNG]))).convert("RGB")
        picture.quantize(COLORS).save(out, "PNG", optimize=True)
        output.data[PNG] = base64.b64encode(out.getvalue()).decode()
    return output


def shown(outputs: list[NotebookNode], widgets: Mapping[str, Any], secrets: Secrets) -> Iterator[NotebookNode]:
    """What a page shows of some outputs, each in one form; what tells a secret in every form is left out.

    Parameters
    ----------
    outputs : list of NotebookNode
        Of one cell.
    widgets : mapping
        What the notebook has stored of its widgets.
    secrets : Secrets
    """
    for output in outputs:
        if output.output_type == "stream" and output.name == "stdout" and not secrets.told_by(output.text):
            yield new_output("stream", name="stdout", text=output.text)
        data = output.get("data", {})
        if is_demo(output):
            yield from _demo(output, widgets)
            continue
        for kind in (PNG, "text/html", "text/plain"):
            if kind in data and (kind == PNG or not secrets.told_by(data[kind])):
                yield new_output("display_data", {kind: data[kind]}, metadata=output.metadata)
                break


def _demo(output: NotebookNode, widgets: Mapping[str, Any]) -> Iterator[NotebookNode]:
    """A demo's goal and what can be moved, in HTML, and its picture with what it says of itself."""
    states = {name: entry.get("state", {}) for name, entry in widgets.get(STATE, {}).get("state", {}).items()}
    below = list(_below(output.data[VIEW]["model_id"], states))
    texts = [str(state["value"]) for state in below if state.get("_model_name") == "HTMLModel"]
    goals = [text for text in texts if text.startswith("<b>Goal")]
    names = [str(state["description"]) for state in below if state.get("description") and "value" in state]
    controls = f" Controls: {escape(', '.join(names))}." if names else ""
    parts = [f"In the notebook this picture moves under your hand.{controls}", *goals]
    note = "".join(f"<p>{part}</p>" for part in parts)
    yield new_output("display_data", {"text/html": f'<div class="demo-note">{note}</div>'})
    if PNG in output.data:
        said = unescape(TAG.sub(" ", " ".join(text for text in texts if text not in goals)))
        metadata = {PNG: {"alt": " ".join(said.split())}}
        yield new_output("display_data", {PNG: output.data[PNG]}, metadata=metadata)


def _below(model: str, states: Mapping[str, Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """A widget's state and those of all within it."""
    state = states.get(model, {})
    yield state
    for child in state.get("children", []):
        yield from _below(str(child).removeprefix(MODEL), states)
