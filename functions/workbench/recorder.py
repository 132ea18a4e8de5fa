"""A network's place taken by nobody: each request is kept as it would have gone out, and answered as accepted."""

from collections.abc import Mapping

import httpx
from msgspec import Struct

from airlock.address_book import Destination
from forwarder.destinations import DESTINATIONS

SECRET = "AIRLOCK-WORKBENCH-SECRET"  # noqa: S105 - stands where a real token would, and is masked wherever it is shown
MASK = "<secret>"

_ACCEPTED: Mapping[Destination, tuple[int, bytes]] = {
    Destination.META: (200, b'{"events_received":1,"messages":[],"fbtrace_id":"preview"}'),
    Destination.GOOGLE: (200, b'{"requestId":"preview"}'),
    Destination.GA4: (204, b""),
    Destination.TIKTOK: (200, b'{"code":0,"message":"OK","request_id":"preview"}'),
    Destination.LINKEDIN: (201, b""),
    Destination.MICROSOFT: (200, b'{"eventsReceived":1,"traceId":"preview"}'),
    Destination.REDDIT: (200, b'{"data":{"message":"ok"}}'),
    Destination.PINTEREST: (
        200,
        b'{"num_events_received":1,"num_events_processed":1,"events":[{"status":"processed"}]}',
    ),
    Destination.SNAPCHAT: (200, b'{"status":"OK"}'),
}


class Recorded(Struct, frozen=True):
    """One request, exactly as it would have been sent save the credential."""

    method: str
    url: str
    headers: dict[str, str]
    body: str


class Recorder(httpx.BaseTransport):
    """Keeps requests of one event each; sends nothing."""

    def __init__(self) -> None:
        self.recorded: list[Recorded] = []
        self._answers = {adapter.host: _ACCEPTED[destination] for destination, adapter in DESTINATIONS.items()}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Keep the request and accept it."""
        self.recorded.append(record(request))
        status, body = self._answers[request.url.host]
        return httpx.Response(status, content=body)


def record(request: httpx.Request) -> Recorded:
    """A request as it may be shown: the credential masked in URL, headers and body."""
    return Recorded(
        method=request.method,
        url=str(request.url).replace(SECRET, MASK),
        headers={name.decode().lower(): value.decode().replace(SECRET, MASK) for name, value in request.headers.raw},
        body=request.read().decode().replace(SECRET, MASK),
    )
