"""A network's pinned API version in, whether it ends soon out; each destination file says when, where that is known."""

import datetime

from forwarder.adapter import Adapter

NOTICE = datetime.timedelta(days=60)


def ends_soon(adapter: Adapter, today: datetime.date) -> bool:
    """Whether the pinned version ends within 60 days, or has ended."""
    return adapter.version_ends is not None and adapter.version_ends - today <= NOTICE
