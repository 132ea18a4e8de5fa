"""The forwarder's requests in, the stand-ins' answers out, in one process: an httpx transport without a socket."""

from collections.abc import Callable

import httpx

from workbench.stand_ins.request import Ending, Request
from workbench.stand_ins.service import HOSTS, StandIns


class InProcess(httpx.BaseTransport):
    """Asks the stand-in of the request's host. `now` gives epoch seconds; what it got is kept in `requests`."""

    def __init__(self, stand_ins: StandIns, now: Callable[[], int]) -> None:
        self._stand_ins = stand_ins
        self._now = now
        self.requests: list[Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, or the error of one that does not arrive."""
        destination = HOSTS.get(request.url.host)
        if destination is None:
            raise httpx.ConnectError("no such host")
        headers = {name.decode().lower(): value.decode() for name, value in request.headers.raw}
        told = Request(request.method, str(request.url), headers, request.read())
        self.requests.append(told)
        answer = self._stand_ins.serve(destination, told, self._now())
        match answer.ending:
            case Ending.SENT:
                return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body)
            case Ending.TIMEOUT:
                raise httpx.ReadTimeout("no answer in time")
            case Ending.RESET:
                raise httpx.ReadError("connection reset")
