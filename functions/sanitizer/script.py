"""The browser script as it is served: its bytes, their ETag and how long they may be kept."""

import hashlib

from sanitizer.answer import Answer, answer

_CACHE = "public, max-age=3600, stale-while-revalidate=86400"


class Script:
    """One script, the same for every visitor."""

    def __init__(self, source: bytes) -> None:
        self._text = source.decode("utf-8")
        self.etag = f'"{hashlib.sha256(source).hexdigest()[:32]}"'

    def serve(self, if_none_match: str) -> Answer:
        """200 with the script, or 304 where the browser has it."""
        known = self.etag in [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
        served = answer(304 if known else 200, body="" if known else self._text)
        served["headers"] |= {
            "content-type": "text/javascript; charset=utf-8",
            "cache-control": _CACHE,
            "etag": self.etag,
            "access-control-allow-origin": "*",  # public code, so that a page can check its integrity
            "cross-origin-resource-policy": "cross-origin",
            "x-content-type-options": "nosniff",
        }
        return served
