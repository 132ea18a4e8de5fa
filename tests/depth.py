"""How deep the suites go: shallow at every commit; with AIRLOCK_DEEP=1 in the environment, for as long as it takes."""

import os

from hypothesis import HealthCheck, settings

DEEP = bool(os.environ.get("AIRLOCK_DEEP"))  # noqa: TID251 - read once, for all suites


def examples(shallow: int, deep: int) -> settings:
    """Hypothesis settings: the same examples at every shallow run, new ones at every deep run."""
    return settings(
        max_examples=deep if DEEP else shallow,
        derandomize=not DEEP,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
