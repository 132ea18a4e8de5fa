"""A function and its arguments in, the results in their order out: with a pool the calls overlap, a few to a thread."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_THREADS = 10


def spread(pool: Executor | None, function: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
    """The results. In a pool's own threads there must be no pool: they would wait for one another for ever."""
    if pool is None or len(items) <= 1:
        return [function(item) for item in items]
    # A thread's turn costs more than a quick call: a few at a time.
    parts = [items[start::_THREADS] for start in range(min(_THREADS, len(items)))]
    done = list(pool.map(lambda part: [function(item) for item in part], parts))
    return [done[place % _THREADS][place // _THREADS] for place in range(len(items))]
