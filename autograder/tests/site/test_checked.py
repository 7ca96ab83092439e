"""Pages are looked through before they are published."""

from __future__ import annotations

from pathlib import Path

import pytest
from steepest_grader.site.checked import faults
from steepest_grader.site.secrets import Secrets

SECRETS = Secrets(frozenset({"velocity=beta*velocity"}))
PAGES = [
    ("a page", '<p id="here"><a href="#here">x</a> <a href="b.html#there">y</a></p>', ""),
    ("a link to another site", '<a href="https://example.org/">x</a>', ""),
    ("a picture within", '<img src="data:image/png;base64,AA==">', ""),
    ("a dead link", '<a href="c.html">x</a>', "not there"),
    ("a dead place", '<a href="b.html#nowhere">x</a>', "a place that is not there"),
    ("a picture that is missing", '<img src="a.png">', "not there"),
    ("a script from elsewhere", '<script src="https://cdn.example.org/a.js"></script>', "from elsewhere"),
    ("a style from elsewhere", '<link href="//cdn.example.org/a.css">', "from elsewhere"),
    ("a secret", "<code>velocity <span>=</span> beta * velocity</code>", "must not see"),
]


@pytest.mark.parametrize(("text", "fault"), [row[1:] for row in PAGES], ids=[row[0] for row in PAGES])
def test_faults(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "a.html").write_text(text)
    (tmp_path / "b.html").write_text('<h2 id="there">B</h2>')
    found = faults(tmp_path, SECRETS)
    assert len(found) == bool(fault)
    assert all(fault in item for item in found)


def test_a_secret_is_found_in_whatever_is_no_page(tmp_path: Path) -> None:
    (tmp_path / "searchindex.js").write_text('"velocity = beta * velocity"')
    assert len(faults(tmp_path, SECRETS)) == 1
