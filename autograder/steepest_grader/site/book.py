"""Sphinx's part of the site: its settings and its run."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import SphinxError

from steepest_grader.errors import CourseError

__all__ = ["MATHJAX", "make", "mathjax"]

MATHJAX = "_static/mathjax/tex-chtml.js"
PARTS = ("tex-chtml.js", "input/tex/extensions/*.js", "output/chtml/fonts/woff-v2/*.woff")
EXTENSIONS = ("myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax", "sphinx_copybutton")


def mathjax() -> dict[str, bytes]:
    """Files of the site that set formulas, by path, from the package that brings them."""
    home = Path(str(files("mathjax") / "static" / "mathjax" / "es5"))
    found = {path: path.relative_to(home).as_posix() for part in PARTS for path in sorted(home.glob(part))}
    return {f"_static/mathjax/{name}": path.read_bytes() for path, name in found.items()}


def settings(title: str, package: str) -> dict[str, Any]:
    """What a `conf.py` would say."""
    return {
        "project": title,
        "html_title": title,
        "extensions": list(EXTENSIONS),
        "html_theme": "sphinx_book_theme",
        "html_theme_options": {
            "navbar_persistent": [],  # the search stands in the sidebar
            "use_download_button": False,
            "use_fullscreen_button": False,
            "show_toc_level": 2,
            "max_navbar_depth": 2,
            "show_navbar_depth": 1,
            "home_page_in_toc": True,
            "collapse_navbar": True,
        },
        "html_context": {"default_mode": "auto"},
        "html_static_path": ["_static"],
        "html_css_files": ["site.css"],
        "html_copy_source": False,
        "html_show_sourcelink": False,
        "html_show_sphinx": False,
        "html_show_copyright": False,
        "html_extra_path": ["_extra"],
        "exclude_patterns": ["_static", "_extra"],
        "nb_execution_mode": "off",
        "nb_merge_streams": True,
        "nb_code_prompt_show": "Show the code",
        "nb_code_prompt_hide": "Hide the code",
        "myst_enable_extensions": ["dollarmath", "amsmath", "html_image"],
        "myst_dmath_double_inline": True,
        "myst_heading_anchors": 4,
        "mathjax_path": MATHJAX.removeprefix("_static/"),
        "mathjax3_config": {"options": {"enableMenu": False}},  # its menu would fetch what is not there
        "autodoc_member_order": "bysource",
        "autodoc_typehints": "signature",
        "python_use_unqualified_type_names": True,
        "napoleon_google_docstring": False,
        "napoleon_use_ivar": True,
        "napoleon_use_rtype": False,
        "autodoc_preserve_defaults": True,
        "nitpicky": True,
        # other packages' names have no page here, nor has what is private
        "nitpick_ignore_regex": [("py:.*", rf"(?!{package}\.).*|.*\._.*")],
    }


def make(source: Path, out: Path, doctrees: Path, title: str, package: str) -> None:
    """Make the pages.

    Parameters
    ----------
    source : Path
        Folder of the pages' sources.
    out : Path
        Folder for the site.
    doctrees : Path
        Folder for what Sphinx keeps from one run to the next.
    title : str
    package : str
        The student package, whose names are looked for in the reference.

    Raises
    ------
    CourseError
        If Sphinx warns of anything.
    """
    said = _Said()
    try:
        app = Sphinx(
            source, None, out, doctrees, "html", settings(title, package),
            status=None, warning=said,
        )  # fmt: skip
        app.connect("autodoc-skip-member", _skipped)
        app.connect("doctree-read", _boxed)
        app.build(force_all=True)  # each page has the titles of all others beside it
    except SphinxError as error:
        raise CourseError(f"The site cannot be made: {error}") from error
    if said.lines:
        raise CourseError(f"The site's pages want mending:\n{said.text()}")


class _Said:
    """What Sphinx warns of."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, text: str) -> None:
        if text.strip():
            self.lines.append(text.strip())

    def flush(self) -> None:
        """Nothing is held back."""

    def text(self) -> str:
        return "\n".join(self.lines)


def _skipped(app: Sphinx, what: str, name: str, item: Any, skip: bool, options: Any) -> bool | None:
    """Fields of named tuples stand in their docstrings; here they would be "alias for field number 0"."""
    return True if type(item).__name__ == "_tuplegetter" else None


def _boxed(app: Sphinx, doctree: nodes.document) -> None:
    """Put wide tables into boxes that scroll by themselves, so that a page does not on a phone."""
    for table in list(doctree.findall(nodes.table)):
        box = nodes.container(classes=["table-box"])
        table.replace_self(box)
        box += table
