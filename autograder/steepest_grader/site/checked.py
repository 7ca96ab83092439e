"""What is wrong with the pages that were made: links that lead nowhere, what is fetched from elsewhere, secrets."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from steepest_grader.site.secrets import Secrets

__all__ = ["faults"]

TEXTS = (".html", ".js", ".ipynb", ".txt", ".json", ".css", ".md", ".py")
FETCHING = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "video": "src"}
THEIRS = ("_static/mathjax/",)  # holds nothing of the course


class _Page(HTMLParser):
    """The links and anchors of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            elif name in ("href", "src") and value:
                self.links.append((tag, value))


def faults(site: Path, secrets: Secrets) -> list[str]:
    """Sentences about the files below a folder; none where all is well.

    Parameters
    ----------
    site : Path
    secrets : Secrets
        What none of them may tell.
    """
    pages = {
        path: _read(path) for path in sorted(site.rglob("*.html")) if "_static" not in path.relative_to(site).parts
    }
    found = [fault for path in pages for fault in _dead_links(site, path, pages)]
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site).as_posix()
        if path.suffix in TEXTS and not name.startswith(THEIRS):
            told = secrets.told_by(path.read_text(encoding="utf-8", errors="replace"))
            found += [f"{name} tells what students must not see: {piece[:60]}" for piece in told]
    return found


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def _dead_links(site: Path, path: Path, pages: dict[Path, _Page]) -> Iterator[str]:
    name = path.relative_to(site).as_posix()
    for tag, address in pages[path].links:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            if tag in FETCHING and parts.scheme != "data":
                yield f"{name} fetches {address} from elsewhere"
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if target.is_dir():
            target /= "index.html"
        if not target.is_file():
            yield f"{name} links to {address}, which is not there"
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
            yield f"{name} links to {address}, a place that is not there"
