"""What known mistakes give is made once and kept, and is what it would be made anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from steepest._checks.cases import Result
from steepest._checks.compare import same_bits
from steepest_grader.exercise import kept as kept_module
from steepest_grader.exercise.catalogue import exercise
from steepest_grader.exercise.judge import _candidates
from steepest_grader.exercise.kept import folder, kept, kept_results
from steepest_grader.exercise.model import Exercise

SEEDS = (7,)
GD = exercise("gd_step")


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STEEPEST_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def _played(item: Exercise) -> list[list[Result]]:
    return [list(known.results) for known in _candidates.__wrapped__(item, SEEDS, "cpu")[1] if known.kind == "mistake"]


def _never() -> list[list[Result]]:
    raise AssertionError("it was made again")


def _files(place: Path) -> list[str]:
    return sorted(path.name for path in place.glob("*")) if place.is_dir() else []


def test_what_is_kept_is_what_was_made(empty: Path) -> None:
    made = _played(GD)
    again = kept_results(GD, (SEEDS, "cpu"), _never)
    assert len(again) == len(made) > 10
    for one, two in zip(again, made, strict=True):
        assert [replace(result, observations={}) for result in one] == [
            replace(result, observations={}) for result in two
        ]
        assert all(same_bits(dict(a.observations), dict(b.observations)) for a, b in zip(one, two, strict=True))
    assert empty.stat().st_mode & 0o077 == 0  # answers to hidden cases are nobody else's


CHANGES: dict[str, Callable[[pytest.MonkeyPatch], object]] = {
    "other code": lambda patch: patch.setattr(kept_module, "code_digest", lambda: b"other"),
    "another torch": lambda patch: patch.setattr("torch.__version__", "0"),
    "another processor": lambda patch: patch.setattr(kept_module, "_processor", lambda: "?"),
    "other instructions": lambda patch: patch.setattr("torch.backends.cpu.get_cpu_capability", lambda: "NONE"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_it_is_made_anew_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept(GD, "x", lambda: b"1") == kept(GD, "x", lambda: b"2") == b"1"
    with monkeypatch.context() as patch:
        CHANGES[name](patch)
        kept_module._surroundings.cache_clear()
        assert kept(GD, "x", lambda: b"3") == b"3"
    kept_module._surroundings.cache_clear()


def test_it_is_made_anew_for_another_exercise_and_for_whatever_else_it_depends_on() -> None:
    assert kept(GD, ((7,), "cpu"), lambda: b"1") == b"1"
    assert kept(GD, ((8,), "cpu"), lambda: b"2") == b"2"
    assert kept(exercise("fit_line"), ((7,), "cpu"), lambda: b"3") == b"3"


@pytest.mark.parametrize("damage", [b"", b"STP", 40 * b"\xff"])
def test_a_damaged_file_is_made_anew(empty: Path, damage: bytes) -> None:
    kept(GD, "x", lambda: b"1")
    (path,) = empty.iterdir()
    whole = path.read_bytes()
    for spoiled in (damage, whole[:-1] + b"2"):
        path.write_bytes(spoiled)
        assert kept(GD, "x", lambda: b"1") == b"1"
        assert path.read_bytes() == whole


def test_a_folder_that_cannot_be_written_costs_nothing(empty: Path) -> None:
    empty.write_text("no folder")
    assert kept(GD, "x", lambda: b"1") == b"1"


def test_an_exercise_that_is_not_installed_is_not_kept() -> None:
    kept(replace(GD, points=GD.points + 1), "x", lambda: b"1")
    assert _files(folder()) == []


def test_the_oldest_go_where_room_ends(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        kept(GD, number, lambda: b"1")
    size = (empty / _files(empty)[0]).stat().st_size
    monkeypatch.setattr(kept_module, "ROOM", 3 * size + 1)
    kept(GD, 9, lambda: b"1")
    assert len(_files(empty)) == 3
