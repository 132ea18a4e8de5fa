"""The ad networks as strict stand-ins behind one TLS port, each with its own host's name, token and memory."""

import threading
import time
from collections.abc import Mapping
from typing import NamedTuple

from airlock.address_book import Destination
from tests.loopback import Answered, Asked, Authority, TlsServer
from workbench.stand_ins.faults import Fault
from workbench.stand_ins.request import Ending, Request
from workbench.stand_ins.service import HOSTS, StandIns

__all__ = ["HOSTS", "Networks", "Received"]


class Received(NamedTuple):
    """A request that arrived, and the status that it was answered with."""

    destination: Destination
    request: Request
    status: int


class Networks:
    """One TLS server for every network's host; a request with another network's token is refused."""

    def __init__(self, authority: Authority, tokens: Mapping[Destination, str]) -> None:
        self._stand_ins = {destination: StandIns(token) for destination, token in tokens.items()}
        self._lock = threading.Lock()
        self._received: list[Received] = []
        self.server = TlsServer(authority, self._answer, [*HOSTS, "127.0.0.1"])

    def read(self, destination: Destination | None = None) -> list[Received]:
        """What arrived, in order."""
        with self._lock:
            return [each for each in self._received if destination in {None, each.destination}]

    def fail(self, fault: Fault) -> None:
        """Let the next requests for a network go wrong."""
        with self._lock:
            self._stand_ins[fault.destination].faults.set(fault)

    def effects(self, destination: Destination) -> Mapping[str, int]:
        """How often each outbound event id counted at a network."""
        with self._lock:
            return self._stand_ins[destination].effects(destination)

    def _answer(self, asked: Asked) -> Answered:
        host = asked.headers.get("host", "")
        destination = HOSTS.get(host)
        if destination is None or destination not in self._stand_ins:
            return Answered(404)
        request = Request(asked.method, f"https://{host}{asked.path}", asked.headers, asked.body)
        with self._lock:
            answer = self._stand_ins[destination].serve(destination, request, int(time.time()))
            self._received.append(Received(destination, request, answer.status))
        if answer.ending is not Ending.SENT:
            return Answered(None)
        return Answered(answer.status, answer.body, answer.headers)
