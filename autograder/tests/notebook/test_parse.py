"""Threads that parse at the same time do not disturb each other."""

from __future__ import annotations

import ast
import gc
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from steepest_grader.notebook.parse import parse

SOURCE = Path(__file__).read_text()


@pytest.fixture
def switching() -> Iterator[None]:
    """Makes every collection of garbage a chance for another thread to run."""

    def switch(phase: str, info: dict[str, int]) -> None:
        time.sleep(0)

    gc.callbacks.append(switch)
    yield
    gc.callbacks.remove(switch)


def test_threads_take_turns(switching: None) -> None:
    with ThreadPoolExecutor(4) as threads:
        trees = list(threads.map(parse, [SOURCE] * 2000))
    assert {len(tree.body) for tree in trees} == {len(ast.parse(SOURCE).body)}
