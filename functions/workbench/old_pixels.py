"""What the demo site's stand-ins of the old pixels send in, kept to be shown beside what the airlock told out.

The stand-ins are scripts of the demo site; what a vendor's server would have received ends here, on this machine.
"""

import threading
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PATH = "/_pixels/"
_MOST_KEPT = 1_000


class OldPixels:
    """Every request in the place of a vendor's server, in order."""

    def __init__(self) -> None:
        self._received: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def receive(self, target: str) -> None:
        """Keep one request: `/_pixels/<vendor>/<the vendor's own path>?<what it is told>`."""
        parts = urlsplit(target)
        vendor, _, endpoint = parts.path.removeprefix(PATH).partition("/")
        received = {
            "vendor": vendor,
            "endpoint": endpoint,
            "received_at": time.time_ns() // 1_000_000,
            "told": dict(parse_qsl(parts.query)),
        }
        with self._lock:
            self._received.append(received)
            del self._received[:-_MOST_KEPT]

    def read(self) -> list[dict[str, Any]]:
        """All of them."""
        with self._lock:
            return list(self._received)
