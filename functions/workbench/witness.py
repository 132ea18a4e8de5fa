"""Everything that happens in one `airlock dev` in, kept in memory; what is new since a reader last asked out."""

import base64
import itertools
import threading
from collections.abc import Callable, Mapping
from typing import Any

from sanitizer.intake import Taken

_MOST_LINES = 200_000
_MOST_SENT = 20_000
_MOST_AT_ONCE = 4_000
# What a reader of the viewer needs of a request; cookies stand apart from the headers in a payload 2.0 event.
_SHOWN_HEADERS = frozenset({"origin", "content-type", "content-encoding", "sec-gpc", "referer"})


class Witness:
    """The log of all journals, and beside each event of a browser the lines that it led to. `now` gives epoch ms."""

    def __init__(self, run: str, now: Callable[[], int]) -> None:
        self.run = run
        self._now = now
        self._lines: list[str] = []
        self._gone = 0  # lines that were let go, so that a number stays a line's number
        self._sent: list[dict[str, Any]] = []
        self._sent_gone = 0
        self._lock = threading.Lock()
        self._own = threading.local()

    def write(self, line: str) -> int:
        """Take one line, with its line end."""
        with self._lock:
            number = self._gone + len(self._lines)
            self._lines.append(line)
            if len(self._lines) > _MOST_LINES:
                self._gone += 1
                del self._lines[0]
        led_to = getattr(self._own, "led_to", None)
        if led_to is not None:
            led_to.append(number)
        return len(line)

    def read(self) -> str:
        """All lines."""
        with self._lock:
            return "".join(self._lines)

    def watch(
        self, event: Mapping[str, Any], take: Callable[[Mapping[str, Any]], Taken], rerun: int | None = None
    ) -> Taken:
        """Let one API Gateway event be taken, and keep it with the lines that it led to."""
        led_to: list[int] = []
        self._own.led_to = led_to
        try:
            taken = take(event)
        finally:
            self._own.led_to = None
        http = event["requestContext"]["http"]
        sent = {
            "at": self._now(),
            "method": http["method"],
            "path": event["rawPath"],
            "headers": {name: text for name, text in event["headers"].items() if name in _SHOWN_HEADERS},
            "cookies": event.get("cookies", []),
            "body": _read_body(event),
            "status": taken.answer["statusCode"],
            "lines": led_to,
            "rerun": rerun,
        }
        if http["method"] not in {"GET", "HEAD", "OPTIONS"}:
            with self._lock:
                self._sent.append({"number": self._sent_gone + len(self._sent), **sent})
                if len(self._sent) > _MOST_SENT:
                    self._sent_gone += 1
                    del self._sent[0]
        return taken

    def find_sent(self, number: int) -> dict[str, Any] | None:
        """One request as it was sent, while it is kept."""
        with self._lock:
            place = number - self._sent_gone
            return self._sent[place] if 0 <= place < len(self._sent) else None

    def tell(self, lines_from: int, sent_from: int) -> dict[str, Any]:
        """Lines and requests from these numbers on, some thousands at most; `next` says from where to ask again."""
        with self._lock:
            first, first_sent = max(0, lines_from - self._gone), max(0, sent_from - self._sent_gone)
            lines = list(itertools.islice(self._lines, first, first + _MOST_AT_ONCE))
            next_line = self._gone + first + len(lines)
            behind = itertools.islice(self._sent, first_sent, first_sent + _MOST_AT_ONCE)
            # A reader ties what was sent to lines that it has.
            sent = list(itertools.takewhile(lambda each: max(each["lines"], default=0) < next_line, behind))
            next_sent = self._sent_gone + first_sent + len(sent)
            more = first + len(lines) < len(self._lines) or first_sent + len(sent) < len(self._sent)
            return {
                "run": self.run,
                "first": self._gone + first,
                "lines": [line.rstrip("\n") for line in lines],
                "sent": sent,
                "next": {"lines": next_line, "sent": next_sent},
                "more": more,
            }


def _read_body(event: Mapping[str, Any]) -> str:
    body = event.get("body") or ""
    return base64.b64decode(body).decode(errors="replace") if event.get("isBase64Encoded") else str(body)
