"""Pause the cyclic garbage collector while a roll is read or written."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collector() -> Iterator[None]:
    """For the length of one import: also usable as a decorator.

    A roll is hundreds of thousands of small tuples and texts, none in a cycle. The
    collector walks them all again and again and frees nothing, which costs a third of an
    import (tests/benchmarks/bench_import.py). Reference counting goes on meanwhile.
    """
    was_running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_running:
            gc.enable()
