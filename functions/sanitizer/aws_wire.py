"""A signed request's headers and body in, status, headers and body of the answer out: TLS connections that are kept."""

import http.client
import select
import ssl
from collections.abc import Callable, Mapping

from msgspec import Struct

MOST_READ = 4 << 20
IDLE_S = 20.0
"""For how long a connection is trusted: a frozen function does not hear that its connection was closed."""

_Kept = tuple[http.client.HTTPSConnection, float]  # and since when it is idle, epoch seconds
_Answer = tuple[int, Mapping[str, str], bytes]


class Patience(Struct, frozen=True):
    """Seconds for a connection, seconds for an answer, and how often to try in all."""

    connect_s: float = 1.0
    read_s: float = 1.0
    tries: int = 1


class Wire(Struct, frozen=True):
    """What all clients share: the environment, one TLS context, the clock in epoch seconds, and how to wait."""

    environment: Mapping[str, str]
    tls: ssl.SSLContext
    now: Callable[[], float]
    wait: Callable[[float], object]


def open_wire(environment: Mapping[str, str], now: Callable[[], float], wait: Callable[[float], object]) -> Wire:
    """The wire of this process: its TLS context is made once, of the system's certificates, TLS 1.2 or better."""
    tls = ssl.create_default_context()
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    return Wire(environment, tls, now, wait)


class Connections:
    """Connections by host and port, as many as there are requests at a time. Threads may share it."""

    def __init__(self, wire: Wire, patience: Patience) -> None:
        self._wire = wire
        self._patience = patience
        self._idle: dict[str, list[_Kept]] = {}

    def send(self, host: str, headers: Mapping[str, str], body: bytes) -> _Answer:
        """`POST /` over a connection that was kept and is still open, or over a new one. Sent once.

        Raises:
            OSError, http.client.HTTPException: there was no answer.
        """
        idle = self._idle.setdefault(host, [])
        connection = self._take(host, idle)
        is_kept = False
        try:
            connection.putrequest("POST", "/", skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.putheader("content-length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            answer = response.read(MOST_READ)
            told = {name.lower(): value for name, value in response.getheaders()}
            is_kept = response.isclosed() and not response.will_close
            return response.status, told, answer
        finally:
            if is_kept:
                idle.append((connection, self._wire.now()))
            else:
                connection.close()

    def close(self) -> None:
        """Close what is idle."""
        for idle in self._idle.values():
            while idle:
                idle.pop()[0].close()

    def _take(self, host: str, idle: list[_Kept]) -> http.client.HTTPSConnection:
        while True:
            try:
                connection, since = idle.pop()
            except IndexError:  # none was kept, or other threads have them
                break
            if 0 <= self._wire.now() - since < IDLE_S and not _is_dropped(connection):
                return connection
            connection.close()
        connection = http.client.HTTPSConnection(host, timeout=self._patience.connect_s, context=self._wire.tls)
        connection.connect()
        connection.sock.settimeout(self._patience.read_s)
        return connection


def _is_dropped(connection: http.client.HTTPSConnection) -> bool:
    """Whether the other side closed it: there is something to read where nothing was asked."""
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))
