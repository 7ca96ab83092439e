"""A file that cannot be written is told by its own name."""

from __future__ import annotations

from pathlib import Path

import pytest
from steepest_grader.files import replace_file


def test_an_error_names_the_file_that_was_meant(tmp_path: Path) -> None:
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    for path, kind in ((tmp_path / "folder", IsADirectoryError), (Path("/proc/marks.csv"), FileNotFoundError)):
        with pytest.raises(kind) as failed:
            replace_file(path, b"x")
        assert (failed.value.filename, failed.value.filename2) == (str(path), None)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
