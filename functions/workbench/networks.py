"""The forwarders' requests in, over a real socket to the networks' stand-ins; what each received is kept."""

import socket
import struct
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx

from airlock.address_book import Destination
from workbench.loopback_server import LoopbackServer
from workbench.recorder import MASK, SECRET
from workbench.stand_ins.faults import Fault
from workbench.stand_ins.request import Answer, Ending, Request
from workbench.stand_ins.service import HOSTS, StandIns

_MOST_KEPT = 20_000


class Rerouted(httpx.BaseTransport):
    """Sends a request for a network's host to a server on this machine, with the host as the path's first segment."""

    def __init__(self, base: str) -> None:
        self._base = httpx.URL(base)
        self._inner = httpx.HTTPTransport(trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it there, byte for byte otherwise."""
        raw_path = f"/{request.url.host}".encode() + request.url.raw_path
        local = self._base.copy_with(raw_path=raw_path)
        return self._inner.handle_request(
            httpx.Request(
                request.method, local, headers=request.headers, content=request.read(), extensions=request.extensions
            )
        )


_AT_ONCE = struct.pack("ii", 1, 0)  # a socket that lingers for 0 s breaks its connection when it is closed


class Networks:
    """The stand-ins behind one server on the loopback interface. `now` gives the epoch seconds they go by.

    `trouble` may let any request go wrong. `delay_s` is how long an answer takes, `hang_s` how long one that never
    comes is waited for before the connection ends.
    """

    def __init__(
        self,
        now: Callable[[], int],
        *,
        trouble: Callable[[Destination], Fault | None] | None = None,
        delay_s: float = 0.0,
        hang_s: float = 0.0,
    ) -> None:
        self._now = now
        self._trouble = trouble
        self._delay_s = delay_s
        self._hang_s = hang_s
        self._lock = threading.Lock()
        self.stand_ins = StandIns(SECRET)
        self._deliveries: list[dict[str, Any]] = []
        self._server = LoopbackServer(0, self._build_handler())
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.transport = Rerouted(self.base)

    def start(self) -> None:
        """Serve in a thread of its own."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="networks", daemon=True).start()

    def stop(self) -> None:
        """Stop serving."""
        self.transport.close()
        self._server.shutdown()
        self._server.server_close()

    def read(self) -> list[dict[str, Any]]:
        """Every request that was received, in order."""
        with self._lock:
            return list(self._deliveries)

    def set_fault(self, fault: Fault) -> None:
        """Let the next requests for one network go wrong."""
        with self._lock:
            self.stand_ins.faults.set(fault)

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """The stand-in's answer, kept with the request; what is no network's host is not found."""
        host, _, rest = path.lstrip("/").partition("/")
        destination = HOSTS.get(host)
        if destination is None:
            return Answer(404)
        url = f"https://{host}/{rest}"
        with self._lock:
            if self._trouble is not None and (fault := self._trouble(destination)) is not None:
                self.stand_ins.faults.set(fault)
            answered = self.stand_ins.serve(destination, Request(method, url, headers, body), self._now())
            self._deliveries.append(
                {
                    "destination": destination,
                    "received_at": time.time_ns() // 1_000_000,
                    "method": method,
                    "url": url.replace(SECRET, MASK),
                    "headers": {name: value.replace(SECRET, MASK) for name, value in headers.items()},
                    "body": body.decode(errors="replace").replace(SECRET, MASK),
                    "answer": {"status": answered.status, "body": answered.body.decode(errors="replace")},
                }
            )
            del self._deliveries[:-_MOST_KEPT]
        return answered

    def wait_s(self, answered: Answer) -> float:
        """How long the answer, or its absence, is waited for."""
        return self._hang_s if answered.ending is Ending.TIMEOUT else self._delay_s

    def _build_handler(self) -> type[BaseHTTPRequestHandler]:
        networks = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body are two writes: the second would wait for the first's ACK

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                answered = networks.answer(self.command, self.path, headers, body)
                time.sleep(networks.wait_s(answered))
                if answered.ending is not Ending.SENT:  # the connection breaks instead
                    if answered.ending is Ending.RESET:
                        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
                    self.close_connection = True
                    return
                self.send_response(answered.status)
                for name, value in answered.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answered.body)))
                self.end_headers()
                self.wfile.write(answered.body)

            do_GET = do_POST = _serve  # noqa: N815 - the names that http.server calls

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's signature
                """Nothing: what arrived is kept for the viewer."""

        return Handler
