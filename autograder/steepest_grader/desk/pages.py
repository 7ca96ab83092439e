"""How a page is made: one file that runs no script but its own, and loads nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup, escape


@cache
def part(name: str) -> str:
    """The text of a file in `templates/`."""
    return (files("steepest_grader") / "desk" / "templates" / name).read_text(encoding="utf-8")


@cache
def template(name: str) -> Template:
    """A compiled template; everything that it is given is text, unless it says otherwise."""
    environment = Environment(
        loader=FunctionLoader(part), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["percent"] = lambda value: "" if value is None else f"{100 * value:.0f} %"
    environment.filters["number"] = lambda value: "" if value is None else f"{value:.3g}"
    environment.filters["mark"] = lambda value: f"{value:g}"
    environment.filters["correlation"] = lambda value: "" if value is None else f"{value:.2f}".replace("-", "−")
    environment.filters["words"] = lambda name: str(name).replace("_", " ")
    environment.filters["exercise"] = lambda cell: str(cell).removeprefix("answer_")
    environment.filters["said"] = _said
    return environment.get_template(name)


def _said(text: object) -> Markup:
    """Words in backticks as code; the text itself stays text."""
    return Markup(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", str(escape(text))))


def policy(script: str = "") -> str:
    """What a page may do: show its own styles and the images that it carries, and run this script."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    own = f"script-src 'sha256-{digest}'; " if script else ""
    return f"default-src 'none'; {own}style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
