"""The course's documents as pages: links that lead out of the site become words, and secrets are cut out."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from steepest_grader.site.secrets import Secrets

__all__ = ["documents"]

PAGES = ("docs/*.md", "*.md")
PICTURES = ("docs/**/*.png", "docs/**/*.gif", "docs/**/*.jpg", "docs/**/*.svg")
LEFT_OUT = ("README.md",)  # its place is taken by the pages of docs/site
OWN = "docs/site/"  # pages that are written for the site stand at its top
LINK = re.compile(r"(?<!!)\[([^\[\]]+)\]\((?!https?:|#|mailto:)([^()\s#]+)(#[^()\s]*)?\)")
FENCED = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
SECTION = re.compile(r"(?=^## )", re.MULTILINE)
CUT = "What stands here in the repository shows parts of solutions, and is left out of the site.\n"


def documents(root: Path, secrets: Secrets) -> dict[str, bytes]:
    """Files of the site, by path: documents as Markdown, and their pictures.

    Parameters
    ----------
    root : Path
        The course's folder.
    secrets : Secrets
        Sections that tell one of them are left out.
    """
    texts = dict(_texts(root))
    pictures = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for pattern in PICTURES
        for path in sorted(root.glob(pattern))
    }
    known = {*texts, *pictures}
    pages = {name: _page(name, text, known, secrets).encode() for name, text in texts.items()}
    return pages | pictures


def _texts(root: Path) -> Iterator[tuple[str, str]]:
    for pattern in PAGES:
        for path in sorted(root.glob(pattern)):
            name = path.relative_to(root).as_posix()
            if name not in LEFT_OUT:
                yield name, path.read_text(encoding="utf-8")
    for path in sorted((root / OWN).glob("*.md")):
        yield path.name, path.read_text(encoding="utf-8")


def _page(name: str, text: str, known: Collection[str], secrets: Secrets) -> str:
    safe = "".join(_without_secrets(part, secrets) for part in SECTION.split(text))
    parts = FENCED.split(safe)  # what is fenced is code, and keeps its brackets
    return "".join(part if number % 2 else _linked(name, part, known) for number, part in enumerate(parts))


def _without_secrets(section: str, secrets: Secrets) -> str:
    if not secrets.told_by(section):
        return section
    heading, _, _ = section.partition("\n")
    return f"{heading}\n\n{CUT}\n"


def _linked(name: str, text: str, known: Collection[str]) -> str:
    """Text whose links lead to pages of the site; others become the words that they stood under."""

    def link(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), found[2]))
        inside = target in known or target.startswith(("lessons", "reference", "syllabus"))
        return found[0] if inside else found[1]

    return LINK.sub(link, text)
