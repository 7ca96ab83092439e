"""Processes in which exercises are tried side by side."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

import torch

__all__ = ["processes"]


@contextmanager
def processes(jobs: int) -> Iterator[Executor]:
    """So many processes of their own, each of one thread."""
    context = multiprocessing.get_context("spawn")  # this one has threads, and a fork of it could hang
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)
