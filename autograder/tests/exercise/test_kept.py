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
from steepest_grader.exercise.kept import folder, kept
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
    again = kept(GD, SEEDS, "cpu", _never)
    assert len(again) == len(made) > 10
    for one, two in zip(again, made, strict=True):
        assert [replace(result, observations={}) for result in one] == [
            replace(result, observations={}) for result in two
        ]
        assert all(same_bits(dict(a.observations), dict(b.observations)) for a, b in zip(one, two, strict=True))
    assert empty.stat().st_mode & 0o077 == 0  # answers to hidden cases are nobody else's


CHANGES: dict[str, Callable[[pytest.MonkeyPatch], tuple[tuple[int, ...], str]]] = {
    "other seeds": lambda patch: ((8,), "cpu"),
    "another device": lambda patch: (SEEDS, "cuda"),
    "other code": lambda patch: (patch.setattr(kept_module, "code_digest", lambda: b"other"), (SEEDS, "cpu"))[1],
    "another torch": lambda patch: (patch.setattr("torch.__version__", "0"), (SEEDS, "cpu"))[1],
    "another processor": lambda patch: (patch.setattr(kept_module, "_processor", lambda: "?"), (SEEDS, "cpu"))[1],
}


@pytest.mark.parametrize("name", CHANGES)
def test_it_is_made_anew_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(GD, SEEDS, "cpu", lambda: [[Result({"x": 1.0})]])
    seeds, device = CHANGES[name](monkeypatch)
    kept_module._surroundings.cache_clear()
    assert kept(GD, seeds, device, lambda: [[Result({"x": 2.0})]])[0][0].observations == {"x": 2.0}
    monkeypatch.undo()
    kept_module._surroundings.cache_clear()


@pytest.mark.parametrize("damage", [b"", b"STP", b"\xff" * 40, b"\x08" + 15 * b"\0"])
def test_a_damaged_file_is_made_anew(empty: Path, damage: bytes) -> None:
    kept(GD, SEEDS, "cpu", lambda: [[Result({"x": 1.0})]])
    (path,) = empty.iterdir()
    whole = path.read_bytes()
    path.write_bytes(damage)
    assert kept(GD, SEEDS, "cpu", lambda: [[Result({"x": 1.0})]])[0][0].observations == {"x": 1.0}
    assert path.read_bytes() == whole


def test_a_folder_that_cannot_be_written_costs_nothing(empty: Path) -> None:
    empty.write_text("no folder")
    assert kept(GD, SEEDS, "cpu", lambda: [[Result({"x": 1.0})]])[0][0].observations == {"x": 1.0}


def test_an_exercise_that_is_not_installed_is_not_kept(empty: Path) -> None:
    other = replace(GD, points=GD.points + 1)
    kept(other, SEEDS, "cpu", lambda: [[Result({"x": 1.0})]])
    assert _files(folder()) == []


def test_the_oldest_go_where_room_ends(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(4):
        kept(GD, (seed,), "cpu", lambda: [[Result({"x": 1.0})]])
    before = _files(empty)
    size = (empty / before[0]).stat().st_size
    monkeypatch.setattr(kept_module, "ROOM", 3 * size + 1)
    kept(GD, (9,), "cpu", lambda: [[Result({"x": 1.0})]])
    assert len(_files(empty)) == 3
