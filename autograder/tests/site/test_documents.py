"""Documents become pages whose links stay within the site, and which tell no secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from steepest_grader.site.documents import documents
from steepest_grader.site.secrets import Secrets

SECRETS = Secrets(frozenset({"velocity=beta*velocity-lr*grad"}))
TEXTS = [
    ("a link to a page", "See [that](other.md).", "See [that](other.md)."),
    ("a link to a place on a page", "See [that](other.md#part).", "See [that](other.md#part)."),
    ("a link to a file that has no page", "See [that](../Makefile).", "See that."),
    ("a link to the page of a lesson", "See [that](../lessons/index.md).", "See [that](../lessons/index.md)."),
    ("a link to elsewhere", "See [that](https://example.org).", "See [that](https://example.org)."),
    ("what looks like a link in code", "```\n[that](none)\n```\n", "```\n[that](none)\n```\n"),
    ("a picture", "![that](part/a.png)", "![that](part/a.png)"),
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("docs/other.md", "docs/part/a.png", "docs/site/index.md", "README.md", "CHANGELOG.md", "Makefile"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path


def test_which_files_become_pages(root: Path) -> None:
    assert set(documents(root, SECRETS)) == {"docs/other.md", "docs/part/a.png", "index.md", "CHANGELOG.md"}


@pytest.mark.parametrize(("text", "wanted"), [row[1:] for row in TEXTS], ids=[row[0] for row in TEXTS])
def test_links(root: Path, text: str, wanted: str) -> None:
    (root / "docs" / "page.md").write_text(text)
    assert documents(root, SECRETS)["docs/page.md"].decode() == wanted


def test_a_section_that_tells_a_secret_is_cut_out(root: Path) -> None:
    text = "# A\n\nOne.\n\n## B\n\n`velocity = beta * velocity - lr * grad`\n\n## C\n\nThree.\n"
    (root / "docs" / "page.md").write_text(text)
    page = documents(root, SECRETS)["docs/page.md"].decode()
    assert "velocity" not in page
    assert [line for line in page.splitlines() if line.startswith("#")] == ["# A", "## B", "## C"]
    assert "One." in page and "Three." in page
