"""What nbgrader's exchange lays beside a submission and looks for beside its feedback: a time, and a secret.

A page goes to whoever knows the secret that came with the work. `grade` keeps it beside the graded notebook, so that a
page never goes to a later submission than it is about. Both files come from whoever handed in: they are read within
bounds, and what is laid down again cannot end `nbgrader release_feedback` for the others.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from pathlib import Path

from steepest_grader.files import OddFileError, read_below, replace_file
from steepest_grader.gradebook.late import TIMESTAMP

__all__ = ["SECRET", "keep_receipt", "lay_receipt", "secret_of"]

SECRET = "submission_secret.txt"
MAX_BYTES = 1000
PLAIN = re.compile(rb"[!-~]+")
NOBODYS = "not-handed-in-"  # begins a secret of ours, where the work came without one
TIME = "%Y-%m-%d %H:%M:%S.%f UTC"


def secret_of(folder: Path) -> str | None:
    """The secret that lies beside a submission; None where there is none that can be used.

    Parameters
    ----------
    folder : Path
        The submission, in its student's folder.
    """
    try:
        content = read_below(folder.parent.parent, folder.parent.name, folder.name, SECRET, most=MAX_BYTES)
    except (OddFileError, OSError):
        return None
    return content.decode("ascii") if PLAIN.fullmatch(content) else None


def keep_receipt(kept: Path, came: datetime | None, secret: str | None) -> None:
    """Keep time and secret of a submission beside its graded notebook.

    Parameters
    ----------
    kept : Path
        The folder of the graded notebook.
    came : datetime or None
        In UTC, where it is known.
    secret : str or None
        As `secret_of` gives it. Without one the page lies in the exchange under a secret that nobody has.
    """
    if secret is None:
        before = secret_of(kept) or ""
        secret = before if before.startswith(NOBODYS) else NOBODYS + secrets.token_hex()
    replace_file(kept / TIMESTAMP, (came.strftime(TIME) if came else "").encode())
    replace_file(kept / SECRET, secret.encode())


def lay_receipt(kept: Path, pages: Path) -> None:
    """Lay what `keep_receipt` has kept beside a submission's pages, and first remove those of another submission."""
    if secret_of(kept) is None:
        keep_receipt(kept, None, None)
    if secret_of(pages) != secret_of(kept):
        for page in pages.glob("*.html"):
            page.unlink()
    for name in (TIMESTAMP, SECRET):
        replace_file(pages / name, (kept / name).read_bytes())
